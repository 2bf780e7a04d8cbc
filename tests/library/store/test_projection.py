"""A projection in a database: what is kept as a whole, and rolled back."""

import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from deposit_token.errors import WrongChain, WrongStore
from deposit_token.store.projection import KEPT, Checkpoint, EscrowEvent, TokenEvent
from deposit_token.store.sql_projection import SqlProjection
from tests.databases import POSTGRESQL

ESCROW, TOKEN = f"0x{10:040x}", f"0x{11:040x}"
EUR, HKD = bytes([1] * 20), bytes([2] * 20)
ALICE, BOB, CAROL = (bytes([each] * 20) for each in (7, 8, 9))


@pytest.fixture(params=["sqlite", POSTGRESQL])
def url(request, tmp_path):
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return request.getfixturevalue("postgresql").new()


@pytest.fixture
def projection(url, connect):
    return SqlProjection(connect(url))


def block(number, fork=0):
    return Checkpoint(number, f"0x{fork:032x}{number:032x}")


def authorized(number, payment, amount=5, token=EUR):
    event = "PaymentAuthorized"
    return EscrowEvent(number, 0, event, payment, token, HKD, amount, 2**200, 0, 0)


def captured(number, payment, amount=5, token=EUR):
    return EscrowEvent(number, 1, "PaymentCaptured", payment, token, HKD, amount, 0, 0, 0)


def transfer(number, sender, receiver, amount=1):
    return TokenEvent(number, 0, "Transfer", sender, receiver, amount)


def add_up(rows):
    """How much of each token its authorizations have: not what they mean."""
    sums = Counter()
    for each in rows:
        if isinstance(each, EscrowEvent) and each.event == "PaymentAuthorized":
            sums[each.source_token, "held"] += each.source_amount
            sums[each.target_token, "held"] += each.target_amount
    return sums


def keep(projection, after, until, *rows, contract=ESCROW):
    return projection.keep(contract, after, until, rows, add_up)


class TestEvents:
    def test_there_is_nothing_at_first(self, projection):
        assert projection.checkpoints(ESCROW) == []
        assert projection.sums(ESCROW, block(1), [EUR]) is None
        assert projection.opened(ESCROW, [b"x" * 32]) == {}
        assert projection.unasked(TOKEN) == []

    def test_what_was_kept_adds_up(self, url, connect, projection):
        one, two = authorized(3, b"1" * 32), authorized(7, b"2" * 32, amount=2**104 - 1)
        assert keep(projection, None, block(5), one)
        assert keep(projection, block(5), block(9), two, captured(8, b"1" * 32))
        again = SqlProjection(connect(url))
        assert again.checkpoints(ESCROW) == [block(9), block(5)]
        assert again.sums(ESCROW, block(9), [EUR, HKD]) == {
            (EUR, "held"): 5 + 2**104 - 1,
            (HKD, "held"): 2**201,
        }
        assert again.sums(ESCROW, block(9), [ALICE]) == {}
        assert again.opened(ESCROW, [b"1" * 32, b"2" * 32, b"3" * 32]) == {
            b"1" * 32: one,
            b"2" * 32: two,
        }

    def test_only_what_follows_the_last_checkpoint_is_kept(self, projection):
        assert keep(projection, None, block(5), authorized(3, b"1" * 32))
        for after in (None, block(4), block(5, fork=1)):
            assert not keep(projection, after, block(9), authorized(7, b"2" * 32))
        assert projection.checkpoints(ESCROW) == [block(5)]
        assert projection.sums(ESCROW, block(5), [EUR]) == {(EUR, "held"): 5}
        assert projection.sums(ESCROW, block(5, fork=1), [EUR]) is None

    def test_one_of_several_at_a_time_keeps_what_it_has_read(self, url, connect):
        connect(url).close()
        several = [SqlProjection(connect(url)) for _ in range(4)]
        after = None
        for number in range(1, 9):
            until, row = block(number), authorized(number, bytes([number]) * 32)
            with ThreadPoolExecutor(4) as pool:
                kept = pool.map(lambda each: keep(each, after, until, row), several)  # noqa: B023
                assert sorted(kept) == [False, False, False, True]
            after = until
        assert several[0].sums(ESCROW, after, [EUR]) == {(EUR, "held"): 8 * 5}

    def test_contracts_stay_apart(self, projection):
        other = f"0x{12:040x}"
        keep(projection, None, block(5), authorized(3, b"1" * 32))
        keep(projection, None, block(5), authorized(3, b"1" * 32, amount=9), contract=other)
        assert projection.sums(other, block(5), [EUR]) == {(EUR, "held"): 9}
        projection.forget(other)
        assert projection.checkpoints(other) == []
        assert projection.opened(other, [b"1" * 32]) == {}
        assert projection.sums(ESCROW, block(5), [EUR]) == {(EUR, "held"): 5}

    def test_so_many_checkpoints_are_kept(self, projection):
        after = None
        for number in range(KEPT + 3):
            assert keep(projection, after, block(number))
            after = block(number)
        last = KEPT + 2
        assert projection.checkpoints(ESCROW) == [block(last - each) for each in range(KEPT)]


class TestRollBack:
    @pytest.fixture
    def read(self, projection):
        for after, until in ((None, 5), (5, 9), (9, 12)):
            row = authorized(until - 1, bytes([until]) * 32, amount=until)
            keep(projection, after and block(after), block(until), row)
        return projection

    @pytest.mark.parametrize(("to", "left"), [(9, 14), (5, 5), (None, 0)])
    def test_what_came_after_is_gone(self, read, to, left):
        at = to and block(to)
        assert read.roll_back(ESCROW, block(12), at, add_up)
        assert read.checkpoints(ESCROW)[:1] == ([at] if at else [])
        payments = [bytes([each]) * 32 for each in (5, 9, 12)]
        assert len(read.opened(ESCROW, payments)) == [None, 5, 9].index(to)
        again = authorized(12, b"z" * 32, amount=100)
        assert keep(read, at, block(13, fork=1), again)
        assert read.sums(ESCROW, block(13, fork=1), [EUR]) == {(EUR, "held"): left + 100}

    def test_only_after_the_last_checkpoint(self, read):
        assert not read.roll_back(ESCROW, block(9), block(5), add_up)
        assert read.checkpoints(ESCROW)[0] == block(12)


class TestBalances:
    def keep(self, projection, after, until, *rows):
        assert keep(projection, after, until, *rows, contract=TOKEN)

    def test_those_that_moved_are_asked_for(self, projection):
        self.keep(projection, None, block(5), transfer(3, ALICE, BOB))
        assert projection.unasked(TOKEN) == [ALICE, BOB]
        assert projection.keep_balances(TOKEN, block(5), {ALICE: 2**200, BOB: 3}) == 2**200 + 3
        assert projection.unasked(TOKEN) == []
        minted = TokenEvent(8, 1, "Minted", b"", b"", 4)
        self.keep(projection, block(5), block(9), transfer(8, BOB, CAROL), minted)
        assert projection.unasked(TOKEN) == [BOB, CAROL]
        assert projection.keep_balances(TOKEN, block(9), {BOB: 1, CAROL: 2}) == 2**200 + 3
        assert projection.keep_balances(TOKEN, block(9), {}) == 2**200 + 3

    def test_they_are_kept_as_of_the_last_checkpoint_alone(self, projection):
        self.keep(projection, None, block(5), transfer(3, ALICE, BOB))
        assert projection.keep_balances(TOKEN, block(4), {ALICE: 1, BOB: 1}) is None
        assert projection.unasked(TOKEN) == [ALICE, BOB]

    def test_those_that_are_rolled_back_are_asked_for_again(self, projection):
        self.keep(projection, None, block(5), transfer(3, ALICE, BOB))
        self.keep(projection, block(5), block(9), transfer(8, BOB, CAROL))
        projection.keep_balances(TOKEN, block(9), {ALICE: 1, BOB: 2, CAROL: 3})
        projection.roll_back(TOKEN, block(9), block(5), add_up)
        assert projection.unasked(TOKEN) == [BOB, CAROL]
        self.keep(projection, block(5), block(7, fork=1), transfer(6, ALICE, BOB))
        assert projection.unasked(TOKEN) == [ALICE, BOB, CAROL]
        asked = {ALICE: 0, BOB: 5, CAROL: 0}
        assert projection.keep_balances(TOKEN, block(7, fork=1), asked) == 5

    def test_those_not_yet_asked_for_are_asked_after_a_roll_back(self, projection):
        self.keep(projection, None, block(5), transfer(3, ALICE, BOB))
        self.keep(projection, block(5), block(9), transfer(8, BOB, CAROL))
        projection.roll_back(TOKEN, block(9), block(5), add_up)
        assert projection.unasked(TOKEN) == [ALICE, BOB]


def test_projection_is_of_one_chain(url, connect):
    SqlProjection(connect(url)).bind(1, f"0x{1:064x}")
    SqlProjection(connect(url)).bind(1, f"0x{1:064x}")
    for other in ((2, f"0x{1:064x}"), (1, f"0x{2:064x}")):
        with pytest.raises(WrongChain):
            SqlProjection(connect(url)).bind(*other)


ALTERED = [
    ("checkpoints", "blocks", lambda found: found.replace("5", "4", 1)),
    ("sums", "amount", lambda found: str(int(found) + 2**20)),
    ("sums", "token", lambda found: bytes([found[0] ^ 4, *found[1:]])),
    ("balances", "balance", lambda found: str(int(found) ^ 1)),
    ("escrow_events", "source_amount", lambda found: str(int(found) ^ 1)),
    ("escrow_events", "source_token", lambda found: bytes([found[0] ^ 4, *found[1:]])),
    ("token_events", "amount", lambda found: "x"),
]


@pytest.mark.parametrize(("table", "column", "change"), ALTERED)
def test_row_of_which_bits_were_lost_is_refused(tmp_path, connect, table, column, change):
    path = tmp_path / "store.sqlite"
    projection = SqlProjection(connect(f"sqlite:///{path}"))
    keep(projection, None, block(5), authorized(3, b"1" * 32))
    keep(projection, None, block(5), transfer(3, ALICE, BOB), contract=TOKEN)
    projection.keep_balances(TOKEN, block(5), {ALICE: 1})
    with closing(sqlite3.connect(path)) as file:
        ((found,),) = file.execute(f"SELECT {column} FROM {table} LIMIT 1")
        its = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
        file.execute(its, [change(found), found])
        file.commit()
    told = f"^store: found a row of {table} altered .*forget its contract"
    with pytest.raises(WrongStore, match=told):
        _read_all(projection)
    for contract in (ESCROW, TOKEN):
        projection.forget(contract)
    assert projection.checkpoints(ESCROW) == projection.checkpoints(TOKEN) == []


def _read_all(projection):
    """What a reconciliation, or a reorganisation, reads."""
    projection.opened(ESCROW, [b"1" * 32])
    held = projection.sums(ESCROW, block(5), [EUR, HKD])
    assert held == {(EUR, "held"): 5, (HKD, "held"): 2**200}
    projection.keep_balances(TOKEN, block(5), {})
    projection.roll_back(TOKEN, block(5), None, add_up)
