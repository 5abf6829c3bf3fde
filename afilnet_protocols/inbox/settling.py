"""`Settling`: what becomes of a message that a process has in hand: settled as its handler said, or put back."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.failing import HandlingFailed, reason_of
from afilnet_protocols.inbox.incoming import Incoming, Received, Settled, State
from afilnet_protocols.inbox.manner import Conduct, Manner
from afilnet_protocols.inbox.sending import Sending
from afilnet_protocols.inbox.store import Said, TakenOver
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.inbox.troubles import Troubles, log
from afilnet_protocols.plural import several

FIRST_PAUSE = 1.0
"""How long a message rests after its handler raised, in seconds; then doubled."""

LONGEST_PAUSE = 60.0
"""How long a message rests at most, in seconds."""

UNCOMMITTED = "its handler ended before it had committed the transaction of the mark"

LEFT = "the loop was left that had it in hand"


class Settling:
    """What is written of the messages that one process has taken, each from any thread.

    Args:
        store: where the inbox is.
        manner: how to behave.
        conduct: what to go by.
        counts: where it is counted what became of messages.
        troubles: who is told which handlers fail.
        sending: is told of replies.
        owner: returns the name that this process has taken them by.
    """

    def __init__(
        self,
        store: InboxTables,
        manner: Manner,
        conduct: Conduct,
        counts: Counter[str],
        troubles: Troubles,
        sending: Sending,
        *,
        owner: Callable[[], str],
    ) -> None:
        self._store, self._manner, self._conduct = store, manner, conduct
        self._counts, self._troubles, self._sending = counts, troubles, sending
        self._owner = owner

    @contextlib.contextmanager
    def commit(self, incoming: Incoming, connection: object | None) -> Iterator[DatabaseConnection]:
        """Write what a handler says about a message, and its replies, in the transaction of what it does itself.

        Args:
            incoming: the message.
            connection: the application's connection; one of the inbox's own by default.

        Raises:
            TakenOver: another process has the message in hand by now.
            ConfigurationError: the place cannot be written.
        """

        def said() -> Said:
            again = incoming.settled.state is State.WAITING
            return incoming.settled, () if again else incoming.replies

        with self._store.settle(incoming.received, self._owner(), said, self._conduct.now(), connection) as database:
            yield database
        if incoming.replies:
            self._sending.have_replies()

    def undo(self, incoming: Incoming) -> None:
        """Roll back the application's transaction that a handler has left open; in the handler's thread.

        It has locked what everybody else would wait for, this process included, which would wait for itself.

        Raises:
            ConfigurationError: the place cannot be read, or it cannot be rolled back.
        """
        given, incoming.given = incoming.given, None
        if given is not None and given.is_open and self._store.state_of(incoming.received.id) is State.HANDLING:
            given.roll_back()
            incoming.undone = True

    def settle(self, incoming: Incoming) -> None:
        """Make true what a handler that returned has said.

        Raises:
            ConfigurationError: the place cannot be written, or the application's transaction was left open and cannot
                be rolled back.
        """
        self.undo(incoming)
        try:
            if incoming.undone:
                self._put_back(incoming.received, UNCOMMITTED, raised=True)
                return
            if not incoming.closed:
                incoming.done()
            elif self._store.state_of(incoming.received.id) is State.HANDLING:
                self._put_back(incoming.received, UNCOMMITTED, raised=True)
                return
        except TakenOver:
            self._counts["taken over by others"] += 1
            return
        self._settled(incoming)

    def _settled(self, incoming: Incoming) -> None:
        """Count a message that is as it was said to be."""
        said = incoming.settled
        self._counts[said.state] += 1
        if said.state is not State.WAITING:
            self._troubles.end("handling", of=incoming.key)
        elif said.reason is not None:
            self._troubles.begin("handling", said.reason, of=incoming.key)

    def failed(self, incoming: Incoming, error: BaseException) -> None:
        """Put a message back whose handler raised, or declare it dead; one that was settled before stays so.

        Raises:
            ConfigurationError: as for :meth:`settle`.
        """
        self.undo(incoming)
        raised, reason = isinstance(error, Exception), reason_of(error)
        if raised:
            self._counts["raised"] += 1
        if raised and not isinstance(error, HandlingFailed):
            log.error("a handler raised; attempt %d", incoming.attempt, exc_info=error)
        if not self._is_settled(incoming):
            self._put_back(incoming.received, reason, raised=raised)
            return
        self._settled(incoming)
        if raised:
            self._troubles.tell("handling", f"{reason}, after its message was settled (message {incoming.key})")

    def left(self, incoming: Incoming) -> None:
        """Put a message back that a loop had in hand when it was left: whatever ended it, the attempt was interrupted.

        Raises:
            ConfigurationError: as for :meth:`settle`.
        """
        self.undo(incoming)
        if self._is_settled(incoming):
            self._settled(incoming)
            return
        log.warning("a loop was left with a message in hand, which is handed over again: incoming.done() settles it")
        self._put_back(incoming.received, LEFT, raised=False)

    def _is_settled(self, incoming: Incoming) -> bool:
        """Whether what was said of a message is on disk: its transaction may have been the caller's to commit."""
        return incoming.closed and self._store.state_of(incoming.received.id) is not State.HANDLING

    def give_back(self, incoming: Incoming) -> None:
        """Put a message back that was taken and that no handler has begun with: that is no attempt.

        Raises:
            ConfigurationError: the place cannot be written.
        """
        self._store_settled(incoming.received, Settled(State.WAITING, counted=False))

    def reject(self, incoming: Incoming, reason: str) -> None:
        """Settle a message that nobody handles."""
        incoming.reject(reason)
        self.settle(incoming)

    def _put_back(self, received: Received, reason: str, *, raised: bool) -> None:
        limits = self._manner.limits
        dead = received.raised + 1 >= limits.raised if raised else received.interrupted >= limits.interrupted
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**received.raised) * (0.5 + 0.5 * self._conduct.chance())
        settled = Settled(
            State.DEAD if dead else State.WAITING, reason=reason, after=pause if raised else 0.0, raised=raised
        )
        if not self._store_settled(received, settled):
            return
        self._counts[State.DEAD if dead else "put back"] += 1
        if dead:
            tries = several(received.raised + received.interrupted, "attempt")
            self._troubles.give_up(f"{reason}; given up after {tries} (message {received.key})", of=received.key)
        elif raised:
            self._troubles.begin("handling", f"{reason} (message {received.key})", of=received.key)

    def _store_settled(self, received: Received, settled: Settled) -> bool:
        """Write what becomes of a message without what its handler said; return whether it was still in hand."""
        try:
            with self._store.settle(received, self._owner(), lambda: (settled, ()), self._conduct.now()):
                return True
        except TakenOver:
            self._counts["taken over by others"] += 1
            return False
