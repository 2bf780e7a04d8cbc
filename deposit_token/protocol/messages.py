"""EIP-712 messages: what banks, dealers and their customers sign instead of transactions.

Each message is a class of its fields. For a wallet in another place it is JSON
(`message.typed_data(domain)`, for `eth_signTypedData_v4`), for a contract a digest
(`message.digest(domain)`); a key of this process signs it by `sign`.
"""

from dataclasses import dataclass
from typing import Annotated

from deposit_token.protocol.signatures import key_signature, read_signature, sign
from deposit_token.protocol.structs import Domain, Message
from deposit_token.values.fields import (
    TIME,
    Address,
    Bytes32,
    Time,
    TokenTime,
    Uint256,
    UintKind,
)

__all__ = [
    "Approval",
    "CancelAuthorization",
    "Domain",
    "Permit",
    "ReceiveWithAuthorization",
    "RedemptionRequest",
    "Release",
    "TransferWithAuthorization",
    "key_signature",
    "read_signature",
    "sign",
]

RedemptionAmount = Annotated[int, UintKind(256, least=1, most=2**128 - 1)]
"""Minor units, as far as a balance can have so many."""


@dataclass(frozen=True)
class Permit(Message):
    """ERC-2612: `owner` allows `spender` to move `value` minor units.

    >>> owner, spender, token = (f"0x{number:040}" for number in (1, 2, 3))
    >>> permit = Permit(owner, spender, value=5_00, nonce=0, deadline=2**40)
    >>> domain = Domain("Rhein Euro", "1", 31337, token)
    >>> permit.digest(domain).hex()[:16]
    'b534c19f1c9152d2'
    >>> permit.typed_data(domain)["message"]["value"]
    '500'
    """

    owner: Address
    spender: Address
    value: Uint256
    nonce: Uint256
    """The token's `nonces(owner)`."""
    deadline: TokenTime
    """Inclusive."""


@dataclass(frozen=True)
class _Authorization(Message):
    from_: Address
    to: Address
    value: Uint256
    """Minor units."""
    valid_after: TokenTime
    """Exclusive."""
    valid_before: TokenTime
    """Exclusive."""
    nonce: Bytes32
    """One that `from_` has not used before, best drawn at random."""


@dataclass(frozen=True)
class TransferWithAuthorization(_Authorization):
    """ERC-3009: `from_` pays `to`, whoever sends it."""


@dataclass(frozen=True)
class ReceiveWithAuthorization(_Authorization):
    """ERC-3009: `from_` pays `to`, which alone can send it.

    With the escrow as `to`, a payer's nonce is the payment's id and a merchant's the digest of
    the refund quote, so that the one signature agrees to every term.
    """


@dataclass(frozen=True)
class CancelAuthorization(Message):
    """ERC-3009: makes an authorization void that was not used yet."""

    authorizer: Address
    nonce: Bytes32


@dataclass(frozen=True)
class RedemptionRequest(Message):
    """What a holder signs, so that anyone may bring its request.

    Raises InputError for an address without checksum, an amount that is not above zero, a reference
    or a nonce of other than 32 bytes, and a time beyond 40 bits.
    """

    holder: Address
    amount: RedemptionAmount
    """Minor units."""
    payout_reference: Bytes32
    """What names the payout instruction that the holder gave the bank."""
    nonce: Bytes32
    """One that the holder has used for no ERC-3009 authorization, best drawn at random."""
    deadline: Annotated[int, UintKind(256, most=2**40 - 1, what=TIME)]
    """Exclusive."""


@dataclass(frozen=True)
class Approval(Message, primary_type="PaymentApproval"):
    """A bank's consent to one payment, until a moment, exclusive."""

    payment_id: Bytes32
    valid_until: Time


@dataclass(frozen=True)
class Release(Message):
    """A payer lets the merchant have all that is left, until a moment, exclusive."""

    payment_id: Bytes32
    deadline: Time
