"""What a call waits for, said by generators and done by drivers: one for threads, one for asyncio.

Whatever of a call may have to wait is written once, as a generator of :class:`Wait` that never blocks: connecting, TLS,
reading, the queue for a place, the token that somebody else is fetching, the pause before the next attempt. A driver
waits for what a generator yields, and goes on with it. psycopg 3 is built so (``generators.py`` and ``waiting.py``).

Read in this order: `waits` (what there is to wait for), `threads` and `tasks` (the drivers), `signal` and `semaphore`
(what threads and tasks tell each other).
"""

from afilnet_protocols.waiting.semaphore import Place, Semaphore
from afilnet_protocols.waiting.signal import Signal
from afilnet_protocols.waiting.threads import run
from afilnet_protocols.waiting.waits import (
    READABLE,
    WRITABLE,
    Aside,
    Descriptor,
    Readiness,
    Steps,
    Until,
    Wait,
    aside,
    at_once,
    complete,
    until,
)

__all__ = [
    "READABLE",
    "WRITABLE",
    "Aside",
    "Descriptor",
    "Readiness",
    "Place",
    "Semaphore",
    "Signal",
    "Steps",
    "Until",
    "Wait",
    "aside",
    "at_once",
    "complete",
    "run",
    "until",
]
