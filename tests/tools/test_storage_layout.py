import json
import shutil
import subprocess
import sys

import pytest

from tools.compiler import ROOT
from tools.storage_layout import incompatibilities, layouts, read_record

pytestmark = pytest.mark.slow

TOKEN = "deposit_token.storage.DepositToken"
ROOT_OF_TOKEN = "0x358f066af1ad54fbda2b5a39654ca8e0b44e4e791acc73172153aba47853c000"


@pytest.fixture(scope="module")
def found():
    return layouts()


@pytest.fixture
def project(tmp_path):
    """A copy of what the tool reads, free to be changed."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    shutil.copy(ROOT / "foundry.toml", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def run(project, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "tools.storage_layout", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
    )


def edit(project, path, old, new):
    target = project / path
    text = target.read_text()
    assert text.count(old) == 1
    target.write_text(text.replace(old, new))


# The repository


def test_storage_lies_where_it_is_recorded(found):
    assert incompatibilities(read_record(), found) == []


def test_everything_is_recorded(found):
    assert read_record() == found, "record what was added: python -m tools.storage_layout --update"


def test_record_has_every_namespace_of_a_token():
    assert {name for name in read_record() if ".storage." in name} == {
        TOKEN,
        "deposit_token.storage.Authorizations",
        "openzeppelin.storage.AccessManaged",
        "openzeppelin.storage.ERC20",
        "openzeppelin.storage.Initializable",
        "openzeppelin.storage.Nonces",
    }


def test_record_has_what_lies_within():
    record = read_record()
    assert record[TOKEN]["currency"] == "slot 1 byte 22: bytes3"
    assert record["Redemption"]["status"] == "slot 0 byte 20: enum RedemptionStatus"
    assert record["RedemptionStatus"]["Settled"] == "3"
    assert record["AccountSlot"]["isEncumbered"] == "bits 240 to 247"
    assert record["AccountSlot"]["withCopy.record"] == "bits 128 to 191"


# The comparison

RECORDED = {
    "Minter": {"ledgerId": "slot 0 byte 0: uint64", "quota": "slot 0 byte 8: uint128"},
    "Status": {"None": "0", "Active": "1"},
}


def test_what_is_added_is_compatible():
    added = {
        "Minter": RECORDED["Minter"] | {"name": "slot 1 byte 0: string"},
        "Status": RECORDED["Status"] | {"Blocked": "2"},
        "Other": {"field": "slot 0 byte 0: uint256"},
    }
    assert incompatibilities(RECORDED, added) == []


@pytest.mark.parametrize(
    ("minter", "sentences"),
    [
        pytest.param(
            {"quota": "slot 0 byte 0: uint128", "ledgerId": "slot 0 byte 16: uint64"},
            [
                "Minter.ledgerId: found slot 0 byte 16: uint64, accepted is slot 0 byte 0: uint64.",
                "Minter.quota: found slot 0 byte 0: uint128, accepted is slot 0 byte 8: uint128.",
            ],
            id="order",
        ),
        pytest.param(
            {"ledgerId": "slot 0 byte 0: uint64", "quota": "slot 0 byte 8: int128"},
            ["Minter.quota: found slot 0 byte 8: int128, accepted is slot 0 byte 8: uint128."],
            id="type",
        ),
        pytest.param(
            {"ledgerId": "slot 0 byte 0: uint64"},
            ["Minter.quota: found no such field, accepted is slot 0 byte 8: uint128."],
            id="removed at the end",
        ),
        pytest.param(
            {"quota": "slot 0 byte 0: uint128"},
            [
                "Minter.ledgerId: found no such field, accepted is slot 0 byte 0: uint64.",
                "Minter.quota: found slot 0 byte 0: uint128, accepted is slot 0 byte 8: uint128.",
            ],
            id="removed before another",
        ),
    ],
)
def test_what_has_changed_is_named_with_what_is_accepted(minter, sentences):
    assert incompatibilities(RECORDED, RECORDED | {"Minter": minter}) == sentences


def test_layout_that_is_gone_is_named_field_by_field():
    assert incompatibilities(RECORDED, {"Minter": RECORDED["Minter"]}) == [
        "Status.None: found no such field, accepted is 0.",
        "Status.Active: found no such field, accepted is 1.",
    ]


# The tool, on changed sources


def test_tool_reports_what_a_token_would_lose(project):
    edit(
        project,
        "contracts/token/DepositTokenCore.sol",
        "        uint128 supply;\n        uint128 supplyCap;\n",
        "        uint128 supplyCap;\n        uint128 supply;\n",
    )
    edit(
        project,
        "contracts/types/AccountSlot.sol",
        "    Active,\n    OutflowOnly\n",
        "    OutflowOnly,\n    Active\n",
    )
    recorded = (project / "tools" / "storage_layout.json").read_text()
    result = run(project)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        f"{TOKEN}.supply: found slot 2 byte 16: uint128, accepted is slot 2 byte 0: uint128.",
        f"{TOKEN}.supplyCap: found slot 2 byte 0: uint128, accepted is slot 2 byte 16: uint128.",
        "SystemStatus.Active: found 2, accepted is 1.",
        "SystemStatus.OutflowOnly: found 1, accepted is 2.",
    ]
    assert (project / "tools" / "storage_layout.json").read_text() == recorded


def test_tool_reports_the_bits_that_a_packed_word_would_lose(project):
    slot = "contracts/types/AccountSlot.sol"
    edit(project, slot, "ZONE_SHIFT = 192", "ZONE_SHIFT = 193")
    edit(project, slot, "return uint128(AccountSlot", "return uint120(AccountSlot")
    edit(project, slot, "((1 << 64) - 1) <<", "((1 << 56) - 1) <<")
    edit(project, slot, "~(uint256(type(uint8).max) << SYSTEM", "~(uint256(0x0f) << SYSTEM")
    result = run(project)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "AccountSlot.balance: found bits 0 to 119, accepted is bits 0 to 127.",
        "AccountSlot.zone: found bits 193 to 200, accepted is bits 192 to 199.",
        "AccountSlot.withCopy.record: found bits 128 to 183, accepted is bits 128 to 191.",
        "AccountSlot.withSystemStatus: found bits 0 to 231 and 236 to 255, "
        "accepted is bits 0 to 231 and 240 to 255.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("LOCATION = 0x358f", "LOCATION = 0x358e", ROOT_OF_TOKEN.replace("0x358f", "0x358e")),
        ("$.slot := STORAGE_LOCATION", "$.slot := 0", "0"),
        (
            "$.slot := STORAGE_LOCATION",
            "$.slot := add(STORAGE_LOCATION, 1)",
            "add(STORAGE_LOCATION, 1)",
        ),
    ],
    ids=["constant", "another", "beside"],
)
@pytest.mark.parametrize("arguments", [[], ["--update"]])
def test_tool_refuses_a_namespace_that_begins_elsewhere(project, old, new, found, arguments):
    edit(project, "contracts/token/DepositTokenCore.sol", old, new)
    result = run(project, *arguments)
    assert result.returncode == 1
    assert result.stderr == (
        f"{TOKEN}: found the slot {found}, accepted is {ROOT_OF_TOKEN} by ERC-7201.\n"
    )


def test_update_records_what_was_added(project):
    edit(
        project,
        "contracts/token/DepositTokenCore.sol",
        "        string termsUri;\n",
        "        string termsUri;\n        uint64 added;\n",
    )
    edit(project, "contracts/types/Participant.sol", "    Dealer\n", "    Dealer,\n    Added\n")
    result = run(project, "--update")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    updated = json.loads((project / "tools" / "storage_layout.json").read_text())
    assert updated.pop(TOKEN) == read_record()[TOKEN] | {"added": "slot 15 byte 0: uint64"}
    assert updated.pop("CustomerCategory") == read_record()["CustomerCategory"] | {"Added": "4"}
    rest = read_record().items()
    assert updated == {name: each for name, each in rest if name not in (TOKEN, "CustomerCategory")}


def test_tool_refuses_state_outside_of_the_namespaces(project):
    edit(
        project,
        "contracts/DepositTokenExt.sol",
        "    /* INTERNAL */\n",
        "    /* INTERNAL */\n\n    uint256 private _stray;\n",
    )
    result = run(project)
    assert result.returncode == 1
    assert result.stderr == (
        "DepositTokenExt._stray: found a state variable, "
        "accepted are only fields of a namespaced struct.\n"
    )


def test_tool_refuses_to_compare_with_nothing(project):
    (project / "tools" / "storage_layout.json").unlink()
    result = run(project)
    assert result.returncode == 1
    assert result.stderr == "storage_layout.json is missing: write it with --update.\n"


def test_tool_refuses_other_arguments(project):
    result = run(project, "--fix")
    assert result.returncode == 2
    assert result.stderr == "arguments: found ['--fix'], accepted are none and --update.\n"
