"""The acts beside authorize, capture and void: release, dispute, batches, previews, diversion."""

import inspect
from dataclasses import replace

import pytest
from web3.constants import ADDRESS_ZERO

from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.chain.refusals import ContractError
from deposit_token.devchain.keys import account
from deposit_token.errors import Next, Rejected
from deposit_token.protocol import acts
from deposit_token.protocol.reconciliation import escrow_positions
from deposit_token.protocol.settlement import (
    ACT_GAS,
    BATCH_GAS,
    EVENTS,
    MAX_ACTS,
    Settlement,
    SkippedAct,
)
from deposit_token.store.records import MAX_TRANSACTION_GAS
from deposit_token.values.enumerations import CustomerCategory, PaymentStatus
from tests.nodes import Proxy, mined_after, rpc, served, undone, url_of
from tests.refusals import missigned, refuses, reverts
from tests.scene import (
    ARBITER,
    DAY,
    DEALER,
    FAR,
    MERCHANT,
    OPERATOR,
    PLATFORM,
    SET_UP,
    STRANGER,
    keys_of,
)

OTHER_WALLET, SUSPENSE = account("merchant's second wallet"), account("suspense")
KEYS = keys_of("Victoria Bank")
"""Those of the merchant's bank."""


def disputed(shop, captured=0):
    """A disputed payment of 100.00 EUR for 900.00 HKD, and its payer."""
    payer, payment = shop.sold(**shop.arbitrated())
    if captured:
        shop.settlement.capture(OPERATOR, payment, 0, captured)
    receipt = shop.settlement.dispute(payer, payment)
    assert receipt["status"] == 1
    return payer, payment


def test_every_act_is_also_sent_alone():
    """By a method of its name, which takes the sender and then the same."""
    built = {
        name: list(inspect.signature(act).parameters.values())
        for name, act in inspect.getmembers(acts, inspect.isfunction)
        if inspect.signature(act).return_annotation is acts.Act and not name.startswith("_")
    }
    sent = {
        name: list(inspect.signature(method).parameters.values())[2:]
        for name, method in inspect.getmembers(Settlement, inspect.isfunction)
        if inspect.signature(method).return_annotation == "TxReceipt" and not name.startswith("_")
    }
    assert built == sent
    assert len(built) == 16


# Every refusal of every act by its caller and the payment's state, to the last second, is in
# `tests/pages/test_state_machine.py`.
@pytest.mark.parametrize(
    ("party", "act"),
    [
        (
            OPERATOR,
            lambda escrow, payment, _, signed: escrow.authorize(STRANGER, payment, *signed),
        ),
        (
            OPERATOR,
            lambda escrow, payment, _, signed: escrow.charge(STRANGER, payment, *signed),
        ),
        (OPERATOR, lambda escrow, payment, *_: escrow.capture(STRANGER, payment, 0, 1)),
        (OPERATOR, lambda escrow, payment, *_: escrow.void(STRANGER, payment)),
        (ARBITER, lambda escrow, payment, *_: escrow.resolve(STRANGER, payment, 1)),
        (MERCHANT, lambda escrow, payment, quote, _: refunded(escrow, payment, quote)),
        (OPERATOR, lambda escrow, payment, quote, _: refunded(escrow, payment, quote, MERCHANT)),
        (None, lambda escrow, payment, *_: escrow.release(STRANGER, payment)),
        (None, lambda escrow, payment, *_: escrow.dispute(STRANGER, payment)),
    ],
)
def test_act_of_a_stranger_is_refused(shop, settlement, party, act):
    payer, payment = shop.sold(**shop.arbitrated())
    allowed = (party or payer).address
    with reverts("NotAllowed", caller=STRANGER.address, allowed=allowed):
        signed = shop.consents(payer, payment).values()
        act(settlement, payment, shop.quote(payment, 1, 9), signed)


def refunded(settlement, payment, quote, *merchant):
    """A refund by a stranger, in the name of a merchant who may have signed."""
    signed = [settlement.sign_refund_as_merchant(each, payment, quote) for each in merchant]
    signed.append(settlement.sign_refund_as_dealer(DEALER, quote))
    send = settlement.refund_with_authorization if merchant else settlement.refund
    send(STRANGER, payment, quote, *signed)


class TestRelease:
    def test_payer_pays_all_that_is_left_before_the_capture(self, shop, settlement, eur, hkd):
        payer, payment = shop.sold(capture_from=shop.now + DAY)
        paid, fees = shop.balance(hkd, MERCHANT), shop.balance(hkd, PLATFORM)
        inventory = shop.inventory(eur)
        receipt = settlement.release(payer, payment)
        assert receipt["from"] == payer.address
        assert shop.balance(hkd, MERCHANT) == paid + 895_50
        assert shop.balance(hkd, PLATFORM) == fees + 4_50
        assert shop.inventory(eur) == inventory + 100_00
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.CAPTURED, 100_00)

    def test_payers_signature_is_brought_by_anyone(self, shop, settlement, hkd):
        payer, payment = shop.sold()
        settlement.capture(OPERATOR, payment, 0, 60_00)
        deadline = shop.now + DAY
        signature = settlement.sign_release(payer, payment, deadline)
        paid = shop.balance(hkd, MERCHANT)
        receipt = settlement.release_with_signature(STRANGER, payment, deadline, signature)
        assert receipt["from"] == STRANGER.address
        assert shop.balance(hkd, MERCHANT) == paid + 358_20
        assert shop.state(payment).status is PaymentStatus.CAPTURED

    def test_dispute_does_not_make_the_signature_void(self, shop, settlement):
        payer, payment = disputed(shop)
        deadline = shop.now + DAY
        signature = settlement.sign_release(payer, payment, deadline)
        settlement.release_with_signature(STRANGER, payment, deadline, signature)
        assert shop.state(payment).status is PaymentStatus.CAPTURED

    def test_signature_of_another_or_for_another_payment_is_refused(self, shop, settlement):
        payer, payment = shop.sold()
        deadline = shop.now + DAY
        other = replace(payment, remittance_hash=bytes(32))
        for signature in (
            settlement.sign_release(STRANGER, payment, deadline),
            settlement.sign_release(payer, other, deadline),
            settlement.sign_release(payer, payment, deadline + 1),
        ):
            with missigned("payer", payer.address):
                settlement.release_with_signature(STRANGER, payment, deadline, signature)

    @pytest.mark.anvil("sets the clock")
    def test_signature_is_good_before_its_deadline(self, shop, settlement):
        payer, payment = shop.sold()
        deadline = shop.now + 1_000
        signature = settlement.sign_release(payer, payment, deadline)
        shop.wait_until(deadline)
        with reverts("TooLate", found=deadline, allowed=deadline) as refusal:
            settlement.release_with_signature(STRANGER, payment, deadline, signature)
        assert refusal.value.next is Next.CORRECT


class TestDispute:
    def test_merchant_can_still_give_in(self, shop, settlement, eur):
        payer, payment = disputed(shop, captured=60_00)
        settlement.void(MERCHANT, payment)
        assert shop.balance(eur, payer) == 40_00
        assert shop.state(payment).status is PaymentStatus.VOIDED

    def test_payment_without_arbiter_is_refused(self, shop, settlement):
        payer, payment = shop.sold()
        with reverts("NoArbiter", id=settlement.payment_id(payment)):
            settlement.dispute(payer, payment)


class TestResolve:
    def test_arbiter_divides_what_is_left(self, shop, settlement, eur, hkd):
        payer, payment = disputed(shop, captured=20_00)
        paid, fees = shop.balance(hkd, MERCHANT), shop.balance(hkd, PLATFORM)
        source, target = shop.inventory(eur), shop.inventory(hkd)
        receipt = settlement.resolve(ARBITER, payment, 30_00)
        assert receipt["from"] == ARBITER.address
        assert shop.balance(hkd, MERCHANT) == paid + 268_65
        assert shop.balance(hkd, PLATFORM) == fees + 1_35
        assert shop.balance(eur, payer) == 50_00
        assert shop.inventory(eur) == source + 30_00
        assert shop.inventory(hkd) == target + 450_00
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.RESOLVED, 50_00)

    def test_nothing_for_the_merchant_gives_the_payer_everything(self, shop, settlement, eur):
        payer, payment = disputed(shop)
        settlement.resolve(ARBITER, payment, 0)
        assert shop.balance(eur, payer) == 100_00
        assert shop.state(payment).status is PaymentStatus.RESOLVED

    def test_more_than_is_left_is_refused(self, shop, settlement):
        _, payment = disputed(shop, captured=20_00)
        with reverts("AmountExceeds", found=80_01, allowed=80_00):
            settlement.resolve(ARBITER, payment, 80_01)

    @pytest.mark.anvil("sets the clock")
    def test_what_nobody_resolved_in_time_is_reclaimed(self, shop, settlement, eur):
        payer, payment = disputed(shop)
        shop.wait_until(payment.resolve_by)
        with reverts("TooLate", found=payment.resolve_by, allowed=payment.resolve_by):
            settlement.resolve(ARBITER, payment, 100_00)
        settlement.reclaim(STRANGER, payment)
        assert shop.balance(eur, payer) == 100_00
        assert shop.state(payment).status is PaymentStatus.RECLAIMED


class TestBatch:
    def test_acts_of_any_kind_are_done_in_their_order(self, shop, settlement, eur, hkd):
        opening, charging = shop.sell(), shop.sell()
        (_, opened), (_, charged) = opening, charging
        (_, captured), (_, voided) = shop.sold(), shop.sold()
        _, refunded = shop.captured()
        payer, released = shop.sold()
        quote = settlement.quote_refund(refunded, 90_00, shop.now + DAY)
        deadline = shop.now + DAY
        paid = shop.balance(hkd, MERCHANT)
        receipt, skipped = settlement.batch(
            OPERATOR,
            [
                acts.authorize(opened, **shop.consents(*opening)),
                acts.charge(charged, **shop.consents(*charging)),
                acts.capture(opened, 0, 40_00),
                acts.capture(captured, 0, 100_00),
                acts.void(voided),
                acts.refund_with_authorization(
                    refunded,
                    quote,
                    settlement.sign_refund_as_merchant(MERCHANT, refunded, quote),
                    settlement.sign_refund_as_dealer(DEALER, quote),
                ),
                acts.release_with_signature(
                    released, deadline, settlement.sign_release(payer, released, deadline)
                ),
            ],
        )
        assert receipt["from"] == OPERATOR.address
        assert skipped == []
        assert [shop.state(each).status for each in (opened, charged, captured, voided)] == [
            PaymentStatus.AUTHORIZED,
            PaymentStatus.CAPTURED,
            PaymentStatus.CAPTURED,
            PaymentStatus.VOIDED,
        ]
        assert shop.state(opened).captured == 40_00
        assert shop.state(released).status is PaymentStatus.CAPTURED
        assert shop.state(refunded).refunded == 90_00
        assert shop.balance(hkd, MERCHANT) == paid + 3 * 895_50 + 358_20 - 90_00
        assert shop.balance(eur, refunded.payer) == 10_00

    def test_what_stands_is_done_and_what_does_not_is_listed(self, shop, settlement, hkd):
        (_, whole), (_, part), (_, voided), (_, open_) = (shop.sold() for _ in range(4))
        settlement.void(OPERATOR, voided)
        paid = shop.balance(hkd, MERCHANT)
        batch = [
            acts.capture(whole, 0, 100_00),
            acts.capture(voided, 0, 100_00),
            acts.capture(part, 0, 40_00),
            acts.capture(open_, 0, 100_01),
            acts.capture(part, 40_00, 10_00),
            acts.capture(part, 40_00, 10_00),
        ]
        receipt, skipped = settlement.batch(OPERATOR, batch)
        assert receipt["status"] == 1
        ended = {"found": PaymentStatus.VOIDED, "allowed": PaymentStatus.AUTHORIZED}
        ended["id"] = settlement.payment_id(voided)
        more = {"found": 100_01, "allowed": 100_00}
        again = {"found": 40_00, "allowed": 50_00}
        assert skipped == [
            SkippedAct(1, batch[1], ContractError("WrongStatus", ended)),
            SkippedAct(3, batch[3], ContractError("AmountExceeds", more)),
            SkippedAct(5, batch[5], ContractError("CaptureOutOfPlace", again)),
        ]
        assert shop.balance(hkd, MERCHANT) == paid + 895_50 + 358_20 + 89_55
        assert shop.state(whole).status is PaymentStatus.CAPTURED
        assert (shop.state(part).captured, shop.state(open_).captured) == (50_00, 0)

    def test_what_the_sender_has_no_part_in_is_skipped(self, shop, settlement):
        _, payment = shop.sold()
        _, skipped = settlement.batch(STRANGER, [acts.capture(payment, 0, 100_00)])
        refusal = {"caller": STRANGER.address, "allowed": OPERATOR.address}
        assert [each.reason for each in skipped] == [ContractError("NotAllowed", refusal)]
        assert shop.state(payment).captured == 0

    def test_empty_batch_does_nothing(self, settlement):
        receipt, skipped = settlement.batch(OPERATOR, [])
        assert receipt["logs"] == skipped == []

    def test_gas_is_enough_even_if_nothing_can_be_paid_out(self, shop, settlement, hkd):
        payments = [shop.sold()[1] for _ in range(10)]
        kept = settlement.claimable(hkd, MERCHANT.address)
        with shop.undone() as then:
            then.victoria.send("guardian", then.victoria.token.pause())
            receipt, skipped = then.settlement.batch(
                OPERATOR, [acts.capture(payment, 0, 100_00) for payment in payments]
            )
            transaction = then.chain.web3.eth.get_transaction(receipt["transactionHash"])
            assert skipped == []
            assert settlement.claimable(hkd, MERCHANT.address) == kept + 10 * 895_50
        assert transaction["gas"] == ACT_GAS + 10 * BATCH_GAS
        assert receipt["gasUsed"] < 10 * BATCH_GAS

    @pytest.mark.anvil("has the gas prices of Osaka")
    def test_gas_is_enough_for_the_first_payments_of_new_customers(self, shop, settlement):
        sales = [shop.sell() for _ in range(10)]
        batch = [acts.charge(sale[1], **shop.consents(*sale)) for sale in sales]
        receipt, skipped = settlement.batch(OPERATOR, batch)
        assert skipped == []
        assert receipt["gasUsed"] < 10 * BATCH_GAS

    def test_greatest_batch_fits_a_transaction(self, shop, settlement):
        _, payment = shop.sell()
        receipt, skipped = settlement.batch(OPERATOR, [acts.capture(payment, 0, 1)] * MAX_ACTS)
        assert len(skipped) == MAX_ACTS == 61
        gas = shop.chain.web3.eth.get_transaction(receipt["transactionHash"])["gas"]
        assert gas <= MAX_TRANSACTION_GAS < gas + BATCH_GAS

    def test_greater_batch_is_refused_before_it_is_sent(self, shop, settlement):
        _, payment = shop.sell()
        block = shop.chain.web3.eth.block_number
        with refuses("acts", 62, "at most 61 in one batch"):
            settlement.batch(OPERATOR, [acts.capture(payment, 0, 1)] * (MAX_ACTS + 1))
        assert mined_after(shop.chain, block) == []

    def test_limit_of_a_transaction_is_ethereums(self, start_anvil):
        with start_anvil("--enable-tx-gas-limit", hardfork="osaka") as url:
            chain = Chain.connect(url)
            transaction = {"to": STRANGER.address, "value": 1}
            chain.send(SET_UP, transaction, gas=MAX_TRANSACTION_GAS)
            with pytest.raises(Rejected, match="the node rejected the transaction"):
                chain.send(SET_UP, transaction, gas=MAX_TRANSACTION_GAS + 1)


class TestRefundByTheMerchantsOwnCall:
    def test_part_goes_back_through_the_dealer(self, shop, settlement, eur, hkd):
        buyer, payment = shop.captured()
        paid = shop.balance(hkd, MERCHANT)
        source, target = shop.inventory(eur), shop.inventory(hkd)
        quote = shop.quote(payment, 40_00, 370_00)
        receipt = settlement.refund(
            MERCHANT, payment, quote, settlement.sign_refund_as_dealer(DEALER, quote)
        )
        assert receipt["from"] == MERCHANT.address
        assert shop.balance(eur, buyer) == 40_00
        assert shop.balance(hkd, MERCHANT) == paid - 370_00
        assert (shop.inventory(eur), shop.inventory(hkd)) == (source - 40_00, target + 370_00)
        assert shop.state(payment).refunded == 370_00
        # The allowance was for this alone.
        token = shop.chain.contract("DepositToken", hkd).functions
        assert shop.chain.call(token.allowance(MERCHANT.address, settlement.address)) == 0

    def test_one_currency_needs_no_dealer(self, shop, settlement, hkd):
        buyer, payment = shop.captured("420.00 HKD", "420.00 HKD", "HK")
        settlement.refund(MERCHANT, payment, shop.quote(payment, 20_00, 20_00))
        assert shop.balance(hkd, buyer) == 20_00

    def test_operator_may_not(self, shop, settlement):
        _, payment = shop.captured("420.00 HKD", "420.00 HKD", "HK")
        with reverts("NotAllowed", caller=OPERATOR.address, allowed=MERCHANT.address):
            settlement.refund(OPERATOR, payment, shop.quote(payment, 20_00, 20_00))


class TestPreviewCapture:
    def test_is_what_the_capture_pays(self, shop, settlement, hkd):
        _, payment = shop.sold("10.00 HKD", "12.00 EUR")
        for before, part, expected in ((0, 5_00, (4_14, 2)), (5_00, 7_00, (5_81, 3))):
            paid, fees = shop.balance(hkd, MERCHANT), shop.balance(hkd, PLATFORM)
            assert settlement.preview_capture(payment, before, part) == expected
            settlement.capture(OPERATOR, payment, before, part)
            assert shop.balance(hkd, MERCHANT) == paid + expected[0]
            assert shop.balance(hkd, PLATFORM) == fees + expected[1]

    def test_is_refused_as_the_capture(self, shop, settlement):
        _, payment = shop.sold()
        with reverts("AmountExceeds", found=100_01, allowed=100_00):
            settlement.preview_capture(payment, 0, 100_01)
        with reverts("ZeroAmount"):
            settlement.preview_capture(payment, 0, 0)
        with reverts("CaptureOutOfPlace", found=1, allowed=0):
            settlement.preview_capture(payment, 1, 1)


class TestPreviewAuthorize:
    def test_nothing_stands_against_it_and_nothing_is_done(self, shop, settlement, hkd):
        buyer, payment = shop.sell("420.00 HKD", "420.00 HKD", "HK")
        block = shop.chain.web3.eth.block_number
        signature = settlement.sign_as_payer(buyer, payment)
        assert settlement.preview_authorize(payment, signature) is None
        assert mined_after(shop.chain, block) == []
        assert shop.balance(hkd, payment.payer) == 420_00
        assert shop.state(payment).status is PaymentStatus.NONE
        settlement.authorize(OPERATOR, payment, signature)

    def test_missing_signatures_are_found_one_after_the_other(self, shop, settlement):
        buyer, payment = shop.sell()
        payment_id = settlement.payment_id(payment)
        by_payer, by_dealer, by_bank = shop.consents(buyer, payment).values()
        assert settlement.preview_authorize(payment, b"") == ContractError(
            "ERC3009InvalidSignature", {}
        )
        assert settlement.preview_authorize(payment, by_payer) == ContractError(
            "InvalidSignature", {"signer": DEALER.address, "digest": payment_id}
        )
        assert settlement.preview_authorize(payment, by_payer, by_dealer).name == "TooLate"
        assert settlement.preview_authorize(payment, by_payer, by_dealer, by_bank) is None

    @pytest.mark.parametrize("price", ["9.99 EUR", "15000.01 EUR"])
    def test_limits_of_the_corridor_are_known_before_anybody_signs(self, shop, settlement, price):
        _, payment = shop.sell("900.00 HKD", price)
        limits = {"found": payment.source_amount, "least": 10_00, "greatest": 15_000_00}
        assert settlement.preview_authorize(payment, b"") == ContractError(
            "AmountOutsideLimits", limits
        )

    def test_token_that_says_nothing_is_a_refusal_too(self, shop, settlement):
        _, payment = shop.sell("420.00 HKD", "420.00 HKD", "HK")
        nobody = replace(payment, source_token=STRANGER.address, target_token=STRANGER.address)
        nobody = replace(nobody, fee_bps=0, fee_receiver=ADDRESS_ZERO)
        assert settlement.preview_authorize(nobody, b"") == ContractError(
            "NotDepositToken", {"token": STRANGER.address}
        )

    def test_refusal_has_its_arguments(self, shop, settlement, hkd):
        free = shop.inventory(hkd)
        _, payment = shop.sell(f"{free // 100 + 1}.00 HKD", "100.00 EUR")
        refusal = settlement.preview_authorize(payment, b"")
        assert refusal.name == "InventoryTooLow"
        assert refusal.arguments == {
            "dealer": DEALER.address,
            "token": hkd,
            "found": free,
            "needed": payment.target_amount,
        }


class TestDivertClaim:
    @pytest.fixture
    def kept(self, settlement, lapsed):
        """895.50 HKD, for a merchant whose review has lapsed."""
        settlement.capture(OPERATOR, lapsed, 0, 100_00)

    @pytest.mark.usefixtures("kept")
    def test_to_another_wallet_of_the_same_customer(self, shop, settlement, hkd):
        customer = MERCHANT.address  # By its first wallet, as the scene has it.
        shop.victoria.register(
            CustomerCategory.MERCHANT, "HK", OTHER_WALLET.address, customer=customer
        )
        compliance = KEYS["compliance"]
        receipt = settlement.divert_claim(compliance, hkd, MERCHANT.address, OTHER_WALLET.address)
        assert receipt["from"] == compliance.address
        assert settlement.claimable(hkd, MERCHANT.address) == 0
        assert settlement.claimable(hkd, OTHER_WALLET.address) == 895_50
        settlement.claim(STRANGER, hkd, OTHER_WALLET.address)
        assert shop.balance(hkd, OTHER_WALLET) == 895_50

    @pytest.mark.usefixtures("kept")
    def test_to_the_suspense_account_alone_otherwise(self, shop, settlement, hkd):
        compliance, owner = KEYS["compliance"], MERCHANT.address
        nobody = {"found": STRANGER.address, "allowed": ADDRESS_ZERO}
        with reverts("NotSuccessor", owner=owner, **nobody):
            settlement.divert_claim(compliance, hkd, owner, STRANGER.address)
        shop.victoria.register(CustomerCategory.INSTITUTION, "HK", SUSPENSE.address)
        shop.victoria.carry_out(shop.victoria.token.setSuspenseAccount(SUSPENSE.address))
        settlement.divert_claim(compliance, hkd, owner, SUSPENSE.address)
        assert settlement.claimable(hkd, SUSPENSE.address) == 895_50
        (position,) = escrow_positions(shop.chain, settlement.address, [hkd])
        assert position.balanced

    @pytest.mark.usefixtures("kept")
    @pytest.mark.parametrize(
        ("bank", "part"), [("Rhein Bank", "compliance"), ("Victoria Bank", "registrar")]
    )
    def test_only_compliance_of_the_tokens_own_bank_may(self, shop, settlement, hkd, bank, part):
        caller, manager = keys_of(bank)[part], shop.victoria.at.manager
        with reverts("NotAllowedByBank", caller=caller.address, authority=manager):
            settlement.divert_claim(caller, hkd, MERCHANT.address, SUSPENSE.address)

    def test_owner_that_is_not_refused_keeps_its_claim(self, settlement, hkd):
        with reverts("NotRefused", owner=MERCHANT.address, validUntil=FAR):
            settlement.divert_claim(KEYS["compliance"], hkd, MERCHANT.address, SUSPENSE.address)


class TestDivertInventory:
    def test_dealer_withdraws_unless_it_is_blocked(self, shop, hkd):
        with shop.undone() as then:
            bank, settlement, dealer = then.victoria, then.settlement, DEALER.address
            inventory = then.inventory(hkd)
            bank.send("compliance", bank.registry.blockWallet(dealer, b"LEGL"))
            with reverts("OwnerBlocked", owner=dealer):
                settlement.withdraw(DEALER, hkd, 250_00)
            bank.send("releaser", bank.registry.unblockWallet(dealer))
            bank.send("registrar", bank.registry.revoke(dealer))
            settlement.withdraw(DEALER, hkd, 250_00)
            assert settlement.claimable(hkd, dealer) == 250_00
            assert then.inventory(hkd) == inventory - 250_00

    def test_blocked_dealers_inventory_becomes_its_claim(self, shop, hkd):
        with shop.undone() as then:
            bank, settlement, dealer = then.victoria, then.settlement, DEALER.address
            free = then.inventory(hkd)
            assert free > 0
            bank.send("compliance", bank.registry.blockWallet(dealer, b"LEGL"))
            receipt = settlement.divert_inventory(KEYS["compliance"], hkd, dealer)
            assert receipt["from"] == KEYS["compliance"].address
            assert then.inventory(hkd) == 0
            assert settlement.claimable(hkd, dealer) == free
            (position,) = escrow_positions(then.chain, settlement.address, [hkd])
            assert position.balanced
            bank.send("releaser", bank.registry.unblockWallet(dealer))
            settlement.claim(STRANGER, hkd, dealer)
            assert then.balance(hkd, dealer) == free
            settlement.deposit(DEALER, hkd, free)
            assert then.inventory(hkd) == free

    def test_dealer_in_good_standing_keeps_it(self, shop, settlement, hkd):
        free = shop.inventory(hkd)
        with reverts("NotRefused", owner=DEALER.address, validUntil=FAR):
            settlement.divert_inventory(KEYS["compliance"], hkd, DEALER.address)
        assert shop.inventory(hkd) == free


class TestAuthorized:
    """What was ever authorized or charged, read back from the chain."""

    def test_every_payment_is_found_with_its_terms(self, shop, settlement):
        before = dict(settlement.authorized())
        payments = [shop.sold(**shop.arbitrated())[1], shop.captured()[1]]
        payments.append(shop.sold("420.00 HKD", "420.00 HKD", "HK")[1])
        settlement.void(OPERATOR, payments[-1])
        buyer, charged = shop.sell()
        settlement.charge(OPERATOR, charged, **shop.consents(buyer, charged))
        payments.append(charged)
        shop.sell()
        found = dict(settlement.authorized())
        new = {payment_id: found[payment_id] for payment_id in found if payment_id not in before}
        assert new == {settlement.payment_id(payment): payment for payment in payments}
        assert before.items() <= found.items()

    def test_block_ends_it(self, shop, settlement):
        block = shop.chain.web3.eth.block_number
        before = dict(settlement.authorized())
        _, payment = shop.sold()
        payment_id = settlement.payment_id(payment)
        assert dict(settlement.authorized(block)) == before
        assert settlement.state(payment_id, block).status is PaymentStatus.NONE
        assert dict(settlement.authorized()) == before | {payment_id: payment}

    @pytest.mark.anvil("sets code")
    def test_strangers_contract_costs_a_reader_no_more_than_others(self, shop, settlement, hkd):
        """Its terms are in its own code, and its transaction carries 32,000 zeros, in which the
        zero address, its payment's payer, begins at every offset."""
        source, target, operator = (
            account(name).address for name in ("made up", "made up too", "a contract")
        )
        terms = {
            "payer": ADDRESS_ZERO,
            "dealer": STRANGER.address,
            "operator": operator,
            "source_token": source,
            "target_token": target,
            "target_amount": 100,
        }
        payment = replace(shop.sell()[1], **terms)
        proxy = Proxy(url_of(shop.chain))
        with served(proxy) as url:
            (before,) = escrow_positions(Chain.connect(url), settlement.address, [hkd])
        requests = len(proxy.calls)
        with undone(shop.chain) as chain:
            for token in (source, target):
                rpc(chain, "anvil_setCode", token, f"0x{TOKEN_OF_1000.hex()}")
            stranger = Settlement(chain, settlement.address)
            escrow = chain.contract("SettlementEscrow", settlement.address).functions
            chain.send(STRANGER, escrow.deposit(target, 1))
            by_dealer = settlement.sign_as_dealer(STRANGER, payment)
            call = calldata(escrow.authorize(payment.as_tuple(), b"", by_dealer, (0, b"")))
            code = sender(settlement.address, bytes.fromhex(call[2:]))
            rpc(chain, "anvil_setCode", operator, f"0x{code.hex()}")
            zeros = {"to": operator, "data": f"0x{bytes(32_000).hex()}"}
            chain.send(STRANGER, zeros, gas=2 * ACT_GAS)
            payment_id = stranger.payment_id(payment)
            for number in range(20):
                changes = {"source_amount": number + 1, "target_amount": 1}
                tiny = replace(payment, operator=STRANGER.address, **changes)
                by_dealer = settlement.sign_as_dealer(STRANGER, tiny)
                authorized = escrow.authorize(tiny.as_tuple(), b"", by_dealer, (0, b""))
                chain.send(STRANGER, authorized, gas=ACT_GAS)
            assert stranger.state(payment_id).status is PaymentStatus.AUTHORIZED

            proxy.calls.clear()
            with served(proxy) as url:
                reader = Chain.connect(url)
                (after,) = escrow_positions(reader, settlement.address, [hkd])
                # They may need a span more.
                assert len(proxy.calls) <= requests + 4
                found = dict(Settlement(reader, settlement.address).authorized())
            assert found[payment_id] == payment
            assert after == before
            # What a transaction carries is not read at all.
            assert proxy.asked("eth_getTransactionByHash") == []


@pytest.mark.parametrize(
    ("field", "act"),
    [
        ("dealer", lambda escrow, found, good: escrow.inventory(found, good)),
        ("token", lambda escrow, found, good: escrow.inventory(good, found)),
        ("token", lambda escrow, found, good: escrow.claimable(found, good)),
        ("owner", lambda escrow, found, good: escrow.claimable(good, found)),
        ("token", lambda escrow, found, good: escrow.claim(STRANGER, found, good)),
        ("owner", lambda escrow, found, good: escrow.claim(STRANGER, good, found)),
        ("token", lambda escrow, found, good: escrow.divert_claim(STRANGER, found, good, good)),
        ("owner", lambda escrow, found, good: escrow.divert_claim(STRANGER, good, found, good)),
        ("to", lambda escrow, found, good: escrow.divert_claim(STRANGER, good, good, found)),
        ("token", lambda escrow, found, good: escrow.divert_inventory(STRANGER, found, good)),
        ("dealer", lambda escrow, found, good: escrow.divert_inventory(STRANGER, good, found)),
        ("token", lambda escrow, found, good: escrow.deposit(STRANGER, found, 1)),
        ("token", lambda escrow, found, good: escrow.withdraw(STRANGER, found, 1)),
    ],
)
@pytest.mark.parametrize("found", ["0x12", STRANGER.address.lower(), None])
def test_address_without_checksum_is_refused(shop, settlement, hkd, field, act, found):
    block = shop.chain.web3.eth.block_number
    with refuses(field, found, "a checksummed address"):
        act(settlement, found, hkd)
    assert mined_after(shop.chain, block) == []


TOKEN_OF_1000 = bytes.fromhex(
    # transferFrom: the balance of everybody is 1,000 from then on, and the answer is 1
    "5f35 60e01c 63 23b872dd 14 6016 57"
    # all else: that balance and two zeros
    "5f54 5f52 60605ff3"
    "5b 6103e8 5f55 6001 5f52 60205ff3"
)
"""EVM code of a token that says yes to whatever it is asked."""


def sender(to, data):
    """EVM code that calls `to` with data of its own."""
    head = "61{size:04x} 61{start:04x} 5f 39 5f5f 61{size:04x} 5f5f 73{to} 5af1 00"
    start = len(bytes.fromhex(head.format(size=len(data), start=0, to=to[2:])))
    return bytes.fromhex(head.format(size=len(data), start=start, to=to[2:])) + data


class TestInstruction:
    """An act as a sender carries it out."""

    @pytest.mark.parametrize(
        ("sender", "prepared"),
        [
            (OPERATOR, lambda shop: acts.authorize(**opening(shop, *shop.sell()))),
            (OPERATOR, lambda shop: acts.charge(**opening(shop, *shop.sell()))),
            (OPERATOR, lambda shop: acts.capture(shop.sold()[1], 0, 5_00)),
            (OPERATOR, lambda shop: acts.void(shop.sold()[1])),
            (OPERATOR, lambda shop: refunding(shop, shop.captured()[1])),
            (DEALER, lambda shop: acts.withdraw(shop.eur, 1_00)),
            (DEALER, lambda shop: depositing(shop)),
        ],
    )
    def test_its_proof_is_the_event_of_the_act(self, shop, settlement, sender, prepared):
        act = prepared(shop)
        made = settlement.instruction("A-1", sender.address, act, {"reference": "S-1"})
        call = {"to": made.to, "data": made.data}
        receipt = shop.chain.send(sender, call, gas=made.gas)
        told = [
            tuple(bytes(topic) for topic in log["topics"][: len(made.proof.topics)])
            for log in receipt["logs"]
            if log["address"] == made.proof.address
        ]
        assert told.count(made.proof.topics) == 1
        uetr = {"uetr": str(act.payment.uetr)} if act.payment else {}
        assert made.about == {"reference": "S-1", **uetr}

    def test_claim_is_shown_by_token_and_owner(self, shop, settlement, lapsed):
        settlement.capture(OPERATOR, lapsed, 0, 100_00)
        shop.renew_merchant()
        act = acts.claim(shop.hkd, MERCHANT.address)
        made = settlement.instruction("A-1", STRANGER.address, act)
        receipt = shop.chain.send(STRANGER, {"to": made.to, "data": made.data}, gas=made.gas)
        topics = [tuple(map(bytes, log["topics"])) for log in receipt["logs"]]
        assert made.proof.topics in topics

    def test_signature_that_is_refused_for_certain_is_refused_before(self, shop, settlement):
        payer, payment = shop.sell()
        signed = settlement.sign_as_payer(STRANGER, payment)
        with missigned("payer", payer.address):
            settlement.instruction("A-1", OPERATOR.address, acts.authorize(payment, signed))

    def test_every_act_has_an_event(self, shop, settlement):
        contract = shop.chain.contract("SettlementEscrow", settlement.address)
        events = {each.event_name for each in contract.events}
        assert set(EVENTS.values()) <= events
        functions = {name for name in dir(acts) if name in acts.__all__}
        assert len(EVENTS) == len(functions)


def opening(shop, buyer, payment):
    return {"payment": payment, **shop.consents(buyer, payment)}


def depositing(shop):
    """The dealer has what it places, and lets the escrow take it."""
    shop.settlement.withdraw(DEALER, shop.eur, 1_00)
    shop.chain.send(DEALER, shop.rhein.token.approve(shop.settlement.address, 1_00))
    return acts.deposit(shop.eur, 1_00)


def refunding(shop, payment):
    quote = shop.quote(payment, 1_00, 9_00)
    return acts.refund_with_authorization(
        payment,
        quote,
        shop.settlement.sign_refund_as_merchant(MERCHANT, payment, quote),
        shop.settlement.sign_refund_as_dealer(DEALER, quote),
    )
