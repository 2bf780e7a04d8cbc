"""The glossary is the project's dictionary: in order, and kept to."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"

FOLDERS = (
    "benchmarks",
    "contracts",
    "deposit_token",
    "docs",
    "npm",
    "scripts",
    "tests",
    "tools",
)
SUFFIXES = {".js", ".md", ".py", ".sol", ".svg", ".toml", ".yaml"}
GENERATED = {".cache", "artifacts"}

TYPE = re.compile("[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
"""What the name of a type looks like."""

SQLITE = re.compile("journal_mode")
"""A setting of SQLite's own name."""


def tables():
    """The first column of each of the page's tables."""
    found = []
    for line in GLOSSARY.read_text().splitlines():
        if line.startswith(("| word", "| not")):
            found.append([])
        elif line.startswith("| "):
            found[-1].append(line.split("|")[1].strip())
    return found


def other_words():
    return tables()[1]


def is_type(word):
    return word.startswith("`")


def sources():
    """Every text of the project, but for the glossary and this file."""
    roots = [ROOT / name for name in FOLDERS]
    found = [path for root in roots for path in root.rglob("*")] + list(ROOT.glob("*"))
    return [
        path
        for path in found
        if path.suffix in SUFFIXES
        and path not in {GLOSSARY, Path(__file__)}
        and not GENERATED & set(path.parts)
    ]


def pattern(word):
    """A word as prose, in snake_case, camelCase or capitals; one in code marks as it is."""
    if is_type(word):
        return re.compile(rf"\b{word.strip('`')}\b")
    return re.compile("[ _-]?".join(map(re.escape, word.split())), re.IGNORECASE)


@pytest.mark.parametrize("number", [0, 1])
def test_words_are_in_alphabetical_order(number):
    words = tables()[number]
    assert len(words) > 5
    assert words == sorted(words, key=lambda word: word.strip("`").lower())


@pytest.mark.parametrize("word", other_words())
def test_other_words_are_not_used(word):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sources()
        if path.suffix == ".sol" or not is_type(word)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern(word).search(SQLITE.sub("", line))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("desk", "setDesk"),
        ("desk", "MINT_DESKS"),
        ("back office", "IBackOffice"),
        ("back office", "back_office"),
        ("front office", "Front office"),
        ("`Refusal`", "Refusal[] refusals"),
    ],
)
def test_other_words_are_found_in_every_spelling(word, text):
    assert pattern(word).search(text)


def test_a_type_of_the_library_shares_its_name_with_no_other():
    places = defaultdict(list)
    for path in (ROOT / "deposit_token").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path.name)
            elif isinstance(node, ast.Assign):
                for name in (each.id for each in node.targets if isinstance(each, ast.Name)):
                    if TYPE.fullmatch(name):
                        places[name].append(path.name)
    assert len(places) > 100
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
