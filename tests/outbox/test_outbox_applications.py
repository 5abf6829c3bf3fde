"""An entry that is put in on the connection of an application, by real SQLAlchemy and real Django, on both stores."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from types import SimpleNamespace

import pytest

from afilnet_protocols import ConfigurationError, Outbox
from afilnet_protocols.outbox import connections
from tests.outbox.service import PLACE

DEFAULTS = {
    "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "OPTIONS": {},
    "TIME_ZONE": None, "USER": "", "PASSWORD": "", "HOST": "", "PORT": "", "TEST": {},
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def configured():
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("django")
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_TZ=True, DATABASES={})


@pytest.fixture
def outbox(new_place):
    place, how = new_place()
    with Outbox(place, **how) as opened:
        opened.address = str(place)
        yield opened


def put(outbox, connection):
    return outbox.enqueue(**PLACE, destination="341", message="hola", connection=connection)


def on_postgresql(outbox):
    return outbox.address.startswith("postgresql")


@pytest.fixture
def engine(outbox):
    import sqlalchemy

    address = outbox.address.replace("postgresql://", "postgresql+psycopg://")
    made = sqlalchemy.create_engine(address if on_postgresql(outbox) else f"sqlite:///{address}")
    yield made
    made.dispose()


@pytest.mark.parametrize("commit", [True, False])
def test_sqlalchemy_s_connection(outbox, engine, commit):
    with engine.connect() as connection:
        put(outbox, connection)
        connection.commit() if commit else connection.rollback()
    assert len(outbox.entries()) == commit


@pytest.mark.parametrize("commit", [True, False])
def test_sqlalchemy_s_session(outbox, engine, commit):
    from sqlalchemy.orm import Session

    with Session(engine) as session:
        put(outbox, session.connection())
        session.commit() if commit else session.rollback()
    assert len(outbox.entries()) == commit


@pytest.mark.parametrize("commit", [True, False])
def test_django_s_connection(outbox, commit):
    from django.db.backends.postgresql.base import DatabaseWrapper as PostgresqlWrapper
    from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper

    if on_postgresql(outbox):
        port = outbox.address.rpartition(":")[2].partition("/")[0]
        options = {"NAME": "postgres", "USER": "afilnet", "HOST": "127.0.0.1", "PORT": port}
        connection = PostgresqlWrapper({**DEFAULTS, "ENGINE": "django.db.backends.postgresql", **options}, "default")
    else:
        connection = SqliteWrapper(
            {**DEFAULTS, "ENGINE": "django.db.backends.sqlite3", "NAME": outbox.address}, "default"
        )
    connection.set_autocommit(False)
    put(outbox, connection)
    connection.commit() if commit else connection.rollback()
    connection.close()
    assert len(outbox.entries()) == commit


@pytest.mark.parametrize("given", [object(), "postgresql://", 7])
def test_what_is_no_connection_is_refused(outbox, given):
    with pytest.raises(ConfigurationError, match="SQLAlchemy or Django"):
        put(outbox, given)


def test_a_session_is_refused_with_what_to_give_instead(outbox, engine):
    from sqlalchemy.orm import Session

    with Session(engine) as session, pytest.raises(ConfigurationError, match=r"not Session of \w+: .* connection\(\)"):
        put(outbox, session)


def test_a_connection_over_another_driver_is_told_by_both_names(outbox, tmp_path):
    import sqlalchemy

    other = f"sqlite:///{tmp_path / 'other.db'}" if on_postgresql(outbox) else None
    given = sqlalchemy.create_engine(other).connect() if other else SimpleNamespace(connection=threading.Lock())
    named = "Connection of sqlalchemy over sqlite3$" if other else "SimpleNamespace of types over _thread$"
    with pytest.raises(ConfigurationError, match=f"or of SQLAlchemy or Django over it, not {named}"):
        put(outbox, given)
    if other:
        given.close()


def closed_ones_are_told_as_errors_of_ours(outbox, engine):
    connection = engine.connect()
    connection.close()
    with pytest.raises(ConfigurationError, match=r"this Connection cannot be used now \(ResourceClosedError\)") as told:
        put(outbox, connection)
    assert told.value.__context__ is None
    assert outbox.entries() == []


def test_a_closed_connection_of_sqlalchemy_is_told_as_an_error_of_ours(outbox, engine):
    closed_ones_are_told_as_errors_of_ours(outbox, engine)


def test_sabotage_an_error_of_another_library_that_is_let_through_is_noticed(outbox, engine, monkeypatch):
    import sqlalchemy.exc

    monkeypatch.setattr(connections, "_unusable", lambda told, handed: contextlib.nullcontext())
    with pytest.raises(sqlalchemy.exc.ResourceClosedError):
        closed_ones_are_told_as_errors_of_ours(outbox, engine)


def test_django_s_connection_in_a_task_is_told_as_an_error_of_ours(outbox):
    from django.db.backends.sqlite3.base import DatabaseWrapper

    connection = DatabaseWrapper(
        {**DEFAULTS, "ENGINE": "django.db.backends.sqlite3", "NAME": outbox.address}, "default"
    )

    async def in_a_task():
        put(outbox, connection)

    with pytest.raises(ConfigurationError, match=r"SynchronousOnlyOperation\): use it in a thread"):
        asyncio.run(in_a_task())


def test_a_closed_asynchronous_connection_of_sqlalchemy_is_told_as_an_error_of_ours():
    class Closed:
        """SQLAlchemy's, as it is once it is closed."""

        def in_transaction(self):
            return False

        async def begin(self):
            raise RuntimeError("this connection is closed")

        async def get_raw_connection(self):
            raise AssertionError

    async def handed_over():
        await connections.of_loop(Closed(), asyncio.get_running_loop())

    with pytest.raises(ConfigurationError, match=r"this Closed cannot be used now \(RuntimeError\)"):
        asyncio.run(handed_over())
