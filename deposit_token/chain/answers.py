"""What a node's answers must look like: each field that is read, checked before it is read.

What nobody reads is dropped, so that no node's own fields, nor a header longer than Ethereum's, can
be a trouble.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deposit_token.errors import BrokenAnswer, NodeError

_Check = Callable[[str, Any], Any]
"""Gives a value as it is kept; raises _Mistake, which names the field."""


class _Mistake(Exception):
    def __init__(self, field: str, found: object, accepted: str) -> None:
        shown = "none" if found is None else f"{found!r:.70}"
        super().__init__(f"{field}: found {shown}, accepted is {accepted}")


def _text(pattern: str, accepted: str) -> _Check:
    compiled = re.compile(pattern)

    def check(field: str, value: Any) -> Any:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise _Mistake(field, value, accepted)
        return value

    return check


def _list(each: _Check) -> _Check:
    def check(field: str, value: Any) -> Any:
        if not isinstance(value, list):
            raise _Mistake(field, value, "a list")
        return [each(f"{field}[{n}]", item) for n, item in enumerate(value)]

    return check


def _object(needed: Mapping[str, _Check], kept: Mapping[str, _Check]) -> _Check:
    """An object with fields that it needs, and others that may be missing or null."""

    def check(field: str, value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Mistake(field, value, "an object")
        found = {name: each(name, value.get(name)) for name, each in needed.items()}
        present = {name: each for name, each in kept.items() if value.get(name) is not None}
        return found | {name: each(name, value[name]) for name, each in present.items()}

    return check


def _data(field: str, value: Any) -> Any:
    # A pattern of pairs would take twenty times as long for what an event says.
    if len(_digits(field, value)) % 2:
        raise _Mistake(field, value, _BYTES)
    return value


_BYTES = "bytes in hex"
_digits = _text("0x[0-9a-fA-F]*", _BYTES)
_quantity = _text("0x[0-9a-fA-F]{1,64}", "a number such as 0x1a")
_hash = _text("0x[0-9a-fA-F]{64}", "32 bytes in hex")
_address = _text("0x[0-9a-fA-F]{40}", "20 bytes in hex")
_status = _text("0x0*[01]", "0x0 or 0x1")


def _any(field: str, value: Any) -> Any:
    return value


_BLOCK_BESIDE = {
    "parentHash": _hash,
    "baseFeePerGas": _quantity,
    "gasLimit": _quantity,
    "gasUsed": _quantity,
    "transactions": _list(_any),
}
_BLOCK = _object({"number": _quantity, "hash": _hash, "timestamp": _quantity}, _BLOCK_BESIDE)
_PENDING_BLOCK = _object({"timestamp": _quantity}, {"number": _quantity, **_BLOCK_BESIDE})
_ANY_LOG = _object(
    {
        "address": _address,
        "topics": _list(_hash),
        "data": _data,
        "blockNumber": _quantity,
        "blockHash": _hash,
        "transactionHash": _hash,
        "transactionIndex": _quantity,
        "logIndex": _quantity,
    },
    {"removed": _any},
)

_LOG_FIELDS = (
    *("address", "blockHash", "transactionHash"),
    *("blockNumber", "transactionIndex", "logIndex"),
)
_LOG_LINE = re.compile(r"0x[0-9a-f]{40}( 0x[0-9a-f]{64}){2}( 0x[0-9a-f]{1,64}){3}")
_TOPIC = len("0x ") + 64
_TOPICS_LINE = re.compile(r"(0x[0-9a-f]{64} )*")


def _log(field: str, value: Any) -> Any:
    """As `_ANY_LOG`, but most are right in all their fields, which one look tells of many."""
    try:
        line = " ".join([value[name] for name in _LOG_FIELDS])
        topics = "".join([f"{each} " for each in value["topics"]])
        data = _data(field, value["data"])
    except (KeyError, TypeError, _Mistake):
        return _ANY_LOG(field, value)
    right = isinstance(value["topics"], list) and _LOG_LINE.fullmatch(line)
    whole = len(topics) == _TOPIC * len(value["topics"])
    if not (right and whole and _TOPICS_LINE.fullmatch(topics)):
        return _ANY_LOG(field, value)
    found = {name: value[name] for name in _LOG_FIELDS}
    found |= {"topics": value["topics"], "data": data}
    removed = value.get("removed")
    return found if removed is None else {**found, "removed": removed}


_RECEIPT = _object(
    {
        "transactionHash": _hash,
        "blockHash": _hash,
        "blockNumber": _quantity,
        "status": _status,
        "gasUsed": _quantity,
        "logs": _list(_log),
    },
    {
        "from": _address,
        "to": _address,
        "contractAddress": _address,
        "transactionIndex": _quantity,
        "cumulativeGasUsed": _quantity,
        "effectiveGasPrice": _quantity,
        "type": _quantity,
    },
)
_TRANSACTION = _object(
    {"hash": _hash},
    {
        "blockHash": _hash,
        "blockNumber": _quantity,
        "transactionIndex": _quantity,
        "from": _address,
        "to": _address,
        "nonce": _quantity,
        "value": _quantity,
        "gas": _quantity,
        "gasPrice": _quantity,
        "maxFeePerGas": _quantity,
        "maxPriorityFeePerGas": _quantity,
        "input": _data,
        "chainId": _quantity,
        "type": _quantity,
    },
)

_ANSWERS: Mapping[str, _Check] = {
    "eth_blockNumber": _quantity,
    "eth_call": _data,
    "eth_chainId": _quantity,
    "eth_estimateGas": _quantity,
    "eth_gasPrice": _quantity,
    "eth_getBalance": _quantity,
    "eth_getBlockByHash": _BLOCK,
    "eth_getBlockByNumber": _BLOCK,
    "eth_getCode": _data,
    "eth_getLogs": _list(_log),
    "eth_getStorageAt": _data,
    "eth_getTransactionByHash": _TRANSACTION,
    "eth_getTransactionCount": _quantity,
    "eth_getTransactionReceipt": _RECEIPT,
    "eth_maxPriorityFeePerGas": _quantity,
    "eth_sendRawTransaction": _hash,
}
_ASKED = {
    "eth_getBlockByHash": "hash",
    "eth_getBlockByNumber": "number",
    "eth_getTransactionByHash": "hash",
    "eth_getTransactionReceipt": "transactionHash",
}
"""The field that must be what was asked for by the first parameter."""
_MAY_BE_UNKNOWN = ("eth_getTransactionByHash", "eth_getTransactionReceipt")


def read_answer(origin: str, method: str, params: Sequence[Any], result: Any) -> Any:
    """A method's result with the fields that are read.

    Raises BrokenAnswer, which names the field, for a result that is not one of the method's, or of
    something else than what was asked for; NodeError for a block that the node does not know.
    """
    check = _ANSWERS.get(method)
    if check is None or (result is None and method in _MAY_BE_UNKNOWN):
        return result
    asked = params[0] if params else None
    if check is _BLOCK and result is None:
        raise NodeError(
            f"RPC endpoint: found no block {asked} at {origin}, accepted is a node that has it.",
            f"no block {asked}",
        )
    if check is _RECEIPT and isinstance(result, dict) and result.get("blockHash") is None:
        return None  # Some nodes have receipts of what waits to be mined.
    try:
        if asked == "pending" and check is _BLOCK:
            check = _PENDING_BLOCK
        found = check("result", result)
        _require_asked(method, asked, found)
    except _Mistake as mistake:
        raise BrokenAnswer(
            f"RPC endpoint: found a broken answer to {method} at {origin} ({mistake})."
        ) from None
    return found


def _require_asked(method: str, asked: Any, found: Any) -> None:
    field = _ASKED.get(method)
    if field is None or not str(asked).startswith("0x"):
        return
    if int(found[field], 16) != int(asked, 16):
        raise _Mistake(field, found[field], f"{asked} as asked")
