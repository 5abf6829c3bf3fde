"""`Troubles`: what goes wrong while an inbox runs. It is told when it begins and when it is over, not in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from afilnet_protocols.journal import INFO, WARNING, logger

log = logger("afilnet_protocols.inbox")

Subject = Literal["polling", "listing", "sending", "handling"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that begins to go wrong, or works again. Its text is a line for people.

    Attributes:
        what: what it is about: ``polling`` the service, ``listing`` by the service of all that it has, ``sending`` what
            is in the outbox, ``handling`` messages.
        reason: what is wrong, in words; ``None`` if it is over.
    """

    what: Subject
    reason: str | None

    def __str__(self) -> str:
        return f"{self.what}: {self.reason or 'works again'}"


Listener = Callable[[Trouble], object]
"""Is told troubles, in the thread that notices them. What it raises ends the run."""


def logged(trouble: Trouble) -> None:
    """Log a trouble, which is what happens to it if nobody else is told."""
    log.log(INFO if trouble.reason is None else WARNING, "%s", trouble)


class Troubles:
    """The troubles that last, each by what it is about and of whom."""

    def __init__(self, tell: Listener = logged) -> None:
        self._tell = tell
        self._lasting: dict[Subject, set[str]] = {each: set() for each in get_args(Subject)}

    def clear(self) -> None:
        """Begin without any."""
        for each in self._lasting.values():
            each.clear()

    def begin(self, what: Subject, reason: str, *, of: str = "") -> None:
        """Note that something goes wrong; it is told if nothing of its kind did."""
        first = not self._lasting[what]
        self._lasting[what].add(of)
        if first:
            self._tell(Trouble(what, reason))

    def end(self, what: Subject, *, of: str = "") -> None:
        """Note that something works; it is told if that was the last of its kind that did not."""
        lasting = self._lasting[what]
        if of in lasting:
            lasting.discard(of)
            if not lasting:
                self._tell(Trouble(what, None))

    def give_up(self, reason: str, *, of: str) -> None:
        """Note that a message is not tried again; that is always told."""
        self._lasting["handling"].discard(of)
        self._tell(Trouble("handling", reason))

    def tell(self, what: Subject, reason: str) -> None:
        """Tell what does not last."""
        self._tell(Trouble(what, reason))

    def count(self, what: Subject) -> int:
        """Return how many of a kind last."""
        return len(self._lasting[what])
