"""Kinds of fields: what each accepts, and its forms in Solidity, in JSON and under a signature.

A field or an argument is declared once, by a type such as `Address` or `Time`: a Python type for
those who read it, and a kind that refuses any other value in one sentence.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache, wraps
from inspect import Parameter, isclass, signature
from types import NoneType, UnionType
from typing import Annotated, Any, ParamSpec, TypeVar, Union, get_args, get_origin, is_typeddict
from uuid import UUID

from eth_hash.backends.pysha3 import keccak256 as keccak

from deposit_token.errors import InputError

ADDRESS_ZERO = "0x" + "0" * 40
"""Nobody's address."""

WORD = 32
"""Bytes of a word of the EVM."""

HEX = re.compile("0x((?:[0-9a-fA-F]{2})*)")
"""Bytes as text; its group has the digits."""

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_DIGITS = re.compile("[0-9]{1,78}")  # They hold every number of 256 bits.

_ADDRESSES = 10_000
"""Of so many it is known whether they have their checksums."""

_TOLD = (str, bytes, int, float, Decimal, date, list, tuple, dict, UUID, NoneType)
"""What a message shows as it is found; of any other object it names the type."""

_BUILT_IN = {bool: "True or False", bytes: "bytes", int: "an integer", str: "a text"}

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _told_bound(number: int) -> str:
    bits = number.bit_length()
    return f"2^{bits} - 1" if bits >= 16 and number == 2**bits - 1 else str(number)


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIOU' else 'a'} {noun}"


def _told(value: object) -> object:
    return value if isinstance(value, _TOLD) else _sort_of(value)


def _sort_of(value: object) -> str:
    return f"class {value.__name__}" if isclass(value) else type(value).__name__


class Kind:
    """What a field accepts: here any value of one Python type."""

    solidity: str
    """The field's type in Solidity, for kinds that contracts have."""

    def __init__(self, type_: type, accepted: str) -> None:
        self._type = type_
        self._accepted = accepted

    def take(self, field: str, value: Any) -> Any:
        """The value as it is kept; raises InputError, which names the field, for another."""
        if not self._holds(value):
            raise InputError(field, _told(value), self._accepted)
        return value

    def to_abi(self, value: Any) -> Any:
        """The value as a contract's function takes it."""
        return value

    def from_abi(self, value: Any) -> Any:
        """What a contract gave, taken as it is."""
        return value

    def to_word(self, value: Any) -> bytes:
        """The 32 bytes that EIP-712 hashes for the value."""
        raise NotImplementedError

    def to_json(self, value: Any) -> Any:
        """The value as `eth_signTypedData_v4` takes it."""
        return value

    def from_json(self, field: str, content: Any) -> Any:
        """What `to_json` gave; raises InputError, which names the field, for anything else."""
        return self.take(field, content)

    def _holds(self, value: Any) -> bool:
        return isinstance(value, self._type)


class AddressKind(Kind):
    """An address with its checksum (ERC-55)."""

    solidity = "address"

    def __init__(self) -> None:
        super().__init__(str, "a checksummed address")

    def to_word(self, value: str) -> bytes:
        return bytes.fromhex(value[2:]).rjust(WORD, b"\0")

    def _holds(self, value: Any) -> bool:
        return isinstance(value, str) and bool(_ADDRESS.fullmatch(value)) and _has_checksum(value)


class UintKind(Kind):
    """An unsigned integer of so many bits in Solidity, and within narrower bounds if they are
    given."""

    def __init__(
        self, bits: int, *, least: int = 0, most: int | None = None, what: str = "an integer"
    ) -> None:
        self.solidity = f"uint{bits}"
        self._least = least
        self._most = 2**bits - 1 if most is None else most
        super().__init__(int, f"{what} from {least} to {_told_bound(self._most)}")

    def to_word(self, value: int) -> bytes:
        return value.to_bytes(WORD)

    def to_json(self, value: int) -> str:
        return str(value)

    def from_json(self, field: str, content: Any) -> Any:
        """Takes a number too, as others write small ones so."""
        if isinstance(content, str) and _DIGITS.fullmatch(content):
            content = int(content)
        return self.take(field, content)

    def _holds(self, value: Any) -> bool:
        return type(value) is int and self._least <= value <= self._most


class BytesKind(Kind):
    """So many bytes."""

    def __init__(self, length: int) -> None:
        super().__init__(bytes, f"{length} bytes")
        self.solidity = f"bytes{length}"
        self._length = length

    def to_word(self, value: Any) -> bytes:
        return bytes(self.to_abi(value)).ljust(WORD, b"\0")

    def to_json(self, value: Any) -> str:
        return f"0x{self.to_abi(value).hex()}"

    def from_json(self, field: str, content: Any) -> Any:
        match = HEX.fullmatch(content) if isinstance(content, str) else None
        if match is None or len(match[1]) != 2 * self._length:
            raise InputError(field, _told(content), f"0x and {2 * self._length} hex digits")
        return self.take(field, self.from_abi(bytes.fromhex(match[1])))

    def _holds(self, value: Any) -> bool:
        return isinstance(value, bytes) and len(value) == self._length


class UetrKind(BytesKind):
    """A unique end-to-end transaction reference of ISO 20022: a UUID of version 4."""

    def __init__(self) -> None:
        super().__init__(16)
        self._accepted = "a UUID of version 4"

    def to_abi(self, value: UUID) -> bytes:
        return value.bytes

    def from_abi(self, value: bytes) -> UUID:
        return UUID(bytes=value)

    def _holds(self, value: Any) -> bool:
        return isinstance(value, UUID) and value.version == 4


class TextKind(Kind):
    """A text, `string` in Solidity, of this pattern if one is given."""

    solidity = "string"

    def __init__(self, pattern: str = "[^\ud800-\udfff]*", accepted: str = "a text") -> None:
        super().__init__(str, accepted)
        self._pattern = re.compile(pattern)

    def to_word(self, value: str) -> bytes:
        return keccak(value.encode())

    def _holds(self, value: Any) -> bool:
        return isinstance(value, str) and self._pattern.fullmatch(value) is not None


class ListKind(Kind):
    """A list or tuple of values of one kind, or whatever else of them is asked for."""

    def __init__(self, each: Kind, type_: type = Sequence) -> None:
        super().__init__(type_, f"a list, each of it {each._accepted}")
        self._each = each

    def take(self, field: str, value: Any) -> Any:
        super().take(field, value)
        return [self._each.take(f"{field} {index}", each) for index, each in enumerate(value)]

    def _holds(self, value: Any) -> bool:
        return super()._holds(value) and not isinstance(value, str | bytes | Mapping)


class MappingKind(Kind):
    """Values of one kind by texts, such as a dict."""

    def __init__(self, each: Kind) -> None:
        super().__init__(Mapping, f"a dict from texts to values, each of them {each._accepted}")
        self._each = each

    def take(self, field: str, value: Any) -> Any:
        super().take(field, value)
        return {key: self._each.take(f"{field} {key}", each) for key, each in value.items()}

    def _holds(self, value: Any) -> bool:
        return super()._holds(value) and all(isinstance(key, str) for key in value)


class EitherKind(Kind):
    """A value of one kind or of another."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        super().__init__(object, " or ".join(each._accepted for each in kinds))
        self._kinds = kinds

    def _holds(self, value: Any) -> bool:
        return any(each._holds(value) for each in self._kinds)


class OptionalKind(Kind):
    """A value of one kind, or None."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(object, kind._accepted)
        self._kind = kind

    def take(self, field: str, value: Any) -> Any:
        return value if value is None else self._kind.take(field, value)


class NamedKind(Kind):
    """An instance of a class that is known by its name alone, since it is imported for types
    only."""

    def __init__(self, name: str) -> None:
        super().__init__(object, _with_article(name))
        self._name = name

    def _holds(self, value: Any) -> bool:
        return any(each.__name__ == self._name for each in type(value).__mro__)


class CallableKind(Kind):
    """What is called, with or without arguments."""

    def __init__(self, accepted: str = "a function") -> None:
        super().__init__(object, accepted)

    def _holds(self, value: Any) -> bool:
        return callable(value)


class AccountKind(Kind):
    """An object that has what a protocol asks for; what else is found is not told, as it may be a
    private key."""

    def __init__(self, protocol: type) -> None:
        self._names = [name for name in vars(protocol) if not name.startswith("_")]
        super().__init__(protocol, f"an account with {' and '.join(sorted(self._names))}")

    def take(self, field: str, value: Any) -> Any:
        if not self._holds(value):
            raise InputError(field, _sort_of(value), self._accepted)
        return value

    def _holds(self, value: Any) -> bool:
        return not isclass(value) and all(hasattr(value, name) for name in self._names)


TIME = "Unix seconds"

Address = Annotated[str, AddressKind()]
Text = Annotated[str, TextKind()]
Uint64 = Annotated[int, UintKind(64)]
Uint104 = Annotated[int, UintKind(104)]
Uint128 = Annotated[int, UintKind(128)]
Uint256 = Annotated[int, UintKind(256)]
Time = Annotated[int, UintKind(40, what=TIME)]
"""A moment in the escrow's terms, in Unix seconds."""
TokenTime = Annotated[int, UintKind(256, what=TIME)]
"""A moment in a token's messages, in Unix seconds."""
Amount = Annotated[int, UintKind(104, least=1)]
"""An amount in a payment, in minor units."""
Bytes4 = Annotated[bytes, BytesKind(4)]
Bytes32 = Annotated[bytes, BytesKind(32)]
Uetr = Annotated[UUID, UetrKind()]


def kind_of(annotation: Any) -> Kind | None:
    """The kind of a field or argument of this type; None for one that is not checked."""
    if get_origin(annotation) is Annotated:
        return next((each for each in annotation.__metadata__ if isinstance(each, Kind)), None)
    arguments, origin = get_args(annotation), get_origin(annotation)
    inner = [kind_of(each) for each in arguments if each is not NoneType]
    kinds = [each for each in inner if each is not None]
    if kinds and len(kinds) == len(inner):
        if origin in (Union, UnionType):
            kind = kinds[0] if len(kinds) == 1 else EitherKind(kinds)
            return OptionalKind(kind) if NoneType in arguments else kind
        if isclass(origin) and issubclass(origin, Mapping):
            return MappingKind(kinds[-1])
        if isclass(origin) and issubclass(origin, Iterable):
            return ListKind(kinds[0], origin)
        return None
    if isinstance(annotation, str):
        name = annotation.removesuffix(" | None")
        if not name.isidentifier():
            return None
        return NamedKind(name) if name == annotation else OptionalKind(NamedKind(name))
    if not isclass(annotation) or is_typeddict(annotation) or annotation in (Any, Parameter.empty):
        return None
    if getattr(annotation, "_is_protocol", False):
        return AccountKind(annotation)
    return Kind(annotation, _BUILT_IN.get(annotation) or _with_article(annotation.__name__))


@cache
def words(name: str) -> str:
    """A field's or argument's name as messages have it."""
    return name.strip("_").replace("_", " ")


def kinds_of(dataclass: type) -> dict[str, Kind]:
    """The kinds of a dataclass's fields by name, in order."""
    kinds = {field.name: kind_of(field.type) for field in fields(dataclass)}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def take_fields(instance: object) -> None:
    """Takes every field of a dataclass that is just made, or raises InputError for the first that
    is not of its kind."""
    made: Any = type(instance)
    for name, told, kind in _told_kinds(made):
        object.__setattr__(instance, name, kind.take(told, getattr(instance, name)))


@cache
def _told_kinds(dataclass: type) -> tuple[tuple[str, str, Kind], ...]:
    """Each field's name, the same for messages, and its kind."""
    return tuple((name, words(name), kind) for name, kind in kinds_of(dataclass).items())


def checked(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Have a function refuse arguments that are not of their kinds with InputError, before it does
    anything."""
    parameters = signature(function)
    kinds = {
        name: kind
        for name, parameter in parameters.parameters.items()
        if (kind := kind_of(parameter.annotation)) is not None
    }

    told = {name: words(name) for name in parameters.parameters}
    in_order = [
        (told[name], kinds.get(name))
        for name, parameter in parameters.parameters.items()
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]

    @wraps(function)
    def take_arguments(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        if len(args) > len(in_order):
            parameters.bind(*args, **kwargs)
        taken = (
            value if kind is None else kind.take(name, value)
            for (name, kind), value in zip(in_order, args, strict=False)
        )
        named = {
            name: kinds[name].take(told[name], value) if name in kinds else value
            for name, value in kwargs.items()
        }
        return function(*taken, **named)  # type: ignore[arg-type]

    return take_arguments


def require_addresses(**fields: object) -> None:
    """Raises InputError, which names the field, for what is not a checksummed address (ERC-55)."""
    for field, value in fields.items():
        _ADDRESS_KIND.take(words(field), value)


@lru_cache(_ADDRESSES)
def with_checksum(address: bytes) -> str:
    """The text of an address's 20 bytes, with its checksum (ERC-55)."""
    # eth-utils has it too, but takes longer to import than all else that terms need.
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    marked = zip(digits, marks, strict=False)
    return "0x" + "".join(digit.upper() if mark > "7" else digit for digit, mark in marked)


def _has_checksum(address: str) -> bool:
    return with_checksum(bytes.fromhex(address[2:])) == address


_ADDRESS_KIND = AddressKind()
