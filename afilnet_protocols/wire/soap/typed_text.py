"""Texts of SOAP messages that are written as bytes: base64Binary and hexBinary.

SOAP::Lite and PEAR write a text beyond ASCII as ``xsi:type="xsd:base64Binary"`` by themselves. Shown as it is written
it would be another text, without any sign of it; so it is decoded as UTF-8, or refused.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Mapping

from lxml import etree

from afilnet_protocols.retold import Retold
from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.soap.binary_types import BINARY
from afilnet_protocols.wire.soap.built_in_types import VALUES
from afilnet_protocols.wire.soap.namespaces import XSI

BLANK = " \t\r\n"

_TYPE = f"{{{XSI}}}type"
_NO_BLANKS = {ord(blank): None for blank in BLANK}


def text_of(element: etree._Element, declared: str | None = None) -> str:
    """Return the text of an element without children, decoded if its type says that it is encoded.

    Args:
        element: the element.
        declared: ``base64Binary`` or ``hexBinary`` if its description says so, else ``None``. What the element says of
            itself comes first; its prefix is not looked at, as nothing else goes by these names.

    Raises:
        Malformed: it is not encoded so, or what it holds is no text in UTF-8.
    """
    text = element.text or ""
    own = element.get(_TYPE)
    named = None if own is None else own.rpartition(":")[2].strip()
    kind = declared if named is None else BINARY.get(named)
    if kind is None:
        return text.strip(BLANK) if named in VALUES else text
    with Retold(ValueError, lambda _: Malformed(f"a text of type {kind} is not one, or holds no UTF-8")):
        return _decoded(text.translate(_NO_BLANKS), kind).decode()


def encoded(text: str, kind: str) -> str:
    """Return a text as ``base64Binary`` or ``hexBinary`` (XML Schema Part 2 §3.2.15, §3.2.16)."""
    written = text.encode()
    return written.hex().upper() if kind == "hexBinary" else binascii.b2a_base64(written, newline=False).decode("ascii")


def mark(answer: etree._Element, *, types: Mapping[str, str], fields: Mapping[str, str]) -> None:
    """Let elements say themselves that they are encoded, where only their description does.

    Args:
        answer: the element that holds them.
        types: the description's own names for base64Binary and hexBinary, and which of them each is.
        fields: the names of the fields that are declared to be of one.
    """
    for element in answer.iter(etree.Element) if types or fields else ():
        own = element.get(_TYPE)
        kind = fields.get(etree.QName(element).localname) if own is None else types.get(own.rpartition(":")[2].strip())
        if kind is not None:
            element.set(_TYPE, kind)


def drop_blanks(answer: etree._Element, fields: Iterable[str]) -> None:
    """Take away the blanks around texts, where only their description says that these do not count.

    Args:
        answer: the element that holds them.
        fields: the names of the fields that are declared so.
    """
    tags = [f"{{*}}{name}" for name in fields]
    for element in answer.iter(*tags) if tags else ():
        if element.text and not len(element) and element.get(_TYPE) is None:
            element.text = element.text.strip(BLANK)


def _decoded(text: str, kind: str) -> bytes:
    return bytes.fromhex(text) if kind == "hexBinary" else binascii.a2b_base64(text, strict_mode=True)
