"""ERC-7699, ERC-20 Transfer Reference Extension (draft)."""

from web3 import Web3
from web3.types import TxReceipt

from tests.conformance.bank_under_test import MINTED, Bank, Event, clause

TRANSFER = "transfer(address,uint256,bytes)"
PULL = "transferFrom(address,address,uint256,bytes)"
REFERENCE = "TransferReference(bytes32 indexed)"
MOVED = "Transfer(address indexed,address indexed,uint256)"
REFERENCES = (b"RF18 5390 0754 7034", bytes(1), bytes(range(32)), bytes(range(33)), bytes(2_000))
"""Short, of a zero, of a word, one byte longer, and long."""


PLACE = "Specification"


def send(bank: Bank, amount: int, reference: bytes) -> TxReceipt:
    return bank.send(bank.holder, TRANSFER, bank.payee.address, amount, reference)


def pull(bank: Bank, amount: int, reference: bytes) -> TxReceipt:
    parties = (bank.holder.address, bank.payee.address)
    return bank.send(bank.stranger, PULL, *parties, amount, reference)


def allow(bank: Bank, amount: int) -> None:
    bank.send(bank.holder, "approve(address,uint256)", bank.stranger.address, amount)


def logged(reference: bytes) -> bytes:
    """What is told of a reference."""
    return reference.ljust(32, b"\0") if len(reference) <= 32 else bytes(Web3.keccak(reference))


def transfers(bank: Bank, amount: int, *references: bytes) -> list[Event]:
    moved = Event("Transfer", (bank.holder.address, bank.payee.address, amount))
    return [*(Event("TransferReference", (each,)) for each in references), moved]


@clause(PLACE, "in addition to the standard transfer behaviour")
def test_moves_and_answers_true(bank: Bank) -> None:
    allow(bank, 10)
    arguments = (bank.payee.address, 7, b"invoice 1")
    assert bank.ask(f"{TRANSFER} -> (bool)", *arguments, by=bank.holder.address) is True
    pulling = (bank.holder.address, *arguments)
    assert bank.ask(f"{PULL} -> (bool)", *pulling, by=bank.stranger.address) is True
    send(bank, 7, b"invoice 1")
    pull(bank, 3, b"invoice 1")
    assert (bank.balance(bank.holder), bank.balance(bank.payee)) == (MINTED - 10, 10)
    function = "allowance(address,address) -> (uint256)"
    assert bank.ask(function, bank.holder.address, bank.stranger.address) == 7


@clause(PLACE, "MUST emit TransferReference; Transfer MUST follow it, ideally immediately")
def test_reference_fires_before_the_transfer(bank: Bank) -> None:
    allow(bank, MINTED)
    for reference in REFERENCES:
        for receipt in (send(bank, 7, reference), pull(bank, 7, reference)):
            assert bank.events(receipt, REFERENCE, MOVED) == transfers(bank, 7, logged(reference))
            told = {**receipt, "logs": receipt["logs"][-2:]}
            assert len(bank.events(told, REFERENCE, MOVED)) == 2, "the transfer is the next log"


@clause(PLACE, "an empty reference, and only that: TransferReference MUST NOT be emitted")
def test_empty_reference_fires_nothing(bank: Bank) -> None:
    allow(bank, 7)
    for receipt in (send(bank, 7, b""), pull(bank, 7, b"")):
        assert bank.events(receipt, REFERENCE, MOVED) == transfers(bank, 7)


@clause(PLACE, "transfers of 0 MUST be treated as normal and fire TransferReference alike")
def test_transfer_of_zero_fires(bank: Bank) -> None:
    for receipt in (send(bank, 0, b"invoice 1"), pull(bank, 0, b"invoice 1")):
        assert bank.events(receipt, REFERENCE, MOVED) == transfers(bank, 0, logged(b"invoice 1"))


@clause(PLACE, "the standard transfer behaviour")
def test_refusals_are_those_of_a_transfer(bank: Bank) -> None:
    plain, to = "transfer(address,uint256)", bank.payee.address
    cases = (
        (to, MINTED + 1),
        (bank.stranger.address, 1),
        (bank.abroad.address, 1),
        (bank.token, 1),
    )
    for case in cases:
        with_reference = bank.refused(bank.holder, TRANSFER, *case, b"invoice 1")
        assert with_reference == bank.refused(bank.holder, plain, *case)
    plain = "transferFrom(address,address,uint256)"
    parties = (bank.holder.address, to, 1)
    with_reference = bank.refused(bank.stranger, PULL, *parties, b"invoice 1")
    assert with_reference == bank.refused(bank.stranger, plain, *parties)
