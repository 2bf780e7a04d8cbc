"""The demo's command line."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deposit_token.chain.artifacts import artifacts
from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import NetworkProfile
from deposit_token.demo.config import DemoConfig
from deposit_token.demo.finality import with_finality
from deposit_token.demo.orders import Order, OrderFile, read_orders
from deposit_token.demo.payment_log import kept_shift, open_log
from deposit_token.demo.report import RunReport
from deposit_token.demo.run import Run
from deposit_token.demo.world import build_world
from deposit_token.devchain.anvil import running_anvil
from deposit_token.devchain.clock import Clock
from deposit_token.errors import DepositTokenError, InputError
from deposit_token.store.sql import SqlStore
from deposit_token.values.money import Currency
from deposit_token.values.rates import ReferenceRates

EXAMPLES = Path(__file__).parents[1] / "examples"

ANVIL_CHAIN_ID = 31337

SETUP_TIME = 3_600
"""Seconds that the banks have before the first order."""

_PIPE_WIDTH = 10_000
"""Characters of a line where no terminal says how many it has: more than any row needs."""

# Stricter than fromisoformat and int, which also take week dates and digits of any script.
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile("[0-9]{1,19}")


def _read_number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise typer.BadParameter(
            f"found {text!r}, accepted is a whole number of at most 19 digits."
        )
    return int(text)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    orders: Annotated[
        Path, typer.Option(help="Order file (CSV).", show_default="the package's orders.csv")
    ] = EXAMPLES / "orders.csv",
    config: Annotated[
        Path,
        typer.Option(
            help="Banks, zones, corridors, merchants and events (TOML).",
            show_default="the package's demo.toml",
        ),
    ] = EXAMPLES / "demo.toml",
    rates_date: Annotated[
        str | None,
        typer.Option(help="Use the ECB rates of this day (YYYY-MM-DD) and not each order's own."),
    ] = None,
    rpc: Annotated[
        str | None,
        typer.Option(help="Use the development chain at this address and don't start one."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Use a development chain by its network profile, which is a shipped one's name "
            "or a TOML file; --rpc takes the place of its address."
        ),
    ] = None,
    chain_id: Annotated[
        int | None,
        typer.Option(
            help="The chain id that the chain must have.",
            parser=_read_number,
            metavar="<int>",
            show_default=f"{ANVIL_CHAIN_ID}, or what the profile says",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="Port of the chain that is started.",
            parser=_read_number,
            metavar="<int>",
            show_default="a free one",
        ),
    ] = None,
    payment_log: Annotated[
        Path | None,
        typer.Option(
            help="The payment log of the chain.",
            show_default="one a chain, in deployments/",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Pay an order file across borders on a local chain, and account for every unit."""
    try:
        settings = DemoConfig.load(config)
        order_file = read_orders(orders, settings)
        day = _read_date(rates_date)
        network = _network(rpc, profile, chain_id)
        _require_options_fit(network, chain_id, port, payment_log)
        artifacts()  # Refuses what was not built before anything is started.
        with _chain(network, port or 0, order_file) as chain:
            report = _run(chain, settings, order_file, day, payment_log, keep=network is not None)
    except DepositTokenError as error:
        typer.echo(" ".join(["error:", str(error), *getattr(error, "__notes__", [])]), err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        # A full disk has no file's name.
        told = ": ".join(str(each) for each in (error.filename, error.strerror) if each)
        typer.echo(f"error: {told or type(error).__name__}.", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        # What a user has written is never markup, and a program that reads gets whole lines.
        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        report.print(Console(markup=False, emoji=False, width=width))
    if not report.balanced:
        typer.echo("error: the accounts do not balance, see above.", err=True)
        raise typer.Exit(1)


def _network(
    rpc: str | None, profile: str | None, chain_id: int | None
) -> tuple[NetworkProfile, int | None] | None:
    """The network that runs already and the chain id that it must have; None to start one."""
    if profile is None:
        if rpc is None:
            return None
        return NetworkProfile(url=rpc), ANVIL_CHAIN_ID if chain_id is None else chain_id
    named = NetworkProfile.named(profile)
    if rpc is not None:
        named = named.at(rpc)
    if named.url is None:
        raise InputError("--profile", profile, "one with a `url`, or --rpc beside it")
    return named, chain_id


@contextmanager
def _chain(
    network: tuple[NetworkProfile, int | None] | None, port: int, order_file: OrderFile
) -> Iterator[Chain]:
    if network is not None:
        chain = Chain.connect(*network)
        if not chain.development:
            accepted = (
                "a development chain, as everybody has the demo's keys: by its profile, or its "
                "id (1337, 31337)"
            )
            raise InputError("chain", chain.chain_id, accepted)
        yield chain
    else:
        first = int(order_file.orders[0].timestamp.timestamp()) if order_file.orders else SETUP_TIME
        with running_anvil(max(first - SETUP_TIME, 1), port) as chain:
            yield chain


def _run(
    chain: Chain,
    config: DemoConfig,
    order_file: OrderFile,
    rates_date: date | None,
    log_path: Path | None,
    keep: bool,
) -> RunReport:
    chain = with_finality(chain)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path("deployments") if keep else Path(temporary)
        if log_path is None:
            folder.mkdir(exist_ok=True)
        path = log_path or folder / f"{chain.chain_id}-{chain.genesis_hash[2:10]}.sqlite"
        with open_log(path, chain.chain_id, chain.genesis_hash) as log:
            # Before the set-up, which takes a while of the chain's time.
            shift = _shift(chain, log, order_file)
            # A chain that ends with the run has nothing that a manifest could name.
            world = build_world(chain, config, order_file, folder if keep else None)
            run = Run(world, config, log, ReferenceRates(), rates_date, shift)
            try:
                with _progress(len(order_file.orders)) as advance:
                    outcome = run.pay(order_file.orders, advance)
            except DepositTokenError as error:
                if keep:
                    error.add_note(f"What was paid so far is in {path}.")
                raise
            except KeyboardInterrupt:
                if keep:
                    typer.echo(
                        f"interrupted: what was paid is in {path}; the same command goes on.",
                        err=True,
                    )
                raise
            return RunReport.of(world, config, run.operator, outcome, order_file.skipped)


def _shift(chain: Chain, log: SqlStore, order_file: OrderFile) -> int:
    """Seconds that all times move by on a chain that is past the first order.

    The payment log keeps them, for reruns and for the files that follow.
    """
    if not order_file.orders:
        return 0
    first = int(order_file.orders[0].timestamp.timestamp())
    now = Clock(chain).now
    return kept_shift(log, 0 if now < first else now + SETUP_TIME - first)


@contextmanager
def _progress(total: int) -> Iterator["_Advance"]:
    columns = (
        TextColumn("paying"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(
        *columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        yield _Advance(progress, total)


class _Advance:
    """Moves the bar on by one order."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)

    def __call__(self, order: Order) -> None:
        self._progress.update(self._task, advance=1, description=f"{order.timestamp:%Y-%m-%d}")


def _require_options_fit(
    network: object, chain_id: int | None, port: int | None, payment_log: Path | None
) -> None:
    for option, value in (("--chain-id", chain_id), ("--payment-log", payment_log)):
        if network is None and value is not None:
            raise InputError(option, str(value), "one together with --rpc or --profile")
    if network is not None and port is not None:
        accepted = "one without --rpc and --profile, for a chain that is started"
        raise InputError("--port", port, accepted)


def _read_date(text: str | None) -> date | None:
    if text is None:
        return None
    refusal = InputError("rates date", text, "a day such as 2026-05-04")
    if not _DAY.fullmatch(text):
        raise refusal
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise refusal from None
    # Refused here if there is no fixing of the last week, and not once for every order.
    ReferenceRates().rate(Currency.of("EUR"), Currency.of("USD"), day)
    return day
