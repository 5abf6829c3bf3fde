"""`UnderWay`: the handlers that an inbox for asyncio has begun and that have not ended."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from afilnet_protocols.inbox.failing import HandlingFailed


def of_its_own(error: BaseException) -> BaseException:
    """Return what a handler raised, in its task; as a failure, if what it waited for was cancelled and not itself."""
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling():
        return HandlingFailed("its handler waited for what was cancelled")
    return error


class UnderWay:
    """Handlers of a run under way, each a task. What one raises that is not its message's is raised where one waits."""

    def __init__(self) -> None:
        self._run = asyncio.current_task()
        self._tasks: set[asyncio.Task[None]] = set()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_lost(self) -> bool:
        """Whether the loop was closed that the run was in, so that nobody goes on with it."""
        return self.over.get_loop().is_closed()

    @property
    def can_be_waited_for(self) -> bool:
        """Whether the run is of this loop, and not around this call."""
        mine = self.over.get_loop() is asyncio.get_running_loop()
        return mine and asyncio.current_task() not in (self._run, *self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, handling: Coroutine[Any, Any, None]) -> None:
        """Begin one."""
        self._tasks.add(asyncio.create_task(handling))

    async def fewer_than(self, most: int) -> None:
        """Wait until fewer than so many are under way."""
        while len(self._tasks) >= most:
            await self.one_ended(None)

    async def one_ended(self, seconds: float | None) -> None:
        """Wait until one has ended, at most so long in seconds; without any, so long."""
        if not self._tasks:
            await asyncio.sleep(seconds or 0.0)
            return
        done, _ = await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        self._tasks -= done
        for task in done:
            task.result()

    async def cancel(self) -> None:
        """Cancel all of them, and wait for their ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
