"""Descriptions as zeep makes sense of them: any WSDL 1.1, also what is unusual.

zeep's import takes longer than all else that a client does before its first call, so this module is loaded only for
what :mod:`~afilnet_protocols.wire.soap.description.plain_wsdl` leaves to it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import msgspec
from lxml import etree
from zeep import xsd
from zeep.settings import Settings
from zeep.wsdl import Document
from zeep.wsdl.bindings import Soap11Binding, Soap12Binding
from zeep.xsd.elements import All, Sequence
from zeep.xsd.types.builtins import BuiltinType
from zeep.xsd.types.collection import ListType

from afilnet_protocols.wire.soap.binary_types import BINARY
from afilnet_protocols.wire.soap.described import (
    INSIDE,
    SOAP_11,
    SOAP_12,
    Described,
    Field,
    Kind,
    Port,
    Serialize,
    Text,
)
from afilnet_protocols.wire.soap.description.choices import Found, elements_in, keep_what_may_be_empty
from afilnet_protocols.wire.soap.description.encoding_schema import add_encoding_schema
from afilnet_protocols.wire.soap.description.enumerated import enumerated_texts
from afilnet_protocols.wire.soap.description.incomplete import drop_incomplete
from afilnet_protocols.wire.soap.description.schema_nodes import is_abstract, is_enumerated
from afilnet_protocols.wire.soap.description.wsdl import encoded_operations
from afilnet_protocols.wire.soap.namespaces import XSD, XSI
from afilnet_protocols.wire.soap.not_usable import NotUsable
from afilnet_protocols.wire.soap.typed_text import encoded


class NoTransport:
    """What zeep gets as its transport: whoever asks it for anything is refused."""

    def load(self, url: object) -> NoReturn:
        """Refuse to load a document."""
        raise NotUsable("it refers to another document")

    def post(self, *_: object) -> NoReturn:
        """Refuse to send anything."""
        raise NotUsable("zeep has no connection here")

    post_xml = get = post


class Written(str):
    """A text that is written already: what a description says of octets is in base64 there."""

    __slots__ = ()


class TextType(xsd.String):  # type: ignore[misc] # zeep has no annotations
    """A text as it stands: where zeep's own types change texts, or refuse them, this one writes what it is given."""

    kind = Kind(Text())

    @classmethod
    def of(cls, kind: Kind) -> TextType:
        """Return what stands for a type that was declared."""
        made = cls()
        made.kind = kind
        return made

    def xmlvalue(self, value: str) -> str:
        """Return a text as it is written."""
        binary = self.kind.text.binary if self.kind.text is not None else None
        return encoded(value, binary) if binary and not isinstance(value, Written) else value


def ports(tree: etree._Element) -> Iterator[Port]:
    """Yield the ports of a description that speak SOAP, in its order.

    Raises:
        NotUsable: zeep cannot make sense of it.
    """
    abstract = frozenset(name for name, kind in _types_of(tree, "complexType") if is_abstract(kind))
    enumerated = frozenset(name for name, kind in _types_of(tree, "simpleType") if is_enumerated(kind))
    among = enumerated_texts(tree.iter(f"{{{XSD}}}schema"))
    document, encoded_ones = _load(tree)
    kinds = _Kinds(abstract, enumerated, among)
    for service in document.services.values():
        for port in service.ports.values():
            if isinstance(port.binding, Soap11Binding | Soap12Binding):
                name = etree.QName(port.binding.name).localname
                operations = tuple(
                    _described(kinds, each, (name, each.name) in encoded_ones)
                    for each in port.binding._operations.values()
                )
                kinds.settle()
                yield Port(
                    address=(port.binding_options or {}).get("address"),
                    envelope=SOAP_11 if isinstance(port.binding, Soap11Binding) else SOAP_12,
                    operations=operations,
                )


def _load(tree: etree._Element) -> tuple[Any, frozenset[tuple[str, str]]]:
    """Return zeep's view of a document, and the operations with encoded requests."""
    try:
        encoded_ones = encoded_operations(tree)
        drop_incomplete(tree)
        _take_fixed_for_default(tree)
        keep_what_may_be_empty(tree)
        add_encoding_schema(tree)
        settings = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        document = Document(io.BytesIO(etree.tostring(tree)), NoTransport(), settings=settings)
        for prefix, namespace in (("xsd", XSD), ("xsi", XSI)) if encoded_ones else ():
            document.types.set_ns_prefix(prefix, namespace)
    except NotUsable:
        raise
    except Exception:  # noqa: BLE001, S110 -- zeep fails on a bad document with whatever its internals raise
        pass
    else:
        return document, encoded_ones
    raise NotUsable("it is no WSDL that zeep can make sense of")


def _types_of(tree: etree._Element, kind: str) -> Iterator[tuple[str, etree._Element]]:
    """Yield the global types of a kind, with their names in Clark notation: of some things zeep keeps no account."""
    for schema in tree.iter(f"{{{XSD}}}schema"):
        for each in schema.iterchildren(f"{{{XSD}}}{kind}"):
            yield f"{{{schema.get('targetNamespace', '')}}}{each.get('name')}", each


def _take_fixed_for_default(tree: etree._Element) -> None:
    """Call the fixed texts of elements their default ones, which zeep knows and writes where they must stand."""
    for element in tree.iter(f"{{{XSD}}}element"):
        fixed = element.get("fixed")
        if fixed is not None:
            element.set("default", fixed)


def _described(kinds: _Kinds, operation: Any, is_encoded: bool) -> Described:
    sides = (operation.input, operation.output)
    request, answer = (None if side is None else side.body for side in sides)
    is_one = all(side is not None and not side._is_body_wrapped for side in sides) and answer is not None
    return Described(
        name=operation.name,
        action=operation.soapaction or "",
        rpc=operation.style == "rpc",
        encoded=is_encoded,
        parameters=kinds.parameters(request),
        answer=_answer(operation, answer) if is_one else None,
        result=None if answer is None else kinds.of(answer.type),
        serialize=_serialize(operation),
    )


def _elements(request: Any) -> list[Any]:
    """Return what a request may hold; nothing if it is not a row of elements."""
    kind = getattr(request, "type", None)
    found = kind.elements if isinstance(kind, xsd.ComplexType) else ()
    return [element for _, element in found if isinstance(element, xsd.Element)]


def _answer(operation: Any, body: Any) -> str:
    if operation.style != "rpc":
        return str(body.qname.text)
    # Named after the operation by convention (SOAP 1.1 §7.1); zeep names it after the message.
    namespace = body.qname.namespace
    return f"{{{namespace}}}{operation.name}Response" if namespace else f"{operation.name}Response"


def _serialize(operation: Any) -> Serialize:
    def serialize(arguments: Mapping[str, str]) -> etree._Element:
        envelope: etree._Element = operation.input.serialize(**_nested(arguments)).content
        return envelope

    return serialize


def _nested(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return texts by their keys as objects by theirs, which hold texts."""
    made: dict[str, Any] = {}
    for key, text in texts.items():
        *around, name = key.split(INSIDE)
        place = made
        for each in around:
            place = place.setdefault(each, {})
        place[name] = text
    return made


class _Kinds:
    """What zeep knows of types, each taken over once."""

    def __init__(
        self, abstract: frozenset[str], enumerated: frozenset[str], among: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._abstract = abstract
        self._enumerated = enumerated
        self._among = among
        self._known: dict[int, Kind] = {}
        self._todo: list[tuple[Kind, Any]] = []

    def parameters(self, request: Any) -> tuple[Field, ...]:
        """Return what a request may hold, and let all texts in it be written as texts."""
        nested = getattr(getattr(request, "type", None), "elements_nested", ())
        known = {id(found.element): found for _, part in nested for found in elements_in(part)}
        return tuple(self._parameter(known.get(id(each), Found(each))) for each in _elements(request))

    def _parameter(self, found: Found) -> Field:
        field, todo, seen = self._field(found), [found.element], set()
        while todo:
            each = todo.pop()
            inside = each.type
            if isinstance(inside, xsd.ComplexType):
                # One of texts has an element without a name of its own.
                if id(inside) not in seen and not isinstance(inside._element, xsd.Element):
                    seen.add(id(inside))
                    todo += _elements(each)
            elif not isinstance(inside, TextType):
                each.type = TextType.of(self.of(inside))
                each.default = _default_of(each)
        return field

    def of(self, declared: Any) -> Kind:
        """Return a type. Its fields are there after :meth:`settle`."""
        if isinstance(declared, TextType):
            return declared.kind
        known = self._known.get(id(declared))
        if known is None:
            known = self._known[id(declared)] = Kind()
            if isinstance(declared, xsd.ComplexType):
                known.is_complex = True
                known.abstract = declared.qname is not None and str(declared.qname) in self._abstract
                self._todo.append((known, declared))
            elif isinstance(declared, xsd.AnySimpleType):
                name = str(declared.qname)
                own = name if name in self._enumerated else None
                known.text = msgspec.structs.replace(self._text(declared), own=own)
        return known

    def settle(self) -> None:
        """Find out about the contents of all types that were asked for, and of all that stand in them."""
        while self._todo:
            self._fill(*self._todo.pop())

    def _fill(self, kind: Kind, declared: Any) -> None:
        content = declared._element
        if isinstance(content, xsd.Element):
            kind.text = self._text(content.type)
            return
        parts = [part for _, part in declared.elements_nested]
        if declared._array_type is not None:
            kind.items = self.of(declared._array_type.array_type)
        if isinstance(content, Sequence | All) and not content.accepts_multiple and declared._array_type is None:
            parts = [part for part in content if not isinstance(part, xsd.Any)]
            kind.is_row = all(isinstance(part, xsd.Element) for part in parts)
        kind.fields += [self._field(found) for part in parts for found in elements_in(part)]

    def _text(self, declared: Any) -> Text:
        return msgspec.structs.replace(_text(declared), among=self._among.get(str(declared.qname), ()))

    def _field(self, found: Found) -> Field:
        element = found.element
        kind = self.of(element.type)
        return Field(
            element.name,
            element.qname.namespace,
            kind,
            element.attr_name,
            optional=element.is_optional or found.is_chosen,
            nillable=element.nillable,
            multiple=element.accepts_multiple,
            value=_default_of(element),
            choice=found.choice,
        )


def _default_of(element: Any) -> Written | None:
    return None if element.default is None else Written(element.default)


def _text(declared: Any) -> Text:
    """Return how a value is written that was declared to be of a simple type."""
    collapse = isinstance(declared, BuiltinType | ListType) and not isinstance(declared, xsd.String)
    # zeep makes a derived type of the class of the one that it is derived from.
    name = declared._default_qname.localname if isinstance(declared, BuiltinType) else "anySimpleType"
    return Text(collapse, _binary(declared), name)


def _binary(declared: Any) -> str | None:
    if isinstance(declared, xsd.HexBinary):
        return "hexBinary"
    if isinstance(declared, xsd.Base64Binary):
        return "base64Binary"
    name = getattr(declared, "qname", None)
    return BINARY.get(name.localname) if name is not None else None
