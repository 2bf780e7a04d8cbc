"""A contract's refusal as a sentence: amounts in major units, times as dates, names for numbers.

What an error does not carry, such as the currency of its amounts or who an address is, the caller
of the contract knows and gives as `Facts`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from string import Formatter
from typing import Any

from eth_typing import ABIComponent, ABIError
from eth_utils.crypto import keccak
from eth_utils.currency import from_wei

from deposit_token.chain.artifacts import functions_by_selector
from deposit_token.chain.refusal_texts import TEXTS
from deposit_token.values.enumerations import BY_SOLIDITY_NAME, Role
from deposit_token.values.fields import ADDRESS_ZERO
from deposit_token.values.money import Currency, Money
from deposit_token.values.utc_offsets import utc_offset_text

_LAST_SECOND = 253_402_300_799
"""9999-12-31 23:59:59 UTC; what lies behind it means no end."""

_UNITS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


@dataclass(frozen=True)
class Facts:
    """What the caller of a contract knows beside what its error says."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Who an address is, such as `the payer`."""
    standings: Mapping[str, str] = field(default_factory=dict)
    """How an address stands at its bank, such as `it is not registered`."""
    currencies: Mapping[str, Currency] = field(default_factory=dict)
    """The currency of each token by its address."""
    source: Currency | None = None
    """Of amounts that leave the payer."""
    target: Currency | None = None
    """Of amounts that the merchant is paid."""
    by_holder: Mapping[str, Currency] = field(default_factory=dict)
    """Of amounts that an address has, where an error names the holder and not the token."""
    zones: Mapping[int, str] = field(default_factory=dict)
    """The names of zones."""
    needed: str = ""
    """Whose act it is, such as `the role payout officer`."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """What is known beside of a signature, by who should have made it, or `""` if none is named."""
    renewable: frozenset[int] = frozenset()
    """Until when the signatures of an act are good; with a later one it may still be done."""


NOTHING_KNOWN = Facts()


def sentence(abi: ABIError, arguments: Mapping[str, Any], facts: Facts = NOTHING_KNOWN) -> str:
    """What an error says, to stand behind the act and a colon; without a full stop."""
    return _Sentence(abi, arguments, facts).format(TEXTS[abi["name"]].by(arguments).text)


def in_ether(wei: int) -> str:
    """An amount of wei in ether.

    >>> in_ether(15 * 10**17)
    '1.5'
    """
    return f"{Decimal(from_wei(wei, 'ether')):f}"


def in_utc(seconds: int) -> str:
    """A moment in Unix seconds as people write it.

    >>> in_utc(1_772_456_400)
    '2026-03-02 13:00:00 UTC'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


class _Sentence(Formatter):
    """Formats the fields of a text; a field's kind stands after its colon."""

    def __init__(self, abi: ABIError, arguments: Mapping[str, Any], facts: Facts) -> None:
        self._types = {each["name"]: each for each in abi["inputs"]}
        self._arguments = arguments
        self._facts = facts

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[str, str]:
        return field_name, field_name

    def format_field(self, value: str, format_spec: str) -> str:
        name, argument = value, self._arguments.get(value)
        kind, _, of = format_spec.partition(" ")
        if kind == "amount":
            return self._amount(int(self._arguments[name]), of)
        if kind == "standing":
            standing = self._facts.standings.get(str(argument))
            return f" ({standing})" if standing else ""
        if kind == "needed":
            return f": {self._facts.needed}" if self._facts.needed else ""
        if kind == "signed":
            hint = self._facts.hints.get("" if argument is None else str(argument))
            return f" ({hint})" if hint else ""
        shown = _KINDS[kind](argument, self._facts) if kind else None
        return shown if shown is not None else self._plain(self._types[name], argument)

    def _amount(self, amount: int, of: str) -> str:
        currency = self._currency(of)
        return f"{amount:,} minor units" if currency is None else str(Money(amount, currency))

    def _currency(self, of: str) -> Currency | None:
        """Of the token that the error names, of a side of the payment, or of the holder's token."""
        if of == "target":
            return self._facts.target
        if of == "source":
            return self._facts.source
        if of:
            return self._facts.currencies.get(self._arguments[of])
        holders = (self._facts.by_holder.get(str(each)) for each in self._arguments.values())
        return next((each for each in holders if each is not None), self._facts.source)

    def _plain(self, parameter: ABIComponent, value: Any) -> str:
        """A value by its Solidity type."""
        type_, internal = parameter["type"], str(parameter.get("internalType", ""))
        if internal.startswith("enum "):
            return BY_SOLIDITY_NAME[internal.removeprefix("enum ")](value).words
        if type_ == "address":
            return _address(value, self._facts)
        if type_ == "tuple":
            parts = parameter["components"]
            return ", ".join(
                f"{part['name']} {self._plain(part, value[part['name']])}" for part in parts
            )
        if type_ == "bool":
            return _yes(value, self._facts)
        return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _address(address: str, facts: Facts) -> str:
    if address == ADDRESS_ZERO:
        return "nobody"
    name = facts.names.get(address)
    return f"{name} {address}" if name else address


def _time(seconds: int, facts: Facts) -> str:
    if seconds == 0:
        return "never"
    if seconds > _LAST_SECOND:
        return "no end"
    return in_utc(seconds)


def _duration(seconds: int, facts: Facts) -> str:
    """In days, hours, minutes and seconds.

    >>> _duration(7_200, NOTHING_KNOWN), _duration(90_061, NOTHING_KNOWN)
    ('2 hours', '1 day 1 hour 1 minute 1 second')
    """
    parts = []
    for unit, length in _UNITS.items():
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}" if count == 1 else f"{count} {unit}s")
    return " ".join(parts) or "0 seconds"


def _offset(quarters: int, facts: Facts) -> str:
    return utc_offset_text(quarters)


def _ether(wei: int, facts: Facts) -> str:
    return in_ether(wei)


def _customer(customer_id: int, facts: Facts) -> str:
    """A pseudonym by its first and last digits, as people compare them."""
    digits = f"{customer_id:032x}"
    return f"{digits[:6]}…{digits[-4:]}"


def _entry(entry: int, facts: Facts) -> str:
    return f"number {entry % 2**64} of ledger {entry >> 64}"


def _zone(number: int, facts: Facts) -> str:
    unnamed = f"zone {number}" if number else "a country without a zone"
    return facts.zones.get(number, unnamed)


def _yes(value: bool, facts: Facts) -> str:
    return "yes" if value else "no"


def _text(value: str, facts: Facts) -> str:
    return repr(value)


def _word(value: int, facts: Facts) -> str:
    return f"0x{value:064x}"


def _function(selector: bytes, facts: Facts) -> str:
    return functions_by_selector().get(selector, f"the function 0x{selector.hex()}")


def _role(role: int | bytes, facts: Facts) -> str:
    if isinstance(role, bytes):
        return _TIMELOCK_ROLES.get(role, f"the role 0x{role.hex()}")
    known = role in list(Role)
    return f"the role {Role(role).words}" if known else f"role {role}"


def _states(bitmap: bytes, facts: Facts) -> str:
    expected = int.from_bytes(bitmap)
    return " or ".join(name for bit, name in enumerate(_OPERATION_STATES) if expected >> bit & 1)


_KINDS: dict[str, Callable[[Any, Facts], str]] = {
    "time": _time,
    "duration": _duration,
    "offset": _offset,
    "ether": _ether,
    "customer": _customer,
    "entry": _entry,
    "zone": _zone,
    "yes": _yes,
    "text": _text,
    "word": _word,
    "function": _function,
    "role": _role,
    "states": _states,
}

_OPERATION_STATES = ("not scheduled", "waiting", "ready", "done")
"""OpenZeppelin's `TimelockController.OperationState`, in its order."""

_TIMELOCK_ROLES = {
    bytes(32): "the timelock's DEFAULT_ADMIN",
    **{
        bytes(keccak(text=f"{name}_ROLE")): f"the timelock's {name}"
        for name in ("PROPOSER", "EXECUTOR", "CANCELLER")
    },
}
