"""The Solidity compiler, kept running.

It takes the deployed contracts apart and compiles a mutant in seconds: with few steps of the
optimizer and without metadata, so that equal code gives equal bytecode.
"""

import json
import posixpath
import re
import subprocess
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent.parent
REMAPPED = ("@openzeppelin/", "node_modules/@openzeppelin/")
IMPORT = re.compile(r'^import\b[^;]*"([^"]+)";', re.MULTILINE)

WITHOUT_METADATA = {"appendCBOR": False, "bytecodeHash": "none"}
DEPLOYED: dict[str, Any] = {"viaIR": True, "optimizer": {"enabled": True, "runs": 2000}}
"""As in foundry.toml."""

LEGACY: dict[str, Any] = {"optimizer": {"enabled": True, "runs": 1}}
"""The quickest, for what the older code generator can compile."""

BRIEF: dict[str, Any] = {
    "viaIR": True,
    "optimizer": {
        "enabled": False,
        "details": {
            "yul": True,
            "yulDetails": {"stackAllocation": True, "optimizerSteps": "gvujmul:"},
        },
    },
}
"""Through the IR with just enough optimization for the stack: half the time of {DEPLOYED}."""


class DoesNotCompile(Exception):
    """The compiler's first error."""


def sources_of(root: Path, *names: str) -> dict[str, str]:
    """The sources of these names and all that they import, by name."""
    found: dict[str, str] = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = (root / name.replace(*REMAPPED, 1)).read_text()
            for path in IMPORT.findall(found[name]):
                relative = path.startswith(".")
                joined = posixpath.join(posixpath.dirname(name), path)
                wanted.append(posixpath.normpath(joined) if relative else path)
    return found


class Compiler:
    """A process of the compiler; a context manager that ends it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", Path(__file__).with_name("compiler.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process once it has answered."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def version(self) -> str:
        """As `solc --version` writes it."""
        asked = ["node", "-p", "require('solc').version()"]
        return subprocess.run(
            asked, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()

    def syntax_trees(self, sources: dict[str, str]) -> dict[str, Any]:
        """The syntax tree of each source."""
        output = self._ask(sources, {}, {"*": {"": ["ast"]}})
        return {name: each["ast"] for name, each in output["sources"].items()}

    def bytecode(
        self, sources: dict[str, str], settings: dict[str, Any], source: str, contract: str
    ) -> dict[str, Any]:
        """A contract's `bytecode` and `deployedBytecode`. Raises {DoesNotCompile}."""
        outputs = [
            "evm.bytecode.object",
            "evm.bytecode.linkReferences",
            "evm.deployedBytecode.object",
            "evm.deployedBytecode.linkReferences",
            "evm.deployedBytecode.immutableReferences",
        ]
        output = self._ask(sources, settings, {source: {contract: outputs}})
        evm: dict[str, Any] = output["contracts"][source][contract]["evm"]
        return evm

    def _ask(
        self, sources: dict[str, str], settings: dict[str, Any], outputs: dict[str, Any]
    ) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        question = {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources.items()},
            "settings": {
                "evmVersion": "cancun",
                "metadata": WITHOUT_METADATA,
                "outputSelection": outputs,
                **settings,
            },
        }
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        output: dict[str, Any] = json.loads(self._process.stdout.readline())
        for error in output.get("errors", []):
            if error["severity"] == "error":
                raise DoesNotCompile(error["formattedMessage"])
        return output
