"""How a command that goes on until it is stopped is stopped in good order."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and SIGINT end a run after the entry in hand. A second one ends it as it always does."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}

    def end(number: int, _: object) -> None:
        signal.signal(number, before[signal.Signals(number)] or signal.SIG_DFL)
        stop()

    for each in before:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler or signal.SIG_DFL)
