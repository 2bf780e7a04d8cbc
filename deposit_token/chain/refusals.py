"""What a contract says when it refuses: its custom error, read by the ABIs of all our contracts."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIError
from web3 import Web3
from web3.types import TxReceipt
from web3.utils import abi_to_signature, get_abi_input_types

from deposit_token.chain.artifacts import artifacts
from deposit_token.errors import ChainError

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
    """Its arguments by name: ints, checksummed addresses, bytes."""

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read revert data by the errors of all our contracts and Solidity's own two.

        >>> print(ContractError.decode(bytes.fromhex("4e487b71" + "11".zfill(64))))
        Panic(code: 17)
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
        names = [parameter["name"] for parameter in abi["inputs"]]
        arguments = {
            name: Web3.to_checksum_address(value) if type_ == "address" else value
            for name, type_, value in zip(names, types, values, strict=True)
        }
        return cls(abi["name"], arguments)

    def __str__(self) -> str:
        arguments = ", ".join(
            f"{name}: 0x{value.hex()}" if isinstance(value, bytes) else f"{name}: {value}"
            for name, value in self.arguments.items()
        )
        return f"{self.name}({arguments})" if arguments else self.name


class Reverted(ChainError):
    """A contract refused a call or a transaction, and changed nothing."""

    def __init__(
        self, function: str, found: ContractError, receipt: TxReceipt | None = None
    ) -> None:
        super().__init__(f"{function}: the contract refused with {found}.")
        self.found = found
        self.receipt = receipt
        """Of the transaction, if one was mined that did nothing but cost gas."""

    @property
    def error(self) -> str:
        """The custom error's name, such as `QuotaExceeded`."""
        return self.found.name

    @property
    def arguments(self) -> dict[str, Any]:
        """The custom error's arguments by name."""
        return self.found.arguments


@cache
def _errors_by_selector() -> dict[bytes, ABIError]:
    """The errors of all our contracts and Solidity's own, by the first 4 bytes of their data."""
    errors = list(_SOLIDITY_ERRORS)
    for each in artifacts():
        errors += [item for item in each.abi if item["type"] == "error"]
    return {Web3.keccak(text=abi_to_signature(error))[:4]: error for error in errors}
