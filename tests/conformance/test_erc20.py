"""ERC-20, Token Standard (final)."""

import pytest

from tests.conformance.bank_under_test import MINTED, ZERO, Bank, Clause, Event, name_of

TRANSFER = "Transfer(address indexed,address indexed,uint256)"
APPROVAL = "Approval(address indexed,address indexed,uint256)"


def move(bank: Bank, amount: int, to: str = ""):
    return bank.send(bank.holder, "transfer(address,uint256)", to or bank.payee.address, amount)


def allow(bank: Bank, amount: int):
    return bank.send(bank.holder, "approve(address,uint256)", bank.stranger.address, amount)


def allowance(bank: Bank) -> int:
    function = "allowance(address,address) -> (uint256)"
    return bank.ask(function, bank.holder.address, bank.stranger.address)


def pull(bank: Bank, amount: int):
    function = "transferFrom(address,address,uint256)"
    return bank.send(bank.stranger, function, bank.holder.address, bank.payee.address, amount)


def transfers(bank: Bank, amount: int) -> list[Event]:
    return [Event("Transfer", (bank.holder.address, bank.payee.address, amount))]


def name_symbol_and_decimals(bank: Bank) -> None:
    assert bank.ask("name() -> (string)") == "Rhein Euro"
    assert bank.ask("symbol() -> (string)") == "EURd"
    assert bank.ask("decimals() -> (uint8)") == 2


def total_supply(bank: Bank) -> None:
    assert bank.ask("totalSupply() -> (uint256)") == MINTED
    bank.mint(bank.payee.address, 5, sequence=2)
    assert bank.ask("totalSupply() -> (uint256)") == MINTED + 5


def balance_of(bank: Bank) -> None:
    assert bank.balance(bank.holder) == MINTED
    assert bank.balance(bank.stranger) == 0
    assert bank.ask("balanceOf(address) -> (uint256)", ZERO) == 0


def transfer_moves_and_fires(bank: Bank) -> None:
    assert bank.events(move(bank, 7), TRANSFER, APPROVAL) == transfers(bank, 7)
    assert (bank.balance(bank.holder), bank.balance(bank.payee)) == (MINTED - 7, 7)


def transfer_answers_true(bank: Bank) -> None:
    function = "transfer(address,uint256) -> (bool)"
    assert bank.ask(function, bank.payee.address, 7, by=bank.holder.address) is True


def transfer_of_all(bank: Bank) -> None:
    move(bank, MINTED)
    assert (bank.balance(bank.holder), bank.balance(bank.payee)) == (0, MINTED)


def transfer_to_oneself(bank: Bank) -> None:
    events = bank.events(move(bank, MINTED, bank.holder.address), TRANSFER)
    assert events == [Event("Transfer", (bank.holder.address, bank.holder.address, MINTED))]
    assert bank.balance(bank.holder) == MINTED


def transfer_of_too_much_throws(bank: Bank) -> None:
    bank.refused(bank.holder, "transfer(address,uint256)", bank.payee.address, MINTED + 1)
    assert bank.balance(bank.holder) == MINTED


def transfer_of_zero_fires(bank: Bank) -> None:
    assert bank.events(move(bank, 0), TRANSFER) == transfers(bank, 0)


def transfer_of_zero_is_examined_as_any(bank: Bank) -> None:
    refusal = bank.refused(bank.holder, "transfer(address,uint256)", bank.stranger.address, 0)
    assert refusal == ("ERC7943CannotReceive(address)", (bank.stranger.address,))


def transfer_from_moves_and_fires(bank: Bank) -> None:
    allow(bank, 10)
    assert bank.events(pull(bank, 7), TRANSFER, APPROVAL) == transfers(bank, 7)
    assert (bank.balance(bank.holder), bank.balance(bank.payee)) == (MINTED - 7, 7)
    assert allowance(bank) == 3


def transfer_from_answers_true(bank: Bank) -> None:
    allow(bank, 10)
    answer = bank.ask(
        "transferFrom(address,address,uint256) -> (bool)",
        bank.holder.address,
        bank.payee.address,
        7,
        by=bank.stranger.address,
    )
    assert answer is True


def transfer_from_without_consent_throws(bank: Bank) -> None:
    function = "transferFrom(address,address,uint256)"
    parties = (bank.holder.address, bank.payee.address)
    bank.refused(bank.stranger, function, *parties, 1)
    allow(bank, 10)
    bank.refused(bank.stranger, function, *parties, 11)
    assert (bank.balance(bank.holder), allowance(bank)) == (MINTED, 10)


def blocked_spender_withdraws_nothing(bank: Bank) -> None:
    function = "transferFrom(address,address,uint256)"
    parties = (bank.holder.address, bank.payee.address)
    bank.send(bank.holder, "approve(address,uint256)", bank.dealer.address, 10)
    bank.send(bank.dealer, function, *parties, 1)
    bank.block(bank.dealer)
    found = bank.refused(bank.dealer, function, *parties, 1)
    assert found == ("SpenderBlocked(address)", (bank.dealer.address,))
    left = bank.ask(
        "allowance(address,address) -> (uint256)", bank.holder.address, bank.dealer.address
    )
    assert left == 9


def transfer_from_of_zero_fires(bank: Bank) -> None:
    assert bank.events(pull(bank, 0), TRANSFER) == transfers(bank, 0)


def approve_lets_withdraw_many_times(bank: Bank) -> None:
    allow(bank, 10)
    for left in (6, 2):
        pull(bank, 4)
        assert allowance(bank) == left


def approve_overwrites(bank: Bank) -> None:
    for amount in (10, 7, 2**256 - 1, 0):
        allow(bank, amount)
        assert allowance(bank) == amount


def approve_answers_true(bank: Bank) -> None:
    function = "approve(address,uint256) -> (bool)"
    assert bank.ask(function, bank.stranger.address, 7, by=bank.holder.address) is True


def approve_fires(bank: Bank) -> None:
    for amount in (10, 10, 0):
        fired = bank.events(allow(bank, amount), TRANSFER, APPROVAL)
        parties = (bank.holder.address, bank.stranger.address)
        assert fired == [Event("Approval", (*parties, amount))]


def greatest_allowance_stays(bank: Bank) -> None:
    allow(bank, 2**256 - 1)
    pull(bank, 7)
    assert allowance(bank) == 2**256 - 1


def allowance_of_nobody(bank: Bank) -> None:
    assert allowance(bank) == 0


def minting_fires_from_zero(bank: Bank) -> None:
    fired = bank.events(bank.mint(bank.payee.address, 5, sequence=2), TRANSFER)
    assert fired == [Event("Transfer", (ZERO, bank.payee.address, 5))]


CLAUSES = [
    Clause("Methods: name, symbol, decimals", "OPTIONAL", name_symbol_and_decimals),
    Clause("Methods: totalSupply", "returns the total token supply", total_supply),
    Clause("Methods: balanceOf", "returns the account balance", balance_of),
    Clause("Methods: transfer", "transfers and MUST fire Transfer", transfer_moves_and_fires),
    Clause("Methods: transfer", "returns (bool success)", transfer_answers_true),
    Clause("Methods: transfer", "the whole balance too", transfer_of_all),
    Clause("Methods: transfer", "to any address, one's own too", transfer_to_oneself),
    Clause(
        "Methods: transfer",
        "SHOULD throw if the caller's balance is too low",
        transfer_of_too_much_throws,
    ),
    Clause(
        "Methods: transfer",
        "transfers of 0 values MUST be treated as normal and fire Transfer",
        transfer_of_zero_fires,
    ),
    Clause(
        "Methods: transfer",
        "transfers of 0 values MUST be treated as normal",
        transfer_of_zero_is_examined_as_any,
        departs="no transfer goes to somebody whom the bank does not know, of 0 neither",
    ),
    Clause(
        "Methods: transferFrom", "transfers and MUST fire Transfer", transfer_from_moves_and_fires
    ),
    Clause("Methods: transferFrom", "returns (bool success)", transfer_from_answers_true),
    Clause(
        "Methods: transferFrom",
        "SHOULD throw unless _from has authorized the sender",
        transfer_from_without_consent_throws,
    ),
    Clause(
        "Methods: transferFrom",
        "transfers of 0 values MUST be treated as normal and fire Transfer",
        transfer_from_of_zero_fires,
    ),
    Clause(
        "Methods: approve",
        "allows to withdraw multiple times, up to the amount",
        approve_lets_withdraw_many_times,
    ),
    Clause(
        "Methods: approve",
        "allows to withdraw multiple times",
        blocked_spender_withdraws_nothing,
        departs="not while the spender is under a legal block",
    ),
    Clause(
        "Methods: approve",
        "overwrites; the contract shouldn't enforce that it is set to 0 first",
        approve_overwrites,
    ),
    Clause("Methods: approve", "returns (bool success)", approve_answers_true),
    Clause(
        "Methods: allowance",
        "the amount that the spender is still allowed to withdraw",
        greatest_allowance_stays,
        departs="2^256 - 1 means no limit, as in OpenZeppelin's and most other tokens",
    ),
    Clause("Methods: allowance", "nothing before an approval", allowance_of_nobody),
    Clause("Events: Approval", "MUST trigger on any successful approve", approve_fires),
    Clause(
        "Events: Transfer",
        "SHOULD trigger with _from 0x0 when tokens are created",
        minting_fires_from_zero,
    ),
]


@pytest.mark.parametrize("clause", CLAUSES, ids=name_of)
def test_clause(bank: Bank, clause: Clause) -> None:
    clause.check(bank)
