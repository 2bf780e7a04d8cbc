"""Hardhat's own node, of two generations that differ in how they tell why a contract refused."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.nodes.jsonrpc import result
from tests.nodes.programs import CACHE, running

_ENDOWMENT = hex(10**24)


def find_hardhat(generation: int) -> Path | None:
    """The folder of its project, 2 or 3, if `make test-nodes` has installed it."""
    project = CACHE / f"hardhat-{generation}"
    return project if (project / ".done").exists() else None


@contextmanager
def run_hardhat(project: Path, endowed: Iterable[str]) -> Iterator[str]:
    """The URL of a new chain where these addresses have ether, on a free port of the loopback
    interface, stopped afterwards."""
    program = project / "node_modules" / ".bin" / "hardhat"
    listen = ["--hostname", "127.0.0.1", "--port", "0"]
    with running(program, "node", *listen, folder=project) as hardhat:
        url = hardhat.printed(r"JSON-RPC server at (http://127\.0\.0\.1:\d+)")[1]
        for address in endowed:
            result(url, "hardhat_setBalance", address, _ENDOWMENT)
        yield url
