"""A platform on the shop's chain, with a store and keys of its own."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count

from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import NetworkProfile
from deposit_token.devchain.keys import account
from deposit_token.platform.operator import Operator
from deposit_token.platform.quotes import Quote
from deposit_token.platform.terms import PlatformTerms
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.money import Currency
from deposit_token.values.rates import Rate
from tests.library.shop import FEE_BPS
from tests.nodes import url_of
from tests.scene import DAY, DEALER, MERCHANT, PLATFORM, endow, money

TERMS = PlatformTerms(
    secret=bytes(range(32)),
    authorize_seconds=DAY,
    capture_seconds=7 * DAY,
    refund_seconds=30 * DAY,
    fee_bps=FEE_BPS,
    fee_receiver=PLATFORM.address,
    purpose=b"GDDS",
)

_NUMBERS = count(1)


def rate(value="0.1111111111"):
    """Euros per Hong Kong dollar."""
    return Rate(Currency.of("HKD"), Currency.of("EUR"), Decimal(value), date(2026, 5, 4))


class Market:
    """Sells for 900.00 HKD to buyers who have 100.00 EUR."""

    def __init__(self, shop, store, keys=1):
        self.shop = shop
        self.store = store
        number = next(_NUMBERS)
        self.keys = [account(f"platform {number}, key {each}") for each in range(keys)]
        endow(url_of(shop.chain), self.keys)
        self.operator = self.open()

    def open(self, store=None, keys=None, terms=TERMS, finality="at once", url=None):
        """Another operator with the same keys and store, or with others."""
        profile = NetworkProfile(
            url=url or url_of(self.shop.chain), finality=finality, poll_milliseconds=1
        )
        settlement = Settlement(Chain.connect(profile), self.shop.settlement.address)
        keys = self.keys if keys is None else keys
        return Operator(settlement, store or self.store, keys, terms, lease_seconds=0)

    def quote(self, value="0.1111111111", **changes):
        return replace(Quote(DEALER.address, rate(value), self.shop.now + DAY), **changes)

    def pay(self, reference, buyer=None, operator=None, **changes):
        """Enter a payment in two currencies; gives its buyer and its terms."""
        if buyer is None:
            buyer, _ = self.shop.sell()
        given = {
            "reference": reference,
            "payer": buyer.address,
            "merchant": MERCHANT.address,
            "money": money("900.00 HKD"),
            "source_token": self.shop.eur,
            "target_token": self.shop.hkd,
            "quote": self.quote(),
        }
        return buyer, (operator or self.operator).pay(**given | changes)

    def authorized(self, reference, operator=None, **changes):
        """The same, authorized; gives its buyer and its terms."""
        operator = operator or self.operator
        buyer, payment = self.pay(reference, operator=operator, **changes)
        operator.authorize(reference, **self.shop.consents(buyer, payment))
        operator.finish(reference)
        return buyer, payment

    def captured(self, reference, operator=None, **changes):
        """The same, captured as a whole."""
        operator = operator or self.operator
        buyer, payment = self.authorized(reference, operator=operator, **changes)
        operator.capture(reference)
        operator.finish(reference)
        return buyer, payment
