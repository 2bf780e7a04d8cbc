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
from typing import Any, cast

from eth_utils.address import to_checksum_address
from web3.types import TxParams, Wei

from benchmarks.speed.client import push
from benchmarks.speed.market import Market, sign_all
from benchmarks.world import AMOUNT
from deposit_token.chain.sender import Sender
from deposit_token.chain.signing import Call, call_signer
from deposit_token.errors import NotInstalled, PermanentError
from deposit_token.platform.operator import Operator
from deposit_token.platform.orders import PaymentOrder, SignedPayment
from deposit_token.platform.terms import PlatformTerms
from deposit_token.protocol import acts
from deposit_token.protocol.settlement import EVENTS, Settlement
from deposit_token.store.records import ENDED, Instruction, State
from deposit_token.store.sql import SqlStore
from deposit_token.values.enumerations import PaymentStatus
from deposit_token.values.money import Currency, Money
from tests.databases import MISSING, find_postgresql, run_postgresql
from tests.scene import OPERATOR

WAYS = {
    "fastest_client": "fastest plain client",
    "sqlite": "Sender, SQLite",
    "postgresql": "Sender, PostgreSQL",
    "operator_sqlite": "Operator, SQLite",
    "operator_postgresql": "Operator, PostgreSQL",
}
"""What is measured, by the key of its figure."""

IN_FLIGHT = 10_000
RUNS = 3
_TIP, _MAX_FEE = 10**9, 10**11
_MONEY = Money(AMOUNT, Currency.of("EUR"))
_TERMS = PlatformTerms(
    secret=bytes(range(32)),
    authorize_seconds=86_400,
    capture_seconds=7 * 86_400,
    refund_seconds=30 * 86_400,
    purpose=b"GDDS",
)


def measure(market: Market, tell: Callable[[str], None], runs: int = RUNS) -> dict[str, float]:
    """Payments a second by each way, each the median of interleaved runs; `tell` is given what
    each run took."""
    ways: list[Callable[[], float]] = [
        lambda: _by_client(market),
        lambda: _by_sender(market, _sqlite),
        lambda: _by_sender(market, _postgresql),
        lambda: _by_operator(market, _sqlite),
        lambda: _by_operator(market, _postgresql),
    ]
    found: dict[str, list[float]] = {each: [] for each in WAYS}
    # What is at hand before is none of what is measured.
    gc.freeze()
    for run in range(runs):
        for name, way in zip(WAYS, ways, strict=True):
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


def _by_operator(market: Market, database: Callable[[], AbstractContextManager[SqlStore]]) -> float:
    """From the parties' signatures on; that the terms were entered comes before them."""
    with market.chain() as settlement, database() as store:
        operator = Operator(settlement, store, [OPERATOR], _TERMS, in_flight=IN_FLIGHT)
        orders = [
            PaymentOrder(f"R-{number}", each.payer, each.merchant, _MONEY, each.source_token)
            for number, each in enumerate(each.payment for each in market.authorizations)
        ]
        signatures = sign_all(settlement, operator.pay_all(orders))
        signed = [
            SignedPayment(order.reference, signature)
            for order, signature in zip(orders, signatures, strict=True)
        ]
        began = time.perf_counter()
        operator.authorize_all(signed)
        operator.finish()
        seconds = time.perf_counter() - began
        held = sum(1 for each in operator.payments(PaymentStatus.AUTHORIZED) if each.reference)
        if held != len(signed):
            raise PermanentError(f"payments: found {held} held, accepted is {len(signed)}.")
        return seconds


def one_by_one(market: Market, number: int) -> float:
    """Authorizations a second by web3.py, which waits for each before it sends the next."""
    with market.chain() as settlement:
        eth = settlement.chain.web3.eth
        instructions = _instructions(settlement, market)[:number]
        began = time.perf_counter()
        for each in instructions:
            call: TxParams = {
                "from": OPERATOR.address,
                "to": to_checksum_address(each.to),
                "data": each.data,
                "gas": each.gas,
                "chainId": settlement.chain.chain_id,
                "nonce": eth.get_transaction_count(OPERATOR.address),
                "maxFeePerGas": Wei(_MAX_FEE),
                "maxPriorityFeePerGas": Wei(_TIP),
            }
            signed = OPERATOR.sign_transaction(cast(dict[str, Any], call))
            sent = eth.send_raw_transaction(signed.raw_transaction)
            eth.wait_for_transaction_receipt(sent)
        return number / (time.perf_counter() - began)


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
