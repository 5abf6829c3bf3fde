"""`RedactingFilter`: masks living secrets in log records, ours and those of the libraries below us.

The libraries below us log what they send. While a client is open, a filter sits on each of their loggers, where it acts
whatever the levels and handlers are. Logger filters do not act for child loggers, so every module that has a logger is
named.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import traceback
import weakref
from collections.abc import Iterator

from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.security.needles import needles
from afilnet_protocols.security.redaction import mask, spelled

LOGGERS = (
    "h11",
    "http.client",
    "oauthlib",
    "oauthlib.oauth1.rfc5849",
    "oauthlib.oauth2.rfc6749",
    "oauthlib.oauth2.rfc6749.endpoints.base",
    "oauthlib.oauth2.rfc8628",
    "requests",
    "requests_oauthlib",
    "requests_oauthlib.oauth1_auth",
    "requests_oauthlib.oauth1_session",
    "requests_oauthlib.oauth2_session",
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.http2.connection",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
    "zeep",
    "zeep.cache",
    "zeep.client",
    "zeep.proxy",
    "zeep.transports",
    "zeep.wsdl.bindings.http",
    "zeep.wsdl.bindings.soap",
    "zeep.wsdl.wsdl",
    "zeep.xsd.elements.any",
    "zeep.xsd.elements.attribute",
    "zeep.xsd.elements.element",
    "zeep.xsd.schema",
    "zeep.xsd.types.any",
    "zeep.xsd.types.complex",
    "zeep.xsd.types.simple",
    "zeep.xsd.visitor",
)
"""The loggers of the libraries below us, as far as a client runs through them."""

_BELOW = tuple(f"{name}." for name in LOGGERS)
_OURS = "afilnet_protocols"

_PLAIN = frozenset({str, int, float, bool, type(None)})
"""Types of arguments that show nothing but what the message shows of them."""

_ORDINARY = logging.LogRecord("", 0, "", 0, "", (), None)
_USUAL = len(vars(_ORDINARY))
_STANDARD = frozenset(vars(_ORDINARY)) | {"message", "asctime"}


class RedactingFilter(logging.Filter):
    """Masks living secrets in a log record: in its message, arguments, exception, stack and extra fields.

    All records pass, and nothing is ever raised, whatever was logged. Only a record that holds a secret and cannot be
    changed goes no further.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; false only if that cannot be done."""
        try:
            # What nearly every record is costs two microseconds; so nothing here is a function that need not be.
            args = record.args
            if (
                not needles.spans(record.getMessage().encode("utf-8", "surrogatepass"))
                and len(record.__dict__) == _USUAL
                and not (record.exc_info or record.exc_text or record.stack_info)
                and (not args or (type(args) is tuple and _PLAIN.issuperset(map(type, args))))
                and type(record) is logging.LogRecord
            ):
                return True
        except Exception:  # noqa: BLE001, S110 -- it is looked at part by part below; logging tells of what it cannot format
            pass
        try:
            return _mask_parts(record)
        except Exception:  # noqa: BLE001 -- no record of any kind may keep the program that logs it from going on
            return True


def _mask_parts(record: logging.LogRecord) -> bool:
    """Mask each part of a record; say whether there is no secret in it now."""
    changes: dict[str, object] = {}
    message, args = _message(record), getattr(record, "args", None)
    # The arguments may be objects that show a secret to another formatter, so they go if anything was masked.
    if spelled(message) or (args and spelled(_repr(args))):
        changes |= {"msg": mask(message), "args": None}
    trace = _trace(getattr(record, "exc_info", None))
    if spelled(trace):
        changes |= {"exc_text": mask(trace), "exc_info": None}
    for name, value in list(vars(record).items()):
        if name not in _STANDARD or (name in ("exc_text", "stack_info") and value):
            text = value if isinstance(value, str) else _repr(value)
            if spelled(text) and name not in changes:
                changes[name] = mask(text)
    try:
        for name, value in changes.items():
            setattr(record, name, value)
    except Exception:  # noqa: BLE001 -- a record of somebody else's making that does not let itself be changed
        return False
    return True


def _message(record: logging.LogRecord) -> str:
    try:
        return str(record.getMessage())
    except Exception:  # noqa: BLE001 -- wrong number of arguments, or one that cannot be shown
        return f"{_repr(getattr(record, 'msg', ''), str)} {_repr(getattr(record, 'args', None))}"


def _repr(value: object, form: type[str] | None = None) -> str:
    """Return what an object shows of itself; of a collection in which one cannot, what the others show."""
    try:
        return str(value) if form else repr(value)
    except Exception:  # noqa: BLE001 -- what cannot be shown shows no secret
        if isinstance(value, dict):
            return ", ".join(f"{_repr(key)}: {_repr(each)}" for key, each in value.items())
        if isinstance(value, tuple | list):
            return ", ".join(map(_repr, value))
        return f"<{type(value).__name__}>"


def _trace(exc_info: object) -> str:
    if not isinstance(exc_info, tuple) or exc_info[:1] == (None,):
        return ""
    try:
        return "".join(traceback.format_exception(*exc_info)).rstrip("\n")
    except Exception:  # noqa: BLE001 -- an exception that cannot be shown
        return ""


class _Entry(weakref.ref[object]):
    """An open client."""

    __slots__ = ("key",)

    key: int


class LogCover:
    """Keeps the filter on the loggers of other libraries as long as a client is open."""

    def __init__(self) -> None:
        self._filter = RedactingFilter()
        self._open: dict[int, _Entry] = {}
        self._covered = -1
        self.after_fork()

    def after_fork(self) -> None:
        """Have a lock that nobody holds: a child of a fork has none of its parent's threads."""
        # A client may be collected, and leave, in the midst of these lines.
        self._lock = threading.RLock()

    def enter(self, client: object) -> None:
        """Cover all loggers from now on, until the client leaves or is collected.

        It is done whenever a client is made: a logger that did not exist before is covered then.
        """
        entry = _Entry(client, self._collected)
        entry.key = id(client)
        with self._lock:
            self._open[entry.key] = entry
            self._cover()

    def leave(self, client: object) -> None:
        """Note that a client is closed; with the last one the filter goes. Doing it again changes nothing."""
        with self._lock:
            entry = self._open.get(id(client))
            if entry is not None:
                self._left(entry)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Cover all loggers while a client is being made."""
        token = RedactingFilter()
        self.enter(token)
        try:
            yield
        finally:
            self.leave(token)

    def _collected(self, entry: _Entry) -> None:
        # As the interpreter ends, the names of this module may be gone before the last client is.
        if _known is not None:
            with self._lock:
                self._left(entry)

    def _left(self, entry: _Entry) -> None:
        # Another client may have the place in memory of one that was collected.
        if self._open.get(entry.key) is entry:
            del self._open[entry.key]
            if not self._open:
                self._uncover()

    def _uncover(self) -> None:
        self._covered = -1
        for name in _known():
            if not name.startswith(_OURS):
                logging.getLogger(name).removeFilter(self._filter)

    def _cover(self) -> None:
        # Loggers are never forgotten, so that as many as before are the same as before.
        if len(logging.root.manager.loggerDict) == self._covered:
            return
        for name in {*LOGGERS, _OURS, *_known()}:
            logging.getLogger(name).addFilter(self._filter)
        self._covered = len(logging.root.manager.loggerDict)


def _known() -> list[str]:
    """Return the loggers that there are, of the libraries below us and ours."""
    names = list(logging.root.manager.loggerDict)
    return [name for name in names if name in LOGGERS or name.startswith((*_BELOW, _OURS))]


log_cover = LogCover()
renew_in_child(log_cover)
