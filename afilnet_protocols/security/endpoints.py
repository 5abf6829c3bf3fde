"""The addresses that a client talks to, as its settings name them: what may be in them, and whether they are plain."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.patterns import late
from afilnet_protocols.security.address_form import URL, is_authority, is_name
from afilnet_protocols.security.policy_settings import PolicySettings, long_lived
from afilnet_protocols.vocabulary import Protocol

LONGEST_ADDRESS = 2048
_LAST_PORT = 65_535

SECRET_NAMES = frozenset(
    {
        "password",
        "passwd",
        "pass",
        "pwd",
        "secret",
        "client_secret",
        "access_token",
        "refresh_token",
        "token",
        "apikey",
        "api_key",
        "key",
    }
)
"""Names of query parameters that hold secrets; an address of the settings may hold none."""

# What every start looks for is looked for without expressions: to compile them took longer than all the looking.
_DIGITS = "0123456789"
_OF_HOSTS = "abcdefghijklmnopqrstuvwxyz.-_" + _DIGITS
_BYTES = frozenset(map(str, range(256)))
_OF_PATHS = _OF_HOSTS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ~/"

_OF_A_PROTOCOL = late(r"/api/+(http|basic|soap|json)(/|$)", re.IGNORECASE)
"""The paths that the vendor's samples show, and that the backends of three protocols add to ``base_url``."""


_WELL_KNOWN = "/.well-known/"
"""Where a server's metadata is (RFC 8414 §3): not in the name of the server."""


class Parts(msgspec.Struct, frozen=True):
    """What an address consists of, as ``urllib.parse.urlsplit`` says.

    Attributes:
        scheme: in lower case; empty if it has none.
        netloc: the host as it is written, with user, password and port.
        host: in lower case, an IPv6 address without brackets; empty if there is none.
        port: if it names one; 0 for what is no port.
        path: as it is written.
        query: as it is written.
    """

    scheme: str
    netloc: str
    host: str
    port: int | None
    path: str
    query: str


def parts_of(url: str) -> Parts:
    """Return what an address consists of.

    ``urllib.parse``, which loads ``ipaddress``, is asked for unusual ones only: it is a twentieth of a start.

    Raises:
        ValueError: it cannot be taken apart.
    """
    usual = usual_parts(url)
    if usual is not None:
        return usual
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    try:
        number = parts.port
    except ValueError:
        number = 0
    return Parts(parts.scheme, parts.netloc, parts.hostname or "", number, parts.path, parts.query)


def usual_parts(url: str) -> Parts | None:
    """Return what an address consists of that is written as most are; ``None`` for any other.

    Such a one has a host in lower case, maybe a port, maybe a path; nothing in it is escaped, and nothing follows.
    """
    scheme, mark, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    host, colon, port = netloc.partition(":")
    # A text of nothing but the characters of a set is what nothing is left of.
    if not mark or scheme not in ("https", "http") or not host or host.strip(_OF_HOSTS) or path.strip(_OF_PATHS):
        return None
    if colon and (not port or len(port) > len(str(_LAST_PORT)) or port.strip(_DIGITS) or int(port) > _LAST_PORT):
        return None
    return Parts(scheme, netloc, host, int(port) if colon else None, slash + path, "")


class Endpoint(msgspec.Struct, frozen=True):
    """One address, and the setting that it comes from."""

    setting: str
    url: str

    @property
    def plain(self) -> bool:
        """Whether it is not encrypted."""
        return parts_of(self.url).scheme == "http"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what may be shown of it."""
        parts = parts_of(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def endpoints(settings: PolicySettings) -> tuple[Endpoint, ...]:
    """Return the addresses that the chosen protocol uses, as far as the settings name them."""
    return tuple(Endpoint(name, url) for name, url in _named(settings) if url)


def is_fetched(wsdl: str | None) -> bool:
    """Return whether an interface description is an address to fetch rather than a file."""
    return wsdl is not None and wsdl.lower().startswith(("http:", "https:"))


def _named(settings: PolicySettings) -> Iterator[tuple[str, str | None]]:
    if settings.protocol == Protocol.SOAP:
        yield "soap_endpoint", settings.soap_endpoint
        yield "soap_wsdl", settings.soap_wsdl if is_fetched(settings.soap_wsdl) else None
    elif settings.protocol == Protocol.JSON:
        yield "json_url", settings.json_url
        yield "token_url", settings.token_url
        yield "issuer", settings.issuer
    else:
        yield "base_url", settings.base_url
        if settings.protocol not in tuple(Protocol):
            # Which of them an installed backend goes by is not known here.
            yield "soap_endpoint", settings.soap_endpoint
            yield "json_url", settings.json_url
            yield "token_url", settings.token_url
            yield "issuer", settings.issuer


def check_endpoint(endpoint: Endpoint, settings: PolicySettings) -> None:
    """Refuse an address that cannot be used or that holds a secret. No socket is opened and no name looked up.

    Raises:
        ConfigurationError: says what is wrong with which setting; the address itself is not quoted.
    """
    found = faults(endpoint.setting, endpoint.url)
    if not found and _holds_secret(endpoint.url, settings):
        found = ["must not hold a secret of these settings, because addresses end up in logs: remove it"]
    if found:
        raise ConfigurationError(f"the setting {endpoint.setting} {found[0]}")


def faults(setting: str, url: str) -> list[str]:
    """Return what is wrong with an address on its own, with the remedy; it may hold a secret and is not repeated.

    Args:
        setting: the name of the setting that it stands in.
        url: the address.
    """
    parts = _parts(url)
    if parts is None and setting == "proxy":
        return ["must be http://host:port; other kinds of proxies, such as SOCKS, are not supported"]
    if parts is None:
        example = "such as https://www.example.com, in ASCII, without blanks"
        return [f"must be a complete address {example}, and of at most {LONGEST_ADDRESS} characters"]
    if parts.port == 0:
        return [f"must have a port from 1 to {_LAST_PORT} behind the host's ':'; an IPv6 address stands in brackets"]
    found = []
    if "@" in parts.netloc:
        named = ("proxy_user", "proxy_password") if setting == "proxy" else ("user", "password")
        found.append(f"must not hold a user or password before the host: use the settings {' and '.join(named)}")
    if setting == "base_url" and parts.path.strip("/") and _OF_A_PROTOCOL.search(_unquoted(parts.path)):
        found.append(
            "must end before /api/http/ or /api/basic/, which the protocols add themselves: leave that path out"
        )
    if setting == "issuer" and _WELL_KNOWN in parts.path:
        found.append(f"must be the issuer itself, as its metadata names it: leave out {_WELL_KNOWN} and what follows")
    if "#" in url:
        found.append("must not have a fragment (the part from '#')")
    if "?" in url and setting in ("base_url", "issuer", "proxy"):
        found.append("must not have a query (the part from '?')")
    elif parts.query and _names_secret(parts.query):
        found.append("must not have a query parameter that names a secret: use the settings made for secrets")
    if parts.scheme == "http" and setting != "proxy" and not is_loopback(parts.host):
        found.append("must begin with https:// because plain HTTP is for the sandbox on a loopback host only")
    return found or _unfit(setting, url, parts)


def _unfit(setting: str, url: str, parts: Parts) -> list[str]:
    """Return why no request could be sent to an address that has nothing else wrong with it."""
    if setting == "proxy" and (parts.scheme != "http" or parts.path.strip("/")):
        return ["must be http://host:port, without a path; TLS to the proxy itself is not supported"]
    # What is written as most are has nothing in it that an authority has not.
    usual = usual_parts(url) is not None
    if not (usual or is_authority(parts.netloc)) or not _is_host(parts):
        text = "must have a host of letters, digits, hyphens, underscores and single dots, or an IP address"
        return [f"{text}, and no ':' behind it without a port"]
    if not usual and URL.fullmatch(url) is None:
        text = "holds a character that no address has, such as a brace"
        return [f"{text}: put a value in the place of a placeholder, and write anything else percent-encoded"]
    return []


def _is_host(parts: Parts) -> bool:
    if is_name(parts.host) or is_ipv4_loopback(parts.host):
        return True
    import ipaddress

    try:
        address = ipaddress.ip_address(parts.host)
    except ValueError:
        return False
    return (address.version == 6) == parts.netloc.startswith("[")


def _parts(url: str) -> Parts | None:
    """Return the parts of an address that is one at all."""
    # The length comes first: nothing that is done below may cost anything for a hostile text.
    if len(url) > LONGEST_ADDRESS or not _is_ascii(url):
        return None
    try:
        parts = parts_of(url)
    except ValueError:
        return None
    return parts if parts.scheme in ("https", "http") and parts.host else None


def _is_ascii(url: str) -> bool:
    """Whether it is ASCII without blanks and backslashes, as an address is; hosts outside it are ``xn--…``."""
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url


def _names_secret(query: str) -> bool:
    from urllib.parse import parse_qsl

    return any(name.lower() in SECRET_NAMES for name, _ in parse_qsl(query, keep_blank_values=True))


def _unquoted(text: str) -> str:
    """Return a text with what is escaped in it by percent signs read."""
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def _holds_secret(url: str, settings: PolicySettings) -> bool:
    """Return whether a secret of the settings is part of an address, however it is percent-encoded."""
    readings = (url, _unquoted(url), _unquoted(_unquoted(url)), _unquoted(url.replace("+", " ")))
    # A short word such as "api" is in many an address by chance.
    return any(
        len(text) >= 8 and any(text in reading for reading in readings)
        for text in (secret.reveal() for secret in long_lived(settings))
    )


def is_ipv4_loopback(host: str) -> bool:
    """Return whether a host is an address in 127.0.0.0/8, written as ``ipaddress`` would have it."""
    numbers = host.split(".")
    return len(numbers) == 4 and numbers[0] == "127" and all(map(_BYTES.__contains__, numbers))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: ``localhost``, 127.0.0.0/8 or ``::1``. Nothing is looked up."""
    if host == "localhost":
        return True
    if is_ipv4_loopback(host):
        return True
    if not host[-1:].isdigit() and ":" not in host:
        return False  # no address: a name, as the service has
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
