"""`AccessToken`, and the strict reading of a token endpoint's answer. No I/O.

Sources: RFC 6749 §5.1 (success), §5.2 (errors), appendix A.12 (characters); RFC 6750 §2.1 and §4 (bearer).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    NotSentError,
    RateLimitedError,
    SecurityPolicyError,
)
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.strict_json import NotStrictJson, loads

LONGEST_TOKEN = 4096
"""The longest access or refresh token that is accepted, in characters."""

REFUSED_CREDENTIALS = "INCORRECT_USER_PASSWORD"
"""The code of refused credentials: the same as that of a refused password on the other protocols."""

NOT_SENT = "the operation was not sent"

_SETTINGS_AT_FAULT: Mapping[str, str] = {
    "invalid_scope": "change or remove the setting scope",
    "unauthorized_client": "this client_id may not use this grant: have it allowed, or change the setting grant",
    "unsupported_grant_type": "change the setting grant",
    "invalid_request": "check the settings token_url, token_auth, grant and scope",
}
"""Errors of RFC 6749 §5.2 that only other settings can cure, with what to change."""


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token, and how long it may be used.

    Attributes:
        secret: the token itself.
        expires_at: when it expires, on the monotonic clock of whoever asked for it, in seconds.
        lifetime: how long it was valid when it was asked for, in seconds.
        scope: the scopes it was granted, as far as they are known.
        refresh: the refresh token that came with it, if any.
    """

    secret: Secret
    expires_at: float
    lifetime: int
    scope: frozenset[str] = frozenset()
    refresh: Secret | None = None

    def usable(self, now: float) -> bool:
        """Return whether it is good for a call now: a call takes time to arrive, so its last moments do not count."""
        return now < self.expires_at - min(10.0, self.lifetime / 20)

    def due(self, now: float) -> bool:
        """Return whether it should be renewed: in its last tenth, or 30 seconds, but at most in its last fifth."""
        return now >= self.expires_at - min(max(30.0, self.lifetime / 10), self.lifetime / 5)


def read_token(reply: Reply, *, asked_at: float, scope: str | None, longest: int) -> AccessToken:
    """Read the answer of a token endpoint, and believe nothing that is not exactly as it should be.

    Args:
        reply: the complete HTTP answer.
        asked_at: the moment just before the request left, on a monotonic clock: the lifetime counts from there.
        scope: the scope that was asked for, blank-separated; ``None`` if none was.
        longest: the longest lifetime that the policy allows, in seconds.

    Raises:
        AuthenticationError: the endpoint refused the client (``invalid_client``, ``invalid_grant``, or HTTP 401).
        ConfigurationError: the endpoint refused the grant or the scope.
        SecurityPolicyError: the token would live longer than the policy allows.
        RateLimitedError: the endpoint asks to slow down.
        NotSentError: the answer is none, or none that can be believed.
    """
    try:
        return _believed(reply, asked_at, scope, longest)
    except AfilnetError as error:
        # The frames below hold the token in plain text; a traceback printed with its local variables must not.
        fault = error.with_traceback(None)
    try:
        raise fault
    finally:
        del fault  # or its own frame keeps it


def _believed(reply: Reply, asked_at: float, scope: str | None, longest: int) -> AccessToken:
    document = _document(reply)
    if reply.status != 200 or "error" in document:
        raise _refusal(reply, document)
    kind = document.get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise _unbelievable("its token_type is not Bearer")
    lifetime = _lifetime(document.get("expires_in"), longest)
    refresh = document.get("refresh_token")
    return AccessToken(
        secret=_token(document.get("access_token"), "access_token"),
        expires_at=asked_at + lifetime,
        lifetime=lifetime,
        scope=_scope(document.get("scope"), scope),
        refresh=None if refresh is None else _token(refresh, "refresh_token"),
    )


def _document(reply: Reply) -> Mapping[str, object]:
    """Return the JSON object of an answer; for a failed request one that cannot be read counts as empty."""
    fault = None
    try:
        return loads(reply.body)
    except NotStrictJson:
        fault = _unbelievable("it is not a strictly valid JSON object")
    if reply.status != 200:
        return {}
    try:
        raise fault
    finally:
        del fault  # or its own frame keeps it


def _refusal(reply: Reply, document: Mapping[str, object]) -> AfilnetError:
    """Return the error that an answer without a token stands for (RFC 6749 §5.2)."""
    error = document.get("error")
    believed = error if isinstance(error, str) and reply.status in (200, 400, 401, 403) else ""
    if believed in _SETTINGS_AT_FAULT:
        return ConfigurationError(f"the token endpoint answered {believed}: {_SETTINGS_AT_FAULT[believed]}")
    if believed == "invalid_grant":
        return AuthenticationError(
            REFUSED_CREDENTIALS, "the token endpoint refused the user and password, or the refresh token"
        )
    if believed == "invalid_client" or reply.status == 401:
        return AuthenticationError(
            REFUSED_CREDENTIALS, "the token endpoint refused the client: check client_id, client_secret and token_auth"
        )
    if reply.status == 429:
        return RateLimitedError(
            "HTTP_429", "the token endpoint asks to slow down", retry_after=_retry_after(reply.headers)
        )
    if 300 <= reply.status < 400:
        return _unbelievable(f"it is a redirect (HTTP {reply.status}), which is never followed")
    return _unbelievable(f"it is an error (HTTP {reply.status})")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return ``Retry-After`` in seconds; a date, or anything beyond a day, counts as not given."""
    text = headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 86_400 else None


def _unbelievable(what: str) -> NotSentError:
    return NotSentError(f"the token endpoint's answer cannot be used: {what}; {NOT_SENT}. Check the setting token_url")


def _token(value: object, name: str) -> Secret:
    """Return a token: visible ASCII, since a blank would not survive the ``Authorization`` header."""
    if not isinstance(value, str) or not value:
        raise _unbelievable(f"it has no {name}")
    if len(value) > LONGEST_TOKEN:
        raise _unbelievable(f"its {name} is longer than {LONGEST_TOKEN} characters")
    if not sound_token(value):
        raise _unbelievable(f"its {name} holds characters that no bearer token has")
    return Secret(value)


def sound_token(value: object) -> bool:
    """Return whether a value can be a token at all: 1 to 4,096 visible ASCII characters."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_TOKEN
        and all("\x21" <= character <= "\x7e" for character in value)
    )


def _lifetime(value: object, longest: int) -> int:
    """Return how long the token lives; one that does not say so would have to be trusted for ever."""
    if value is None:
        raise _unbelievable("it does not say when the token expires (expires_in)")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _unbelievable("its expires_in is not a positive whole number of seconds")
    if value > longest:
        raise SecurityPolicyError(
            f"the token endpoint issues tokens that live longer than {longest} seconds; {NOT_SENT}",
            required=f"token_lifetime<={longest}",
            effective=f"token_lifetime={min(value, 10**12)}",
            missing=("G10",),
            fix="have the service issue shorter-lived tokens, or change minimum_security or token_lifetime in require",
        )
    return value


def _scope(value: object, asked: str | None) -> frozenset[str]:
    """Return the granted scopes; without an answer they are those asked for (RFC 6749 §5.1)."""
    wanted = frozenset((asked or "").split())
    if value is None:
        return wanted
    if not isinstance(value, str) or not all(" " <= character <= "~" for character in value):
        raise _unbelievable("its scope is not a list of names")
    granted = frozenset(value.split())
    if asked is not None and not granted <= wanted:
        raise _unbelievable("its scope is wider than the one asked for")
    return granted
