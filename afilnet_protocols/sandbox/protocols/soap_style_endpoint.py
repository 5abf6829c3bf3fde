"""`/api/soap/NAME/`: the service in the style of a known SOAP server. It shares nothing with the client's reader."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace

from afilnet_protocols.catalogue import ERROR_CODES, by_method
from afilnet_protocols.dialects.soap import SoapStyle
from afilnet_protocols.sandbox.protocols import speech
from afilnet_protocols.sandbox.protocols.soap import SoapEndpoint, elements, text_of, xsd_type
from afilnet_protocols.sandbox.protocols.soap_style_wsdl import ENCODING, describe, describe_schema
from afilnet_protocols.sandbox.protocols.soap_xml import (
    NAMESPACE,
    SOAP_11,
    XSD,
    XSI,
    SoapVersion,
    escape,
    fault_element,
)
from afilnet_protocols.sandbox.protocols.speech import Node, Row, Rows, Scalar
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest
from afilnet_protocols.sandbox.state.call import Outcome
from afilnet_protocols.sandbox.state.service import Service

# Characters that ISO 8859-1 has only as controls, and rows of others that are characters of UTF-8 as well: nobody who
# gets them as bytes could tell what they are.
_UNCLEAR = re.compile("[\x80-\x9f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


class StyleEndpoint(SoapEndpoint):
    """Serves calls in a style, and its description at ``?wsdl`` (and ``?xsd=1``)."""

    def __init__(self, service: Service, style: SoapStyle, version: SoapVersion = SOAP_11) -> None:
        super().__init__(service, lambda address: describe(style, address), version)
        self._style = style

    def whole_description(self, address: str) -> str:
        """Return the description in one document, for a file."""
        whole = describe(replace(self._style, schema_apart=False), address)
        return whole.replace(SOAP_11.binding, self._version.binding)

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        """Serve one request."""
        if request.method == "GET" and request.query == b"xsd=1" and self._style.schema_apart:
            return self._document(describe_schema(self._style))
        return super().__call__(request)

    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write a success."""
        writer = _Writer(self._style, "" if outcome.operation is None else outcome.operation.method)
        tree = speech.tree(outcome, self._service.dialect)
        inside = "".join(writer.member(each, node) for each, node in tree.items())
        return self._answer(name, inside, beside="".join(writer.beside))

    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write an error code: as a Fault, or as a normal answer."""
        dialect = self._service.dialect
        if self._style.fault == "none" and by_method(name) is not None:
            writer = _Writer(self._style, "")
            status = writer.member("status", speech.word("ERROR", dialect))
            return self._answer(name, status + writer.member("error", speech.error_text(code, dialect)))
        known = ERROR_CODES.get(code)
        text = known.about if known else code
        said = speech.error_text(code, dialect)
        if self._style.fault == "detail":
            detail = f"<c:ChatException>{elements('error', said)}</c:ChatException>"
            fault = fault_element(text, code="soap:Server", detail=detail, version=self._version)
        else:
            fault = fault_element(text, code=escape(said), version=self._version)
        return self._envelope(fault, declared=self._style.declared_else, status=500)

    def _answer(self, name: str, inside: str, *, beside: str = "") -> HttpAnswer:
        if self._style.part:
            inside = f"<{self._style.part}>{inside}</{self._style.part}>"
        style = f' soap:encodingStyle="{ENCODING}"' if self._style.encoded else ""
        if self._style.qualified:
            answer = f'<{name}Response xmlns="{NAMESPACE}"{style}>{inside}</{name}Response>'
        else:
            answer = f"<c:{name}Response{style}>{inside}</c:{name}Response>"
        return self._envelope(answer + beside, declared=self._style.declared)

    def _envelope(self, body: str, *, declared: str, status: int = 200) -> HttpAnswer:
        spaces = f'xmlns:soap="{self._version.namespace}" xmlns:xsi="{XSI}" xmlns:xsd="{XSD}" xmlns:e="{ENCODING}"'
        return self._document(
            f'<?xml version="1.0" encoding="{declared}"?>\n'
            f'<soap:Envelope {spaces} xmlns:c="{NAMESPACE}"><soap:Body>{body}</soap:Body></soap:Envelope>',
            status=status,
        )

    def _document(self, text: str, *, status: int = 200) -> HttpAnswer:
        body = text.encode()
        if self._style.latin1:
            clear = _UNCLEAR.sub(lambda found: found.group().encode("ascii", "xmlcharrefreplace").decode(), text)
            body = clear.encode("latin-1", "xmlcharrefreplace")
        charset = f"; charset={self._style.charset}" if self._style.charset else ""
        return HttpAnswer(status, body, f"{self._version.content_type}{charset}")


class _Writer:
    """Writes the values of one answer, and remembers which of them can be referred to.

    Args:
        style: the style.
        method: the method that is answered, after which the types of its answer are called.
    """

    def __init__(self, style: SoapStyle, method: str) -> None:
        self._style = style
        self._method = method
        self._known: dict[object, str] = {}
        self.beside: list[str] = []

    def member(self, name: str, node: Node) -> str:
        """Write a member of the answer."""
        match node:
            case Rows():
                return self._list(name, node.rows)
            case Mapping():
                return f"<{name}>{''.join(self.member(each, inner) for each, inner in node.items())}</{name}>"
            case list():
                return elements(name, node)
        return self._value(name, node)

    def _list(self, name: str, rows: list[Row]) -> str:
        if self._style.lists == "repeated":
            return "".join(self._row(name, row) for row in rows)
        array = ""
        if self._style.lists == "array":
            array = f' xsi:type="e:Array" e:arrayType="c:{self._method}Item[{len(rows)}]"'
        return f"<{name}{array}>{''.join(self._row('item', row) for row in rows)}</{name}>"

    def _row(self, name: str, row: Row) -> str:
        kind = f' xsi:type="c:{self._method}Item"' if self._style.encoded else ""
        inside = "".join(self._value(*field) for field in row.items())
        if self._style.references == "beside":
            self.beside.append(f'<multiRef id="id{len(self.beside)}" e:root="0"{kind}>{inside}</multiRef>')
            return f'<{name} href="#id{len(self.beside) - 1}"/>'
        return self._once(name, kind, inside, tuple(row.items()))

    def _value(self, name: str, value: Scalar) -> str:
        if value is None:
            return f'<{name} xsi:nil="true"/>'
        text, kind = text_of(value), xsd_type(value)
        if self._style.binary and not text.isascii():
            kind, text = "base64Binary", base64.b64encode(str(value).encode()).decode()
        typed = f' xsi:type="xsd:{kind}"' if self._style.encoded else ""
        # 1 is no True here, though Python holds them equal.
        return self._once(name, typed, text, (name, kind, value))

    def _once(self, name: str, attributes: str, inside: str, what: object) -> str:
        """Write an element; the second time, write that it is the same as the first."""
        if self._style.references != "inside":
            return f"<{name}{attributes}>{inside}</{name}>"
        known = self._known.get(what)
        if known is not None:
            return f'<{name} href="#{known}"/>'
        self._known[what] = f"ref{len(self._known) + 1}"
        return f'<{name} id="{self._known[what]}"{attributes}>{inside}</{name}>'
