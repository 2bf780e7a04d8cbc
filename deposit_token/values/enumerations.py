"""The contracts' enumerations, numbered as there, each member with its words for people."""

from enum import IntEnum
from typing import Self


class Enumeration(IntEnum):
    """A number that a contract stores, and what it is called in a sentence."""

    words: str

    def __new__(cls, number: int, words: str = "") -> Self:
        member = int.__new__(cls, number)
        member._value_ = number
        member.words = words
        return member


class PaymentStatus(Enumeration):
    """Where a payment stands; only two of them hold money."""

    NONE = 0, "never authorized"
    AUTHORIZED = 1, "authorized"
    DISPUTED = 2, "disputed"
    CAPTURED = 3, "captured"
    VOIDED = 4, "voided"
    RECLAIMED = 5, "reclaimed"
    RESOLVED = 6, "resolved"


class ParticipantStatus(Enumeration):
    """What the registry says of a wallet."""

    NONE = 0, "not registered"
    ACTIVE = 1, "active"
    BLOCKED = 2, "blocked"


class CustomerCategory(Enumeration):
    """What kind of customer a wallet belongs to."""

    RETAIL = 0, "retail"
    MERCHANT = 1, "merchant"
    INSTITUTION = 2, "institution"
    DEALER = 3, "dealer"


class RedemptionStatus(Enumeration):
    """Where a redemption stands; the first two after none are open."""

    NONE = 0, "never requested"
    REQUESTED = 1, "requested"
    ACCEPTED = 2, "accepted"
    SETTLED = 3, "settled"
    REJECTED = 4, "rejected"
    CANCELLED = 5, "cancelled"


class SystemStatus(Enumeration):
    """What a token says of an account as part of the payment system."""

    NONE = 0, "no system account"
    ACTIVE = 1, "active"
    OUTFLOW_ONLY = 2, "stopped"


class Acceptance(Enumeration):
    """What a token says of another one."""

    NONE = 0, "not accepted"
    REFUNDS_ONLY = 1, "accepted for refunds only"
    ACCEPTED = 2, "accepted"


class Period(Enumeration):
    """The calendar periods that a quota may count in."""

    NONE = 0, "no period"
    DAY = 1, "the day"
    MONTH = 2, "the month"
    YEAR = 3, "the year"


class Role(Enumeration):
    """A role's number in the bank's `AccessManager`."""

    ADMIN = 0, "ADMIN"
    """The bank's timelock: whatever widens, and everything that no other role has."""
    REGISTRAR = 1, "registrar"
    """Registers customers and renews their reviews."""
    COMPLIANCE = 2, "compliance"
    """Blocks and freezes, and diverts what can't be paid."""
    POLICY_OFFICER = 3, "policy officer"
    """Narrows and suspends corridors and other tokens."""
    TREASURER = 4, "treasurer"
    """Refills minters up to their ceilings, lowers ceilings and caps."""
    GUARDIAN = 5, "guardian"
    """Stops, cancels and takes keys away, at once, and never starts anything."""
    PAYOUT_OFFICER = 6, "payout officer"
    """Accepts and rejects redemptions."""
    RELEASER = 7, "releaser"
    """Resumes what was suspended, blocked, frozen or paused."""
    ENFORCER = 8, "enforcer"
    """Moves a holder's tokens by law, after a delay."""
    KEEPER = 9, "keeper"
    """Administers the working roles; its one member is the bank's `RoleKeeper`."""


BY_SOLIDITY_NAME: dict[str, type[Enumeration]] = {
    each.__name__: each for each in Enumeration.__subclasses__()
}
"""The enumerations as the contracts' ABIs name them."""
