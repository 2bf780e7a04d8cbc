"""What a chain must answer if the model is right: every balance, state and limit of the world."""

from collections.abc import Iterator
from typing import Any

from model.bank_token import Token
from model.books import NOBODY
from model.escrow import Escrow
from model.messages import Payment
from model.policy import UNSET, Policy
from model.registry import Registry
from model.world import (
    BANKS,
    COUNTRIES,
    CUSTOMER_IDS,
    DEALER_KEY,
    DEALERS,
    DESKS,
    ENTRIES,
    HOLDERS,
    LEDGERS,
    NONCES,
    SPENDERS,
    STRANGER,
    TOKENS,
    ZONES,
    World,
    entry,
)

View = tuple[str, tuple[Any, ...]]
"""A function and its arguments."""
Answers = dict[str, dict[View, Any]]
"""By contract and view."""

ACCOUNTS = [*HOLDERS, *DESKS, "escrow", STRANGER]


def answers_of(world: World, payments: list[Payment]) -> Answers:
    """What every contract must answer now."""
    return {
        **{token.name: dict(_of_token(token, payments)) for token in world.tokens},
        **{each.name: dict(_of_registry(each)) for each in world.registries.values()},
        **{policy.name: dict(_of_policy(policy)) for policy in world.policies},
        "escrow": dict(_of_escrow(world.escrow, payments)),
    }


def _of_token(token: Token, payments: list[Payment]) -> Iterator[tuple[View, Any]]:
    yield ("totalSupply", ()), token.supply
    yield ("supplyCap", ()), token.supply_cap
    yield ("paused", ()), token.paused
    yield ("policy", ()), token.policy.name
    yield ("policyGeneration", ()), token.policy_generation
    yield ("epoch", ()), token.epoch
    yield ("suspenseAccount", ()), token.suspense_account
    yield ("systemStatusOf", ("escrow",)), token.system_status("escrow")
    for account in ACCOUNTS:
        yield ("balanceOf", (account,)), token.balance(account)
        yield ("getFrozenTokens", (account,)), token.frozen.get(account, 0)
        yield ("lockedOf", (account,)), token.locked.get(account, 0)
        yield ("spendableOf", (account,)), token.spendable(account)
        yield ("canSend", (account,)), token.is_system(account) or token.is_good(account)
        yield ("standingOf", (account,)), token.standing(account)
        # A copy that says yes says so of nobody who is blocked.
        yield ("payerBlocked", (account,)), token.registry.is_blocked(account)
    for account in [*ACCOUNTS, NOBODY, token.name]:
        yield ("canReceive", (account,)), token.can_receive(account)
    for holder in HOLDERS:
        yield ("openRedemptionsOf", (holder,)), token.open_redemptions(holder)
        yield ("nonces", (holder,)), token.permits.get(holder, 0)
        for spender in SPENDERS:
            yield ("allowance", (holder, spender)), token.allowance(holder, spender)
        for nonce in NONCES:
            used = (holder, nonce) in token.used_nonces
            yield ("authorizationState", (holder, nonce)), used
    for payment in payments:
        if payment.source_token == token.name:
            authorization = (payment.payer, payment.id)
            yield ("authorizationState", authorization), authorization in token.used_nonces
    for desk in [*DESKS, STRANGER]:
        yield ("deskOf", (desk,)), token.desk(desk)
    for ledger_id in LEDGERS.values():
        yield ("deskOfLedger", (ledger_id,)), token.desk_of_ledger(ledger_id)
    for number in ENTRIES:
        used = entry(LEDGERS[token.name], number)
        yield ("isEntryConsumed", (used,)), used in token.entries
    for id in range(1, len(token.redemptions) + 2):
        yield ("redemptionOf", (id,)), token.redemption(id)


def _of_registry(registry: Registry) -> Iterator[tuple[View, Any]]:
    yield ("epoch", ()), registry.epoch
    for token in TOKENS:
        yield ("epochFor", (token,)), registry.epoch_for(token)
    for account in ACCOUNTS:
        yield ("participantOf", (account,)), registry.participant_of(account)
        yield ("standingOf", (account,)), registry.standing_of(account)
        yield ("isBlocked", (account,)), registry.is_blocked(account)
    for customer_id in CUSTOMER_IDS[registry.bank]:
        yield ("isCustomerBlocked", (customer_id,)), customer_id in registry.blocked_customers
    for country in COUNTRIES:
        yield ("zoneOf", (country,)), registry.zone_of(country)
    for ledger_id in LEDGERS.values():
        yield ("tokenOfLedger", (ledger_id,)), registry.ledgers.get(ledger_id, "nobody")


def _of_policy(policy: Policy) -> Iterator[tuple[View, Any]]:
    yield ("approver", ()), policy.approver
    for token in TOKENS:
        yield ("isRecognised", (token,)), token in policy.recognised
    for place in ((token, *zones) for token in BANKS[policy.bank] for zones in ZONES):
        yield ("corridor", place), policy.corridors.get(place, UNSET)
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
