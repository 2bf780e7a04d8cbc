"""In which order instructions were settled and when, and whose chain the store is of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("instructions", sa.Column("at", sa.BigInteger))
    op.add_column("instructions", sa.Column("settled", sa.BigInteger))
    op.create_index("instructions_by_settled", "instructions", ["settled"], unique=True)
    op.create_table(
        "bound",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("chain_id", sa.Text, nullable=False),
        sa.Column("genesis_hash", sa.String(66), nullable=False),
    )
    counted = op.create_table(
        "counted",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("settled", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counted, [{"number": 1, "settled": 0}])


def downgrade() -> None:
    for each in ("counted", "bound"):
        op.drop_table(each)
    op.drop_index("instructions_by_settled", "instructions")
    for each in ("settled", "at"):
        op.drop_column("instructions", each)
