"""What a fork copies and a child must not go on with: locks that nobody may ever open there, counts of its parent."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewing(Protocol):
    """What begins anew in a child."""

    def renew(self) -> None:
        """Forget what belongs to the parent."""


def renewed_after_fork(thing: Renewing) -> None:
    """Have something begin anew in every child of this process, as long as it exists."""
    _things.add(thing)


_things: weakref.WeakSet[Renewing] = weakref.WeakSet()


def _after_fork() -> None:
    for thing in list(_things):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
