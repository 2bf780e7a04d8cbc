"""What stands in for the consensus layer: it has nodes build blocks, and says which of them count.

Nothing happens by itself, so that a test says which node knows what, and which branch it follows.
"""

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import requests
from hexbytes import HexBytes
from web3 import Web3
from web3.constants import ADDRESS_ZERO, HASH_ZERO

from tests.nodes.geth import Geth
from tests.nodes.jsonrpc import result
from tests.nodes.proxy import served

_BUILT_WITHIN = 30.0
_PAUSE = 0.01
"""Seconds between two looks into a pool."""


@dataclass(frozen=True)
class Block:
    """A block that a node has built, as the Engine API has it."""

    payload: dict[str, Any]
    requests: list[str]

    @property
    def hash(self) -> HexBytes:
        return HexBytes(self.payload["blockHash"])

    @property
    def parent(self) -> str:
        return str(self.payload["parentHash"])

    @property
    def number(self) -> int:
        return int(self.payload["blockNumber"], 16)

    @property
    def transactions(self) -> list[HexBytes]:
        """Their hashes."""
        return [HexBytes(Web3.keccak(hexstr=raw)) for raw in self.payload["transactions"]]


class Consensus:
    """The consensus layer of nodes that have the same block 0."""

    def __init__(self) -> None:
        self._blocks: dict[str, Block] = {}
        self._numbers = count(1)

    def build(self, on: Geth, *having: bytes | str, timestamp: int = 0) -> Block:
        """The block that a node builds on its head from what waits in its pool.

        It has these transactions: a node needs a moment until it has sorted in what it was given.
        Its time is after its parent's, not before `timestamp` (Unix seconds), nor the clock's. No
        node knows of it until it is delivered, and no two are the same.
        """
        deadline = time.monotonic() + _BUILT_WITHIN
        head = result(on.url, "eth_getBlockByNumber", "latest", False)
        moment = max(int(head["timestamp"], 16) + 1, timestamp, int(time.time()))
        while True:
            block = self._build(on, head["hash"], moment)
            if set(map(HexBytes, having)) <= set(block.transactions):
                return block
            assert time.monotonic() < deadline, result(on.url, "txpool_inspect")

    def deliver(self, block: Block, *nodes: Geth) -> None:
        """Hand a block to nodes, after those before it that a node lacks. It is not their head."""
        for node in nodes:
            missing = [block]
            while result(node.url, "eth_getBlockByHash", missing[-1].parent, False) is None:
                missing.append(self._blocks[missing[-1].parent])
            for each in reversed(missing):
                handed = (each.payload, [], HASH_ZERO, each.requests)
                status = _engine(node, "engine_newPayloadV4", *handed)
                assert status["status"] == "VALID", status

    def choose(self, head: Block, *nodes: Geth, finalized: Block | None = None) -> None:
        """Make a block that they know the head of nodes, and one final that is not after it."""
        final = HASH_ZERO if finalized is None else finalized.hash.to_0x_hex()
        for node in nodes:
            _choose(node, head.hash.to_0x_hex(), final)

    def extend(self, *nodes: Geth, having: Sequence[bytes | str] = (), timestamp: int = 0) -> Block:
        """A new head of all these nodes, which the first of them builds, as `build`."""
        block = self.build(nodes[0], *having, timestamp=timestamp)
        self.deliver(block, *nodes)
        self.choose(block, *nodes)
        return block

    @contextmanager
    def mining(self, *nodes: Geth) -> Iterator[None]:
        """Meanwhile these nodes get a new head whenever something waits in the first one's pool."""
        stop = threading.Event()

        def mine() -> None:
            while not stop.wait(_PAUSE):
                if int(result(nodes[0].url, "txpool_status")["pending"], 16) > 0:
                    self.extend(*nodes)

        with ThreadPoolExecutor(1) as pool:
            mined = pool.submit(mine)
            try:
                yield
            finally:
                stop.set()
            mined.result()

    @contextmanager
    def mining_at_once(self, node: Geth) -> Iterator[str]:
        """The URL of a server that hands everything on to a node, and answers who sends a
        transaction once that is mined.

        No block is made but then, so that the chain stands still between two requests. Block 0 is
        final, and no other.
        """
        first = result(node.url, "eth_getBlockByNumber", "earliest", False)["hash"]
        _choose(node, first, first)
        one_at_a_time = threading.Lock()
        with requests.Session() as session:

            def answer(request: bytes) -> bytes:
                header = {"Content-Type": "application/json"}
                given = session.post(node.url, data=request, headers=header, timeout=60).content
                if b"eth_sendRawTransaction" in request:
                    with one_at_a_time:
                        self._mine(node, _accepted(request, given))
                return given

            with served(answer, protocol="HTTP/1.1") as url:
                yield url

    def _mine(self, node: Geth, sent: list[str]) -> None:
        """Have a node make a block of just these, at once, and its head of that."""
        if sent:
            head = result(node.url, "eth_getBlockByNumber", "latest", False)
            attributes = self._attributes(max(int(head["timestamp"], 16) + 1, int(time.time())))
            result(node.url, "testing_commitBlockV1", attributes, sent, None)

    def _build(self, on: Geth, parent: str, moment: int) -> Block:
        started = _choose(on, parent, HASH_ZERO, self._attributes(moment))["payloadId"]
        # Until it prints this, it would give an empty block.
        on.program.printed(f"Updated payload +id={started}")
        built = _engine(on, "engine_getPayloadV5", started)
        block = Block(built["executionPayload"], built["executionRequests"])
        self._blocks[built["executionPayload"]["blockHash"]] = block
        return block

    def _attributes(self, moment: int) -> dict[str, Any]:
        return {
            "timestamp": hex(moment),
            "prevRandao": f"0x{next(self._numbers):064x}",
            "suggestedFeeRecipient": ADDRESS_ZERO,
            "withdrawals": [],
            "parentBeaconBlockRoot": HASH_ZERO,
        }


def _accepted(request: bytes, given: bytes) -> list[str]:
    """What was sent and taken, in a request of one or many."""
    calls, answers = (
        told if isinstance(told, list) else [told]
        for told in (json.loads(request), json.loads(given))
    )
    taken = {answer.get("id") for answer in answers if "result" in answer}
    return [
        call["params"][0]
        for call in calls
        if call["method"] == "eth_sendRawTransaction" and call["id"] in taken
    ]


def _choose(
    node: Geth, head: str, finalized: str, attributes: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Name a node its head, and have it start to build on it if there are attributes."""
    state = {"headBlockHash": head, "safeBlockHash": finalized, "finalizedBlockHash": finalized}
    answer: dict[str, Any] = _engine(node, "engine_forkchoiceUpdatedV3", state, attributes)
    assert answer["payloadStatus"]["status"] == "VALID", answer
    return answer


def _engine(node: Geth, method: str, *parameters: object) -> Any:
    """What a node answers to a method of the Engine API, which it must not refuse."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, {"iat": int(time.time())})]
    signed = b".".join(map(_base64, parts))
    signature = _base64(hmac.digest(node.secret, signed, "sha256"))
    token = b".".join((signed, signature)).decode()
    return result(node.engine, method, *parameters, Authorization=f"Bearer {token}")


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
