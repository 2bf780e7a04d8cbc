"""No key of a bank reaches new code faster than its upgrade delay, by any path."""

from collections.abc import Iterator

import pytest
from web3.contract.contract import ContractFunction

from deposit_token.chain import Chain, Reverted, calldata
from deposit_token.deployment import BankDeployment, Deployer
from deposit_token.roles import Role

DELAY = 2 * 86_400
"""The upgrade delay of `euro_bank`."""


@pytest.fixture(scope="module")
def bank(anvil_url, funded, euro_bank) -> BankDeployment:
    """The bank, handed over; `funded[1]` is its governor, `funded[0]` was the set-up key."""
    deployer = Deployer(Chain.connect(anvil_url), funded[0])
    bank = deployer.deploy_bank(euro_bank)
    escrow = deployer.deploy_escrow()
    deployer.configure_bank(bank, escrow)
    deployer.hand_over(bank, escrow)
    return bank


def steps(chain: Chain, bank: BankDeployment, key: str) -> Iterator[ContractFunction]:
    """Every act that changes code, or who decides about it, or how long that takes."""
    manager = chain.contract("AccessManager", bank.manager).functions
    token_address = bank.tokens["EUR"]
    token = chain.contract("DepositToken", token_address).functions
    upgrade = token.upgradeToAndCall(bank.implementation, b"")
    yield upgrade
    yield token.setAuthority(key)
    yield token.setRegistry(bank.registry)
    yield token.setPolicy(bank.policy)
    yield manager.execute(token_address, calldata(upgrade))
    yield manager.updateAuthority(token_address, key)
    yield manager.grantRole(Role.ADMIN, key, 0)
    yield manager.setRoleAdmin(Role.GUARDIAN, Role.COMPLIANCE)
    yield manager.setRoleGuardian(Role.GUARDIAN, Role.COMPLIANCE)
    yield manager.setGrantDelay(Role.GUARDIAN, 0)
    yield manager.setTargetAdminDelay(token_address, 0)
    yield manager.setTargetFunctionRole(token_address, [bytes.fromhex("4f1ef286")], Role.COMPLIANCE)
    yield manager.setTargetClosed(token_address, True)


@pytest.mark.parametrize("index", [*range(10)])
def test_no_key_takes_a_step_at_once(local_chain, bank, funded, index):
    account = funded[index]
    tried = 0
    for step in steps(local_chain, bank, account.address):
        with pytest.raises(Reverted) as refusal:
            local_chain.send(account, step)
        assert refusal.value.error in {
            "AccessManagedUnauthorized",
            "AccessManagerUnauthorizedAccount",
            "AccessManagerUnauthorizedCall",
            "AccessManagerNotScheduled",
        }, step.fn_name
        tried += 1
    assert tried == 13


def test_governor_takes_a_step_when_the_delay_is_over(local_chain, bank, funded):
    governor = funded[1]
    manager = local_chain.contract("AccessManager", bank.manager).functions
    # Left out is what would shut the others out; setAuthority is the manager's alone to call.
    scheduled = [
        step
        for step in steps(local_chain, bank, governor.address)
        if step.fn_name not in ("setAuthority", "execute", "setTargetClosed", "updateAuthority")
    ]
    for step in scheduled:
        soon = local_chain.now() + DELAY - 60
        sooner = manager.schedule(step.address, calldata(step), soon)
        with pytest.raises(Reverted) as refusal:
            local_chain.send(governor, sooner)
        assert refusal.value.error == "AccessManagerUnauthorizedCall"
        local_chain.send(governor, manager.schedule(step.address, calldata(step), 0))
    first_ready = local_chain.now() + DELAY - len(scheduled) - 1

    advance(local_chain, first_ready - 60)
    for step in scheduled:
        with pytest.raises(Reverted) as refusal:
            local_chain.send(governor, step)
        assert refusal.value.error == "AccessManagerNotReady", step.fn_name
    advance(local_chain, first_ready + 60)
    for step in scheduled:
        assert local_chain.send(governor, step)["status"] == 1, step.fn_name


def test_other_keys_can_schedule_nothing(local_chain, bank, funded):
    manager = local_chain.contract("AccessManager", bank.manager).functions
    for account in [funded[0], *funded[2:10]]:
        for step in steps(local_chain, bank, account.address):
            with pytest.raises(Reverted) as refusal:
                local_chain.send(account, manager.schedule(step.address, calldata(step), 0))
            assert refusal.value.error == "AccessManagerUnauthorizedCall", step.fn_name


def advance(chain: Chain, moment: int) -> None:
    chain.web3.provider.make_request("evm_setNextBlockTimestamp", [moment])
    chain.web3.provider.make_request("evm_mine", [])
