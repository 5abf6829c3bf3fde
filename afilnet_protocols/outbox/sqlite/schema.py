"""The tables of an outbox, and how a file of an earlier version becomes one of this version.

Two things are kept by the database itself whenever a row changes, so that what a claim and a status cost does not
grow with what waits, and so that rows which an application puts in or deletes by hand count too:

* ``head`` marks the one entry of a conversation that may be claimed: the first that waits, while nobody has another
  one of that conversation in hand;
* ``afilnet_outbox_counts`` has the number of entries in each state.
"""

from __future__ import annotations

import sqlite3

SCHEMA_VERSION = 2
"""Which tables this version of the package makes."""

_TABLE = """
CREATE TABLE afilnet_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE,
    operation TEXT NOT NULL,
    platform TEXT NOT NULL,
    platform_id TEXT NOT NULL,
    destination TEXT NOT NULL,
    arguments TEXT NOT NULL,
    shown TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'sending', 'sent', 'rejected', 'unknown')),
    attempts INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    claim INTEGER,
    baseline INTEGER,
    reconciled INTEGER NOT NULL DEFAULT 0,
    doubtful INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    scheduled REAL,
    expires REAL,
    error TEXT,
    reason TEXT,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    head INTEGER NOT NULL DEFAULT 0
)
"""

_CONVERSATION = "platform, platform_id, destination"

_INDEXES = tuple(
    f"CREATE INDEX afilnet_outbox_{name} ON afilnet_outbox {columns}"
    for name, columns in (
        # Of few rows each: what a row is not in costs nothing when it changes.
        ("doubtful", "(id) WHERE state = 'unknown'"),
        ("claimed", "(claim) WHERE claim IS NOT NULL"),
        ("shown", f"({_CONVERSATION}, shown)"),
        ("waiting", f"({_CONVERSATION}, id) WHERE state = 'pending'"),
        ("held", f"({_CONVERSATION}, owner) WHERE state = 'pending' AND owner IS NOT NULL"),
        ("sending", f"({_CONVERSATION}, owner) WHERE state = 'sending'"),
        ("heads", f"({_CONVERSATION}) WHERE head = 1"),
        ("due", "(not_before, id) WHERE head = 1"),
        ("rests", "(not_before, id) WHERE head = 1 AND not_before IS NOT scheduled"),
        ("settled", "(changed_at) WHERE state IN ('sent', 'rejected')"),
    )
)

_REPLACED = {"states": "doubtful", "claims": "claimed"}
"""Indexes that a file of this version may still have, which were wider, and those that took their places. Whoever has
the file open meanwhile works with either."""

_COUNTS = "CREATE TABLE afilnet_outbox_counts (state TEXT PRIMARY KEY, entries INTEGER NOT NULL) WITHOUT ROWID"


def _mark_head(row: str) -> str:
    """Return the statements that mark the head of the conversation of a trigger's row, ``NEW`` or ``OLD``."""
    there = " AND ".join(f"{name} = {row}.{name}" for name in _CONVERSATION.split(", "))
    return f"""
    UPDATE afilnet_outbox SET head = 0 WHERE head = 1 AND {there};
    UPDATE afilnet_outbox SET head = 1
    WHERE id = (SELECT min(id) FROM afilnet_outbox WHERE state = 'pending' AND {there})
    AND NOT EXISTS (SELECT 1 FROM afilnet_outbox WHERE state = 'sending' AND {there})
    AND NOT EXISTS (SELECT 1 FROM afilnet_outbox WHERE state = 'pending' AND owner IS NOT NULL AND {there});
    """  # noqa: S608 -- constants


def _count(row: str, change: int) -> str:
    return f"""
    INSERT INTO afilnet_outbox_counts VALUES ({row}.state, {change})
    ON CONFLICT (state) DO UPDATE SET entries = entries + {change};
    """  # noqa: S608 -- constants


_TRIGGERS = tuple(
    f"CREATE TRIGGER afilnet_outbox_{name} AFTER {event} BEGIN {''.join(deeds)} END"
    for name, event, *deeds in (
        ("put_in", "INSERT ON afilnet_outbox", _count("NEW", 1), _mark_head("NEW")),
        ("taken_out", "DELETE ON afilnet_outbox", _count("OLD", -1), _mark_head("OLD")),
        (
            "counted",
            "UPDATE OF state ON afilnet_outbox WHEN NEW.state IS NOT OLD.state",
            _count("OLD", -1),
            _count("NEW", 1),
        ),
        (
            "changed",
            "UPDATE OF state, owner ON afilnet_outbox WHEN NEW.state IS NOT OLD.state OR NEW.owner IS NOT OLD.owner",
            _mark_head("NEW"),
        ),
    )
)

_VERSION_TABLE = "CREATE TABLE afilnet_outbox_schema (version INTEGER NOT NULL)"

_FROM_1 = (
    "ALTER TABLE afilnet_outbox ADD COLUMN head INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE afilnet_outbox ADD COLUMN scheduled REAL",
    "ALTER TABLE afilnet_outbox ADD COLUMN expires REAL",
    *(f"DROP INDEX afilnet_outbox_{name}" for name in ("waiting", "states", "conversations", "shown", "claims")),
    *_INDEXES,
    _COUNTS,
    "INSERT INTO afilnet_outbox_counts SELECT state, count(*) FROM afilnet_outbox GROUP BY state",
    f"""
    UPDATE afilnet_outbox SET head = 1 WHERE id IN (
        SELECT min(id) FROM afilnet_outbox WHERE state IN ('pending', 'sending') GROUP BY {_CONVERSATION}
        HAVING max(state = 'sending' OR owner IS NOT NULL) = 0
    )
    """,  # noqa: S608 -- constants
    *_TRIGGERS,
)


def make_tables(db: sqlite3.Connection) -> int:
    """Make the tables, or bring those of an earlier version to this one, inside the caller's transaction.

    Returns:
        The version of the tables that are there now; another than :data:`SCHEMA_VERSION` is for the caller to refuse.

    Raises:
        sqlite3.Error: the database cannot be read or written.
    """
    if not version_of(db):
        for statement in (_TABLE, *_INDEXES, _COUNTS, *_TRIGGERS, _VERSION_TABLE):
            db.execute(statement)
        db.execute("INSERT INTO afilnet_outbox_schema VALUES (?)", (SCHEMA_VERSION,))
    version = version_of(db)
    if version == SCHEMA_VERSION:
        _replace_indexes(db)
    if version == 1:
        for statement in _FROM_1:
            db.execute(statement)
        db.execute("UPDATE afilnet_outbox_schema SET version = ?", (SCHEMA_VERSION,))
        return SCHEMA_VERSION
    return version


def _replace_indexes(db: sqlite3.Connection) -> None:
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE tbl_name = 'afilnet_outbox'")}
    for old, new in _REPLACED.items():
        if f"afilnet_outbox_{old}" in there:
            db.execute(f"DROP INDEX afilnet_outbox_{old}")
            db.execute(next(index for index in _INDEXES if f" afilnet_outbox_{new} " in index))


def version_of(db: sqlite3.Connection) -> int:
    """Return which version of the tables a database has, 0 if it has none.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'afilnet_outbox_schema'").fetchone():
        return 0
    (version,) = db.execute("SELECT version FROM afilnet_outbox_schema").fetchone() or (-1,)
    return int(version)
