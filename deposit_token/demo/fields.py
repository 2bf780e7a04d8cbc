"""How single values of the demo's files are read, and how a mistake in one is told."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from deposit_token.deployment.config import GREATEST_UTC_OFFSET, LEAST_UTC_OFFSET
from deposit_token.errors import InputError
from deposit_token.values.countries import country_numeric
from deposit_token.values.money import Currency, Money

MAX_AMOUNT = 10**18 - 1
"""Greatest amount in minor units: ISO 20022 amounts have 18 digits, decimals counted."""

_MAX_TEXT = 35

_SHARE = re.compile(r"0\.[0-9]{1,9}")
_UTC_OFFSET = re.compile(r"([+-])([0-9]{2}):(00|15|30|45)")

T = TypeVar("T")


def read_text(value: str) -> str:
    """A name or identifier: 1 to 35 printable characters (ISO 20022's Max35Text).

    Raises InputError for anything else, and for blanks at either end.
    """
    if not value.isprintable() or value != value.strip() or not 1 <= len(value) <= _MAX_TEXT:
        raise InputError("text", value, f"1 to {_MAX_TEXT} printable characters")
    return value


def read_country(value: str) -> str:
    """An ISO 3166-1 alpha-2 code; raises InputError for anything else."""
    country_numeric(value)
    return value


def read_amount(value: str, code: str) -> Money:
    """An amount as `Money.parse` reads it, of at most 18 digits; raises InputError otherwise."""
    money = Money.parse(value, code)
    if abs(money.amount) > MAX_AMOUNT:
        raise InputError("amount", value, "at most 18 digits, decimals counted")
    return money


def read_positive_amount(value: str, code: str) -> Money:
    """An amount above zero, as `read_amount` reads it."""
    money = read_amount(value, code)
    if money.amount <= 0:
        raise InputError("amount", value, "an amount above zero")
    return money


def read_share(value: str) -> Decimal:
    """A part of the whole, as text between "0" and "1"; raises InputError otherwise.

    >>> read_share("0.6")
    Decimal('0.6')
    """
    if not _SHARE.fullmatch(value) or not Decimal(value):
        raise InputError("share", value, 'text between "0" and "1", such as "0.5"')
    return Decimal(value)


def read_utc_offset(value: str) -> int:
    """An offset such as "+05:45", in quarters of an hour; raises InputError otherwise.

    >>> read_utc_offset("+05:45"), read_utc_offset("-03:30")
    (23, -14)
    """
    match = _UTC_OFFSET.fullmatch(value)
    if match is not None:
        quarters = int(match[2]) * 4 + int(match[3]) // 15
        signed = -quarters if match[1] == "-" else quarters
        if LEAST_UTC_OFFSET <= signed <= GREATEST_UTC_OFFSET:
            return signed
    accepted = 'quarters of an hour from "-12:00" to "+14:00", such as "+05:45"'
    raise InputError("UTC offset", value, accepted)


def refusal(error: InputError) -> PydanticCustomError:
    """The error in the form that makes pydantic add where in the file it is."""
    return PydanticCustomError(
        "refused", "refused", {"found": error.value, "accepted": error.accepted}
    )


def read_by(read: Callable[[str], object]) -> PlainValidator:
    """A pydantic validator of one of the readers here."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise refusal(InputError("value", value, "text in quotes"))
        try:
            return read(value)
        except InputError as error:
            raise refusal(error) from None

    return PlainValidator(validate)


Text = Annotated[str, read_by(read_text)]
CountryCode = Annotated[str, read_by(read_country)]
CurrencyCode = Annotated[Currency, read_by(Currency.of)]
# TOML has lists, and strict tuples take no lists.
List = Annotated[tuple[T, ...], Field(strict=False)]


class Table(BaseModel):
    """One table of a file: immutable, without conversions, without unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, table: object) -> object:
        if isinstance(table, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in table:
                if key not in known:
                    accepted = f"one of the keys {', '.join(known)}"
                    raise refusal(InputError("key", key, accepted))
        return table


_ACCEPTED = {
    "missing": "a value, as the key is required",
    "model_type": "a table",
    "mapping_type": "a table",
    "tuple_type": "a list",
}


def first_mistake(error: ValidationError) -> InputError:
    """The first of pydantic's complaints, as one sentence that says where it is."""
    mistake = error.errors(include_url=False)[0]
    context = mistake.get("ctx", {})
    field = ""
    for step in mistake["loc"]:
        if isinstance(step, int):
            field += f"[{step}]"
        elif step != "[key]":  # pydantic's mark of a mistake in a key itself
            field += f".{step}" if field else step
    found = None if mistake["type"] == "missing" else context.get("found", mistake["input"])
    accepted = context.get("accepted") or _ACCEPTED.get(mistake["type"])
    return InputError(
        field or "top level",
        found,
        accepted or mistake["msg"].removeprefix("Input should be "),
    )
