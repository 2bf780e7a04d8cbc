"""Blocks followed from round to round, through reorganisations and a node that is not sure."""

import pytest

from deposit_token.chain.blocks import Blocks
from deposit_token.chain.chain import Chain
from deposit_token.errors import BrokenAnswer, NodeError, Unsupported
from tests.nodes import Proxy, rpc, served
from tests.refusals import says
from tests.scene import SET_UP, STRANGER


@pytest.fixture
def chain(start_anvil):
    """With ten blocks, of a node of its own: a snapshot does not restore what is undone here."""
    with start_anvil("--no-mining") as url:
        chain = Chain.connect(url)
        rpc(chain, "anvil_mine", hex(10))
        yield chain


def follow(chain, first=0):
    blocks = Blocks(chain.web3.provider, first)
    blocks.follow(chain.web3.eth.block_number)
    return blocks


def sent(chain):
    """The hash of a transaction that is mined next."""
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 1, "gas": 21_000}
    nonce = chain.web3.eth.get_transaction_count(SET_UP.address)
    call = {"to": STRANGER.address, "value": 1, "chainId": chain.chain_id, "nonce": nonce}
    raw = SET_UP.sign_transaction(call | fees).raw_transaction
    return chain.web3.eth.send_raw_transaction(raw).to_0x_hex()


def test_all_blocks_to_the_head_are_taken_up(chain):
    blocks = follow(chain, 4)
    assert blocks.last == 10
    mined = sent(chain)
    assert blocks.having([mined]) == {}
    rpc(chain, "anvil_mine", hex(3))
    blocks.follow(13)
    block = blocks.having([mined])[mined]
    assert (blocks.last, block.number) == (13, 11)
    assert block.hash == chain.web3.eth.get_block(11)["hash"].to_0x_hex()


def test_many_blocks_take_several_calls(chain):
    rpc(chain, "anvil_mine", hex(440))
    blocks = Blocks(chain.web3.provider, 0)
    found = []
    for _ in range(4):
        blocks.follow(450)
        found.append(blocks.last)
    assert found == [200, 400, 450, 450]


@pytest.mark.parametrize("depth", [1, 2, 5, 9])
@pytest.mark.parametrize("longer", [0, 1, 3])
def test_what_a_reorganisation_has_dropped_is_forgotten(chain, depth, longer):
    mined = sent(chain)
    rpc(chain, "anvil_mine", hex(depth))
    blocks = follow(chain, 1)
    assert mined in blocks.having([mined])
    rpc(chain, "anvil_reorg", depth, [])
    if longer:
        rpc(chain, "anvil_mine", hex(longer))
    blocks.follow(10 + depth + longer)
    assert blocks.last == 10 + depth + longer
    assert blocks.having([mined]) == {}
    # As if they had been taken up now.
    hashes = [chain.web3.eth.get_block(n)["hash"].to_0x_hex() for n in range(1, blocks.last + 1)]
    assert [each.hash for each in blocks._blocks] == hashes


def test_head_that_is_behind_is_followed_too(chain):
    mined = sent(chain)
    rpc(chain, "evm_mine")
    blocks = follow(chain)
    blocks.follow(10)
    assert (blocks.last, blocks.having([mined])) == (10, {})
    blocks.follow(11)
    assert mined in blocks.having([mined])


def test_block_that_was_final_must_stay(chain):
    blocks = follow(chain, 8)
    rpc(chain, "anvil_reorg", 3, [])
    with says(
        Unsupported,
        "finality: found block 8 undone, which was final, accepted is a profile whose finality the "
        "chain keeps.",
    ):
        blocks.follow(10)


def test_what_is_forgotten_is_not_asked_for_again(chain):
    blocks = follow(chain)
    blocks.forget(7)
    assert [each.number for each in blocks._blocks] == [7, 8, 9, 10]
    rpc(chain, "anvil_reorg", 2, [])
    blocks.follow(10)
    assert blocks.last == 10


@pytest.mark.parametrize("turn", [3, 5, 6, 8, 9])
def test_chain_that_moves_meanwhile_is_looked_at_again(chain, turn):
    """Between two answers of one request the node follows another branch, from block 12 on."""
    rpc(chain, "anvil_mine", hex(5))
    proxy = Proxy(chain.profile.url)

    def moved(ask):
        if len(proxy.asked("eth_getBlockByNumber")) == turn:
            rpc(chain, "anvil_reorg", 4, [])
        return ask()

    proxy.answers["eth_getBlockByNumber"] = moved
    with served(proxy) as url:
        blocks = Blocks(Chain.connect(url).web3.provider, 8)
        for _ in range(3):
            blocks.follow(15)
    hashes = [chain.web3.eth.get_block(n)["hash"].to_0x_hex() for n in range(8, 16)]
    assert [each.hash for each in blocks._blocks] == hashes


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda told: None, NodeError),
        (lambda told: {**told, "transactions": None}, BrokenAnswer),
        (lambda told: {**told, "parentHash": None}, BrokenAnswer),
        (lambda told: {**told, "number": "0x1"}, BrokenAnswer),
    ],
)
def test_broken_block_is_one_sentence(chain, change, error):
    proxy = Proxy(chain.profile.url)
    with served(proxy) as url:
        blocks = Blocks(Chain.connect(url).web3.provider, 8)
        proxy.answers["eth_getBlockByNumber"] = lambda ask: {"result": change(ask()["result"])}
        with pytest.raises(error, match=r"^[^\n]*\.$"):
            blocks.follow(10)
        del proxy.answers["eth_getBlockByNumber"]
        blocks.follow(10)
        assert blocks.last == 10
