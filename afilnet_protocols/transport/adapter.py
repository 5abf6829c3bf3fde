"""`TransportAdapter`: requests' own extension point over our transport, for whatever speaks requests.

Only this module imports requests. What requests would take from the environment stops here: verification, proxies and
certificates are the transport's, and a redirect is an answer like any other.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.transport.exchange import Exchange
from afilnet_protocols.transport.outgoing import OURS
from afilnet_protocols.wire import Reply, Request


class Answer(requests.Response):
    """A response that requests does not take for a redirect, so that its session follows none."""

    @property
    def is_redirect(self) -> bool:
        """Whether requests should ask elsewhere: never."""
        return False

    @property
    def is_permanent_redirect(self) -> bool:
        """Whether requests should ask elsewhere from now on: never."""
        return False


class TransportAdapter(BaseAdapter):
    """Carries a requests session over a :class:`~afilnet_protocols.transport.Transport`.

    Every request gets a connection of its own: what a session sends is not known to be repeatable. Errors are ours, not
    those of requests.

    Args:
        transport: how bytes travel. It is not closed with the session.
        seconds: how long a request may take in all when it is given no timeout.
    """

    def __init__(self, transport: Exchange, *, seconds: float = 30.0) -> None:
        super().__init__()
        self._transport = transport
        self._seconds = seconds

    def isolate(self, session: requests.Session) -> None:
        """Make this adapter the only way out of a session, and close its eyes to the environment and ``.netrc``."""
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", self)
        session.mount("http://", self)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a prepared request.

        Args:
            request: what to send; its body must be ``bytes`` or ``str``.
            stream: without effect: the answer has been read completely, under the transport's limits.
            timeout: how long the exchange may take in all, in seconds. The two numbers that requests allows are added.
            verify: without effect: certificates are always verified, as the settings say.
            cert: without effect: client certificates come from the settings.
            proxies: without effect: proxies come from the settings.

        Raises:
            AfilnetError: as :meth:`Transport.exchange` does.
        """
        outgoing = _request(request)
        if outgoing is None:
            raise InvalidRequestError(
                "a request over TransportAdapter needs a method, an address, and bytes or text as body"
            )
        reply = self._transport.exchange(outgoing, deadline=Deadline(self._time(timeout)), reuse=False)
        return _response(reply, request)

    def close(self) -> None:
        """Do nothing: the transport belongs to whoever made it."""

    def _time(self, timeout: float | tuple[float | None, ...] | None) -> float:
        parts = timeout if isinstance(timeout, tuple) else (timeout,)
        given = [float(part) for part in parts if part is not None]
        return sum(given) if given else self._seconds


def _request(prepared: requests.PreparedRequest) -> Request | None:
    # The annotation of requests leaves out what it accepts all the same: files and iterators.
    body: object = prepared.body
    data = body.encode() if isinstance(body, str) else b"" if body is None else body
    if not isinstance(data, bytes) or prepared.method is None or prepared.url is None:
        return None
    headers = tuple((name, _text(value)) for name, value in prepared.headers.items() if name.lower() not in OURS)
    return Request(prepared.method, prepared.url, headers, data)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _response(reply: Reply, request: requests.PreparedRequest) -> requests.Response:
    response = Answer()
    response.status_code = reply.status
    response.headers = CaseInsensitiveDict(reply.headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.raw = io.BytesIO(reply.body)
    response.url = request.url or ""
    response.request = request
    return response
