"""The bench of speed does what it measures."""

import pytest

from benchmarks.speed import sending, signing
from benchmarks.speed.market import Market
from benchmarks.speed.plot import plot
from tests.databases import MISSING, find_postgresql
from tests.nodes.programs import found

NUMBER = 60


@pytest.fixture(scope="module")
def market():
    return Market.open(NUMBER)


@pytest.mark.slow
def test_every_way_makes_all_payments(market):
    found(find_postgresql(), MISSING)
    told = []
    rates = sending.measure(market, told.append, runs=1)
    assert rates.keys() == sending.WAYS.keys()
    assert len(told) == len(rates)
    assert all(rate > 0 for rate in rates.values())
    assert sending.one_by_one(market, 1) > 0


@pytest.mark.slow
def test_signing_is_measured_beside_bare_signing(market):
    figures = signing.measure(market)
    assert {"signatures_vs_coincurve", "transactions_vs_coincurve"} < figures.keys()


def test_longest_bar_is_the_greatest_rate():
    picture = plot("a < b", {"one": 500, "other": 1_000})
    assert "a &lt; b" in picture
    assert 'width="460.0"' in picture
    assert 'width="230.0"' in picture
    assert ">1,000</text>" in picture
