"""What an outbox in PostgreSQL has to hold besides the laws of every outbox: sessions, poolers, secrets, costs."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import threading
import time
import traceback
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from afilnet_protocols import ConfigurationError, NotSentError, Outbox, OutcomeUnknownError
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.postgresql.reading import _NEXT_DUE, SHORTEST
from afilnet_protocols.outbox.postgresql.session import Session
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore
from afilnet_protocols.outbox.store import Later, Pace
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Delivery
from tests.outbox import postgresql
from tests.outbox.service import PLACE, Service
from tests.tables import table
from tests.time_limit import HANGS

_schemas = itertools.count()


@pytest.fixture
def schema():
    return f"own_{next(_schemas)}"


@pytest.fixture
def open_store(postgresql_server, schema):
    made = []

    def opened(place=None):
        made.append(PostgresqlStore(place or postgresql_server.url, schema=schema))
        return made[-1]

    yield opened
    for store in made:
        store.close()


def entries(number, place=lambda count: "341"):
    return [
        NewEntry(operation="send_message", arguments={**PLACE, "destination": place(count), "message": f"{count}"})
        for count in range(number)
    ]


def cut(store, by):
    """End the connection of a store, as a network or an administrator may."""
    by._session.do(lambda db: db.execute("SELECT pg_terminate_backend(%s)", (store._session.backend,)))


# Transactions of the application


def test_a_transaction_that_another_was_in_the_way_of_is_to_be_run_again(postgresql_server, schema):
    """It sees the database as it was when it began, and the name is taken since then (PostgreSQL manual, 13.2.2)."""
    with Outbox(postgresql_server.url, schema=schema) as outbox, psycopg.connect(postgresql_server.url) as own:
        own.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        own.execute("SELECT 1")
        number = outbox.enqueue(**PLACE, destination="341", message="hola", key="greeting")
        with pytest.raises(NotSentError, match="run your transaction again from its beginning") as refused:
            outbox.enqueue(**PLACE, destination="341", message="hola", key="greeting", connection=own)
        assert (refused.value.delivery, refused.value.local) == (Delivery.NOT_SENT, True)
        own.rollback()
        assert outbox.enqueue(**PLACE, destination="341", message="hola", key="greeting", connection=own) == number


# Workers that begin at once


def sent_beside_another(url, schema):
    """Run while another worker is looking at all that is there, and does so until this one waits; return how many."""
    service = Service()
    with (
        psycopg.connect(url) as other,
        Outbox(url, Settings(user="u", password="p"), schema=schema, make_client=lambda _: service) as outbox,
    ):
        for count in range(3):
            outbox.enqueue(**PLACE, destination=f"34{count}", message=f"{count}")
        other.execute(f"SELECT {schema}.sort_in(200)".encode())
        outbox._conduct = Conduct(wait=lambda _: other.commit())
        return outbox.run().sent


def test_what_another_worker_is_looking_at_just_now_is_waited_for(postgresql_server, schema):
    assert sent_beside_another(postgresql_server.url, schema) == 3


def test_a_worker_that_took_it_for_nothing_would_end_at_once(postgresql_server, schema, monkeypatch):
    resting = _NEXT_DUE.replace("WHEN EXISTS", "WHEN false AND EXISTS").replace("OR EXISTS", "OR false AND EXISTS")
    monkeypatch.setattr("afilnet_protocols.outbox.postgresql.reading._NEXT_DUE", resting)
    assert sent_beside_another(postgresql_server.url, schema) == 0


def test_what_waits_behind_an_entry_in_hand_is_not_due(open_store):
    store = open_store()
    store.enqueue_all(entries(2))
    alive = store.worker()
    assert store.next_due(()) == SHORTEST
    first = store.claim(alive.token, sending=True)
    assert store.claim(alive.token, sending=True) is None
    assert store.next_due(()) is None
    store.finish(first.id, alive.token, State.SENT)
    assert store.next_due(()) == SHORTEST
    assert store.next_due((first.id + 1,)) is None


# A worker that is cut off


def test_a_worker_that_was_cut_off_and_comes_back_may_say_that_it_was_sent(open_store):
    mine, other = open_store(), open_store()
    mine.enqueue_all(entries(1))
    alive = mine.worker()
    entry = mine.claim(alive.token, sending=True)
    assert not other._session.is_free(int(alive.token))
    assert other.recover(alive.token, State.UNKNOWN) == []
    cut(mine, other)
    _until(lambda: other._session.is_free(int(alive.token)))
    assert other.recover(alive.token, State.UNKNOWN) == [entry.id]
    assert mine.finish(entry.id, alive.token, State.SENT).state is State.SENT
    assert not other._session.is_free(int(alive.token))


def test_a_worker_whose_presence_is_proved_by_nothing_is_found(open_store, monkeypatch):
    """Sabotage: a worker has a name, and no lock of it."""

    def named(session):
        session._held.add(7)
        return 7

    monkeypatch.setattr(Session, "hold", named)
    with pytest.raises(AssertionError):
        test_a_worker_that_was_cut_off_and_comes_back_may_say_that_it_was_sent(open_store)


@pytest.mark.parametrize("known", [State.SENT, State.REJECTED])
def test_it_never_takes_back_what_is_known(open_store, known):
    mine, other = open_store(), open_store()
    mine.enqueue_all(entries(1))
    alive = mine.worker()
    entry = mine.claim(alive.token, sending=True)
    mine.finish(entry.id, alive.token, known)
    assert other.recover(alive.token, State.UNKNOWN) == []
    assert mine.finish(entry.id, alive.token, State.UNKNOWN).state is known


def test_a_claim_whose_answer_was_lost_is_put_back(open_store):
    mine, other = open_store(), open_store()
    mine.enqueue_all(entries(2))
    alive = mine.worker()
    assert mine.claim(alive.token, sending=True).id == 1  # committed; its answer is lost on the way
    cut(mine, other)
    assert mine.claim(alive.token, sending=True).id == 1
    assert other.entries(State.SENDING)[0].id == 1
    mine.finish(1, alive.token, State.SENT)
    assert mine.claim(alive.token, sending=True).id == 2


def proceeded_though_lost(open_store, monkeypatch, *, committed):
    """Lose the connection while an entry is noted and the next is taken; return what is in hand, and the states."""
    mine, other = open_store(), open_store()
    mine.enqueue_all(entries(3))
    alive = mine.worker()
    first = mine.claim(alive.token, sending=True)
    by_itself, lost = mine._session._by_itself, []

    def losing(db, action):
        if not lost:
            lost.append(committed and action(db))
            cut(mine, other)
            db.execute("SELECT 1")
        return by_itself(db, action)

    monkeypatch.setattr(mine._session, "_by_itself", losing)
    found = mine.proceed(first.id, alive.token, sending=True)
    assert len(lost) == 1
    return found.id, [entry.state for entry in other.entries(None)]


@pytest.mark.parametrize("committed", [True, False])
def test_a_note_and_a_claim_whose_answer_was_lost_are_both_done_once(open_store, monkeypatch, committed):
    found, states = proceeded_though_lost(open_store, monkeypatch, committed=committed)
    assert (found, states) == (2, [State.SENT, State.SENDING, State.PENDING])


def test_putting_back_what_was_sent_and_perhaps_not_noted_is_found(open_store, monkeypatch):
    """Sabotage: what a lost connection had in hand is put back before it is noted that it was sent."""
    from afilnet_protocols.outbox.postgresql import store as store_module

    monkeypatch.setattr(store_module, "_FINISH", "SELECT %s, %s, %s, %s, %s, %s, %s")
    with pytest.raises(AssertionError):
        test_a_note_and_a_claim_whose_answer_was_lost_are_both_done_once(open_store, monkeypatch, committed=False)


def test_what_another_has_locked_is_sorted_in_the_next_time_and_nobody_waits(open_store):
    store, other = open_store(), open_store()
    store.enqueue_all(entries(2, lambda count: f"34{count}"))
    token = store.worker().token

    def locked(db):
        db.execute(other._tables.query("SELECT {schema}.lock_conversation('whatsapp', '100', '340')"))
        return store.claim(token, sending=True).id

    assert other._session.do(locked) == 2
    assert store.claim(token, sending=True).id == 1


def test_an_entry_that_another_took_over_is_not_begun(open_store):
    mine, other = open_store(), open_store()
    mine.enqueue_all(entries(1))
    alive = mine.worker()
    entry = mine.claim(alive.token, sending=False)
    cut(mine, other)
    _until(lambda: other._session.is_free(int(alive.token)))
    other.recover(alive.token, State.UNKNOWN)
    assert other.claim(other.worker().token, sending=True).id == entry.id
    with pytest.raises(NotSentError):
        mine.begin(entry.id, alive.token, 0)


def test_an_entry_without_a_key_is_not_put_in_twice_where_the_commit_is_in_doubt(open_store, monkeypatch):
    store, other = open_store(), open_store()
    transaction = store._session._transaction

    def lost_after(db, action):
        transaction(db, action)
        store._session._committing = True
        cut(store, other)
        db.execute("SELECT 1")

    monkeypatch.setattr(store._session, "_transaction", lost_after)
    with pytest.raises(ConfigurationError, match="may have been done") as caught:
        store.enqueue(entries(1)[0])
    assert caught.value.delivery is Delivery.UNKNOWN
    assert len(other.entries(None)) == 1


def test_a_server_that_restarts_is_waited_for(tmp_path):
    if postgresql.programs() is None:
        pytest.skip("no PostgreSQL server is installed")
    with postgresql.running() as server:
        store = PostgresqlStore(server.url)
        server.stop()
        thread = threading.Thread(target=server.start)
        thread.start()
        assert store.enqueue(NewEntry(operation="send_message", arguments=entries(1)[0].arguments, key="a"))[1]
        thread.join()
        store.close()


def test_without_the_unique_index_two_of_one_conversation_are_in_hand_at_once(open_store, schema):
    store, other = open_store(), open_store()

    def both(dropped):
        if dropped:
            store._session.do(
                lambda db: db.execute(sql.SQL("DROP INDEX {}.outbox_in_hand").format(sql.Identifier(schema)))
            )
        store.enqueue_all(entries(2))
        store._session.do(
            lambda db: db.execute(store._tables.query("UPDATE {outbox} SET head = true WHERE state = 'pending'"))
        )
        return [store.claim("1", sending=True), other.claim("2", sending=True)]

    first, second = both(dropped=False)
    assert (first is not None, second) == (True, None)
    store.finish(first.id, "1", State.SENT)
    assert all(both(dropped=True))


def test_a_rate_holds_across_workers(open_store):
    first, second = open_store(), open_store()
    first.enqueue_all(entries(60, lambda count: f"34{count}"))
    pace = Pace("account", 0.02)
    owners = {first: first.worker().token, second: second.worker().token}
    moments = []
    while len(moments) < 40:
        for store, owner in owners.items():
            found = store.claim(owner, sending=True, pace=pace)
            if isinstance(found, Later):
                assert 0 < found.seconds <= 0.02
                time.sleep(found.seconds)
            else:
                moments.append(found.changed_at)  # by the database's clock
                store.finish(found.id, owner, State.SENT)
    # What was late is made up for by one.
    assert (moments[-1] - moments[0]).total_seconds() >= 0.02 * (len(moments) - 2) * 0.95


# Poolers


@pytest.fixture
def pooled(postgresql_server, tmp_path):
    if shutil.which("pgbouncer") is None:
        reason = "pgbouncer is not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    running = []

    def pooler(mode, size, *more):
        # The server may be shared with other processes, whose numbers are the same.
        folder = Path(tempfile.mkdtemp(prefix="pooler-", dir=postgresql_server.folder))
        port = postgresql.free_port()
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={postgresql_server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\n"
            "ignore_startup_parameters = extra_float_digits\nunix_socket_dir =\n"
            + "".join(f"{each}\n" for each in more)
        )
        who = {}
        if os.geteuid() == 0:
            shutil.chown(folder, postgresql.ordinary_user())
            who = {"user": postgresql.ordinary_user()}
        # In auth_type any, the user of the server is given with the database.
        ini = folder / "pgbouncer.ini"
        ini.write_text(ini.read_text().replace("[pgbouncer]", "user=afilnet\n[pgbouncer]").replace("\nuser=", " user="))
        running.append(
            subprocess.Popen(["pgbouncer", "-q", str(ini)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)
        )
        # The database of these tests: another one is that of all trials, and keeps what was put in by the last one.
        address = postgresql_server.url.replace(f":{postgresql_server.port}/", f":{port}/")
        _until(lambda: _answers(address))
        return address

    yield pooler
    for process in running:
        process.terminate()
        process.wait(HANGS)


def _answers(address):
    try:
        psycopg.connect(address).close()
    except psycopg.Error:
        return False
    return True


@pytest.mark.parametrize("size", [1, 5])
def test_a_pooler_in_transaction_mode_is_refused(pooled, open_store, size):
    with pytest.raises(ConfigurationError, match="transaction mode"):
        open_store(pooled("transaction", size))


def test_a_pooler_in_statement_mode_is_refused_in_the_same_words(pooled, open_store):
    with pytest.raises(ConfigurationError, match=r"transaction mode or the like.*name the server itself"):
        open_store(pooled("statement", 2))


def taking_turns(pooled, mode):
    """Return the address of a pooler whose two servers take turns."""
    address = pooled(mode, 2, "server_round_robin = 1")
    both = [psycopg.connect(address) for _ in range(2)]
    for each in both:
        each.execute("SELECT 1")
    for each in both:
        each.rollback()
        each.close()
    return address


def test_a_pooler_whose_servers_take_turns_is_found_out_too(pooled, open_store):
    address = taking_turns(pooled, "transaction")
    for _ in range(4):
        with pytest.raises(ConfigurationError, match="transaction mode"):
            open_store(address)
    store = open_store(taking_turns(pooled, "session"))
    assert store.claim(store.worker().token, sending=True) is None


def test_sabotage_a_pooler_that_is_asked_once_would_be_found_out(pooled, open_store, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.outbox.postgresql.pooler.TURNS", 0)
    address = taking_turns(pooled, "transaction")
    for _ in range(50):
        with contextlib.suppress(ConfigurationError):
            open_store(address)
            return
    raise AssertionError("it was refused each time")


@pytest.mark.parametrize("size", [1, 5])
def test_a_pooler_in_session_mode_is_not(pooled, open_store, size):
    store = open_store(pooled("session", size))
    store.enqueue_all(entries(1))
    assert store.claim(store.worker().token, sending=True).id == 1


def test_a_session_that_another_server_process_goes_on_with_is_refused(open_store):
    store = open_store()
    store.enqueue_all(entries(1))
    store._session.backend += 1
    with pytest.raises(ConfigurationError, match="transaction mode"):
        store.claim("1", sending=True)
    assert store.counts()[State.PENDING] == 1


def test_a_refused_pooler_shows_no_password(pooled):
    with pytest.raises(ConfigurationError, match="transaction mode") as caught:
        Outbox(pooled("transaction", 2).replace("afilnet@", f"afilnet:{SECRET}@"))
    _shows_nothing(caught.value)


# Secrets and rights

SECRET = "pass-W0rd"


@table(
    "place",
    [
        f"postgresql://me:{SECRET}@127.0.0.1:1/db",
        f"postgresql://127.0.0.1:1/db?user=me&password={SECRET}",
        f"postgresql://me:{SECRET}@127.0.0.1:port/db",
        f"postgresql://me:{SECRET}@a..b/db",
        f"postgresql://me:{SECRET}@{'a' * 64}/db",
        f"postgresql://me:{SECRET}@127.0.0.1:1/db?{SECRET}=1",
        f"postgresql://me:{SECRET}@/db?host=/nowhere",
    ],
)
def test_a_password_in_a_place_is_shown_nowhere(place):
    with pytest.raises(ConfigurationError) as caught:
        Outbox(place)
    _shows_nothing(caught.value)


def _shows_nothing(error):
    ours = error.with_traceback(error.__traceback__.tb_next)  # without the test's own frame
    shown = traceback.TracebackException.from_exception(ours, capture_locals=True)
    assert SECRET not in "".join(shown.format())
    assert SECRET not in repr(error)


def test_a_password_is_not_in_the_repr(postgresql_server, schema):
    with Outbox(postgresql_server.url.replace("afilnet@", f"afilnet:{SECRET}@"), schema=schema) as outbox:
        assert SECRET not in repr(outbox)
        assert SECRET not in outbox._store.place


def test_nobody_else_has_rights(open_store, schema):
    store = open_store()
    query = "SELECT has_schema_privilege('public', %s, 'USAGE')"
    assert store._session.do(lambda db: db.execute(query, (schema,)).fetchone()) == (False,)


def test_what_is_noted_survives_though_the_database_says_otherwise(postgresql_server, open_store):
    store = open_store(postgresql_server.url + "?options=-csynchronous_commit%3Doff")
    assert store._session.do(lambda db: db.execute("SHOW synchronous_commit").fetchone()) == ("on",)


def test_tables_of_another_version_are_refused(open_store, schema):
    store = open_store()
    store._session.do(
        lambda db: db.execute(sql.SQL("UPDATE {}.version SET version = 99").format(sql.Identifier(schema)))
    )
    with pytest.raises(ConfigurationError, match="another version"):
        open_store()


@pytest.mark.parametrize("name", ['a"b', "Mixed Case", "d'or", "{x}"])
def test_any_name_of_a_schema_is_taken_as_it_is(postgresql_server, name):
    store = PostgresqlStore(postgresql_server.url, schema=name)
    store.enqueue_all(entries(1))
    assert store.claim("1", sending=True).id == 1
    store.close()


@pytest.mark.parametrize("name", ["", "%s", "a" * 64, "a\nb"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ConfigurationError, match="schema"):
        Outbox("postgresql://127.0.0.1:1/db", schema=name)


def _until(reached):
    until = time.monotonic() + HANGS
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.01)


# What is noted of an entry


def noted(store, number):
    """Return what is kept of an entry: its state and error, whether it may have arrived, was read back, and rests."""
    query = "SELECT state, error, doubtful, reconciled, not_before IS NOT NULL FROM {outbox} WHERE id = %s"
    [row] = store._rows(query, (number,))
    return tuple(row)


NOTED = [
    (State.SENT, None, ("sent", None, 0, False, False)),
    (State.REJECTED, None, ("rejected", None, 0, False, False)),
    (State.UNKNOWN, OutcomeUnknownError("lost"), ("unknown", "OutcomeUnknownError", 0, False, False)),
    (State.PENDING, OutcomeUnknownError("lost"), ("pending", "OutcomeUnknownError", 1, False, False)),
    (State.PENDING, NotSentError("no way"), ("pending", "NotSentError", 0, False, False)),
    (State.PENDING, None, ("pending", None, 1, False, False)),
]


def test_an_entry_that_is_tried_again_may_have_arrived_unless_it_was_surely_not_sent(open_store):
    store = open_store()
    assert store.shares_rate is True
    store.enqueue_all(entries(len(NOTED), place=lambda count: f"34{count}"))
    alive = store.worker()
    in_hand = [store.claim(alive.token, sending=True).id for _ in NOTED]
    for number, (state, error, kept) in zip(in_hand, NOTED, strict=True):
        assert store.finish(number, alive.token, state, error=error).state is state
        assert noted(store, number) == kept


@pytest.mark.parametrize("proceeds", [False, True], ids=["claim", "proceed"])
def test_what_a_worker_takes_after_it_was_cut_off_stays_in_its_hand_when_it_takes_another(open_store, proceeds):
    mine, other = open_store(), open_store()
    mine.enqueue_all(entries(3, place=lambda count: f"34{count}"))
    alive = mine.worker()
    before = mine.claim(alive.token, sending=True)
    cut(mine, other)
    if proceeds:
        first = mine.proceed(before.id, alive.token, sending=True)
        assert noted(mine, before.id) == ("sent", None, 0, False, False)
    else:
        first = mine.claim(alive.token, sending=True)
    second = mine.claim(alive.token, sending=True)
    assert [noted(mine, each.id)[0] for each in (first, second)] == ["sending", "sending"]
    assert first.id != second.id


@pytest.mark.parametrize(
    ("found", "kept", "due"), [(State.SENT, ("sent", 0, True), 2), (State.PENDING, ("pending", 1, False), 1)]
)
def test_what_was_read_back_is_noted_once_and_what_did_not_arrive_is_due_again(open_store, found, kept, due):
    store = open_store()
    store.enqueue_all(entries(2))
    alive = store.worker()
    entry = store.claim(alive.token, sending=True)
    store.finish(entry.id, alive.token, State.UNKNOWN, error=OutcomeUnknownError("lost"))
    [lost] = store.lost()
    assert store.settle(lost, found) is True
    state, _, doubtful, reconciled, _ = noted(store, entry.id)
    assert (state, doubtful, reconciled) == kept
    assert store.settle(lost, found) is False
    assert store.claim(alive.token, sending=True).id == due


def test_who_takes_over_has_the_lock_of_each_conversation_before_it_changes_any(open_store, monkeypatch):
    mine, other = open_store(), open_store()
    mine.enqueue_all(entries(2, place=lambda count: f"34{count}"))
    alive = mine.worker()
    taken = [mine.claim(alive.token, sending=True).id for _ in range(2)]
    cut(mine, other)
    _until(lambda: other._session.is_free(int(alive.token)))
    locked, right = [], other._lock
    monkeypatch.setattr(other, "_lock", lambda db, place: (locked.append(place[2]), right(db, place)))
    assert sorted(other.recover(alive.token, State.UNKNOWN)) == taken
    assert locked == ["340", "341"]
