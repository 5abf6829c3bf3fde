"""SOAP against hand-written documents: three shapes of descriptions, their requests, their answers, their faults."""

from __future__ import annotations

import io
import itertools
import json
import logging
import random
import re
import traceback
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import msgspec
import pytest
import zeep
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import OPERATIONS, by_method
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedRequestError,
    UnknownServiceError,
    UnsupportedTextError,
)
from afilnet_protocols.render import wsdl as rendered
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import Delivery
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap import binding as soap_binding
from afilnet_protocols.wire.soap.answers import fault as fault_module
from afilnet_protocols.wire.soap.bound_operation import BoundOperation
from afilnet_protocols.wire.soap.codec import SoapCodec
from afilnet_protocols.wire.soap.description.zeep_wsdl import NoTransport
from afilnet_protocols.wire.soap.namespaces import DATA_CONTRACTS
from tests.tables import table

WSDL = Path(__file__).parents[2] / "wsdl"
SHAPES = {name: (WSDL / f"{name}.wsdl").read_bytes() for name in ("document", "rpc", "generic")}
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff", min_codepoint=32)

CHAT = {"platform": "whatsapp", "platformid": "100"}
CALLS: dict[str, dict[str, str]] = {
    "getchatchannels": {},
    "sendmessage": {**CHAT, "destination": "34", "message": "a&b\r\n <c> ]]>\u0085\u2028😀 "},
    "sendfile": {**CHAT, "destination": "34", "type": "image", "fileurl": "https://example.com/a?b=1&c=2"},
    "getchats": CHAT,
    "getmessages": {**CHAT, "destination": "34"},
    "getunreadmessages": {**CHAT, "destination": "34"},
}
WHERE = "<platform>whatsapp</platform><platformid>100</platformid>"
TEXT = "<message>a&amp;b&#13;\n &lt;c&gt; ]]&gt;\u0085\u2028😀 </message>"
FILE = "<type>image</type><fileurl>https://example.com/a?b=1&amp;c=2</fileurl>"
PARAMETERS = {
    "getchatchannels": "",
    "sendmessage": f"{WHERE}<destination>34</destination>{TEXT}",
    "sendfile": f"{WHERE}<destination>34</destination>{FILE}",
    "getchats": WHERE,
    "getmessages": f"{WHERE}<destination>34</destination>",
    "getunreadmessages": f"{WHERE}<destination>34</destination>",
}
WHO = "<user>me@x.es</user><password>pa&lt;ss</password>"
CHANNEL = "<platformid>100</platformid><platform>whatsapp</platform><name>WhatsApp</name>"
MESSAGE = (
    "<platformid>100</platformid><platform>whatsapp</platform><message>hola</message><destination>34</destination>"
    "<messageid>7</messageid><sent>true</sent><status>sent</status><datetime>2026-11-22 10:00:00</datetime>"
)


def codec(shape: str | bytes = "document", **settings: str) -> SoapCodec:
    wsdl = SHAPES[shape] if isinstance(shape, str) else shape
    return SoapCodec(wsdl, endpoint=settings.get("endpoint"), user="me@x.es", password=Secret("pa<ss"))


def changed(shape: str, *changes: tuple[str, str]) -> bytes:
    """Return a description with parts of it replaced, each of which must be there."""
    text = SHAPES[shape].decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


WHO_IN_IT = (
    '<x:sequence><x:element name="user" type="x:string"/><x:element name="password" type="x:string"/></x:sequence>'
)
UNUSUAL = changed("document", (WHO_IN_IT, f"<x:sequence>{WHO_IN_IT}</x:sequence>"))
"""A description that only zeep reads."""


def envelope(content: str, *, namespace: str = SOAP_11, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<e:Envelope xmlns:e="{namespace}" xmlns:c="urn:afilnet:chat" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:m="http://xml.apache.org/xml-soap">'
        f"{head}<e:Body>{content}</e:Body></e:Envelope>"
    ).encode()


def ok(method: str, result: str = "") -> bytes:
    return envelope(f"<c:{method}Response><status>SUCCESS</status>{result}</c:{method}Response>")


def listed(method: str, *items: str) -> bytes:
    return ok(method, f"<result><list>{''.join(f'<item>{item}</item>' for item in items)}</list></result>")


def as_string(document: object) -> bytes:
    text = json.dumps(document).replace("&", "&amp;").replace("<", "&lt;")
    return envelope(f"<c:callResponse><return>{text}</return></c:callResponse>")


def read(body: bytes, method: str = "sendmessage", shape: str | bytes = "document", status: int = 200) -> object:
    return codec(shape).decode(by_method(method), Reply(status, {"content-type": "text/xml"}, body))


def refused(body: bytes, method: str = "sendmessage", shape: str | bytes = "document", status: int = 200):
    with pytest.raises(AfilnetError) as caught:
        read(body, method, shape, status)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return caught.value


def canonical(document: str | bytes) -> str:
    """Canonical XML, prefixes renamed in order, those in xsi:type too."""
    return ElementTree.canonicalize(
        document, rewrite_prefixes=True, qname_aware_attrs=["{http://www.w3.org/2001/XMLSchema-instance}type"]
    )


class TestRequests:
    @pytest.mark.parametrize("method", CALLS)
    def test_document_literal(self, method):
        request = codec().encode(by_method(method), CALLS[method])
        expected = envelope(f"<c:{method}>{WHO}{PARAMETERS[method]}</c:{method}>")
        assert canonical(request.body) == canonical(expected)
        assert (request.method, request.url) == ("POST", "https://soap.example.com/chat/")
        action = '"urn:afilnet:chat/send"' if method == "sendmessage" else '""'
        assert request.headers == (("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", action))

    @pytest.mark.parametrize("method", CALLS)
    def test_rpc_encoded(self, method):
        request = codec("rpc").encode(by_method(method), CALLS[method])
        # Every part must be there, so an optional one that is not given is empty.
        parts = WHO + PARAMETERS[method] + ("<thumburl></thumburl><message></message>" if method == "sendfile" else "")
        declared = dict(re.findall(r'wsdl:part name="(\w+)" type="(xsd:\w+)"', SHAPES["rpc"].decode()))
        typed = re.sub(r"<(\w+)>", lambda found: f'<{found[1]} xsi:type="{declared[found[1]]}">', parts)
        style = 'e:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
        assert canonical(request.body) == canonical(envelope(f"<c:{method} {style}>{typed}</c:{method}>"))
        assert ("SOAPAction", f'"urn:afilnet:chat#{method}"') in request.headers

    @pytest.mark.parametrize("method", CALLS)
    def test_generic(self, method):
        request = codec("generic").encode(by_method(method), CALLS[method])
        # The description says xsd:all, but one order is sent.
        order = ("class", "method", "user", "password", "platform", "platformid", "destination", "message")
        parts = dict(re.findall(r"(?s)<(\w+)>(.*?)</\1>", WHO + PARAMETERS[method]))
        parts |= {"class": "chat", "method": method}
        names = [*order, "type", "fileurl"]
        body = "".join(f"<{name}>{parts[name]}</{name}>" for name in names if name in parts)
        assert canonical(request.body) == canonical(envelope(f"<c:call>{body}</c:call>"))

    def test_optional_arguments_are_sent_when_given(self):
        extra = {"thumburl": "https://example.com/t.jpg", "message": ""}
        for shape in SHAPES:
            sent = etree.fromstring(codec(shape).encode(catalogue.SEND_FILE, {**CALLS["sendfile"], **extra}).body)
            assert [sent.findtext(f".//{name}") for name in extra] == ["https://example.com/t.jpg", ""]

    @given(st.text(CHARACTERS))
    def test_any_text_arrives_exactly(self, text):
        for shape, line_end in itertools.product(SHAPES, ("", "\r", "\t\n")):
            request = codec(shape).encode(
                catalogue.SEND_MESSAGE, {**CALLS["sendmessage"], "message": line_end + text + line_end}
            )
            assert etree.fromstring(request.body).findtext(".//message") == line_end + text + line_end

    @pytest.mark.parametrize("text", ["\0", "\x0b", "\ufffe", "\ud800"])
    def test_text_that_xml_cannot_carry_is_our_own_error(self, text):
        with pytest.raises(UnsupportedTextError) as caught:
            codec().encode(catalogue.SEND_MESSAGE, {**CALLS["sendmessage"], "message": text})
        assert caught.value.__context__ is None

    def test_a_failed_request_keeps_the_password_out_of_the_traceback(self):
        with pytest.raises(AfilnetError) as caught:
            codec().encode(catalogue.SEND_MESSAGE, {**CALLS["sendmessage"], "message": "\0"})
        shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert "encode" in shown
        assert "pa<ss" not in shown

    def test_credentials_that_xml_cannot_carry_are_refused_at_once(self):
        with pytest.raises(ConfigurationError, match="password"):
            SoapCodec(SHAPES["rpc"], endpoint=None, user="u", password=Secret("\x01"))

    def test_soap_12_names_its_action_in_the_content_type(self):
        soap_12 = ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/")
        request = codec(changed("generic", soap_12)).encode(catalogue.GET_CHATS, CHAT)
        content = 'application/soap+xml; charset=utf-8; action="urn:afilnet:chat#call"'
        assert request.headers == (("Content-Type", content),)
        assert etree.fromstring(request.body).tag == f"{{{SOAP_12}}}Envelope"
        without = codec(changed("document", soap_12)).encode(catalogue.GET_CHATS, CHAT)
        assert without.headers == (("Content-Type", "application/soap+xml; charset=utf-8"),)


ARRAY_12 = 'xmlns:n="http://www.w3.org/2003/05/soap-encoding" n:itemType="c:Channel" n:arraySize="{}"'


class TestAnswers:
    def test_a_send_is_confirmed(self):
        assert read(ok("sendmessage")) is None
        assert read(ok("sendfile"), "sendfile") is None
        assert read(ok("sendmessage", "<error></error>"), shape="rpc") is None
        assert read(as_string({"status": "success"}), shape="generic") is None

    @pytest.mark.parametrize("shape", ["document", "rpc"])
    def test_lists(self, shape):
        for count in (1, 2, 5):
            channels = read(listed("getchatchannels", *[CHANNEL] * count), "getchatchannels", shape)
            assert [channel.name for channel in channels] == ["WhatsApp"] * count
        (message,) = read(listed("getmessages", MESSAGE), "getmessages", shape)
        assert (message.message_id, message.sent, message.message) == ("7", True, "hola")
        assert message.timestamp == datetime(2026, 11, 22, 10)

    def test_the_other_spelling_of_sent(self):
        unread = MESSAGE.replace("sent>true</sent", "issent>0</issent")
        (message,) = read(listed("getunreadmessages", unread), "getunreadmessages")
        assert message.sent is False

    @table(
        "result",
        [
            "",
            "<result/>",
            "<result></result>",
            '<result xsi:nil="true"/>',
            "<result><list/></result>",
            "<result>\n  <list>\n  </list>\n</result>",
            '<result><list xsi:nil="1"/></result>',
            '<result xsi:type="c:Channels"><list xsi:type="c:ChannelArray" enc:arrayType="c:Channel[0]"/></result>',
        ],
    )
    @table("shape", ["document", "rpc"])
    def test_an_empty_list(self, shape, result):
        assert read(ok("getchatchannels", result), "getchatchannels", shape) == []

    @pytest.mark.parametrize(
        "size",
        [
            'enc:arrayType="c:Channel[2]"',
            'enc:arrayType="c:Channel[][10]"',
            ARRAY_12.format(1),
            ARRAY_12.format("* 03"),
        ],
    )
    @pytest.mark.parametrize("shape", ["document", "rpc"])
    def test_an_array_that_lacks_all_its_members_is_not_empty(self, shape, size):
        with pytest.raises(OutcomeUnknownError, match="holds none"):
            read(ok("getchatchannels", f"<result><list {size}></list></result>"), "getchatchannels", shape)

    @pytest.mark.parametrize(
        "size", ['enc:arrayType="c:Channel[2]"', ARRAY_12.format(1), 'total="3"', 'hasMore="true"']
    )
    @pytest.mark.parametrize("shape", ["document", "rpc"])
    def test_a_list_that_is_nil_and_says_how_many_it_has_is_not_empty(self, shape, size):
        with pytest.raises(OutcomeUnknownError, match="nil, and holds something"):
            read(ok("getchatchannels", f'<result><list xsi:nil="true" {size}/></result>'), "getchatchannels", shape)

    @pytest.mark.parametrize(
        "size", ['enc:arrayType="c:Channel[0]"', ARRAY_12.format("*"), 'total="0"', 'hasMore="no"']
    )
    def test_a_list_that_is_nil_and_says_that_it_has_none_is_empty(self, size):
        result = f'<result><list xsi:nil="true" {size}/></result>'
        assert read(ok("getchatchannels", result), "getchatchannels", "rpc") == []

    def test_a_size_that_is_not_looked_at_where_there_is_nothing_would_be_found_out(self, monkeypatch):
        monkeypatch.setattr("afilnet_protocols.wire.soap.answers.reader._says_some", lambda _: False)
        with pytest.raises(pytest.fail.Exception):
            self.test_a_list_that_is_nil_and_says_how_many_it_has_is_not_empty("rpc", 'total="3"')

    def test_a_size_that_is_not_looked_at_would_be_found_out(self, monkeypatch):
        monkeypatch.setattr("afilnet_protocols.wire.soap.answers.reader._says_members", lambda _: False)
        with pytest.raises(pytest.fail.Exception):
            self.test_an_array_that_lacks_all_its_members_is_not_empty("rpc", 'enc:arrayType="c:Channel[2]"')

    @pytest.mark.parametrize(
        "size",
        ['enc:arrayType="c:Channel[]"', 'enc:arrayType="c:Channel[00]"', ARRAY_12.format("*"), ARRAY_12.format(0)],
    )
    def test_an_array_of_no_size_is_empty(self, size):
        assert read(ok("getchatchannels", f"<result><list {size}/></result>"), "getchatchannels", "rpc") == []

    @pytest.mark.parametrize(
        "result",
        [
            f"<result><list><item>{CHANNEL}</item><item>{CHANNEL}</item></list></result>",
            f"<result><list xsi:type='enc:Array'><x>{CHANNEL}</x><x>{CHANNEL}</x></list></result>",
            "<result><list enc:arrayType='m:Map[2]'>"
            + "<item xsi:type='m:Map'>{}</item>".format(
                re.sub(r"<(\w+)>(\w+)</\1>", r"<item><key>\1</key><value>\2</value></item>", CHANNEL)
            )
            * 2
            + "</list></result>",
        ],
        ids=["elements", "array", "maps"],
    )
    def test_a_list_as_php_writes_it(self, result):
        found = read(ok("getchatchannels", result), "getchatchannels", "rpc")
        assert [(each.platform_id, each.name) for each in found] == [("100", "WhatsApp")] * 2

    @table(
        ("row", "pair"),
        [
            ("item", "<entry><key>{}</key><value>{}</value></entry>"),
            ("m:map", "<m:entry><m:key>{}</m:key><m:value xsi:type='xsd:string'>{}</m:value></m:entry>"),
            ("ArrayOfKeyValueOfstringint", "<KeyValueOfstringint><Key>{}</Key><Value>{}</Value></KeyValueOfstringint>"),
        ],
    )
    @table("count", [1, 2])
    @table("shape", ["document", "rpc"])
    def test_a_list_of_maps_as_java_and_net_write_it(self, row, pair, count, shape):
        inside = re.sub(r"<(\w+)>(\w+)</\1>", lambda found: pair.format(*found.groups()), CHANNEL)
        result = f"<result><list>{f'<{row}>{inside}</{row}>' * count}</list></result>"
        found = read(ok("getchatchannels", result), "getchatchannels", shape)
        assert [(each.platform_id, each.name) for each in found] == [("100", "WhatsApp")] * count

    def test_a_reader_of_other_maps_would_be_found_out(self, monkeypatch):
        monkeypatch.setattr("afilnet_protocols.wire.soap.answers.reader._is_entry", lambda child: child.tag == "item")
        with pytest.raises(ExceptionGroup):
            self.test_a_list_of_maps_as_java_and_net_write_it()

    def test_a_list_that_is_repeated_itself(self):
        repeated = changed(
            "document",
            ('<x:element name="list" minOccurs="0">', '<x:element name="list" minOccurs="0" maxOccurs="9">'),
            ('<x:element name="item" type="c:Channel" minOccurs="0" maxOccurs="unbounded"/>', FIELDS),
        )
        for count in range(4):
            body = ok("getchatchannels", f"<result>{f'<list>{CHANNEL}</list>' * count}</result>")
            assert len(read(body, "getchatchannels", repeated)) == count

    def test_references_are_followed(self):
        named = CHANNEL.replace("<name>WhatsApp</name>", '<name href="#n"/>')
        parts = (
            "<c:getchatchannelsResponse><status>SUCCESS</status><result href='#r'/></c:getchatchannelsResponse>"
            "<multiRef id='r' enc:root='0'><list xsi:type='enc:Array'><x href='#a'/><x href='#b'/></list></multiRef>"
            f"<multiRef id='a' enc:root='0'>{CHANNEL}</multiRef>"
            f"<multiRef id='b'>{named}</multiRef>"
            "<multiRef id='n' xsi:type='xsd:string'>Other</multiRef>"
        )
        found = read(envelope(parts), "getchatchannels", "rpc")
        assert [channel.name for channel in found] == ["WhatsApp", "Other"]
        items = parts.replace("<x ", "<item ")
        assert read(envelope(items), "getchatchannels", "document") == found

    @pytest.mark.parametrize(
        "parts",
        [
            "<multiRef id='r'><list href='#r'/></multiRef>",
            "<multiRef id='r'><list href='#s'/></multiRef><multiRef id='s'><list href='#r'/></multiRef>",
            "<multiRef id='r'/><multiRef id='r'/>",
            "<multiRef/>",
            "<multiRef id='s'/>",
            "<multiRef id='r' enc:root='1'/>",
            "".join(
                f"<m id='{'r' if i == 0 else i}'><list href='#{i + 1}'/><list href='#{i + 1}'/></m>" for i in range(40)
            ),
        ],
        ids=["loop", "long loop", "twice", "nameless", "missing", "second root", "doubling"],
    )
    def test_bad_references_are_refused(self, parts):
        answer = "<c:getchatchannelsResponse><status>SUCCESS</status><result href='#r'/></c:getchatchannelsResponse>"
        error = refused(envelope(answer + parts), "getchatchannels", "rpc")
        assert type(error) is OutcomeUnknownError

    def test_ids_may_be_numbers_or_strings_in_a_string(self):
        item = {"platformid": 100, "platform": "whatsapp", "name": "x"}
        for items in ([item, {**item, "platformid": "100"}], {"0": item, "1": item}):
            found = read(as_string({"status": "SUCCESS", "result": {"list": items}}), "getchatchannels", "generic")
            assert [channel.platform_id for channel in found] == ["100", "100"]

    def test_the_string_may_stand_in_any_single_element(self):
        other = changed("generic", ('name="return"', 'name="callResult"'))
        body = as_string({"status": "SUCCESS"}).replace(b"return", b"callResult")
        assert read(body, shape=other) is None
        bare = changed(
            "generic",
            (
                '<complexType><sequence><element name="return" type="string"/></sequence></complexType>',
                '<simpleType><restriction base="string"/></simpleType>',
            ),
        )
        assert read(re.sub(rb"</?return>", b"", as_string({"status": "SUCCESS"})), shape=bare) is None

    def test_the_envelope_may_stand_in_a_part_of_any_name(self):
        wrapped = changed("generic", ('name="return" type="string"', 'name="out" type="anyType"'))
        body = envelope(
            f"<c:callResponse><out><status>SUCCESS</status><result><list><x>{CHANNEL}</x></list></result></out>"
            "</c:callResponse>"
        )
        assert [channel.name for channel in read(body, "getchatchannels", wrapped)] == ["WhatsApp"]
        php = (
            "<item><key>status</key><value>SUCCESS</value></item><item><key>result</key><value xsi:type='m:Map'>"
            "<item><key>list</key><value xsi:type='enc:Array'/></item></value></item>"
        )
        body = envelope(f"<c:callResponse><out xsi:type='m:Map'>{php}</out></c:callResponse>")
        assert read(body, "getchatchannels", wrapped) == []

    def test_new_fields_are_ignored_and_their_order_is_free(self):
        for shape in ("document", "rpc"):
            item = (
                "<extra><deep/></extra>" + MESSAGE.replace("<messageid>7</messageid>", "") + "<messageid>7</messageid>"
            )
            result = f"<credits>3</credits><result><total>1</total><list><item>{item}</item></list></result>"
            body = envelope(
                f"<c:getmessagesResponse>{result}<status>SUCCESS</status></c:getmessagesResponse>",
                head="<e:Header><x/></e:Header>",
            )
            (message,) = read(body, "getmessages", shape)
            assert message.message_id == "7"

    @given(st.text(CHARACTERS))
    def test_any_text_is_read_exactly(self, text):
        for shape, line_end in itertools.product(("document", "rpc"), ("", "\r", "\t\n")):
            root = etree.fromstring(listed("getmessages", MESSAGE))
            root.find(".//message").text = line_end + text + line_end
            (message,) = read(etree.tostring(root, encoding="utf-8"), "getmessages", shape)
            assert message.message == line_end + text + line_end

    def test_an_empty_text_is_not_a_missing_one(self):
        for empty in ("<message/>", "<message></message>", '<message xsi:nil="true"/>'):
            (message,) = read(listed("getmessages", MESSAGE.replace("<message>hola</message>", empty)), "getmessages")
            assert message.message == ""
        assert refused(listed("getmessages", MESSAGE.replace("<message>hola</message>", "")), "getmessages")

    def test_comments_and_cdata_do_not_change_a_text(self):
        text = "<message>h<!-- o -->o<![CDATA[l<a>&amp;]]>a</message>"
        (message,) = read(listed("getmessages", MESSAGE.replace("<message>hola</message>", text)), "getmessages")
        assert message.message == "hol<a>&amp;a"
        assert read(ok("sendmessage").replace(b"SUCCESS", b"SUC<!-- x -->CESS")) is None


FIELDS = "".join(f'<x:element name="{name}" type="x:string"/>' for name in ("platformid", "platform", "name"))


def fault(code: str = "e:Client", reason: str = "", detail: str = "") -> bytes:
    inside = f"<detail>{detail}</detail>" if detail else ""
    return envelope(f"<e:Fault><faultcode>{code}</faultcode><faultstring>{reason}</faultstring>{inside}</e:Fault>")


def fault_12(code: str = "e:Sender", subcode: str = "", reason: str = "", detail: str = "") -> bytes:
    sub = f"<e:Subcode><e:Value>{subcode}</e:Value></e:Subcode>" if subcode else ""
    return envelope(
        f"<e:Fault><e:Code><e:Value>{code}</e:Value>{sub}</e:Code><e:Reason><e:Text xml:lang='en'>{reason}</e:Text>"
        f"</e:Reason><e:Detail>{detail}</e:Detail></e:Fault>",
        namespace=SOAP_12,
    )


def in_a_map(key: str, value: str) -> str:
    """Return a detail of PHP that was an array."""
    more = "<item><key>message</key><value>No.</value></item>"
    return f"<item><key>{key}</key><value>{value}</value></item>{more}"


class TestErrors:
    @table("code", catalogue.ERROR_CODES)
    def test_every_documented_code_in_every_form(self, code):
        known = catalogue.ERROR_CODES[code]
        detail = f"<c:ChatFault><error>{code}</error></c:ChatFault>"
        bodies = [
            (fault(detail=detail, reason=known.about), "document"),
            (fault(reason=code), "rpc"),
            (fault(reason=f"{code}: {known.about}"), "generic"),
            (fault(reason=f" {code.lower()}\n"), "rpc"),
            (fault(detail=code), "document"),
            (fault(detail=f'<string xmlns="{DATA_CONTRACTS}">{code}</string>'), "document"),
            (fault(reason=f'{{"status": "ERROR", "error": "{code}"}}'), "rpc"),
            (fault(detail=f' {{"status": "error", "error": {{"code": "{code}"}}}}'), "document"),
            (fault(detail=f"&lt;r>&lt;status>ERROR&lt;/status>&lt;error>{code}&lt;/error>&lt;/r>"), "generic"),
            (fault(detail=in_a_map("code", code)), "document"),
            (fault_12(detail=f"<c:chat>{in_a_map('errorCode', code)}</c:chat>"), "document"),
            (fault(detail=f'<c:ChatFault error="{code}"/>'), "rpc"),
            (fault(reason=f"[{code}] {known.about}"), "rpc"),
            (fault(reason=f"{code} \u2013 {known.about}"), "rpc"),
            (fault(reason=f"{code} at /srv/chat.pl line 12.\n"), "rpc"),
            (fault(code=f"e:Client.{code}"), "document"),
            (fault(code=code), "document"),
            (fault_12(subcode=f"c:{code}"), "document"),
            (fault_12(detail=detail), "document"),
            (fault_12(detail=f"\n{code.title()} "), "document"),
            (
                envelope(f"<c:sendmessageResponse><status>ERROR</status><error>{code}</error></c:sendmessageResponse>"),
                "rpc",
            ),
            (as_string({"status": "ERROR", "error": code}), "generic"),
        ]
        for (body, shape), status in itertools.product(bodies, (200, 400, 500)):
            error = refused(body, shape=shape, status=status)
            assert type(error) is known.error
            assert error.code == code
            assert error.delivery is Delivery.REJECTED

    def test_a_detail_that_is_not_looked_at_would_be_found_out(self, monkeypatch):
        monkeypatch.setattr("afilnet_protocols.wire.soap.answers.fault._DETAILS", ())
        with pytest.raises(AssertionError):
            type(self).test_every_documented_code_in_every_form.__wrapped__(self, "CHAT_NOT_FOUND")

    @pytest.mark.parametrize(
        "body", [fault(detail="<error>NO_CREDITS</error>"), fault(code="NO_CREDITS"), fault_12(subcode="c:NO_CREDITS")]
    )
    def test_an_undocumented_code_is_kept(self, body):
        error = refused(body, status=500)
        assert type(error) is UnknownServiceError
        assert error.code == "NO_CREDITS"

    @table(
        "body",
        [
            fault(),
            fault(code="e:Server", reason="out of memory"),
            fault(reason="cannot send 'CHAT_NOT_FOUND' to 34"),
            fault(detail="<message>CHAT_NOT_FOUND</message>"),
            fault(detail="<error>CHAT_NOT_FOUND</error><error>CHANNEL_NOT_FOUND</error>"),
            fault(detail="<error>it says CHAT_NOT_FOUND</error>"),
            fault(detail="it says CHAT_NOT_FOUND"),
            fault(detail="CHAT_NOT_FOUND: 34"),
            fault(detail="<c:text>CHAT_NOT_FOUND</c:text>"),
            fault(detail=f'<string xmlns="{DATA_CONTRACTS}">CHAT_NOT_FOUND</string><string>x</string>'),
            fault(detail="<string>CHAT_NOT_FOUND</string>"),
            fault(detail='<message>{"status": "ERROR", "error": "CHAT_NOT_FOUND"}</message>'),
            # A document that is quoted by another, which may be the request, and one that a success contradicts.
            fault(detail=escape("<call><text><status>ERROR</status><error>CHAT_NOT_FOUND</error></text></call>")),
            fault(detail=escape('<call><text>{"status": "ERROR", "error": "CHAT_NOT_FOUND"}</text></call>')),
            fault(reason="CHAT_NOT_FOUND", detail=escape("<call><status>SUCCESS</status></call>")),
            fault(reason='{"status": "ERROR"}'),
            fault(reason='{"error": "CHAT_NOT_FOUND"}'),
            fault(reason="chat_not_found: 34"),
            fault(reason="'[CHAT_NOT_FOUND]' was not sent"),
            fault(reason="CHAT_NOT_FOUND at ten"),
            fault(detail=in_a_map("text", "CHAT_NOT_FOUND")),
            fault(detail="<item><value>CHAT_NOT_FOUND</value><key>code</key></item>"),
            fault(detail='<c:ChatFault text="CHAT_NOT_FOUND"/>'),
            fault(detail='<c:ChatFault error="CHAT_NOT_FOUND" code="CHANNEL_NOT_FOUND"/>'),
            fault(reason="no_credits"),
            # What was sent, repeated under names that say something of a Fault elsewhere.
            fault(detail=in_a_map("Text", "CHAT_NOT_FOUND: hola")),
            fault(detail=in_a_map("faultstring", "CHAT_NOT_FOUND")),
            fault(detail="<c:Key>message</c:Key><c:Value>CHAT_NOT_FOUND</c:Value>"),
            fault(detail='<c:send Text="CHAT_NOT_FOUND" Value="CHAT_NOT_FOUND" detail="CHAT_NOT_FOUND"/>'),
            fault_12(detail="<c:send><c:Text>CHAT_NOT_FOUND: hola</c:Text><c:to>34</c:to></c:send>"),
            fault_12(),
            envelope("<e:Fault/>"),
            envelope("<e:Fault>CHAT_NOT_FOUND</e:Fault>"),
        ],
    )
    def test_a_fault_without_a_code_leaves_the_outcome_open(self, body):
        assert type(refused(body, status=500)) is OutcomeUnknownError
        assert type(refused(body)) is OutcomeUnknownError

    @table("sent", [("hola",), None])
    def test_a_document_in_a_fault_that_repeats_what_was_sent_is_not_the_services(self, sent):
        document = '{"status": "ERROR", "error": "CHAT_NOT_FOUND"}'
        reply = Reply(500, {"content-type": "text/xml"}, fault(reason=document), sent=sent)
        with pytest.raises(NotFoundError):
            codec().decode(by_method("sendmessage"), reply)
        with pytest.raises(OutcomeUnknownError):
            codec().decode(by_method("sendmessage"), msgspec.structs.replace(reply, sent=("346", document)))

    def test_a_reader_that_takes_what_was_sent_for_a_code_would_be_found_out(self, monkeypatch):
        told = fault_module._told
        monkeypatch.setattr(fault_module, "_told", lambda fault: ((*each[:2], False) for each in told(fault)))
        error = refused(fault_12(detail="<c:Text>CHAT_NOT_FOUND: hola</c:Text>"), status=500)
        assert error.delivery is Delivery.REJECTED

    def test_where_a_fault_says_nothing_its_http_status_does(self):
        assert type(refused(fault(), status=401)) is AuthenticationError
        assert type(refused(fault(), status=413)) is RejectedRequestError
        assert type(refused(fault(), status=400)) is OutcomeUnknownError
        assert type(refused(fault(), status=429)) is RateLimitedError

    @table(
        "body",
        [
            b"",
            b"   ",
            b"<html><body>502 Bad Gateway</body></html>",
            b'{"status":"SUCCESS"}',
            b"--b\r\nContent-Type: text/xml\r\n\r\n" + ok("sendmessage") + b"\r\n--b--",
            b"Notice: Undefined index\n" + ok("sendmessage"),
            ok("sendmessage") + b"<!-- bye --><x/>",
            ok("sendmessage").replace(SOAP_11.encode(), SOAP_12.encode()),
            ok("sendmessage").replace(SOAP_11.encode(), b"urn:other"),
            ok("sendmessage").replace(b"urn:afilnet:chat", b"urn:other"),
            ok("sendfile"),
            ok("sendmessage").replace(b"Response", b""),
            envelope(""),
            envelope("SUCCESS"),
            envelope("<c:sendmessageResponse/>"),
            envelope("<c:sendmessageResponse>SUCCESS</c:sendmessageResponse>"),
            envelope('<c:sendmessageResponse><status xsi:nil="true"/></c:sendmessageResponse>'),
            envelope("<c:sendmessageResponse><status>OPEN</status></c:sendmessageResponse>"),
            envelope("<c:sendmessageResponse><status><b>SUCCESS</b></status></c:sendmessageResponse>"),
            envelope("<c:sendmessageResponse><status>SUC<b/>CESS</status></c:sendmessageResponse>"),
            envelope("<c:sendmessageResponse>oh <status>SUCCESS</status></c:sendmessageResponse>"),
            envelope("<c:sendmessageResponse><status>SUCCESS</status> no</c:sendmessageResponse>"),
            envelope("<c:sendmessageResponse><status>SUCCESS</status><status>ERROR</status></c:sendmessageResponse>"),
            ok("sendmessage").replace(b"</e:Body>", b"</e:Body><e:Body/>"),
            ok("sendmessage").replace(b"</e:Body>", b"<x/></e:Body>"),
            ok("sendmessage").replace(b"</e:Body>", b"text</e:Body>"),
            ok("sendmessage").replace(b"<e:Body>", b"<e:Header/><e:Header/><e:Body>"),
            ok("sendmessage").replace(b"<e:Body>", b"<x/><e:Body>"),
            ok("sendmessage").replace(b"SUCCESS", b"SUCCESS\xff"),
            ok("sendmessage").replace(b"<status>", b'<status xsi:type="nope:x:y">').replace(b"SUCCESS", b"OK"),
            ok("sendmessage")[:-20],
            ok("sendmessage").decode().replace("UTF-8", "UTF-16").encode("utf-16")[:-1],
            ok("sendmessage").decode().replace("SUCCESS", "SUCCESS\ud800").encode("utf-16", "surrogatepass"),
            ok("sendmessage", "<error>CHAT_NOT_FOUND</error>").replace(
                b"c:sendmessageResponse", b"c:sendmessageReponse"
            ),
            fault().replace(b"</e:Body>", b"<c:sendmessageResponse/></e:Body>"),
        ],
    )
    def test_what_is_no_answer_leaves_the_outcome_open(self, body):
        for status in (200, 202, 404, 500, 502):
            assert type(refused(body, status=status)) is OutcomeUnknownError
        assert type(refused(body, status=413)) is RejectedRequestError

    @pytest.mark.parametrize(
        "text",
        ["", "SUCCESS", "{", "[]", '{"status":"SUCCESS","status":"ERROR"}', '{"state":"SUCCESS"}', "null", "NaN"],
    )
    def test_a_string_that_is_no_envelope(self, text):
        body = envelope(f"<c:callResponse><return>{text}</return></c:callResponse>")
        assert type(refused(body, shape="generic")) is OutcomeUnknownError

    @pytest.mark.parametrize(
        "item",
        [
            "",
            MESSAGE.replace("7", ""),
            MESSAGE.replace("true", "perhaps"),
            MESSAGE.replace("2026-11-22", "22.11.2026"),
            MESSAGE.replace("<messageid>7</messageid>", ""),
            MESSAGE + "<messageid>8</messageid>",
            MESSAGE.replace("hola", "ho<b>l</b>a"),
            MESSAGE.replace("hola", "<b>hola</b>"),
            MESSAGE + "text",
        ],
    )
    def test_an_incomplete_record_is_no_answer(self, item):
        for shape in ("document", "rpc"):
            error = refused(listed("getmessages", MESSAGE, item), "getmessages", shape)
            assert type(error) is OutcomeUnknownError

    def test_a_success_with_a_failed_http_status_is_no_success(self):
        assert type(refused(ok("sendmessage"), status=500)) is OutcomeUnknownError


class TestBinding:
    def test_the_address_is_the_ports_unless_another_is_given(self):
        assert codec("rpc").endpoint == codec("rpc").binding.address == "https://soap.example.com/rpc/"
        assert codec("generic").binding.address == "https://soap.example.com/generic/"
        assert codec("rpc", endpoint="https://other.example/").endpoint == "https://other.example/"
        nowhere = changed("rpc", ('<soap:address location="https://soap.example.com/rpc/"/>', ""))
        assert codec(nowhere, endpoint="https://other.example/").binding.address is None
        with pytest.raises(ConfigurationError, match="soap_endpoint"):
            codec(nowhere)

    @table(
        ("old", "new", "missing"),
        [
            ('"Chat.SendMessage"', '"Chat.SendMail"', "sendmessage"),
            ('"Chat.SendMessage"', '"whatsapp.sendmessage"', "sendmessage"),
            ('<x:element name="user" type="x:string"/>', "", "user"),
            ('name="destination"', 'name="recipient"', "destination"),
            ('name="fileurl"', 'name="url"', "fileurl"),
            (
                'name="password" type="x:string"/>',
                'name="password" type="x:string"/><x:element name="key" type="x:string"/>',
                "key",
            ),
            ('"ping"', '"GET.CHATS"', "getchats"),
            ('name="platform" type="x:string"', 'name="platform" type="c:Done"', "platform"),
            ('soapAction="urn:afilnet:chat/send"', 'soapAction="x&#10;Host: evil"', "soapAction"),
            ('soapAction="urn:afilnet:chat/send"', 'soapAction="x&quot; y"', "soapAction"),
            ('<output message="c:m2r"/>', "", ""),
            ('element="c:sendmessage"', 'element="c:nothing"', ""),
            ("http://schemas.xmlsoap.org/soap/http", "http://schemas.xmlsoap.org/soap/smtp", ""),
            ('binding="c:Soap"', 'binding="c:Nothing"', ""),
            ("<s:binding ", "<s:bond ", ""),
        ],
    )
    @pytest.mark.filterwarnings("ignore::UserWarning")  # zeep warns of what it leaves out
    def test_what_is_missing_is_named(self, old, new, missing):
        with pytest.raises(ConfigurationError, match=f"(?s)soap_wsdl.*{missing}") as caught:
            codec(changed("document", (old, new)))
        assert caught.value.__context__ is None
        assert all(character.isprintable() for character in str(caught.value))

    def test_an_optional_parameter_that_is_not_described_is_refused_when_it_is_given(self):
        without = codec(changed("generic", ('<element name="thumburl" type="string" minOccurs="0"/>', "")))
        assert without.encode(catalogue.SEND_FILE, CALLS["sendfile"])
        with pytest.raises(ConfigurationError, match=r"soap_wsdl.*thumburl"):
            without.encode(catalogue.SEND_FILE, {**CALLS["sendfile"], "thumburl": "https://example.com/t.jpg"})

    def test_parameters_in_any_letter_case(self):
        other = codec(
            changed("document", ('"platformid" type="x:string"', '"PlatformId" type="x:string"'), ('"user"', '"User"'))
        )
        sent = etree.fromstring(other.encode(catalogue.GET_CHATS, CHAT).body)
        assert (sent.findtext(".//PlatformId"), sent.findtext(".//User")) == ("100", "me@x.es")

    def test_answers_in_any_letter_case(self):
        other = changed("document", ('"status"', '"Status"'), ('"messageid"', '"messageId"'))
        body = listed("getmessages", MESSAGE).replace(b"status>", b"Status>").replace(b"messageid>", b"messageId>")
        assert len(read(body, "getmessages", other)) == 1

    def test_qualified_elements(self):
        other = changed(
            "document",
            (
                'targetNamespace="urn:afilnet:chat">\n      <x:complexType name="Call">',
                'targetNamespace="urn:afilnet:chat" elementFormDefault="qualified">\n      <x:complexType name="Call">',
            ),
        )
        sent = etree.fromstring(codec(other).encode(catalogue.GET_CHATS, CHAT).body)
        assert sent.findtext(".//{urn:afilnet:chat}platformid") == "100"
        body = re.sub(rb"<(/?)(\w+)>", rb"<\1c:\2>", listed("getmessages", MESSAGE))
        assert len(read(body, "getmessages", other)) == 1

    def test_rpc_literal(self):
        literal = changed("rpc", (' use="encoded"', ' use="literal"'))
        body = codec(literal).encode(catalogue.GET_CHATS, CHAT).body
        assert canonical(body) == canonical(envelope(f"<c:getchats>{WHO}{WHERE}</c:getchats>"))
        assert len(read(listed("getmessages", MESSAGE), "getmessages", literal)) == 1

    @pytest.mark.parametrize("outside", [True, False])
    def test_the_types_of_the_soap_encoding(self, outside):
        encoded = changed("rpc", (' type="xsd:string"', ' type="SOAP-ENC:string"')).decode()
        if not outside:
            # XML Schema has its prefix in the schema only, so the parts cannot use it.
            prefix = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
            encoded = encoded.replace(prefix, "").replace("<xsd:schema", f"<xsd:schema {prefix}")
            encoded = re.sub('(<wsdl:part [^>]*)"xsd:', r'\1"SOAP-ENC:', encoded)
        sent = etree.fromstring(codec(encoded.encode()).encode(catalogue.SEND_MESSAGE, CALLS["sendmessage"]).body)
        assert sent.findtext(".//message") == CALLS["sendmessage"]["message"]
        assert len(read(listed("getmessages", MESSAGE), "getmessages", encoded.encode())) == 1

    def test_what_must_not_be_left_out_is_nil_where_it_may_be(self):
        file = '<x:element name="thumburl" type="x:anyURI" minOccurs="0"/>'
        nil = changed("document", (file, file.replace("minOccurs", "nillable").replace('"0"', '"true"')))
        sent = etree.fromstring(codec(nil).encode(catalogue.SEND_FILE, CALLS["sendfile"]).body).find(".//thumburl")
        assert sent.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"
        empty = changed("document", (file, file.replace(' minOccurs="0"', "")))
        sent = etree.fromstring(codec(empty).encode(catalogue.SEND_FILE, CALLS["sendfile"]).body).find(".//thumburl")
        assert (sent.text, dict(sent.attrib)) == (None, {})

    def test_a_prefixed_operation_goes_before_one_of_another_class(self):
        both = changed("document", ('"ping"', '"sendMessage"'))
        action = dict(codec(both).encode(catalogue.SEND_MESSAGE, CALLS["sendmessage"]).headers)["SOAPAction"]
        assert action == '"urn:afilnet:chat/send"'

    def test_the_first_port_that_fits_is_taken(self):
        other = '<port name="Other" binding="c:Other"><s:address location="https://other.example/"/></port>'
        empty = '<binding name="Other" type="c:Chat"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/></binding>'
        two = changed(
            "document",
            ('<port name="Soap"', f'{other}<port name="Soap"'),
            ('<service name="Chat">', f'{empty}<service name="Chat">'),
        )
        assert codec(two).binding.address == "https://soap.example.com/chat/"

    def test_a_description_is_bound_once(self):
        assert codec("rpc").binding is codec(bytes(bytearray(SHAPES["rpc"]))).binding

    def test_threads_may_share_a_description(self):
        shared = codec("rpc")

        def call(number: int) -> bool:
            text = f"message {number}"
            body = shared.encode(catalogue.SEND_MESSAGE, {**CALLS["sendmessage"], "message": text}).body
            answer = listed("getmessages", *[MESSAGE.replace("hola", text)] * 3)
            found = shared.decode(catalogue.GET_MESSAGES, Reply(200, {}, answer))
            return etree.fromstring(body).findtext(".//message") == text and {each.message for each in found} == {text}

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(call, range(400)))

    def test_the_rendered_descriptions_bind_too(self):
        for render in (rendered.render, rendered.render_rpc, rendered.render_generic):
            assert set(codec(render().encode()).binding.operations) == {each.method for each in OPERATIONS}

    def test_zeep_has_no_connection(self):
        with pytest.raises(ValueError, match="another document"):
            NoTransport().load("http://127.0.0.1/")
        with pytest.raises(ValueError, match="no connection"):
            NoTransport().post_xml("http://127.0.0.1/", None, {})


def test_no_log_holds_what_is_sent_or_answered(caplog):
    soap_binding.bind.cache_clear()
    with caplog.at_level(logging.DEBUG):
        for shape in (*SHAPES, UNUSUAL):
            codec(shape).encode(catalogue.SEND_MESSAGE, {**CALLS["sendmessage"], "message": "a private text"})
            read(listed("getmessages", MESSAGE.replace("hola", "a private text").replace("7", "x")), "getmessages")
            refused(ok("sendmessage", "<result>a private text</result>").replace(b"SUCCESS", b"a private text"))
    assert any(record.name.startswith("zeep.") for record in caplog.records), "zeep logged nothing: the test is void"
    for word in ("a private text", "pa<ss", "pa&lt;ss", "me@x.es"):
        assert word not in caplog.text


TEXTS = st.text(CHARACTERS, min_size=1)
AS_ZEEP = zeep.wsdl.Document(io.BytesIO(rendered.render().encode()), NoTransport())


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=4), st.sampled_from(["getchats", "getmessages"]))
def test_lists_are_read_as_zeep_reads_them(records, method):
    """Second opinion: zeep itself, with its own types, on what its types do not change: texts that are not empty."""
    (binding,) = AS_ZEEP.bindings.values()
    root = etree.fromstring(listed(method, *[MESSAGE] * len(records)))
    for item, (text, identifier, destination) in zip(root.iter("item"), records, strict=True):
        item.find("message").text, item.find("messageid").text = text, identifier
        item.find("destination").text = destination
    body = etree.tostring(root, encoding="utf-8")
    theirs = binding.get(method).process_reply(etree.fromstring(body))
    expected = [(item.message, item.messageid, item.destination) for item in theirs.result.list.item] if records else []
    ours = read(body, method, rendered.render().encode())
    assert [(each.message, each.message_id, each.destination) for each in ours] == expected == records


def mutations(seed: int, count: int):
    """Yield damaged answers: bytes changed, cut, doubled; tags renamed, swapped, moved."""
    chance = random.Random(seed)
    item = f"<item>{MESSAGE}</item>"
    whole = [
        ("document", "getmessages", listed("getmessages", MESSAGE, MESSAGE)),
        (
            "rpc",
            "getmessages",
            ok("getmessages", f"<error/><result><list enc:arrayType='c:Message[1]'>{item}</list></result>"),
        ),
        ("generic", "getmessages", as_string({"status": "SUCCESS", "result": {"list": []}})),
        ("document", "sendmessage", ok("sendmessage")),
        ("rpc", "sendmessage", ok("sendmessage", "<error></error>")),
        ("generic", "sendmessage", as_string({"status": "SUCCESS"})),
        ("document", "sendmessage", fault(detail="<c:ChatFault><error>CHAT_NOT_FOUND</error></c:ChatFault>")),
        ("rpc", "sendmessage", fault_12(subcode="c:CHAT_NOT_FOUND")),
    ]
    parts = re.compile(rb"<[^>]*>|[^<]+")
    for _ in range(count):
        shape, method, body = chance.choice(whole)
        for _ in range(chance.randint(1, 3)):
            tokens = parts.findall(body) or [b""]
            at, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
            match chance.randrange(8):
                case 0:
                    place = chance.randrange(len(body) + 1)
                    body = body[:place] + bytes([chance.randrange(256)]) + body[place + 1 :]
                case 1:
                    body = body[: chance.randrange(len(body) + 1)]
                case 2:
                    tokens[at], tokens[other] = tokens[other], tokens[at]
                    body = b"".join(tokens)
                case 3:
                    body = b"".join([*tokens[:at], tokens[at], *tokens[at:]])
                case 4:
                    body = b"".join(tokens[:at] + tokens[at + 1 :])
                case 5:
                    body = b"".join([*tokens[:at], tokens[other], *tokens[at:]])
                case 6:
                    junk = [
                        b"&amp;",
                        b"<x/>",
                        b"<!---->",
                        b"\xc3",
                        b"<![CDATA[x]]>",
                        b"]]>",
                        b"&#0;",
                        b" ",
                        b"<status>",
                    ]
                    body = b"".join([*tokens[:at], chance.choice(junk), *tokens[at:]])
                case _:
                    words = [
                        b"SUCCESS",
                        b"status",
                        b"Response",
                        b"Body",
                        b"Envelope",
                        b"list",
                        b"Fault",
                        b"urn:",
                        b"error",
                    ]
                    body = body.replace(chance.choice(words), chance.choice(words), 1)
        yield shape, method, body, chance.choice([200, 200, 200, 202, 400, 401, 404, 429, 500, 502, 503])


SUCCESS = re.compile(rb"(?is)<status[^>]*>\s*(?:<!\[CDATA\[)?SUCCESS|\"status\":\s*\"SUCCESS\"")


def test_damaged_answers_are_errors_or_true():
    """Whatever comes back is records or our own error, and a send is confirmed only by what still says so."""
    outcomes: dict[str, int] = {}
    for shape, method, body, status in mutations(seed=20261122, count=3_000):
        try:
            result = read(body, method, shape, status)
        except AfilnetError as error:
            outcomes[type(error).__name__] = outcomes.get(type(error).__name__, 0) + 1
            continue
        outcomes["read"] = outcomes.get("read", 0) + 1
        plain = re.sub(rb"<!--.*?-->", b"", body).replace(b"<![CDATA[x]]>", b"")
        assert SUCCESS.search(plain), body
        assert 200 <= status < 300
        assert b"Fault" not in re.sub(rb">[^<]*<", b"><", body) or method != "sendmessage", body
        if method == "getmessages":
            assert all(message.message_id and message.timestamp for message in result)
    assert {"read", "OutcomeUnknownError", "NotFoundError", "AuthenticationError"} <= set(outcomes), outcomes


@pytest.mark.parametrize(
    "sabotage",
    [
        lambda body: body.replace(b"&#13;", b""),
        lambda body: body.replace(b" </message>", b"</message>"),
        lambda body: body.replace(b"urn:afilnet:chat", b"urn:afilnet:char"),
        lambda body: body.replace(b"<user>me@x.es</user>", b""),
    ],
)
def test_a_changed_request_is_noticed(sabotage, monkeypatch):
    write = BoundOperation.write
    monkeypatch.setattr(BoundOperation, "write", lambda *arguments: sabotage(write(*arguments)))
    with pytest.raises(AssertionError):
        TestRequests().test_document_literal("sendmessage")


def test_a_success_with_an_error_that_the_description_does_not_know_is_no_success(sandbox):
    body = (
        b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        b'<c:sendmessageResponse xmlns:c="urn:afilnet:chat"><status>SUCCESS</status><error>CHAT_NOT_FOUND</error>'
        b"</c:sendmessageResponse></soap:Body></soap:Envelope>"
    )
    codec = SoapCodec(
        Path(str(sandbox.settings("soap").soap_wsdl)).read_bytes(), endpoint=None, user="u", password=Secret("p")
    )
    with pytest.raises(OutcomeUnknownError):
        codec.decode(catalogue.SEND_MESSAGE, Reply(200, {}, body))
