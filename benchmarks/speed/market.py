"""A chain on which many payers have signed payments that only wait to be authorized."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from eth_account import Account
from eth_account.signers.local import LocalAccount

from benchmarks.world import AMOUNT, START, World
from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import NetworkProfile
from deposit_token.devchain.keys import account
from deposit_token.protocol.payment import Payment
from deposit_token.protocol.settlement import Settlement
from deposit_token.protocol.signatures import sign
from deposit_token.protocol.structs import Domain
from deposit_token.values.enumerations import CustomerCategory
from tests.nodes import result, run_anvil

PAYERS = 40
BLOCK_GAS = 30_000_000_000
"""So much that a block's gas limits nobody."""
_AT_ONCE = 250
"""Payments that a process signs before it is given more."""


@dataclass(frozen=True)
class Authorization:
    """What an authorization needs."""

    payment: Payment
    payer_signature: bytes


@dataclass(frozen=True)
class Market:
    """A chain's state, and what is to be authorized there."""

    state: str
    escrow: str
    authorizations: list[Authorization]

    @classmethod
    def open(cls, number: int) -> Self:
        """Deploy everything, and let payers sign so many payments in one currency."""
        with _anvil() as url:
            world = World.build(Chain.connect(url))
            payers = _payers()
            addresses = [each.address for each in payers]
            world.rhein.register(CustomerCategory.RETAIL, "DE", *addresses)
            for sequence, each in enumerate(addresses, 1_000):
                world.rhein.mint(each, AMOUNT * -(-number // PAYERS), sequence)
            payments = [
                world.terms(f"S-{each}", world.eur, payers[each % PAYERS]) for each in range(number)
            ]
            signatures = sign_all(world.settlement, payments)
            found = list(map(Authorization, payments, signatures))
            return cls(result(url, "anvil_dumpState"), world.settlement.address, found)

    @contextmanager
    def chain(self) -> Iterator[Settlement]:
        """The escrow on a new chain that stands there, and makes a block every second."""
        with _anvil() as url:
            result(url, "anvil_loadState", self.state)
            result(url, "anvil_setBlockTimestampInterval", 1)
            result(url, "evm_setIntervalMining", 1)
            profile = NetworkProfile(url=url, finality="at once", poll_milliseconds=20)
            yield Settlement(Chain.connect(profile), self.escrow)


@contextmanager
def _anvil() -> Iterator[str]:
    with run_anvil("--timestamp", str(START), "--gas-limit", str(BLOCK_GAS)) as url:
        yield url


def sign_all(settlement: Settlement, payments: Sequence[Payment]) -> list[bytes]:
    """The payers' signatures of these, in one currency."""
    keys = {str(each.address): bytes(each.key) for each in _payers()}
    domains = (settlement.domain, settlement.token_domain(payments[0].source_token))
    given = [(keys[each.payer], each, *domains) for each in payments]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(_signed, given, chunksize=_AT_ONCE))


def _payers() -> list[LocalAccount]:
    return [account(f"payer {each}") for each in range(PAYERS)]


def _signed(given: tuple[bytes, Payment, Domain, Domain]) -> bytes:
    key, payment, escrow, token = given
    return sign(Account.from_key(key), payment.consent(escrow), token)
