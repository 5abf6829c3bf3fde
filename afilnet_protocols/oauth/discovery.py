"""Where an authorization server has its token endpoint, by its own metadata (RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from afilnet_protocols.auxiliary import for_the_call
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.oauth.token import NOT_SENT
from afilnet_protocols.security.endpoints import Endpoint, check_endpoint
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport.adapter import Exchange
from afilnet_protocols.wire import Reply, Request
from afilnet_protocols.wire.strict_json import NotStrictJson, loads

WELL_KNOWN = "/.well-known/oauth-authorization-server"

_METHODS = {"basic": "client_secret_basic", "body": "client_secret_post", "mtls": "tls_client_auth"}
"""What the metadata calls the values of the setting ``token_auth`` (RFC 8414 §2, RFC 8705 §2)."""


def discover(settings: Settings, transport: Exchange, deadline: Deadline) -> str:
    """Ask the server that the setting ``issuer`` names for its token endpoint.

    Returns:
        The endpoint's address, checked like one from the settings; for ``mtls`` its alias, if any (RFC 8705 §5).

    Raises:
        NotSentError: there was no answer, or none that can be believed.
        ConfigurationError: the endpoint cannot be used, or does not take the client's way to prove itself.
    """
    issuer = settings.issuer or ""
    fault: AfilnetError | None = None
    try:
        reply = transport.exchange(
            Request("GET", metadata_url(issuer), (("Accept", "application/json"), ("Cache-Control", "no-store"))),
            deadline=deadline,
            reuse=False,
        )
    except AfilnetError as error:
        fault = for_the_call(error, "the metadata of the authorization server could not be read")
    if fault is not None:
        try:
            raise fault
        finally:
            del fault  # or its own frame keeps it
    return _token_endpoint(_metadata(reply), settings)


def metadata_url(issuer: str) -> str:
    """Return where an issuer's metadata stands: the well-known part goes before the issuer's own path (RFC 8414 §3)."""
    parts = urlsplit(issuer)
    return urlunsplit((parts.scheme, parts.netloc, WELL_KNOWN + parts.path.rstrip("/"), "", ""))


def _metadata(reply: Reply) -> Mapping[str, object]:
    what = f"HTTP {reply.status}"
    if reply.status == 200:
        try:
            return loads(reply.body)
        except NotStrictJson:
            what = "no strictly valid JSON object"
    raise _unbelievable(f"answered {what}")


def _token_endpoint(metadata: Mapping[str, object], settings: Settings) -> str:
    if metadata.get("issuer") != settings.issuer:
        raise _unbelievable("names another issuer (RFC 8414 §3.3)")
    methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if not isinstance(methods, list) or _METHODS[settings.token_auth] not in methods:
        known = [name for name, method in _METHODS.items() if isinstance(methods, list) and method in methods]
        raise ConfigurationError(
            f"token_auth: the authorization server does not accept {settings.token_auth!r}; it accepts "
            f"{' and '.join(known) or 'nothing that is known here'}"
        )
    url = metadata.get("token_endpoint")
    aliases = metadata.get("mtls_endpoint_aliases")
    if settings.token_auth == "mtls" and isinstance(aliases, dict):  # noqa: S105 - the name of a method, not a password
        url = aliases.get("token_endpoint", url)
    if not isinstance(url, str):
        raise _unbelievable("names no token_endpoint")
    check_endpoint(Endpoint("issuer's token_endpoint", url), settings)
    if url.startswith("http:") and settings.minimum_security != "none":
        raise _unbelievable("names a token_endpoint that is plain http")
    return url


def _unbelievable(what: str) -> NotSentError:
    return NotSentError(f"the metadata of the authorization server cannot be used: it {what}; {NOT_SENT}. Check issuer")
