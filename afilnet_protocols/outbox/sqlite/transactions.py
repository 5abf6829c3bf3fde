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
from weakref import WeakValueDictionary

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.sqlite.descriptors import CLOSED, Identity, are_closed, descriptors
from afilnet_protocols.outbox.sqlite.file import Closed, Elsewhere, guarded, identity, index_of, log_of, open_file
from afilnet_protocols.outbox.sqlite.inherited import inherit, lock_inherited
from afilnet_protocols.process.fork import notice_fork, renew_in_child
from afilnet_protocols.process.reentrance import refuse_reentrance
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.vocabulary import Delivery

T = TypeVar("T")

_kept: list[sqlite3.Connection] = []
"""Connections that must not be closed: those of the process that this one was forked from, and what has lost its
descriptors."""

_cut_off: set[Identity | None] = set()
"""The files of the latter: SQLite keeps what it had of them as long as this process lives."""

_open: WeakValueDictionary[int, Transactions] = WeakValueDictionary()


def _outlive() -> None:
    """Keep these connections beyond the end of this process's Python, which closes whatever it lets go.

    SQLite would take back what the parent has in hand, or remove a log that has come to that place since then, or close
    what has its descriptors now. A child of which Python was not told may come here before anything was noticed.
    """
    notice_fork()
    if not _kept:
        return
    with contextlib.suppress(ImportError):  # not every Python has it
        import ctypes

        for each in _kept:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(each))


atexit.register(_outlive)


class Transactions:
    """A database in a file. Safe to use from any thread of the process that opened it, and by several processes."""

    KIND = "outbox"
    """What is kept there, for errors."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log_path = log_of(path)
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._lent = False
        """Whether somebody else has the transaction that is open in hand."""
        notice_fork()
        lock_inherited(path)
        _refuse_cut_off(path)
        with undivided:  # a child has to know what it inherits
            self._db: sqlite3.Connection | None = open_file(path)
            self._identity = identity(path)
            self._log = identity(self._log_path)
            # SQLite opens the index once in a process, and all connections depend on it.
            self._watched = identity(path if self._log is None else index_of(path))
            self._descriptors = descriptors(self._watched)
            renew_in_child(self)
        _open[id(self)] = self

    def after_fork(self) -> None:
        """Leave the parent's connection as it is, for as long as the child lives, and begin with a lock of one's own.

        A connection must not be carried over a fork, not even to close it there (https://sqlite.org/howtocorrupt.html
        §2.6); and the last reference to one that goes closes it.
        """
        self._lock = threading.RLock()
        if self._db is not None:
            _kept.append(self._db)
            inherit(self._identity, self._log, self._watched, self._descriptors)

    def close(self) -> None:
        """Close the file; doing it again does nothing. In a child of the process that opened it, nothing is closed."""
        notice_fork()
        with self._lock:
            db, self._db = self._db, None
            if db is not None and self._process == os.getpid():
                if are_closed(self._descriptors, self._watched):
                    _kept.append(db)
                    _cut_off.add(self._identity)
                    return
                with undivided:
                    db.close()

    def is_cut_off(self) -> bool:
        """Whether it is open, but its descriptors are not."""
        return self._db is not None and are_closed(self._descriptors, self._watched)

    def is_of(self, file: Identity | None) -> bool:
        """Whether it is of a file, and was opened by this process."""
        return self._identity == file and self._process == os.getpid()

    def _do(self, action: Callable[[sqlite3.Connection], T]) -> T:
        notice_fork()
        with self._lock:
            result = guarded(self.path, lambda: action(self._usable()))
        return result  # noqa: RET504 -- what is raised right behind the call is raised within the block

    def _transaction(
        self,
        action: Callable[[sqlite3.Connection], T],
        *,
        delivery: Delivery = Delivery.NOT_SENT,
        about: str = "",
    ) -> T:
        def whole() -> T:
            db = self._ready()
            try:
                db.execute("BEGIN IMMEDIATE")  # inside: a signal's handler may raise right behind it
                result = action(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            return result

        self._refuse_reentrance()
        with self._lock:
            result = guarded(self.path, whole, delivery=delivery, about=about)
        return result  # noqa: RET504 -- what is raised right behind the call is raised within the block

    def _refuse_reentrance(self) -> None:
        notice_fork()
        if not self._lent:
            refuse_reentrance(self._lock, self.KIND)

    def _ready(self) -> sqlite3.Connection:
        """Return the connection to begin a transaction on.

        Raises:
            ConfigurationError: who has the one that is open goes on with it, further up or in another task of the loop.
        """
        db = self._usable()
        if self._lent:
            raise ConfigurationError(
                f"a transaction of this {self.KIND} is open in this thread: end it first, and await nothing in it"
            )
        if db.in_transaction:
            # A signal's handler has raised a second time, before the first one's was undone. One that nobody ends would
            # keep all other processes out.
            db.execute("ROLLBACK")
        return db

    def _usable(self) -> sqlite3.Connection:
        if self._db is None:
            raise ConfigurationError(f"this {self.KIND} is closed: open it again")
        if self._process != os.getpid():
            raise ConfigurationError(f"this {self.KIND} was opened by the parent process: open one in each process")
        if self.is_cut_off():
            raise Closed
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


def _refuse_cut_off(path: Path) -> None:
    """Refuse a file that is open in this process without its descriptors: SQLite would go on with what it had."""
    file = identity(path)
    there = [opened() for opened in _open.valuerefs()]
    if file in _cut_off or any(each is not None and each.is_of(file) and each.is_cut_off() for each in there):
        raise ConfigurationError(f"the file {str(path)!r} cannot be used: {CLOSED}")
