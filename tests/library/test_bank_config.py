"""The configuration of a bank: each mistake in one sentence."""

import pytest

from deposit_token.bank_config import BankConfig
from deposit_token.errors import InputError
from tests.refusals import says
from tests.scene import STRANGER, changed, rhein_bank


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"name": ""},
            "BankConfig name: found '', accepted is String should have at least 1 character.",
        ),
        (
            {"tokens": []},
            "BankConfig tokens: found [], accepted is List should have at least 1 item after "
            "validation, not 0.",
        ),
        (
            {"zones": {0: ["DE"]}},
            "BankConfig zones 0 [key]: found 0, accepted is greater than or equal to 1.",
        ),
        (
            {"zones": {1: ["DE", "XX"], 2: ["HK"]}},
            "country: found 'XX', accepted is an ISO 3166-1 alpha-2 code in capital letters, "
            "such as HK.",
        ),
        (
            {"zones": {1: ["DE"], 2: ["HK", "DE"]}},
            "country: found 'DE', accepted is each only once.",
        ),
        ({"zones": {1: ["DE"]}}, "corridor zone: found 2, accepted is one of 1."),
        (
            {"upgrade_delay": 0},
            "BankConfig upgrade_delay: found 0, accepted is greater than or equal to 1.",
        ),
        (
            {"upgrade_delay": 1.5},
            "BankConfig upgrade_delay: found 1.5, accepted is a valid integer.",
        ),
        (
            {"upgrade_delay": 30 * 86_400 + 1},
            "BankConfig upgrade_delay: found 2592001, accepted is less than or equal to 2592000.",
        ),
        (
            {"enforce_delay": 0},
            "BankConfig enforce_delay: found 0, accepted is greater than or equal to 1.",
        ),
        (
            {"enforce_delay": 86_401},
            "BankConfig enforce_delay: found 86401, accepted is less than or equal to 86400.",
        ),
        (
            {"escrows": ["0x12"]},
            "BankConfig escrows 0: found '0x12', accepted is a checksummed address that is not "
            "zero.",
        ),
        ({"colour": "red"}, "BankConfig colour: found 'red', accepted is"),
    ],
)
def test_bank(changes, sentence):
    with pytest.raises(InputError) as refusal:
        changed(rhein_bank(), **changes)
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize(
    ("part", "changes", "sentence"),
    [
        (
            "tokens",
            {"currency": "XYZ"},
            "currency: found 'XYZ', accepted is an ISO 4217 currency code in capital letters, "
            "such as EUR.",
        ),
        ("tokens", {"currency": "ISK"}, "token: found 'ISK', accepted is each only once."),
        (
            "tokens",
            {"currency": "SEK"},
            "corridor token: found 'EUR', accepted is one of SEK, ISK.",
        ),
        (
            "tokens",
            {"supply_cap": -1},
            "TokenConfig supply_cap: found -1, accepted is greater than or equal to 0.",
        ),
        (
            "tokens",
            {"supply_cap": "5"},
            "TokenConfig supply_cap: found '5', accepted is a valid integer.",
        ),
        (
            "corridors",
            {"min_amount": 15_000_01},
            "min amount: found 1500001, accepted is at most 1500000.",
        ),
        (
            "corridors",
            {"period": "none"},
            "quota: found 2500000, accepted is 0 where the period is none.",
        ),
        (
            "corridors",
            {"period": "week"},
            "CorridorConfig period: found 'week', accepted is 'none', 'day', 'month' or 'year'.",
        ),
        (
            "corridors",
            {"utc_offset_quarters": 57},
            "CorridorConfig utc_offset_quarters: found 57, accepted is less than or equal to 56.",
        ),
        (
            "corridors",
            {"open": "yes"},
            "CorridorConfig open: found 'yes', accepted is a valid boolean.",
        ),
        ("corridors", {"to_zone": 1}, "corridor: found ('EUR', 1, 1), accepted is each only once."),
        ("minters", {"ledger_id": 7002}, "ledger id: found 7002, accepted is each only once."),
        (
            "minters",
            {"currency": "HKD"},
            "minter currency: found 'HKD', accepted is one of EUR, ISK.",
        ),
        (
            "minters",
            {"ledger_id": 0},
            "MinterConfig ledger_id: found 0, accepted is greater than or equal to 1.",
        ),
        (
            "minters",
            {"ceiling": 0},
            "MinterConfig ceiling: found 0, accepted is greater than or equal to 1.",
        ),
        (
            "tokens",
            {"name": "Rhein Euro and much more than that"},
            "token name: found 'Rhein Euro and much more than that', accepted is 1 to 31 printable "
            "ASCII characters.",
        ),
        (
            "tokens",
            {"name": "Rhein €"},
            "token name: found 'Rhein €', accepted is 1 to 31 printable ASCII characters.",
        ),
        (
            "tokens",
            {"accepted": ["0x12"]},
            "TokenConfig accepted 0: found '0x12', accepted is a checksummed address that is not "
            "zero.",
        ),
        (
            "tokens",
            {"terms": {"uri": "https://example.org/terms", "hash": "0x12"}},
            "TermsConfig hash: found '0x12', accepted is 0x and 64 hex digits in small letters.",
        ),
    ],
)
def test_parts_of_a_bank(part, changes, sentence):
    rows = [row.model_dump() for row in getattr(rhein_bank(), part)]
    rows[0] |= changes
    with says(InputError, sentence):
        changed(rhein_bank(), **{part: rows})


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
