"""`Recorder`: writes an application's own calls down, one JSON line each, so that a comparison can replay them.

What people wrote need not be kept: in the form ``hashed`` every letter and digit is replaced by one from a keyed hash,
and what formats treat specially stays, as does the length that a text has in each encoding.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from afilnet_protocols.callers import check_path
from afilnet_protocols.catalogue import Kind, Operation, by_name
from afilnet_protocols.comparison import steps
from afilnet_protocols.comparison.steps import RECEIVE, Step, Value
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.forwarding import Arguments, InFront, invoke
from afilnet_protocols.journal import logger
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.retold import Retold
from afilnet_protocols.seconds import is_count
from afilnet_protocols.suggestion import LONGEST_PATH, did_you_mean, quoted
from afilnet_protocols.vocabulary import plain_text

R = TypeVar("R")
log = logger("afilnet_protocols.migration")

TEXTS = ("hashed", "omitted", "kept")
"""What becomes of the texts of messages in a recording."""

OMITTED = "text"
"""What stands for a text that is not kept."""

_LARGEST = 64 * 1024 * 1024
_STAND_IN = {2: "ñ", 3: "€", 4: "😀"}
"""By the number of bytes in UTF-8: what stands for a character beyond ASCII."""


class Recorder(InFront):
    """A client that writes every call down before another carries it out. A call never fails for it.

    Args:
        chat: what carries the calls out; closed with this one.
        path: the file, which only this user can read; calls are appended.
        texts: ``hashed``, ``omitted`` or ``kept``. Recipients and channels are kept, or no read could be replayed.
        most: how many calls are written at most.

    Raises:
        ConfigurationError: an argument cannot be meant, or the file cannot be opened.
    """

    def __init__(self, chat: ChatOperations, path: str | Path, *, texts: str = "hashed", most: int = 100_000) -> None:
        if texts not in TEXTS:
            raise ConfigurationError(f"Recorder: texts: {did_you_mean(str(texts), TEXTS)}")
        if not isinstance(chat, ChatOperations):
            raise ConfigurationError(f"Recorder: chat is a client, not {type(chat).__name__}")
        if not is_count(most, 0):
            raise ConfigurationError("Recorder: most is a whole number that is not negative")
        check_path("path", path)
        self._primary, self._texts, self._left = chat, texts, most
        self._key = secrets.token_bytes(32)
        begin_afresh(self)
        told = f"the recording {quoted(path, LONGEST_PATH)} cannot be written"
        with Retold(OSError, lambda error: ConfigurationError(f"{told} ({error.strerror}): choose another file")):
            # With O_NONBLOCK, a named pipe that nobody reads is refused, and a full one costs a line and no waiting.
            flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            self._file: int | None = os.open(path, flags, 0o600)

    def after_fork(self) -> None:
        """Have a lock that nobody holds."""
        self._lock = threading.Lock()

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Write a call down and carry it out."""
        self._write(operation, arguments)
        return invoke(self._primary, operation, arguments)

    def close(self) -> None:
        """Close the file and the client."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
        self._primary.close()

    def _write(self, operation: Operation[object], arguments: Arguments) -> None:
        try:
            kept = {name: self._kept(operation, name, value) for name, value in arguments.items()}
            line = json.dumps(Step(operation.name, kept).as_data()) + "\n"
            with self._lock:
                if self._file is not None and self._left > 0:
                    self._left -= 1
                    os.write(self._file, line.encode("ascii"))
        except Exception as error:  # noqa: BLE001 -- what cannot be recorded must not keep a call from being made
            log.warning("a call could not be recorded: %s", type(error).__name__)

    def _kept(self, operation: Operation[object], name: str, value: str | None) -> Value:
        kind = operation.parameter(name).kind
        if value is None or self._texts == "kept" or kind not in (Kind.TEXT, Kind.URL):
            return None if value is None else plain_text(value)
        if kind is Kind.URL:
            # The query of an address may be what gives access to the file.
            return re.sub(r"\?.*", lambda found: "?" + "x" * (len(found[0]) - 1), value)
        return OMITTED if self._texts == "omitted" else hashed(value, self._key)


def hashed(text: str, key: bytes) -> str:
    """Return a text in which every letter and digit is replaced: the same one for the same text and key.

    Args:
        text: what to replace.
        key: without it, nobody can try texts out until one has the same result.
    """
    drawn = hashlib.shake_256(key + text.encode("utf-8", "surrogatepass")).hexdigest(len(text) // 2 + 1)
    return "".join(_replaced(character, other) for character, other in zip(text, drawn, strict=False))


def _replaced(character: str, other: str) -> str:
    if character.isascii():
        return other if character.isalnum() else character
    if not character.isalpha():
        return character
    return _STAND_IN.get(len(character.encode("utf-8", "surrogatepass")), character)


def read_recording(path: str | Path) -> list[Step]:
    """Read a recording: JSON lines as :class:`Recorder` writes them, or one JSON array of such steps.

    Raises:
        ConfigurationError: it cannot be read, holds no call, or a line is none.
    """
    reason, found = "", list[Step]()
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"longer than {_LARGEST} bytes: record fewer calls, with most=…, or split it by lines")
        text = content.decode("utf-8-sig")
        found = list(map(_fit, steps.loads(text)) if text.lstrip().startswith("[") else _lines(text))
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    except (ValueError, RecursionError) as error:
        reason = f"is no recording ({str(error)[:120]})"
    if not reason and not found:
        reason = "holds no call"
    if reason:
        raise ConfigurationError(f"the recording {quoted(path, LONGEST_PATH)} {reason}")
    return found


def _lines(text: str) -> Iterator[Step]:
    # Not splitlines(): JSON may hold other line ends, such as U+2028, as they are.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield _fit(steps.loads(f"[{line}]")[0])
            except (ValueError, IndexError) as error:
                raise ValueError(f"line {number}: {error}") from None


def _fit(step: Step) -> Step:
    """Return a step that can be made."""
    operation = by_name(step.do)
    if operation is not None:
        known = {parameter.name: parameter.compulsory for parameter in operation.parameters}
    elif step.do == RECEIVE:
        known = dict.fromkeys(("platform", "platform_id", "destination", "message"), True)
    else:
        return step
    lacking = [name for name, compulsory in known.items() if compulsory and name not in step.arguments]
    if lacking:
        raise ValueError(f"{step.do} lacks {', '.join(lacking)}")
    for name in step.arguments:
        if name not in known:
            raise ValueError(f"{step.do} has no {quoted(name)}; {did_you_mean(name, known)}")
    return step
