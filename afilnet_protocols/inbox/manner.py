"""`Manner` and `Conduct`: how an inbox is to behave, and what it takes for the time, a wait and chance."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from afilnet_protocols.callers import check_chance, check_clock, check_function
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.polling.pace import Polling
from afilnet_protocols.inbox.polling.start import Start
from afilnet_protocols.inbox.store import Limits
from afilnet_protocols.suggestion import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What an inbox goes by; given by tests.

    Attributes:
        now: the time, in seconds since the epoch.
        wait: waits so many seconds; ``None`` for until then or until it is stopped.
        chance: draws from [0, 1).

    Raises:
        ConfigurationError: ``now`` tells no time, or ``chance`` draws none.
        InvalidRequestError: ``wait`` is no function that is given seconds.
    """

    now: Callable[[], float] = time.time
    wait: Callable[[float], None] | None = None
    chance: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        check_clock("conduct: now", self.now)
        if self.wait is not None:
            check_function("conduct: wait", self.wait, "seconds")
        check_chance("conduct: chance", self.chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an inbox is to behave.

    Attributes:
        start: which messages are history.
        once: whether a message is handed over once at most.
        read: ``auto``, ``messages`` or ``unread``.
        polling: how often it looks.
        limits: after how many attempts a message is dead.
    """

    start: Start = field(default_factory=Start)
    once: bool = False
    read: str = "auto"
    polling: Polling = field(default_factory=Polling)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not isinstance(self.polling, Polling):
            raise InvalidRequestError(f"polling is a Polling(…), not {quoted(self.polling)}")
        if self.read not in ("auto", "messages", "unread"):
            raise InvalidRequestError(f'read is "auto", "messages" or "unread", not {quoted(self.read)}')
        if self.once:
            object.__setattr__(self, "limits", Limits(1, 1))
