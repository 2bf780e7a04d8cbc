"""The terms of payments, as a platform writes them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from deposit_token.errors import InputError
from deposit_token.platform.amounts import Currencies, minor_units, require_two_tokens
from deposit_token.platform.quotes import Quote
from deposit_token.platform.terms import PlatformTerms
from deposit_token.protocol.payment import Payment
from deposit_token.values.fields import ADDRESS_ZERO
from deposit_token.values.money import Money


class TermsWriter:
    """Writes what a call asks for, and what a platform has in all its terms, into a payment's."""

    def __init__(self, terms: PlatformTerms, keys: Sequence[str], currencies: Currencies) -> None:
        self._terms = terms
        self._keys = keys
        self._currencies = currencies

    def asked(
        self, payer: str, merchant: str, money: Money, source_token: str, target_token: str
    ) -> dict[str, Any]:
        """What a call asks of terms."""
        minor_units(money, self._currencies.of(target_token), "money")
        asked = {
            "payer": payer,
            "merchant": merchant,
            "source_token": source_token,
            "target_token": target_token,
            "target_amount": money.amount,
        }
        if source_token == target_token:
            asked |= {"dealer": ADDRESS_ZERO, "source_amount": money.amount}
        return asked

    def changed(
        self, money: Money, source_token: str, quote: Quote, asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What a quote asks of them."""
        require_two_tokens(quote, source_token, asked["target_token"])
        source = quote.source(money, self._currencies.of(source_token))
        return {"dealer": quote.dealer, "source_amount": source.amount}

    def written(
        self, asked: Mapping[str, Any], hashed: bytes, quote: Quote | None, uetr: UUID, moment: int
    ) -> Payment:
        """The terms as they are written at a moment, in Unix seconds; raises InputError for terms
        that no escrow accepts, a missing quote and one that has ended."""
        if "dealer" not in asked:
            raise InputError("quote", None, "one where payer and merchant have different tokens")
        terms = self._terms
        authorize_by = moment + terms.authorize_seconds
        if quote is not None:
            if quote.valid_until <= moment:
                accepted = f"later than {moment}, when the terms are written"
                raise InputError("quote's valid until", quote.valid_until, accepted)
            authorize_by = min(authorize_by, quote.valid_until)
        capture_by = moment + terms.capture_seconds
        return Payment(
            **asked,
            operator=self._keys[int.from_bytes(hashed) % len(self._keys)],
            arbiter=terms.arbiter,
            fee_receiver=terms.fee_receiver,
            fee_bps=terms.fee_bps,
            authorize_by=authorize_by,
            capture_from=moment,
            capture_by=capture_by,
            resolve_by=capture_by + terms.resolve_seconds,
            refund_by=moment + terms.refund_seconds,
            purpose=terms.purpose,
            uetr=uetr,
            remittance_hash=hashed,
        )
