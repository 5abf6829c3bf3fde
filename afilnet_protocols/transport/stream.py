"""`Stream`: one socket, with or without TLS. Every wait is cut to a deadline; failures are reported, not raised.

The socket never blocks: each operation is tried, and if it would wait, `poll` waits for no longer than the deadline.
Local variables here hold no request text, so that a traceback that prints them shows no secret.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import math
import select
import socket
import ssl
import struct
import termios
from collections.abc import Callable
from typing import TypeVar

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.loss import LATE, Loss, loss_of
from afilnet_protocols.transport.resolve import Target
from afilnet_protocols.turn import turn

T = TypeVar("T")

_PIECE = 64 * 1024
_LONGEST_POLL_MS = 3_600_000
_NONE = bytes(4)
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Stream:
    """A connected socket."""

    __slots__ = ("_event", "_poll", "_socket")

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._event = select.POLLIN
        self._poll = select.poll()
        self._poll.register(connected.fileno(), self._event)

    def start_tls(self, context: ssl.SSLContext, hostname: str, deadline: Deadline) -> Loss | None:
        """Make the TLS handshake; chain and host name are checked by the context."""
        try:
            secured = context.wrap_socket(
                self._socket, server_hostname=hostname, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
        except OSError as error:
            return loss_of(error)
        self._socket = secured
        with turn.aside(deadline):  # OpenSSL computes without the interpreter, on as many cores as there are
            outcome = self._until(secured.do_handshake, select.POLLIN, deadline)
        return outcome if isinstance(outcome, Loss) else None

    @property
    def secured(self) -> ssl.SSLSocket | None:
        """The TLS socket, for reading what the handshake settled; ``None`` without TLS."""
        return self._socket if isinstance(self._socket, ssl.SSLSocket) else None

    def send(self, payload: memoryview, deadline: Deadline) -> Loss | None:
        """Hand all of the payload to the kernel.

        Returns:
            ``None`` if the kernel took every byte. A loss with ``refused`` proves that it did not take the last one:
            over TLS, that the last record is not complete. Then the connection is reset, so that what the kernel
            did take and has not sent yet never arrives.
        """
        taken, total = 0, len(payload)
        while taken < total:
            piece = payload[taken : taken + _PIECE]
            outcome = self._until(functools.partial(self._socket.send, piece), select.POLLOUT, deadline)
            if isinstance(outcome, Loss):
                if outcome.refused:
                    self._reset()
                return outcome
            taken += outcome
        return None

    def receive(self, deadline: Deadline) -> bytes | Loss:
        """Return the next bytes; none means an orderly end, which over TLS only the peer's ``close_notify`` is."""
        secured = self.secured
        if secured is None or not secured.pending():
            # An answer is hardly ever there already: to wait first is cheaper than a read that is refused.
            self._wait(select.POLLIN, deadline)
        return self._until(functools.partial(self._socket.recv, _PIECE), select.POLLIN, deadline)

    def is_quiet(self) -> bool:
        """Return whether nothing, not even the end, has come from the other side of a connection that was in use.

        Nothing is read for it: whatever is there, on an idle connection it is not an answer.
        """
        secured = self.secured
        if secured is not None and secured.pending():
            return False
        self._listen_for(select.POLLIN)
        return not self._poll.poll(0)

    def all_arrived(self) -> bool:
        """Return whether the other side's kernel has acknowledged every byte that was sent (tcp(7): ``TIOCOUTQ``).

        A segment that was sent after the last of them arrived acknowledges it. So whatever is received while one is
        not acknowledged was on its way before the request was there. True where the system does not say.
        """
        try:
            waiting = fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, _NONE)
        except OSError:
            return True
        return waiting == _NONE

    def unasked(self) -> Loss | None:
        """Return what a new connection has brought without being asked; ``None`` if nothing, as it should be.

        Over TLS it has to be read to be known: session tickets are no content, and a late alert is a refusal.
        """
        try:
            received = self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError as error:
            return loss_of(error)
        return Loss("it answered before it was asked" if received else "it hung up before it was asked")

    def close(self) -> None:
        """Close the socket. Never raises."""
        try:
            self._socket.close()
        except OSError:
            return

    def _until(self, attempt: Callable[[], T], event: int, deadline: Deadline) -> T | Loss:
        """Try an operation until it no longer has to wait, or the time is up."""
        while not deadline.passed:
            try:
                return attempt()
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as reason:
                waiting_for = _direction(reason, event)
            except OSError as error:
                return loss_of(error)
            self._wait(waiting_for, deadline)
        return LATE

    def _wait(self, event: int, deadline: Deadline) -> None:
        self._listen_for(event)
        if turn.wanted and self._poll.poll(0):
            return  # what is there already is not worth a change of threads
        with turn.aside(deadline):
            self._poll.poll(_milliseconds(deadline))

    def _listen_for(self, event: int) -> None:
        if event != self._event:
            self._event = event
            self._poll.modify(self._socket.fileno(), event)

    def _reset(self) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        except OSError:
            return


def _milliseconds(deadline: Deadline) -> int:
    return min(math.ceil(deadline.longest_wait * 1000), _LONGEST_POLL_MS)


def _direction(reason: OSError, event: int) -> int:
    if isinstance(reason, ssl.SSLWantReadError):
        return select.POLLIN
    if isinstance(reason, ssl.SSLWantWriteError):
        return select.POLLOUT
    return event


def connect(targets: list[Target], deadline: Deadline) -> Stream | Loss:
    """Connect to the first address that accepts, each given its share of the time that is left."""
    loss = Loss("it has no address")
    for position, target in enumerate(targets):
        share = deadline.at_most(deadline.remaining() / (len(targets) - position))
        outcome = _connect_to(target, share)
        if isinstance(outcome, Stream):
            return outcome
        loss = outcome
    return loss


def _connect_to(target: Target, deadline: Deadline) -> Stream | Loss:
    try:
        connecting = socket.socket(target.family, socket.SOCK_STREAM)
    except OSError as error:
        return loss_of(error)
    connected = False
    try:
        loss = _finish(connecting, target, deadline)
        connected = loss is None
    except OSError as error:
        loss = loss_of(error)
    finally:
        if not connected:
            connecting.close()
    return loss or Stream(connecting)


def _finish(connecting: socket.socket, target: Target, deadline: Deadline) -> Loss | None:
    connecting.setblocking(False)
    connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    code = connecting.connect_ex(target.address)
    if code == errno.EINPROGRESS:
        poll = select.poll()
        poll.register(connecting.fileno(), select.POLLOUT)
        with turn.aside(deadline):
            while not poll.poll(_milliseconds(deadline)):
                if deadline.passed:
                    return LATE
        code = connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        return loss_of(OSError(code, ""))
    if connecting.getsockname() == connecting.getpeername():
        # On loopback, a free port may by chance be connected to itself: nobody listens there.
        return loss_of(OSError(errno.ECONNREFUSED, ""))
    return None
