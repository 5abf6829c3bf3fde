"""Answers that are read at a glance: what comes out is what the parser would have made of them."""

from __future__ import annotations

import gzip
import itertools
import random
import re
import zlib
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.answers import plain as plain_answer
from afilnet_protocols.transport.answers import plain_head
from afilnet_protocols.transport.answers.parsed import ParsedAnswer, parser_for
from afilnet_protocols.transport.answers.plain import PlainAnswer
from afilnet_protocols.transport.answers.plain_head import Headers, form_of
from afilnet_protocols.transport.answers.reader import AnswerReader
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.transport.outgoing import Outgoing
from tests.tables import table

LIMITS = Limits(body=2000, head=700, headers=6, expansion=20, expansion_free=1000)
LINES = [
    b"Content-Length: 2",
    b"content-length: 0",
    b"Content-Length: 02",
    b"Content-Length: 2, 2",
    b"Content-Length: +2",
    b"Content-Length: 1999",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: " + b"0" * 21 + b"2",
    b"Connection: close",
    b"connection: keep-alive",
    b"Connection: Close",
    b"Connection: close, x",
    b"Connection: upgrade",
    b"Upgrade: h2c",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Content-Encoding: gzip",
    b"Content-Encoding: deflate",
    b"Content-Encoding: br",
    b"Content-Encoding: bzip2",
    b"Content-Encoding: bzip3",
    b"Content-Type: application/json; charset=utf-8",
    b"Date: Sun, 22 Nov 2026 10:00:00 GMT",
    b"Keep-Alive: timeout=5, max=99",
    b"X-1: a",
    b"X-2: a",
    b"X-One: a  b",
    b"X-One:a",
    b"X-One: a ",
    b"X-Empty:",
    b"X_Token!: a",
    b"X-Latin: \xe9",
    b"X-Tab: a\tb",
    b"X-Nul: a\x00b",
    b"X-Bell: \x07",
    b" folded",
    b"no colon",
    b"bad name: x",
    b"Long: " + b"x" * 400,
]
FIRST = [
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 200 Fine by me",
    b"HTTP/1.1 200 ",
    b"HTTP/1.1 200",
    b"HTTP/1.1  200 OK",
    b"HTTP/1.1 500 Internal Server Error",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 304 Not Modified",
    b"HTTP/1.1 599 Odd",
    b"HTTP/1.1 600 Odd",
    b"HTTP/1.1 100 Continue",
    b"HTTP/1.0 200 OK",
    b"HTTP/1.2 200 OK",
    b"http/1.1 200 OK",
    b"HTTP/1.1 200 \xe9",
]
BODIES = [
    b"{}",
    b"",
    b"x",
    b"{}x",
    b"x" * 1999,
    gzip.compress(b"{}"),
    gzip.compress(bytes(30_000)),
    zlib.compress(b"{}"),
]


def reading(data: bytes, cuts: list[int], *, parsed: bool, fresh: bool, method: str, end: bool) -> object:
    """Return everything that can be known of a reading: what it says after the last byte, and the answer."""
    reader: AnswerReader | ParsedAnswer
    if parsed:
        parser = parser_for(method, fresh=fresh, limits=LIMITS)
        reader = ParsedAnswer(parser, LIMITS, LIMITS.body, Deadline(60))
    else:
        reader = AnswerReader(Outgoing(method, fresh, memoryview(b"")), LIMITS, LIMITS.body, Deadline(60))
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]
    for start, stop in itertools.pairwise(places):
        if start < stop:
            reader.feed(data[start:stop])
        if reader.fault is not None or reader.complete:
            break
    if end and data and reader.fault is None and not reader.complete:
        reader.end()
    answer = reader.answer if isinstance(reader, AnswerReader) else reader
    if answer is None or not answer.complete:
        return reader.fault
    reply = answer.reply()
    return reply.status, list(reply.headers.items()), reply.body, answer.keepable


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Heads from plain to broken, with bodies that fit their length, or do not."""
    body = draw(st.sampled_from(BODIES))
    lines = draw(st.lists(st.sampled_from(LINES), max_size=7))
    if draw(st.booleans()):
        lines = [line for line in lines if not line.lower().startswith(b"content-length")]
        lines.insert(draw(st.integers(0, len(lines))), b"Content-Length: %d" % len(body))
    first = draw(st.sampled_from(FIRST[:2] * 5 + FIRST))
    return b"\r\n".join([first, *lines, b"", body])


def agree(
    data: bytes, cuts: list[int], *, fresh: bool, method: str, end: bool, earlier: tuple[bytes, ...] = ()
) -> bool:
    """Whether the parser and the glance read the same, also after the glance has seen other answers, and this one."""
    plain_head._known.clear()
    parsed = reading(data, cuts, parsed=True, fresh=fresh, method=method, end=end)
    if parsed != reading(data, cuts, parsed=False, fresh=fresh, method=method, end=end):
        return False
    plain_head._known.clear()
    for each in (*earlier, data):
        reading(each, [], parsed=False, fresh=fresh, method=method, end=False)
    return parsed == reading(data, cuts, parsed=False, fresh=fresh, method=method, end=end)


def with_other_digits(data: bytes, digits: bytes) -> bytes:
    """Return an answer that another one may be taken for by whoever looks at no digit."""
    return re.sub(rb"[0-9]", lambda digit: digits[digit.start() % len(digits) :][:1], data)


@given(
    answers(),
    st.lists(st.integers(0, 300), max_size=3),
    st.booleans(),
    st.sampled_from(["GET", "POST", "GET", "POST", "HEAD", "CONNECT", "PUT"]),
    st.booleans(),
)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", [], False, "GET", True)
def test_both_readings_say_the_same(data: bytes, cuts: list[int], fresh: bool, method: str, end: bool) -> None:
    assert agree(data, cuts, fresh=fresh, method=method, end=end)


@given(answers(), st.integers(0, 600), st.binary(min_size=1, max_size=3), st.booleans())
def test_both_readings_say_the_same_of_damaged_heads(data: bytes, place: int, damage: bytes, over: bool) -> None:
    broken = data[:place] + damage + data[place + (len(damage) if over else 0) :]
    assert agree(broken, [], fresh=False, method="POST", end=True)


@given(
    answers(),
    st.lists(st.text("0123456789", min_size=1, max_size=5).map(str.encode), min_size=1, max_size=3),
    st.booleans(),
)
def test_what_is_remembered_of_heads_changes_nothing(data: bytes, digits: list[bytes], fresh: bool) -> None:
    earlier = tuple(with_other_digits(data, each) for each in digits)
    assert agree(data, [], fresh=fresh, method="GET", end=True, earlier=earlier)


def test_what_services_answer_is_read_at_a_glance() -> None:
    usual = (
        b"HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 10:00:00 GMT\r\nserver: Apache/2.4.62 (Debian)\r\n"
        b"content-type: application/json; charset=utf-8\r\ncontent-length: 2\r\n\r\n"
    )
    for rest in (b"", b"{", b"{}"):
        answer = PlainAnswer.begin(usual + rest, False, Limits(), 100, Deadline(60))
        assert answer is not None
        assert answer.complete is (rest == b"{}")


@table("line", [b"Transfer-Encoding: chunked", b"Connection: upgrade", b"X: \xe9", b"X:y", b" folded"])
def test_what_is_not_plain_is_left_to_the_parser(line: bytes) -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + line + b"\r\n\r\n{}"
    assert PlainAnswer.begin(data, False, Limits(), 100, Deadline(60)) is None


def test_a_head_that_is_nearly_plain_does_not_cost_more_the_longer_it_is() -> None:
    """Each quantifier is possessive: of 60 KB that end wrongly, every byte is looked at a few times at most."""
    for filling in (b"a: b\r\n" * 10_000, b"a: " + b"b c " * 15_000, b"x" * 60_000, b"a: " + b"b" * 60_000):
        data = b"HTTP/1.1 200 OK\r\n" + filling + b"\x00\r\n\r\n"
        assert PlainAnswer.begin(data, False, Limits(), 100, Deadline(60)) is None


def test_heads_in_which_a_secret_may_be_repeated_are_not_remembered() -> None:
    plain_head._known.clear()
    form_of(_head(b"Server: a"))
    for line in (b"Set-Cookie: session=hidden", b"X-Echo: hidden", b"Location: hidden", b"WWW-Authenticate: hidden"):
        assert form_of(_head(line)) is not None
    assert form_of(_head(b"Server: " + b"a" * plain_head._LONGEST_KNOWN)) is not None
    assert [tuple(form.places) for form in plain_head._known.values()] == [("server", "content-length")]
    assert "hidden" not in repr(plain_head._known)


def test_no_header_of_those_that_are_remembered_has_a_digit_in_its_name() -> None:
    assert not re.search("[0-9]", "".join(plain_head._OF_NOBODY))


def test_only_so_many_heads_are_remembered() -> None:
    for number in range(1000):
        form_of(_head(b"Server: " + b"a" * number))
    assert 0 < len(plain_head._known) <= plain_head._MOST_KNOWN


def _answer(*lines: bytes, status: bytes = b"200", body: bytes = b"{}") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 %s OK" % status, *lines, b"Content-Length: %d" % len(body), b"", body])


def _head(line: bytes) -> bytes:
    return _answer(line).partition(b"\r\n\r\n")[0]


class Everything(frozenset[str]):
    """A set that says of every name that it is in it."""

    def issuperset(self, other: object) -> bool:
        del other
        return True


def _by_form(patch: pytest.MonkeyPatch) -> None:
    seen: dict[int, Headers] = {}
    patch.setattr(plain_answer, "Headers", lambda places, head: seen.setdefault(id(places), Headers(places, head)))


def _agree_after(earlier: bytes, data: bytes) -> bool:
    return agree(data, [], fresh=False, method="GET", end=True, earlier=(earlier,))


OF_MEMORY: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], bytes, bytes]] = {
    "whatever the status": (
        lambda patch: patch.setattr(plain_head, "_STATUS_END", len("HTTP/1.1 ")),
        _answer(),
        _answer(status=b"204"),
    ),
    "whatever the version": (
        lambda patch: patch.setattr(plain_head, "_STATUS_END", len("HTTP/1")),
        _answer(),
        _answer().replace(b"HTTP/1.1", b"HTTP/1.0"),
    ),
    "names with digits": (
        lambda patch: patch.setattr(plain_head, "_OF_NOBODY", Everything()),
        _answer(b"X-1: a", b"X-2: a"),
        _answer(b"X-2: a", b"X-3: a"),
    ),
    "letters taken for alike": (
        lambda patch: patch.setattr(plain_head, "_DIGITS", bytes.maketrans(b"123456789e", b"000000000x")),
        _answer(b"Connection: close"),
        _answer(b"Connection: closx"),
    ),
    "the values of the first": (
        _by_form,
        _answer(b"Content-Encoding: bzip2"),
        _answer(b"Content-Encoding: bzip3"),
    ),
}
"""What a careless memory would believe, an answer that it has seen, and one that it would then read wrongly."""


@pytest.mark.parametrize("sabotage", OF_MEMORY)
def test_a_careless_memory_is_found(sabotage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    careless, earlier, data = OF_MEMORY[sabotage]
    assert _agree_after(earlier, data)
    careless(monkeypatch)
    assert not _agree_after(earlier, data)


SABOTAGE: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "close is overheard": lambda patch: patch.setattr(plain_head, "_KEPT", {None: True, "close": True}),
    "any number is believed": lambda patch: patch.setattr(
        plain_head, "_is_length", re.compile("[+0-9, ]{1,30}").fullmatch
    ),
    "a length of any length is believed": lambda patch: patch.setattr(plain_head, "_MOST_DIGITS", 30),
    "204 has a body": lambda patch: patch.setattr(plain_head, "_WITHOUT_BODY", ()),
    "blanks at the end stay": lambda patch: patch.setattr(plain_head, "_is_plain", lambda value: value[:1] != " "),
    "any version is the same": lambda patch: patch.setattr(plain_head, "_VERSIONS", ("HTTP/1.1 ", "HTTP/1.0 ")),
}


@pytest.mark.parametrize("sabotage", SABOTAGE)
def test_a_careless_glance_is_found(sabotage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(20261122)
    SABOTAGE[sabotage](monkeypatch)

    def drawn() -> bytes:
        body = chance.choice(BODIES)
        lines = [b"Content-Length: %d" % len(body)] if chance.random() < 0.8 else []
        lines += chance.sample(LINES, chance.randint(0, 2))
        return b"\r\n".join([chance.choice(FIRST), *lines, b"", body])

    def right() -> bool:
        try:
            return agree(drawn(), [], fresh=False, method="GET", end=True)
        except ValueError:
            return False

    assert not all(right() for _ in range(3000))
