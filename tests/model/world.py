"""Two banks, three tokens and their escrow: what stands at the start of every history.

Rhein Bank has EUR and USD, Victoria Bank has HKD. Whoever is an officer is named by bank and role,
such as "Rhein guardian"; a deputy has no role until it is given one. Each bank keeps another
registry and another policy ready, to which its tokens can move and from which they can come back,
and has a policy that restores no quota.
"""

from collections.abc import Iterator
from typing import Any

from tests.model.access import ROLES, Manager, manager_of
from tests.model.bank_token import GREATEST, INFINITE, Acceptance, SystemStatus, Token
from tests.model.books import Books
from tests.model.escrow import DAY, Escrow
from tests.model.policy import Corridor, Period, Policy, StubbornPolicy
from tests.model.registry import CustomerCategory, ParticipantStatus, Registry

START = 1_774_987_200
"""2026-03-31 20:00 UTC: in China it is already April."""

GERMANY, FRANCE, HONG_KONG, NOWHERE = 276, 250, 344, 999
EEA, HK = 1, 2
ZONE_OF = {GERMANY: EEA, FRANCE: EEA, HONG_KONG: HK}

BANKS = {"Rhein": ["EUR", "USD"], "Victoria": ["HKD"]}
BANK_OF = {token: bank for bank, tokens in BANKS.items() for token in tokens}
TOKENS = list(BANK_OF)
LEDGERS = {"EUR": 7001, "USD": 7002, "HKD": 8001}
SPARE_LEDGERS = {"EUR": 7011, "USD": 7012, "HKD": 8011}
"""Which no minter keeps at first."""
SUPPLY_CAP = 1_000_000_00

CUSTOMERS = {
    "Rhein": {
        "anna": (CustomerCategory.RETAIL, GERMANY, 1001),
        "anna's other wallet": (CustomerCategory.RETAIL, FRANCE, 1001),
        "bruno": (CustomerCategory.MERCHANT, FRANCE, 1002),
        "dora": (CustomerCategory.DEALER, GERMANY, 1003),
        "david": (CustomerCategory.INSTITUTION, HONG_KONG, 1004),
        "platform": (CustomerCategory.INSTITUTION, GERMANY, 1005),
        "mei": (CustomerCategory.MERCHANT, HONG_KONG, 1006),
        "EUR minter": (CustomerCategory.INSTITUTION, GERMANY, 1007),
    },
    "Victoria": {
        "anna": (CustomerCategory.RETAIL, GERMANY, 2001),
        "bruno": (CustomerCategory.MERCHANT, FRANCE, 2002),
        "dora": (CustomerCategory.DEALER, HONG_KONG, 2003),
        "david": (CustomerCategory.DEALER, HONG_KONG, 2004),
        "platform": (CustomerCategory.INSTITUTION, HONG_KONG, 2005),
        "mei": (CustomerCategory.MERCHANT, HONG_KONG, 2006),
        "mei's other wallet": (CustomerCategory.MERCHANT, HONG_KONG, 2006),
        "li": (CustomerCategory.RETAIL, HONG_KONG, 2007),
        "HKD minter": (CustomerCategory.INSTITUTION, HONG_KONG, 2008),
    },
}
"""By bank and wallet: category, country and customer id. The minter of USD is no customer."""
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
MINTERS = [f"{token} minter" for token in TOKENS]
APPROVERS = [f"{bank} approver" for bank in BANKS]
DEALER_KEY = "dora's key"
"""May sign for dora; holds nothing."""
STRANGER = "stranger"
"""No bank knows it."""
PEOPLE = [*HOLDERS, *MINTERS, *APPROVERS, DEALER_KEY, "arbiter", STRANGER]
DEALERS = ["dora", "david", "anna"]
"""Who may have inventory, dealer or not."""
OFFICERS = [f"{bank} {role}" for bank in BANKS for role in [*ROLES, "deputy"]]
WORKING_ROLES = [role for role in ROLES if role not in ("admin", "guardian", "keeper")]
"""Which the keeper gives and takes."""
DEPLOYER = "deployer"
WALLETS = ["bruno", "li", "david", "Victoria approver"]
"""Contracts, which sign by ERC-1271."""

SPENDERS = ["escrow", "bruno", "platform"]
COUNTRIES = [GERMANY, FRANCE, HONG_KONG, NOWHERE]
NONCES = range(1, 3)
"""Of authorizations, drawn by the holders; those of payments are digests."""
ENTRIES = range(1, 25)
"""Numbers of ledger entries in each ledger."""
LEFT_BEHIND = ["anna's other wallet", "mei's other wallet"]
"""Whom a bank's new registry does not know at first."""
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

REGISTRIES = ["registry", "new registry"]
POLICIES = ["policy", "new policy"]
STUBBORN_POLICY = "stubborn policy"

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
    """The model of everything that is deployed, as if nobody had told it anything yet."""

    def __init__(self) -> None:
        super().__init__()
        self.managers = [Manager(self, manager_of(bank), bank) for bank in BANKS]
        self.registries = [
            Registry(self, f"{bank} {which}", bank) for bank in BANKS for which in REGISTRIES
        ]
        self.policies = [
            Policy(self, f"{bank} {which}", bank) for bank in BANKS for which in POLICIES
        ]
        for bank in BANKS:
            StubbornPolicy(self, f"{bank} {STUBBORN_POLICY}", bank)
        self.tokens = [Token(self, token, bank) for token, bank in BANK_OF.items()]
        self.escrow = Escrow(self)

    def deploy(self) -> None:
        """What the constructors do, and the banks' roles."""
        for manager in self.managers:
            officers = {(number, f"{manager.bank} {role}") for role, number in ROLES.items()}
            manager.members = {(ROLES["admin"], DEPLOYER), *officers}
            manager.functions = dict(_functions_of(manager.bank))
            manager.admins = {ROLES[role]: ROLES["keeper"] for role in WORKING_ROLES}
            manager.guardians = {ROLES["enforcer"]: ROLES["guardian"]}
        for contract in (*self.registries, *self.policies, *self.tokens):
            contract.authority = manager_of(contract.bank)
        for registry, new_registry in zip(self.registries[::2], self.registries[1::2], strict=True):
            new_registry.predecessor = registry
        for token in self.tokens:
            registry, policy = f"{token.bank} registry", f"{token.bank} policy"
            token.initialize(self.contracts[registry], self.contracts[policy], SUPPLY_CAP)
            token.implementation = "implementation"


ESCROW_FUNCTIONS = {"divertClaim": "compliance", "divertInventory": "compliance"}
"""What of the escrow's a bank restricts to a role."""

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


def reopening(world: World, first_entry: int) -> Iterator[Act]:
    """What everybody does to go on, once officers and time have stopped much: one act after
    another, each by how things stand then. Entries are numbered from `first_entry` on."""
    for manager in world.managers:
        for role, number in ROLES.items():
            if (number, f"{manager.bank} {role}") not in manager.members:
                keeper = f"{manager.bank} keeper" if role in WORKING_ROLES else DEPLOYER
                yield keeper, manager.name, "grantRole", number, f"{manager.bank} {role}", 0
    for registry in world.registries:
        yield from _reviews_of(registry, world.now)
    for token in world.tokens:
        yield from _starts_of(token)
    for policy in world.policies:
        for place in sorted(policy.suspended):
            yield f"{policy.bank} releaser", policy.name, "resumeCorridor", *place
        yield from (
            rule for rule in _rules_of(policy.name, policy.bank) if not _is_set(policy, *rule[2:])
        )
    for token in world.tokens:
        for issue in _issues_of(token.name, first_entry):
            if token.balance(issue[3]) < BALANCE // 2:
                yield issue
    for dealer, token, amount in INVENTORIES:
        if world.escrow.inventory[dealer, token] < amount // 2:
            yield from _deposit_of(dealer, token, amount)


def _is_set(policy: Policy, function: str, *args: Any) -> bool:
    if function == "setApprover":
        return policy.approver == args[0]
    *place, corridor = args
    return policy.corridor(*place) == corridor


def _reviews_of(registry: Registry, now: int) -> Iterator[Act]:
    """Nobody stays blocked, revoked or lapsed."""
    bank, name = registry.bank, registry.name
    if any(registry.zone_of(country) != zone for country, zone in ZONE_OF.items()):
        yield from _zones_of(bank, name)
    for customer_id in list(registry.blocked_customers):
        yield f"{bank} releaser", name, "unblockCustomer", customer_id
    for wallet, record in list(registry.participants.items()):
        if record.status == ParticipantStatus.BLOCKED:
            yield f"{bank} releaser", name, "unblockWallet", wallet
        if record.valid_until == 0:
            terms = (record.category, record.country, now + 400 * DAY, record.customer_id)
            yield f"{bank} registrar", name, "register", wallet, *terms
        elif record.valid_until < now + 40 * DAY:
            yield f"{bank} registrar", name, "renew", wallet, now + 400 * DAY


def _starts_of(token: Token) -> Iterator[Act]:
    """Nothing stays stopped, frozen or used up."""
    bank, name = token.bank, token.name
    if token.paused:
        yield f"{bank} releaser", name, "unpause"
    if token.system_status("escrow") == SystemStatus.OUTFLOW_ONLY:
        yield f"{bank} admin", name, "activateSystemAccount", "escrow"
    for holder, amount in list(token.frozen.items()):
        if amount:
            yield f"{bank} releaser", name, "setFrozenTokens", holder, 0
    for minter, record in list(token.minters.items()):
        if (minter == f"{name} minter") != (record.ledger_id == LEDGERS[name]):
            yield f"{bank} guardian", name, "removeMinter", minter
    if token.minter(f"{name} minter").allowance < 100_000_00:
        yield _minter_of(name, bank)
    if token.supply_cap < token.supply + 100_000_00:
        yield f"{bank} admin", name, "setSupplyCap", GREATEST
    for act in _acceptances_of(name, bank):
        if token.acceptance(act[3]) != Acceptance.ACCEPTED:
            yield act


def role_of(function: str) -> str:
    """Whose function it is at a bank."""
    if function in ESCROW_FUNCTIONS:
        return ESCROW_FUNCTIONS[function]
    functions = (getattr(contract, function, None) for contract in (Registry, Policy, Token))
    return next((each.role for each in functions if hasattr(each, "role")), "admin")


def entry(ledger_id: int, number: int) -> int:
    """A ledger entry, by its ledger and its number there."""
    return ledger_id << 64 | number


def _zones_of(bank: str, registry: str) -> Iterator[Act]:
    for zone in (EEA, HK):
        countries = [country for country, its_zone in ZONE_OF.items() if its_zone == zone]
        yield f"{bank} admin", registry, "setZone", countries, zone


def _functions_of(bank: str) -> Iterator[tuple[tuple[str, str], int]]:
    """What a bank's manager is told of who may call what."""
    kinds = {
        Registry: [f"{bank} {which}" for which in REGISTRIES],
        Policy: [f"{bank} {which}" for which in POLICIES],
        Token: BANKS[bank],
    }
    for kind, contracts in kinds.items():
        for name, function in vars(kind).items():
            if getattr(function, "role", "admin") != "admin":
                yield from (((contract, name), ROLES[function.role]) for contract in contracts)
    for name, role in ESCROW_FUNCTIONS.items():
        yield ("escrow", name), ROLES[role]


def _set_up_of(bank: str) -> Iterator[Act]:
    for which in REGISTRIES:
        yield from _registry_of(bank, f"{bank} {which}")
    for token in BANKS[bank]:
        yield f"{bank} admin", token, "activateSystemAccount", "escrow"
        yield f"{bank} admin", token, "setSuspenseAccount", "platform"
        yield _minter_of(token, bank)
        yield from _acceptances_of(token, bank)
        yield f"{bank} releaser", token, "unpause"
    for which in POLICIES:
        yield from _rules_of(f"{bank} {which}", bank)


def _minter_of(token: str, bank: str) -> Act:
    return (f"{bank} admin", token, "setMinter", f"{token} minter", LEDGERS[token], 500_000_00)


def _acceptances_of(token: str, bank: str) -> Iterator[Act]:
    for other in TOKENS:
        if other != token:
            yield f"{bank} admin", token, "setAccepted", other, True


def _rules_of(policy: str, bank: str) -> Iterator[Act]:
    yield f"{bank} admin", policy, "setApprover", f"{bank} approver"
    for (token, *zones), corridor in CORRIDORS.items():
        if token in BANKS[bank]:
            yield f"{bank} admin", policy, "setCorridor", token, *zones, corridor


def _registry_of(bank: str, registry: str) -> Iterator[Act]:
    for token in BANKS[bank]:
        yield f"{bank} admin", registry, "subscribe", token
    yield from _zones_of(bank, registry)
    for wallet, (category, country, customer_id) in CUSTOMERS[bank].items():
        record = (category, country, REVIEWED_UNTIL.get(wallet, START + 400 * DAY), customer_id)
        if registry == f"{bank} registry" or wallet not in LEFT_BEHIND:
            yield f"{bank} registrar", registry, "register", wallet, *record


def _issues_of(token: str, first: int = 1) -> Iterator[Act]:
    """For entries that are numbered from `first` on."""
    for number, (holder, (category, *_)) in enumerate(CUSTOMERS[BANK_OF[token]].items(), first):
        amount = 5 * BALANCE if category == CustomerCategory.DEALER else BALANCE
        yield f"{token} minter", token, "mint", holder, amount, entry(LEDGERS[token], number)


def _deposit_of(dealer: str, token: str, amount: int) -> Iterator[Act]:
    yield dealer, token, "approve", "escrow", INFINITE
    yield dealer, "escrow", "deposit", token, amount
