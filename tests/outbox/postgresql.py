"""A PostgreSQL server of its own, in a temporary folder, on a free port, as an ordinary user."""

from __future__ import annotations

import contextlib
import copy
import fcntl
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from tests.time_limit import HANGS

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "autovacuum": "off",
    "jit": "off",
    "check_function_bodies": "off",
}
"""A test that kills the server's processes loses no page of the system's cache, so nothing is flushed here. A test of
the tables has the bodies of functions checked; each of the other schemas would take a fifth longer."""

kept: Path | None = None
"""The folder of a run of several processes, in which the first keeps the files of a new server, for others to copy."""


def programs() -> Path | None:
    """Return the folder of the newest server's programs, or ``None`` if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    path = shutil.which("initdb")
    return found[-1].parent if found else Path(path).parent if path else None


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def sessions(url: str) -> set[int]:
    """Return the sessions that outboxes have with a server, by the numbers of their processes."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as db:
        found = db.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'afilnet outbox'").fetchall()
    return {number for (number,) in found}


@contextlib.contextmanager
def mourned(url: str) -> Iterator[None]:
    """Kill a worker in the block; at its end the server has noticed it, and lets go what the worker had locked."""
    before = sessions(url)
    yield
    for _ in range(6_000):
        if sessions(url) <= before:
            return
        time.sleep(0.01)
    raise AssertionError("the server keeps the session of a process that has ended")


class Server:
    """A running server.

    Attributes:
        url: its address.
        folder: where it keeps its files.
    """

    def __init__(self, folder: Path, *, inside: str = "", listen: str = "127.0.0.1") -> None:
        self.folder = folder
        self._inside = inside
        found = programs()
        assert found is not None
        self._programs = found
        self.port = free_port()
        self.url = f"postgresql://afilnet@127.0.0.1:{self.port}/postgres"
        self._make_files()
        lines = [f"{name} = {value}" for name, value in {**SETTINGS, "listen_addresses": f"'{listen}'"}.items()]
        lines += [f"port = {self.port}", f"unix_socket_directories = '{folder}'"]
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write("\n".join(lines) + "\n")
        if inside:
            with (folder / "data" / "pg_hba.conf").open("a") as file:
                file.write("host all all samenet trust\n")

    def _make_files(self) -> None:
        words = ("-U", "afilnet", "--auth=trust", "-E", "UTF8", "--locale=C", "-N")
        data = self.folder / "data"
        if kept is None:
            self._run("initdb", "-D", str(data), *words)
            return
        # A copy takes a tenth of the time, and has the owner of what is copied, as a server asks of its files.
        copied = kept / "postgresql"
        with (kept / "postgresql.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if copied.exists():
                subprocess.run(["cp", "-a", str(copied), str(data)], check=True)
            else:
                self._run("initdb", "-D", str(data), *words)
                subprocess.run(["cp", "-a", str(data), f"{copied}.{os.getpid()}"], check=True)
                Path(f"{copied}.{os.getpid()}").rename(copied)

    def start(self) -> None:
        for _ in range(10):
            # Its port may for a moment be the one that somebody else's connection was given.
            with contextlib.suppress(subprocess.CalledProcessError):
                self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "start")
                return
            time.sleep(1)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def replica(self, folder: Path) -> Server:
        """Return a server that follows this one, not started yet."""
        other = copy.copy(self)
        other.folder, other.port = folder, free_port()
        other.url = self.url.replace(f":{self.port}/", f":{other.port}/")
        words = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "afilnet", "-R", "-X", "stream", "-c", "fast")
        other._run("pg_basebackup", "-D", str(folder / "data"), *words)
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(f"port = {other.port}\nunix_socket_directories = '{folder}'\n")
        return other

    def promote(self) -> None:
        """Let a replica become a server that can be written."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "promote")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def _run(self, program: str, *words: str) -> None:
        # PostgreSQL refuses to run as root.
        who = {"user": ordinary_user()} if os.geteuid() == 0 and not self._inside else {}
        subprocess.run(
            [*self._where(), str(self._programs / program), *words],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **who,
        )

    def _where(self) -> list[str]:
        """Return what runs a program in another network namespace."""
        return ["ip", "netns", "exec", self._inside, "runuser", "-u", ordinary_user(), "--"] if self._inside else []


def ordinary_user() -> str:
    """Return who runs a server where the tests are root's."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Wait for a connection as long as a busy machine may take, where nothing else is said: an application gives up."""
    from afilnet_protocols.outbox.postgresql.address import DEFAULTS

    with mock.patch.dict(DEFAULTS, connect_timeout=f"{HANGS:.0f}"):
        yield


@contextlib.contextmanager
def running(*, inside: str = "", listen: str = "127.0.0.1") -> Iterator[Server]:
    """Run a server; stop it and remove its files afterwards.

    Args:
        inside: the network namespace that it runs in.
        listen: the address that it listens on.
    """
    folder = Path(tempfile.mkdtemp(prefix="afilnet-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, ordinary_user())
    try:
        server = Server(folder, inside=inside, listen=listen)
        server.start()
        try:
            with patient():
                yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_shared: list[Server] = []


@contextlib.contextmanager
def shared() -> Iterator[None]:
    """Run a server for this process and those that it forks, each of which has a database of its own there."""
    with running() as server:
        _shared.append(server)
        yield
        _shared.clear()


@contextlib.contextmanager
def of_this_session() -> Iterator[Server]:
    """Give the server that the tests use: one of their own, or a database on that which is shared."""
    if not _shared:
        with running() as server:
            yield server
        return
    import psycopg

    own, name = copy.copy(_shared[0]), f"process_{os.getpid()}"
    with psycopg.connect(own.url, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}".encode())
    own.url = own.url.replace("/postgres", f"/{name}")
    yield own


class Schemas:
    """What makes a state machine work in schemas of its own, on the server of this session."""

    server: Server
    _numbers = itertools.count()

    def new_place(self) -> tuple[str, dict[str, str]]:
        """Return the address of a place that nothing else uses, and what an outbox or an inbox is told of it."""
        return self.server.url, {"schema": f"machine_{next(self._numbers)}"}
