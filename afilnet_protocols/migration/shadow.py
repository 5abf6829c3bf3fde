"""`ShadowChat`: every answer comes from the client in use; a sample of its reads is repeated on a candidate, aside."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from afilnet_protocols.catalogue import GET_UNREAD_MESSAGES, Operation
from afilnet_protocols.conformance.canonical import Plain, of_error, of_result
from afilnet_protocols.deadline import deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.migration.advice import Advice, advise
from afilnet_protocols.migration.candidate import Candidate, is_usable
from afilnet_protocols.migration.forwarding import Arguments, Forwarding, MakeChat, invoke, outcome_of
from afilnet_protocols.migration.noticing import Exact, Noticed, confirmed, notice
from afilnet_protocols.migration.state import StateFile
from afilnet_protocols.migration.tally import Counts, Tally
from afilnet_protocols.operations import ChatOperations

R = TypeVar("R")
log = logging.getLogger("afilnet_protocols.migration")

ROUNDS = 3
"""How often a difference has to be seen at most, while what is read changes, before it counts."""


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
    own, one after the other: what does not fit the queue is dropped and counted. A difference counts when it is still
    there after the primary was asked a second time; what merely changed meanwhile is counted as noise. Whatever the
    candidate does, the caller does not notice it. Only the memory of the process is shared: the built-in backends limit
    what they read, a candidate of somebody else's has to do so itself.

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
        self._state, self._journal_size, self._queued = state, journal, queued
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        """Have no thread, nothing left to repeat, and nothing counted."""
        self._process = os.getpid()
        self._tally = Tally(self._journal_size)
        self._tasks: queue.Queue[_Task | None] = queue.Queue(self._queued)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._candidate = Candidate(self._given, self._rest)
        self._under_way = 0
        self._idle = threading.Condition()

    def __getattr__(self, name: str) -> object:
        # What an application may ask of its client besides the interface, such as security_report.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._primary, name)

    def forward(self, operation: Operation[R], arguments: Arguments) -> R:
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
        seconds = time.perf_counter() - begun
        # The list is the caller's to change; the records in it are immutable.
        answer: object = result
        self._leave(_Task(operation, arguments, list(answer) if isinstance(answer, list) else answer, None, seconds))
        return result

    def close(self) -> None:
        """Wait a moment for what is being repeated, drop the rest, and close both clients."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._candidate.retire()
        if self._threads:
            self.settle(self._grace)
        self._drop_waiting()
        self._end_threads()
        self._candidate.close()
        self._save(now=True)
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
        """What was seen of the candidate so far. numbers, differences, times."""
        return self._tally.total

    @property
    def journal(self) -> list[dict[str, str]]:
        """The last differences one by one, oldest first. Of texts only the length and where they part is told."""
        return self._tally.journal

    def export(self) -> str:
        """Return the journal as JSON lines."""
        return "".join(json.dumps(entry) + "\n" for entry in self.journal)

    def report(self, *, enough: int = 1000) -> Advice:
        """Return whether to go on, to change over, or not to.

        Args:
            enough: how many compared calls say enough.
        """
        return advise("shadow", self.counts, enough=enough)

    # On the caller's path

    def _sampled(self, operation: Operation[object]) -> bool:
        if self._closed or not (operation.repeatable or (self._unread and operation is GET_UNREAD_MESSAGES)):
            return False
        if self._candidate.resting:
            self._tally.count("resting")
            return False
        return self._sample >= 1 or self._chance() < self._sample

    def _leave(self, task: _Task) -> None:
        if os.getpid() != self._process:
            # A child of a fork has none of the threads, and locks that nobody may ever open again.
            self._begin()
        with self._idle:
            self._under_way += 1
        try:
            self._tasks.put_nowait(task)
        except queue.Full:
            self._done()
            self._tally.count("sampled", "dropped")
            return
        self._tally.count("sampled")
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
                self._tally.count("failed")
                self._let_rest()
                log.warning("the migration's candidate could not be compared: %s", type(error).__name__)
            finally:
                self._done()
            self._save()

    def _repeat(self, task: _Task) -> None:
        candidate = self._candidate.get()
        if candidate is None:
            self._tally.count("unavailable")
            self._let_rest()
            return
        with deadline(self._timeout):
            theirs, seconds = outcome_of(candidate, task.operation, task.arguments)
            ours = task.outcome()
            found = notice(ours, theirs)
            remaining = self._confirmed(candidate, task, ours, theirs) if found else ()
        if self._closed and found:
            # The clients are being closed, which is no difference between them.
            self._tally.count("dropped")
            return
        self._tally.count("compared", operation=task.operation.name)
        if is_usable(theirs):
            self._candidate.answered()
        else:
            self._tally.count("unanswered")
            self._let_rest()
        self._tally.took(primary=task.seconds, candidate=seconds)
        self._tally.count("different" if remaining else "noise" if found else "equal")
        if remaining:
            self._tally.differ(task.operation.name, remaining)

    def _confirmed(self, candidate: ChatOperations, task: _Task, ours: Plain, theirs: Plain) -> tuple[Noticed, ...]:
        """Return the differences that are there again whenever both sides are asked anew.

        Once is enough if nothing has changed meanwhile. If something has, it may have changed twice: a conversation
        whose last message was sent, then received, then sent looks as if the sides differed in just that.
        """
        again, _ = outcome_of(self._primary, task.operation, task.arguments)
        remaining = confirmed(ours, theirs, again)
        for _ in range(ROUNDS - 1):
            if not remaining or not notice(ours, again):
                break
            ours = again
            theirs, _ = outcome_of(candidate, task.operation, task.arguments)
            again, _ = outcome_of(self._primary, task.operation, task.arguments)
            still = {each.key for each in confirmed(ours, theirs, again)}
            remaining = tuple(each for each in remaining if each.key in still)
        return remaining

    def _let_rest(self) -> None:
        self._candidate.let_rest()
        self._drop_waiting()

    def _done(self) -> None:
        with self._idle:
            self._under_way -= 1
            if not self._under_way:
                self._idle.notify_all()

    def _save(self, *, now: bool = False) -> None:
        if self._state is not None:
            self._state.save(self._tally, now=now)

    def _drop_waiting(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()
                self._tally.count("dropped")
                self._done()

    def _end_threads(self) -> None:
        for _ in self._threads:
            # A queue that was just emptied has room unless more threads than places wait; they are daemons.
            with contextlib.suppress(queue.Full):
                self._tasks.put_nowait(None)
