"""Which of a bank's contracts works with which, and what is fixed in each."""

from collections.abc import Iterator

from deposit_token.deployment.audit.findings import Finding, toml
from deposit_token.deployment.audit.subject import Subject
from deposit_token.deployment.config import TokenConfig


def check_wiring(subject: Subject) -> Iterator[Finding]:
    """What each contract names: another contract, or what it was made with for good."""
    for artifact, address, getter, thing, said, key in _wires(subject):
        found = subject.read(artifact, address, getter)
        if found != said:
            lines = f"# [banks.successors]\n{key} = {toml(found)}" if key else ""
            yield Finding(f"{thing} of {subject.name(address)}", _text(found), _text(said), lines)
    first = subject.registries[-1]
    if first != subject.deployed.registry:
        thing = f"first of the registries that {subject.name(subject.registry)} follows"
        yield Finding(thing, first, subject.deployed.registry)
    for number, address in enumerate(reversed(subject.registries)):
        depth = subject.read("AllowlistRegistry", address, "DEPTH")
        if depth != number:
            thing = f"registries that {subject.name(address)} follows"
            yield Finding(thing, f"{depth} by its own count", str(number))
    subscribers = set(subject.read("AllowlistRegistry", subject.registry, "subscribers"))
    for token in sorted(subscribers ^ set(subject.tokens.values())):
        words = ("no subscriber", "a subscriber")
        subscribes = token in subscribers
        thing = f"{subject.name(token)} at the registry"
        yield Finding(thing, words[subscribes], words[not subscribes])
    for token in subject.config.tokens:
        yield from _former_code(subject, token)


def _former_code(subject: Subject, token: TokenConfig) -> Iterator[Finding]:
    """Code that was there for a while may have changed what no event tells."""
    address = subject.tokens[token.currency]
    ran = [log["args"]["implementation"] for log in subject.history.of(address, "Upgraded")]
    known = {subject.deployed.implementation, *token.upgrades, *ran[-1:]}
    for former in dict.fromkeys(ran):
        if former not in known:
            lines = f"# [[banks.tokens]] of {token.currency}\nupgrades = {toml(ran[1:])}"
            yield Finding(f"former code of token {token.currency}", former, "none", lines)


def _wires(subject: Subject) -> Iterator[tuple[str, str, str, str, object, str]]:
    """Artifact, address, getter, what that is, what it is to be, and the file's key for it."""
    for artifact, address in subject.targets:
        if artifact != "SettlementEscrow":
            yield artifact, address, "authority", "authority", subject.manager, ""
    yield "RoleKeeper", subject.keeper, "TIMELOCK", "timelock", subject.timelock, ""
    delay = subject.config.enforce_delay
    yield "RoleKeeper", subject.keeper, "ENFORCER_DELAY", "enforcement delay", delay, ""
    yield "RecoveryTimelock", subject.recovery, "BANK", "timelock", subject.timelock, ""
    for token in subject.config.tokens:
        at = ("DepositToken", subject.tokens[token.currency])
        yield *at, "registry", "registry", subject.registry, "registry"
        yield *at, "policy", "policy", subject.policy, "policy"
        yield *at, "name", "name", token.name, ""
        yield *at, "symbol", "symbol", token.symbol, ""
        yield *at, "currency", "currency", token.currency.encode(), ""
        yield *at, "decimals", "decimals", token.unit.exponent, ""


def _text(value: object) -> str:
    return repr(value) if isinstance(value, str) and not value.startswith("0x") else str(value)
