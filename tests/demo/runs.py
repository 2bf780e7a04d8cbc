"""The demo as the tests run it: as a program of its own, and with parts of its examples."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.files import EXAMPLES

HEADER = "invoice,kind,timestamp,customer,country,amount,currency"
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


def write_orders(path: Path, *rows: str) -> Path:
    """An order file with these rows."""
    path.write_text("\n".join((HEADER, *rows, "")))
    return path


def write_examples(path: Path, invoices: Iterable[str]) -> Path:
    """An order file with these rows of the example."""
    rows = (EXAMPLES / "orders.csv").read_text().splitlines()
    wanted = set(invoices)
    return write_orders(path, *(row for row in rows if row.partition(",")[0] in wanted))


def write_config(path: Path, events: Mapping[str, str], **more: str) -> Path:
    """The example's configuration with other events, by invoice, and what each says more."""
    text, *_ = (EXAMPLES / "demo.toml").read_text().partition("[[events]]")
    for invoice, event in events.items():
        fields = {"invoice": invoice, "event": event, **more}
        text += "[[events]]\n" + "".join(f'{key} = "{said}"\n' for key, said in fields.items())
    path.write_text(text)
    return path
