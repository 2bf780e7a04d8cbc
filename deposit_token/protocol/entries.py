"""Ledger entries: the numbered lines of a bank's ledger that mints and burns refer to."""

from dataclasses import dataclass
from typing import Self

from deposit_token.errors import InputError

_BITS = 64
_HIGHEST = 2**_BITS - 1


@dataclass(frozen=True, order=True)
class LedgerEntry:
    """One line of one ledger, ordered by ledger, then by sequence number.

    Raises InputError unless both numbers are unsigned 64-bit integers.

    >>> hex(LedgerEntry(ledger_id=7, sequence=1).id)
    '0x70000000000000001'
    """

    ledger_id: int
    """Number of the ledger, given to one minter of the bank."""
    sequence: int
    """Number of the line within its ledger."""

    def __post_init__(self) -> None:
        for field, value in (("ledger id", self.ledger_id), ("sequence", self.sequence)):
            if type(value) is not int or not 0 <= value <= _HIGHEST:
                raise InputError(field, value, f"an integer from 0 to {_HIGHEST}")

    @property
    def id(self) -> int:
        """The 128-bit id the token consumes: ledger id in the upper half, sequence below."""
        return self.ledger_id << _BITS | self.sequence

    @classmethod
    def from_id(cls, entry_id: int) -> Self:
        """The entry of a 128-bit id; raises InputError for any other value.

        >>> LedgerEntry.from_id(0x70000000000000001)
        LedgerEntry(ledger_id=7, sequence=1)
        """
        if type(entry_id) is not int or not 0 <= entry_id < 2 ** (2 * _BITS):
            raise InputError("ledger entry id", entry_id, "an unsigned 128-bit integer")
        return cls(entry_id >> _BITS, entry_id & _HIGHEST)
