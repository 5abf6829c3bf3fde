"""`ThreadedChat`: the six operations for asyncio over a client that can only block, in a bounded number of threads.

Clients of this package need none of it; see `aio`. It is for those of other packages, and for wrappers such as the
canary.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from afilnet_protocols.begun import Begun
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.clock import monotonic
from afilnet_protocols.coroutines.forwarding import AsyncForwarding
from afilnet_protocols.deadline import more_time, seconds_for_call
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.forwarding import Arguments, invoke
from afilnet_protocols.late_client import CLOSED, LateClient
from afilnet_protocols.observation import CallHook, CallInfo, Watch
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.interruption import note_delivery
from afilnet_protocols.vocabulary import Delivery
from afilnet_protocols.waiting.carriers import Carriers, Job, aside, begun_aside

R = TypeVar("R")

MAX_THREADS = 32

TOLD_AFTER = 0.1
"""How long after a call that never began who watches is told of it, in seconds."""


class ThreadedChat(AsyncForwarding):
    """Runs the calls of a synchronous client in threads, so that both worlds behave alike by construction.

    The time of a call begins where it is awaited. A call that has no thread by its deadline ends as ``not_sent`` and
    is never sent, and so is one that is cancelled before. One that is cancelled later sends nothing more; whether it
    had sent anything, :func:`~afilnet_protocols.delivery_of` says of the ``CancelledError``.

    Args:
        chat: the synchronous client, closed with this one; or what makes it, in a thread, when it is first needed.
        threads: how many calls may be under way at once, unless the client says it (``max_connections``).
        timeout: how long a call may wait for a thread, in seconds, unless the client says how long its calls may take,
            or the caller with :func:`~afilnet_protocols.deadline`; ``None`` for as long as it takes.
        hooks: who is told of calls that end before the client has seen them.
    """

    def __init__(
        self,
        chat: ChatOperations | Callable[[], ChatOperations],
        *,
        threads: int = MAX_THREADS,
        timeout: float | None = None,
        hooks: Sequence[CallHook] = (),
    ) -> None:
        self._client = LateClient(chat)
        self._carriers = Carriers(threads)
        self._timeout = timeout
        self._hooks = tuple(hooks)
        self._closed = False
        self._ended = False
        self._untold: deque[tuple[str, Begun, BaseException]] = deque()
        self._telling: Job[None, None] | None = None
        self._about_to_tell = False
        self._awaited: set[Job[ChatOperations, Any]] = set()

    async def close(self) -> None:
        """Refuse the calls that have not begun, wait for those that somebody awaits, and close the client.

        What was cancelled is not waited for. If this is cancelled itself, it can be called again.
        """
        self._closed = True
        if self._ended:
            return
        loop = asyncio.get_running_loop()
        for job in list(self._awaited):
            job.refuse(ConfigurationError(CLOSED))
        under_way = {job.ended for job in self._awaited if job.ended.get_loop() is loop and not job.ended.done()}
        if under_way:
            await asyncio.wait(under_way)
        if self._untold and self._telling is None:
            self._tell_more()
        while self._telling is not None and self._telling.ended.get_loop() is loop:
            await asyncio.wait([self._telling.ended])
        self._carriers.end()
        await begun_aside(self._client.close, or_here=True)
        self._ended = True

    async def __aenter__(self) -> Self:
        """Make the client, if it has not been made.

        Raises:
            ConfigurationError: the settings cannot work.
        """
        if self._client.made is None:
            await aside(self._client.get)
        return self

    async def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        return await self.carry(operation, arguments, Begun(monotonic(), carried=True))

    async def carry(self, operation: Operation[R], arguments: Arguments, begun: Begun) -> R:
        """Carry out a call that was begun somewhat earlier."""
        if self._closed:
            raise ConfigurationError(CLOSED)
        job = Job(self._client.get, lambda chat: invoke(chat, operation, arguments), begun)
        self._awaited.add(job)
        timer = self._time_limit(job, operation.name, begun)
        wanted = getattr(self._client.made, "max_connections", None)
        if isinstance(wanted, int):
            self._carriers.most = wanted
        self._carriers.take(job)
        try:
            return await job.ended
        except asyncio.CancelledError as cancelled:
            self._give_up(job, operation.name, begun, cancelled)
            raise
        finally:
            if timer is not None:
                timer.cancel()
            self._awaited.discard(job)
            del job, timer  # or this frame keeps an error

    def _time_limit(self, job: Job[ChatOperations, R], operation: str, begun: Begun) -> asyncio.TimerHandle | None:
        """See to it that a call which has not begun by its deadline never begins."""
        told = getattr(self._client.made, "timeout", self._timeout)
        configured = told if isinstance(told, float | int) else float("inf")
        seconds = seconds_for_call(configured)
        if seconds == float("inf"):
            return None

        def up() -> None:
            text = f"not sent: the time was up before the call had its turn ({more_time()}, or begin fewer at once)"
            error = NotSentError(text, local=True)
            if job.refuse(error):
                self._tell(operation, begun, error)

        loop = asyncio.get_running_loop()
        return loop.call_later(max(0.0, begun.at + seconds - monotonic()), up)

    def _give_up(
        self, job: Job[ChatOperations, R], operation: str, begun: Begun, cancelled: asyncio.CancelledError
    ) -> None:
        """Stop waiting for a call, and note on the cancellation what became of it."""
        begun.give_up()
        unseen = job.entry.acquire(blocking=False)
        delivery = Delivery.UNKNOWN if begun.left else Delivery.NOT_SENT
        note_delivery(cancelled, delivery, f"{operation} over {self._protocol}")
        if unseen:
            self._tell(operation, begun, cancelled)

    def _tell(self, operation: str, begun: Begun, error: BaseException) -> None:
        """Tell who watches of a call that the client has not seen; soon, and not in the loop, where a hook may wait."""
        if isinstance(error, AfilnetError):
            error.during(operation, self._protocol)
        self._untold.append((operation, begun, error))
        if self._telling is None and not self._about_to_tell:
            # Many calls end at one moment; to tell of the first while the others wait to be told would delay these.
            self._about_to_tell = True
            asyncio.get_running_loop().call_later(TOLD_AFTER, self._tell_more)

    def _tell_more(self) -> None:
        self._about_to_tell = False
        self._telling = Job(lambda: None, lambda _: self._tell_all(), Begun(monotonic()))
        self._telling.ended.add_done_callback(self._told)
        self._carriers.take(self._telling)

    def _tell_all(self) -> None:
        while self._untold:
            operation, begun, error = self._untold.popleft()
            watch = Watch(CallInfo(operation, self._protocol, begun.at), self._hooks, begun)
            with contextlib.suppress(BaseException):  # what a hook raises in a thread of ours is nobody's
                watch.__enter__()
                watch.__exit__(type(error), error, None)

    def _told(self, telling: asyncio.Future[None]) -> None:
        self._telling = None
        if telling.exception() is not None:
            self._untold.clear()  # there is no thread to tell anybody
        elif self._untold:
            self._tell_more()

    @property
    def _protocol(self) -> str:
        return str(getattr(self._client.made, "protocol", ""))
