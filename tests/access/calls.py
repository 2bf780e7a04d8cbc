"""Every function of the manager, the timelocks and the keeper, and every restricted function."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from deposit_token.chain.artifacts import artifact
from deposit_token.values.enumerations import Role
from tests.access.bank import (
    ARTIFACTS,
    BLOCKED,
    BLOCKED_CUSTOMER,
    CUSTOMERS,
    FALSE_SUCCESSOR,
    FAR,
    GERMANY,
    HOLDER,
    LEGAL,
    NEIGHBOUR,
    NEW_CODE,
    NEWCOMER,
    NOWHERE,
    PUPPET,
    RETAIL,
    STRANGER,
    Bank,
    Call,
)
from tests.access.powers import TIMELOCK_ROLES
from tests.model.words import selector

PUBLIC_ROLE = 2**64 - 1
"""OpenZeppelin's, which everybody has."""
MORE_ROLES = (42, 43)
"""That no configuration knows."""

WIDE = (True, True, False, False, 0, 0, 0, 2**104 - 1, 0)
"""The rules of a corridor that lets everything through."""
NO_SALT = bytes(32)

HOLDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "timelock": {
        "DEFAULT_ADMIN": ("timelock", "recovery", "keeper"),
        "PROPOSER": ("governor",),
        "CANCELLER": ("governor", "guardian"),
    },
    "recovery": {"DEFAULT_ADMIN": ("recovery",), "PROPOSER": ("board",)},
}
"""Who has which role at each timelock."""

LEAST_DELAY = 3_600
"""That a timelock off a development chain accepts, in seconds."""


def restricted(bank: Bank) -> list[Call]:
    """The restricted functions of the bank's contracts, each with what its proper caller could
    mean; of a function that may only narrow, with what would widen too."""
    cap = bank.config.tokens[0].supply_cap
    ledger_id, ceiling = bank.config.minters[0].ledger_id, bank.config.minters[0].ceiling
    open_corridor = bank.ask("policy", "corridor", "token", 1, 2)
    active = 1 << 192 | RETAIL << 184 | GERMANY << 168 | FAR << 128 | CUSTOMERS[NEWCOMER]
    acts: dict[str, list[tuple[Any, ...]]] = {
        "registry": [
            ("register", NEWCOMER, RETAIL, GERMANY, FAR, CUSTOMERS[NEWCOMER]),
            ("registerBatch", [NEWCOMER], [active]),
            ("renew", HOLDER, FAR - 1),
            ("revoke", HOLDER),
            ("blockWallet", HOLDER, LEGAL),
            ("unblockWallet", BLOCKED),
            ("blockCustomer", CUSTOMERS[HOLDER], LEGAL),
            ("unblockCustomer", BLOCKED_CUSTOMER),
            ("clearZone", [GERMANY]),
            ("setZone", [NOWHERE], 1),
            ("subscribe", PUPPET),
            ("unsubscribe", "token"),
        ],
        "policy": [
            ("setCorridor", "token", 2, 1, WIDE),
            ("setApprover", STRANGER),
            ("narrowCorridor", "token", 1, 2, (False, *open_corridor[1:])),
            ("narrowCorridor", "token", 1, 2, WIDE),
            ("suspendCorridor", "token", 1, 2),
            ("stopCorridor", "token", 1, 2),
            ("removeApprover",),
            ("resumeCorridor", "token", 1, 1),
        ],
        "token": [
            ("refill", "minter 1"),
            ("lowerCeiling", "minter 1", ceiling - 1),
            ("lowerCeiling", "minter 1", ceiling + 1),
            ("lowerSupplyCap", cap - 1),
            ("lowerSupplyCap", cap + 1),
            ("acceptRedemption", 2),
            ("rejectRedemption", 2, LEGAL),
            ("freeze", HOLDER, 11),
            ("freeze", HOLDER, 9),
            ("setFrozenTokens", HOLDER, 0),
            ("unpause",),
            ("resumeAccepted", "suspended token"),
            ("suspendAccepted", "accepted token"),
            ("stopAccepted", "accepted token"),
            ("forcedTransfer", HOLDER, NEIGHBOUR, 1),
            ("pause",),
            ("stopSystemAccount", "escrow"),
            ("removeMinter", "minter 1"),
            ("removeMinter", "minter 2"),
            ("setMinter", STRANGER, ledger_id + 100, 1),
            ("setMinter", "minter 1", ledger_id, ceiling + 1),
            ("setSupplyCap", cap + 1),
            ("setAccepted", PUPPET, True),
            ("activateSystemAccount", PUPPET),
            ("setRegistry", FALSE_SUCCESSOR),
            ("setPolicy", PUPPET),
            ("setSuspenseAccount", HOLDER),
            ("setTerms", "", NO_SALT),
            ("rescueForeignToken", PUPPET, STRANGER, 1),
            ("upgradeToAndCall", NEW_CODE, b""),
        ],
        "escrow": [
            ("divertClaim", "token", BLOCKED, HOLDER),
            ("divertInventory", "token", BLOCKED),
        ],
        "keeper": [
            *(("grant", role, STRANGER) for role in (*Role, *MORE_ROLES)),
            *(("revoke", role, holder(role)) for role in Role),
            ("revokeProposer", "governor"),
        ],
    }
    managed = [("setAuthority", PUPPET)]
    return [
        bank.call(contract, *act)
        for contract, own in acts.items()
        for act in [*own, *(managed if contract != "escrow" else [])]
    ]


def of_manager(bank: Bank) -> list[Call]:
    """What an ADMIN could tell the manager, each in its most dangerous form."""
    acts: list[tuple[Any, ...]] = []
    for role in (*Role, *MORE_ROLES):
        acts += [
            ("grantRole", role, STRANGER, 0),
            ("setRoleAdmin", role, PUBLIC_ROLE),
            ("setRoleGuardian", role, PUBLIC_ROLE),
        ]
    acts += [("setGrantDelay", Role.TREASURER, 0), ("labelRole", Role.TREASURER, "")]
    acts += [("revokeRole", role, holder(role)) for role in Role]
    for target in ARTIFACTS:
        functions = [
            selector(item)
            for item in artifact(ARTIFACTS[target]).abi
            if item["type"] == "function" and item["name"] != "setAuthority"
        ]
        acts += [
            ("setTargetFunctionRole", target, functions, PUBLIC_ROLE),
            ("setTargetClosed", target, True),
            ("setTargetAdminDelay", target, 0),
            ("updateAuthority", target, PUPPET),
        ]
    return [bank.call("manager", *act) for act in acts]


def of_timelock(bank: Bank, where: str) -> list[Call]:
    """What a timelock's own administrators could tell it."""
    acts: list[tuple[Any, ...]] = [("updateDelay", 0), ("updateDelay", LEAST_DELAY)]
    acts += [("grantRole", role, STRANGER) for role in TIMELOCK_ROLES]
    acts += [
        ("revokeRole", role, account)
        for role, name in TIMELOCK_ROLES.items()
        for account in HOLDERS[where].get(name, ())
    ]
    acts += [
        ("onERC721Received", STRANGER, STRANGER, 0, b""),
        ("onERC1155Received", STRANGER, STRANGER, 0, 0, b""),
        ("onERC1155BatchReceived", STRANGER, STRANGER, [], [], b""),
    ]
    return [bank.call(where, *act) for act in acts]


def holder(role: Role) -> str:
    """Who has a role."""
    return {Role.ADMIN: "timelock", Role.KEEPER: "keeper"}.get(role, role.name.lower())


class Proposal:
    """Something that is to wait at a timelock."""

    def __init__(self, bank: Bank, where: str, what: Call, batch: bool = False) -> None:
        terms: list[Any] = [what.contract, 0, what]
        values: list[Any] = [bank.addresses[what.contract], 0, what.data]
        types, many = ["address", "uint256", "bytes"], ""
        if batch:
            terms, values = [[each] for each in terms], [[each] for each in values]
            types, many = [f"{each}[]" for each in types], "Batch"
        id = keccak(encode([*types, "bytes32", "bytes32"], [*values, NO_SALT, NO_SALT]))
        delay = bank.ask(where, "getMinDelay")
        self.fact = ("scheduled", where, id.hex())
        self.schedule = bank.call(where, f"schedule{many}", *terms, NO_SALT, NO_SALT, delay)
        self.execute = bank.call(where, f"execute{many}", *terms, NO_SALT, NO_SALT)
        self.cancel = bank.call(where, "cancel", id)


def different(calls: Iterable[Call]) -> list[Call]:
    """The first of those that the same permission lets through."""
    found: dict[tuple[str, str, bytes], Call] = {}
    for call in calls:
        found.setdefault(_permission(call), call)
    return list(found.values())


def _permission(call: Call) -> tuple[str, str, bytes]:
    """What decides who may make a call."""
    return call.contract, call.function, call.data[4:36] if call.function in _BY_ARGUMENT else b""


_BY_ARGUMENT = {
    "grantRole",
    "revokeRole",
    "setTargetFunctionRole",
    "setTargetClosed",
    "setTargetAdminDelay",
    "updateAuthority",
}
"""Functions for which a role or a target decides who may call them."""


class Catalogue:
    """Every call that is tried, by whoever could make it and by everybody else."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self.restricted = restricted(bank)
        managing = of_manager(bank)
        timelocks = {where: of_timelock(bank, where) for where in ("timelock", "recovery")}
        administering = [*managing, *timelocks["timelock"], *timelocks["recovery"]]
        self._everything = [*self.restricted, *administering]
        samples = [
            Proposal(bank, where, managing[0], batch)
            for where in timelocks
            for batch in (False, True)
        ]
        managed = different([*self.restricted, *managing])
        self._scheduled = {
            bank.call("manager", "schedule", call.contract, call, 0): call for call in managed
        }
        self._everybodys = [
            *self.restricted,
            *different(administering),
            *(bank.call("manager", "execute", call.contract, call) for call in managed),
            *self._scheduled,
            *(
                bank.call(call.contract, "multicall", [call])
                for call in managed
                if call.contract in ("manager", "registry")
            ),
            *(
                bank.call("escrow", "batch", [call])
                for call in self.restricted
                if call.contract == "escrow"
            ),
            *(
                each
                for sample in samples
                for each in (sample.schedule, sample.execute, sample.cancel)
            ),
            bank.call("manager", "consumeScheduledOp", "enforcer", self.restricted[0]),
            bank.call("manager", "cancel", "enforcer", "token", self.restricted[0]),
        ]
        self._own = {
            key: [
                *(bank.call("manager", "renounceRole", role, key) for role in Role),
                *(
                    bank.call(where, "renounceRole", role, key)
                    for where in timelocks
                    for role in TIMELOCK_ROLES
                ),
            ]
            for key in bank.keys
        }

    @cached_property
    def proposals(self) -> dict[str, list[Proposal]]:
        """What waits at each timelock once its proposer has proposed everything."""
        return {
            where: [Proposal(self._bank, where, call) for call in self._everything]
            for where in ("timelock", "recovery")
        }

    def cancel(self, key: str, schedule: Call) -> Call:
        """What cancels what a key has scheduled at the manager."""
        call = self._scheduled[schedule]
        return self._bank.call("manager", "cancel", key, call.contract, call)

    def of(self, key: str) -> list[Call]:
        """What a key tries, whatever waits."""
        return [*self._everybodys, *self._own[key]]
