"""One deadline for the whole exchange, held wherever the other side stalls or drips."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.transport import Transport
from afilnet_protocols.transport import resolve as resolve_module
from afilnet_protocols.transport.failure import LATE, NO_SLOT, TransportFailure
from afilnet_protocols.transport.resolve import Target
from afilnet_protocols.waiting import run
from afilnet_protocols.wire import Request
from tests.time_limit import HANGS
from tests.transport.scripted import Script, ScriptedServer, answer, ask, drip, hold, repeat, say, stall, take
from tests.transport.wire import Wire, post
from tests.work import longer

SECONDS = 0.25
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = answer(b"{}" * 500)
Make = Callable[..., Transport]

DRIPS: dict[str, Script] = {
    "silence": (ask, hold),
    "a dripped status line": (ask, drip(OK, 0.02)),
    "dripped headers": (ask, say(b"HTTP/1.1 200 OK\r\n"), drip(b"X: y\r\n" * 50, 0.02)),
    "a dripped body": (ask, say(OK[:60]), drip(OK[60:], 0.02)),
    "dripped chunks": (ask, say(CHUNKED), drip(b"1\r\nx\r\n" * 500, 0.02)),
    "100 over and over": (ask, repeat(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "tiny chunks without end": (ask, say(CHUNKED), repeat(b"1\r\nx\r\n" * 4000)),
    "a body without end": (ask, say(CHUNKED), repeat(b"1\r\nx\r\n" + b"4000\r\n" + b"x" * 0x4000 + b"\r\n")),
}


def stopped(call: Callable[[], object]) -> AfilnetError:
    """Return how a call ended that would hang or succeed without its deadline: how long it took is for a figure."""
    with pytest.raises(AfilnetError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("script", DRIPS.values(), ids=DRIPS.keys())
def test_an_answer_that_drips_or_never_ends_stops_at_the_deadline(wire: Wire, script: Script) -> None:
    for seconds in longer(SECONDS):  # until it is enough for a busy machine to ask
        with wire.serve(script) as server:
            error = stopped(lambda seconds=seconds: wire.call(server, seconds=seconds))
            if server.processed:
                break
    assert isinstance(error, OutcomeUnknownError)


def test_an_upload_that_stalls_stops_at_the_deadline(wire: Wire) -> None:
    with wire.serve((take(1000), stall), receive_buffer=65_536) as server:
        request = post(server, body=b"x" * 20_000_000)
        error = stopped(lambda: wire.call(server, seconds=SECONDS, request=request))
    assert isinstance(error, NotSentError)


def test_a_handshake_that_stalls_stops_at_the_deadline(make_transport: Make) -> None:
    with ScriptedServer((stall,)) as server:
        request = Request("GET", f"https://127.0.0.1:{server.port}/")
        error = stopped(lambda: make_transport().exchange(request, deadline=Deadline(SECONDS), reuse=True))
    assert isinstance(error, NotSentError)


def test_connecting_stops_at_connect_timeout_within_a_longer_deadline(make_transport: Make) -> None:
    with ScriptedServer((stall,)) as server:
        request = Request("GET", f"https://127.0.0.1:{server.port}/")
        transport = make_transport(connect_timeout=0.1)
        error = stopped(lambda: transport.exchange(request, deadline=Deadline(600), reuse=True))
    assert "connect_timeout" in str(error)


def test_a_connection_that_is_not_accepted_stops_at_the_deadline(make_transport: Make) -> None:
    with ScriptedServer(accepting=False, backlog=0) as server:
        waiting = []
        for _ in range(4):  # a full backlog lets no further connection through
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", server.port))
            waiting.append(each)
        request = Request("GET", f"http://127.0.0.1:{server.port}/")
        error = stopped(lambda: make_transport().exchange(request, deadline=Deadline(SECONDS), reuse=True))
        for each in waiting:
            each.close()
    assert isinstance(error, NotSentError)


def test_a_name_server_that_does_not_answer_stops_at_the_deadline(
    make_transport: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.wait() and [])
    request = Request("GET", "https://slow.example.com/")
    error = stopped(lambda: make_transport().exchange(request, deadline=Deadline(SECONDS), reuse=True))
    answers.set()
    assert isinstance(error, NotSentError)


def look_up(name: str, *, seconds: float) -> list[Target] | TransportFailure:
    limit = Deadline(seconds)
    return run(resolve_module.resolve(name, 443, literal=False, deadline=limit), limit)


def test_lookups_that_hang_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, go_on = [], threading.Event()
    monkeypatch.setattr(resolve_module, "_slots", resolve_module._Slots())
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: under_way.append(1) or (go_on.wait(HANGS) and []))
    with ThreadPoolExecutor(24) as threads:
        results = list(threads.map(lambda _: look_up("h", seconds=0.1), range(24)))
    assert results.count(LATE) == 16
    assert results.count(NO_SLOT) == 8
    assert len(under_way) == 16
    assert look_up("h", seconds=0.1) == NO_SLOT
    go_on.set()  # the lookups end, and their slots are free again, each when its thread comes to it
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    until = time.monotonic() + HANGS
    while (found := look_up("h", seconds=HANGS)) == NO_SLOT and time.monotonic() < until:
        time.sleep(0.01)
    assert found == TransportFailure("its name has no address")


def test_the_second_address_gets_its_share_when_the_first_is_dead(
    make_transport: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(accepting=False, backlog=0) as dead, ScriptedServer((ask, say(OK))) as alive:
        waiting = []
        for _ in range(4):
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", dead.port))
            waiting.append(each)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (dead.port, alive.port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        targets = look_up("two.example.com", seconds=HANGS)
        from afilnet_protocols.transport.stream import Stream, connect

        assert not isinstance(targets, TransportFailure)
        for seconds in longer(0.4, times=3):  # until its share is enough on a busy machine, if it has one
            stream = run(connect(targets, Deadline(seconds)), Deadline(seconds))
            if isinstance(stream, Stream):
                break
        assert isinstance(stream, Stream)
        stream.close()
        for each in waiting:
            each.close()


@pytest.mark.parametrize(
    ("found", "reason"),
    [(socket.gaierror(-2, "nope"), "could not be resolved"), (UnicodeError("label"), "could not be resolved")],
)
def test_a_name_that_does_not_resolve_was_not_sent(
    found: Exception, reason: str, make_transport: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise found

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(NotSentError, match=reason) as caught:
        make_transport().exchange(Request("GET", "https://no.example.com/"), deadline=Deadline(1), reuse=True)
    assert caught.value.__context__ is None


def test_addresses_and_localhost_are_not_looked_up(make_transport: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a name server was asked")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    with ScriptedServer((ask, say(OK))) as server:
        for host in ("127.0.0.1", "localhost"):
            request = Request("GET", server.url(host=host))
            assert make_transport().exchange(request, deadline=Deadline(HANGS), reuse=False).status == 200


def test_sabotage_a_timeout_per_read_would_not_hold(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that starts anew at each look, as socket timeouts do, the drip goes on far beyond the deadline."""
    monkeypatch.setattr(Deadline, "remaining", lambda self: self.seconds)
    monkeypatch.setattr(Deadline, "passed", property(lambda self: False))
    statuses = []
    for seconds in longer(0.1, times=3):  # until it is enough for a busy machine to ask
        script = (ask, drip(answer(b"x" * 30), seconds / 10))
        with wire.serve(script) as server, contextlib.suppress(AfilnetError):
            statuses.append(wire.call(server, seconds=seconds).status)
        if statuses:
            break
    assert statuses == [200]
