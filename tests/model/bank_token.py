"""The model's token: one bank's deposits in one currency."""

from enum import IntEnum
from typing import Any, NamedTuple

from tests.model.access import restricted
from tests.model.books import NOBODY, Books, Contract, Refused
from tests.model.messages import Message, Payment, Signature
from tests.model.policy import Policy, QuotaRef
from tests.model.registry import CustomerCategory, Registry

IMPLEMENTATIONS = ["implementation", "new implementation"]
"""What a token can be upgraded to: two copies of the same code."""
INFINITE = 2**256 - 1
GREATEST = 2**128 - 1


class SystemStatus(IntEnum):
    NONE = 0
    ACTIVE = 1
    OUTFLOW_ONLY = 2


class Acceptance(IntEnum):
    """What a bank says of another token, as what its own token's holders pay into or are paid
    in."""

    NONE = 0
    REFUNDS_ONLY = 1
    ACCEPTED = 2


class RedemptionStatus(IntEnum):
    NONE = 0
    REQUESTED = 1
    ACCEPTED = 2
    SETTLED = 3
    REJECTED = 4
    CANCELLED = 5


class Redemption(NamedTuple):
    holder: str = NOBODY
    status: RedemptionStatus = RedemptionStatus.NONE
    amount: int = 0
    payout_reference: int = 0


class Minter(NamedTuple):
    ledger_id: int = 0
    allowance: int = 0
    ceiling: int = 0


Admitted = tuple[int, QuotaRef | None, str]
"""The policy's generation, where it counted a payment, and who must have approved it."""


class Token(Contract):
    """Amounts are minor units of its currency."""

    registry: Registry
    policy: Policy

    def __init__(self, books: Books, name: str, bank: str) -> None:
        super().__init__(books, name, bank)
        self.epoch = 1
        self.registry_epoch = 0
        self.policy_generation = 0
        self.supply = 0
        self.supply_cap = 0
        self.paused = False
        self.implementation = NOBODY
        self.suspense_account = NOBODY
        self.metadata: tuple[str, str, bytes, int] = ("", "", b"", 0)
        """ERC-20 name and symbol, ISO 4217 code and decimals."""
        self.terms: tuple[str, int] = ("", 0)
        """Where they stand, and the document's hash."""
        self.balances: dict[str, int] = {}
        self.frozen: dict[str, int] = {}
        self.locked: dict[str, int] = {}
        self.allowances: dict[tuple[str, str], int] = {}
        self.permits: dict[str, int] = {}
        """How many each account has used (ERC-2612's nonce)."""
        self.used_nonces: set[tuple[str, Any]] = set()
        """Of authorizations, by their authorizer."""
        self.system: dict[str, SystemStatus] = {}
        self.acceptances: dict[str, Acceptance] = {}
        self.minters: dict[str, Minter] = {}
        self.entries: set[int] = set()
        """Those consumed."""
        self.redemptions: dict[int, Redemption] = {}

    def initialize(self, registry: Registry, policy: Policy, cap: int) -> None:
        self.registry, self.policy, self.supply_cap = registry, policy, cap
        self.metadata = (self.name, self.name, self.name.encode(), 2)
        self.policy_generation = 1
        self.paused = True

    # Holder

    def transfer(self, caller, to, value, reference=b""):
        self._note(reference)
        self._move(caller, caller, to, value)

    def transferFrom(self, caller, source, to, value, reference=b""):
        if caller != source and not self.is_system(caller) and self.registry.is_blocked(caller):
            raise Refused("SpenderBlocked", caller)
        allowed = self.allowance(source, caller)
        if allowed != INFINITE:
            if value > allowed:
                raise Refused("ERC20InsufficientAllowance", caller, allowed, value)
            self._approve(source, caller, allowed - value)
        self._note(reference)
        self._move(caller, source, to, value)

    def approve(self, caller, spender, value):
        if spender == NOBODY:
            raise Refused("ERC20InvalidSpender", spender)
        self._approve(caller, spender, value)

    def permit(self, caller, owner, spender, value, deadline, signature):
        if self.now > deadline:
            raise Refused("ERC2612ExpiredSignature", deadline)
        nonce = self.permits.get(owner, 0)
        message = Message(self.name, "Permit", (owner, spender, value, nonce, deadline))
        if signature != Signature(owner, message):
            raise Refused("ERC2612InvalidSigner", signature.signer, owner)
        self.permits[owner] = nonce + 1
        self.emit("PermitUsed", owner, nonce)
        self.approve(owner, spender, value)

    def transferWithAuthorization(self, caller, *authorization):
        self._execute(caller, "TransferWithAuthorization", *authorization)

    def receiveWithAuthorization(self, caller, source, to, *authorization):
        if to != caller:
            raise Refused("CallerNotPayee", caller, to)
        self._execute(caller, "ReceiveWithAuthorization", source, to, *authorization)

    def cancelAuthorization(self, caller, authorizer, nonce, signature):
        message = Message(self.name, "CancelAuthorization", (authorizer, nonce))
        self._require_signed(signature, authorizer, message)
        self._use_nonce(authorizer, nonce)
        self.emit("AuthorizationCanceled", authorizer, nonce)

    def requestRedemption(self, caller, amount, payout_reference):
        self._request(caller, amount, payout_reference)

    def requestRedemptionWithSignature(
        self, caller, holder, amount, payout_reference, nonce, deadline, signature
    ):
        terms = (holder, amount, payout_reference, nonce, deadline)
        self._require_signed(signature, holder, Message(self.name, "RedemptionRequest", terms))
        if self.now >= deadline:
            raise Refused("RequestExpired", self.now, deadline)
        self._use_nonce(holder, nonce)
        self.emit("AuthorizationUsed", holder, nonce)
        self._request(holder, amount, payout_reference)

    def cancelRedemption(self, caller, id):
        redemption = self._redemption(id, RedemptionStatus.REQUESTED)
        if caller != redemption.holder:
            raise Refused("NotHolder", id, caller, redemption.holder)
        self._close(id, RedemptionStatus.CANCELLED)
        self.emit("RedemptionCancelled", id)

    # Minter

    def mint(self, caller, to, amount, entry):
        self._consume_entry(caller, amount, entry)
        minter = self.minters[caller]
        if amount > minter.allowance:
            raise Refused("MintAllowanceExceeded", caller, amount, minter.allowance)
        if self.supply + amount > self.supply_cap:
            raise Refused("SupplyCapExceeded", self.supply + amount, self.supply_cap)
        if to in (NOBODY, self.name):
            raise Refused("ERC20InvalidReceiver", to)
        if self.is_system(to):
            raise Refused("SystemAccountClosed", to, caller, self.system[to])
        self._require_good(to, "ERC7943CannotReceive")
        self.minters[caller] = minter._replace(allowance=minter.allowance - amount)
        self.supply += amount
        self.balances[to] = self.balance(to) + amount
        self.emit("Minted", caller, to, amount, entry)
        self.emit("Transfer", NOBODY, to, amount)

    def mintBatch(self, caller, issues):
        for to, amount, entry in issues:
            self.mint(caller, to, amount, entry)

    def burn(self, caller, amount, entry):
        self._consume_entry(caller, amount, entry)
        self._require_good(caller, "ERC7943CannotSend")
        self._require_spendable(caller, amount)
        self.supply -= amount
        self.balances[caller] -= amount
        self.emit("Burned", caller, amount, entry)
        self.emit("Transfer", caller, NOBODY, amount)

    def settleRedemption(self, caller, id, entry):
        if caller not in self.minters:
            raise Refused("NotMinter", caller)
        redemption = self._redemption(id, RedemptionStatus.ACCEPTED)
        self._consume_entry(caller, redemption.amount, entry)
        self._close(id, RedemptionStatus.SETTLED)
        self.supply -= redemption.amount
        self.balances[redemption.holder] -= redemption.amount
        self.emit("RedemptionSettled", id, caller, redemption.amount, entry)
        self.emit("Transfer", redemption.holder, NOBODY, redemption.amount)

    # Payout officer

    @restricted("payout officer")
    def acceptRedemption(self, caller, id):
        redemption = self._redemption(id, RedemptionStatus.REQUESTED)
        holder = redemption.holder
        if self.registry.is_blocked(holder):
            raise Refused("ERC7943CannotSend", holder)
        # All that is locked must be free of a freeze: nobody says which tokens are meant.
        locked, unfrozen = self.locked[holder], self.unfrozen(holder)
        if locked > unfrozen:
            raise Refused("ERC7943InsufficientUnfrozenBalance", holder, locked, unfrozen)
        self.redemptions[id] = redemption._replace(status=RedemptionStatus.ACCEPTED)
        self.emit("RedemptionAccepted", id)

    @restricted("payout officer")
    def rejectRedemption(self, caller, id, reason):
        if self.redemption(id).status != RedemptionStatus.ACCEPTED:
            self._redemption(id, RedemptionStatus.REQUESTED)
        self._close(id, RedemptionStatus.REJECTED)
        self.emit("RedemptionRejected", id, reason)

    # Treasurer

    @restricted("treasurer")
    def refill(self, caller, minter):
        record = self._require_minter(minter)
        self._set_minter(minter, record._replace(allowance=record.ceiling))

    @restricted("treasurer")
    def lowerCeiling(self, caller, minter, ceiling):
        record = self._require_minter(minter)
        if ceiling >= record.ceiling:
            raise Refused("CeilingNotLower", minter, ceiling, record.ceiling)
        self._set_minter(minter, Minter(record.ledger_id, min(record.allowance, ceiling), ceiling))

    @restricted("treasurer")
    def lowerSupplyCap(self, caller, cap):
        if cap >= self.supply_cap:
            raise Refused("SupplyCapNotLower", cap, self.supply_cap)
        self._set_supply_cap(cap)

    # Compliance

    @restricted("compliance")
    def freeze(self, caller, account, amount):
        self._require_ordinary(caller, account)
        present = self.frozen.get(account, 0)
        if amount <= present:
            raise Refused("FreezeNotHigher", account, amount, present)
        self._set_frozen(account, amount)

    # Policy officer

    @restricted("policy officer")
    def suspendAccepted(self, caller, token):
        self._change_acceptance(token, Acceptance.ACCEPTED, Acceptance.REFUNDS_ONLY)

    # Releaser

    @restricted("releaser")
    def setFrozenTokens(self, caller, account, amount):
        if amount > GREATEST:
            raise Refused("SafeCastOverflowedUintDowncast", 128, amount)
        self._require_ordinary(caller, account)
        self._set_frozen(account, amount)

    @restricted("releaser")
    def resumeAccepted(self, caller, token):
        self._change_acceptance(token, Acceptance.REFUNDS_ONLY, Acceptance.ACCEPTED)

    @restricted("releaser")
    def unpause(self, caller):
        self._set_paused(False)
        self.emit("Unpaused", caller)

    # Enforcer

    @restricted("enforcer")
    def forcedTransfer(self, caller, source, to, amount):
        if source == NOBODY:
            raise Refused("ERC20InvalidSender", source)
        if to in (NOBODY, self.name):
            raise Refused("ERC20InvalidReceiver", to)
        self._require_ordinary(caller, source)
        self._require_ordinary(caller, to)
        self._require_good(to, "ERC7943CannotReceive")
        if amount > self.balance(source):
            raise Refused("ERC20InsufficientBalance", source, self.balance(source), amount)
        unlocked = self.balance(source) - self.locked.get(source, 0)
        if amount > unlocked:
            raise Refused("TokensLocked", source, amount, unlocked)
        thawed = max(0, amount - self.unfrozen(source))
        if source != to and thawed:
            self._set_frozen(source, self.frozen[source] - thawed)
        self._shift(source, to, amount)
        self.emit("ForcedTransfer", source, to, amount)

    # Guardian

    @restricted("guardian")
    def pause(self, caller):
        self._set_paused(True)
        self.emit("Paused", caller)

    @restricted("guardian")
    def stopSystemAccount(self, caller, account):
        if not self.is_system(account):
            raise Refused("NotSystemAccount", account, SystemStatus.NONE)
        self._set_system_status(account, SystemStatus.OUTFLOW_ONLY)

    @restricted("guardian")
    def stopAccepted(self, caller, token):
        self._change_acceptance(token, Acceptance.ACCEPTED, Acceptance.REFUNDS_ONLY)

    @restricted("guardian")
    def removeMinter(self, caller, minter):
        record = self._require_minter(minter)
        del self.minters[minter]
        self.emit("MinterRemoved", minter, record.ledger_id)

    # Admin

    @restricted("admin")
    def setMinter(self, caller, minter, ledger_id, ceiling):
        if minter == NOBODY or 0 in (ledger_id, ceiling):
            raise Refused("InvalidMinter", minter, ledger_id, ceiling)
        owner = self.minter_of_ledger(ledger_id)
        if owner not in (NOBODY, minter):
            raise Refused("LedgerTaken", ledger_id, owner)
        held = self.minter(minter).ledger_id
        if held not in (0, ledger_id):
            raise Refused("LedgerTaken", held, minter)
        self.registry.claim_ledger(self.name, ledger_id)
        self._set_minter(minter, Minter(ledger_id, ceiling, ceiling))

    @restricted("admin")
    def setSupplyCap(self, caller, cap):
        self._set_supply_cap(cap)

    @restricted("admin")
    def setAccepted(self, caller, token, accepted):
        if token == self.name:
            raise Refused("OwnToken", token)
        if accepted:
            self._neighbour(token, Token, "currency")
        suspended = self.acceptance(token) == Acceptance.REFUNDS_ONLY
        accepting = Acceptance.REFUNDS_ONLY if suspended else Acceptance.ACCEPTED
        self._set_acceptance(token, accepting if accepted else Acceptance.NONE)

    @restricted("admin")
    def activateSystemAccount(self, caller, account):
        if account == self.name:
            raise Refused("ERC20InvalidReceiver", account)
        # What answers this question is an escrow.
        if not hasattr(self.books.contracts.get(account), "claimable"):
            raise Refused("NoAnswer", account, "claimableOf")
        if account == self.suspense_account:
            raise Refused("InvalidSuspenseAccount", account)
        if self.frozen.get(account, 0) or self.locked.get(account, 0):
            raise Refused("AccountEncumbered", account)
        self._set_system_status(account, SystemStatus.ACTIVE)

    @restricted("admin")
    def setRegistry(self, caller, registry):
        found = self._neighbour(registry, Registry, "epochFor")
        if found.epoch_for(self.name) == 0:
            raise Refused("NotSubscribed", registry)
        if self.registry not in found.line():
            raise Refused("RegistryNotSuccessor", registry, self.registry.name)
        self.registry, self.registry_epoch = found, found.epoch
        self.emit("RegistrySet", registry)
        self._adopt_epoch()

    @restricted("admin")
    def setPolicy(self, caller, policy):
        self.policy = self._neighbour(policy, Policy, "approver")
        self.policy_generation += 1
        self.emit("PolicySet", policy, self.policy_generation)

    @restricted("admin")
    def setSuspenseAccount(self, caller, account):
        customer = self.is_good(account) and account != self.name and not self.is_system(account)
        if account != NOBODY and not customer:
            raise Refused("InvalidSuspenseAccount", account)
        self.suspense_account = account
        self.emit("SuspenseAccountSet", account)

    @restricted("admin")
    def setTerms(self, caller, uri, content_hash):
        self.terms = (uri, content_hash)
        self.emit("TermsSet", uri, content_hash)

    @restricted("admin")
    def upgradeToAndCall(self, caller, implementation, call):
        self._adopt_epoch()
        if implementation not in IMPLEMENTATIONS:
            raise Refused("ERC1967InvalidImplementation", implementation)
        self.implementation = implementation
        self.emit("Upgraded", implementation)

    # Registry

    def sync(self, caller, account):
        self.syncEpoch(caller)

    def syncEpoch(self, caller):
        epoch = self.registry.epoch_for(self.name)
        if self.registry_epoch != epoch:
            self.registry_epoch = epoch
            self._adopt_epoch()

    # System accounts

    def openPayment(
        self, caller: str, payment: Payment, merchant_country: int, signature: Any
    ) -> Admitted:
        """Into the calling system account."""
        admitted = self._admit(caller, payment, merchant_country)
        self._use_consent(caller, payment, signature)
        self._require_payable(payment)
        self._shift(payment.payer, caller, payment.source_amount)
        return admitted

    def chargePayment(self, caller: str, payment: Payment, fee: int, signature: Any) -> Admitted:
        """Straight to whom it pays."""
        admitted = self._admit(caller, payment, 0)
        self._use_consent(caller, payment, signature)
        self._require_payable(payment)
        self._shift(payment.payer, payment.merchant, payment.source_amount - fee)
        if fee:
            self._shift(payment.payer, payment.fee_receiver, fee)
        return admitted

    def restoreQuota(
        self, caller: str, generation: int, payer: str, quota_ref: QuotaRef, amount: int
    ) -> None:
        if not self.is_system(caller):
            raise Refused("NotSystemAccount", caller, SystemStatus.NONE)
        if generation == self.policy_generation:
            self.policy.restore(self.name, quota_ref, payer, amount, self.registry)

    def merchantCountryOf(self, caller: str, payment: Payment) -> int:
        """The merchant's country."""
        self._require_active_system(caller)
        self._require_accepted(payment.source_token)
        self.requireDealer(caller, payment.dealer)
        self._require_payees(caller, payment)
        return self._country_of(payment.merchant)

    def requireRefund(self, caller: str, other_token: str, dealer: str) -> None:
        acceptance = self.acceptance(other_token)
        if acceptance == Acceptance.NONE:
            raise Refused("TokenNotAccepted", other_token, acceptance)
        self.requireDealer(caller, dealer)

    def requireDealer(self, caller: str, account: str) -> None:
        record = self.registry.standing_of(account)
        if record.valid_until <= self.now or record.category != CustomerCategory.DEALER:
            raise Refused("NotDealer", account, record.valid_until, record.category)

    # Views

    def balance(self, account: str) -> int:
        return self.balances.get(account, 0)

    def allowance(self, owner: str, spender: str) -> int:
        return self.allowances.get((owner, spender), 0)

    def unfrozen(self, account: str) -> int:
        return max(0, self.balance(account) - self.frozen.get(account, 0))

    def spendable(self, account: str) -> int:
        encumbered = self.frozen.get(account, 0) + self.locked.get(account, 0)
        return max(0, self.balance(account) - encumbered)

    def is_system(self, account: str) -> bool:
        return self.system_status(account) != SystemStatus.NONE

    def system_status(self, account: str) -> SystemStatus:
        return self.system.get(account, SystemStatus.NONE)

    def is_good(self, account: str) -> bool:
        return self.registry.standing_of(account).valid_until > self.now

    def can_receive(self, account: str) -> bool:
        if account in (NOBODY, self.name):
            return False
        if self.is_system(account):
            return self.system[account] == SystemStatus.ACTIVE
        return self.is_good(account)

    def standing(self, account: str) -> tuple[int, int, int, CustomerCategory]:
        """End of validity, country, zone and category."""
        if self.is_system(account):
            return (0, 0, 0, CustomerCategory.RETAIL)
        record = self.registry.standing_of(account)
        zone = self.registry.zone_of(record.country)
        return (record.valid_until, record.country, zone, record.category)

    def zone_of(self, account: str) -> int:
        return self.registry.zone_of(self._country_of(account))

    def acceptance(self, token: str) -> Acceptance:
        return self.acceptances.get(token, Acceptance.NONE)

    def minter(self, account: str) -> Minter:
        return self.minters.get(account, Minter())

    def minter_of_ledger(self, ledger_id: int) -> str:
        owners = [
            minter for minter, record in self.minters.items() if record.ledger_id == ledger_id
        ]
        return owners[0] if owners else NOBODY

    def redemption(self, id: int) -> Redemption:
        return self.redemptions.get(id, Redemption())

    def open_redemptions(self, holder: str) -> tuple[int, ...]:
        return tuple(
            id
            for id, redemption in self.redemptions.items()
            if redemption.holder == holder
            and redemption.status in (RedemptionStatus.REQUESTED, RedemptionStatus.ACCEPTED)
        )

    def require_refused(self, owner: str) -> None:
        valid_until = self.registry.standing_of(owner).valid_until
        if valid_until > self.now:
            raise Refused("NotRefused", owner, valid_until)

    def require_successor(self, owner: str, to: str) -> None:
        customer_id = self.registry.customer_id_of(owner)
        same_customer = customer_id == self.registry.customer_id_of(to) != 0
        other_wallet = same_customer and to != owner
        suspense = to == self.suspense_account != NOBODY
        if not other_wallet and not suspense:
            raise Refused("NotSuccessor", owner, to, self.suspense_account)

    # A transfer

    def require_transferable(self, caller: str, source: str, to: str, value: int) -> None:
        """The one rule of a transfer: every reason to refuse it, in the order of the checks."""
        if to in (NOBODY, self.name):
            raise Refused("ERC20InvalidReceiver", to)
        if self.paused:
            raise Refused("TokenPaused")
        if self.is_system(to) and (caller != to or self.system[to] != SystemStatus.ACTIVE):
            raise Refused("SystemAccountClosed", to, caller, self.system[to])
        if not self.is_system(source):
            self._require_good(source, "ERC7943CannotSend")
        if not self.is_system(to):
            self._require_good(to, "ERC7943CannotReceive")
        self._require_spendable(source, value)
        if not self.is_system(source) and not self.is_system(to):
            self._require_connected(source, to)

    def _require_connected(self, source: str, to: str) -> None:
        if self._country_of(source) == self._country_of(to):
            return
        zones = (self.zone_of(source), self.zone_of(to))
        if zones[0] == zones[1] != 0:
            return
        if not self.policy.direct_transfers(self.name, *zones):
            raise Refused("DirectTransferClosed", source, to, *zones)

    def _require_spendable(self, account: str, value: int) -> None:
        balance, unfrozen = self.balance(account), self.unfrozen(account)
        if value > balance:
            raise Refused("ERC20InsufficientBalance", account, balance, value)
        if value > unfrozen:
            raise Refused("ERC7943InsufficientUnfrozenBalance", account, value, unfrozen)
        if value > self.spendable(account):
            raise Refused("TokensLocked", account, value, self.spendable(account))

    def _move(self, caller: str, source: str, to: str, value: int) -> None:
        self.require_transferable(caller, source, to, value)
        self._shift(source, to, value)

    def _shift(self, source: str, to: str, value: int) -> None:
        self.balances[source] = self.balance(source) - value
        self.balances[to] = self.balance(to) + value
        self.emit("Transfer", source, to, value)

    def _approve(self, owner: str, spender: str, value: int) -> None:
        self.allowances[owner, spender] = value
        self.emit("Approval", owner, spender, value)

    def _note(self, reference: bytes) -> None:
        if reference:
            self.emit("TransferReference", reference)

    def _use_consent(self, caller: str, payment: Payment, signature: Any) -> None:
        """The payer's, whose nonce is the payment's id."""
        terms = (payment.payer, caller, payment.source_amount, 0, payment.authorize_by, payment.id)
        message = Message(self.name, "ReceiveWithAuthorization", terms)
        self._require_signed(signature, payment.payer, message)
        self._use_nonce(payment.payer, payment.id)
        self.emit("AuthorizationUsed", payment.payer, payment.id)

    def _execute(
        self, caller, kind, source, to, value, valid_after, valid_before, nonce, signature
    ):
        terms = (source, to, value, valid_after, valid_before, nonce)
        self._require_signed(signature, source, Message(self.name, kind, terms))
        if not valid_after < self.now < valid_before:
            raise Refused("ERC3009InvalidAuthorizationTime", valid_after, valid_before)
        self._use_nonce(source, nonce)
        self.emit("AuthorizationUsed", source, nonce)
        self._move(caller, source, to, value)

    def _require_signed(self, signature: Any, signer: str, message: Message) -> None:
        if signature != Signature(signer, message):
            raise Refused("ERC3009InvalidSignature")

    def _use_nonce(self, authorizer: str, nonce: Any) -> None:
        if (authorizer, nonce) in self.used_nonces:
            raise Refused("ERC3009UsedAuthorization", authorizer, nonce)
        self.used_nonces.add((authorizer, nonce))

    # Entries, minters, redemptions, settings

    def _consume_entry(self, caller: str, amount: int, entry: int) -> None:
        ledger_id = self.minter(caller).ledger_id
        if ledger_id == 0:
            raise Refused("NotMinter", caller)
        if self.paused:
            raise Refused("TokenPaused")
        if amount == 0:
            raise Refused("ZeroAmount")
        if entry >> 64 != ledger_id:
            raise Refused("EntryOfOtherLedger", entry, entry >> 64, ledger_id)
        if entry in self.entries:
            raise Refused("EntryConsumed", entry)
        self.entries.add(entry)

    def _request(self, holder: str, amount: int, payout_reference: int) -> None:
        if amount == 0:
            raise Refused("ZeroAmount")
        if self.is_system(holder) or self.registry.is_blocked(holder):
            raise Refused("ERC7943CannotSend", holder)
        self._require_spendable(holder, amount)
        id = len(self.redemptions) + 1
        requested = Redemption(holder, RedemptionStatus.REQUESTED, amount, payout_reference)
        self.redemptions[id] = requested
        self.locked[holder] = self.locked.get(holder, 0) + amount
        self.emit("RedemptionRequested", id, holder, amount, payout_reference)

    def _redemption(self, id: int, allowed: RedemptionStatus) -> Redemption:
        redemption = self.redemption(id)
        if redemption.status != allowed:
            raise Refused("WrongRedemptionStatus", id, redemption.status, allowed)
        return redemption

    def _close(self, id: int, status: RedemptionStatus) -> None:
        redemption = self.redemptions[id]
        self.redemptions[id] = redemption._replace(status=status)
        self.locked[redemption.holder] -= redemption.amount

    def _require_minter(self, minter: str) -> Minter:
        if minter not in self.minters:
            raise Refused("NotMinter", minter)
        return self.minters[minter]

    def _set_minter(self, minter: str, record: Minter) -> None:
        self.minters[minter] = record
        self.emit("MinterSet", minter, *record)

    def _set_supply_cap(self, cap: int) -> None:
        self.supply_cap = cap
        self.emit("SupplyCapSet", cap)

    def _set_frozen(self, account: str, amount: int) -> None:
        self.frozen[account] = amount
        self.emit("Frozen", account, amount)

    def _set_acceptance(self, token: str, acceptance: Acceptance) -> None:
        self.acceptances[token] = acceptance
        self.emit("AcceptanceSet", token, acceptance)

    def _change_acceptance(self, token: str, present: Acceptance, next: Acceptance) -> None:
        if self.acceptance(token) != present:
            raise Refused("WrongAcceptance", token, self.acceptance(token), present)
        self._set_acceptance(token, next)

    def _adopt_epoch(self) -> None:
        self.epoch += 1
        self.emit("EpochAdopted", self.epoch)

    def _neighbour(self, name: str, kind: type[Contract], question: str) -> Any:
        """The contract of a name, if it is of the kind that answers a question."""
        found = self.books.contracts.get(name)
        if not isinstance(found, kind):
            raise Refused("NoAnswer", name, question)
        return found

    def _set_paused(self, paused: bool) -> None:
        if self.paused == paused:
            raise Refused("PauseUnchanged", paused)
        self.paused = paused

    def _set_system_status(self, account: str, status: SystemStatus) -> None:
        if self.system_status(account) == status:
            raise Refused("SystemStatusUnchanged", account, status)
        self.system[account] = status
        self.emit("SystemStatusSet", account, status)

    def _require_ordinary(self, caller: str, account: str) -> None:
        if self.is_system(account):
            raise Refused("SystemAccountClosed", account, caller, self.system[account])

    def _require_active_system(self, account: str) -> None:
        if self.system_status(account) != SystemStatus.ACTIVE:
            raise Refused("NotSystemAccount", account, self.system_status(account))

    def _require_accepted(self, token: str) -> None:
        if self.acceptance(token) != Acceptance.ACCEPTED:
            raise Refused("TokenNotAccepted", token, self.acceptance(token))

    def _admit(self, caller: str, payment: Payment, merchant_country: int) -> Admitted:
        """Whether a customer may open a payment, which is counted."""
        self._require_active_system(caller)
        if payment.target_token == self.name:
            self._require_payees(caller, payment)
            to_zone = self.zone_of(payment.merchant)
        else:
            self._require_accepted(payment.target_token)
            self.requireDealer(caller, payment.dealer)
            to_zone = self.registry.zone_of(merchant_country)
        quota_ref, approver = self.policy.consume(
            self.name,
            payment.purpose,
            payment.payer,
            payment.source_amount,
            self.zone_of(payment.payer),
            to_zone,
            self.registry,
        )
        return self.policy_generation, quota_ref, approver

    def _require_payable(self, payment: Payment) -> None:
        """That the payer can pay the whole of it now: a charge takes that first, and then pays its
        parts to payees who were looked at before."""
        if self.paused:
            raise Refused("TokenPaused")
        self._require_good(payment.payer, "ERC7943CannotSend")
        self._require_spendable(payment.payer, payment.source_amount)

    def _require_payees(self, caller: str, payment: Payment) -> None:
        """That merchant and fee receiver can be paid, and live in one zone."""
        if self.paused:
            raise Refused("TokenPaused")
        self._require_payee(caller, payment.merchant)
        if payment.fee_bps == 0:
            return
        receiver = payment.fee_receiver
        self._require_payee(caller, receiver)
        found, allowed = self.zone_of(receiver), self.zone_of(payment.merchant)
        abroad = self._country_of(receiver) != self._country_of(payment.merchant)
        if abroad and (found != allowed or found == 0):
            raise Refused("FeeReceiverElsewhere", receiver, found, allowed)

    def _require_payee(self, caller: str, payee: str) -> None:
        if self.is_system(payee):
            raise Refused("SystemAccountClosed", payee, caller, self.system[payee])
        if payee == self.name:
            raise Refused("ERC7943CannotReceive", payee)
        self._require_good(payee, "ERC7943CannotReceive")

    def _country_of(self, account: str) -> int:
        return self.registry.participant_of(account).country

    def _require_good(self, account: str, error: str) -> None:
        if not self.is_good(account):
            raise Refused(error, account)
