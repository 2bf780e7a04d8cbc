"""ERC-165, Standard Interface Detection (final)."""

from functools import reduce
from operator import xor

from web3 import Web3

from tests.conformance.bank_under_test import Bank, clause

FUNCTION = "supportsInterface(bytes4)"
INTERFACES = {
    "01ffc9a7": (FUNCTION,),
    "36372b07": (
        "totalSupply()",
        "balanceOf(address)",
        "transfer(address,uint256)",
        "allowance(address,address)",
        "approve(address,uint256)",
        "transferFrom(address,address,uint256)",
    ),
    "a219a025": ("name()", "symbol()", "decimals()"),
    "9d8ff7da": (
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        "nonces(address)",
        "DOMAIN_SEPARATOR()",
    ),
    "ab84a5c8": (
        "detectTransferRestriction(address,address,uint256)",
        "messageForTransferRestriction(uint8)",
    ),
    "3edbb4c4": (
        "forcedTransfer(address,address,uint256)",
        "setFrozenTokens(address,uint256)",
        "canSend(address)",
        "canReceive(address)",
        "getFrozenTokens(address)",
        "canTransfer(address,address,uint256)",
    ),
    "1522573a": ("transfer(address,uint256,bytes)", "transferFrom(address,address,uint256,bytes)"),
}
"""ERC-165, ERC-20, its metadata, ERC-2612, ERC-1404, ERC-7943 and ERC-7699, by the functions of
their texts."""


def selector(function: str) -> int:
    return int.from_bytes(Web3.keccak(text=function)[:4])


def supports(bank: Bank, interface: str) -> bool:
    return bank.ask(f"{FUNCTION} -> (bool)", bytes.fromhex(interface))


@clause("How Interfaces are Identified", "the XOR of all function selectors in the interface")
def test_identifier_is_the_xor_of_selectors(bank: Bank) -> None:
    for interface, functions in INTERFACES.items():
        found = f"{reduce(xor, map(selector, functions)):08x}"
        assert found == interface
        assert supports(bank, found)


@clause(
    "How a Contract will Publish",
    "true when interfaceID is 0x01ffc9a7, and for any other that it implements",
)
def test_answers_true_for_what_it_implements(bank: Bank) -> None:
    assert all(supports(bank, interface) for interface in INTERFACES)


@clause("How a Contract will Publish", "false when interfaceID is 0xffffffff")
def test_answers_false_for_ffffffff(bank: Bank) -> None:
    assert not supports(bank, "ffffffff")


@clause("How a Contract will Publish", "false for any other interfaceID")
def test_answers_false_for_any_other(bank: Bank) -> None:
    for other in ("00000000", "80ac58cd", "d9b67a26", "bf1ef5fe", "3edbb4c5"):
        assert not supports(bank, other)


@clause("How a Contract will Publish", "uses less than 30,000 gas")
def test_uses_little_gas(bank: Bank) -> None:
    for interface in (*INTERFACES, "ffffffff"):
        data = Web3.keccak(text=FUNCTION)[:4] + bytes.fromhex(interface).ljust(32, b"\0")
        intrinsic = 21_000 + sum(16 if byte else 4 for byte in data)
        call = {"to": bank.token, "data": data, "gas": intrinsic + 30_000}
        assert len(bank.chain.web3.eth.call(call)) == 32
