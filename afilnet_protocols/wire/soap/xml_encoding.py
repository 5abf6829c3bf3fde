"""The encoding of an XML document, told by its bytes before its labels, which services often write by habit.

RFC 7303 §3 puts a byte order mark first, the ``charset`` of HTTP second and the document's own declaration third. The
order here is:

1. A byte order mark decides (RFC 7303 §3.3). So do the first two bytes of a document in UTF-16 that has none (XML 1.0,
   appendix F).
2. Bytes that are strict UTF-8 are UTF-8, whatever a label says. This departs from RFC 7303 §3.2 on purpose: NuSOAP
   writes ISO-8859-1 over UTF-8, and no text in another encoding is valid UTF-8 by chance.
3. Else the labels count, HTTP's before the document's. One that the bytes disprove, such as UTF-8, says nothing.
   What remains must agree on the text.
4. Whatever cannot be decided is an error: a wrong text would show no sign of it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from afilnet_protocols.patterns import late
from afilnet_protocols.retold import Retold
from afilnet_protocols.wire.names import fold

_SLICE = 65_536

_STATEFUL = late(r"utf-?7|unicode-1-1-utf-7|(cs)?iso-?2022|hz|scsu|bocu", re.IGNORECASE)
"""Encodings in which bytes of ASCII may mean other characters. In all others such a document is what it seems."""

_SINGLE_BYTE = {
    **dict.fromkeys(("iso88591", "isoir100", "latin1", "l1", "csisolatin1", "ibm819", "cp819"), "latin-1"),
    **dict.fromkeys(("windows1252", "cp1252", "xcp1252", "cswindows1252"), "cp1252"),
    **dict.fromkeys(("iso885915", "latin9", "csiso885915", "csisolatin9"), "iso8859-15"),
}
"""The labels, folded, that are believed where the bytes are not UTF-8: names of IANA, and what PHP and Java write."""

_UTF_16 = {codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF16_LE: "utf-16", b"\x00<": "utf-16-be", b"<\x00": "utf-16-le"}
"""How a document in UTF-16 begins, and how it is read then."""

# XML 1.0 §2.8; what is longer is written by nobody.
_DECLARED = late(rb"<\?xml\s[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]{0,40})[\"']")
_OF_LABELS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
_CHARSET = late(r";\s*charset\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))", re.IGNORECASE)

_SEQUENCE = late(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""A character of UTF-8 beyond ASCII."""

# In ISO 8859 these are control characters, which no text holds. Who writes them means Windows-1252.
_CONTROLS = late(rb"[\x80-\x9f]")


class NotStrictXml(ValueError):
    """The bytes are not one strict XML document. The text says why, without quoting the bytes."""


def charset_of(content_type: str) -> str | None:
    """Return the ``charset`` that a ``Content-Type`` names, if it names one (RFC 9110 §8.3.2)."""
    kind, _, label = content_type.partition("; charset=")
    if ";" not in kind and not label.strip(_OF_LABELS):
        return label or None  # as nearly all say it, or do not, without the expression
    found = _CHARSET.search(content_type)
    return (found.group(1) or found.group(2) or "").strip() or None if found else None


def refuse_stateful(label: str) -> None:
    """Refuse a label under which bytes of ASCII may be other characters.

    Raises:
        NotStrictXml: it is one.
    """
    name = fold(label)
    # What nearly all documents say is known without the expression, which costs a first client milliseconds.
    if name != "utf8" and name not in _SINGLE_BYTE and _STATEFUL.match(label):
        raise NotStrictXml("an encoding that is not read here")


def as_utf8(document: bytes, charset: str | None = None) -> bytes:
    """Return a document in UTF-8; its declaration stays as it is, and says nothing any more.

    Args:
        document: the bytes, with or without a byte order mark.
        charset: what HTTP says of them.

    Raises:
        NotStrictXml: they are neither UTF-8 nor UTF-16 nor, by their labels, ISO 8859-1, ISO 8859-15 or Windows-1252;
            or they fit two labels that mean different texts.
    """
    wide = _UTF_16.get(document[:2])
    if wide is not None:
        return _from_utf_16(document, wide)
    if charset is not None and not document.startswith(codecs.BOM_UTF8):
        refuse_stateful(charset)
    if _is_utf8(document):
        return document
    return _by_labels(document, charset)


def _from_utf_16(document: bytes, encoding: str) -> bytes:
    with Retold(UnicodeError, lambda _: NotStrictXml("not well-formed XML in UTF-16")):
        return document.decode(encoding).encode()


def _is_utf8(document: bytes) -> bool:
    """Whether bytes are strict UTF-8; told slice by slice, as a text of the whole would take four times its size."""
    if document.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(document)
    try:
        for start in range(0, len(document), _SLICE):
            decoder.decode(view[start : start + _SLICE])
        decoder.decode(b"", True)
    except UnicodeError:
        return False
    return True


def _by_labels(document: bytes, charset: str | None) -> bytes:
    if document.startswith(codecs.BOM_UTF8) or _SEQUENCE.search(document):
        # One wrong byte in a text of UTF-8 must not make all its other characters wrong.
        raise NotStrictXml("not well-formed XML in UTF-8")
    declared = _DECLARED.match(document)
    labels = [charset, declared.group(1).decode("ascii") if declared else None]
    texts = dict.fromkeys(_readings(document, [label for label in labels if label]))
    if not texts:
        raise NotStrictXml("not well-formed XML in UTF-8, and no label says what else it is")
    if len(texts) > 1:
        raise NotStrictXml("in one encoding by HTTP and in another by its own declaration")
    return next(iter(texts)).encode()


def _readings(document: bytes, labels: list[str]) -> Iterator[str]:
    """Yield what a document says by each of its labels, if the bytes can be that."""
    for label in labels:
        name = _SINGLE_BYTE.get(fold(label))
        if name is None or (name != "cp1252" and _CONTROLS.search(document)):
            continue
        try:
            yield document.decode(name)
        except UnicodeError:
            continue
