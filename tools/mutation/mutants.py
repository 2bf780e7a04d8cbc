"""The mutants of the targets, as edits of their sources with a name that outlives other edits."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.compiler import Compiler, sources_of

from .operators import Edit, Tree, children, edits, type_of
from .targets import TARGETS, Target


@dataclass(frozen=True)
class Key:
    """Which mistake a mutant is, without the line's number: what `survivors.toml` lists.

    `original` and `mutated` are the changed lines, each run of white space as one space.
    """

    file: str
    function: str
    original: str
    mutated: str


@dataclass(frozen=True)
class Mutant:
    """One edit of a target's source. `number` tells equal keys within a source apart."""

    target: Target
    edit: Edit
    key: Key
    number: int
    source: str
    line: int

    @property
    def text(self) -> str:
        """The whole mutated source."""
        return applied(self.source, self.edit)

    @property
    def identity(self) -> tuple[str, str, str, str, int]:
        key = self.key
        return (key.file, key.function, key.original, key.mutated, self.number)

    def hunk(self) -> str:
        """The change as a unified diff with one line around it."""
        lines = difflib.unified_diff(
            self.source.splitlines(),
            self.text.splitlines(),
            f"{self.key.file} {self.key.function}".rstrip(),
            self.edit.operator,
            n=1,
            lineterm="",
        )
        return "\n".join(lines)


def applied(source: str, edit: Edit) -> str:
    raw = source.encode()
    return (raw[: edit.start] + edit.text.encode() + raw[edit.end :]).decode()


def changed_lines(source: str, edit: Edit) -> tuple[str, str]:
    """The lines that an edit touches, before and after it."""
    raw = source.encode()
    start = raw.rfind(b"\n", 0, edit.start) + 1
    end = raw.find(b"\n", edit.end)
    after = raw[start : edit.start] + edit.text.encode() + raw[edit.end : end]
    return " ".join(raw[start:end].decode().split()), " ".join(after.decode().split())


def all_mutants(compiler: Compiler, root: Path) -> list[Mutant]:
    """The mutants of every target, in the order of the targets and of their sources."""
    trees = compiler.syntax_trees(sources_of(root, *(target.source for target in TARGETS)))
    structs: dict[int, list[tuple[str, str]]] = {}
    enums: dict[int, list[str]] = {}
    for tree in trees.values():
        note_members(tree, structs, enums)
    found = []
    for target in TARGETS:
        source = (root / target.source).read_text()
        tree = Tree(trees[target.source], source.encode(), structs, enums)
        numbers: dict[Key, int] = {}
        for edit in edits(tree):
            key = Key(target.source, tree.function_at(edit.start), *changed_lines(source, edit))
            numbers[key] = number = numbers.get(key, 0) + 1
            line = source.encode()[: edit.start].count(b"\n") + 1
            found.append(Mutant(target, edit, key, number, source, line))
    return found


def note_members(
    node: dict[str, Any], structs: dict[int, list[tuple[str, str]]], enums: dict[int, list[str]]
) -> None:
    """The members of all structs and enums below a node."""
    if node["nodeType"] == "StructDefinition":
        structs[node["id"]] = [(member["name"], type_of(member)) for member in node["members"]]
    elif node["nodeType"] == "EnumDefinition":
        enums[node["id"]] = [member["name"] for member in node["members"]]
    for child in children(node):
        note_members(child, structs, enums)
