"""Network profiles: TOML, refused in one sentence, and what is shipped."""

import re
from importlib.resources import files

import pytest
from eth_account import Account

from deposit_token.chain import development
from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import BearerToken, CappedFees, Depth, FixedFees, NetworkProfile
from deposit_token.devchain.keys import funder
from deposit_token.errors import InputError, NodeError, Unsupported, WrongChain
from tests.files import ROOT
from tests.nodes import Proxy, in_turn, rpc, served
from tests.refusals import refuses, says
from tests.scene import SET_UP

STRANGER = "0x000000000000000000000000000000000000bEEF"
PAGE = ROOT / "docs" / "networks.md"
SHIPPED = ["anvil", "base", "besu-qbft", "ethereum", "hardhat"]
FEES = "'node', 'zero', a table with `max_fee` and a `tip` of at most that, or one with `cap`"
FINALITY = "'finalized', 'at once', or a table with `depth`"
NOT_SHOWN = "a value that is not shown"
WHOLE = """
url = "https://node.example/v3"
chain_id = 4711
development = false
fees = { max_fee = 2_000_000_000, tip = 1 }
gas_margin_percent = 10
finality = { depth = 12 }
log_span = 500
poll_milliseconds = 250

[headers]
X-Key = "${NODE_KEY}"

[token]
command = ["print-token", "--for", "node"]

[certificate]
file = "client.pem"
key = "/etc/client.key"
"""


@pytest.fixture
def load(tmp_path):
    """The profile of a text, from a file."""

    def read(text):
        path = tmp_path / "net.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return NetworkProfile.load(path)

    read.path = tmp_path / "net.toml"
    return read


def test_file_says_all(load):
    found = load(WHOLE)
    assert found.url == "https://node.example/v3"
    assert (found.chain_id, found.development) == (4711, False)
    assert found.fees == FixedFees(max_fee=2 * 10**9, tip=1)
    assert found.finality == Depth(depth=12)
    assert (found.gas_margin_percent, found.log_span, found.poll_milliseconds) == (10, 500, 250)
    assert found.headers == {"X-Key": "${NODE_KEY}"}
    assert found.token.command == ("print-token", "--for", "node")
    assert found.certificate.file == load.path.parent / "client.pem"
    assert str(found.certificate.key) == "/etc/client.key"


def test_file_may_say_little(load):
    assert load("") == NetworkProfile()
    assert load(b"\xef\xbb\xbfchain_id = 5").chain_id == 5
    assert load("fees = { cap = 7 }").fees == CappedFees(cap=7)


def test_unknown_key_is_told_all_and_the_page_has_them(load):
    with pytest.raises(InputError) as refusal:
        load("urls = 'x'")
    keys = list(NetworkProfile.model_fields)
    assert refusal.value.accepted == f"url, or another of the keys {', '.join(keys)}"
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == keys


@pytest.mark.parametrize(
    ("text", "line", "key", "found", "accepted"),
    [
        ("\nchain_id = 0", 2, "chain_id", 0, "more than 0"),
        ("chain_id = '1'", 1, "chain_id", "1", "a whole number"),
        ("chain_id = 1.0", 1, "chain_id", 1.0, "a whole number"),
        ("development = 1", 1, "development", 1, "true or false"),
        ("\n\nlog_span = 0", 3, "log_span", 0, "more than 0"),
        ("gas_margin_percent = 1.5", 1, "gas_margin_percent", 1.5, "a whole number"),
        ("gas_margin_percent = -1", 1, "gas_margin_percent", -1, "at least 0"),
        ("poll_milliseconds = true", 1, "poll_milliseconds", True, "a whole number"),
        ("fees = 'free'", 1, "fees", "free", FEES),
        ("fees = { cap = 1.5 }", 1, "fees", "a table", FEES),
        ("\n[fees]\nmax_fe = 1", 2, "fees", "a table", FEES),
        ("finality = 'safe'", 1, "finality", "safe", FINALITY),
        ("[headers]\nA = ''\nB = 7", 3, "headers.B", NOT_SHOWN, "text in quotes"),
        ("[token]\ncomand = ['x']", 2, "token.comand", "comand", "command, or another of the "),
        ("[token]", 1, "token", NOT_SHOWN, "either command or file"),
        ("[certificate]\nfile = 7", 2, "certificate.file", 7, "text in quotes"),
    ],
)
def test_wrong_value_is_one_sentence_with_its_line(load, text, line, key, found, accepted):
    with pytest.raises(InputError) as refusal:
        load(text)
    assert refusal.value.field == f"{load.path} line {line}: {key}"
    assert refusal.value.value == found
    assert refusal.value.accepted.startswith(accepted)


@pytest.mark.parametrize(
    "text",
    [
        "fees = { max_fee = 1.5 }",
        "fees = { cap = -1 }",
        "fees = { max_fee = 1, tip = 2 }",
        "fees = { cap = 1, tip = 1 }",
        "finality = { depth = 0 }",
        "token = {}",
        "token = { command = [], file = 'x' }",
        "token = { file = 7 }",
        "headers = { X-Key = 7 }",
        "certificate = { key = 'x' }",
        "url = 8545",
        "url = [",
        b"url = '\xff'",
    ],
)
def test_any_other_is_too(load, text):
    with pytest.raises(InputError, match=rf"^{re.escape(str(load.path))}[^\n]*\.$"):
        load(text)


@pytest.mark.parametrize(
    "text",
    [
        "headers = { X-Key = ['s3cr3t'] }",
        "headers = 'X-Key: s3cr3t'",
        "[headers]\nX-Key = 's3cr3t",
        "[headers]\nX-Key = s3cr3t",
        "[headers]\nX-Key = 's3cr3t'\nX-Key = 's3cr3t'",
        "header = { X-Key = 's3cr3t' }",
        "token = 's3cr3t'",
        "token = { command = 'print s3cr3t' }",
        "token = { command = ['print', 's3cr3t'], file = 'x' }",
        "token = { comand = ['s3cr3t'] }",
        "url = ['https://user:s3cr3t@node.example']",
        "url = https://user:s3cr3t@node.example",
    ],
)
def test_secret_is_not_told(load, text):
    with pytest.raises(InputError) as refusal:
        load(text)
    assert "s3cr3t" not in str(refusal.value)
    assert f"{load.path} line " in str(refusal.value)


def test_secret_of_a_profile_made_in_python_is_not_told():
    said = {"url": "https://s3cr3t@node.example", "headers": {"X-Key": "s3cr3t"}}
    token = BearerToken(command=("print", "s3cr3t"))
    assert "s3cr3t" not in repr(NetworkProfile(**said, token=token))
    with pytest.raises(InputError) as refusal:
        BearerToken(command="print s3cr3t")
    assert str(refusal.value) == f"command: found '{NOT_SHOWN}', accepted is a list."
    with pytest.raises(InputError) as refusal:
        NetworkProfile(headers={"X-Key": ["s3cr3t"]})
    assert str(refusal.value) == f"headers.X-Key: found '{NOT_SHOWN}', accepted is text in quotes."


def test_file_that_is_missing_is_one_sentence(tmp_path):
    path = tmp_path / "none.toml"
    accepted = "a file that can be read (No such file or directory)"
    with refuses("network profile", str(path), accepted):
        NetworkProfile.load(path)


class TestShipped:
    @pytest.mark.parametrize("name", SHIPPED)
    def test_profile_is_read_and_says_what_was_tried(self, name):
        assert isinstance(NetworkProfile.shipped(name), NetworkProfile)
        text = (files("deposit_token.chain") / "profiles" / f"{name}.toml").read_text()
        assert re.match(r"# (Tried: .*`.*`, .*\d{4}-\d\d-\d\d|Not tried)", text)

    def test_all_are_told_if_a_name_is_unknown(self):
        with refuses("network", "sepolia", f"one of {', '.join(SHIPPED)}"):
            NetworkProfile.shipped("sepolia")

    def test_name_on_a_command_line_is_a_shipped_one_or_a_file(self, load):
        load.path.write_text("chain_id = 5")
        assert NetworkProfile.named(str(load.path)) == NetworkProfile(chain_id=5)
        assert NetworkProfile.named("base") == NetworkProfile.shipped("base")
        accepted = f"one of {', '.join(SHIPPED)}, or a file whose name ends in .toml"
        with refuses("network profile", "sepolia", accepted):
            NetworkProfile.named("sepolia")

    def test_anvils_is_of_an_anvil(self, anvil_url):
        assert Chain.connect(NetworkProfile.shipped("anvil").at(anvil_url)).development

    def test_profile_without_an_address_needs_one(self):
        accepted = "an address, by the profile's `url` or by its `at`"
        with refuses("RPC endpoint", None, accepted):
            Chain.connect(NetworkProfile.shipped("ethereum"))

    @pytest.mark.parametrize("network", [None, 8545, b"http://127.0.0.1:8545"])
    def test_what_is_neither_address_nor_profile_is_refused(self, network):
        with refuses("network", network, "a text or a NetworkProfile"):
            Chain.connect(network)

    def test_profile_of_another_chain_is_refused(self, node_url):
        found = Chain.connect(node_url).chain_id
        with says(WrongChain, f"chain id: found {found} at {node_url}, accepted is 1."):
            Chain.connect(NetworkProfile.shipped("ethereum").at(node_url))


class TestDevelopmentKeys:
    def test_accounts_are_those_of_the_mnemonic(self):
        Account.enable_unaudited_hdwallet_features()
        words = " ".join(["test"] * 11 + ["junk"])
        assert {
            Account.from_mnemonic(words, account_path=f"m/44'/60'/0'/0/{n}").address
            for n in range(20)
        } == development.ACCOUNTS

    @pytest.mark.parametrize("gas", [None, 21_000])
    def test_are_refused_elsewhere_before_anything_is_asked(self, node_url, local_chain, gas):
        proxy = Proxy(node_url)
        with served(proxy) as url:
            chain = Chain.connect(NetworkProfile(url=url, development=False))
            asked = len(proxy.calls)
            accepted = f"an account whose key not everybody has, on chain {chain.chain_id}"
            with refuses("sender", funder().address, accepted):
                chain.send(funder(), {"to": STRANGER, "value": 1}, gas)
            assert len(proxy.calls) == asked
            assert chain.send(SET_UP, {"to": STRANGER, "value": 1}, gas)["status"] == 1

    def test_are_taken_on_a_development_chain(self, local_chain):
        assert local_chain.send(funder(), {"to": STRANGER, "value": 1})["status"] == 1

    @pytest.mark.parametrize(
        ("chain_id", "told", "development"),
        [(31337, None, True), (1337, None, True), (4711, None, False), (4711, True, True)],
    )
    def test_chain_id_tells_where_the_profile_does_not(
        self, local_chain, chain_id, told, development
    ):
        profile = NetworkProfile(development=told)
        chain = Chain(local_chain.web3, chain_id, local_chain.genesis_hash, profile)
        assert chain.development is development


class TestFinality:
    def final_after(self, url, finality):
        """How many blocks above its own make a transaction final."""
        chain = Chain.connect(NetworkProfile(url=url, finality=finality))
        receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
        above = 0
        while not chain.is_final(receipt):
            rpc(chain, "evm_mine")
            above += 1
        return above

    @pytest.mark.parametrize(
        ("finality", "above"), [("at once", 0), (Depth(depth=1), 1), (Depth(depth=3), 3)]
    )
    @pytest.mark.anvil("mines when told to")
    def test_profile_says_when(self, local_chain, node_url, finality, above):
        assert self.final_after(node_url, finality) == above

    @pytest.mark.parametrize(
        "answer",
        [
            {"error": {"code": -39001, "message": "Unknown block"}},
            {"error": {"code": -32000, "message": "finalized block not found"}},
            {"error": {"code": -32000, "message": "unknown block"}},
            {"error": {"code": -32000, "message": "header not found"}},
            {"error": {"code": -32001, "message": "Resource not found"}},
            {"error": {"code": -32602, "message": "invalid block tag"}},
            {"result": None},
        ],
    )
    def test_chain_without_finalized_blocks_is_one_sentence(self, local_chain, node_url, answer):
        proxy = Proxy(node_url)
        with served(proxy) as url:
            chain = Chain.connect(url)
            receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
            proxy.answers["eth_getBlockByNumber"] = in_turn(answer)
            with pytest.raises(Unsupported, match=r"^finality: found no finalized block \(.*\), a"):
                chain.is_final(receipt)
            deep = Chain(
                chain.web3, chain.chain_id, chain.genesis_hash, NetworkProfile(finality="at once")
            )
            assert deep.is_final(receipt)

    def test_node_that_is_busy_says_nothing_of_finality(self, local_chain, node_url):
        proxy = Proxy(node_url)
        with served(proxy) as url:
            chain = Chain.connect(url)
            busy = {"error": {"code": -32000, "message": "busy"}}
            proxy.answers["eth_getBlockByNumber"] = in_turn(busy)
            with pytest.raises(NodeError, match="busy"):
                chain.last_final_block()
