"""What a platform writes into the terms of all its payments."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Annotated, Any

from deposit_token.errors import InputError
from deposit_token.protocol.payment import BPS, TIME_TO_RESOLVE
from deposit_token.values.fields import (
    ADDRESS_ZERO,
    Address,
    Bytes4,
    Kind,
    UintKind,
    checked,
    take_fields,
)
from deposit_token.values.references import canonical, require_visible

_SECRET_BYTES = 32
_SECONDS = "seconds"

Seconds = Annotated[int, UintKind(32, least=1, what=_SECONDS)]
Reference = Annotated[str, Kind(str, "a text")]
"""The platform's own name for a payment, such as an invoice's number."""


class _SecretKind(Kind):
    """Secret bytes, of which no message tells more than how many they are."""

    def __init__(self) -> None:
        super().__init__(bytes, f"{_SECRET_BYTES} secret random bytes")

    def take(self, name: str, value: Any) -> Any:
        if not isinstance(value, bytes) or len(value) != _SECRET_BYTES:
            found = f"{len(value)} bytes" if isinstance(value, bytes) else type(value).__name__
            raise InputError(name, found, self._accepted)
        return value


@dataclass(frozen=True)
class PlatformTerms:
    """What a platform writes into the terms of all its payments.

    Raises InputError for a value that is not of its kind, a fee without receiver, windows that end
    before those that come first, and an arbiter with less than a day.

    >>> terms = PlatformTerms(
    ...     secret=bytes(range(32)), authorize_seconds=3_600, capture_seconds=7 * 86_400,
    ...     refund_seconds=90 * 86_400, purpose=b"GDDS",
    ... )
    >>> terms.remittance_hash("S-2601").hex()[:16]
    'e892e0ab078acb23'
    >>> terms.remittance_hash("S-2601") == terms.remittance_hash("ｓ–2601")
    True
    """

    secret: Annotated[bytes, _SecretKind()] = field(repr=False)
    """Keys the remittance hashes: who has it can tell a reference's payment on the chain, and
    nobody else can. 32 random bytes, always the same."""
    authorize_seconds: Seconds
    """How long after its terms are written a payment may be authorized."""
    capture_seconds: Seconds
    """How long after its terms are written a payment may be captured."""
    refund_seconds: Seconds
    """How long after its terms are written a payment may be refunded."""
    fee_bps: Annotated[int, UintKind(16, most=BPS)] = 0
    """The platform's fee in 1/10,000 of what the merchant is paid."""
    fee_receiver: Address = ADDRESS_ZERO
    """Zero exactly if there is no fee."""
    arbiter: Address = ADDRESS_ZERO
    """Decides disputed payments; zero if there are none."""
    resolve_seconds: Annotated[int, UintKind(32, what=_SECONDS)] = 0
    """How long after the last moment to capture the arbiter may decide; a day or more."""
    purpose: Bytes4 = bytes(4)
    """ISO 20022 purpose code of four letters, such as `b"GDDS"`, or four zero bytes."""

    def __post_init__(self) -> None:
        take_fields(self)
        paired = (self.fee_bps == 0) == (self.fee_receiver == ADDRESS_ZERO)
        accepted = "the zero address without a fee, and another with one"
        _require(paired, "fee receiver", self.fee_receiver, accepted)
        captured, refunded = self.capture_seconds, self.refund_seconds
        accepted = f"at most capture seconds, which are {captured}"
        in_time = self.authorize_seconds <= captured
        _require(in_time, "authorize seconds", self.authorize_seconds, accepted)
        accepted = f"capture seconds ({captured}) or more"
        _require(refunded >= captured, "refund seconds", refunded, accepted)
        accepted, holds = "0 without an arbiter", self.resolve_seconds == 0
        if self.arbiter != ADDRESS_ZERO:
            accepted = f"{TIME_TO_RESOLVE} or more with an arbiter"
            holds = self.resolve_seconds >= TIME_TO_RESOLVE
        _require(holds, "resolve seconds", self.resolve_seconds, accepted)

    @checked
    def remittance_hash(self, reference: Reference) -> bytes:
        """What stands for a reference on the chain: HMAC-SHA-256 of it, the same however it is
        written, so that a payment whose log is lost is found again. 32 bytes.

        Raises InputError for a reference that can't be seen as a whole.
        """
        require_reference(reference)
        return hmac.digest(self.secret, canonical(reference).encode(), hashlib.sha256)


def require_reference(reference: str) -> None:
    """Raises InputError for a reference that can't be seen as a whole."""
    accepted = "a printable text that is not empty, without blanks at its ends"
    require_visible("reference", reference, accepted)


def _require(holds: bool, name: str, value: object, accepted: str) -> None:
    if not holds:
        raise InputError(name, value, accepted)
