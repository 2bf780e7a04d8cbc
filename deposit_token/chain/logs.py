"""The events of contracts, from a receipt or from the chain's logs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eth_typing import HexStr
from web3.contract import Contract
from web3.types import EventData, FilterParams, TxReceipt

LOG_SPAN = 2_000
"""Blocks whose events are asked for at once: nodes refuse too many. Most hosted ones take 2,000 of
Ethereum, Besu by itself 5,000."""


def emitted(contract: Contract, event: str, receipt: TxReceipt) -> list[Mapping[str, Any]]:
    """The arguments of a contract's events of this name in a receipt, in order.

    Only its own: another contract of the same transaction may emit whatever it likes.
    """
    abi = contract.events[event]()
    return [
        abi.process_log(log)["args"]
        for log in receipt["logs"]
        if log["address"] == contract.address and log["topics"][0].to_0x_hex() == abi.topic
    ]


def logged(contract: Contract, events: Sequence[str], to_block: int) -> Iterator[EventData]:
    """A contract's events of these names from the first block to this one, in order.

    They are asked for `LOG_SPAN` blocks at a time. Raises NodeError if the node refuses that.
    """
    return logged_by([(contract, events)], 0, to_block)


def logged_by(
    watched: Sequence[tuple[Contract, Sequence[str]]], from_block: int, to_block: int
) -> Iterator[EventData]:
    """The events of several contracts, each by the names beside it, in order, as `logged`."""
    named = {
        (contract.address, event.topic): event
        for contract, names in watched
        for event in (contract.events[name]() for name in names)
    }
    get_logs = watched[0][0].w3.eth.get_logs
    for first in range(from_block, to_block + 1, LOG_SPAN):
        wanted: FilterParams = {
            "address": [contract.address for contract, _ in watched],
            "fromBlock": first,
            "toBlock": min(first + LOG_SPAN - 1, to_block),
            "topics": [sorted({topic for _, topic in named})],
        }
        for log in get_logs(wanted):
            event = named.get((log["address"], HexStr(log["topics"][0].to_0x_hex())))
            if event is not None:
                yield event.process_log(log)
