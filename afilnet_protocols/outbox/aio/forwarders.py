"""`putting`, `sending`, `telling`: methods of an outbox that a task hands something to, ends, or is told by."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from afilnet_protocols.outbox.aio.aside import Aside, in_loop
from afilnet_protocols.outbox.checks import check_callbacks
from afilnet_protocols.outbox.connections import of_loop
from afilnet_protocols.outbox.outbox import Outbox
from afilnet_protocols.outbox.worker import Progress
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.waiting.carriers import aside

P = ParamSpec("P")
R = TypeVar("R")

ADDRESSES = ("file_url", "thumb_url")
"""Parameters that may hold a secret, which no frame is to show."""


def putting(
    method: Callable[Concatenate[Outbox, P], int],
) -> Callable[Concatenate[Aside, P], Coroutine[Any, Any, int]]:
    """Return a coroutine function that puts in as a method of an outbox does: same parameters and documentation.

    ``connection`` is used in the loop's own thread, and may be an asynchronous one.
    """

    @functools.wraps(method)
    async def call(self: Aside, /, *args: P.args, **kwargs: P.kwargs) -> int:
        for name in ADDRESSES:
            if name in kwargs:
                kwargs[name] = origin_only(kwargs[name])
        outbox, connection = await self._open(), kwargs.get("connection")
        if connection is None:
            return await aside(lambda: method(outbox, *args, **kwargs))
        given = await of_loop(connection, asyncio.get_running_loop())
        if given is None:
            return method(outbox, *args, **kwargs)
        kwargs["connection"] = given
        # Nobody else is to use the connection before this has.
        return await self._to_its_end(lambda _: method(outbox, *args, **kwargs), None)

    return call


def sending(method: Callable[Concatenate[Outbox, P], R]) -> Callable[Concatenate[Aside, P], Coroutine[Any, Any, R]]:
    """Return a coroutine function that sends as a method of an outbox does: same parameters and documentation.

    One that is cancelled ends after the entry in hand. ``on_progress`` is called in the loop's own thread, ``until`` in
    another one.
    """

    @functools.wraps(method)
    async def call(self: Aside, /, *args: P.args, **kwargs: P.kwargs) -> R:
        check_callbacks(kwargs.get("on_progress"), kwargs.get("until"))
        outbox = await self._open()
        until = cast("Callable[[], bool] | None", kwargs.get("until"))
        if "on_progress" in kwargs:
            kwargs["on_progress"] = in_loop(cast("Progress | None", kwargs["on_progress"]))

        def work(ended: Callable[[], bool]) -> R:
            kwargs["until"] = ended
            return method(outbox, *args, **kwargs)

        return await self._to_its_end(work, until)

    return call


def telling(method: Callable[Concatenate[Outbox, P], R]) -> Callable[Concatenate[Aside, P], Coroutine[Any, Any, R]]:
    """Return a coroutine function that calls a method of an outbox, with ``on_progress`` in the loop's own thread.

    Args:
        method: the method; it has the same parameters and documentation.
    """

    @functools.wraps(method)
    async def call(self: Aside, /, *args: P.args, **kwargs: P.kwargs) -> R:
        check_callbacks(kwargs.get("on_progress"), None)
        if "on_progress" in kwargs:
            kwargs["on_progress"] = in_loop(cast("Progress | None", kwargs["on_progress"]))
        return await self._do(lambda outbox: method(outbox, *args, **kwargs))

    return call
