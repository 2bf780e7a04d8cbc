"""The state of a node's contracts, in an Ethereum Virtual Machine of this process."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from model.backends import GAS, Log, revert_data
from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env


class Refused(Exception):
    """A call reverted."""

    def __init__(self, error: RuntimeError) -> None:
        self._error = error

    @property
    def data(self) -> bytes:
        """What it gave as its reason; read only if somebody asks, as most are not."""
        return revert_data(self._error)


class Evm:
    """Every call is a transaction of its own, by whomever the caller names."""

    def __init__(self, chain_id: int, dump: str, now: int) -> None:
        """`dump` is what anvil answers to `anvil_dumpState`."""
        self._evm = EVM(env=Env(cfg=CfgEnv(chain_id=chain_id)), spec_id="PRAGUE")
        self.now = now
        accounts = json.loads(gzip.decompress(bytes.fromhex(dump.removeprefix("0x"))))["accounts"]
        for address, account in accounts.items():
            self._insert(address, account)

    @property
    def now(self) -> int:
        """Unix seconds."""
        return self._now

    @now.setter
    def now(self, timestamp: int) -> None:
        self._now = timestamp
        self._evm.set_block_env(BlockEnv(number=1, timestamp=timestamp))

    def deploy(self, code: bytes) -> str:
        """The address of a new contract."""
        return str(self._evm.deploy(_READER, code))

    def send(self, sender: str, to: str, data: bytes) -> list[Log]:
        """The events of a transaction; raises Refused."""
        # It does not end by itself with a transaction.
        self._evm.reset_transient_storage()
        try:
            self._evm.message_call(sender, to, data, gas=GAS)
        except RuntimeError as error:
            if not str(error).startswith("Revert"):
                raise
            raise Refused(error) from None
        return [Log(log.address.lower(), log.data[0], log.data[1]) for log in self._evm.result.logs]

    def view(self, to: str, data: bytes) -> bytes:
        return bytes(self._evm.message_call(_READER, to, data, gas=GAS, is_static=True))

    def word(self, address: str, slot: int) -> int:
        """What a contract has in its storage."""
        return int(self._evm.storage(address, slot))

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Forgets afterwards what happens meanwhile, time included."""
        snapshot, now = self._evm.snapshot(), self.now
        try:
            yield
        finally:
            self._evm.revert(snapshot)
            if self.now != now:
                self.now = now

    def _insert(self, address: str, account: dict[str, Any]) -> None:
        code = bytes.fromhex(account["code"].removeprefix("0x"))
        info = AccountInfo(balance=int(account["balance"], 16), nonce=account["nonce"], code=code)
        self._evm.insert_account_info(address, info)
        for slot, value in account["storage"].items():
            self._evm.insert_account_storage(address, int(slot, 16), int(value, 16))


_READER = "0x" + "ee" * 20
"""Who asks for views, and deploys."""
