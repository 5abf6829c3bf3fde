"""`Sessions`: what lets the next TLS handshake go on where an earlier one of this client has been (RFC 8446 §2.2).

A handshake that goes on skips the look at the certificate. So what is kept is held to what that look would demand: it
is of this client alone, and so of one policy, one set of authorities and one pin; of one origin; of TLS 1.3, where it
gives nothing away of earlier or later connections; and never older than an hour, nor than the certificate is valid.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable

import msgspec

from afilnet_protocols.transport.address import Origin

LONGEST = 3600.0
"""How long a server is believed by its certificate without showing it again, in seconds."""


class Session(msgspec.Struct, frozen=True):
    """A session, and the moments, in seconds since 1970, between which its certificate may be relied on."""

    tls: ssl.SSLSession
    since: float
    until: float


class Sessions:
    """The TLS sessions of one client: the last whole handshake with each origin. Safe for threads.

    A session serves many connections, though RFC 8446 §C.4 would have each serve one, so that nobody on the way can
    tell two connections of one client: to take a new one from each connection costs CPython more than a whole
    handshake's certificate does (``_ssl`` copies a session by writing and parsing it, certificate included).

    Args:
        clock: the time of day, in seconds since 1970; given by tests.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[Origin, Session] = {}

    def find(self, origin: Origin) -> ssl.SSLSession | None:
        """Return the session for the next handshake with an origin, if there is one that is still good."""
        kept = self._kept.get(origin)
        if kept is None:
            return None
        if kept.since <= self._clock() < kept.until:
            return kept.tls
        self.forget(origin)
        return None

    def keep(self, origin: Origin, secured: ssl.SSLSocket) -> None:
        """Keep the session of a whole handshake, once an answer has come: with TLS 1.3 its ticket came before that."""
        if secured.version() != "TLSv1.3":
            return
        session, ends = secured.session, (secured.getpeercert() or {}).get("notAfter")
        if session is None or not session.has_ticket or not isinstance(ends, str):
            return
        now = self._clock()
        self._kept[origin] = Session(session, now, min(now + LONGEST, ssl.cert_time_to_seconds(ends)))

    def forget(self, origin: Origin) -> None:
        """Keep nothing of an origin any more."""
        self._kept.pop(origin, None)
