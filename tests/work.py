"""What tests that have to do with time go by: a machine may be as slow and as busy as it likes."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator

PIECE = 0.03
"""About how long a piece takes on a machine of today, in seconds of the processor."""


@functools.cache
def slowness() -> float:
    """Return how much longer a piece of work takes here than on a quiet machine of today; 1 at least."""
    return max(1.0, min(_piece() for _ in range(3)) / PIECE)


def _piece() -> float:
    begun = time.thread_time()
    sum(number * number % 7 for number in range(600_000))
    return time.thread_time() - begun


def longer(seconds: float, *, times: int = 5) -> Iterator[float]:
    """Yield a time, and four times as long again and again: for what is to be under way before its time is up."""
    for number in range(times):
        yield seconds * 4**number
