"""One request to the token endpoint: oauthlib composes it, our transport carries it, `token` reads the answer.

requests-oauthlib writes bodies, headers and tokens into its DEBUG log, and takes a token from an answer of any status.
So it gets neither: its request ends here, where the client's credentials join it, and is sent when it has been given an
empty success (docs/decisions/0006-oauth-tokens.md).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from urllib.parse import urlsplit

from oauthlib.oauth2 import OAuth2Error
from requests import PreparedRequest, Response
from requests.exceptions import RequestException
from requests_oauthlib import OAuth2Session

from afilnet_protocols.calls.auxiliary import for_the_call
from afilnet_protocols.deadline import Clock, Deadline
from afilnet_protocols.errors import AfilnetError, AuthenticationError, ConfigurationError, NotSentError
from afilnet_protocols.oauth.credentials import Grant, asked_by, signed
from afilnet_protocols.oauth.refusal import NOT_SENT, RefreshRefused
from afilnet_protocols.oauth.token import AccessToken, Terms, leaves_the_grant, read_token, successor_in
from afilnet_protocols.retold import Retold
from afilnet_protocols.security.policy import needs_short_lived, token_lifetime_limit
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport.adapter import TransportAdapter
from afilnet_protocols.transport.exchange import Exchanging
from afilnet_protocols.waiting import Steps
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
    transport: Exchanging,
    *,
    token_url: str,
    deadline: Deadline,
    clock: Clock,
    refresh: Secret | None = None,
    keep: Callable[[Secret], Steps[None]] | None = None,
    otherwise: bool = False,
) -> Steps[AccessToken]:
    """Ask a token endpoint for a token, once.

    Args:
        settings: the grant, the scope, and the client's credentials.
        transport: carries the request.
        token_url: the endpoint, already checked.
        deadline: bounds the whole request.
        clock: the monotonic clock that the token's end is told on.
        refresh: a refresh token to trade in instead of using the grant of the settings.
        keep: what to do with a refresh token that the answer brings, before the answer is judged: one whose access
            token is refused here has replaced the refresh token all the same.
        otherwise: whether the grant itself may be used where the refresh token brings nothing.

    Raises:
        RefreshRefused: it may, and the answer leaves open that it does better.
        AuthenticationError: the endpoint refused the client, the user, or the refresh token.
        ConfigurationError: the endpoint refused the request, or its answer is no token.
        RateLimitedError: the endpoint asks to slow down.
        NotSentError: there was no answer, or the endpoint cannot answer now.
    """
    asked_at = clock()
    outcome = yield from _ask(settings, transport, token_url, deadline, refresh)
    if isinstance(outcome, AfilnetError):
        try:
            raise outcome
        finally:
            del outcome  # or the error's own frame keeps it
    if keep is not None and (successor := successor_in(outcome)) is not None:
        yield from keep(successor)
    terms = Terms(
        scope=settings.scope,
        longest=token_lifetime_limit(settings),
        strict=needs_short_lived(settings),
        assumed=settings.token_lifetime,
    )
    final = not (otherwise and leaves_the_grant(outcome))
    with Retold((AuthenticationError, ConfigurationError), lambda error: error if final else RefreshRefused()):
        return read_token(outcome, asked_at=asked_at, asked=asked_by(settings), terms=terms)


def _ask(
    settings: Settings, transport: Exchanging, token_url: str, deadline: Deadline, refresh: Secret | None
) -> Steps[Reply | AfilnetError]:
    """Return the answer, or the error to raise where the request is out of sight."""
    body = _Composed(settings, refresh).body(token_url)
    if body is None:
        text = f"no token request could be made: check the setting token_url; {NOT_SENT}"
        return NotSentError(text, local=True)
    request = signed(Request("POST", token_url, _HEADERS, body), settings, refresh)
    try:
        return (yield from transport.exchanging(request, deadline=deadline, reuse=False))
    except AfilnetError as error:
        return for_the_call(error, "no token could be fetched")


class _Session(OAuth2Session):
    """Has a token request composed and hands it on.

    Applications put theirs in the place of what ``requests.Session`` sends with, in their tests above all; none of that
    is used.
    """

    def __init__(self, client: Grant, way_out: TransportAdapter) -> None:
        super().__init__(client=client)
        way_out.isolate(self)
        self._way_out = way_out

    def request(  # type: ignore[override]  # what fetch_token calls it with, and no more
        self, method: str, url: str, data: dict[str, str], headers: dict[str, str], **_: object
    ) -> Response:
        prepared = PreparedRequest()
        prepared.prepare(method=method, url=url, data=data, headers=headers)
        return self._way_out.send(prepared)


class _Composed:
    """Where requests-oauthlib's request ends: its body is kept here, and nothing is sent."""

    def __init__(self, settings: Settings, refresh: Secret | None) -> None:
        self._client = Grant(settings, refresh)
        self._body: bytes | None = None

    def body(self, url: str) -> bytes | None:
        """Return the body of a token request, without the client's credentials; ``None`` if none could be made."""
        if urlsplit(url).scheme == "https":
            # What a malformed address makes of requests shows in that nothing came here.
            with (
                contextlib.suppress(RequestException, OAuth2Error, ValueError),
                _Session(self._client, TransportAdapter(self)) as session,
            ):
                session.fetch_token(url, auth=lambda request: request)
            return self._body
        # oauthlib refuses http even for the sandbox on loopback, unless a variable of the whole process says otherwise.
        # The policy has already refused every other http address.
        return self._client.prepare_request_body(scope=self._client.scope).encode("ascii")

    def exchange(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        """Keep what would be sent."""
        del deadline, reuse
        self._body = request.body
        return _WITHHELD
