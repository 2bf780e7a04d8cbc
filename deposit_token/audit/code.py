"""The code of a bank's contracts, against what this package was built with."""

from collections.abc import Iterator

from web3 import Web3
from web3.constants import ADDRESS_ZERO

from deposit_token.artifacts import artifact
from deposit_token.audit.findings import Finding, toml
from deposit_token.audit.subject import MAX_PREDECESSORS, Subject

_IMPLEMENTATION = int("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", 16)
"""Where a proxy keeps the address of its code (ERC-1967)."""


def check_code(subject: Subject) -> Iterator[Finding]:
    """Contracts whose code is not ours, and which are asked: what they answer means nothing."""
    for name, address in (
        ("AccessManager", subject.manager),
        ("BankTimelock", subject.timelock),
        ("RecoveryTimelock", subject.recovery),
        ("RoleKeeper", subject.keeper),
        ("CorridorPolicy", subject.policy),
    ):
        yield from _foreign(subject, name, address)
    yield from _registries(subject)
    for currency, address in subject.tokens.items():
        yield from _token(subject, currency, address)


def check_escrow_code(subject: Subject) -> Iterator[Finding]:
    """Escrows, which nobody asks here."""
    for escrow in subject.escrows:
        yield from _foreign(subject, "SettlementEscrow", escrow)


def _registries(subject: Subject) -> Iterator[Finding]:
    address = subject.registry
    for _ in range(MAX_PREDECESSORS + 1):
        findings = list(_foreign(subject, "AllowlistRegistry", address))
        yield from findings
        address = (
            ADDRESS_ZERO if findings else subject.read("AllowlistRegistry", address, "PREDECESSOR")
        )
        if address == ADDRESS_ZERO:
            return


def _token(subject: Subject, currency: str, address: str) -> Iterator[Finding]:
    findings = list(_foreign(subject, "ERC1967Proxy", address))
    if not findings:
        slot = subject.chain.web3.eth.get_storage_at(
            Web3.to_checksum_address(address), _IMPLEMENTATION, subject.block
        )
        found = Web3.to_checksum_address(slot[-20:])
        (config,) = (each for each in subject.config.tokens if each.currency == currency)
        said = (subject.deployed.implementation, *config.upgrades)[-1]
        if found != said:
            upgrades = [*config.upgrades, found]
            lines = f"# [[banks.tokens]] of {currency}\nupgrades = {toml(upgrades)}"
            yield Finding(f"implementation of token {currency} ({address})", found, said, lines)
        findings = list(_foreign(subject, "DepositToken", found))
    if not findings:
        back_office = subject.read("DepositToken", address, "BACK_OFFICE")
        if not config.upgrades and back_office != subject.deployed.back_office:
            thing = f"back office of token {currency} ({address})"
            yield Finding(thing, back_office, subject.deployed.back_office)
        findings = list(_foreign(subject, "BackOffice", back_office))
    yield from findings


def _foreign(subject: Subject, name: str, address: str) -> Iterator[Finding]:
    code = subject.chain.web3.eth.get_code(Web3.to_checksum_address(address), subject.block)
    if not artifact(name).is_code(code):
        found = f"code with the hash {Web3.keccak(code).to_0x_hex()}" if code else "none"
        yield Finding(f"code of the {name} at {address}", found, "that which this package builds")
