"""Thousands of tasks that wait at once, on a service that takes 200 ms: ours, aiohttp, and asyncio without a client."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Awaitable, Callable, Iterator
from statistics import median

from afilnet_protocols import Settings, connect_async
from tests.benchmarks.interleaved import Plan
from tests.benchmarks.service import Service
from tests.benchmarks.table import Row, Target

TASKS, EACH, TAKES = 2_000, 2, 0.2
ANSWER = b'{"status": "SUCCESS", "result": {"list": []}}'
BODY = urllib.parse.urlencode(
    {"class": "chat", "method": "getchatchannels", "user": "user", "password": "a-long-password"}
).encode()
HEAD = (
    b"POST /api/http/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
)

Read = Callable[[], Awaitable[object]]


class Measured:
    """What some tasks took: CPU and elapsed time for each call, and the most that were waiting at once."""

    def __init__(self) -> None:
        self.cpu: list[float] = []
        self.rate: list[float] = []

    async def run(self, tasks: int, read: Read) -> None:
        """Have so many tasks read, each a few times."""

        async def one() -> None:
            for _ in range(EACH):
                await read()

        begun, spent = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one() for _ in range(tasks)))
        self.cpu.append((time.process_time() - spent) / (tasks * EACH) * 1e6)
        self.rate.append(tasks * EACH / (time.perf_counter() - begun))


async def _ours(url: str, tasks: int, measured: Measured) -> None:
    settings = Settings(
        protocol="http-post", base_url=url, user="user", password="a-long-password", minimum_security="none"
    )
    async with connect_async(settings) as chat:
        await chat.get_chat_channels()
        await measured.run(tasks, chat.get_chat_channels)


async def _aiohttp(url: str, tasks: int, measured: Measured) -> None:
    import aiohttp

    unbounded = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=unbounded, trust_env=False) as session:

        async def read() -> object:
            async with session.post(f"{url}/api/http/", data=BODY) as answer:
                return await answer.json(content_type=None)

        await measured.run(tasks, read)


class Raw(asyncio.Protocol):
    """One connection; whoever reads waits for the next piece that comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.come: asyncio.Future[bytes] | None = None

    def data_received(self, data: bytes) -> None:
        if self.come is not None:
            self.come.set_result(data)


async def _raw(url: str, tasks: int, measured: Measured) -> None:
    loop = asyncio.get_running_loop()
    idle: list[Raw] = []

    async def read() -> object:
        if idle:
            connection = idle.pop()
        else:
            _, connection = await loop.create_connection(Raw, "127.0.0.1", int(url.rpartition(":")[2]))
        connection.come = loop.create_future()
        connection.transport.write(HEAD + BODY)
        answer = await connection.come
        idle.append(connection)
        return answer

    await measured.run(tasks, read)
    for each in idle:
        each.transport.close()


def waiting(service: Service, plan: Plan) -> Iterator[Row]:
    """2,000 tasks at once, two reads each, over plain TCP on a service that answers after 200 ms."""
    del service
    ways: dict[str, Callable[[str, int, Measured], Awaitable[None]]] = {
        "connect_async": _ours,
        "asyncio.Protocol": _raw,
    }
    with contextlib.suppress(ImportError):
        import aiohttp  # noqa: F401 - a peer that need not be installed

        ways["aiohttp, without a limit"] = _aiohttp
    found = {name: Measured() for name in ways}
    with _slow_service() as url:
        for _ in range(plan.rounds(3)):
            for name, way in ways.items():
                asyncio.run(way(url, 200 if plan.quick else TASKS, found[name]))
    rate = {name: median(each.rate) for name, each in found.items()}
    peers = {name: each for name, each in rate.items() if name.startswith("aiohttp")}
    ours = rate["connect_async"]
    yield Row(
        "2,000 tasks at once, two reads each, plain, on a service that takes 200 ms",
        "calls each second",
        {"connect_async": ours},
        peers,
        {"asyncio.Protocol": rate["asyncio.Protocol"]},
        [
            Target("ours / asyncio.Protocol", ours / rate["asyncio.Protocol"], 0.85, 0.95, least=True),
            *(Target(f"ours / {name}", ours / each, 1.5, 2.0, least=True) for name, each in peers.items()),
        ],
        ", ".join(f"{name} {median(each.cpu):.0f} µs of CPU a call" for name, each in found.items()),
    )


@contextlib.contextmanager
def _slow_service() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


class _Answering(asyncio.Protocol):
    """Answers each request after a while."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._data = transport, b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if end and length is not None and len(body) >= int(length[1]):
            self._data = b""
            asyncio.get_running_loop().call_later(TAKES, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
