"""`Putting`: how entries come into an outbox in a file, on its own connection or in the application's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.connections import driver_connection
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.row import KNOWN, check_same
from afilnet_protocols.outbox.sqlite.file import guarded
from afilnet_protocols.outbox.sqlite.plain_rows import plainly
from afilnet_protocols.outbox.sqlite.row import ENQUEUE, line_of
from afilnet_protocols.outbox.sqlite.transactions import Transactions
from afilnet_protocols.outbox.store import KEPT_OUT


class Putting(Transactions):
    """Writes entries."""

    def enqueue(
        self, entry: NewEntry, *, connection: object | None = None, strict_order: bool = False
    ) -> tuple[int, bool]:
        """Put an entry in; return its number and whether it is new. The order is strict anyhow: one at a time writes.

        Raises:
            InvalidRequestError: there is another entry of this name.
        """
        row = line_of(entry)
        if connection is not None:
            return guarded(self.path, lambda: self._enqueue_on(self.shared(connection), row))
        return self._transaction(lambda db: self._enqueue(db, row))

    def enqueue_all(self, entries: Sequence[NewEntry]) -> list[tuple[int, bool]]:
        """Put entries in, all in one transaction; return the number of each and whether it is new."""
        rows = [line_of(entry) for entry in entries]
        return self._transaction(lambda db: [self._enqueue(db, row) for row in rows])

    def _enqueue_on(self, db: sqlite3.Connection, row: Mapping[str, object]) -> tuple[int, bool]:
        with plainly(db):
            return self._enqueue(db, row)

    def _enqueue(self, db: sqlite3.Connection, row: Mapping[str, object]) -> tuple[int, bool]:
        made = db.execute(ENQUEUE, row).fetchall()
        if made:
            return int(made[0][0]), True
        known = db.execute(f"SELECT {KNOWN} FROM afilnet_outbox WHERE key = ?", (row["key"],)).fetchone()  # noqa: S608 -- constants
        if known is None:
            raise ConfigurationError(KEPT_OUT)
        return check_same(row["key"], known, row["operation"], json.loads(str(row["arguments"]))), False

    def shared(self, given: object) -> sqlite3.Connection:
        """Return a caller's connection if what it writes is in this file."""
        due = f"connection= takes an open connection to the outbox {str(self.path)!r}, of sqlite3"
        connection = driver_connection(given, sqlite3.Connection, due=due)
        with plainly(connection):
            main = next((row[2] for row in connection.execute("PRAGMA database_list") if row[1] == "main"), "")
        if not main or Path(main).resolve() != self.path:
            raise ConfigurationError(
                f"the connection's database is not the outbox {str(self.path)!r}: open the outbox on the application's "
                "database, so that both are in one transaction"
            )
        return connection
