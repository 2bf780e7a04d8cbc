"""The demo by `--rpc` ends on any development node as on the anvil that it starts itself, but for
what must wait where the clock can't be set."""

import json
from contextlib import contextmanager

import pytest

from tests.demo.runs import run_demo
from tests.nodes import Proxy, served
from tests.nodes.geth import run_geth_dev
from tests.nodes.hardhat import find_hardhat, run_hardhat
from tests.nodes.programs import found

DRAWN = {"uetr", "payment_id", "gas", "token"}
"""What is another in each run, or at each node."""
LONG = "0x" + bytes(range(97)).hex()


def told(run):
    """What a run's report says, without what is another in each."""
    assert (run.returncode, run.stderr.strip()) == (0, "")
    return without(json.loads(run.stdout))


def without(value):
    if isinstance(value, dict):
        return {key: without(each) for key, each in value.items() if key not in DRAWN}
    return [without(each) for each in value] if isinstance(value, list) else value


@contextmanager
def hardhat(generation):
    missing = f"hardhat-{generation}: `make test-nodes` installs it"
    with run_hardhat(found(find_hardhat(generation), missing), []) as url:
        yield url


@contextmanager
def anvil_with_long_headers(start_anvil):
    def sealed(ask):
        return {"result": {**ask()["result"], "extraData": LONG}}

    with start_anvil() as anvil:
        node = Proxy(anvil)
        node.answers = {"eth_getBlockByNumber": sealed, "eth_getBlockByHash": sealed}
        with served(node) as url:
            yield url


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What the demo says of the anvil that it starts itself."""
    return told(run_demo(tmp_path_factory.mktemp("alone"), "--json"))


@pytest.mark.parametrize("node", ["hardhat-2", "hardhat-3", "long-headers"])
def test_ends_as_on_its_own_anvil(alone, node, tmp_path, start_anvil):
    running = anvil_with_long_headers(start_anvil) if "long" in node else hardhat(int(node[-1]))
    with running as url:
        assert told(run_demo(tmp_path, "--json", "--rpc", url)) == alone


def test_on_geth_what_must_wait_is_left_out(alone, geth, tmp_path):
    """Its developer's account, which nobody has the key of, gives the ether."""
    with run_geth_dev(geth, tmp_path / "geth", []) as url:
        found = told(run_demo(tmp_path, "--json", "--rpc", url, "--chain-id", 1337))
    assert found["out_of_reach"] == {"S-2611": "reclaimed", "S-2615": "captured, claimed"}
    instead = {"S-2611": "authorized", "S-2615": "captured"}
    assert found["payments"] == [
        {**payment, "state": instead.get(payment["invoice"], payment["state"])}
        for payment in alone["payments"]
    ]
    assert found["tokens"] == alone["tokens"]
    assert found["balanced"]
