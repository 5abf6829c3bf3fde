"""Faults of the body of an answer and of its framing, and of the time at which things happen."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache

from afilnet_protocols.sandbox.faults.answer_faults import instead
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

MIB = 1024 * 1024
_CHUNKED = (b"transfer-encoding: chunked",)
_SURPLUS_BODY = b'{"status":"SUCCESS","result":{"list":[]}}'
SURPLUS = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(_SURPLUS_BODY)
    + _SURPLUS_BODY
)
"""A whole answer that nobody asked for."""


def kinds() -> Iterator[Kind]:
    """Yield the kinds."""
    yield from _lengths()
    yield from _chunks()
    yield from _codings()
    yield from _streams()
    yield from _times()
    yield from _swaps()


def _kind(
    name: str, about: str, act: CallAct, verdicts: Truth = UNKNOWN, *, holds: bool = False, **details: object
) -> Kind:
    return Kind(
        name=name,
        stage=Stage.BODY,
        about=about,
        verdicts=verdicts,
        processed=Processed.ALWAYS,
        details=details,
        act=act,
        holds=holds,
    )


def _length(count: Callable[[int], int], body: Callable[[bytes], bytes]) -> Callable[[HttpAnswer], bytes]:
    """Return what writes an answer with a length and a body that may not belong together."""

    def write(answer: HttpAnswer) -> bytes:
        line = b"content-length: %d" % count(len(answer.body))
        return compose(answer, headers=(line,)) + body(answer.body)

    return write


def _lengths() -> Iterator[Kind]:
    same = _length(lambda size: size, lambda body: body)
    half = _length(lambda size: size, lambda body: body[: len(body) // 2])
    yield _kind("short_body", "the connection ends in the body", instead(half, then="end"))
    yield _kind("cut_body", "the connection is cut in the body", instead(half, then="cut"))
    yield _kind("reset_in_body", "the connection is reset in the body", instead(half, then="reset"))
    yield _kind("silent_body", "nothing comes after half of the body", instead(half, then="hold"), holds=True)
    longer = _length(lambda size: size - 1, lambda body: body)
    yield _kind("long_body", "the body is one byte longer than its length says", instead(longer, then="end"))
    surplus = _length(lambda size: size, lambda body: body + SURPLUS)
    yield _kind("surplus_answer", "a second answer follows the first at once", instead(surplus, then="end"), SUCCESS)

    async def late(exchange: Exchange) -> HttpAnswer:
        connection = exchange.connection
        asyncio.get_running_loop().call_later(exchange.seconds(), connection.write_soon, SURPLUS)
        return exchange.process()

    yield _kind(
        "late_surplus",
        "a second answer follows `seconds` after the first, on a connection that stays open",
        late,
        SUCCESS,
        seconds=0.001,
    )

    def no_content(answer: HttpAnswer) -> bytes:
        return compose(answer, status=b"HTTP/1.1 204 No Content", headers=()) + answer.body

    yield _kind("no_content", "the answer is 204 No Content, and a body follows", instead(no_content, then="end"))

    def old(answer: HttpAnswer) -> bytes:
        return compose(answer, status=b"HTTP/1.0 200 OK", headers=()) + answer.body

    cut = _kind("http_1_0_cut", "the answer is of HTTP/1.0 without a length, and the connection is cut in it", _ten())
    yield cut
    about = "the answer is of HTTP/1.0 without a length, and ends with the connection"
    yield _kind("http_1_0", about, instead(old, then="end"), SUCCESS)
    about = "the answer has no length and is whole, and the connection is cut"
    yield _kind("no_length", about, instead(old, then="cut"), SUCCESS)
    yield _kind(
        "quick_end", "the answer is whole, and the connection is cut right after it", instead(same, then="cut"), SUCCESS
    )


def _ten() -> CallAct:
    def half(answer: HttpAnswer) -> bytes:
        return compose(answer, status=b"HTTP/1.0 200 OK", headers=()) + answer.body[: len(answer.body) // 2]

    return instead(half, then="cut")


def _chunks() -> Iterator[Kind]:
    def chunked(write: Callable[[bytes], bytes]) -> Callable[[HttpAnswer], bytes]:
        return lambda answer: compose(answer, headers=_CHUNKED) + write(answer.body)

    def chunk(body: bytes) -> bytes:
        return b"%x\r\n%s\r\n" % (len(body), body)

    def in_ones(body: bytes) -> bytes:
        return b"".join(chunk(body[at : at + 1]) for at in range(len(body))) + b"0\r\nx-trailer: y\r\n\r\n"

    yield _kind(
        "tiny_chunks",
        "every byte is a chunk of its own, and a trailer follows",
        instead(chunked(in_ones), then="end"),
        SUCCESS,
    )
    yield _kind(
        "chunks_without_end", "the last chunk never comes, the connection ends", instead(chunked(chunk), then="end")
    )
    yield _kind(
        "silent_chunks",
        "the last chunk never comes, and nothing else",
        instead(chunked(chunk), then="hold"),
        holds=True,
    )
    for name, about, size in (
        ("bad_chunk_size", "the size of a chunk is no number", b"zz"),
        ("negative_chunk_size", "the size of a chunk is negative", b"-1"),
        ("huge_chunk_size", "the size of a chunk has 24 digits", b"f" * 24),
        ("chunk_extensions", "the size of a chunk is followed by 1 MB of extensions", b"1;" + b"x" * MIB),
    ):
        yield _kind(name, about, instead(chunked(_sized(size)), then="end"))


def _sized(size: bytes) -> Callable[[bytes], bytes]:
    return lambda body: size + b"\r\n" + body + b"\r\n0\r\n\r\n"


def _codings() -> Iterator[Kind]:
    def coded(name: bytes, code: Callable[[bytes], bytes]) -> CallAct:
        def write(answer: HttpAnswer) -> bytes:
            body = code(answer.body)
            lines = (b"content-length: %d" % len(body), b"content-encoding: " + name)
            return compose(answer, headers=lines) + body

        return instead(write, then="end")

    def corrupt(body: bytes) -> bytes:
        packed = bytearray(gzip.compress(body))
        packed[-6] ^= 0xFF  # in its checksum
        return bytes(packed)

    def six_fold(body: bytes) -> bytes:
        for _ in range(6):
            body = gzip.compress(body)
        return body

    yield _kind("gzip", "the body is compressed although nobody asked", coded(b"gzip", gzip.compress), SUCCESS)
    cut = coded(b"gzip", lambda body: gzip.compress(body)[:-9])
    yield _kind("gzip_cut", "the compressed body is cut short", cut)
    yield _kind("gzip_corrupt", "the checksum of the compressed body is wrong", coded(b"gzip", corrupt))
    surplus = coded(b"gzip", lambda body: gzip.compress(body) + b"surplus")
    yield _kind("gzip_surplus", "bytes follow the compressed body", surplus)
    yield _kind("gzip_six_fold", "the body is compressed six times", coded(b", ".join([b"gzip"] * 6), six_fold))
    yield _kind("gzip_bomb", "a few KB of body become 256 MB", coded(b"gzip", lambda body: bomb()))
    yield _kind("unknown_coding", "the body is compressed in a way that nobody asked for", coded(b"br", zlib.compress))
    yield _kind(
        "deflate_cut", "the deflated body is cut short", coded(b"deflate", lambda body: zlib.compress(body)[:-5])
    )


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """Return 256 MB of zeros, compressed. Its checksum is missing: nobody should get so far."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    one = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + one * 256


def _streams() -> Iterator[Kind]:
    async def drip(exchange: Exchange) -> None:
        answer = exchange.process()
        await exchange.connection.write(compose(answer))
        await exchange.connection.drip(answer.body, every=exchange.seconds("every"))
        await exchange.connection.end()

    yield _kind(
        "dripped_body", "the body comes byte by byte, with a pause of `every` seconds", drip, holds=True, every=0.1
    )

    async def endless(exchange: Exchange) -> None:
        answer = exchange.process()
        await exchange.connection.write(compose(answer, headers=_CHUNKED))
        piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        while True:
            await exchange.connection.write(piece)
            await exchange.connection.pause(exchange.seconds("every"))

    yield _kind(
        "endless_body", "the body never ends: 64 KB more every `every` seconds", endless, holds=True, every=0.001
    )


def _times() -> Iterator[Kind]:
    async def late(exchange: Exchange) -> HttpAnswer:
        answer = exchange.process()
        await exchange.connection.pause(exchange.seconds())
        return answer

    async def after(exchange: Exchange) -> None:
        await exchange.connection.hold()
        exchange.process()

    async def at_last(exchange: Exchange) -> None:
        await exchange.connection.reset()
        await asyncio.sleep(exchange.seconds())
        exchange.process()

    def kind(
        name: str,
        about: str,
        act: CallAct,
        verdicts: Truth = UNKNOWN,
        *,
        seconds: float,
        processed: Processed = Processed.ALWAYS,
        holds: bool = False,
    ) -> Kind:
        return Kind(
            name=name,
            stage=Stage.TIME,
            about=about,
            verdicts=verdicts,
            processed=processed,
            details={"seconds": seconds},
            act=act,
            holds=holds,
        )

    yield kind(
        "late_answer", "the call is carried out and answered after `seconds`, too late", late, seconds=30.0, holds=True
    )
    yield kind(
        "slow_answer", "the call is carried out and answered after `seconds`, in time", late, SUCCESS, seconds=0.02
    )
    yield kind(
        "processed_after_hang_up",
        "the call is carried out once the client has given up",
        after,
        seconds=0.0,
        processed=Processed.LATE,
        holds=True,
    )
    yield kind(
        "processed_after_reset",
        "the connection is reset, and the call carried out `seconds` later",
        at_last,
        seconds=0.05,
        processed=Processed.LATE,
    )


def _swaps() -> Iterator[Kind]:
    async def swapped(exchange: Exchange) -> HttpAnswer:
        return await exchange.swap(exchange.process())

    yield Kind(
        name="swapped_answers",
        stage=Stage.TIME,
        about="two calls in flight are carried out, and each gets the other's answer; the first waits for `seconds`",
        verdicts=SUCCESS | UNKNOWN,
        processed=Processed.ALWAYS,
        details={"seconds": 1.0},
        act=swapped,
        times=1,
        calls=2,
    )
