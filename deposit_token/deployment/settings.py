"""The settings of a bank's contracts: what its configuration wants, and what the chain has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deposit_token.chain.chain import Chain
from deposit_token.chain.roles import WORKING_ROLES
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.powers import key_members, role_admin, role_guardian
from deposit_token.values.countries import country_numeric
from deposit_token.values.enumerations import Acceptance, Role, SystemStatus
from deposit_token.values.fields import ADDRESS_ZERO

if TYPE_CHECKING:
    from web3.contract.contract import ContractFunction


@dataclass(frozen=True)
class Setting:
    """One thing that a bank's contracts are set to."""

    found: object
    wanted: object
    change: "ContractFunction"
    """What sets it."""

    @property
    def holds(self) -> bool:
        return self.found == self.wanted


def settings(chain: Chain, bank: BankDeployment, escrow: str) -> Iterator[Setting]:
    """Everything that the set-up key sets through the manager but for the functions' roles.

    In the order in which it is to be set: who gives and takes roles, and who has one, come before
    what the bank works with.
    """
    yield from _administration(chain, bank)
    yield from _members(chain, bank)
    yield from _zones(chain, bank)
    for currency in bank.tokens:
        yield from _token(chain, bank, currency, escrow)
    yield from _policy(chain, bank)
    yield from _minters(chain, bank)


def _administration(chain: Chain, bank: BankDeployment) -> Iterator[Setting]:
    manager = chain.contract("AccessManager", bank.manager).functions
    found = chain.call(manager.hasRole(Role.KEEPER, bank.keeper))
    yield Setting(found, [True, 0], manager.grantRole(Role.KEEPER, bank.keeper, 0))
    for role in WORKING_ROLES:
        for get, wanted, change in (
            (manager.getRoleAdmin, role_admin(role), manager.setRoleAdmin),
            (manager.getRoleGuardian, role_guardian(role), manager.setRoleGuardian),
        ):
            yield Setting(chain.call(get(role)), wanted, change(role, wanted))


def _members(chain: Chain, bank: BankDeployment) -> Iterator[Setting]:
    manager = chain.contract("AccessManager", bank.manager).functions
    keeper = chain.contract("RoleKeeper", bank.keeper).functions
    for role, key, delay in key_members(bank.config):
        # The set-up key has no say over the working roles any more but through the keeper.
        change = (
            keeper.grant(role, key) if role in WORKING_ROLES else manager.grantRole(role, key, 0)
        )
        yield Setting(chain.call(manager.hasRole(role, key)), [True, delay], change)


def _zones(chain: Chain, bank: BankDeployment) -> Iterator[Setting]:
    # Before any token subscribes, which would have to be told of each.
    registry = chain.contract("AllowlistRegistry", bank.registry)
    wanted = [
        (country_numeric(code), number)
        for number, codes in enumerate(bank.config.zones.values(), 1)
        for code in codes
    ]
    found = chain.call_each(registry, "zoneOf", [(country,) for country, _ in wanted])
    for (country, zone), present in zip(wanted, found, strict=True):
        yield Setting(present, zone, registry.functions.setZone([country], zone))


def _token(chain: Chain, bank: BankDeployment, currency: str, escrow: str) -> Iterator[Setting]:
    registry = chain.contract("AllowlistRegistry", bank.registry).functions
    address = bank.tokens[currency]
    token = chain.contract("DepositToken", address).functions
    config = bank.config.token(currency)
    subscribed = address in chain.call(registry.subscribers())
    yield Setting(subscribed, True, registry.subscribe(address))
    for account in (escrow, *bank.config.escrows):
        found = chain.call(token.systemStatusOf(account))
        yield Setting(found, SystemStatus.ACTIVE, token.activateSystemAccount(account))
    cap = config.supply_cap
    yield Setting(chain.call(token.supplyCap()), cap, token.setSupplyCap(cap))
    for other in config.accepted:
        found = chain.call(token.acceptanceOf(other))
        yield Setting(found, Acceptance.ACCEPTED, token.setAccepted(other, True))
    if config.terms is not None:
        terms = [config.terms.uri, bytes.fromhex(config.terms.hash[2:])]
        yield Setting(chain.call(token.terms()), terms, token.setTerms(*terms))


def _policy(chain: Chain, bank: BankDeployment) -> Iterator[Setting]:
    policy = chain.contract("CorridorPolicy", bank.policy).functions
    numbers = bank.config.zone_numbers
    for corridor in bank.config.corridors:
        zones = (numbers[corridor.from_zone], numbers[corridor.to_zone])
        key = (bank.tokens[corridor.token], *zones)
        rules = corridor.as_tuple()
        yield Setting(chain.call(policy.corridor(*key)), rules, policy.setCorridor(*key, rules))
    approver = bank.config.keys.approver
    yield Setting(chain.call(policy.approver()), approver, policy.setApprover(approver))


def _minters(chain: Chain, bank: BankDeployment) -> Iterator[Setting]:
    minters = [
        (minter, chain.contract("DepositToken", bank.tokens[minter.currency]).functions)
        for minter in bank.config.minters
    ]
    # First whom a run before gave the ledger, or whom it gave another one.
    removed = set()
    for minter, token in minters:
        holder = chain.call(token.minterOfLedger(minter.ledger_id))
        held, _, _ = chain.call(token.minterOf(minter.address))
        for other, stale in (
            (holder, holder not in (ADDRESS_ZERO, minter.address)),
            (minter.address, held not in (0, minter.ledger_id)),
        ):
            if stale and (minter.currency, other) not in removed:
                removed.add((minter.currency, other))
                yield Setting(False, True, token.removeMinter(other))
    for minter, token in minters:
        ceiling = minter.ceiling
        yield Setting(
            chain.call(token.minterOf(minter.address)),
            [minter.ledger_id, ceiling, ceiling],
            token.setMinter(minter.address, minter.ledger_id, ceiling),
        )
