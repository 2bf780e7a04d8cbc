"""The payment log's tables, beside those of its store, as their migrations make them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up in an INTEGER alone."""

PAYMENTS = Table(
    "payments",
    METADATA,
    # In the order in which they were entered.
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    # None of one that was found on the chain, until somebody asks for it.
    Column("reference", Text),
    # The reference in the form in which all its spellings are alike; None too if it was renewed.
    Column("spelling", Text, unique=True),
    Column("uetr", String(36), nullable=False, unique=True),
    Column("id", String(66), nullable=False, unique=True),
    Column("escrow", String(42), nullable=False),
    Column("remittance_hash", String(66), nullable=False),
    Column("terms", JSON, nullable=False),
    # UTC, Unix seconds.
    Column("entered", BigInteger, nullable=False),
    # The UETR of the one that took its place.
    Column("renewed_as", String(36)),
    Index("payments_by_hash", "remittance_hash"),
)

STEPS = Table(
    "steps",
    METADATA,
    # In the order in which they were asked for, or found.
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("payment", BigInteger, ForeignKey("payments.number"), nullable=False),
    Column("kind", String(16), nullable=False),
    # None of one that was found on the chain, until somebody asks for it.
    Column("key", Text),
    # As texts, since they may have 104 bits; minor units.
    Column("source_amount", String(32), nullable=False),
    Column("target_amount", String(32), nullable=False),
    # A refund's.
    Column("quote", JSON(none_as_null=True)),
    # The id of the store's that carries it out; without it, it was found on the chain.
    Column("instruction", Text, unique=True),
    # From here on: of one that was found.
    Column("transaction", String(66)),
    Column("log_index", BigInteger),
    # The account that has sent it.
    Column("by", String(42)),
    # UTC, Unix seconds.
    Column("at", BigInteger),
    Column("settled", BigInteger),
    UniqueConstraint("payment", "kind", "key"),
    UniqueConstraint("transaction", "log_index"),
    Index("steps_by_settled", "settled", unique=True),
)

FOLLOWED = Table(
    "followed",
    METADATA,
    Column("escrow", String(42), primary_key=True),
    # The last one whose events are in the log.
    Column("block", BigInteger, nullable=False),
)

LOOKED = Table(
    "looked",
    METADATA,
    Column("account", String(42), primary_key=True),
    # How many of its transactions are to be looked for on the chain, and how many were.
    Column("wanted", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
)
