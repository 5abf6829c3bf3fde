"""`Outgoing`: a request as the bytes that will leave, with the headers that are the transport's."""

from __future__ import annotations

from collections.abc import Iterable

from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.security.safe_repr import PartlyShown
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.transport.address import LONGEST, Address, Origin, is_query, read
from afilnet_protocols.transport.options import Proxy
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

_SAME = frozenset({"Content-Type", "Cache-Control", "Accept", "SOAPAction"})
"""Headers that say the same in every call of an operation, and nothing of anybody's."""

_MOST_KNOWN = 64
"""How many beginnings of requests are remembered."""

_UNFIT = "the request cannot be sent: a header, the method or the address holds characters that HTTP cannot carry"

_VERSION = b" HTTP/1.1"

# RFC 9110 §5.6.2 (token), RFC 9112 §3.2 (request-target), RFC 9110 §5.5 (field-value, in ASCII).
# They are plain code because a start would take longer to compile expressions for them than for the whole request.
_OF_TOKENS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-!#$%&'*+.^_`|~"
_LONGEST_TOKEN = 256


def _is_token(text: str) -> bool:
    # A text of nothing but the characters of a set is what nothing is left of.
    return 0 < len(text) <= _LONGEST_TOKEN and not text.strip(_OF_TOKENS)


def _is_target(text: str) -> bool:
    return text != "" and text.isascii() and text.isprintable() and " " not in text


def _is_value(text: str) -> bool:
    return text.isascii() and text.replace("\t", " ").isprintable() and text == text.strip(" \t")


class Outgoing(PartlyShown, frozen=True):
    """One request, ready for the wire. Its repr shows nothing of what it carries.

    Attributes:
        method: its method, on which the reading of its answer depends.
        fresh: whether it says that its connection is for it alone; the answer depends on this too.
        payload: head and body together, to leave in one piece.
        line: the first line, without its end.
    """

    _shown = ("method", "fresh")

    method: str
    fresh: bool
    payload: memoryview
    line: bytes = b""


class Beginning(PartlyShown, frozen=True):
    """What all requests of a kind begin with, checked: everything before what differs from call to call, but a query.

    Attributes:
        origin: where they go.
        line: the first line, without its end and without a query.
        target: of it, what stands before a query.
        rest: what follows: the version and the headers.
    """

    _shown = ("origin",)

    origin: Origin
    line: bytes
    target: bytes
    rest: bytes


class Ready(PartlyShown, frozen=True):
    """What requests of a kind begin with that differ in their bodies alone.

    Attributes:
        origin: where they go.
        head: everything before the number that says how long the body is.
        line: the first line, without its end.
    """

    _shown = ("origin",)

    origin: Origin
    head: bytes
    line: bytes


class Composer:
    """Writes the requests of one client. What all requests of a kind begin with is written and checked once.

    Nothing is remembered that may hold a secret or the words of a caller: no address with a query, and of the headers
    only those that never do.

    Args:
        proxy: the proxy that plain requests go to; those over TLS go through its tunnel unseen.
    """

    def __init__(self, proxy: Proxy | None = None) -> None:
        self._proxy = proxy
        self._known: dict[tuple[str, str, tuple[tuple[str, str], ...], bool], Beginning] = {}
        self._ready: dict[tuple[str, str, tuple[tuple[str, str], ...]], Ready] = {}

    def compose(
        self, request: Request, *, fresh: bool
    ) -> tuple[Origin, Outgoing] | ConfigurationError | InvalidRequestError:
        """Write a request.

        Args:
            request: what a codec wrote.
            fresh: whether the connection is for this request alone.

        Returns:
            Where it goes, and the request; or what is wrong with it, to be raised where ``request`` is out of sight.
        """
        ready = None if fresh else self._ready.get((request.method, request.url, request.headers))
        if ready is None:
            return self._composed(request, fresh=fresh)
        body = request.body
        payload = b"%s%d\r\n\r\n%s" % (ready.head, len(body), body)
        return ready.origin, Outgoing(request.method, False, memoryview(payload), ready.line)

    def _composed(
        self, request: Request, *, fresh: bool
    ) -> tuple[Origin, Outgoing] | ConfigurationError | InvalidRequestError:
        """Write a request of any kind."""
        method, headers, body = request.method, request.headers, request.body
        url, mark, query = request.url.partition("?")
        if mark and not (is_query(query) and len(request.url) <= LONGEST):
            return _unfit_address(request.url)
        known = self._known.get((method, url, headers, fresh))
        own = b""
        if known is None:
            same = tuple(header for header in headers if header[0] in _SAME)
            begun = self._known.get((method, url, same, fresh)) or self._begin(request, url, same, fresh=fresh)
            if not isinstance(begun, Beginning):
                return begun
            known = begun
            written = _lines(header for header in headers if header[0] not in _SAME)
            if isinstance(written, InvalidRequestError):
                return written
            own = written
        if fresh:
            own += b"Connection: close\r\n"
        proxy = self._proxy
        if proxy is not None and known.origin.scheme == "http" and proxy.authorization is not None:
            own += b"Proxy-Authorization: %s\r\n" % proxy.authorization.reveal().encode("ascii")
        target, line = known.target, known.line
        if mark:
            target = b"%s?%s" % (target, query.encode("ascii"))
            line = target + _VERSION
        if body or method != "GET":
            # A list: joining a tuple of bytes fails where ddtrace has rewritten the program (IAST).
            payload = b"".join([target, known.rest, own, b"Content-Length: %d\r\n\r\n" % len(body), body])
        else:
            payload = b"%s%s%s\r\n" % (target, known.rest, own)
        return known.origin, Outgoing(method, fresh, memoryview(payload), line)

    def _begin(
        self, request: Request, url: str, same: tuple[tuple[str, str], ...], *, fresh: bool
    ) -> Beginning | ConfigurationError | InvalidRequestError:
        address = read(url)
        if not isinstance(address, Address):
            return _unfit_address(request.url)
        origin, target = address.origin, address.target
        if self._proxy is not None and origin.scheme == "http":
            # A proxy that forwards it is told the whole address (RFC 9112 §3.2.2).
            target = f"http://{origin.authority}{target}"
        # Only lists are worth the work of unpacking, and a cut gzip stream would cost a send its certainty.
        coding = "identity" if fresh else "gzip"
        ours = [("Host", origin.authority), ("User-Agent", USER_AGENT), ("Accept-Encoding", coding)]
        head = _head(request.method, target, [*ours, *same])
        if head is None:
            return InvalidRequestError(_UNFIT)
        place = head.index(_VERSION)
        beginning = Beginning(origin, head[: place + len(_VERSION)], head[:place], head[place:])
        if len(self._known) < _MOST_KNOWN:
            self._known[request.method, url, same, fresh] = beginning
            if self._proxy is None and not fresh and request.method != "GET":
                self._ready[request.method, url, same] = Ready(origin, head + b"Content-Length: ", beginning.line)
        return beginning


def _unfit_address(url: str) -> ConfigurationError:
    """Say what is wrong with an address of which a part is."""
    fault = read(url)
    return ConfigurationError(_UNFIT) if isinstance(fault, Address) else fault


def _lines(headers: Iterable[tuple[str, str]]) -> bytes | InvalidRequestError:
    """Write header lines; what is wrong with them is said in words that hold nothing of them."""
    lines = []
    for name, value in headers:
        if name.lower() in OURS:
            return InvalidRequestError(f"the request cannot be sent: the header {name} is the transport's to write")
        if not _is_token(name) or not _is_value(value):
            return InvalidRequestError(_UNFIT)
        lines.append(f"{name}: {value}\r\n")
    return "".join(lines).encode("ascii")


def compose_connect(where: str, *, proxy: Secret | None) -> Outgoing | str:
    """Write the request for a tunnel to ``where``, a host and port (RFC 9110 §9.3.6)."""
    headers = [("Host", where), ("User-Agent", USER_AGENT)]
    if proxy is not None:
        headers.append(("Proxy-Authorization", proxy.reveal()))
    head = _head("CONNECT", where, headers)
    return _UNFIT if head is None else Outgoing("CONNECT", fresh=False, payload=memoryview(head + b"\r\n"))


def _head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> bytes | None:
    """Write a head without its end (RFC 9112 §2.1); ``None`` if a part of it holds what does not belong there."""
    if not _is_token(method) or not _is_target(target):
        return None
    lines = [f"{method} {target}{_VERSION.decode()}"]
    for name, value in headers:
        if not _is_token(name) or not _is_value(value):
            return None
        lines.append(f"{name}: {value}")
    return "\r\n".join((*lines, "")).encode("ascii")
