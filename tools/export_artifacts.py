"""Write the ABI and bytecode of every deployable contract into the Python package.

Reads forge's output in `out/` and writes `deposit_token/chain/artifacts/<Contract>.json` with the
keys `contractName`, `abi`, `bytecode` (creation code), `deployedBytecode`, both as 0x-prefixed hex,
and `immutableReferences`, which says where the immutables are in the latter.
Deployable are those that `deposit_token.chain.artifacts` names. The ABI of `DepositToken` has all
that answers at a token's address, the functions of its extension too.

Writes `out/roles.json` for the Solidity tests: the role of each function that is not ADMIN's, by
contract, as `deposit_token.chain.roles` has it.
"""

import json
import sys
from typing import Any

from deposit_token.chain.artifacts import CONTRACTS
from deposit_token.chain.roles import FUNCTIONS, selectors
from tools.compiler import ROOT

TARGET = ROOT / "deposit_token" / "chain" / "artifacts"
FALLBACK = {"DepositToken": "DepositTokenExt"}
"""Which contract a contract's fallback function delegates to."""


def compiled(name: str) -> dict[str, Any]:
    """Forge's artifact of a contract."""
    path = ROOT / "out" / f"{name}.sol" / f"{name}.json"
    artifact: dict[str, Any] | None = json.loads(path.read_text()) if path.is_file() else None
    if artifact is None or artifact["bytecode"]["object"] == "0x":
        sys.exit(
            f"{path.relative_to(ROOT)}: found no bytecode, accepted is what forge build writes"
        )
    return artifact


def main() -> None:
    artifacts = {name: compiled(name) for name in CONTRACTS}
    TARGET.mkdir(parents=True, exist_ok=True)
    for stale in TARGET.glob("*.json"):
        stale.unlink()
    for name, artifact in artifacts.items():
        abi = artifact["abi"]
        deployed = artifact["deployedBytecode"]
        behind = artifacts[FALLBACK[name]]["abi"] if name in FALLBACK else []
        exported = {
            "contractName": name,
            "abi": abi + [item for item in behind if item not in abi],
            "bytecode": artifact["bytecode"]["object"],
            "deployedBytecode": deployed["object"],
            "immutableReferences": deployed.get("immutableReferences", {}),
        }
        (TARGET / f"{name}.json").write_text(json.dumps(exported, indent=1) + "\n")
    (ROOT / "out" / "roles.json").write_text(json.dumps(role_table(), indent=1) + "\n")
    print(f"{len(artifacts)} contracts exported to {TARGET.relative_to(ROOT)}")


def role_table() -> dict[str, dict[str, list[str] | list[int]]]:
    """Selectors, padded to 32 bytes, and their roles' numbers, in the same order."""
    return {
        contract: {
            "selectors": [f"0x{selector.hex():0<64}" for selector in selectors(contract).values()],
            "roles": [int(functions[name]) for name in selectors(contract)],
        }
        for contract, functions in FUNCTIONS.items()
    }


if __name__ == "__main__":
    main()
