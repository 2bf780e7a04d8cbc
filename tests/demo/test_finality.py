"""When a block is final for the demo, which one place decides."""

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import Depth, NetworkProfile
from deposit_token.demo.finality import DEPTH, Finality, with_finality
from deposit_token.devchain.clock import Clock
from tests.nodes import Proxy, rpc, served

NO_SUCH_METHOD = {"error": {"code": -32601, "message": "Method not found"}}


@pytest.fixture
def of_own(anvil_url):
    """A node whose clock can't be set, and which mines for transactions alone, as `geth --dev`."""
    proxy = Proxy(anvil_url)
    proxy.answers["evm_increaseTime"] = lambda ask: NO_SUCH_METHOD
    with served(proxy) as url:
        yield url


def finality(url, **said):
    return with_finality(Chain.connect(NetworkProfile(url=url, **said))).profile.finality


def test_chain_that_mines_when_told_has_a_depth(anvil_url):
    assert DEPTH > 10
    assert finality(anvil_url) == Depth(depth=DEPTH)


def test_chain_that_does_not_is_final_at_once(of_own):
    assert finality(of_own) == "at once"


@pytest.mark.parametrize("said", ["at once", "finalized", Depth(depth=3)])
def test_profile_s_own_is_kept(anvil_url, of_own, said):
    assert [finality(each, finality=said) for each in (anvil_url, of_own)] == [said] * 2


@pytest.mark.parametrize("said", [{}, {"finality": "finalized"}, {"finality": "at once"}])
def test_what_is_missing_is_mined_and_takes_no_time(anvil_url, said):
    chain = with_finality(Chain.connect(NetworkProfile(url=anvil_url, **said)))
    clock = Clock(chain)
    rpc(chain, "evm_mine")
    head, now = chain.web3.eth.block_number, chain.now()
    Finality(chain, clock).wait()
    assert chain.last_final_block() >= head
    assert chain.now() - now <= 60
