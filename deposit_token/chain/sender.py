"""The sender: carries out a store's instructions for one account, each exactly once.

`docs/sending.md` has the states of all that it keeps, and what it does in a round.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, cast
from uuid import uuid4

from deposit_token.chain import development
from deposit_token.chain.chain import Signer
from deposit_token.chain.fates import Fates
from deposit_token.chain.fees import current_fees, raised_fees
from deposit_token.chain.outcomes import Explain
from deposit_token.chain.reading import ChainReader
from deposit_token.chain.signing import Call, call_of, call_signer
from deposit_token.errors import BrokenAnswer, DepositTokenError, PendingError, TransientError
from deposit_token.store.records import MIN_GAS, Fate, Instruction, Lease, Transaction
from deposit_token.values.fields import CallableKind, UintKind, checked, require_addresses

if TYPE_CHECKING:
    from web3.types import RPCEndpoint, TxParams

    from deposit_token.chain.endpoint import Endpoint
    from deposit_token.store.store import Store

_LOGGER = logging.getLogger(__name__)

_COUNT = cast("RPCEndpoint", "eth_getTransactionCount")
_SEND = cast("RPCEndpoint", "eth_sendRawTransaction")
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
        unknown = [each for each in waiting if each.fate is Fate.SIGNED or each.nonce >= known]
        self._send(fates.lease, unknown)
        overdue = self._overdue(waiting, mined, head)
        calls = self._calls(mined, {family[0].nonce for family in families}, len(waiting))
        if not overdue and not calls:
            return
        fees = current_fees(self._chain.web3, self._chain.profile)
        calls = [*self._raised(overdue, fees), *((_at(call, fees), ids) for call, ids in calls)]
        if not calls:
            return
        signed = [self._signed(call, ids, head, final) for call, ids in calls]
        # Before they are sent: whoever goes on has to know what may be mined.
        self._store.sign(fates.lease, signed)
        self._log(logging.INFO, {each: f"signed with nonce {each.nonce}" for each in signed})
        self._send(fates.lease, signed)

    def _leased(self) -> Fates | None:
        """What is known under the lease; None while another has it."""
        now = int(time.time())
        until = now + self._lease_seconds
        lease = self._store.lease(self._account, self._holder, now, until)
        if lease is None:
            return None
        if self._fates is None or self._fates.lease.number != lease.number:
            self._fates = Fates(self._chain, self._store, lease, self._explain)
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
        most, tip = int(fees["maxFeePerGas"]), int(fees["maxPriorityFeePerGas"])
        for each in overdue:
            if each.fate is Fate.SIGNED and each.max_fee >= most and each.tip >= tip:
                # It is not for its fees that no node takes it; what follows waits for it.
                return
            raised = raised_fees(self._chain.profile, fees, each.max_fee, each.tip)
            if raised is not None:
                yield _at(call_of(each.raw), raised), each.ids

    def _calls(self, mined: int, used: set[int], waiting: int) -> list[_Call]:
        """What is to be signed beside so many that wait: fillers, and what is open.

        Nothing above a nonce is mined while nobody uses it, as after a reorganisation has undone
        what another had sent with it.
        """
        own = self._account
        nonce = max(self._store.next_nonce(own), mined)
        missing = [each for each in range(mined, nonce) if each not in used][: self._in_flight]
        calls: list[_Call] = [(self._call(each, own, b"", MIN_GAS), ()) for each in missing]
        room = max(self._in_flight - waiting - len(missing), 0)
        for number, each in enumerate(self._store.open(own, room), nonce):
            calls.append((self._call(number, each.to, each.data, each.gas), (each.id,)))
        return calls

    def _call(self, nonce: int, to: str, data: bytes, gas: int) -> Call:
        """A call whose fees are not known yet."""
        return Call(self._chain.chain_id, nonce, 0, 0, gas, to, data)

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

    def _send(self, lease: Lease, transactions: Sequence[Transaction]) -> None:
        """Give them to the node; what it does not take is given to it again in the next round."""
        raw = [[f"0x{each.raw.hex()}"] for each in transactions]
        taken, refused = [], {}
        for each, answer in zip(transactions, self._endpoint.try_each(_SEND, raw), strict=True):
            if isinstance(answer, DepositTokenError):
                refused[each] = f"not taken as yet: {answer}"
            elif each.fate is Fate.SIGNED:
                taken.append(replace(each, fate=Fate.SENT))
        if taken:
            self._store.record(lease, taken)
        self._log(logging.WARNING, refused)

    def _log(self, level: int, told: Mapping[Transaction, str]) -> None:
        if not told or not _LOGGER.isEnabledFor(level):
            return
        carried = self._store.find({id for each in told for id in each.ids})
        for each, text in told.items():
            name = " ".join(each.ids) or "filler"
            extra = {"transaction_hash": each.hash, **_about([carried[id] for id in each.ids])}
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


def _at(call: Call, fees: "TxParams") -> Call:
    tip, most = (int(fees[key]) for key in ("maxPriorityFeePerGas", "maxFeePerGas"))
    return replace(call, tip=tip, max_fee=most)


def _about(carried: Sequence[Instruction]) -> dict[str, str]:
    """What is logged of instructions: the values of each field with blanks between."""
    fields = dict.fromkeys(key for each in carried for key in each.about)
    return {
        key: " ".join(each.about[key] for each in carried if key in each.about) for key in fields
    }
