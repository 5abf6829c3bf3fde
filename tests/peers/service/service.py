"""The service behind the intermediaries: HTTP/1.1 by hand, so that it can end an answer where an event wants it to.

``service.py PORT [CERTIFICATE]`` serves loopback, with TLS if it has a certificate; LEDGER names the ledger.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import sys
import threading
import time

import meaning

WARNING = b"<br />\n<b>Warning</b>:  Undefined variable $x in <b>/srv/chat.php</b> on line <b>3</b><br />\n"
SLOW = 1.6  # seconds, longer than any intermediary of these tests waits


def serve(connection: socket.socket) -> None:
    """Serve the requests of one connection, until one of them ends it."""
    with contextlib.suppress(OSError, ValueError), connection:
        connection.settimeout(10)
        rest = b""
        while True:
            head, rest = receive(connection, rest)
            if head is None:
                return
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {
                name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            method, target, _ = first.split(" ", 2)
            if headers.get("expect", "").lower() == "100-continue":
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            body, rest = receive_body(connection, rest, headers)
            keep = headers.get("connection", "").lower() != "close" and "HTTP/1.0" not in first
            if target.partition("?")[0].endswith("/token"):
                connection.sendall(whole(200, "application/json", meaning.token(), keep=keep))
            elif not answer(connection, meaning.read(method, target, headers, body), keep=keep):
                return
            if not keep:
                return


def receive(connection: socket.socket, data: bytes) -> tuple[bytes | None, bytes]:
    """Return the head of the next request and what came after it."""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None, b""
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def receive_body(connection: socket.socket, data: bytes, headers: dict[str, str]) -> tuple[bytes, bytes]:
    """Return the body and what came after it; a request that ends before its body does is no request."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return receive_chunks(connection, data)
    length = int(headers.get("content-length", 0))
    data = fill(connection, data, length)
    return data[:length], data[length:]


def fill(connection: socket.socket, data: bytes, length: int) -> bytes:
    """Read until there are so many bytes."""
    while len(data) < length:
        more = connection.recv(65536)
        if not more:
            raise ValueError("the request was cut")
        data += more
    return data


def receive_chunks(connection: socket.socket, data: bytes) -> tuple[bytes, bytes]:
    """Return a body in chunks and what came after it."""
    body = b""
    while True:
        while b"\r\n" not in data:
            data = fill(connection, data, len(data) + 1)
        size, _, data = data.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        data = fill(connection, data, length + 2)
        body, data = body + data[:length], data[length + 2 :]
        if not length:
            return body, data


def whole(status: int, kind: str, body: bytes, *, keep: bool, more: str = "") -> bytes:
    """Return a complete answer."""
    end = "keep-alive" if keep else "close"
    head = f"HTTP/1.1 {status} {meaning.REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: {end}\r\n{more}\r\n".encode() + body


def answer(connection: socket.socket, call: meaning.Call, *, keep: bool) -> bool:
    """Let happen what is to happen; return whether the connection can go on."""
    event = call.event if call.method in meaning.SENDS else ""
    if event in meaning.TURNED_AWAY:
        connection.sendall(whole(meaning.TURNED_AWAY[event], "text/html", meaning.PAGE, keep=keep))
        return True
    if event == "drop":
        return False
    if event == "dies":
        os._exit(1)
    if event == "deaf":
        time.sleep(SLOW)
        return False
    if meaning.refusal(call) is None:
        meaning.carry_out(call)
    status, kind, body = meaning.answer(call)
    good = whole(status, kind, body, keep=keep)
    ended = END.get(event)
    if event in meaning.PAGES:
        good = whole(meaning.PAGES[event], "text/html", meaning.PAGE, keep=keep)
    elif event == "warn":
        good = whole(200, "text/html", WARNING + body, keep=keep)
    elif ended is not None:
        return ended(connection, good, body)
    elif event == "hints":
        good = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + good
    connection.sendall(good)
    return True


def _kill(_: socket.socket, __: bytes, ___: bytes) -> bool:
    os._exit(1)


def _slow(connection: socket.socket, good: bytes, _: bytes) -> bool:
    time.sleep(SLOW)
    connection.sendall(good)
    return False


def _lost(_: socket.socket, __: bytes, ___: bytes) -> bool:
    return False


def _reset(connection: socket.socket, _: bytes, __: bytes) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def _cut(connection: socket.socket, good: bytes, _: bytes) -> bool:
    connection.sendall(good[:-5])
    return False


def _cut_reset(connection: socket.socket, good: bytes, _: bytes) -> bool:
    connection.sendall(good[:-5])
    time.sleep(0.05)
    return _reset(connection, good, _)


def _half(connection: socket.socket, good: bytes, _: bytes) -> bool:
    connection.sendall(good[:30])
    return False


def _bare(connection: socket.socket, good: bytes, body: bytes) -> bool:
    first, kind = good.split(b"\r\n", 2)[:2]
    connection.sendall(first + b"\r\n" + kind + b"\r\nConnection: close\r\n\r\n" + body)
    return False


def _bare_cut(connection: socket.socket, good: bytes, body: bytes) -> bool:
    return _bare(connection, good, body[:-3])


def _chunks(connection: socket.socket, good: bytes, body: bytes, end: bytes = b"0\r\n\r\n") -> bool:
    first, kind = good.split(b"\r\n", 2)[:2]
    head = first + b"\r\n" + kind + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    connection.sendall(head + b"%x\r\n%b\r\n" % (len(body), body) + end)
    return False


def _chunks_cut(connection: socket.socket, good: bytes, body: bytes) -> bool:
    return _chunks(connection, good, body, b"")


def _garbage(connection: socket.socket, _: bytes, __: bytes) -> bool:
    connection.sendall(b"\x15\x03\x01 this is not HTTP\r\n\r\n")
    return False


END = {
    "kill": _kill,
    "slow": _slow,
    "lost": _lost,
    "reset": _reset,
    "cut": _cut,
    "cutreset": _cut_reset,
    "half": _half,
    "bare": _bare,
    "barecut": _bare_cut,
    "chunks": _chunks,
    "chunkscut": _chunks_cut,
    "garbage": _garbage,
}
"""How an answer ends, by event: each of these calls was carried out."""


def main() -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2])
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_enter, args=(connection, context), daemon=True).start()


def _enter(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):
        serve(context.wrap_socket(connection, server_side=True) if context else connection)


if __name__ == "__main__":
    main()
