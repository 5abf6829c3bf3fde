"""Whoever stops waiting while a refresh token is traded in, at whichever step: the next call has the one after it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from afilnet_protocols import AfilnetError, NotSentError, Settings, connect, connect_async
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth import outliving as outliving_module
from afilnet_protocols.oauth import provider as provider_module
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.waiting import READABLE, Aside, Descriptor, Readiness, Signal, Steps, Wait, run
from afilnet_protocols.wire import Reply, Request
from tests.at_step import AtStep, Interrupted, interrupt, nothing_is_collected, steps_are_told
from tests.oauth.endpoint import Endpoint
from tests.oauth.endpoint import settings as in_memory
from tests.time_limit import HANGS
from tests.work import longer

FIRST = "first-refresh-token"


class Rotating:
    """A token endpoint that takes each refresh token once, and answers piece by piece when it is told to."""

    def __init__(self) -> None:
        self.uses: list[str] = []
        self.asked = threading.Semaphore(0)
        self.told = threading.Semaphore(0)
        self.at_once = threading.Event()
        self.mute = False
        self._current = FIRST
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.tell_all()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def tell_all(self) -> None:
        self.at_once.set()
        self.told.release()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._socket.accept()[0],), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as lines:
            path = lines.readline().split()[1]
            length = 0
            while line := lines.readline().strip():
                length = int(line.split()[1]) if line.lower().startswith(b"content-length") else length
            form = parse_qs(lines.read(length).decode())
            if path == b"/api":
                _say(connection, 200, {"status": "SUCCESS", "result": {"list": []}})
                return
            self.uses += form["refresh_token"]
            fits = form["refresh_token"] == [self._current]
            number = len(self.uses)
            self._current = f"refresh-token-{number}"
            self.asked.release()
            if self.mute:
                connection.recv(1)
            elif fits:
                fresh = {"access_token": f"token-{number}", "token_type": "Bearer", "expires_in": 3600}
                _say(connection, 200, {**fresh, "refresh_token": self._current}, self._piece)
            else:
                _say(connection, 400, {"error": "invalid_grant"})

    def _piece(self) -> None:
        if not self.at_once.is_set():
            self.told.acquire()


def _say(connection: socket.socket, status: int, document: object, piece: Callable[[], None] = lambda: None) -> None:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    answer = f"{head}Connection: close\r\n\r\n".encode() + body
    for part in (answer[:9], answer[9:-9], answer[-9:]):
        piece()
        connection.sendall(part)


@pytest.fixture
def server() -> Iterator[Rotating]:
    made = Rotating()
    yield made
    made.close()


def settings(server: Rotating, path: Path | None = None, **more: object) -> Settings:
    fields: dict[str, object] = {
        "protocol": "json",
        "json_url": f"{server.url}/api",
        "token_url": f"{server.url}/token",
        "client_id": "chat",
        "client_secret": "a-secret-of-some-length",
        "grant": "refresh_token",
        "refresh_token": FIRST,
        "minimum_security": "none",
        "token_cache": path,
        "timeout": HANGS,
        **more,
    }
    return Settings(**fields)  # type: ignore[arg-type] - the fields of Settings, by name


def provider(server: Rotating, path: Path | None = None) -> TokenProvider:
    chosen = settings(server, path)
    return TokenProvider(chosen, Transport(TransportOptions.of(chosen)))


class Stopped(BaseException):
    """What ends a call from outside: a cancellation, or a signal's handler."""


def thrown(steps: Steps[object]) -> None:
    with pytest.raises(Stopped):
        steps.throw(Stopped())


def dropped(steps: Steps[object]) -> None:
    steps.close()


def carried_out(wait: Wait, server: Rotating | None = None) -> None:
    if isinstance(wait, Aside):
        wait.carry_out()
    elif isinstance(wait, Readiness):
        if server is not None and wait.event == READABLE:
            server.told.release()
        assert wait.descriptor.poll(wait.event, HANGS * 1000)


def until_it_reads(steps: Steps[object]) -> Readiness:
    """Carry out what comes before the reading of an answer; return the wait for it."""
    while not (isinstance(wait := next(steps), Readiness) and wait.event == READABLE):
        carried_out(wait)
    return wait


def stopped_at_every_step(ending: Callable[[Steps[object]], None], folder: Path | None) -> list[str]:
    """Stop one who asks before each of his waits in turn; say what goes wrong for the next."""
    wrong: list[str] = []
    for last in itertools.count():
        server = Rotating()
        tokens = provider(server, None if folder is None else folder / f"tokens-{last}")
        steps: Steps[object] = tokens.getting(Deadline(HANGS))
        try:
            wait = next(steps)
            for _ in range(last):
                carried_out(wait, server)
                wait = next(steps)
        except StopIteration:
            assert last >= 4  # it connects, and reads in pieces
            return wrong
        else:
            ending(steps)
            if isinstance(wait, Aside):
                wait.carry_out()  # what another thread does is done
            server.tell_all()
            found = run(tokens.getting(Deadline(HANGS)), Deadline(HANGS)).reveal()
            tokens.refused(run(tokens.getting(Deadline(HANGS)), Deadline(HANGS)))
            run(tokens.getting(Deadline(HANGS)), Deadline(HANGS))
            if len(server.uses) != len(set(server.uses)):
                wrong.append(f"{last}: {found}, {server.uses}")
        finally:
            server.close()
    raise AssertionError


@pytest.mark.parametrize(("ending", "kept"), [(thrown, False), (thrown, True), (dropped, False)])
def test_a_call_that_is_stopped_at_any_step_loses_no_refresh_token(
    ending: Callable[[Steps[object]], None], kept: bool, tmp_path: Path
) -> None:
    assert stopped_at_every_step(ending, tmp_path if kept else None) == []


def test_sabotage_a_request_that_ends_with_its_caller_loses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outliving_module, "_goes_on", lambda *_: False)
    with pytest.raises(AfilnetError, match="has replaced it"):
        stopped_at_every_step(thrown, None)


def test_one_whose_time_is_up_ends_alone_and_those_who_wait_have_the_token(server: Rotating) -> None:
    now = [0.0]
    tokens = provider(server)
    steps = tokens.getting(Deadline(10, clock=lambda: now[0]))
    wait = until_it_reads(steps)
    assert wait.deadline.remaining() == 10
    follower = tokens.getting(Deadline(HANGS))
    waits = next(follower)
    now[0] = 10
    with pytest.raises(NotSentError, match="what still comes is for the next call"):
        next(steps)
    server.tell_all()
    assert run(_going_on(follower, waits), Deadline(HANGS)).reveal() == "token-1"  # type: ignore[attr-defined]
    assert server.uses == [FIRST]


def _going_on(steps: Steps[object], wait: Wait) -> Steps[object]:
    while True:
        yield wait
        try:
            wait = next(steps)
        except StopIteration as stop:
            return stop.value


def test_a_token_that_is_only_due_is_used_while_the_request_for_the_next_goes_on(
    server: Rotating, tmp_path: Path
) -> None:
    path = tmp_path / "tokens"
    server.tell_all()
    provider(server, path).get(Deadline(HANGS))
    aged = json.loads(path.read_text())
    entry = next(entry for entry in aged.values() if "access_token" in entry)
    entry["expires_at"] -= 3600 - 200
    path.write_text(json.dumps(aged))
    server.at_once.clear()
    server.mute = True

    now, tokens = [0.0], provider(server, path)
    steps = tokens.getting(Deadline(10, clock=lambda: now[0]))
    until_it_reads(steps)
    waits = next(tokens.getting(Deadline(HANGS)))  # somebody else waits for it, too
    now[0] = 5
    with pytest.raises(StopIteration) as found:
        next(steps)
    assert found.value.value.reveal() == "token-1"
    assert waits.signal.happened  # type: ignore[union-attr]
    assert tokens.get(Deadline(HANGS)).reveal() == "token-1"
    assert all(server.asked.acquire(timeout=HANGS) for _ in range(2))
    assert server.uses == [FIRST, "refresh-token-1"]


def test_closing_waits_for_what_goes_on_and_the_next_client_has_it(server: Rotating, tmp_path: Path) -> None:
    async def cancelled() -> None:
        async with connect_async(settings(server, tmp_path / "tokens")) as chat:
            call = asyncio.ensure_future(chat.get_chats(platform="whatsapp", platform_id="100"))
            await asyncio.to_thread(server.asked.acquire)
            call.cancel()
            await asyncio.wait([call])
            server.tell_all()

    asyncio.run(cancelled())
    with connect(settings(server, tmp_path / "tokens")) as chat:
        assert chat.get_chats(platform="whatsapp", platform_id="100") == []
    assert server.uses == [FIRST]


def test_a_loop_that_ends_in_the_middle_loses_no_refresh_token(server: Rotating) -> None:
    chat, tasks = connect_async(settings(server)), []

    async def left() -> None:
        tasks.append(asyncio.ensure_future(chat.get_chats(platform="whatsapp", platform_id="100")))
        await asyncio.to_thread(server.asked.acquire)

    async def another() -> None:
        async with chat:
            assert await chat.get_chats(platform="whatsapp", platform_id="100") == []

    asyncio.run(left())
    server.tell_all()
    asyncio.run(another())
    assert server.uses == [FIRST]


def test_an_endpoint_that_never_answers_is_waited_for_no_longer_than_the_grace(
    server: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outliving_module, "GRACE", 0.05)
    server.mute = True
    for seconds in longer(0.1):
        tokens = provider(server)
        with pytest.raises(NotSentError, match="in time"):
            tokens.get(Deadline(seconds))
        flight = tokens._flight
        if flight is not None:  # its bytes had left
            run(tokens.finishing(), Deadline(HANGS))
            assert flight.done.happened
            return
    raise AssertionError


def test_a_request_that_is_stuck_beyond_its_end_is_not_waited_for_again_by_whoever_closes_once_more() -> None:
    now = [0.0]
    stuck = outliving_module.RequestTime(10, clock=lambda: now[0])
    stuck.alone = Signal()
    waiting = stuck.ending()
    assert next(waiting).deadline.remaining() == 11  # it may still keep what came
    now[0] = 11
    assert list(waiting) == list(stuck.ending()) == []


class Pausing(Endpoint):
    """An endpoint in memory whose answer is there one wait after the request has left."""

    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Steps[Reply]:
        assert deadline.leaving()
        reading, writing = os.pipe()
        try:
            os.write(writing, b" ")
            yield Readiness(Descriptor(reading), READABLE, deadline)
        finally:
            os.close(reading)
            os.close(writing)
        return (yield from super().exchanging(request, deadline=deadline, reuse=reuse))


def interrupted_at_every_step() -> list[str]:
    """Interrupt one who asks at each step of what hands a request over; say what goes wrong for another one."""
    wrong: list[str] = []
    chosen = in_memory(grant="refresh_token", refresh_token=FIRST)
    for step in itertools.count(1):
        tokens = TokenProvider(chosen, Pausing())
        at, before = AtStep(step, interrupt, (outliving_module.__file__, provider_module.__file__)), sys.gettrace()
        steps = tokens.getting(Deadline(HANGS))
        until_it_reads(steps)
        sys.settrace(at)
        try:
            steps.throw(Stopped())
        except (Stopped, Interrupted):
            pass
        finally:
            sys.settrace(before)
        del steps
        try:
            tokens.get(Deadline(HANGS))
        except AfilnetError as error:
            wrong.append(f"{step}: {error}")
        if at.left > 0:
            assert step > 5
            return wrong
    raise AssertionError


@steps_are_told
def test_an_interruption_while_a_request_is_handed_over_keeps_nobody_else_from_a_token() -> None:
    with ThreadPoolExecutor(1) as thread, nothing_is_collected():
        assert thread.submit(interrupted_at_every_step).result() == []
