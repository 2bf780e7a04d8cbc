"""When a block is final for the demo, and how it waits until one is."""

import time

from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import Depth
from deposit_token.devchain.clock import Clock

DEPTH = 12
"""Blocks that a chain that mines when told has above a final one."""

_FIRST_PAUSE = 0.001
"""Seconds between the first two looks, doubled each time."""


def with_finality(chain: Chain) -> Chain:
    """The chain with the finality of its profile, or if that names none with one that it comes to.

    Development chains mine for a transaction alone, so that the last ones would never be final by
    the tag `finalized`, nor by a depth unless the chain mines when told.
    """
    if "finality" in chain.profile.model_fields_set:
        return chain
    finality = Depth(depth=DEPTH) if Clock(chain).settable else "at once"
    profile = chain.profile.model_copy(update={"finality": finality})
    return Chain(chain.web3, chain.chain_id, chain.genesis_hash, profile)


class Finality:
    """Waits until what a chain has is final, and mines what is missing where it mines when told."""

    def __init__(self, chain: Chain, clock: Clock) -> None:
        self._chain = chain
        self._clock = clock

    def is_quiet(self) -> bool:
        """Whether the blocks that are not final have no transactions."""
        eth, final = self._chain.web3.eth, max(self._chain.last_final_block(), 0)
        above = range(final + 1, eth.block_number + 1)
        return not any(eth.get_block_transaction_count(each) for each in above)

    def wait(self) -> None:
        """Wait until the latest block is final."""
        head = self._chain.web3.eth.block_number
        pause = _FIRST_PAUSE
        while (missing := head - self._chain.last_final_block()) > 0:
            if self._clock.settable:
                self._clock.mine(missing)
                continue
            time.sleep(pause)
            pause = min(2 * pause, self._chain.profile.poll_milliseconds / 1_000)
