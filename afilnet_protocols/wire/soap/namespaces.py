"""The namespaces of descriptions and messages, and what descriptions call them besides."""

from __future__ import annotations

import re

from lxml import etree

from afilnet_protocols.patterns import late

WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP_WSDL = "http://schemas.xmlsoap.org/wsdl/soap/"
SOAP_12_WSDL = "http://schemas.xmlsoap.org/wsdl/soap12/"
MIME_WSDL = "http://schemas.xmlsoap.org/wsdl/mime/"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
SOAP_12_ENCODING = "http://www.w3.org/2003/05/soap-encoding"
XML = "http://www.w3.org/XML/1998/namespace"
XML_SOAP = "http://xml.apache.org/xml-soap"
"""Maps, vectors and documents, which Apache SOAP, Axis and PHP's generators use without saying what they are."""

DATA_CONTRACTS = "http://schemas.microsoft.com/2003/10/Serialization/"
"""Identifiers and references, as .NET's DataContractSerializer writes them."""

XML_MIME = "http://www.w3.org/2005/05/xmlmime"
"""Bytes with a content type (W3C Note of 4 May 2005)."""

_OLDER_INSTANCES = tuple(f"http://www.w3.org/{draft}/XMLSchema-instance" for draft in ("1999", "2000/08", "2000/10"))
_OLDER = late(rb"""(["'])http://www\.w3\.org/(?:1999|2000/08|2000/10)/XMLSchema(-instance)?\1""", re.ASCII)


def in_present_names(document: bytes) -> bytes:
    """Return a document in whose attributes the drafts of XML Schema go by the name of the standard.

    Apache SOAP, the toolkits of its time and those who copied their descriptions write them. What calls need of a
    schema is the same in all: elements, and texts by name.
    """
    if b"/XMLSchema" not in document or (b"/1999/XMLSchema" not in document and b"/2000/" not in document):
        return document
    return _OLDER.sub(rb"\1http://www.w3.org/2001/XMLSchema\2\1", document)


def in_present_attributes(tree: etree._Element) -> None:
    """Let attributes of the drafts of XML Schema go by their present names; ``nil`` was ``null``."""
    for element in tree.iter(etree.Element):
        for name, value in element.items():
            space, _, local = str(name).removeprefix("{").rpartition("}")
            if space in _OLDER_INSTANCES:
                element.set(f"{{{XSI}}}{'nil' if local == 'null' else local}", value)


def may_have_older_attributes(document: bytes) -> bool:
    """Whether a document names a draft of XML Schema anywhere, perhaps in a text only."""
    return b"XMLSchema-instance" in document and any(space.encode() in document for space in _OLDER_INSTANCES)


def local_of(written: str | None) -> str:
    """Return a qualified name as it is written in an attribute without its prefix."""
    return (written or "").strip().rpartition(":")[2]


def local_name_of(node: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return str(node.tag).rpartition("}")[2]


def namespace_of(node: etree._Element) -> str:
    """Return the namespace of an element; empty if it has none."""
    return str(node.tag).rpartition("}")[0].removeprefix("{")
