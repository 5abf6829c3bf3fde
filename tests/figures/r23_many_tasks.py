"""Thousands of tasks on one client: none ends long after its deadline, and nothing of them is left."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from afilnet_protocols import AfilnetError, AsyncChatOperations, Settings, connect_async
from tests.figures.figure import Figure, Run

TAKES = 0.2
"""How long the service takes for an answer, in seconds; one request in ten is never answered."""

SILENT = 10
MORE_TIME = 2
"""How often the calls are made again with four times the time, where other tests are beside this one: a machine that is
too busy for the answers to come in time is no fault, and what is one is still there."""

LATEST = 1.1
"""When a call has ended at the latest, as a share of its time."""

ANSWERS = {
    b"sendmessage": b'{"status": "SUCCESS"}',
    b"getchatchannels": b'{"status": "SUCCESS", "result": {"list": []}}',
}
ANSWERED = "those that are answered are done"
PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


class Call(NamedTuple):
    """One call: how long it took, and how it ended."""

    took: float
    verdict: str


def measure(run: Run, *, tasks: int | None = None) -> Figure:
    """Make 10,000 calls at once, or 1,000, or 300: half of them reads, half of them sends.

    Args:
        run: how.
        tasks: another number.
    """
    tasks = tasks or run.of(300, 1_000, 10_000)
    seconds = max(4.0, tasks / 500)
    figure = _measured(run, tasks, seconds)
    for _ in range(0 if run.long else MORE_TIME):
        if figure.targets[ANSWERED]:
            break
        seconds *= 4
        figure = _measured(run, tasks, seconds)
    return figure


def _measured(run: Run, tasks: int, seconds: float) -> Figure:
    _allow_descriptors()
    before = _descriptors()
    with _service() as url:
        settings = Settings(
            protocol="http-post",
            user="user",
            password="a-password-of-some-length",
            base_url=url,
            minimum_security="none",
            timeout=seconds,
        )
        begun = time.monotonic()
        calls, left = asyncio.run(_tasks(settings, tasks))
        took = time.monotonic() - begun
    gc.collect()
    verdicts = Counter(call.verdict for call in calls)
    overdue = [call for call in calls if call.took > LATEST * seconds]
    figure = Figure(f"{tasks} tasks at once on one client, timeout {seconds:g} s, a service that takes 0.2 s", run.seed)
    figure.counts = {
        "calls, and how they ended": f"{len(calls)}: {dict(sorted(verdicts.items()))}",
        "longest call": f"{max(call.took for call in calls):.2f} s",
        "all of them": f"{took:.2f} s",
        "tasks left before the loop ends": left,
        "descriptors before and after": f"{before}, {_descriptors()}",
    }
    figure.targets = {
        "none ends in a foreign exception": "foreign" not in verdicts,
        ANSWERED: verdicts["done"] >= tasks * (1 - 1 / SILENT) * 0.99,
        "no task, descriptor or connection is left": not left and _descriptors() <= before,
    }
    if run.long:
        # The other forms run beside other tests, and a time that they measured there would tell of these.
        figure.targets |= {"none ends later than 10 % after its deadline": not overdue}
    figure.examples = [f"took {call.took:.2f} s: {call.verdict}" for call in overdue]
    return figure


async def _tasks(settings: Settings, count: int) -> tuple[list[Call], int]:
    async def one(chat: AsyncChatOperations, number: int) -> Call:
        begun, verdict = time.monotonic(), "done"
        try:
            if number % 2:
                await chat.get_chat_channels()
            else:
                await chat.send_message(**PERSON, message="hola")
        except AfilnetError as error:
            verdict = str(error.delivery)
        except Exception:
            verdict = "foreign"
        return Call(time.monotonic() - begun, verdict)

    async with connect_async(settings, breaker=False) as chat:
        calls = await asyncio.gather(*(one(chat, number) for number in range(count)))
    return list(calls), len(asyncio.all_tasks()) - 1


def _allow_descriptors() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextlib.contextmanager
def _service():
    """Run the service in a process of its own; yield its address."""
    process = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


class _Answering(asyncio.Protocol):
    """Answers each request after a while, but for every tenth connection."""

    made = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._data = transport, b""
        _Answering.made += 1
        self._silent = not _Answering.made % SILENT

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not end or length is None or len(body) < int(length[1]):
            return
        self._data = b""
        method = re.search(rb"method=(\w+)", body)
        if not self._silent and method is not None:
            asyncio.get_running_loop().call_later(TAKES, self._answer, ANSWERS[method[1]])

    def _answer(self, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


async def _serve() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Answering, "127.0.0.1", 0, backlog=20_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    _allow_descriptors()
    asyncio.run(_serve())
