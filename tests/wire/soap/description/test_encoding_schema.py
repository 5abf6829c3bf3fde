"""What descriptions build upon without carrying it, the schema of the SOAP encoding, is put where schemas have it."""

from __future__ import annotations

import re

from lxml import etree

from afilnet_protocols.wire.soap.binding import bind, bind_by_zeep
from afilnet_protocols.wire.soap.description.encoding_schema import add_encoding_schema
from afilnet_protocols.wire.soap.description.wsdl import read
from afilnet_protocols.wire.soap.namespaces import SOAP_ENCODING, WSDL, XSD
from tests.tables import table
from tests.wire.soap.description.test_objects import ENCODED
from tests.wire.soap.description.test_plain_descriptions import shown

WITHOUT_TYPES = re.sub(r"(?s)<types>.*</types>", "", re.sub(r'type="c:\w+"(?=/>)', 'type="e:Array"', ENCODED))
"""A description of what the encoding has, which needs no schema of its own."""


def with_it(text: str) -> etree._Element:
    tree = etree.fromstring(text.encode())
    add_encoding_schema(tree)
    return tree


def test_a_description_without_schemas_is_read_by_zeep_as_without_it() -> None:
    assert "<types>" not in WITHOUT_TYPES
    assert shown(bind_by_zeep(read(WITHOUT_TYPES.encode()))) == shown(bind(WITHOUT_TYPES.encode()))


@table("text", [WITHOUT_TYPES, ENCODED])
def test_it_is_the_first_of_the_schemas_and_these_the_first_of_all(text: str) -> None:
    tree = with_it(text)
    assert tree[0].tag == f"{{{WSDL}}}types"
    assert tree[0][0].get("targetNamespace") == SOAP_ENCODING


def test_every_schema_imports_it_before_all_else() -> None:
    text = re.sub(r"<x:import [^>]*/>", "", ENCODED)
    assert text != ENCODED
    first, *others = with_it(text).iter(f"{{{XSD}}}schema")
    assert first[0].tag == f"{{{XSD}}}attribute"
    for schema in others:
        assert (schema[0].tag, schema[0].get("namespace")) == (f"{{{XSD}}}import", SOAP_ENCODING)


def test_who_has_it_keeps_it() -> None:
    tree = with_it(ENCODED)
    before = etree.tostring(tree)
    add_encoding_schema(tree)
    assert etree.tostring(tree) == before
