"""Reading one chain through one JSON-RPC endpoint; nothing is sent."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from eth_abi.exceptions import DecodingError, EncodingError
from eth_typing import ChecksumAddress
from eth_utils.abi import abi_to_signature, get_abi_input_types
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from deposit_token.chain import development
from deposit_token.chain.artifacts import CONTRACTS, artifact
from deposit_token.chain.coding import calldata, decoded
from deposit_token.chain.kinds import FunctionKind, ReceiptKind
from deposit_token.chain.profile import Depth, NetworkProfile
from deposit_token.chain.refusals import Reverted
from deposit_token.errors import (
    InputError,
    NoContract,
    NodeError,
    NotFinal,
    Unsupported,
    WrongChain,
)
from deposit_token.values.fields import (
    Address,
    Bytes32,
    Text,
    TextKind,
    Uint64,
    Uint256,
    checked,
)

if TYPE_CHECKING:
    from web3 import Web3
    from web3.contract import Contract
    from web3.contract.contract import ContractFunction
    from web3.types import TxParams, TxReceipt

Receipt = Annotated["TxReceipt", ReceiptKind()]
BlockHash = Annotated[str, TextKind("0x[0-9a-f]{64}", "0x and 64 hex digits in small letters")]

_NO_FINALIZED_BLOCK = (-39001, -32602)
"""The codes for a block that a node does not know, and for a tag that it does not know."""

_UNKNOWN_BLOCK = re.compile(
    r"final|(unknown|no such) block|(block|header|resource) not found", re.IGNORECASE
)
"""How nodes tell the same by words, with codes that stand for much else."""

_DIED = re.compile(r"\bEVM\b|opcode|instruction|invalid jump|stack|out ?of ?gas", re.IGNORECASE)
"""How nodes tell that foreign code ended without an answer and without reverting."""


class ChainReader:
    """What a chain says: its blocks, its contracts, and what of it is final."""

    @checked
    def __init__(
        self, web3: "Web3", chain_id: Uint256, genesis_hash: BlockHash, profile: NetworkProfile
    ) -> None:
        self.web3 = web3
        self.chain_id = chain_id
        self.genesis_hash = genesis_hash
        """Hash of block 0: 0x and 64 hex digits."""
        self.profile = profile
        self._contracts: dict[tuple[str, str], Contract] = {}

    @classmethod
    @checked
    def connect(cls, network: str | NetworkProfile, chain_id: Uint256 | None = None) -> Self:
        """The chain behind an HTTP endpoint, by its URL or a profile.

        Raises InputError for what is neither, and for an address that is not of HTTP; Unreachable,
        BrokenAnswer or another error of the endpoint's if no Ethereum node answers there;
        WrongChain if one of another chain id than `chain_id` or the profile's does.
        """
        # They take seconds to import, which only who has a node should wait for.
        from web3 import Web3

        from deposit_token.chain.endpoint import Endpoint

        profile = NetworkProfile(url=network) if isinstance(network, str) else network
        endpoint = Endpoint(profile)
        web3 = Web3(endpoint)
        # It asks for the chain id before every call.
        web3.middleware_onion.remove("validation")
        web3.middleware_onion.remove("ens_name_to_address")
        found = web3.eth.chain_id
        for accepted in (chain_id, profile.chain_id):
            if accepted not in (None, found):
                raise WrongChain(
                    f"chain id: found {found} at {endpoint.origin}, accepted is {accepted}."
                )
        return cls(web3, found, web3.eth.get_block(0)["hash"].to_0x_hex(), profile)

    @property
    def development(self) -> bool:
        """Whether it is a development chain, where everybody may have everybody's keys."""
        told = self.profile.development
        return self.chain_id in development.CHAIN_IDS if told is None else told

    def now(self) -> int:
        """The latest block's time, Unix seconds."""
        return self.web3.eth.get_block("latest")["timestamp"]

    @checked
    def has_code(self, address: Address) -> bool:
        """Whether a contract stands at an address; raises InputError for one without checksum."""
        return len(self.web3.eth.get_code(cast(ChecksumAddress, address))) > 0

    def last_final_block(self) -> int:
        """The number of the last block that no reorganisation of the chain can undo any more.

        By the profile's finality: the tag `finalized`, a depth, or the latest block itself. Raises
        Unsupported if the node knows of no finalized block.
        """
        finality = self.profile.finality
        if finality == "at once":
            return self.web3.eth.block_number
        if isinstance(finality, Depth):
            return self.web3.eth.block_number - finality.depth
        try:
            return self.web3.eth.get_block("finalized")["number"]
        except NodeError as error:
            if error.code not in _NO_FINALIZED_BLOCK and not _UNKNOWN_BLOCK.search(error.told):
                raise
            raise Unsupported(
                f"finality: found no finalized block ({error.told}), accepted is a chain that "
                'finalizes its blocks, or a profile that says "at once" or a depth.'
            ) from None

    @checked
    def is_final(self, receipt: Receipt) -> bool:
        """Whether no reorganisation of the chain can undo a mined transaction any more.

        On Ethereum its block is finalized about a quarter of an hour after it was mined. One that
        is gone, or that is in another block by now, is not final: the receipt is of no use then,
        and what it stood for may never happen. Raises as `last_final_block`, and InputError for
        what is no receipt.
        """
        try:
            self.require_final(receipt)
        except NotFinal:
            return False
        return True

    @checked
    def require_final(self, receipt: Receipt) -> None:
        """Raises NotFinal for a receipt that is not final, by `is_final`: it says in which block
        the transaction is, and how many have to become final until that one is, if it still is the
        receipt's; and else as `is_final`."""
        final = self.last_final_block()
        hashed = HexBytes(receipt["transactionHash"])
        # Read after it: a block that was final then is the same ever after.
        mined = self.receipt(hashed)
        if mined is None:
            raise NotFinal(hashed.to_0x_hex(), None, None)
        block = mined["blockNumber"]
        moved = mined["blockHash"] != receipt["blockHash"]
        if moved or block > final:
            needed = None if moved else block - final
            raise NotFinal(hashed.to_0x_hex(), block, needed)

    @checked
    def receipt(self, transaction_hash: Bytes32) -> "TxReceipt | None":
        """The receipt of a transaction by its 32 bytes of hash; None if none was mined."""
        from web3.exceptions import TransactionNotFound

        try:
            return self.web3.eth.get_transaction_receipt(HexBytes(transaction_hash))
        except TransactionNotFound:
            return None

    @checked
    def contract(self, name: Text, address: Address) -> "Contract":
        """A contract that stands at an address, by its artifact's name, such as `DepositToken`.

        Raises InputError for another name or an address without checksum, NoContract if none stands
        there: a transaction to it would succeed and do nothing.
        """
        if name not in CONTRACTS:
            raise InputError("contract name", name, f"one of {', '.join(CONTRACTS)}")
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

    @checked
    def call(
        self, function: Annotated["ContractFunction", FunctionKind()], block: Uint64 | None = None
    ) -> Any:
        """What a contract's function answers, as `decoded` has it; nothing is sent.

        It answers as after the block of this number, without one as after the latest. Raises
        Reverted if it reverts, NoContract if the answer is not that of such a function.
        """
        from web3.exceptions import Web3Exception

        sent: TxParams = {"to": function.address, "data": calldata(function)}
        try:
            return decoded(function, self.web3.eth.call(sent, block))
        except Reverted as refusal:
            raise Reverted(function.fn_name, refusal.found) from None
        except (NodeError, Web3Exception, DecodingError) as error:
            reason = error.told if isinstance(error, NodeError) else str(error)
            if isinstance(error, NodeError) and not _DIED.search(reason):
                raise
            raise NoContract(
                f"{function.fn_name}: found no answer at {function.address} ({reason}), "
                "accepted is a contract that has this function."
            ) from None

    @checked
    def call_each(
        self,
        contract: "Contract",
        function: Text,
        asked: Sequence[Sequence[object]],
        block: Uint64 | None = None,
    ) -> list[Any]:
        """What a function answers to each of these arguments, all in one call.

        For contracts that have OpenZeppelin's `multicall`. Raises as `call`, and InputError for a
        function that the contract lacks or arguments that it does not take.
        """
        try:
            named = contract.functions[function]
        except AttributeError:  # As web3's own error is.
            raise InputError("function", function, "one of the contract's functions") from None
        selector = keccak(text=abi_to_signature(named.abi))[:4]
        types = get_abi_input_types(named.abi)
        calls = []
        for n, arguments in enumerate(asked):
            try:
                calls.append(selector + self.web3.codec.encode(types, arguments))
            except (EncodingError, TypeError, ValueError):
                accepted = f"a list of {', '.join(types) or 'nothing'}"
                raise InputError(f"asked {n}", arguments, accepted) from None
        answers = self.call(contract.functions.multicall(calls), block)
        return [decoded(named, answer) for answer in answers]
