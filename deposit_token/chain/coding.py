"""What is sent to a contract's function, and what it answers, by its ABI (Solidity's own coding).

web3's own calls look each function up anew by hashing the whole ABI.
"""

from typing import TYPE_CHECKING, Any

from eth_typing import HexStr
from eth_utils.abi import get_abi_input_types, get_abi_output_types
from eth_utils.address import to_checksum_address

if TYPE_CHECKING:
    from eth_typing import ABIComponent
    from web3.contract.contract import ContractFunction


def calldata(function: "ContractFunction") -> HexStr:
    """What a call of a contract's function carries: selector and encoded arguments."""
    arguments = function.w3.codec.encode(get_abi_input_types(function.abi), function.arguments)
    return HexStr(function.selector + arguments.hex())


def decoded(function: "ContractFunction", answer: bytes) -> Any:
    """What a contract's function has answered: the value, or a list of them unless it is one.

    Raises eth_abi's DecodingError for what is no answer of such a function.
    """
    values = function.w3.codec.decode(get_abi_output_types(function.abi), answer)
    found = [_plain(*each) for each in zip(function.abi["outputs"], values, strict=True)]
    return found[0] if len(found) == 1 else found


def _plain(output: "ABIComponent", value: Any) -> Any:
    """A value with lists for arrays, and its addresses with their checksums."""
    kind = output["type"]
    if kind.endswith("]"):
        element: ABIComponent = {**output, "type": kind[: kind.rindex("[")]}
        return [_plain(element, each) for each in value]
    if kind == "tuple":
        parts = zip(output["components"], value, strict=True)
        return tuple(_plain(part, each) for part, each in parts)
    return to_checksum_address(value) if kind == "address" else value
