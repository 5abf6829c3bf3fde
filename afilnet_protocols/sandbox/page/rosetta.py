"""The same call in each of the five protocols, written from the catalogue as the service documents it.

Nothing here is the client's: what the client writes is held to the same bytes by the vectors of the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

from afilnet_protocols.catalogue import CLASS, Operation
from afilnet_protocols.render.xsd import NAMESPACE
from afilnet_protocols.sandbox.page.masking import MASK
from afilnet_protocols.vocabulary import Protocol

_FORM = "application/x-www-form-urlencoded"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class Saying:
    """How one protocol says a call."""

    protocol: Protocol
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def lines(self) -> list[str]:
        """The request, line by line."""
        first = f"{self.method} {self.target}"
        return [first, *(f"{name}: {value}" for name, value in self.headers), "", *_laid_out(self.body)]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line: whether it carries a value of the call, a secret, or is the protocol's own."""

    text: str
    kind: str


def sayings(operation: Operation[object], arguments: Mapping[str, str], *, user: str, password: str) -> list[Saying]:
    """Return a call as each protocol says it.

    Args:
        operation: the operation.
        arguments: its parameters, by wire name; those that are absent are left out.
        user: the account's user.
        password: what stands where the password goes.
    """
    given = {each.wire: arguments[each.wire] for each in operation.parameters if each.wire in arguments}
    head = {"class": CLASS, "method": operation.method}
    credentials = {"user": user, "password": password}
    full = _form({**head, **credentials, **given})
    return [
        Saying(Protocol.HTTP_GET, "GET", f"/api/http/?{full}", (), ""),
        Saying(Protocol.HTTP_POST, "POST", "/api/http/", (("content-type", _FORM),), full),
        Saying(
            Protocol.BASIC,
            "POST",
            "/api/basic/",
            (("content-type", _FORM), ("authorization", f"Basic {MASK}")),
            _form({**head, **given}),
        ),
        Saying(
            Protocol.SOAP,
            "POST",
            "/api/soap/",
            (("content-type", "text/xml; charset=utf-8"), ("soapaction", f'"{NAMESPACE}#{operation.method}"')),
            _envelope(operation.method, {**credentials, **given}),
        ),
        Saying(
            Protocol.JSON,
            "POST",
            "/api/json/",
            (("content-type", "application/json"), ("authorization", f"Bearer {MASK}")),
            json.dumps({**given, **head}, ensure_ascii=False, separators=(",", ":")),
        ),
    ]


def marked(line: str, values: Mapping[str, str]) -> list[Piece]:
    """Return a line in pieces: the values that every protocol carries apart from what this one puts around them."""
    pieces: list[Piece] = []
    written = sorted({form for value in values.values() if value for form in _forms(value)}, key=len, reverse=True)
    rest = line
    own = ""
    while rest:
        found = next((form for form in (MASK, *written) if rest.startswith(form)), None)
        inside = found is not None and _inside(own, found, rest[len(found) :])
        if found is None or inside:
            own, rest = own + rest[0], rest[1:]
            continue
        if own:
            pieces.append(Piece(own, "own"))
        pieces.append(Piece(found, "secret" if found == MASK else "value"))
        own, rest = "", rest[len(found) :]
    return [*pieces, Piece(own, "own")] if own else pieces


def _inside(before: str, found: str, after: str) -> bool:
    """Whether a find is only a part of a longer word."""
    return ((before[-1:] + found[:1]).isalnum() and before != "") or (
        (found[-1:] + after[:1]).isalnum() and after != ""
    )


def _forms(value: str) -> set[str]:
    return {quote_plus(value), _text(value), json.dumps(value, ensure_ascii=False)[1:-1]}


def _form(fields: Mapping[str, str]) -> str:
    return "&".join(
        f"{name}={MASK if name == 'password' and value == MASK else quote_plus(value)}"
        for name, value in fields.items()
    )


def _text(value: str) -> str:
    return escape(value, {"\r": "&#13;"})


def _envelope(method: str, fields: Mapping[str, str]) -> str:
    children = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in fields.items())
    return (
        f'<e:Envelope xmlns:e="{_ENVELOPE}"><e:Body>'
        f'<c:{method} xmlns:c="{NAMESPACE}">{children}</c:{method}></e:Body></e:Envelope>'
    )


def _laid_out(body: str) -> list[str]:
    return body.split("\n") if body else []
