"""A projection: what an escrow's and a token's events add up to, kept with how far they were read.

Each method is one database transaction: done as a whole or not at all.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

KEPT = 64
"""Checkpoints of a contract that are kept: a reorganisation that goes back further than the oldest
has its events read from the first on."""

OPENINGS = ("PaymentAuthorized", "PaymentCharged")
"""The events with which payments begin."""

TRANSFER = "Transfer"
"""The event that names the accounts whose balances it changes."""


class Checkpoint(NamedTuple):
    """A block until which events were read, itself included."""

    number: int
    hash: str
    """0x and 64 hex digits in small letters."""


class EscrowEvent(NamedTuple):
    """An event that moves what an escrow has; amounts in minor units, addresses of 20 bytes.

    One of a payment has the tokens of its terms; one of an inventory or a claimable has its token
    and amount as the source's.
    """

    block: int
    log_index: int
    event: str
    """Its name in Solidity."""
    payment: bytes
    """Its id; empty for none."""
    source_token: bytes
    target_token: bytes
    source_amount: int
    target_amount: int
    source_returned: int
    """What went back to the payer, or stayed with it."""
    target_returned: int
    """What went back to the dealer."""


class TokenEvent(NamedTuple):
    """An event that moves a token; the amount in minor units, addresses of 20 bytes.

    Only a `Transfer` names accounts; all others come beside one.
    """

    block: int
    log_index: int
    event: str
    """Its name in Solidity."""
    sender: bytes
    receiver: bytes
    amount: int


Row = EscrowEvent | TokenEvent
Sums = Mapping[tuple[bytes, str], int]
"""Minor units by token and by what they are, such as `held`."""
AddUp = Callable[[Iterable[Row]], Sums]
"""What events come to, together."""


class Projection(Protocol):
    """The events of contracts of one chain, and what they add up to.

    It survives whoever uses it. Any number of processes may bring it up to date at a time: what one
    has read after a checkpoint is kept only if that is still the last.
    """

    def bind(self, chain_id: int, genesis_hash: str) -> None:
        """Keep for good which chain this is the projection of.

        Raises WrongChain if it is that of another.
        """

    def checkpoints(self, contract: str) -> Sequence[Checkpoint]:
        """Until where the events of a contract were read, the last first; at most `KEPT`."""

    def keep(
        self,
        contract: str,
        after: Checkpoint | None,
        until: Checkpoint,
        rows: Sequence[Row],
        add_up: AddUp,
    ) -> bool:
        """Keep the events from one checkpoint to the next; whether the first still was the last."""

    def roll_back(
        self, contract: str, after: Checkpoint, to: Checkpoint | None, add_up: AddUp
    ) -> bool:
        """Forget the events after a checkpoint, without one all; whether `after` still was the
        last."""

    def sums(self, contract: str, at: Checkpoint, tokens: Iterable[bytes]) -> Sums | None:
        """What all its events add up to of these tokens; None if `at` is not the last
        checkpoint."""

    def opened(self, contract: str, payments: Iterable[bytes]) -> Mapping[bytes, EscrowEvent]:
        """The events with which these payments began, by their ids, of those that are there."""

    def unasked(self, contract: str) -> Sequence[bytes]:
        """The accounts whose balances may have changed since they were kept."""

    def keep_balances(
        self, contract: str, at: Checkpoint, balances: Mapping[bytes, int]
    ) -> int | None:
        """Keep the balances of all that were `unasked`; gives the sum of all that are kept, or
        None, and has kept nothing, if `at` is not the last checkpoint."""
