"""Who has which power at a bank's manager."""

from collections.abc import Iterator

from deposit_token.chain.roles import WORKING_ROLES
from deposit_token.deployment.audit.findings import Finding, toml
from deposit_token.deployment.audit.subject import Subject, moment
from deposit_token.deployment.powers import function_roles, key_members, role_admin, role_guardian
from deposit_token.values.enumerations import Role

_PUBLIC_ROLE = 2**64 - 1
"""Whose holder everybody is."""


def check_powers(subject: Subject) -> Iterator[Finding]:
    """Functions, holders and administrators of roles, delays and closed contracts."""
    yield from _functions(subject)
    yield from _holders(subject)
    yield from _administrators(subject)
    yield from _grant_delays(subject)
    yield from _targets(subject)


def _functions(subject: Subject) -> Iterator[Finding]:
    said = function_roles(subject.targets)
    set_ = subject.history.values(
        subject.manager, "TargetFunctionRoleUpdated", "target", "selector"
    )
    functions = sorted(set_ | said.keys())
    roles = subject.ask_manager("getTargetFunctionRole", functions)
    for (target, selector), found in zip(functions, roles, strict=True):
        role = said.get((target, selector), Role.ADMIN)
        if found != role:
            function = subject.function(target, selector)
            thing = f"role of {function} at {subject.name(target)}"
            yield Finding(thing, _role(found), _role(role))


def _holders(subject: Subject) -> Iterator[Finding]:
    said = {(role, key): delay for role, key, delay in key_members(subject.config)}
    said |= {(Role.ADMIN, subject.timelock): 0, (Role.KEEPER, subject.keeper): 0}
    if subject.set_up is not None:
        said[Role.ADMIN, subject.set_up] = 0
    granted = subject.history.values(subject.manager, "RoleGranted", "roleId", "account")
    now = subject.chain.web3.eth.get_block(subject.block)["timestamp"]
    holders = sorted(granted | said.keys())
    answers = subject.ask_manager("getAccess", holders)
    for (role, account), (since, delay, pending, effect) in zip(holders, answers, strict=True):
        found = _holding(since, delay, now)
        if effect:
            found += f" and {pending} s from {moment(effect)} on"
        wanted = said.get((role, account))
        accepted = "no holder" if wanted is None else _holding(1, wanted, now)
        if found != accepted:
            thing = f"{_role(role)}, {subject.name(account)}"
            yield Finding(thing, found, accepted, _keys(subject, role, account, bool(since)))


def _keys(subject: Subject, role: int, account: str, holds: bool) -> str:
    """The line for a role whose holders a file names."""
    if role not in (*WORKING_ROLES, Role.GUARDIAN):
        return ""
    part = Role(role).name.lower()
    others = [key for key in getattr(subject.config.keys, part) if key != account]
    return f"# [banks.keys]\n{part} = {toml([*others, account] if holds else others)}"


def _administrators(subject: Subject) -> Iterator[Finding]:
    for event, getter, word, said in (
        ("RoleAdminChanged", "getRoleAdmin", "administrator", role_admin),
        ("RoleGuardianChanged", "getRoleGuardian", "guardian", role_guardian),
    ):
        changed = subject.history.values(subject.manager, event, "roleId")
        roles = sorted(changed | set(Role))
        answers = subject.ask_manager(getter, [(role,) for role in roles])
        for role, found in zip(roles, answers, strict=True):
            if found != said(role):
                thing = f"role that is {word} of {_role(role)}"
                yield Finding(thing, _role(found), _role(said(role)))
    labels = {
        log["args"]["roleId"]: log["args"]["label"]
        for log in subject.history.of(subject.manager, "RoleLabel")
    }
    for role, label in sorted(labels.items()):
        yield Finding(f"label of {_role(role)}", repr(label), "none")


def _grant_delays(subject: Subject) -> Iterator[Finding]:
    last = {
        log["args"]["roleId"]: log["args"]
        for log in subject.history.of(subject.manager, "RoleGrantDelayChanged")
    }
    for role, change in sorted(last.items()):
        found = subject.read("AccessManager", subject.manager, "getRoleGrantDelay", role)
        if found or change["delay"]:
            thing = f"delay before a holder of {_role(role)} counts"
            yield Finding(thing, _delay(found, change["delay"], change["since"]), "none")


def _targets(subject: Subject) -> Iterator[Finding]:
    for target in sorted(subject.history.values(subject.manager, "TargetClosed", "target")):
        if subject.read("AccessManager", subject.manager, "isTargetClosed", target):
            yield Finding(f"access to {subject.name(target)}", "closed", "open")
    last = {
        log["args"]["target"]: log["args"]
        for log in subject.history.of(subject.manager, "TargetAdminDelayUpdated")
    }
    for target, change in sorted(last.items()):
        found = subject.read("AccessManager", subject.manager, "getTargetAdminDelay", target)
        if found or change["delay"]:
            thing = f"delay of ADMIN at {subject.name(target)}"
            yield Finding(thing, _delay(found, change["delay"], change["since"]), "none")


def _role(number: int) -> str:
    if number == _PUBLIC_ROLE:
        return "PUBLIC_ROLE"
    return Role(number).name if number in set(Role) else f"role {number}"


def _holding(since: int, delay: int, now: int) -> str:
    if not since:
        return "no holder"
    start = f" from {moment(since)} on" if since > now else ""
    return f"a holder{start}, delayed by {delay} s"


def _delay(found: int, last: int, since: int) -> str:
    """A delay now and, if it is another one, from when on."""
    return f"{found} s" if found == last else f"{found} s, and {last} s from {moment(since)} on"
