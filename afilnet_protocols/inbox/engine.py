"""`Engine`: what one process does for an inbox, step by step: poll in its turn, take a message, settle it, send."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from afilnet_protocols.errors import AfilnetError, InvalidRequestError
from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.inbox.incoming import Incoming, Received, Settled, State
from afilnet_protocols.inbox.pace import Pace, Polling
from afilnet_protocols.inbox.poller import Poller
from afilnet_protocols.inbox.start import Start
from afilnet_protocols.inbox.store import InboxStore, Limits, Said, TakenOver
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox import Outbox
from afilnet_protocols.outbox.store import Alive

log = logging.getLogger("afilnet_protocols.inbox")

STANDBY = 2.0
"""After how long a process that is not the poller looks whether it is needed, in seconds."""

TELLING = 10.0
"""How often it is noted that rounds are made, in seconds."""

LOOKING = 0.5
"""After how long a process looks for what others have noticed or put in, in seconds."""

FIRST_PAUSE = 1.0
"""How long a message rests after its handler raised, in seconds; then doubled."""

LONGEST_PAUSE = 60.0
"""How long a message, or polling that fails, rests at most, in seconds, unless the service asks for more."""

UNCOMMITTED = "its handler ended before it had committed the transaction of the mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What an inbox goes by; given by tests.

    Attributes:
        now: the time, in seconds since the epoch.
        wait: waits so many seconds; ``None`` for until then or until it is stopped.
        chance: draws from [0, 1).
    """

    now: Callable[[], float] = time.time
    wait: Callable[[float], None] | None = None
    chance: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an inbox is to behave.

    Attributes:
        start: which messages are history.
        once: whether a message is handed over once at most.
        read: ``auto``, ``messages`` or ``unread``.
        polling: how often it looks.
        limits: after how many attempts a message is dead.
    """

    start: Start = field(default_factory=Start)
    once: bool = False
    read: str = "auto"
    polling: Polling = field(default_factory=Polling)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.read not in ("auto", "messages", "unread"):
            raise InvalidRequestError(f'read is "auto", "messages" or "unread", not {self.read[:40]!r}')
        if self.once:
            object.__setattr__(self, "limits", Limits(1, 1))


class Engine:
    """The work of one process. Its steps are called in turn; messages in hand may be settled from any thread.

    Args:
        store: where the inbox is.
        outbox: where replies go, and what sends them.
        client: makes the client that reads, and says whose account it is.
        manner: how to behave.
        conduct: what to go by.
        sends: whether to send what is in the outbox.
    """

    def __init__(
        self,
        store: InboxStore,
        outbox: Outbox,
        client: Callable[[], tuple[ChatOperations, str]],
        manner: Manner,
        conduct: Conduct,
        *,
        sends: bool = True,
    ) -> None:
        self.store = store
        self.outbox = outbox
        self.manner = manner
        self.conduct = conduct
        self.counts: Counter[str] = Counter()
        self._client = client
        self._sends = sends
        self._alive: Alive | None = None
        self._poller: Poller | None = None
        self._account = ""
        self._pace = Pace(manner.polling, conduct.chance)
        self._next_round = self._next_send = self._told_at = float("-inf")
        self._failures = 0
        self._to_send = False
        self.after_fork()
        renew_in_child(self)

    def after_fork(self) -> None:
        """Have nothing in hand that is the parent's."""
        self.stopped = threading.Event()

    # Beginning and ending

    def begin(self) -> None:
        """Be there. What is not polled in this process is handled all the same.

        Raises:
            ConfigurationError: the settings cannot work, or the place cannot be used.
        """
        chat, self._account = self._client()
        self._alive = self.store.present()
        self._poller = Poller(
            self.store,
            chat,
            account=self._account,
            token=self._alive.token,
            start=self.manner.start,
            read=self.manner.read,
            polling=self.manner.polling,
        )
        self._next_round = self._next_send = float("-inf")

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
        now = self.conduct.now()
        if now < self._next_round or self._poller is None:
            return
        for token in self.store.holders() - {self._token}:
            if self.store.is_gone(token):
                self.counts["taken over"] += self.store.recover(token, self.manner.limits, now)
        if not self.store.take_turn(self._account, self._token):
            self._next_round = now + STANDBY
            return
        calls, noticed = self._poller.calls, 0
        try:
            noticed = self._poller.round(now)
            self._tell(self.conduct.now())
        except TakenOver:
            self._next_round = now + STANDBY
            return
        self.counts["noticed"] += noticed
        ended = self.conduct.now()
        rest = self._pace.after(
            ended, calls=self._poller.calls - calls, active=noticed > 0, round_calls=self._poller.round_calls
        )
        self._failures = self._failures + 1 if self._poller.failure is not None else 0
        if self._failures:
            rest = max(rest, self._poller.ask_later, min(LONGEST_PAUSE, 2.0 ** min(self._failures, 10)))
        self._next_round = ended + rest

    def _tell(self, now: float) -> None:
        """Note that a round ended; not each one, for a note is a write to the disk."""
        if now >= self._told_at + TELLING and self.failure is None:
            self.store.leave_turn(self._account, self._token, now)
            self._told_at = now

    @property
    def failure(self) -> AfilnetError | None:
        """What went wrong in the last round, if anything did."""
        return self._poller.failure if self._poller is not None else None

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
    def _commit(self, incoming: Incoming, connection: object | None) -> Iterator[Any]:
        def said() -> Said:
            again = incoming.settled.state is State.WAITING
            return incoming.settled, () if again else incoming.replies

        with self.store.settle(incoming.received, self._token, said, self.conduct.now(), connection) as database:
            yield database
        self._to_send = self._to_send or bool(incoming.replies)

    def settle(self, incoming: Incoming) -> None:
        """Make true what a handler that returned has said.

        Raises:
            ConfigurationError: the place cannot be written.
        """
        try:
            if not incoming.closed:
                incoming.done()
            elif self.store.state_of(incoming.received.id) is State.HANDLING:
                self._put_back(incoming.received, UNCOMMITTED, raised=True)
                return
        except TakenOver:
            self.counts["taken over by others"] += 1
            return
        self.counts[incoming.settled.state] += 1

    def failed(self, incoming: Incoming, error: BaseException) -> None:
        """Put a message back whose handler raised, or declare it dead.

        Raises:
            ConfigurationError: the place cannot be written.
        """
        raised = isinstance(error, Exception)
        if raised:
            log.error("a handler raised; attempt %d", incoming.attempt, exc_info=error)
        self._put_back(incoming.received, f"its handler raised {type(error).__name__}", raised=raised)

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
        try:
            with self.store.settle(received, self._token, lambda: (settled, ()), self.conduct.now()):
                pass
        except TakenOver:
            self.counts["taken over by others"] += 1
            return
        self.counts[State.DEAD if dead else "put back"] += 1

    # Sending

    def send(self) -> None:
        """Send what is due in the outbox, if there is anything.

        Raises:
            AuthenticationError: the credentials were refused.
            ConfigurationError: the settings cannot work, or the place cannot be used.
        """
        now = self.conduct.now()
        if not self._sends or not (self._to_send or now >= self._next_send):
            return
        self._to_send = False
        self._next_send = now + 2 * LOOKING
        if self.outbox.waits():
            self.counts["sent"] += self.outbox.run(rest=False).sent

    # Waiting

    def pause(self) -> float:
        """Return how long there is nothing to do, in seconds."""
        now = self.conduct.now()
        due = self.store.next_due(self._account)
        return max(0.0, min(self._next_round - now, LOOKING, float("inf") if due is None else due - now))

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

    @property
    def round_is_due(self) -> bool:
        """Whether it is time for a round."""
        return self.conduct.now() >= self._next_round
