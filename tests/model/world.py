"""Two banks, three tokens and their escrow: what stands at the start of every history.

Rhein Bank has EUR and USD, Victoria Bank has HKD. Whoever is an officer is named by bank and role,
such as "Rhein guardian".
"""

from collections.abc import Iterator
from typing import Any

from model.bank_token import INFINITE, Token
from model.books import Books
from model.escrow import DAY, Escrow
from model.policy import Corridor, Period, Policy
from model.registry import Category, Registry

START = 1_774_987_200
"""2026-03-31 20:00 UTC: in China it is already April."""

GERMANY, FRANCE, HONG_KONG, NOWHERE = 276, 250, 344, 999
EEA, HK = 1, 2

BANKS = {"Rhein": ["EUR", "USD"], "Victoria": ["HKD"]}
BANK_OF = {token: bank for bank, tokens in BANKS.items() for token in tokens}
TOKENS = list(BANK_OF)
ROLES = {
    "governor": 0,
    "registrar": 1,
    "compliance": 2,
    "policy officer": 3,
    "treasurer": 4,
    "guardian": 5,
    "cashier": 6,
}
"""Their numbers in a bank's access manager."""
LEDGERS = {"EUR": 7001, "USD": 7002, "HKD": 8001}
SUPPLY_CAP = 1_000_000_00

CUSTOMERS = {
    "Rhein": {
        "anna": (Category.RETAIL, GERMANY, 1001),
        "anna's other wallet": (Category.RETAIL, FRANCE, 1001),
        "bruno": (Category.MERCHANT, FRANCE, 1002),
        "dora": (Category.DEALER, GERMANY, 1003),
        "david": (Category.INSTITUTION, HONG_KONG, 1004),
        "platform": (Category.INSTITUTION, GERMANY, 1005),
        "mei": (Category.MERCHANT, HONG_KONG, 1006),
        "EUR desk": (Category.INSTITUTION, GERMANY, 1007),
    },
    "Victoria": {
        "anna": (Category.RETAIL, GERMANY, 2001),
        "bruno": (Category.MERCHANT, FRANCE, 2002),
        "dora": (Category.DEALER, HONG_KONG, 2003),
        "david": (Category.DEALER, HONG_KONG, 2004),
        "platform": (Category.INSTITUTION, HONG_KONG, 2005),
        "mei": (Category.MERCHANT, HONG_KONG, 2006),
        "mei's other wallet": (Category.MERCHANT, HONG_KONG, 2006),
        "li": (Category.RETAIL, HONG_KONG, 2007),
        "HKD desk": (Category.INSTITUTION, HONG_KONG, 2008),
    },
}
"""By bank and wallet: category, country and customer id. The desk of USD is no customer."""
REVIEWED_UNTIL = {"bruno": START + 2 * DAY}
"""Whose review ends soon."""

HOLDERS = [
    "anna",
    "anna's other wallet",
    "bruno",
    "dora",
    "david",
    "platform",
    "mei",
    "mei's other wallet",
    "li",
]
DESKS = [f"{token} desk" for token in TOKENS]
APPROVERS = [f"{bank} approver" for bank in BANKS]
DEALER_KEY = "dora's key"
"""May sign for dora; holds nothing."""
STRANGER = "stranger"
"""No bank knows it."""
PEOPLE = [*HOLDERS, *DESKS, *APPROVERS, DEALER_KEY, "arbiter", STRANGER]
DEALERS = ["dora", "david", "anna"]
"""Who may have inventory, dealer or not."""
OFFICERS = [f"{bank} {role}" for bank in BANKS for role in ROLES]

SPENDERS = ["escrow", "bruno", "platform"]
COUNTRIES = [GERMANY, FRANCE, HONG_KONG, NOWHERE]
NONCES = range(1, 3)
"""Of authorizations, drawn by the holders; those of payments are digests."""
ENTRIES = range(1, 25)
"""Numbers of journal entries in each ledger."""
CUSTOMER_IDS = {"Rhein": [1001, 1002, 1006], "Victoria": [2001, 2006, 2007]}
"""Of the customers who pay."""
ZONES = [(EEA, EEA), (EEA, HK), (HK, EEA), (HK, HK)]

OPEN = Corridor(open=True, min_amount=1_00, max_amount=5_000_00)
DAILY = Corridor(
    open=True,
    period=Period.DAY,
    utc_offset_quarters=32,
    min_amount=1,
    max_amount=5_000_00,
    quota=1_000_00,
)
MONTHLY = Corridor(
    open=True,
    direct_transfers=True,
    purpose_required=True,
    period=Period.MONTH,
    max_amount=5_000_00,
    quota=800_00,
)
APPROVED = Corridor(
    open=True,
    approval_needed=True,
    period=Period.YEAR,
    utc_offset_quarters=-20,
    max_amount=5_000_00,
    quota=2_000_00,
)
CORRIDORS = {
    ("EUR", EEA, HK): DAILY,
    ("EUR", EEA, EEA): OPEN,
    ("EUR", HK, EEA): OPEN,
    ("USD", EEA, EEA): APPROVED,
    ("USD", EEA, HK): MONTHLY,
    ("HKD", HK, HK): OPEN,
    ("HKD", HK, EEA): APPROVED,
    ("HKD", EEA, HK): MONTHLY,
}

BALANCE = 6_000_00
"""What each customer gets in each token of its bank; dealers get five times as much."""
INVENTORIES = [
    ("dora", "EUR", 20_000_00),
    ("dora", "USD", 20_000_00),
    ("dora", "HKD", 20_000_00),
    ("david", "HKD", 4_000_00),
]
ALLOWANCES = [
    ("mei", "HKD", "escrow", INFINITE),
    ("bruno", "EUR", "escrow", 500_00),
    ("anna", "EUR", "escrow", 500_00),
    *(("anna", token, "bruno", 1_000_00) for token in TOKENS),
    *(("mei", token, "bruno", INFINITE) for token in TOKENS),
]
"""Owner, token, spender and amount."""


class World(Books):
    """The model of everything that is deployed, before anybody has acted."""

    def __init__(self) -> None:
        super().__init__()
        self.registries = {bank: Registry(self, f"{bank} registry", bank) for bank in BANKS}
        policies = {bank: Policy(self, f"{bank} policy", bank) for bank in BANKS}
        unused = [Policy(self, f"{bank} new policy", bank) for bank in BANKS]
        self.policies = [*policies.values(), *unused]
        self.tokens = [
            Token(self, token, bank, self.registries[bank], policies[bank], SUPPLY_CAP)
            for token, bank in BANK_OF.items()
        ]
        self.escrow = Escrow(self)


Act = tuple[str, str, str, *tuple[Any, ...]]
"""Caller, contract, function and its arguments."""


def opening() -> list[Act]:
    """What everybody does before a history begins, so that there is money to move."""
    return [
        *(act for bank in BANKS for act in _set_up_of(bank)),
        *(act for token in TOKENS for act in _issues_of(token)),
        *(act for inventory in INVENTORIES for act in _deposit_of(*inventory)),
        *((owner, token, "approve", *allowance) for owner, token, *allowance in ALLOWANCES),
        ("dora", "escrow", "setDealerSigner", DEALER_KEY, True),
    ]


def role_of(function: str) -> str | None:
    """Whose function it is at a bank; None if it is restricted to nobody."""
    if function in ("divertClaim", "divertInventory"):
        return "compliance"
    functions = (getattr(contract, function, None) for contract in (Registry, Policy, Token))
    return next((each.role for each in functions if hasattr(each, "role")), None)


def entry(ledger_id: int, number: int) -> int:
    """A journal entry, by its ledger and its number there."""
    return ledger_id << 64 | number


def _set_up_of(bank: str) -> Iterator[Act]:
    registry = f"{bank} registry"
    for token in BANKS[bank]:
        yield f"{bank} governor", registry, "subscribe", token
        yield f"{bank} governor", token, "activateSystemAccount", "escrow"
        yield f"{bank} treasurer", token, "setDesk", f"{token} desk", LEDGERS[token], 500_000_00
        yield f"{bank} governor", token, "setSuspenseAccount", "platform"
    yield f"{bank} policy officer", registry, "setZone", [GERMANY, FRANCE], EEA
    yield f"{bank} policy officer", registry, "setZone", [HONG_KONG], HK
    for wallet, (category, country, customer_id) in CUSTOMERS[bank].items():
        record = (category, country, REVIEWED_UNTIL.get(wallet, START + 400 * DAY), customer_id)
        yield f"{bank} registrar", registry, "register", wallet, *record
    for which in ("policy", "new policy"):
        policy, officer = f"{bank} {which}", f"{bank} policy officer"
        yield officer, policy, "setApprover", f"{bank} approver"
        for token in TOKENS:
            yield officer, policy, "setRecognised", token, True
        for (token, *zones), corridor in CORRIDORS.items():
            if token in BANKS[bank]:
                yield officer, policy, "setCorridor", token, *zones, corridor


def _issues_of(token: str) -> Iterator[Act]:
    for number, (holder, (category, *_)) in enumerate(CUSTOMERS[BANK_OF[token]].items(), 1):
        amount = 5 * BALANCE if category == Category.DEALER else BALANCE
        yield f"{token} desk", token, "mint", holder, amount, entry(LEDGERS[token], number)


def _deposit_of(dealer: str, token: str, amount: int) -> Iterator[Act]:
    yield dealer, token, "approve", "escrow", INFINITE
    yield dealer, "escrow", "deposit", token, amount
