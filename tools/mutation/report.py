"""What a run found, as a table, the survivors, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from .mutants import Key, Mutant
from .results import Result

LEAST_SCORE = 95
"""Percent of the mutants that differ from the contract which the tests of a group must kill."""

Found = list[tuple[Mutant, Result]]


def score(verdicts: Mapping[str, int]) -> float:
    """Percent killed of the mutants that compile to other code; a mutant that runs out of time is
    killed."""
    killed = verdicts.get("killed", 0) + verdicts.get("timeout", 0)
    return 100 * killed / max(1, killed + verdicts.get("survived", 0))


def table(found: Found) -> Table:
    """A line for each source and for each group."""
    shown = Table(
        "", "mutants", "compiled", "equivalent", "killed", "timed out", "survived", box=SIMPLE
    )
    shown.add_column("score", justify="right")
    for column in shown.columns[1:]:
        column.justify = "right"
    for group in dict.fromkeys(mutant.target.group for mutant, _ in found):
        own = [each for each in found if each[0].target.group == group]
        for source in dict.fromkeys(mutant.key.file for mutant, _ in own):
            shown.add_row(
                source.removeprefix("contracts/"),
                *cells(one for one in own if one[0].key.file == source),
            )
        shown.add_row(group, *cells(own), style="bold", end_section=True)
    return shown


def cells(found: Iterable[tuple[Mutant, Result]]) -> list[str]:
    verdicts = Counter(result.verdict for _, result in found)
    total = verdicts.total()
    return [
        *map(str, (total, total - verdicts["invalid"], verdicts["equivalent"])),
        *map(str, (verdicts["killed"] + verdicts["timeout"], verdicts["timeout"])),
        str(verdicts["survived"]),
        f"{score(verdicts):.1f} %",
    ]


def print_survivors(console: Console, found: Found, reasons: Mapping[Key, str]) -> None:
    """Each survivor as a diff, with the reason why it is accepted."""
    for mutant, result in found:
        if result.verdict == "survived":
            console.print(mutant.hunk(), markup=False, highlight=False)
            reason = reasons.get(mutant.key)
            console.print(f"accepted: {reason}" if reason else "not listed", markup=False)
            console.print()


def faults(found: Found, reasons: Mapping[Key, str], complete: bool) -> list[str]:
    """A sentence for each group below the score and each survivor that is not listed; of a complete
    run also for each listed one that is none."""
    said = []
    for group in dict.fromkeys(mutant.target.group for mutant, _ in found):
        own = Counter(result.verdict for mutant, result in found if mutant.target.group == group)
        if score(own) < LEAST_SCORE:
            said.append(f"{group}: found a score of {score(own):.1f} %, accepted: {LEAST_SCORE} %")
    survived = {mutant.key for mutant, result in found if result.verdict == "survived"}
    for key in survived - reasons.keys():
        said.append(f"{key.file} {key.function}: found an unlisted survivor: {key.mutated}")
    for key in reasons.keys() - survived if complete else ():
        said.append(f"{key.file} {key.function}: listed, but no survivor: {key.mutated}")
    return sorted(said)
