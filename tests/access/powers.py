"""Who may do what, read from the events of OpenZeppelin's contracts, and what is more of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from deposit_token.values.enumerations import Role
from tests.model.backends import Log

Fact = tuple[str, ...]
"""What is said of what: a kind, and the names or numbers that it is about."""
Powers = Mapping[Fact, int]

TIMELOCK_ROLES = {
    bytes(32): "DEFAULT_ADMIN",
    **{keccak(text=f"{name}_ROLE"): name for name in ("PROPOSER", "EXECUTOR", "CANCELLER")},
}

Change = tuple[Fact, int | None]
"""A fact and its value, None if it is no more."""


def after(powers: Powers, logs: Iterable[Log], now: int, name: Callable[[str], str]) -> Powers:
    """The powers after these events; the same object if they change nothing. `name` gives the name
    of an address."""
    changes = {}
    for log in logs:
        reader = _EVENTS.get(log.topics[0])
        if reader is not None:
            topics = [int.from_bytes(topic) for topic in log.topics[1:]]
            fact, value = reader(name(log.address), topics, log.data, now, name)
            changes[fact] = value
    if all(powers.get(fact) == value for fact, value in changes.items()):
        return powers
    changed = {**powers, **changes}
    return {fact: value for fact, value in changed.items() if value is not None}


def widenings(before: Powers, now: Powers) -> list[str]:
    """The kinds of power that somebody has now and nobody had before."""
    found = []
    for fact, value in now.items() - before.items():
        known = before.get(fact)
        match fact:
            case "role", role, _:
                if known is None or value < known:
                    found.append(f"role {role}")
            case "timelock role", where, role, _:
                found.append(f"{role} at the {where}")
            case (("delay" | "grant delay" | "target delay"), *_):
                if known is not None and value < known:
                    found.append("a shorter delay")
            case ("authority" | "function" | "role admin" | "role guardian") as kind, *_:
                found.append(_KINDS[kind])
    return found


def only_less(before: Powers, now: Powers) -> bool:
    """Whether everything that changed was taken away."""
    return all(fact in before and fact[0] not in _KINDS for fact, _ in now.items() - before.items())


_KINDS = {
    "authority": "an authority",
    "function": "a function's role",
    "role admin": "a role's administrator",
    "role guardian": "a role's guardian",
}

Reader = Callable[[str, list[int], bytes, int, Callable[[str], str]], Change]


def _role(number: int) -> str:
    return Role(number).name if number in Role.__members__.values() else str(number)


def _account(topic: int, name: Callable[[str], str]) -> str:
    return name(f"0x{topic:040x}")


def _value(data: bytes, types: str, index: int = 0) -> Any:
    return decode(types.split(","), data)[index]


def _timelock_role(where: str, topics: list[int], name: Callable[[str], str]) -> Fact:
    role = TIMELOCK_ROLES[topics[0].to_bytes(32)]
    return "timelock role", where, role, _account(topics[1], name)


_READERS: dict[str, Reader] = {
    # The manager's.
    "RoleGranted(uint64,address,uint32,uint48,bool)": lambda at, topics, data, now, name: (
        ("role", _role(topics[0]), _account(topics[1], name)),
        _value(data, "uint32,uint48,bool"),
    ),
    "RoleRevoked(uint64,address)": lambda at, topics, data, now, name: (
        ("role", _role(topics[0]), _account(topics[1], name)),
        None,
    ),
    "RoleAdminChanged(uint64,uint64)": lambda at, topics, data, now, name: (
        ("role admin", _role(topics[0])),
        topics[1],
    ),
    "RoleGuardianChanged(uint64,uint64)": lambda at, topics, data, now, name: (
        ("role guardian", _role(topics[0])),
        topics[1],
    ),
    "RoleGrantDelayChanged(uint64,uint32,uint48)": lambda at, topics, data, now, name: (
        ("grant delay", _role(topics[0])),
        _value(data, "uint32,uint48"),
    ),
    "TargetClosed(address,bool)": lambda at, topics, data, now, name: (
        ("closed", _account(topics[0], name)),
        int(_value(data, "bool")),
    ),
    "TargetFunctionRoleUpdated(address,bytes4,uint64)": lambda at, topics, data, now, name: (
        ("function", _account(topics[0], name), data[:4].hex()),
        topics[1],
    ),
    "TargetAdminDelayUpdated(address,uint32,uint48)": lambda at, topics, data, now, name: (
        ("target delay", _account(topics[0], name)),
        _value(data, "uint32,uint48"),
    ),
    "OperationScheduled(bytes32,uint32,uint48,address,address,bytes)": (
        lambda at, topics, data, now, name: (
            ("scheduled", at, f"{topics[0]:064x}"),
            _value(data, "uint48,address,address,bytes"),
        )
    ),
    "OperationExecuted(bytes32,uint32)": lambda at, topics, data, now, name: (
        ("scheduled", at, f"{topics[0]:064x}"),
        None,
    ),
    "OperationCanceled(bytes32,uint32)": lambda at, topics, data, now, name: (
        ("scheduled", at, f"{topics[0]:064x}"),
        None,
    ),
    # The timelocks'.
    "RoleGranted(bytes32,address,address)": lambda at, topics, data, now, name: (
        _timelock_role(at, topics, name),
        1,
    ),
    "RoleRevoked(bytes32,address,address)": lambda at, topics, data, now, name: (
        _timelock_role(at, topics, name),
        None,
    ),
    "MinDelayChange(uint256,uint256)": lambda at, topics, data, now, name: (
        ("delay", at),
        _value(data, "uint256,uint256", 1),
    ),
    "CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)": (
        lambda at, topics, data, now, name: (
            ("scheduled", at, f"{topics[0]:064x}"),
            now + _value(data, "address,uint256,bytes,bytes32,uint256", 4),
        )
    ),
    "CallExecuted(bytes32,uint256,address,uint256,bytes)": lambda at, topics, data, now, name: (
        ("scheduled", at, f"{topics[0]:064x}"),
        None,
    ),
    "Cancelled(bytes32)": lambda at, topics, data, now, name: (
        ("scheduled", at, f"{topics[0]:064x}"),
        None,
    ),
    # Every contract's that asks a manager.
    "AuthorityUpdated(address)": lambda at, topics, data, now, name: (
        ("authority", at),
        int.from_bytes(data),
    ),
}
_EVENTS = {keccak(text=signature): reader for signature, reader in _READERS.items()}
