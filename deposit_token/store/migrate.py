"""Bringing the tables of a store up to date."""

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_LOCK = 4_208_511
"""A number of our own, under which one process at a time changes PostgreSQL's tables."""


def migrate(connection: Connection) -> None:
    """Make the tables, or bring them up to date, within the transaction of a connection."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    with as_file(files("deposit_token.store") / "migrations") as folder:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        command.upgrade(config, "head")
