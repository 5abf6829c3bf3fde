"""The way through an HTTP proxy, which only the settings can name. What goes wrong here happened before any request."""

from __future__ import annotations

import h11

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.failure import LATE, TransportFailure
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.transport.options import Proxy
from afilnet_protocols.transport.outgoing import Outgoing, compose_connect
from afilnet_protocols.transport.parsed_answer import parser_for
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.waiting import Steps

_LATE = "it did not answer in time (raise connect_timeout or timeout)"


def open_tunnel(stream: Stream, proxy: Proxy, origin: Origin, *, limits: Limits, deadline: Deadline) -> Steps[None]:
    """Have the proxy connect to the origin (``CONNECT``, RFC 9110 §9.3.6). The origin's TLS then goes through it.

    Raises:
        NotSentError: the proxy refused, failed, or said more than that the tunnel stands.
    """
    outgoing = compose_connect(origin.where, proxy=proxy.authorization)
    fault = outgoing if isinstance(outgoing, str) else (yield from _ask(stream, outgoing, limits, deadline))
    if fault is not None:
        raise NotSentError(
            f"the proxy {proxy.origin.where} opened no way to {origin.where}: {fault}; nothing was sent (check proxy)"
        )


def _ask(stream: Stream, outgoing: Outgoing, limits: Limits, deadline: Deadline) -> Steps[str | None]:
    """Return what went wrong, or ``None``."""
    failure = yield from stream.send(outgoing.payload, deadline)
    parser, left = parser_for(outgoing.method, fresh=outgoing.fresh, limits=limits), limits.head
    while failure is None and left > 0:
        received = yield from stream.receive(deadline)
        if isinstance(received, TransportFailure):
            failure = received
            break
        left -= len(received)
        parser.receive_data(received)
        try:
            event = _final(parser)
        except h11.RemoteProtocolError:
            return "its answer is not valid HTTP"
        if event is not h11.NEED_DATA:
            return _judge(event, parser.trailing_data[0])
    if failure is None:
        return "its answer is too long"
    return _LATE if failure is LATE else failure.reason


def _final(parser: h11.Connection) -> object:
    """Return the proxy's final answer, or that more has to come; what it may say before is read over (RFC 9110 §15.2).

    Raises:
        h11.RemoteProtocolError: it is none.
    """
    while True:
        event = parser.next_event()
        if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
            return event


def _judge(event: object, surplus: bytes) -> str | None:
    if not isinstance(event, h11.Response):
        return "it sent no final answer"
    if event.status_code in (401, 407):  # tinyproxy 1.11 answers 401 to credentials that are wrong
        return "it wants a user name and password, or others than those given (proxy_user, proxy_password)"
    if not 200 <= event.status_code <= 299:
        return f"it answered HTTP {event.status_code}"
    # The origin speaks only after TLS has begun: bytes that are already here come from somebody else.
    return "it sent bytes of its own into the tunnel" if surplus else None
