"""Answers in several parts: the envelope of one with attachments (SwA, MTOM) is its root part (RFC 2387).

.NET, Axis 2 and CXF write every answer so where MTOM is switched on, whether there is an attachment or not. What an
envelope leaves to an attachment is not read here; see :mod:`~afilnet_protocols.wire.soap.answers.references`.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Mapping

import msgspec

from afilnet_protocols.patterns import late
from afilnet_protocols.wire import Reply

_PARAMETER = late(r';\s*([A-Za-z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.ASCII)
_HEADER = late(rb"([!-9;=-~]{1,64})[ \t]*:[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)\r?\n")

MOST_PARTS = 256
"""How many parts are looked at for the root."""


def without_attachments(reply: Reply) -> Reply:
    """Return an answer as if its root part were all of it; one that is not in parts, or has no root, as it is."""
    content_type = reply.headers.get("content-type", "")
    if not content_type.lstrip().lower().startswith("multipart/related"):
        return reply
    parameters = _parameters(content_type)
    parts = list(_parts(reply.body, parameters.get("boundary", "")))
    start = parameters.get("start", "")
    named = [part for part in parts if start and part[0].get("content-id", "").strip("<> ") == start.strip("<> ")]
    for headers, body in (named or parts)[:1]:
        content = _decoded(body, headers.get("content-transfer-encoding", ""))
        if content is not None:
            kept = {**reply.headers, "content-type": headers.get("content-type", "text/xml")}
            return msgspec.structs.replace(reply, headers=kept, body=content)
    return reply


def _parameters(content_type: str) -> dict[str, str]:
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for name, quoted, plain in _PARAMETER.findall(content_type)
    }


def _parts(body: bytes, boundary: str) -> Iterator[tuple[Mapping[str, str], bytes]]:
    """Yield the headers and the content of the parts, until the closing boundary or the end (RFC 2046 §5.1.1)."""
    if not boundary or not boundary.isascii():
        return
    mark = b"--" + boundary.encode("ascii")
    at = 0 if body.startswith(mark) else body.find(b"\n" + mark) + 1
    for _ in range(MOST_PARTS):
        if not body.startswith(mark, at) or body.startswith(b"--", at + len(mark)):
            return
        begin = body.find(b"\n", at) + 1
        end = body.find(b"\n" + mark, begin - 1)
        if begin == 0:
            return
        headers, start = _headers(body, begin)
        content = body[start:] if end < 0 else body[start : max(start, end)].removesuffix(b"\r")
        yield headers, content
        if end < 0:
            return
        at = end + 1


def _headers(body: bytes, at: int) -> tuple[Mapping[str, str], int]:
    """Return the headers that begin at a place, and where what follows their empty line begins."""
    found: dict[str, str] = {}
    while (header := _HEADER.match(body, at)) is not None:
        found[header[1].decode("ascii").lower()] = header[2].decode("latin-1").strip()
        at = header.end()
    return found, at + (2 if body.startswith(b"\r\n", at) else 1 if body.startswith(b"\n", at) else 0)


def _decoded(content: bytes, encoding: str) -> bytes | None:
    """Return what a part holds (RFC 2045 §6); ``None`` if it is not encoded as it says."""
    match re.split(r"[\s;(]", encoding.strip(), maxsplit=1)[0].lower():  # a comment may follow (RFC 2045 §6.1)
        case "base64":
            try:
                return base64.b64decode(content.translate(None, b" \t\r\n"), validate=True)
            except binascii.Error:
                return None
        case "quoted-printable":
            return quopri.decodestring(content)
        case "" | "7bit" | "8bit" | "binary":
            return content
    return None
