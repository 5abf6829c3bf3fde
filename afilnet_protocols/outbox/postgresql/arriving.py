"""`Arriving`: how the entries of another outbox come into PostgreSQL, all in one transaction or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from psycopg import sql

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.postgresql.kept import Kept
from afilnet_protocols.outbox.postgresql.pooler import Connection

_NOTES = """
CREATE TABLE IF NOT EXISTS {schema}.copied (
    name text PRIMARY KEY, entries bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""
_TAKEN = "SELECT key FROM {outbox} WHERE key = ANY (%s) ORDER BY id LIMIT 1"


class Arriving(Kept):
    """Takes entries over."""

    def take_over(
        self, name: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]], tell: Callable[[int], None]
    ) -> int:
        """Put entries in as they are, unless that was done before under this name.

        Returns:
            How many entries the move brought, now or before.

        Raises:
            InvalidRequestError: an entry of one of their keys is there; nothing was put in.
        """
        kept = list(rows)
        keys = [row[columns.index("key")] for row in kept]

        def arrive(db: Connection) -> int:
            db.execute(self._tables.query(_NOTES))
            query = self._tables.query("SELECT entries FROM {schema}.copied WHERE name = %s")
            if before := db.execute(query, (name,)).fetchone():
                return int(str(before[0]))
            taken = db.execute(self._tables.query(_TAKEN), ([key for key in keys if key is not None],)).fetchone()
            if taken is not None:
                raise InvalidRequestError(f"the outbox has an entry of the key {taken[0]!r}: copy into another schema")
            self._pour(db, columns, kept, tell)
            note = self._tables.query("INSERT INTO {schema}.copied (name, entries) VALUES (%s, %s)")
            db.execute(note, (name, len(kept)))
            return len(kept)

        return self._session.do(arrive)

    def _pour(
        self, db: Connection, columns: tuple[str, ...], rows: list[tuple[object, ...]], tell: Callable[[int], None]
    ) -> None:
        """Write rows; their attempts count as later than all that were made here."""
        claim = columns.index("claim")
        last = db.execute(sql.SQL("SELECT last_value FROM {}").format(sql.SQL(self._tables.claims))).fetchone()
        offset = int(str(last[0])) if last else 0
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        table = sql.Identifier(self._tables.schema, "outbox")
        with db.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, names)) as copy:
            for number, row in enumerate(rows, start=1):
                at = row[claim]
                copy.write_row([*row[:claim], None if at is None else int(str(at)) + offset, *row[claim + 1 :]])
                tell(number)
        highest = max((int(str(row[claim])) for row in rows if row[claim] is not None), default=0)
        db.execute("SELECT setval(%s, %s)", (self._tables.claims, max(1, offset + highest)))
