"""Commands are run in a situation, and what they say is judged by the table."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from unittest import mock

from afilnet_protocols.calls.retry import Backoff
from afilnet_protocols.cli.app import run
from tests.first_contact.service import answering
from tests.first_contact.situations import Situation

_TO = ("--platform", "whatsapp", "--platform-id", "100", "--destination", "34600000000")
READS: Mapping[str, Sequence[str]] = {
    "doctor": ("doctor",),
    "channels": ("channels",),
    "chats": ("chats", *_TO[:4]),
}
SENDS: Mapping[str, Sequence[str]] = {"send": ("send", *_TO, "--message", "hola")}

ALARM = re.compile("may have happened|before you send|may have been carried out|repeat a send", re.IGNORECASE)
"""What frightens, where nothing was sent."""

NEVER = re.compile(r"Traceback|a-password-1|\bNone\b")


class Told(NamedTuple):
    """What a command said.

    Attributes:
        command: which.
        text: all of it, on one line.
        wrong: what is wrong with it; nothing if it is as it should be.
    """

    command: str
    text: str
    wrong: tuple[str, ...]


def told_in(situation: Situation) -> list[Told]:
    """Return what every command says in a situation."""
    with answering(situation.answers) as here, _settings(situation, here):
        texts = {name: _said(words) for name, words in {**READS, **SENDS}.items()}
    return [Told(name, text, tuple(_faults(situation, name, text))) for name, text in texts.items()]


def _faults(situation: Situation, command: str, text: str) -> Iterator[str]:
    for what, pattern in (("met", situation.met), ("setting", situation.setting), ("todo", situation.todo)):
        if not re.search(pattern, text, re.IGNORECASE):
            yield f"does not say {what}: {pattern}"
    if re.search(situation.never, text) if situation.never else False:
        yield f"says {situation.never}"
    if NEVER.search(text):
        yield "says what it never may"
    if command in SENDS and "delivery: unknown" in text:
        if "before you send" not in text:
            yield "does not say to look first"
    elif ALARM.search(text):
        yield "frightens about a send that was none"


def _said(words: Sequence[str]) -> str:
    out, err = io.StringIO(), io.StringIO()
    stdin = sys.stdin
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(Backoff, "ceiling", return_value=0.0),
    ):
        sys.stdin = io.StringIO("")
        try:
            run(words)
        finally:
            sys.stdin = stdin
    return " ".join(f"{out.getvalue()}\n{err.getvalue()}".split())


@contextlib.contextmanager
def _settings(situation: Situation, here: str) -> Iterator[None]:
    given = {
        "protocol": situation.protocol,
        "base_url": f"http://{here}",
        "user": "somebody",
        "password": "a-password-1",
        "minimum_security": "none",
        "timeout": "5",
    }
    if situation.protocol == "json":
        given |= {
            "json_url": f"http://{here}/json",
            "token_url": f"http://{here}/token",
            "client_id": "client",
            "client_secret": "a-password-1",
        }
    given |= {name: value.replace("@here@", here) for name, value in situation.settings.items()}
    kept = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AFILNET_")]:
        del os.environ[name]
    os.environ |= {f"AFILNET_{name.upper()}": value for name, value in given.items()}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= kept
