"""Money: an integer number of minor units of an ISO 4217 currency, never a float."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import total_ordering
from typing import Annotated, Any, Self

import iso4217

from deposit_token.errors import InputError
from deposit_token.values.fields import Kind, TextKind, UintKind, checked, take_fields

# 39 digits hold every 128-bit token amount, and keep hostile input away from int().
_AMOUNT = re.compile(r"(-?)([0-9]{1,39})(?:\.([0-9]+))?")


class FactorKind(Kind):
    """What an amount may be multiplied by."""

    def __init__(self) -> None:
        super().__init__(Decimal, "a finite Decimal above zero")

    def _holds(self, value: Any) -> bool:
        return isinstance(value, Decimal) and value.is_finite() and value > 0


Factor = Annotated[Decimal, FactorKind()]


@dataclass(frozen=True)
class Currency:
    """An ISO 4217 currency; take it from `Currency.of`.

    >>> Currency.of("JPY")
    Currency(code='JPY', numeric=392, exponent=0)
    """

    code: Annotated[str, TextKind("[A-Z]{3}", "three capital letters")]
    """Alphabetic code, three capital letters."""
    numeric: Annotated[int, UintKind(16, least=1, most=999)]
    """Numeric code, 1 to 999."""
    exponent: Annotated[int, UintKind(8)]
    """Decimals of the minor unit: 2 for EUR, 0 for JPY, 3 for BHD."""

    def __post_init__(self) -> None:
        take_fields(self)

    @classmethod
    def of(cls, code: str) -> "Currency":
        """The currency of an alphabetic code: of ISO 4217's list one, or of `HISTORIC`.

        Raises InputError for any other code, and for those without a minor unit (XAU, XXX).
        """
        try:
            if code in HISTORIC:
                return HISTORIC[code]
            listed = iso4217.Currency(code)
        except (TypeError, ValueError):
            accepted = "an ISO 4217 currency code in capital letters, such as EUR"
            raise InputError("currency", code, accepted) from None
        if listed.exponent is None:
            raise InputError("currency", code, "an ISO 4217 currency that has a minor unit")
        return cls(listed.code, listed.number, listed.exponent)

    def __str__(self) -> str:
        return self.code


HISTORIC = {
    currency.code: currency
    for currency in (
        Currency("BGN", 975, 2),
        Currency("CYP", 196, 2),
        Currency("EEK", 233, 2),
        Currency("HRK", 191, 2),
        Currency("LTL", 440, 2),
        Currency("LVL", 428, 2),
        Currency("MTL", 470, 2),
        Currency("SIT", 705, 2),
        Currency("SKK", 703, 2),
    )
}
"""Currencies that gave way to the euro, as past payments and ECB rates still name them.

Codes are those of ISO 4217's list three, which the iso4217 package leaves
out. List three has no minor units; each of these currencies was divided into hundredths. The
ECB also quoted ROL and TRL until 2005; they are left out, as sources differ on their decimals.
"""


LAST_DAYS = {
    "BGN": date(2025, 12, 31),
    "CYP": date(2007, 12, 31),
    "EEK": date(2010, 12, 31),
    "HRK": date(2022, 12, 31),
    "LTL": date(2014, 12, 31),
    "LVL": date(2013, 12, 31),
    "MTL": date(2007, 12, 31),
    "SIT": date(2006, 12, 31),
    "SKK": date(2008, 12, 31),
}
"""The last day of each of `HISTORIC` as a currency of its own."""


@total_ordering
@dataclass(frozen=True)
class Money:
    """An amount in minor units (cents for EUR, whole yen for JPY) of one currency.

    Adding, subtracting and ordering take two amounts of one currency and raise InputError for
    two currencies. Amounts may be negative.

    >>> eur = Currency.of("EUR")
    >>> print(Money(1234, eur) + Money(66, eur))
    13.00 EUR
    >>> Money(1, eur) < Money(2, eur)
    True
    >>> Money(1, eur) + Money(1, Currency.of("USD"))
    Traceback (most recent call last):
    deposit_token.errors.InputError: currency: found 'USD', accepted is EUR.
    """

    amount: int
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise InputError("amount", self.amount, "an integer number of minor units")
        if not isinstance(self.currency, Currency):
            raise InputError("currency", self.currency, "a Currency, as from Currency.of")

    @classmethod
    def parse(cls, text: str, currency: str | Currency) -> Self:
        """Read an amount in major units in plain decimal notation, as `format` writes it.

        `currency` is one, or its code. Taken are ASCII digits with at most the currency's decimals,
        and a leading minus. Raises InputError for anything else: a plus, blanks, grouping, an
        exponent, a float.

        >>> Money.parse("12.3", "EUR").amount
        1230
        >>> Money.parse("0.5", "JPY")
        Traceback (most recent call last):
        deposit_token.errors.InputError: amount: found '0.5', accepted is no decimals in JPY.
        """
        currency = currency if isinstance(currency, Currency) else Currency.of(currency)
        match = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            accepted = "plain decimal text such as '12.34', at most 39 digits before the point"
            raise InputError("amount", text, accepted)
        sign, whole, decimals = match[1], match[2], match[3] or ""
        if len(decimals) > currency.exponent:
            limit = f"at most {currency.exponent}" if currency.exponent else "no"
            raise InputError("amount", text, f"{limit} decimals in {currency}")
        return cls(int(sign + whole + decimals.ljust(currency.exponent, "0")), currency)

    def format(self) -> str:
        """The amount in major units with all of the currency's decimals; `parse` reads it.

        >>> Money(-5, Currency.of("BHD")).format()
        '-0.005'
        """
        sign = "-" if self.amount < 0 else ""
        exponent = self.currency.exponent
        digits = str(abs(self.amount)).rjust(exponent + 1, "0")
        if exponent == 0:
            return sign + digits
        return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"

    def __str__(self) -> str:
        return f"{self.format()} {self.currency}"

    @checked
    def convert(self, rate: Factor, to: Currency) -> "Money":
        """This amount in another currency, rounded half even to its minor unit.

        `rate` is in major units of `to` per major unit of this currency. The product is exact
        before the one rounding, whatever the decimal context. Raises InputError unless `rate`
        is a finite Decimal above zero.

        >>> print(Money.parse("100.00", "EUR").convert(Decimal("132.455"), Currency.of("JPY")))
        13246 JPY
        """
        scale = Fraction(10) ** (to.exponent - self.currency.exponent)
        return Money(round(self.amount * Fraction(rate) * scale), to)

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount + self._amount_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount - self._amount_of(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount < self._amount_of(other)

    def _amount_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise InputError("currency", other.currency.code, self.currency.code)
        return other.amount
