"""What the pages name exists: the tests that show a promise, files, commands, and the version."""

import re
import tomllib
from pathlib import Path

import pytest

from deposit_token.chain.roles import FUNCTIONS
from deposit_token.values.enumerations import Role

ROOT = Path(__file__).parents[2]
FILES = {path.name.removesuffix(".t.sol"): path for path in ROOT.glob("tests/solidity/**/*.t.sol")}
FILES |= {path.name: path for path in ROOT.glob("tests/**/test_*.py")}
FILES["StateMachine"] = FILES["test_state_machine.py"]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
LEAST_ROWS = {"security": 40, "attacks": 120, "assurance": 20}
PARTIES = [
    *(
        "payer",
        "merchant",
        "operator",
        "dealer",
        "arbiter",
        "minter",
        "payout officer",
        "registrar",
    ),
    *("compliance", "enforcer", "releaser", "treasurer", "policy officer", "guardian", "governor"),
    *("board", "bank", "stranger"),
]


def read(page: str) -> str:
    return (ROOT / "docs" / f"{page}.md").read_text()


def rows(page: str) -> list[tuple[str, str]]:
    """What each row of a page's tables says, and the cell that tells what shows it."""
    found = []
    shown = None
    for line in read(page).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| "):
            continue
        if {"shown by", "held by"} & set(cells):
            shown = next(n for n, cell in enumerate(cells) if cell in ("shown by", "held by"))
        elif shown is not None and len(cells) > shown:
            found.append((cells[0], cells[shown]))
    return found


def names(cell: str) -> list[str]:
    """The tests that a cell names, as `File` or `File › test`; a test alone is of the file before
    it."""
    found: list[str] = []
    for name in re.findall("`([^`]+)`", cell):
        if name in ("balanced", "tests/conformance/", "slither-check-erc"):
            continue
        if name.startswith("test") and not name.split(" › ")[0].endswith(".py"):
            name = f"{found[-1].split(' › ')[0]} › {name}"
        found.append(name)
    return found


def test_every_party_has_a_section():
    headings = " ".join(re.findall("^## (.*)$", read("security"), re.MULTILINE)).lower()
    assert [party for party in PARTIES if party not in headings] == []


@pytest.mark.parametrize("page", LEAST_ROWS)
def test_every_row_names_a_test(page):
    assert len(rows(page)) > LEAST_ROWS[page]
    assert [said for said, shown in rows(page) if "`" not in shown] == []


@pytest.mark.parametrize("page", LEAST_ROWS)
def test_every_name_is_a_tests(page):
    missing = []
    for name in sorted({name for _, shown in rows(page) for name in names(shown)}):
        file, _, function = name.partition(" › ")
        if file not in FILES or (
            function and not re.search(rf"(function|def) {function}\b", FILES[file].read_text())
        ):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_heading_leads_to_one(page):
    links = re.findall(r"\]\(((?!https?:)[^)#]*)#([^)]+)\)", page.read_text())
    missing = []
    for file, anchor in links:
        headings = re.findall("^#+ (.*)$", (page.parent / file if file else page).read_text(), re.M)
        if anchor not in [
            re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings
        ]:
            missing.append(f"{file}#{anchor}")
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_nothing_is_left_to_be_filled_in(page):
    assert re.findall(r"\b(?:TIME|SLOW|TODO)\b", page.read_text()) == []


def test_every_command_for_contributors_is_one_of_the_makefiles():
    commands = set(re.findall(r"`make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text()))
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    assert len(commands) > 8
    assert commands - set(targets.split()) == set()


def test_every_file_for_contributors_exists():
    named = re.findall(
        r"`((?!node_modules)[a-z_]+/[\w./]+)`", (ROOT / "CONTRIBUTING.md").read_text()
    )
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_newest_version_of_the_changelog_is_the_packages():
    newest = re.search(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    assert newest == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_table_of_roles_is_the_one_that_the_deployment_sets():
    columns = {"registry": "AllowlistRegistry", "policy": "CorridorPolicy", "token": "DepositToken"}
    others = {"keeper": "RoleKeeper", "escrow": "SettlementEscrow"}
    found: dict[str, dict[str, Role]] = {contract: {} for contract in FUNCTIONS}
    numbers = {}
    lines = read("deployment").partition("## Roles")[2].splitlines()
    for line in (line for line in lines if re.match(r"\| [A-Z_]+ ", line)):
        title, number, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        role = Role[title.split()[0]]
        numbers[role] = int(number)
        for contract, cell in zip(columns.values(), cells, strict=False):
            found[contract] |= dict.fromkeys(re.findall(r"`(\w+)`", cell), role)
        for contract, listed in re.findall(r"(\w+): ((?:`\w+`(?:, )?)+)", cells[-1]):
            found[others[contract]] |= dict.fromkeys(re.findall(r"`(\w+)`", listed), role)
    assert numbers == {role: role.value for role in Role}
    # What has no other role is ADMIN's.
    named = {
        contract: {name: role for name, role in functions.items() if role is not Role.ADMIN}
        for contract, functions in found.items()
    }
    assert named == FUNCTIONS
