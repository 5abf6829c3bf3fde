"""Host names to socket addresses, in a thread of its own, because ``getaddrinfo`` cannot be interrupted."""

from __future__ import annotations

import socket
import threading

import msgspec

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.transport.failure import LATE, NO_SLOT, NO_THREAD, TransportFailure, failure_of
from afilnet_protocols.waiting import Place, Semaphore, Signal, Steps, until

_MOST_AT_ONCE = 16

SocketAddress = tuple[str, int] | tuple[str, int, int, int]


class Target(msgspec.Struct, frozen=True):
    """One address to try: its family, and what ``connect`` takes."""

    family: socket.AddressFamily
    address: SocketAddress


def resolve(host: str, port: int, *, literal: bool, deadline: Deadline) -> Steps[list[Target] | TransportFailure]:
    """Return the addresses of a host in the order in which the system prefers them.

    IP addresses and ``localhost`` (RFC 6761 §6.3) are not looked up anywhere.

    Args:
        host: a name, or an IP address without brackets.
        port: the port that goes into the addresses.
        literal: whether ``host`` is an IP address.
        deadline: bounds the wait. A lookup that outlives it ends alone; at most sixteen are under way at once.
    """
    if literal:
        return [_direct(host, port)]
    if host == "localhost":
        return [_direct("127.0.0.1", port), _direct("::1", port)]
    return (yield from _look_up_within(host, port, deadline))


def _direct(host: str, port: int) -> Target:
    return Target(socket.AF_INET6, (host, port, 0, 0)) if ":" in host else Target(socket.AF_INET, (host, port))


class _Slots:
    """The look-ups that may be under way at once in this process."""

    def __init__(self) -> None:
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have all slots free: the threads that held some do not exist in the child."""
        self._free = Semaphore(_MOST_AT_ONCE)

    def take(self, deadline: Deadline) -> Steps[Place | None]:
        """Wait for a slot until the deadline. The thread that looks up gives it back, or who cannot start one."""
        return self._free.take(deadline)


_slots = _Slots()


class _LookUp:
    """One look-up in a thread of its own, which ends when it ends."""

    def __init__(self, host: str, port: int, slot: Place) -> None:
        self.found: list[Target] | TransportFailure = LATE
        self.ended = Signal()
        self._host = host
        self._port = port
        self._slot = slot

    def start(self) -> bool:
        """Begin; return whether there was a thread for it."""
        started = False
        try:
            # A daemon, so that a name server that never answers does not keep the program from ending.
            threading.Thread(target=self._look_up, name="afilnet-resolve", daemon=True).start()
            started = True
        except RuntimeError:
            # At a limit of the system, and while the interpreter ends, there are no more threads.
            return False
        finally:
            if not started:
                self._slot.give_back()
        return True

    def _look_up(self) -> None:
        found: list[Target] | TransportFailure
        try:
            answers = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            targets = [Target(family, _socket_address(address)) for family, _, _, _, address in answers]
            found = targets or TransportFailure("its name has no address")
        except OSError as error:
            found = failure_of(error)
        except UnicodeError:
            found = TransportFailure("its name could not be resolved")
        finally:
            self._slot.give_back()
        self.found = found
        self.ended.set()


def _look_up_within(host: str, port: int, deadline: Deadline) -> Steps[list[Target] | TransportFailure]:
    slot = yield from _slots.take(deadline)
    if slot is None:
        return NO_SLOT
    looking = _LookUp(host, port, slot)
    if not looking.start():
        return NO_THREAD
    # What comes too late is not looked at.
    return looking.found if (yield from until(looking.ended, deadline)) else LATE


def _socket_address(address: tuple[object, ...]) -> SocketAddress:
    if len(address) == 4:
        return str(address[0]), int(str(address[1])), int(str(address[2])), int(str(address[3]))
    return str(address[0]), int(str(address[1]))
