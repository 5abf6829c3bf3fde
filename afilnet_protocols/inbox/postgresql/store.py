"""`PostgresqlInboxStore`: an inbox in PostgreSQL, in the schema that its outbox is in."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.given_connection import refuse_without_transaction
from afilnet_protocols.inbox.tables.database import Database, Rows
from afilnet_protocols.inbox.tables.schema import STATEMENTS, prepare
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.outbox.connections import driver_connection
from afilnet_protocols.outbox.postgresql.pooler import Connection
from afilnet_protocols.outbox.postgresql.refusals import told
from afilnet_protocols.outbox.postgresql.session import KEEPS_ALL, Session
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore
from afilnet_protocols.outbox.postgresql.worker_lock import SessionLock
from afilnet_protocols.outbox.store import Alive
from afilnet_protocols.retold import Retold

T = TypeVar("T")

_TYPES = (
    ("INTEGER PRIMARY KEY AUTOINCREMENT", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ("id INTEGER PRIMARY KEY", "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ("INTEGER", "bigint"),
    ("REAL", "double precision"),
    ("TEXT", "text"),
)
"""What is called otherwise here."""


class PostgresqlInboxStore(InboxTables):
    """The tables of an inbox in a database. Safe to use from any thread, and by any number of processes and machines.

    Raises:
        ConfigurationError: the database cannot be reached or used, or its tables are of another version.
    """

    FOR_UPDATE = " FOR UPDATE"
    SKIP_LOCKED = " FOR UPDATE SKIP LOCKED"
    SHOWN = "md5(shown)"
    SHOWN_VALUE = "md5(?)"

    def __init__(self, place: str, *, schema: str) -> None:
        self._schema = schema
        self._outbox = PostgresqlStore(place, schema=schema)
        try:
            self._session = Session(place, self._prepare, kind="inbox")
        except BaseException:
            self._outbox.close()
            raise

    def _prepare(self, db: Connection) -> None:
        encoding = db.info.parameter_status("server_encoding")
        if encoding not in KEEPS_ALL:
            raise ConfigurationError(
                f"messages have all characters, and the database keeps texts in {encoding}: use one in UTF8"
            )
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"afilnet inbox {self._schema}",))
        table = sql.Identifier(self._schema, "inbox_schema").as_string(None)
        there = db.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,)
        statements = [] if there else [_with_types(statement) for statement in STATEMENTS]
        prepare(_Translated(db, self._schema), statements, place=self._schema)

    def close(self) -> None:
        """Close the connections; doing it again does nothing."""
        self._session.close()
        self._outbox.close()

    # Who is there: on the session that notes, so that who was cut off from it is gone

    def present(self) -> Alive:
        """Return the proof that this process is alive: a lock of the session that notes."""
        return SessionLock(self._session)

    def is_gone(self, token: str) -> bool:
        """Whether the process of a name has ended, or was cut off from the server."""
        return self._session.is_free(int(token))

    # Transactions

    def _do(self, action: Callable[[Database], T]) -> T:
        return self._session.do(lambda db: action(_Translated(db, self._schema)))

    def _transaction(self, action: Callable[[Database], T]) -> T:
        return self._session.do(lambda db: action(_Translated(db, self._schema)), repeatable=False)

    def _given(self, connection: object) -> tuple[DatabaseConnection, Database]:
        due = f"transaction() takes an open connection to {self._session.place!r}, of psycopg 3"
        driver = driver_connection(connection, psycopg.Connection, due=due)
        idle = driver.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
        refuse_without_transaction(not (driver.autocommit and idle))
        return cast("DatabaseConnection", driver), _Translated(driver, self._schema)

    @contextlib.contextmanager
    def _part(self, driver: DatabaseConnection) -> Iterator[None]:
        db = cast("Connection", driver)
        status = db.info.transaction_status
        failed = status is psycopg.pq.TransactionStatus.INERROR
        if failed or (not db.autocommit and status is psycopg.pq.TransactionStatus.IDLE):
            # Begins what the caller commits: by itself a part would. Of one that failed it raises what the server says,
            # where psycopg would also log that there is no savepoint.
            psycopg.Cursor(db).execute("SELECT 1")
        with db.transaction():
            yield

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[DatabaseConnection, Database]]:
        theirs: list[psycopg.Error] = []
        with self._told_of_errors(but=theirs), self._session.whole() as db, db.transaction():
            try:
                # Its statements are literals to type checkers, which an application knows that it uses.
                yield cast("DatabaseConnection", db), _Translated(db, self._schema)
            except psycopg.Error as error:
                # Of the application's own statement, as one of its unique keys: what it catches, as on a file.
                theirs.append(error)
                raise

    def _guarded(self, action: Callable[[], None]) -> None:
        with self._told_of_errors():
            action()

    def _told_of_errors(self, *, but: Sequence[psycopg.Error] = ()) -> Retold[psycopg.Error]:
        about = f"the inbox {self._session.place!r} cannot be used: "
        return Retold(psycopg.Error, lambda error: error if error in but else ConfigurationError(about + told(error)))


class _Translated:
    """A connection that takes statements as SQLite writes them."""

    def __init__(self, db: Connection, schema: str) -> None:
        self._db = db
        self._schema = schema

    def execute(self, query: str, values: Any = (), /) -> Rows:
        """Carry out a statement."""
        query_there = _translated(query, self._schema)
        made = psycopg.Cursor(self._db, row_factory=tuple_row).execute(query_there, _without_nul(values))
        if self._db.info.pipeline_status is not psycopg.pq.PipelineStatus.OFF:
            with self._db.pipeline():
                pass  # at its end there is an answer: until then a connection given knows of no number of rows
        return made

    def executemany(self, query: str, values: Any, /) -> Rows:
        """Carry out a statement for each of several values; of what it returns, only ``rowcount`` is of use."""
        made = psycopg.Cursor(self._db, row_factory=tuple_row)
        made.executemany(_translated(query, self._schema), map(_without_nul, values))
        return made


def _without_nul(values: Any) -> Any:
    """Return values with another character for NUL, which a text in PostgreSQL cannot hold and a message may.

    What is handed over keeps it, for that is JSON, where it is escaped. Here it is what messages are known by.
    """
    if isinstance(values, Mapping):
        return {name: _plain(value) for name, value in values.items()}
    return [_plain(value) for value in values]


def _plain(value: object) -> object:
    return value.replace("\0", "\u2400") if isinstance(value, str) else value


@cache
def _translated(query: str, schema: str) -> bytes:
    quoted = sql.Identifier(schema).as_string(None)
    text = re.sub(r" INDEXED BY \w+", "", query.replace("%", "%%"))
    text = re.sub(r"(?<![:\w]):(\w+)", r"%(\1)s", text).replace("?", "%s")
    # At last, for a name may hold what stands for something above.
    return re.sub(r"(?<!INDEX )afilnet_((?:inbox|outbox)\w*)", lambda found: f"{quoted}.{found[1]}", text).encode()


def _with_types(statement: str) -> str:
    for theirs, ours in _TYPES:
        statement = statement.replace(theirs, ours)
    return statement
