"""Workers that take turns: each halts before whatever it does to its outbox or says to the service, until it may go on.

So what two of them do is interleaved as somebody chooses, step by step, and each can end at every step: before what it
was about to do, or behind it, when nobody hears of it any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from afilnet_protocols import NotFoundError, NotSentError, Outbox, OutcomeUnknownError
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.settings import Settings

STEPS = ("worker", "gone", "recover", "claim", "proceed", "begin", "finish", "next_due", "put_off", "remaining")
"""What a worker does to a store, each of which is one transaction or statement."""

SETTINGS = Settings(user="u", password="p")


class Ended(BaseException):
    """A worker's process ends here."""


class Conversations:
    """A service to which things happen.

    Attributes:
        arrived: the texts in each conversation, in their order.
        fates: how the coming sends end: ``done``, ``lost`` (carried out), ``dropped`` (not), ``refused``,
            ``unreached``.
        faults: what must not be: two workers that send to one conversation at once.
        unheard: how many answers were lost.
    """

    def __init__(self) -> None:
        self.arrived: dict[str, list[str]] = {}
        self.fates: list[str] = []
        self.faults: list[str] = []
        self.unheard = 0

    def take(self, place: str, text: str) -> None:
        fate = self.fates.pop(0) if self.fates else "done"
        if fate == "unreached":
            raise NotSentError("nobody is there")
        if fate == "refused":
            raise NotFoundError("CHANNEL_NOT_FOUND")
        if fate != "dropped":
            self.arrived.setdefault(place, []).append(text)
        if fate in ("lost", "dropped"):
            self.unheard += 1
            raise OutcomeUnknownError("the answer was lost")


class Turns:
    """One worker, in a thread that only moves when it is told to.

    Args:
        place: where its outbox is.
        how: which arguments else that takes.
        service: who is sent to.
        busy: the conversations that somebody is sending to, shared by all workers.
    """

    over_get = False

    def __init__(self, place: Any, how: dict[str, Any], service: Conversations, busy: set[str]) -> None:
        self._service, self._busy = service, busy
        self._sending: str | None = None
        self._may_move, self._has_halted = threading.Semaphore(0), threading.Semaphore(0)
        self._end = ""
        self._dead = False
        self.error: BaseException | None = None
        self.clock = 0.0
        conduct = Conduct(clock=lambda: self.clock, wait=self._wait, chance=lambda: 0.0)
        self.outbox = Outbox(place, SETTINGS, make_client=lambda _: self, conduct=conduct, **how)  # type: ignore[arg-type,return-value]
        for name in STEPS:
            setattr(self.outbox._store, name, self._halting(getattr(self.outbox._store, name)))
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        self._has_halted.acquire()

    @property
    def over(self) -> bool:
        """Whether it has done, or has been ended."""
        return not self._thread.is_alive()

    def move(self, end: str = "") -> None:
        """Let it take one step.

        Args:
            end: ``before`` or ``behind`` this step its process ends; otherwise it goes on.
        """
        self._end = end
        self._may_move.release()
        self._has_halted.acquire()
        if self._dead or self.error:
            self._thread.join()

    def to_its_end(self, end: str = "") -> None:
        """Let it go on until it has done, or end it."""
        while not self.over:
            self.move(end)

    def _work(self) -> None:
        try:
            self.outbox.run()
        except Ended:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self._dead = True
            self._busy.discard(self._sending or "")
            self.outbox.close()
            self._has_halted.release()

    def _halting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            if self._dead:  # what a program does after its end is not done
                raise Ended
            self._has_halted.release()
            self._may_move.acquire()
            if self._end == "before":
                self._dead = True
                raise Ended
            done = function(*given, **named)
            if self._end == "behind":
                self._dead = True
                raise Ended
            return done

        return step

    def _wait(self, seconds: float) -> None:
        self.clock += max(1.0, seconds)
        self._halting(lambda: None)()

    def send_message(self, *, destination: str, message: str, **_: str) -> None:
        """Send: the request leaves in one step, and its answer comes in another."""
        if destination in self._busy:
            self._service.faults.append(f"{message}: somebody else is sending to {destination}")
        self._busy.add(destination)
        self._sending = destination
        try:
            self._halting(self._service.take)(destination, message)
            self._halting(lambda: None)()
        finally:
            self._busy.discard(destination)
            self._sending = None

    def close(self) -> None:
        """What a client has."""


def unsettled(states: dict[str, State]) -> list[str]:
    """Return the texts of entries that are neither settled nor in doubt."""
    return [text for text, state in states.items() if state in (State.PENDING, State.SENDING)]
