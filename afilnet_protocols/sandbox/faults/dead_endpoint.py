"""`DeadEndpoint`: an address of a fault's own, behind which nobody is; it counts those who try it.

What fails before a connection is there, the sandbox's own ports cannot show: the kernel, or the resolver, says no
without asking them. So such a fault has an address, which the settings of a client name in place of the sandbox's.
"""

from __future__ import annotations

import functools
import itertools
import select
import socket
import sys
from collections.abc import Callable

HOST = "127.0.0.1"

_FILLED_WITHIN = 0.05
_MOST_WAITING = 64
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname")

_watched: dict[tuple[str, int] | str, Callable[[], None]] = {}
_numbers = itertools.count(1)


class DeadEndpoint:
    """A place to which clients are sent in vain.

    Args:
        host: its name or address.
        port: its port.
        held: the sockets that keep it as it is, closed with it.
        named: whether it is the look-up of its name that fails.
    """

    def __init__(self, host: str, port: int, *held: socket.socket, named: bool = False) -> None:
        self._host, self._port = host, port
        self._key: tuple[str, int] | str = host if named else (host, port)
        self._held = held

    def address(self, scheme: str) -> str:
        """Return its address, for ``https`` or ``http``, without a path."""
        return f"{scheme}://{self._host}:{self._port}"

    def watch(self, tried: Callable[[], None]) -> None:
        """Call back whenever Python code of this process tries it, from the thread that does."""
        _listen_in()
        _watched[self._key] = tried

    def close(self) -> None:
        """Give it up; doing it again does nothing."""
        _watched.pop(self._key, None)
        for each in self._held:
            each.close()


def refusing() -> DeadEndpoint:
    """Return a port at which nothing listens. It is bound all the same, so that nobody else comes to listen there."""
    bound = _bound()
    return DeadEndpoint(HOST, bound.getsockname()[1], bound)


def crowded() -> DeadEndpoint:
    """Return a port that is listened on, and whose queue of connections to be accepted is full: it takes no more."""
    listener = _bound()
    listener.listen(0)
    waiting: list[socket.socket] = []
    admitted = True
    while admitted and len(waiting) < _MOST_WAITING:
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(listener.getsockname())
        waiting.append(one)
        # Once nobody is let in any more, Linux leaves the newcomer without an answer.
        admitted = bool(select.select((), (one,), (), _FILLED_WITHIN)[1])
    return DeadEndpoint(HOST, listener.getsockname()[1], listener, *waiting)


def nameless() -> DeadEndpoint:
    """Return a name that does not exist, nor ever will (RFC 6761 §6.4).

    Where Python code of this process looks it up, it is told so at once, and no name server is asked.
    """
    return DeadEndpoint(f"nobody-{next(_numbers)}.invalid", 443, named=True)


def _bound() -> socket.socket:
    bound = socket.socket()
    bound.bind((HOST, 0))
    return bound


@functools.cache
def _listen_in() -> None:
    # An audit hook (PEP 578) stays for the life of the process, so it is there once it is needed, and not before.
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    """Notice who tries a dead endpoint, just before the kernel or the resolver is asked."""
    if not _watched:
        return
    if event == "socket.connect":
        where = arguments[1]
        if isinstance(where, tuple) and len(where) == 2:
            _tried(where)
    elif event in _LOOKUPS and _tried(_text(arguments[0])):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _tried(where: object) -> bool:
    for key, tried in list(_watched.items()):
        if key == where:
            tried()
            return True
    return False


def _text(host: object) -> object:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host
