"""The acts beside authorize, capture and void: release, dispute, batches, previews, diversion."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from demo_fixtures import DAY, DEALER, FEES, MERCHANTS, OPERATOR, Shop, buyer, refused
from hexbytes import HexBytes
from node_fixtures import Proxy, in_turn, rpc, served, undone
from web3.constants import ADDRESS_ZERO

from deposit_token.chain import Chain, calldata
from deposit_token.demo.keys import account, bank_secret
from deposit_token.demo.world import UPGRADE_DELAY
from deposit_token.errors import ChainError, InputError
from deposit_token.manifest import Manifest
from deposit_token.participants import Category, customer_id, pack_participant
from deposit_token.payment import PaymentStatus
from deposit_token.reconciliation import escrow_positions
from deposit_token.refusals import ContractError
from deposit_token.settlement import (
    ACT_GAS,
    BATCH_GAS,
    MAX_CAPTURES,
    MAX_TRANSACTION_GAS,
    Settlement,
    SkippedCapture,
)

MERCHANT = MERCHANTS["CNY"]
ARBITER, STRANGER, OTHER_WALLET, SUSPENSE = (
    account(role) for role in ("arbiter", "stranger", "merchant/M-1, second wallet", "suspense")
)
COMPLIANCE, REGISTRAR = account("bank/exporters/compliance"), account("bank/exporters/registrar")


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
        shop.settlement.capture(OPERATOR, payment, captured)
    receipt = shop.settlement.dispute(payer, payment)
    assert receipt["status"] == 1
    return payer, payment


def wrong_status(settlement, payment, found, allowed):
    """What a refusal for its status says of a payment."""
    return {"id": settlement.payment_id(payment), "found": found, "allowed": allowed}


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
        refused(
            "NotAllowed",
            {"caller": OPERATOR.address, "allowed": payer.address},
            settlement.release,
            OPERATOR,
            payment,
        )

    def test_payers_signature_is_brought_by_anyone(self, shop, settlement, cny):
        payer, payment = sold(shop)
        settlement.capture(OPERATOR, payment, 60_00)
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
            refused(
                "InvalidSignature",
                {"signer": payer.address, "digest": digest},
                settlement.release_with_signature,
                STRANGER,
                payment,
                deadline,
                signature,
            )

    def test_signature_is_good_before_its_deadline(self, shop, settlement):
        payer, payment = sold(shop)
        deadline = shop.now + 1_000
        signature = settlement.sign_release(payer, payment, deadline)
        shop.wait_until(deadline)
        refused(
            "TooLate",
            {"found": deadline, "before": deadline},
            settlement.release_with_signature,
            STRANGER,
            payment,
            deadline,
            signature,
        )


class TestDispute:
    def test_stops_captures_and_voids_of_the_operator(self, shop, settlement):
        _, payment = disputed(shop)
        assert shop.state(payment).status is PaymentStatus.DISPUTED
        refusal = wrong_status(
            settlement, payment, PaymentStatus.DISPUTED, PaymentStatus.AUTHORIZED
        )
        refused("WrongStatus", refusal, settlement.capture, OPERATOR, payment, 1)
        refused("WrongStatus", refusal, settlement.void, OPERATOR, payment)

    def test_merchant_can_still_give_in(self, shop, settlement, eur):
        payer, payment = disputed(shop, captured=60_00)
        settlement.void(MERCHANT, payment)
        assert shop.balance(eur, payer.address) == 40_00
        assert shop.state(payment).status is PaymentStatus.VOIDED

    def test_nobody_else_may(self, shop, settlement):
        payer, payment = sold(shop, **arbitrated(shop))
        refused(
            "NotAllowed",
            {"caller": ARBITER.address, "allowed": payer.address},
            settlement.dispute,
            ARBITER,
            payment,
        )

    def test_payment_without_arbiter_is_refused(self, shop, settlement):
        payer, payment = sold(shop)
        refused(
            "NoArbiter",
            {"id": settlement.payment_id(payment)},
            settlement.dispute,
            payer,
            payment,
        )

    def test_comes_before_the_end_of_the_capture(self, shop, settlement):
        payer, payment = sold(shop, **arbitrated(shop))
        shop.wait_until(payment.capture_by)
        refused(
            "TooLate",
            {"found": payment.capture_by, "before": payment.capture_by},
            settlement.dispute,
            payer,
            payment,
        )


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
        refused(
            "AmountExceeds",
            {"found": 80_01, "allowed": 80_00},
            settlement.resolve,
            ARBITER,
            payment,
            80_01,
        )

    def test_nobody_else_may(self, shop, settlement):
        payer, payment = disputed(shop)
        refused(
            "NotAllowed",
            {"caller": payer.address, "allowed": ARBITER.address},
            settlement.resolve,
            payer,
            payment,
            0,
        )

    def test_payment_that_is_not_disputed_is_refused(self, shop, settlement):
        _, payment = sold(shop, **arbitrated(shop))
        refused(
            "WrongStatus",
            wrong_status(settlement, payment, PaymentStatus.AUTHORIZED, PaymentStatus.DISPUTED),
            settlement.resolve,
            ARBITER,
            payment,
            0,
        )

    def test_what_nobody_resolved_in_time_is_reclaimed(self, shop, settlement, eur):
        payer, payment = disputed(shop)
        shop.wait_until(payment.resolve_by)
        refused(
            "TooLate",
            {"found": payment.resolve_by, "before": payment.resolve_by},
            settlement.resolve,
            ARBITER,
            payment,
            100_00,
        )
        settlement.reclaim(STRANGER, payment)
        assert shop.balance(eur, payer.address) == 100_00
        assert shop.state(payment).status is PaymentStatus.RECLAIMED


class TestCaptureBatch:
    def test_what_stands_is_paid_and_what_does_not_is_listed(self, shop, settlement, cny):
        (_, whole), (_, part), (_, voided), (_, open_) = (shop.sold() for _ in range(4))
        settlement.void(OPERATOR, voided)
        paid = shop.balance(cny, MERCHANT.address)
        receipt, skipped = settlement.capture_batch(
            OPERATOR,
            [(whole, 100_00), (voided, 100_00), (part, 40_00), (open_, 100_01), (part, 10_00)],
        )
        assert receipt["status"] == 1
        refusal = wrong_status(settlement, voided, PaymentStatus.VOIDED, PaymentStatus.AUTHORIZED)
        assert skipped == [
            SkippedCapture(refusal["id"], 100_00, ContractError("WrongStatus", refusal)),
            SkippedCapture(
                settlement.payment_id(open_),
                100_01,
                ContractError("AmountExceeds", {"found": 100_01, "allowed": 100_00}),
            ),
        ]
        assert shop.balance(cny, MERCHANT.address) == paid + 895_50 + 358_20 + 89_55
        assert shop.state(whole).status is PaymentStatus.CAPTURED
        assert (shop.state(part).captured, shop.state(open_).captured) == (50_00, 0)

    def test_what_the_operator_has_no_part_in_is_skipped(self, shop, settlement):
        _, payment = shop.sold()
        _, skipped = settlement.capture_batch(STRANGER, [(payment, 100_00)])
        refusal = {"caller": STRANGER.address, "allowed": OPERATOR.address}
        assert [each.reason for each in skipped] == [ContractError("NotAllowed", refusal)]
        assert shop.state(payment).captured == 0

    def test_empty_batch_does_nothing(self, settlement):
        receipt, skipped = settlement.capture_batch(OPERATOR, [])
        assert receipt["logs"] == skipped == []

    def test_gas_is_enough_even_if_nothing_can_be_paid_out(self, shop, settlement, cny):
        payments = [shop.sold()[1] for _ in range(10)]
        token = shop.chain.contract("DepositToken", cny).functions
        guardian = account("bank/exporters/guardian")
        shop.give_ether(guardian)
        kept = settlement.claimable(cny, MERCHANT.address)
        with undone(shop.chain) as chain:
            chain.send(guardian, token.pause())
            receipt, skipped = Settlement(chain, settlement.address).capture_batch(
                OPERATOR, [(payment, 100_00) for payment in payments]
            )
            transaction = chain.web3.eth.get_transaction(receipt["transactionHash"])
            assert skipped == []
            assert settlement.claimable(cny, MERCHANT.address) == kept + 10 * 895_50
        assert transaction["gas"] == ACT_GAS + 10 * BATCH_GAS
        assert receipt["gasUsed"] < 10 * BATCH_GAS

    def test_greatest_batch_fits_a_transaction(self, shop, settlement):
        _, payment = shop.sell()
        receipt, skipped = settlement.capture_batch(OPERATOR, [(payment, 1)] * MAX_CAPTURES)
        assert len(skipped) == MAX_CAPTURES == 61
        gas = shop.chain.web3.eth.get_transaction(receipt["transactionHash"])["gas"]
        assert gas <= MAX_TRANSACTION_GAS < gas + BATCH_GAS

    def test_greater_batch_is_refused_before_it_is_sent(self, shop, settlement):
        _, payment = shop.sell()
        block = shop.chain.web3.eth.block_number
        with pytest.raises(InputError) as refusal:
            settlement.capture_batch(OPERATOR, [(payment, 1)] * (MAX_CAPTURES + 1))
        assert str(refusal.value) == "captures: found 62, accepted is at most 61 in one batch."
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
        assert shop.state(payment).refunded == 40_00
        # The allowance was for this alone.
        token = shop.chain.contract("DepositToken", cny).functions
        assert shop.chain.call(token.allowance(MERCHANT.address, settlement.address)) == 0

    def test_one_currency_needs_no_dealer(self, shop, settlement, cny):
        order, payment = shop.captured("420.00 CNY", "420.00 CNY", "HK")
        settlement.refund(MERCHANT, payment, shop.quote(payment, 20_00, 20_00))
        assert shop.balance(cny, buyer(order).address) == 20_00

    def test_operator_may_not(self, shop, settlement):
        _, payment = shop.captured("420.00 CNY", "420.00 CNY", "HK")
        refused(
            "NotAllowed",
            {"caller": OPERATOR.address, "allowed": MERCHANT.address},
            settlement.refund,
            OPERATOR,
            payment,
            shop.quote(payment, 20_00, 20_00),
        )


class TestPreviewCapture:
    def test_is_what_the_capture_pays(self, shop, settlement, cny):
        _, payment = shop.sold("10.00 CNY", "12.00 EUR")
        for part, expected in ((5_00, (4_14, 2)), (7_00, (5_81, 3))):
            paid, fees = shop.balance(cny, MERCHANT.address), shop.balance(cny, FEES.address)
            assert settlement.preview_capture(payment, part) == expected
            settlement.capture(OPERATOR, payment, part)
            assert shop.balance(cny, MERCHANT.address) == paid + expected[0]
            assert shop.balance(cny, FEES.address) == fees + expected[1]

    def test_is_refused_as_the_capture(self, shop, settlement):
        _, payment = shop.sold()
        arguments = {"found": 100_01, "allowed": 100_00}
        refused("AmountExceeds", arguments, settlement.preview_capture, payment, 100_01)
        refused("ZeroAmount", {}, settlement.preview_capture, payment, 0)


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
        assert settlement.preview_authorize(nobody, b"") == ContractError("0x", {})

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
        settlement.capture(OPERATOR, payment, 100_00)
        yield order
        shop.world.renew_merchant(order, shop.world.reviewed_until)

    def test_to_another_wallet_of_the_same_customer(
        self, shop, settlement, registry, refused_merchant, cny
    ):
        record = pack_participant(
            Category.MERCHANT,
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
        self, shop, settlement, folder, refused_merchant, cny
    ):
        refused(
            "NotSuccessor",
            {
                "owner": MERCHANT.address,
                "found": STRANGER.address,
                "suspenseAccount": ADDRESS_ZERO,
            },
            settlement.divert_claim,
            COMPLIANCE,
            cny,
            MERCHANT.address,
            STRANGER.address,
        )
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
        refused(
            "NotAllowedByBank",
            {"caller": caller.address, "authority": manager},
            settlement.divert_claim,
            caller,
            cny,
            MERCHANT.address,
            SUSPENSE.address,
        )

    def test_owner_that_is_not_refused_keeps_its_claim(self, shop, settlement, cny):
        refused(
            "NotRefused",
            {"owner": MERCHANT.address, "validUntil": shop.world.reviewed_until},
            settlement.divert_claim,
            COMPLIANCE,
            cny,
            MERCHANT.address,
            SUSPENSE.address,
        )


class TestDivertInventory:
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
            chain.send(COMPLIANCE, registry.unblockWallet(DEALER.address))
            settlement.claim(STRANGER, cny, DEALER.address)
            assert shop.balance(cny, DEALER.address) == free
            settlement.deposit(DEALER, cny, free)
            assert shop.inventory(cny) == free

    def test_dealer_in_good_standing_keeps_it(self, shop, settlement, cny):
        free = shop.inventory(cny)
        refused(
            "NotRefused",
            {"owner": DEALER.address, "validUntil": shop.world.reviewed_until},
            settlement.divert_inventory,
            COMPLIANCE,
            cny,
            DEALER.address,
        )
        assert shop.inventory(cny) == free


class TestAuthorized:
    """What was ever authorized, read back from the chain."""

    def test_every_payment_is_found_with_its_terms(self, shop, settlement):
        before = dict(settlement.authorized())
        payments = [shop.sold(**arbitrated(shop))[1], shop.captured()[1]]
        payments.append(shop.sold("420.00 CNY", "420.00 CNY", "HK")[1])
        settlement.void(OPERATOR, payments[-1])
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

    def test_transaction_that_the_node_does_not_keep_is_named(self, shop, settlement):
        shop.sold()
        proxy = Proxy(shop.chain.web3.provider.endpoint_uri)
        proxy.answers["eth_getTransactionByHash"] = in_turn({"result": None})
        with served(proxy) as url:
            reader = Settlement(Chain.connect(url), settlement.address)
            message = r"^payment 0x\w{64}: found no transaction 0x\w{64}, accepted is a node "
            with pytest.raises(ChainError, match=message):
                list(reader.authorized())

    def test_operator_may_be_a_contract_that_passes_on_what_it_is_sent(self, shop, settlement):
        _, payment, call = self.signed(shop, settlement)
        # An odd number of bytes before them, as in a batch that is packed tightly.
        code, data = forwarder(settlement.address, 3), b"\x01\x02\x03" + call
        with self.authorized_by(shop, settlement, payment, code, data) as reader:
            assert dict(reader.authorized())[reader.payment_id(payment)] == payment

    def test_terms_that_an_operator_has_in_its_own_code_are_missed_where_they_matter(
        self, shop, settlement, cny
    ):
        _, payment, call = self.signed(shop, settlement)
        code = sender(settlement.address, call)
        with self.authorized_by(shop, settlement, payment, code) as reader:
            payment_id = reader.payment_id(payment)
            assert dict(reader.authorized())[payment_id] is None
            with pytest.raises(ChainError) as failure:
                escrow_positions(shop.chain, settlement.address, [cny])
            assert str(failure.value) == (
                f"escrow's balance: found more than is explained of {cny} and no terms of the open "
                f"payments 0x{payment_id.hex()}, accepted are terms in the input of each payment's "
                "transaction."
            )

    def test_strangers_payment_in_a_token_of_its_own_stops_no_reconciliation(
        self, shop, settlement, cny
    ):
        made_up = account("a token that says yes").address
        # It answers three words of zeros to whatever it is asked.
        rpc(shop.chain, "anvil_setCode", made_up, "0x60605ff3")
        terms = {"source_token": made_up, "target_token": made_up}
        _, payment, call = self.signed(shop, settlement, **terms)
        (before,) = escrow_positions(shop.chain, settlement.address, [cny])
        code = sender(settlement.address, call)
        with self.authorized_by(shop, settlement, payment, code) as reader:
            assert dict(reader.authorized())[reader.payment_id(payment)] is None
            (after,) = escrow_positions(shop.chain, settlement.address, [cny])
            assert after == before
            assert after.balanced

    def signed(self, shop, settlement, **terms):
        """Terms with a contract as operator, and the call that authorizes them."""
        operator = account("a contract of the platform").address
        order, payment = shop.sell("420.00 CNY", "420.00 CNY", "HK", operator=operator)
        signature = settlement.sign_as_payer(buyer(order), payment)
        payment = replace(payment, **terms)
        escrow = shop.chain.contract("SettlementEscrow", settlement.address).functions
        authorize = escrow.authorize(payment.as_tuple(), signature, b"", (0, b""))
        return order, payment, bytes(HexBytes(calldata(authorize)))

    @contextmanager
    def authorized_by(self, shop, settlement, payment, code, data=b""):
        """The chain's reader after somebody has called the operator, whose code this is."""
        with undone(shop.chain) as chain:
            rpc(chain, "anvil_setCode", payment.operator, f"0x{code.hex()}")
            chain.send(STRANGER, {"to": payment.operator, "data": f"0x{data.hex()}"}, gas=ACT_GAS)
            reader = Settlement(chain, settlement.address)
            assert reader.state(reader.payment_id(payment)).status is PaymentStatus.AUTHORIZED
            yield reader


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
        ("address", lambda escrow, found, good: escrow.deposit(STRANGER, found, 1)),
        ("token", lambda escrow, found, good: escrow.withdraw(STRANGER, found, 1)),
    ],
)
@pytest.mark.parametrize("found", ["0x12", STRANGER.address.lower(), None])
def test_address_without_checksum_is_refused(shop, settlement, cny, field, act, found):
    block = shop.chain.web3.eth.block_number
    with pytest.raises(InputError) as refusal:
        act(settlement, found, cny)
    assert str(refusal.value) == f"{field}: found {found!r}, accepted is a checksummed address."
    assert shop.chain.web3.eth.block_number == block


def as_governor(shop, folder, call):
    """The merchants' bank's governor announces an act, and makes it when the delay is over."""
    governor = account("bank/exporters/governor")
    shop.give_ether(governor)
    bank = Manifest.read(folder, shop.chain).banks["Exporters' Bank (HK)"]
    manager = shop.chain.contract("AccessManager", bank.manager).functions
    shop.chain.send(governor, manager.schedule(call.address, calldata(call), 0))
    shop.wait_until(shop.chain.now() + UPGRADE_DELAY)
    # A block of its own, since the node estimates the act's gas by the latest one's time.
    rpc(shop.chain, "evm_mine")
    shop.chain.send(governor, call)


def forwarder(to, skipped):
    """EVM code that calls `to` with all but the first bytes of what it was called with."""
    code = (
        f"60{skipped:02x}360380 60{skipped:02x} 5f 37 5f5f 60{skipped:02x}3603 5f5f 73{to[2:]} 5af1"
    )
    return bytes.fromhex(code)


def sender(to, data):
    """EVM code that calls `to` with data of its own."""
    head = "61{size:04x} 61{start:04x} 5f 39 5f5f 61{size:04x} 5f5f 73{to} 5af1 00"
    start = len(bytes.fromhex(head.format(size=len(data), start=0, to=to[2:])))
    return bytes.fromhex(head.format(size=len(data), start=start, to=to[2:])) + data
