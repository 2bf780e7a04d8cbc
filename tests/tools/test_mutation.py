from collections import Counter

import pytest
from rich.console import Console

from tools.compiler import ROOT, Compiler, DoesNotCompile
from tools.mutation.__main__ import run
from tools.mutation.bench import Bench
from tools.mutation.mutants import Key, Mutant, all_mutants, applied, changed_lines
from tools.mutation.operators import Tree, edits
from tools.mutation.report import faults, score
from tools.mutation.results import Result, Results
from tools.mutation.survivors import accepted
from tools.mutation.targets import TARGETS

pytestmark = pytest.mark.slow

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

contract Vault {
    enum Step { None, Open, Closed }
    struct Box { address owner; address heir; uint256 amount; }
    error TooMuch(uint256 found, uint256 allowed);
    event Taken(address owner, address heir, uint256 amount);

    uint256 private constant LIMIT = 1_000 * 2;
    Step public step = Step.Open;
    Box private _box;

    modifier onlyOwner() {
        _;
    }

    function take(uint256 amount) external onlyOwner returns (uint256 left) {
        if (amount > LIMIT) revert TooMuch(amount, LIMIT);
        if (step == Step.Open && amount == 7) revert TooMuch(amount, LIMIT);
        if (step == Step.Closed || msg.sender == _box.owner) {
            left = LIMIT - amount;
        }
        emit Taken(_box.owner, _box.heir, amount);
    }
}
"""


@pytest.fixture(scope="module")
def compiler():
    with Compiler() as running:
        yield running


@pytest.fixture(scope="module")
def found(compiler):
    """The changed lines of every mutant of the vault."""
    root = compiler.syntax_trees({"Vault.sol": SOURCE})["Vault.sol"]
    ids = {node["name"]: node["id"] for node in root["nodes"][1]["nodes"] if node.get("members")}
    structs = {ids["Box"]: [("owner", "t_address"), ("heir", "t_address"), ("amount", "t_uint256")]}
    enums = {ids["Step"]: ["None", "Open", "Closed"]}
    tree = Tree(root, SOURCE.encode(), structs, enums)
    return [(edit.operator, *changed_lines(SOURCE, edit)) for edit in edits(tree)]


def of_line(found, line):
    return {(operator, mutated) for operator, original, mutated in found if original == line}


def test_a_comparison_meets_its_boundary_and_the_guard_falls(found):
    line = "if (amount > LIMIT) revert TooMuch(amount, LIMIT);"
    assert of_line(found, line) == {
        ("comparison", "if (amount >= LIMIT) revert TooMuch(amount, LIMIT);"),
        ("comparison", "if (amount != LIMIT) revert TooMuch(amount, LIMIT);"),
        ("condition", "if (false) revert TooMuch(amount, LIMIT);"),
        ("swap", "if (amount > LIMIT) revert TooMuch(LIMIT, amount);"),
    }


def test_each_part_of_a_condition_is_decided_and_the_whole_once(found):
    line = "if (step == Step.Closed || msg.sender == _box.owner) {"
    assert of_line(found, line) == {
        ("condition", "if (true || msg.sender == _box.owner) {"),
        ("condition", "if (false || msg.sender == _box.owner) {"),
        ("condition", "if (step == Step.Closed || false) {"),
        ("member", "if (step == Step.None || msg.sender == _box.owner) {"),
        ("member", "if (step == Step.Closed || msg.sender == _box.heir) {"),
    }


def test_a_guard_falls_if_one_of_two_conditions_is_enough(found):
    line = "if (step == Step.Open && amount == 7) revert TooMuch(amount, LIMIT);"
    assert {mutated.split(")")[0] for _, mutated in of_line(found, line)} == {
        "if (true && amount == 7",
        "if (false && amount == 7",
        "if (step == Step.Closed && amount == 7",
        "if (step == Step.Open && amount <= 7",
        "if (step == Step.Open && amount >= 7",
        # The swap of the error's arguments.
        "if (step == Step.Open && amount == 7",
    }


def test_what_an_if_alone_guards_is_not_deleted_besides(found):
    assert of_line(found, "left = LIMIT - amount;") == {("arithmetic", "left = LIMIT + amount;")}


def test_a_statement_is_deleted_and_arguments_of_one_type_change_places(found):
    assert of_line(found, "emit Taken(_box.owner, _box.heir, amount);") == {
        ("deletion", "{}"),
        ("member", "emit Taken(_box.heir, _box.heir, amount);"),
        ("member", "emit Taken(_box.owner, _box.owner, amount);"),
        ("swap", "emit Taken(_box.heir, _box.owner, amount);"),
    }


def test_a_modifier_is_removed(found):
    line = "function take(uint256 amount) external onlyOwner returns (uint256 left) {"
    assert of_line(found, line) == {("modifier", line.replace("onlyOwner ", ""))}


def test_numbers_and_operators_of_a_constant(found):
    line = "uint256 private constant LIMIT = 1_000 * 2;"
    assert {mutated.split("= ")[1] for _, mutated in of_line(found, line)} == {
        "1001 * 2;",
        "999 * 2;",
        "1_000 * 3;",
        "1_000 * 1;",
        "1_000 / 2;",
    }


def test_most_mutants_compile(compiler, found):
    assert len(found) == len(set(found))
    assert Counter(operator for operator, *_ in found).keys() == {
        *("arithmetic", "comparison", "condition", "deletion"),
        *("literal", "member", "modifier", "swap"),
    }


@pytest.fixture(scope="module")
def mutants(compiler):
    return all_mutants(compiler, ROOT)


def test_every_source_with_code_is_a_target(mutants):
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "contracts").rglob("*.sol")
        if path.parent.name not in ("interfaces", "deploy")
    }
    plain = (
        *("Acceptance", "Corridor", "Issue", "Minter", "Payment", "PaymentApproval", "Period"),
        *("Redemption", "RefundQuote", "Restriction", "Standing"),
    )
    without_code = {f"contracts/types/{name}.sol" for name in plain}
    assert {target.source for target in TARGETS} == sources - without_code
    assert {mutant.key.file for mutant in mutants} == sources - without_code


def test_no_two_mutants_are_the_same(mutants):
    assert len({mutant.identity for mutant in mutants}) == len(mutants)
    assert all(applied(mutant.source, mutant.edit) != mutant.source for mutant in mutants)


def test_every_listed_survivor_is_a_mutant_and_has_a_reason(mutants):
    listed = accepted()
    assert set(listed) <= {mutant.key for mutant in mutants}
    assert all(reason.endswith(".") for reason in listed.values())


def test_results_outlive_the_run_but_not_a_change(tmp_path, mutants):
    for name in ("contracts", "tests", "node_modules"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = tmp_path / "results.jsonl"
    mutant = next(each for each in mutants if each.key.file.endswith("CorridorPolicy.sol"))
    killer = "tests/solidity/policy/PolicyConsume.t.sol:PolicyConsumeTest:test()"
    added = Results(path, tmp_path).add(mutant, "killed", killer, 1.5)
    assert Results(path, tmp_path).of(mutant) == added

    (tmp_path / "contracts").unlink()
    (tmp_path / "contracts").mkdir()
    for folder in ("interfaces", "types", "libraries"):
        (tmp_path / "contracts" / folder).symlink_to(ROOT / "contracts" / folder)
    policy = tmp_path / "contracts" / "CorridorPolicy.sol"
    text = (ROOT / "contracts/CorridorPolicy.sol").read_text()
    policy.write_text(text.replace("/// @title", "/// @title Changed:\n/// in two lines:"))
    assert Results(path, tmp_path).of(mutant) == added
    policy.write_text(text.replace("GREATEST_OFFSET = 56", "GREATEST_OFFSET = 57"))
    assert Results(path, tmp_path).of(mutant) is None


def test_score_leaves_out_what_is_the_same_code():
    assert score(Counter(killed=18, timeout=1, survived=1, equivalent=7, invalid=3)) == 95.0


def result(mutant: Mutant, verdict: str) -> tuple[Mutant, Result]:
    return mutant, Result(verdict, "", 1.0, "")


def test_a_low_score_and_a_survivor_that_is_not_listed_are_faults(mutants):
    found = [result(mutants[0], "survived"), *(result(each, "killed") for each in mutants[1:19])]
    group, key = mutants[0].target.group, mutants[0].key
    assert faults(found, {}, complete=False) == [
        f"{key.file} {key.function}: found an unlisted survivor: {key.mutated}",
        f"{group}: found a score of 94.7 %, accepted: 95 %",
    ]
    found.append(result(mutants[19], "timeout"))
    assert faults(found, {key: "Known."}, complete=True) == []


def test_a_listed_survivor_that_is_killed_is_a_fault_of_a_complete_run(mutants):
    gone = Key("contracts/SettlementEscrow.sol", "void", "a;", "b;")
    found = [result(mutants[0], "killed")]
    assert faults(found, {gone: "Known."}, complete=False) == []
    assert faults(found, {gone: "Known."}, complete=True) == [
        "contracts/SettlementEscrow.sol void: listed, but no survivor: b;"
    ]


def test_a_bench_that_fails_ends_the_run(tmp_path, monkeypatch, mutants):
    class Broken(Bench):
        def exchange(self, targets):
            raise DoesNotCompile("no such source")

    monkeypatch.setattr("tools.mutation.__main__.Bench", Broken)
    results = Results(tmp_path / "results.jsonl", ROOT)
    with pytest.raises(DoesNotCompile, match="no such source"):
        run(mutants[:1], results, 1, Console())
