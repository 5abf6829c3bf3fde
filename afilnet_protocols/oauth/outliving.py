"""`outliving`: a token request that goes on when its caller stops waiting, for its answer may hold what nobody has.

A service that replaces refresh tokens has withdrawn the old one when it answers. Whoever reads that answer no more, has
lost the account's access: only a person can get another. So as soon as such a request may have left, a call that is
cancelled, interrupted or out of time ends alone; the request goes on in a thread of its own, for a while.
"""

from __future__ import annotations

import _thread
import contextlib
import typing
from types import GeneratorType

from afilnet_protocols.deadline import Deadline, more_time
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.oauth.refusal import NOT_SENT
from afilnet_protocols.waiting import Readiness, Signal, Steps, run, until

R = typing.TypeVar("R")

GRACE: typing.Final = 10.0
"""How long a request may go on when nobody waits for it any more, in seconds."""

_SLACK = 1.0
"""How much longer its end is waited for, in seconds: it still has to keep what came."""


class RequestTime(Deadline):
    """How long one token request may take.

    Attributes:
        outlives: whether the request that is made next may go on when the time of whoever waits for it is up.
        patience: when that is, once such a request may have left; ``None`` before.
        alone: what is set at its end, if it goes on alone; ``None`` otherwise.
    """

    outlives = False
    patience: Deadline | None = None
    alone: Signal | None = None

    @classmethod
    def before(cls, deadline: Deadline) -> RequestTime:
        """Return the time of a request that somebody waits for until then."""
        return cls(deadline.remaining(), clock=deadline._clock)

    def halve(self) -> None:
        """Take half of what is left: an early renewal may not use up the time of the call that it delays."""
        self.seconds = self.remaining() / 2
        self.at -= self.seconds

    def leaving(self) -> float:
        """Give the request more time than whoever waits for it has, if it is one that may outlive him."""
        given = super().leaving()
        if given and self.outlives and self.patience is None:
            self.patience = Deadline(given, clock=self._clock)
            self.at += GRACE
        return given

    def ending(self) -> Steps[None]:
        """Wait for the end of a request that goes on alone."""
        if self.alone is not None:
            # From its own end on, however often that is waited for: a loop that closes its client waits here at last.
            yield from until(self.alone, Deadline(_SLACK, clock=self._clock, since=self.at))


def outliving(steps: Steps[R], time: RequestTime) -> Steps[R | None]:
    """Carry out a request; return what it returns, or ``None`` if it goes on alone since nobody waits any longer.

    Args:
        steps: the request and whatever has to be done with its answer.
        time: what it was given as its deadline.
    """
    wait = None
    try:
        wait = steps.send(None)
        while True:
            if time.patience is not None and isinstance(wait, Readiness):
                if time.patience.passed:
                    return None
                yield Readiness(wait.descriptor, wait.event, time.patience)
                wait = steps.send(None)
                continue
            try:
                yield wait
            except BaseException as error:  # noqa: BLE001 -- whatever it is, it is for the request to clean up after
                wait = steps.throw(error)
            else:
                wait = steps.send(None)
    except StopIteration as stop:
        result: R = stop.value
        return result
    finally:
        # Work for another thread is not waited for here: it may be under way, and no request is.
        if time.patience is None or not isinstance(wait, Readiness) or not _goes_on(steps, time):
            steps.close()


def still_asked() -> NotSentError:
    """Return the error of a call whose time was up before the endpoint had answered a request that goes on."""
    return NotSentError(
        f"no token could be fetched: no complete answer came from the token endpoint in time ({more_time()}), and what "
        f"still comes is for the next call; {NOT_SENT}"
    )


def _goes_on(steps: Steps[R], time: RequestTime) -> bool:
    """Have a request go on in a thread of its own; return whether it had not ended, and there was one."""
    if isinstance(steps, GeneratorType) and steps.gi_frame is None:
        return False
    time.at -= max(0.0, time.remaining() - GRACE)
    ended = Signal()

    def to_its_end() -> None:
        with contextlib.suppress(BaseException):  # told to whoever follows the request
            try:
                run(steps, time)
            finally:
                ended.set()

    try:
        # One step, which takes no lock: this may be the end of a task that was only collected.
        _thread.start_new_thread(to_its_end, ())
    except RuntimeError:  # at a limit of the system, or the interpreter ends
        return False
    time.alone = ended
    return True
