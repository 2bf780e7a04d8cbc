"""The input with which the compiler makes the deployable contracts once more, as standard JSON.

Sources and settings are those that forge compiled, which the metadata of its artifacts in `out/`
names: explorers and Sourcify take this input, and whoever gives it to the same compiler gets the
same bytecode, the metadata's hash at its end included.
"""

import json
from collections.abc import Iterable
from typing import Any

from tools.compiler import ROOT

OUTPUTS = [
    "abi",
    "metadata",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]


def metadata(name: str) -> str:
    """What the compiler says of a contract's sources and settings, to the byte."""
    artifact = json.loads((ROOT / "out" / f"{name}.sol" / f"{name}.json").read_text())
    text: str = artifact["rawMetadata"]
    return text


def source_of(name: str) -> str:
    """The source that declares a contract, by the compiler's name."""
    (source,) = json.loads(metadata(name))["settings"]["compilationTarget"]
    return str(source)


def standard_input(names: Iterable[str]) -> dict[str, Any]:
    """The compiler's input for these contracts, which all have the same settings."""
    said = [json.loads(metadata(name)) for name in sorted(names)]
    every = [
        {key: value for key, value in each["settings"].items() if key != "compilationTarget"}
        for each in said
    ]
    settings = every[0]
    assert all(each == settings for each in every), "contracts of different settings"
    # The input names libraries by source, the metadata in one list; there are none.
    assert settings.pop("libraries") == {}
    targets = [each["settings"]["compilationTarget"] for each in said]
    sources = sorted({source for each in said for source in each["sources"]})
    return {
        "language": "Solidity",
        "sources": {source: {"content": (ROOT / source).read_text()} for source in sources},
        "settings": {
            **settings,
            "outputSelection": {
                source: {name: OUTPUTS} for target in targets for source, name in target.items()
            },
        },
    }
