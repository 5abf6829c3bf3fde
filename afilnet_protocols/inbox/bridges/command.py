"""`Command`: run for each message: JSON on its standard input, replies as JSON lines, its exit code the mark."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.bridges.document import document, reply
from afilnet_protocols.inbox.failing import HandlingFailed, kept
from afilnet_protocols.inbox.incoming import Incoming
from afilnet_protocols.process.program import LOST, Program
from afilnet_protocols.retold import Retold
from afilnet_protocols.seconds import check_seconds
from afilnet_protocols.suggestion import LONGEST_PATH, quoted

LATER = os.EX_TEMPFAIL
"""The exit code, 75, of a command that wants the message again later (sysexits.h)."""

PAUSE = 60.0
"""After how long it has it again, in seconds."""

PATIENCE = 300.0
"""How long a command may take if nobody says otherwise, in seconds."""

LARGEST = 1 << 20
"""How many bytes of replies are read at most."""

LAST = 4096
"""In how many bytes at the end of what it wrote on standard error the last line is looked for."""


class Command:
    """A handler that runs a command.

    Exit code 0: done; each line that it printed is a reply. 75: later, and nothing is sent; so it is if the command
    cannot be run now. Any other, or a signal: the attempt failed, and counts; the last line on its standard error is
    kept with the message. It is run without a shell, without this program's ``AFILNET_*`` variables, and in a session
    of its own: what ends this program by a key lets it end its work. What it writes on standard error is passed on when
    it has ended.

    Args:
        line: the command and its arguments, as a shell would split them.
        timeout: after how long it is ended, with what it has started, in seconds.
        aside: makes a context that what it wrote on its standard error is passed on in.

    Raises:
        InvalidRequestError: there is no command in the line, it cannot be run, or the time is none.
    """

    def __init__(
        self,
        line: str,
        *,
        timeout: float = PATIENCE,
        aside: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        try:
            self._words = shlex.split(line)
        except ValueError:
            self._words = []
        if not self._words:
            raise InvalidRequestError("--exec takes a command and its arguments, with quotes that are closed")
        if shutil.which(self._words[0]) is None:
            raise InvalidRequestError(
                f"--exec: there is no command {quoted(self._words[0], LONGEST_PATH)} that could be run: give its path, "
                "and make it executable"
            )
        check_seconds("--exec-timeout", timeout, zero=False)
        self._timeout, self._aside = timeout, aside

    def __call__(self, incoming: Incoming) -> None:
        """Run the command for a message.

        Raises:
            HandlingFailed: it failed, took too long, or nobody can know how it ended.
            InvalidRequestError: what it printed is no reply, or cannot be sent.
        """
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as complained:
            code, reason = None, ""
            try:
                code = self._run(document(incoming).encode() + b"\n", printed, complained)
            except OSError as error:
                reason = f"the command cannot be run: {error.strerror or type(error).__name__}"
            if reason:
                incoming.retry(after=PAUSE, reason=kept(reason))
                return
            last = _last_line(complained)
            with self._aside():
                _pass_on(complained)
            if code == LATER:
                incoming.retry(after=PAUSE)
            elif code != 0:
                raise HandlingFailed(f"{self._ended(code)}{f': {last}' if last else ''}")
            else:
                for told in _replies(printed):
                    reply(incoming, told)

    def _run(self, given: bytes, printed: IO[bytes], complained: IO[bytes]) -> int | None:
        """Run it to its end; return its exit code, or ``None`` if it took too long."""
        process = Program(  # it is the operator's own command, and there is no shell
            self._words,
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=complained,
            env={name: value for name, value in os.environ.items() if not name.startswith("AFILNET_")},
            start_new_session=True,
        )
        try:
            process.communicate(given, timeout=self._timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.lost:
            raise HandlingFailed(f"the command {LOST}")
        return process.returncode

    def _ended(self, code: int | None) -> str:
        if code is None:
            return f"the command took more than {self._timeout:g} s"
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"the command was ended by {signal.Signals(-code).name}"
        return f"the command ended with {code}"


def _last_line(complained: IO[bytes]) -> str:
    """Return the last line that is not empty."""
    size = complained.seek(0, os.SEEK_END)
    complained.seek(max(0, size - LAST))
    lines = complained.read().decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _pass_on(complained: IO[bytes]) -> None:
    """Write what a command wrote on its standard error on that of this program."""
    stream = getattr(sys.stderr, "buffer", None)
    if stream is not None:
        complained.seek(0)
        with contextlib.suppress(OSError, ValueError):
            shutil.copyfileobj(complained, stream)
            stream.flush()


def _replies(printed: IO[bytes]) -> list[object]:
    """Return the replies, one for each line."""
    printed.seek(0)
    content = printed.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise InvalidRequestError(f"a command may print replies of {LARGEST} bytes at most")
    with Retold(UnicodeDecodeError, lambda _: InvalidRequestError("a command prints its replies in UTF-8")):
        # Not splitlines(): JSON may hold other line ends, such as U+2028, as they are.
        lines = content.decode("utf-8").split("\n")
    return [_told(line) for line in lines if line.strip()]


def _told(line: str) -> object:
    wrong = "each line that a command prints is a reply in JSON: a string or an object"
    with Retold((ValueError, RecursionError), lambda _: InvalidRequestError(wrong)):
        told: object = json.loads(line)
    if told is None:
        raise InvalidRequestError(wrong)
    return told
