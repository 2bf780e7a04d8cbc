"""Roles: who at a bank may call which function of its contracts."""

from enum import IntEnum

from web3 import Web3
from web3.utils import abi_to_signature

from deposit_token.artifacts import artifact


class Role(IntEnum):
    """A role's number in the bank's `AccessManager`."""

    ADMIN = 0
    """The governor: everything that no other role has, after the upgrade delay."""
    REGISTRAR = 1
    """Registers customers and renews their reviews."""
    COMPLIANCE = 2
    """Blocks, freezes and moves by law, and ends a block or a pause; diverts what can't be paid."""
    POLICY_OFFICER = 3
    """Sets zones and corridors."""
    TREASURER = 4
    """Sets what may be issued, and by which desk."""
    GUARDIAN = 5
    """Stops, at once, and never starts anything."""
    CASHIER = 6
    """Accepts and rejects redemptions."""


FUNCTIONS: dict[str, dict[str, Role]] = {
    "AllowlistRegistry": {
        "register": Role.REGISTRAR,
        "registerBatch": Role.REGISTRAR,
        "renew": Role.REGISTRAR,
        "revoke": Role.REGISTRAR,
        "blockWallet": Role.COMPLIANCE,
        "unblockWallet": Role.COMPLIANCE,
        "blockCustomer": Role.COMPLIANCE,
        "unblockCustomer": Role.COMPLIANCE,
        "setZone": Role.POLICY_OFFICER,
    },
    "CorridorPolicy": {
        "setCorridor": Role.POLICY_OFFICER,
        "setRecognised": Role.POLICY_OFFICER,
        "setApprover": Role.POLICY_OFFICER,
    },
    "DepositToken": {
        "setDesk": Role.TREASURER,
        "topUpDesk": Role.TREASURER,
        "lowerDesk": Role.TREASURER,
        "setSupplyCap": Role.TREASURER,
        "acceptRedemption": Role.CASHIER,
        "rejectRedemption": Role.CASHIER,
        "setFrozenTokens": Role.COMPLIANCE,
        "forcedTransfer": Role.COMPLIANCE,
        "unpause": Role.COMPLIANCE,
        "pause": Role.GUARDIAN,
        "stopSystemAccount": Role.GUARDIAN,
        "removeDesk": Role.GUARDIAN,
    },
    "SettlementEscrow": {
        "divertClaim": Role.COMPLIANCE,
        "divertInventory": Role.COMPLIANCE,
    },
}
"""The role of each restricted function, by contract; those left out are ADMIN's."""


def selectors(contract: str) -> dict[str, bytes]:
    """The 4-byte selectors of the functions that `FUNCTIONS` names for a contract."""
    return {
        item["name"]: bytes(Web3.keccak(text=abi_to_signature(item))[:4])
        for item in artifact(contract).abi
        if item["type"] == "function" and item["name"] in FUNCTIONS[contract]
    }
