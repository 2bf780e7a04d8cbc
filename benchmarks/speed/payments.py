"""A chain on which many payments were authorized and captured, made as fast as anvil executes them.

Their payer is a contract that agrees to whatever is asked, so that nobody has to sign; the acts are
copies of one, of which the words differ that make a payment another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Self

from benchmarks.world import PAYER, START, World
from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.protocol import acts
from deposit_token.protocol.payment import NO_APPROVAL
from deposit_token.values.fields import WORD
from deposit_token.values.money import Currency, Money
from tests.nodes import result, rpc, run_anvil
from tests.scene import OPERATOR

AMOUNT = 1_00
"""What each payment moves, in minor units."""
PAYMENTS_A_BATCH = 25
"""Each with its authorization and its capture."""
_BATCHES_A_BLOCK = 40
_GAS = 2**24
_BLOCK_GAS = 30_000_000_000
"""So much that a block's gas limits nobody."""

_MINED_AT_ONCE = 10_000
_HARDFORK = "cancun"
"""From Prague on each block writes to the state (EIP-2935), which anvil copies for each block."""

_AGREES = bytes.fromhex("631626ba7e60e01b60005260206000f3")
"""A contract that answers whatever it is asked with ERC-1271's magic value."""


class PaidChain(World):
    """The world on a chain of its own, with as many captured payments as were asked for."""

    @classmethod
    @contextmanager
    def run(cls, empty: int = 0) -> Iterator[Self]:
        """A new chain of so many empty blocks, without any payments but the world's own."""
        options = (
            "--timestamp",
            str(START - 2 * empty),
            "--gas-limit",
            str(_BLOCK_GAS),
            "--prune-history",
        )
        with run_anvil(*options, hardfork=_HARDFORK) as url:
            # Else it prints six lines for each block.
            result(url, "anvil_setLoggingEnabled", False)
            # Before anything stands there, which anvil would copy for each.
            for _ in range(0, empty, _MINED_AT_ONCE):
                result(url, "anvil_mine", hex(_MINED_AT_ONCE))
            result(url, "evm_setNextBlockTimestamp", START)
            result(url, "evm_mine")
            world = cls.build(Chain.connect(url))
            rpc(world.chain, "anvil_setCode", PAYER.address, f"0x{_AGREES.hex()}")
            rpc(world.chain, "anvil_impersonateAccount", OPERATOR.address)
            yield world

    def pay(self, first: int, number: int) -> None:
        """Authorize and capture payments of these numbers, in full batches."""
        self.rhein.mint(PAYER.address, number * AMOUNT, 1_000_000 + first)
        template, places = self._template()
        rpc(self.chain, "evm_setAutomine", False)
        for batch in range(first, first + number, PAYMENTS_A_BATCH):
            data = bytearray(template)
            for payment in range(PAYMENTS_A_BATCH):
                for at in places[2 * payment : 2 * payment + 2]:
                    data[at : at + WORD] = (batch + payment + 1).to_bytes(WORD)
            sent = {"from": OPERATOR.address, "to": self.settlement.address, "gas": hex(_GAS)}
            rpc(self.chain, "eth_sendTransaction", {**sent, "data": f"0x{data.hex()}"})
            if (batch // PAYMENTS_A_BATCH) % _BATCHES_A_BLOCK == _BATCHES_A_BLOCK - 1:
                rpc(self.chain, "evm_mine")
        rpc(self.chain, "evm_mine")
        rpc(self.chain, "evm_setAutomine", True)

    def _template(self) -> tuple[bytes, list[int]]:
        """The data of a batch, and where in it the word is that makes each payment another: in its
        authorization, and in its capture."""
        mark = bytes.fromhex("a5" * WORD)
        price = Money(AMOUNT, Currency.of("EUR"))
        payment = self.payment("template", PAYER.address, price, price, self.chain.now())
        payment = replace(payment, remittance_hash=mark)
        pair = [acts.authorize(payment, b"", b"", NO_APPROVAL), acts.capture(payment, 0, AMOUNT)]
        encoded = [bytes.fromhex(calldata(self._function(each))[2:]) for each in pair]
        encoded *= PAYMENTS_A_BATCH
        data = bytes.fromhex(calldata(self.escrow.functions.batch(encoded))[2:])
        places = []
        at = data.find(mark)
        while at >= 0:
            places.append(at)
            at = data.find(mark, at + WORD)
        return data, places
