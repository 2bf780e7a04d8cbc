"""Participants: the records of customers' wallets in a bank's registry."""

import hashlib
import hmac
from typing import Annotated

from deposit_token.errors import InputError
from deposit_token.values.countries import country_numeric
from deposit_token.values.enumerations import CustomerCategory, ParticipantStatus
from deposit_token.values.fields import TIME, UintKind, checked
from deposit_token.values.references import canonical, require_visible

_KEY_BYTES = 32
_VALID_UNTIL_AT, _VALID_UNTIL_BITS = 128, 40
"""Of a record, from its lowest bit on."""


@checked
def pack_participant(
    category: CustomerCategory,
    country: str,
    valid_until: Annotated[int, UintKind(_VALID_UNTIL_BITS, least=1, what=TIME)],
    customer_id: Annotated[int, UintKind(128, least=1)],
) -> int:
    """A wallet's record as the registry's `registerBatch` takes it, with the status active.

    `country` is the ISO 3166-1 alpha-2 code of the customer's residence, `valid_until` the end of
    its review in Unix seconds, exclusive. Raises InputError for an unknown country, a time beyond
    40 bits or a customer id that is zero or beyond 128 bits.

    >>> hex(pack_participant(CustomerCategory.MERCHANT, "HK", 2**40 - 1, 4711))
    '0x1010158ffffffffff00000000000000000000000000001267'
    """
    return (
        ParticipantStatus.ACTIVE << 192
        | category << 184
        | country_numeric(country) << 168
        | valid_until << _VALID_UNTIL_AT
        | customer_id
    )


def review_end(record: int) -> int:
    """The `valid_until` of a record, in Unix seconds; 0 if its registration was revoked.

    >>> review_end(pack_participant(CustomerCategory.RETAIL, "DE", 1_800_000_000, 4711))
    1800000000
    """
    return record >> _VALID_UNTIL_AT & (1 << _VALID_UNTIL_BITS) - 1


def customer_id(bank_key: bytes, customer_number: str) -> int:
    """The pseudonym of a customer within one bank: 128 bits, never zero.

    The leading half of HMAC-SHA-256 (RFC 2104) of the bank's own number for the customer, or its
    LEI, under a secret of the bank: without the key nobody can tell whose it is, or try numbers
    out. A number is the same however it is written, as an invoice is: in capitals or small letters,
    with another dash, in another width. So is an LEI (ISO 17442). Raises InputError for a key of
    other than 32 bytes, a number that is empty, begins or ends with a blank, or has signs that
    can't be printed or seen.

    >>> hex(customer_id(bytes(range(32)), "4711"))
    '0x6d45b7f8862dbcd87e2aef15fc78bd09'
    >>> key = bytes(range(32))
    >>> customer_id(key, "529900t8bm49aursdo55") == customer_id(key, "529900T8BM49AURSDO55")
    True
    """
    if not isinstance(bank_key, bytes) or len(bank_key) != _KEY_BYTES:
        # A key that is refused may still be one.
        found = f"{len(bank_key)} bytes" if isinstance(bank_key, bytes) else type(bank_key).__name__
        raise InputError("bank key", found, f"{_KEY_BYTES} secret random bytes")
    accepted = "a printable text that is not empty, without blanks at its ends"
    if not isinstance(customer_number, str):
        raise InputError("customer number", customer_number, accepted)
    require_visible("customer number", customer_number, accepted)
    code = hmac.digest(bank_key, canonical(customer_number).encode(), hashlib.sha256)
    return int.from_bytes(code[:16]) or 1
