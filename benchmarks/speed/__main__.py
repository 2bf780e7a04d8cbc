"""`python -m benchmarks.speed` measures, prints, and writes `speed.json` and `docs/bench.svg`.

With `--number` it measures fewer payments, and writes nothing.
"""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.speed import sending, signing
from benchmarks.speed.market import Market
from benchmarks.speed.plot import plot
from deposit_token.errors import DepositTokenError

RESULTS = Path(__file__).parents[1] / "speed.json"
PICTURE = Path(__file__).parents[2] / "docs" / "bench.svg"
NUMBER = 20_000
ONE_BY_ONE = 5
"""Payments that web3.py is given: each waits for a block."""


def main(
    number: Annotated[int, typer.Option(help="Payments; with fewer, nothing is written.")] = NUMBER,
) -> None:
    """Measure how fast payments are sent and signed."""
    try:
        found = measure(number)
    except DepositTokenError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps(found, indent=2))
    if number >= NUMBER:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")
        rates = {
            name: found[f"payments_per_second_{key}"]
            for key, name in {**sending.WAYS, "web3": "web3.py, one by one"}.items()
        }
        title = f"{number:,} authorizations, from signatures to mined: payments a second"
        PICTURE.write_text(plot(title, rates))


def measure(number: int) -> dict[str, float]:
    """All figures by their keys in `speed.json`."""
    market = Market.open(number)
    _tell(f"{number:,} payments are signed by their payers")
    found: dict[str, float] = {"payments": number, **signing.measure(market)}
    rates = sending.measure(market, _tell)
    fastest = rates["fastest_client"]
    for name, rate in rates.items():
        found[f"payments_per_second_{name}"] = round(rate)
    for name in ("sqlite", "postgresql", "operator_sqlite", "operator_postgresql"):
        found[f"payments_vs_fastest_client_{name}"] = round(rates[name] / fastest, 3)
    found["payments_vs_fastest_client"] = min(
        found[f"payments_vs_fastest_client_{name}"] for name in ("sqlite", "postgresql")
    )
    waited = sending.one_by_one(market, ONE_BY_ONE)
    found["payments_per_second_web3"] = round(waited, 2)
    found["payments_vs_web3"] = round(min(rates["sqlite"], rates["postgresql"]) / waited)
    return found


def _tell(what: str) -> None:
    typer.echo(f"{what} (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)", err=True)


if __name__ == "__main__":
    typer.run(main)
