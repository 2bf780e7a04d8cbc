"""A node that fails now and then: it drops, loses, repeats, cuts off, delays and forgets."""

import json
import threading
from collections.abc import Callable
from random import Random

import requests

from tests.nodes import Reply

_HELD = 0.3
"""Seconds that a slow answer takes at most."""


class FailingNode:
    """Hands requests on to a node, and fails a share of them, of 100."""

    def __init__(self, node: str, random: Random, share: int) -> None:
        self._node = node
        self._random = random
        self._share = share
        self._late: list[bytes] = []
        self._told: dict[str, object] = {}
        self._lock = threading.Lock()
        self._others = threading.Condition()
        self._asked = 0
        self._faults: list[Callable[[bytes], bytes | Reply]] = [
            self._drop,
            self._lose,
            self._repeat,
            self._cut_off,
            self._be_busy,
            self._deliver_late,
            self._be_slow,
            self._tell_as_before,
        ]

    def __call__(self, request: bytes) -> bytes | Reply:
        with self._others:
            self._asked += 1
            self._others.notify_all()
        with self._lock:
            late, self._late = self._late, []
            fails = self._random.randrange(100) < self._share
            answer = self._random.choice(self._faults) if fails else self._hand_on
        for each in late:
            self._hand_on(each)
        return answer(request)

    def wait_for(self, requests: int) -> None:
        """Wait until so many more have come, or for a while."""
        with self._others:
            until = self._asked + requests
            self._others.wait_for(lambda: self._asked >= until, _HELD)

    def _hand_on(self, request: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        answer = requests.post(self._node, data=request, headers=headers, timeout=60)
        told = answer.content
        # anvil sometimes answers with nothing.
        if told.startswith((b"{", b"[")):
            self._keep(request, told)
        return told

    def _drop(self, request: bytes) -> bytes:
        """The request never comes."""
        raise ConnectionAbortedError

    def _lose(self, request: bytes) -> bytes:
        """The answer never comes."""
        self._hand_on(request)
        raise ConnectionAbortedError

    def _repeat(self, request: bytes) -> bytes:
        """The request comes twice."""
        self._hand_on(request)
        return self._hand_on(request)

    def _cut_off(self, request: bytes) -> bytes:
        told = self._hand_on(request)
        return told[: len(told) // 2]

    def _be_busy(self, request: bytes) -> Reply:
        return Reply(502, b"<html>Bad Gateway</html>")

    def _deliver_late(self, request: bytes) -> bytes:
        """The request comes once its client is gone, before the next."""
        with self._lock:
            self._late.append(request)
        raise ConnectionAbortedError

    def _be_slow(self, request: bytes) -> bytes:
        """Somebody else's request comes first."""
        with self._others:
            self._others.wait(_HELD)
        return self._hand_on(request)

    def _tell_as_before(self, request: bytes) -> bytes:
        """A node that is behind: it tells what was told of the same when it was last asked."""
        calls = json.loads(request)
        each = calls if isinstance(calls, list) else [calls]
        with self._lock:
            told = [self._told.get(_of(call)) for call in each]
        if None in told:
            return self._hand_on(request)
        answers = [
            {"jsonrpc": "2.0", "id": call["id"], "result": result}
            for call, result in zip(each, told, strict=True)
        ]
        return json.dumps(answers if isinstance(calls, list) else answers[0]).encode()

    def _keep(self, request: bytes, told: bytes) -> None:
        calls, answers = json.loads(request), json.loads(told)
        if not isinstance(calls, list):
            calls, answers = [calls], [answers]
        results = {each["id"]: each.get("result") for each in answers}
        with self._lock:
            for call in calls:
                if not call["method"].startswith("eth_send"):
                    self._told[_of(call)] = results.get(call["id"])


def _of(call: dict[str, object]) -> str:
    return json.dumps([call["method"], call["params"]])
