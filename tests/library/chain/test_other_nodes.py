"""Nodes that nobody had here: a stand-in before another answers as theirs do.

How they answer is what their own documents and issues, or those of their users, quote: which ones,
stands beside each answer. What is compared is what the library makes of the real node's answer.
"""

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import logged
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.refusals import ContractError, Reverted
from deposit_token.deployment.create2 import Creation, create
from deposit_token.devchain.keys import account
from deposit_token.errors import InsufficientEther
from tests.nodes import Proxy, Reply, served
from tests.scene import SET_UP

STRANGER = account("a stranger")


def error(code, message, **data):
    return {"error": {"code": code, "message": message, **data}}


REFUSALS = {
    "Besu, besu-eth/besu#5705": lambda data: error(-32000, "Execution reverted", data=data),
    "Besu with a text, besu-eth/besu-docs#1376": lambda data: error(
        -32000, "Execution reverted: not allowed", data=data
    ),
    "Nethermind, wevm/viem#4092": lambda data: error(-32000, "execution reverted", data=data),
    "Nethermind, cowprotocol/watch-tower#11": lambda data: error(
        -32015, "VM execution error.", data=f"Reverted {data}"
    ),
    "Nethermind, NethermindEth/nethermind#8813": lambda data: error(
        -32015, "VM execution error.", data=f"err: {data} (supplied gas 36000000)"
    ),
    "Erigon, erigontech/erigon#17132": lambda data: error(3, "execution reverted", data=data),
}
"""Revert data, as they stand in a node's error."""

BARE_REFUSALS = {
    "Nethermind, NethermindEth/nethermind#2098": error(
        -32015, "VM execution error.", data="revert"
    ),
    "Nethermind, NethermindEth/nethermind#8813": error(
        -32015, "VM execution error.", data="err: revert (supplied gas 36000000)"
    ),
    "Nethermind, NethermindEth/nethermind#5740": error(
        -32015, "VM execution error.", data="Reverted 0x"
    ),
    "geth of the OP stack, base/node#332": error(-32000, "execution reverted"),
}
"""Of a contract that gave no reason, or of a node that keeps it for itself."""

LIMITS = {
    "Alchemy, BobTheBuidler/dank_mids#772": error(
        -32600,
        "You can make eth_getLogs requests with up to a 500 block range. Based on your parameters, "
        "this block range should work: [0x123c9b2, 0x123cba5]",
    ),
    "Alchemy, ethers-io/ethers.js#4703": error(
        -32602,
        "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range "
        "and no limit on the response size",
    ),
    "Infura, INFURA/infura#237": error(-32602, "range 1000000 exceeds limit of 10000"),
    "Infura, ethers-io/ethers.js#4703": error(
        -32005,
        "query returned more than 10000 results. Try with this block range [0xBDE5F8, 0x102DBCC].",
        data={"from": "0xBDE5F8", "limit": 10000, "to": "0x102DBCC"},
    ),
    "Erigon, erigontech/erigon#20424": error(
        -32602, "query block range exceeds server limit, narrow your filter: 5."
    ),
    "reth, paradigmxyz/reth#8558": error(-32602, "query exceeds max block range 5000"),
    "Base, base/base#2421": error(
        -32602, "query exceeds max results 20000, retry with the range 25766988-25775072"
    ),
}
"""Of a node that was asked for the events of too many blocks."""

KEPT = {
    "Nethermind, NethermindEth/nethermind#4148": error(-32010, "AlreadyKnown"),
    "Nethermind, NethermindEth/nethermind#4319": error(-32010, "FeeTooLow"),
}
"""Of a node that keeps the transaction all the same."""


@pytest.fixture
def proxy(node_url, local_chain):
    return Proxy(node_url)


@pytest.fixture
def manager(local_chain):
    creation = Creation.of("AccessManager", bytes(32), SET_UP.address)
    create(local_chain, SET_UP, creation)
    return local_chain.contract("AccessManager", creation.address)


def refusals(chain, manager):
    """What a stranger's call is refused with, asked by both methods that a node refuses by."""
    grant = chain.contract("AccessManager", manager.address).functions.grantRole(
        7, SET_UP.address, 0
    )
    with pytest.raises(Reverted) as called:
        chain.call(grant)
    with pytest.raises(Reverted) as estimated:
        chain.send(STRANGER, grant)
    return [called.value.found, estimated.value.found]


@pytest.mark.parametrize("node", REFUSALS)
def test_contracts_error_is_found_in_the_nodes(proxy, local_chain, manager, node):
    def told(ask):
        return REFUSALS[node](ask()["error"]["data"])

    expected = refusals(local_chain, manager)
    assert [each.name for each in expected] == ["AccessManagerUnauthorizedAccount"] * 2
    with served(proxy) as url:
        chain = Chain.connect(url)
        proxy.answers |= {"eth_call": told, "eth_estimateGas": told}
        assert refusals(chain, manager) == expected


@pytest.mark.parametrize("node", BARE_REFUSALS)
def test_refusal_without_a_reason_is_one(proxy, manager, node):
    with served(proxy) as url:
        chain = Chain.connect(url)
        proxy.answers |= dict.fromkeys(
            ("eth_call", "eth_estimateGas"), lambda _ask: BARE_REFUSALS[node]
        )
        assert refusals(chain, manager) == [ContractError("0x", {})] * 2


def test_reason_in_words_is_told(proxy, manager):
    """Nethermind, naddison36/tx2uml#13."""
    text = "revert: UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT"
    told = error(-32015, "VM execution error.", data=text)
    with served(proxy) as url:
        chain = Chain.connect(url)
        proxy.answers |= dict.fromkeys(("eth_call", "eth_estimateGas"), lambda _ask: told)
        said = ContractError.saying("UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT")
        assert refusals(chain, manager) == [said] * 2


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("node", LIMITS)
def test_events_are_the_same_in_spans_that_the_node_takes(
    proxy, local_chain, manager, node, status
):
    """With status 400 as Alchemy's, boundless-xyz/boundless#838."""
    for number in range(1, 9):
        local_chain.send(SET_UP, manager.functions.labelRole(number, "role"), gas=100_000)

    def limited(request):
        reply = proxy(request)
        asked = proxy.asked("eth_getLogs")
        if b"eth_getLogs" in request and _length(asked[-1][0]) > 3:
            return Reply(status, reply)
        return reply

    def at_most_three(ask):
        return ask() if _length(proxy.asked("eth_getLogs")[-1][0]) <= 3 else LIMITS[node]

    proxy.answers["eth_getLogs"] = at_most_three
    with served(limited) as url:
        chain = Chain.connect(NetworkProfile(url=url))
        same = chain.contract("AccessManager", manager.address)
        found = list(logged(same, ["RoleLabel"], chain.web3.eth.block_number))
    assert [log["args"]["roleId"] for log in found] == list(range(1, 9))


def _length(filter_):
    return int(filter_["toBlock"], 16) - int(filter_["fromBlock"], 16) + 1


@pytest.mark.parametrize("node", KEPT)
def test_transaction_that_the_node_keeps_was_sent(proxy, node):
    def keeps(ask):
        assert "result" in ask()
        return KEPT[node]

    with served(proxy) as url:
        chain = Chain.connect(url)
        proxy.answers["eth_sendRawTransaction"] = keeps
        receipt = chain.send(SET_UP, {"to": STRANGER.address, "value": 1})
    assert receipt["status"] == 1
    assert len(proxy.asked("eth_sendRawTransaction")) == 1


def test_account_without_ether_is_named_whatever_the_node_says(proxy):
    """Nethermind, NethermindEth/nethermind#4829."""
    told = error(-32010, "InsufficientFunds, Account balance: 0, cumulative cost: 21000000")
    with served(proxy) as url:
        chain = Chain.connect(url)
        proxy.answers["eth_sendRawTransaction"] = lambda _ask: told
        with pytest.raises(InsufficientEther, match=f"found 0 ether at {STRANGER.address}"):
            chain.send(STRANGER, {"to": SET_UP.address, "value": 1}, gas=21_000)
