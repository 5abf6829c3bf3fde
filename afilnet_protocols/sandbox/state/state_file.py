"""The whole state as the bytes of an SQLite file, and such a file put in place of the state."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox.state.accounts import of_row
from afilnet_protocols.sandbox.state.schema import SCHEMA, SCHEMA_VERSION

_MAGIC = b"SQLite format 3\0"


def exported(db: sqlite3.Connection) -> bytes:
    """Return what a database holds, but for tokens, as the bytes of a file."""
    with closing(sqlite3.connect(":memory:")) as copy:
        db.backup(copy)
        copy.execute("DELETE FROM tokens")
        copy.commit()
        # A file that opens without its journal beside it.
        copy.executescript("VACUUM")
        image = bytearray(copy.serialize())
    # Of a database with a write-ahead log the image says so, and could not be opened in memory (SQLite, Database
    # File Format §1.3.3).
    image[18:20] = b"\x01\x01"
    return bytes(image)


def take_over(db: sqlite3.Connection, exported: bytes, *, keeping: str) -> None:
    """Put the state of a file in place of what a database holds.

    Args:
        db: the database.
        exported: the bytes of the file.
        keeping: the user of an account that must be in it.

    Raises:
        ConfigurationError: it is no such file, or of another version; nothing has changed then.
    """
    problem = ""
    with closing(sqlite3.connect(":memory:")) as given:
        try:
            if not exported.startswith(_MAGIC):
                raise ValueError("it is no SQLite file")
            given.deserialize(exported)
            _check(given, keeping)
            given.backup(db)
        except (sqlite3.Error, ValueError, TypeError) as error:
            problem = str(error)
    if problem:
        raise ConfigurationError(f"this is no state of a sandbox: {problem}")


def _check(given: sqlite3.Connection, keeping: str) -> None:
    """Refuse a database that is not exactly one of ours: no further tables, no triggers, sound accounts."""
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(SCHEMA)
        question = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        if given.execute(question).fetchall() != empty.execute(question).fetchall():
            raise ValueError("it has other tables")
    if given.execute("PRAGMA user_version").fetchone() != (SCHEMA_VERSION,):
        raise ValueError("it was written by another version")
    if given.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise ValueError("it is damaged")
    accounts = [of_row(row) for row in given.execute("SELECT * FROM accounts").fetchall()]
    if keeping not in {account.user for account in accounts}:
        raise ValueError(f"it has no account {keeping!r}")
