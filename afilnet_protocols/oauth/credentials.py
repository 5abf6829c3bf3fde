"""What proves to a token endpoint who asks: joined to a token request below every library that would log it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from oauthlib.oauth2 import BackendApplicationClient

from afilnet_protocols.oauth.refusal import Asked, differs_encoded
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.settings.parameters import read_parameters
from afilnet_protocols.wire import Request

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""What a JSON web token that authenticates a client is called (RFC 7523 §2.2)."""


class Grant(BackendApplicationClient):
    """Composes the public part of a token request: the grant's name and the scope. The rest joins in :func:`signed`."""

    def __init__(self, settings: Settings, refresh: Secret | None) -> None:
        super().__init__("", scope=settings.scope or None)
        self.grant_type = settings.grant if refresh is None else "refresh_token"


def signed(request: Request, settings: Settings, refresh: Secret | None = None) -> Request:
    """Return a token request with everything in it that is secret, and what servers want beyond the standard.

    Args:
        request: the form that a :class:`Grant` composed; its address is whom an assertion addresses by default.
        settings: ``token_auth`` says how the client proves itself: ``basic`` or ``body`` (RFC 6749 §2.3.1),
            ``basic-raw`` for a server that compares without decoding, ``private_key_jwt`` (RFC 7523 §2.2), or ``mtls``
            for a client certificate alone (RFC 8705 §2). The grant ``password`` takes ``user`` and ``password``.
        refresh: the refresh token to trade in, if any (RFC 6749 §6).

    Raises:
        ConfigurationError: ``client_key`` cannot sign.
    """
    fields: list[tuple[str, str]] = [("resource", each) for each in settings.resource]
    fields += [("audience", settings.audience)] if settings.audience else []
    fields += read_parameters(settings.token_parameters)
    if refresh is not None:
        fields.append(("refresh_token", refresh.reveal()))
    elif settings.grant == "password":
        fields += [("username", settings.user or ""), ("password", _text(settings.password))]
    authorization = _authorization(settings)
    if authorization is not None:
        request = request.with_header("Authorization", authorization)
    else:
        fields.append(("client_id", settings.client_id or ""))
        fields += _proof(settings, request.url)
    body = b"&".join(part for part in (request.body, urlencode(fields).encode("ascii")) if part)
    return Request(request.method, request.url, request.headers, body)


def asked_by(settings: Settings) -> Asked:
    """Return how a token is asked for, for the texts of refusals."""
    return Asked(
        grant=settings.grant,
        token_auth=settings.token_auth,
        encoded=differs_encoded(settings.client_id or "", _text(settings.client_secret)),
        given=frozenset(_given(settings)),
    )


def _given(settings: Settings) -> Iterator[str]:
    yield from (name for name, _ in read_parameters(settings.token_parameters))
    yield from (name for name in ("scope", "audience", "resource") if getattr(settings, name))
    if settings.grant == "password":
        yield from ("username", "password")
    if settings.grant == "refresh_token":
        yield "refresh_token"
    if settings.token_auth not in ("basic", "basic-raw"):
        yield "client_id"
    yield from {"body": ("client_secret",), "private_key_jwt": ("client_assertion",)}.get(settings.token_auth, ())


def _authorization(settings: Settings) -> str | None:
    """Return the ``Authorization`` header of the two spellings of Basic; the other methods have none."""
    identifier, secret = settings.client_id or "", _text(settings.client_secret)
    if settings.token_auth == "basic":  # noqa: S105 - the name of a method, not a password
        # A blank as %20, not +: it is read alike by servers that decode a form and by those that decode an address.
        identifier, secret = quote(identifier, safe=""), quote(secret, safe="")
    elif settings.token_auth != "basic-raw":  # noqa: S105 - as above
        return None
    return f"Basic {base64.b64encode(f'{identifier}:{secret}'.encode()).decode('ascii')}"


def _proof(settings: Settings, token_url: str) -> list[tuple[str, str]]:
    if settings.token_auth == "body":  # noqa: S105 - as above
        return [("client_secret", _text(settings.client_secret))]
    if settings.token_auth == "private_key_jwt":  # noqa: S105 - as above
        from afilnet_protocols.oauth.assertion import assertion  # few clients have a key

        return [("client_assertion_type", ASSERTION), ("client_assertion", assertion(settings, token_url))]
    return []


def _text(secret: Secret | str | None) -> str:
    if isinstance(secret, Secret):
        return secret.reveal()
    return secret or ""
