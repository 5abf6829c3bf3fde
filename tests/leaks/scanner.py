"""Looks for secrets, in every spelling, in everything that a failure leaves behind.

The spellings are made here with the libraries that produce them, and share nothing with the redaction under test.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import html
import io
import json
import logging
import pickle
import sys
import tempfile
import traceback
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr


def spellings(secret: str) -> dict[str, bytes]:
    """Return what a secret looks like wherever it may turn up, by the name of the spelling."""
    raw = secret.encode()
    found = {
        "raw": raw,
        "latin-1": secret.encode("latin-1", "replace"),
        "percent": quote(secret, safe="").encode(),
        "percent, slashes kept": quote(secret).encode(),
        "percent, lower case": _lower_escapes(quote(secret, safe="")).encode(),
        "form": quote_plus(secret).encode(),
        "percent twice": quote(quote(secret, safe=""), safe="").encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "JSON, every character": "".join(f"\\u{ord(each):04x}" for each in secret).encode(),
        "XML": escape(secret).encode(),
        "XML attribute": quoteattr(secret)[1:-1].encode(),
        "HTML": html.escape(secret).encode(),
        "XML references": "".join(f"&#{ord(each)};" for each in secret).encode(),
        "hexadecimal": raw.hex().encode(),
        "hexadecimal, upper case": raw.hex().upper().encode(),
        "UTF-16": secret.encode("utf-16-le"),
        "UTF-16, other order": secret.encode("utf-16-be"),
        "repr": repr(secret)[1:-1].encode(),
        "ascii": ascii(secret)[1:-1].encode(),
        "repr of bytes": repr(raw)[2:-1].encode(),
        "its first eight characters": secret[:8].encode(),
        "its last eight characters": secret[-8:].encode(),
    }
    for shift in range(3):
        core = base64.b64encode(b"\0" * shift + raw)[(0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6]
        found[f"base64, shifted by {shift}"] = core
        found[f"base64 for URLs, shifted by {shift}"] = core.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def _lower_escapes(text: str) -> str:
    parts = text.split("%")
    return parts[0] + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts[1:])


@dataclass(frozen=True)
class Leak:
    """A secret that was found."""

    secret: str
    spelling: str
    sink: str

    def __str__(self) -> str:
        return f"{self.secret} ({self.spelling}) in {self.sink}"


class Scanner:
    """Knows the secrets by name, without showing them itself.

    Args:
        secrets: the secrets, by a name that may be printed.
    """

    def __init__(self, secrets: dict[str, str]) -> None:
        self._needles = tuple(
            (needle, name, spelling)
            for name, secret in secrets.items()
            for spelling, needle in spellings(secret).items()
        )
        self.spellings = len({spelling for _, _, spelling in self._needles})

    def __repr__(self) -> str:
        return "<Scanner>"

    def scan(self, sinks: dict[str, bytes]) -> list[Leak]:
        """Return every secret that stands in a sink."""
        # One search for all sinks: what is nowhere needs no second look.
        everything = b"\n".join(sinks.values())
        suspects = [needle for needle in self._needles if needle[0] in everything]
        return [
            Leak(name, spelling, sink)
            for needle, name, spelling in suspects
            for sink, content in sinks.items()
            if needle in content
        ]


def bytes_of(value: object) -> bytes:
    """Return a text as it is searched."""
    return str(value).encode("utf-8", "surrogatepass")


@dataclass
class Watch:
    """Everything that is written while something fails: log records of all levels, warnings, stdout and stderr."""

    records: list[logging.LogRecord] = field(default_factory=list)
    warned: list[warnings.WarningMessage] = field(default_factory=list)
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    def drain(self) -> dict[str, bytes]:
        """Return what was written since the last time."""
        sinks = {
            "log records": b"\n".join(_record(record) for record in self.records),
            "warnings": b"\n".join(bytes_of(each.message) + bytes_of(repr(each.message)) for each in self.warned),
            "stdout": bytes_of(self.out.getvalue()),
            "stderr": bytes_of(self.err.getvalue()),
        }
        self.records.clear()
        self.warned.clear()
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        return sinks


class _Keep(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.DEBUG)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


def _record(record: logging.LogRecord) -> bytes:
    """Return everything that a handler could make of a record: its message, parts, additions and traceback."""
    with contextlib.suppress(TypeError, ValueError):
        record.message = record.getMessage()
    text = bytes_of(vars(record))
    if record.exc_info and record.exc_info[1] is not None:
        text += with_locals(record.exc_info[1])
    return text


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """Catch what is written, with every logger at DEBUG."""
    watch = Watch()
    root, handler = logging.getLogger(), _Keep(watch.records)
    level, root_handlers = root.level, root.handlers[:]
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(watch.out),
            contextlib.redirect_stderr(watch.err),
        ):
            warnings.simplefilter("always")
            watch.warned = warned  # type: ignore[assignment] # a list when it records
            yield watch
    finally:
        root.setLevel(level)
        root.handlers[:] = root_handlers


def with_locals(error: BaseException) -> bytes:
    """Return the traceback of an error, and of what caused it, with every local variable."""
    return bytes_of("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))


def sinks_of(error: BaseException, *, most: int | None = 2_000) -> dict[str, bytes]:
    """Return everything that an error holds.

    Args:
        error: the error.
        most: how many of the objects that can be reached from it are looked at; ``None`` for all.
    """
    chain = list(_chain(error))
    sinks = {
        "str": b"\n".join(bytes_of(each) for each in chain),
        "repr": b"\n".join(bytes_of(repr(each)) for each in chain),
        "args": b"\n".join(bytes_of(each.args) for each in chain),
        "notes": b"\n".join(bytes_of(getattr(each, "__notes__", "")) for each in chain),
        "__dict__": b"\n".join(bytes_of(vars(each)) for each in chain),
        "traceback with locals": with_locals(error),
        "reachable objects": b"\n".join(_reachable(error, most)),
    }
    try:
        sinks["pickle"] = pickle.dumps(error)
    except Exception as reason:
        sinks["pickle"] = bytes_of(reason)
    return sinks


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, what caused it, what it replaced, and the members of groups."""
    seen: set[int] = set()
    queue = [error]
    while queue:
        each = queue.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        queue += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


_ELSEWHERE = (type, types.ModuleType, types.CodeType, types.FrameType, types.TracebackType, types.BuiltinFunctionType)


def _reachable(error: BaseException, most: int | None) -> Iterator[bytes]:
    """Yield the texts among the objects that can be reached from an error; frames are looked at as a traceback."""
    seen = {id(error)}
    queue = gc.get_referents(error)
    while queue and (most is None or len(seen) < most):
        thing = queue.pop()
        if id(thing) in seen or isinstance(thing, _ELSEWHERE) or _is_module(thing):
            continue
        seen.add(id(thing))
        if isinstance(thing, str):
            yield bytes_of(thing)
        elif isinstance(thing, bytes | bytearray):
            yield bytes(thing)
        else:
            queue += gc.get_referents(thing)


def _is_module(thing: object) -> bool:
    return isinstance(thing, dict) and "__name__" in thing and "__loader__" in thing


def sinks_of_process(folder: Path | None = None) -> dict[str, bytes]:
    """Return what others can read of this process: its command line, and the files in a temporary folder."""
    sinks = {"arguments": bytes_of(sys.argv)}
    command = Path("/proc/self/cmdline")
    if command.exists():
        sinks["/proc/self/cmdline"] = command.read_bytes()
    for path in (folder or Path(tempfile.gettempdir())).rglob("*"):
        if path.is_file():
            sinks[f"file {path.name}"] = path.read_bytes()
    return sinks
