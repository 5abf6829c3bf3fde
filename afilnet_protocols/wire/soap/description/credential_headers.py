"""Credentials that stand in a SOAP header (WSDL 1.1 §3.7), as .NET's older services want them.

What a header holds is read as if it were the body of its call, by either reader of a description.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec
from lxml import etree

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.retold import Retold
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.described import IN_HEADER, INSIDE, Described, Field, Kind, Port
from afilnet_protocols.wire.soap.description.headers_wanted import headers_of, parsed
from afilnet_protocols.wire.soap.description.schema_nodes import qname
from afilnet_protocols.wire.soap.description.wsdl import read
from afilnet_protocols.wire.soap.namespaces import MIME_WSDL, SOAP_12_WSDL, SOAP_WSDL, WSDL, local_of
from afilnet_protocols.wire.soap.not_usable import NotUsable

_MOST = 4
"""How many headers of one operation are looked at."""

_SPELLED = {"username": "user"}
"""What a header may call a credential. It says who calls; in a body, ``username`` may be anybody's."""

_SOAP = (SOAP_WSDL, SOAP_12_WSDL)

_Header = tuple[str, str]
"""The name of a message, in Clark notation, and that of the part which the header is."""

_HeadersOf = Mapping[str, _Header]


def ports_with_headers(
    wsdl: bytes, charset: str | None, ports: Callable[[etree._Element], Iterable[Port]]
) -> Iterator[Port]:
    """Yield the ports of a description, whose operations have their headers among their parameters.

    Args:
        wsdl: a description that was read before.
        charset: the encoding that HTTP names, if it came that way and HTTP names one.
        ports: reads the ports of a description, which it may change.

    Raises:
        NotUsable: it has headers that cannot be written.
        Unusual: it has one that the reader does not know.
    """
    headers = list(_every(parsed(wsdl, charset)))
    with Retold(ConfigurationError, lambda error: NotUsable(str(error))):  # what a header is of may not be there
        trees = [read(_with_bodies_of(parsed(wsdl, charset), each)) for each in headers]
    apart = [list(ports(tree)) for tree in trees]
    bodies = list(ports(read(wsdl, charset)))
    if any([each.address for each in found] != [each.address for each in bodies] for found in apart):
        raise NotUsable("its headers belong to other ports")
    for port, *found in zip(bodies, *apart, strict=True):
        beside = [
            {each.name: each for each in one.operations if each.name in names}
            for one, names in zip(found, headers, strict=True)
        ]
        operations = [
            _with_headers(each, [one[each.name] for one in beside if each.name in one]) for each in port.operations
        ]
        yield msgspec.structs.replace(port, operations=tuple(operations))


def _every(tree: etree._Element) -> Iterator[_HeadersOf]:
    """Yield the first headers of all operations, by the names of these, then the second ones, and so on.

    What two versions of SOAP, or two operations of one name, do not say alike is left out.
    """
    of: dict[str, list[list[_Header]]] = {}
    named = _named_elements(tree)
    for binding, _ in _bindings(tree):
        for operation in binding.iterchildren(f"{{{WSDL}}}operation"):
            said = [each for each in islice(headers_of(operation), _MOST) if each.get("use") != "encoded"]
            found = [(qname(each, "message"), each.get("part", "")) for each in said]
            way = [header for header in found if (etree.QName(header[0]).localname, header[1]) in named]
            of.setdefault(operation.get("name", ""), []).append(way)
    for number in range(_MOST):
        alike = {name: {way[number] if number < len(way) else None for way in ways} for name, ways in of.items()}
        headers = {name: header for name, found in alike.items() for header in found if header and len(found) == 1}
        if not headers:
            return
        yield headers


def _named_elements(tree: etree._Element) -> set[_Header]:
    """Return the parts that are elements: what a header of a type is called, nobody says."""
    return {
        (message.get("name", ""), part.get("name", ""))
        for message in tree.iterchildren(f"{{{WSDL}}}message")
        for part in message.iterchildren(f"{{{WSDL}}}part")
        if "element" in part.attrib
    }


def _bindings(tree: etree._Element) -> Iterator[tuple[etree._Element, etree._Element]]:
    """Yield the bindings of SOAP, and what says so in each."""
    for binding in tree.iterchildren(f"{{{WSDL}}}binding"):
        for own in binding.iterchildren(*(f"{{{space}}}binding" for space in _SOAP)):
            yield binding, own


def _with_bodies_of(tree: etree._Element, headers: _HeadersOf) -> bytes:
    """Return a description in which these headers stand in the place of the messages."""
    declared: dict[tuple[str, str], list[etree._Element]] = {}
    for port_type in tree.iterchildren(f"{{{WSDL}}}portType"):
        for operation in port_type.iterchildren(f"{{{WSDL}}}operation"):
            declared.setdefault((port_type.get("name", ""), operation.get("name", "")), []).append(operation)
    for binding, own in _bindings(tree):
        own.set("style", "document")
        for operation in binding.iterchildren(f"{{{WSDL}}}operation"):
            name = operation.get("name", "")
            if name in headers:
                message, part = headers[name]
                for each in declared.get((local_of(binding.get("type")), name), ()):
                    _lead(each, message)
                _take_for_body(operation, etree.QName(own).namespace or "", part)
    return etree.tostring(tree)


def _lead(operation: etree._Element, message: str) -> None:
    """Let the messages of an operation be the one of a header."""
    name = etree.QName(message)
    for side in operation.iterchildren(f"{{{WSDL}}}input", f"{{{WSDL}}}output"):
        prefix = next((prefix for prefix, space in side.nsmap.items() if prefix and space == name.namespace), "")
        side.set("message", f"{prefix}:{name.localname}")


def _take_for_body(operation: etree._Element, space: str, part: str) -> None:
    for own in operation.iterchildren(f"{{{space}}}operation"):
        own.attrib.pop("style", "")
    for side in operation.iterchildren(f"{{{WSDL}}}input", f"{{{WSDL}}}output"):
        for child in side.findall(f"{{{space}}}*") + side.findall(f"{{{MIME_WSDL}}}*"):
            side.remove(child)
        etree.SubElement(side, f"{{{space}}}body", use="literal", parts=part)


def _with_headers(operation: Described, headers: Sequence[Described]) -> Described:
    """Return an operation whose parameters may stand in headers, too."""
    found = {f"{_name(each)}{IN_HEADER}": each for each in headers}
    if len(found) != len(headers):
        raise NotUsable(f"its operation {operation.name} has two headers of one name")

    def serialize(texts: Mapping[str, str]) -> etree._Element:
        envelope = operation.serialize({key: text for key, text in texts.items() if IN_HEADER not in key})
        space = etree.QName(envelope).namespace
        written = [each.serialize(inside)[-1][0] for key, each in found.items() if (inside := _inside(key, texts))]
        if written:
            header = etree.Element(f"{{{space}}}Header")
            envelope.insert(0, header)
            header.extend(written)
        return envelope

    fields = tuple(_field(key, each) for key, each in found.items())
    return msgspec.structs.replace(operation, parameters=(*operation.parameters, *fields), serialize=serialize)


def _inside(key: str, texts: Mapping[str, str]) -> dict[str, str]:
    around = f"{key}{INSIDE}"
    return {each.removeprefix(around): text for each, text in texts.items() if each.startswith(around)}


def _name(header: Described) -> str:
    return etree.QName(header.answer or "header").localname


def _field(key: str, header: Described) -> Field:
    names = {fold(each.name) for each in header.parameters}
    fields = [
        msgspec.structs.replace(each, name=spelled) if spelled is not None and spelled not in names else each
        for each in header.parameters
        for spelled in (_SPELLED.get(fold(each.name)),)
    ]
    return Field(key, None, Kind(is_complex=True, fields=fields), key, optional=True)
