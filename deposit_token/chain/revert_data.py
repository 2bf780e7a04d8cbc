"""What a contract reverted with, in whatever envelope a node tells it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deposit_token.chain.refusals import ContractError

_HEX = re.compile(
    r"(?:Reverted |err: )?0x((?:[0-9a-f]{2})+)(?: \(supplied gas \d+\))?", re.IGNORECASE
)
"""Hex in most nodes, with words around it in Parity's line and Nethermind's."""
_IN_WORDS = re.compile(
    r"custom error 0x((?:[0-9a-f]{2})+)(?:: ?((?:[0-9a-f]{2})+))?", re.IGNORECASE
)
"""An error's selector in the message alone, its arguments behind it or not."""
_PLACES = ("data", "result", "return", "output")
"""The keys below which nodes have it."""
_WORDS = re.compile(r"\brevert(?:ed)?\b", re.IGNORECASE)
_REASON = re.compile(r"(?:execution reverted|revert): (.+)", re.DOTALL | re.IGNORECASE)
_REVERTED = 3
"""The code that geth has for it."""


def refusal_in(error: Mapping[str, Any]) -> ContractError | None:
    """What a contract said, out of a node's error; None if the error is no refusal of one.

    >>> print(refusal_in({"code": 3, "message": "execution reverted: too late"}))
    found that the contract said too late, accepted is what its own rules let through
    """
    found = list(_leaves(error))
    for place, value in found:
        told = _HEX.fullmatch(value) if place in _PLACES and isinstance(value, str) else None
        if told is not None:
            return ContractError.decode(bytes.fromhex(told[1]))
    texts = [value for _, value in found if isinstance(value, str)]
    if ("code", _REVERTED) not in found and not any(map(_WORDS.search, texts)):
        return None
    for text in texts:
        if told := _IN_WORDS.search(text):
            return ContractError.decode(bytes.fromhex(told[1] + (told[2] or "")))
    for text in texts:
        if told := _REASON.fullmatch(text):
            return ContractError.saying(told[1])
    return ContractError.decode(b"")


def _leaves(envelope: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values that are no tables, each with its key: of a table before those within it."""
    inner = []
    for key, value in envelope.items():
        if isinstance(value, Mapping):
            inner.append(value)
        else:
            yield key, value
    for table in inner:
        yield from _leaves(table)
