"""Addresses, read strictly: what cannot be an endpoint of ours is refused before a socket is opened.

Only the origin of an address is ever shown; path and query may hold a secret.
"""

from __future__ import annotations

import functools
import re

import msgspec

from afilnet_protocols.errors import ConfigurationError, SecurityPolicyError
from afilnet_protocols.patterns import late
from afilnet_protocols.security.address_form import URL, is_name
from afilnet_protocols.security.endpoints import is_ipv4_loopback, usual_parts
from afilnet_protocols.security.safe_repr import PartlyShown

LONGEST = 16 * 1024
"""The longest address that is sent, in characters."""

_DEFAULT_PORTS = {"https": 443, "http": 80}
_QUERY = late(r"[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*")


class Origin(msgspec.Struct, frozen=True, cache_hash=True):
    """Who is spoken to: scheme, host and port.

    Attributes:
        scheme: ``https`` or ``http``.
        host: a name in lower case, or an IP address without brackets.
        port: from 1 to 65535.
        literal: whether ``host`` is an IP address.
        loopback: whether the host is this machine: ``localhost``, 127.0.0.0/8 or ``::1``.
    """

    scheme: str
    host: str
    port: int
    literal: bool
    loopback: bool

    @property
    def where(self) -> str:
        """The host and port, as error texts show them and as a proxy wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def authority(self) -> str:
        """The value of the ``Host`` header (RFC 9110 §7.2): the port only where it is not the scheme's own."""
        return self.where.rpartition(":")[0] if self.port == _DEFAULT_PORTS[self.scheme] else self.where


class Address(PartlyShown, frozen=True):
    """An origin, and what is asked of it: path and query as they go into the request line."""

    _shown = ("origin",)

    origin: Origin
    target: str


def read(url: str) -> Address | ConfigurationError:
    """Read an address.

    Args:
        url: an absolute ``https`` address, or an ``http`` one of this machine.

    Returns:
        The address, or the error to raise where ``url`` is out of sight: it is not such an address, or, as
        ``SecurityPolicyError``, it is an ``http`` address of another machine.
    """
    parts = _apart(url)
    origin = None if parts is None else _origin(*parts[:3])
    if parts is None or origin is None:
        return ConfigurationError(
            f"an endpoint address cannot be used: {_fault(url)}; check base_url, soap_endpoint, soap_wsdl, json_url "
            "and token_url"
        )
    if origin.scheme == "http" and not origin.loopback:
        return SecurityPolicyError(
            f"plain http is for this machine only, not for {origin.where}",
            required="low",
            effective="none",
            missing=("G1",),
            fix="write https:// in the endpoint's address",
        )
    path, query = parts[3:]
    return Address(origin, (path or "/") if query is None else f"{path or '/'}?{query}")


def is_query(text: str) -> bool:
    """Whether a text can stand behind the question mark of an address."""
    return _QUERY.fullmatch(text) is not None


def parse_origin(url: str) -> Origin | None:
    """Return the origin of an address that has neither path nor query, or ``None`` if it is not one."""
    parts = _apart(url)
    if parts is None or parts[3:] not in (("", None), ("/", None)):
        return None
    return _origin(*parts[:3])


def _apart(url: str) -> tuple[str, str, int | None, str, str | None] | None:
    """Return scheme, host (an IPv6 address in its brackets), port, path and query, or ``None`` if it is no address."""
    if len(url) > LONGEST:
        return None
    usual = usual_parts(url)
    if usual is not None:
        return usual.scheme, usual.host, usual.port, usual.path, None
    match = URL.fullmatch(url)
    if match is None:
        return None
    scheme, host, port, path, query = match.groups()
    return scheme.lower(), host.lower(), None if port is None else int(port), path or "", query


@functools.lru_cache(maxsize=64)
def _origin(scheme: str, host: str, port: int | None) -> Origin | None:
    number = _DEFAULT_PORTS[scheme] if port is None else port
    if not 1 <= number <= 65535:
        return None
    return _named(scheme, host, number) if is_name(host) else _numbered(scheme, host, number)


def _named(scheme: str, host: str, port: int) -> Origin:
    return Origin(scheme, host, port, literal=False, loopback=host == "localhost")


def _numbered(scheme: str, host: str, port: int) -> Origin | None:
    if is_ipv4_loopback(host):
        return Origin(scheme, host, port, literal=True, loopback=True)
    import ipaddress  # the service has a name, and the sandbox is on this machine

    try:
        ip = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    if (ip.version == 6) != host.startswith("["):
        return None
    mapped = isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None
    return Origin(scheme, str(ip), port, literal=True, loopback=ip.is_loopback and not mapped)


def _fault(url: str) -> str:
    """Say what is wrong with an address, without repeating any of it."""
    if len(url) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "it holds blanks, control characters or characters outside ASCII (write a host in its xn-- form)"
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in _DEFAULT_PORTS:
        return "it does not begin with https://"
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return "it holds a user name or password, which belong in user and password"
    if "#" in url:
        return "it holds a fragment (#…), which is never sent"
    if not authority or authority.startswith(":"):
        return "it names no host"
    return "its host, its port, or a character in its path or query is not valid"
