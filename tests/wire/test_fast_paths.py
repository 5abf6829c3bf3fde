"""The fast paths change nothing: whatever the answer, they give what the plain reading gives, or leave it to it."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import OPERATIONS, Kind, Operation
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.records import Message
from afilnet_protocols.render import wsdl as render_wsdl
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import Platform
from afilnet_protocols.wire import Reply, exact_json
from afilnet_protocols.wire.exact_json import read_exact
from afilnet_protocols.wire.json_envelope import read_document, read_strictly
from afilnet_protocols.wire.soap import codec as soap_codec
from afilnet_protocols.wire.soap.answers import rows as soap_rows
from afilnet_protocols.wire.soap.codec import SoapCodec
from tests.tables import table

LISTS = [operation for operation in OPERATIONS if operation.record is not None]
XML_TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\ufffe\uffff", min_codepoint=32) | st.sampled_from("\t\n\r&<>]\"'")
)
ODD_TEXT = st.sampled_from(
    [
        "", " ", "\t\r\n", 'say "no"', "\\", '\\"', '":', "a\\\\", "\x7f", "é", "😀", "\u2028", "&amp;", "]]>", "<b>",
        "null", "0" * 70,
    ]
)  # fmt: skip
TIMES = st.datetimes().map(lambda moment: str(moment.replace(microsecond=0)))
ODD_TIMES = st.sampled_from(
    [
        "2026-01-01T10:00:00", "2026-01-01 10:00:00.5", "2026-01-01 10:00:00.1234567", "2026-01-01 10:00:00Z",
        "2026-01-01 24:00:00", "2026-02-30 10:00:00", "2026-W01-1T12:00:00", "2026-01-01_10:00:00", "20260101", "",
        "٢٠٢٦-01-01 10:00:00", "2026-01-01 10:00:000",
    ]
)  # fmt: skip
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**60, 10**70),
    st.floats(),
    ODD_TEXT,
    st.just([]),
    st.just({}),
)
USUAL = {
    Kind.ID: st.text(st.characters(codec="utf-8", min_codepoint=33), min_size=1, max_size=6),
    Kind.PLATFORM: st.sampled_from(["webchat", "whatsapp", "telegram", "operator", "signal"]),
    Kind.TEXT: XML_TEXT | ODD_TEXT,
    Kind.FLAG: st.booleans(),
    Kind.TIMESTAMP: TIMES,
}


def outcome(read: Callable[[Operation[object], Reply], object], operation: Operation[object], reply: Reply) -> object:
    """Return the records, or all that can be seen of the error."""
    try:
        return read(operation, reply)
    except AfilnetError as error:
        return (type(error), str(error), error.delivery, dict(vars(error)))


def rows_of(operation: Operation[object]) -> st.SearchStrategy[list[dict[str, object]]]:
    """Draw rows, their fields in the catalogue's order."""
    row = st.tuples(*(USUAL[field.kind] for field in operation.fields))
    names = [field.wire for field in operation.fields]
    return st.lists(row.map(lambda values: dict(zip(names, values, strict=True))), max_size=4)


# ---- JSON ---------------------------------------------------------------------------------------------------------


@st.composite
def json_answers(draw: st.DrawFn) -> tuple[Operation[object], bytes]:
    """Draw an answer as it should be, or one that is odd in a place or two, or damaged."""
    operation = draw(st.sampled_from(LISTS))
    rows = draw(rows_of(operation))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        if rows:
            row = draw(st.sampled_from(rows))
            name = draw(st.sampled_from([*row, "more", "issent", "sent"]))
            kind = next((field.kind for field in operation.fields if field.wire == name), Kind.TEXT)
            row[name] = draw(ODD_TIMES if kind is Kind.TIMESTAMP else ODD)
    envelope: dict[str, object] = {
        "status": draw(st.sampled_from(["SUCCESS"] * 8 + ["success", "ERROR", ""])),
        "result": {"list": rows},
    }
    if draw(st.integers(0, 9)) == 0:
        envelope["error"] = draw(st.sampled_from(["", "CHAT_NOT_FOUND"]))
    text = json.dumps(envelope, ensure_ascii=draw(st.booleans()), separators=draw(st.sampled_from([None, (",", ":")])))
    return operation, draw(damaged(text))


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """Draw the text in UTF-8, most often whole, else with a name twice, an escape, a cut, or a byte changed."""
    how = draw(st.sampled_from(["whole"] * 5 + ["twice", "spelled", "cut", "byte", "surrogate", "constant", "mark"]))
    body = text.encode("utf-8", "surrogatepass")
    pairs = list(re.finditer(r'"[a-z]+": ?(?:"[^"\\]*"|true|false)', text))
    if how == "twice" and pairs:
        pair = draw(st.sampled_from(pairs))
        again = draw(
            st.sampled_from([pair.group(), pair.group().replace(":", " :", 1), pair.group().replace("s", "\\u0073", 1)])
        )
        return f"{text[: pair.start()]}{again},{text[pair.start() :]}".encode("utf-8", "surrogatepass")
    if how == "spelled":
        return text.replace("s", "\\u0073").encode("utf-8", "surrogatepass")
    if how == "surrogate":
        return text.replace('"message": "', '"message": "\\ud800', 1).encode("utf-8", "surrogatepass")
    if how == "constant":
        return text.replace("true", "NaN", 1).encode("utf-8", "surrogatepass")
    if how == "mark":
        return b"\xef\xbb\xbf" + body
    at = draw(st.integers(0, len(body) - 1))
    if how == "cut":
        return body[:at]
    if how == "byte":
        return body[:at] + bytes([draw(st.integers(0, 255))]) + body[at + 1 :]
    return body


@given(answer=json_answers(), status=st.sampled_from([200, 200, 200, 201, 404, 500]))
def test_a_json_answer_is_read_alike_by_both_paths(answer: tuple[Operation[object], bytes], status: int) -> None:
    operation, body = answer
    reply = Reply(status, {}, body)
    assert repr(outcome(read_document, operation, reply)) == repr(outcome(read_strictly, operation, reply))


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.name)
@given(data=st.data())
def test_what_the_service_documents_takes_the_fast_path(operation: Operation[object], data: st.DataObject) -> None:
    rows = [
        {**row, "platform": "whatsapp" if row["platform"] == "signal" else row["platform"]}
        for row in data.draw(rows_of(operation))
    ]
    body = json.dumps({"status": "SUCCESS", "result": {"list": rows}}).encode()
    assert read_exact(operation, body) == read_strictly(operation, Reply(200, {}, body))


def test_a_name_that_stands_twice_would_pass_without_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = b'{"platformid":"1","platformid":"2","platform":"webchat","name":"y"}'
    body = b'{"status":"SUCCESS","result":{"list":[%b]}}' % channel
    assert read_exact(catalogue.GET_CHAT_CHANNELS, body) is None
    monkeypatch.setattr(exact_json, "_has_only", lambda marks, _: marks == 2 * (4 + 6))
    assert read_exact(catalogue.GET_CHAT_CHANNELS, body) is not None


@table("name", [r"\\", r"say \"no\"", r"\\\"", r"\\\\", r"\"\\", r"\/\u00f1\n", r"\u0022", r"\u005c", r"\u005c\""])
def test_marks_inside_a_text_are_told_from_those_around_it(name: str) -> None:
    field = b'"name":"%b"' % name.encode()
    once, twice = (
        b'{"status":"SUCCESS","result":{"list":[{"platformid":"1","platform":"webchat",%b}]}}' % fields
        for fields in (field, b"%b,%b" % (field, field))
    )
    reply = Reply(200, {}, once)
    assert read_exact(catalogue.GET_CHAT_CHANNELS, once) == read_strictly(catalogue.GET_CHAT_CHANNELS, reply)
    assert read_exact(catalogue.GET_CHAT_CHANNELS, twice) is None


MOMENT = "2026-01-01 10:00:00"


@table(
    "written",
    [
        [f"{MOMENT}\n{MOMENT}", ""],
        [MOMENT[:-1], f"{MOMENT}0"],
        [f"{MOMENT}\n"],
        ["\n", MOMENT[:-1]],
        [""],
        ["", ""],
        [MOMENT.replace("2", "\u0662")],
        [MOMENT.replace(" ", "T")],
        [MOMENT.replace(" ", "t")],
        [f"{MOMENT}\0"],
        [f"{MOMENT}.9999999"],
        ["2026-13-01 10:00:00"],
    ],
)
def test_texts_that_together_look_like_moments_are_none(written):
    with pytest.raises((ValueError, msgspec.MsgspecError)):
        exact_json._moments(written)


def test_moments_are_read_one_by_one():
    assert exact_json._moments([]) == []
    assert exact_json._moments([MOMENT, MOMENT]) == [datetime(2026, 1, 1, 10)] * 2


@given(written=st.lists(TIMES | ODD_TIMES | st.datetimes().map(str), max_size=3))
def test_moments_are_those_of_the_standard_library(written: list[str]) -> None:
    try:
        moments = exact_json._moments(written)
    except (ValueError, msgspec.MsgspecError):
        assert not all(map(PLAIN_MOMENT.fullmatch, written)) or any(map(is_no_moment, written))
    else:
        assert moments == [datetime.fromisoformat(text) for text in written]
        assert all(map(PLAIN_MOMENT.fullmatch, written))


PLAIN_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def is_no_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return True
    return False


# A send is confirmed by a success and nothing beside it.
SENDS = [operation for operation in OPERATIONS if operation.record is None]
CONFIRMED = b'{"status": "SUCCESS"}'


@st.composite
def confirmations(draw: st.DrawFn) -> bytes:
    """Draw the answer to a send: a bare success, one that is written otherwise, or one with something beside it."""
    names = st.sampled_from(["status", "result", "error", "sent", "Status", "messageid"])
    values = st.sampled_from(['"SUCCESS"', '"success"', '"ERROR"', "null", "true", "false", "[]", "-1", '"\\""'])
    pairs = draw(st.lists(st.tuples(names, values), max_size=2))
    first = draw(st.sampled_from(['"status":"SUCCESS"', r'"st\u0061tus" : "SUCCE\u0053S"', '"status": "SUCCESS "']))
    return draw(damaged("{" + ",".join([first, *(f'"{name}":{value}' for name, value in pairs)]) + "}"))


@given(operation=st.sampled_from(SENDS), body=confirmations(), status=st.sampled_from([200, 200, 201, 204, 404, 500]))
def test_a_send_is_confirmed_alike_by_both_paths(operation: Operation[object], body: bytes, status: int) -> None:
    reply = Reply(status, {}, body)
    assert repr(outcome(read_document, operation, reply)) == repr(outcome(read_strictly, operation, reply))


def test_a_second_status_would_pass_for_a_confirmation_without_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = b'{"status":"SUCCESS","status":"SUCCESS"}'
    assert exact_json.is_confirmation(CONFIRMED)
    assert not exact_json.is_confirmation(twice)
    monkeypatch.setattr(exact_json, "_has_only", lambda marks, _: marks == 4)
    assert exact_json.is_confirmation(twice)


ROW = {"platformid": "1", "platform": "webchat", "message": "m", "destination": "d", "messageid": "7"}
ROW |= {"sent": True, "status": "sent", "datetime": "2026-01-01 10:00:00"}


def listed(*rows: dict[str, object]) -> bytes:
    return json.dumps({"status": "SUCCESS", "result": {"list": rows}}).encode()


def test_a_list_of_several_slices_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_json, "_ROWS", 3)
    for count in range(8):
        body = listed(*(ROW | {"messageid": str(number + 1)} for number in range(count)))
        read = read_exact(catalogue.GET_MESSAGES, body)
        assert read == read_strictly(catalogue.GET_MESSAGES, Reply(200, {}, body))
        assert len(read or ()) == sum(type(record) is Message for record in read or ()) == count
        assert (
            read_exact(catalogue.GET_MESSAGES, listed(*[ROW] * count, ROW | {"datetime": "2026-02-30 10:00:00"}))
            is None
        )


def test_records_of_the_fast_path_are_records_in_every_respect() -> None:
    (record,) = read_exact(catalogue.GET_MESSAGES, listed(ROW)) or [None]
    made = Message("1", Platform.WEBCHAT, "m", "d", "7", True, "sent", datetime(2026, 1, 1, 10))
    assert type(record) is Message
    assert (record, hash(record), repr(record)) == (made, hash(made), repr(made))
    assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == made
    assert msgspec.json.encode(record) == msgspec.json.encode(made)
    with pytest.raises(AttributeError):
        record.message = "another"  # type: ignore[misc]  # what is shown is that it is refused


# ---- SOAP ---------------------------------------------------------------------------------------------------------


WSDL = render_wsdl.render("https://example.com/api/soap/").encode()


def codec() -> SoapCodec:
    return SoapCodec(WSDL, endpoint=None, user="u&<ser", password=Secret("pass word"))


SHORT = soap_codec._SHORT


@pytest.fixture(scope="module", autouse=True)
def _frames_are_proved_at_once() -> Iterator[None]:
    """Have the first answer, too, take the fast path: what is compared here would otherwise be one path with itself."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(soap_codec, "_SHORT", 0)
        yield


@pytest.fixture(scope="module")
def soap() -> SoapCodec:
    return codec()


def soap_answer(operation: Operation[object], rows: list[dict[str, object]], *, item: str = "item") -> bytes:
    """Return an answer as lxml writes it."""
    root = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Envelope")
    body = etree.SubElement(root, "{http://schemas.xmlsoap.org/soap/envelope/}Body")
    answer = etree.SubElement(body, f"{{urn:afilnet:chat}}{operation.method}Response")
    etree.SubElement(answer, "status").text = "SUCCESS"
    found = etree.SubElement(etree.SubElement(answer, "result"), "list")
    for row in rows:
        element = etree.SubElement(found, item)
        for name, value in row.items():
            etree.SubElement(element, name).text = str(value).lower() if isinstance(value, bool) else str(value)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


EDITS = (
    (b"<item>", b"<item><!-- a remark -->"),
    (b"<item>", b"<item a='1'>"),
    (b"<item>", b" <item>"),
    (b"<item>", b"<!--<item>"),
    (b"</item>", b"</item>-->"),
    (b"<list>", b"<list><![CDATA["),
    (b"</platformid>", b"</platformid>text"),
    (b"</item>", b"<more>1</more></item>"),
    (b"<platformid>", b"<platformid><![CDATA[1]]>"),
    (b"<platform>", b"<platform xmlns='urn:x'>"),
    (b"</platform>", b"&amp;</platform>"),
    (b"</platform>", b"&#65;</platform>"),
    (b"</platform>", b"&unknown;</platform>"),
    (b"</platform>", b"\xef\xbf\xbe</platform>"),
    (b"</platform>", b"\xed\xa0\x80</platform>"),
    (b"</platform>", b"\x01</platform>"),
    (b"</platform>", b"\r\n</platform>"),
    (b"</platform>", b"]]></platform>"),
    (b"<platform>", b"<platform> "),
    (b"SUCCESS", b"ERROR"),
    (b"SUCCESS", b"success"),
    (b"</status>", b"</status><error>CHAT_NOT_FOUND</error>"),
    (b"Envelope>", b"Envelope><!-- end -->"),
    (b"utf-8", b"iso-8859-1"),
    (b"utf-8", b"utf-7"),
    (b"<list>", b"<more>\xe9</more><list>"),
    (b"<list>", "<more>é</more><list>".encode()),
    (b"</list>", b"</list><list/>"),
    (b"item>", b"entry>"),
    (b"platformid>", b"PlatformId>"),
)


@st.composite
def soap_answers(draw: st.DrawFn) -> tuple[Operation[object], bytes]:
    """Draw an answer as it should be, or edited in a place or two, or with a byte changed or cut off."""
    operation = draw(st.sampled_from(LISTS))
    body = soap_answer(operation, draw(rows_of(operation)), item=draw(st.sampled_from(["item", "row"])))
    for old, new in draw(st.lists(st.sampled_from(EDITS), max_size=2)):
        body = body.replace(old, new, draw(st.sampled_from([1, 1, -1])))
    how = draw(st.sampled_from(["whole"] * 4 + ["cut", "byte"]))
    at = draw(st.integers(0, len(body) - 1))
    if how == "cut":
        return operation, body[:at]
    if how == "byte":
        return operation, body[:at] + bytes([draw(st.integers(0, 255))]) + body[at + 1 :]
    return operation, body


ATTRIBUTES = st.sampled_from(
    [
        *[""] * 9, ' xsi:type="xsd:string"', ' xsi:type="c:Item"', ' xsi:type="xsd:base64Binary"', ' xsi:nil="true"',
        ' xsi:nil="false"', ' note="x"', ' error="CHAT_NOT_FOUND"', ' id="r1"', ' href="#r1"', ' href="http://x/"',
        ' none:x="1"', ' a="1" a="1"', ' xmlns="urn:x"', ' xmlns:c="urn:x"', " a='1'", ' a="&amp;"',
    ]
)  # fmt: skip
BLANKS = st.sampled_from(["", "", "\n", "\n    ", "\t ", "\r\n"])


@st.composite
def styled_answers(draw: st.DrawFn) -> tuple[Operation[object], bytes]:
    """Draw an answer whose rows are all written in one way, whatever that is; or all but one."""
    operation = draw(st.sampled_from(LISTS))
    rows = draw(rows_of(operation).filter(bool))
    rows = [{**rows[0], "platformid": str(number)} for number in range(draw(st.integers(1, 4)))]
    styles = [draw(_style(operation))] * len(rows)
    if draw(st.integers(0, 3)) == 0:
        styles[draw(st.integers(0, len(rows) - 1))] = draw(_style(operation))
    inside = "".join(_styled(row, *style) for row, style in zip(rows, styles, strict=True)) + draw(BLANKS)
    beside = draw(st.sampled_from(["", "", "<more/>", '<more href="#r1"/>', '<item id="r1"/>', "<item/>"]))
    return operation, (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:afilnet:chat" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><e:Body>'
        f"<c:{operation.method}Response><status>SUCCESS</status><result><list>{inside}</list>{beside}</result>"
        f"</c:{operation.method}Response></e:Body></e:Envelope>"
    ).encode()


def _style(operation: Operation[object]) -> st.SearchStrategy[tuple[list[tuple[str, str, str, str]], str, str, str]]:
    """Draw a way to write rows: the fields in an order, each with a prefix, attributes and blanks, and the same for the
    row itself."""
    usual = st.just(([(field.wire, "", "", "") for field in operation.fields], "", "", ""))
    names = st.permutations([field.wire for field in operation.fields])
    prefixes = st.sampled_from(["", "", "", "c:", "xsi:"])
    fields = names.flatmap(lambda each: st.tuples(*(st.tuples(st.just(n), prefixes, ATTRIBUTES, BLANKS) for n in each)))
    return usual | st.tuples(fields.map(list), prefixes, ATTRIBUTES, BLANKS)


def _styled(row: dict[str, object], fields: list[tuple[str, str, str, str]], prefix: str, own: str, blank: str) -> str:
    inside = ""
    for name, before, attributes, blanks in fields:
        text = str(row[name]).lower() if isinstance(row[name], bool) else str(row[name])
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
        tag = f"{before}{name}"
        inside += f"{blanks}<{tag}{attributes}>{text}</{tag}>" if text else f"{blanks}<{tag}{attributes}/>"
    return f"{blank}<{prefix}item{own}>{inside}{blank}</{prefix}item>"


CHANNEL: dict[str, object] = {"platformid": "1", "platform": "x", "name": "n"}
CHANNELS = catalogue.GET_CHAT_CHANNELS
THREE = soap_answer(CHANNELS, [CHANNEL] * 3)
IN_A_REMARK = THREE.replace(b"<list>", b"<list><!--").replace(b"</list>", b"--></list>")


@given(answer=soap_answers(), status=st.sampled_from([200, 200, 200, 202, 404, 500]))
@example(answer=(CHANNELS, IN_A_REMARK), status=200)
@example(answer=(CHANNELS, THREE.replace(b"</item>", b"</item>\n", 1)), status=200)
@example(answer=(CHANNELS, THREE.replace(b"<list>", b"<list>" + b" " * 5000)), status=200)
def test_a_soap_answer_is_read_alike_by_both_paths(
    soap: SoapCodec, answer: tuple[Operation[object], bytes], status: int
) -> None:
    operation, body = answer
    reply = Reply(status, {}, body)
    # A frame may be new to one client and known to another.
    for client in (soap, codec()):
        assert repr(outcome(client.decode, operation, reply)) == repr(
            outcome(client.decode_by_parser, operation, reply)
        )


@given(answer=styled_answers())
def test_rows_of_any_style_are_read_alike_by_both_paths(
    soap: SoapCodec, answer: tuple[Operation[object], bytes]
) -> None:
    operation, body = answer
    reply = Reply(200, {}, body)
    for client in (soap, codec()):
        assert repr(outcome(client.decode, operation, reply)) == repr(
            outcome(client.decode_by_parser, operation, reply)
        )


ENCODED = (
    b'<item xsi:type="c:Channel" >\n  <c:name xsi:type="xsd:string">a&amp;b</c:name>\n  <platform >webchat</platform>\n'
    b'  <platformid xsi:type="xsd:int">%d</platformid>\n</item>\n'
)
SPACES = b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'


def test_rows_that_say_their_types_take_the_fast_path() -> None:
    rows = b"".join(ENCODED.replace(b" >", b">") % number for number in range(3))
    body = THREE.replace(b"<list>", b"<list" + SPACES + b' xmlns:c="urn:afilnet:chat">')
    body = re.sub(rb"<item>.*</item>", lambda _: rows, body)
    client, reply = codec(), Reply(200, {}, body)
    found = client._by_rows(CHANNELS, reply)
    assert found == client.decode_by_parser(CHANNELS, reply)
    assert [(each.platform_id, each.name) for each in found] == [(str(number), "a&b") for number in range(3)]


def test_a_type_of_bytes_would_be_missed_without_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = b'<name xsi:type="xsd:base64Binary"%b>aG9sYQ==</name>' % SPACES
    reply = Reply(200, {}, THREE.replace(b"<name>n</name>", channel))
    assert {each.name for each in codec().decode(CHANNELS, reply)} == {"hola"}
    monkeypatch.setattr(soap_rows.RowReader, "_proves", lambda *_: True)
    assert {each.name for each in codec().decode(CHANNELS, reply)} == {"aG9sYQ=="}


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.name)
@given(data=st.data())
def test_what_the_sandbox_writes_takes_the_fast_path(operation: Operation[object], data: st.DataObject) -> None:
    client = codec()
    rows = data.draw(rows_of(operation).filter(bool))
    for row in rows:
        row["platformid"] = "100"
        if "destination" in row:
            row["destination"], row["messageid"] = "34600000000", "7"
    reply = Reply(200, {}, soap_answer(operation, rows))
    assert client._by_rows(operation, reply) == client.decode_by_parser(operation, reply)


def test_the_first_short_list_is_for_the_parser_and_long_ones_and_the_second_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(soap_codec, "_SHORT", SHORT)
    client, short, long = codec(), Reply(200, {}, THREE), Reply(200, {}, soap_answer(CHANNELS, [CHANNEL] * 1000))
    assert len(client.decode(CHANNELS, short)) == 3
    assert client._rows is None
    assert len(client.decode(CHANNELS, short)) == 3
    assert client._rows is not None
    assert len(client._rows._frames) == 1
    other = codec()
    assert len(other.decode(CHANNELS, long)) == 1000
    assert other._rows is not None
    assert len(other._rows._frames) == 1


def test_where_the_reader_of_rows_cannot_be_loaded_the_parser_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    client, reply = codec(), Reply(200, {}, THREE)
    monkeypatch.setitem(sys.modules, soap_rows.__name__, None)
    assert len(client.decode(CHANNELS, reply)) == 3
    monkeypatch.undo()
    assert client._rows is None
    assert len(client.decode(CHANNELS, reply)) == 3
    assert client._rows is not None


REFUSED = THREE.replace(b"</list>", b"</list><error>CHAT_NOT_FOUND</error>")


A_MESSAGE = {
    "platform_id": "100",
    "platform": "whatsapp",
    "message": "hola",
    "destination": "34600000000",
    "message_id": "7",
    "sent": True,
    "status": "sent",
    "timestamp": "2026-01-01 10:00:00",
}


def collections_while_reading(soap: SoapCodec, count: int) -> int:
    """Return how often the garbage collector looks at something while a long list is read."""
    names = {field.name: field.wire for field in catalogue.GET_MESSAGES.fields}
    row: dict[str, object] = {names[name]: value for name, value in A_MESSAGE.items()}
    reply = Reply(200, {"content-type": "text/xml"}, soap_answer(catalogue.GET_MESSAGES, [row] * count))
    soap.decode(catalogue.GET_MESSAGES, reply)
    looked: list[str] = []
    callback = lambda phase, _: looked.append(phase)  # noqa: E731 -- to be taken out again
    was, thresholds = gc.isenabled(), gc.get_threshold()
    gc.collect()
    gc.enable()
    gc.set_threshold(700, 10, 10)  # Python's own
    gc.callbacks.append(callback)
    try:
        found = soap.decode(catalogue.GET_MESSAGES, reply)
    finally:
        gc.callbacks.remove(callback)
        gc.set_threshold(*thresholds)
        if not was:
            gc.disable()
    assert len(found) == count
    return looked.count("start")


def test_a_long_list_gives_the_garbage_collector_nothing_to_look_at(soap: SoapCodec) -> None:
    assert collections_while_reading(soap, 3000) == 0


def test_slices_that_the_garbage_collector_comes_to_look_at_are_found(
    soap: SoapCodec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soap_rows, "_SLICE", 1024 * 1024)
    assert collections_while_reading(soap, 3000) > 0


def test_an_answer_that_only_begins_like_the_one_before_is_read_as_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    client = codec()
    assert len(client.decode(CHANNELS, Reply(200, {}, THREE))) == 3
    with pytest.raises(AfilnetError):
        client.decode(CHANNELS, Reply(200, {}, REFUSED))
    take_apart = soap_rows._take_apart
    end = THREE[THREE.index(b"</list>") :]
    monkeypatch.setattr(
        soap_rows, "_take_apart", lambda *answer: msgspec.structs.replace(take_apart(*answer), after=end)
    )
    assert len(client.decode(CHANNELS, Reply(200, {}, REFUSED))) == 3


def test_rows_in_a_comment_would_be_read_without_the_proof_of_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = Reply(200, {}, IN_A_REMARK)
    assert codec().decode(CHANNELS, reply) == []
    monkeypatch.setattr(soap_rows.RowReader, "_proves", lambda *_: True)
    assert len(codec().decode(CHANNELS, reply)) == 3


@given(data=st.data())
def test_a_template_writes_what_is_written_without_one(soap: SoapCodec, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(OPERATIONS))
    bound = soap.binding.operations[operation.method]
    given_names = [item.wire for item in operation.parameters if item.compulsory or data.draw(st.booleans())]
    values = {name: data.draw(XML_TEXT) for name in ("user", "password", *given_names)}
    written, whole = bound.write(values), bound.write_whole(values)
    assert written == whole
    assert etree.tostring(etree.fromstring(written), method="c14n") == etree.tostring(
        etree.fromstring(whole), method="c14n"
    )


def test_a_template_that_did_not_escape_would_be_found_out(soap: SoapCodec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.soap.template._escaped", str)
    bound = soap.binding.operations["getchatchannels"]
    values = {"user": "a&b", "password": "<"}
    assert bound.write(values) != bound.write_whole(values)
