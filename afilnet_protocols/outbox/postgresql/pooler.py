"""Poolers between a worker and the server: one that hands sessions on breaks the locks of workers, and is refused."""

from __future__ import annotations

import contextlib
import select

import psycopg

from afilnet_protocols.clock import monotonic
from afilnet_protocols.errors import ConfigurationError

Connection = psycopg.Connection[tuple[object, ...]]

ASKING = 2.0
"""How long an answer of a pooler is waited for that has no server to spare, in seconds."""

ANSWERING = 30.0
"""How long an answer is waited for of a server that was given, in seconds, however busy the computer is."""

TURNS = 5
"""How often a pooler that seems to keep sessions is asked again."""

_WHO = b"SELECT pg_backend_pid()"


def refuse_pooler(db: Connection, info: dict[str, str], place: str) -> None:
    """Refuse a pooler that hands on transactions and not sessions: the locks of workers would mean nothing.

    A pooler gives itself away by naming another process than the one that serves. It is in session mode if our server
    stays ours while somebody else is in a transaction on another one, or finds none left; and if both keep theirs, for
    a pooler that lets its servers take turns gives each a new one by and by.

    Raises:
        ConfigurationError: there is such a pooler.
        psycopg.Error: it cannot be asked.
    """
    before = server_process(db)
    if before == db.info.backend_pid:
        return
    with contextlib.closing(psycopg.connect(**info)) as other:  # type: ignore[arg-type]  # names are libpq's
        if _is_handed_on(db, before, other):
            raise ConfigurationError(pooled(place))


def _is_handed_on(db: Connection, before: int, other: Connection) -> bool:
    """Whether a server goes from one connection to another, or none may be kept for a transaction."""
    try:
        theirs = _asked(other, b"BEGIN; SELECT pg_backend_pid()", ASKING)
    except psycopg.OperationalError:  # in statement mode
        return True
    if theirs == before or _asked(db, _WHO) != before:
        return True
    if theirs is None:
        return False
    _asked(other, b"ROLLBACK")
    return any((_asked(other, _WHO), _asked(db, _WHO)) != (theirs, before) for _ in range(TURNS))


def pooled(place: str) -> str:
    """Return why a pooler in transaction or statement mode is refused."""
    return (
        f"between here and {place!r} is a pooler in transaction mode or the like, and a worker's lock needs a session: "
        "name the server itself, or a pool in session mode"
    )


def _asked(db: Connection, query: bytes, seconds: float = ANSWERING) -> int | None:
    """Return the number that a query ends with; ``None`` if there is no answer within so many seconds."""
    pgconn = db.pgconn
    pgconn.send_query(query)
    pgconn.flush()
    until = monotonic() + seconds
    number = None
    while True:
        while pgconn.is_busy():
            left = until - monotonic()
            if left <= 0 or not select.select([pgconn.socket], [], [], left)[0]:
                return None
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            return number
        value = result.get_value(0, 0) if result.ntuples else None
        number = int(value) if value is not None else None


def server_process(db: Connection) -> int:
    """Return the number of the server's process that serves a connection, as the server says it."""
    row = db.execute("SELECT pg_backend_pid()").fetchone()
    return int(str(row[0])) if row else 0
