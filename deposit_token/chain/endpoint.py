"""A node's JSON-RPC over HTTP, its failures in this library's terms."""

import re
from typing import Any
from urllib.parse import urlsplit

from requests import RequestException
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from deposit_token.chain.refusals import ContractError, Reverted
from deposit_token.errors import BrokenAnswer, InputError, NodeError, Unreachable

_REVERT_DATA = re.compile(r"(?:Reverted )?0x((?:[0-9a-f]{2})*)", re.IGNORECASE)

_ERRORS_READ = (
    "eth_call",
    "eth_estimateGas",
    "eth_sendRawTransaction",
    "eth_maxPriorityFeePerGas",
    "evm_",
    "anvil_",
)
"""How the methods start whose callers look at a node's error themselves."""


class Endpoint(HTTPProvider):
    """JSON-RPC over HTTP in this library's terms.

    Raises Unreachable for no answer, Reverted for a contract's refusal, and NodeError for an error
    in place of an answer, but for `_ERRORS_READ`. Nothing is repeated by itself: a transaction
    whose answer was lost may have been accepted. What a contract reverts with is kept from web3,
    which fails on some of it and follows links in it.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, exception_retry_configuration=None)
        self._origin = origin(url)

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            response = super().make_request(method, params)
            if not isinstance(response, dict):
                raise TypeError
        except (RequestException, TypeError, ValueError) as error:
            raise Unreachable(
                f"RPC endpoint: found no answer to {method} at {self._origin} "
                f"({type(error).__name__}), accepted is an Ethereum node's over HTTP."
            ) from None
        told = response.get("error")
        if method in ("eth_call", "eth_estimateGas") and isinstance(told, dict):
            # Data is `0x` and hex in most nodes, `Reverted 0x` and hex in some.
            data = _REVERT_DATA.fullmatch(str(told.get("data")))
            if data is not None:
                raise Reverted(method, ContractError.decode(bytes.fromhex(data[1])))
        if (told is not None or "result" not in response) and not method.startswith(_ERRORS_READ):
            found = told.get("message", told) if isinstance(told, dict) else response
            raise (BrokenAnswer if told is None else NodeError)(
                f"RPC endpoint: found no result of {method} at {self._origin} ({found}), accepted "
                "is an Ethereum node's over HTTP."
            )
        return response


def require_http(url: str) -> None:
    """Raises InputError for what is no HTTP address, without what may be credentials in it.

    >>> require_http("user:secret@node.example")
    Traceback (most recent call last):
    deposit_token.errors.InputError: RPC endpoint: found 'node.example', accepted is an address \
such as http://127.0.0.1:8545.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        found = url.rpartition("@")[2]  # The rest may hold credentials.
        raise InputError("RPC endpoint", found, "an address such as http://127.0.0.1:8545")


def origin(url: str) -> str:
    """Scheme, host and port of a URL: the rest may hold credentials.

    >>> origin("https://user:secret@node.example:8545/v3/key")
    'https://node.example:8545'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
