from dataclasses import replace

import pytest

from deposit_token.protocol import messages
from deposit_token.protocol.entries import LedgerEntry
from deposit_token.protocol.messages import RedemptionRequest
from deposit_token.protocol.redemption import Redemption, Redemptions
from deposit_token.values.enumerations import RedemptionStatus
from tests.nodes import mined_after, rpc
from tests.refusals import missigned, refuses, reverts
from tests.scene import DAY, STRANGER, keys_of

REFERENCE, NONCE = bytes(range(32)), bytes(range(32, 64))
PAYOUT_OFFICER, MINTER = (keys_of("Rhein Bank")[part] for part in ("payout_officer", "minter"))
REQUEST = RedemptionRequest(STRANGER.address, 40_00, REFERENCE, bytes(32), 1_800_000_000)


@pytest.fixture
def token(shop):
    """The euro token's functions."""
    return shop.rhein.token


@pytest.fixture
def redemptions(shop, eur):
    return Redemptions(shop.chain, eur)


@pytest.fixture
def holder(shop):
    """Somebody with 100.00 EUR, and ether."""
    buyer, _ = shop.sell()
    shop.endow(buyer)
    return buyer


def next_entry(sequence):
    """One of the minter's."""
    return LedgerEntry(7001, sequence)


def standing(shop, token, holder):
    """Balance, what of it is locked, and what can be spent; minor units."""
    functions = (token.balanceOf, token.lockedOf, token.spendableOf)
    return tuple(shop.chain.call(function(holder.address)) for function in functions)


def signed_request(shop, holder, **changes):
    """A request of 40.00 EUR that is good for a day, some of it replaced."""
    request = RedemptionRequest(holder.address, 40_00, REFERENCE, NONCE, shop.now + DAY)
    return replace(request, **changes)


class TestRequest:
    def test_locks_the_amount_in_the_holders_balance(self, shop, token, redemptions, holder):
        receipt, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        assert receipt["from"] == holder.address
        assert standing(shop, token, holder) == (100_00, 40_00, 60_00)
        assert redemptions.find(redemption_id) == Redemption(
            redemption_id, holder.address, RedemptionStatus.REQUESTED, 40_00, REFERENCE
        )

    def test_numbers_follow_each_other(self, redemptions, holder):
        (_, first), (_, second) = (redemptions.request(holder, 1, REFERENCE) for _ in range(2))
        assert second == first + 1

    def test_open_ones_are_listed_by_their_numbers(self, redemptions, holder):
        assert redemptions.open_of(holder.address) == []
        ids = [redemptions.request(holder, amount, REFERENCE)[1] for amount in (1, 2, 3, 4)]
        redemptions.cancel(holder, ids[0])
        redemptions.accept(PAYOUT_OFFICER, ids[2])
        found = redemptions.open_of(holder.address)
        assert [(each.id, each.amount, each.status) for each in found] == [
            (ids[1], 2, RedemptionStatus.REQUESTED),
            (ids[2], 3, RedemptionStatus.ACCEPTED),
            (ids[3], 4, RedemptionStatus.REQUESTED),
        ]

    def test_unknown_number_has_no_status(self, redemptions):
        assert redemptions.find(10**6).status is RedemptionStatus.NONE

    def test_more_than_can_be_spent_is_refused(self, shop, token, redemptions, holder):
        redemptions.request(holder, 40_00, REFERENCE)
        with reverts("TokensLocked", account=holder.address, found=60_01, allowed=60_00):
            redemptions.request(holder, 60_01, REFERENCE)
        assert standing(shop, token, holder) == (100_00, 40_00, 60_00)

    def test_blocked_holder_is_refused(self, shop, redemptions, holder):
        shop.block(holder)
        with reverts("ERC7943CannotSend", account=holder.address):
            redemptions.request(holder, 1, REFERENCE)


class TestRequestWithSignature:
    def test_anyone_brings_it(self, shop, token, redemptions, holder):
        request = signed_request(shop, holder)
        signature = redemptions.sign_request(holder, request)
        receipt, redemption_id = redemptions.request_with_signature(STRANGER, request, signature)
        assert receipt["from"] == STRANGER.address
        assert standing(shop, token, holder) == (100_00, 40_00, 60_00)
        assert redemptions.find(redemption_id) == Redemption(
            redemption_id, holder.address, RedemptionStatus.REQUESTED, 40_00, REFERENCE
        )

    def test_it_counts_once(self, shop, redemptions, holder):
        request = signed_request(shop, holder)
        signature = redemptions.sign_request(holder, request)
        redemptions.request_with_signature(STRANGER, request, signature)
        with reverts("ERC3009UsedAuthorization", authorizer=holder.address, nonce=request.nonce):
            redemptions.request_with_signature(STRANGER, request, signature)

    @pytest.mark.parametrize(
        "changes",
        [
            {"holder": STRANGER.address},
            {"amount": 40_01},
            {"payout_reference": bytes(32)},
            {"nonce": bytes(32)},
            {"deadline": 2**40 - 1},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_every_part_is_signed(self, shop, redemptions, holder, changes):
        request = signed_request(shop, holder)
        signature = redemptions.sign_request(holder, request)
        with missigned("holder", changes.get("holder", holder.address)):
            redemptions.request_with_signature(STRANGER, replace(request, **changes), signature)
        assert redemptions.open_of(holder.address) == []

    @pytest.mark.anvil("sets the clock")
    def test_comes_before_its_deadline(self, shop, redemptions, holder):
        deadline = shop.now + 1_000
        request = signed_request(shop, holder, deadline=deadline)
        signature = redemptions.sign_request(holder, request)
        shop.wait_until(deadline)
        with reverts("RequestExpired", found=deadline, allowed=deadline):
            redemptions.request_with_signature(STRANGER, request, signature)

    def test_holder_takes_it_back_by_its_nonce(self, shop, redemptions, holder):
        token = shop.chain.contract("DepositToken", shop.eur)
        request = signed_request(shop, holder)
        signature = redemptions.sign_request(holder, request)
        message = messages.CancelAuthorization(holder.address, request.nonce)
        cancel = token.get_function_by_signature("cancelAuthorization(address,bytes32,bytes)")
        consent = messages.sign(holder, message, redemptions.domain)
        shop.chain.send(STRANGER, cancel(holder.address, request.nonce, consent))
        with reverts("ERC3009UsedAuthorization", authorizer=holder.address, nonce=request.nonce):
            redemptions.request_with_signature(STRANGER, request, signature)


class TestEnding:
    """Cancelled, rejected or settled."""

    def test_holder_cancels_what_is_not_accepted(self, shop, token, redemptions, holder):
        _, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        receipt = redemptions.cancel(holder, redemption_id)
        assert receipt["from"] == holder.address
        assert standing(shop, token, holder) == (100_00, 0, 100_00)
        assert redemptions.find(redemption_id).status is RedemptionStatus.CANCELLED

    def test_nobody_else_cancels(self, redemptions, holder):
        _, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        with reverts(
            "NotHolder", id=redemption_id, caller=STRANGER.address, allowed=holder.address
        ):
            redemptions.cancel(STRANGER, redemption_id)

    @pytest.mark.anvil("mines when told to")
    def test_acceptance_that_the_chain_undoes_was_never_final(
        self, shop, token, redemptions, holder
    ):
        _, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        with shop.undone() as then:
            chain = then.chain
            redemptions = Redemptions(chain, shop.eur)
            accepted = redemptions.accept(PAYOUT_OFFICER, redemption_id)
            assert not chain.is_final(accepted)
            rpc(chain, "anvil_rollback", 1)
            redemptions.cancel(holder, redemption_id)
            # Anvil finalizes a block after two epochs of 32.
            rpc(chain, "anvil_mine", hex(64))
            assert not chain.is_final(accepted)
            assert redemptions.find(redemption_id).status is RedemptionStatus.CANCELLED
            assert standing(shop, token, holder) == (100_00, 0, 100_00)

    def test_accepted_is_not_cancelled(self, shop, token, redemptions, holder):
        _, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        receipt = redemptions.accept(PAYOUT_OFFICER, redemption_id)
        assert receipt["from"] == PAYOUT_OFFICER.address
        status = {"found": RedemptionStatus.ACCEPTED, "allowed": RedemptionStatus.REQUESTED}
        with reverts("WrongRedemptionStatus", id=redemption_id, **status):
            redemptions.cancel(holder, redemption_id)
        assert standing(shop, token, holder) == (100_00, 40_00, 60_00)

    def test_settled_is_burned_for_its_entry(self, shop, token, redemptions, holder):
        supply = shop.chain.call(token.totalSupply())
        _, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        redemptions.accept(PAYOUT_OFFICER, redemption_id)
        entry = next_entry(5_001)
        receipt = redemptions.settle(MINTER, redemption_id, entry)
        assert receipt["from"] == MINTER.address
        assert standing(shop, token, holder) == (60_00, 0, 60_00)
        assert shop.chain.call(token.totalSupply()) == supply - 40_00
        assert shop.chain.call(token.isEntryConsumed(entry.id))
        assert redemptions.find(redemption_id) == Redemption(
            redemption_id, holder.address, RedemptionStatus.SETTLED, 40_00, REFERENCE
        )
        assert redemptions.open_of(holder.address) == []

    def test_entry_settles_once(self, redemptions, holder):
        ids = [redemptions.request(holder, 10_00, REFERENCE)[1] for _ in range(2)]
        for redemption_id in ids:
            redemptions.accept(PAYOUT_OFFICER, redemption_id)
        entry = next_entry(5_002)
        redemptions.settle(MINTER, ids[0], entry)
        with reverts("EntryConsumed", entry=entry.id):
            redemptions.settle(MINTER, ids[1], entry)

    def test_only_accepted_is_settled(self, redemptions, holder):
        _, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        status = {"found": RedemptionStatus.REQUESTED, "allowed": RedemptionStatus.ACCEPTED}
        with reverts("WrongRedemptionStatus", id=redemption_id, **status):
            redemptions.settle(MINTER, redemption_id, next_entry(5_003))

    @pytest.mark.parametrize("accepted", [False, True])
    def test_payout_officer_rejects_with_a_reason(self, shop, token, redemptions, holder, accepted):
        _, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        if accepted:
            redemptions.accept(PAYOUT_OFFICER, redemption_id)
        receipt = redemptions.reject(PAYOUT_OFFICER, redemption_id, "AC04")
        contract = shop.chain.contract("DepositToken", shop.eur)
        (log,) = receipt["logs"]
        event = contract.events.RedemptionRejected().process_log(log)["args"]
        assert event == {"id": redemption_id, "reason": b"AC04"}
        assert standing(shop, token, holder) == (100_00, 0, 100_00)
        assert redemptions.find(redemption_id).status is RedemptionStatus.REJECTED

    def test_acts_of_the_bank_are_its_keys_alone(self, redemptions, holder):
        _, redemption_id = redemptions.request(holder, 40_00, REFERENCE)
        for act, key, *rest in ((redemptions.accept, MINTER), (redemptions.reject, holder, "AC04")):
            with reverts("AccessManagedUnauthorized", caller=key.address):
                act(key, redemption_id, *rest)
        redemptions.accept(PAYOUT_OFFICER, redemption_id)
        with reverts("NotMinter", caller=PAYOUT_OFFICER.address):
            redemptions.settle(PAYOUT_OFFICER, redemption_id, next_entry(5_004))
        assert redemptions.find(redemption_id).status is RedemptionStatus.ACCEPTED

    def test_lapsed_holder_is_still_paid_out(self, shop, token, redemptions, holder):
        shop.rhein.send("registrar", shop.rhein.registry.revoke(holder.address))
        _, redemption_id = redemptions.request(holder, 100_00, REFERENCE)
        redemptions.accept(PAYOUT_OFFICER, redemption_id)
        redemptions.settle(MINTER, redemption_id, next_entry(5_005))
        assert standing(shop, token, holder) == (0, 0, 0)


class TestInput:
    @pytest.mark.parametrize(
        ("field", "found", "accepted"),
        [
            ("holder", STRANGER.address.lower(), "a checksummed address"),
            ("amount", 0, "an integer from 1 to 2^128 - 1"),
            ("amount", 40.0, "an integer from 1 to 2^128 - 1"),
            ("amount", 2**128, "an integer from 1 to 2^128 - 1"),
            ("payout_reference", b"7", "32 bytes"),
            ("payout_reference", "7" * 32, "32 bytes"),
            ("nonce", b"", "32 bytes"),
            ("deadline", 2**40, "Unix seconds from 0 to 2^40 - 1"),
            ("deadline", 1.5, "Unix seconds from 0 to 2^40 - 1"),
        ],
    )
    def test_request_that_no_token_accepts(self, field, found, accepted):
        with refuses(field.replace("_", " "), found, accepted):
            replace(REQUEST, **{field: found})

    def test_own_request_is_checked_before_it_is_sent(self, shop, redemptions, holder):
        block = shop.chain.web3.eth.block_number
        with refuses("amount", 0, "an integer from 1 to 2^128 - 1"):
            redemptions.request(holder, 0, REFERENCE)
        with refuses("payout reference", b"", "32 bytes"):
            redemptions.request(holder, 1, b"")
        assert mined_after(shop.chain, block) == []

    @pytest.mark.parametrize("address", ["0x12", STRANGER.address.lower(), None])
    def test_address_without_checksum_is_refused(self, shop, redemptions, address):
        for field, act in (
            ("holder", redemptions.open_of),
            ("token", lambda token: Redemptions(shop.chain, token)),
        ):
            with refuses(field, address, "a checksummed address"):
                act(address)

    @pytest.mark.parametrize("reason", ["", "AC4", "AC045", "ac04", "AÄ04", "AC04\n"])
    def test_reason_is_four_letters(self, redemptions, reason):
        with refuses("reason", reason, "four capital letters or digits, such as AC04"):
            redemptions.reject(PAYOUT_OFFICER, 1, reason)
