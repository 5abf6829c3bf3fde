"""`SecuredStream`: a stream whose socket speaks TLS. Loaded with the first ``https`` connection, as all of TLS is."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from _ssl import _SSLContext
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.broken_pipe import survived
from afilnet_protocols.transport.failure import LATE, TransportFailure, plain
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.waiting import READABLE, WRITABLE, Readiness, Steps, aside

if TYPE_CHECKING:
    from afilnet_protocols.transport.tls.sessions import Sessions

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


class SecuredStream(Stream):
    """A connected socket with TLS around it.

    Attributes:
        secured: the TLS socket.
        settled: the connection of OpenSSL itself, which shakes hands, and tells what has been settled. Where the
            standard library does not let it be seen, it is the socket, which has functions of Python around all that.
    """

    __slots__ = ("_origin", "_sessions", "secured", "settled")

    secured: ssl.SSLSocket
    settled: ssl.SSLSocket

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream._socket, stream._descriptor)
        self._sessions: Sessions | None = None

    def shake_hands(
        self, context: ssl.SSLContext, hostname: str, deadline: Deadline, *, session: ssl.SSLSession | None = None
    ) -> Steps[TransportFailure | None]:
        """Make the TLS handshake; chain and host name are checked by the context.

        Args:
            context: of the client.
            hostname: who must be at the other end.
            deadline: until when.
            session: of an earlier handshake with the same server, to go on with if the server still knows it.
        """
        try:
            # Certificates and SNI have names without the dot at the end (RFC 6066 §3).
            self._wrap(context, hostname.removesuffix("."), session)
        except OSError as error:
            return self._lost(error)
        shake = undivided.all_of(survived(self.settled.do_handshake))
        while not deadline.passed:
            try:
                # OpenSSL computes without the interpreter, on as many cores as there are.
                yield from aside(shake, deadline, blocking=False)
            except OSError as error:
                wanted = self._wanted(error, READABLE)
                if wanted is None:
                    return self._lost(error)
            else:
                self._speak()
                return None
            yield Readiness(self._descriptor, wanted, deadline)
        return LATE

    def _wrap(self, context: ssl.SSLContext, hostname: str, session: ssl.SSLSession | None) -> None:
        if ssl.SSLSocket.__module__ == "ssl" == ssl.SSLContext.__module__ and isinstance(self._socket, socket.socket):
            self.secured = self._socket = context.wrap_socket(
                self._socket,
                # In bytes, for a name in letters is read through the rules for names of all scripts; it is plain.
                server_hostname=hostname.encode("ascii"),
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,
                session=session,
            )
            self.settled = getattr(self.secured, "_sslobj", None) or self.secured
        else:
            # Another package has put its classes in their place, and the standard library's own functions stumble.
            below: Callable[..., ssl.SSLSocket] = vars(_SSLContext)["_wrap_socket"]
            self.secured = self.settled = below(context, self._socket, False, hostname, session=session)

    def close(self) -> None:
        """Close the socket. Never raises."""
        super().close()
        self._fall_silent()

    def keep_session(self, sessions: Sessions, origin: Origin) -> None:
        """Have the session of this connection kept once an answer has come over it, if its handshake was whole."""
        if not self.secured.session_reused:
            self._sessions, self._origin = sessions, origin

    def has_answered(self) -> None:
        """Keep the session, with its ticket, for later connections."""
        if self._sessions is not None:
            self._sessions.keep(self._origin, self.secured)
            self._sessions = None

    @property
    def verified(self) -> bool:
        """Whether the handshake fails unless chain and host name are right."""
        context = self.secured.context
        # The number below it: the standard library makes a word of it, which takes two functions of Python.
        return super(type(context), context).verify_mode == ssl.CERT_REQUIRED and context.check_hostname

    def _speak(self) -> None:
        """Read and write over the connection, whose handshake has succeeded."""
        settled = self.settled
        if isinstance(settled, ssl.SSLSocket):
            self._write, self._read = survived(settled.send), survived(settled.recv)
        else:
            self._write, self._read = survived(settled.write), survived(settled.read)
        self._pending = settled.pending

    def _fall_silent(self) -> None:
        """Neither read nor write any more: the number of a closed socket may be another's already."""
        self._write = self._read = _is_closed
        self._pending = int

    def _wanted(self, error: OSError, event: int) -> int | None:
        if isinstance(error, ssl.SSLWantReadError):
            return READABLE
        if isinstance(error, ssl.SSLWantWriteError):
            return WRITABLE
        return super()._wanted(error, event)

    def _lost(self, error: OSError) -> TransportFailure:
        return tls_failure_of(error) if isinstance(error, ssl.SSLError) else super()._lost(error)


def _is_closed(_: object) -> NoReturn:
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def tls_failure_of(error: ssl.SSLError) -> TransportFailure:
    """Say in our words what the TLS layer reported."""
    return TransportFailure(_reason(error), handshake=error.reason in _HANDSHAKE_ALERTS)


def _reason(error: ssl.SSLError) -> str:
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
