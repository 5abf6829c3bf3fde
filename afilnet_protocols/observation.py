"""What can be seen of a call: one structured log line, and hooks before and after it.

Neither ever sees an argument, an address or a secret.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Protocol

import msgspec

from afilnet_protocols.begun import Begun
from afilnet_protocols.clock import monotonic
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.journal import INFO, WARNING, listening
from afilnet_protocols.process.interruption import is_told, note_delivery
from afilnet_protocols.process.shortage import LACKING, for_want, shortage
from afilnet_protocols.retold import Retold
from afilnet_protocols.vocabulary import Delivery

CALL_HEADER = "X-Afilnet-Call"
"""The header in which a request carries the identifier of its call, if a hook wants that."""


_SHOWN = ("operation", "protocol", "call_id", "attempts", "duration", "verdict", "error", "reconciled", "skipped")


class CallInfo(msgspec.Struct, eq=False):
    """One call, as hooks and logs see it.

    Attributes:
        operation: the Python name of the operation.
        protocol: the name of the protocol.
        begun: when it began, on the monotonic clock.
        call_id: a random identifier of this call, for correlation; it is on the error of a failed call too. It is
            drawn when somebody first asks for it.
        attempts: how many attempts were made; 0 before the call and when nothing could be sent.
        duration: how long it took, in seconds; 0 before it has ended.
        verdict: ``done`` if it succeeded, else the error's ``delivery``; for a foreign exception that passed through,
            ``unknown`` if a byte of the request may have left, else ``not_sent``. Empty before it has ended.
        error: the name of the error's class; empty if there is none.
        reconciled: whether the answer was lost and reading the conversation back showed that the send had happened.
        skipped: how many records of the answer were left out because they could not be read.
        named: whether every request of this call carries its identifier, in the header ``X-Afilnet-Call``; it does not
            unless a hook says so before the call. A service or a sandbox can then tell which requests are of one call.
    """

    operation: str
    protocol: str
    begun: float = msgspec.field(default_factory=monotonic)
    attempts: int = 0
    duration: float = 0.0
    verdict: str = ""
    error: str = ""
    reconciled: bool = False
    skipped: int = 0
    named: bool = False
    _call_id: str = ""

    @property
    def call_id(self) -> str:
        """See above."""
        if not self._call_id:
            self._call_id = os.urandom(6).hex()
        return self._call_id

    def __repr__(self) -> str:
        return f"CallInfo({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in _SHOWN]

    def ended(self, error: BaseException | None, delivery: Delivery | None) -> None:
        """Note how the call ended: with this error, and what it means for the call; or well."""
        self.duration = monotonic() - self.begun
        self.verdict = "done" if delivery is None else str(delivery)
        self.error = "" if error is None else type(error).__name__


class CallHook(Protocol):
    """Something that watches calls. It runs in the calling thread; what it raises is logged and dropped."""

    def before(self, call: CallInfo) -> None:
        """Be told that a call begins."""

    def after(self, call: CallInfo) -> None:
        """Be told how it ended."""


def check_hooks(given: object) -> tuple[CallHook, ...]:
    """Return what somebody gave as hooks.

    Raises:
        ConfigurationError: it is no list, or one of it has not both methods, or is a class that was not called.
    """
    if isinstance(given, tuple) and not given:
        return ()
    if isinstance(given, Iterable) and not isinstance(given, str | bytes):
        hooks = tuple(given)
        if all(_is_hook(each) for each in hooks):
            return hooks
    raise ConfigurationError("hooks is a list of objects that each have the methods before(call) and after(call)")


def _is_hook(given: object) -> bool:
    methods = (getattr(given, "before", None), getattr(given, "after", None))
    return not isinstance(given, type) and all(map(callable, methods))


class Watch(msgspec.Struct, eq=False):
    """A context around one call: tells the hooks its beginning and its end, whatever ends it, and writes its log line.

    An error of ours learns where it happened. Any other exception that passes reaches the caller as it is, with the
    verdict noted on it (:func:`~afilnet_protocols.delivery_of`).

    Args:
        call: what hooks and the log line see of the call.
        hooks: who is told.
        begun: says whether a byte of the call may have left.
    """

    _call: CallInfo
    _hooks: Sequence[CallHook]
    _begun: Begun
    _told: list[CallHook] | None = None
    _written: bool = False

    def __enter__(self) -> CallInfo:
        if not self._hooks:
            return self._call
        told = self._told = []
        try:
            for hook in self._hooks:
                told.append(hook)
                try:
                    hook.before(self._call)
                except Exception as error:  # noqa: BLE001 -- a broken hook must not break a call
                    _log_failure("before", error)
        except BaseException as error:
            # A hook, or a signal meanwhile, ended the program's way: whoever was told the beginning is told the end.
            self._end(error)
            raise
        return self._call

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and shortage(error):
            try:
                with Retold(LACKING, self._for_want):
                    raise error
            finally:
                del error, trace  # or its own frame keeps it
        if error is not None or self._told or self._call.skipped or listening(INFO):
            self._end(error)

    def make_sure(self, error: BaseException) -> None:
        """See to it that all know how the call ended, where what ended it came before or after the block.

        A signal's handler may raise between any two steps, a hook may end the program's way: whoever was told the
        beginning is told the end, and no foreign exception goes on without its verdict.
        """
        if self._told or not is_told(error):
            self._end(error)

    def _for_want(self, error: Exception) -> BaseException:
        fault = for_want(error, left=self._begun.left) or error
        self._end(fault)
        return fault

    def _end(self, error: BaseException | None) -> None:
        call = self._call
        call.ended(error, self._verdict(error))
        try:
            if not self._written:
                self._written = True
                _write(call, error)
        finally:
            self._tell_end()

    def _verdict(self, error: BaseException | None) -> Delivery | None:
        call = self._call
        if error is None:
            return None
        if isinstance(error, AfilnetError):
            error.during(call.operation, call.protocol, call.call_id)
            return error.delivery
        delivery = Delivery.UNKNOWN if self._begun.left else Delivery.NOT_SENT
        note_delivery(error, delivery, f"{call.operation} over {call.protocol} (call {call.call_id})")
        return delivery

    def _tell_end(self) -> None:
        told = self._told
        try:
            while told:
                try:
                    told[0].after(self._call)
                except Exception as error:  # noqa: BLE001 -- a broken hook must not break a call
                    _log_failure("after", error)
                finally:
                    del told[0]
        finally:
            # What ends the program's way in one hook does not keep the end from the others.
            if told:
                self._tell_end()


def _log_failure(when: str, error: Exception) -> None:
    log = listening(WARNING)
    if log is not None:
        log.warning("a hook failed %s a call: %s", when, type(error).__name__)


def _write(call: CallInfo, error: BaseException | None) -> None:
    level = INFO if error is None and not call.skipped else WARNING
    log = listening(level)
    if log is None:
        return
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
