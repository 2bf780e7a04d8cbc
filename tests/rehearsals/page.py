"""A page of `docs/runbooks/`: its table of steps, and what it adds to the bank's file."""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "runbooks"
PAGES = {path.stem: path.read_text() for path in FOLDER.glob("*-*.md")}

VERBS = ("proposes", "carries out step", "deploys", "schedules", "reads", "runs")
"""With what a step begins that does not simply make its calls."""


@dataclass(frozen=True)
class Step:
    """A row of a page's table."""

    number: int
    who: str
    does: str
    when: str

    @property
    def verb(self) -> str:
        """The one of `VERBS` that it begins with; empty for plain calls."""
        return next((verb for verb in VERBS if self.does.startswith(verb)), "")

    @property
    def calls(self) -> list[str]:
        return re.findall("`([^`]+)`", self.does)


def steps_of(page: str) -> list[Step]:
    """The steps of a page, in order."""
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+) \| (.+?) \|$", page, re.MULTILINE)
    return [Step(int(number), *cells) for number, *cells in rows]


def file_lines(page: str) -> str:
    """What a page adds to the bank's file: TOML, empty if it adds nothing."""
    return "".join(re.findall(r"```toml\n(.*?)```", page, re.DOTALL))
