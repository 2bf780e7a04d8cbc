import csv
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext

import pytest
from currency_converter import CurrencyConverter

from deposit_token.errors import InputError, NotInstalled, RateError
from deposit_token.values import rates
from deposit_token.values.money import HISTORIC, LAST_DAYS, Currency
from deposit_token.values.rates import Rate, ReferenceRates
from tests.files import REAL_INVOICES
from tests.refusals import refuses, says

EUR, GBP, USD, JPY, ISK, ILS, BHD = (
    Currency.of(code) for code in ("EUR", "GBP", "USD", "JPY", "ISK", "ILS", "BHD")
)
SIX_DECIMALS = Decimal("0.000001")


@pytest.fixture(scope="module")
def reference():
    return ReferenceRates()


def test_quoted_as_the_ecb_published_it(reference):
    rate = reference.rate(EUR, USD, date(2011, 11, 4))
    assert rate == Rate(EUR, USD, Decimal("1.3773"), date(2011, 11, 4))


def test_cross_rate_goes_through_the_euro_with_16_digits(reference):
    day = date(2010, 12, 1)
    assert reference.rate(EUR, GBP, day).value == Decimal("0.8393")
    assert reference.rate(EUR, JPY, day).value == Decimal("110.37")
    # 110.37 / 0.8393 = 131.50244251161682...
    assert reference.rate(GBP, JPY, day).value == Decimal("131.5024425116168")


@pytest.mark.parametrize("value", [Decimal(0), Decimal(-1), Decimal("NaN"), 1.1, 1])
def test_rate_is_a_finite_decimal_above_zero(value):
    with refuses("value", value, "a finite Decimal above zero"):
        Rate(EUR, USD, value, date(2011, 11, 4))


def test_weekend_takes_the_fixing_before_and_not_an_interpolation(reference):
    friday, sunday, monday = date(2011, 11, 4), date(2011, 11, 6), date(2011, 11, 7)
    rate = reference.rate(GBP, EUR, sunday)
    assert rate.fixing == friday
    assert rate.value == reference.rate(GBP, EUR, friday).value
    assert rate.value != reference.rate(GBP, EUR, monday).value


def test_seven_days_are_the_oldest_fixing_taken(reference):
    last = date(2008, 12, 9)
    assert reference.rate(EUR, ISK, last + timedelta(days=7)).fixing == last
    with says(
        RateError,
        "rate: found no ECB fixing of EUR and ISK for 2008-12-17 (the last of ISK is of "
        "2008-12-09), accepted is one at most 7 days old.",
    ):
        reference.rate(EUR, ISK, last + timedelta(days=8))


def test_currency_that_has_ended_has_no_rate(reference):
    bgn = Currency.of("BGN")
    assert reference.rate(EUR, bgn, date(2025, 12, 31)).fixing == date(2025, 12, 31)
    for pair in ((EUR, bgn), (bgn, USD)):
        with says(
            RateError,
            "currency: found BGN on 2026-01-02, accepted is a day until 2025-12-31, when it gave "
            "way to the euro.",
        ):
            reference.rate(*pair, date(2026, 1, 2))


@pytest.mark.parametrize("code", HISTORIC)
def test_last_day_is_that_of_the_last_fixing_or_a_weekend_s_after_it(reference, code):
    currency, last = Currency.of(code), LAST_DAYS[code]
    with pytest.raises(RateError, match=f"accepted is a day until {last}, when"):
        reference.rate(EUR, currency, last + timedelta(days=1))
    assert reference.rate(EUR, currency, last).fixing >= last - timedelta(days=2)
    assert CurrencyConverter(decimal=True).bounds[code].last_date <= last


@pytest.mark.parametrize("pair", [(GBP, ISK), (ISK, GBP)])
def test_gap_of_years_inside_the_series_is_refused(reference, pair):
    with pytest.raises(RateError, match=r"for 2011-10-31 \(the last of ISK is of 2008-12-09\)"):
        reference.rate(*pair, date(2011, 10, 31))


def test_day_after_the_series_is_refused(reference):
    with pytest.raises(RateError, match=r"for 2999-01-01 \(the last of EUR is of 20"):
        reference.rate(EUR, USD, date(2999, 1, 1))


@pytest.mark.parametrize("day", [date(2010, 12, 15), date.min])
def test_day_before_the_first_fixing_is_refused(reference, day):
    with pytest.raises(RateError) as refusal:
        reference.rate(GBP, ILS, day)
    assert str(refusal.value).startswith(f"date: found {day}, accepted is ")


@pytest.mark.parametrize("pair", [(GBP, BHD), (BHD, GBP)])
def test_currency_that_the_ecb_does_not_quote_is_refused(reference, pair):
    with says(
        RateError,
        "currency: found BHD, accepted is one that the ECB publishes reference rates for.",
    ):
        reference.rate(*pair, date(2011, 11, 4))


@pytest.mark.parametrize("currency", [EUR, GBP, BHD])
def test_currency_against_itself_is_one(reference, currency):
    sunday = date(2011, 11, 6)
    assert reference.rate(currency, currency, sunday) == Rate(
        currency, currency, Decimal(1), sunday
    )


@pytest.mark.parametrize("on", [datetime(2011, 11, 4, 12), "2011-11-04", None])
def test_only_a_plain_date_is_taken(reference, on):
    with pytest.raises(InputError, match=r"on: found .*, accepted is a date"):
        reference.rate(EUR, USD, on)


def test_value_does_not_depend_on_the_decimal_context(reference):
    day = date(2010, 12, 1)
    with localcontext(prec=3):
        narrow = reference.rate(GBP, JPY, day)
    assert narrow == reference.rate(GBP, JPY, day)


def test_longest_closure_of_the_ecb_is_within_the_accepted_age(reference):
    series = CurrencyConverter(decimal=True)
    day, last = series.bounds["USD"]
    ages = []
    while day <= last:
        ages.append((day - reference.rate(EUR, USD, day).fixing).days)
        day += timedelta(days=1)
    assert 3 <= max(ages) < rates.MAX_AGE_DAYS


@pytest.mark.skipif(not REAL_INVOICES.exists(), reason=f"needs {REAL_INVOICES.name}")
def test_real_invoices_agree_on_every_fixing_day(reference):
    outcome = Counter()
    with REAL_INVOICES.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            day = date.fromisoformat(row["timestamp"][:10])
            try:
                rate = reference.rate(GBP, Currency.of(row["buyer_ccy"]), day)
            except RateError:
                outcome["no recent fixing", row["buyer_ccy"]] += 1
                continue
            if rate.fixing == day:
                published = Decimal(row["ecb_rate"])
                assert rate.value.quantize(SIX_DECIMALS) == published, row["invoice"]
                outcome["agrees"] += 1
            else:
                # The file interpolates here; every such day in it is a Sunday.
                assert day.weekday() == 6, row["invoice"]
                assert day - rate.fixing == timedelta(days=2), row["invoice"]
                outcome["fixing of the Friday before"] += 1
    unquoted = {
        ("no recent fixing", code): n
        for code, n in {"AED": 3, "BHD": 4, "ILS": 1, "ISK": 7, "LBP": 1, "SAR": 2}.items()
    }
    assert outcome == {"agrees": 2231, "fixing of the Friday before": 139, **unquoted}


def test_rates_without_their_package_are_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "currency_converter", None)
    with pytest.raises(NotInstalled, match=r"found no package CurrencyConverter, .*deposit-token"):
        ReferenceRates().rate(Currency.of("EUR"), Currency.of("USD"), date(2024, 5, 3))
