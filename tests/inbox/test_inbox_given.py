"""A message that is settled in the application's own transaction: whole or not at all, and waited for by nobody."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from types import SimpleNamespace

import pytest

from afilnet_protocols import AsyncInbox, ConfigurationError, Inbox
from afilnet_protocols.inbox import HandlingFailed, State
from afilnet_protocols.inbox.given_connection import Given
from afilnet_protocols.inbox.postgresql.store import PostgresqlInboxStore
from afilnet_protocols.inbox.settling import Settling
from afilnet_protocols.inbox.sqlite.store import SqliteInboxStore
from tests.inbox.conftest import ON_POSTGRESQL
from tests.inbox.service import Killed, Service, opened
from tests.tables import table


class Application:
    """An application that keeps its tickets beside its inbox, on one connection that it goes on using."""

    def __init__(self, place, *, by_itself=False):
        where, how = place
        self.tickets = f"{how['schema']}.tickets" if how else "tickets"
        if how:
            psycopg = pytest.importorskip("psycopg")
            self.connection = psycopg.connect(where, autocommit=by_itself)
        else:
            self.connection = sqlite3.connect(where, isolation_level=None if by_itself else "")
        self.connection.execute(f"CREATE TABLE {self.tickets} (number integer)")
        self.connection.commit()

    def add(self, database):
        database.execute(f"INSERT INTO {self.tickets} VALUES (1)")

    @property
    def count(self):
        (count,) = self.connection.execute(f"SELECT count(*) FROM {self.tickets}").fetchone()
        self.connection.rollback()
        return count


@pytest.fixture
def place(new_place):
    return new_place()


@pytest.fixture
def application(place):
    made = []

    def make(where=None, **given):
        made.append(Application(where or place, **given))
        return made[-1]

    yield make
    for each in made:
        each.connection.close()


def asked():
    service = Service()
    service.write("341", "order")
    return service


def settling(application, how):
    """Return a handler that leaves its transaction open at first, and then commits it."""

    def handle(incoming):
        passed_over = ValueError if how == "passes over what it raised in it" else ()
        with contextlib.suppress(passed_over), incoming.transaction(application.connection) as database:
            application.add(database)
            incoming.reply("Ticket 1")
            if incoming.attempt == 1 and how == "raises in it":
                raise HandlingFailed("no")
            if incoming.attempt == 1 and passed_over:
                raise ValueError
        if incoming.attempt > 1:
            application.connection.commit()
        elif how == "raises after it":
            raise HandlingFailed("no")

    return handle


HOW = ("raises in it", "raises after it", "forgets to commit", "passes over what it raised in it")


def is_undone_and_comes_again(place, application, how):
    service = asked()
    with opened(Inbox, place, service, start="all") as inbox:
        app = application()
        inbox.handler(settling(app, how))
        assert inbox.run(wait=False).put_back == 1
        (waiting,) = inbox.messages(State.WAITING)
        assert (app.count, waiting.raised, waiting.interrupted) == (0, 1, 0)
        assert waiting.reason == "no" if how.startswith("raises") else "had committed" in waiting.reason
        service.now += 5
        assert inbox.run(wait=False).done == 1
        assert (app.count, service.outgoing("341")) == (1, ["Ticket 1"])


@pytest.mark.parametrize("how", HOW)
def test_what_a_handler_leaves_open_is_undone_and_its_message_comes_again(place, application, how):
    is_undone_and_comes_again(place, application, how)


@pytest.mark.parametrize("how", HOW)
def test_so_it_is_in_tasks(place, application, how):
    service = asked()

    async def run() -> None:
        async with opened(AsyncInbox, place, service, start="all") as inbox:
            app = application()
            inbox.handler(settling(app, how))
            assert (await inbox.run(wait=False)).put_back == 1
            assert app.count == 0
            service.now += 5
            assert (await inbox.run(wait=False)).done == 1
            assert (app.count, service.outgoing("341")) == (1, ["Ticket 1"])

    asyncio.run(run())


@ON_POSTGRESQL
def test_sabotage_a_process_that_waits_for_itself_is_found(place, application, monkeypatch):
    monkeypatch.setattr(Settling, "undo", lambda self, incoming: None)
    where, how = place
    impatient = f"{where}?options=-c%20lock_timeout%3D20", how
    with pytest.raises(ConfigurationError, match="lock timeout"):
        is_undone_and_comes_again(impatient, lambda: application(place), "forgets to commit")


def test_a_loop_that_is_left_with_a_transaction_open_is_an_interruption(place, application):
    service = asked()
    with opened(Inbox, place, service, start="all") as inbox:
        app = application()
        for incoming in inbox:
            with incoming.transaction(app.connection) as database:
                app.add(database)
            break
        (waiting,) = inbox.messages(State.WAITING)
        assert (app.count, waiting.raised, waiting.interrupted) == (0, 0, 1)


@ON_POSTGRESQL  # a file has one writer
def test_what_a_handler_does_after_it_committed_is_left_to_it(place, application):
    service = asked()
    with opened(Inbox, place, service, start="all") as inbox:
        app = application()

        @inbox.handler
        def handle(incoming):
            with incoming.transaction(app.connection):
                incoming.reply("Ticket 1")
            app.connection.commit()
            app.add(app.connection)

        assert inbox.run(wait=False).done == 1
        app.connection.commit()
        assert app.count == 1


@ON_POSTGRESQL
def test_what_cannot_be_undone_from_here_is_said(place, application):
    service = asked()
    with opened(Inbox, place, service, start="all") as inbox:
        app = application()
        inbox.handler(settling(app, "forgets to commit"))
        with app.connection.transaction(), pytest.raises(ConfigurationError, match=r"left open.*ProgrammingError"):
            inbox.run(wait=False)
        # It was in the hand of a run that has ended, so it comes again.
        app.connection.rollback()
        service.now += 5
        inbox.run(wait=False)
        assert app.count == 1


def commits_after_an_error(place, application, by_itself):
    """Handle a message whose reply cannot be put in, by a handler that goes on and commits; return what came of it."""
    service = asked()
    with opened(Inbox, place, service, start="all") as inbox:
        app = application(by_itself=by_itself)
        puts_in = inbox._store._outbox.enqueue

        def fails(*given, **named):
            raise ConfigurationError("the reply cannot be put in")

        begun = []

        @inbox.handler
        def handle(incoming):
            begun.append(incoming)
            if len(begun) > 1:
                raise Killed
            inbox._store._outbox.enqueue = fails
            if by_itself:
                app.connection.execute("BEGIN")
            with contextlib.suppress(ConfigurationError), incoming.transaction(app.connection) as database:
                app.add(database)
                incoming.reply("Ticket 1")
            inbox._store._outbox.enqueue = puts_in
            app.connection.commit()

        inbox.run(wait=False)
        return app.count, service.outgoing("341")


@pytest.mark.parametrize("by_itself", [False, True], ids=["in a transaction", "each by itself"])
def test_who_goes_on_after_an_error_and_commits_has_not_settled_it_without_its_replies(place, application, by_itself):
    assert commits_after_an_error(place, application, by_itself) == (1, ["Ticket 1"])


def test_sabotage_a_message_that_is_settled_step_by_step_is_found(place, application, monkeypatch):
    for store in (SqliteInboxStore, PostgresqlInboxStore):
        monkeypatch.setattr(store, "_part", lambda self, driver: contextlib.nullcontext())
    with pytest.raises((AssertionError, Killed)):
        assert commits_after_an_error(place, application, False) == (1, ["Ticket 1"])


def test_nothing_is_committed_before_the_application_does(place, application):
    service = asked()
    with opened(Inbox, place, service, start="all") as inbox:
        app = application()

        @inbox.handler
        def handle(incoming):
            with incoming.transaction(app.connection):
                incoming.reply("Ticket 1")  # and nothing before it, which would have begun a transaction
            app.connection.rollback()

        assert inbox.run(wait=False).done == 0
        assert service.outgoing("341") == []


def writes_nothing_where_each_statement_is_committed(place, application):
    service = asked()
    with opened(Inbox, place, service, start="all", attempts=1) as inbox:
        app = application(by_itself=True)

        @inbox.handler
        def handle(incoming):
            with incoming.transaction(app.connection) as database:
                app.add(database)
                incoming.reply("Ticket 1")

        inbox.run(wait=False)
        (dead,) = inbox.dead()
        assert "commits each statement by itself" in dead.reason
        assert "begin a transaction before" in dead.reason
        assert (app.count, service.outgoing("341")) == (0, [])


def test_a_connection_on_which_nothing_is_one_commit_is_refused_before_anything_is_written(place, application):
    writes_nothing_where_each_statement_is_committed(place, application)


def test_sabotage_a_connection_that_is_not_looked_at_is_found(place, application, monkeypatch):
    for store in ("sqlite", "postgresql"):
        monkeypatch.setattr(f"afilnet_protocols.inbox.{store}.store.refuse_without_transaction", lambda begun: None)
    with pytest.raises(ValueError, match="unpack"):
        writes_nothing_where_each_statement_is_committed(place, application)


@pytest.mark.parametrize("own", [False, True])
@ON_POSTGRESQL  # where a statement that fails ends the transaction
def test_who_passes_over_what_a_statement_raised_is_told_how_to_bear_it_and_settles_nothing(
    place, application, own, caplog
):
    service = asked()
    with opened(Inbox, place, service, start="all") as inbox:
        app = application()

        @inbox.handler
        def handle(incoming):
            incoming.reply("Ticket 1")
            if incoming.attempt == 1:
                with incoming.transaction(app.connection if own else None) as database, contextlib.suppress(Exception):
                    database.execute("INSERT INTO nowhere VALUES (1)")

        assert inbox.run(wait=False).put_back == 1
        (waiting,) = inbox.messages(State.WAITING)
        assert "a statement before it in this transaction failed" in waiting.reason
        assert "`with connection.transaction():`" in waiting.reason
        assert [each.getMessage() for each in caplog.records if each.name.startswith("psycopg")] == []
        assert service.outgoing("341") == []
        service.now += 5
        assert inbox.run(wait=False).done == 1
        assert service.outgoing("341") == ["Ticket 1"]


@ON_POSTGRESQL  # where an application may send statements without waiting for their answers
def test_a_message_is_settled_on_a_connection_in_a_pipeline(place, application):
    service = asked()
    with opened(Inbox, place, service, start="all") as inbox:
        app = application()

        @inbox.handler
        def handle(incoming):
            own = app.connection
            with own.pipeline(), own.transaction(), incoming.transaction(own) as database:
                app.add(database)
                incoming.reply("Ticket 1")

        assert inbox.run(wait=False).done == 1
        assert (app.count, service.outgoing("341")) == (1, ["Ticket 1"])


def of_server(status, *, closed=False):
    """Return what a connection of psycopg says of itself."""
    return SimpleNamespace(closed=closed, info=SimpleNamespace(transaction_status=SimpleNamespace(name=status)))


def of_file(*statements, closed=False):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    if closed:
        connection.close()
    return connection


@table(
    ("driver", "is_open"),
    [
        (of_file(), False),
        (of_file("BEGIN"), True),
        (of_file("BEGIN", "ROLLBACK"), False),
        (of_file("BEGIN", closed=True), False),
        (of_server("IDLE"), False),
        (of_server("INTRANS"), True),
        (of_server("INERROR"), True),
        (of_server("ACTIVE"), True),
        (of_server("UNKNOWN"), False),
        (of_server("INTRANS", closed=True), False),
    ],
)
def test_a_transaction_is_open_until_it_ends_or_its_connection_does(driver, is_open):
    assert Given(driver, driver).is_open is is_open


@pytest.mark.parametrize("by_itself", [False, True])
def test_a_closed_connection_is_told_as_an_error_of_ours(place, by_itself):
    service = asked()
    with opened(Inbox, place, service, start="all", attempts=1) as inbox:
        app = Application(place, by_itself=by_itself)
        app.connection.close()

        @inbox.handler
        def handle(incoming):
            with incoming.transaction(app.connection):
                incoming.reply("Ticket 1")

        inbox.run(wait=False)
        (dead,) = inbox.dead()
        assert "ConfigurationError" in dead.reason
        assert "closed" in dead.reason
