"""No key of a bank reaches new code faster than its upgrade delay, by any path."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_typing import ABIComponent
from web3.contract import Contract
from web3.contract.contract import ContractFunction

from deposit_token.bank_powers import CANCELLER, DEFAULT_ADMIN, EXECUTOR, PROPOSER
from deposit_token.chain import calldata
from deposit_token.participants import CustomerCategory
from deposit_token.refusals import Reverted
from deposit_token.roles import FUNCTIONS, Role
from tests.nodes import advance
from tests.refusals import reverts
from tests.scene import DAY, FAR, SALT, SET_UP, STRANGER, Bank, keys_of

DELAY = 2 * DAY
"""The bank's upgrade delay."""

IMPLEMENTATION_SLOT = int("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", 16)
"""Where a proxy keeps the address of its code (ERC-1967)."""

KEYS = {**keys_of("Rhein Bank"), "set-up": SET_UP, "stranger": STRANGER}


@pytest.fixture
def bank(local_chain, deployed):
    """Handed over."""
    return Bank(local_chain, deployed[1][0])


def steps(bank: Bank, key: str) -> Iterator[ContractFunction]:
    """Every act that changes code, or who decides about it, or how long that takes."""
    manager, timelock, token = bank.manager, bank.timelock, bank.token
    recovery = bank.functions("RecoveryTimelock", bank.at.recovery)
    upgrade = token.upgradeToAndCall(bank.at.implementation, b"")
    yield upgrade
    yield token.setAuthority(key)
    yield token.setRegistry(bank.at.registry)
    yield token.setPolicy(bank.at.policy)
    yield manager.execute(bank.first, calldata(upgrade))
    yield manager.updateAuthority(bank.first, key)
    yield manager.grantRole(Role.ADMIN, key, 0)
    yield manager.grantRole(Role.REGISTRAR, key, 0)
    yield manager.revokeRole(Role.ADMIN, bank.at.timelock)
    yield manager.setRoleAdmin(Role.GUARDIAN, Role.COMPLIANCE)
    yield manager.setRoleGuardian(Role.GUARDIAN, Role.COMPLIANCE)
    yield manager.setGrantDelay(Role.GUARDIAN, 0)
    yield manager.setTargetAdminDelay(bank.first, 0)
    yield manager.setTargetFunctionRole(bank.first, [bytes.fromhex("4f1ef286")], Role.COMPLIANCE)
    yield manager.setTargetClosed(bank.first, True)
    yield bank.keeper.grant(Role.REGISTRAR, key)
    yield timelock.updateDelay(0)
    yield timelock.execute(bank.first, 0, calldata(upgrade), SALT, SALT)
    for role in (DEFAULT_ADMIN, PROPOSER, CANCELLER, EXECUTOR):
        yield timelock.grantRole(role, key)
        yield recovery.grantRole(role, key)
    yield timelock.revokeRole(DEFAULT_ADMIN, bank.at.recovery)
    yield recovery.updateDelay(0)
    yield recovery.execute(bank.at.timelock, 0, calldata(timelock.updateDelay(0)), SALT, SALT)


@pytest.mark.parametrize("part", KEYS)
def test_no_key_takes_a_step_at_once(bank, part):
    account = KEYS[part]
    tried = 0
    for step in steps(bank, account.address):
        with pytest.raises(Reverted) as refusal:
            bank.chain.send(account, step)
        assert refusal.value.error in {
            "AccessManagedUnauthorized",
            "AccessManagerUnauthorizedAccount",
            "AccessManagerUnauthorizedCall",
            "AccessControlUnauthorizedAccount",
            "TimelockUnauthorizedCaller",
            "TimelockUnexpectedOperationState",
            "DelayFollowsBank",
        }, step.fn_name
        tried += 1
    assert tried == 29


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


def test_no_function_of_a_role_changes_code(bank, deployed):
    """All of them, the escrow's and the keeper's as well, each called by the key of its role."""
    holder = STRANGER.address
    bank.register(CustomerCategory.RETAIL, "DE", holder)
    bank.send("releaser", bank.token.unpause())
    bank.mint(holder, 5_00, sequence=1)
    bank.chain.send(STRANGER, bank.token.requestRedemption(1, bytes(32)))
    before = codes(bank)
    refused = {}
    for contract, address in bank.at.targets(deployed[0]):
        if contract == "DepositToken" and address != bank.first:
            continue
        found = bank.chain.contract(contract, address)
        for name, role in FUNCTIONS[contract].items():
            arguments = [
                bank.first if each["name"] == "token" else value_of(each, holder)
                for each in inputs(found, name)
            ]
            call = found.functions[name](*arguments)
            part = role.name.lower()
            if role is Role.ENFORCER:
                bank.send(part, bank.manager.schedule(found.address, calldata(call), 0))
                advance(bank.chain, bank.chain.now() + 3_600)
            try:
                bank.send(part, call)
            except Reverted as refusal:
                refused[contract, name] = refusal.error
            assert codes(bank) == before, name
    # The rest went through; these values mean nothing to the contract, but the key may call it.
    assert refused == {
        ("AllowlistRegistry", "register"): "AlreadyRegistered",
        ("AllowlistRegistry", "registerBatch"): "InvalidParticipant",
        ("CorridorPolicy", "narrowCorridor"): "CorridorNotNarrower",
        ("CorridorPolicy", "stopCorridor"): "SuspensionUnchanged",
        ("DepositToken", "refill"): "NotMinter",
        ("DepositToken", "lowerCeiling"): "NotMinter",
        ("DepositToken", "unpause"): "PauseUnchanged",
        ("DepositToken", "resumeAccepted"): "WrongAcceptance",
        ("DepositToken", "forcedTransfer"): "ERC7943CannotReceive",
        ("DepositToken", "stopSystemAccount"): "NotSystemAccount",
        ("DepositToken", "removeMinter"): "NotMinter",
        ("DepositToken", "stopAccepted"): "WrongAcceptance",
        ("DepositToken", "suspendAccepted"): "WrongAcceptance",
        ("SettlementEscrow", "divertClaim"): "NotSuccessor",
        ("SettlementEscrow", "divertInventory"): "NoInventory",
        ("RoleKeeper", "revokeProposer"): "NotProposer",
    }


@pytest.fixture
def upgrade(bank):
    return bank.token.upgradeToAndCall(bank.at.implementation, b"")


def refuses_state(bank, batch):
    """The timelock refuses a batch, since it is not ready."""
    operation = bank.chain.call(bank.timelock.hashOperationBatch(*batch.arguments))
    ready = (1 << 2).to_bytes(32)
    return reverts("TimelockUnexpectedOperationState", operationId=operation, expectedStates=ready)


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


@pytest.mark.parametrize("part", [part for part in KEYS if part != "governor"])
def test_other_keys_can_schedule_nothing(bank, part):
    address = KEYS[part].address
    proposer = {"account": address, "neededRole": PROPOSER}
    for step in steps(bank, address):
        data = calldata(step)
        with pytest.raises(Reverted, match="AccessManagerUnauthorizedCall"):
            bank.chain.send(KEYS[part], bank.manager.schedule(step.address, data, 0))
        with reverts("AccessControlUnauthorizedAccount", **proposer):
            schedule = bank.timelock.schedule(step.address, 0, data, SALT, SALT, DELAY)
            bank.chain.send(KEYS[part], schedule)


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
