"""`Aside`: an outbox that works in threads while the loop goes on. Nothing else here knows of threads."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.entry import Entry
from afilnet_protocols.outbox.outbox import Outbox
from afilnet_protocols.outbox.worker import Progress
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.waiting.carriers import aside, begun_aside, to_its_end

T = TypeVar("T")

CLOSED = "this outbox is closed: open it again"


class Aside:
    """An outbox, opened when it is first needed."""

    def __init__(self, make: Callable[[], Outbox]) -> None:
        self._make = make
        self._outbox: Outbox | None = None
        self._closed = False
        begin_afresh(self)

    def after_fork(self) -> None:
        """Begin with a lock that no thread of the parent holds, and without what runs there."""
        self._opening = threading.Lock()
        self._stopped = False
        self._running: set[asyncio.Future[Any]] = set()

    async def _open(self) -> Outbox:
        if self._closed:
            raise ConfigurationError(CLOSED)
        if self._outbox is None:
            return await aside(self._opened)
        return self._outbox

    def _opened(self) -> Outbox:
        with self._opening:
            outbox = self._outbox
            if outbox is None:
                outbox = self._outbox = self._make()
                # Whoever asks for something says so before he looks whether it is open; so one sees the other.
                if self._stopped:
                    outbox.stop()
                if self._closed:
                    outbox.close()
                    raise ConfigurationError(CLOSED)
            return outbox

    async def _do(self, action: Callable[[Outbox], T]) -> T:
        outbox = await self._open()
        return await aside(lambda: action(outbox))

    async def _to_its_end(self, work: Callable[[Callable[[], bool]], T], until: Callable[[], bool] | None) -> T:
        """Do work that ends after the entry in hand when it is asked to, also where the task is cancelled."""
        stopped = threading.Event()
        ended = begun_aside(lambda: work(lambda: stopped.is_set() or (until is not None and until())))
        self._running.add(ended)
        ended.add_done_callback(self._running.discard)
        return await to_its_end(ended, stopped.set)


def in_loop(tell: Progress | None) -> Progress | None:
    """Return what calls a function in the thread of the running loop, and waits there for its end."""
    if tell is None:
        return None
    loop = asyncio.get_running_loop()

    def there(entry: Entry) -> None:
        told: concurrent.futures.Future[None] = concurrent.futures.Future()

        def call() -> None:
            try:
                tell(entry)
            except BaseException as error:  # noqa: BLE001 -- it is raised where it is waited for
                told.set_exception(error)
            else:
                told.set_result(None)

        loop.call_soon_threadsafe(call)
        told.result()

    return there
