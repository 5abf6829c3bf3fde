"""Faults of the connection, from the way to it on, before it is known whose call of which operation comes over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from afilnet_protocols.sandbox.faults.dead_endpoint import DeadEndpoint, crowded, nameless, refusing
from afilnet_protocols.sandbox.faults.fault_book import Where
from afilnet_protocols.sandbox.faults.fault_kind import (
    NOT_SENT,
    RACE,
    REJECTED,
    UNKNOWN,
    AcceptedConnectionAct,
    ConnectionAct,
    Kind,
    Stage,
)
from afilnet_protocols.sandbox.server.accepted_connection import AcceptedConnection
from afilnet_protocols.sandbox.server.faulty_connection import FaultyConnection

_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
_REFUSAL = b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_BAD = _REFUSAL % b"400 Bad Request"
_REFUSED = REJECTED | RACE


def kinds() -> Iterator[Kind]:
    """Yield the kinds, in the order of a connection's life."""
    yield from _before_it_is_there()
    yield from _before_tls()
    yield from _after_the_handshake()
    yield from _in_the_request()


def _before_it_is_there() -> Iterator[Kind]:
    def kind(
        name: str, about: str, opened: Callable[[], DeadEndpoint], *, holds: bool = False, https_only: bool = False
    ) -> Kind:
        return Kind(
            name=name,
            stage=Stage.CONNECT,
            about=about,
            verdicts=NOT_SENT,
            where=Where.ADDRESS,
            endpoint=opened,
            holds=holds,
            https_only=https_only,
        )

    # Plain http is for loopback addresses, and those are not looked up.
    yield kind("unknown_name", "the name of the host does not resolve", nameless, https_only=True)
    yield kind("connection_refused", "nothing listens at the port", refusing)
    yield kind("full_backlog", "the port is listened on and lets nobody in", crowded, holds=True)


def _before_tls() -> Iterator[Kind]:
    async def reset(accepted: AcceptedConnection) -> None:
        accepted.reset()

    async def end(accepted: AcceptedConnection) -> None:
        await accepted.end()

    async def cut(accepted: AcceptedConnection) -> None:
        accepted.close()

    async def silence(accepted: AcceptedConnection) -> None:
        await accepted.hold()

    def told(name: str, about: str, data: bytes, *, hold: bool = False, plain: frozenset[str] = RACE) -> Kind:
        async def act(accepted: AcceptedConnection) -> None:
            await accepted.write(data)
            await (accepted.hold() if hold else accepted.end())

        return _connect(name, about, act, plain=plain, holds=hold)

    yield _connect("reset_on_accept", "the connection is reset as soon as it is there", reset)
    yield _connect("end_on_accept", "the connection is ended as soon as it is there", end)
    yield _connect("close_on_accept", "the connection is closed without reading what came", cut)
    yield _connect(
        "silence_on_accept", "the connection is accepted and then nothing happens", silence, plain=UNKNOWN, holds=True
    )
    yield told("garbage_on_accept", "random bytes come instead of a handshake", bytes(range(128, 256)))
    yield told("http_instead_of_tls", "an HTTP 400 comes instead of a handshake", _BAD, plain=_REFUSED)
    yield told("tls_alert", "the handshake is refused by a TLS alert", _ALERT)
    yield told("half_handshake", "the handshake stops in the middle", b"\x16\x03\x03\x00\x7a\x02", hold=True)


def _connect(
    name: str, about: str, act: AcceptedConnectionAct, *, plain: frozenset[str] = RACE, holds: bool = False
) -> Kind:
    return Kind(
        name=name,
        stage=Stage.CONNECT,
        about=about,
        verdicts=NOT_SENT,
        plain=plain,
        where=Where.CONNECTION,
        act=act,
        holds=holds,
    )


def _after_the_handshake() -> Iterator[Kind]:
    async def answer(connection: FaultyConnection) -> None:
        await connection.write(_REFUSAL % b"408 Request Timeout")
        await connection.end()

    def kind(name: str, about: str, act: ConnectionAct, verdicts: frozenset[str] = RACE) -> Kind:
        return Kind(name=name, stage=Stage.CONNECT, about=about, verdicts=verdicts, where=Where.HANDSHAKE, act=act)

    yield kind("end_after_handshake", "the connection is ended right after the handshake", FaultyConnection.end)
    yield kind("cut_after_handshake", "the connection is cut right after the handshake", FaultyConnection.cut)
    yield kind("reset_after_handshake", "the connection is reset right after the handshake", FaultyConnection.reset)
    yield kind("answer_before_request", "an HTTP 408 comes before anything was asked", answer, _REFUSED)


def _in_the_request() -> Iterator[Kind]:
    async def stop(connection: FaultyConnection) -> None:
        connection.stop_reading()
        await asyncio.sleep(0)
        await connection.hold(_STALL)

    def refuse(status: bytes, *, reset: bool = False) -> ConnectionAct:
        async def act(connection: FaultyConnection) -> None:
            await connection.write(_REFUSAL % status)
            await (connection.reset() if reset else connection.end())

        return act

    def kind(name: str, about: str, act: ConnectionAct, verdicts: frozenset[str] = RACE) -> Kind:
        return Kind(
            name=name,
            stage=Stage.REQUEST,
            about=about,
            verdicts=verdicts,
            where=Where.REQUEST,
            act=act,
            holds=act is stop,
        )

    yield kind(
        "reset_in_request", "the connection is reset when the first bytes of the request come", FaultyConnection.reset
    )
    yield kind("cut_in_request", "the connection is cut when the first bytes of the request come", FaultyConnection.cut)
    yield kind(
        "end_in_request", "the connection is ended when the first bytes of the request come", FaultyConnection.end
    )
    yield kind("stalled_window", "nothing is read after the first bytes of the request", stop)
    yield kind(
        "refused_in_request",
        "an HTTP 413 comes before the request is complete, and the connection ends",
        refuse(b"413 Content Too Large"),
        _REFUSED,
    )
    yield kind(
        "refused_and_reset",
        "an HTTP 400 comes before the request is complete, and the connection is reset",
        refuse(b"400 Bad Request", reset=True),
        _REFUSED,
    )
    yield kind(
        "timeout_in_request",
        "an HTTP 408 comes before the request is complete",
        refuse(b"408 Request Timeout"),
        _REFUSED,
    )


_STALL = 2.0
"""How long nothing is read, in seconds: without reading, the server cannot see that the client has gone."""
