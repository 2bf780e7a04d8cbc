"""What a contract reverted with, in whatever envelope a node tells it."""

import re
from collections.abc import Mapping
from typing import Any

from deposit_token.chain.refusals import ContractError

_HEX = re.compile(
    r"(?:Reverted |err: )?0x((?:[0-9a-f]{2})*)(?: \(supplied gas \d+\))?", re.IGNORECASE
)
"""Hex in most nodes, with words around it in Parity's line and Nethermind's."""
_PLACES = ("data", "result", "return", "output")
"""The keys below which nodes have it."""
_WORDS = re.compile(r"\brevert(?:ed)?\b", re.IGNORECASE)
_REASON = re.compile(r"(?:execution reverted|revert): (.+)", re.DOTALL | re.IGNORECASE)
_REVERTED = 3
"""The code that geth has for it."""


def refusal_in(error: Mapping[str, Any]) -> ContractError | None:
    """What a contract said, out of a node's error; None if the error is no refusal of one.

    >>> print(refusal_in({"code": 3, "message": "execution reverted: too late"}))
    the contract said too late
    """
    data = _data(error)
    if data is not None:
        return ContractError.decode(data)
    told = [text for text in (error.get("message"), error.get("data")) if isinstance(text, str)]
    if error.get("code") != _REVERTED and not any(map(_WORDS.search, told)):
        return None
    reason = next(filter(None, map(_REASON.fullmatch, told)), None)
    return ContractError.decode(b"") if reason is None else ContractError.saying(reason[1])


def _data(envelope: Mapping[str, Any]) -> bytes | None:
    for found in (envelope[place] for place in _PLACES if place in envelope):
        if isinstance(found, str):
            told = _HEX.fullmatch(found)
            if told is not None:
                return bytes.fromhex(told[1])
    for found in envelope.values():
        if isinstance(found, Mapping):
            inner = _data(found)
            if inner is not None:
                return inner
    return None
