"""The schema of the SOAP encoding: descriptions build upon it without carrying it, and zeep would fetch it."""

from __future__ import annotations

from lxml import etree

from afilnet_protocols.wire.soap.built_in_types import ENCODED, ENCODED_OTHERS
from afilnet_protocols.wire.soap.namespaces import SOAP_ENCODING, WSDL, XSD


def add_encoding_schema(tree: etree._Element) -> None:
    """Put the schema into a description that does not have it, and let the description's own schemas import it.

    Args:
        tree: the root of a description; it is changed.
    """
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
        f'<{x}simpleType name="{name}"><{x}restriction base="{x}{of}"/></{x}simpleType>' for name, of in ENCODED.items()
    )
    anything = f'<{x}sequence><{x}any minOccurs="0" maxOccurs="unbounded" processContents="lax"/></{x}sequence>'
    others = "".join(f'<{x}complexType name="{name}">{anything}</{x}complexType>' for name in ENCODED_OTHERS)
    return etree.fromstring(
        f'<{x}schema {declaration}="{XSD}" targetNamespace="{SOAP_ENCODING}"><{x}attribute name="arrayType"/>'
        f"{others}{texts}</{x}schema>"
    )
