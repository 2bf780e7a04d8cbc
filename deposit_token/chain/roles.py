"""Roles: who at a bank may call which function of its contracts, and who gives and takes a role."""

from functools import cache

from eth_utils.abi import abi_to_signature
from eth_utils.crypto import keccak

from deposit_token.chain.artifacts import artifact
from deposit_token.values.enumerations import Role

WORKING_ROLES = tuple(Role(n) for n in Role if n not in (Role.ADMIN, Role.GUARDIAN, Role.KEEPER))
"""Those that the keeper gives and takes; ADMIN administers the others."""


FUNCTIONS: dict[str, dict[str, Role]] = {
    "AllowlistRegistry": {
        "register": Role.REGISTRAR,
        "registerBatch": Role.REGISTRAR,
        "renew": Role.REGISTRAR,
        "revoke": Role.REGISTRAR,
        "blockWallet": Role.COMPLIANCE,
        "unblockWallet": Role.RELEASER,
        "blockCustomer": Role.COMPLIANCE,
        "unblockCustomer": Role.RELEASER,
        "clearZone": Role.POLICY_OFFICER,
    },
    "CorridorPolicy": {
        "narrowCorridor": Role.POLICY_OFFICER,
        "suspendCorridor": Role.POLICY_OFFICER,
        "stopCorridor": Role.GUARDIAN,
        "removeApprover": Role.GUARDIAN,
        "resumeCorridor": Role.RELEASER,
    },
    "DepositToken": {
        "refill": Role.TREASURER,
        "lowerCeiling": Role.TREASURER,
        "lowerSupplyCap": Role.TREASURER,
        "acceptRedemption": Role.PAYOUT_OFFICER,
        "rejectRedemption": Role.PAYOUT_OFFICER,
        "freeze": Role.COMPLIANCE,
        "setFrozenTokens": Role.RELEASER,
        "unpause": Role.RELEASER,
        "resumeAccepted": Role.RELEASER,
        "forcedTransfer": Role.ENFORCER,
        "pause": Role.GUARDIAN,
        "stopSystemAccount": Role.GUARDIAN,
        "removeMinter": Role.GUARDIAN,
        "stopAccepted": Role.GUARDIAN,
        "suspendAccepted": Role.POLICY_OFFICER,
    },
    "SettlementEscrow": {
        "divertClaim": Role.COMPLIANCE,
        "divertInventory": Role.COMPLIANCE,
    },
    "RoleKeeper": {
        "revoke": Role.GUARDIAN,
        "revokeProposer": Role.GUARDIAN,
    },
}
"""The role of each restricted function, by contract; those left out are ADMIN's."""


def selectors(contract: str) -> dict[str, bytes]:
    """The 4-byte selectors of the functions that `FUNCTIONS` names for a contract.

    >>> {name: selector.hex() for name, selector in selectors("RoleKeeper").items()}
    {'revoke': 'a65af279', 'revokeProposer': '404a5246'}
    """
    return {name: each for name, each in _selectors(contract) if name in FUNCTIONS[contract]}


def needed_for(data: bytes) -> str:
    """Which role a call of a restricted function needs, for messages; nothing for another's call.

    >>> needed_for(bytes.fromhex("a65af279")), needed_for(b"")
    ('the role guardian', '')
    """
    role = _roles_by_selector().get(data[:4])
    return "" if role is None else f"the role {role.words}"


@cache
def _roles_by_selector() -> dict[bytes, Role]:
    return {
        selector: functions.get(name, Role.ADMIN)
        for contract, functions in FUNCTIONS.items()
        for name, selector in _selectors(contract)
    }


def _selectors(contract: str) -> list[tuple[str, bytes]]:
    return [
        (item["name"], bytes(keccak(text=abi_to_signature(item))[:4]))
        for item in artifact(contract).abi
        if item["type"] == "function"
    ]
