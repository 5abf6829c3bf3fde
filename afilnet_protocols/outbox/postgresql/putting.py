"""`Putting`: how entries come into PostgreSQL, on a connection of its own or in the application's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from afilnet_protocols.errors import ConfigurationError, InvalidRequestError, NotSentError
from afilnet_protocols.outbox.connections import OfLoop, driver_connection
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.postgresql.bridge import Bridged
from afilnet_protocols.outbox.postgresql.kept import Kept
from afilnet_protocols.outbox.postgresql.pooler import Connection
from afilnet_protocols.outbox.postgresql.refusals import PASSING, told
from afilnet_protocols.outbox.postgresql.row import ENQUEUE
from afilnet_protocols.outbox.row import CONVERSATION, KNOWN, check_same, row_of
from afilnet_protocols.outbox.store import KEPT_OUT

Cursor = psycopg.Cursor[tuple[object, ...]] | Bridged

Given = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]

TOGETHER = 500
"""How many entries are on their way to the server before its answers are read."""

_IN_ORDER = b"""
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(chr(31), %s::text, %s::text, %s::text, %s::text), 0))
"""


class Putting(Kept):
    """Writes entries."""

    def enqueue(
        self, entry: NewEntry, *, connection: object | None = None, strict_order: bool = False
    ) -> tuple[int, bool]:
        """Put an entry in; return its number and whether it is new.

        Raises:
            InvalidRequestError: there is another entry of this name.
        """
        if connection is not None:
            return self._put_with(connection, entry, strict_order=strict_order)
        return self._session.do(
            lambda db: self._put(db.cursor(), entry, strict_order=strict_order), repeatable=entry.key is not None
        )

    def enqueue_all(self, entries: Sequence[NewEntry]) -> list[tuple[int, bool]]:
        """Put entries in, all in one transaction; return the number of each and whether it is new."""
        parts = [entries[begin : begin + TOGETHER] for begin in range(0, len(entries), TOGETHER)]
        return self._session.do(lambda db: [put for part in parts for put in self._put_all(db, part)], repeatable=False)

    def _put_all(self, db: Connection, entries: Sequence[NewEntry]) -> list[tuple[int, bool]]:
        query = self._tables.query(ENQUEUE)
        with db.pipeline():
            made = [db.execute(query, row_of(entry)) for entry in entries]
        return [
            self._new(cursor.fetchone()) or self._known(db.cursor(), entry)
            for cursor, entry in zip(made, entries, strict=True)
        ]

    def _put_with(self, connection: object, entry: NewEntry, *, strict_order: bool) -> tuple[int, bool]:
        if isinstance(connection, OfLoop) and isinstance(connection.connection, psycopg.AsyncConnection):
            asynchronous = connection.connection
            return self._put_on(Bridged(asynchronous, connection.loop), entry, asynchronous, strict_order)
        due = f"connection= takes an open connection to {self._session.place!r}, of psycopg 3"
        given = driver_connection(connection, psycopg.Connection, due=due)
        # Whatever cursors and rows the caller's connection makes, these are plain ones and tuples.
        return self._put_on(psycopg.Cursor(given, row_factory=tuple_row), entry, given, strict_order)

    def _put_on(self, cursor: Cursor, entry: NewEntry, given: Given, strict: bool) -> tuple[int, bool]:
        reason, passes = "", False
        try:
            return self._put(cursor, entry, strict_order=strict)
        except psycopg.errors.UndefinedTable:
            reason = f"its database has no outbox in the schema {self._tables.schema!r}: open the outbox on it first"
        except psycopg.Error as error:
            reason, passes = told(error), isinstance(error, PASSING)
        except UnicodeError:
            reason = f"its encoding, {given.info.encoding}, cannot carry the text: use UTF-8"
        about = f"the entry could not be put in on the connection given: {reason}"
        if passes:
            raise NotSentError(f"{about}; run your transaction again from its beginning", local=True)
        raise ConfigurationError(about)

    def _put(self, opened: Cursor, entry: NewEntry, *, strict_order: bool) -> tuple[int, bool]:
        with opened as cursor:
            if strict_order:
                cursor.execute(_IN_ORDER, (self._tables.order, *(entry.arguments[name] for name in CONVERSATION)))
            cursor.execute(self._tables.query(ENQUEUE), row_of(entry))
            return self._new(cursor.fetchone()) or self._known(cursor, entry)

    def _new(self, made: Sequence[object] | None) -> tuple[int, bool] | None:
        return (int(str(made[0])), True) if made else None

    def _known(self, cursor: Cursor, entry: NewEntry) -> tuple[int, bool]:
        """Return the entry that has the key already, if it is the same."""
        if entry.key is None:
            raise ConfigurationError(KEPT_OUT)
        query = self._tables.query(f"SELECT {KNOWN} FROM {{outbox}} WHERE key = %s")  # noqa: S608 -- constants
        found = cursor.execute(query, (entry.key,)).fetchone()
        if found is None:
            raise InvalidRequestError(
                f"an entry of the key {entry.key!r} is being put in by another transaction: try again"
            )
        return check_same(entry.key, [_text(value) for value in found], entry.operation, entry.arguments), False


def _text(value: object) -> str:
    """Return a text as it is kept: a connection whose encoding is SQL_ASCII gives its bytes (psycopg)."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
