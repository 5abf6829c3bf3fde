"""References inside a SOAP answer mean what they refer to, wherever they stand, and bound how far an answer grows."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from afilnet_protocols.catalogue import OPERATIONS, by_method
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import Delivery
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap.answers import references as soap_references
from afilnet_protocols.wire.soap.codec import SoapCodec
from afilnet_protocols.wire.soap.namespaces import XSI
from afilnet_protocols.wire.soap.strict_xml import ANSWER
from tests.tables import table
from tests.wire.soap.test_codec import CHANNEL, MESSAGE, SHAPES, envelope

ENC_12 = "http://www.w3.org/2003/05/soap-encoding"
CONTRACTS = "http://schemas.microsoft.com/2003/10/Serialization/"
SPELLINGS: dict[str, Callable[[str], tuple[str, str]]] = {
    "SOAP 1.1": lambda name: (f'id="{name}"', f'href="#{name}"'),
    "SOAP 1.2": lambda name: (f'xmlns:n="{ENC_12}" n:id="{name}"', f'xmlns:n="{ENC_12}" n:ref="{name}"'),
    ".NET": lambda name: (
        f'xmlns:z="{CONTRACTS}" z:Id="{name}"',
        f'xmlns:z="{CONTRACTS}" xmlns:i="{XSI}" z:Ref="{name}" i:nil="true"',
    ),
    "PHP, SOAP 1.2": lambda name: (f'xmlns:n="{ENC_12}" n:id="{name}"', f'xmlns:n="{ENC_12}" n:ref="#{name}"'),
}
CODECS = {
    name: SoapCodec(SHAPES[name], endpoint=None, user="me", password=Secret("password")) for name in ("document", "rpc")
}


def read(body: bytes, method: str, shape: str, status: int = 200) -> object:
    return CODECS[shape].decode(by_method(method), Reply(status, {"content-type": "text/xml"}, body))


def refusal(content: str, shape: str = "rpc", method: str = "getchatchannels") -> str:
    with pytest.raises(OutcomeUnknownError) as caught:
        read(envelope(content), method, shape)
    return str(caught.value)


def answer(method: str, *items: str) -> str:
    found = "".join(f"<item>{item}</item>" for item in items)
    result = f"<result><list>{found}</list></result>"
    return f"<c:{method}Response><status>SUCCESS</status>{result}</c:{method}Response>"


@st.composite
def shared(draw: st.DrawFn, plain: str) -> tuple[str, list[str]]:
    """Draw an answer that means the same: elements are replaced by references to equal ones, or to ones beside it."""
    root = etree.fromstring(envelope(plain))
    body = root[0]
    spell = SPELLINGS[draw(st.sampled_from(sorted(SPELLINGS)))]
    beside: list[etree._Element] = []
    used: list[str] = []

    def refer(element: etree._Element, name: str) -> None:
        holder = etree.fromstring(f"<x {spell(name)[1]}/>")
        for child in list(element):
            element.remove(child)
        element.text = None
        for key, value in holder.items():
            element.set(key, value)
        used.append(name)

    def identify(element: etree._Element, name: str) -> None:
        for key, value in etree.fromstring(f"<x {spell(name)[0]}/>").items():
            element.set(key, value)

    def equal(one: etree._Element, other: etree._Element) -> bool:
        return etree.tostring(one, with_tail=False) == etree.tostring(other, with_tail=False)

    for number in range(draw(st.integers(1, 6))):
        elements = [
            each
            for each in body[0].iterdescendants()
            if not any(str(key).rpartition("}")[2].lower() in ("id", "ref", "href") for key, _ in each.items())
        ]
        elements = [each for each in elements if len(each) or (each.text or "")]
        if not elements:
            break
        element = draw(st.sampled_from(elements))
        twins = [
            each
            for each in elements
            if each is not element
            and equal(each, element)
            and element not in list(each.iter()) + list(each.iterancestors())
        ]
        name = f"r{number}"
        if twins and draw(st.booleans()):
            identify(draw(st.sampled_from(twins)), name)
            refer(element, name)
        else:
            copied = etree.fromstring(etree.tostring(element, with_tail=False))
            copied.tag = "multiRef"
            identify(copied, name)
            refer(element, name)
            beside.append(copied)
    for each in beside:
        body.insert(draw(st.sampled_from([0, len(body)])), each)
    return etree.tostring(root).decode(), used


@pytest.mark.parametrize("method", ["getchatchannels", "getmessages", "sendmessage"])
@pytest.mark.parametrize("shape", CODECS)
@given(data=st.data())
def test_an_answer_with_references_reads_as_the_one_without(shape: str, method: str, data: st.DataObject) -> None:
    rows = [CHANNEL if method == "getchatchannels" else MESSAGE] * data.draw(st.integers(1, 3))
    plain = (
        answer(method, *rows)
        if method != "sendmessage"
        else f"<c:{method}Response><status>SUCCESS</status></c:{method}Response>"
    )
    written, used = data.draw(shared(plain))
    assert used
    assert read(written.encode(), method, shape) == read(envelope(plain), method, shape)


@pytest.mark.parametrize("shape", CODECS)
@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.fields], ids=lambda each: each.method)
def test_the_second_of_two_equal_records_is_one(operation, shape: str) -> None:
    row = CHANNEL if operation.method == "getchatchannels" else MESSAGE
    method = operation.method
    plain = answer(method, row, row)
    for identified, referring in (spell("ref1") for spell in SPELLINGS.values()):
        written = plain.replace("<item>", f"<item {identified}>", 1)
        last = written.rindex("<item>")
        written = written[:last] + f"<item {referring}/>" + written[written.rindex("</item>") + len("</item>") :]
        assert read(envelope(written), method, shape) == read(envelope(plain), method, shape)


def test_the_second_of_two_equal_texts_is_one() -> None:
    """As .NET writes it where references are to be kept: the text of the second message would be empty."""
    written = MESSAGE.replace("<message>hola</message>", f"<message {SPELLINGS['.NET']('4')[1]}/>")
    first = MESSAGE.replace("<message>", f"<message {SPELLINGS['.NET']('4')[0]}>")
    for shape in CODECS:
        found = read(envelope(answer("getmessages", first, written)), "getmessages", shape)
        assert found == read(envelope(answer("getmessages", MESSAGE, MESSAGE)), "getmessages", shape)


@table(
    ("content", "words"),
    [
        ("<item href='#x'/>", "what is not there"),
        (f"<item xmlns:z='{CONTRACTS}' id='1'/><item xmlns:z='{CONTRACTS}' z:Ref='1'/>", "what is not there"),
        (f"<item><name xmlns:z='{CONTRACTS}' z:Ref='1'/></item>", "what is not there"),
        (f"<item xmlns:z='{CONTRACTS}' z:Id='1'><name z:Ref='1'/></item>", "circle"),
        ("<item id='a'/><item id='a'/><item href='#a'/>", "two elements"),
        ("<item id='a' href='#a'/>", "circle"),
        ("<item id='a' href='#b'/><item id='b' href='#a'/>", "circle"),
        ("<item id='a'><name href='#a'/></item>", "circle"),
        ("<item id='a'><name href='#b'/></item><item id='b'><name href='#a'/></item>", "circle"),
        ("<item id='a'>x</item><item href='#a'>y</item>", "content of its own"),
        ("<item><name href='cid:part1@example.com'/></item>", "attachment"),
        (
            "<item><name><i:Include xmlns:i='http://www.w3.org/2004/08/xop/include' href='cid:1'/></name></item>",
            "attachment",
        ),
    ],
)
@table("shape", CODECS)
def test_what_refers_to_nothing_usable_is_refused(content: str, words: str, shape: str) -> None:
    inside = f"<status>SUCCESS</status><result><list>{content}</list></result>"
    assert words in refusal(f"<c:getchatchannelsResponse>{inside}</c:getchatchannelsResponse>", shape)


@table(
    "beside",
    [
        "<multiRef id='unused'><status>ERROR</status></multiRef>",
        "<c:sendmessageResponse><status>ERROR</status></c:sendmessageResponse>",
        "<multiRef id='a' enc:root='1'>x</multiRef>",
        "<e:Fault><faultcode>CHAT_NOT_FOUND</faultcode></e:Fault>",
    ],
)
@table("shape", CODECS)
@table("before", [False, True])
def test_what_stands_beside_an_answer_and_belongs_to_nothing_is_refused(beside: str, before: bool, shape: str) -> None:
    one = "<c:sendmessageResponse><status>SUCCESS</status></c:sendmessageResponse>"
    assert read(envelope(one), "sendmessage", shape) is None
    assert "more than one" in refusal(beside + one if before else one + beside, shape, "sendmessage")


@table("shape", CODECS)
@table("first", [True, False])
def test_objects_that_delphi_writes_before_the_parts_of_an_answer_are_no_parts(first: bool, shape: str) -> None:
    row = f"<d:TChannel xmlns:d='urn:d' id='2'>{CHANNEL}</d:TChannel>"
    listing = "<d:TList xmlns:d='urn:d' id='1'><item href='#2'/><item href='#2'/></d:TList>"
    parts = "<status>SUCCESS</status><result><list href='#1'/></result>"
    inside = row + listing + parts if first else parts + listing + row
    written = envelope(f"<c:getchatchannelsResponse>{inside}</c:getchatchannelsResponse>")
    plain = envelope(answer("getchatchannels", CHANNEL, CHANNEL))
    assert read(written, "getchatchannels", shape) == read(plain, "getchatchannels", shape)


@table("shape", CODECS)
def test_a_row_that_another_one_refers_to_stays_a_row(shape: str) -> None:
    rows = f"<c:item id='1'>{CHANNEL}</c:item><c:item href='#1'/>"
    written = envelope(f"<c:getchatchannelsResponse><c:status>SUCCESS</c:status>{rows}</c:getchatchannelsResponse>")
    assert len(read(written, "getchatchannels", shape)) == 2


def laughs(levels: int, width: int) -> str:
    """Return an answer of few bytes that means width to the power of levels elements."""
    inside = [f"<list href='#r{level + 1}'/>" * width for level in range(levels)]
    parts = "".join(f"<m id='r{level}'>{each}</m>" for level, each in enumerate(inside))
    return (
        "<c:getchatchannelsResponse><status>SUCCESS</status><result href='#r0'/></c:getchatchannelsResponse>"
        f"{parts}<m id='r{levels}'>ha</m>"
    )


def long_text_often() -> str:
    items = "<item href='#t'/>" * 2_000
    return (
        f"<c:getchatchannelsResponse><status>SUCCESS</status><result><list>{items}</list></result>"
        f"</c:getchatchannelsResponse><m id='t'>{'x' * 100_000}</m>"
    )


@pytest.mark.parametrize(
    "content",
    [laughs(12, 3), laughs(40, 2), laughs(70, 1), long_text_often()],
    ids=["wide", "doubling", "deep", "a long text often"],
)
def test_an_answer_does_not_grow_beyond_its_bounds(content: str) -> None:
    assert "too large" in refusal(content)


def test_a_record_may_be_referred_to_as_often_as_a_list_is_long() -> None:
    items = f"<item id='a'>{CHANNEL}</item>" + "<item href='#a'/>" * 5_000
    body = envelope(
        f"<c:getchatchannelsResponse><status>SUCCESS</status><result><list>{items}</list></result></c:getchatchannelsResponse>"
    )
    began = time.perf_counter()
    found = read(body, "getchatchannels", "rpc")
    assert isinstance(found, list)
    assert len(found) == 5_001
    print(f"5,000 references in {time.perf_counter() - began:.2f} s")


@pytest.mark.parametrize("shape", CODECS)
def test_a_fault_whose_detail_stands_beside_it_counts(shape: str) -> None:
    """Axis 1 writes what a Fault holds as a multiRef beside it."""
    fault = (
        "<e:Fault><faultcode>e:Server</faultcode><faultstring>x</faultstring><detail><f href='#a'/></detail></e:Fault>"
    )
    beside = "<multiRef id='a' enc:root='0'><error>CHAT_NOT_FOUND</error></multiRef>"
    with pytest.raises(AfilnetError) as caught:
        read(envelope(fault + beside), "getchats", shape, 500)
    assert (getattr(caught.value, "code", ""), caught.value.delivery) == ("CHAT_NOT_FOUND", Delivery.REJECTED)
    with pytest.raises(OutcomeUnknownError):
        read(envelope(fault), "getchats", shape, 500)
    with pytest.raises(OutcomeUnknownError):
        read(envelope(fault + beside.replace("'a'", "'b'")), "sendmessage", shape, 500)


@pytest.mark.parametrize("word", ["id", "href"])
def test_attributes_of_these_names_are_no_references_by_themselves(word: str) -> None:
    row = CHANNEL + f"<link {word}='https://www.example.com/'>text</link>"
    assert read(envelope(answer("getchatchannels", row)), "getchatchannels", "rpc") == read(
        envelope(answer("getchatchannels", CHANNEL)), "getchatchannels", "rpc"
    )


@pytest.mark.parametrize(
    ("name", "replacement"),
    [("_targets", lambda _: {}), ("_become", lambda reference, _: reference.attrib.clear())],
)
def test_a_careless_reader_of_references_is_noticed(name: str, replacement: object, monkeypatch) -> None:
    monkeypatch.setattr(soap_references, name, replacement)
    with pytest.raises((AssertionError, pytest.fail.Exception, AfilnetError)):
        test_the_second_of_two_equal_records_is_one(by_method("getchatchannels"), "document")


def test_a_reader_that_knows_no_references_of_net_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap_references, "_MAY_REFER", lambda _: False)
    with pytest.raises(AssertionError):
        test_the_second_of_two_equal_texts_is_one()


@pytest.mark.parametrize(
    ("content", "guard", "value"),
    [(laughs(7, 3), "GROWTH", 10_000), (laughs(70, 1), "ANSWER", msgspec.structs.replace(ANSWER, depth=1_000))],
    ids=["wide", "deep"],
)
def test_a_reader_without_bounds_is_noticed(content: str, guard: str, value: object, monkeypatch) -> None:
    test_an_answer_does_not_grow_beyond_its_bounds(content)
    monkeypatch.setattr(soap_references, guard, value)
    with pytest.raises(AssertionError):
        test_an_answer_does_not_grow_beyond_its_bounds(content)


def test_what_is_too_large_is_refused_before_anything_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap_references, "_become", lambda *_: pytest.fail("something was copied"))
    for content in (laughs(12, 3), laughs(40, 2), laughs(70, 1), long_text_often()):
        test_an_answer_does_not_grow_beyond_its_bounds(content)
