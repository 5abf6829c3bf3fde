"""`Stream`: one socket. Every wait is cut to a deadline; failures are reported, not raised.

The socket never blocks: each operation is tried, and if it would wait, that is said to whoever drives the call.
Local variables here hold no request text, so that a traceback that prints them shows no secret.
"""

from __future__ import annotations

import _socket
import errno
import socket
import struct
from collections.abc import Callable
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import cast

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.broken_pipe import survived
from afilnet_protocols.transport.failure import LATE, TransportFailure, failure_of
from afilnet_protocols.transport.resolve import Target
from afilnet_protocols.waiting import READABLE, WRITABLE, Descriptor, Readiness, Steps

_PIECE = 64 * 1024
_NONE = bytes(4)
_GREEN = ("gevent.", "eventlet.")
_LINGER_ZERO = struct.pack("ii", 1, 0)


class _SystemSocket(_socket.socket):
    __slots__ = ("__weakref__",)


class Stream:
    """A connected socket.

    Args:
        connected: the socket.
        descriptor: its descriptor, if it has been waited for already.
    """

    __slots__ = ("_descriptor", "_pending", "_read", "_socket", "_waiting", "_write")

    def __init__(self, connected: socket.socket, descriptor: Descriptor | None = None) -> None:
        self._socket = connected
        self._descriptor = descriptor or Descriptor(connected.fileno())
        self._write: Callable[[memoryview], int] = survived(connected.send)
        self._read: Callable[[int], bytes] = connected.recv
        # How many bytes were received that the kernel knows nothing of any more: none, which is what `int` returns.
        self._pending: Callable[[], int] = int
        # What can be written is taken at once; `bytes` are copied after an error.
        self._waiting = bytearray(_NONE)

    def send_at_once(self, payload: memoryview) -> int | TransportFailure:
        """Hand the kernel what it takes without waiting; return how many bytes, or a failure as `send` does."""
        try:
            return self._write(payload if len(payload) <= _PIECE else payload[:_PIECE])
        except OSError as error:
            return 0 if self._wanted(error, WRITABLE) is not None else self._given_up(error)

    def send(self, payload: memoryview, deadline: Deadline, *, taken: int = 0) -> Steps[TransportFailure | None]:
        """Hand all of the payload to the kernel.

        Args:
            payload: what to send.
            deadline: until when.
            taken: how many bytes of it the kernel has already.

        Returns:
            ``None`` if the kernel took every byte. A failure with ``refused`` proves that it did not take the last one:
            over TLS, that the last record is not complete. Then the connection is reset, so that what the kernel
            did take and has not sent yet never arrives.
        """
        total = len(payload)
        while taken < total:
            if deadline.passed:
                self._reset()
                return LATE
            try:
                taken += self._write(payload[taken : taken + _PIECE])
                continue
            except OSError as error:
                wanted = self._wanted(error, WRITABLE)
                if wanted is None:
                    return self._given_up(error)
            yield Readiness(self._descriptor, wanted, deadline)
        return None

    def receive(self, deadline: Deadline) -> Steps[bytes | TransportFailure]:
        """Return the next bytes; none means an orderly end, which over TLS only the peer's ``close_notify`` is."""
        received = self.due(deadline) or self.receive_at_once(deadline)
        while isinstance(received, Readiness):
            yield received
            received = self.receive_at_once(deadline)
        return received

    def due(self, deadline: Deadline) -> Readiness | None:
        """Return what to wait for before bytes are received; ``None`` if there are some.

        An answer is hardly ever there already: to wait first is cheaper than a read that is refused.
        """
        return None if self._pending() else Readiness(self._descriptor, READABLE, deadline)

    def receive_at_once(self, deadline: Deadline) -> bytes | Readiness | TransportFailure:
        """Return what :meth:`receive` does, or what has to be waited for before it is tried again."""
        if deadline.passed:
            return LATE
        try:
            return self._read(_PIECE)
        except OSError as error:
            wanted = self._wanted(error, READABLE)
            return self._lost(error) if wanted is None else Readiness(self._descriptor, wanted, deadline)

    def has_answered(self) -> None:
        """Take note that the first answer has come."""

    def is_quiet(self) -> bool:
        """Return whether nothing, not even the end, has come from the other side of a connection that was in use.

        Nothing is read for it: whatever is there, on an idle connection it is not an answer.
        """
        return not (self._pending() or self._descriptor.poll(READABLE, 0))

    def all_arrived(self) -> bool:
        """Return whether the other side's kernel has acknowledged every byte that was sent (tcp(7): ``TIOCOUTQ``).

        A segment that was sent after the last of them arrived acknowledges it. So whatever is received while one is
        not acknowledged was on its way before the request was there. True where the system does not say.
        """
        waiting = self._waiting
        try:
            ioctl(self._descriptor.number, TIOCOUTQ, waiting)
        except OSError:
            return True
        return waiting == _NONE

    def unasked(self) -> TransportFailure | None:
        """Return what a new connection has brought without being asked; ``None`` if nothing, as it should be.

        Over TLS it has to be read to be known: session tickets are no content, and a late alert is a refusal.
        """
        if not self._pending() and not self._descriptor.poll(READABLE, 0):
            return None
        try:
            received = self._read(1)
        except OSError as error:
            return None if self._wanted(error, READABLE) is not None else self._lost(error)
        return TransportFailure("it answered before it was asked" if received else "it hung up before it was asked")

    def close(self) -> None:
        """Close the socket. Never raises."""
        try:
            self._socket.close()
        except OSError:
            return

    def _wanted(self, error: OSError, event: int) -> int | None:
        """Return what has to be waited for before an operation is tried again; ``None`` if it has failed."""
        return event if isinstance(error, BlockingIOError) else None

    def _lost(self, error: OSError) -> TransportFailure:
        """Say in our words what the socket reported."""
        return failure_of(error)

    def _given_up(self, error: OSError) -> TransportFailure:
        """Return why a payload was not taken, and see to it that what was taken of it never arrives."""
        failure = self._lost(error)
        if failure.refused:
            self._reset()
        return failure

    def _reset(self) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        except OSError:
            return


def connect(targets: list[Target], deadline: Deadline) -> Steps[Stream | TransportFailure]:
    """Connect to the first address that accepts, each given its share of the time that is left."""
    failure = TransportFailure("it has no address")
    for position, target in enumerate(targets):
        left = len(targets) - position
        share = deadline if left == 1 else deadline.at_most(deadline.remaining() / left)
        outcome = yield from _connect_to(target, share)
        if isinstance(outcome, Stream):
            return outcome
        failure = outcome
    return failure


def _connect_to(target: Target, deadline: Deadline) -> Steps[Stream | TransportFailure]:
    try:
        connecting = _new_socket(target.family)
    except OSError as error:
        return failure_of(error)
    descriptor = Descriptor(connecting.fileno())
    connected = False
    try:
        failure = yield from _finish(connecting, descriptor, target, deadline)
        connected = failure is None
    except OSError as error:
        failure = failure_of(error)
    finally:
        if not connected:
            connecting.close()
    return failure or Stream(connecting, descriptor)


def _finish(
    connecting: socket.socket, descriptor: Descriptor, target: Target, deadline: Deadline
) -> Steps[TransportFailure | None]:
    connecting.setblocking(False)
    connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    code = connecting.connect_ex(target.address)
    # With this machine itself a connection is made at once, though it is said to be under way.
    while code == errno.EINPROGRESS and (code := _code(connecting)) == errno.EINPROGRESS:
        if deadline.passed:
            return LATE
        yield Readiness(descriptor, WRITABLE, deadline)
    if code:
        return failure_of(OSError(code, ""))
    if connecting.getsockname()[1] == target.address[1] and connecting.getsockname() == connecting.getpeername():
        # On loopback, a free port may by chance be connected to itself: nobody listens there.
        return failure_of(OSError(errno.ECONNREFUSED, ""))
    return None


def _new_socket(family: socket.AddressFamily) -> socket.socket:
    """Make a socket, of the system's own kind where green threads have put theirs in its place.

    All that theirs adds are waits, which are the driver's here, and OpenSSL takes none but the system's.
    """
    if socket.socket.__module__.startswith(_GREEN):
        return cast("socket.socket", _SystemSocket(family, socket.SOCK_STREAM))
    return socket.socket(family, socket.SOCK_STREAM)


def _code(connecting: socket.socket) -> int:
    """Return 0 if somebody has accepted, the reason if that failed, and ``EINPROGRESS`` before either."""
    try:
        connecting.getpeername()
    except OSError as error:
        if error.errno != errno.ENOTCONN:
            raise
        return connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or errno.EINPROGRESS
    return 0
