"""Fields out of a request: query, form body and multipart body, in UTF-8, exactly as they were meant."""

from __future__ import annotations

import re
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from afilnet_protocols.catalogue import GET_LIMIT, GET_MARKER
from afilnet_protocols.dialects import Dialect
from afilnet_protocols.sandbox.server.exchange import HttpRefusal, HttpRequest
from afilnet_protocols.sandbox.state.call import carries

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_FIELDS = 200
"""The most fields that a request may have. The service's own limit, if any, is unknown."""

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def of_request(request: HttpRequest, dialect: Dialect) -> dict[str, str]:
    """Return the fields of a GET or POST: of its query, or of its body if it has one.

    The vendor's Node samples put the parameters of a POST in its query and send no body; the other samples use the
    body. Of a name that comes twice the last counts, as it does in PHP (assumed).

    Raises:
        HttpRefusal: the request is too long (414), of another type (415), or not well formed (400).
    """
    if request.method == "GET":
        length = len(request.origin) + len(request.target)
        if length > GET_LIMIT and dialect.http_get_limit == "refused":
            raise HttpRefusal(414, f"the address has {length} characters; over GET the limit is {GET_LIMIT}")
        # What keeps caches from answering says nothing to the service (assumed).
        return _checked([pair for pair in _pairs(request.query) if pair[0] != GET_MARKER])
    if request.body:
        return _of_body(request, dialect)
    return _checked(_pairs(request.query)) if dialect.http_post_query else {}


def _of_body(request: HttpRequest, dialect: Dialect) -> dict[str, str]:
    kind = request.media_type
    if kind == "application/x-www-form-urlencoded":
        refuse_other_charset(request)
        return _checked(_pairs(request.body))
    if kind == "multipart/form-data":
        return _checked(_parts(request)) if dialect.http_multipart else {}
    raise HttpRefusal(415, "send application/x-www-form-urlencoded or multipart/form-data")


def refuse_other_charset(request: HttpRequest) -> None:
    """Refuse a body that says it is in another character set than UTF-8."""
    charset = parameter(request, "charset")
    if charset is not None and charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise HttpRefusal(415, "send UTF-8")


def parameter(request: HttpRequest, name: str) -> str | None:
    """Return a parameter of the request's Content-Type, or ``None``."""
    header = request.headers.get("content-type", "")
    if ";" not in header:
        return None
    message = Message()
    message["Content-Type"] = header
    value = message.get_param(name)
    return value if isinstance(value, str) else None


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    try:
        text = encoded.decode("utf-8")
        if "%" in text and _BAD_ESCAPE.search(text):
            raise HttpRefusal(400, "a percent sign is not followed by two hexadecimal digits")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        problem = "the parameters are not UTF-8"
    except ValueError:
        problem = f"there are more than {MOST_FIELDS} parameters"
    raise HttpRefusal(400, problem)


def _parts(request: HttpRequest) -> list[tuple[str, str]]:
    boundary = parameter(request, "boundary")
    if not boundary:
        raise HttpRefusal(400, "the multipart body has no boundary")
    form = _Multipart()
    try:
        parser = MultipartParser(boundary.encode("latin-1", "replace"), form.callbacks())
        parser.write(request.body)
        parser.finalize()
        if not form.complete:
            raise HttpRefusal(400, "the multipart body ends before its last boundary")
        return form.fields()
    except UnicodeDecodeError:
        problem = "the parameters are not UTF-8"
    except FormParserError:
        problem = "the multipart body is not well formed"
    raise HttpRefusal(400, problem)


class _Multipart:
    """Collects the parts of a multipart body. A part that is a file is no parameter."""

    def __init__(self) -> None:
        self.complete = False
        self._parts: list[tuple[dict[bytes, bytes], bytes]] = []
        self._headers: dict[bytes, bytes] = {}
        self._name = b""
        self._value = b""
        self._data = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self._data.extend(data[start:end]),
            "on_part_end": self._end,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        if len(self._parts) >= MOST_FIELDS:
            raise FormParserError("too many parts")
        self._headers, self._data = {}, bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _end(self) -> None:
        self._parts.append((self._headers, bytes(self._data)))

    def _finish(self) -> None:
        self.complete = True

    def fields(self) -> list[tuple[str, str]]:
        found = []
        for headers, data in self._parts:
            disposition = Message()
            disposition["Content-Disposition"] = headers.get(b"content-disposition", b"").decode("utf-8")
            name = disposition.get_param("name", header="content-disposition")
            if not isinstance(name, str):
                raise FormParserError("a part has no name")
            if disposition.get_param("filename", header="content-disposition") is None:
                found.append((name, data.decode("utf-8")))
        return found


def _checked(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields = dict(pairs)
    refuse_uncarriable(fields)
    return fields


def refuse_uncarriable(fields: dict[str, str]) -> None:
    """Refuse text that not all five protocols can give back (assumed: what the service does with it is unknown)."""
    for value in fields.values():
        if not (value.isascii() and value.isprintable()) and not carries(value):
            raise HttpRefusal(400, "a parameter has a character that XML 1.0 cannot carry")
