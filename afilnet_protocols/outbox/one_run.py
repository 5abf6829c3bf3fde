"""`OneRun`: an outbox or an inbox runs in one thread at a time, and closing it waits for that one."""

from __future__ import annotations

import threading

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.process.fork import begin_afresh, notice_fork
from afilnet_protocols.waiting import Place, Semaphore, run


class OneRun:
    """The run of one outbox or inbox, if it has one."""

    def __init__(self, running: str) -> None:
        self._told = running
        begin_afresh(self)

    def after_fork(self) -> None:
        """Let a child be told that this is its parent's, not that a thread is running it."""
        self._places = Semaphore(1)
        self._thread: threading.Thread | None = None

    def begin(self) -> Place:
        """Return the place of a run, which gives it back when it ends; at the latest, nobody refers to it any more.

        Raises:
            ConfigurationError: another one has not ended.
        """
        notice_fork()
        place = self._places.take_at_once()
        if place is None:
            raise ConfigurationError(f"{self._told}: open another for each")
        try:
            self._thread = threading.current_thread()
        except BaseException:
            # A signal's handler: whoever keeps what it raised keeps this frame.
            place.give_back()
            raise
        return place

    def wait_for_another(self, seconds: float) -> None:
        """Wait until the run of another thread has ended, at most so long.

        One of this thread is around this call, and one of a thread that has ended goes on nowhere.
        """
        notice_fork()
        other = self._thread
        if other is not None and other is not threading.current_thread() and other.is_alive():
            limit = Deadline(seconds)
            place = run(self._places.take(limit), limit)
            if place is not None:
                place.give_back()
