"""Kinds of what a chain is given: calls of contracts, transactions and receipts."""

from collections.abc import Mapping
from typing import Any

from deposit_token.errors import InputError
from deposit_token.values.fields import HEX, WORD, AddressKind, Kind, NamedKind, TextKind, UintKind


class DataKind(TextKind):
    """Bytes, or the same in hex; given on in hex."""

    def __init__(self) -> None:
        super().__init__(HEX.pattern, "bytes, or 0x and an even number of hex digits")

    def take(self, field: str, value: Any) -> Any:
        return super().take(field, f"0x{value.hex()}" if isinstance(value, bytes) else value)


_FIELDS: Mapping[str, Kind] = {
    "to": AddressKind(),
    "data": DataKind(),
    "value": UintKind(256, what="wei"),
}
"""Of a transaction that is no call of a contract's function, as it is given."""


class FunctionKind(NamedKind):
    """A function of a contract that stands somewhere, with its arguments, as web3 makes it."""

    def __init__(self) -> None:
        super().__init__("ContractFunction")
        self._accepted = "a contract's function with its arguments, as token.functions.pause()"

    def _holds(self, value: Any) -> bool:
        # Without a call, as in `token.functions.pause`, it has no arguments.
        return super()._holds(value) and None not in (value.arguments, value.address)


class CallKind(FunctionKind):
    """The same, or a transaction of `to` and perhaps `data` and `value`."""

    def __init__(self) -> None:
        super().__init__()
        self._accepted += f", or a transaction of {', '.join(_FIELDS)}"

    def take(self, field: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return super().take(field, value)
        if not value.keys() <= _FIELDS.keys():
            raise InputError(field, list(value), self._accepted)
        given = {"to": None, **value}
        return {key: _FIELDS[key].take(f"{field} {key}", each) for key, each in given.items()}


class ReceiptKind(Kind):
    """The receipt of a transaction that was mined, as `Chain.send` gives it."""

    def __init__(self) -> None:
        super().__init__(Mapping, "a receipt, as send gives it")

    def _holds(self, value: Any) -> bool:
        return super()._holds(value) and all(
            isinstance(value.get(key), bytes) and len(value[key]) == WORD
            for key in ("transactionHash", "blockHash")
        )
