from dataclasses import replace

import pytest
from web3.constants import ADDRESS_ZERO

from deposit_token.chain import emitted
from deposit_token.demo.keys import account
from deposit_token.errors import InputError
from deposit_token.payment import Payment, PaymentApproval, PaymentStatus, RefundQuote
from deposit_token.refusals import Reverted
from tests.demo_fixtures import (
    APPROVER,
    DAY,
    DEALER,
    FEES,
    MERCHANTS,
    OPERATOR,
    Shop,
    buyer,
)
from tests.refusals import reverts, says

MERCHANT = MERCHANTS["CNY"]
STRANGER = account("stranger")


@pytest.fixture(scope="module")
def shop(anvil_url, tmp_path_factory):
    """Two banks, the escrow, and new customers for every test."""
    shop = Shop(anvil_url, tmp_path_factory.mktemp("deployments"))
    for key in (STRANGER, MERCHANT):
        shop.give_ether(key)
    return shop


@pytest.fixture
def settlement(shop):
    return shop.settlement


@pytest.fixture
def eur(shop):
    return shop.tokens["EUR"]


@pytest.fixture
def cny(shop):
    return shop.tokens["CNY"]


class TestReading:
    def test_unknown_payment_has_no_status(self, settlement):
        state = settlement.state(bytes(32))
        assert state.status is PaymentStatus.NONE
        assert (state.captured, state.refunded, state.quota_ref) == (0, 0, 0)

    def test_nothing_is_claimable_or_in_inventory_of_a_stranger(self, settlement, cny):
        assert settlement.claimable(cny, STRANGER.address) == 0
        assert settlement.inventory(STRANGER.address, cny) == 0


class TestAuthorize:
    def test_both_sides_are_taken(self, shop, settlement, eur, cny):
        order, payment = shop.sell("900.00 CNY", "100.00 EUR")
        held, inventory = shop.balance(eur, settlement.address), shop.inventory(cny)
        receipt = shop.authorize(order, payment)
        assert receipt["gasUsed"] > 0
        assert shop.balance(eur, payment.payer) == 0
        assert shop.balance(eur, settlement.address) == held + 100_00
        assert shop.inventory(cny) == inventory - 900_00
        state = shop.state(payment)
        assert state.status is PaymentStatus.AUTHORIZED
        assert (state.captured, state.refunded) == (0, 0)
        assert state.quota_ref != 0

    def test_event_has_the_id_and_all_terms(self, shop, settlement):
        order, payment = shop.sell()
        receipt = shop.authorize(order, payment)
        escrow = shop.chain.contract("SettlementEscrow", settlement.address)
        (event,) = emitted(escrow, "PaymentAuthorized", receipt)
        state = shop.state(payment)
        assert event["id"] == settlement.payment_id(payment)
        assert (event["payer"], event["merchant"]) == (payment.payer, payment.merchant)
        assert Payment.from_tuple(event["payment"].values()) == payment
        assert (event["generation"], event["quotaRef"]) == (1, state.quota_ref)
        assert state.policy_generation == 1

    def test_one_currency_needs_neither_dealer_nor_approval(self, shop, settlement, cny):
        order, payment = shop.sell("420.00 CNY", "420.00 CNY", "HK")
        inventory = shop.inventory(cny)
        assert payment.dealer == ADDRESS_ZERO
        receipt = settlement.authorize(
            OPERATOR, payment, settlement.sign_as_payer(buyer(order), payment)
        )
        assert receipt["gasUsed"] > 0
        assert shop.balance(cny, payment.payer) == 0
        assert shop.inventory(cny) == inventory
        assert shop.state(payment).status is PaymentStatus.AUTHORIZED

    def test_other_operator_is_refused(self, shop):
        order, payment = shop.sell()
        with reverts("NotAllowed", caller=STRANGER.address, allowed=OPERATOR.address):
            shop.authorize(order, payment, operator=STRANGER)
        assert shop.state(payment).status is PaymentStatus.NONE
        assert shop.balance(payment.source_token, payment.payer) == 100_00

    def test_authorization_that_comes_too_late_is_refused(self, shop):
        order, payment = shop.sell()
        shop.wait_until(payment.authorize_by)
        with reverts("TooLate", found=payment.authorize_by, allowed=payment.authorize_by):
            shop.authorize(order, payment)

    def test_second_authorization_is_refused(self, shop, settlement):
        order, payment = shop.sold()
        shop.world.fund(order, replace(payment, remittance_hash=bytes([7] * 32)), False)
        with reverts(
            "WrongStatus",
            id=settlement.payment_id(payment),
            found=PaymentStatus.AUTHORIZED,
            allowed=PaymentStatus.NONE,
        ):
            shop.authorize(order, payment)
        assert shop.balance(payment.source_token, payment.payer) == 100_00

    def test_signature_of_another_payer_is_refused(self, shop, settlement):
        order, payment = shop.sell()
        signature = settlement.sign_as_payer(STRANGER, payment)
        with reverts("ERC3009InvalidSignature"):
            shop.authorize(order, payment, payer_signature=signature)

    def test_payers_signature_is_for_these_terms_alone(self, shop, settlement):
        order, payment = shop.sell()
        signature = settlement.sign_as_payer(buyer(order), replace(payment, fee_bps=51))
        with reverts("ERC3009InvalidSignature"):
            shop.authorize(order, payment, payer_signature=signature)

    def test_signature_of_another_dealer_is_refused(self, shop, settlement):
        order, payment = shop.sell()
        with reverts(
            "InvalidSignature", signer=DEALER.address, digest=settlement.payment_id(payment)
        ):
            shop.authorize(
                order, payment, dealer_signature=settlement.sign_as_dealer(STRANGER, payment)
            )

    def test_missing_approval_is_refused(self, shop):
        order, payment = shop.sell()
        shop.wait_until(now := shop.now + 10)
        with reverts("TooLate", found=now, allowed=0):
            shop.authorize(order, payment, approval=PaymentApproval(0, b""))

    def test_approval_of_another_bank_is_refused(self, shop, settlement):
        order, payment = shop.sell()
        escrow = shop.chain.contract("SettlementEscrow", settlement.address)
        digest = escrow.functions.approvalDigest(
            settlement.payment_id(payment), payment.authorize_by
        ).call()
        with reverts("InvalidSignature", signer=APPROVER.address, digest=digest):
            shop.authorize(
                order,
                payment,
                approval=settlement.approve_as_bank(STRANGER, payment, payment.authorize_by),
            )

    def test_quota_counts_all_wallets_of_a_customer(self, shop):
        shop.sold("90000.00 CNY", "14000.00 EUR", "DE", "two countries")
        order, payment = shop.sell("70000.00 CNY", "11000.01 EUR", "FR", "two countries")
        with pytest.raises(Reverted) as refusal:
            shop.authorize(order, payment)
        assert refusal.value.error == "QuotaExceeded"
        customer = refusal.value.arguments.pop("customerId")
        assert customer > 0
        assert refusal.value.arguments == {"found": 11_000_01, "allowed": 11_000_00}
        assert shop.balance(payment.source_token, payment.payer) == 11_000_01

    def test_blocked_buyer_is_refused(self, shop):
        order, payment = shop.sell()
        shop.world.block_buyer(order)
        with reverts("ERC7943CannotSend", account=payment.payer):
            shop.authorize(order, payment)

    def test_more_than_the_dealer_has_is_refused(self, shop, cny):
        free = shop.inventory(cny)
        order, payment = shop.sell(f"{free // 100 + 1}.00 CNY", "100.00 EUR")
        with reverts(
            "InventoryTooLow",
            dealer=DEALER.address,
            token=cny,
            found=free,
            needed=payment.target_amount,
        ):
            shop.authorize(order, payment)
        assert shop.inventory(cny) == free


class TestCharge:
    def test_everybody_is_paid_at_once(self, shop, settlement, eur, cny):
        order, payment = shop.sell("900.00 CNY", "100.00 EUR")
        paid, fees = shop.balance(cny, MERCHANT.address), shop.balance(cny, FEES.address)
        source, target = shop.inventory(eur), shop.inventory(cny)
        receipt = settlement.charge(OPERATOR, payment, **shop.consents(order, payment))
        assert receipt["from"] == OPERATOR.address
        assert shop.balance(eur, payment.payer) == 0
        assert shop.balance(cny, MERCHANT.address) == paid + 895_50
        assert shop.balance(cny, FEES.address) == fees + 4_50
        assert (shop.inventory(eur), shop.inventory(cny)) == (source + 100_00, target - 900_00)
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.CAPTURED, 100_00)
        assert state.quota_ref != 0

    def test_one_currency_goes_from_payer_to_merchant(self, shop, settlement, cny):
        order, payment = shop.sell("420.00 CNY", "420.00 CNY", "HK")
        held, paid = shop.balance(cny, settlement.address), shop.balance(cny, MERCHANT.address)
        signature = settlement.sign_as_payer(buyer(order), payment)
        settlement.charge(OPERATOR, payment, signature)
        assert shop.balance(cny, payment.payer) == 0
        assert shop.balance(cny, MERCHANT.address) == paid + 417_90
        assert shop.balance(cny, settlement.address) == held

    def test_second_charge_is_refused(self, shop, settlement):
        order, payment = shop.sell()
        consents = shop.consents(order, payment)
        settlement.charge(OPERATOR, payment, **consents)
        with reverts(
            "WrongStatus",
            id=settlement.payment_id(payment),
            found=PaymentStatus.CAPTURED,
            allowed=PaymentStatus.NONE,
        ):
            settlement.charge(OPERATOR, payment, **consents)

    def test_other_operator_is_refused(self, shop, settlement):
        order, payment = shop.sell()
        with reverts("NotAllowed", caller=STRANGER.address, allowed=OPERATOR.address):
            settlement.charge(STRANGER, payment, **shop.consents(order, payment))

    def test_what_an_arbiter_may_decide_is_refused(self, shop, settlement):
        capture_by = shop.now + DAY
        order, payment = shop.sell(
            arbiter=STRANGER.address, capture_by=capture_by, resolve_by=capture_by + DAY
        )
        with reverts("ArbiterNamed", arbiter=STRANGER.address):
            settlement.charge(OPERATOR, payment, **shop.consents(order, payment))

    def test_nothing_is_kept_for_a_merchant_that_can_not_be_paid(self, shop, settlement, eur, cny):
        order, payment = shop.sell()
        end = shop.now + 10
        shop.world.renew_merchant(order, end)
        shop.wait_until(end)
        try:
            with reverts("ERC7943CannotReceive", account=MERCHANT.address):
                settlement.charge(OPERATOR, payment, **shop.consents(order, payment))
        finally:
            shop.world.renew_merchant(order, shop.world.reviewed_until)
        assert settlement.claimable(cny, MERCHANT.address) == 0
        assert shop.balance(eur, payment.payer) == 100_00


class TestCapture:
    def test_whole_pays_merchant_platform_and_dealer(self, shop, settlement, eur, cny):
        _, payment = shop.sold("900.00 CNY", "100.00 EUR")
        paid, fees = shop.balance(cny, MERCHANT.address), shop.balance(cny, FEES.address)
        inventory = shop.inventory(eur)
        receipt = settlement.capture(OPERATOR, payment, 0, 100_00)
        assert receipt["gasUsed"] > 0
        assert shop.balance(cny, MERCHANT.address) == paid + 895_50
        assert shop.balance(cny, FEES.address) == fees + 4_50
        assert shop.inventory(eur) == inventory + 100_00
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.CAPTURED, 100_00)

    def test_parts_pay_the_exact_whole(self, shop, settlement, cny):
        _, payment = shop.sold("10.00 CNY", "12.00 EUR", fee_bps=0, fee_receiver=ADDRESS_ZERO)
        paid = shop.balance(cny, MERCHANT.address)
        steps = []
        for before, part in ((0, 5_00), (5_00, 6_00), (11_00, 1_00)):
            settlement.capture(OPERATOR, payment, before, part)
            steps.append(shop.balance(cny, MERCHANT.address) - paid)
        # 4.1666…, 9.1666… and all of it, each rounded down to the cent.
        assert steps == [4_16, 9_16, 10_00]
        assert shop.state(payment).status is PaymentStatus.CAPTURED

    def test_part_leaves_the_rest_authorized(self, shop, settlement):
        _, payment = shop.sold()
        settlement.capture(OPERATOR, payment, 0, 60_00)
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.AUTHORIZED, 60_00)
        with reverts("AmountExceeds", found=40_01, allowed=40_00):
            settlement.capture(OPERATOR, payment, 60_00, 40_01)

    def test_repeat_pays_nothing_twice(self, shop, settlement, cny):
        _, payment = shop.sold()
        settlement.capture(OPERATOR, payment, 0, 40_00)
        paid = shop.balance(cny, MERCHANT.address)
        with reverts("CaptureOutOfPlace", found=0, allowed=40_00):
            settlement.capture(OPERATOR, payment, 0, 40_00)
        assert shop.balance(cny, MERCHANT.address) == paid
        assert shop.state(payment).captured == 40_00

    def test_nothing_is_refused(self, shop, settlement):
        _, payment = shop.sold()
        with reverts("ZeroAmount"):
            settlement.capture(OPERATOR, payment, 0, 0)

    def test_other_operator_is_refused(self, shop, settlement):
        _, payment = shop.sold()
        with reverts("NotAllowed", caller=STRANGER.address, allowed=OPERATOR.address):
            settlement.capture(STRANGER, payment, 0, 100_00)

    def test_capture_before_its_time_is_refused(self, shop, settlement):
        start = shop.now + DAY
        _, payment = shop.sold(capture_from=start)
        shop.wait_until(start - 1)
        with reverts("TooEarly", found=start - 1, allowed=start):
            settlement.capture(OPERATOR, payment, 0, 100_00)
        shop.wait_until(start)
        settlement.capture(OPERATOR, payment, 0, 100_00)

    def test_capture_after_its_time_is_refused(self, shop, settlement):
        _, payment = shop.sold()
        shop.wait_until(payment.capture_by)
        with reverts("TooLate", found=payment.capture_by, allowed=payment.capture_by):
            settlement.capture(OPERATOR, payment, 0, 100_00)

    def test_blocked_payer_keeps_its_money_in_the_escrow(self, shop, settlement):
        order, payment = shop.sold()
        shop.world.block_buyer(order)
        with reverts("PayerBlocked", payer=payment.payer):
            settlement.capture(OPERATOR, payment, 0, 100_00)
        assert shop.state(payment).status is PaymentStatus.AUTHORIZED

    def test_payment_that_was_never_authorized_is_refused(self, shop, settlement):
        _, payment = shop.sell()
        with reverts(
            "WrongStatus",
            id=settlement.payment_id(payment),
            found=PaymentStatus.NONE,
            allowed=PaymentStatus.AUTHORIZED,
        ):
            settlement.capture(OPERATOR, payment, 0, 100_00)


class TestVoid:
    @pytest.mark.parametrize("sender", [OPERATOR, MERCHANT], ids=["operator", "merchant"])
    def test_both_sides_go_back(self, shop, settlement, sender, eur, cny):
        inventory = shop.inventory(cny)
        _, payment = shop.sold()
        receipt = settlement.void(sender, payment)
        assert receipt["gasUsed"] > 0
        assert shop.balance(eur, payment.payer) == 100_00
        assert shop.inventory(cny) == inventory
        assert shop.state(payment).status is PaymentStatus.VOIDED

    def test_only_the_rest_goes_back(self, shop, settlement, eur):
        _, payment = shop.sold()
        settlement.capture(OPERATOR, payment, 0, 60_00)
        settlement.void(OPERATOR, payment)
        assert shop.balance(eur, payment.payer) == 40_00
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.VOIDED, 60_00)

    def test_quota_is_free_again(self, shop, settlement):
        _, payment = shop.sold("90000.00 CNY", "15000.00 EUR", "DE", "frees its quota")
        settlement.void(OPERATOR, payment)
        _, payment = shop.sold("90000.00 CNY", "15000.00 EUR", "DE", "frees its quota")
        assert shop.state(payment).status is PaymentStatus.AUTHORIZED
        settlement.void(OPERATOR, payment)

    def test_stranger_is_refused(self, shop, settlement):
        _, payment = shop.sold()
        with reverts("NotAllowed", caller=STRANGER.address, allowed=OPERATOR.address):
            settlement.void(STRANGER, payment)

    def test_second_void_is_refused(self, shop, settlement):
        _, payment = shop.sold()
        settlement.void(OPERATOR, payment)
        with reverts(
            "WrongStatus",
            id=settlement.payment_id(payment),
            found=PaymentStatus.VOIDED,
            allowed=PaymentStatus.AUTHORIZED,
        ):
            settlement.void(OPERATOR, payment)


class TestReclaim:
    def test_anyone_gives_the_payer_back_what_was_not_captured(self, shop, settlement, eur, cny):
        inventory = shop.inventory(cny)
        _, payment = shop.sold()
        shop.wait_until(payment.capture_by)
        receipt = settlement.reclaim(STRANGER, payment)
        assert receipt["gasUsed"] > 0
        assert shop.balance(eur, payment.payer) == 100_00
        assert shop.inventory(cny) == inventory
        assert shop.state(payment).status is PaymentStatus.RECLAIMED

    def test_before_its_time_it_is_refused(self, shop, settlement):
        _, payment = shop.sold()
        shop.wait_until(payment.capture_by - 1)
        with reverts("TooEarly", found=payment.capture_by - 1, allowed=payment.capture_by):
            settlement.reclaim(STRANGER, payment)


class TestRefund:
    @staticmethod
    def refund(shop, payment, quote, merchant=MERCHANT, dealer=DEALER, sender=OPERATOR):
        settlement = shop.settlement
        signature = (
            b""
            if payment.dealer == ADDRESS_ZERO
            else (settlement.sign_refund_as_dealer(dealer, quote))
        )
        return settlement.refund_with_authorization(
            sender,
            payment,
            quote,
            settlement.sign_refund_as_merchant(merchant, payment, quote),
            signature,
        )

    def test_part_goes_back_through_the_dealer(self, shop, eur, cny):
        _, payment = shop.captured()
        paid = shop.balance(cny, MERCHANT.address)
        source, target = shop.inventory(eur), shop.inventory(cny)
        receipt = self.refund(shop, payment, shop.quote(payment, 40_00, 370_00))
        assert receipt["gasUsed"] > 0
        assert shop.balance(eur, payment.payer) == 40_00
        assert shop.balance(cny, MERCHANT.address) == paid - 370_00
        assert shop.inventory(eur) == source - 40_00
        assert shop.inventory(cny) == target + 370_00
        state = shop.state(payment)
        assert (state.status, state.refunded) == (PaymentStatus.CAPTURED, 370_00)

    def test_one_currency_goes_back_without_dealer(self, shop, cny):
        _, payment = shop.captured("420.00 CNY", "420.00 CNY", "HK")
        self.refund(shop, payment, shop.quote(payment, 20_00, 20_00))
        assert shop.balance(cny, payment.payer) == 20_00
        assert shop.state(payment).refunded == 20_00

    def test_merchant_may_send_it_itself(self, shop, eur):
        _, payment = shop.captured()
        self.refund(shop, payment, shop.quote(payment, 40_00, 360_00), sender=MERCHANT)
        assert shop.balance(eur, payment.payer) == 40_00

    def test_quote_counts_once(self, shop):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00)
        self.refund(shop, payment, quote)
        with reverts("QuoteOutOfPlace", found=0, allowed=360_00):
            self.refund(shop, payment, quote)

    @pytest.mark.parametrize(
        ("source", "target", "found", "allowed"),
        [(60_01, 540_00, 60_01, 60_00), (60_00, 540_01, 540_01, 540_00), (12, 1_00, 12, 11)],
        ids=["more than came in", "more than the merchant has", "more than the payer's rate"],
    )
    def test_more_than_the_payments_own_rate_is_refused(self, shop, source, target, found, allowed):
        _, payment = shop.captured()
        self.refund(shop, payment, shop.quote(payment, 40_00, 360_00))
        with reverts("AmountExceeds", found=found, allowed=allowed):
            self.refund(shop, payment, shop.quote(payment, source, target))

    def test_quote_of_another_payment_is_refused(self, shop, settlement):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00, payment_id=bytes(32))
        with reverts(
            "QuoteForOtherPayment", found=bytes(32), allowed=settlement.payment_id(payment)
        ):
            self.refund(shop, payment, quote)

    def test_signature_of_another_merchant_is_refused(self, shop):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00)
        with reverts("ERC3009InvalidSignature"):
            self.refund(shop, payment, quote, merchant=STRANGER)

    def test_signature_of_another_dealer_is_refused(self, shop, settlement):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00)
        with reverts(
            "InvalidSignature", signer=DEALER.address, digest=quote.digest(settlement.domain)
        ):
            self.refund(shop, payment, quote, dealer=STRANGER)

    def test_stranger_is_refused(self, shop):
        _, payment = shop.captured()
        with reverts("NotAllowed", caller=STRANGER.address, allowed=OPERATOR.address):
            self.refund(shop, payment, shop.quote(payment, 40_00, 360_00), sender=STRANGER)

    def test_refund_after_its_time_is_refused(self, shop):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00, deadline=payment.refund_by + DAY)
        shop.wait_until(payment.refund_by)
        with reverts("TooLate", found=payment.refund_by, allowed=payment.refund_by):
            self.refund(shop, payment, quote)


class TestQuoteRefund:
    """A quote that the escrow takes, by what it has of the payment."""

    def test_payer_gets_its_own_rate(self, shop, settlement):
        _, payment = shop.captured("10.00 CNY", "12.00 EUR")
        deadline = shop.now + DAY
        quote = settlement.quote_refund(payment, 4_16, deadline)
        assert quote == RefundQuote(
            payment_id=settlement.payment_id(payment),
            refunded_before=0,
            source_amount=4_99,
            target_amount=4_16,
            dealer=DEALER.address,
            deadline=deadline,
        )
        TestRefund.refund(shop, payment, quote)
        # What is left of everything, and not the 7.00 that 5.84 would be at this rate.
        quote = settlement.quote_refund(payment, 5_84, deadline)
        assert (quote.refunded_before, quote.source_amount) == (4_16, 7_01)
        TestRefund.refund(shop, payment, quote)
        assert shop.state(payment).refunded == 10_00
        assert shop.balance(payment.source_token, payment.payer) == 12_00

    def test_payer_gets_no_more_than_its_own_rate(self, shop, settlement):
        _, payment = shop.sold("10.00 CNY", "12.00 EUR")
        settlement.capture(OPERATOR, payment, 0, 5_00)
        quote = settlement.quote_refund(payment, 4_16, shop.now + DAY)
        # While more can be captured, the last cent stays.
        assert quote.source_amount == 4_99
        for found in (0, 5_00):
            with says(InputError, f"source amount: found {found}, accepted is 1 to 499."):
                settlement.quote_refund(payment, 4_16, shop.now + DAY, source_amount=found)
        with reverts("AmountExceeds", found=5_00, allowed=4_99):
            TestRefund.refund(shop, payment, replace(quote, source_amount=5_00))

    def test_dealer_may_give_less_and_be_another(self, shop, settlement):
        _, payment = shop.captured()
        quote = settlement.quote_refund(
            payment, 90_00, shop.now + DAY, source_amount=9_99, dealer=STRANGER.address
        )
        assert (quote.source_amount, quote.dealer) == (9_99, STRANGER.address)

    def test_one_currency_gives_back_what_it_gets(self, shop, settlement):
        _, payment = shop.captured("420.00 CNY", "420.00 CNY", "HK")
        quote = settlement.quote_refund(payment, 20_00, shop.now + DAY)
        assert (quote.source_amount, quote.dealer) == (20_00, ADDRESS_ZERO)
        TestRefund.refund(shop, payment, quote)
        with says(InputError, "source amount: found 1999, accepted is 2000."):
            settlement.quote_refund(payment, 20_00, shop.now + DAY, source_amount=19_99)

    def test_merchant_gives_back_no_more_than_it_has(self, shop, settlement):
        _, payment = shop.captured()
        with says(
            InputError,
            "target amount: found 90001, accepted is above zero and at most the 90000 that are "
            "left to give back.",
        ):
            settlement.quote_refund(payment, 900_01, shop.now + DAY)

    def test_less_than_the_payers_smallest_unit_is_refused(self, shop, settlement):
        _, payment = shop.captured()
        with says(
            InputError,
            "target amount: found 8, accepted is more: the payer would get less than its smallest "
            "unit for it.",
        ):
            settlement.quote_refund(payment, 8, shop.now + DAY)
        assert settlement.quote_refund(payment, 9, shop.now + DAY).source_amount == 1


class TestClaim:
    @pytest.fixture
    def lapsed(self, shop):
        """A payment that was captured while its merchant's review had lapsed."""
        order, payment = shop.sold()
        end = shop.now + DAY
        shop.world.renew_merchant(order, end)
        shop.wait_until(end)
        shop.settlement.capture(OPERATOR, payment, 0, 100_00)
        yield order, payment
        shop.world.renew_merchant(order, shop.world.reviewed_until)

    def test_money_is_kept_for_a_lapsed_merchant_until_it_claims(
        self, shop, settlement, lapsed, cny
    ):
        order, payment = lapsed
        paid = shop.balance(cny, MERCHANT.address)
        assert shop.state(payment).status is PaymentStatus.CAPTURED
        assert settlement.claimable(cny, MERCHANT.address) == 895_50
        with reverts("ERC7943CannotReceive", account=MERCHANT.address):
            settlement.claim(STRANGER, cny, MERCHANT.address)
        assert settlement.claimable(cny, MERCHANT.address) == 895_50

        shop.world.renew_merchant(order, shop.world.reviewed_until)
        receipt = settlement.claim(STRANGER, cny, MERCHANT.address)
        assert receipt["gasUsed"] > 0
        assert shop.balance(cny, MERCHANT.address) == paid + 895_50
        assert settlement.claimable(cny, MERCHANT.address) == 0

    def test_nothing_to_claim_is_refused(self, settlement, cny):
        with reverts("NothingToClaim", token=cny, owner=STRANGER.address):
            settlement.claim(STRANGER, cny, STRANGER.address)


class TestInventory:
    def test_withdrawn_tokens_can_be_deposited_again(self, shop, settlement, cny):
        inventory = shop.inventory(cny)
        receipt = settlement.withdraw(DEALER, cny, 250_00)
        assert receipt["gasUsed"] > 0
        assert shop.balance(cny, DEALER.address) == 250_00
        assert shop.inventory(cny) == inventory - 250_00
        receipt = settlement.deposit(DEALER, cny, 250_00)
        assert receipt["gasUsed"] > 0
        assert shop.balance(cny, DEALER.address) == 0
        assert shop.inventory(cny) == inventory

    def test_more_than_there_is_can_not_be_withdrawn(self, shop, settlement, cny):
        free = shop.inventory(cny)
        with reverts(
            "InventoryTooLow", dealer=DEALER.address, token=cny, found=free, needed=free + 1
        ):
            settlement.withdraw(DEALER, cny, free + 1)

    def test_more_than_the_dealer_has_can_not_be_deposited(self, shop, settlement, cny):
        inventory = shop.inventory(cny)
        with reverts("ERC20InsufficientBalance", sender=DEALER.address, balance=0, needed=1):
            settlement.deposit(DEALER, cny, 1)
        assert shop.inventory(cny) == inventory

    def test_nothing_can_be_neither_deposited_nor_withdrawn(self, settlement, cny):
        with reverts("ZeroAmount"):
            settlement.deposit(DEALER, cny, 0)
        with reverts("ZeroAmount"):
            settlement.withdraw(DEALER, cny, 0)

    def test_stranger_has_none(self, settlement, cny):
        with reverts("InventoryTooLow", dealer=STRANGER.address, token=cny, found=0, needed=1):
            settlement.withdraw(STRANGER, cny, 1)
