import re
from decimal import Decimal

import pytest

from deposit_token.demo.config import DemoConfig, EventKind
from deposit_token.devchain.keys import account
from deposit_token.errors import InputError
from deposit_token.values.money import HISTORIC, Currency, Money
from tests.files import EXAMPLES
from tests.refusals import refuses

CNY, HKD, EUR, JPY = (Currency.of(code) for code in ("CNY", "HKD", "EUR", "JPY"))

SMALLEST = """
[platform]
country = "HK"
fee_bps = 50
authorize_minutes = 30
shipping_hours = 24
capture_days = 7
refund_days = 60

[zones]
EEA = ["DE", "FR"]
HK = ["HK"]

[[banks]]
name = "Exporters' Bank (HK)"
tokens = [{ currency = "CNY", name = "Renminbi", symbol = "xCNY", supply_cap = "5000000.00" }]

[[banks]]
name = "Buyers' Bank (DE)"
tokens = [
  { currency = "EUR", name = "Euro", symbol = "bEUR", supply_cap = "5000000.00" },
  { currency = "JPY", name = "Yen", symbol = "bJPY", supply_cap = "1000000" },
]

[[banks.corridors]]
token = "EUR"
from_zone = "EEA"
to_zone = "HK"
min_amount = "0.01"
max_amount = "15000"

[[merchants]]
id = "M-1"
name = "Exporter"
bank = "Exporters' Bank (HK)"
country = "HK"
currency = "CNY"

[dealer]
name = "Dealer"
country = "LU"
inventory = { CNY = "1000000.00" }

[buyers]
default = "EUR"
"""


def load(folder, text):
    path = folder / "demo.toml"
    path.write_text(text, encoding="utf-8")
    return DemoConfig.load(path)


def changed(old, new):
    assert SMALLEST.count(old) == 1
    return SMALLEST.replace(old, new)


def with_merchant(**terms):
    row = {"id": "M-2", "name": "B", "bank": "Exporters' Bank (HK)", "country": "HK"} | terms
    return SMALLEST + "[[merchants]]\n" + "".join(f'{k} = "{v}"\n' for k, v in row.items())


def with_event(*lines):
    return "\n".join((SMALLEST, "[[events]]", *lines, ""))


def test_smallest_file_gets_no_rules_beyond_those_it_names(tmp_path):
    config = load(tmp_path, SMALLEST)
    assert config.banks[0].corridors == ()
    (corridor,) = config.banks[1].corridors
    assert (corridor.from_zone, corridor.to_zone) == ("EEA", "HK")
    assert corridor.as_tuple() == (True, False, False, False, 0, 0, 1, 1_500_000, 0)
    assert config.events == ()
    assert config.orders.columns == {}


def test_banks_have_development_keys_and_a_minter_for_each_token(tmp_path):
    exporters, buyers = load(tmp_path, SMALLEST).banks
    assert buyers.keys.treasurer == (account("bank/Buyers' Bank (DE)/treasurer").address,)
    assert [
        (each.currency, each.ledger_id, each.ceiling)
        for bank in (exporters, buyers)
        for each in bank.minters
    ] == [("CNY", 9001, 5_000_000_00), ("EUR", 9002, 5_000_000_00), ("JPY", 9003, 1_000_000)]
    assert buyers.minters[0].address == account("bank/Buyers' Bank (DE)/minter/EUR").address


def test_demo_file():
    config = DemoConfig.load(EXAMPLES / "demo.toml")
    assert [bank.name for bank in config.banks] == ["Exporters' Bank (HK)", "Buyers' Bank (DE)"]
    assert [bank.zone_numbers for bank in config.banks] == [{"EEA": 1, "HK": 2}] * 2
    assert config.dealer.inventory == (Money(100_000_000, CNY), Money(50_000_000, HKD))
    (europe,) = config.banks[1].corridors
    assert (europe.quota, europe.period, europe.utc_offset) == (2_500_000, "year", 4)
    assert europe.approval_needed
    assert europe.purpose_required
    assert {event.event for event in config.events} == set(EventKind)
    assert [event.share for event in config.events if event.share] == [Decimal("0.6")]


def test_online_retail_file_has_a_corridor_for_every_token():
    config = DemoConfig.load(EXAMPLES / "online_retail.toml")
    for bank in config.banks:
        issued = {token.currency for token in bank.tokens}
        assert {corridor.token for corridor in bank.corridors} == issued
        assert {corridor.to_zone for corridor in bank.corridors} == {"UK"}
    zones = {corridor.from_zone for bank in config.banks for corridor in bank.corridors}
    assert zones == set(config.zones)


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
    line = 'max_amount = "15000"'
    config = load(tmp_path, changed(line, f'{line}\nutc_offset = "{text}"'))
    assert config.banks[1].corridors[0].utc_offset == quarters


# What is changed in the smallest file; the field, value and what is accepted in the sentence.
MISTAKES = {
    "key unknown at the top": (
        "banana = 1\n" + SMALLEST,
        "banana: found 'banana', accepted is one of the keys zones, banks, acceptances, platform, "
        "merchants, dealer, buyers, orders, events",
    ),
    "key unknown in a list": (
        changed('id = "M-1"', 'id = "M-1"\nbic = "X"'),
        "merchants[0].bic: found 'bic', accepted is one of the keys id, name, bank, country, "
        "currency",
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
        "platform.fee_bps: found '50', accepted is a whole number",
    ),
    "fee too high": (
        changed("fee_bps = 50", "fee_bps = 10001"),
        "platform.fee_bps: found 10001, accepted is at most 10000",
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
        "bank \"Buyers' Bank (DE)\": tokens[1].currency: found 'JPX', accepted is an ISO 4217 "
        "currency code in capital letters, such as EUR",
    ),
    "list for a currency": (
        changed('{ currency = "JPY"', '{ currency = ["JPY"]'),
        "bank \"Buyers' Bank (DE)\": tokens[1].currency: found ['JPY'], accepted is text in quotes",
    ),
    "currency of two banks": (
        changed('{ currency = "JPY"', '{ currency = "CNY"'),
        "bank \"Buyers' Bank (DE)\": tokens[1].currency: found 'CNY', accepted is a currency that "
        "no token before it has",
    ),
    "bank name twice": (
        changed("Buyers' Bank (DE)", "Exporters' Bank (HK)"),
        'bank "Exporters\' Bank (HK)": name: found "Exporters\' Bank (HK)", accepted is a name '
        "that no bank before it has",
    ),
    "name empty": (
        changed('name = "Exporter"', 'name = ""'),
        "merchants[0].name: found '', accepted is 1 to 35 printable characters",
    ),
    "merchant's bank unknown": (
        changed('bank = "Exporters\' Bank (HK)"', 'bank = "exporter"'),
        "merchants[0].bank: found 'exporter', accepted is the name of the bank that issues CNY",
    ),
    "merchant at another currency's bank": (
        changed('bank = "Exporters\' Bank (HK)"', 'bank = "Buyers\' Bank (DE)"'),
        'merchants[0].bank: found "Buyers\' Bank (DE)", accepted is the name of the bank that '
        "issues CNY",
    ),
    "supply cap of 0 before the ceiling of the minter that the demo adds": (
        changed('"xCNY", supply_cap = "5000000.00"', '"xCNY", supply_cap = "0"'),
        "bank \"Exporters' Bank (HK)\": tokens[0].supply_cap: found '0.00 CNY', accepted is an "
        "amount above zero, as the demo issues it",
    ),
    "merchant paid in a currency that no bank issues": (
        changed('country = "HK"\ncurrency = "CNY"', 'country = "HK"\ncurrency = "USD"'),
        "merchants[0].currency: found 'USD', accepted is a currency that a bank issues: CNY, EUR, "
        "JPY",
    ),
    "merchant outside all zones": (
        changed('country = "HK"\ncurrency', 'country = "US"\ncurrency'),
        "merchants[0].country: found 'US', accepted is a country of one of its bank's zones",
    ),
    "two merchants of a currency": (
        with_merchant(currency="CNY"),
        "merchants[1].currency: found 'CNY', accepted is a currency that no merchant before it is "
        "paid in",
    ),
    "merchant id twice": (
        with_merchant(id="m-1", bank="Buyers' Bank (DE)", country="DE", currency="EUR"),
        "merchants[1].id: found 'm-1', accepted is an id that no merchant before it has",
    ),
    "no merchant": (
        SMALLEST[: SMALLEST.index("[[merchants]]")].replace(
            "[platform]", "merchants = []\n[platform]"
        )
        + SMALLEST[SMALLEST.index("[dealer]") :],
        "merchants: found [], accepted is at least 1 of them",
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
    "keys of its own": (
        changed('name = "Buyers\' Bank (DE)"', 'name = "Buyers\' Bank (DE)"\nkeys = {}'),
        "bank \"Buyers' Bank (DE)\": keys: found 'a table', accepted is no keys, as the demo's "
        "banks have development keys",
    ),
    "decimals that prices do not have": (
        changed('name = "Yen"', 'name = "Yen", decimals = 2'),
        'bank "Buyers\' Bank (DE)": tokens[1].decimals: found 2, accepted is 0, as prices in JPY '
        "have",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_is_refused_in_one_sentence(tmp_path, text, sentence):
    with pytest.raises(InputError) as refusal:
        load(tmp_path, text)
    place, _, told = str(refusal.value).partition(": ")
    assert re.fullmatch(rf"{re.escape(str(tmp_path / 'demo.toml'))} line \d+", place)
    assert told == f"{sentence}."


def test_a_bank_has_at_most_16_tokens(tmp_path):
    codes = [code for code in HISTORIC if code != "SIT"] + ["AED", "AUD", "BHD", "BRL", "CAD"]
    codes += ["CHF", "DKK", "GBP"]
    row = '{{ currency = "{0}", name = "{0}", symbol = "{0}", supply_cap = "1" }},'
    extra = [row.format(code) for code in codes]
    old = '{ currency = "JPY", name = "Yen", symbol = "bJPY", supply_cap = "1000000" },'
    assert len(load(tmp_path, changed(old, "\n".join(extra[:15]))).banks[1].tokens) == 16
    with pytest.raises(InputError, match=r"tokens: found .* accepted is at most 16 of them\.$"):
        load(tmp_path, changed(old, "\n".join(extra)))


def test_missing_file(tmp_path):
    path = tmp_path / "none.toml"
    with refuses("configuration", str(path), "a file that can be read (No such file or directory)"):
        DemoConfig.load(path)


def test_folder_for_a_file(tmp_path):
    with pytest.raises(InputError, match=r"a file that can be read \(Is a directory\)"):
        DemoConfig.load(tmp_path)
