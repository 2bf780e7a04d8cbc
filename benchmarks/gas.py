"""The gas of the contracts' operations, measured on a chain of its own, beside what they may cost.

`python -m benchmarks.gas` prints the table and fails if an operation costs over 0.5 % more than
`gas.json` says; with `--update` it writes that file.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.operations import ROWS, Row
from benchmarks.world import START, World
from deposit_token.chain.artifacts import artifacts
from deposit_token.devchain.anvil import running_anvil
from deposit_token.errors import DepositTokenError, InputError

SNAPSHOT = Path(__file__).with_name("gas.json")

GREATEST_CODE = 24_300
"""Bytes of runtime code that a contract may have: EIP-170's 24,576, less room for a mend."""

_SNAPSHOT_FORM = "one JSON object of key and gas, as --update writes it"

_WIDTH = 160
"""Columns of the table where it is not printed to a terminal."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def gas(
    update: Annotated[bool, typer.Option("--update", help=f"Write {SNAPSHOT.name} anew.")] = False,
) -> None:
    """Measure the gas of every operation, and compare it with the snapshot."""
    try:
        snapshot = {} if update else read_snapshot()
        measured = measure(ROWS)
        sizes = runtime_sizes()
    except DepositTokenError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    if update:
        snapshot = measured
        SNAPSHOT.write_text(json.dumps(snapshot, indent=2) + "\n")
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(_gas_table(measured, snapshot))
    for row in ROWS:
        if row.why_over:
            console.print(
                f"{row.key}: over must by {measured[row.key] - row.must:,}. {row.why_over}\n"
            )
    console.print(_size_table(sizes))
    found = rises(measured, snapshot)
    for sentence in found:
        typer.echo(f"error: {sentence}", err=True)
    if found:
        raise typer.Exit(1)


def measure(rows: Iterable[Row]) -> dict[str, int]:
    """The gas of each operation by its key, each on the same chain as if it were the only one."""
    with running_anvil(START) as chain:
        world = World.build(chain)
        measured = {}
        for row in rows:
            with world.undone() as copy:
                measured[row.key] = copy.gas(row.measure(copy)) // row.each
    return measured


def read_snapshot() -> dict[str, int]:
    """The committed gas by key; raises InputError for a file that is missing or something else."""
    try:
        return TypeAdapter(dict[str, int]).validate_json(SNAPSHOT.read_bytes(), strict=True)
    except OSError as error:
        raise InputError(SNAPSHOT.name, error.strerror, _SNAPSHOT_FORM) from None
    except ValidationError as error:
        raise InputError(SNAPSHOT.name, error.errors()[0]["msg"], _SNAPSHOT_FORM) from None


def allowed(snapshot: int) -> int:
    """The most gas that passes: 0.5 % above the snapshot, rounded down."""
    return snapshot * 1005 // 1000


def rises(measured: Mapping[str, int], snapshot: Mapping[str, int]) -> list[str]:
    """One sentence for each operation that costs more than its snapshot allows, or has none."""
    found = []
    for key, cost in measured.items():
        if key not in snapshot:
            found.append(f"{key}: measured {cost} gas, and {SNAPSHOT.name} has no such key.")
        elif cost > allowed(snapshot[key]):
            found.append(
                f"{key}: measured {cost} gas, accepted is at most {allowed(snapshot[key])}, which "
                f"is 0.5 % above the snapshot's {snapshot[key]}."
            )
    return found


def runtime_sizes() -> dict[str, int]:
    """Bytes of runtime code of every contract that this package ships, by name."""
    return {each.name: len(each.deployed) for each in artifacts()}


def _gas_table(measured: Mapping[str, int], snapshot: Mapping[str, int]) -> Table:
    over = [row.key for row in ROWS if measured[row.key] > row.must]
    aimed = sum(measured[row.key] <= row.aim for row in ROWS)
    table = Table(
        title="Gas by receipt",
        caption=f"{aimed} of {len(ROWS)} within the aim; over must: {', '.join(over) or 'none'}",
        box=SIMPLE_HEAD,
    )
    table.add_column("operation", ratio=2)
    table.add_column("key", no_wrap=True)
    for name in ("measured", "must", "aim", "snapshot"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("peers", ratio=3)
    for row in ROWS:
        cost = measured[row.key]
        style = "red" if cost > row.must else "green" if cost <= row.aim else ""
        known = f"{snapshot[row.key]:,}" if row.key in snapshot else "none"
        numbers = (Text(f"{cost:,}", style), f"{row.must:,}", f"{row.aim:,}", known)
        table.add_row(row.operation, row.key, *numbers, row.peers)
    return table


def _size_table(sizes: Mapping[str, int]) -> Table:
    table = Table(title="Runtime code in bytes", box=SIMPLE_HEAD)
    table.add_column("contract")
    table.add_column("size", justify="right")
    table.add_column(f"room to {GREATEST_CODE:,}", justify="right")
    for name, size in sizes.items():
        table.add_row(name, f"{size:,}", f"{GREATEST_CODE - size:,}")
    return table


if __name__ == "__main__":
    app()
