"""`SqliteInboxStore`: an inbox in an SQLite file, the one that its outbox is in."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.tables.database import Database
from afilnet_protocols.inbox.tables.schema import SCHEMA_VERSION, STATEMENTS, other_version
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.outbox.sqlite.file import guarded
from afilnet_protocols.outbox.sqlite.store import SqliteStore
from afilnet_protocols.outbox.sqlite.transactions import Transactions
from afilnet_protocols.outbox.sqlite.worker_lock import is_gone

T = TypeVar("T")


class SqliteInboxStore(InboxTables):
    """The tables of an inbox in a file. Safe to use from any thread of the process, and by several processes.

    Args:
        path: the file; it is made if there is none.

    Raises:
        ConfigurationError: it cannot be used, or its tables are of another version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _File(path)
        version = self._transaction(_make)
        if version != SCHEMA_VERSION:
            self._file.close()
            raise ConfigurationError(other_version(str(path), version))
        self._outbox = self._sending = SqliteStore(path)

    def close(self) -> None:
        """Close the file; doing it again does nothing."""
        self._outbox.close()
        self._file.close()

    def is_gone(self, token: str) -> bool:
        """Whether the process of a name has ended."""
        return is_gone(self._path, token)

    def _do(self, action: Callable[[Database], T]) -> T:
        return self._file.read(action)

    def _transaction(self, action: Callable[[Database], T]) -> T:
        return self._file.write(action)

    def _given(self, connection: object) -> tuple[sqlite3.Connection, Database]:
        driver = self._sending.shared(connection)
        return driver, driver

    def _opened(self) -> contextlib.AbstractContextManager[tuple[DatabaseConnection, Database]]:
        return self._file.opened()

    def _guarded(self, action: Callable[[], None]) -> None:
        guarded(self._path, action)


class _File(Transactions):
    """The open file, for the statements of an inbox."""

    def read(self, action: Callable[[Database], T]) -> T:
        """Do what reads."""
        return self._do(action)

    def write(self, action: Callable[[Database], T]) -> T:
        """Do something whole or not at all."""
        return self._transaction(action)

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[sqlite3.Connection, Database]]:
        """Return a transaction that the caller writes in, too."""
        with self._lock:
            db = guarded(self.path, self._usable)
            guarded(self.path, lambda: db.execute("BEGIN IMMEDIATE"))
            try:
                yield db, db
                guarded(self.path, lambda: db.execute("COMMIT"))
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise


def _make(db: Database) -> int:
    """Make the tables if they are not there; return the version of those that are."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'afilnet_inbox_schema'").fetchone():
        for statement in STATEMENTS:
            db.execute(statement)
        db.execute("INSERT INTO afilnet_inbox_schema VALUES (?)", (SCHEMA_VERSION,))
    (version,) = db.execute("SELECT version FROM afilnet_inbox_schema").fetchone() or (0,)
    return int(version)
