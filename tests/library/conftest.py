"""Chains with banks on them, for the tests of one module each."""

from types import SimpleNamespace

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.protocol.redemption import Redemptions
from tests.library.shop import Shop
from tests.scene import DAY, deploy, rhein_bank, victoria_bank


@pytest.fixture(scope="module")
def deployed(node_url):
    """The escrow's address and both banks, on the module's chain before any test."""
    return deploy(Chain.connect(node_url), rhein_bank(), victoria_bank())


@pytest.fixture(scope="module")
def shop(node_url):
    """Two banks, the escrow, and new customers for every test."""
    return Shop.open(Chain.connect(node_url))


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
