"""`undivided`: short steps that no fork cuts in two, since nobody would be there to end them in the child.

SQLite, OpenSSL and Python's imports have locks of their own, which a child can neither renew nor see. If a thread holds
one while another forks, the child waits for it as soon as it does the like, for ever, whatever its deadline. So a fork
waits until no thread is in the middle of such a step, and a thread that is about to begin one lets the fork be over.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from afilnet_protocols.clock import monotonic
from afilnet_protocols.process.fork import begin_afresh

R = TypeVar("R")

PATIENCE: Final = 2.0
"""How long a fork waits at most, in seconds. Steps take milliseconds; but one may wait for another process, as for the
lock of a file, and nothing is to wait for ever for a thread that waits for the one that forks."""

PAUSE: Final = 0.0005
"""How long a fork waits before it looks again, in seconds."""


class Undivided:
    """A ``with`` around a step. It may stand inside another one.

    Args:
        wait: waits so many seconds; given by tests.
    """

    def __init__(self, wait: Callable[[float], object] = time.sleep) -> None:
        self._wait = wait
        begin_afresh(self)

    def after_fork(self) -> None:
        """Begin afresh in a child: none of the threads that are in the middle of something is there."""
        # The threads that are inside, each as often as it is: to put one in or to take one out is one step.
        self._inside: list[int] = []
        self._forks = threading.Lock()
        self._forking: int | None = None

    def __enter__(self) -> None:
        me, inside, forks = threading.get_ident(), self._inside, self._forks
        inside.append(me)
        if self._forking not in (None, me) and inside.count(me) == 1:
            inside.remove(me)
            is_over = forks.acquire(timeout=PATIENCE)
            # Before the next fork can begin, which then sees it.
            self._inside.append(me)
            if is_over:
                forks.release()

    def __exit__(self, *_: object) -> None:
        me, inside = threading.get_ident(), self._inside
        if me in inside:  # else this is a child that was forked in the middle, or a fork has lost its patience
            inside.remove(me)

    def all_of(self, work: Callable[[], R]) -> Callable[[], R]:
        """Return what does a piece of work as one step."""

        def whole() -> R:
            with self:
                return work()

        return whole

    def load(self, name: str) -> None:
        """Import a module that loads much, and ``logging`` with it, as one step."""
        if name not in sys.modules:
            import logging  # noqa: F401 -- at a fork it holds its lock, for which loggers in modules wait

            # What was registered last comes first: the module is to be there before `logging` holds that.
            self.register()
        with self:
            importlib.import_module(name)

    def register(self) -> None:
        """Have forks wait from now on; of several times, the first to come is the one that counts."""
        os.register_at_fork(before=self.before_fork, after_in_parent=self.after_fork_in_parent)

    def before_fork(self) -> None:
        """Wait until no other thread is inside, and let none in until the fork is over."""
        me, latest = threading.get_ident(), monotonic() + PATIENCE
        if self._forking == me:
            return
        if not self._forks.acquire(timeout=PATIENCE):
            if self._forking is None:
                # An interruption came right behind somebody's `acquire`: nobody is there who would give it back.
                self._forks = threading.Lock()
            return
        self._forking = me
        while any(each != me for each in tuple(self._inside)):
            if monotonic() >= latest:
                # An interruption may have left one here that is long gone, and no later fork is to wait for it again.
                self._inside = [each for each in self._inside if each == me]
            self._wait(PAUSE)

    def after_fork_in_parent(self) -> None:
        """Let the other threads go on."""
        if self._forking == threading.get_ident():
            forks, self._forking = self._forks, None
            forks.release()


undivided = Undivided()
undivided.register()
