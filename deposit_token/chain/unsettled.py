"""What of an account is not settled, as its store has it, kept at hand under a lease."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from deposit_token.store.records import SETTLED, Instruction, Lease, Transaction

if TYPE_CHECKING:
    from deposit_token.store.store import Store


class Unsettled:
    """The families of one account whose fate may still change, and what they carry.

    They are read once, since nobody else writes them under the same lease; and once more after the
    store has failed, when it is open what it has kept.
    """

    def __init__(self, store: "Store", lease: Lease) -> None:
        self.lease = lease
        self._store = store
        self._families: dict[int, list[Transaction]] | None = None
        self._carried: dict[str, Instruction] = {}
        self._next_nonce = 0

    def families(self) -> list[list[Transaction]]:
        """By nonce, those of a family in the order in which they were signed."""
        known = self._read()
        return [known[nonce] for nonce in sorted(known)]

    def next_nonce(self) -> int:
        """The nonce after the greatest that anything was signed with."""
        self._read()
        return self._next_nonce

    def open(self, most: int) -> Sequence[Instruction]:
        """The account's open instructions, at most so many; they are at hand from now on."""
        found = self._store.open(self.lease.sender, most)
        self._carried |= {each.id: each for each in found}
        return found

    def carried(self, ids: Iterable[str]) -> Mapping[str, Instruction]:
        """The instructions of these ids, which families carry."""
        wanted = list(ids)
        missing = [id for id in wanted if id not in self._carried]
        if missing:
            self._carried |= self._store.find(missing)
        return {id: self._carried[id] for id in wanted}

    def sign(self, transactions: Sequence[Transaction]) -> None:
        """As `Store.sign`."""
        known = self._read()
        self._families = None
        self._store.sign(self.lease, transactions)
        for each in transactions:
            known.setdefault(each.nonce, []).append(each)
            self._next_nonce = max(self._next_nonce, each.nonce + 1)
        self._families = known

    def record(
        self, transactions: Sequence[Transaction], instructions: Sequence[Instruction] = ()
    ) -> None:
        """As `Store.record`."""
        known = self._read()
        self._families = None
        self._store.record(self.lease, transactions, instructions)
        changed: dict[int, dict[str, Transaction]] = {}
        for each in transactions:
            changed.setdefault(each.nonce, {})[each.hash] = each
        for nonce, some in changed.items():
            family = [some.get(each.hash, each) for each in known.pop(nonce)]
            if any(each.fate not in SETTLED for each in family):
                known[nonce] = family
        for standing in instructions:
            self._carried.pop(standing.id, None)
        self._families = known

    def _read(self) -> dict[int, list[Transaction]]:
        if self._families is None:
            found: dict[int, list[Transaction]] = {}
            for each in self._store.unsettled(self.lease.sender):
                found.setdefault(each.nonce, []).append(each)
            self._next_nonce = self._store.next_nonce(self.lease.sender)
            self._families, self._carried = found, {}
        return self._families
