"""Signatures: made by a key of this process, or come from a wallet, in the form of the contracts.

That form is 65 bytes, r ‖ s ‖ v, with s in the lower half of the curve's order and v 27 or 28.
Wallets and hardware give others. Whether bytes are one of these or what a contract takes for its
own signature (ERC-1271), of whatever length, shows only beside what was signed (see `consents`).
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from deposit_token.errors import InputError
from deposit_token.protocol.structs import Domain, Message
from deposit_token.values.fields import HEX, Kind, checked

if TYPE_CHECKING:
    from coincurve import PrivateKey

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_TOP_BIT = 1 << 255


Signature = Annotated[
    bytes, Kind(bytes, "a signature's bytes (read_signature makes them of a text)")
]
"""In any wallet's form."""


class MessageSigner(Protocol):
    """An account that signs messages: a key of this process, or one that signs elsewhere."""

    @property
    def address(self) -> str:
        """Checksummed."""

    def sign_message(self, signable_message: Any) -> Any:
        """Something with a `signature` of 65 bytes; `signable_message` is eth-account's, whose
        parts are `version`, `header` (the domain separator) and `body` (the struct's hash)."""


@checked
def sign(account: MessageSigner, message: Message, domain: Domain) -> bytes:
    """The account's signature of a message for the contract of this domain, as contracts take it.

    >>> from eth_account import Account
    >>> from deposit_token.protocol.messages import Release
    >>> payer, escrow = Account.from_key(bytes(31) + b"\\1"), Domain.escrow(31337, f"0x{7:040}")
    >>> signature = sign(payer, Release(bytes(32), deadline=2**40 - 1), escrow)
    >>> len(signature), signature[-1] in (27, 28)
    (65, True)
    """
    # Whoever has such an account has loaded these, and others need not wait for them.
    from eth_account.messages import SignableMessage
    from eth_account.signers.local import LocalAccount

    if isinstance(account, LocalAccount):
        digest = message.digest(domain)
        signature = _private_key(bytes(account.key)).sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])
    signable = SignableMessage(b"\x01", domain.struct_hash(), message.struct_hash())
    return key_signature(bytes(account.sign_message(signable).signature))


@lru_cache
def _private_key(key: bytes) -> "PrivateKey":
    from coincurve import PrivateKey

    return PrivateKey(key)


def read_signature(given: str | bytes) -> bytes:
    """The bytes of a signature as a wallet gives it, which are left as they are.

    Taken are bytes, or 0x and hex digits. Raises InputError for anything else.

    >>> read_signature("0x1b")
    b'\\x1b'
    """
    if isinstance(given, str) and (match := HEX.fullmatch(given)):
        given = bytes.fromhex(match[1])
    if not isinstance(given, bytes):
        raise InputError("signature", given, "bytes, or 0x and an even number of hex digits")
    return given


@checked
def key_signature(signature: Signature) -> bytes:
    """A key's signature in the form of the contracts; for what a token's own functions are given.

    Taken are 65 bytes that end in 0, 1, 27 or 28, and 64 bytes (EIP-2098), with s in either half.
    What is none of these is left as it is. Not for a signature of a contract's wallet.

    >>> key_signature(read_signature("0x" + "11" * 64 + "00"))[-1]
    27
    """
    r, rest = signature[:32], signature[32:]
    if len(rest) == 32:
        s = int.from_bytes(rest)
        v = 27 + (s >= _TOP_BIT)
        s %= _TOP_BIT
    elif len(rest) == 33:
        s, v = int.from_bytes(rest[:32]), rest[32]
        if v in (0, 1):
            v += 27
    else:
        return signature
    if v in (27, 28) and _ORDER // 2 < s < _ORDER:
        s, v = _ORDER - s, 27 + 28 - v
    return r + s.to_bytes(32) + bytes([v])
