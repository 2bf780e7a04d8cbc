"""ERC-7943, uRWA (final), for ERC-20 tokens; places are sections of its specification."""

import pytest

from deposit_token.chain.refusals import Reverted
from tests.conformance.bank_under_test import FORCE, LEDGER, MINTED, ZERO, Bank, Event, clause
from tests.scene import FAR

MOVED = "Transfer(address indexed,address indexed,uint256)"
FORCED = "ForcedTransfer(address indexed,address indexed,uint256)"
FROZEN = "Frozen(address indexed,uint256)"
CANNOT_SEND, CANNOT_RECEIVE = "ERC7943CannotSend(address)", "ERC7943CannotReceive(address)"
UNFROZEN = "ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)"
UNAUTHORIZED = "AccessManagedUnauthorized(address)"
FREEZE = "setFrozenTokens(address,uint256)"
TRANSFER = "transfer(address,uint256)"
EXTREMES = (0, 1, 2**128, 2**256 - 1)


VIEWS = "canSend, canReceive, canTransfer, and getFrozenTokens"


def can_send(bank: Bank, account: str) -> bool:
    return bank.ask("canSend(address) -> (bool)", account)


def can_receive(bank: Bank, account: str) -> bool:
    return bank.ask("canReceive(address) -> (bool)", account)


def can_transfer(bank: Bank, amount: int, from_: str = "", to: str = "", asker: str = ZERO) -> bool:
    parties = (from_ or bank.holder.address, to or bank.payee.address)
    return bank.ask("canTransfer(address,address,uint256) -> (bool)", *parties, amount, by=asker)


def frozen(bank: Bank) -> int:
    return bank.ask("getFrozenTokens(address) -> (uint256)", bank.holder.address)


def force(bank: Bank, amount: int):
    return bank.send(*bank.scheduled(bank.holder.address, bank.payee.address, amount))


def force_refused(bank: Bank, to: str, amount: int):
    """Why a forced transfer from the holder fails."""
    return bank.refused(*bank.scheduled(bank.holder.address, to, amount))


def everybody(bank: Bank) -> list[str]:
    """Customers, the unknown, the zero address and the system's own contracts."""
    keys = (bank.holder, bank.payee, bank.abroad, bank.stranger)
    contracts = (bank.token, bank.registry, bank.manager, bank.escrow)
    return [*(key.address for key in keys), ZERO, *contracts]


@clause(
    "Additional Specifications",
    "supportsInterface MUST return true for 0x3edbb4c4, the fungible interface",
)
def test_supports_interface(bank: Bank) -> None:
    function = "supportsInterface(bytes4) -> (bool)"
    assert bank.ask(function, bytes.fromhex("3edbb4c4")) is True
    for other in ("bf1ef5fe", "41c4fbad"):
        assert bank.ask(function, bytes.fromhex(other)) is False


@clause(VIEWS, "canSend, canReceive: MUST NOT revert")
def test_account_checks_answer_for_everybody(bank: Bank) -> None:
    senders = [account for account in everybody(bank) if can_send(bank, account)]
    receivers = [account for account in everybody(bank) if can_receive(bank, account)]
    customers = [bank.holder.address, bank.payee.address, bank.abroad.address]
    assert senders == receivers == [*customers, bank.escrow]


@clause(VIEWS, "canSend, canReceive: MUST NOT encode quantitative rules")
def test_account_checks_weigh_no_amount(bank: Bank) -> None:
    assert can_send(bank, bank.payee.address), "without a balance"
    bank.freeze(bank.holder, MINTED)
    assert can_send(bank, bank.holder.address), "with all of it frozen"
    assert can_receive(bank, bank.holder.address)


@clause(VIEWS, "account-level eligibility checks")
def test_account_checks_follow_a_block(bank: Bank) -> None:
    bank.block(bank.holder)
    assert not can_send(bank, bank.holder.address)
    assert not can_receive(bank, bank.holder.address)


@clause(VIEWS, "canTransfer: MUST NOT revert")
def test_transfer_check_answers_for_everybody(bank: Bank) -> None:
    customers = {bank.holder.address, bank.payee.address}
    owners = (bank.holder.address, bank.escrow)
    for from_ in everybody(bank):
        for to in everybody(bank):
            known = {from_, to} <= customers or from_ == to == bank.abroad.address
            from_escrow = from_ == bank.escrow and can_receive(bank, to)
            for amount in EXTREMES:
                enough = amount == 0 or (amount == 1 and from_ in owners)
                expected = enough and (known or from_escrow)
                assert can_transfer(bank, amount, from_, to) is expected, (from_, to, amount)


@clause(VIEWS, "canTransfer: MUST validate that the amount doesn't exceed the unfrozen amount")
def test_transfer_check_counts_what_is_unfrozen(bank: Bank) -> None:
    for freeze in (0, 1, 400, MINTED, MINTED + 1, 2**128 - 1):
        bank.freeze(bank.holder, freeze)
        unfrozen = max(MINTED - freeze, 0)
        assert can_transfer(bank, unfrozen)
        assert not can_transfer(bank, unfrozen + 1)


@clause(VIEWS, "canTransfer: MUST perform a canSend check on from and a canReceive check on to")
def test_transfer_check_includes_the_account_checks(bank: Bank) -> None:
    assert not can_transfer(bank, 1, to=bank.stranger.address)
    assert not can_transfer(bank, 0, from_=bank.stranger.address)
    bank.block(bank.payee)
    assert not can_transfer(bank, 1)


@clause(VIEWS, "canTransfer: MUST return false if any permissioned rule would prevent the transfer")
def test_transfer_check_knows_every_rule(bank: Bank) -> None:
    assert not can_transfer(bank, 1, to=bank.abroad.address), "a corridor without direct transfers"
    bank.send(bank.holder, "requestRedemption(uint256,bytes32)", 400, bytes(32))
    assert can_transfer(bank, MINTED - 400)
    assert not can_transfer(bank, MINTED - 399), "locked for a redemption"
    bank.pause()
    assert not can_transfer(bank, 1), "paused"


@clause(
    VIEWS,
    "canTransfer: MUST NOT return false based on balance checks",
    departs="what exceeds the balance exceeds the unfrozen amount, for which it MUST; so the "
    "answer is always that of transfer, and of ERC-1404. The authors' own tests want it so, "
    "against the text: test_CanTransfer_Fail_InsufficientBalance asks for more than a balance "
    "of which nothing is frozen",
)
def test_transfer_check_knows_the_balance(bank: Bank) -> None:
    assert can_transfer(bank, MINTED)
    assert not can_transfer(bank, MINTED + 1)


@clause(
    "Additional Specifications",
    "public transfers MUST NOT succeed where canTransfer would return false",
    departs="canTransfer answers for a transfer by its sender, who can't pay into the escrow; "
    "the escrow itself, named by the governor, pulls what its callers agreed to, and of that "
    "it tells the escrow alone, as it MAY depend on msg.sender",
)
def test_transfer_check_is_for_the_sender_and_for_a_system_account_that_asks(bank: Bank) -> None:
    escrow, dealer = bank.escrow, bank.dealer
    bank.mint(dealer.address, 5, sequence=2)
    for asker in (ZERO, dealer.address, bank.holder.address):
        assert not can_transfer(bank, 5, dealer.address, escrow, asker)
    assert can_transfer(bank, 5, dealer.address, escrow, asker=escrow)
    assert not can_transfer(bank, 6, dealer.address, escrow, asker=escrow)
    bank.send(dealer, "approve(address,uint256)", escrow, 5)
    bank.send(dealer, "deposit(address,uint256)", bank.token, 5, to=escrow)
    assert bank.balance(dealer) == 0
    # Nobody else's asking matters.
    assert not can_transfer(bank, 1, to=bank.stranger.address, asker=bank.stranger.address)


@clause(
    VIEWS,
    "canTransfer: MUST NOT revert",
    departs="while the bank's own policy or registry fails, the question fails as the transfer "
    "does: nobody knows the answer",
)
def test_transfer_check_fails_with_the_policy(bank: Bank) -> None:
    question = "canTransfer(address,address,uint256) -> (bool)"
    abroad = (bank.holder.address, bank.abroad.address)
    # What reverts, whatever it is asked.
    request = bank.chain.web3.provider.make_request
    request("anvil_setCode", [bank.policy, "0x5f5ffd"])
    with pytest.raises(Reverted):
        bank.ask(question, *abroad, 1)
    assert bank.refused(bank.holder, TRANSFER, bank.abroad.address, 1).arguments == ()
    assert bank.ask(question, *abroad, MINTED + 1) is False, "the policy is asked last"
    assert can_transfer(bank, 1), "within a zone it is not asked"


@clause(VIEWS, "getFrozenTokens: the absolute frozen amount, which MAY exceed the balance")
def test_frozen_amount_is_absolute(bank: Bank) -> None:
    for amount in (5, MINTED + 1, 2**128 - 1, 0):
        bank.freeze(bank.holder, amount)
        assert frozen(bank) == amount


@clause(
    "forcedTransfer",
    "MUST directly manipulate balances, emit the canonical transfer event and ForcedTransfer",
)
def test_forced_transfer_moves_and_fires(bank: Bank) -> None:
    parties = (bank.holder.address, bank.payee.address)
    assert bank.events(force(bank, 7), MOVED, FORCED, FROZEN) == [
        Event("Transfer", (*parties, 7)),
        Event("ForcedTransfer", (*parties, 7)),
    ]
    assert (bank.balance(bank.holder), bank.balance(bank.payee)) == (MINTED - 7, 7)


@clause("forcedTransfer", "returns true, reverts on failure")
def test_forced_transfer_answers_true(bank: Bank) -> None:
    arguments = (bank.holder.address, bank.payee.address, 7)
    bank.scheduled(*arguments)
    assert bank.ask(f"{FORCE} -> (bool)", *arguments, by=bank.enforcer.address) is True


@clause("forcedTransfer", "MUST be restricted in access")
def test_forced_transfer_is_restricted(bank: Bank) -> None:
    parties = (bank.holder.address, bank.payee.address)
    for role in ("holder", "payee", "stranger", "minter", "registrar", "guardian", "compliance"):
        key = bank.keys[role]
        assert bank.refused(key, FORCE, *parties, 1) == (UNAUTHORIZED, (key.address,))
    found = bank.refused(bank.enforcer, FORCE, *parties, 1)
    assert found.signature == "AccessManagerNotScheduled(bytes32)"


@clause("forcedTransfer", "MUST perform necessary validation checks, such as sufficient balance")
def test_forced_transfer_checks_the_balance(bank: Bank) -> None:
    found = force_refused(bank, bank.payee.address, MINTED + 1)
    arguments = (bank.holder.address, MINTED, MINTED + 1)
    assert found == ("ERC20InsufficientBalance(address,uint256,uint256)", arguments)


@clause(
    "forcedTransfer",
    "of frozen tokens: MUST unfreeze first and emit Frozen before the transfer event",
)
def test_forced_transfer_unfreezes_first(bank: Bank) -> None:
    bank.freeze(bank.holder, MINTED - 100)
    parties = (bank.holder.address, bank.payee.address)
    assert bank.events(force(bank, 100), FROZEN) == [], "of what is free"
    assert bank.events(force(bank, 300), MOVED, FORCED, FROZEN) == [
        Event("Frozen", (bank.holder.address, MINTED - 400)),
        Event("Transfer", (*parties, 300)),
        Event("ForcedTransfer", (*parties, 300)),
    ]
    assert frozen(bank) == bank.balance(bank.holder) == MINTED - 400


@clause("setFrozenTokens", "more than held, for future balances: also after a forced transfer")
def test_forced_transfer_leaves_a_freeze_above_the_balance(bank: Bank) -> None:
    bank.freeze(bank.holder, 5 * MINTED)
    assert bank.events(force(bank, MINTED), FROZEN) == [
        Event("Frozen", (bank.holder.address, 4 * MINTED))
    ]
    assert (bank.balance(bank.holder), frozen(bank)) == (0, 4 * MINTED)
    bank.mint(bank.holder.address, 10, sequence=2)
    assert not can_transfer(bank, 1)
    found = bank.refused(bank.holder, TRANSFER, bank.payee.address, 1)
    assert found == (UNFROZEN, (bank.holder.address, 1, 0))


@clause(
    "forcedTransfer",
    "of frozen tokens: MUST unfreeze what it transfers, and to oneself that is nothing",
)
def test_forced_transfer_to_oneself_unfreezes_nothing(bank: Bank) -> None:
    bank.freeze(bank.holder, MINTED)
    holder = bank.holder.address
    receipt = bank.send(*bank.scheduled(holder, holder, MINTED))
    assert bank.events(receipt, MOVED, FORCED, FROZEN) == [
        Event("Transfer", (holder, holder, MINTED)),
        Event("ForcedTransfer", (holder, holder, MINTED)),
    ]
    assert frozen(bank) == bank.balance(bank.holder) == MINTED


@clause("forcedTransfer", "MAY bypass the canTransfer checks")
def test_forced_transfer_bypasses_the_senders_checks(bank: Bank) -> None:
    bank.block(bank.holder)
    bank.pause()
    assert not can_transfer(bank, 7)
    force(bank, 7)
    assert bank.balance(bank.payee) == 7


@clause(
    "forcedTransfer", "SHOULD at least perform a canReceive check on to; MUST revert if it fails"
)
def test_forced_transfer_checks_the_receiver(bank: Bank) -> None:
    for to in (bank.stranger.address, bank.registry):
        assert force_refused(bank, to, 1) == (CANNOT_RECEIVE, (to,))
    bank.block(bank.payee)
    payee = bank.payee.address
    assert force_refused(bank, payee, 2) == (CANNOT_RECEIVE, (payee,))


@clause("forcedTransfer", "MUST perform necessary validation checks")
def test_forced_transfer_leaves_what_is_locked(bank: Bank) -> None:
    bank.send(bank.holder, "requestRedemption(uint256,bytes32)", 400, bytes(32))
    found = force_refused(bank, bank.payee.address, MINTED - 399)
    arguments = (bank.holder.address, MINTED - 399, MINTED - 400)
    assert found == ("TokensLocked(address,uint256,uint256)", arguments)


@clause("setFrozenTokens", "MUST emit the Frozen event")
def test_freezing_fires(bank: Bank) -> None:
    for amount in (5, 5, 0):
        fired = bank.events(bank.freeze(bank.holder, amount), FROZEN, MOVED)
        assert fired == [Event("Frozen", (bank.holder.address, amount))]


@clause("setFrozenTokens", "returns true, reverts on failure")
def test_freezing_answers_true(bank: Bank) -> None:
    arguments = (bank.holder.address, 5)
    assert bank.ask(f"{FREEZE} -> (bool)", *arguments, by=bank.releaser.address) is True


@clause("setFrozenTokens", "MUST be restricted in access")
def test_freezing_is_restricted(bank: Bank) -> None:
    for role in ("holder", "stranger", "minter", "registrar", "guardian", "compliance", "enforcer"):
        key = bank.keys[role]
        found = bank.refused(key, FREEZE, bank.holder.address, 1)
        assert found == (UNAUTHORIZED, (key.address,))


@clause(
    "setFrozenTokens",
    "restricted in access: beside it, those who freeze have a function that only raises",
)
def test_freezing_by_compliance_only_raises(bank: Bank) -> None:
    function = "freeze(address,uint128)"
    receipt = bank.send(bank.compliance, function, bank.holder.address, 5)
    assert bank.events(receipt, FROZEN) == [Event("Frozen", (bank.holder.address, 5))]
    for amount in (0, 4, 5):
        found = bank.refused(bank.compliance, function, bank.holder.address, amount)
        assert found == (
            "FreezeNotHigher(address,uint128,uint128)",
            (bank.holder.address, amount, 5),
        )
    assert frozen(bank) == 5


@clause("setFrozenTokens", "MUST allow freezing more than held, for future balances")
def test_freezing_holds_what_comes_later(bank: Bank) -> None:
    bank.freeze(bank.holder, MINTED + 10)
    bank.mint(bank.holder.address, 15, sequence=2)
    assert can_transfer(bank, 5)
    assert not can_transfer(bank, 6)


@clause(
    "setFrozenTokens",
    "it can be greater than the account balance",
    departs="above 2^128 - 1, which no balance exceeds, it is refused",
)
def test_freezing_fits_128_bits(bank: Bank) -> None:
    greatest = 2**128 - 1
    found = bank.refused(bank.releaser, FREEZE, bank.holder.address, greatest + 1)
    assert found == ("SafeCastOverflowedUintDowncast(uint8,uint256)", (128, greatest + 1))


@clause("setFrozenTokens", "MUST revert in cases of logical issues")
def test_freezing_is_for_customers(bank: Bank) -> None:
    escrow = bank.escrow
    found = bank.refused(bank.releaser, FREEZE, escrow, 1)
    arguments = (escrow, bank.releaser.address, 1)
    assert found == ("SystemAccountClosed(address,address,uint8)", arguments)


@clause(
    "Additional Specifications",
    "public transfers MUST NOT succeed where canSend, canReceive or canTransfer is false",
)
def test_transfers_respect_the_checks(bank: Bank) -> None:
    bank.send(bank.holder, "approve(address,uint256)", bank.stranger.address, MINTED)
    terms = (bank.holder.address, bank.payee.address, 601, 0, FAR, bytes(32))
    names = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore"
    signature = bank.sign(bank.holder, f"TransferWithAuthorization({names},bytes32 nonce)", *terms)
    authorized = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
    ways = (
        (bank.holder, TRANSFER, *terms[1:3]),
        (bank.stranger, "transferFrom(address,address,uint256)", *terms[:3]),
        (bank.stranger, authorized, *terms, signature),
    )
    bank.freeze(bank.holder, MINTED - 600)
    for way in ways:
        assert bank.refused(*way) == (UNFROZEN, (bank.holder.address, 601, 600))
    bank.block(bank.payee)
    for way in ways:
        assert bank.refused(*way) == (CANNOT_RECEIVE, (bank.payee.address,))
    bank.block(bank.holder)
    for way in ways:
        assert bank.refused(*way) == (CANNOT_SEND, (bank.holder.address,))
    assert bank.balance(bank.holder) == MINTED


@clause("Additional Specifications", "permissioned minting SHOULD respect canReceive")
def test_minting_respects_the_receivers_check(bank: Bank) -> None:
    function = "mint(address,uint256,uint128)"
    found = bank.refused(bank.minter, function, bank.stranger.address, 5, LEDGER << 64 | 2)
    assert found == (CANNOT_RECEIVE, (bank.stranger.address,))


@clause(
    "Additional Specifications",
    "burning: canSend on the holder, and no more than the unfrozen amount",
)
def test_burning_respects_the_senders_check(bank: Bank) -> None:
    bank.mint(bank.minter.address, 10, sequence=2)
    bank.freeze(bank.minter, 4)
    function, entry = "burn(uint256,uint128)", LEDGER << 64 | 3
    assert bank.refused(bank.minter, function, 7, entry) == (UNFROZEN, (bank.minter.address, 7, 6))
    bank.block(bank.minter)
    assert bank.refused(bank.minter, function, 6, entry) == (CANNOT_SEND, (bank.minter.address,))


@clause(
    "Additional Specifications",
    "permissioned burning of more than is unfrozen MUST update the frozen status",
    departs="a redemption that was accepted before the freeze burns what was locked for it; "
    "what was frozen stays frozen, and holds what the account receives next",
)
def test_settling_leaves_a_freeze_as_it_is(bank: Bank) -> None:
    bank.send(bank.holder, "requestRedemption(uint256,bytes32)", 400, bytes(32))
    bank.send(bank.payout_officer, "acceptRedemption(uint256)", 1)
    bank.freeze(bank.holder, MINTED)
    function = "settleRedemption(uint256,uint128)"
    receipt = bank.send(bank.minter, function, 1, LEDGER << 64 | 2)
    assert bank.events(receipt, FROZEN, MOVED) == [
        Event("Transfer", (bank.holder.address, ZERO, 400))
    ]
    assert (bank.balance(bank.holder), frozen(bank)) == (MINTED - 400, MINTED)


@clause(
    "Additional Specifications",
    "ERC7943InsufficientUnfrozenBalance up to the balance, the base standard's error above it",
)
def test_errors_are_specific(bank: Bank) -> None:
    bank.freeze(bank.holder, 400)
    found = bank.refused(bank.holder, TRANSFER, bank.payee.address, MINTED)
    assert found == (UNFROZEN, (bank.holder.address, MINTED, MINTED - 400))
    found = bank.refused(bank.holder, TRANSFER, bank.payee.address, MINTED + 1)
    arguments = (bank.holder.address, MINTED, MINTED + 1)
    assert found == ("ERC20InsufficientBalance(address,uint256,uint256)", arguments)
