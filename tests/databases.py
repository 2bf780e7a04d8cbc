"""PostgreSQL, as tests run it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

MISSING = "neither on PATH nor under /usr/lib/postgresql is PostgreSQL's initdb"

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.slow)
"""The second database that tests run on: the first is SQLite."""

_INSTALLED = Path("/usr/lib/postgresql")


def find_postgresql() -> Path | None:
    """The folder of its programs, of the newest version if it is not on PATH."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    return versions[-1].parent if versions else None


class Postgresql:
    """A server that is reached by a socket in its own folder."""

    def __init__(self, folder: Path, do: Callable[..., None], settings: str) -> None:
        self._folder = folder
        self._do = do
        self._settings = f"-c listen_addresses='' -k {folder}{settings}"
        self._numbers = count(1)

    def start(self) -> None:
        log = f"--log={self._folder / 'log'}"
        self._do("pg_ctl", "start", "--wait", "--silent", log, "-o", self._settings)

    def stop(self) -> None:
        """Stop it in the middle of whatever it does."""
        self._do("pg_ctl", "stop", "--mode=immediate", "--silent")

    def restart(self) -> None:
        self.stop()
        self.start()

    def new(self) -> str:
        """The URL of an empty database."""
        name = f"store_{next(self._numbers)}"
        engine = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://store@/{database}?host={self._folder}"


@contextmanager
def run_postgresql(programs: Path, *, durable: bool = False) -> Iterator[Postgresql]:
    """A server of its own, stopped and removed afterwards; a durable one waits for the disk."""
    with tempfile.TemporaryDirectory(prefix="store-") as name:
        folder, options = Path(name), {}
        if os.geteuid() == 0:  # It refuses to be run by root.
            user = _somebody()
            os.chown(folder, user.pw_uid, user.pw_gid)
            options = {"user": user.pw_uid, "group": user.pw_gid, "cwd": folder}

        def do(program: str, *arguments: str) -> None:
            command = [programs / program, "--pgdata", folder / "data", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)

        do("initdb", "--username=store", "--auth=trust", "--no-sync", "--encoding=UTF8")
        server = Postgresql(folder, do, "" if durable else " -c fsync=off")
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _somebody() -> pwd.struct_passwd:
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")
