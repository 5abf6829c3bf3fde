"""The server's life: two listeners (HTTPS and plain HTTP on loopback) on one event loop in one thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox.accepted import Accepted
from afilnet_protocols.sandbox.app import LINE, AsgiApp
from afilnet_protocols.sandbox.fault_kinds import KINDS
from afilnet_protocols.sandbox.faults import FaultBook, NamedFault, Where
from afilnet_protocols.sandbox.line import Line, LineGone

HOST = "127.0.0.1"
"""Where the sandbox listens. It is never reachable from another machine."""

LONGEST_HEAD = 64 * 1024
"""The longest address with header fields, in bytes; more is a plain 400."""

START_SECONDS = 10.0
STOP_SECONDS = 10.0

_BACKLOG = 1024
_GRAIN = 0.001

log = logging.getLogger(__name__)


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with a limit on the head of a request, without a log of requests, and open to faults."""

    def __init__(self, *args: Any, faults: FaultBook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # It goes by the logging of the whole process, whatever the configuration says. Addresses hold passwords.
        self.access_log = False
        self._faults = faults
        self._in_request = False
        self._spoiled = False

    @property
    def idle(self) -> bool:
        """Whether it is between two requests."""
        cycle: RequestResponseCycle | None = self.cycle
        return not self._in_request and (cycle is None or cycle.response_complete)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.line = Line(transport)
        self._meet(Where.HANDSHAKE)

    def connection_lost(self, exc: Exception | None) -> None:
        self.line.gone.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.idle and not self._spoiled:
            self._meet(Where.REQUEST)
        if not self._spoiled:
            self._in_request = True
            super().data_received(data)

    def _meet(self, where: Where) -> None:
        """If there is a fault for this moment, leave the connection to it."""
        fault = self._faults.take_at(where)
        if fault is not None:
            self._spoiled = True
            task = self.loop.create_task(self._spoil(fault))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _spoil(self, fault: NamedFault) -> None:
        with contextlib.suppress(LineGone, OSError):
            await KINDS[fault.kind].act(self.line)  # type: ignore[arg-type]  # where it meets says what it takes
        self.line.close()

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()
        self.scope["extensions"] = {LINE: {"line": self.line}}

    def on_message_complete(self) -> None:
        self._in_request = False
        super().on_message_complete()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + len(": \r\n"))
        super().on_header(name, value)

    def _count(self, length: int) -> None:
        self._head += length
        if self._head > LONGEST_HEAD:
            raise ValueError("the head of the request is too long")


def listen(port: int) -> socket.socket:
    """Bind a port on loopback; 0 takes any that is free.

    Raises:
        ConfigurationError: the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        problem = None
    except OSError as error:
        problem = error.strerror
    if problem is not None:
        listener.close()
        raise ConfigurationError(f"the sandbox cannot listen on port {port} of {HOST}: {problem}; choose another port")
    return listener


def write_certificates(directory: Path) -> tuple[Path, Path]:
    """Write a throw-away certificate authority, and a certificate for loopback with its key; return both files."""
    authority = trustme.CA(organization_name="afilnet-protocols sandbox")
    certificate = authority.issue_cert(HOST, "localhost", "::1")
    ca_file, own_file = directory / "ca.pem", directory / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    descriptor = os.open(own_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(certificate.private_key_and_cert_chain_pem.bytes())
    return ca_file, own_file


class _Listener:
    """Accepts connections on one port. It knows every one from its first byte, so that it can end them all at once."""

    def __init__(self, config: uvicorn.Config, bound: socket.socket, faults: FaultBook) -> None:
        self._config = config
        self._bound = bound
        self._faults = faults
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
        lines = [each.line for each in list(self._state.connections) if isinstance(each, _Protocol) and each.idle]
        for line in lines:
            line.close()
        for line in lines:
            await line.gone.wait()

    async def _spoil(self, connection: socket.socket, fault: NamedFault) -> None:
        accepted = Accepted(connection)
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
            connection.close()

    def _protocol(self) -> _Protocol:
        return _Protocol(self._config, self._state, {}, _loop=asyncio.get_running_loop(), faults=self._faults)

    async def _end(self) -> None:
        for task in (*self._state.tasks, *self._welcoming):
            task.cancel()
        for connection in list(self._state.connections):
            connection.transport.abort()
        for raw in list(self._sockets):
            with contextlib.suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)
        for _ in range(int(STOP_SECONDS / 2 / _GRAIN)):
            if not (self._welcoming or self._state.connections or self._state.tasks):
                break
            await asyncio.sleep(_GRAIN)
        await asyncio.sleep(_GRAIN)


class Server:
    """Serves an application until it is stopped. :meth:`start` returns when the first request can be answered."""

    def __init__(
        self, app: AsgiApp, *, tls: socket.socket, plain: socket.socket, certificate: Path, faults: FaultBook
    ) -> None:
        self._bound = (tls, plain)
        self._faults = faults
        self._listeners: list[_Listener] = []
        self._configs = (_config(app, certificate), _config(app, None))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="afilnet-sandbox", daemon=True)
        self._ready = threading.Event()
        self._failure: str | None = None

    def start(self) -> None:
        """Start, and wait until both ports answer.

        Raises:
            ConfigurationError: it did not come up.
        """
        self._thread.start()
        if not self._ready.wait(START_SECONDS) or self._failure is not None:
            self.stop()
            raise ConfigurationError(f"the sandbox did not start: {self._failure or 'it took too long'}")

    def stop(self) -> None:
        """Stop, end every connection and wait for the thread; doing it again does nothing."""
        if self._loop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_SECONDS)
        for bound in self._bound:
            bound.close()

    def _run(self) -> None:
        self._loop = loop = _new_loop()
        loop.set_exception_handler(_log_quietly)
        try:
            loop.run_until_complete(self._serve())
        except Exception as error:  # noqa: BLE001 - it is handed to the thread that waits in start()
            self._failure = type(error).__name__
        finally:
            self._ready.set()
            loop.close()

    async def _serve(self) -> None:
        for config, bound in zip(self._configs, self._bound, strict=True):
            config.load()
            bound.setblocking(False)
            bound.listen(_BACKLOG)
            self._listeners.append(_Listener(config, bound, self._faults))
        self._ready.set()
        await asyncio.gather(*(listener.serve(self._stopping) for listener in self._listeners))

    def drop_idle(self) -> None:
        """End the connections that are between two requests, so that the next call has to make one."""
        if self._loop is None or not self._thread.is_alive():
            return
        ending = asyncio.run_coroutine_threadsafe(self._drop_idle(), self._loop)
        if threading.current_thread() is not self._thread:
            ending.result(STOP_SECONDS)

    async def _drop_idle(self) -> None:
        await asyncio.gather(*(listener.drop_idle() for listener in self._listeners))


def _config(app: AsgiApp, certificate: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=60,
        ssl_certfile=certificate,
    )


def _new_loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def _log_quietly(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    # Clients that break off in the middle of TLS are everyday here; what they sent does not belong in a log.
    log.debug("a connection ended badly: %s", type(context.get("exception")).__name__)
