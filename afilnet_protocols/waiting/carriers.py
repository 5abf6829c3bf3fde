"""`Carriers`: a bounded number of threads that carry out calls for the tasks of event loops.

A call waits for a thread no longer than its deadline, and what has not begun by then never begins. Whether a call
begins or ends without having begun is decided once, by whoever takes its :attr:`Job.entry` first: the thread that is
about to enter the client, or the task that stops waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from afilnet_protocols.begun import Begun
from afilnet_protocols.call_time import carried
from afilnet_protocols.clock import monotonic
from afilnet_protocols.errors import AfilnetError, NotSentError
from afilnet_protocols.process.fork import begin_afresh, notice_fork
from afilnet_protocols.waiting.event_loop import running_loop

R = TypeVar("R")
C = TypeVar("C")
T = TypeVar("T")


class Job(Generic[C, R]):
    """One call of a task, from where it is awaited.

    Args:
        client: returns the client that carries it out, and may take its time.
        call: what to call of it.
        begun: the call.

    Attributes:
        ended: its outcome, for the task that awaits it.
        entry: taken once: by who begins the call, or by who sees to it that it never begins.
    """

    def __init__(self, client: Callable[[], C], call: Callable[[C], R], begun: Begun) -> None:
        self._client = client
        self._call = call
        self._begun = begun
        self._loop = running_loop()
        self._context = contextvars.copy_context()
        self.ended: asyncio.Future[R] = self._loop.create_future()
        self.entry = threading.Lock()

    def refuse(self, error: BaseException) -> bool:
        """End it with an error, unless it has begun; return whether it had not. In the task's own thread."""
        if not self.entry.acquire(blocking=False):
            return False
        self._fail(error)
        return True

    def carry(self) -> None:
        """Carry it out, unless nobody waits for it any more. In a thread of the carriers."""
        if self.entry.locked():
            return
        try:
            result = self._context.run(self._called)
        except _NobodyWaits:
            return
        except AfilnetError as error:
            # Its frames lead back to this job, which leads to the error.
            self._tell(self._fail, error.with_traceback(None))
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is for the task
            self._tell(self._fail, error)
        else:
            self._tell(self._succeed, result)

    def _called(self) -> R:
        client = self._client()
        if not self.entry.acquire(blocking=False):
            raise _NobodyWaits
        # Until a client takes charge of it and knows better, its bytes may be on their way from here on.
        self._begun.left = True
        with carried(self._begun):
            return self._call(client)

    def _tell(self, how: Callable[[T], None], outcome: T) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed, and nobody waits
            self._loop.call_soon_threadsafe(how, outcome)

    def _succeed(self, result: R) -> None:
        if not self.ended.done():
            self.ended.set_result(result)

    def _fail(self, error: BaseException) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)
            self.ended.exception()  # seen, even if its task is gone


class _NobodyWaits(Exception):
    """The task has stopped waiting before the call began."""


class Carriers:
    """The threads. They are daemons: a call that nobody waits for does not keep the program from ending.

    Args:
        most: how many calls may be under way at once; it may be raised later.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have no threads and nothing to do: the parent's calls are its own."""
        self._jobs: queue.SimpleQueue[Job[Any, Any] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._threads = 0
        # The threads know the queue alone, so that a client that nobody closed can go.
        weakref.finalize(self, self._jobs.put, None).atexit = False

    def take(self, job: Job[C, R]) -> None:
        """Carry a job out as soon as a thread is free.

        A process that cannot start a single thread refuses it as :class:`NotSentError`.
        """
        notice_fork()
        self._jobs.put(job)
        if self._idle.acquire(blocking=False):
            return
        with self._lock:
            if self._threads >= self.most:
                return
            self._threads += 1
        try:
            threading.Thread(target=_carry, args=(self._jobs, self._idle), name="afilnet", daemon=True).start()
        except RuntimeError:
            with self._lock:
                self._threads -= 1
            if not self._threads:
                job.refuse(NotSentError("not sent: this process can start no thread to carry the call out", local=True))

    def end(self) -> None:
        """Let the threads end, each after what it has in hand."""
        self._jobs.put(None)


def _carry(jobs: queue.SimpleQueue[Job[Any, Any] | None], idle: threading.Semaphore) -> None:
    while True:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            idle.release()
            job = jobs.get()
        if job is None:
            jobs.put(None)
            return
        job.carry()
        # Or this frame keeps the job, with its outcome, until the next one comes.
        del job


async def aside(action: Callable[[], R]) -> R:
    """Do something that may block in a thread of its own, so that the loop goes on.

    Raises:
        NotSentError: the process can start no thread.
        ConfigurationError: no loop of asyncio runs here.
    """
    ended = begun_aside(action)
    try:
        return await ended
    finally:
        del ended  # or this frame keeps an error


def begun_aside(action: Callable[[], R], *, or_here: bool = False) -> asyncio.Future[R]:
    """Begin something that may block in a thread of its own; return its end.

    That is no task: whoever cancels all tasks, as a loop does at its end, does not cancel it.

    Args:
        action: what to do.
        or_here: whether the loop has to wait for it if the process can start no thread; else it is refused.

    Raises:
        ConfigurationError: no loop of asyncio runs here.
    """
    job = Job(lambda: None, lambda _: action(), Begun(monotonic()))
    try:
        threading.Thread(target=job.carry, name="afilnet-aside", daemon=True).start()
    except RuntimeError:
        if or_here:
            job.carry()
        else:
            job.refuse(NotSentError("this process can start no thread", local=True))
    return job.ended


async def to_its_end(ended: asyncio.Future[R], stop: Callable[[], object] = lambda: None) -> R:
    """Wait for the end of what was begun. A task that is cancelled waits for it too, and is cancelled then.

    Args:
        ended: its end. Nothing of it is left behind, unless the task is cancelled for a second time.
        stop: asks it to end soon, where the task is cancelled.
    """
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait([ended])
        raise
    finally:
        del ended


async def surely(action: Callable[[], R]) -> R:
    """Do what must not be left undone: in a thread, or in the loop if there is none to be had, and to its end."""
    return await to_its_end(begun_aside(action, or_here=True))
