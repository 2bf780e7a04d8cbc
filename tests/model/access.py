"""The model's access manager: which officers a bank has, and what each of them may do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from tests.model.books import Books, Contract, Refused

ROLES = {
    "admin": 0,
    "registrar": 1,
    "compliance": 2,
    "policy officer": 3,
    "treasurer": 4,
    "guardian": 5,
    "payout officer": 6,
    "releaser": 7,
    "enforcer": 8,
    "keeper": 9,
}
"""Their numbers. Whatever is nobody else's is the admin's."""


class Manager(Contract):
    """Roles without delays."""

    def __init__(self, books: Books, name: str, bank: str) -> None:
        super().__init__(books, name, bank)
        self.members: set[tuple[int, str]] = set()
        """Each role's number and who has it."""
        self.admins: dict[int, int] = {}
        """Whose members give and take a role, if not the admin's."""
        self.guardians: dict[int, int] = {}
        self.functions: dict[tuple[str, str], int] = {}
        """By contract and name: whose it is, if it is not the admin's."""

    def grantRole(self, caller, role, account, delay):
        self._require_admin(caller, role)
        new = (role, account) not in self.members
        self.members.add((role, account))
        self.emit("RoleGranted", role, account, delay, self.now, new)

    def revokeRole(self, caller, role, account):
        self._require_admin(caller, role)
        if (role, account) in self.members:
            self.members.remove((role, account))
            self.emit("RoleRevoked", role, account)

    def admin_of(self, role: int) -> int:
        return self.admins.get(role, ROLES["admin"])

    def guardian_of(self, role: int) -> int:
        return self.guardians.get(role, ROLES["admin"])

    def _require_admin(self, caller: str, role: int) -> None:
        if (self.admin_of(role), caller) not in self.members:
            raise Refused("AccessManagerUnauthorizedAccount", caller, self.admin_of(role))


def restricted(role: str) -> Callable[..., Any]:
    """For whoever has a role at the contract's bank, and nobody else."""

    def guard(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def guarded(contract: Contract, caller: str, *args: Any) -> Any:
            if not has_role(contract, role, caller):
                raise Refused("AccessManagedUnauthorized", caller)
            return function(contract, caller, *args)

        guarded.role = role
        return guarded

    return guard


def has_role(contract: Contract, role: str, caller: str) -> bool:
    """Whether a caller has a role at the bank of a contract."""
    return (ROLES[role], caller) in contract.books.contracts[contract.authority].members


def manager_of(bank: str) -> str:
    return f"{bank} manager"
