"""The sandbox's clock: what messages are stamped with and tokens expire by. It can be stopped, set and moved on."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.seconds import is_within
from afilnet_protocols.suggestion import quoted

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)
_SPAN = (_LAST - _FIRST).total_seconds()


class Clock:
    """A clock in UTC that runs with the computer's until it is told otherwise. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0
        self._frozen: float | None = None

    def timestamp(self) -> float:
        """Return the seconds since 1970-01-01 UTC."""
        frozen = self._frozen
        return time.time() + self._offset if frozen is None else frozen

    def now(self) -> datetime:
        """Return the moment, with its time zone (UTC)."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    @property
    def setting(self) -> str:
        """A mark of how it is set, which differs once that has changed."""
        return f"{self._offset}/{self._frozen}"

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen is not None

    def advance(self, seconds: float) -> None:
        """Move the clock by this many seconds; a negative number moves it back.

        Raises:
            InvalidRequestError: it is no number, or leads beyond the years from 1970 to 9999.
        """
        if not is_within(seconds, -_SPAN, _SPAN):
            raise InvalidRequestError(f"seconds is a number that leads from 1970 to 9999, not {quoted(seconds)}")
        with self._lock:
            self._check(self.timestamp() + seconds)
            if self._frozen is None:
                self._offset += seconds
            else:
                self._frozen += seconds

    def set(self, moment: datetime) -> None:
        """Set the clock; it goes on from there, or stands still there if it is frozen.

        Args:
            moment: a ``datetime``; without a time zone it is taken as UTC.

        Raises:
            InvalidRequestError: it is none, or beyond the years from 1970 to 9999.
        """
        if not isinstance(moment, datetime):
            raise InvalidRequestError(f"moment is a datetime, not {quoted(moment)}")
        wanted = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
        with self._lock:
            self._check(wanted)
            if self._frozen is None:
                self._offset = wanted - time.time()
            else:
                self._frozen = wanted

    def freeze(self, moment: datetime | None = None) -> None:
        """Stop the clock, now or at a moment.

        Raises:
            InvalidRequestError: as for :meth:`set`; the clock then stands still now.
        """
        with self._lock:
            self._frozen = self.timestamp()
        if moment is not None:
            self.set(moment)

    def resume(self) -> None:
        """Let a frozen clock run on from where it stands."""
        with self._lock:
            if self._frozen is not None:
                self._offset, self._frozen = self._frozen - time.time(), None

    def reset(self) -> None:
        """Go back to the computer's time."""
        with self._lock:
            self._offset, self._frozen = 0.0, None

    def __repr__(self) -> str:
        return f"<Clock at {self.now().isoformat(' ', 'seconds')}{', frozen' if self.frozen else ''}>"

    @staticmethod
    def _check(timestamp: float) -> None:
        if not 0 <= timestamp <= _SPAN:
            raise InvalidRequestError("the sandbox's clock goes from 1970 to 9999")
