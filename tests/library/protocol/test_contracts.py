"""An address at which something else stands is refused, by what stands there."""

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.errors import NoContract
from deposit_token.protocol.reconciliation import escrow_positions, supply_position
from deposit_token.protocol.redemption import Redemptions
from deposit_token.protocol.settlement import Settlement
from deposit_token.protocol.structs import Domain
from tests.nodes import Proxy, mined_after, served, url_of
from tests.refusals import says
from tests.scene import DEALER


def sentence(chain, wanted, found, address):
    return (
        f"{wanted}: found {found} at {address}, accepted is the address of one on chain "
        f"{chain.chain_id}."
    )


AS_TOKEN = {
    "redemptions": lambda w, at: Redemptions(w.chain, at),
    "domain": lambda w, at: Domain.token(w.chain, at),
    "domain of a settlement": lambda w, at: w.settlement.token_domain(at),
    "supply": lambda w, at: supply_position(w.chain, at),
    "positions": lambda w, at: escrow_positions(w.chain, w.escrow, [w.eur, at]),
    "inventory": lambda w, at: w.settlement.inventory(DEALER.address, at),
    "claimable": lambda w, at: w.settlement.claimable(at, DEALER.address),
    "deposit": lambda w, at: w.settlement.deposit(DEALER, at, 1),
}


@pytest.mark.parametrize("use", AS_TOKEN.values(), ids=AS_TOKEN)
def test_what_is_no_token_is_named(world, use):
    block = world.chain.web3.eth.block_number
    named = "one that calls itself 'SettlementEscrow'"
    for at, found in ((world.escrow, named), (world.bank.registry, "a contract without a name")):
        with says(NoContract, sentence(world.chain, "DepositToken", found, at)):
            use(world, at)
    assert mined_after(world.chain, block) == []


AS_ESCROW = {
    "settlement": lambda w, at: Settlement(w.chain, at),
    "positions": lambda w, at: escrow_positions(w.chain, at, [w.eur]),
}


@pytest.mark.parametrize("use", AS_ESCROW.values(), ids=AS_ESCROW)
def test_what_is_no_escrow_is_named(world, use):
    for at, found in (
        (world.eur, "one that calls itself 'Rhein Euro'"),
        (world.bank.registry, "a contract without a name"),
    ):
        with says(NoContract, sentence(world.chain, "SettlementEscrow", found, at)):
            use(world, at)


def test_contract_that_answers_anything_with_nothing_is_named(world):
    proxy = Proxy(url_of(world.chain))
    proxy.answers["eth_call"] = lambda _ask: {"result": "0x"}
    with served(proxy) as url:
        chain = Chain.connect(url)
        found = sentence(chain, "DepositToken", "a contract without a name", world.eur)
        with says(NoContract, found):
            Redemptions(chain, world.eur)
