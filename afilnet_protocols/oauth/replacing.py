"""`Replacing`: whether it is worth replacing a token that the service refused. No I/O and no clock of its own.

An expired token is refused by HTTP 401, and by some guards by 403, which others say of a call that is not permitted
whatever the token (docs/peers.md). So a refused token is replaced, but a replacement that is refused as well is
evidence that tokens are not to blame: the next one is allowed only after a pause, which doubles each time.
"""

from __future__ import annotations

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 3600.0
"""How long to wait before a token is replaced again in vain, at first and at most, in seconds."""

SOON = 60.0
"""A replacement that meets a 403 before this time, in seconds, says that the first one was not about the token."""


class Replacing:
    """Counts the replacements of one provider's tokens that did not help. Not for several threads at once."""

    def __init__(self) -> None:
        self._replaced_at: float | None = None
        self._pause = FIRST_PAUSE
        self._next = 0.0
        self._kept = False
        """Whether the token in use has been refused and kept."""

    def allowed(self, now: float, *, taken: bool, forbidden: bool = False, again: bool = False) -> bool:
        """Return whether the token in use, which was just refused, should be replaced; if so, it counts as replaced.

        Args:
            now: the time, on a monotonic clock in seconds.
            taken: whether the service has taken this token before.
            forbidden: whether it was refused by HTTP 403 or 422 rather than by 401.
            again: whether it was fetched for this very call, in place of another that was refused.
        """
        if again or (self._in_vain(now, taken=taken, forbidden=forbidden) and now < self._next):
            self._kept = True
            return False
        if self._in_vain(now, taken=taken, forbidden=forbidden):
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)
        else:
            self._pause = FIRST_PAUSE
        self._replaced_at, self._next, self._kept = now, now + self._pause, False
        return True

    def _in_vain(self, now: float, *, taken: bool, forbidden: bool) -> bool:
        """Return whether the token in use is a replacement that did no better than the token before it.

        One that was not taken so far is no evidence with a 401: the answer that would have said so may have been lost.
        """
        return self._replaced_at is not None and (
            self._kept or (forbidden and (not taken or now < self._replaced_at + SOON))
        )
