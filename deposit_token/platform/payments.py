"""What a payment log tells: payments, and the steps that they went through."""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from deposit_token.protocol.payment import BPS, Payment, RefundQuote
from deposit_token.store.records import State
from deposit_token.values.enumerations import PaymentStatus


class StepKind(Enum):
    """What was done to a payment, or is to be."""

    AUTHORIZE = "authorize"
    CHARGE = "charge"
    CAPTURE = "capture"
    VOID = "void"
    RECLAIM = "reclaim"
    REFUND = "refund"
    CLAIM = "claim"
    RELEASE = "release"
    """The payer's."""
    DISPUTE = "dispute"
    """The payer's."""
    RESOLVE = "resolve"
    """The arbiter's."""


OPENING = (StepKind.AUTHORIZE, StepKind.CHARGE)
CAPTURING = (StepKind.CHARGE, StepKind.CAPTURE, StepKind.RELEASE, StepKind.RESOLVE)
ENDING = {
    StepKind.RESOLVE: PaymentStatus.RESOLVED,
    StepKind.RECLAIM: PaymentStatus.RECLAIMED,
    StepKind.VOID: PaymentStatus.VOIDED,
}


@dataclass(frozen=True)
class LoggedStep:
    """One step of a payment; amounts in minor units."""

    kind: StepKind
    key: str | None
    """Tells steps of one kind apart; None of what was found on the chain and nobody asked for."""
    source_amount: int
    """Of the payer's currency: what it paid, what was captured of it, or what it gets back."""
    target_amount: int
    """Of the merchant's currency: what it is paid, fee included, or what it gives back."""
    state: State
    transaction: str | None = None
    """Of the transaction that did it, or in which it was refused."""
    at: int | None = None
    """The time of its block; UTC, Unix seconds."""
    reason: str = ""
    """Why it was refused, in one sentence."""
    quote: RefundQuote | None = None
    """Of a refund that was asked for."""
    by: str | None = None
    """The account that has sent it, of what was found on the chain."""
    settled: int | None = None
    """Its number among all that was done or refused."""

    @property
    def done(self) -> bool:
        """Whether it is final on the chain."""
        return self.state is State.DONE

    @property
    def refused(self) -> bool:
        """Whether it will never be: a step under another key may."""
        return self.state is State.REFUSED


@dataclass(frozen=True)
class LoggedPayment:
    """A payment as the payment log has it; amounts in minor units.

    Where it stands, and how much was captured or refunded, follows from the steps that are final.
    """

    number: int
    """In the order in which they were entered."""
    reference: str | None
    """None of one that was found on the chain, until it is asked for."""
    id: bytes
    """In its escrow, 32 bytes."""
    escrow: str
    terms: Payment
    entered: int
    """When its terms were written or found; UTC, Unix seconds."""
    renewed_as: UUID | None
    """The UETR of the payment that took its place, since it was not authorized in time."""
    steps: tuple[LoggedStep, ...]
    """In the order in which they were asked for, or found."""

    @property
    def uetr(self) -> UUID:
        """The payment's unique end-to-end transaction reference."""
        return self.terms.uetr

    @property
    def status(self) -> PaymentStatus:
        """Where it stands, by what is final."""
        kinds = {each.kind for each in self.steps if each.done}
        for kind, status in ENDING.items():
            if kind in kinds:
                return status
        if self.captured == self.terms.source_amount:
            return PaymentStatus.CAPTURED
        if StepKind.DISPUTE in kinds:
            return PaymentStatus.DISPUTED
        opened = kinds & {*OPENING}
        return PaymentStatus.AUTHORIZED if opened else PaymentStatus.NONE

    @property
    def captured(self) -> int:
        """Of the source amount, for the merchant."""
        return sum(each.source_amount for each in self._done(*CAPTURING))

    @property
    def refunded(self) -> int:
        """Of the target amount: what the merchant gave back."""
        return sum(each.target_amount for each in self._done(StepKind.REFUND))

    @property
    def returned(self) -> int:
        """Of the source amount: what the payer got by refunds."""
        return sum(each.source_amount for each in self._done(StepKind.REFUND))

    @property
    def fee(self) -> int:
        """Of the target amount: what the platform got."""
        return self.terms.target_share(self.captured) * self.terms.fee_bps // BPS

    @property
    def net(self) -> int:
        """Of the target amount: what the merchant got, less the fee and what it gave back."""
        return self.terms.target_share(self.captured) - self.fee - self.refunded

    @property
    def held(self) -> int:
        """Of the source amount: what the escrow has for it."""
        open_ = (PaymentStatus.AUTHORIZED, PaymentStatus.DISPUTED)
        return self.terms.source_amount - self.captured if self.status in open_ else 0

    def step(self, kind: StepKind, key: str) -> LoggedStep | None:
        """The step of this kind and key."""
        return next((each for each in self.steps if (each.kind, each.key) == (kind, key)), None)

    def steps_before(self, step: LoggedStep) -> tuple[LoggedStep, ...]:
        """Those that were asked for, or found, before one of them."""
        return self.steps[: self.steps.index(step)]

    def _done(self, *kinds: StepKind) -> list[LoggedStep]:
        return [each for each in self.steps if each.kind in kinds and each.done]


@dataclass(frozen=True)
class LoggedEvent:
    """A step that was done or refused, for good."""

    number: int
    """Greater than of all that were told before: the cursor."""
    reference: str | None
    uetr: UUID
    step: LoggedStep
