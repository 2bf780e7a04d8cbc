"""A node's JSON-RPC over HTTP, its failures in this library's terms."""

import logging
import re
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from pydantic_core import from_json
from requests import Request, RequestException, Response
from requests.exceptions import SSLError
from web3 import Web3
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from deposit_token.chain.answers import read_answer
from deposit_token.chain.credentials import Bearer, open_session, with_variables
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.refusals import Reverted
from deposit_token.chain.revert_data import refusal_in
from deposit_token.errors import (
    BrokenAnswer,
    DepositTokenError,
    InputError,
    NodeError,
    TooLong,
    TooManyRequests,
    Unauthorised,
    Unreachable,
    Unsupported,
    Untrusted,
)

_TIMEOUT = 30.0
"""Seconds until a node that does not answer is given up."""
_PART = 2**18
"""Bytes of a long answer that are taken up at once."""
_LOGS = cast(RPCEndpoint, "eth_getLogs")
_BATCH = 50
"""Calls in one request: nodes take 100 and more."""
_NO_SUCH_METHOD, _LIMIT_EXCEEDED = -32601, -32005
"""JSON-RPC's code, and EIP-1474's."""


class _Reply(NamedTuple):
    """What came back over HTTP."""

    status: int
    content: bytes | bytearray


class Endpoint(JSONBaseProvider):
    """JSON-RPC over HTTP in this library's terms; every answer is checked before it is given.

    Raises Unreachable for no answer, BrokenAnswer for one that is not what was asked for,
    Untrusted, Unauthorised, TooManyRequests, Unsupported for a method that the node lacks, Reverted
    for a contract's refusal, and NodeError for any other error in place of an answer. Nothing is
    repeated by itself, since a transaction whose answer was lost may have been accepted; except
    with a new bearer token, where nothing was accepted with the old one.
    """

    def __init__(self, profile: NetworkProfile) -> None:
        super().__init__()
        self.endpoint_uri = _require_http(profile.url)
        self.origin = origin(self.endpoint_uri)
        _hide_path(self.endpoint_uri)
        self.greatest_log_span = self.log_span = profile.log_span
        """Blocks whose events are asked for at once: at most, and what the node took last."""
        self._session = open_session(profile)

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        number, answer = self._ask(method, params)
        return {"jsonrpc": "2.0", "id": number, "result": self._result(method, params, answer)}

    def ask_logs(self, wanted: Mapping[str, Any], most: int | None) -> list[Any]:
        """What eth_getLogs answers, of which nobody has looked at what each log has.

        Raises TooLong for an answer of more than `most` bytes, of which the rest is not read.
        """
        _, answer = self._ask(_LOGS, [wanted], most)
        if answer.get("error") is not None:
            raise self._failure(_LOGS, answer["error"])
        if not isinstance(answer["result"], list):
            raise BrokenAnswer(self._sentence("list of logs", f"{answer['result']!r:.60}"))
        return answer["result"]

    def _ask(self, method: str, params: Any, most: int | None = None) -> tuple[int, dict[str, Any]]:
        """One call's number, and its answer: a result or an error."""
        number = next(self.request_counter)
        call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        answer = self._answer(method, self._post(method, Web3.to_json(call), most))
        told = answer.get("error")
        if told is None and "result" not in answer:
            raise BrokenAnswer(self._sentence(f"result of {method}", f"{answer!r:.60}"))
        # Who could not read what was sent knows no number.
        if answer.get("id") != number and (told is None or answer.get("id") is not None):
            self._session.close()
            raise NodeError(
                f"RPC endpoint: found the answer to another request than {method} at {self.origin}"
                f" (number {answer.get('id')!r:.20}), accepted is that to number {number}.",
                "the answer to another request",
            )
        return number, answer

    def ask_each(self, method: RPCEndpoint, each: Sequence[Any]) -> list[Any]:
        """What a method answers to each of these lists of parameters, many asked in one request.

        Raises what the first call that fails would raise alone.
        """
        found = self.try_each(method, each)
        for one in found:
            if isinstance(one, DepositTokenError):
                raise one
        return found

    def try_each(self, method: RPCEndpoint, each: Sequence[Any]) -> list[Any]:
        """The same, with the error that a call alone would raise in place of its answer, so that
        one that fails hides no other. Raises only what is told of all of them."""
        found = []
        for first in range(0, len(each), _BATCH):
            asked = [(next(self.request_counter), one) for one in each[first : first + _BATCH]]
            calls = [
                {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                for number, params in asked
            ]
            body = Web3.to_json(cast(dict[Any, Any], calls))
            answers = self._answers(method, self._post(method, body))
            found += [
                self._result_or_error(method, params, answers.get(number))
                for number, params in asked
            ]
        return found

    def _result(self, method: str, params: Any, answer: dict[str, Any]) -> Any:
        if answer.get("error") is not None:
            raise self._failure(method, answer["error"])
        return read_answer(self.origin, method, params, answer["result"])

    def _result_or_error(self, method: str, params: Any, answer: dict[str, Any] | None) -> Any:
        if answer is None or (answer.get("error") is None and "result" not in answer):
            return BrokenAnswer(self._sentence(f"result of {method}", f"{answer!r:.60}"))
        try:
            return self._result(method, params, answer)
        except DepositTokenError as error:
            return error

    def _post(self, method: str, body: str, most: int | None = None) -> _Reply:
        """Raises Unreachable for no answer, Untrusted without TLS, Unauthorised and TooManyRequests
        by its status, TooLong for one of more than `most` bytes."""
        try:
            response = self._send(body, most is not None)
            bearer = self._session.auth
            if response.status_code == 401 and isinstance(bearer, Bearer):
                bearer.renew()
                response = self._send(body, most is not None)
            content = self._content(method, response, most)
        except SSLError as error:
            raise self._failed_tls(method, error) from None
        except RequestException as error:
            raise Unreachable(self._sentence(f"answer to {method}", _system_said(error))) from None
        if response.status_code in (401, 403):
            raise Unauthorised(
                f"RPC endpoint: found no leave to ask {method} at {self.origin} (HTTP "
                f"{response.status_code}), accepted are the node's credentials: a bearer token, a "
                "header or a certificate in the network's profile."
            )
        if response.status_code == 429:
            after = response.headers.get("Retry-After", "")
            when = f"in {after} seconds" if after.isdecimal() else "later"
            raise TooManyRequests(
                f"RPC endpoint: found too many requests at {self.origin} (HTTP 429 to {method}), "
                f"accepted are fewer: ask again {when}."
            )
        return _Reply(response.status_code, content)

    def _failed_tls(self, method: str, error: SSLError) -> DepositTokenError:
        told = _cause_of(error)
        if told is None:
            # Where TLS 1.3 asks in vain for a certificate, its alert is often lost so.
            why = "TLS was ended, as by nodes that ask for a certificate"
            return Unreachable(self._sentence(f"answer to {method}", why))
        return Untrusted(
            f"RPC endpoint: found no TLS with {self.origin} ({told}), accepted are certificates "
            "that both sides trust: `certificate` in the network's profile has this side's, and "
            "whom it trusts."
        )

    def _content(self, method: str, response: Response, most: int | None) -> bytes | bytearray:
        if most is None:
            return response.content
        found = bytearray()
        for part in response.iter_content(_PART):
            found += part
            if len(found) > most:
                response.close()
                told = f"more than {most} bytes"
                raise TooLong(self._sentence(f"short answer to {method}", told), told)
        return found

    def _send(self, body: str, in_parts: bool) -> Response:
        return self._session.post(
            self.endpoint_uri,
            data=body.encode(),
            timeout=_TIMEOUT,
            stream=in_parts,
            # It would turn the call into another, and take the credentials along.
            allow_redirects=False,
        )

    def _answer(self, method: str, reply: _Reply) -> dict[str, Any]:
        """The JSON-RPC answer, whatever status it came with."""
        try:
            # Python's own parser ends the process where lists are nested deeply enough.
            answer = from_json(reply.content, allow_inf_nan=False)
        except ValueError:
            answer = None
        well = reply.status == 200
        if isinstance(answer, dict) and (well or "error" in answer):
            return answer
        told = " ".join(reply.content[:_PART].decode(errors="replace").split())[:80]
        if well:
            raise BrokenAnswer(self._sentence(f"answer to {method}", repr(told)))
        told = f"HTTP {reply.status}: {told!r}"
        raise NodeError(self._sentence(f"answer to {method}", told), told)

    def _answers(self, method: str, reply: _Reply) -> dict[int, dict[str, Any]]:
        """The answers to a batch by their numbers; raises the error that stands for all of them."""
        try:
            answers = from_json(reply.content, allow_inf_nan=False)
        except ValueError:
            answers = None
        if isinstance(answers, list):
            objects = (each for each in answers if isinstance(each, dict))
            return {each["id"]: each for each in objects if isinstance(each.get("id"), int)}
        told = self._answer(method, reply).get("error")
        if told is None:
            raise BrokenAnswer(self._sentence("list of answers", f"{answers!r:.60}"))
        raise self._failure(method, told)

    def _failure(self, method: str, told: Any) -> DepositTokenError:
        error = told if isinstance(told, dict) else {"message": told}
        if method in ("eth_call", "eth_estimateGas"):
            refusal = refusal_in(error)
            if refusal is not None:
                return Reverted(method, refusal)
        words, code = str(error.get("message", error)), error.get("code")
        sentence = self._sentence(f"result of {method}", words)
        if code == _NO_SUCH_METHOD:
            return Unsupported(sentence)
        # Nodes have the same code for too many blocks, which fewer help.
        if code == _LIMIT_EXCEEDED and method != _LOGS:
            return TooManyRequests(sentence)
        return NodeError(sentence, words, code if isinstance(code, int) else None)

    def _sentence(self, missing: str, found: str) -> str:
        return (
            f"RPC endpoint: found no {missing} at {self.origin} ({found}), accepted is an Ethereum "
            "node's over HTTP."
        )


def _system_said(error: RequestException) -> str:
    """Why there was no answer, in the system's words, such as `Connection refused`; or else by the
    error's name, such as `ReadTimeout`."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


def _cause_of(error: SSLError) -> str | None:
    """Why TLS failed, in OpenSSL's words; None if the connection was only lost."""
    cause: Any = error
    while isinstance(cause, Exception) and not isinstance(cause, ssl.SSLError):
        cause = getattr(cause, "reason", None) or next(iter(cause.args), None)
    # Which of both a connection ends with depends on Python and OpenSSL.
    lost = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
    if not isinstance(cause, ssl.SSLError) or isinstance(cause, lost):
        return None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return str(cause.verify_message).rstrip(".")
    return cause.reason.replace("_", " ").lower() if cause.reason else str(cause)


class _WithoutPaths(logging.Filter):
    """Cuts the paths of endpoints, which may be credentials, out of what urllib3 logs."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        for path in sorted(self.paths, key=len, reverse=True):
            if path in told:
                told = told.replace(path, "/…")
                record.msg, record.args = told, ()
        return True


_WITHOUT_PATHS = _WithoutPaths()


def _hide_path(url: str) -> None:
    path = _path(url)
    if path != "/":
        _WITHOUT_PATHS.paths.add(path)
        logging.getLogger("urllib3.connectionpool").addFilter(_WITHOUT_PATHS)


def _path(url: str) -> str:
    """What a request names beside the host; raises RequestException or ValueError for what is no
    URL."""
    return Request("POST", url).prepare().path_url


def _require_http(url: str | None) -> str:
    """The address with what the environment has; raises InputError for what is no HTTP address,
    without what may be credentials in it.

    >>> _require_http("user:secret@node.example")
    Traceback (most recent call last):
    deposit_token.errors.InputError: RPC endpoint: found 'node.example', accepted is an address \
such as http://127.0.0.1:8545.
    """
    if url is None:
        raise InputError("RPC endpoint", url, "an address, by the profile's `url` or by its `at`")
    address = with_variables("RPC endpoint", url)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        usable = parts.scheme in ("http", "https") and re.fullmatch(r"[^\s\0]+", host)
        if parts.port == 0 or (":" not in host and not host.encode("idna")):
            usable = False
        _path(address)
    except (ValueError, RequestException):  # Of a port above 65535, or of a name that is none.
        usable = False
    if not usable:
        # The rest may hold credentials.
        found = re.sub(r"(?s)^([\w+.-]+://)?.*@", r"\1", address)
        found = re.split("(?<![:/])[/?#]", found)[0]
        raise InputError("RPC endpoint", found, "an address such as http://127.0.0.1:8545")
    return address


def origin(url: str) -> str:
    """Scheme, host and port of a URL: the rest may hold credentials.

    >>> origin("https://user:secret@node.example:8545/v3/key")
    'https://node.example:8545'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
