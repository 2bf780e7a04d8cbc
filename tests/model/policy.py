"""The model's policy: what of one bank's tokens may cross which border, and how much of it."""

from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

from tests.model.access import restricted
from tests.model.books import NOBODY, Books, Contract, Refused
from tests.model.registry import Registry

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

    @property
    def calendar(self) -> tuple[Period, int]:
        """What numbers the periods, and can't change once a quota was counted."""
        return self.period, self.utc_offset_quarters


UNSET = Corridor()


class QuotaRef(NamedTuple):
    """Where a quota was counted."""

    from_zone: int
    to_zone: int
    period: int

    @property
    def number(self) -> int:
        return self.from_zone << 24 | self.to_zone << 16 | self.period


Place = tuple[str, int, int]
"""A token and two zones, the payer's and the merchant's."""


class Policy(Contract):
    def __init__(self, books: Books, name: str, bank: str) -> None:
        super().__init__(books, name, bank)
        self.corridors: dict[Place, Corridor] = {}
        self.suspended: set[Place] = set()
        self.counted: set[Place] = set()
        """Corridors in which a quota was ever counted."""
        self.usage: dict[tuple[str, int, int, int], tuple[int, int]] = {}
        """By token, zones and customer: the period that was counted last, and the amount used."""
        self.approver = NOBODY

    # Admin

    @restricted("admin")
    def setCorridor(self, caller, token, from_zone, to_zone, corridor):
        self._set_corridor((token, from_zone, to_zone), corridor)

    @restricted("admin")
    def setApprover(self, caller, approver):
        self._set_approver(approver)

    # Policy officer

    @restricted("policy officer")
    def narrowCorridor(self, caller, token, from_zone, to_zone, corridor):
        place = (token, from_zone, to_zone)
        present = self.corridor(*place)
        narrower = (
            corridor.open <= present.open
            and corridor.direct_transfers <= present.direct_transfers
            and corridor.approval_needed >= present.approval_needed
            and corridor.purpose_required >= present.purpose_required
            and corridor.min_amount >= present.min_amount
            and corridor.max_amount <= present.max_amount
            and corridor.quota <= present.quota
        )
        if not narrower or corridor.calendar != present.calendar:
            raise Refused("CorridorNotNarrower", corridor, present)
        self._set_corridor(place, corridor)

    @restricted("policy officer")
    def suspendCorridor(self, caller, *place):
        self._suspend(place)

    # Guardian

    @restricted("guardian")
    def stopCorridor(self, caller, *place):
        self._suspend(place)

    @restricted("guardian")
    def removeApprover(self, caller):
        self._set_approver(NOBODY)

    # Releaser

    @restricted("releaser")
    def resumeCorridor(self, caller, *place):
        if place not in self.suspended:
            raise Refused("SuspensionUnchanged", *place, False)
        self.suspended.remove(place)
        self.emit("CorridorResumed", *place)

    # A token

    def consume(
        self,
        token: str,
        purpose: str,
        payer: str,
        amount: int,
        from_zone: int,
        to_zone: int,
        registry: Registry,
    ) -> tuple[QuotaRef | None, str]:
        """Where the amount was counted, if it was, and who must have approved the payment."""
        place = (token, from_zone, to_zone)
        corridor = self.corridor(*place)
        if not corridor.open:
            raise Refused("CorridorClosed", *place)
        if place in self.suspended:
            raise Refused("CorridorIsSuspended", *place)
        if not corridor.min_amount <= amount <= corridor.max_amount:
            raise Refused("AmountOutsideLimits", amount, corridor.min_amount, corridor.max_amount)
        if corridor.purpose_required and purpose == "":
            raise Refused("PurposeRequired", from_zone, to_zone)
        if corridor.approval_needed and self.approver == NOBODY:
            raise Refused("NoApprover")
        approver = self.approver if corridor.approval_needed else NOBODY
        if corridor.period == Period.NONE:
            return None, approver

        customer_id = registry.customer_id_of(payer)
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
        customer_id = registry.customer_id_of(payer)
        place = (token, ref.from_zone, ref.to_zone, customer_id)
        used = self._used(*place, ref.period)
        restored = min(amount, used)
        if restored == 0:
            return
        self.usage[place] = (ref.period, used - restored)
        self.emit("QuotaRestored", token, customer_id, ref.number, restored, used - restored)

    # Views

    def corridor(self, *place: Any) -> Corridor:
        return self.corridors.get(place, UNSET)

    def direct_transfers(self, *place: Any) -> bool:
        return self.corridor(*place).direct_transfers and place not in self.suspended

    def remaining_quota(self, token: str, from_zone: int, to_zone: int, customer_id: int) -> int:
        corridor = self.corridor(token, from_zone, to_zone)
        if corridor.period == Period.NONE:
            return NO_QUOTA
        period = self._present_period(corridor)
        used = self._used(token, from_zone, to_zone, customer_id, period)
        return max(0, corridor.quota - used)

    def _set_corridor(self, place: Place, corridor: Corridor) -> None:
        self._require_zones(place)
        if corridor.min_amount > corridor.max_amount:
            raise Refused("LimitsCrossed", corridor.min_amount, corridor.max_amount)
        if corridor.period == Period.NONE and corridor.quota != 0:
            raise Refused("QuotaWithoutPeriod", corridor.quota)
        if not -48 <= corridor.utc_offset_quarters <= 56:
            raise Refused("OffsetOutOfRange", corridor.utc_offset_quarters, -48, 56)
        fixed = self.corridor(*place).calendar
        if place in self.counted and corridor.calendar != fixed:
            raise Refused("PeriodFixed", *corridor.calendar, *fixed)
        self.corridors[place] = corridor
        self.emit("CorridorSet", *place, corridor)

    def _suspend(self, place: Place) -> None:
        self._require_zones(place)
        if place in self.suspended:
            raise Refused("SuspensionUnchanged", *place, True)
        self.suspended.add(place)
        self.emit("CorridorSuspended", *place)

    def _set_approver(self, approver: str) -> None:
        self.approver = approver
        self.emit("ApproverSet", approver)

    def _require_zones(self, place: Place) -> None:
        _, *zones = place
        if 0 in zones:
            raise Refused("ZeroZone", *zones)

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


class StubbornPolicy(Policy):
    """Lets every payment pass and restores nothing of what it says it has counted."""

    def consume(
        self,
        token: str,
        purpose: str,
        payer: str,
        amount: int,
        from_zone: int,
        to_zone: int,
        registry: Registry,
    ) -> tuple[QuotaRef | None, str]:
        return QuotaRef(from_zone, to_zone, 1), NOBODY

    def restore(
        self, token: str, ref: QuotaRef, payer: str, amount: int, registry: Registry
    ) -> None:
        raise Refused("Counted")
