"""The events of contracts, from a receipt or from the chain's logs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from eth_typing import HexStr

from deposit_token.errors import NodeError, TooLong, Unreachable

if TYPE_CHECKING:
    from web3 import Web3
    from web3.contract import Contract
    from web3.types import EventData, FilterParams, LogReceipt, RPCEndpoint, TxReceipt

    from deposit_token.chain.endpoint import Endpoint

_GET_LOGS = cast("RPCEndpoint", "eth_getLogs")
_ANSWERS_BEFORE_GROWTH = 8
"""How many spans in a row a node takes before it is asked for one of twice the length."""

_FIRST = 10
"""Blocks of the first span at most."""

_LONGER, _SHORTER = 4, 8
"""How many times longer the next span is at most, and how many times shorter than one too long."""

_MANY = 5_000
"""Logs that are asked for at once, about."""

_T = TypeVar("_T")


def emitted(contract: "Contract", event: str, receipt: "TxReceipt") -> list[Mapping[str, Any]]:
    """The arguments of a contract's events of this name in a receipt, in order.

    Only its own: another contract of the same transaction may emit whatever it likes.
    """
    abi = contract.events[event]()
    return [
        abi.process_log(log)["args"]
        for log in receipt["logs"]
        if log["address"] == contract.address and log["topics"][0].to_0x_hex() == abi.topic
    ]


def logged(contract: "Contract", events: Sequence[str], to_block: int) -> "Iterator[EventData]":
    """A contract's events of these names from the first block to this one, in order.

    They are asked for in spans of blocks, which halve when the node refuses one, are a single block
    when it gives no answer, and grow again. Raises NodeError or Unreachable if it does so for a
    single block, so that a node that hangs costs two time limits.
    """
    return logged_by([(contract, events)], 0, to_block)


def logged_by(
    watched: "Sequence[tuple[Contract, Sequence[str]]]", from_block: int, to_block: int
) -> "Iterator[EventData]":
    """The events of several contracts, each by the names beside it, in order, as `logged`."""
    named = {
        (contract.address, event.topic): event
        for contract, names in watched
        for event in (contract.events[name]() for name in names)
    }
    wanted: FilterParams = {
        "address": [contract.address for contract, _ in watched],
        "topics": [sorted({topic for _, topic in named})],
    }
    for log in logs_in_spans(watched[0][0].w3, wanted, from_block, to_block):
        event = named.get((log["address"], HexStr(log["topics"][0].to_0x_hex())))
        if event is not None:
            yield event.process_log(log)


def logs_in_spans(
    web3: "Web3", wanted: "FilterParams", first: int, to_block: int
) -> "Iterator[LogReceipt]":
    """The logs of these addresses and topics in these blocks, asked for as by `logged`."""

    def ask(first: int, last: int) -> "list[LogReceipt]":
        return web3.eth.get_logs({**wanted, "fromBlock": first, "toBlock": last})

    for _, found in spans(cast("Endpoint", web3.provider), ask, first, to_block):
        yield from found


def told_in_spans(
    endpoint: "Endpoint", wanted: Mapping[str, Any], first: int, to_block: int
) -> Iterator[Mapping[str, Any]]:
    """The same as the node tells them: numbers, hashes and data in hex, small letters."""

    def ask(first: int, last: int) -> list[Mapping[str, Any]]:
        span = {"fromBlock": hex(first), "toBlock": hex(last)}
        found: list[Mapping[str, Any]]
        found = endpoint.make_request(_GET_LOGS, [{**wanted, **span}])["result"]
        return found

    for _, found in spans(endpoint, ask, first, to_block):
        yield from found


def spans(
    endpoint: "Endpoint", ask: Callable[[int, int], list[_T]], first: int, to_block: int
) -> Iterator[tuple[int, list[_T]]]:
    """What `ask` finds in spans of blocks, each with its last block, in order; as by `logged`.

    The first ones are short, and none is longer than `_MANY` logs are expected in.
    """
    taken, most = 0, _FIRST
    while first <= to_block:
        last = min(first + min(endpoint.log_span, most) - 1, to_block)
        length = last - first + 1
        try:
            found = ask(first, last)
        except TooLong:
            most = max(length // _SHORTER, 1)
            continue
        except (NodeError, Unreachable) as error:
            if length == 1:
                raise
            # No answer costs a time limit each time, a refusal next to nothing.
            endpoint.log_span = 1 if isinstance(error, Unreachable) else length // 2
            taken = 0
            continue
        yield last, found
        first = last + 1
        most = max(min(_LONGER * length, _MANY * length // max(len(found), 1)), 1)
        taken += 1
        if taken == _ANSWERS_BEFORE_GROWTH:
            endpoint.log_span = min(2 * endpoint.log_span, endpoint.greatest_log_span)
            taken = 0
