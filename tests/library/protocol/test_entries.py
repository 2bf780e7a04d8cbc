import pytest
from hypothesis import given
from hypothesis import strategies as st

from deposit_token.protocol.entries import LedgerEntry
from tests.refusals import refuses

halves = st.integers(0, 2**64 - 1)


@given(halves, halves)
def test_id_holds_the_ledger_above_the_sequence(ledger_id, sequence):
    entry = LedgerEntry(ledger_id, sequence)
    assert entry.id == ledger_id * 2**64 + sequence
    assert LedgerEntry.from_id(entry.id) == entry


@given(st.integers(0, 2**128 - 1))
def test_every_128_bit_id_is_an_entry(entry_id):
    assert LedgerEntry.from_id(entry_id).id == entry_id


@given(halves, halves, halves, halves)
def test_order_is_that_of_the_ids(ledger_id, sequence, other_ledger_id, other_sequence):
    entry = LedgerEntry(ledger_id, sequence)
    other = LedgerEntry(other_ledger_id, other_sequence)
    assert (entry < other) == (entry.id < other.id)


@pytest.mark.parametrize("value", [-1, 2**64, 1.0, True, "1", None])
@pytest.mark.parametrize("field", ["ledger id", "sequence"])
def test_number_that_is_not_64_bits_is_refused(field, value):
    numbers = {"ledger_id": 1, "sequence": 1, field.replace(" ", "_"): value}
    with refuses(field, value, "an integer from 0 to 2^64 - 1"):
        LedgerEntry(**numbers)


@pytest.mark.parametrize("entry_id", [-1, 2**128, 1.0, True, "1", None])
def test_id_that_is_not_128_bits_is_refused(entry_id):
    with refuses("entry id", entry_id, "an integer from 0 to 2^128 - 1"):
        LedgerEntry.from_id(entry_id)
