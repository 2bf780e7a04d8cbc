"""What a platform writes into all its payments, and what a dealer offers."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deposit_token.platform.quotes import Quote, Rounding
from deposit_token.platform.terms import PlatformTerms
from deposit_token.values.money import Currency, Money
from tests.library.platform.market import TERMS, rate
from tests.refusals import refuses
from tests.scene import ARBITER, DAY, DEALER

HKD, EUR = Currency.of("HKD"), Currency.of("EUR")


@pytest.mark.parametrize(
    ("change", "field", "found", "accepted"),
    [
        ({"secret": bytes(31)}, "secret", "31 bytes", "32 secret random bytes"),
        ({"secret": "x" * 32}, "secret", "str", "32 secret random bytes"),
        (
            {"fee_bps": 0},
            *("fee receiver", TERMS.fee_receiver, "the zero address without a fee, and another "),
        ),
        (
            {"authorize_seconds": 8 * DAY},
            *("authorize seconds", 8 * DAY, f"at most capture seconds, which are {7 * DAY}"),
        ),
        (
            {"refund_seconds": DAY},
            *("refund seconds", DAY, f"capture seconds ({7 * DAY}) or more"),
        ),
        ({"resolve_seconds": DAY}, "resolve seconds", DAY, "0 without an arbiter"),
        (
            {"arbiter": ARBITER.address},
            *("resolve seconds", 0, f"{DAY} or more with an arbiter"),
        ),
        ({"purpose": "GDDS"}, "purpose", "GDDS", "4 bytes"),
    ],
)
def test_terms_that_no_payment_could_have_are_refused(change, field, found, accepted):
    if accepted.endswith("another "):
        accepted += "with one"
    with refuses(field, found, accepted):
        replace(TERMS, **change)


def test_secret_is_shown_nowhere():
    terms = replace(TERMS, secret=b"s" * 32)
    assert "sss" not in repr(terms)
    assert isinstance(terms, PlatformTerms)


def test_remittance_hash_is_the_reference_s_under_the_secret():
    hashed = TERMS.remittance_hash("S-1")
    assert len(hashed) == 32
    assert TERMS.remittance_hash("s–1") == hashed
    assert TERMS.remittance_hash("S-2") != hashed
    assert replace(TERMS, secret=bytes(32)).remittance_hash("S-1") != hashed


@given(amount=st.integers(1, 10**12), rounding=st.sampled_from(Rounding))
def test_quote_rounds_once_and_by_its_name(amount, rounding):
    quote = Quote(DEALER.address, rate("0.1085"), 1, rounding)
    exact = amount * Fraction("0.1085")
    found = quote.source(Money(amount, HKD), EUR).amount
    assert abs(found - exact) <= (Fraction(1, 2) if rounding is Rounding.HALF_EVEN else 1)
    if rounding is Rounding.UP:
        assert found >= exact
    if rounding is Rounding.DOWN:
        assert found <= exact


def test_quote_takes_the_decimals_of_the_tokens():
    quote = Quote(DEALER.address, rate("0.1085"), 1)
    euro = Currency("EUR", 978, 6)
    assert quote.source(Money(100_00, HKD), euro) == Money(10_850_000, euro)
    assert quote.target(Money(10_850_000, euro), HKD) == Money(100_00, HKD)


def test_quote_of_other_currencies_is_refused():
    quote = Quote(DEALER.address, rate(), 1)
    with refuses("quote", "a rate from HKD to EUR", "one from EUR to HKD"):
        quote.source(Money(1, EUR), HKD)
