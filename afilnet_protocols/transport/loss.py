"""`Loss`: how a connection failed, in words of ours; never a foreign exception, never text from the other side."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import msgspec

_LONGEST = 200


class Loss(msgspec.Struct, frozen=True):
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


LATE = Loss("the time was up", late=True)
NO_SLOT = Loss("too many look-ups of names were under way", late=True, local=True)
NO_THREAD = Loss("this process can start no thread to look its name up", local=True)

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN, errno.EADDRNOTAVAIL})
"""What the system says when it is this machine that has no socket, memory or port left (connect(2), socket(2))."""

_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": "the other side does not speak TLS there (check scheme and port of the address)",
    "HTTP_REQUEST": "the other side does not speak TLS there (check scheme and port of the address)",
    "UNSUPPORTED_PROTOCOL": "it offers no TLS version from 1.2 on, and older ones are never used",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it offers no TLS version from 1.2 on, and older ones are never used",
    "UNEXPECTED_EOF_WHILE_READING": "the connection was closed without the end that TLS prescribes",
}

_CERTIFICATE = "it refused the client's certificate (client_cert)"
_HANDSHAKE_ALERTS = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it asks for a client certificate (set client_cert)",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it refused the handshake, perhaps for want of a client certificate (client_cert)",
    "SSLV3_ALERT_NO_CERTIFICATE": "it asks for a client certificate (set client_cert)",
    "SSLV3_ALERT_BAD_CERTIFICATE": _CERTIFICATE,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": f"{_CERTIFICATE}: it is of a kind that it does not take",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": f"{_CERTIFICATE}: it was revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": f"{_CERTIFICATE}: it has expired",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _CERTIFICATE,
    "TLSV1_ALERT_UNKNOWN_CA": f"{_CERTIFICATE}: it does not know who issued it",
    "TLSV1_ALERT_ACCESS_DENIED": f"{_CERTIFICATE}: its owner may not come in",
    "TLSV1_ALERT_DECRYPT_ERROR": f"{_CERTIFICATE}: a signature of the handshake does not fit",
}
"""Alerts that are about a handshake and nothing else (RFC 8446 §6.2). Those that a server may give as well for what
comes later (``unexpected_message``, ``bad_record_mac``, ``decode_error``, ``internal_error``, …) are not among them."""


def loss_of(error: OSError) -> Loss:
    """Say in our words what the socket or TLS layer reported."""
    if isinstance(error, ssl.SSLError):
        return Loss(_of_tls(error), handshake=error.reason in _HANDSHAKE_ALERTS)
    if error.errno is None:
        return Loss("the operation was interrupted", refused=False)
    if isinstance(error, socket.gaierror):
        return Loss("its name could not be resolved")
    return Loss(plain(os.strerror(error.errno).lower()), local=error.errno in _OURS)


def _of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate was refused: {plain(error.verify_message)}"
    if isinstance(error, ssl.SSLEOFError):
        return _TLS_REASONS["UNEXPECTED_EOF_WHILE_READING"]
    reason = error.reason or "unspecified TLS failure"
    return (
        _TLS_REASONS.get(reason)
        or _HANDSHAKE_ALERTS.get(reason)
        or f"TLS failed: {plain(reason.replace('_', ' ').lower())}"
    )


def plain(text: str) -> str:
    """Return text for an error message: printable ASCII, everything else escaped, at most 200 characters."""
    return text.encode("unicode_escape").decode("ascii")[:_LONGEST]
