"""What is undone again: by a snapshot on anvil, and on geth by naming an earlier block the head."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deposit_token.chain.chain import Chain
from tests.nodes.jsonrpc import again, rpc

_FOLLOWED_WITHIN = 30.0


@contextmanager
def undone(chain: Chain) -> Iterator[Chain]:
    """The chain forgets what is done to it meanwhile; anvil's clock goes back too.

    What is sent meanwhile goes through the chain that this gives, and waits until it is mined.
    """
    on_geth = rpc(chain, "web3_clientVersion").startswith("Geth/")
    before = rpc(chain, "eth_blockNumber" if on_geth else "evm_snapshot")
    try:
        yield again(chain)
    finally:
        if on_geth:
            _rewind(chain, before)
        else:
            assert rpc(chain, "evm_revert", before)


def _rewind(chain: Chain, number: str) -> None:
    """Make the block of this number geth's head, and wait until its pool has followed."""
    above = range(int(number, 16) + 1, int(rpc(chain, "eth_blockNumber"), 16) + 1)
    blocks = [rpc(chain, "eth_getBlockByNumber", hex(each), True) for each in above]
    if blocks:
        rpc(chain, "debug_setHead", number)
    deadline = time.monotonic() + _FOLLOWED_WITHIN
    for sender in {sent["from"] for block in blocks for sent in block["transactions"]}:
        while _count(chain, sender, "pending") != _count(chain, sender, "latest"):
            assert time.monotonic() < deadline, f"the pool does not follow to block {number}"


def _count(chain: Chain, address: str, block: str) -> str:
    return str(rpc(chain, "eth_getTransactionCount", address, block))
