"""Transactions of type 2 (EIP-1559) without an access list, encoded by RLP and signed.

eth_account takes any type and checks any input, for which it needs far longer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from eth_hash.backends.pysha3 import keccak256 as keccak
from eth_utils.address import to_checksum_address

if TYPE_CHECKING:
    from deposit_token.chain.chain import Signer

_TYPE = b"\x02"
_NOTHING = b"\x80"
_NO_ACCESS_LIST = b"\xc0"
_STRING, _LIST = 0x80, 0xC0
"""Where RLP's first bytes of each begin."""
_SHORT = 56
"""From this length on, RLP tells the length of the length first."""


@dataclass(frozen=True)
class Call:
    """A transaction before it is signed: a call that brings no ether."""

    chain_id: int
    nonce: int
    tip: int
    """In wei a gas."""
    max_fee: int
    """In wei a gas."""
    gas: int
    to: str
    """An address with its checksum."""
    data: bytes


class SignedCall(NamedTuple):
    """What is sent, and by which hash it is known."""

    raw: bytes
    hash: bytes


def call_signer(account: "Signer") -> Callable[[Call], SignedCall]:
    """What signs calls of an account: directly with a key of this process, else by the account's
    own `sign_transaction`."""
    from coincurve import PrivateKey
    from eth_account.signers.local import LocalAccount

    if isinstance(account, LocalAccount):
        key = PrivateKey(bytes(account.key))
        return lambda call: _signed(key.sign_recoverable, call)
    return lambda call: _signed_elsewhere(account, call)


def call_of(raw: bytes) -> Call:
    """The call that was signed."""
    from eth_account.typed_transactions.typed_transaction import TypedTransaction
    from hexbytes import HexBytes

    told = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    return Call(
        chain_id=told["chainId"],
        nonce=told["nonce"],
        tip=told["maxPriorityFeePerGas"],
        max_fee=told["maxFeePerGas"],
        gas=told["gas"],
        to=to_checksum_address(told["to"]),
        data=bytes(told["data"]),
    )


def _signed(sign: Callable[..., bytes], call: Call) -> SignedCall:
    fields = (
        _uint(call.chain_id)
        + _nonce(call.nonce)
        + _uint(call.tip)
        + _uint(call.max_fee)
        + _uint(call.gas)
        + _address(call.to)
        + _NOTHING
        + _string(call.data)
        + _NO_ACCESS_LIST
    )
    # r and s of 32 bytes each, then the parity of y; s is the lesser of two (EIP-2).
    signature = sign(keccak(_TYPE + _headed(fields, _LIST)), hasher=None)
    r, s = signature[:32].lstrip(b"\0"), signature[32:64].lstrip(b"\0")
    fields += (b"\x01" if signature[64] else _NOTHING) + _string(r) + _string(s)
    raw = _TYPE + _headed(fields, _LIST)
    return SignedCall(raw, keccak(raw))


def _signed_elsewhere(account: "Signer", call: Call) -> SignedCall:
    signed = account.sign_transaction(
        {
            "type": 2,
            "from": account.address,
            "chainId": call.chain_id,
            "nonce": call.nonce,
            "maxPriorityFeePerGas": call.tip,
            "maxFeePerGas": call.max_fee,
            "gas": call.gas,
            "to": call.to,
            "value": 0,
            "data": f"0x{call.data.hex()}",
        }
    )
    return SignedCall(bytes(signed.raw_transaction), bytes(signed.hash))


@lru_cache
def _address(address: str) -> bytes:
    return _string(bytes.fromhex(address[2:]))


def _nonce(value: int) -> bytes:
    return _string(value.to_bytes((value.bit_length() + 7) // 8))


_uint = lru_cache(_nonce)
"""The same for what most calls have in common."""


def _string(text: bytes) -> bytes:
    if len(text) == 1 and text[0] < _STRING:
        return text
    return _headed(text, _STRING)


def _headed(body: bytes, kind: int) -> bytes:
    length = len(body)
    if length < _SHORT:
        return bytes([kind + length]) + body
    told = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([kind + _SHORT - 1 + len(told)]) + told + body
