"""`Pace`: when the next round of polling begins: soon while people talk, seldom while nobody does, never too often."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.counts import check_count
from afilnet_protocols.seconds import check_seconds
from afilnet_protocols.suggestion import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """How often an inbox looks for messages.

    Attributes:
        quickest: the time between two rounds while people talk, in seconds.
        talk: how long after a message that is, in seconds.
        usual: to what it grows then, in seconds.
        slowest: to what it grows when nobody is expected to write, in seconds: in hours of the day in which hardly
            anybody did for a week; until three days are known, after ``long`` without a message.
        long: how long that is, in seconds.
        budget: how many calls of reading are made in a minute at most, by all pollers of the account.
        audits: how long after a conversation changed it is read once more, in seconds, in rising order: what appears
            late, or looks like the message before it, cannot be seen otherwise.

    Raises:
        InvalidRequestError: a length of time is none above zero, ``budget`` is no whole number above zero, or
            ``audits`` are not rising.
    """

    quickest: float = 2.85
    talk: float = 180.0
    usual: float = 5.8
    slowest: float = 180.0
    long: float = 14_400.0
    budget: int = 120
    audits: tuple[float, ...] = (30.0, 600.0)

    def __post_init__(self) -> None:
        for name in ("quickest", "talk", "usual", "slowest", "long"):
            check_seconds(name, getattr(self, name), zero=False)
        check_count("budget", self.budget)
        object.__setattr__(self, "audits", _rising("audits", self.audits))


def _rising(name: str, given: object) -> tuple[float, ...]:
    if not isinstance(given, tuple | list) or not given:
        raise InvalidRequestError(f"{name} are one length of time or more, not {quoted(given)}")
    for each in given:
        check_seconds(f"each of {name}", each, zero=False)
    if any(later <= earlier for earlier, later in pairwise(given)):
        raise InvalidRequestError(f"{name} are in rising order")
    return tuple(given)


GROWTH = 1.1
"""By how much the time between two rounds grows with each that brought nothing. A quicker growth forgets a talk."""

JITTER = 0.05
"""How much earlier or later a round begins, as a part of the time to it, so that pollers do not march in step."""


@dataclass
class Pace:
    """Says when the next round begins.

    Attributes:
        polling: the numbers.
        quiet: whether nobody is expected to write at a time; ``None`` if that is not known.
        chance: draws from [0, 1).
    """

    polling: Polling
    quiet: Callable[[float], bool | None] = lambda _: None
    chance: Callable[[], float] = random.random
    _interval: float = field(default=0.0, init=False)
    _active_at: float = field(default=float("-inf"), init=False)
    _allowance: float = field(default=0.0, init=False)
    _counted_at: float | None = field(default=None, init=False)

    def after(self, now: float, *, calls: int, active: bool, round_calls: int) -> float:
        """Return how long to rest after a round, in seconds.

        Args:
            now: when the round ended, by a clock in seconds since the epoch.
            calls: how many calls it made.
            active: whether it brought a message.
            round_calls: how many calls the next one makes at least.
        """
        polling = self.polling
        self._active_at = min(self._active_at, now)  # a clock may have been set back
        if active:
            self._active_at, self._interval = now, polling.quickest
        else:
            grown = max(polling.quickest, self._interval * GROWTH)
            self._interval = min(grown, max(self._highest(now), polling.quickest))
        rest = self._interval * (1.0 - JITTER + 2.0 * JITTER * self.chance())
        return max(rest, self._until_allowed(now, calls, round_calls))

    def _highest(self, now: float) -> float:
        """Return the longest time between two rounds at a time, in seconds.

        A round finds in time what came in the last seconds, whenever it is made. So rounds belong where messages are
        likely: after a message, then in hours in which people write, and least in the others.
        """
        polling, silence = self.polling, now - self._active_at
        if silence < polling.talk:
            return polling.quickest
        quiet = self.quiet(now)
        if quiet is None:
            quiet = silence >= polling.long
        return polling.slowest if quiet else polling.usual

    def _until_allowed(self, now: float, calls: int, round_calls: int) -> float:
        """Return how long until the budget has room for a round: it fills up to that of a minute."""
        per_second = self.polling.budget / 60.0
        if self._counted_at is None:
            self._allowance = float(self.polling.budget)
        else:
            self._allowance += max(0.0, now - self._counted_at) * per_second
        self._allowance = min(self._allowance, self.polling.budget) - calls
        self._counted_at = now
        return max(0.0, (round_calls - self._allowance) / per_second)
