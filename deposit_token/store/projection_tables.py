"""The tables of a projection that is in a store's database, as its migration makes them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from deposit_token.store.tables import METADATA

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up in an INTEGER alone."""

CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("contract", String(42), nullable=False),
    # What was read: events, or balances.
    Column("purpose", String(8), nullable=False),
    # Numbers and hashes of blocks, the last first.
    Column("blocks", JSON, nullable=False),
    Column("seal", BigInteger, nullable=False),
    UniqueConstraint("contract", "purpose"),
)

ESCROW_EVENTS = Table(
    "escrow_events",
    METADATA,
    # Of the contract's checkpoint.
    Column("contract", BigInteger, primary_key=True, autoincrement=False),
    Column("block", BigInteger, primary_key=True),
    Column("log_index", BigInteger, primary_key=True),
    Column("event", Text, nullable=False),
    # Empty for none.
    Column("payment", LargeBinary, nullable=False),
    Column("source_token", LargeBinary, nullable=False),
    Column("target_token", LargeBinary, nullable=False),
    # As texts, since they may have 256 bits; minor units.
    Column("source_amount", Text, nullable=False),
    Column("target_amount", Text, nullable=False),
    Column("source_returned", Text, nullable=False),
    Column("target_returned", Text, nullable=False),
    Column("seal", BigInteger, nullable=False),
    Index("escrow_events_by_payment", "contract", "payment"),
    sqlite_with_rowid=False,
)

TOKEN_EVENTS = Table(
    "token_events",
    METADATA,
    # Of the contract's checkpoint.
    Column("contract", BigInteger, primary_key=True, autoincrement=False),
    Column("block", BigInteger, primary_key=True),
    Column("log_index", BigInteger, primary_key=True),
    Column("event", Text, nullable=False),
    # Empty for none.
    Column("sender", LargeBinary, nullable=False),
    Column("receiver", LargeBinary, nullable=False),
    # As a text, since it may have 256 bits; minor units.
    Column("amount", Text, nullable=False),
    Column("seal", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

SUMS = Table(
    "sums",
    METADATA,
    # Of the contract's checkpoint.
    Column("contract", BigInteger, primary_key=True, autoincrement=False),
    Column("token", LargeBinary, primary_key=True),
    # What it is of the token, such as held.
    Column("name", String(12), primary_key=True),
    # As a text, since it may have 256 bits; minor units.
    Column("amount", Text, nullable=False),
    Column("seal", BigInteger, nullable=False),
)

BALANCES = Table(
    "balances",
    METADATA,
    # Of the contract's checkpoint.
    Column("contract", BigInteger, primary_key=True, autoincrement=False),
    Column("holder", LargeBinary, primary_key=True),
    # As a text, since it may have 256 bits; minor units. None is to be asked for again.
    Column("balance", Text),
    Column("seal", BigInteger, nullable=False),
)
