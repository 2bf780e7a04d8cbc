"""What is undone again: by a snapshot on anvil, and on geth by naming an earlier block the head."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from deposit_token.chain.chain import Chain
from tests.nodes.jsonrpc import again, rpc

_FOLLOWED_WITHIN = 30.0


@contextmanager
def undone(chain: Chain) -> Iterator[Chain]:
    """The chain forgets what is done to it meanwhile; anvil's clock goes back too.

    What is sent meanwhile goes through the chain that this gives, and waits until it is mined.
    """
    on_geth = rpc(chain, "web3_clientVersion").startswith("Geth/")
    before = _head(chain) if on_geth else rpc(chain, "evm_snapshot")
    try:
        yield again(chain)
    finally:
        if on_geth:
            _rewind(chain, before)
        else:
            assert rpc(chain, "evm_revert", before)


def _rewind(chain: Chain, before: dict[str, Any]) -> None:
    """Make this block geth's head again, and wait until its pool has followed and is empty."""
    above = range(int(before["number"], 16) + 1, int(_head(chain)["number"], 16) + 1)
    blocks = [rpc(chain, "eth_getBlockByNumber", hex(each), True) for each in above]
    if blocks:
        rpc(chain, "debug_setHead", before["number"])
    assert _head(chain)["hash"] == before["hash"]
    senders = {sent["from"] for block in blocks for sent in block["transactions"]}
    deadline = time.monotonic() + _FOLLOWED_WITHIN
    while not _followed(chain, senders):
        assert time.monotonic() < deadline, f"the pool does not follow to block {before['number']}"


def _head(chain: Chain) -> dict[str, Any]:
    found: dict[str, Any] = rpc(chain, "eth_getBlockByNumber", "latest", False)
    return found


def _followed(chain: Chain, senders: Iterable[str]) -> bool:
    """Whether nothing waits in the pool, and it gives the numbers of these after the head's."""
    waiting = rpc(chain, "txpool_status")
    return {*waiting.values()} == {"0x0"} and all(
        _count(chain, each, "pending") == _count(chain, each, "latest") for each in senders
    )


def _count(chain: Chain, address: str, block: str) -> str:
    return str(rpc(chain, "eth_getTransactionCount", address, block))
