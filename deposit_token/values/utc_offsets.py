"""Offsets from UTC, in quarters of an hour: those of the calendars that quotas count in."""

import re

from deposit_token.errors import InputError

LEAST_UTC_OFFSET, GREATEST_UTC_OFFSET = -48, 56

_UTC_OFFSET = re.compile(r"([+-])([0-9]{2}):(00|15|30|45)")


def read_utc_offset(value: str) -> int:
    """An offset such as "+05:45", in quarters of an hour; raises InputError otherwise.

    >>> read_utc_offset("+05:45"), read_utc_offset("-03:30")
    (23, -14)
    """
    match = _UTC_OFFSET.fullmatch(value)
    if match is not None:
        quarters = int(match[2]) * 4 + int(match[3]) // 15
        signed = -quarters if match[1] == "-" else quarters
        if LEAST_UTC_OFFSET <= signed <= GREATEST_UTC_OFFSET:
            return signed
    accepted = 'quarters of an hour from "-12:00" to "+14:00", such as "+05:45"'
    raise InputError("UTC offset", value, accepted)


def utc_offset_text(quarters: int) -> str:
    """The text that `read_utc_offset` reads.

    >>> utc_offset_text(23), utc_offset_text(-14)
    ('+05:45', '-03:30')
    """
    hours, rest = divmod(abs(quarters), 4)
    return f"{'-' if quarters < 0 else '+'}{hours:02}:{rest * 15:02}"
