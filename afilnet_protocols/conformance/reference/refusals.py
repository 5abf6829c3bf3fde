"""What a correct client refuses before anything leaves it, as plainly as it can be said."""

from __future__ import annotations

import ipaddress
import re
from unicodedata import category
from urllib.parse import urlsplit

from afilnet_protocols.catalogue import Kind, Parameter
from afilnet_protocols.errors import InvalidFileUrlError, InvalidRequestError, UnsupportedTextError
from afilnet_protocols.suggestion import misspelt

LONGEST_URL = 2048
"""The longest file address that a client accepts, in characters."""

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_can_carry(text: str) -> bool:
    """Whether XML 1.0 (fifth edition, production 2) has all characters of the text."""
    return _NOT_XML.search(text) is None


def may_be_a_name(text: str) -> bool:
    """Whether a text has no control character and no line end, so that it may name somebody or something."""
    return all(category(character) not in ("Cc", "Zl", "Zp") for character in text)


def is_public_https(address: str) -> bool:
    """Whether an address is one that the service could fetch a file from, without a secret in it."""
    if len(address) > LONGEST_URL or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or not host or "@" in parts.netloc:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))


def check_argument(parameter: Parameter, value: object) -> None:
    """Refuse what no client may send, as the error that decides."""
    if value is None or value == "":
        if parameter.compulsory:
            raise InvalidRequestError(f"{parameter.name} is compulsory")
        return
    if not isinstance(value, str):
        raise InvalidRequestError(f"{parameter.name} is not a string")
    # A platform may be new; what is almost a known one is a mistake.
    open_ended = parameter.kind is Kind.PLATFORM and misspelt(value, parameter.values) is None
    if parameter.values and value not in parameter.values and not open_ended:
        raise InvalidRequestError(f"{parameter.name} has none of its values")
    if not xml_can_carry(value):
        raise UnsupportedTextError(f"{parameter.name} holds a character that XML 1.0 has not")
    if parameter.kind is Kind.ID and not may_be_a_name(value):
        raise UnsupportedTextError(f"{parameter.name} holds a control character")
    if parameter.kind is Kind.URL and not is_public_https(value):
        raise InvalidFileUrlError(f"{parameter.name} is not a public https address")
