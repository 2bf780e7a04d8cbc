"""anvil: a development chain whose clock and state a test may move."""

from collections.abc import Iterator
from contextlib import contextmanager

from deposit_token.chain.chain import Chain
from deposit_token.devchain.anvil import HARDFORK
from tests.nodes.jsonrpc import again, rpc
from tests.nodes.programs import running


@contextmanager
def run_anvil(*options: str, hardfork: str = HARDFORK) -> Iterator[str]:
    """The URL of a new chain on a free port of the loopback interface, stopped afterwards."""
    with running("anvil", "--port", "0", "--hardfork", hardfork, *options) as anvil:
        listening = anvil.printed(r"Listening on (127\.0\.0\.1:\d+)")
        yield f"http://{listening[1]}"


@contextmanager
def undone(chain: Chain) -> Iterator[Chain]:
    """The chain forgets what is done to it meanwhile, and its clock goes back.

    What is sent meanwhile goes through the chain that this gives, and waits until it is mined.
    """
    snapshot = rpc(chain, "evm_snapshot")
    try:
        yield again(chain)
    finally:
        assert rpc(chain, "evm_revert", snapshot)


def advance(chain: Chain, moment: int) -> None:
    """Mine a block of that moment, Unix seconds."""
    rpc(chain, "evm_setNextBlockTimestamp", moment)
    rpc(chain, "evm_mine")
