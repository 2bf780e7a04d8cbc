import re
import socket

import pytest
from eth_account import Account
from web3 import Web3
from web3.utils import abi_to_signature

from deposit_token.chain import chain as chain_module
from deposit_token.chain.artifacts import artifact, artifacts
from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import emitted, logged
from deposit_token.chain.profile import Depth, NetworkProfile
from deposit_token.chain.refusals import ContractError, Reverted
from deposit_token.deployment.create2 import Creation, create
from deposit_token.errors import (
    DepositTokenError,
    InputError,
    InsufficientEther,
    NoContract,
    NotFinal,
    Rejected,
    TooManyRequests,
    TransactionFailed,
    Unreachable,
    Unsupported,
    Unsure,
    WrongChain,
)
from tests.nodes import Proxy, in_turn, lost, mined_after, rpc, served
from tests.refusals import refuses, reverts, says
from tests.scene import DEALER, OPERATOR, SET_UP

STRANGER = "0x000000000000000000000000000000000000bEEF"
SALT = bytes(32)
TIMED_OUT = {"error": {"code": -32000, "message": "request timed out"}}
BUSY = {"error": {"code": -32005, "message": "too many requests"}}
INDEXING = {"error": {"code": -32000, "message": "transaction indexing is in progress"}}
TAKEN = (
    "accepted is one that it takes: nothing was done, so mend what it names, then sign and send "
    "anew."
)
SUCCESSFUL = (
    "accepted is one that succeeds: its trace tells where it failed (`debug_traceTransaction`)."
)
POOR = Account.from_key(bytes(31) + b"\x07")
"""Without ether."""
BAD_ADDRESSES = [
    "",
    "0x12",
    STRANGER.lower(),
    STRANGER[2:],
    STRANGER.swapcase(),
    None,
    5,
    bytes(20),
]
BAD_HOSTS = [
    "http://127.0.0.1:99999",
    "http://127.0.0.1:x",
    "http://127.0.0.1:0",
    "http://a b",
    "http://.",
    "http://*.x:1",
    "http://%zz",
    "http://[v1.x]:1",
    "http://x:1\n",
    f"http://{'a' * 300}",
]
BROKEN_TEXT = "08c379a0" + f"{32:064x}{1:064x}" + "ff".ljust(64, "0")
"""Revert data of `Error` with a text that is not UTF-8."""


@pytest.fixture
def manager(local_chain):
    """An AccessManager whose administrator is the first account."""
    creation = Creation.of("AccessManager", SALT, SET_UP.address)
    create(local_chain, SET_UP, creation)
    return local_chain.contract("AccessManager", creation.address)


@pytest.fixture
def chain_of_its_own(start_anvil):
    """For what a snapshot doesn't restore, such as anvil's next base fee."""
    with start_anvil() as url:
        yield Chain.connect(url)


def raise_base_fee(chain, factor):
    base_fee = factor * chain.web3.eth.get_block("latest")["baseFeePerGas"]
    rpc(chain, "anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    rpc(chain, "evm_mine")
    return base_fee


@pytest.fixture
def proxy(node_url, local_chain):
    """A proxy of the module's chain."""
    return Proxy(node_url)


@pytest.fixture
def node(start_anvil):
    """A proxy of a chain of its own that mines when it is told to.

    For what leaves a transaction waiting, which the module's chain would mine in a later test."""
    with start_anvil("--no-mining") as url:
        yield Proxy(url)


def pool(chain):
    """The hashes of what waits to be mined."""
    return [each.to_0x_hex() for each in chain.web3.eth.get_block("pending")["transactions"]]


class TestConnect:
    def test_chain_is_known_by_id_and_genesis(self, local_chain):
        genesis = local_chain.web3.eth.get_block(0)
        assert local_chain.chain_id == int(rpc(local_chain, "eth_chainId"), 16)
        assert local_chain.genesis_hash == "0x" + bytes(genesis["hash"]).hex()

    def test_expected_chain_id_is_accepted(self, node_url):
        expected = Chain.connect(node_url).chain_id
        assert Chain.connect(node_url, expected).chain_id == expected

    def test_other_chain_id_is_refused(self, node_url):
        found = Chain.connect(node_url).chain_id
        with says(WrongChain, f"chain id: found {found} at {node_url}, accepted is 1."):
            Chain.connect(node_url, 1)

    def test_unreachable_node_is_named_without_credentials(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            origin = f"127.0.0.1:{unused.getsockname()[1]}"
            with pytest.raises(Unreachable) as refusal:
                Chain.connect(f"http://user:secret@{origin}/v3/api-key?token=secret")
        assert str(refusal.value) == (
            f"RPC endpoint: found no answer to eth_chainId at http://{origin} (Connection refused)"
            ", accepted is an Ethereum node's over HTTP."
        )

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "localhost",
            "127.0.0.1:8545",
            "ftp://localhost:1",
            "http://[::1",
            "not a url",
            *BAD_HOSTS,
        ],
    )
    def test_url_that_is_not_http_is_refused(self, url):
        with says(
            InputError,
            f"RPC endpoint: found {url!r}, accepted is an address such as http://127.0.0.1:8545.",
        ):
            Chain.connect(url)

    def test_error_of_the_node_is_one_sentence(self, proxy):
        proxy.answers["eth_chainId"] = in_turn(BUSY)
        with (
            served(proxy) as url,
            says(
                TooManyRequests,
                f"RPC endpoint: found no result of eth_chainId at {url} (too many requests), "
                "accepted is an Ethereum node's over HTTP.",
            ),
        ):
            Chain.connect(url)

    @pytest.mark.parametrize("body", [b"<html>hello</html>", b"{}", b"[]", b"null", b'"x"'])
    def test_server_that_is_no_node_is_refused(self, body):
        def answer(_request: bytes) -> bytes:
            return body

        with (
            served(answer) as url,
            pytest.raises(DepositTokenError, match="RPC endpoint: found no "),
        ):
            Chain.connect(url)

    def test_missing_base_fee_is_refused_before_anything_is_sent(self, start_anvil):
        with start_anvil(hardfork="berlin") as url:
            chain = Chain.connect(url)
            with pytest.raises(Unsupported) as refusal:
                chain.send(SET_UP, {"to": STRANGER, "value": 1})
            assert chain.web3.eth.block_number == 0
        assert str(refusal.value) == (
            "fees: found a chain without a base fee, accepted is one with EIP-1559."
        )


@pytest.mark.anvil("sets the clock")
def test_now_is_the_latest_blocks_time(local_chain):
    later = local_chain.now() + 1_000
    rpc(local_chain, "evm_setNextBlockTimestamp", later)
    rpc(local_chain, "evm_mine")
    assert local_chain.now() == later


def test_has_code_tells_contracts_from_accounts(local_chain, manager):
    assert local_chain.has_code(manager.address)
    assert not local_chain.has_code(STRANGER)


def test_contract_is_one_that_stands_there(local_chain, manager):
    assert local_chain.contract("AccessManager", manager.address).address == manager.address
    with says(
        NoContract,
        f"AccessManager: found no contract at {STRANGER}, accepted is the address of one on chain "
        f"{local_chain.chain_id}.",
    ):
        local_chain.contract("AccessManager", STRANGER)


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_address_without_checksum_is_refused(local_chain, address):
    for act in (local_chain.has_code, lambda it: local_chain.contract("AccessManager", it)):
        with refuses("address", address, "a checksummed address"):
            act(address)


def test_call_answers_as_of_a_block(local_chain, manager):
    before = local_chain.web3.eth.block_number
    receipt = local_chain.send(SET_UP, manager.functions.grantRole(7, STRANGER, 60))
    has_role, block = manager.functions.hasRole(7, STRANGER), receipt["blockNumber"]
    assert local_chain.call(has_role, before) == [False, 0]
    assert local_chain.call(has_role, block) == local_chain.call(has_role) == [True, 60]


@pytest.mark.parametrize(
    ("method", "read"),
    [
        ("eth_getBlockByNumber", lambda chain, manager: chain.now()),
        ("eth_getCode", lambda chain, manager: chain.has_code(STRANGER)),
        (
            "eth_getTransactionCount",
            lambda chain, manager: chain.send(POOR, {"to": STRANGER}, gas=21_000),
        ),
        ("eth_getLogs", lambda chain, manager: list(logged(manager, ["RoleGranted"], 1))),
        ("eth_call", lambda chain, manager: chain.call(manager.functions.hasRole(7, STRANGER))),
        ("eth_estimateGas", lambda chain, manager: chain.send(POOR, {"to": STRANGER})),
        (
            "eth_getTransactionReceipt",
            lambda chain, manager: chain.is_final({"transactionHash": SALT, "blockHash": SALT}),
        ),
    ],
)
@pytest.mark.parametrize("answer", [BUSY, INDEXING, {"error": "no"}, {}, {"result": 1, **BUSY}])
def test_error_in_place_of_an_answer_is_one_sentence(proxy, manager, method, read, answer):
    with served(proxy) as url:
        chain = Chain.connect(url)
        manager = chain.contract("AccessManager", manager.address)
        proxy.answers[method] = in_turn(answer)
        with pytest.raises(DepositTokenError, match=r"^[^\n]*\.$"):
            read(chain, manager)


def test_node_that_died_is_one_sentence(start_anvil):
    with start_anvil() as url:
        chain = Chain.connect(url)
    with pytest.raises(Unreachable, match=f"found no answer to eth_getBlockByNumber at {url} "):
        chain.now()


class TestSend:
    def test_plain_transaction_is_mined(self, local_chain):
        before = local_chain.web3.eth.block_number
        receipt = local_chain.send(SET_UP, {"to": STRANGER, "value": 5})
        assert receipt["status"] == 1
        assert receipt["gasUsed"] == 21_000
        assert mined_after(local_chain, before) == [receipt["transactionHash"]]
        assert local_chain.web3.eth.get_balance(STRANGER) == 5

    @pytest.mark.parametrize("gas", [None, 200_000])
    def test_call_of_a_contract_takes_effect(self, local_chain, manager, gas):
        receipt = local_chain.send(SET_UP, manager.functions.grantRole(7, STRANGER, 60), gas)
        assert receipt["status"] == 1
        assert local_chain.call(manager.functions.hasRole(7, STRANGER)) == [True, 60]

    def test_transactions_of_one_account_follow_each_other(self, local_chain):
        before = local_chain.web3.eth.get_transaction_count(SET_UP.address)
        for _ in range(5):
            local_chain.send(SET_UP, {"to": STRANGER, "value": 1})
        assert local_chain.web3.eth.get_transaction_count(SET_UP.address) == before + 5
        assert local_chain.web3.eth.get_balance(STRANGER) == 5

    def test_transactions_of_several_accounts_keep_their_own_numbers(self, local_chain):
        for account in (SET_UP, OPERATOR, DEALER) * 2:
            local_chain.send(account, {"to": STRANGER, "value": 1})
        assert local_chain.web3.eth.get_balance(STRANGER) == 6

    def test_number_that_somebody_else_used_is_read_anew(self, local_chain, node_url):
        local_chain.send(SET_UP, {"to": STRANGER, "value": 1})
        Chain.connect(node_url).send(SET_UP, {"to": STRANGER, "value": 10})
        local_chain.send(SET_UP, {"to": STRANGER, "value": 100})
        assert local_chain.web3.eth.get_balance(STRANGER) == 111

    def test_base_fee_above_the_cap_is_read_anew(self, chain_of_its_own):
        chain_of_its_own.send(SET_UP, {"to": STRANGER, "value": 1})
        base_fee = raise_base_fee(chain_of_its_own, 100)
        receipt = chain_of_its_own.send(SET_UP, {"to": STRANGER, "value": 10})
        assert receipt["effectiveGasPrice"] > base_fee // 2
        assert chain_of_its_own.web3.eth.get_balance(STRANGER) == 11

    def test_base_fee_is_read_anew_after_a_while(self, chain_of_its_own, monkeypatch):
        def fee_cap():
            receipt = chain_of_its_own.send(SET_UP, {"to": STRANGER, "value": 1})
            sent = chain_of_its_own.web3.eth.get_transaction(receipt["transactionHash"])
            return sent["maxFeePerGas"]

        first = fee_cap()
        raise_base_fee(chain_of_its_own, 2)
        assert fee_cap() == first
        monkeypatch.setattr(chain_module, "_FEES_AGE", -1)
        assert fee_cap() > first

    def test_lack_of_ether_is_one_sentence_without_the_key(self, local_chain):
        with pytest.raises(InsufficientEther) as refusal:
            local_chain.send(POOR, {"to": STRANGER, "value": 1}, gas=21_000)
        assert re.fullmatch(
            rf"transaction to '{STRANGER}': the node rejected the transaction \((?i:insufficient) "
            r"funds.*\) and does not know 0x[0-9a-f]{64}: found 0 ether at "
            rf"{POOR.address}, accepted is 0\.000[0-9]+ or more, for what is sent and for the gas "
            r"limit at the greatest fee\.",
            str(refusal.value),
        )
        assert POOR.key.hex() not in str(refusal.value)

    def test_account_goes_on_after_a_rejection(self, local_chain):
        with pytest.raises(InsufficientEther):
            local_chain.send(POOR, {"to": STRANGER, "value": 1}, gas=21_000)
        local_chain.send(SET_UP, {"to": POOR.address, "value": 10**18})
        local_chain.send(POOR, {"to": STRANGER, "value": 1}, gas=21_000)
        assert local_chain.web3.eth.get_balance(STRANGER) == 1

    def test_running_out_of_gas_is_told_from_a_refusal(self, local_chain, manager):
        before = local_chain.web3.eth.block_number
        call = manager.functions.grantRole(7, STRANGER, 0)
        with pytest.raises(TransactionFailed) as failure:
            local_chain.send(SET_UP, call, gas=30_000)
        (mined,) = (each.to_0x_hex() for each in mined_after(local_chain, before))
        found = re.escape(f"transaction {mined} failed with 30000 of 30000 gas used")
        assert re.fullmatch(
            rf"grantRole: found that {found} \(.+\) and did nothing else, accepted is one with a "
            r"higher gas limit\.",
            str(failure.value),
        )
        assert failure.value.transaction_hash == mined

    def test_transaction_that_is_not_mined_in_time_is_named(self, node, monkeypatch):
        monkeypatch.setattr(chain_module, "RECEIPT_TIMEOUT", 0)
        chain = Chain.connect(node.node)
        with pytest.raises(Unsure) as failure:
            chain.send(SET_UP, {"to": STRANGER, "value": 1})
        (pending,) = pool(chain)
        assert str(failure.value) == (
            f"transaction to '{STRANGER}': not mined within 0 s. Transaction {pending} may still "
            "be mined."
        )

    def test_lost_answer_names_the_transaction_and_sends_nothing_twice(self, proxy):
        def accept_and_abort(ask):
            proxy.accepted = ask()["result"]
            raise ConnectionAbortedError

        proxy.answers["eth_sendRawTransaction"] = in_turn(accept_and_abort, None)
        with served(proxy) as url:
            chain = Chain.connect(url)
            with pytest.raises(Unsure) as failure:
                chain.send(SET_UP, {"to": STRANGER, "value": 1})
            assert f"Transaction {proxy.accepted} may still be mined." in str(failure.value)
            chain.send(SET_UP, {"to": STRANGER, "value": 10})
            assert chain.web3.eth.get_balance(STRANGER) == 11


class TestErrorOfANodeThatTakesTheTransaction:
    """A node may answer with an error and keep the transaction; nothing is ever sent twice."""

    @staticmethod
    def despite(ask):
        """The node takes the transaction, and says that it does not."""
        assert "result" in ask()
        return TIMED_OUT

    def test_what_was_mined_meanwhile_is_sent(self, proxy):
        proxy.answers["eth_sendRawTransaction"] = in_turn(self.despite, None)
        with served(proxy) as url:
            chain = Chain.connect(url)
            block = chain.web3.eth.block_number
            receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
            assert mined_after(chain, block) == [receipt["transactionHash"]]
            assert len(proxy.asked("eth_sendRawTransaction")) == 1
            chain.send(SET_UP, {"to": STRANGER, "value": 10})
            assert chain.web3.eth.get_balance(STRANGER) == 11

    def test_what_waits_in_the_pool_is_sent(self, node, monkeypatch):
        monkeypatch.setattr(chain_module, "RECEIPT_TIMEOUT", 0)
        node.answers["eth_sendRawTransaction"] = in_turn(self.despite)
        with served(node) as url:
            chain = Chain.connect(url)
            with pytest.raises(Unsure) as failure:
                chain.send(SET_UP, {"to": STRANGER, "value": 1})
            (pending,) = pool(chain)
            assert str(failure.value) == (
                f"transaction to '{STRANGER}': not mined within 0 s. Transaction {pending} may "
                "still be mined."
            )

    @pytest.mark.parametrize(
        "method", ["eth_getTransactionByHash", "eth_getTransactionCount", "eth_getBlockByNumber"]
    )
    @pytest.mark.parametrize("answer", [BUSY, lost, {"jsonrpc": "1.0"}])
    def test_what_can_not_be_looked_up_is_named(self, node, method, answer):
        def accept(ask):
            node.accepted = ask()["result"]
            node.answers[method] = in_turn(answer)
            return TIMED_OUT

        node.answers["eth_sendRawTransaction"] = accept
        with served(node) as url:
            chain = Chain.connect(url)
            with pytest.raises(Unsure) as failure:
                chain.send(SET_UP, {"to": STRANGER, "value": 1})
            assert f" Transaction {node.accepted} may still be mined." in str(failure.value)
            assert len(node.asked("eth_sendRawTransaction")) == 1

    def test_what_is_not_known_and_was_not_stale_is_rejected_once(self, proxy):
        tips = iter(range(1, 100))
        proxy.answers["eth_sendRawTransaction"] = in_turn(TIMED_OUT)
        # Another tip is no reason to send once more.
        proxy.answers["eth_maxPriorityFeePerGas"] = lambda _ask: {"result": hex(next(tips))}
        with served(proxy) as url:
            chain = Chain.connect(url)
            with pytest.raises(Rejected) as failure:
                chain.send(SET_UP, {"to": STRANGER, "value": 1})
            ((raw,),) = proxy.asked("eth_sendRawTransaction")
        assert str(failure.value) == (
            f"transaction to '{STRANGER}': found that the node rejected the transaction (request "
            f"timed out) and does not know {Web3.keccak(hexstr=raw).to_0x_hex()}, {TAKEN}"
        )

    def test_what_was_signed_before_is_rejected_alike(self, proxy):
        proxy.answers["eth_sendRawTransaction"] = in_turn(TIMED_OUT)
        with served(proxy) as url, pytest.raises(Rejected) as failure:
            Chain.connect(url).send_signed("gift", "0x00")
        assert str(failure.value) == (
            "gift: found that the node rejected the transaction (request timed out) and does not "
            f"know {Web3.keccak(hexstr='0x00').to_0x_hex()}, {TAKEN}"
        )

    def test_call_without_an_estimate_is_rejected_before_it_is_sent(self, proxy):
        proxy.answers["eth_estimateGas"] = in_turn(TIMED_OUT)
        with served(proxy) as url, pytest.raises(Rejected) as failure:
            Chain.connect(url).send(SET_UP, {"to": STRANGER, "value": 1})
        assert str(failure.value) == (
            f"transaction to '{STRANGER}': found that the node estimates no gas (request timed "
            "out), accepted is a call that it estimates, or one with a gas limit beside it (`gas`)."
        )
        assert proxy.asked("eth_sendRawTransaction") == []

    def refuse_both(self, node, first_is_mined):
        """The node knows the first only after the second, with another base fee, was refused."""
        chain = Chain.connect(node.node)

        def refuse_first(_ask):
            raise_base_fee(chain, 2)
            return TIMED_OUT

        def refuse_second(_ask):
            if first_is_mined:
                (raw,), _ = node.asked("eth_sendRawTransaction")
                assert "result" in node.ask("eth_sendRawTransaction", [raw])
                rpc(chain, "evm_mine")
            return {"error": {"code": -32000, "message": "transaction underpriced"}}

        node.answers["eth_sendRawTransaction"] = in_turn(refuse_first, refuse_second)

    def test_what_is_known_late_is_sent(self, node):
        self.refuse_both(node, first_is_mined=True)
        with served(node) as url:
            chain = Chain.connect(url)
            receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
            first, second = node.asked("eth_sendRawTransaction")
            assert first != second
            assert receipt["transactionHash"] == Web3.keccak(hexstr=first[0])
            assert chain.web3.eth.get_balance(STRANGER) == 1

    def test_both_are_named_if_neither_is_known(self, node):
        self.refuse_both(node, first_is_mined=False)
        with served(node) as url:
            chain = Chain.connect(url)
            with pytest.raises(Rejected) as failure:
                chain.send(SET_UP, {"to": STRANGER, "value": 1})
            first, second = (
                Web3.keccak(hexstr=raw).to_0x_hex()
                for (raw,) in node.asked("eth_sendRawTransaction")
            )
            assert str(failure.value) == (
                f"transaction to '{STRANGER}': found that the node rejected the transaction "
                f"(transaction underpriced) and does not know {first} or {second}, {TAKEN}"
            )
            assert pool(chain) == []


class TestErrorAfterSending:
    """Whatever the node answers then, the transaction is not forgotten."""

    def test_node_is_asked_until_it_tells(self, node):
        def mined(ask):
            rpc(Chain.connect(node.node), "evm_mine")
            return ask()

        broken = {"jsonrpc": "1.0"}
        answers = in_turn(INDEXING, BUSY, lost, broken, None, mined)
        node.answers["eth_getTransactionReceipt"] = answers
        with served(node) as url:
            chain = Chain.connect(url)
            receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
            assert receipt["status"] == 1
            assert len(node.asked("eth_getTransactionReceipt")) == 6
            assert len(node.asked("eth_sendRawTransaction")) == 1

    @pytest.mark.parametrize("answer", [INDEXING, BUSY, lost, {"jsonrpc": "1.0"}])
    def test_transaction_is_named_in_the_end(self, node, monkeypatch, answer):
        monkeypatch.setattr(chain_module, "RECEIPT_TIMEOUT", 0)
        node.answers["eth_getTransactionReceipt"] = in_turn(answer)
        with served(node) as url:
            chain = Chain.connect(url)
            with pytest.raises(Unsure) as failure:
                chain.send(SET_UP, {"to": STRANGER, "value": 1})
            (pending,) = pool(chain)
            assert str(failure.value).startswith(f"transaction to '{STRANGER}': ")
            assert str(failure.value).endswith(f" Transaction {pending} may still be mined.")

    @pytest.mark.parametrize("answer", [BUSY, lost])
    def test_failure_is_told_even_if_nothing_tells_why(self, proxy, manager, answer):
        proxy.answers["eth_call"] = in_turn(answer)
        with served(proxy) as url:
            chain = Chain.connect(url)
            call = chain.contract("AccessManager", manager.address).functions
            before = chain.web3.eth.block_number
            with pytest.raises(TransactionFailed) as failure:
                chain.send(OPERATOR, call.grantRole(7, STRANGER, 0), gas=200_000)
            (mined,) = mined_after(chain, before)
        told = str(failure.value)
        assert told.startswith(
            f"grantRole: found that transaction {mined.to_0x_hex()} failed with "
        )
        assert told.endswith(f") and did nothing else, {SUCCESSFUL}")


class TestIsFinal:
    LAG = 64
    """Blocks after which anvil takes one for final: two epochs of 32."""

    @pytest.mark.anvil("mines when told to")
    def test_from_the_block_on_that_the_chain_finalizes(self, local_chain):
        receipt = local_chain.send(SET_UP, {"to": STRANGER, "value": 1})
        assert not local_chain.is_final(receipt)
        rpc(local_chain, "anvil_mine", hex(self.LAG - 1))
        assert not local_chain.is_final(receipt)
        rpc(local_chain, "evm_mine")
        assert local_chain.is_final(receipt)

    def test_what_a_reorganisation_dropped_never_is(self, chain_of_its_own):
        receipt = chain_of_its_own.send(SET_UP, {"to": STRANGER, "value": 1})
        rpc(chain_of_its_own, "anvil_reorg", 1, [])
        rpc(chain_of_its_own, "anvil_mine", hex(self.LAG))
        assert not chain_of_its_own.is_final(receipt)

    def test_what_a_reorganisation_moved_is_by_its_new_receipt(self, chain_of_its_own):
        chain = chain_of_its_own
        receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
        rpc(chain, "evm_mine")
        raw = chain.web3.eth.get_raw_transaction(receipt["transactionHash"]).to_0x_hex()
        rpc(chain, "anvil_reorg", 2, [[raw, 1]])
        rpc(chain, "anvil_mine", hex(self.LAG))
        moved = chain.web3.eth.get_transaction_receipt(receipt["transactionHash"])
        assert moved["blockNumber"] == receipt["blockNumber"] + 1
        assert not chain.is_final(receipt)
        assert chain.is_final(moved)

    @staticmethod
    def not_final(chain, receipt):
        """What the error says of a receipt: its transaction, the block, how many are needed."""
        with pytest.raises(NotFinal) as refusal:
            chain.require_final(receipt)
        error = refusal.value
        return error.transaction_hash, error.block, error.needed

    @pytest.mark.parametrize(
        ("finality", "blocks"), [("finalized", LAG), (Depth(depth=3), 3), ("at once", 0)]
    )
    def test_error_tells_how_many_blocks_are_needed(self, chain_of_its_own, finality, blocks):
        profile = NetworkProfile(url=chain_of_its_own.profile.url, finality=finality)
        chain = Chain.connect(profile)
        # Until it has so many, anvil takes block 0 for final.
        rpc(chain, "anvil_mine", hex(self.LAG))
        receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
        known = (receipt["transactionHash"].to_0x_hex(), receipt["blockNumber"])
        for needed in range(blocks, 0, -1):
            assert self.not_final(chain, receipt) == (*known, needed)
            rpc(chain, "evm_mine")
        chain.require_final(receipt)

    @pytest.mark.parametrize("finality", ["finalized", "at once", Depth(depth=1)])
    def test_error_tells_of_a_reorganisation(self, chain_of_its_own, finality):
        profile = NetworkProfile(url=chain_of_its_own.profile.url, finality=finality)
        chain = Chain.connect(profile)
        receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
        mined, block = receipt["transactionHash"].to_0x_hex(), receipt["blockNumber"]
        rpc(chain, "evm_mine")
        raw = chain.web3.eth.get_raw_transaction(receipt["transactionHash"]).to_0x_hex()
        rpc(chain, "anvil_reorg", 2, [[raw, 1]])
        assert self.not_final(chain, receipt) == (mined, block + 1, None)
        rpc(chain, "anvil_reorg", 2, [])
        assert self.not_final(chain, receipt) == (mined, None, None)

    def test_node_without_finality_is_refused(self, proxy):
        with served(proxy) as url:
            chain = Chain.connect(url)
            receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
            proxy.answers["eth_getBlockByNumber"] = in_turn({"result": None})
            with pytest.raises(Unsupported) as refusal:
                chain.is_final(receipt)
        assert str(refusal.value) == (
            "finality: found no finalized block (no block finalized), accepted is a chain that "
            'finalizes its blocks, or a profile that says "at once" or a depth.'
        )


class TestLogged:
    @pytest.fixture
    def through(self, proxy, manager):
        """The chain and the manager through the proxy."""
        with served(proxy) as url:
            chain = Chain.connect(url)
            yield chain, chain.contract("AccessManager", manager.address)

    @pytest.mark.parametrize("span", [1, 2, 3, 1_000])
    def test_spans_join_without_gap_or_overlap(self, proxy, manager, span):
        with served(proxy) as url:
            chain = Chain.connect(NetworkProfile(url=url, log_span=span))
            self.join(proxy, chain, chain.contract("AccessManager", manager.address), span)

    def join(self, proxy, chain, manager, span):
        for number in range(1, 8):
            chain.send(SET_UP, manager.functions.labelRole(number, f"role {number}"))
        block = chain.web3.eth.block_number
        found = [log["args"]["roleId"] for log in logged(manager, ["RoleLabel"], block)]
        assert found == list(range(1, 8))
        spans = [
            (int(asked["fromBlock"], 16), int(asked["toBlock"], 16))
            for (asked,) in proxy.asked("eth_getLogs")
        ]
        covered = [number for first, last in spans for number in range(first, last + 1)]
        assert covered == list(range(block + 1))
        assert all(last - first < span for first, last in spans)

    def test_events_of_these_names_until_the_block_in_order(self, through):
        chain, manager = through
        acts = manager.functions
        chain.send(SET_UP, acts.labelRole(7, "seven"))
        chain.send(SET_UP, acts.grantRole(7, STRANGER, 60))
        chain.send(SET_UP, acts.setRoleGuardian(7, 8))
        block = chain.web3.eth.block_number
        chain.send(SET_UP, acts.labelRole(8, "eight"))
        found = list(logged(manager, ["RoleLabel", "RoleGranted", "RoleGuardianChanged"], block))
        assert [log["event"] for log in found] == [
            "RoleGranted",  # of its administrator, when it was created
            "RoleLabel",
            "RoleGranted",
            "RoleGuardianChanged",
        ]
        assert found[1]["args"] == {"roleId": 7, "label": "seven"}
        assert list(logged(manager, ["RoleRevoked"], block)) == []


class TestEmitted:
    @pytest.fixture
    def receipt(self, local_chain, manager):
        """Of a transaction in which the manager names two roles."""
        labels = [manager.encode_abi("labelRole", [number, f"role {number}"]) for number in (7, 8)]
        return local_chain.send(SET_UP, manager.functions.multicall(labels))

    def test_contracts_own_events_of_the_name_in_order(self, manager, receipt):
        found = emitted(manager, "RoleLabel", receipt)
        assert found == [{"roleId": number, "label": f"role {number}"} for number in (7, 8)]
        assert emitted(manager, "RoleGranted", receipt) == []

    @pytest.mark.anvil("sets code")
    def test_same_event_of_another_contract_is_left_out(self, local_chain, manager, receipt):
        log = receipt["logs"][0]
        size = len(log["data"])
        topics = b"".join(b"\x7f" + topic for topic in reversed(log["topics"]))
        # Copies the data behind it to the memory, and emits it under the same two topics.
        head = bytes.fromhex(f"61{size:04x} 61{len(topics) + 14:04x} 5f 39")
        code = head + topics + bytes.fromhex(f"61{size:04x} 5f a2 00") + log["data"]
        rpc(local_chain, "anvil_setCode", STRANGER, f"0x{code.hex()}")
        forged = local_chain.send(SET_UP, {"to": STRANGER})
        (other,) = forged["logs"]
        assert (other["topics"], other["data"]) == (log["topics"], log["data"])
        assert emitted(manager, "RoleLabel", forged) == []


class TestRefusal:
    def test_estimate_finds_it_before_anything_is_sent(self, local_chain, manager):
        block = local_chain.web3.eth.block_number
        with reverts("AccessManagerUnauthorizedAccount", msgsender=OPERATOR.address, roleId=0):
            local_chain.send(OPERATOR, manager.functions.grantRole(7, STRANGER, 0))
        assert mined_after(local_chain, block) == []

    def test_mined_refusal_is_explained_by_its_block(self, local_chain, manager):
        block = local_chain.web3.eth.block_number
        with says(
            Reverted,
            f"grantRole: found {OPERATOR.address} as caller, "
            "accepted is a member of the role ADMIN.",
        ):
            local_chain.send(OPERATOR, manager.functions.grantRole(7, STRANGER, 0), gas=200_000)
        assert len(mined_after(local_chain, block)) == 1

    def test_account_goes_on_after_both(self, local_chain, manager):
        for gas in (None, 200_000, None, 200_000):
            with pytest.raises(Reverted):
                local_chain.send(OPERATOR, manager.functions.grantRole(7, STRANGER, 0), gas)
        local_chain.send(OPERATOR, {"to": STRANGER, "value": 1})
        assert local_chain.web3.eth.get_balance(STRANGER) == 1

    def test_call_explains_it_too(self, local_chain, manager):
        with pytest.raises(Reverted) as refusal:
            local_chain.call(manager.functions.execute(STRANGER, b"\x01\x02\x03\x04"))
        assert refusal.value.error == "AccessManagerUnauthorizedCall"

    @pytest.mark.anvil("sets code")
    def test_answer_of_another_function_is_refused(self, local_chain, manager):
        token = local_chain.web3.eth.contract(STRANGER, abi=artifact("DepositToken").abi)
        # A contract that answers 32 bytes of ones, which are no text.
        rpc(local_chain, "anvil_setCode", STRANGER, "0x5f195f5260205ff3")
        with pytest.raises(NoContract) as refusal:
            local_chain.call(token.functions.name())
        assert str(refusal.value).startswith(f"name: found no answer at {STRANGER} (")

    @pytest.mark.parametrize("code", ["0xfe", "0x50", "0x6001565b", "0x5b600056"])
    @pytest.mark.anvil("sets code")
    def test_code_that_dies_has_no_answer(self, local_chain, code):
        token = local_chain.web3.eth.contract(STRANGER, abi=artifact("DepositToken").abi)
        rpc(local_chain, "anvil_setCode", STRANGER, code)
        with pytest.raises(NoContract, match=f"^name: found no answer at {STRANGER} "):
            local_chain.call(token.functions.name())

    @pytest.mark.parametrize(
        ("data", "error", "arguments"),
        [
            ("", "0x", {}),
            ("12345678", "0x12345678", {}),
            ("123456", "0x123456", {}),
            (
                "08c379a0" + f"{32:064x}{3:064x}" + b"why".hex().ljust(64, "0"),
                "Error",
                {"message": "why"},
            ),
            ("4e487b71" + f"{0x11:064x}", "Panic", {"code": 0x11}),
            # OffchainLookup of EIP-3668, which asks the caller to fetch a URL.
            ("556f1830" + bytes(160).hex(), "0x556f1830" + bytes(160).hex(), {}),
            ("4e487b71" + f"{2**255:064x}", "Panic", {"code": 2**255}),
            ("08c379a0" + f"{32:064x}{99:064x}", f"0x08c379a0{32:064x}{99:064x}", {}),
            (BROKEN_TEXT, f"0x{BROKEN_TEXT}", {}),
        ],
    )
    @pytest.mark.parametrize("gas", [None, 100_000])
    @pytest.mark.anvil("sets code")
    def test_foreign_contract_may_say_anything(self, local_chain, data, error, arguments, gas):
        install_refuser(local_chain, data)
        with reverts(error, **arguments):
            local_chain.send(SET_UP, {"to": STRANGER}, gas)

    def test_bytes_of_an_argument_are_kept(self):
        digest = bytes(range(32))
        selector = Web3.keccak(text="InvalidSignature(address,bytes32)")[:4]
        found = ContractError.decode(selector + bytes(12) + Web3.to_bytes(hexstr=STRANGER) + digest)
        assert found == ContractError("InvalidSignature", {"signer": STRANGER, "digest": digest})
        assert f"(digest 0x{digest.hex()})" in str(found)

    def test_data_that_breaks_off_is_shown_as_it_is(self):
        data = Web3.keccak(text="InvalidSignature(address,bytes32)")[:4] + bytes(31)
        assert ContractError.decode(data) == ContractError(f"0x{data.hex()}", {})

    def test_no_two_errors_share_a_selector(self):
        signatures = {
            abi_to_signature(item)
            for each in artifacts()
            for item in each.abi
            if item["type"] == "error"
        }
        assert len(signatures) > 50
        assert len({bytes(Web3.keccak(text=text)[:4]) for text in signatures}) == len(signatures)


def install_refuser(chain, data: str) -> None:
    """Make STRANGER a contract that reverts with these bytes."""
    # PUSH length, PUSH offset of the bytes, PUSH 0, CODECOPY, PUSH length, PUSH 0, REVERT, bytes
    length = f"{len(data) // 2:02x}"
    rpc(chain, "anvil_setCode", STRANGER, f"0x60{length}600c60003960{length}6000fd{data}")
