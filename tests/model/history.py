"""One history: acts that are done on a chain and in the model alike, and compared."""

from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import cache
from typing import Any, ClassVar

from tests.model.books import Bookmark, Event, Refused
from tests.model.chain import Chain
from tests.model.projection import Projection
from tests.model.views import Answers, Tried, View, answers_of
from tests.model.world import HOLDERS, START, TOKENS, World, opening, reopening

RESTRICTIONS = [
    "",
    "ERC20InvalidReceiver",
    "TokenPaused",
    "SystemAccountClosed",
    "ERC7943CannotSend",
    "ERC7943CannotReceive",
    "ERC20InsufficientBalance",
    "ERC7943InsufficientUnfrozenBalance",
    "TokensLocked",
    "DirectTransferClosed",
]
"""The refusals of a transfer by their ERC-1404 codes."""
Outcome = list[Event] | Refused
NUMBERS = 50
"""More than are drawn of entries and nonces, and then of entries to begin with."""


class Divergence(AssertionError):
    """The chain did not do what the model says."""


class History:
    """Begins when both banks are open and their customers have money."""

    tally: ClassVar[Counter[tuple[str, str]]] = Counter()
    """Of all histories: how often each function was done, or refused by the error's name."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        chain.restart()
        self.world, self.projection = deepcopy(_opening_of(chain))
        self.now = self.world.now + 1
        """When the next act is done, Unix seconds: a second after the last, or later."""
        self.tried = Tried()
        self.first_number = 0
        """What the numbers of entries and nonces that are drawn are counted from."""
        self.sound = True
        """Whether every act so far was compared and found the same."""

    def act(self, caller: str, contract: str, function: str, *args: Any) -> bool:
        """Whether it was done, on both sides; raises Divergence if they differ in anything."""
        act = (self.now, caller, contract, function, *args)
        self.now, self.sound = self.now + 1, False
        expected, found = _outcome(self.world.act, act), _outcome(self.chain.act, act)
        done = not isinstance(expected, Refused)
        self.tally[function, "done" if done else expected.name] += 1
        self._require_same(*(_comparable(each, self.world.now) for each in (expected, found)))
        events = found if done else []
        for event in events:
            self.projection.read(event)
        self._look_at(contract, events)
        self.sound = True
        return done

    def foresee(self, token: str, holder: str, to: str, amount: int) -> None:
        """Compares what the token says beforehand of a transfer, as of the last act."""
        code = 0
        try:
            with self.world.all_or_nothing():
                self.world.contracts[token].require_transferable(holder, holder, to, amount)
        except Refused as refused:
            code = RESTRICTIONS.index(refused.name)
        terms = (holder, to, amount)
        answers = {("detectTransferRestriction", terms): code, ("canTransfer", terms): code == 0}
        self._require_same(answers, self.chain.read(token, tuple(answers)))

    def end(self) -> None:
        """Compares everything for the last time, and what the events alone have told."""
        if self.sound:
            self._require_same_answers(self.world.contracts)
            self._require_told()
            self._require_balance()

    def _look_at(self, contract: str, events: list[Event]) -> None:
        """Compares the contracts that an act has reached, and the tokens that ask them."""
        reached = {contract, *(event.contract for event in events)}
        asking = {token.name for token in self.world.tokens if token.registry.name in reached}
        self._require_same_answers(reached | asking)
        self._require_balance()

    def _require_same_answers(self, contracts: Iterable[str]) -> None:
        for name in contracts:
            expected = answers_of(self.world.contracts[name], self.tried)
            self._require_answers(name, expected, self.chain.read(name, tuple(expected)))

    def _require_told(self) -> None:
        """That whoever has read every event, and asked nothing, knows all that there is."""
        self.projection.world.now = self.world.now
        for name, contract in self.projection.world.contracts.items():
            told = answers_of(contract, self.tried)
            self._require_answers(name, told, self.chain.read(name, tuple(told)))

    def _require_answers(self, contract: str, expected: Answers, found: Answers) -> None:
        if found == expected:
            return
        differing = [
            view
            for view in expected
            if self._known(contract, view, expected) != self._known(contract, view, found)
        ]
        self._require_same(
            {(contract, *view): expected[view] for view in differing},
            {(contract, *view): found[view] for view in differing},
        )

    def _known(self, contract: str, view: View, answers: Answers) -> Any:
        """What the model can know of an answer: not the order of a set, and of an end of validity
        that lies ahead only that it does, since a token may have kept an earlier one."""
        answer = answers[view]
        if view[0] in ("openRedemptionsOf", "subscribers"):
            return sorted(answer)
        if view[0] == "standingOf" and contract in TOKENS:
            valid_until, *rest = answer
            return (min(valid_until, self.world.now + 1), *rest)
        return answer

    def _require_balance(self) -> None:
        """That the model keeps its own books: nothing appears and nothing is lost."""
        escrow = self.world.escrow
        for token in self.world.tokens:
            self._require_same(sum(token.balances.values()), token.supply)
            free = sum(v for (_, name), v in escrow.inventory.items() if name == token.name)
            kept = sum(v for (name, _), v in escrow.claimable.items() if name == token.name)
            owed = escrow.held(token.name) + free + kept
            self._require_same(owed, token.balance("escrow"))

    def _require_same(self, expected: Any, found: Any) -> None:
        if expected != found:
            raise Divergence(f"\n  the model: {expected!r}\n  the chain: {found!r}")


class LongHistory(History):
    """Of thousands of acts, on a chain that nothing else happens on: after each only its outcome is
    compared, and everything at the end.

    It goes on in parts. Each can be begun anew, which is how Hypothesis sees a failure again.
    """

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain)
        self.acts = 0
        self.heard: set[str] = set()
        """Names of the events that these acts have told."""
        self._part: Bookmark | None = None
        self._keep()

    def act(self, *act: Any) -> bool:
        self.acts += 1
        return super().act(*act)

    def go_on(self) -> None:
        """Ends a part: everybody makes it possible to begin another, which does not count."""
        self.first_number += NUMBERS
        acts, heard = self.acts, set(self.heard)
        for act in reopening(self.world, self.first_number - len(HOLDERS)):
            self.act(*act)
        self.acts, self.heard = acts, heard
        self._keep()

    def begin_anew(self) -> None:
        """Forgets the part that was begun."""
        self.chain.restart()
        self._part.go_back()
        self._keep()

    def _keep(self) -> None:
        self.chain.keep()
        # A bookmark that is kept within another would keep all before it.
        self._part = None
        told = self.projection
        owners = (self.tried, told, *told.world.owners(), *self.world.owners())
        self._part = Bookmark((self, *owners))

    def _look_at(self, contract: str, events: list[Event]) -> None:
        self.heard.update(event.name for event in events)


def opened(chain: Chain) -> Chain:
    """The chain after everybody's opening acts, to which each history goes back."""
    for number, act in enumerate(opening()):
        chain.act(START + number, *act)
    chain.keep()
    return chain


@cache
def _opening_of(chain: Chain) -> tuple[World, Projection]:
    """The model of it, and what the chain has told until then. That they are the same shows at the
    end of each history."""
    world = World()
    world.deploy()
    for number, act in enumerate(opening()):
        world.act(START + number, *act)
    projection = Projection()
    for event in chain.told():
        projection.read(event)
    return world, projection


def _outcome(do: Callable[..., list[Event]], act: tuple[Any, ...]) -> Outcome:
    try:
        return do(*act)
    except Refused as refused:
        return refused


def _comparable(outcome: Outcome, now: int) -> Outcome:
    """A token may have kept a dealer's earlier end of validity than the registry has since: of one
    that lies ahead only that is compared."""
    if isinstance(outcome, Refused):
        if outcome.name != "NotDealer":
            return outcome
        account, valid_until, category = outcome.found
        return Refused("NotDealer", account, min(valid_until, now + 1), category)
    return [
        event._replace(
            args=tuple(
                _comparable(each, now) if isinstance(each, Refused) else each for each in event.args
            )
        )
        for event in outcome
    ]
