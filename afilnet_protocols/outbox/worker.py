"""`Worker`: one run over an outbox: take an entry, note that it is being sent, send it, note what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from afilnet_protocols.calls.recovery import Conversation, SentText
from afilnet_protocols.errors import AfilnetError, AuthenticationError, ConfigurationError, NotSentError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.outbox.entry import Entry, Report, State
from afilnet_protocols.outbox.row import CONVERSATION
from afilnet_protocols.outbox.store import POLLING, Later, Pace, Store, Wanted
from afilnet_protocols.vocabulary import Delivery, addressee
from afilnet_protocols.waiting import at_once, complete

Progress = Callable[[Entry], None]
"""Is told each entry when its state has changed. It runs between two sends."""

TRIES = 5
"""How often one run tries an entry that does not reach the service."""

TURN = 8
"""Of how many attempts one may go to an entry that was tried, though there are others that were not: as long as more
come in, it would have no other, and all behind it in its conversation would wait with it."""

LOOKING_OUT = 0.5
"""How often a worker looks for what others that are gone had in hand, in seconds, however much it has to do itself."""

PATIENCE = 8
"""After how many attempts in a row that did not reach the service a run ends: it is the service, not the entry."""


def conversation(chat: ChatOperations, entry: Entry) -> Conversation:
    """Return the conversation that an entry goes to, as far as it tells about the entry."""
    place = addressee(*(entry.arguments[name] for name in CONVERSATION))
    return Conversation(lambda: at_once(lambda: chat.get_messages(**place)), SentText.of(entry.arguments))


def recover(store: Store, after_unknown: State) -> list[int]:
    """Take over what workers that are gone had in hand; return the entries that they had begun to send."""
    return [number for owner in store.gone() for number in store.recover(owner, after_unknown)]


class Worker:
    """One run.

    Args:
        store: where the entries are.
        chat: sends; it must not repeat a send whose outcome is unknown.
        conduct: how to go about it.
        rate: how many entries to begin in a second at most; ``None`` for no limit.
        account: whose rate it is, where workers share it.
        on_progress: is told each entry when its state has changed.
        stopped: says whether to end after the entry in hand.

    Attributes:
        doubtful: the entries that got an unknown outcome in this run.
    """

    def __init__(
        self,
        store: Store,
        chat: ChatOperations,
        conduct: Conduct,
        *,
        rate: float | None,
        on_progress: Progress | None,
        account: str,
        stopped: Callable[[], bool],
    ) -> None:
        self._store = store
        self._chat = chat
        self._conduct = conduct
        spacing = conduct.spacing(rate)
        self._pace = Pace(account, spacing) if spacing and store.shares_rate else None
        self._spacing = 0.0 if self._pace else spacing
        self._stopped = stopped
        self._tell = on_progress
        self._counts: Counter[str] = Counter()
        self._tries: Counter[int] = Counter()
        self._attempts = 0
        # Which of each eight attempts that is: by chance, or runs of a few attempts would never come to it.
        self._turn = int(conduct.chance() * TURN)
        self._fruitless = 0
        self._begun: bool
        self._next_at = self._looked_at = conduct.clock()
        self.doubtful: set[int] = set()

    def run(self, limit: int | None, *, wait: bool = False, rest: bool = True, upto: int | None = None) -> Report:
        """Send what is due until nothing is, or as many entries as ``limit`` says.

        Args:
            limit: how many attempts to make at most.
            wait: whether to go on when nothing is due, until it is stopped.
            rest: whether to wait for what is to be tried again.
            upto: an entry's number: only what is in its conversation and not behind it.

        Raises:
            ConfigurationError: the settings cannot work, or the outbox cannot be written.
            AuthenticationError: the credentials were refused. The entry stays pending.
        """
        begun = self._conduct.clock()
        alive = self._store.worker()
        stopped = None
        entry: Entry | None = None
        try:
            self._recover()
            if upto is None:
                self._look_at_put_off()
            while limit is None or self._attempts < limit:
                if entry is not None:
                    entry = self._one(entry, alive.token, limit, upto)
                    continue
                if self._stopped():
                    stopped = "it was asked to stop"
                    break
                if self._fruitless >= PATIENCE:
                    if not wait:
                        stopped = f"{PATIENCE} attempts in a row did not get through to the service"
                        break
                    self._be_patient()
                    continue
                if self._conduct.clock() - self._looked_at >= LOOKING_OUT:
                    self._recover()
                entry = self._take(alive.token, upto)
                if entry is not None:
                    continue
                if wait:
                    self._idle()
                elif upto is not None or not rest or not self._rest():
                    break
        finally:
            alive.close()
        return Report(
            **self._counts,
            # For one conversation nobody asks, and on a server it is counted.
            remaining=self._store.remaining() if upto is None else 0,
            seconds=self._conduct.clock() - begun,
            stopped=stopped,
        )

    def _recover(self) -> bool:
        self._looked_at = self._conduct.clock()
        taken_over = recover(self._store, self._conduct.after_unknown)
        self._counts["recovered"] += len(taken_over)
        if self._conduct.after_unknown is State.UNKNOWN:
            self.doubtful.update(taken_over)
        return bool(taken_over)

    def _take(self, owner: str, upto: int | None) -> Entry | None:
        while True:
            pause = self._next_at - self._conduct.clock()
            if pause <= 0:
                entry = self._store.claim(owner, **self._wanted(upto))
                if entry is None and self._tries:  # of what was tried, for the others have gone first
                    entry = self._store.claim(owner, **self._wanted(upto, without=self._given_up))
                if not isinstance(entry, Later):
                    break
                pause = entry.seconds
            self._conduct.wait(min(pause, POLLING))  # never long, for it may be asked to stop
            if self._stopped():
                return None
        if entry is not None and entry.state is not State.REJECTED:
            self._next_at = self._conduct.clock() + self._spacing
        return entry

    def _look_at_put_off(self) -> None:
        """Let what was tried before, by whomever, come after what was not, and have as many tries in this run."""
        self._tries = Counter(dict.fromkeys(self._store.put_off(), 0))

    def _wanted(self, upto: int | None, *, without: Sequence[int] | None = None) -> Wanted:
        sending = self._conduct.delivery != "reconcile"
        if without is None:
            # What was tried comes after what was not: a channel that takes nothing keeps nobody waiting.
            without = self._given_up if self._attempts % TURN == self._turn else list(self._tries)
        return {"sending": sending, "without": without, "upto": upto, "pace": self._pace}

    @property
    def _given_up(self) -> list[int]:
        return [number for number, tries in self._tries.items() if tries >= TRIES]

    def _rest(self) -> bool:
        """Wait until an entry is due again; ``False`` if none will be. What other workers send is left to them."""
        if self._recover():
            return True
        pause = self._store.next_due(self._given_up)
        if pause is not None:
            self._conduct.wait(min(pause + 0.001, LOOKING_OUT))
        return pause is not None

    def _idle(self) -> None:
        """Wait for work, and see to it that an entry which this worker gave up has another chance."""
        if not self._recover():
            due = self._store.next_due(self._given_up)
            self._look_at_put_off()
            self._store.rest(LOOKING_OUT if due is None else min(due, LOOKING_OUT), self._conduct.wait)

    def _be_patient(self) -> None:
        """Leave a service that is down alone for a while: it is asked again, but not hammered."""
        until = self._conduct.clock() + self._conduct.patience
        while not self._stopped() and self._conduct.clock() < until:
            self._conduct.wait(POLLING)
        self._fruitless = 0

    def _one(self, entry: Entry, owner: str, limit: int | None, upto: int | None) -> Entry | None:
        """Send one entry and note what became of it; return the next one if it was taken at once."""
        if entry.state is State.REJECTED:  # it had expired
            self._counts[entry.state.value] += 1
            if self._tell is not None:
                self._tell(entry)
            return None
        error: AfilnetError | None = None
        self._attempts += 1
        self._tries[entry.id] += 1
        self._begun = self._conduct.delivery != "reconcile"
        try:
            self._send(entry, owner)
        except AfilnetError as failure:
            error = failure
        except BaseException:
            # Interrupted in the middle, or a backend that raises what it must not: nobody knows whether it was sent.
            self._note(entry, owner, self._conduct.after_unknown if self._begun else State.PENDING, None)
            raise
        state = self._conduct.state_after(error)
        if state is State.SENT and self._goes_on(limit):
            return self._note_and_take(entry, owner, upto)
        self._note(entry, owner, state, error)
        if state is not State.PENDING:
            del self._tries[entry.id]
        self._fruitless = self._fruitless + 1 if error is not None and state is State.PENDING else 0
        if isinstance(error, AuthenticationError) or (
            isinstance(error, ConfigurationError) and error.delivery is Delivery.NOT_SENT
        ):
            try:
                raise error
            finally:
                del error  # or its own frame keeps it
        return None

    def _goes_on(self, limit: int | None) -> bool:
        """Whether nothing is to be done between noting an entry and taking the next one."""
        return (
            self._tell is None
            and not self._spacing
            and (limit is None or self._attempts < limit)
            and self._conduct.clock() - self._looked_at < LOOKING_OUT
            and not self._stopped()
        )

    def _note_and_take(self, entry: Entry, owner: str, upto: int | None) -> Entry | None:
        del self._tries[entry.id]
        found = self._store.proceed(entry.id, owner, **self._wanted(upto))
        self._counts[State.SENT.value] += 1
        self._fruitless = 0
        if isinstance(found, Later):
            self._conduct.wait(min(found.seconds, POLLING))
            return None
        return found

    def _send(self, entry: Entry, owner: str) -> None:
        if not self._begun:
            self._store.begin(entry.id, owner, self._baseline(entry))
            self._begun = True
        operation: Callable[..., None] = getattr(self._chat, entry.operation)
        operation(**entry.arguments)

    def _baseline(self, entry: Entry) -> int:
        unread = ""
        try:
            return complete(conversation(self._chat, entry).count())
        except AfilnetError as error:
            if error.delivery is not Delivery.UNKNOWN:
                raise
            unread = str(error)
        raise NotSentError(f"not sent: the conversation could not be read beforehand, as reconciling needs: {unread}")

    def _note(self, entry: Entry, owner: str, state: State, error: AfilnetError | None) -> None:
        pause = self._conduct.pause_after(error, self._tries[entry.id]) if state is State.PENDING else 0.0
        noted = self._store.finish(entry.id, owner, state, error=error, pause=pause)
        self._counts["not_sent" if state is State.PENDING else state.value] += 1
        if state is State.UNKNOWN:
            self.doubtful.add(entry.id)
        if self._tell is not None:
            self._tell(noted)
