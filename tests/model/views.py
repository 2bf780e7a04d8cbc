"""What a chain must answer if the model is right: every balance, state and limit of the world."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.model.access import ROLES, Manager
from tests.model.bank_token import Token
from tests.model.books import NOBODY, Contract
from tests.model.escrow import Escrow
from tests.model.messages import Payment
from tests.model.policy import Policy, StubbornPolicy
from tests.model.registry import Registry
from tests.model.world import (
    BANKS,
    COUNTRIES,
    CUSTOMER_IDS,
    DEALER_KEY,
    DEALERS,
    DEPLOYER,
    HOLDERS,
    LEDGERS,
    MINTERS,
    SPARE_LEDGERS,
    SPENDERS,
    STRANGER,
    TOKENS,
    ZONES,
)

View = tuple[str, tuple[Any, ...]]
"""A function and its arguments."""
Answers = dict[View, Any]


@dataclass(frozen=True)
class Tried:
    """What was used or may have been used: what views can be asked about without end."""

    payments: list[Payment] = field(default_factory=list)
    entries: set[int] = field(default_factory=set)
    nonces: set[tuple[str, int]] = field(default_factory=set)
    """By whom they are drawn; those of payments are their ids."""


ACCOUNTS = [*HOLDERS, *MINTERS, "escrow", STRANGER]


def answers_of(contract: Contract, tried: Tried) -> Answers:
    """What a contract must answer now, also of what was tried in vain."""
    match contract:
        case Manager():
            return dict(_of_manager(contract))
        case Registry():
            return dict(_of_registry(contract))
        case StubbornPolicy():
            return {}
        case Policy():
            return dict(_of_policy(contract))
        case Token():
            return dict(_of_token(contract, tried))
        case Escrow():
            return dict(_of_escrow(contract, tried.payments))
    raise TypeError(f"{contract.name} has no views here")


def _of_token(token: Token, tried: Tried) -> Iterator[tuple[View, Any]]:
    for what, told in zip(("name", "symbol", "currency", "decimals"), token.metadata, strict=True):
        yield (what, ()), told
    yield ("totalSupply", ()), token.supply
    yield ("supplyCap", ()), token.supply_cap
    yield ("paused", ()), token.paused
    yield ("authority", ()), token.authority
    yield ("registry", ()), token.registry.name
    yield ("policy", ()), token.policy.name
    yield ("policyGeneration", ()), token.policy_generation
    yield ("epoch", ()), token.epoch
    yield ("suspenseAccount", ()), token.suspense_account
    yield ("terms", ()), token.terms
    for other in TOKENS:
        yield ("acceptanceOf", (other,)), token.acceptance(other)
    for country in COUNTRIES:
        yield ("zoneOf", (country,)), token.registry.zone_of(country)
    for account in ACCOUNTS:
        yield ("systemStatusOf", (account,)), token.system_status(account)
        yield ("balanceOf", (account,)), token.balance(account)
        yield ("getFrozenTokens", (account,)), token.frozen.get(account, 0)
        yield ("lockedOf", (account,)), token.locked.get(account, 0)
        yield ("spendableOf", (account,)), token.spendable(account)
        yield ("canSend", (account,)), token.is_system(account) or token.is_good(account)
        yield ("standingOf", (account,)), token.standing(account)
        # A copy that says yes says so of nobody who is blocked.
        for view in ("payerBlocked", "isBlocked"):
            yield (view, (account,)), token.registry.is_blocked(account)
    for account in [*ACCOUNTS, NOBODY, token.name]:
        yield ("canReceive", (account,)), token.can_receive(account)
    for holder in HOLDERS:
        yield ("openRedemptionsOf", (holder,)), token.open_redemptions(holder)
        yield ("nonces", (holder,)), token.permits.get(holder, 0)
        for spender in SPENDERS:
            yield ("allowance", (holder, spender)), token.allowance(holder, spender)
    for authorization in tried.nonces:
        yield ("authorizationState", authorization), authorization in token.used_nonces
    for payment in tried.payments:
        if payment.source_token == token.name:
            authorization = (payment.payer, payment.id)
            yield ("authorizationState", authorization), authorization in token.used_nonces
    for minter in [*MINTERS, STRANGER]:
        yield ("minterOf", (minter,)), token.minter(minter)
    for ledger_id in [*LEDGERS.values(), *SPARE_LEDGERS.values()]:
        yield ("minterOfLedger", (ledger_id,)), token.minter_of_ledger(ledger_id)
    for entry in tried.entries:
        yield ("isEntryConsumed", (entry,)), entry in token.entries
    for id in range(1, len(token.redemptions) + 2):
        yield ("redemptionOf", (id,)), token.redemption(id)


def _of_manager(manager: Manager) -> Iterator[tuple[View, Any]]:
    for role, number in ROLES.items():
        officer = f"{manager.bank} {role}"
        yield ("getRoleAdmin", (number,)), manager.admin_of(number)
        yield ("getRoleGuardian", (number,)), manager.guardian_of(number)
        for account in (officer, f"{manager.bank} deputy", DEPLOYER):
            answer = ((number, account) in manager.members, 0)
            yield ("hasRole", (number, account)), answer
    for contract, name in manager.functions:
        yield ("getTargetFunctionRole", (contract, name)), manager.functions[contract, name]


def _of_registry(registry: Registry) -> Iterator[tuple[View, Any]]:
    yield ("authority", ()), registry.authority
    predecessor = registry.predecessor
    yield ("PREDECESSOR", ()), predecessor.name if predecessor else NOBODY
    yield ("DEPTH", ()), len(list(registry.line())) - 1
    yield ("epoch", ()), registry.epoch
    yield ("subscribers", ()), tuple(registry.subscribers)
    for token in TOKENS:
        yield ("epochFor", (token,)), registry.epoch_for(token)
    for account in ACCOUNTS:
        yield ("participantOf", (account,)), registry.participant_of(account)
        yield ("standingOf", (account,)), registry.standing_of(account)
        yield ("lookUp", (account,)), registry.look_up(account)
        yield ("customerIdOf", (account,)), registry.customer_id_of(account)
        yield ("isBlocked", (account,)), registry.is_blocked(account)
    for customer_id in CUSTOMER_IDS[registry.bank]:
        yield ("isCustomerBlocked", (customer_id,)), registry.is_customer_blocked(customer_id)
    for country in COUNTRIES:
        yield ("zoneOf", (country,)), registry.zone_of(country)
    for ledger_id in [*LEDGERS.values(), *SPARE_LEDGERS.values()]:
        yield ("tokenOfLedger", (ledger_id,)), registry.token_of_ledger(ledger_id)


def _of_policy(policy: Policy) -> Iterator[tuple[View, Any]]:
    yield ("authority", ()), policy.authority
    yield ("approver", ()), policy.approver
    for place in ((token, *zones) for token in BANKS[policy.bank] for zones in ZONES):
        yield ("corridor", place), policy.corridor(*place)
        yield ("isSuspended", place), place in policy.suspended
        yield ("directTransfers", place), policy.direct_transfers(*place)
        for customer_id in CUSTOMER_IDS[policy.bank]:
            answer = policy.remaining_quota(*place, customer_id)
            yield ("remainingQuota", (*place, customer_id)), answer


def _of_escrow(escrow: Escrow, payments: list[Payment]) -> Iterator[tuple[View, Any]]:
    for token in TOKENS:
        for dealer in DEALERS:
            yield ("inventoryOf", (dealer, token)), escrow.inventory.get((dealer, token), 0)
        for owner in ACCOUNTS:
            yield ("claimableOf", (token, owner)), escrow.claimable.get((token, owner), 0)
    for signer in [DEALER_KEY, STRANGER]:
        allowed = ("dora", signer) in escrow.dealer_signers
        yield ("isDealerSigner", ("dora", signer)), allowed
    for payment in payments:
        *answer, quota_ref = vars(escrow.state(payment)).values()
        answer.append(quota_ref.number if quota_ref else 0)
        yield ("paymentState", (payment.id,)), tuple(answer)
