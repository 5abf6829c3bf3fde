"""Hostile XML is refused before it costs anything, and nothing that it refers to is ever fetched or opened."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from afilnet_protocols.catalogue import SEND_MESSAGE
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap import binding as soap_binding
from afilnet_protocols.wire.soap import codec as soap
from afilnet_protocols.wire.soap import strict_xml
from afilnet_protocols.wire.soap.answers import answer as soap_answer
from afilnet_protocols.wire.soap.answers import reader as soap_reader
from afilnet_protocols.wire.soap.codec import SoapCodec
from afilnet_protocols.wire.soap.description import wsdl
from afilnet_protocols.wire.soap.strict_xml import ANSWER, Limits, NotStrictXml, parse, scan
from tests.sizes import examples
from tests.tables import table
from tests.time_limit import HANGS
from tests.wire.soap import hostile_xml
from tests.work import slowness

SMALL = Limits(size=200, depth=3, attributes=2, elements=4)
SECONDS = 1.0
MEGABYTES = 32.0


@dataclass
class Trap:
    """A port that counts who connects, and a FIFO at which whoever opens it hangs."""

    port: int
    fifo: Path
    visitors: list[object] = field(default_factory=list)

    def program(self, *options: str) -> list[str]:
        """Return the command that gives the corpus to a process that is watched."""
        where = ["--port", str(self.port), "--fifo", str(self.fifo)]
        return [sys.executable, "-W", "ignore", hostile_xml.__file__, *where, *options]

    def is_open(self) -> bool:
        """Whether somebody hangs at the FIFO."""
        try:
            os.close(os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Trap(server.getsockname()[1], fifo)

        def count() -> None:
            while True:
                try:
                    visitor, address = server.accept()
                except OSError:
                    return
                found.visitors.append(address)
                visitor.close()

        thread = threading.Thread(target=count)
        thread.start()
        yield found
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's account of a process's memory")
def test_the_whole_corpus_is_refused_at_once_and_touches_nothing(trap: Trap) -> None:
    finished = subprocess.run(trap.program(), capture_output=True, check=True, timeout=120, text=True)
    rows = [json.loads(line) for line in finished.stdout.splitlines()]
    kinds = Counter(row["kind"] for row in rows)
    slowest, largest = max(row["seconds"] for row in rows), max(row["megabytes"] for row in rows)
    print(f"{dict(kinds)} documents refused; slowest {slowest:.2f} s, largest growth {largest:.1f} MB")
    assert min(kinds["answer"], kinds["description"]) >= 150
    assert any("100000 attributes" in row["name"] for row in rows)
    assert len({(row["kind"], row["name"]) for row in rows}) == len(rows)
    ours = {
        "answer": "afilnet_protocols.errors.OutcomeUnknownError",
        "description": "afilnet_protocols.errors.ConfigurationError",
        "harmless description": "accepted",
    }
    for row in rows:
        assert row["outcome"] == ours[row["kind"]], row
        assert row["seconds"] < SECONDS * slowness(), row
        assert row["megabytes"] < MEGABYTES, row
        assert row["touched"] == [], row
    assert trap.visitors == []
    assert not trap.is_open()
    assert finished.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's account of a process's memory")
def test_the_watch_sees_what_the_libraries_do_by_themselves(trap: Trap) -> None:
    with subprocess.Popen(trap.program("--control"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        rows = {row["name"]: row for row in (json.loads(process.stdout.readline()) for _ in range(7))}
        end = time.monotonic() + HANGS
        while not trap.is_open() and time.monotonic() < end:
            time.sleep(0.01)
        hangs = process.poll() is None
        process.kill()
    assert time.monotonic() < end, "lxml did not open the file that an entity names"
    assert hangs
    assert rows["bare"]["outcome"] == "accepted"
    assert rows["too many <x/>"]["megabytes"] > MEGABYTES
    assert "hostile.xml" in str(rows["xsd:include relative"]["touched"])
    for name in ("wsdl:import http", "xsd:import http", "xsd:include http"):
        assert "socket.connect" in str(rows[name]["touched"])
    assert len(trap.visitors) >= 3


def codec(description: str = hostile_xml.WSDL, endpoint: str | None = None) -> SoapCodec:
    return SoapCodec(description.encode(), endpoint=endpoint, user="user", password=Secret("password"))


def sent(body: bytes) -> bool:
    """Whether the client takes an answer for a success."""
    try:
        codec().decode(SEND_MESSAGE, Reply(200, {}, body))
    except AfilnetError:
        return False
    return True


def bound(description: bytes) -> bool:
    """Whether the client takes a description."""
    soap_binding.bind.cache_clear()
    try:
        codec(description.decode())
    except AfilnetError:
        return False
    return True


NOWHERE = {"relative": "nothing.xml", "path": "/nonexistent"}
ANSWERS = dict(hostile_xml.hostile_answers(NOWHERE))
DESCRIPTIONS = dict(hostile_xml.hostile_descriptions(NOWHERE))


@pytest.mark.parametrize(
    ("name", "module", "guard", "replacement"),
    [
        ("bare", strict_xml, "scan", lambda *_, **__: None),
        ("defaults", strict_xml, "scan", lambda *_, **__: None),
        ("instruction inside", strict_xml, "scan", lambda *_, **__: None),
        ("40 attributes on the root", strict_xml, "scan", lambda *_, **__: None),
        ("depth 65", strict_xml, "scan", lambda *_, **__: None),
        ("declared as 'ISO-2022-JP'", strict_xml, "scan", lambda *_, **__: None),
        ("status of elements", soap_reader, "_text", lambda *_: "SUCCESS"),
        ("text among fields", soap_reader, "_refuse_mixed", lambda _: None),
        ("foreign status", soap_reader, "_is_foreign", lambda *_: False),
        ("text in body", soap_answer, "_content", lambda tree, _: list(tree[-1])),
        ("trailing element", soap_answer, "_content", lambda tree, _: list(tree[0])),
    ],
)
def test_without_its_guard_a_hostile_answer_would_pass(name, module, guard, replacement, monkeypatch) -> None:
    body = ANSWERS[name]()
    assert not sent(body)
    assert sent(hostile_xml.answer().encode())
    monkeypatch.setattr(module, guard, replacement)
    assert sent(body)


@pytest.mark.parametrize(
    ("name", "module", "guard", "replacement"),
    [
        ("xi:include path", wsdl, "_refuse", lambda *_: None),
        ("xi:include path", wsdl, "_INCLUSION", "{*}import"),
        ("document type subset path", strict_xml, "scan", lambda *_, **__: None),
        ("action with a header", soap_binding, "_headers", lambda *_: ()),
    ],
)
def test_without_its_guard_a_hostile_description_would_pass(name, module, guard, replacement, monkeypatch) -> None:
    description = DESCRIPTIONS[name]()
    assert not bound(description)
    monkeypatch.setattr(module, guard, replacement)
    try:
        assert bound(description) or name == "document type subset path"
    finally:
        soap_binding.bind.cache_clear()


def test_what_only_hints_at_other_documents_is_read_without_them() -> None:
    hint = ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:x http://127.0.0.1:9/x"'
    assert sent(hostile_xml.answer(envelope=hint).encode())
    include = '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
    assert sent(hostile_xml.answer(inside=include).encode())


@table("address", ["file:///etc/passwd", "http://evil.example/", "javascript:1", "", " ", "gopher://x/"])
def test_an_address_in_a_description_does_not_stand_against_a_configured_one(address: str) -> None:
    description = hostile_xml.WSDL.replace("https://soap.example.com/chat/", address)
    assert codec(description, endpoint="https://soap.example.com/").endpoint == "https://soap.example.com/"
    assert codec(description, endpoint="https://soap.example.com/").binding.address == address.strip()


@table(
    ("document", "reason"),
    [
        (b"<r><a/><a/><a/></r>", None),
        (b"<r><a/><a/><a/><a/></r>", "more than 4 elements"),
        (b"<r><a><b/></a></r>", None),
        (b"<r><a><b><c/></b></a></r>", "nested deeper than 3 levels"),
        (b"<r a='1' b='2'/>", None),
        (b"<r a='1' b='2' xmlns:c='3'/>", "more than 2 attributes"),
        (b"<r>" + b"x" * 193 + b"</r>", None),
        (b"<r>" + b"x" * 194 + b"</r>", "more than 200 bytes"),
        (b"<p:r xmlns:p='u'/>", None),
        (b"<s/>", "its root is not r"),
        (b"<r:s xmlns:r='u'/>", "its root is not r"),
        (b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8' standalone='yes'?><r/>", None),
        (b"\n<?xml version='1.0'?><r/>", "before its XML declaration, such as an empty line"),
        (b"<!-- x --><?xml version='1.0'?><r/>", "before its XML declaration"),
        (b"\n<r/>", None),
    ],
)
def test_each_limit_is_exact(document: bytes, reason: str | None) -> None:
    if reason is None:
        scan(document, SMALL, root="r")
        assert etree.QName(parse(document, SMALL, root="r")).localname == "r"
        return
    with pytest.raises(NotStrictXml, match=reason) as caught:
        parse(document, SMALL, root="r")
    assert caught.value.__context__ is None


def test_a_list_of_a_hundred_thousand_records_is_within_the_limits() -> None:
    assert ANSWER.elements > 100_000 * 9 + 5
    assert ANSWER.size > 100_000 * 320


@table("length", [65_535, 65_536, 65_537, 200_000, 1_000_000])
def test_a_long_text_is_no_long_tag(length: int) -> None:
    for text in ("x" * length, "😀" * (length // 4), "&lt;" * (length // 4), f"<![CDATA[{'y' * length}]]>"):
        assert parse(f"<r><a>{text}</a></r>".encode(), ANSWER, root="r")[0].text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff", min_codepoint=32)))
def test_text_is_read_exactly(text: str) -> None:
    root = etree.Element("r", a=text)
    root.text = f"\r{text}\t\n"
    read = parse(etree.tostring(root, encoding="utf-8"), ANSWER, root="r")
    assert (read.text, read.get("a")) == (f"\r{text}\t\n", text)


ODD = ("urn:with blank", "urn:año", "urn:{0", "%zz", " urn:x ")
"""Names of namespaces that are no URIs; they are compared as texts all the same (Namespaces in XML 1.0 §2.3)."""


@table("namespace", ODD)
def test_a_namespace_may_have_any_name_in_an_answer(namespace: str) -> None:
    """What a send was answered counts, whatever somebody put beside it."""
    document = f'<r xmlns:o="{namespace}" o:a="1"><o:b>x<o:c/></o:b></r>'.encode()
    tree = parse(document, ANSWER, root="r")
    assert (tree[0].tag, tree[0].text, tree.values()) == (f"{{{namespace}}}b", "x", ["1"])


@table("namespace", ODD)
def test_a_namespace_in_which_nothing_can_be_written_is_told_of_a_description(namespace: str) -> None:
    for used in ("<o:a/>", '<a o:b="1"/>', '<a type="o:b"/>', f'<a namespace="{namespace}"/>', '<a xmlns="urn:b c"/>'):
        with pytest.raises(NotStrictXml, match=f"a namespace that is no URI.*: '(?:{re.escape(namespace)}|urn:b c)'"):
            parse(f'<r xmlns:o="{namespace}">{used}</r>'.encode(), strict_xml.DESCRIPTION, root="r")


@table("namespace", ODD)
def test_a_namespace_that_a_description_only_declares_is_not_needed(namespace: str) -> None:
    document = '<r xmlns:c="urn:c"{}><a xmlns:d="urn:d" type="c:b"/><o:b xmlns:o="urn:o"/></r>'
    tree = parse(document.format(f' xmlns:o="{namespace}"').encode(), strict_xml.DESCRIPTION, root="r")
    assert etree.tostring(tree) == document.format("").encode()


@table(
    "wrong",
    ["<p:a/>", '<p:a xmlns:p="urn:}b"/>', '<a xmlns:p="}" p:b="1"/>', "x" * 10_000_001],
    ids=lambda wrong: str(wrong)[:6],
)
def test_what_is_wrong_beside_an_odd_namespace_is_refused(wrong: str) -> None:
    with pytest.raises(NotStrictXml):
        parse(f'<r xmlns:o="urn:a b">{wrong}</r>'.encode(), ANSWER, root="r")


NAMESPACES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='&<"\ufffe\uffff'), max_size=9)


@settings(max_examples=examples(40, proof=2000), deadline=None)
@given(NAMESPACES | st.sampled_from(ODD), st.sampled_from(["c", "o", "e"]), st.booleans())
def test_whatever_a_namespace_is_called_an_answer_is_read_or_refused(name: str, prefix: str, refers: bool) -> None:
    """In the name of the answer, of what is beside it, of the envelope, and of what is referred to."""
    spaces = {"c": "urn:afilnet:chat", "o": "urn:other", "e": "http://schemas.xmlsoap.org/soap/envelope/", prefix: name}
    declared = " ".join(f'xmlns:{each}="{space}"' for each, space in spaces.items())
    status = '<status href="#s"/>' if refers else "<o:status>SUCCESS</o:status>"
    beside = f'<s {declared} o:kind="1" id="s">SUCCESS<!-- --></s>' if refers else ""
    told = f"<e:Body><c:sendmessageResponse o:at='1'>{status}</c:sendmessageResponse>{beside}</e:Body>"
    document = f"<e:Envelope {declared}><e:Header><o:x/></e:Header>{told}</e:Envelope>"
    with contextlib.suppress(AfilnetError):
        codec().decode(SEND_MESSAGE, Reply(200, {"content-type": "text/xml"}, document.encode()))


OUR_WORDS = re.compile(
    "not well-formed XML in UTF-(16|8(, and no label says what else it is)?)|its root is not r|not XML 1.0|"
    "a document type|an encoding that is not read here|UTF-16, which is not read here|"
    "a processing instruction|an element with more than 32 attributes|nested deeper than 64 levels|"
    "a namespace prefix without a declaration, or a text that is too long|something stands before its XML declaration.*"
)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_tree_or_our_own_error(document: bytes) -> None:
    reasons = set()
    for body in (document, b"<r>" + document + b"</r>", b"<r " + document + b"/>"):
        try:
            assert etree.QName(parse(body, ANSWER, root="r")).localname == "r"
        except NotStrictXml as error:
            reasons.add(str(error))
    assert all(OUR_WORDS.fullmatch(reason) for reason in reasons)


def test_the_codec_reads_what_the_reader_gives() -> None:
    """The scan is in the way of every answer: the codec knows no other reader."""
    assert soap.parse is strict_xml.parse
    assert wsdl.parse is strict_xml.parse
