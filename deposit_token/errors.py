"""The errors this library raises; each message is one sentence for the user."""

from enum import Enum


class Next(Enum):
    """What whoever caught an error does next."""

    TRY_AGAIN = "try again"
    WAIT = "wait"
    CORRECT = "correct"
    GIVE_UP = "give up"


class DepositTokenError(Exception):
    """Base of every error that this library raises on purpose."""


class InputError(DepositTokenError):
    """A value from outside that is refused before anything is done with it.

    >>> print(InputError("ledger id", -1, "an integer from 0 to 99"))
    ledger id: found -1, accepted is an integer from 0 to 99.
    """

    def __init__(self, field: str, value: object, accepted: str) -> None:
        super().__init__(field, value, accepted)
        self.field = field
        self.value = value
        self.accepted = accepted

    def __str__(self) -> str:
        return f"{self.field}: found {self.value!r}, accepted is {self.accepted}."


class RateError(DepositTokenError):
    """No exchange rate that is recent enough for the day asked."""


class ChainError(DepositTokenError):
    """The chain can't be reached, is another one than expected, or refused a transaction."""


class DeploymentError(DepositTokenError):
    """The contracts on the chain are not those that the configuration or manifest describes."""


class PaymentLogError(DepositTokenError):
    """The payment log refuses an entry, is in use, can't be used, or is of another chain."""
