"""The contracts do what the model says, whatever everybody does."""

from collections import Counter
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model import escrow
from tests.model.backends import ANVIL_OPTIONS, Pyrevm
from tests.model.bank_token import Token
from tests.model.books import NOBODY, Refused
from tests.model.chain import Chain, abi
from tests.model.choices import ROUTES
from tests.model.escrow import DAY, Escrow, share_of
from tests.model.history import Divergence, History, LongHistory, opened
from tests.model.machine import OnAnvil, OnPyrevm, Onwards
from tests.model.policy import Policy
from tests.model.projection import NOTHING_NEW, Projection
from tests.model.registry import Registry
from tests.model.views import answers_of
from tests.model.world import HK
from tests.refusals import says

STEPS = 40
"""Of each history, beside those that it begins with."""
MANY = 10_000
"""Acts of the long history."""
KINDS = {name for name in vars(Projection) if name[0].isupper()} | NOTHING_NEW
"""Events that the projection knows."""
AT_DEPLOYMENT = {
    "AuthorityUpdated",
    "Initialized",
    "MetadataSet",
    "PredecessorSet",
    "RoleAdminChanged",
    "RoleGuardianChanged",
    "TargetFunctionRoleUpdated",
}
"""Those of them that constructors and the banks' set-up tell, and nobody afterwards."""


def run(machine, first_seed, histories, phases=(Phase.generate, Phase.shrink)):
    """Random histories, by tens: of more Hypothesis makes most by varying the one before."""
    for number in range(max(1, histories // 10)):
        with repeatable_by(f"--histories 10 --seed {first_seed + number}"):
            run_once(machine, first_seed + number, phases=phases, max_examples=10)


@contextmanager
def repeatable_by(options):
    """Has whatever fails say how to see it again."""
    try:
        yield
    except Exception as failure:
        failure.add_note(f"To see it again: {options}")
        raise


def run_once(machine, number, steps=STEPS, **options):
    """Random histories from one seed."""
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            stateful_step_count=steps,
            derandomize=False,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=[HealthCheck.too_slow],
            **options,
        ),
    )


def test_random_histories_on_pyrevm(histories, first_seed, long_run, capsys):
    run(OnPyrevm, first_seed, histories)
    if long_run:
        with capsys.disabled():
            print(f"\n{table(History.tally)}")
        # It is for the payment system alone, and only a stranger tries it.
        assert never_done(History.tally) == ["restoreQuota"]


@pytest.mark.slow
def test_random_histories_on_anvil(start_anvil, histories, first_seed):
    with start_anvil(*ANVIL_OPTIONS) as OnAnvil.url:
        run(OnAnvil, first_seed, histories // 10)


@pytest.mark.slow
def test_events_alone_tell_all_that_many_acts_have_done(first_seed):
    run_long(first_seed)


def run_long(first_seed):
    """The long history, in parts of a seed each."""
    chain = Chain(Pyrevm())
    assert {event.name for event in chain.told()} >= AT_DEPLOYMENT
    history = Onwards.history_so_far = LongHistory(opened(chain))
    number = first_seed
    with repeatable_by(f"-k many_acts --seed {first_seed}"):
        while history.acts < MANY:
            run_once(Onwards, number, steps=100, phases=[Phase.generate], max_examples=1)
            number += 1
            history.go_on()
        history.end()
        # Otherwise nothing says that their readers are right.
        assert sorted(KINDS - AT_DEPLOYMENT - history.heard) == []


CONTRACTS = [
    "AccessManager",
    "AllowlistRegistry",
    "CorridorPolicy",
    "DepositToken",
    "SettlementEscrow",
]
UNHEARD_OF = {
    "RoleLabel",
    "RoleGrantDelayChanged",
    "TargetAdminDelayUpdated",
    "TargetClosed",
    "OperationScheduled",
    "OperationExecuted",
    "OperationCanceled",
    "ForeignTokenRescued",
    "EIP712DomainChanged",
}
"""Events of delays, of closed targets, and of what nobody does here."""
FIXED = {
    "version",
    "eip712Domain",
    "DOMAIN_SEPARATOR",
    "supportsInterface",
    "messageForTransferRestriction",
    "EXTENSION",
    "extensionId",
    "proxiableUUID",
    "UPGRADE_INTERFACE_VERSION",
    "ADMIN_ROLE",
    "PUBLIC_ROLE",
    "expiration",
    "minSetback",
    "hashOperation",
    "paymentId",
    "quoteDigest",
    "approvalDigest",
    "releaseDigest",
}
"""Views whose answers never change, as those that end in `_TYPEHASH`."""
FORESEEN = {"canTransfer", "detectTransferRestriction"}
"""What is asked before a transfer."""
NOT_ASKED = {
    "merchantCountryOf",
    "requireRefund",
    "requireDealer",
    "requireRefused",
    "requireSuccessor",
    "previewCapture",
    "canCall",
    "getAccess",
    "getNonce",
    "getSchedule",
    "getRoleGrantDelay",
    "getTargetAdminDelay",
    "isTargetClosed",
    "isConsumingScheduledOp",
}
"""What acts ask themselves, and what tells of delays and of closed targets."""


def items_of(kind):
    return [item for name in CONTRACTS for item in abi(name) if item["type"] == kind]


def test_every_event_is_read():
    told = {event["name"] for event in items_of("event")}
    assert told == KINDS | UNHEARD_OF


def test_every_view_is_compared():
    views = {
        view["name"]
        for view in items_of("function")
        if view["stateMutability"] in ("view", "pure") and not view["name"].endswith("_TYPEHASH")
    }
    state = OnPyrevm()
    act_out(state)
    asked = {
        function
        for contract in state.world.contracts.values()
        for function, _ in answers_of(contract, state.history.tried)
    }
    assert views == asked | FORESEEN | FIXED | NOT_ASKED


def act_out(state):
    """Every kind of thing that a lie below is about."""
    redemption = state.accept_first_redemption(token="EUR", amount=5_00)
    state.settle_redemption(redemption=redemption, minter="minter", ledger="minter", number=10)
    state.mint(token="EUR", minter="minter", to="mei", amount=1, ledger="minter", number=10)
    terms = {"route": ROUTES[0], "amount": 100_01, "rate": 33, "fee_bps": 333}
    payment = state.authorize_first(**terms, arbitrated=False, schedule="usual")
    state.capture(payment=payment, percent=33, by="operator")
    state.void(payment=payment, by="merchant")
    usual = {"fee_receiver": "platform", "dealer": "dora", "purpose": "GDDS", "flaw": "none"}
    order = {**terms, **usual, "way": "charge", "arbitrated": False, "schedule": "usual"}
    charged = state.authorize(**order)
    quote = {"percent": 50, "price": 100, "dealer": "the same", "lasts": DAY, "flaw": "none"}
    state.refund(payment=charged, way="refundWithAuthorization", by="operator", **quote)
    payment = state.authorize_first(**terms, arbitrated=True, schedule="usual")
    state.block_or_unblock_wallet(by="officer", function="block", suspect=("Rhein", "anna"))
    state.transfer(token="EUR", holder="anna", to="dora", amount=1)
    state.capture(payment=payment, percent=100, by="operator")
    state.set_registry(by="officer", token="EUR", which="new registry")
    state.cancel_authorization(token="EUR", owner="anna", nonce=1, by="owner", in_parts=True)
    state.freeze(by="officer", account=("HKD", "anna"), function="freeze", amount=7_000_00)
    state.force_transfer(by="officer", source=("HKD", "anna"), to="li", amount=2_000_00)
    state.upgrade(by="officer", token="HKD", to="new implementation")
    state.suspend_corridor(
        by="officer", place=("HKD", HK, HK), which="policy", function="stopCorridor"
    )
    moves = [("refundWithAuthorization", charged, 50), ("void", charged, 100)]
    order = {**order, "route": ROUTES[-2]}
    state.batch(orders=[order], moves=moves, aside="nothing", by="platform")
    state.pause_or_unpause(by="other bank's officer", token="EUR", function="pause")
    state.pause_or_unpause(by="officer", token="EUR", function="pause")
    state.void(payment=payment, by="operator")
    state.teardown()


def round_up(payment, captured):
    return -(-payment.target_amount * captured // payment.source_amount)


def charge_nothing(escrow, payment, amount):
    before = escrow.state(payment).captured
    return share_of(payment, before + amount) - share_of(payment, before), 0


def only_say_suspended(policy, place):
    policy.emit("CorridorSuspended", *place)


def skip_silently(escrow, caller, acts):
    for act in acts:
        with suppress(Refused), escrow.books.all_or_nothing():
            getattr(escrow, act.function)(caller, *act.args)


def say_and_move_nothing(token, source, to, value):
    token.emit("Transfer", source, to, value)


def all_redemptions(token, holder):
    return tuple(id for id, each in token.redemptions.items() if each.holder == holder)


LIES = {
    "a part of a capture is rounded up": (escrow, "share_of", round_up),
    "there is no fee": (Escrow, "target_of", charge_nothing),
    "what is owed is not kept": (Escrow, "_keep", lambda escrow, *kept: None),
    "a quota is not restored": (Policy, "restore", lambda policy, *counted: None),
    "a blocked payer can be captured": (Registry, "is_blocked", lambda registry, wallet: False),
    "a blocked holder can send": (Token, "is_good", lambda token, account: True),
    "a lock stays when a redemption ends": (Token, "_close", lambda token, id, status: None),
    "an ended redemption stays open": (Token, "open_redemptions", all_redemptions),
    "a signature is never used up": (Token, "_use_nonce", lambda token, *authorization: None),
    "a blocked holder can receive": (Token, "can_receive", lambda token, account: True),
    "a transfer says it all and moves nothing": (Token, "_shift", say_and_move_nothing),
    "a suspension suspends nothing": (Policy, "_suspend", only_say_suspended),
    "a replaced registry is forgotten": (Registry, "line", lambda registry: iter([registry])),
    "an upgrade keeps the copies": (Token, "_adopt_epoch", lambda token: None),
    "a forced transfer takes no freeze off": (Token, "_set_frozen", lambda token, *frozen: None),
    "a refund gives back whatever the merchant likes": (
        Escrow,
        "greatest_refund",
        lambda escrow, payment, target: 4 * target,
    ),
    "what is skipped in a batch is not told": (Escrow, "batch", skip_silently),
    "a pause stops nothing": (Token, "_set_paused", lambda token, paused: None),
}


def test_the_truth_agrees_with_the_chain():
    act_out(OnPyrevm())


@pytest.mark.parametrize(("contract", "function", "lie"), LIES.values(), ids=LIES)
def test_a_lie_of_the_model_diverges_from_the_chain(monkeypatch, contract, function, lie):
    state = OnPyrevm()
    monkeypatch.setattr(contract, function, lie)

    with pytest.raises(Divergence):
        act_out(state)


SHORTAGES = {
    "an empty account": (
        lambda state: state.transfer(token="EUR", holder="anna", to="platform", amount=5_901_00),
        Refused("ERC20InsufficientBalance", "anna", 99_00, 100_00),
    ),
    "a freeze": (
        lambda state: state.freeze(
            by="officer", account=("EUR", "anna"), function="freeze", amount=5_901_00
        ),
        Refused("ERC7943InsufficientUnfrozenBalance", "anna", 100_00, 99_00),
    ),
    "a redemption": (
        lambda state: state.request_redemption(
            token="EUR", holder="anna", amount=5_901_00, reference=1
        ),
        Refused("TokensLocked", "anna", 100_00, 99_00),
    ),
}
"""What leaves anna the merchant's part of what she is to pay, and what she is refused for."""


@pytest.mark.parametrize("fee_receiver", ["platform", "anna"])
@pytest.mark.parametrize(("fall_short", "refusal"), SHORTAGES.values(), ids=SHORTAGES)
def test_a_charge_takes_the_whole_amount_before_it_pays(fall_short, refusal, fee_receiver):
    state = OnPyrevm()
    fall_short(state)
    payment = state.payment(
        way="charge",
        route=("anna", "bruno", "EUR", "EUR"),
        amount=100_00,
        rate=100,
        fee_bps=333,
        fee_receiver=fee_receiver,
        dealer=NOBODY,
        arbitrated=False,
        schedule="usual",
        purpose="GDDS",
        flaw="none",
    )
    caller, call = state.authorization(payment, "charge", "none")

    assert refusal_of(state, caller, "escrow", call.function, *call.args) == refusal
    state.teardown()


def test_what_answers_as_no_escrow_is_refused_before_it_is_found_in_use():
    state = OnPyrevm()
    activation = ("Rhein admin", "EUR", "activateSystemAccount", "platform")

    assert state.world.contracts["EUR"].suspense_account == "platform"
    assert refusal_of(state, *activation) == Refused("NoAnswer", "platform", "claimableOf")
    state.teardown()


def refusal_of(state, *act):
    """What the model and the chain refuse an act for."""
    with pytest.raises(Refused) as refused:
        state.world.act(state.now, *act)
    assert not state.act(*act)
    return refused.value


def test_a_divergence_is_printed_as_a_script_that_shows_it_again(monkeypatch):
    # That every history finds.
    monkeypatch.setattr(Token, "_shift", say_and_move_nothing)

    # Unshrunk: to find the shortest takes a minute.
    with pytest.raises(Divergence) as diverged:
        run(OnPyrevm, first_seed=1, histories=10, phases=[Phase.generate])
    title, *script, advice = diverged.value.__notes__

    assert title == "Failing test case: <state machine>"
    assert script[:2] == ["from tests.model.machine import OnPyrevm", "state = OnPyrevm()"]
    assert advice == "To see it again: --histories 10 --seed 1"
    with says(Divergence, str(diverged.value)):
        exec("\n".join(script), {})


def test_a_failure_of_the_long_history_is_told_as_it_is(monkeypatch):
    truth = Escrow.target_of

    def charge_nothing_later(escrow, payment, amount):
        later = Onwards.history_so_far.acts > 1_000
        return (charge_nothing if later else truth)(escrow, payment, amount)

    monkeypatch.setattr(Escrow, "target_of", charge_nothing_later)

    with pytest.raises(Divergence) as diverged:
        run_long(first_seed=1)
    title, *script, advice = diverged.value.__notes__

    assert title == "Failing test case: <state machine>"
    assert script[:2] == [Onwards.header, "state = Onwards()"]
    assert advice == "To see it again: -k many_acts --seed 1"


def never_done(tally):
    """Functions that were tried and always refused."""
    functions = {function for function, _ in tally}
    return sorted(function for function in functions if not tally[function, "done"])


def table(tally):
    """What was tried, how much of it was done, and why the rest was refused."""
    lines = [f"{'function':32}{'tried':>8}{'done':>6}  refused"]
    for function in sorted({function for function, _ in tally}):
        outcomes = Counter(
            {name: count for (each, name), count in tally.items() if each == function}
        )
        tried, done = outcomes.total(), outcomes.pop("done", 0)
        refused = ", ".join(f"{name} {count}" for name, count in outcomes.most_common())
        lines.append(f"{function:32}{tried:>8}{100 * done // tried:>5}%  {refused}")
    return "\n".join(lines)
