"""The model's policy: what of one bank's tokens may cross which border, and how much of it."""

from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from model.books import NOBODY, Books, Contract, Refused, restricted
from model.registry import Registry

NO_QUOTA = 2**104 - 1
EPOCH = date(1970, 1, 1)


class Period(IntEnum):
    NONE = 0
    DAY = 1
    MONTH = 2
    YEAR = 3


class Corridor(NamedTuple):
    """The rules from one zone to another, in the order of the ABI. Amounts in minor units."""

    open: bool = False
    direct_transfers: bool = False
    approval_needed: bool = False
    purpose_required: bool = False
    period: Period = Period.NONE
    utc_offset_quarters: int = 0
    min_amount: int = 0
    max_amount: int = 0
    quota: int = 0


UNSET = Corridor()


class QuotaRef(NamedTuple):
    """Where a quota was counted."""

    from_zone: int
    to_zone: int
    period: int

    @property
    def number(self) -> int:
        return self.from_zone << 24 | self.to_zone << 16 | self.period


class Policy(Contract):
    def __init__(self, books: Books, name: str, bank: str) -> None:
        super().__init__(books, name, bank)
        self.corridors: dict[tuple[str, int, int], Corridor] = {}
        self.counted: set[tuple[str, int, int]] = set()
        """Corridors in which a quota was ever counted."""
        self.usage: dict[tuple[str, int, int, int], tuple[int, int]] = {}
        """By token, zones and customer: the period that was counted last, and the amount used."""
        self.recognised: set[str] = set()
        self.approver = NOBODY

    # Policy officer

    @restricted("policy officer")
    def setCorridor(self, caller, token, from_zone, to_zone, corridor):
        if from_zone == 0 or to_zone == 0:
            raise Refused("ZoneZero", from_zone, to_zone)
        if corridor.min_amount > corridor.max_amount:
            raise Refused("LimitsCrossed", corridor.min_amount, corridor.max_amount)
        if corridor.period == Period.NONE and corridor.quota != 0:
            raise Refused("QuotaWithoutPeriod", corridor.quota)
        if not -48 <= corridor.utc_offset_quarters <= 56:
            raise Refused("OffsetOutOfRange", corridor.utc_offset_quarters, -48, 56)
        place = (token, from_zone, to_zone)
        present = self.corridors.get(place, UNSET)
        calendar = (corridor.period, corridor.utc_offset_quarters)
        fixed = (present.period, present.utc_offset_quarters)
        if place in self.counted and calendar != fixed:
            raise Refused("PeriodFixed", *calendar, *fixed)
        self.corridors[place] = corridor
        self.emit("CorridorSet", token, from_zone, to_zone, corridor)

    @restricted("policy officer")
    def setRecognised(self, caller, target_token, recognised):
        (self.recognised.add if recognised else self.recognised.discard)(target_token)
        self.emit("RecognisedSet", target_token, recognised)

    @restricted("policy officer")
    def setApprover(self, caller, approver):
        self.approver = approver
        self.emit("ApproverSet", approver)

    # A token

    def consume(
        self,
        token: str,
        purpose: str,
        payer: str,
        amount: int,
        target_token: str,
        from_zone: int,
        to_zone: int,
        registry: Registry,
    ) -> tuple[QuotaRef | None, str]:
        """Where the amount was counted, if it was, and who must have approved the payment."""
        if target_token != token and target_token not in self.recognised:
            raise Refused("TokenNotRecognised", target_token)
        place = (token, from_zone, to_zone)
        corridor = self.corridors.get(place, UNSET)
        if not corridor.open:
            raise Refused("CorridorClosed", *place)
        if not corridor.min_amount <= amount <= corridor.max_amount:
            raise Refused("AmountOutsideLimits", amount, corridor.min_amount, corridor.max_amount)
        if corridor.purpose_required and purpose == "":
            raise Refused("PurposeRequired", from_zone, to_zone)
        if corridor.approval_needed and self.approver == NOBODY:
            raise Refused("NoApprover")
        approver = self.approver if corridor.approval_needed else NOBODY
        if corridor.period == Period.NONE:
            return None, approver

        customer_id = registry.participant_of(payer).customer_id
        if customer_id == 0:
            raise Refused("UnknownCustomer", payer)
        remaining = self.remaining_quota(*place, customer_id)
        if amount > remaining:
            raise Refused("QuotaExceeded", customer_id, amount, remaining)
        period = self._present_period(corridor)
        used = self._used(*place, customer_id, period) + amount
        self.usage[*place, customer_id] = (period, used)
        self.counted.add(place)
        ref = QuotaRef(from_zone, to_zone, period)
        self.emit("QuotaConsumed", token, customer_id, ref.number, amount, used)
        return ref, approver

    def restore(
        self, token: str, ref: QuotaRef, payer: str, amount: int, registry: Registry
    ) -> None:
        customer_id = registry.participant_of(payer).customer_id
        place = (token, ref.from_zone, ref.to_zone, customer_id)
        used = self._used(*place, ref.period)
        restored = min(amount, used)
        if restored == 0:
            return
        self.usage[place] = (ref.period, used - restored)
        self.emit("QuotaRestored", token, customer_id, ref.number, restored, used - restored)

    # Views

    def direct_transfers(self, token: str, from_zone: int, to_zone: int) -> bool:
        return self.corridors.get((token, from_zone, to_zone), UNSET).direct_transfers

    def remaining_quota(self, token: str, from_zone: int, to_zone: int, customer_id: int) -> int:
        corridor = self.corridors.get((token, from_zone, to_zone), UNSET)
        if corridor.period == Period.NONE:
            return NO_QUOTA
        period = self._present_period(corridor)
        used = self._used(token, from_zone, to_zone, customer_id, period)
        return max(0, corridor.quota - used)

    def _used(self, token: str, from_zone: int, to_zone: int, customer: int, period: int) -> int:
        """What was used in a period, 0 once a later one has begun to count."""
        counted, used = self.usage.get((token, from_zone, to_zone, customer), (0, 0))
        return used if counted == period else 0

    def _present_period(self, corridor: Corridor) -> int:
        """Days or months since 1970, or the year, by the corridor's clock."""
        offset = timedelta(minutes=15 * corridor.utc_offset_quarters)
        today = (datetime.fromtimestamp(self.now, UTC) + offset).date()
        if corridor.period == Period.DAY:
            return (today - EPOCH).days
        if corridor.period == Period.MONTH:
            return (today.year - 1970) * 12 + today.month - 1
        return today.year
