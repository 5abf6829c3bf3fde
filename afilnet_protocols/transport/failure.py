"""`TransportFailure`: how a connection failed, in words of ours; no foreign exception, no text from the other side."""

from __future__ import annotations

import errno
import os
import socket

import msgspec

_LONGEST = 200


class TransportFailure(msgspec.Struct, frozen=True):
    """A failure of the connection, reported and not raised: what it means for the call is for the caller to say.

    Attributes:
        reason: a clause such as ``the connection was reset``, fit for an error's text.
        late: whether the time was up.
        refused: whether it was surely the kernel or TLS that said no. An ``OSError`` without an error number may come
            from a signal handler of the application, and then nothing is known about the bytes.
        local: whether only this process was in the way, so that it says nothing about the other side.
        handshake: whether the other side ended a TLS handshake. It may say so when ours has ended already.
    """

    reason: str
    late: bool = False
    refused: bool = True
    local: bool = False
    handshake: bool = False


LATE = TransportFailure("the time was up", late=True)
NO_SLOT = TransportFailure("too many look-ups of names were under way", late=True, local=True)
NO_THREAD = TransportFailure("this process can start no thread to look its name up", local=True)

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN, errno.EADDRNOTAVAIL})
"""What the system says when it is this machine that has no socket, memory or port left (connect(2), socket(2))."""


def failure_of(error: OSError) -> TransportFailure:
    """Say in our words what the socket reported; what TLS reports is said in :mod:`.secured_stream`."""
    if error.errno is None:
        return TransportFailure("the operation was interrupted", refused=False)
    if isinstance(error, socket.gaierror):
        return TransportFailure("its name could not be resolved")
    return TransportFailure(plain(os.strerror(error.errno).lower()), local=error.errno in _OURS)


def plain(text: str) -> str:
    """Return text for an error message: printable ASCII, everything else escaped, at most 200 characters."""
    return text.encode("unicode_escape").decode("ascii")[:_LONGEST]
