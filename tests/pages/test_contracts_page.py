"""The page for callers of the contracts has every function, error and event, and right figures.

What must be there is read out of the interfaces' documentation. What an example does is worked out
from the terms and the first table of the page by the documented rules, one example after another.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.pages.test_error_lists import GUARD, NAME, errors_listed

ROOT = Path(__file__).parents[2]
INTERFACES = ROOT / "contracts" / "interfaces"
PAGE = (ROOT / "docs" / "contracts.md").read_text()

FUNCTION = re.compile(r"((?:^ *///.*\n)*)^ +function (\w+)\([^;]*?\)([^;{]*);", re.MULTILINE)
ERROR = re.compile(r"^ +error (\w+)\(", re.MULTILINE)
FOREIGN = re.compile(r"`((?:ERC|Safe|AccessManaged)\w+)\W")
EXAMPLE = re.compile(
    r"^Example \*(.+?)\*, after \*(.+?)\*:\s[^`]*`(\w+)\((.+?)\)`\.?$", re.M | re.S
)
PARTIES = {"P": "payer", "M": "merchant", "O": "operator", "A": "arbiter", "*": "anyone"}
WITHOUT_EXAMPLE = {"previewAuthorize"}
"""It leaves nothing behind."""

BPS = 10_000

State = dict[str, int | str]
"""What the page's first table lists: money in minor units, all else as it stands there."""


class Refused(Exception):
    """A contract would refuse the call of an example."""


@dataclass(frozen=True)
class Function:
    """A function of an interface: its documentation, and whether it changes anything."""

    text: str
    changes: bool


@dataclass(frozen=True)
class Example:
    name: str
    after: str
    function: str
    arguments: str
    table: list[list[str]]

    @property
    def numbers(self) -> list[int]:
        return [int(number) for number in re.findall(r"\b\d+\b", self.arguments)]


@cache
def functions(interface: str) -> dict[str, Function]:
    """The functions of an interface by name; of overloaded ones the last that has a text."""
    found: dict[str, Function] = {}
    for text, name, after in FUNCTION.findall((INTERFACES / f"{interface}.sol").read_text()):
        plain = "\n".join(line.strip().removeprefix("///") for line in text.splitlines())
        found[name] = Function(plain, " view" not in after and " pure" not in after)
    return found


@cache
def every_error() -> set[str]:
    """All errors that the interfaces declare, and OpenZeppelin's that their texts name."""
    texts = [path.read_text() for path in INTERFACES.glob("*.sol")]
    declared = {name for text in texts for name in ERROR.findall(text)}
    foreign = {
        name for text in texts for name in re.findall(r"`((?:ERC|Safe|AccessManaged)\w+)\W", text)
    }
    return declared | foreign | {GUARD}


def sections() -> dict[str, str]:
    """What stands under each heading of a function."""
    parts = re.split(r"^##+ (.+)$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def tables(text: str) -> list[list[list[str]]]:
    """The cells of each table, its head first and without the line under it."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        lines = [[c.strip() for c in line[1:-1].split("|")] for line in block.splitlines()]
        found.append([lines[0], *lines[2:]])
    return found


def table(text: str, *head: str) -> list[list[str]]:
    """The rows of the one table with this head; none if there is no such table."""
    return [row for found in tables(text) if found[0] == list(head) for row in found[1:]]


def errors_of(section: str) -> set[str]:
    return {
        name for row in table(section, "error", "cause") for name in re.findall(r"^`(\w+)`", row[0])
    }


def references(function: str, documents: dict[str, str]) -> set[str]:
    """Whose errors a function's documentation says it hands on, by the last part of their names."""
    _, _, text = documents[function].partition("Reverts ")
    text = " ".join(text.partition("\n @")[0].split())
    dropped = re.findall(r"in the place of `(\w+)`", text)
    found: set[str] = set()
    for linked, quoted in NAME.findall(text):
        name = (linked or quoted).rpartition("-")[2]
        if linked in documents:
            found |= references(linked, documents)
        elif name not in every_error():
            found.add(name)
    return found - set(dropped)


ESCROW = functions("ISettlementEscrow")
ACTS = [name for name, function in ESCROW.items() if function.changes]


ASKED = ["openPayment", "chargePayment", "restoreQuota", "consume", "restore"]
"""What escrow and tokens call of each other and of a policy that changes something."""


def texts(interface: str) -> dict[str, str]:
    return {name: function.text for name, function in functions(interface).items()}


@pytest.mark.parametrize("act", ACTS)
def test_every_function_of_the_escrow_that_changes_something_has_a_section(act):
    assert act in sections()


@pytest.mark.parametrize("act", ACTS)
def test_errors_are_those_that_the_interface_lists(act):
    documents = texts("ISettlementEscrow")
    assert errors_of(sections()[act]) == errors_listed(act, documents, every_error())


@pytest.mark.parametrize("act", ACTS)
def test_other_contracts_whose_errors_are_handed_on_are_named(act):
    named = set(re.findall(r"`(\w+)`", sections()[act]))
    assert references(act, texts("ISettlementEscrow")) - named == set()


@pytest.mark.parametrize("interface", ["IDepositTokenMain", "IDepositTokenExt", "ICorridorPolicy"])
def test_errors_of_other_contracts_are_those_that_the_interface_lists(interface):
    documents = texts(interface)
    found = {name: text for name, text in sections().items() if name in documents}
    assert len(found) > 0
    missing = {
        name: errors_listed(name, documents, every_error()) - errors_of(section)
        for name, section in found.items()
    }
    assert {name: errors for name, errors in missing.items() if errors} == {}


def test_errors_of_a_transfer_are_those_that_the_interface_lists():
    text = (INTERFACES / "IDepositTokenMain.sol").read_text()
    listed = text.partition("A transfer is refused")[2].partition("The EIP-712 domain")[0]
    names = {linked or quoted for linked, quoted in NAME.findall(listed)}
    assert errors_of(sections()["transfer"]) == names & every_error()


def test_every_error_that_is_named_exists():
    named = {name for text in sections().values() for name in errors_of(text)}
    assert named - every_error() == set()


@pytest.mark.parametrize("act", ACTS)
def test_events_are_named(act):
    _, _, emitted = ESCROW[act].text.partition("Emits ")
    emitted = emitted.partition(".")[0]
    events = re.findall(r"\{(\w+)\}", emitted)
    assert [event for event in events if f"`{event}`" not in sections()[act]] == []


def test_every_function_for_system_accounts_and_tokens_has_a_section():
    of_token, of_policy = functions("IDepositTokenMain"), functions("ICorridorPolicy")
    text = (INTERFACES / "IDepositTokenMain.sol").read_text()
    part = text.partition("/* SYSTEM ACCOUNTS */")[2].partition("/* ")[0]
    asked = {name for _, name, _ in FUNCTION.findall(part)} | {"consume", "restore"}
    assert asked <= sections().keys()
    changing = {n for n in asked if (of_token | of_policy)[n].changes}
    assert changing == set(ASKED)


@pytest.mark.parametrize("function", ASKED)
def test_events_that_the_interfaces_name_for_system_accounts_and_tokens_are_named(function):
    documents = texts("ICorridorPolicy") | texts("IDepositTokenMain")
    _, _, emitted = documents[function].partition("Emits ")
    events = {linked or quoted for linked, quoted in NAME.findall(emitted.partition(".")[0])}
    assert [event for event in events if f"`{event}`" not in sections()[function]] == []


def test_every_link_leads_to_a_heading():
    headings = {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in sections()}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) - headings == set()


def test_gas_shares_are_the_escrows():
    code = "".join(
        (ROOT / "contracts" / name).read_text()
        for name in ("escrow/Claimables.sol", "SettlementEscrow.sol", "libraries/BoundedCall.sol")
    )
    token, act, margin = (
        int(re.search(rf"\b{name} = ([\d_]+);", code)[1].replace("_", ""))
        for name in ("TOKEN_GAS", "ACT_GAS", "GAS_MARGIN")
    )
    for share in (token, act):
        assert f"{share + share // 63 + margin:,}" in PAGE


def test_table_of_states_is_the_interfaces():
    rows = tables((INTERFACES / "ISettlementEscrow.sol").read_text().replace("/// ", ""))[0]
    (_, *columns), *body = rows
    expected = {
        (column, PARTIES[letter], act)
        for act, *cells in body
        for column, cell in zip(columns, cells, strict=True)
        for letter in cell.strip("-")
    }
    found = set()
    for state, acts in table(PAGE, "state", "who can do what"):
        for column in columns[1:] if state == "any but None" else [state]:
            for who, what in re.findall(r"([a-z, ]+): ([^;]+)", acts):
                found |= {
                    (column, party, act)
                    for party in who.strip().split(", ")
                    for act in what.strip().split(", ")
                }
    assert found == expected


@pytest.mark.parametrize("name", ["powers", "standing"])
def test_drawings_are_well_formed_and_shown(name):
    drawing = ElementTree.parse(ROOT / "docs" / f"{name}.svg").getroot()
    assert drawing.tag.endswith("svg")
    assert f"({name}.svg)" in PAGE


def test_lines_are_short():
    assert [line for line in PAGE.splitlines() if len(line) > 120] == []


# The running example


def amount(cell: str) -> tuple[int, str]:
    """Minor units and currency of a cell such as `1,060.00 EUR`; both have two digits."""
    whole, cents, currency = re.fullmatch(r"([\d,]+)\.(\d\d) (EUR|HKD)", cell).groups()
    return int(whole.replace(",", "")) * 100 + int(cents), currency


def terms() -> dict[str, str]:
    return dict(table(PAGE, "term", "of the example"))


def start() -> tuple[State, dict[str, str]]:
    """The first table's values, and the currency of each that is money."""
    state: State = {}
    currencies = {}
    for label, cell in table(PAGE, "what", "at the start"):
        if re.search(r"\d\.\d\d ", cell):
            state[label], currencies[label] = amount(cell)
        else:
            state[label] = cell
    return state, currencies


def examples() -> list[Example]:
    found = []
    for section in sections().values():
        pieces = EXAMPLE.split(section)
        for n in range(1, len(pieces), 5):
            rows = table(pieces[n + 4], "what", "before", "after")
            found.append(Example(*pieces[n : n + 4], rows))
    return found


class Terms:
    """The rules by which a payment's amounts are worked out, for the page's own terms."""

    def __init__(self) -> None:
        said = terms()
        self.source, _ = amount(said["`sourceAmount`"])
        self.target, _ = amount(said["`targetAmount`"])
        self.fee_bps = int(said["`feeBps`"])

    def share(self, captured: int) -> int:
        return self.target * captured // self.source

    def source_share(self, target: int) -> int:
        return self.source * target // self.target

    def fee(self, target: int) -> int:
        return target * self.fee_bps // BPS

    def pays(self, before: int, captured: int) -> tuple[int, int]:
        """Target amount and fee of a capture."""
        earlier, later = self.share(before), self.share(before + captured)
        return later - earlier, self.fee(later) - self.fee(earlier)


def open_payment(s: State, e: Example, t: Terms) -> None:
    s["status"] = "Authorized"
    s["payer's balance"] -= t.source
    s["payer's quota used"] += t.source
    s["dealer's HKD inventory"] -= t.target
    s["EUR held"] += t.source
    s["HKD held"] += t.target


def open_at_token(s: State, e: Example, t: Terms) -> None:
    s["payer's balance"] -= t.source
    s["payer's quota used"] += t.source
    s["EUR held"] += t.source


def charge_at_token(s: State, e: Example, t: Terms) -> None:
    (fee,) = e.numbers
    assert fee == t.fee(t.source)
    s["payer's balance"] -= t.source
    s["payer's quota used"] += t.source
    s["euro merchant's balance"] += t.source - fee
    s["euro fee receiver's balance"] += fee


def use_quota(s: State, e: Example, t: Terms) -> None:
    s["payer's quota used"] += e.numbers[0]


def restore_quota(s: State, e: Example, t: Terms) -> None:
    s["payer's quota used"] -= min(e.numbers[0], s["payer's quota used"])


def take(s: State, t: Terms, source: int, lapsed: bool = False) -> None:
    """Pay the merchant's side for a source amount of what is held."""
    target, fee = t.pays(s["captured"], source)
    s["captured"] += source
    s["EUR held"] -= source
    s["HKD held"] -= target
    s["dealer's EUR inventory"] += source
    s["merchant's claimable" if lapsed else "merchant's balance"] += target - fee
    s["fee receiver's balance"] += fee


def capture_of(s: State, t: Terms, before: int, source: int, lapsed: bool = False) -> None:
    if s["status"] != "Authorized" or before != s["captured"]:
        raise Refused
    take(s, t, source, lapsed)
    if s["captured"] == t.source:
        s["status"] = "Captured"


def give_back(s: State, t: Terms, status: str) -> None:
    s["status"] = status
    s["payer's balance"] += s["EUR held"]
    s["payer's quota used"] -= s["EUR held"]
    s["dealer's HKD inventory"] += s["HKD held"]
    s["EUR held"] = s["HKD held"] = 0


def charge(s: State, e: Example, t: Terms) -> None:
    open_payment(s, e, t)
    capture_of(s, t, 0, t.source)


def capture(s: State, e: Example, t: Terms) -> None:
    capture_of(s, t, *e.numbers, lapsed="lapsed" in e.name)


def release(s: State, e: Example, t: Terms) -> None:
    take(s, t, s["EUR held"])
    s["status"] = "Captured"


def dispute(s: State, e: Example, t: Terms) -> None:
    s["status"] = "Disputed"


def resolve(s: State, e: Example, t: Terms) -> None:
    take(s, t, *e.numbers)
    give_back(s, t, "Resolved")


def refund(s: State, e: Example, t: Terms) -> None:
    before, source, target = e.numbers
    most, after = t.share(s["captured"]), before + target
    assert before == s["refunded"]
    assert target > 0
    assert after <= most
    # None of the examples refunds while something is held.
    limit = s["captured"] if after == most else t.source_share(after)
    assert source == limit - t.source_share(before)
    s["refunded"] += target
    s["merchant's balance"] -= target
    s["dealer's HKD inventory"] += target
    s["dealer's EUR inventory"] -= source
    s["payer's balance"] += source
    s["payer's quota used"] -= source


def batch(s: State, e: Example, t: Terms) -> None:
    acts = re.findall(r"capture\(payment, (\d+), (\d+)\)", e.arguments)
    skipped = 0
    for before, source in acts:
        try:
            capture_of(s, t, int(before), int(source))
        except Refused:
            skipped += 1
    assert (len(acts), skipped) == (2, 1)


def claim(s: State, e: Example, t: Terms) -> None:
    s["merchant's balance"] += s["merchant's claimable"]
    s["merchant's claimable"] = 0


def divert_claim(s: State, e: Example, t: Terms) -> None:
    s["suspense account's claimable"] += s["merchant's claimable"]
    s["merchant's claimable"] = 0


def divert_inventory(s: State, e: Example, t: Terms) -> None:
    s["dealer's claimable"] += s["dealer's HKD inventory"]
    s["dealer's HKD inventory"] = 0


def deposit(s: State, e: Example, t: Terms) -> None:
    s["dealer's HKD balance"] -= e.numbers[0]
    s["dealer's HKD inventory"] += e.numbers[0]


def withdraw(s: State, e: Example, t: Terms) -> None:
    s["dealer's EUR inventory"] -= e.numbers[0]
    s["dealer's EUR balance"] += e.numbers[0]


def name_signer(s: State, e: Example, t: Terms) -> None:
    s["key signs for the dealer"] = "yes"


def consume(s: State, e: Example) -> None:
    (ledger_id, number) = re.search(r"(\d+):(\d+)", e.arguments).groups()
    label = f"entry {ledger_id}:{number}"
    assert s[label] == "free"
    s[label] = "consumed"


def mint(s: State, e: Example, t: Terms) -> None:
    consume(s, e)
    s["payer's balance"] += e.numbers[0]
    s["EUR supply"] += e.numbers[0]
    s["minter's mint allowance"] -= e.numbers[0]


def burn(s: State, e: Example, t: Terms) -> None:
    consume(s, e)
    s["minter's balance"] -= e.numbers[0]
    s["EUR supply"] -= e.numbers[0]


def transfer(s: State, e: Example, t: Terms) -> None:
    value = e.numbers[0]
    if e.function == "transferFrom":
        s["customer's allowance"] -= value
    if e.function.endswith("Authorization"):
        s["authorization"] = "used"
    s["payer's balance"] -= value
    s["customer's balance"] += value


def permit(s: State, e: Example, t: Terms) -> None:
    s["customer's allowance"] = e.numbers[0]
    s["payer's permit nonce"] = str(int(s["payer's permit nonce"]) + 1)


def cancel_authorization(s: State, e: Example, t: Terms) -> None:
    s["authorization"] = "used"


def request(s: State, e: Example, t: Terms) -> None:
    s["redemption 1"] = "Requested"
    s["payer's locked"] += e.numbers[0]


def accept(s: State, e: Example, t: Terms) -> None:
    s["redemption 1"] = "Accepted"


def end(status: str) -> Callable[[State, Example, Terms], None]:
    def ends(s: State, e: Example, t: Terms) -> None:
        s["redemption 1"] = status
        s["payer's locked"] = 0

    return ends


def settle(s: State, e: Example, t: Terms) -> None:
    consume(s, e)
    s["payer's balance"] -= s["payer's locked"]
    s["EUR supply"] -= s["payer's locked"]
    end("Settled")(s, e, t)


def freeze(s: State, e: Example, t: Terms) -> None:
    s["payer's frozen"] = e.numbers[0]


def forced_transfer(s: State, e: Example, t: Terms) -> None:
    value, balance = e.numbers[0], s["payer's balance"]
    assert value <= balance - s["payer's locked"]
    s["payer's frozen"] -= max(0, value - max(0, balance - s["payer's frozen"]))
    s["payer's balance"] -= value
    s["customer's balance"] += value


RULES: dict[str, Callable[[State, Example, Terms], None]] = {
    "authorize": open_payment,
    "charge": charge,
    "capture": capture,
    "release": release,
    "releaseWithSignature": release,
    "dispute": dispute,
    "resolve": resolve,
    "void": lambda s, e, t: give_back(s, t, "Voided"),
    "reclaim": lambda s, e, t: give_back(s, t, "Reclaimed"),
    "refund": refund,
    "refundWithAuthorization": refund,
    "batch": batch,
    "claim": claim,
    "divertClaim": divert_claim,
    "divertInventory": divert_inventory,
    "deposit": deposit,
    "withdraw": withdraw,
    "setDealerSigner": name_signer,
    "openPayment": open_at_token,
    "chargePayment": charge_at_token,
    "restoreQuota": restore_quota,
    "consume": use_quota,
    "restore": restore_quota,
    "transfer": transfer,
    "transferFrom": transfer,
    "transferWithAuthorization": transfer,
    "permit": permit,
    "cancelAuthorization": cancel_authorization,
    "mint": mint,
    "burn": burn,
    "requestRedemption": request,
    "acceptRedemption": accept,
    "settleRedemption": settle,
    "rejectRedemption": end("Rejected"),
    "cancelRedemption": end("Cancelled"),
    "freeze": freeze,
    "setFrozenTokens": freeze,
    "forcedTransfer": forced_transfer,
}

DERIVED: dict[str, Callable[[State], int]] = {
    "escrow's EUR balance": lambda s: s["EUR held"] + s["dealer's EUR inventory"],
    "escrow's HKD balance": lambda s: (
        s["HKD held"]
        + s["dealer's HKD inventory"]
        + s["merchant's claimable"]
        + s["suspense account's claimable"]
        + s["dealer's claimable"]
    ),
    "payer's spendable": lambda s: max(
        0, s["payer's balance"] - s["payer's locked"] - s["payer's frozen"]
    ),
}
"""What follows from the rest. A table may leave it out where it changes."""


def written(label: str, state: State, currencies: dict[str, str]) -> str:
    value = state[label]
    return f"{value / 100:,.2f} {currencies[label]}" if label in currencies else str(value)


@cache
def state_after(name: str) -> State:
    """The state at the start, or after the example of this name and those that it comes after."""
    if name == "start":
        return start()[0]
    (example,) = (each for each in examples() if each.name == name)
    state = dict(state_after(example.after))
    RULES[example.function](state, example, Terms())
    return state | {label: rule(state) for label, rule in DERIVED.items()}


def test_every_act_has_an_example():
    of_the_token = {"mint", "burn", "settleRedemption", "forcedTransfer", "permit", "transfer"}
    acts = {*ACTS, *ASKED} | of_the_token
    assert acts - WITHOUT_EXAMPLE - {example.function for example in examples()} == set()


def test_names_of_examples_are_unique():
    names = [example.name for example in examples()]
    assert sorted(names) == sorted(set(names))


def test_the_start_adds_up():
    state, _ = start()
    assert {label: state[label] for label in DERIVED} == {
        label: rule(state) for label, rule in DERIVED.items()
    }


@pytest.mark.parametrize("state", ["start", *(example.name for example in examples())])
def test_supply_is_the_sum_of_balances(state):
    s = state_after(state)
    names = ("payer's", "customer's", "minter's", "dealer's EUR", "escrow's EUR")
    names += ("euro merchant's", "euro fee receiver's")
    assert s["EUR supply"] == sum(s[f"{name} balance"] for name in names)


def test_sums_in_the_text_are_right():
    quotients = re.findall(r"⌊(\d+) · (\d+) ÷ (\d+)⌋ = (\d+)", PAGE)
    differences = re.findall(r"(\d+) − (\d+) = (\d+)", PAGE)
    assert (len(quotients), len(differences)) == (4, 1)
    assert [q for q in quotients if int(q[0]) * int(q[1]) // int(q[2]) != int(q[3])] == []
    assert [d for d in differences if int(d[0]) - int(d[1]) != int(d[2])] == []


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_figures_are_right(example):
    _, currencies = start()
    before, after = state_after(example.after), state_after(example.name)
    shown = {label: cells for label, *cells in example.table}
    expected = {
        label: [written(label, before, currencies), written(label, after, currencies)]
        for label in before
        if label in shown or (before[label] != after[label] and label not in DERIVED)
    }
    assert shown == expected


def test_every_type_that_is_signed_for_the_escrow_or_a_payout_is_written_out():
    text = "".join(
        (ROOT / "contracts" / name).read_text()
        for name in ("escrow/Messages.sol", "libraries/TypeHashes.sol")
    )
    found = [
        "".join(re.findall(r'"([^"]*)"', literals))
        for literals in re.findall(r"keccak256\(\s*((?:\"[^\"]*\"\s*)+)\)", text)
    ]
    wanted = {"Payment", "PaymentApproval", "Release", "RefundQuote", "RedemptionRequest"}
    wanted.add("ReceiveWithAuthorization")
    by_name = {each.partition("(")[0]: each for each in found}
    assert wanted <= by_name.keys()
    page = re.sub(r",\n\s*", ",", PAGE)
    assert [name for name in sorted(wanted) if f"\n{by_name[name]}\n" not in page] == []
