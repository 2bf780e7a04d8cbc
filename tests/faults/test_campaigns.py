"""Nothing is doubled, lost or hung, whoever is killed whenever; and each mistake is found."""

import pytest

from tests.faults.campaign import Campaign, Plan
from tests.faults.mistakes import MISTAKES

STATES = "20000"
"""States of its past that anvil keeps; what it has put on disk it forgets in a reorganisation."""


@pytest.fixture
def faults(start_anvil, connect, tmp_path):
    """What a campaign finds that is carried out by a plan."""

    def found(plan, url):
        with start_anvil("--prune-history", STATES) as node:
            return Campaign(plan, node, url, connect(url), tmp_path / "log").faults()

    return found


@pytest.mark.faults
@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_workers_double_lose_and_hang_nothing(faults, new_store, database, workers, kills):
    url, restart = new_store(database)
    assert faults(Plan(kills, workers, seed=workers, restart=restart), url) == []


@pytest.mark.slow
def test_a_few_kills_double_lose_and_hang_nothing(faults, new_store):
    url, _ = new_store("sqlite")
    assert faults(Plan(kills=4, workers=2, seed=7), url) == []


@pytest.mark.faults
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(faults, new_store, mistake):
    url, _ = new_store("sqlite")
    for seed in range(1, 4):
        found = faults(Plan(kills=15, workers=4, seed=seed, mistake=mistake), url)
        if found:
            return
        url, _ = new_store("sqlite")
    pytest.fail(f"nothing was found of {mistake} with the seeds 1 to 3")
