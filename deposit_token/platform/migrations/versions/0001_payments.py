"""Payments, their steps, and until where the chain was read for them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("reference", sa.Text),
        sa.Column("spelling", sa.Text, unique=True),
        sa.Column("uetr", sa.String(36), nullable=False, unique=True),
        sa.Column("id", sa.String(66), nullable=False, unique=True),
        sa.Column("escrow", sa.String(42), nullable=False),
        sa.Column("remittance_hash", sa.String(66), nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("entered", sa.BigInteger, nullable=False),
        sa.Column("renewed_as", sa.String(36)),
    )
    op.create_index("payments_by_hash", "payments", ["remittance_hash"])
    op.create_table(
        "steps",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("payment", sa.BigInteger, sa.ForeignKey("payments.number"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("source_amount", sa.String(32), nullable=False),
        sa.Column("target_amount", sa.String(32), nullable=False),
        sa.Column("quote", sa.JSON(none_as_null=True)),
        sa.Column("instruction", sa.Text, unique=True),
        sa.Column("transaction", sa.String(66)),
        sa.Column("log_index", sa.BigInteger),
        sa.Column("by", sa.String(42)),
        sa.Column("at", sa.BigInteger),
        sa.Column("settled", sa.BigInteger),
        sa.UniqueConstraint("payment", "kind", "key"),
        sa.UniqueConstraint("transaction", "log_index"),
    )
    op.create_index("steps_by_settled", "steps", ["settled"], unique=True)
    op.create_table(
        "followed",
        sa.Column("escrow", sa.String(42), primary_key=True),
        sa.Column("block", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "looked",
        sa.Column("account", sa.String(42), primary_key=True),
        sa.Column("wanted", sa.BigInteger, nullable=False),
        sa.Column("found", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for each in ("looked", "followed", "steps", "payments"):
        op.drop_table(each)
