"""Contract artifacts: the ABIs and creation code that `make build` puts into this package."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from eth_typing import ABI

from deposit_token.errors import DeploymentError

_FOLDER = files("deposit_token") / "artifacts"


@dataclass(frozen=True)
class Artifact:
    """What is needed to deploy a contract and to talk to it."""

    name: str
    abi: ABI
    """Ethereum contract ABI, as solc writes it."""
    bytecode: bytes
    """Creation code, without constructor arguments."""


@cache
def artifact(name: str) -> Artifact:
    """The artifact of a contract such as `DepositToken`; raises DeploymentError if missing."""
    file = _FOLDER / f"{name}.json"
    if not file.is_file():
        raise DeploymentError(
            f"artifact: found none of {name}, accepted is one built by `make build`."
        )
    content = json.loads(file.read_text())
    bytecode = bytes.fromhex(content["bytecode"].removeprefix("0x"))
    return Artifact(name, cast(ABI, content["abi"]), bytecode)


def artifacts() -> list[Artifact]:
    """Every artifact of this package, by name; raises DeploymentError if there is none."""
    names = (
        sorted(
            file.name.removesuffix(".json")
            for file in _FOLDER.iterdir()
            if file.name.endswith(".json")
        )
        if _FOLDER.is_dir()
        else []
    )
    if not names:
        raise DeploymentError(
            "artifact: found none at all, accepted are those built by `make build`."
        )
    return [artifact(name) for name in names]
