"""Where an authorization server has its token endpoint, by its own metadata (RFC 8414, OpenID Connect Discovery)."""

from __future__ import annotations

from collections.abc import Mapping

from afilnet_protocols.calls.auxiliary import for_the_call
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.oauth.refusal import NOT_SENT, asked_wait
from afilnet_protocols.retold import Retold
from afilnet_protocols.security.endpoints import Endpoint, check_endpoint
from afilnet_protocols.security.redaction import shown
from afilnet_protocols.settings import Settings
from afilnet_protocols.suggestion import LONGEST_PATH, cut
from afilnet_protocols.transport.exchange import Exchanging
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Reply, Request
from afilnet_protocols.wire.redirect import whereto
from afilnet_protocols.wire.strict_json import NotStrictJson, loads
from afilnet_protocols.wire.what_answered import what_answered

OAUTH = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"

_NAMES_NONE = "names no token_endpoint"

_METHODS: Mapping[str, tuple[str, ...]] = {
    "basic": ("client_secret_basic",),
    "basic-raw": ("client_secret_basic",),
    "body": ("client_secret_post",),
    "private_key_jwt": ("private_key_jwt",),
    "mtls": ("tls_client_auth", "self_signed_tls_client_auth"),
}
"""What the metadata calls the values of the setting ``token_auth`` (RFC 8414 §2, RFC 8705 §2)."""


def discover(settings: Settings, transport: Exchanging, deadline: Deadline) -> Steps[str]:
    """Ask the server that the setting ``issuer`` names for its token endpoint, at each place where servers say it.

    Returns:
        The endpoint's address, checked like one from the settings; for ``mtls`` its alias, if any (RFC 8705 §5).

    Raises:
        NotSentError: the server could not be reached, or cannot answer now.
        ConfigurationError: it has no metadata that can be believed, the endpoint cannot be used, or it does not take
            the client's way to prove itself.
    """
    issuer = settings.issuer or ""
    said: list[str] = []
    passing, wait = False, 0.0
    for place in places(issuer):
        reply = yield from _ask(place, transport, deadline)
        found = _metadata(reply, issuer)
        if not isinstance(found, str):
            return _token_endpoint(found, settings)
        said.append(f"{place} {found}")
        if reply.status == 429 or reply.status >= 500:
            passing, wait = True, max(wait, asked_wait(reply) or 0.0)
        if reply.status == 429:
            break
    text = f"no metadata of the authorization server that can be used: {'; '.join(said)}; {NOT_SENT}"
    if passing:
        raise NotSentError(text, retry_after=wait or None)
    raise ConfigurationError(f"issuer: {text}. Check issuer, or set token_url")


def places(issuer: str) -> list[str]:
    """Return where an issuer's metadata may stand, in the order in which it is looked for.

    RFC 8414 §3 inserts the well-known part before the issuer's own path; some servers append it, and OpenID Connect
    Discovery §4 does so always.
    """
    from urllib.parse import urlsplit, urlunsplit  # few servers are found by their issuer

    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    found = [OAUTH + path, path + OAUTH, path + OPENID, OPENID + path]
    return [urlunsplit((parts.scheme, parts.netloc, each, "", "")) for each in dict.fromkeys(found)]


def _ask(place: str, transport: Exchanging, deadline: Deadline) -> Steps[Reply]:
    told = "the metadata of the authorization server could not be read"
    with Retold(AfilnetError, lambda error: for_the_call(error, told)):
        request = Request("GET", place, (("Accept", "application/json"), ("Cache-Control", "no-store")))
        return (yield from transport.exchanging(request, deadline=deadline, reuse=False))


def _metadata(reply: Reply, issuer: str) -> Mapping[str, object] | str:
    """Return the metadata of an answer, or why it is none that can be believed (RFC 8414 §3.3)."""
    if reply.status != 200:
        return f"answered HTTP {reply.status}{f', a redirect{whereto(reply)}' if 300 <= reply.status < 400 else ''}"
    try:
        document = loads(reply.body)
    except NotStrictJson:
        met = what_answered(reply.body, reply.headers, due="JSON")
        return "holds no strictly valid JSON object" if met is None else f"is {met.what}"
    named = document.get("issuer")
    if not isinstance(named, str):
        return "names no issuer"
    if named != issuer:
        spelt = named.rstrip("/") == issuer.rstrip("/")
        told = f"names another issuer, {shown(cut(named, LONGEST_PATH))} (RFC 8414 §3.3)"
        return f"{told}, which ends differently: mind the slash" if spelt else told
    if not isinstance(document.get("token_endpoint"), str) and "mtls_endpoint_aliases" not in document:
        return _NAMES_NONE
    return document


def _token_endpoint(metadata: Mapping[str, object], settings: Settings) -> str:
    _check_method(metadata.get("token_endpoint_auth_methods_supported"), settings.token_auth)
    url = metadata.get("token_endpoint")
    aliases = metadata.get("mtls_endpoint_aliases")
    if settings.token_auth == "mtls" and isinstance(aliases, Mapping):  # noqa: S105 - the name of a method
        url = aliases.get("token_endpoint", url)
    if not isinstance(url, str):
        raise _unusable(_NAMES_NONE)
    check_endpoint(Endpoint("issuer's token_endpoint", url), settings)
    if url.startswith("http:") and settings.minimum_security != "none":
        raise _unusable("names a token_endpoint that is plain http")
    return url


def _check_method(offered: object, token_auth: str) -> None:
    """Refuse a way to prove oneself that the server does not offer; one that does not say takes more than Basic.

    Nor is the offer ``none`` held against a client that has something to show (RFC 7591 §2): it says that nobody has
    to, and some servers that offer nothing else look at no proof at all.
    """
    methods = offered if isinstance(offered, list) else [offered]
    if offered is None or "none" in methods:
        return
    if not any(method in methods for method in _METHODS[token_auth]):
        known = [name for name, spelt in _METHODS.items() if any(method in methods for method in spelt)]
        raise ConfigurationError(
            f"token_auth: the authorization server does not accept {token_auth!r}; it accepts "
            f"{' and '.join(known) or 'nothing that is known here'}"
        )


def _unusable(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"issuer: the metadata of the authorization server cannot be used: it {what}; {NOT_SENT}. "
        "Check issuer, or set token_url"
    )
