"""Order files: what the demo's merchants sold, and what they took back."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, get_args

from deposit_token.demo.config import Buyers, Column, DemoConfig
from deposit_token.demo.fields import read_amount
from deposit_token.deployment.config import read_country
from deposit_token.errors import InputError
from deposit_token.values.money import Currency, Money
from deposit_token.values.references import canonical
from deposit_token.values.tables import read_text

COLUMNS: tuple[Column, ...] = get_args(Column)
"""The columns of an order file, in any order, unless the configuration maps other names."""

# Stricter than fromisoformat, which also takes dates alone, week dates and fractions.
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


class OrderKind(StrEnum):
    SALE = "sale"
    CANCELLATION = "cancellation"
    """Gives back an amount of earlier sales to the same customer; it doesn't say which."""


@dataclass(frozen=True)
class Order:
    """One row of an order file that is to be paid or given back."""

    line: int
    """The row's last line in the file, from 1."""
    invoice: str
    kind: OrderKind
    timestamp: datetime
    """In UTC."""
    customer: str
    country: str
    """The buyer's, ISO 3166-1 alpha-2."""
    amount: Money
    """What the merchant is owed, or gives back; above zero for both kinds."""
    buyer_currency: Currency
    """What the buyer pays in; a bank of the configuration issues it."""


@dataclass(frozen=True)
class Skipped:
    """One row of an order file that is left out, and why."""

    line: int
    """The row's last line in the file, from 1."""
    invoice: str
    reason: str


@dataclass(frozen=True)
class OrderFile:
    orders: tuple[Order, ...]
    """By timestamp, and by line where two are equal."""
    skipped: tuple[Skipped, ...]
    """By line."""


def read_orders(path: Path, config: DemoConfig) -> OrderFile:
    """Read an order file whole: CSV as of RFC 4180 in UTF-8, one header, one row an order.

    A sale's amount is positive, a cancellation's negative, both in major units. A timestamp
    without an offset is in UTC. Blanks around a cell don't count. Left out, and listed, are rows
    without a customer (so all that are empty, as spreadsheets leave them behind), of amount zero,
    or whose buyer pays in a currency that no bank of the configuration issues.

    Raises InputError, which names the line, if anything else in the file can't be taken: the
    file is then refused as a whole. So it is for an invoice that is there twice, and for an invoice
    or customer that is spelt in two ways (`a-1` after `A-1`), here or in an event.
    """
    rows = _read_rows(path, config)
    if not rows:
        raise InputError(f"{path}: orders", 0, "at least one")
    orders: list[Order] = []
    skipped: list[Skipped] = []
    lines: dict[str, int] = {}
    customers: dict[str, tuple[str, int]] = {}
    for row in rows:
        if not any(row.cells.values()):
            skipped.append(Skipped(row.line, "", "no customer"))
            continue
        order = _read_order(row, config)
        line = lines.setdefault(canonical(order.invoice), row.line)
        if line != row.line:
            raise row.refusal("invoice", f"a number not used before (line {line} has it)")
        spelt, line = customers.setdefault(canonical(order.customer), (order.customer, row.line))
        if spelt != order.customer:
            raise row.refusal("customer", f"{spelt}, as line {line} spells it")
        reason = _reason_to_skip(order, config)
        if reason is None:
            orders.append(order)
        else:
            skipped.append(Skipped(row.line, order.invoice, reason))
    _require_spelt_alike(path, orders, config)
    return OrderFile(tuple(sorted(orders, key=lambda order: order.timestamp)), tuple(skipped))


def _require_spelt_alike(path: Path, orders: Iterable[Order], config: DemoConfig) -> None:
    """An event that no order heeds for its spelling would be lost."""
    events = {canonical(event.invoice): event.invoice for event in config.events}
    for order in orders:
        event = events.get(canonical(order.invoice), order.invoice)
        if event != order.invoice:
            accepted = f"{event}, as the event of the configuration spells it"
            raise InputError(f"{path} line {order.line}: invoice", order.invoice, accepted)


def allocate(
    amount: Money, refundable: Sequence[tuple[str, Money]]
) -> list[tuple[str, Money]] | None:
    """Which sales a cancellation gives back, and how much of each.

    `refundable` lists a customer's earlier sales, newest first, with what can still be refunded
    of each, in the cancellation's currency. Each is used up before the next; sales with nothing
    left are passed over. None if all together don't cover the amount. Raises InputError for
    amounts of two currencies.

    >>> eur = Currency.of("EUR")
    >>> sales = [("S-2", Money(500, eur)), ("S-1", Money(900, eur))]
    >>> [(invoice, str(part)) for invoice, part in allocate(Money(700, eur), sales)]
    [('S-2', '5.00 EUR'), ('S-1', '2.00 EUR')]
    >>> allocate(Money(1401, eur), sales) is None
    True
    """
    nothing = Money(0, amount.currency)
    rest = amount
    parts = []
    for invoice, left in refundable:
        part = min(rest, left)
        if part > nothing:
            parts.append((invoice, part))
            rest -= part
    return None if rest > nothing else parts


@dataclass(frozen=True)
class _Row:
    place: str
    """File and line, for messages."""
    line: int
    columns: dict[str, str]
    """Own column, or `buyer_currency`, → the file's name for it."""
    cells: dict[str, str]
    """Own column, or `buyer_currency`, → the row's text."""

    def read(self, own: str, reader: Callable[[str], T]) -> T:
        try:
            return reader(self.cells[own])
        except InputError as error:
            raise self.refusal(own, error.accepted) from None

    def refusal(self, own: str, accepted: str) -> InputError:
        return InputError(f"{self.place}: {self.columns[own]}", self.cells[own], accepted)


def _read_rows(path: Path, config: DemoConfig) -> list[_Row]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        accepted = f"a file that can be read ({error.strerror})"
        raise InputError("order file", str(path), accepted) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path} line {line}", error.object[error.start : error.end], "UTF-8"
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    before = 0
    try:
        header = [cell.strip() for cell in next(reader, [])]
        columns = _find_columns(f"{path} line 1: columns", header, config)
        before = reader.line_num
        for cells in reader:
            before = reader.line_num
            if not cells:
                continue
            place = f"{path} line {reader.line_num}"
            if len(cells) != len(header):
                raise InputError(
                    f"{place}: number of cells", len(cells), f"{len(header)} as in line 1"
                )
            cell = dict(zip(header, (each.strip() for each in cells), strict=True))
            cells_by_own = {own: cell[name] for own, name in columns.items()}
            rows.append(_Row(place, reader.line_num, columns, cells_by_own))
    except csv.Error as error:
        # The row's first line: a quote that is never closed takes in all lines below it.
        raise InputError(f"{path} line {before + 1}", str(error), "CSV as of RFC 4180") from None
    return rows


def _find_columns(field: str, header: list[str], config: DemoConfig) -> dict[str, str]:
    """Own column, or `buyer_currency`, → the file's name for it, all of them in the header."""
    columns: dict[str, str] = {own: config.orders.columns.get(own, own) for own in COLUMNS}
    if config.orders.currency_value is not None:
        del columns["currency"]
    if config.buyers.currency_column is not None:
        columns["buyer_currency"] = config.buyers.currency_column
    wanted = columns.values()
    missing = [name for name in wanted if name not in header]
    if missing:
        accepted = f"a header that also has {', '.join(missing)}"
        raise InputError(field, ",".join(header), accepted)
    for name in header:
        if name not in wanted and name not in config.orders.ignore:
            accepted = f"{', '.join(wanted)}, or what orders.ignore lists"
            raise InputError(field, name, accepted)
        if header.count(name) > 1:
            raise InputError(field, name, "each column once")
    return columns


def _read_order(row: _Row, config: DemoConfig) -> Order:
    """The row's order; its customer may be empty and its amount zero."""
    kind = row.read("kind", _read_kind)
    currency = config.orders.currency_value or row.read("currency", Currency.of)
    if config.merchant(currency) is None:
        paid_in = ", ".join(merchant.currency.code for merchant in config.merchants)
        raise row.refusal("currency", f"what a merchant of the configuration is paid in: {paid_in}")
    amount = row.read("amount", lambda text: read_amount(text, currency.code))
    if kind is OrderKind.SALE and amount.amount < 0:
        raise row.refusal("amount", "an amount above zero for a sale")
    if kind is OrderKind.CANCELLATION and amount.amount > 0:
        raise row.refusal("amount", "an amount below zero for a cancellation")
    country = row.read("country", read_country)
    return Order(
        line=row.line,
        invoice=row.read("invoice", read_text),
        kind=kind,
        timestamp=row.read("timestamp", _read_timestamp),
        customer=row.read("customer", read_text) if row.cells["customer"] else "",
        country=country,
        amount=Money(abs(amount.amount), currency),
        buyer_currency=_buyer_currency(row, country, config.buyers),
    )


def _buyer_currency(row: _Row, country: str, buyers: Buyers) -> Currency:
    if buyers.default is None:
        return row.read("buyer_currency", Currency.of)
    return buyers.currency_by_country.get(country, buyers.default)


def _reason_to_skip(order: Order, config: DemoConfig) -> str | None:
    if not order.customer:
        return "no customer"
    if order.amount.amount == 0:
        return "amount zero"
    if config.issuer(order.buyer_currency) is None:
        return f"no bank of the configuration issues {order.buyer_currency}"
    return None


def _read_kind(text: str) -> OrderKind:
    try:
        return OrderKind(text)
    except ValueError:
        raise InputError("kind", text, " or ".join(OrderKind)) from None


def _read_timestamp(text: str) -> datetime:
    accepted = "ISO 8601 from 1970 on such as 2026-03-02T09:30:00Z, in UTC if without offset"
    refusal = InputError("timestamp", text, accepted)
    if not _TIMESTAMP.fullmatch(text):
        raise refusal
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refusal from None
    if moment < _EPOCH:
        raise refusal
    return moment
