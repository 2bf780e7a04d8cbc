"""The store's rules, whatever it is kept in."""

from dataclasses import replace

import pytest
from eth_utils.address import to_checksum_address

from deposit_token.errors import InputError, LeaseLost, WrongChain
from deposit_token.store.records import Fate, Instruction, Lease, Proof, State, Transaction
from tests.refusals import refuses, says

ALICE, BOB, THERE = (to_checksum_address(f"0x{number:040x}") for number in (10, 11, 12))
DONE = Proof(THERE, (bytes(32),))


def instruction(name="A-1", **changes):
    given = {"sender": ALICE, "to": THERE, "data": b"\x01", "gas": 50_000, "proof": DONE}
    return Instruction(id=name, **given | {"about": {"uetr": "u"}} | changes)


def transaction(nonce=0, *ids, version=0, **changes):
    given = {"sender": ALICE, "raw": b"\x02", "gas": 50_000, "max_fee": 9, "tip": 1}
    given |= {"ids": ids, "signed_at": 5, "signed_after": 3}
    return Transaction(hash=f"0x{version:032x}{nonce:032x}", nonce=nonce, **given | changes)


@pytest.fixture
def lease(store):
    return store.lease(ALICE, "one", 100, 110)


def states(store, *names):
    found = store.find(names)
    return [found[each].state for each in names]


class TestInstructions:
    def test_what_was_added_is_found_and_open(self, store):
        store.add([instruction(), instruction("A-2")])
        assert store.find(["A-2", "A-1", "A-3"]) == {
            "A-1": instruction(),
            "A-2": instruction("A-2"),
        }
        assert store.open(ALICE, 5) == [instruction(), instruction("A-2")]

    def test_open_ones_are_the_sender_s_in_order_and_no_more_than_asked_for(self, store):
        store.add([instruction("B-1", sender=BOB)])
        store.add(instruction(f"A-{number}") for number in (3, 1, 2))
        assert [each.id for each in store.open(ALICE, 2)] == ["A-3", "A-1"]
        assert store.open(ALICE, 0) == []
        assert [each.id for each in store.open(BOB, 9)] == ["B-1"]

    def test_adding_again_does_nothing(self, store, lease):
        store.add([instruction()])
        store.sign(lease, [transaction(0, "A-1")])
        store.add([instruction(), instruction()])
        assert states(store, "A-1") == [State.ASSIGNED]
        assert store.open(ALICE, 9) == []

    def test_what_is_added_is_open_whatever_it_says(self, store):
        store.add([instruction(state=State.DONE, transaction=f"0x{1:064x}", reason="x")])
        assert store.find(["A-1"]) == {"A-1": instruction()}

    @pytest.mark.parametrize(
        ("change", "found", "kept"),
        [
            ({"gas": 60_000}, {"gas": 60_000}, {"gas": 50_000}),
            ({"data": b"", "to": BOB}, {"to": BOB, "data": b""}, {"to": THERE, "data": b"\x01"}),
            ({"about": {}}, {"about": {}}, {"about": {"uetr": "u"}}),
            ({"sender": BOB}, {"sender": BOB}, {"sender": ALICE}),
        ],
    )
    def test_other_content_under_the_same_id_is_refused_with_both_shown(
        self, store, change, found, kept
    ):
        store.add([instruction()])
        with refuses("instruction A-1", found, f"{kept}, as it was added before"):
            store.add([instruction("A-2"), instruction(**change)])
        assert store.open(ALICE, 9) == [instruction()]

    def test_two_contents_at_a_time_are_refused_too(self, store):
        with pytest.raises(InputError, match=r"^instruction A-1: found {'gas': 60000}, accepted"):
            store.add([instruction(), instruction(gas=60_000)])
        assert store.open(ALICE, 9) == []

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"to": THERE.lower()[:-1]}, "to"),
            ({"gas": 20_999}, "gas"),
            ({"gas": 2**24 + 1}, "gas"),
            ({"gas": 21_089, "data": b"\x01\x00\x01"}, "gas"),
            ({"gas": 2**24, "data": bytes(120_001)}, "data"),
            ({"data": "0x"}, "data"),
            ({"proof": None}, "proof"),
            ({"about": {"uetr": 1}}, "about uetr"),
            ({"about": {"name": "x"}}, "about"),
            ({"state": "open"}, "state"),
        ],
    )
    def test_field_that_is_not_of_its_kind_is_refused(self, change, field):
        with pytest.raises(InputError, match=f"^{field}: found [^\n]*, accepted is "):
            instruction(**change)

    @pytest.mark.parametrize("name", ["", "a\0b", "\ud800", 5])
    def test_id_is_a_text_that_every_database_has(self, name):
        with pytest.raises(
            InputError, match=r"^id: found [^\n]*, accepted is a text without zero bytes"
        ):
            instruction(name)

    def test_least_gas_is_what_its_data_cost(self):
        assert instruction(gas=21_090, data=b"\x01\x00\x01").gas == 21_090
        assert len(instruction(gas=2**24, data=bytes(120_000)).data) == 120_000

    @pytest.mark.parametrize("topics", [(), (bytes(32),) * 5, (b"",), None])
    def test_proof_has_one_topic_to_four(self, topics):
        with pytest.raises(InputError, match=r"^topics"):
            Proof(THERE, topics)


class TestChain:
    def test_store_is_of_one_chain(self, store):
        one, other = (f"0x{number:064x}" for number in (1, 2))
        for _ in range(2):
            store.bind(2**255, one)
        whose = "that of the chain that the store is bound to"
        with says(WrongChain, f"genesis hash: found {other}, accepted is {one}, {whose}."):
            store.bind(2**255, other)
        with says(WrongChain, f"chain id: found 1, accepted is {2**255}, {whose}."):
            store.bind(1, one)


class TestLeases:
    def test_one_holder_at_a_time(self, store):
        assert store.lease(ALICE, "one", 100, 110) == Lease(ALICE, "one", 1, 110)
        assert store.lease(ALICE, "two", 109, 120) is None
        assert store.lease(BOB, "two", 109, 120) == Lease(BOB, "two", 1, 120)

    def test_it_is_kept_by_its_holder(self, store):
        store.lease(ALICE, "one", 100, 110)
        assert store.lease(ALICE, "one", 109, 119) == Lease(ALICE, "one", 1, 119)
        assert store.lease(ALICE, "two", 118, 128) is None
        assert store.lease(ALICE, "one", 130, 140) == Lease(ALICE, "one", 1, 140)

    def test_each_new_holder_has_a_greater_number(self, store):
        store.lease(ALICE, "one", 100, 110)
        assert store.lease(ALICE, "two", 110, 120) == Lease(ALICE, "two", 2, 120)
        assert store.lease(ALICE, "one", 119, 129) is None
        assert store.lease(ALICE, "one", 120, 130) == Lease(ALICE, "one", 3, 130)

    def test_nothing_is_written_under_one_that_was_lost(self, store, lease):
        store.add([instruction()])
        store.sign(lease, [transaction(0, "A-1")])
        store.lease(ALICE, "two", 110, 120)
        lost = (
            f"lease of {ALICE}: found it held by two with number 2, accepted is one with number 1:"
            " nothing of this was kept."
        )
        with says(LeaseLost, lost):
            store.sign(lease, [transaction(1)])
        with says(LeaseLost, lost):
            store.record(
                lease,
                [transaction(0, "A-1", fate=Fate.LOST)],
                [instruction(state=State.REFUSED)],
            )
        assert store.unsettled(ALICE) == [transaction(0, "A-1")]
        assert states(store, "A-1") == [State.ASSIGNED]

    def test_number_counts_and_not_the_time(self, store, lease):
        assert store.lease(BOB, "two", 500, 510) is not None
        store.sign(lease, [transaction(0)])
        assert store.unsettled(ALICE) == [transaction(0)]

    def test_nobody_writes_without(self, store):
        with pytest.raises(LeaseLost, match="held by nobody"):
            store.sign(Lease(ALICE, "one", 1, 110), [transaction(0)])


class TestTransactions:
    def test_what_they_carry_is_assigned(self, store, lease):
        store.add(instruction(f"A-{number}") for number in range(4))
        store.sign(lease, [transaction(0, "A-0", "A-2"), transaction(1, "A-1"), transaction(2)])
        assert [each.id for each in store.open(ALICE, 9)] == ["A-3"]
        assert states(store, "A-0", "A-2", "A-1") == [State.ASSIGNED] * 3

    def test_next_nonce_is_after_all_that_were_given_out(self, store, lease):
        assert store.next_nonce(ALICE) == 0
        store.sign(lease, [transaction(7), transaction(3)])
        assert store.next_nonce(ALICE) == 8
        store.record(lease, [transaction(7, fate=Fate.LOST)])
        assert (store.next_nonce(ALICE), store.next_nonce(BOB)) == (8, 0)

    def test_unsettled_ones_are_by_nonce_and_in_the_order_of_signing(self, store, lease):
        signed = [transaction(4), transaction(2), transaction(2, version=9)]
        store.sign(lease, signed)
        store.sign(lease, [transaction(2, version=1)])
        found = [signed[1], signed[2], transaction(2, version=1), signed[0]]
        assert store.unsettled(ALICE) == found
        assert store.unsettled(BOB) == []

    @pytest.mark.parametrize("fate", [Fate.FINAL, Fate.REPLACED, Fate.LOST])
    def test_settled_ones_are_gone(self, store, lease, fate):
        store.sign(lease, [transaction(4), transaction(5)])
        store.record(lease, [replace(transaction(4), fate=fate)])
        assert store.unsettled(ALICE) == [transaction(5)]

    @pytest.mark.parametrize("fate", [Fate.SENT, Fate.MINED])
    def test_others_stay_as_recorded(self, store, lease, fate):
        store.sign(lease, [transaction(4), transaction(4, version=1)])
        changed = transaction(4, fate=fate, block=9, block_hash=f"0x{9:064x}")
        store.record(lease, [changed])
        assert store.unsettled(ALICE) == [changed, transaction(4, version=1)]

    def test_outcome_is_recorded_with_the_fate(self, store, lease):
        store.add([instruction()])
        signed = transaction(0, "A-1")
        store.sign(lease, [signed])
        done = instruction(state=State.DONE, transaction=signed.hash)
        store.record(lease, [replace(signed, fate=Fate.FINAL)], [done])
        assert store.find(["A-1"]) == {"A-1": replace(done, settled=1)}

    def test_what_is_done_or_refused_is_numbered_once_in_order(self, store, lease):
        store.add(instruction(f"A-{number}") for number in range(4))
        done = [instruction("A-2", state=State.DONE), instruction("A-0", state=State.REFUSED)]
        store.record(lease, [], [instruction("A-3", state=State.ASSIGNED), *done])
        found = store.find(["A-2"])["A-2"]
        store.record(lease, [], [found, instruction("A-1", state=State.DONE, at=1_772_456_400)])
        found = store.find([f"A-{number}" for number in range(4)])
        assert [found[f"A-{number}"].settled for number in range(4)] == [2, 3, 1, None]
        assert found["A-1"].at == 1_772_456_400

    def test_family_may_have_another_with_the_same(self, store, lease):
        store.add([instruction()])
        store.sign(lease, [transaction(0, "A-1")])
        store.sign(lease, [transaction(0, "A-1", version=1)])
        assert len(store.unsettled(ALICE)) == 2

    @pytest.mark.parametrize("state", [State.ASSIGNED, State.DONE, State.REFUSED])
    def test_another_family_may_not(self, store, lease, state):
        store.add([instruction(), instruction("A-2")])
        store.sign(lease, [transaction(0, "A-1")])
        store.record(lease, [], [instruction(state=state)])
        with refuses("instruction A-1", state.value, "open"):
            store.sign(lease, [transaction(1, "A-2"), transaction(2, "A-1")])
        assert states(store, "A-2") == [State.OPEN]
        assert store.next_nonce(ALICE) == 1

    def test_nor_two_at_a_time(self, store, lease):
        store.add([instruction()])
        with refuses("instruction A-1", "assigned", "open"):
            store.sign(lease, [transaction(0, "A-1"), transaction(1, "A-1")])
        assert store.unsettled(ALICE) == []

    def test_one_that_is_open_again_may_be_carried_again(self, store, lease):
        store.add([instruction()])
        store.sign(lease, [transaction(0, "A-1")])
        store.record(lease, [transaction(0, "A-1", fate=Fate.LOST)], [instruction()])
        store.sign(lease, [transaction(1, "A-1")])
        assert states(store, "A-1") == [State.ASSIGNED]
