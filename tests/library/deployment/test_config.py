"""The configuration of a bank: each mistake in one sentence."""

import pytest

from deposit_token.deployment.config import BankConfig
from deposit_token.errors import InputError
from tests.refusals import refuses
from tests.scene import STRANGER, changed, rhein_bank

ADDRESS = "a checksummed address"
TOKEN_NAME = "1 to 31 printable ASCII characters"
REQUIRED = "a value, as the key is required"


@pytest.mark.parametrize(
    ("field", "value", "thing", "found", "accepted"),
    [
        ("name", "", "name", "", "1 to 64 printable characters"),
        ("name", "B" * 65, "name", "B" * 65, "1 to 64 printable characters"),
        ("name", "Rhein\u202eknaB", "name", "Rhein\u202eknaB", "1 to 64 printable characters"),
        ("name", "Rhein\u200bBank", "name", "Rhein\u200bBank", "1 to 64 printable characters"),
        ("name", " Rhein", "name", " Rhein", "1 to 64 printable characters"),
        ("tokens", [], "tokens", [], "at least 1 of them"),
        ("zones", {}, "zones", 0, "1 to 255 zones"),
        ("keys", [{"governor": STRANGER.address}], "keys", "a list of tables", "a table"),
        (
            *("zones", {"EEA": ["DE", "XX"], "HK": ["HK"]}, "zones.EEA[1]", "XX"),
            "an ISO 3166-1 alpha-2 code in capital letters, such as HK",
        ),
        (
            *("zones", {"EEA": ["DE"], "HK": ["HK", "DE"]}, "zones.HK[1]", "DE"),
            "a country that is listed once in all zones",
        ),
        (
            *("zones", {"EEA": ["DE"], "eea": ["HK"]}, "zones.eea", "eea"),
            "a name that no zone before it has",
        ),
        ("zones", {"EEA": ["DE"]}, "corridors[0].to_zone", "HK", "one of the zones: EEA"),
        ("upgrade_delay", -1, "upgrade_delay", -1, "at least 0"),
        ("upgrade_delay", 1.5, "upgrade_delay", 1.5, "a whole number"),
        ("upgrade_delay", 30 * 86_400 + 1, "upgrade_delay", 2592001, "at most 2592000"),
        ("enforce_delay", 0, "enforce_delay", 0, "at least 1"),
        ("enforce_delay", 86_401, "enforce_delay", 86401, "at most 86400"),
        ("escrows", ["0x12"], "escrows[0]", "0x12", ADDRESS),
        (
            *("escrows", [f"0x{'00' * 20}"], "escrows[0]", f"0x{'00' * 20}"),
            "an address that is not zero",
        ),
        (
            *("colour", "red", "colour", "colour"),
            "one of the keys name, zones, tokens, corridors, keys, minters, escrows, "
            "upgrade_delay, enforce_delay, successors",
        ),
    ],
)
def test_bank(field, value, thing, found, accepted):
    with refuses(thing, found, accepted):
        changed(rhein_bank(), **{field: value})


@pytest.mark.parametrize(
    ("part", "field", "value", "accepted"),
    [
        (
            *("tokens", "currency", "XYZ"),
            "an ISO 4217 currency code in capital letters, such as EUR",
        ),
        ("tokens", "supply_cap", -1, "at least 0"),
        ("tokens", "supply_cap", 2**128, f"less than {2**128}"),
        ("tokens", "supply_cap", "5", "a whole number"),
        ("tokens", "name", "Rhein Euro and much more than that", TOKEN_NAME),
        ("tokens", "name", "Rhein €", TOKEN_NAME),
        ("tokens", "symbol", "EUR d", f"{TOKEN_NAME} without blanks"),
        ("tokens", "symbol", "EUR\u202ed", f"{TOKEN_NAME} without blanks"),
        ("tokens", "symbol", "", f"{TOKEN_NAME} without blanks"),
        ("corridors", "period", "week", "'none', 'day', 'month' or 'year'"),
        ("corridors", "utc_offset", 57, "at most 56"),
        ("corridors", "open", "yes", "true or false"),
        ("minters", "ledger_id", 0, "at least 1"),
        ("minters", "ledger_id", "7001", "a whole number"),
        ("minters", "ceiling", 0, "at least 1"),
        ("minters", "currency", "HKD", "one of its tokens: EUR, ISK"),
    ],
)
def test_value_in_a_part_of_a_bank(part, field, value, accepted):
    with refuses(f"{part}[0].{field}", value, accepted):
        changed(rhein_bank(), **with_first(part, {field: value}))


@pytest.mark.parametrize(
    ("part", "changes", "thing", "found", "accepted"),
    [
        ("tokens", {"currency": "ISK"}, "tokens[1].currency", "ISK", "one token a currency"),
        ("tokens", {"currency": "SEK"}, "corridors[0].token", "EUR", "one of its tokens: SEK, ISK"),
        (
            *("corridors", {"min_amount": 15_000_01}, "corridors[0].min_amount", "15000.01 EUR"),
            "at most the max_amount of 15000.00 EUR",
        ),
        (
            *("corridors", {"min_amount": 0, "max_amount": 0}),
            *("corridors[0].max_amount", "0.00 EUR"),
            "an amount above zero, as the corridor is open",
        ),
        (
            *("corridors", {"period": "none"}, "corridors[0].quota", "25000.00 EUR"),
            "a quota only beside a period of day, month or year",
        ),
        (
            *("corridors", {"quota": 0}, "corridors[0].quota", "0.00 EUR"),
            "an amount above zero, as the period is year",
        ),
        (
            *("corridors", {"to_zone": "EEA"}, "corridors[1]", "EUR from EEA to EEA"),
            "one corridor for a token and a pair of zones",
        ),
        ("tokens", {"accepted": ["0x12"]}, "tokens[0].accepted[0]", "0x12", ADDRESS),
        (
            *("tokens", {"terms": {"uri": "https://example.org/terms", "hash": "0x12"}}),
            *("tokens[0].terms.hash", "0x12"),
            "0x and 64 hex digits in small letters",
        ),
        (
            *("minters", {"ledger_id": 7002}, "minters[1].ledger_id", "7002"),
            "a ledger that no minter before it has",
        ),
    ],
)
def test_parts_of_a_bank_that_do_not_go_together(part, changes, thing, found, accepted):
    with refuses(thing, found, accepted):
        changed(rhein_bank(), **with_first(part, changes))


def test_closed_corridor_may_let_nothing_pass():
    nothing = {"open": False, "min_amount": 0, "max_amount": 0, "quota": 0}
    config = changed(rhein_bank(), **with_first("corridors", nothing))
    assert config.corridors[0].as_tuple() == (False, False, True, True, 3, 4, 0, 0, 0)


def with_first(part, changes):
    """The rows of a part, the first with these changes."""
    first, *others = [row.model_dump() for row in getattr(rhein_bank(), part)]
    return {part: [first | changes, *others]}


def test_missing_key_is_named():
    keys = rhein_bank().keys.model_dump()
    del keys["guardian"]
    with refuses("keys.guardian", None, REQUIRED):
        changed(rhein_bank(), keys=keys)


@pytest.mark.parametrize("role", ["registrar", "guardian", "approver"])
def test_a_key_has_one_role(role):
    keys = rhein_bank().keys.model_dump()
    (keys[role],) = keys["treasurer"]
    with pytest.raises(
        InputError, match=r"^keys\.\w+: found '0x.*, accepted is a key that has no o"
    ):
        changed(rhein_bank(), keys=keys)


def test_a_minter_has_no_role():
    keys = rhein_bank().keys.model_dump()
    keys["payout_officer"] = rhein_bank().minters[0].address
    with refuses("minters[1].address", keys["payout_officer"], "a key that has no other role"):
        changed(rhein_bank(), keys=keys)


def test_two_minters_of_one_token_need_two_addresses():
    minters = [minter.model_dump() for minter in rhein_bank().minters]
    minters[1]["currency"] = "EUR"
    twice = f"{minters[1]['address']} of EUR"
    with refuses("minters[1]", twice, "a minter of a token once"):
        changed(rhein_bank(), minters=minters)


def test_a_role_may_have_several_holders():
    keys = rhein_bank().keys.model_dump()
    both = [keys["guardian"][0], STRANGER.address]
    config = changed(rhein_bank(), keys=keys | {"guardian": both})
    assert config.keys.guardian == tuple(both)
    assert [key for part, key in config.keys.everybody() if part == "guardian"] == both
    with refuses("keys.guardian", [], "at least 1 of them"):
        changed(rhein_bank(), keys=keys | {"guardian": []})


def test_delays_have_defaults():
    values = rhein_bank().model_dump()
    del values["upgrade_delay"]
    config = BankConfig(**values)
    assert (config.upgrade_delay, config.enforce_delay) == (86_400, 3_600)
