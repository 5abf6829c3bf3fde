"""`Hours`: in which hours of the day hardly anybody writes, as the last days show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

HOUR = 3600.0
DAY = 24 * HOUR

REMEMBERED = 7
"""How many days show it."""

NEEDED = 3
"""For how many days there must be messages before it is believed."""

HARDLY = 0.005
"""Which part of all messages hardly anybody's are: the end of a talk that began in the hour before, for one."""

Span = tuple[float, float]
"""From when to when, in seconds since the epoch."""


class Hours:
    """Says whether an hour is one in which hardly anybody writes. It asks once an hour.

    Args:
        wrote: how many messages were handed over in several times.
    """

    def __init__(self, wrote: Callable[[Sequence[Span]], int]) -> None:
        self._wrote = wrote
        self._begin: float | None = None
        self._quiet: bool | None = None

    def are_quiet(self, now: float) -> bool | None:
        """Return whether hardly anybody wrote in this hour of the last days; ``None`` if too few of them are known."""
        begin = now // HOUR * HOUR
        if begin != self._begin:
            self._begin = begin
            self._quiet = self._wrote_hardly(begin) if self._wrote([(0.0, begin - NEEDED * DAY)]) else None
        return self._quiet

    def _wrote_hardly(self, begin: float) -> bool:
        before = [begin - day * DAY for day in range(1, REMEMBERED + 1)]
        in_all = self._wrote([(before[-1], begin)])
        return self._wrote([(each, each + HOUR) for each in before]) <= HARDLY * in_all
