"""The wire: a call becomes a `Request`, a `Reply` becomes records. One file per format, no I/O below here."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.security.safe_repr import PartlyShown

R = TypeVar("R")

Arguments = Mapping[str, str]
"""The arguments of a call by wire name, checked, in the catalogue's order, without the absent optional ones."""


class Request(PartlyShown, frozen=True):
    """One HTTP request, ready to be sent. Its parts may hold secrets, so its repr shows none of them."""

    _shown = ("method",)

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def with_header(self, name: str, value: str) -> Request:
        """Return the same request with one more header.

        Args:
            name: the header's name.
            value: what it says.
        """
        return Request(self.method, self.url, (*self.headers, (name, value)), self.body)


class Reply(PartlyShown, frozen=True):
    """One complete HTTP answer: its framing was checked, its content was not.

    Attributes:
        status: its status, from 200 to 599.
        headers: by name in lower case.
        body: its content. Where HTTP said nowhere how long it is, only the content itself can show that it is whole.
        asked_whole: whether the whole request had left when it came.
        ordinary: whether its headers are known to be among ``ORDINARY_HEADERS``, so that nobody has to look again.
        sent: what the send said that it answers, which it may repeat; ``None`` if that was not noted.
    """

    _shown = ("status",)

    status: int
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    asked_whole: bool = True
    ordinary: bool = False
    sent: tuple[str, ...] | None = None

    def to_a_send(self, arguments: Arguments) -> Reply:
        """Return the same answer, with what the send said that it answers.

        Args:
            arguments: those of the send, by wire name.
        """
        return msgspec.structs.replace(self, sent=tuple(arguments.values()))


ORDINARY_HEADERS = frozenset(
    {"cache-control", "date", "expires", "pragma", "vary"}
    | {"accept-ranges", "content-encoding", "content-language", "content-length", "content-type"}
    | {"alt-svc", "connection", "keep-alive", "server", "strict-transport-security", "x-powered-by", "x-sandbox"}
    | {"content-security-policy", "referrer-policy", "x-content-type-options", "x-frame-options", "x-xss-protection"}
    | {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
)
"""Headers that servers, the sandbox among them, write alike for everybody, and that do not state that an answer was
kept. No name has a digit in it."""


class Codec(abc.ABC):
    """Turns calls into requests and replies into records, for one protocol, without I/O.

    Attributes:
        skip_odd: whether records that cannot be read are left out of a list, with a note of each. A client sets it.
    """

    skip_odd = False

    @abc.abstractmethod
    def encode(self, operation: Operation[object], arguments: Arguments) -> Request:
        """Write a call as a request.

        Args:
            operation: which is called.
            arguments: by wire name, checked already.

        Raises:
            MessageTooLongError: the protocol cannot carry a request of this size.
        """

    @abc.abstractmethod
    def decode(self, operation: Operation[R], reply: Reply) -> R:
        """Read the answer of a call.

        Args:
            operation: which was called.
            reply: its answer.

        Returns:
            The operation's records, or ``None`` for a send that the service confirmed.

        Raises:
            ServiceError: the service said no.
            OutcomeUnknownError: the answer is not a complete, strictly valid document of this protocol.
        """
