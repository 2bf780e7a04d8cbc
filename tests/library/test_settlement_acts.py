"""The acts beside authorize, capture and void: release, dispute, batches, previews, diversion."""

import inspect
from dataclasses import replace

import pytest
from web3.constants import ADDRESS_ZERO
from web3.types import TxReceipt

from deposit_token import acts
from deposit_token.chain import Chain, calldata
from deposit_token.demo.keys import account, bank_secret
from deposit_token.demo.world import UPGRADE_DELAY
from deposit_token.errors import ChainError, InputError
from deposit_token.manifest import Manifest
from deposit_token.participants import CustomerCategory, customer_id, pack_participant
from deposit_token.payment import PaymentStatus
from deposit_token.reconciliation import escrow_positions
from deposit_token.refusals import ContractError
from deposit_token.settlement import (
    ACT_GAS,
    BATCH_GAS,
    MAX_ACTS,
    MAX_TRANSACTION_GAS,
    Settlement,
    SkippedAct,
)
from tests.demo_fixtures import DAY, DEALER, FEES, MERCHANTS, OPERATOR, Shop, buyer
from tests.node_fixtures import Proxy, rpc, served, undone
from tests.refusals import reverts, says

MERCHANT = MERCHANTS["CNY"]
ARBITER, STRANGER, OTHER_WALLET, SUSPENSE = (
    account(role) for role in ("arbiter", "stranger", "merchant/M-1, second wallet", "suspense")
)
COMPLIANCE, REGISTRAR, RELEASER = (
    account(f"bank/exporters/{role}") for role in ("compliance", "registrar", "releaser")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("deployments")


@pytest.fixture(scope="module")
def shop(anvil_url, folder):
    """Two banks, the escrow, and new customers for every test."""
    shop = Shop(anvil_url, folder)
    for key in (STRANGER, MERCHANT, ARBITER):
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


@pytest.fixture
def registry(shop, folder):
    """The merchants' bank's."""
    bank = Manifest.read(folder, shop.chain).banks["Exporters' Bank (HK)"]
    return shop.chain.contract("AllowlistRegistry", bank.registry).functions


def arbitrated(shop):
    """The deadlines of a payment that can be disputed: two days to capture, two to resolve."""
    capture_by = shop.now + 2 * DAY
    return {
        "arbiter": ARBITER.address,
        "capture_by": capture_by,
        "resolve_by": capture_by + 2 * DAY,
    }


def sold(shop, *arguments, **terms):
    """An authorized payment, and its payer with ether for acts of its own."""
    order, payment = shop.sold(*arguments, **terms)
    shop.give_ether(buyer(order))
    return buyer(order), payment


def disputed(shop, captured=0):
    """A disputed payment of 100.00 EUR for 900.00 CNY, and its payer."""
    payer, payment = sold(shop, **arbitrated(shop))
    if captured:
        shop.settlement.capture(OPERATOR, payment, 0, captured)
    receipt = shop.settlement.dispute(payer, payment)
    assert receipt["status"] == 1
    return payer, payment


def wrong_status(settlement, payment, found, allowed):
    """What a refusal for its status says of a payment."""
    return {"id": settlement.payment_id(payment), "found": found, "allowed": allowed}


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
        if inspect.signature(method).return_annotation is TxReceipt and not name.startswith("_")
    }
    assert built == sent
    assert len(built) == 16


class TestRelease:
    def test_payer_pays_all_that_is_left_before_the_capture(self, shop, settlement, eur, cny):
        payer, payment = sold(shop, capture_from=shop.now + DAY)
        paid, fees = shop.balance(cny, MERCHANT.address), shop.balance(cny, FEES.address)
        inventory = shop.inventory(eur)
        receipt = settlement.release(payer, payment)
        assert receipt["from"] == payer.address
        assert shop.balance(cny, MERCHANT.address) == paid + 895_50
        assert shop.balance(cny, FEES.address) == fees + 4_50
        assert shop.inventory(eur) == inventory + 100_00
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.CAPTURED, 100_00)

    def test_nobody_else_may(self, shop, settlement):
        payer, payment = sold(shop)
        with reverts("NotAllowed", caller=OPERATOR.address, allowed=payer.address):
            settlement.release(OPERATOR, payment)

    def test_payers_signature_is_brought_by_anyone(self, shop, settlement, cny):
        payer, payment = sold(shop)
        settlement.capture(OPERATOR, payment, 0, 60_00)
        deadline = shop.now + DAY
        signature = settlement.sign_release(payer, payment, deadline)
        paid = shop.balance(cny, MERCHANT.address)
        receipt = settlement.release_with_signature(STRANGER, payment, deadline, signature)
        assert receipt["from"] == STRANGER.address
        assert shop.balance(cny, MERCHANT.address) == paid + 358_20
        assert shop.state(payment).status is PaymentStatus.CAPTURED

    def test_dispute_does_not_make_the_signature_void(self, shop, settlement):
        payer, payment = disputed(shop)
        deadline = shop.now + DAY
        signature = settlement.sign_release(payer, payment, deadline)
        settlement.release_with_signature(STRANGER, payment, deadline, signature)
        assert shop.state(payment).status is PaymentStatus.CAPTURED

    def test_signature_of_another_or_for_another_payment_is_refused(self, shop, settlement):
        payer, payment = sold(shop)
        deadline = shop.now + DAY
        other = replace(payment, remittance_hash=bytes(32))
        digest = shop.chain.call(
            shop.chain.contract("SettlementEscrow", settlement.address).functions.releaseDigest(
                settlement.payment_id(payment), deadline
            )
        )
        for signature in (
            settlement.sign_release(STRANGER, payment, deadline),
            settlement.sign_release(payer, other, deadline),
            settlement.sign_release(payer, payment, deadline + 1),
        ):
            with reverts("InvalidSignature", signer=payer.address, digest=digest):
                settlement.release_with_signature(STRANGER, payment, deadline, signature)

    def test_signature_is_good_before_its_deadline(self, shop, settlement):
        payer, payment = sold(shop)
        deadline = shop.now + 1_000
        signature = settlement.sign_release(payer, payment, deadline)
        shop.wait_until(deadline)
        with reverts("TooLate", found=deadline, allowed=deadline):
            settlement.release_with_signature(STRANGER, payment, deadline, signature)


class TestDispute:
    def test_stops_captures_and_voids_of_the_operator(self, shop, settlement):
        _, payment = disputed(shop)
        assert shop.state(payment).status is PaymentStatus.DISPUTED
        refusal = wrong_status(
            settlement, payment, PaymentStatus.DISPUTED, PaymentStatus.AUTHORIZED
        )
        with reverts("WrongStatus", **refusal):
            settlement.capture(OPERATOR, payment, 0, 1)
        with reverts("WrongStatus", **refusal):
            settlement.void(OPERATOR, payment)

    def test_merchant_can_still_give_in(self, shop, settlement, eur):
        payer, payment = disputed(shop, captured=60_00)
        settlement.void(MERCHANT, payment)
        assert shop.balance(eur, payer.address) == 40_00
        assert shop.state(payment).status is PaymentStatus.VOIDED

    def test_nobody_else_may(self, shop, settlement):
        payer, payment = sold(shop, **arbitrated(shop))
        with reverts("NotAllowed", caller=ARBITER.address, allowed=payer.address):
            settlement.dispute(ARBITER, payment)

    def test_payment_without_arbiter_is_refused(self, shop, settlement):
        payer, payment = sold(shop)
        with reverts("NoArbiter", id=settlement.payment_id(payment)):
            settlement.dispute(payer, payment)

    def test_comes_before_the_end_of_the_capture(self, shop, settlement):
        payer, payment = sold(shop, **arbitrated(shop))
        shop.wait_until(payment.capture_by)
        with reverts("TooLate", found=payment.capture_by, allowed=payment.capture_by):
            settlement.dispute(payer, payment)


class TestResolve:
    def test_arbiter_divides_what_is_left(self, shop, settlement, eur, cny):
        payer, payment = disputed(shop, captured=20_00)
        paid, fees = shop.balance(cny, MERCHANT.address), shop.balance(cny, FEES.address)
        source, target = shop.inventory(eur), shop.inventory(cny)
        receipt = settlement.resolve(ARBITER, payment, 30_00)
        assert receipt["from"] == ARBITER.address
        assert shop.balance(cny, MERCHANT.address) == paid + 268_65
        assert shop.balance(cny, FEES.address) == fees + 1_35
        assert shop.balance(eur, payer.address) == 50_00
        assert shop.inventory(eur) == source + 30_00
        assert shop.inventory(cny) == target + 450_00
        state = shop.state(payment)
        assert (state.status, state.captured) == (PaymentStatus.RESOLVED, 50_00)

    def test_nothing_for_the_merchant_gives_the_payer_everything(self, shop, settlement, eur):
        payer, payment = disputed(shop)
        settlement.resolve(ARBITER, payment, 0)
        assert shop.balance(eur, payer.address) == 100_00
        assert shop.state(payment).status is PaymentStatus.RESOLVED

    def test_more_than_is_left_is_refused(self, shop, settlement):
        _, payment = disputed(shop, captured=20_00)
        with reverts("AmountExceeds", found=80_01, allowed=80_00):
            settlement.resolve(ARBITER, payment, 80_01)

    def test_nobody_else_may(self, shop, settlement):
        payer, payment = disputed(shop)
        with reverts("NotAllowed", caller=payer.address, allowed=ARBITER.address):
            settlement.resolve(payer, payment, 0)

    def test_payment_that_is_not_disputed_is_refused(self, shop, settlement):
        _, payment = sold(shop, **arbitrated(shop))
        with reverts(
            "WrongStatus",
            **wrong_status(settlement, payment, PaymentStatus.AUTHORIZED, PaymentStatus.DISPUTED),
        ):
            settlement.resolve(ARBITER, payment, 0)

    def test_what_nobody_resolved_in_time_is_reclaimed(self, shop, settlement, eur):
        payer, payment = disputed(shop)
        shop.wait_until(payment.resolve_by)
        with reverts("TooLate", found=payment.resolve_by, allowed=payment.resolve_by):
            settlement.resolve(ARBITER, payment, 100_00)
        settlement.reclaim(STRANGER, payment)
        assert shop.balance(eur, payer.address) == 100_00
        assert shop.state(payment).status is PaymentStatus.RECLAIMED


class TestBatch:
    def test_acts_of_any_kind_are_done_in_their_order(self, shop, settlement, eur, cny):
        opening, charging = shop.sell(), shop.sell()
        (_, opened), (_, charged) = opening, charging
        (_, captured), (_, voided) = shop.sold(), shop.sold()
        _, refunded = shop.captured()
        payer, released = sold(shop)
        quote = settlement.quote_refund(refunded, 90_00, shop.now + DAY)
        deadline = shop.now + DAY
        paid = shop.balance(cny, MERCHANT.address)
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
        assert shop.balance(cny, MERCHANT.address) == paid + 3 * 895_50 + 358_20 - 90_00
        assert shop.balance(eur, refunded.payer) == 10_00

    def test_what_stands_is_done_and_what_does_not_is_listed(self, shop, settlement, cny):
        (_, whole), (_, part), (_, voided), (_, open_) = (shop.sold() for _ in range(4))
        settlement.void(OPERATOR, voided)
        paid = shop.balance(cny, MERCHANT.address)
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
        refusal = wrong_status(settlement, voided, PaymentStatus.VOIDED, PaymentStatus.AUTHORIZED)
        more = {"found": 100_01, "allowed": 100_00}
        again = {"found": 40_00, "allowed": 50_00}
        assert skipped == [
            SkippedAct(1, batch[1], ContractError("WrongStatus", refusal)),
            SkippedAct(3, batch[3], ContractError("AmountExceeds", more)),
            SkippedAct(5, batch[5], ContractError("CaptureOutOfPlace", again)),
        ]
        assert shop.balance(cny, MERCHANT.address) == paid + 895_50 + 358_20 + 89_55
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

    def test_gas_is_enough_even_if_nothing_can_be_paid_out(self, shop, settlement, cny):
        payments = [shop.sold()[1] for _ in range(10)]
        token = shop.chain.contract("DepositToken", cny).functions
        guardian = account("bank/exporters/guardian")
        shop.give_ether(guardian)
        kept = settlement.claimable(cny, MERCHANT.address)
        with undone(shop.chain) as chain:
            chain.send(guardian, token.pause())
            receipt, skipped = Settlement(chain, settlement.address).batch(
                OPERATOR, [acts.capture(payment, 0, 100_00) for payment in payments]
            )
            transaction = chain.web3.eth.get_transaction(receipt["transactionHash"])
            assert skipped == []
            assert settlement.claimable(cny, MERCHANT.address) == kept + 10 * 895_50
        assert transaction["gas"] == ACT_GAS + 10 * BATCH_GAS
        assert receipt["gasUsed"] < 10 * BATCH_GAS

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
        with says(InputError, "acts: found 62, accepted is at most 61 in one batch."):
            settlement.batch(OPERATOR, [acts.capture(payment, 0, 1)] * (MAX_ACTS + 1))
        assert shop.chain.web3.eth.block_number == block

    def test_limit_of_a_transaction_is_ethereums(self, start_anvil, funded):
        with start_anvil("--enable-tx-gas-limit", hardfork="osaka") as url:
            chain = Chain.connect(url)
            transaction = {"to": STRANGER.address, "value": 1}
            chain.send(funded[0], transaction, gas=MAX_TRANSACTION_GAS)
            with pytest.raises(ChainError, match="the node rejected the transaction"):
                chain.send(funded[0], transaction, gas=MAX_TRANSACTION_GAS + 1)


class TestRefundByTheMerchantsOwnCall:
    def test_part_goes_back_through_the_dealer(self, shop, settlement, eur, cny):
        order, payment = shop.captured()
        paid = shop.balance(cny, MERCHANT.address)
        source, target = shop.inventory(eur), shop.inventory(cny)
        quote = shop.quote(payment, 40_00, 370_00)
        receipt = settlement.refund(
            MERCHANT, payment, quote, settlement.sign_refund_as_dealer(DEALER, quote)
        )
        assert receipt["from"] == MERCHANT.address
        assert shop.balance(eur, buyer(order).address) == 40_00
        assert shop.balance(cny, MERCHANT.address) == paid - 370_00
        assert (shop.inventory(eur), shop.inventory(cny)) == (source - 40_00, target + 370_00)
        assert shop.state(payment).refunded == 370_00
        # The allowance was for this alone.
        token = shop.chain.contract("DepositToken", cny).functions
        assert shop.chain.call(token.allowance(MERCHANT.address, settlement.address)) == 0

    def test_one_currency_needs_no_dealer(self, shop, settlement, cny):
        order, payment = shop.captured("420.00 CNY", "420.00 CNY", "HK")
        settlement.refund(MERCHANT, payment, shop.quote(payment, 20_00, 20_00))
        assert shop.balance(cny, buyer(order).address) == 20_00

    def test_operator_may_not(self, shop, settlement):
        _, payment = shop.captured("420.00 CNY", "420.00 CNY", "HK")
        with reverts("NotAllowed", caller=OPERATOR.address, allowed=MERCHANT.address):
            settlement.refund(OPERATOR, payment, shop.quote(payment, 20_00, 20_00))


class TestPreviewCapture:
    def test_is_what_the_capture_pays(self, shop, settlement, cny):
        _, payment = shop.sold("10.00 CNY", "12.00 EUR")
        for before, part, expected in ((0, 5_00, (4_14, 2)), (5_00, 7_00, (5_81, 3))):
            paid, fees = shop.balance(cny, MERCHANT.address), shop.balance(cny, FEES.address)
            assert settlement.preview_capture(payment, before, part) == expected
            settlement.capture(OPERATOR, payment, before, part)
            assert shop.balance(cny, MERCHANT.address) == paid + expected[0]
            assert shop.balance(cny, FEES.address) == fees + expected[1]

    def test_is_refused_as_the_capture(self, shop, settlement):
        _, payment = shop.sold()
        arguments = {"found": 100_01, "allowed": 100_00}
        with reverts("AmountExceeds", **arguments):
            settlement.preview_capture(payment, 0, 100_01)
        with reverts("ZeroAmount"):
            settlement.preview_capture(payment, 0, 0)
        arguments = {"found": 1, "allowed": 0}
        with reverts("CaptureOutOfPlace", **arguments):
            settlement.preview_capture(payment, 1, 1)


class TestPreviewAuthorize:
    def test_nothing_stands_against_it_and_nothing_is_done(self, shop, settlement, cny):
        order, payment = shop.sell("420.00 CNY", "420.00 CNY", "HK")
        block = shop.chain.web3.eth.block_number
        signature = settlement.sign_as_payer(buyer(order), payment)
        assert settlement.preview_authorize(payment, signature) is None
        assert shop.chain.web3.eth.block_number == block
        assert shop.balance(cny, payment.payer) == 420_00
        assert shop.state(payment).status is PaymentStatus.NONE
        settlement.authorize(OPERATOR, payment, signature)

    def test_missing_signatures_are_found_one_after_the_other(self, shop, settlement):
        order, payment = shop.sell()
        payment_id = settlement.payment_id(payment)
        by_payer = settlement.sign_as_payer(buyer(order), payment)
        by_dealer = settlement.sign_as_dealer(DEALER, payment)
        by_bank = settlement.approve_as_bank(
            account("bank/buyers/approver"), payment, payment.authorize_by
        )
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
        _, payment = shop.sell("900.00 CNY", price)
        limits = {"found": payment.source_amount, "least": 10_00, "greatest": 15_000_00}
        assert settlement.preview_authorize(payment, b"") == ContractError(
            "AmountOutsideLimits", limits
        )

    def test_token_that_says_nothing_is_a_refusal_too(self, shop, settlement):
        _, payment = shop.sell("420.00 CNY", "420.00 CNY", "HK")
        nobody = replace(payment, source_token=STRANGER.address, target_token=STRANGER.address)
        nobody = replace(nobody, fee_bps=0, fee_receiver=ADDRESS_ZERO)
        assert settlement.preview_authorize(nobody, b"") == ContractError(
            "NotDepositToken", {"token": STRANGER.address}
        )

    def test_refusal_has_its_arguments(self, shop, settlement, cny):
        free = shop.inventory(cny)
        _, payment = shop.sell(f"{free // 100 + 1}.00 CNY", "100.00 EUR")
        refusal = settlement.preview_authorize(payment, b"")
        assert refusal.name == "InventoryTooLow"
        assert refusal.arguments == {
            "dealer": DEALER.address,
            "token": cny,
            "found": free,
            "needed": payment.target_amount,
        }


class TestDivertClaim:
    @pytest.fixture
    def refused_merchant(self, shop, settlement, registry, cny):
        """895.50 CNY are kept for a merchant whose review has lapsed."""
        order, payment = shop.sold()
        end = shop.now + DAY
        shop.world.renew_merchant(order, end)
        shop.wait_until(end)
        settlement.capture(OPERATOR, payment, 0, 100_00)
        yield order
        shop.world.renew_merchant(order, shop.world.reviewed_until)

    def test_to_another_wallet_of_the_same_customer(
        self, shop, settlement, registry, refused_merchant, cny
    ):
        record = pack_participant(
            CustomerCategory.MERCHANT,
            "HK",
            shop.world.reviewed_until,
            customer_id(bank_secret("exporters"), "merchant/M-1"),
        )
        shop.chain.send(REGISTRAR, registry.registerBatch([OTHER_WALLET.address], [record]))
        receipt = settlement.divert_claim(COMPLIANCE, cny, MERCHANT.address, OTHER_WALLET.address)
        assert receipt["from"] == COMPLIANCE.address
        assert settlement.claimable(cny, MERCHANT.address) == 0
        assert settlement.claimable(cny, OTHER_WALLET.address) == 895_50
        settlement.claim(STRANGER, cny, OTHER_WALLET.address)
        assert shop.balance(cny, OTHER_WALLET.address) == 895_50

    def test_to_the_suspense_account_alone_otherwise(
        self, shop, settlement, registry, folder, refused_merchant, cny
    ):
        with reverts(
            "NotSuccessor",
            owner=MERCHANT.address,
            found=STRANGER.address,
            suspenseAccount=ADDRESS_ZERO,
        ):
            settlement.divert_claim(COMPLIANCE, cny, MERCHANT.address, STRANGER.address)
        record = pack_participant(CustomerCategory.INSTITUTION, "HK", shop.world.reviewed_until, 99)
        shop.chain.send(REGISTRAR, registry.registerBatch([SUSPENSE.address], [record]))
        token = shop.chain.contract("DepositToken", cny).functions
        as_governor(shop, folder, token.setSuspenseAccount(SUSPENSE.address))
        settlement.divert_claim(COMPLIANCE, cny, MERCHANT.address, SUSPENSE.address)
        assert settlement.claimable(cny, SUSPENSE.address) == 895_50
        (position,) = escrow_positions(shop.chain, settlement.address, [cny])
        assert position.balanced

    @pytest.mark.parametrize("bank", ["buyers", "exporters"])
    def test_only_compliance_of_the_tokens_own_bank_may(
        self, shop, settlement, refused_merchant, folder, cny, bank
    ):
        caller = account(f"bank/{bank}/{'compliance' if bank == 'buyers' else 'registrar'}")
        manager = Manifest.read(folder, shop.chain).banks["Exporters' Bank (HK)"].manager
        with reverts("NotAllowedByBank", caller=caller.address, authority=manager):
            settlement.divert_claim(caller, cny, MERCHANT.address, SUSPENSE.address)

    def test_owner_that_is_not_refused_keeps_its_claim(self, shop, settlement, cny):
        with reverts("NotRefused", owner=MERCHANT.address, validUntil=shop.world.reviewed_until):
            settlement.divert_claim(COMPLIANCE, cny, MERCHANT.address, SUSPENSE.address)


class TestDivertInventory:
    def test_dealer_withdraws_unless_it_is_blocked(self, shop, registry, cny):
        inventory = shop.inventory(cny)
        with undone(shop.chain) as chain:
            settlement = Settlement(chain, shop.settlement.address)
            chain.send(COMPLIANCE, registry.blockWallet(DEALER.address, b"LEGL"))
            expected = {"owner": DEALER.address}
            with reverts("OwnerBlocked", **expected):
                settlement.withdraw(DEALER, cny, 250_00)
            chain.send(RELEASER, registry.unblockWallet(DEALER.address))
            chain.send(REGISTRAR, registry.revoke(DEALER.address))
            settlement.withdraw(DEALER, cny, 250_00)
            assert settlement.claimable(cny, DEALER.address) == 250_00
            assert shop.inventory(cny) == inventory - 250_00

    def test_blocked_dealers_inventory_becomes_its_claim(self, shop, registry, cny):
        free = shop.inventory(cny)
        assert free > 0
        with undone(shop.chain) as chain:
            settlement = Settlement(chain, shop.settlement.address)
            chain.send(COMPLIANCE, registry.blockWallet(DEALER.address, b"LEGL"))
            receipt = settlement.divert_inventory(COMPLIANCE, cny, DEALER.address)
            assert receipt["from"] == COMPLIANCE.address
            assert shop.inventory(cny) == 0
            assert settlement.claimable(cny, DEALER.address) == free
            (position,) = escrow_positions(chain, settlement.address, [cny])
            assert position.balanced
            chain.send(RELEASER, registry.unblockWallet(DEALER.address))
            settlement.claim(STRANGER, cny, DEALER.address)
            assert shop.balance(cny, DEALER.address) == free
            settlement.deposit(DEALER, cny, free)
            assert shop.inventory(cny) == free

    def test_dealer_in_good_standing_keeps_it(self, shop, settlement, cny):
        free = shop.inventory(cny)
        with reverts("NotRefused", owner=DEALER.address, validUntil=shop.world.reviewed_until):
            settlement.divert_inventory(COMPLIANCE, cny, DEALER.address)
        assert shop.inventory(cny) == free


class TestAuthorized:
    """What was ever authorized or charged, read back from the chain."""

    def test_every_payment_is_found_with_its_terms(self, shop, settlement):
        before = dict(settlement.authorized())
        payments = [shop.sold(**arbitrated(shop))[1], shop.captured()[1]]
        payments.append(shop.sold("420.00 CNY", "420.00 CNY", "HK")[1])
        settlement.void(OPERATOR, payments[-1])
        order, charged = shop.sell()
        settlement.charge(OPERATOR, charged, **shop.consents(order, charged))
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

    def test_strangers_contract_costs_a_reader_no_more_than_others(self, shop, settlement, cny):
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
            "target_amount": 1_000,
        }
        payment = replace(shop.sell()[1], **terms)
        (before,) = escrow_positions(shop.chain, settlement.address, [cny])
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
            assert stranger.state(payment_id).status is PaymentStatus.AUTHORIZED

            proxy = Proxy(chain.web3.provider.endpoint_uri)
            with served(proxy) as url:
                reader = Chain.connect(url)
                found = dict(Settlement(reader, settlement.address).authorized())
                (after,) = escrow_positions(reader, settlement.address, [cny])
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
def test_address_without_checksum_is_refused(shop, settlement, cny, field, act, found):
    block = shop.chain.web3.eth.block_number
    with says(InputError, f"{field}: found {found!r}, accepted is a checksummed address."):
        act(settlement, found, cny)
    assert shop.chain.web3.eth.block_number == block


def as_governor(shop, folder, call):
    """The merchants' bank's governor proposes an act, and anybody makes it after the delay."""
    governor = account("bank/exporters/governor")
    shop.give_ether(governor)
    bank = Manifest.read(folder, shop.chain).banks["Exporters' Bank (HK)"]
    timelock = shop.chain.contract("BankTimelock", bank.timelock).functions
    operation = (call.address, 0, calldata(call), bytes(32), bytes(32))
    shop.chain.send(governor, timelock.schedule(*operation, UPGRADE_DELAY))
    shop.wait_until(shop.chain.now() + UPGRADE_DELAY)
    # A block of its own, since the node estimates the act's gas by the latest one's time.
    rpc(shop.chain, "evm_mine")
    shop.chain.send(STRANGER, timelock.execute(*operation))


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
