"""`Conduct`: how a worker goes about it: what an outcome makes of an entry, and how long it rests before another."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from afilnet_protocols.callers import check_chance, check_clock, check_function
from afilnet_protocols.calls import pauses
from afilnet_protocols.clock import monotonic
from afilnet_protocols.deadline import Clock
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    RateLimitedError,
)
from afilnet_protocols.outbox.entry import State
from afilnet_protocols.vocabulary import Delivery

FIRST_PAUSE = 1.0
"""How long an entry rests at most after its first attempt that did not reach the service, in seconds; then doubled."""

LONGEST_PAUSE = 60.0
"""How long an entry rests at most, in seconds, unless the service asks for more."""

LONGEST_ASKED = 3600.0
"""How long an entry rests at most where the service asks for it, in seconds: then it is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a worker goes about it.

    Attributes:
        delivery: ``at_most_once``, ``reconcile`` or ``at_least_once``.
        clock: a monotonic clock in seconds.
        wait: waits so many seconds for work, for others or for an entry's time: never for what tests leave out.
        chance: draws from [0, 1).

    Raises:
        ConfigurationError: the clock tells no time, or ``chance`` draws none.
        InvalidRequestError: ``wait`` is no function that is given seconds.
    """

    delivery: str = "at_most_once"
    clock: Clock = monotonic
    wait: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        check_clock("conduct: clock", self.clock)
        check_function("conduct: wait", self.wait, "seconds")
        check_chance("conduct: chance", self.chance)

    @property
    def after_unknown(self) -> State:
        """What an entry with an unknown outcome becomes."""
        return State.PENDING if self.delivery == "at_least_once" else State.UNKNOWN

    @property
    def patience(self) -> float:
        """How long a service that is down is left alone, in seconds."""
        return LONGEST_PAUSE if pauses.are_made() else 0.0

    @staticmethod
    def spacing(rate: float | None) -> float:
        """Return how long it is from one attempt to the next at a rate in attempts a second; ``None`` is no limit."""
        return 1.0 / rate if rate and pauses.are_made() else 0.0

    def state_after(self, error: AfilnetError | None) -> State:
        """Return what an entry becomes whose sending ended so; ``None`` is success."""
        if error is None:
            return State.SENT
        if error.delivery is Delivery.UNKNOWN:
            return self.after_unknown
        if isinstance(error, InvalidRequestError):
            return State.REJECTED
        # Where it is not the entry that is refused, it can be sent later, or with other settings.
        elsewhere = isinstance(error, AuthenticationError | ConfigurationError | RateLimitedError)
        return State.PENDING if elsewhere or error.delivery is Delivery.NOT_SENT else State.REJECTED

    def pause_after(self, error: AfilnetError | None, tries: int) -> float:
        """Return how long an entry rests that was not carried out, in seconds.

        Args:
            error: what went wrong; the service may say how long.
            tries: how often it was tried.
        """
        if isinstance(error, AuthenticationError | ConfigurationError) or not pauses.are_made():
            return 0.0
        asked = None if error is None else error.retry_after
        if asked is not None and isinstance(error, RateLimitedError):
            return min(LONGEST_ASKED, asked)
        pause = self.chance() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (min(tries, 16) - 1))
        # Who cannot answer now may say for how long, too.
        return max(pause, min(LONGEST_ASKED, asked or 0.0))
