"""`StateFile`: what the processes of a deployment have seen together, in one file, without any secret.

Each process adds what is new to what the file holds, under a lock, and puts the new file in the old one's place, so
that a reader never sees half of one. What cannot be written now is written later; a call never fails for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.migration.tally import Counts, Tally

log = logging.getLogger("afilnet_protocols.migration")

EVERY = 2.0
"""How many seconds pass between two writes."""

_LIMIT = 4 * 1024 * 1024


class State(msgspec.Struct, kw_only=True):
    """What a state file holds.

    Attributes:
        mode: ``shadow`` or ``canary``.
        profile: the profile in use.
        candidate: the profile that may replace it.
        began: when the first call was counted, in ISO 8601.
        updated: when the file was last written.
        counts: what was seen.
    """

    version: int = 1
    mode: str
    profile: str
    candidate: str
    began: str = ""
    updated: str = ""
    counts: Counts = msgspec.field(default_factory=Counts)


def read_state(path: Path) -> State | None:
    """Read a state file; ``None`` if there is none.

    Raises:
        ConfigurationError: it cannot be read or is no state file.
    """
    reason = ""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LIMIT), type=State)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    except (msgspec.MsgspecError, UnicodeDecodeError):
        reason = "is no state file of a migration"
    raise ConfigurationError(f"migration: the state file {str(path)!r} {reason}: choose another or remove it")


class StateFile:
    """Writes what a tally counts to a file, now and then.

    Args:
        path: the file.
        mode: ``shadow`` or ``canary``.
        profile: the profile in use.
        candidate: the profile that may replace it.
        every: how many seconds pass between two writes.
        clock: a monotonic clock.
    """

    def __init__(
        self,
        path: Path,
        *,
        mode: str,
        profile: str,
        candidate: str,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._kind = (mode, profile, candidate)
        self._every, self._clock = every, clock
        self._next = clock()
        self._lock = threading.Lock()
        self._complained = False

    def read(self) -> State | None:
        """Return what the file holds of this migration; ``None`` if it is of another one, or cannot be used."""
        with contextlib.suppress(ConfigurationError):
            state = read_state(self.path)
            if state is not None and (state.mode, state.profile, state.candidate) == self._kind:
                return state
        return None

    def save(self, tally: Tally, *, now: bool = False) -> None:
        """Add what the tally has counted to the file, unless that was done a moment ago.

        Args:
            tally: what was counted.
            now: whether it is written even so.
        """
        if not now and self._clock() < self._next:
            return
        with self._lock:
            self._next = self._clock() + self._every
            taken = tally.take()
            try:
                with self._locked() as held:
                    if held:
                        self._write(taken)
                        return
            except OSError as error:
                self._complain(error)
            tally.give_back(taken)

    def _write(self, taken: Counts) -> None:
        mode, profile, candidate = self._kind
        at = datetime.now(UTC).isoformat(timespec="seconds")
        state = self.read() or State(mode=mode, profile=profile, candidate=candidate, began=at)
        state.counts.add(taken)
        state.updated = at
        beside = self.path.with_name(f"{self.path.name}.{secrets.token_hex(6)}.new")
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n")
            beside.replace(self.path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[bool]:
        """Hold the lock beside the file; say whether it was free within a moment."""
        name = self.path.with_name(f"{self.path.name}.lock")
        descriptor = os.open(name, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            for pause in (0.005, 0.01, 0.02, 0.04, 0.0):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    time.sleep(pause)
                else:
                    yield True
                    return
            yield False
        finally:
            os.close(descriptor)

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            log.warning("the migration's state file cannot be written: %s", error.strerror)
