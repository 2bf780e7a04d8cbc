"""The forms of the store, which the same tests are for."""

import pytest

from deposit_token.store.memory import MemoryStore


@pytest.fixture
def store():
    return MemoryStore()
