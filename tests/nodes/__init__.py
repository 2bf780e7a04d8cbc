"""Nodes: those that tests run, what they ask of them, and what they put before them, which answers
as a broken or a busy node would."""

from tests.nodes.anvil import advance, run_anvil
from tests.nodes.jsonrpc import again, ask, mined_after, result, rpc, url_of
from tests.nodes.proxy import Answer, Ask, Proxy, Reply, in_turn, lost, served
from tests.nodes.undone import undone

__all__ = [
    "Answer",
    "Ask",
    "Proxy",
    "Reply",
    "advance",
    "again",
    "ask",
    "in_turn",
    "lost",
    "mined_after",
    "result",
    "rpc",
    "run_anvil",
    "served",
    "undone",
    "url_of",
]
