"""What is the databases' own: what lasts, and several processes at a time."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, text

from deposit_token.errors import InputError, LeaseLost, StoreError, WrongStore
from deposit_token.store.projection_tables import METADATA
from deposit_token.store.records import Fate, State
from tests.databases import POSTGRESQL
from tests.files import ROOT
from tests.library.store.test_store import ALICE, BOB, THERE, instruction, transaction

ABOUT = '{"uetr": "u"}'


@pytest.fixture(params=["sqlite", POSTGRESQL])
def url(request, tmp_path):
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return request.getfixturevalue("postgresql").new()


def at_once(number, function):
    """The results of as many calls with 0, 1, … that begin together."""
    ready = Barrier(number)

    def call(each):
        ready.wait()
        return function(each)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(call, range(number)))


def test_what_was_kept_is_there_when_it_is_opened_again(url, connect):
    store = connect(url)
    store.add([instruction(), instruction("A-2", about={"uetr": "ü", "reference": "R[/EU]-7"})])
    lease = store.lease(ALICE, "one", 100, 110)
    store.sign(lease, [transaction(4, "A-1")])
    sent = transaction(4, "A-1", fate=Fate.SENT)
    refused = instruction("A-2", state=State.REFUSED, transaction=sent.hash, reason="no\0 way")
    store.record(lease, [sent], [replace(refused, about={"uetr": "ü", "reference": "R[/EU]-7"})])
    store.close()
    store = connect(url)
    assert store.unsettled(ALICE) == [sent]
    found = store.find(["A-1", "A-2"])
    assert found["A-1"] == instruction(state=State.ASSIGNED)
    assert (found["A-2"].reason, found["A-2"].about["uetr"]) == ("no way", "ü")
    assert store.lease(ALICE, "two", 109, 120) is None
    assert store.next_nonce(ALICE) == 5


def test_many_at_a_time(url, connect):
    store = connect(url)
    names = [f"A-{number}" for number in range(1_200)]
    store.add(instruction(each) for each in names)
    lease = store.lease(ALICE, "one", 100, 110)
    signed = [transaction(number, each) for number, each in enumerate(names)]
    store.sign(lease, signed)
    assert store.unsettled(ALICE) == signed
    final = [replace(each, fate=Fate.FINAL) for each in signed]
    done = [instruction(each.ids[0], state=State.DONE, transaction=each.hash) for each in signed]
    store.record(lease, final, done)
    numbered = [replace(each, settled=number) for number, each in enumerate(done, 1)]
    assert store.find(names) == {each.id: each for each in numbered}
    assert store.unsettled(ALICE) == []


def test_several_may_open_a_new_one(url, connect):
    at_once(12, lambda _: connect(url).close())
    store = connect(url)
    store.add([instruction()])


def test_one_of_several_gets_the_lease(url, connect):
    connect(url).close()
    stores = [connect(url) for _ in range(6)]
    for turn in range(10):
        now = 100 * turn
        found = at_once(6, lambda n, now=now: stores[n].lease(ALICE, f"{now}/{n}", now, now + 99))
        (taken,) = (each for each in found if each is not None)
        assert taken.number == turn + 1


def test_same_instructions_of_several_are_there_once(url, connect):
    stores = [connect(url) for _ in range(4)]
    names = [f"A-{number}" for number in range(50)]
    at_once(4, lambda n: stores[n].add(instruction(each) for each in names))
    assert sorted(each.id for each in stores[0].open(ALICE, 999)) == sorted(names)


def test_who_sees_a_number_sees_all_that_are_less(url, connect):
    """Two settle at a time, and somebody looks meanwhile."""
    connect(url).close()
    stores = [connect(url) for _ in range(3)]
    names = {ALICE: [f"A-{number}" for number in range(40)]}
    names[BOB] = [f"B-{number}" for number in range(40)]
    for sender, those in names.items():
        stores[2].add(instruction(each, sender=sender) for each in those)

    def act(which):
        if which < 2:
            sender = (ALICE, BOB)[which]
            lease = stores[which].lease(sender, "one", 100, 110)
            for each in names[sender]:
                done = instruction(each, sender=sender, state=State.DONE)
                stores[which].record(lease, [], [done])
            return []
        seen = []
        while len(seen) < 80:
            found = stores[2].find([*names[ALICE], *names[BOB]]).values()
            seen = sorted(each.settled for each in found if each.settled is not None)
            assert seen == list(range(1, len(seen) + 1))
        return seen

    assert at_once(3, act)[2][-1] == 80


def test_store_that_is_older_is_brought_up_to_date(url, connect):
    """What it has stays."""
    connect(url).close()
    engine = create_engine(url, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "deposit_token/store/migrations"))
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "version_table": "alembic_version"}
        command.downgrade(config, "0001")
        connection.execute(
            text(
                'INSERT INTO instructions (id, sender, "to", data, gas, proof_address, '
                "proof_topics, about, state, reason) SELECT 'A-1', :alice, :there, :data, 50000, "
                ":there, :topics, :about, 'open', ''"
            ),
            {"alice": ALICE, "there": THERE, "data": b"\x01", "topics": bytes(32), "about": ABOUT},
        )
    store = connect(url)
    assert store.find(["A-1"]) == {"A-1": instruction()}
    lease = store.lease(ALICE, "one", 100, 110)
    store.record(lease, [], [instruction(state=State.DONE)])
    assert store.find(["A-1"])["A-1"].settled == 1


def test_who_writes_while_another_takes_the_lease_does_so_wholly_or_not_at_all(url, connect):
    connect(url).close()
    one, two = connect(url), connect(url)
    for turn in range(20):
        now = 100 * turn
        lease = one.lease(ALICE, f"one {turn}", now, now + 10)

        def act(which, turn=turn, lease=lease, now=now):
            if which == 0:
                try:
                    one.sign(lease, [transaction(2 * turn), transaction(2 * turn + 1)])
                except LeaseLost:
                    return None
                return {2 * turn, 2 * turn + 1}
            taken = two.lease(ALICE, f"two {turn}", now + 10, now + 20)
            return taken and {each.nonce for each in two.unsettled(ALICE)}

        signed, seen = at_once(2, act)
        there = {each.nonce for each in one.unsettled(ALICE)} & {2 * turn, 2 * turn + 1}
        assert there == (signed or set())
        if seen is not None:
            # Whoever has the lease sees all that was signed before, and nothing comes after.
            assert seen & {2 * turn, 2 * turn + 1} == there


def test_tables_are_those_that_the_migrations_make(url, connect):
    connect(url).close()
    with create_engine(url, poolclass=NullPool).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_sqlite_keeps_what_is_committed(tmp_path, connect):
    store = connect(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with store.reading() as connection:
        settings = [
            connection.execute(text(f"PRAGMA {each}")).scalar()
            for each in ("journal_mode", "synchronous")
        ]
    assert settings == ["wal", 2]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("store.sqlite", "store.sqlite"),
        ("", ""),
        ("mysql://user:secret@host/db", "mysql"),
        ("nonsense://user:secret@host/db", "nonsense"),
        ("postgresql+nonsense://user:secret@host/db", "host/db"),
    ],
)
def test_address_of_another_kind_is_refused_without_its_password(address, found, connect):
    with pytest.raises(InputError) as refusal:
        connect(address)
    assert refusal.value.value == found
    assert "secret" not in str(refusal.value)


def test_database_out_of_reach_is_one_sentence(connect):
    with pytest.raises(StoreError, match=r"^store: found its database failing \([^\n]*\.$") as e:
        connect("postgresql+psycopg://user:secret@127.0.0.1:1/store")
    assert "secret" not in str(e.value)


REFUSED = r"^store: found its database refusing \([^\n]*\.$"


@pytest.mark.parametrize("place", ["store.sqlite", "no/such/folder", "."])
def test_file_that_is_no_database_never_heals(tmp_path, connect, place):
    (tmp_path / "store.sqlite").write_text("This is no database at all, but some long text.")
    with pytest.raises(WrongStore, match=REFUSED):
        connect(f"sqlite:///{tmp_path / place}")


def test_database_that_the_server_does_not_have_never_heals(postgresql, connect):
    url = postgresql.new()
    for wrong in (url.replace("/store_", "/no_"), url.replace("store@", "nobody:secret@")):
        with pytest.raises(WrongStore, match=REFUSED) as refusal:
            connect(wrong)
        assert "secret" not in str(refusal.value)


def test_database_that_is_busy_heals(tmp_path, connect):
    path = tmp_path / "store.sqlite"
    store = connect(f"sqlite:///{path}")
    with store.reading() as connection:  # The one that is used again.
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            store.add([instruction()])


def test_database_that_has_ended_a_statement_heals(postgresql, connect):
    store = connect(postgresql.new())

    def wait():
        with store.reading() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 1"))
            connection.execute(text("SELECT pg_sleep(9)"))

    with pytest.raises(StoreError, match="canceling statement"):
        wait()


def test_table_that_is_gone_never_comes_back(url, connect):
    store = connect(url)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("DROP TABLE leases"))
    gone = r'no such table: leases|relation "leases" does not exist'
    with pytest.raises(WrongStore, match=gone):
        store.lease(ALICE, "one", 100, 110)


@pytest.mark.parametrize(
    "change",
    [
        "instructions SET state = 'done?'",
        "transactions SET ids = '5'",
    ],
)
def test_row_that_the_store_has_not_written_is_one_sentence(url, connect, change):
    store = connect(url)
    store.add([instruction()])
    lease = store.lease(ALICE, "a", 0, 60)
    store.sign(lease, [transaction()])
    with store.writing() as connection:
        connection.execute(text(f"UPDATE {change}"))
    with pytest.raises(WrongStore, match=r"^store: found a row that can't be read "):
        (store.find([instruction().id]), store.unsettled(ALICE))
