"""`SharedFile`: a small file of secrets that the processes of one user share.

It is readable by its owner alone, replaced in one piece, and locked while one process works on what it holds.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.oauth.refusal import NOT_SENT
from afilnet_protocols.process.fork import renew_in_child
from afilnet_protocols.process.mounted import ALONE, is_mounted
from afilnet_protocols.process.shortage import for_want
from afilnet_protocols.retold import Retold, in_words
from afilnet_protocols.waiting import Signal, Steps, until
from afilnet_protocols.wire.strict_json import NotStrictJson, loads

LARGEST = 1_048_576
"""The largest file that is read, in bytes."""

_NONE = -1
"""No handle of an open file."""

_RANDOM = 8
"""How many bytes of chance are in the name of what is being written."""

_POLL = 0.02
"""How often a lock is asked for, in seconds: the system has no wait with a time limit."""


class SharedFile:
    """One such file. Several processes may use it at once.

    Args:
        path: the file; its folder must exist.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def lock(self) -> FileLock:
        """Return a lock on the file, not yet taken."""
        return FileLock(f"{self.path}.lock")

    def read(self) -> Mapping[str, object] | None:
        """Return what the file holds; nothing if there is none, and ``None`` if it cannot be understood.

        Raises:
            ConfigurationError: others may read or replace the file, it is mounted by itself, or the system cannot
                read it.
            NotSentError: this process may open no more files.
        """
        if not os.path.lexists(self.path):
            return {}
        if is_mounted(self.path):
            # It could not be replaced, and what is beside it, as a refresh token, would be lost with a container.
            raise ConfigurationError(f"token_cache: {self.path} {ALONE}; {NOT_SENT}")
        handle = _open(self.path, os.O_RDONLY)
        with _told(self.path, "cannot be read"), open(handle, "rb") as file:
            content = file.read(LARGEST + 1)
        try:
            return loads(content) if len(content) <= LARGEST else None
        except NotStrictJson:
            return None

    def replace(self, entries: Mapping[str, object]) -> bool:
        """Replace what the file holds; return whether that could be done. If not, the file is left as it is."""
        done = self._written(json.dumps(entries).encode(), then=lambda beside: os.replace(beside, self.path))
        if done:
            with contextlib.suppress(OSError):
                self._tidy_folder(os.path.dirname(self.path) or os.curdir)
        return done

    def _tidy_folder(self, folder: str) -> None:
        """Remove what killed processes had begun to write, for it holds secrets too, and have all this on the disk.

        Some file systems cannot promise that last part.
        """
        begun = re.compile(rf"\.{re.escape(os.path.basename(self.path))}\.[0-9a-f]{{{2 * _RANDOM}}}")
        for name in os.listdir(folder):
            if begun.fullmatch(name):
                with contextlib.suppress(OSError):  # somebody else's
                    os.unlink(os.path.join(folder, name))
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def writable(self) -> bool:
        """Return whether it could be replaced now."""
        return self._written(b"{}", then=lambda _: None)

    def _written(self, content: bytes, *, then: Callable[[str], object]) -> bool:
        folder, name = os.path.split(self.path)
        beside = os.path.join(folder, f".{name}.{secrets.token_hex(_RANDOM)}")
        try:
            try:
                handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
                with open(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                then(beside)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(beside)
        except OSError:
            return False
        return True


class FileLock:
    """A lock that keeps every other process, and every other call of this one, from a file. A context.

    Entering it raises :class:`ConfigurationError` if there can be no such file, and :class:`NotSentError` if this
    process may open no more.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle = _NONE
        self._holders = [True]
        """One for the context, and one more for each work: who takes the first one out is the last."""
        renew_in_child(self)

    def after_fork(self) -> None:
        """Have nothing in a forked child, whose copy would unlock what its parent works on, or outlive its parent."""
        self._holders = [False for _ in self._holders]
        handle, self._handle = self._handle, _NONE
        if handle != _NONE:
            os.close(handle)

    def __enter__(self) -> Self:
        self._handle = _open(self._path, os.O_RDWR | os.O_CREAT)
        return self

    def take(self, deadline: Deadline) -> Steps[None]:
        """Wait for it; it is given back at the end of the context.

        Raises:
            NotSentError: another process kept it until the deadline.
            ConfigurationError: the file system has no locks.
        """
        while not self._taken():
            if deadline.passed:
                text = f"another process held the token cache until the deadline; {NOT_SENT}"
                raise NotSentError(text, local=True)
            yield from until(Signal(), deadline.at_most(_POLL))

    def _taken(self) -> bool:
        with _told(self._path, "cannot be locked: it must be on a file system with locks"):
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def during(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return work that keeps the lock until it has ended, though the context may have ended before it."""
        self._holders.append(False)
        return _Keeping(self, work)

    def give_back(self) -> None:
        """End one part of what keeps it; the last one unlocks it."""
        if self._holders.pop():
            # Whatever else has this handle, such as a child that is just being made, would keep the lock otherwise.
            fcntl.flock(self._handle, fcntl.LOCK_UN)
            handle, self._handle = self._handle, _NONE
            os.close(handle)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()


class _Keeping:
    """Work under a lock: at the latest when nobody refers to it any more, as where no thread could do it, it ends."""

    def __init__(self, lock: FileLock, work: Callable[[], None]) -> None:
        self._lock: FileLock | None = lock
        self._work = work

    def __call__(self) -> None:
        try:
            self._work()
        finally:
            self._end()

    def __del__(self) -> None:
        self._end()

    def _end(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.give_back()


def _open(path: str, flags: int) -> int:
    """Open a file that is nobody's but ours.

    Raises:
        ConfigurationError: it cannot be opened, is a link, or belongs to or is readable by others.
        NotSentError: this process may open no more files.
    """
    with _told(path, "cannot be opened; it must be a file in an existing folder, for this user to read and write"):
        # What is no file at all, such as a pipe, is not waited for.
        handle = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    fault = _exposure(os.fstat(handle))
    if not fault:
        return handle
    os.close(handle)
    raise ConfigurationError(f"token_cache: {path} {fault}; {NOT_SENT}")


def _exposure(found: os.stat_result) -> str:
    """Return why a file may not hold tokens, and what to do; nothing if it is nobody's but ours."""
    if not stat.S_ISREG(found.st_mode):
        return "is no ordinary file: name one"
    if found.st_uid != os.geteuid():
        return f"belongs to another user (uid {found.st_uid}): name a file of your own"
    if found.st_mode & 0o077:
        return f"is open to other users (mode {stat.S_IMODE(found.st_mode):04o}): run chmod 600 on it"
    return ""


def _told(path: str, what: str) -> Retold[OSError]:
    """Have what the system says of a file told as an error of ours."""

    def told(error: OSError) -> AfilnetError:
        lack = for_want(error, left=False)
        is_link = error.errno == errno.ELOOP  # so O_NOFOLLOW says
        why = "it is a symbolic link: name what it leads to" if is_link else in_words(error).lower()
        return lack or ConfigurationError(f"token_cache: {path} {what} ({why}); {NOT_SENT}")

    return Retold(OSError, told)
