"""How long the random histories run.

    pytest -m '' tests/model --histories 2000 --seed 7

runs as many on pyrevm, a tenth of them on anvil, and prints what was done; the history of many acts
takes the seed too, and is as long as ever. A run that fails says with which options it does so
again.
"""

import pytest


def pytest_addoption(parser):
    group = parser.getgroup("reference model")
    group.addoption("--histories", type=int, help="random histories on pyrevm, in tens")
    group.addoption("--seed", type=int, help="of the first ten; the others count up from it")


@pytest.fixture(scope="session")
def long_run(request):
    """Whether the run's length is given, and not that of every day."""
    return request.config.getoption("histories", None) is not None


@pytest.fixture(scope="session")
def first_seed(request):
    # A run from another folder does not know this one's options.
    return request.config.getoption("seed", None) or 1


@pytest.fixture(scope="session")
def histories(request):
    return request.config.getoption("histories", None) or 20
