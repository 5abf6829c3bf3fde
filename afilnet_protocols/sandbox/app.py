"""The ASGI application: takes a request off the network in full, hands it to its front, sends the answer."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from afilnet_protocols.sandbox.exchange import Front, HttpAnswer, HttpRefusal, HttpRequest

# ASGI's own annotations, which hold Any: https://asgi.readthedocs.io/
# These are ASGI's own annotations, so they hold Any: https://asgi.readthedocs.io/en/latest/specs/main.html
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 16 * 1024 * 1024
"""The largest body that is read, in bytes. The vendor documents no limit; a server needs one."""

log = logging.getLogger(__name__)

_ALWAYS = ((b"cache-control", b"no-store"), (b"x-sandbox", b"afilnet-protocols"))
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
        path: str = scope["path"]
        front = self._fronts.get(path)
        if front is None and path.startswith(self._prefix):
            await self._rest(scope, receive, send)
            return
        if front is None:
            await _send(send, _NOT_FOUND)
            return
        with contextlib.suppress(_Gone):
            await _send(send, await self._answer(front, scope, receive))

    @staticmethod
    async def _answer(front: Front, scope: Scope, receive: Receive) -> HttpAnswer:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"]
        target = scope["raw_path"].decode("latin-1") + ("?" + query.decode("latin-1") if query else "")
        try:
            if headers.get("content-encoding", "identity").lower() != "identity":
                raise HttpRefusal(415, "send the body as it is", ("Accept-Encoding", "identity"))
            body = await _body(headers, receive)
            return front(HttpRequest(scope["method"], scope["scheme"], scope["path"], target, query, headers, body))
        except _Gone:
            raise
        except HttpRefusal as refusal:
            return refusal.answer
        except Exception as error:  # noqa: BLE001 - a defect of ours must not end the connection without an answer
            # No traceback and no text of the error: either may hold what the client sent.
            log.error("a defect in %s: %s", type(front).__name__, type(error).__name__)  # noqa: TRY400 - see above
            return _BROKEN


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


async def _send(send: Send, answer: HttpAnswer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *_ALWAYS,
        *((name.lower().encode(), value.encode()) for name, value in answer.headers),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
