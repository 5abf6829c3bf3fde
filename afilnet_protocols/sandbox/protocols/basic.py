"""`/api/basic/`: as `/api/http/`, with the credentials in the Authorization header (RFC 7617, UTF-8)."""

from __future__ import annotations

import base64
import binascii

from afilnet_protocols.sandbox.protocols import envelope, fields
from afilnet_protocols.sandbox.server.exchange import JSON, HttpAnswer, HttpRequest, only
from afilnet_protocols.sandbox.state.service import Call, Service
from afilnet_protocols.vocabulary import Protocol

CHALLENGE = ("WWW-Authenticate", 'Basic realm="Afilnet", charset="UTF-8"')

REFUSED = frozenset({"MISSING_USER", "MISSING_PASSWORD", "INCORRECT_USER_PASSWORD"})
"""The codes that go with 401 and a challenge (assumed; what the service does is unknown)."""


class BasicFront:
    """The front of ``basic``. Parameters called ``user`` and ``password`` count for nothing here."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        """Serve one request."""
        only(request, "GET", "POST")
        given = fields.of_request(request)
        user, password = credentials(request.headers.get("authorization", ""))
        outcome = self._service.call(Call(protocol=Protocol.BASIC, fields=given, user=user, password=password))
        body = envelope.encode(outcome)
        if outcome.error in REFUSED:
            return HttpAnswer(401, body, JSON, (CHALLENGE,))
        return HttpAnswer(200, body, JSON)


def credentials(header: str) -> tuple[str, str]:
    """Return user and password of a Basic header; both empty if there is none, and never valid ones if it is broken."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        # A blank is no user's name: the answer is that user or password are incorrect.
        return " ", " "
    return user, password
