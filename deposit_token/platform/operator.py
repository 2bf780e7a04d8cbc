"""The operator: what a merchant platform calls to pay, each payment and each step of it once.

`docs/platform.md` shows a payment from its terms to its refund.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID, uuid4

from deposit_token.chain.chain import Signer
from deposit_token.chain.refusals import Reverted
from deposit_token.chain.sender import Sender, Until, run_rounds
from deposit_token.chain.sentences import in_utc
from deposit_token.errors import (
    BrokenAnswer,
    DepositTokenError,
    InputError,
    PaymentLogError,
    PendingError,
    TransientError,
)
from deposit_token.platform.amounts import (
    Currencies,
    captured_of,
    is_ended,
    minor_units,
    require_amount,
    unasked,
)
from deposit_token.platform.following import Following
from deposit_token.platform.log import NewStep, PaymentLog
from deposit_token.platform.orders import Key, PaymentOrder, SignedPayment
from deposit_token.platform.payments import (
    OPENING,
    LoggedEvent,
    LoggedPayment,
    LoggedStep,
    StepKind,
)
from deposit_token.platform.quotes import Quote
from deposit_token.platform.refunds import Refunds
from deposit_token.platform.terms import PlatformTerms, Reference, require_reference
from deposit_token.platform.writing import TermsWriter
from deposit_token.protocol import acts
from deposit_token.protocol.acts import Act
from deposit_token.protocol.payment import NO_APPROVAL, Payment, PaymentApproval, RefundQuote
from deposit_token.protocol.settlement import Settlement
from deposit_token.protocol.signatures import Signature
from deposit_token.store.records import ENDED, Instruction
from deposit_token.store.sql import SqlStore
from deposit_token.values.enumerations import PaymentStatus
from deposit_token.values.fields import (
    Address,
    Bytes32,
    Text,
    Time,
    Uetr,
    UintKind,
    checked,
    words,
)
from deposit_token.values.money import Money

Positive = Annotated[int, UintKind(32, least=1)]
Cursor = Annotated[int, UintKind(63)]


_Plan = Callable[[LoggedPayment], LoggedStep | NewStep]
"""What is to be entered for a payment as it stands, or what is there already."""

_FUNCTIONS = {StepKind.REFUND: "refundWithAuthorization"}
"""The escrow's functions that have not the name of the step."""


class Operator:
    """Pays for a merchant platform, on one escrow: each payment and each step of it exactly once.

    Every call that changes something enters it in the payment log, which is in the store's
    database, and nothing else: `step`, `run` and `finish` carry it out. A call that is repeated
    with the same content does nothing; with other content it raises InputError, which shows both.
    Any number of processes may have the same keys, escrow and store. Raises StoreError, and has
    done nothing, if the database fails; PaymentLogError for what is not the log's own;
    PendingError while the keys have sent what neither the log knows nor is final.
    """

    @checked
    def __init__(
        self,
        settlement: Settlement,
        store: SqlStore,
        keys: Sequence[Signer],
        terms: PlatformTerms,
        *,
        in_flight: Positive = 500,
        lease_seconds: Annotated[int, UintKind(32)] = 60,
    ) -> None:
        """`keys` are those that payments are sent with, each payment with one of them; they send
        nothing else. `in_flight` and `lease_seconds` are each `Sender`'s.

        Raises InputError without keys, WrongChain for a store of another chain, PaymentLogError if
        the chain lacks what the log knows to be final, and what `Sender` and the endpoint raise.
        """
        if not keys:
            raise InputError("keys", list(keys), "one or more")
        self._settlement = settlement
        self._chain = settlement.chain
        self._terms = terms
        self._senders = {
            each.address: Sender(
                self._chain,
                store,
                each,
                in_flight=in_flight,
                lease_seconds=lease_seconds,
                explain=self._explain,
            )
            for each in keys
        }
        store.bind(self._chain.chain_id, self._chain.genesis_hash)
        self._log = PaymentLog(store, settlement.domain)
        self._require_on_chain()
        self._following = Following(settlement, store, self._log, list(self._senders))
        self._currencies = Currencies(self._chain)
        self._writer = TermsWriter(terms, list(self._senders), self._currencies)
        self._refunds = Refunds(self._senders, self._currencies)

    # Terms

    @checked
    def pay(
        self,
        reference: Reference,
        payer: Address,
        merchant: Address,
        money: Money,
        source_token: Address,
        target_token: Address | None = None,
        *,
        quote: Quote | None = None,
        uetr: Uetr | None = None,
        at: Time | None = None,
    ) -> Payment:
        """Write the terms of paying a merchant `money`, and enter them; gives what all sign.

        `reference` is the platform's own, such as an invoice. Without `target_token` the payer
        pays with the merchant's token; with another one `quote` says who changes the money and at
        which rate. `uetr` is by default a random one, `at` the latest block's time: when the terms
        are written, in Unix seconds. A payment of this reference that the chain has already, by its
        remittance hash or UETR, is taken up and not made again.

        Raises InputError for money that is not in the currency of the merchant's token, a quote
        that is missing or not needed, terms that no escrow accepts, a reference that was entered
        with other content or is spelt otherwise now, and a UETR that another payment has.
        """
        given = (reference, payer, merchant, money, source_token, target_token, quote, uetr)
        return self.pay_all([PaymentOrder(*given)], at=at)[0]

    @checked
    def pay_all(self, orders: Sequence[PaymentOrder], *, at: Time | None = None) -> list[Payment]:
        """`pay` for each of these; all of them are entered at once, or none is."""
        hashes = [self._terms.remittance_hash(each.reference) for each in orders]
        asked = [self._asked(each) for each in orders]
        kept = self._log.find_all([each.reference for each in orders])
        unsure = [
            n for n, one in enumerate(kept) if one is None or one.status is PaymentStatus.NONE
        ]
        if unsure:
            self._following.require_complete()
            known = self._log.unasked([(hashes[n], orders[n].uetr) for n in unsure])
            for n in unsure if known else ():
                given = (orders[n].reference, hashes[n], orders[n].uetr, asked[n])
                kept[n] = self._taken_up(*given, kept[n]) or kept[n]
        for order, one, wanted in zip(orders, kept, asked, strict=True):
            if one is not None:
                _require_ordered(order, one.reference, one.terms, wanted)
        payments = {n: one.terms for n, one in enumerate(kept) if one is not None}
        missing = [n for n, one in enumerate(kept) if one is None]
        moment = self._chain.now() if at is None and missing else at or 0
        new = []
        for n in missing:
            uetr = orders[n].uetr or uuid4()
            terms = self._writer.written(asked[n], hashes[n], orders[n].quote, uetr, moment)
            new.append((orders[n].reference, terms, self._settlement.payment_id(terms)))
        with self._log.entering(new, moment) as entered:
            for n, (reference, terms) in zip(missing, entered, strict=True):
                _require_ordered(orders[n], reference, terms, asked[n])
                payments[n] = terms
        return [payments[n] for n in range(len(orders))]

    @checked
    def renew(
        self, reference: Reference, *, quote: Quote | None = None, at: Time | None = None
    ) -> Payment:
        """Write new terms for a payment that was not authorized in time, under a new UETR; the old
        one stays in the log under its own. `quote` replaces the rate that it had.

        Raises InputError for one that is authorized, and PendingError while it may still be.
        """
        old = self._of(reference)
        self._following.require_complete()
        terms = old.terms
        parts = ("payer", "merchant", "source_token", "target_token", "target_amount")
        asked = {each: getattr(terms, each) for each in parts}
        if old.status is PaymentStatus.NONE:
            known = self._taken_up(reference, terms.remittance_hash, None, asked, old)
            if known is not None:
                return known.terms
        self._require_over(old)
        asked |= {"dealer": terms.dealer, "source_amount": terms.source_amount}
        if quote is not None:
            money = Money(terms.target_amount, self._currencies.of(terms.target_token))
            asked |= self._writer.changed(money, terms.source_token, quote, asked)
        moment = self._chain.now() if at is None else at
        written = self._writer.written(asked, terms.remittance_hash, quote, uuid4(), moment)
        return self._log.renew(old, written, self._settlement.payment_id(written), moment).terms

    # Steps

    @checked
    def authorize(
        self,
        reference: Reference,
        payer_signature: Signature,
        dealer_signature: Signature = b"",
        approval: PaymentApproval = NO_APPROVAL,
        key: Key = "",
    ) -> LoggedStep:
        """Have both sides of the payment taken into the escrow.

        Raises InputError for a signature that is not by whom it has to be.
        """
        signed = SignedPayment(reference, payer_signature, dealer_signature, approval, key)
        return self.authorize_all([signed])[0]

    @checked
    def authorize_all(self, signed: Sequence[SignedPayment]) -> list[LoggedStep]:
        """`authorize` for each of these; all of them are entered at once, or none is."""
        return self._open(StepKind.AUTHORIZE, acts.authorize, signed)

    @checked
    def charge(
        self,
        reference: Reference,
        payer_signature: Signature,
        dealer_signature: Signature = b"",
        approval: PaymentApproval = NO_APPROVAL,
        key: Key = "",
    ) -> LoggedStep:
        """Have the payment authorized and captured as a whole at once; as `authorize`."""
        signed = SignedPayment(reference, payer_signature, dealer_signature, approval, key)
        return self.charge_all([signed])[0]

    @checked
    def charge_all(self, signed: Sequence[SignedPayment]) -> list[LoggedStep]:
        """`charge` for each of these; all of them are entered at once, or none is."""
        return self._open(StepKind.CHARGE, acts.charge, signed)

    @checked
    def capture(
        self, reference: Reference, amount: Money | None = None, key: Key = ""
    ) -> LoggedStep:
        """Have the merchant paid for so much of what is held, in the payer's currency; by default
        for all that is left.

        Raises InputError for more than is left, or another currency.
        """

        def plan(payment: LoggedPayment) -> LoggedStep | NewStep:
            currency = self._currencies.of(payment.terms.source_token)
            kept = payment.step(StepKind.CAPTURE, key)
            of_nobody = unasked(payment, StepKind.CAPTURE)
            earlier = payment.steps if kept is None else payment.steps_before(kept)
            before = captured_of(each for each in earlier if each not in of_nobody)
            left = payment.terms.source_amount - before
            if kept is None and is_ended(payment):
                left = 0
            wanted = left if amount is None else minor_units(amount, currency)
            found = kept or next(iter(of_nobody), None)
            if found is not None:
                if amount is not None or not found.refused:
                    require_amount("capture", wanted, found.source_amount, currency, found)
                return found
            self._require_opened(payment)
            if not 0 < wanted <= left:
                accepted = f"above zero and at most the {Money(left, currency)} that are left"
                raise InputError("amount", str(Money(wanted, currency)), accepted)
            share = payment.terms.target_share
            target = share(before + wanted) - share(before)
            act = acts.capture(payment.terms, before, wanted)
            return self._new(payment, StepKind.CAPTURE, key, act, wanted, target)

        return self._do(reference, key, plan)

    @checked
    def void(self, reference: Reference, key: Key = "") -> LoggedStep:
        """Have what was not captured given back."""
        return self._give_back(StepKind.VOID, acts.void, reference, key)

    @checked
    def reclaim(self, reference: Reference, key: Key = "") -> LoggedStep:
        """Have what was not captured in time given back."""
        return self._give_back(StepKind.RECLAIM, acts.reclaim, reference, key)

    @checked
    def claim(self, reference: Reference, key: Key = "") -> LoggedStep:
        """Have the merchant paid all that the escrow keeps for it in the payment's token, as after
        a time when it could not be paid."""

        def plan(payment: LoggedPayment) -> LoggedStep | NewStep:
            kept = payment.step(StepKind.CLAIM, key)
            if kept is not None:
                return kept
            self._require_opened(payment)
            act = acts.claim(payment.terms.target_token, payment.terms.merchant)
            return self._new(payment, StepKind.CLAIM, key, act, 0, 0)

        return self._do(reference, key, plan)

    @checked
    def quote_refund(
        self,
        reference: Reference,
        money: Money,
        key: Key = "",
        *,
        quote: Quote | None = None,
        valid_until: Time | None = None,
    ) -> RefundQuote:
        """What the merchant, and where two currencies are involved the dealer, sign so that `money`
        is refunded: in the merchant's currency what it gives, in the payer's what the payer gets.

        The other amount follows from the payment's own rate, or from that of a dealer's `quote`,
        but the payer never gets more than by its own. It is good until the next refund, and until
        `valid_until` in Unix seconds, exclusive: by default the quote's, or as long as new terms
        may be authorized. Of a refund that was entered under this key it is the one entered.

        Raises InputError for more than was captured and not refunded, and another currency.
        """
        payment = self._of(reference)
        self._following.require_complete()
        found = payment.step(StepKind.REFUND, key) or self._refunds.unasked(payment)
        if found is not None:
            self._refunds.require_same(payment, money, found)
            if found.quote is not None:
                return found.quote
            source, target = found.source_amount, found.target_amount
        else:
            source, target = self._refunds.amounts(payment, money, quote)
        if valid_until is None:
            until = self._chain.now() + self._terms.authorize_seconds
            valid_until = until if quote is None else quote.valid_until
        return RefundQuote(
            payment_id=payment.id,
            refunded_before=self._refunds.refunded(payment),
            source_amount=source,
            target_amount=target,
            dealer=payment.terms.dealer if quote is None else quote.dealer,
            deadline=valid_until,
        )

    @checked
    def refund(
        self,
        reference: Reference,
        quote: RefundQuote,
        merchant_signature: Signature,
        dealer_signature: Signature = b"",
        key: Key = "",
    ) -> LoggedStep:
        """Have a refund made that `quote_refund` gave and its parties have signed.

        Raises InputError for a quote of another payment, or made before or after another refund,
        and for a signature that is not by whom it has to be.
        """

        def plan(payment: LoggedPayment) -> LoggedStep | NewStep:
            found = payment.step(StepKind.REFUND, key) or self._refunds.unasked(payment)
            if found is not None:
                for token, wanted, kept in (
                    ("source_token", quote.source_amount, found.source_amount),
                    ("target_token", quote.target_amount, found.target_amount),
                ):
                    currency = self._currencies.of(getattr(payment.terms, token))
                    require_amount("refund", wanted, kept, currency, found)
                return found
            if quote.payment_id != payment.id:
                raise InputError("quote", f"0x{quote.payment_id.hex()}", f"0x{payment.id.hex()}")
            before = self._refunds.refunded(payment)
            if quote.refunded_before != before:
                raise InputError("quote's refunded before", quote.refunded_before, str(before))
            act = acts.refund_with_authorization(
                payment.terms, quote, merchant_signature, dealer_signature
            )
            amounts = (quote.source_amount, quote.target_amount)
            return self._new(payment, StepKind.REFUND, key, act, *amounts, quote)

        return self._do(reference, key, plan)

    # Carrying out

    def step(self) -> None:
        """Do one round with each key, as `Sender.step`, and keep what others did meanwhile.

        It waits for no block. One key that can't be used now keeps no other back; then it raises as
        `Sender.step`.
        """
        failed: DepositTokenError | None = None
        for sender in self._senders.values():
            try:
                sender.step()
            except (TransientError, PendingError, BrokenAnswer) as error:
                failed = failed or error
        self._following.follow()
        if failed is not None:
            raise failed

    @checked
    def run(self, until: Until) -> None:
        """Do round after round until a function says so, as `Sender.run`."""
        run_rounds(self.step, until, self._chain)

    @checked
    def finish(self, reference: Reference | None = None) -> None:
        """Do round after round until all steps of a payment are done or refused, by default of all
        payments; raises as `run`, and InputError for an unknown reference."""
        self.run(lambda: not self.is_under_way(reference))

    @checked
    def is_under_way(self, reference: Reference | None = None) -> bool:
        """Whether a step of a payment, by default of any, is neither done nor refused; raises
        InputError for an unknown reference."""
        return self._log.is_under_way(None if reference is None else self._of(reference))

    # What became of it

    @checked
    def payment(self, name: Text | Uetr | Bytes32) -> LoggedPayment:
        """The payment of a reference, a UETR or an id, as the log has it; raises InputError if
        there is none."""
        if isinstance(name, str):
            return self._of(name)
        uetr, id = (name, None) if isinstance(name, UUID) else (None, name)
        found = self._log.find_by(uetr, id)
        if found is None:
            raise InputError("payment", name, "one that was entered")
        return found

    @checked
    def payments(
        self, status: PaymentStatus | None = None, since: Time = 0
    ) -> Iterator[LoggedPayment]:
        """All payments that were entered at a moment or later, in order, or those of one status;
        Unix seconds."""
        return (each for each in self._log.all(since) if status in (None, each.status))

    @checked
    def events(self, since: Cursor = 0, most: Positive = 1_000) -> list[LoggedEvent]:
        """The steps that were done or refused after the event of this number, in the order in which
        the log knew, at most so many.

        Whoever goes on after the last number misses none, and gets none twice.
        """
        return self._log.events(since, most)

    # The log

    def _require_on_chain(self) -> None:
        """Make sure that the chain has the last of what is final by the log."""
        last = self._log.last_done()
        if last is None:
            return
        state = self._settlement.state(last.id)
        captured, refunded = state.captured >= last.captured, state.refunded >= last.refunded
        if state.status is PaymentStatus.NONE or not captured or not refunded:
            raise PaymentLogError(
                f"payment {last.reference} with UETR {last.uetr}: found it {state.status.words} on "
                f"the chain, accepted is {last.status.words}, as the payment log has it since that "
                "was final: the chain is another, or was put back."
            )

    def _taken_up(
        self,
        reference: str,
        hashed: bytes,
        uetr: UUID | None,
        asked: Mapping[str, Any],
        old: LoggedPayment | None,
    ) -> LoggedPayment | None:
        """The payment of a reference that was found on the chain, in the place of an old one that
        was renewed so."""
        found = self._log.unasked([(hashed, uetr)])
        if not found:
            return None
        if len(found) > 1:
            uetrs = " and ".join(str(each.uetr) for each in found)
            raise PaymentLogError(
                f"payment {reference}: found the UETRs {uetrs} on the chain, accepted is one."
            )
        _require_same(reference, found[0].reference, found[0].terms, asked)
        return self._log.ask_for(found[0], reference, old)

    def _require_over(self, payment: LoggedPayment) -> None:
        """Make sure that a payment can never be authorized any more."""
        name, terms = f"payment {payment.reference}", payment.terms
        if payment.status is not PaymentStatus.NONE:
            raise InputError(name, payment.status.words, PaymentStatus.NONE.words)
        if any(each.state not in ENDED for each in payment.steps):
            raise PendingError(
                f"{name}: found its authorization under way, accepted is one that was refused: "
                "wait for it."
            )
        final = self._chain.web3.eth.get_block(max(self._chain.last_final_block(), 0))
        # Every block after it has a later time.
        if final["timestamp"] < terms.authorize_by:
            raise PendingError(
                f"{name}: found the last final block of {in_utc(final['timestamp'])}, accepted is "
                f"one of {in_utc(terms.authorize_by)} or later, after which it can't be authorized."
            )
        if self._settlement.state(payment.id).status is not PaymentStatus.NONE:
            raise PendingError(
                f"{name}: found it authorized on the chain, accepted is one that is not: wait "
                "until the payment log has it too."
            )

    # Steps

    def _asked(self, order: PaymentOrder) -> dict[str, Any]:
        """What an order asks of terms."""
        target_token = order.target_token or order.source_token
        given = (order.payer, order.merchant, order.money, order.source_token, target_token)
        asked = self._writer.asked(*given)
        if order.quote is not None:
            asked |= self._writer.changed(order.money, order.source_token, order.quote, asked)
        return asked

    def _of(self, reference: str) -> LoggedPayment:
        return self._of_all([reference])[0]

    def _of_all(self, references: Sequence[str]) -> list[LoggedPayment]:
        for each in references:
            require_reference(each)
        payments = []
        for each, found in zip(references, self._log.find_all(references), strict=True):
            if found is None:
                raise InputError("reference", each, "one that was entered")
            _require_same(each, found.reference, found.terms, {})
            payments.append(found)
        return payments

    def _do(self, reference: str, key: str, plan: _Plan) -> LoggedStep:
        return self._do_all([(reference, key, plan)])[0]

    def _do_all(self, wanted: Sequence[tuple[str, str, _Plan]]) -> list[LoggedStep]:
        """Enter what is planned for payments as they stand, all at once; steps that are there are
        left as they are."""
        self._following.require_complete()
        done: dict[int, LoggedStep] = {}
        while len(done) < len(wanted):
            left = [n for n in range(len(wanted)) if n not in done]
            new: dict[int, tuple[int, LoggedPayment, NewStep]] = {}
            for n, payment in zip(left, self._of_all([wanted[n][0] for n in left]), strict=True):
                _, key, plan = wanted[n]
                step = plan(payment)
                if isinstance(step, NewStep):
                    # Another of the same payment follows from this one.
                    new.setdefault(payment.number, (n, payment, step))
                elif step.key is not None or payment.step(step.kind, key) is not None:
                    done[n] = step
                else:
                    self._log.claim(payment, step, key)
            if self._log.add([(payment, step) for _, payment, step in new.values()]):
                done |= {n: step.entered() for n, _, step in new.values()}
        return [done[n] for n in range(len(wanted))]

    def _new(
        self,
        payment: LoggedPayment,
        kind: StepKind,
        key: str,
        act: Act,
        source_amount: int,
        target_amount: int,
        quote: RefundQuote | None = None,
    ) -> NewStep:
        operator = payment.terms.operator
        if operator not in self._senders:
            raise InputError("operator", operator, f"one of the keys {', '.join(self._senders)}")
        id = f"{payment.uetr}/{kind.value}/{key}"
        about = {"reference": payment.reference or ""}
        instruction = self._settlement.instruction(id, operator, act, about)
        return NewStep(kind, key, source_amount, target_amount, instruction, quote)

    def _open(
        self, kind: StepKind, build: Callable[..., Act], signed: Sequence[SignedPayment]
    ) -> list[LoggedStep]:
        def plan_of(given: SignedPayment) -> _Plan:
            def plan(payment: LoggedPayment) -> LoggedStep | NewStep:
                found = [
                    each for each in payment.steps if each.kind in OPENING and not each.refused
                ]
                for each in found:
                    if each.kind is not kind:
                        accepted = f"{each.kind.value}, as it was entered before"
                        raise InputError(f"payment {given.reference}", kind.value, accepted)
                    return each
                kept = payment.step(kind, given.key)
                if kept is not None:
                    return kept
                terms = payment.terms
                consents = (given.payer_signature, given.dealer_signature, given.approval)
                amounts = (terms.source_amount, terms.target_amount)
                return self._new(payment, kind, given.key, build(terms, *consents), *amounts)

            return plan

        return self._do_all([(each.reference, each.key, plan_of(each)) for each in signed])

    def _give_back(
        self, kind: StepKind, build: Callable[[Payment], Act], reference: str, key: str
    ) -> LoggedStep:
        def plan(payment: LoggedPayment) -> LoggedStep | NewStep:
            for found in (*unasked(payment, kind), payment.step(kind, key)):
                if found is not None:
                    return found
            self._require_opened(payment)
            terms, captured = payment.terms, captured_of(payment.steps)
            left = (
                terms.source_amount - captured,
                terms.target_amount - terms.target_share(captured),
            )
            return self._new(payment, kind, key, build(terms), *left)

        return self._do(reference, key, plan)

    def _require_opened(self, payment: LoggedPayment) -> None:
        if not any(each.kind in OPENING and not each.refused for each in payment.steps):
            found = payment.status.words
            accepted = "one that is authorized, or about to be"
            raise InputError(f"payment {payment.reference}", found, accepted)

    def _explain(self, instruction: Instruction, failed: Reverted) -> str:
        """Why a step was refused, with amounts in their currencies and who is who."""
        found = self._log.find_step(instruction.id)
        if found is None:
            return str(failed)
        terms, kind = found
        act = Act(_FUNCTIONS.get(kind, kind.value), (terms.as_tuple(),), terms)
        if kind is StepKind.CLAIM:
            act = acts.claim(terms.target_token, terms.merchant)
        return str(self._settlement.explained(act, failed))


def _require_ordered(
    order: PaymentOrder, entered: str | None, terms: Payment, asked: Mapping[str, Any]
) -> None:
    wanted = asked if order.uetr is None else {**asked, "uetr": order.uetr}
    _require_same(order.reference, entered, terms, wanted)


def _require_same(
    reference: str, entered: str | None, terms: Payment, asked: Mapping[str, Any]
) -> None:
    """Refuse a reference that was entered with other content, or that is spelt otherwise now."""
    if entered not in (None, reference):
        accepted = f"{entered!r}, as it was entered before"
        raise InputError("reference", reference, accepted)
    differing = {each: value for each, value in asked.items() if getattr(terms, each) != value}
    if differing:
        found = {words(each): value for each, value in differing.items()}
        kept = {words(each): getattr(terms, each) for each in differing}
        raise InputError(f"payment {reference}", found, f"{kept}, as it was entered before")
