"""The run of the demo: each order becomes steps of a payment at their times, each made once."""

import heapq
from collections.abc import Callable, Generator, Iterable
from datetime import date
from functools import partial
from itertools import count
from typing import NamedTuple
from uuid import UUID

from deposit_token.demo.banks import Banks
from deposit_token.demo.config import DemoConfig, Event, EventKind
from deposit_token.demo.finality import Finality
from deposit_token.demo.orders import Order, OrderKind, Skipped, allocate
from deposit_token.demo.sales import Outcome, Sale
from deposit_token.demo.world import World, platform_terms
from deposit_token.devchain.clock import Clock
from deposit_token.errors import RateError
from deposit_token.platform.operator import Operator
from deposit_token.platform.payments import OPENING, LoggedStep, StepKind
from deposit_token.protocol.payment import Payment
from deposit_token.store.records import ENDED
from deposit_token.store.sql import SqlStore
from deposit_token.values.enumerations import PaymentStatus
from deposit_token.values.money import Money
from deposit_token.values.rates import ReferenceRates

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
TOGETHER = 3 * DAY
"""What is due within so long is made together, unless half of what captures have to spare is less:
each time takes a few rounds."""

GIVEN_BACK = (PaymentStatus.VOIDED, PaymentStatus.RECLAIMED)

Task = Generator[None, None, None]
"""Something that is done to an order: at each `yield` it waits until all is final that it has
entered. Its first part is what banks do, the second what the platform does."""


class _Due(NamedTuple):
    """What is to be done at a moment."""

    moment: int
    number: int
    """In the order in which they were planned."""
    alone: bool
    """Whether it changes what others may do at that moment: all before it is made before it."""
    act: Callable[[int], Task]


class Run:
    """One run over an order file.

    What is due within three days is entered in the order of its times and made at the last of them.
    A run on a chain that an earlier one was working on enters the same again, which makes only what
    is missing.

    Where the chain's clock can't be set, all is made in the order of its times and at once, but for
    what must wait for its time.
    """

    def __init__(
        self,
        world: World,
        config: DemoConfig,
        log: SqlStore,
        rates: ReferenceRates,
        rates_date: date | None,
        shift: int,
    ) -> None:
        """`rates_date` replaces each order's own day; `shift` seconds are added to every time."""
        self._world = world
        self._platform = config.platform
        self._events = {event.invoice: event for event in config.events}
        self._rates = rates
        self._rates_date = rates_date
        self._shift = shift
        self._clock = Clock(world.chain)
        self._finality = Finality(world.chain, self._clock)
        # What an earlier run has sent is taken up once it is final.
        if not self._finality.is_quiet():
            self._finality.wait()
        self._banks = Banks(world, log)
        self.operator = Operator(
            world.settlement, log, [world.operator], platform_terms(config), lease_seconds=0
        )
        slack = self._platform.capture_days * DAY - self._platform.shipping_hours * HOUR
        self._window = min(TOGETHER, slack // 2)
        self._now = 0
        """When what is due is made, Unix seconds."""
        self._agenda: list[_Due] = []
        self._planned = 0
        self._seen = 0
        """The number of the last event that was read of the operator's."""
        self._ended: dict[tuple[UUID, StepKind, str | None], LoggedStep] = {}
        """How steps have ended, by UETR, kind and key."""
        self._opened: set[UUID] = set()
        """The payments that were authorized, or refused to be."""
        self._outcome = Outcome()

    def pay(self, orders: Iterable[Order], on_order: Callable[[Order], None]) -> Outcome:
        """Make all in the order of their times; `on_order` hears of each order in its turn."""
        orders = tuple(orders)
        self._banks.require_on_chain(orders)
        # First what a run that has died had entered, or sent if its log is lost.
        self.operator.step()
        self._make()
        for order in orders:
            moment = int(order.timestamp.timestamp()) + self._shift
            event = self._events.get(order.invoice)
            alone = event is not None and event.event is EventKind.BLOCK_BUYER
            self._plan(moment, partial(self._take, order, event, on_order), alone=alone)
        while self._agenda:
            due = self._next_due()
            self._now = self._when(due[-1].moment)
            under_way = [each.act(each.moment) for each in due]
            while under_way:
                under_way = [each for each in under_way if next(each, each) is None]
                self._make()
        return self._outcome

    def _plan(self, moment: int, act: Callable[[int], Task], alone: bool = False) -> None:
        self._planned += 1
        heapq.heappush(self._agenda, _Due(moment, self._planned, alone, act))

    def _next_due(self) -> list[_Due]:
        """What is made together next."""
        due = [heapq.heappop(self._agenda)]
        while (
            self._agenda
            and not (due[0].alone or self._agenda[0].alone)
            and self._agenda[0].moment < due[0].moment + self._window
        ):
            due.append(heapq.heappop(self._agenda))
        return due

    def _when(self, moment: int) -> int:
        """When what is due at this time is made: later on a chain that is past it, such as one that
        an earlier run left, and at once where the clock can't be set."""
        now = self._clock.now
        return max(moment, now) if self._clock.settable else now

    def _make(self) -> None:
        """Make all that was entered, until it is final."""
        if self._is_under_way() and self._clock.settable:
            self._clock.advance_to(self._now)
        while self._is_under_way():
            if self._banks.are_under_way:
                self._banks.step()
            if self.operator.is_under_way():
                self.operator.step()
            if self._is_under_way():
                self._finality.wait()
        self._read_events()

    def _read_events(self) -> None:
        while events := self.operator.events(self._seen):
            self._seen = events[-1].number
            for each in events:
                self._ended[each.uetr, each.step.kind, each.step.key] = each.step
                if each.step.kind in OPENING:
                    self._opened.add(each.uetr)

    def _is_under_way(self) -> bool:
        return self._banks.are_under_way or self.operator.is_under_way()

    def _take(
        self,
        order: Order,
        event: Event | None,
        on_order: Callable[[Order], None],
        moment: int,
    ) -> Task:
        on_order(order)
        if order.kind is OrderKind.SALE:
            return self._sell(order, event)
        return self._cancel(order, moment)

    def _skip(self, order: Order, reason: str) -> None:
        self._outcome.skipped.append(Skipped(order.line, order.invoice, reason))

    def _step(
        self, sale: Sale, enter: Callable[[], LoggedStep]
    ) -> Generator[None, None, LoggedStep]:
        """Enter a step; gives it as it has ended."""
        entered = enter()
        yield
        if entered.state in ENDED:
            return entered
        return self._ended[sale.payment.uetr, entered.kind, entered.key]

    # Sales

    def _sell(self, order: Order, event: Event | None) -> Task:
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
        payment = self._world.pay(self.operator, order, rate, self._now)
        sale = Sale(order, payment, rate)
        self._outcome.sales.append(sale)
        yield from self._authorize(sale, event)
        sale.pending = sale.authorized
        if sale.authorized:
            self._plan_ending(sale, event)

    def _authorize(self, sale: Sale, event: Event | None) -> Task:
        order = sale.order
        sale.resumed = sale.payment.uetr in self._opened
        if not sale.resumed:
            self._banks.issue(order, sale.payment)
        yield
        if not sale.resumed:
            sale.refused_issuance = self._banks.refused_issuance(order)
            if sale.refused_issuance is not None:
                sale.refusal = sale.refused_issuance.reason
                return
            if event is not None and event.event is EventKind.BLOCK_BUYER:
                self._banks.block(order)
                yield
        while True:
            consents = self._world.consents(sale.payment, order)
            step = yield from self._step(
                sale, partial(self.operator.authorize, order.invoice, *consents)
            )
            if not step.refused or step.at is None or step.at < sale.payment.authorize_by:
                break
            # It came too late, as that of a run which has died.
            sale.payment = self.operator.renew(order.invoice, at=self._clock.now)
        sale.authorized = step.done
        sale.refusal = step.reason

    def _plan_ending(self, sale: Sale, event: Event | None) -> None:
        moment = sale.payment.capture_from
        shipped = moment + self._platform.shipping_hours * HOUR
        kind = event.event if event else None
        if kind is EventKind.VOID:
            self._plan((moment + shipped) // 2, lambda at: self._void(sale))
        elif kind is EventKind.EXPIRE:
            self._plan(sale.payment.capture_by, lambda at: self._reclaim(sale, at))
        elif event is not None and event.share is not None and sale.payment.source_amount > 1:
            # Rounded down, and never to nothing; one minor unit alone has no part.
            part = max(int(sale.payment.source_amount * event.share), 1)
            amount = Money(part, sale.order.buyer_currency)
            self._plan(shipped, lambda at: self._capture(sale, amount))
            self._plan(shipped + HOUR, lambda at: self._void(sale))
        else:
            if kind is EventKind.LAPSE_MERCHANT and not self._clock.settable:
                self._outcome.out_of_reach[sale.order.invoice] = "captured, claimed"
            elif kind is EventKind.LAPSE_MERCHANT:
                lapse = shipped - HOUR // 2
                self._plan(lapse, lambda at: self._lapse_merchant(sale), alone=True)
                self._plan(shipped + DAY, lambda at: self._claim(sale), alone=True)
            self._plan(shipped, lambda at: self._capture_all(sale))

    def _capture_all(self, sale: Sale) -> Task:
        """What can't be captured, since the payer is blocked or its time is over, goes back."""
        yield from self._capture(sale)
        if sale.pending:
            self._plan(sale.payment.capture_by, lambda at: self._reclaim(sale, at))

    def _capture(self, sale: Sale, amount: Money | None = None) -> Task:
        yield
        if sale.resumed:
            logged = self.operator.payment(sale.order.invoice)
            entered = any(each.kind is StepKind.CAPTURE for each in logged.steps)
            if logged.status in GIVEN_BACK and not entered:
                # By a run whose log is lost, after a capture was refused.
                return
        step = yield from self._step(
            sale, partial(self.operator.capture, sale.order.invoice, amount)
        )
        sale.refusal = step.reason
        if step.done:
            sale.captured = step.source_amount
            sale.pending = sale.captured < sale.payment.source_amount

    def _void(self, sale: Sale) -> Task:
        yield
        step = yield from self._step(sale, partial(self.operator.void, sale.order.invoice))
        if step.done:
            sale.given_back = PaymentStatus.VOIDED
        sale.pending = False

    def _reclaim(self, sale: Sale, moment: int) -> Task:
        yield
        if self._now < moment:
            self._outcome.out_of_reach[sale.order.invoice] = "reclaimed"
        else:
            step = yield from self._step(sale, partial(self.operator.reclaim, sale.order.invoice))
            if step.done:
                sale.given_back = PaymentStatus.RECLAIMED
        sale.pending = False

    def _lapse_merchant(self, sale: Sale) -> Task:
        """The merchant's review ends a minute from now, before the capture."""
        yield
        logged = self.operator.payment(sale.order.invoice)
        if any(each.kind is StepKind.CAPTURE for each in logged.steps):
            return
        self._banks.lapse(sale.order, max(self._now, self._clock.now) + MINUTE)
        yield
        self._clock.advance_to(self._world.merchant_review_end(sale.order))

    def _claim(self, sale: Sale) -> Task:
        """The merchant's review is renewed, and all that it missed meanwhile is paid to it."""
        yield
        if self._world.merchant_lapsed(sale.order):
            self._banks.restore(sale.order)
            yield
        # Another payment's claim may have brought it all.
        if self._world.claimable(sale.payment):
            yield from self._step(sale, partial(self.operator.claim, sale.order.invoice))
        sale.claimed = self._world.claimable(sale.payment) == 0

    # Cancellations

    def _cancel(self, order: Order, moment: int) -> Task:
        """Refund earlier sales of the same customer, newest first, once all are captured.

        While it waits for that, later ones may be made: these are none of its own.
        """
        yield
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
        while any(sale.refunding for sale in earlier):
            yield
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
        refunds = [self._refund(order, by_invoice[invoice], part) for invoice, part in parts]
        while refunds:
            refunds = [each for each in refunds if next(each, each) is None]
            if refunds:
                yield

    def _refund(self, order: Order, sale: Sale, part: Money) -> Task:
        """Give back a part at the payment's own rate: the payer gets what it paid for it."""
        source = sale.payment.greatest_refund(
            part.amount, captured=sale.captured, refunded=sale.refunded, closed=not sale.pending
        )
        if source == 0:
            reason = f"{part} of {sale.order.invoice} is less than the payer's smallest unit"
            self._skip(order, reason)
            return
        sale.refunding = True
        for attempt in count():
            # Of one that came too late the quote is over, and it is made under another key.
            key = f"{order.invoice}/{attempt}" if attempt else order.invoice
            step = yield from self._step(sale, partial(self._enter_refund, sale, part, key))
            if not _is_late(step, sale.payment):
                break
        sale.refunding = False
        if step.refused:
            self._skip(order, step.reason)
            return
        sale.refunded += step.target_amount
        sale.returned += step.source_amount

    def _enter_refund(self, sale: Sale, part: Money, key: str) -> LoggedStep:
        invoice = sale.order.invoice
        until = self._now + self._platform.authorize_minutes * MINUTE
        quote = self.operator.quote_refund(invoice, part, key, valid_until=until)
        consents = self._world.refund_consents(sale.payment, sale.order, quote)
        return self.operator.refund(invoice, quote, *consents, key)


def _is_late(step: LoggedStep, payment: Payment) -> bool:
    """Whether a refund was refused since its quote was over, and not the payment's own time."""
    if not step.refused or step.quote is None or step.at is None:
        return False
    return step.quote.deadline <= step.at < payment.refund_by
