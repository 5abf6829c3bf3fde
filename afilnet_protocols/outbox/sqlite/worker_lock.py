"""`WorkerLock`: how the workers of one outbox know which of them are alive, without clocks and without process numbers.

Each running worker holds an exclusive ``flock`` on a file of its own beside the outbox. The kernel gives the lock up
when the process ends, however it ends; so whoever can take it knows that the worker is gone. Heartbeats would need
clocks to be trusted, and process numbers are used again and mean nothing in another container.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import secrets
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.process.fork import renew_in_child
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.retold import Retold, in_words


class WorkerLock:
    """The proof that one worker is alive, as long as it is not closed.

    Attributes:
        token: the worker's name, random.
    """

    def __init__(self, outbox: Path) -> None:
        """Begin to be present.

        Raises:
            ConfigurationError: the file beside it cannot be made, or its file system has no locks.
        """
        told = f"whoever works on the file {str(outbox)!r} needs to make one of its own beside it, and to lock it: "
        # A child that had a copy and did not know of it would have the worker seem alive as long as it lives itself.
        with undivided, Retold(OSError, lambda error: ConfigurationError(told + in_words(error))):
            self.token, self._path, self._descriptor = _begin(outbox)
            renew_in_child(self)

    def close(self) -> None:
        """Stop being present; doing it again does nothing."""
        if self._descriptor is not None:
            # The name goes before the lock, so that nobody locks a file that is about to go.
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def after_fork(self) -> None:
        """Give up a copy that a forked child has: as long as it is open there, the worker would seem alive."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_gone(outbox: Path, token: str) -> bool:
    """Return whether the worker of this name has ended; what it left beside the outbox is removed."""
    return _remove_if_free(_place(outbox, token))


def sweep(outbox: Path) -> None:
    """Remove what workers that ended without a word left beside the outbox."""
    # What keeps anybody from looking there, such as a path that is too long, is told when the outbox itself is opened.
    with contextlib.suppress(OSError):
        for path in outbox.parent.glob(f"{glob.escape(outbox.name)}-worker-*"):
            _remove_if_free(path)


def _begin(outbox: Path) -> tuple[str, Path, int | None]:
    while True:
        token = secrets.token_hex(8)
        path = _place(outbox, token)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        kept = False
        try:
            # Somebody who sweeps may have taken the file for a dead worker's between its making and its locking.
            with contextlib.suppress(BlockingIOError, FileNotFoundError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                kept = path.stat().st_ino == os.fstat(descriptor).st_ino
        except OSError:
            path.unlink(missing_ok=True)
            raise
        finally:
            if not kept:
                os.close(descriptor)
        if kept:
            return token, path, descriptor


def _remove_if_free(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _place(outbox: Path, token: str) -> Path:
    return outbox.with_name(f"{outbox.name}-worker-{token}")
