"""`Transactions`: an open file, shared by threads, on which each action is done whole or not at all."""

from __future__ import annotations

import atexit
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.outbox.sqlite.file import Elsewhere, guarded, identity, log_of, open_file
from afilnet_protocols.outbox.sqlite.inherited import inherit, lock_inherited
from afilnet_protocols.undivided import undivided
from afilnet_protocols.vocabulary import Delivery

T = TypeVar("T")

_of_parents: list[sqlite3.Connection] = []
"""Connections that belong to the process that this one was forked from."""


def _outlive() -> None:
    """Keep connections of a parent beyond the end of this process's Python, which closes whatever it lets go.

    SQLite would take back what the parent has in hand, or remove a log that has come to that place since then.
    """
    with contextlib.suppress(ImportError):  # not every Python has it
        import ctypes

        for each in _of_parents:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(each))


class Transactions:
    """A database in a file. Safe to use from any thread of the process that opened it, and by several processes.

    Args:
        path: the file; it is made if there is none.
    """

    KIND = "outbox"
    """What is kept there, for errors."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log_path = log_of(path)
        self._process = os.getpid()
        self._lock = threading.RLock()
        lock_inherited(path)
        with undivided:  # a child has to know what it inherits
            self._db: sqlite3.Connection | None = open_file(path)
            self._identity = identity(path)
            self._log = identity(self._log_path)
            renew_in_child(self)

    def after_fork(self) -> None:
        """Leave the parent's connection as it is, for as long as the child lives, and begin with a lock of one's own.

        A connection must not be carried over a fork, not even to close it there (https://sqlite.org/howtocorrupt.html
        §2.6); and the last reference to one that goes closes it.
        """
        self._lock = threading.RLock()
        if self._db is not None:
            if not _of_parents:
                atexit.register(_outlive)
            _of_parents.append(self._db)
            inherit(self._identity, self._log)

    def close(self) -> None:
        """Close the file; doing it again does nothing. In a child of the process that opened it, nothing is closed."""
        with self._lock:
            db, self._db = self._db, None
            if db is not None and self._process == os.getpid():
                with undivided:
                    db.close()

    def _do(self, action: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            return guarded(self.path, lambda: action(self._usable()))

    def _transaction(
        self,
        action: Callable[[sqlite3.Connection], T],
        *,
        delivery: Delivery = Delivery.NOT_SENT,
        about: str = "",
    ) -> T:
        def whole() -> T:
            db = self._usable()
            db.execute("BEGIN IMMEDIATE")
            try:
                result = action(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            return result

        with self._lock:
            return guarded(self.path, whole, delivery=delivery, about=about)

    def _usable(self) -> sqlite3.Connection:
        if self._db is None:
            raise ConfigurationError(f"this {self.KIND} is closed: open it again")
        if self._process != os.getpid():
            raise ConfigurationError(f"this {self.KIND} was opened by the parent process: open one in each process")
        if identity(self.path) != self._identity or not self._has_its_log():
            raise Elsewhere
        return self._db

    def _has_its_log(self) -> bool:
        """Whether SQLite's log is the one that was opened: what comes into another one, this connection never sees.

        It is there as long as anybody has the file open, unless somebody takes it away.
        """
        log = identity(self._log_path)
        if self._log is None:  # an application may begin to have one
            self._log = log
        return log == self._log
