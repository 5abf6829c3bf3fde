"""The ASGI application: takes a request off the network in full, hands it to its endpoint, sends the answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from afilnet_protocols.journal import logger
from afilnet_protocols.sandbox.faults.fault_book import TOKEN, Fault, FaultBook, FaultMet, NamedFault
from afilnet_protocols.sandbox.faults.fault_kind import Exchange
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.faults.swaps import Swaps
from afilnet_protocols.sandbox.server.corked_transport import CorkedTransport
from afilnet_protocols.sandbox.server.exchange import Endpoint, HttpAnswer, HttpRefusal, HttpRequest
from afilnet_protocols.sandbox.server.faulty_connection import ConnectionGone, FaultyConnection
from afilnet_protocols.sandbox.server.wire_log import Wire, WireLog
from afilnet_protocols.vocabulary import Protocol

# These are ASGI's own annotations, so they hold Any: https://asgi.readthedocs.io/en/latest/specs/main.html
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 16 * 1024 * 1024
"""The largest body that is read, in bytes. The vendor documents no limit; a server needs one."""

CONNECTION = "afilnet.connection"
"""The extension of a scope that holds the connection, for faults."""

log = logger(__name__)

_ALWAYS = ((b"cache-control", b"no-store"), (b"x-sandbox", b"afilnet-protocols"))
_NOT_FOUND = HttpAnswer(404, b"there is nothing here\n")
_BROKEN = HttpAnswer(500, b"the sandbox has a defect: see its log\n")


class App:
    """Serves the endpoints by path, and everything under a prefix by another application.

    Args:
        endpoints: what serves each path.
        prefix: where the other application is.
        rest: the other application.
        faults: what may go wrong.
        token_path: the path at which tokens are asked for; the operation of a fault can be to ask for one.
        wires: where every exchange is written down.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        prefix: str,
        rest: AsgiApp,
        faults: FaultBook,
        token_path: str,
        wires: WireLog,
    ) -> None:
        self._endpoints = endpoints
        self._prefix = prefix
        self._rest = rest
        self._faults = faults
        self._token_path = token_path
        self._swaps = Swaps(faults)
        self._wires = wires

    def serve(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Serve these endpoints from now on, in place of those before."""
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; one that is in hand when the server stops is left, which is nothing to tell of."""
        if scope["type"] == "http":
            with contextlib.suppress(asyncio.CancelledError):
                await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        endpoints = self._endpoints
        endpoint = endpoints.get(path)
        if endpoint is None and path.startswith(self._prefix):
            await self._rest(scope, receive, send)
            return
        whole: HttpRequest | HttpAnswer
        try:
            whole = _NOT_FOUND if endpoint is None else await _request(scope, receive)
        except _Gone:
            return
        answer: HttpAnswer | None
        if isinstance(whole, HttpAnswer):
            answer = whole
            wire = self._wires.begin(_read(scope, _headers(scope)))
        else:
            wire = self._wires.begin(whole)
            answer = await self._answer(endpoints[path], whole, scope, wire)
        self._wires.end(wire, answer)
        if answer is not None:
            await _send(scope["extensions"][CONNECTION]["connection"].corked, send, answer)
        else:
            await _over(scope, receive)

    async def _answer(self, endpoint: Endpoint, request: HttpRequest, scope: Scope, wire: Wire) -> HttpAnswer | None:
        """Return the answer; ``None`` if a fault has had the last word."""
        try:
            if request.path == self._token_path:
                fault = self._faults.take(operation=TOKEN, protocol=Protocol.JSON, account=0)
                if isinstance(fault, NamedFault):
                    raise FaultMet(fault)
            return self._served(endpoint, request, wire)
        except FaultMet as met:
            fault = met.fault
            self._wires.meet(wire, fault)

        def carry_out(request: HttpRequest, instead: Fault | None) -> HttpAnswer:
            with self._faults.suspended(instead):
                return self._served(endpoint, request, wire)

        connection: FaultyConnection = scope["extensions"][CONNECTION]["connection"]

        async def swap(answer: HttpAnswer, seconds: float) -> HttpAnswer:
            return await self._swaps.swap(fault, answer, connection, seconds)

        exchange = Exchange(request, connection, _protocol(request), fault.details, carry_out, swap)
        with contextlib.suppress(ConnectionGone, OSError):
            return await KINDS[fault.kind].act(exchange)  # type: ignore[arg-type]  # calls are met by what takes them
        return None

    def _served(self, endpoint: Endpoint, request: HttpRequest, wire: Wire) -> HttpAnswer:
        answer = _served(endpoint, request)
        self._wires.link(wire)
        return answer


def _served(endpoint: Endpoint, request: HttpRequest) -> HttpAnswer:
    try:
        return endpoint(request)
    except FaultMet:
        raise
    except HttpRefusal as refusal:
        return refusal.answer
    except Exception as error:  # noqa: BLE001 - a defect of ours must not end the connection without an answer
        # No traceback and no text of the error: either may hold what the client sent.
        log.error("a defect in %s: %s", type(endpoint).__name__, type(error).__name__)  # noqa: TRY400 - see above
        return _BROKEN


def _protocol(request: HttpRequest) -> str:
    """Return the protocol that a request of one of the endpoints speaks."""
    if request.path.startswith("/api/soap/"):
        return Protocol.SOAP
    if request.path == "/api/basic/":
        return Protocol.BASIC
    if request.path == "/api/http/":
        return Protocol.HTTP_GET if request.method == "GET" else Protocol.HTTP_POST
    return Protocol.JSON


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _read(scope: Scope, headers: dict[str, str], body: bytes = b"") -> HttpRequest:
    query = scope["query_string"]
    target = scope["raw_path"].decode("latin-1") + ("?" + query.decode("latin-1") if query else "")
    return HttpRequest(scope["method"], scope["scheme"], scope["path"], target, query, headers, body)


async def _request(scope: Scope, receive: Receive) -> HttpRequest | HttpAnswer:
    """Return the whole request, or the answer to one that is refused before it is whole.

    Raises:
        _Gone: it never ended.
    """
    headers = _headers(scope)
    try:
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise HttpRefusal(415, "send the body as it is", ("Accept-Encoding", "identity"))
        body = await _body(headers, receive)
    except HttpRefusal as refusal:
        return refusal.answer
    return _read(scope, headers, body)


async def _over(scope: Scope, receive: Receive) -> None:
    """End a connection that a fault has dealt with, and wait until it has ended: no answer must follow."""
    connection: FaultyConnection = scope["extensions"][CONNECTION]["connection"]
    connection.close()
    while (await receive())["type"] != "http.disconnect":
        pass


class _Gone(Exception):
    """The client went away before its request was complete: such a request did not happen."""


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """Return the whole body.

    Raises:
        HttpRefusal: it is too large.
        _Gone: it never ended.
    """
    pieces: list[bytes] = []
    length = int(headers.get("content-length") or 0)
    while length <= LARGEST_BODY:
        message = await receive()
        if message["type"] != "http.request":
            raise _Gone
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)
        length = sum(map(len, pieces))
    raise HttpRefusal(413, f"the body is larger than {LARGEST_BODY} bytes", ("Connection", "close"))


async def _send(corked: CorkedTransport, send: Send, answer: HttpAnswer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *_ALWAYS,
        *((name.lower().encode(), value.encode()) for name, value in answer.headers),
    ]
    corked.cork()
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
    corked.uncork()
