"""`AcceptedConnection`: an accepted connection on which no server speaks yet, as a fault sees it: bare TCP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

_LINGER_ZERO = struct.pack("ii", 1, 0)
_PIECE = 4096


class AcceptedConnection:
    """An accepted connection, before TLS."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._loop = asyncio.get_running_loop()

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        with contextlib.suppress(OSError):
            await self._loop.sock_sendall(self._socket, data)

    async def take(self) -> bytes:
        """Return what the client sends next; nothing when it has hung up."""
        try:
            return await self._loop.sock_recv(self._socket, _PIECE)
        except OSError:
            return b""

    async def hold(self) -> None:
        """Take what comes and answer nothing, until the client hangs up."""
        while await self.take():
            pass

    async def end(self) -> None:
        """End the stream with FIN, and take what still comes, so that no reset overtakes it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        await self.hold()

    def reset(self) -> None:
        """Reset the connection (RST)."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.close()

    def close(self) -> None:
        """Close it at once."""
        self._socket.close()
