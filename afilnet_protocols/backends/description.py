"""Fetches an interface description: an exchange before any call, whose failure is never a call's."""

from __future__ import annotations

from typing import Protocol

import msgspec

from afilnet_protocols.calls.auxiliary import for_the_call
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.transport import Transport
from afilnet_protocols.transport.address import read
from afilnet_protocols.wire import Request
from afilnet_protocols.wire.redirect import whereto
from afilnet_protocols.wire.soap.xml_encoding import charset_of

_LATER = frozenset({408, 425, 429})
"""Statuses beside 5xx that ask to try again later (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4)."""

_FAILED = "soap_wsdl: the description could not be fetched (try again, or keep it as a file: 'afilnet wsdl bundle')"

_WITH_A_LOGIN = "it may be for those who log in: fetch it as one of them into a file, and set soap_wsdl to that"


class Fetched(msgspec.Struct, frozen=True):
    """A document and the encoding that HTTP says it is in."""

    body: bytes
    charset: str | None


class Fetch(Protocol):
    """What fetches a document from an address."""

    def __call__(self, url: str, /) -> Fetched:
        """Return the document at an address."""


def fetch(url: str, transport: Transport, deadline: Deadline) -> Fetched:
    """Fetch a description, or a part of one, on a connection of its own, with the short limit for its body.

    Args:
        url: its address.
        transport: carries the request under its own rules: no redirects, no environment.
        deadline: bounds the whole exchange.

    Raises:
        NotSentError: it could not be fetched now; no operation was called.
        ConfigurationError: there is none at the address, or the settings for the way there cannot work.
    """
    try:
        reply = transport.exchange(Request("GET", url), deadline=deadline, reuse=False)
    except AfilnetError as error:
        fault: AfilnetError = for_the_call(error, _FAILED)
    else:
        if reply.status == 200:
            return Fetched(reply.body, charset_of(reply.headers.get("content-type", "")))
        if reply.status < 500 and reply.status not in _LATER:
            todo = _WITH_A_LOGIN if reply.status in (401, 403) else "set the address of the WSDL"
            raise ConfigurationError(f"soap_wsdl: the address answered HTTP {reply.status}{whereto(reply)}: {todo}")
        fault = NotSentError(f"{_FAILED}: its address answered HTTP {reply.status}")
    try:
        raise fault
    finally:
        del fault  # or its own frame keeps it


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses have one scheme, host and port (RFC 6454 §5); what is no address has none."""
    first, second = read(one), read(other)
    if isinstance(first, ConfigurationError) or isinstance(second, ConfigurationError):
        return False
    return first.origin == second.origin
