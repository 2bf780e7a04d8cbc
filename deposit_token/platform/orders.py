"""What a platform asks for by the list: payments, and what their parties have signed."""

from dataclasses import dataclass
from typing import Annotated

from deposit_token.platform.quotes import Quote
from deposit_token.platform.terms import Reference
from deposit_token.protocol.payment import NO_APPROVAL, PaymentApproval
from deposit_token.protocol.signatures import Signature
from deposit_token.values.fields import Address, TextKind, Uetr, take_fields
from deposit_token.values.money import Money

Key = Annotated[str, TextKind("[^\0\ud800-\udfff]*", "a text without zero bytes")]
"""Tells steps of one kind and payment apart: under one key a step is made once."""


@dataclass(frozen=True)
class PaymentOrder:
    """One payment that is asked for; its fields are the arguments of `Operator.pay`."""

    reference: Reference
    payer: Address
    merchant: Address
    money: Money
    source_token: Address
    target_token: Address | None = None
    quote: Quote | None = None
    uetr: Uetr | None = None

    def __post_init__(self) -> None:
        take_fields(self)


@dataclass(frozen=True)
class SignedPayment:
    """One payment that its parties have signed; its fields are the arguments of
    `Operator.authorize`."""

    reference: Reference
    payer_signature: Signature
    dealer_signature: Signature = b""
    approval: PaymentApproval = NO_APPROVAL
    key: Key = ""

    def __post_init__(self) -> None:
        take_fields(self)
