"""Mistakes that a sender could make: planted in a worker, each is found by a campaign."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from deposit_token.chain import fates, outcomes
from deposit_token.chain.handing import Handing
from deposit_token.chain.reading import ChainReader
from deposit_token.chain.sender import Sender
from deposit_token.chain.signing import call_of, call_signer
from deposit_token.store.records import Fate, Lease, Transaction
from deposit_token.store.sql import SqlStore
from tests.scene import SET_UP

_PATIENCE = 3
"""Blocks after which a careless sender gives up."""


def written_after_sending() -> None:
    """What was signed is kept only once the node has it."""
    kept: list[tuple[Any, ...]] = []
    sign, record, lease = SqlStore.sign, SqlStore.record, SqlStore.lease

    def first(then: Callable[..., Any]) -> Callable[..., Any]:
        def both(self: SqlStore, *arguments: Any) -> Any:
            while kept:
                sign(self, *kept.pop(0))
            return then(self, *arguments)

        return both

    _put(SqlStore, "sign", lambda _, *arguments: kept.append(arguments))
    _put(SqlStore, "record", first(record))
    _put(SqlStore, "lease", first(lease))


def unfenced_lease() -> None:
    """Whoever had the lease once writes on."""
    _put(Lease, "require_held", lambda *_: None)
    taken_by = Lease.taken_by
    _put(Lease, "taken_by", lambda self, holder, now, until: taken_by(self, holder, 2**40, until))


def lease_for_ever() -> None:
    """A lease does not end with its holder."""
    taken_by = Lease.taken_by
    _put(Lease, "taken_by", lambda self, holder, _, until: taken_by(self, holder, 0, until))


def finality_ignored() -> None:
    """What is mined is told as done."""
    _put(ChainReader, "last_final_block", lambda self: self.web3.eth.block_number)


def shallow_finality() -> None:
    """A block is final before the deepest reorganisation is over."""
    _put(ChainReader, "last_final_block", lambda self: self.web3.eth.block_number - _PATIENCE)


def nonce_used_again() -> None:
    """The greatest nonce that was used, for the one after it."""
    next_nonce = SqlStore.next_nonce
    _put(SqlStore, "next_nonce", lambda *arguments: max(next_nonce(*arguments) - 1, 0))


def other_bytes_sent() -> None:
    """What is sent again is signed anew, with a higher tip, and not kept."""
    sign = call_signer(SET_UP)
    ask = Handing._ask

    def careless(self: Handing, transactions: Sequence[Transaction]) -> Any:
        return ask(self, [_dearer(each, sign) for each in transactions])

    _put(Handing, "_ask", careless)


def _dearer(transaction: Transaction, sign: Any) -> Transaction:
    if transaction.fate is Fate.SIGNED:
        return transaction
    call = call_of(transaction.raw)
    raw, _ = sign(replace(call, tip=2 * call.tip, max_fee=2 * call.max_fee))
    return replace(transaction, raw=raw)


def signed_forgotten() -> None:
    """Whoever goes on does not look for what was signed and not sent."""
    unsettled = SqlStore.unsettled
    _put(
        SqlStore,
        "unsettled",
        lambda *arguments: [each for each in unsettled(*arguments) if each.fate is not Fate.SIGNED],
    )


def raised_with_another_nonce() -> None:
    """Higher fees are a new transaction, beside the one that waits."""
    raised = Sender._raised

    def careless(self: Sender, *arguments: Any) -> Any:
        nonce = self._fates.unsettled.next_nonce() if self._fates else 0
        for number, (call, ids) in enumerate(raised(self, *arguments)):
            yield replace(call, nonce=nonce + number), ids

    _put(Sender, "_raised", careless)


def mined_is_done() -> None:
    """Nobody asks whether the event is there."""
    _put(outcomes, "_is_shown", lambda *_: True)


def undone_unseen() -> None:
    """What was mined once is mined for ever."""
    placed = fates.placed

    def careless(transaction: Any, *arguments: Any) -> Any:
        return placed(transaction, *arguments) if transaction.block is None else transaction

    _put(fates, "placed", careless)


MISTAKES = {
    each.__name__: each
    for each in (
        written_after_sending,
        unfenced_lease,
        lease_for_ever,
        finality_ignored,
        shallow_finality,
        nonce_used_again,
        other_bytes_sent,
        signed_forgotten,
        raised_with_another_nonce,
        mined_is_done,
        undone_unseen,
    )
}
"""By their names; each plants itself in this process."""


def _put(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)
