"""What contracts, library, tests and pages say alike is what the contracts say.

Constants and enums are read out of the compiler's syntax trees, by name alone: which contract has
them does not matter.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

import pytest
import yaml

from deposit_token.deployment import config as bank_config
from deposit_token.deployment.audit import subject
from deposit_token.devchain.anvil import HARDFORK
from deposit_token.protocol import payment
from deposit_token.values import utc_offsets
from deposit_token.values.enumerations import (
    Acceptance,
    CustomerCategory,
    ParticipantStatus,
    PaymentStatus,
    Period,
    RedemptionStatus,
    Role,
    SystemStatus,
)
from tools.compiler import ROOT, Compiler, sources_of

LIMITS_OF_TESTS = "tests/solidity/support/Limits.sol"

LIBRARY = {
    "MAX_SUBSCRIBERS": bank_config.MAX_TOKENS,
    "MAX_PREDECESSORS": subject.MAX_PREDECESSORS,
    "LEAST_OFFSET": utc_offsets.LEAST_UTC_OFFSET,
    "GREATEST_OFFSET": utc_offsets.GREATEST_UTC_OFFSET,
    "GREATEST_NAME": bank_config.GREATEST_NAME,
    "GREATEST_DELAY": bank_config.GREATEST_UPGRADE_DELAY,
    "GREATEST_ENFORCER_DELAY": bank_config.GREATEST_ENFORCE_DELAY,
    "BPS": payment.BPS,
    "LEAST_TIME_TO_RESOLVE": payment.TIME_TO_RESOLVE,
    **{role.name: role for role in Role},
}
"""What the library has of each constant."""

ENUMS: list[type[IntEnum]] = [
    Acceptance,
    CustomerCategory,
    ParticipantStatus,
    PaymentStatus,
    Period,
    RedemptionStatus,
    SystemStatus,
]

WRITTEN = [
    ("docs/deployment.md", "an hour to 30 days", "GREATEST_DELAY", 30 * bank_config.DAY),
    ("docs/deployment.md", "waits seven times the upgrade delay", "BANK_DELAYS", 7),
    ("docs/security.md", "seven times the upgrade delay, at least 14 days", "BANK_DELAYS", 7),
    ("docs/bank-functions.md", "fewer than 16 are", "MAX_SUBSCRIBERS", 16),
    ("docs/contracts.md", "at most 256 bytes", "GREATEST_ANSWER", 256),
    ("docs/contracts.md", "a policy generation above 4,095", "MAX_GENERATION", 4095),
    ("deposit_token/examples/online_retail.toml", "at most 16 tokens", "MAX_SUBSCRIBERS", 16),
    ("contracts/interfaces/IAllowlistRegistry.sol", "at most 16", "MAX_PREDECESSORS", 16),
    ("contracts/interfaces/IBankTimelock.sol", "30 days", "GREATEST_DELAY", 30 * bank_config.DAY),
    ("contracts/interfaces/IDepositTokenMain.sol", "1 to 31 printable", "GREATEST_NAME", 31),
    ("contracts/interfaces/ISettlementEscrow.sol", "at most 256 bytes", "GREATEST_ANSWER", 256),
    ("contracts/types/Corridor.sol", "from -48", "LEAST_OFFSET", -48),
    ("contracts/types/Corridor.sol", "from -48 to 56", "GREATEST_OFFSET", 56),
]
"""Sentences with a constant in them: the file, the words, the constant and the number they say."""

Node = dict[str, Any]


@pytest.fixture(scope="module")
def trees() -> dict[str, Node]:
    """The syntax trees of our contracts, and of the limits that their tests expect."""
    contracts = [path for path in (ROOT / "contracts").rglob("*.sol") if ".cache" not in path.parts]
    names = [path.relative_to(ROOT).as_posix() for path in contracts]
    with Compiler() as compiler:
        found = compiler.syntax_trees(sources_of(ROOT, *names, LIMITS_OF_TESTS))
    return {name: tree for name, tree in found.items() if name in (*names, LIMITS_OF_TESTS)}


@pytest.fixture(scope="module")
def constants(trees: dict[str, Node]) -> dict[str, set[int]]:
    """The values that the contracts have of each constant."""
    found: dict[str, set[int]] = defaultdict(set)
    for name in trees.keys() - {LIMITS_OF_TESTS}:
        for constant, value in constants_of(trees[name]):
            found[constant].add(value)
    return found


def definitions(tree: Node) -> Iterator[Node]:
    """What a source defines itself and in its contracts."""
    for node in tree["nodes"]:
        yield node
        yield from node.get("nodes", [])


def constants_of(tree: Node) -> Iterator[tuple[str, int]]:
    """Name and value of each constant that is written as a number."""
    for node in definitions(tree):
        if node["nodeType"] == "VariableDeclaration" and node["constant"]:
            type_ = node["value"]["typeDescriptions"]["typeString"]
            if number := re.fullmatch(r"int_const (-?\d+)", type_):
                yield node["name"], int(number[1])


@pytest.mark.parametrize("name", LIBRARY)
def test_limits_of_the_library_are_the_contracts(constants, name):
    assert constants[name] == {LIBRARY[name]}


def test_limits_that_the_solidity_tests_expect_are_the_contracts(trees, constants):
    limits = trees[LIMITS_OF_TESTS]
    expected = {name: {value} for name, value in constants_of(limits)}
    assert len(expected) == len(limits["exportedSymbols"])
    assert {name: constants[name] for name in expected} == expected


def test_chains_of_ape_are_of_the_hardfork_that_the_demos_are():
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text())
    assert config["foundry"]["evm_version"] == HARDFORK


@pytest.mark.parametrize(("file", "words", "name", "value"), WRITTEN)
def test_limits_that_are_written_out_are_the_contracts(constants, file, words, name, value):
    text = re.sub(r"\s+(?:///|#)?\s*", " ", (ROOT / file).read_text())
    assert words in text
    assert constants[name] == {value}


def test_enums_of_the_library_are_numbered_as_in_the_contracts(trees):
    found = {
        node["name"]: [member["name"] for member in node["members"]]
        for tree in trees.values()
        for node in definitions(tree)
        if node["nodeType"] == "EnumDefinition"
    }
    # Its codes are those of ERC-1404, which a test of conformance knows.
    del found["Restriction"]
    members = {
        name: {snake(member): number for number, member in enumerate(names)}
        for name, names in found.items()
    }
    assert {each.__name__: dict(each.__members__) for each in ENUMS} == members


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def test_readme_says_of_every_key_of_a_bank_what_it_may():
    section = (ROOT / "README.md").read_text().partition("### Which key does what\n")[2]
    rows = re.findall(r"^\| ([a-z -]+) \|", section.partition("\n## ")[0], re.MULTILINE)
    keys = {part.replace("_", " ") for part in bank_config.BankKeys.model_fields}
    # The first is destroyed, the other stands apart in a bank's file.
    assert set(rows) - {"key"} == keys | {"set-up", "minter"}


def test_contributing_counts_the_suppressions():
    counts = re.search(
        r"(\d+) suppressions of slither's findings and (\d+) of the linter's",
        (ROOT / "CONTRIBUTING.md").read_text(),
    )
    sources = [path.read_text() for path in (ROOT / "contracts").rglob("*.sol")]
    found = [
        sum(text.count(mark) for text in sources) for mark in ("slither-disable", "forge-lint")
    ]
    assert [int(count) for count in counts.groups()] == found
