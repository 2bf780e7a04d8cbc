"""What a call of a contract's function carries, packed word by word (Solidity's own coding).

eth_abi takes any type and checks anew how a value is to be coded, for which it needs far longer.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from eth_utils.abi import function_abi_to_4byte_selector

from deposit_token.values.fields import WORD

_ARRAY = re.compile(r"(.*)\[(\d*)\]")
_SIZED = re.compile(r"(uint|bytes)(\d+)")


class _Coding(NamedTuple):
    """How values of one type are packed."""

    words: int
    """That it takes among others: one for where it is if its length is not always the same."""
    dynamic: bool
    pack: Callable[[Any], bytes]


def packer(function: Mapping[str, Any]) -> Callable[[Sequence[Any]], bytes]:
    """What packs the arguments of a function of an ABI, with its selector before them.

    It raises TypeError, ValueError or OverflowError for values that are none of the types.
    """
    selector = function_abi_to_4byte_selector(function)  # type: ignore[arg-type]
    pack = _several([_coding(each) for each in function["inputs"]])
    return lambda arguments: selector + pack(arguments)


def _coding(component: Mapping[str, Any]) -> _Coding:
    kind = component["type"]
    array = _ARRAY.fullmatch(kind)
    if array is not None:
        return _array(_coding({**component, "type": array[1]}), array[2])
    if kind == "tuple":
        parts = [_coding(each) for each in component["components"]]
        dynamic = any(each.dynamic for each in parts)
        return _Coding(
            1 if dynamic else sum(each.words for each in parts), dynamic, _several(parts)
        )
    sized = _SIZED.fullmatch(kind)
    if sized is not None:
        size = int(sized[2])
        return _Coding(1, False, _uint(size) if sized[1] == "uint" else _fixed(size))
    return {
        "address": _Coding(1, False, _address),
        "bool": _Coding(1, False, _bool),
        "bytes": _Coding(1, True, _bytes),
        "string": _Coding(1, True, lambda value: _bytes(value.encode())),
    }[kind]


def _several(parts: Sequence[_Coding]) -> Callable[[Sequence[Any]], bytes]:
    """What packs values one after another: first those of a fixed length and where the others
    are, then these."""
    if not any(each.dynamic for each in parts):
        return lambda values: b"".join(
            [each.pack(value) for each, value in zip(parts, values, strict=True)]
        )
    length = WORD * sum(each.words for each in parts)

    def pack(values: Iterable[Any]) -> bytes:
        heads, tails, place = [], [], length
        for each, value in zip(parts, values, strict=True):
            packed = each.pack(value)
            if each.dynamic:
                heads.append(place.to_bytes(WORD))
                tails.append(packed)
                place += len(packed)
            else:
                heads.append(packed)
        return b"".join([*heads, *tails])

    return pack


def _array(element: _Coding, length: str) -> _Coding:
    if length:
        pack = _several([element] * int(length))
        return _Coding(1 if element.dynamic else element.words * int(length), element.dynamic, pack)

    def pack_any(values: Sequence[Any]) -> bytes:
        return len(values).to_bytes(WORD) + _several([element] * len(values))(values)

    return _Coding(1, True, pack_any)


@lru_cache
def _address(value: str) -> bytes:
    digits = bytes.fromhex(value[2:])
    if len(digits) != 20:
        raise ValueError(value)
    return digits.rjust(WORD, b"\0")


def _uint(bits: int) -> Callable[[int], bytes]:
    def pack(value: int) -> bytes:
        if value >> bits:
            raise OverflowError(value)
        return value.to_bytes(WORD)

    return pack


def _fixed(size: int) -> Callable[[bytes], bytes]:
    def pack(value: bytes) -> bytes:
        if len(value) != size:
            raise ValueError(value)
        return bytes(value).ljust(WORD, b"\0")

    return pack


def _bool(value: bool) -> bytes:
    return int(bool(value)).to_bytes(WORD)


def _bytes(value: bytes) -> bytes:
    length = len(value)
    return length.to_bytes(WORD) + bytes(value).ljust(-(-length // WORD) * WORD, b"\0")
