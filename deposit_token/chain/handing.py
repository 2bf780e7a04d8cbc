"""Giving signed transactions to a node while others are signed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from deposit_token.errors import DepositTokenError
from deposit_token.store.records import Transaction

if TYPE_CHECKING:
    from web3.types import RPCEndpoint

    from deposit_token.chain.endpoint import Endpoint

_SEND = cast("RPCEndpoint", "eth_sendRawTransaction")
_CONNECTIONS = 4
_AT_ONCE = 50
"""Transactions that one request has."""


class Handing(AbstractContextManager["Handing"]):
    """Gives transactions to a node over several connections, in their order as they are begun.

    Once one request fails as a whole, no other is begun. Those that were begun are over when this
    is.
    """

    def __init__(self, endpoint: "Endpoint") -> None:
        self._endpoint = endpoint
        self._pool = ThreadPoolExecutor(_CONNECTIONS)
        self._given: list[tuple[Sequence[Transaction], Future[list[Any]]]] = []
        self.failed: DepositTokenError | None = None
        """Why one was not answered."""

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def give(self, transactions: Sequence[Transaction]) -> None:
        """Have the node asked to take these, and return at once."""
        for first in range(0, len(transactions), _AT_ONCE):
            some = transactions[first : first + _AT_ONCE]
            self._given.append((some, self._pool.submit(self._ask, some)))

    def answers(self) -> Iterator[tuple[Transaction, Any]]:
        """What the node has answered to each that it was asked to take, told once; waits for it."""
        given, self._given = self._given, []
        for some, answered in given:
            yield from zip(some, answered.result(), strict=False)

    def _ask(self, transactions: Sequence[Transaction]) -> list[Any]:
        if self.failed is not None:
            return []
        try:
            raw = [[f"0x{each.raw.hex()}"] for each in transactions]
            return self._endpoint.try_each(_SEND, raw)
        except DepositTokenError as error:
            self.failed = error
            return []
