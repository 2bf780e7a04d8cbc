"""Two chains behind one small interface: anvil, a real node, and pyrevm, which runs in process.

Both mine each transaction in a block of its own, at a timestamp that the caller sets.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import requests
from pyrevm import EVM, BlockEnv, CfgEnv, Env

from deposit_token.devchain.anvil import HARDFORK

CHAIN_ID = 31337
GAS = 10_000_000
ANVIL_OPTIONS = ("--auto-impersonate", "--base-fee", "0", "--timestamp", "1")


class Log(NamedTuple):
    address: str
    topics: Sequence[bytes]
    data: bytes


class Receipt(NamedTuple):
    """What came of a transaction."""

    logs: list[Log]
    refusal: bytes | None
    """The revert's data, or None if it succeeded."""


class Backend(Protocol):
    def deploy(self, sender: str, code: bytes) -> tuple[str, list[Log]]:
        """The address of a new contract, and what it said when it was made."""

    def send(self, sender: str, to: str, data: bytes, timestamp: int) -> Receipt:
        """Mines a transaction at `timestamp`, Unix seconds, later than any before."""

    def call(self, to: str, data: bytes) -> bytes:
        """What a view answers, as of the last block."""

    def keep(self) -> None:
        """Makes the present state the one that `restart` goes back to."""

    def restart(self) -> None:
        """Forgets what has happened since `keep`."""


class Pyrevm:
    """An Ethereum Virtual Machine in this process."""

    def __init__(self) -> None:
        self._evm = EVM(env=Env(cfg=CfgEnv(chain_id=CHAIN_ID)), spec_id=HARDFORK.upper())
        self._block = 0
        self._set_time(1)

    def deploy(self, sender: str, code: bytes) -> tuple[str, list[Log]]:
        return str(self._evm.deploy(sender, code)), self._logs()

    def send(self, sender: str, to: str, data: bytes, timestamp: int) -> Receipt:
        self._set_time(timestamp)
        # It does not end by itself with a transaction.
        self._evm.reset_transient_storage()
        try:
            self._evm.message_call(sender, to, data, gas=GAS)
        except RuntimeError as error:
            return Receipt([], revert_data(error))
        return Receipt(self._logs(), None)

    def call(self, to: str, data: bytes) -> bytes:
        return bytes(self._evm.message_call(_READER, to, data, is_static=True))

    def keep(self) -> None:
        self._kept = self._evm.snapshot()

    def restart(self) -> None:
        self._evm.revert(self._kept)
        self.keep()

    def _logs(self) -> list[Log]:
        """Of the last transaction."""
        return [Log(log.address, log.data[0], log.data[1]) for log in self._evm.result.logs]

    def _set_time(self, timestamp: int) -> None:
        self._block += 1
        self._evm.set_block_env(BlockEnv(number=self._block, timestamp=timestamp))


class Anvil:
    """A fresh node at a URL, started with `ANVIL_OPTIONS`: it lets us send for any account, without
    a fee, and its clock stands before all histories."""

    def __init__(self, url: str) -> None:
        self._url, self._session = url, requests.Session()

    def deploy(self, sender: str, code: bytes) -> tuple[str, list[Log]]:
        receipt = self._mine({"from": sender, "data": _hex(code)})
        return str(receipt["contractAddress"]), _logs_of(receipt)

    def send(self, sender: str, to: str, data: bytes, timestamp: int) -> Receipt:
        self._ask("evm_setNextBlockTimestamp", timestamp)
        receipt = self._mine({"from": sender, "to": to, "data": _hex(data)})
        if receipt["status"] == "0x0":
            trace = self._ask(
                "debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"}
            )
            return Receipt([], _bytes(trace.get("output", "0x")))
        return Receipt(_logs_of(receipt), None)

    def call(self, to: str, data: bytes) -> bytes:
        request = {"from": _READER, "to": to, "data": _hex(data), "gas": hex(30_000_000)}
        return _bytes(self._ask("eth_call", request, "latest"))

    def keep(self) -> None:
        self._kept = self._ask("evm_snapshot")

    def restart(self) -> None:
        assert self._ask("evm_revert", self._kept)
        self.keep()

    def _mine(self, transaction: dict[str, str]) -> dict[str, Any]:
        # With a given limit of gas nothing is estimated: what reverts is mined all the same.
        hash = self._ask("eth_sendTransaction", transaction | {"gas": hex(GAS), "gasPrice": "0x0"})
        # It may come a moment after the transaction was accepted.
        while not (receipt := self._ask("eth_getTransactionReceipt", hash)):
            pass
        return receipt

    def _ask(self, method: str, *params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._session.post(self._url, json=request, timeout=60).json()
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]


_READER = "0x" + "ee" * 20
"""Who asks for views."""


def revert_data(error: RuntimeError) -> bytes:
    """pyrevm gives a revert's data only in the exception's text."""
    reverted = re.fullmatch(r"Revert \{ gas_used: \d+, output: 0x([0-9a-f]*) \}", str(error))
    if reverted is None:
        raise error
    return bytes.fromhex(reverted[1])


def _logs_of(receipt: dict[str, Any]) -> list[Log]:
    return [
        Log(log["address"], [_bytes(topic) for topic in log["topics"]], _bytes(log["data"]))
        for log in receipt["logs"]
    ]


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _bytes(hex: str) -> bytes:
    return bytes.fromhex(hex.removeprefix("0x"))
