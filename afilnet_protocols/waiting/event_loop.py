"""`running_loop`: the event loop that carries a coroutine, which has to be one of asyncio's."""

from __future__ import annotations

import asyncio

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.retold import Retold

_NO_LOOP = (
    "no asyncio loop is running here, and coroutines of this package need one: under trio, await them inside "
    "trio_asyncio.open_loop(), through trio_asyncio.aio_as_trio(), or give anyio.run() the backend 'asyncio'"
)


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that runs.

    Raises:
        ConfigurationError: none does, as under trio.
    """
    with Retold(RuntimeError, lambda _: ConfigurationError(_NO_LOOP)):
        return asyncio.get_running_loop()
