"""`AccessToken`, and the reading of a token endpoint's answer. No I/O.

What the answer says clearly is read however it is spelt; what could put the client at risk is refused, and what falls
short of a guarantee is noted for the security level. Sources: RFC 6749 §5.1 (success), appendix A.12 (characters);
RFC 6750 §2.1 and §4 (bearer); docs/peers.md for the spellings of real servers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from afilnet_protocols.errors import AfilnetError, ConfigurationError, SecurityPolicyError
from afilnet_protocols.oauth.error_codes import code_in
from afilnet_protocols.oauth.form import refusal_in_a_form, refusal_without_json
from afilnet_protocols.oauth.refusal import NOT_SENT, Asked, refusal, would_refuse_any_grant
from afilnet_protocols.retold import Retold
from afilnet_protocols.security.levels import Level
from afilnet_protocols.security.requirements import HOUR
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.strict_json import NotStrictJson, loads
from afilnet_protocols.wire.what_answered import what_answered

LONGEST_TOKEN = 16_384
"""The longest access or refresh token that is accepted, in characters: one that lists roles or groups has thousands."""

LONGEST_LIFE = 10 * 366 * 24 * HOUR
"""The longest lifetime that is counted with, in seconds: ten years."""

UNSTATED = "the token endpoint does not say how long its tokens live"
WIDER = "the token has a wider scope than the one asked for"

_BEARER = ("bearer", "bearertoken", "accesstoken")
"""How servers spell the type of a bearer token, folded: Apigee says ``BearerToken`` unless told to follow the RFC, and
idpyoidc ``access_token``, which is what the token is and no other way to use one."""

_SUCCESS = (200, 201)
"""RFC 6749 §5.1 knows 200; some servers say that a token was created."""


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token, and how long it may be used.

    Attributes:
        secret: the token itself.
        expires_at: when it expires, on the monotonic clock of whoever asked for it, in seconds.
        lifetime: how long it was valid when it was asked for, in seconds.
        scope: the scopes it was granted, as far as they are known.
        weakness: why it falls short of the guarantee G10 whatever its lifetime; empty if it does not.
        refresh: the refresh token that came with it, if any.
    """

    secret: Secret
    expires_at: float
    lifetime: int
    scope: frozenset[str] = frozenset()
    weakness: str = ""
    refresh: Secret | None = None

    def usable(self, now: float) -> bool:
        """Return whether it is good for a call now: a call takes time to arrive, so its last moments do not count."""
        return now < self.expires_at - min(10.0, self.lifetime / 20)

    def due(self, now: float) -> bool:
        """Return whether it should be renewed: in its last tenth, or 30 seconds, but at most in its last fifth."""
        return now >= self.expires_at - min(max(30.0, self.lifetime / 10), self.lifetime / 5)


class Terms(msgspec.Struct, frozen=True):
    """What is demanded of a token, and what is supposed of one that does not say.

    Attributes:
        scope: the scope that was asked for, blank-separated; ``None`` if none was.
        longest: the longest lifetime that the policy allows, in seconds; ``None`` for any.
        strict: whether the policy demands G10, so that a token short of it is refused rather than noted.
        assumed: how long a token lives that does not say so, in seconds; ``None`` if the settings do not say either.
    """

    scope: str | None = None
    longest: int | None = None
    strict: bool = False
    assumed: float | None = None


def read_token(reply: Reply, *, asked_at: float, asked: Asked, terms: Terms) -> AccessToken:
    """Read the answer of a token endpoint.

    Args:
        reply: the complete HTTP answer.
        asked_at: the moment just before the request left, on a monotonic clock: the lifetime counts from there.
        asked: how the client asked, for the texts of errors.
        terms: what is demanded of the token.

    Raises:
        AuthenticationError: the endpoint refused the client, the user, or the refresh token.
        ConfigurationError: the endpoint refused the request, or its answer is no token.
        SecurityPolicyError: the token is not what the policy demands.
        RateLimitedError: the endpoint asks to slow down.
        NotSentError: the endpoint cannot answer now.
    """
    # The frames below hold the token in plain text; a traceback printed with its local variables must not.
    with Retold(AfilnetError, lambda error: error.with_traceback(None)):
        return _believed(reply, asked_at, asked, terms)


def _believed(reply: Reply, asked_at: float, asked: Asked, terms: Terms) -> AccessToken:
    document = _document(reply)
    if reply.status not in _SUCCESS or document.get("error") or _says_why_not(document):
        raise refusal(reply, document, asked)
    kind = document.get("token_type") or "Bearer"
    if not isinstance(kind, str) or fold(kind.strip()) not in _BEARER:
        bound = " but DPoP (RFC 9449), which this client has not" if fold(str(kind)) == "dpop" else ""
        raise _unusable(f"its token_type is not Bearer{bound}")
    secret = _token(document.get("access_token"))
    lifetime, unstated = _lifetime(document.get("expires_in"), terms)
    scope, wider = _scope(document.get("scope"), terms)
    weakness = unstated or wider
    if weakness and terms.strict:
        raise _short_of(weakness)
    return AccessToken(
        secret=secret,
        expires_at=asked_at + lifetime,
        lifetime=lifetime,
        scope=scope,
        weakness=weakness,
        refresh=_refresh(document),
    )


def _says_why_not(document: Mapping[str, object]) -> bool:
    """Return whether a success is none, and has its error code where the standard does not put it."""
    return not document.get("access_token") and bool(code_in(document))


def successor_in(reply: Reply) -> Secret | None:
    """Return the refresh token that an answer brings, if any, whatever its access token is worth.

    A server that replaces refresh tokens has done so by then, and takes the one before no more.
    """
    if reply.status not in _SUCCESS:
        return None
    try:
        document = loads(reply.body)
    except NotStrictJson:
        return None
    return None if document.get("error") else _refresh(document)


def leaves_the_grant(reply: Reply) -> bool:
    """Return whether an answer that gave no token for a refresh token may be another one to the grant itself.

    A client that is refused by name is refused whatever it asks for, and three wrong secrets lock accounts.
    """
    try:
        document: Mapping[str, object] = loads(reply.body)
    except NotStrictJson:
        document = refusal_without_json(reply.body)
    return bool(document.get("access_token")) or not would_refuse_any_grant(reply.status, document)


def _document(reply: Reply) -> Mapping[str, object]:
    """Return the JSON object of an answer; for a failed request one that cannot be read counts as empty."""
    fault = None
    try:
        # Half a character in a member that is not looked at does no harm; a token is ASCII.
        return loads(reply.body)
    except NotStrictJson:
        if form := refusal_in_a_form(reply.body):
            return form
        met = what_answered(reply.body, reply.headers, due="JSON")
        fault = _unusable("it is not a strictly valid JSON object" if met is None else met.told)
    if reply.status not in _SUCCESS:
        return refusal_without_json(reply.body)
    try:
        raise fault
    finally:
        del fault  # or its own frame keeps it


def _unusable(what: str) -> ConfigurationError:
    # Asking again would leave another live token behind at a server that gave one, and not help at one that did not.
    return ConfigurationError(f"token_url: the token endpoint's answer cannot be used: {what}; {NOT_SENT}")


def _token(value: object) -> Secret:
    """Return the access token: visible ASCII, since a blank would not survive the ``Authorization`` header."""
    if not isinstance(value, str) or not value:
        raise _unusable("it has no access_token")
    if len(value) > LONGEST_TOKEN:
        raise _unusable(f"its access_token is longer than {LONGEST_TOKEN} characters")
    if not sound_token(value):
        raise _unusable("its access_token holds characters that no bearer token has")
    return Secret(value)


def _refresh(document: Mapping[str, object]) -> Secret | None:
    found = document.get("refresh_token")
    return Secret(str(found)) if sound_refresh_token(found) else None


def sound_token(value: object) -> bool:
    """Return whether a value can be an access token at all: 1 to 16,384 visible ASCII characters."""
    return sound_refresh_token(value) and " " not in str(value)


def sound_refresh_token(value: object) -> bool:
    """Return whether a value can be a refresh token at all: 1 to 16,384 ASCII characters, blanks among them.

    It travels in a form, which keeps blanks (RFC 6749 appendix A.17).
    """
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_TOKEN
        and all("\x20" <= character <= "\x7e" for character in value)
    )


def _lifetime(value: object, terms: Terms) -> tuple[int, str]:
    """Return how long the token lives, and why that is not known if it is not.

    One of unknown life is used for an hour at most: the service refuses it when it is dead, and it is replaced then.
    """
    seconds = _seconds(value)
    unstated = ""
    if seconds is None:
        if terms.assumed is None:
            unstated = f"{UNSTATED}: set token_lifetime to what is known of them"
        seconds = HOUR if terms.assumed is None else max(1, int(terms.assumed))
    if terms.longest is None or (seconds <= terms.longest and not unstated):
        return seconds, unstated
    if unstated:
        raise _short_of(unstated)
    raise SecurityPolicyError(
        f"the token endpoint issues tokens that live longer than {terms.longest} seconds; {NOT_SENT}",
        required=f"token_lifetime<={terms.longest}",
        effective=f"token_lifetime={seconds}",
        missing=("G10",),
        fix="have the service issue shorter-lived tokens, or change minimum_security or token_lifetime in require",
    )


def _seconds(value: object) -> int | None:
    """Return ``expires_in`` in whole seconds, whether it is a number or a text of one; ``None`` if it says nothing.

    Less than a second says nothing either: servers write 0 or -1 of tokens that never expire, and of others alike.
    """
    if value is None or value == "":
        return None
    number = math.nan
    if isinstance(value, str) and len(value) <= 64 and value.strip().isascii():
        try:
            number = float(value)
        except ValueError:
            number = math.nan
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    if math.isnan(number):
        raise _unusable("its expires_in is not a number of seconds")
    return int(min(number, LONGEST_LIFE)) if number >= 1 else None


def _scope(value: object, terms: Terms) -> tuple[frozenset[str], str]:
    """Return the granted scopes, and how they exceed those asked for.

    Without an answer they are those asked for (RFC 6749 §5.1). Real servers also write a list, or put commas between.
    """
    wanted = frozenset((terms.scope or "").split())
    if not value:
        return wanted if value is None else frozenset(), ""
    items = value if isinstance(value, list) else [value]
    names = [name for name in items if isinstance(name, str) and name.isprintable()]
    if len(names) < len(items):
        return frozenset(), "the token's scope cannot be read" if terms.scope else ""
    granted = frozenset(" ".join(names).split())
    if terms.scope is not None and not granted <= wanted:
        granted = frozenset(" ".join(names).replace(",", " ").split())
    return granted, WIDER if terms.scope is not None and not granted <= wanted else ""


def _short_of(weakness: str) -> SecurityPolicyError:
    return SecurityPolicyError(
        f"the token falls short of what the settings demand: {weakness}; {NOT_SENT}",
        required="short_lived_token",
        effective=Level.MEDIUM_HIGH.word,
        missing=("G10",),
        fix="change the setting scope, or have the service grant no more than that"
        if weakness is WIDER
        else "set token_lifetime if it is known how long the tokens live, or lower minimum_security",
    )
