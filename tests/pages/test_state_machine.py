"""The escrow does what the table in its interface's documentation says, cell by cell.

The table is read out of the interface; every call of every caller in every state is tried, and
what must come of it is worked out from the table alone.
"""

from itertools import product
from pathlib import Path

import pytest
from web3.constants import ADDRESS_ZERO

from benchmarks.world import AMOUNT, START
from deposit_token.chain.artifacts import artifact
from deposit_token.chain.refusals import ContractError
from deposit_token.protocol.payment import PaymentState
from deposit_token.values.enumerations import PaymentStatus
from tests.nodes import undone
from tests.pages.states import (
    ACTS,
    CALLERS,
    COLUMNS,
    CURRENCIES,
    ENDS,
    REST,
    SELF_CALL,
    SITUATIONS,
    UNDISPUTED,
    Scene,
    build_world,
)

pytestmark = pytest.mark.slow

INTERFACE = Path(__file__).parents[2] / "contracts" / "interfaces" / "ISettlementEscrow.sol"

PARTIES = {"P": "payer", "M": "merchant", "O": "operator", "A": "arbiter"}
OPENINGS = ("authorize", "charge")
REFUNDS = ("refund", "refundWithAuthorization")

Row = dict[str, str]
"""Who may call a function, by state: letters of `PARTIES`, `*` for anyone, `-` for nobody."""


def read_table(solidity: str) -> dict[str, Row]:
    """The state machine's rows by function, out of the documentation in a Solidity file.

    Raises ValueError if there is none, or if it names what these tests don't know.
    """
    lines = (line.strip().removeprefix("///").strip() for line in solidity.splitlines())
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines if line[:1] == "|"]
    if len(rows) < 3 or rows[0][0] != "function":
        raise ValueError("table: found none whose first column is `function`.")
    (_, *columns), _, *body = rows
    _require_same("state", columns, COLUMNS)
    _require_same("function", [function for function, *_ in body], ACTS)
    table = {}
    for function, *cells in body:
        if len(cells) != len(columns):
            raise ValueError(f"{function}: found {len(cells)} cells, accepted are {len(columns)}.")
        for column, cell in zip(columns, cells, strict=True):
            if cell not in ("*", "-") and not (cell and set(cell) <= set(PARTIES)):
                accepted = f"*, - or letters of {''.join(PARTIES)}"
                raise ValueError(f"{function}, {column}: found {cell!r}, accepted are {accepted}.")
        table[function] = dict(zip(columns, cells, strict=True))
    return table


def _require_same(what: str, found: list[str], known: list[str] | tuple[str, ...]) -> None:
    if sorted(found) != sorted(known):
        raise ValueError(f"{what}: found {', '.join(found)}, accepted are {', '.join(known)}.")


def status_of(column: str) -> PaymentStatus:
    """The status of a state: the rest of its name says where now lies."""
    return PaymentStatus[column.split()[0].upper()]


def expected_refusal(row: Row, function: str, scene: Scene, caller: str) -> ContractError | None:
    """What a call must revert with by the table, to the last argument; None if it must succeed.

    Who may do it in no state at all is told so in every state. Who may do it in another state is
    told what is wrong with this one: its status, or else that it is too early or too late.
    """
    column, now = scene.situation.column, scene.situation.moment
    address = CALLERS[caller].address
    allowed_in = [each for each in COLUMNS if may(row[each], caller)]
    if not allowed_in:
        return ContractError("NotAllowed", {"caller": address, "allowed": party_named(row, scene)})
    if function == "charge":
        # The notes under the table: of a payment without arbiter, and from captureFrom on.
        if scene.payment.arbiter != ADDRESS_ZERO:
            return ContractError("ArbiterNamed", {"arbiter": scene.payment.arbiter})
        if now < scene.payment.capture_from:
            return ContractError("TooEarly", {"found": now, "allowed": scene.payment.capture_from})
    if column in allowed_in:
        if function in REFUNDS and scene.state.captured == 0:
            # The note under the table: a refund needs something captured.
            values = {"found": scene.quote.target_amount, "allowed": 0}
            return ContractError("AmountExceeds", values)
        return None
    if function in OPENINGS and now >= scene.payment.authorize_by:
        # The terms are looked at before the status.
        return ContractError("TooLate", {"found": now, "allowed": scene.payment.authorize_by})
    times = [each for each in allowed_in if status_of(each) is status_of(column)]
    if not times:
        # Of the many that a refund may follow, the error names this one.
        wanted = PaymentStatus.CAPTURED if function in REFUNDS else status_of(allowed_in[0])
        values = {"id": scene.id, "found": status_of(column), "allowed": wanted}
        return ContractError("WrongStatus", values)
    later = [each for each in times if COLUMNS.index(each) > COLUMNS.index(column)]
    if later:
        last_before = COLUMNS[COLUMNS.index(later[0]) - 1]
        return ContractError("TooEarly", {"found": now, "allowed": ENDS[last_before]})
    return ContractError("TooLate", {"found": now, "allowed": ENDS[times[-1]]})


def may(cell: str, caller: str) -> bool:
    """Whether a cell lets a caller."""
    return cell == "*" or caller in [PARTIES.get(letter) for letter in cell]


def party_named(row: Row, scene: Scene) -> str:
    """Whom the escrow names to those who may not: the operator, if the merchant may too."""
    letters = set("".join(row.values())) - {"-"}
    named = letters - {"M"} or letters
    assert len(named) == 1, f"the error names one party, the row has {''.join(sorted(letters))}"
    return CALLERS[PARTIES[named.pop()]].address


def status_afterwards(function: str, before: PaymentState) -> PaymentStatus:
    """The status that a call must leave, by what the interface says of each function."""
    match function:
        case "authorize":
            return PaymentStatus.AUTHORIZED
        case "charge":
            return PaymentStatus.CAPTURED
        case "capture":
            all_captured = before.captured + REST == AMOUNT
            return PaymentStatus.CAPTURED if all_captured else PaymentStatus.AUTHORIZED
        case "release" | "releaseWithSignature":
            return PaymentStatus.CAPTURED
        case "void":
            return PaymentStatus.VOIDED
        case "dispute":
            return PaymentStatus.DISPUTED
        case "resolve":
            return PaymentStatus.RESOLVED
        case "reclaim":
            return PaymentStatus.RECLAIMED
        case "refund" | "refundWithAuthorization":
            return before.status
    raise ValueError(f"function: found {function}, accepted are {', '.join(ACTS)}.")


@pytest.fixture(scope="module")
def world(start_anvil):
    with start_anvil("--timestamp", str(START)) as url:
        yield build_world(url)


@pytest.fixture(scope="module")
def table():
    return read_table(INTERFACE.read_text())


@pytest.fixture(scope="module")
def scene(request, world):
    """A payment in one situation, with or without an arbiter."""
    currencies, situation, arbitrated = request.param
    with undone(world.chain):
        yield Scene(world, currencies, SITUATIONS[situation], arbitrated)


def with_scenes(situations, arbitrated):
    return pytest.mark.parametrize(
        "scene",
        list(product(CURRENCIES, situations, [arbitrated])),
        ids=lambda parameters: ", ".join(parameters[:2]),
        indirect=True,
        scope="module",
    )


with_arbiter = with_scenes(SITUATIONS, True)
without_arbiter = with_scenes(UNDISPUTED, False)


@with_arbiter
def test_scene_is_in_the_state_that_its_column_names(scene):
    assert scene.state.status is status_of(scene.situation.column)


@with_arbiter
@pytest.mark.parametrize("function", ACTS)
def test_cell(scene, table, function):
    check_cell(scene, table[function], function)


@without_arbiter
def test_cell_of_charge(scene, table):
    check_cell(scene, table["charge"], "charge")


def check_cell(scene, row, function):
    """By everybody; what is done alone is done in a batch too."""
    data = scene.data(function)
    for caller in CALLERS:
        cell = f"{function}, {scene.situation.column}, by the {caller}"
        expected = expected_refusal(row, function, scene, caller)
        found = scene.refusal(caller, data)
        assert found == expected, f"{cell}: found {found or 'no refusal'}, expected {expected}"
        if expected is None:
            wanted = status_afterwards(function, scene.state)
            for way in (data, scene.batch([data])):
                status = scene.state_after(caller, way).status
                assert status is wanted, f"{cell}: left {status.name}, expected {wanted.name}"


@with_arbiter
def test_batch_skips_what_is_refused_alone(scene, table):
    for caller in CALLERS:
        refusals = {
            function: expected_refusal(table[function], function, scene, caller)
            for function in ACTS
        }
        refused = [function for function in ACTS if refusals[function]]
        found = scene.refusals_in_batch(caller, [scene.data(function) for function in refused])
        for function, reason in zip(refused, found, strict=True):
            expected = refusals[function]
            assert reason == expected, f"{function}: found {reason}, expected {expected}"


@with_arbiter
def test_what_the_escrow_calls_itself_is_refused_to_everybody_else(scene):
    data = scene.data(SELF_CALL)
    for caller, key in CALLERS.items():
        refused = ContractError("NotAllowed", {"caller": key.address, "allowed": scene.escrow})
        assert scene.refusal(caller, data) == refused, f"by the {caller}"


def test_table_has_every_function_that_changes_a_payment(table):
    changing = {
        item["name"]
        for item in artifact("SettlementEscrow").abi
        if item["type"] == "function"
        and item["stateMutability"] not in ("view", "pure")
        and takes_payment(item["inputs"])
    }
    # A preview undoes what it does.
    assert changing == {*table, SELF_CALL, "previewAuthorize"}


def takes_payment(inputs) -> bool:
    """Whether the terms of a payment are among a function's arguments, or within one."""
    return any(
        each.get("internalType") == "struct Payment" or takes_payment(each.get("components", []))
        for each in inputs
    )


class TestReadTable:
    """A table that says something else than these tests can check is refused."""

    def refused(self, old: str, new: str, message: str) -> None:
        solidity = INTERFACE.read_text()
        assert old in solidity
        with pytest.raises(ValueError, match=message):
            read_table(solidity.replace(old, new))

    def test_cells_are_read(self, table):
        assert table["void"]["Authorized late"] == "OM"
        assert table["reclaim"]["Disputed late"] == "*"
        assert table["refund"]["None"] == "-"

    def test_no_table(self):
        self.refused("| function |", "| verb |", "found none whose first column is `function`")

    def test_unknown_state(self):
        self.refused("| Resolved |", "| Settled |", "^state: found .*, Settled, accepted are None")

    def test_unknown_function(self):
        self.refused("| dispute |", "| contest |", "^function: found .* contest, .* accepted are")

    def test_missing_function(self):
        row = "/// | dispute | - | P | P |"
        self.refused(row, f"// {row}", "^function: found .* void, resolve, .* accepted are")

    def test_unknown_letter(self):
        self.refused("| - | P | P | - | P |", "| - | P | D | - | P |", "open: found 'D', accepted")

    def test_letter_beside_anyone(self):
        self.refused("| OM | M | M |", "| OM | M | M* |", "Disputed late: found 'M\\*', accepted")

    def test_missing_cell(self):
        self.refused("| resolve | - |", "| resolve |", "^resolve: found 9 cells, accepted are 10")
