"""The server's life: three listeners on loopback (HTTPS, plain HTTP, and the page's) on one loop in one thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from pathlib import Path

import uvicorn

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.journal import logger
from afilnet_protocols.process.shortage import LACKS, shortage
from afilnet_protocols.retold import in_words
from afilnet_protocols.sandbox.faults.fault_book import FaultBook
from afilnet_protocols.sandbox.server.app import AsgiApp
from afilnet_protocols.sandbox.server.http1 import Http1
from afilnet_protocols.sandbox.server.listener import END_SECONDS, Listener
from afilnet_protocols.sandbox.server.wire_log import WireLog

START_SECONDS = 60.0
"""For what hangs: a busy machine may take its time."""
STOP_SECONDS = 2 * END_SECONDS

_BACKLOG = 1024
_OPENED_BY_A_LOOP = 3
"""A selector, and the two ends by which other threads wake it."""

log = logger(__name__)


class Server:
    """Serves an application until it is stopped. :meth:`start` returns when the first request can be answered."""

    def __init__(
        self,
        app: AsgiApp,
        page: AsgiApp,
        *,
        tls: socket.socket,
        plain: socket.socket,
        page_socket: socket.socket,
        certificate: Path,
        faults: FaultBook,
        wires: WireLog,
    ) -> None:
        self._bound = (tls, plain, page_socket)
        # No fault meets the page, which arms them.
        self._faults = (faults, faults, FaultBook())
        self._wires = (wires, wires, None)
        self._listeners: list[Listener] = []
        self._configs = (_config(app, certificate), _config(app, None), _config(page, None))
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
        try:
            _check_room()
            with contextlib.closing(asyncio.new_event_loop()) as loop:
                loop.set_exception_handler(_log_quietly)
                self._loop = loop
                loop.run_until_complete(self._serve())
        except Exception as error:  # noqa: BLE001 - it is handed to the thread that waits in start()
            self._failure = _told(error)
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        for config, bound, faults, wires in zip(self._configs, self._bound, self._faults, self._wires, strict=True):
            config.load()
            bound.setblocking(False)
            bound.listen(_BACKLOG)
            self._listeners.append(Listener(config, bound, faults, wires))
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


def _check_room() -> None:
    """Open as much as a loop does: one that is made for want of it only in part complains in words of Python's."""
    with contextlib.ExitStack() as held:
        for _ in range(_OPENED_BY_A_LOOP):
            held.enter_context(socket.socket())


def _told(error: Exception) -> str:
    lack = shortage(error)
    if lack:
        return f"{LACKS} ({lack})"
    return in_words(error) if isinstance(error, OSError) else type(error).__name__


def _config(app: AsgiApp, certificate: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Http1,
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


def _log_quietly(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    # Clients that break off in the middle of TLS are everyday here; what they sent does not belong in a log.
    log.debug("a connection ended badly: %s", type(context.get("exception")).__name__)
