"""The service as an application: ``wsgi`` for servers of WSGI, ``asgi`` for those of ASGI."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import meaning

SLOW = 1.6
Answer = tuple[int, str, bytes]


def decide(call: meaning.Call) -> tuple[Answer, float]:
    """Carry a call out as its event wants; return the answer, and how long it is to be kept back."""
    event = call.event if call.method in meaning.SENDS else ""
    if event in meaning.TURNED_AWAY:
        return (meaning.TURNED_AWAY[event], "text/html", meaning.PAGE), 0
    if event == "throw":
        raise RuntimeError("a fault before the effect")
    if event == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if event == "deaf":
        return (503, "text/html", meaning.PAGE), SLOW
    if meaning.refusal(call) is None:
        meaning.carry_out(call)
    if event == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if event == "fault":
        raise RuntimeError("a fault after the effect")
    if event in meaning.PAGES:
        return (meaning.PAGES[event], "text/html", meaning.PAGE), 0
    return meaning.answer(call), SLOW if event == "slow" else 0


def wsgi(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Serve a request of WSGI."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    target = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    call = meaning.read(environ["REQUEST_METHOD"], target, headers, body)
    if environ["PATH_INFO"].endswith("/token"):
        (status, kind, document), wait = (200, "application/json", meaning.token()), 0.0
    else:
        (status, kind, document), wait = decide(call)
    time.sleep(wait)
    # "bare" has no length; a length that is too great is what "cut" is.
    length = {"bare": [], "cut": [("Content-Length", str(len(document) + 5))]}.get(
        call.event, [("Content-Length", str(len(document)))]
    )
    start_response(f"{status} {meaning.REASONS[status]}", [("Content-Type", kind), *length])
    return [document]


async def asgi(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Serve a request of ASGI."""
    if scope["type"] != "http":
        raise RuntimeError("HTTP only")
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    call = meaning.read(scope["method"], f"{scope['path']}?{scope['query_string'].decode()}", headers, body)
    if scope["path"].endswith("/token"):
        (status, kind, document), wait = (200, "application/json", meaning.token()), 0.0
    else:
        (status, kind, document), wait = decide(call)
    await asyncio.sleep(wait)
    fields = [(b"content-type", kind.encode())]
    if call.event != "bare":
        fields.append((b"content-length", str(len(document) + (5 if call.event == "cut" else 0)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": document})
