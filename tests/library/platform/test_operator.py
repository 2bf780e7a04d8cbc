"""The operator: each payment and each of its steps is made once, as the escrow's events say."""

from dataclasses import replace
from uuid import uuid4

import pytest

from deposit_token.deployment.create2 import Creation, create
from deposit_token.errors import InputError, PendingError
from deposit_token.platform.operator import Operator
from deposit_token.platform.orders import PaymentOrder, SignedPayment
from deposit_token.platform.payments import StepKind
from deposit_token.protocol.settlement import Settlement
from deposit_token.store.records import State
from deposit_token.values.enumerations import PaymentStatus
from tests.library.platform.market import TERMS, Market
from tests.library.store.test_sql import at_once
from tests.nodes import advance, rpc
from tests.refusals import missigned, refuses
from tests.scene import (
    ARBITER,
    DAY,
    DEALER,
    MERCHANT,
    OPERATOR,
    SET_UP,
    STRANGER,
    money,
)

pytestmark = pytest.mark.anvil("mines when it is told to")

NONE, AUTHORIZED, DISPUTED, CAPTURED, VOIDED, RECLAIMED, RESOLVED = PaymentStatus


@pytest.fixture
def market(shop, store):
    return Market(shop, store)


@pytest.fixture
def operator(market):
    return market.operator


def events(shop, name, payment):
    """The arguments of the escrow's events of this name for a payment."""
    contract = shop.chain.contract("SettlementEscrow", shop.settlement.address)
    id = shop.settlement.payment_id(payment)
    return [
        log["args"]
        for log in contract.events[name].get_logs(from_block=0)
        if log["args"]["id"] == id
    ]


def steps(found):
    """Kind, key and state of each step."""
    return [(each.kind.value, each.key, each.state.value) for each in found.steps]


class TestTerms:
    def test_they_are_the_platform_s(self, market, shop):
        uetr = uuid4()
        buyer, payment = market.pay("S-1", uetr=uetr, at=shop.now)
        assert payment.uetr == uetr
        assert payment.operator == market.keys[0].address
        assert (payment.source_amount, payment.target_amount) == (100_00, 900_00)
        assert (payment.payer, payment.dealer) == (buyer.address, DEALER.address)
        assert payment.remittance_hash == TERMS.remittance_hash("S-1")
        assert payment.capture_by - payment.capture_from == 7 * DAY
        assert market.operator.payment("S-1").entered == payment.capture_from

    def test_one_token_needs_no_quote(self, market, shop, operator):
        buyer, _ = shop.sell(price="900.00 HKD", country="HK")
        given = {"buyer": buyer, "source_token": shop.hkd, "target_token": None, "quote": None}
        _, payment = market.pay("S-1", **given)
        assert payment.source_token == payment.target_token == shop.hkd
        assert payment.source_amount == payment.target_amount == 900_00
        operator.charge("S-1", shop.settlement.sign_as_payer(buyer, payment))
        operator.finish()
        found = operator.payment(payment.uetr)
        assert (found.status, found.captured, found.net) == (CAPTURED, 900_00, 895_50)

    def test_dealer_s_rate_is_good_no_longer_than_it_says(self, market, shop):
        until = shop.now + 600
        _, payment = market.pay("S-1", quote=market.quote(valid_until=until))
        assert payment.authorize_by == until

    @pytest.mark.parametrize(
        ("change", "field", "found", "accepted"),
        [
            (
                {"quote": None},
                *("quote", None, "one where payer and merchant have different tokens"),
            ),
            (
                {"money": money("900.00 EUR")},
                *("money", "900.00 EUR", "an amount in HKD of 2 decimals"),
            ),
            (
                {"reference": " S-1"},
                *(
                    "reference",
                    " S-1",
                    "a printable text that is not empty, without blanks at its ends",
                ),
            ),
            ({"money": money("0.00 HKD")}, "source amount", 0, "an integer from 1 to 2^104 - 1"),
        ],
    )
    def test_mistake_in_them_is_one_sentence(self, market, shop, change, field, found, accepted):
        buyer, _ = shop.sell()
        with refuses(field, found, accepted):
            market.pay(**{"reference": "S-1", "buyer": buyer} | change)
        assert list(market.operator.payments()) == []

    def test_quote_that_is_over_or_of_other_currencies_is_refused(self, market, shop):
        buyer, _ = shop.sell()
        now = shop.now
        with refuses("quote's valid until", now, f"later than {now}, when the terms are written"):
            market.pay("S-1", buyer, quote=market.quote(valid_until=now), at=now)
        with refuses("quote", "a rate from HKD to EUR", "one from EUR to HKD"):
            market.pay(
                "S-1",
                buyer,
                source_token=shop.hkd,
                target_token=shop.eur,
                money=money("100.00 EUR"),
            )
        accepted = "none where payer and merchant have the same token"
        with refuses("quote", "0.1111111111", accepted):
            market.pay("S-1", buyer, source_token=shop.hkd)

    def test_keys_are_a_pool(self, shop, store):
        market = Market(shop, store, keys=3)
        buyer, _ = shop.sell()
        used = {market.pay(f"S-{number}", buyer)[1].operator for number in range(20)}
        assert used == {each.address for each in market.keys}
        for number in range(3):
            market.authorized(f"A-{number}")
        assert [each.status for each in market.operator.payments(AUTHORIZED)] == [AUTHORIZED] * 3


class TestRepeat:
    def test_same_content_is_the_payment_as_entered(self, market, operator):
        buyer, payment = market.pay("S-1")
        for quote in (market.quote(), None):
            assert market.pay("S-1", buyer, quote=quote) == (buyer, payment)
        assert market.pay("S-1", buyer, uetr=payment.uetr)[1] == payment
        assert len(list(operator.payments())) == 1

    def test_other_content_is_refused_with_both_shown(self, market, shop):
        buyer, payment = market.pay("S-1")
        before = "as it was entered before"
        with refuses(
            "payment S-1",
            {"merchant": STRANGER.address},
            f"{{'merchant': '{MERCHANT.address}'}}, {before}",
        ):
            market.pay("S-1", buyer, merchant=STRANGER.address)
        with refuses(
            "payment S-1", {"source amount": 99_00}, f"{{'source amount': 10000}}, {before}"
        ):
            market.pay("S-1", buyer, quote=market.quote("0.11"))
        uetr = uuid4()
        with refuses("payment S-1", {"uetr": uetr}, f"{{'uetr': {payment.uetr!r}}}, {before}"):
            market.pay("S-1", buyer, uetr=uetr)

    def test_reference_that_is_written_otherwise_is_refused(self, market, operator):
        buyer, _ = market.pay("S-1")
        for call in (lambda: market.pay("s–1", buyer), lambda: operator.payment("s–1")):
            with refuses("reference", "s–1", "'S-1', as it was entered before"):
                call()

    def test_uetr_is_of_one_payment(self, market):
        buyer, payment = market.pay("S-1")
        with refuses("uetr", payment.uetr, "one that no other payment has"):
            market.pay("S-2", buyer, uetr=payment.uetr)

    def test_step_is_made_once(self, market, shop, operator):
        buyer, payment = market.pay("S-1")
        for _ in range(2):
            operator.authorize("S-1", **shop.consents(buyer, payment))
            operator.finish("S-1")
        for _ in range(2):
            operator.capture("S-1", money("40.00 EUR"))
            operator.capture("S-1", key="rest")
        operator.finish("S-1")
        for _ in range(2):
            operator.capture("S-1", money("40.00 EUR"))
            operator.capture("S-1", key="rest")
        assert steps(operator.payment("S-1")) == [
            ("authorize", "", "done"),
            ("capture", "", "done"),
            ("capture", "rest", "done"),
        ]
        amounts = [each["sourceAmount"] for each in events(shop, "PaymentCaptured", payment)]
        assert amounts == [40_00, 60_00]

    def test_step_with_other_content_is_refused_with_both_shown(self, market, operator):
        market.authorized("S-1")
        operator.capture("S-1", money("40.00 EUR"))
        before = "40.00 EUR, as it was entered before under the key ''"
        with refuses("capture", "41.00 EUR", before):
            operator.capture("S-1", money("41.00 EUR"))
        with refuses("capture", "100.00 EUR", before):
            operator.capture("S-1")
        with refuses("payment S-1", "charge", "authorize, as it was entered before"):
            operator.charge("S-1", b"")

    def test_step_that_was_refused_is_made_again_under_another_key(self, market, shop, operator):
        later = shop.now + DAY
        buyer, payment = market.pay("S-1", at=later, quote=market.quote(valid_until=later + DAY))
        operator.authorize("S-1", **shop.consents(buyer, payment))
        operator.capture("S-1")
        operator.finish("S-1")
        found = operator.payment("S-1")
        assert (found.status, found.captured, found.held) == (AUTHORIZED, 0, 100_00)
        refused = operator.capture("S-1")
        assert refused.refused
        assert "accepted is " in refused.reason
        shop.wait_until(payment.capture_from)
        assert operator.capture("S-1", key="2").state is State.OPEN
        operator.finish("S-1")
        assert operator.payment("S-1").status is CAPTURED

    def test_what_was_entered_is_under_way_until_it_is_final(self, market, shop, operator):
        buyer, payment = market.pay("S-1")
        market.pay("S-2")
        assert not operator.is_under_way()
        operator.authorize("S-1", **shop.consents(buyer, payment))
        told = [operator.is_under_way(each) for each in (None, "S-1", "S-2")]
        assert told == [True, True, False]
        operator.finish()
        assert not operator.is_under_way()
        with refuses("reference", "S-3", "one that was entered"):
            operator.is_under_way("S-3")

    def test_two_enter_one(self, market, shop):
        other = market.open()
        buyer, payment = market.pay("S-1")
        assert market.pay("S-1", buyer, operator=other)[1] == payment
        for each in (other, market.operator):
            each.authorize("S-1", **shop.consents(buyer, payment))
            each.capture("S-1")
        other.finish()
        assert market.operator.payment("S-1").status is CAPTURED
        assert len(events(shop, "PaymentCaptured", payment)) == 1

    def test_two_at_a_time_capture_no_more_than_is_held(self, market, shop):
        _, payment = market.authorized("S-1")
        operators = [market.open() for _ in range(4)]

        def capture(number):
            try:
                return operators[number].capture("S-1", money("40.00 EUR"), str(number % 3))
            except InputError as error:
                return str(error)

        found = at_once(4, capture)
        assert found[0] == found[3]
        assert [isinstance(each, str) for each in found].count(True) in (1, 2)
        market.operator.finish()
        captured = market.operator.payment("S-1")
        assert (captured.captured, len(captured.steps)) == (80_00, 3)
        assert all(each.done for each in captured.steps)
        amounts = [each["sourceAmount"] for each in events(shop, "PaymentCaptured", payment)]
        assert amounts == [40_00, 40_00]


class TestSteps:
    def test_charge_is_both_at_once(self, market, shop, operator):
        buyer, payment = market.pay("S-1")
        operator.charge("S-1", **shop.consents(buyer, payment))
        operator.finish("S-1")
        found = operator.payment("S-1")
        (step,) = found.steps
        assert (found.status, found.captured, found.net) == (CAPTURED, 100_00, 895_50)
        receipt = shop.chain.receipt(bytes.fromhex(step.transaction[2:]))
        block = shop.chain.web3.eth.get_block(receipt["blockNumber"])
        assert (step.kind, step.at) == (StepKind.CHARGE, block["timestamp"])
        assert (step.source_amount, step.target_amount) == (100_00, 900_00)

    def test_void_gives_back_what_was_not_captured(self, market, shop, operator):
        _, payment = market.authorized("S-1")
        operator.capture("S-1", money("30.00 EUR"))
        operator.void("S-1")
        operator.finish()
        found = operator.payment("S-1")
        assert (found.status, found.captured, found.held) == (VOIDED, 30_00, 0)
        assert shop.state(payment).status is VOIDED
        assert (found.steps[-1].source_amount, found.steps[-1].target_amount) == (70_00, 630_00)
        assert operator.void("S-1") == found.steps[-1]
        with refuses("amount", "0.01 EUR", "above zero and at most the 0.00 EUR that are left"):
            operator.capture("S-1", money("0.01 EUR"), "more")

    def test_reclaim_comes_after_the_time_to_capture(self, market, shop, operator):
        _, payment = market.authorized("S-1")
        operator.reclaim("S-1")
        operator.finish()
        assert operator.reclaim("S-1").refused
        shop.wait_until(payment.capture_by)
        operator.reclaim("S-1", "in time")
        operator.finish()
        found = operator.payment("S-1")
        assert (found.status, found.held) == (RECLAIMED, 0)

    def test_claim_pays_what_is_kept_for_the_merchant(self, market, shop, operator):
        market.authorized("S-1")
        end = shop.now + DAY
        shop.renew_merchant(end)
        shop.wait_until(end)
        operator.capture("S-1")
        operator.finish()
        shop.renew_merchant()
        assert shop.settlement.claimable(shop.hkd, MERCHANT.address) == 895_50
        operator.claim("S-1")
        operator.finish()
        assert shop.settlement.claimable(shop.hkd, MERCHANT.address) == 0
        assert steps(operator.payment("S-1"))[-1] == ("claim", "", "done")

    def test_signature_of_another_is_refused_before(self, market, shop, operator):
        buyer, payment = market.pay("S-1")
        consents = shop.consents(buyer, payment)
        with missigned("payer", buyer.address):
            signed = shop.settlement.sign_as_payer(STRANGER, payment)
            operator.authorize("S-1", **consents | {"payer_signature": signed})
        assert operator.payment("S-1").steps == ()

    @pytest.mark.parametrize(
        "call",
        [
            lambda operator: operator.capture("S-1"),
            lambda operator: operator.void("S-1"),
            lambda operator: operator.reclaim("S-1"),
            lambda operator: operator.claim("S-1"),
        ],
    )
    def test_payment_that_is_not_authorized_has_none(self, market, operator, call):
        market.pay("S-1")
        accepted = "one that is authorized, or about to be"
        with refuses("payment S-1", "never authorized", accepted):
            call(operator)

    def test_reference_that_was_not_entered_has_none(self, operator):
        with refuses("reference", "S-1", "one that was entered"):
            operator.capture("S-1")

    @pytest.mark.parametrize(
        ("amount", "field", "found", "accepted"),
        [
            ("900.00 HKD", "amount", "900.00 HKD", "an amount in EUR of 2 decimals"),
            (
                "100.01 EUR",
                *(
                    "amount",
                    "100.01 EUR",
                    "above zero and at most the 100.00 EUR that are left",
                ),
            ),
            (
                "0.00 EUR",
                *("amount", "0.00 EUR", "above zero and at most the 100.00 EUR that are left"),
            ),
        ],
    )
    def test_amount_that_can_t_be_captured_is_refused(
        self, market, operator, amount, field, found, accepted
    ):
        market.authorized("S-1")
        with refuses(field, found, accepted):
            operator.capture("S-1", money(amount))

    def test_key_that_is_not_of_the_pool_is_named(self, market, operator):
        _, payment = market.authorized("S-1")
        other = market.open(keys=[OPERATOR])
        with refuses("operator", payment.operator, f"one of the keys {OPERATOR.address}"):
            other.capture("S-1")


class TestRefund:
    def refund(self, market, payment, amount, key="", **options):
        operator, settlement = market.operator, market.shop.settlement
        quote = operator.quote_refund("S-1", money(amount), key, **options)
        by_merchant = settlement.sign_refund_as_merchant(MERCHANT, payment, quote)
        by_dealer = settlement.sign_refund_as_dealer(DEALER, quote)
        return operator.refund("S-1", quote, by_merchant, by_dealer, key)

    def test_in_the_merchant_s_currency_and_in_the_payer_s(self, market, shop, operator):
        _, payment = market.captured("S-1")
        self.refund(market, payment, "90.00 HKD")
        self.refund(market, payment, "20.00 EUR", "second")
        operator.finish()
        made = [
            (each["sourceAmount"], each["targetAmount"])
            for each in events(shop, "PaymentRefunded", payment)
        ]
        assert made == [(10_00, 90_00), (20_00, 180_00)]
        found = operator.payment("S-1")
        assert (found.refunded, found.returned, found.status) == (270_00, 30_00, CAPTURED)
        assert found.net == 895_50 - 270_00

    def test_at_a_dealer_s_new_rate(self, market, shop, operator):
        _, payment = market.captured("S-1")
        # The merchant's currency has fallen: the payer gets less for it.
        self.refund(market, payment, "90.00 HKD", quote=market.quote("0.1"))
        self.refund(market, payment, "9.00 EUR", "second", quote=market.quote("0.1"))
        # It has risen: the payer gets what it paid.
        self.refund(market, payment, "90.00 HKD", "third", quote=market.quote("0.2"))
        self.refund(market, payment, "10.00 EUR", "fourth", quote=market.quote("0.2"))
        operator.finish()
        made = [
            (each["sourceAmount"], each["targetAmount"])
            for each in events(shop, "PaymentRefunded", payment)
        ]
        assert made == [(9_00, 90_00), (9_00, 90_00), (10_00, 90_00), (10_00, 90_00)]

    def test_repeat_does_nothing_and_other_content_is_refused(self, market, shop, operator):
        _, payment = market.captured("S-1")
        first = self.refund(market, payment, "90.00 HKD")
        quote = operator.quote_refund("S-1", money("90.00 HKD"))
        assert quote == operator.quote_refund("S-1", money("10.00 EUR")) == first.quote
        self.refund(market, payment, "90.00 HKD")
        operator.finish()
        self.refund(market, payment, "90.00 HKD")
        assert len(operator.payment("S-1").steps) == 3
        before = "as it was entered before under the key ''"
        with refuses("refund", "90.01 HKD", f"90.00 HKD, {before}"):
            operator.quote_refund("S-1", money("90.01 HKD"))
        with refuses("refund", "9.99 EUR", f"10.00 EUR, {before}"):
            operator.refund("S-1", replace(quote, source_amount=9_99), b"")

    def test_quote_is_good_until_the_next_refund(self, market, operator):
        _, payment = market.captured("S-1")
        late = operator.quote_refund("S-1", money("90.00 HKD"), "late")
        self.refund(market, payment, "45.00 HKD")
        with refuses("quote's refunded before", 0, "4500"):
            operator.refund("S-1", late, b"", key="late")

    def test_more_than_was_captured_is_refused(self, market, shop, operator):
        _, payment = market.captured("S-1")
        with refuses(
            "target amount", 900_01, "above zero and at most the 90000 that are left to give back"
        ):
            operator.quote_refund("S-1", money("900.01 HKD"))
        with refuses(
            "source amount", 100_01, "above zero and at most the 10000 that are left to get back"
        ):
            operator.quote_refund("S-1", money("100.01 EUR"))
        with refuses(
            "what the merchant gives for 100.00 EUR",
            "1000.00 HKD",
            "at most the 900.00 HKD that the merchant can still give back",
        ):
            operator.quote_refund("S-1", money("100.00 EUR"), quote=market.quote("0.1"))
        self.refund(market, payment, "900.00 HKD")
        operator.finish()
        assert events(shop, "PaymentRefunded", payment)[0]["sourceAmount"] == 100_00

    def test_merchant_s_own_refund_is_known_once_it_is_final(self, market, shop, operator):
        _, payment = market.captured("S-1")
        shop.refund(payment, shop.quote(payment, 10_00, 90_00), sender=MERCHANT)
        operator.step()
        found = operator.payment("S-1")
        assert (found.refunded, found.steps[-1].by) == (90_00, MERCHANT.address)
        # It is none of the platform's.
        self.refund(market, payment, "90.00 HKD")
        operator.finish()
        assert operator.payment("S-1").refunded == 180_00


class TestOthers:
    def test_what_they_do_is_told(self, market, shop):
        terms = replace(TERMS, arbiter=ARBITER.address, resolve_seconds=2 * DAY)
        operator = market.open(terms=terms)
        buyer, payment = market.authorized("S-1", operator=operator)
        shop.endow(buyer)
        shop.settlement.dispute(buyer, payment)
        operator.step()
        assert operator.payment("S-1").status is DISPUTED
        shop.settlement.resolve(ARBITER, payment, 25_00)
        operator.step()
        found = operator.payment("S-1")
        assert (found.status, found.captured, found.held) == (RESOLVED, 25_00, 0)
        told = [(each.step.kind.value, each.step.by) for each in operator.events()]
        assert told == [
            ("authorize", None),
            ("dispute", buyer.address),
            ("resolve", ARBITER.address),
        ]

    def test_release_is_the_payer_s_capture(self, market, shop, operator):
        buyer, payment = market.authorized("S-1")
        operator.capture("S-1", money("40.00 EUR"))
        operator.finish()
        shop.endow(buyer)
        shop.settlement.release(buyer, payment)
        operator.step()
        found = operator.payment("S-1")
        assert (found.status, found.captured, found.net) == (CAPTURED, 100_00, 895_50)

    def test_void_of_the_merchant_is_taken_for_the_platform_s(self, market, shop, operator):
        _, payment = market.authorized("S-1")
        shop.settlement.void(MERCHANT, payment)
        operator.step()
        assert operator.void("S-1").done
        assert steps(operator.payment("S-1"))[-1] == ("void", "", "done")
        assert len(events(shop, "PaymentVoided", payment)) == 1

    def test_payments_of_other_platforms_are_none_of_ours(self, market, shop, operator):
        buyer, payment = shop.sold()
        shop.settlement.release(buyer, payment)
        operator.step()
        assert list(operator.payments()) == []
        assert operator.events() == []


class TestMany:
    """Lists of payments, which are entered as a whole or not at all."""

    def order(self, market, shop, reference, **changes):
        buyer, _ = shop.sell()
        given = (buyer.address, MERCHANT.address, money("900.00 HKD"), shop.eur, shop.hkd)
        return buyer, replace(PaymentOrder(reference, *given, market.quote()), **changes)

    def signed(self, shop, buyer, payment, reference, **changes):
        return SignedPayment(**{"reference": reference, **shop.consents(buyer, payment), **changes})

    def test_each_is_made_once(self, market, shop, operator):
        references = ["S-1", "S-2", "S-3"]
        buyers, orders = zip(*(self.order(market, shop, each) for each in references), strict=True)
        payments = operator.pay_all(orders)
        assert operator.pay_all(orders) == payments
        signed = [
            self.signed(shop, *each) for each in zip(buyers, payments, references, strict=True)
        ]
        for _ in range(2):
            entered = operator.authorize_all(signed)
            operator.finish()
        assert [each.state for each in entered] == [State.DONE] * 3
        found = [operator.payment(each) for each in references]
        assert [each.terms for each in found] == payments
        for each, payment in zip(found, payments, strict=True):
            assert steps(each) == [("authorize", "", "done")]
            assert len(events(shop, "PaymentAuthorized", payment)) == 1

    def test_what_is_entered_is_told_as_it_is_kept(self, market, shop, operator):
        buyer, order = self.order(market, shop, "S-1")
        (payment,) = operator.pay_all([order])
        entered = operator.charge_all([self.signed(shop, buyer, payment, "S-1", key="k")])
        assert entered == list(operator.payment("S-1").steps)

    def test_some_may_be_there_already(self, market, shop, operator):
        buyer, order = self.order(market, shop, "S-1")
        (first,) = operator.pay_all([order])
        _, other = self.order(market, shop, "S-2")
        payments = operator.pay_all([other, order, other])
        assert payments[1] == first
        assert payments[0] == payments[2] != first
        operator.authorize_all([self.signed(shop, buyer, first, "S-1")] * 2)
        assert steps(operator.payment("S-1")) == [("authorize", "", "open")]

    def test_one_that_is_refused_keeps_all_out(self, market, shop, operator):
        buyer, order = self.order(market, shop, "S-1")
        _, other = self.order(market, shop, "S-2", uetr=uuid4())
        operator.pay_all([order])
        for wrong in (replace(order, merchant=STRANGER.address), replace(other, reference="S-3")):
            with pytest.raises(InputError):
                operator.pay_all([other, wrong])
            assert [each.reference for each in operator.payments()] == ["S-1"]
        payment = operator.payment("S-1").terms
        (second,) = operator.pay_all([other])
        good = self.signed(shop, buyer, payment, "S-1")
        with missigned("payer", second.payer, "none"):
            operator.authorize_all([good, SignedPayment("S-2", b"")])
        assert [each.steps for each in operator.payments()] == [(), ()]

    def test_same_reference_with_two_contents_is_refused(self, market, shop, operator):
        _, order = self.order(market, shop, "S-1")
        with refuses(
            "payment S-1",
            {"merchant": STRANGER.address},
            f"{{'merchant': '{MERCHANT.address}'}}, as it was entered before",
        ):
            operator.pay_all([order, replace(order, merchant=STRANGER.address)])
        assert list(operator.payments()) == []

    def test_nothing_is_asked_for(self, operator):
        assert operator.pay_all([]) == operator.authorize_all([]) == []


class TestRenewal:
    def test_payment_that_was_not_sent_in_time_gets_new_terms(self, market, shop, operator):
        buyer, old = market.pay("S-1")
        with pytest.raises(PendingError, match=r"^payment S-1: found the last final block of "):
            operator.renew("S-1")
        advance(shop.chain, old.authorize_by)
        new = operator.renew("S-1", quote=market.quote("0.11"))
        assert (new.uetr != old.uetr, new.source_amount) == (True, 99_00)
        operator.authorize("S-1", **shop.consents(buyer, new))
        operator.finish()
        assert operator.payment("S-1").status is AUTHORIZED
        found = operator.payment(old.uetr)
        assert (found.status, found.renewed_as, found.terms) == (NONE, new.uetr, old)
        assert [each.uetr for each in operator.payments()] == [old.uetr, new.uetr]

    def test_one_that_was_sent_too_late_too(self, market, shop, operator):
        buyer, old = market.pay("S-1")
        operator.authorize("S-1", **shop.consents(buyer, old))
        with pytest.raises(PendingError, match="found its authorization under way"):
            operator.renew("S-1")
        shop.wait_until(old.authorize_by)
        operator.finish()
        assert "accepted is any before" in operator.payment("S-1").steps[0].reason
        new = operator.renew("S-1", quote=market.quote())
        operator.authorize("S-1", **shop.consents(buyer, new))
        operator.finish()
        assert operator.payment("S-1").status is AUTHORIZED

    def test_one_that_is_authorized_is_refused(self, market, shop, operator):
        _, payment = market.authorized("S-1")
        advance(shop.chain, payment.authorize_by)
        with refuses("payment S-1", "authorized", "never authorized"):
            operator.renew("S-1")


class TestEvents:
    def test_they_are_told_in_order_and_from_any_number_on(self, market, operator):
        for reference in ("S-1", "S-2"):
            market.captured(reference)
        told = operator.events()
        assert [(each.reference, each.step.kind.value) for each in told] == [
            ("S-1", "authorize"),
            ("S-1", "capture"),
            ("S-2", "authorize"),
            ("S-2", "capture"),
        ]
        numbers = [each.number for each in told]
        assert numbers == sorted(numbers)
        seen, last = [], 0
        while found := operator.events(last, 1):
            seen += found
            last = found[-1].number
        assert seen == told

    def test_what_was_refused_is_told_with_its_reason(self, market, shop, operator):
        buyer, payment = market.pay("S-1")
        shop.block(buyer)
        operator.authorize("S-1", **shop.consents(buyer, payment))
        operator.finish()
        (told,) = operator.events()
        assert (told.uetr, told.step.state) == (payment.uetr, State.REFUSED)
        assert told.step.reason == (
            f"authorize: found the payer {buyer.address}, which may not send (it is under a legal "
            "block), accepted is a customer in good standing."
        )


def test_reference_is_of_one_payment_whatever_the_escrow(market, shop, store):
    buyer, _ = market.pay("S-1")
    creation = Creation.of("SettlementEscrow", bytes(31) + b"\1")
    create(shop.chain, SET_UP, creation)
    other = Operator(Settlement(shop.chain, creation.address), store, market.keys, TERMS)
    accepted = f"one that no payment of another escrow has, as of {shop.settlement.address}"
    with refuses("reference", "s-1", accepted):
        market.pay("s-1", buyer, operator=other)
    assert list(other.payments()) == []


def test_name_of_a_payment_is_its_reference_its_uetr_or_its_id(market, shop, operator):
    _, payment = market.pay("S-1")
    found = operator.payment("S-1")
    id = shop.settlement.payment_id(payment)
    assert operator.payment(payment.uetr) == operator.payment(id) == found
    assert (found.id, found.uetr, found.reference) == (id, payment.uetr, "S-1")
    with pytest.raises(InputError, match="accepted is one that was entered"):
        operator.payment(bytes(32))


def test_nothing_is_told_as_done_before_it_is_final(market, shop):
    operator = market.open(finality={"depth": 2})
    buyer, payment = market.pay("S-1", operator=operator)
    operator.authorize("S-1", **shop.consents(buyer, payment))
    for _ in range(2):
        operator.step()
        assert operator.payment("S-1").status is NONE
        rpc(shop.chain, "evm_mine")
    operator.step()
    assert operator.payment("S-1").status is AUTHORIZED
