"""What every contract of the model has: its books, its events and its refusals."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, NamedTuple

NOBODY = "nobody"
"""The zero address."""


class Refused(Exception):
    """An act that is not allowed: the name and the arguments of the custom error that says so."""

    def __init__(self, name: str, *args: Any) -> None:
        super().__init__(name, *args)
        self.name, self.found = name, args

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refused) and self.args == other.args

    def __hash__(self) -> int:
        return hash(self.args)


class Event(NamedTuple):
    """What a contract tells the world, by the name and the arguments of its ABI."""

    contract: str
    name: str
    args: tuple[Any, ...]


class Call(NamedTuple):
    """An act of a batch, before it is done."""

    function: str
    args: tuple[Any, ...]


class Bookmark:
    """How objects stand when it is made, to which they can go back once.

    What of their attributes changes are dicts, sets, lists and immutable values, so that a shallow
    copy keeps them.
    """

    def __init__(self, owners: Iterable[object]) -> None:
        self._kept = [(owner, _copy_of(vars(owner))) for owner in owners]

    def go_back(self) -> None:
        for owner, attributes in self._kept:
            vars(owner).update(attributes)


class Books:
    """Everything that changes: the time, the events of the present act, and each contract's
    books."""

    def __init__(self) -> None:
        self.now = 0
        """Unix seconds."""
        self.events: list[Event] = []
        self.contracts: dict[str, Contract] = {}

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Like a call of a contract: if what it encloses is refused, nothing of it has happened."""
        before = Bookmark(self.owners())
        try:
            yield
        except Refused:
            before.go_back()
            raise

    def owners(self) -> Iterator[object]:
        """Whatever has books here."""
        yield self
        yield from self.contracts.values()

    def act(self, now: int, caller: str, contract: str, function: str, *args: Any) -> list[Event]:
        """The events of one act, or Refused. Functions have the names of the ABI."""
        self.now, self.events = now, []
        with self.all_or_nothing():
            getattr(self.contracts[contract], function)(caller, *args)
        return self.events


class Contract:
    """One contract of the model. Its public functions take their caller first."""

    def __init__(self, books: Books, name: str, bank: str = "") -> None:
        self.books, self.name, self.bank = books, name, bank
        self.authority = NOBODY
        """The access manager that says who may do what here."""
        books.contracts[name] = self

    @property
    def now(self) -> int:
        return self.books.now

    def emit(self, event: str, *args: Any) -> None:
        self.books.events.append(Event(self.name, event, args))


def _copy_of(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: copy(value) if isinstance(value, dict | set | list) else value
        for name, value in attributes.items()
    }
