"""May this be sent again, and when? One rule in one place, without clock or socket.

The rule belongs to the operation and to what is known about delivery, never to the HTTP method: over GET a send looks
repeatable to every HTTP library, and is not.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError, RateLimitedError


def may_repeat(operation: Operation[object], error: AfilnetError) -> bool:
    """Say whether repeating a call after this error is safe and may help.

    * It provably did not reach the service, or the service asked to come back later: any operation.
    * It may have been carried out: only an operation for which twice is the same as once.
    * The service said no, or the call cannot be sent: never.
    """
    if isinstance(error, NotSentError | RateLimitedError):
        return True
    return operation.repeatable and isinstance(error, OutcomeUnknownError)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait between attempts: full jitter under a capped exponential.

    Attributes:
        attempts: how many attempts a call may have in all.
        base: the ceiling of the first wait, in seconds; it doubles with each attempt.
        cap: the highest ceiling, in seconds.
    """

    attempts: int = 3
    base: float = 0.1
    cap: float = 5.0

    def ceiling(self, attempt: int) -> float:
        """Return the longest wait after the given attempt (the first is 1), in seconds."""
        return float(min(self.cap, self.base * 2 ** (attempt - 1)))


class RetryRule:
    """Decides after each failure of one client's calls whether and when to try again.

    Args:
        backoff: how many attempts, how far apart.
        chance: draws from [0, 1); given by tests.
    """

    def __init__(self, backoff: Backoff | None = None, *, chance: Callable[[], float] = random.random) -> None:
        self._backoff = backoff or Backoff()
        self._chance = chance

    def pause(
        self, operation: Operation[object], error: AfilnetError, *, attempt: int, remaining: float
    ) -> float | None:
        """Return how long to wait before the next attempt, in seconds, or ``None`` to give up.

        Args:
            operation: what was called.
            error: how the attempt ended.
            attempt: which attempt it was, from 1.
            remaining: what is left of the call's deadline, in seconds. A wait that does not fit is not begun.
        """
        if attempt >= self._backoff.attempts or not may_repeat(operation, error):
            return None
        wait = self._chance() * self._backoff.ceiling(attempt)
        if isinstance(error, RateLimitedError) and error.retry_after is not None:
            wait = error.retry_after
        return wait if wait < remaining else None
