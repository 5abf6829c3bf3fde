"""`ShadowChat`: every answer comes from the client in use; a sample of its reads is repeated on a candidate, aside."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from afilnet_protocols.catalogue import GET_UNREAD_MESSAGES, Operation
from afilnet_protocols.comparison.canonical import Plain, of_error, of_result
from afilnet_protocols.deadline import deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.forwarding import Arguments, Forwarding, invoke
from afilnet_protocols.migration.advice import Advice, advise
from afilnet_protocols.migration.agreement import Agreement, Settled, settle
from afilnet_protocols.migration.candidate import Candidate
from afilnet_protocols.migration.coverage import LEFT_OUT
from afilnet_protocols.migration.diff import Exact
from afilnet_protocols.migration.making import MakeChat
from afilnet_protocols.migration.outcome import outcome_of
from afilnet_protocols.migration.state import StateFile
from afilnet_protocols.migration.tally import Counts, Tally
from afilnet_protocols.operations import ChatOperations

R = TypeVar("R")
log = logging.getLogger("afilnet_protocols.migration")


@dataclass(slots=True)
class _Task:
    """One read that the candidate shall repeat; `answer` is a list of the primary's records, or its error."""

    operation: Operation[object]
    arguments: Arguments
    answer: object
    error: Plain
    seconds: float

    def outcome(self) -> Plain:
        """Return what the primary did, in canonical form."""
        return self.error if self.error is not None else of_result(self.answer, Exact())


class ShadowChat(Forwarding):
    """A client whose answers all come from ``primary``, while a sample of its reads is repeated on ``candidate``.

    Only operations that may be carried out twice are repeated; a send never is. They are repeated in threads of their
    own, one after the other. Each of them ends in one verdict (``equal``, ``different``, ``unanswered``) or was left
    out, and is counted as that once: what does not fit the queue, or is not ready when the grace of :meth:`close` is
    over, is dropped, whatever it would have shown; what changes all the time is noise; what the primary itself did not
    answer cannot be compared. A difference counts when it is still there after the primary was asked a second time.
    Whatever the candidate does, the caller does not notice it. Only the memory of the process is shared: the built-in
    backends limit what they read, a candidate of somebody else's has to do so itself.

    Args:
        primary: the client in use; closed with this one.
        candidate: the client that may replace it, or what makes it; then it is made in the background, when it is
            first needed. It must act for the same account. Closed with this one.
        sample: the share of reads that are repeated, from 0 to 1.
        concurrency: how many threads repeat them, at least 1.
        timeout: how long the candidate may take for a call, in seconds.
        journal: how many differences are remembered one by one.
        queued: how many reads may wait to be repeated, at least 1.
        unread: whether ``get_unread_messages`` is repeated too. It may mark messages as read, so that the application
            could miss them: only for a service that is known not to.
        rest: for how many seconds a candidate is left alone that cannot be made or gave no usable answer, twice as
            long each time: trying costs the process time that the application could use.
        grace: how long :meth:`close` waits for reads that are being repeated, in seconds.
        chance: returns a number from 0 to 1 for each read, for the sample.
        state: where the counts are kept for ``afilnet migrate status``; nowhere by default.

    Raises:
        ConfigurationError: a number is out of its range.
    """

    def __init__(
        self,
        primary: ChatOperations,
        candidate: MakeChat,
        *,
        sample: float = 1.0,
        concurrency: int = 1,
        timeout: float = 5.0,
        journal: int = 200,
        queued: int = 100,
        unread: bool = False,
        rest: float = 30.0,
        grace: float = 0.5,
        chance: Callable[[], float] = random.random,
        state: StateFile | None = None,
    ) -> None:
        if not 0 <= sample <= 1 or concurrency < 1 or queued < 1 or journal < 0 or timeout <= 0 or min(rest, grace) < 0:
            raise ConfigurationError(
                "ShadowChat: sample is from 0 to 1; concurrency and queued are at least 1; timeout is more than 0; "
                "journal, rest and grace are not negative"
            )
        self._primary, self._given = primary, candidate
        self._sample, self._chance, self._unread = sample, chance, unread
        self._timeout, self._rest, self._grace, self._concurrency = timeout, rest, grace, concurrency
        self._state, self._queued = state, queued
        self._closed = False
        self._tally = Tally(journal)
        self.after_fork()
        renew_in_child(self)
        if state is not None:
            # A program that ends without closing its client has counted too.
            weakref.finalize(self, state.save, self._tally, now=True)

    def after_fork(self) -> None:
        """Have no thread and nothing left to repeat: a child of a fork has none of its parent's threads."""
        self._tasks: queue.Queue[_Task | None] = queue.Queue(self._queued)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._candidate = Candidate(self._given, self._rest)
        self._under_way: set[int] = set()
        self._idle = threading.Condition()

    def __getattr__(self, name: str) -> object:
        # What an application may ask of its client besides the interface, such as security_report.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._primary, name)

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call on the primary, and leave it for the candidate if it is sampled."""
        if not self._sampled(operation):
            return invoke(self._primary, operation, arguments)
        begun = time.perf_counter()
        try:
            result = invoke(self._primary, operation, arguments)
        except AfilnetError as error:
            # The error itself would keep the caller's frames alive.
            self._leave(_Task(operation, arguments, None, of_error(error), time.perf_counter() - begun))
            raise
        except BaseException:
            self._tally.count(str(Agreement.INCOMPARABLE))
            raise
        seconds = time.perf_counter() - begun
        # The list is the caller's to change; the records in it are immutable.
        answer: object = result
        self._leave(_Task(operation, arguments, list(answer) if isinstance(answer, list) else answer, None, seconds))
        return result

    def close(self) -> None:
        """Wait a moment for what is being repeated, leave out the rest, and close both clients."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        # Until here both clients work as ever: what is seen of them counts, for and against.
        self.settle(self._grace)
        self._candidate.retire()
        self._drop_waiting()
        self._leave_out_the_rest()
        self._end_threads()
        self._candidate.close()
        self._save(last=True)
        self._primary.close()

    def settle(self, seconds: float) -> bool:
        """Wait until every read that was left to the candidate has been repeated.

        Args:
            seconds: how long to wait at most.

        Returns:
            Whether that is so.
        """
        with self._idle:
            return self._idle.wait_for(lambda: not self._under_way, seconds)

    @property
    def counts(self) -> Counts:
        """What was seen of the candidate so far, as numbers, coverage, differences and times."""
        return self._tally.total

    @property
    def journal(self) -> list[dict[str, str]]:
        """The last differences one by one, oldest first. Of texts only the length and where they part is told."""
        return self._tally.journal

    def export(self) -> str:
        """Return the journal as JSON lines."""
        return "".join(json.dumps(entry) + "\n" for entry in self.journal)

    def report(self, *, enough: int = 1000, left_out: float = LEFT_OUT) -> Advice:
        """Return whether to go on, to change over, or not to.

        Args:
            enough: how many verdicts say enough.
            left_out: the share of the sampled reads, of all and of each operation, that may be left out.
        """
        return advise("shadow", self.counts, enough=enough, left_out=left_out)

    # On the caller's path

    def _sampled(self, operation: Operation[object]) -> bool:
        if self._closed or not (operation.repeatable or (self._unread and operation is GET_UNREAD_MESSAGES)):
            return False
        if self._sample < 1 and self._chance() >= self._sample:
            return False
        self._tally.asked(operation.name)
        if self._candidate.resting:
            self._tally.count("resting")
            return False
        return True

    def _leave(self, task: _Task) -> None:
        with self._idle:
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
            if len(self._threads) >= self._concurrency or self._closed:
                return
            thread = threading.Thread(target=self._work, name="afilnet-shadow", daemon=True)
            self._threads.append(thread)
        try:
            thread.start()
        except RuntimeError:
            # The process cannot have another thread now; the caller must not suffer for it.
            self._threads.remove(thread)

    # In the background

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                self._repeat(task)
            except BaseException as error:  # noqa: BLE001 -- whatever a candidate does ends here, out of the way
                self._left_out(task, "failed")
                self._let_rest()
                log.warning("the migration's candidate could not be compared: %s", type(error).__name__)
            self._save()

    def _repeat(self, task: _Task) -> None:
        candidate = self._candidate.get()
        if candidate is None:
            self._left_out(task, "unavailable")
            self._let_rest()
            return
        ours = task.outcome()
        theirs, seconds = self._outcome_of(candidate, task)
        settled = settle(
            ours,
            theirs,
            lambda: self._outcome_of(self._primary, task)[0],
            lambda: self._outcome_of(candidate, task)[0],
        )
        agreement = settled.agreement
        if not agreement.is_verdict:
            self._left_out(task, str(agreement))
        else:
            self._judged(task, settled, seconds, refused=agreement is Agreement.EQUAL and task.error is not None)
        if agreement is Agreement.UNANSWERED:
            self._let_rest()
        elif agreement is not Agreement.INCOMPARABLE:
            self._candidate.answered()

    def _outcome_of(self, chat: ChatOperations, task: _Task) -> tuple[Plain, float]:
        # Each asking has its own time: a slow candidate must not leave none to ask the primary again.
        with deadline(self._timeout):
            return outcome_of(chat, task.operation, task.arguments)

    def _judged(self, task: _Task, settled: Settled, seconds: float, *, refused: bool) -> None:
        with self._ended(task) as counts:
            if counts:
                names = ("compared", str(settled.agreement), *(["refused"] if refused else []))
                self._tally.judged(task.operation.name, *names)
                if settled.agreement is not Agreement.UNANSWERED:
                    # How soon something fails says nothing of how fast it is.
                    self._tally.took(primary=task.seconds, candidate=seconds)
                if settled.differences:
                    self._tally.differ(task.operation.name, settled.differences)

    def _left_out(self, task: _Task, reason: str) -> None:
        with self._ended(task) as counts:
            if counts:
                self._tally.count(reason)

    @contextlib.contextmanager
    def _ended(self, task: _Task) -> Iterator[bool]:
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
            for _ in self._under_way:
                self._tally.count("dropped")
            self._under_way.clear()
            self._idle.notify_all()

    def _end_threads(self) -> None:
        for _ in self._threads:
            # A queue that was just emptied has room unless more threads than places wait; they are daemons.
            with contextlib.suppress(queue.Full):
                self._tasks.put_nowait(None)
