"""One request to the token endpoint: oauthlib composes it, our transport carries it, `token` reads the answer.

requests-oauthlib writes bodies, headers and tokens into its DEBUG log, and takes a token from an answer of any status.
So it gets neither: the client's credentials join the request below it, and the answer stays there too. What it is
given instead is an empty success (docs/decisions/0006-oauth-tokens.md).
"""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from oauthlib.oauth2 import OAuth2Error
from requests.exceptions import RequestException
from requests_oauthlib import OAuth2Session

from afilnet_protocols.auxiliary import for_the_call
from afilnet_protocols.deadline import Clock, Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError
from afilnet_protocols.oauth.credentials import Grant, asked_by, signed
from afilnet_protocols.oauth.refusal import NOT_SENT
from afilnet_protocols.oauth.token import AccessToken, Terms, read_token
from afilnet_protocols.security.policy import needs_short_lived, token_lifetime_limit
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport.adapter import TransportAdapter
from afilnet_protocols.transport.exchange import Exchange
from afilnet_protocols.wire import Reply, Request

_HEADERS = (
    ("Accept", "application/json"),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Cache-Control", "no-store"),
)

_WITHHELD = Reply(
    200, {"content-type": "application/json"}, b'{"access_token": "withheld", "token_type": "Bearer", "expires_in": 1}'
)
"""What requests-oauthlib is given in place of the answer."""


def fetch_token(
    settings: Settings,
    transport: Exchange,
    *,
    token_url: str,
    deadline: Deadline,
    clock: Clock,
    refresh: Secret | None = None,
) -> AccessToken:
    """Ask a token endpoint for a token, once.

    Args:
        settings: the grant, the scope, and the client's credentials.
        transport: carries the request.
        token_url: the endpoint, already checked.
        deadline: bounds the whole request.
        clock: the monotonic clock that the token's end is told on.
        refresh: a refresh token to trade in instead of using the grant of the settings.

    Raises:
        AuthenticationError: the endpoint refused the client, the user, or the refresh token.
        ConfigurationError: the endpoint refused the request, or its answer is no token.
        RateLimitedError: the endpoint asks to slow down.
        NotSentError: there was no answer, or the endpoint cannot answer now.
    """
    counter = _Counter(settings, transport, token_url, deadline, refresh)
    asked_at = clock()
    counter.ask()
    if counter.fault is not None:
        try:
            raise counter.fault
        finally:
            del counter  # or the error's own frame keeps it
    if counter.reply is None:
        raise NotSentError(f"no token request could be made: check the setting token_url; {NOT_SENT}", local=True)
    return read_token(
        counter.reply,
        asked_at=asked_at,
        asked=asked_by(settings, refresh),
        terms=Terms(
            scope=settings.scope,
            longest=token_lifetime_limit(settings),
            strict=needs_short_lived(settings),
            assumed=settings.token_lifetime,
        ),
    )


class _Counter:
    """Where requests-oauthlib's request passes: it is signed here, and its answer or failure is kept here."""

    def __init__(
        self, settings: Settings, transport: Exchange, token_url: str, deadline: Deadline, refresh: Secret | None
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._url = token_url
        self._deadline = deadline
        self._refresh = refresh
        self._client = Grant(settings, refresh)
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
        self.exchange(Request("POST", self._url, _HEADERS, body.encode("ascii")), deadline=self._deadline, reuse=False)

    def exchange(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        """Sign the request, send it on a fresh connection, and keep what came of it."""
        plain = Request("POST", self._url, _HEADERS, request.body)
        try:
            self.reply = self._transport.exchange(
                signed(plain, self._settings, self._refresh), deadline=self._deadline, reuse=False
            )
        except AfilnetError as error:
            self.fault = for_the_call(error, "no token could be fetched")
        return _WITHHELD
