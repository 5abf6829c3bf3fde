"""One story, told on all five protocols against a running sandbox, in a process with an environment of its own.

Prints what came of every step as one line of JSON. The settings come on the standard input. An argument names a
sabotage of :mod:`tests.figures._obedience` that is built in first.

With `--fork`, it reads jobs, one JSON document a line, and tells each in a child of its own, which has the environment
of the job and has loaded everything already: for whoever looks at what a build reads while it works. What Python and
OpenSSL read when they start is theirs, and takes an interpreter of its own.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Any

from afilnet_protocols import AfilnetError, Protocol, Settings, connect
from afilnet_protocols.registry import find
from tests.figures._obedience import OBEDIENCE

CONVERSATION = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


def listen() -> None:
    """Show everything that anybody logs, if the environment says so."""
    if os.environ.get("STORY_DEBUG"):
        http.client.HTTPConnection.debuglevel = 1
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)


def told(fields: dict[str, Any]) -> list[object]:
    """Tell the story with one protocol."""
    outcomes: list[object] = []
    with connect(Settings(**fields)) as chat:
        steps = (
            lambda: chat.get_chat_channels(),
            lambda: chat.send_message(**CONVERSATION, message="hola ñ € 😀 & + ]]>"),
            lambda: [message.message for message in chat.get_messages(**CONVERSATION)],
            lambda: len(chat.get_chats(platform="whatsapp", platform_id="100")),
            lambda: chat.get_unread_messages(**CONVERSATION),
            lambda: chat.get_messages(**{**CONVERSATION, "destination": "nobody"}),
            lambda: chat.send_message(**{**CONVERSATION, "platform_id": "none"}, message="x"),
            lambda: _to_a_stranger(fields),
            lambda: _by_variables(fields),
        )
        for step in steps:
            try:
                outcomes.append(repr(step()))
            except AfilnetError as error:
                outcomes.append(f"{type(error).__name__} {error.delivery} {error}")
    return outcomes


def _to_a_stranger(fields: dict[str, Any]) -> object:
    """Call the same service without naming its authority, which is not one of the system's."""
    unnamed = {name: value for name, value in fields.items() if name not in ("ca_file", "token_cache")}
    with connect(Settings(**unnamed)) as chat:
        return chat.get_chat_channels()


def _by_variables(fields: dict[str, Any]) -> object:
    """Call the service as an application does that leaves its settings to the environment."""
    given = {
        f"AFILNET_{name.upper()}": ",".join(value) if isinstance(value, list) else str(value).removesuffix("False")
        for name, value in fields.items()
    }
    os.environ.update(given)
    try:
        with connect() as chat:
            return chat.get_chat_channels()
    finally:
        for name in given:
            del os.environ[name]


def tell(build: Sequence[str], every: list[dict[str, Any]]) -> None:
    """Tell it with every protocol."""
    listen()
    os.chdir(os.environ.get("STORY_FOLDER", "."))
    for name in build:
        OBEDIENCE[name]()
    print(json.dumps({fields["protocol"]: told(fields) for fields in every}))
    cache = os.environ.get("STORY_CACHE")
    if cache:
        print(oct(os.stat(cache).st_mode & 0o777))  # noqa: PTH116 - nothing more is needed


def serve() -> None:
    """Tell it in a child for each job."""
    for protocol in Protocol:
        find(protocol)
    for line in sys.stdin:
        job = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if not child:
                _become(job, out.fileno(), err.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            for file in (out, err):
                file.seek(0)
            told_by_child = {"code": code, "stdout": out.read().decode(), "stderr": err.read().decode()}
        print(json.dumps(told_by_child), flush=True)


def _become(job: dict[str, Any], out: int, err: int) -> None:
    """Be the child that tells it in its own environment."""
    code = 1
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.environ.clear()
        os.environ.update(job["environment"])
        if job["umask"] >= 0:
            os.umask(job["umask"])
        tell(job["build"], job["every"])
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[1:] == ["--fork"]:
        serve()
    else:
        tell(sys.argv[1:], json.load(sys.stdin))
