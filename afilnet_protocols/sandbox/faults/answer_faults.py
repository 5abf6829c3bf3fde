"""Faults of the way an answer begins: nothing, half of it, or what HTTP does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from afilnet_protocols.sandbox.faults.fault_kind import (
    SUCCESS,
    UNKNOWN,
    CallAct,
    Exchange,
    Kind,
    Processed,
    Stage,
    Truth,
    compose,
)
from afilnet_protocols.sandbox.server.exchange import HttpAnswer
from afilnet_protocols.sandbox.server.faulty_connection import FaultyConnection

End = Callable[[FaultyConnection], object]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_SOME = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"


async def finish(connection: FaultyConnection, how: str) -> None:
    """Deal with a connection that a fault has had its say on: ``end``, ``cut``, ``reset`` or ``hold``."""
    await {"end": connection.end, "cut": connection.cut, "reset": connection.reset, "hold": connection.hold}[how]()


def instead(write: Callable[[HttpAnswer], bytes], *, then: str) -> CallAct:
    """Return what carries a call out, writes something instead of the answer, and deals with the connection."""

    async def act(exchange: Exchange) -> None:
        await exchange.connection.write(write(exchange.process()))
        await finish(exchange.connection, then)

    return act


def kinds() -> Iterator[Kind]:
    """Yield the kinds."""
    yield from _nothing()
    yield from _halves()
    yield from _heads()
    yield from _informational()


def _nothing() -> Iterator[Kind]:
    def kind(name: str, about: str, then: str) -> Kind:
        async def act(exchange: Exchange) -> None:
            exchange.process_if_told()
            await finish(exchange.connection, then)

        return Kind(
            name=name,
            stage=Stage.ANSWER,
            about=about,
            verdicts=UNKNOWN,
            processed=Processed.EITHER,
            details={"processed": True},
            act=act,
            holds=then == "hold",
        )

    yield kind("reset_before_answer", "the connection is reset after the whole request", "reset")
    yield kind("end_before_answer", "the connection is ended in good order after the whole request", "end")
    yield kind("cut_before_answer", "the connection is cut after the whole request", "cut")
    yield kind("silence", "no answer ever comes", "hold")


def _raw(name: str, about: str, write: Callable[[HttpAnswer], bytes], *, then: str = "end") -> Kind:
    return Kind(
        name=name,
        stage=Stage.ANSWER,
        about=about,
        verdicts=UNKNOWN,
        processed=Processed.ALWAYS,
        act=instead(write, then=then),
        holds=then == "hold",
    )


def _halves() -> Iterator[Kind]:
    def half(answer: HttpAnswer) -> bytes:
        head = compose(answer)
        return head[: len(head) - 6]

    yield _raw("half_status_line", "the connection ends in the status line", lambda answer: b"HTTP/1.1 20")
    yield _raw(
        "silent_status_line", "nothing comes after half a status line", lambda answer: b"HTTP/1.1 2", then="hold"
    )
    yield _raw("half_head", "the connection ends in the headers", half)
    yield _raw("reset_in_head", "the connection is reset in the headers", half, then="reset")
    yield _raw("silent_head", "nothing comes after half of the headers", half, then="hold")

    async def drip(exchange: Exchange) -> None:
        answer = exchange.process()
        await exchange.connection.drip(compose(answer) + answer.body, every=exchange.seconds("every"))
        await exchange.connection.end()

    yield Kind(
        name="dripped_head",
        stage=Stage.ANSWER,
        about="the answer comes byte by byte, with a pause of `every` seconds",
        verdicts=UNKNOWN,
        processed=Processed.ALWAYS,
        details={"every": 0.1},
        act=drip,
        holds=True,
    )


def _heads() -> Iterator[Kind]:
    def whole(status: bytes | None = None, headers: tuple[bytes, ...] | None = None) -> Callable[[HttpAnswer], bytes]:
        return lambda answer: compose(answer, status=status, headers=headers) + answer.body

    def more(*lines: bytes) -> Callable[[HttpAnswer], bytes]:
        return lambda answer: compose(answer, headers=(b"content-length: %d" % len(answer.body), *lines)) + answer.body

    def two_lengths(answer: HttpAnswer) -> bytes:
        length = len(answer.body)
        lines = (b"content-length: %d" % length, b"content-length: %d" % (length + 1))
        return compose(answer, headers=lines) + answer.body

    yield _raw("garbage_status_line", "another protocol answers", lambda answer: b"SSH-2.0-OpenSSH_9.2\r\n")
    yield _raw("http_0_9", "the body comes without a head", lambda answer: answer.body)
    yield _raw("http_9_9", "the answer is of an HTTP version that does not exist", whole(b"HTTP/9.9 200 OK"))
    yield _raw("status_000", "the status is 000", whole(b"HTTP/1.1 000 Nothing"))
    yield _raw("status_999", "the status is 999", whole(b"HTTP/1.1 999 Request denied"))
    yield _raw("status_of_two_digits", "the status is 20", whole(b"HTTP/1.1 20 OK"))
    yield _raw("header_without_colon", "a header line has no colon", more(b"this is no header"))
    yield _raw("blank_before_colon", "a header's name is followed by a blank", more(b"x-name : value"))
    yield _raw("nul_in_header", "a header holds a NUL", more(b"x-name: a\0b"))
    yield _raw("too_many_headers", "the head has 150 lines", more(*(b"x-%d: y" % number for number in range(150))))
    yield _raw("huge_header", "a header is 70 KB long", more(b"x-name: " + b"y" * 70_000))
    yield _raw("two_lengths", "two different lengths are given", two_lengths)
    yield _raw("negative_length", "the length is negative", whole(headers=(b"content-length: -1",)))
    yield _raw("huge_length", "the length is a quintillion", whole(headers=(b"content-length: 1" + b"0" * 18,)))
    yield _raw("foreign_digits", "the length is in Arabic digits", whole(headers=("content-length: ١٢٣".encode(),)))
    yield _raw("length_and_chunked", "a length is given and chunks are announced", more(b"transfer-encoding: chunked"))


def _informational() -> Iterator[Kind]:
    def before(data: bytes, *, pause: float = 0.0) -> CallAct:
        async def act(exchange: Exchange) -> None:
            answer = exchange.process()
            await exchange.connection.write(data)
            if pause:
                await exchange.connection.pause(pause)
            await exchange.connection.write(compose(answer) + answer.body)
            await exchange.connection.end()

        return act

    def kind(name: str, about: str, act: CallAct, verdicts: Truth) -> Kind:
        return Kind(name=name, stage=Stage.ANSWER, about=about, verdicts=verdicts, processed=Processed.ALWAYS, act=act)

    late = 0.02
    yield kind("continue_twice", "two 100 Continue come before the answer", before(CONTINUE * 2), SUCCESS)
    yield kind("continue_late", "a 100 Continue comes, and the answer later", before(CONTINUE, pause=late), SUCCESS)
    yield kind("continue_for_ever", "fifty 100 Continue come before the answer", before(CONTINUE * 50), UNKNOWN)
    yield kind("early_hints", "a 103 Early Hints comes before the answer", before(HINTS), SUCCESS)
    yield kind("early_hints_late", "a 103 Early Hints comes, and the answer later", before(HINTS, pause=late), SUCCESS)
    yield kind("hints_for_ever", "fifty 103 Early Hints come before the answer", before(HINTS * 50), UNKNOWN)
    yield kind("hints_of_all_kinds", "102, 100 and 103 come before the answer", before(_SOME + HINTS), SUCCESS)
    switching = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"
    yield kind("switching_protocols", "the connection is switched to another protocol", before(switching), UNKNOWN)
