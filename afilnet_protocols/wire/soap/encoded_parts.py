"""What the parts of an encoded request say of themselves: the types that are declared for them (SOAP 1.1 §5.1)."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.soap.described import INSIDE, SOAP_11, Text
from afilnet_protocols.wire.soap.namespaces import SOAP_12_ENCODING, SOAP_ENCODING, XSI, namespace_of

_NUMBERS = frozenset(
    (
        "decimal", "float", "double", "integer", "nonPositiveInteger", "negativeInteger", "long", "int", "short",
        "byte", "nonNegativeInteger", "unsignedByte", "unsignedInt", "unsignedLong", "unsignedShort",
        "positiveInteger",
    )
)  # fmt: skip
_AS_WRITTEN = frozenset(("string", "base64Binary", "hexBinary"))
"""What is read as it is written, or written for the purpose."""

_AS_IT_IS = late(r"-?[1-9][0-9]{0,14}|0")
"""A number as everybody writes it: ``007``, ``+34`` and ``3.10`` become other texts where they are read as numbers."""


_FLOAT = late(r"-?[0-9]{1,7}")
"""What a number of single precision keeps: it makes 34600001536 of 34600000000, another person."""


def mark_encoded(envelope: etree._Element, written: Mapping[str, Text]) -> None:
    """Say that a request is encoded, and the types of its parts, as older services insist.

    Args:
        envelope: the SOAP envelope.
        written: how the texts are declared, by their names and those around them. What an object is, the description
            says, and nobody was seen to insist on.
    """
    call, version = envelope[-1][0], namespace_of(envelope)
    call.set(f"{{{version}}}encodingStyle", SOAP_ENCODING if version == SOAP_11 else SOAP_12_ENCODING)
    _mark(call, "", written)


def _mark(around: etree._Element, place: str, written: Mapping[str, Text]) -> None:
    for part in around:
        name = f"{place}{etree.QName(part).localname}"
        if name in written:
            part.set(etree.QName(XSI, "type"), _said(part, written[name]))
        else:
            _mark(part, f"{name}{INSIDE}", written)


def depends_on_texts(written: Mapping[str, Text]) -> bool:
    """Whether what a part says depends on its text."""
    return not _AS_WRITTEN.issuperset(text.name for text in written.values())


def _said(part: etree._Element, declared: Text) -> str:
    # A service in PHP makes 7 of 007 where it is told that it is a number; gSOAP takes no string for a number at all.
    if part.text is not None and not _arrives(part.text, declared.name):
        return "xsd:string"
    # Nor does it take a string for what it enumerates, and that has a name of the description's own.
    space, _, name = (declared.own or "").removeprefix("{").partition("}")
    prefix = next((prefix for prefix, each in part.nsmap.items() if prefix and each == space), None)
    return f"{prefix}:{name}" if prefix else f"xsd:{declared.name}"


def _arrives(text: str, declared: str) -> bool:
    """Whether a text is the same after it was read as what its part is declared."""
    if declared in _AS_WRITTEN:
        return True
    if declared == "boolean" or (declared == "float" and _FLOAT.fullmatch(text) is None):
        return False  # nobody knows how a flag is spelled that was read as one
    return _AS_IT_IS.fullmatch(text) is not None if declared in _NUMBERS else text == " ".join(text.split())
