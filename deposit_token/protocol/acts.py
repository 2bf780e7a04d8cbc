"""Acts: the escrow's functions with what they are called with, to be done alone or in a batch.

Each is documented at the method of `Settlement` that sends it alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from deposit_token.protocol.payment import NO_APPROVAL, Payment, PaymentApproval, RefundQuote
from deposit_token.values.fields import require_addresses

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


def authorize(
    payment: Payment,
    payer_signature: bytes,
    dealer_signature: bytes = b"",
    approval: PaymentApproval = NO_APPROVAL,
) -> Act:
    """See `Settlement.authorize`."""
    return _opening("authorize", payment, payer_signature, dealer_signature, approval)


def charge(
    payment: Payment,
    payer_signature: bytes,
    dealer_signature: bytes = b"",
    approval: PaymentApproval = NO_APPROVAL,
) -> Act:
    """See `Settlement.charge`."""
    return _opening("charge", payment, payer_signature, dealer_signature, approval)


def capture(payment: Payment, captured_before: int, source_amount: int) -> Act:
    """See `Settlement.capture`."""
    return _on(payment, "capture", captured_before, source_amount)


def release(payment: Payment) -> Act:
    """See `Settlement.release`."""
    return _on(payment, "release")


def release_with_signature(payment: Payment, deadline: int, signature: bytes) -> Act:
    """See `Settlement.release_with_signature`."""
    signatures = {payment.payer: signature}
    return _on(payment, "releaseWithSignature", deadline, signature, signatures=signatures)


def dispute(payment: Payment) -> Act:
    """See `Settlement.dispute`."""
    return _on(payment, "dispute")


def resolve(payment: Payment, source_amount: int) -> Act:
    """See `Settlement.resolve`."""
    return _on(payment, "resolve", source_amount)


def void(payment: Payment) -> Act:
    """See `Settlement.void`."""
    return _on(payment, "void")


def refund(payment: Payment, quote: RefundQuote, dealer_signature: bytes = b"") -> Act:
    """See `Settlement.refund`; here the merchant's allowance is there already."""
    arguments = (quote.as_tuple(), dealer_signature)
    return _on(payment, "refund", *arguments, signatures={quote.dealer: dealer_signature})


def refund_with_authorization(
    payment: Payment, quote: RefundQuote, merchant_signature: bytes, dealer_signature: bytes = b""
) -> Act:
    """See `Settlement.refund_with_authorization`."""
    arguments = (quote.as_tuple(), merchant_signature, dealer_signature)
    signatures = {quote.dealer: dealer_signature}
    return _on(payment, "refundWithAuthorization", *arguments, signatures=signatures)


def reclaim(payment: Payment) -> Act:
    """See `Settlement.reclaim`."""
    return _on(payment, "reclaim")


def claim(token: str, owner: str) -> Act:
    """See `Settlement.claim`."""
    require_addresses(token=token, owner=owner)
    return Act("claim", (token, owner))


def divert_claim(token: str, owner: str, to: str) -> Act:
    """See `Settlement.divert_claim`."""
    require_addresses(token=token, owner=owner, to=to)
    return Act("divertClaim", (token, owner, to))


def divert_inventory(token: str, dealer: str) -> Act:
    """See `Settlement.divert_inventory`."""
    require_addresses(token=token, dealer=dealer)
    return Act("divertInventory", (token, dealer))


def deposit(token: str, amount: int) -> Act:
    """See `Settlement.deposit`; here the dealer's allowance is there already."""
    require_addresses(token=token)
    return Act("deposit", (token, amount))


def withdraw(token: str, amount: int) -> Act:
    """See `Settlement.withdraw`."""
    require_addresses(token=token)
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
