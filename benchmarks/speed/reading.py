"""How fast events come from a node into a database, and a reconciliation of many payments.

python -m benchmarks.speed.reading [events|reconciliation] [payments [empty blocks]]
"""

import json
import logging
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select
from web3 import HTTPProvider, Web3

from benchmarks.speed.payments import PaidChain
from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.chain.events import event_of
from deposit_token.chain.profile import NetworkProfile
from deposit_token.protocol.event_rows import OF_ESCROW, OF_TOKEN, ContractEvents
from deposit_token.protocol.projecting import bring_up
from deposit_token.protocol.reconciliation import escrow_positions, supply_position
from deposit_token.store.projection_tables import ESCROW_EVENTS, TOKEN_EVENTS
from deposit_token.store.sql import SqlStore
from deposit_token.store.sql_projection import SqlProjection
from tests.databases import MISSING, find_postgresql, run_postgresql
from tests.nodes import url_of
from tests.nodes.programs import found

Figures = dict[str, float]

_PAYMENTS = 20_000
_ROUNDS = 3
_WEB3_PAYMENTS = 2_000
"""Of so many web3.py decodes the events: it takes as long for each."""
_SPAN = 100_000
_EMPTY = 1_000_000
"""Empty blocks of the chain that is reconciled, before the payments."""
_MORE = 1_000


def events(payments: int = _PAYMENTS) -> Figures:
    """Events of escrow and token a second, from the node to the database, decoded and in tables
    with their indexes; beside the node's answers alone, and web3.py's decoded events."""
    with PaidChain.run() as world, _databases() as urls:
        few = _paid(world, _WEB3_PAYMENTS)
        _paid(world, payments - _WEB3_PAYMENTS)
        seconds: dict[str, list[float]] = {"raw": [], "web3": [], "sqlite": [], "postgresql": []}
        last = world.chain.web3.eth.block_number
        for _ in range(_ROUNDS):
            found, took = _timed(lambda: _raw(world, last))
            seconds["raw"].append(took / found)
            for name, new in urls.items():
                kept, took = _kept(world, new(), last)
                assert kept == found, (kept, found)
                seconds[name].append(took / kept)
            decoded, took = _timed(lambda: _by_web3(world, few))
            seconds["web3"].append(took / decoded)
    rates = {name: 1 / statistics.median(each) for name, each in seconds.items()}
    slower = min(rates["sqlite"], rates["postgresql"])
    return {
        "events": found,
        "events_per_second_sqlite": round(rates["sqlite"]),
        "events_per_second_postgresql": round(rates["postgresql"]),
        "events_per_second_node": round(rates["raw"]),
        "events_per_second_web3": round(rates["web3"]),
        "events_vs_node": round(slower / rates["raw"], 3),
        "events_vs_web3": round(slower / rates["web3"], 1),
    }


def _paid(world: PaidChain, payments: int) -> int:
    """Make payments; gives the last block."""
    world.pay(next(_NUMBERS) * 10**6, payments)
    return world.chain.web3.eth.block_number


_NUMBERS = count()


def _contracts(world: PaidChain) -> list[tuple[str, ContractEvents]]:
    return [(world.settlement.address, OF_ESCROW), (world.tokens["EUR"], OF_TOKEN)]


def _raw(world: PaidChain, last: int) -> int:
    """The node's answers alone, in spans of five blocks, not even parsed; how many logs."""
    session, url, many = requests.Session(), url_of(world.chain), 0
    for address, kind in _contracts(world):
        topics = [event_of(kind.artifact, each).topic for each in kind.events]
        for first in range(0, last + 1, 5):
            wanted = {"address": address, "topics": [topics]}
            span = {"fromBlock": hex(first), "toBlock": hex(min(first + 4, last))}
            call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [wanted | span]}
            many += session.post(url, json=call).content.count(b'"logIndex"')
    return many


def _kept(world: PaidChain, url: str, last: int) -> tuple[int, float]:
    """The same events in a new database: how many, and in how many seconds."""
    chain = Chain.connect(NetworkProfile(url=url_of(world.chain), log_span=_SPAN))
    with closing(SqlStore.connect(url)) as store:
        projection = SqlProjection(store)
        began = time.perf_counter()
        for address, kind in _contracts(world):
            bring_up(chain, address, kind, projection, 0, last)
        seconds = time.perf_counter() - began
        with store.reading() as connection:
            tables = (ESCROW_EVENTS, TOKEN_EVENTS)
            counted = [connection.scalar(select(func.count()).select_from(each)) for each in tables]
    return sum(int(each or 0) for each in counted), seconds


def _by_web3(world: PaidChain, last: int) -> int:
    """The same events of the first blocks as web3.py decodes them; how many."""
    web3, many = Web3(HTTPProvider(url_of(world.chain))), 0
    for address, kind in _contracts(world):
        contract = web3.eth.contract(
            Web3.to_checksum_address(address), abi=artifact(kind.artifact).abi
        )
        for name in kind.events:
            many += len(contract.events[name]().get_logs(from_block=0, to_block=last))
    return many


def reconciliation(payments: int = 100_000, empty: int = _EMPTY) -> Figures:
    """Requests, seconds and memory of reconciling so many payments on a long chain, in full and in
    an SQLite store, and of going on there after some more."""
    with PaidChain.run(empty) as world, tempfile.TemporaryDirectory() as folder:
        _paid(world, payments)
        store = f"sqlite:///{Path(folder) / 'store.sqlite'}"
        tokens = list(world.tokens.values())
        asked = (url_of(world.chain), world.settlement.address, tokens)
        figures: Figures = {"payments": payments, "blocks": world.chain.web3.eth.block_number}
        found = {}
        for name, url in (("full", None), ("first", store)):
            found[name], told = _reconciled(*asked, url)
            figures |= {f"reconciliation_{name}_{key}": value for key, value in told.items()}
        assert found["first"] == found["full"], found
        _paid(world, _MORE)
        found["incremental"], told = _reconciled(*asked, store)
        figures |= {f"reconciliation_incremental_{key}": value for key, value in told.items()}
        found["full"], _ = _reconciled(*asked, None)
        assert found["incremental"] == found["full"], found
    return figures


def _reconciled(
    url: str, escrow: str, tokens: list[str], store: str | None
) -> tuple[list[Any], Figures]:
    """What a process of its own finds, so that the memory is that of the reconciliation alone."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_reconcile, (url, escrow, tokens, store))


def _reconcile(
    url: str, escrow: str, tokens: list[str], store: str | None
) -> tuple[list[Any], Figures]:
    requests_made = _Counting()
    logger = logging.getLogger("urllib3.connectionpool")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(requests_made)
    chain = Chain.connect(NetworkProfile(url=url, log_span=_SPAN))
    with ExitStack() as opened:
        kept: dict[str, Any] = {}
        if store is not None:
            kept["projection"] = SqlProjection(
                opened.enter_context(closing(SqlStore.connect(store)))
            )
        before, requests_made.lines = _memory(), 0
        began = time.perf_counter()
        block = chain.web3.eth.block_number
        found: list[Any] = [*escrow_positions(chain, escrow, tokens, block=block, **kept)]
        found += [supply_position(chain, each, block=block, **kept) for each in tokens]
        seconds = time.perf_counter() - began
    assert all(each.balanced for each in found), found
    return found, {
        "requests": requests_made.lines,
        "seconds": round(seconds, 2),
        "mebibytes": round(_memory(), 1),
        "mebibytes_more_than_before": round(_memory() - before, 1),
    }


class _Counting(logging.Handler):
    """Counts HTTP requests: urllib3 tells of each in one line, and of new connections in others."""

    lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += "POST" in record.getMessage()


def _memory() -> float:
    """The most that this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(act: Callable[[], int]) -> tuple[int, float]:
    began = time.perf_counter()
    many = act()
    return many, time.perf_counter() - began


@contextmanager
def _databases() -> Iterator[dict[str, Callable[[], str]]]:
    """What gives the URL of a new database of each kind."""
    numbers = count()
    with (
        tempfile.TemporaryDirectory() as folder,
        run_postgresql(found(find_postgresql(), MISSING), durable=True) as server,
    ):
        yield {
            "sqlite": lambda: f"sqlite:///{Path(folder) / f'{next(numbers)}.sqlite'}",
            "postgresql": server.new,
        }


def main() -> None:
    """Run the parts that are named, or both, and print their figures and the machine's load."""
    names = [each for each in sys.argv[1:] if not each.isdecimal()] or ["events", "reconciliation"]
    numbers = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    for name in names:
        figures = {"events": events, "reconciliation": reconciliation}[name](*numbers)
        load = [round(each, 1) for each in os.getloadavg()]
        print(json.dumps({**figures, "load": load}, indent=2), flush=True)


if __name__ == "__main__":
    main()
