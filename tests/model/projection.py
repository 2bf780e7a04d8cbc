"""Rebuilds the books of every contract from what they tell, and makes no call.

It knows no more than the names of the contracts. Each event of the contracts has a method here,
which writes down what the event says and checks nothing: one that has none is an error, and so is
one that is told in other words than the interfaces have.
"""

from dataclasses import replace
from typing import Any

from tests.model.bank_token import (
    Acceptance,
    Minter,
    Redemption,
    RedemptionStatus,
    SystemStatus,
    Token,
)
from tests.model.books import NOBODY, Event
from tests.model.escrow import Escrow, PaymentState, PaymentStatus
from tests.model.messages import Message, Payment
from tests.model.policy import Corridor, Period, Policy, QuotaRef
from tests.model.registry import CustomerCategory, Participant, ParticipantStatus, Registry
from tests.model.world import World

NOTHING_NEW = {
    "ActSkipped",
    "ForcedTransfer",
    "Initialized",
    "QuotaNotRestored",
    "SubscriberMissed",
    "TransferReference",
}
"""Events that change no books: others tell what has changed, or nothing has."""


class Projection:
    def __init__(self) -> None:
        self.world = World()
        self._payments: dict[Message, Payment] = {}
        """By their ids."""
        self._uncaptured_targets: dict[Message, int] = {}
        """By the same: what of the target amount is not paid."""

    def read(self, event: Event) -> None:
        if event.name not in NOTHING_NEW:
            contract = self.world.contracts.get(event.contract)
            getattr(self, event.name)(contract, *event.args)

    # Access managers, and all that they manage

    def RoleGranted(self, manager, role, account, delay, since, new):
        manager.members.add((role, account))

    def RoleRevoked(self, manager, role, account):
        manager.members.remove((role, account))

    def RoleAdminChanged(self, manager, role, admin):
        manager.admins[role] = admin

    def RoleGuardianChanged(self, manager, role, guardian):
        manager.guardians[role] = guardian

    def TargetFunctionRoleUpdated(self, manager, target, function, role):
        manager.functions[target, function] = role

    def AuthorityUpdated(self, contract, manager):
        contract.authority = manager

    # Registries

    def PredecessorSet(self, registry, predecessor):
        registry.predecessor = self.world.contracts[predecessor]

    def Registered(self, registry, wallet, customer_id, category, country, valid_until):
        record = Participant(
            ParticipantStatus.ACTIVE, CustomerCategory(category), country, valid_until, customer_id
        )
        registry.participants[wallet] = record

    def Renewed(self, registry, wallet, valid_until):
        self._note_wallet(registry, wallet, valid_until=valid_until)

    def Revoked(self, registry, wallet):
        self._note_wallet(registry, wallet, valid_until=0)

    def WalletBlocked(self, registry, wallet, reason):
        self._note_wallet(registry, wallet, status=ParticipantStatus.BLOCKED)

    def WalletUnblocked(self, registry, wallet):
        self._note_wallet(registry, wallet, status=ParticipantStatus.ACTIVE)

    def CustomerBlocked(self, registry, customer_id, reason):
        registry.blocked_customers.add(customer_id)

    def CustomerUnblocked(self, registry, customer_id):
        registry.blocked_customers.remove(customer_id)

    def ZoneSet(self, registry, country, zone):
        registry.zones[country] = zone

    def Subscribed(self, registry, token):
        registry.subscribers.append(token)

    def Unsubscribed(self, registry, token):
        registry.subscribers.remove(token)

    def EpochBumped(self, registry, epoch):
        registry.epoch = epoch

    def LedgerClaimed(self, registry, ledger_id, token):
        registry.ledgers[ledger_id] = token

    def _note_wallet(self, registry: Registry, wallet: str, **changed: Any) -> None:
        registry.participants[wallet] = replace(registry.participants[wallet], **changed)

    # Policies

    def CorridorSet(self, policy, token, from_zone, to_zone, corridor):
        *rules, period, offset, least, greatest, quota = corridor
        rules = Corridor(*rules, Period(period), offset, least, greatest, quota)
        policy.corridors[token, from_zone, to_zone] = rules

    def CorridorSuspended(self, policy, *place):
        policy.suspended.add(place)

    def CorridorResumed(self, policy, *place):
        policy.suspended.remove(place)

    def ApproverSet(self, policy, approver):
        policy.approver = approver

    def QuotaConsumed(self, policy, token, customer_id, quota_ref, amount, used):
        self._note_usage(policy, token, customer_id, quota_ref, used)

    def QuotaRestored(self, policy, token, customer_id, quota_ref, amount, used):
        self._note_usage(policy, token, customer_id, quota_ref, used)

    def _note_usage(
        self, policy: Policy, token: str, customer_id: int, quota_ref: int, used: int
    ) -> None:
        from_zone, to_zone, period = _quota_ref(quota_ref)
        policy.usage[token, from_zone, to_zone, customer_id] = (period, used)

    # Tokens

    def Upgraded(self, token, implementation):
        token.implementation = implementation

    def MetadataSet(self, token, *metadata):
        token.metadata = metadata

    def RegistrySet(self, token, registry):
        token.registry = self.world.contracts[registry]

    def PolicySet(self, token, policy, generation):
        token.policy, token.policy_generation = self.world.contracts[policy], generation

    def EpochAdopted(self, token, epoch):
        token.epoch = epoch

    def SupplyCapSet(self, token, cap):
        token.supply_cap = cap

    def Paused(self, token, caller):
        token.paused = True

    def Unpaused(self, token, caller):
        token.paused = False

    def SuspenseAccountSet(self, token, account):
        token.suspense_account = account

    def TermsSet(self, token, uri, content_hash):
        token.terms = (uri, content_hash)

    def AcceptanceSet(self, token, other, acceptance):
        token.acceptances[other] = Acceptance(acceptance)

    def SystemStatusSet(self, token, account, status):
        token.system[account] = SystemStatus(status)

    def Transfer(self, token, source, to, value):
        if source == NOBODY:
            token.supply += value
        else:
            token.balances[source] = token.balance(source) - value
        if to == NOBODY:
            token.supply -= value
        else:
            token.balances[to] = token.balance(to) + value

    def Approval(self, token, owner, spender, value):
        token.allowances[owner, spender] = value

    def PermitUsed(self, token, owner, nonce):
        token.permits[owner] = nonce + 1

    def AuthorizationUsed(self, token, authorizer, nonce):
        token.used_nonces.add((authorizer, nonce))

    def AuthorizationCanceled(self, token, authorizer, nonce):
        token.used_nonces.add((authorizer, nonce))

    def MinterSet(self, token, minter, ledger_id, allowance, ceiling):
        token.minters[minter] = Minter(ledger_id, allowance, ceiling)

    def MinterRemoved(self, token, minter, ledger_id):
        del token.minters[minter]

    def Minted(self, token, minter, to, amount, entry):
        record = token.minters[minter]
        token.minters[minter] = record._replace(allowance=record.allowance - amount)
        token.entries.add(entry)

    def Burned(self, token, minter, amount, entry):
        token.entries.add(entry)

    def Frozen(self, token, account, amount):
        token.frozen[account] = amount

    def RedemptionRequested(self, token, id, holder, amount, payout_reference):
        requested = Redemption(holder, RedemptionStatus.REQUESTED, amount, payout_reference)
        token.redemptions[id] = requested
        token.locked[holder] = token.locked.get(holder, 0) + amount

    def RedemptionAccepted(self, token, id):
        self._note_redemption(token, id, RedemptionStatus.ACCEPTED)

    def RedemptionSettled(self, token, id, minter, amount, entry):
        self._end_redemption(token, id, RedemptionStatus.SETTLED)
        token.entries.add(entry)

    def RedemptionRejected(self, token, id, reason):
        self._end_redemption(token, id, RedemptionStatus.REJECTED)

    def RedemptionCancelled(self, token, id):
        self._end_redemption(token, id, RedemptionStatus.CANCELLED)

    def _note_redemption(self, token: Token, id: int, status: RedemptionStatus) -> None:
        token.redemptions[id] = token.redemptions[id]._replace(status=status)

    def _end_redemption(self, token: Token, id: int, status: RedemptionStatus) -> None:
        self._note_redemption(token, id, status)
        token.locked[token.redemptions[id].holder] -= token.redemptions[id].amount

    # The escrow

    def PaymentAuthorized(self, escrow, id, payer, merchant, terms, generation, quota_ref):
        payment = self._note_opening(escrow, id, terms, generation, quota_ref)
        if payment.dealer != NOBODY:
            self._note_inventory(
                escrow, payment.dealer, payment.target_token, -payment.target_amount
            )

    def PaymentCharged(self, escrow, id, payer, merchant, terms, generation, quota_ref, fee):
        self.PaymentAuthorized(escrow, id, payer, merchant, terms, generation, quota_ref)
        payment = self._payments[id]
        self._note_captured(escrow, id, payment.source_amount, payment.target_amount)

    def PaymentCaptured(self, escrow, id, source_amount, target_amount, fee):
        self._note_captured(escrow, id, source_amount, target_amount)

    def PaymentReleased(self, escrow, id, source_amount, target_amount, fee):
        self._note_captured(escrow, id, source_amount, target_amount)

    def PaymentDisputed(self, escrow, id):
        self._note_payment(escrow, id, status=PaymentStatus.DISPUTED)

    def PaymentResolved(self, escrow, id, source_amount, target_amount, fee, returned):
        self._note_captured(escrow, id, source_amount, target_amount)
        # What the merchant's side got of it, before and now, says what of it is the dealer's again.
        self._note_end(escrow, id, PaymentStatus.RESOLVED, self._uncaptured_targets[id])

    def PaymentVoided(self, escrow, id, source_amount, target_amount):
        self._note_end(escrow, id, PaymentStatus.VOIDED, target_amount)

    def PaymentReclaimed(self, escrow, id, source_amount, target_amount):
        self._note_end(escrow, id, PaymentStatus.RECLAIMED, target_amount)

    def PaymentRefunded(self, escrow, id, source_amount, target_amount, dealer):
        payment = self._payments[id]
        refunded = escrow.state(payment).refunded + target_amount
        self._note_payment(escrow, id, refunded=refunded)
        if dealer != NOBODY:
            self._note_inventory(escrow, dealer, payment.source_token, -source_amount)
            self._note_inventory(escrow, dealer, payment.target_token, target_amount)

    def ClaimableAdded(self, escrow, token, owner, amount, reason):
        self._note_claimable(escrow, token, owner, amount)

    def Claimed(self, escrow, token, owner, amount):
        self._note_claimable(escrow, token, owner, -amount)

    def ClaimDiverted(self, escrow, token, owner, to, amount):
        self._note_claimable(escrow, token, owner, -amount)
        self._note_claimable(escrow, token, to, amount)

    def InventoryDiverted(self, escrow, token, dealer, amount):
        self._note_inventory(escrow, dealer, token, -amount)
        self._note_claimable(escrow, token, dealer, amount)

    def Deposited(self, escrow, dealer, token, amount):
        self._note_inventory(escrow, dealer, token, amount)

    def Withdrawn(self, escrow, dealer, token, amount):
        self._note_inventory(escrow, dealer, token, -amount)

    def DealerSignerSet(self, escrow, dealer, signer, allowed):
        (escrow.dealer_signers.add if allowed else escrow.dealer_signers.discard)((dealer, signer))

    def _note_opening(
        self, escrow: Escrow, id: Message, terms: tuple[Any, ...], generation: int, quota_ref: int
    ) -> Payment:
        payment = self._payments[id] = Payment(*terms)
        self._uncaptured_targets[id] = payment.target_amount
        counted = _quota_ref(quota_ref) if quota_ref else None
        escrow.payments[payment] = PaymentState(
            PaymentStatus.AUTHORIZED, policy_generation=generation, quota_ref=counted
        )
        return payment

    def _note_captured(
        self, escrow: Escrow, id: Message, source_amount: int, target_amount: int
    ) -> None:
        payment = self._payments[id]
        captured = escrow.state(payment).captured + source_amount
        self._uncaptured_targets[id] -= target_amount
        self._note_payment(escrow, id, captured=captured)
        if captured == payment.source_amount:
            self._note_payment(escrow, id, status=PaymentStatus.CAPTURED)
        if payment.dealer != NOBODY:
            self._note_inventory(escrow, payment.dealer, payment.source_token, source_amount)

    def _note_end(
        self, escrow: Escrow, id: Message, status: PaymentStatus, target_amount: int
    ) -> None:
        payment = self._payments[id]
        self._note_payment(escrow, id, status=status)
        if payment.dealer != NOBODY:
            self._note_inventory(escrow, payment.dealer, payment.target_token, target_amount)

    def _note_payment(self, escrow: Escrow, id: Message, **changed: Any) -> None:
        payment = self._payments[id]
        escrow.payments[payment] = replace(escrow.payments[payment], **changed)

    def _note_inventory(self, escrow: Escrow, dealer: str, token: str, amount: int) -> None:
        present = escrow.inventory.get((dealer, token), 0)
        escrow.inventory[dealer, token] = present + amount

    def _note_claimable(self, escrow: Escrow, token: str, owner: str, amount: int) -> None:
        present = escrow.claimable.get((token, owner), 0)
        escrow.claimable[token, owner] = present + amount


def _quota_ref(number: int) -> QuotaRef:
    """Of a payment or of a count: the two zones and the period."""
    return QuotaRef(number >> 24, number >> 16 & 0xFF, number & 0xFFFF)
