from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.conformance.bank_under_test import Bank, open_bank
from tests.scene import Scene


@pytest.fixture(scope="session")
def scene(start_anvil: Callable[..., AbstractContextManager[str]]) -> Iterator[Scene]:
    with start_anvil() as url:
        yield open_bank(url)


@pytest.fixture
def bank(scene: Scene) -> Iterator[Bank]:
    """The bank, whose holder has 1,000.00 EUR, as if no other test had used it."""
    with scene.undone() as then:
        yield Bank(then)
