"""A bank's new code waits for its upgrade delay, and no way leads to it past the manager.

That no key takes any step sooner is shown of every function in `tests/access/`.
"""

import pytest

from deposit_token.chain.coding import calldata
from deposit_token.deployment.powers import PROPOSER
from deposit_token.values.enumerations import Role
from tests.nodes import advance
from tests.refusals import reverts
from tests.scene import DAY, SALT, SET_UP, STRANGER, Bank, keys_of

DELAY = 2 * DAY
"""The bank's upgrade delay."""

IMPLEMENTATION_SLOT = int("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", 16)
"""Where a proxy keeps the address of its code (ERC-1967)."""

KEYS = {**keys_of("Rhein Bank"), "set-up": SET_UP, "stranger": STRANGER}


@pytest.fixture
def bank(local_chain, deployed):
    """Handed over."""
    return Bank(local_chain, deployed[1][0])


@pytest.mark.slow
@pytest.mark.parametrize("part", KEYS)
def test_no_key_reaches_the_code_past_the_manager(bank, part):
    """Neither code that tokens share has a token's storage, and no token is set up twice."""
    account = KEYS[part]
    implementation = bank.functions("DepositToken", bank.at.implementation)
    # By the ABI of all that answers at a token, of which the extension has no upgrade.
    extension = bank.functions("DepositToken", bank.at.extension)
    own = (bank.at.manager, bank.at.registry, bank.at.policy, 1)
    before = codes(bank)
    for call, error in (
        (bank.token.initialize("x", "x", b"EUR", 2, *own), "InvalidInitialization"),
        (implementation.initialize("x", "x", b"EUR", 2, *own), "InvalidInitialization"),
        (implementation.upgradeToAndCall(bank.at.policy, b""), "AccessManagedUnauthorized"),
        (extension.upgradeToAndCall(bank.at.policy, b""), "0x"),
        (extension.setRegistry(bank.at.registry), "AccessManagedUnauthorized"),
        (extension.setAuthority(account.address), "AccessManagedUnauthorized"),
    ):
        caller = {"caller": account.address} if error == "AccessManagedUnauthorized" else {}
        with reverts(error, **caller):
            bank.chain.send(account, call)
    assert codes(bank) == before


@pytest.fixture
def upgrade(bank):
    return bank.token.upgradeToAndCall(bank.at.implementation, b"")


def refuses_state(bank, batch):
    """The timelock refuses a batch, since it is not ready."""
    operation = bank.chain.call(bank.timelock.hashOperationBatch(*batch.arguments))
    ready = (1 << 2).to_bytes(32)
    return reverts("TimelockUnexpectedOperationState", operationId=operation, expectedStates=ready)


@pytest.mark.anvil("sets the clock")
def test_proposal_is_carried_out_by_anybody_when_the_delay_is_over(bank, upgrade):
    data = calldata(upgrade)
    sooner = bank.timelock.schedule(bank.first, 0, data, SALT, SALT, DELAY - 1)
    with reverts("TimelockInsufficientDelay", delay=DELAY - 1, minDelay=DELAY):
        bank.send("governor", sooner)

    ready = bank.propose(upgrade)
    scheduled = bank.chain.now()
    advance(bank.chain, scheduled + DELAY - 60)
    with refuses_state(bank, ready):
        bank.chain.send(STRANGER, ready)
    advance(bank.chain, scheduled + DELAY)
    assert bank.chain.send(STRANGER, ready)["status"] == 1


@pytest.mark.anvil("sets the clock")
@pytest.mark.parametrize("part", ["governor", "guardian"])
def test_proposal_is_cancelled_meanwhile(bank, upgrade, part):
    ready = bank.propose(upgrade)
    operation = bank.chain.call(bank.timelock.hashOperationBatch(*ready.arguments))
    bank.send(part, bank.timelock.cancel(operation))
    advance(bank.chain, bank.chain.now() + DELAY)
    with refuses_state(bank, ready):
        bank.chain.send(STRANGER, ready)


def test_governor_that_the_guardian_took_away_proposes_nothing(bank):
    governor = KEYS["governor"].address
    bank.send("guardian", bank.keeper.revokeProposer(governor))
    with reverts("AccessControlUnauthorizedAccount", account=governor, neededRole=PROPOSER):
        bank.propose(bank.token.setSupplyCap(1))


def codes(bank: Bank) -> list[object]:
    """What decides which code answers at the bank's token, and who may change it."""
    ask, at = bank.chain.call, bank.at
    members = [key for _, key in at.config.keys.everybody()]
    places = (bank.first, at.implementation, at.extension, at.manager, at.timelock)
    views = ("authority", "EXTENSION", "registry", "policy")
    return [
        *(bank.chain.web3.eth.get_code(place) for place in places),
        bank.chain.web3.eth.get_storage_at(bank.first, IMPLEMENTATION_SLOT),
        *(ask(bank.token[view]()) for view in views),
        *(ask(bank.manager.hasRole(Role.ADMIN, each)) for each in (at.timelock, *members)),
        *(ask(bank.timelock.hasRole(PROPOSER, member)) for member in members),
        ask(bank.timelock.getMinDelay()),
    ]
