"""The spans in which events are asked for: they shrink when a node refuses one, and grow again."""

from threading import Event

import pytest

from deposit_token.chain import endpoint
from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import logged
from deposit_token.chain.profile import NetworkProfile
from deposit_token.deployment.create2 import Creation, create
from deposit_token.errors import NodeError, Unreachable
from tests.nodes import Proxy, Reply, in_turn, lost, served
from tests.scene import SET_UP

TOO_MANY = {"error": {"code": -32600, "message": "block range is too large, at most 4"}}
LIMIT = {"error": {"code": -32005, "message": "query returned more than 10000 results"}}


@pytest.fixture
def manager(local_chain):
    """A contract with an event in each of some blocks."""
    creation = Creation.of("AccessManager", bytes(32), SET_UP.address)
    create(local_chain, SET_UP, creation)
    manager = local_chain.contract("AccessManager", creation.address)
    for number in range(1, 25):
        local_chain.send(SET_UP, manager.functions.labelRole(number, "role"), gas=100_000)
    return manager


@pytest.fixture
def proxy(node_url, local_chain):
    return Proxy(node_url)


def read(url, manager, **terms):
    """The numbers in the events, read by a profile of these terms."""
    chain = Chain.connect(NetworkProfile(url=url, **terms))
    same = chain.contract("AccessManager", manager.address)
    last = chain.web3.eth.block_number
    return [log["args"]["roleId"] for log in logged(same, ["RoleLabel"], last)]


def lengths(proxy):
    return [
        int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) + 1
        for (asked,) in proxy.asked("eth_getLogs")
    ]


@pytest.mark.parametrize("refusal", [TOO_MANY, LIMIT])
def test_same_events_in_smaller_spans(proxy, manager, refusal):
    def at_most_four(ask):
        return ask() if lengths(proxy)[-1] <= 4 else refusal

    proxy.answers["eth_getLogs"] = at_most_four
    with served(proxy) as url:
        assert read(url, manager) == list(range(1, 25))
    taken = [length for length in lengths(proxy) if length <= 4]
    # Once for each time that they were halved, and once after each eight that were taken.
    refused = len(lengths(proxy)) - len(taken)
    assert refused <= sum(taken).bit_length() + len(taken) // 8


def test_refusal_by_http_status_shrinks_too(proxy, manager):
    def answer(request):
        reply = proxy(request)
        return Reply(413, b"too large") if lengths(proxy) and lengths(proxy)[-1] > 4 else reply

    with served(answer) as url:
        assert read(url, manager) == list(range(1, 25))


def test_connection_that_is_lost_over_a_long_span_shrinks_too(proxy, manager):
    proxy.answers["eth_getLogs"] = lambda ask: ask() if lengths(proxy)[-1] <= 4 else lost(ask)
    with served(proxy) as url:
        assert read(url, manager) == list(range(1, 25))


@pytest.fixture
def hanging(monkeypatch):
    """An answer for which the library does not wait long, and which never comes in time."""
    monkeypatch.setattr(endpoint, "_TIMEOUT", 0.5)
    over = Event()

    def hang(_ask):
        over.wait()
        raise ConnectionAbortedError

    yield hang
    over.set()


def test_span_that_takes_too_long_shrinks_to_one_block(proxy, manager, hanging):
    proxy.answers["eth_getLogs"] = in_turn(hanging, None)
    with served(proxy) as url:
        assert read(url, manager, log_span=20) == list(range(1, 25))
    assert lengths(proxy)[:3] == [10, 1, 1]


def test_node_that_hangs_is_named_after_two_time_limits(proxy, manager, hanging):
    proxy.answers["eth_getLogs"] = hanging
    with served(proxy) as url, pytest.raises(Unreachable, match="no answer to eth_getLogs"):
        read(url, manager, log_span=20)
    assert lengths(proxy) == [10, 1]


def test_spans_grow_again(proxy, manager):
    """A node that was busy once is asked for longer spans after eight of the short ones."""
    refused = []

    def busy_once(ask):
        if not refused:
            refused.append(True)
            return TOO_MANY
        return ask()

    proxy.answers["eth_getLogs"] = busy_once
    with served(proxy) as url:
        assert read(url, manager, log_span=2) == list(range(1, 25))
    assert lengths(proxy)[:10] == [2, 1, 1, 1, 1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (lambda _ask: TOO_MANY, NodeError, "block range is too large"),
        (lost, Unreachable, "no answer to eth_getLogs"),
    ],
)
def test_node_that_refuses_a_single_block_is_named(proxy, manager, answer, error, told):
    proxy.answers["eth_getLogs"] = answer
    with served(proxy) as url, pytest.raises(error, match=told):
        read(url, manager)
    assert lengths(proxy)[-1] == 1
