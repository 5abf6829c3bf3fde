"""`Session`: one connection to PostgreSQL that comes back by itself, with the locks that say who is alive on it.

A worker is alive as long as the session that it claims on holds an advisory lock of the worker's name. The server gives
the lock up when the connection ends, however it ends: no clock has to be trusted. A worker that was cut off takes its
lock again when it is back.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import psycopg

from afilnet_protocols.clock import monotonic
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.outbox.postgresql.address import complete, shown
from afilnet_protocols.outbox.postgresql.inherited import leave_to_parent, note_socket
from afilnet_protocols.outbox.postgresql.listening import Listening
from afilnet_protocols.outbox.postgresql.pooler import Connection, refuse_pooler, server_process
from afilnet_protocols.outbox.postgresql.refusals import CANCELLED, PASSING, told
from afilnet_protocols.outbox.postgresql.session_settings import SESSION_SETTINGS
from afilnet_protocols.process.fork import notice_fork, renew_in_child
from afilnet_protocols.process.reentrance import reentered, refuse_reentrance
from afilnet_protocols.retold import Retold
from afilnet_protocols.vocabulary import Delivery

T = TypeVar("T")

PATIENCE = 30.0
"""How long a lost server is waited for, in seconds: a restart takes less. The first connection is tried once."""

KEEPS_ALL = ("UTF8", "SQL_ASCII")
"""The encodings of databases that keep every text (PostgreSQL manual, 24.3): the second one keeps bytes as they are."""

BEGUN_AGAIN = 3
"""How often a statement is begun that is ended so: what was sent is to be noted, but a limit of time is one."""


class Session:
    """A connection, shared by threads, each action whole or not at all.

    Args:
        given: the address, ``postgresql://…``.
        prepare: makes or checks the tables on a new connection; called once.
        kind: what is kept there, for errors.
    """

    def __init__(self, given: str, prepare: Callable[[Connection], None], *, kind: str = "outbox") -> None:
        notice_fork()
        self._kind = kind
        self._info = complete(given)
        self.place = shown(self._info)
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._held: set[int] = set()
        self._closed = False
        self._lent = False
        self._db: Connection | None = None
        self.lost = 0
        """How often the connection was lost."""
        self.encoding = "utf-8"
        """What the database keeps texts in, as far as it is certain: of others than UTF-8 it is ASCII."""
        self.backend = 0
        """The server's process that serves this session: another one would not hold its locks."""
        self._listening = Listening(self._info)
        renew_in_child(self)
        try:
            self.do(prepare)
        except BaseException:
            self.close()
            raise

    # Actions

    def do(self, action: Callable[[Connection], T], *, repeatable: bool = True) -> T:
        """Carry out an action in a transaction of its own; on a new connection if this one is lost.

        Args:
            action: what to do.
            repeatable: whether twice is the same as once: what may have been committed when the connection was lost is
                then done again, and is an error otherwise.

        Raises:
            ConfigurationError: the database cannot do it; says why. Its delivery is unknown where it may have been
                done all the same.
        """
        return self._tried(self._transaction, action, repeatable, Delivery.NOT_SENT, "")

    def each(self, action: Callable[[Connection], T], *, delivery: Delivery = Delivery.NOT_SENT, about: str = "") -> T:
        """Carry out an action of which each statement is a transaction of its own, and may be done again.

        It saves two of the three round trips that a transaction of one statement takes.

        Args:
            action: as for :meth:`do`.
            delivery: as for :meth:`do`.
            about: as for :meth:`do`.

        Raises:
            ConfigurationError: the database cannot do it; says why.
        """
        return self._tried(self._by_itself, action, True, delivery, about)

    def _tried(
        self,
        way: Callable[[Connection, Callable[[Connection], T]], T],
        action: Callable[[Connection], T],
        repeatable: bool,
        delivery: Delivery,
        about: str,
    ) -> T:
        reason, maybe = "", False
        self._refuse_reentrance()
        with self._lock:
            for number in _attempts(PATIENCE if self.backend else 0.0):
                self._committing = False
                try:
                    result = way(self._usable(), action)
                except psycopg.Error as error:
                    reason = told(error)
                    if not self._passes(error, number):
                        break
                    maybe = maybe or self._committing
                    if maybe and not repeatable:
                        break
                except AfilnetError:
                    raise
                except BaseException:
                    self._abandon()
                    raise
                else:
                    return result
        if maybe:
            about, delivery = "it may have been done all the same: ", Delivery.UNKNOWN
        raise ConfigurationError(f"{about}the database {self.place!r} cannot be used: {reason}", delivery=delivery)

    def _refuse_reentrance(self) -> None:
        notice_fork()
        if not self._lent:
            refuse_reentrance(self._lock, self._kind)

    def _transaction(self, db: Connection, action: Callable[[Connection], T]) -> T:
        with db.transaction():
            result = action(db)
            self._committing = True
        return result

    def _by_itself(self, db: Connection, action: Callable[[Connection], T]) -> T:
        return action(db)

    def _abandon(self) -> None:
        """End a connection in the middle of an exchange with the server: nobody knows what comes next on it."""
        if self._db is not None:
            self._db.close()

    def _passes(self, error: psycopg.Error, number: int) -> bool:
        """Whether to try again after an attempt: something was in the way, or the connection is of no use any more."""
        if isinstance(error, PASSING):
            return True
        if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            # A server that takes nothing now, as while another one takes over: the next connection is to one that does.
            self._abandon()
        if (self._db is not None and self._db.closed) or (
            isinstance(error, psycopg.OperationalError) and self._db is None
        ):
            self.lost += 1
            return True
        return isinstance(error, CANCELLED) and number < BEGUN_AGAIN - 1

    def _usable(self) -> Connection:
        if self._closed:
            raise ConfigurationError(f"this {self._kind} is closed: open it again")
        if self._process != os.getpid():
            raise ConfigurationError(f"this {self._kind} was opened by the parent process: open one in each process")
        if self._db is not None and self._db.info.transaction_status is psycopg.pq.TransactionStatus.ACTIVE:
            if self._lent:
                raise reentered(self._kind)
            self._abandon()  # somebody was interrupted there
        if self._db is None or self._db.closed:
            self._db = self._connected()
        return self._db

    def _connected(self) -> Connection:
        told = f"the database {self.place!r} cannot be used: its host is no name that a host can have"
        with Retold(UnicodeError, lambda _: ConfigurationError(told)):  # which Python raises of a name
            db: Connection = psycopg.connect(**self._info, autocommit=True)  # type: ignore[arg-type]  # libpq's names
        try:
            note_socket(db)
            refuse_pooler(db, self._info, self.place)
            db.execute(SESSION_SETTINGS, self._info)
            for token in sorted(self._held):
                db.execute("SELECT pg_advisory_lock(%s)", (token,))
            self.encoding = "utf-8" if db.info.parameter_status("server_encoding") in KEEPS_ALL else "ascii"
            self.backend = server_process(db)
        except BaseException:
            db.close()
            raise
        return db

    @contextlib.contextmanager
    def whole(self) -> Iterator[Connection]:
        """Return the connection for several steps of a caller, who begins and ends the transaction.

        Raises:
            ConfigurationError: it cannot be used, or who has it goes on with it, further up or in another task.
        """
        self._refuse_reentrance()
        with self._lock:
            if self._lent:
                raise ConfigurationError(
                    f"a transaction of this {self._kind} is open in this thread: end it first, and await nothing in it"
                )
            db, self._lent = self._usable(), True
            try:
                yield db
            finally:
                self._lent = False
                if db.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
                    self._abandon()  # interrupted right behind its beginning: nobody would end it

    # Waiting

    def hear(self, channel: str, seconds: float) -> bool:
        """Wait as :meth:`Listening.hear` does."""
        return self._listening.hear(channel, seconds)

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
                        try:
                            self._db.execute("SELECT pg_advisory_unlock(%s)", (token,))
                        except BaseException as error:
                            self._abandon()  # and with the connection the lock is gone
                            if not isinstance(error, psycopg.OperationalError):
                                raise

    @property
    def names(self) -> list[int]:
        """The names of the locks that are held."""
        return sorted(self._held)

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
        """Leave the connection to the parent, and begin with a lock of one's own."""
        self._lock = threading.RLock()
        if self._db is not None:
            leave_to_parent(self._db)

    def close(self) -> None:
        """Close the connection; doing it again does nothing. In a child of its process nothing is closed."""
        notice_fork()
        with self._lock:
            self._closed = True
            mine, self._db = self._db, None
            if self._process == os.getpid():
                if mine is not None:
                    mine.close()
                self._listening.close()


def _attempts(patience: float) -> Iterator[int]:
    """Count attempts: at once, then with growing pauses as long as there is patience, and three times at least."""
    number, until, pause = 0, monotonic() + patience, 0.05
    while number < (3 if patience else 1) or monotonic() < until:
        if number > 1:
            time.sleep(pause)
            pause = min(1.0, 2 * pause)
        yield number
        number += 1
