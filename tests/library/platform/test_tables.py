"""The payment log's tables beside those of its store."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from deposit_token.platform.log import PaymentLog
from deposit_token.platform.tables import METADATA
from deposit_token.protocol.structs import Domain
from deposit_token.store.projection_tables import METADATA as STORE


def test_they_are_those_that_the_migrations_make(store):
    for _ in range(2):
        PaymentLog(store, Domain.escrow(1, f"0x{7:040}"))
    with store.reading() as connection:
        context = MigrationContext.configure(connection)
        differing = compare_metadata(context, [METADATA, STORE])
    # What tells which migrations were done.
    assert [(each[0], each[1].name) for each in differing] == [
        ("remove_table", "alembic_version_platform")
    ]
