"""Addresses of files that are sent along: the service fetches them, so they must be public. Never fetched here.

Names are not looked up: what a name points to may change between our look and the service's, so the answer would
promise nothing. Only what the text itself says is judged.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from afilnet_protocols.errors import InvalidFileUrlError
from afilnet_protocols.retold import Retold

LONGEST = 2048
"""The longest address that is accepted, in characters."""

FETCHED = "the service fetches the file itself, so give an address that anybody can open"
"""What is said of a file that only its sender can open."""

_UNSAFE = re.compile(
    r"[^\x21-\x7e\xa1-\ud7ff\ue000-\U0010ffff]|[\\\u0600-\u0605\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb]"
)
"""Blanks, controls, backslashes, and characters that cannot be seen or that turn the text around."""

_OTHER = f"must start with https://: {FETCHED}"

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")

_LOCAL_NAMES = (
    "localhost",
    "local",
    "internal",
    "localdomain",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
    "home.arpa",
)
"""Endings of names that only have a meaning inside a network (RFC 6761, RFC 6762, RFC 8375, and customary ones)."""

_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
"""The special-purpose blocks of IPv4 (RFC 6890 and its registry)."""

_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""What inside the global unicast block is not public, 6to4 among it."""


def check_file_url(text: str, setting: str = "file_url") -> str:
    """Return the address unchanged if it is a public ``https`` address.

    Args:
        text: the address, at most 2,048 characters.
        setting: the argument's name, for the error.

    Raises:
        InvalidFileUrlError: says what to change. The address is not quoted: its query may hold a secret.
    """
    if len(text) > LONGEST:
        raise _invalid(setting, f"is {len(text)} characters long; use an address of at most {LONGEST}")
    if "https://" not in text.lower():
        # First of all: no blank in the path of a file of one's own is worth a word.
        raise _invalid(setting, _OTHER)
    if _UNSAFE.search(text):
        raise _invalid(
            setting, "holds a blank, a control character, a backslash or an invisible one; percent-encode it"
        )
    parts = _parts(text, setting)
    if parts.scheme != "https" or not text[:8].lower() == "https://":
        raise _invalid(setting, _OTHER)
    if "@" in parts.netloc:
        raise _invalid(setting, "holds a user or password; use an address that needs none")
    host = parts.hostname or ""
    if not host or _port_is_wrong(parts):
        raise _invalid(setting, "has no host, or a wrong port")
    _check_host(host, setting)
    return text


def _parts(text: str, setting: str) -> SplitResult:
    told = "is not an address; use one such as https://www.example.com/image.jpg"
    with Retold(ValueError, lambda _: _invalid(setting, told)):
        return urlsplit(text)


def _port_is_wrong(parts: SplitResult) -> bool:
    after = parts.netloc.rpartition("]")[2] if "]" in parts.netloc else parts.netloc
    port = after.partition(":")[2]
    return ":" in after and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536)


def _check_host(host: str, setting: str) -> None:
    """Refuse a host that is not public, as address or as name, in any notation."""
    # Full-width digits and ideographic full stops are read as plain ones by whoever applies IDNA.
    name = _ascii(host)
    if name is None:
        raise _invalid(setting, "has a host name that is not valid")
    name = name.removesuffix(".")
    if ":" in name or name.startswith("["):
        address = _ipv6(name)
        if address is None or not _public_6(address):
            raise _invalid(setting, "names an address inside a network; use a public one")
        return
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        number = _ipv4(labels)
        if number is None or any(number in network for network in _NOT_PUBLIC_4):
            raise _invalid(setting, "names an address inside a network; use a public one")
        return
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _invalid(setting, "has a host name that is not valid")
    if len(labels) == 1 or any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES):
        raise _invalid(setting, "names a host inside a network; use a public name")


def _ascii(host: str) -> str | None:
    """Return a host name as a resolver would see it, or ``None`` if it is none."""
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None


def _ipv4(labels: list[str]) -> ipaddress.IPv4Address | None:
    """Read an IPv4 address the way ``inet_aton`` does: one to four parts, decimal, octal or hexadecimal."""
    if len(labels) > 4 or not all(_NUMBER.fullmatch(label) for label in labels):
        return None
    values = []
    for label in labels:
        base = 16 if label[:2].lower() == "0x" else 8 if label[0] == "0" and len(label) > 1 else 10
        digits = label[2:] if base == 16 else label
        if len(digits) > 16 or (base == 8 and not set(digits) <= set("01234567")):
            return None
        values.append(int(digits or "0", base))
    last = values.pop()
    if any(value > 255 for value in values) or last >= 256 ** (4 - len(values)):
        return None
    for position, value in enumerate(values):
        last += value << (24 - 8 * position)
    return ipaddress.IPv4Address(last)


def _ipv6(host: str) -> ipaddress.IPv6Address | None:
    try:
        return ipaddress.IPv6Address(host)
    except ValueError:
        return None


def _public_6(address: ipaddress.IPv6Address) -> bool:
    """Return whether an IPv6 address is public; addresses that carry an IPv4 one inside are not accepted at all."""
    return (
        address.scope_id is None and address in _GLOBAL_6 and not any(address in network for network in _NOT_PUBLIC_6)
    )


def _invalid(setting: str, what: str) -> InvalidFileUrlError:
    return InvalidFileUrlError(f"{setting} {what}")
