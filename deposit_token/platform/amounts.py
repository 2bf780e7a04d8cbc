"""What a payment's steps move, in the currencies of its tokens.

Amounts are minor units; what is under way counts as done.
"""

from collections.abc import Iterable

from deposit_token.chain.chain import Chain
from deposit_token.errors import InputError
from deposit_token.platform.payments import CAPTURING, ENDING, LoggedPayment, LoggedStep, StepKind
from deposit_token.platform.quotes import Quote
from deposit_token.protocol.facts import currency_of
from deposit_token.values.money import Currency, Money


class Currencies:
    """The currencies of tokens, each asked for once."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._known: dict[str, Currency] = {}

    def of(self, token: str) -> Currency:
        """The currency of a token; raises NoContract if no token stands at the address."""
        if token not in self._known:
            self._known[token] = currency_of(self._chain, token)
        return self._known[token]


def minor_units(money: Money, currency: Currency, field: str = "amount") -> int:
    """The minor units of an amount; raises InputError for one in another currency."""
    if money.currency != currency:
        decimals = f"{currency.exponent} decimals"
        raise InputError(field, str(money), f"an amount in {currency} of {decimals}")
    return money.amount


def captured_of(steps: Iterable[LoggedStep]) -> int:
    """What is captured once all is done that is under way, of the source amount."""
    return sum(each.source_amount for each in steps if each.kind in CAPTURING and not each.refused)


def is_ended(payment: LoggedPayment) -> bool:
    """Whether nothing can be captured any more, once all is done that is under way."""
    return any(each.kind in ENDING and not each.refused for each in payment.steps)


def unasked(payment: LoggedPayment, kind: StepKind) -> list[LoggedStep]:
    """Those of a kind that were found on the chain and that nobody has asked for, in order."""
    return [each for each in payment.steps if each.kind is kind and each.key is None]


def require_amount(
    kind: str, wanted: int, kept: int, currency: Currency, found: LoggedStep
) -> None:
    """Raises InputError, which shows both, for another amount than that of a step that is there."""
    if wanted != kept:
        since = (
            "which the chain has and nobody has asked for yet"
            if found.key is None
            else f"as it was entered before under the key {found.key!r}"
        )
        accepted = f"{Money(kept, currency)}, {since}"
        raise InputError(kind, str(Money(wanted, currency)), accepted)


def require_two_tokens(quote: Quote, source_token: str, target_token: str) -> None:
    """Raises InputError for a quote where nothing is changed."""
    if source_token == target_token:
        accepted = "none where payer and merchant have the same token"
        raise InputError("quote", str(quote.rate.value), accepted)
