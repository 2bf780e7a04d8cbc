"""At a bank as its deployment leaves it what widens waits, and no key is above a veto."""

import re
from typing import Any, NamedTuple

import pytest

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.chain.refusals import ContractError
from deposit_token.chain.roles import FUNCTIONS
from deposit_token.deployment.create2 import CANONICAL_DEPLOYER
from deposit_token.protocol.delays import HOUR
from deposit_token.values.enumerations import Role
from tests.access import powers
from tests.access.bank import ARTIFACTS, PUPPET, STRANGER, Bank
from tests.access.calls import PUBLIC_ROLE, WIDE, Catalogue, Proposal, holder
from tests.access.evm import Evm, Refused
from tests.access.explorer import Explorer
from tests.files import ROOT
from tests.model.words import selector
from tests.scene import changed, deploy, only, rhein_bank, victoria_bank

pytestmark = pytest.mark.slow

CHAIN_ID = 4242
"""Of no development chain: there a timelock could have no delay at all."""

TIMELOCKS = ("timelock", "recovery")


@pytest.fixture(scope="module")
def handed_over(start_anvil):
    """A bank on an EVM, and who may do what there."""
    dollar = {"currency": "USD", "name": "Dollar", "symbol": "USDd", "supply_cap": 10**12}
    other = changed(victoria_bank(), tokens=[*victoria_bank().tokens, dollar])
    with start_anvil("--chain-id", str(CHAIN_ID)) as url:
        chain = Chain.connect(url)
        escrow, (deployment, _) = deploy(chain, only(rhein_bank(), "EUR"), other)
        evm, logs = replayed(chain)
    bank = Bank(evm, deployment, escrow)
    bank.open_up()
    own = [log for log in logs if bank.name(log.address) in bank.addresses]
    return bank, powers.after({}, own, bank.evm.now, bank.name)


def replayed(chain):
    """Everything that a node has mined, and its events. A contract that was created in its process
    the EVM calls twice as fast as one whose code it was given."""
    deployer = CANONICAL_DEPLOYER
    evm = Evm(CHAIN_ID, {deployer: bytes(chain.web3.eth.get_code(deployer))})
    logs = []
    for number in range(1, chain.web3.eth.block_number + 1):
        block = chain.web3.eth.get_block(number, full_transactions=True)
        evm.now = block["timestamp"]
        for transaction in block["transactions"]:
            sender, to, data = (transaction[field] for field in ("from", "to", "input"))
            logs += evm.send(sender, to, bytes(data))
    return evm, logs


@pytest.fixture(scope="module")
def catalogue(handed_over):
    bank, _ = handed_over
    return Catalogue(bank)


@pytest.fixture(scope="module")
def explored(handed_over, catalogue, deep):
    explorer = Explorer(*handed_over[:1], catalogue, handed_over[1], deep)
    explorer.explore(acts=3)
    return explorer


# The bank as it was handed over


def test_whatever_widens_waits(handed_over, explored, deep):
    bank, _ = handed_over
    assert explored.shortcuts() == {}
    soonest = dict.fromkeys(WIDENINGS, bank.config.upgrade_delay)
    soonest |= {f"{role} at the recovery": 14 * 24 * HOUR for role in TIMELOCK_ROLES}
    soonest["seizure"] = bank.config.enforce_delay
    found = {kind: way.seconds for kind, way in explored.widenings.items()}
    if deep:
        # What a proposal has opened, after its delay, lets in who could not before: nobody sooner.
        late = {kind: found.pop(kind) for kind in found.keys() - soonest.keys()}
        assert min(late.values()) >= bank.config.upgrade_delay
    assert found == soonest


def test_no_key_is_above_a_veto(handed_over, explored, deep):
    bank, _ = handed_over
    found = explored.above_veto
    if deep:
        # A proposal that nobody has cancelled may take the guardian's power away, after its delay.
        delay = bank.config.upgrade_delay
        found = {kind: way for kind, way in found.items() if way.seconds < delay}
    assert found == {}


def test_the_shortest_ways_are_told(explored, deep, capsys):
    told = table(explored)
    assert len(told.splitlines()) == len(explored.widenings) + 1
    if deep:
        with capsys.disabled():
            print(f"\n{told}")


TIMELOCK_ROLES = ("DEFAULT_ADMIN", "PROPOSER", "CANCELLER", "EXECUTOR")
WIDENINGS = [
    *(f"role {role.name}" for role in Role),
    "role 42",
    "role 43",
    *(f"{role} at the timelock" for role in TIMELOCK_ROLES),
    "a function's role",
    "a role's administrator",
    "a role's guardian",
    "a shorter delay",
    "an authority",
    "code",
    "registry",
    "policy",
    "minter",
    "supply cap",
    "accepted token",
    "approver",
    "corridor",
    "zone",
    "system account",
    "suspense account",
    "subscriber",
]
"""What the bank's delay stands before."""


def table(explorer):
    """The shortest way to each kind of widening."""
    lines = [f"{explorer.tried:,} acts tried; the shortest way to"]
    width = max(map(len, explorer.widenings))
    for kind, way in sorted(explorer.widenings.items(), key=lambda each: each[1].seconds):
        lines.append(f"{kind:{width}}  {way}")
    return "\n".join(lines)


# What is tried


def test_every_function_is_tried(handed_over, catalogue):
    bank, _ = handed_over
    tried = {(call.contract, call.function) for key in bank.keys for call in catalogue.of(key)}
    for name in ("manager", "keeper", *TIMELOCKS):
        functions = {item["name"] for item in functions_of(name) if changes_state(item)}
        assert functions - {function for contract, function in tried if contract == name} == set()
    assert restricted_in_the_sources() - tried == set()
    assert tried >= {("escrow", function) for function in FUNCTIONS["SettlementEscrow"]}


def test_every_restricted_act_is_let_through_to_whoever_may(handed_over, catalogue):
    """So that none of them would be refused for another reason if a key came to it."""
    bank, _ = handed_over
    refused = {}
    # That is the manager's own: `updateAuthority` there.
    for call in (each for each in catalogue.restricted if each.function != "setAuthority"):
        role = FUNCTIONS.get(ARTIFACTS[call.contract], {}).get(call.function, Role.ADMIN)
        with bank.evm.undone():
            try:
                if role is Role.ADMIN:
                    carry_out(bank, call)
                    continue
                if role is Role.ENFORCER:
                    schedule = bank.call("manager", "schedule", call.contract, call, 0)
                    bank.send("enforcer", schedule)
                    bank.evm.now += bank.config.enforce_delay
                bank.send(role.name.lower(), call)
            except Refused as refusal:
                refused[call.label] = ContractError.decode(refusal.data).name
    ceiling, cap = bank.config.minters[0].ceiling, bank.config.tokens[0].supply_cap
    assert refused == {
        **{
            f"keeper.{function}({role}, {account})": "NotWorkingRole"
            for role in (Role.ADMIN, Role.GUARDIAN, Role.KEEPER)
            for function, account in (("grant", "stranger"), ("revoke", holder(role)))
        },
        f"policy.narrowCorridor(token, 1, 2, {WIDE})": "CorridorNotNarrower",
    } | {
        f"keeper.grant({role}, stranger)": "AccessManagerUnauthorizedAccount" for role in (42, 43)
    } | {
        "registry.unsubscribe(token)": "TokenPointsHere",
        f"token.lowerCeiling(minter 1, {ceiling + 1})": "CeilingNotLower",
        f"token.lowerSupplyCap({cap + 1})": "SupplyCapNotLower",
        "token.freeze(holder, 9)": "FreezeNotHigher",
        "token.unpause()": "PauseUnchanged",
        "escrow.divertClaim(token, blocked holder, holder)": "NotSuccessor",
        "escrow.divertInventory(token, blocked holder)": "NoInventory",
    }


def carry_out(bank, *calls):
    """The events of what the governor proposes, once it has waited."""
    logs = []
    for call in calls:
        proposal = Proposal(bank, "timelock", call)
        logs += bank.send("governor", proposal.schedule)
        bank.evm.now += bank.config.upgrade_delay
        logs += bank.send(STRANGER, proposal.execute)
    return logs


def functions_of(name):
    return [item for item in artifact(ARTIFACTS[name]).abi if item["type"] == "function"]


def changes_state(item):
    return item["stateMutability"] not in ("view", "pure")


def restricted_in_the_sources():
    """Every function that asks the manager, by contract, and `setAuthority` of each contract."""
    sources = {
        "registry": ["AllowlistRegistry"],
        "policy": ["CorridorPolicy"],
        "token": ["DepositToken", "DepositTokenExt"],
        "keeper": ["governance/RoleKeeper"],
    }
    header = re.compile(r"function (\w+)\([^)]*\)[^{;]*?\brestricted\b")
    return {
        (contract, function)
        for contract, names in sources.items()
        for name in names
        for function in [
            *header.findall((ROOT / "contracts" / f"{name}.sol").read_text()),
            "setAuthority",
        ]
    }


# Shortcuts that a set-up key could have planted


class Plant(NamedTuple):
    """What was done at the bank, and what the explorer must find."""

    acts: list[tuple[Any, ...]]
    """Contracts, their functions and arguments: whatever the timelock may."""
    finds: str
    """A widening, or what nobody takes away."""
    seconds: int = 0
    """How soon."""
    steps: int = 1


def given(contract, function, role):
    """A function of a contract to a role."""
    (item,) = (each for each in functions_of(contract) if each["name"] == function)
    return ("manager", "setTargetFunctionRole", contract, [selector(item)], role)


PROPOSER, CANCELLER, DEFAULT_ADMIN = (
    next(role for role, name in powers.TIMELOCK_ROLES.items() if name == wanted)
    for wanted in ("PROPOSER", "CANCELLER", "DEFAULT_ADMIN")
)
GOVERNORS = "governor: PROPOSER"

PLANTS = {
    "anybody sets minters": Plant([given("token", "setMinter", PUBLIC_ROLE)], "minter"),
    "anybody unpauses": Plant([given("token", "unpause", PUBLIC_ROLE)], "token.unpause"),
    "anybody diverts": Plant([given("escrow", "divertClaim", PUBLIC_ROLE)], "escrow.divertClaim"),
    "the policy officer sets corridors": Plant(
        [given("policy", "setCorridor", Role.POLICY_OFFICER)], "corridor"
    ),
    "the guardian gives roles": Plant([given("keeper", "grant", Role.GUARDIAN)], "role TREASURER"),
    "a working role administers another": Plant(
        [("manager", "setRoleAdmin", Role.RELEASER, Role.COMPLIANCE)], "role RELEASER"
    ),
    "anybody administers a role": Plant(
        [("manager", "setRoleAdmin", Role.GUARDIAN, PUBLIC_ROLE)], "role GUARDIAN"
    ),
    "three steps to a minter": Plant(
        [
            ("manager", "setRoleAdmin", 42, 43),
            ("manager", "setRoleAdmin", 43, Role.COMPLIANCE),
            given("token", "setMinter", 42),
        ],
        "minter",
        steps=3,
    ),
    "an enforcer without a delay": Plant(
        [
            ("manager", "setRoleAdmin", Role.ENFORCER, Role.ADMIN),
            ("manager", "grantRole", Role.ENFORCER, "enforcer", 0),
            ("manager", "setRoleAdmin", Role.ENFORCER, Role.KEEPER),
        ],
        "seizure",
    ),
    "nobody cancels the enforcer's": Plant(
        [("manager", "setRoleGuardian", Role.ENFORCER, Role.ADMIN)], "scheduled at the manager"
    ),
    "another administrator": Plant([("manager", "grantRole", Role.ADMIN, "approver", 0)], "code"),
    "another administrator that waits less": Plant(
        [("manager", "grantRole", Role.ADMIN, "approver", HOUR)], "code", HOUR, 2
    ),
    "another keeper": Plant(
        [("manager", "grantRole", Role.KEEPER, "payout_officer", 0)], "role RELEASER"
    ),
    "a function that asks another manager": Plant(
        [("manager", "updateAuthority", "policy", PUPPET)], "corridor"
    ),
    "a key of its own at the timelock": Plant(
        [("timelock", "grantRole", DEFAULT_ADMIN, "treasurer")], "PROPOSER at the timelock"
    ),
    "a board without recovery's delay": Plant(
        [("timelock", "grantRole", DEFAULT_ADMIN, "board")], "CANCELLER at the timelock"
    ),
    "a shorter delay": Plant([("timelock", "updateDelay", HOUR)], "code", HOUR, 2),
    "a guardian that cancels nothing": Plant(
        [("timelock", "revokeRole", CANCELLER, "guardian")], "scheduled at the timelock"
    ),
    "a keeper that takes no proposer": Plant(
        [("timelock", "revokeRole", DEFAULT_ADMIN, "keeper")], GOVERNORS, steps=0
    ),
    "a role that the keeper does not take": Plant(
        [("manager", "setRoleAdmin", Role.TREASURER, Role.ADMIN)], "treasurer: TREASURER", steps=0
    ),
    "keys that nobody takes": Plant(
        [given("keeper", "revoke", Role.ADMIN)], "payout_officer: PAYOUT_OFFICER", steps=0
    ),
    "a proposer that nobody takes": Plant(
        [given("keeper", "revokeProposer", Role.ADMIN)], GOVERNORS, steps=0
    ),
    "minters that nobody removes": Plant(
        [given("token", "removeMinter", Role.ADMIN)], "minter 1: minter", steps=0
    ),
    "an approver that nobody removes": Plant(
        [given("policy", "removeApprover", Role.ADMIN)], "approver: approver", steps=0
    ),
    "no guardian": Plant(
        [("manager", "revokeRole", Role.GUARDIAN, "guardian")], "minter 2: minter", steps=0
    ),
    "a closed token": Plant(
        [("manager", "setTargetClosed", "token", True)], "minter 1: minter", steps=0
    ),
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_a_planted_shortcut_is_found(handed_over, plant):
    bank, now = handed_over
    with bank.evm.undone():
        logs = carry_out(bank, *(bank.call(*act) for act in plant.acts))
        now = powers.after(now, logs, bank.evm.now, bank.name)
        way = Explorer(bank, Catalogue(bank), now).find(plant.finds, acts=3)
    assert (way.seconds, len(way.acts)) == (plant.seconds, plant.steps)


def test_what_was_scheduled_before_is_found(handed_over):
    bank, now = handed_over
    raise_cap = bank.call("token", "setSupplyCap", bank.config.tokens[0].supply_cap + 1)
    with bank.evm.undone():
        catalogue = Catalogue(bank)
        logs = bank.send("governor", Proposal(bank, "timelock", raise_cap).schedule)
        now = powers.after(now, logs, bank.evm.now, bank.name)
        bank.evm.now += bank.config.upgrade_delay - HOUR
        way = Explorer(bank, catalogue, now).find("supply cap", acts=1)
    assert way.seconds == HOUR
