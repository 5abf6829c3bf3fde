"""Threads take turns, and nothing hangs on it: whoever waits steps aside, and whoever has waited enough goes on."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from afilnet_protocols import ConfigurationError, catalogue, connect
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.cache import TokenCache
from afilnet_protocols.oauth.provider import TokenProvider, _Flight
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.transport import stream as stream_module
from afilnet_protocols.transport.failure import TransportFailure
from afilnet_protocols.transport.options import TransportOptions
from afilnet_protocols.transport.resolve import Target, resolve
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.transport.tls.context import context_for
from afilnet_protocols.transport.tls.secured_stream import SecuredStream
from afilnet_protocols.waiting import Signal, Steps, at_once, complete, run
from afilnet_protocols.waiting import turn as turns
from afilnet_protocols.waiting.places import Places
from afilnet_protocols.waiting.turn import Turn
from tests.oauth.endpoint import Endpoint
from tests.oauth.endpoint import settings as token_settings
from tests.stepwise import stepwise
from tests.time_limit import HANGS

LONG = HANGS
"""More than any of this takes, in seconds."""


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def has_it(turn: Turn) -> bool:
    return turn._thread.lock is not None


@contextlib.contextmanager
def crowd(turn: Turn) -> Iterator[None]:
    """Have somebody else be in the midst of a call."""
    turn._calling.append(None)
    try:
        yield
    finally:
        turn._calling.remove(None)


@contextlib.contextmanager
def during(turn: Turn, seconds: float) -> Iterator[None]:
    """Be in the midst of a call, and not the only one."""
    with crowd(turn):
        turn.begin(Deadline(seconds))
        try:
            yield
        finally:
            turn.end()


def test_whoever_calls_alone_takes_no_turns() -> None:
    turn = Turn()
    for _ in range(2):
        turn.begin(Deadline(LONG))
        assert not has_it(turn)
        assert not turn.crowded
        turn.end()


def test_the_second_call_begins_turns_and_the_last_ends_them() -> None:
    turn = Turn()
    turn.begin(Deadline(LONG))
    turn.begin(Deadline(LONG))
    assert has_it(turn)
    turn.end()
    assert turn.crowded
    turn.end()
    assert not turn.crowded


def test_one_thread_has_it_and_the_next_gets_it(others: ThreadPoolExecutor) -> None:
    turn, order = Turn(), []

    def second() -> None:
        with during(turn, LONG):
            order.append("second")

    with during(turn, LONG):
        waiting = others.submit(second)
        while not turn.wanted:
            time.sleep(0)
        order.append("first")
    waiting.result(LONG)
    assert order == ["first", "second"]
    assert not turn.wanted


def test_whoever_steps_aside_lets_another_in_and_has_it_again_afterwards(others: ThreadPoolExecutor) -> None:
    turn = Turn()

    def other() -> bool:
        with during(turn, LONG):
            return has_it(turn)

    with during(turn, LONG):
        with turn.aside(Deadline(LONG)):
            assert not has_it(turn)
            assert others.submit(other).result(LONG)
        assert has_it(turn)
    assert not has_it(turn)


def test_a_thread_does_not_wait_for_itself() -> None:
    turn = Turn()
    kept = turn._lock
    with during(turn, LONG), during(turn, LONG):
        assert has_it(turn)
    assert turn._lock is kept  # it is given up after a while of waiting
    assert not has_it(turn)
    assert not turn._lock.locked()


def test_stepping_aside_without_having_it_changes_nothing() -> None:
    turn = Turn()
    with turn.aside(Deadline(LONG)):
        assert not has_it(turn)
    assert not has_it(turn)


def test_an_exception_leaves_the_turn_to_the_others() -> None:
    turn = Turn()
    with contextlib.suppress(KeyboardInterrupt), during(turn, LONG), turn.aside(Deadline(LONG)):
        raise KeyboardInterrupt
    assert not has_it(turn)
    assert not turn._lock.locked()


def test_a_turn_that_nobody_gives_back_delays_the_others_once(others: ThreadPoolExecutor) -> None:
    turn = Turn()
    others.submit(turn.take, Deadline(LONG)).result(LONG)  # and never leaves it
    kept = turn._lock
    begun = time.monotonic()
    with during(turn, LONG):
        assert not has_it(turn)
    assert time.monotonic() - begun >= turns.PATIENCE[0]
    assert turn._lock is not kept
    with during(turn, LONG):
        assert has_it(turn)


class GoingRound(Turn):
    """Whenever somebody looks, somebody else has had it meanwhile."""

    _rounds = itertools.count()
    _taken = property(lambda self: next(self._rounds), lambda self, _: None)


def test_a_turn_that_goes_round_is_not_taken_for_lost(others: ThreadPoolExecutor) -> None:
    turn = GoingRound()
    turn.take(Deadline(LONG))
    kept = turn._lock
    begun = time.monotonic()
    others.submit(turn.take, Deadline(LONG)).result(LONG)
    assert sum(turns.PATIENCE) <= time.monotonic() - begun
    assert turn._lock is kept


def test_whoever_waits_for_a_lost_turn_is_freed_with_the_first(others: ThreadPoolExecutor) -> None:
    turn = Turn()
    turn.take(Deadline(LONG))
    waiting = [others.submit(turn.take, Deadline(LONG)) for _ in range(4)]
    for each in waiting:
        each.result(LONG)
    assert not turn.wanted


def test_a_call_whose_time_is_up_does_not_wait(others: ThreadPoolExecutor) -> None:
    turn = Turn()
    others.submit(turn.take, Deadline(LONG)).result(LONG)
    kept = turn._lock
    turn.take(Deadline(0))
    assert not has_it(turn)
    assert turn._lock is kept


def test_without_a_lock_of_the_interpreter_there_are_no_turns(others: ThreadPoolExecutor) -> None:
    turn = Turn(needed=False)
    with during(turn, LONG):
        assert not turn._lock.locked()


def test_a_child_does_not_wait_for_a_thread_of_its_parent(others: ThreadPoolExecutor) -> None:
    others.submit(turns.turn.take, Deadline(LONG)).result(LONG)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of threads at a fork
            child = os.fork()
        if child == 0:
            os._exit(turns.turn._lock.locked())
        assert os.waitpid(child, 0)[1] == 0
    finally:
        others.submit(turns.turn.leave)
        turns.turn.renew()


# Every wait of a call steps aside: while one thread waits there, another one has the turn. The time after which others
# go on without is made longer than any of it takes, so that nothing but stepping aside can let the other one in.

Wait = Callable[[threading.Event, pytest.MonkeyPatch], Steps[object]]


def for_an_answer(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    with stream_and_peer() as (stream, peer):
        later(go_on, lambda: peer.sendall(b"x"))
        return (yield from stream.receive(Deadline(LONG)))


def for_room(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    with stream_and_peer() as (stream, peer):
        later(go_on, peer.close)
        return (yield from stream.send(memoryview(bytes(16_000_000)), Deadline(LONG)))


def for_a_handshake(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    with stream_and_peer() as (stream, peer), contextlib.closing(SecuredStream(stream)) as secured:
        later(go_on, peer.close)
        return (yield from secured.shake_hands(context_for(TransportOptions()), "localhost", Deadline(LONG)))


def for_a_connection(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        for _ in range(3):  # the system keeps one or two, whatever is asked for
            each = waiting.enter_context(socket.socket())
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        later(go_on, listener.close)
        return (yield from stream_module.connect([Target(socket.AF_INET, listener.getsockname())], Deadline(LONG)))


def for_a_name(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    patch.setattr(socket, "getaddrinfo", lambda *_, **__: go_on.wait(LONG) and [])
    return (yield from resolve("service.example", 443, literal=False, deadline=Deadline(LONG)))


def for_the_next_attempt(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    closed = Signal()
    later(go_on, closed.set)
    patch.setattr("afilnet_protocols.transport.dial.connect", stepwise(lambda *_: TransportFailure("nobody is there")))
    chat = connect(minimum_security="none", base_url="http://127.0.0.1:1", user="u", password="p")
    assert isinstance(chat, WireBackend)
    patch.setattr(chat, "_closed", closed)
    patch.setattr(chat._rule, "chance", lambda: 50.0)
    operation, whole = catalogue.GET_CHAT_CHANNELS, Deadline(LONG)
    with chat, contextlib.suppress(ConfigurationError):
        return (yield from chat.undertake(operation, {}, whole, CallInfo(operation.name, chat.protocol)))
    return None


def for_another_threads_token(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    tokens, flight = TokenProvider(token_settings(), Endpoint()), _Flight()
    later(go_on, flight.done.set)
    return (yield from tokens._follow(flight, Deadline(LONG)))


def for_another_processes_token(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    with tempfile.TemporaryDirectory() as folder:
        cache = TokenCache(f"{folder}/token", clock=time.monotonic)
        held = contextlib.ExitStack()
        complete(held.enter_context(cache.lock()).take(Deadline(LONG)))
        later(go_on, held.close)
        with cache.lock() as lock:
            return (yield from lock.take(Deadline(LONG)))


def for_a_place(go_on: threading.Event, patch: pytest.MonkeyPatch) -> Steps[object]:
    places = Places(1)
    assert places.free is not None
    taken = complete(places.free.take(Deadline(LONG)))
    assert taken is not None
    later(go_on, taken.give_back)
    return (yield from places.within(Deadline(LONG), at_once(lambda: None)))


WAITS: list[Wait] = [
    for_a_place,
    for_an_answer,
    for_room,
    for_a_handshake,
    for_a_connection,
    for_a_name,
    for_the_next_attempt,
    for_another_threads_token,
    for_another_processes_token,
]


@contextlib.contextmanager
def stream_and_peer() -> Iterator[tuple[Stream, socket.socket]]:
    here, there = socket.socketpair()
    here.setblocking(False)
    stream = Stream(here)
    with there, contextlib.closing(stream):
        yield stream, there


def later(go_on: threading.Event, what: Callable[[], object]) -> None:
    threading.Thread(target=lambda: go_on.wait(LONG) and what(), daemon=True).start()


def another_gets_in(wait: Wait, pool: ThreadPoolExecutor, patch: pytest.MonkeyPatch, *, seconds: float) -> bool:
    """Return whether another thread has the turn while one waits so."""
    patch.setattr(turns, "PATIENCE", (60.0,))
    begun, go_on = threading.Event(), threading.Event()

    def steps() -> Steps[object]:
        begun.set()
        return (yield from wait(go_on, patch))

    def one() -> None:
        with crowd(turns.turn):
            run(steps(), Deadline(LONG))

    def another() -> bool:
        with during(turns.turn, seconds):
            return has_it(turns.turn)

    try:
        waiting = pool.submit(one)
        assert begun.wait(LONG)
        return pool.submit(another).result(LONG)
    finally:
        go_on.set()
        waiting.result(LONG)


@pytest.mark.parametrize("wait", WAITS)
def test_every_wait_steps_aside(wait: Wait, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert another_gets_in(wait, others, monkeypatch, seconds=LONG / 2)


@pytest.mark.parametrize("wait", WAITS)
def test_sabotage_a_wait_that_keeps_the_turn_is_found(
    wait: Wait, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Turn, "aside", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(Turn, "leave", lambda *_: False)
    try:
        assert not another_gets_in(wait, others, monkeypatch, seconds=0.2)
    finally:
        turns.turn.renew()


def test_a_hook_may_wait_for_a_call_of_another_thread(
    others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", (60.0,))
    answers: list[int] = []

    class Curious:
        def before(self, call: CallInfo) -> None:
            if not answers:
                answers.append(0)
                answers.append(len(others.submit(chat.get_chat_channels).result(LONG)))

        def after(self, call: CallInfo) -> None:
            pass

    with Sandbox() as sandbox, connect(sandbox.settings("http-post", plain=True), hooks=[Curious()]) as chat:
        assert len(chat.get_chat_channels()) == answers[1]
