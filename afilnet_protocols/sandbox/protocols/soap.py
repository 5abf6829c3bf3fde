"""`/api/soap/…`: the service in three styles of SOAP: document/literal wrapped, rpc/encoded, one generic operation.

Which of them the vendor speaks is not public: all of it is assumed.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from itertools import starmap

from lxml import etree

from afilnet_protocols.catalogue import CLASS, ERROR_CODES, by_method
from afilnet_protocols.sandbox.protocols import envelope as json_envelope
from afilnet_protocols.sandbox.protocols import soap_xml, speech
from afilnet_protocols.sandbox.protocols.soap_xml import NAMESPACE, SOAP_11, XSD, XSI, SoapFault, SoapVersion, escape
from afilnet_protocols.sandbox.protocols.speech import Node, Row, Rows, Scalar
from afilnet_protocols.sandbox.server.exchange import XML, HttpAnswer, HttpRequest, only
from afilnet_protocols.sandbox.state.call import Call, Outcome
from afilnet_protocols.sandbox.state.service import Service
from afilnet_protocols.vocabulary import Protocol

Describe = Callable[[str], str]
"""Writes the interface description for an address."""


class SoapEndpoint(abc.ABC):
    """What all styles share: reading the call, and serving the description at ``?wsdl``."""

    def __init__(self, service: Service, describe: Describe, version: SoapVersion = SOAP_11) -> None:
        self._service = service
        self._describe = describe
        self._version = version

    def describe(self, address: str) -> str:
        """Return the description for an address."""
        return self._describe(address).replace(SOAP_11.binding, self._version.binding)

    def whole_description(self, address: str) -> str:
        """Return the description in one document, for a file."""
        return self.describe(address)

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        """Serve one request."""
        if request.method == "GET" and request.query.lower() in (b"wsdl", b"wsdl="):
            return HttpAnswer(200, self.describe(request.origin + request.path).encode(), XML)
        only(request, "POST")
        try:
            element = soap_xml.read_operation(request, self._version)
            if element is None:
                # Nothing was named, so nothing could be given either: the one code that says what to do.
                return self.refuse("MISSING_METHOD", "")
            given = self.read(element)
            outcome = self._service.call(
                Call(protocol=Protocol.SOAP, fields=given, user=given.get("user"), password=given.get("password"))
            )
            return self.write(element, outcome)
        except SoapFault as fault:
            return soap_xml.fault(str(fault), code=fault.code, version=self._version)

    def read(self, element: etree._Element) -> dict[str, str]:
        """Return the fields: the element names the method, its namespace the class, its children the rest."""
        given = soap_xml.read_fields(element)
        name = etree.QName(element)
        given["class"] = {NAMESPACE: CLASS, None: ""}.get(name.namespace, name.namespace or "")
        given["method"] = name.localname
        return given

    def write(self, element: etree._Element, outcome: Outcome) -> HttpAnswer:
        """Write the outcome of a call."""
        name = etree.QName(element).localname
        if outcome.error is not None:
            return self.refuse(outcome.error, name)
        return self.succeed(name, outcome)

    @abc.abstractmethod
    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write a success; ``name`` is the local name of the operation's element."""

    @abc.abstractmethod
    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write an error code; ``name`` is the local name of the operation's element, empty for none."""

    def fault(self, code: str) -> HttpAnswer:
        """Write an error code as a Fault with the code in its detail."""
        known = ERROR_CODES.get(code)
        written = elements("error", speech.error_text(code, self._service.dialect))
        detail = f'<c:ChatFault xmlns:c="{NAMESPACE}">{written}</c:ChatFault>'
        return soap_xml.fault(known.about if known else code, detail=detail, version=self._version)


def text_of(value: Scalar) -> str:
    """Write a value as the text of an element."""
    return escape(value) if isinstance(value, str) else str(value).lower()


def elements(name: str, node: Node) -> str:
    """Write a tree as elements without types; a list of records is one of ``item``."""
    match node:
        case None:
            return f'<{name} xmlns:xsi="{XSI}" xsi:nil="true"/>'
        case Rows():
            return f"<{name}>{''.join(elements('item', row) for row in node.rows)}</{name}>"
        case Mapping():
            return f"<{name}>{''.join(starmap(elements, node.items()))}</{name}>"
        case list():
            return f"<{name}>{''.join(elements('item', inner) for inner in node)}</{name}>"
    return f"<{name}>{text_of(node)}</{name}>"


class DocumentEndpoint(SoapEndpoint):
    """document/literal wrapped: the answer is structured, an error is a Fault."""

    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write ``status``, and for the reads ``result``."""
        inside = "".join(starmap(elements, speech.tree(outcome, self._service.dialect).items()))
        return soap_xml.envelope(
            f'<c:{name}Response xmlns:c="{NAMESPACE}">{inside}</c:{name}Response>', version=self._version
        )

    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write a Fault."""
        return self.fault(code)


ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"


class RpcEndpoint(SoapEndpoint):
    """rpc/encoded: every part says its type; an error is a normal answer with ``status`` ERROR."""

    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write the parts of a success. No part of an rpc message can be left out, so ``error`` is nil."""
        parts = {"status": "", "error": None, **speech.tree(outcome, self._service.dialect)}
        kind = "" if outcome.operation is None else outcome.operation.method
        return self._answer(name, "".join(_part(part, node, kind) for part, node in parts.items()))

    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write the parts of an error; a Fault if no operation was named."""
        if not name:
            return self.fault(code)
        operation = by_method(name)
        dialect = self._service.dialect
        parts: dict[str, Node] = {
            "status": speech.word("ERROR", dialect),
            "error": speech.error_text(code, dialect),
        }
        if operation is not None and operation.fields:
            parts["result"] = None
        return self._answer(name, "".join(_part(part, node, "") for part, node in parts.items()))

    def _answer(self, name: str, parts: str) -> HttpAnswer:
        names = f'xmlns:c="{NAMESPACE}" xmlns:xsi="{XSI}" xmlns:xsd="{XSD}"'
        head = f'<c:{name}Response {names} soap:encodingStyle="{ENCODING}">'
        return soap_xml.envelope(f"{head}{parts}</c:{name}Response>", version=self._version)


def _part(name: str, node: Node, kind: str) -> str:
    """Write a part with its type; ``kind`` is the method, after which the types of its answer are called."""
    match node:
        case None:
            return f'<{name} xsi:nil="true"/>'
        case Rows():
            items = "".join(_typed("item", row, kind) for row in node.rows)
            return f'<{name} xsi:type="c:{kind}List">{items}</{name}>'
        case Mapping():
            parts = "".join(_part(each, inner, kind) for each, inner in node.items())
            typed = f' xsi:type="c:{kind}Result"' if name == "result" and kind else ""
            return f"<{name}{typed}>{parts}</{name}>"
        case list():
            return elements(name, node)
    return f'<{name} xsi:type="xsd:{xsd_type(node)}">{text_of(node)}</{name}>'


def _typed(name: str, row: Row, kind: str) -> str:
    return (
        f'<{name} xsi:type="c:{kind}Item">{"".join(_part(each, value, kind) for each, value in row.items())}</{name}>'
    )


def xsd_type(value: Scalar) -> str:
    """Return the type of XML Schema that a value has."""
    kinds = {bool: "boolean", int: "int", float: "double"}
    return kinds.get(type(value), "string")


class GenericEndpoint(SoapEndpoint):
    """One operation ``call`` with ``class``, ``method`` and the parameters; its answer holds the JSON envelope."""

    def read(self, element: etree._Element) -> dict[str, str]:
        """Return the fields: all of them are children."""
        if element.tag != f"{{{NAMESPACE}}}call":
            raise SoapFault(f"the operation is call, in {NAMESPACE}")
        return soap_xml.read_fields(element)

    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write the envelope as one text."""
        text = escape(json_envelope.encode(outcome, self._service.dialect).decode())
        return soap_xml.envelope(
            f'<c:callResponse xmlns:c="{NAMESPACE}"><return>{text}</return></c:callResponse>', version=self._version
        )

    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write an error code in the envelope, as one text."""
        return self.succeed(name, Outcome(error=code))
