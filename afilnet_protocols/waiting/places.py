"""`Places`: how many calls of a client may be under way at once; the others wait, each no longer than its deadline."""

from __future__ import annotations

from typing import TypeVar

from afilnet_protocols.deadline import Deadline, more_time
from afilnet_protocols.errors import ConfigurationError, NotSentError
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.waiting import Semaphore, Steps

R = TypeVar("R")


class Places:
    """A number of places for calls.

    Args:
        most: how many; ``None`` for as many as come.
    """

    def __init__(self, most: int | None) -> None:
        self.most = most
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have all places free: the calls of the parent's threads are not made in the child."""
        self.free = None if self.most is None else Semaphore(self.most)
        self._shut = False

    def shut(self) -> None:
        """Give no place to anybody any more, and refuse those who wait for one."""
        self._shut = True
        if self.free is not None:
            self.free.shut()

    def within(self, deadline: Deadline, call: Steps[R]) -> Steps[R]:
        """Carry out a call in a place of its own, as soon as there is one.

        Raises:
            NotSentError: there was no place before the deadline.
            ConfigurationError: the client is being closed.
        """
        free = self.free
        return call if free is None else self._in_one_of(free, deadline, call)

    def _in_one_of(self, free: Semaphore, deadline: Deadline, call: Steps[R]) -> Steps[R]:
        place = yield from free.take(deadline)
        if place is None:
            if self._shut:
                raise ConfigurationError("this client is closed: make a new one with connect()")
            raise NotSentError(
                f"not sent: {self.most} other calls were under way all the time ({more_time('max_connections')})",
                local=True,
            )
        try:
            return (yield from call)
        finally:
            place.give_back()
