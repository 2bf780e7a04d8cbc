"""Nodes that tests put before anvil, as it but for what a broken or a busy node would answer; and
what they ask of anvil itself."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from deposit_token.chain import Chain


class Proxy:
    """A node that answers as the one behind it, but for the methods that a test answers itself.

    `answers` has a function for each of these: it is given what asks the node behind, and gives the
    answer, a result or an error.
    """

    def __init__(self, node):
        self.node = node
        self.answers = {}
        self.calls = []

    def __call__(self, request):
        call = json.loads(request)
        self.calls.append((call["method"], call["params"]))
        answer = self.answers.get(call["method"], lambda ask: ask())(lambda: self.ask(**call))
        return json.dumps({"jsonrpc": "2.0", "id": call["id"], **answer}).encode()

    def ask(self, method, params, **_envelope):
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = requests.post(self.node, json=call, timeout=60).json()
        return {key: answer[key] for key in ("result", "error") if key in answer}

    def asked(self, method):
        """The parameters of every call of a method, in order."""
        return [params for called, params in self.calls if called == method]


def lost(_ask):
    """An answer that never comes."""
    raise ConnectionAbortedError


def in_turn(*answers):
    """These answers one after another, the last from then on: what is sent, a function as `lost`,
    or None, which is the node's own."""
    left = list(answers)

    def answer(ask):
        given = left.pop(0) if len(left) > 1 else left[0]
        return ask() if given is None else given(ask) if callable(given) else given

    return answer


@contextmanager
def served(answer):
    """The URL of a server on the loopback interface that answers as a function of the request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments):
            """A connection that `answer` aborts is meant to end so."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def undone(chain):
    """The chain forgets what is done to it meanwhile, and its clock goes back.

    What is sent meanwhile goes through the chain that this gives, since one keeps the nonces of
    those who send, and waits until it is mined.
    """
    snapshot = rpc(chain, "evm_snapshot")
    try:
        yield Chain(chain.web3, chain.chain_id, chain.genesis_hash)
    finally:
        assert rpc(chain, "evm_revert", snapshot)


def rpc(chain, method, *parameters):
    """What anvil answers to a method, which it must not refuse."""
    answer = chain.web3.provider.make_request(method, list(parameters))
    assert "error" not in answer, answer
    return answer["result"]
