"""What every node does alike: it takes transactions, and tells why a contract refused one."""

import pytest
from eth_account import Account

from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import logged
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.refusals import Reverted
from deposit_token.deployment.create2 import Creation, create
from deposit_token.errors import InsufficientEther
from tests.refusals import reverts
from tests.scene import OPERATOR, SET_UP

STRANGER = "0x000000000000000000000000000000000000bEEF"
POOR = Account.from_key(bytes(31) + b"\x07")
"""Without ether."""
UNAUTHORIZED = "AccessManagerUnauthorizedAccount"


@pytest.fixture
def manager(node_chain):
    """An AccessManager whose administrator is the set-up key."""
    creation = Creation.of("AccessManager", bytes(32), SET_UP.address)
    create(node_chain, SET_UP, creation)
    return node_chain.contract("AccessManager", creation.address)


def test_chain_is_known_by_id_and_genesis(network, node_chain):
    genesis = node_chain.web3.eth.get_block(0)
    assert node_chain.genesis_hash == genesis["hash"].to_0x_hex()
    assert Chain.connect(network, node_chain.chain_id).genesis_hash == node_chain.genesis_hash


def test_transaction_is_mined(node_chain):
    before = node_chain.web3.eth.get_balance(STRANGER)
    receipt = node_chain.send(SET_UP, {"to": STRANGER, "value": 5})
    assert (receipt["status"], receipt["gasUsed"]) == (1, 21_000)
    assert node_chain.web3.eth.get_balance(STRANGER) == before + 5


def test_transactions_of_one_account_follow_each_other(node_chain):
    before = node_chain.web3.eth.get_transaction_count(SET_UP.address)
    for _ in range(3):
        node_chain.send(SET_UP, {"to": STRANGER, "value": 1})
    assert node_chain.web3.eth.get_transaction_count(SET_UP.address) == before + 3


def test_refusal_of_a_call_is_decoded(node_chain, manager):
    act = manager.functions.execute(STRANGER, b"\x01\x02\x03\x04")
    with pytest.raises(Reverted) as refusal:
        node_chain.call(act)
    assert refusal.value.error == "AccessManagerUnauthorizedCall"


def test_refusal_is_found_before_anything_is_sent(node_chain, manager):
    sent = node_chain.web3.eth.get_transaction_count(OPERATOR.address, "pending")
    with reverts(UNAUTHORIZED, msgsender=OPERATOR.address, roleId=0):
        node_chain.send(OPERATOR, manager.functions.grantRole(7, STRANGER, 0))
    assert node_chain.web3.eth.get_transaction_count(OPERATOR.address, "pending") == sent


def test_refusal_of_what_was_mined_is_decoded(node_chain, manager):
    with pytest.raises(Reverted) as refusal:
        node_chain.send(OPERATOR, manager.functions.grantRole(7, STRANGER, 0), gas=200_000)
    assert refusal.value.error == UNAUTHORIZED
    assert refusal.value.arguments == {"msgsender": OPERATOR.address, "roleId": 0}
    assert refusal.value.receipt["status"] == 0


def test_account_goes_on_after_a_refusal(node_chain, manager):
    for gas in (None, 200_000):
        with pytest.raises(Reverted):
            node_chain.send(OPERATOR, manager.functions.grantRole(7, STRANGER, 0), gas)
    assert node_chain.send(OPERATOR, {"to": STRANGER, "value": 1})["status"] == 1


def test_account_without_ether_is_told(node_chain):
    with pytest.raises(InsufficientEther, match="found 0 ether"):
        node_chain.send(POOR, {"to": STRANGER, "value": 1}, gas=21_000)


@pytest.mark.parametrize("span", [1, 3])
def test_spans_of_events_join(network, node_chain, manager, span):
    first = node_chain.web3.eth.block_number
    numbers = range(first, first + 5)
    for number in numbers:
        node_chain.send(SET_UP, manager.functions.labelRole(number + 1, f"role {number}"))
    chain = Chain.connect(NetworkProfile(url=network, log_span=span))
    same = chain.contract("AccessManager", manager.address)
    last = chain.web3.eth.block_number
    found = [log["args"]["roleId"] for log in logged(same, ["RoleLabel"], last)]
    assert found[-5:] == [number + 1 for number in numbers]
    assert found == sorted(set(found))
