"""A store that lasts as long as the process."""

import threading
from collections.abc import Iterable, Mapping, Sequence

from deposit_token.errors import InputError
from deposit_token.store.records import (
    ENDED,
    SETTLED,
    Instruction,
    Lease,
    State,
    Transaction,
    require_chain,
    standing,
)
from deposit_token.store.store import Store
from deposit_token.values.fields import Text, Uint256, checked


class MemoryStore(Store):
    """A store that lasts as long as the process; any number of its threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._instructions: dict[str, Instruction] = {}
        self._transactions: dict[str, Transaction] = {}
        self._leases: dict[str, Lease] = {}
        self._chain: tuple[int, str] | None = None
        self._settled = 0

    @checked
    def bind(self, chain_id: Uint256, genesis_hash: Text) -> None:
        with self._lock:
            self._chain = self._chain or (chain_id, genesis_hash)
            require_chain(self._chain, (chain_id, genesis_hash))

    @checked
    def add(self, instructions: Iterable[Instruction]) -> None:
        with self._lock:
            added: dict[str, Instruction] = {}
            for each in instructions:
                kept = self._instructions.get(each.id) or added.setdefault(each.id, each.anew())
                kept.require_same(each)
            self._instructions |= added

    @checked
    def find(self, ids: Iterable[Text]) -> Mapping[str, Instruction]:
        with self._lock:
            return {id: self._instructions[id] for id in ids if id in self._instructions}

    def open(self, sender: str, most: int) -> Sequence[Instruction]:
        with self._lock:
            found = (
                each
                for each in self._instructions.values()
                if each.sender == sender and each.state is State.OPEN
            )
            return [each for each, _ in zip(found, range(most), strict=False)]

    def lease(self, sender: str, holder: str, now: int, until: int) -> Lease | None:
        with self._lock:
            nobody = Lease(sender, "", 0, 0)
            taken = self._leases.get(sender, nobody).taken_by(holder, now, until)
            if taken is not None:
                self._leases[sender] = taken
            return taken

    def sign(self, lease: Lease, transactions: Sequence[Transaction]) -> None:
        with self._lock:
            self._require(lease)
            assigned: dict[str, Instruction] = {}
            for each in transactions:
                for id in each.ids:
                    found = assigned.get(id) or self._instructions[id]
                    if found.state is not State.OPEN and not self._carries(each, id):
                        raise InputError(f"instruction {id}", found.state.value, State.OPEN.value)
                    assigned[id] = standing(found, state=State.ASSIGNED)
            self._instructions |= assigned
            self._transactions |= {each.hash: each for each in transactions}

    def unsettled(self, sender: str) -> Sequence[Transaction]:
        with self._lock:
            found = [each for each in self._of(sender) if each.fate not in SETTLED]
            return sorted(found, key=lambda each: each.nonce)

    def next_nonce(self, sender: str) -> int:
        with self._lock:
            return max((each.nonce + 1 for each in self._of(sender)), default=0)

    def record(
        self,
        lease: Lease,
        transactions: Iterable[Transaction],
        instructions: Iterable[Instruction] = (),
    ) -> None:
        with self._lock:
            self._require(lease)
            self._transactions |= {each.hash: each for each in transactions}
            self._instructions |= {each.id: self._numbered(each) for each in instructions}

    def _numbered(self, instruction: Instruction) -> Instruction:
        if instruction.state not in ENDED or instruction.settled is not None:
            return instruction
        self._settled += 1
        return standing(instruction, settled=self._settled)

    def _of(self, sender: str) -> Iterable[Transaction]:
        return (each for each in self._transactions.values() if each.sender == sender)

    def _carries(self, transaction: Transaction, id: str) -> bool:
        """Whether one of a transaction's family that is in the store carries an instruction."""
        family = (each for each in self._of(transaction.sender) if each.nonce == transaction.nonce)
        return any(id in each.ids for each in family)

    def _require(self, lease: Lease) -> None:
        lease.require_held(self._leases.get(lease.sender))
