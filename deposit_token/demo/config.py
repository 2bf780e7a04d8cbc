"""The demo's configuration: banks, zones, corridors, merchants and what befalls the orders."""

import tomllib
from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from deposit_token.demo.fields import (
    CountryCode,
    CurrencyCode,
    List,
    Table,
    Text,
    first_mistake,
    read_by,
    read_positive_amount,
    read_share,
    read_utc_offset,
    refusal,
)
from deposit_token.deployment.config import MAX_TOKENS, read_token_name
from deposit_token.errors import InputError
from deposit_token.protocol.payment import BPS
from deposit_token.values.money import Currency, Money

_MAX_ZONES = 255
_MAX_DAYS = 3_650

Column = Literal["invoice", "kind", "timestamp", "customer", "country", "amount", "currency"]
"""The columns of an order file, by the demo's own names."""


class Platform(Table):
    """The platform that drives the payments, and the terms that it writes into each."""

    fee_bps: int = Field(ge=0, le=BPS)
    """Fee in 1/10,000 of what the merchant is owed."""
    authorize_minutes: int = Field(ge=1, le=1_440)
    """From the order to `authorizeBy`."""
    shipping_hours: int = Field(ge=1, le=24 * _MAX_DAYS)
    """From authorizing to shipping, when the platform captures."""
    capture_days: int = Field(ge=1, le=_MAX_DAYS)
    """From authorizing to `captureBy`; longer than shipping takes."""
    refund_days: int = Field(ge=1, le=_MAX_DAYS)
    """From authorizing to `refundBy`; no less than `capture_days`."""

    @model_validator(mode="after")
    def _check_deadlines(self) -> Self:
        if self.shipping_hours >= 24 * self.capture_days:
            accepted = f"less than the {self.capture_days} capture_days in hours"
            raise InputError("platform.shipping_hours", self.shipping_hours, accepted)
        if self.refund_days < self.capture_days:
            accepted = f"at least the {self.capture_days} of capture_days"
            raise InputError("platform.refund_days", self.refund_days, accepted)
        return self


class Token(Table):
    """A deposit token of the bank it is listed under."""

    currency: CurrencyCode
    name: Annotated[str, read_by(read_token_name)]
    symbol: Text


class Bank(Table):
    """Issues one token a currency; its customers are those who pay or are paid in them."""

    id: Text
    name: Text
    country: CountryCode
    tokens: List[Token]


class Merchant(Table):
    """Who is paid for the orders in one currency."""

    id: Text
    name: Text
    bank: Text
    """Id of the bank where the merchant is a customer; it issues `currency`."""
    country: CountryCode
    currency: CurrencyCode


class Dealer(Table):
    """Takes the buyers' currencies and gives the merchants', at the reference rate of the day."""

    name: Text
    country: CountryCode
    inventory: tuple[Money, ...]
    """What it places in the escrow at the start; in the file a table of currency = "amount"."""

    @field_validator("inventory", mode="plain")
    @classmethod
    def _read_inventory(cls, table: object) -> tuple[Money, ...]:
        if not isinstance(table, dict):
            raise InputError("dealer.inventory", table, 'a table such as { CNY = "1000.00" }')
        inventory = []
        for code, amount in table.items():
            try:
                inventory.append(read_positive_amount(amount, code))
            except InputError as error:
                field = f"dealer.inventory.{code}"
                raise InputError(field, error.value, error.accepted) from None
        return tuple(inventory)


class Buyers(Table):
    """In which currency a buyer pays: by its country, or as a column of the order file says."""

    default: CurrencyCode | None = None
    """The currency of every country that `currency_by_country` doesn't name."""
    currency_by_country: Mapping[CountryCode, CurrencyCode] = {}
    currency_column: Text | None = None
    """The order file's own name of the column; instead of the other two."""

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        if self.currency_column is not None and (self.default or self.currency_by_country):
            accepted = "no currency_column beside default and currency_by_country"
            raise InputError("buyers.currency_column", self.currency_column, accepted)
        if self.currency_column is None and self.default is None:
            accepted = "a currency here, or the name of a column in buyers.currency_column"
            raise InputError("buyers.default", None, accepted)
        return self


class Corridor(Table):
    """The rules for paying with one token from one zone to another; a pair not listed is closed."""

    token: CurrencyCode
    from_zone: Text = Field(alias="from")
    to_zone: Text = Field(alias="to")
    min_amount: Money = Field(alias="min")
    """Least amount of a payment, in the token's currency, as the two below."""
    max_amount: Money = Field(alias="max")
    """Greatest amount of a payment."""
    quota: Money | None = None
    """What one customer may pay in one period; given exactly if there is a period."""
    period: Literal["none", "day", "month", "year"] = "none"
    utc_offset_quarters: Annotated[int, read_by(read_utc_offset)] = Field(0, alias="utc_offset")
    """The period's calendar, in quarters of an hour east of UTC; in the file such as "+01:00"."""
    approval_needed: bool = Field(False, alias="approval")
    """Whether the payer's bank signs each payment."""
    purpose_required: bool = Field(False, alias="purpose")
    """Whether each payment names an ISO 20022 purpose code."""
    direct_transfers: bool = False
    """Whether customers may also transfer tokens directly, uncounted."""

    @field_validator("min_amount", "max_amount", "quota", mode="plain")
    @classmethod
    def _read_amount(cls, value: str, info: ValidationInfo) -> Money | None:
        token: Currency | None = info.data.get("token")
        if token is None:  # The mistake in `token` comes first in the list of mistakes.
            return None
        try:
            return read_positive_amount(value, token.code)
        except InputError as error:
            raise refusal(error) from None


class OrderFormat(Table):
    """How the order file's columns map to the demo's own."""

    columns: Mapping[Column, Text] = {}
    """Own column → the file's name for it, where it differs."""
    currency_value: CurrencyCode | None = None
    """The currency of every order, where the file has no such column."""
    ignore: List[Text] = ()
    """Columns that the file may have and nobody reads."""


class EventKind(StrEnum):
    """What befalls a sale, other than capture of the whole on shipment."""

    PARTIAL_CAPTURE = "partial_capture"
    """Only `share` of it ships, and is captured."""
    VOID = "void"
    """The platform gives it up before shipment."""
    EXPIRE = "expire"
    """Nobody captures it; it is reclaimed when its time is over."""
    BLOCK_BUYER = "block_buyer"
    """The buyer's bank blocks the buyer before the platform authorizes."""
    LAPSE_MERCHANT = "lapse_merchant"
    """The merchant's review lapses before shipment; it claims after the renewal."""


class Event(Table):
    """What befalls one sale of the order file."""

    invoice: Text
    event: Annotated[EventKind, Field(strict=False)]
    share: Annotated[Decimal, read_by(read_share)] | None = None
    """What a partial capture captures, between 0 and 1; only there.

    Of the buyer's price, rounded down to the minor unit, but at least one; a price of one minor
    unit is captured as a whole.
    """


class DemoConfig(Table):
    """All of the demo but its orders; read it with `load`."""

    platform: Platform
    zones: Mapping[Text, List[CountryCode]]
    """Zone → its countries, for every bank of the demo."""
    banks: List[Bank]
    merchants: List[Merchant]
    dealer: Dealer
    buyers: Buyers
    corridors: List[Corridor]
    orders: OrderFormat = OrderFormat()
    events: List[Event] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check a TOML file.

        Raises InputError, which names the file and the key, for a file that can't be read or is
        not TOML, for an unknown or missing key, for a value out of range, and for values that
        don't fit together.
        """
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            accepted = f"a file that can be read ({error.strerror})"
            raise InputError("configuration", str(path), accepted) from None
        except ValueError as error:  # of TOML, of UTF-8, or an integer too long for Python
            raise InputError(str(path), str(error), "TOML in UTF-8") from None
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            mistake = first_mistake(error)
        except InputError as error:
            mistake = error
        raise InputError(f"{path}: {mistake.field}", mistake.value, mistake.accepted)

    @property
    def zone_numbers(self) -> dict[str, int]:
        """Zone → its number on the chain: from 1, in the file's order."""
        return {zone: number for number, zone in enumerate(self.zones, 1)}

    def issuer(self, currency: Currency) -> Bank | None:
        """The one bank that issues a currency; None if none does."""
        for bank in self.banks:
            if any(token.currency == currency for token in bank.tokens):
                return bank
        return None

    def merchant(self, currency: Currency) -> Merchant | None:
        """The one merchant that is paid in a currency; None if none is."""
        for merchant in self.merchants:
            if merchant.currency == currency:
                return merchant
        return None

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        self._check_zones()
        self._check_banks()
        self._check_merchants()
        self._check_currencies()
        self._check_corridors()
        self._check_order_format()
        self._check_events()
        return self

    def _check_zones(self) -> None:
        if not 1 <= len(self.zones) <= _MAX_ZONES:
            raise InputError("zones", len(self.zones), f"1 to {_MAX_ZONES} zones")
        _refuse_repeats(
            (
                (f"zones.{zone}[{n}]", country)
                for zone, countries in self.zones.items()
                for n, country in enumerate(countries)
            ),
            "a country that is listed once in all zones",
        )

    def _check_banks(self) -> None:
        _refuse_repeats(
            ((f"banks[{n}].id", bank.id) for n, bank in enumerate(self.banks)),
            "an id that no bank before it has",
        )
        _refuse_repeats(
            ((f"banks[{n}].name", bank.name) for n, bank in enumerate(self.banks)),
            "a name that no bank before it has",
        )
        _refuse_repeats(
            (
                (f"banks[{b}].tokens[{t}].currency", token.currency.code)
                for b, bank in enumerate(self.banks)
                for t, token in enumerate(bank.tokens)
            ),
            "a currency that no token before it has",
        )
        for n, bank in enumerate(self.banks):
            if not 1 <= len(bank.tokens) <= MAX_TOKENS:
                accepted = f"1 to {MAX_TOKENS} tokens of one bank"
                raise InputError(f"banks[{n}].tokens", len(bank.tokens), accepted)

    def _check_merchants(self) -> None:
        if not self.merchants:
            raise InputError("merchants", [], "at least one merchant")
        _refuse_repeats(
            ((f"merchants[{n}].id", each.id) for n, each in enumerate(self.merchants)),
            "an id that no merchant before it has",
        )
        _refuse_repeats(
            (
                (f"merchants[{n}].currency", each.currency.code)
                for n, each in enumerate(self.merchants)
            ),
            "a currency that no merchant before it is paid in",
        )
        in_a_zone = {country for countries in self.zones.values() for country in countries}
        for n, merchant in enumerate(self.merchants):
            issuer = self.issuer(merchant.currency)
            if issuer is None or issuer.id != merchant.bank:
                accepted = f"the id of the bank that issues {merchant.currency}"
                raise InputError(f"merchants[{n}].bank", merchant.bank, accepted)
            if merchant.country not in in_a_zone:
                accepted = "a country of one of the zones"
                raise InputError(f"merchants[{n}].country", merchant.country, accepted)

    def _check_currencies(self) -> None:
        """Dealer, buyers and corridors name currencies that a bank issues."""
        named = [
            (f"dealer.inventory.{each.currency}", each.currency) for each in self.dealer.inventory
        ]
        if self.buyers.default is not None:
            named.append(("buyers.default", self.buyers.default))
        for country, currency in self.buyers.currency_by_country.items():
            named.append((f"buyers.currency_by_country.{country}", currency))
        for n, corridor in enumerate(self.corridors):
            named.append((f"corridors[{n}].token", corridor.token))
        issued = ", ".join(token.currency.code for bank in self.banks for token in bank.tokens)
        for field, currency in named:
            if self.issuer(currency) is None:
                raise InputError(field, currency.code, f"a currency that a bank issues: {issued}")

    def _check_corridors(self) -> None:
        for n, each in enumerate(self.corridors):
            for key, zone in (("from", each.from_zone), ("to", each.to_zone)):
                if zone not in self.zones:
                    accepted = f"one of the zones {', '.join(self.zones)}"
                    raise InputError(f"corridors[{n}].{key}", zone, accepted)
            if each.min_amount > each.max_amount:
                accepted = f"at most the max of {each.max_amount.format()}"
                raise InputError(f"corridors[{n}].min", each.min_amount.format(), accepted)
            if each.quota is not None and each.period == "none":
                accepted = "a quota only beside a period of day, month or year"
                raise InputError(f"corridors[{n}].quota", each.quota.format(), accepted)
            if each.quota is None and each.period != "none":
                accepted = f"an amount, as the period is {each.period}"
                raise InputError(f"corridors[{n}].quota", None, accepted)
        _refuse_repeats(
            (
                (f"corridors[{n}]", f"{each.token} from {each.from_zone} to {each.to_zone}")
                for n, each in enumerate(self.corridors)
            ),
            "one corridor for a token and a pair of zones",
        )

    def _check_order_format(self) -> None:
        columns, currency = self.orders.columns, self.orders.currency_value
        if currency is not None and self.merchant(currency) is None:
            accepted = "a currency that a merchant is paid in"
            raise InputError("orders.currency_value", currency.code, accepted)
        if currency is not None and "currency" in columns:
            accepted = "no such column beside orders.currency_value"
            raise InputError("orders.columns.currency", columns["currency"], accepted)
        _refuse_repeats(
            ((f"orders.columns.{own}", name) for own, name in columns.items()),
            "a column that is mapped once",
        )

    def _check_events(self) -> None:
        _refuse_repeats(
            ((f"events[{n}].invoice", each.invoice) for n, each in enumerate(self.events)),
            "one event for an invoice",
        )
        for n, each in enumerate(self.events):
            if each.event is EventKind.PARTIAL_CAPTURE and each.share is None:
                raise InputError(f"events[{n}].share", None, "the share that is captured")
            if each.event is not EventKind.PARTIAL_CAPTURE and each.share is not None:
                accepted = f"no share for {each.event}"
                raise InputError(f"events[{n}].share", str(each.share), accepted)


def _refuse_repeats(named: Iterable[tuple[str, Hashable]], accepted: str) -> None:
    seen = set()
    for field, value in named:
        if value in seen:
            raise InputError(field, value, accepted)
        seen.add(value)
