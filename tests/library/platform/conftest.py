"""A store in each form that a payment log may have."""

import pytest

from tests.databases import POSTGRESQL


@pytest.fixture(params=["sqlite", POSTGRESQL])
def store(request, tmp_path, connect):
    if request.param == "sqlite":
        return connect(f"sqlite:///{tmp_path / 'store.sqlite'}")
    return connect(request.getfixturevalue("postgresql").new())
