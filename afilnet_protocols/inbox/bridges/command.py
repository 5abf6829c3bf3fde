"""`Command`: run for each message: JSON on its standard input, replies as JSON lines, its exit code the mark."""

from __future__ import annotations

import json
import os
import shlex
import subprocess

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.bridges.document import document, reply
from afilnet_protocols.inbox.incoming import Incoming

LATER = os.EX_TEMPFAIL
"""The exit code, 75, of a command that wants the message again later (sysexits.h)."""

PAUSE = 60.0
"""After how long it has it again, in seconds."""


class CommandFailed(Exception):
    """The command ended with an exit code that says it has not handled the message."""


class Command:
    """A handler that runs a command.

    Exit code 0: done; each line that it printed is a reply. 75: later, and nothing is sent. Any other, or a signal: the
    attempt failed, and counts. It is run without a shell, and without this program's ``AFILNET_*`` variables.

    Args:
        line: the command and its arguments, as a shell would split them.
        timeout: after how long it is ended, in seconds.

    Raises:
        InvalidRequestError: there is no command in the line.
    """

    def __init__(self, line: str, *, timeout: float = 300.0) -> None:
        try:
            self._words = shlex.split(line)
        except ValueError:
            self._words = []
        if not self._words:
            raise InvalidRequestError("--exec takes a command and its arguments, with quotes that are closed")
        self._timeout = timeout

    def __call__(self, incoming: Incoming) -> None:
        """Run the command for a message.

        Raises:
            CommandFailed: it failed, took too long, or could not be run.
            InvalidRequestError: what it printed is no reply, or cannot be sent.
        """
        reason = ""
        try:
            ended = subprocess.run(  # noqa: S603 -- it is the operator's own command, and there is no shell
                self._words,
                input=document(incoming).encode() + b"\n",
                stdout=subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if not name.startswith("AFILNET_")},
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            reason = f"it took more than {self._timeout:g} s"
        except OSError as error:
            reason = f"it cannot be run: {error.strerror}"
        if reason:
            raise CommandFailed(reason)
        if ended.returncode == LATER:
            incoming.retry(after=PAUSE)
            return
        if ended.returncode != 0:
            raise CommandFailed(f"it ended with {ended.returncode}")
        for line in ended.stdout.decode("utf-8", "replace").splitlines():
            if line.strip():
                reply(incoming, _told(line))


def _told(line: str) -> object:
    told: object = None
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    if told is None:
        raise InvalidRequestError("each line that a command prints is a reply in JSON: a string or an object")
    return told
