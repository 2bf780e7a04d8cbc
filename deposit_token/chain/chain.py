"""The chain: one JSON-RPC endpoint that transactions are sent to and contracts are read from."""

import logging
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, Self, cast

from eth_account.datastructures import SignedTransaction
from eth_typing import ChecksumAddress, HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.exceptions import (
    BlockNotFound,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.types import (
    Nonce,
    TxParams,
    TxReceipt,
    Wei,
)
from web3.utils import abi_to_signature, get_abi_input_types, get_abi_output_types

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.endpoint import Endpoint, origin, require_http
from deposit_token.chain.refusals import Reverted
from deposit_token.errors import (
    BrokenAnswer,
    DepositTokenError,
    NoContract,
    Rejected,
    TransactionFailed,
    Unsupported,
    Unsure,
    WrongChain,
)
from deposit_token.values.fields import require_addresses

_LOGGER = logging.getLogger(__name__)
_NOTHING: Mapping[str, str] = MappingProxyType({})

RECEIPT_TIMEOUT = 180.0
"""Seconds that a transaction may take to be mined before `Chain.send` gives up waiting."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 1.0
"""Seconds between two looks for a receipt, doubled each time."""

_BASE_FEES = 4
"""The cap of the fees, in base fees of the latest block; only the actual base fee is spent."""

_FEES_AGE = 60.0
"""Seconds after which the fees are read anew: a base fee rises by at most an eighth a block."""


class Signer(Protocol):
    """An account that sends: a key of this process, or one that signs elsewhere, as in an HSM."""

    @property
    def address(self) -> ChecksumAddress:
        """Checksummed."""

    def sign_transaction(self, transaction_dict: Any) -> SignedTransaction:
        """The signed bytes and their hash; `transaction_dict` is complete, of type 2 (EIP-1559)."""


class Chain:
    """One chain through one JSON-RPC endpoint; get it from `connect`.

    It keeps the next nonce of each account that it sends from, so nothing else should send from
    the same account meanwhile; if something does, a rejected transaction makes it read the nonce
    anew. Not for use by several threads. Every act raises Unreachable if the node gives no
    answer, and NodeError or another TransientError if it gives an error in place of one.
    """

    def __init__(self, web3: Web3, chain_id: int, genesis_hash: str) -> None:
        self.web3 = web3
        self.chain_id = chain_id
        self.genesis_hash = genesis_hash
        """Hash of block 0: 0x and 64 hex digits."""
        self._contracts: dict[tuple[str, str], Contract] = {}
        self._nonces: dict[str, Nonce] = {}
        self._fees: TxParams | None = None
        self._fees_read = 0.0

    @classmethod
    def connect(cls, url: str, chain_id: int | None = None) -> Self:
        """The chain behind an HTTP endpoint.

        Raises Unreachable or BrokenAnswer if no Ethereum node answers there, WrongChain if one of
        another chain id than `chain_id` does.
        """
        require_http(url)
        web3 = Web3(Endpoint(url))
        # It asks for the chain id before every call, and refuses the blocks of IBFT and QBFT.
        web3.middleware_onion.remove("validation")
        web3.middleware_onion.remove("ens_name_to_address")
        try:
            found = web3.eth.chain_id
            genesis = web3.eth.get_block(0)
        except Web3Exception as error:
            raise BrokenAnswer(
                f"RPC endpoint: found no Ethereum node at {origin(url)} ({_reason(error)}), "
                "accepted is one that answers JSON-RPC over HTTP."
            ) from None
        if chain_id is not None and found != chain_id:
            raise WrongChain(f"chain id: found {found} at {origin(url)}, accepted is {chain_id}.")
        return cls(web3, found, genesis["hash"].to_0x_hex())

    def now(self) -> int:
        """The latest block's time, Unix seconds."""
        return self.web3.eth.get_block("latest")["timestamp"]

    def has_code(self, address: str) -> bool:
        """Whether a contract stands at an address; raises InputError for one without checksum."""
        require_addresses(address=address)
        return len(self.web3.eth.get_code(cast(ChecksumAddress, address))) > 0

    def is_final(self, receipt: TxReceipt) -> bool:
        """Whether no reorganisation of the chain can undo a mined transaction any more.

        It is once the chain has finalized its block, on Ethereum about a quarter of an hour after
        it was mined. One that is gone, or that is in another block by now, is not: the receipt is
        of no use then, and what it stood for may never happen. Raises Unsupported if the node knows
        of no finalized block.
        """
        try:
            finalized = self.web3.eth.get_block("finalized")["number"]
            # Read after it: a block that was final then is the same ever after.
            mined = self.web3.eth.get_transaction_receipt(receipt["transactionHash"])
        except BlockNotFound:
            raise Unsupported(
                "finality: found no finalized block, accepted is a chain that finalizes its blocks."
            ) from None
        except TransactionNotFound:
            return False
        return mined["blockHash"] == receipt["blockHash"] and mined["blockNumber"] <= finalized

    def contract(self, name: str, address: str) -> Contract:
        """A contract that stands at an address, by its artifact's name.

        Raises InputError for an address without checksum, NoContract if none stands there: a
        transaction to it would succeed and do nothing.
        """
        key = (name, address)
        if key not in self._contracts:
            if not self.has_code(address):
                raise NoContract(
                    f"{name}: found no contract at {address}, accepted is the address of one on "
                    f"chain {self.chain_id}."
                )
            self._contracts[key] = self.web3.eth.contract(
                cast(ChecksumAddress, address), abi=artifact(name).abi
            )
        return self._contracts[key]

    def call(self, function: ContractFunction, block: int | None = None) -> Any:
        """What a contract's function answers, as web3 decodes it; nothing is sent.

        It answers as after the block of this number, without one as after the latest. Raises
        Reverted if it reverts, NoContract if the answer is not that of such a function.
        """
        try:
            return function.call(block_identifier=block)
        except Reverted as refusal:
            raise Reverted(function.fn_name, refusal.found) from None
        except Web3Exception as error:
            raise NoContract(
                f"{function.fn_name}: found no answer at {function.address} ({_reason(error)}), "
                "accepted is a contract that has this function."
            ) from None

    def call_each(
        self,
        contract: Contract,
        function: str,
        asked: Sequence[tuple[object, ...]],
        block: int | None = None,
    ) -> list[Any]:
        """What a function answers to each of these arguments, all in one call.

        For contracts that have OpenZeppelin's `multicall`; addresses come without checksum. Raises
        as `call`.
        """
        abi = contract.functions[function].abi
        selector = Web3.keccak(text=abi_to_signature(abi))[:4]
        types = get_abi_input_types(abi)
        calls = [selector + self.web3.codec.encode(types, arguments) for arguments in asked]
        answers = self.call(contract.functions.multicall(calls), block)
        types = get_abi_output_types(abi)
        decoded = [self.web3.codec.decode(types, answer) for answer in answers]
        return [values if len(types) > 1 else values[0] for values in decoded]

    def send(
        self,
        account: Signer,
        call: ContractFunction | TxParams,
        gas: int | None = None,
        about: Mapping[str, str] = _NOTHING,
    ) -> TxReceipt:
        """Sign a transaction in this process, send it, and wait until it is mined.

        `call` is a contract's function with its arguments, or a transaction of `to` and `data`.
        `gas` is the limit; without it the node is asked, which takes longer, but finds a refusal
        before anything is sent. `account` needs the limit times four base fees at hand. What is
        logged has the fields of `about`, and `transaction_hash` once there is one.

        The receipt is of a transaction that is mined, not final: a reorganisation of the chain may
        still undo it. Pay out and book only what `is_final`.

        Raises Reverted if the contract refuses; Rejected if the node does not take the transaction
        and does not know it; TransactionFailed if it was mined and failed by itself; Unsure if it
        was not mined within `RECEIPT_TIMEOUT`: until then a node that fails to answer is asked
        again. Every message after the transaction was handed to the node names its hash, or both
        if it was signed once more with another nonce or base fee.
        """
        name, transaction = self._transaction(account, call)
        try:
            transaction["gas"] = self._estimate(name, transaction) if gas is None else gas
            handed_in = self._submit(name, account, transaction, about)
            receipt = self._receipt(name, account, handed_in)
        except DepositTokenError as error:
            _LOGGER.warning("%s", error, extra=about)
            raise
        mined = {**about, "transaction_hash": receipt["transactionHash"].to_0x_hex()}
        if receipt["status"] == 0:
            failure = self._failure(name, transaction, receipt)
            _LOGGER.warning("%s", failure, extra=mined)
            raise failure
        _LOGGER.info("%s: mined in block %d", name, receipt["blockNumber"], extra=mined)
        return receipt

    def _transaction(
        self, account: Signer, call: ContractFunction | TxParams
    ) -> tuple[str, TxParams]:
        """What is called, for messages, and the transaction without gas, nonce and fees."""
        basis: TxParams = {"from": account.address, "chainId": self.chain_id, "value": Wei(0)}
        if isinstance(call, ContractFunction):
            to = Web3.to_checksum_address(call.address)
            return call.fn_name, {**basis, "to": to, "data": calldata(call)}
        return f"transaction to {call['to']!r}", {**basis, "data": HexStr("0x"), **call}

    def _estimate(self, name: str, transaction: TxParams) -> int:
        try:
            estimate = self.web3.eth.estimate_gas(_message(transaction))
        except Reverted as refusal:
            raise Reverted(name, refusal.found) from None
        except Web3Exception as error:
            raise Rejected(f"{name}: the node estimates no gas ({_reason(error)}).") from None
        # The state may have changed a little before the transaction is mined.
        return estimate * 5 // 4

    def _submit(
        self, name: str, account: Signer, transaction: TxParams, about: Mapping[str, str]
    ) -> list[HexBytes]:
        """Sign and hand in; once more if that is rejected and its nonce or base fee was stale.

        Gives the hashes of all that was handed in. A node may answer with an error and still keep
        a transaction, so one that it knows counts as sent. That is looked up after the nonce is
        read anew: if the transaction itself has moved the nonce, it is known by then.
        """
        handed_in: list[HexBytes] = []
        terms = self._terms(account)
        while True:
            complete = {**transaction, **terms}
            signed = account.sign_transaction(cast(dict[str, Any], complete))
            handed_in.append(signed.hash)
            sent = {**about, "transaction_hash": signed.hash.to_0x_hex()}
            _LOGGER.info("%s: signed with nonce %d", name, terms["nonce"], extra=sent)
            try:
                rejection = self._hand_in(account, terms["nonce"], signed)
                if rejection is None:
                    return handed_in
                fresh = self._terms(account)
                if any(self._knows(each) for each in handed_in):
                    return handed_in
            except (DepositTokenError, Web3Exception) as error:
                raise _unsure(name, _reason(error), handed_in) from None
            moved = fresh["nonce"] != terms["nonce"] or _base_fees(fresh) != _base_fees(terms)
            if len(handed_in) == 2 or not moved:
                raise Rejected(
                    f"{name}: the node rejected the transaction ({rejection}) and does not know "
                    f"{_either(handed_in)}."
                )
            terms = fresh

    def _terms(self, account: Signer) -> TxParams:
        """The nonce and the fees of the account's next transaction."""
        nonce = self._nonces.get(account.address)
        if nonce is None:
            nonce = self.web3.eth.get_transaction_count(account.address, "pending")
        if self._fees is None or time.monotonic() > self._fees_read + _FEES_AGE:
            self._fees = self._current_fees()
            self._fees_read = time.monotonic()
        return {**self._fees, "nonce": nonce}

    def _hand_in(self, account: Signer, nonce: Nonce, signed: SignedTransaction) -> str | None:
        """Give a transaction to the node; what the node says if it does not take it.

        Forgets the nonce and the fees that it was not sent with.
        """
        self._nonces.pop(account.address, None)
        fees, self._fees = self._fees, None
        try:
            self.web3.eth.send_raw_transaction(signed.raw_transaction)
        except Web3Exception as rejection:
            return _reason(rejection)
        self._nonces[account.address] = Nonce(nonce + 1)
        self._fees = fees
        return None

    def _knows(self, transaction_hash: HexBytes) -> bool:
        """Whether the node has a transaction, mined or not."""
        try:
            self.web3.eth.get_transaction(transaction_hash)
        except TransactionNotFound:
            return False
        return True

    def _current_fees(self) -> TxParams:
        base_fee = self.web3.eth.get_block("latest").get("baseFeePerGas")
        if base_fee is None:
            raise Unsupported(
                "fees: found a chain without a base fee, accepted is one with EIP-1559."
            )
        tip = self.web3.eth.max_priority_fee
        return {
            "maxFeePerGas": Wei(_BASE_FEES * base_fee + tip),
            "maxPriorityFeePerGas": tip,
        }

    def _receipt(self, name: str, account: Signer, handed_in: list[HexBytes]) -> TxReceipt:
        """Wait until one of these is mined, whatever the node says meanwhile."""
        deadline = time.monotonic() + RECEIPT_TIMEOUT
        pause = _FIRST_PAUSE
        while True:
            for transaction_hash in handed_in:
                try:
                    return self.web3.eth.get_transaction_receipt(transaction_hash)
                except TransactionNotFound:
                    missing = f"not mined within {RECEIPT_TIMEOUT} s."
                except (DepositTokenError, Web3Exception) as error:
                    missing = _reason(error)
            if time.monotonic() > deadline:
                self._nonces.pop(account.address, None)
                raise _unsure(name, missing, handed_in)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _failure(self, name: str, transaction: TxParams, receipt: TxReceipt) -> DepositTokenError:
        """Why a mined transaction failed, as far as the same call at its block tells."""
        try:
            replayed = {**_message(transaction), "gas": transaction["gas"]}
            self.web3.eth.call(cast(TxParams, replayed), receipt["blockNumber"])
        except Reverted as refusal:
            return Reverted(name, refusal.found, receipt)
        except (DepositTokenError, Web3Exception) as error:
            reason = _reason(error)
        else:
            reason = "and does not when it is repeated"
        mined = receipt["transactionHash"].to_0x_hex()
        return TransactionFailed(
            f"{name}: transaction {mined} failed with {receipt['gasUsed']} of {transaction['gas']} "
            f"gas used ({reason}).",
            mined,
        )


def calldata(function: ContractFunction) -> HexStr:
    """What a transaction to a contract's function carries: selector and encoded arguments."""
    # web3's own `build_transaction` hashes the whole ABI each time.
    arguments = function.w3.codec.encode(get_abi_input_types(function.abi), function.arguments)
    return HexStr(function.selector + arguments.hex())


def _message(transaction: TxParams) -> TxParams:
    """What a call sees of a transaction: neither nonce nor fees."""
    return {
        "from": transaction["from"],
        "to": transaction["to"],
        "data": transaction["data"],
        "value": transaction["value"],
    }


def _base_fees(terms: TxParams) -> int:
    """What the cap of the fees has beside the tip, which moves all the time."""
    return int(terms["maxFeePerGas"]) - int(terms["maxPriorityFeePerGas"])


def _unsure(name: str, reason: str, handed_in: list[HexBytes]) -> Unsure:
    return Unsure(f"{name}: {reason}", [each.to_0x_hex() for each in handed_in])


def _either(hashes: list[HexBytes]) -> str:
    return " or ".join(each.to_0x_hex() for each in hashes)


def _reason(error: Exception) -> str:
    if isinstance(error, Web3RPCError) and error.rpc_response is not None:
        return str(error.rpc_response["error"]["message"])
    return str(error)
