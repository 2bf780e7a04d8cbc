"""Bringing the tables of a store up to date, and those that a room above it has beside them."""

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_LOCK = 4_208_511
"""A number of our own, under which one process at a time changes PostgreSQL's tables."""


def migrate(connection: Connection, room: str = "store") -> None:
    """Make the tables of a room of this package, or bring them up to date, within the transaction
    of a connection."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    table = "alembic_version" if room == "store" else f"alembic_version_{room}"
    config = Config(attributes={"connection": connection, "version_table": table})
    with (
        as_file(files("deposit_token.store") / "migrations") as script,
        as_file(files(f"deposit_token.{room}") / "migrations" / "versions") as versions,
    ):
        for option, value in (
            ("script_location", str(script)),
            ("version_locations", str(versions)),
            # A path may have blanks and colons.
            ("path_separator", "newline"),
        ):
            config.set_main_option(option, value.replace("%", "%%"))
        command.upgrade(config, "head")
