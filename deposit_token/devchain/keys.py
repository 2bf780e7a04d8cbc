"""Keys of a development chain: worthless, since everybody can derive them, and always the same."""

from functools import cache

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from deposit_token.values.fields import Text, checked

ANVIL_FIRST_KEY_PATH = "m/44'/60'/0'/0/0"
_ANVIL_MNEMONIC = " ".join(["test"] * 11 + ["junk"])


@cache
def funder() -> LocalAccount:
    """The first of the accounts that anvil and its like give ether to."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(
        _ANVIL_MNEMONIC, account_path=ANVIL_FIRST_KEY_PATH
    )
    return account


@checked
@cache
def account(role: Text) -> LocalAccount:
    """The account of one part in a scene, such as `bank/buyers/registrar` or `buyer/C-1001/DE`."""
    made: LocalAccount = Account.from_key(keccak(bytes(funder().key) + role.encode()))
    return made


@checked
def bank_secret(bank: Text) -> bytes:
    """The 32 bytes under which a bank hashes its customer numbers."""
    return keccak(text=f"customer numbers of {bank}")


@cache
def platform_secret() -> bytes:
    """The 32 bytes under which a platform hashes its references."""
    return keccak(text="references of the platform")
