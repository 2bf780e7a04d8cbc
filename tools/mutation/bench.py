"""A private copy of the project in which mutants are tried.

Forge compiles the copy once. Then the contracts' bytecode in its output is exchanged for what the
settings of `targets` make of them, which takes seconds: for a mutant as for the good contract, so
that nothing but the mistake differs. Forge does not notice: it goes by the sources, which stay as
they are, and the compiler that it is given refuses to compile.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools.compiler import ROOT, SOLC, Compiler, DoesNotCompile, deployed_settings, sources_of

from .mutants import Mutant
from .targets import AS_DEPLOYED, INVARIANTS, TESTS, Target, Unit

FEW = {"FOUNDRY_FUZZ_RUNS": "16"}
MORE = {"FOUNDRY_FUZZ_RUNS": "64", "FOUNDRY_INVARIANT_RUNS": "1"}
"""How much is tried at random: by the tests that run first, and by all for what survives them."""

SIZE = {"FOUNDRY_CODE_SIZE_LIMIT": str(2**20)}
"""The code is not as small as the deployed one; the tests' own contracts must fit too."""

FORGE_TEST = (
    *("forge", "test", "--json", "--fail-fast", "--threads", "1"),
    *("--no-match-test", AS_DEPLOYED),
)

REFUSING = """#!/bin/sh
[ "$1" = --version ] || { echo "a source changed during the run" >&2; exit 1; }
cat << END
VERSION
END
"""

BYTECODE = [
    "evm.bytecode.object",
    "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.linkReferences",
    "evm.deployedBytecode.immutableReferences",
]
"""What a contract's artifact has of its `bytecode` and its `deployedBytecode`."""

WITHOUT_METADATA = {"appendCBOR": False, "bytecodeHash": "none"}
"""So that equal code gives equal bytecode."""

TIME_LIMIT = "time limit"


class Unsound(Exception):
    """The bench itself does not work; the sentence says why."""


class Failing(Exception):
    """A test failed, or took too long; the text names it."""


class Bench:
    """A copy of the project in `home`, with a compiler of its own."""

    def __init__(self, home: Path, compiler: Compiler, seconds: float) -> None:
        self.home = home
        self.compiler = compiler
        self.seconds = seconds
        self._good: dict[Unit, dict[str, Any]] = {}
        self._good_deployed: dict[Unit, dict[str, Any]] = {}
        self._killers: dict[tuple[str, str], str] = {}

    def build(self, like: Path | None = None) -> None:
        """Copies the project (or the bench in `like`) and has forge compile what is new."""
        self.home.mkdir(parents=True, exist_ok=True)
        origin = like or ROOT
        for folder in ("contracts", TESTS):
            shutil.rmtree(self.home / folder, ignore_errors=True)
            ignored = shutil.ignore_patterns(".cache")
            shutil.copytree(origin / folder, self.home / folder, ignore=ignored)
        shutil.copy(origin / "foundry.toml", self.home)
        for name in ("node_modules", "tools/solc"):
            link = self.home / name
            link.parent.mkdir(exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(ROOT / name)
        if like or not (self.home / "out").exists():
            for folder in ("out", "cache"):
                shutil.rmtree(self.home / folder, ignore_errors=True)
                # What the project compiled last; forge compiles whatever has changed since.
                ignored = shutil.ignore_patterns("mutation")
                shutil.copytree(origin / folder, self.home / folder, ignore=ignored)
        found = subprocess.run(["forge", "build"], cwd=self.home, capture_output=True, text=True)
        if found.returncode:
            raise Unsound(f"forge build: found\n{found.stdout}{found.stderr}")
        refusing = self.home / "tools" / "refusing-solc"
        version = subprocess.run([SOLC, "--version"], check=True, capture_output=True, text=True)
        refusing.write_text(REFUSING.replace("VERSION", version.stdout.strip()))
        refusing.chmod(0o755)

    def exchange(self, targets: Iterable[Target]) -> None:
        """Puts what these take there as the bench compiles it, unless the tests find a difference.

        Raises {Unsound} then, and if they fail to begin with.
        """
        for unit in {unit: None for each in targets for step in each.steps for unit in step.units}:
            self._good[unit] = self.compile(unit)
            self.install(unit, self._good[unit])
        try:
            self.test(MORE)
        except Failing as failing:
            raise Unsound(
                f"{failing} fails without any mutant: found so, accepted is none"
            ) from None

    def compile(self, unit: Unit, mutant: Mutant | None = None) -> dict[str, Any]:
        """A unit's bytecode, with a mutant in it. Raises {DoesNotCompile}."""
        return self._compile(unit, unit.settings, mutant)

    def _compile(
        self, unit: Unit, settings: dict[str, Any], mutant: Mutant | None
    ) -> dict[str, Any]:
        sources = sources_of(self.home, unit.source)
        if mutant:
            sources[mutant.key.file] = mutant.text
        outputs = {unit.source: {unit.name: BYTECODE}}
        output = self.compiler.compile(sources, outputs, metadata=WITHOUT_METADATA, **settings)
        code: dict[str, Any] = output["contracts"][unit.source][unit.name]["evm"]
        return code

    def install(self, unit: Unit, code: dict[str, Any]) -> None:
        """Puts bytecode into a unit's artifact."""
        path = self.home / "out" / unit.artifact
        artifact = json.loads(path.read_text())
        for part in ("bytecode", "deployedBytecode"):
            artifact[part] |= code[part] | {"object": "0x" + code[part]["object"]}
        path.write_text(json.dumps(artifact))

    def test(self, setting: dict[str, str], *arguments: str) -> None:
        """Runs tests up to the first that fails. Raises {Failing} with its name."""
        # What failed for one mutant is not tried first for the next.
        shutil.rmtree(self.home / "cache" / "fuzz", ignore_errors=True)
        shutil.rmtree(self.home / "cache" / "invariant", ignore_errors=True)
        environment = {"FOUNDRY_SOLC": str(self.home / "tools" / "refusing-solc")}
        process = subprocess.Popen(
            [*FORGE_TEST, *arguments],
            cwd=self.home,
            env=os.environ | SIZE | setting | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            printed, complaints = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            raise Failing(TIME_LIMIT) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        failed = failures(printed, complaints)
        if failed:
            raise Failing(failed)

    def try_mutant(self, mutant: Mutant) -> tuple[str, str]:
        """The verdict of a mutant, and what killed it.

        Verdicts: `invalid` (does not compile), `equivalent` (compiles to the very same code),
        `killed`, `timeout`, `survived`.
        """
        # Once more after the time limit: the machine may have stood still.
        for _ in range(2):
            try:
                return self._try(mutant)
            except Failing as failing:
                if str(failing) != TIME_LIMIT:
                    self._killers[mutant.key.file, mutant.key.function] = str(failing).split(":")[0]
                    return "killed", str(failing)
            except DoesNotCompile as error:
                return "invalid", str(error).splitlines()[0]
        return "timeout", TIME_LIMIT

    def _try(self, mutant: Mutant) -> tuple[str, str]:
        differs = False
        for step in mutant.target.steps:
            compiled = {unit: self.compile(unit, mutant) for unit in step.units}
            changed = {unit: code for unit, code in compiled.items() if code != self._good[unit]}
            differs |= bool(changed)
            if not changed:
                continue
            try:
                for unit, code in changed.items():
                    self.install(unit, code)
                # What killed the function's last mutant often kills the next.
                likely = self._killers.get((mutant.key.file, mutant.key.function))
                for tests in [likely, step.tests] if likely else [step.tests]:
                    self.test(FEW, "--match-path", tests)
                if step is mutant.target.steps[-1]:
                    if self._is_the_same_deployed(mutant, tuple(changed)):
                        return "equivalent", ""
                    self.test(MORE, *self._without_own_code(mutant))
            finally:
                for unit in changed:
                    self.install(unit, self._good[unit])
        return ("survived" if differs else "equivalent"), ""

    def _without_own_code(self, mutant: Mutant) -> list[str]:
        """Leaves the invariants out if they have the mutated source compiled in, as it was: they
        would find that contracts and test differ, which no mistake in the source could show."""
        own = mutant.key.file in sources_of(self.home, INVARIANTS)
        return ["--no-match-path", INVARIANTS] if own else []

    def _is_the_same_deployed(self, mutant: Mutant, units: tuple[Unit, ...]) -> bool:
        """Whether the optimizer makes the same code of the mutant as of the contract."""
        settings = deployed_settings()
        for unit in units:
            if unit not in self._good_deployed:
                self._good_deployed[unit] = self._compile(unit, settings, None)
            if self._compile(unit, settings, mutant) != self._good_deployed[unit]:
                return False
        return True


def failures(printed: str, complaints: str) -> str:
    """The first failed test that forge's JSON names; empty if all passed."""
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    try:
        suites: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    except json.JSONDecodeError:
        suites = {}
    if not suites:
        raise Unsound(f"forge test: found no result but\n{printed[-2000:]}{complaints[-2000:]}")
    for suite, results in suites.items():
        for test, result in results["test_results"].items():
            if result["status"] == "Failure":
                return f"{suite}:{test}"
    return ""
