"""How single values of the demo's files are read."""

import re
from decimal import Decimal

from deposit_token.errors import InputError
from deposit_token.values.money import Money

MAX_AMOUNT = 10**18 - 1
"""Greatest amount in minor units: ISO 20022 amounts have 18 digits, decimals counted."""

_SHARE = re.compile(r"0\.[0-9]{1,9}")


def read_amount(value: str, code: str) -> Money:
    """An amount as `Money.parse` reads it, of at most 18 digits; raises InputError otherwise."""
    money = Money.parse(value, code)
    if abs(money.amount) > MAX_AMOUNT:
        raise InputError("amount", value, "at most 18 digits, decimals counted")
    return money


def read_positive_amount(value: str, code: str) -> Money:
    """An amount above zero, as `read_amount` reads it."""
    money = read_amount(value, code)
    if money.amount <= 0:
        raise InputError("amount", value, "an amount above zero")
    return money


def read_share(value: str) -> Decimal:
    """A part of the whole, as text between "0" and "1"; raises InputError otherwise.

    >>> read_share("0.6")
    Decimal('0.6')
    """
    if not _SHARE.fullmatch(value) or not Decimal(value):
        raise InputError("share", value, 'text between "0" and "1", such as "0.5"')
    return Decimal(value)
