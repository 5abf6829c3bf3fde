"""The way through an HTTP proxy, which only the settings can name. What goes wrong here happened before any request."""

from __future__ import annotations

import time

import h11
import msgspec

from afilnet_protocols.deadline import Deadline, more_time
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.patterns import late
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.answers.parsed import parser_for
from afilnet_protocols.transport.failure import LATE, TransportFailure
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.transport.options import Proxy
from afilnet_protocols.transport.outgoing import Outgoing, compose_connect
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire.waits import seconds_asked

_CREDENTIALS = (401, 407)  # tinyproxy 1.11 answers 401 to credentials that are wrong
_FOR_NOW = (408, 425, 429)
_SCHEME = late(r"(?:^|,)\s*([a-z][a-z0-9-]{0,19})(?=\s*(?:,|$)|\s+[^\s=,])")
"""Names of schemes in ``Proxy-Authenticate`` (RFC 9110 §11.3), which stand among their parameters."""
_OTHERS = {each.lower(): each for each in ("Bearer", "Digest", "Kerberos", "Negotiate", "NTLM")}


class _Refusal(msgspec.Struct, frozen=True):
    """Why a proxy opened no way.

    Attributes:
        why: a clause.
        lasting: whether it would say the same again. Credentials that it refused are not tried again: three wrong ones
            lock accounts.
        retry_after: how long it asks to wait, in seconds.
    """

    why: str
    lasting: bool = False
    retry_after: float | None = None


def open_tunnel(stream: Stream, proxy: Proxy, origin: Origin, *, limits: Limits, deadline: Deadline) -> Steps[None]:
    """Have the proxy connect to the origin (``CONNECT``, RFC 9110 §9.3.6). The origin's TLS then goes through it.

    Raises:
        NotSentError: the proxy refused, failed, or said more than that the tunnel stands.
    """
    outgoing = compose_connect(origin.where, proxy=proxy.authorization)
    if isinstance(outgoing, str):
        refusal: _Refusal | None = _Refusal(outgoing, lasting=True)
    else:
        refusal = yield from _ask(stream, outgoing, limits, deadline)
    if refusal is not None:
        raise NotSentError(
            f"the proxy {proxy.origin.where} opened no way to {origin.where}: {refusal.why}; nothing was sent "
            "(check proxy)",
            lasting=refusal.lasting,
            retry_after=refusal.retry_after,
        )


def _ask(stream: Stream, outgoing: Outgoing, limits: Limits, deadline: Deadline) -> Steps[_Refusal | None]:
    """Return what went wrong, or ``None``."""
    failure = yield from stream.send(outgoing.payload, deadline)
    parser, left = parser_for(outgoing.method, fresh=outgoing.fresh, limits=limits), limits.head
    while failure is None and left > 0:
        received = yield from stream.receive(deadline)
        if isinstance(received, TransportFailure):
            failure = received
            break
        if not received and left == limits.head:
            return _Refusal("it ended the connection without an answer")
        left -= len(received)
        parser.receive_data(received)
        try:
            event = _final(parser)
        except h11.RemoteProtocolError:
            return _Refusal("its answer is not valid HTTP")
        if event is not h11.NEED_DATA:
            return _judge(event, parser.trailing_data[0])
    if failure is None:
        return _Refusal("its answer is too long")
    return _Refusal(
        f"it did not answer in time ({more_time('connect_timeout')})" if failure is LATE else failure.reason
    )


def _final(parser: h11.Connection) -> object:
    """Return the proxy's final answer, or that more has to come; what comes before is read over (RFC 9110 §15.2)."""
    while True:
        event = parser.next_event()
        if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
            return event


def _judge(event: object, surplus: bytes) -> _Refusal | None:
    if not isinstance(event, h11.Response):
        return _Refusal("it sent no final answer")
    status = event.status_code
    if status in _CREDENTIALS:
        return _Refusal(wanted(_values(event, b"proxy-authenticate")), lasting=True)
    if not 200 <= status <= 299:
        asked = seconds_asked(_values(event, b"retry-after"), time.time(), answered=_values(event, b"date"))
        return _Refusal(
            f"it answered HTTP {status}", lasting=status < 500 and status not in _FOR_NOW, retry_after=asked
        )
    # The origin speaks only after TLS has begun: bytes that are already here come from somebody else.
    return _Refusal("it sent bytes of its own into the tunnel") if surplus else None


def _values(response: h11.Response, name: bytes) -> str:
    return ", ".join(value.decode("latin-1") for known, value in response.headers if known == name)


def wanted(challenges: str) -> str:
    """Say what a proxy wants that refuses to pass something on for want of credentials."""
    schemes = set(_SCHEME.findall(challenges.lower()))
    if not schemes or "basic" in schemes:
        return "it wants a user name and password, or others than those given (proxy_user, proxy_password)"
    named = " or ".join(sorted(map(_OTHERS.__getitem__, schemes & _OTHERS.keys()))) or "another kind of credentials"
    return f"it wants {named}, and only Basic is spoken here: set proxy to one on this machine that speaks it"
