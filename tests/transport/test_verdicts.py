"""The verdict on delivery, against servers that know what they processed."""

from __future__ import annotations

import threading
import traceback

import pytest

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.transport import Limits, Transport, TransportOptions
from afilnet_protocols.transport.address import Address, read
from afilnet_protocols.transport.failure import TransportFailure
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.waiting import complete, run
from afilnet_protocols.wire import Request
from tests.tables import table
from tests.time_limit import HANGS
from tests.transport.scripted import (
    Peer,
    Script,
    Step,
    answer,
    ask,
    cut,
    drip,
    end,
    hold,
    pause,
    reset,
    say,
    stall,
    take,
)
from tests.transport.wire import SECRET, Wire, post
from tests.work import longer

pytestmark = pytest.mark.smoke

OK = answer(b'{"status":"SUCCESS"}')
LARGE = b"message=" + b"x" * 20_000_000

LOST_ANSWERS: dict[str, Script] = {
    "reset after the request": (ask, reset),
    "end after the request": (ask, end),
    "cut after the request": (ask, cut),
    "half a status line": (ask, say(b"HTTP/1.1 20"), cut),
    "half the headers": (ask, say(b"HTTP/1.1 200 OK\r\nContent-Le"), end),
    "headers, then reset": (ask, say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), pause(0.02), reset),
    "a body cut short": (ask, say(OK[:-1]), end),
    "a body reset": (ask, say(OK[:-1]), pause(0.02), reset),
    "chunks without an end": (ask, say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), end),
    "a chunk cut short": (ask, say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}"), cut),
    "a bad chunk size": (ask, say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")),
    "no length and no end": (ask, say(b"HTTP/1.1 200 OK\r\n\r\n{}"), hold),
    "compressed, no length and cut": (ask, say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"), cut),
    "garbage": (ask, say(b"\x00\xff garbage \r\n\r\n")),
    "HTTP/0.9": (ask, say(b"<html>hello</html>\r\n\r\n"), end),
    "HTTP/9.9": (ask, say(OK.replace(b"HTTP/1.1", b"HTTP/9.9"))),
    "status 000": (ask, say(OK.replace(b"200 OK", b"000 OK"))),
    "status 999": (ask, say(OK.replace(b"200 OK", b"999 OK"))),
    "status 600": (ask, say(OK.replace(b"200 OK", b"600 OK"))),
    "a header without a colon": (ask, say(b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n")),
    "NUL in a header": (ask, say(b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n")),
    "two lengths": (ask, say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")),
    "a negative length": (ask, say(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}")),
    "a length in other digits": (ask, say("HTTP/1.1 200 OK\r\nContent-Length: ٢\r\n\r\n{}".encode())),
    "a length of 5,000 digits": (ask, say(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}")),
    "a huge length": (ask, say(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}")),
    "length and chunks": (
        ask,
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    ),
    "chunks in HTTP/1.0": (ask, say(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
    "another transfer coding": (ask, say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")),
    "103 and nothing": (ask, say(b"HTTP/1.1 103 Early Hints\r\n\r\n"), end),
    "103 and silence": (ask, say(b"HTTP/1.1 103 Early Hints\r\n\r\n"), hold),
    "101": (ask, say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")),
    "103 without end": (ask, say(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50 + OK)),
    "100 without end": (ask, say(b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + OK)),
    "150 headers": (ask, say(answer(b"{}", headers=[b"X-%d: y" % n for n in range(150)]))),
    "70 KB of headers": (ask, say(answer(b"{}", headers=[b"X: " + b"y" * 70_000]))),
    "silence": (ask, hold),
    "dripped headers": (ask, drip(OK, 0.05)),
}


def assert_clean(error: AfilnetError) -> None:
    """The error shows no secret, with local variables or without, and drags no foreign exception along."""
    assert error.__context__ is None
    assert error.__cause__ is None
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert SECRET not in "".join(shown.format())
    assert SECRET not in repr(error)


WAIT = ("no length and no end", "a huge length", "103 and silence", "silence", "dripped headers")
"""After these, nothing ends a call but its time."""


@pytest.mark.parametrize("answered", LOST_ANSWERS)
def test_once_the_whole_request_has_left_a_missing_answer_leaves_the_outcome_unknown(wire: Wire, answered: str) -> None:
    for seconds in longer(0.4) if answered in WAIT else (60.0,):
        with wire.serve(LOST_ANSWERS[answered]) as server, pytest.raises(AfilnetError) as caught:
            wire.call(server, seconds=seconds)
        if server.processed:
            break
    assert isinstance(caught.value, OutcomeUnknownError)
    assert len(server.processed) == 1
    assert_clean(caught.value)


@pytest.mark.parametrize(
    "script",
    [(reset,), (cut,), (take(10), reset), (take(100_000), reset), (take(100_000), cut)],
    ids=["reset at once", "end at once", "reset in the headers", "reset in the body", "end in the body"],
)
def test_a_request_that_the_kernel_did_not_take_whole_was_not_sent(wire: Wire, script: Script) -> None:
    with wire.serve(script, receive_buffer=65_536) as server:
        with pytest.raises(NotSentError) as caught:
            wire.call(server, request=post(server, body=LARGE))
        assert server.processed == []
    assert_clean(caught.value)


def test_a_stalled_upload_was_not_sent_and_ends_with_a_reset(wire: Wire) -> None:
    with wire.serve((take(1000), pause(0.5), hold), receive_buffer=65_536) as server:
        with pytest.raises(NotSentError, match="timeout") as caught:
            wire.call(server, request=post(server, body=LARGE), seconds=0.2)
        assert server.settle(lambda: all(visit.ended for visit in server.visits))
    # What the client's kernel had taken and not yet delivered was thrown away with the connection.
    assert len(server.received) < len(LARGE)
    assert server.processed == []
    assert_clean(caught.value)


@pytest.mark.parametrize("early", [say(OK), cut], ids=["answer", "end"])
def test_a_connection_that_speaks_or_ends_before_it_is_asked_is_not_used(wire: Wire, early: Step) -> None:
    done = threading.Event()

    def early_step(peer: Peer) -> None:
        try:
            early(peer)
        finally:
            done.set()

    with wire.serve((early_step, hold)) as server:
        address = read(server.url())
        assert isinstance(address, Address)
        connection = run(wire.transport._dialer.dial(address.origin, Deadline(5)), Deadline(5))
        assert done.wait(HANGS)
        composed = wire.transport._composer.compose(post(server), fresh=True)
        assert isinstance(composed, tuple)
        with pytest.raises(NotSentError, match="cannot be used"):
            complete(connection.exchange(composed[1], limits=Limits(), most=100, deadline=Deadline(5)))
        connection.close()
        assert server.received == b""


def test_a_refused_connection_was_not_sent(wire: Wire) -> None:
    with wire.serve() as server:
        pass
    with pytest.raises(NotSentError, match="connection refused") as caught:
        wire.call(server)
    assert_clean(caught.value)


def test_a_deadline_that_has_passed_opens_no_connection_or_sends_nothing(wire: Wire) -> None:
    with wire.serve((hold,)) as server:
        with pytest.raises(NotSentError):
            wire.call(server, seconds=0.0)
        assert server.received == b""


HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"


@pytest.mark.parametrize("reuse", [False, True], ids=["own", "shared"])
@pytest.mark.parametrize(
    "before",
    [
        (say(b"HTTP/1.1 100 Continue\r\n\r\n" * 3),),
        (say(b"HTTP/1.1 102 Processing\r\n\r\n"),),
        (say(HINT),),
        (say(HINT), pause(0.02)),
        (say(HINT * 7 + b"HTTP/1.1 199 Whatever\r\n\r\n"),),
    ],
    ids=["100", "102", "103", "103 early", "eight"],
)
def test_what_comes_before_the_final_answer_is_read_over(wire: Wire, before: Script, reuse: bool) -> None:
    with wire.serve((ask, *before, say(OK), hold)) as server:
        assert wire.call(server, reuse=reuse).body == b'{"status":"SUCCESS"}'


def test_a_connection_that_brought_a_hint_serves_no_other_call(wire: Wire) -> None:
    with wire.serve((ask, say(HINT + OK), hold)) as server:
        wire.call(server, reuse=True)
        wire.call(server, reuse=True)
        assert len(server.visits) == 2


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_answers_without_a_body_need_no_length(wire: Wire, status: bytes) -> None:
    with wire.serve((ask, say(b"HTTP/1.1 " + status + b"\r\n\r\n"), hold)) as server:
        reply = wire.call(server)
    assert (reply.status, reply.body) == (int(status[:3]), b"")


def test_surplus_bytes_do_not_spoil_the_answer_before_them(wire: Wire) -> None:
    with wire.serve((ask, say(OK + b"HTTP/1.1 200 OK\r\n"), hold)) as server:
        assert wire.call(server).body == b'{"status":"SUCCESS"}'


@pytest.mark.parametrize("over", [(end,), (cut,), (pause(0.02), reset)], ids=["end", "cut", "reset"])
@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_an_answer_without_length_is_what_came_however_the_connection_ended(
    wire: Wire, version: bytes, over: Script
) -> None:
    with wire.serve((ask, say(version + b' 200 OK\r\n\r\n{"status":"SUCC'), *over)) as server:
        assert wire.call(server).body == b'{"status":"SUCC'


@pytest.mark.parametrize("status", [200, 302, 413])
def test_an_answer_that_came_before_the_whole_request_had_left_is_read(wire: Wire, status: int) -> None:
    refusal = answer(b"too much", status=b"%d No" % status)
    with wire.serve((take(1000), say(refusal), pause(0.1), reset), receive_buffer=65_536) as server:
        reply = wire.call(server, request=post(server, body=LARGE))
        assert (reply.status, reply.asked_whole) == (status, False)
        assert server.processed == []


def test_on_a_kept_connection_an_early_refusal_may_be_left_over_and_is_not_believed(wire: Wire) -> None:
    refusal = answer(b"too much", status=b"413 Content Too Large")
    script = (ask, say(OK), take(1000), say(refusal), pause(0.1), reset)
    with wire.serve(script, receive_buffer=65_536) as server:
        assert wire.call(server, reuse=True).status == 200
        with pytest.raises(NotSentError):
            wire.call(server, reuse=True, request=post(server, body=LARGE))
        assert len(server.visits) == 1


@pytest.mark.parametrize("early", [OK[:-1], b"HTTP/1.1 413"], ids=["cut", "half"])
def test_nothing_else_makes_an_answer_to_a_request_that_did_not_leave(wire: Wire, early: bytes) -> None:
    with wire.serve((take(1000), say(early), pause(0.1), reset), receive_buffer=65_536) as server:
        with pytest.raises(NotSentError) as caught:
            wire.call(server, request=post(server, body=LARGE))
        assert server.processed == []
    assert_clean(caught.value)


@table("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_nobody_follows_them(wire: Wire, status: int) -> None:
    with wire.serve() as other:
        moved = answer(b"", status=b"%d Moved" % status, headers=[b"Location: " + other.url().encode()])
        with wire.serve((ask, say(moved))) as server:
            assert wire.call(server).status == status
        assert other.visits == []


def test_the_reply_has_lower_case_names_and_joined_lines(wire: Wire) -> None:
    with wire.serve((ask, say(answer(b"{}", headers=[b"X-Many: a", b"x-many: b", b"Server: s"])))) as server:
        reply = wire.call(server)
    assert reply.headers["x-many"] == "a, b"
    assert reply.headers["server"] == "s"


def test_a_request_travels_with_the_headers_of_its_connection(wire: Wire) -> None:
    with wire.serve((ask, say(OK), ask, say(OK))) as server:
        wire.call(server)
        head, _, body = server.processed[0].partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        assert lines[0] == b"POST /api/http/ HTTP/1.1"
        assert b"Host: 127.0.0.1:%d" % server.port in lines
        assert b"Connection: close" in lines
        assert b"Content-Length: %d" % len(body) in lines
        wire.call(server, reuse=True)
        assert b"Connection: close" not in server.processed[1]


def test_an_empty_post_says_so(wire: Wire) -> None:
    with wire.serve((ask, say(OK))) as server:
        wire.call(server, request=Request("POST", server.url("/api/http/?class=chat")))
        assert b"\r\nContent-Length: 0\r\n" in server.processed[0]


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 1_000_000])
def test_bodies_of_every_size_arrive_whole(wire: Wire, size: int) -> None:
    body = bytes(n % 251 for n in range(size))
    with wire.serve((ask, say(OK))) as server:
        wire.call(server, request=post(server, body=body))
        assert server.processed[0].endswith(b"\r\n\r\n" + body)


@table(
    "header",
    [("X", "a\r\nY: b"), ("X\r\nY", "a"), ("X", "a\x00"), ("X", "ñ"), ("Host", "other"), ("Content-Length", "3")],
)
def test_headers_that_would_break_the_request_are_refused_before_a_socket_opens(
    wire: Wire, header: tuple[str, str]
) -> None:
    with wire.serve() as server:
        with pytest.raises(AfilnetError, match="cannot be sent") as caught:
            wire.call(server, request=post(server).with_header(*header).with_header("Authorization", SECRET))
        assert server.visits == []
    assert_clean(caught.value)


def test_an_interrupted_send_is_never_called_not_sent(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """An application's signal handler may raise an OSError of its own just after the kernel took the bytes."""

    whole = Stream.send_at_once

    def interrupted(stream: Stream, payload: memoryview) -> int | TransportFailure:
        write = stream._write

        def written(piece: memoryview) -> int:
            write(piece)
            raise TimeoutError("an alarm of the application")

        stream._write = written
        return whole(stream, payload)

    monkeypatch.setattr(Stream, "send_at_once", interrupted)
    with wire.serve((ask, say(OK))) as server:
        with pytest.raises(OutcomeUnknownError, match="interrupted"):
            wire.call(server)
        assert server.settle(lambda: len(server.processed) == 1)


def test_sabotage_a_verdict_by_exception_type_would_be_wrong(wire: Wire) -> None:
    """The same reset, before and after processing: only the account of bytes tells them apart."""
    with wire.serve((take(100_000), reset), (ask, reset)) as server:
        with pytest.raises(NotSentError):
            wire.call(server, request=post(server, body=LARGE))
        with pytest.raises(OutcomeUnknownError):
            wire.call(server)
        assert len(server.processed) == 1


def test_a_closed_transport_refuses_and_says_what_to_do(wire: Wire) -> None:
    transport = Transport(TransportOptions())
    transport.close()
    with wire.serve() as server:
        with pytest.raises(AfilnetError, match=r"connect\(\)"):
            transport.exchange(post(server), deadline=Deadline(1), reuse=True)
        assert server.visits == []


def test_nothing_of_a_stalling_server_survives_the_call(wire: Wire) -> None:
    for seconds in longer(0.1):  # until it is enough for a busy machine to ask
        with wire.serve((ask, stall)) as server:
            with pytest.raises(AfilnetError, match="raise timeout") as caught:
                wire.call(server, seconds=seconds)
            if server.processed:
                break
    assert isinstance(caught.value, OutcomeUnknownError)
