"""What the parties sign, as values: a message stands for its digest, too.

The model compares messages where a contract compares digests: a signature is good exactly if it is
the right signer's over the right message.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """EIP-712 typed data in the domain of a contract."""

    contract: str
    kind: str
    """The primary type."""
    values: tuple[Any, ...]
    """Of the type's members, in their order."""

    def __repr__(self) -> str:
        if self.kind == "Payment":
            return f"payment {self.values[-2]}"
        return f"{self.kind}{self.values}"


@dataclass(frozen=True)
class Signature:
    signer: str
    message: Message
    in_parts: bool = field(default=False, compare=False)
    """Whether it is handed over as v, r, s."""


NO_SIGNATURE = b""


@dataclass(frozen=True)
class Payment:
    """The terms of a payment, in the order of the ABI; see the escrow's interface."""

    payer: str
    merchant: str
    operator: str
    dealer: str
    arbiter: str
    fee_receiver: str
    source_token: str
    target_token: str
    source_amount: int
    target_amount: int
    fee_bps: int
    authorize_by: int
    capture_from: int
    capture_by: int
    resolve_by: int
    refund_by: int
    purpose: str
    uetr: int
    remittance_hash: int

    @property
    def id(self) -> Message:
        return Message("escrow", "Payment", values_of(self))


@dataclass(frozen=True)
class RefundQuote:
    """What a merchant gives back, in the order of the ABI."""

    payment_id: Message
    refunded_before: int
    source_amount: int
    target_amount: int
    dealer: str
    deadline: int

    @property
    def digest(self) -> Message:
        return Message("escrow", "RefundQuote", values_of(self))


@dataclass(frozen=True)
class PaymentApproval:
    """The payer's bank's consent to a payment."""

    valid_until: int
    signature: Signature | bytes


def approval_of(payment_id: Message, valid_until: int) -> Message:
    return Message("escrow", "PaymentApproval", (payment_id, valid_until))


def release_of(payment_id: Message, deadline: int) -> Message:
    return Message("escrow", "Release", (payment_id, deadline))


def values_of(terms: Payment | RefundQuote) -> tuple[Any, ...]:
    """In the order of the ABI."""
    return tuple(vars(terms).values())
