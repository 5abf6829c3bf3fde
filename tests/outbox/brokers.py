"""Brokers of their own, in temporary folders, on free ports."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.outbox.postgresql import free_port
from tests.time_limit import HANGS


class Broker:
    """A running broker.

    Attributes:
        url: its address, as Celery takes it.
    """

    def __init__(self, url: str, port: int, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.url = url
        self._port = port
        self._start = start
        self.start()

    def start(self) -> None:
        self._process = self._start()
        until = time.monotonic() + HANGS
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.1)
        raise AssertionError("the broker did not start")

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        self._process.wait()

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()


@contextlib.contextmanager
def redis() -> Iterator[Broker]:
    """Run Redis, with what it keeps on disk at every write."""
    port = free_port()
    with _folder() as folder:

        def start() -> subprocess.Popen[bytes]:
            words = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes"]
            return _started(["redis-server", *words, "--appendfsync", "always"], folder)

        broker = Broker(f"redis://127.0.0.1:{port}/0", port, start)
        try:
            yield broker
        finally:
            broker.kill()


@contextlib.contextmanager
def rabbitmq() -> Iterator[Broker]:
    """Run RabbitMQ under a node name of its own; its port mapper is ours too."""
    port, distribution, mapper = free_port(), free_port(), free_port()
    with _folder() as folder:
        environ = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"afilnet{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "ERL_EPMD_PORT": str(mapper),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        }
        mapping = _started(["epmd", "-port", str(mapper), "-address", "127.0.0.1"], folder, environ)
        program = next(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"), None)
        broker = None
        try:
            broker = Broker(
                f"amqp://guest:guest@127.0.0.1:{port}//",
                port,
                lambda: _started([str(program or "rabbitmq-server")], folder, environ),
            )
            yield broker
        finally:
            if broker is not None:
                broker.kill()
            mapping.terminate()
            mapping.wait()


def _started(words: list[str], folder: Path, environ: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    log = (folder / "output").open("ab")
    with log:
        return subprocess.Popen(
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ, start_new_session=True
        )


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="afilnet-broker-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
