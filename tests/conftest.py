"""What the Python tests share: deterministic examples and real chains, each of a fresh node.

Fixtures keep clear of the names that Ape's pytest plugin has, such as `chain` and `accounts`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from deposit_token.chain.chain import Chain
from deposit_token.devchain.keys import funder
from tests.nodes import run_anvil, undone
from tests.nodes.consensus import Consensus
from tests.nodes.geth import DEVELOPMENT, MISSING, find_geth, genesis, run_geth
from tests.nodes.programs import found
from tests.scene import endow, everybody

# Seeds repeat a failure; the blob that Hypothesis prints in CI besides is no part of a script.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("repeatable")

collect_ignore = ["solidity"]
"""Foundry's, and halmos'."""


ANVILS_OWN = {"anvil_url", "start_anvil", "lapsed"}
"""Fixtures of what no other node has."""

FORGETFUL = ["--history.logs.disable", "--txpool.nolocals"]
"""What a geth needs that is to forget what it has mined: else its index of events still has what
was undone, and once a minute it sends again what it was given and finds in no block any more."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("nodes").addoption(
        "--node",
        choices=["anvil", "geth"],
        default="anvil",
        help="what the module's chain runs on; on geth what needs anvil is left out",
    )


def on_geth(config: pytest.Config) -> bool:
    return config.getoption("--node", "anvil") == "geth"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def runs_on_geth(item: pytest.Item) -> bool:
        if item.get_closest_marker("nodes") is not None:
            return True
        fixtures = set(getattr(item, "fixturenames", ()))
        return (
            "node_url" in fixtures
            and not fixtures & ANVILS_OWN
            and item.get_closest_marker("anvil") is None
        )

    if on_geth(config):
        config.hook.pytest_deselected(items=[item for item in items if not runs_on_geth(item)])
        items[:] = filter(runs_on_geth, items)


@pytest.fixture(scope="session")
def geth() -> Path:
    return found(find_geth(), MISSING)


@contextmanager
def start(*options: str, **terms: str) -> Iterator[str]:
    with run_anvil(*options, **terms) as url:
        endow(url, everybody())
        yield url


@pytest.fixture(scope="session")
def start_anvil() -> Callable[..., AbstractContextManager[str]]:
    """Starts anvil with further options: `with start_anvil("--no-mining") as url`."""
    return start


@pytest.fixture(scope="module")
def anvil_url() -> Iterator[str]:
    """One chain for the tests of a module; see `local_chain`."""
    with start() as url:
        yield url


@pytest.fixture(scope="module")
def node_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same on the node that `--node` names."""
    if not on_geth(request.config):
        yield request.getfixturevalue("anvil_url")
        return
    program = request.getfixturevalue("geth")
    folder = request.getfixturevalue("tmp_path_factory").mktemp("geth")
    endowed = [key.address for key in [*everybody(), funder()]]
    block = genesis(program, endowed, DEVELOPMENT)
    # Some tests give the least tip there is.
    options = [*FORGETFUL, "--miner.gasprice=1"]
    with (
        run_geth(program, folder / "node", block, *options) as node,
        Consensus().mining_at_once(node) as url,
    ):
        yield url


@pytest.fixture
def local_chain(node_url: str) -> Iterator[Chain]:
    """The module's chain, as if no other test had used it."""
    with undone(Chain.connect(node_url)) as chain:
        yield chain
