"""`AskedWait`: how long an authorization server wants no request. Until then none is made, whoever would make it.

Each call of a client would otherwise ask again what was just refused, and each answer prolongs what it asks for.
"""

from __future__ import annotations

import math

from afilnet_protocols.calls import pauses
from afilnet_protocols.deadline import Clock
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.oauth.refusal import LONGEST_WAIT, NOT_SENT
from afilnet_protocols.plural import several


class AskedWait:
    """Remembers the wait that one client was asked for. Not for several threads at once.

    Args:
        clock: a monotonic clock in seconds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = -math.inf

    @property
    def left(self) -> float:
        """How much of it is left, in seconds; nothing where a test of an application has waits left out."""
        return max(0.0, self._until - self._clock()) if pauses.are_made() else 0.0

    def asked(self, seconds: float) -> None:
        """Note that the server asks to wait so many seconds from now."""
        self._until = max(self._until, self._clock() + min(seconds, LONGEST_WAIT))

    def check(self) -> None:
        """Refuse a request before its time.

        Raises:
            NotSentError: says how many seconds are left, and has them as ``retry_after``.
        """
        left = self.left
        if left > 0:
            raise NotSentError(
                f"the token endpoint wants no request for another {several(math.ceil(left), 'second')}, so none was "
                f"made; {NOT_SENT}",
                retry_after=left,
                local=True,
            )
