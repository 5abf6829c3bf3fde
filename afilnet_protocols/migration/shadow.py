"""`ShadowChat`: every answer comes from the client in use; a sample of its reads is repeated on a candidate, aside."""

from __future__ import annotations

import json
import random
import time
import weakref
from collections.abc import Callable
from typing import TypeVar

from afilnet_protocols.callers import drawn, fits
from afilnet_protocols.catalogue import GET_UNREAD_MESSAGES, Operation
from afilnet_protocols.comparison.canonical import of_error
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.forwarding import Arguments, InFront, invoke
from afilnet_protocols.late_client import MakeChat
from afilnet_protocols.migration.advice import Advice, advise
from afilnet_protocols.migration.agreement import Agreement
from afilnet_protocols.migration.candidate import check_sides
from afilnet_protocols.migration.coverage import LEFT_OUT
from afilnet_protocols.migration.repeating import Read, Repeating
from afilnet_protocols.migration.state import StateFile
from afilnet_protocols.migration.tally import Counts, Tally
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import like
from afilnet_protocols.seconds import LONGEST, check_seconds, is_count, is_within

R = TypeVar("R")


class ShadowChat(InFront):
    """A client whose answers all come from ``primary``, while a sample of its reads is repeated on ``candidate``.

    Only operations that may be carried out twice are repeated; a send never is. They are repeated in threads of their
    own, one after the other. Each of them ends in one verdict (``equal``, ``different``, ``unanswered``) or was left
    out, and is counted as that once: what does not fit the queue, or is not ready when the grace of :meth:`close` is
    over, is dropped, whatever it would have shown; what changes all the time is noise; what the primary itself did not
    answer cannot be compared. A difference counts when it is still there after the primary was asked a second time.
    Whatever the candidate does, the caller does not notice it. Only the memory of the process is shared: the built-in
    backends limit what they read, a candidate of somebody else's has to do so itself.

    Args:
        primary: the client in use; closed with this one.
        candidate: the client that may replace it, or what makes it; then it is made in the background, when it is
            first needed. It must act for the same account. Closed with this one.
        sample: the share of reads that are repeated, from 0 to 1.
        concurrency: how many threads repeat them, at least 1.
        timeout: how long the candidate may take for a call, in seconds.
        journal: how many differences are remembered one by one.
        queued: how many reads may wait to be repeated, at least 1.
        unread: whether ``get_unread_messages`` is repeated too. It may mark messages as read, so that the application
            could miss them: only for a service that is known not to.
        rest: for how many seconds a candidate is left alone that cannot be made or gave no usable answer, twice as
            long each time: trying costs the process time that the application could use. As long as its service asks
            to (``Retry-After``), a day at most, if that is longer.
        grace: how long :meth:`close` waits for reads that are being repeated, in seconds.
        chance: returns a number from 0 to 1 for each read, for the sample.
        state: where the counts are kept for ``afilnet migrate status``; nowhere by default.

    Raises:
        ConfigurationError: a number is out of its range, or something is not what it should be.
    """

    def __init__(
        self,
        primary: ChatOperations,
        candidate: MakeChat,
        *,
        sample: float = 1.0,
        concurrency: int = 1,
        timeout: float = 5.0,
        journal: int = 200,
        queued: int = 100,
        unread: bool = False,
        rest: float = 30.0,
        grace: float = 0.5,
        chance: Callable[[], float] = random.random,
        state: StateFile | None = None,
    ) -> None:
        if (
            not (is_within(sample, 0, 1) and is_count(concurrency, 1) and is_count(queued, 1) and is_count(journal, 0))
            or not (is_within(timeout, 0, LONGEST) and timeout)
            or not (is_within(rest, 0, LONGEST) and is_within(grace, 0, LONGEST))
        ):
            raise ConfigurationError(
                "ShadowChat: sample is from 0 to 1; concurrency and queued are at least 1; timeout is more than 0; "
                "journal, rest and grace are not negative; no time is longer than a hundred years"
            )
        if not fits(chance, 0) or unread not in (True, False):
            raise ConfigurationError("ShadowChat: chance is a function that is given nothing; unread is True or False")
        check_sides("ShadowChat", primary, candidate, state)
        self._primary = primary
        self._sample, self._chance, self._unread = sample, chance, unread
        self._tally = Tally(journal)
        self._repeating = Repeating(
            primary,
            candidate,
            self._tally,
            concurrency=concurrency,
            timeout=timeout,
            queued=queued,
            rest=rest,
            grace=grace,
            state=state,
        )
        if state is not None:
            # A program that ends without closing its client has counted too.
            weakref.finalize(self, state.save, self._tally, now=True)

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call on the primary, and leave it for the candidate if it is sampled."""
        if not self._sampled(operation):
            return invoke(self._primary, operation, arguments)
        begun = time.perf_counter()
        try:
            result = invoke(self._primary, operation, arguments)
        except AfilnetError as error:
            # The error itself would keep the caller's frames alive.
            self._repeating.leave(Read(operation, arguments, None, of_error(error), time.perf_counter() - begun))
            raise
        except BaseException:
            self._tally.count(str(Agreement.INCOMPARABLE))
            raise
        seconds = time.perf_counter() - begun
        # The list is the caller's to change; the records in it are immutable.
        answer: object = result
        kept = like(answer, list(answer)) if isinstance(answer, list) else answer
        self._repeating.leave(Read(operation, arguments, kept, None, seconds))
        return result

    def close(self) -> None:
        """Wait a moment for what is being repeated, leave out the rest, and close both clients."""
        if self._repeating.close():
            self._primary.close()

    def settle(self, seconds: float) -> bool:
        """Wait until every read that was left to the candidate has been repeated.

        Args:
            seconds: how long to wait at most.

        Returns:
            Whether that is so.

        Raises:
            InvalidRequestError: it is no length of time.
        """
        check_seconds("seconds", seconds)
        return self._repeating.settle(seconds)

    @property
    def counts(self) -> Counts:
        """What was seen of the candidate so far, as numbers, coverage, differences and times."""
        return self._tally.total

    @property
    def journal(self) -> list[dict[str, str]]:
        """The last differences one by one, oldest first. Of texts only the length and where they part is told."""
        return self._tally.journal

    def export(self) -> str:
        """Return the journal as JSON lines."""
        return "".join(json.dumps(entry) + "\n" for entry in self.journal)

    def report(self, *, enough: int = 1000, left_out: float = LEFT_OUT) -> Advice:
        """Return whether to go on, to change over, or not to.

        Args:
            enough: how many verdicts say enough.
            left_out: the share of the sampled reads, of all and of each operation, that may be left out.

        Raises:
            ConfigurationError: ``enough`` is no count, or ``left_out`` no share.
        """
        return advise("shadow", self.counts, enough=enough, left_out=left_out)

    def _sampled(self, operation: Operation[object]) -> bool:
        if self._repeating.closed:
            return False
        if not (operation.repeatable or (self._unread and operation is GET_UNREAD_MESSAGES)):
            self._tally.count("not_repeated")
            return False
        if self._sample < 1 and drawn("ShadowChat: chance", self._chance) >= self._sample:
            return False
        self._tally.asked(operation.name)
        if self._repeating.resting:
            self._tally.count("resting")
            return False
        return True
