"""What an address must look like that a request can be sent to: one rule for the settings and for the transport."""

from __future__ import annotations

import re

from afilnet_protocols.patterns import late

# RFC 3986: scheme, host (a name or a bracketed IPv6 address), port, path, query; nothing else may follow.
URL = late(
    r"(?i:(https?)://)(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?"
    r"(/[A-Za-z0-9._~%!$&'()*+,;=:@/-]*)?(?:\?([A-Za-z0-9._~%!$&'()*+,;=:@/?-]*))?"
)
LONGEST_HOST = 253
"""The longest name of a host, in characters."""

_AUTHORITY = late(r"(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?", re.IGNORECASE)
_LONGEST_LABEL = 63
_DIGITS = "0123456789"
# Names of containers and of Windows machines have underscores, whatever RFC 1123 says.
_OF_LABELS = "abcdefghijklmnopqrstuvwxyz-_" + _DIGITS


def is_authority(text: str) -> bool:
    """Whether a text may be what stands before the path, as far as its characters go."""
    return _AUTHORITY.fullmatch(text) is not None


def is_name(host: str) -> bool:
    """Whether a host, in lower case, is a name: labels between single dots, of which the last is no number.

    A dot at its end says that it is whole, so that no search domain is tried.
    """
    labels = host.removesuffix(".").split(".")
    return len(host) <= LONGEST_HOST and all(map(_is_label, labels)) and not _is_numeric(labels[-1])


def _is_label(text: str) -> bool:
    # A text of nothing but the characters of a set is what nothing is left of.
    return 0 < len(text) <= _LONGEST_LABEL and not text.strip(_OF_LABELS) and text[0] != "-" != text[-1]


def _is_numeric(label: str) -> bool:
    """Whether a last label, such as 1 or 0x7f, makes resolvers read the whole name as a number in disguise."""
    return not label.strip(_DIGITS) or (label[:2] == "0x" and not label[2:].strip(_DIGITS + "abcdef"))
