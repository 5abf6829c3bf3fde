"""What can be seen of a call: one structured log line, and hooks before and after it.

Neither ever sees an argument, an address or a secret.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from typing import Protocol

from afilnet_protocols.errors import AfilnetError

log = logging.getLogger("afilnet_protocols")
# A library writes nothing until the application says where to.
log.addHandler(logging.NullHandler())


class CallInfo:
    """One call, as hooks and logs see it.

    Attributes:
        operation: the Python name of the operation.
        protocol: the name of the protocol.
        call_id: a random identifier of this call, for correlation; it is on the error of a failed call too.
        attempts: how many attempts were made; 0 before the call and when nothing could be sent.
        duration: how long it took, in seconds; 0 before it has ended.
        verdict: ``done`` if it succeeded, else the error's ``delivery``; empty before it has ended.
        error: the name of the error's class; empty if there is none.
        reconciled: whether the answer was lost and reading the conversation back showed that the send had happened.
        skipped: how many records of the answer were left out because they could not be read.
    """

    _SHOWN = ("operation", "protocol", "call_id", "attempts", "duration", "verdict", "error", "reconciled", "skipped")

    __slots__ = (*_SHOWN, "_begun")

    def __init__(self, operation: str, protocol: str) -> None:
        self.operation = operation
        self.protocol = protocol
        self.call_id = os.urandom(6).hex()
        self.attempts = 0
        self.duration = 0.0
        self.verdict = ""
        self.error = ""
        self.reconciled = False
        self.skipped = 0
        self._begun = time.monotonic()

    def __repr__(self) -> str:
        return f"CallInfo({', '.join(f'{name}={getattr(self, name)!r}' for name in self._SHOWN)})"

    def ended(self, error: AfilnetError | None) -> None:
        """Note how the call ended."""
        self.duration = time.monotonic() - self._begun
        self.verdict = "done" if error is None else str(error.delivery)
        self.error = "" if error is None else type(error).__name__


class CallHook(Protocol):
    """Something that watches calls. It runs in the calling thread; what it raises is logged and dropped."""

    def before(self, call: CallInfo) -> None:
        """Be told that a call begins."""

    def after(self, call: CallInfo) -> None:
        """Be told how it ended."""


def begin(call: CallInfo, hooks: Sequence[CallHook]) -> None:
    """Tell the hooks that a call begins."""
    for hook in hooks:
        try:
            hook.before(call)
        except Exception as error:  # noqa: BLE001 -- a broken hook must not break a call
            log.warning("a hook failed before a call: %s", type(error).__name__)


def finish(call: CallInfo, hooks: Sequence[CallHook], error: AfilnetError | None) -> None:
    """Write the log line of a call and tell the hooks how it ended."""
    call.ended(error)
    level = logging.INFO if error is None and not call.skipped else logging.WARNING
    if log.isEnabledFor(level):
        facts = {
            "operation": call.operation,
            "protocol": call.protocol,
            "verdict": call.verdict,
            "duration_ms": round(call.duration * 1000, 1),
            "attempts": call.attempts,
            "call_id": call.call_id,
            "error": call.error,
            "reconciled": call.reconciled,
            "skipped": call.skipped,
        }
        line = " ".join(f"{name}={value}" for name, value in facts.items() if value not in ("", False))
        log.log(level, line, extra={f"afilnet_{name}": value for name, value in facts.items()})
    for hook in hooks:
        try:
            hook.after(call)
        except Exception as failure:  # noqa: BLE001 -- a broken hook must not break a call
            log.warning("a hook failed after a call: %s", type(failure).__name__)
