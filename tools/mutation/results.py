"""What is known of the mutants, in a file of JSON lines, so that a run goes on where one ended.

A verdict holds as long as what it was found with is the same but for comments: the mutant's source
and all that is compiled with it, and the test that killed it with all that it imports; of a
survivor, every test.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from tools.compiler import sources_of

from .mutants import Mutant
from .targets import TESTS

COMMENT = re.compile(r"^\s*//[^\n]*\n|/\*.*?\*/", re.MULTILINE | re.DOTALL)
"""Whole lines of comment, and comments in between."""

Identity = tuple[str, str, str, str, int]


@dataclass(frozen=True)
class Result:
    """A mutant's verdict (see `Bench.try_mutant`), what killed it, how many seconds that took, and
    the digest of what it was found with."""

    verdict: str
    killer: str
    seconds: float
    found_with: str


class Results:
    """The results of a run over the sources in `root`, read from and appended to `path`."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.digest = digests(root)
        self.known: dict[Identity, Result] = {}
        for line in path.read_text().splitlines() if path.exists() else []:
            *identity, result = json.loads(line)
            file, function, original, mutated, number = identity
            self.known[(file, function, original, mutated, number)] = Result(**result)

    def of(self, mutant: Mutant) -> Result | None:
        """What is known of a mutant and still holds."""
        result = self.known.get(mutant.identity)
        if result and result.found_with == self.digest(mutant, result.verdict, result.killer):
            return result
        return None

    def add(self, mutant: Mutant, verdict: str, killer: str, seconds: float) -> Result:
        result = Result(verdict, killer, seconds, self.digest(mutant, verdict, killer))
        self.known[mutant.identity] = result
        with self.path.open("a") as file:
            file.write(json.dumps([*mutant.identity, asdict(result)]) + "\n")
        return result


def digests(root: Path) -> Callable[[Mutant, str, str], str]:
    """The digest of what a verdict is found with, for the sources in `root`."""

    @cache
    def of_sources(*names: str) -> str:
        sources = sources_of(root, *names)
        code = {name: COMMENT.sub("", text) for name, text in sources.items()}
        text = json.dumps(code, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    # Forge runs nothing of the proofs.
    every_test = sorted(
        path.relative_to(root).as_posix()
        for path in (root / TESTS).rglob("*.t.sol")
        if path.parent.name != "symbolic"
    )

    def found_with(mutant: Mutant, verdict: str, killer: str) -> str:
        units = dict.fromkeys(unit.source for step in mutant.target.steps for unit in step.units)
        if verdict == "killed":
            return of_sources(*units, killer.split(":")[0])
        if verdict in ("survived", "timeout"):
            return of_sources(*units, *every_test)
        return of_sources(*units)

    return found_with
