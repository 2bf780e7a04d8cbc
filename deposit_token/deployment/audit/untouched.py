"""That nothing happened at a bank before it was handed over but its set-up."""

from collections import Counter
from collections.abc import Iterator

from deposit_token.deployment.audit.findings import Finding
from deposit_token.deployment.audit.history import USES
from deposit_token.deployment.audit.subject import Subject

_WORDS = {
    "Registered": "participants registered",
    "WalletBlocked": "wallets blocked",
    "CustomerBlocked": "customers blocked",
    "QuotaConsumed": "payments counted",
    "Minted": "entries used",
    "Frozen": "freezes set",
    "Unpaused": "pauses ended",
}
"""What each event of a bank in use counts."""


def check_untouched(subject: Subject) -> Iterator[Finding]:
    """What happened before the set-up key renounced, or until now if it has not."""
    yield from _uses(subject)
    yield from _wires(subject)
    if subject.set_up is not None:
        yield from _tokens(subject)
        yield from _ledgers(subject)


def _uses(subject: Subject) -> Iterator[Finding]:
    for artifact, address in subject.targets:
        for event in USES.get(artifact, ()):
            count = sum(map(subject.precedes_hand_over, subject.uses.of(address, event)))
            if count:
                thing = f"{_WORDS[event]} at {subject.name(address)} before the hand-over"
                yield Finding(thing, str(count), "none")


def _wires(subject: Subject) -> Iterator[Finding]:
    """Code, or an authority, that was there for a while may have changed what no event tells; and
    a token counts its policies, of which it can have so many and no more."""
    deployed = subject.deployed
    wires = {
        "AuthorityUpdated": ("authority", deployed.manager),
        "Upgraded": ("implementation", deployed.implementation),
        "RegistrySet": ("registry", deployed.registry),
        "PolicySet": ("policy", deployed.policy),
    }
    for _, address in deployed.targets(subject.escrows[0]):
        times = Counter[str]()
        for log in filter(subject.precedes_hand_over, subject.history.of(address, *wires)):
            argument, said = wires[log["event"]]
            found = log["args"][argument]
            if found == said:
                times[argument] += 1
            else:
                thing = f"{argument} of {subject.name(address)} once before the hand-over"
                yield Finding(thing, found, f"{said} alone")
        for argument, count in times.items():
            if count > 1:
                thing = f"{argument} of {subject.name(address)} before the hand-over"
                yield Finding(thing, f"set {count} times", "once")


def _tokens(subject: Subject) -> Iterator[Finding]:
    for currency, address in subject.tokens.items():
        if not subject.read("DepositToken", address, "paused"):
            yield Finding(f"token {currency}", "not paused", "paused until it is released")
        supply = subject.read("DepositToken", address, "totalSupply")
        if supply:
            yield Finding(f"supply of token {currency}", str(supply), "0 until it is released")


def _ledgers(subject: Subject) -> Iterator[Finding]:
    said = {
        (minter.ledger_id, subject.tokens[minter.currency]) for minter in subject.config.minters
    }
    claimed = subject.history.values(subject.registry, "LedgerClaimed", "ledgerId", "token")
    for ledger_id, token in sorted(claimed - said):
        yield Finding(f"ledger {ledger_id}", f"claimed by {subject.name(token)}", "nobody's")
