"""JSON-RPC over HTTP: who is let in, which answer is whose, and why a contract refused."""

import json
import logging
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import certifi
import pytest
from web3 import Web3

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import BearerToken, Certificate, NetworkProfile
from deposit_token.chain.refusals import Reverted
from deposit_token.errors import (
    BrokenAnswer,
    InputError,
    Next,
    NodeError,
    TooManyRequests,
    Unauthorised,
    Unreachable,
    Unsupported,
    Unsure,
    Untrusted,
)
from tests.nodes import Proxy, Reply, in_turn, rpc, served
from tests.refusals import refuses, says
from tests.scene import SET_UP

STRANGER = "0x000000000000000000000000000000000000bEEF"
PAUSED = "0xe7792495"
"""`TokenPaused()`."""
SECRET = "s3cr3t"


def told(url, why):
    """What is said where TLS fails."""
    return (
        f"RPC endpoint: found no TLS with {url} ({why}), accepted are certificates that both sides "
        "trust: `certificate` in the network's profile has this side's, and whom it trusts."
    )


@pytest.fixture
def proxy(node_url, local_chain):
    return Proxy(node_url)


@pytest.fixture
def deep_recursion():
    """Python's limit as other software in the process may set it, such as Hypothesis."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    yield
    sys.setrecursionlimit(before)


class TestCredentials:
    """`token` is what the node wants at the moment."""

    @pytest.fixture
    def guard(self):
        wanted = {"token": "first"}

        def admit(headers):
            right = headers.get("Authorization") == f"Bearer {wanted['token']}"
            return None if right else Reply(401, b"who are you?")

        admit.wanted = wanted
        return admit

    def test_without_a_token_it_is_one_sentence(self, proxy, guard):
        with (
            served(proxy, guard) as url,
            says(
                Unauthorised,
                f"RPC endpoint: found no leave to ask eth_chainId at {url} (HTTP 401), accepted "
                "are the node's credentials: a bearer token, a header or a certificate in the "
                "network's profile.",
            ),
        ):
            Chain.connect(url)

    def test_token_of_a_file_is_read_anew_when_it_has_ended(self, proxy, guard, tmp_path):
        file = tmp_path / "token"
        file.write_text("first\n")
        with served(proxy, guard) as url:
            chain = Chain.connect(NetworkProfile(url=url, token=BearerToken(file=file)))
            guard.wanted["token"] = "second"
            file.write_text("second\n")
            assert chain.send(SET_UP, {"to": STRANGER, "value": 1})["status"] == 1
            assert len(proxy.asked("eth_sendRawTransaction")) == 1

    def test_token_of_a_command_is_asked_for_when_it_is_needed(self, proxy, guard, tmp_path):
        runs = tmp_path / "runs"
        program = "import sys; open(sys.argv[1], 'a').write('x'); print('first')"
        source = BearerToken(command=[sys.executable, "-c", program, str(runs)])
        with served(proxy, guard) as url:
            chain = Chain.connect(NetworkProfile(url=url, token=source))
            chain.now()
            assert runs.read_text() == "x"

    def test_token_that_is_refused_anew_is_one_sentence(self, proxy, guard, tmp_path):
        file = tmp_path / "token"
        file.write_text(SECRET)
        with served(proxy, guard) as url, pytest.raises(Unauthorised) as refusal:
            Chain.connect(NetworkProfile(url=url, token=BearerToken(file=file)))
        assert SECRET not in str(refusal.value)

    @pytest.mark.parametrize("printed", ["", "two words", "a\nb"])
    def test_what_is_no_token_is_not_sent(self, proxy, tmp_path, printed):
        file = tmp_path / "token"
        file.write_text(printed)
        with (
            served(proxy) as url,
            says(
                Unauthorised,
                "bearer token: found an empty one, or one of several words, accepted is one of "
                "printable ASCII.",
            ),
        ):
            Chain.connect(NetworkProfile(url=url, token=BearerToken(file=file)))
        assert proxy.calls == []

    @pytest.mark.parametrize(
        ("source", "found"),
        [
            (BearerToken(file="no/such/file"), "no/such/file (FileNotFoundError)"),
            (BearerToken(command=["no-such-command"]), "no-such-command (FileNotFoundError)"),
            (
                BearerToken(command=[sys.executable, "-c", "print('t'); exit(3)"]),
                f"{sys.executable} (CalledProcessError)",
            ),
        ],
    )
    def test_source_without_a_token_is_named(self, source, found):
        with says(
            Unauthorised,
            f"bearer token: found none by {found}, accepted is one that the network's profile says "
            "how to get.",
        ):
            Chain.connect(NetworkProfile(url="http://127.0.0.1:1", token=source))

    def test_header_and_address_may_come_from_the_environment(self, proxy, monkeypatch):
        seen = []

        def admit(headers):
            seen.append(headers.get("X-Key"))

        monkeypatch.setenv("NODE_KEY", SECRET)
        with served(proxy, admit) as url:
            monkeypatch.setenv("NODE_URL", url)
            profile = NetworkProfile(url="${NODE_URL}/v3", headers={"X-Key": "k ${NODE_KEY}"})
            Chain.connect(profile)
        assert set(seen) == {f"k {SECRET}"}
        assert SECRET not in repr(profile)

    def test_variable_that_is_missing_is_named(self, monkeypatch):
        monkeypatch.delenv("NODE_KEY", raising=False)
        profile = NetworkProfile(url="http://127.0.0.1:1", headers={"X-Key": "${NODE_KEY}"})
        with says(
            InputError,
            "header X-Key: found '${NODE_KEY}', accepted is a variable that is in the environment.",
        ):
            Chain.connect(profile)

    @pytest.mark.parametrize(
        ("name", "value"), [("X Y", "a"), ("", "a"), ("X", "a\nb"), ("X", "☃")]
    )
    def test_what_is_no_header_is_refused_without_its_value(self, name, value):
        accepted = "a name without blanks, and a value of printable ASCII"
        with refuses("header", name, accepted):
            Chain.connect(NetworkProfile(url="http://127.0.0.1:1", headers={name: value}))

    def test_credentials_do_not_follow_a_redirect(self, proxy):
        seen = []

        def elsewhere(request):
            seen.append(request)
            return b"{}"

        with served(elsewhere) as other:
            moved = Reply(307, b"", {"Location": other})
            with (
                served(proxy, lambda headers: moved) as url,
                pytest.raises(NodeError, match="HTTP 307"),
            ):
                Chain.connect(NetworkProfile(url=url, headers={"X-Key": SECRET}))
        assert seen == []


class TestEnvironment:
    def test_its_proxy_is_asked_for_the_node(self, proxy, monkeypatch, local_chain):
        with served(proxy) as url:
            monkeypatch.setenv("http_proxy", url)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            chain = Chain.connect("http://node.example:8545")
        assert chain.genesis_hash == local_chain.genesis_hash

    def test_its_netrc_has_no_credentials_of_nodes(self, proxy, monkeypatch, tmp_path):
        seen = []
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login bank password s3cr3t")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with served(proxy, lambda headers: seen.append(headers.get("Authorization"))) as url:
            Chain.connect(url)
        assert set(seen) == {None}


class TestCertificate:
    @pytest.fixture(scope="class")
    def files(self, tmp_path_factory):
        """A key and its certificate for 127.0.0.1, which serve node and client alike."""
        folder = tmp_path_factory.mktemp("tls")
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
                *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=node"),
                *("-addext", "subjectAltName=IP:127.0.0.1"),
                *("-keyout", str(key), "-out", str(certificate)),
            ],
            check=True,
            capture_output=True,
        )
        return key, certificate

    @pytest.fixture
    def secured(self, proxy, files):
        """The URL of a node that asks for a certificate."""
        key, certificate = files
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        tls.load_verify_locations(certificate)
        tls.verify_mode = ssl.CERT_REQUIRED
        with served(proxy, tls=tls) as url:
            yield url

    def test_client_shows_its_own_and_trusts_the_nodes(self, secured, files):
        key, certificate = files
        shown = Certificate(file=certificate, key=key, authority=certificate)
        assert Chain.connect(NetworkProfile(url=secured, certificate=shown)).development

    def test_authorities_of_the_environment_do_not_stand_in(self, secured, files, monkeypatch):
        key, certificate = files
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, str(certificate))
        shown = Certificate(file=certificate, key=key, authority=key.parent / "other.pem")
        (key.parent / "other.pem").write_bytes(Path(certifi.where()).read_bytes())
        with says(Untrusted, told(secured, "self-signed certificate")):
            Chain.connect(NetworkProfile(url=secured, certificate=shown))

    def test_without_a_certificate_nothing_is_answered(self, secured, files, monkeypatch):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files[1]))
        # The alert that says so may come after the end of the connection.
        with pytest.raises((Untrusted, Unreachable), match=r"\(.*certificate.*\), accepted"):
            Chain.connect(secured)

    def test_failure_says_why(self, proxy, secured, files):
        key, certificate = files
        other = key.parent / "nothing.pem"
        other.write_text("nothing")
        shown = Certificate(file=certificate, key=key, authority=certificate)
        elsewhere = secured.replace("127.0.0.1", "localhost")
        with pytest.raises(Untrusted, match=r"localhost.*not valid for 'localhost'\)") as failure:
            Chain.connect(NetworkProfile(url=elsewhere, certificate=shown))
        assert failure.value.next is Next.CORRECT
        for wrong in (
            Certificate(file=certificate, authority=certificate),
            Certificate(file=other, key=key, authority=certificate),
        ):
            with pytest.raises(Untrusted, match=r"\(.*PEM lib.*\), accepted"):
                Chain.connect(NetworkProfile(url=secured, certificate=wrong))
        with served(proxy) as plain, pytest.raises(Untrusted, match="wrong version number"):
            Chain.connect(plain.replace("http:", "https:"))

    def test_connection_that_is_lost_is_no_matter_of_trust(self):
        with socket.create_server(("127.0.0.1", 0)) as server:

            def hang_up():
                connection, _ = server.accept()
                connection.recv(1)
                connection.shutdown(socket.SHUT_WR)
                connection.close()

            threading.Thread(target=hang_up, daemon=True).start()
            with pytest.raises(Unreachable, match=r"\(TLS was ended"):
                Chain.connect(f"https://127.0.0.1:{server.getsockname()[1]}")

    def test_file_that_is_missing_is_named(self, tmp_path):
        missing = tmp_path / "none.pem"
        with says(
            InputError,
            f"certificate.file: found {str(missing)!r}, accepted is a PEM file that is there.",
        ):
            Chain.connect(
                NetworkProfile(url="https://127.0.0.1:1", certificate=Certificate(file=missing))
            )


@pytest.mark.parametrize("lost", [False, True])
def test_secrets_of_an_address_are_not_logged(proxy, caplog, lost):
    caplog.set_level(logging.DEBUG)
    with served(lambda request: None if lost else proxy(request)) as url:
        address = url.replace("//", f"//user:{SECRET}@") + f"/v3/{SECRET} x?key={SECRET}"
        if lost:
            with pytest.raises(Unreachable):
                Chain.connect(address)
        else:
            Chain.connect(address)
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("urllib3")]
    assert any("127.0.0.1" in each for each in logged)
    assert SECRET not in caplog.text


class TestStatus:
    @pytest.mark.parametrize(
        ("reply", "kind", "sentence"),
        [
            (
                Reply(403, b"no"),
                Unauthorised,
                "RPC endpoint: found no leave to ask eth_chainId at {url} (HTTP 403), accepted are "
                "the node's credentials: a bearer token, a header or a certificate in the "
                "network's profile.",
            ),
            (
                Reply(429, b"slow down", {"Retry-After": "7"}),
                TooManyRequests,
                "RPC endpoint: found too many requests at {url} (HTTP 429 to eth_chainId), "
                "accepted are fewer: ask again in 7 seconds.",
            ),
            (
                Reply(429, b"slow down"),
                TooManyRequests,
                "RPC endpoint: found too many requests at {url} (HTTP 429 to eth_chainId), "
                "accepted are fewer: ask again later.",
            ),
            (
                Reply(502, b"<html>\n bad gateway</html>"),
                NodeError,
                "RPC endpoint: found no answer to eth_chainId at {url} (HTTP 502: '<html> bad "
                "gateway</html>'), accepted is an Ethereum node's over HTTP.",
            ),
            (
                Reply(200, b"plain text"),
                BrokenAnswer,
                "RPC endpoint: found no answer to eth_chainId at {url} ('plain text'), accepted is "
                "an Ethereum node's over HTTP.",
            ),
        ],
    )
    def test_answer_that_is_none_has_its_own_sentence(self, proxy, reply, kind, sentence):
        with (
            served(proxy, lambda headers: reply) as url,
            says(kind, sentence.format(url=url)),
        ):
            Chain.connect(url)

    @pytest.mark.parametrize(
        ("error", "kind", "told"),
        [
            ({"code": -32601, "message": "no such method"}, Unsupported, "no such method"),
            ({"code": -32005, "message": "limit exceeded"}, TooManyRequests, "limit exceeded"),
            ({"code": -32000, "message": "busy"}, NodeError, "busy"),
            ("out of order", NodeError, "out of order"),
            ({"reason": "x"}, NodeError, "{'reason': 'x'}"),
            (7, NodeError, "7"),
        ],
    )
    @pytest.mark.parametrize("status", [200, 400, 500])
    def test_error_of_the_node_counts_whatever_the_status(self, proxy, error, kind, told, status):
        proxy.answers["eth_chainId"] = in_turn({"error": error})
        with (
            served(lambda request: Reply(status, proxy(request))) as url,
            says(
                kind,
                f"RPC endpoint: found no result of eth_chainId at {url} ({told}), accepted is an "
                "Ethereum node's over HTTP.",
            ),
        ):
            Chain.connect(url)

    @pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff\xfe", b"1" * 5_000, b"NaN"])
    def test_body_that_can_not_be_read_is_broken(self, deep_recursion, body):
        with served(lambda request: body) as url, pytest.raises(BrokenAnswer, match=r"^[^\n]*\.$"):
            Chain.connect(url)


class TestAnswerToAnotherRequest:
    @pytest.mark.parametrize("number", [-1, None, "0", 10**30])
    def test_is_not_taken(self, proxy, number):
        def mixed(request):
            return json.dumps({**json.loads(proxy(request)), "id": number}).encode()

        with served(mixed) as url, pytest.raises(NodeError) as refusal:
            Chain.connect(url)
        assert str(refusal.value).startswith(
            f"RPC endpoint: found the answer to another request than eth_chainId at {url} (number "
        )

    def test_earlier_answer_is_not_a_later_one(self, proxy):
        """What comes once more is the nonce that an account had before."""
        earlier = []

        def late(request):
            answer = proxy(request)
            if json.loads(request)["method"] == "eth_getTransactionCount":
                earlier.append(answer)
                return earlier[0]
            return answer

        with served(late) as url:
            Chain.connect(url).send(SET_UP, {"to": STRANGER, "value": 1})
            again = Chain.connect(url)
            again.now()
            with pytest.raises(NodeError, match="another request than eth_getTransactionCount"):
                again.send(SET_UP, {"to": STRANGER, "value": 1})
            assert len(proxy.asked("eth_sendRawTransaction")) == 1

    def test_transaction_whose_own_answer_is_missing_is_unsure(self, proxy):
        def mixed(request):
            answer = proxy(request)
            sending = json.loads(request)["method"] == "eth_sendRawTransaction"
            return json.dumps({**json.loads(answer), "id": -1}).encode() if sending else answer

        with served(mixed) as url:
            chain = Chain.connect(url)
            with pytest.raises(Unsure) as failure:
                chain.send(SET_UP, {"to": STRANGER, "value": 1})
        ((raw,),) = proxy.asked("eth_sendRawTransaction")
        assert failure.value.hashes == (Web3.keccak(hexstr=raw).to_0x_hex(),)


class TestEnvelope:
    @pytest.mark.parametrize(
        "error",
        [
            {"code": 3, "message": "execution reverted", "data": PAUSED},
            {"code": -32603, "message": "x", "data": {"message": "y", "data": PAUSED}},
            {"code": -32015, "message": "VM execution error.", "data": f"Reverted {PAUSED}"},
            {
                "code": -32000,
                "message": "revert",
                "data": {"result": PAUSED},
            },
            {"code": -32000, "message": "VM", "data": {"0x" + "2" * 64: {"return": PAUSED}}},
            {"code": -32603, "message": "z", "data": {"originalError": {"data": PAUSED.upper()}}},
            {"message": "wrapped", "error": {"code": 3, "data": PAUSED.replace("0X", "0x")}},
        ],
    )
    @pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
    def test_reason_is_found_in_it(self, proxy, local_chain, error, method):
        with served(proxy) as url:
            chain = Chain.connect(url)
            proxy.answers[method] = in_turn({"error": error})
            token = chain.web3.eth.contract(STRANGER, abi=artifact("DepositToken").abi)
            act = token.functions.pause()
            with pytest.raises(Reverted) as refusal:
                chain.call(act) if method == "eth_call" else chain.send(SET_UP, act)
        assert (refusal.value.function, refusal.value.error) == ("pause", "TokenPaused")

    @pytest.mark.parametrize(
        ("error", "name", "arguments"),
        [
            ({"code": 3, "message": "execution reverted"}, "0x", {}),
            ({"code": -32000, "message": "execution reverted"}, "0x", {}),
            ({"code": -32000, "message": "VM Exception: revert", "data": None}, "0x", {}),
            (
                {"code": -32000, "message": "execution reverted: too late"},
                "Error",
                {"message": "too late"},
            ),
            (
                {"code": 3, "message": "execution reverted: too late", "data": "0x"},
                "Error",
                {"message": "too late"},
            ),
            (
                {"code": -32603, "message": "x", "data": {"message": "execution reverted: why"}},
                "Error",
                {"message": "why"},
            ),
            (
                {"code": 3, "message": f"execution reverted: custom error {PAUSED.lower()}"},
                "TokenPaused",
                {},
            ),
            (
                {
                    "code": -32000,
                    "message": f"execution reverted: custom error 0x4e487b71:{'11'.zfill(64)}",
                },
                "Panic",
                {"code": 0x11},
            ),
        ],
    )
    def test_refusal_without_data_is_one(self, proxy, error, name, arguments):
        with served(proxy) as url:
            chain = Chain.connect(url)
            proxy.answers["eth_call"] = in_turn({"error": error})
            token = chain.web3.eth.contract(STRANGER, abi=artifact("DepositToken").abi)
            with pytest.raises(Reverted) as refusal:
                chain.call(token.functions.pause())
        assert (refusal.value.error, refusal.value.arguments) == (name, arguments)

    @pytest.mark.parametrize(
        "error",
        [
            {"code": -32000, "message": "header not found"},
            {"code": -32000, "message": "x", "data": "why"},
            {"code": -32000, "message": "x", "data": {"hash": "0x" + "1" * 64}},
            {"code": -32000, "message": "insufficient funds for gas * price", "data": "0x"},
        ],
    )
    def test_error_of_the_node_is_no_refusal(self, proxy, error):
        with served(proxy) as url:
            chain = Chain.connect(url)
            proxy.answers["eth_call"] = in_turn({"error": error})
            token = chain.web3.eth.contract(STRANGER, abi=artifact("DepositToken").abi)
            with pytest.raises(NodeError) as failure:
                chain.call(token.functions.pause())
        assert (failure.value.told, failure.value.code) == (error["message"], -32000)


@pytest.mark.anvil("mines when it is told to")
class TestManyAtOnce:
    """Calls of one method in one request."""

    @staticmethod
    def ask(url, *numbers):
        endpoint = Chain.connect(url).web3.provider
        return endpoint.try_each("eth_getBlockByNumber", [[hex(n), False] for n in numbers])

    def test_each_has_its_own_answer_in_order(self, proxy, local_chain):
        rpc(local_chain, "anvil_mine", hex(120))

        def backwards(request):
            found = json.loads(proxy(request))
            return json.dumps(found[::-1] if isinstance(found, list) else found).encode()

        with served(backwards) as url:
            found = self.ask(url, *range(120))
        assert [int(each["number"], 16) for each in found] == list(range(120))

    def test_one_that_fails_hides_no_other(self, proxy):
        with served(proxy) as url:
            good, bad = self.ask(url, 0, 10**6)
            assert int(good["number"], 16) == 0
            assert isinstance(bad, NodeError)
            endpoint = Chain.connect(url).web3.provider
            with pytest.raises(NodeError, match="found no block 0xf4240 at"):
                endpoint.ask_each("eth_getBlockByNumber", [["0x0", False], ["0xf4240", False]])

    @pytest.mark.parametrize(
        "change",
        [
            lambda found: found[1:],
            lambda found: [{**found[0], "id": 10**9}, *found[1:]],
            lambda found: [{**found[0], "id": [1]}, *found[1:]],
            lambda found: ["x", *found[1:]],
            lambda found: [{key: found[0][key] for key in ("jsonrpc", "id")}, *found[1:]],
            lambda found: [{**found[0], "result": found[1]["result"]}, *found[1:]],
        ],
    )
    def test_answer_that_is_missing_is_told_in_its_place(self, proxy, local_chain, change):
        rpc(local_chain, "evm_mine")

        def broken(request):
            found = json.loads(proxy(request))
            return json.dumps(change(found) if isinstance(found, list) else found).encode()

        with served(broken) as url:
            missing, other = self.ask(url, 0, 1)
        assert isinstance(missing, BrokenAnswer)
        assert int(other["number"], 16) == 1

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (
                b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batch"}}',
                NodeError,
            ),
            (b'{"jsonrpc":"2.0","id":1,"result":"0x1"}', BrokenAnswer),
            (b"<html>", BrokenAnswer),
            (b'{"error":"no"}', NodeError),
            (Reply(502, b"bad gateway"), NodeError),
            (Reply(429), TooManyRequests),
        ],
    )
    def test_error_of_all_of_them_is_raised(self, proxy, answer, error):
        def refuse(request):
            return answer if isinstance(json.loads(request), list) else proxy(request)

        with served(refuse) as url, pytest.raises(error, match=r"^[^\n]*\.$"):
            self.ask(url, 0)

    def test_nothing_is_asked_for_nothing(self, proxy):
        with served(proxy) as url:
            assert self.ask(url) == []
