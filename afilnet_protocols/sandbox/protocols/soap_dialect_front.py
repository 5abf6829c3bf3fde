"""`/api/soap/NAME/`: the service in the dialect of a known SOAP server. It shares nothing with the client's reader."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from afilnet_protocols.catalogue import ERROR_CODES, by_method
from afilnet_protocols.sandbox.protocols.soap import SoapFront
from afilnet_protocols.sandbox.protocols.soap_dialect import Dialect
from afilnet_protocols.sandbox.protocols.soap_dialect_wsdl import ENCODING, describe, describe_schema
from afilnet_protocols.sandbox.protocols.soap_xml import NAMESPACE, SOAP, XSD, XSI, escape
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest
from afilnet_protocols.sandbox.state.service import Item, Outcome, Service

_SPACES = f'xmlns:soap="{SOAP}" xmlns:xsi="{XSI}" xmlns:xsd="{XSD}" xmlns:e="{ENCODING}" xmlns:c="{NAMESPACE}"'

# Characters that ISO 8859-1 has only as controls, and rows of others that are characters of UTF-8 as well: nobody who
# gets them as bytes could tell what they are.
_UNCLEAR = re.compile("[\x80-\x9f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


class DialectFront(SoapFront):
    """Serves calls in a dialect, and its description at ``?wsdl`` (and ``?xsd=1``)."""

    def __init__(self, service: Service, dialect: Dialect) -> None:
        super().__init__(service, lambda address: describe(dialect, address))
        self._dialect = dialect

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        """Serve one request."""
        if request.method == "GET" and request.query == b"xsd=1" and self._dialect.schema_apart:
            return self._document(describe_schema(self._dialect))
        return super().__call__(request)

    def succeed(self, name: str, outcome: Outcome) -> HttpAnswer:
        """Write a success."""
        writer = _Writer(self._dialect)
        inside = writer.value("status", "SUCCESS")
        if outcome.items is not None and outcome.operation is not None:
            inside += writer.result(outcome.operation.method, outcome.items)
        return self._answer(name, inside, beside="".join(writer.beside))

    def refuse(self, code: str, name: str) -> HttpAnswer:
        """Write an error code: as a Fault, or as a normal answer."""
        if self._dialect.fault == "none" and by_method(name) is not None:
            writer = _Writer(self._dialect)
            return self._answer(name, writer.value("status", "ERROR") + writer.value("error", code))
        known = ERROR_CODES.get(code)
        text = escape(known.about if known else code)
        if self._dialect.fault == "detail":
            detail = f"<detail><c:ChatException><error>{escape(code)}</error></c:ChatException></detail>"
            fault = f"<faultcode>soap:Server</faultcode><faultstring>{text}</faultstring>{detail}"
        else:
            fault = f"<faultcode>{escape(code)}</faultcode><faultstring>{text}</faultstring>"
        return self._envelope(f"<soap:Fault>{fault}</soap:Fault>", declared=self._dialect.declared_else, status=500)

    def _answer(self, name: str, inside: str, *, beside: str = "") -> HttpAnswer:
        if self._dialect.part:
            inside = f"<{self._dialect.part}>{inside}</{self._dialect.part}>"
        style = f' soap:encodingStyle="{ENCODING}"' if self._dialect.encoded else ""
        if self._dialect.qualified:
            answer = f'<{name}Response xmlns="{NAMESPACE}"{style}>{inside}</{name}Response>'
        else:
            answer = f"<c:{name}Response{style}>{inside}</c:{name}Response>"
        return self._envelope(answer + beside, declared=self._dialect.declared)

    def _envelope(self, body: str, *, declared: str, status: int = 200) -> HttpAnswer:
        return self._document(
            f'<?xml version="1.0" encoding="{declared}"?>\n'
            f"<soap:Envelope {_SPACES}><soap:Body>{body}</soap:Body></soap:Envelope>",
            status=status,
        )

    def _document(self, text: str, *, status: int = 200) -> HttpAnswer:
        body = text.encode()
        if self._dialect.latin1:
            clear = _UNCLEAR.sub(lambda found: found.group().encode("ascii", "xmlcharrefreplace").decode(), text)
            body = clear.encode("latin-1", "xmlcharrefreplace")
        charset = f"; charset={self._dialect.charset}" if self._dialect.charset else ""
        return HttpAnswer(status, body, f"text/xml{charset}")


class _Writer:
    """Writes the values of one answer, and remembers which of them can be referred to."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[object, str] = {}
        self.beside: list[str] = []

    def result(self, method: str, items: Sequence[Item]) -> str:
        """Write a list in its result."""
        name = "list" if self._dialect.lists == "repeated" else "item"
        rows = "".join(self._row(name, method, item) for item in items)
        if self._dialect.lists == "repeated":
            return f"<result>{rows}</result>"
        array = ""
        if self._dialect.lists == "array":
            array = f' xsi:type="e:Array" e:arrayType="c:{method}Item[{len(items)}]"'
        return f"<result><list{array}>{rows}</list></result>"

    def _row(self, name: str, method: str, item: Item) -> str:
        kind = f' xsi:type="c:{method}Item"' if self._dialect.encoded else ""
        inside = "".join(self.value(*field) for field in item.items())
        if self._dialect.references == "beside":
            self.beside.append(f'<multiRef id="id{len(self.beside)}" e:root="0"{kind}>{inside}</multiRef>')
            return f'<{name} href="#id{len(self.beside) - 1}"/>'
        return self._once(name, kind, inside, tuple(item.items()))

    def value(self, name: str, value: str | bool) -> str:
        """Write a field."""
        text = escape(value) if isinstance(value, str) else ("true" if value else "false")
        kind = "string" if isinstance(value, str) else "boolean"
        if self._dialect.binary and not text.isascii():
            kind, text = "base64Binary", base64.b64encode(str(value).encode()).decode()
        typed = f' xsi:type="xsd:{kind}"' if self._dialect.encoded else ""
        return self._once(name, typed, text, (name, value))

    def _once(self, name: str, attributes: str, inside: str, what: object) -> str:
        """Write an element; the second time, write that it is the same as the first."""
        if self._dialect.references != "inside":
            return f"<{name}{attributes}>{inside}</{name}>"
        known = self._known.get(what)
        if known is not None:
            return f'<{name} href="#{known}"/>'
        self._known[what] = f"ref{len(self._known) + 1}"
        return f'<{name} id="{self._known[what]}"{attributes}>{inside}</{name}>'
