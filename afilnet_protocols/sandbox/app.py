"""The ASGI application: takes a request off the network in full, hands it to its front, sends the answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping

from afilnet_protocols.sandbox.exchange import TEXT, Front, HttpAnswer, HttpRefusal, HttpRequest

Scope = MutableMapping[str, object]
Receive = Callable[[], Awaitable[MutableMapping[str, object]]]
Send = Callable[[MutableMapping[str, object]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 16 * 1024 * 1024
"""The largest body that is read, in bytes. The vendor documents no limit; a server needs one."""

log = logging.getLogger(__name__)

_ALWAYS = ((b"cache-control", b"no-store"), (b"x-sandbox", b"afilnet-protocols"))
_TOO_LARGE = HttpAnswer(413, f"the body is larger than {LARGEST_BODY} bytes\n".encode(), TEXT, (("Connection", "close"),))
_NOT_FOUND = HttpAnswer(404, b"there is nothing here\n")
_BROKEN = HttpAnswer(500, b"the sandbox has a defect: see its log\n")


class App:
    """Serves the fronts by path, and everything under a prefix by another application."""

    def __init__(self, fronts: Mapping[str, Front], *, prefix: str, rest: AsgiApp) -> None:
        self._fronts = fronts
        self._prefix = prefix
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        path = str(scope["path"])
        front = self._fronts.get(path)
        if front is None and path.startswith(self._prefix):
            await self._rest(scope, receive, send)
            return
        if front is None:
            await _send(send, _NOT_FOUND)
            return
        headers = _headers(scope)
        body = await _body(headers, receive)
        if body is None:
            await _send(send, _TOO_LARGE)
        elif body is not _GONE:
            await _send(send, self._answer(front, _request(scope, path, headers, body)))

    @staticmethod
    def _answer(front: Front, request: HttpRequest) -> HttpAnswer:
        try:
            return front(request)
        except HttpRefusal as refusal:
            return refusal.answer
        except Exception as error:  # noqa: BLE001 - a defect of ours must not end the connection without an answer
            # No traceback and no text of the error: either may hold what the client sent.
            log.error("a defect in %s: %s", type(front).__name__, type(error).__name__)  # noqa: TRY400 - see above
            return _BROKEN


_GONE = b"the client went away before its request was complete"


def _headers(scope: Scope) -> dict[str, str]:
    pairs = scope["headers"]
    assert isinstance(pairs, list)  # noqa: S101 - ASGI says so
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes | None:
    """Return the body; ``None`` if it is too large, ``_GONE`` if it never ended: such a request did not happen."""
    if len(headers.get("content-length", "")) > 12 or int(headers.get("content-length") or 0) > LARGEST_BODY:
        return None
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return _GONE
        piece = message.get("body", b"")
        assert isinstance(piece, bytes)  # noqa: S101 - ASGI says so
        if not message.get("more_body"):
            return body + piece if len(body) + len(piece) <= LARGEST_BODY else None
        body += piece
        if len(body) > LARGEST_BODY:
            return None


def _request(scope: Scope, path: str, headers: dict[str, str], body: bytes) -> HttpRequest:
    query = scope["query_string"]
    raw_path = scope["raw_path"]
    assert isinstance(query, bytes)  # noqa: S101 - ASGI says so
    assert isinstance(raw_path, bytes)  # noqa: S101 - ASGI says so
    target = raw_path.decode("latin-1") + ("?" + query.decode("latin-1") if query else "")
    return HttpRequest(str(scope["method"]), str(scope["scheme"]), path, target, query, headers, body)


async def _send(send: Send, answer: HttpAnswer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *_ALWAYS,
        *((name.lower().encode(), value.encode()) for name, value in answer.headers),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
