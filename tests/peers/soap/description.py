"""A description of the six operations in three styles, for SOAP servers that are given one."""

from __future__ import annotations

from collections.abc import Sequence

SPACE = "urn:afilnet:chat"
STYLES = ("document", "rpc literal", "rpc encoded")
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
WHO = ("user", "password")
CHANNEL = ("platformid", "platform", "name")
MESSAGE = ("platformid", "platform", "message", "destination", "messageid", "sent", "issent", "status", "datetime")
OPERATIONS = {
    "getchatchannels": (WHO, "Channel"),
    "sendmessage": ((*WHO, "platform", "platformid", "destination", "message"), None),
    "sendfile": ((*WHO, "platform", "platformid", "destination", "type", "fileurl", "thumburl", "message"), None),
    "getchats": ((*WHO, "platform", "platformid"), "Message"),
    "getmessages": ((*WHO, "platform", "platformid", "destination"), "Message"),
    "getunreadmessages": ((*WHO, "platform", "platformid", "destination"), "Message"),
}
_MAY_BE_ABSENT = {"thumburl", "sent", "issent"}


def wsdl(endpoint: str, style: str) -> str:
    """Return the description of a service at this address in one of :data:`STYLES`."""
    rpc, encoded = style != "document", style == "rpc encoded"
    types = [_record("Channel", CHANNEL), _record("Message", MESSAGE)]
    types += [_rows(name, encoded) for name in ("Channel", "Message")]
    messages, port, binding = "", "", ""
    for name, (parameters, record) in OPERATIONS.items():
        given = [(parameter, "x:string") for parameter in parameters]
        answer = [("status", "x:string"), *([("result", f"c:{record}Result")] if record else [])]
        if not rpc:
            types += [_wrapper(name, given), _wrapper(f"{name}Response", answer)]
        messages += _message(name, given, rpc) + _message(f"{name}Response", answer, rpc)
        port += f'<operation name="{name}"><input message="c:{name}"/><output message="c:{name}Response"/></operation>'
        body = _body(rpc, encoded)
        binding += (
            f'<operation name="{name}"><s:operation soapAction="{SPACE}#{name}"/>'
            f"<input>{body}</input><output>{body}</output></operation>"
        )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions name="Chat" targetNamespace="{SPACE}" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:c="{SPACE}"
  xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:e="{ENCODING}">
<types><x:schema targetNamespace="{SPACE}">{f'<x:import namespace="{ENCODING}"/>' if encoded else ""}
{"".join(types)}
</x:schema></types>
{messages}
<portType name="Port">{port}</portType>
<binding name="Binding" type="c:Port">
<s:binding style="{"rpc" if rpc else "document"}" transport="http://schemas.xmlsoap.org/soap/http"/>
{binding}
</binding>
<service name="Chat"><port name="Port" binding="c:Binding"><s:address location="{endpoint}"/></port></service>
</definitions>
"""


def _elements(fields: Sequence[tuple[str, str]]) -> str:
    least = dict.fromkeys(_MAY_BE_ABSENT, ' minOccurs="0"')
    return "".join(f'<x:element name="{name}" type="{kind}"{least.get(name, "")}/>' for name, kind in fields)


def _record(name: str, fields: Sequence[str]) -> str:
    inside = _elements([(field, "x:string") for field in fields])
    return f'<x:complexType name="{name}"><x:sequence>{inside}</x:sequence></x:complexType>'


def _rows(record: str, encoded: bool) -> str:
    rows = f'<x:sequence><x:element name="item" type="c:{record}" minOccurs="0" maxOccurs="unbounded"/></x:sequence>'
    if encoded:
        rows = (
            '<x:complexContent><x:restriction base="e:Array">'
            f'<x:attribute ref="e:arrayType" w:arrayType="c:{record}[]"/></x:restriction></x:complexContent>'
        )
    return (
        f'<x:complexType name="{record}List">{rows}</x:complexType><x:complexType name="{record}Result">'
        f'<x:sequence><x:element name="list" type="c:{record}List"/></x:sequence></x:complexType>'
    )


def _wrapper(name: str, fields: Sequence[tuple[str, str]]) -> str:
    inside = f"<x:complexType><x:sequence>{_elements(fields)}</x:sequence></x:complexType>"
    return f'<x:element name="{name}">{inside}</x:element>'


def _message(name: str, parts: Sequence[tuple[str, str]], rpc: bool) -> str:
    if not rpc:
        return f'<message name="{name}"><part name="parameters" element="c:{name}"/></message>'
    inside = "".join(f'<part name="{part}" type="{kind}"/>' for part, kind in parts)
    return f'<message name="{name}">{inside}</message>'


def _body(rpc: bool, encoded: bool) -> str:
    if not rpc:
        return '<s:body use="literal"/>'
    coding = f' encodingStyle="{ENCODING}"' if encoded else ""
    return f'<s:body use="{"encoded" if encoded else "literal"}" namespace="{SPACE}"{coding}/>'
