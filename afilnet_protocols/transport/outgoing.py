"""`Outgoing`: a request as the bytes that will leave, with the headers that are the transport's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import h11

from afilnet_protocols.security.secret import Secret
from afilnet_protocols.transport.address import Address
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.wire import Request

USER_AGENT = "afilnet-protocols/0.1.0"

OURS = frozenset(
    {
        "host",
        "user-agent",
        "accept-encoding",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "cookie",
        "proxy-authorization",
        "proxy-connection",
        "keep-alive",
    }
)
"""The headers that the transport writes itself or never sends; a request that has one of them is refused."""

_UNFIT = "a header, the method or the address holds characters that HTTP cannot carry"

# RFC 9110 §5.6.2 (token), RFC 9112 §3.2 (request-target), RFC 9110 §5.5 (field-value, in ASCII).
_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]{1,256}").fullmatch
_TARGET = re.compile(r"[!-~]+").fullmatch
_VALUE = re.compile(r"(?:[!-~]+(?:[ \t]+[!-~]+)*+)?").fullmatch

# What h11 is told of a request whose head is written here: events cannot change, so each is made and checked once.
_ASKED: dict[tuple[str, bool], h11.Request] = {}
_ALL_SENT = h11.EndOfMessage()


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """One request, ready for the wire. Its repr shows nothing of it.

    Attributes:
        parser: the h11 connection that will read its answer. It serves one exchange only, so that nothing can be
            carried over into the next.
        payload: head and body together, to leave in one piece.
    """

    parser: h11.Connection
    payload: memoryview

    def request_line(self) -> bytes:
        """Return the first line, without its end."""
        return bytes(self.payload).split(b"\r\n", 1)[0]


def compose(
    request: Request,
    address: Address,
    *,
    fresh: bool,
    limits: Limits,
    proxied: bool = False,
    proxy: Secret | None = None,
) -> Outgoing | str:
    """Write a request.

    Args:
        request: what a codec wrote; its target is taken from ``address``.
        address: where it goes.
        fresh: whether the connection is for this request alone.
        limits: what the parser of the answer may buffer.
        proxied: whether it is written for a proxy that forwards it: with the whole address (RFC 9112 §3.2.2).
        proxy: the proxy's credentials, if the proxy reads this request.

    Returns:
        The request, or what is wrong with it, in words that hold nothing of it.
    """
    target = f"{address.origin.scheme}://{address.origin.authority}{address.target}" if proxied else address.target
    headers = [("Host", address.origin.authority), ("User-Agent", USER_AGENT)]
    # Only lists are worth the work of unpacking, and a cut gzip stream would cost a send its certainty.
    headers.append(("Accept-Encoding", "identity" if fresh else "gzip"))
    for name, value in request.headers:
        if name.lower() in OURS:
            return f"the header {name} is the transport's to write"
        headers.append((name, value))
    if request.body or request.method != "GET":
        headers.append(("Content-Length", str(len(request.body))))
    if fresh:
        headers.append(("Connection", "close"))
    if proxy is not None:
        headers.append(("Proxy-Authorization", proxy.reveal()))
    head = _head(request.method, target, headers)
    if head is None:
        return _UNFIT
    return Outgoing(_reader(request.method, fresh=fresh, limits=limits), memoryview(head + request.body))


def compose_connect(where: str, *, limits: Limits, proxy: Secret | None) -> Outgoing | str:
    """Write the request for a tunnel to ``where``, a host and port (RFC 9110 §9.3.6)."""
    headers = [("Host", where), ("User-Agent", USER_AGENT)]
    if proxy is not None:
        headers.append(("Proxy-Authorization", proxy.reveal()))
    head = _head("CONNECT", where, headers)
    return _UNFIT if head is None else Outgoing(_reader("CONNECT", fresh=False, limits=limits), memoryview(head))


def _head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> bytes | None:
    """Write the head of a request (RFC 9112 §2.1); ``None`` if a part of it holds what does not belong there."""
    if not _TOKEN(method) or not _TARGET(target):
        return None
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in headers:
        if not _TOKEN(name) or not _VALUE(value):
            return None
        lines.append(f"{name}: {value}")
    return "\r\n".join((*lines, "", "")).encode("ascii")


def _reader(method: str, *, fresh: bool, limits: Limits) -> h11.Connection:
    """Return a parser that has been told what an answer depends on: the method, and whether the connection is kept."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.head)
    asked = _ASKED.get((method, fresh))
    if asked is None:
        closing = [("Connection", "close")] if fresh else []
        asked = _ASKED[method, fresh] = h11.Request(method=method, target="/", headers=[("Host", ""), *closing])
    parser.send(asked)
    parser.send(_ALL_SENT)
    return parser
