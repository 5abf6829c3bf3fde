"""Defects in how the server writes its answers, protocol by protocol."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.mutants.mutant import ServerMutant
from afilnet_protocols.sandbox.server.exchange import Endpoint, HttpAnswer, HttpRequest


def _answering(change: Callable[[HttpAnswer], HttpAnswer], *, only: str = "/api/") -> Components:
    """Return the usual components with a change to every answer below a path."""

    def around(path: str, endpoint: Endpoint) -> Endpoint:
        def changed(request: HttpRequest) -> HttpAnswer:
            return change(endpoint(request))

        return changed if path.startswith(only) else endpoint

    return Components(around=around)


def _body(change: Callable[[bytes], bytes]) -> Callable[[HttpAnswer], HttpAnswer]:
    return lambda answer: dataclasses.replace(answer, body=change(answer.body))


def _an_hour_ahead(body: bytes) -> bytes:
    def later(found: re.Match[bytes]) -> bytes:
        return b"%s%02d%s" % (found[1], (int(found[2]) + 1) % 24, found[3])

    return re.sub(rb"(\d{4}-\d\d-\d\d )(\d\d)(:\d\d:\d\d)", later, body)


def _forbidden(answer: HttpAnswer) -> HttpAnswer:
    return HttpAnswer(403, b"", answer.content_type) if answer.status == 401 else answer


def _latin_1(body: bytes) -> bytes:
    return body.decode().encode("latin-1", "replace").decode("latin-1").encode()


MUTANTS = (
    ServerMutant(
        id="S14",
        about="letters beyond Latin-1 become question marks",
        components=_answering(_body(_latin_1)),
        expected=("TEXT-04", "TEXT-05"),
    ),
    ServerMutant(
        id="S15",
        about="times are an hour ahead",
        components=_answering(_body(_an_hour_ahead)),
        expected=("TIME-01",),
    ),
    ServerMutant(
        id="S16",
        about="an expired token is forbidden instead of invalid",
        components=_answering(_forbidden, only="/api/json/"),
        expected=("AUTH-04", "AUTH-09"),
        protocol="json",
    ),
    ServerMutant(
        id="S17",
        about="a carriage return is written into XML as it is, and read as a line feed",
        components=_answering(_body(lambda body: body.replace(b"&#13;", b"\r")), only="/api/soap/"),
        expected=("TEXT-02",),
        protocol="soap",
    ),
    ServerMutant(
        id="S18",
        about="an undocumented code is answered as HTTP 500 without a word",
        components=_answering(
            lambda answer: HttpAnswer(500, b"", answer.content_type) if b"NOT_ON_ANY_PAGE" in answer.body else answer
        ),
        expected=("ERR-04",),
    ),
)
"""The servers that say the wrong thing."""
