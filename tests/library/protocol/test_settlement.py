import json
from dataclasses import replace

import pytest
from web3.constants import ADDRESS_ZERO

from deposit_token.chain.logs import emitted
from deposit_token.chain.refusals import ContractError
from deposit_token.devchain.keys import bank_secret
from deposit_token.errors import Next
from deposit_token.protocol.participants import customer_id
from deposit_token.protocol.payment import Payment, PaymentApproval, RefundQuote
from deposit_token.values.enumerations import PaymentStatus
from tests.refusals import missigned, refuses, reverts
from tests.scene import DAY, DEALER, MERCHANT, OPERATOR, PLATFORM, STRANGER


def by_wallet(key, message, domain):
    """What a wallet signs that is asked by `eth_signTypedData_v4`."""
    asked = json.loads(json.dumps(message.typed_data(domain)))
    signature = key.sign_typed_data(full_message=asked).signature
    return signature[:64] + bytes([signature[64] - 27])


class TestReading:
    def test_unknown_payment_has_no_status(self, settlement):
        state = settlement.state(bytes(32))
        assert state.status is PaymentStatus.NONE
        assert (state.captured, state.refunded, state.quota_ref) == (0, 0, 0)

    def test_nothing_is_claimable_or_in_inventory_of_a_stranger(self, settlement, hkd):
        assert settlement.claimable(hkd, STRANGER.address) == 0
        assert settlement.inventory(STRANGER.address, hkd) == 0


class TestAuthorize:
    def test_both_sides_are_taken(self, shop, settlement, eur, hkd):
        buyer, payment = shop.sell("900.00 HKD", "100.00 EUR")
        held, inventory = shop.balance(eur, settlement.address), shop.inventory(hkd)
        receipt = shop.authorize(buyer, payment)
        assert receipt["gasUsed"] > 0
        assert shop.balance(eur, payment.payer) == 0
        assert shop.balance(eur, settlement.address) == held + 100_00
        assert shop.inventory(hkd) == inventory - 900_00
        state = shop.state(payment)
        assert state.status is PaymentStatus.AUTHORIZED
        assert (state.captured, state.refunded) == (0, 0)
        assert state.quota_ref != 0

    def test_event_has_the_id_and_all_terms(self, shop, settlement):
        buyer, payment = shop.sell()
        receipt = shop.authorize(buyer, payment)
        escrow = shop.chain.contract("SettlementEscrow", settlement.address)
        (event,) = emitted(escrow, "PaymentAuthorized", receipt)
        state = shop.state(payment)
        assert event["id"] == settlement.payment_id(payment)
        assert (event["payer"], event["merchant"]) == (payment.payer, payment.merchant)
        assert Payment.from_tuple(event["payment"].values()) == payment
        assert (event["generation"], event["quotaRef"]) == (1, state.quota_ref)
        assert state.policy_generation == 1

    def test_one_currency_needs_neither_dealer_nor_approval(self, shop, settlement, hkd):
        buyer, payment = shop.sell("420.00 HKD", "420.00 HKD", "HK")
        inventory = shop.inventory(hkd)
        assert payment.dealer == ADDRESS_ZERO
        receipt = settlement.authorize(OPERATOR, payment, settlement.sign_as_payer(buyer, payment))
        assert receipt["gasUsed"] > 0
        assert shop.balance(hkd, payment.payer) == 0
        assert shop.inventory(hkd) == inventory
        assert shop.state(payment).status is PaymentStatus.AUTHORIZED

    def test_wallets_elsewhere_sign_json(self, shop, settlement, eur):
        """Payer and dealer as browsers and hardware: with a recovery byte of 0 or 1."""
        buyer, payment = shop.sell()
        consents = {
            "payer_signature": by_wallet(
                buyer, payment.consent(settlement.domain), settlement.token_domain(eur)
            ),
            "dealer_signature": by_wallet(DEALER, payment, settlement.domain),
        }
        assert all(signature[-1] in (0, 1) for signature in consents.values())
        shop.authorize(buyer, payment, **consents)
        assert shop.state(payment).status is PaymentStatus.AUTHORIZED

    def test_signature_of_another_payer_is_refused(self, shop, settlement):
        buyer, payment = shop.sell()
        signature = settlement.sign_as_payer(STRANGER, payment)
        assert settlement.preview_authorize(payment, signature).name == "ERC3009InvalidSignature"
        with missigned("payer", buyer.address, f"one by {STRANGER.address}, or .*"):
            shop.authorize(buyer, payment, payer_signature=signature)

    def test_payers_signature_is_for_these_terms_alone(self, shop, settlement):
        buyer, payment = shop.sell()
        signature = settlement.sign_as_payer(buyer, replace(payment, fee_bps=51))
        assert settlement.preview_authorize(payment, signature).name == "ERC3009InvalidSignature"
        with missigned("payer", buyer.address):
            shop.authorize(buyer, payment, payer_signature=signature)

    def test_signature_of_another_dealer_is_refused(self, shop, settlement):
        buyer, payment = shop.sell()
        consents = shop.consents(buyer, payment)
        consents["dealer_signature"] = settlement.sign_as_dealer(STRANGER, payment)
        assert settlement.preview_authorize(payment, **consents) == ContractError(
            "InvalidSignature",
            {"signer": DEALER.address, "digest": settlement.payment_id(payment)},
        )
        with missigned("dealer", DEALER.address, f"one by {STRANGER.address}, or .*"):
            settlement.authorize(OPERATOR, payment, **consents)

    @pytest.mark.anvil("sets the clock")
    def test_missing_approval_is_refused(self, shop):
        buyer, payment = shop.sell()
        shop.wait_until(now := shop.now + 10)
        with reverts("TooLate", found=now, allowed=0) as refusal:
            shop.authorize(buyer, payment, approval=PaymentApproval(0, b""))
        assert refusal.value.next is Next.CORRECT

    @pytest.mark.anvil("sets the clock")
    def test_approval_that_has_ended_can_be_given_anew(self, shop, settlement):
        buyer, payment = shop.sell()
        key, end = shop.rhein.keys["approver"], shop.now + 10
        approval = settlement.approve_as_bank(key, payment, end)
        shop.wait_until(end)
        with reverts("TooLate", found=end, allowed=end) as refusal:
            shop.authorize(buyer, payment, approval=approval)
        assert refusal.value.next is Next.CORRECT

    @pytest.mark.anvil("sets the clock")
    def test_payment_that_has_ended_is_given_up(self, shop):
        """Its approval ends at the same moment, but another helps no more."""
        buyer, payment = shop.sell()
        consents = shop.consents(buyer, payment)
        end = payment.authorize_by
        shop.wait_until(end)
        with reverts("TooLate", found=end, allowed=end) as refusal:
            shop.authorize(buyer, payment, **consents)
        assert refusal.value.next is Next.GIVE_UP

    def test_approval_of_another_bank_is_refused(self, shop, settlement):
        buyer, payment = shop.sell()
        escrow = shop.chain.contract("SettlementEscrow", settlement.address)
        digest = escrow.functions.approvalDigest(
            settlement.payment_id(payment), payment.authorize_by
        ).call()
        approver = shop.rhein.keys["approver"].address
        consents = shop.consents(buyer, payment)
        approval = settlement.approve_as_bank(STRANGER, payment, payment.authorize_by)
        consents["approval"] = approval
        assert settlement.preview_authorize(payment, **consents) == ContractError(
            "InvalidSignature", {"signer": approver, "digest": digest}
        )
        with missigned("approver", approver, f"one by {STRANGER.address}, or .*"):
            settlement.authorize(OPERATOR, payment, **consents)

    def test_quota_counts_all_wallets_of_a_customer(self, shop):
        shop.sold("90000.00 HKD", "14000.00 EUR", "DE", "two countries")
        buyer, payment = shop.sell("70000.00 HKD", "11000.01 EUR", "FR", "two countries")
        customer = customer_id(bank_secret("Rhein Bank"), "two countries")
        with reverts("QuotaExceeded", customerId=customer, found=11_000_01, allowed=11_000_00):
            shop.authorize(buyer, payment)
        assert shop.balance(payment.source_token, payment.payer) == 11_000_01

    def test_blocked_buyer_is_refused(self, shop):
        buyer, payment = shop.sell()
        shop.block(buyer)
        with reverts("ERC7943CannotSend", account=payment.payer):
            shop.authorize(buyer, payment)

    def test_more_than_the_dealer_has_is_refused(self, shop, hkd):
        free = shop.inventory(hkd)
        buyer, payment = shop.sell(f"{free // 100 + 1}.00 HKD", "100.00 EUR")
        with reverts(
            "InventoryTooLow",
            dealer=DEALER.address,
            token=hkd,
            found=free,
            needed=payment.target_amount,
        ):
            shop.authorize(buyer, payment)
        assert shop.inventory(hkd) == free


class TestCharge:
    def test_everybody_is_paid_at_once(self, shop, settlement, eur, hkd):
        buyer, payment = shop.sell("900.00 HKD", "100.00 EUR")
        paid, fees = shop.balance(hkd, MERCHANT), shop.balance(hkd, PLATFORM)
        source, target = shop.inventory(eur), shop.inventory(hkd)
        receipt = settlement.charge(OPERATOR, payment, **shop.consents(buyer, payment))
        assert receipt["from"] == OPERATOR.address
        assert shop.balance(eur, payment.payer) == 0
        assert shop.balance(hkd, MERCHANT) == paid + 895_50
        assert shop.balance(hkd, PLATFORM) == fees + 4_50
        assert (shop.inventory(eur), shop.inventory(hkd)) == (source + 100_00, target - 900_00)
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.CAPTURED, 100_00)
        assert state.quota_ref != 0

    def test_one_currency_goes_from_payer_to_merchant(self, shop, settlement, hkd):
        buyer, payment = shop.sell("420.00 HKD", "420.00 HKD", "HK")
        held, paid = shop.balance(hkd, settlement.address), shop.balance(hkd, MERCHANT)
        signature = settlement.sign_as_payer(buyer, payment)
        settlement.charge(OPERATOR, payment, signature)
        assert shop.balance(hkd, payment.payer) == 0
        assert shop.balance(hkd, MERCHANT) == paid + 417_90
        assert shop.balance(hkd, settlement.address) == held

    @pytest.mark.anvil("sets the clock")
    def test_nothing_is_kept_for_a_merchant_that_can_not_be_paid(self, shop, settlement, eur, hkd):
        buyer, payment = shop.sell()
        end = shop.now + 10
        shop.renew_merchant(end)
        shop.wait_until(end)
        try:
            with reverts("ERC7943CannotReceive", account=MERCHANT.address):
                settlement.charge(OPERATOR, payment, **shop.consents(buyer, payment))
        finally:
            shop.renew_merchant()
        assert settlement.claimable(hkd, MERCHANT.address) == 0
        assert shop.balance(eur, payment.payer) == 100_00


class TestCapture:
    def test_whole_pays_merchant_platform_and_dealer(self, shop, settlement, eur, hkd):
        _, payment = shop.sold("900.00 HKD", "100.00 EUR")
        paid, fees = shop.balance(hkd, MERCHANT), shop.balance(hkd, PLATFORM)
        inventory = shop.inventory(eur)
        receipt = settlement.capture(OPERATOR, payment, 0, 100_00)
        assert receipt["gasUsed"] > 0
        assert shop.balance(hkd, MERCHANT) == paid + 895_50
        assert shop.balance(hkd, PLATFORM) == fees + 4_50
        assert shop.inventory(eur) == inventory + 100_00
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.CAPTURED, 100_00)

    def test_parts_pay_the_exact_whole(self, shop, settlement, hkd):
        _, payment = shop.sold("10.00 HKD", "12.00 EUR", fee_bps=0, fee_receiver=ADDRESS_ZERO)
        paid = shop.balance(hkd, MERCHANT)
        steps = []
        for before, part in ((0, 5_00), (5_00, 6_00), (11_00, 1_00)):
            settlement.capture(OPERATOR, payment, before, part)
            steps.append(shop.balance(hkd, MERCHANT) - paid)
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

    def test_repeat_pays_nothing_twice(self, shop, settlement, hkd):
        _, payment = shop.sold()
        settlement.capture(OPERATOR, payment, 0, 40_00)
        paid = shop.balance(hkd, MERCHANT)
        with reverts("CaptureOutOfPlace", found=0, allowed=40_00):
            settlement.capture(OPERATOR, payment, 0, 40_00)
        assert shop.balance(hkd, MERCHANT) == paid
        assert shop.state(payment).captured == 40_00

    def test_nothing_is_refused(self, shop, settlement):
        _, payment = shop.sold()
        with reverts("ZeroAmount"):
            settlement.capture(OPERATOR, payment, 0, 0)

    def test_blocked_payer_keeps_its_money_in_the_escrow(self, shop, settlement):
        buyer, payment = shop.sold()
        shop.block(buyer)
        with reverts("PayerBlocked", payer=payment.payer):
            settlement.capture(OPERATOR, payment, 0, 100_00)
        assert shop.state(payment).status is PaymentStatus.AUTHORIZED


class TestVoid:
    @pytest.mark.parametrize("sender", [OPERATOR, MERCHANT], ids=["operator", "merchant"])
    def test_both_sides_go_back(self, shop, settlement, sender, eur, hkd):
        inventory = shop.inventory(hkd)
        _, payment = shop.sold()
        receipt = settlement.void(sender, payment)
        assert receipt["gasUsed"] > 0
        assert shop.balance(eur, payment.payer) == 100_00
        assert shop.inventory(hkd) == inventory
        assert shop.state(payment).status is PaymentStatus.VOIDED

    def test_only_the_rest_goes_back(self, shop, settlement, eur):
        _, payment = shop.sold()
        settlement.capture(OPERATOR, payment, 0, 60_00)
        settlement.void(OPERATOR, payment)
        assert shop.balance(eur, payment.payer) == 40_00
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.VOIDED, 60_00)

    def test_quota_is_free_again(self, shop, settlement):
        _, payment = shop.sold("90000.00 HKD", "15000.00 EUR", "DE", "frees its quota")
        settlement.void(OPERATOR, payment)
        _, payment = shop.sold("90000.00 HKD", "15000.00 EUR", "DE", "frees its quota")
        assert shop.state(payment).status is PaymentStatus.AUTHORIZED
        settlement.void(OPERATOR, payment)


class TestReclaim:
    @pytest.mark.anvil("sets the clock")
    def test_anyone_gives_the_payer_back_what_was_not_captured(self, shop, settlement, eur, hkd):
        inventory = shop.inventory(hkd)
        _, payment = shop.sold()
        shop.wait_until(payment.capture_by)
        receipt = settlement.reclaim(STRANGER, payment)
        assert receipt["gasUsed"] > 0
        assert shop.balance(eur, payment.payer) == 100_00
        assert shop.inventory(hkd) == inventory
        assert shop.state(payment).status is PaymentStatus.RECLAIMED


class TestRefund:
    def test_part_goes_back_through_the_dealer(self, shop, eur, hkd):
        _, payment = shop.captured()
        paid = shop.balance(hkd, MERCHANT)
        source, target = shop.inventory(eur), shop.inventory(hkd)
        receipt = shop.refund(payment, shop.quote(payment, 40_00, 370_00))
        assert receipt["gasUsed"] > 0
        assert shop.balance(eur, payment.payer) == 40_00
        assert shop.balance(hkd, MERCHANT) == paid - 370_00
        assert shop.inventory(eur) == source - 40_00
        assert shop.inventory(hkd) == target + 370_00
        state = shop.state(payment)
        assert (state.status, state.refunded) == (PaymentStatus.CAPTURED, 370_00)

    def test_wallets_elsewhere_sign_json(self, shop, settlement, eur, hkd):
        _, payment = shop.captured()
        quote = shop.quote(payment, 10_00, 90_00)
        consent = quote.consent(payment, settlement.domain)
        by_merchant = by_wallet(MERCHANT, consent, settlement.token_domain(hkd))
        by_dealer = by_wallet(DEALER, quote, settlement.domain)
        settlement.refund_with_authorization(OPERATOR, payment, quote, by_merchant, by_dealer)
        assert shop.balance(eur, payment.payer) == 10_00

    def test_one_currency_goes_back_without_dealer(self, shop, hkd):
        _, payment = shop.captured("420.00 HKD", "420.00 HKD", "HK")
        shop.refund(payment, shop.quote(payment, 20_00, 20_00))
        assert shop.balance(hkd, payment.payer) == 20_00
        assert shop.state(payment).refunded == 20_00

    def test_merchant_may_send_it_itself(self, shop, eur):
        _, payment = shop.captured()
        shop.refund(payment, shop.quote(payment, 40_00, 360_00), sender=MERCHANT)
        assert shop.balance(eur, payment.payer) == 40_00

    def test_quote_counts_once(self, shop):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00)
        shop.refund(payment, quote)
        with reverts("QuoteOutOfPlace", found=0, allowed=360_00):
            shop.refund(payment, quote)

    @pytest.mark.parametrize(
        ("source", "target", "found", "allowed"),
        [(60_01, 540_00, 60_01, 60_00), (60_00, 540_01, 540_01, 540_00), (12, 1_00, 12, 11)],
        ids=["more than came in", "more than the merchant has", "more than the payer's rate"],
    )
    def test_more_than_the_payments_own_rate_is_refused(self, shop, source, target, found, allowed):
        _, payment = shop.captured()
        shop.refund(payment, shop.quote(payment, 40_00, 360_00))
        with reverts("AmountExceeds", found=found, allowed=allowed):
            shop.refund(payment, shop.quote(payment, source, target))

    def test_quote_of_another_payment_is_refused(self, shop, settlement):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00, payment_id=bytes(32))
        with reverts(
            "QuoteForOtherPayment", found=bytes(32), allowed=settlement.payment_id(payment)
        ):
            shop.refund(payment, quote)

    def test_signature_of_another_merchant_is_refused(self, shop):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00)
        with missigned("merchant", MERCHANT.address, f"one by {STRANGER.address}, or .*"):
            shop.refund(payment, quote, merchant=STRANGER)

    def test_signature_of_another_dealer_is_refused(self, shop, settlement):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00)
        with missigned("dealer", DEALER.address, f"one by {STRANGER.address}, or .*"):
            shop.refund(payment, quote, dealer=STRANGER)

    @pytest.mark.anvil("sets the clock")
    def test_refund_after_its_time_is_refused(self, shop):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00, deadline=payment.refund_by + DAY)
        shop.wait_until(payment.refund_by)
        with reverts("TooLate", found=payment.refund_by, allowed=payment.refund_by) as refusal:
            shop.refund(payment, quote)
        assert refusal.value.next is Next.GIVE_UP

    @pytest.mark.anvil("sets the clock")
    def test_quote_that_has_ended_can_be_given_anew(self, shop):
        _, payment = shop.captured()
        quote = shop.quote(payment, 40_00, 360_00, deadline=shop.now + 10)
        shop.wait_until(quote.deadline)
        with reverts("TooLate", found=quote.deadline, allowed=quote.deadline) as refusal:
            shop.refund(payment, quote)
        assert refusal.value.next is Next.CORRECT


class TestQuoteRefund:
    """A quote that the escrow takes, by what it has of the payment."""

    def test_payer_gets_its_own_rate(self, shop, settlement):
        _, payment = shop.captured("10.00 HKD", "12.00 EUR")
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
        shop.refund(payment, quote)
        # What is left of everything, and not the 7.00 that 5.84 would be at this rate.
        quote = settlement.quote_refund(payment, 5_84, deadline)
        assert (quote.refunded_before, quote.source_amount) == (4_16, 7_01)
        shop.refund(payment, quote)
        assert shop.state(payment).refunded == 10_00
        assert shop.balance(payment.source_token, payment.payer) == 12_00

    def test_payer_gets_no_more_than_its_own_rate(self, shop, settlement):
        _, payment = shop.sold("10.00 HKD", "12.00 EUR")
        settlement.capture(OPERATOR, payment, 0, 5_00)
        quote = settlement.quote_refund(payment, 4_16, shop.now + DAY)
        # While more can be captured, the last cent stays.
        assert quote.source_amount == 4_99
        for found in (0, 5_00):
            with refuses("source amount", found, "1 to 499"):
                settlement.quote_refund(payment, 4_16, shop.now + DAY, source_amount=found)
        with reverts("AmountExceeds", found=5_00, allowed=4_99):
            shop.refund(payment, replace(quote, source_amount=5_00))

    def test_dealer_may_give_less_and_be_another(self, shop, settlement):
        _, payment = shop.captured()
        quote = settlement.quote_refund(
            payment, 90_00, shop.now + DAY, source_amount=9_99, dealer=STRANGER.address
        )
        assert (quote.source_amount, quote.dealer) == (9_99, STRANGER.address)

    def test_one_currency_gives_back_what_it_gets(self, shop, settlement):
        _, payment = shop.captured("420.00 HKD", "420.00 HKD", "HK")
        quote = settlement.quote_refund(payment, 20_00, shop.now + DAY)
        assert (quote.source_amount, quote.dealer) == (20_00, ADDRESS_ZERO)
        shop.refund(payment, quote)
        with refuses("source amount", 1999, "2000"):
            settlement.quote_refund(payment, 20_00, shop.now + DAY, source_amount=19_99)

    def test_merchant_gives_back_no_more_than_it_has(self, shop, settlement):
        _, payment = shop.captured()
        with refuses(
            "target amount", 90001, "above zero and at most the 90000 that are left to give back"
        ):
            settlement.quote_refund(payment, 900_01, shop.now + DAY)

    def test_less_than_the_payers_smallest_unit_is_refused(self, shop, settlement):
        _, payment = shop.captured()
        with refuses(
            "target amount", 8, "more: the payer would get less than its smallest unit for it"
        ):
            settlement.quote_refund(payment, 8, shop.now + DAY)
        assert settlement.quote_refund(payment, 9, shop.now + DAY).source_amount == 1


class TestClaim:
    def test_money_is_kept_for_a_lapsed_merchant_until_it_claims(
        self, shop, settlement, lapsed, hkd
    ):
        paid = shop.balance(hkd, MERCHANT)
        settlement.capture(OPERATOR, lapsed, 0, 100_00)
        assert shop.state(lapsed).status is PaymentStatus.CAPTURED
        assert settlement.claimable(hkd, MERCHANT.address) == 895_50
        with reverts("ERC7943CannotReceive", account=MERCHANT.address):
            settlement.claim(STRANGER, hkd, MERCHANT.address)
        assert settlement.claimable(hkd, MERCHANT.address) == 895_50

        shop.renew_merchant()
        receipt = settlement.claim(STRANGER, hkd, MERCHANT.address)
        assert receipt["gasUsed"] > 0
        assert shop.balance(hkd, MERCHANT) == paid + 895_50
        assert settlement.claimable(hkd, MERCHANT.address) == 0

    def test_nothing_to_claim_is_refused(self, settlement, hkd):
        with reverts("NothingToClaim", token=hkd, owner=STRANGER.address):
            settlement.claim(STRANGER, hkd, STRANGER.address)


class TestInventory:
    def test_withdrawn_tokens_can_be_deposited_again(self, shop, settlement, hkd):
        inventory = shop.inventory(hkd)
        receipt = settlement.withdraw(DEALER, hkd, 250_00)
        assert receipt["gasUsed"] > 0
        assert shop.balance(hkd, DEALER) == 250_00
        assert shop.inventory(hkd) == inventory - 250_00
        receipt = settlement.deposit(DEALER, hkd, 250_00)
        assert receipt["gasUsed"] > 0
        assert shop.balance(hkd, DEALER) == 0
        assert shop.inventory(hkd) == inventory

    def test_more_than_there_is_can_not_be_withdrawn(self, shop, settlement, hkd):
        free = shop.inventory(hkd)
        with reverts(
            "InventoryTooLow", dealer=DEALER.address, token=hkd, found=free, needed=free + 1
        ):
            settlement.withdraw(DEALER, hkd, free + 1)

    def test_more_than_the_dealer_has_can_not_be_deposited(self, shop, settlement, hkd):
        inventory = shop.inventory(hkd)
        with reverts("ERC20InsufficientBalance", sender=DEALER.address, balance=0, needed=1):
            settlement.deposit(DEALER, hkd, 1)
        assert shop.inventory(hkd) == inventory

    def test_nothing_can_be_neither_deposited_nor_withdrawn(self, settlement, hkd):
        with reverts("ZeroAmount"):
            settlement.deposit(DEALER, hkd, 0)
        with reverts("ZeroAmount"):
            settlement.withdraw(DEALER, hkd, 0)

    def test_stranger_has_none(self, settlement, hkd):
        with reverts("InventoryTooLow", dealer=STRANGER.address, token=hkd, found=0, needed=1):
            settlement.withdraw(STRANGER, hkd, 1)
