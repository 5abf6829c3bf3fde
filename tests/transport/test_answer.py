"""What is believed of an answer: framing, limits and content codings, without a socket."""

from __future__ import annotations

import functools
import gzip
import itertools
import tracemalloc
import zlib

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.answers import coding as coding_module
from afilnet_protocols.transport.answers.coding import Body, too_slow
from afilnet_protocols.transport.answers.parsed import parser_for
from afilnet_protocols.transport.answers.reader import AnswerReader
from afilnet_protocols.transport.limits import MIB, Limits
from afilnet_protocols.transport.outgoing import Composer
from afilnet_protocols.wire import Reply, Request
from tests.tables import table

pytestmark = pytest.mark.smoke

LIMITS = Limits()
TEXT = b'{"status": "SUCCESS", "result": {"list": [1, 2, 3]}}'


def reader(*, most: int = LIMITS.body, limits: Limits = LIMITS, seconds: float = 60.0) -> AnswerReader:
    composed = Composer().compose(Request("GET", "https://service.example/api/"), fresh=False)
    assert isinstance(composed, tuple)
    return AnswerReader(composed[1], limits, most, Deadline(seconds))


def reply_of(answer: AnswerReader) -> Reply:
    assert answer.answer is not None
    return answer.answer.reply()


def read_all(data: bytes, *, size: int = 65536, most: int = LIMITS.body, limits: Limits = LIMITS) -> Reply | str:
    """Feed an answer in pieces; return the reply, or the fault, or what is missing."""
    answer = reader(most=most, limits=limits)
    for start in range(0, len(data), size):
        answer.feed(data[start : start + size])
        if answer.fault is not None or answer.complete:
            break
    return answer.fault or (reply_of(answer) if answer.complete else "incomplete")


def body_of(outcome: Reply | str) -> bytes:
    assert isinstance(outcome, Reply), outcome
    return outcome.body


def with_length(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", body])


def with_chunks(body: bytes, *headers: bytes, size: int = 7) -> bytes:
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *headers, b"", coded])


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


gzipped = functools.partial(gzip.compress, mtime=0)
"""What it makes of a text does not depend on the time of day, nor does what becomes of it when a bit is turned."""

PACKED = {
    "gzip": (b"gzip", gzipped),
    "x-gzip": (b"x-gzip", gzipped),
    "deflate": (b"deflate", zlib.compress),
    "bare deflate": (b"deflate", raw_deflate),
    "GZIP": (b" GZIP ", gzipped),
    "identity": (b"identity", bytes),
}


@table("size", [1, 2, 5, 64, 65536])
@table("frame", [with_length, with_chunks])
def test_the_cut_of_the_segments_does_not_matter(frame: object, size: int) -> None:
    assert body_of(read_all(frame(TEXT), size=size)) == TEXT  # type: ignore[operator] # both are functions


@table("frame", [with_length, with_chunks])
@table(("coding", "pack"), [pytest.param(*each, id=name) for name, each in PACKED.items()])
@table("text", [TEXT, b"", b"x" * 100_000], ids=lambda text: f"{len(text)} bytes")
def test_one_layer_of_compression_is_unpacked(frame: object, coding: bytes, pack: object, text: bytes) -> None:
    data = frame(pack(text), b"Content-Encoding: " + coding)  # type: ignore[operator] # both are functions
    assert body_of(read_all(data, size=50)) == text


@given(st.binary(max_size=3000), st.integers(1, 600), st.sampled_from(sorted(PACKED)))
def test_any_body_survives_packing_and_cutting(body: bytes, size: int, name: str) -> None:
    coding, pack = PACKED[name]
    assert body_of(read_all(with_length(pack(body), b"Content-Encoding: " + coding), size=size)) == body


UNASKED = "it is compressed in a way that was not asked for"
NO_TEXT = b"\x0b\x1a\x80" + TEXT + b"\x03"  # as Brotli writes what it does not make shorter


@table("coding", [b"br", b"ZSTD", b"compress", b"br, utf-8", b"identity, xz", b"gzip, br", b"gzip, br, deflate"])
def test_other_codings_and_more_than_two_are_refused(coding: bytes) -> None:
    assert read_all(with_length(NO_TEXT, b"Content-Encoding: " + coding)) == UNASKED


@table("coding", [b"gzip", b"deflate", b"br", b"zstd", b"gzip, br", b"deflate, gzip"])
@table("text", [TEXT, b"{}", b"\xef\xbb\xbf" + TEXT, b"\r\n " + TEXT, b"<?xml version='1.0'?><a/>", TEXT * 300])
@table("frame", [with_length, with_chunks])
@table("size", [1, 15, 65_536])
def test_text_is_text_whatever_it_is_called(coding: bytes, text: bytes, frame: object, size: int) -> None:
    """As a proxy leaves it that unpacks bodies and keeps the header, and a script that only sets it."""
    if len(text) > 1000 and size < 1000:
        return
    data = frame(text, b"Content-Encoding: " + coding)  # type: ignore[operator] # a function
    assert body_of(read_all(data, size=size)) == text


@table("name", [b"gzip", b"deflate"])
@table("pack", [gzip.compress, zlib.compress])
@table("size", [1, 65_536])
def test_gzip_and_zlib_are_told_by_their_bytes(name: bytes, pack: object, size: int) -> None:
    data = with_length(pack(TEXT), b"Content-Encoding: " + name)  # type: ignore[operator] # a function
    assert body_of(read_all(data, size=size)) == TEXT


def test_sabotage_a_reader_that_goes_by_the_name_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding_module, "_TEXT", b"")
    with pytest.raises(ExceptionGroup):
        test_text_is_text_whatever_it_is_called()
    monkeypatch.setattr(coding_module, "_GZIP", b"none")
    monkeypatch.setattr(coding_module, "_may_be_zlib", lambda _: False)
    with pytest.raises(ExceptionGroup):
        test_gzip_and_zlib_are_told_by_their_bytes()


@table("frame", [with_length, with_chunks])
@table(
    "name",
    [
        b"", b"identity", b"utf-8", b"UTF8", b"none", b"null", b"binary", b"8bit", b"iso-8859-1", b"text/html", b"x",
        b"identity, utf-8", b" , none", b"utf-8;q=1", b"charset=utf-8",
    ],
)  # fmt: skip
def test_a_coding_that_is_none_changes_nothing(frame: object, name: bytes) -> None:
    for body in (TEXT, b""):
        data = frame(body, b"Content-Encoding: " + name)  # type: ignore[operator] # it is a function
        assert body_of(read_all(data)) == body
    for coding, pack in PACKED.values():
        names = b"Content-Encoding: " + coding + b", " + name
        assert body_of(read_all(frame(pack(TEXT), names))) == TEXT  # type: ignore[operator] # both are functions


@table("names", [(b"gzip", b"gzip"), (b"gzip, utf-8, gzip",), (b"deflate, gzip",), (b"x-gzip", b"identity, deflate")])
@table("size", [1, 65_536])
def test_two_layers_are_unpacked_on_one_line_or_two(names: tuple[bytes, ...], size: int) -> None:
    body = TEXT
    for name in b",".join(names).split(b","):
        body = dict(PACKED.values()).get(name.strip(), bytes)(body)  # type: ignore[operator] # both are functions
    for packed in (body, gzip.compress(TEXT)):  # the second with one layer only
        data = with_length(packed, *(b"Content-Encoding: " + name for name in names))
        assert body_of(read_all(data, size=size)) == TEXT
    damaged = body[:-1] + bytes([body[-1] ^ 1])
    data = with_length(damaged, *(b"Content-Encoding: " + name for name in names))
    assert read_all(data, size=size) == "its compressed body is damaged"


def test_a_bomb_in_a_bomb_is_refused() -> None:
    packed = gzip.compress(gzip.compress(bytes(100 * MIB), 1))
    outcome = read_all(with_length(packed, b"Content-Encoding: gzip, gzip"))
    assert outcome == "its compressed body expands more than 200 times"


@table("cut", range(1, len(gzip.compress(TEXT, mtime=0))))
def test_a_gzip_stream_that_is_cut_anywhere_is_refused(cut: int) -> None:
    packed = gzip.compress(TEXT, mtime=0)[:cut]
    assert read_all(with_length(packed, b"Content-Encoding: gzip")) == "its compressed body is cut short"


def test_a_damaged_checksum_and_bytes_after_the_end_are_refused() -> None:
    packed = gzip.compress(TEXT)
    damaged = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    assert read_all(with_length(damaged, b"Content-Encoding: gzip")) == "its compressed body is damaged"
    for more in (b"x", b"xx", b"\0", b"\0" * 512, packed[:1], packed[:-1], zlib.compress(TEXT)):
        outcome = read_all(with_length(packed + more, b"Content-Encoding: gzip"))
        assert outcome in ("its compressed body is damaged", "its compressed body is cut short"), more
    for pack in (zlib.compress, raw_deflate):
        outcome = read_all(with_length(pack(TEXT) * 2, b"Content-Encoding: deflate"))
        assert outcome == "bytes follow the end of its compressed body"


def is_read_from_its_members(size: int) -> None:
    members = [TEXT[:3], b"", TEXT[3:40], TEXT[40:]]
    data = with_length(b"".join(gzip.compress(member) for member in members), b"Content-Encoding: gzip")
    assert body_of(read_all(data, size=size)) == TEXT


@pytest.mark.parametrize("size", [1, 7, 21, 65_536])
def test_gzip_may_have_several_members(size: int) -> None:
    is_read_from_its_members(size)


def test_a_reader_of_the_first_member_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    unpack = coding_module._Layer._unpack
    monkeypatch.setattr(coding_module._Layer, "_unpack", lambda layer, data: itertools.islice(unpack(layer, data), 1))
    with pytest.raises(AssertionError):
        is_read_from_its_members(65_536)


def test_many_empty_members_take_no_longer_than_they_may() -> None:
    body = Body("gzip", LIMITS, LIMITS.body, Deadline(0.0))
    body.add(gzip.compress(b"") * 2_000)
    assert body.fault == too_slow()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate], ids=["gzip", "zlib", "bare"])
def test_a_bomb_is_refused_before_it_unfolds(pack: object) -> None:
    packer = pack(bytes(100 * MIB))  # type: ignore[operator] # a function
    coding = b"gzip" if packer[:2] == b"\x1f\x8b" else b"deflate"
    data = with_length(packer, b"Content-Encoding: " + coding)
    tracemalloc.start()
    outcome = read_all(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert outcome == "its compressed body expands more than 200 times"
    assert peak < 32 * MIB


def test_lists_that_compress_well_are_no_bombs() -> None:
    rows = b",".join(b'{"messageid":"%d","message":"hola","destination":"34600000000"}' % n for n in range(100_000))
    assert body_of(read_all(with_length(gzip.compress(rows), b"Content-Encoding: gzip"))) == rows


@pytest.mark.parametrize("most", [100, 4 * MIB])
def test_bodies_up_to_the_limit_pass_and_one_byte_more_does_not(most: int) -> None:
    refused = f"its body is larger than {most} bytes"
    assert body_of(read_all(with_length(b"x" * most), most=most)) == b"x" * most
    assert read_all(with_length(b"x" * (most + 1)), most=most) == refused
    assert body_of(read_all(with_chunks(b"x" * most, size=5000), most=most)) == b"x" * most
    assert read_all(with_chunks(b"x" * (most + 1), size=5000), most=most) == refused


@pytest.mark.parametrize("declared", [b"40000000", b"ffffffffffff", b"0" * 14 + b"5"])
def test_a_chunk_is_not_believed_to_be_as_large_as_it_says(declared: bytes) -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + declared + b"\r\n"
    assert read_all(data + b"x" * 4) == "incomplete"


def test_extensions_and_trailers_of_chunks_are_limited() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    broken = "it was cut short, or its body breaks the rules of HTTP/1.1"
    assert read_all(head + b"1;" + b"x" * MIB) == broken
    assert read_all(head + b"0\r\n" + b"x: y\r\n" * 100_000) == broken


CHUNKED = b"HTTP/1.1 200 OK\r\nAge: 0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n%s\r\n"


@pytest.mark.parametrize("size", [1, 65536])
def test_what_is_said_behind_a_body_counts_as_if_it_stood_before_it(size: int) -> None:
    """Who fails half way can say so only there."""
    found = read_all(CHUNKED % b"X-Error: lost\r\nage: 7\r\n", size=size)
    assert isinstance(found, Reply)
    assert found.body == b"{}"
    assert found.headers["x-error"] == "lost"
    assert found.headers["age"] == "0, 7"


def test_what_only_a_head_can_say_means_nothing_behind_a_body() -> None:
    lines = (b"Content-Encoding: gzip", b"Content-Length: 9", b"Proxy-Authenticate: Basic", b"WWW-Authenticate: Bearer")
    more = (b"Location: /", b"Content-Type: text/html", b"Connection: upgrade", b"X-A: 1")
    found = read_all(CHUNKED % b"".join(line + b"\r\n" for line in (*lines, *more)))
    assert isinstance(found, Reply)
    assert set(found.headers) == {"age", "transfer-encoding", "x-a"}


def test_what_is_said_behind_a_body_counts_among_its_headers() -> None:
    found = [read_all(CHUNKED % (b"X: y\r\n" * number)) for number in (98, 99)]
    assert isinstance(found[0], Reply)
    assert str(found[1]).startswith("it has more than 100 headers")
    assert str(read_all(CHUNKED % (b"X: " + b"y" * 32_740 + b"\r\n"))).startswith("it has more than 100 headers")


def test_100_headers_and_32_kib_of_them_are_enough() -> None:
    assert isinstance(read_all(with_length(b"", *[b"X: y"] * 99)), Reply)
    assert str(read_all(with_length(b"", *[b"X: y"] * 100))).startswith("it has more than 100 headers")
    assert isinstance(read_all(with_length(b"", b"X: " + b"y" * 30_000)), Reply)
    for size in (500, 65536):
        assert not isinstance(read_all(with_length(b"", b"X: " + b"y" * 40_000), size=size), Reply)


def test_equal_lengths_given_twice_are_one_length() -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"
    assert body_of(read_all(data)) == b"{}"


def test_parsing_stops_when_the_time_is_up() -> None:
    answer = reader(seconds=0.0)
    answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 10_000)
    assert answer.fault == "reading it took too long (raise timeout)"


@table(
    ("data", "told"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x0a", "write https://"),
        (b"\x16\x03\x03\x00\x02\x02\x0a", "write https://"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "no HTTP: check the host and the port"),
        (b"220 mail ESMTP\r\n\r\n", "no HTTP: check the host and the port"),
        (b'{"status":"SUCCESS"}\r\n\r\n', "no HTTP: check the host and the port"),
        (b"HTTP/2 200\r\n\r\n", "not valid HTTP/1.1"),
        (b"\r\nHTTP/1.1 200 OK\r\n\r\n", "not valid HTTP/1.1"),
        (b"HTTP/1.1 100 Continue\r\n\r\nSSH-2.0\r\n\r\n", "not valid HTTP/1.1"),
    ],
)
@table("size", [1, 65_536])
def test_who_speaks_no_http_is_told_to_be_somebody_else(data: bytes, told: str, size: int) -> None:
    outcome = read_all(data, size=size)
    assert isinstance(outcome, str)
    assert told in outcome


def test_a_fault_never_quotes_the_other_side() -> None:
    secret = b"pa55-word-never-shown"
    for data in (
        secret + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + secret + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br;" + secret + b"\r\nContent-Length: 1\r\n\r\n\0",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + secret + b"\r\n",
    ):
        outcome = read_all(data)
        assert isinstance(outcome, str)
        assert secret.decode() not in outcome


def test_keepable_only_when_everything_is_used_up() -> None:
    for surplus, closing, expected in (
        (b"", b"X: y", True),
        (b"x", b"X: y", False),
        (b"", b"Connection: close", False),
    ):
        answer = reader()
        answer.feed(with_length(TEXT, closing) + surplus)
        assert answer.complete
        assert answer.keepable is expected


_PIECES = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"Content-Length: 2\r\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"\r\n",
    b"\n",
    b"{}",
    b"2\r\n{}\r\n",
    b"0\r\n\r\n",
    gzip.compress(b"{}"),
    b" folded\r\n",
    b"\x00",
]


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=8)), max_size=12), st.integers(1, 80))
def test_whatever_comes_the_reader_ends_in_a_fault_an_answer_or_a_wish_for_more(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    answer = reader()
    for start in range(0, len(data), size):
        answer.feed(data[start : start + size])
        if answer.fault is not None or answer.complete:
            break
    if answer.fault is None and not answer.complete:
        answer.end()
    assert (answer.fault is None) == answer.complete
    if answer.complete:
        reply = reply_of(answer)
        assert 200 <= reply.status <= 599
        assert all(name == name.lower() for name in reply.headers)


@given(st.binary(max_size=400), st.integers(0, 500))
def test_an_answer_cut_anywhere_is_never_complete(body: bytes, cut: int) -> None:
    for data in (with_length(body), with_chunks(body), with_length(gzip.compress(body), b"Content-Encoding: gzip")):
        answer = reader()
        shortened = data[: min(cut, len(data) - 1)]
        if shortened:
            answer.feed(shortened)
        if answer.fault is None:
            answer.end()
        assert not answer.complete


def test_every_exchange_has_a_parser_of_its_own() -> None:
    first, second = (parser_for("POST", fresh=False, limits=LIMITS) for _ in range(2))
    assert first is not second
    assert first.our_state is h11.DONE


def test_sabotage_h11_alone_would_take_the_answers_that_are_refused_here() -> None:
    """Each of these is complete for h11; that we refuse them is our doing, and can therefore break."""
    tolerated = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\n{}",
    )
    for data in tolerated:
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        parser.send(h11.EndOfMessage())
        parser.receive_data(data)
        events = []
        while not events or type(events[-1]) is not h11.EndOfMessage:
            events.append(parser.next_event())
            assert len(events) < 10
        assert isinstance(read_all(data), str)
