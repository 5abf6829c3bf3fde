"""`/api/basic/`: as `/api/http/`, with the credentials in the Authorization header (RFC 7617, UTF-8)."""

from __future__ import annotations

import base64
import binascii

from afilnet_protocols.dialects import Dialect
from afilnet_protocols.sandbox.protocols import envelope, fields
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest, only
from afilnet_protocols.sandbox.state.call import Call, Outcome
from afilnet_protocols.sandbox.state.service import Service
from afilnet_protocols.vocabulary import Protocol

CHALLENGE = ("WWW-Authenticate", 'Basic realm="Afilnet", charset="UTF-8"')
_REALM = ("WWW-Authenticate", 'Basic realm="Afilnet"')

REFUSED = frozenset({"MISSING_USER", "MISSING_PASSWORD", "INCORRECT_USER_PASSWORD"})
"""The codes that go with 401 and a challenge (assumed; what the service does is unknown)."""


class BasicEndpoint:
    """The endpoint of ``basic``. Parameters called ``user`` and ``password`` count for nothing here."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        """Serve one request."""
        dialect = self._service.dialect
        only(request, *(("GET", "POST") if dialect.basic_get else ("POST",)))
        given = fields.of_request(request, dialect)
        user, password = credentials(request.headers.get("authorization", ""))
        outcome = self._service.call(Call(protocol=Protocol.BASIC, fields=given, user=user, password=password))
        return _refused(outcome, dialect) if outcome.error in REFUSED else envelope.answer(outcome, dialect)


def _refused(outcome: Outcome, dialect: Dialect) -> HttpAnswer:
    """Return what is said to credentials that are missing or wrong."""
    match dialect.basic_refusal:
        case "realm":
            return envelope.answer(outcome, dialect, status=401, headers=(_REALM,))
        case "bare":
            return envelope.answer(outcome, dialect, status=401)
        case "envelope":
            return envelope.answer(outcome, dialect)
        case "forbidden":
            return envelope.answer(outcome, dialect, status=403)
        case "page":
            return HttpAnswer(401, b"<html><h1>401 Unauthorized</h1></html>", "text/html", (_REALM,))
    return envelope.answer(outcome, dialect, status=401, headers=(CHALLENGE,))


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
