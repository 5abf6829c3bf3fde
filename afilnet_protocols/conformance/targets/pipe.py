"""A program that answers lines of JSON with lines of JSON, kept from hanging and from talking out of turn."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from afilnet_protocols.security.redaction import mask

LONGEST_LINE = 16 * 1024 * 1024
"""The longest line that is read, in bytes."""

_MASK = "••••"
_STDERR_LINES = 100
_FIRST, _LAST = 500, 1000
"""How much is shown of what a program wrote to standard error, in characters: a report keeps no more of an error.

In some languages the reason stands above the stack, in others below it.
"""

HEARING = 0.1
"""How long what was written to standard error before an answer may take to be read, in seconds."""

ENDING = 2.0
"""How long a program whose output is over may take to end, in seconds."""


class AdapterError(Exception):
    """The adapter is at fault, rather than what it speaks to: it ended, was silent, or broke the protocol."""


class Pipe:
    """A program, one line to it and one line from it at a time.

    Raises:
        AdapterError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], secrets: Sequence[str]) -> None:
        self._name = command[0]
        self._secrets = [secret for secret in secrets if secret]
        self._said: deque[str] = deque(maxlen=_STDERR_LINES)
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # Nobody's real credentials belong into a program that is under test.
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AFILNET_")}
        problem = ""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user names the program to run
                list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
            )
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            raise AdapterError(f"the adapter {self._name!r} cannot be started: {problem}")
        self._threads = [
            threading.Thread(target=_pump, args=(self._process.stdout, self._lines.put), daemon=True),
            threading.Thread(target=_pump, args=(self._process.stderr, self._overhear), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Have it said with every fault inside what the program wrote to standard error.

        Raises:
            AdapterError: there was a fault.
        """
        try:
            yield
        except AdapterError as error:
            self._threads[1].join(HEARING)
            said = self._masked("\n".join(tuple(self._said)))
            if not said.strip():
                raise
            told = f"{error}; it said: {_without_middle(said)}"
        else:
            return
        raise AdapterError(told)

    def write(self, line: str) -> None:
        """Hand it a line.

        Raises:
            AdapterError: it has ended.
        """
        pipe = self._process.stdin
        try:
            if pipe is not None:
                pipe.write(line.encode() + b"\n")
                pipe.flush()
                return
        except (OSError, ValueError):
            pass
        raise self._lost("ended")

    def read(self, seconds: float) -> dict[str, object]:
        """Return its next line, which is a JSON object.

        Raises:
            AdapterError: it ended, was silent, or said something else; it is killed.
        """
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            line = None
        if line is None:
            self.kill()
            raise self._lost(f"did not answer within {seconds:g} seconds")
        if not line:
            lost = self._lost("ended")
            self.kill()  # it may have closed its output alone, and would be waited for at every further line
            raise lost
        answer: object = None
        with contextlib.suppress(ValueError, RecursionError):
            answer = json.loads(line)
        if not isinstance(answer, dict):
            self.kill()
            shown = self._masked(line.decode("utf-8", "backslashreplace"))[:80].rstrip()
            raise self._lost(f"answered with what is no JSON object: {shown!r} (what is no answer belongs to stderr)")
        return answer

    def _overhear(self, line: bytes) -> None:
        self._said.append(line.decode("utf-8", "backslashreplace").rstrip())

    def _lost(self, what: str) -> AdapterError:
        code: int | None = None
        if what == "ended":
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(ENDING)
            self._threads[1].join(1)
        return AdapterError(f"the adapter {self._name!r} {what}{_how(code)}")

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return mask(text)  # and as JSON spells them

    def end(self) -> None:
        """Close its input and wait for it; kill it if it stays."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDING)
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(1)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _how(code: int | None) -> str:
    """Say how a program ended, if it has."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f" by {signal.Signals(-code).name}"
    return "" if code is None else f" with code {code}"


def _without_middle(text: str) -> str:
    return text if len(text) <= _FIRST + _LAST else f"{text[:_FIRST]} … {text[-_LAST:]}"


def _pump(pipe: IO[bytes] | None, put: Callable[[bytes], None]) -> None:
    """Hand on lines until there are no more, then an empty one."""
    with contextlib.suppress(OSError, ValueError):
        while pipe is not None and (line := pipe.readline(LONGEST_LINE)):
            put(line)
    put(b"")
