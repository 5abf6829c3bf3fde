"""What proves to a token endpoint who asks: joined to a token request below every library that would log it."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus, urlencode

from oauthlib.oauth2 import BackendApplicationClient

from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.wire import Request


class Grant(BackendApplicationClient):
    """Composes the public part of a token request: the grant's name and the scope. The rest joins in :func:`signed`."""

    def __init__(self, settings: Settings, refresh: Secret | None) -> None:
        super().__init__(settings.client_id or "", scope=settings.scope or None)
        self.grant_type = settings.grant if refresh is None else "refresh_token"


def signed(request: Request, settings: Settings, refresh: Secret | None = None) -> Request:
    """Return a token request with everything in it that is secret.

    Args:
        request: the form that a :class:`Grant` composed.
        settings: ``token_auth`` says how the client proves itself: ``basic`` or ``body`` (RFC 6749 §2.3.1), or ``mtls``
            for a client certificate alone (RFC 8705 §2). The grant ``password`` takes ``user`` and ``password``.
        refresh: the refresh token to trade in, if any (RFC 6749 §6).
    """
    fields: dict[str, str] = {}
    if refresh is not None:
        fields["refresh_token"] = refresh.reveal()
    elif settings.grant == "password":
        fields |= {"username": settings.user or "", "password": _text(settings.password)}
    identifier, secret = settings.client_id or "", _text(settings.client_secret)
    if settings.token_auth == "basic":  # noqa: S105 - the name of a method, not a password
        pair = f"{quote_plus(identifier)}:{quote_plus(secret)}".encode("ascii")
        request = request.with_header("Authorization", f"Basic {base64.b64encode(pair).decode('ascii')}")
    else:
        fields["client_id"] = identifier
    if settings.token_auth == "body":  # noqa: S105 - as above
        fields["client_secret"] = secret
    body = b"&".join(part for part in (request.body, urlencode(fields).encode("ascii")) if part)
    return Request(request.method, request.url, request.headers, body)


def _text(secret: Secret | str | None) -> str:
    if isinstance(secret, Secret):
        return secret.reveal()
    return secret or ""
