"""What the Python tests share: deterministic examples and real chains, each a fresh anvil.

Fixtures keep clear of the names that Ape's pytest plugin has, such as `chain` and `accounts`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import settings

from deposit_token.chain.chain import Chain
from tests.nodes import run_anvil, undone
from tests.scene import endow, everybody

# Seeds repeat a failure; the blob that Hypothesis prints in CI besides is no part of a script.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("repeatable")

collect_ignore = ["solidity"]
"""Foundry's, and halmos'."""


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


@pytest.fixture
def local_chain(anvil_url: str) -> Iterator[Chain]:
    """The module's chain, as if no other test had used it."""
    with undone(Chain.connect(anvil_url)) as chain:
        yield chain
