"""Work in the measure of a fixed piece of it that is done beside: a machine may be as slow and as busy as it likes."""

from __future__ import annotations

import functools
import time

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
