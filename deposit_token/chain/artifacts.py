"""Contract artifacts: the ABIs and creation code that `make build` puts into this package."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import cast

from eth_typing import ABI
from eth_utils.abi import abi_to_signature
from eth_utils.crypto import keccak

from deposit_token.errors import NotInstalled

CONTRACTS = (
    "AccessManager",
    "AllowlistRegistry",
    "BankTimelock",
    "CorridorPolicy",
    "DepositToken",
    "DepositTokenExt",
    "ERC1967Proxy",
    "RecoveryTimelock",
    "RoleKeeper",
    "SettlementEscrow",
)
"""Every contract that is deployed; the manager and the proxy are OpenZeppelin's, unchanged."""


@dataclass(frozen=True)
class Artifact:
    """What is needed to deploy a contract and to talk to it."""

    name: str
    abi: ABI
    """Ethereum contract ABI, as solc writes it."""
    bytecode: bytes
    """Creation code, without constructor arguments."""
    deployed: bytes
    """The code that it leaves on the chain, with zeros for its immutables."""
    immutables: tuple[tuple[slice, ...], ...]
    """Where each of its immutables is in `deployed`, mostly at several places."""

    def is_code(self, code: bytes) -> bool:
        """Whether this is what stands at the contract's address, whatever its immutables are: each
        of one value, so that what one place of it does tells of all."""
        masked = bytearray(code)
        for places in self.immutables:
            if len({code[place] for place in places}) > 1:
                return False
            for place in places:
                masked[place] = bytes(len(code[place]))
        return masked == self.deployed


@cache
def artifact(name: str) -> Artifact:
    """The artifact of a contract such as `DepositToken`; raises NotInstalled if missing."""
    file = _folder() / f"{name}.json"
    if not file.is_file():
        raise NotInstalled(
            f"artifact: found none of {name}, accepted is one built by `make build`."
        )
    try:
        content = json.loads(file.read_text())
        return Artifact(
            name=name,
            abi=cast(ABI, content["abi"]),
            bytecode=bytes.fromhex(content["bytecode"].removeprefix("0x")),
            deployed=bytes.fromhex(content["deployedBytecode"].removeprefix("0x")),
            immutables=tuple(
                tuple(slice(each["start"], each["start"] + each["length"]) for each in places)
                for places in content["immutableReferences"].values()
            ),
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        raise NotInstalled(
            f"artifact: found a broken one of {name}, accepted is one built by `make build`."
        ) from None


def artifacts() -> list[Artifact]:
    """Every artifact of this package, by name; raises NotInstalled if one is missing."""
    return [artifact(name) for name in CONTRACTS]


@cache
def functions_by_selector() -> dict[bytes, str]:
    """The name of each function of our contracts, by the first 4 bytes of a call."""
    return {
        bytes(keccak(text=abi_to_signature(item))[:4]): item["name"]
        for each in artifacts()
        for item in each.abi
        if item["type"] == "function"
    }


def _folder() -> Traversable:
    folder = files("deposit_token.chain") / "artifacts"
    if not folder.is_dir():
        raise NotInstalled("artifacts: found none, accepted are those built by `make build`.")
    return folder
