"""The types that XML Schema has (Part 2) and the SOAP encoding takes over, as texts that are read and written."""

from __future__ import annotations

from collections.abc import Mapping

from afilnet_protocols.wire.soap.described import Kind, Text

_TEXTS = (
    "string", "normalizedString", "token", "language", "NMTOKEN", "NMTOKENS", "Name", "NCName", "ID", "IDREF",
    "IDREFS", "ENTITY", "ENTITIES", "anySimpleType",
)  # fmt: skip
"""The types whose blanks are left alone, whatever XML Schema says of some: services write texts in them."""

VALUES = (
    "boolean", "decimal", "float", "double", "duration", "dateTime", "time", "date", "gYearMonth", "gYear",
    "gMonthDay", "gDay", "gMonth", "anyURI", "QName", "NOTATION", "integer", "nonPositiveInteger",
    "negativeInteger", "long", "int", "short", "byte", "nonNegativeInteger", "unsignedByte", "unsignedInt",
    "unsignedLong", "unsignedShort", "positiveInteger",
)  # fmt: skip
"""The types around whose texts blanks do not count (XML Schema Part 2 §4.3.6)."""

ENCODED: Mapping[str, str] = {
    **{name: name for name in (*_TEXTS, *VALUES, "base64Binary", "hexBinary") if name != "anySimpleType"},
    "base64": "base64Binary",
}
"""The types of texts that the SOAP encoding has (SOAP 1.1 §5.2), and those of XML Schema that they are."""

ENCODED_OTHERS = ("Array", "Struct")
"""Its types of anything (SOAP 1.1 §5.4)."""


def built_in() -> Mapping[str, Kind]:
    """Return the types of XML Schema by their names."""
    texts = {name: Text(name=name) for name in _TEXTS} | {name: Text(collapse=True, name=name) for name in VALUES}
    texts |= {name: Text(collapse=True, binary=name, name=name) for name in ("base64Binary", "hexBinary")}
    return {"anyType": Kind(), **{name: Kind(text) for name, text in texts.items()}}
