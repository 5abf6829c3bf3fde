"""`/api/json/`: a POST of one flat JSON object with a bearer token (RFC 6750). All of it is assumed."""

from __future__ import annotations

import json

from afilnet_protocols.sandbox.protocols import envelope, fields
from afilnet_protocols.sandbox.protocols.token_server import Guard
from afilnet_protocols.sandbox.protocols.tokens import Tokens
from afilnet_protocols.sandbox.server.exchange import JSON, HttpAnswer, HttpRefusal, HttpRequest, only
from afilnet_protocols.sandbox.state.call import Call
from afilnet_protocols.sandbox.state.service import Service
from afilnet_protocols.vocabulary import Protocol

CHALLENGE = ("WWW-Authenticate", 'Bearer realm="Afilnet"')
INVALID = ("WWW-Authenticate", 'Bearer realm="Afilnet", error="invalid_token", error_description="expired or unknown"')

_CHALLENGES: dict[Guard, tuple[str, str]] = {
    "bearer": ("WWW-Authenticate", "Bearer"),
    "realm": CHALLENGE,
    "dpop": ("WWW-Authenticate", 'DPoP algs="ES256", Bearer realm="Afilnet"'),
}


class JsonEndpoint:
    """The endpoint of ``json``. The token says whose call it is; the object holds the rest."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        self._service = service
        self._tokens = tokens

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        """Serve one request."""
        only(request, "POST")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return self._refuse("MISSING_USER", CHALLENGE)
        token = token.strip()
        if not token:
            return self._refuse("MISSING_PASSWORD", CHALLENGE)
        account = self._tokens.account(token)
        if account is None:
            guard = self._tokens.server.guard
            return self._refuse("INCORRECT_USER_PASSWORD", INVALID) if guard == "invalid_token" else _of_guard(guard)
        # A code that the service gives to a call with a good token is not about the token, whatever the code.
        outcome = self._service.call(Call(protocol=Protocol.JSON, fields=read(request), account=account))
        return envelope.answer(outcome, self._service.dialect)

    def _refuse(self, code: str, challenge: tuple[str, str]) -> HttpAnswer:
        outcome = self._service.refuse(Protocol.JSON, code)
        return envelope.answer(outcome, self._service.dialect, status=401, headers=(challenge,))


def _of_guard(guard: Guard) -> HttpAnswer:
    """Return what a guard of this kind says of a token that is not valid, if it says it in its own way."""
    if guard == "forbidden":
        return HttpAnswer(403, b"")
    if guard == "envelope":
        return HttpAnswer(401, b'{"status":"ERROR","error":"TOKEN_EXPIRED"}', JSON)
    if guard == "page":
        return HttpAnswer(401, b"<html><h1>401 Unauthorized</h1></html>", "text/html")
    challenge = _CHALLENGES.get(guard)
    return HttpAnswer(401, b'{"message":"Unauthorized"}', JSON, (challenge,) if challenge else ())


def read(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a flat JSON object. Whole numbers count as their digits, ``null`` as absent.

    Raises:
        HttpRefusal: it is another type (415), or not such an object (400).
    """
    if request.media_type != "application/json":
        raise HttpRefusal(415, "send application/json")
    fields.refuse_other_charset(request)
    try:
        document = json.loads(request.body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise HttpRefusal(400, "the body is not one flat JSON object in UTF-8 without a name twice")
    found = {}
    for name, value in document.items():
        if isinstance(value, bool) or not (value is None or isinstance(value, str | int)):
            raise HttpRefusal(400, "a value in the JSON object is neither a text nor a whole number nor null")
        if value is not None:
            found[name] = str(value)
    fields.refuse_uncarriable(found)
    return found


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name comes twice")
    return document


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
