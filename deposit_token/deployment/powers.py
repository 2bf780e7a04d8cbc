"""Who gets which power over a bank, as its configuration says."""

from collections.abc import Iterator

from eth_utils.crypto import keccak

from deposit_token.chain.roles import FUNCTIONS, WORKING_ROLES, selectors
from deposit_token.deployment.config import BankConfig
from deposit_token.values.enumerations import Role
from deposit_token.values.fields import ADDRESS_ZERO

DEFAULT_ADMIN = bytes(32)
PROPOSER, EXECUTOR, CANCELLER = (
    keccak(text=f"{name}_ROLE") for name in ("PROPOSER", "EXECUTOR", "CANCELLER")
)
"""The roles of a timelock."""

ANYBODY = ADDRESS_ZERO
"""Whose role at a timelock everybody has."""


def role_admin(role: int) -> Role:
    """Who gives and takes a role at the manager.

    >>> role_admin(Role.TREASURER).name, role_admin(Role.GUARDIAN).name
    ('KEEPER', 'ADMIN')
    """
    return Role.KEEPER if role in WORKING_ROLES else Role.ADMIN


def role_guardian(role: int) -> Role:
    """Who cancels what the holders of a role have scheduled at the manager.

    >>> role_guardian(Role.ENFORCER).name
    'GUARDIAN'
    """
    return Role.GUARDIAN if role == Role.ENFORCER else Role.ADMIN


def key_members(config: BankConfig) -> Iterator[tuple[Role, str, int]]:
    """Each role that a key of the bank has at the manager, the key, and its execution delay."""
    for role in (*WORKING_ROLES, Role.GUARDIAN):
        delay = config.enforce_delay if role is Role.ENFORCER else 0
        for key in getattr(config.keys, role.name.lower()):
            yield role, key, delay


def timelock_members(
    config: BankConfig, timelock: str, recovery: str, keeper: str
) -> set[tuple[bytes, str]]:
    """Each role at the bank's timelock, and who has it."""
    keys = config.keys
    return {
        (DEFAULT_ADMIN, timelock),
        (DEFAULT_ADMIN, recovery),
        (DEFAULT_ADMIN, keeper),
        (PROPOSER, keys.governor),
        (CANCELLER, keys.governor),
        *((CANCELLER, guardian) for guardian in keys.guardian),
        (EXECUTOR, ANYBODY),
    }


def function_roles(targets: list[tuple[str, str]]) -> dict[tuple[str, bytes], Role]:
    """The role of every function that is not ADMIN's, by contract and selector."""
    return {
        (address, selector): FUNCTIONS[contract][function]
        for contract, address in targets
        for function, selector in selectors(contract).items()
    }
