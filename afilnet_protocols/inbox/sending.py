"""`Sending`: an inbox sends what is due in its outbox between the messages that it hands over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.inbox.troubles import Troubles
from afilnet_protocols.outbox import Outbox, State

TOGETHER = 0.2
"""For how long replies may wait for those of messages that are handled next, in seconds."""

PAUSE = 1.0
"""After how long what others have put in is sent, in seconds."""

REFUSED = "the service refused what was sent: the outbox's entries in state 'rejected' have the reasons"
DOUBTFUL = "the outcome of a send is unknown: see the outbox's entries in state 'unknown'"


class Sending:
    """The sends of one process."""

    def __init__(
        self, outbox: Outbox, conduct: Conduct, counts: Counter[str], troubles: Troubles, *, sends: bool
    ) -> None:
        self._outbox, self._conduct, self._counts, self._troubles = outbox, conduct, counts, troubles
        self._sends = sends
        self.begin()

    def begin(self) -> None:
        """Send at the next opportunity."""
        self._next = float("-inf")

    def have_replies(self) -> None:
        """Send soon: there are new replies."""
        self._next = min(self._next, self._conduct.now() + TOGETHER)

    def send(self, *, more: bool = False, until: Callable[[], bool] | None = None) -> None:
        """Send what is due in the outbox, if there is anything.

        Args:
            more: whether more messages may be in hand right after: their replies are sent together with these.
            until: says whether to end, and is asked between two entries.

        Raises:
            AuthenticationError: the credentials were refused.
            ConfigurationError: the settings cannot work, or the place cannot be used.
        """
        now = self._conduct.now()
        # Further ahead than that it is only where the clock has been set back.
        if not self._sends or now + (0.0 if more else TOGETHER) < self._next <= now + PAUSE:
            return
        self._next = now + PAUSE
        if not self._outbox.waits():
            self._troubles.end("sending")
            return
        report = self._outbox.run(rest=False, until=until)
        for name in ("sent", "rejected", "unknown"):
            self._counts[f"entries {name}"] += getattr(report, name)
        if report.not_sent:
            self._told_of(report.stopped)
        elif report.sent:
            self._troubles.end("sending")
        if report.rejected:
            self._troubles.tell("sending", REFUSED)
        if report.unknown:
            self._troubles.tell("sending", DOUBTFUL)

    def _told_of(self, stopped: str | None) -> None:
        """Say that entries wait because they could not be sent, with the reason of one of them."""
        if not self._troubles.count("sending"):
            reasons = (entry.reason for entry in self._outbox.entries(State.PENDING) if entry.reason)
            self._troubles.begin("sending", next(reasons, None) or stopped or "it could not be sent")
