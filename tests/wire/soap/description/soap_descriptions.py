"""Descriptions drawn at random: the usual ones in every style and spelling, with something unusual, and damaged."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import strategies as st

from afilnet_protocols.catalogue import OPERATIONS, Operation

SPACE = "urn:afilnet:chat"
_TEXTS = (
    "x:string", "x:int", "x:long", "x:anyURI", "x:token", "x:boolean", "x:dateTime", "x:anyType", "x:anySimpleType",
    "x:base64Binary", "x:hexBinary", "e:string", "e:int", "e:base64Binary", "t:Word", "t:Number", "t:Octets",
    "t:Marked", "t:Listed",
)  # fmt: skip
_OPTIONAL, _NIL = ' minOccurs="0"', ' nillable="true"'
_EMPTY = '<x:complexType name="Empty"/>'
_WORD = '<x:annotation/><x:restriction base="x:string"><x:maxLength value="9"/></x:restriction>'
_LISTED = '<x:restriction base="x:string"><x:enumeration value="whatsapp"/></x:restriction>'
_NOTED = '<x:extension base="t:Number"><x:attribute name="by" type="x:string"/></x:extension>'
_LEAF = '<x:element name="leaf" type="x:string" minOccurs="0"/>'
_BRANCH = '<x:element name="branch" type="t:Tree" minOccurs="0"/>'
_CREDITS = '<x:sequence><x:element name="credits" type="x:int" minOccurs="0"/></x:sequence><x:attribute name="at"/>'
_TYPES = (
    f'<x:simpleType name="Word">{_WORD}</x:simpleType>',
    '<x:simpleType name="Number"><x:restriction base="x:integer"/></x:simpleType>',
    '<x:simpleType name="Octets"><x:restriction base="x:base64Binary"/></x:simpleType>',
    '<x:simpleType name="Marked"><x:restriction base="t:Word"><x:length value="1"/></x:restriction></x:simpleType>',
    f'<x:simpleType name="Listed">{_LISTED}</x:simpleType>',
    f'<x:complexType name="Noted"><x:simpleContent>{_NOTED}</x:simpleContent></x:complexType>',
    f'<x:complexType name="Tree"><x:sequence>{_LEAF}{_BRANCH}</x:sequence></x:complexType>',
    f'<x:complexType name="Base">{_CREDITS}</x:complexType>',
    _EMPTY,
    '<x:attribute name="factory" type="x:QName"/>',
)
_POLICY = '<p:Policy xmlns:p="http://schemas.xmlsoap.org/ws/2004/09/policy"><p:All><p:Policy/></p:All></p:Policy>'
_ADDRESSING = '<a:UsingAddressing xmlns:a="http://www.w3.org/2006/05/addressing/wsdl" w:required="false"/>'
_MORE = '<x:extension base="t:Tree"/>'
UNUSUAL = (
    ("<x:sequence>", "<x:sequence><x:choice/>"),
    ("<x:sequence>", f"<x:sequence><x:sequence>{_LEAF}</x:sequence>"),
    ("<x:sequence>", '<x:sequence maxOccurs="2">'),
    (_EMPTY, '<x:group name="Empty"><x:sequence/></x:group>'),
    (_EMPTY, '<x:complexType name="Empty"><x:choice><x:element name="a"/></x:choice></x:complexType>'),
    (_EMPTY, '<x:simpleType name="Empty"><x:list itemType="x:string"/></x:simpleType>'),
    (_EMPTY, '<x:simpleType name="Empty"><x:union memberTypes="x:int x:string"/></x:simpleType>'),
    (_EMPTY, '<x:complexType name="Word"/>'),
    (_EMPTY, '<x:simpleType name="base64"><x:restriction base="x:string"/></x:simpleType>'),
    (_EMPTY, f'<x:complexType name="E"><x:complexContent>{_MORE}</x:complexContent></x:complexType>'),
    (_EMPTY, '<x:attribute name="a" ref="t:b"/>'),
    (_EMPTY, '<x:attribute name="a" type="x:nothing"/>'),
    (_EMPTY, '<x:attributeGroup name="a"/>'),
    ('type="x:int"', 'type="x:nothing"'),
    ('type="x:int"', 'type="n:int"'),
    ('type="x:int"', 'type="int"'),
    ('type="x:string"', 'type="x:string" default="d"'),
    ('type="x:string"', 'type="x:string" fixed="d"'),
    ('type="x:string"', 'type=" x:string "'),
    (' type="x:string"', ' ref="c:nothing"'),
    ('minOccurs="0"', 'minOccurs="00"'),
    ('minOccurs="0"', 'minOccurs="many"'),
    ('minOccurs="0"/>', 'minOccurs="0" maxOccurs="0"/>'),
    ('minOccurs="0"/>', 'minOccurs="0" maxOccurs="unbounded"/>'),
    ('nillable="true"', 'nillable="1"'),
    ('use="literal"', 'use="literal" parts="parameters"'),
    ('use="literal"', 'use="literal" part="parameters"'),
    ('namespace="urn:afilnet:chat"', ""),
    ('transport="http://schemas.xmlsoap.org/soap/http"', 'transport="urn:other"'),
    ('style="rpc"', 'style="message"'),
    ('soapAction="urn:afilnet:chat#getchats"', 'style="rpc"'),
    ("<s:body", '<s:header message="c:getchats" part="user" use="literal"/><s:body'),
    ("</w:portType>", '<w:operation name="once"><w:input message="c:getchats"/></w:operation></w:portType>'),
    ("</w:binding>", '<w:operation name="once"><s:operation/></w:operation></w:binding>'),
    ("</w:service>", '<w:port name="More" binding="c:Nothing"><s:address location="http://x/"/></w:port></w:service>'),
    ("</w:service>", '<w:port name="Port" binding="c:Binding"><s:address location="http://x/"/></w:port></w:service>'),
    ("<w:service ", "<p:policy xmlns:p='urn:policy'/><w:service "),
    ('w:name="', 'w:id="'),
)  # fmt: skip
"""What replaces a part of a description, once, to make it unusual, or wrong."""


@dataclass
class Drawn:
    """A description, and whether there is anything unusual in it."""

    text: str
    usual: bool


@st.composite
def descriptions(draw: st.DrawFn) -> Drawn:
    """Draw a description; most often a usual one."""
    usual = draw(st.sampled_from([True, True, False]))
    text = _written(draw)
    if not usual:
        old, new = draw(st.sampled_from([pair for pair in UNUSUAL if pair[0] in text]))
        places = [found.start() for found in re.finditer(re.escape(old), text)]
        at = draw(st.sampled_from(places))
        text = text[:at] + new + text[at + len(old) :]
    return Drawn(draw(_spelled(text)), usual)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Draw a description of which a few tags or names have been lost, doubled, exchanged or renamed."""
    parts = re.findall(r"<[^>]*>|[^<]+", _written(draw))
    for _ in range(draw(st.integers(1, 3))):
        one, other = draw(st.integers(1, len(parts) - 1)), draw(st.integers(1, len(parts) - 1))
        how = draw(st.sampled_from(["name", "name", "value", "value", "lost", "twice", "exchanged", "whole"]))
        if how == "lost":
            parts[one] = re.sub(r' [\w:]+="[^"]*"', "", parts[one], count=1)
        elif how == "twice":
            parts[one:one] = [parts[one]] if parts[one].endswith("/>") else []
        elif how == "exchanged" and parts[one].endswith("/>") and parts[other].endswith("/>"):
            parts[one], parts[other] = parts[other], parts[one]
        elif how == "whole" and parts[one].endswith("/>"):
            parts[one] = ""
        elif how in ("name", "value"):
            found = [re.search(r'"[^"]*"' if how == "value" else r' [\w:]+(?==")', parts[at]) for at in (one, other)]
            if found[0] and found[1]:
                parts[one] = parts[one].replace(found[0].group(), found[1].group(), 1)
    return "".join(parts)


@st.composite
def _spelled(draw: st.DrawFn, text: str) -> str:
    """Draw the same description with other prefixes, or with the default namespace for WSDL or XML Schema."""
    how = draw(st.sampled_from(["as it is", "wsdl", "schema", "renamed", "where used"]))
    if how == "wsdl":
        text = re.sub(r"(</?)w:", r"\1", text).replace("xmlns:w=", 'xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:w=')
    elif how == "schema":
        text = re.sub(r"(</?)x:", r"\1", text).replace("<schema", '<schema xmlns="http://www.w3.org/2001/XMLSchema"')
    elif how == "renamed":
        text = re.sub(r'(</?|xmlns:|="|rrayType=")x(?=[:=])', r"\1xsd", text)
    elif how == "where used":  # as .NET declares them
        for prefix, space in re.findall(r'xmlns:([ctx])="([^"]*)"', text):
            of = rf'(<w:part name="\w+") (type|element)="{prefix}:'
            text = re.sub(of, rf'\1 xmlns:q="{space}" \2="q:', text)
    return text


def _written(draw: st.DrawFn) -> str:
    style = draw(st.sampled_from(["document", "document", "literal", "encoded", "generic"]))
    soap = draw(st.sampled_from(["", "12"]))
    rpc = style in ("literal", "encoded")
    names = ["call"] if style == "generic" else [_spelling(draw, each.method) for each in OPERATIONS]
    wanted = [None] if style == "generic" else OPERATIONS
    manner, on_binding = f' style="{"rpc" if rpc else "document"}"', draw(st.booleans())
    types, messages, port, bound = list(_TYPES) if not draw(st.booleans()) else [*reversed(_TYPES)], "", "", ""
    for name, operation in zip(names, wanted, strict=True):
        asked, answered = _held(draw, name, _asked(draw, operation, rpc), types, rpc), _answered(draw, operation, types)
        if rpc:
            messages += _message(name, [(each, kind) for each, kind, _ in asked])
            messages += _message(f"{name}Response", [(each, kind) for each, kind, _ in answered])
        else:
            types += [_wrapper(draw, name, asked), _wrapper(draw, f"{name}Response", answered)]
            messages += "".join(
                f'<w:message name="{each}"><w:part name="parameters" element="c:{each}"/></w:message>'
                for each in (name, f"{name}Response")
            )
        fault = '<w:fault name="f" message="c:fault"/>' if draw(st.booleans()) else ""
        port += (
            f'<w:operation name="{name}"><w:documentation>words</w:documentation><w:input message="c:{name}"/>'
            f'<w:output message="c:{name}Response"/>{fault}</w:operation>'
        )
        bound += _bound(draw, name, style, fault, "" if on_binding else manner)
    form = draw(st.sampled_from(["", ' elementFormDefault="qualified"', ' elementFormDefault="unqualified"']))
    apart = draw(st.booleans())
    own = "".join(each for each in types if each not in _TYPES)
    shared = "".join(each for each in types if each in _TYPES)
    schema = (
        f'<x:schema targetNamespace="urn:types"{form}>{shared}</x:schema>'
        f'<x:schema targetNamespace="{SPACE}"{form}><x:import namespace="urn:types"/>{own}</x:schema>'
    )
    if not apart:
        schema = f'<x:schema targetNamespace="{SPACE}"{form}><x:annotation/>{shared}{own}</x:schema>'
    encoding = '<x:schema><x:import namespace="http://schemas.xmlsoap.org/soap/encoding/"/></x:schema>'
    binding = manner if on_binding and (rpc or draw(st.booleans())) else ""
    address = '<s:address location="https://soap.example.com/"/>' if draw(st.integers(0, 9)) else ""
    policy, addressing = (draw(st.sampled_from(["", "", each])) for each in (_POLICY, _ADDRESSING))
    get, get_port = _http(names[0]) if draw(st.booleans()) else ("", "")
    return (
        f'<w:definitions targetNamespace="{SPACE}" xmlns:c="{SPACE}" xmlns:t="{"urn:types" if apart else SPACE}" '
        'xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:x="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:s="http://schemas.xmlsoap.org/wsdl/soap{soap}/" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/" '
        'xmlns:h="http://schemas.xmlsoap.org/wsdl/http/">'
        f"<w:types>{encoding if draw(st.booleans()) else ''}{schema}</w:types>"
        f'<w:message name="fault"><w:part name="f" type="x:string"/></w:message>{messages}'
        f'<w:portType name="Type">{port}</w:portType>{get}{policy}<w:binding name="Binding" type="c:Type">{addressing}'
        f'<s:binding{binding} transport="http://schemas.xmlsoap.org/soap/http"/>{bound}</w:binding>'
        f'<w:service name="Service">{get_port}<w:port name="Port" binding="c:Binding">{address}</w:port></w:service>'
        "</w:definitions>"
    )


def _spelling(draw: st.DrawFn, method: str) -> str:
    return draw(st.sampled_from([method, method, method.capitalize(), f"chat.{method}", f"chat_{method}"]))


def _asked(draw: st.DrawFn, operation: Operation[object] | None, rpc: bool) -> list[tuple[str, str, str]]:
    """Draw what a request may hold: the name, the type, and how often it may stand."""
    wanted = [("user", True), ("password", True)]
    if operation is None:
        known = {item.wire: item for each in OPERATIONS for item in each.parameters}
        wanted += [("class", True), ("method", True), *((name, False) for name in known)]
    else:
        wanted += [(item.wire, item.compulsory) for item in operation.parameters]
    found = []
    for name, compulsory in draw(st.permutations(wanted)):
        often = [_OPTIONAL, _OPTIONAL, _NIL, ""] if not compulsory and not rpc else ["", _NIL, _OPTIONAL + _NIL]
        times = draw(st.sampled_from(often))
        spelled = draw(st.sampled_from([name, name, name.capitalize(), name.upper()]))
        kind = draw(st.sampled_from([*_TEXTS, *["x:string"] * len(_TEXTS)]))
        found.append((spelled, kind, times))
    if not rpc and draw(st.integers(0, 4)) == 0:
        found.append(("more", draw(st.sampled_from(["t:Tree", "t:Noted", "x:string"])), _OPTIONAL))
    return found


def _held(
    draw: st.DrawFn, name: str, asked: list[tuple[str, str, str]], types: list[str], rpc: bool, depth: int = 0
) -> list[tuple[str, str, str]]:
    """Draw which fields of a request stand in an object, perhaps with others in another one there."""
    if depth > 2 or not draw(st.sampled_from([True, False, False] if depth == 0 else [True, False])):
        return asked
    inside = [each for each in asked if each[0].lower() == "user" or draw(st.booleans())]
    others = [each for each in asked if each not in inside]
    held = f"{name}Held{depth}"
    types.append(_type(draw, held, _held(draw, name, inside, types, False, depth + 1)))
    times = "" if rpc else draw(st.sampled_from(["", _OPTIONAL, _NIL, _OPTIONAL + _NIL]))
    others.insert(draw(st.integers(0, len(others))), (f"held{depth}", f"c:{held}", times))
    return others


def _answered(draw: st.DrawFn, operation: Operation[object] | None, types: list[str]) -> list[tuple[str, str, str]]:
    """Draw what an answer may hold, and the types that it needs."""
    if operation is None or not operation.fields:
        return [("status", draw(st.sampled_from(_TEXTS)), ""), ("error", "x:string", _OPTIONAL)]
    method = operation.method
    group = draw(st.sampled_from(["sequence", "all"]))
    kinds = [(each.wire, draw(st.sampled_from(_TEXTS))) for each in operation.fields]
    fields = "".join(f'<x:element name="{name}" type="{kind}"/>' for name, kind in kinds)
    fields += draw(st.sampled_from(["", _BRANCH]))
    fields += '<x:any minOccurs="0" maxOccurs="unbounded"/>' if group == "sequence" and draw(st.booleans()) else ""
    record = f"<x:{group}>{fields}</x:{group}>"
    if draw(st.booleans()):
        record = f'<x:complexContent><x:extension base="t:Base">{record}</x:extension></x:complexContent>'
    types.append(f'<x:complexType name="{method}Item">{record}</x:complexType>')
    how = draw(st.sampled_from(["item", "array", "typed array"]))
    item = f'<x:element name="item" type="c:{method}Item" minOccurs="0" maxOccurs="unbounded"/>'
    if draw(st.booleans()):  # a type without a name
        inside = f"<x:{group}>{fields}</x:{group}>"
        item = item.replace(f' type="c:{method}Item"', "").replace(
            "/>", f"><x:complexType>{inside}</x:complexType></x:element>"
        )
    rows = item = f"<x:sequence>{item}</x:sequence>"
    if how != "item":
        rows = (
            f'<x:complexContent><x:restriction base="e:Array">{item if how == "typed array" else ""}'
            f'<x:attribute ref="e:arrayType" w:arrayType="c:{method}Item[]"/></x:restriction></x:complexContent>'
        )
    types.append(f'<x:complexType name="{method}List">{rows}</x:complexType>')
    inside = f'<x:sequence><x:element name="list" type="c:{method}List" nillable="true"/></x:sequence>'
    types.append(f'<x:complexType name="{method}Result">{inside}</x:complexType>')
    return [("status", "x:string", ""), ("error", "t:Noted", _OPTIONAL), ("result", f"c:{method}Result", _OPTIONAL)]


def _wrapper(draw: st.DrawFn, name: str, fields: list[tuple[str, str, str]]) -> str:
    """Draw the element of a message: of a type of its own, or a named one."""
    kind = _type(draw, f"{name}Type", fields)
    if kind.startswith(single := f'<x:complexType name="{name}Type">') and draw(st.booleans()):
        inside = kind.removeprefix(single)
        if "<x:complexType" not in inside:
            return f'<x:element name="{name}"><x:complexType>{inside}</x:element>'
    element = f'<x:element name="{name}" type="c:{name}Type"/>'
    return kind + element if draw(st.booleans()) else element + kind


def _type(draw: st.DrawFn, name: str, fields: list[tuple[str, str, str]]) -> str:
    """Draw a named type, perhaps one that extends another."""
    written = []
    for each, kind, times in fields:
        form = draw(st.sampled_from(["", "", "", ' form="qualified"', ' form="unqualified"']))
        if kind == "x:string" and draw(st.integers(0, 5)) == 0:
            inside = '<x:annotation/><x:simpleType><x:restriction base="x:string"/></x:simpleType>'
            written.append(f'<x:element name="{each}"{times}{form}>{inside}</x:element>')
        else:
            written.append(f'<x:element name="{each}" type="{kind}"{times}{form}/>')
    group = draw(st.sampled_from(["sequence", "all"]))
    at = draw(st.integers(0, len(written)))
    if draw(st.sampled_from([True, True, False])):
        return f'<x:complexType name="{name}"><x:{group}>{"".join(written)}</x:{group}></x:complexType>'
    return (
        f'<x:complexType name="{name}Part"><x:{group}>{"".join(written[:at])}</x:{group}></x:complexType>'
        f'<x:complexType name="{name}"><x:complexContent><x:extension base="c:{name}Part">'
        f"<x:sequence>{''.join(written[at:])}</x:sequence></x:extension></x:complexContent></x:complexType>"
    )


def _message(name: str, parts: list[tuple[str, str]]) -> str:
    inside = "".join(f'<w:part name="{each}" type="{kind}"/>' for each, kind in parts)
    return f'<w:message name="{name}">{inside}</w:message>'


def _bound(draw: st.DrawFn, name: str, style: str, fault: str, manner: str) -> str:
    body = '<s:body use="literal"/>'
    if style == "literal":
        body = f'<s:body use="literal" namespace="{SPACE}"/>'
    if style == "encoded":
        body = f'<s:body use="encoded" namespace="{SPACE}" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/>'
    action = draw(st.sampled_from([f' soapAction="{SPACE}#{name}"', ' soapAction=""', ""]))
    faults = '<w:fault name="f"><s:fault name="f" use="literal"/></w:fault>' if fault else ""
    return (
        f'<w:operation name="{name}"><s:operation{action}{manner}/><w:input>{body}</w:input>'
        f"<w:output>{body}</w:output>{faults}</w:operation>"
    )


def _http(name: str) -> tuple[str, str]:
    """Return a binding without SOAP, and a port of it."""
    binding = (
        f'<w:binding name="Get" type="c:Type"><h:binding verb="GET"/><w:operation name="{name}">'
        f'<h:operation location="/{name}"/><w:input/><w:output/></w:operation></w:binding>'
    )
    return binding, '<w:port name="Get" binding="c:Get"><h:address location="https://soap.example.com/get/"/></w:port>'
