"""Payments: the terms that all parties sign, the quote of a refund, and where a payment stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Self

from deposit_token.errors import InputError
from deposit_token.protocol.messages import ReceiveWithAuthorization
from deposit_token.protocol.signatures import Signature
from deposit_token.protocol.structs import Domain, Message
from deposit_token.values.enumerations import PaymentStatus
from deposit_token.values.fields import (
    ADDRESS_ZERO,
    Address,
    Amount,
    Bytes4,
    Bytes32,
    Time,
    Uetr,
    Uint104,
    UintKind,
    checked,
    take_fields,
)

BPS = 10_000
"""Basis points in the whole."""
TIME_TO_RESOLVE = 86_400
"""Seconds that an arbiter has at the least, after the last moment to capture."""


@dataclass(frozen=True)
class Payment(Message):
    """The full terms of a payment; its id is the EIP-712 digest of them in the escrow's domain.

    Raises InputError for terms that no escrow accepts: an address without checksum, a number out
    of its range, an amount of zero, deadlines out of order, two tokens without dealer or one
    token with a dealer or different amounts, a payer who pays itself, an arbiter who is another
    party or has less than a day, a fee without receiver, a UETR that is not a UUIDv4.

    >>> from uuid import UUID
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

    payer: Address
    """Whose tokens pay; as all accounts here a checksummed address."""
    merchant: Address
    """Who is paid."""
    operator: Address
    """The platform that drives the payment."""
    dealer: Address
    """Takes the source and gives the target amount; zero exactly if both tokens are the same."""
    arbiter: Address
    """Decides a disputed payment; none of the other parties. Zero: it can't be disputed."""
    fee_receiver: Address
    """A customer of the merchant's bank in the merchant's zone; zero exactly if there is no fee."""
    source_token: Address
    """The payer's bank's token."""
    target_token: Address
    """The merchant's bank's token."""
    source_amount: Amount
    """Minor units of the source token."""
    target_amount: Amount
    """Minor units of the target token."""
    fee_bps: Annotated[int, UintKind(16, most=BPS)]
    """The platform's fee in 1/10,000 of the target amount, at most 10,000."""
    authorize_by: Time
    """Unix seconds, as all times here; the authorization must come before."""
    capture_from: Time
    """A capture must not come before."""
    capture_by: Time
    """A capture must come before; from here on the payer gets back what is left."""
    resolve_by: Time
    """An arbiter must decide before; a day after `capture_by` or later, equal to it without one."""
    refund_by: Time
    """A refund must come before."""
    purpose: Bytes4
    """ISO 20022 purpose code of four letters, such as `b"GDDS"`, or four zero bytes."""
    uetr: Uetr
    """The payment's unique end-to-end transaction reference across all systems, a UUIDv4."""
    remittance_hash: Bytes32
    """Hash of the remittance information, which stays off the chain; 32 bytes."""

    def __post_init__(self) -> None:
        super().__post_init__()
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

    @checked
    def target_share(self, source_amount: Uint104) -> int:
        """The target amount's part for a part of the source amount, rounded down: what the target
        side has paid, fee included, when so much was captured in all. Both in minor units."""
        return self.target_amount * source_amount // self.source_amount

    @checked
    def source_share(self, target_amount: Uint104) -> int:
        """The source amount's part for a part of the target amount, rounded down: what the payer
        has paid for it at the payment's own rate. Both in minor units."""
        return self.source_amount * target_amount // self.target_amount

    @checked
    def greatest_refund(
        self, target_amount: Uint104, *, captured: Uint104, refunded: Uint104, closed: bool
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

    @checked
    def least_refund(
        self, source_amount: Uint104, *, captured: Uint104, refunded: Uint104, closed: bool
    ) -> int:
        """The least that the merchant gives back, in minor units of the target token, so that the
        payer can get `source_amount`: the counterpart of `greatest_refund`.

        Raises InputError for more than the payer can get by then.
        """
        left = self.target_share(captured) - refunded
        returned = self.source_share(refunded)
        most = captured if closed and left else self.source_share(refunded + left)
        accepted = f"above zero and at most the {most - returned} that are left to get back"
        _require(0 < source_amount <= most - returned, "source amount", source_amount, accepted)
        # The first amount of which the payer's share, rounded down, is so much.
        after = -(-(returned + source_amount) * self.target_amount // self.source_amount)
        return min(after - refunded, left)

    @checked
    def id(self, escrow: Domain) -> bytes:
        """The payment's id in an escrow, 32 bytes: what the dealer signs, and the nonce of the
        payer's ERC-3009 authorization."""
        return self.digest(escrow)

    @checked
    def consent(self, escrow: Domain) -> ReceiveWithAuthorization:
        """What the payer signs for the source token: its nonce is the payment's id, so it agrees to
        every term."""
        return ReceiveWithAuthorization(
            self.payer,
            escrow.verifying_contract,
            value=self.source_amount,
            valid_after=0,
            valid_before=self.authorize_by,
            nonce=self.id(escrow),
        )


@dataclass(frozen=True)
class PaymentApproval:
    """The payer's bank's consent to one payment, until a moment in Unix seconds, exclusive."""

    valid_until: Time
    signature: Signature

    def __post_init__(self) -> None:
        take_fields(self)


NO_APPROVAL = PaymentApproval(0, b"")
"""For a corridor that asks for none."""


@dataclass(frozen=True)
class RefundQuote(Message):
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

    payment_id: Bytes32
    """The payment's id in its escrow, 32 bytes."""
    refunded_before: Uint104
    """What was refunded so far, in minor units of the target token."""
    source_amount: Amount
    """What the payer gets, in minor units of the source token."""
    target_amount: Amount
    """What the merchant gives, in minor units of the target token."""
    dealer: Address
    """Takes the target and gives the source amount; zero in one currency."""
    deadline: Time
    """Unix seconds, exclusive."""

    @checked
    def consent(self, payment: Payment, escrow: Domain) -> ReceiveWithAuthorization:
        """What the merchant of the payment signs for the target token: its nonce is the quote's
        digest."""
        return ReceiveWithAuthorization(
            payment.merchant,
            escrow.verifying_contract,
            value=self.target_amount,
            valid_after=0,
            valid_before=self.deadline,
            nonce=self.digest(escrow),
        )


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
        """The state as the escrow gives it; raises InputError for what is not of its values."""
        try:
            status, *numbers = values
            return cls(PaymentStatus(status), *numbers)
        except (TypeError, ValueError):
            raise InputError("payment state", values, "values as the escrow gives them") from None


def _require(holds: bool, field: str, value: object, accepted: str) -> None:
    if not holds:
        raise InputError(field, value, accepted)
