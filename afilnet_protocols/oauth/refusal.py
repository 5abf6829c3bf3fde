"""What it means that a token endpoint gave no token: one table for every status and error code. No I/O.

A definite no is no `NotSentError`, which would be repeated: three wrong secrets lock accounts. What says that the
server cannot answer now is one. Sources: RFC 6749 §5.2, RFC 8707 §2 (``invalid_target``); docs/peers.md for others.
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
)
from afilnet_protocols.oauth.descriptions import (
    describes_a_client,
    describes_a_grant,
    describes_a_proof,
    describes_a_refresh_token,
    describes_a_user,
    describes_the_pace,
)
from afilnet_protocols.oauth.error_codes import asks_to_slow_down, code_in, is_about_the_client, says_a_status
from afilnet_protocols.oauth.missing_parameter import how_to_give, missing_parameter
from afilnet_protocols.patterns import late
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.redirect import whereto
from afilnet_protocols.wire.verdict import retry_after
from afilnet_protocols.wire.what_answered import what_answered

REFUSED_CREDENTIALS = "INCORRECT_USER_PASSWORD"
"""The code of refused credentials: the same as that of a refused password on the other protocols."""

NOT_SENT = "the operation was not sent"

LONGEST_WAIT = 86_400.0
"""The longest time that an endpoint is waited for, in seconds: who asks for more than a day is asked after one."""

_FOR_NOW = frozenset({"temporarilyunavailable", "servererror", "slowdown", "timeout", "tryagainlater"})
"""Codes, folded, that another try may well mend (RFC 6749 §4.1.2.1, RFC 8628 §3.5)."""

_PASSING = frozenset({408, 425, 500, 502, 503, 504})
"""Statuses that say nothing about the request: its error code is not read."""

_OF_THE_SCOPE = "change or remove the setting scope"

_SETTINGS: tuple[tuple[str, str], ...] = (
    ("unauthorizedclient", "this client_id may not use this grant: have it allowed, or change the setting grant"),
    ("grant", "change the setting grant"),
    ("scope", _OF_THE_SCOPE),
    ("consent", "change the setting scope, or have an administrator consent to it"),
    ("target", "check the settings resource and audience"),
    ("resource", "check the settings resource and audience"),
    ("audience", "check the settings resource and audience"),
    ("dpop", "it wants tokens bound by DPoP (RFC 9449), which this client has not: have that switched off for it"),
    ("accessdenied", "check that this client may have a token for this scope, resource and audience"),
    ("assertion", "check the settings client_key, client_key_id, client_key_algorithm and assertion_audience"),
)
"""What to change, by a part of the folded error code: servers spell the standard's words in their own way."""

_OF_THE_GRANT = "invalidgrant"
_OF_A_CODE = "invalidcode"
_UNAUTHORIZED = "unauthorizedclient"
_MALFORMED = "invalidrequest"
_OF_SETTINGS = frozenset({_MALFORMED, "invalidscope", "invalidtarget", _UNAUTHORIZED, "unsupportedgranttype"})
"""The standard's codes, folded, for a request that is wrong whoever asks, also on a status that says otherwise."""

_OTHERWISE = "check the settings token_url, token_auth, grant, scope, audience, resource and token_parameters"
_REPLACED = "or the service has replaced the refresh token by a newer one: set a new refresh_token"

_NOT_OF_THE_USER = frozenset({_UNAUTHORIZED, "unsupportedgranttype", "invalidscope", "invalidclient"})


class RefreshRefused(Exception):
    """A refresh token brought no access token, and the grant itself may bring one."""


class Asked(msgspec.Struct, frozen=True):
    """How a token was asked for, as far as it explains a refusal.

    Attributes:
        grant: what was traded in: ``client_credentials``, ``password`` or ``refresh_token``.
        token_auth: how the client proved itself.
        encoded: whether the client's name or secret has characters that the two spellings of Basic write differently.
        given: the parameters that the request had, as far as settings say so.
    """

    grant: str = "client_credentials"
    token_auth: str = "basic"  # noqa: S105 - the name of a method, not a password
    encoded: bool = False
    given: frozenset[str] = frozenset()


_UNRESERVED = late(r"[A-Za-z0-9._~-]*")
"""Texts of what form encoding leaves as it is (RFC 3986 §2.3)."""


def differs_encoded(*texts: str) -> bool:
    """Return whether form encoding changes one of these texts."""
    return any(_UNRESERVED.fullmatch(text) is None for text in texts)


def refusal(reply: Reply, document: Mapping[str, object], asked: Asked) -> AfilnetError:
    """Return the error that an answer without a token stands for.

    Returns:
        ``AuthenticationError`` if the client, the user or the refresh token was refused, ``ConfigurationError`` for
        any other definite no, ``RateLimitedError`` and ``NotSentError`` where another try may help.
    """
    status, code = reply.status, "" if reply.status in _PASSING else code_in(document)
    code = "" if says_a_status(code) else code
    wait = asked_wait(reply)
    # A 403 that is about who asks has no reason to say when it may be asked again.
    of_the_pace = not code and (describes_the_pace(document) or (status == 403 and wait is not None))
    if status == 429 or asks_to_slow_down(code) or of_the_pace:
        return RateLimitedError(
            code if code and status != 429 else f"HTTP_{status}",
            f"the token endpoint asks to slow down{f': no request for {wait:.0f} s' if wait else ''}",
            retry_after=wait,
        )
    if _for_now(status, code):
        what = f"{code} (HTTP {status})" if code else f"HTTP {status}"
        # A server that falls over credentials that it cannot decode says 500.
        came = _instead(reply, "check token_url") + (_spelling(asked) if status == 500 else "")
        text = f"token_url: the token endpoint cannot answer now: {what}{came}; {NOT_SENT}"
        return NotSentError(text, retry_after=wait)
    if (misled := _misled(reply)) is not None:
        return misled
    if fold(code) == _OF_THE_GRANT or _refuses_user(code, document, asked) or _refuses_refresh(code, document, asked):
        return AuthenticationError(REFUSED_CREDENTIALS, _refused_grant(code, status, asked))
    if _refuses_client(code, status, document):
        came = "" if code or describes_a_client(document) else _instead(reply, "check token_url")
        return AuthenticationError(REFUSED_CREDENTIALS, f"{_refused_client(code, status, asked)}{came}")
    if (name := missing_parameter(document)) and name not in asked.given:
        how = f"{code}, HTTP {status}" if code else f"HTTP {status}"
        return ConfigurationError(
            f"the token endpoint misses the parameter {name} ({how}): {how_to_give(name)}; {NOT_SENT}"
        )
    if code:
        advice = next((words for part, words in _SETTINGS if part in fold(code)), _otherwise(asked))
        if advice == _OF_THE_SCOPE and "scope" not in asked.given:
            advice = how_to_give("scope")
        # A header that cannot be decoded is a request that is wrong, to some.
        advice += _spelling(asked) if fold(code) == _MALFORMED else ""
        return ConfigurationError(f"the token endpoint answered {code} (HTTP {status}): {advice}; {NOT_SENT}")
    if status < 300:
        return ConfigurationError(f"token_url: the token endpoint answered HTTP {status} without a token; {NOT_SENT}")
    why = "in words of its own, which are not repeated" if document else "without saying why"
    what = "is not there" if status in (404, 405, 410) else f"refused the request {why}"
    return ConfigurationError(
        f"the token endpoint {what} (HTTP {status}){_instead(reply)}: {_otherwise(asked)}; {NOT_SENT}"
    )


def _misled(reply: Reply) -> ConfigurationError | None:
    """Return the error of an answer that is a proxy's, or that shows the way to another address."""
    if reply.status == 407:
        return ConfigurationError(
            f"the token request was refused with HTTP 407, which only a proxy has a reason to give: check proxy, "
            f"proxy_user and proxy_password; {NOT_SENT}"
        )
    if 300 <= reply.status < 400:
        return ConfigurationError(
            f"token_url: the token endpoint answered with a redirect (HTTP {reply.status}){whereto(reply)}, and "
            f"redirects are never followed: set token_url to the address it redirects to, if that is the "
            f"service's; {NOT_SENT}"
        )
    return None


def asked_wait(reply: Reply) -> float | None:
    """Return how long an authorization server asks to wait, in seconds; ``None`` if it does not say so."""
    wait = retry_after(reply)
    return None if wait is None else min(wait, LONGEST_WAIT)


def would_refuse_any_grant(status: int, document: Mapping[str, object]) -> bool:
    """Return whether a refusal is of the client by name, or no authorization server's at all: whatever is asked for."""
    code = code_in(document)
    if 300 <= status < 400 or status in (404, 405, 407, 410):
        return True
    if fold(code) in (_OF_THE_GRANT, _UNAUTHORIZED) and not describes_a_client(document):
        return False
    return code == REFUSED_CREDENTIALS or is_about_the_client(code) or describes_a_client(document)


def _instead(reply: Reply, advice: str = "") -> str:
    """Say what came in place of a token endpoint's document, if something else did, and what to do then."""
    met = what_answered(reply.body, reply.headers, due="JSON") if reply.body else None
    return "" if met is None else f"; what came is {met.what}{advice and f': {advice}'}"


def _for_now(status: int, code: str) -> bool:
    """Return whether another try may well mend it.

    What a server does not do at all (501) it will not do later, if it says by a code what that is: oauth2orize says
    ``unsupported_grant_type`` so.
    """
    return status in _PASSING or fold(code) in _FOR_NOW or (status >= 500 and not (status == 501 and code))


def _refuses_client(code: str, status: int, document: Mapping[str, object]) -> bool:
    if code == REFUSED_CREDENTIALS or is_about_the_client(code):
        return True
    of_settings = fold(code) in _OF_SETTINGS - {_UNAUTHORIZED}
    of_a_proof = fold(code) == _MALFORMED and describes_a_proof(document)
    if (of_a_proof or not of_settings) and describes_a_client(document):
        return True
    # An empty 403 is how some servers refuse a wrong secret (docs/peers.md).
    return (status == 401 and fold(code) not in _OF_SETTINGS) or (status == 403 and (not code or code.isdecimal()))


def _refuses_user(code: str, document: Mapping[str, object], asked: Asked) -> bool:
    """Return whether user and password were refused, under whatever code: then the description speaks of them."""
    return asked.grant == "password" and fold(code) not in _NOT_OF_THE_USER and describes_a_user(document)


def _refuses_refresh(code: str, document: Mapping[str, object], asked: Asked) -> bool:
    """Return whether the refresh token was refused, in a server's own words: ``token_expired``, ``invalid_code``."""
    named = "token" in code.lower() or fold(code) == _OF_A_CODE
    described = fold(code) not in _NOT_OF_THE_USER and describes_a_refresh_token(document)
    of_more = describes_a_grant(document) or missing_parameter(document)
    return asked.grant == "refresh_token" and (named or (described and not of_more))


def _otherwise(asked: Asked) -> str:
    """Say what to look at where nothing was said; a refresh token that was used up is refused so, too."""
    return f"{_OTHERWISE}; {_REPLACED}" if asked.grant == "refresh_token" else _OTHERWISE


def _refused_grant(code: str, status: int, asked: Asked) -> str:
    how = f"({code or f'HTTP {status}'})"
    if asked.grant == "password":
        return f"the token endpoint refused the user and password {how}: check user and password"
    if asked.grant == "refresh_token":
        return (
            f"the token endpoint refused the refresh token {how}: it has expired or was withdrawn, or the service has "
            "replaced it by a newer one. Set a new refresh_token; with token_cache, a newer one is kept for the next "
            "process"
        )
    return f"the token endpoint refused the grant {how}: check grant, client_id and client_secret"


def _refused_client(code: str, status: int, asked: Asked) -> str:
    how = f"{code} (HTTP {status})" if code else f"HTTP {status}"
    if asked.token_auth == "private_key_jwt":  # noqa: S105 - the name of a method, not a password
        check = (
            "client_id, client_key, client_key_id, client_key_algorithm, assertion_audience and this machine's clock"
        )
    elif asked.token_auth == "mtls":  # noqa: S105 - as above
        check = "client_id, client_cert and token_auth"
    else:
        check = "client_id, client_secret and token_auth"
    text = f"the token endpoint refused the client ({how}): check {check}"
    if asked.grant == "password":
        text += ", and user and password"
    if asked.grant == "refresh_token" and not code:
        text += f"; {_REPLACED}"
    if status == 403:
        text += "; a firewall before it, a missing scope, or a wrong token_url may say the same"
    elif status == 401 and not code:
        text += "; a wrong token_url may say the same"
    return text + _spelling(asked)


def _spelling(asked: Asked) -> str:
    """Say that the spelling of the credentials may be why, if there are two."""
    if not asked.encoded or asked.token_auth not in ("basic", "basic-raw"):
        return ""
    other = "basic-raw" if asked.token_auth == "basic" else "basic"  # noqa: S105 - the name of a method
    return (
        "; client_id or client_secret has characters that must be encoded (RFC 6749 §2.3.1), and servers differ in "
        f'whether they decode them: try token_auth = "{other}" or "body"'
    )
