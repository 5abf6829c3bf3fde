"""The tables of an inbox, beside those of the outbox, as SQLite writes them; PostgreSQL's are made from them.

A conversation has at most one message in hand: ``owner`` is who has it, ``head`` the first message that is not settled
and ``due`` from when on it may be handed over. So what a claim costs grows neither with what waits nor with what is
remembered.
"""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.tables.database import Database

SCHEMA_VERSION = 1
"""Which tables this version of the package makes."""

STATEMENTS = (
    "CREATE TABLE afilnet_inbox_schema (version INTEGER NOT NULL)",
    """
    CREATE TABLE afilnet_inbox_accounts (
        account TEXT PRIMARY KEY,
        poller TEXT,
        polled_at REAL,
        others_at REAL
    )
    """,
    """
    CREATE TABLE afilnet_inbox_channels (
        account TEXT NOT NULL,
        platform TEXT NOT NULL,
        platform_id TEXT NOT NULL,
        trust TEXT NOT NULL,
        floor TEXT,
        newest_first INTEGER NOT NULL,
        PRIMARY KEY (account, platform, platform_id)
    )
    """,
    """
    CREATE TABLE afilnet_inbox_conversations (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        platform TEXT NOT NULL,
        platform_id TEXT NOT NULL,
        destination TEXT NOT NULL,
        tip TEXT, tip_id TEXT,
        last TEXT, last_id TEXT,
        primed TEXT, primed_id TEXT, primed_at TEXT,
        length INTEGER NOT NULL DEFAULT 0,
        intent INTEGER NOT NULL DEFAULT 0,
        audit_at REAL,
        stage INTEGER NOT NULL DEFAULT 0,
        head INTEGER,
        due REAL,
        owner TEXT,
        UNIQUE (account, platform, platform_id, destination)
    )
    """,
    """
    CREATE INDEX afilnet_inbox_due ON afilnet_inbox_conversations (account, due)
        WHERE head IS NOT NULL AND owner IS NULL
    """,
    "CREATE INDEX afilnet_inbox_held ON afilnet_inbox_conversations (owner) WHERE owner IS NOT NULL",
    """
    CREATE TABLE afilnet_inbox_messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation INTEGER NOT NULL,
        digest TEXT NOT NULL,
        message_id TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('seen', 'waiting', 'handling', 'done', 'rejected', 'dead')),
        key TEXT UNIQUE,
        message TEXT,
        raised INTEGER NOT NULL DEFAULT 0,
        interrupted INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        due REAL,
        noticed_at REAL NOT NULL,
        begun_at REAL,
        settled_at REAL
    )
    """,
    "CREATE INDEX afilnet_inbox_traces ON afilnet_inbox_messages (conversation, digest, message_id)",
    """
    CREATE INDEX afilnet_inbox_open ON afilnet_inbox_messages (conversation, id)
        WHERE state IN ('waiting', 'handling')
    """,
    "CREATE INDEX afilnet_inbox_states ON afilnet_inbox_messages (state, id) WHERE state <> 'seen'",
    "CREATE INDEX afilnet_inbox_begun ON afilnet_inbox_messages (begun_at) WHERE begun_at IS NOT NULL",
)


def prepare(db: Database, statements: Sequence[str], *, place: str) -> None:
    """Make the tables, in the caller's transaction, and refuse those of another version.

    Raises:
        ConfigurationError: they are of another version.
    """
    for statement in statements:
        db.execute(statement)
    if statements:
        db.execute("INSERT INTO afilnet_inbox_schema VALUES (?)", (SCHEMA_VERSION,))
    (version,) = db.execute("SELECT version FROM afilnet_inbox_schema").fetchone() or (0,)
    if version != SCHEMA_VERSION:
        raise ConfigurationError(
            f"the inbox in {place!r} was made by another version (schema {version}, this one knows {SCHEMA_VERSION}): "
            "use the version of afilnet-protocols that made it, or name another place"
        )
