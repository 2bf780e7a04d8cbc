"""The chain's clock, set to the times of the orders."""

from deposit_token.chain import Chain
from deposit_token.errors import ChainError


class Clock:
    """Sets the time of a development chain; times are Unix seconds and only ever move forward."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._now = chain.now()

    def advance_to(self, moment: int) -> None:
        """Mine a block at `moment`, unless the chain is past it already.

        Raises ChainError if the chain's clock can't be set.
        """
        if moment <= self._now:
            return
        for method, arguments in (("evm_setNextBlockTimestamp", [moment]), ("evm_mine", [])):
            answer = self._chain.web3.provider.make_request(method, arguments)  # type: ignore[arg-type]
            if "error" in answer:
                raise ChainError(
                    f"RPC endpoint: found a chain that refuses {method}, accepted is a development chain "
                    "such as anvil, whose time can follow the orders."
                )
        self._now = moment
