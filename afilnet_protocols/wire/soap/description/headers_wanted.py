"""The SOAP headers of a description (WSDL 1.1 §3.7): told where credentials are missing, and not found in them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml import etree

from afilnet_protocols.wire.soap.description.attribute_values import settle_attributes
from afilnet_protocols.wire.soap.description.needed import is_one_of_the_six
from afilnet_protocols.wire.soap.namespaces import (
    SOAP_12_WSDL,
    SOAP_WSDL,
    WSDL,
    XSD,
    in_present_names,
    local_of,
)
from afilnet_protocols.wire.soap.strict_xml import DESCRIPTION, parse

_SHOWN = 8
"""How many names of what a header holds are told."""


def told_header(wsdl: bytes, charset: str | None) -> str:
    """Say what the first header is called that calls would have, and what it holds; nothing if there is none.

    Args:
        wsdl: a description that was read before.
        charset: the encoding that HTTP names, if it came that way and HTTP names one.
    """
    tree = parsed(wsdl, charset)
    for header in islice(_headers(tree), 1):
        for part in _named(tree, f"{{{WSDL}}}message", local_of(header.get("message"))).iterchildren(f"{{{WSDL}}}part"):
            if part.get("name") == header.get("part"):
                element = local_of(part.get("element"))
                held = ", ".join(_held(tree, element, local_of(part.get("type")))[:_SHOWN])
                holds = f", which holds {held}" if held else ""
                return f": nothing is known of its SOAP header {element or part.get('name')}{holds}"
    return ""


def parsed(wsdl: bytes, charset: str | None) -> etree._Element:
    """Return a description that was read before, with all that it says.

    Args:
        wsdl: the document.
        charset: the encoding that HTTP names, if it came that way and HTTP names one.
    """
    tree = parse(in_present_names(wsdl), DESCRIPTION, root=None, charset=charset)
    settle_attributes(tree)
    return tree


def headers_of(operation: etree._Element) -> Iterator[etree._Element]:
    """Yield the headers of an operation's requests, as its binding names them."""
    for side in operation.iterchildren(f"{{{WSDL}}}input"):
        yield from side.iterdescendants(f"{{{SOAP_WSDL}}}header", f"{{{SOAP_12_WSDL}}}header")


def _headers(tree: etree._Element) -> Iterator[etree._Element]:
    for operation in tree.iterfind(f"{{{WSDL}}}binding/{{{WSDL}}}operation"):
        if is_one_of_the_six(operation):
            yield from headers_of(operation)


def _held(tree: etree._Element, element: str, of: str) -> list[str]:
    """Return the names of what a global element, or one of a global type, holds."""
    declared = _named(tree, f"{{{XSD}}}element", element)
    held = declared if len(declared) else _named(tree, f"{{{XSD}}}complexType", local_of(declared.get("type")) or of)
    return [name for each in held.iterdescendants(f"{{{XSD}}}element") if (name := each.get("name"))]


def _named(tree: etree._Element, tag: str, name: str) -> etree._Element:
    """Return the global declaration of a name, or an empty one."""
    found = (node for node in tree.iter(tag) if node.get("name") == name and _is_global(node))
    return next(found, etree.Element(tag))


def _is_global(node: etree._Element) -> bool:
    around = node.getparent()
    return around is not None and around.tag in (f"{{{WSDL}}}definitions", f"{{{XSD}}}schema")
