"""The chain's clock, set to the times of the orders where it can be."""

from functools import cached_property

from web3.types import RPCEndpoint

from deposit_token.chain.chain import Chain
from deposit_token.errors import NodeError, Unsupported
from deposit_token.values.fields import Uint64, checked


class Clock:
    """Sets the time of a development chain; times are Unix seconds and only ever move forward."""

    @checked
    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    @cached_property
    def settable(self) -> bool:
        """Whether it can be set, as anvil's and Hardhat's: asks the node to move it by nothing."""
        try:
            self._chain.web3.provider.make_request(RPCEndpoint("evm_increaseTime"), [0])
        except Unsupported:
            return False
        return True

    @property
    def now(self) -> int:
        """Unix seconds of the next block: a development chain's time goes on between two."""
        return int(self._chain.web3.eth.get_block("pending")["timestamp"])

    @checked
    def advance_to(self, moment: Uint64) -> None:
        """Let the next block be of `moment`, unless the chain is past it already.

        Raises Unsupported if the chain's clock can't be set.
        """
        if moment <= self.now:
            return
        method = RPCEndpoint("evm_setNextBlockTimestamp")
        try:
            self._chain.web3.provider.make_request(method, [moment])
        except (NodeError, Unsupported) as error:
            raise Unsupported(
                f"RPC endpoint: found a chain that refuses {method} ({error}), accepted is a "
                "development chain such as anvil, whose time can be set."
            ) from None
