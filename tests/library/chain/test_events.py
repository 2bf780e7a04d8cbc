"""Events in columns, beside web3's own decoding of the same logs."""

from random import Random

import pytest
from eth_abi import encode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3 import Web3

from deposit_token.chain.artifacts import CONTRACTS, artifact
from deposit_token.chain.events import Columns, event_of
from deposit_token.errors import BrokenAnswer

ADDRESS = f"0x{7:040x}"
EVENTS = [
    (contract, each)
    for contract in CONTRACTS
    for each in artifact(contract).abi
    if each["type"] == "event" and not any(i["type"].endswith("]") for i in each["inputs"])
]


def value(random, abi):
    """A random value of a type, often its least or greatest."""
    kind = abi["type"]
    if kind == "tuple":
        return tuple(value(random, each) for each in abi["components"])
    if kind == "address":
        return to_checksum_address(random.choice([bytes(20), b"\xff" * 20, random.randbytes(20)]))
    if kind == "bool":
        return random.random() < 0.5
    if kind in ("bytes", "string"):
        found = random.randbytes(random.randrange(100))
        return found.hex() if kind == "string" else found
    if kind.startswith("bytes"):
        return random.choice([bytes, lambda n: b"\xff" * n, random.randbytes])(int(kind[5:]))
    signed, bits = kind.startswith("int"), int(kind.lstrip("uint"))
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    return random.choice([least, most - 1, random.randrange(least, most)])


def log(random, abi, number):
    """A log of an event with random values, as JSON-RPC has it."""
    values = [value(random, each) for each in abi["inputs"]]
    topics = [event_abi_to_log_topic(abi)]
    others = []
    for each, found in zip(abi["inputs"], values, strict=True):
        if each["indexed"]:
            topics.append(encode([each["type"]], [found]))
        else:
            others.append((collapse_if_tuple(each), found))
    data = encode([kind for kind, _ in others], [found for _, found in others])
    return {
        "address": ADDRESS,
        "topics": [f"0x{each.hex()}" for each in topics],
        "data": f"0x{data.hex()}",
        "blockNumber": hex(number // 3),
        "blockHash": f"0x{number // 3:064x}",
        "transactionHash": f"0x{number:064x}",
        "transactionIndex": "0x0",
        "logIndex": hex(number % 3),
    }


def flat(found, before=""):
    """What web3 has decoded, as columns name it and have it."""
    for name, each in found.items():
        if hasattr(each, "items"):
            yield from flat(each, f"{before}{name}.")
        elif isinstance(each, str) and Web3.is_address(each):
            yield f"{before}{name}", bytes.fromhex(each[2:])
        else:
            yield f"{before}{name}", each


def _named(part):
    return part if isinstance(part, str) else part["name"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("contract", "abi"), EVENTS, ids=_named)
def test_columns_are_what_web3_decodes(contract, abi, seed):
    random = Random(seed)
    logs = [log(random, abi, number) for number in range(20)]
    event = event_of(contract, abi["name"])
    found = Columns(event, logs)
    decoder = Web3().eth.contract(abi=[abi]).events[abi["name"]]()
    decoded = [decoder.process_log(_formatted(each)) for each in logs]
    assert (len(found), event.topic) == (20, decoder.topic)
    assert found.blocks == [each["blockNumber"] for each in decoded]
    assert found.indexes == [each["logIndex"] for each in decoded]
    expected = [dict(flat(each["args"])) for each in decoded]
    left_out = {each["name"] for each in abi["inputs"] if each["type"] in ("bytes", "string")}
    assert event.topics.keys() | event.words.keys() == expected[0].keys() - left_out
    for field in event.topics.keys() | event.words.keys():
        assert found[field] == [each[field] for each in expected], field


def _formatted(found):
    """As web3 gives what a node tells."""
    numbers = ("blockNumber", "logIndex", "transactionIndex")
    others = ("data", "blockHash", "transactionHash")
    return {
        "address": to_checksum_address(found["address"]),
        "topics": [HexBytes(each) for each in found["topics"]],
        **{each: int(found[each], 16) for each in numbers},
        **{each: HexBytes(found[each]) for each in others},
    }


class TestBroken:
    """Logs that no contract emits, which a node might tell all the same."""

    abi = next(each for _, each in EVENTS if each["name"] == "PaymentRefunded")
    event = event_of("SettlementEscrow", "PaymentRefunded")

    def logs(self, **changes):
        random = Random(1)
        logs = [log(random, self.abi, number) for number in range(3)]
        return [logs[0], {**logs[1], **changes}, logs[2]]

    def columns(self, **changes):
        found = Columns(self.event, self.logs(**changes))
        return [found[field] for field in (*self.event.topics, *self.event.words)]

    def test_whole_ones_are_read(self):
        assert len(self.columns()) == 4

    @pytest.mark.parametrize(
        "change",
        [
            lambda log: {"data": log["data"] + "00" * 32},
            lambda log: {"data": log["data"][:-64]},
            lambda log: {"data": log["data"][:-1] + "g"},
            lambda log: {"data": log["data"][:-2] + "  "},
            lambda log: {"topics": log["topics"][:-1]},
            lambda log: {"topics": [*log["topics"], log["topics"][-1]]},
            lambda log: {"topics": [*log["topics"][:-1], log["topics"][-1][:-2]]},
            lambda log: {"topics": [*log["topics"][:-1], "0x" + "01" * 32]},
        ],
    )
    def test_others_are_refused_by_name(self, change):
        with pytest.raises(BrokenAnswer, match=r"^logs of PaymentRefunded in blocks 0 to 0: found"):
            self.columns(**change(self.logs()[1]))

    def test_number_that_is_too_wide_is_refused(self):
        event = event_of("SettlementEscrow", "PaymentAuthorized")
        abi = next(each for _, each in EVENTS if each["name"] == "PaymentAuthorized")
        found = log(Random(1), abi, 1)
        start = 2 + 64 * event.words["payment.sourceAmount"][0]
        data = found["data"][:start] + "f" * 64 + found["data"][start + 64 :]
        columns = Columns(event, [{**found, "data": data}])
        assert columns["payment.targetAmount"]
        told = "found payment.sourceAmount that is wider than its type, accepted is one of uint104"
        with pytest.raises(BrokenAnswer, match=told):
            columns["payment.sourceAmount"]
