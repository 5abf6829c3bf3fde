"""What stands in a description that calls do not need changes nothing, whoever wrote it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from types import ModuleType

import pytest
from lxml import etree

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap import binding, strict_xml
from afilnet_protocols.wire.soap.binding import bind
from afilnet_protocols.wire.soap.bound_operation import Binding
from afilnet_protocols.wire.soap.described import SOAP_11, SOAP_12
from afilnet_protocols.wire.soap.description import needed, needed_types, wsdl, zeep_wsdl
from afilnet_protocols.wire.soap.description.incomplete import drop_incomplete
from tests.peers.soap.description import STYLES
from tests.peers.soap.description import wsdl as described
from tests.tables import table
from tests.wire.soap.description.test_plain_descriptions import shown

HERE = "https://soap.example.com/chat"
WHOLE = {style: described(HERE, style) for style in STYLES}
DOCUMENT = WHOLE["document"]

SCHEMA = '<x:schema targetNamespace="urn:afilnet:chat">'
BINDING = '<s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
MIME = 'xmlns:m="http://schemas.xmlsoap.org/wsdl/mime/"'
GET = 'xmlns:h="http://schemas.xmlsoap.org/wsdl/http/"'
XSI = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
MAKER = '<v:x xmlns:v="urn:a:maker"><v:y/></v:x>'
Change = tuple[str, str]


def changed(text: str, *changes: Change) -> str:
    """Return a text with parts of it replaced once, each of which must be there."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def everywhere(text: str, *changes: Change) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def bound(text: str) -> Binding:
    bind.cache_clear()
    return bind(text.encode())


def before(place: str, what: str) -> Callable[[str], str]:
    return lambda text: changed(text, (place, what + place))


def after(place: str, what: str) -> Callable[[str], str]:
    return lambda text: changed(text, (place, place + what))


def imported(namespace: str, location: str | None = None) -> Callable[[str], str]:
    """Return what adds an import of a schema that nothing in the description is of."""
    place = "" if location is None else f' schemaLocation="{location}"'
    return after(SCHEMA, f'<x:import namespace="{namespace}"{place}/>')


def another_port(transport: str, *, first: bool, version: str = "soap") -> Callable[[str], str]:
    """Return what adds a port of the same operations, over something else than HTTP."""

    def add(text: str) -> str:
        (binding,) = re.findall(r"(?s)<binding .*?</binding>", text)
        other = binding.replace('name="Binding"', 'name="Other"')
        other = other.replace("http://schemas.xmlsoap.org/soap/http", transport)
        other = other.replace("<s:", "<o:").replace(
            "<binding ", f'<binding xmlns:o="http://schemas.xmlsoap.org/wsdl/{version}/" '
        )
        address = f'<o:address xmlns:o="http://schemas.xmlsoap.org/wsdl/{version}/" location="net.tcp://chat:808/"/>'
        port = f'<port name="Other" binding="c:Other">{address}</port>'
        text = text.replace(binding, other + binding if first else binding + other)
        return changed(
            text, ('<port name="Port"', port + '<port name="Port"') if first else ("</service>", port + "</service>")
        )

    return add


def of_http(verb: str, request: str, answer: str) -> Callable[[str], str]:
    """Return what adds a port without SOAP, as .NET and Axis 2 describe them."""

    def add(text: str) -> str:
        inside = f"<input>{request}</input><output>{answer}</output>"
        operation = f'<operation name="sendmessage"><h:operation location="/send"/>{inside}</operation>'
        other = f'<binding name="Get" type="c:Port" {GET} {MIME}><h:binding verb="{verb}"/>{operation}</binding>'
        port = f'<port name="Get" binding="c:Get"><h:address {GET} location="{HERE}"/></port>'
        return changed(text, ("<service ", f"{other}<service "), ('<port name="Port"', port + '<port name="Port"'))

    return add


def another_operation(request: str, answer: str | None = None) -> Callable[[str], str]:
    """Return what adds an operation that no call is made of."""
    body = '<s:body use="literal"/>'
    output = "" if answer is None else f'<output message="c:{answer}"/>'
    bound_output = "" if answer is None else f"<output>{body}</output>"
    abstract = f'<operation name="ping"><input message="c:{request}"/>{output}</operation>'
    concrete = f'<operation name="ping"><s:operation/><input>{body}</input>{bound_output}</operation>'
    return lambda text: changed(
        text, ('<portType name="Port">', f'<portType name="Port">{abstract}'), (BINDING, BINDING + concrete)
    )


def with_header(text: str) -> str:
    """Return a description whose requests and answers have a header, in a message of its own or in that of the body."""
    head = '<x:element name="Head" type="x:string"/></x:schema>'
    own = '<message name="hh"><part name="h" element="c:Head"/></message><portType '
    text = changed(text, ("</x:schema>", head), ("<portType ", own))
    text = changed(
        text,
        (
            '<part name="parameters" element="c:sendfile"/>',
            '<part name="parameters" element="c:sendfile"/><part name="h" element="c:Head"/>',
        ),
    )
    text = text.replace(
        '<s:body use="literal"/>', '<s:body use="literal"/><s:header message="c:hh" part="h" use="literal"/>'
    )
    return re.sub(r'(?s)(<operation name="sendfile"><s:operation.*?)c:hh', r"\1c:sendfile", text, count=1)


def as_attachments(text: str) -> str:
    """Return a description whose messages may have attachments (WSDL 1.1 §5.4)."""
    part = f'<m:multipartRelated {MIME}><m:part><s:body use="literal"/></m:part></m:multipartRelated>'
    return text.replace('<s:body use="literal"/>', part)


def of_types_apart(reference: str) -> Callable[[str], str]:
    """Return what puts the records into a schema of their own, which the description holds, too."""

    def change(text: str) -> str:
        begin, end = text.index('<x:complexType name="Channel"'), text.index('<x:complexType name="ChannelList"')
        records = f'<x:schema targetNamespace="urn:types">{text[begin:end]}</x:schema>'
        text = text[:begin] + text[end:]
        text = everywhere(text, ('"c:Channel"', '"t:Channel"'), ('"c:Message"', '"t:Message"'))
        return changed(text, (SCHEMA, records + SCHEMA + reference), ("xmlns:c=", 'xmlns:t="urn:types" xmlns:c='))

    return change


UNNEEDED: dict[str, Callable[[str], str]] = {
    **{
        f"a port over {transport}, {'first' if first else 'last'}": another_port(
            transport, first=first, version=version
        )
        for first in (True, False)
        for transport, version in (
            ("http://schemas.microsoft.com/soap/tcp", "soap12"),
            ("http://www.w3.org/2010/soapjms/", "soap"),
            ("http://schemas.xmlsoap.org/soap/smtp", "soap"),
        )
    },
    "a port of HTTP GET, as .NET writes it": of_http("GET", "<h:urlEncoded/>", '<m:mimeXml part="Body"/>'),
    "a port of HTTP POST, as .NET writes it": of_http(
        "POST", '<m:content type="application/x-www-form-urlencoded"/>', '<m:mimeXml part="Body"/>'
    ),
    "a port of HTTP, as Axis 2 writes it": of_http(
        "POST", '<m:content type="application/xml" part="parameters"/>', '<m:content type="application/xml"/>'
    ),
    "a port of another verb": of_http("PUT", "", ""),
    "a style sheet for people": lambda text: changed(text, ("?>", '?><?xml-stylesheet type="text/xsl" href="v.xsl"?>')),
    "where the schema of WSDL is": before(
        "xmlns:c=", f'{XSI} i:schemaLocation="http://schemas.xmlsoap.org/wsdl/ http://schemas.xmlsoap.org/wsdl/" '
    ),
    "an import of WSDL": imported("http://schemas.xmlsoap.org/wsdl/", "http://schemas.xmlsoap.org/wsdl/"),
    "an import of the encoding": imported("http://schemas.xmlsoap.org/soap/encoding/", "soapenc.xsd"),
    "an import of the newer encoding": imported("http://www.w3.org/2003/05/soap-encoding", "https://www.w3.org/x"),
    "an import of XML": imported("http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2001/03/xml.xsd"),
    "an import of XML Schema": imported("http://www.w3.org/2001/XMLSchema", "http://www.w3.org/2001/XMLSchema.xsd"),
    "an import of addresses": imported("http://www.w3.org/2005/08/addressing", "ws-addr.xsd"),
    "an import of attachments": imported("http://ws-i.org/profiles/basic/1.1/xsd", "swaref.xsd"),
    "an import of nothing known": imported("urn:nothing", ""),
    "an import without a place": imported("urn:nothing"),
    "an import without a name": after(SCHEMA, "<x:import/>"),
    "an include": after(SCHEMA, '<x:include schemaLocation="more.xsd"/>'),
    "an import of a WSDL": before("<types>", '<import namespace="urn:nothing" location="more.wsdl"/>'),
    "an attribute of XML": before("</x:complexType>", '<x:attribute ref="xml:lang"/>'),
    "attributes of a group": before("</x:complexType>", '<x:attributeGroup ref="c:nothing"/>'),
    "any attribute": before("</x:complexType>", '<x:anyAttribute namespace="##other"/>'),
    "an assertion": before("</x:complexType>", '<x:assert test="true()"/>'),
    "an annotation": after(SCHEMA, f"<x:annotation><x:appinfo>{MAKER}</x:appinfo></x:annotation>"),
    "a type of what is not there": before(
        "</x:schema>",
        '<x:complexType name="Q"><x:sequence><x:element name="a" type="c:Nothing"/></x:sequence></x:complexType>',
    ),
    "a list, a union, a group and a notation": before(
        "</x:schema>",
        '<x:simpleType name="L"><x:list itemType="x:string"/></x:simpleType><x:notation name="n" public="p"/>'
        '<x:simpleType name="U"><x:union memberTypes="x:string x:int"/></x:simpleType>'
        '<x:group name="G"><x:sequence><x:element name="a" type="x:string"/></x:sequence></x:group>',
    ),
    "a message of what is not there": before(
        "<portType ", '<message name="q"><part name="a" element="c:no"/></message>'
    ),
    "an operation in one direction": another_operation("getchats"),
    "an operation of what is not there": another_operation("nothing", "nothing"),
    "a binding of what is not there": before("<service ", '<binding name="Q" type="c:Nothing"/>'),
    "a Fault of what is not there": after(
        '<output message="c:sendmessageResponse"/>', '<fault name="f" message="c:no"/>'
    ),
    "links of BPEL": before(
        "<types>", '<p:partnerLinkType xmlns:p="http://schemas.xmlsoap.org/ws/2003/05/partner-link/"/>'
    ),
    **{
        f"an extension at {place}": before(place, MAKER)
        for place in (
            "<types>",
            "<portType ",
            "<input message",
            "<s:binding ",
            "<s:body ",
            "<s:address ",
            "<port ",
            "<service ",
        )
    },
    "headers": with_header,
    "parts that are named": lambda text: text.replace(
        '<s:body use="literal"/>', '<s:body parts="parameters" use="literal"/>'
    ),
    "parts that there are not, as gSOAP names them": lambda text: text.replace("<s:body ", '<s:body parts="Body" '),
    "attachments": as_attachments,
    "records in a schema of their own": of_types_apart('<x:import namespace="urn:types" schemaLocation="types.xsd"/>'),
    "records in a schema whose place is empty": of_types_apart('<x:import namespace="urn:types" schemaLocation=""/>'),
    "a transport with a slash": lambda text: changed(text, ('soap/http"', 'soap/http/"')),
    "no transport": lambda text: changed(text, (' transport="http://schemas.xmlsoap.org/soap/http"', "")),
    "an address with blanks": lambda text: changed(text, (HERE, f"\n  {HERE} ")),
    "an address of another version": lambda text: changed(
        text, ("<s:address ", '<o:address xmlns:o="http://schemas.xmlsoap.org/wsdl/soap12/" ')
    ),
    "a draft of XML Schema": lambda text: text.replace("/2001/XMLSchema", "/1999/XMLSchema"),
    "another draft of XML Schema": lambda text: text.replace("/2001/XMLSchema", "/2000/10/XMLSchema"),
}


usual = shown(bound(DOCUMENT))


@table("name", UNNEEDED)
def test_what_calls_do_not_need_changes_nothing(name: str) -> None:
    assert shown(bound(UNNEEDED[name](DOCUMENT))) == usual


@pytest.mark.parametrize(
    ("module", "guard", "replacement", "name"),
    [
        (wsdl, "reduce", lambda _: None, "an import of addresses"),
        (wsdl, "in_present_names", lambda document: document, "a draft of XML Schema"),
        (strict_xml, "DESCRIPTION", strict_xml.ANSWER, "a style sheet for people"),
        (needed, "reduce_types", lambda _: True, "a type of what is not there"),
        (needed, "_settle_address", lambda *_: None, "an address of another version"),
        (wsdl, "settle_attributes", lambda _: None, "an address with blanks"),
        (needed_types, "_trim", lambda _: None, "an assertion"),
    ],
)
def test_a_reader_of_everything_would_be_found_out(
    module: ModuleType, guard: str, replacement: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wsdl if guard == "DESCRIPTION" else module, guard, replacement)
    with pytest.raises((AssertionError, ConfigurationError)):
        assert shown(bound(UNNEEDED[name](DOCUMENT))) == usual


@table(
    ("change", "named"),
    [
        ((f'{SCHEMA}<x:import namespace="urn:o" schemaLocation="../x/o.xsd"/>', 'o:T" xmlns:o="urn:o'), "../x/o.xsd"),
        ((f'{SCHEMA}<x:include schemaLocation="more.xsd"/>', "c:T"), "more.xsd"),
        ((f'{SCHEMA}<x:redefine schemaLocation="more.xsd"/>', "c:T"), "more.xsd"),
        ((f'{SCHEMA}<x:import schemaLocation="more.xsd"/>', 'T" xmlns="'), "more.xsd"),
        ((f'{SCHEMA}<x:import namespace="urn:o"/>', 'o:T" xmlns:o="urn:o'), "{urn:o}T"),
        ((SCHEMA, "c:T"), "{urn:afilnet:chat}T"),
        ((SCHEMA, "x:nothing"), "XMLSchema}nothing"),
        ((SCHEMA, 'e:nothing" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/'), "encoding/}nothing"),
    ],
)
def test_what_calls_need_and_is_not_there_is_named(change: Change, named: str) -> None:
    schema, of = change
    text = changed(
        DOCUMENT,
        (SCHEMA, schema),
        ('<x:element name="destination" type="x:string"/>', f'<x:element name="destination" type="{of}"/>'),
    )
    with pytest.raises(ConfigurationError) as caught:
        bound(text)
    assert named in str(caught.value)


INCOMPLETE: dict[str, tuple[str, str]] = {
    "a part of what is not there": ('element="c:getchats"', 'element="c:nothing"'),
    "a part of what XML Schema has not": ('element="c:getchats"', 'type="x:nothing"'),
    "a message without a name": ('<message name="getchats">', "<message>"),
    "an operation without its message": ('<input message="c:getchats"/>', '<input message="c:nothing"/>'),
    "an operation that is not declared": ('<operation name="getchats"><input m', '<operation name="other"><input m'),
}


@table("name", INCOMPLETE)
def test_nobody_is_warned_of_what_is_not_complete(name: str) -> None:
    """Who makes warnings errors would be told something else, and who shows them would be told in zeep's words."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with pytest.raises(ConfigurationError, match=r"it leads to|it lacks the operation"):
            bound(changed(DOCUMENT, INCOMPLETE[name]))
    assert [str(each.message) for each in heard] == []


COMPLETE: dict[str, tuple[str, str]] = {
    "an operation for people": ('<input message="c:getchats"/>', '<documentation/><input message="c:getchats"/>'),
    "a name between blanks": ('<input message="c:getchats"/>', '<input message=" c:getchats\n"/>'),
    "a binding of what is elsewhere": (' type="c:Port"', ' type="c:Elsewhere"'),
}


@table("name", COMPLETE)
def test_nothing_that_is_complete_is_left_out(name: str) -> None:
    tree = etree.fromstring(changed(DOCUMENT, COMPLETE[name]).encode())
    before = etree.tostring(tree)
    drop_incomplete(tree)
    assert etree.tostring(tree) == before


def test_what_zeep_warns_of_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zeep_wsdl, "drop_incomplete", lambda _: None)
    with pytest.raises(ExceptionGroup):
        test_nobody_is_warned_of_what_is_not_complete()


@table("first", ["http://soap.example.com/chat", "HTTP://soap.example.com/chat"])
def test_of_two_ports_the_one_with_tls_is_taken(first: str) -> None:
    port = f'<port name="Plain" binding="c:Binding"><s:address location="{first}"/></port>'
    assert bound(changed(DOCUMENT, ('<port name="Port"', port + '<port name="Port"'))).address == HERE
    secured = port.replace(first, "https://other.example.com/chat")
    assert bound(changed(DOCUMENT, ('<port name="Port"', secured + '<port name="Port"'))).address != HERE
    assert bound(everywhere(DOCUMENT, (HERE, first))).address == first


def test_operations_that_no_port_has_all_of_are_told() -> None:
    (port,) = re.findall(r"<port .*</port>", DOCUMENT)
    (whole,) = re.findall(r"(?s)<binding .*</binding>", DOCUMENT)
    (send,) = re.findall(r'(?s)<operation name="sendmessage">.*?</operation>', whole)
    other = re.sub(r"(?s)<operation name=.*</operation>", lambda _: send, whole).replace('"Binding"', '"Other"')
    text = DOCUMENT.replace(whole, whole.replace(send, "") + other)
    text = text.replace(port, port + port.replace('"Port"', '"Other"').replace(":Binding", ":Other"))
    with pytest.raises(ConfigurationError, match="spread over 2 ports"):
        bound(text)


PART = '<part name="destination" type="x:string"/>'
ENCODED = WHOLE["rpc encoded"]


@table("name", ["string", "short", "byte", "base64", "unsignedLong", "positiveInteger", "time", "token", "NMTOKEN"])
@table("namespace", ["http://schemas.xmlsoap.org/soap/encoding/", "http://www.w3.org/2003/05/soap-encoding"])
def test_the_types_of_the_encoding_need_no_document(name: str, namespace: str) -> None:
    part = f'<part name="destination" type="n:{name}" xmlns:n="{namespace}"/>'
    text = changed(ENCODED, (PART, part))
    other = text.replace("x:", "xsd:").replace("xmlns:x=", "xmlns:xsd=")
    assert bound(other).operations.keys() == bound(text).operations.keys()
    operation = bound(text).operations["sendmessage"]
    sent = etree.fromstring(operation.write(dict.fromkeys(operation.names, "x"))).findtext(".//destination")
    assert sent == ("eA==" if name == "base64" else "x")


@table(
    ("namespace", "name"),
    [
        ("http://xml.apache.org/xml-soap", "Map"),
        ("http://xml.apache.org/xml-soap", "Vector"),
        ("http://schemas.xmlsoap.org/soap/encoding/", "Array"),
        ("http://schemas.xmlsoap.org/soap/encoding/", "Struct"),
        ("http://www.w3.org/2003/05/soap-encoding", "Array"),
    ],
)
def test_an_answer_of_anything_needs_no_document(namespace: str, name: str) -> None:
    text = everywhere(
        ENCODED, ('type="c:ChannelResult"', f'type="n:{name}"'), ("xmlns:c=", f'xmlns:n="{namespace}" xmlns:c=')
    )
    assert set(bound(text).operations) == set(bound(ENCODED).operations)


def test_an_answer_of_a_data_set_needs_no_document() -> None:
    """.NET describes it by the schema and the rows that come with it, without importing what XML Schema says."""
    rows = '<x:sequence><x:element ref="x:schema"/><x:any/></x:sequence>'
    rows = f'<x:complexType name="ChannelResult">{rows}</x:complexType>'
    text = re.sub(r'<x:complexType name="ChannelResult">.*?</x:complexType>', rows, DOCUMENT, flags=re.DOTALL)
    assert rows in text
    assert [each.write(dict.fromkeys(each.names, "x")) for each in bound(text).operations.values()] == [
        each.write(dict.fromkeys(each.names, "x")) for each in bound(DOCUMENT).operations.values()
    ]


def test_a_text_with_attributes_is_a_text() -> None:
    noted = (
        '<x:complexType name="Noted"><x:simpleContent><x:extension base="x:string"><x:attribute name="lang" '
        'type="x:language"/></x:extension></x:simpleContent></x:complexType></x:schema>'
    )
    text = everywhere(DOCUMENT, ('name="destination" type="x:string"', 'name="destination" type="c:Noted"'))
    assert shown(bound(changed(text, ("</x:schema>", noted)))) == shown(bound(DOCUMENT))


def test_a_prefix_that_is_declared_where_it_is_used_stays() -> None:
    noted = (
        '<x:complexType name="Noted"><x:simpleContent><x:extension xmlns:q1="http://www.w3.org/2001/XMLSchema" '
        'base="q1:string"/></x:simpleContent></x:complexType></x:schema>'
    )
    text = everywhere(DOCUMENT, ('name="destination" type="x:string"', 'name="destination" type="c:Noted"'))
    assert shown(bound(changed(text, ("</x:schema>", noted)))) == usual
    port = (
        '<port xmlns:me="urn:afilnet:chat" name="Plain" binding="me:Binding"><s:address location="http://a/"/></port>'
    )
    secured = changed(
        DOCUMENT, ('<port name="Port" binding="c:', '<port xmlns:me="urn:afilnet:chat" name="P" binding="me:')
    )
    assert shown(bound(changed(secured, ("<port ", port + "<port ")))) == usual


ASKED = '</x:sequence></x:complexType></x:element><x:element name="sendmessageResponse"'


@table("more", ['use="required"', 'use="required" type="x:string"'])
def test_an_attribute_that_must_be_there_is_told_before_anything_is_sent(more: str) -> None:
    attribute = f'<x:attribute name="v" {more}/>'
    text = changed(DOCUMENT, (ASKED, ASKED.replace("</x:complexType>", f"{attribute}</x:complexType>", 1)))
    with pytest.raises(ConfigurationError, match="it wants the attribute v in a request of sendmessage"):
        bound(text)


def test_a_client_that_tries_no_request_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "_can_be_written", lambda *_: None)
    with pytest.raises(ExceptionGroup):
        test_an_attribute_that_must_be_there_is_told_before_anything_is_sent()


def test_an_attribute_whose_value_the_description_says_is_sent() -> None:
    attribute = '<x:attribute name="v" use="required" fixed="2" type="x:string"/>'
    text = changed(DOCUMENT, (ASKED, ASKED.replace("</x:complexType>", f"{attribute}</x:complexType>", 1)))
    operation = bound(text).operations["sendmessage"]
    written = operation.write(dict.fromkeys(operation.names, "x"))
    assert dict(etree.fromstring(written)[0][0].attrib) == {"v": "2"}


def test_what_an_attribute_that_must_be_there_belongs_to_is_no_text() -> None:
    noted = (
        '<x:complexType name="Noted"><x:simpleContent><x:extension base="x:string"><x:attribute name="lang" '
        'use="required"/></x:extension></x:simpleContent></x:complexType></x:schema>'
    )
    text = everywhere(DOCUMENT, ('name="destination" type="x:string"', 'name="destination" type="c:Noted"'))
    with pytest.raises(ConfigurationError, match="destination"):
        bound(changed(text, ("</x:schema>", noted)))


def test_an_encoded_request_says_so_in_the_words_of_its_version() -> None:
    newer = ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/")
    for text, envelope, encoding in (
        (ENCODED, SOAP_11, "http://schemas.xmlsoap.org/soap/encoding/"),
        (everywhere(ENCODED, newer), SOAP_12, "http://www.w3.org/2003/05/soap-encoding"),
    ):
        operation = bound(text).operations["sendmessage"]
        call = etree.fromstring(operation.write(dict.fromkeys(operation.names, "x")))[0][0]
        assert call.get(f"{{{envelope}}}encodingStyle") == encoding
        assert [name for name in call.attrib if "encodingStyle" in str(name)] == [f"{{{envelope}}}encodingStyle"]
