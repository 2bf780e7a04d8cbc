"""What tests ask of nodes beside the library."""

from typing import Any, cast

import requests
from hexbytes import HexBytes
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from deposit_token.chain.chain import Chain

Answer = dict[str, Any]
"""The result or the error of a call."""

_SESSION = requests.Session()
"""Keeps connections open, as geth is asked seven times to make one block."""


def ask(url: str, method: str, *parameters: object, **headers: str) -> Answer:
    """What a node answers."""
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    answer = _SESSION.post(url, json=call, headers=headers, timeout=60).json()
    return {key: answer[key] for key in ("result", "error") if key in answer}


def result(url: str, method: str, *parameters: object, **headers: str) -> Any:
    """What a node answers to a method, which it must not refuse."""
    answer = ask(url, method, *parameters, **headers)
    assert "error" not in answer, answer
    return answer["result"]


def rpc(chain: Chain, method: str, *parameters: object) -> Any:
    """What a chain's node answers to a method, which it must not refuse."""
    answer = chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


def mined_after(chain: Chain, block: int) -> list[HexBytes]:
    """The hashes of the transactions in the blocks after this one; geth mines some without any."""
    eth = chain.web3.eth
    numbers = range(block + 1, eth.block_number + 1)
    blocks = [eth.get_block(number) for number in numbers]
    return [HexBytes(sent) for each in blocks for sent in each["transactions"]]


def url_of(chain: Chain) -> str:
    """Where a chain is reached."""
    return str(cast(HTTPProvider, chain.web3.provider).endpoint_uri)


def again(chain: Chain) -> Chain:
    """The same chain, once something was undone there: one keeps the nonces of those who send."""
    return Chain(chain.web3, chain.chain_id, chain.genesis_hash, chain.profile)
