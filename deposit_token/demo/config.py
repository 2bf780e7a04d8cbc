"""The demo's configuration: a bank file with a scene beside the banks: merchants, a dealer, and
what befalls the orders."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from deposit_token.demo.fields import read_positive_amount, read_share
from deposit_token.deployment.config import BankConfig, BankKeys, CountryCode, Name
from deposit_token.deployment.file import DeploymentFile
from deposit_token.devchain.keys import account
from deposit_token.errors import InputError
from deposit_token.protocol.payment import BPS
from deposit_token.values.money import Currency, Money
from deposit_token.values.tables import (
    FileText,
    List,
    Table,
    load,
    read_by,
    refuse,
    refuse_repeats,
)

FIRST_LEDGER = 9_001
"""The ledger id of the first token's minter; the next token's has the next one."""
_MAX_DAYS = 3_650

FileCurrency = Annotated[Currency, read_by(Currency.of)]

Column = Literal["invoice", "kind", "timestamp", "customer", "country", "amount", "currency"]
"""The columns of an order file, by the demo's own names."""


class Platform(Table):
    """The platform that drives the payments, and the terms that it writes into each."""

    country: CountryCode
    """Where the account is that gets its fees."""
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
            refuse(self.shipping_hours, accepted, "shipping_hours")
        if self.refund_days < self.capture_days:
            accepted = f"at least the {self.capture_days} of capture_days"
            refuse(self.refund_days, accepted, "refund_days")
        return self


class Merchant(Table):
    """Who is paid for the orders in one currency."""

    id: FileText
    name: FileText
    bank: Name
    """Name of the bank where the merchant is a customer; it issues `currency`."""
    country: CountryCode
    currency: FileCurrency


class Dealer(Table):
    """Takes the buyers' currencies and gives the merchants', at the reference rate of the day."""

    name: FileText
    country: CountryCode
    inventory: tuple[Money, ...]
    """What it places in the escrow at the start; in the file a table of currency = "amount"."""

    @field_validator("inventory", mode="plain")
    @classmethod
    def _read_inventory(cls, table: object) -> tuple[Money, ...]:
        if not isinstance(table, dict):
            refuse(table, 'a table such as { CNY = "1000.00" }')
        inventory = []
        for code, amount in table.items():
            try:
                inventory.append(read_positive_amount(amount, code))
            except InputError as error:
                refuse(error.value, error.accepted, code)
        return tuple(inventory)


class Buyers(Table):
    """In which currency a buyer pays: by its country, or as a column of the order file says."""

    default: FileCurrency | None = None
    """The currency of every country that `currency_by_country` doesn't name."""
    currency_by_country: Mapping[CountryCode, FileCurrency] = {}
    currency_column: FileText | None = None
    """The order file's own name of the column; instead of the other two."""

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        if self.currency_column is not None and (self.default or self.currency_by_country):
            accepted = "no currency_column beside default and currency_by_country"
            refuse(self.currency_column, accepted, "currency_column")
        if self.currency_column is None and self.default is None:
            accepted = "a currency here, or the name of a column in buyers.currency_column"
            refuse(None, accepted, "default")
        return self


class OrderFormat(Table):
    """How the order file's columns map to the demo's own."""

    columns: Mapping[Column, FileText] = {}
    """Own column → the file's name for it, where it differs."""
    currency_value: FileCurrency | None = None
    """The currency of every order, where the file has no such column."""
    ignore: List[FileText] = ()
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

    invoice: FileText
    event: Annotated[EventKind, Field(strict=False)]
    share: Annotated[Decimal, read_by(read_share)] | None = None
    """What a partial capture captures, between 0 and 1; only there.

    Of the buyer's price, rounded down to the minor unit, but at least one; a price of one minor
    unit is captured as a whole.
    """


class DemoConfig(DeploymentFile):
    """All of the demo but its orders; read it with `load`.

    Its banks' keys are development keys, so a file names none, and minters neither. Without
    acceptances every token accepts all that merchants are paid in at other banks. Its orders may be
    of the past, and so may be its currencies.
    """

    last_days = MappingProxyType({})

    platform: Platform
    merchants: Annotated[List[Merchant], Field(min_length=1)]
    dealer: Dealer
    buyers: Buyers
    orders: OrderFormat = OrderFormat()
    events: List[Event] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check a file; raises InputError for one that can't be read or taken."""
        return load(path, cls, "configuration")

    def issuer(self, currency: Currency) -> BankConfig | None:
        """The one bank that issues a currency; None if none does."""
        for bank in self.banks:
            if any(token.currency == currency.code for token in bank.tokens):
                return bank
        return None

    def merchant(self, currency: Currency) -> Merchant | None:
        """The one merchant that is paid in a currency; None if none is."""
        for merchant in self.merchants:
            if merchant.currency == currency:
                return merchant
        return None

    @model_validator(mode="before")
    @classmethod
    def _add_development_keys(cls, file: Any) -> Any:
        if not isinstance(file, dict) or not isinstance(file.get("banks"), list):
            return file
        banks: list[Any] = []
        ledger_id = FIRST_LEDGER
        for n, bank in enumerate(file["banks"]):
            if not isinstance(bank, dict):
                banks.append(bank)
                continue
            for part in ("keys", "minters"):
                if part in bank:
                    accepted = f"no {part}, as the demo's banks have development keys"
                    refuse(bank[part], accepted, "banks", n, part)
            name = bank.get("name")
            keys = {part: account(f"bank/{name}/{part}").address for part in BankKeys.model_fields}
            minters = []
            tokens = bank.get("tokens")
            for token in tokens if isinstance(tokens, list) else ():
                # What is wrong with a token is told in its place, a cap of zero too.
                if (
                    isinstance(token, dict)
                    and {"currency", "supply_cap"} <= token.keys()
                    and str(token["supply_cap"]).strip("-0.")
                ):
                    minter = {
                        "currency": token["currency"],
                        "address": account(f"bank/{name}/minter/{token['currency']}").address,
                        "ledger_id": ledger_id,
                        "ceiling": token["supply_cap"],
                    }
                    minters.append(minter)
                ledger_id += 1
            banks.append({**bank, "keys": keys, "minters": minters})
        return {**file, "banks": banks}

    @model_validator(mode="after")
    def _check_scene(self) -> Self:
        self._check_tokens()
        self._check_merchants()
        self._check_currencies()
        self._check_order_format()
        self._check_events()
        return self

    def _check_tokens(self) -> None:
        refuse_repeats(
            (
                (("banks", b, "tokens", t, "currency"), token.currency)
                for b, bank in enumerate(self.banks)
                for t, token in enumerate(bank.tokens)
            ),
            "a currency that no token before it has",
        )
        for b, bank in enumerate(self.banks):
            for t, token in enumerate(bank.tokens):
                if token.supply_cap == 0:
                    accepted = "an amount above zero, as the demo issues it"
                    refuse(str(token.money(0)), accepted, "banks", b, "tokens", t, "supply_cap")
                digits = Currency.of(token.currency).exponent
                if token.unit.exponent != digits:
                    accepted = f"{digits}, as prices in {token.currency} have"
                    refuse(token.decimals, accepted, "banks", b, "tokens", t, "decimals")

    def _check_merchants(self) -> None:
        refuse_repeats(
            ((("merchants", n, "id"), each.id) for n, each in enumerate(self.merchants)),
            "an id that no merchant before it has",
        )
        refuse_repeats(
            (
                (("merchants", n, "currency"), each.currency.code)
                for n, each in enumerate(self.merchants)
            ),
            "a currency that no merchant before it is paid in",
        )
        for n, merchant in enumerate(self.merchants):
            issuer = self.issuer(merchant.currency)
            if issuer is None:
                accepted = f"a currency that a bank issues: {self._issued()}"
                refuse(merchant.currency.code, accepted, "merchants", n, "currency")
            if issuer.name != merchant.bank:
                accepted = f"the name of the bank that issues {merchant.currency}"
                refuse(merchant.bank, accepted, "merchants", n, "bank")
            if not any(merchant.country in countries for countries in issuer.zones.values()):
                accepted = "a country of one of its bank's zones"
                refuse(merchant.country, accepted, "merchants", n, "country")

    def _check_currencies(self) -> None:
        """Dealer and buyers name currencies that a bank issues."""
        named: list[tuple[tuple[str, ...], Currency]] = [
            (("dealer", "inventory", each.currency.code), each.currency)
            for each in self.dealer.inventory
        ]
        if self.buyers.default is not None:
            named.append((("buyers", "default"), self.buyers.default))
        for country, currency in self.buyers.currency_by_country.items():
            named.append((("buyers", "currency_by_country", country), currency))
        for place, currency in named:
            if self.issuer(currency) is None:
                refuse(currency.code, f"a currency that a bank issues: {self._issued()}", *place)

    def _issued(self) -> str:
        return ", ".join(token.currency for bank in self.banks for token in bank.tokens)

    def _check_order_format(self) -> None:
        columns, currency = self.orders.columns, self.orders.currency_value
        if currency is not None and self.merchant(currency) is None:
            accepted = "a currency that a merchant is paid in"
            refuse(currency.code, accepted, "orders", "currency_value")
        if currency is not None and "currency" in columns:
            accepted = "no such column beside orders.currency_value"
            refuse(columns["currency"], accepted, "orders", "columns", "currency")
        refuse_repeats(
            ((("orders", "columns", own), name) for own, name in columns.items()),
            "a column that is mapped once",
        )

    def _check_events(self) -> None:
        refuse_repeats(
            ((("events", n, "invoice"), each.invoice) for n, each in enumerate(self.events)),
            "one event for an invoice",
        )
        for n, each in enumerate(self.events):
            if each.event is EventKind.PARTIAL_CAPTURE and each.share is None:
                refuse(None, "the share that is captured", "events", n, "share")
            if each.event is not EventKind.PARTIAL_CAPTURE and each.share is not None:
                refuse(str(each.share), f"no share for {each.event}", "events", n, "share")
