"""anvil: a development chain whose clock and state a test may move."""

from collections.abc import Iterator
from contextlib import contextmanager

from deposit_token.chain.chain import Chain
from deposit_token.devchain.anvil import HARDFORK
from tests.nodes.jsonrpc import rpc
from tests.nodes.programs import running


@contextmanager
def run_anvil(*options: str, hardfork: str = HARDFORK) -> Iterator[str]:
    """The URL of a new chain on a free port of the loopback interface, stopped afterwards."""
    with running("anvil", "--port", "0", "--hardfork", hardfork, *options) as anvil:
        listening = anvil.printed(r"Listening on (127\.0\.0\.1:\d+)")
        yield f"http://{listening[1]}"


def advance(chain: Chain, moment: int) -> None:
    """Mine a block of that moment, Unix seconds."""
    rpc(chain, "evm_setNextBlockTimestamp", moment)
    rpc(chain, "evm_mine")
