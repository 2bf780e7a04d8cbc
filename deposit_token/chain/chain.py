"""The chain: one JSON-RPC endpoint that transactions are sent to and contracts are read from."""

import logging
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

from eth_typing import ChecksumAddress, HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from deposit_token.chain import development
from deposit_token.chain.coding import calldata
from deposit_token.chain.failures import failed, failure_of, message_of
from deposit_token.chain.fees import current_fees
from deposit_token.chain.kinds import CallKind, DataKind
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.reading import BlockHash, ChainReader
from deposit_token.chain.refusals import Reverted
from deposit_token.chain.roles import needed_for
from deposit_token.chain.sentences import Facts, in_ether
from deposit_token.errors import (
    DepositTokenError,
    InsufficientEther,
    NodeError,
    Rejected,
    TooManyRequests,
    Unsupported,
    Unsure,
)
from deposit_token.values.about import require_loggable
from deposit_token.values.fields import Text, Uint64, Uint256, checked, require_addresses

if TYPE_CHECKING:
    from eth_account.datastructures import SignedTransaction
    from web3 import Web3
    from web3.contract.contract import ContractFunction
    from web3.types import Nonce, TxParams, TxReceipt, Wei

_LOGGER = logging.getLogger(__name__)
_NOTHING: Mapping[str, str] = MappingProxyType({})

RECEIPT_TIMEOUT = 180.0
"""Seconds that a transaction may take to be mined before `Chain.send` gives up waiting."""

_FIRST_PAUSE = 0.001
"""Seconds between the first two looks for a receipt, doubled each time."""

_TAKEN = "one that it takes: nothing was done, so mend what it names, then sign and send anew"

_LACKING = ("AccessManagedUnauthorized", "NotAllowedByBank")
"""Errors that say of a caller that it lacks the role, and not which."""

_FEES_AGE = 60.0
"""Seconds after which the fees are read anew: a base fee rises by at most an eighth a block."""


class Signer(Protocol):
    """An account that sends: a key of this process, or one that signs elsewhere, as in an HSM."""

    @property
    def address(self) -> ChecksumAddress:
        """Checksummed."""

    def sign_transaction(self, transaction_dict: Any) -> "SignedTransaction":
        """The signed bytes and their hash; `transaction_dict` is complete, of type 2 (EIP-1559)."""


class Chain(ChainReader):
    """One chain through one JSON-RPC endpoint; get it from `connect`.

    It keeps the next nonce of each account that it sends from, so nothing else should send from
    the same account meanwhile; if something does, a rejected transaction makes it read the nonce
    anew. Not for use by several threads. Every act raises Unreachable if the node gives no answer,
    and NodeError or another TransientError if it gives an error in place of one.
    """

    def __init__(
        self, web3: "Web3", chain_id: Uint256, genesis_hash: BlockHash, profile: NetworkProfile
    ) -> None:
        super().__init__(web3, chain_id, genesis_hash, profile)
        self._nonces: dict[str, Nonce] = {}
        self._fees: TxParams | None = None
        self._fees_read = 0.0

    @checked
    def send(
        self,
        account: Signer,
        call: Annotated["ContractFunction | TxParams", CallKind()],
        gas: Uint64 | None = None,
        about: Mapping[str, str] = _NOTHING,
    ) -> "TxReceipt":
        """Sign a transaction in this process, send it, and wait until it is mined.

        `call` is a contract's function with its arguments, or a transaction of `to`, `data` and
        `value`, in wei; the last two may be left out. `gas` is the limit; without it the node is
        asked, which takes longer, but finds a refusal before anything is sent. `account` needs the
        limit times the greatest fee at hand, by the profile's policy four base fees. What is logged
        has the fields of `about`, and `transaction_hash` once there is one.

        The receipt is of a transaction that is mined, not final: a reorganisation of the chain may
        still undo it. Pay out and book only what `is_final`.

        Raises Reverted if the contract refuses; InputError for an argument that is not of its kind,
        and for a key that everybody has, on a chain that is no development one; Rejected or
        InsufficientEther if the node does not take the transaction and does not know it;
        TransactionFailed if it was mined and failed by itself; Unsure if it was not mined within
        `RECEIPT_TIMEOUT`: until then a node that fails to answer is asked again. Every message
        after the transaction was handed to the node names its hash, or both if it was signed once
        more with another nonce or base fee.
        """
        require_addresses(account=account.address)
        require_loggable(about)
        name, transaction = self._transaction(account, call)
        handed_in: list[HexBytes] = []
        try:
            development.require_own_key(account.address, self)
            transaction["gas"] = self._estimate(name, transaction) if gas is None else gas
            self._submit(name, account, transaction, about, handed_in)
            receipt = self._receipt(name, handed_in)
        except DepositTokenError as error:
            if isinstance(error, Unsure):
                self._nonces.pop(account.address, None)
            told = _with_role(error, transaction)
            _LOGGER.warning("%s", told, extra=_logged(about, handed_in))
            if told is error:
                raise
            raise told from None
        mined = _logged(about, [receipt["transactionHash"]])
        if receipt["status"] == 0:
            failure = failure_of(self.web3, name, transaction, receipt)
            failure = _with_role(failure, transaction)
            _LOGGER.warning("%s", failure, extra=mined)
            raise failure
        _LOGGER.info("%s: mined in block %d", name, receipt["blockNumber"], extra=mined)
        return receipt

    @checked
    def send_signed(self, name: Text, raw: Annotated[HexStr, DataKind()]) -> "TxReceipt":
        """Send what somebody signed before, and wait until it is mined; `name` is for messages.

        `raw` is 0x and hex digits. What the node has already counts as sent. Raises as `send`, but
        TransactionFailed for whatever a contract says.
        """
        sent = HexBytes(keccak(hexstr=raw))
        logged = _logged(_NOTHING, [sent])
        _LOGGER.info("%s: signed before", name, extra=logged)
        try:
            self._hand_in_signed(name, HexBytes(raw), sent)
            receipt = self._receipt(name, [sent])
            if receipt["status"] == 0:
                raise failed(name, receipt, f"{receipt['gasUsed']} gas used")
        except DepositTokenError as error:
            _LOGGER.warning("%s", error, extra=logged)
            raise
        _LOGGER.info("%s: mined in block %d", name, receipt["blockNumber"], extra=logged)
        return receipt

    def _hand_in_signed(self, name: str, raw: HexBytes, sent: HexBytes) -> None:
        try:
            rejection = self._give(raw)
            known = rejection is None or self._knows(sent)
        except DepositTokenError as error:
            raise _unsure(name, str(error), [sent]) from None
        if rejection is not None and not known:
            raise _rejected(name, _rejection(rejection, [sent]), _TAKEN)

    def _transaction(
        self, account: Signer, call: "ContractFunction | TxParams"
    ) -> "tuple[str, TxParams]":
        """What is called, for messages, and the transaction without gas, nonce and fees."""
        basis: TxParams = {
            "from": account.address,
            "chainId": self.chain_id,
            "value": cast("Wei", 0),
        }
        if isinstance(call, Mapping):
            return f"transaction to {call['to']!r}", {**basis, "data": HexStr("0x"), **call}
        to = to_checksum_address(call.address)
        return call.fn_name, {**basis, "to": to, "data": calldata(call)}

    def _estimate(self, name: str, transaction: "TxParams") -> int:
        try:
            estimate = self.web3.eth.estimate_gas(message_of(transaction))
        except Reverted as refusal:
            raise Reverted(name, refusal.found) from None
        except NodeError as error:
            told = f"the node estimates no gas ({error.told})"
            accepted = "a call that it estimates, or one with a gas limit beside it (`gas`)"
            cost = int(transaction["value"])
            raise self._refusal(name, transaction, cost, told, accepted) from None
        # The state may have changed a little before the transaction is mined.
        return estimate * (100 + self.profile.gas_margin_percent) // 100

    def _refusal(
        self, name: str, transaction: "TxParams", needed: int, told: str, accepted: str
    ) -> DepositTokenError:
        """Why the node does not take a transaction: its own reason, or too little ether."""
        rejected = _rejected(name, told, accepted)
        address = cast(ChecksumAddress, transaction["from"])
        try:
            found = self.web3.eth.get_balance(address)
        except DepositTokenError:
            return rejected
        if found >= needed:
            return rejected
        return InsufficientEther(
            f"{name}: {told}: found {in_ether(found)} ether at {address}, accepted is "
            f"{in_ether(needed)} or more, for what is sent and for the gas limit at the greatest "
            "fee."
        )

    def _submit(
        self,
        name: str,
        account: Signer,
        transaction: "TxParams",
        about: Mapping[str, str],
        handed_in: list[HexBytes],
    ) -> None:
        """Sign and hand in; once more if that is rejected and its nonce or base fee was stale.

        Adds the hashes of all that is handed in. A node may answer with an error and still keep
        a transaction, so one that it knows counts as sent. That is looked up after the nonce is
        read anew: if the transaction itself has moved the nonce, it is known by then.
        """
        terms = self._terms(account)
        while True:
            complete: TxParams = {**transaction, **terms}
            signed = account.sign_transaction(cast(dict[str, Any], complete))
            handed_in.append(signed.hash)
            sent = _logged(about, [signed.hash])
            _LOGGER.info("%s: signed with nonce %d", name, terms["nonce"], extra=sent)
            try:
                rejection = self._hand_in(account, terms["nonce"], signed)
                if rejection is None:
                    return
                fresh = self._terms(account)
                if any(self._knows(each) for each in handed_in):
                    return
            except DepositTokenError as error:
                raise _unsure(name, str(error), handed_in) from None
            moved = fresh["nonce"] != terms["nonce"] or _base_fees(fresh) != _base_fees(terms)
            if len(handed_in) == 2 or not moved:
                cost = complete["gas"] * int(complete["maxFeePerGas"]) + complete["value"]
                told = _rejection(rejection, handed_in)
                raise self._refusal(name, complete, cost, told, _TAKEN)
            terms = fresh

    def _terms(self, account: Signer) -> "TxParams":
        """The nonce and the fees of the account's next transaction."""
        nonce = self._nonces.get(account.address)
        if nonce is None:
            nonce = self.web3.eth.get_transaction_count(account.address, "pending")
        if self._fees is None or time.monotonic() > self._fees_read + _FEES_AGE:
            self._fees = current_fees(self.web3, self.profile)
            self._fees_read = time.monotonic()
        return {**self._fees, "nonce": nonce}

    def _hand_in(self, account: Signer, nonce: "Nonce", signed: "SignedTransaction") -> str | None:
        """Give a transaction to the node; what the node says if it does not take it.

        Forgets the nonce and the fees that it was not sent with.
        """
        self._nonces.pop(account.address, None)
        fees, self._fees = self._fees, None
        rejection = self._give(signed.raw_transaction)
        if rejection is None:
            self._nonces[account.address] = cast("Nonce", nonce + 1)
            self._fees = fees
        return rejection

    def _give(self, raw: HexBytes) -> str | None:
        """What the node says if it does not take a transaction.

        Raises what leaves it open whether the node has it: no answer, or one of something else.
        """
        try:
            self.web3.eth.send_raw_transaction(raw)
        except NodeError as rejection:
            if rejection.code is None:
                raise
            return rejection.told
        except (TooManyRequests, Unsupported) as rejection:
            return str(rejection)
        return None

    def _knows(self, transaction_hash: HexBytes) -> bool:
        """Whether the node has a transaction, mined or not."""
        from web3.exceptions import TransactionNotFound

        try:
            self.web3.eth.get_transaction(transaction_hash)
        except TransactionNotFound:
            return False
        return True

    def _receipt(self, name: str, handed_in: list[HexBytes]) -> "TxReceipt":
        """Wait until one of these is mined, whatever the node says meanwhile."""
        deadline = time.monotonic() + RECEIPT_TIMEOUT
        pause = _FIRST_PAUSE
        while True:
            for transaction_hash in handed_in:
                try:
                    receipt = self.receipt(transaction_hash)
                except DepositTokenError as error:
                    missing = str(error)
                    continue
                if receipt is not None:
                    return receipt
                missing = f"not mined within {RECEIPT_TIMEOUT} s."
            if time.monotonic() > deadline:
                raise _unsure(name, missing, handed_in)
            time.sleep(pause)
            pause = min(2 * pause, self.profile.poll_milliseconds / 1_000)


def _with_role(error: DepositTokenError, transaction: "TxParams") -> DepositTokenError:
    """The same, which names the role if the caller was refused for want of one."""
    if not isinstance(error, Reverted) or error.error not in _LACKING:
        return error
    if error.arguments["caller"] != transaction["from"]:
        return error
    return error.with_facts(Facts(needed=needed_for(HexBytes(transaction["data"]))))


def _base_fees(terms: "TxParams") -> int:
    """What the cap of the fees has beside the tip, which moves all the time."""
    return int(terms["maxFeePerGas"]) - int(terms["maxPriorityFeePerGas"])


def _logged(about: Mapping[str, str], hashes: list[HexBytes]) -> dict[str, str]:
    """The fields of a log record; two hashes have a blank between them, none is left out."""
    known = " ".join(each.to_0x_hex() for each in hashes)
    return {**about, "transaction_hash": known} if known else dict(about)


def _unsure(name: str, reason: str, handed_in: list[HexBytes]) -> Unsure:
    return Unsure(f"{name}: {reason}", [each.to_0x_hex() for each in handed_in])


def _rejection(rejection: str, handed_in: list[HexBytes]) -> str:
    either = " or ".join(each.to_0x_hex() for each in handed_in)
    return f"the node rejected the transaction ({rejection}) and does not know {either}"


def _rejected(name: str, told: str, accepted: str) -> Rejected:
    return Rejected(f"{name}: found that {told}, accepted is {accepted}.")
