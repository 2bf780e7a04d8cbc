"""geth: alone with `--dev`, or without a consensus layer, which `tests.nodes.consensus` stands in
for."""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3

from tests.nodes.jsonrpc import result
from tests.nodes.programs import CACHE, ROOT, Program, running

VERSION = "1.17.10"
"""Of the geth that is built where there is none."""

CHAIN_ID = 4_177
"""Of a chain without `--dev`."""

DEVELOPMENT = 1_337
"""Of one whose keys everybody may have, as with `--dev`."""

MISSING = "neither geth nor Go (1.25 or later) is on PATH"

_BUILT = CACHE / f"geth-{VERSION}" / "geth"
_MODULE = "github.com/ethereum/go-ethereum/cmd/geth"
_ENDOWMENT = hex(10**24)
_GAS_LIMIT = 30_000_000
_SERVED = r"HTTP server started +endpoint=(127\.0\.0\.1:\d+) auth="


def find_geth() -> Path | None:
    """The geth on PATH, or else one that Go builds the first time, if there is Go on PATH."""
    found = shutil.which("geth")
    if found is not None:
        return Path(found)
    go = shutil.which("go")
    if not _BUILT.exists() and go is not None:
        print(f"Go builds geth {VERSION} into {_BUILT.parent.relative_to(ROOT)}", flush=True)
        subprocess.run(
            [go, "install", "-trimpath", "-ldflags=-s -w", f"{_MODULE}@v{VERSION}"],
            env={**os.environ, "GOBIN": str(_BUILT.parent)},
            check=True,
        )
    return _BUILT if _BUILT.exists() else None


@contextmanager
def run_geth_dev(program: Path, folder: Path, endowed: Iterable[str]) -> Iterator[str]:
    """The URL of a new chain that mines by itself, on a free port of the loopback interface.

    Its data are in `folder`; its developer gives ether to the addresses that are to have some.
    Where transactions follow each other fast, it mines a block without any now and then.
    """
    gas_limit = f"--dev.gaslimit={_GAS_LIMIT}"
    with running(program, "--dev", gas_limit, *_options(folder)) as geth:
        url = f"http://{geth.printed(_SERVED + 'false')[1]}"
        (developer,) = result(url, "eth_accounts")
        gift = {"from": developer, "value": _ENDOWMENT}
        # Their numbers are given: geth gives one twice where it mines meanwhile.
        sent = [
            result(url, "eth_sendTransaction", {**gift, "to": to, "nonce": hex(number)})
            for number, to in enumerate(endowed)
        ]
        for each in sent:
            Web3(HTTPProvider(url)).eth.wait_for_transaction_receipt(each, poll_latency=0.01)
        yield url


@dataclass(frozen=True)
class Geth:
    """A node that has no peers, and mines nothing by itself."""

    url: str
    engine: str
    """The URL of its Engine API, which the consensus layer alone may use."""
    secret: bytes
    """What those who use that show they know."""
    program: Program


def genesis(program: Path, endowed: Iterable[str], chain_id: int = CHAIN_ID) -> dict[str, Any]:
    """Block 0 of a chain with the rules of Osaka, in which these addresses have ether.

    The contracts that the protocol itself calls are those of `--dev`.
    """
    printed = subprocess.run([program, "--dev", "dumpgenesis"], capture_output=True, check=True)
    block: dict[str, Any] = json.loads(printed.stdout)
    block["config"] |= {"chainId": chain_id}
    block["config"].pop("bogotaTime", None)
    block["gasLimit"] = hex(_GAS_LIMIT)
    block["alloc"] |= {address: {"balance": _ENDOWMENT} for address in endowed}
    return block


@contextmanager
def run_geth(program: Path, folder: Path, block: dict[str, Any], *options: str) -> Iterator[Geth]:
    """A node on free ports of the loopback interface whose chain starts with this block 0.

    Its data are in `folder`, which is made.
    """
    folder.mkdir()
    secret = secrets.token_bytes(32)
    known = folder / "secret"
    known.write_text(secret.hex())
    first = folder / "genesis.json"
    first.write_text(json.dumps(block))
    alone = ["--port=0", "--nodiscover", "--maxpeers=0", "--syncmode=full"]
    given = [f"--override.genesis={first}", f"--authrpc.jwtsecret={known}", "--authrpc.port=0"]
    with running(program, *given, *alone, *_options(folder, "testing"), *options) as geth:
        url, engine = (f"http://{geth.printed(_SERVED + auth)[1]}" for auth in ("false", "true"))
        yield Geth(url, engine, secret, geth)


def _options(folder: Path, *apis: str) -> list[str]:
    served = ",".join(["eth", "net", "web3", "txpool", "debug", *apis])
    serve = ["--http", "--http.port=0", f"--http.api={served}"]
    return [f"--datadir={folder}", "--ipcdisable", "--cache=64", *serve]


if __name__ == "__main__":
    print("geth:", find_geth() or MISSING)
