"""Compile the contracts' sources again and compare the result with what stands on a chain.

`python -m tools.verify_sources --rpc URL` looks at each contract of the chain's manifest, in
`deployments/`; with `CONTRACT=ADDRESS ...` at these alone. Of a token it looks at the proxy, and at
the code and the extension that the proxy runs now. It prints a line for each, and exits with 1
unless all are exact matches in Sourcify's sense: the runtime code is the same to the byte, but for
the values of immutables, and with it the hash of the metadata, which covers sources, their names
and settings.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from web3 import Web3

from deposit_token.chain.artifacts import CONTRACTS, Artifact
from deposit_token.chain.chain import Chain
from deposit_token.deployment.manifest import BankAddresses, Manifest
from deposit_token.errors import DepositTokenError, InputError
from deposit_token.values.fields import require_addresses
from tools.compiler import Compiler
from tools.standard_input import source_of, standard_input

FOLDER = Path("deployments")
"""Where the manifests are."""

OF_A_BANK = {
    "manager": "AccessManager",
    "timelock": "BankTimelock",
    "recovery": "RecoveryTimelock",
    "keeper": "RoleKeeper",
    "registry": "AllowlistRegistry",
    "policy": "CorridorPolicy",
    "implementation": "DepositToken",
    "extension": "DepositTokenExt",
}
"""The contract of each field of a bank in a manifest."""

RUNS = {"ERC1967Proxy": "DepositToken", "DepositToken": "DepositTokenExt"}
"""The contract whose code another one runs."""

IMPLEMENTATION_SLOT = int("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", 16)
"""Where a proxy keeps the address of its code (ERC-1967)."""

EXACT = "exact match"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.verify_sources")
    parser.add_argument("--rpc", required=True, metavar="URL", help="a node's JSON-RPC endpoint")
    parser.add_argument("contracts", nargs="*", metavar="CONTRACT=ADDRESS")
    options = parser.parse_args(arguments)
    try:
        chain = Chain.connect(options.rpc)
        places = [*named(options.contracts)] or [*manifest(chain)]
        return verify(chain, places)
    except DepositTokenError as error:
        print(error, file=sys.stderr)
        return 1


def named(pairs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Contract and address of each argument."""
    for pair in pairs:
        name, _, address = pair.partition("=")
        if name not in CONTRACTS:
            raise InputError("contract", pair, f"CONTRACT=ADDRESS, of {', '.join(CONTRACTS)}")
        require_addresses(**{name: address})
        yield name, address


def manifest(chain: Chain) -> Iterator[tuple[str, str]]:
    """Contract and address of each entry of the chain's manifest."""
    deployed = Manifest.read(FOLDER, chain)
    yield "SettlementEscrow", deployed.escrow
    for bank in deployed.banks.values():
        yield from contracts_of(bank)


def contracts_of(bank: BankAddresses) -> Iterator[tuple[str, str]]:
    """Contract and address of each contract of a bank's own."""
    for field, name in OF_A_BANK.items():
        yield name, getattr(bank, field)
    for token in bank.tokens.values():
        yield "ERC1967Proxy", token


def verify(chain: Chain, places: Iterable[tuple[str, str]]) -> int:
    """Print what each contract is; gives 1 if one is no exact match."""
    compiled: dict[str, Artifact] = {}
    verdicts: dict[tuple[str, str], str] = {}
    while places := [place for place in places if place not in verdicts]:
        codes = {
            (name, address): chain.web3.eth.get_code(Web3.to_checksum_address(address))
            for name, address in places
        }
        names = {name for (name, _), code in codes.items() if code}
        compiled |= compile_again(names - compiled.keys())
        for (name, address), code in codes.items():
            verdict = compare(compiled[name], code) if code else "no match: found no code"
            verdicts[name, address] = verdict
            print(f"{name} {address}: {verdict}")
        # What other code says of itself means nothing.
        places = [
            (RUNS[name], run_by(chain, name, address))
            for name, address in places
            if name in RUNS and verdicts[name, address] == EXACT
        ]
    differing = [verdict for verdict in verdicts.values() if verdict != EXACT]
    print(f"{len(verdicts)} contracts, {len(differing)} of them no exact match")
    return 1 if differing else 0


def run_by(chain: Chain, name: str, address: str) -> str:
    """The address of the contract whose code a proxy or an implementation runs."""
    contract = chain.contract(name, address)
    if name == "DepositToken":
        return str(chain.call(contract.functions.EXTENSION()))
    slot = chain.web3.eth.get_storage_at(contract.address, IMPLEMENTATION_SLOT)
    return Web3.to_checksum_address(slot[-20:])


def compile_again(names: set[str]) -> dict[str, Artifact]:
    """What the pinned compiler makes of the sources now."""
    if not names:
        return {}
    print(f"Compiling {', '.join(sorted(names))}", flush=True)
    with Compiler() as compiler:
        output = compiler.answer(standard_input(names))["contracts"]
    return {name: compiled(name, output[source_of(name)][name]) for name in names}


def compiled(name: str, output: dict[str, Any]) -> Artifact:
    """A contract in the compiler's output."""
    code, deployed = output["evm"]["bytecode"], output["evm"]["deployedBytecode"]
    return Artifact(
        name=name,
        abi=output["abi"],
        bytecode=bytes.fromhex(code["object"]),
        deployed=bytes.fromhex(deployed["object"]),
        immutables=tuple(
            tuple(slice(each["start"], each["start"] + each["length"]) for each in places)
            for places in deployed["immutableReferences"].values()
        ),
    )


def compare(expected: Artifact, code: bytes) -> str:
    """Whether a contract's runtime code is what its sources give, and if not, how far."""
    if expected.is_code(code):
        return EXACT
    (found, told), (accepted, wanted) = parts(code), parts(expected.deployed)
    if replace(expected, deployed=accepted).is_code(found):
        return f"match of the code, not of the metadata: found {told}, accepted is {wanted}"
    if len(found) != len(accepted):
        return f"no match: found {len(found)} bytes of code, accepted are {len(accepted)}"
    return "no match: found other code, as long as what is accepted"


def parts(code: bytes) -> tuple[bytes, str]:
    """The code itself, and the hash of the metadata, which the compiler has put behind it.

    What stands behind it is CBOR, and its length the last two bytes.
    """
    behind = min(int.from_bytes(code[-2:]) + 2, len(code))
    _, _, rest = code[-behind:].partition(b"dipfsX\x22")
    return code[:-behind], rest[:34].hex() or "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
