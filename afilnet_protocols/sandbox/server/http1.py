"""The sandbox's HTTP/1.1: uvicorn's, open to faults."""

from __future__ import annotations

import contextlib
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from afilnet_protocols.sandbox.faults.fault_book import FaultBook, NamedFault, Where
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.server.app import CONNECTION
from afilnet_protocols.sandbox.server.corked_transport import CorkedTransport
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest
from afilnet_protocols.sandbox.server.faulty_connection import ConnectionGone, FaultyConnection
from afilnet_protocols.sandbox.server.wire_log import WireLog

LONGEST_HEAD = 64 * 1024
"""The longest address with header fields, in bytes; more is a plain 400."""

_BETWEEN = len(": \r\n")
_TOO_LONG = "the head of the request is too long"


class Http1(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with a limit on the head of a request, without a log of requests, and open to faults."""

    def __init__(self, *args: Any, faults: FaultBook, wires: WireLog | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # It goes by the logging of the whole process, whatever the configuration says. Addresses hold passwords.
        self.access_log = False
        self._faults = faults
        self._wires = wires
        self._latest = b""
        self._in_request = False
        self._spoiled = False

    @property
    def idle(self) -> bool:
        """Whether it is between two requests."""
        cycle: RequestResponseCycle | None = self.cycle
        return not self._in_request and (cycle is None or cycle.response_complete)

    @property
    def _scheme(self) -> str:
        return "https" if self.transport.get_extra_info("sslcontext") else "http"

    def connection_made(self, transport: Any) -> None:
        corked = CorkedTransport(transport)
        super().connection_made(corked)  # type: ignore[arg-type]  # it has all of a transport that is used there
        self.connection = FaultyConnection(transport, corked)
        self._meet(Where.HANDSHAKE)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection.gone.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.idle and not self._spoiled:
            self._meet(Where.REQUEST)
        if not self._spoiled:
            self._in_request = True
            self._latest = data
            super().data_received(data)

    def _meet(self, where: Where) -> None:
        """If there is a fault for this moment, leave the connection to it."""
        fault = self._faults.take_at(where)
        if fault is not None:
            self._spoiled = True
            if self._wires is not None:
                self._wires.no_request(self._scheme, fault)
            task = self.loop.create_task(self._spoil(fault))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _spoil(self, fault: NamedFault) -> None:
        with contextlib.suppress(ConnectionGone, OSError):
            await KINDS[fault.kind].act(self.connection)  # type: ignore[arg-type]  # where it meets says what it takes
        self.connection.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, and keep it for whoever wonders what came."""
        if self._wires is not None:
            came = HttpRequest("", self._scheme, "", "", b"", {}, self._latest[:LONGEST_HEAD])
            self._wires.malformed(came, msg, HttpAnswer(400, msg.encode()))
        super().send_400_response(msg)

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"connection": self.connection}}

    def on_message_complete(self) -> None:
        self._in_request = False
        super().on_message_complete()

    def on_url(self, url: bytes) -> None:
        self._head += len(url)
        if self._head > LONGEST_HEAD:
            raise ValueError(_TOO_LONG)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value) + _BETWEEN
        if self._head > LONGEST_HEAD:
            raise ValueError(_TOO_LONG)
        super().on_header(name, value)
