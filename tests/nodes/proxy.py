"""What stands before a node, and answers as a broken or a busy one would."""

import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.nodes.jsonrpc import Answer, ask

Ask = Callable[[], Answer]
"""Asks the node behind."""


class Reply(NamedTuple):
    """An HTTP answer that is not simply 200."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})


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
        asked = json.loads(request)
        if isinstance(asked, list):
            return json.dumps([self._answer(each) for each in asked]).encode()
        return json.dumps(self._answer(asked)).encode()

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((call["method"], call["params"]))
        answer = self.answers.get(call["method"], lambda ask: ask())
        given = answer(lambda: self.ask(call["method"], call["params"]))
        return {"jsonrpc": "2.0", "id": call["id"], **given}

    def ask(self, method: str, params: Any) -> Answer:
        """What the node behind answers."""
        return ask(self.node, method, *params)

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
def served(
    answer: Callable[[bytes], bytes | Reply],
    admit: Callable[[Mapping[str, str]], Reply | None] = lambda headers: None,
    tls: ssl.SSLContext | None = None,
    protocol: str = "HTTP/1.0",
) -> Iterator[str]:
    """The URL of a server on the loopback interface that answers as a function of the request.

    `admit` sees the headers first, and gives the reply to who is not let in. By the protocol
    `HTTP/1.1` a connection may have many requests, also once the server is closed.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol
        # The whole answer in one packet.
        wbufsize = -1

        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            found = admit(self.headers) or answer(request)
            reply = found if isinstance(found, Reply) else Reply(200, found)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that `answer` aborts is meant to end so."""
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        # It looks so often, in seconds, whether it is to end.
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{server.server_port}"
        server.shutdown()
