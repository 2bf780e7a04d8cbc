import json
from dataclasses import dataclass
from typing import Annotated

import pytest
from eth_utils.address import is_checksum_address, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from deposit_token.errors import InputError
from deposit_token.values.fields import (
    Address,
    Amount,
    Bytes4,
    Bytes32,
    Text,
    Time,
    Uetr,
    Uint256,
    UintKind,
    checked,
    kind_of,
    require_addresses,
    take_fields,
)
from tests.refusals import refuses

addresses = st.binary(min_size=20, max_size=20).map(to_checksum_address)


def takes(type_, value):
    """Whether a field of this type takes a value."""
    try:
        return kind_of(type_).take("field", value) == value
    except InputError:
        return False


class TestAddress:
    @given(addresses)
    def test_checksummed_ones_are_taken(self, address):
        assert takes(Address, address)

    @given(addresses, st.integers(2, 41))
    def test_letter_in_the_other_case_is_refused(self, address, place):
        other = address[:place] + address[place].swapcase() + address[place + 1 :]
        assert takes(Address, other) == is_checksum_address(other)
        assert takes(Address, other) == (other == address)

    @pytest.mark.parametrize("value", ["0x" + "0" * 39, "0x" + "0" * 41, "0" * 40, "0X" + "0" * 40])
    def test_other_text_is_refused(self, value):
        with refuses("by whom", value, "a checksummed address"):
            require_addresses(by_whom=value)


@pytest.mark.parametrize(
    ("type_", "least", "most"),
    [
        (Time, 0, 2**40 - 1),
        (Amount, 1, 2**104 - 1),
        (Uint256, 0, 2**256 - 1),
        (Annotated[int, UintKind(16, least=2, most=7)], 2, 7),
    ],
)
def test_bounds_are_taken_and_what_is_beyond_is_not(type_, least, most):
    assert [takes(type_, value) for value in (least, most)] == [True, True]
    assert [takes(type_, value) for value in (least - 1, most + 1)] == [False, False]
    assert [takes(type_, value) for value in (True, float(least), str(least))] == [False] * 3


@pytest.mark.parametrize(
    ("type_", "strategy"),
    [
        (Address, addresses),
        (Amount, st.integers(1, 2**104 - 1)),
        (Uint256, st.integers(0, 2**256 - 1)),
        (Bytes4, st.binary(min_size=4, max_size=4)),
        (Bytes32, st.binary(min_size=32, max_size=32)),
        (Uetr, st.uuids(version=4)),
        (Text, st.text(st.characters(codec="utf-8"))),
    ],
)
@given(data=st.data())
def test_json_and_abi_round_trips(type_, strategy, data):
    kind, value = kind_of(type_), data.draw(strategy)
    assert kind.from_json("field", json.loads(json.dumps(kind.to_json(value)))) == value
    assert kind.from_abi(kind.to_abi(value)) == value
    assert len(kind.to_word(value)) == 32


def test_text_that_can_not_be_written_is_refused():
    assert not takes(Text, "\ud800")


def test_fields_are_taken_in_order():
    @dataclass(frozen=True)
    class Pair:
        paid_by: Address
        amount: Amount
        note: object = None

        def __post_init__(self):
            take_fields(self)

    with refuses("paid by", "x", "a checksummed address"):
        Pair("x", 0)
    with refuses("amount", 0, "an integer from 1 to 2^104 - 1"):
        Pair(f"0x{7:040}", 0)
    assert Pair(f"0x{7:040}", 1, note="x").note == "x"


class TestChecked:
    def test_arguments_are_checked_before_the_body_runs(self):
        done = []

        @checked
        def pay(to_whom: Address, amount: Amount = 1, *, at: Time | None = None) -> int:
            """Pays."""
            done.append((to_whom, amount, at))
            return amount

        someone = f"0x{7:040}"
        assert (pay(someone), pay(someone, 2, at=3), pay(to_whom=someone, at=None)) == (1, 2, 1)
        assert done == [(someone, 1, None), (someone, 2, 3), (someone, 1, None)]
        with refuses("to whom", None, "a checksummed address"):
            pay(None)
        with refuses("at", -1, "Unix seconds from 0 to 2^40 - 1"):
            pay(someone, at=-1)
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'to_whom'"):
            pay()
        assert len(done) == 3
        assert (pay.__name__, pay.__doc__) == ("pay", "Pays.")

    def test_an_object_that_is_refused_is_not_told(self):
        class Secret:
            def __repr__(self):
                raise AssertionError("it is told")

        @checked
        def pay(amount: Amount) -> int:
            return amount

        with refuses("amount", "Secret", "an integer from 1 to 2^104 - 1"):
            pay(Secret())
