"""Events of escrows and tokens, what they add up to, and until where they were read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _contract() -> sa.Column[int]:
    return sa.Column("contract", sa.BigInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("contract", sa.String(42), nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("blocks", sa.JSON, nullable=False),
        sa.Column("seal", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("contract", "purpose"),
    )
    op.create_table(
        "escrow_events",
        _contract(),
        sa.Column("block", sa.BigInteger, primary_key=True),
        sa.Column("log_index", sa.BigInteger, primary_key=True),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("payment", sa.LargeBinary, nullable=False),
        sa.Column("source_token", sa.LargeBinary, nullable=False),
        sa.Column("target_token", sa.LargeBinary, nullable=False),
        sa.Column("source_amount", sa.Text, nullable=False),
        sa.Column("target_amount", sa.Text, nullable=False),
        sa.Column("source_returned", sa.Text, nullable=False),
        sa.Column("target_returned", sa.Text, nullable=False),
        sa.Column("seal", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("escrow_events_by_payment", "escrow_events", ["contract", "payment"])
    op.create_table(
        "token_events",
        _contract(),
        sa.Column("block", sa.BigInteger, primary_key=True),
        sa.Column("log_index", sa.BigInteger, primary_key=True),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("sender", sa.LargeBinary, nullable=False),
        sa.Column("receiver", sa.LargeBinary, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("seal", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sums",
        _contract(),
        sa.Column("token", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.String(12), primary_key=True),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("seal", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "balances",
        _contract(),
        sa.Column("holder", sa.LargeBinary, primary_key=True),
        sa.Column("balance", sa.Text),
        sa.Column("seal", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for each in ("balances", "sums", "token_events", "escrow_events", "checkpoints"):
        op.drop_table(each)
