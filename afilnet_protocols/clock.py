"""`monotonic`: the clock of everything that waits, in seconds."""

from __future__ import annotations

import functools
import time

monotonic = functools.partial(time.clock_gettime, time.CLOCK_MONOTONIC)
"""The clock that ``time.monotonic`` reads too, asked by itself: tests of an application may hold that one still, as
freezegun does, and then no time would ever be up while a real server is waited for."""
