"""What a bank works with: zones, corridors, approver, and each token's settings."""

import re
from collections.abc import Iterator
from typing import Any

import pycountry

from deposit_token.deployment.audit.findings import Finding, toml
from deposit_token.deployment.audit.subject import Subject
from deposit_token.deployment.config import TokenConfig
from deposit_token.values.countries import country_numeric
from deposit_token.values.enumerations import Acceptance, Period, SystemStatus
from deposit_token.values.fields import ADDRESS_ZERO
from deposit_token.values.utc_offsets import utc_offset_text

_NO_RULES = (False, False, False, False, 0, 0, 0, 0, 0)
"""Of a corridor that was never set: nothing passes."""
_RULES = (
    "open",
    "direct_transfers",
    "approval_needed",
    "purpose_required",
    "period",
    "utc_offset",
    "min_amount",
    "max_amount",
    "quota",
)


def check_settings(subject: Subject) -> Iterator[Finding]:
    """All of them; what stops something that the file lets pass is told by `tell_stops`."""
    yield from _zones(subject)
    yield from _corridors(subject)
    approver = subject.read("CorridorPolicy", subject.policy, "approver")
    if approver != subject.config.keys.approver:
        lines = f"# [banks.keys]\napprover = {toml(approver)}"
        yield Finding("approver", approver, subject.config.keys.approver, lines)
    for token in subject.config.tokens:
        yield from _token(subject, token)
        yield from _accepted(subject, token)
        yield from _system_accounts(subject, token)
        yield from _minters(subject, token)


def tell_stops(subject: Subject) -> Iterator[Finding]:
    """What was let pass once and is stopped now."""
    suspended = subject.history.values(
        subject.policy, "CorridorSuspended", "token", "fromZone", "toZone"
    )
    for token, from_zone, to_zone in sorted(suspended):
        if subject.read("CorridorPolicy", subject.policy, "isSuspended", token, from_zone, to_zone):
            yield Finding(_corridor(subject, token, from_zone, to_zone), "suspended", "in force")
    for currency, address in subject.tokens.items():
        for other in sorted(subject.history.values(address, "AcceptanceSet", "token")):
            acceptance = subject.read("DepositToken", address, "acceptanceOf", other)
            if acceptance == Acceptance.REFUNDS_ONLY:
                thing = f"{subject.name(other)} at token {currency}"
                yield Finding(thing, "accepted for refunds only", "accepted")
        for account in sorted(subject.history.values(address, "SystemStatusSet", "account")):
            status = subject.read("DepositToken", address, "systemStatusOf", account)
            if status == SystemStatus.OUTFLOW_ONLY:
                thing = f"{subject.name(account)} at token {currency}"
                yield Finding(thing, "stopped, which only pays out", "active")


def _zones(subject: Subject) -> Iterator[Finding]:
    said = {
        country_numeric(code): zone
        for zone, codes in enumerate(subject.config.zones.values(), 1)
        for code in codes
    }
    set_ = subject.history.values(subject.registry, "ZoneSet", "country")
    countries = sorted(set_ | said.keys())
    asked = [(country,) for country in countries]
    answers = subject.read_each("AllowlistRegistry", subject.registry, "zoneOf", asked)
    for country, found in zip(countries, answers, strict=True):
        if found != said.get(country, 0):
            known = pycountry.countries.get(numeric=f"{country:03}")
            name = known.alpha_2 if known else f"country {country}"
            lines = _zone_lines(subject, found, name) if found and known else ""
            yield Finding(
                f"zone of {name}",
                _zone(subject, found),
                _zone(subject, said.get(country, 0)),
                lines,
            )


def _zone_lines(subject: Subject, number: int, country: str) -> str:
    """The zone with this country too; one that the file does not have yet after the others."""
    zones = dict(subject.config.zones)
    first = min(number, len(zones) + 1)
    names = [_zone(subject, each) for each in range(first, number + 1)]
    rows = [f"{_key(name)} = []" for name in names[:-1]]
    rows.append(f"{_key(names[-1])} = {toml([*zones.get(names[-1], ()), country])}")
    return "\n".join(["# [banks.zones]", *rows])


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else toml(name)


def _zone(subject: Subject, number: int) -> str:
    """A zone's name in the file; one that the file does not have is named after its number."""
    if not number:
        return "none"
    names = list(subject.config.zones)
    return names[number - 1] if number <= len(names) else f"ZONE-{number}"


def _corridors(subject: Subject) -> Iterator[Finding]:
    numbers = subject.config.zone_numbers
    said = {
        (
            subject.tokens[each.token],
            numbers[each.from_zone],
            numbers[each.to_zone],
        ): each.as_tuple()
        for each in subject.config.corridors
    }
    set_ = subject.history.values(subject.policy, "CorridorSet", "token", "fromZone", "toZone")
    for token, from_zone, to_zone in sorted(set_ | said.keys()):
        key = (token, from_zone, to_zone)
        found = tuple(subject.read("CorridorPolicy", subject.policy, "corridor", *key))
        wanted = said.get(key, _NO_RULES)
        if found != wanted:
            config = next(
                (each for each in subject.config.tokens if subject.tokens[each.currency] == token),
                None,
            )
            lines = _corridor_lines(subject, config, from_zone, to_zone, found) if config else ""
            yield Finding(
                _corridor(subject, *key), _rules(config, found), _rules(config, wanted), lines
            )


def _token(subject: Subject, token: TokenConfig) -> Iterator[Finding]:
    address = subject.tokens[token.currency]
    terms = [token.terms.uri, token.terms.hash] if token.terms else ["", f"0x{'00' * 32}"]
    uri, content_hash = subject.read("DepositToken", address, "terms")
    suspense = subject.read("DepositToken", address, "suspenseAccount")
    cap = token.money(subject.read("DepositToken", address, "supplyCap"))
    said_cap = token.money(token.supply_cap)
    for name, line, found, said in (
        ("supply cap", f'supply_cap = "{cap.format()}"', str(cap), str(said_cap)),
        (
            "suspense account",
            f"suspense_account = {toml(suspense)}",
            suspense,
            token.suspense_account or ADDRESS_ZERO,
        ),
        (
            "terms",
            f"terms = {{ uri = {toml(uri)}, hash = {toml(f'0x{content_hash.hex()}')} }}",
            str([uri, f"0x{content_hash.hex()}"]),
            str(terms),
        ),
    ):
        if found != said:
            lines = f"# [[banks.tokens]] of {token.currency}\n{line}"
            yield Finding(f"{name} of token {token.currency}", found, said, lines)


def _accepted(subject: Subject, token: TokenConfig) -> Iterator[Finding]:
    address = subject.tokens[token.currency]
    set_ = subject.history.values(address, "AcceptanceSet", "token")
    for other in sorted(set_ | set(token.accepted)):
        # What is accepted for refunds only was accepted, and is told as stopped.
        acceptance = subject.read("DepositToken", address, "acceptanceOf", other)
        found = acceptance != Acceptance.NONE
        if found != (other in token.accepted):
            words = ("not accepted", "accepted")
            named = [each for each in token.accepted if each != other]
            accepted = toml([*named, other] if found else named)
            yield Finding(
                f"{subject.name(other)} at token {token.currency}",
                words[found],
                words[not found],
                f"# [[banks.tokens]] of {token.currency}\naccepted = {accepted}",
            )


def _system_accounts(subject: Subject, token: TokenConfig) -> Iterator[Finding]:
    address = subject.tokens[token.currency]
    set_ = subject.history.values(address, "SystemStatusSet", "account")
    for account in sorted(set_ | set(subject.escrows)):
        status = subject.read("DepositToken", address, "systemStatusOf", account)
        found = status != SystemStatus.NONE
        if found != (account in subject.escrows):
            words = ("no system account", "a system account")
            thing = f"{subject.name(account)} at token {token.currency}"
            escrows = toml([*subject.config.escrows, account])
            lines = f"escrows = {escrows}" if found else ""
            yield Finding(thing, words[found], words[not found], lines)


def _minters(subject: Subject, token: TokenConfig) -> Iterator[Finding]:
    address = subject.tokens[token.currency]
    said = {
        minter.address: (minter.ledger_id, minter.ceiling)
        for minter in subject.config.minters
        if minter.currency == token.currency
    }
    for minter in sorted(subject.history.values(address, "MinterSet", "minter") | said.keys()):
        ledger_id, _, ceiling = subject.read("DepositToken", address, "minterOf", minter)
        wanted = said.get(minter, (0, 0))
        if (ledger_id, ceiling) != wanted:
            lines = (
                f"[[banks.minters]]\ncurrency = {toml(token.currency)}\naddress = {toml(minter)}\n"
                f'ledger_id = {ledger_id}\nceiling = "{token.money(ceiling).format()}"'
            )
            yield Finding(
                f"minter {minter} of token {token.currency}",
                _minter(token, ledger_id, ceiling),
                _minter(token, *wanted),
                lines if ledger_id else "",
            )


def _minter(token: TokenConfig, ledger_id: int, ceiling: int) -> str:
    if not ledger_id:
        return "no minter"
    return f"ledger {ledger_id} with a ceiling of {token.money(ceiling)}"


def _corridor(subject: Subject, token: str, from_zone: int, to_zone: int) -> str:
    zones = f"from {_zone(subject, from_zone)} to {_zone(subject, to_zone)}"
    return f"corridor of {subject.name(token)} {zones}"


def _rules(token: TokenConfig | None, rules: tuple[object, ...]) -> str:
    if rules == _NO_RULES:
        return "no rules"
    return ", ".join(f"{name} = {value}" for name, value in _named(token, rules))


def _corridor_lines(
    subject: Subject,
    token: TokenConfig,
    from_zone: int,
    to_zone: int,
    rules: tuple[object, ...],
) -> str:
    zones = (
        f"{key} = {toml(_zone(subject, zone))}"
        for key, zone in (("from_zone", from_zone), ("to_zone", to_zone))
    )
    named = [f"{name} = {value}" for name, value in _named(token, rules)]
    return "\n".join(["[[banks.corridors]]", f'token = "{token.currency}"', *zones, *named])


def _named(token: TokenConfig | None, rules: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    """Each rule by the file's name and as the file has it; amounts of a token that is none of the
    bank's in minor units."""
    for name, value in zip(_RULES, rules, strict=True):
        if name == "period":
            yield name, toml(Period(int(value)).name.lower())
        elif name == "utc_offset":
            yield name, toml(utc_offset_text(value))
        elif isinstance(value, bool) or token is None:
            yield name, str(value).lower()
        elif name != "quota" or rules[_RULES.index("period")]:
            yield name, toml(token.money(value).format())
