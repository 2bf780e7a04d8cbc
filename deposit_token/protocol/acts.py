"""Acts: the escrow's functions with what they are called with, to be done alone or in a batch.

Each is documented at the method of `Settlement` that sends it alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from deposit_token.protocol.payment import NO_APPROVAL, Payment, PaymentApproval, RefundQuote
from deposit_token.protocol.signatures import Signature
from deposit_token.values.fields import Address, Time, Uint104, Uint256, checked

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

BANK = "the approver of the payer's bank"
"""Who has to have signed an approval: the bank's policy knows the address."""


@dataclass(frozen=True)
class Act:
    """One function of the escrow and its arguments; whoever sends it is the caller.

    >>> withdraw("0x0000000000000000000000000000000000000003", 250_00)
    Act(function='withdraw', arguments=('0x0000000000000000000000000000000000000003', 25000))
    """

    function: str
    arguments: tuple[Any, ...]
    payment: Payment | None = field(default=None, compare=False, repr=False)
    """The payment that it moves, if it moves one."""
    signatures: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    """The signatures that it brings, by who has to have made them: an address, or `BANK`."""


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
    signatures = {payment.payer: signature}
    return _on(payment, "releaseWithSignature", deadline, signature, signatures=signatures)


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
    arguments = (quote.as_tuple(), dealer_signature)
    return _on(payment, "refund", *arguments, signatures={quote.dealer: dealer_signature})


@checked
def refund_with_authorization(
    payment: Payment,
    quote: RefundQuote,
    merchant_signature: Signature,
    dealer_signature: Signature = b"",
) -> Act:
    """See `Settlement.refund_with_authorization`."""
    arguments = (quote.as_tuple(), merchant_signature, dealer_signature)
    signatures = {quote.dealer: dealer_signature}
    return _on(payment, "refundWithAuthorization", *arguments, signatures=signatures)


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
    consents = (payer_signature, dealer_signature, (approval.valid_until, approval.signature))
    signatures = {payment.dealer: dealer_signature, BANK: approval.signature}
    return _on(payment, function, *consents, signatures=signatures)


def _on(
    payment: Payment,
    function: str,
    *arguments: object,
    signatures: Mapping[str, bytes] = MappingProxyType({}),
) -> Act:
    return Act(function, (payment.as_tuple(), *arguments), payment, signatures)
