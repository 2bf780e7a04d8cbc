"""What a contract says when it refuses: its custom error, read by the ABIs of all our contracts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIComponent, ABIError
from eth_utils.abi import abi_to_signature, get_abi_input_types
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from deposit_token.chain.artifacts import artifacts
from deposit_token.chain.refusal_texts import TEXTS
from deposit_token.chain.sentences import NOTHING_KNOWN, Facts, sentence
from deposit_token.errors import (
    DepositTokenError,
    MistakeError,
    Next,
    PendingError,
    PermanentError,
    TransientError,
)
from deposit_token.values.fields import checked

if TYPE_CHECKING:
    from web3.types import TxReceipt

_SOLIDITY_ERRORS: list[ABIError] = [
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
]
"""What `require` and the compiler's own checks revert with."""


@dataclass(frozen=True)
class ContractError:
    """What a contract said when it refused."""

    name: str
    """The custom error's name, such as `QuotaExceeded`; the data in hex if it is unknown."""
    arguments: dict[str, Any]
    """Its arguments by name: ints, checksummed addresses, bytes, and structs as such dicts."""
    abi: ABIError | None = field(default=None, compare=False, repr=False)
    """None if the error is unknown."""
    facts: Facts = field(default=NOTHING_KNOWN, compare=False, repr=False)
    """What is known beside, with which it is told."""

    @classmethod
    @checked
    def decode(cls, data: bytes) -> Self:
        """Read revert data by the errors of all our contracts and Solidity's own two.

        >>> ContractError.decode(bytes.fromhex("4e487b71" + "11".zfill(64)))
        ContractError(name='Panic', arguments={'code': 17})
        """
        unknown = cls(f"0x{data.hex()}", {})
        abi = _errors_by_selector().get(data[:4])
        if abi is None:
            return unknown
        types = get_abi_input_types(abi)
        try:
            values = decode(types, data[4:])
        except (DecodingError, UnicodeDecodeError):
            return unknown
        return cls(abi["name"], _named(abi["inputs"], values), abi)

    @classmethod
    @checked
    def saying(cls, message: str) -> Self:
        """Of a contract that gave a reason in words, as `require` does."""
        return cls("Error", {"message": message}, _SOLIDITY_ERRORS[0])

    def __str__(self) -> str:
        """What it says to a user, to stand behind the act and a colon; without a full stop.

        >>> print(ContractError.decode(bytes.fromhex("e7792495")))
        found the token paused, accepted is one that is not
        """
        if self.abi is not None:
            return sentence(self.abi, self.arguments, self.facts)
        reason = f"a reason that is unknown here, {self.name}"
        if self.name == "0x":
            reason = "no reason, as where a contract has no such function"
        return f"found {reason}, accepted is what the contract's own rules let through"

    @checked
    def with_facts(self, facts: Facts) -> Self:
        """The same, told with what is known beside."""
        return replace(self, facts=facts)

    @property
    def next(self) -> Next:
        """What whoever met it does next."""
        if self.abi is None:
            return Next.GIVE_UP
        if self.name == "TooLate" and self.arguments["allowed"] in self.facts.renewable:
            return Next.CORRECT
        return TEXTS[self.name].by(self.arguments).next


class Reverted(DepositTokenError):
    """A contract refused a call or a transaction, and changed nothing.

    Which of the four kinds of error it is as well follows from what the contract said.
    """

    def __new__(
        cls, function: str, found: ContractError, receipt: "TxReceipt | None" = None
    ) -> "Reverted":
        return super().__new__(_REVERTED[found.next])

    def __init__(
        self, function: str, found: ContractError, receipt: "TxReceipt | None" = None
    ) -> None:
        super().__init__(function, found, receipt)
        self.function = function
        self.found = found
        self.receipt = receipt
        """Of the transaction, if one was mined that did nothing but cost gas."""

    def __str__(self) -> str:
        return f"{self.function}: {self.found}."

    def with_facts(self, facts: Facts) -> "Reverted":
        """The same refusal, told with what is known beside."""
        return Reverted(self.function, self.found.with_facts(facts), self.receipt)

    @property
    def error(self) -> str:
        """The custom error's name, such as `QuotaExceeded`."""
        return self.found.name

    @property
    def arguments(self) -> dict[str, Any]:
        """The custom error's arguments by name."""
        return self.found.arguments


class RevertedByChance(Reverted, TransientError):
    """A contract refused what it may take when it is tried again."""


class RevertedForNow(Reverted, PendingError):
    """A contract refused what it may take later."""


class RevertedByMistake(Reverted, MistakeError):
    """A contract refused what can be corrected."""


class RevertedForGood(Reverted, PermanentError):
    """A contract refused what it will never take."""


_REVERTED = {
    kind.next: kind
    for kind in (RevertedByChance, RevertedForNow, RevertedByMistake, RevertedForGood)
}


def _named(parameters: Sequence[ABIComponent], values: Sequence[Any]) -> dict[str, Any]:
    return {
        parameter["name"]: _value(parameter, value)
        for parameter, value in zip(parameters, values, strict=True)
    }


def _value(parameter: ABIComponent, value: Any) -> Any:
    if parameter["type"] == "address":
        return to_checksum_address(value)
    if parameter["type"] == "tuple":
        return _named(parameter["components"], value)
    return value


@cache
def _errors_by_selector() -> dict[bytes, ABIError]:
    """The errors of all our contracts and Solidity's own, by the first 4 bytes of their data."""
    errors = list(_SOLIDITY_ERRORS)
    for each in artifacts():
        errors += [item for item in each.abi if item["type"] == "error"]
    return {keccak(text=abi_to_signature(error))[:4]: error for error in errors}
