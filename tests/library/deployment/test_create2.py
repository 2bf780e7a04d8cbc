"""Creating contracts where the canonical deployer is on its way."""

import threading

import pytest
from eth_utils import keccak

from deposit_token.chain import chain as chain_module
from deposit_token.chain.chain import Chain
from deposit_token.deployment import create2
from deposit_token.deployment.create2 import CANONICAL_DEPLOYER, Creation, create
from deposit_token.errors import Unsure
from tests.nodes import Proxy, result, rpc, served
from tests.scene import SET_UP

SIGNED = create2._DEPLOYER_TRANSACTION
CREATOR = create2._DEPLOYER_CREATOR
MANAGER = Creation.of("AccessManager", bytes(32), SET_UP.address)


@pytest.fixture
def node(start_anvil):
    """A proxy of a chain without the deployer that mines when it is told to, where the transaction
    that creates it waits in the pool."""
    with start_anvil("--disable-default-create2-deployer", "--no-mining") as url:
        result(url, "anvil_setBalance", CREATOR, hex(10**18))
        result(url, "eth_sendRawTransaction", SIGNED)
        yield Proxy(url)


def test_what_is_in_the_pool_is_waited_for(node):
    """The node mines once the deployment has looked for the receipt of what waits there."""
    chain = Chain.connect(node.node)
    looked = threading.Event()

    def look(ask):
        looked.set()
        return ask()

    def mine():
        assert looked.wait(60)
        rpc(chain, "anvil_setAutomine", True)
        rpc(chain, "evm_mine")

    node.answers["eth_getTransactionReceipt"] = look
    miner = threading.Thread(target=mine)
    with served(node) as url:
        miner.start()
        try:
            create(Chain.connect(url), SET_UP, MANAGER)
        finally:
            miner.join()
    assert chain.has_code(CANONICAL_DEPLOYER)
    assert chain.has_code(MANAGER.address)
    assert len(node.asked("eth_sendRawTransaction")) == 2  # the deployer's once more, and ours


def test_what_stays_in_the_pool_is_named(node, monkeypatch):
    monkeypatch.setattr(chain_module, "RECEIPT_TIMEOUT", 0)
    with pytest.raises(Unsure) as failure:
        create(Chain.connect(node.node), SET_UP, MANAGER)
    assert failure.value.hashes == (f"0x{keccak(hexstr=SIGNED).hex()}",)
    assert str(failure.value).startswith("canonical deployer: not mined within 0 s. Transaction 0x")
