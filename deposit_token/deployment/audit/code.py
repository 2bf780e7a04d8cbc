"""The code of a bank's contracts, against what this package was built with."""

from collections.abc import Iterator

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.refusals import Reverted
from deposit_token.deployment.audit.findings import Finding, toml
from deposit_token.deployment.audit.subject import MAX_PREDECESSORS, Subject
from deposit_token.protocol import messages
from deposit_token.values.fields import ADDRESS_ZERO

_IMPLEMENTATION = int("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", 16)
"""Where a proxy keeps the address of its code (ERC-1967)."""

_EXTENSION_ID = keccak(text="deposit_token.DepositTokenExt.1")


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
        yield from _foreign(subject, "SettlementEscrow", escrow) or _other_domain(subject, escrow)


def _other_domain(subject: Subject, escrow: str) -> list[Finding]:
    """An escrow that signs, or says that it signs, for another EIP-712 domain on this chain."""
    domain = messages.Domain.escrow(subject.chain.chain_id, escrow)
    message = messages.Release(bytes(32), 0)
    digest = subject.read("SettlementEscrow", escrow, "releaseDigest", bytes(32), 0)
    _, name, version, *_ = subject.read("SettlementEscrow", escrow, "eip712Domain")
    answers = {
        "digest": (f"0x{digest.hex()}", f"0x{message.digest(domain).hex()}"),
        "name": (name, domain.name),
        "version": (version, domain.version),
    }
    return [
        Finding(f"EIP-712 {part} of the escrow {escrow}", found, said)
        for part, (found, said) in answers.items()
        if found != said
    ]


def _registries(subject: Subject) -> Iterator[Finding]:
    address = subject.registry
    for _ in range(MAX_PREDECESSORS + 1):
        findings = _foreign(subject, "AllowlistRegistry", address)
        yield from findings
        address = (
            ADDRESS_ZERO if findings else subject.read("AllowlistRegistry", address, "PREDECESSOR")
        )
        if address == ADDRESS_ZERO:
            return


def _token(subject: Subject, currency: str, address: str) -> Iterator[Finding]:
    findings = _foreign(subject, "ERC1967Proxy", address)
    if not findings:
        slot = subject.chain.web3.eth.get_storage_at(
            to_checksum_address(address), _IMPLEMENTATION, subject.block
        )
        found = to_checksum_address(slot[-20:])
        config = subject.config.token(currency)
        said = (subject.deployed.implementation, *config.upgrades)[-1]
        if found != said:
            upgrades = [*config.upgrades, found]
            lines = f"# [[banks.tokens]] of {currency}\nupgrades = {toml(upgrades)}"
            yield Finding(f"implementation of token {currency} ({address})", found, said, lines)
        findings = _foreign(subject, "DepositToken", found) or _made_elsewhere(
            subject, "DepositToken", found, "proxiableUUID", _IMPLEMENTATION.to_bytes(32)
        )
    if not findings:
        extension = subject.read("DepositToken", address, "EXTENSION")
        if not config.upgrades and extension != subject.deployed.extension:
            thing = f"extension of token {currency} ({address})"
            yield Finding(thing, extension, subject.deployed.extension)
        findings = _foreign(subject, "DepositTokenExt", extension) or _made_elsewhere(
            subject, "DepositTokenExt", extension, "extensionId", _EXTENSION_ID
        )
    yield from findings


def _made_elsewhere(
    subject: Subject, name: str, address: str, question: str, said: bytes
) -> list[Finding]:
    """Half a token's code has its own address in it and answers a question there alone."""
    try:
        found = subject.read(name, address, question)
    except Reverted:
        found = None
    if found == said:
        return []
    return [Finding(f"code of the {name} at {address}", "made for another address", "for its own")]


def _foreign(subject: Subject, name: str, address: str) -> list[Finding]:
    """Code that differs from ours, immutables apart."""
    code = subject.chain.web3.eth.get_code(to_checksum_address(address), subject.block)
    if artifact(name).is_code(code):
        return []
    found = f"code with the hash 0x{keccak(code).hex()}" if code else "none"
    thing = f"code of the {name} at {address}"
    return [Finding(thing, found, "that which this package builds")]
