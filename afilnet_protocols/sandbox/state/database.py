"""`Database`: one SQLite database, in memory or in a file that survives a restart."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox.state.schema import SCHEMA, SCHEMA_VERSION
from afilnet_protocols.suggestion import LONGEST_PATH, named

PATIENCE = 5.0
"""How long a file is waited for that somebody else has open, such as a sandbox that is ending, in seconds."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_OPEN_ELSEWHERE = "another sandbox, or another program, has it open: end that one, or name another file"


class _Closed:
    """Stands in the place of a database that was closed."""

    def close(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> object:
        raise ConfigurationError("this sandbox was closed: make another")


class Database:
    """The open database. Safe to use from any thread."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._lock = threading.RLock()
        opened: sqlite3.Connection | None = None
        failure = None
        try:
            if path is not None:
                os.fsencode(path)
            opened = self._db = sqlite3.connect(
                ":memory:" if path is None else path, timeout=PATIENCE, check_same_thread=False, isolation_level=None
            )
            self._prepare()
        except (sqlite3.Error, TypeError, ValueError) as error:
            failure = _OPEN_ELSEWHERE if getattr(error, "sqlite_errorcode", 0) in _BUSY else str(error)
        if failure is not None:
            if opened is not None:
                opened.close()
            raise ConfigurationError(f"the sandbox cannot keep its state in {named(path, LONGEST_PATH)}: {failure}")

    def _prepare(self) -> None:
        # Before anything is written, and in one statement, which another sandbox that begins cannot cut in two.
        seen = "SELECT user_version, EXISTS (SELECT 1 FROM sqlite_master) FROM pragma_user_version"
        if self._db.execute(seen).fetchone() == (0, 1):
            raise sqlite3.DatabaseError("it holds what is not a sandbox's: name another file")
        # Nobody else's as long as it is open: accounts, the clock and what is to appear later are in memory.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        # WAL without a sync per commit: what was answered survives the end of the process, however it ends.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"it was written by another version (schema {version}, not {SCHEMA_VERSION})")

    def close(self) -> None:
        """Close the database; what was committed stays."""
        with self._lock:
            self._db.close()
            self._db = cast("sqlite3.Connection", _Closed())

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # What is shown

    @property
    def changes(self) -> int:
        """How many rows were ever written or taken away: a mark that differs once anything has changed."""
        return self._db.total_changes

    def rows(self, query: str, values: tuple[str | int, ...] = ()) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._lock:
            return self._db.execute(query, values).fetchall()
