"""Three geths: what one knows and another does not, what is undone, and what never will be."""

import threading
from concurrent.futures import ThreadPoolExecutor

from hexbytes import HexBytes

from deposit_token.chain.chain import Chain
from tests.nodes import Proxy, ask, result, served
from tests.nodes.geth import CHAIN_ID
from tests.scene import SET_UP

STRANGER = "0x000000000000000000000000000000000000bEEF"
GWEI = 10**9


def hand_in(node, tip=GWEI):
    """The hash of a transaction that a node has taken, and has not mined."""
    return hand_in_as(node, count(node), tip)["result"]


def hand_in_as(node, nonce, tip, value=1):
    """What a node answers to a transaction of this number."""
    signed = SET_UP.sign_transaction(
        {
            "type": 2,
            "chainId": CHAIN_ID,
            "to": STRANGER,
            "value": value,
            "nonce": nonce,
            "gas": 21_000,
            "maxPriorityFeePerGas": tip,
            "maxFeePerGas": 10 * GWEI,
        }
    )
    return ask(node.url, "eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())


def count(node):
    """How many transactions the set-up key has sent, those that wait among them."""
    return int(result(node.url, "eth_getTransactionCount", SET_UP.address, "pending"), 16)


def head(node):
    """The hash of a node's latest block."""
    return HexBytes(result(node.url, "eth_getBlockByNumber", "latest", False)["hash"])


def receipt(node, sent):
    return Chain.connect(node.url).web3.eth.get_transaction_receipt(sent)


class TestConsensus:
    """The stand-in does what it says."""

    def test_all_follow_one_chain(self, trio, consensus):
        blocks = [consensus.extend(*trio) for _ in range(3)]
        assert [block.number - blocks[0].number for block in blocks] == [0, 1, 2]
        assert [head(node) for node in trio] == [blocks[-1].hash] * 3

    def test_block_that_was_not_delivered_is_unknown(self, trio, consensus):
        block = consensus.build(trio[0])
        for node in trio:
            assert result(node.url, "eth_getBlockByHash", block.hash.to_0x_hex(), False) is None

    def test_nodes_follow_different_branches_and_join(self, trio, consensus):
        first, second, third = trio
        short = consensus.extend(first)
        consensus.extend(second)
        long = consensus.extend(second)
        assert (head(first), head(second)) == (short.hash, long.hash)
        consensus.deliver(long, first, third)
        assert head(first) == short.hash
        consensus.choose(long, first, third)
        assert [head(node) for node in trio] == [long.hash] * 3

    def test_node_that_was_left_behind_catches_up(self, trio, consensus):
        *others, behind = trio
        before = head(behind)
        for _ in range(3):
            last = consensus.extend(*others)
        assert head(behind) == before
        consensus.deliver(last, behind)
        consensus.choose(last, behind)
        assert head(behind) == last.hash

    def test_what_one_was_given_the_others_learn_by_the_block(self, trio, consensus):
        first, second, _ = trio
        sent = hand_in(first)
        assert result(second.url, "eth_getTransactionByHash", sent) is None
        block = consensus.extend(*trio, having=[sent])
        for node in trio:
            assert receipt(node, sent)["blockHash"] == block.hash

    def test_time_of_a_block_is_given(self, trio, consensus):
        moment = Chain.connect(trio[0].url).now() + 1_000
        consensus.extend(*trio, timestamp=moment)
        assert Chain.connect(trio[2].url).now() == moment


class TestPool:
    def test_replacement_needs_a_tenth_more(self, trio):
        node, nonce = trio[0], count(trio[0])
        assert "result" in hand_in_as(node, nonce, GWEI)
        refused = hand_in_as(node, nonce, GWEI, value=2)
        assert refused["error"]["message"].startswith("replacement transaction underpriced")

    def test_number_that_another_process_used_is_read_anew(self, trio, consensus):
        node, answers, taken = trio[0], [], threading.Event()

        def hand_on(ask):
            answers.append(ask())
            if "result" in answers[-1]:
                taken.set()
            return answers[-1]

        proxy = Proxy(node.url)
        with served(proxy) as url, ThreadPoolExecutor(1) as pool:
            ours = Chain.connect(url)
            with consensus.mining(*trio):
                ours.send(SET_UP, {"to": STRANGER, "value": 1})
            theirs = hand_in(node)
            proxy.answers["eth_sendRawTransaction"] = hand_on
            sent = pool.submit(ours.send, SET_UP, {"to": STRANGER, "value": 1}, 21_000)
            assert taken.wait(60)
            block = consensus.extend(*trio, having=[theirs, answers[-1]["result"]])
        first, _ = answers
        assert first["error"]["message"].startswith("replacement transaction underpriced")
        assert sent.result()["blockHash"] == block.hash


class TestFinality:
    def test_mined_is_final_once_its_block_is(self, trio, consensus):
        first = trio[0]
        final = consensus.extend(*trio)
        consensus.choose(final, *trio, finalized=final)
        sent = hand_in(first)
        block = consensus.extend(*trio, having=[sent])
        later = consensus.extend(*trio)
        chain = Chain.connect(first.url)
        assert not chain.is_final(receipt(first, sent))
        consensus.choose(later, *trio, finalized=block)
        assert chain.is_final(receipt(first, sent))

    def test_reorganisation_undoes_a_receipt(self, trio, consensus):
        first, second, third = trio
        sent = hand_in(first)
        consensus.extend(first, having=[sent])
        mined = receipt(first, sent)
        consensus.extend(second, third)
        branch = consensus.extend(second, third)
        consensus.deliver(branch, first)
        consensus.choose(branch, first, finalized=branch)
        chain = Chain.connect(first.url)
        assert not chain.is_final(mined)
        assert result(first.url, "eth_getTransactionReceipt", sent) is None
        # It waits in the pool again, and is mined once more, in another block.
        consensus.extend(first, having=[sent])
        assert receipt(first, sent)["blockHash"] != mined["blockHash"]
