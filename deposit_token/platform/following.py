"""Following the chain: what it has of a platform's payments that the payment log has not.

Others act on a payment too: its payer, its merchant, its arbiter, anyone once its time is over. And
a log may be lost, or be an old copy: then the chain has payments and steps of the platform's own.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from deposit_token.chain.logs import logs_in_spans
from deposit_token.deployment.audit.history import created_in
from deposit_token.errors import InputError, PendingError
from deposit_token.platform.log import FoundStep, Looked, PaymentLog
from deposit_token.platform.payments import StepKind
from deposit_token.protocol.contracts import ESCROW
from deposit_token.protocol.payment import Payment
from deposit_token.protocol.settlement import Settlement
from deposit_token.store.store import Store
from deposit_token.values.fields import WORD

if TYPE_CHECKING:
    from web3.types import FilterParams, LogReceipt, RPCEndpoint

    from deposit_token.chain.endpoint import Endpoint

_OPENED = {
    "PaymentAuthorized": StepKind.AUTHORIZE,
    "PaymentCharged": StepKind.CHARGE,
}
_OPERATORS = {**_OPENED, "PaymentCaptured": StepKind.CAPTURE}
"""What only a payment's operator can do."""

_ANYBODYS = {
    "PaymentReleased": StepKind.RELEASE,
    "PaymentDisputed": StepKind.DISPUTE,
    "PaymentResolved": StepKind.RESOLVE,
    "PaymentVoided": StepKind.VOID,
    "PaymentReclaimed": StepKind.RECLAIM,
    "PaymentRefunded": StepKind.REFUND,
}

_AT_ONCE = 10_000
"""Blocks whose events are kept at once."""

_OPERATOR_WORD = [member.name for member in Payment.members()].index("operator")
"""Of the terms, with which the data of the events that open a payment begin."""

_COUNT = cast("RPCEndpoint", "eth_getTransactionCount")
_BY_NUMBER = cast("RPCEndpoint", "eth_getBlockByNumber")
_BY_HASH = cast("RPCEndpoint", "eth_getTransactionByHash")


class Following:
    """Brings a payment log up to what the chain has, in blocks that are final."""

    def __init__(
        self, settlement: Settlement, store: Store, log: PaymentLog, accounts: Sequence[str]
    ) -> None:
        self._chain = settlement.chain
        self._escrow = self._chain.contract(ESCROW, settlement.address)
        self._endpoint = cast("Endpoint", self._chain.web3.provider)
        self._store = store
        self._log = log
        self._accounts = accounts
        self._words = {bytes.fromhex(each[2:]).rjust(WORD, b"\0") for each in accounts}
        self._complete = False
        log.followed(self._final())
        # Before anything is signed: then the store seems to know all that came before.
        log.keep_looked(self._unknown())

    def follow(self) -> None:
        """Keep what others have done until the last final block, and what the store does not know
        once it is final; raises what the endpoint raises."""
        final = self._final()
        self._read(self._log.followed(final) + 1, final, _ANYBODYS)
        with suppress(PendingError):
            self.require_complete()

    def require_complete(self) -> None:
        """Make sure that the log has all that its accounts have sent; looks on the chain for what
        the store does not know.

        Raises what the endpoint raises, and PendingError while some of that is not final.
        """
        if self._complete:
            return
        looked = self._log.looked(self._accounts)
        wanted = {each: some.wanted for each, some in looked.items() if some.wanted > some.found}
        if wanted:
            final = self._final()
            counted = self._counts([[each, hex(final)] for each in wanted])
            for (account, many), found in zip(wanted.items(), counted, strict=True):
                if found < many:
                    raise PendingError(
                        f"transactions of {account}: found {many - found} that are not final, some "
                        "of which the store has not, accepted is none: wait until they are final."
                    )
            first = created_in(self._chain, self._escrow.address, final)
            self._read(first, final, _OPERATORS | _ANYBODYS)
            self._log.keep_looked(
                {each: Looked(0, found) for each, found in zip(wanted, counted, strict=True)}
            )
        self._complete = True

    def _unknown(self) -> dict[str, Looked]:
        """How many transactions the node has of each account of which the store has not the
        last."""
        tags = ("latest", "pending")
        counted = self._counts([[each, tag] for each in self._accounts for tag in tags])
        looked = self._log.looked(self._accounts)
        found = {}
        for number, account in enumerate(self._accounts):
            sent = max(counted[2 * number : 2 * number + 2])
            if sent > max(self._store.next_nonce(account), looked[account].found):
                found[account] = Looked(sent, 0)
        return found

    def _final(self) -> int:
        return max(self._chain.last_final_block(), 0)

    def _counts(self, asked: Sequence[Sequence[str]]) -> list[int]:
        return [int(each, 16) for each in self._endpoint.ask_each(_COUNT, asked)]

    def _read(self, first: int, last: int, events: Mapping[str, StepKind]) -> None:
        kinds = {self._topic(name): (name, kind) for name, kind in events.items()}
        wanted = cast("FilterParams", {"address": self._escrow.address, "topics": [sorted(kinds)]})
        for start in range(first, last + 1, _AT_ONCE):
            end = min(start + _AT_ONCE - 1, last)
            logs = list(logs_in_spans(self._chain.web3, wanted, start, end))
            self._keep(logs, kinds, end)

    def _topic(self, event: str) -> str:
        return str(self._escrow.events[event]().topic)

    def _keep(
        self, logs: "Sequence[LogReceipt]", kinds: Mapping[str, tuple[str, StepKind]], block: int
    ) -> None:
        known = self._log.known({bytes(log["topics"][1]) for log in logs})
        opened: dict[bytes, tuple[Payment, int]] = {}
        seen: dict[FoundStep, int] = {}
        for log in logs:
            name, kind = kinds[log["topics"][0].to_0x_hex()]
            id = bytes(log["topics"][1])
            if kind in _OPENED.values() and id not in known and self._is_own(log):
                terms = _terms(self._arguments(name, log)["payment"])
                if terms is not None:
                    opened[id] = terms, log["blockNumber"]
            if id in known or id in opened:
                seen[self._found(log, name, kind)] = log["blockNumber"]
        new = self._log.new_among(list(seen))
        blocks = {seen[each] for each in new} | {number for _, number in opened.values()}
        times = self._times(blocks)
        senders = self._senders({each.transaction for each in new})
        self._log.keep_found(
            {id: (terms, times[number]) for id, (terms, number) in opened.items()},
            [replace(each, at=times[seen[each]], by=senders[each.transaction]) for each in new],
            block,
        )

    def _is_own(self, log: "LogReceipt") -> bool:
        first = WORD * _OPERATOR_WORD
        return bytes(log["data"][first : first + WORD]) in self._words

    def _arguments(self, event: str, log: "LogReceipt") -> Mapping[str, Any]:
        arguments: Mapping[str, Any] = self._escrow.events[event]().process_log(log)["args"]
        return arguments

    def _found(self, log: "LogReceipt", name: str, kind: StepKind) -> FoundStep:
        arguments = self._arguments(name, log)
        if kind in _OPENED.values():
            arguments = arguments["payment"]
        return FoundStep(
            payment_id=bytes(log["topics"][1]),
            kind=kind,
            source_amount=arguments.get("sourceAmount", 0),
            target_amount=arguments.get("targetAmount", 0),
            transaction=log["transactionHash"].to_0x_hex(),
            log_index=log["logIndex"],
        )

    def _times(self, blocks: set[int]) -> dict[int, int]:
        numbers = sorted(blocks)
        told = self._endpoint.ask_each(_BY_NUMBER, [[hex(each), False] for each in numbers])
        return {
            number: int(block["timestamp"], 16) for number, block in zip(numbers, told, strict=True)
        }

    def _senders(self, hashes: set[str]) -> dict[str, str]:
        from eth_utils.address import to_checksum_address

        asked = sorted(hashes)
        told = self._endpoint.ask_each(_BY_HASH, [[each] for each in asked])
        return {
            each: to_checksum_address(sent["from"]) if sent and sent.get("from") else ""
            for each, sent in zip(asked, told, strict=True)
        }


def _terms(told: Mapping[str, Any]) -> Payment | None:
    """Terms as an event has them; None for some that this library writes for nobody."""
    values = Payment.from_tuple(told[member.key] for member in Payment.members())
    try:
        return Payment.from_json(values.to_json())
    except InputError:
        return None
