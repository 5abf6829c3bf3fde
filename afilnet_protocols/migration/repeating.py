"""`Repeating`: reads that were answered are repeated on a candidate, in threads of their own, out of the way."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.comparison.canonical import Plain, of_result
from afilnet_protocols.deadline import limited
from afilnet_protocols.forwarding import Arguments
from afilnet_protocols.journal import logger
from afilnet_protocols.late_client import MakeChat
from afilnet_protocols.migration.agreement import Agreement, Settled, is_usable, settle
from afilnet_protocols.migration.candidate import Candidate
from afilnet_protocols.migration.diff import Exact
from afilnet_protocols.migration.outcome import Outcome, outcome_of
from afilnet_protocols.migration.state import EVERY, StateFile
from afilnet_protocols.migration.tally import Tally
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.fork import begin_afresh

log = logger("afilnet_protocols.migration")


@dataclass(slots=True)
class Read:
    """One read that the candidate shall repeat; ``answer`` is a list of the primary's records, or its error."""

    operation: Operation[object]
    arguments: Arguments
    answer: object
    error: Plain
    seconds: float

    def outcome(self) -> Plain:
        """Return what the primary did, in canonical form."""
        return self.error if self.error is not None else of_result(self.answer, Exact())


class Repeating:
    """What repeats the reads of a :class:`~afilnet_protocols.migration.shadow.ShadowChat`, whose parameters these are.

    Args:
        primary: asked again where both sides differ.
        candidate: the client that may replace it, or what makes it.
        tally: counts what became of each read.
        concurrency: how many threads repeat.
        timeout: how long the candidate may take for a call, in seconds.
        queued: how many reads may wait.
        rest: for how many seconds a candidate is left alone that is of no use.
        grace: how long :meth:`close` waits for reads that are being repeated, in seconds.
        state: where the counts are kept.
    """

    def __init__(
        self,
        primary: ChatOperations,
        candidate: MakeChat,
        tally: Tally,
        *,
        concurrency: int,
        timeout: float,
        queued: int,
        rest: float,
        grace: float,
        state: StateFile | None,
    ) -> None:
        self._primary, self._given, self._tally = primary, candidate, tally
        self._timeout, self._rest, self._grace, self._concurrency = timeout, rest, grace, concurrency
        self._state, self._queued = state, queued
        self.closed = False
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have no thread and nothing left to repeat: a child of a fork has none of its parent's threads."""
        self._tasks: queue.Queue[Read | None] = queue.Queue(self._queued)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._candidate = Candidate(self._given, self._rest)
        self._under_way: set[int] = set()
        self._idle = threading.Condition()
        self._over = False

    @property
    def resting(self) -> bool:
        """Whether the candidate is being left alone."""
        return self._candidate.resting

    def close(self) -> bool:
        """Wait a moment for what is being repeated, leave out the rest, and close the candidate; ``False`` if it was.

        Until the wait is over both clients work as ever: what is seen of them counts, for and against.
        """
        with self._lock:
            if self.closed:
                return False
            self.closed = True
        self.settle(self._grace)
        self._candidate.retire()
        self._drop_waiting()
        self._leave_out_the_rest()
        self._end_threads()
        self._candidate.close()
        self._save(last=True)
        return True

    def settle(self, seconds: float) -> bool:
        """Wait until every read has been repeated, so many seconds at most; return whether that is so."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._under_way, seconds)

    def leave(self, task: Read) -> None:
        """Have a read repeated; one that does not fit the queue is left out."""
        with self._idle:
            if self._over:  # its call was under way when the client was closed
                self._tally.count("dropped")
                return
            self._under_way.add(id(task))
        try:
            self._tasks.put_nowait(task)
        except queue.Full:
            self._left_out(task, "dropped")
            return
        if len(self._threads) < self._concurrency:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if len(self._threads) >= self._concurrency or self.closed:
                return
            thread = threading.Thread(target=self._work, name="afilnet-shadow", daemon=True)
            self._threads.append(thread)
        try:
            thread.start()
        except RuntimeError:
            # The process cannot have another thread now; the caller must not suffer for it.
            self._threads.remove(thread)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            self._save()  # that it is asked, should the process not live to see the answer
            try:
                self._repeat(task)
            except BaseException as error:  # noqa: BLE001 -- whatever a candidate does ends here, out of the way
                self._left_out(task, "failed")
                self._let_rest()
                log.warning("the migration's candidate could not be compared: %s", type(error).__name__)
            self._save()

    def _next(self) -> Read | None:
        """Wait for a read; what was counted is saved meanwhile, for the process may end without a word."""
        while self._state is not None and not self._tally.is_saved:
            with contextlib.suppress(queue.Empty):
                return self._tasks.get(timeout=EVERY)
            self._save()
        return self._tasks.get()

    def _repeat(self, task: Read) -> None:
        ours = task.outcome()
        if not is_usable(ours):
            # There is nothing to compare with, and a service that is down or asks for fewer calls gets none beside.
            self._left_out(task, str(Agreement.INCOMPARABLE))
            return
        candidate = self._candidate.get()
        if candidate is None:
            self._left_out(task, "unavailable")
            self._let_rest()
            return
        theirs = self._outcome_of(candidate, task)
        settled = settle(
            ours,
            theirs.what,
            lambda: self._outcome_of(self._primary, task).what,
            lambda: self._outcome_of(candidate, task).what,
        )
        agreement = settled.agreement
        if not agreement.is_verdict:
            self._left_out(task, str(agreement))
        else:
            self._judged(task, settled, theirs.seconds, refused=agreement is Agreement.EQUAL and task.error is not None)
        if agreement is Agreement.UNANSWERED:
            self._candidate.asked_to_wait(theirs.wait)
            self._let_rest()
        else:
            self._candidate.answered()

    def _outcome_of(self, chat: ChatOperations, task: Read) -> Outcome:
        # Each asking has its own time: a slow candidate must not leave none to ask the primary again.
        with limited(self._timeout):
            return outcome_of(chat, task.operation, task.arguments)

    def _judged(self, task: Read, settled: Settled, seconds: float, *, refused: bool) -> None:
        with self._ended(task) as counts:
            if counts:
                names = ("compared", str(settled.agreement), *(["refused"] if refused else []))
                self._tally.judged(task.operation.name, *names)
                if settled.agreement is not Agreement.UNANSWERED:
                    # How soon something fails says nothing of how fast it is.
                    self._tally.took(primary=task.seconds, candidate=seconds)
                if settled.differences:
                    self._tally.differ(task.operation.name, settled.differences)

    def _left_out(self, task: Read, reason: str) -> None:
        with self._ended(task) as counts:
            if counts:
                self._tally.count(reason)

    @contextlib.contextmanager
    def _ended(self, task: Read) -> Iterator[bool]:
        """Say whether a read that has ended counts; it does once, and not when it was left out before."""
        with self._idle:
            counts = id(task) in self._under_way
            yield counts
            self._under_way.discard(id(task))
            if not self._under_way:
                self._idle.notify_all()

    def _let_rest(self) -> None:
        self._candidate.let_rest()
        self._drop_waiting()

    def _save(self, *, last: bool = False) -> None:
        if self._state is not None:
            self._state.save(self._tally, now=last, last=last)

    def _drop_waiting(self) -> None:
        with contextlib.suppress(queue.Empty, queue.Full):
            while (task := self._tasks.get_nowait()) is not None:
                self._left_out(task, "dropped")
            self._tasks.put_nowait(None)  # it ends another thread than the one that empties the queue

    def _leave_out_the_rest(self) -> None:
        """Leave out what is under way: what would yet come of it depends on what it is."""
        with self._idle:
            self._over = True
            for _ in self._under_way:
                self._tally.count("dropped")
            self._under_way.clear()
            self._idle.notify_all()

    def _end_threads(self) -> None:
        for _ in self._threads:
            # A queue that was just emptied has room unless more threads than places wait; they are daemons.
            with contextlib.suppress(queue.Full):
                self._tasks.put_nowait(None)
