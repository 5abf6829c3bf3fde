"""Answers as other stacks write them: in parts, in UTF-16, in drafts of XML Schema, in one string, without prefixes."""

from __future__ import annotations

import base64
import quopri
import re
from xml.sax.saxutils import escape

import pytest

from afilnet_protocols.catalogue import OPERATIONS, Operation, by_method
from afilnet_protocols.errors import AfilnetError, NotFoundError, OutcomeUnknownError
from afilnet_protocols.records import Channel
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import Platform
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap import codec as soap
from afilnet_protocols.wire.soap import namespaces, xml_encoding
from afilnet_protocols.wire.soap.answers import answer as soap_answer
from afilnet_protocols.wire.soap.answers import multipart
from afilnet_protocols.wire.soap.answers.multipart import without_attachments
from afilnet_protocols.wire.soap.codec import SoapCodec
from tests.tables import table
from tests.wire.soap.test_codec import CHANNEL, MESSAGE, SHAPES, SOAP_11, SOAP_12, envelope, fault, listed, ok

CODECS = {
    name: SoapCodec(SHAPES[name], endpoint=None, user="me", password=Secret("password")) for name in ("document", "rpc")
}
ANSWERS = {
    "getchatchannels": listed("getchatchannels", CHANNEL.replace("WhatsApp", "Andrés")),
    "sendmessage": ok("sendmessage"),
    "sendfile": ok("sendfile"),
    "getchats": listed("getchats", MESSAGE, MESSAGE),
    "getmessages": listed("getmessages", MESSAGE.replace("hola", "&lt;b&gt;ñ&#13;\n")),
    "getunreadmessages": listed("getunreadmessages"),
}


def read(
    body: bytes, method: str, kind: str = "text/xml; charset=utf-8", shape: str = "document", status: int = 200
) -> object:
    operation = by_method(method)
    assert operation is not None
    return CODECS[shape].decode(operation, Reply(status, {"content-type": kind}, body))


BINARY = b"\x00\r\n--bb\xff\r\n\r\n--"
END = "\r\n"


def in_parts(
    root: bytes,
    *,
    end: str = END,
    encoding: str = "binary",
    closed: bool = True,
    start: bool = True,
    last: bool = False,
) -> tuple[str, bytes]:
    """Return an answer whose envelope is one of two parts, and its content type."""
    written = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, lambda body: body)
    head = f'Content-Type: application/xop+xml;{end} charset=UTF-8; type="text/xml"{end}'
    head += f"content-transfer-encoding: {encoding}{end}Content-ID: <root@x>{end}{end}"
    parts = [
        head.encode() + written(root),
        f"Content-Type: application/octet-stream{end}Content-ID: <a@x>{end}{end}".encode() + BINARY,
    ]
    if last:
        parts.reverse()
    body = b"".join(f"--b b{end}".encode() + part + end.encode() for part in parts)
    body += f"--b b--{end}".encode() if closed else b""
    named = ' start="<root@x>";' if start else ""
    return f'Multipart/Related; boundary="b b"; type="application/xop+xml";{named} start-info="text/xml"', body


@table("operation", OPERATIONS)
@table("shape", CODECS)
@table(
    "form",
    [
        {},
        {"end": "\n"},
        {"encoding": "8bit"},
        {"encoding": "base64"},
        {"encoding": "quoted-printable"},
        {"closed": False},
        {"start": False},
        {"last": True},
    ],
    ids=str,
)
def test_the_envelope_of_an_answer_in_parts_is_its_root(
    operation: Operation[object], shape: str, form: dict[str, object]
) -> None:
    body = ANSWERS[operation.method]
    kind, whole = in_parts(body, **form)  # type: ignore[arg-type]
    assert read(whole, operation.method, kind, shape) == read(body, operation.method, shape=shape)


@table(
    ("old", "new"),
    [
        (b"Content-Type: application/xop", b"X_Part.1: 1\r\nContent-Type: application/xop"),
        (b"encoding: binary", b"encoding: binary;"),
        (b"encoding: binary", b"encoding: Binary (as it is)"),
    ],
)
def test_the_head_of_a_part_may_be_written_as_its_standard_allows(old: bytes, new: bytes) -> None:
    """RFC 5322 §3.6.8 has the names of fields, RFC 2045 §6.1 the comments in them."""
    body = ANSWERS["sendmessage"]
    kind, whole = in_parts(body)
    assert old in whole
    assert read(whole.replace(old, new, 1), "sendmessage", kind) == read(body, "sendmessage")


def test_a_part_without_a_head_is_all_content() -> None:
    body = ANSWERS["sendmessage"].partition(b"?>\n")[2]
    whole = b"--b\r\n" + body + b"\r\n--b--"
    assert read(whole, "sendmessage", "multipart/related; boundary=b") == read(body, "sendmessage")


def test_a_fault_in_parts_counts() -> None:
    fault = envelope("<e:Fault><faultcode>CHAT_NOT_FOUND</faultcode><faultstring>No.</faultstring></e:Fault>")
    kind, whole = in_parts(fault)
    with pytest.raises(NotFoundError):
        read(whole, "sendmessage", kind, status=500)


INCLUDE = '<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:a@x"/>'


def test_what_is_left_to_an_attachment_is_refused() -> None:
    kind, whole = in_parts(ANSWERS["getchatchannels"].replace("Andrés".encode(), INCLUDE.encode()))
    with pytest.raises(OutcomeUnknownError, match="attachment"):
        read(whole, "getchatchannels", kind)


@table("left", [f"<icon>{INCLUDE}</icon>", '<icon href="cid:a@x"/>', f"<more><icon>{INCLUDE}</icon></more>"])
@table("shape", CODECS)
@table(("method", "place"), [("getchatchannels", b"</item>"), ("sendmessage", b"</c:sendmessageResponse>")])
def test_what_nobody_reads_may_be_left_to_an_attachment(method: str, place: bytes, left: str, shape: str) -> None:
    body = ANSWERS[method]
    assert place in body
    kind, whole = in_parts(body.replace(place, left.encode() + place))
    assert read(whole, method, kind, shape) == read(body, method, shape=shape)


@table("name", ["status", "error", "result", "success", "code", "state", "detail", "data", "errors", "messageid"])
def test_what_decides_about_a_send_is_never_left_to_an_attachment(name: str) -> None:
    place = b"</c:sendmessageResponse>"
    kind, whole = in_parts(ANSWERS["sendmessage"].replace(place, f"<{name}>{INCLUDE}</{name}>".encode() + place))
    with pytest.raises(OutcomeUnknownError, match="attachment"):
        read(whole, "sendmessage", kind)


@table("name", ["list", "messages", "rows", "item", "data", "total", "hasMore", "next"])
@table("left", ["<{0}>{1}</{0}>", '<{0} href="cid:a@x"/>'])
def test_what_may_hold_records_or_tell_of_more_is_never_left_to_an_attachment(name: str, left: str) -> None:
    body = ANSWERS["getchatchannels"]
    kind, whole = in_parts(body.replace(b"</result>", left.format(name, INCLUDE).encode() + b"</result>"))
    with pytest.raises(OutcomeUnknownError, match="attachment"):
        read(whole, "getchatchannels", kind)


@table("cut", range(0, 900, 7))
def test_an_answer_in_parts_that_is_cut_is_read_whole_or_not_at_all(cut: int) -> None:
    kind, whole = in_parts(ANSWERS["getchats"])
    try:
        found = read(whole[:cut], "getchats", kind)
    except OutcomeUnknownError:
        assert cut < whole.index(b"</e:Envelope>") + 13
    else:
        assert found == read(ANSWERS["getchats"], "getchats")


def test_what_is_not_in_parts_is_left_as_it_is() -> None:
    for kind in ("text/xml", "multipart/mixed; boundary=b", "multipart/related", "multipart/related; boundary=é"):
        reply = Reply(200, {"content-type": kind}, b"--b\r\n\r\nx\r\n--b--")
        assert without_attachments(reply) is reply


@table("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@table("charset", ["", "; charset=utf-16", "; charset=utf-8"])
@table("operation", OPERATIONS)
def test_an_answer_in_utf_16_is_what_it_is_in_utf_8(encoding: str, charset: str, operation: Operation[object]) -> None:
    body = ANSWERS[operation.method]
    wide = body.decode().replace('encoding="UTF-8"', 'encoding="utf-16"').encode(encoding)
    assert read(wide, operation.method, f"text/xml{charset}") == read(body, operation.method)


@table("draft", ["1999", "2000/08", "2000/10"])
@table("shape", CODECS)
def test_the_attributes_of_drafts_mean_what_the_present_ones_do(draft: str, shape: str) -> None:
    typed = CHANNEL.replace("<name>WhatsApp", '<name xsi:type="xsd:base64">QW5kcsOpcw==')
    listing = listed("getchatchannels", typed).replace(b"/2001/", f"/{draft}/".encode())
    assert "Andrés" in repr(read(listing, "getchatchannels", shape=shape))
    nothing = ok("getchatchannels", '<result xsi:null="1"/>').replace(b"/2001/", f"/{draft}/".encode())
    assert read(nothing, "getchatchannels", shape=shape) == []
    held = ok("getchatchannels", '<result xsi:null="true"><list/></result>').replace(b"/2001/", f"/{draft}/".encode())
    with pytest.raises(OutcomeUnknownError, match="nil"):
        read(held, "getchatchannels", shape=shape)


def test_a_text_that_names_a_draft_stays_as_it_is() -> None:
    text = 'xmlns:i="http://www.w3.org/1999/XMLSchema-instance" i:null="1"'
    body = listed("getchatchannels", CHANNEL.replace("WhatsApp", text))
    assert read(body, "getchatchannels") == [Channel(platform_id="100", platform=Platform.WHATSAPP, name=text)]


def as_text(document: str) -> str:
    return document.replace("&", "&amp;").replace("<", "&lt;")


@table("declaration", ["", '<?xml version="1.0" encoding="utf-16"?>\n', "\ufeff", "\r\n  "])
@table("cdata", [False, True])
def test_a_document_in_a_string_is_read(declaration: str, cdata: bool) -> None:
    rows = f"<result><list><item>{CHANNEL}</item></list></result>"
    inside = f"{declaration}<response><status>SUCCESS</status>{rows}</response>"
    text = f"<![CDATA[{inside}]]>" if cdata else as_text(inside)
    found = read(
        envelope(f"<c:getchatchannelsResponse><return>{text}</return></c:getchatchannelsResponse>"), "getchatchannels"
    )
    assert found == read(listed("getchatchannels", CHANNEL), "getchatchannels")


@table(
    ("inside", "raised"),
    [
        ("<r><status>ERROR</status><error>CHAT_NOT_FOUND</error></r>", NotFoundError),
        ("<r><status>SUCCESS</status><error>CHAT_NOT_FOUND</error></r>", OutcomeUnknownError),
        ("<r><status>SUCCESS</status>", OutcomeUnknownError),
        ("<!DOCTYPE r><r><status>SUCCESS</status></r>", OutcomeUnknownError),
        ("<r><status>SUCCESS</status></r>x", OutcomeUnknownError),
        ("<r>SUCCESS</r>", OutcomeUnknownError),
        ("< SUCCESS", OutcomeUnknownError),
    ],
)
def test_a_document_in_a_string_confirms_no_more_than_one_outside(inside: str, raised: type[AfilnetError]) -> None:
    body = envelope(f"<c:sendmessageResponse><return>{as_text(inside)}</return></c:sendmessageResponse>")
    with pytest.raises(raised) as caught:
        read(body, "sendmessage")
    assert type(caught.value) is raised


@table("operation", OPERATIONS)
@table("shape", CODECS)
def test_an_answer_without_a_namespace_is_the_one_of_its_name(operation: Operation[object], shape: str) -> None:
    body = ANSWERS[operation.method]
    bare = body.replace(f"c:{operation.method}".encode(), operation.method.encode())
    assert read(bare, operation.method, shape=shape) == read(body, operation.method, shape=shape)


@table("operation", OPERATIONS)
@table("shape", CODECS)
@table("result", ["status", "c:return", "result"])
def test_what_names_the_result_of_a_procedure_is_no_field(
    operation: Operation[object], shape: str, result: str
) -> None:
    body = ANSWERS[operation.method]
    named = f'<r:result xmlns:r="http://www.w3.org/2003/05/soap-rpc">{result}</r:result><status>'.encode()
    assert read(body.replace(b"<status>", named, 1), operation.method, shape=shape) == read(
        body, operation.method, shape=shape
    )


@table("operation", OPERATIONS)
@table("shape", CODECS)
@table("error", [False, True])
def test_a_status_may_be_an_attribute_of_the_answer(error: bool, shape: str, operation: Operation[object]) -> None:
    method = operation.method
    body = ANSWERS[method].replace(b"<status>SUCCESS</status>", b"", 1)
    if error:
        said, held = 'status="ERROR" error="CHAT_NOT_FOUND"', "<more>x</more>"
        answered = envelope(f"<c:{method}Response {said}>{held}</c:{method}Response>")
        with pytest.raises(NotFoundError):
            read(answered, method, shape=shape)
        return
    answered = body.replace(b"Response>", b'Response status="SUCCESS">', 1)
    assert read(answered, method, shape=shape) == read(ANSWERS[method], method, shape=shape)
    with pytest.raises(OutcomeUnknownError):
        read(answered.replace(b"SUCCESS", b"PENDING"), method, shape=shape)


@table("operation", OPERATIONS)
@table("shape", CODECS)
@table("held", ["<status>SUCCESS</status>", '<return>{"status": "SUCCESS"}</return>'])
def test_a_success_in_an_answer_whose_attribute_tells_of_an_error_is_none(
    held: str, shape: str, operation: Operation[object]
) -> None:
    method = operation.method
    with pytest.raises(OutcomeUnknownError, match="a success and an error at once"):
        read(envelope(f'<c:{method}Response status="ERROR">{held}</c:{method}Response>'), method, shape=shape)


@table(
    "answered",
    [
        "<c:sendmessageResponse {mark}>{held}</c:sendmessageResponse>",
        "<c:sendmessageResponse {mark}><return>{held}</return></c:sendmessageResponse>",
        "<c:sendmessageResponse><return {mark}>{held}</return></c:sendmessageResponse>",
        "<c:sendmessageResponse {mark}><return>&lt;r&gt;{written}&lt;/r&gt;</return></c:sendmessageResponse>",
        "<c:sendmessageResponse><return>&lt;r {mark}&gt;{written}&lt;/r&gt;</return></c:sendmessageResponse>",
    ],
)
@table(
    ("mark", "held"),
    [
        ("ERROR", "<status>SUCCESS</status>"),
        ("SUCCESS", "<status>ERROR</status><error>CHAT_NOT_FOUND</error>"),
    ],
)
def test_a_status_in_an_attribute_and_another_in_an_element_are_none(mark: str, held: str, answered: str) -> None:
    body = answered.format(mark=f'status="{mark}"', held=held, written=escape(held))
    with pytest.raises(OutcomeUnknownError):
        read(envelope(body), "sendmessage")


@table("said", ['status="FAILED"', 'sent="false"', 'success="false"', 'Status="SUCCESS" STATUS="ERROR"'])
def test_a_success_whose_attributes_say_no_is_none(said: str) -> None:
    body = f"<c:sendmessageResponse {said}><status>SUCCESS</status></c:sendmessageResponse>"
    with pytest.raises(OutcomeUnknownError):
        read(envelope(body), "sendmessage")


@table("status", ["SUCCESS", "error"])
@table("rows", [1, 2])
def test_the_status_of_a_message_is_not_that_of_the_answer_beside_an_attribute(rows: int, status: str) -> None:
    message = MESSAGE.replace("<status>sent<", f"<status>{status}<")
    in_items = f"<result><list>{f'<item>{message}</item>' * rows}</list></result>"
    as_element = envelope(f"<c:getchatsResponse><status>SUCCESS</status>{in_items}</c:getchatsResponse>")
    found = read(as_element, "getchats")
    assert isinstance(found, list)
    assert [chat.status for chat in found] == [status] * rows
    alone = f"<result><list>{message}</list></result>"
    for listing in (in_items, alone) if rows == 1 else (in_items,):
        written = escape(f'<r status="SUCCESS">{listing}</r>')
        for body in (
            f'<c:getchatsResponse status="SUCCESS">{listing}</c:getchatsResponse>',
            f"<c:getchatsResponse><return>{written}</return></c:getchatsResponse>",
        ):
            assert read(envelope(body), "getchats") == found


@table("place", ["reason", "detail"])
def test_an_error_document_in_a_fault_that_was_the_text_to_send_is_only_quoted(place: str) -> None:
    text = '{"status": "ERROR", "error": "CHAT_NOT_FOUND"}'
    operation = by_method("sendmessage")
    assert operation is not None
    for sent, wanted in (((text,), OutcomeUnknownError), (("hola",), NotFoundError)):
        for quoted in (text, text.replace(" ", "\n ")):
            answered = Reply(500, {"content-type": "text/xml"}, fault(**{place: quoted}), sent=sent)
            with pytest.raises(wanted):
                CODECS["document"].decode(operation, answered)


@table("shape", CODECS)
@table("rows", [0, 1, 2])
def test_a_data_set_is_read_by_its_rows(rows: int, shape: str) -> None:
    row = f'<Table g:id="Table1">{CHANNEL}</Table>'
    described = (
        '<x:schema id="NewDataSet" xmlns:x="http://www.w3.org/2001/XMLSchema"><x:element name="error"/></x:schema>'
    )
    inside = f'<NewDataSet xmlns="">{row * rows}</NewDataSet>' if rows else ""
    whole = f'{described}<g:diffgram xmlns:g="urn:schemas-microsoft-com:xml-diffgram-v1">{inside}</g:diffgram>'
    body = re.sub(rb"<list>.*</list>", whole.encode(), listed("getchatchannels", CHANNEL))
    assert read(body, "getchatchannels", shape=shape) == read(
        listed("getchatchannels", *[CHANNEL] * rows), "getchatchannels", shape=shape
    )


@table("namespace", ["", "urn:afilnet:chat", "urn:another"])
def test_a_description_without_a_namespace_for_answers_is_content_with_any(namespace: str) -> None:
    described = re.sub(r' namespace="[^"]*"', "", SHAPES["rpc"].decode()).encode()
    codec = SoapCodec(described, endpoint=None, user="me", password=Secret("password"))
    answered = envelope(
        f'<n:sendmessageResponse xmlns:n="{namespace}"><status>SUCCESS</status></n:sendmessageResponse>'
        if namespace
        else "<sendmessageResponse><status>SUCCESS</status></sendmessageResponse>"
    )
    assert codec.decode(by_method("sendmessage"), Reply(200, {"content-type": "text/xml"}, answered)) is None
    with pytest.raises(OutcomeUnknownError, match="another element"):
        codec.decode(
            by_method("sendmessage"),
            Reply(200, {"content-type": "text/xml"}, answered.replace(b"sendmessageR", b"sendfileR")),
        )


def test_an_answer_in_another_version_of_soap_is_told_with_what_to_do_about_it() -> None:
    with pytest.raises(OutcomeUnknownError, match=r"SOAP 1\.2, and the description says SOAP 1\.1: set soap_wsdl to"):
        read(ANSWERS["sendmessage"].replace(SOAP_11.encode(), SOAP_12.encode()), "sendmessage")


@table("operation", OPERATIONS)
def test_an_envelope_without_prefixes_lends_its_namespace(operation: Operation[object]) -> None:
    body = ANSWERS[operation.method]
    bare = (
        body.replace(b"e:", b"")
        .replace(b"xmlns:e", b"xmlns")
        .replace(b"<Envelope", f'<Envelope xmlns="{SOAP_11}"'.encode(), 1)
    )
    bare = bare.replace(f' xmlns="{SOAP_11}" xmlns="{SOAP_11}"'.encode(), f' xmlns="{SOAP_11}"'.encode())
    assert read(bare, operation.method) == read(body, operation.method)
    without_any = bare.replace(b"<c:", b"<").replace(b"</c:", b"</")
    assert without_any != bare
    assert read(without_any, operation.method) == read(body, operation.method)


@table("shape", CODECS)
@table("status", [200, 500])
def test_a_fault_without_a_namespace_counts(shape: str, status: int) -> None:
    body = envelope("<Fault><faultcode>CHANNEL_NOT_FOUND</faultcode><faultstring>It broke.</faultstring></Fault>")
    with pytest.raises(NotFoundError):
        read(body, "sendmessage", shape=shape, status=status)


@pytest.mark.parametrize("code", ["soap:Server", "SOAP-ENV:Client", "e:Server.userException", "env:MustUnderstand", ""])
def test_a_fault_with_a_code_of_soap_alone_is_no_sentence(code: str) -> None:
    with pytest.raises(OutcomeUnknownError, match="no more than that something went wrong"):
        read(
            envelope(f"<e:Fault><faultcode>{code}</faultcode><faultstring>It broke.</faultstring></e:Fault>"),
            "sendmessage",
            status=500,
        )


@pytest.mark.parametrize(
    ("module", "guard", "replacement", "check"),
    [
        (multipart, "without_attachments", lambda reply: reply, lambda: test_a_fault_in_parts_counts()),
        (multipart, "_parameters", lambda _: {}, lambda: test_a_fault_in_parts_counts()),
        (xml_encoding, "_UTF_16", {}, lambda: test_an_answer_in_utf_16_is_what_it_is_in_utf_8()),
        (
            soap,
            "may_have_older_attributes",
            lambda _: False,
            lambda: test_the_attributes_of_drafts_mean_what_the_present_ones_do(),
        ),
        (namespaces, "_OLDER_INSTANCES", (), lambda: test_the_attributes_of_drafts_mean_what_the_present_ones_do()),
        (soap_answer, "envelope_in_text", lambda *_, **__: None, lambda: test_a_document_in_a_string_is_read()),
        (soap_answer, "_SCHEMAS", (), lambda: test_a_data_set_is_read_by_its_rows()),
        (soap_answer, "_NAMES_THE_RESULT", "none", lambda: test_what_names_the_result_of_a_procedure_is_no_field()),
    ],
)
def test_a_reader_of_fewer_answers_would_be_found_out(module, guard, replacement, check, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, guard, replacement)
    with pytest.raises((ExceptionGroup, AfilnetError, pytest.fail.Exception)):
        check()
