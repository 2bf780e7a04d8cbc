"""Instructions, transactions and leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "instructions",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("sender", sa.String(42), nullable=False),
        sa.Column("to", sa.String(42), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("gas", sa.BigInteger, nullable=False),
        sa.Column("proof_address", sa.String(42), nullable=False),
        sa.Column("proof_topics", sa.LargeBinary, nullable=False),
        sa.Column("about", sa.JSON, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("transaction", sa.String(66)),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("instructions_by_state", "instructions", ["sender", "state", "number"])
    op.create_table(
        "transactions",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("hash", sa.String(66), nullable=False, unique=True),
        sa.Column("sender", sa.String(42), nullable=False),
        sa.Column("nonce", sa.BigInteger, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("gas", sa.BigInteger, nullable=False),
        sa.Column("max_fee", sa.BigInteger, nullable=False),
        sa.Column("tip", sa.BigInteger, nullable=False),
        sa.Column("ids", sa.JSON, nullable=False),
        sa.Column("signed_at", sa.BigInteger, nullable=False),
        sa.Column("signed_after", sa.BigInteger, nullable=False),
        sa.Column("fate", sa.String(8), nullable=False),
        sa.Column("block", sa.BigInteger),
        sa.Column("block_hash", sa.String(66)),
    )
    op.create_index("transactions_by_nonce", "transactions", ["sender", "nonce"])
    op.create_index("transactions_by_fate", "transactions", ["sender", "fate", "nonce"])
    op.create_table(
        "leases",
        sa.Column("sender", sa.String(42), primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for each in ("leases", "transactions", "instructions"):
        op.drop_table(each)
