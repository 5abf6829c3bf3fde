"""`ParsedAnswer`: an answer of any form. h11 parses; what it lets through too kindly is refused here."""

from __future__ import annotations

import h11

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.answers.coding import Body, too_slow
from afilnet_protocols.transport.answers.plain import CUT_SHORT
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.wire import Reply

_WITHOUT_BODY = (204, 304)

_OF_THE_HEAD = frozenset(
    {b"connection", b"content-encoding", b"content-length", b"content-type", b"location", b"transfer-encoding"}
    | {b"proxy-authenticate", b"www-authenticate"}
)
"""What means nothing behind a body: it says how to read it, or who asks for credentials (RFC 9110 §6.5.1)."""

_HTTP = b"HTTP/"
_RECORDS_OF_TLS = (b"\x15", b"\x15\x03", b"\x16", b"\x16\x03")
"""How an alert and a handshake begin (RFC 8446 §5.1): what a server says that speaks TLS to who does not."""
_LOOKED_AT = 16

# What h11 is told of a request whose head is written elsewhere: events cannot change, so each is made and checked once.
_ASKED: dict[tuple[str, bool], h11.Request] = {}
_ALL_SENT = h11.EndOfMessage()


def parser_for(method: str, *, fresh: bool, limits: Limits) -> h11.Connection:
    """Return a parser that has been told what an answer depends on: the method, and whether the connection is kept.

    It serves one exchange only, so that nothing can be carried over into the next.
    """
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.head)
    asked = _ASKED.get((method, fresh))
    if asked is None:
        closing = [("Connection", "close")] if fresh else []
        asked = _ASKED[method, fresh] = h11.Request(method=method, target="/", headers=[("Host", ""), *closing])
    parser.send(asked)
    parser.send(_ALL_SENT)
    return parser


class ParsedAnswer:
    """Reads the answer to one request.

    Attributes:
        fault: why the answer cannot be believed, or ``None`` so far.
        complete: whether all of it has come, and is valid.

    Args:
        parser: h11's view of the request; see :func:`parser_for`.
        limits: how much may come.
        most: the largest body, in bytes after decompression.
        deadline: parsing stops when it has passed; thousands of tiny chunks can hide in one read.
    """

    __slots__ = (
        "_begins",
        "_body",
        "_deadline",
        "_head_left",
        "_hinted",
        "_informational_left",
        "_limits",
        "_lines",
        "_most",
        "_parser",
        "_response",
        "_until_close",
        "complete",
        "fault",
    )

    def __init__(self, parser: h11.Connection, limits: Limits, most: int, deadline: Deadline) -> None:
        self._parser = parser
        self._limits = limits
        self._most = most
        self._deadline = deadline
        self._head_left = limits.head
        self._informational_left = limits.informational
        self._response: h11.Response | None = None
        self._lines: list[tuple[bytes, bytes]] = []
        self._body: Body | None = None
        self._until_close = False
        self._hinted = False
        self._begins = b""
        self.fault: str | None = None
        self.complete = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the answer, at least one."""
        if len(self._begins) < _LOOKED_AT:
            self._begins += data[:_LOOKED_AT]
        self._parser.receive_data(data)
        self._go_on()

    def end(self) -> None:
        """Take note that no more bytes will come. A body without a length is then all that there is of it.

        Nothing follows from the end of the stream, which whoever cuts the connection brings about as well, over TLS
        too: some servers make an orderly end of a cut behind them. Whether the body is whole only shows in itself, and
        a document of any of the protocols shows it: its root is closed or it is not read.
        """
        self._parser.receive_data(b"")
        self._go_on()

    @property
    def without_length(self) -> bool:
        """Whether its body has begun and says nowhere how long it is."""
        return self._until_close

    @property
    def keepable(self) -> bool:
        """Whether the connection may serve another request: both sides agree, and not a byte is left over."""
        parser = self._parser
        return (
            self.complete
            and not self._hinted
            and parser.our_state is h11.DONE
            and parser.their_state is h11.DONE
            and not parser.trailing_data[0]
        )

    def reply(self) -> Reply:
        """Return the answer, once it is complete."""
        if self._response is None or self._body is None:
            raise TypeError("the answer is not complete")
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._lines:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            # RFC 9110 §5.3: lines of the same name are one list.
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Reply(self._response.status_code, headers, self._body.content())

    def _go_on(self) -> None:
        while self.fault is None and not self.complete:
            try:
                event = self._parser.next_event()
            except h11.RemoteProtocolError:
                self.fault = self._broken()
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            self._take(event)

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Data):
            if self._body is not None:
                self._body.add(event.data)
                self.fault = self._body.fault
            if self._deadline.passed:
                self.fault = too_slow()
        elif isinstance(event, h11.Response):
            self._begin(event)
        elif isinstance(event, h11.EndOfMessage):
            if self._body is not None:
                self._body.finish()
                self.fault = self._body.fault
            self._end_with(event)
            self.complete = self.fault is None
        elif isinstance(event, h11.InformationalResponse):
            self._wait_on(event)
        else:
            self.fault = "the connection ended before it began"

    def _wait_on(self, event: h11.InformationalResponse) -> None:
        """Read over what comes before the final answer (RFC 9110 §15.2), such as 102 and ``103 Early Hints``.

        Where something else than ``100 Continue`` came, nobody sees that the final answer is the right one's and not
        that of the hint's own late successor, so the connection serves no other call.
        """
        self._informational_left -= 1
        self._measure(event)
        if event.status_code == 101:
            self.fault = "it switches to another protocol, which nobody asked for"
        elif self._informational_left < 0:
            self.fault = f"more than {self._limits.informational} informational responses came before it"
        self._hinted = self._hinted or event.status_code != 100

    def _begin(self, response: h11.Response) -> None:
        self._lines = self._measure(response)
        names = [name for name, _ in self._lines]
        chunked = b"transfer-encoding" in names
        if response.http_version not in (b"1.1", b"1.0"):
            self.fault = "its HTTP version is neither 1.1 nor 1.0"
        elif not 200 <= response.status_code <= 599:
            self.fault = "its status is not one that HTTP knows"
        elif chunked and (b"content-length" in names or response.http_version == b"1.0"):
            self.fault = "it says in two ways how long it is"
        elif self._declared() > self._most:
            self.fault = f"its body is larger than {self._most} bytes"
        if self.fault is not None:
            return
        coding = b",".join(value for name, value in self._lines if name == b"content-encoding")
        bodiless = response.status_code in _WITHOUT_BODY
        self._until_close = not (chunked or bodiless or b"content-length" in names)
        self._response = response
        self._body = Body("" if bodiless else coding.decode("latin-1"), self._limits, self._most, self._deadline)
        self.fault = self._body.fault

    def _end_with(self, end: h11.EndOfMessage) -> None:
        """Take what is said behind the body as if it stood before it: whoever fails half way can say so only there."""
        lines = list(end.headers)
        if lines and self.fault is None:
            self._count(lines, len(self._lines) + len(lines))
            self._lines += [(name, value) for name, value in lines if name not in _OF_THE_HEAD]

    def _declared(self) -> int:
        return max((int(value) for name, value in self._lines if name == b"content-length"), default=0)

    def _measure(self, response: h11.Response | h11.InformationalResponse) -> list[tuple[bytes, bytes]]:
        """Count a head against the limits, and return its lines, names in lower case."""
        lines = list(response.headers)
        self._head_left -= len(response.reason)
        self._count(lines, len(lines))
        return lines

    def _count(self, lines: list[tuple[bytes, bytes]], all_of_them: int) -> None:
        self._head_left -= sum(len(name) + len(value) + 4 for name, value in lines)
        if all_of_them > self._limits.headers or self._head_left < 0:
            self.fault = f"it has more than {self._limits.headers} headers or {self._limits.head} bytes of them"

    def _broken(self) -> str:
        if self._response is not None:
            return CUT_SHORT
        begins = self._begins.lstrip(b"\r\n")
        if begins[:2] in _RECORDS_OF_TLS:
            return "it is TLS: write https:// in the address"
        if begins[: len(_HTTP)] != _HTTP[: len(begins)]:
            return "it is no HTTP: check the host and the port of the address"
        return "it was cut short, or it is not valid HTTP/1.1"
