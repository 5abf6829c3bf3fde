"""Making connections: name, TCP, proxy, TLS, pin, gate. Until all of it has succeeded, nothing of a request leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.deadline import Deadline, more_time
from afilnet_protocols.errors import NotSentError, SecurityPolicyError
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.connection import Connection
from afilnet_protocols.transport.failure import LATE, TransportFailure
from afilnet_protocols.transport.gate import Evidence, Gate
from afilnet_protocols.transport.options import TransportOptions
from afilnet_protocols.transport.resolve import resolve
from afilnet_protocols.transport.stream import Stream, connect
from afilnet_protocols.transport.tls.handshakes import Handshakes
from afilnet_protocols.waiting import Signal, Steps, aside, until

if TYPE_CHECKING:
    import ssl

    from afilnet_protocols.transport.tls.secured_stream import SecuredStream
    from afilnet_protocols.transport.tls.sessions import Sessions


class Dialer:
    """Makes the connections of one client."""

    def __init__(self, options: TransportOptions, gate: Gate | None) -> None:
        self._options = options
        self._gate = gate
        self._context: ssl.SSLContext | None = None
        self._sessions: Sessions | None = None
        self._handshakes = Handshakes()
        begin_afresh(self)

    def after_fork(self) -> None:
        """Wait for nobody: the thread of the parent that makes a context does not exist in the child."""
        self._making: Signal | None = None

    def dial(self, origin: Origin, deadline: Deadline) -> Steps[Connection]:
        """Connect to an origin.

        Raises:
            NotSentError: no connection could be made, or its TLS is not to be trusted.
            SecurityPolicyError: the gate refused it, or it would carry plain http to another machine.
            ConfigurationError: the settings for TLS cannot work.
        """
        time_left = deadline.at_most(self._options.connect_timeout)
        # Before the socket: settings that cannot work open none.
        context = (yield from self._tls(time_left)) if origin.scheme == "https" else None
        stream = yield from self._reach(origin, time_left)
        done = False
        try:
            if context is None:
                evidence = Evidence("http", origin.host, origin.port, origin.loopback)
            else:
                yield from self._pass_proxy(stream, origin, time_left)
                from afilnet_protocols.transport.tls.secured_stream import SecuredStream  # as its context is

                stream = secured = SecuredStream(stream)
                handshake = self._secure(secured, origin, context, time_left)
                evidence = yield from self._handshakes.in_turn(handshake, time_left)
            if self._gate is not None:
                self._gate.after_handshake(evidence)
            done = True
        finally:
            if not done:
                stream.close()
        return Connection(stream, origin, evidence)

    def _secure(
        self, stream: SecuredStream, origin: Origin, context: ssl.SSLContext, deadline: Deadline
    ) -> Steps[Evidence]:
        """Make the handshake, going on with an earlier one if there is one, and compare the pin."""
        sessions = self._sessions
        earlier = None if sessions is None else sessions.find(origin)
        failure = yield from stream.shake_hands(context, origin.host, deadline, session=earlier)
        if failure is not None:
            if sessions is not None:
                sessions.forget(origin)
            raise _no_connection("no secure connection to", origin, failure)
        evidence = self._evidence(stream, origin)
        if sessions is not None:
            stream.keep_session(sessions, origin)
        return evidence

    def _reach(self, origin: Origin, deadline: Deadline) -> Steps[Stream]:
        """Connect by TCP to the origin, or to the proxy in its place."""
        proxy = self._options.proxy
        hop = origin if proxy is None else proxy.origin
        if origin.scheme == "http" and not hop.loopback:
            raise SecurityPolicyError(
                "plain http is for this machine only, and the proxy is another one",
                required="low",
                effective="none",
                missing=("G1",),
                fix="write https:// in the endpoint's address, or remove proxy",
            )
        targets = yield from resolve(hop.host, hop.port, literal=hop.literal, deadline=deadline)
        outcome = targets if isinstance(targets, TransportFailure) else (yield from connect(targets, deadline))
        if isinstance(outcome, TransportFailure):
            raise _no_connection("no connection to", hop, outcome)
        return outcome

    def _pass_proxy(self, stream: Stream, origin: Origin, deadline: Deadline) -> Steps[None]:
        if self._options.proxy is not None:
            with undivided:
                # Its parser is slow to import, and proxies are rare.
                from afilnet_protocols.transport.proxy import open_tunnel

            yield from open_tunnel(stream, self._options.proxy, origin, limits=self._options.limits, deadline=deadline)

    def _tls(self, deadline: Deadline) -> Steps[ssl.SSLContext]:
        # Made at the first handshake, which takes its time: whoever comes meanwhile waits for it.
        while self._context is None:
            making = self._making
            if making is None:
                yield from self._make_context(deadline)
            elif not (yield from until(making, deadline)):
                raise NotSentError(f"no time was left to set up TLS; nothing was sent ({more_time()})", local=True)
        return self._context

    def _make_context(self, deadline: Deadline) -> Steps[None]:
        making = self._making = Signal()
        try:
            self._context = yield from aside(undivided.all_of(self._new_context), deadline)
        finally:
            self._making = None
            making.set()

    def _new_context(self) -> ssl.SSLContext:
        # OpenSSL is loaded by whoever speaks to somebody over https.
        from afilnet_protocols.transport.tls import context as tls

        # A client's own certificate is for the server to look at, each time.
        if self._options.resume and self._options.client_cert is None:
            from afilnet_protocols.transport.tls.sessions import Sessions

            self._sessions = Sessions()
        return tls.context_for(self._options)

    def _evidence(self, stream: SecuredStream, origin: Origin) -> Evidence:
        settled = stream.settled
        certificate, cipher = settled.getpeercert(True), settled.cipher()
        if certificate is None or cipher is None:
            raise NotSentError(f"{origin.where} showed no certificate; nothing was sent")
        self._compare(certificate, origin)
        return Evidence(
            "https",
            origin.host,
            origin.port,
            origin.loopback,
            tls_version=settled.version(),
            cipher=cipher[0],
            verified=stream.verified,
            pinned=self._options.pin_sha256 is not None,
            client_cert=self._options.client_cert is not None,
            resumed=bool(settled.session_reused),
            certificate=certificate,
        )

    def _compare(self, certificate: bytes, origin: Origin) -> None:
        pin = self._options.pin_sha256
        if pin is None:
            return
        from afilnet_protocols.transport.tls.public_key import spki_sha256  # few pin a key

        try:
            actual = spki_sha256(certificate)
        except ValueError:
            actual = ""
        if actual != pin:
            raise NotSentError(
                f"{origin.where} has another public key than pin_sha256 says ({actual or 'unreadable'}); nothing was "
                "sent. If the service has changed its key, and you have that from the service itself, change "
                "pin_sha256"
            )


def _no_connection(what: str, origin: Origin, failure: TransportFailure) -> NotSentError:
    if failure is LATE:
        return NotSentError(f"{what} {origin.where} in time; nothing was sent ({more_time('connect_timeout')})")
    if failure.local:
        return NotSentError(f"{what} {origin.where}: {failure.reason}; nothing was sent", local=True)
    advice = "check the address, ca_file, pin_sha256" if "secure" in what else "check the address, the network, proxy"
    return NotSentError(f"{what} {origin.where}: {failure.reason}; nothing was sent ({advice})")
