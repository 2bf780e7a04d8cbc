import pytest

from benchmarks.gas import GREATEST_CODE, allowed, measure, read_snapshot, rises, runtime_sizes
from benchmarks.operations import ROWS

KEYS = [row.key for row in ROWS]


@pytest.fixture(scope="module")
def measured():
    return measure(ROWS)


def test_the_snapshot_has_every_operation_once_and_nothing_else():
    assert len(set(KEYS)) == len(KEYS)
    assert sorted(read_snapshot()) == sorted(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_gas_stays_within_half_a_percent_of_the_snapshot(measured, key):
    assert measured[key] <= read_snapshot()[key] * 1005 // 1000


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_gas_is_within_its_must_or_the_table_says_why_not(measured, row):
    assert (measured[row.key] > row.must) == bool(row.why_over)


def test_every_contract_leaves_room_for_a_mend():
    assert {name: size for name, size in runtime_sizes().items() if size > GREATEST_CODE} == {}


def test_half_a_percent_more_passes_and_one_gas_above_it_is_reported():
    snapshot = {"transfer": 43_161, "mint": 50_000}
    assert allowed(43_161) == 43_376
    assert rises({"transfer": 43_376, "mint": 40_000}, snapshot) == []
    assert rises({"transfer": 43_377, "mint": 50_251}, snapshot) == [
        "transfer: measured 43377 gas, accepted is at most 43376, which is 0.5 % above the "
        "snapshot's 43161.",
        "mint: measured 50251 gas, accepted is at most 50250, which is 0.5 % above the "
        "snapshot's 50000.",
    ]


def test_an_operation_without_snapshot_is_reported():
    assert rises({"burn": 40_000}, {}) == [
        "burn: measured 40000 gas, and gas.json has no such key."
    ]
