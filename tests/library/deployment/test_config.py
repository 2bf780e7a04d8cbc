"""The configuration of a bank: each mistake in one sentence."""

import pytest

from deposit_token.deployment.config import BankConfig
from deposit_token.errors import InputError
from tests.refusals import refuses
from tests.scene import STRANGER, changed, rhein_bank

ADDRESS = "a checksummed address that is not zero"
TOKEN_NAME = "1 to 31 printable ASCII characters"


@pytest.mark.parametrize(
    ("field", "value", "thing", "found", "accepted"),
    [
        ("name", "", "BankConfig name", "", "String should have at least 1 character"),
        (
            *("tokens", [], "BankConfig tokens", []),
            "List should have at least 1 item after validation, not 0",
        ),
        ("zones", {0: ["DE"]}, "BankConfig zones 0 [key]", 0, "greater than or equal to 1"),
        (
            *("zones", {1: ["DE", "XX"], 2: ["HK"]}, "country", "XX"),
            "an ISO 3166-1 alpha-2 code in capital letters, such as HK",
        ),
        ("zones", {1: ["DE"], 2: ["HK", "DE"]}, "country", "DE", "each only once"),
        ("zones", {1: ["DE"]}, "corridor zone", 2, "one of 1"),
        ("upgrade_delay", 0, "BankConfig upgrade_delay", 0, "greater than or equal to 1"),
        ("upgrade_delay", 1.5, "BankConfig upgrade_delay", 1.5, "a valid integer"),
        (
            *("upgrade_delay", 30 * 86_400 + 1, "BankConfig upgrade_delay", 2592001),
            "less than or equal to 2592000",
        ),
        ("enforce_delay", 0, "BankConfig enforce_delay", 0, "greater than or equal to 1"),
        ("enforce_delay", 86_401, "BankConfig enforce_delay", 86401, "less than or equal to 86400"),
        ("escrows", ["0x12"], "BankConfig escrows 0", "0x12", ADDRESS),
        ("colour", "red", "BankConfig colour", "red", "Extra inputs are not permitted"),
    ],
)
def test_bank(field, value, thing, found, accepted):
    with refuses(thing, found, accepted):
        changed(rhein_bank(), **{field: value})


@pytest.mark.parametrize(
    ("part", "field", "value", "thing", "accepted"),
    [
        (
            *("tokens", "currency", "XYZ", "currency"),
            "an ISO 4217 currency code in capital letters, such as EUR",
        ),
        ("tokens", "currency", "ISK", "token", "each only once"),
        ("tokens", "supply_cap", -1, "TokenConfig supply_cap", "greater than or equal to 0"),
        ("tokens", "supply_cap", "5", "TokenConfig supply_cap", "a valid integer"),
        ("corridors", "min_amount", 15_000_01, "min amount", "at most 1500000"),
        (
            *("corridors", "period", "week", "CorridorConfig period"),
            "'none', 'day', 'month' or 'year'",
        ),
        (
            *("corridors", "utc_offset_quarters", 57, "CorridorConfig utc_offset_quarters"),
            "less than or equal to 56",
        ),
        ("corridors", "open", "yes", "CorridorConfig open", "a valid boolean"),
        ("minters", "ledger_id", 7002, "ledger id", "each only once"),
        ("minters", "currency", "HKD", "minter currency", "one of EUR, ISK"),
        ("minters", "ledger_id", 0, "MinterConfig ledger_id", "greater than or equal to 1"),
        ("minters", "ceiling", 0, "MinterConfig ceiling", "greater than or equal to 1"),
        ("tokens", "name", "Rhein Euro and much more than that", "token name", TOKEN_NAME),
        ("tokens", "name", "Rhein €", "token name", TOKEN_NAME),
    ],
)
def test_value_in_a_part_of_a_bank(part, field, value, thing, accepted):
    with refuses(thing, value, accepted):
        changed(rhein_bank(), **with_first(part, {field: value}))


@pytest.mark.parametrize(
    ("part", "changes", "thing", "found", "accepted"),
    [
        ("tokens", {"currency": "SEK"}, "corridor token", "EUR", "one of SEK, ISK"),
        ("corridors", {"period": "none"}, "quota", 2_500_000, "0 where the period is none"),
        ("corridors", {"to_zone": 1}, "corridor", ("EUR", 1, 1), "each only once"),
        ("tokens", {"accepted": ["0x12"]}, "TokenConfig accepted 0", "0x12", ADDRESS),
        (
            "tokens",
            {"terms": {"uri": "https://example.org/terms", "hash": "0x12"}},
            "TermsConfig hash",
            "0x12",
            "0x and 64 hex digits in small letters",
        ),
    ],
)
def test_parts_of_a_bank_that_do_not_go_together(part, changes, thing, found, accepted):
    with refuses(thing, found, accepted):
        changed(rhein_bank(), **with_first(part, changes))


def with_first(part, changes):
    """The rows of a part, the first with these changes."""
    first, *others = [row.model_dump() for row in getattr(rhein_bank(), part)]
    return {part: [first | changes, *others]}


def test_missing_key_is_named():
    keys = rhein_bank().keys.model_dump()
    del keys["guardian"]
    with pytest.raises(InputError, match=r"^BankKeys guardian: found None, .* is required\.$"):
        changed(rhein_bank(), keys=keys)


@pytest.mark.parametrize("role", ["registrar", "guardian", "approver"])
def test_a_key_has_one_role(role):
    keys = rhein_bank().keys.model_dump()
    (keys[role],) = keys["treasurer"]
    with pytest.raises(InputError, match=r"^key: found '0x.*, accepted is each only once"):
        changed(rhein_bank(), keys=keys)


def test_a_minter_has_no_role():
    keys = rhein_bank().keys.model_dump()
    keys["payout_officer"] = rhein_bank().minters[0].address
    with pytest.raises(InputError, match=r"^key: found '0x.*, accepted is each only once"):
        changed(rhein_bank(), keys=keys)


def test_two_minters_of_one_token_need_two_addresses():
    minters = [minter.model_dump() for minter in rhein_bank().minters]
    minters[1]["currency"] = "EUR"
    with pytest.raises(InputError, match=r"^minter: found \('EUR', '0x.*each only once"):
        changed(rhein_bank(), minters=minters)


def test_a_role_may_have_several_holders():
    keys = rhein_bank().keys.model_dump()
    both = [keys["guardian"][0], STRANGER.address]
    config = changed(rhein_bank(), keys=keys | {"guardian": both})
    assert config.keys.guardian == tuple(both)
    assert [key for part, key in config.keys.everybody() if part == "guardian"] == both
    with pytest.raises(InputError, match=r"^BankKeys guardian: found \[\], accepted is"):
        changed(rhein_bank(), keys=keys | {"guardian": []})


def test_delays_have_defaults():
    values = rhein_bank().model_dump()
    del values["upgrade_delay"]
    config = BankConfig(**values)
    assert (config.upgrade_delay, config.enforce_delay) == (86_400, 3_600)
