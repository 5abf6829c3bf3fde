"""The time limit of a test: for what hangs, and for nothing else, and nothing can mistake it for something else.

It is raised in the place of what `pytest-timeout` raises, which is an exception of pytest: Hypothesis takes that for a
counter-example and tries again, and a suite that holds foreign backends to a contract takes what comes of it for
theirs.
"""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import sys
from collections.abc import Iterator
from typing import Any

HANGS = 300.0
"""After so many seconds whoever waits in a test gives up: half of what the test has, so that it can say for what."""

AGAIN = 30.0
"""After so many seconds it is raised once more, if the first one came where Python itself drops exceptions."""


class TimeIsUp(BaseException):
    """A test has hung. It is no `Exception`, and whoever catches `BaseException` has to raise it again."""

    ends_the_run = True


@contextlib.contextmanager
def limited(seconds: float, *, where: bool = False) -> Iterator[None]:
    """Raise :class:`TimeIsUp` in the main thread if the block takes longer.

    Args:
        seconds: how long it may take.
        where: whether it is written first where all threads are.
    """

    def stop(*_: object) -> None:
        if where:
            faulthandler.dump_traceback(sys.__stderr__ or 2)
        raise TimeIsUp(f"it took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    rest, again = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, rest, again)


def pytest_timeout_set_timer(item: Any, settings: Any) -> bool | None:
    """Set the timer of a test, unless it was asked for another kind of it (a hook of `pytest-timeout`)."""
    if settings.method != "signal":
        return None
    timer = limited(settings.timeout, where=True)
    timer.__enter__()
    item.cancel_timeout = lambda: timer.__exit__(None, None, None)
    return True
