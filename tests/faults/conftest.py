"""Stores for workers of any number."""

from itertools import count

import pytest

from tests.library.conftest import connect, postgresql  # noqa: F401  They are fixtures here too.


def pytest_addoption(parser):
    parser.getgroup("faults").addoption("--kills", type=int, help="kills in each campaign (50)")


@pytest.fixture
def kills(request):
    # A run from another folder does not know this one's options.
    return request.config.getoption("kills", None) or 50


@pytest.fixture
def new_store(request, tmp_path):
    """Gives the address of a new store of a kind, and what restarts its server, if it has one."""
    numbers = count(1)

    def new(database):
        if database == "sqlite":
            return f"sqlite:///{tmp_path / f'store-{next(numbers)}.sqlite'}", None
        server = request.getfixturevalue("postgresql")
        return server.new(), server.restart

    return new
