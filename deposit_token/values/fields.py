"""Checks of single fields."""

from eth_utils.address import is_checksum_address

from deposit_token.errors import InputError

ADDRESS_ZERO = "0x" + "0" * 40
"""Nobody's address."""


def require_addresses(**fields: object) -> None:
    """Raises InputError, which names the field, for what is not a checksummed address (ERC-55)."""
    for field, value in fields.items():
        if not is_checksum_address(value):
            raise InputError(field.replace("_", " "), value, "a checksummed address")
