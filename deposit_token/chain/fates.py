"""The fates of an account's transactions, as they follow from the chain's blocks."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from deposit_token.chain.blocks import Block, Blocks
from deposit_token.chain.outcomes import Explain, outcomes
from deposit_token.chain.reading import ChainReader
from deposit_token.chain.unsettled import Unsettled
from deposit_token.store.records import Fate, Instruction, State, Transaction, standing

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress
    from web3.types import RPCEndpoint

    from deposit_token.chain.endpoint import Endpoint

_LOGGER = logging.getLogger(__name__)

_RECEIPT = cast("RPCEndpoint", "eth_getTransactionReceipt")


class Fates:
    """What becomes of the transactions of one account, recorded under one lease.

    What is mined follows from the blocks alone, each time anew: a reorganisation, or a record of
    whoever had the account before, makes no difference.
    """

    def __init__(self, chain: ChainReader, unsettled: Unsettled, explain: Explain) -> None:
        self.unsettled = unsettled
        self._explain = explain
        self._chain = chain
        self._endpoint = cast("Endpoint", chain.web3.provider)
        self._blocks: Blocks | None = None

    def settle(self, final: int, head: int) -> list[list[Transaction]]:
        """Record what has become of all that is not settled; gives the families that still are not,
        by nonce.

        `final` and `head` are the numbers of the last final block, read first, and of the latest
        one. Raises what the endpoint raises, and LeaseLost.
        """
        families = self.unsettled.families()
        if not families:
            # What is signed from now on is mined after what is final now.
            self._blocks = None
            return []
        if self._blocks is None:
            first = min([final, *(each.signed_after for family in families for each in family)])
            self._blocks = Blocks(self._endpoint, first)
        self._blocks.follow(head)
        where = self._blocks.having(each.hash for family in families for each in family)
        # Blocks beyond those that were taken up may have what seems to be lost.
        known = max(min(final, self._blocks.last), 0)
        nonce = self._final_nonce(known)
        left: list[list[Transaction]] = []
        changed: list[Transaction] = []
        for family in families:
            now = [placed(each, where.get(each.hash), self._blocks.last) for each in family]
            ending = ended(now, known, nonce)
            if not ending:
                left.append(now)
            changed += [
                each for old, each in zip(family, ending or now, strict=True) if each is not old
            ]
        if self._are_mined(changed):
            # The node has told a block without them: it is to tell all of them anew.
            self._blocks = None
        else:
            if changed:
                self._record(changed, where)
            self._blocks.forget(known)
        return left

    def _final_nonce(self, final: int) -> int:
        """How many of the account's transactions are in the blocks until this one."""
        sender = cast("ChecksumAddress", self.unsettled.lease.sender)
        return self._chain.web3.eth.get_transaction_count(sender, final)

    def _are_mined(self, changed: Iterable[Transaction]) -> bool:
        """Whether the node has a receipt of anything that seems to be lost."""
        lost = [each for each in changed if each.fate is Fate.LOST]
        receipts = self._endpoint.ask_each(_RECEIPT, [[each.hash] for each in lost])
        return any(each is not None for each in receipts)

    def _record(self, changed: Sequence[Transaction], where: Mapping[str, Block]) -> None:
        final = [each for each in changed if each.fate is Fate.FINAL]
        lost = [each for each in changed if each.fate is Fate.LOST]
        carried = self.unsettled.carried(id for each in [*final, *lost] for id in each.ids)
        found = [
            standing(each, at=where[each.transaction].time)
            for each in outcomes(self._chain, final, carried, self._explain)
            if each.transaction is not None
        ]
        found += [
            standing(carried[id], state=State.OPEN)
            for id in dict.fromkeys(id for each in lost for id in each.ids)
        ]
        self.unsettled.record(changed, found)
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


def placed(transaction: Transaction, block: Block | None, last: int) -> Transaction:
    """A transaction that is not settled as the blocks have it: mined in this one, or only sent
    again where a reorganisation has dropped its block; `last` is the number of the last."""
    if block is not None:
        if (transaction.fate, transaction.block_hash) == (Fate.MINED, block.hash):
            return transaction
        return standing(transaction, fate=Fate.MINED, block=block.number, block_hash=block.hash)
    if transaction.block is not None and transaction.block <= last:
        return standing(transaction, fate=Fate.SENT, block=None, block_hash=None)
    return transaction


def ended(family: Sequence[Transaction], final: int, final_nonce: int) -> list[Transaction]:
    """A family as it has ended; empty while it has not.

    `final` is the number of the last final block, `final_nonce` how many transactions of the
    account are in the blocks until there.
    """
    where = [each.block for each in family if each.block is not None]
    if where and min(where) <= final:
        return [
            standing(each, fate=Fate.FINAL)
            if each.block is not None and each.block <= final
            # What is said of its block is of a branch that is gone.
            else standing(each, fate=Fate.REPLACED, block=None, block_hash=None)
            for each in family
        ]
    if not where and family[0].nonce < final_nonce:
        return [standing(each, fate=Fate.LOST) for each in family]
    return []
