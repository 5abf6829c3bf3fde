"""A port of the sandbox: bound on loopback, and every connection that it accepts."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import weakref

import uvicorn
from uvicorn.server import ServerState

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.journal import logger
from afilnet_protocols.sandbox.faults.fault_book import FaultBook, NamedFault, Where
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.server.accepted_connection import AcceptedConnection
from afilnet_protocols.sandbox.server.exchange import HttpRequest
from afilnet_protocols.sandbox.server.http1 import Http1
from afilnet_protocols.sandbox.server.wire_log import WireLog

HOST = "127.0.0.1"
"""Where the sandbox listens. It is never reachable from another machine."""

END_SECONDS = 5.0
"""How long the connections of a port may take to end."""

_GRAIN = 0.001

log = logger(__name__)


def listen(port: int, name: str) -> socket.socket:
    """Bind a port on loopback; 0 takes any that is free.

    Raises:
        ConfigurationError: the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        problem = None
    except OSError as error:
        problem = error.strerror
    if problem is not None:
        listener.close()
        raise ConfigurationError(
            f"the sandbox cannot listen on port {port} of {HOST}: {problem}; choose another for {name}"
            f" (--{name.replace('_', '-')}), or 0 for any that is free"
        )
    return listener


class Listener:
    """Accepts connections on one port. It knows every one from its first byte, so that it can end them all at once."""

    def __init__(self, config: uvicorn.Config, bound: socket.socket, faults: FaultBook, wires: WireLog | None) -> None:
        self._config = config
        self._bound = bound
        self._faults = faults
        self._wires = wires
        self._state = ServerState()
        self._welcoming: set[asyncio.Task[None]] = set()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    async def serve(self, stopping: asyncio.Event) -> None:
        """Accept connections until it is time to stop, then end them."""
        accepting = asyncio.ensure_future(self._accept())
        await stopping.wait()
        accepting.cancel()
        await self._end()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._bound)
            except OSError as error:
                # Out of descriptors, or the client is gone already: others may come.
                log.debug("a connection was not accepted: %s", type(error).__name__)
                await asyncio.sleep(0.05)
                continue
            self._sockets.add(connection)
            connection.setblocking(False)
            fault = self._faults.take_at(Where.CONNECTION)
            task = loop.create_task(self._spoil(connection, fault) if fault else self._welcome(connection))
            self._welcoming.add(task)
            task.add_done_callback(self._welcoming.discard)

    async def drop_idle(self) -> None:
        """End the connections that are between two requests, and return when they have ended."""
        idle = [each.connection for each in list(self._state.connections) if isinstance(each, Http1) and each.idle]
        for connection in idle:
            connection.close()
        for connection in idle:
            await connection.gone.wait()

    async def _spoil(self, connection: socket.socket, fault: NamedFault) -> None:
        if self._wires is not None:
            self._wires.no_request("https" if self._config.is_ssl else "http", fault)
        accepted = AcceptedConnection(connection)
        try:
            await KINDS[fault.kind].act(accepted)  # type: ignore[arg-type]  # where it meets says what it takes
        finally:
            accepted.close()

    async def _welcome(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(self._protocol, connection, ssl=self._config.ssl)
        except Exception as error:  # noqa: BLE001 - whatever a client does in its handshake is its own affair
            log.debug("a connection was not made: %s", type(error).__name__)
            if self._wires is not None and isinstance(error, ssl.SSLError):
                came = HttpRequest("", "https", "", "", b"", {}, b"")
                self._wires.malformed(came, _about(error), None)
            connection.close()

    def _protocol(self) -> Http1:
        return Http1(
            self._config, self._state, {}, _loop=asyncio.get_running_loop(), faults=self._faults, wires=self._wires
        )

    async def _end(self) -> None:
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # so that calls that are in hand know that nobody waits for them
        for task in (*self._state.tasks, *self._welcoming):
            task.cancel()
        for raw in list(self._sockets):
            with contextlib.suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)
        for _ in range(int(END_SECONDS / _GRAIN)):
            if not (self._welcoming or self._state.connections or self._state.tasks):
                break
            await asyncio.sleep(_GRAIN)
        await asyncio.sleep(_GRAIN)


def _about(error: ssl.SSLError) -> str:
    """Say why there was no TLS, in OpenSSL's words."""
    return f"no TLS: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
