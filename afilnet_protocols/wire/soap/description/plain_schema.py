"""The types of a description, read from its schemas where they say what most descriptions say.

What is known here are rows of elements (``sequence``, ``all``), types that extend others, arrays of the SOAP encoding,
and texts. Everything else (choices, groups, references to elements, lists and unions, defaults, parts that are missing
or stand twice) is :class:`~.schema_nodes.Unusual`: not wrong, but for
:mod:`~afilnet_protocols.wire.soap.description.zeep_wsdl` to make sense of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from lxml import etree

from afilnet_protocols.wire.soap.binary_types import BINARY
from afilnet_protocols.wire.soap.built_in_types import ENCODED, ENCODED_OTHERS, built_in
from afilnet_protocols.wire.soap.described import Field, Kind, Text
from afilnet_protocols.wire.soap.description.enumerated import enumerated_texts
from afilnet_protocols.wire.soap.description.schema_nodes import (
    Unusual,
    base_of,
    is_abstract,
    is_enumerated,
    name_of,
    occurs,
    only,
    qname,
    tag_of,
)
from afilnet_protocols.wire.soap.namespaces import SOAP_ENCODING, WSDL, XSD

T = TypeVar("T")

_ARRAY_TYPE = f"{{{SOAP_ENCODING}}}arrayType"


class _Declared(msgspec.Struct, frozen=True):
    """A type or an element of a schema: where it stands, and whether the elements in it are qualified."""

    node: etree._Element
    space: str
    qualified: bool


class _Content(msgspec.Struct, frozen=True):
    """What a type holds; ``others`` says that it may hold more than its fields: attributes, or anything."""

    fields: list[Field]
    is_row: bool
    repeated: bool = False
    items: Kind | None = None
    others: bool = False
    text: Text | None = None


class Schemas:
    """The schemas of a description.

    Raises:
        Unusual: one of them holds, anywhere, what is not known here.
    """

    def __init__(self, nodes: list[etree._Element]) -> None:
        self._types: dict[str, _Declared] = {}
        self._elements: dict[str, _Declared] = {}
        self._kinds: dict[str, Kind] = {f"{{{XSD}}}{name}": kind for name, kind in built_in().items()}
        self._kinds |= {f"{{{SOAP_ENCODING}}}{name}": self._kinds[f"{{{XSD}}}{of}"] for name, of in ENCODED.items()}
        self._contents: dict[str, _Content | None] = {}
        for name in ENCODED_OTHERS:
            self._kinds[f"{{{SOAP_ENCODING}}}{name}"] = Kind(is_complex=True, is_row=True, unusual=True)
            self._contents[f"{{{SOAP_ENCODING}}}{name}"] = _Content([], is_row=True, others=True)
        self._of_attributes: list[str] = []
        self._enumerated = enumerated_texts(nodes)
        for node in nodes:
            self._index(node)
        for name in self._types:
            self._settle(name)
        self._fields = {name: self._global(name, each) for name, each in self._elements.items()}
        for name in self._of_attributes:
            self.type(name)

    def element(self, name: str) -> Field:
        """Return a global element by its name in Clark notation.

        Raises:
            Unusual: there is none.
        """
        return _known(self._fields, name)

    def type(self, name: str) -> Kind:
        """Return a global type by its name in Clark notation.

        Raises:
            Unusual: there is none.
        """
        known = self._kinds.get(name)
        if known is None:
            _known(self._types, name)
            known = self._kinds[name] = Kind()
        return known

    def _index(self, schema: etree._Element) -> None:
        space = schema.get("targetNamespace") or ""
        if space in (XSD, SOAP_ENCODING):
            raise Unusual(space)
        qualified = schema.get("elementFormDefault") == "qualified"
        for node in schema:
            tag = tag_of(node)
            if tag == "import" and node.get("namespace") and not len(node):
                continue
            if tag not in ("element", "simpleType", "complexType", "attribute") or not space:
                raise Unusual(tag)
            if tag == "attribute":
                self._check_attribute(node)
                continue
            found = self._elements if tag == "element" else self._types
            name = f"{{{space}}}{name_of(node)}"
            if name in found:
                raise Unusual(name)
            found[name] = _Declared(node, space, qualified)

    def _settle(self, name: str) -> _Content:
        """Find out what a global type holds, after the type that it builds upon."""
        if name in self._contents:
            content = self._contents[name]
            if content is None:
                raise Unusual("a type that builds upon itself")
            return content
        self._contents[name] = None
        declared = _known(self._types, name)
        is_complex = tag_of(declared.node) == "complexType"
        content = self._complex(declared) if is_complex else self._of_texts(name, declared)
        self._contents[name] = content
        self._fill(self.type(name), content, is_complex).abstract = is_abstract(declared.node)
        return content

    def _fill(self, kind: Kind, content: _Content, is_complex: bool) -> Kind:
        kind.text, kind.fields, kind.is_row, kind.is_complex = content.text, content.fields, content.is_row, is_complex
        kind.items = content.items
        kind.unusual = content.others or not content.is_row or any(_is_doubtful(field) for field in content.fields)
        return kind

    def _global(self, name: str, declared: _Declared) -> Field:
        field = self._field(declared)
        return Field(field.name, declared.space, field.kind, field.name)

    def _field(self, declared: _Declared) -> Field:
        """Return an element that stands in a type."""
        node = declared.node
        name, form, (least, most) = name_of(node), node.get("form"), occurs(node)
        if "ref" in node.attrib or "default" in node.attrib or ("fixed" in node.attrib and least):
            raise Unusual("a reference to an element, or a text that it has by itself")
        qualified = declared.qualified if form is None else form == "qualified"
        return Field(
            name,
            declared.space if qualified else None,
            self._element_type(declared),
            name,
            optional=least == 0,
            nillable=node.get("nillable") == "true",
            multiple=most != 1,
        )

    def _element_type(self, declared: _Declared) -> Kind:
        inside = list(declared.node)
        if not inside:
            return self.type(qname(declared.node, "type")) if "type" in declared.node.attrib else Kind()
        if len(inside) > 1 or "type" in declared.node.attrib or tag_of(inside[0]) not in ("simpleType", "complexType"):
            raise Unusual("an element of more than one type")
        anonymous = _Declared(inside[0], declared.space, declared.qualified)
        if tag_of(inside[0]) == "complexType":
            return self._fill(Kind(), self._complex(anonymous), True)
        # zeep gives it the element's name, and tells by names what is written as bytes.
        return Kind(msgspec.structs.replace(self._simple(anonymous, name_of(declared.node)), own=None))

    def _of_texts(self, name: str, declared: _Declared) -> _Content:
        own = name if is_enumerated(declared.node) else None
        return _Content([], is_row=False, text=msgspec.structs.replace(self._simple(declared), own=own))

    def _simple(self, declared: _Declared, name: str | None = None) -> Text:
        """Return how a text of a simple type is written, and see that its name says nothing else."""
        step = only(list(declared.node))
        if tag_of(step) != "restriction" or any(tag_of(child) == "simpleType" for child in step):
            raise Unusual("a list, a union, or a type of steps")
        base = qname(step, "base")
        if base in self._types and tag_of(self._types[base].node) != "simpleType":
            raise Unusual("a simple type of a complex one")
        text = self._text_of(base)
        if BINARY.get(name or name_of(declared.node), text.binary) != text.binary:
            raise Unusual("a type that is not what its name says")
        among = self._enumerated.get(f"{{{declared.space}}}{name or name_of(declared.node)}", ())
        return msgspec.structs.replace(text, among=among)

    def _text_of(self, name: str) -> Text:
        text = self._settle(name).text if name in self._types else _known(self._kinds, name).text
        if text is None:
            raise Unusual("a text of a type that has none")
        return text

    def _complex(self, declared: _Declared) -> _Content:
        inside = list(declared.node)
        how = tag_of(inside[0]) if inside else ""
        if how not in ("simpleContent", "complexContent"):
            return self._row(declared, inside)
        step = only(list(only(inside)))
        if how == "complexContent":
            return self._derived(_Declared(step, declared.space, declared.qualified))
        for attribute in step if tag_of(step) == "extension" else ():
            self._items(attribute)
        text = msgspec.structs.replace(self._text_of(base_of(step)), own=None)
        return _Content([], is_row=False, others=True, text=text)

    def _derived(self, declared: _Declared) -> _Content:
        """Return what a type holds that extends or restricts another one."""
        base = self._base_content(base_of(declared.node))
        own = self._row(declared, list(declared.node))
        items = own.items or base.items
        if base.text is not None or base.repeated or own.repeated:
            raise Unusual("a type of texts, or of repeated rows, that is built upon")
        if tag_of(declared.node) == "restriction":
            fields = own.fields or base.fields
        elif base.fields or own.fields:
            fields = [*base.fields, *own.fields]
        else:
            raise Unusual("an extension of nothing by nothing")
        return _Content(fields, is_row=items is None, items=items, others=base.others or own.others)

    def _base_content(self, name: str) -> _Content:
        if name in self._types and tag_of(self._types[name].node) == "simpleType":
            raise Unusual("a complex type of a simple one")
        return self._settle(name)

    def _row(self, declared: _Declared, inside: list[etree._Element]) -> _Content:
        """Return the elements of a ``sequence`` or an ``all``, if the first of these nodes is one."""
        fields: list[Field] = []
        is_row, repeated, others = not inside, False, False  # a call of nothing is a row of nothing
        if inside and tag_of(inside[0]) in ("sequence", "all"):
            row, *inside = inside
            is_row, is_sequence = True, tag_of(row) == "sequence"
            repeated = is_sequence and occurs(row)[1] != 1
            for node in row:
                if tag_of(node) == "any" and is_sequence:
                    others = True
                    occurs(node)
                elif tag_of(node) == "element":
                    fields.append(self._field(_Declared(node, declared.space, declared.qualified)))
                else:
                    raise Unusual("a group in a group")
        items = [found for attribute in inside if (found := self._items(attribute)) is not None]
        is_row = is_row and not repeated and not items
        return _Content(fields, is_row, repeated, items[0] if items else None, others or bool(inside))

    def _items(self, node: etree._Element) -> Kind | None:
        """Return the type of what an array holds, if this attribute makes its type one (WSDL 1.1 §2.2)."""
        if tag_of(node) != "attribute":
            raise Unusual("a group of attributes")
        if "ref" not in node.attrib:
            self._check_attribute(node)
            return None
        if qname(node, "ref") != _ARRAY_TYPE:
            raise Unusual("a reference to an attribute")
        of = node.get(f"{{{WSDL}}}arrayType")
        return self.type(qname(node, value=of.partition("[")[0])) if of else Kind()

    def _check_attribute(self, node: etree._Element) -> None:
        """See that an attribute is a text of a type that there is; what it holds is not looked at."""
        if len(node) or "ref" in node.attrib:
            raise Unusual("an attribute with a type of its own")
        name_of(node)
        self._of_attributes += [qname(node, "type")] if "type" in node.attrib else []


def _is_doubtful(field: Field) -> bool:
    """Whether zeep would refuse to leave a field out, or has another name for it than the description."""
    return (field.multiple and field.nillable and not field.optional) or field.name.startswith("_")


def _known(table: Mapping[str, T], name: str) -> T:
    found = table.get(name)
    if found is None:
        raise Unusual(name)
    return found
