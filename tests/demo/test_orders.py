from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deposit_token.demo.config import DemoConfig, EventKind
from deposit_token.demo.orders import COLUMNS, Order, OrderKind, Skipped, allocate, read_orders
from deposit_token.errors import InputError
from deposit_token.values.money import Currency, Money
from deposit_token.values.rates import ReferenceRates
from tests.demo.runs import HEADER
from tests.files import EXAMPLES, REAL_INVOICES
from tests.refusals import refuses, says

CNY, EUR, GBP, JPY = (Currency.of(code) for code in ("CNY", "EUR", "GBP", "JPY"))

CONFIG = """
[platform]
country = "HK"
fee_bps = 50
authorize_minutes = 30
shipping_hours = 24
capture_days = 7
refund_days = 60

[zones]
HK = ["HK"]

[[banks]]
name = "Bank"
tokens = [
  { currency = "CNY", name = "Renminbi", symbol = "xCNY", supply_cap = "1" },
  { currency = "JPY", name = "Yen", symbol = "xJPY", supply_cap = "1" },
  { currency = "EUR", name = "Euro", symbol = "xEUR", supply_cap = "1" },
]

[[merchants]]
id = "M-1"
name = "Exporter"
bank = "Bank"
country = "HK"
currency = "CNY"

[[merchants]]
id = "M-2"
name = "Exporter"
bank = "Bank"
country = "HK"
currency = "JPY"

[dealer]
name = "Dealer"
country = "HK"
inventory = {}
"""
BY_COUNTRY = '[buyers]\ndefault = "EUR"\ncurrency_by_country = { HK = "CNY" }\n'
SALE = "S-1,sale,2026-05-04T08:12:00Z,C-1,DE,24.30,CNY"


@pytest.fixture
def read(tmp_path):
    """Reads an order file of the lines given, by a configuration with the tables given."""

    def read(*lines, tables=BY_COUNTRY):
        config = tmp_path / "demo.toml"
        config.write_text(CONFIG + tables, encoding="utf-8")
        path = tmp_path / "orders.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return read_orders(path, DemoConfig.load(config))

    return read


def row(**changes):
    cells = dict(zip(COLUMNS, SALE.split(","), strict=True))
    return ",".join((cells | changes).values())


def test_sale(read):
    assert read(HEADER, SALE).orders == (
        Order(
            line=2,
            invoice="S-1",
            kind=OrderKind.SALE,
            timestamp=datetime(2026, 5, 4, 8, 12, tzinfo=UTC),
            customer="C-1",
            country="DE",
            amount=Money(2430, CNY),
            buyer_currency=EUR,
        ),
    )


def test_cancellation_has_a_negative_amount_in_the_file_alone(read):
    [order] = read(HEADER, row(kind="cancellation", amount="-24.30")).orders
    assert order.kind is OrderKind.CANCELLATION
    assert order.amount == Money(2430, CNY)


def test_buyer_currency_by_country(read):
    [order] = read(HEADER, row(country="HK")).orders
    assert order.buyer_currency == CNY


@pytest.mark.parametrize(
    "text", ["2026-05-04T08:12:00", "2026-05-04T08:12:00Z", "2026-05-04T10:12:00+02:00"]
)
def test_timestamp_becomes_utc(read, text):
    [order] = read(HEADER, row(timestamp=text)).orders
    assert order.timestamp == datetime(2026, 5, 4, 8, 12, tzinfo=UTC)
    assert order.timestamp.tzinfo is UTC


def test_orders_are_sorted_by_time_and_then_as_in_the_file(read):
    later, first, tie = "2026-05-04T12:00:00Z", "2026-05-04T13:00:00+02:00", "2026-05-04T11:00:00Z"
    file = read(
        HEADER,
        row(invoice="later", timestamp=later),
        row(invoice="first", timestamp=first),
        row(invoice="tie", timestamp=tie),
    )
    assert [order.invoice for order in file.orders] == ["first", "tie", "later"]


def test_columns_in_any_order_with_blanks_byte_order_mark_and_empty_lines(read):
    cells = SALE.split(",")
    file = read(
        "\ufeff" + ", ".join(reversed(HEADER.split(","))), "", " , ".join(reversed(cells)), ""
    )
    assert file.orders == (read(HEADER, "", SALE)).orders
    assert file.orders[0].line == 3


def test_columns_of_another_name_are_mapped(read):
    tables = """
[buyers]
currency_column = "pays in"
[orders]
currency_value = "JPY"
ignore = ["lines"]
[orders.columns]
amount = "amount_jpy"
"""
    header = "invoice,kind,timestamp,customer,country,lines,amount_jpy,pays in"
    line = "S-1,sale,2026-05-04T08:12:00Z,C-1,DE,seven,2430,EUR"
    [order] = read(header, line, tables=tables).orders
    assert order.amount == Money(2430, JPY)
    assert order.buyer_currency == EUR


def test_rows_without_customer_amount_or_token_are_skipped_and_listed(read):
    file = read(
        HEADER.replace("currency", "currency,pays"),
        row(invoice="S-1") + ",EUR",
        row(invoice="S-2", customer="") + ",EUR",
        row(invoice="S-3", amount="0.00") + ",EUR",
        row(invoice="S-4", amount="-0", kind="cancellation") + ",EUR",
        row(invoice="S-5") + ",CHF",
        tables='[buyers]\ncurrency_column = "pays"\n',
    )
    assert [order.invoice for order in file.orders] == ["S-1"]
    assert file.skipped == (
        Skipped(3, "S-2", "no customer"),
        Skipped(4, "S-3", "amount zero"),
        Skipped(5, "S-4", "amount zero"),
        Skipped(6, "S-5", "no bank of the configuration issues CHF"),
    )


TIMES = "ISO 8601 from 1970 on such as 2026-03-02T09:30:00Z, in UTC if without offset"
MISTAKES = {
    "amount with too many decimals": (
        row(amount="24.301"),
        "amount: found '24.301', accepted is at most 2 decimals in CNY",
    ),
    "amount with decimals in yen": (
        row(currency="JPY"),
        "amount: found '24.30', accepted is no decimals in JPY",
    ),
    "amount with grouping": (
        row(amount="24'300.00"),
        "amount: found \"24'300.00\", accepted is plain decimal text such as '12.34', at most 39 "
        "digits before the point",
    ),
    "amount beyond 18 digits": (
        row(amount="10000000000000000.00"),
        "amount: found '10000000000000000.00', accepted is at most 18 digits, decimals counted",
    ),
    "negative sale": (
        row(amount="-24.30"),
        "amount: found '-24.30', accepted is an amount above zero for a sale",
    ),
    "positive cancellation": (
        row(kind="cancellation"),
        "amount: found '24.30', accepted is an amount below zero for a cancellation",
    ),
    "country unknown": (
        row(country="UK"),
        "country: found 'UK', accepted is an ISO 3166-1 alpha-2 code in capital letters, such as "
        "HK",
    ),
    "currency unknown": (
        row(currency="RMB"),
        "currency: found 'RMB', accepted is an ISO 4217 currency code in capital letters, such as "
        "EUR",
    ),
    "currency without a merchant": (
        row(currency="EUR"),
        "currency: found 'EUR', accepted is what a merchant of the configuration is paid in: "
        "CNY, JPY",
    ),
    "kind unknown": (row(kind="Sale"), "kind: found 'Sale', accepted is sale or cancellation"),
    "timestamp a date alone": (
        row(timestamp="2026-05-04"),
        f"timestamp: found '2026-05-04', accepted is {TIMES}",
    ),
    "timestamp in another order": (
        row(timestamp="04.05.2026 08:12"),
        f"timestamp: found '04.05.2026 08:12', accepted is {TIMES}",
    ),
    "timestamp of no day": (
        row(timestamp="2026-02-30T08:12:00Z"),
        f"timestamp: found '2026-02-30T08:12:00Z', accepted is {TIMES}",
    ),
    "timestamp outside the calendar": (
        row(timestamp="9999-12-31T23:59:59-01:00"),
        f"timestamp: found '9999-12-31T23:59:59-01:00', accepted is {TIMES}",
    ),
    "timestamp before chain time": (
        row(timestamp="1969-12-31T23:59:59Z"),
        f"timestamp: found '1969-12-31T23:59:59Z', accepted is {TIMES}",
    ),
    "invoice missing": (
        row(invoice=""),
        "invoice: found '', accepted is 1 to 35 printable characters",
    ),
    "invoice too long": (
        row(invoice="S" * 36),
        f"invoice: found '{'S' * 36}', accepted is 1 to 35 printable characters",
    ),
    "customer with a control character": (
        row(customer="C\x001"),
        "customer: found 'C\\x001', accepted is 1 to 35 printable characters",
    ),
    "invoice twice": (
        SALE,
        "invoice: found 'S-1', accepted is a number not used before (line 2 has it)",
    ),
    "invoice twice, spelt otherwise": (
        row(invoice="s-1"),
        "invoice: found 's-1', accepted is a number not used before (line 2 has it)",
    ),
    "invoice twice, in wide letters": (
        row(invoice="Ｓ-1"),
        "invoice: found 'Ｓ-1', accepted is a number not used before (line 2 has it)",
    ),
    "invoice twice, with another dash": (
        row(invoice="S\u20111"),
        "invoice: found 'S\u20111', accepted is a number not used before (line 2 has it)",
    ),
    "invoice twice, with a mark that nobody sees": (
        row(invoice="S-1\ufe0f"),
        "invoice: found 'S-1\ufe0f', accepted is 1 to 35 printable characters, without the "
        "invisible U+FE0F",
    ),
    "customer spelt otherwise": (
        row(invoice="S-2", customer="c-1"),
        "customer: found 'c-1', accepted is C-1, as line 2 spells it",
    ),
    "cell too few": ("S-2,sale", "number of cells: found 2, accepted is 7 as in line 1"),
    "cell too many": (
        row(invoice="S-2") + ",",
        "number of cells: found 8, accepted is 7 as in line 1",
    ),
}


@pytest.mark.parametrize(("line", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_in_one_row_refuses_the_file_in_one_sentence(read, tmp_path, line, sentence):
    with says(InputError, f"{tmp_path / 'orders.csv'} line 3: {sentence}."):
        read(HEADER, SALE, line)


def test_a_skipped_row_is_checked_all_the_same(read):
    with pytest.raises(InputError, match="country: found 'XX'"):
        read(HEADER, SALE, row(invoice="S-2", customer="", country="XX"))
    with pytest.raises(InputError, match="invoice: found 'S-1'"):
        read(HEADER, SALE, row(customer=""))


def test_buyer_currency_unknown_names_the_column_of_the_file(read):
    tables = '[buyers]\ncurrency_column = "buyer_ccy"\n'
    with pytest.raises(InputError, match="line 2: buyer_ccy: found 'RMB'"):
        read(HEADER + ",buyer_ccy", SALE + ",RMB", tables=tables)


HEADER_MISTAKES = {
    "column unknown": (
        HEADER + ",colour",
        "found 'colour', accepted is invoice, kind, timestamp, customer, country, amount, "
        "currency, or what orders.ignore lists",
    ),
    "column missing": (
        "invoice,kind,timestamp,customer,country,currency",
        "found 'invoice,kind,timestamp,customer,country,currency', accepted is a header that also "
        "has amount",
    ),
    "column twice": (HEADER + ",kind", "found 'kind', accepted is each column once"),
    "nothing in the file": (
        "",
        "found '', accepted is a header that also has invoice, kind, timestamp, customer, country, "
        "amount, currency",
    ),
}


@pytest.mark.parametrize(
    ("header", "sentence"), HEADER_MISTAKES.values(), ids=HEADER_MISTAKES.keys()
)
def test_mistake_in_the_header(read, tmp_path, header, sentence):
    with says(InputError, f"{tmp_path / 'orders.csv'} line 1: columns: {sentence}."):
        read(header)


def test_header_without_orders(read):
    with pytest.raises(InputError, match=r"orders: found 0, accepted is at least one\.$"):
        read(HEADER, "")


def test_quote_left_open(read):
    with pytest.raises(InputError, match=r"line 3: found .* accepted is CSV as of RFC 4180\.$"):
        read(HEADER, SALE, '"S-2')


def test_quote_left_open_is_told_at_the_line_where_it_is_opened(read):
    """The lines below are all taken in."""
    with pytest.raises(InputError, match=r"orders\.csv line 3: found .* accepted is CSV as of RFC"):
        read(HEADER, SALE, row(invoice='"S-2'), row(invoice="S-3"), row(invoice="S-4"))


def test_row_of_commas_is_a_row_without_customer(read):
    file = read(HEADER, SALE, ",,,,,,", " , ,,,,,")
    assert [order.invoice for order in file.orders] == ["S-1"]
    assert file.skipped == (Skipped(3, "", "no customer"), Skipped(4, "", "no customer"))


def test_event_spelt_otherwise_than_its_invoice(read, tmp_path):
    tables = BY_COUNTRY + '[[events]]\ninvoice = "s-1"\nevent = "void"\n'
    with says(
        InputError,
        f"{tmp_path / 'orders.csv'} line 2: invoice: found 'S-1', accepted is s-1, as the event of "
        "the configuration spells it.",
    ):
        read(HEADER, SALE, tables=tables)


def test_missing_file(tmp_path):
    path = tmp_path / "none.csv"
    with refuses("order file", str(path), "a file that can be read (No such file or directory)"):
        read_orders(path, DemoConfig.load(EXAMPLES / "demo.toml"))


def test_not_utf_8(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(f"{HEADER}\n{row(customer='Ö')}\n".encode("latin-1"))
    with says(InputError, f"{path} line 2: found b'\\xd6', accepted is UTF-8."):
        read_orders(path, DemoConfig.load(EXAMPLES / "demo.toml"))


def cny(*amounts):
    return [(f"S-{n}", Money(amount, CNY)) for n, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("amount", "refundable", "parts"),
    [
        (500, cny(500, 900), [("S-0", Money(500, CNY))]),
        (300, cny(500, 900), [("S-0", Money(300, CNY))]),
        (501, cny(500, 900), [("S-0", Money(500, CNY)), ("S-1", Money(1, CNY))]),
        (900, cny(0, 900), [("S-1", Money(900, CNY))]),
        (1401, cny(500, 900), None),
        (1, [], None),
    ],
    ids=["all of one", "a part of one", "of two", "passing over", "more than all", "no sale"],
)
def test_allocate(amount, refundable, parts):
    assert allocate(Money(amount, CNY), refundable) == parts


@given(amount=st.integers(1, 1_000), left=st.lists(st.integers(0, 300), max_size=8))
def test_allocated_parts_add_up_within_what_is_left(amount, left):
    refundable = cny(*left)
    parts = allocate(Money(amount, CNY), refundable)
    if parts is None:
        assert amount > sum(left)
    else:
        assert sum(part.amount for _, part in parts) == amount
        assert all(0 < part.amount <= dict(refundable)[invoice].amount for invoice, part in parts)


def test_allocate_takes_one_currency():
    with pytest.raises(InputError, match="accepted is"):
        allocate(Money(1, EUR), cny(1))


@pytest.fixture(scope="module")
def config():
    return DemoConfig.load(EXAMPLES / "demo.toml")


@pytest.fixture(scope="module")
def file(config):
    return read_orders(EXAMPLES / "orders.csv", config)


@pytest.fixture(scope="module")
def paid(file):
    """What the buyer of each order pays, at the reference rate of the order's day."""
    rates = ReferenceRates()
    return {
        order.invoice: order.amount.convert(
            rates.rate(order.amount.currency, order.buyer_currency, order.timestamp.date()).value,
            order.buyer_currency,
        )
        for order in file.orders
    }


def test_examples_are_all_taken(file):
    assert Counter(order.kind for order in file.orders) == {
        OrderKind.SALE: 29,
        OrderKind.CANCELLATION: 2,
    }
    assert file.skipped == ()


def test_some_examples_fall_on_a_weekend(file):
    assert sum(order.timestamp.isoweekday() > 5 for order in file.orders) >= 4


def test_one_example_runs_over_the_quota_of_a_customer_with_two_wallets(config, file, paid):
    (corridor,) = config.banks[1].corridors
    used, over = Counter(), []
    for order in file.orders:
        if order.kind is OrderKind.SALE and order.buyer_currency == EUR:
            amount = paid[order.invoice]
            assert corridor.min_amount <= amount.amount <= corridor.max_amount
            if used[order.customer] + amount.amount > corridor.quota:
                over.append(order)
            else:
                used[order.customer] += amount.amount
    [refused] = over
    others = {each.country for each in file.orders if each.customer == refused.customer}
    assert len(others) == 2
    assert refused.invoice not in {event.invoice for event in config.events}


def test_example_cancellations_are_of_earlier_sales_captured_as_a_whole(config, file):
    befallen = {event.invoice for event in config.events}
    parts = {}
    for n, order in enumerate(file.orders):
        if order.kind is OrderKind.CANCELLATION:
            earlier = [
                (each.invoice, each.amount)
                for each in reversed(file.orders[:n])
                if each.kind is OrderKind.SALE and each.customer == order.customer
            ]
            [(invoice, part)] = allocate(order.amount, earlier)
            assert invoice not in befallen
            parts[order.invoice] = part < dict(earlier)[invoice]
    assert sorted(parts.values()) == [False, True]


def test_example_events_do_not_touch_other_orders(config, file):
    by_event = {event.event: event.invoice for event in config.events}
    order_of = {order.invoice: order for order in file.orders}
    blocked = order_of[by_event[EventKind.BLOCK_BUYER]]
    of_buyer = [each for each in file.orders if each.customer == blocked.customer]
    assert of_buyer[-1] == blocked
    lapsed = order_of[by_event[EventKind.LAPSE_MERCHANT]]
    of_merchant = [each for each in file.orders if each.amount.currency == lapsed.amount.currency]
    for before, after in pairwise(of_merchant):
        if lapsed in (before, after):
            assert after.timestamp - before.timestamp >= timedelta(days=3)


@pytest.mark.skipif(not REAL_INVOICES.exists(), reason=f"needs {REAL_INVOICES.name}")
def test_real_file():
    config = DemoConfig.load(EXAMPLES / "online_retail.toml")
    file = read_orders(REAL_INVOICES, config)
    assert Counter(order.kind for order in file.orders) == {
        OrderKind.SALE: 1867,
        OrderKind.CANCELLATION: 444,
    }
    assert Counter(each.reason for each in file.skipped) == {
        "no customer": 68,
        "amount zero": 1,
        "no bank of the configuration issues AED": 3,
        "no bank of the configuration issues BHD": 2,
        "no bank of the configuration issues LBP": 1,
        "no bank of the configuration issues SAR": 2,
    }
    assert all(a.timestamp <= b.timestamp for a, b in pairwise(file.orders))
    sales = sum(order.amount.amount for order in file.orders if order.kind is OrderKind.SALE)
    assert Money(sales, GBP) < config.dealer.inventory[0]
    # Each buyer's country lies in a zone with a corridor for its currency.
    open_from = {(each.token, each.from_zone) for bank in config.banks for each in bank.corridors}
    zone_of = {country: zone for zone, countries in config.zones.items() for country in countries}
    for order in file.orders:
        assert (order.buyer_currency.code, zone_of[order.country]) in open_from
