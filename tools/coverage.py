"""Say which lines, branches and functions of the contracts no Foundry test reaches.

Reads `lcov.info`, the tracefile that `forge coverage` wrote, and lists what is not reached; how
much is, forge prints itself. `tools/uncovered.toml` accepts items with a reason, found by their
text and not by their number, and names a test for each. Exits with 1 if an item has no reason, if a
reason has more or fewer items than tests, or if a source with code was not measured at all.

A branch is what forge counts as one: each side of an `if` that has an `else`; of an `if` without,
that it is entered (that it is passed over shows in the lines after it); the `catch` of a `try`. The
conditions of `?:`, `&&`, `||` and loops are no branches.

lcov itself, a Perl program, would sum up the same records; what it leaves out is marked by comments
in the contracts (`LCOV_EXCL_LINE`), which name no test, and which nobody misses once they are
outdated. Reading its records takes 20 lines.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.compiler import ROOT

COMMENT = re.compile(r"//.*")
FUNCTION_WITH_BODY = re.compile(r"\bfunction\b[^;{]*\{")


@dataclass(frozen=True)
class Item:
    """Something that can be reached: a `line`, a `function`, or one side of a `branch`."""

    source: str
    line: int
    name: str
    text: str
    reached: bool

    def __str__(self) -> str:
        return f"{self.source}:{self.line} {self.name}: {self.text}"


@dataclass(frozen=True)
class Reason:
    """Why items of this name and text may count as not reached, and a test that shows each."""

    source: str
    item: str
    text: str
    reason: str
    shown_by: list[str]

    def fits(self, item: Item) -> bool:
        return (self.source, self.item, self.text) == (item.source, item.name, item.text)


def items(tracefile: str, root: Path) -> Iterator[Item]:
    """What a tracefile tells of; the sides of a branch are counted from 0."""
    source, text = "", list[str]()
    starts: dict[str, str] = {}
    for record in tracefile.splitlines():
        tag, _, value = record.partition(":")
        fields = value.split(",")
        match tag:
            case "SF":
                source, text = value, (root / value).read_text().splitlines()
                continue
            case "FN":
                starts[fields[1]] = fields[0]
                continue
            case "FNDA":
                name, line, hits = "function", starts[fields[1]], fields[0]
            case "DA":
                name, line, hits = "line", fields[0], fields[1]
            case "BRDA":
                name, line, hits = f"branch {fields[2]}", fields[0], fields[3]
            case _:
                continue
        number = int(line)
        yield Item(source, number, name, text[number - 1].strip(), hits not in ("0", "-"))


def reasons(root: Path) -> list[Reason]:
    """What `tools/uncovered.toml` accepts."""
    entries = tomllib.loads((root / "tools" / "uncovered.toml").read_text())["accepted"]
    return [Reason(**entry) for entry in entries]


def unmeasured(found: list[Item], root: Path) -> list[str]:
    """The sources that have code and that the tracefile leaves out."""
    with_code = (
        path.relative_to(root).as_posix()
        for path in sorted((root / "contracts").rglob("*.sol"))
        if FUNCTION_WITH_BODY.search(COMMENT.sub("", path.read_text()))
    )
    measured = {item.source for item in found}
    return [source for source in with_code if source not in measured]


def faults(found: list[Item], accepted: list[Reason], root: Path) -> Iterator[str]:
    """A sentence for each."""
    missed = [item for item in found if not item.reached]
    for item in missed:
        if not any(reason.fits(item) for reason in accepted):
            yield f"{item}: found no test that reaches it."
    for reason in accepted:
        times = sum(reason.fits(item) for item in missed)
        if times != len(reason.shown_by):
            yield (
                f"tools/uncovered.toml: {reason.item} {reason.text!r} of {reason.source}: found "
                f"{times} not reached, accepted is a test for each: {len(reason.shown_by)}."
            )
    for source in unmeasured(found, root):
        yield f"{source}: found code that was not measured."


def main(root: Path = ROOT) -> int:
    tracefile = root / "lcov.info"
    if not tracefile.is_file():
        sys.exit(f"{tracefile.name} is missing: make coverage writes it.")
    found = list(items(tracefile.read_text(), root))
    accepted = reasons(root)
    print("Not reached, with a reason:")
    for reason in accepted:
        print(f"  {reason.reason}\n  Shown by {', '.join(reason.shown_by)}.")
        print(
            *(f"    {each}" for each in found if not each.reached and reason.fits(each)), sep="\n"
        )
    sentences = list(faults(found, accepted, root))
    print("\nWithout:")
    print(*(f"  {sentence}" for sentence in sentences or ["nothing"]), sep="\n")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
