"""`Session`: one connection to PostgreSQL that comes back by itself, with the locks that say who is alive on it.

A worker is alive as long as the session that it claims on holds an advisory lock of the worker's name. The server gives
the lock up when the connection ends, however it ends: no clock has to be trusted. A worker that was cut off takes its
lock again when it is back.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import conninfo

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.vocabulary import Delivery

T = TypeVar("T")

Connection = psycopg.Connection[tuple[object, ...]]

DEFAULTS = {
    "application_name": "afilnet outbox",
    "connect_timeout": "10",
    # A server or a network that is gone is noticed, and with it a worker, after this time at most.
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""What a connection is made with unless the place says otherwise (PostgreSQL manual, 34.1.2)."""

TRIES = 3
"""How often an action is tried on a new connection after the connection was lost."""

_PASSING = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
"""What the server refuses because of another transaction, and takes the next time."""

_of_parents: list[Connection] = []


class Session:
    """A connection, shared by threads, each action whole or not at all.

    Args:
        given: the address, ``postgresql://…``.
        prepare: makes or checks the tables on a new connection; called once.
    """

    def __init__(self, given: str, prepare: Callable[[Connection], None]) -> None:
        self._info = _complete(given)
        self.place = _shown(self._info)
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._held: set[int] = set()
        self._closed = False
        self._db: Connection | None = None
        self.lost = 0
        """How often the connection was lost."""
        renew_in_child(self)
        self.do(prepare)

    # Actions

    def do(
        self,
        action: Callable[[Connection], T],
        *,
        repeatable: bool = True,
        delivery: Delivery = Delivery.NOT_SENT,
        about: str = "",
    ) -> T:
        """Carry out an action in a transaction of its own; on a new connection if this one is lost.

        Args:
            action: what to do.
            repeatable: whether twice is the same as once: what may have been committed when the connection was lost is
                then done again, and is an error otherwise.
            delivery: what an error means for the message in hand.
            about: what an error means, in words.

        Raises:
            ConfigurationError: the database cannot do it; says why.
        """
        reason = ""
        with self._lock:
            for _ in range(TRIES):
                committing = False
                try:
                    db = self._usable()
                    with db.transaction():
                        result = action(db)
                        committing = True
                except psycopg.OperationalError as error:
                    reason = _told(error)
                    if self._db is not None and not self._db.closed and not isinstance(error, _PASSING):
                        break
                    self.lost += 1
                    if committing and not repeatable:
                        about, delivery = "it may have been done all the same: ", Delivery.UNKNOWN
                        break
                except psycopg.Error as error:
                    reason = _told(error)
                    break
                else:
                    return result
        raise ConfigurationError(f"{about}the outbox {self.place!r} cannot be used: {reason}", delivery=delivery)

    def _usable(self) -> Connection:
        if self._closed:
            raise ConfigurationError("this outbox is closed: open it again")
        if self._process != os.getpid():
            raise ConfigurationError("this outbox was opened by the parent process: open one in each process")
        if self._db is None or self._db.closed:
            self._db = self._connected()
        return self._db

    def _connected(self) -> Connection:
        db: Connection = psycopg.connect(**self._info, autocommit=True)  # type: ignore[arg-type]  # names are libpq's
        try:
            _refuse_pooler(db, self._info, self.place)
            # Nothing may leave because of a note that a crash of the server takes back.
            db.execute("SET synchronous_commit = on" if _is_off(db) else "SELECT 1")
            for token in sorted(self._held):
                db.execute("SELECT pg_advisory_lock(%s)", (token,))
        except BaseException:
            db.close()
            raise
        return db

    # Who is alive

    def hold(self) -> int:
        """Take a lock of a new name, and hold it on every connection from now on; return the name."""
        token = secrets.randbits(62)
        self.do(lambda db: db.execute("SELECT pg_advisory_lock(%s)", (token,)))
        self._held.add(token)
        return token

    def release(self, token: int) -> None:
        """Give a lock up; doing it again does nothing."""
        if token in self._held:
            self._held.discard(token)
            if not self._closed and self._process == os.getpid():
                with self._lock:
                    if self._db is not None and not self._db.closed:
                        self._db.execute("SELECT pg_advisory_unlock(%s)", (token,))

    def is_free(self, token: int) -> bool:
        """Whether nobody holds the lock of a name."""
        if token in self._held:
            return False

        def ask(db: Connection) -> bool:
            # For this transaction only: were it held on, the worker would seem to be back.
            row = db.execute("SELECT pg_try_advisory_xact_lock(%s)", (token,)).fetchone()
            return bool(row and row[0])

        return self.do(ask)

    # Life

    def after_fork(self) -> None:
        """Leave the parent's connection as it is: to close it here would end it over there."""
        self._lock = threading.RLock()
        if self._db is not None:
            _of_parents.append(self._db)

    def close(self) -> None:
        """Close the connection; doing it again does nothing. In a child of its process nothing is closed."""
        with self._lock:
            self._closed = True
            db, self._db = self._db, None
            if db is not None and self._process == os.getpid():
                db.close()


def _complete(given: str) -> dict[str, str]:
    reason = ""
    try:
        info = {name: str(value) for name, value in conninfo.conninfo_to_dict(given).items() if value is not None}
    except psycopg.Error:
        reason = "the place of the outbox is no address of a database: write postgresql://host/database"
    if reason:
        raise ConfigurationError(reason)
    return DEFAULTS | info


def _shown(info: dict[str, str]) -> str:
    """Return the place as messages name it, without a secret."""
    user = f"{info['user']}@" if "user" in info else ""
    port = f":{info['port']}" if "port" in info else ""
    return f"postgresql://{user}{info.get('host', '')}{port}/{info.get('dbname', '')}"


def _told(error: psycopg.Error) -> str:
    """Return what the database says, in one line. libpq does not repeat a password."""
    text = error.diag.message_primary or str(error)
    return (text.strip().splitlines() or [type(error).__name__])[0]


def _is_off(db: Connection) -> bool:
    row = db.execute("SHOW synchronous_commit").fetchone()
    return row is not None and row[0] == "off"


def _refuse_pooler(db: Connection, info: dict[str, str], place: str) -> None:
    """Refuse a pooler that hands on transactions and not sessions: the locks of workers would mean nothing.

    A pooler gives itself away by naming another process than the one that serves.

    Raises:
        ConfigurationError: there is such a pooler.
    """
    if _server_process(db) == db.info.backend_pid:
        return
    with psycopg.connect(**info) as other:  # type: ignore[arg-type]  # names are libpq's
        seen = {_server_process(db)}
        theirs = _server_process(other)  # inside a transaction: what serves it serves nobody else
        seen |= {_server_process(db) for _ in range(3)}
    if len(seen) > 1 or theirs in seen:
        raise ConfigurationError(
            f"between here and {place!r} is a pooler in transaction mode, and a worker's lock needs a session: name "
            "the server itself, or a pool in session mode"
        )


def _server_process(db: Connection) -> int:
    row = db.execute("SELECT pg_backend_pid()").fetchone()
    return int(str(row[0])) if row else 0
