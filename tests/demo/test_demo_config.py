import re
from decimal import Decimal

import pytest

from deposit_token.demo.config import DemoConfig, EventKind
from deposit_token.errors import InputError
from deposit_token.values.money import HISTORIC, Currency, Money
from tests.files import EXAMPLES
from tests.refusals import refuses, says

CNY, HKD, EUR, JPY = (Currency.of(code) for code in ("CNY", "HKD", "EUR", "JPY"))

SMALLEST = """
[platform]
fee_bps = 50
authorize_minutes = 30
shipping_hours = 24
capture_days = 7
refund_days = 60

[zones]
EEA = ["DE", "FR"]
HK = ["HK"]

[[banks]]
id = "exporters"
name = "Exporters' Bank (HK)"
country = "HK"
tokens = [{ currency = "CNY", name = "Renminbi", symbol = "xCNY" }]

[[banks]]
id = "buyers"
name = "Buyers' Bank (DE)"
country = "DE"
tokens = [
  { currency = "EUR", name = "Euro", symbol = "bEUR" },
  { currency = "JPY", name = "Yen", symbol = "bJPY" },
]

[[merchants]]
id = "M-1"
name = "Exporter"
bank = "exporters"
country = "HK"
currency = "CNY"

[dealer]
name = "Dealer"
country = "LU"
inventory = { CNY = "1000000.00" }

[buyers]
default = "EUR"

[[corridors]]
token = "EUR"
from = "EEA"
to = "HK"
min = "0.01"
max = "15000"
"""


def load(folder, text):
    path = folder / "demo.toml"
    path.write_text(text, encoding="utf-8")
    return DemoConfig.load(path)


def changed(old, new):
    assert SMALLEST.count(old) == 1
    return SMALLEST.replace(old, new)


def with_corridor_key(line):
    return f"{SMALLEST}{line}\n"


def with_event(*lines):
    return "\n".join((SMALLEST, "[[events]]", *lines, ""))


def test_smallest_file_gets_no_rules_beyond_those_it_names(tmp_path):
    config = load(tmp_path, SMALLEST)
    [corridor] = config.corridors
    assert (corridor.from_zone, corridor.to_zone) == ("EEA", "HK")
    assert (corridor.min_amount, corridor.max_amount) == (Money(1, EUR), Money(1_500_000, EUR))
    assert (corridor.quota, corridor.period, corridor.utc_offset_quarters) == (None, "none", 0)
    assert not corridor.approval_needed
    assert not corridor.purpose_required
    assert not corridor.direct_transfers
    assert config.events == ()
    assert config.orders.columns == {}


def test_demo_file():
    config = DemoConfig.load(EXAMPLES / "demo.toml")
    assert config.zone_numbers == {"EEA": 1, "HK": 2}
    assert [bank.id for bank in config.banks] == ["exporters", "buyers"]
    assert config.dealer.inventory == (Money(100_000_000, CNY), Money(50_000_000, HKD))
    europe = config.corridors[0]
    assert (europe.quota, europe.period) == (Money(2_500_000, EUR), "year")
    assert europe.utc_offset_quarters == 4
    assert europe.approval_needed
    assert europe.purpose_required
    assert {event.event for event in config.events} == set(EventKind)
    assert [event.share for event in config.events if event.share] == [Decimal("0.6")]


def test_online_retail_file_has_a_corridor_for_every_token():
    config = DemoConfig.load(EXAMPLES / "online_retail.toml")
    issued = {token.currency for bank in config.banks for token in bank.tokens}
    assert {corridor.token for corridor in config.corridors} == issued
    assert {corridor.to_zone for corridor in config.corridors} == {"UK"}
    assert {corridor.from_zone for corridor in config.corridors} == set(config.zones)


def test_each_currency_has_one_bank_and_one_merchant(tmp_path):
    config = load(tmp_path, SMALLEST)
    assert config.issuer(CNY) is config.banks[0]
    assert config.issuer(JPY) is config.banks[1]
    assert config.issuer(HKD) is None
    assert config.merchant(CNY) is config.merchants[0]
    assert config.merchant(EUR) is None


def test_a_loaded_file_cannot_be_changed(tmp_path):
    config = load(tmp_path, SMALLEST)
    with pytest.raises(ValueError, match="frozen"):
        config.platform.fee_bps = 0
    assert config.platform.fee_bps == 50


@pytest.mark.parametrize(
    ("text", "quarters"), [("+00:00", 0), ("-12:00", -48), ("+14:00", 56), ("+05:45", 23)]
)
def test_utc_offset_in_quarters(tmp_path, text, quarters):
    config = load(tmp_path, with_corridor_key(f'utc_offset = "{text}"'))
    assert config.corridors[0].utc_offset_quarters == quarters


# What is changed in the smallest file; the field, value and what is accepted in the sentence.
MISTAKES = {
    "key unknown at the top": (
        "banana = 1\n" + SMALLEST,
        "top level: found 'banana', accepted is one of the keys platform, zones, banks, merchants, "
        "dealer, buyers, corridors, orders, events",
    ),
    "key unknown in a list": (
        changed('id = "exporters"', 'id = "exporters"\nbic = "X"'),
        "banks[0]: found 'bic', accepted is one of the keys id, name, country, tokens",
    ),
    "key missing": (
        changed("fee_bps = 50\n", ""),
        "platform.fee_bps: found None, accepted is a value, as the key is required",
    ),
    "table missing": (
        changed('[buyers]\ndefault = "EUR"\n', ""),
        "buyers: found None, accepted is a value, as the key is required",
    ),
    "text for a table": ("orders = 'x'\n" + SMALLEST, "orders: found 'x', accepted is a table"),
    "text for a list": (changed('["HK"]', '"HK"'), "zones.HK: found 'HK', accepted is a list"),
    "text for a number": (
        changed("fee_bps = 50", 'fee_bps = "50"'),
        "platform.fee_bps: found '50', accepted is a valid integer",
    ),
    "text for a boolean": (
        with_corridor_key('approval = "yes"'),
        "corridors[0].approval: found 'yes', accepted is a valid boolean",
    ),
    "fee too high": (
        changed("fee_bps = 50", "fee_bps = 10001"),
        "platform.fee_bps: found 10001, accepted is less than or equal to 10000",
    ),
    "shipping after the last capture": (
        changed("shipping_hours = 24", "shipping_hours = 168"),
        "platform.shipping_hours: found 168, accepted is less than the 7 capture_days in hours",
    ),
    "refunds end before captures": (
        changed("refund_days = 60", "refund_days = 6"),
        "platform.refund_days: found 6, accepted is at least the 7 of capture_days",
    ),
    "no zone": (
        changed('EEA = ["DE", "FR"]\nHK = ["HK"]\n', ""),
        "zones: found 0, accepted is 1 to 255 zones",
    ),
    "country unknown": (
        changed('["DE", "FR"]', '["DE", "XX"]'),
        "zones.EEA[1]: found 'XX', accepted is an ISO 3166-1 alpha-2 code in capital letters, "
        "such as HK",
    ),
    "country in two zones": (
        changed('["DE", "FR"]', '["DE", "HK"]'),
        "zones.HK[0]: found 'HK', accepted is a country that is listed once in all zones",
    ),
    "currency unknown": (
        changed('{ currency = "JPY"', '{ currency = "JPX"'),
        "banks[1].tokens[1].currency: found 'JPX', accepted is an ISO 4217 currency code in "
        "capital letters, such as EUR",
    ),
    "list for a currency": (
        changed('{ currency = "JPY"', '{ currency = ["JPY"]'),
        "banks[1].tokens[1].currency: found ['JPY'], accepted is text in quotes",
    ),
    "currency of two banks": (
        changed('{ currency = "JPY"', '{ currency = "CNY"'),
        "banks[1].tokens[1].currency: found 'CNY', accepted is a currency that no token before it "
        "has",
    ),
    "bank without tokens": (
        changed('[{ currency = "CNY", name = "Renminbi", symbol = "xCNY" }]', "[]"),
        "banks[0].tokens: found 0, accepted is 1 to 16 tokens of one bank",
    ),
    "bank id twice": (
        changed('id = "buyers"', 'id = "exporters"'),
        "banks[1].id: found 'exporters', accepted is an id that no bank before it has",
    ),
    "bank name twice": (
        changed("Buyers' Bank (DE)", "Exporters' Bank (HK)"),
        'banks[1].name: found "Exporters\' Bank (HK)", accepted is a name that no bank before it '
        "has",
    ),
    "token name longer than a token's": (
        changed('name = "Yen"', f'name = "{"Y" * 32}"'),
        f"banks[1].tokens[1].name: found '{'Y' * 32}', accepted is 1 to 31 printable ASCII "
        "characters",
    ),
    "token name beyond ASCII": (
        changed('name = "Yen"', 'name = "円"'),
        "banks[1].tokens[1].name: found '円', accepted is 1 to 31 printable ASCII characters",
    ),
    "name empty": (
        changed('name = "Exporter"', 'name = ""'),
        "merchants[0].name: found '', accepted is 1 to 35 printable characters",
    ),
    "merchant's bank unknown": (
        changed('bank = "exporters"', 'bank = "exporter"'),
        "merchants[0].bank: found 'exporter', accepted is the id of the bank that issues CNY",
    ),
    "merchant at another currency's bank": (
        changed('bank = "exporters"', 'bank = "buyers"'),
        "merchants[0].bank: found 'buyers', accepted is the id of the bank that issues CNY",
    ),
    "merchant outside all zones": (
        changed('bank = "exporters"\ncountry = "HK"', 'bank = "exporters"\ncountry = "US"'),
        "merchants[0].country: found 'US', accepted is a country of one of the zones",
    ),
    "two merchants of a currency": (
        SMALLEST
        + '[[merchants]]\nid = "M-2"\nname = "B"\nbank = "exporters"\ncountry = "HK"\n'
        + 'currency = "CNY"\n',
        "merchants[1].currency: found 'CNY', accepted is a currency that no merchant before it is "
        "paid in",
    ),
    "merchant id twice": (
        SMALLEST
        + '[[merchants]]\nid = "M-1"\nname = "B"\nbank = "buyers"\ncountry = "DE"\n'
        + 'currency = "EUR"\n',
        "merchants[1].id: found 'M-1', accepted is an id that no merchant before it has",
    ),
    "no merchant": (
        SMALLEST[: SMALLEST.index("[[merchants]]")].replace(
            "[platform]", "merchants = []\n[platform]"
        )
        + SMALLEST[SMALLEST.index("[dealer]") :],
        "merchants: found [], accepted is at least one merchant",
    ),
    "inventory not a table": (
        changed('{ CNY = "1000000.00" }', '"1000000.00 CNY"'),
        "dealer.inventory: found '1000000.00 CNY', accepted is a table such as "
        '{ CNY = "1000.00" }',
    ),
    "inventory as a float": (
        changed('"1000000.00"', "1000000.00"),
        "dealer.inventory.CNY: found 1000000.0, accepted is plain decimal text such as '12.34', "
        "at most 39 digits before the point",
    ),
    "inventory of zero": (
        changed('"1000000.00"', '"0"'),
        "dealer.inventory.CNY: found '0', accepted is an amount above zero",
    ),
    "inventory without a bank": (
        changed('CNY = "1000000.00"', 'CHF = "1"'),
        "dealer.inventory.CHF: found 'CHF', accepted is a currency that a bank issues: "
        "CNY, EUR, JPY",
    ),
    "buyers' currency without a bank": (
        changed('default = "EUR"', 'default = "CHF"'),
        "buyers.default: found 'CHF', accepted is a currency that a bank issues: CNY, EUR, JPY",
    ),
    "a country's currency without a bank": (
        changed('default = "EUR"', 'default = "EUR"\ncurrency_by_country = { CH = "CHF" }'),
        "buyers.currency_by_country.CH: found 'CHF', accepted is a currency that a bank issues: "
        "CNY, EUR, JPY",
    ),
    "buyers' country unknown": (
        changed('default = "EUR"', 'default = "EUR"\ncurrency_by_country = { UK = "EUR" }'),
        "buyers.currency_by_country.UK: found 'UK', accepted is an ISO 3166-1 alpha-2 code in "
        "capital letters, such as HK",
    ),
    "buyers' currency by nothing": (
        changed('default = "EUR"', ""),
        "buyers.default: found None, accepted is a currency here, or the name of a column in "
        "buyers.currency_column",
    ),
    "buyers' currency by two rules": (
        changed('default = "EUR"', 'default = "EUR"\ncurrency_column = "buyer_ccy"'),
        "buyers.currency_column: found 'buyer_ccy', accepted is no currency_column beside default "
        "and currency_by_country",
    ),
    "corridor's token without a bank": (
        changed('token = "EUR"', 'token = "CHF"'),
        "corridors[0].token: found 'CHF', accepted is a currency that a bank issues: CNY, EUR, JPY",
    ),
    "corridor's token unknown": (
        changed('token = "EUR"', 'token = "EUX"'),
        "corridors[0].token: found 'EUX', accepted is an ISO 4217 currency code in capital "
        "letters, such as EUR",
    ),
    "zone unknown": (
        changed('from = "EEA"', 'from = "EU"'),
        "corridors[0].from: found 'EU', accepted is one of the zones EEA, HK",
    ),
    "decimals of another currency": (
        changed('token = "EUR"', 'token = "JPY"'),
        "corridors[0].min: found '0.01', accepted is no decimals in JPY",
    ),
    "amount of more than 18 digits": (
        changed('max = "15000"', 'max = "10000000000000000.00"'),
        "corridors[0].max: found '10000000000000000.00', accepted is at most 18 digits, decimals "
        "counted",
    ),
    "limits crossed": (
        changed('min = "0.01"', 'min = "15000.01"'),
        "corridors[0].min: found '15000.01', accepted is at most the max of 15000.00",
    ),
    "period unknown": (
        with_corridor_key('period = "week"'),
        "corridors[0].period: found 'week', accepted is 'none', 'day', 'month' or 'year'",
    ),
    "period without a quota": (
        with_corridor_key('period = "year"'),
        "corridors[0].quota: found None, accepted is an amount, as the period is year",
    ),
    "quota without a period": (
        with_corridor_key('quota = "25000"'),
        "corridors[0].quota: found '25000.00', accepted is a quota only beside a period of day, "
        "month or year",
    ),
    "offset off the quarters": (
        with_corridor_key('utc_offset = "+01:20"'),
        "corridors[0].utc_offset: found '+01:20', accepted is quarters of an hour from "
        '"-12:00" to "+14:00", such as "+05:45"',
    ),
    "offset of no place": (
        with_corridor_key('utc_offset = "+14:15"'),
        "corridors[0].utc_offset: found '+14:15', accepted is quarters of an hour from "
        '"-12:00" to "+14:00", such as "+05:45"',
    ),
    "corridor twice": (
        SMALLEST + SMALLEST[SMALLEST.index("[[corridors]]") :],
        "corridors[1]: found 'EUR from EEA to HK', accepted is one corridor for a token and a pair "
        "of zones",
    ),
    "column of ours unknown": (
        SMALLEST + '[orders.columns]\nprice = "amount_gbp"\n',
        "orders.columns.price: found 'price', accepted is 'invoice', 'kind', 'timestamp', "
        "'customer', 'country', 'amount' or 'currency'",
    ),
    "column mapped twice": (
        SMALLEST + '[orders.columns]\namount = "a"\ncountry = "a"\n',
        "orders.columns.country: found 'a', accepted is a column that is mapped once",
    ),
    "currency both fixed and in a column": (
        SMALLEST + '[orders]\ncurrency_value = "CNY"\n[orders.columns]\ncurrency = "ccy"\n',
        "orders.columns.currency: found 'ccy', accepted is no such column beside "
        "orders.currency_value",
    ),
    "currency fixed that no merchant has": (
        SMALLEST + '[orders]\ncurrency_value = "EUR"\n',
        "orders.currency_value: found 'EUR', accepted is a currency that a merchant is paid in",
    ),
    "event unknown": (
        with_event('invoice = "S-1"', 'event = "burn"'),
        "events[0].event: found 'burn', accepted is 'partial_capture', 'void', 'expire', "
        "'block_buyer' or 'lapse_merchant'",
    ),
    "two events of an invoice": (
        with_event(
            'invoice = "S-1"', 'event = "void"', "[[events]]", 'invoice = "S-1"', 'event = "expire"'
        ),
        "events[1].invoice: found 'S-1', accepted is one event for an invoice",
    ),
    "partial capture without a share": (
        with_event('invoice = "S-1"', 'event = "partial_capture"'),
        "events[0].share: found None, accepted is the share that is captured",
    ),
    "share as a float": (
        with_event('invoice = "S-1"', 'event = "partial_capture"', "share = 0.5"),
        "events[0].share: found 0.5, accepted is text in quotes",
    ),
    "share of nothing": (
        with_event('invoice = "S-1"', 'event = "partial_capture"', 'share = "0.00"'),
        'events[0].share: found \'0.00\', accepted is text between "0" and "1", such as "0.5"',
    ),
    "share of another event": (
        with_event('invoice = "S-1"', 'event = "void"', 'share = "0.5"'),
        "events[0].share: found '0.5', accepted is no share for void",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_is_refused_in_one_sentence(tmp_path, text, sentence):
    with says(InputError, f"{tmp_path / 'demo.toml'}: {sentence}."):
        load(tmp_path, text)


def test_a_bank_has_at_most_16_tokens(tmp_path):
    codes = [code for code in HISTORIC if code != "SIT"] + ["AED", "AUD", "BHD", "BRL", "CAD"]
    codes += ["CHF", "DKK", "GBP"]
    extra = [f'{{ currency = "{code}", name = "{code}", symbol = "{code}" }},' for code in codes]
    old = '{ currency = "JPY", name = "Yen", symbol = "bJPY" },'
    assert len(load(tmp_path, changed(old, "\n".join(extra[:15]))).banks[1].tokens) == 16
    with pytest.raises(
        InputError, match=re.escape("banks[1].tokens: found 17, accepted is 1 to 16")
    ):
        load(tmp_path, changed(old, "\n".join(extra)))


def test_missing_file(tmp_path):
    path = tmp_path / "none.toml"
    with refuses("configuration", str(path), "a file that can be read (No such file or directory)"):
        DemoConfig.load(path)


def test_folder_for_a_file(tmp_path):
    with pytest.raises(InputError, match=r"a file that can be read \(Is a directory\)"):
        DemoConfig.load(tmp_path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"[platform\n", "line 1"),
        (b"[zones]\n[zones]\n", "Cannot declare"),
        (b"name = '\xe9'\n", "0xe9"),
        (b"fee_bps = " + b"9" * 5000, "integer"),
    ],
    ids=["unclosed", "declared twice", "not UTF-8", "integer without end"],
)
def test_not_toml(tmp_path, content, found):
    path = tmp_path / "demo.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"accepted is TOML in UTF-8\.$") as caught:
        DemoConfig.load(path)
    assert caught.value.field == str(path)
    assert found in caught.value.value
