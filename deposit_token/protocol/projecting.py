"""Bringing a projection up to date with the chain: from its last checkpoint on, or from the fork
where a reorganisation of the chain has dropped what was read."""

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from typing import TypeVar

from deposit_token.chain.chain import Chain
from deposit_token.chain.events import event_of
from deposit_token.chain.spans import block_at, blocks_at, read_spans
from deposit_token.errors import InputError, Overtaken
from deposit_token.protocol.event_rows import ContractEvents
from deposit_token.store.projection import OPENINGS, Checkpoint, EscrowEvent, Projection, Row

_ROWS = 10_000
"""Events that are kept at once, and as many more as one span has."""

_SPANS = 50
"""Spans after which a checkpoint is kept, be they empty."""

_ATTEMPTS = 10
"""How often the chain may be reorganised, or another be faster, before a reading is given up."""

_T = TypeVar("_T")


def bring_up(
    chain: Chain,
    address: str,
    kind: ContractEvents,
    projection: Projection,
    created: int,
    block: int | None,
) -> Checkpoint:
    """Read a contract's events into a projection, until the block of this number, by default the
    latest; gives that block.

    `created` is a block before which the contract has no events. Raises what the endpoint and the
    store raise, Overtaken if what was read is undone meanwhile, and InputError for a block after
    the latest, or before the one until which events were read.
    """
    projection.bind(chain.chain_id, chain.genesis_hash)
    # Before the chain: another reader may know more of it by then.
    checkpoints = projection.checkpoints(address)
    head = block_at(chain)
    after = _fork(chain, address, kind, projection, checkpoints, head.number)
    if block is not None:
        first = 0 if after is None else after.number
        if not first <= block <= head.number:
            accepted = f"one from {first}, until which events were read, to {head.number}"
            raise InputError("block", block, accepted)
        head = block_at(chain, block)
    if head != after:
        _read_on(chain, address, kind, projection, created, after, head)
    return head


def until_settled(act: Callable[[], _T]) -> _T:
    """What a reading gives that is made anew where it was overtaken; raises Overtaken if that
    happens again and again."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(Overtaken):
            return act()
    return act()


def _fork(
    chain: Chain,
    address: str,
    kind: ContractEvents,
    projection: Projection,
    kept: Sequence[Checkpoint],
    latest: int,
) -> Checkpoint | None:
    """The last checkpoint that is on the chain; what was read after it is forgotten."""
    if not kept or (kept[0].number <= latest and blocks_at(chain, [kept[0].number]) == [kept[0]]):
        return kept[0] if kept else None
    lower = [each for each in kept if each.number <= latest]
    found = blocks_at(chain, [each.number for each in lower])
    fork = next((each for each, at in zip(lower, found, strict=True) if each == at), None)
    _require(projection.roll_back(address, kept[0], fork, kind.add_up), address)
    return fork


def _read_on(
    chain: Chain,
    address: str,
    kind: ContractEvents,
    projection: Projection,
    created: int,
    after: Checkpoint | None,
    head: Checkpoint,
) -> None:
    rows: list[Row] = []
    new: dict[bytes, EscrowEvent] = {}

    def opened(payments: Iterable[bytes]) -> Mapping[bytes, EscrowEvent]:
        old = projection.opened(address, [each for each in payments if each not in new])
        return ChainMap(new, dict(old))

    first = created if after is None else after.number + 1
    events = [event_of(kind.artifact, name) for name in kind.events]
    with closing(read_spans(chain, address, events, first, head)) as found:
        for number, span in enumerate(found, 1):
            read = kind.rows(span.columns, opened)
            rows += read
            if len(rows) >= _ROWS or number % _SPANS == 0 or span.until == head:
                kept = projection.keep(address, after, span.until, rows, kind.add_up)
                _require(kept, address)
                after, rows = span.until, []
                new.clear()
            else:
                for each in read:
                    if isinstance(each, EscrowEvent) and each.event in OPENINGS:
                        new[each.payment] = each


def _require(done: bool, address: str) -> None:
    if not done:
        raise Overtaken(
            f"events of {address}: found another reader faster, accepted is one that goes on from "
            "the last checkpoint."
        )
