"""Events of a contract span by span: what the node must tell, and what a reorganisation undoes."""

import pytest

from deposit_token.chain import spans
from deposit_token.chain.chain import Chain
from deposit_token.chain.events import event_of
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.spans import block_at, read_spans
from deposit_token.deployment.create2 import Creation, create
from deposit_token.errors import BrokenAnswer, NodeError, Overtaken, TooLong
from tests.nodes import Proxy, in_turn, rpc, served
from tests.scene import SET_UP

LABELLED = event_of("AccessManager", "RoleLabel")


@pytest.fixture
def chain(start_anvil):
    """With twenty blocks, of a node of its own: a snapshot does not restore what is undone here."""
    with start_anvil() as url:
        chain = Chain.connect(url)
        creation = Creation.of("AccessManager", bytes(32), SET_UP.address)
        create(chain, SET_UP, creation)
        chain.manager = chain.contract("AccessManager", creation.address)
        for number in range(1, 17):
            chain.send(SET_UP, chain.manager.functions.labelRole(number, "role"), gas=100_000)
        yield chain


@pytest.fixture
def proxy(chain):
    return Proxy(chain.web3.provider.endpoint_uri)


def read(chain, proxy, head=None, **terms):
    """The numbers in the events, and the last block of each span."""
    with served(proxy) as url:
        reader = Chain.connect(NetworkProfile(url=url, **terms))
        address = chain.manager.address
        head = head or block_at(reader)
        roles = event_of("AccessManager", "RoleGranted")
        found = list(read_spans(reader, address, [LABELLED, roles], 0, head))
    numbers = [
        number
        for span in found
        if "RoleLabel" in span.columns
        for number in span.columns["RoleLabel"]["roleId"]
    ]
    return numbers, [span.until for span in found]


@pytest.mark.parametrize("span", [1, 3, 7, 1_000])
def test_every_event_is_there_once_however_long_the_spans_are(chain, proxy, span):
    numbers, ends = read(chain, proxy, log_span=span)
    assert numbers == list(range(1, 17))
    assert ends[-1] == block_at(chain)
    assert ends == [block_at(chain, each.number) for each in ends]
    asked = [
        (int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16))
        for (wanted,) in proxy.asked("eth_getLogs")
    ]
    assert [first for first, _ in asked] == [0, *(each.number + 1 for each in ends[:-1])]
    assert max(last - first + 1 for first, last in asked) <= span


def test_node_that_refuses_long_spans_is_asked_for_short_ones(chain, proxy):
    def at_most_two(ask):
        (wanted,) = proxy.asked("eth_getLogs")[-1]
        if int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) < 2:
            return ask()
        return {"error": {"code": -32600, "message": "block range is too large"}}

    proxy.answers["eth_getLogs"] = at_most_two
    assert read(chain, proxy)[0] == list(range(1, 17))


def test_answer_that_is_too_long_is_not_read_to_its_end(chain, proxy, monkeypatch):
    monkeypatch.setattr(spans, "_MOST", 3_000)
    numbers, ends = read(chain, proxy)
    assert numbers == list(range(1, 17))
    assert len(ends) > 4
    with served(proxy) as url, pytest.raises(TooLong, match="more than 100 bytes"):
        Chain.connect(url).web3.provider.ask_logs({"fromBlock": "0x0"}, 100)


def test_next_span_is_shorter_where_there_are_many_events(chain, proxy, monkeypatch):
    from deposit_token.chain import logs

    monkeypatch.setattr(logs, "_MANY", 3)
    numbers, ends = read(chain, proxy)
    assert numbers == list(range(1, 17))
    # The first ten blocks are one span, before anything is known.
    last = block_at(chain).number
    assert [each.number for each in ends] == [9, *range(12, last, 3), last]


def test_head_that_is_undone_meanwhile_is_noticed(chain, proxy):
    def reorganise(ask):
        if len(proxy.asked("eth_getLogs")) == 2:
            rpc(chain, "anvil_reorg", 3, [])
        return ask()

    proxy.answers["eth_getLogs"] = reorganise
    with pytest.raises(Overtaken, match="undone by a reorganisation of the chain"):
        read(chain, proxy, log_span=5)


def test_what_comes_after_the_head_is_no_matter(chain, proxy):
    def mine(ask):
        chain.send(SET_UP, chain.manager.functions.labelRole(99, "role"), gas=100_000)
        return ask()

    proxy.answers["eth_getLogs"] = mine
    head = block_at(chain)
    numbers, ends = read(chain, proxy, head, log_span=5)
    assert (numbers, ends[-1]) == (list(range(1, 17)), head)


def changed(change):
    """The node's own answer with its last log changed."""

    def answer(ask):
        told = ask()
        *before, last = told["result"]
        return {"result": [*before, *change(last)]}

    return answer


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda log: [{**log, "removed": True}], Overtaken, "undone"),
        (lambda log: [{**log, "blockHash": f"0x{7:064x}"}], Overtaken, "undone"),
        (lambda log: [log, log], BrokenAnswer, "none of"),
        (lambda log: [{**log, "blockNumber": "0xffff"}], BrokenAnswer, "none of"),
        (lambda log: [{**log, "address": f"0x{7:040x}"}], BrokenAnswer, "none of"),
        (lambda log: [{**log, "topics": [f"0x{7:064x}"]}], BrokenAnswer, "none of"),
        (lambda log: [{**log, "topics": []}], BrokenAnswer, "none of"),
        (lambda log: [{**log, "blockNumber": None}], BrokenAnswer, "blockNumber: found none"),
        (lambda log: [{**log, "logIndex": "x"}], BrokenAnswer, "logIndex: found 'x'"),
        (lambda log: [{**log, "data": None}], BrokenAnswer, "data: found none"),
        (lambda log: [7], BrokenAnswer, r"result\[\d+\]: found 7"),
    ],
)
def test_log_that_is_not_what_was_asked_for_is_refused(chain, proxy, change, error, told):
    proxy.answers["eth_getLogs"] = changed(change)
    with pytest.raises(error, match=told):
        read(chain, proxy)


def test_answer_that_is_no_list_is_refused(chain, proxy):
    proxy.answers["eth_getLogs"] = lambda ask: {"result": "0x"}
    with pytest.raises(BrokenAnswer, match="found no list of logs"):
        read(chain, proxy)


def test_node_that_fails_for_a_moment_is_asked_again_for_less(chain, proxy):
    busy = {"error": {"code": -32000, "message": "busy"}}
    proxy.answers["eth_getLogs"] = in_turn(None, busy, None)
    assert read(chain, proxy, log_span=5)[0] == list(range(1, 17))
    proxy.answers["eth_getLogs"] = lambda ask: busy
    with pytest.raises(NodeError, match="busy"):
        read(chain, proxy)
