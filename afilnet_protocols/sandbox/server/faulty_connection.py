"""`FaultyConnection`: one connection of the server as a fault sees it: below HTTP, and over TLS where there is TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Iterator

from afilnet_protocols.sandbox.server.corked_transport import CorkedTransport

LONGEST_HOLD = 30.0
"""How long a fault holds a connection that its client does not give up, in seconds."""

_LINGER_ZERO = struct.pack("ii", 1, 0)
_GRAIN = 0.001


class ConnectionGone(Exception):
    """The client has hung up: the fault is over."""


class FaultyConnection:
    """A connection after its handshake."""

    def __init__(self, transport: asyncio.Transport, corked: CorkedTransport) -> None:
        self._transport = transport
        self.corked = corked
        self.gone = asyncio.Event()

    async def write(self, data: bytes) -> None:
        """Send bytes, and wait until the kernel has them.

        Raises:
            ConnectionGone: the client has hung up.
        """
        self.write_soon(data)
        while self._transport.get_write_buffer_size():
            await self.pause(_GRAIN)
        # The loop hands over what was written once it comes round again.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def write_soon(self, data: bytes) -> None:
        """Send bytes without waiting; nothing if the client has hung up."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def drip(self, data: bytes, *, every: float) -> None:
        """Send bytes one by one, with a pause after each, in seconds.

        Raises:
            ConnectionGone: the client has hung up.
        """
        for start in range(len(data)):
            await self.write(data[start : start + 1])
            await self.pause(every)

    async def pause(self, seconds: float) -> None:
        """Do nothing for a while.

        Raises:
            ConnectionGone: the client has hung up.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), seconds)
        if self.gone.is_set() or self._transport.is_closing():
            raise ConnectionGone

    async def hold(self, seconds: float = LONGEST_HOLD) -> None:
        """Do nothing until the client hangs up, or for so long."""
        with contextlib.suppress(ConnectionGone):
            await self.pause(seconds)

    def stop_reading(self) -> None:
        """Take nothing more from the client, so that the kernel's buffers fill up."""
        self._transport.pause_reading()

    async def end(self) -> None:
        """End in good order: over TLS with ``close_notify``, then FIN."""
        self._transport.close()
        await self.hold(1.0)

    async def cut(self) -> None:
        """End the TCP stream with FIN; over TLS without the ``close_notify`` that belongs before it."""
        for raw in self._raw():
            raw.shutdown(socket.SHUT_RDWR)
        self._transport.abort()

    async def reset(self) -> None:
        """Reset the connection (RST)."""
        for raw in self._raw():
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()

    def close(self) -> None:
        """End it at once, whatever state it is in."""
        self._transport.abort()

    def _raw(self) -> Iterator[socket.socket]:
        """Yield the socket below TLS, if it is still open. The loop's own must not be closed, so it is a duplicate."""
        shown = self._transport.get_extra_info("socket")
        if shown is None or self._transport.is_closing():
            return
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(shown.fileno())) as raw:
            yield raw
