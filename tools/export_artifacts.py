"""Write the ABI and bytecode of every deployable contract into the Python package.

Reads forge's output in `out/` and writes `deposit_token/artifacts/<Contract>.json` with the keys
`contractName`, `abi`, `bytecode` (creation code) and `deployedBytecode`, both as 0x-prefixed hex.
Deployable are the concrete contracts of `contracts/` and those of OpenZeppelin that a bank deploys
unchanged; interfaces, abstract contracts and internal libraries are left out. The ABI of
`DepositToken` has all that answers at a token's address, the functions of its back office too.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "deposit_token" / "artifacts"
FROM_OPENZEPPELIN = ("AccessManager", "ERC1967Proxy")
FALLBACK = {"DepositToken": "BackOffice"}
"""Which contract a contract's fallback function delegates to."""


def compiled(source: Path) -> list[dict]:
    """Forge's artifacts of the contracts that `source` declares."""
    source_id = source.relative_to(ROOT).as_posix()
    artifacts = [
        json.loads(path.read_text()) for path in (ROOT / "out").rglob(f"{source.name}/*.json")
    ]
    return [a for a in artifacts if source_id in a["metadata"]["settings"]["compilationTarget"]]


def name_of(artifact: dict) -> str:
    (name,) = artifact["metadata"]["settings"]["compilationTarget"].values()
    return name


def is_deployable(artifact: dict) -> bool:
    callable_kinds = {"constructor", "function", "fallback", "receive"}
    return artifact["bytecode"]["object"] != "0x" and any(
        item["type"] in callable_kinds for item in artifact["abi"]
    )


def main() -> None:
    artifacts = [
        artifact
        for source in sorted((ROOT / "contracts").rglob("*.sol"))
        for artifact in compiled(source)
        if is_deployable(artifact)
    ]
    for name in FROM_OPENZEPPELIN:
        path = ROOT / "out" / f"{name}.sol" / f"{name}.json"
        if not path.is_file():
            sys.exit(
                f"{path.relative_to(ROOT)} is missing: a file in contracts/ must import {name}"
            )
        artifacts.append(json.loads(path.read_text()))

    abis = {name_of(artifact): artifact["abi"] for artifact in artifacts}
    TARGET.mkdir(parents=True, exist_ok=True)
    for stale in TARGET.glob("*.json"):
        stale.unlink()
    for artifact in artifacts:
        name = name_of(artifact)
        behind = abis[FALLBACK[name]] if name in FALLBACK else []
        exported = {
            "contractName": name,
            "abi": abis[name] + [item for item in behind if item not in abis[name]],
            "bytecode": artifact["bytecode"]["object"],
            "deployedBytecode": artifact["deployedBytecode"]["object"],
        }
        (TARGET / f"{name}.json").write_text(json.dumps(exported, indent=1) + "\n")
    print(f"{len(artifacts)} contracts exported to {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
