"""Plays a scene: makes the sends, notes what their caller was told, and compares it with the service's own ledger.

The law, for every send: ``done`` only if the ledger has it, ``not_sent`` and ``rejected`` only if it has not, never an
exception that is none of ours, never carried out twice by our doing. What an intermediary repeats by itself is told
apart by the number that it gives to each request that reaches it.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from afilnet_protocols import ChatOperations, connect, connect_async
from afilnet_protocols.errors import AfilnetError
from tests.peers.operations import FILE, PERSON
from tests.peers.scene import Check, Scene

AT_ONCE = 6

_PAGE_OF_A_GATEWAY = "HTTP 504 came without the service's document"
_OF_A_CACHE = "a cache between here and the service kept it"


@dataclass(frozen=True)
class Send:
    """One send, and what its caller was told.

    Attributes:
        way: the scene and protocol.
        word: the first word of its message.
        verdict: ``done``, the delivery of the error, or ``foreign``.
        said: the error.
    """

    way: str
    word: str
    verdict: str
    said: str

    @property
    def event(self) -> str:
        """What was to happen to it."""
        return self.word.partition("-")[0]


@dataclass
class Tally:
    """What came of the sends and other checks through one peer."""

    sends: int = 0
    checks: int = 0
    foreign: int = 0
    doubled: int = 0
    repeated_by_intermediary: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing was wrong."""
        return not (self.wrong or self.foreign or self.doubled)

    def add(self, other: Tally) -> None:
        """Take in another tally."""
        self.sends += other.sends
        self.checks += other.checks
        self.foreign += other.foreign
        self.doubled += other.doubled
        self.repeated_by_intermediary += other.repeated_by_intermediary
        self.verdicts.update(other.verdicts)
        self.wrong += other.wrong


_numbers = itertools.count(1)


def play(scene: Scene, *, quick: bool = False) -> Tally:
    """Play a scene; ``quick`` plays a handful of its events only."""
    tally = Tally()
    for name, check in scene.checks:
        tally.checks += 1
        said = _said(check)
        if said:
            tally.wrong.append(f"{scene.name}: {name}: {said}")
    with _Cast(scene) as cast:
        sends = cast.all_at_once(scene.quick[:3] if quick else scene.quick)
        if not quick:
            sends += cast.all_at_once(scene.slow)
            sends += cast.one_by_one(scene.deadly)
            sends += cast.during()
    judge(sends, scene, tally)
    return tally


def _said(check: Check) -> str | None:
    try:
        return check()
    except AfilnetError as error:
        return f"{type(error).__name__} ({error.delivery}): {error}"
    except Exception as error:
        return f"a foreign exception: {type(error).__name__}: {error}"


def judge(sends: Iterable[Send], scene: Scene, tally: Tally) -> None:
    """Compare what was told with what was done."""
    ledger = scene.ledger.read()
    for send in sends:
        arrivals = ledger.get(send.word, [])
        tally.sends += 1
        tally.checks += 1
        tally.verdicts[send.verdict] += 1
        tally.foreign += send.verdict == "foreign"
        repeats = len(arrivals) - 1
        if repeats > 0:
            ours = _by_us(arrivals, known=send.way.rpartition(" by ")[2] in scene.repeats)
            tally.doubled += ours
            tally.repeated_by_intermediary += repeats - ours
            if ours:
                tally.wrong.append(f"{send.way}: {send.word}: carried out {len(arrivals)} times")
        fault = _fault(send, len(arrivals), scene)
        if fault:
            tally.wrong.append(f"{send.way}: {send.word}: {fault}; said: {send.said or 'nothing'}")


def _by_us(arrivals: list[str], *, known: bool) -> int:
    """Return how many of the further times were our doing."""
    if all(arrivals):
        return len(set(arrivals)) - 1
    return 0 if known else len(arrivals) - 1


def _fault(send: Send, carried_out: int, scene: Scene) -> str | None:
    sure = scene.sure.get(send.event)
    if send.verdict == "foreign":
        return "an exception that is none of ours"
    if send.verdict == "done" and not carried_out:
        return "done, and never carried out"
    if send.verdict in ("not_sent", "rejected") and carried_out:
        return f"{send.verdict}, and carried out"
    if sure is not None and send.verdict != sure and not _lost_on_the_way(send):
        return f"{send.verdict} instead of {sure}"
    return None


def _lost_on_the_way(send: Send) -> bool:
    """Whether an intermediary says by a page of its own that it has no answer, or that it had the answer for a while.

    Squid did the former once, on a busy machine, where the service had refused with 404; why was not found out. Traffic
    Server did the latter once, on a busy machine too: most likely the answer had taken more than a second to pass.
    """
    return send.verdict == "unknown" and (_PAGE_OF_A_GATEWAY in send.said or _OF_A_CACHE in send.said)


class Awaited:
    """The client of asyncio, in a loop of its own in another thread, for callers that wait."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client = connect_async(**settings, breaker=False)

    def get_chat_channels(self) -> object:
        """Read."""
        return asyncio.run_coroutine_threadsafe(self._client.get_chat_channels(), self._loop).result()

    def send_message(self, **given: Any) -> None:
        """Send a message."""
        asyncio.run_coroutine_threadsafe(self._client.send_message(**given), self._loop).result()

    def send_file(self, **given: Any) -> None:
        """Send a file."""
        asyncio.run_coroutine_threadsafe(self._client.send_file(**given), self._loop).result()

    def close(self) -> None:
        """Close the client and end the loop."""
        asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Cast:
    """The clients of a scene, one for each protocol, shared by its threads."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._clients: dict[str, ChatOperations | Awaited] = {}

    def __enter__(self) -> _Cast:
        for protocol, settings in self._scene.clients.items():
            # The failures are played: a breaker that opens after ten in a row would keep back sends that are to be
            # judged, and how many are in a row depends on which thread is quick.
            self._clients[protocol] = Awaited(settings) if self._scene.awaited else connect(**settings, breaker=False)
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.close()

    def all_at_once(self, events: Iterable[str]) -> list[Send]:
        """Make a send for every event and protocol, several at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda pair: self._send(*pair), self._pairs(events)))

    def one_by_one(self, events: Iterable[str]) -> list[Send]:
        """Make a send for every event and protocol, one after the other, each to a service that is there again."""
        sends = []
        for event, protocol in self._pairs(events):
            sends.append(self._send(event, protocol))
            self._wait_for_the_service()
        return sends

    def during(self) -> list[Send]:
        """Make plain sends without a pause while something goes on."""
        if self._scene.during is None:
            return []
        ended = threading.Event()

        def disturb() -> None:
            while not ended.wait(0.3):
                self._scene.during()  # type: ignore[misc]

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            # A reload may cost an answer, never its truth: these are judged as sends that nobody can be sure of.
            return [send for _ in range(25) for send in self.all_at_once(["amid"])]
        finally:
            ended.set()
            thread.join()

    def _wait_for_the_service(self) -> None:
        # By POST, so that no cache answers.
        client = self._clients.get("http-post") or list(self._clients.values())[-1]
        for _ in range(30):
            try:
                client.get_chat_channels()
            except AfilnetError:
                time.sleep(0.1)
            else:
                return

    def _pairs(self, events: Iterable[str]) -> list[tuple[str, str]]:
        return [(event, protocol) for event in events for protocol in self._clients for _ in range(self._scene.times)]

    def _send(self, event: str, protocol: str) -> Send:
        number = next(_numbers)
        word = f"{event}-{number}"
        message = f"{word} ¿qué? <& 😀{'x' * self._scene.size}"
        client, way = self._clients[protocol], f"{self._scene.name} by {protocol}"
        try:
            if number % 4:
                client.send_message(**PERSON, message=message)
            else:
                client.send_file(**FILE, message=message)
        except AfilnetError as error:
            return Send(way, word, str(error.delivery), f"{type(error).__name__}: {error}")
        except Exception as error:
            return Send(way, word, "foreign", f"{type(error).__name__}: {error}")
        return Send(way, word, "done", "")
