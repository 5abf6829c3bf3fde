"""`Signal`: something that happens once, which threads and tasks wait for alike."""

from __future__ import annotations

import contextlib
from collections.abc import Callable


class Signal:
    """Something that has happened or not. Safe for threads, signal handlers and event loops: it has no lock.

    Whoever waits is appended before it is looked whether it has happened, and whoever sets it says so before it looks
    who waits; each of these steps is whole. So one of the two always sees the other.
    """

    __slots__ = ("_waiting", "happened")

    def __init__(self) -> None:
        self.happened = False
        self._waiting: list[Callable[[], object]] = []

    def set(self) -> None:
        """Say that it has happened, and wake whoever waits for it; doing it again wakes those who still do."""
        self.happened = True
        # They stay until they forget it: what a signal handler raises here would leave one asleep that was taken out.
        for wake in tuple(self._waiting):
            wake()

    def tell(self, wake: Callable[[], object]) -> None:
        """Have something called as soon as it has happened, perhaps twice, in whatever thread sets it."""
        self._waiting.append(wake)
        if self.happened:
            wake()

    def forget(self, wake: Callable[[], object]) -> None:
        """No longer have it called."""
        with contextlib.suppress(ValueError):
            self._waiting.remove(wake)
