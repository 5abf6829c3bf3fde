"""`Outgoing`: a request as the bytes that will leave, with the headers that are the transport's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from afilnet_protocols.security.safe_repr import PartlyShown
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.transport.address import Address
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


class Outgoing(PartlyShown, frozen=True):
    """One request, ready for the wire. Its repr shows nothing of what it carries.

    Attributes:
        method: its method, on which the reading of its answer depends.
        fresh: whether it says that its connection is for it alone; the answer depends on this too.
        payload: head and body together, to leave in one piece.
    """

    _shown = ("method", "fresh")

    method: str
    fresh: bool
    payload: memoryview

    def request_line(self) -> bytes:
        """Return the first line, without its end."""
        return bytes(self.payload).split(b"\r\n", 1)[0]


def compose(
    request: Request,
    address: Address,
    *,
    fresh: bool,
    proxied: bool = False,
    proxy: Secret | None = None,
) -> Outgoing | str:
    """Write a request.

    Args:
        request: what a codec wrote; its target is taken from ``address``.
        address: where it goes.
        fresh: whether the connection is for this request alone.
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
    return Outgoing(request.method, fresh, memoryview(head + request.body))


def compose_connect(where: str, *, proxy: Secret | None) -> Outgoing | str:
    """Write the request for a tunnel to ``where``, a host and port (RFC 9110 §9.3.6)."""
    headers = [("Host", where), ("User-Agent", USER_AGENT)]
    if proxy is not None:
        headers.append(("Proxy-Authorization", proxy.reveal()))
    head = _head("CONNECT", where, headers)
    return _UNFIT if head is None else Outgoing("CONNECT", fresh=False, payload=memoryview(head))


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
