"""What a bank lets through, asked of its contracts, and what is more of it."""

from collections.abc import Callable, Iterable
from typing import Any

from deposit_token.values.enumerations import Acceptance, SystemStatus
from tests.access.bank import GERMANY, HOLDER, IMPLEMENTATION_SLOT, NOWHERE, PUPPET, STRANGER, Bank
from tests.access.powers import Fact

Settings = dict[tuple[str, str], Any]
"""Values by kind and by what each is about."""

NOBODY = "0x" + "00" * 20


def read(bank: Bank, contracts: Iterable[str] = ("token", "policy", "registry")) -> Settings:
    """The settings of these contracts as of now."""
    return {key: value for contract in contracts for key, value in _READERS[contract](bank).items()}


def _of_token(bank: Bank) -> Settings:
    token, others = "token", ("accepted token", "suspended token", PUPPET)
    minters = [key for key in bank.keys if key.startswith("minter")]
    return {
        ("code", token): bank.evm.word(bank.addresses[token], IMPLEMENTATION_SLOT),
        ("registry", token): bank.ask(token, "registry"),
        ("policy", token): bank.ask(token, "policy"),
        ("supply cap", token): bank.ask(token, "supplyCap"),
        ("suspense account", token): bank.ask(token, "suspenseAccount"),
        **{("minter", key): bank.ask(token, "minterOf", key) for key in (*minters, STRANGER)},
        **{("accepted token", key): bank.ask(token, "acceptanceOf", key) for key in others},
        **{
            ("system account", key): bank.ask(token, "systemStatusOf", key)
            for key in ("escrow", PUPPET)
        },
        ("seizure", HOLDER): bank.ask(token, "balanceOf", HOLDER),
    }


def _of_policy(bank: Bank) -> Settings:
    return {
        ("approver", "approver"): bank.ask("policy", "approver"),
        **{
            ("corridor", f"{zones}"): bank.ask("policy", "corridor", "token", *zones)
            for zones in ((1, 1), (1, 2), (2, 1))
        },
    }


def _of_registry(bank: Bank) -> Settings:
    return {
        **{
            ("zone", f"{code}"): bank.ask("registry", "zoneOf", code) for code in (GERMANY, NOWHERE)
        },
        ("subscriber", PUPPET): bank.ask("registry", "epochFor", PUPPET),
    }


_READERS = {"token": _of_token, "policy": _of_policy, "registry": _of_registry}


def widenings(before: Settings, now: Settings) -> list[str]:
    """The kinds of settings that let through now what they did not before."""
    return [
        kind
        for (kind, what), value in now.items()
        if value != before[kind, what] and _WIDER[kind](before[kind, what], value)
    ]


def keys(of: Settings) -> set[Fact]:
    """The keys that work by a setting and have no role: minters and the approver."""
    return {
        ("setting", kind, key)
        for (kind, key), value in of.items()
        if (kind == "minter" and value[0] != 0) or (kind == "approver" and value != NOBODY)
    }


def _greater(before: int, now: int) -> bool:
    return now > before


def _minter(before: tuple[int, int, int], now: tuple[int, int, int]) -> bool:
    # A refill goes up to the ceiling and is the treasurer's.
    return now[0] not in (0, before[0]) or now[2] > before[2]


def _corridor(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    fields = list(zip(before, now, strict=True))
    opened = any(new and not old for old, new in fields[:2])
    unguarded = any(old and not new for old, new in fields[2:4])
    shifted = any(new != old for old, new in fields[4:6])
    (least, new_least), *limits = fields[6:]
    return (
        opened or unguarded or shifted or new_least < least or any(new > old for old, new in limits)
    )


def _another(before: Any, now: Any) -> bool:
    return now not in (before, NOBODY)


_WIDER: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("code", "registry", "policy", "suspense account", "approver"), _another),
    "supply cap": _greater,
    "minter": _minter,
    # Back from suspended is the releaser's; how it came there is the other keys'.
    "accepted token": lambda before, now: before == Acceptance.NONE,
    "system account": lambda before, now: now == SystemStatus.ACTIVE,
    "seizure": lambda before, now: now < before,
    "corridor": _corridor,
    "zone": lambda before, now: now != 0,
    "subscriber": _greater,
}
