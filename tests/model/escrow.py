"""The model's escrow: payments from authorization to refund, and what it owes to whom."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from tests.model.access import has_role
from tests.model.bank_token import Admitted, Token
from tests.model.books import NOBODY, Books, Contract, Refused
from tests.model.messages import (
    Message,
    Payment,
    PaymentApproval,
    RefundQuote,
    Signature,
    approval_of,
    release_of,
    values_of,
)
from tests.model.policy import QuotaRef

NO_ACTS = ["batch", "previewAuthorize", "previewCapture"]
"""What can't be done in a batch."""
DAY = 86_400
BPS = 10_000


class PaymentStatus(IntEnum):
    NONE = 0
    AUTHORIZED = 1
    DISPUTED = 2
    CAPTURED = 3
    VOIDED = 4
    RECLAIMED = 5
    RESOLVED = 6


OPEN_STATUSES = (PaymentStatus.AUTHORIZED, PaymentStatus.DISPUTED)
"""Those in which a payment holds money."""


@dataclass(frozen=True)
class PaymentState:
    status: PaymentStatus = PaymentStatus.NONE
    captured: int = 0
    """Minor units of the source token."""
    refunded: int = 0
    """Minor units of the target token."""
    policy_generation: int = 0
    quota_ref: QuotaRef | None = None


class Escrow(Contract):
    def __init__(self, books: Books) -> None:
        super().__init__(books, "escrow")
        self.payments: dict[Payment, PaymentState] = {}
        self.inventory: dict[tuple[str, str], int] = {}
        """What a dealer has free, by dealer and token."""
        self.claimable: dict[tuple[str, str], int] = {}
        """What is kept for an owner, by token and owner."""
        self.dealer_signers: set[tuple[str, str]] = set()

    # Operator

    def authorize(self, caller, payment, payer_signature, dealer_signature, approval):
        self._require_caller(caller, payment.operator)
        country = self._examine(payment)
        if payment.dealer != NOBODY:
            self._take_inventory(payment.dealer, payment.target_token, payment.target_amount)
        admitted = self._token(payment.source_token).openPayment(
            self.name, payment, country, payer_signature
        )
        self._open(payment, admitted, PaymentStatus.AUTHORIZED, captured=0)
        self._emit_opening("PaymentAuthorized", payment)
        self._require_consents(payment, admitted, dealer_signature, approval)

    def charge(self, caller, payment, payer_signature, dealer_signature, approval):
        self._require_caller(caller, payment.operator)
        if payment.arbiter != NOBODY:
            raise Refused("ArbiterNamed", payment.arbiter)
        if self.now < payment.capture_from:
            raise Refused("TooEarly", self.now, payment.capture_from)
        country = self._examine(payment)
        target, fee = self.target_of(payment, payment.source_amount)
        source_token = self._token(payment.source_token)
        if payment.dealer == NOBODY:
            admitted = source_token.chargePayment(self.name, payment, fee, payer_signature)
        else:
            admitted = source_token.openPayment(self.name, payment, country, payer_signature)
        self._open(payment, admitted, PaymentStatus.CAPTURED, captured=payment.source_amount)
        self._emit_opening("PaymentCharged", payment, fee)
        self._require_consents(payment, admitted, dealer_signature, approval)
        if payment.dealer == NOBODY:
            return
        self._take_inventory(payment.dealer, payment.target_token, payment.target_amount)
        self._add_inventory(payment.dealer, payment.source_token, payment.source_amount)
        for payee, amount in ((payment.merchant, target - fee), (payment.fee_receiver, fee)):
            if amount:
                self._token(payment.target_token).transfer(self.name, payee, amount)

    def capture(self, caller, payment, captured_before, amount):
        self._require_caller(caller, payment.operator)
        state = self._require_status(payment, PaymentStatus.AUTHORIZED)
        if self.now < payment.capture_from:
            raise Refused("TooEarly", self.now, payment.capture_from)
        self._require_before(payment.capture_by)
        if captured_before != state.captured:
            raise Refused("CaptureOutOfPlace", captured_before, state.captured)
        if amount == 0:
            raise Refused("ZeroAmount")
        self._require_at_most(amount, payment.source_amount - state.captured)
        self._capture(payment, amount, PaymentStatus.AUTHORIZED, "PaymentCaptured")

    # Payer

    def release(self, caller, payment):
        self._require_caller(caller, payment.payer)
        self._release(payment)

    def releaseWithSignature(self, caller, payment, deadline, signature):
        self._require_before(deadline)
        self._require_signature(signature, payment.payer, release_of(payment.id, deadline))
        self._release(payment)

    def dispute(self, caller, payment):
        self._require_caller(caller, payment.payer)
        state = self._require_status(payment, PaymentStatus.AUTHORIZED)
        if payment.arbiter == NOBODY:
            raise Refused("NoArbiter", payment.id)
        self._require_before(payment.capture_by)
        self.payments[payment] = replace(state, status=PaymentStatus.DISPUTED)
        self.emit("PaymentDisputed", payment.id)

    # Arbiter

    def resolve(self, caller, payment, amount):
        self._require_caller(caller, payment.arbiter)
        state = self._require_status(payment, PaymentStatus.DISPUTED)
        self._require_before(payment.resolve_by)
        left = payment.source_amount - state.captured
        self._require_at_most(amount, left)
        target, fee = self._quote_capture(payment, amount) if amount else (0, 0)
        self._add_captured(payment, amount)
        self._close(payment, PaymentStatus.RESOLVED)
        self.emit("PaymentResolved", payment.id, amount, target, fee, left - amount)
        self._pay_out(payment, target, fee)
        self._give_back(payment, left - amount)

    # Operator or merchant

    def void(self, caller, payment):
        if caller != payment.merchant:
            self._require_caller(caller, payment.operator)
        if caller != payment.merchant or self.state(payment).status != PaymentStatus.DISPUTED:
            self._require_status(payment, PaymentStatus.AUTHORIZED)
        self._return(payment, PaymentStatus.VOIDED, "PaymentVoided")

    def refund(self, caller, payment, quote, dealer_signature):
        self._require_caller(caller, payment.merchant)
        self._refund(payment, quote, dealer_signature)
        self._token(payment.target_token).transferFrom(
            self.name, payment.merchant, self.name, quote.target_amount
        )
        self._give_back(payment, quote.source_amount)

    def refundWithAuthorization(self, caller, payment, quote, merchant_signature, dealer_signature):
        if caller != payment.merchant:
            self._require_caller(caller, payment.operator)
        self._refund(payment, quote, dealer_signature)
        self._token(payment.target_token).receiveWithAuthorization(
            self.name,
            payment.merchant,
            self.name,
            quote.target_amount,
            0,
            quote.deadline,
            quote.digest,
            merchant_signature,
        )
        self._give_back(payment, quote.source_amount)

    # Anyone

    def batch(self, caller, acts):
        for index, act in enumerate(acts):
            if act.function in NO_ACTS:
                raise Refused("NotAnAct", index, act.function)
            try:
                with self.books.all_or_nothing():
                    getattr(self, act.function)(caller, *act.args)
            except Refused as refused:
                self.emit("ActSkipped", index, act, refused)

    def reclaim(self, caller, payment):
        start = payment.resolve_by
        if self.state(payment).status != PaymentStatus.DISPUTED:
            self._require_status(payment, PaymentStatus.AUTHORIZED)
            start = payment.capture_by
        if self.now < start:
            raise Refused("TooEarly", self.now, start)
        self._return(payment, PaymentStatus.RECLAIMED, "PaymentReclaimed")

    def claim(self, caller, token, owner):
        amount = self._take_claimable(token, owner)
        self.emit("Claimed", token, owner, amount)
        self._token(token).transfer(self.name, owner, amount)

    # Bank

    def divertClaim(self, caller, token, owner, to):
        self._require_bank(caller, token)
        self._token(token).require_refused(owner)
        self._token(token).require_successor(owner, to)
        amount = self._take_claimable(token, owner)
        self._keep(token, to, amount)
        self.emit("ClaimDiverted", token, owner, to, amount)

    def divertInventory(self, caller, token, dealer):
        self._require_bank(caller, token)
        self._token(token).require_refused(dealer)
        amount = self.inventory.get((dealer, token), 0)
        if amount == 0:
            raise Refused("NoInventory", dealer, token)
        self._take_inventory(dealer, token, amount)
        self._keep(token, dealer, amount)
        self.emit("InventoryDiverted", token, dealer, amount)

    # Dealer

    def deposit(self, caller, token, amount):
        self._token(token).requireDealer(self.name, caller)
        self._token(token).transferFrom(self.name, caller, self.name, amount)
        if amount == 0:
            raise Refused("ZeroAmount")
        self._add_inventory(caller, token, amount)
        self.emit("Deposited", caller, token, amount)

    def withdraw(self, caller, token, amount):
        if amount == 0:
            raise Refused("ZeroAmount")
        if self._token(token).registry.is_blocked(caller):
            raise Refused("OwnerBlocked", caller)
        self._take_inventory(caller, token, amount)
        self.emit("Withdrawn", caller, token, amount)
        self._pay(token, caller, amount)

    def setDealerSigner(self, caller, signer, allowed):
        if signer == NOBODY:
            raise Refused("ZeroSigner")
        (self.dealer_signers.add if allowed else self.dealer_signers.discard)((caller, signer))
        self.emit("DealerSignerSet", caller, signer, allowed)

    # Views

    def state(self, payment: Payment) -> PaymentState:
        return self.payments.get(payment, PaymentState())

    def held(self, token: str) -> int:
        """What open payments hold of a token, on either side."""
        held = 0
        for payment, state in self.payments.items():
            if state.status in OPEN_STATUSES:
                left = payment.source_amount - state.captured
                if payment.source_token == token:
                    held += left
                if payment.dealer != NOBODY and payment.target_token == token:
                    held += self.target_of(payment, left)[0]
        return held

    def target_of(self, payment: Payment, amount: int) -> tuple[int, int]:
        """What is paid, and the fee of it, when an amount is captured next: cumulative, down."""
        before = self.state(payment).captured
        paid = share_of(payment, before), share_of(payment, before + amount)
        fees = [share * payment.fee_bps // BPS for share in paid]
        return paid[1] - paid[0], fees[1] - fees[0]

    def refundable(self, payment: Payment) -> int:
        """What of the target token is left to refund."""
        state = self.state(payment)
        return share_of(payment, state.captured) - state.refunded

    def greatest_refund(self, payment: Payment, target: int) -> int:
        """What of the source token a refund of a target amount gives back at most: by the payment's
        own rate, rounded down in all, and at the end the rest."""
        state = self.state(payment)
        if payment.dealer == NOBODY:
            return target
        before, afterwards = (
            payment.source_amount * refunded // payment.target_amount
            for refunded in (state.refunded, state.refunded + target)
        )
        if target == self.refundable(payment) and state.status not in OPEN_STATUSES:
            afterwards = state.captured
        return afterwards - before

    # Acts

    def _examine(self, payment: Payment) -> int:
        """Looks at the terms, and asks the target's bank where it is another: the merchant's
        country."""
        self._require_before(payment.authorize_by)
        self._require_terms(payment)
        self._require_status(payment, PaymentStatus.NONE)
        if payment.dealer == NOBODY:
            return 0
        return self._token(payment.target_token).merchantCountryOf(self.name, payment)

    def _open(
        self, payment: Payment, admitted: Admitted, status: PaymentStatus, captured: int
    ) -> None:
        generation, quota_ref, _ = admitted
        self.payments[payment] = PaymentState(
            status, captured, policy_generation=generation, quota_ref=quota_ref
        )

    def _emit_opening(self, event: str, payment: Payment, *fee: int) -> None:
        state = self.state(payment)
        quota_ref = state.quota_ref.number if state.quota_ref else 0
        parties = (payment.payer, payment.merchant)
        counted = (state.policy_generation, quota_ref)
        self.emit(event, payment.id, *parties, values_of(payment), *counted, *fee)

    def _release(self, payment: Payment) -> None:
        state = self.state(payment)
        if state.status == PaymentStatus.DISPUTED:
            self._require_before(payment.resolve_by)
        else:
            self._require_status(payment, PaymentStatus.AUTHORIZED)
            self._require_before(payment.capture_by)
        left = payment.source_amount - state.captured
        self._capture(payment, left, PaymentStatus.CAPTURED, "PaymentReleased")

    def _capture(self, payment: Payment, amount: int, status: PaymentStatus, event: str) -> None:
        target, fee = self._quote_capture(payment, amount)
        state = self._add_captured(payment, amount)
        if state.captured == payment.source_amount:
            status = PaymentStatus.CAPTURED
        self.payments[payment] = replace(state, status=status)
        self.emit(event, payment.id, amount, target, fee)
        self._pay_out(payment, target, fee)

    def _return(self, payment: Payment, status: PaymentStatus, event: str) -> None:
        left = payment.source_amount - self.state(payment).captured
        target = self._close(payment, status)
        self.emit(event, payment.id, left, target)
        self._give_back(payment, left)

    def _refund(self, payment: Payment, quote: RefundQuote, dealer_signature: Any) -> None:
        """Everything of a refund but the merchant's side and the payout to the payer."""
        self._require_quote(payment, quote)
        state = self.state(payment)
        self.payments[payment] = replace(state, refunded=state.refunded + quote.target_amount)
        if quote.dealer != NOBODY:
            self._take_inventory(quote.dealer, payment.source_token, quote.source_amount)
            self._add_inventory(quote.dealer, payment.target_token, quote.target_amount)
        self.emit(
            "PaymentRefunded", payment.id, quote.source_amount, quote.target_amount, quote.dealer
        )
        if quote.dealer != NOBODY:
            source, target = payment.source_token, payment.target_token
            self._token(source).requireRefund(self.name, target, quote.dealer)
            self._token(target).requireRefund(self.name, source, quote.dealer)
            self._require_dealer_signature(quote.dealer, quote.digest, dealer_signature)

    # Checks

    def _require_caller(self, caller: str, allowed: str) -> None:
        if caller != allowed:
            raise Refused("NotAllowed", caller, allowed)

    def _require_before(self, deadline: int) -> None:
        if self.now >= deadline:
            raise Refused("TooLate", self.now, deadline)

    def _require_at_most(self, amount: int, allowed: int) -> None:
        if amount > allowed:
            raise Refused("AmountExceeds", amount, allowed)

    def _require_status(self, payment: Payment, allowed: PaymentStatus) -> PaymentState:
        state = self.state(payment)
        if state.status != allowed:
            raise Refused("WrongStatus", payment.id, state.status, allowed)
        return state

    def _require_terms(self, payment: Payment) -> None:
        capture_by = payment.capture_by
        if max(payment.authorize_by, payment.capture_from) > capture_by or (
            capture_by > payment.refund_by
        ):
            raise Refused(
                "DeadlinesCrossed",
                payment.authorize_by,
                payment.capture_from,
                capture_by,
                payment.refund_by,
            )
        self._require_arbiter_fits(payment)
        if 0 in (payment.source_amount, payment.target_amount):
            raise Refused("ZeroAmount")
        self._require_dealer_fits(
            payment, payment.dealer, payment.source_amount, payment.target_amount
        )
        unpaid = (payment.fee_bps == 0) != (payment.fee_receiver == NOBODY)
        if payment.fee_bps > BPS or unpaid or payment.fee_receiver == self.name:
            raise Refused("FeeInvalid", payment.fee_bps, payment.fee_receiver)

    def _require_arbiter_fits(self, payment: Payment) -> None:
        arbiter, time = payment.arbiter, payment.resolve_by - payment.capture_by
        if time != 0 if arbiter == NOBODY else time < DAY:
            raise Refused("ResolveByMismatch", arbiter, payment.capture_by, payment.resolve_by)
        others = (
            payment.payer,
            payment.merchant,
            payment.operator,
            payment.dealer,
            payment.fee_receiver,
        )
        if arbiter != NOBODY and arbiter in others:
            raise Refused("ArbiterNotNeutral", arbiter)

    def _require_dealer_fits(
        self, payment: Payment, dealer: str, source_amount: int, target_amount: int
    ) -> None:
        source, target = payment.source_token, payment.target_token
        if (source == target) != (dealer == NOBODY):
            raise Refused("DealerMismatch", dealer, source, target)
        if source == target and source_amount != target_amount:
            raise Refused("AmountsDiffer", source_amount, target_amount)
        parties = (payment.payer, payment.merchant, dealer)
        if len(set(parties)) < 3:
            raise Refused("PartiesNotDistinct", *parties)

    def _require_quote(self, payment: Payment, quote: RefundQuote) -> None:
        state = self.state(payment)
        if state.status == PaymentStatus.NONE:
            raise Refused("WrongStatus", payment.id, state.status, PaymentStatus.CAPTURED)
        self._require_before(payment.refund_by)
        self._require_before(quote.deadline)
        if quote.payment_id != payment.id:
            raise Refused("QuoteForOtherPayment", quote.payment_id, payment.id)
        if quote.refunded_before != state.refunded:
            raise Refused("QuoteOutOfPlace", quote.refunded_before, state.refunded)
        if 0 in (quote.source_amount, quote.target_amount):
            raise Refused("ZeroAmount")
        self._require_dealer_fits(payment, quote.dealer, quote.source_amount, quote.target_amount)
        self._require_at_most(quote.target_amount, self.refundable(payment))
        greatest = self.greatest_refund(payment, quote.target_amount)
        self._require_at_most(quote.source_amount, greatest)

    def _require_consents(
        self, payment: Payment, admitted: Admitted, dealer_signature: Any, approval: PaymentApproval
    ) -> None:
        """The dealer's and the bank's."""
        *_, approver = admitted
        if payment.dealer != NOBODY:
            self._require_dealer_signature(payment.dealer, payment.id, dealer_signature)
        if approver != NOBODY:
            self._require_before(approval.valid_until)
            consent = approval_of(payment.id, approval.valid_until)
            self._require_signature(approval.signature, approver, consent)

    def _require_signature(self, signature: Any, signer: str, message: Message) -> None:
        if signature != Signature(signer, message):
            raise Refused("InvalidSignature", signer, message)

    def _require_dealer_signature(self, dealer: str, message: Message, signature: Any) -> None:
        signers = [signer for owner, signer in self.dealer_signers if owner == dealer]
        if not any(signature == Signature(signer, message) for signer in [dealer, *signers]):
            raise Refused("InvalidSignature", dealer, message)

    def _require_bank(self, caller: str, token: str) -> None:
        if not has_role(self._token(token), "compliance", caller):
            raise Refused("NotAllowedByBank", caller, self._token(token).authority)

    # Amounts

    def _quote_capture(self, payment: Payment, amount: int) -> tuple[int, int]:
        """The target amount and the fee of a capture, if it is not refused."""
        if self._token(payment.source_token).registry.is_blocked(payment.payer):
            raise Refused("PayerBlocked", payment.payer)
        target, fee = self.target_of(payment, amount)
        last = self.state(payment).captured + amount == payment.source_amount
        if payment.dealer != NOBODY and target == fee and not last:
            raise Refused("NothingForMerchant", amount)
        return target, fee

    # Moves

    def _add_captured(self, payment: Payment, amount: int) -> PaymentState:
        state = self.state(payment)
        self.payments[payment] = replace(state, captured=state.captured + amount)
        if payment.dealer != NOBODY:
            self._add_inventory(payment.dealer, payment.source_token, amount)
        return self.payments[payment]

    def _close(self, payment: Payment, status: PaymentStatus) -> int:
        """Ends a payment; the target amount that goes back to the dealer."""
        state = self.state(payment)
        target, _ = self.target_of(payment, payment.source_amount - state.captured)
        self.payments[payment] = replace(state, status=status)
        if payment.dealer != NOBODY:
            self._add_inventory(payment.dealer, payment.target_token, target)
        return target

    def _pay_out(self, payment: Payment, target: int, fee: int) -> None:
        self._pay(payment.target_token, payment.merchant, target - fee)
        self._pay(payment.target_token, payment.fee_receiver, fee)

    def _give_back(self, payment: Payment, amount: int) -> None:
        state = self.state(payment)
        if state.quota_ref is not None and amount != 0:
            counted = (state.policy_generation, payment.payer, state.quota_ref, amount)
            try:
                with self.books.all_or_nothing():
                    self._token(payment.source_token).restoreQuota(self.name, *counted)
            except Refused:
                self.emit("QuotaNotRestored", payment.id, amount)
        self._pay(payment.source_token, payment.payer, amount)

    def _pay(self, token: str, to: str, amount: int) -> None:
        """Pays, or else keeps the amount for the payee."""
        if amount == 0:
            return
        try:
            with self.books.all_or_nothing():
                self._token(token).transfer(self.name, to, amount)
        except Refused as refused:
            self._keep(token, to, amount)
            self.emit("ClaimableAdded", token, to, amount, refused)

    def _keep(self, token: str, owner: str, amount: int) -> None:
        self.claimable[token, owner] = self.claimable.get((token, owner), 0) + amount

    def _take_claimable(self, token: str, owner: str) -> int:
        amount = self.claimable.pop((token, owner), 0)
        if amount == 0:
            raise Refused("NothingToClaim", token, owner)
        return amount

    def _add_inventory(self, dealer: str, token: str, amount: int) -> None:
        self.inventory[dealer, token] = self.inventory.get((dealer, token), 0) + amount

    def _take_inventory(self, dealer: str, token: str, amount: int) -> None:
        free = self.inventory.get((dealer, token), 0)
        if amount > free:
            raise Refused("InventoryTooLow", dealer, token, free, amount)
        self.inventory[dealer, token] = free - amount

    def _token(self, name: str) -> Token:
        token = self.books.contracts.get(name)
        if not isinstance(token, Token):
            raise Refused("NotDepositToken", name)
        return token


def share_of(payment: Payment, captured: int) -> int:
    """What of the target amount is paid once so much of the source amount is captured."""
    return payment.target_amount * captured // payment.source_amount
