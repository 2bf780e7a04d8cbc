"""The clock of a development chain, which is set, and its blocks, which are mined, when told."""

from functools import cached_property
from typing import Any

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
        """Whether it can be set, and blocks be mined, as on anvil and Hardhat: asks the node to
        move it by nothing."""
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
        if moment > self.now:
            self._tell("evm_setNextBlockTimestamp", [moment])

    @checked
    def mine(self, blocks: Uint64) -> None:
        """Mine so many blocks, with as little time in between as the chain allows.

        Raises Unsupported if the chain mines none when told.
        """
        # Of many at once Hardhat makes up those in the middle, which are no chain of hashes.
        for _ in range(blocks):
            self._tell("hardhat_mine", ["0x1", "0x0"])

    def _tell(self, method: str, parameters: list[Any]) -> None:
        try:
            self._chain.web3.provider.make_request(RPCEndpoint(method), parameters)
        except (NodeError, Unsupported) as error:
            raise Unsupported(
                f"RPC endpoint: found a chain that refuses {method} ({error}), accepted is a "
                "development chain such as anvil, whose time can be set."
            ) from None
