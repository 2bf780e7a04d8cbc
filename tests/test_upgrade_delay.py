"""No key of a bank reaches new code faster than its upgrade delay, by any path."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_typing import ABIComponent
from web3.contract import Contract
from web3.contract.contract import ContractFunction

from deposit_token.chain import Chain, calldata
from deposit_token.deployment import BankDeployment, Deployer
from deposit_token.refusals import Reverted
from deposit_token.roles import FUNCTIONS, Role

DELAY = 2 * 86_400
"""The upgrade delay of `euro_bank`."""

FAR = 2**39
IMPLEMENTATION_SLOT = int("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", 16)
"""Where a proxy keeps the address of its code (ERC-1967)."""


@pytest.fixture(scope="module")
def escrow(anvil_url, funded) -> str:
    return Deployer(Chain.connect(anvil_url), funded[0]).deploy_escrow()


@pytest.fixture(scope="module")
def bank(anvil_url, funded, euro_bank, escrow) -> BankDeployment:
    """The bank, handed over; `funded[1]` is its governor, `funded[0]` was the set-up key."""
    deployer = Deployer(Chain.connect(anvil_url), funded[0])
    bank = deployer.deploy_bank(euro_bank)
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


@pytest.mark.parametrize("index", [*range(10)])
def test_no_key_reaches_the_code_past_the_manager(local_chain, bank, funded, index):
    """Neither code that tokens share has a token's storage, and no token is set up twice."""
    account = funded[index]
    token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
    implementation = local_chain.contract("DepositToken", bank.implementation).functions
    # By the ABI of all that answers at a token, of which the back office has no upgrade.
    back_office = local_chain.contract("DepositToken", bank.back_office).functions
    own = (account.address, bank.registry, bank.policy, 1)
    before = codes(local_chain, bank)
    for call, error in (
        (token.initialize("x", "x", b"EUR", 2, *own), "InvalidInitialization"),
        (implementation.initialize("x", "x", b"EUR", 2, *own), "InvalidInitialization"),
        (implementation.upgradeToAndCall(bank.policy, b""), "AccessManagedUnauthorized"),
        (back_office.upgradeToAndCall(bank.policy, b""), "0x"),
        (back_office.setRegistry(bank.registry), "AccessManagedUnauthorized"),
        (back_office.setAuthority(account.address), "AccessManagedUnauthorized"),
    ):
        with pytest.raises(Reverted) as refusal:
            local_chain.send(account, call)
        assert refusal.value.error == error, call.fn_name
    assert codes(local_chain, bank) == before


def test_no_function_of_a_role_changes_code(local_chain, bank, escrow, funded):
    """All of them, the escrow's two as well, each called by the key of its role."""
    keys = {
        Role.REGISTRAR: funded[2],
        Role.COMPLIANCE: funded[3],
        Role.POLICY_OFFICER: funded[4],
        Role.TREASURER: funded[5],
        Role.GUARDIAN: funded[6],
        Role.CASHIER: funded[9],
    }
    places = {
        "AllowlistRegistry": bank.registry,
        "CorridorPolicy": bank.policy,
        "DepositToken": bank.tokens["EUR"],
        "SettlementEscrow": escrow,
    }
    holder = funded[20]
    registry = local_chain.contract("AllowlistRegistry", bank.registry).functions
    local_chain.send(funded[2], registry.register(holder.address, 0, 276, FAR, 1))
    token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
    local_chain.send(funded[8], token.mint(holder.address, 5_00, 7001 << 64 | 1))
    local_chain.send(holder, token.requestRedemption(1, bytes(32)))
    before = codes(local_chain, bank)
    refused = {}
    for contract, functions in FUNCTIONS.items():
        found = local_chain.contract(contract, places[contract])
        for name, role in functions.items():
            arguments = [
                places["DepositToken"]
                if each["name"] == "token"
                else value_of(each, holder.address)
                for each in inputs(found, name)
            ]
            try:
                local_chain.send(keys[role], found.functions[name](*arguments))
            except Reverted as refusal:
                refused[name] = refusal.error
            assert codes(local_chain, bank) == before, name
    # The rest went through; these values mean nothing to the contract, but the key may call it.
    assert refused == {
        "register": "AlreadyRegistered",
        "registerBatch": "InvalidParticipant",
        "forcedTransfer": "ERC7943CannotReceive",
        "unpause": "PauseUnchanged",
        "stopSystemAccount": "NotSystemAccount",
        "divertClaim": "NotSuccessor",
        "divertInventory": "NoInventory",
    }


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


def codes(chain: Chain, bank: BankDeployment) -> list[object]:
    """What decides which code answers at the bank's token, and who may change it."""
    token = bank.tokens["EUR"]
    functions = chain.contract("DepositToken", token).functions
    manager = chain.contract("AccessManager", bank.manager).functions
    members = bank.config.keys.model_dump().values()
    places = (token, bank.implementation, bank.back_office, bank.manager)
    return [
        *(chain.web3.eth.get_code(place) for place in places),
        chain.web3.eth.get_storage_at(token, IMPLEMENTATION_SLOT),
        *(chain.call(view()) for view in (functions.authority, functions.BACK_OFFICE)),
        *(chain.call(view()) for view in (functions.registry, functions.policy)),
        *(chain.call(manager.hasRole(Role.ADMIN, member)) for member in members),
    ]


def inputs(contract: Contract, name: str) -> list[ABIComponent]:
    """The parameters of a function that has one form."""
    (found,) = (item for item in contract.abi if item.get("name") == name)
    return list(found["inputs"])


def value_of(parameter: ABIComponent, address: str) -> Any:
    """A small value of a parameter's type, addresses all the same one."""
    type_ = parameter["type"]
    if type_.endswith("[]"):
        return [value_of({**parameter, "type": type_.removesuffix("[]")}, address)]
    if type_ == "tuple":
        return tuple(value_of(each, address) for each in parameter["components"])
    if type_.startswith("bytes"):
        return b"AC04".ljust(int(type_.removeprefix("bytes")), b"\0")
    return {"address": address, "bool": False, "uint40": FAR}.get(type_, 1)


def advance(chain: Chain, moment: int) -> None:
    chain.web3.provider.make_request("evm_setNextBlockTimestamp", [moment])
    chain.web3.provider.make_request("evm_mine", [])
