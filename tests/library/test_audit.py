"""What a spoiled set-up key plants before a hand-over is found and refused, then and later."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import ContractFunction, ContractFunctions

from deposit_token.audit import check_bank
from deposit_token.bank_deployment import BankDeployment
from deposit_token.bank_powers import DEFAULT_ADMIN, PROPOSER
from deposit_token.chain import Chain, calldata
from deposit_token.create2 import Creation, create
from deposit_token.deployment import Deployer
from deposit_token.errors import DeploymentError
from deposit_token.roles import Role
from tests.deployment_fixtures import advance, deploy

STRANGER = Web3.to_checksum_address(f"0x{'11' * 20}")
PUBLIC_ROLE = 2**64 - 1
FAR = 2**39
"""Unix seconds."""
RULES = (True, True, False, False, 0, 0, 1, 10**9, 0)
"""Of a corridor through which everything passes."""


@dataclass
class Scene:
    """A bank before its hand-over, and the set-up key that plants things there."""

    chain: Chain
    bank: BankDeployment
    escrow: str
    set_up: LocalAccount
    foreign: str
    """A token of another bank."""
    deputy: LocalAccount
    """Another key in the same hands."""

    def functions(self, artifact: str, address: str) -> ContractFunctions:
        return self.chain.contract(artifact, address).functions

    @property
    def manager(self) -> ContractFunctions:
        return self.functions("AccessManager", self.bank.manager)

    @property
    def timelock(self) -> ContractFunctions:
        return self.functions("BankTimelock", self.bank.timelock)

    @property
    def keeper(self) -> ContractFunctions:
        return self.functions("RoleKeeper", self.bank.keeper)

    @property
    def registry(self) -> ContractFunctions:
        return self.functions("AllowlistRegistry", self.bank.registry)

    @property
    def policy(self) -> ContractFunctions:
        return self.functions("CorridorPolicy", self.bank.policy)

    @property
    def eur(self) -> str:
        return self.bank.tokens["EUR"]

    @property
    def token(self) -> ContractFunctions:
        return self.functions("DepositToken", self.eur)

    def send(self, *calls: ContractFunction, key: LocalAccount | None = None) -> None:
        for call in calls:
            self.chain.send(key or self.set_up, call)

    def create(self, artifact: str, *arguments: object, spoiled: bool = False) -> str:
        """A further contract of ours; `spoiled`: with another hash at the end of its code."""
        creation = Creation.of(artifact, b"\7" * 32, *arguments)
        if spoiled:
            code = bytearray(creation.code)
            # The metadata's hash is before the last bytes of the code, which arguments follow.
            place = code.rindex(b"\x64solcC") - 20
            code[place] ^= 1
            creation = replace(creation, code=bytes(code))
        create(self.chain, self.set_up, creation)
        return creation.address

    def renounce(self) -> None:
        """By the set-up key itself, in spite of what was found."""
        self.send(
            self.timelock.renounceRole(DEFAULT_ADMIN, self.set_up.address),
            self.manager.renounceRole(Role.ADMIN, self.set_up.address),
        )

    def is_admin(self, key: LocalAccount) -> bool:
        member, _ = self.chain.call(self.manager.hasRole(Role.ADMIN, key.address))
        return member

    def hand_over(self) -> None:
        """By a process of its own, which knows nothing of one before."""
        chain = Chain(self.chain.web3, self.chain.chain_id, self.chain.genesis_hash)
        Deployer(chain, self.set_up).hand_over(self.bank, self.escrow)


@pytest.fixture(scope="module")
def configured(anvil_url, funded, euro_bank, hong_kong_bank):
    """The escrow, a bank that is not handed over yet, and another bank's token."""
    chain = Chain.connect(anvil_url)
    escrow, (victoria,) = deploy(chain, funded[0], hong_kong_bank)
    deployer = Deployer(chain, funded[0])
    bank = deployer.deploy_bank(euro_bank)
    deployer.configure_bank(bank, escrow)
    return escrow, bank, victoria.tokens["HKD"]


@pytest.fixture
def scene(local_chain, configured, funded):
    escrow, bank, foreign = configured
    return Scene(local_chain, bank, escrow, funded[0], foreign, funded[20])


def selector(call: ContractFunction) -> bytes:
    return bytes.fromhex(call.selector[2:])


class Early(str):
    """A sentence that is no finding once a bank is handed over: its own keys may have done so."""


# Each plants something, and gives the sentences that name it.


def public_function(scene):
    call = scene.token.setMinter(STRANGER, 1, 1)
    scene.send(scene.manager.setTargetFunctionRole(scene.eur, [selector(call)], PUBLIC_ROLE))
    yield f"role of setMinter at token EUR ({scene.eur}): found PUBLIC_ROLE, the file says ADMIN."


def public_upgrade(scene):
    call = scene.token.upgradeToAndCall(STRANGER, b"")
    scene.send(scene.manager.setTargetFunctionRole(scene.eur, [selector(call)], PUBLIC_ROLE))
    yield (
        f"role of upgradeToAndCall at token EUR ({scene.eur}): found PUBLIC_ROLE, the file says "
        "ADMIN."
    )


def function_of_a_stranger(scene):
    call = scene.manager.setTargetFunctionRole(STRANGER, [b"\1\2\3\4"], Role.PAYOUT_OFFICER)
    scene.send(call)
    yield f"role of 0x01020304 at {STRANGER}: found PAYOUT_OFFICER, the file says ADMIN."


def role_admin(scene):
    scene.send(scene.manager.setRoleAdmin(Role.PAYOUT_OFFICER, Role.REGISTRAR))
    yield "role that is administrator of PAYOUT_OFFICER: found REGISTRAR, the file says KEEPER."


def admin_of_another_role(scene):
    scene.send(scene.manager.setRoleAdmin(42, PUBLIC_ROLE))
    yield "role that is administrator of role 42: found PUBLIC_ROLE, the file says ADMIN."


def role_guardian(scene):
    scene.send(scene.manager.setRoleGuardian(Role.ENFORCER, 42))
    yield "role that is guardian of ENFORCER: found role 42, the file says GUARDIAN."


def another_admin(scene):
    scene.send(scene.manager.grantRole(Role.ADMIN, STRANGER, 0))
    yield f"ADMIN, {STRANGER}: found a holder, delayed by 0 s, the file says no holder."


def another_keeper(scene):
    scene.send(scene.manager.grantRole(Role.KEEPER, STRANGER, 5))
    yield f"KEEPER, {STRANGER}: found a holder, delayed by 5 s, the file says no holder."


def holder_of_another_role(scene):
    scene.send(scene.manager.grantRole(42, STRANGER, 0))
    yield f"role 42, {STRANGER}: found a holder, delayed by 0 s, the file says no holder."


def another_registrar(scene):
    scene.send(scene.keeper.grant(Role.REGISTRAR, STRANGER))
    yield f"REGISTRAR, {STRANGER}: found a holder, delayed by 0 s, the file says no holder."


def lost_payout_officer(scene):
    (payout_officer,) = scene.bank.config.keys.payout_officer
    scene.send(scene.keeper.revoke(Role.PAYOUT_OFFICER, payout_officer))
    yield (
        f"PAYOUT_OFFICER, the payout officer ({payout_officer}): found no holder, the file says a "
        "holder, delayed by 0 s."
    )


def execution_delay(scene):
    (guardian,) = scene.bank.config.keys.guardian
    scene.send(scene.manager.grantRole(Role.GUARDIAN, guardian, 3_600))
    yield (
        f"GUARDIAN, the guardian ({guardian}): found a holder, delayed by 3600 s, the file says a "
        "holder, delayed by 0 s."
    )


def execution_delay_to_come(scene):
    scene.send(
        scene.manager.grantRole(Role.ADMIN, scene.bank.timelock, 7_200),
        scene.manager.grantRole(Role.ADMIN, scene.bank.timelock, 0),
    )
    yield f"ADMIN, the timelock ({scene.bank.timelock}): found a holder, delayed by 7200 s and 0 s"


def grant_delay(scene):
    scene.send(scene.manager.setGrantDelay(Role.REGISTRAR, 864_000))
    yield "delay before a holder of REGISTRAR counts: found 0 s, and 864000 s from 20"


def label(scene):
    scene.send(scene.manager.labelRole(Role.PAYOUT_OFFICER, "auditor"))
    yield "label of PAYOUT_OFFICER: found 'auditor', the file says none."


def closed_target(scene):
    scene.send(scene.manager.setTargetClosed(scene.eur, True))
    yield f"access to token EUR ({scene.eur}): found closed, the file says open."


def target_admin_delay(scene):
    scene.send(scene.manager.setTargetAdminDelay(scene.eur, 10**6))
    yield f"delay of ADMIN at token EUR ({scene.eur}): found 0 s, and 1000000 s from 20"


def proposer(scene):
    scene.send(scene.timelock.grantRole(PROPOSER, STRANGER))
    yield (
        f"PROPOSER at the timelock ({scene.bank.timelock}), {STRANGER}: found a holder, the file "
        "says no holder."
    )


def timelock_admin(scene):
    scene.send(scene.timelock.grantRole(DEFAULT_ADMIN, STRANGER))
    yield (
        f"DEFAULT_ADMIN at the timelock ({scene.bank.timelock}), {STRANGER}: found a holder, the "
        "file says no holder."
    )


def lost_recovery(scene):
    scene.send(scene.timelock.revokeRole(DEFAULT_ADMIN, scene.bank.recovery))
    yield (
        f"DEFAULT_ADMIN at the timelock ({scene.bank.timelock}), the recovery timelock "
        f"({scene.bank.recovery}): found no holder, the file says a holder."
    )


def another_role_at_the_timelock(scene):
    scene.send(scene.timelock.grantRole(b"\5" * 32, STRANGER))
    yield (
        f"role 0x{'05' * 32} at the timelock ({scene.bank.timelock}), {STRANGER}: found a holder, "
        "the file says no holder."
    )


def scheduled_at_the_timelock(scene):
    """It can be carried out by anybody, though its proposer is none any more."""
    upgrade = scene.token.upgradeToAndCall(STRANGER, b"")
    nothing = bytes(32)
    scene.send(
        scene.timelock.grantRole(PROPOSER, scene.set_up.address),
        scene.timelock.schedule(scene.eur, 0, calldata(upgrade), nothing, nothing, 10**6),
        scene.timelock.revokeRole(PROPOSER, scene.set_up.address),
    )
    yield (
        f"that waits at the timelock ({scene.bank.timelock}): found upgradeToAndCall of token EUR "
        f"({scene.eur}) with 0x{'11' * 20:0>64}"
    )


def scheduled_at_the_manager(scene):
    act = scene.manager.setRoleAdmin(Role.PAYOUT_OFFICER, 0)
    deputy = scene.deputy
    scene.send(scene.manager.grantRole(Role.ADMIN, deputy.address, 60))
    scene.send(scene.manager.schedule(scene.bank.manager, calldata(act), 0), key=deputy)
    scene.send(scene.manager.revokeRole(Role.ADMIN, deputy.address))
    yield (
        f"act of {deputy.address} that waits at the manager: found setRoleAdmin of the manager "
        f"({scene.bank.manager}) with 0x{Role.PAYOUT_OFFICER:064x}{0:064x}, from 20"
    )


def accepted_token(scene):
    scene.send(scene.token.setAccepted(scene.foreign, True))
    yield f"{scene.foreign} at token EUR: found accepted, the file says not accepted."


def token_accepted_for_refunds(scene):
    scene.send(
        scene.token.setAccepted(scene.foreign, True), scene.token.suspendAccepted(scene.foreign)
    )
    yield f"{scene.foreign} at token EUR: found accepted, the file says not accepted."
    yield Early(
        f"{scene.foreign} at token EUR: found accepted for refunds only, the file says accepted."
    )


def minter(scene):
    scene.send(scene.token.setMinter(STRANGER, 9, 10**6))
    yield (
        f"minter {STRANGER} of token EUR: found ledger 9 with a ceiling of 1000000, the file says "
        "no minter."
    )
    yield Early(f"ledger 9: found claimed by token EUR ({scene.eur}), the file says nobody's.")


def ceiling(scene):
    first = scene.bank.config.minters[0]
    scene.send(scene.token.setMinter(first.address, first.ledger_id, 10**12))
    yield (
        f"minter {first.address} of token EUR: found ledger 7001 with a ceiling of 1000000000000, "
        "the file says ledger 7001 with a ceiling of 1000000000."
    )


def corridor(scene):
    scene.send(scene.policy.setCorridor(scene.eur, 2, 1, RULES))
    yield (
        f"corridor of token EUR ({scene.eur}) from zone 2 to 1: found open = true, "
        "direct_transfers = true, approval_needed = false, purpose_required = false, period = "
        '"none", utc_offset_quarters = 0, min_amount = 1, max_amount = 1000000000, quota = 0, the '
        "file says no rules."
    )


def corridor_of_a_stranger(scene):
    scene.send(scene.policy.setCorridor(STRANGER, 1, 1, RULES))
    yield f"corridor of {STRANGER} from zone 1 to 1: found open = true,"


def suspended_corridor(scene):
    scene.send(scene.policy.suspendCorridor(scene.eur, 1, 2))
    yield Early(
        f"corridor of token EUR ({scene.eur}) from zone 1 to 2: found suspended, the file says in "
        "force."
    )


def zone(scene):
    scene.send(scene.registry.setZone([840, 999], 1))
    yield "zone of US: found 1, the file says 0."
    yield "zone of country 999: found 1, the file says 0."


def approver(scene):
    scene.send(scene.policy.setApprover(STRANGER))
    yield f"approver: found {STRANGER}, the file says {scene.bank.config.keys.approver}."


def supply_cap(scene):
    scene.send(scene.token.setSupplyCap(2**128 - 1))
    yield f"supply cap of token EUR: found {2**128 - 1}, the file says 1000000000000."


def terms(scene):
    scene.send(scene.token.setTerms("https://example.org", b"\1" * 32))
    yield f"terms of token EUR: found ['https://example.org', '0x{'01' * 32}'], the file says ['',"


def system_account(scene):
    second = scene.create("SettlementEscrow")
    scene.send(scene.token.activateSystemAccount(second))
    yield f"{second} at token EUR: found a system account, the file says no system account."


def stopped_escrow(scene):
    scene.send(scene.token.stopSystemAccount(scene.escrow))
    yield Early(
        f"the escrow ({scene.escrow}) at token EUR: found stopped, which only pays out, the file "
        "says active."
    )


def subscriber(scene):
    scene.send(scene.registry.subscribe(scene.foreign))
    yield f"{scene.foreign} at the registry: found a subscriber, the file says no subscriber."


def participant(scene):
    scene.send(scene.registry.register(STRANGER, 3, 276, FAR, 1))
    yield (
        f"participants registered at the registry ({scene.bank.registry}) before the hand-over: "
        "found 1, the file says none."
    )


def suspense_account(scene):
    scene.send(
        scene.registry.register(STRANGER, 2, 276, FAR, 1), scene.token.setSuspenseAccount(STRANGER)
    )
    yield f"suspense account of token EUR: found {STRANGER}, the file says 0x{'00' * 20}."


def blocks(scene):
    scene.send(
        scene.registry.register(STRANGER, 0, 276, FAR, 1),
        scene.registry.blockWallet(STRANGER, b"LEGL"),
        scene.registry.blockCustomer(5, b"LEGL"),
    )
    for word in ("wallets", "customers"):
        yield f"{word} blocked at the registry ({scene.bank.registry}) before the hand-over: found"


def supply(scene):
    deputy = scene.deputy
    scene.send(
        scene.registry.register(STRANGER, 0, 276, FAR, 1),
        scene.token.setMinter(deputy.address, 9, 10**6),
        scene.token.unpause(),
    )
    scene.send(scene.token.mint(STRANGER, 7, 9 << 64), key=deputy)
    scene.send(scene.token.pause(), scene.token.removeMinter(deputy.address))
    place = f"token EUR ({scene.eur}) before the hand-over"
    yield f"entries used at {place}: found 1, the file says none."
    yield f"pauses ended at {place}: found 1, the file says none."


def unpaused(scene):
    scene.send(scene.token.unpause())
    yield f"pauses ended at token EUR ({scene.eur}) before the hand-over: found 1, the file says"


def freeze(scene):
    scene.send(scene.token.freeze(STRANGER, 5))
    yield f"freezes set at token EUR ({scene.eur}) before the hand-over: found 1, the file says"


def implementation(scene):
    code = scene.create("DepositToken", scene.bank.extension)
    scene.send(scene.token.upgradeToAndCall(code, b""))
    yield (
        f"implementation of token EUR ({scene.eur}): found {code}, the file says "
        f"{scene.bank.implementation}."
    )


def foreign_code(scene):
    code = scene.create("DepositToken", scene.bank.extension, spoiled=True)
    scene.send(scene.token.upgradeToAndCall(code, b""))
    yield f"code of the DepositToken at {code}: found code with the hash 0x"


def foreign_extension(scene):
    extension = scene.create("DepositTokenExt", spoiled=True)
    code = scene.create("DepositToken", extension)
    scene.send(scene.token.upgradeToAndCall(code, b""))
    yield f"extension of token EUR ({scene.eur}): found {extension}, the file says"
    yield f"code of the DepositTokenExt at {extension}: found code with the hash 0x"


def foreign_code_for_a_while(scene):
    """It could have written whatever it liked, without any event."""
    code = scene.create("DepositToken", scene.bank.extension, spoiled=True)
    scene.send(
        scene.token.upgradeToAndCall(code, b""),
        scene.token.upgradeToAndCall(scene.bank.implementation, b""),
    )
    yield (
        f"implementation of token EUR ({scene.eur}) once before the hand-over: found {code}, the "
        f"file says {scene.bank.implementation} alone."
    )


def registry(scene):
    other = scene.create("AllowlistRegistry", scene.bank.manager, scene.bank.registry)
    functions = scene.functions("AllowlistRegistry", other)
    scene.send(functions.subscribe(scene.eur), scene.token.setRegistry(other))
    yield f"registry of token EUR ({scene.eur}): found {other}, the file says {scene.bank.registry}"


def policy_for_a_while(scene):
    other = scene.create("CorridorPolicy", scene.bank.manager)
    scene.send(scene.token.setPolicy(other), scene.token.setPolicy(scene.bank.policy))
    yield (
        f"policy of token EUR ({scene.eur}) once before the hand-over: found {other}, the file "
        f"says {scene.bank.policy} alone."
    )


def policies_used_up(scene):
    """A token that counts 4,095 of them takes no other any more."""
    scene.send(*[scene.token.setPolicy(scene.bank.policy)] * 3)
    yield (
        f"policy of token EUR ({scene.eur}) before the hand-over: found set 4 times, the file "
        "says once."
    )


def staged_hand_over(scene):
    """The timelock alone is ADMIN for a while, until it gives the role back as it was told to."""
    me = scene.set_up.address
    scene.send(
        scene.timelock.grantRole(PROPOSER, me),
        scene.manager.grantRole(Role.ADMIN, scene.bank.timelock, 0),
    )
    back = calldata(scene.manager.grantRole(Role.ADMIN, me, 0))
    delay = scene.bank.config.upgrade_delay
    proposal = (scene.bank.manager, 0, back, bytes(32), bytes(32))
    scene.send(
        scene.timelock.schedule(*proposal, delay), scene.manager.renounceRole(Role.ADMIN, me)
    )
    now = scene.chain.web3.eth.get_block("latest")["timestamp"]
    advance(scene.chain, now + delay)
    scene.send(
        scene.timelock.execute(*proposal),
        scene.token.unpause(),
        scene.token.pause(),
        scene.timelock.revokeRole(PROPOSER, me),
    )
    yield f"pauses ended at token EUR ({scene.eur}) before the hand-over: found 1, the file says"


def authority(scene):
    other = scene.create("AccessManager", scene.set_up.address)
    scene.send(scene.manager.updateAuthority(scene.bank.keeper, other))
    yield (
        f"authority of the keeper ({scene.bank.keeper}): found {other}, the file says "
        f"{scene.bank.manager}."
    )


def foreign_registry(scene):
    code = f"0x{'fe' * 40}"
    scene.chain.web3.provider.make_request("anvil_setCode", [scene.bank.registry, code])
    yield (
        f"code of the AllowlistRegistry at {scene.bank.registry}: found code with the hash "
        f"{Web3.keccak(hexstr=code).to_0x_hex()}, the file says that which this package builds."
    )


SPOILS: list[Callable[[Scene], object]] = [
    *(public_function, public_upgrade, function_of_a_stranger, role_admin, admin_of_another_role),
    *(role_guardian, another_admin, another_keeper, holder_of_another_role, another_registrar),
    *(
        lost_payout_officer,
        execution_delay,
        execution_delay_to_come,
        grant_delay,
        label,
        closed_target,
    ),
    *(target_admin_delay, proposer, timelock_admin, lost_recovery, another_role_at_the_timelock),
    *(scheduled_at_the_timelock, scheduled_at_the_manager, accepted_token),
    *(token_accepted_for_refunds, minter, ceiling, corridor, corridor_of_a_stranger),
    *(suspended_corridor, zone, approver, supply_cap, terms, system_account, stopped_escrow),
    *(subscriber, participant, suspense_account, blocks, supply, unpaused, freeze),
    *(implementation, foreign_code, foreign_extension, foreign_code_for_a_while, registry),
    *(policy_for_a_while, policies_used_up, staged_hand_over, authority, foreign_registry),
]


@pytest.mark.parametrize("plant", SPOILS, ids=lambda plant: plant.__name__)
def test_what_was_planted_is_named_and_refused(scene, plant):
    sentences = list(plant(scene))
    with pytest.raises(DeploymentError) as refusal:
        scene.hand_over()
    listed = str(refusal.value)
    assert listed.startswith("bank 'Rhein Bank' is not as its file says:\n* ")
    assert [each for each in sentences if each not in listed] == [], listed
    assert scene.is_admin(scene.set_up)

    scene.renounce()
    report = check_bank(scene.chain, scene.bank, scene.escrow)
    found = "\n".join(map(str, report.findings))
    later = [each for each in sentences if not isinstance(each, Early)]
    assert [each for each in later if each not in found] == [], found
    assert report.clean == (not later)


def test_what_is_planted_after_the_check_is_named_by_the_same_run(scene):
    class Watched(Chain):
        """Somebody else has the set-up key too, and waits for its renunciation."""

        def send(self, account, call, gas=None):
            if call.fn_name == "renounceRole" and call.address == scene.bank.timelock:
                super().send(account, scene.registry.setZone([840], 1))
            return super().send(account, call, gas)

    chain = Watched(scene.chain.web3, scene.chain.chain_id, scene.chain.genesis_hash)
    with pytest.raises(DeploymentError, match="zone of US: found 1, the file says 0"):
        Deployer(chain, scene.set_up).hand_over(scene.bank, scene.escrow)


def test_another_admin_is_seen_by_what_it_did_after_the_hand_over_though_it_is_gone(scene):
    scene.send(scene.manager.grantRole(Role.ADMIN, scene.deputy.address, 0))
    with pytest.raises(DeploymentError):
        scene.hand_over()
    scene.renounce()
    # Only a REGISTRAR could, but through the manager ADMIN gives the function back to itself.
    call = scene.registry.register(STRANGER, 0, 276, FAR, 1)
    functions = (scene.bank.registry, [selector(call)])
    scene.send(
        scene.manager.setTargetFunctionRole(*functions, Role.ADMIN),
        call,
        scene.manager.setTargetFunctionRole(*functions, Role.REGISTRAR),
        scene.manager.renounceRole(Role.ADMIN, scene.deputy.address),
        key=scene.deputy,
    )
    (found,) = check_bank(scene.chain, scene.bank, scene.escrow).findings
    assert found.thing.startswith("participants registered at the registry")


def test_bank_that_is_not_handed_over_is_named(scene):
    report = check_bank(scene.chain, scene.bank, scene.escrow)
    listed = list(map(str, report.findings))
    assert (
        f"ADMIN, {scene.set_up.address}: found a holder, delayed by 0 s, the file says no holder."
        in listed
    )
    assert (
        f"ADMIN, the timelock ({scene.bank.timelock}): found no holder, the file says a holder, "
        "delayed by 0 s." in listed
    )


def test_refusal_is_repeated_by_a_later_run_until_all_is_as_the_file_says(scene):
    scene.send(scene.registry.setZone([840], 1))
    for _ in range(2):
        with pytest.raises(DeploymentError, match="zone of US: found 1, the file says 0"):
            scene.hand_over()
    scene.send(scene.registry.setZone([840], 0))
    scene.hand_over()
    assert not scene.is_admin(scene.set_up)
    assert check_bank(scene.chain, scene.bank, scene.escrow).clean
