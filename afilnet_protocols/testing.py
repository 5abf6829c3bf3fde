"""For tests of applications: no pauses, so that a test of a failing send does not wait for back-offs.

::

    from afilnet_protocols.testing import no_waits

    with no_waits():
        ...

The pytest fixtures that come with the package (``afilnet_account``, ``afilnet_chat``, ``afilnet_environment``,
``afilnet_fault``, ``afilnet_no_waits``) are described on the page "Test offline".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from afilnet_protocols import pauses

__all__ = ["no_waits"]


@contextlib.contextmanager
def no_waits() -> Iterator[None]:
    """Leave out the pauses between attempts, and those before absence is believed, of every client in the process.

    How often something is tried, and when it is given up, stays as it is: a pause that would not fit the deadline ends
    the call as always. Waits for the network stay. An outbox tries again at once what did not reach the service.
    """
    pauses.turn(off=True)
    try:
        yield
    finally:
        pauses.turn(off=False)
