"""Payments: the terms that all parties sign, the quote of a refund, and where a payment stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self
from uuid import UUID

from eth_account.messages import SignableMessage
from eth_utils.address import is_checksum_address

from deposit_token.errors import InputError
from deposit_token.protocol import messages
from deposit_token.protocol.messages import Domain
from deposit_token.values.enumerations import PaymentStatus
from deposit_token.values.fields import ADDRESS_ZERO

BPS = 10_000
"""Basis points in the whole."""
TIME_TO_RESOLVE = 86_400
"""Seconds that an arbiter has at the least, after the last moment to capture."""


class _Struct:
    """A struct of the escrow as a dataclass: the same fields in the same order, in snake case."""

    SOLIDITY: ClassVar[dict[str, str]]
    """The struct's field names and types, in order."""

    def __post_init__(self) -> None:
        for name, type_, value in zip(
            self._names(), self.SOLIDITY.values(), self.as_tuple(), strict=True
        ):
            _require_type(name, type_, value)

    def as_tuple(self) -> tuple[Any, ...]:
        """The struct as a contract's function takes it."""
        values = (getattr(self, name) for name in self._names())
        return tuple(value.bytes if isinstance(value, UUID) else value for value in values)

    @classmethod
    def from_tuple(cls, values: Iterable[Any]) -> Self:
        """The struct as a contract's function or event gives it, taken as it is.

        The escrow accepts what this class refuses, such as a UETR of another UUID version, and
        one operator's terms must not keep another from reading its own.
        """
        struct = cls.__new__(cls)
        for name, value in zip(cls._names(), values, strict=True):
            object.__setattr__(struct, name, UUID(bytes=value) if name == "uetr" else value)
        return struct

    def to_json(self) -> dict[str, Any]:
        """The fields by name, ready for JSON: bytes as 0x and hex, integers as they are."""
        content = {}
        for name in self._names():
            value = getattr(self, name)
            if isinstance(value, bytes):
                value = f"0x{value.hex()}"
            content[name] = str(value) if isinstance(value, UUID) else value
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Reads what `to_json` gave; raises InputError for other fields or values."""
        names = cls._names()
        if set(content) != set(names):
            raise InputError(cls.__name__, sorted(content), f"the fields {', '.join(names)}")
        values = dict(content)
        for name, type_ in zip(names, cls.SOLIDITY.values(), strict=True):
            try:
                if name == "uetr":
                    values[name] = UUID(values[name])
                elif type_.startswith("bytes"):
                    values[name] = bytes.fromhex(values[name].removeprefix("0x"))
            except (AttributeError, TypeError, ValueError):
                raise InputError(_words(name), values[name], f"a text of {type_}") from None
        return cls(**values)

    def message(self, escrow: Domain) -> SignableMessage:
        """The EIP-712 message of this struct for one escrow."""
        values = dict(zip(self.SOLIDITY, self.as_tuple(), strict=True))
        return escrow.message(type(self).__name__, self.SOLIDITY, values)

    @classmethod
    def _names(cls) -> list[str]:
        return [field.name for field in fields(cls)]  # type: ignore[arg-type]


@dataclass(frozen=True)
class Payment(_Struct):
    """The full terms of a payment; its id is the EIP-712 digest of them in the escrow's domain.

    Raises InputError for terms that no escrow accepts: an address without checksum, a number out
    of its range, an amount of zero, deadlines out of order, two tokens without dealer or one
    token with a dealer or different amounts, a payer who pays itself, an arbiter who is another
    party or has less than a day, a fee without receiver, a UETR that is not a UUIDv4.

    >>> payer, merchant, platform, dealer, eur, hkd, escrow = (f"0x{n:040}" for n in range(1, 8))
    >>> payment = Payment(
    ...     payer=payer, merchant=merchant, operator=platform, dealer=dealer,
    ...     arbiter=ADDRESS_ZERO, fee_receiver=ADDRESS_ZERO, source_token=eur, target_token=hkd,
    ...     source_amount=12_00, target_amount=10_00, fee_bps=0, authorize_by=1_772_456_400,
    ...     capture_from=1_772_452_800, capture_by=1_773_057_600, resolve_by=1_773_057_600,
    ...     refund_by=1_780_228_800, purpose=b"GDDS", remittance_hash=bytes(32),
    ...     uetr=UUID("8a562c67-ca16-4ba1-8b1a-1d3d3e6d1f11"),
    ... )
    >>> payment.id(Domain.escrow(31337, escrow)).hex()[:16]
    '8c83a91b81a81cee'
    >>> payment.target_share(5_00), payment.source_share(4_16)
    (416, 499)
    >>> payment.greatest_refund(4_16, captured=5_00, refunded=0, closed=False)
    499
    >>> Payment.from_json(payment.to_json()) == payment
    True
    """

    SOLIDITY: ClassVar = {
        "payer": "address",
        "merchant": "address",
        "operator": "address",
        "dealer": "address",
        "arbiter": "address",
        "feeReceiver": "address",
        "sourceToken": "address",
        "targetToken": "address",
        "sourceAmount": "uint104",
        "targetAmount": "uint104",
        "feeBps": "uint16",
        "authorizeBy": "uint40",
        "captureFrom": "uint40",
        "captureBy": "uint40",
        "resolveBy": "uint40",
        "refundBy": "uint40",
        "purpose": "bytes4",
        "uetr": "bytes16",
        "remittanceHash": "bytes32",
    }

    payer: str
    """Whose tokens pay; as all accounts here a checksummed address."""
    merchant: str
    """Who is paid."""
    operator: str
    """The platform that drives the payment."""
    dealer: str
    """Takes the source and gives the target amount; zero exactly if both tokens are the same."""
    arbiter: str
    """Decides a disputed payment; none of the other parties. Zero: it can't be disputed."""
    fee_receiver: str
    """A customer of the merchant's bank in the merchant's zone; zero exactly if there is no fee."""
    source_token: str
    """The payer's bank's token."""
    target_token: str
    """The merchant's bank's token."""
    source_amount: int
    """Minor units of the source token."""
    target_amount: int
    """Minor units of the target token."""
    fee_bps: int
    """The platform's fee in 1/10,000 of the target amount, at most 10,000."""
    authorize_by: int
    """Unix seconds, as all times here; the authorization must come before."""
    capture_from: int
    """A capture must not come before."""
    capture_by: int
    """A capture must come before; from here on the payer gets back what is left."""
    resolve_by: int
    """An arbiter must decide before; a day after `capture_by` or later, equal to it without one."""
    refund_by: int
    """A refund must come before."""
    purpose: bytes
    """ISO 20022 purpose code of four letters, such as `b"GDDS"`, or four zero bytes."""
    uetr: UUID
    """The payment's unique end-to-end transaction reference across all systems, a UUIDv4."""
    remittance_hash: bytes
    """Hash of the remittance information, which stays off the chain; 32 bytes."""

    def __post_init__(self) -> None:
        known = isinstance(self.uetr, UUID) and self.uetr.version == 4
        _require(known, "uetr", self.uetr, "a UUID of version 4")
        super().__post_init__()
        _require(self.source_amount > 0, "source amount", self.source_amount, "above zero")
        _require(self.target_amount > 0, "target amount", self.target_amount, "above zero")
        self._require_parties()
        self._require_deadlines()

    def _require_parties(self) -> None:
        one_token = self.source_token == self.target_token
        without = "the zero address when both tokens are the same, and another when they differ"
        _require(one_token == (self.dealer == ADDRESS_ZERO), "dealer", self.dealer, without)
        equal = not one_token or self.source_amount == self.target_amount
        accepted = f"the source amount {self.source_amount} when both tokens are the same"
        _require(equal, "target amount", self.target_amount, accepted)
        accepted = "another account than the payer"
        _require(self.merchant != self.payer, "merchant", self.merchant, accepted)
        distinct = self.dealer not in (self.payer, self.merchant)
        _require(distinct, "dealer", self.dealer, "neither the payer nor the merchant")
        others = (self.payer, self.merchant, self.operator, self.dealer, self.fee_receiver)
        neutral = self.arbiter == ADDRESS_ZERO or self.arbiter not in others
        _require(neutral, "arbiter", self.arbiter, "none of the other parties")
        _require(self.fee_bps <= BPS, "fee bps", self.fee_bps, f"at most {BPS}")
        paired = (self.fee_bps == 0) == (self.fee_receiver == ADDRESS_ZERO)
        accepted = "the zero address without a fee, and another with one"
        _require(paired, "fee receiver", self.fee_receiver, accepted)

    def _require_deadlines(self) -> None:
        by = self.capture_by
        accepted = f"at most capture by, which is {by}"
        _require(self.authorize_by <= by, "authorize by", self.authorize_by, accepted)
        _require(self.capture_from <= by, "capture from", self.capture_from, accepted)
        if self.arbiter == ADDRESS_ZERO:
            accepted = f"capture by, which is {by}, without an arbiter"
            _require(self.resolve_by == by, "resolve by", self.resolve_by, accepted)
        else:
            accepted = f"a day after capture by ({by}) or later, with an arbiter"
            _require(
                self.resolve_by >= by + TIME_TO_RESOLVE, "resolve by", self.resolve_by, accepted
            )
        _require(self.refund_by >= by, "refund by", self.refund_by, f"capture by ({by}) or later")

    def target_share(self, source_amount: int) -> int:
        """The target amount's part for a part of the source amount, rounded down: what the target
        side has paid, fee included, when so much was captured in all. Both in minor units."""
        return self.target_amount * source_amount // self.source_amount

    def source_share(self, target_amount: int) -> int:
        """The source amount's part for a part of the target amount, rounded down: what the payer
        has paid for it at the payment's own rate. Both in minor units."""
        return self.source_amount * target_amount // self.target_amount

    def greatest_refund(
        self, target_amount: int, *, captured: int, refunded: int, closed: bool
    ) -> int:
        """The most that the payer may get, in minor units of the source token, if the merchant
        gives back `target_amount` now; in one currency it gets exactly that.

        That is its own rate, or all that is left of what was captured if nothing is left to the
        merchant and the payment is `closed`: nothing can be captured any more. `captured` and
        `refunded` are what they were before, as in `PaymentState`. Raises InputError for more than
        the target side was paid and has not given back.
        """
        left = self.target_share(captured) - refunded
        accepted = f"above zero and at most the {left} that are left to give back"
        _require(0 < target_amount <= left, "target amount", target_amount, accepted)
        after = self.source_share(refunded + target_amount)
        if closed and target_amount == left:
            after = captured
        return after - self.source_share(refunded)

    def id(self, escrow: Domain) -> bytes:
        """The payment's id in an escrow, 32 bytes: what the dealer signs, and the nonce of the
        payer's ERC-3009 authorization."""
        return messages.digest(self.message(escrow))


@dataclass(frozen=True)
class PaymentApproval:
    """The payer's bank's consent to one payment, until a moment in Unix seconds, exclusive."""

    valid_until: int
    signature: bytes


NO_APPROVAL = PaymentApproval(0, b"")
"""For a corridor that asks for none."""


@dataclass(frozen=True)
class RefundQuote(_Struct):
    """What a merchant gives back and the payer gets, for one payment and used once.

    Raises InputError for an amount of zero and values that don't fit their type.

    >>> dealer, escrow = f"0x{4:040}", f"0x{7:040}"
    >>> quote = RefundQuote(
    ...     payment_id=bytes(32), refunded_before=0, source_amount=4_99, target_amount=4_16,
    ...     dealer=dealer, deadline=1_772_456_400,
    ... )
    >>> quote.digest(Domain.escrow(31337, escrow)).hex()[:16]
    '12c9fdc6fa0524e2'
    """

    SOLIDITY: ClassVar = {
        "paymentId": "bytes32",
        "refundedBefore": "uint104",
        "sourceAmount": "uint104",
        "targetAmount": "uint104",
        "dealer": "address",
        "deadline": "uint40",
    }

    payment_id: bytes
    """The payment's id in its escrow, 32 bytes."""
    refunded_before: int
    """What was refunded so far, in minor units of the target token."""
    source_amount: int
    """What the payer gets, in minor units of the source token."""
    target_amount: int
    """What the merchant gives, in minor units of the target token."""
    dealer: str
    """Takes the target and gives the source amount; zero in one currency."""
    deadline: int
    """Unix seconds, exclusive."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self.source_amount > 0, "source amount", self.source_amount, "above zero")
        _require(self.target_amount > 0, "target amount", self.target_amount, "above zero")

    def digest(self, escrow: Domain) -> bytes:
        """The quote's digest in an escrow, 32 bytes: what the dealer signs, and the nonce of the
        merchant's ERC-3009 authorization."""
        return messages.digest(self.message(escrow))


@dataclass(frozen=True)
class PaymentState:
    """Where a payment stands, as the escrow's `paymentState` tells."""

    status: PaymentStatus
    captured: int
    """Minor units of the source token."""
    refunded: int
    """Minor units of the target token."""
    policy_generation: int
    """Which of the source token's policies counted it."""
    quota_ref: int
    """Corridor and period that it was counted in; 0 if it was not counted."""

    @property
    def closed(self) -> bool:
        """Whether nothing can be captured, or nothing any more."""
        return self.status not in (PaymentStatus.AUTHORIZED, PaymentStatus.DISPUTED)

    @classmethod
    def from_tuple(cls, values: Iterable[int]) -> Self:
        """The state as the escrow gives it."""
        status, *numbers = values
        return cls(PaymentStatus(status), *numbers)


def _require(holds: bool, field: str, value: object, accepted: str) -> None:
    if not holds:
        raise InputError(field, value, accepted)


def _require_type(name: str, type_: str, value: object) -> None:
    """Refuse what a Solidity type does not hold."""
    if type_ == "address":
        holds = isinstance(value, str) and is_checksum_address(value)
        accepted = "a checksummed address"
    elif type_.startswith("uint"):
        bits = int(type_.removeprefix("uint"))
        holds = type(value) is int and 0 <= value < 2**bits
        accepted = f"an integer from 0 to 2^{bits} - 1"
    else:
        length = int(type_.removeprefix("bytes"))
        holds = isinstance(value, bytes) and len(value) == length
        accepted = f"{length} bytes"
    _require(holds, _words(name), value, accepted)


def _words(name: str) -> str:
    return name.replace("_", " ")
