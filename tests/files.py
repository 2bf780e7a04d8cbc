"""Files that tests read, and contracts of the tests' own."""

import os
from functools import cache
from pathlib import Path

from tools.compiler import ROOT, compile_once

EXAMPLES = ROOT / "deposit_token" / "examples"
REAL_DATA = Path(os.environ.get("DEPOSIT_TOKEN_DATA", ROOT.resolve().parent / "shared" / "data"))
REAL_INVOICES = REAL_DATA / "online_retail_crossborder.csv"
"""Which is no part of the project."""


@cache
def compiled(*sources: Path) -> dict[str, dict[str, bytes]]:
    """Of each contract in these files its creation code, as `bytecode`, and its functions'
    selectors."""
    output = compile_once(
        {source.name: source.read_text() for source in sources},
        {"*": {"*": ["evm.bytecode.object", "evm.methodIdentifiers"]}},
        optimizer={"enabled": True},
    )
    found = {}
    for contracts in output["contracts"].values():
        for name, contract in contracts.items():
            functions = {
                signature.partition("(")[0]: bytes.fromhex(identifier)
                for signature, identifier in contract["evm"]["methodIdentifiers"].items()
            }
            code = bytes.fromhex(contract["evm"]["bytecode"]["object"])
            found[name] = {"bytecode": code, **functions}
    return found
