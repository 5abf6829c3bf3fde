"""`refuse_reentrance`: what interrupts a step further up in its own thread begins no other one in its middle.

A signal's handler does, the end of an object that the collector takes, a handler of logs: between any two steps of a
function. Its thread has the lock already, so the lock keeps it out of nothing.
"""

from __future__ import annotations

import threading

from afilnet_protocols.errors import ConfigurationError


def refuse_reentrance(lock: threading.RLock, what: str) -> None:
    """Refuse to begin a step if this thread is in the middle of one.

    Args:
        lock: what each step holds.
        what: what it is a step of.

    Raises:
        ConfigurationError: it has the lock.
    """
    if lock._is_owned():  # type: ignore[attr-defined]  # what `threading.Condition` asks each lock, too
        raise reentered(what)


def reentered(what: str) -> ConfigurationError:
    """Return the error of a call that comes in the middle of a step.

    Args:
        what: what it is a step of.
    """
    return ConfigurationError(
        f"this {what} is in the middle of a step further up in this thread, which this call interrupts, as in a "
        "signal's handler: only note there what is to be done, and do it afterwards"
    )
