"""Whatever passes through a call reaches its caller as it is, and everybody is told what it means for the call."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import afilnet_protocols
from afilnet_protocols import Delivery, NotSentError, OutcomeUnknownError, connect, connect_async, delivery_of
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.observation import CallInfo, Watch
from afilnet_protocols.process.interruption import note_delivery
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.telemetry import OpenTelemetryHook
from afilnet_protocols.transport import resolve as resolve_module
from afilnet_protocols.transport.failure import NO_THREAD
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.waiting import Place as Taken
from afilnet_protocols.waiting import at_once, run
from afilnet_protocols.wire import Reply
from tests.at_step import AtStep, Interrupted, interrupt, nothing_is_collected, steps_are_told
from tests.notes import Notes
from tests.tables import table
from tests.time_limit import HANGS

CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
PROTOCOLS = ["http-get", "http-post", "basic", "soap", "json"]


class SoftTimeLimit(Exception):
    """What a task queue raises in a signal handler."""


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """One that cannot be changed by the usual way."""

    text: str = "frozen"


KINDS = [SoftTimeLimit, Frozen, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError]


Place = Callable[[WireBackend, pytest.MonkeyPatch, Callable[..., object]], object]
"""Has something raised at one place of a call."""


def in_a_pause(chat: WireBackend, patch: pytest.MonkeyPatch, interrupt: Callable[..., object]) -> None:
    def refused(*_: object, **__: object) -> object:
        raise NotSentError("nobody is there")

    patch.setattr(chat._transport, "exchanging", refused)
    patch.setattr(chat, "wait", interrupt)


PLACES: dict[str, tuple[Delivery, Place]] = {
    "writing the request": (
        Delivery.NOT_SENT,
        lambda chat, patch, interrupt: patch.setattr(chat._codec, "encode", interrupt),
    ),
    "asking the breaker": (
        Delivery.NOT_SENT,
        lambda chat, patch, interrupt: patch.setattr(chat.breaker, "admit", interrupt),
    ),
    "connecting": (
        Delivery.NOT_SENT,
        lambda chat, patch, interrupt: patch.setattr(chat._transport._dialer, "dial", interrupt),
    ),
    "sending": (Delivery.UNKNOWN, lambda chat, patch, interrupt: patch.setattr(Stream, "send_at_once", interrupt)),
    "waiting for the answer": (
        Delivery.UNKNOWN,
        lambda chat, patch, interrupt: patch.setattr(Stream, "receive_at_once", interrupt),
    ),
    "reading the answer": (
        Delivery.UNKNOWN,
        lambda chat, patch, interrupt: patch.setattr(chat._codec, "decode", interrupt),
    ),
    "pausing before the next attempt": (Delivery.NOT_SENT, in_a_pause),
}


def interrupted(sandbox, protocol, place, kind, caplog, monkeypatch) -> tuple[list[str], list[str], list[str], object]:
    """Interrupt a send at a place; return what hooks, log and spans were told, and the verdict that is found."""
    exporter = InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    notes, error = Notes(), kind()

    def interrupt(*_: object, **__: object) -> object:
        raise error

    caplog.clear()
    with (
        caplog.at_level(logging.INFO, "afilnet_protocols"),
        connect(sandbox.settings(protocol), hooks=[notes, OpenTelemetryHook(tracers)]) as chat,
        monkeypatch.context() as patch,
    ):
        if protocol == "json":
            chat._tokens.get(Deadline(5.0))
        PLACES[place][1](chat, patch, interrupt)
        with pytest.raises(kind) as raised:
            chat.send_message(**CALL, message="hola")
    assert raised.value is error
    lines = [record.afilnet_verdict for record in caplog.records if hasattr(record, "afilnet_verdict")]
    spans = [span.attributes["afilnet.verdict"] for span in exporter.get_finished_spans()]
    return notes.told, lines, spans, delivery_of(error)


@table("kind", [pytest.param(kind, id=kind.__name__) for kind in KINDS])
@table("place", PLACES)
def test_everybody_is_told_the_end_of_an_interrupted_call(sandbox, place, kind, caplog, monkeypatch) -> None:
    verdict = PLACES[place][0]
    found = interrupted(sandbox, "http-post", place, kind, caplog, monkeypatch)
    assert found == (["before", f"after {verdict} {kind.__name__}"], [verdict], [verdict], verdict)


@table("place", PLACES)
@table("protocol", PROTOCOLS)
def test_over_every_protocol_alike(sandbox, protocol, place, caplog, monkeypatch) -> None:
    assert interrupted(sandbox, protocol, place, SoftTimeLimit, caplog, monkeypatch)[3] is PLACES[place][0]


def test_a_token_that_was_being_fetched_is_no_part_of_the_call(sandbox, monkeypatch) -> None:
    """Bytes left, but not the call's."""

    def receive(*_: object) -> object:
        raise SoftTimeLimit

    with connect(sandbox.settings("json")) as chat:
        monkeypatch.setattr(Stream, "receive_at_once", receive)
        with pytest.raises(SoftTimeLimit) as raised:
            chat.send_message(**CALL, message="hola")
    assert delivery_of(raised.value) is Delivery.NOT_SENT


def test_the_reading_before_a_reconciled_send_is_no_part_of_it(sandbox, monkeypatch) -> None:
    def receive(*_: object) -> object:
        raise SoftTimeLimit

    with connect(sandbox.settings("http-post", delivery="reconcile", settle=0.1)) as chat:
        monkeypatch.setattr(Stream, "receive_at_once", receive)
        with pytest.raises(SoftTimeLimit) as raised:
            chat.send_message(**CALL, message="hola")
    assert delivery_of(raised.value) is Delivery.NOT_SENT
    (note,) = raised.value.__notes__
    assert "send_message" in note


@pytest.mark.parametrize("place", PLACES)
def test_sabotage_a_watch_that_knows_errors_of_ours_alone_is_found(sandbox, place, caplog, monkeypatch) -> None:
    """What nobody has watched goes on as ``unknown`` all the same, whatever was true."""
    whole = Watch._end
    monkeypatch.setattr(Watch, "_end", lambda watch, error: isinstance(error, SoftTimeLimit) or whole(watch, error))
    found = interrupted(sandbox, "http-post", place, SoftTimeLimit, caplog, monkeypatch)
    assert found == (["before"], [], [], Delivery.UNKNOWN)


def test_a_hook_that_ends_the_program_keeps_the_end_from_nobody(sandbox) -> None:
    class Ends(Notes):
        def after(self, call: CallInfo) -> None:
            raise KeyboardInterrupt

    class NeverBegins(Notes):
        def before(self, call: CallInfo) -> None:
            raise KeyboardInterrupt

    notes = Notes()
    with (
        connect(sandbox.settings("http-post"), hooks=[Ends(), notes]) as chat,
        pytest.raises(KeyboardInterrupt) as raised,
    ):
        chat.send_message(**CALL, message="hola")
    assert notes.told == ["before", "after done "]
    assert delivery_of(raised.value) is Delivery.UNKNOWN
    first, last = Notes(), Notes()
    with (
        connect(sandbox.settings("http-post"), hooks=[first, NeverBegins(), last]) as chat,
        pytest.raises(KeyboardInterrupt),
    ):
        chat.get_chat_channels()
    assert (first.told, last.told) == (["before", "after not_sent KeyboardInterrupt"], [])


# A signal's handler may raise wherever Python looks for signals: where a function is entered, and after each call.


TRACED = frozenset(str(file) for file in Path(afilnet_protocols.__file__).parent.rglob("*.py"))


BEFORE_ALL = (["call"], ["call", "take"], ["call", "__init__"])
"""Where nothing has begun: the arguments are not even a call's."""


def interrupted_at_every_step(sandbox: Sandbox, patch: pytest.MonkeyPatch) -> list[str]:
    """Interrupt a send at each of its steps in turn; return what is wrong with what that leaves behind."""
    wrong = []
    reply = Reply(200, {}, b'{"status": "SUCCESS"}')
    with connect(sandbox.settings("http-post", max_connections=1)) as chat:
        patch.setattr(chat._transport, "exchanging", lambda *_, **__: at_once(lambda: reply))
        for step in itertools.count(1):
            notes, at, error = Notes(), AtStep(step, interrupt, TRACED), None
            chat.hooks = (notes,)
            before = sys.gettrace()
            try:
                sys.settrace(at)
                try:
                    chat.send_message(**CALL, message="hola")
                finally:
                    sys.settrace(before)
            except Interrupted as raised:
                error = raised
            if at.left > 0:
                return wrong if step > 100 else [*wrong, f"only {step} steps"]
            # What is raised while a hook is told counts as the hook's, and is dropped.
            passed = [] if error is None else traceback.extract_tb(error.__traceback__)
            # Before 3.11.4, Python names the frame twice in which tracing raises.
            inner = [name for name, _ in itertools.groupby(each.name for each in passed if each.filename in TRACED)]
            if error is not None and delivery_of(error) is None and inner not in BEFORE_ALL:
                wrong.append(f"no verdict: {inner}")
            if len(notes.told) == 1 and notes.told[0] == "before":
                wrong.append(f"not told the end: {inner}")
            error = None  # with its frames, where a place may have been left
            assert chat._places.free is not None
            if chat._places.free._free != 1:
                wrong.append(f"a place is lost: {inner}")
                chat._places.free._free = 1
    raise AssertionError


def aside(sandbox: Sandbox, patch: pytest.MonkeyPatch) -> list[str]:
    """Do that in a thread that ends: what is raised by tracing in a handler stays the exception that is handled."""
    with ThreadPoolExecutor(1) as thread, nothing_is_collected():
        return thread.submit(interrupted_at_every_step, sandbox, patch).result()


@steps_are_told
def test_an_exception_between_any_two_steps_leaves_a_verdict_no_hook_untold_and_no_place_taken(
    sandbox, monkeypatch
) -> None:
    assert aside(sandbox, monkeypatch) == []


class Interrupting(set[object]):
    """What is under way, interrupted when something has just been added."""

    def add(self, each: object) -> None:
        super().add(each)
        raise SoftTimeLimit


def test_a_call_of_a_task_that_is_interrupted_as_it_begins_keeps_nobody_from_closing(sandbox) -> None:
    async def play() -> None:
        async with connect_async(sandbox.settings("http-post")) as chat:
            chat._under_way = Interrupting()
            with pytest.raises(SoftTimeLimit) as raised:
                await chat.send_message(**CALL, message="hola")
            assert delivery_of(raised.value) is Delivery.UNKNOWN
            left = list(chat._under_way)
            chat._under_way.clear()  # or the end of this would wait for it
        assert not left

    asyncio.run(play())


@steps_are_told
def test_sabotage_a_call_that_is_only_safe_in_its_middle_is_found(sandbox, monkeypatch) -> None:
    monkeypatch.setattr(Watch, "make_sure", lambda *_: None)
    monkeypatch.setattr("afilnet_protocols.forwarding.make_sure_of_delivery", lambda *_: None)
    monkeypatch.setattr(Taken, "__del__", lambda _: None)
    found = {each.partition(":")[0] for each in aside(sandbox, monkeypatch)}
    assert found == {"not told the end", "a place is lost", "no verdict"}


def test_a_signal_in_the_middle_of_a_send() -> None:
    def alarm(*_: object) -> None:
        raise SoftTimeLimit

    def interrupt() -> None:
        connection, _ = silent.accept()
        with connection:
            connection.recv(1)  # it is on its way
            os.kill(os.getpid(), signal.SIGUSR1)
            over.wait(HANGS)

    notes, over = Notes(), threading.Event()
    before = signal.signal(signal.SIGUSR1, alarm)
    try:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            interrupting = threading.Thread(target=interrupt)
            interrupting.start()
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with (
                connect(
                    base_url=url, user="u", password="a-long-password", minimum_security="none", hooks=[notes]
                ) as chat,
                pytest.raises(SoftTimeLimit) as raised,
            ):
                chat.send_message(**CALL, message="hola")
            over.set()
            interrupting.join(HANGS)
    finally:
        over.set()
        signal.signal(signal.SIGUSR1, before)
    assert delivery_of(raised.value) is Delivery.UNKNOWN
    assert notes.told == ["before", "after unknown SoftTimeLimit"]


def test_the_verdict_is_that_of_the_outermost_call_and_of_what_was_raised_because_of_it() -> None:
    error = SoftTimeLimit()
    error.add_note("a note of somebody else")
    note_delivery(error, Delivery.UNKNOWN, "get_messages")
    note_delivery(error, Delivery.NOT_SENT, "send_message")
    assert delivery_of(error) is Delivery.NOT_SENT
    assert len(error.__notes__) == 2
    assert "send_message" in error.__notes__[1]
    later = TimeoutError()
    later.__cause__ = error
    assert delivery_of(later) is Delivery.NOT_SENT
    assert delivery_of(ValueError()) is None
    assert delivery_of(NotSentError("x")) is Delivery.NOT_SENT


# No thread can be started: at a limit of the system, or while the interpreter ends.


def looked_up(name: str = "service.example") -> object:
    return run(resolve_module.resolve(name, 443, literal=False, deadline=Deadline(HANGS)), Deadline(HANGS))


@pytest.mark.parametrize("raised", [RuntimeError, KeyboardInterrupt])
def test_a_look_up_without_a_thread_loses_no_slot(monkeypatch, raised) -> None:
    def refuse(_: threading.Thread) -> None:
        raise raised("can't start new thread")

    monkeypatch.setattr(resolve_module, "_slots", resolve_module._Slots())
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        for _ in range(40):
            if raised is RuntimeError:
                assert looked_up() is NO_THREAD
            else:
                with pytest.raises(KeyboardInterrupt):
                    looked_up()
    assert "no address" in looked_up().reason  # type: ignore[attr-defined]


def test_a_call_in_an_exit_handler_ends_in_an_error_of_ours_or_well() -> None:
    program = """
import atexit, threading
from afilnet_protocols import AfilnetError, connect
def last():
    chat = connect(base_url="https://service.invalid", user="u", password="a-long-password", timeout=2.0)
    try: chat.get_chat_channels()
    except AfilnetError as error: print("ours", error.delivery)
atexit.register(last)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert (run.stdout, run.stderr) == ("ours not_sent\n", "")


def test_a_group_is_unknown_if_anything_in_it_is_and_no_verdict_else() -> None:
    unknown, not_sent = OutcomeUnknownError("x"), NotSentError("x")
    assert delivery_of(ExceptionGroup("g", [not_sent, unknown])) is Delivery.UNKNOWN
    assert delivery_of(ExceptionGroup("g", [ValueError(), ExceptionGroup("h", [unknown])])) is Delivery.UNKNOWN
    assert delivery_of(ExceptionGroup("g", [not_sent, not_sent])) is None
    assert delivery_of(ExceptionGroup("g", [ValueError()])) is None
    group = ExceptionGroup("g", [ValueError(), unknown])
    group.exceptions[0].__context__ = group  # as `raise group.exceptions[0]` makes it
    assert delivery_of(group.exceptions[0]) is Delivery.UNKNOWN
    note_delivery(group, Delivery.NOT_SENT, "send_message")
    assert delivery_of(group) is Delivery.NOT_SENT
