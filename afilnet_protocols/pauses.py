"""Whether pauses are made at all: the waits between attempts and before absence is believed, not those for the network.

Tests of an application turn them off (:mod:`afilnet_protocols.testing`), so that none waits for a back-off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_lock = threading.Lock()
_off = 0


def are_made() -> bool:
    """Whether pauses are made."""
    return not _off


def pause(seconds: float, wait: Callable[[float], object] = time.sleep) -> None:
    """Wait, in seconds, unless pauses are turned off.

    Args:
        seconds: how long.
        wait: what waits.
    """
    if not _off:
        wait(seconds)


def turn(*, off: bool) -> None:
    """Turn pauses off for the whole process, or on again, as often as they were turned off."""
    global _off
    with _lock:
        _off = max(0, _off + (1 if off else -1))
