"""A campaign: so many kills of so many workers, and what an independent reader says afterwards."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess as Process
from pathlib import Path
from random import Random

from deposit_token.store.records import State
from deposit_token.store.sql import SqlStore
from tests.faults.proxy import FailingNode
from tests.faults.worker import DEEPEST, work
from tests.library.chain.bench import Bench, depth
from tests.nodes import ask, result, served

_FORKED = get_context("forkserver")
# What takes a second to import is imported once.
_FORKED.set_forkserver_preload(["tests.faults.worker"])

REFUSED_ONE = 0
"""The number of the instruction that a contract refuses."""
_REQUESTS_A_BLOCK = 8
"""What the workers ask in about a round."""
_DEARER = 20
"""Times the base fee of before."""
_LAST_BOUNDARY = 120
"""A worker that kills itself has sent some by then."""
_KILLS_ITSELF = 0.7
"""How likely a worker is to kill itself between two acts; others are killed at any moment."""
_DIES_WITHIN = 10.0
_ENDS_WITHIN = 120.0


@dataclass(frozen=True)
class Plan:
    """What is to happen, by chance but for these."""

    kills: int
    workers: int
    seed: int
    failing: int = 5
    """Requests of 100 that the node fails."""
    mistake: str | None = None
    restart: Callable[[], None] | None = None
    """Restarts the database's server."""


class Campaign:
    """Carries out a plan on a chain of its own."""

    def __init__(self, plan: Plan, node: str, url: str, store: SqlStore, log: Path) -> None:
        self._plan = plan
        self._random = Random(plan.seed)
        self._url = url
        self._bench = Bench(node, store, depth(DEEPEST + 1))
        # What the deepest reorganisation may undo.
        self._bench.mine(DEEPEST)
        self._log = log
        self._workers: list[Process] = []
        self._odd: list[str] = []
        self._added = REFUSED_ONE + 1
        self._sent: dict[str, None] = {}
        """Raw transactions that were seen, which may come back."""
        self._node = FailingNode(node, self._random, plan.failing)
        self._proxy = ""

    def faults(self) -> list[str]:
        """What was doubled, lost, hung or told as a traceback."""
        with served(self._node, protocol="HTTP/1.1") as self._proxy, self._running():
            self._bench.add(REFUSED_ONE)
            for _ in range(self._plan.kills):
                if self._odd:
                    break
                for _ in range(self._random.randrange(1, 15)):
                    self._add(self._random.randrange(3))
                    self._mine()
                self._disturb()
                self._kill()
            self._settle()
        return [*self._odd, *self._told_by_the_chain()]

    @contextmanager
    def _running(self) -> Iterator[None]:
        try:
            self._workers += [self._start(dies=True) for _ in range(self._plan.workers)]
            yield
        finally:
            for each in self._workers:
                each.kill()
                each.join()

    def _start(self, dies: bool) -> Process:
        boundary = None
        if dies and self._random.random() < _KILLS_ITSELF:
            boundary = self._random.randrange(1, _LAST_BOUNDARY)
        # Where a lease is over at once, workers take it from each other all the time.
        lease = self._random.choice([0, 1])
        given = (self._proxy, self._url, self._log, lease, boundary, self._plan.mistake)
        process = _FORKED.Process(target=work, args=given)
        process.start()
        return process

    def _add(self, many: int) -> None:
        self._bench.add(*range(self._added, self._added + many))
        self._added += many

    @property
    def _numbers(self) -> range:
        return range(REFUSED_ONE, self._added)

    def _mine(self) -> None:
        """Mine a block once the workers have done something."""
        self._node.wait_for(_REQUESTS_A_BLOCK)
        seen = (f"0x{each.raw.hex()}" for each in self._bench.unsettled())
        self._sent.update(dict.fromkeys(seen))
        self._bench.mine()

    def _disturb(self) -> None:
        what = self._random.choice(
            [self._reorganise, self._grow_dear, self._bring_back, self._restart]
        )
        what()

    def _reorganise(self) -> None:
        self._bench.reorganise(self._random.randrange(1, DEEPEST + 1))

    def _grow_dear(self) -> None:
        """For some blocks nothing is mined for the fees that were enough before."""
        base = int(self._bench.chain.web3.eth.get_block("latest").get("baseFeePerGas", 0))
        result(self._bench.url, "anvil_setNextBlockBaseFeePerGas", hex(_DEARER * base))

    def _bring_back(self) -> None:
        """Somebody hands in again what was sent before, whatever has become of it."""
        for raw in self._random.sample([*self._sent], min(len(self._sent), 3)):
            ask(self._bench.url, "eth_sendRawTransaction", raw)

    def _restart(self) -> None:
        if self._plan.restart is not None:
            self._plan.restart()

    def _kill(self) -> None:
        """Wait until one has killed itself; or kill one, as where none does in time."""
        deadline = time.monotonic() + _DIES_WITHIN * (self._random.random() < _KILLS_ITSELF)
        while all(each.exitcode is None for each in self._workers):
            if time.monotonic() > deadline:
                killed = self._random.choice(self._workers)
                killed.kill()
                killed.join()
            self._mine()
        self._replace_dead()

    def _replace_dead(self, *, dies: bool = True) -> None:
        for place, each in enumerate(self._workers):
            if each.exitcode is None:
                continue
            if each.exitcode != -signal.SIGKILL:
                self._odd.append(f"a worker ended with {each.exitcode}: {self._log.read_text()}")
            self._workers[place] = self._start(dies)

    def _settle(self) -> None:
        """Mine until all is done or refused; whoever dies is followed by one that does not."""
        deadline = time.monotonic() + _ENDS_WITHIN
        while not self._bench.are_settled(*self._numbers):
            if self._odd:
                return
            if time.monotonic() > deadline:
                states = zip(self._numbers, self._bench.states(*self._numbers), strict=True)
                left = [f"{each} is {state.value}" for each, state in states]
                self._odd.append(f"hung: {', '.join(left)}; {self._bench.fates()}")
                return
            self._mine()
            self._replace_dead(dies=False)

    def _told_by_the_chain(self) -> list[str]:
        """What an independent reader finds in the chain's events, and the store against it."""
        wanted = dict.fromkeys(self._numbers, 1) | {REFUSED_ONE: 0}
        named = self._bench.named()
        found = [
            f"{number} was done {named[number]} times" for number in wanted if named[number] > 1
        ]
        for number, stands in zip(wanted, self._bench.states(*wanted), strict=True):
            if (stands is State.DONE) != (named[number] > 0):
                found.append(f"{number} is {stands.value} and was done {named[number]} times")
            if stands is State.REFUSED and number != REFUSED_ONE:
                found.append(f"{number} was refused: {self._bench.stands(number).reason}")
        return found
