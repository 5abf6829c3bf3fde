"""Servers on loopback that play a script to each connection, byte for byte, and write down what reached them.

A script is a sequence of steps; a step is a function of a `Peer`. The n-th connection gets the n-th script, later ones
the last. What a server *processed* (complete requests that a script took) is the ground truth for a verdict.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.time_limit import HANGS

Step = Callable[["Peer"], None]
Script = Sequence[Step]

_PATIENCE = HANGS
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")


@dataclass
class Visit:
    """What one connection brought.

    Attributes:
        received: every byte of content, over TLS after decryption.
        processed: the complete requests that the script took from it.
        secured: whether a TLS handshake was completed.
        ended: whether its script is over, so that nothing more is received.
    """

    received: bytearray = field(default_factory=bytearray)
    processed: list[bytes] = field(default_factory=list)
    secured: bool = False
    ended: bool = False


class Gone(Exception):
    """The client hung up, or the server is being stopped: the script ends."""


class Peer:
    """One accepted connection, as the steps of a script see it."""

    def __init__(self, connection: socket.socket, visit: Visit, stopping: threading.Event) -> None:
        self.socket = connection
        self.visit = visit
        self.stopping = stopping
        self._unread = bytearray()

    def take(self, most: int = 65536) -> bytes:
        data = self.socket.recv(most)
        if not data:
            raise Gone
        self.visit.received += data
        return data

    def ask(self) -> None:
        while not self.complete():
            self._unread += self.take()

    def complete(self) -> bool:
        """Whether a complete request has been taken; if so, it counts as processed."""
        head, end, _ = bytes(self._unread).partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        size = len(head) + 4 + (int(length.group(1)) if length else 0)
        if not end or len(self._unread) < size:
            return False
        self.visit.processed.append(bytes(self._unread[:size]))
        del self._unread[:size]
        return True

    def ask_for_part(self, count: int) -> None:
        """Take up to this many bytes, then all that is there without waiting; it may be a complete request."""
        while len(self._unread) < count:
            self._unread += self.take(count - len(self._unread))
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
            while not self.complete():
                self._unread += self.take()

    def wait(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Gone


def ask(peer: Peer) -> None:
    """Take one complete request: from here on it counts as processed."""
    peer.ask()


def ask_for_part(count: int) -> Step:
    """Take this many bytes and whatever else is there: if it is a complete request, it counts as processed."""
    return lambda peer: peer.ask_for_part(count)


def take(count: int) -> Step:
    """Take at least this many bytes, and no complete request."""

    def step(peer: Peer) -> None:
        taken = 0
        while taken < count:
            taken += len(peer.take(count - taken))

    return step


def say(data: bytes) -> Step:
    """Send bytes."""
    return lambda peer: peer.socket.sendall(data)


def drip(data: bytes, every: float, *, size: int = 1) -> Step:
    """Send bytes, a few at a time, with a pause after each piece (in seconds)."""

    def step(peer: Peer) -> None:
        for start in range(0, len(data), size):
            peer.socket.sendall(data[start : start + size])
            peer.wait(every)

    return step


def repeat(data: bytes) -> Step:
    """Send bytes over and over, until the client has had enough."""

    def step(peer: Peer) -> None:
        while not peer.stopping.is_set():
            peer.socket.sendall(data)

    return step


def pause(seconds: float) -> Step:
    """Do nothing for a while."""
    return lambda peer: peer.wait(seconds)


def hold(peer: Peer) -> None:
    """Do nothing until the client hangs up."""
    while True:
        peer.take()


def stall(peer: Peer) -> None:
    """Do nothing, and read nothing, until the server is stopped."""
    peer.stopping.wait(_PATIENCE)


def end(peer: Peer) -> None:
    """End in good order: over TLS with ``close_notify``, then FIN."""
    if isinstance(peer.socket, ssl.SSLSocket):
        peer.socket.setblocking(False)
        with contextlib.suppress(OSError):
            peer.socket.unwrap()
    cut(peer)


def cut(peer: Peer) -> None:
    """End the TCP stream with FIN; over TLS without the ``close_notify`` that belongs before it."""
    with contextlib.suppress(OSError):
        peer.socket.shutdown(socket.SHUT_RDWR)
    raise Gone


def reset(peer: Peer) -> None:
    """Reset the connection (RST)."""
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.socket.close()
    raise Gone


def answer(body: bytes, *, status: bytes = b"200 OK", headers: Sequence[bytes] = ()) -> bytes:
    """Return a plain HTTP/1.1 answer with its length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class ScriptedServer:
    """A server on 127.0.0.1 that plays scripts. Use it as a context manager.

    Args:
        scripts: what to do with the first connection, the second, …; the last one serves all that follow.
        tls: makes it speak TLS, from the first byte of each connection on.
        receive_buffer: the size of the kernel's receive buffer, in bytes; small ones make a client's upload stall.
        backlog: how many connections may wait to be accepted.
        accepting: whether connections are accepted at all.
    """

    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        receive_buffer: int | None = None,
        backlog: int = 128,
        accepting: bool = True,
    ) -> None:
        self._scripts = scripts or ((hold,),)
        self._tls = tls
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = socket.socket()
        if receive_buffer is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(backlog)
        self._accepting = accepting
        self.port: int = self._listener.getsockname()[1]
        self.visits: list[Visit] = []

    def __enter__(self) -> ScriptedServer:
        if self._accepting:
            self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)
            assert not thread.is_alive(), "a script did not end"

    def url(self, path: str = "/api/http/", *, host: str = "127.0.0.1") -> str:
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}{path}"

    @property
    def processed(self) -> list[bytes]:
        """All complete requests that scripts took."""
        return [request for visit in list(self.visits) for request in visit.processed]

    @property
    def received(self) -> bytes:
        """All bytes of content that arrived."""
        return b"".join(bytes(visit.received) for visit in list(self.visits))

    def settle(self, condition: Callable[[], bool]) -> bool:
        """Wait until something holds on the server's side, which may lag behind the client's."""
        until = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > until:
                return False
            time.sleep(0.002)
        return True

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                visit = Visit()
                script = self._scripts[min(len(self.visits), len(self._scripts) - 1)]
                self.visits.append(visit)
                self._open.append(connection)
            self._start(self._serve, connection, visit, script)

    def _serve(self, connection: socket.socket, visit: Visit, script: Script) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(_PATIENCE)
        with contextlib.suppress(OSError, Gone, ValueError), contextlib.ExitStack() as closing:
            closing.callback(setattr, visit, "ended", True)
            closing.callback(connection.close)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                closing.callback(connection.close)
                self._open.append(connection)  # before its handshake, which may never come
                if self._stopping.is_set():
                    raise Gone
                connection.do_handshake()
                visit.secured = True
            peer = Peer(connection, visit, self._stopping)
            for step in script:
                step(peer)
