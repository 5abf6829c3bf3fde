"""What databases, roles and administrators do to a worker's session, and applications to theirs, stops no outbox."""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import warnings
from datetime import UTC, datetime
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from afilnet_protocols import ConfigurationError, Outbox
from afilnet_protocols.outbox import checks
from afilnet_protocols.outbox.postgresql import session as sessions
from afilnet_protocols.outbox.postgresql.session import Session
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore
from afilnet_protocols.outbox.postgresql.worker_lock import SessionLock
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Service
from tests.tables import table
from tests.time_limit import HANGS

SETTINGS = Settings(user="u", password="p")
_numbers = itertools.count()


@pytest.fixture
def schema():
    return f"sessions_{next(_numbers)}"


@pytest.fixture
def owner(postgresql_server):
    with psycopg.connect(postgresql_server.url, autocommit=True) as db:
        yield db


@pytest.fixture
def session(postgresql_server):
    made = Session(postgresql_server.url, lambda db: None)
    yield made
    made.close()


# Time zones


def the_ends_of_the_calendar_come_back(url, owner, schema, monkeypatch):
    monkeypatch.setattr(checks, "LATEST", datetime.max.replace(tzinfo=UTC))  # as entries of earlier versions have it
    role = sql.Identifier(f"role_{schema}")
    owner.execute(sql.SQL("CREATE ROLE {} LOGIN SUPERUSER").format(role))
    owner.execute(sql.SQL("ALTER ROLE {} SET timezone = 'Asia/Tokyo'").format(role))
    place, last, service = url.replace("afilnet@", f"role_{schema}@"), datetime.max.replace(tzinfo=UTC), Service()
    with Outbox(place, SETTINGS, schema=schema, make_client=lambda _: service) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="for ever", expires=last)
        outbox.enqueue(**PLACE, destination="342", message="never", not_before=last)
        assert [(entry.not_before, entry.expires) for entry in outbox.entries()] == [(None, last), (last, None)]
        assert outbox.run(rest=False).sent == 1


def test_the_last_moment_of_the_calendar_stops_no_outbox_east_of_greenwich(
    postgresql_server, owner, schema, monkeypatch
):
    the_ends_of_the_calendar_come_back(postgresql_server.url, owner, schema, monkeypatch)


def test_sabotage_a_session_in_the_zone_of_its_role_is_found(postgresql_server, owner, schema, monkeypatch):
    kept = sessions.SESSION_SETTINGS.replace("set_config('timezone', 'UTC', false)", "NULL")
    monkeypatch.setattr(sessions, "SESSION_SETTINGS", kept)
    with pytest.raises(ConfigurationError, match="year 10K"):
        the_ends_of_the_calendar_come_back(postgresql_server.url, owner, schema, monkeypatch)


# What ends a statement or a session


class Ended:
    """Something that the server does to the first statements of an action."""

    def __init__(self, times, deed):
        self.begun, self._times, self._deed = 0, times, deed

    def __call__(self, db):
        self.begun += 1
        if self.begun <= self._times:
            self._deed(db)
        return self.begun


def reads_only(db):
    db.execute("SET default_transaction_read_only = on")
    db.execute("SET transaction_read_only = on")
    db.execute("CREATE TABLE nothing ()")


def is_idle_for_too_long(db):
    db.execute("SET idle_in_transaction_session_timeout = 1")
    assert select.select([db.fileno()], [], [], HANGS)[0]  # the server says that it ends it
    db.execute("SELECT 1")


def takes_too_long(db):
    db.execute("SET LOCAL statement_timeout = 1")
    db.execute("SELECT pg_sleep(60)")


def is_locked_for_too_long(db):
    raise psycopg.errors.LockNotAvailable("canceling statement due to lock timeout")


@table(
    ("deed", "times"),
    [(reads_only, 1), (is_idle_for_too_long, 1), (takes_too_long, 2), (is_locked_for_too_long, 2)],
)
def test_what_a_server_ends_is_done_again(session, monkeypatch, deed, times):
    monkeypatch.setattr(sessions.time, "sleep", lambda _: None)
    ended = Ended(times, deed)
    assert session.do(ended) == times + 1


def test_a_connection_that_reads_only_or_was_ended_is_another_one_afterwards(session, monkeypatch):
    for number, deed in enumerate((reads_only, is_idle_for_too_long), start=1):
        before = session.backend
        session.do(Ended(1, deed))
        assert (session.lost, session.backend == before) == (number, False)


def test_what_an_interruption_leaves_open_of_several_steps_holds_nothing_of_those_behind_it(session, owner, schema):
    with contextlib.suppress(KeyboardInterrupt), session.whole() as db:
        db.execute("BEGIN")
        raise KeyboardInterrupt  # as by a signal's handler, before anybody has it to undo
    session.do(lambda db: db.execute(sql.SQL("CREATE TABLE {} ()").format(sql.Identifier(schema))))
    assert owner.execute("SELECT to_regclass(%s) IS NOT NULL", (schema,)).fetchone() == (True,)


def test_a_statement_that_always_takes_too_long_is_given_up(session, monkeypatch):
    monkeypatch.setattr(sessions.time, "sleep", lambda _: None)
    ended = Ended(10, takes_too_long)
    with pytest.raises(ConfigurationError, match="statement timeout"):
        session.do(ended)
    assert ended.begun == sessions.BEGUN_AGAIN
    assert session.lost == 0


def test_what_is_wrong_with_a_statement_is_said_at_once(session):
    ended = Ended(10, lambda db: db.execute("SELECT nothing"))
    with pytest.raises(ConfigurationError, match="nothing"):
        session.do(ended)
    assert ended.begun == 1


class Interrupted(Exception):
    """What a signal's handler raises, as a task queue's for its time limit."""


def goes_on_after_an_exchange_that_was_interrupted(session) -> None:
    before = session.backend
    session._db.pgconn.send_query(b"SELECT pg_sleep(60)")
    assert session.do(lambda db: db.execute("SELECT 1").fetchone()) == (1,)
    assert session.backend != before


def test_a_connection_on_which_somebody_was_interrupted_is_another_one_afterwards(session):
    goes_on_after_an_exchange_that_was_interrupted(session)


def test_sabotage_a_connection_that_is_taken_as_it_was_left_is_of_no_use(session, monkeypatch):
    monkeypatch.setattr(Session, "_usable", lambda self: self._db)
    with pytest.raises(ConfigurationError, match="in progress"):
        goes_on_after_an_exchange_that_was_interrupted(session)


def in_a_step(session, action):
    return session.do(action)


def in_several_steps(session, action):
    with session.whole() as db, db.transaction():
        return action(db)


@table("around", [in_a_step, in_several_steps])
def test_an_exchange_that_interrupts_another_in_its_thread_is_refused_and_the_other_goes_on(session, around):
    before, refused = session.backend, []

    def interrupt(_):  # while the server's answer is read
        try:
            session.each(lambda db: db.execute("SELECT 1"))
        except ConfigurationError as error:
            refused.append(str(error))

    def ask(db):
        db.add_notice_handler(interrupt)
        asked = db.execute("DO $$ BEGIN RAISE NOTICE 'half of the answer'; END $$")
        db.remove_notice_handler(interrupt)
        return asked.statusmessage

    assert around(session, ask) == "DO"
    assert ["in the middle of a step" in each for each in refused] == [True]
    assert session.backend == before


# Children


def lock_of_a_worker_that_left_a_child(url):
    """Return the lock of a worker that has ended, and what ends its child, which goes on until then."""
    told, tell = os.pipe()
    until, end = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of threads at a fork
        worker = os.fork()
    if worker == 0:
        try:
            session = Session(url, lambda db: None)
            os.write(tell, b"%d" % session.hold())
            if os.fork() == 0:
                os.close(end)
                os.read(until, 1)
        finally:
            os._exit(0)
    os.close(until)
    os.waitpid(worker, 0)
    return int(os.read(told, 20)), end


@pytest.mark.parametrize("lets_go", [True, pytest.param(False, id="sabotage: the child keeps the parent's descriptor")])
def test_a_child_that_outlives_a_worker_does_not_have_it_taken_for_alive(postgresql_server, monkeypatch, lets_go):
    if not lets_go:
        monkeypatch.setattr(sessions, "leave_to_parent", lambda db: None)
    token, end = lock_of_a_worker_that_left_a_child(postgresql_server.url)
    patience = f"{HANGS:.0f}s" if lets_go else "200ms"
    with psycopg.connect(postgresql_server.url) as db:
        db.execute(sql.SQL("SET lock_timeout = {}").format(patience))
        with contextlib.nullcontext() if lets_go else pytest.raises(psycopg.errors.LockNotAvailable):
            db.execute("SELECT pg_advisory_lock(%s)", (token,))
    os.close(end)


def test_a_child_ends_no_connection_of_its_parent(session):
    before = session.backend
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        session.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert session.do(lambda db: db.execute("SELECT 1").fetchone()) == (1,)
    assert session.backend == before


@table("raised", [psycopg.OperationalError("gone"), Interrupted()])
def test_a_lock_that_could_not_be_given_up_is_gone_with_its_connection(session, postgresql_server, raised):
    token, right = session.hold(), session._db
    with psycopg.connect(postgresql_server.url) as other:
        taken = "SELECT pg_try_advisory_lock(%s)", (token,)
        assert other.execute(*taken).fetchone() == (False,)

        class Failing:
            closed = False

            def execute(self, *_):
                raise raised

            def close(self):
                right.close()

        session._db = Failing()
        with contextlib.suppress(Interrupted):
            session.release(token)
        assert right.closed
        other.execute("SELECT pg_advisory_lock(%s)", (token,))
    session._db = right


@table("repeatable", [True, False])
def test_what_may_have_been_committed_is_never_told_as_not_done(session, monkeypatch, repeatable):
    monkeypatch.setattr(sessions, "PATIENCE", 0.0)
    monkeypatch.setattr(sessions.time, "sleep", lambda _: None)

    class Lost:
        """Is gone when it commits."""

        closed = False
        info = SimpleNamespace(transaction_status=psycopg.pq.TransactionStatus.IDLE)

        @contextlib.contextmanager
        def transaction(self):
            yield
            self.closed = True
            raise psycopg.OperationalError("the connection is lost")

        def close(self):
            pass

    monkeypatch.setattr(Session, "_connected", lambda _: Lost())
    session._db.close()
    with pytest.raises(ConfigurationError, match="it may have been done all the same") as told:
        session.do(lambda db: None, repeatable=repeatable)
    assert told.value.delivery == "unknown"


# What a role may see and change


@pytest.fixture
def role(owner, schema):
    """A role that may do everything with the tables of an outbox, and what its address is made of."""
    name = f"role_{schema}"
    owner.execute(f"CREATE ROLE {name} LOGIN".encode())
    yield name
    owner.execute(f"DROP OWNED BY {name}".encode())
    owner.execute(f"DROP ROLE {name}".encode())


def under_policies(url, owner, schema, role) -> None:
    """Have a role put an entry in and send it, where it may see all entries and change those that wait."""
    Outbox(url, schema=schema).close()
    for statement in (
        "GRANT USAGE ON SCHEMA {0} TO {1}",
        "GRANT ALL ON ALL TABLES IN SCHEMA {0} TO {1}",
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA {0} TO {1}",
        "GRANT ALL ON ALL FUNCTIONS IN SCHEMA {0} TO {1}",
        "ALTER TABLE {0}.outbox ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY seen ON {0}.outbox FOR SELECT USING (true)",
        "CREATE POLICY put ON {0}.outbox FOR INSERT WITH CHECK (true)",
        "CREATE POLICY changed ON {0}.outbox FOR UPDATE USING (state = 'pending') WITH CHECK (true)",
    ):
        owner.execute(statement.format(schema, role).encode())
    service, place = Service(), url.replace("afilnet@", f"{role}@")
    with Outbox(place, SETTINGS, schema=schema, make_client=lambda _: service) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="hola")
        outbox.run(rest=False)
        assert outbox.status()["sent"] == len(service.messages)


def test_no_worker_works_where_policies_hide_or_keep_entries_and_who_puts_in_may(
    postgresql_server, owner, schema, role
):
    with pytest.raises(ConfigurationError, match=r"row level security .* BYPASSRLS"):
        under_policies(postgresql_server.url, owner, schema, role)
    with Outbox(postgresql_server.url, schema=schema) as outbox:
        assert outbox.status()["pending"] == 1


def test_sabotage_a_worker_under_policies_notes_nothing(postgresql_server, owner, schema, role, monkeypatch):
    monkeypatch.setattr(PostgresqlStore, "worker", lambda self: SessionLock(self._session))
    with pytest.raises(ConfigurationError, match="cannot be noted"):
        under_policies(postgresql_server.url, owner, schema, role)


def test_a_role_that_changes_nothing_is_told_to_be_one(postgresql_server, owner, schema, role):
    owner.execute(f"ALTER ROLE {role} SET default_transaction_read_only = on".encode())
    with pytest.raises(ConfigurationError, match=r"is read-only: a replica, or default_transaction_read_only"):
        Outbox(postgresql_server.url.replace("afilnet@", f"{role}@"), schema=schema)


# The application's connections


def _with(**given):
    return lambda url: psycopg.connect(url, **given)


def without_encoding(url):
    connection = psycopg.connect(url)
    connection.execute("SET client_encoding = 'SQL_ASCII'")
    return connection


def with_other_cursors(url):
    connection = psycopg.connect(url)
    connection.cursor_factory = psycopg.RawCursor
    return connection


@table("make", [_with(), _with(row_factory=dict_row), _with(autocommit=True), without_encoding, with_other_cursors])
def test_an_entry_goes_in_however_the_application_set_its_connection_up(postgresql_server, make):
    with (
        Outbox(postgresql_server.url, schema=f"sessions_{next(_numbers)}") as outbox,
        make(postgresql_server.url) as own,
    ):
        numbers = [outbox.enqueue(**PLACE, destination="341", message="hola ñ 👋", key="a", connection=own)] * 2
        own.commit()
        assert [entry.id for entry in outbox.entries()] == numbers[:1]
        assert outbox.entries()[0].arguments["message"] == "hola ñ 👋"
        # The same again under its key is the same entry, and another one is refused.
        assert outbox.enqueue(**PLACE, destination="341", message="hola ñ 👋", key="a", connection=own) == numbers[0]


def test_a_closed_connection_is_told_as_an_error_of_ours(postgresql_server, schema):
    own = psycopg.connect(postgresql_server.url)
    own.close()
    with (
        Outbox(postgresql_server.url, schema=schema) as outbox,
        pytest.raises(ConfigurationError, match="connection is closed"),
    ):
        outbox.enqueue(**PLACE, destination="341", message="hola", connection=own)
