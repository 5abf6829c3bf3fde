"""However many threads or tasks call at once, no call ends later than its deadline, and none is sent after it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from afilnet_protocols import AfilnetError, AsyncChatOperations, ChatOperations, Settings, connect, connect_async
from tests.figures.figure import Figure, Run
from tests.figures.r6_deadlines import Waiting

TIMEOUT = 1.0
TAKES = 0.5
"""How long the service takes for an answer, in seconds."""

LATEST = 1.1
"""When a call has ended at the latest, and a send that was told of arrived, in seconds from where it was called."""

THREADS = (1, 8, 32)
ANSWER = b'{"status": "SUCCESS"}'
PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


Twin = Callable[[Settings], AsyncChatOperations]


class Crowd(NamedTuple):
    """How many call at once, how often each, and whether they are tasks."""

    callers: int
    rounds: int
    tasks: bool = False

    def __str__(self) -> str:
        return f"{self.callers} {'tasks' if self.tasks else 'threads' if self.callers > 1 else 'thread'}"


class Call(NamedTuple):
    """One call: its number, when it began, how long it took, and how it ended."""

    number: int
    begun: float
    took: float
    verdict: str


def measure(
    run: Run,
    *,
    crowds: tuple[Crowd, ...] | None = None,
    twin: Twin = connect_async,
) -> Figure:
    """Send 10,000 messages, or 1,250, to a service that takes half a second, each with a second of time.

    Args:
        run: how.
        crowds: other callers.
        twin: makes the client of the tasks.
    """
    crowds = crowds or (
        (*(Crowd(threads, 19) for threads in THREADS), Crowd(1_000, 10, tasks=True))
        if run.long
        else (*(Crowd(threads, 1) for threads in THREADS), Crowd(1_000, 1, tasks=True))
    )
    figure = Figure("calls of many threads and tasks, timeout 1 s, over a service that takes 0.5 s", run.seed)
    calls: list[Call] = []
    late: list[str] = []
    untrue: list[str] = []
    with _Service() as service, Waiting() as bare:
        for crowd in crowds:
            done = asyncio.run(_tasks(service, crowd, twin)) if crowd.tasks else _threads(service, crowd)
            calls += done
            figure.counts[f"{crowd}: calls, and how they ended"] = _told(done)
            figure.counts[f"{crowd}: p99 and longest"] = _times(done)
        arrivals, unnoticed = service.arrivals()
    for call in calls:
        arrived = arrivals.get(call.number)
        if arrived is not None and arrived - call.begun > LATEST + unnoticed + bare.worst / 1000:
            late.append(f"arrived {arrived - call.begun:.2f} s after it began")
        if arrived is not None and call.verdict == "not_sent":
            untrue.append("told not_sent, and arrived")
    overdue = [call for call in calls if call.took > LATEST]
    figure.counts = {"calls": len(calls)} | figure.counts
    figure.counts["p99 and worst of bare waits meanwhile"] = f"{bare.p99:.1f} ms, {bare.worst:.1f} ms"
    figure.targets = {
        "none is sent after its deadline": not late,
        "none that is told not_sent was sent": not untrue,
        "none ends in a foreign exception": all(call.verdict != "foreign" for call in calls),
    }
    if run.long:
        # The short form runs beside other tests, and a time that it measured there would tell of them.
        figure.targets |= {f"none ends later than {LATEST} s after it began": not overdue}
    figure.examples = [*late, *untrue, *(f"took {call.took:.2f} s: {call.verdict}" for call in overdue)]
    return figure


def _told(calls: list[Call]) -> str:
    counts = Counter(call.verdict for call in calls)
    return f"{len(calls)}: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))


def _times(calls: list[Call]) -> str:
    took = sorted(call.took for call in calls)
    return f"{took[math.ceil(len(took) * 0.99) - 1]:.3f} s, {took[-1]:.3f} s"


def _threads(service: _Service, crowd: Crowd) -> list[Call]:
    calls: list[Call] = []

    def one(chat: ChatOperations) -> None:
        for _ in range(crowd.rounds):
            number, begun = service.number(), time.monotonic()
            verdict = "done"
            try:
                chat.send_message(**PERSON, message=f"n{number}.")
            except AfilnetError as error:
                verdict = str(error.delivery)
            except Exception:
                verdict = "foreign"
            calls.append(Call(number, begun, time.monotonic() - begun, verdict))

    with connect(service.settings) as chat:
        threads = [threading.Thread(target=one, args=(chat,)) for _ in range(crowd.callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return calls


async def _tasks(service: _Service, crowd: Crowd, twin: Twin) -> list[Call]:
    async def one(chat: AsyncChatOperations) -> Call:
        number, begun = service.number(), time.monotonic()
        verdict = "done"
        try:
            await chat.send_message(**PERSON, message=f"n{number}.")
        except AfilnetError as error:
            verdict = str(error.delivery)
        except Exception:
            verdict = "foreign"
        return Call(number, begun, time.monotonic() - begun, verdict)

    calls: list[Call] = []
    async with twin(service.settings) as chat:
        for _ in range(crowd.rounds):
            calls += await asyncio.gather(*(one(chat) for _ in range(crowd.callers)))
    return calls


class _Service:
    """A service in a process of its own, whose clock is the same (CLOCK_MONOTONIC, time(7)).

    It answers each request after a while, and notes when it arrived, by the number in its message.
    """

    def __init__(self) -> None:
        self._numbers = iter(range(10**9))

    def number(self) -> int:
        """Return the number of a new call."""
        return next(self._numbers)

    def arrivals(self) -> tuple[dict[int, float], float]:
        """Return when the messages arrived, by their numbers, and how late the service may have been to notice.

        The service answers no more.
        """
        said, _ = self._process.communicate("enough")
        arrivals, late = json.loads(said)
        # To accept, to read, and to read on: three times round its loop.
        return {int(number): moment for number, moment in arrivals.items()}, 3 * late

    def __enter__(self) -> _Service:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(TAKES)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.settings = Settings(
            protocol="http-post",
            user="user",
            password="a-password-of-some-length",
            base_url=f"http://127.0.0.1:{int(self._process.stdout.readline())}",
            minimum_security="none",
            timeout=TIMEOUT,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


async def _answer(takes: float) -> None:
    """Serve until standard input ends, then print when the messages arrived."""
    arrivals: dict[int, float] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            found = re.search(rb"message=n(\d+)\.", body)
            if found:
                arrivals[int(found[1])] = time.monotonic()
            await asyncio.sleep(takes)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(ANSWER)}\r\nConnection: close\r\n\r\n".encode()
            writer.write(head + ANSWER)
            await writer.drain()
        writer.close()

    late = [0.0]

    async def tick() -> None:
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.02)
            late[0] = max(late[0], time.monotonic() - begun - 0.02)

    ticking = asyncio.create_task(tick())
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    ticking.cancel()
    print(json.dumps([arrivals, late[0]]), flush=True)
    os._exit(0)  # answers may still be due, to nobody


if __name__ == "__main__":
    asyncio.run(_answer(float(sys.argv[1])))
