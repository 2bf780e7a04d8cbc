"""Authorizations a second until they are mined and their outcomes are known, by several ways.

Every way has the same payments, signed by their parties, on a new chain that stands alike.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.speed.client import push
from benchmarks.speed.market import Market
from deposit_token.chain.sender import Sender
from deposit_token.chain.signing import Call, call_signer
from deposit_token.errors import NotInstalled, PermanentError
from deposit_token.protocol import acts
from deposit_token.protocol.settlement import EVENTS, Settlement
from deposit_token.store.records import ENDED, Instruction, State
from deposit_token.store.sql import SqlStore
from tests.databases import MISSING, find_postgresql, run_postgresql
from tests.scene import OPERATOR

IN_FLIGHT = 10_000
RUNS = 3
_TIP, _MAX_FEE = 10**9, 10**11


def measure(market: Market, tell: Callable[[str], None]) -> dict[str, float]:
    """Payments a second by each way, each the median of interleaved runs; `tell` is given what
    each run took."""
    ways: dict[str, Callable[[], float]] = {
        "fastest_client": lambda: _by_client(market),
        "sqlite": lambda: _by_sender(market, _sqlite),
        "postgresql": lambda: _by_sender(market, _postgresql),
    }
    found: dict[str, list[float]] = {each: [] for each in ways}
    # What is at hand before is none of what is measured.
    gc.freeze()
    for run in range(RUNS):
        for name, way in ways.items():
            rate = len(market.authorizations) / way()
            found[name].append(rate)
            tell(f"run {run + 1}, {name}: {rate:,.0f} payments a second")
    gc.unfreeze()
    return {name: median(rates) for name, rates in found.items()}


def _by_client(market: Market) -> float:
    with market.chain() as settlement:
        instructions = _instructions(settlement, market)
        sign = call_signer(OPERATOR)
        nonce = settlement.chain.web3.eth.get_transaction_count(OPERATOR.address)
        signed = [
            sign(
                Call(
                    settlement.chain.chain_id, number, _TIP, _MAX_FEE, each.gas, each.to, each.data
                )
            )
            for number, each in enumerate(instructions, nonce)
        ]
        escrow = settlement.chain.contract("SettlementEscrow", settlement.address)
        return push(
            str(settlement.chain.profile.url),
            settlement.address,
            str(escrow.events[EVENTS["authorize"]]().topic),
            [f"0x{each.raw.hex()}" for each in signed],
            [f"0x{each.hash.hex()}" for each in signed],
        )


def _by_sender(market: Market, database: Callable[[], AbstractContextManager[SqlStore]]) -> float:
    with market.chain() as settlement, database() as store:
        instructions = _instructions(settlement, market)
        sender = Sender(settlement.chain, store, OPERATOR, in_flight=IN_FLIGHT)
        last = instructions[-1].id
        began = time.perf_counter()
        store.add(instructions)
        sender.run(lambda: store.find([last])[last].state in ENDED)
        seconds = time.perf_counter() - began
        _require_done(store.find([each.id for each in instructions]).values())
        return seconds


def _instructions(settlement: Settlement, market: Market) -> list[Instruction]:
    return [
        settlement.instruction(
            str(each.payment.uetr),
            OPERATOR.address,
            acts.authorize(each.payment, each.payer_signature),
        )
        for each in market.authorizations
    ]


def _require_done(instructions: Iterable[Instruction]) -> None:
    for each in instructions:
        if each.state is not State.DONE:
            raise PermanentError(f"{each.id}: found {each.state.value}, accepted is done.")


@contextmanager
def _sqlite() -> Iterator[SqlStore]:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(SqlStore.connect(f"sqlite:///{Path(folder) / 'store.sqlite'}")) as store,
    ):
        yield store


@contextmanager
def _postgresql() -> Iterator[SqlStore]:
    programs = find_postgresql()
    if programs is None:
        raise NotInstalled(f"PostgreSQL: found that {MISSING}, accepted is one of these.")
    with (
        run_postgresql(programs, durable=True) as server,
        closing(SqlStore.connect(server.new())) as store,
    ):
        yield store
