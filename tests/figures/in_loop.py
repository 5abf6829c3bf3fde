"""The asyncio client where figures expect a synchronous one: each call is a task of a loop that runs beside."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from afilnet_protocols import ChatOperations, Settings
from afilnet_protocols.aio import AsyncChat, connect_async
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.forwarding import Arguments, Forwarding
from tests.figures.stage import hasten

R = TypeVar("R")


@functools.cache
def loop() -> asyncio.AbstractEventLoop:
    """Return the loop of all such clients, which runs in a thread of its own."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="tests-loop", daemon=True).start()
    return made


class InLoop(Forwarding):
    """A client of asyncio, called from any thread.

    Args:
        settings: of the client.
    """

    def __init__(self, settings: Settings) -> None:
        chat = connect_async(settings)
        assert isinstance(chat, AsyncChat)
        self.chat = chat
        self._done(chat.__aenter__())

    @property
    def made(self) -> ChatOperations:
        """The client of a protocol that carries the calls out."""
        made = self.chat._client.made
        assert made is not None
        return made

    def _done(self, call: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(call, loop()).result()

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        return self._done(self.chat._call(operation, arguments))

    def close(self) -> None:
        self._done(self.chat.close())


def opened_in_loop(settings: Settings) -> ChatOperations:
    """Make an asyncio client as it is, but for short pauses."""
    client = InLoop(settings)
    hasten(client.made)
    return client
