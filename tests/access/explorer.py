"""Makes every call with every key, goes on from each act that changes who may do what, and lets
time pass."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from eth_utils.crypto import keccak

from deposit_token.chain.roles import FUNCTIONS, WORKING_ROLES
from deposit_token.values.enumerations import Role
from tests.access import powers, settings
from tests.access.bank import ARTIFACTS, STRANGER, Bank, Call
from tests.access.calls import Catalogue, Proposal
from tests.access.evm import Refused
from tests.access.powers import Fact, Powers
from tests.model.backends import Log

FOREVER = 2**40
"""Seconds."""


class Way(NamedTuple):
    """How soon something came about, and by which acts."""

    seconds: int
    acts: tuple[str, ...]

    def __str__(self) -> str:
        return f"after {self.seconds} s: {', then '.join(self.acts) or 'as it stands'}"


class Act(NamedTuple):
    """Something that a key did, in one call or several."""

    seconds: int
    """Since the beginning."""
    key: str
    calls: tuple[Call, ...]

    def __str__(self) -> str:
        (call, *others) = self.calls
        return f"{self.key}: {'schedules whatever it can' if others else call.label}"


@dataclass(frozen=True)
class State:
    """What some acts have led to."""

    powers: Powers
    seconds: int = 0
    """Since the beginning."""
    acts: tuple[Act, ...] = ()
    proposers: Mapping[Fact, str] = field(default_factory=dict)
    """Whose each thing is that waits."""
    takes: bool = False
    """Whether the last act only took something away."""
    left: int = 0
    """How many acts more are followed."""

    @property
    def thief(self) -> str | None:
        """The one key that was stolen, if no other acted; a stranger's acts are anybody's."""
        keys = {act.key for act in self.acts} - {STRANGER}
        return (keys or {STRANGER}).pop() if len(keys) <= 1 else None


class _Found(Exception):
    """What was looked for."""


class Explorer:
    """A walk through what can become of a bank.

    An act is one call, or all that a key can schedule at a time: what waits does nothing by itself,
    so whatever less of it would lead to is found as well, and no cancelling is followed.

    Without `deep` an act that only takes away is followed as the first of two, and no act once the
    bank's delay is over.
    """

    def __init__(self, bank: Bank, catalogue: Catalogue, now: Powers, deep: bool = False) -> None:
        self.widenings: dict[str, Way] = {}
        """The shortest way to each kind of power or setting that was not there before."""
        self.above_veto: dict[str, Way] = {}
        """What nobody but its own holder or proposer can take away or cancel at once."""
        self.tried = 0
        self._bank = bank
        self._powers = now
        self._settings = settings.read(bank)
        self._catalogue = catalogue
        self._restricted = frozenset(self._catalogue.restricted)
        self._pending: dict[Fact, tuple[Call, ...]] = {}
        """What carries out and cancels each thing that waits."""
        for where in {fact[1] for fact in now if _waits(fact)} & {"timelock", "recovery"}:
            self._expect(catalogue.proposals[where])
        self._delay = bank.config.upgrade_delay
        self._enforced = bank.config.enforce_delay
        self._start = bank.evm.now
        self._deep = deep
        self._wanted: str | None = None
        self._seen: dict[object, list[tuple[int, int]]] = {}

    def explore(self, acts: int) -> None:
        """Follows every way of so many acts, the shorter ones first."""
        states = [State(self._powers, left=acts)]
        while states:
            # What takes away leads nowhere but where everything is well.
            states.sort(key=lambda state: (state.takes, len(state.acts), len(state.powers)))
            states += self._follow(states.pop(0))

    def find(self, kind: str, acts: int) -> Way:
        """A way of so many acts to a shortcut or to what is above a veto; raises KeyError."""
        self._wanted = kind
        with suppress(_Found):
            self.explore(acts)
        return (self.shortcuts() | self.above_veto)[kind]

    def shortcuts(self) -> dict[str, Way]:
        """The widenings that come sooner than the bank's delay, or for a seizure the enforcer's."""
        return {
            kind: way
            for kind, way in self.widenings.items()
            if way.seconds < (self._enforced if kind == "seizure" else self._delay)
        }

    def _follow(self, state: State) -> list[State]:
        """The states that further acts lead to, now and when something that waits is ready."""
        known = self._seen.setdefault((frozenset(state.powers.items()), state.thief), [])
        if any(seconds <= state.seconds and left >= state.left for seconds, left in known):
            return []
        known.append((state.seconds, state.left))
        found = []
        with self._bank.evm.undone():
            for act in state.acts:
                self._bank.evm.now = self._start + act.seconds
                for call in act.calls:
                    self._bank.send(act.key, call)
            schedulers: set[str] = set()
            for seconds in [state.seconds, *self._moments(state)]:
                self._bank.evm.now = self._start + seconds
                found += self._survey(replace(state, seconds=seconds), schedulers)
        return found

    def _moments(self, state: State) -> list[int]:
        """The last second before something that waits is ready, and the next one."""
        ready = {value - self._start for fact, value in state.powers.items() if _waits(fact)}
        moments = (seconds for moment in sorted(ready) for seconds in (moment - 1, moment))
        last = FOREVER if self._deep or len(state.acts) == 1 else self._delay
        return [seconds for seconds in moments if state.seconds < seconds <= last]

    def _survey(self, state: State, schedulers: set[str]) -> list[State]:
        """Has every key try everything at one moment; gives the states to be followed. What a key
        can schedule it schedules at once and not later; `schedulers` are those who did."""
        found: list[State] = []
        takers: dict[Fact, set[str]] = defaultdict(set)
        for key in self._bank.keys:
            scheduled = []
            for call in [*self._catalogue.of(key), *self._pending_for(state, key, takers)]:
                self.tried += 1
                with self._bank.evm.undone():
                    logs = self._try(state, key, call)
                    if logs is None:
                        continue
                    now = self._examine(state, key, call, logs, takers)
                if call.function.startswith("schedule"):
                    scheduled.append(call)
                elif call.function != "cancel":
                    found += self._next(state, now, key, (call,))
            if scheduled and key not in schedulers:
                schedulers.add(key)
                found += self._schedule_everything(state, key, scheduled)
        if state.thief is not None:
            self._require_vetoes(state, takers)
        return found

    def _pending_for(
        self, state: State, key: str, takers: Mapping[Fact, set[str]]
    ) -> Iterator[Call]:
        """What carries out the things that wait, which anybody can or nobody, and what cancels
        those that only their proposers were seen to cancel."""
        for fact in state.powers.keys() & self._pending.keys():
            *execute, cancel = self._pending[fact]
            if key == STRANGER:
                yield from execute
            if not takers[fact] - {state.proposers.get(fact)}:
                yield cancel

    def _try(self, state: State, key: str, call: Call) -> list[Log] | None:
        """The events of an act, or None if it was refused."""
        try:
            logs = self._bank.send(key, call)
        except Refused as refusal:
            if call in self._restricted and refusal.data[:4] not in NOT_PERMITTED:
                self._examine_reach(state, key, call)
            return None
        if call in self._restricted:
            self._examine_reach(state, key, call)
        return logs

    def _examine_reach(self, state: State, key: str, call: Call) -> None:
        """A key was let into a restricted function, whatever came of it."""
        functions = FUNCTIONS.get(ARTIFACTS[call.contract], {})
        role = functions.get(call.function, Role.ADMIN)
        least = self._enforced if role is Role.ENFORCER else 0
        if self._bank.role(key) is not role or state.seconds < least:
            self._note(self.widenings, f"{call.contract}.{call.function}", state, key, call)

    def _examine(
        self, state: State, key: str, call: Call, logs: list[Log], takers: dict[Fact, set[str]]
    ) -> Powers:
        """Notes what an act has widened and whom it took something; gives the powers after it."""
        bank = self._bank
        now = powers.after(state.powers, logs, bank.evm.now, bank.name)
        kinds = powers.widenings(self._powers, now) if now is not state.powers else []
        settled = {bank.name(log.address) for log in logs} & {"token", "policy", "registry"}
        if settled:
            found = settings.read(bank, settled)
            kinds += settings.widenings(self._settings, found)
            before = {setting: self._settings[setting] for setting in found}
            for gone in settings.keys(before) - settings.keys(found):
                takers[gone].add(key)
        for kind in kinds:
            self._note(self.widenings, kind, state, key, call)
        if now is not state.powers:
            for fact in state.powers.keys() - now.keys():
                if not _waits(fact) or call.function == "cancel":
                    takers[fact].add(key)
        return now

    def _next(
        self, state: State, now: Powers, key: str, calls: tuple[Call, ...]
    ) -> Iterator[State]:
        """What a key's act leads to, if it is to be followed."""
        takes = powers.only_less(state.powers, now)
        left = state.left - 1
        if now is state.powers:
            left = 0
        elif not self._deep and takes:
            left = min(left, 0 if state.acts else 1)
        elif not self._deep and state.seconds >= self._delay:
            left = 0
        if left > 0:
            act = Act(state.seconds, key, calls)
            acts = (*state.acts, act)
            yield State(now, state.seconds, acts, state.proposers, takes, left)

    def _schedule_everything(self, state: State, key: str, samples: list[Call]) -> Iterator[State]:
        """What everything leads to that a key can schedule where it could schedule samples."""
        bank = self._bank
        calls = [*samples]
        for where in {call.contract for call in samples} - {"manager"}:
            proposals = self._catalogue.proposals[where]
            self._expect(proposals)
            calls += [proposal.schedule for proposal in proposals]
        now, proposers, done = state.powers, dict(state.proposers), []
        with bank.evm.undone():
            for call in calls:
                try:
                    logs = bank.send(key, call)
                except Refused:
                    # It waits already.
                    continue
                done.append(call)
                before, now = now, powers.after(now, logs, bank.evm.now, bank.name)
                # What has expired at the manager can be scheduled again, for another moment.
                ((fact, _),) = now.items() - before.items()
                proposers[fact] = key
                if call.contract == "manager":
                    self._pending[fact] = (self._catalogue.cancel(key, call),)
        yield from self._next(replace(state, proposers=proposers), now, key, tuple(done))

    def _expect(self, proposals: list[Proposal]) -> None:
        self._pending |= {each.fact: (each.execute, each.cancel) for each in proposals}

    def _require_vetoes(self, state: State, takers: Mapping[Fact, set[str]]) -> None:
        """Notes what nobody but its own holder or proposer can take away or cancel now."""
        held: dict[Fact, str | None] = {
            fact: state.proposers.get(fact) for fact in state.powers if _waits(fact)
        }
        # What a stolen guardian has undone, or stops from being undone, is for recovery.
        if state.thief != Role.GUARDIAN.name.lower():
            held |= {fact: fact[-1] for fact in state.powers if _is_working_key(fact)}
            held |= {fact: fact[-1] for fact in settings.keys(self._settings)}
        for what, holder in held.items():
            if not takers[what] - {holder}:
                kind = f"{what[0]} at the {what[1]}" if _waits(what) else f"{holder}: {what[-2]}"
                self._note(self.above_veto, kind, state)

    def _note(
        self, ways: dict[str, Way], kind: str, state: State, key: str = "", call: Call | None = None
    ) -> None:
        last = () if call is None else (Act(state.seconds, key, (call,)),)
        way = Way(state.seconds, tuple(map(str, (*state.acts, *last))))
        known = ways.get(kind)
        if known is None or (way.seconds, len(way.acts)) < (known.seconds, len(known.acts)):
            ways[kind] = way
            if kind == self._wanted and (ways is self.above_veto or kind in self.shortcuts()):
                raise _Found


def _waits(fact: Fact) -> bool:
    return fact[0] == "scheduled"


def _is_working_key(fact: Fact) -> bool:
    """A working role of a key's, or its right to propose at the bank's timelock."""
    return fact[:3] == ("timelock role", "timelock", "PROPOSER") or (
        fact[0] == "role" and fact[1] in _WORKING
    )


_WORKING = {role.name for role in WORKING_ROLES}

NOT_PERMITTED = {
    keccak(text=error)[:4]
    for error in (
        "AccessManagedUnauthorized(address)",
        "AccessManagerNotScheduled(bytes32)",
        "AccessManagerNotReady(bytes32)",
        "AccessManagerExpired(bytes32)",
        "NotAllowedByBank(address,address)",
    )
}
"""How a restricted function refuses whoever may not call it, or not yet."""
