"""What a waiting call holds: memory of a process in which many tasks wait for their answers, by way and by layer.

Nothing is left to time. The service keeps all answers back until every request has come, and then waits for a word over
a second connection, so that the process looks at its memory while every one of its calls waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.util
import multiprocessing
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from multiprocessing.connection import Connection
from typing import NamedTuple

import trustme

from afilnet_protocols import connect_async
from tests.benchmarks import raw
from tests.benchmarks.interleaved import Plan
from tests.benchmarks.process_memory import kilobytes
from tests.benchmarks.service import Service
from tests.benchmarks.table import Row, Target
from tests.benchmarks.tasks import ANSWER, BODY, HEAD, Raw

CALLS = {"plain": 1_000, "TLS": 500}
AT_MOST = {"plain": 12.0, "TLS": 45.0}
"""What a waiting call may hold, in kB."""

Read = Callable[[], Awaitable[object]]


class Site(NamedTuple):
    """Where the service listens.

    Attributes:
        port: of the service.
        word: the port where it says that every request has come, and waits for a word to answer them.
        ca_file: whom to trust; empty without TLS.
    """

    port: int
    word: int
    ca_file: str

    @property
    def url(self) -> str:
        return f"http{'s' if self.ca_file else ''}://127.0.0.1:{self.port}"

    @property
    def context(self) -> ssl.SSLContext | None:
        return raw.context(self.ca_file) if self.ca_file else None


@contextlib.asynccontextmanager
async def _ours(site: Site) -> AsyncIterator[Read]:
    async with connect_async(
        protocol="http-post",
        base_url=site.url,
        user="user",
        password="a-long-password",
        minimum_security="none",
        ca_file=site.ca_file or None,
        timeout=60,
    ) as chat:
        yield chat.get_chat_channels


@contextlib.asynccontextmanager
async def _aiohttp(site: Site) -> AsyncIterator[Read]:
    import aiohttp

    unbounded = aiohttp.TCPConnector(limit=0, ssl=site.context or True)
    async with aiohttp.ClientSession(connector=unbounded, trust_env=False) as session:

        async def read() -> object:
            async with session.post(f"{site.url}/api/http/", data=BODY) as answer:
                return await answer.json(content_type=None)

        yield read


@contextlib.asynccontextmanager
async def _raw(site: Site) -> AsyncIterator[Read]:
    loop, context = asyncio.get_running_loop(), site.context
    made: list[Raw] = []

    async def read() -> object:
        _, connection = await loop.create_connection(Raw, "127.0.0.1", site.port, ssl=context)
        made.append(connection)
        connection.come = loop.create_future()
        connection.transport.write(HEAD + BODY)
        return await connection.come

    yield read
    for each in made:
        each.transport.close()


OURS, AIOHTTP, RAW = "connect_async", "aiohttp", "asyncio.Protocol"
WAYS = {OURS: _ours, AIOHTTP: _aiohttp, RAW: _raw}


def waiting_memory(service: Service, plan: Plan) -> Iterator[Row]:
    """Memory for each call that waits for its answer, each way in a process of its own."""
    del service
    calls = {layer: 20 if plan.quick else count for layer, count in CALLS.items()}

    def held(way: str) -> dict[str, float]:
        return {f"{way}, {layer}": _held(way, layer, count) for layer, count in calls.items()}

    ours = held(OURS)
    yield Row(
        f"tasks that wait for their answers at once, {calls['plain']:,} plain and {calls['TLS']:,} over TLS",
        "memory for each, kB",
        ours,
        held(AIOHTTP) if importlib.util.find_spec("aiohttp") else {},
        held(RAW),
        [Target(f"a call, {layer}", ours[f"{OURS}, {layer}"], most, unit=" kB") for layer, most in AT_MOST.items()],
        "by how much the client's process grows, tasks and connections included",
    )


def _held(way: str, layer: str, count: int) -> float:
    """Return the memory of a waiting call, in kB, measured in a process of its own."""
    here, there = multiprocessing.Pipe()
    with _service(count, layer == "TLS") as site:
        process = multiprocessing.get_context("spawn").Process(target=_measure, args=(way, site, count, there))
        process.start()
        there.close()
        held: float = here.recv()
        process.join()
    return held


def _measure(way: str, site: Site, count: int, pipe: Connection) -> None:
    pipe.send(asyncio.run(_grown(way, site, count)))


async def _grown(way: str, site: Site, count: int) -> float:
    """Return by how many kB the process grew for each of so many calls, while all of them wait."""
    async with WAYS[way](site) as read:
        await read()  # whatever is made once is made before
        come, word = await asyncio.open_connection("127.0.0.1", site.word)
        gc.collect()
        before = kilobytes("VmRSS")
        calls = [asyncio.ensure_future(read()) for _ in range(count)]
        await asyncio.wait({asyncio.ensure_future(come.readexactly(1)), *calls}, return_when=asyncio.FIRST_COMPLETED)
        grown = kilobytes("VmRSS") - before
        word.write(b".")
        await asyncio.gather(*calls)
        word.close()
    return grown * 1.024 / count


@contextlib.contextmanager
def _service(count: int, tls: bool) -> Iterator[Site]:
    """Run the service in a process of its own; yield where it listens."""
    with tempfile.TemporaryDirectory() as folder:
        ca_file, words = "", [sys.executable, "-m", __name__, str(count)]
        if tls:
            authority, ca_file, own = trustme.CA(), f"{folder}/ca.pem", f"{folder}/own.pem"
            authority.cert_pem.write_to_path(ca_file)
            authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(own)
            words.append(own)
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            port, word = map(int, process.stdout.readline().split())
            yield Site(port, word, ca_file)
        finally:
            process.kill()
            process.communicate()


class _Gate:
    """Answers the first request at once, and the others when all of them have come and a word has."""

    def __init__(self, count: int) -> None:
        self._first, self._left = True, count
        self._all, self._word = asyncio.Event(), asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until it ends."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                assert length is not None
                await reader.readexactly(int(length[1]))
                await self._turn()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))

    async def _turn(self) -> None:
        if self._first:
            self._first = False
            return
        self._left -= 1
        if not self._left:
            self._all.set()
        await self._word.wait()

    async def tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say that all requests have come, and wait for a word."""
        await self._all.wait()
        writer.write(b".")
        await reader.read(1)
        self._word.set()
        writer.close()


async def _serve(count: int, own: str | None) -> None:
    """Serve until standard input ends."""
    gate, context = _Gate(count), None
    if own is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own)
    served = await asyncio.start_server(gate.serve, "127.0.0.1", 0, backlog=4_096, ssl=context)
    told = await asyncio.start_server(gate.tell, "127.0.0.1", 0)
    print(*(server.sockets[0].getsockname()[1] for server in (served, told)), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), *(sys.argv[2:] or [None])))
