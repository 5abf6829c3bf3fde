"""`max_connections`: how many calls of a client are under way at once, in threads and in tasks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from afilnet_protocols import ConfigurationError, NotSentError, Settings, connect, connect_async, deadline
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.transport import Transport
from afilnet_protocols.waiting import Signal, Steps, at_once, complete, until
from afilnet_protocols.waiting.places import Places
from afilnet_protocols.wire import Reply, Request
from tests.tables import table

CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


class Counted:
    """An exchange that notes how many are under way at once, and waits until that many have been."""

    def __init__(self, wanted: int) -> None:
        self.most, self._now, self._lock = 0, 0, threading.Lock()
        self._enough = Signal()
        self._wanted = wanted

    def __call__(self, request: Request, *, deadline: Deadline, reuse: bool) -> Steps[Reply]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now >= self._wanted:
                self._enough.set()
        yield from until(self._enough, Deadline(10))  # no longer than it takes, unless they never come
        with self._lock:
            self._now -= 1
        return Reply(200, {}, b'{"status": "SUCCESS", "result": {"list": []}}')


def in_threads(settings: Settings, calls: int) -> None:
    with connect(settings) as chat, ThreadPoolExecutor(calls) as pool:
        for each in [pool.submit(chat.get_chat_channels) for _ in range(calls)]:
            each.result()


def in_tasks(settings: Settings, calls: int) -> None:
    async def all_of_them() -> None:
        async with connect_async(settings) as chat:
            await asyncio.gather(*(chat.get_chat_channels() for _ in range(calls)))

    asyncio.run(all_of_them())


@pytest.mark.parametrize("how", [in_threads, in_tasks])
@pytest.mark.parametrize("most", [1, 3, 40])
def test_as_many_are_under_way_as_the_setting_says(monkeypatch, how: Callable[[Settings, int], None], most) -> None:
    counted = Counted(most)
    monkeypatch.setattr(Transport, "exchanging", lambda _, request, **named: counted(request, **named))
    how(Settings(user="u", password="a-long-password", max_connections=most), most + 4)
    assert counted.most == most


@pytest.mark.parametrize("how", [in_threads, in_tasks])
def test_without_it_there_are_as_many_as_come(monkeypatch, how) -> None:
    counted = Counted(60)
    monkeypatch.setattr(Transport, "exchanging", lambda _, request, **named: counted(request, **named))
    how(Settings(user="u", password="a-long-password"), 60)
    assert counted.most == 60


def test_whoever_finds_no_place_ends_as_not_sent_at_his_deadline_and_nobody_is_to_blame() -> None:
    with Sandbox() as sandbox, connect(sandbox.settings("http-post", max_connections=1)) as chat:
        place = complete(chat._places.free.take(Deadline(1.0)))
        assert place
        with deadline(0.05), pytest.raises(NotSentError) as raised:
            chat.send_message(**CALL, message="hola")
        assert raised.value.local
        assert "(raise max_connections, or give deadline() more seconds)" in str(raised.value)
        place.give_back()
        chat.send_message(**CALL, message="hola")


def test_a_place_is_given_back_whatever_happens() -> None:
    def raising(kind: type[BaseException]) -> object:
        raise kind

    places = Places(1)
    for kind in (ValueError, KeyboardInterrupt, GeneratorExit):
        with pytest.raises(kind):
            complete(places.within(Deadline(0.1), at_once(lambda kind=kind: raising(kind))))
    assert complete(places.within(Deadline(0.1), at_once(lambda: True)))


@table("wrong", [0, -1, True, 1.5, "3", 10_001])
def test_a_number_that_cannot_be_meant_is_refused(wrong) -> None:
    with pytest.raises(ConfigurationError, match="max_connections"):
        Settings(user="u", password="a-long-password", max_connections=wrong)
