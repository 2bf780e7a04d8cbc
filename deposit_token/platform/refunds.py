"""Refunds: what was refunded, and how much payer and merchant get and give by the next one."""

from collections.abc import Collection

from deposit_token.errors import InputError
from deposit_token.platform.amounts import (
    Currencies,
    captured_of,
    is_ended,
    minor_units,
    require_amount,
    require_two_tokens,
    unasked,
)
from deposit_token.platform.payments import LoggedPayment, LoggedStep, StepKind
from deposit_token.platform.quotes import Quote
from deposit_token.values.money import Money


class Refunds:
    """The refunds of a platform whose keys these are."""

    def __init__(self, keys: Collection[str], currencies: Currencies) -> None:
        self._keys = keys
        self._currencies = currencies

    def unasked(self, payment: LoggedPayment) -> LoggedStep | None:
        """The first that the platform's keys have sent and nobody asked for: merchants make refunds
        of their own."""
        found = unasked(payment, StepKind.REFUND)
        return next((each for each in found if each.by in self._keys), None)

    def refunded(self, payment: LoggedPayment) -> int:
        """What the merchant gave back before the next one that is asked for, of the target amount;
        what is under way counts."""
        found = self.unasked(payment)
        steps = payment.steps if found is None else payment.steps_before(found)
        return sum(
            each.target_amount
            for each in steps
            if each.kind is StepKind.REFUND and not each.refused
        )

    def require_same(self, payment: LoggedPayment, money: Money, found: LoggedStep) -> None:
        """Raises InputError for other money than a refund that is there has, in either currency."""
        for token, kept in (
            (payment.terms.target_token, found.target_amount),
            (payment.terms.source_token, found.source_amount),
        ):
            currency = self._currencies.of(token)
            if money.currency == currency:
                require_amount("refund", money.amount, kept, currency, found)
                return
        minor_units(money, currency, "money")

    def amounts(self, payment: LoggedPayment, money: Money, quote: Quote | None) -> tuple[int, int]:
        """What the payer gets, and what the merchant gives."""
        terms = payment.terms
        source, target = (
            self._currencies.of(each) for each in (terms.source_token, terms.target_token)
        )
        captured = captured_of(payment.steps)
        closed = captured == terms.source_amount or is_ended(payment)
        refunded = self.refunded(payment)
        if quote is not None:
            require_two_tokens(quote, terms.source_token, terms.target_token)
        if money.currency == target:
            gets = terms.greatest_refund(
                money.amount, captured=captured, refunded=refunded, closed=closed
            )
            if quote is not None:
                gets = min(gets, quote.source(money, source).amount)
            if gets == 0:
                accepted = "more: the payer would get less than its smallest unit for it"
                raise InputError("money", str(money), accepted)
            return gets, money.amount
        gives = terms.least_refund(
            minor_units(money, source, "money"), captured=captured, refunded=refunded, closed=closed
        )
        if quote is not None:
            gives = max(gives, quote.target(money, target).amount)
        left = terms.target_share(captured) - refunded
        if gives > left:
            found, most = (str(Money(each, target)) for each in (gives, left))
            accepted = f"at most the {most} that the merchant can still give back"
            raise InputError(f"what the merchant gives for {money}", found, accepted)
        return money.amount, gives
