"""Files that a parent process had open when it forked: the locks that SQLite believes to have there in the child.

SQLite has notes of what its process has locked. A fork copies these and not the locks (fcntl(2)), and as long as the
parent's connection is there, which must not be closed in a child, whatever the child opens itself counts as locked
already. Then the parent, or anybody else, takes itself for the last one when it closes the file, and removes the log
that the child writes. So the child takes the same locks by itself, on handles that stay open as long as it lives, since
closing one would give them up (https://sqlite.org/howtocorrupt.html §2.2, §2.6).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.sqlite.file import Identity, identity, log_of
from afilnet_protocols.retold import Retold, in_words

_OF_FILE = (510, 0x40000002)
_OF_INDEX = (1, 128)
"""How many bytes, and from where on, whoever has a file and the index of its log open has locked for others to see
(SQLite's ``os_unix.c``: ``SHARED_SIZE``, ``SHARED_FIRST``, ``UNIX_SHM_DMS``)."""

CLOSED = (
    "its parent process had it open when it forked, and has closed it since then, which SQLite cannot get over in a "
    "child: let the parent close it before it forks, or the child open it before the parent closes it"
)

_logs: dict[Identity, Identity] = {}
"""The files with a log that were open at a fork, and which log each had."""

_locked: dict[Identity, int] = {}
"""The files that were locked by hand, and in which process: a child of a child has none of these locks either."""


def inherit(file: Identity | None, log: Identity | None) -> None:
    """Note in a child what its parent has open. Without a log nothing is locked between two transactions."""
    if file is not None and log is not None:
        _logs[file] = log


def lock_inherited(path: Path) -> None:
    """Take the locks that SQLite believes to have, before a file is opened that a parent process had open.

    Raises:
        ConfigurationError: the parent has closed it meanwhile, or the locks cannot be had.
    """
    file = identity(path)
    log = None if file is None else _logs.get(file)
    if file is None or log is None or _locked.get(file) == os.getpid():
        return
    told = f"the file {str(path)!r} cannot be locked: "
    with (
        Retold(OSError, lambda error: ConfigurationError(told + in_words(error))),
        contextlib.ExitStack() as if_refused,
    ):
        _lock(path, _OF_FILE, if_refused)
        # Now nobody can take himself for the last one any more.
        if identity(log_of(path)) != log:
            raise ConfigurationError(f"the file {str(path)!r} cannot be used: {CLOSED}")
        _lock(path.with_name(f"{path.name}-shm"), _OF_INDEX, if_refused)
        if_refused.pop_all()
    _locked[file] = os.getpid()


def _lock(path: Path, place: tuple[int, int], if_refused: contextlib.ExitStack) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if_refused.callback(os.close, handle)  # nothing is open here of what it would give up: the file is refused
    fcntl.lockf(handle, fcntl.LOCK_SH, *place)
