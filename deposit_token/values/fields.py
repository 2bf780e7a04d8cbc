"""Checks of single fields."""

from web3 import Web3

from deposit_token.errors import InputError


def require_addresses(**fields: object) -> None:
    """Raises InputError, which names the field, for what is not a checksummed address (ERC-55)."""
    for field, value in fields.items():
        if not Web3.is_checksum_address(value):
            raise InputError(field.replace("_", " "), value, "a checksummed address")
