"""The fates of an account's transactions, as they follow from the chain's blocks."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from deposit_token.chain.blocks import Blocks
from deposit_token.chain.outcomes import Explain, outcomes
from deposit_token.chain.reading import ChainReader
from deposit_token.store.records import Fate, Instruction, Lease, State, Transaction

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress
    from web3.types import RPCEndpoint

    from deposit_token.chain.endpoint import Endpoint
    from deposit_token.store.store import Store

_LOGGER = logging.getLogger(__name__)

_RECEIPT = cast("RPCEndpoint", "eth_getTransactionReceipt")


class Fates:
    """What becomes of the transactions of one account, recorded under one lease.

    What is mined follows from the blocks alone, each time anew: a reorganisation, or a record of
    whoever had the account before, makes no difference.
    """

    def __init__(self, chain: ChainReader, store: "Store", lease: Lease, explain: Explain) -> None:
        self.lease = lease
        self._explain = explain
        self._chain = chain
        self._store = store
        self._endpoint = cast("Endpoint", chain.web3.provider)
        self._blocks: Blocks | None = None

    def settle(self, final: int, head: int) -> list[list[Transaction]]:
        """Record what has become of all that is not settled; gives the families that still are not,
        by nonce.

        `final` and `head` are the numbers of the last final block, read first, and of the latest
        one. Raises what the endpoint raises, and LeaseLost.
        """
        stored = self._store.unsettled(self.lease.sender)
        if not stored:
            # What is signed from now on is mined after what is final now.
            self._blocks = None
            return []
        if self._blocks is None:
            first = min([final, *(each.signed_after for each in stored)])
            self._blocks = Blocks(self._endpoint, first)
        self._blocks.follow(head)
        families = _families(placed(stored, self._blocks))
        # Blocks beyond those that were taken up may have what seems to be lost.
        known = max(min(final, self._blocks.last), 0)
        nonce = self._final_nonce(known)
        endings = {each[0].nonce: ended(each, known, nonce) for each in families}
        if self._are_mined(endings):
            # The node has told a block without them: it is to tell all of them anew.
            self._blocks = None
            return families
        now = [endings[each[0].nonce] or each for each in families]
        self._record(stored, now, self._blocks)
        self._blocks.forget(known)
        return [each for each in families if not endings[each[0].nonce]]

    def _final_nonce(self, final: int) -> int:
        """How many of the account's transactions are in the blocks until this one."""
        sender = cast("ChecksumAddress", self.lease.sender)
        return self._chain.web3.eth.get_transaction_count(sender, final)

    def _are_mined(self, endings: Mapping[int, Sequence[Transaction]]) -> bool:
        """Whether the node has a receipt of anything that seems to be lost."""
        lost = [each for family in endings.values() for each in family if each.fate is Fate.LOST]
        receipts = self._endpoint.ask_each(_RECEIPT, [[each.hash] for each in lost])
        return any(each is not None for each in receipts)

    def _record(
        self,
        stored: Sequence[Transaction],
        families: Sequence[Sequence[Transaction]],
        blocks: Blocks,
    ) -> None:
        now = {each.hash: each for family in families for each in family}
        changed = [now[each.hash] for each in stored if now[each.hash] != each]
        if not changed:
            return
        final = [each for each in changed if each.fate is Fate.FINAL]
        lost = [each for each in changed if each.fate is Fate.LOST]
        carried = self._store.find({id for each in [*final, *lost] for id in each.ids})
        where = blocks.having(each.hash for each in final)
        found = [
            replace(each, at=where[each.transaction].time)
            for each in outcomes(self._chain, final, carried, self._explain)
            if each.transaction is not None
        ]
        found += [
            replace(carried[id], state=State.OPEN)
            for id in dict.fromkeys(id for each in lost for id in each.ids)
        ]
        self._store.record(self.lease, changed, found)
        for each in found:
            _log(each, {id: one.hash for one in lost for id in one.ids})


def _log(instruction: Instruction, lost: Mapping[str, str]) -> None:
    sent = instruction.transaction or lost[instruction.id]
    extra = {**instruction.about, "transaction_hash": sent}
    if instruction.state is State.DONE:
        _LOGGER.info("%s: done, and final", instruction.id, extra=extra)
    elif instruction.state is State.REFUSED:
        _LOGGER.warning("%s: refused: %s", instruction.id, instruction.reason, extra=extra)
    else:
        _LOGGER.warning("%s: open again, another has taken the nonce", instruction.id, extra=extra)


def placed(transactions: Iterable[Transaction], blocks: Blocks) -> list[Transaction]:
    """Those that are not settled as the blocks have them: mined, or only sent again where a
    reorganisation has dropped their block."""
    known = list(transactions)
    where = blocks.having(each.hash for each in known)
    found = []
    for each in known:
        block = where.get(each.hash)
        if block is not None:
            mined = replace(each, fate=Fate.MINED, block=block.number, block_hash=block.hash)
            found.append(mined)
        elif each.block is not None and each.block <= blocks.last:
            found.append(replace(each, fate=Fate.SENT, block=None, block_hash=None))
        else:
            found.append(each)
    return found


def ended(family: Sequence[Transaction], final: int, final_nonce: int) -> list[Transaction]:
    """A family as it has ended; empty while it has not.

    `final` is the number of the last final block, `final_nonce` how many transactions of the
    account are in the blocks until there.
    """
    if any(each.block is not None and each.block <= final for each in family):
        return [
            replace(each, fate=Fate.FINAL)
            if each.block is not None and each.block <= final
            # What is said of its block is of a branch that is gone.
            else replace(each, fate=Fate.REPLACED, block=None, block_hash=None)
            for each in family
        ]
    if family[0].nonce < final_nonce and all(each.block is None for each in family):
        return [replace(each, fate=Fate.LOST) for each in family]
    return []


def _families(transactions: Iterable[Transaction]) -> list[list[Transaction]]:
    found: dict[int, list[Transaction]] = {}
    for each in transactions:
        found.setdefault(each.nonce, []).append(each)
    return list(found.values())
