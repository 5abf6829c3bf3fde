"""Kept connections: used again only when nothing is wrong with them, and never so that an answer meets another call."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from afilnet_protocols import connect
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.transport.connection import Connection
from afilnet_protocols.transport.pool import Pool
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.wire import Request
from tests.time_limit import HANGS
from tests.transport.scripted import Peer, Step, answer, ask, cut, drip, end, hold, pause, reset, say, stall
from tests.transport.wire import Wire, post
from tests.work import longer

A, B = answer(b"answer A"), answer(b"answer B")
Make = Callable[..., Transport]


def echo(peer: Peer) -> None:
    """Answer every request with its own body, for as long as the client asks."""
    while True:
        peer.ask()
        peer.socket.sendall(answer(peer.visit.processed[-1].partition(b"\r\n\r\n")[2]))


def test_reads_share_a_connection(wire: Wire) -> None:
    with wire.serve((ask, say(A), ask, say(B), hold)) as server:
        assert wire.call(server, reuse=True).body == b"answer A"
        assert wire.call(server, reuse=True).body == b"answer B"
        assert len(server.visits) == 1


def test_a_send_never_uses_a_kept_connection_and_leaves_none_behind(wire: Wire) -> None:
    with wire.serve((echo,)) as server:
        for reuse in (True, False, False, True):
            wire.call(server, reuse=reuse)
        assert [len(visit.processed) for visit in server.visits] == [1, 1, 1, 1]


def test_a_server_that_wants_to_close_is_obeyed(wire: Wire) -> None:
    closing = answer(b"answer A", headers=[b"Connection: close"])
    with wire.serve((ask, say(closing), hold), (ask, say(B), hold)) as server:
        assert wire.call(server, reuse=True).body == b"answer A"
        assert wire.call(server, reuse=True).body == b"answer B"
        assert len(server.visits) == 2


def test_http_10_connections_are_not_kept(wire: Wire) -> None:
    with wire.serve((ask, say(A.replace(b"HTTP/1.1", b"HTTP/1.0")), hold), (ask, say(B))) as server:
        assert wire.call(server, reuse=True).body == b"answer A"
        assert wire.call(server, reuse=True).body == b"answer B"


POISON: dict[str, tuple[Step, ...]] = {
    "a second answer at once": (say(A + answer(b"answer X")),),
    "a second answer at once, in another segment": (say(A), say(answer(b"answer X"))),
    "a second answer later": (say(A), pause(0.01), say(answer(b"answer X"))),
    "half of one": (say(A), say(b"HTTP/1.1 200 OK\r\nContent-Le")),
    "one byte": (say(A), say(b"H")),
    "one byte at once": (say(A + b"H"),),
    "a line end at once": (say(A + b"\r\n"),),
    "a body longer than its length": (say(A + b", and more"),),
    "408 for being idle": (say(A), say(answer(b"", status=b"408 Request Timeout")), end),
    "its end": (say(A), end),
    "its end, cut": (say(A), cut),
    "a reset": (say(A), pause(0.01), reset),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_a_connection_that_brings_anything_unasked_is_discarded(wire: Wire, poison: tuple[Step, ...]) -> None:
    done = threading.Event()

    def marked(steps: tuple[Step, ...]) -> Step:
        def step(peer: Peer) -> None:
            try:
                for each in steps:
                    each(peer)
            finally:
                done.set()

        return step

    with wire.serve((ask, marked(poison), hold), (ask, say(B), hold)) as server:
        assert wire.call(server, reuse=True).body == b"answer A"
        assert done.wait(HANGS)
        assert wire.call(server, reuse=True).body == b"answer B"
        assert len(server.visits) == 2


def test_after_an_unknown_outcome_the_connection_is_gone(wire: Wire) -> None:
    for seconds in longer(0.05):  # until it is enough for a busy machine to ask
        late = (ask, pause(2 * seconds), say(A), hold)
        with wire.serve(late, (ask, say(B), hold)) as server:
            with pytest.raises(AfilnetError) as caught:
                wire.call(server, reuse=True, seconds=seconds)
            if not server.processed:
                continue
            assert isinstance(caught.value, OutcomeUnknownError)
            assert not caught.value.stale_connection
            assert wire.call(server, reuse=True).body == b"answer B"
            return
    raise caught.value


@pytest.mark.parametrize("last", [cut, reset, end], ids=["cut", "reset", "end"])
def test_a_close_that_races_the_next_read_is_unknown_and_marked_stale(wire: Wire, last: Step) -> None:
    with wire.serve((ask, say(A), ask, last)) as server:
        wire.call(server, reuse=True)
        with pytest.raises(OutcomeUnknownError) as caught:
            wire.call(server, reuse=True)
        assert caught.value.stale_connection


def test_only_a_kept_connection_without_a_byte_of_the_answer_is_stale(wire: Wire) -> None:
    with wire.serve((ask, cut), (ask, say(A), ask, say(B[:9]), cut)) as server:
        for reuse, expected in ((True, False), (True, None), (True, False)):
            if expected is None:
                wire.call(server, reuse=reuse)
                continue
            with pytest.raises(OutcomeUnknownError) as caught:
                wire.call(server, reuse=reuse)
            assert caught.value.stale_connection is expected


def test_an_idle_connection_grows_too_old(make_transport: Make, wire: Wire) -> None:
    wire.transport = make_transport(keep_seconds=0.02)
    with wire.serve((echo,)) as server:
        wire.call(server, reuse=True)
        time.sleep(0.03)
        wire.call(server, reuse=True)
        assert len(server.visits) == 2


def test_no_more_idle_connections_are_kept_than_allowed(make_transport: Make, wire: Wire) -> None:
    wire.transport = make_transport(keep_most=2)
    together = threading.Barrier(5)

    def slow_echo(peer: Peer) -> None:
        peer.ask()
        together.wait(HANGS)
        peer.socket.sendall(A)
        hold(peer)

    with wire.serve((slow_echo,)) as server, ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda _: wire.call(server, reuse=True), range(5)))
        idle = wire.transport._pool.idle
        assert [len(connections) for connections in idle.values()] == [2]


def test_close_closes_what_is_idle_and_what_comes_back_later(wire: Wire) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(peer: Peer) -> None:
        peer.ask()
        asked.set()
        go_on.wait(HANGS)
        peer.socket.sendall(A)
        hold(peer)

    with wire.serve((echo,), (slow,)) as server, ThreadPoolExecutor(1) as thread:
        wire.call(server, reuse=True)
        busy = wire.transport._pool.take(next(iter(wire.transport._pool.idle)))
        assert busy is not None
        under_way = thread.submit(wire.call, server, reuse=True)
        assert asked.wait(HANGS)
        wire.transport.close()
        go_on.set()
        assert under_way.result(HANGS).body == b"answer A"
        assert not any(wire.transport._pool.idle.values())
        busy.close()


def test_32_threads_get_their_own_answers(wire: Wire) -> None:
    def ask_for(number: int) -> bool:
        body = b"%d" % number
        return wire.call(server, reuse=number % 4 != 0, request=post(server, body=body), seconds=20).body == body

    with wire.serve((echo,)) as server, ThreadPoolExecutor(32) as threads:
        assert all(threads.map(ask_for, range(640)))
        assert len(server.processed) == 640


def _in_the_child(transport: Transport, request: Request, results: object) -> None:
    reply = transport.exchange(request, deadline=Deadline(5), reuse=True)
    results.put((os.getpid(), reply.body))  # type: ignore[attr-defined] # a queue


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_uses_connections_of_its_own(wire: Wire) -> None:
    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    with wire.serve((echo,)) as server:
        wire.call(server, reuse=True)
        child = fork.Process(target=_in_the_child, args=(wire.transport, post(server, body=b"from the child"), results))
        child.start()
        assert results.get(timeout=300)[1] == b"from the child"
        child.join(HANGS)
        results.close()
        # The parent's connection is as it was.
        assert wire.call(server, reuse=True, request=post(server, body=b"from the parent")).body == b"from the parent"
        assert [len(visit.processed) for visit in server.visits] == [2, 1]


@pytest.mark.parametrize("scheme_of", ["tcp", "tls"])
def test_origins_do_not_share_connections(scheme_of: str, wire: Wire) -> None:
    with wire.serve((echo,)) as one, wire.serve((echo,)) as other:
        for server in (one, other, one, other):
            wire.call(server, reuse=True)
        assert (len(one.visits), len(other.visits)) == (1, 1)


def test_crossed_answers_do_not_occur_under_random_poison(wire: Wire) -> None:
    """Reads in a row against servers that add bytes now and then, each answer checked against its request."""

    def unruly(peer: Peer) -> None:
        while True:
            peer.ask()
            body = peer.visit.processed[-1].partition(b"\r\n\r\n")[2]
            extra = answer(b"crossed") if int(body) % 3 == 0 else b""
            if int(body) % 7 == 0:
                peer.socket.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            peer.socket.sendall(answer(body) + extra)

    wrong = 0
    with wire.serve((unruly,)) as server:
        for number in range(300):
            body = b"%d" % number
            try:
                wrong += wire.call(server, reuse=True, request=post(server, body=body)).body != body
            except OutcomeUnknownError:
                assert number % 7 == 0
    assert wrong == 0


def read_past_the_look(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes | OutcomeUnknownError, bytes]:
    """Read twice more over a connection on which a whole answer comes right after it was looked at."""
    looked, said = threading.Event(), threading.Event()
    look = Connection.is_quiet

    def look_and_wait(connection: Connection) -> bool:
        quiet = look(connection)
        looked.set()
        assert said.wait(HANGS)
        return quiet

    def stray(peer: Peer) -> None:
        looked.wait(HANGS)
        peer.socket.sendall(answer(b"stray"))
        said.set()

    # The peer reads nothing more, and its kernel cannot take the whole of the next request.
    script = (ask, say(A), stray, stall)
    with wire.serve(script, (ask, say(B), hold), receive_buffer=4096) as server:
        wire.call(server, reuse=True)
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "is_quiet", look_and_wait)
            first: bytes | OutcomeUnknownError
            try:
                first = wire.call(server, reuse=True, request=post(server, body=b"x" * 20_000)).body
            except OutcomeUnknownError as error:
                first = error
        second = wire.call(server, reuse=False).body
    return first, second


def test_what_was_sent_before_the_request_arrived_is_not_its_answer(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = read_past_the_look(wire, monkeypatch)
    assert isinstance(first, OutcomeUnknownError)
    assert first.stale_connection
    assert "before the request had arrived" in str(first)
    assert second == b"answer B"


def test_sabotage_without_that_question_it_would_be_taken_for_the_answer(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stream, "all_arrived", lambda _: True)
    assert read_past_the_look(wire, monkeypatch)[0] == b"stray"


@pytest.mark.parametrize("size", [10, 60_000, 300_000])
def test_no_answer_is_too_quick(wire: Wire, size: int) -> None:
    with wire.serve((echo,)) as server:
        for number in range(200 if size == 10 else 20):
            body = b"%d" % number + b"x" * size
            assert wire.call(server, reuse=True, request=post(server, body=body)).body == body
        assert len(server.visits) == 1


def test_to_suspect_every_kept_connection_would_cost_a_read_nothing_but_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stream, "all_arrived", lambda _: False)
    with Sandbox() as sandbox, connect(sandbox.settings("http-post", plain=True)) as chat:
        for _ in range(20):
            assert len(chat.get_chat_channels()) == 4
        # Each but the first was made twice: over the connection that the one before had left, and over a new one.
        assert len(sandbox.journal()) == 20 + 19


def test_sabotage_without_the_look_at_the_socket_answers_do_cross(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "is_quiet", lambda _: True)
    monkeypatch.setattr(Stream, "all_arrived", lambda _: True)
    read, done = threading.Event(), threading.Event()

    def poison(peer: Peer) -> None:
        read.wait(HANGS)
        peer.socket.sendall(answer(b"answer X"))
        done.set()

    with wire.serve((ask, say(A), poison, ask, say(B), hold)) as server:
        wire.call(server, reuse=True)
        read.set()
        assert done.wait(HANGS)
        assert wire.call(server, reuse=True).body == b"answer X"


def test_a_dripping_answer_does_not_hold_up_another_thread(wire: Wire) -> None:
    with wire.serve((ask, drip(A, 0.02), hold), (ask, say(B), hold)) as server, ThreadPoolExecutor(1) as thread:
        slow = thread.submit(wire.call, server, reuse=True)
        assert server.settle(lambda: len(server.processed) == 1)
        assert wire.call(server, reuse=True).body == b"answer B"
        assert slow.result(HANGS).body == b"answer A"


class OneAtATime:
    """A server that looks at the next connection when the one before has ended, as ``php -S`` does."""

    def __init__(self) -> None:
        self.served = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(HANGS)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError):
                    while connection.recv(65536):
                        self.served += 1
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@pytest.fixture
def one_at_a_time() -> Iterator[OneAtATime]:
    server = OneAtATime()
    yield server
    server.close()


def test_an_idle_connection_does_not_starve_a_send(one_at_a_time: OneAtATime) -> None:
    transport = Transport(TransportOptions())
    for _ in range(3):
        transport.exchange(Request("GET", one_at_a_time.url), deadline=Deadline(20), reuse=True)
        transport.exchange(Request("POST", one_at_a_time.url), deadline=Deadline(20), reuse=False)
    assert one_at_a_time.served == 6
    transport.close()


def test_sabotage_a_pool_that_keeps_what_is_idle_starves_a_send(
    one_at_a_time: OneAtATime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pool, "release", lambda self, origin: None)
    transport = Transport(TransportOptions())
    transport.exchange(Request("GET", one_at_a_time.url), deadline=Deadline(20), reuse=True)
    for seconds in longer(0.3):  # until it is enough for a busy machine to ask
        with pytest.raises(AfilnetError) as starved:
            transport.exchange(Request("POST", one_at_a_time.url), deadline=Deadline(seconds), reuse=False)
        if isinstance(starved.value, OutcomeUnknownError):
            break
    assert isinstance(starved.value, OutcomeUnknownError)
    transport.close()
