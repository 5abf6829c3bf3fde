"""`RedactingFilter`: masks living secrets in log records, ours and those of the libraries below us."""

from __future__ import annotations

import logging
import traceback

from afilnet_protocols.security.needles import needles
from afilnet_protocols.security.redaction import mask, spelled

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
