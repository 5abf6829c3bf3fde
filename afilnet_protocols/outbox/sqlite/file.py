"""The file of an outbox: how it is opened, kept to its owner, and what is said when SQLite cannot work with it."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.sqlite.descriptors import CLOSED, Identity
from afilnet_protocols.outbox.sqlite.one_name import other_name
from afilnet_protocols.outbox.sqlite.schema import SCHEMA_VERSION, make_tables, version_of
from afilnet_protocols.outbox.store import UNDONE
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.retold import Retold, in_words
from afilnet_protocols.suggestion import LONGEST_PATH, home_meant, quoted
from afilnet_protocols.vocabulary import Delivery

T = TypeVar("T")

BUSY_SECONDS = 30.0
"""How long a worker waits for another one's transaction, in seconds. Transactions here take milliseconds."""

_EMPTY_TO_SQLITE = 1
"""A size, in bytes, that SQLite takes for none, and writes over (its ``os_unix.c``)."""

PAGE = 2048
"""How large the pages of a new file are, in bytes: an entry's step changes a dozen, each of which is written whole."""

_EXPLANATIONS = {
    sqlite3.SQLITE_BUSY: f"another program, or a transaction of your own, has kept it locked for more than "
    f"{BUSY_SECONDS:.0f} s: end that transaction, or, if it is yours, hand it over with connection=",
    sqlite3.SQLITE_LOCKED: "another program has it locked: end its transaction",
    sqlite3.SQLITE_FULL: "the disk is full: make room and run it again",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite database: name another file",
    sqlite3.SQLITE_CORRUPT: "the database is damaged: restore it, or recover it with the sqlite3 command's .recover",
    sqlite3.SQLITE_READONLY: "it cannot be written: check its permissions and its folder's",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check that its folder exists and can be written",
    sqlite3.SQLITE_PERM: "it cannot be opened: check its permissions",
    sqlite3.SQLITE_IOERR: "the disk failed, or is full: check it",
}


class Elsewhere(OSError):
    """What was opened, or SQLite's log of it, is no longer at its place: what is written there, nobody would find."""


class Closed(OSError):
    """SQLite's descriptors are closed, or something else's: what it wrote there, it would write into that."""


class Undone(OSError):
    """What was to be changed is as it was, and SQLite has raised nothing: somebody's trigger did ``RAISE(IGNORE)``."""


def guarded(path: Path, action: Callable[[], T], *, delivery: Delivery = Delivery.NOT_SENT, about: str = "") -> T:
    """Carry out an action on the database.

    Args:
        path: the outbox's file, for the error.
        action: what to do.
        delivery: what an error means for the message in hand.
        about: what an error means, in words.

    Raises:
        ConfigurationError: SQLite cannot do it; says why and what to change.
    """
    text = ""
    try:
        with undivided:
            return action()
    except sqlite3.Error as error:
        text = _explained(error)
    except Elsewhere:
        text = "it, or its log, was removed or replaced while it was open: stop all that use it, and open it again"
    except Closed:
        text = CLOSED
    except Undone:
        text = UNDONE
    except OSError as error:
        text = error.strerror or type(error).__name__
    raise ConfigurationError(f"{about}the file {quoted(path, LONGEST_PATH)} cannot be used: {text}", delivery=delivery)


def _explained(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    known = _EXPLANATIONS.get(code & 0xFF) if isinstance(code, int) else None
    return known or f"SQLite says {str(error)!r}"


def identity(path: Path) -> Identity | None:
    """Return what tells the file at a place from another one that comes there later; ``None`` if none can be seen."""
    try:
        status = path.stat()
    except OSError:  # whoever opens it says what is in the way, such as a name that is too long
        return None
    return status.st_dev, status.st_ino


def log_of(path: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of a file, if it keeps one (https://sqlite.org/tempfiles.html)."""
    return path.with_name(f"{path.name}-wal")


def index_of(path: Path) -> Path:
    """Return where SQLite keeps the index of that log, which a process opens once and locks for all that it does."""
    return path.with_name(f"{path.name}-shm")


def open_file(path: Path) -> sqlite3.Connection:
    """Open an outbox's file, which is made if there is none, and make or check its tables.

    Raises:
        ConfigurationError: it is open to others, belongs to somebody else, has another name, is no database, or is of a
            newer version.
    """
    _make_private(path)
    return guarded(path, lambda: _opened(path))


def is_there(path: Path) -> bool:
    """Whether there is a file.

    Raises:
        ConfigurationError: nobody can tell: its name is too long, or a folder on the way may not be searched.
    """
    told = f"the file {quoted(path, LONGEST_PATH)} cannot be looked for: "
    with Retold(OSError, lambda error: ConfigurationError(told + in_words(error))):
        return path.exists()


def migrate(path: Path) -> tuple[int, int]:
    """Bring the tables in a file to this version; return the version before, and the one now.

    Raises:
        ConfigurationError: there is no outbox in it, or as for :func:`open_file`.
    """
    before = guarded(path, lambda: _version_in(path)) if is_there(path) else 0
    if not before:
        raise ConfigurationError(f"there is no outbox {str(path)!r}: it is made when it is opened")
    open_file(path).close()
    return before, SCHEMA_VERSION


def _version_in(path: Path) -> int:
    with contextlib.closing(_read_only(path, BUSY_SECONDS)) as db:
        return version_of(db)


def _make_private(path: Path) -> None:
    reason = ""
    try:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            _sync_folder(path.parent)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            reason = "is not a regular file: name another"
        elif status.st_size == _EMPTY_TO_SQLITE or (status.st_size and not _is_database(path)):
            reason = f"cannot be used: {_EXPLANATIONS[sqlite3.SQLITE_NOTADB]}"
        elif status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            reason = (
                f"holds messages but is open to other users (mode {stat.S_IMODE(status.st_mode):04o}): chmod 600 it"
            )
        elif status.st_uid not in (os.geteuid(), 0):
            reason = f"belongs to another user (uid {status.st_uid}): name another"
        else:
            reason = other_name(path, status)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        reason = f"cannot be made or opened: {why}{home_meant(path)}"
    if reason:
        raise ConfigurationError(f"the file {quoted(path, LONGEST_PATH)} {reason}")


def _is_database(path: Path) -> bool:
    """Whether SQLite takes a file for a database; what else is wrong with it is told when it is opened.

    Nobody but SQLite may look: when a handle of a file is closed, POSIX gives up all locks that the process has on it,
    those of other connections too, whose log the next process then removes (https://sqlite.org/howtocorrupt.html §2.2).
    """
    code = None
    with undivided:
        try:
            # One that is locked is a database, and whoever opens it waits for as long as he is told.
            with contextlib.closing(_read_only(path, 0)) as db:
                db.execute("PRAGMA schema_version").fetchone()
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_CANTOPEN:
        os.close(os.open(os.devnull, os.O_RDONLY))  # which says so if no file at all can be opened now
        reason = errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(reason, os.strerror(reason))
    return code != sqlite3.SQLITE_NOTADB


def _read_only(path: Path, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=patience)


def _sync_folder(folder: Path) -> None:
    """Make the new file's name survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        # Every commit reaches the disk before anything is done because of it.
        db.execute("PRAGMA synchronous = FULL")
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            db.execute(f"PRAGMA page_size = {PAGE}")
            _use_write_ahead_log(db)
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _use_write_ahead_log(db: sqlite3.Connection) -> None:
    """Let others read while one writes. Of an application's own database the journal mode is left as it is."""
    for _ in range(100):
        # Several processes that make the file at once get in one another's way here, in spite of the busy time.
        with contextlib.suppress(sqlite3.OperationalError):
            db.execute("PRAGMA journal_mode = WAL")
            return
        time.sleep(0.01)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        version = make_tables(db)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    if version != SCHEMA_VERSION:
        raise ConfigurationError(
            f"the file {str(path)!r} was made by another version (schema {version}, this one knows {SCHEMA_VERSION}):"
            " use the version of afilnet-protocols that made it, or name another file"
        )
