"""An entry that is put in on the connection of an application, by real SQLAlchemy and real Django, on both stores."""

from __future__ import annotations

import pytest

from afilnet_protocols import ConfigurationError, Outbox
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
