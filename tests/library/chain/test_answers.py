"""What a node's answer lacks or has too much of: a field that is read is there, or is named."""

import re

import pytest
from web3 import Web3

from deposit_token.chain import chain as chain_module
from deposit_token.chain.answers import read_answer
from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import logged
from deposit_token.deployment.create2 import Creation, create
from deposit_token.errors import BrokenAnswer, Unsure
from tests.nodes import Proxy, in_turn, served
from tests.scene import SET_UP

STRANGER = "0x000000000000000000000000000000000000bEEF"
LONG = "0x" + bytes(range(97)).hex()
"""The `extraData` of a block of Clique, IBFT or QBFT."""
OTHER_HASH = "0x" + "ab" * 32


@pytest.fixture
def proxy(node_url, local_chain):
    return Proxy(node_url)


def altered(**fields):
    """The node's own answer as soon as it has one, with other fields; None takes one out."""

    def answer(ask):
        while (own := ask().get("result")) is None:
            pass
        found = {**own, **fields}
        return {"result": {name: value for name, value in found.items() if value is not None}}

    return answer


def test_blocks_with_long_extra_data_are_read(proxy):
    for method in ("eth_getBlockByNumber", "eth_getBlockByHash"):
        proxy.answers[method] = altered(extraData=LONG, mixHash="0x", difficulty="many")
    with served(proxy) as url:
        chain = Chain.connect(url)
        receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
        block = chain.web3.eth.get_block(receipt["blockHash"])
        assert (block["number"], chain.now()) == (receipt["blockNumber"], block["timestamp"])
        assert not chain.is_final(receipt)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"hash": None}, "hash: found none, accepted is 32 bytes in hex"),
        ({"hash": "0x12"}, "hash: found '0x12', accepted is 32 bytes in hex"),
        ({"timestamp": None}, "timestamp: found none, accepted is a number such as 0x1a"),
        ({"timestamp": "soon"}, "timestamp: found 'soon', accepted is a number such as 0x1a"),
        ({"timestamp": 5}, "timestamp: found 5, accepted is a number such as 0x1a"),
        ({"baseFeePerGas": []}, "baseFeePerGas: found [], accepted is a number such as 0x1a"),
        ({"transactions": "x"}, "transactions: found 'x', accepted is a list"),
        ({"number": "0x7"}, "number: found '0x7', accepted is 0x0 as asked"),
    ],
)
def test_header_that_can_not_be_read_names_the_field(proxy, fields, named):
    proxy.answers["eth_getBlockByNumber"] = altered(**fields)
    with served(proxy) as url, pytest.raises(BrokenAnswer) as refusal:
        Chain.connect(url)
    assert str(refusal.value) == (
        f"RPC endpoint: found a broken answer to eth_getBlockByNumber at {url} ({named})."
    )


@pytest.mark.parametrize(
    ("method", "result", "read"),
    [
        ("eth_chainId", None, lambda chain: Chain.connect(chain.profile)),
        ("eth_chainId", 31337, lambda chain: Chain.connect(chain.profile)),
        ("eth_getCode", None, lambda chain: chain.has_code(STRANGER)),
        ("eth_getCode", "0x123", lambda chain: chain.has_code(STRANGER)),
        ("eth_getBlockByNumber", "x", lambda chain: chain.now()),
        ("eth_getTransactionCount", None, lambda chain: chain.send(SET_UP, {"to": STRANGER})),
        ("eth_estimateGas", {}, lambda chain: chain.send(SET_UP, {"to": STRANGER})),
    ],
)
def test_result_of_another_kind_is_named(proxy, method, result, read):
    with served(proxy) as url:
        chain = Chain.connect(url)
        proxy.answers[method] = in_turn({"result": result})
        with pytest.raises(BrokenAnswer, match=rf"a broken answer to {method} at {url} \(result: "):
            read(chain)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"status": None}, "status: found none, accepted is 0x0 or 0x1"),
        ({"status": "0x2"}, "status: found '0x2', accepted is 0x0 or 0x1"),
        ({"transactionHash": OTHER_HASH}, f"transactionHash: found '{OTHER_HASH}', accepted is 0x"),
        ({"logs": None}, "logs: found none, accepted is a list"),
        ({"logs": [{}]}, "address: found none, accepted is 20 bytes in hex"),
        ({"gasUsed": None}, "gasUsed: found none, accepted is a number such as 0x1a"),
        ({"blockHash": None}, "not mined within 0 s."),
    ],
)
def test_receipt_without_what_counts_is_waited_for(proxy, monkeypatch, fields, named):
    monkeypatch.setattr(chain_module, "RECEIPT_TIMEOUT", 0)
    proxy.answers["eth_getTransactionReceipt"] = altered(**fields)
    with served(proxy) as url:
        chain = Chain.connect(url)
        with pytest.raises(Unsure) as failure:
            chain.send(SET_UP, {"to": STRANGER, "value": 1})
        ((raw,),) = proxy.asked("eth_sendRawTransaction")
    assert failure.value.hashes == (Web3.keccak(hexstr=raw).to_0x_hex(),)
    assert named in failure.value.reason


def test_receipt_that_is_whole_in_the_end_counts(proxy):
    proxy.answers["eth_getTransactionReceipt"] = in_turn(
        altered(status=None), altered(transactionHash=OTHER_HASH), None
    )
    with served(proxy) as url:
        receipt = Chain.connect(url).send(SET_UP, {"to": STRANGER, "value": 1})
    assert receipt["status"] == 1
    assert len(proxy.asked("eth_getTransactionReceipt")) == 3


@pytest.mark.parametrize(
    ("field", "value"), [("topics", None), ("data", "0x1"), ("blockNumber", None), ("address", "")]
)
def test_event_without_what_counts_names_the_field(proxy, local_chain, field, value):
    creation = Creation.of("AccessManager", bytes(32), SET_UP.address)
    create(local_chain, SET_UP, creation)

    def broken(ask):
        return {"result": [{**log, field: value} for log in ask()["result"]]}

    proxy.answers["eth_getLogs"] = broken
    with served(proxy) as url:
        manager = Chain.connect(url).contract("AccessManager", creation.address)
        with pytest.raises(BrokenAnswer, match=rf"to eth_getLogs at {url} \({field}: found "):
            list(logged(manager, ["RoleGranted"], local_chain.web3.eth.block_number))


HASH, ADDRESS = "0x" + "0f" * 32, "0x" + "0a" * 20
LOG = {
    "address": ADDRESS,
    "topics": [HASH, HASH],
    "data": "0x00ff",
    "blockNumber": "0x1",
    "blockHash": HASH,
    "transactionHash": HASH,
    "transactionIndex": "0x0",
    "logIndex": "0x2",
}


def test_event_is_taken_with_the_fields_that_are_read():
    told = [{**LOG, "logIndex": "0xA", "blockTimestamp": "0x5"}, {**LOG, "removed": False}]
    found = read_answer("node", "eth_getLogs", [{}], told)
    assert found == [{**LOG, "logIndex": "0xA"}, told[1]]
    assert read_answer("node", "eth_getLogs", [{}], [{**LOG, "topics": []}])[0]["topics"] == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"address": f"{ADDRESS} {HASH}"}, "address"),
        ({"address": f"{ADDRESS} {HASH}", "blockHash": ""}, "address"),
        ({"topics": [f"{HASH} {HASH}"]}, "topics[0]"),
        ({"topics": [HASH, HASH[:-1]]}, "topics[1]"),
        ({"topics": [HASH, None]}, "topics[1]"),
        ({"topics": {HASH: 1}}, "topics"),
        ({"topics": None}, "topics"),
        ({"data": "0x0"}, "data"),
        ({"data": "0x0g"}, "data"),
        ({"data": None}, "data"),
        ({"blockNumber": "0x"}, "blockNumber"),
        ({"blockNumber": "0x\u0663"}, "blockNumber"),
        ({"blockNumber": 1}, "blockNumber"),
        ({"logIndex": "1"}, "logIndex"),
        ({"transactionHash": "0x12"}, "transactionHash"),
    ],
)
def test_event_with_a_broken_field_names_it(fields, named):
    with pytest.raises(BrokenAnswer, match=rf"\({re.escape(named)}: found "):
        read_answer("node", "eth_getLogs", [{}], [LOG, {**LOG, **fields}])
