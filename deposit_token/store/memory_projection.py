"""A projection that lasts as long as the process, for whoever reads all events at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from deposit_token.store.projection import (
    OPENINGS,
    AddUp,
    Checkpoint,
    EscrowEvent,
    Projection,
    Row,
    Sums,
    TokenEvent,
)


class MemoryProjection(Projection):
    """The projection of one contract, for one thread: of its events it keeps only those with which
    payments begin, so that what is rolled back is read again from the first on."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._last: Checkpoint | None = None
        self._sums: Counter[tuple[bytes, str]] = Counter()
        self._opened: dict[bytes, EscrowEvent] = {}
        self._unasked: set[bytes] = set()
        self._balances: dict[bytes, int] = {}

    def bind(self, chain_id: int, genesis_hash: str) -> None:
        pass

    def checkpoints(self, contract: str) -> Sequence[Checkpoint]:
        return [] if self._last is None else [self._last]

    def keep(
        self,
        contract: str,
        after: Checkpoint | None,
        until: Checkpoint,
        rows: Sequence[Row],
        add_up: AddUp,
    ) -> bool:
        self._sums.update(add_up(rows))
        for each in rows:
            if isinstance(each, TokenEvent):
                self._unasked |= {each.sender, each.receiver} - {b""}
            elif each.event in OPENINGS:
                self._opened[each.payment] = each
        self._last = until
        return True

    def roll_back(
        self, contract: str, after: Checkpoint, to: Checkpoint | None, add_up: AddUp
    ) -> bool:
        self._forget()
        return True

    def sums(self, contract: str, at: Checkpoint, tokens: Iterable[bytes]) -> Sums | None:
        return self._sums

    def opened(self, contract: str, payments: Iterable[bytes]) -> Mapping[bytes, EscrowEvent]:
        return {each: self._opened[each] for each in payments if each in self._opened}

    def unasked(self, contract: str) -> Sequence[bytes]:
        return sorted(self._unasked)

    def keep_balances(
        self, contract: str, at: Checkpoint, balances: Mapping[bytes, int]
    ) -> int | None:
        self._balances.update(balances)
        self._unasked.clear()
        return sum(self._balances.values())
