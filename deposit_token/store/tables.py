"""The tables of a store that is a database, as its migrations make them, and their rows."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
)

from deposit_token.store.records import Fate, Instruction, Proof, State, Transaction, kept
from deposit_token.values.fields import WORD

METADATA = MetaData()

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up in an INTEGER alone."""

INSTRUCTIONS = Table(
    "instructions",
    METADATA,
    # In the order in which they were added.
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("sender", String(42), nullable=False),
    Column("to", String(42), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("proof_address", String(42), nullable=False),
    # One to four topics of 32 bytes.
    Column("proof_topics", LargeBinary, nullable=False),
    Column("about", JSON, nullable=False),
    Column("state", String(8), nullable=False),
    Column("transaction", String(66)),
    Column("reason", Text, nullable=False),
    # Of its block; UTC, Unix seconds.
    Column("at", BigInteger),
    Column("settled", BigInteger),
    Index("instructions_by_state", "sender", "state", "number"),
    Index("instructions_by_settled", "settled", unique=True),
)

TRANSACTIONS = Table(
    "transactions",
    METADATA,
    # In the order in which they were signed.
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("hash", String(66), nullable=False, unique=True),
    Column("sender", String(42), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("gas", BigInteger, nullable=False),
    # In wei a gas.
    Column("max_fee", BigInteger, nullable=False),
    Column("tip", BigInteger, nullable=False),
    # Of the instructions that it carries, in order.
    Column("ids", JSON, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("signed_after", BigInteger, nullable=False),
    Column("fate", String(8), nullable=False),
    Column("block", BigInteger),
    Column("block_hash", String(66)),
    Index("transactions_by_nonce", "sender", "nonce"),
    Index("transactions_by_fate", "sender", "fate", "nonce"),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("sender", String(42), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    # UTC, Unix seconds.
    Column("until", BigInteger, nullable=False),
)


BOUND = Table(
    "bound",
    METADATA,
    # 1, so that there is one row.
    Column("number", Integer, primary_key=True, autoincrement=False),
    # As text, since it may have 256 bits.
    Column("chain_id", Text, nullable=False),
    Column("genesis_hash", String(66), nullable=False),
)

COUNTED = Table(
    "counted",
    METADATA,
    # 1, so that there is one row.
    Column("number", Integer, primary_key=True, autoincrement=False),
    # How many instructions were done or refused so far.
    Column("settled", BigInteger, nullable=False),
)


def instruction_row(instruction: Instruction) -> dict[str, Any]:
    """An instruction as a row, without its number."""
    row = {**vars(instruction), **standing_row(instruction)}
    proof = row.pop("proof")
    return row | {"proof_address": proof.address, "proof_topics": b"".join(proof.topics)}


def standing_row(instruction: Instruction) -> dict[str, Any]:
    """An instruction's id, and what changes of it."""
    return {
        "id": instruction.id,
        "state": instruction.state.value,
        "transaction": instruction.transaction,
        # PostgreSQL has no text with a zero byte, which a contract may have written.
        "reason": instruction.reason.replace("\0", ""),
        "at": instruction.at,
        "settled": instruction.settled,
    }


def instruction_of(row: Row[Any]) -> Instruction:
    """The instruction that a row of the table has."""
    _, id, sender, to, data, gas, address, words, about, state, *standing = tuple(row)
    topics = tuple(words[first : first + WORD] for first in range(0, len(words), WORD))
    proof = kept(Proof, address, topics)
    return kept(Instruction, id, sender, to, data, gas, proof, about, State(state), *standing)


def transaction_row(transaction: Transaction) -> dict[str, Any]:
    """A transaction as a row, without its number."""
    return {**vars(transaction), "fate": transaction.fate.value}


def transaction_of(row: Row[Any]) -> Transaction:
    """The transaction that a row of the table has."""
    _, *fields, ids, signed_at, signed_after, fate, block, block_hash = tuple(row)
    rest = (signed_at, signed_after, Fate(fate), block, block_hash)
    return kept(Transaction, *fields, tuple(ids), *rest)
