"""One request to the token endpoint: oauthlib composes it, our transport carries it, `token` reads the answer.

requests-oauthlib writes bodies, headers and tokens into its DEBUG log, and takes a token from an answer of any status.
So it gets neither: the client's credentials join the request below it, and the answer stays there too. What it is
given instead is an empty success (docs/decisions/0006-oauth-tokens.md).
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from urllib.parse import quote_plus, urlencode, urlsplit

from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests.exceptions import RequestException
from requests_oauthlib import OAuth2Session

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.oauth.token import NOT_SENT, AccessToken, read_token
from afilnet_protocols.security.policy import token_lifetime_limit
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport.adapter import Exchange, TransportAdapter
from afilnet_protocols.wire import Reply, Request

FORM = "application/x-www-form-urlencoded"

_WITHHELD = Reply(
    200, {"content-type": "application/json"}, b'{"access_token": "withheld", "token_type": "Bearer", "expires_in": 1}'
)
"""What requests-oauthlib is given in place of the answer."""


def fetch_token(
    settings: Settings, transport: Exchange, *, deadline: Deadline, clock: Callable[[], float]
) -> AccessToken:
    """Ask the token endpoint for a token by client credentials (RFC 6749 §4.4).

    Args:
        settings: ``token_url``, ``client_id``, ``client_secret``, ``token_auth`` and ``scope`` are used.
        transport: carries the request.
        deadline: bounds the whole request.
        clock: the monotonic clock that the token's end is told on.

    Raises:
        AuthenticationError: the endpoint refused the client.
        ConfigurationError: the settings are not enough, or the endpoint refused the grant or scope.
        NotSentError: there was no answer, or none that can be believed.
    """
    counter = _Counter(settings, transport, deadline)
    asked_at = clock()
    counter.ask()
    if counter.fault is not None:
        raise counter.fault
    if counter.reply is None:
        raise NotSentError(f"no token request could be made: check the setting token_url; {NOT_SENT}")
    return read_token(counter.reply, asked_at=asked_at, scope=settings.scope, longest=token_lifetime_limit(settings))


class _Counter:
    """Where requests-oauthlib's request passes: it is signed here, and its answer or failure is kept here."""

    def __init__(self, settings: Settings, transport: Exchange, deadline: Deadline) -> None:
        if not settings.token_url or not settings.client_id:
            raise ConfigurationError("json needs the settings token_url and client_id")
        self._settings = settings
        self._url = settings.token_url
        self._client = BackendApplicationClient(settings.client_id, scope=settings.scope or None)
        self._transport = transport
        self._deadline = deadline
        self.reply: Reply | None = None
        self.fault: AfilnetError | None = None

    def ask(self) -> None:
        """Send the token request, once."""
        if urlsplit(self._url).scheme == "https":
            # What a malformed address makes of requests shows in that nothing passed here.
            with (
                contextlib.suppress(RequestException, OAuth2Error, ValueError),
                OAuth2Session(client=self._client) as session,
            ):
                TransportAdapter(self).isolate(session)
                session.fetch_token(self._url, auth=lambda request: request, timeout=self._deadline.remaining())
            return
        # oauthlib refuses http even for the sandbox on loopback, unless a variable of the whole process says otherwise.
        # The policy has already refused every other http address.
        body = self._client.prepare_request_body(scope=self._client.scope)
        self.exchange(
            Request("POST", self._url, _headers(), body.encode("ascii")), deadline=self._deadline, reuse=False
        )

    def exchange(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        """Sign the request, send it on a fresh connection, and keep what came of it."""
        try:
            self.reply = self._transport.exchange(
                signed(Request("POST", self._url, _headers(), request.body), self._settings),
                deadline=self._deadline,
                reuse=False,
            )
        except AfilnetError as error:
            self.fault = _not_asked(error)
        return _WITHHELD


def _headers() -> tuple[tuple[str, str], ...]:
    return (("Accept", "application/json"), ("Content-Type", FORM), ("Cache-Control", "no-store"))


def _not_asked(error: AfilnetError) -> AfilnetError:
    """Return what a failed token request means for the operation: it was not sent, whatever became of the request."""
    if isinstance(error, ConfigurationError):
        return error
    return NotSentError(f"no token could be fetched: {error}; {NOT_SENT}")


def signed(request: Request, settings: Settings) -> Request:
    """Return the request with the client's authentication (RFC 6749 §2.3.1; RFC 8705 §2 for ``mtls``).

    Args:
        request: a form to the token endpoint, without credentials.
        settings: ``token_auth`` says how: ``basic``, ``body``, or ``mtls`` for a client certificate alone.
    """
    identifier = settings.client_id or ""
    secret = _text(settings.client_secret)
    if settings.token_auth == "basic":  # noqa: S105 - the name of a method, not a password
        pair = f"{quote_plus(identifier)}:{quote_plus(secret)}".encode("ascii")
        return request.with_header("Authorization", f"Basic {base64.b64encode(pair).decode('ascii')}")
    fields = {"client_id": identifier}
    if settings.token_auth == "body":  # noqa: S105 - as above
        fields["client_secret"] = secret
    body = b"&".join(part for part in (request.body, urlencode(fields).encode("ascii")) if part)
    return Request(request.method, request.url, request.headers, body)


def _text(secret: Secret | str | None) -> str:
    if isinstance(secret, Secret):
        return secret.reveal()
    return secret or ""
