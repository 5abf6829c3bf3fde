"""Foreign programs: where they are, and how they are started, waited for, restarted and always stopped."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

INSTALLED = Path(os.environ.get("PEERS", ".peers")).absolute()
"""Where ``tests/peers/install`` has put what comes from Python's and npm's packages."""
_PATH = os.pathsep.join([str(INSTALLED / "venv/bin"), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class Absent(Exception):
    """A peer cannot be run here; the text says what is missing."""


def find(name: str) -> str:
    """Return the path of a program."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise Absent(f"{name} is not installed")
    return found


def python_with(package: str) -> str:
    """Return the interpreter of the peers' environment, which must have this package."""
    interpreter = INSTALLED / "venv/bin/python"
    if not any(INSTALLED.glob(f"venv/lib/python3*/site-packages/{package}")):
        raise Absent(f"the Python package {package} is not installed (tests/peers/install)")
    return str(interpreter)


def node_with(package: str) -> str:
    """Return Node.js, where this npm package is installed."""
    if not (INSTALLED / "node_modules" / package).is_dir():
        raise Absent(f"the npm package {package} is not installed (tests/peers/install)")
    return find("node")


def version(*command: str, pattern: str = r"\d+\.\d+[\w.]*") -> str:
    """Return the first thing like a version in what a command prints."""
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    found = re.search(pattern, run.stdout + run.stderr)
    return found.group(0).rstrip(".") if found else "?"


def python_version(package: str, *, module: str | None = None) -> str:
    """Return the version of a package in the peers' environment; its folder may have another name."""
    interpreter = python_with(module or package.lower().replace("-", "_"))
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return version(interpreter, "-c", code)


def node_version(package: str) -> str:
    """Return the version of an npm package."""
    node_with(package)
    return version("cat", str(INSTALLED / "node_modules" / package / "package.json"), pattern=r'(?<="version": ")[^"]+')


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Program:
    """A running program in a process group of its own; one that is ``kept`` is started again whenever it ends."""

    def __init__(
        self, command: list[str], folder: Path, *, port: int, env: dict[str, str] | None = None, kept: bool = False
    ) -> None:
        self._command, self._folder, self._port, self._kept = command, folder, port, kept
        self._env = {**os.environ, "PATH": _PATH, "NODE_PATH": str(INSTALLED / "node_modules"), **(env or {})}
        self._ending = threading.Event()
        self._log = folder / f"{Path(command[0]).name}-{port}.log"
        self._process = self._start()
        if kept:
            threading.Thread(target=self._restart, daemon=True).start()

    @property
    def pid(self) -> int:
        """The number of its first process."""
        return self._process.pid

    def wait(self, seconds: float = 15) -> None:
        """Wait until it takes connections."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            if self._process.poll() is not None and not self._kept:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self._command[0]} does not serve:\n{self._log.read_text('utf-8', 'replace')[-1500:]}")

    def stop(self) -> None:
        """End it and whatever it started."""
        self._ending.set()
        for number, patience in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _restart(self) -> None:
        while not self._ending.is_set():
            self._process.wait()
            # Its workers outlive it, and may hold its port.
            self._kill_group()
            if not self._ending.is_set():
                self._process = self._start()
        self.stop()
