"""No key of a bank reaches new code faster than its upgrade delay, by any path."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_typing import ABIComponent
from web3.contract import Contract
from web3.contract.contract import ContractFunction

from deposit_token.bank_deployment import BankDeployment
from deposit_token.bank_powers import CANCELLER, DEFAULT_ADMIN, EXECUTOR, PROPOSER
from deposit_token.chain import Chain, calldata
from deposit_token.refusals import Reverted
from deposit_token.roles import FUNCTIONS, Role
from tests.deployment_fixtures import SALT, advance, deploy, propose

DELAY = 2 * 86_400
"""The upgrade delay of `euro_bank`."""

FAR = 2**39
IMPLEMENTATION_SLOT = int("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", 16)
"""Where a proxy keeps the address of its code (ERC-1967)."""

PARTS = [
    *("set-up", "governor", "guardian", "board", "registrar", "compliance", "policy_officer"),
    *(
        "treasurer",
        "payout_officer",
        "releaser",
        "enforcer",
        "approver",
        "minter",
        "reserve",
        "stranger",
    ),
]


@pytest.fixture(scope="module")
def deployed(anvil_url, funded, euro_bank) -> tuple[str, BankDeployment]:
    """The escrow, and the bank, handed over."""
    escrow, (bank,) = deploy(Chain.connect(anvil_url), funded[0], euro_bank)
    return escrow, bank


@pytest.fixture
def escrow(deployed) -> str:
    return deployed[0]


@pytest.fixture
def bank(deployed) -> BankDeployment:
    return deployed[1]


@pytest.fixture
def keys(euro_keys, funded):
    """Everybody's key, by part."""
    return euro_keys | {"set-up": funded[0], "stranger": funded[20]}


def steps(chain: Chain, bank: BankDeployment, key: str) -> Iterator[ContractFunction]:
    """Every act that changes code, or who decides about it, or how long that takes."""
    manager = chain.contract("AccessManager", bank.manager).functions
    timelock = chain.contract("BankTimelock", bank.timelock).functions
    recovery = chain.contract("RecoveryTimelock", bank.recovery).functions
    keeper = chain.contract("RoleKeeper", bank.keeper).functions
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
    yield manager.grantRole(Role.REGISTRAR, key, 0)
    yield manager.revokeRole(Role.ADMIN, bank.timelock)
    yield manager.setRoleAdmin(Role.GUARDIAN, Role.COMPLIANCE)
    yield manager.setRoleGuardian(Role.GUARDIAN, Role.COMPLIANCE)
    yield manager.setGrantDelay(Role.GUARDIAN, 0)
    yield manager.setTargetAdminDelay(token_address, 0)
    yield manager.setTargetFunctionRole(token_address, [bytes.fromhex("4f1ef286")], Role.COMPLIANCE)
    yield manager.setTargetClosed(token_address, True)
    yield keeper.grant(Role.REGISTRAR, key)
    yield timelock.updateDelay(0)
    yield timelock.execute(token_address, 0, calldata(upgrade), SALT, SALT)
    for role in (DEFAULT_ADMIN, PROPOSER, CANCELLER, EXECUTOR):
        yield timelock.grantRole(role, key)
        yield recovery.grantRole(role, key)
    yield timelock.revokeRole(DEFAULT_ADMIN, bank.recovery)
    yield recovery.updateDelay(0)
    yield recovery.execute(bank.timelock, 0, calldata(timelock.updateDelay(0)), SALT, SALT)


@pytest.mark.parametrize("part", PARTS)
def test_no_key_takes_a_step_at_once(local_chain, bank, keys, part):
    account = keys[part]
    tried = 0
    for step in steps(local_chain, bank, account.address):
        with pytest.raises(Reverted) as refusal:
            local_chain.send(account, step)
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


@pytest.mark.parametrize("part", PARTS)
def test_no_key_reaches_the_code_past_the_manager(local_chain, bank, keys, part):
    """Neither code that tokens share has a token's storage, and no token is set up twice."""
    account = keys[part]
    token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
    implementation = local_chain.contract("DepositToken", bank.implementation).functions
    # By the ABI of all that answers at a token, of which the extension has no upgrade.
    extension = local_chain.contract("DepositToken", bank.extension).functions
    own = (bank.manager, bank.registry, bank.policy, 1)
    before = codes(local_chain, bank)
    for call, error in (
        (token.initialize("x", "x", b"EUR", 2, *own), "InvalidInitialization"),
        (implementation.initialize("x", "x", b"EUR", 2, *own), "InvalidInitialization"),
        (implementation.upgradeToAndCall(bank.policy, b""), "AccessManagedUnauthorized"),
        (extension.upgradeToAndCall(bank.policy, b""), "0x"),
        (extension.setRegistry(bank.registry), "AccessManagedUnauthorized"),
        (extension.setAuthority(account.address), "AccessManagedUnauthorized"),
    ):
        with pytest.raises(Reverted) as refusal:
            local_chain.send(account, call)
        assert refusal.value.error == error, call.fn_name
    assert codes(local_chain, bank) == before


def test_no_function_of_a_role_changes_code(local_chain, bank, escrow, keys, funded):
    """All of them, the escrow's and the keeper's as well, each called by the key of its role."""
    places = {
        "AllowlistRegistry": bank.registry,
        "CorridorPolicy": bank.policy,
        "DepositToken": bank.tokens["EUR"],
        "SettlementEscrow": escrow,
        "RoleKeeper": bank.keeper,
    }
    holder = funded[21]
    registry = local_chain.contract("AllowlistRegistry", bank.registry).functions
    local_chain.send(keys["registrar"], registry.register(holder.address, 0, 276, FAR, 1))
    token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
    local_chain.send(keys["releaser"], token.unpause())
    local_chain.send(keys["minter"], token.mint(holder.address, 5_00, 7001 << 64 | 1))
    local_chain.send(holder, token.requestRedemption(1, bytes(32)))
    manager = local_chain.contract("AccessManager", bank.manager).functions
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
            call = found.functions[name](*arguments)
            key = keys[role.name.lower()]
            if role is Role.ENFORCER:
                local_chain.send(key, manager.schedule(found.address, calldata(call), 0))
                advance(local_chain, local_chain.now() + 3_600)
            try:
                local_chain.send(key, call)
            except Reverted as refusal:
                refused[contract, name] = refusal.error
            assert codes(local_chain, bank) == before, name
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


def test_proposal_is_carried_out_by_anybody_when_the_delay_is_over(local_chain, bank, keys):
    token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
    timelock = local_chain.contract("BankTimelock", bank.timelock).functions
    upgrade = token.upgradeToAndCall(bank.implementation, b"")
    sooner = timelock.schedule(token.address, 0, calldata(upgrade), SALT, SALT, DELAY - 1)
    with pytest.raises(Reverted) as refusal:
        local_chain.send(keys["governor"], sooner)
    assert refusal.value.error == "TimelockInsufficientDelay"

    ready = propose(local_chain, bank, keys["governor"], [upgrade])
    scheduled = local_chain.now()
    advance(local_chain, scheduled + DELAY - 60)
    with pytest.raises(Reverted) as refusal:
        local_chain.send(keys["stranger"], ready)
    assert refusal.value.error == "TimelockUnexpectedOperationState"
    advance(local_chain, scheduled + DELAY)
    assert local_chain.send(keys["stranger"], ready)["status"] == 1


@pytest.mark.parametrize("part", ["governor", "guardian"])
def test_proposal_is_cancelled_meanwhile(local_chain, bank, keys, part):
    token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
    timelock = local_chain.contract("BankTimelock", bank.timelock).functions
    upgrade = token.upgradeToAndCall(bank.implementation, b"")
    ready = propose(local_chain, bank, keys["governor"], [upgrade])
    operation = local_chain.call(timelock.hashOperationBatch(*ready.arguments))
    local_chain.send(keys[part], timelock.cancel(operation))
    advance(local_chain, local_chain.now() + DELAY)
    with pytest.raises(Reverted) as refusal:
        local_chain.send(keys["stranger"], ready)
    assert refusal.value.error == "TimelockUnexpectedOperationState"


def test_governor_that_the_guardian_took_away_proposes_nothing(local_chain, bank, keys):
    keeper = local_chain.contract("RoleKeeper", bank.keeper).functions
    local_chain.send(keys["guardian"], keeper.revokeProposer(keys["governor"].address))
    token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
    with pytest.raises(Reverted) as refusal:
        propose(local_chain, bank, keys["governor"], [token.setSupplyCap(1)])
    assert refusal.value.error == "AccessControlUnauthorizedAccount"


@pytest.mark.parametrize("part", [part for part in PARTS if part != "governor"])
def test_other_keys_can_schedule_nothing(local_chain, bank, keys, part):
    manager = local_chain.contract("AccessManager", bank.manager).functions
    timelock = local_chain.contract("BankTimelock", bank.timelock).functions
    for step in steps(local_chain, bank, keys[part].address):
        data = calldata(step)
        for schedule in (
            manager.schedule(step.address, data, 0),
            timelock.schedule(step.address, 0, data, SALT, SALT, DELAY),
        ):
            with pytest.raises(Reverted) as refusal:
                local_chain.send(keys[part], schedule)
            assert refusal.value.error in {
                "AccessManagerUnauthorizedCall",
                "AccessControlUnauthorizedAccount",
            }, step.fn_name


def codes(chain: Chain, bank: BankDeployment) -> list[object]:
    """What decides which code answers at the bank's token, and who may change it."""
    token = bank.tokens["EUR"]
    functions = chain.contract("DepositToken", token).functions
    manager = chain.contract("AccessManager", bank.manager).functions
    timelock = chain.contract("BankTimelock", bank.timelock).functions
    members = [key for _, key in bank.config.keys.everybody()]
    places = (token, bank.implementation, bank.extension, bank.manager, bank.timelock)
    return [
        *(chain.web3.eth.get_code(place) for place in places),
        chain.web3.eth.get_storage_at(token, IMPLEMENTATION_SLOT),
        *(chain.call(view()) for view in (functions.authority, functions.EXTENSION)),
        *(chain.call(view()) for view in (functions.registry, functions.policy)),
        *(chain.call(manager.hasRole(Role.ADMIN, each)) for each in (bank.timelock, *members)),
        *(chain.call(timelock.hasRole(PROPOSER, member)) for member in members),
        chain.call(timelock.getMinDelay()),
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
