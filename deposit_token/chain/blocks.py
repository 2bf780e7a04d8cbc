"""The latest blocks of a chain, by their hashes, followed from round to round."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from deposit_token.errors import BrokenAnswer, Unsupported

if TYPE_CHECKING:
    from web3.types import RPCEndpoint

    from deposit_token.chain.endpoint import Endpoint

_AT_ONCE = 200
"""Blocks that one call of `follow` takes up at most."""

_BY_NUMBER = cast("RPCEndpoint", "eth_getBlockByNumber")


@dataclass(frozen=True)
class Block:
    """A block, and the hashes of what is in it; hashes are 0x and 64 hex digits in small
    letters."""

    number: int
    hash: str
    parent: str
    time: int
    """UTC, Unix seconds."""
    transactions: frozenset[str]


class Blocks:
    """The blocks of a chain from a final one on, each the parent of the next.

    Where a reorganisation has dropped some, they are forgotten back to the fork.
    """

    def __init__(self, endpoint: "Endpoint", first: int) -> None:
        self._endpoint = endpoint
        self._first = first
        """The number of a block that is final."""
        self._blocks: list[Block] = []

    @property
    def last(self) -> int:
        """The number of the last block that was taken up; that before the first if none was."""
        return self._blocks[-1].number if self._blocks else self._first - 1

    def follow(self, head: int) -> None:
        """Take up the blocks until this number, or as many of them as one call may.

        Raises an error of the endpoint's, and Unsupported if a block is gone that was final.
        """
        while len(self._blocks) > 1 and self.last > head:
            self._blocks.pop()
        while not self._joined(head):
            self._blocks.pop()
            if not self._blocks:
                raise Unsupported(
                    f"finality: found block {self._first} undone, which was final, accepted is a "
                    "profile whose finality the chain keeps."
                )

    def forget(self, number: int) -> None:
        """Forget what is before the block of this number, which is final."""
        self._blocks = [each for each in self._blocks if each.number >= number]
        self._first = max(self._first, number)

    def having(self, hashes: Iterable[str]) -> Mapping[str, Block]:
        """The block of each of these transactions, of those that are in one."""
        wanted = frozenset(hashes)
        return {found: each for each in self._blocks for found in wanted & each.transactions}

    def _joined(self, head: int) -> bool:
        """Whether the last block is still on the chain; then those after it are taken up too."""
        first = max(self.last, self._first)
        numbers = range(first, min(head, first + _AT_ONCE) + 1)
        for told in self._endpoint.ask_each(_BY_NUMBER, [[hex(each), False] for each in numbers]):
            block = _block(told)
            if not self._blocks or block.parent == self._blocks[-1].hash:
                self._blocks.append(block)
            elif block.hash != self._blocks[-1].hash:
                # What was taken up meanwhile is looked at again next time.
                return block.number > first
        return True


def _block(told: Mapping[str, Any]) -> Block:
    """A block as a node tells it, of which `answers` has looked at each field that is there."""
    for field in ("parentHash", "transactions"):
        if field not in told:
            raise BrokenAnswer(f"block {told['hash']}: found no {field}, accepted is one with it.")
    return Block(
        number=int(told["number"], 16),
        hash=told["hash"].lower(),
        parent=told["parentHash"].lower(),
        time=int(told["timestamp"], 16),
        transactions=frozenset(str(each).lower() for each in told["transactions"]),
    )
