"""ERC-6093, Custom errors for commonly-used tokens (last call), for ERC-20."""

import pytest
from bank_under_test import FAR, LEDGER, MINTED, ZERO, Bank, Clause, name_of, split

TRANSFER, APPROVE = "transfer(address,uint256)", "approve(address,uint256)"
PULL = "transferFrom(address,address,uint256)"
BALANCE = "ERC20InsufficientBalance(address,uint256,uint256)"
ALLOWANCE = "ERC20InsufficientAllowance(address,uint256,uint256)"
SENDER, RECEIVER = "ERC20InvalidSender(address)", "ERC20InvalidReceiver(address)"
SPENDER = "ERC20InvalidSpender(address)"


def too_little_balance(bank: Bank) -> None:
    expected = (BALANCE, (bank.holder.address, MINTED, MINTED + 1))
    assert bank.refused(bank.holder, TRANSFER, bank.payee.address, MINTED + 1) == expected
    bank.mint(bank.desk.address, 5, sequence=2)
    found = bank.refused(bank.desk, "burn(uint256,uint128)", 6, LEDGER << 64 | 3)
    assert found == (BALANCE, (bank.desk.address, 5, 6))


def too_little_allowance(bank: Bank) -> None:
    parties = (bank.holder.address, bank.payee.address)
    found = bank.refused(bank.stranger, PULL, *parties, 1)
    assert found == (ALLOWANCE, (bank.stranger.address, 0, 1))
    bank.send(bank.holder, APPROVE, bank.stranger.address, 6)
    found = bank.refused(bank.stranger, PULL, *parties, 7)
    assert found == (ALLOWANCE, (bank.stranger.address, 6, 7))


def zero_is_no_sender(bank: Bank) -> None:
    found = bank.refused(*bank.scheduled(ZERO, bank.payee.address, 0))
    assert found == (SENDER, (ZERO,))


def zero_is_no_receiver(bank: Bank) -> None:
    assert bank.refused(bank.holder, TRANSFER, ZERO, 1) == (RECEIVER, (ZERO,))
    found = bank.refused(*bank.scheduled(bank.holder.address, ZERO, 1))
    assert found == (RECEIVER, (ZERO,))
    found = bank.refused(bank.desk, "mint(address,uint256,uint128)", ZERO, 1, LEDGER << 64 | 2)
    assert found == (RECEIVER, (ZERO,))


def token_is_no_receiver(bank: Bank) -> None:
    assert bank.refused(bank.holder, TRANSFER, bank.token, 1) == (RECEIVER, (bank.token,))


def zero_is_no_spender(bank: Bank) -> None:
    assert bank.refused(bank.holder, APPROVE, ZERO, 1) == (SPENDER, (ZERO,))
    terms = (bank.holder.address, ZERO, 1)
    permit = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    signature = bank.sign(bank.holder, permit, *terms, 0, FAR)
    function = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
    found = bank.refused(bank.stranger, function, *terms, FAR, *split(signature))
    assert found == (SPENDER, (ZERO,))


def zero_approves_nothing(bank: Bank) -> None:
    function = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
    terms = (ZERO, bank.payee.address, 1, FAR, 27, bytes(32), bytes(32))
    found = bank.refused(bank.stranger, function, *terms)
    assert found.signature == "ERC2612InvalidSigner(address,address)"


def sender_error_is_of_no_requirement(bank: Bank) -> None:
    parties = (ZERO, bank.payee.address)
    found = bank.refused(bank.stranger, PULL, *parties, 1)
    assert found == (ALLOWANCE, (bank.stranger.address, 0, 1))
    found = bank.refused(*bank.scheduled(bank.stranger.address, bank.payee.address, 1))
    assert found == (BALANCE, (bank.stranger.address, 0, 1))


def receiver_error_is_of_no_approval(bank: Bank) -> None:
    for spender in (bank.token, bank.deployed.escrow, bank.stranger.address):
        bank.send(bank.holder, APPROVE, spender, 1)
    function = "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
    terms = (bank.holder.address, bank.payee.address, 1, 0, FAR, bytes(32), b"")
    found = bank.refused(bank.stranger, function, *terms)
    assert found.signature == "CallerNotPayee(address,address)"


def spender_error_is_of_no_transfer(bank: Bank) -> None:
    parties = (bank.holder.address, bank.payee.address)
    assert bank.refused(bank.dealer, PULL, *parties, 1).signature == ALLOWANCE
    bank.block(bank.dealer)
    found = bank.refused(bank.dealer, PULL, *parties, 1)
    assert found == ("SpenderBlocked(address)", (bank.dealer.address,))


def zero_lets_nobody_spend(bank: Bank) -> None:
    found = bank.refused(bank.stranger, PULL, ZERO, bank.payee.address, 0)
    assert found == ("ERC20InvalidApprover(address)", (ZERO,))


def owner_may_approve_itself(bank: Bank) -> None:
    bank.send(bank.holder, APPROVE, bank.holder.address, 1)
    function = "allowance(address,address) -> (uint256)"
    assert bank.ask(function, bank.holder.address, bank.holder.address) == 1


PLACE = "ERC-20"
CLAUSES = [
    Clause(PLACE, "ERC20InsufficientBalance: balance MUST be less than needed", too_little_balance),
    Clause(
        PLACE,
        "ERC20InsufficientAllowance: allowance MUST be less than needed",
        too_little_allowance,
    ),
    Clause(
        PLACE,
        "ERC20InvalidSender: RECOMMENDED for transfers from the zero address",
        zero_is_no_sender,
    ),
    Clause(
        PLACE,
        "ERC20InvalidReceiver: RECOMMENDED for transfers to the zero address",
        zero_is_no_receiver,
    ),
    Clause(
        PLACE,
        "ERC20InvalidReceiver: RECOMMENDED for non-compatible addresses",
        token_is_no_receiver,
    ),
    Clause(
        PLACE,
        "ERC20InvalidSpender: RECOMMENDED for approvals to the zero address",
        zero_is_no_spender,
    ),
    Clause(
        PLACE,
        "ERC20InvalidApprover: RECOMMENDED for approvals from the zero address",
        zero_approves_nothing,
        departs="a permit, the only way, says that nobody has signed it",
    ),
    Clause(
        PLACE,
        "ERC20InvalidSender: MUST NOT be used for balance or allowance requirements",
        sender_error_is_of_no_requirement,
    ),
    Clause(
        PLACE,
        "ERC20InvalidReceiver: MUST NOT be used for approval operations",
        receiver_error_is_of_no_approval,
    ),
    Clause(
        PLACE,
        "ERC20InvalidSpender: MUST NOT be used for transfers or allowance requirements",
        spender_error_is_of_no_transfer,
    ),
    Clause(
        PLACE,
        "ERC20InvalidApprover: MUST NOT be used for transfer operations",
        zero_lets_nobody_spend,
        departs="a transferFrom of nothing from the zero address, as in OpenZeppelin's tokens: "
        "what is refused is spending an allowance that nobody gave",
    ),
    Clause(
        PLACE,
        "ERC20InvalidSpender: RECOMMENDED for approvals to the owner itself",
        owner_may_approve_itself,
        departs="allowed, as in OpenZeppelin's tokens: it gives nobody anything",
    ),
]


@pytest.mark.parametrize("clause", CLAUSES, ids=name_of)
def test_clause(bank: Bank, clause: Clause) -> None:
    clause.check(bank)
