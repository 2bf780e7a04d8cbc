"""The sender: carries out a store's instructions for one account, each exactly once.

`docs/sending.md` has the states of all that it keeps, and what it does in a round.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, cast
from uuid import uuid4

from deposit_token.chain import development
from deposit_token.chain.chain import Signer
from deposit_token.chain.fates import Fates
from deposit_token.chain.fees import current_fees, raised_fees
from deposit_token.chain.handing import Handing
from deposit_token.chain.outcomes import Explain
from deposit_token.chain.reading import ChainReader
from deposit_token.chain.signing import Call, call_of, call_signer
from deposit_token.chain.unsettled import Unsettled
from deposit_token.errors import BrokenAnswer, DepositTokenError, PendingError, TransientError
from deposit_token.store.records import MIN_GAS, Fate, Instruction, Transaction, standing
from deposit_token.values.fields import CallableKind, UintKind, checked, require_addresses

if TYPE_CHECKING:
    from web3.types import RPCEndpoint, TxParams

    from deposit_token.chain.endpoint import Endpoint
    from deposit_token.store.store import Store

_LOGGER = logging.getLogger(__name__)

_COUNT = cast("RPCEndpoint", "eth_getTransactionCount")
_AT_ONCE = 500
"""Transactions that are signed and stored at a time, while those before them are sent."""
_A_ROUND = 2_000
"""New ones that one round signs, so that others see soon what has become of those before."""
_Positive = Annotated[int, UintKind(32, least=1)]


_Call = tuple[Call, tuple[str, ...]]
"""What is to be signed, and the instructions that it carries."""


Until = Annotated[Callable[[], bool], CallableKind("a function without arguments")]


class Sender:
    """Carries out the instructions of one account that are in a store, each exactly once.

    Any number of them may have the same account and store, in any processes: one sends at a time.
    Nothing else should send from the account; what does may delay instructions, but double none.
    """

    @checked
    def __init__(
        self,
        chain: ChainReader,
        store: "Store",
        account: Signer,
        *,
        in_flight: _Positive = 500,
        bump_after: _Positive = 5,
        lease_seconds: Annotated[int, UintKind(32)] = 60,
        explain: Explain = lambda _, failed: str(failed),
    ) -> None:
        """At most `in_flight` nonces wait to be mined at a time. Fees are raised where nothing of
        the account was mined for `bump_after` blocks. Whoever ends without a word is followed by
        another after `lease_seconds`. `explain` says why an instruction was refused, with what is
        known of it beside the contract's error.

        Raises InputError for an argument that is not of its kind, and for an account whose key
        everybody has, on a chain that is no development one.
        """
        require_addresses(account=account.address)
        development.require_own_key(account.address, chain)
        self._chain = chain
        self._endpoint = cast("Endpoint", chain.web3.provider)
        self._store = store
        self._account = account.address
        self._sign = call_signer(account)
        self._in_flight = in_flight
        self._bump_after = bump_after
        self._lease_seconds = lease_seconds
        self._explain = explain
        self._holder = str(uuid4())
        self._fates: Fates | None = None
        self._moved = (-1, 0)
        """How many of the account's transactions were mined, and the head when that changed."""

    @checked
    def run(self, until: Until) -> None:
        """Do round after round until a function says so, with the profile's pause in between.

        A round that fails in a way that may pass, as by a broken answer, is logged and repeated.
        Raises other PermanentErrors, and MistakeErrors.
        """
        run_rounds(self.step, until, self._chain)

    def step(self) -> None:
        """Do one round: look at what was mined, settle what is final, send what is missing.

        It waits for the node's answers, and for no block. While another sender has the account it
        does nothing. Raises what the endpoint raises, PendingError while the base fee is above the
        policy's cap, LeaseLost if another sender takes the account meanwhile. The next round, of
        whichever sender, goes on where this one has ended.
        """
        fates = self._leased()
        if fates is None:
            return
        # Read before the blocks: one that is final then is the same ever after.
        final = max(self._chain.last_final_block(), 0)
        head = self._chain.web3.eth.block_number
        families = fates.settle(final, head)
        mined, known = self._counts()
        waiting = [
            family[-1]
            for family in families
            if family[0].nonce >= mined and all(each.block is None for each in family)
        ]
        with Handing(self._endpoint) as handing:
            unknown = [each for each in waiting if each.fate is Fate.SIGNED or each.nonce >= known]
            self._hand_over(handing, fates.unsettled, unknown)
            for calls in self._calls(fates.unsettled, families, waiting, mined, head):
                signed = [self._signed(call, ids, head, final) for call, ids in calls]
                # Before they are sent: whoever goes on has to know what may be mined.
                fates.unsettled.sign(signed)
                told = ((each, f"signed with nonce {each.nonce}") for each in signed)
                self._log(logging.INFO, fates.unsettled, told)
                handing.give(signed)
                if handing.failed is not None:
                    break
            self._hand_over(handing, fates.unsettled)

    def _leased(self) -> Fates | None:
        """What is known under the lease; None while another has it."""
        now = int(time.time())
        until = now + self._lease_seconds
        lease = self._store.lease(self._account, self._holder, now, until)
        if lease is None:
            return None
        if self._fates is None or self._fates.unsettled.lease.number != lease.number:
            self._fates = Fates(self._chain, Unsettled(self._store, lease), self._explain)
        return self._fates

    def _counts(self) -> tuple[int, int]:
        """How many of the account's transactions are mined, and how many the node knows without a
        gap."""
        asked = [[self._account, each] for each in ("latest", "pending")]
        mined, known = (int(each, 16) for each in self._endpoint.ask_each(_COUNT, asked))
        return mined, known

    def _overdue(self, waiting: Sequence[Transaction], mined: int, head: int) -> list[Transaction]:
        """Those that wait too long: for a while nothing was mined, and they were not signed."""
        if self._moved[0] != mined:
            self._moved = (mined, head)
        since = head - self._bump_after
        if self._moved[1] > since:
            return []
        return [each for each in waiting if each.signed_at <= since]

    def _raised(self, overdue: Sequence[Transaction], fees: "TxParams") -> Iterator[_Call]:
        tip, most = _fees(fees)
        for each in overdue:
            if each.fate is Fate.SIGNED and each.max_fee >= most and each.tip >= tip:
                # It is not for its fees that no node takes it; what follows waits for it.
                return
            raised = raised_fees(self._chain.profile, fees, each.max_fee, each.tip)
            if raised is not None:
                new_tip, new_most = _fees(raised)
                yield replace(call_of(each.raw), tip=new_tip, max_fee=new_most), each.ids

    def _calls(
        self,
        unsettled: Unsettled,
        families: Sequence[Sequence[Transaction]],
        waiting: Sequence[Transaction],
        mined: int,
        head: int,
    ) -> Iterator[list[_Call]]:
        """What is to be signed beside what waits, some at a time: with higher fees what waits too
        long, fillers, and what is open once the former are signed.

        Nothing above a nonce is mined while nobody uses it, as after a reorganisation has undone
        what another had sent with it.
        """
        own = self._account
        overdue = self._overdue(waiting, mined, head)
        used = {family[0].nonce for family in families}
        nonce = max(unsettled.next_nonce(), mined)
        missing = [each for each in range(mined, nonce) if each not in used][: self._in_flight]
        room = min(self._in_flight - len(waiting) - len(missing), _A_ROUND)
        instructions = unsettled.open(min(room, _AT_ONCE)) if room > 0 else ()
        if not overdue and not missing and not instructions:
            return
        fees = current_fees(self._chain.web3, self._chain.profile)
        calls = [
            *self._raised(overdue, fees),
            *((self._call(each, own, b"", MIN_GAS, fees), ()) for each in missing),
        ]
        for first in range(0, len(calls), _AT_ONCE):
            yield calls[first : first + _AT_ONCE]
        while instructions:
            yield [
                (self._call(number, each.to, each.data, each.gas, fees), (each.id,))
                for number, each in enumerate(instructions, nonce)
            ]
            nonce += len(instructions)
            room -= len(instructions)
            instructions = unsettled.open(min(room, _AT_ONCE)) if room > 0 else ()

    def _call(self, nonce: int, to: str, data: bytes, gas: int, fees: "TxParams") -> Call:
        return Call(self._chain.chain_id, nonce, *_fees(fees), gas, to, data)

    def _signed(self, call: Call, ids: tuple[str, ...], head: int, final: int) -> Transaction:
        raw, hashed = self._sign(call)
        return Transaction(
            hash=f"0x{hashed.hex()}",
            sender=self._account,
            nonce=call.nonce,
            raw=raw,
            gas=call.gas,
            max_fee=call.max_fee,
            tip=call.tip,
            ids=ids,
            signed_at=head,
            signed_after=final,
        )

    def _hand_over(
        self, handing: Handing, unsettled: Unsettled, transactions: Sequence[Transaction] = ()
    ) -> None:
        """Give these to the node too, and keep which of all it has taken; what it does not take is
        given to it again in the next round."""
        handing.give(transactions)
        taken, refused = [], []
        for each, answer in handing.answers():
            if isinstance(answer, DepositTokenError):
                refused.append((each, f"not taken as yet: {answer}"))
            elif each.fate is Fate.SIGNED:
                taken.append(standing(each, fate=Fate.SENT))
        if taken:
            unsettled.record(taken)
        self._log(logging.WARNING, unsettled, refused)
        if handing.failed is not None:
            raise handing.failed

    def _log(
        self, level: int, unsettled: Unsettled, told: Iterable[tuple[Transaction, str]]
    ) -> None:
        if not _LOGGER.isEnabledFor(level):
            return
        for each, text in told:
            carried = unsettled.carried(each.ids)
            name = " ".join(each.ids) or "filler"
            extra = {"transaction_hash": each.hash, **_about(list(carried.values()))}
            _LOGGER.log(level, "%s: %s", name, text, extra=extra)


def run_rounds(step: Callable[[], None], until: Callable[[], bool], chain: ChainReader) -> None:
    """Do round after round until a function says so, with the pause of the chain's profile in
    between; raises as `Sender.run`."""
    while not until():
        try:
            step()
        except (TransientError, PendingError, BrokenAnswer) as error:
            _LOGGER.warning("%s", error)
        time.sleep(chain.profile.poll_milliseconds / 1_000)


def _fees(fees: "TxParams") -> tuple[int, int]:
    """Tip and greatest fee."""
    return int(fees["maxPriorityFeePerGas"]), int(fees["maxFeePerGas"])


def _about(carried: Sequence[Instruction]) -> dict[str, str]:
    """What is logged of instructions: the values of each field with blanks between."""
    fields = dict.fromkeys(key for each in carried for key in each.about)
    return {
        key: " ".join(each.about[key] for each in carried if key in each.about) for key in fields
    }
