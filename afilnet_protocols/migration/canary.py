"""`CanaryChat`: a share of the conversations moves to a candidate, and back by itself when the candidate fails."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from afilnet_protocols.callers import check_clock
from afilnet_protocols.calls.retry import may_repeat
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.clock import monotonic
from afilnet_protocols.deadline import SHORTEST, Deadline, limited, seconds_for_call
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotFoundError, NotSentError, OutcomeUnknownError
from afilnet_protocols.forwarding import Arguments, InFront, invoke
from afilnet_protocols.journal import logger
from afilnet_protocols.late_client import LateClient, MakeChat
from afilnet_protocols.migration.advice import Advice, advise
from afilnet_protocols.migration.agreement import ANSWERLESS
from afilnet_protocols.migration.candidate import check_sides
from afilnet_protocols.migration.coverage import LEFT_OUT
from afilnet_protocols.migration.share import Share
from afilnet_protocols.migration.state import StateFile
from afilnet_protocols.migration.tally import Counts, Tally
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.plural import several
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.retold import Retold
from afilnet_protocols.seconds import LONGEST, is_count, is_within
from afilnet_protocols.suggestion import quoted
from afilnet_protocols.vocabulary import Delivery
from afilnet_protocols.waiting import run

R = TypeVar("R")
log = logger("afilnet_protocols.migration")

_AT_MOST = ", at most a hundred years"


class CanaryChat(InFront):
    """A client that lets ``candidate`` carry out a share of the calls, and ``primary`` the others.

    All calls of a conversation go the same way, in every process with the same salt. When too many of the candidate's
    calls fail, all go to the primary again. A read that fails on the candidate is repeated on the primary; a send only
    if it provably did not reach the service, so that no message is ever sent twice.

    Each call that belongs to the candidate is counted once: as ``answered`` or ``failed``, or it was left out: because
    the candidate rests, or because nobody can say whether it was right (``undecided``: neither side had an answer, or
    only the candidate could be asked and says that there is no such channel or conversation).

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
        ConfigurationError: a number is out of its range, or something is not what it should be.
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
        clock: Callable[[], float] = monotonic,
        state: StateFile | None = None,
    ) -> None:
        wrong = [
            f"{name} {what}, not {quoted(given)}"
            for name, given, fits, what in (
                ("share", share, is_within(share, 0, 1), "is from 0 to 1"),
                ("threshold", threshold, is_within(threshold, 0, 1), "is from 0 to 1"),
                ("window", window, is_count(window, 1), "is a whole number of at least 1"),
                ("timeout", timeout, is_within(timeout, 0, LONGEST) and timeout, f"is more than 0 seconds{_AT_MOST}"),
                (
                    "rest",
                    rest,
                    rest is None or is_within(rest, 0, LONGEST),
                    f"is a number of seconds, 0 or more{_AT_MOST}",
                ),
            )
            if not fits
        ]
        if wrong:
            raise ConfigurationError(f"CanaryChat: {'; '.join(wrong)}")
        self._share = Share(share, salt)
        check_clock("CanaryChat: clock", clock)
        check_sides("CanaryChat", primary, candidate, state)
        self._primary = primary
        self._threshold, self._rest, self._timeout, self._clock = threshold, rest, timeout, clock
        self._window = window
        self._failures: deque[bool] = deque(maxlen=window)
        self._tally, self._state = Tally(), state
        self._candidate = LateClient(candidate)
        self._closed = False
        self._until: float | None = None
        begin_afresh(self)
        if state is not None:
            if rest is None and self._went_back_before(state):
                self._until = float("inf")
            # A program that ends without closing its client has counted too.
            weakref.finalize(self, state.save, self._tally, now=True)

    def after_fork(self) -> None:
        """Have locks that nobody holds: a child of a fork has none of its parent's threads."""
        self._lock = threading.Lock()

    @staticmethod
    def _went_back_before(state: StateFile) -> bool:
        """Whether all calls went back to the primary earlier, or may have: no file can say so."""
        try:
            state.check_folder()
            before = state.read()
        except ConfigurationError as error:
            log.warning("all calls stay with the primary: %s", error)
            return True
        return before is not None and bool(before.counts.returns)

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call on the side that its conversation belongs to."""
        whole = Deadline(seconds_for_call(self._timeout))
        if self._closed:
            return invoke(self._primary, operation, arguments)
        if not self._share.has(arguments):
            return self._by_primary(operation, arguments)
        self._tally.asked(operation.name)
        if not self.active:
            self._tally.count("resting")
            return self._by_primary(operation, arguments)
        share = whole.seconds / 2 if operation.repeatable else whole.seconds
        begun = time.perf_counter()
        try:
            candidate = self._made(whole.seconds / 2)  # so that the primary has time even so
            with limited(max(SHORTEST, share - whole.seconds + whole.remaining())):
                result = invoke(candidate, operation, arguments)
        except Exception as error:  # noqa: BLE001 -- a candidate may be anybody's; its errors are told as ours
            failure = _ours(error, operation)
        else:
            self._tally.took(candidate=time.perf_counter() - begun)
            self._judged(operation, None)
            return result
        if not _may_go_to_primary(operation, failure) or whole.passed:
            # That there is no such conversation may be true or not, and a send cannot be tried on the primary.
            if isinstance(failure, NotFoundError):
                self._undecided()
            else:
                self._judged(operation, failure)
            try:
                raise failure
            finally:
                del failure  # or its own frame keeps it
        try:
            return self._instead(operation, arguments, failure, whole)
        finally:
            del failure  # as above

    def close(self) -> None:
        """Close both clients."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._save(last=True)
        try:
            self._candidate.close()
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
        """What was seen of the candidate so far, as numbers, coverage, returns to the primary and times."""
        return self._tally.total

    def report(self, *, enough: int = 1000, left_out: float = LEFT_OUT) -> Advice:
        """Return whether to go on, to change over, or not to.

        Args:
            enough: how many verdicts on the candidate's calls say enough.
            left_out: the share of its calls, of all and of each operation, that may be left without a verdict.

        Raises:
            ConfigurationError: ``enough`` is no count, or ``left_out`` no share.
        """
        return advise("canary", self.counts, enough=enough, left_out=left_out)

    def _made(self, seconds: float) -> ChatOperations:
        """Return the candidate, made if need be, within so many seconds.

        Raises:
            AfilnetError: it cannot be made, so it was asked for nothing: the delivery is ``not_sent``.
        """
        within = Deadline(seconds)
        with Retold(Exception, _not_made):  # a candidate may be anybody's
            return self._candidate.made or run(self._candidate.getting(within), within)

    def _by_primary(self, operation: Operation[R], arguments: Arguments) -> R:
        """Let the primary carry out a call that is its own, and see how long that takes."""
        begun = time.perf_counter()
        result = invoke(self._primary, operation, arguments)
        self._tally.took(primary=time.perf_counter() - begun)
        return result

    def _instead(self, operation: Operation[R], arguments: Arguments, failure: AfilnetError, whole: Deadline) -> R:
        """Let the primary carry out what the candidate did not; judge the candidate by what the primary does."""
        self._tally.count("fallbacks")
        try:
            with limited(max(SHORTEST, whole.remaining())):
                result = invoke(self._primary, operation, arguments)
        except AfilnetError as error:
            same = type(error) is type(failure) and getattr(error, "code", "") == getattr(failure, "code", "")
            if isinstance(error, ANSWERLESS):
                self._undecided()
            else:
                self._judged(operation, None if same else failure, refused=same)
            raise
        self._judged(operation, failure)
        return result

    def _undecided(self) -> None:
        """Leave out a call of which nobody can say whether the candidate was right."""
        self._tally.count("candidate", "undecided")
        self._save()

    def _judged(self, operation: Operation[object], failure: AfilnetError | None, *, refused: bool = False) -> None:
        """Note how a call of the candidate ended, and go back to the primary if too many have failed."""
        names = ("answered" if failure is None else "failed", *(["refused"] if refused else []))
        self._tally.judged(operation.name, "candidate", *names)
        with self._lock:
            self._failures.append(failure is not None)
            count, size = sum(self._failures), self._window
            gone = self._until is None and count > self._threshold * size
            if gone:
                self._until = float("inf") if self._rest is None else self._clock() + self._rest
        if gone:
            last = type(failure).__name__
            reason = f"{count} of the candidate's last {several(size, 'call')} failed, the last with {last}"
            self._tally.returned(reason)
            log.warning("all calls go back to the primary: %s", reason)
        self._save(now=gone)

    def _save(self, *, now: bool = False, last: bool = False) -> None:
        if self._state is not None:
            self._state.save(self._tally, now=now or last, last=last)


def _may_go_to_primary(operation: Operation[object], failure: AfilnetError) -> bool:
    """Whether the primary may carry out what failed on the candidate: reads, and what never reached the service."""
    return operation.repeatable or failure.delivery is Delivery.NOT_SENT or may_repeat(operation, failure)


def _not_made(error: Exception) -> AfilnetError:
    """Return why a candidate cannot be made; whatever was tried for that, no call was."""
    if isinstance(error, AfilnetError) and error.delivery is Delivery.NOT_SENT:
        return error
    told = str(error) if isinstance(error, AfilnetError) else type(error).__name__
    return NotSentError(f"the migration's candidate cannot be made: {told}; it was asked for nothing")


def _ours(error: Exception, operation: Operation[object]) -> AfilnetError:
    """Return an error of the candidate as one of ours, without what it may drag along."""
    if isinstance(error, AfilnetError):
        return error
    return OutcomeUnknownError(
        f"the migration's candidate failed with {type(error).__name__}, which is not one of this library's errors: "
        "the call may have happened"
    ).during(operation.name, "unknown")
