"""The errors this library raises, one tree by what the caller does next; each is one sentence.

Below `DepositTokenError` stand four kinds, one for each `Next`; every other error is below exactly
one of them, and its `next` says which.
"""

from enum import Enum
from typing import ClassVar


class Next(Enum):
    """What whoever caught an error does next."""

    TRY_AGAIN = "try again"
    WAIT = "wait"
    CORRECT = "correct"
    GIVE_UP = "give up"


class DepositTokenError(Exception):
    """Base of every error that this library raises on purpose."""

    next: ClassVar[Next]


class TransientError(DepositTokenError):
    """Nothing was done, by no fault of the caller: try again."""

    next = Next.TRY_AGAIN


class Unreachable(TransientError):
    """The node gives no answer."""


class TooManyRequests(TransientError):
    """The node was asked more often than it allows."""


class Overtaken(TransientError):
    """What was read is out of date: the chain was reorganised, or another reader was faster."""


class StoreError(TransientError):
    """The database of a store can't be reached, is busy, or is full: nothing of this was done."""


class NodeError(TransientError):
    """The node answers with an error of its own, such as that it is busy or behind."""

    def __init__(self, message: str, told: str, code: int | None = None) -> None:
        super().__init__(message, told, code)
        self.told = told
        """In the node's own words."""
        self.code = code
        """Of JSON-RPC, if there is one."""

    def __str__(self) -> str:
        return str(self.args[0])


class TooLong(NodeError):
    """The node's answer is longer than what was asked for at once: ask for less."""


class PendingError(DepositTokenError):
    """It is not settled yet, or not possible yet: wait, and look again."""

    next = Next.WAIT


class Unsure(PendingError):
    """A transaction was handed to the node and may still be mined: look for it, send no other.

    >>> error = Unsure("capture: not mined within 180 s.", ["0xa1", "0xb2"])
    >>> print(error, error.hashes)
    capture: not mined within 180 s. Transaction 0xa1 or 0xb2 may still be mined. ('0xa1', '0xb2')
    """

    def __init__(self, reason: str, hashes: list[str]) -> None:
        super().__init__(reason, hashes)
        self.reason = reason
        self.hashes = tuple(hashes)
        """Of all that was signed for it, one nonce each: 0x and 64 hex digits."""

    def __str__(self) -> str:
        return f"{self.reason} Transaction {' or '.join(self.hashes)} may still be mined."


class NotFinal(PendingError):
    """It was mined, and a reorganisation of the chain may still undo it, or has done so.

    >>> print(NotFinal("0xa1", 12, 3))
    receipt: found transaction 0xa1 in block 12, accepted is one that is final, as it is when 3 \
more blocks are.
    >>> print(NotFinal("0xa1", None, None))
    receipt: found transaction 0xa1 in no block any more, accepted is one that is still in the \
receipt's block.
    """

    def __init__(self, transaction_hash: str, block: int | None, needed: int | None) -> None:
        super().__init__(transaction_hash, block, needed)
        self.transaction_hash = transaction_hash
        """0x and 64 hex digits."""
        self.block = block
        """The number of the block that it is in by now; None if it is in none."""
        self.needed = needed
        """How many blocks have to become final until its own is; None if it is not in the receipt's
        block any more, so that the receipt never will be."""

    def __str__(self) -> str:
        where = "no block any more" if self.block is None else f"block {self.block}"
        if self.needed is None:
            accepted = "one that is still in the receipt's block"
        else:
            more = "1 more block is" if self.needed == 1 else f"{self.needed} more blocks are"
            accepted = f"one that is final, as it is when {more}"
        found = f"transaction {self.transaction_hash} in {where}"
        return f"receipt: found {found}, accepted is {accepted}."


class PaymentLogInUse(PendingError):
    """Another run has the payment log."""


class LeaseLost(PendingError):
    """Another sender has the account by now: what this one had signed was not kept."""


class MistakeError(DepositTokenError):
    """Something that was given, or that is installed, is not what is accepted: correct it."""

    next = Next.CORRECT


class InputError(MistakeError):
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
        try:
            found = repr(self.value)
        except ValueError:  # Python writes no integer of more than 4,300 digits.
            found = "an integer of too many digits"
        return f"{self.field}: found {found}, accepted is {self.accepted}."


class Unauthorised(MistakeError):
    """The node asks for other credentials."""


class Untrusted(MistakeError):
    """TLS with the node fails: one side does not take the other's certificate."""


class WrongChain(MistakeError):
    """The node is of another chain than expected."""


class NoContract(MistakeError):
    """No contract stands at an address, or none that has the function that was called."""


class InsufficientEther(MistakeError):
    """An account lacks the ether that a transaction may cost."""


class Rejected(MistakeError):
    """The node does not take a transaction, and does not know it."""


class DeploymentError(MistakeError):
    """The contracts on the chain are not those that the configuration or manifest describes."""


class WrongStore(MistakeError):
    """The database of a store is none, can't be opened, or lacks what a store's has."""


class RateError(MistakeError):
    """No exchange rate that is recent enough for the day asked."""


class PaymentLogError(MistakeError):
    """The payment log refuses an entry, can't be used, or is of another chain."""


class NotInstalled(MistakeError):
    """A program, a package or a file that the installation should have is missing or broken."""


class PermanentError(DepositTokenError):
    """It will not be otherwise however often it is asked: give up."""

    next = Next.GIVE_UP


class TransactionFailed(PermanentError):
    """A mined transaction did nothing but cost gas, and no contract tells why."""

    def __init__(self, message: str, transaction_hash: str) -> None:
        super().__init__(message, transaction_hash)
        self.transaction_hash = transaction_hash
        """0x and 64 hex digits."""

    def __str__(self) -> str:
        return str(self.args[0])


class Unsupported(PermanentError):
    """The chain or its node lacks what is needed."""


class BrokenAnswer(PermanentError):
    """A node's answer is not what was asked for, or lacks a field."""
