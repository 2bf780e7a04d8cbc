"""How a mutant is tried, with a forge that hangs, passes and fails as the test says."""

import json

import pytest

from tools.compiler import Compiler
from tools.mutation.bench import MORE, Bench, Unsound
from tools.mutation.mutants import Key, Mutant
from tools.mutation.operators import Edit
from tools.mutation.targets import AS_DEPLOYED, INVARIANTS, LEGACY, Step, Target, Unit

pytestmark = pytest.mark.slow

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

contract Vault {
    // A hundred.
    uint256 public constant LIMIT = 100;
}
"""
VAULT = Unit("contracts/Vault.sol", "Vault", LEGACY)
TARGET = Target(VAULT.source, "vault", (Step((VAULT,), "tests/solidity/Vault.t.sol"),))

FORGE = """#!/bin/sh
echo "$@" >> asked
answer=$(head -n 1 answers)
sed -i 1d answers
[ "$answer" = hang ] && exec sleep 1000
echo "{\\"tests/solidity/Vault.t.sol:VaultTest\\": {\\"test_results\\":" \\
    "{\\"test_limit()\\": {\\"status\\": \\"$answer\\"}}}}"
"""
SECONDS = 2.0
"""The bench's time limit: what does not hang is done long before."""


@pytest.fixture(scope="module")
def compiler():
    with Compiler() as running:
        yield running


@pytest.fixture
def bench(tmp_path, monkeypatch, compiler):
    """A bench with the vault in it, whose forge answers as `bench.answers` says."""
    for folder in ("bin", "contracts", "out/Vault.sol", "tools", "tests/solidity/invariants"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / VAULT.source).write_text(SOURCE)
    (tmp_path / INVARIANTS).write_text("contract Invariants {}\n")
    empty = {"bytecode": {}, "deployedBytecode": {}}
    (tmp_path / "out" / VAULT.artifact).write_text(json.dumps(empty))
    forge = tmp_path / "bin" / "forge"
    forge.write_text(FORGE)
    forge.chmod(0o755)
    monkeypatch.setenv("PATH", str(forge.parent), prepend=":")
    made = Bench(tmp_path, compiler, SECONDS)

    def answers(*lines):
        (tmp_path / "answers").write_text("\n".join(lines) + "\n")
        (tmp_path / "asked").write_text("")

    made.answers = answers
    answers("Success")
    made.exchange([TARGET])
    return made


def mutant(original="100;", mutated="101;"):
    start = SOURCE.index(original)
    edit = Edit("literal", start, start + len(original), mutated)
    return Mutant(TARGET, edit, Key(VAULT.source, "", original, mutated), 1, SOURCE, 6)


def deployed(bench):
    return json.loads((bench.home / "out" / VAULT.artifact).read_text())["bytecode"]["object"]


def test_a_mutant_that_a_test_notices_is_killed_and_taken_out(bench):
    good = deployed(bench)
    bench.answers("Failure")
    killer = "tests/solidity/Vault.t.sol:VaultTest:test_limit()"
    assert bench.try_mutant(mutant()) == ("killed", killer)
    assert deployed(bench) == good


def test_a_mutant_that_no_test_notices_survives_all_of_them(bench):
    bench.answers("Success", "Success")
    assert bench.try_mutant(mutant()) == ("survived", "")
    first, every = (bench.home / "asked").read_text().splitlines()
    assert "--match-path tests/solidity/Vault.t.sol" in first
    assert "-path" not in every


def test_what_killed_the_last_mutant_of_a_function_is_tried_first(bench):
    bench.answers("Failure")
    bench.try_mutant(mutant())
    bench.answers("Success", "Failure")
    assert bench.try_mutant(mutant(mutated="99;"))[0] == "killed"
    assert len((bench.home / "asked").read_text().splitlines()) == 2


def test_what_measures_the_deployed_code_is_left_out(bench):
    bench.answers("Success", "Success")
    bench.try_mutant(mutant())
    for asked in (bench.home / "asked").read_text().splitlines():
        assert f"--no-match-test {AS_DEPLOYED}" in asked


def test_a_machine_that_stands_still_once_kills_nothing(bench):
    bench.answers("hang", "Success", "Success")
    assert bench.try_mutant(mutant()) == ("survived", "")


def test_a_mutant_that_takes_too_long_twice_has_timed_out(bench):
    good = deployed(bench)
    bench.answers("hang", "hang")
    assert bench.try_mutant(mutant()) == ("timeout", "time limit")
    assert deployed(bench) == good


def test_invariants_that_have_the_mutated_source_in_them_are_left_out(bench):
    (bench.home / INVARIANTS).write_text('import {Vault} from "../../../contracts/Vault.sol";\n')
    bench.answers("Success", "Success")
    assert bench.try_mutant(mutant()) == ("survived", "")
    _, every = (bench.home / "asked").read_text().splitlines()
    assert every.endswith(f"--no-match-path {INVARIANTS}")


@pytest.mark.parametrize(
    ("original", "mutated", "verdict"),
    [
        ("A hundred.", "Ten tens.", "equivalent"),
        ("100;", "1_00;", "equivalent"),
        ("100;", "-1;", "invalid"),
    ],
)
def test_what_compiles_to_the_same_or_not_at_all_runs_no_test(bench, original, mutated, verdict):
    bench.answers()
    assert bench.try_mutant(mutant(original, mutated))[0] == verdict
    assert (bench.home / "asked").read_text() == ""


def test_tests_that_fail_without_a_mutant_are_named(bench):
    bench.answers("Failure")
    with pytest.raises(Unsound, match=r"test_limit.* fails without any mutant"):
        bench.exchange([TARGET])


def test_a_forge_that_prints_no_result_is_not_taken_for_a_pass(bench):
    (bench.home / "bin" / "forge").write_text("#!/bin/sh\necho 'no such file' >&2\n")
    with pytest.raises(Unsound, match="found no result but\nno such file"):
        bench.test(MORE)
