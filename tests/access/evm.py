"""An Ethereum Virtual Machine in this process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env

from deposit_token.devchain.anvil import HARDFORK
from tests.model.backends import Log, revert_data

GAS = 30_000_000


class Refused(Exception):
    """A call reverted."""

    def __init__(self, error: RuntimeError) -> None:
        self._error = error

    @property
    def data(self) -> bytes:
        """What it gave as its reason; read only if somebody asks, as most are not."""
        return revert_data(self._error)


class Evm:
    """A chain on which every call is a transaction of its own, by whomever the caller names."""

    def __init__(self, chain_id: int, genesis: Mapping[str, bytes]) -> None:
        """`genesis` is the code of contracts that the chain begins with, by their addresses."""
        self._evm = EVM(env=Env(cfg=CfgEnv(chain_id=chain_id)), spec_id=HARDFORK.upper())
        for address, code in genesis.items():
            self._evm.insert_account_info(address, AccountInfo(code=code))
        self.now = 1

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


_READER = "0x" + "ee" * 20
"""Who asks for views, and deploys."""
