"""For tests of applications: no pauses between attempts, and verdicts for a sandbox's page to show.

::

    from afilnet_protocols.testing import no_waits

    with no_waits():
        ...

The pytest fixtures that come with the package (``afilnet_account``, ``afilnet_chat``, ``afilnet_environment``,
``afilnet_fault``, ``afilnet_no_waits``) are described on the page "Test offline".
"""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

from afilnet_protocols.callers import check_kind
from afilnet_protocols.calls import pauses
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.retold import Retold
from afilnet_protocols.suggestion import quoted

__all__ = ["VerdictReporter", "no_waits"]

_SECONDS = 2.0
_LOOPBACK = ("127.0.0.1", "localhost")


class VerdictReporter:
    """A hook that tells a sandbox how each call ended for its caller; the page shows it beside what the service did.

    ::

        with Sandbox() as sandbox, connect(sandbox.settings("soap"), hooks=[VerdictReporter(sandbox.page_url)]) as chat:
            ...

    Every request then carries the identifier of its call, and after each call one small request goes to the sandbox,
    from the thread of the call. A sandbox that is gone changes no call.

    Args:
        page_url: the address of the sandbox's page, on this machine.

    Raises:
        ConfigurationError: it is not one of this machine.
    """

    def __init__(self, page_url: str) -> None:
        check_kind("page_url", page_url, str)
        with Retold(ValueError, lambda _: _no_page(page_url)):
            address = urlsplit(page_url)
            host, port = address.hostname, address.port
        if address.scheme != "http" or host is None or host not in _LOOPBACK:
            raise _no_page(page_url)
        self._host, self._port = host, port

    def before(self, call: CallInfo) -> None:
        """Have the requests of the call carry its identifier."""
        call.named = True

    def after(self, call: CallInfo) -> None:
        """Tell how it ended."""
        verdict = f"{call.call_id} {call.verdict} {call.error or '-'} {'reconciled' if call.reconciled else '-'}"
        page = http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)
        try:
            page.request("POST", "/verdict", headers={"X-Afilnet-Verdict": verdict})
            page.getresponse().read()
        finally:
            page.close()


def _no_page(given: str) -> ConfigurationError:
    return ConfigurationError(f"page_url is the page of a sandbox on this machine, not {quoted(given)}")


@contextlib.contextmanager
def no_waits() -> Iterator[None]:
    """Leave out the pauses between attempts, and those before absence is believed, of every client in the process.

    How often something is tried, and when it is given up, stays as it is: a pause that would not fit the deadline ends
    the call as always. Waits for the network, for work and for other workers stay. An outbox tries again at once what
    did not reach the service, also where the service asks for time.
    """
    pauses.turn(off=True)
    try:
        yield
    finally:
        pauses.turn(off=False)
