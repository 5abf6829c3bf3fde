"""Mistakes in what a client leaves in its process, which belongs to whoever calls it."""

from __future__ import annotations

import logging
import os
import random
import socket
import ssl
import sys
import warnings
from collections.abc import Callable
from functools import partial

from afilnet_protocols.conformance.mutants.mutant import Arguments, Right, Shelf, Spoil, Spoiled
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings

SHELF = Shelf()


def _leaves(identifier: str, protocol: str, about: str, act: Callable[[], object]) -> None:
    def spoil(right: Right, operation: str, arguments: Arguments) -> object:
        act()
        return right(operation, arguments)

    spoil.__doc__ = about
    make: Spoil = spoil
    SHELF.spoil(identifier, protocol, ["SEC-08"])(make)


_leaves("M122", "http-post", "Chance is dealt anew at every call, for the whole process.", partial(random.seed, 0))
_leaves("M123", "basic", "All logging of the process is switched off.", partial(logging.disable, logging.CRITICAL))
_leaves("M124", "json", "Nobody in the process is warned any more.", partial(warnings.simplefilter, "ignore"))
_leaves(
    "M125",
    "soap",
    "No client of the standard library in the process looks at certificates any more.",
    partial(setattr, ssl, "_create_default_https_context", ssl._create_unverified_context),
)
_leaves("M126", "http-get", "Whatever the process writes may be read and written by all.", partial(os.umask, 0))
_leaves(
    "M127",
    "http-post",
    "Names are looked up for the whole process in another way.",
    lambda: setattr(socket, "getaddrinfo", partial(socket.getaddrinfo)),
)
_leaves(
    "M128",
    "json",
    "What is raised and not caught is not told any more.",
    lambda: setattr(sys, "excepthook", lambda *raised: None),
)


@SHELF.make("M129", "http-post", ["SEC-08"])
class _WithAHelper(Spoiled):
    """Each client starts a program, and never waits for its end."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, Right.__call__)
        os.posix_spawnp("true", ["true"], os.environ)


_STDERR = 2

_EVERY: list[ChatOperations] = []
"""Every client that there ever was."""


@SHELF.make("M130", "soap", ["SEC-08"])
def remembered_for_ever(settings: Settings) -> ChatOperations:
    """A client is never forgotten, with all that it holds."""
    _EVERY.append(Spoiled(settings, Right.__call__))
    return _EVERY[-1]


@SHELF.spoil("M131", "http-post", ["SEC-02"])
def secret_past_python(right: Right, operation: str, arguments: Arguments) -> object:
    """What is sent is written to standard error as a library in C would, and with it the password."""
    password = right.settings.password
    shown = password.reveal() if isinstance(password, Secret) else password
    os.write(_STDERR, f"{operation} {shown}\n".encode())
    return right(operation, arguments)
