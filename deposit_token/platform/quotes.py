"""Quotes: at which rate a dealer takes one currency for another, and until when."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import ceil, floor

from deposit_token.errors import InputError
from deposit_token.values.fields import Address, Time, checked, take_fields
from deposit_token.values.money import Currency, Money
from deposit_token.values.rates import Rate


class Rounding(Enum):
    """How an exact amount becomes one of whole minor units."""

    HALF_EVEN = "half even"
    UP = "up"
    DOWN = "down"


_ROUNDED: dict[Rounding, Callable[[Fraction], int]] = {
    Rounding.HALF_EVEN: round,
    Rounding.UP: ceil,
    Rounding.DOWN: floor,
}


@dataclass(frozen=True)
class Quote:
    """A dealer's offer: the payer's currency for the merchant's at one rate, until a moment.

    Amounts are exact before the one rounding. Raises InputError for a value that is not of its
    kind.

    >>> from datetime import date
    >>> from decimal import Decimal
    >>> hkd, eur = Currency.of("HKD"), Currency.of("EUR")
    >>> rate = Rate(hkd, eur, Decimal("0.1085"), date(2026, 5, 7))
    >>> quote = Quote(f"0x{4:040}", rate, valid_until=1_772_456_400)
    >>> print(quote.source(Money(275_01, hkd), eur), quote.target(Money(29_84, eur), hkd))
    29.84 EUR 275.02 HKD
    """

    dealer: Address
    """Takes the source and gives the target amount."""
    rate: Rate
    """Units of the payer's currency per unit of the merchant's, and the day that it is of."""
    valid_until: Time
    """Unix seconds, exclusive: the dealer signs for no longer."""
    rounding: Rounding = Rounding.HALF_EVEN

    def __post_init__(self) -> None:
        take_fields(self)

    @checked
    def source(self, target: Money, currency: Currency) -> Money:
        """What the payer pays in its currency so that the merchant is paid `target`.

        `currency` has the decimals of the payer's token. Raises InputError for currencies that are
        not those of the rate.
        """
        self._require(currency, target.currency)
        return self._converted(target, Fraction(self.rate.value), currency)

    @checked
    def target(self, source: Money, currency: Currency) -> Money:
        """What the merchant gives in its currency so that the payer gets `source`; as `source`."""
        self._require(source.currency, currency)
        return self._converted(source, 1 / Fraction(self.rate.value), currency)

    def _require(self, source: Currency, target: Currency) -> None:
        base, quote = self.rate.base, self.rate.quote
        if (target.code, source.code) != (base.code, quote.code):
            found, accepted = f"a rate from {base} to {quote}", f"one from {target} to {source}"
            raise InputError("quote", found, accepted)

    def _converted(self, money: Money, factor: Fraction, to: Currency) -> Money:
        scale = Fraction(10) ** (to.exponent - money.currency.exponent)
        return Money(_ROUNDED[self.rounding](money.amount * factor * scale), to)
