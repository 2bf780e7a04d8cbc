"""The Solidity compiler, for whatever compiles by itself and not through forge or Ape.

It is the one that those two are given, `tools/solc`, with what foundry.toml sets for all.
"""

import json
import posixpath
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
SOLC = ROOT / "tools" / "solc"
IMPORT = re.compile(r'^import\b[^;]*?"([^"]+)"[^;]*;', re.MULTILINE)


class DoesNotCompile(Exception):
    """The compiler's first error."""


@cache
def profile() -> dict[str, Any]:
    """What foundry.toml sets for everything."""
    settings = tomllib.loads((ROOT / "foundry.toml").read_text())
    default: dict[str, Any] = settings["profile"]["default"]
    return default


def deployed_settings() -> dict[str, Any]:
    """The settings, as standard JSON has them, that foundry.toml has for what is deployed."""
    (deployed,) = profile()["additional_compiler_profiles"]
    optimizer = {"enabled": deployed["optimizer"], "runs": deployed["optimizer_runs"]}
    return {"viaIR": deployed["via_ir"], "optimizer": optimizer}


def file_of(name: str) -> str:
    """Where the source lies, from the root on, that is imported by a name."""
    for remapping in profile()["remappings"]:
        prefix, _, folder = remapping.partition("=")
        if name.startswith(prefix):
            return f"{folder}{name.removeprefix(prefix)}"
    return name


def sources_of(root: Path, *names: str) -> dict[str, str]:
    """The sources of these names and all that they import, by name."""
    found: dict[str, str] = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = (root / file_of(name)).read_text()
            for path in IMPORT.findall(found[name]):
                relative = path.startswith(".")
                joined = posixpath.join(posixpath.dirname(name), path)
                wanted.append(posixpath.normpath(joined) if relative else path)
    return found


class Compiler:
    """A process of the compiler; a context manager that ends it."""

    def __init__(self) -> None:
        self._evm_version = profile()["evm_version"]
        self._process = subprocess.Popen(
            [SOLC, "--json-lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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

    def compile(
        self, sources: dict[str, str], outputs: dict[str, Any], **settings: Any
    ) -> dict[str, Any]:
        """The compiler's output: what is selected of it, and its warnings. Raises {DoesNotCompile}.

        `settings` are as standard JSON has them.
        """
        return self.answer(
            {
                "language": "Solidity",
                "sources": {name: {"content": text} for name, text in sources.items()},
                "settings": {
                    "evmVersion": self._evm_version,
                    "outputSelection": outputs,
                    **settings,
                },
            }
        )

    def answer(self, standard_input: dict[str, Any]) -> dict[str, Any]:
        """The output for a whole input in standard JSON. Raises {DoesNotCompile}."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(standard_input) + "\n")
        self._process.stdin.flush()
        output: dict[str, Any] = json.loads(self._process.stdout.readline())
        for error in output.get("errors", []):
            if error["severity"] == "error":
                raise DoesNotCompile(error["formattedMessage"])
        return output

    def syntax_trees(self, sources: dict[str, str]) -> dict[str, Any]:
        """The syntax tree of each source."""
        output = self.compile(sources, {"*": {"": ["ast"]}})
        return {name: each["ast"] for name, each in output["sources"].items()}


def compile_once(
    sources: dict[str, str], outputs: dict[str, Any], **settings: Any
) -> dict[str, Any]:
    """What `Compiler.compile` gives, of a process for this alone."""
    with Compiler() as compiler:
        return compiler.compile(sources, outputs, **settings)
