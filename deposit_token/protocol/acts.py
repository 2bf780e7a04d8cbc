"""Acts: the escrow's functions with what they are called with, to be done alone or in a batch.

Each is documented at the method of `Settlement` that sends it alone.
"""

from dataclasses import dataclass, field
from typing import Any

from deposit_token.protocol.consents import Consent
from deposit_token.protocol.messages import Approval, Release
from deposit_token.protocol.payment import NO_APPROVAL, Payment, PaymentApproval, RefundQuote
from deposit_token.protocol.signatures import Signature
from deposit_token.values.fields import ADDRESS_ZERO, Address, Time, Uint104, Uint256, checked

__all__ = [
    "authorize",
    "capture",
    "charge",
    "claim",
    "deposit",
    "dispute",
    "divert_claim",
    "divert_inventory",
    "reclaim",
    "refund",
    "refund_with_authorization",
    "release",
    "release_with_signature",
    "resolve",
    "void",
    "withdraw",
]


@dataclass(frozen=True)
class Act:
    """One function of the escrow and its arguments; whoever sends it is the caller.

    >>> withdraw("0x0000000000000000000000000000000000000003", 250_00)
    Act(function='withdraw', arguments=('0x0000000000000000000000000000000000000003', 25000))
    """

    function: str
    arguments: tuple[Any, ...]
    """A signature among them, or in a tuple among them, is a `Consent`."""
    payment: Payment | None = field(default=None, compare=False, repr=False)
    """The payment that it moves, if it moves one."""


@checked
def authorize(
    payment: Payment,
    payer_signature: Signature,
    dealer_signature: Signature = b"",
    approval: PaymentApproval = NO_APPROVAL,
) -> Act:
    """See `Settlement.authorize`."""
    return _opening("authorize", payment, payer_signature, dealer_signature, approval)


@checked
def charge(
    payment: Payment,
    payer_signature: Signature,
    dealer_signature: Signature = b"",
    approval: PaymentApproval = NO_APPROVAL,
) -> Act:
    """See `Settlement.charge`."""
    return _opening("charge", payment, payer_signature, dealer_signature, approval)


@checked
def capture(payment: Payment, captured_before: Uint104, source_amount: Uint104) -> Act:
    """See `Settlement.capture`."""
    return _on(payment, "capture", captured_before, source_amount)


@checked
def release(payment: Payment) -> Act:
    """See `Settlement.release`."""
    return _on(payment, "release")


@checked
def release_with_signature(payment: Payment, deadline: Time, signature: Signature) -> Act:
    """See `Settlement.release_with_signature`."""
    consent = Consent(
        "payer",
        payment.payer,
        signature,
        lambda escrow: Release(payment.id(escrow), deadline),
        until=deadline,
    )
    return _on(payment, "releaseWithSignature", deadline, consent)


@checked
def dispute(payment: Payment) -> Act:
    """See `Settlement.dispute`."""
    return _on(payment, "dispute")


@checked
def resolve(payment: Payment, source_amount: Uint104) -> Act:
    """See `Settlement.resolve`."""
    return _on(payment, "resolve", source_amount)


@checked
def void(payment: Payment) -> Act:
    """See `Settlement.void`."""
    return _on(payment, "void")


@checked
def refund(payment: Payment, quote: RefundQuote, dealer_signature: Signature = b"") -> Act:
    """See `Settlement.refund`; here the merchant's allowance is there already."""
    by_dealer = _of_quote(quote, dealer_signature)
    return _on(payment, "refund", quote.as_tuple(), by_dealer)


@checked
def refund_with_authorization(
    payment: Payment,
    quote: RefundQuote,
    merchant_signature: Signature,
    dealer_signature: Signature = b"",
) -> Act:
    """See `Settlement.refund_with_authorization`."""
    by_merchant = Consent(
        "merchant",
        payment.merchant,
        merchant_signature,
        lambda escrow: quote.consent(payment, escrow),
        payment.target_token,
        until=quote.deadline,
    )
    by_dealer = _of_quote(quote, dealer_signature)
    return _on(payment, "refundWithAuthorization", quote.as_tuple(), by_merchant, by_dealer)


@checked
def reclaim(payment: Payment) -> Act:
    """See `Settlement.reclaim`."""
    return _on(payment, "reclaim")


@checked
def claim(token: Address, owner: Address) -> Act:
    """See `Settlement.claim`."""
    return Act("claim", (token, owner))


@checked
def divert_claim(token: Address, owner: Address, to: Address) -> Act:
    """See `Settlement.divert_claim`."""
    return Act("divertClaim", (token, owner, to))


@checked
def divert_inventory(token: Address, dealer: Address) -> Act:
    """See `Settlement.divert_inventory`."""
    return Act("divertInventory", (token, dealer))


@checked
def deposit(token: Address, amount: Uint256) -> Act:
    """See `Settlement.deposit`; here the dealer's allowance is there already."""
    return Act("deposit", (token, amount))


@checked
def withdraw(token: Address, amount: Uint256) -> Act:
    """See `Settlement.withdraw`."""
    return Act("withdraw", (token, amount))


def _opening(
    function: str,
    payment: Payment,
    payer_signature: bytes,
    dealer_signature: bytes,
    approval: PaymentApproval,
) -> Act:
    by_payer = Consent(
        "payer", payment.payer, payer_signature, payment.consent, payment.source_token
    )
    by_dealer = Consent("dealer", payment.dealer, dealer_signature, lambda _: payment)
    by_bank = Consent(
        "approver",
        ADDRESS_ZERO,
        approval.signature,
        lambda escrow: Approval(payment.id(escrow), approval.valid_until),
        approved_token=payment.source_token,
        until=approval.valid_until,
    )
    return _on(payment, function, by_payer, by_dealer, (approval.valid_until, by_bank))


def _of_quote(quote: RefundQuote, dealer_signature: bytes) -> Consent:
    return Consent("dealer", quote.dealer, dealer_signature, lambda _: quote, until=quote.deadline)


def _on(payment: Payment, function: str, *arguments: object) -> Act:
    return Act(function, (payment.as_tuple(), *arguments), payment)
