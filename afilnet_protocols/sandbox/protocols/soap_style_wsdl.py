"""The description of a service that writes in a style: a WSDL 1.1, and its schema where that stands apart."""

from __future__ import annotations

from afilnet_protocols.catalogue import OPERATIONS, Kind, Operation
from afilnet_protocols.dialects.soap import SoapStyle
from afilnet_protocols.sandbox.protocols.soap_xml import NAMESPACE, XSD

ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"

_SPACES = (
    f'xmlns:c="{NAMESPACE}" xmlns:x="{XSD}" xmlns:e="{ENCODING}" xmlns:w="http://schemas.xmlsoap.org/wsdl/" '
    'xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"'
)
_CREDENTIALS = ("user", "password")


def describe(style: SoapStyle, address: str) -> str:
    """Return the description of a service that listens at an address."""
    if style.schema_apart:
        types = f'<x:schema><x:import namespace="{NAMESPACE}" schemaLocation="{address}?xsd=1"/></x:schema>'
    else:
        types = _schema(style)
    messages = "".join(_messages(style, operation) for operation in OPERATIONS)
    ports = "".join(_port_operation(operation.method) for operation in OPERATIONS)
    bound = "".join(_bound_operation(style, operation.method) for operation in OPERATIONS)
    kind = "rpc" if style.rpc else "document"
    return (
        f'<?xml version="1.0" encoding="{style.declared_else}"?>\n'
        f'<w:definitions targetNamespace="{NAMESPACE}" {_SPACES}><w:types>{types}</w:types>{messages}'
        f'<w:portType name="ChatPort">{ports}</w:portType><w:binding name="ChatBinding" type="c:ChatPort">'
        f'<s:binding style="{kind}" transport="http://schemas.xmlsoap.org/soap/http"/>{bound}</w:binding>'
        '<w:service name="Chat"><w:port name="ChatPort" binding="c:ChatBinding">'
        f'<s:address location="{address}"/></w:port></w:service></w:definitions>'
    )


def describe_schema(style: SoapStyle) -> str:
    """Return the schema as a document of its own."""
    return f'<?xml version="1.0" encoding="{style.declared_else}"?>\n{_schema(style)}'


def _schema(style: SoapStyle) -> str:
    types = "".join(_types(style, operation) for operation in OPERATIONS)
    wrappers = "" if style.rpc else "".join(_wrappers(style, operation) for operation in OPERATIONS)
    imports = f'<x:import namespace="{ENCODING}"/>' if style.lists == "array" else ""
    return f'<x:schema targetNamespace="{NAMESPACE}" {_SPACES}>{imports}{types}{wrappers}</x:schema>'


def _types(style: SoapStyle, operation: Operation[object]) -> str:
    """Return the types of an operation's answer: its record, the list, the result and the whole, as far as needed."""
    method, written = operation.method, ""
    if operation.fields:
        fields = [(field.wire, "x:boolean" if field.kind is Kind.FLAG else "x:string") for field in operation.fields]
        kind, times = (f"{method}Item", "unbounded") if style.lists == "repeated" else (f"{method}List", "1")
        written += _type(style, f"{method}Item", _elements(fields))
        written += _list_type(style, method)
        written += _type(style, f"{method}Result", _element("list", f"c:{kind}", least=0, most=times))
    if style.part:
        written += _type(style, f"{method}Answer", _elements(_answer(operation), least=0))
    return written


def _list_type(style: SoapStyle, method: str) -> str:
    if style.lists == "repeated":
        return ""
    if style.lists == "item":
        item = _element("item", f"c:{method}Item", least=0, most="unbounded")
        return f'<x:complexType name="{method}List"><x:sequence>{item}</x:sequence></x:complexType>'
    return (
        f'<x:complexType name="{method}List"><x:complexContent><x:restriction base="e:Array">'
        f'<x:attribute ref="e:arrayType" w:arrayType="c:{method}Item[]"/>'
        "</x:restriction></x:complexContent></x:complexType>"
    )


def _wrappers(style: SoapStyle, operation: Operation[object]) -> str:
    request = _elements([(name, "x:string") for name in _CREDENTIALS])
    request += "".join(_element(each.wire, "x:string", least=int(each.compulsory)) for each in operation.parameters)
    return _wrapper(operation.method, "sequence", request) + _wrapper(
        f"{operation.method}Response", style.group, _elements(_parts(style, operation), least=0)
    )


def _answer(operation: Operation[object]) -> list[tuple[str, str]]:
    """Return the fields of the service's envelope, and their types."""
    result = [("result", f"c:{operation.method}Result")] if operation.fields else []
    return [("status", "x:string"), ("error", "x:string"), *result]


def _parts(style: SoapStyle, operation: Operation[object]) -> list[tuple[str, str]]:
    return [(style.part, f"c:{operation.method}Answer")] if style.part else _answer(operation)


def _messages(style: SoapStyle, operation: Operation[object]) -> str:
    method = operation.method
    if not style.rpc:
        return "".join(
            f'<w:message name="{name}"><w:part name="parameters" element="c:{name}"/></w:message>'
            for name in (method, f"{method}Response")
        )
    names = [*_CREDENTIALS, *(each.wire for each in operation.parameters)]
    return _message(method, [(name, "x:string") for name in names]) + _message(
        f"{method}Response", _parts(style, operation)
    )


def _message(name: str, parts: list[tuple[str, str]]) -> str:
    inside = "".join(f'<w:part name="{part}" type="{kind}"/>' for part, kind in parts)
    return f'<w:message name="{name}">{inside}</w:message>'


def _port_operation(name: str) -> str:
    messages = f'<w:input message="c:{name}"/><w:output message="c:{name}Response"/>'
    return f'<w:operation name="{name}">{messages}</w:operation>'


def _bound_operation(style: SoapStyle, name: str) -> str:
    body = '<s:body use="literal"/>'
    if style.rpc:
        use = f'use="encoded" encodingStyle="{ENCODING}"' if style.encoded else 'use="literal"'
        body = f'<s:body {use} namespace="{NAMESPACE}"/>'
    return (
        f'<w:operation name="{name}"><s:operation soapAction="{NAMESPACE}#{name}"/>'
        f"<w:input>{body}</w:input><w:output>{body}</w:output></w:operation>"
    )


def _type(style: SoapStyle, name: str, inside: str) -> str:
    return f'<x:complexType name="{name}"><x:{style.group}>{inside}</x:{style.group}></x:complexType>'


def _wrapper(name: str, group: str, inside: str) -> str:
    return f'<x:element name="{name}"><x:complexType><x:{group}>{inside}</x:{group}></x:complexType></x:element>'


def _elements(fields: list[tuple[str, str]], *, least: int = 1) -> str:
    return "".join(_element(name, kind, least=least) for name, kind in fields)


def _element(name: str, kind: str, *, least: int = 1, most: str = "1") -> str:
    return f'<x:element name="{name}" type="{kind}" minOccurs="{least}" maxOccurs="{most}"/>'
