"""Who has which power at a bank's two timelocks, and how long these wait."""

from collections.abc import Iterator

from eth_utils.address import to_checksum_address

from deposit_token.chain.artifacts import artifact
from deposit_token.deployment.audit.findings import Finding, toml
from deposit_token.deployment.audit.subject import Subject
from deposit_token.deployment.powers import (
    ANYBODY,
    CANCELLER,
    DEFAULT_ADMIN,
    EXECUTOR,
    PROPOSER,
    timelock_members,
)
from deposit_token.protocol.delays import least_upgrade_delay

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
    least = least_upgrade_delay(subject.chain.development)
    found = subject.read("BankTimelock", subject.timelock, "LEAST_DELAY")
    if found != least:
        thing = "least delay that the timelock accepts"
        yield Finding(thing, f"{found} s", f"{least} s on chain {subject.chain.chain_id}")


def _holders(
    subject: Subject, kind: str, timelock: str, said: set[tuple[bytes, str]]
) -> Iterator[Finding]:
    granted = subject.history.values(timelock, "RoleGranted", "role", "account")
    for role, account in sorted(granted | said):
        if kind == "RecoveryTimelock" and role == CANCELLER:
            continue  # It asks who proposes instead.
        if (role, account) == (DEFAULT_ADMIN, subject.set_up):
            continue
        found = subject.read(kind, timelock, "hasRole", role, account)
        if found != ((role, account) in said):
            name = _NAMES.get(role, f"role 0x{role.hex()}")
            thing = f"{name} at {subject.name(timelock)}, {subject.name(account)}"
            words = ("no holder", "a holder")
            lines = ""
            if found and role == PROPOSER:
                lines = f"# [banks.keys]\n{_PARTS[kind]} = {toml(account)}"
            elif found and role == DEFAULT_ADMIN:
                lines = _successor(subject, account)
            yield Finding(thing, words[found], words[not found], lines)


def _successor(subject: Subject, account: str) -> str:
    """The lines for one of our contracts in the place of another; empty for anybody else."""
    code = subject.chain.web3.eth.get_code(to_checksum_address(account), subject.block)
    for name, key in (("RecoveryTimelock", "recovery"), ("RoleKeeper", "keeper")):
        if artifact(name).is_code(code):
            return f"# [banks.successors]\n{key} = {toml(account)}"
    return ""
