"""The events of one contract from a block on, span by span, as of one block that is named by its
hash: what a reorganisation of the chain has dropped meanwhile is noticed."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from deposit_token.chain.answers import read_answer
from deposit_token.chain.events import Columns, EventLayout, Log
from deposit_token.chain.logs import spans
from deposit_token.chain.reading import ChainReader
from deposit_token.errors import BrokenAnswer, Overtaken
from deposit_token.store.projection import Checkpoint

if TYPE_CHECKING:
    from web3.types import RPCEndpoint

    from deposit_token.chain.endpoint import Endpoint

_MOST = 2**25
"""Bytes that a node may answer at once, of more than one block."""

_T = TypeVar("_T")

_BY_NUMBER = cast("RPCEndpoint", "eth_getBlockByNumber")


@dataclass(frozen=True)
class Span:
    """The events of some blocks in a row."""

    until: Checkpoint
    """Its last block."""
    columns: Mapping[str, Columns]
    """By the event's name, of those that there are."""


def block_at(chain: ChainReader, number: int | None = None) -> Checkpoint:
    """A block by its number, by default the latest; raises NodeError for one that is not there."""
    block = chain.web3.eth.get_block("latest" if number is None else number)
    return Checkpoint(block["number"], block["hash"].to_0x_hex())


def blocks_at(chain: ChainReader, numbers: Sequence[int]) -> list[Checkpoint]:
    """The blocks of these numbers, asked for together; raises NodeError if one is not there."""
    endpoint = cast("Endpoint", chain.web3.provider)
    told = endpoint.ask_each(_BY_NUMBER, [[hex(each), False] for each in numbers])
    return [Checkpoint(int(each["number"], 16), each["hash"].lower()) for each in told]


def read_spans(
    chain: ChainReader, address: str, events: Sequence[EventLayout], first: int, head: Checkpoint
) -> Generator[Span, None, None]:
    """The events of a contract from a block to `head`, both included; those of one span are at
    hand, and of the next, which is read meanwhile.

    Raises what the endpoint raises, and Overtaken if `head`, or a block that a log names, is not
    on the chain: what was given before is, up to the last block of its span.
    """
    return _ahead(_read(chain, address, events, first, head))


def _ahead(found: Iterator[_T]) -> Generator[_T, None, None]:
    """The same, the next of which is found while one is worked on: the node and the database that
    it goes to need not wait for each other."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, found, None)
        while (one := coming.result()) is not None:
            coming = pool.submit(next, found, None)
            yield one


def _read(
    chain: ChainReader, address: str, events: Sequence[EventLayout], first: int, head: Checkpoint
) -> Iterator[Span]:
    endpoint = cast("Endpoint", chain.web3.provider)
    named = {each.topic: each for each in events}
    wanted = {"address": address, "topics": [sorted(named)]}

    def ask(first: int, last: int) -> list[Log]:
        asked = {**wanted, "fromBlock": hex(first), "toBlock": hex(last)}
        return endpoint.ask_logs(asked, None if first == last else _MOST)

    for last, logs in spans(endpoint, ask, first, head.number):
        # After the logs: as long as the head is the same, so was all before it.
        until, found = blocks_at(chain, [last, head.number])
        if found != head:
            raise Overtaken(_undone(head))
        try:
            columns = _columns(logs, named, address, first, until)
        except (AttributeError, LookupError, TypeError, ValueError):
            # Whichever it is, this names it.
            read_answer(endpoint.origin, "eth_getLogs", [wanted], logs)
            raise BrokenAnswer(
                f"RPC endpoint: found logs at {endpoint.origin} that are none of {address} in the "
                f"blocks that were asked for, until {last}."
            ) from None
        yield Span(until, columns)
        first = last + 1


def _columns(
    logs: list[Log], named: Mapping[str, EventLayout], address: str, first: int, until: Checkpoint
) -> dict[str, Columns]:
    """Raises ValueError, or what a missing field raises, for logs that are not those asked for."""
    grouped: dict[str, list[Log]] = {topic: [] for topic in named}
    for log in logs:
        grouped[log["topics"][0].lower()].append(log)
    columns = {topic: Columns(named[topic], each) for topic, each in grouped.items() if each}
    places = [at for each in columns.values() for at in zip(each.blocks, each.indexes, strict=True)]
    numbers = [number for number, _ in places]
    if (
        len(set(places)) != len(places)
        or {log["address"].lower() for log in logs} - {address.lower()}
        or not all(first <= number <= until.number for number in set(numbers))
    ):
        raise ValueError
    hashes = [log["blockHash"].lower() for topic in columns for log in grouped[topic]]
    blocks = {until.number: until.hash} | dict(zip(numbers, hashes, strict=True))
    for number, found in set(zip(numbers, hashes, strict=True)) | {until}:
        if blocks[number] != found:
            raise Overtaken(_undone(Checkpoint(number, found)))
    for log in logs:
        if log.get("removed"):
            raise Overtaken(_undone(Checkpoint(int(log["blockNumber"], 16), log["blockHash"])))
    return {named[topic].name: each for topic, each in columns.items()}


def _undone(block: Checkpoint) -> str:
    return (
        f"block {block.number}: found {block.hash} undone by a reorganisation of the chain, "
        "accepted is one that is part of it."
    )
