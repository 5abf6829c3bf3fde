"""One document as every protocol carries it: as JSON, as SOAP's elements in two styles, and as JSON in an element."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from lxml import etree

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.json import JsonCodec
from afilnet_protocols.wire.soap.codec import SoapCodec

Document = dict[str, object]
Carrier = Callable[..., object]

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


Sent = tuple[str, ...] | None
"""What a send said, if that is noted."""


def by_json(
    operation: Operation[object],
    document: Document,
    *,
    skip: bool = False,
    headers: Mapping[str, str] | None = None,
    sent: Sent = None,
) -> object:
    """Read a document as the answer of the four protocols whose answers are JSON."""
    codec = JsonCodec("https://example.com/")
    codec.skip_odd = skip
    return codec.decode(operation, Reply(200, headers or {}, json.dumps(document).encode(), sent=sent))


def by_document(operation: Operation[object], document: Document, *, skip: bool = False, sent: Sent = None) -> object:
    """Read a document as the elements of a SOAP answer, document/literal."""
    return _decoded("document", operation, in_elements(f"{operation.method}Response", document), skip=skip, sent=sent)


def by_rpc(operation: Operation[object], document: Document, *, skip: bool = False, sent: Sent = None) -> object:
    """Read a document as the elements of a SOAP answer, rpc/encoded."""
    return _decoded("rpc", operation, in_elements(f"{operation.method}Response", document), skip=skip, sent=sent)


def by_string(operation: Operation[object], document: Document, *, skip: bool = False, sent: Sent = None) -> object:
    """Read a document as the JSON that a SOAP answer holds as a text."""
    return _decoded(
        "generic", operation, in_elements("callResponse", {"return": json.dumps(document)}), skip=skip, sent=sent
    )


CARRIERS: dict[str, Carrier] = {"json": by_json, "document": by_document, "rpc": by_rpc, "string": by_string}


def in_elements(answer: str, document: Document) -> bytes:
    """Return a SOAP answer; an array is an element of items, and what has a number for its name is an item."""
    root = etree.Element(f"{{{SOAP}}}Envelope")
    _write(etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{urn:afilnet:chat}}{answer}"), document)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _write(element: etree._Element, value: object) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _write(etree.SubElement(element, "item" if name.isdecimal() else name), inner)
    elif isinstance(value, list):
        for inner in value:
            _write(etree.SubElement(element, "item"), inner)
    elif value is None:
        element.set(f"{{{XSI}}}nil", "true")
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _description(style: str) -> bytes:
    return (Path(__file__).parents[1] / "wsdl" / f"{style}.wsdl").read_bytes()


def soap_codec(style: str, *, skip: bool) -> SoapCodec:
    """Return a codec for a description of ``tests/wsdl``."""
    codec = SoapCodec(_description(style), endpoint=None, user="user", password=Secret("password"))
    codec.skip_odd = skip
    return codec


def _decoded(style: str, operation: Operation[object], body: bytes, *, skip: bool, sent: Sent) -> object:
    return soap_codec(style, skip=skip).decode(operation, Reply(200, {"content-type": "text/xml"}, body, sent=sent))
