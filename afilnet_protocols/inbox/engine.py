"""`Engine`: what one process does for an inbox, step by step: poll in its turn, take a message, settle it, send."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator

from afilnet_protocols.errors import AfilnetError, InvalidRequestError
from afilnet_protocols.fork import begin_afresh
from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.failing import HandlingFailed, reason_of
from afilnet_protocols.inbox.incoming import Incoming, Received, Settled, State
from afilnet_protocols.inbox.manner import Conduct, Manner
from afilnet_protocols.inbox.rounds import Rounds
from afilnet_protocols.inbox.sending import Sending
from afilnet_protocols.inbox.store import Said, TakenOver
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.inbox.troubles import Listener, Troubles, log
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox import Outbox
from afilnet_protocols.outbox.store import Alive
from afilnet_protocols.plural import several

LOOKING = 0.5
"""After how long a process looks for what others have noticed or put in, in seconds."""

FIRST_PAUSE = 1.0
"""How long a message rests after its handler raised, in seconds; then doubled."""

LONGEST_PAUSE = 60.0
"""How long a message rests at most, in seconds."""

UNCOMMITTED = "its handler ended before it had committed the transaction of the mark"

LEFT = "the loop was left that had it in hand"


class Engine:
    """The work of one process. Its steps are called in turn; messages in hand may be settled from any thread.

    Args:
        store: where the inbox is.
        outbox: where replies go, and what sends them.
        client: makes the client that reads, and says whose account it is.
        manner: how to behave.
        conduct: what to go by.
        sends: whether to send what is in the outbox.
        listener: is told what begins to go wrong, and when it is over.

    Attributes:
        counts: what this run did.
        troubles: what goes wrong in it.
        sending: what sends between messages.
    """

    def __init__(
        self,
        store: InboxTables,
        outbox: Outbox,
        client: Callable[[], tuple[ChatOperations, str]],
        manner: Manner,
        conduct: Conduct,
        *,
        sends: bool,
        listener: Listener,
    ) -> None:
        self.store = store
        self.manner = manner
        self.conduct = conduct
        self.counts: Counter[str] = Counter()
        self.troubles = Troubles(listener)
        self.sending = Sending(outbox, conduct, self.counts, self.troubles, sends=sends)
        self._client = client
        self._alive: Alive | None = None
        self._rounds: Rounds | None = None
        self._account = ""
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have nothing in hand that is the parent's."""
        self.stopped = threading.Event()

    # Beginning and ending

    def begin(self) -> None:
        """Be there. What is not polled in this process is handled all the same.

        Raises:
            ConfigurationError: the settings cannot work, or the place cannot be used.
        """
        self.counts.clear()
        self.troubles.clear()
        chat, self._account = self._client()
        self._alive = self.store.present()
        self._rounds = Rounds(
            self.store, chat, account=self._account, token=self._alive.token, manner=self.manner, conduct=self.conduct
        )
        self.sending.begin()

    def end(self) -> None:
        """Be gone: another process takes over at once."""
        if self._alive is not None:
            with contextlib.suppress(AfilnetError):
                self.store.leave_turn(self._account, self._alive.token, None)
            self._alive.close()
            self._alive = None

    @property
    def _token(self) -> str:
        if self._alive is None:
            raise InvalidRequestError("this inbox is not running")
        return self._alive.token

    # Polling

    def poll(self) -> None:
        """Make a round, if it is time for one and this process is the account's poller.

        Raises:
            AuthenticationError: the credentials were refused.
            ConfigurationError: as for :meth:`Poller.round`.
        """
        if self._rounds is None or not self._rounds.are_due:
            return
        for token in self.store.holders() - {self._token}:
            if self.store.is_gone(token):
                self.counts["taken over"] += self.store.recover(token, self.manner.limits, self.conduct.now())
        self.counts["noticed"] += self._rounds.make()
        if self.failure is None:
            self.troubles.end("polling")
        else:
            self.troubles.begin("polling", str(self.failure))
        if self._rounds.unlisted is None:
            self.troubles.end("listing")
        else:
            self.troubles.begin("listing", self._rounds.unlisted)

    @property
    def round_is_due(self) -> bool:
        """Whether it is time for a round."""
        return self._rounds is not None and self._rounds.are_due

    @property
    def failure(self) -> AfilnetError | None:
        """What went wrong in the last round, if anything did."""
        return self._rounds.failure if self._rounds is not None else None

    # Handing over

    def claim(self) -> Incoming | None:
        """Take the next message that is due; ``None`` if none is."""
        now = self.conduct.now()
        received = self.store.claim(self._account, self._token, self.manner.limits, now)
        if received is None:
            return None
        age = max(0.0, now - received.noticed_at)
        return Incoming(received, age=age, commit=self._commit, once=self.manner.once)

    @contextlib.contextmanager
    def _commit(self, incoming: Incoming, connection: object | None) -> Iterator[DatabaseConnection]:
        def said() -> Said:
            again = incoming.settled.state is State.WAITING
            return incoming.settled, () if again else incoming.replies

        with self.store.settle(incoming.received, self._token, said, self.conduct.now(), connection) as database:
            yield database
        if incoming.replies:
            self.sending.have_replies()

    def undo(self, incoming: Incoming) -> None:
        """Roll back the application's transaction that a handler has left open; in the handler's thread.

        It has locked what everybody else would wait for, this process included, which would wait for itself.

        Raises:
            ConfigurationError: the place cannot be read, or it cannot be rolled back.
        """
        given, incoming.given = incoming.given, None
        if given is not None and given.is_open and self.store.state_of(incoming.received.id) is State.HANDLING:
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
            elif self.store.state_of(incoming.received.id) is State.HANDLING:
                self._put_back(incoming.received, UNCOMMITTED, raised=True)
                return
        except TakenOver:
            self.counts["taken over by others"] += 1
            return
        self._settled(incoming)

    def _settled(self, incoming: Incoming) -> None:
        """Count a message that is as it was said to be."""
        said = incoming.settled
        self.counts[said.state] += 1
        if said.state is not State.WAITING:
            self.troubles.end("handling", of=incoming.key)
        elif said.reason is not None:
            self.troubles.begin("handling", said.reason, of=incoming.key)

    def failed(self, incoming: Incoming, error: BaseException) -> None:
        """Put a message back whose handler raised, or declare it dead; one that was settled before stays so.

        Raises:
            ConfigurationError: as for :meth:`settle`.
        """
        self.undo(incoming)
        raised, reason = isinstance(error, Exception), reason_of(error)
        if raised:
            self.counts["raised"] += 1
        if raised and not isinstance(error, HandlingFailed):
            log.error("a handler raised; attempt %d", incoming.attempt, exc_info=error)
        if not self._is_settled(incoming):
            self._put_back(incoming.received, reason, raised=raised)
            return
        self._settled(incoming)
        if raised:
            self.troubles.tell("handling", f"{reason}, after its message was settled (message {incoming.key})")

    def left(self, incoming: Incoming) -> None:
        """Put a message back that a loop had in hand when it was left, whyever: that is an attempt interrupted.

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
        return incoming.closed and self.store.state_of(incoming.received.id) is not State.HANDLING

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
        limits = self.manner.limits
        dead = received.raised + 1 >= limits.raised if raised else received.interrupted >= limits.interrupted
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**received.raised) * (0.5 + 0.5 * self.conduct.chance())
        settled = Settled(
            State.DEAD if dead else State.WAITING, reason=reason, after=pause if raised else 0.0, raised=raised
        )
        if not self._store_settled(received, settled):
            return
        self.counts[State.DEAD if dead else "put back"] += 1
        if dead:
            tries = several(received.raised + received.interrupted, "attempt")
            self.troubles.give_up(f"{reason}; given up after {tries} (message {received.key})", of=received.key)
        elif raised:
            self.troubles.begin("handling", f"{reason} (message {received.key})", of=received.key)

    def _store_settled(self, received: Received, settled: Settled) -> bool:
        """Write what becomes of a message without what its handler said; return whether it was still in hand."""
        try:
            with self.store.settle(received, self._token, lambda: (settled, ()), self.conduct.now()):
                return True
        except TakenOver:
            self.counts["taken over by others"] += 1
            return False

    # Waiting

    def pause(self) -> float:
        """Return how long there is nothing to do, in seconds."""
        now = self.conduct.now()
        due = self.store.next_due(self._account)
        round_ = now if self._rounds is None else self._rounds.next_at
        return max(0.0, min(round_ - now, LOOKING, float("inf") if due is None else due - now))

    def has_due(self) -> bool:
        """Whether a message is due to be handed over."""
        due = self.store.next_due(self._account)
        return due is not None and due <= self.conduct.now()

    def rest(self, seconds: float) -> None:
        """Wait, until somebody stops it."""
        if self.conduct.wait is not None:
            self.conduct.wait(seconds)
        else:
            self.stopped.wait(seconds)
