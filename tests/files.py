"""Files that tests read, and contracts of the tests' own."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
REAL_DATA = Path(os.environ.get("DEPOSIT_TOKEN_DATA", ROOT.resolve().parent / "shared" / "data"))
REAL_INVOICES = REAL_DATA / "online_retail_crossborder.csv"
"""Which is no part of the project."""


@cache
def compiled(*sources: Path) -> dict[str, dict[str, bytes]]:
    """Of each contract in these files its creation code, as `bytecode`, and its functions'
    selectors."""
    question = {
        "language": "Solidity",
        "sources": {source.name: {"content": source.read_text()} for source in sources},
        "settings": {
            "optimizer": {"enabled": True},
            "outputSelection": {"*": {"*": ["evm.bytecode.object", "evm.methodIdentifiers"]}},
        },
    }
    run = subprocess.run(
        [ROOT / "tools" / "solc", "--standard-json"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for contracts in json.loads(run.stdout)["contracts"].values():
        for name, output in contracts.items():
            functions = {
                signature.partition("(")[0]: bytes.fromhex(identifier)
                for signature, identifier in output["evm"]["methodIdentifiers"].items()
            }
            code = bytes.fromhex(output["evm"]["bytecode"]["object"])
            found[name] = {"bytecode": code, **functions}
    return found
