"""`SqliteInboxStore`: an inbox in an SQLite file, the one that its outbox is in."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.given_connection import refuse_without_transaction
from afilnet_protocols.inbox.incoming import Received
from afilnet_protocols.inbox.store import Said
from afilnet_protocols.inbox.tables.database import Database
from afilnet_protocols.inbox.tables.schema import STATEMENTS, prepare
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.outbox.sqlite.file import guarded
from afilnet_protocols.outbox.sqlite.plain_rows import plainly
from afilnet_protocols.outbox.sqlite.store import SqliteStore
from afilnet_protocols.outbox.sqlite.transactions import Transactions
from afilnet_protocols.outbox.sqlite.worker_lock import is_gone


class SqliteInboxStore(Transactions, InboxTables):
    """The tables of an inbox in a file. Safe to use from any thread of the process, and by several processes.

    Raises:
        ConfigurationError: it cannot be used, or its tables are of another version.
    """

    KIND = "inbox"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self._transaction(self._prepare)
        except BaseException:
            super().close()
            raise
        self._outbox = self._sending = SqliteStore(path)

    def _prepare(self, db: Database) -> None:
        there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'afilnet_inbox_schema'").fetchone() is not None
        prepare(db, [] if there else STATEMENTS, place=str(self.path))

    def close(self) -> None:
        """Close the file; doing it again does nothing."""
        self._outbox.close()
        super().close()

    def is_gone(self, token: str) -> bool:
        """Whether the process of a name has ended."""
        return is_gone(self.path, token)

    def _given(self, connection: object) -> tuple[sqlite3.Connection, Database]:
        driver = guarded(self.path, lambda: self._sending.shared(connection))
        refuse_without_transaction(driver.in_transaction or _begins_by_itself(driver))
        return driver, driver

    @contextlib.contextmanager
    def _part(self, driver: DatabaseConnection) -> Iterator[None]:
        db = cast("sqlite3.Connection", driver)
        if not db.in_transaction and _begins_by_itself(db):
            db.execute("BEGIN")  # as sqlite3 does itself before it writes, but not before a savepoint
        db.execute("SAVEPOINT afilnet_settled")
        try:
            yield
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK TO afilnet_settled")
                db.execute("RELEASE afilnet_settled")
            raise
        db.execute("RELEASE afilnet_settled")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[sqlite3.Connection, Database]]:
        self._refuse_reentrance()
        with self._lock:
            db = guarded(self.path, self._ready)
            try:
                guarded(self.path, lambda: db.execute("BEGIN IMMEDIATE"))
                self._lent = True
                with plainly(db):  # whoever is given it may set it up for his own rows
                    yield db, db
                guarded(self.path, lambda: db.execute("COMMIT"))
            except BaseException:
                if db.in_transaction:
                    guarded(self.path, lambda: db.execute("ROLLBACK"))
                raise
            finally:
                self._lent = False

    def _settle(self, driver: object, db: Database, received: Received, token: str, said: Said, now: float) -> None:
        with plainly(driver) if isinstance(driver, sqlite3.Connection) else contextlib.nullcontext():
            super()._settle(driver, db, received, token, said, now)

    def _guarded(self, action: Callable[[], None]) -> None:
        guarded(self.path, action)


def _begins_by_itself(db: sqlite3.Connection) -> bool:
    """Whether a connection begins a transaction before it writes."""
    return db.isolation_level is not None and getattr(db, "autocommit", -1) is not True
