"""The run of the demo: each order becomes acts at their times, sent once and logged."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from web3.types import TxReceipt

from deposit_token.chain.refusals import Reverted
from deposit_token.demo.config import DemoConfig, Event, EventKind
from deposit_token.demo.orders import Order, OrderKind, Skipped, allocate
from deposit_token.demo.payment_log import DemoLog, LoggedAct, LoggedSale, find_act
from deposit_token.demo.world import World
from deposit_token.devchain.clock import Clock
from deposit_token.errors import PaymentLogError, RateError
from deposit_token.protocol.payment import Payment, PaymentState, RefundQuote
from deposit_token.values.enumerations import PaymentStatus
from deposit_token.values.fields import words
from deposit_token.values.money import Money
from deposit_token.values.rates import Rate, ReferenceRates

MINUTE = 60
HOUR = 60 * MINUTE
NO_AMOUNTS: Mapping[str, int] = MappingProxyType({})
DAY = 24 * HOUR


@dataclass
class Sale:
    """A sale under way: the order, its terms, and what has become of it so far."""

    order: Order
    payment: Payment
    entry: LoggedSale
    rate: Rate
    resumed: bool
    """An earlier run entered it, so the chain may know more of it than the payment log."""
    pending: bool = False
    """Authorized, and this run is still to end it."""
    captured: int = 0
    """Minor units of the source token."""
    refunded: int = 0
    """What the merchant gave back, in minor units of the target token."""
    returned: int = 0
    """What the payer got for it, in minor units of the source token."""

    @property
    def refundable(self) -> Money:
        """What the merchant can still give back."""
        paid = self.payment.target_share(self.captured)
        return Money(paid - self.refunded, self.order.amount.currency)


@dataclass
class Outcome:
    """What a run did: its sales in the order of their times, and the rows that it left out."""

    sales: list[Sale] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    out_of_reach: dict[str, str] = field(default_factory=dict)
    """States that sales would have come to on a chain whose clock can be set, by invoice."""


class Run:
    """One run over an order file.

    A run on a chain that an earlier one was working on goes through the same acts again and sends
    those that the payment log and the chain don't have.

    Where the chain's clock can't be set, all acts are made in the order of their times and at once,
    but for those that must wait for their time.
    """

    def __init__(
        self,
        world: World,
        config: DemoConfig,
        payment_log: DemoLog,
        rates: ReferenceRates,
        rates_date: date | None,
        shift: int,
    ) -> None:
        """`rates_date` replaces each order's own day; `shift` seconds are added to every time."""
        self._world = world
        self._platform = config.platform
        self._events = {event.invoice: event for event in config.events}
        self._payment_log = payment_log
        self._rates = rates
        self._rates_date = rates_date
        self._shift = shift
        self._clock = Clock(world.chain)
        self._agenda: list[tuple[int, int, Callable[[int], None]]] = []
        self._entered = 0
        self._outcome = Outcome()

    def pay(self, orders: Iterable[Order], on_order: Callable[[Order], None]) -> Outcome:
        """Make all acts in the order of their times; `on_order` hears of each order in its turn."""
        for order in orders:
            moment = int(order.timestamp.timestamp()) + self._shift
            self._plan(moment, partial(self._take, order, on_order))
        while self._agenda:
            moment, _, act = heapq.heappop(self._agenda)
            act(moment)
        return self._outcome

    def _plan(self, moment: int, act: Callable[[int], Any]) -> None:
        self._entered += 1
        heapq.heappush(self._agenda, (moment, self._entered, act))

    def _when(self, moment: int) -> int:
        """When an act of this time is made: later on a chain that is past it, such as one that an
        earlier run left, and at once where the clock can't be set."""
        now = self._clock.now
        return max(moment, now) if self._clock.settable else now

    def _take(self, order: Order, on_order: Callable[[Order], None], moment: int) -> None:
        on_order(order)
        if order.kind is OrderKind.SALE:
            self._sell(order, moment)
        else:
            self._cancel(order, moment)

    def _skip(self, order: Order, reason: str) -> None:
        self._outcome.skipped.append(Skipped(order.line, order.invoice, reason))

    # Sales

    def _sell(self, order: Order, moment: int) -> None:
        try:
            day = self._rates_date or order.timestamp.date()
            rate = self._rates.rate(order.amount.currency, order.buyer_currency, day)
        except RateError as error:
            self._skip(order, f"no rate: {error}")
            return
        price = order.amount.convert(rate.value, order.buyer_currency)
        if price.amount == 0:
            self._skip(order, f"less than the smallest unit of {order.buyer_currency}")
            return
        entry = self._payment_log.find(order.invoice)
        resumed = entry is not None
        if entry is None:
            payment = self._world.terms(order, price, uuid4(), self._when(moment))
            payment_id = self._world.settlement.payment_id(payment)
            entry = self._payment_log.enter(
                order.invoice, payment.uetr, payment_id, payment.to_json()
            )
        payment = Payment.from_json(entry.terms)
        if resumed:
            again = self._world.terms(order, price, payment.uetr, payment.capture_from)
            _require_same(order, payment, again)
            payment = self._renew(order, price, entry, payment)
        sale = Sale(order, payment, entry, rate, resumed)
        self._outcome.sales.append(sale)
        event = self._events.get(order.invoice)
        if self._authorize(sale, event, moment):
            self._plan_ending(sale, event)

    def _renew(self, order: Order, price: Money, entry: LoggedSale, payment: Payment) -> Payment:
        """New terms for a payment that was entered, never sent, and can't be sent any more."""
        if _is_answered(entry) or self._clock.now < payment.authorize_by:
            return payment
        state = self._world.settlement.state(bytes.fromhex(entry.payment_id))
        if state.status is not PaymentStatus.NONE:
            return payment
        renewed = self._world.terms(order, price, uuid4(), self._clock.now)
        payment_id = self._world.settlement.payment_id(renewed)
        self._payment_log.renew(
            entry, renewed.uetr, payment_id, renewed.to_json(), at=self._clock.now
        )
        return renewed

    def _authorize(self, sale: Sale, event: Event | None, moment: int) -> bool:
        """Whether the payment was authorized, now or in an earlier run."""

        def send() -> TxReceipt:
            self._world.fund(sale.order, sale.payment, maybe_funded=sale.resumed)
            if event is not None and event.event is EventKind.BLOCK_BUYER:
                self._world.block_buyer(sale.order)
            return self._world.authorize(sale.payment, sale.order)

        def happened(state: PaymentState) -> bool:
            return state.status is not PaymentStatus.NONE

        return self._try_once(sale, "authorized", moment, send, happened)

    def _plan_ending(self, sale: Sale, event: Event | None) -> None:
        moment = sale.payment.capture_from
        shipped = moment + self._platform.shipping_hours * HOUR
        kind = event.event if event else None
        sale.pending = True
        if kind is EventKind.VOID:
            self._plan((moment + shipped) // 2, lambda at: self._void(sale, at))
        elif kind is EventKind.EXPIRE:
            self._plan(sale.payment.capture_by, lambda at: self._reclaim(sale, at))
        elif event is not None and event.share is not None and sale.payment.source_amount > 1:
            # Rounded down, and never to nothing; one minor unit alone has no part.
            part = max(int(sale.payment.source_amount * event.share), 1)
            self._plan(shipped, lambda at: self._capture(sale, part, at))
            self._plan(shipped + HOUR, lambda at: self._void(sale, at))
        else:
            if kind is EventKind.LAPSE_MERCHANT and not self._clock.settable:
                self._outcome.out_of_reach[sale.order.invoice] = "captured, claimed"
            elif kind is EventKind.LAPSE_MERCHANT:
                self._plan(shipped - HOUR // 2, lambda at: self._lapse_merchant(sale, at))
                self._plan(shipped + DAY, lambda at: self._claim(sale, at))
            self._plan(shipped, lambda at: self._capture_all(sale, at))

    def _capture_all(self, sale: Sale, moment: int) -> None:
        """What can't be captured, since the payer is blocked or its time is over, goes back."""
        if not self._capture(sale, sale.payment.source_amount, moment):
            self._plan(sale.payment.capture_by, lambda at: self._reclaim(sale, at))

    def _capture(self, sale: Sale, amount: int, moment: int) -> bool:
        """Whether the amount was captured, now or in an earlier run."""
        payment, settlement = sale.payment, self._world.settlement
        captured = self._try_once(
            sale,
            "captured",
            moment,
            lambda: settlement.capture(self._world.operator, payment, sale.captured, amount),
            lambda state: state.captured >= amount,
            amounts={"source_amount": amount, "target_amount": payment.target_share(amount)},
        )
        if captured:
            sale.captured = amount
            sale.pending = amount < payment.source_amount
        return captured

    def _void(self, sale: Sale, moment: int) -> None:
        self._once(
            sale,
            "voided",
            moment,
            lambda: self._world.settlement.void(self._world.operator, sale.payment),
            lambda state: state.status is PaymentStatus.VOIDED,
        )
        sale.pending = False

    def _reclaim(self, sale: Sale, moment: int) -> None:
        if self._when(moment) < moment:
            self._outcome.out_of_reach[sale.order.invoice] = "reclaimed"
        else:
            self._once(
                sale,
                "reclaimed",
                moment,
                lambda: self._world.settlement.reclaim(self._world.operator, sale.payment),
                lambda state: state.status is PaymentStatus.RECLAIMED,
            )
        sale.pending = False

    def _lapse_merchant(self, sale: Sale, moment: int) -> None:
        """The merchant's review ends a minute from now, before the capture."""
        if find_act(sale.entry, "claimed") or self._state(sale).captured:
            return
        self._clock.advance_to(moment)
        end = max(moment, self._clock.now) + MINUTE
        self._world.renew_merchant(sale.order, end)
        self._clock.advance_to(end)

    def _claim(self, sale: Sale, moment: int) -> None:
        """The merchant's review is renewed, and all that it missed meanwhile is paid to it."""
        if find_act(sale.entry, "claimed"):
            return
        if self._world.merchant_lapsed(sale.order):
            self._clock.advance_to(moment)
            self._world.renew_merchant(sale.order, self._world.reviewed_until)
        settlement, target = self._world.settlement, sale.payment.target_token
        self._once(
            sale,
            "claimed",
            moment,
            lambda: settlement.claim(self._world.operator, target, sale.payment.merchant),
            lambda _: settlement.claimable(target, sale.payment.merchant) == 0,
            shared=True,
        )

    # Cancellations

    def _cancel(self, order: Order, moment: int) -> None:
        """Refund earlier sales of the same customer, newest first, once all are captured.

        While it waits for that, later ones may be made: these are none of its own.
        """
        earlier = [
            sale
            for sale in reversed(self._outcome.sales)
            if sale.order.customer == order.customer
            and sale.order.amount.currency == order.amount.currency
            and (sale.order.timestamp, sale.order.line) < (order.timestamp, order.line)
        ]
        if any(sale.pending for sale in earlier):
            self._plan(moment + HOUR, lambda at: self._cancel(order, at))
            return
        refundable = [(sale.order.invoice, sale.refundable) for sale in earlier]
        parts = allocate(order.amount, refundable)
        if parts is None:
            total = sum(left.amount for _, left in refundable)
            found = Money(total, order.amount.currency)
            self._skip(
                order,
                f"no earlier sales to refund {order.amount} of: {found} of this customer is left",
            )
            return
        by_invoice = {sale.order.invoice: sale for sale in earlier}
        for invoice, part in parts:
            self._refund(order, by_invoice[invoice], part, moment)

    def _refund(self, order: Order, sale: Sale, part: Money, moment: int) -> None:
        """Give back a part at the payment's own rate: the payer gets what it paid for it."""
        payment = sale.payment
        source = payment.greatest_refund(
            part.amount, captured=sale.captured, refunded=sale.refunded, closed=not sale.pending
        )
        if source == 0:
            reason = f"{part} of {sale.order.invoice} is less than the payer's smallest unit"
            self._skip(order, reason)
            return
        quote = RefundQuote(
            payment_id=bytes.fromhex(sale.entry.payment_id),
            refunded_before=sale.refunded,
            source_amount=source,
            target_amount=part.amount,
            dealer=payment.dealer,
            deadline=self._when(moment) + self._platform.authorize_minutes * MINUTE,
        )
        refunded_after = sale.refunded + part.amount
        made = self._try_once(
            sale,
            "refunded",
            moment,
            lambda: self._world.refund(payment, sale.order, quote),
            lambda state: state.refunded >= refunded_after,
            key=order.invoice,
            amounts={"source_amount": source, "target_amount": part.amount},
        )
        if not made:
            refusal = find_act(sale.entry, "refused", f"refunded {order.invoice}")
            assert refusal is not None, "it was logged just now or by an earlier run"
            self._skip(order, refusal.details["sentence"])
            return
        sale.refunded = refunded_after
        sale.returned += source

    # Exactly once

    def _try_once(
        self,
        sale: Sale,
        kind: str,
        moment: int,
        send: Callable[[], TxReceipt],
        happened: Callable[[PaymentState], bool],
        key: str = "",
        amounts: Mapping[str, int] = NO_AMOUNTS,
    ) -> bool:
        """Whether the act was made; what a contract refuses is logged and not tried again.

        EntryConsumed is raised: the buyer was issued the money by a run with another payment log,
        which may have paid as well.
        """
        refused_key = f"{kind} {key}".rstrip()
        if find_act(sale.entry, "refused", refused_key):
            return False
        try:
            self._once(sale, kind, moment, send, happened, key, amounts=amounts)
        except Reverted as refusal:
            if refusal.error == "EntryConsumed":
                raise
            details = {"error": refusal.error, "sentence": str(refusal)}
            self._add(sale, "refused", refused_key, refusal.receipt, details)
            return False
        return True

    def _once(
        self,
        sale: Sale,
        kind: str,
        moment: int,
        send: Callable[[], TxReceipt],
        happened: Callable[[PaymentState], bool],
        key: str = "",
        shared: bool = False,
        amounts: Mapping[str, int] = NO_AMOUNTS,
    ) -> LoggedAct:
        """The act from the payment log, or from the chain if a run died in between, or sent now.

        If it is refused since a dead run's transaction was mined first, it is that one's act.
        `shared`: one transaction makes this act of several payments. `amounts` are logged with
        it, in minor units; an act of other amounts in the payment log raises PaymentLogError.
        """
        act = find_act(sale.entry, kind, key)
        if act is not None:
            found = {name: act.details.get(name) for name in amounts}
            if found != amounts:
                raise PaymentLogError(
                    f"invoice {key or sale.order.invoice}: {kind}: found {dict(amounts)}, accepted "
                    f"is {found} as an earlier run entered it in the payment log."
                )
            return act
        receipt = None
        if not ((sale.resumed or shared) and happened(self._state(sale))):
            if self._clock.settable:
                self._clock.advance_to(moment)
            try:
                receipt = send()
            except Reverted:
                if not happened(self._state(sale)):
                    raise
        details = amounts if receipt else {**amounts, "found": "on the chain"}
        return self._add(sale, kind, key, receipt, details)

    def _add(
        self,
        sale: Sale,
        kind: str,
        key: str,
        receipt: TxReceipt | None,
        details: Mapping[str, Any],
    ) -> LoggedAct:
        """Add an act to the payment log, at the time of its block or else of the latest one."""
        block = receipt["blockNumber"] if receipt else self._world.chain.web3.eth.block_number
        return self._payment_log.add(
            sale.entry,
            kind,
            key=key,
            at=self._world.chain.web3.eth.get_block(block)["timestamp"],
            transaction=receipt["transactionHash"].to_0x_hex() if receipt else "",
            gas=receipt["gasUsed"] if receipt else 0,
            details=details,
        )

    def _state(self, sale: Sale) -> PaymentState:
        return self._world.settlement.state(bytes.fromhex(sale.entry.payment_id))


def _is_answered(entry: LoggedSale) -> bool:
    """Whether the payment log knows what the chain said to the authorization."""
    return bool(find_act(entry, "authorized") or find_act(entry, "refused", "authorized"))


def _require_same(order: Order, signed: Payment, again: Payment) -> None:
    """Refuse to go on with a payment whose order, rate or configuration was changed since."""
    for member in Payment.members():
        found, accepted = (terms.to_json()[member.key] for terms in (again, signed))
        if found != accepted:
            raise PaymentLogError(
                f"invoice {order.invoice}: found {words(member.name)} {found}, accepted is "
                f"{accepted} as an earlier run entered it in the payment log."
            )
