"""The store's records: what is wanted once, what was signed for it, and who may send.

`docs/sending.md` has their states, and who changes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Annotated, Any, TypeVar

from deposit_token.errors import InputError, LeaseLost, WrongChain
from deposit_token.values.about import require_loggable
from deposit_token.values.fields import (
    WORD,
    Address,
    BytesKind,
    ListKind,
    Text,
    TextKind,
    Uint64,
    Uint128,
    UintKind,
    checked,
    take_fields,
)

MIN_GAS = 21_000
"""What a transaction costs that does nothing: no node takes one with less."""

MAX_TRANSACTION_GAS = 2**24
"""The greatest gas limit that Ethereum takes of a transaction (EIP-7825)."""

_MAX_DATA = 120_000
"""Bytes; nodes take transactions of at most 128 KiB."""

_GAS_OF_ZERO, _GAS_OF_OTHER = 10, 40
"""What each byte of data costs at least (EIP-7623)."""

_MAX_TOPICS = 4

InstructionId = Annotated[
    str, TextKind("[^\0\ud800-\udfff]+", "a text without zero bytes that is not empty")
]
Hash = Annotated[str, TextKind("0x[0-9a-f]{64}", "0x and 64 hex digits in small letters")]


class State(Enum):
    """Where an instruction stands."""

    OPEN = "open"
    """No transaction can carry it out as yet."""
    ASSIGNED = "assigned"
    """A family carries it."""
    DONE = "done"
    """Its proof is final."""
    REFUSED = "refused"
    """The transaction that carried it is final, and its proof is not there."""


ENDED = frozenset({State.DONE, State.REFUSED})
"""The states that never change."""


class Fate(Enum):
    """Where a transaction stands."""

    SIGNED = "signed"
    """It is in the store; no node is known to have it."""
    SENT = "sent"
    """A node has taken it, and may have forgotten it."""
    MINED = "mined"
    """It is in a block, which a reorganisation may still undo."""
    FINAL = "final"
    REPLACED = "replaced"
    """Another of its family is final."""
    LOST = "lost"
    """A transaction that is not of the store has taken its nonce for good."""


SETTLED = frozenset({Fate.FINAL, Fate.REPLACED, Fate.LOST})
"""The fates that never change."""


@dataclass(frozen=True)
class Proof:
    """The event that shows that an instruction is done; one of its own for each instruction."""

    address: Address
    """Of the contract that emits it."""
    topics: Annotated[tuple[bytes, ...], ListKind(BytesKind(WORD))]
    """The event's first topics, one to four, as many as tell it from those of others."""

    def __post_init__(self) -> None:
        take_fields(self)
        if not 1 <= len(self.topics) <= _MAX_TOPICS:
            raise InputError("topics", len(self.topics), f"1 to {_MAX_TOPICS} of them")
        object.__setattr__(self, "topics", tuple(self.topics))


@dataclass(frozen=True)
class Instruction:
    """What somebody wants to happen once: a call of a contract by one account.

    Raises InputError for a field that is not of its kind.
    """

    id: InstructionId
    """The caller's own name for it; another with the same id is the same instruction."""
    sender: Address
    to: Address
    data: bytes
    gas: Annotated[int, UintKind(63, least=MIN_GAS, most=MAX_TRANSACTION_GAS)]
    """The gas limit of its transaction."""
    proof: Proof
    about: Mapping[Text, Text] = field(default_factory=dict)
    """What log records say of it, such as the UETR of its payment."""
    state: State = State.OPEN
    transaction: Hash | None = None
    """Of the transaction that has done it, or in which it was refused."""
    reason: Text = ""
    """Why it was refused, in one sentence."""
    at: Uint64 | None = None
    """The time of the block that it was done or refused in; UTC, Unix seconds."""
    settled: Uint64 | None = None
    """Its number among all that was done or refused, in the order in which that was recorded."""

    def __post_init__(self) -> None:
        take_fields(self)
        require_loggable(self.about)
        if len(self.data) > _MAX_DATA:
            raise InputError("data", f"{len(self.data)} bytes", f"at most {_MAX_DATA} bytes")
        # What no node takes holds up all that follows.
        zeros = self.data.count(0)
        others = len(self.data) - zeros
        least = MIN_GAS + _GAS_OF_ZERO * zeros + _GAS_OF_OTHER * others
        if self.gas < least:
            raise InputError("gas", self.gas, f"at least {least}, which its data cost")

    def anew(self) -> "Instruction":
        """The same, as it is when it is added: open."""
        standing = (self.transaction, self.reason, self.at, self.settled)
        if self.state is State.OPEN and standing == (None, "", None, None):
            return self
        return replace(self, state=State.OPEN, transaction=None, reason="", at=None, settled=None)

    @checked
    def require_same(self, other: "Instruction") -> None:
        """Raises InputError for another that the caller has given other content, and shows both as
        far as they differ."""
        given = ("sender", "to", "data", "gas", "proof", "about")
        differing = [each for each in given if getattr(self, each) != getattr(other, each)]
        if differing:
            found, kept = (
                {each: getattr(one, each) for each in differing} for one in (other, self)
            )
            raise InputError(f"instruction {self.id}", found, f"{kept}, as it was added before")


@dataclass(frozen=True)
class Transaction:
    """A signed transaction; all of one account and nonce are a family, of which one is mined."""

    hash: Hash
    sender: Address
    nonce: Uint64
    raw: bytes
    """The signed bytes, the only ones that are ever sent."""
    gas: Uint64
    max_fee: Uint128
    """In wei a gas."""
    tip: Uint128
    """In wei a gas."""
    ids: tuple[Text, ...]
    """The instructions that it carries, in order; none in a filler."""
    signed_at: Uint64
    """The number of the chain's latest block when it was signed."""
    signed_after: Uint64
    """The number of the last final block then: it can be mined only after it."""
    fate: Fate = Fate.SIGNED
    block: Uint64 | None = None
    """The number of the block that it is in, once it is mined."""
    block_hash: Hash | None = None


@dataclass(frozen=True)
class Lease:
    """The right to send for one account: once its time is over, others may take it."""

    sender: Address
    holder: Text
    number: Uint64
    """The fencing number: each new holder has a greater one, and only the greatest may write."""
    until: Uint64
    """UTC, Unix seconds, exclusive."""

    def taken_by(self, holder: str, now: int, until: int) -> "Lease | None":
        """The lease as its holder keeps it, or as another takes it over once its time is over;
        None before."""
        if self.holder == holder:
            return replace(self, until=until)
        if self.until <= now:
            return Lease(self.sender, holder, self.number + 1, until)
        return None

    def require_held(self, found: "Lease | None") -> None:
        """Raises LeaseLost unless this is the one that the store has."""
        if found is None or found.number != self.number:
            by = "nobody" if found is None else f"{found.holder} with number {found.number}"
            raise LeaseLost(
                f"lease of {self.sender}: found it held by {by}, accepted is {self.holder} with "
                f"number {self.number}: nothing of this was kept."
            )


_Record = TypeVar("_Record", Proof, Instruction, Transaction)


def kept(record: type[_Record], *values: Any) -> _Record:
    """A record of these fields in order, as a store has kept it: they were checked before that."""
    made = object.__new__(record)
    vars(made).update(zip(record.__match_args__, values, strict=True))
    return made


def standing(record: _Record, **changes: Any) -> _Record:
    """The same as it stands by now; nothing is checked again, neither is what has changed."""
    now = object.__new__(type(record))
    vars(now).update(vars(record), **changes)
    return now


def require_chain(kept: tuple[int, str], found: tuple[int, str]) -> None:
    """Raises WrongChain unless a chain is the one that a store is bound to; both are a chain id and
    the hash of block 0."""
    for name, accepted, given in zip(("chain id", "genesis hash"), kept, found, strict=True):
        if given != accepted:
            raise WrongChain(
                f"{name}: found {given}, accepted is {accepted}, that of the chain that the store "
                "is bound to."
            )
