"""Nodes: anvil, what tests ask of it, and what they put before it, which answers as a broken or a
busy node would."""

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from deposit_token.chain.chain import Chain
from deposit_token.devchain.anvil import HARDFORK

Answer = dict[str, Any]
"""The result or the error of a call."""
Ask = Callable[[], Answer]
"""Asks the node behind."""


@contextmanager
def run_anvil(*options: str, hardfork: str = HARDFORK) -> Iterator[str]:
    """The URL of a new chain on a free port of the loopback interface, stopped afterwards."""
    process = subprocess.Popen(
        ["anvil", "--port", "0", "--hardfork", hardfork, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        printed = ""
        for line in process.stdout:
            printed += line
            listening = re.search(r"Listening on (127\.0\.0\.1:\d+)", line)
            if listening:
                break
        else:
            raise AssertionError(f"anvil did not start: {printed}")
        # It blocks once nobody reads what it prints.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield f"http://{listening[1]}"
    finally:
        process.terminate()
        process.wait()


def rpc(chain: Chain, method: str, *parameters: object) -> Any:
    """What anvil answers to a method, which it must not refuse."""
    answer = chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


def url_of(chain: Chain) -> str:
    """Where a chain is reached."""
    return str(cast(HTTPProvider, chain.web3.provider).endpoint_uri)


def again(chain: Chain) -> Chain:
    """The same chain, once something was undone there: one keeps the nonces of those who send."""
    return Chain(chain.web3, chain.chain_id, chain.genesis_hash)


@contextmanager
def undone(chain: Chain) -> Iterator[Chain]:
    """The chain forgets what is done to it meanwhile, and its clock goes back.

    What is sent meanwhile goes through the chain that this gives, and waits until it is mined.
    """
    snapshot = rpc(chain, "evm_snapshot")
    try:
        yield again(chain)
    finally:
        assert rpc(chain, "evm_revert", snapshot)


def advance(chain: Chain, moment: int) -> None:
    """Mine a block of that moment, Unix seconds."""
    rpc(chain, "evm_setNextBlockTimestamp", moment)
    rpc(chain, "evm_mine")


class Proxy:
    """A node that answers as the one behind it, but for the methods that a test answers itself.

    `answers` has a function for each of these: it is given what asks the node behind, and gives the
    answer, a result or an error.
    """

    def __init__(self, node: str) -> None:
        self.node = node
        self.answers: dict[str, Callable[[Ask], Answer]] = {}
        self.calls: list[tuple[str, Any]] = []

    def __call__(self, request: bytes) -> bytes:
        call = json.loads(request)
        self.calls.append((call["method"], call["params"]))
        answer = self.answers.get(call["method"], lambda ask: ask())
        given = answer(lambda: self.ask(call["method"], call["params"]))
        return json.dumps({"jsonrpc": "2.0", "id": call["id"], **given}).encode()

    def ask(self, method: str, params: Any) -> Answer:
        """What the node behind answers."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = requests.post(self.node, json=call, timeout=60).json()
        return {key: answer[key] for key in ("result", "error") if key in answer}

    def asked(self, method: str) -> list[Any]:
        """The parameters of every call of a method, in order."""
        return [params for called, params in self.calls if called == method]


def lost(_ask: Ask) -> Answer:
    """An answer that never comes."""
    raise ConnectionAbortedError


def in_turn(*answers: Answer | Callable[[Ask], Answer] | None) -> Callable[[Ask], Answer]:
    """These answers one after another, the last from then on: what is sent, a function as `lost`,
    or None, which is the node's own."""
    left = list(answers)

    def answer(ask: Ask) -> Answer:
        given = left.pop(0) if len(left) > 1 else left[0]
        return ask() if given is None else given(ask) if callable(given) else given

    return answer


@contextmanager
def served(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """The URL of a server on the loopback interface that answers as a function of the request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments: object) -> None:
            """A connection that `answer` aborts is meant to end so."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
