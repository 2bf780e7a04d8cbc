"""Events in columns: one field of many logs at a time, sliced out of their words (Solidity's own
coding), where a decoder of any ABI takes them log by log."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from eth_utils.abi import event_abi_to_log_topic

from deposit_token.chain.artifacts import artifact
from deposit_token.errors import BrokenAnswer
from deposit_token.values.fields import WORD

if TYPE_CHECKING:
    from eth_typing import ABIComponent

Log = Mapping[str, Any]
"""As JSON-RPC has it."""

_FIXED = re.compile(r"(address|bool|u?int|bytes)([1-9][0-9]*)?")
"""Types of one word each; the others, `bytes` among them, have no fixed length."""

_ADDRESS = 20
"""Bytes of an address."""


@dataclass(frozen=True)
class EventLayout:
    """One event of a contract: its topic, and where each of its fields stands.

    Fields are named as in Solidity, those of a struct after it, as in `payment.payer`. What has no
    fixed length is none of them.
    """

    name: str
    topic: str
    """The first one: 0x and 64 hex digits in small letters."""
    topics: Mapping[str, tuple[int, str]]
    """The number, from 1, and the type of each field that is indexed."""
    words: Mapping[str, tuple[int, str]]
    """The number, from 0, and the type of each other field."""
    length: int
    """How many words the data begin with; what has no fixed length comes after them."""
    fixed: bool
    """Whether nothing comes after them."""


@cache
def event_of(contract: str, name: str) -> EventLayout:
    """An event, by its contract's artifact and its own name."""
    (abi,) = (
        each for each in artifact(contract).abi if each["type"] == "event" and each["name"] == name
    )
    indexed = [each for each in abi["inputs"] if each.get("indexed")]
    types = list(_flat([each for each in abi["inputs"] if not each.get("indexed")], ""))
    words = {field: (n, type_) for n, (field, type_) in enumerate(types) if _is_fixed(type_)}
    return EventLayout(
        name=name,
        topic=f"0x{event_abi_to_log_topic(abi).hex()}",
        topics={each["name"]: (n, each["type"]) for n, each in enumerate(indexed, 1)},
        words=words,
        length=len(types),
        fixed=len(words) == len(types),
    )


def _flat(inputs: "Iterable[ABIComponent]", before: str) -> Iterator[tuple[str, str]]:
    for each in inputs:
        name = f"{before}{each['name']}"
        # Those of our contracts are of fixed length, so they stand where they are named.
        if each["type"] == "tuple":
            yield from _flat(each["components"], f"{name}.")
        else:
            yield name, each["type"]


def _is_fixed(type_: str) -> bool:
    found = _FIXED.fullmatch(type_)
    return found is not None and type_ != "bytes"


class Columns:
    """The logs of one event, in order; a field of all of them is sliced out when it is asked for.

    Addresses are 20 bytes, `bytesN` N bytes, numbers integers.
    """

    def __init__(self, event: EventLayout, logs: Sequence[Log]) -> None:
        """Raises BrokenAnswer for a log that is not one of the event."""
        self._event = event
        self._topics = [log["topics"] for log in logs]
        self.blocks = [int(log["blockNumber"], 16) for log in logs]
        """The number of the block of each."""
        self.indexes = [int(log["logIndex"], 16) for log in logs]
        """The place of each among the logs of its block."""
        digits = 2 + 2 * WORD * event.length
        heads = [log["data"] for log in logs]
        lengths = set(map(len, heads))
        if (lengths != {digits} if event.fixed else min(lengths) < digits) or set(
            map(len, self._topics)
        ) != {1 + len(event.topics)}:
            raise self._broken("data or topics of another length", "those of the event")
        self._data = _bytes([each[2:digits] for each in heads])
        if len(self._data) != len(logs) * WORD * event.length:
            raise self._broken("data that are not hex digits", "bytes in hex")

    def __len__(self) -> int:
        return len(self._topics)

    def __getitem__(self, field: str) -> list[Any]:
        """A field of each log; raises BrokenAnswer for what is no value of its type."""
        event = self._event
        if field in event.topics:
            place, type_ = event.topics[field]
            data = _bytes([each[place][2:] for each in self._topics])
            words = _each(data, 0, WORD)
        else:
            place, type_ = event.words[field]
            words = _each(self._data, place * WORD, event.length * WORD)
        if len(words) != len(self):
            raise self._broken(f"{field} of another length", "a word")
        values, padded = _READERS[type_.rstrip("0123456789")](words, type_)
        if not padded:
            raise self._broken(f"{field} that is wider than its type", f"one of {type_}")
        return values

    def _broken(self, found: str, accepted: str) -> BrokenAnswer:
        blocks = f"{self._event.name} in blocks {self.blocks[0]} to {self.blocks[-1]}"
        return BrokenAnswer(f"logs of {blocks}: found {found}, accepted is {accepted}.")


def _bytes(digits: Sequence[str]) -> bytes:
    try:
        return bytes.fromhex("".join(digits))
    except ValueError:
        return b""


def _each(data: bytes, first: int, stride: int) -> list[bytes]:
    return [data[at : at + WORD] for at in range(first, len(data), stride)]


def _size(type_: str) -> int:
    return int(type_.lstrip("abcdefghijklmnopqrstuvwxyz") or WORD * 8)


def _uints(words: list[bytes], type_: str) -> tuple[list[Any], bool]:
    values = [int.from_bytes(word) for word in words]
    return values, max(values) < 2 ** _size(type_)


def _ints(words: list[bytes], type_: str) -> tuple[list[Any], bool]:
    values = [int.from_bytes(word, signed=True) for word in words]
    bound = 2 ** (_size(type_) - 1)
    return values, -bound <= min(values) and max(values) < bound


def _addresses(words: list[bytes], _type: str) -> tuple[list[Any], bool]:
    before = WORD - _ADDRESS
    return [word[before:] for word in words], not any(b"".join(each[:before] for each in words))


def _booleans(words: list[bytes], _type: str) -> tuple[list[Any], bool]:
    values = [int.from_bytes(word) for word in words]
    return [value == 1 for value in values], max(values) <= 1


def _texts(words: list[bytes], type_: str) -> tuple[list[Any], bool]:
    size = _size(type_)
    return [word[:size] for word in words], not any(b"".join(each[size:] for each in words))


_READERS = {
    "address": _addresses,
    "bool": _booleans,
    "bytes": _texts,
    "int": _ints,
    "uint": _uints,
}
"""What gives the values of words, and whether they are padded as their type is."""
