"""What a spoiled set-up key plants before a hand-over is found and refused, then and later."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import ContractFunction

from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.deployment.audit import check_bank
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.create2 import Creation, create
from deposit_token.deployment.deployer import Deployer
from deposit_token.deployment.powers import DEFAULT_ADMIN, PROPOSER
from deposit_token.errors import DeploymentError
from deposit_token.values.enumerations import Role
from tests.nodes import advance, again
from tests.scene import ARBITER, FAR, SET_UP, Bank, deploy, rhein_bank, victoria_bank

STRANGER = Web3.to_checksum_address(f"0x{'11' * 20}")
DEPUTY = ARBITER
"""Another key in the same hands."""
PUBLIC_ROLE = 2**64 - 1
RULES = (True, True, False, False, 0, 0, 1, 10**9, 0)
"""Of a corridor through which everything passes."""


class Planted(Bank):
    """A bank before its hand-over, and the set-up key that plants things there."""

    def __init__(self, chain: Chain, at: BankDeployment, escrow: str, foreign: str) -> None:
        super().__init__(chain, at)
        self.escrow = escrow
        self.foreign = foreign
        """A token of another bank."""

    def plant(self, *calls: ContractFunction, key: LocalAccount = SET_UP) -> None:
        for call in calls:
            self.chain.send(key, call)

    def create(self, artifact: str, *arguments: object, spoiled: bool = False) -> str:
        """A further contract of ours; `spoiled`: with another hash at the end of its code."""
        creation = Creation.of(artifact, b"\7" * 32, *arguments)
        if spoiled:
            code = bytearray(creation.code)
            # The metadata's hash is before the last bytes of the code, which arguments follow.
            place = code.rindex(b"\x64solcC") - 20
            code[place] ^= 1
            creation = replace(creation, code=bytes(code))
        create(self.chain, SET_UP, creation)
        return creation.address

    def renounce(self) -> None:
        """By the set-up key itself, in spite of what was found."""
        self.plant(
            self.timelock.renounceRole(DEFAULT_ADMIN, SET_UP.address),
            self.manager.renounceRole(Role.ADMIN, SET_UP.address),
        )

    def is_handed_over(self) -> bool:
        member, _ = self.chain.call(self.manager.hasRole(Role.ADMIN, SET_UP.address))
        return not member

    def hand_over(self) -> None:
        """By a process of its own, which knows nothing of one before."""
        Deployer(again(self.chain), SET_UP).hand_over(self.at, self.escrow)


@pytest.fixture(scope="module")
def configured(anvil_url):
    """A bank that is not handed over yet, the escrow, and another bank's token."""
    chain = Chain.connect(anvil_url)
    escrow, (victoria,) = deploy(chain, victoria_bank())
    deployer = Deployer(chain, SET_UP)
    bank = deployer.deploy_bank(rhein_bank())
    deployer.configure_bank(bank, escrow)
    return bank, escrow, victoria.tokens["HKD"]


@pytest.fixture
def bank(local_chain, configured):
    return Planted(local_chain, *configured)


def selector(call: ContractFunction) -> bytes:
    return bytes.fromhex(call.selector[2:])


class Early(str):
    """A sentence that is no finding once a bank is handed over: its own keys may have done so."""


# Each plants something, and gives the sentences that name it.


def public_function(bank):
    call = bank.token.setMinter(STRANGER, 1, 1)
    bank.plant(bank.manager.setTargetFunctionRole(bank.first, [selector(call)], PUBLIC_ROLE))
    yield f"role of setMinter at token EUR ({bank.first}): found PUBLIC_ROLE, the file says ADMIN."


def public_upgrade(bank):
    call = bank.token.upgradeToAndCall(STRANGER, b"")
    bank.plant(bank.manager.setTargetFunctionRole(bank.first, [selector(call)], PUBLIC_ROLE))
    yield (
        f"role of upgradeToAndCall at token EUR ({bank.first}): found PUBLIC_ROLE, the file says "
        "ADMIN."
    )


def function_of_a_stranger(bank):
    call = bank.manager.setTargetFunctionRole(STRANGER, [b"\1\2\3\4"], Role.PAYOUT_OFFICER)
    bank.plant(call)
    yield f"role of 0x01020304 at {STRANGER}: found PAYOUT_OFFICER, the file says ADMIN."


def role_admin(bank):
    bank.plant(bank.manager.setRoleAdmin(Role.PAYOUT_OFFICER, Role.REGISTRAR))
    yield "role that is administrator of PAYOUT_OFFICER: found REGISTRAR, the file says KEEPER."


def admin_of_another_role(bank):
    bank.plant(bank.manager.setRoleAdmin(42, PUBLIC_ROLE))
    yield "role that is administrator of role 42: found PUBLIC_ROLE, the file says ADMIN."


def role_guardian(bank):
    bank.plant(bank.manager.setRoleGuardian(Role.ENFORCER, 42))
    yield "role that is guardian of ENFORCER: found role 42, the file says GUARDIAN."


def another_admin(bank):
    bank.plant(bank.manager.grantRole(Role.ADMIN, STRANGER, 0))
    yield f"ADMIN, {STRANGER}: found a holder, delayed by 0 s, the file says no holder."


def another_keeper(bank):
    bank.plant(bank.manager.grantRole(Role.KEEPER, STRANGER, 5))
    yield f"KEEPER, {STRANGER}: found a holder, delayed by 5 s, the file says no holder."


def holder_of_another_role(bank):
    bank.plant(bank.manager.grantRole(42, STRANGER, 0))
    yield f"role 42, {STRANGER}: found a holder, delayed by 0 s, the file says no holder."


def another_registrar(bank):
    bank.plant(bank.keeper.grant(Role.REGISTRAR, STRANGER))
    yield f"REGISTRAR, {STRANGER}: found a holder, delayed by 0 s, the file says no holder."


def lost_payout_officer(bank):
    (payout_officer,) = bank.at.config.keys.payout_officer
    bank.plant(bank.keeper.revoke(Role.PAYOUT_OFFICER, payout_officer))
    yield (
        f"PAYOUT_OFFICER, the payout officer ({payout_officer}): found no holder, the file says a "
        "holder, delayed by 0 s."
    )


def execution_delay(bank):
    (guardian,) = bank.at.config.keys.guardian
    bank.plant(bank.manager.grantRole(Role.GUARDIAN, guardian, 3_600))
    yield (
        f"GUARDIAN, the guardian ({guardian}): found a holder, delayed by 3600 s, the file says a "
        "holder, delayed by 0 s."
    )


def execution_delay_to_come(bank):
    bank.plant(
        bank.manager.grantRole(Role.ADMIN, bank.at.timelock, 7_200),
        bank.manager.grantRole(Role.ADMIN, bank.at.timelock, 0),
    )
    yield f"ADMIN, the timelock ({bank.at.timelock}): found a holder, delayed by 7200 s and 0 s"


def grant_delay(bank):
    bank.plant(bank.manager.setGrantDelay(Role.REGISTRAR, 864_000))
    yield "delay before a holder of REGISTRAR counts: found 0 s, and 864000 s from 20"


def label(bank):
    bank.plant(bank.manager.labelRole(Role.PAYOUT_OFFICER, "auditor"))
    yield "label of PAYOUT_OFFICER: found 'auditor', the file says none."


def closed_target(bank):
    bank.plant(bank.manager.setTargetClosed(bank.first, True))
    yield f"access to token EUR ({bank.first}): found closed, the file says open."


def target_admin_delay(bank):
    bank.plant(bank.manager.setTargetAdminDelay(bank.first, 10**6))
    yield f"delay of ADMIN at token EUR ({bank.first}): found 0 s, and 1000000 s from 20"


def proposer(bank):
    bank.plant(bank.timelock.grantRole(PROPOSER, STRANGER))
    yield (
        f"PROPOSER at the timelock ({bank.at.timelock}), {STRANGER}: found a holder, the file "
        "says no holder."
    )


def timelock_admin(bank):
    bank.plant(bank.timelock.grantRole(DEFAULT_ADMIN, STRANGER))
    yield (
        f"DEFAULT_ADMIN at the timelock ({bank.at.timelock}), {STRANGER}: found a holder, the "
        "file says no holder."
    )


def lost_recovery(bank):
    bank.plant(bank.timelock.revokeRole(DEFAULT_ADMIN, bank.at.recovery))
    yield (
        f"DEFAULT_ADMIN at the timelock ({bank.at.timelock}), the recovery timelock "
        f"({bank.at.recovery}): found no holder, the file says a holder."
    )


def another_role_at_the_timelock(bank):
    bank.plant(bank.timelock.grantRole(b"\5" * 32, STRANGER))
    yield (
        f"role 0x{'05' * 32} at the timelock ({bank.at.timelock}), {STRANGER}: found a holder, "
        "the file says no holder."
    )


def scheduled_at_the_timelock(bank):
    """It can be carried out by anybody, though its proposer is none any more."""
    upgrade = bank.token.upgradeToAndCall(STRANGER, b"")
    nothing = bytes(32)
    bank.plant(
        bank.timelock.grantRole(PROPOSER, SET_UP.address),
        bank.timelock.schedule(bank.first, 0, calldata(upgrade), nothing, nothing, 10**6),
        bank.timelock.revokeRole(PROPOSER, SET_UP.address),
    )
    yield (
        f"that waits at the timelock ({bank.at.timelock}): found upgradeToAndCall of token EUR "
        f"({bank.first}) with 0x{'11' * 20:0>64}"
    )


def scheduled_at_the_manager(bank):
    act = bank.manager.setRoleAdmin(Role.PAYOUT_OFFICER, 0)
    bank.plant(bank.manager.grantRole(Role.ADMIN, DEPUTY.address, 60))
    bank.plant(bank.manager.schedule(bank.at.manager, calldata(act), 0), key=DEPUTY)
    bank.plant(bank.manager.revokeRole(Role.ADMIN, DEPUTY.address))
    yield (
        f"act of {DEPUTY.address} that waits at the manager: found setRoleAdmin of the manager "
        f"({bank.at.manager}) with 0x{Role.PAYOUT_OFFICER:064x}{0:064x}, from 20"
    )


def accepted_token(bank):
    bank.plant(bank.token.setAccepted(bank.foreign, True))
    yield f"{bank.foreign} at token EUR: found accepted, the file says not accepted."


def token_accepted_for_refunds(bank):
    bank.plant(bank.token.setAccepted(bank.foreign, True), bank.token.suspendAccepted(bank.foreign))
    yield f"{bank.foreign} at token EUR: found accepted, the file says not accepted."
    yield Early(
        f"{bank.foreign} at token EUR: found accepted for refunds only, the file says accepted."
    )


def minter(bank):
    bank.plant(bank.token.setMinter(STRANGER, 9, 10**6))
    yield (
        f"minter {STRANGER} of token EUR: found ledger 9 with a ceiling of 10000.00 EUR, the file "
        "says no minter."
    )
    yield Early(f"ledger 9: found claimed by token EUR ({bank.first}), the file says nobody's.")


def ceiling(bank):
    first = bank.at.config.minters[0]
    bank.plant(bank.token.setMinter(first.address, first.ledger_id, 10**12))
    yield (
        f"minter {first.address} of token EUR: found ledger 7001 with a ceiling of 10000000000.00 "
        "EUR, the file says ledger 7001 with a ceiling of 10000000.00 EUR."
    )


def corridor(bank):
    bank.plant(bank.policy.setCorridor(bank.first, 2, 1, RULES))
    yield (
        f"corridor of token EUR ({bank.first}) from HK to EEA: found open = true, "
        "direct_transfers = true, approval_needed = false, purpose_required = false, period = "
        '"none", utc_offset = "+00:00", min_amount = "0.01", max_amount = "10000000.00", the file '
        "says no rules."
    )


def corridor_of_a_stranger(bank):
    bank.plant(bank.policy.setCorridor(STRANGER, 1, 1, RULES))
    yield f"corridor of {STRANGER} from EEA to EEA: found open = true,"


def suspended_corridor(bank):
    bank.plant(bank.policy.suspendCorridor(bank.first, 1, 2))
    yield Early(
        f"corridor of token EUR ({bank.first}) from EEA to HK: found suspended, the file says in "
        "force."
    )


def zone(bank):
    bank.plant(bank.registry.setZone([840, 999], 1))
    yield "zone of US: found EEA, the file says none."
    yield "zone of country 999: found EEA, the file says none."


def approver(bank):
    bank.plant(bank.policy.setApprover(STRANGER))
    yield f"approver: found {STRANGER}, the file says {bank.at.config.keys.approver}."


def supply_cap(bank):
    bank.plant(bank.token.setSupplyCap(2**128 - 1))
    yield (
        "supply cap of token EUR: found 3402823669209384634633746074317682114.55 EUR, the "
        "file says 10000000000.00 EUR."
    )


def terms(bank):
    bank.plant(bank.token.setTerms("https://example.org", b"\1" * 32))
    yield f"terms of token EUR: found ['https://example.org', '0x{'01' * 32}'], the file says ['',"


def system_account(bank):
    second = bank.create("SettlementEscrow")
    bank.plant(bank.token.activateSystemAccount(second))
    yield f"{second} at token EUR: found a system account, the file says no system account."


def stopped_escrow(bank):
    bank.plant(bank.token.stopSystemAccount(bank.escrow))
    yield Early(
        f"the escrow ({bank.escrow}) at token EUR: found stopped, which only pays out, the file "
        "says active."
    )


def subscriber(bank):
    bank.plant(bank.registry.subscribe(bank.foreign))
    yield f"{bank.foreign} at the registry: found a subscriber, the file says no subscriber."


def participant(bank):
    bank.plant(bank.registry.register(STRANGER, 3, 276, FAR, 1))
    yield (
        f"participants registered at the registry ({bank.at.registry}) before the hand-over: "
        "found 1, the file says none."
    )


def suspense_account(bank):
    bank.plant(
        bank.registry.register(STRANGER, 2, 276, FAR, 1), bank.token.setSuspenseAccount(STRANGER)
    )
    yield f"suspense account of token EUR: found {STRANGER}, the file says 0x{'00' * 20}."


def blocks(bank):
    bank.plant(
        bank.registry.register(STRANGER, 0, 276, FAR, 1),
        bank.registry.blockWallet(STRANGER, b"LEGL"),
        bank.registry.blockCustomer(5, b"LEGL"),
    )
    for word in ("wallets", "customers"):
        yield f"{word} blocked at the registry ({bank.at.registry}) before the hand-over: found"


def supply(bank):
    bank.plant(
        bank.registry.register(STRANGER, 0, 276, FAR, 1),
        bank.token.setMinter(DEPUTY.address, 9, 10**6),
        bank.token.unpause(),
    )
    bank.plant(bank.token.mint(STRANGER, 7, 9 << 64), key=DEPUTY)
    bank.plant(bank.token.pause(), bank.token.removeMinter(DEPUTY.address))
    place = f"token EUR ({bank.first}) before the hand-over"
    yield f"entries used at {place}: found 1, the file says none."
    yield f"pauses ended at {place}: found 1, the file says none."


def unpaused(bank):
    bank.plant(bank.token.unpause())
    yield f"pauses ended at token EUR ({bank.first}) before the hand-over: found 1, the file says"


def freeze(bank):
    bank.plant(bank.token.freeze(STRANGER, 5))
    yield f"freezes set at token EUR ({bank.first}) before the hand-over: found 1, the file says"


def implementation(bank):
    code = bank.create("DepositToken", bank.at.extension)
    bank.plant(bank.token.upgradeToAndCall(code, b""))
    yield (
        f"implementation of token EUR ({bank.first}): found {code}, the file says "
        f"{bank.at.implementation}."
    )


def foreign_code(bank):
    code = bank.create("DepositToken", bank.at.extension, spoiled=True)
    bank.plant(bank.token.upgradeToAndCall(code, b""))
    yield f"code of the DepositToken at {code}: found code with the hash 0x"


def foreign_extension(bank):
    extension = bank.create("DepositTokenExt", spoiled=True)
    code = bank.create("DepositToken", extension)
    bank.plant(bank.token.upgradeToAndCall(code, b""))
    yield f"extension of token EUR ({bank.first}): found {extension}, the file says"
    yield f"code of the DepositTokenExt at {extension}: found code with the hash 0x"


def foreign_code_for_a_while(bank):
    """It could have written whatever it liked, without any event."""
    code = bank.create("DepositToken", bank.at.extension, spoiled=True)
    bank.plant(
        bank.token.upgradeToAndCall(code, b""),
        bank.token.upgradeToAndCall(bank.at.implementation, b""),
    )
    yield (
        f"implementation of token EUR ({bank.first}) once before the hand-over: found {code}, the "
        f"file says {bank.at.implementation} alone."
    )


def registry(bank):
    other = bank.create("AllowlistRegistry", bank.at.manager, bank.at.registry)
    functions = bank.functions("AllowlistRegistry", other)
    bank.plant(functions.subscribe(bank.first), bank.token.setRegistry(other))
    yield f"registry of token EUR ({bank.first}): found {other}, the file says {bank.at.registry}"


def policy_for_a_while(bank):
    other = bank.create("CorridorPolicy", bank.at.manager)
    bank.plant(bank.token.setPolicy(other), bank.token.setPolicy(bank.at.policy))
    yield (
        f"policy of token EUR ({bank.first}) once before the hand-over: found {other}, the file "
        f"says {bank.at.policy} alone."
    )


def policies_used_up(bank):
    """A token that counts 4,095 of them takes no other any more."""
    bank.plant(*[bank.token.setPolicy(bank.at.policy)] * 3)
    yield (
        f"policy of token EUR ({bank.first}) before the hand-over: found set 4 times, the file "
        "says once."
    )


def staged_hand_over(bank):
    """The timelock alone is ADMIN for a while, until it gives the role back as it was told to."""
    me = SET_UP.address
    bank.plant(
        bank.timelock.grantRole(PROPOSER, me),
        bank.manager.grantRole(Role.ADMIN, bank.at.timelock, 0),
    )
    back = calldata(bank.manager.grantRole(Role.ADMIN, me, 0))
    delay = bank.at.config.upgrade_delay
    proposal = (bank.at.manager, 0, back, bytes(32), bytes(32))
    bank.plant(bank.timelock.schedule(*proposal, delay), bank.manager.renounceRole(Role.ADMIN, me))
    now = bank.chain.web3.eth.get_block("latest")["timestamp"]
    advance(bank.chain, now + delay)
    bank.plant(
        bank.timelock.execute(*proposal),
        bank.token.unpause(),
        bank.token.pause(),
        bank.timelock.revokeRole(PROPOSER, me),
    )
    yield f"pauses ended at token EUR ({bank.first}) before the hand-over: found 1, the file says"


def authority(bank):
    other = bank.create("AccessManager", SET_UP.address)
    bank.plant(bank.manager.updateAuthority(bank.at.keeper, other))
    yield (
        f"authority of the keeper ({bank.at.keeper}): found {other}, the file says "
        f"{bank.at.manager}."
    )


def foreign_registry(bank):
    code = f"0x{'fe' * 40}"
    bank.chain.web3.provider.make_request("anvil_setCode", [bank.at.registry, code])
    yield (
        f"code of the AllowlistRegistry at {bank.at.registry}: found code with the hash "
        f"{Web3.keccak(hexstr=code).to_0x_hex()}, the file says that which this package builds."
    )


SPOILS: list[Callable[[Planted], object]] = [
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


@pytest.mark.slow
@pytest.mark.parametrize("plant", SPOILS, ids=lambda plant: plant.__name__)
def test_what_was_planted_is_named_and_refused(bank, plant):
    sentences = list(plant(bank))
    with pytest.raises(DeploymentError) as refusal:
        bank.hand_over()
    listed = str(refusal.value)
    assert listed.startswith("bank 'Rhein Bank' is not as its file says:\n* ")
    assert [each for each in sentences if each not in listed] == [], listed
    assert not bank.is_handed_over()

    bank.renounce()
    report = check_bank(bank.chain, bank.at, bank.escrow)
    found = "\n".join(map(str, report.findings))
    later = [each for each in sentences if not isinstance(each, Early)]
    assert [each for each in later if each not in found] == [], found
    assert report.clean == (not later)


def test_what_is_planted_after_the_check_is_named_by_the_same_run(bank):
    class Watched(Chain):
        """Somebody else has the set-up key too, and waits for its renunciation."""

        def send(self, account, call, gas=None):
            if call.fn_name == "renounceRole" and call.address == bank.at.timelock:
                super().send(account, bank.registry.setZone([840], 1))
            return super().send(account, call, gas)

    known = bank.chain
    chain = Watched(known.web3, known.chain_id, known.genesis_hash, known.profile)
    with pytest.raises(DeploymentError, match="zone of US: found EEA, the file says none"):
        Deployer(chain, SET_UP).hand_over(bank.at, bank.escrow)


def test_another_admin_is_seen_by_what_it_did_after_the_hand_over_though_it_is_gone(bank):
    bank.plant(bank.manager.grantRole(Role.ADMIN, DEPUTY.address, 0))
    with pytest.raises(DeploymentError):
        bank.hand_over()
    bank.renounce()
    # Only a REGISTRAR could, but through the manager ADMIN gives the function back to itself.
    call = bank.registry.register(STRANGER, 0, 276, FAR, 1)
    functions = (bank.at.registry, [selector(call)])
    bank.plant(
        bank.manager.setTargetFunctionRole(*functions, Role.ADMIN),
        call,
        bank.manager.setTargetFunctionRole(*functions, Role.REGISTRAR),
        bank.manager.renounceRole(Role.ADMIN, DEPUTY.address),
        key=DEPUTY,
    )
    (found,) = check_bank(bank.chain, bank.at, bank.escrow).findings
    assert found.thing.startswith("participants registered at the registry")


def test_bank_that_is_not_handed_over_is_named(bank):
    report = check_bank(bank.chain, bank.at, bank.escrow)
    listed = list(map(str, report.findings))
    assert (
        f"ADMIN, {SET_UP.address}: found a holder, delayed by 0 s, the file says no holder."
        in listed
    )
    assert (
        f"ADMIN, the timelock ({bank.at.timelock}): found no holder, the file says a holder, "
        "delayed by 0 s." in listed
    )


def test_refusal_is_repeated_by_a_later_run_until_all_is_as_the_file_says(bank):
    bank.plant(bank.registry.setZone([840], 1))
    for _ in range(2):
        with pytest.raises(DeploymentError, match="zone of US: found EEA, the file says none"):
            bank.hand_over()
    bank.plant(bank.registry.setZone([840], 0))
    bank.hand_over()
    assert bank.is_handed_over()
    assert check_bank(bank.chain, bank.at, bank.escrow).clean
