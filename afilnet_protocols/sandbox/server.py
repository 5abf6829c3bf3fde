"""The server's life: two listeners (HTTPS and plain HTTP on loopback) on one event loop in one thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import threading
from pathlib import Path

import trustme
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox.app import AsgiApp

HOST = "127.0.0.1"
"""Where the sandbox listens. It is never reachable from another machine."""

LONGEST_HEAD = 64 * 1024
"""The longest address with header fields, in bytes; more is a plain 400."""

START_SECONDS = 10.0
STOP_SECONDS = 10.0

log = logging.getLogger(__name__)


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with a limit on the head of a request."""

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
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


class _Listener(uvicorn.Server):
    """uvicorn's server, but stopped at once: whoever closes a sandbox waits for no client."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for task in list(self.server_state.tasks):
            task.cancel()
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)


class Server:
    """Serves an application until it is stopped. :meth:`start` returns when the first request can be answered."""

    def __init__(self, app: AsgiApp, *, tls: socket.socket, plain: socket.socket, certificate: Path) -> None:
        self._configs = [(_config(app, certificate), tls), (_config(app, None), plain)]
        self._listeners: list[_Listener] = []
        self._loop: asyncio.AbstractEventLoop | None = None
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
        """Stop, close every connection and wait for the thread; doing it again does nothing."""
        if self._loop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
                self._loop.call_soon_threadsafe(self._stop_listeners)
            self._thread.join(STOP_SECONDS)
        for _, listener in self._configs:
            listener.close()

    def _stop_listeners(self) -> None:
        for listener in self._listeners:
            listener.stopping.set()

    def _run(self) -> None:
        self._loop = loop = _new_loop()
        loop.set_exception_handler(_log_quietly)
        try:
            loop.run_until_complete(self._serve())
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is handed to the thread that waits in start()
            self._failure = type(error).__name__
        finally:
            self._ready.set()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _serve(self) -> None:
        self._listeners = [_Listener(config) for config, _ in self._configs]
        sockets = [listener for _, listener in self._configs]
        pairs = zip(self._listeners, sockets, strict=True)
        tasks = [asyncio.ensure_future(listener.serve([bound])) for listener, bound in pairs]
        while not all(listener.started for listener in self._listeners) and not any(task.done() for task in tasks):
            await asyncio.sleep(0.001)
        if all(listener.started for listener in self._listeners):
            self._ready.set()
        await asyncio.gather(*tasks)


def _config(app: AsgiApp, certificate: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        # No log of requests: their addresses hold passwords.
        access_log=False,
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
