"""What has become of instructions whose transactions are final: done, or refused and why."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, cast

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.failures import failure_of
from deposit_token.chain.logs import emitted, told_in_spans
from deposit_token.chain.reading import ChainReader
from deposit_token.chain.refusals import ContractError, Reverted
from deposit_token.chain.signing import call_of
from deposit_token.errors import DepositTokenError, NodeError
from deposit_token.store.records import Instruction, State, Transaction, standing
from deposit_token.values.fields import CallableKind

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress
    from web3.types import TxParams, TxReceipt

    from deposit_token.chain.endpoint import Endpoint

_Seen = frozenset[tuple[str, str, str]]
"""The beginnings of events: the transaction's hash, the address, and the first topics one after
another, all in hex of small letters."""

Explain = Annotated[Callable[[Instruction, Reverted], str], CallableKind()]
"""Says in one sentence why an instruction was refused."""


def outcomes(
    chain: ChainReader,
    final: Sequence[Transaction],
    carried: Mapping[str, Instruction],
    explain: Explain,
) -> list[Instruction]:
    """The instructions that these transactions carry, each done or refused.

    They are in the final blocks that they name. All events of these blocks are asked for at once,
    and receipts of those alone whose events are missing. Raises what the endpoint raises, and
    NodeError if the node lacks a receipt.
    """
    seen = _logged(chain, final, carried)
    found: list[Instruction] = []
    for transaction in final:
        instructions = [carried[each] for each in transaction.ids]
        if not all(_is_shown(each, transaction, seen) for each in instructions):
            receipt = _receipt(chain, transaction)
            found += _by_receipt(chain, transaction, instructions, receipt, explain)
        else:
            found += [_done(each, transaction) for each in instructions]
    return found


def _logged(
    chain: ChainReader, final: Sequence[Transaction], carried: Mapping[str, Instruction]
) -> _Seen:
    proofs = [carried[id].proof for each in final for id in each.ids]
    if not proofs:
        return frozenset()
    blocks = {each.block: each.block_hash for each in final if each.block is not None}
    wanted = {
        "address": sorted({each.address for each in proofs}),
        "topics": [sorted({f"0x{each.topics[0].hex()}" for each in proofs})],
    }
    endpoint = cast("Endpoint", chain.web3.provider)
    logs = told_in_spans(endpoint, wanted, min(blocks), max(blocks))
    # A block of another hash is none of those that are final.
    return _beginnings(
        {len(each.topics) for each in proofs},
        (
            (log["transactionHash"], log["address"], log["topics"])
            for log in logs
            if log["blockHash"] == blocks.get(int(log["blockNumber"], 16))
        ),
    )


def _beginnings(lengths: Collection[int], logs: Iterable[tuple[str, str, Sequence[str]]]) -> _Seen:
    """Those of so many topics, of events by their transactions, addresses and topics."""
    return frozenset(
        (hashed, address, "".join(topics[:length]))
        for hashed, address, topics in logs
        for length in lengths
        if length <= len(topics)
    )


def _is_shown(instruction: Instruction, transaction: Transaction, seen: _Seen) -> bool:
    proof = instruction.proof
    topics = "".join([f"0x{each.hex()}" for each in proof.topics])
    return (transaction.hash, proof.address.lower(), topics) in seen


def _done(instruction: Instruction, transaction: Transaction) -> Instruction:
    return standing(instruction, state=State.DONE, transaction=transaction.hash)


def _receipt(chain: ChainReader, transaction: Transaction) -> "TxReceipt":
    receipt = chain.receipt(bytes.fromhex(transaction.hash[2:]))
    if receipt is None or receipt["blockHash"].to_0x_hex() != transaction.block_hash:
        raise NodeError(
            f"receipt: found none of transaction {transaction.hash} in the final block "
            f"{transaction.block}, accepted is a node that has it.",
            "no receipt",
        )
    return receipt


def _by_receipt(
    chain: ChainReader,
    transaction: Transaction,
    instructions: Sequence[Instruction],
    receipt: "TxReceipt",
    explain: Explain,
) -> Iterator[Instruction]:
    seen = _beginnings(
        {len(each.proof.topics) for each in instructions},
        (
            (transaction.hash, log["address"].lower(), [each.to_0x_hex() for each in log["topics"]])
            for log in receipt["logs"]
        ),
    )
    reasons = _reasons(chain, transaction, receipt)
    for each, failed in zip(instructions, reasons, strict=True):
        if _is_shown(each, transaction, seen):
            yield _done(each, transaction)
        else:
            reason = explain(each, failed) if isinstance(failed, Reverted) else str(failed)
            yield replace(each, state=State.REFUSED, transaction=transaction.hash, reason=reason)


def _reasons(
    chain: ChainReader, transaction: Transaction, receipt: "TxReceipt"
) -> list[DepositTokenError | str]:
    """Why a transaction lacks the event of each instruction, if it does: it failed as a whole, the
    escrow skipped this act of a batch, or there is no such event."""
    signed = call_of(transaction.raw)
    call = cast(
        "TxParams",
        {
            "from": transaction.sender,
            "to": signed.to,
            "data": f"0x{signed.data.hex()}",
            "value": 0,
            "gas": signed.gas,
        },
    )
    if receipt["status"] == 0:
        failed = failure_of(chain.web3, f"transaction to {call['to']!r}", call, receipt)
        return [failed] * len(transaction.ids)
    escrow = chain.web3.eth.contract(
        cast("ChecksumAddress", call["to"]), abi=artifact("SettlementEscrow").abi
    )
    missing = (
        f"proof: found no such event in transaction {transaction.hash}, accepted is the one of the "
        "instruction."
    )
    reasons: list[DepositTokenError | str] = [missing] * len(transaction.ids)
    for each in emitted(escrow, "ActSkipped", receipt):
        skipped = Reverted(f"act {each['index']} of a batch", ContractError.decode(each["reason"]))
        reasons[each["index"]] = skipped
    return reasons
