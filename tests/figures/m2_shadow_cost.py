"""M2: what shadowing costs the caller while the candidate misbehaves: the same answers, and hardly any time."""

from __future__ import annotations

import contextlib
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from afilnet_protocols import ChatOperations, Settings, ShadowChat, connect
from tests.figures.figure import Figure, Run
from tests.migration.fakes import Changing, Hanging, Raising

HERE = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
BLOCK = 25
PAUSE = 0.01
"""How many seconds the caller thinks between two calls."""


def measure(run: Run) -> Figure:
    """Read alone and with a shadow, in turns, and compare answers and times."""
    blocks = run.of(1, 2, 80)
    figure = Figure("shadowing with a candidate that misbehaves, against the primary alone, in turns", run.seed)
    identical = True
    with _service() as settings, connect(settings) as primary, _endless() as endless, contextlib.ExitStack() as stack:
        primary.send_message(**HERE, message="hola")
        expected = primary.get_messages(**HERE)
        candidates = {
            "none that differs": connect(settings.but(protocol="json")),
            "hanging, deaf to deadlines": Hanging(),
            "hanging on the wire": connect(
                settings.but(protocol="json", json_url=_hanging(stack), token_url=_hanging(stack))
            ),
            "refusing connections": connect(settings.but(protocol="json", token_url=_closed())),
            "lying": Changing(connect(settings.but(protocol="json")), lambda result: [*result, *result]),
            "answering without end": connect(settings.but(protocol="http-post", base_url=endless)),
            "out of memory": Raising(MemoryError),
        }
        for name, candidate in candidates.items():
            alone: list[float] = []
            shadowed: list[float] = []
            shadow = ShadowChat(primary, candidate, timeout=1.0)
            for _ in range(blocks):
                identical &= _read(primary, alone, expected)
                identical &= _read(shadow, shadowed, expected)
            ratio = _p99(shadowed) / _p99(alone)
            seen = " ".join(f"{key}={value}" for key, value in shadow.counts.numbers.items())
            figure.counts[f"{name}: p99 ratio"] = (
                f"{ratio:.2f} ({_p99(alone) * 1e3:.1f} -> {_p99(shadowed) * 1e3:.1f} ms)"
            )
            figure.counts[f"{name}: median ratio"] = f"{statistics.median(shadowed) / statistics.median(alone):.2f}"
            figure.examples += [] if shadow.counts.numbers else [f"{name}: nothing was shadowed"]
            figure.targets[f"{name}: the candidate was tried"] = shadow.counts.number("sampled") > 0
            figure.counts[f"{name}: seen"] = seen
            if run.long:
                # A short run on a busy machine says nothing about a hundredth of its calls.
                figure.targets[f"{name}: p99 within 1.1 of running alone"] = ratio <= 1.1
            if isinstance(candidate, Hanging):
                candidate.released.set()
            candidate_closes = threading.Thread(target=candidate.close, daemon=True)
            if not isinstance(candidate, Raising):
                candidate_closes.start()
    figure.targets["every answer is the one of the primary alone"] = identical
    return figure


def _read(chat: ChatOperations, seconds: list[float], expected: object) -> bool:
    same = True
    for _ in range(BLOCK):
        begun = time.perf_counter()
        answer = chat.get_messages(**HERE)
        seconds.append(time.perf_counter() - begun)
        same &= answer == expected
        time.sleep(PAUSE)
    return same


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


@contextlib.contextmanager
def _service() -> Iterator[Settings]:
    """Run a sandbox in a process of its own, as a service would be."""
    words = [sys.executable, "-m", "afilnet_protocols", "sandbox", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        said = json.loads(process.stdout.readline())
        try:
            plain = {
                name: said[name].replace(said["base_url"], said["plain_url"]) for name in ("json_url", "token_url")
            }
            yield Settings(
                protocol="http-post",
                base_url=said["plain_url"],
                user=said["user"],
                password=said["password"],
                client_id=said["client_id"],
                client_secret=said["client_secret"],
                minimum_security="none",
                **plain,
            )
        finally:
            process.terminate()
            process.wait()


def _hanging(stack: contextlib.ExitStack) -> str:
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=100))
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def _closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


ENDLESS = """
import socket, threading
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def serve(connection):
    try:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\n")
        connection.sendall(b"transfer-encoding: chunked\\r\\n\\r\\n")
        while True:
            connection.sendall(b"10000\\r\\n" + b" " * 65536 + b"\\r\\n")
    except OSError:
        connection.close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


@contextlib.contextmanager
def _endless() -> Iterator[str]:
    """Serve answers that never end, from a process of its own."""
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()
            process.wait()
