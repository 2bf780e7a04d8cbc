"""A store in each form that a payment log may have."""

import pytest

from deposit_token.store.sql import SqlStore


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql").new()
    store = SqlStore.connect(url)
    yield store
    store.close()
