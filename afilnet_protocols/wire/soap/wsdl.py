"""A WSDL document, read strictly: complete in itself, so that whoever makes sense of it needs no I/O."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap.strict_xml import DESCRIPTION, NotStrictXml, parse
from afilnet_protocols.wire.what_answered import what_answered

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"

BINARY: Mapping[str, str] = {"base64Binary": "base64Binary", "base64": "base64Binary", "hexBinary": "hexBinary"}
"""The types of texts that are written as bytes, by name; ``base64`` is the SOAP encoding's (SOAP 1.1 §5.2.3)."""

_REFERENCES = frozenset({"import", "include", "redefine", "override"})
HINTS = (f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation")
"""Attributes that say where a schema may be found, for whoever wants to look (XML Schema Part 1 §4.3.2)."""

_LOCATIONS = ("schemaLocation", *HINTS)
_LOCATION_WRITTEN = b"chemaLocation"
"""What is in the name of each."""
_REFERRING = tuple(f"{{*}}{name}" for name in sorted(_REFERENCES))

KNOWN = {SOAP_ENCODING: SOAP_ENCODING, "http://www.w3.org/XML/1998/namespace": "http://www.w3.org/2001/xml.xsd"}
"""What descriptions import by habit, and from where. Nothing is loaded for it."""


_IN_UTF_8 = "save it as a file in UTF-8, and set soap_wsdl to that"
_ANOTHER = (
    "ask whoever runs the service for the WSDL 1.1 of its chat operations and set soap_wsdl to it, or set protocol to "
    "one that needs none"
)


_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
"""How a document in UTF-16 begins, with its mark or without (XML 1.0, appendix F)."""


class NotUsable(ValueError):
    """A description cannot be used. The text says why, in our words."""


def read(wsdl: bytes, charset: str | None = None) -> etree._Element:
    """Read a WSDL, without what it says of the SOAP encoding's schema. Opens no file and no connection.

    Args:
        wsdl: the document, at most 2 MiB.
        charset: the encoding that HTTP names, if it came that way and HTTP names one.

    Raises:
        ConfigurationError: it is not a strict XML document, not a WSDL 1.1, or refers to another document.
    """
    try:
        tree = parse(wsdl, DESCRIPTION, root="definitions", charset=charset)
        if tree.tag != f"{{{WSDL}}}definitions":
            raise NotUsable("it is not a WSDL 1.1 document")
        _complete(tree, wsdl)
    except NotStrictXml as error:
        met = what_answered(wsdl, {}, due="XML")
        reason = str(error) if met is None else met.told
        if wsdl.startswith(_UTF_16):
            reason = "it is in UTF-16, which is not read here"
    except NotUsable as error:
        reason = str(error)
    else:
        return tree
    raise unusable(reason)


def unusable(reason: str) -> ConfigurationError:
    """Return the error of a description that cannot be used, which says what to do about it.

    Args:
        reason: why, in our words.
    """
    todo = "" if "afilnet wsdl bundle" in reason else f"; {_IN_UTF_8 if 'UTF-16' in reason else _ANOTHER}"
    return ConfigurationError(f"soap_wsdl: the description cannot be used: {reason}{todo}")


def _complete(tree: etree._Element, document: bytes) -> None:
    """Make sure that the document needs no other one, but for the SOAP encoding's schema, which is known.

    Args:
        tree: its root.
        document: the bytes that it was read from.
    """
    # Names are written as they are, so that few documents have to be looked through element by element.
    looked_at = ("*",) if _LOCATION_WRITTEN in document else _REFERRING
    for node in list(tree.iter(*looked_at)):
        space, _, name = str(node.tag).rpartition("}")
        if name == "import" and space == f"{{{XSD}" and _is_known(node):
            _remove(node)
        elif (name in _REFERENCES and (name != "import" or space == f"{{{WSDL}")) or any(
            node.get(location) is not None for location in _LOCATIONS
        ):
            raise NotUsable(
                f"it refers to another document, {_location(node)}, and none is ever loaded by itself: join them with "
                "'afilnet wsdl bundle URL -o FILE', and set soap_wsdl to the file"
            )


def _is_known(node: etree._Element) -> bool:
    namespace = node.get("namespace", "")
    return namespace in KNOWN and node.get("schemaLocation", KNOWN[namespace]) == KNOWN[namespace]


def _location(node: etree._Element) -> str:
    """Return where a reference leads."""
    written = (node.get(name) for name in ("location", *_LOCATIONS))
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
    for binding in tree.iterfind(f"{{{WSDL}}}binding"):
        for operation in binding.iterfind(f"{{{WSDL}}}operation"):
            bodies = operation.iterfind(f"{{{WSDL}}}input/*")
            if any(body.get("use") == "encoded" for body in bodies):
                found.add((binding.get("name", ""), operation.get("name", "")))
    return frozenset(found)


def binary_types(tree: etree._Element) -> dict[str, str]:
    """Return the named types that are derived from base64Binary or hexBinary, by whatever number of steps."""
    bases = {
        name: step.get("base", "").rpartition(":")[2]
        for step in tree.iter(f"{{{XSD}}}restriction", f"{{{XSD}}}extension")
        if (name := _named_around(step))
    }
    found: dict[str, str] = {}
    for name in bases:
        base, steps = bases[name], len(bases)
        while base in bases and base not in BINARY and steps:
            base, steps = bases[base], steps - 1
        if base in BINARY:
            found[name] = BINARY[base]
    return found


def _named_around(step: etree._Element) -> str | None:
    """Return the name of the simple type, or the complex type with simple content, that a derivation stands in."""
    around = step.getparent()
    if around is not None and around.tag == f"{{{XSD}}}simpleContent":
        around = around.getparent()
    is_type = around is not None and around.tag in (f"{{{XSD}}}simpleType", f"{{{XSD}}}complexType")
    return around.get("name") if around is not None and is_type else None


def _remove(node: etree._Element) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)
