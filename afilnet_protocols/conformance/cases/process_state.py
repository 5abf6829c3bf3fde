"""What a client may leave behind in a process: what it has changed there, and what is still in use."""

from __future__ import annotations

import contextlib
import functools
import gc
import http.client
import locale
import logging
import os
import random
import signal
import socket
import ssl
import sys
import threading
import time
import urllib.request
import warnings
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import cast

from afilnet_protocols.settings.private_file import working_folder

CLIENTS = 6
"""How many clients are used, so that what each leaves is told from what comes and goes by itself."""

_BY_THE_WAY = CLIENTS // 2
"""How many more may be in use than before: fewer than if each client left one."""

_LIMIT = 97.5
"""A time limit of sockets, in seconds, that is longer than anything waits."""

_PATIENCE = 3.0
"""How long is waited at most, in seconds, until the other end has let go of what was closed."""

_UMASK = 0o137
"""A mask of files that nobody else would set."""

_HOOKS: tuple[tuple[ModuleType, str], ...] = (
    (sys, "excepthook"),
    (sys, "unraisablehook"),
    (threading, "excepthook"),
    (warnings, "showwarning"),
    (ssl, "create_default_context"),
    (ssl, "_create_default_https_context"),
    (socket, "getaddrinfo"),
    (socket, "create_connection"),
)
"""What of the standard library is replaced where a program shall behave otherwise, and can be replaced by the like."""

_CLASSES: tuple[tuple[ModuleType, str], ...] = (
    (socket, "socket"),
    (ssl, "SSLContext"),
    (http.client, "HTTPConnection"),
    (urllib.request, "_opener"),
    (sys, "stdout"),
    (sys, "stderr"),
)
"""What cannot be replaced for a while: it is looked at."""


def facts() -> dict[str, str]:
    """Return what the whole process shares and a client has no business to change."""
    root = logging.getLogger()
    owned = {f"{owner.__name__}.{name}": str(id(getattr(owner, name, None))) for owner, name in (*_HOOKS, *_CLASSES)}
    return {
        **{f"variable {name}": value for name, value in os.environ.items()},
        "folder": working_folder(),
        "time zone": str(time.tzname),
        "locale": locale.setlocale(locale.LC_ALL),
        "time limit of sockets": str(socket.getdefaulttimeout()),
        "umask": f"{_umask():o}",
        "limit of recursion": str(sys.getrecursionlimit()),
        "collection of garbage": str(gc.isenabled()),
        "search path of modules": str(sys.path),
        "filters of warnings": str(warnings.filters),
        "logging": f"{root.level} {root.manager.disable} {[id(each) for each in root.handlers]}",
        "level of debugging of http.client": str(http.client.HTTPConnection.debuglevel),
        **{f"handler of {each.name}": str(_handler(each)) for each in signal.Signals},
        **owned,
    }


def _umask() -> int:
    mask = os.umask(_UMASK)  # it cannot be looked at otherwise
    os.umask(mask)
    return mask


def _handler(number: signal.Signals) -> object:
    try:
        return signal.getsignal(number)
    except ValueError:
        return None


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Put back at the end what of the process may have been changed meanwhile."""
    root = logging.getLogger()
    chance, filters = random.getstate(), list(warnings.filters)
    mask = _umask()
    with contextlib.ExitStack() as stack:
        stack.callback(os.umask, mask)
        stack.callback(socket.setdefaulttimeout, socket.getdefaulttimeout())
        stack.callback(root.setLevel, root.level)
        stack.callback(logging.disable, root.manager.disable)
        stack.callback(sys.setrecursionlimit, sys.getrecursionlimit())
        stack.callback(gc.enable if gc.isenabled() else gc.disable)
        stack.callback(random.setstate, chance)
        stack.callback(cast("list[object]", warnings.filters).__setitem__, slice(None), filters)
        for owner, name in _HOOKS:
            stack.callback(setattr, owner, name, getattr(owner, name))
        yield


@contextlib.contextmanager
def marked() -> Iterator[None]:
    """Give what a process has of each one a value that nobody else would set, for a while."""
    with kept(), in_zone("UTC-13:37"):
        os.umask(_UMASK)
        socket.setdefaulttimeout(_LIMIT)
        logging.getLogger().setLevel(logging.WARNING + 1)
        logging.disable(1)
        sys.setrecursionlimit(sys.getrecursionlimit() + 137)
        gc.enable()
        warnings.filterwarnings("ignore", message="what nobody warns of")
        marks = [(owner, name, functools.partial(getattr(owner, name))) for owner, name in _HOOKS]
        for owner, name, mark in marks:
            setattr(owner, name, mark)
        yield
        del marks  # until here, so that nothing else comes to be where one of them was


@contextlib.contextmanager
def in_zone(zone: str) -> Iterator[None]:
    """Let the process be in a time zone for a while.

    Args:
        zone: as POSIX writes it in ``TZ``.
    """
    usual = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        del os.environ["TZ"]
        if usual is not None:
            os.environ["TZ"] = usual
        time.tzset()


class Chance:
    """Tells whether somebody decides what chance brings in the whole process."""

    def __init__(self) -> None:
        self._seen: set[object] = set()
        self._count = 0

    def deal(self) -> None:
        """Begin anew, each time otherwise."""
        self._count += 1
        random.seed(self._count)

    def look(self) -> None:
        """Note what has become of it."""
        self._seen.add(random.getstate())

    @property
    def is_decided(self) -> bool:
        """Whether it was dealt by somebody else."""
        return len(self._seen) < self._count


def in_use() -> dict[str, int]:
    """Return how many file descriptors are open, and how many threads and child processes there are."""
    gc.collect()
    return {
        "file descriptors": len(list(Path("/dev/fd").iterdir())),
        "threads": threading.active_count(),
        "child processes": _children(),
    }


def _children() -> int:
    """Return how many child processes there are; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        return sum(len(each.read_text().split()) for each in Path("/proc/self/task").glob("*/children"))
    return 0


def left_in_use(before: Mapping[str, int], clients: Sequence[weakref.ref[object]]) -> dict[str, int]:
    """Return how many more are in use than before, once what ends late has had its time; 0 for a few.

    Args:
        before: what was in use, as :func:`in_use` told it.
        clients: the clients that were used, all closed.
    """
    until, pause = time.monotonic() + _PATIENCE, 0.01
    while True:
        more = {name: number - before[name] for name, number in in_use().items()}
        ends_late = more["file descriptors"], more["threads"]
        more["clients"] = sum(each() is not None for each in clients)
        if max(ends_late) <= _BY_THE_WAY or time.monotonic() > until:
            return {name: number if number > _BY_THE_WAY else 0 for name, number in more.items()}
        time.sleep(pause)
        pause = min(2 * pause, 0.32)
