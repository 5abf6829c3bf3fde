"""Host names to socket addresses, in a thread of its own, because ``getaddrinfo`` cannot be interrupted."""

from __future__ import annotations

import os
import queue
import socket
import threading
from typing import NamedTuple

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.loss import LATE, Loss, loss_of
from afilnet_protocols.turn import turn

_MOST_AT_ONCE = 16
_slots = threading.BoundedSemaphore(_MOST_AT_ONCE)

SocketAddress = tuple[str, int] | tuple[str, int, int, int]


class Target(NamedTuple):
    """One address to try: its family, and what ``connect`` takes."""

    family: socket.AddressFamily
    address: SocketAddress


def resolve(host: str, port: int, *, literal: bool, deadline: Deadline) -> list[Target] | Loss:
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
    with turn.aside(deadline):
        return _look_up_within(host, port, deadline)


def _direct(host: str, port: int) -> Target:
    return Target(socket.AF_INET6, (host, port, 0, 0)) if ":" in host else Target(socket.AF_INET, (host, port))


def _look_up_within(host: str, port: int, deadline: Deadline) -> list[Target] | Loss:
    slots = _slots
    if not slots.acquire(timeout=deadline.remaining()):
        return LATE
    answer: queue.SimpleQueue[list[Target] | Loss] = queue.SimpleQueue()
    # A daemon, so that a name server that never answers does not keep the program from ending.
    threading.Thread(target=_look_up, args=(host, port, answer, slots), name="afilnet-resolve", daemon=True).start()
    try:
        return answer.get(timeout=deadline.remaining())
    except queue.Empty:
        return LATE


def _look_up(
    host: str, port: int, answer: queue.SimpleQueue[list[Target] | Loss], slots: threading.BoundedSemaphore
) -> None:
    result: list[Target] | Loss
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        targets = [Target(family, _socket_address(address)) for family, _, _, _, address in found]
        result = targets or Loss("its name has no address")
    except OSError as error:
        result = loss_of(error)
    except UnicodeError:
        result = Loss("its name could not be resolved")
    finally:
        slots.release()
    answer.put(result)


def _socket_address(address: tuple[object, ...]) -> SocketAddress:
    if len(address) == 4:
        return str(address[0]), int(str(address[1])), int(str(address[2])), int(str(address[3]))
    return str(address[0]), int(str(address[1]))


def _after_fork() -> None:
    # The threads that held slots do not exist in the child.
    global _slots
    _slots = threading.BoundedSemaphore(_MOST_AT_ONCE)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
