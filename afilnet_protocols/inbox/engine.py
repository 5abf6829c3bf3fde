"""`Engine`: what one process does for an inbox, step by step: be there, poll in its turn, take a message, wait."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, InvalidRequestError
from afilnet_protocols.inbox.incoming import Incoming
from afilnet_protocols.inbox.manner import Conduct, Manner
from afilnet_protocols.inbox.polling.hours import Hours
from afilnet_protocols.inbox.polling.pace import Pace
from afilnet_protocols.inbox.polling.poller import Poller
from afilnet_protocols.inbox.polling.rounds import Rounds
from afilnet_protocols.inbox.sending import Sending
from afilnet_protocols.inbox.settling import Settling
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.inbox.troubles import Listener, Troubles
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox import Outbox
from afilnet_protocols.outbox.store import Alive
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.waiting import Signal, run, until

LOOKING = 0.5
"""After how long a process looks for what others have noticed or put in, in seconds."""


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
        settling: what writes down what becomes of them.
        patience: how long closing waits for a run, in seconds: as long as a call may take.
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
        self.settling = Settling(
            store, manner, conduct, self.counts, self.troubles, self.sending, owner=lambda: self._token
        )
        self._client = client
        self._alive: Alive | None = None
        self._rounds: Rounds | None = None
        self._account = ""
        self.patience = 0.0
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have nothing in hand that is the parent's."""
        self.stopped = Signal()

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
        self._rounds = self._make_rounds(chat, self._account, self._alive.token)
        self.sending.begin()

    def end(self) -> None:
        """Be gone: another process takes over at once."""
        if self._alive is not None:
            try:
                with contextlib.suppress(AfilnetError):
                    self.store.leave_turn(self._account, self._alive.token, None)
            finally:  # or what this process has in hand would be nobody else's as long as it lives
                self._alive.close()
                self._alive = None

    @property
    def _token(self) -> str:
        if self._alive is None:
            raise InvalidRequestError("this inbox is not running")
        return self._alive.token

    # Polling

    def _make_rounds(self, chat: ChatOperations, account: str, token: str) -> Rounds:
        manner, now = self.manner, self.conduct.now
        poller = Poller(
            self.store,
            chat,
            account=account,
            token=token,
            start=manner.start,
            read=manner.read,
            polling=manner.polling,
        )
        pace = Pace(manner.polling, Hours(self.store.wrote).are_quiet, self.conduct.chance)
        return Rounds(self.store, poller, pace, account=account, token=token, now=now)

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
        return Incoming(received, age=age, commit=self.settling.commit, once=self.manner.once)

    # Waiting

    def is_stopped(self) -> bool:
        """Whether somebody has stopped it."""
        return self.stopped.happened

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
            limit = Deadline(seconds)
            run(until(self.stopped, limit), limit)
