"""`putting`: a method that puts an entry in, for tasks: aside, or on the connection that a task hands over."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec

from afilnet_protocols.carriers import aside
from afilnet_protocols.outbox.aio.aside import Aside
from afilnet_protocols.outbox.connections import of_loop
from afilnet_protocols.outbox.outbox import Outbox
from afilnet_protocols.security.safe_repr import origin_only

P = ParamSpec("P")

ADDRESSES = ("file_url", "thumb_url")
"""Parameters that may hold a secret, which no frame is to show."""


def putting(
    method: Callable[Concatenate[Outbox, P], int],
) -> Callable[Concatenate[Aside, P], Coroutine[Any, Any, int]]:
    """Return a coroutine function that puts in as a method of an outbox does: same parameters and documentation.

    ``connection`` is used in the loop's own thread, and may be an asynchronous one.

    Args:
        method: the method.
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
