"""A description read without zeep, whose import takes longer than all else that a client does.

Only what most descriptions say is known here; anything else is :class:`~.schema_nodes.Unusual`, and for zeep to make
sense of. What is read here is what zeep would have read: names, requests byte for byte, and answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from lxml import etree

from afilnet_protocols.wire.soap.described import SOAP_11, SOAP_12, Described, Field, Kind, Port
from afilnet_protocols.wire.soap.description.plain_schema import Schemas
from afilnet_protocols.wire.soap.description.schema_nodes import Unusual, name_of, only, qname
from afilnet_protocols.wire.soap.description.wsdl import encoded_operations
from afilnet_protocols.wire.soap.namespaces import WSDL, XSD, XSI, local_name_of, namespace_of
from afilnet_protocols.wire.soap.request import RequestWriter

_SOAP = {"http://schemas.xmlsoap.org/wsdl/soap/": SOAP_11, "http://schemas.xmlsoap.org/wsdl/soap12/": SOAP_12}
"""The namespaces of SOAP's own elements in a description, and those of the envelopes that they mean."""

_Parts = Mapping[str, etree._Element]


class _Operation(msgspec.Struct, frozen=True):
    """An operation of a port type: the names of its messages."""

    request: str
    answer: str


class _Bound(msgspec.Struct, frozen=True):
    """A binding: its node, the namespace of SOAP's own elements in it, its style, and the name of its port type."""

    node: etree._Element
    soap: str
    style: str
    port_type: str


def ports(tree: etree._Element) -> Iterator[Port]:
    """Yield the ports of a description that speak SOAP, in its order.

    Raises:
        Unusual: it says, anywhere, what is not known here.
    """
    return iter(_Reader(tree).ports())


class _Reader:
    def __init__(self, tree: etree._Element) -> None:
        self._space = tree.get("targetNamespace") or ""
        parts = _by_name(tree)
        if not self._space:
            raise Unusual("a description without a namespace")
        self._schemas = Schemas([schema for types in parts["types"].values() for schema in _only_schemas(types)])
        self._messages = {name: self._message(node) for name, node in parts["message"].items()}
        self._port_types = {name: self._port_type(node) for name, node in parts["portType"].items()}
        self._bindings = {name: self._binding(node) for name, node in parts["binding"].items()}
        self._services = parts["service"]
        self._encoded = encoded_operations(tree)
        # Who says the types of its parts has to declare their prefixes; zeep then does so in all requests.
        self._prefixes = {"xsd": XSD, "xsi": XSI} if self._encoded else {}

    def ports(self) -> list[Port]:
        """Return the ports that speak SOAP."""
        found = []
        for service in self._services.values():
            for node in _named(service, "port").values():
                name = self._local(node, "binding")
                if name not in self._bindings:
                    raise Unusual("a port without a binding")
                found.append(self._port(name, self._bindings[name], list(_inside(node, foreign=True))))
        return found

    def _local(self, node: etree._Element, attribute: str) -> str:
        """Return the name of a part of this description that a node refers to."""
        name = etree.QName(qname(node, attribute, space=self._space))
        if name.namespace != self._space:
            raise Unusual("a part of another description")
        return name.localname

    def _message(self, node: etree._Element) -> dict[str, etree._Element]:
        parts = _named(node, "part")
        for part in parts.values():
            if ("element" in part.attrib) == ("type" in part.attrib):
                raise Unusual("a part with two types, or none")
            if "element" in part.attrib:
                self._schemas.element(qname(part, "element"))
            else:
                self._schemas.type(qname(part, "type"))
        return parts

    def _port_type(self, node: etree._Element) -> dict[str, _Operation]:
        return {name: self._operation(each) for name, each in _named(node, "operation").items()}

    def _operation(self, node: etree._Element) -> _Operation:
        said: dict[str, str] = {}
        for child in _inside(node, "input", "output"):
            tag, message = local_name_of(child), self._local(child, "message")
            if message not in self._messages or tag in said:
                raise Unusual(message)
            said[tag] = message
        if len(said) != 2:
            raise Unusual("an operation in one direction")
        return _Operation(said["input"], said["output"])

    def _binding(self, node: etree._Element) -> _Bound:
        port_type = self._local(node, "type")
        if port_type not in self._port_types:
            raise Unusual("a binding without a port type")
        own = only([child for child in _inside(node, "operation", foreign=True) if namespace_of(child) != WSDL])
        style = own.get("style", "document")
        if local_name_of(own) != "binding" or style not in ("document", "rpc"):
            raise Unusual("a binding of something else")
        return _Bound(node, namespace_of(own), style, port_type)

    def _port(self, binding: str, bound: _Bound, address: list[etree._Element]) -> Port:
        if len(address) > 1 or any(child.tag != f"{{{bound.soap}}}address" for child in address):
            raise Unusual("a port with several addresses")
        operations = self._port_types[bound.port_type]
        described = _named(bound.node, "operation")
        if not set(described) <= set(operations):
            raise Unusual("an operation that its port type lacks")
        return Port(
            address=address[0].get("location") if address else None,
            envelope=_SOAP[bound.soap],
            operations=tuple(
                self._described(each, bound, operations[name], (binding, name) in self._encoded)
                for name, each in described.items()
            ),
        )

    def _described(self, node: etree._Element, bound: _Bound, operation: _Operation, is_encoded: bool) -> Described:
        action, style, bodies = _sides(node, bound)
        request, answer = self._messages[operation.request], self._messages[operation.answer]
        name = name_of(node)
        if style == "rpc":
            tag, answers = _in(bodies["input"], name), _in(bodies["output"], f"{name}Response")
            parameters, result = self._parts(request), Kind(is_complex=True, is_row=True, fields=self._parts(answer))
        else:
            tag, asked = self._element(request)
            answers, result = self._element(answer)
            parameters = self._asked(asked)
        return Described(
            name=name,
            action=action,
            rpc=style == "rpc",
            encoded=is_encoded,
            parameters=tuple(parameters),
            answer=answers,
            result=result,
            serialize=RequestWriter(_SOAP[bound.soap], self._prefixes, tag, tuple(parameters)),
        )

    def _parts(self, parts: _Parts) -> list[Field]:
        """Return the parts of a message of the style rpc, which are elements of their own."""
        if not parts or any("type" not in part.attrib for part in parts.values()):
            raise Unusual("a message of no types")
        return [Field(name, None, self._schemas.type(qname(part, "type")), name) for name, part in parts.items()]

    def _element(self, parts: _Parts) -> tuple[str, Kind]:
        """Return the name and the type of the one element that a message of the style document is."""
        if len(parts) != 1 or any("element" not in part.attrib for part in parts.values()):
            raise Unusual("a message that is not one element")
        (part,) = parts.values()
        tag = qname(part, "element")
        return tag, self._schemas.element(tag).kind

    def _asked(self, kind: Kind) -> list[Field]:
        """Return the fields of a request."""
        if not kind.is_row or kind.unusual:
            raise Unusual("a request that is more than a row of elements")
        return kind.fields


def _sides(node: etree._Element, bound: _Bound) -> tuple[str, str, dict[str, etree._Element]]:
    """Return the action and the style of an operation in a binding, and what stands for the bodies of its messages."""
    action, style, bodies, own = "", bound.style, {}, 0
    for child in _inside(node, "input", "output", foreign=True):
        tag = local_name_of(child)
        if namespace_of(child) != WSDL:
            action, style, own = child.get("soapAction") or "", child.get("style", style), own + 1
            if child.tag != f"{{{bound.soap}}}operation" or own > 1 or style not in ("document", "rpc"):
                raise Unusual("an operation of something else")
            continue
        inside = list(_inside(child, foreign=True))
        due = f"{{{bound.soap}}}body"
        if tag in bodies or [each.tag for each in inside] != [due] or "part" in inside[0].attrib:
            raise Unusual("a message with more than a body")
        bodies[tag] = inside[0]
    if len(bodies) != 2:
        raise Unusual("an operation in one direction")
    return action, style, bodies


def _in(body: etree._Element, name: str) -> str:
    space = body.get("namespace")
    if not space:
        raise Unusual("a call without a namespace")
    return f"{{{space}}}{name}"


def _inside(node: etree._Element, *tags: str, foreign: bool = False) -> Iterator[etree._Element]:
    """Yield the children of a node that say something to us: of WSDL's those of these names only."""
    for child in node:
        space, _, name = str(child.tag).removeprefix("{").rpartition("}")
        if not (name in tags if space == WSDL else foreign):
            raise Unusual(name)
        yield child


def _named(node: etree._Element, tag: str) -> dict[str, etree._Element]:
    """Return the children of one name by the names that they have."""
    found: dict[str, etree._Element] = {}
    for child in node.iterchildren(f"{{{WSDL}}}{tag}"):
        name = name_of(child)
        if name in found:
            raise Unusual(name)
        found[name] = child
    return found


def _by_name(tree: etree._Element) -> dict[str, dict[str, etree._Element]]:
    """Return the parts of a description by their kind and name; the one ``types`` has no name."""
    kinds = ("message", "portType", "binding", "service")
    types = [child for child in _inside(tree, "types", *kinds) if child.tag == f"{{{WSDL}}}types"]
    if len(types) > 1:
        raise Unusual("types in two places")
    return {"types": dict.fromkeys(("",), types[0]) if types else {}, **{kind: _named(tree, kind) for kind in kinds}}


def _only_schemas(types: etree._Element) -> Iterator[etree._Element]:
    for schema in _inside(types, foreign=True):
        if schema.tag != f"{{{XSD}}}schema":
            raise Unusual("types of another kind")
        yield schema
