"""`CanaryChat`: a share of the conversations moves to a candidate, and back by itself when the candidate fails."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.deadline import Deadline, deadline, seconds_for_call
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotFoundError, OutcomeUnknownError
from afilnet_protocols.migration.advice import Advice, advise
from afilnet_protocols.migration.forwarding import Arguments, Forwarding, MakeChat, invoke, made
from afilnet_protocols.migration.state import StateFile
from afilnet_protocols.migration.tally import Counts, Tally
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.retry import may_repeat
from afilnet_protocols.vocabulary import Delivery

R = TypeVar("R")
log = logging.getLogger("afilnet_protocols.migration")

_SCALE = 1 << 64


class CanaryChat(Forwarding):
    """A client that lets ``candidate`` carry out a share of the calls, and ``primary`` the others.

    All calls of a conversation go the same way, in every process with the same salt. When too many of the candidate's
    calls fail, all go to the primary again. A read that fails on the candidate is repeated on the primary; a send only
    if it provably did not reach the service, so that no message is ever sent twice.

    Args:
        primary: the client in use; closed with this one.
        candidate: the client that is to replace it, or what makes it when it is first needed. It must act for the same
            account. Closed with this one.
        share: the share of conversations that the candidate gets, from 0 to 1.
        window: among how many of the candidate's last calls failures are counted, at least 1.
        threshold: all calls go back to the primary when more than this share of a whole window has failed, from 0 to 1.
        rest: after how many seconds the candidate is tried again; ``None`` for not in this process.
        salt: chooses which conversations are the candidate's; at most 64 bytes in UTF-8.
        timeout: how long a call may take in all, in seconds, unless the caller gives it a ``deadline``. A read may use
            half of it on the candidate, so that the primary has the other half.
        clock: a monotonic clock, for ``rest``.
        state: where the counts are kept for ``afilnet migrate status``; nowhere by default. If it says that the calls
            went back to the primary, they stay there: remove it to try again.

    Raises:
        ConfigurationError: a number is out of its range.
    """

    def __init__(
        self,
        primary: ChatOperations,
        candidate: MakeChat,
        *,
        share: float,
        window: int = 100,
        threshold: float = 0.05,
        rest: float | None = None,
        salt: str = "",
        timeout: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        state: StateFile | None = None,
    ) -> None:
        if not (0 <= share <= 1 and 0 <= threshold <= 1) or window < 1 or timeout <= 0 or (rest or 0) < 0:
            raise ConfigurationError(
                "CanaryChat: share and threshold are from 0 to 1; window is at least 1; timeout is more than 0; rest "
                "is not negative"
            )
        if len(salt.encode()) > hashlib.blake2b.MAX_KEY_SIZE:
            raise ConfigurationError("CanaryChat: salt has at most 64 bytes")
        self._primary, self._given = primary, candidate
        self._limit, self._key = share * _SCALE, salt.encode()
        self._threshold, self._rest, self._timeout, self._clock = threshold, rest, timeout, clock
        self._failures: deque[bool] = deque(maxlen=window)
        self._tally, self._state = Tally(), state
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._candidate: ChatOperations | None = None
        self._calls = 0
        self._until: float | None = None
        self._closed = False
        before = state.read() if state is not None else None
        if before is not None and before.counts.returns and rest is None:
            self._until = float("inf")

    def __getattr__(self, name: str) -> object:
        # What an application may ask of its client besides the interface, such as security_report.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._primary, name)

    def forward(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call on the side that its conversation belongs to."""
        if self._closed or not self._is_candidates(arguments) or not self.active:
            return invoke(self._primary, operation, arguments)
        whole = Deadline(seconds_for_call(self._timeout))
        share = whole.seconds / 2 if operation.repeatable else whole.seconds
        begun = time.perf_counter()
        try:
            with deadline(share):
                result = invoke(self._made(), operation, arguments)
        except Exception as error:  # noqa: BLE001 -- a candidate may be anybody's; its errors are told as ours
            failure = _ours(error, operation)
        else:
            self._tally.took(candidate=time.perf_counter() - begun)
            self._ended(operation, None)
            return result
        if not _may_go_to_primary(operation, failure) or whole.passed:
            self._ended(operation, failure)
            raise failure
        return self._on_primary(operation, arguments, failure, whole)

    def close(self) -> None:
        """Close both clients."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._save(now=True)
        candidate = self._candidate or (self._given if isinstance(self._given, ChatOperations) else None)
        try:
            if candidate is not None:
                candidate.close()
        except Exception as error:  # noqa: BLE001 -- the primary shall be closed even so
            log.warning("the migration's candidate could not be closed: %s", type(error).__name__)
        finally:
            self._primary.close()

    @property
    def active(self) -> bool:
        """Whether the candidate has its share of calls now, and was not sent to rest."""
        with self._lock:
            if self._until is not None and self._clock() >= self._until:
                self._until = None
                self._failures.clear()
            return self._until is None

    @property
    def counts(self) -> Counts:
        """What was seen of the candidate so far. numbers, returns to the primary, times."""
        return self._tally.total

    def report(self, *, enough: int = 1000) -> Advice:
        """Return whether to go on, to change over, or not to.

        Args:
            enough: how many calls of the candidate say enough.
        """
        return advise("canary", self.counts, enough=enough)

    def _is_candidates(self, arguments: Arguments) -> bool:
        """Whether a call is the candidate's: by its conversation, or by its turn if it is of none."""
        if "destination" in arguments:
            told = [str(arguments[name]) for name in ("platform", "platform_id", "destination")]
        else:
            with self._lock:
                self._calls += 1
                told = [str(self._calls)]
        named = "\0".join(told).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(named, key=self._key, digest_size=8).digest()
        return int.from_bytes(digest, "big") < self._limit

    def _made(self) -> ChatOperations:
        with self._making:
            if self._candidate is None:
                self._candidate = made(self._given)
            return self._candidate

    def _on_primary(self, operation: Operation[R], arguments: Arguments, failure: AfilnetError, whole: Deadline) -> R:
        """Let the primary carry out what the candidate did not; judge the candidate by what the primary does."""
        self._tally.count("fallbacks")
        begun = time.perf_counter()
        try:
            with deadline(max(whole.remaining(), 0.001)):
                result = invoke(self._primary, operation, arguments)
        except AfilnetError as error:
            same = type(error) is type(failure) and getattr(error, "code", "") == getattr(failure, "code", "")
            self._ended(operation, None if same else failure)
            raise
        self._tally.took(primary=time.perf_counter() - begun)
        self._ended(operation, failure)
        return result

    def _ended(self, operation: Operation[object], failure: AfilnetError | None) -> None:
        """Note how a call of the candidate ended, and go back to the primary if too many have failed."""
        # That a conversation does not exist is an answer, for a send that cannot be asked again on the primary.
        failed = failure is not None and (operation.repeatable or not isinstance(failure, NotFoundError))
        self._tally.count("candidate", *(["failed"] if failed else []), operation=operation.name)
        with self._lock:
            self._failures.append(failed)
            count, size = sum(self._failures), self._failures.maxlen or 1
            gone = self._until is None and count > self._threshold * size
            if gone:
                self._until = float("inf") if self._rest is None else self._clock() + self._rest
        if gone:
            last = type(failure).__name__
            reason = f"{count} of the candidate's last {size} calls failed, the last with {last}"
            self._tally.returned(reason)
            log.warning("all calls go back to the primary: %s", reason)
        self._save(now=gone)

    def _save(self, *, now: bool = False) -> None:
        if self._state is not None:
            self._state.save(self._tally, now=now)


def _may_go_to_primary(operation: Operation[object], failure: AfilnetError) -> bool:
    """Whether the primary may carry out what failed on the candidate: reads, and what never reached the service."""
    if operation.repeatable or failure.delivery is Delivery.NOT_SENT:
        return True
    return may_repeat(operation, failure)


def _ours(error: Exception, operation: Operation[object]) -> AfilnetError:
    """Return an error of the candidate as one of ours, without what it may drag along."""
    if isinstance(error, AfilnetError):
        return error
    return OutcomeUnknownError(
        f"the migration's candidate failed with {type(error).__name__}, which is not one of this library's errors: "
        "the call may have happened"
    ).during(operation.name, "unknown")
