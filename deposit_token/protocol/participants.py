"""Participants: the records of customers' wallets in a bank's registry."""

import hashlib
import hmac

from deposit_token.errors import InputError
from deposit_token.values.countries import country_numeric
from deposit_token.values.enumerations import CustomerCategory, ParticipantStatus

_KEY_BYTES = 32


def pack_participant(
    category: CustomerCategory, country: str, valid_until: int, customer_id: int
) -> int:
    """A wallet's record as the registry's `registerBatch` takes it, with the status active.

    `country` is the ISO 3166-1 alpha-2 code of the customer's residence, `valid_until` the end of
    its review in Unix seconds, exclusive. Raises InputError for an unknown country, a time beyond
    40 bits or a customer id that is zero or beyond 128 bits.

    >>> hex(pack_participant(CustomerCategory.MERCHANT, "HK", 2**40 - 1, 4711))
    '0x1010158ffffffffff00000000000000000000000000001267'
    """
    if type(valid_until) is not int or not 0 < valid_until < 2**40:
        raise InputError("valid until", valid_until, "Unix seconds from 1 to 2^40 - 1")
    if type(customer_id) is not int or not 0 < customer_id < 2**128:
        raise InputError("customer id", customer_id, "an integer from 1 to 2^128 - 1")
    return (
        ParticipantStatus.ACTIVE << 192
        | CustomerCategory(category) << 184
        | country_numeric(country) << 168
        | valid_until << 128
        | customer_id
    )


def customer_id(bank_key: bytes, customer_number: str) -> int:
    """The pseudonym of a customer within one bank: 128 bits, never zero.

    The leading half of HMAC-SHA-256 (RFC 2104) of the bank's own number for the customer, or its
    LEI, under a secret of the bank: without the key nobody can tell whose it is, or try numbers
    out. Raises InputError for a key of other than 32 bytes, or an empty number.

    >>> hex(customer_id(bytes(range(32)), "4711"))
    '0x6d45b7f8862dbcd87e2aef15fc78bd09'
    """
    if len(bank_key) != _KEY_BYTES:
        raise InputError("bank key", f"{len(bank_key)} bytes", f"{_KEY_BYTES} secret random bytes")
    if not customer_number:
        raise InputError("customer number", customer_number, "a text that is not empty")
    code = hmac.digest(bank_key, customer_number.encode(), hashlib.sha256)
    return int.from_bytes(code[:16]) or 1
