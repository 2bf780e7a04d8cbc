"""ERC-1404, Simple Restricted Token Standard (draft)."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.conformance.bank_under_test import MINTED, ZERO, Bank, clause

TRANSFER, PULL = "transfer(address,uint256)", "transferFrom(address,address,uint256)"
LAST_CODE = 9


class Restriction(NamedTuple):
    """A code, how the bank comes to it, to whom the holder would pay how much, and the error."""

    code: int
    arrange: Callable[[Bank], object]
    to: Callable[[Bank], str]
    amount: int
    error: str


def payee(bank: Bank) -> str:
    return bank.payee.address


def nothing(bank: Bank) -> None:
    pass


RESTRICTIONS = [
    Restriction(1, nothing, lambda bank: ZERO, 1, "ERC20InvalidReceiver(address)"),
    Restriction(1, nothing, lambda bank: bank.token, 1, "ERC20InvalidReceiver(address)"),
    Restriction(2, lambda bank: bank.pause(), payee, 1, "TokenPaused()"),
    Restriction(
        3, nothing, lambda bank: bank.escrow, 1, "SystemAccountClosed(address,address,uint8)"
    ),
    Restriction(4, lambda bank: bank.block(bank.holder), payee, 1, "ERC7943CannotSend(address)"),
    Restriction(5, nothing, lambda bank: bank.stranger.address, 1, "ERC7943CannotReceive(address)"),
    Restriction(6, nothing, payee, MINTED + 1, "ERC20InsufficientBalance(address,uint256,uint256)"),
    Restriction(
        7,
        lambda bank: bank.freeze(bank.holder, 1),
        payee,
        MINTED,
        "ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)",
    ),
    Restriction(
        8,
        lambda bank: bank.send(bank.holder, "requestRedemption(uint256,bytes32)", 1, bytes(32)),
        payee,
        MINTED,
        "TokensLocked(address,uint256,uint256)",
    ),
    Restriction(
        9,
        nothing,
        lambda bank: bank.abroad.address,
        1,
        "DirectTransferClosed(address,address,uint8,uint8)",
    ),
]


def code(bank: Bank, to: str, amount: int) -> int:
    function = "detectTransferRestriction(address,address,uint256) -> (uint8)"
    return bank.ask(function, bank.holder.address, to, amount)


def message(bank: Bank, number: int) -> str:
    return bank.ask("messageForTransferRestriction(uint8) -> (string)", number)


@clause("Specification", "a restriction code, where 0 is reserved for success")
def test_zero_means_success(bank: Bank) -> None:
    bank.send(bank.holder, "approve(address,uint256)", bank.stranger.address, MINTED)
    parties = (bank.holder.address, payee(bank))
    for amount in (0, 1):
        assert code(bank, payee(bank), amount) == 0
        bank.send(bank.holder, TRANSFER, payee(bank), amount)
        assert code(bank, payee(bank), amount) == 0
        bank.send(bank.stranger, PULL, *parties, amount)
    assert code(bank, payee(bank), MINTED - 2) == 0
    bank.send(bank.holder, TRANSFER, payee(bank), MINTED - 2)


@clause("Specification", "a human-readable message for the passed restriction code")
def test_every_code_has_its_message(bank: Bank) -> None:
    messages = [message(bank, number) for number in range(LAST_CODE + 1)]
    assert len(set(messages)) == LAST_CODE + 1
    for text in messages:
        assert text.endswith(".")
        assert len(text.split()) >= 4


@clause(
    "Specification",
    "a message for a code that is none: not said",
    departs="a code that the token never gives reverts, so that a mistake is seen",
)
def test_unknown_code_has_none(bank: Bank) -> None:
    for number in (LAST_CODE + 1, 255):
        found = bank.refused(bank.stranger, "messageForTransferRestriction(uint8)", number)
        assert found == ("UnknownCode(uint8,uint8)", (number, LAST_CODE))


@clause(
    "Specification",
    "detectTransferRestriction is evaluated inside transfer and transferFrom",
    departs="it answers for a transfer by the sender; of what the escrow may pull into itself, "
    "as its callers agreed to, it tells the escrow alone",
)
def test_escrow_pulls_what_nobody_sends_it(bank: Bank) -> None:
    escrow = bank.escrow
    bank.mint(bank.dealer.address, 5, sequence=2)
    function = "detectTransferRestriction(address,address,uint256) -> (uint8)"
    question = (function, bank.dealer.address, escrow, 5)
    assert bank.ask(*question) == bank.ask(*question, by=bank.dealer.address) == 3
    assert bank.ask(*question, by=escrow) == 0
    bank.send(bank.dealer, "approve(address,uint256)", escrow, 5)
    bank.send(bank.dealer, "deposit(address,uint256)", bank.token, 5, to=escrow)
    assert bank.balance(bank.dealer) == 0


@pytest.mark.parametrize("restriction", RESTRICTIONS, ids=lambda each: f"{each.code}-{each.error}")
def test_transfer_and_transfer_from_are_refused_as_detected(
    bank: Bank, restriction: Restriction
) -> None:
    bank.send(bank.holder, "approve(address,uint256)", bank.stranger.address, 2**256 - 1)
    restriction.arrange(bank)
    to, amount = restriction.to(bank), restriction.amount
    assert code(bank, to, amount) == restriction.code
    assert bank.refused(bank.holder, TRANSFER, to, amount).signature == restriction.error
    pulled = bank.refused(bank.stranger, PULL, bank.holder.address, to, amount)
    assert pulled.signature == restriction.error


def test_every_code_is_come_to() -> None:
    assert {each.code for each in RESTRICTIONS} == set(range(1, LAST_CODE + 1))
