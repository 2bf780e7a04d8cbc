import doctest
import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from eth_account import Account
from web3 import Web3
from web3.utils import abi_to_signature

from deposit_token import chain as chain_module
from deposit_token.artifacts import artifact, artifacts
from deposit_token.chain import Chain, ContractError, Reverted, emitted
from deposit_token.create2 import Creation, create
from deposit_token.errors import ChainError

STRANGER = "0x000000000000000000000000000000000000bEEF"
SALT = bytes(32)
BROKEN_TEXT = "08c379a0" + f"{32:064x}{1:064x}" + "ff".ljust(64, "0")
"""Revert data of `Error` with a text that is not UTF-8."""


@pytest.fixture
def manager(local_chain, funded):
    """An AccessManager whose administrator is the first account."""
    creation = Creation.of("AccessManager", SALT, funded[0].address)
    create(local_chain, funded[0], creation)
    return local_chain.contract("AccessManager", creation.address)


@pytest.fixture
def chain_of_its_own(start_anvil):
    """For what a snapshot doesn't restore, such as anvil's next base fee."""
    with start_anvil() as url:
        yield Chain.connect(url)


def raise_base_fee(chain, factor):
    base_fee = factor * chain.web3.eth.get_block("latest")["baseFeePerGas"]
    set_state(chain, "anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    set_state(chain, "evm_mine")
    return base_fee


def set_state(chain, method, *arguments):
    answer = chain.web3.provider.make_request(method, list(arguments))
    assert "error" not in answer, answer


def test_documented_examples():
    result = doctest.testmod(chain_module)
    assert result.attempted > 0
    assert result.failed == 0


class TestConnect:
    def test_chain_is_known_by_id_and_genesis(self, local_chain):
        genesis = local_chain.web3.eth.get_block(0)
        assert local_chain.chain_id == 31337
        assert local_chain.genesis_hash == "0x" + bytes(genesis["hash"]).hex()

    def test_expected_chain_id_is_accepted(self, anvil_url):
        assert Chain.connect(anvil_url, 31337).chain_id == 31337

    def test_other_chain_id_is_refused(self, anvil_url):
        with pytest.raises(ChainError) as refusal:
            Chain.connect(anvil_url, 1)
        assert str(refusal.value) == f"chain id: found 31337 at {anvil_url}, accepted is 1."

    def test_unreachable_node_is_named_without_credentials(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            origin = f"127.0.0.1:{unused.getsockname()[1]}"
            with pytest.raises(ChainError) as refusal:
                Chain.connect(f"http://user:secret@{origin}/v3/api-key?token=secret")
        assert str(refusal.value) == (
            f"RPC endpoint: found no answer to eth_chainId at http://{origin} (ConnectionError), "
            "accepted is an Ethereum node's over HTTP."
        )

    @pytest.mark.parametrize(
        "url", ["", "localhost", "127.0.0.1:8545", "ftp://localhost:1", "http://[::1", "not a url"]
    )
    def test_url_that_is_not_http_is_refused(self, url):
        with pytest.raises(ChainError) as refusal:
            Chain.connect(url)
        assert str(refusal.value) == (
            f"RPC endpoint: found {url!r}, accepted is an address such as http://127.0.0.1:8545."
        )

    @pytest.mark.parametrize("body", [b"<html>hello</html>", b"{}", b"[]", b"null", b'"x"'])
    def test_server_that_is_no_node_is_refused(self, body):
        def answer(_request: bytes) -> bytes:
            return body

        with served(answer) as url, pytest.raises(ChainError, match="RPC endpoint: found no "):
            Chain.connect(url)

    def test_missing_base_fee_is_refused_before_anything_is_sent(self, start_anvil, funded):
        with start_anvil(hardfork="berlin") as url:
            chain = Chain.connect(url)
            with pytest.raises(ChainError) as refusal:
                chain.send(funded[0], {"to": STRANGER, "value": 1})
            assert chain.web3.eth.block_number == 0
        assert str(refusal.value) == (
            "fees: found a chain without a base fee, accepted is one with EIP-1559."
        )


def test_now_is_the_latest_blocks_time(local_chain):
    later = local_chain.now() + 1_000
    set_state(local_chain, "evm_setNextBlockTimestamp", later)
    set_state(local_chain, "evm_mine")
    assert local_chain.now() == later


def test_has_code_tells_contracts_from_accounts(local_chain, manager):
    assert local_chain.has_code(manager.address)
    assert not local_chain.has_code(STRANGER)


def test_contract_is_one_that_stands_there(local_chain, manager):
    assert local_chain.contract("AccessManager", manager.address).address == manager.address
    with pytest.raises(ChainError) as refusal:
        local_chain.contract("AccessManager", STRANGER)
    assert str(refusal.value) == (
        f"AccessManager: found no contract at {STRANGER}, accepted is the address of one on chain "
        "31337."
    )


def test_node_that_died_is_one_sentence(start_anvil):
    with start_anvil() as url:
        chain = Chain.connect(url)
    with pytest.raises(ChainError, match=f"found no answer to eth_getBlockByNumber at {url} "):
        chain.now()


class TestSend:
    def test_plain_transaction_is_mined(self, local_chain, funded):
        receipt = local_chain.send(funded[0], {"to": STRANGER, "value": 5})
        assert receipt["status"] == 1
        assert receipt["gasUsed"] == 21_000
        assert receipt["blockNumber"] == local_chain.web3.eth.block_number
        assert local_chain.web3.eth.get_balance(STRANGER) == 5

    @pytest.mark.parametrize("gas", [None, 200_000])
    def test_call_of_a_contract_takes_effect(self, local_chain, manager, funded, gas):
        receipt = local_chain.send(funded[0], manager.functions.grantRole(7, STRANGER, 60), gas)
        assert receipt["status"] == 1
        assert local_chain.call(manager.functions.hasRole(7, STRANGER)) == [True, 60]

    def test_transactions_of_one_account_follow_each_other(self, local_chain, funded):
        before = local_chain.web3.eth.get_transaction_count(funded[0].address)
        for _ in range(5):
            local_chain.send(funded[0], {"to": STRANGER, "value": 1})
        assert local_chain.web3.eth.get_transaction_count(funded[0].address) == before + 5
        assert local_chain.web3.eth.get_balance(STRANGER) == 5

    def test_transactions_of_several_accounts_keep_their_own_numbers(self, local_chain, funded):
        for account in funded[:3] * 2:
            local_chain.send(account, {"to": STRANGER, "value": 1})
        assert local_chain.web3.eth.get_balance(STRANGER) == 6

    def test_number_that_somebody_else_used_is_read_anew(self, local_chain, anvil_url, funded):
        local_chain.send(funded[0], {"to": STRANGER, "value": 1})
        Chain.connect(anvil_url).send(funded[0], {"to": STRANGER, "value": 10})
        local_chain.send(funded[0], {"to": STRANGER, "value": 100})
        assert local_chain.web3.eth.get_balance(STRANGER) == 111

    def test_base_fee_above_the_cap_is_read_anew(self, chain_of_its_own, funded):
        chain_of_its_own.send(funded[0], {"to": STRANGER, "value": 1})
        base_fee = raise_base_fee(chain_of_its_own, 100)
        receipt = chain_of_its_own.send(funded[0], {"to": STRANGER, "value": 10})
        assert receipt["effectiveGasPrice"] > base_fee // 2
        assert chain_of_its_own.web3.eth.get_balance(STRANGER) == 11

    def test_base_fee_is_read_anew_after_a_while(self, chain_of_its_own, funded, monkeypatch):
        def fee_cap():
            receipt = chain_of_its_own.send(funded[0], {"to": STRANGER, "value": 1})
            sent = chain_of_its_own.web3.eth.get_transaction(receipt["transactionHash"])
            return sent["maxFeePerGas"]

        first = fee_cap()
        raise_base_fee(chain_of_its_own, 2)
        assert fee_cap() == first
        monkeypatch.setattr(chain_module, "_FEES_AGE", -1)
        assert fee_cap() > first

    def test_rejection_is_one_sentence_without_the_key(self, local_chain, funded):
        poor = Account.from_key(bytes(31) + b"\x07")
        with pytest.raises(ChainError) as refusal:
            local_chain.send(poor, {"to": STRANGER, "value": 1}, gas=21_000)
        assert str(refusal.value).startswith(
            f"transaction to '{STRANGER}': the node rejected the transaction (Insufficient funds"
        )
        assert poor.key.hex() not in str(refusal.value)

    def test_account_goes_on_after_a_rejection(self, local_chain, funded):
        poor = Account.from_key(bytes(31) + b"\x07")
        with pytest.raises(ChainError):
            local_chain.send(poor, {"to": STRANGER, "value": 1}, gas=21_000)
        local_chain.send(funded[0], {"to": poor.address, "value": 10**18})
        local_chain.send(poor, {"to": STRANGER, "value": 1}, gas=21_000)
        assert local_chain.web3.eth.get_balance(STRANGER) == 1

    def test_running_out_of_gas_is_told_from_a_refusal(self, local_chain, manager, funded):
        call = manager.functions.grantRole(7, STRANGER, 0)
        with pytest.raises(ChainError) as failure:
            local_chain.send(funded[0], call, gas=30_000)
        assert not isinstance(failure.value, Reverted)
        mined = local_chain.web3.eth.get_block("latest")["transactions"][0].to_0x_hex()
        assert f"grantRole: transaction {mined} failed with 30000 of 30000 gas" in str(
            failure.value
        )

    def test_transaction_that_is_not_mined_in_time_is_named(self, start_anvil, funded, monkeypatch):
        monkeypatch.setattr(chain_module, "RECEIPT_TIMEOUT", 0)
        with start_anvil("--no-mining") as url:
            chain = Chain.connect(url)
            with pytest.raises(ChainError) as failure:
                chain.send(funded[0], {"to": STRANGER, "value": 1})
            (pending,) = chain.web3.eth.get_block("pending")["transactions"]
            assert str(failure.value) == (
                f"transaction to '{STRANGER}': not mined within 0 s. Transaction "
                f"{pending.to_0x_hex()} may still be mined."
            )

    def test_lost_answer_names_the_transaction_and_sends_nothing_twice(
        self, local_chain, anvil_url, funded
    ):
        lost = []

        def forward(request: bytes) -> bytes:
            headers = {"Content-Type": "application/json"}
            answer = requests.post(anvil_url, data=request, headers=headers, timeout=10).content
            if b"eth_sendRawTransaction" in request and not lost:
                lost.append(answer)
                raise ConnectionAbortedError
            return answer

        with served(forward) as url:
            chain = Chain.connect(url)
            with pytest.raises(ChainError) as failure:
                chain.send(funded[0], {"to": STRANGER, "value": 1})
            transaction_hash = json.loads(lost[0])["result"]
            assert f"Transaction {transaction_hash} may still be mined." in str(failure.value)
            chain.send(funded[0], {"to": STRANGER, "value": 10})
            assert chain.web3.eth.get_balance(STRANGER) == 11


class TestEmitted:
    @pytest.fixture
    def receipt(self, local_chain, manager, funded):
        """Of a transaction in which the manager names two roles."""
        labels = [manager.encode_abi("labelRole", [number, f"role {number}"]) for number in (7, 8)]
        return local_chain.send(funded[0], manager.functions.multicall(labels))

    def test_contracts_own_events_of_the_name_in_order(self, manager, receipt):
        found = emitted(manager, "RoleLabel", receipt)
        assert found == [{"roleId": number, "label": f"role {number}"} for number in (7, 8)]
        assert emitted(manager, "RoleGranted", receipt) == []

    def test_same_event_of_another_contract_is_left_out(
        self, local_chain, manager, funded, receipt
    ):
        log = receipt["logs"][0]
        size = len(log["data"])
        topics = b"".join(b"\x7f" + topic for topic in reversed(log["topics"]))
        # Copies the data behind it to the memory, and emits it under the same two topics.
        head = bytes.fromhex(f"61{size:04x} 61{len(topics) + 14:04x} 5f 39")
        code = head + topics + bytes.fromhex(f"61{size:04x} 5f a2 00") + log["data"]
        set_state(local_chain, "anvil_setCode", STRANGER, f"0x{code.hex()}")
        forged = local_chain.send(funded[0], {"to": STRANGER})
        (other,) = forged["logs"]
        assert (other["topics"], other["data"]) == (log["topics"], log["data"])
        assert emitted(manager, "RoleLabel", forged) == []


class TestRefusal:
    def test_estimate_finds_it_before_anything_is_sent(self, local_chain, manager, funded):
        block = local_chain.web3.eth.block_number
        with pytest.raises(Reverted) as refusal:
            local_chain.send(funded[1], manager.functions.grantRole(7, STRANGER, 0))
        assert refusal.value.error == "AccessManagerUnauthorizedAccount"
        assert refusal.value.arguments == {"msgsender": funded[1].address, "roleId": 0}
        assert local_chain.web3.eth.block_number == block

    def test_mined_refusal_is_explained_by_its_block(self, local_chain, manager, funded):
        block = local_chain.web3.eth.block_number
        with pytest.raises(Reverted) as refusal:
            local_chain.send(funded[1], manager.functions.grantRole(7, STRANGER, 0), gas=200_000)
        assert str(refusal.value) == (
            "grantRole: the contract refused with AccessManagerUnauthorizedAccount"
            f"(msgsender: {funded[1].address}, roleId: 0)."
        )
        assert local_chain.web3.eth.block_number == block + 1

    def test_account_goes_on_after_both(self, local_chain, manager, funded):
        for gas in (None, 200_000, None, 200_000):
            with pytest.raises(Reverted):
                local_chain.send(funded[1], manager.functions.grantRole(7, STRANGER, 0), gas)
        local_chain.send(funded[1], {"to": STRANGER, "value": 1})
        assert local_chain.web3.eth.get_balance(STRANGER) == 1

    def test_call_explains_it_too(self, local_chain, manager):
        with pytest.raises(Reverted) as refusal:
            local_chain.call(manager.functions.execute(STRANGER, b"\x01\x02\x03\x04"))
        assert refusal.value.error == "AccessManagerUnauthorizedCall"

    def test_answer_of_another_function_is_refused(self, local_chain, manager):
        token = local_chain.web3.eth.contract(STRANGER, abi=artifact("DepositToken").abi)
        # A contract that answers 32 bytes of ones, which are no text.
        set_state(local_chain, "anvil_setCode", STRANGER, "0x5f195f5260205ff3")
        with pytest.raises(ChainError) as refusal:
            local_chain.call(token.functions.name())
        assert str(refusal.value).startswith(f"name: found no answer at {STRANGER} (")

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
    def test_foreign_contract_may_say_anything(
        self, local_chain, funded, data, error, arguments, gas
    ):
        install_refuser(local_chain, data)
        with pytest.raises(Reverted) as refusal:
            local_chain.send(funded[0], {"to": STRANGER}, gas)
        assert refusal.value.error == error
        assert refusal.value.arguments == arguments

    def test_bytes_of_an_argument_are_kept_and_shown_in_hex(self):
        digest = bytes(range(32))
        selector = Web3.keccak(text="InvalidSignature(address,bytes32)")[:4]
        found = ContractError.decode(selector + bytes(12) + Web3.to_bytes(hexstr=STRANGER) + digest)
        assert found == ContractError("InvalidSignature", {"signer": STRANGER, "digest": digest})
        assert str(found) == f"InvalidSignature(signer: {STRANGER}, digest: 0x{digest.hex()})"

    def test_error_without_arguments_is_shown_by_its_name(self):
        assert str(ContractError.decode(Web3.keccak(text="TokenPaused()")[:4])) == "TokenPaused"

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
    set_state(chain, "anvil_setCode", STRANGER, f"0x60{length}600c60003960{length}6000fd{data}")


@contextmanager
def served(answer):
    """The URL of a server on the loopback interface that answers as a function of the request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments):
            """A connection that `answer` aborts is meant to end so."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
