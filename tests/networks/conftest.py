"""Real nodes, each with a chain of its own on which the scene's people have ether.

A node that can't be had is skipped with a line that says why.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from deposit_token.chain.chain import Chain
from tests.nodes.consensus import Consensus
from tests.nodes.geth import Geth, genesis, run_geth, run_geth_dev
from tests.nodes.hardhat import find_hardhat, run_hardhat
from tests.nodes.programs import found
from tests.scene import everybody

NETWORKS = ["anvil", "hardhat-2", "hardhat-3", "geth-dev", "geth-trio"]


def pytest_itemcollected(item):
    item.add_marker("nodes")


@pytest.fixture(scope="session", params=NETWORKS)
def network(request, tmp_path_factory, start_anvil) -> Iterator[str]:
    """The URL of a chain that mines what it is sent, of each kind of node in turn."""
    folder = tmp_path_factory.mktemp("network")
    addresses = [key.address for key in everybody()]
    with ExitStack() as nodes:
        match request.param:
            case "anvil":
                yield nodes.enter_context(start_anvil())
            case "hardhat-2" | "hardhat-3":
                missing = f"{request.param}: `make test-nodes` installs it"
                project = found(find_hardhat(int(request.param[-1])), missing)
                yield nodes.enter_context(run_hardhat(project, addresses))
            case "geth-dev":
                program = request.getfixturevalue("geth")
                yield nodes.enter_context(run_geth_dev(program, folder, addresses))
            case "geth-trio":
                program = request.getfixturevalue("geth")
                trio = nodes.enter_context(run_trio(program, folder))
                nodes.enter_context(Consensus().mining(*trio))
                yield trio[0].url


@pytest.fixture
def node_chain(network) -> Chain:
    """The chain of each kind of node in turn."""
    return Chain.connect(network)


@contextmanager
def run_trio(program: Path, folder: Path) -> Iterator[list[Geth]]:
    block = genesis(program, [key.address for key in everybody()])
    with ExitStack() as nodes:
        yield [
            nodes.enter_context(run_geth(program, folder / name, block))
            for name in ("first", "second", "third")
        ]


@pytest.fixture(scope="module")
def three(geth, tmp_path_factory) -> Iterator[tuple[Consensus, list[Geth]]]:
    """Three nodes for the tests of a module, and their consensus layer."""
    with run_trio(geth, tmp_path_factory.mktemp("trio")) as nodes:
        yield Consensus(), nodes


@pytest.fixture
def consensus(three) -> Consensus:
    return three[0]


@pytest.fixture
def trio(three) -> list[Geth]:
    """Three nodes that don't know each other, and have the same head."""
    consensus, nodes = three
    consensus.extend(*nodes)
    return nodes
