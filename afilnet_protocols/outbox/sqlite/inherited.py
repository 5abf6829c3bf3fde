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
from typing import NamedTuple

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.sqlite.descriptors import Identity, are_closed
from afilnet_protocols.outbox.sqlite.file import identity, index_of, log_of
from afilnet_protocols.retold import Retold, in_words

_OF_FILE = (510, 0x40000002)
_OF_INDEX = (1, 128)
"""How many bytes, and from where on, whoever has a file and the index of its log open has locked for others to see
(SQLite's ``os_unix.c``: ``SHARED_SIZE``, ``SHARED_FIRST``, ``UNIX_SHM_DMS``)."""

CLOSED = (
    "its parent process had it open when it forked, and has closed it since then, which SQLite cannot get over in a "
    "child: let the parent close it before it forks, or the child open it before the parent closes it"
)

BEHIND = (
    "its parent process had it open when it forked, and its descriptors have been closed since then, as daemons do "
    "with all that they have: let the parent close it before it forks"
)
"""SQLite would go on with the index that the parent had, and lock whatever has its number now."""


class Inherited(NamedTuple):
    """What a parent had of a file."""

    log: Identity
    log_index: Identity | None
    descriptors: frozenset[int]
    """Those of the log's index."""


_inherited: dict[Identity, Inherited] = {}
"""The files with a log that were open at a fork."""

_locked: dict[Identity, int] = {}
"""The files that were locked by hand, and in which process: a child of a child has none of these locks either."""


def inherit(
    file: Identity | None, log: Identity | None, log_index: Identity | None, descriptors: frozenset[int]
) -> None:
    """Note in a child what its parent has open. Without a log nothing is locked between two transactions."""
    if file is not None and log is not None:
        _inherited[file] = Inherited(log, log_index, descriptors)


def lock_inherited(path: Path) -> None:
    """Take the locks that SQLite believes to have, before a file is opened that a parent process had open.

    Raises:
        ConfigurationError: the parent has closed it meanwhile, or this process its descriptors, or the locks cannot be
            had.
    """
    file = identity(path)
    there = None if file is None else _inherited.get(file)
    if file is None or there is None:
        return
    if are_closed(there.descriptors, there.log_index):
        raise ConfigurationError(f"the file {str(path)!r} cannot be used: {BEHIND}")
    if _locked.get(file) == os.getpid():
        return
    told = f"the file {str(path)!r} cannot be locked: "
    with (
        Retold(OSError, lambda error: ConfigurationError(told + in_words(error))),
        contextlib.ExitStack() as if_refused,
    ):
        _lock(path, _OF_FILE, if_refused)
        # Now nobody can take himself for the last one any more.
        if identity(log_of(path)) != there.log:
            raise ConfigurationError(f"the file {str(path)!r} cannot be used: {CLOSED}")
        _lock(index_of(path), _OF_INDEX, if_refused)
        if_refused.pop_all()
    _locked[file] = os.getpid()


def _lock(path: Path, place: tuple[int, int], if_refused: contextlib.ExitStack) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if_refused.callback(os.close, handle)  # nothing is open here of what it would give up: the file is refused
    fcntl.lockf(handle, fcntl.LOCK_SH, *place)
