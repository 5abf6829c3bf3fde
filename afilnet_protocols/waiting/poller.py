"""`Poller`: what the tasks of one event loop wait for, watched by one descriptor of the kernel's (epoll(7)).

A reader of the loop is meant for what stays: to add and to remove one takes two system calls and a dozen objects, for
every wait. Here the loop watches one descriptor for good. What stands behind it the kernel remembers, tells once for
each time that it is asked (``EPOLLONESHOT``), and forgets when it is closed. Deadlines are kept likewise: the loop has
one timer, for the earliest of them.
"""

from __future__ import annotations

import asyncio
import errno
import heapq
import math
import os
import select
import sys
import weakref

from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.waiting.waits import Descriptor

if sys.platform != "linux":
    raise ImportError("there is no epoll")

_WORTH_SWEEPING = 256
"""So many ends of waits that are over may be kept; beyond, no more than there are waits."""


class Poller:
    """Wakes the tasks of one loop as soon as a descriptor is ready or a time is up. Of that loop alone.

    It is the loop's reader that keeps it, so that it ends with the loop. A task may be woken for nothing.
    """

    def __init__(self) -> None:
        if not hasattr(select, "epoll"):  # green threads take it away
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        self._epoll = select.epoll()
        # Not the poller itself: a connection that outlives the loop must not keep the descriptor open.
        self._name = object()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._ends: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0
        self._rings = math.inf
        self._timer: weakref.ref[asyncio.TimerHandle] | None = None  # weakly, for it holds the loop

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> Poller:
        """Return the poller of the loop that is running.

        Raises:
            OSError: the process may open no more descriptors, or has no epoll any more.
        """
        known = _pollers.of.get(loop)
        poller = None if known is None else known()
        if poller is None:
            poller = cls()
            loop.add_reader(poller._epoll.fileno(), poller._wake)
            _pollers.of[loop] = weakref.ref(poller)
        return poller

    @classmethod
    def leave(cls, loop: asyncio.AbstractEventLoop) -> None:
        """Leave nothing behind in a loop for whose tasks there is nothing to wait; who waits later has a new one."""
        known = _pollers.of.get(loop)
        poller = None if known is None else known()
        if poller is not None and not poller._waiting:
            del _pollers.of[loop]
            poller._close(loop)

    def begin(
        self, loop: asyncio.AbstractEventLoop, descriptor: Descriptor, event: int, seconds: float
    ) -> asyncio.Future[None]:
        """Return what is done when a descriptor is ready, or the time is up; to be given to :meth:`end` afterwards.

        Args:
            loop: the loop that is running, whose poller this is.
            descriptor: which; one task at a time waits for it.
            event: ``READABLE`` or ``WRITABLE``.
            seconds: how long at most.

        Raises:
            OSError: the kernel watches no more.
        """
        self._watch(descriptor, event | select.EPOLLONESHOT)
        woken = self._waiting[descriptor.number] = loop.create_future()
        self._limit(loop, loop.time() + seconds, woken)
        return woken

    def end(self, descriptor: Descriptor, woken: asyncio.Future[None]) -> None:
        """Wait no longer."""
        if self._waiting.get(descriptor.number) is woken:
            del self._waiting[descriptor.number]

    def _close(self, loop: asyncio.AbstractEventLoop) -> None:
        self._stop_timer()
        loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def _watch(self, descriptor: Descriptor, event: int) -> None:
        if descriptor.watched is self._name:
            self._epoll.modify(descriptor.number, event)
            return
        try:
            self._epoll.register(descriptor.number, event)
        except FileExistsError:  # meanwhile another loop has watched it
            self._epoll.modify(descriptor.number, event)
        descriptor.watched = self._name

    def _wake(self) -> None:
        for number, _ in self._epoll.poll(0):
            woken = self._waiting.get(number)
            if woken is not None and not woken.done():
                woken.set_result(None)

    def _limit(self, loop: asyncio.AbstractEventLoop, at: float, woken: asyncio.Future[None]) -> None:
        """Have a wait end at a time."""
        if len(self._ends) > _WORTH_SWEEPING + 2 * len(self._waiting):
            self._ends = [each for each in self._ends if not each[2].done()]
            heapq.heapify(self._ends)
        self._count += 1
        heapq.heappush(self._ends, (at, self._count, woken))
        if at < self._rings:
            self._set_timer(loop, at)

    def _set_timer(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        self._stop_timer()
        self._rings = at
        self._timer = weakref.ref(loop.call_at(at, self._ring, loop))

    def _stop_timer(self) -> None:
        timer = None if self._timer is None else self._timer()
        if timer is not None:
            timer.cancel()

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the waits whose time is up, and set the timer for the next."""
        self._rings = math.inf
        ends, now = self._ends, loop.time()
        while ends and (ends[0][2].done() or ends[0][0] <= now):
            woken = heapq.heappop(ends)[2]
            if not woken.done():
                woken.set_result(None)
        if ends:
            self._set_timer(loop, ends[0][0])


class _Pollers:
    """The pollers of this process, by loop."""

    def __init__(self) -> None:
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have none: what the kernel watches for the parent's loops, it watches for the parent."""
        self.of: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[Poller]]
        self.of = weakref.WeakKeyDictionary()


_pollers = _Pollers()
