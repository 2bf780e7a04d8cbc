"""Chains with banks on them, for the tests of one module each."""

from contextlib import ExitStack, closing
from types import SimpleNamespace

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.protocol.redemption import Redemptions
from deposit_token.store.memory import MemoryStore
from deposit_token.store.sql import SqlStore
from tests.conftest import on_geth
from tests.databases import MISSING, POSTGRESQL, find_postgresql, run_postgresql
from tests.library.shop import Shop
from tests.nodes.programs import found
from tests.scene import DAY, deploy, rhein_bank, victoria_bank


@pytest.fixture(scope="session")
def postgresql():
    with run_postgresql(found(find_postgresql(), MISSING)) as server:
        yield server


@pytest.fixture
def connect():
    """Opens the store at an address, as often as asked, and closes all at the end."""
    with ExitStack() as opened:
        yield lambda url: opened.enter_context(closing(SqlStore.connect(url)))


@pytest.fixture(params=["memory", "sqlite", POSTGRESQL])
def store(request, tmp_path):
    """A new store, in each of its forms."""
    if request.param == "memory":
        yield MemoryStore()
        return
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql").new()
    store = SqlStore.connect(url)
    yield store
    store.close()


@pytest.fixture(scope="module")
def deployed(node_url):
    """The escrow's address and both banks, on the module's chain before any test."""
    return deploy(Chain.connect(node_url), rhein_bank(), victoria_bank())


@pytest.fixture(scope="session")
def opened(start_anvil):
    """A shop that takes seconds to open: what a module does there is undone again."""
    with start_anvil() as url:
        yield Shop.open(Chain.connect(url))


@pytest.fixture(scope="module")
def shop(request, node_url):
    """Two banks, the escrow, and new customers for every test."""
    if on_geth(request.config):
        yield Shop.open(Chain.connect(node_url))
        return
    with request.getfixturevalue("opened").undone() as shop:
        yield shop


@pytest.fixture(scope="module")
def world(shop):
    """A chain with banks, and what callers have at hand there."""
    return SimpleNamespace(
        chain=shop.chain,
        settlement=shop.settlement,
        redemptions=Redemptions(shop.chain, shop.eur),
        eur=shop.eur,
        escrow=shop.settlement.address,
        bank=shop.rhein.at,
    )


@pytest.fixture
def lapsed(shop):
    """An authorized payment whose merchant's review has lapsed, until the test is over."""
    _, payment = shop.sold()
    end = shop.now + DAY
    shop.renew_merchant(end)
    shop.wait_until(end)
    yield payment
    shop.renew_merchant()


@pytest.fixture
def settlement(shop):
    return shop.settlement


@pytest.fixture
def eur(shop):
    return shop.eur


@pytest.fixture
def hkd(shop):
    return shop.hkd
