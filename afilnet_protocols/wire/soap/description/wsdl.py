"""A WSDL document, read strictly: complete in itself, so that whoever makes sense of it needs no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap.description.attribute_values import settle_attributes
from afilnet_protocols.wire.soap.description.needed import reduce
from afilnet_protocols.wire.soap.namespaces import (
    SOAP_ENCODING,
    WSDL,
    XML,
    XSD,
    XSI,
    in_present_names,
    local_name_of,
)
from afilnet_protocols.wire.soap.not_usable import NotUsable
from afilnet_protocols.wire.soap.strict_xml import DESCRIPTION, NotStrictXml, parse
from afilnet_protocols.wire.what_answered import what_answered

HINTS = (f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation")
"""Attributes that say where a schema may be found, for whoever wants to look (XML Schema Part 1 §4.3.2)."""

KNOWN = {SOAP_ENCODING: SOAP_ENCODING, XML: "http://www.w3.org/2001/xml.xsd"}
"""What descriptions import by habit, and from where. Nothing is loaded for it."""

_INCLUSION = "{http://www.w3.org/2001/XInclude}include"

_INSTEAD = {
    "description": "it is WSDL 2.0, and WSDL 1.1 is read: many services have both",
    "schema": "it is an XML schema, which is a part of a description",
    "application": "it is WADL, which describes no SOAP",
    "discovery": "it is .NET's list of descriptions: set soap_wsdl to the one that its contractRef names",
    "Envelope": "it is an answer to a call: the description is often at the same address with ?wsdl",
}
"""What is met in the place of a description, by the name of its root."""

_ANOTHER = (
    "ask whoever runs the service for the WSDL 1.1 of its chat operations and set soap_wsdl to it, or set protocol to "
    "one that needs none"
)


def read(wsdl: bytes, charset: str | None = None) -> etree._Element:
    """Read what a WSDL says that calls need. Opens no file and no connection.

    Args:
        wsdl: the document, at most 2 MiB.
        charset: the encoding that HTTP names, if it came that way and HTTP names one.

    Raises:
        ConfigurationError: it is not a strict XML document, not a WSDL 1.1, needs another document, or its ports
            demand what is not done here.
    """
    try:
        tree = parse(in_present_names(wsdl), DESCRIPTION, root=None, charset=charset)
        if local_name_of(tree) != "definitions":
            raise NotStrictXml(_INSTEAD.get(local_name_of(tree), "its root is not definitions"))
        if tree.tag != f"{{{WSDL}}}definitions":
            raise NotUsable("it is not a WSDL 1.1 document")
        settle_attributes(tree)
        _refuse(tree.iter(_INCLUSION))
        reduce(tree)
        _refuse(tree.iter(f"{{{WSDL}}}import", *(f"{{{XSD}}}{name}" for name in ("include", "redefine", "override"))))
        _refuse(node for node in tree.iter(f"{{{XSD}}}import") if node.get("schemaLocation") is not None)
    except NotStrictXml as error:
        met = what_answered(wsdl, {}, due="XML")
        reason = str(error) if met is None else met.told
    except NotUsable as error:
        reason = str(error)
    else:
        return tree
    raise unusable(reason)


def unusable(reason: str) -> ConfigurationError:
    """Return the error of a description that cannot be used, which says what to do about it."""
    todo = "" if "afilnet wsdl bundle" in reason else f"; {_ANOTHER}"
    return ConfigurationError(f"soap_wsdl: the description cannot be used: {reason}{todo}")


def _refuse(references: Iterable[etree._Element]) -> None:
    """Refuse a document that needs another one, and name that."""
    for node in references:
        raise NotUsable(
            f"it refers to another document, {_location(node)}, and none is ever loaded by itself: join them with "
            "'afilnet wsdl bundle URL -o FILE' (URL may be a file), and set soap_wsdl to the file"
        )


def _location(node: etree._Element) -> str:
    """Return where a reference leads."""
    written = (node.get(name) for name in ("location", "schemaLocation", "href"))
    return shown_location(next((value for value in written if value), "at a place that it does not name"))


def shown_location(location: str) -> str:
    """Return an address as an error may show it: printable, without user and password, and not too long."""
    shown = "".join(character if character.isprintable() else "?" for character in location)
    scheme, mark, rest = shown.rpartition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"[:200]


def encoded_operations(tree: etree._Element) -> frozenset[tuple[str, str]]:
    """Return the operations with encoded requests (SOAP 1.1 §5), each as the names of binding and operation."""
    found = set()
    for binding in tree.iterchildren(f"{{{WSDL}}}binding"):
        for operation in binding.iterchildren(f"{{{WSDL}}}operation"):
            inputs = operation.iterchildren(f"{{{WSDL}}}input")
            if any(body.get("use") == "encoded" for each in inputs for body in each):
                found.add((binding.get("name", ""), operation.get("name", "")))
    return frozenset(found)
