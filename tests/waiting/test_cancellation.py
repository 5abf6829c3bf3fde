"""A call that its task gives up ends at once, wherever it waits: with a true verdict, and without leaving a thing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afilnet_protocols import Delivery, NotSentError, Settings, connect_async, delivery_of
from afilnet_protocols.aio import AsyncChat
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.provider import _Flight
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.transport import TransportOptions
from afilnet_protocols.transport.tls.context import context_for
from afilnet_protocols.waiting import Signal, complete, tasks, until
from tests.stepwise import stepwise
from tests.time_limit import HANGS

CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
LONG = HANGS
SOON = HANGS / 2
"""Far less than any call is given here, and far more than a loop needs, in seconds."""


class Notes:
    """A hook that notes the ends of calls."""

    def __init__(self) -> None:
        self.ends: list[str] = []

    def before(self, call: CallInfo) -> None:
        pass

    def after(self, call: CallInfo) -> None:
        self.ends.append(f"{call.operation} {call.verdict}")


class Silent:
    """A service that accepts and never says a word; it knows how many connections to it are open."""

    def __init__(self, *, backlog: int | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self._open: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._open.append(self._listener.accept()[0])

    def asked(self) -> bool:
        """Return whether bytes have come."""
        for each in list(self._open):
            each.setblocking(False)
            with contextlib.suppress(OSError):
                if each.recv(1, socket.MSG_PEEK):
                    return True
        return False

    def open(self) -> int:
        """Return how many connections the other side has not closed."""
        count = 0
        for each in list(self._open):
            each.setblocking(False)
            with contextlib.suppress(ConnectionError):
                try:
                    while each.recv(1 << 20):
                        pass
                except BlockingIOError:
                    count += 1
        return count

    def close(self) -> None:
        # Closed only when it has ended: it may be about to accept one more, which nobody would close.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(HANGS)
        for each in (self._listener, *self._open):
            each.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    service = Silent()
    yield service
    service.close()


def settings_for(url: str, **changes: Any) -> Settings:
    given = {"protocol": "http-post", "user": "u", "password": "a-long-password", "base_url": url, "timeout": LONG}
    return Settings(**{**given, "minimum_security": "none", **changes})


# Where a call may wait. Each prepares a client so that a send waits there, and says what is true of it then.

Place = Callable[[WireBackend, pytest.MonkeyPatch], object]


def no_name(chat: WireBackend, patch: pytest.MonkeyPatch) -> None:
    never = Signal()
    patch.setattr("afilnet_protocols.transport.dial.resolve", lambda *_, **__: until(never, Deadline(LONG)))


def no_connection(chat: WireBackend, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("afilnet_protocols.transport.dial.connect", lambda *_: until(Signal(), Deadline(LONG)))


def no_place(chat: WireBackend, patch: pytest.MonkeyPatch) -> None:
    assert chat._places.free is not None
    taken = complete(chat._places.free.take(Deadline(1.0)))
    assert taken
    patch.setattr(chat._places, "kept", taken, raising=False)


def no_end_of_the_pause(chat: WireBackend, patch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> object:
        raise NotSentError("nobody is there")

    patch.setattr(chat._transport, "exchanging", refused)
    patch.setattr(chat, "wait", lambda *_: until(Signal(), Deadline(LONG)))


def nothing(chat: WireBackend, patch: pytest.MonkeyPatch) -> None:
    """It waits by itself."""


PLACES: dict[str, tuple[Delivery, Place, dict[str, Any]]] = {
    "a place": (Delivery.NOT_SENT, no_place, {"max_connections": 1}),
    "a name": (Delivery.NOT_SENT, no_name, {}),
    "a connection": (Delivery.NOT_SENT, no_connection, {}),
    "a handshake": (Delivery.NOT_SENT, nothing, {"tls": True}),
    "the reading before a reconciled send": (Delivery.NOT_SENT, nothing, {"delivery": "reconcile"}),
    "the end of a pause": (Delivery.NOT_SENT, no_end_of_the_pause, {}),
    "room for the request": (Delivery.UNKNOWN, nothing, {"large": True}),
    "the answer": (Delivery.UNKNOWN, nothing, {}),
}


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names suffice


async def cancelled(service: Silent, place: str, patch: pytest.MonkeyPatch) -> tuple[BaseException, Notes, AsyncChat]:
    """Cancel a send that waits there; return what it ended in, what hooks were told, and the client, still open."""
    _, prepare, changes = PLACES[place]
    changes = dict(changes)
    message = "x" * 30_000_000 if changes.pop("large", False) else "hola"
    url = service.url.replace("http:", "https:") if changes.pop("tls", False) else service.url
    notes = Notes()
    chat = connect_async(settings_for(url, **changes), hooks=[notes])
    assert isinstance(chat, AsyncChat)
    await chat.__aenter__()
    inner = chat._client.made
    assert isinstance(inner, WireBackend)
    with patch.context() as within:
        prepare(inner, within)
        task = asyncio.create_task(chat.send_message(**CALL, message=message))
        async with asyncio.timeout(SOON):
            # Where nothing is on the way, a few rounds of the loop bring the call to where it waits.
            for _ in range(10):
                await asyncio.sleep(0)
            while prepare is nothing and not service.asked():
                await asyncio.sleep(0.01)
        task.cancel()
        async with asyncio.timeout(SOON):
            with pytest.raises(asyncio.CancelledError) as ended:
                await task
    return ended.value, notes, chat


@pytest.mark.parametrize("place", PLACES)
def test_a_cancelled_send_ends_at_once_with_its_verdict_and_leaves_nothing(silent, place, monkeypatch) -> None:
    async def play() -> None:
        error, notes, chat = await cancelled(silent, place, monkeypatch)
        verdict = PLACES[place][0]
        assert delivery_of(error) is verdict
        assert notes.ends[-1] == f"send_message {verdict}"
        assert len(asyncio.all_tasks()) == 1
        async with asyncio.timeout(SOON):
            while silent.open():
                await asyncio.sleep(0.01)
            await chat.close()

    before = descriptors()
    asyncio.run(play())
    assert descriptors() <= before + len(silent._open)


def test_what_gather_makes_in_place_of_a_cancellation_knows_no_verdict_and_the_task_itself_does(silent) -> None:
    """As the documentation of ``delivery_of`` says. The first is asyncio's own doing."""

    async def play() -> None:
        async with connect_async(settings_for(silent.url)) as chat, asyncio.timeout(SOON):
            task = asyncio.create_task(chat.send_message(**CALL, message="hola"))
            while not silent.asked():
                await asyncio.sleep(0.01)
            gathered = asyncio.gather(task, return_exceptions=True)
            task.cancel()
            (made_anew,) = await gathered
            with pytest.raises(asyncio.CancelledError) as ended:
                await task
            assert isinstance(made_anew, asyncio.CancelledError)
            assert (delivery_of(made_anew), delivery_of(ended.value)) == (None, Delivery.UNKNOWN)

    asyncio.run(play())


def test_sabotage_a_driver_that_does_not_tell_the_call_is_found(silent, monkeypatch) -> None:
    """The loop's driver drops a cancelled call where it waits, and the collector never comes."""
    kept: list[object] = []

    async def careless(steps: Any) -> Any:
        kept.append(steps)
        loop = asyncio.get_running_loop()
        try:
            wait = steps.send(None)
            while True:
                await tasks._wait(wait, loop)
                wait = steps.send(None)
        except StopIteration as stop:
            return stop.value

    async def play() -> None:
        monkeypatch.setattr("afilnet_protocols.aio.drive", careless)
        await cancelled(silent, "the answer", monkeypatch)
        assert silent.open() == 1

    asyncio.run(play())


def test_sabotage_a_driver_that_carries_on_behind_the_task_is_found(silent, monkeypatch) -> None:
    real = tasks.drive

    async def shielded(steps: Any) -> Any:
        return await asyncio.shield(real(steps))

    async def play() -> None:
        monkeypatch.setattr("afilnet_protocols.aio.drive", shielded)
        await cancelled(silent, "the answer", monkeypatch)
        assert len(asyncio.all_tasks()) > 1
        assert silent.open() == 1

    asyncio.run(play())


def test_a_place_is_given_to_the_next_when_its_task_gives_up(sandbox: Sandbox) -> None:
    async def play() -> None:
        async with connect_async(sandbox.settings("http-post", max_connections=1, timeout=LONG)) as chat:
            with sandbox.fault("silence_on_accept") as armed:
                first = asyncio.create_task(chat.get_chat_channels())
                second = asyncio.create_task(chat.get_chat_channels())
                third = asyncio.create_task(chat.get_chat_channels())
                async with asyncio.timeout(LONG):
                    while not armed.hits:
                        await asyncio.sleep(0.01)
            second.cancel()
            first.cancel()
            async with asyncio.timeout(SOON):
                assert await third

    asyncio.run(play())


def test_whoever_waits_for_the_token_of_a_task_that_gave_up_asks_anew(sandbox: Sandbox) -> None:
    async def play() -> None:
        async with connect_async(sandbox.settings("json", timeout=LONG)) as chat:
            with sandbox.fault("token_silence", times=1) as armed:
                leading = asyncio.create_task(chat.get_chat_channels())
                async with asyncio.timeout(LONG):
                    while not armed.hits:
                        await asyncio.sleep(0.01)
                following = asyncio.create_task(chat.get_chat_channels())
                await asyncio.sleep(0)
            assert isinstance(chat._client.made._tokens._flight, _Flight)
            leading.cancel()
            async with asyncio.timeout(SOON):
                assert await following

    asyncio.run(play())


def test_a_call_that_is_cancelled_while_its_client_is_made_was_not_sent(monkeypatch) -> None:
    go_on = threading.Event()

    def slow(*_: object, **__: object) -> object:
        go_on.wait(LONG)
        raise NotSentError("too late")

    async def play() -> None:
        monkeypatch.setattr("afilnet_protocols.aio.connect", slow)
        notes = Notes()
        chat = connect_async(settings_for("http://127.0.0.1:1"), hooks=[notes])
        task = asyncio.create_task(chat.send_message(**CALL, message="hola"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as ended:
            await task
        assert delivery_of(ended.value) is Delivery.NOT_SENT
        assert notes.ends == ["send_message not_sent"]
        async with asyncio.timeout(SOON):
            await chat.close()
        go_on.set()

    asyncio.run(play())


# A driver may wake a call for nothing, and as often as it likes: what is true, the call sees for itself.


@contextlib.asynccontextmanager
async def restless(patch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async def woken(*_: object) -> None:
        await asyncio.sleep(0)

    with patch.context() as within:
        within.setattr(tasks, "_ready", woken)
        within.setattr(tasks, "_happened", woken)
        yield


@pytest.mark.parametrize("protocol", ["http-post", "soap", "json"])
def test_a_driver_that_wakes_a_call_for_nothing_changes_nothing(sandbox: Sandbox, protocol: str, monkeypatch) -> None:
    async def play() -> None:
        settings = sandbox.settings(protocol, account=sandbox.account(), max_connections=1)
        async with connect_async(settings) as chat, restless(monkeypatch):
            await asyncio.gather(*(chat.send_message(**CALL, message=f"{number}") for number in range(3)))
            found = await chat.get_messages(**CALL)
            assert sorted(message.message for message in found) == ["0", "1", "2"]
            with sandbox.fault("cut_body", operation="send_message"), pytest.raises(Exception) as lost:
                await chat.send_message(**CALL, message="lost")
            assert delivery_of(lost.value) is Delivery.UNKNOWN

    asyncio.run(play())


def test_sabotage_a_driver_that_never_wakes_is_found(silent, monkeypatch) -> None:
    """Without its timer a call would wait for ever."""

    async def asleep(wait: Any, loop: asyncio.AbstractEventLoop) -> None:
        await loop.create_future()

    async def play() -> None:
        monkeypatch.setattr(tasks, "_ready", asleep)
        async with connect_async(settings_for(silent.url, timeout=0.05)) as chat:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await chat.get_chat_channels()

    asyncio.run(play())


def test_every_loop_that_watches_descriptors_will_do(sandbox: Sandbox) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def play() -> list[object]:
        async with connect_async(sandbox.settings("json", account=sandbox.account())) as chat:
            await asyncio.gather(*(chat.send_message(**CALL, message="hola") for _ in range(5)))
            return list(await chat.get_messages(**CALL))

    assert len(uvloop.run(play())) == 5


def test_no_thread_carries_a_call(sandbox: Sandbox) -> None:
    async def play() -> None:
        async with connect_async(sandbox.settings("http-post")) as chat:
            await chat.get_chat_channels()
            before = set(threading.enumerate())
            calls = asyncio.gather(*(chat.get_chat_channels() for _ in range(50)))
            await asyncio.sleep(0)
            assert set(threading.enumerate()) <= before
            await calls

    asyncio.run(play())


def test_tasks_that_come_at_once_make_one_tls_context(sandbox: Sandbox, monkeypatch) -> None:
    made: list[object] = []

    def counted(options: TransportOptions) -> object:
        made.append(options)
        return context_for(options)

    async def play() -> None:
        async with connect_async(sandbox.settings("http-post")) as chat:
            await asyncio.gather(*(chat.get_chat_channels() for _ in range(20)))

    monkeypatch.setattr("afilnet_protocols.transport.tls.context.context_for", counted)
    asyncio.run(play())
    assert len(made) == 1


def test_a_client_serves_several_loops_at_once(sandbox: Sandbox) -> None:
    chat = connect_async(sandbox.settings("http-post", max_connections=2))
    found: list[int] = []

    async def play() -> None:
        for each in await asyncio.gather(*(chat.get_chat_channels() for _ in range(20))):
            found.append(len(each))  # noqa: PERF401 - what comes, when it comes

    threads = [threading.Thread(target=asyncio.run, args=(play(),)) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    asyncio.run(chat.close())
    assert len(found) == 60
    assert set(found) == {4}


def test_the_stand_in_is_as_it_should_be() -> None:
    assert complete(stepwise(lambda: 3)()) == 3
    assert Path("/proc/self/fd").exists()
