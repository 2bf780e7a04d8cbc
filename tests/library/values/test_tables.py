"""Tables made in Python: whichever way in is taken, a mistake is one sentence."""

import pytest

from deposit_token import BankConfig, DeploymentFile, InputError, Manifest, NetworkProfile
from tests.refusals import refuses

WAYS = {
    "constructor": lambda table: table(nam=1),
    "model_validate": lambda table: table.model_validate({"nam": 1}),
    "model_validate_json": lambda table: table.model_validate_json('{"nam": 1}'),
    "model_validate_strings": lambda table: table.model_validate_strings({"nam": "1"}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", [BankConfig, DeploymentFile, Manifest, NetworkProfile])
def test_mistake_is_one_sentence(table, way):
    known = ", ".join(table.model_fields)
    nearest = "name, or another of" if "name" in table.model_fields else "one of"
    with refuses("nam", "nam", f"{nearest} the keys {known}"):
        WAYS[way](table)


@pytest.mark.parametrize("found", [None, 1.5, [], "x", b"\xff", object()])
@pytest.mark.parametrize("way", ["model_validate", "model_validate_json", "model_validate_strings"])
def test_what_is_no_table_is_one_sentence(way, found):
    with pytest.raises(InputError, match=r"^top level: found .*\.$"):
        getattr(NetworkProfile, way)(found)


@pytest.mark.parametrize("text", ["{", b"{", bytearray(b"{")])
def test_text_that_is_no_json_is_one_sentence(text):
    with pytest.raises(InputError, match=r"^top level: found '\{', accepted is JSON \(.*\)\.$"):
        NetworkProfile.model_validate_json(text)
