"""The addresses that a client talks to, as its settings name them: what may be in them, and whether they are plain."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.security.subject import Subject
from afilnet_protocols.vocabulary import Protocol

LONGEST_ADDRESS = 2048

SECRET_NAMES = frozenset(
    {
        "password",
        "passwd",
        "pass",
        "pwd",
        "secret",
        "client_secret",
        "access_token",
        "token",
        "apikey",
        "api_key",
        "key",
    }
)
"""Names of query parameters that hold secrets; an address of the settings may hold none."""

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address, and the setting that it comes from."""

    setting: str
    url: str

    @property
    def plain(self) -> bool:
        """Whether it is not encrypted."""
        return urlsplit(self.url).scheme == "http"


def endpoints(settings: Subject) -> tuple[Endpoint, ...]:
    """Return the addresses that the chosen protocol uses, as far as the settings name them."""
    return tuple(Endpoint(name, url) for name, url in _named(settings) if url)


def is_fetched(wsdl: str | None) -> bool:
    """Return whether an interface description is an address to fetch rather than a file."""
    return wsdl is not None and wsdl.lower().startswith(("http:", "https:"))


def _named(settings: Subject) -> Iterator[tuple[str, str | None]]:
    if settings.protocol == Protocol.SOAP:
        yield "soap_endpoint", settings.soap_endpoint
        yield "soap_wsdl", settings.soap_wsdl if is_fetched(settings.soap_wsdl) else None
    elif settings.protocol == Protocol.JSON:
        yield "json_url", settings.json_url
        yield "token_url", settings.token_url
        yield "issuer", settings.issuer
    else:
        yield "base_url", settings.base_url


def check_endpoint(endpoint: Endpoint, settings: Subject) -> None:
    """Refuse an address that cannot be used or that holds a secret. No socket is opened and no name looked up.

    Raises:
        ConfigurationError: says what is wrong with which setting; the address itself is not quoted.
    """
    parts = _parts(endpoint)
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise _wrong(endpoint, "holds a user or password: use the settings user and password")
    if parts.fragment or endpoint.url.endswith("#"):
        raise _wrong(endpoint, "has a fragment (#…): remove it")
    if parts.query and endpoint.setting in ("base_url", "issuer"):
        raise _wrong(endpoint, "has a query (?…): remove it")
    if any(name.lower() in SECRET_NAMES for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise _wrong(endpoint, "has a query parameter that names a secret: use the settings made for secrets")
    if _holds_secret(endpoint.url, settings):
        raise _wrong(endpoint, "holds a secret of these settings: addresses end up in logs, so remove it")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise _wrong(endpoint, "is plain http, which is for the sandbox on loopback only: use https")


def _parts(endpoint: Endpoint) -> SplitResult:
    """Return the parts of an address that is one at all."""
    if len(endpoint.url) > LONGEST_ADDRESS:
        raise _wrong(endpoint, f"is longer than {LONGEST_ADDRESS} characters")
    if _UNSAFE.search(endpoint.url):
        raise _wrong(endpoint, "holds a blank, a control character or a backslash")
    try:
        parts = urlsplit(endpoint.url)
        usable = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise _wrong(endpoint, "is not an address such as https://host/path")
    return parts


def _holds_secret(url: str, settings: Subject) -> bool:
    """Return whether a secret of the settings is part of an address, however it is percent-encoded."""
    readings = (url, unquote(url), unquote(unquote(url)), unquote(url.replace("+", " ")))
    for secret in (settings.password, settings.client_secret):
        text = secret.reveal() if isinstance(secret, Secret) else secret
        # A short word such as "api" is in many an address by chance.
        if text and len(text) >= 8 and any(text in reading for reading in readings):
            return True
    return False


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's own, without looking anything up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong(endpoint: Endpoint, what: str) -> ConfigurationError:
    return ConfigurationError(f"the setting {endpoint.setting} {what}")
