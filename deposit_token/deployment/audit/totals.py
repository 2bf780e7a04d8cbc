"""What a bank's file does not say, as it changes every day: customers, supply, mint allowances."""

from collections.abc import Iterator

from deposit_token.deployment.audit.subject import Subject
from deposit_token.deployment.config import TokenConfig


def tell_totals(subject: Subject) -> Iterator[str]:
    """A sentence for the customers and one for each token."""
    yield _customers(subject)
    for token in subject.config.tokens:
        yield _token(subject, token)


def _customers(subject: Subject) -> str:
    """Of all registries together: a block stands in the one that it was made in."""
    known: set[str] = set()
    revoked: set[tuple[str, str]] = set()
    blocked: set[tuple[str, str]] = set()
    customers: set[tuple[str, int]] = set()
    for registry in subject.registries:
        events = ("Registered", "Revoked", "WalletBlocked", "WalletUnblocked")
        for log in subject.history.of(registry, *events):
            wallet = log["args"]["wallet"]
            match log["event"]:
                case "Registered":
                    known.add(wallet)
                    revoked.discard((registry, wallet))
                case "Revoked":
                    revoked.add((registry, wallet))
                case "WalletBlocked":
                    blocked.add((registry, wallet))
                case "WalletUnblocked":
                    blocked.discard((registry, wallet))
        for log in subject.history.of(registry, "CustomerBlocked", "CustomerUnblocked"):
            block = (registry, log["args"]["customerId"])
            (customers.add if log["event"] == "CustomerBlocked" else customers.discard)(block)
    return (
        f"Participants: {len(known)}, of whom {len(revoked)} are revoked and {len(blocked)} "
        f"blocked; customers blocked: {len(customers)}."
    )


def _token(subject: Subject, token: TokenConfig) -> str:
    address = subject.tokens[token.currency]
    frozen = {
        log["args"]["account"]: log["args"]["amount"]
        for log in subject.history.of(address, "Frozen")
    }
    frozen = {account: amount for account, amount in frozen.items() if amount}
    minters = [
        (minter.address, *subject.read("DepositToken", address, "minterOf", minter.address))
        for minter in subject.config.minters
        if minter.currency == token.currency
    ]
    paused = subject.read("DepositToken", address, "paused")
    supply = subject.read("DepositToken", address, "totalSupply")
    allowances = "".join(
        f"; minter {minter} may mint {token.money(allowance)} of {token.money(ceiling)}"
        for minter, _, allowance, ceiling in minters
    )
    return (
        f"Token {token.currency}{', paused' if paused else ''}: supply {token.money(supply)}; "
        f"frozen {token.money(sum(frozen.values()))} of {len(frozen)} accounts{allowances}."
    )
