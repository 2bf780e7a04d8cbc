import json
import shutil
import subprocess
import sys

import pytest

from tools.storage_layout import ROOT, incompatibilities, layouts, read_record

TOKEN = "deposit_token.storage.DepositToken"


@pytest.fixture(scope="module")
def found():
    return layouts()


@pytest.fixture
def project(tmp_path):
    """A copy of what the tool reads, free to be changed."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def run(project, *arguments):
    return subprocess.run(
        [sys.executable, project / "tools" / "storage_layout.py", *arguments],
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
    assert read_record() == found, "record what was added: python tools/storage_layout.py --update"


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
    assert record["AccountSlot"]["ENCUMBERED_SHIFT"] == "bit 240"


# The comparison

RECORDED = {
    "Desk": {"ledgerId": "slot 0 byte 0: uint64", "quota": "slot 0 byte 8: uint128"},
    "Status": {"None": "0", "Active": "1"},
}


def test_what_is_added_is_compatible():
    added = {
        "Desk": RECORDED["Desk"] | {"name": "slot 1 byte 0: string"},
        "Status": RECORDED["Status"] | {"Blocked": "2"},
        "Other": {"field": "slot 0 byte 0: uint256"},
    }
    assert incompatibilities(RECORDED, added) == []


@pytest.mark.parametrize(
    ("desk", "sentences"),
    [
        pytest.param(
            {"quota": "slot 0 byte 0: uint128", "ledgerId": "slot 0 byte 16: uint64"},
            [
                "Desk.ledgerId: found slot 0 byte 16: uint64, accepted is slot 0 byte 0: uint64.",
                "Desk.quota: found slot 0 byte 0: uint128, accepted is slot 0 byte 8: uint128.",
            ],
            id="order",
        ),
        pytest.param(
            {"ledgerId": "slot 0 byte 0: uint64", "quota": "slot 0 byte 8: int128"},
            ["Desk.quota: found slot 0 byte 8: int128, accepted is slot 0 byte 8: uint128."],
            id="type",
        ),
        pytest.param(
            {"ledgerId": "slot 0 byte 0: uint64"},
            ["Desk.quota: found no such field, accepted is slot 0 byte 8: uint128."],
            id="removed at the end",
        ),
        pytest.param(
            {"quota": "slot 0 byte 0: uint128"},
            [
                "Desk.ledgerId: found no such field, accepted is slot 0 byte 0: uint64.",
                "Desk.quota: found slot 0 byte 0: uint128, accepted is slot 0 byte 8: uint128.",
            ],
            id="removed before another",
        ),
    ],
)
def test_what_has_changed_is_named_with_what_is_accepted(desk, sentences):
    assert incompatibilities(RECORDED, RECORDED | {"Desk": desk}) == sentences


def test_layout_that_is_gone_is_named_field_by_field():
    assert incompatibilities(RECORDED, {"Desk": RECORDED["Desk"]}) == [
        "Status.None: found no such field, accepted is 0.",
        "Status.Active: found no such field, accepted is 1.",
    ]


# The tool, on changed sources


def test_tool_reports_what_a_token_would_lose(project):
    edit(
        project,
        "contracts/extensions/TokenLedger.sol",
        "        uint128 supply;\n        uint128 supplyCap;\n",
        "        uint128 supplyCap;\n        uint128 supply;\n",
    )
    edit(
        project,
        "contracts/types/AccountSlot.sol",
        "    Active,\n    OutflowOnly\n",
        "    OutflowOnly,\n    Active\n",
    )
    edit(project, "contracts/types/AccountSlot.sol", "ZONE_SHIFT = 192", "ZONE_SHIFT = 193")
    recorded = (project / "tools" / "storage_layout.json").read_text()
    result = run(project)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        f"{TOKEN}.supply: found slot 2 byte 16: uint128, accepted is slot 2 byte 0: uint128.",
        f"{TOKEN}.supplyCap: found slot 2 byte 0: uint128, accepted is slot 2 byte 16: uint128.",
        "SystemStatus.Active: found 2, accepted is 1.",
        "SystemStatus.OutflowOnly: found 1, accepted is 2.",
        "AccountSlot.ZONE_SHIFT: found bit 193, accepted is bit 192.",
    ]
    assert (project / "tools" / "storage_layout.json").read_text() == recorded


def test_update_records_what_was_added(project):
    edit(
        project,
        "contracts/extensions/TokenLedger.sol",
        "        string termsUri;\n",
        "        string termsUri;\n        uint64 added;\n",
    )
    result = run(project, "--update")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    updated = json.loads((project / "tools" / "storage_layout.json").read_text())
    assert updated.pop(TOKEN) == read_record()[TOKEN] | {"added": "slot 14 byte 0: uint64"}
    assert updated == {name: each for name, each in read_record().items() if name != TOKEN}


def test_tool_refuses_state_outside_of_the_namespaces(project):
    edit(
        project,
        "contracts/BackOffice.sol",
        "    /* INTERNAL */\n",
        "    /* INTERNAL */\n\n    uint256 private _stray;\n",
    )
    result = run(project)
    assert result.returncode == 1
    assert result.stderr == (
        "BackOffice._stray: found a state variable, "
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
