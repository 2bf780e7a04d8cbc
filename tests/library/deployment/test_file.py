"""Bank files: what is read from one, and each mistake in one sentence, with its line."""

import re
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from deposit_token.deployment.config import BankConfig, CorridorConfig, TokenConfig
from deposit_token.deployment.file import DeploymentFile
from deposit_token.errors import InputError
from deposit_token.values import tables
from tests.files import EXAMPLES

EXAMPLE = EXAMPLES / "banks.toml"
HONG_KONG, GERMANY = 'bank "Exporters\' Bank (HK)"', 'bank "Buyers\' Bank (DE)"'
GOVERNOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
LESS = "with shorter numbers and fewer lists in lists"
AMBIGUOUS = rb"""zones = '''[''' # [
banks = "[\"" # "
c = 'x
"""
"""Brackets and quotes that open nothing, and then one that does."""
DIGITS = "plain decimal text such as '12.34', at most 39 digits before the point"


@pytest.fixture
def usual_recursion():
    """Python's own limit, which other software may have raised, such as Hypothesis."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(before)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "banks.toml"


def refused(path: Path) -> str:
    """The sentence, without the file."""
    with pytest.raises(InputError) as refusal:
        DeploymentFile.load(path)
    return str(refusal.value).removeprefix(f"{path} ").removeprefix(f"{path}: ")


def changed(old: str, new: str, nth: int = 1) -> str:
    """The example with the nth of these replaced."""
    parts = EXAMPLE.read_text().split(old)
    assert len(parts) > nth
    return old.join(parts[:nth]) + new + old.join(parts[nth:])


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_example_is_read():
    file = DeploymentFile.load(EXAMPLE)
    assert [bank.name for bank in file.banks] == ["Exporters' Bank (HK)", "Buyers' Bank (DE)"]
    exporters, buyers = file.banks
    assert buyers.zone_numbers == {"EURO": 1, "HK": 2}
    assert (exporters.upgrade_delay, exporters.enforce_delay) == (172_800, 7_200)
    assert exporters.tokens[0].supply_cap == 100_000_000_00
    assert [minter.ceiling for minter in exporters.minters] == [1_000_000_00] * 2
    (corridor,) = buyers.corridors
    assert corridor.as_tuple() == (True, False, True, True, 3, 4, 1_00, 50_000_00, 50_000_00)


def test_amounts_have_the_decimals_of_their_token(path):
    path.write_text(
        changed('symbol = "bEUR"', 'symbol = "bEUR"\ndecimals = 6').replace(
            '"50000.00" # of', '"50000.000001" # of'
        )
    )
    bank = DeploymentFile.load(path).banks[1]
    assert bank.tokens[0].supply_cap == 100_000_000_000000
    assert bank.minters[0].ceiling == 1_000_000_000000
    assert (bank.corridors[0].max_amount, bank.corridors[0].quota) == (50_000_000000, 50_000_000001)


def test_zones_of_the_file_are_those_of_each_bank_without_its_own(path):
    zones = re.compile(r"\[banks\.zones\].*?\n\n", re.DOTALL)
    text = EXAMPLE.read_text()
    path.write_text('[zones]\nHK = ["HK"]\nEURO = ["DE"]\n' + zones.sub("", text, count=1))
    exporters, buyers = DeploymentFile.load(path).banks
    assert exporters.zone_numbers == {"HK": 1, "EURO": 2}
    assert list(buyers.zones) == ["EURO", "HK"]
    path.write_text('[zones]\nHK = ["XX"]\n' + zones.sub("", text, count=1))
    assert refused(path).startswith("line 2: zones.HK[0]: found 'XX', accepted is an ISO 3166-1")


def test_file_with_a_byte_order_mark_and_line_ends_of_windows(path):
    path.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes().replace(b"\n", b"\r\n"))
    assert DeploymentFile.load(path) == DeploymentFile.load(EXAMPLE)


MISTAKES = {
    "bank twice": (
        changed('name = "Buyers\' Bank (DE)"', 'name = "exporters\' bank (HK)"'),
        'bank "exporters\' bank (HK)": name: found "exporters\' bank (HK)", accepted is a name '
        "that no bank before it has.",
        'name = "exporters',
    ),
    "key missing": (
        changed(f'governor = "{GOVERNOR}"\n', ""),
        f"{HONG_KONG}: keys.governor: found None, accepted is a value, as the key is required.",
        "[banks.keys]",
    ),
    "key mistyped": (
        changed("upgrade_delay", "upgrade_dealy"),
        f"{HONG_KONG}: upgrade_dealy: found 'upgrade_dealy', accepted is upgrade_delay, or another "
        "of the keys name, zones, tokens, corridors, keys, minters, escrows, upgrade_delay, "
        "enforce_delay, successors.",
        "upgrade_dealy",
    ),
    "mistyped key before the required one that it should be": (
        changed("ledger_id = 9002", "legder_id = 9002"),
        f"{GERMANY}: minters[0].legder_id: found 'legder_id', accepted is ledger_id, or another of "
        "the keys currency, address, ledger_id, ceiling.",
        "legder_id",
    ),
    "key of nothing": (
        changed("[[acceptances]]", "[colours]\n[[acceptances]]"),
        "colours: found 'colours', accepted is one of the keys zones, banks, acceptances.",
        "[colours]",
    ),
    "table mistyped, which makes what follows no TOML": (
        changed("\n[[banks]]", "\n[[bank]]", nth=2),
        "bank: found 'bank', accepted is banks, or another of the keys zones, banks, acceptances.",
        "[[bank]]",
    ),
    "table of a bank mistyped, which makes what follows no TOML": (
        changed("[[banks.tokens]]", "[banks.token]").replace("[[banks.tokens]]", "[banks.token]"),
        f"{HONG_KONG}: token: found 'token', accepted is tokens, or another of the keys "
        f"{', '.join(BankConfig.model_fields)}.",
        "[banks.token]",
    ),
    "key of another bank": (
        changed("0xdF3e18d64BC6A983f673Ab319CCaE4f1a57C7097", GOVERNOR),
        f"{GERMANY}: keys.governor: found '{GOVERNOR}', accepted is a key that no other bank has, "
        'as "Exporters\' Bank (HK)" has it.',
        f'governor = "{GOVERNOR}"\nguardian = "0xcd',
    ),
    "minter that is another bank's key": (
        changed("0xDf37F81dAAD2b0327A0A50003740e1C935C70913", GOVERNOR),
        f"{GERMANY}: minters[0].address: found '{GOVERNOR}', accepted is a key that no other bank "
        'has, as "Exporters\' Bank (HK)" has it.',
        f'address = "{GOVERNOR}"',
    ),
    "amount as a number": (
        changed('supply_cap = "100000000.00"', "supply_cap = 100_000_000_00"),
        f"{HONG_KONG}: tokens[0].supply_cap: found 10000000000, accepted is text such as "
        '"1000.00".',
        "supply_cap = 100_",
    ),
    "amount in another token's decimals": (
        changed('min_amount = "1.00"', 'min_amount = "1.001"'),
        f"{GERMANY}: corridors[0].min_amount: found '1.001', accepted is at most 2 decimals in "
        "EUR.",
        'min_amount = "1.001"',
    ),
    "amount with grouping": (
        changed('quota = "50000.00"', 'quota = "50,000.00"'),
        f"{GERMANY}: corridors[0].quota: found '50,000.00', accepted is {DIGITS}.",
        'quota = "50,',
    ),
    "amount below zero": (
        changed('ceiling = "1000000.00"', 'ceiling = "-1.00"', nth=4),
        f"{GERMANY}: minters[1].ceiling: found '-1.00', accepted is an amount that is not below "
        "zero.",
        'ceiling = "-1.00"',
    ),
    "amount that no contract can hold": (
        changed('max_amount = "50000.00"', f'max_amount = "{10**30}.00"'),
        f"{GERMANY}: corridors[0].max_amount: found '{10**30}.00', accepted is at most "
        "202824096036516704239472512860.15 EUR.",
        f'max_amount = "{10**30}',
    ),
    "quota without a period": (
        changed('period = "year"\n', ""),
        f"{GERMANY}: corridors[0].quota: found '50000.00', accepted is a quota only beside a "
        "period of day, month or year.",
        "quota = ",
    ),
    "quota of 0 without a period": (
        changed("direct_transfers = true", 'quota = "0.00"'),
        f"{HONG_KONG}: corridors[0].quota: found '0.00', accepted is a quota only beside a period "
        "of day, month or year.",
        'quota = "0.00"',
    ),
    "quota of 0 with a period": (
        changed('quota = "50000.00"', 'quota = "0.00"'),
        f"{GERMANY}: corridors[0].quota: found '0.00 EUR', accepted is an amount above zero, as "
        "the period is year.",
        'quota = "0.00"',
    ),
    "quota that no payment is small enough for": (
        changed('quota = "50000.00"', 'quota = "0.99"'),
        f"{GERMANY}: corridors[0].quota: found '0.99 EUR', accepted is at least the min_amount of "
        "1.00 EUR.",
        'quota = "0.99"',
    ),
    "currency that ended": (
        EXAMPLE.read_text().replace('"EUR"', '"BGN"'),
        f"{GERMANY}: tokens[0].currency: found 'BGN', accepted is a currency of today, as it gave "
        "way to the euro after 2025-12-31.",
        'currency = "BGN"',
    ),
    "mistyped period before the quota that it is of": (
        changed('period = "year"', 'perod = "year"'),
        f"{GERMANY}: corridors[0].perod: found 'perod', accepted is period, or another of the "
        f"keys {', '.join(CorridorConfig.model_fields)}.",
        "perod",
    ),
    "mistyped decimals before the amounts that have them": (
        changed('supply_cap = "100000000.00"', 'decimal = 6\nsupply_cap = "1.000001"'),
        f"{HONG_KONG}: tokens[0].decimal: found 'decimal', accepted is decimals, or another of the "
        f"keys {', '.join(TokenConfig.model_fields)}.",
        "decimal = 6",
    ),
    "decimals that no token has before the amounts that have them": (
        changed('supply_cap = "100000000.00"', 'supply_cap = "1.0000001"\ndecimals = 19'),
        f"{HONG_KONG}: tokens[0].decimals: found 19, accepted is at most 18.",
        "decimals = 19",
    ),
    "currency of no token before the amounts in it": (
        changed('token = "EUR"', 'token = "JPY"'),
        f"{GERMANY}: corridors[0].token: found 'JPY', accepted is one of its tokens: EUR.",
        'token = "JPY"',
    ),
    "currency that is none before those that name the one it should be": (
        changed('currency = "EUR"', 'currency = "EUX"'),
        f"{GERMANY}: tokens[0].currency: found 'EUX', accepted is an ISO 4217 currency code in "
        "capital letters, such as EUR.",
        'currency = "EUX"',
    ),
    "greatest amount of 0 before the least that is above it": (
        changed('max_amount = "50000.00"', 'max_amount = "0.00"'),
        f"{GERMANY}: corridors[0].max_amount: found '0.00 EUR', accepted is an amount above zero, "
        "as the corridor is open.",
        'max_amount = "0.00"',
    ),
    "ceiling of 0": (
        changed('ceiling = "1000000.00"', 'ceiling = "0.00"', nth=4),
        f"{GERMANY}: minters[1].ceiling: found '0.00', accepted is an amount above zero.",
        'ceiling = "0.00"',
    ),
    "offset as a number": (
        changed('utc_offset = "+01:00"', "utc_offset = 1"),
        f'{GERMANY}: corridors[0].utc_offset: found 1, accepted is text such as "+01:00".',
        "utc_offset = 1",
    ),
    "bank of an acceptance unknown": (
        changed('bank = "Buyers\' Bank (DE)"', 'bank = "No Bank"'),
        "acceptances[0].tokens[0].bank: found 'No Bank', accepted is a bank of the file: "
        "Exporters' Bank (HK), Buyers' Bank (DE).",
        "tokens = [",
    ),
    "token of an acceptance unknown": (
        changed('currency = "EUR" }', 'currency = "USD" }'),
        "acceptances[0].tokens[0].currency: found 'USD', accepted is one that Buyers' Bank (DE) "
        "issues: EUR.",
        "tokens = [",
    ),
    "token that accepts itself": (
        changed(
            'bank = "Exporters\' Bank (HK)", currency = "HKD"',
            'bank = "Buyers\' Bank (DE)", currency = "EUR"',
        ),
        'acceptances[0].tokens: found "EUR of Buyers\' Bank (DE) twice", accepted is two tokens.',
        "tokens = [",
    ),
    "acceptance without a bank": (
        changed('bank = "Exporters\' Bank (HK)", currency = "HKD"', 'currency = "HKD"'),
        "acceptances[0].tokens[1].bank: found None, accepted is a value, as the key is required.",
        "tokens = [",
    ),
    "number for banks": ("banks = 5", "banks: found 5, accepted is a list.", "banks"),
    "number for a bank": ("\nbanks = [5]", "banks[0]: found 5, accepted is a table.", "banks"),
    "no bank": ("banks = []", "banks: found [], accepted is at least 1 of them.", "banks"),
    "nothing": ("", "banks: found None, accepted is a value, as the key is required.", ""),
}


@pytest.mark.parametrize(("text", "sentence", "part"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_is_refused_in_one_sentence_with_its_line(path, text, sentence, part):
    path.write_text(text)
    assert refused(path) == f"line {line_of(text, part)}: {sentence}"


@pytest.mark.parametrize(
    ("content", "line", "found", "accepted"),
    [
        (b"\n[banks\n", 2, "'[banks'", "expected ']' at the end of a table declaration"),
        (b"[zones]\n\n[zones]\n", 3, "'[zones]'", "cannot declare ('zones',) twice"),
        (b"zones = 1\nb = 'x\nc = 2\n", 2, '"b = \'x"', 'expected "\'"'),
        (b'zones = 1\nb = """x\nc = 2\n', 2, '\'b = """x\'', "unterminated string"),
        (b"zones = 1\nb = [\n  1,\n  2\nc = 3\n", 2, "'b = ['", "unclosed array"),
        (b"zones = 1\nb = " + b"9" * 5000, 2, f"'b = {'9' * 31}'", LESS),
        (b"zones = 1\nb = " + b"[" * 5000, 2, f"'b = {'[' * 31}'", LESS),
        (AMBIGUOUS, 3, '"c = \'x"', 'expected "\'"'),
    ],
    ids=[
        "unclosed",
        "declared twice",
        "text",
        "long text",
        "list",
        "number",
        "lists in lists",
        "after brackets that mean nothing",
    ],
)
def test_mistake_in_the_syntax_is_told_at_the_line_where_it_begins(
    usual_recursion, path, content, line, found, accepted
):
    path.write_bytes(content)
    assert refused(path) == f"line {line}: found {found}, accepted is TOML ({accepted})."


def test_place_of_a_mistake_is_found_without_reading_each_line_anew(path, monkeypatch):
    items = "".join(f"  '{GOVERNOR}',\n" for _ in range(1_500))
    path.write_text(changed("upgrade_delay", f"escrows = [\n{items}  'x',\n]\nupgrade_delay"))
    reads = []

    def loads(text):
        reads.append(text)
        return tomllib.loads(text)

    monkeypatch.setattr(tables, "tomllib", SimpleNamespace(loads=loads))
    assert refused(path) == (
        f"line {line_of(path.read_text(), 'escrows')}: {HONG_KONG}: escrows[1500]: found 'x', "
        "accepted is a checksummed address."
    )
    assert len(reads) < 20


def test_line_that_is_not_utf_8(path):
    path.write_bytes(b"a = 1\nname = '\xe9'\n")
    assert refused(path) == "line 2: found b'\\xe9', accepted is UTF-8."


def test_file_that_cannot_be_read(tmp_path):
    assert refused(tmp_path) == (
        f"bank file: found {str(tmp_path)!r}, accepted is a file that can be read (Is a directory)."
    )
