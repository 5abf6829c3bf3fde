"""`StateFile`: what the processes of a deployment have seen together, in one file, without any secret.

Each process adds what is new to what the file holds, under a lock, and puts the new file in the old one's place, so
that a reader never sees half of one. What cannot be written now is written later; a call never fails for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from afilnet_protocols.callers import check_clock, check_path
from afilnet_protocols.clock import monotonic
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.journal import logger
from afilnet_protocols.migration.tally import Counts, Tally
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.seconds import LONGEST, is_within
from afilnet_protocols.suggestion import LONGEST_PATH, quoted

log = logger("afilnet_protocols.migration")

EVERY = 2.0
"""How many seconds pass between two writes."""

PATIENCE = 0.075
"""How many seconds a call waits at most for another process that writes; what is not written then is written later."""

LAST_PATIENCE = 2.0
"""How long the last write of a client waits, in seconds: nothing comes later."""

VERSION = 2
"""Of what is counted. What an older version counted is not added to, and what a newer one counted is left as it is."""

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
        version: of what is counted.
    """

    version: int = VERSION
    mode: str
    profile: str
    candidate: str
    began: str = ""
    updated: str = ""
    counts: Counts = msgspec.field(default_factory=Counts)

    def is_of(self, mode: str, profile: str, candidate: str) -> bool:
        """Whether it is what this version counted of a migration."""
        return (self.version, self.mode, self.profile, self.candidate) == (VERSION, mode, profile, candidate)


class _Written(msgspec.Struct):
    """What every version's file says, whatever else is in it."""

    version: int = VERSION


def read_state(path: Path) -> State | None:
    """Read a state file; ``None`` if there is none.

    Raises:
        ConfigurationError: it cannot be read, is no state file, or is a newer version's.
    """
    reason = "is not a regular file"
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                content = file.read(_LIMIT)
                if msgspec.json.decode(content, type=_Written).version <= VERSION:
                    return msgspec.json.decode(content, type=State)
                reason = "was written by a newer version of this library, as another process may still run"
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        reason = "is no state file of a migration"
    raise ConfigurationError(
        f"migration: the state file {quoted(path, LONGEST_PATH)} {reason}: choose another or remove it"
    )


def check_folder(path: Path) -> None:
    """Refuse a place where no counts can be kept, for those who look at settings: a client goes on without them.

    Raises:
        ConfigurationError: the folder of the state file does not exist, or this user cannot write it.
    """
    folder = path.parent
    reason = "" if os.access(folder, os.W_OK | os.X_OK) else "cannot be written"
    if not folder.is_dir():
        reason = "does not exist"
    if reason:
        told = f"the folder of the state file {quoted(path, LONGEST_PATH)} {reason}"
        raise ConfigurationError(f"migration: nothing can be counted, for {told}: mend that, or change state")


class StateFile:
    """Writes what a tally counts to a file, now and then.

    Args:
        path: the file.
        mode: ``shadow`` or ``canary``.
        profile: the profile in use.
        candidate: the profile that may replace it.
        every: how many seconds pass between two writes.
        clock: a monotonic clock.

    Raises:
        ConfigurationError: ``path`` is none, ``every`` is no number of seconds, or the clock tells no time.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        mode: str,
        profile: str,
        candidate: str,
        every: float = EVERY,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        if not is_within(every, 0, LONGEST):
            raise ConfigurationError(f"StateFile: every is a number of seconds, 0 or more, not {quoted(every)}")
        check_clock("StateFile: clock", clock)
        check_path("StateFile: path", path)
        self.path = Path(path)
        self._kind = (mode, profile, candidate)
        self._every, self._clock = every, clock
        self._next = clock()
        self._complained = False
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have a lock that nobody holds."""
        self._lock = threading.Lock()

    def check_folder(self) -> None:
        """Refuse a place where nothing can be kept.

        Raises:
            ConfigurationError: the folder does not exist, or this user cannot write it.
        """
        check_folder(self._place())

    def read(self) -> State | None:
        """Return what the file holds of this migration; ``None`` if there is none, or it is of another one.

        Raises:
            ConfigurationError: it cannot be read or is no state file.
        """
        state = read_state(self.path)
        return state if state is not None and state.is_of(*self._kind) else None

    def save(self, tally: Tally, *, now: bool = False, last: bool = False) -> None:
        """Add what the tally has counted to the file, unless that was done a moment ago and nothing is of a new kind.

        A file that is there and cannot be used is left as it is: what speaks against a candidate may be in it.

        Args:
            tally: what was counted.
            now: whether it is written even so.
            last: whether it cannot be written later, so that waiting for others is worth its time.
        """
        if not now and not tally.has_news and self._clock() < self._next:
            return
        with self._lock:
            self._next = self._clock() + self._every
            taken = tally.take()
            if taken == Counts():
                return
            saved, reason = False, "another process holds it"
            try:
                with self._locked(LAST_PATIENCE if last else PATIENCE) as held:
                    if held:
                        self._write(taken)
                        saved = True
            except OSError as error:
                reason = str(error.strerror)
            except ConfigurationError as error:
                reason = str(error)
            if not saved:
                tally.give_back(taken)
                if last or reason != "another process holds it":
                    self._complain(reason)

    def _write(self, taken: Counts) -> None:
        mode, profile, candidate = self._kind
        at = datetime.now(UTC).isoformat(timespec="seconds")
        state = self.read() or State(mode=mode, profile=profile, candidate=candidate, began=at)
        state.counts.add(taken)
        state.updated = at
        place = self._place()
        beside = place.with_name(f"{place.name}.{secrets.token_hex(6)}.new")
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 -- an open descriptor
                file.write(msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n")
            beside.replace(place)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def _place(self) -> Path:
        """Return where the file is: a link stays one, and those who go by different links share what is behind them."""
        return Path(os.path.realpath(self.path)) if self.path.is_symlink() else self.path

    @contextlib.contextmanager
    def _locked(self, patience: float) -> Iterator[bool]:
        """Hold the lock beside the file; say whether it was free within so many seconds."""
        place = self._place()
        name = place.with_name(f"{place.name}.lock")
        descriptor = os.open(name, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            pause, waited = 0.005, 0.0
            while not _try_to_lock(descriptor):
                if waited >= patience:
                    yield False
                    return
                time.sleep(pause)
                waited, pause = waited + pause, min(2 * pause, 0.05)
            yield True
        finally:
            os.close(descriptor)

    def _complain(self, reason: str) -> None:
        if not self._complained:
            self._complained = True
            told = quoted(self.path, LONGEST_PATH)
            log.warning("what was counted of a migration cannot be saved in its state file %s: %s", told, reason)


def _try_to_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
