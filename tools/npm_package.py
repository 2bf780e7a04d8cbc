"""Pack the contracts for npm: sources, ABIs, bytecode, metadata and the fixture for tests.

`python -m tools.npm_package [FOLDER]` writes `FOLDER/deposit-token-contracts-<version>.tgz`, FOLDER
being `dist` unless said otherwise, from what `make build` has made. What stands in `npm/` is packed
as it is. Version, licence and the versions of OpenZeppelin's contracts are the project's own.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.compiler import ROOT
from tools.standard_input import metadata, source_of, standard_input

ARTIFACTS = ROOT / "deposit_token" / "chain" / "artifacts"

IN_FIXTURE = (
    "AccessManager",
    "AllowlistRegistry",
    "CorridorPolicy",
    "DepositToken",
    "DepositTokenExt",
    "ERC1967Proxy",
    "SettlementEscrow",
)
"""What the fixture creates."""

NOT_PACKED = ("deploy", ".cache")
"""Folders of `contracts/` that only this project's own build needs."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        package = Path(temporary)
        shutil.copytree(
            ROOT / "contracts",
            package,
            ignore=shutil.ignore_patterns(*NOT_PACKED),
            dirs_exist_ok=True,
        )
        shutil.copytree(ROOT / "npm", package, dirs_exist_ok=True)
        shutil.copy(ROOT / "LICENSE", package)
        for path, text in written():
            target = package / path
            target.parent.mkdir(exist_ok=True)
            target.write_text(text)
        packed = subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", folder.resolve()],
            cwd=package,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    print(folder / packed.stdout.strip())


def written() -> Iterator[tuple[str, str]]:
    """Path and text of each file that is made here."""
    yield "package.json", dump(manifest())
    artifacts = {
        path.stem: json.loads(path.read_text()) for path in sorted(ARTIFACTS.glob("*.json"))
    }
    for name, artifact in artifacts.items():
        yield f"abi/{name}.json", dump(artifact["abi"])
        yield f"artifacts/{name}.json", dump({"sourceName": source_of(name)} | artifact)
        yield f"metadata/{name}.json", metadata(name)
    yield "standard-input.json", dump(standard_input(artifacts))
    codes = {name: artifacts[name]["bytecode"].removeprefix("0x") for name in IN_FIXTURE}
    yield "fixtures/BankCode.sol", bank_code(codes)


def manifest() -> dict[str, Any]:
    """The package's `package.json`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = json.loads((ROOT / "package.json").read_text())["dependencies"]
    said: dict[str, Any] = json.loads((ROOT / "npm" / "package.json").read_text())
    return said | {
        "version": project["version"],
        "license": project["license"],
        "dependencies": {
            name: version
            for name, version in installed.items()
            if name.startswith("@openzeppelin/")
        },
    }


def bank_code(codes: dict[str, str]) -> str:
    """A library of the contracts' creation code, for the fixture."""
    constants = [
        f'    bytes internal constant {constant(name)} = hex"{code}";'
        for name, code in codes.items()
    ]
    return "\n".join(
        [
            "// SPDX-License-Identifier: Apache-2.0",
            "pragma solidity ^0.8.24;",
            "",
            "/// @notice The creation code of a bank's contracts, as in `artifacts/`.",
            "library BankCode {",
            *constants,
            "}",
            "",
        ]
    )


def constant(name: str) -> str:
    """A contract's name as that of a constant."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def dump(content: Any) -> str:
    return json.dumps(content, indent=1) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist"))
