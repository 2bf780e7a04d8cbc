import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3.constants import ADDRESS_ZERO

from deposit_token.deployment.create2 import Creation, create
from deposit_token.protocol.participants import customer_id, pack_participant
from deposit_token.values.enumerations import CustomerCategory
from tests.refusals import refuses
from tests.scene import SET_UP, STRANGER

KEY = bytes(range(32))


class TestRecord:
    @pytest.mark.parametrize("category", list(CustomerCategory))
    def test_registry_reads_what_was_packed(self, local_chain, category):
        administrator, wallet = SET_UP, STRANGER.address
        manager = Creation.of("AccessManager", bytes(32), administrator.address)
        registry = Creation.of("AllowlistRegistry", bytes(32), manager.address, ADDRESS_ZERO)
        create(local_chain, administrator, manager)
        create(local_chain, administrator, registry)
        functions = local_chain.contract("AllowlistRegistry", registry.address).functions
        record = pack_participant(category, "HK", 2**40 - 1, 2**128 - 1)
        local_chain.send(administrator, functions.registerBatch([wallet], [record]))
        assert local_chain.call(functions.participantOf(wallet)) == record
        assert local_chain.call(functions.standingOf(wallet)) == record
        valid_until, country = (record >> 128) % 2**40, (record >> 168) % 2**16
        assert (valid_until, country, (record >> 184) % 2**8) == (2**40 - 1, 344, category)
        assert local_chain.call(functions.customerIdOf(wallet)) == 2**128 - 1

    @pytest.mark.parametrize(
        ("field", "found", "accepted"),
        [
            ("country", "UK", "an ISO 3166-1 alpha-2 code in capital letters, such as HK"),
            ("valid_until", 2**40, "Unix seconds from 1 to 2^40 - 1"),
            ("valid_until", 0, "Unix seconds from 1 to 2^40 - 1"),
            ("valid_until", 1.5, "Unix seconds from 1 to 2^40 - 1"),
            ("customer_id", 0, "an integer from 1 to 2^128 - 1"),
            ("customer_id", 2**128, "an integer from 1 to 2^128 - 1"),
        ],
    )
    def test_value_that_does_not_fit_is_refused(self, field, found, accepted):
        record = {"country": "HK", "valid_until": 1_800_000_000, "customer_id": 1, field: found}
        with refuses(field.replace("_", " "), found, accepted):
            pack_participant(CustomerCategory.RETAIL, **record)


class TestCustomerId:
    @given(st.text("abcXYZ0123456789-/äß界", min_size=1))
    def test_is_128_bits_and_the_same_each_time(self, number):
        found = customer_id(KEY, number)
        assert 0 < found < 2**128
        assert customer_id(KEY, number) == found

    def test_differs_by_customer_and_by_bank(self):
        keys = [KEY, bytes(32)]
        numbers = ["4711", "4712", "04711", "529900T8BM49AURSDO55"]
        assert len({customer_id(key, number) for key in keys for number in numbers}) == 8

    @pytest.mark.parametrize("length", [0, 16, 31, 33])
    def test_key_of_other_length_is_refused_and_not_shown(self, length):
        with refuses("bank key", f"{length} bytes", "32 secret random bytes"):
            customer_id(b"k" * length, "4711")

    def test_key_that_is_no_bytes_is_refused_and_not_shown(self):
        with refuses("bank key", "str", "32 secret random bytes"):
            customer_id("k" * 32, "4711")

    def test_lei_is_one_in_any_letters(self):
        small = customer_id(KEY, "529900t8bm49aursdo55")
        assert small == customer_id(KEY, "529900T8BM49AURSDO55")

    def test_number_is_one_however_it_is_written(self):
        """As an invoice is; `test_references` has what is alike."""
        assert customer_id(KEY, "C–４７１１") == customer_id(KEY, "c-4711")

    @pytest.mark.parametrize("number", ["", " 4711", "4711\n", "47\u202e11", "\ud800", 4711, None])
    def test_number_that_may_be_another_s_is_refused(self, number):
        accepted = "a printable text that is not empty, without blanks at its ends"
        with refuses("customer number", number, accepted):
            customer_id(KEY, number)

    def test_number_with_a_mark_that_nobody_sees_is_refused(self):
        accepted = (
            "a printable text that is not empty, without blanks at its ends, without the invisible "
            "U+3164"
        )
        with refuses("customer number", "47\u316411", accepted):
            customer_id(KEY, "47\u316411")
