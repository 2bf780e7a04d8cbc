"""How far the walk goes.

    pytest -m '' tests/access --deep

follows every act by three, also those that only take away and those after the bank's delay, and
prints the shortest way to each kind of widening.
"""

import pytest


def pytest_addoption(parser):
    group = parser.getgroup("access")
    group.addoption("--deep", action="store_true", help="follow every act: minutes")


@pytest.fixture(scope="session")
def deep(request):
    # A run from another folder does not know this one's option.
    return bool(request.config.getoption("deep", False))
