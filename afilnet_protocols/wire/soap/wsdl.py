"""A WSDL document, read strictly: complete in itself, and parsed by zeep without any I/O."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NoReturn

import msgspec
from lxml import etree
from zeep.settings import Settings
from zeep.wsdl import Document

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

KNOWN = {SOAP_ENCODING: SOAP_ENCODING, "http://www.w3.org/XML/1998/namespace": "http://www.w3.org/2001/xml.xsd"}
"""What descriptions import by habit, and from where. Nothing is loaded for it."""

_ENCODED_TEXTS = (
    "string",
    "boolean",
    "int",
    "integer",
    "long",
    "decimal",
    "double",
    "float",
    "date",
    "dateTime",
    "anyURI",
    "base64Binary",
    "hexBinary",
)


class NotUsable(ValueError):
    """A description cannot be used. The text says why, in our words."""


class Description(msgspec.Struct, frozen=True):
    """A parsed WSDL.

    Attributes:
        document: zeep's view of it.
        encoded: the operations with encoded requests (SOAP 1.1 §5), each as the names of binding and operation.
        binary: its own names for types of :data:`BINARY`, and which of them each is derived from.
    """

    document: Any
    encoded: frozenset[tuple[str, str]]
    binary: Mapping[str, str]


class NoTransport:
    """What zeep gets as its transport: whoever asks it for anything is refused."""

    def load(self, url: object) -> NoReturn:
        """Refuse to load a document."""
        raise NotUsable("it refers to another document")

    def post(self, *_: object) -> NoReturn:
        """Refuse to send anything."""
        raise NotUsable("zeep has no connection here")

    post_xml = get = post


def load(wsdl: bytes, charset: str | None = None) -> Description:
    """Parse a WSDL. Opens no file and no connection.

    Args:
        wsdl: the document, at most 2 MiB.
        charset: the encoding that HTTP names, if it came that way and HTTP names one.

    Raises:
        ConfigurationError: it is not a strict XML document, not a WSDL 1.1, or refers to another document.
    """
    reason = "zeep cannot make sense of it"
    try:
        tree = parse(wsdl, DESCRIPTION, root="definitions", charset=charset)
        if tree.tag != f"{{{WSDL}}}definitions":
            raise NotUsable("it is not a WSDL 1.1 document")
        _complete(tree)
        settings = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        document = Document(io.BytesIO(etree.tostring(tree)), NoTransport(), settings=settings)
        encoded = _encoded(tree)
        for prefix, namespace in (("xsd", XSD), ("xsi", XSI)) if encoded else ():
            document.types.set_ns_prefix(prefix, namespace)
        return Description(document, encoded, _binary(tree))
    except NotStrictXml as error:
        met = what_answered(wsdl, {}, due="XML")
        reason = str(error) if met is None else met.told
    except NotUsable as error:
        reason = str(error)
    except Exception:  # noqa: BLE001, S110 -- zeep fails on a bad document with whatever its internals raise
        pass
    raise ConfigurationError(f"soap_wsdl: the description cannot be used: {reason}")


def _complete(tree: etree._Element) -> None:
    """Make sure that the document needs no other one: the SOAP encoding's schema is supplied, all else is refused."""
    for node in list(tree.iter(etree.Element)):
        name = etree.QName(node)
        if name.localname == "import" and name.namespace == XSD and _is_known(node):
            _remove(node)
        elif (name.localname in _REFERENCES and (name.localname != "import" or name.namespace == WSDL)) or any(
            node.get(location) is not None for location in _LOCATIONS
        ):
            raise NotUsable(
                f"it refers to another document, {_location(node)}, and none is ever loaded by itself: join them with "
                "'afilnet wsdl bundle URL -o FILE', and set soap_wsdl to the file"
            )
    types = tree.find(f"{{{WSDL}}}types")
    if types is None:
        types = etree.Element(f"{{{WSDL}}}types")
        tree.insert(0, types)
    schemas = types.findall(f"{{{XSD}}}schema")
    if any(schema.get("targetNamespace") == SOAP_ENCODING for schema in schemas):
        return
    for schema in schemas:
        schema.insert(0, etree.Element(f"{{{XSD}}}import", namespace=SOAP_ENCODING))
    types.insert(0, _encoding_schema(types))


def _encoding_schema(types: etree._Element) -> etree._Element:
    """Return the part of SOAP 1.1's encoding schema that descriptions build upon (SOAP 1.1 §5.2, §5.4.2)."""
    # With the description's own prefix: of two declarations of one namespace, lxml drops the inner one.
    prefix = next((name for name, namespace in types.nsmap.items() if namespace == XSD), "xsd")
    x, declaration = (f"{prefix}:", f"xmlns:{prefix}") if prefix else ("", "xmlns")
    texts = "".join(
        f'<{x}simpleType name="{name}"><{x}restriction base="{x}{name}"/></{x}simpleType>' for name in _ENCODED_TEXTS
    )
    anything = f'<{x}any minOccurs="0" maxOccurs="unbounded" processContents="lax"/>'
    return etree.fromstring(
        f'<{x}schema {declaration}="{XSD}" targetNamespace="{SOAP_ENCODING}"><{x}attribute name="arrayType"/>'
        f'<{x}complexType name="Array"><{x}sequence>{anything}</{x}sequence></{x}complexType>{texts}</{x}schema>'
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


def _encoded(tree: etree._Element) -> frozenset[tuple[str, str]]:
    found = set()
    for binding in tree.iterfind(f"{{{WSDL}}}binding"):
        for operation in binding.iterfind(f"{{{WSDL}}}operation"):
            bodies = operation.iterfind(f"{{{WSDL}}}input/*")
            if any(body.get("use") == "encoded" for body in bodies):
                found.add((binding.get("name", ""), operation.get("name", "")))
    return frozenset(found)


def _binary(tree: etree._Element) -> dict[str, str]:
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
