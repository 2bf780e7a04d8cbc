"""Who has which power at a bank's two timelocks, and how long these wait."""

from collections.abc import Iterator

from deposit_token.audit.findings import Finding, toml
from deposit_token.audit.subject import Subject
from deposit_token.bank_powers import (
    ANYBODY,
    CANCELLER,
    DEFAULT_ADMIN,
    EXECUTOR,
    PROPOSER,
    timelock_members,
)
from deposit_token.delays import least_upgrade_delay

_NAMES = {
    DEFAULT_ADMIN: "DEFAULT_ADMIN",
    PROPOSER: "PROPOSER",
    EXECUTOR: "EXECUTOR",
    CANCELLER: "CANCELLER",
}
_PARTS = {"BankTimelock": "governor", "RecoveryTimelock": "board"}
"""Who proposes, as the file names it."""


def check_timelocks(subject: Subject) -> Iterator[Finding]:
    """Roles and delays of both."""
    said = timelock_members(subject.config, subject.timelock, subject.recovery, subject.keeper)
    yield from _holders(subject, "BankTimelock", subject.timelock, said)
    said = {
        (DEFAULT_ADMIN, subject.recovery),
        (PROPOSER, subject.config.keys.board),
        (EXECUTOR, ANYBODY),
    }
    yield from _holders(subject, "RecoveryTimelock", subject.recovery, said)
    delay = subject.read("BankTimelock", subject.timelock, "getMinDelay")
    if delay != subject.config.upgrade_delay:
        said_delay = f"{subject.config.upgrade_delay} s"
        lines = f"upgrade_delay = {delay}"
        yield Finding("delay of the timelock", f"{delay} s", said_delay, lines)
    least = least_upgrade_delay(subject.chain.chain_id)
    found = subject.read("BankTimelock", subject.timelock, "LEAST_DELAY")
    if found != least:
        thing = "least delay that the timelock accepts"
        yield Finding(thing, f"{found} s", f"{least} s on chain {subject.chain.chain_id}")


def _holders(
    subject: Subject, artifact: str, timelock: str, said: set[tuple[bytes, str]]
) -> Iterator[Finding]:
    granted = subject.history.values(timelock, "RoleGranted", "role", "account")
    for role, account in sorted(granted | said):
        if artifact == "RecoveryTimelock" and role == CANCELLER:
            continue  # It asks who proposes instead.
        if (role, account) == (DEFAULT_ADMIN, subject.set_up):
            continue
        found = subject.read(artifact, timelock, "hasRole", role, account)
        if found != ((role, account) in said):
            name = _NAMES.get(role, f"role 0x{role.hex()}")
            thing = f"{name} at {subject.name(timelock)}, {subject.name(account)}"
            words = ("no holder", "a holder")
            part = _PARTS[artifact]
            lines = (
                f"# [banks.keys]\n{part} = {toml(account)}" if role == PROPOSER and found else ""
            )
            yield Finding(thing, words[found], words[not found], lines)
