"""What a sender needs of a store: each method is one database transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from deposit_token.store.records import Instruction, Lease, Transaction


class Store(Protocol):
    """Instructions, the transactions that were signed for them, and who may send.

    It survives whoever uses it, and any number of processes may have it at a time. What a method
    does is done as a whole or not at all.
    """

    def bind(self, chain_id: int, genesis_hash: str) -> None:
        """Keep for good which chain this is the store of.

        Raises WrongChain if it is that of another.
        """

    def add(self, instructions: Iterable[Instruction]) -> None:
        """Keep what is wanted. One that is there already is left as it stands.

        Raises InputError for an id that is there with another content, and then keeps none.
        """

    def find(self, ids: Iterable[str]) -> Mapping[str, Instruction]:
        """The instructions of these ids, without those that are not there; nobody waits for it."""

    def open(self, sender: str, most: int) -> Sequence[Instruction]:
        """The open instructions of an account in the order in which they were added, at most so
        many."""

    def lease(self, sender: str, holder: str, now: int, until: int) -> Lease | None:
        """Take the right to send for an account, or keep it until later; Unix seconds.

        None while another holder's time is not over.
        """

    def sign(self, lease: Lease, transactions: Sequence[Transaction]) -> None:
        """Keep what was signed, before it is sent; what it carries is assigned to it.

        Raises LeaseLost if another holder has the lease by now, and InputError for an instruction
        that is neither open nor carried by the same family.
        """

    def unsettled(self, sender: str) -> Sequence[Transaction]:
        """All transactions whose fate may still change, by nonce, those of a family in the order in
        which they were signed."""

    def next_nonce(self, sender: str) -> int:
        """The nonce after the greatest that anything was signed with; 0 if nothing was."""

    def record(
        self,
        lease: Lease,
        transactions: Iterable[Transaction],
        instructions: Iterable[Instruction] = (),
    ) -> None:
        """Keep how these stand by now, in place of how they stood; what is done or refused by now
        gets its number.

        Whoever sees a number sees all that are less. Raises LeaseLost if another holder has the
        lease by now.
        """
