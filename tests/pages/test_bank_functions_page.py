"""The page of the bank's own functions has every one, its caller, its events and its errors."""

import re

import pytest

from deposit_token.chain.roles import FUNCTIONS
from deposit_token.values.enumerations import Role
from tests.pages.test_contracts_page import ROOT, every_error, functions, sections, tables, texts
from tests.pages.test_error_lists import errors_listed

PAGE = (ROOT / "docs" / "bank-functions.md").read_text()
HEAD = ["function", "who", "before", "after", "events", "errors"]
PARTS = {
    "Of the registry": ("IAllowlistRegistry", "AllowlistRegistry"),
    "Of the policy": ("ICorridorPolicy", "CorridorPolicy"),
    "Of the token": ("IDepositTokenExt", "DepositToken"),
    "Of the keeper": ("IRoleKeeper", "RoleKeeper"),
}
"""The interface and the artifact of each part of the page."""
ANYONE = {"claimLedger": "a subscriber", "sync": "anyone", "syncEpoch": "anyone"}
"""Who calls what no role is asked for."""
OF_THE_MAIN_INTERFACE = {"upgradeToAndCall", "sync", "syncEpoch"}
ELSEWHERE = {"requestRedemptionWithSignature"}
"""What the page for callers has under another name."""
HEADED = {
    "AllowlistRegistry": ["AllowlistRegistry.sol"],
    "CorridorPolicy": ["CorridorPolicy.sol"],
    "DepositToken": [
        "DepositToken.sol",
        "DepositTokenExt.sol",
        "interfaces/IDepositTokenExt.sol",
        "interfaces/IDepositTokenMain.sol",
        "token/Freezes.sol",
        "token/Minters.sol",
        "token/Redemptions.sol",
    ],
    "RoleKeeper": ["governance/RoleKeeper.sol", "interfaces/IRoleKeeper.sol"],
}
"""The sources of each contract whose functions stand under the role that may call them."""


def rows(part: str) -> dict[str, list[str]]:
    """Caller, before, after, events and errors of each function of a part, by its name."""
    (table,) = tables(PAGE.partition(f"## {part}\n")[2].partition("\n## ")[0])
    assert table[0] == HEAD
    found = {name.strip("`"): cells for name, *cells in table[1:]}
    assert len(found) == len(table) - 1
    return found


def words(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def errors_of(cell: str) -> set[str]:
    """The errors that a cell names, those of the functions included that it refers to."""
    known = {name: cells[-1] for part in PARTS for name, cells in rows(part).items()}
    referred = re.findall(r"as `(\w+)`", cell)
    return words(cell).union(*(errors_of(known[name]) for name in referred))


@pytest.mark.parametrize("part", PARTS)
def test_every_function_is_here_or_on_the_page_for_callers(part):
    interface, _ = PARTS[part]
    changing = {name for name, function in functions(interface).items() if function.changes}
    here = changing - sections().keys() - ELSEWHERE
    assert here == rows(part).keys() - OF_THE_MAIN_INTERFACE


@pytest.mark.parametrize("part", PARTS)
def test_callers_are_those_of_the_roles(part):
    _, contract = PARTS[part]
    roles = {name: FUNCTIONS[contract].get(name, Role.ADMIN) for name in rows(part)}
    said = {Role.ADMIN: "timelock"} | {
        role: role.name.lower().replace("_", " ") for role in Role if role is not Role.ADMIN
    }
    expected = {name: ANYONE.get(name, said[role]) for name, role in roles.items()}
    assert {name: cells[0] for name, cells in rows(part).items()} == expected


@pytest.mark.parametrize("part", PARTS)
def test_events_and_errors_are_those_that_the_interface_lists(part):
    documents = texts("IDepositTokenMain") | texts("IAllowlistRegistry") | texts(PARTS[part][0])
    missing = {}
    for name, (*_, events, errors) in rows(part).items():
        emits = re.search(r"[Ee]mits? ([^.;]*)", " ".join(documents[name].split()))
        wanted = set(re.findall(r"[{`]([A-Z]\w+)[}`]", emits[1])) if emits else set()
        listed = errors_listed(name, documents, every_error())
        missing[name] = (wanted - words(events)) | (listed - errors_of(errors))
    assert {name: found for name, found in missing.items() if found} == {}


@pytest.mark.parametrize(
    ("contract", "source"), [(name, source) for name in HEADED for source in HEADED[name]]
)
def test_functions_stand_under_the_heading_of_their_role(contract, source):
    text = (ROOT / "contracts" / source).read_text()
    heads = {role.name.replace("_", " "): role for role in Role}
    found = {}
    for part in re.split(r"^ +/\* (?=[A-Z])", text, flags=re.MULTILINE):
        for name in re.findall(r"^ +function (\w+)", part, re.MULTILINE):
            if (role := heads.get(part.partition(" */")[0])) is not None:
                found[name] = role
    restricted = re.findall(r"function (\w+)\([^{;]* restricted ", text)
    held = FUNCTIONS[contract].keys() & set(re.findall(r"function (\w+)\(", text))
    assert found == {
        name: FUNCTIONS[contract].get(name, Role.ADMIN) for name in {*found, *held, *restricted}
    }


def test_every_error_exists():
    named = {name for part in PARTS for cells in rows(part).values() for name in words(cells[-1])}
    functions_named = {name for part in PARTS for name in rows(part)}
    foreign = {"ERC1967InvalidImplementation", "ERC1967NonPayable", "UUPSUnsupportedProxiableUUID"}
    foreign |= {"FailedCall", "AccessManagerUnauthorizedAccount"}
    foreign |= {"AccessControlUnauthorizedAccount"}
    assert named - every_error() - functions_named - foreign == set()
