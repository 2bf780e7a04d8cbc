"""The security page names tests: each must exist, so that it promises nothing that nobody shows."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text()
TESTS = {path.name.removesuffix(".t.sol"): path for path in ROOT.glob("tests/solidity/**/*.t.sol")}
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| can't", "|---"))
]
PARTIES = [
    *("payer", "merchant", "operator", "dealer", "arbiter", "desk", "registrar", "compliance"),
    *("guardian", "governor", "bank", "stranger"),
]


def names(cell: str) -> list[str]:
    """The tests that a cell names, as `File` or `File › test`; a test alone is of the file before
    it."""
    found: list[str] = []
    for name in re.findall("`([^`]+)`", cell):
        if name == "balanced":
            continue
        if name.startswith("test") and not name.endswith(".py"):
            name = f"{found[-1].split(' › ')[0]} › {name}"
        found.append(name)
    return found


def test_every_party_has_a_section():
    headings = " ".join(re.findall("^## (.*)$", PAGE, re.MULTILINE)).lower()
    assert [party for party in PARTIES if party not in headings] == []


def test_every_promise_names_a_test():
    assert len(ROWS) > 40
    assert [promise for promise, shown in ROWS if not names(shown)] == []


@pytest.mark.parametrize("name", sorted({name for _, shown in ROWS for name in names(shown)}))
def test_exists(name):
    file, _, function = name.partition(" › ")
    if file == "StateMachine":
        file = "test_state_machine.py"
    path = ROOT / "tests" / file if file.endswith(".py") else TESTS[file]
    assert path.is_file()
    if function:
        assert re.search(rf"function {function}\b", path.read_text())
