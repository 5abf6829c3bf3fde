"""Whether pauses are made at all: the waits between attempts and before absence is believed, not those for the network.

Tests of an application turn them off (:mod:`afilnet_protocols.testing`), so that none waits for a back-off.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_off: list[None] = []
"""One for each time that they were turned off: adding and taking are whole without a lock, which a fork could copy."""


def are_made() -> bool:
    """Whether pauses are made."""
    return not _off


def pause(seconds: float, wait: Callable[[float], object] = time.sleep) -> None:
    """Wait, in seconds, unless pauses are turned off."""
    if not _off:
        wait(seconds)


def turn(*, off: bool) -> None:
    """Turn pauses off for the whole process, or on again, as often as they were turned off."""
    if off:
        _off.append(None)
    elif _off:
        _off.pop()
