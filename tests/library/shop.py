"""A shop that sells to a new customer each time, so that tests on one chain stay out of each
other's way."""

from dataclasses import replace
from itertools import count
from typing import Any

from eth_account.signers.local import LocalAccount
from web3.constants import ADDRESS_ZERO
from web3.types import TxReceipt, Wei

from deposit_token.chain.chain import Chain
from deposit_token.devchain.clock import Clock
from deposit_token.devchain.keys import account
from deposit_token.protocol.payment import Payment, PaymentState, RefundQuote
from deposit_token.values.enumerations import CustomerCategory
from tests.scene import ARBITER, DAY, DEALER, FAR, MERCHANT, OPERATOR, SET_UP, Scene, money

FEE_BPS = 50
POCKET_MONEY = Wei(10**17)


class Shop(Scene):
    """Buyers pay with EUR, or from Hong Kong with HKD; the merchant is paid in HKD, less half a
    percent."""

    def __init__(self, chain: Chain, *deployed: Any) -> None:
        super().__init__(chain, *deployed)
        self.eur, self.hkd = self.tokens["EUR"], self.tokens["HKD"]
        self._numbers = count(2)  # The dealer's entries have the first.

    def sell(
        self,
        owed: str = "900.00 HKD",
        price: str = "100.00 EUR",
        country: str = "DE",
        customer: str = "",
        **terms: Any,
    ) -> tuple[LocalAccount, Payment]:
        """A buyer who has the money, and the terms of a payment, some of them replaced."""
        number = next(self._numbers)
        paid = money(price)
        customer = customer or f"customer {number}"
        buyer = account(f"{customer} in {country}")
        bank = self.rhein if paid.currency.code == "EUR" else self.victoria
        if not self.chain.call(bank.registry.participantOf(buyer.address)):
            bank.register(CustomerCategory.RETAIL, country, buyer.address, customer=customer)
        bank.mint(buyer.address, paid.amount, number)
        terms = {"fee_bps": FEE_BPS} | terms
        now = self.chain.now()
        return buyer, self.payment(f"T-{number}", buyer.address, paid, money(owed), now, **terms)

    def sold(self, *arguments: str, **terms: Any) -> tuple[LocalAccount, Payment]:
        """The same, authorized; the buyer can send transactions of its own."""
        buyer, payment = self.sell(*arguments, **terms)
        self.authorize(buyer, payment)
        self.endow(buyer)
        return buyer, payment

    def captured(self, *arguments: str, **terms: Any) -> tuple[LocalAccount, Payment]:
        """The same, captured as a whole."""
        buyer, payment = self.sold(*arguments, **terms)
        self.settlement.capture(OPERATOR, payment, 0, payment.source_amount)
        return buyer, payment

    def authorize(self, buyer: LocalAccount, payment: Payment, **changes: Any) -> TxReceipt:
        """Authorize with every consent that is needed, some of them replaced."""
        consents = {"operator": OPERATOR, **self.consents(buyer, payment)}
        return self.settlement.authorize(payment=payment, **consents | changes)

    def arbitrated(self) -> dict[str, Any]:
        """The terms of a payment that can be disputed: two days to capture, two to resolve."""
        capture_by, resolve_by = self.now + 2 * DAY, self.now + 4 * DAY
        return {"arbiter": ARBITER.address, "capture_by": capture_by, "resolve_by": resolve_by}

    def quote(self, payment: Payment, source: int, target: int, **changes: Any) -> RefundQuote:
        """A refund of these minor units by the payment's own dealer, good for a day, some terms
        replaced."""
        quote = RefundQuote(
            payment_id=self.settlement.payment_id(payment),
            refunded_before=self.state(payment).refunded,
            source_amount=source,
            target_amount=target,
            dealer=payment.dealer,
            deadline=self.now + DAY,
        )
        return replace(quote, **changes)

    def refund(
        self,
        payment: Payment,
        quote: RefundQuote,
        merchant: LocalAccount = MERCHANT,
        dealer: LocalAccount = DEALER,
        sender: LocalAccount = OPERATOR,
    ) -> TxReceipt:
        """With the signatures of merchant and dealer."""
        by_merchant = self.settlement.sign_refund_as_merchant(merchant, payment, quote)
        two = payment.dealer != ADDRESS_ZERO
        by_dealer = self.settlement.sign_refund_as_dealer(dealer, quote) if two else b""
        return self.settlement.refund_with_authorization(
            sender, payment, quote, by_merchant, by_dealer
        )

    def block(self, buyer: LocalAccount) -> None:
        """By the euro bank, legally."""
        self.rhein.send("compliance", self.rhein.registry.blockWallet(buyer.address, b"LEGL"))

    def renew_merchant(self, until: int = FAR) -> None:
        """Its review at the bank that it is paid at ends then, Unix seconds."""
        self.victoria.send("registrar", self.victoria.registry.renew(MERCHANT.address, until))

    def endow(self, key: LocalAccount) -> None:
        """What somebody needs who sends transactions."""
        self.chain.send(SET_UP, {"to": key.address, "value": POCKET_MONEY}, gas=21_000)

    def balance(self, token: str, owner: LocalAccount | str) -> int:
        """Minor units of a token."""
        functions = self.chain.contract("DepositToken", token).functions
        return self.chain.call(functions.balanceOf(getattr(owner, "address", owner)))

    def inventory(self, token: str) -> int:
        """The dealer's, in minor units of a token."""
        return self.settlement.inventory(DEALER.address, token)

    def state(self, payment: Payment) -> PaymentState:
        """Where a payment stands."""
        return self.settlement.state(self.settlement.payment_id(payment))

    @property
    def now(self) -> int:
        """The time of the next block if it is mined at once, Unix seconds."""
        return Clock(self.chain).now

    def wait_until(self, moment: int) -> None:
        """Let the next block be of `moment`, Unix seconds."""
        Clock(self.chain).advance_to(moment)
