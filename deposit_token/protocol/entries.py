"""Ledger entries: the numbered lines of a bank's ledger that mints and burns refer to."""

from dataclasses import dataclass
from typing import Self

from deposit_token.values.fields import Uint64, Uint128, checked, take_fields

_BITS = 64


@dataclass(frozen=True, order=True)
class LedgerEntry:
    """One line of one ledger, ordered by ledger, then by sequence number.

    Raises InputError unless both numbers are unsigned 64-bit integers.

    >>> hex(LedgerEntry(ledger_id=7, sequence=1).id)
    '0x70000000000000001'
    """

    ledger_id: Uint64
    """Number of the ledger, given to one minter of the bank."""
    sequence: Uint64
    """Number of the line within its ledger."""

    def __post_init__(self) -> None:
        take_fields(self)

    @property
    def id(self) -> int:
        """The 128-bit id the token consumes: ledger id in the upper half, sequence below."""
        return self.ledger_id << _BITS | self.sequence

    @classmethod
    @checked
    def from_id(cls, entry_id: Uint128) -> Self:
        """The entry of a 128-bit id; raises InputError for any other value.

        >>> LedgerEntry.from_id(0x70000000000000001)
        LedgerEntry(ledger_id=7, sequence=1)
        """
        return cls(entry_id >> _BITS, entry_id & 2**_BITS - 1)
