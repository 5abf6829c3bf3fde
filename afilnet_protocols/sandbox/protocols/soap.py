"""`/api/soap/…`: the service in three SOAP 1.1 dialects: document/literal wrapped, rpc/encoded, one generic operation.

Which of them the vendor speaks is not public: all of it is assumed.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from itertools import starmap

from lxml import etree

from afilnet_protocols.catalogue import CLASS, ERROR_CODES, by_method
from afilnet_protocols.sandbox.protocols import envelope as json_envelope
from afilnet_protocols.sandbox.protocols import soap_xml
from afilnet_protocols.sandbox.protocols.soap_xml import NAMESPACE, XSD, XSI, SoapFault, escape
from afilnet_protocols.sandbox.server.exchange import XML, HttpAnswer, HttpRequest, only
from afilnet_protocols.sandbox.state.service import Call, Item, Outcome, Service
from afilnet_protocols.vocabulary import Protocol

Describe = Callable[[str], str]
"""Writes the interface description for an address."""


class SoapFront(abc.ABC):
    """What the three dialects share: reading the call, and serving the description at ``?wsdl``."""

    def __init__(self, service: Service, describe: Describe) -> None:
        self._service = service
        self._describe = describe

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        """Serve one request."""
        if request.method == "GET" and request.query.lower() in (b"wsdl", b"wsdl="):
            return HttpAnswer(200, self._describe(request.origin + request.path).encode(), XML)
        only(request, "POST")
        try:
            element = soap_xml.read_operation(request)
            if element is None:
                # Nothing was named, so nothing could be given either: the one code that says what to do.
                return self.refuse("MISSING_METHOD", "")
            given = self.read(element)
            outcome = self._service.call(
                Call(protocol=Protocol.SOAP, fields=given, user=given.get("user"), password=given.get("password"))
            )
            return self.write(element, outcome)
        except SoapFault as fault:
            return fault.answer

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


def _fault(code: str) -> HttpAnswer:
    known = ERROR_CODES.get(code)
    detail = f'<c:ChatFault xmlns:c="{NAMESPACE}"><error>{escape(code)}</error></c:ChatFault>'
    return soap_xml.fault(known.about if known else code, detail=detail)


def _text(value: str | bool) -> str:
    return escape(value) if isinstance(value, str) else ("true" if value else "false")


class DocumentFront(SoapFront):
    """document/literal wrapped: the answer is structured, an error is a Fault."""

    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write ``status``, and for the reads ``result``."""
        result = ""
        if outcome.items is not None:
            result = f"<result><list>{''.join(map(self._item, outcome.items))}</list></result>"
        return soap_xml.envelope(
            f'<c:{name}Response xmlns:c="{NAMESPACE}"><status>SUCCESS</status>{result}</c:{name}Response>'
        )

    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write a Fault."""
        return _fault(code)

    @staticmethod
    def _item(item: Item) -> str:
        return f"<item>{''.join(f'<{name}>{_text(value)}</{name}>' for name, value in item.items())}</item>"


ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"


class RpcFront(SoapFront):
    """rpc/encoded: every part says its type; an error is a normal answer with ``status`` ERROR."""

    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write the parts of a success. No part of an rpc message can be left out, so ``error`` is nil."""
        parts = _part("status", "SUCCESS") + _nil("error")
        if outcome.items is not None and outcome.operation is not None:
            kind = outcome.operation.method
            items = "".join(
                f'<item xsi:type="c:{kind}Item">{"".join(starmap(_part, item.items()))}</item>'
                for item in outcome.items
            )
            parts += f'<result xsi:type="c:{kind}Result"><list xsi:type="c:{kind}List">{items}</list></result>'
        return self._answer(name, parts)

    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write the parts of an error; a Fault if no operation was named."""
        if not name:
            return _fault(code)
        operation = by_method(name)
        result = _nil("result") if operation is not None and operation.fields else ""
        return self._answer(name, _part("status", "ERROR") + _part("error", code) + result)

    @staticmethod
    def _answer(name: str, parts: str) -> HttpAnswer:
        names = f'xmlns:c="{NAMESPACE}" xmlns:xsi="{XSI}" xmlns:xsd="{XSD}"'
        head = f'<c:{name}Response {names} soap:encodingStyle="{ENCODING}">'
        return soap_xml.envelope(f"{head}{parts}</c:{name}Response>")


def _part(name: str, value: str | bool) -> str:
    kind = "string" if isinstance(value, str) else "boolean"
    return f'<{name} xsi:type="xsd:{kind}">{_text(value)}</{name}>'


def _nil(name: str) -> str:
    return f'<{name} xsi:nil="true"/>'


class GenericFront(SoapFront):
    """One operation ``call`` with ``class``, ``method`` and the parameters; its answer holds the JSON envelope."""

    def read(self, element: etree._Element) -> dict[str, str]:
        """Return the fields: all of them are children."""
        if element.tag != f"{{{NAMESPACE}}}call":
            raise SoapFault(f"the operation is call, in {NAMESPACE}")
        return soap_xml.read_fields(element)

    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write the envelope as one text."""
        text = escape(json_envelope.encode(outcome).decode())
        return soap_xml.envelope(f'<c:callResponse xmlns:c="{NAMESPACE}"><return>{text}</return></c:callResponse>')

    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write an error code in the envelope, as one text."""
        return self.succeed(name, Outcome(error=code))
