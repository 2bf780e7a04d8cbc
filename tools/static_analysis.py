"""Look for known mistakes in the contracts without running them, by slither.

Every detector of slither runs over the contracts; what those in EXCLUDED find does not count, as
long as it is as much as is said there. A finding that is no mistake is suppressed beside the code,
by `// slither-disable-next-line detector: why`. `slither-check-erc` holds a token's contracts to
the ERCs that it knows. `python -m tools.static_analysis` prints what was looked at, and a sentence
for each finding, each warning of the compiler, each suppression without a reason or a finding, each
exclusion of another number, and each contract or function that was passed over, but for UNREAD; it
exits with 1 if there is one.

Slither is given the compiler's syntax trees, which take seconds. `slither .` would delete forge's
output, compile everything anew, and mistake what two compiler profiles share for two contracts. Its
configuration leaves a detector out without a reason or a number, and its triage file has each
finding as a page of JSON, most by the line where it stands.
"""

import inspect
import json
import logging
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crytic_compile import CryticCompile
from crytic_compile.compilation_unit import CompilationUnit
from crytic_compile.compiler.compiler import CompilerVersion
from crytic_compile.platform.solc_standard_json import SolcStandardJson, parse_standard_json_output
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector
from slither.tools.erc_conformance.__main__ import ADDITIONAL_CHECKS, generic_erc_checks
from slither.utils.erc import ERCS

from tools.compiler import ROOT, DoesNotCompile, compile_once, file_of, profile, sources_of

EXCLUDED = {
    "calls-loop": (
        20,
        "The loops are bounded: the registry's by the subscribers that it takes, each caught and "
        "with its share of gas; those of mintBatch and batch by what their caller sends; the walk "
        "from a registry to the one before by what ADMIN proposes.",
    ),
    "naming-convention": (
        22,
        "Getters of constants are named as constants, by the Solidity style "
        "guide and by ERC-2612 and ERC-3009.",
    ),
    "pragma": (
        1,
        "OpenZeppelin's sources and our interfaces and types accept ranges of versions; the pinned "
        "one compiles all.",
    ),
    "reentrancy-benign": (
        43,
        "What is called before a write is the bank's own: its manager, which "
        "every restricted function asks, its registry and its policy. The escrow has its guard.",
    ),
    "reentrancy-events": (55, "An event that tells how a call ended comes after it."),
    "shadowing-local": (
        6,
        "Only parameters of interfaces are named as the getter of what they set; "
        "in a contract the compiler itself warns.",
    ),
    "timestamp": (
        24,
        "Deadlines in seconds are the subject; docs/security.md says what a validator "
        "can do to them.",
    ),
    "unimplemented-functions": (1, "The compiler creates no contract that lacks one."),
    "uninitialized-local": (
        2,
        "A local number starts at zero, and zero is meant; a pointer has a "
        "detector of its own, uninitialized-storage.",
    ),
    "unused-state": (1, "It sees neither the bounds of a slice nor the value of another constant."),
}
"""Detectors that do not fit this code, how much each finds, and why that does not count."""

CONFORMANCE = [
    ("ERC20", "DepositToken"),
    ("ERC2612", "DepositToken"),
    ("ERC165", "DepositTokenExt"),
]
"""The ERCs that slither can check, and the contract of a token that answers each."""

NOT_ASKED = "lack_of_erc20_race_condition_protection"
"""A check that wants `increaseAllowance`, which is in no standard: a permit of ERC-2612 or an
authorization of ERC-3009 has no such race."""

ONE_USING_FOR_ALL = (
    "Of the parents that say `using ... for *` slither keeps one: in the escrow EIP712 hides what "
    "ReentrancyGuardTransient said, and one statement is lost. It reads the function in that "
    "contract itself, and knows the guard by its modifier's name."
)
UNREAD = {
    "SettlementEscrow._nonReentrantBefore": ONE_USING_FOR_ALL,
    "SettlementEscrow._nonReentrantAfter": ONE_USING_FOR_ALL,
    "SettlementEscrow._reentrancyGuardEntered": ONE_USING_FOR_ALL,
}
"""Functions, by the contract that has or inherits them, that slither can't translate and so passes
over, and why nothing is missed."""

SUPPRESSION = re.compile(r"//\s*slither-disable")
EXPLAINED = re.compile(r"// slither-disable-next-line [a-z0-9,-]+: \S")
PASSED_OVER = re.compile(r"Impossible to generate IR for (?:top level function )?(\S+) \(")
"""How slither logs that it passes over a function."""


class SyntaxTrees(SolcStandardJson):
    """What the compiler puts out when it generates no code, as a source for slither."""

    def __init__(self, output: dict[str, Any]) -> None:
        super().__init__({})
        self._output = output

    def compile(self, crytic_compile: CryticCompile, **_: Any) -> None:
        solc = json.loads((ROOT / "node_modules" / "solc" / "package.json").read_text())
        unit = CompilationUnit(crytic_compile, "contracts")
        unit.compiler_version = CompilerVersion("solc", solc["version"], optimized=True)
        no_code = {"object": "", "sourceMap": ""}
        for contracts in self._output["contracts"].values():
            for contract in contracts.values():
                contract["evm"] = {"bytecode": no_code, "deployedBytecode": no_code}
        parse_standard_json_output(self._output, unit)


class Complaints(logging.Handler):
    """Keeps the errors that are logged, and prints nothing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def our_sources() -> list[Path]:
    """Our own sources, without the copies that Ape keeps of what it imports."""
    found = sorted(Path("contracts").rglob("*.sol"))
    return [path for path in found if ".cache" not in path.parts]


def analyse(sources: dict[str, str]) -> dict[str, Any]:
    """The compiler's syntax trees of the sources, and its warnings."""
    # Slither looks for a source in the file that the compiler names.
    files = {file_of(name): text for name, text in sources.items()}
    outputs = {"*": {"": ["ast"], "*": ["abi"]}}
    return compile_once(files, outputs, remappings=profile()["remappings"])


def warnings(output: dict[str, Any]) -> list[str]:
    """What the compiler says of our own sources."""
    return [
        each["formattedMessage"]
        for each in output.get("errors", [])
        if each.get("sourceLocation", {}).get("file", "").startswith("contracts/")
    ]


def overlooked(slither: Slither, output: dict[str, Any]) -> list[str]:
    """A sentence for each of our contracts that the compiler knows and slither does not."""
    known = {(each.source_mapping.filename.relative, each.name) for each in slither.contracts}
    ours = contracts_of(output)
    if not ours:
        return ["contracts: found none, accepted is at least one."]
    return [f"{path}: slither did not analyse {name}." for path, name in sorted(ours - known)]


def unread(complaints: list[str]) -> list[str]:
    """A sentence for each thing that slither complains of, but for UNREAD, and for each function
    there that it has read."""
    passed_over = {name for complaint in complaints for name in PASSED_OVER.findall(complaint)}
    return [
        *(f"{name}: slither could not read it." for name in sorted(passed_over - set(UNREAD))),
        *(
            f"slither: {' '.join(complaint.split())}"
            for complaint in complaints
            if not PASSED_OVER.match(complaint)
        ),
        *(
            f"UNREAD {name}: slither has read it, accepted is what it can't read."
            for name in sorted(set(UNREAD) - passed_over)
        ),
    ]


def contracts_of(output: dict[str, Any]) -> set[tuple[str, str]]:
    """Path and name of each of our own contracts, interfaces and libraries."""
    return {
        (path, name)
        for path, contracts in output["contracts"].items()
        if path.startswith("contracts/")
        for name in contracts
    }


def detect(slither: Slither) -> tuple[int, list[dict[str, Any]]]:
    """How many detectors ran, and what they found that has to do with our own sources."""
    detectors: list[type[AbstractDetector]] = [
        each
        for each in vars(all_detectors).values()
        if inspect.isclass(each) and issubclass(each, AbstractDetector)
    ]
    for detector in detectors:
        slither.register_detector(detector)
    return len(detectors), [
        result
        for found in slither.run_detectors()
        for result in found
        if any(
            each["source_mapping"]["filename_relative"].startswith("contracts/")
            for each in result["elements"]
        )
    ]


def findings(results: list[dict[str, Any]]) -> list[str]:
    """A sentence for each finding, and for each exclusion of more or less than it says."""
    counts = Counter(each["check"] for each in results)
    return [
        *(
            f"{each['check']}: {each['description'].strip()}"
            for each in results
            if each["check"] not in EXCLUDED
        ),
        *(
            f"EXCLUDED {name}: found {counts[name]}, accepted is {count}."
            for name, (count, _) in EXCLUDED.items()
            if counts[name] != count
        ),
    ]


def suppressions() -> list[tuple[str, str]]:
    """Place and text of each suppression in the contracts."""
    return [
        (f"{path}:{number}", line.strip())
        for path in our_sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if SUPPRESSION.search(line)
    ]


def unfounded(slither: Slither) -> Iterator[str]:
    """A sentence for each suppression without a reason or without a finding."""
    for place, line in suppressions():
        if not EXPLAINED.match(line):
            yield (
                f"{place}: found {line!r}, accepted is "
                "'// slither-disable-next-line detector: why'."
            )
    unused = {
        (Path(each["file"]).relative_to(ROOT).as_posix(), each["line"], detector)
        for each in slither.get_unused_ignore_comments()
        for detector in each["unused_detectors"]
    }
    for source, number, detector in sorted(unused):
        if source.startswith("contracts/"):
            yield f"{source}:{number}: found a suppression of {detector}, which finds nothing here."


def conformance(slither: Slither, erc: str, name: str) -> tuple[int, list[str]]:
    """How many functions and events of an ERC were asked of a contract, and what it lacks."""
    (contract,) = slither.get_contract_from_name(name)
    functions, events = ERCS[erc]
    lacks: dict[str, list[dict[str, Any]]] = defaultdict(list)
    generic_erc_checks(contract, functions, events, lacks)
    if erc in ADDITIONAL_CHECKS:
        ADDITIONAL_CHECKS[erc](contract, lacks)
    return len(functions) + len(events), [
        f"{erc}, {name}: {each['description'].strip()} ({kind})"
        for kind, found in lacks.items()
        if kind != NOT_ASKED
        for each in found
    ]


def main() -> int:
    # The compiler's names of the sources are relative to it.
    os.chdir(ROOT)
    complaints = Complaints()
    logging.basicConfig(handlers=[complaints], force=True)
    # What it says is taken from its results instead.
    logging.getLogger("Slither-conformance").disabled = True

    try:
        output = analyse(sources_of(ROOT, *(path.as_posix() for path in our_sources())))
    except DoesNotCompile as error:
        sys.exit(str(error))
    slither = Slither(CryticCompile(SyntaxTrees(output)))
    count, results = detect(slither)
    sentences = [
        *warnings(output),
        *overlooked(slither, output),
        *unread(complaints.messages),
        *findings(results),
        *unfounded(slither),
    ]
    print(
        f"slither: {len(contracts_of(output))} contracts, {count} detectors, "
        f"{len(EXCLUDED)} of them excluded, {len(UNREAD)} functions unread"
    )
    for erc, name in CONFORMANCE:
        asked, found = conformance(slither, erc, name)
        print(f"{erc}: {name}, {asked} functions and events")
        sentences += found
    for sentence in sentences:
        print(sentence)
    print(f"{len(sentences)} findings, {len(suppressions())} suppressions with their reasons")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
