"""One HTTP exchange as the endpoints see it: the whole request, the whole answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
XML = "text/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request that arrived in full. Its parts may hold secrets, so its repr shows none of them.

    Attributes:
        method: the verb, in upper case.
        scheme: ``https`` or ``http``.
        path: the decoded path.
        target: the path and query as they were written.
        query: the query as it was written, without the question mark.
        headers: by lower-case name; where a name comes twice, the last.
        body: the body.
    """

    method: str
    scheme: str
    path: str
    target: str = field(repr=False)
    query: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def origin(self) -> str:
        """The scheme, host and port that the client used."""
        return f"{self.scheme}://{self.headers.get('host', '')}"

    @property
    def media_type(self) -> str:
        """The media type of the body, in lower case, without parameters; empty if it is not said."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer to be sent as it is."""

    status: int
    body: bytes
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


class HttpRefusal(Exception):
    """The request is not one that an endpoint can read: a plain 4xx."""

    def __init__(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        super().__init__(text)
        self.answer = HttpAnswer(status, text.encode() + b"\n", TEXT, headers)


Endpoint = Callable[[HttpRequest], HttpAnswer]
"""What serves a path. It may raise :class:`HttpRefusal`."""


def only(request: HttpRequest, *verbs: str) -> None:
    """Refuse other verbs than these with 405."""
    if request.method not in verbs:
        allowed = ", ".join(verbs)
        raise HttpRefusal(405, f"use {allowed}", ("Allow", allowed))
