"""The demo as the tests run it: as a program of its own, and with parts of its examples."""

import csv
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
RUN_TIMEOUT = 600
"""Seconds that a run may take, some five on an idle machine."""


def demo_command(*options: object) -> list[str]:
    """The demo as a program of its own; files are named absolutely, as it may run anywhere."""
    return [sys.executable, "-m", "deposit_token.demo", *map(str, options)]


def run_demo(folder: Path, *options: object) -> subprocess.CompletedProcess[str]:
    """Run the demo in a folder until it ends."""
    return subprocess.run(
        demo_command(*options), cwd=folder, capture_output=True, text=True, timeout=RUN_TIMEOUT
    )


def write_orders(path: Path, invoices: Iterable[str]) -> Path:
    """An order file with these rows of the example."""
    with (EXAMPLES / "orders.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    wanted = set(invoices)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[0] in wanted)])
    return path


def write_config(path: Path, events: str) -> Path:
    """The example's configuration with other events."""
    kept, *_ = (EXAMPLES / "demo.toml").read_text().partition("[[events]]")
    path.write_text(kept + events)
    return path
