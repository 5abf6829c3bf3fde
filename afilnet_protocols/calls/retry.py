"""May this be sent again, and when? One rule in one place, without clock or socket.

The rule belongs to the operation and to what is known about delivery, never to the HTTP method: over GET a send looks
repeatable to every HTTP library, and is not.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError, RateLimitedError
from afilnet_protocols.process.fork import begin_afresh


def may_repeat(operation: Operation[object], error: AfilnetError, *, at_least_once: bool = False) -> bool:
    """Say whether repeating a call after this error is safe and may help.

    * It provably did not reach the service, or the service asked to come back later: any operation.
    * It may have been carried out: only an operation for which twice is the same as once, or any operation where the
      settings prefer duplicates to losses (``delivery = "at_least_once"``).
    * The service said no, the call cannot be sent, calls rest for a while, or another attempt would end alike: never.
    """
    if isinstance(error, NotSentError | OutcomeUnknownError) and error.lasting:
        return False
    if isinstance(error, NotSentError | RateLimitedError):
        return True
    return (operation.repeatable or at_least_once) and isinstance(error, OutcomeUnknownError)


class Backoff(msgspec.Struct, frozen=True):
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


class RetryQuota:
    """A bucket of tokens that repeats are paid from, so that a failing service is not stormed.

    A repeat costs 14 tokens, after a request to slow down 5. A repeat that succeeds gives back what it cost; a call
    that succeeds at once gives back one. The numbers are those of the Smithy guide to retrying requests.

    Args:
        capacity: how many tokens there are at first, and at most.
    """

    COST = 14
    THROTTLING_COST = 5
    REFUND = 1

    def __init__(self, capacity: int = 500) -> None:
        self.capacity = capacity
        begin_afresh(self)

    def after_fork(self) -> None:
        """Be full, and have a lock that nobody holds: what the parent's threads have taken never comes back here."""
        self.balance = self.capacity
        # A signal handler may call in the middle of a call.
        self._lock = threading.RLock()

    def take(self, cost: int) -> bool:
        """Take tokens for one repeat, or return False if too few are left."""
        with self._lock:
            if cost > self.balance:
                return False
            self.balance -= cost
            return True

    def give_back(self, tokens: int) -> None:
        """Put tokens back, up to the capacity."""
        with self._lock:
            self.balance = min(self.capacity, self.balance + tokens)


def _chance() -> float:
    """Draw from [0, 1), in each process of a fork anew."""
    return int.from_bytes(os.urandom(6), "big") / 2**48


class RetryRule:
    """Decides after each failure of one client's calls whether and when to try again.

    Args:
        backoff: how many attempts, how far apart.
        quota: what repeats are paid from; one for all calls of a client.
        at_least_once: whether a send whose outcome is unknown is repeated, and duplicates are accepted.
        chance: draws from [0, 1); given by tests.
    """

    def __init__(
        self,
        backoff: Backoff | None = None,
        quota: RetryQuota | None = None,
        *,
        at_least_once: bool = False,
        chance: Callable[[], float] = _chance,
    ) -> None:
        self.backoff = backoff or Backoff()
        self.quota = quota or RetryQuota()
        self.at_least_once = at_least_once
        self.chance = chance

    def succeeded(self, refund: int = RetryQuota.REFUND) -> None:
        """Note that a call succeeded.

        Args:
            refund: how many tokens that gives back: by default as many as a call that needed no repeat.
        """
        quota = self.quota
        if quota.balance < quota.capacity:
            quota.give_back(refund)


class Attempts(msgspec.Struct, eq=False):
    """The attempts of one call, as far as the rule is concerned."""

    _rule: RetryRule
    _operation: Operation[Any]
    _deadline: Deadline
    _refund: int = RetryQuota.REFUND
    count: int = 1

    def pause_after(self, error: AfilnetError) -> float | None:
        """Return how long to wait before the next attempt, in seconds, or ``None`` to give up.

        A wait that does not fit what is left of the deadline is not begun.
        """
        if self.count >= self._rule.backoff.attempts:
            return None
        if not may_repeat(self._operation, error, at_least_once=self._rule.at_least_once):
            return None
        if isinstance(error, OutcomeUnknownError) and error.stale_connection:
            # The service closed a kept connection as the request came: nothing is wrong, nothing to wait for.
            self.count += 1
            return 0.0
        # Who asks for no time, or by a clock that is ahead of ours, is not stormed either.
        wait = max(error.retry_after or 0.0, self._rule.chance() * self._rule.backoff.ceiling(self.count))
        cost = RetryQuota.THROTTLING_COST if isinstance(error, RateLimitedError) else RetryQuota.COST
        if wait >= self._deadline.remaining() or not self._rule.quota.take(cost):
            return None
        self._refund = cost
        self.count += 1
        return wait

    def succeeded(self) -> None:
        """Note that the last attempt succeeded."""
        self._rule.succeeded(self._refund)
