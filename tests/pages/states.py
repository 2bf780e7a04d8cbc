"""A payment in every state of the escrow's state machine, and every act on it by every caller.

Each situation stands at the first or the last second of its column, on a chain whose clock stands
still there, so that a deadline that is off by one shows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from eth_abi.abi import decode
from web3 import Web3
from web3.constants import ADDRESS_ZERO

from benchmarks.world import AMOUNT, PAYER, START, World
from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.chain.refusals import ContractError, Reverted
from deposit_token.protocol.payment import Payment, PaymentState, RefundQuote
from deposit_token.protocol.settlement import ACT_GAS
from tests.nodes import advance, again, rpc, undone
from tests.scene import ARBITER, DAY, DEALER, MERCHANT, OPERATOR, PLATFORM, STRANGER, keys_of

CAPTURE_FROM = START + 2 * DAY
AUTHORIZE_BY = START + 3 * DAY
CAPTURE_BY = START + 7 * DAY
RESOLVE_BY = START + 9 * DAY
REFUND_BY = START + 30 * DAY

PART = AMOUNT * 2 // 5
REST = AMOUNT - PART
"""What each capture of a test takes: it leaves something of an untouched payment, and nothing of
one of which `PART` was captured."""
RESOLVED = REST // 3
REFUNDED = PART // 4

CALLERS = {
    "payer": PAYER,
    "merchant": MERCHANT,
    "operator": OPERATOR,
    "dealer": DEALER,
    "arbiter": ARBITER,
    "fee receiver": PLATFORM,
    "bank": keys_of("Rhein Bank")["governor"],
    "stranger": STRANGER,
}
"""Everybody who may try something with a payment; in one currency the dealer is a stranger."""

CURRENCIES = ("one currency", "two currencies")


class Act(NamedTuple):
    """What brings a payment further, and when."""

    moment: int
    caller: str
    function: str
    amount: int = REST


@dataclass(frozen=True)
class Situation:
    """How a payment gets into a state."""

    column: str
    """The state, as the table heads it."""
    moment: int
    """Unix seconds of everything that is tried then."""
    acts: tuple[Act, ...] = ()


_AUTHORIZED = (Act(START + DAY, "operator", "authorize"),)
# Something is captured before, so that something can be refunded afterwards.
_IN_PART = (*_AUTHORIZED, Act(CAPTURE_FROM, "operator", "capture", PART))
_DISPUTED = (*_IN_PART, Act(CAPTURE_FROM, "payer", "dispute"))

SITUATIONS = {
    "None": Situation("None", AUTHORIZE_BY - 1),
    "None, too early to charge": Situation("None", CAPTURE_FROM - 1),
    "None, just in time to charge": Situation("None", CAPTURE_FROM),
    "Authorized early": Situation("Authorized early", CAPTURE_FROM - 1, _AUTHORIZED),
    "Authorized open": Situation("Authorized open", CAPTURE_FROM, _AUTHORIZED),
    "Authorized open, partly captured": Situation("Authorized open", CAPTURE_BY - 1, _IN_PART),
    "Authorized late": Situation("Authorized late", CAPTURE_BY, _IN_PART),
    "Disputed open": Situation("Disputed open", RESOLVE_BY - 1, _DISPUTED),
    "Disputed late": Situation("Disputed late", RESOLVE_BY, _DISPUTED),
    # Three that end before authorizeBy, so that only their status speaks against a second time.
    "Captured": Situation(
        "Captured", AUTHORIZE_BY - 1, (*_IN_PART, Act(CAPTURE_FROM, "operator", "capture"))
    ),
    "Voided": Situation(
        "Voided", AUTHORIZE_BY - 1, (*_IN_PART, Act(CAPTURE_FROM, "operator", "void"))
    ),
    "Reclaimed": Situation(
        "Reclaimed", REFUND_BY - 1, (*_IN_PART, Act(CAPTURE_BY, "stranger", "reclaim"))
    ),
    "Resolved": Situation(
        "Resolved",
        AUTHORIZE_BY - 1,
        (*_DISPUTED, Act(CAPTURE_FROM, "arbiter", "resolve", RESOLVED)),
    ),
}
UNDISPUTED = [name for name in SITUATIONS if not name.startswith(("Disputed", "Resolved"))]
"""Those that a payment without an arbiter can be in."""
COLUMNS = list(dict.fromkeys(situation.column for situation in SITUATIONS.values()))

ENDS = {
    "None": AUTHORIZE_BY,
    "Authorized early": CAPTURE_FROM,
    "Authorized open": CAPTURE_BY,
    "Disputed open": RESOLVE_BY,
}
"""The first second after each column that time alone ends."""

ACTS = (
    "authorize",
    "charge",
    "capture",
    "release",
    "releaseWithSignature",
    "void",
    "dispute",
    "resolve",
    "reclaim",
    "refund",
    "refundWithAuthorization",
)
SELF_CALL = "authorizeAndUndo"


class Scene:
    """One payment in its situation, where the clock stands still, and everybody who may try
    something with it."""

    def __init__(
        self, world: World, currencies: str, situation: Situation, arbitrated: bool
    ) -> None:
        self.situation = situation
        target = world.eur if currencies == "one currency" else world.hkd
        self._world = world
        self._settlement = world.settlement
        self.escrow = world.escrow.address
        self.payment: Payment = replace(
            world.terms(f"state machine, {currencies}", target, fee_bps=50),
            arbiter=ARBITER.address if arbitrated else ADDRESS_ZERO,
            authorize_by=AUTHORIZE_BY,
            capture_from=CAPTURE_FROM,
            capture_by=CAPTURE_BY,
            resolve_by=RESOLVE_BY if arbitrated else CAPTURE_BY,
            refund_by=REFUND_BY,
        )
        self.id = self._settlement.payment_id(self.payment)
        self.state = self._read_state()
        for act in situation.acts:
            _reach(world.chain, act.moment)
            self._send(act.caller, self.data(act.function, act.amount))
            self.state = self._read_state()
        _reach(world.chain, situation.moment)

    def data(self, function: str, amount: int | None = None) -> str:
        """The input of a transaction that does everything right but for who sends it and when.

        `amount` is what is captured or resolved; without one, that of the tests."""
        if amount is None:
            amount = RESOLVED if function == "resolve" else REST
        arguments = self._arguments(function, amount)
        return calldata(self._world.escrow.functions[function](*arguments))

    def refusal(self, caller: str, data: str) -> ContractError | None:
        """What a call would revert with; nothing is sent."""
        try:
            rpc(self._world.chain, "eth_call", self._call(caller, data), "latest")
        except Reverted as refused:
            return refused.found
        return None

    def batch(self, acts: Iterable[str]) -> str:
        """The input of a batch of acts, each by its own input."""
        return calldata(self._world.escrow.functions.batch(list(acts)))

    def refusals_in_batch(self, caller: str, acts: list[str]) -> list[ContractError | None]:
        """Why a batch would skip each of many acts, by the only events that the batch itself
        has."""
        tracer = {"tracer": "callTracer", "tracerConfig": {"withLog": True}}
        call = self._call(caller, self.batch(acts))
        trace = rpc(self._world.chain, "debug_traceCall", call, "latest", tracer)
        assert "error" not in trace, trace
        refusals: list[ContractError | None] = [None] * len(acts)
        for log in trace.get("logs", []):
            skipped, index, act = log["topics"]
            assert skipped == self._world.escrow.events.ActSkipped().topic
            assert act == Web3.to_hex(Web3.keccak(hexstr=acts[int(index, 16)]))
            (reason,) = decode(["bytes"], bytes.fromhex(log["data"][2:]))
            refusals[int(index, 16)] = ContractError.decode(reason)
        return refusals

    def state_after(self, caller: str, data: str) -> PaymentState:
        """Where the payment stands once a transaction is mined, which is then undone.

        Raises Reverted if it is refused."""
        with undone(self._world.chain):
            self._send(caller, data)
            return self._read_state()

    def _read_state(self) -> PaymentState:
        return self._settlement.state(self.id)

    def _send(self, caller: str, data: str) -> None:
        # What was undone gave the callers' nonces back.
        chain = again(self._world.chain)
        chain.send(CALLERS[caller], {"to": self.escrow, "data": data}, gas=ACT_GAS)

    def _call(self, caller: str, data: str) -> dict[str, str]:
        return {"from": CALLERS[caller].address, "to": self.escrow, "data": data}

    def _arguments(self, function: str, amount: int) -> tuple[Any, ...]:
        terms = self.payment.as_tuple()
        match function:
            case "authorize" | "charge" | "authorizeAndUndo":
                return terms, self._payer_signature(), self._dealer_signature(), (0, b"")
            case "capture":
                return terms, self.state.captured, amount
            case "resolve":
                return terms, amount
            case "release" | "void" | "dispute" | "reclaim":
                return (terms,)
            case "releaseWithSignature":
                payer = PAYER
                signature = self._settlement.sign_release(payer, self.payment, REFUND_BY)
                return terms, REFUND_BY, signature
            case "refund":
                return terms, self.quote.as_tuple(), self._quote_signature()
            case "refundWithAuthorization":
                signature = self._merchant_signature()
                return terms, self.quote.as_tuple(), signature, self._quote_signature()
        raise ValueError(f"function: found {function}, accepted are {', '.join(ACTS)}.")

    def _payer_signature(self) -> bytes:
        return self._settlement.sign_as_payer(PAYER, self.payment)

    def _dealer_signature(self) -> bytes:
        if self.payment.dealer == ADDRESS_ZERO:
            return b""
        return self._settlement.sign_as_dealer(DEALER, self.payment)

    @property
    def quote(self) -> RefundQuote:
        """Of the first refund: for as much of the target token as fits in the source amount."""
        target_amount = self.payment.target_amount * REFUNDED // self.payment.source_amount
        return RefundQuote(
            payment_id=self.id,
            refunded_before=0,
            source_amount=self.payment.source_amount * target_amount // self.payment.target_amount,
            target_amount=target_amount,
            dealer=self.payment.dealer,
            deadline=REFUND_BY,
        )

    def _merchant_signature(self) -> bytes:
        merchant = MERCHANT
        return self._settlement.sign_refund_as_merchant(merchant, self.payment, self.quote)

    def _quote_signature(self) -> bytes:
        if self.payment.dealer == ADDRESS_ZERO:
            return b""
        return self._settlement.sign_refund_as_dealer(DEALER, self.quote)


def build_world(url: str) -> World:
    """The benchmarks' world on a fresh anvil whose clock started at `START`: the merchant has
    allowed the escrow to take what it refunds, and everybody can pay for gas."""
    world = World.build(Chain.connect(url))
    for token in (world.eur, world.hkd):
        world.send(MERCHANT, token.functions.approve(world.escrow.address, 100 * AMOUNT))
    rpc(world.chain, "anvil_setBlockTimestampInterval", 0)
    return world


def _reach(chain: Chain, moment: int) -> None:
    if chain.now() < moment:
        advance(chain, moment)
    assert chain.now() == moment
