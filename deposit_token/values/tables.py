"""Tables of a TOML file: how they are read, and how a mistake in one is told.

Pydantic compares them with what is declared. Whatever it finds becomes one sentence here, which
names file and line, the bank, the key, what was found and what is accepted.
"""

import difflib
import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, LiteralString, NoReturn, Self, TypeVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from deposit_token.errors import InputError
from deposit_token.values.fields import ADDRESS_ZERO, require_addresses
from deposit_token.values.references import canonical, require_visible

MAX_TEXT = 35
"""Characters of ISO 20022's Max35Text."""

_UNREADABLE = (ValueError, RecursionError)
"""What tomllib raises: of its own, of an integer that is too long, of lists in lists in lists."""

Step = str | int
"""A key of a table, or a place in a list from 0."""

T = TypeVar("T")
TableType = TypeVar("TableType", bound="Table")


def read_text(value: str, most: int = MAX_TEXT) -> str:
    """A name or identifier: 1 to `most` printable characters, no blank at either end.

    Raises InputError for anything else, so for marks that turn the direction of what follows, and
    for those that nobody sees.

    >>> read_text("Rhein Bank")
    'Rhein Bank'
    >>> read_text("Rhein\\u202e")
    Traceback (most recent call last):
    deposit_token.errors.InputError: text: found 'Rhein\\u202e', accepted is 1 to 35 printable \
characters.
    """
    accepted = f"1 to {most} printable characters"
    require_visible("text", value, accepted)
    if len(value) > most:
        raise InputError("text", value, accepted)
    return value


def read_address(value: str) -> str:
    """A checksummed address that is not zero; raises InputError for anything else."""
    require_addresses(address=value)
    if value == ADDRESS_ZERO:
        raise InputError("address", value, "an address that is not zero")
    return value


def read_by(read: Callable[[str], object]) -> PlainValidator:
    """A pydantic validator of a function that reads text, or raises InputError."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise _complaint(value, "text in quotes")
        try:
            return read(value)
        except InputError as error:
            raise _complaint(error.value, error.accepted) from None

    return PlainValidator(validate)


def told_as(accepted: str) -> WrapValidator:
    """A validator that says what is accepted in one way, whatever is wrong with the value."""

    def validate(value: object, read: ValidatorFunctionWrapHandler) -> object:
        try:
            return read(value)
        except ValidationError:
            refuse(value, accepted)

    return WrapValidator(validate)


def _hide(value: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(value)
    except ValidationError as error:
        if _first(error)["type"] == _UNKNOWN_KEY:
            raise
        _refuse(_complaint(_NOT_SHOWN, first_mistake(error).accepted), _first(error)["loc"])


_NOT_SHOWN = "a value that is not shown"
_HIDDEN = WrapValidator(_hide)
Secret = Annotated[T, _HIDDEN, Field(repr=False)]
"""A value that no message shows, as it may hold credentials."""
FileText = Annotated[str, read_by(read_text)]
FileAddress = Annotated[str, read_by(read_address)]
# TOML has lists, and strict tuples take no lists.
List = Annotated[tuple[T, ...], Field(strict=False)]


@contextmanager
def _told() -> Iterator[None]:
    """Tells pydantic's complaints as one InputError."""
    try:
        yield
    except ValidationError as error:
        raise first_mistake(error) from None


class Table(BaseModel):
    """One table of a file: immutable, without conversions, without unknown keys.

    Made in Python, by its constructor or by pydantic's `model_validate` and its like, it raises
    InputError for the first value that is refused.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    def __init__(self, /, **values: Any) -> None:
        with _told():
            super().__init__(**values)

    # Pydantic then validates a table within a table without it, and adds where that one is.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def model_validate(cls, obj: Any, **terms: Any) -> Self:
        with _told():
            return super().model_validate(obj, **terms)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **terms: Any) -> Self:
        with _told():
            return super().model_validate_json(json_data, **terms)

    @classmethod
    def model_validate_strings(cls, obj: Any, **terms: Any) -> Self:
        with _told():
            return super().model_validate_strings(obj, **terms)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, table: object) -> object:
        known = list(cls.model_fields)
        for key in table if isinstance(table, dict) else ():
            if key not in known:
                nearest = difflib.get_close_matches(str(key), known, n=1)
                accepted = f"of the keys {', '.join(known)}"
                accepted = f"{nearest[0]}, or another {accepted}" if nearest else f"one {accepted}"
                _refuse(_complaint(key, accepted, _UNKNOWN_KEY), (key,))
        return table


def load(path: Path, table: type[TableType], what: str) -> TableType:
    """Read a TOML file as a table of this kind; `what` names such files.

    Raises InputError, which names the file, the line and the key, for a file that can't be read or
    is not TOML, and for the first value that is refused. A key that nobody knows comes first, as it
    may be a known one, mistyped; also before what is no TOML, since `[[bank]]` makes it so. Of a
    table with secrets no line is told.
    """
    try:
        # Editors on Windows put a byte-order mark before the text.
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        accepted = f"a file that can be read ({error.strerror})"
        raise InputError(what, str(path), accepted) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = error.object[error.start : error.end]
        raise InputError(f"{path} line {line}", found, "UTF-8") from None
    statements = _statements(text.replace("\r\n", "\n"))
    syntax = None
    try:
        content = tomllib.loads(text)
    except _UNREADABLE as error:
        statements, content, syntax = _before(path, statements, error, table)
    try:
        # By pydantic's own, as the place of a mistake is looked up in the file.
        read = super(Table, table).model_validate(content, context=path.parent)
    except ValidationError as error:
        place, kind = _first(error)["loc"], _first(error)["type"]
        if syntax is None or kind == _UNKNOWN_KEY:
            mistake = first_mistake(error, content)
            field = f"{path} line {_line_of(statements, content, place)}: {mistake.field}"
            raise InputError(field, mistake.value, mistake.accepted) from None
    if syntax is not None:
        raise syntax
    return read


def folder_of(info: ValidationInfo) -> Path | None:
    """The folder of the file that a table comes from; None for a table that is made in Python."""
    return cast(Path | None, info.context)


def refuse(found: object, accepted: str, *place: Step) -> NoReturn:
    """Refuse a value at a place within the table that is validated; the tables around it add
    theirs."""
    _refuse(_complaint(found, accepted), place)


def refuse_repeats(named: Iterable[tuple[Sequence[Step], str]], accepted: str) -> None:
    """Refuse the first value that one before it has too, however it is spelt; each with its
    place."""
    seen = set()
    for place, value in named:
        if canonical(value) in seen:
            refuse(value, accepted, *place)
        seen.add(canonical(value))


def _refuse(complaint: PydanticCustomError, place: tuple[Step, ...]) -> NoReturn:
    details = InitErrorDetails(type=complaint, loc=place, input=None)
    raise ValidationError.from_exception_data("table", [details])


def path_of(place: Iterable[Step]) -> str:
    """A place in a table for people.

    >>> path_of(["tokens", 0, "symbol"])
    'tokens[0].symbol'
    """
    path = ""
    for step in place:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step != "[key]":  # pydantic's mark of a mistake in a key itself
            path += f".{step}" if path else step
    return path


def first_mistake(error: ValidationError, content: object = None) -> InputError:
    """The first of pydantic's complaints as one sentence that says where it is.

    `content` is what was read, where banks have their names.
    """
    first = _first(error)
    place, found, context = first["loc"], first["input"], first.get("ctx", {})
    kind = first["type"]
    if kind in (_REFUSED, _UNKNOWN_KEY):
        found, accepted = context["refused"].value, context["refused"].accepted
    elif kind == "missing":
        found, accepted = None, "a value, as the key is required"
    else:
        accepted = _ACCEPTED[kind].format(**context) if kind in _ACCEPTED else "another value"
    if kind == "json_invalid":
        text = found if isinstance(found, str) else str(found, errors="replace")
        found = text[:MAX_TEXT]
    elif isinstance(found, Mapping | BaseModel):
        found = "a table"
    elif isinstance(found, list) and any(isinstance(each, Mapping) for each in found):
        found = "a list of tables"
    return InputError(_name(place, content), found, accepted)


_REFUSED, _UNKNOWN_KEY = "refused", "unknown_key"

_ACCEPTED = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "enum": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "int_type": "a whole number",
    "int_parsing_size": "a smaller number",
    "json_invalid": "JSON ({error})",
    "json_type": "JSON",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "mapping_type": "a table",
    "model_attributes_type": "a table",
    "model_type": "a table",
    "path_type": "text in quotes",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
    "string_type": "text in quotes",
    "too_long": "at most {max_length} of them",
    "too_short": "at least {min_length} of them",
    "tuple_type": "a list",
}
"""What is accepted, by pydantic's names of what it complains of."""


def _complaint(found: object, accepted: str, kind: LiteralString = _REFUSED) -> PydanticCustomError:
    """The form in which pydantic adds where in the table it is."""
    # It writes every value that is given here, and fails with some: an error of ours with none.
    return PydanticCustomError(kind, "refused", {"refused": InputError("", found, accepted)})


def _first(error: ValidationError) -> Any:
    """The complaint that is told: of an unknown key before others, which may follow from it."""
    complaints = error.errors(include_url=False)
    unknown = (each for each in complaints if each["type"] == _UNKNOWN_KEY)
    return next(unknown, complaints[0])


def _name(place: Sequence[Step], content: object) -> str:
    """A place in a file for people: `bank 'Rhein Bank': tokens[0].symbol`."""
    match place, content:
        case ["banks", int(n), *rest], {"banks": list(banks)} if isinstance(banks[n], dict):
            if isinstance(name := banks[n].get("name"), str):
                return f"bank {name!r}: {path_of(rest)}" if rest else f"bank {name!r}"
    return path_of(place) or "top level"


# tomllib tells of no lines: a place is where the first statements end that have it when read alone.

_TOKEN = re.compile(
    r"""
    \"{3} (?:\\.|[^\\])*? \"{3,5} | '{3} .*? '{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' | \#[^\n]*
    | (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<end>\n)
    """,
    re.DOTALL | re.VERBOSE,
)
"""Texts and comments, where brackets mean nothing; brackets, and ends of lines."""


def _statements(text: str) -> list[str]:
    """A TOML text in parts of whole lines that each are one statement, or none."""
    statements, start, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "open":
                depth += 1
            case "close":
                depth = max(depth - 1, 0)
            case "end" if depth == 0:
                statements.append(text[start : token.end()])
                start = token.end()
    return [*statements, text[start:]]


def _line_of(statements: Sequence[str], content: object, place: Sequence[Step]) -> int:
    """The line, from 1, that a place of a file begins in, or else the nearest table around it."""
    known = [step for step in place if step != "[key]"]
    while not _has(content, known):
        known.pop()

    def has(count: int) -> bool:
        return _has(tomllib.loads("".join(statements[:count])), known)

    end = bisect_left(range(len(statements) + 1), True, key=has)
    return _line_after(statements[: end - 1]) if known else 1


def _line_after(statements: Iterable[str]) -> int:
    return "".join(statements).count("\n") + 1


def _has(content: Any, place: Iterable[Step]) -> bool:
    for step in place:
        match content, step:
            case dict(), str() if step in content:
                content = content[step]
            case list(), int() if step < len(content):
                content = content[step]
            case _:
                return False
    return True


def _before(
    path: Path, statements: Sequence[str], error: Exception, table: type[Table]
) -> tuple[list[str], dict[str, Any], InputError]:
    """The statements before the one that tomllib could not read, what they say, and what is wrong
    with that one, at the line where it begins."""

    def unreadable(count: int) -> bool:
        try:
            tomllib.loads("".join(statements[:count]))
        except _UNREADABLE:
            return True
        return False

    count = bisect_left(range(len(statements) + 1), True, key=unreadable) - 1
    before = list(statements[:count])
    told = re.fullmatch(r"(.*) \(at (?:line \d+, column \d+|end of document)\)", str(error))
    reason = told[1] if told else "with shorter numbers and fewer lists in lists"
    accepted = f"TOML ({reason[0].lower()}{reason[1:]})"
    secret = any(_HIDDEN in field.metadata for field in table.model_fields.values())
    line = statements[count].partition("\n")[0]
    found = _NOT_SHOWN if secret else line.strip()[:MAX_TEXT]
    mistake = InputError(f"{path} line {_line_after(before)}", found, accepted)
    return before, tomllib.loads("".join(before)), mistake
