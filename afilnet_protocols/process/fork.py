"""What a forked child begins afresh: locks that threads of its parent may have held, and what these had in hand.

A child has only the thread that forked. Whatever another thread held at that moment, it holds in the child for ever;
so everything with a lock says here how it is renewed, and one place does it.

Hosts that fork without telling Python, as uWSGI does unless it is given ``py-call-osafterfork``, are noticed when the
first call begins in the child, or the first outbox or inbox is opened or used there, or when the child ends.
"""

from __future__ import annotations

import os
from _thread import RLock  # as `threading` has it, which is more to load
from _weakrefset import WeakSet  # all of `weakref` would be a hundredth of a start
from typing import Protocol


class Renewed(Protocol):
    """Something that a child of a fork must not go on with as it is."""

    def after_fork(self) -> None:
        """Begin afresh. In a child nobody else runs yet: it must neither wait nor raise."""


_renewed: WeakSet[Renewed] = WeakSet()

_process = os.getpid()
_noticing = RLock()
"""It may be asked for again in the middle: what a signal or the collection of garbage calls may begin a call, too."""


def begin_afresh(each: Renewed) -> None:
    """Have something begin, and begin afresh in every child that is forked while it lives."""
    each.after_fork()
    renew_in_child(each)


def renew_in_child(each: Renewed) -> None:
    """Have something renewed in every child that is forked while it lives."""
    _renewed.add(each)


def notice_fork() -> None:
    """Have everything renewed if this is a child of a fork of which Python was not told."""
    if os.getpid() != _process:
        with _noticing:  # other threads of the child wait until all of it is done
            if os.getpid() != _process:
                _renew()


def _in_child() -> None:
    global _noticing
    _noticing = RLock()  # a thread of the parent may have it
    _renew()


def _renew() -> None:
    global _process
    for each in list(_renewed):
        each.after_fork()
    _process = os.getpid()


os.register_at_fork(after_in_child=_in_child)
