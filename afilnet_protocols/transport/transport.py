"""`Transport`: the one way from a request to its reply."""

from __future__ import annotations

from afilnet_protocols.deadline import Deadline, more_time
from afilnet_protocols.errors import ConfigurationError, NotSentError
from afilnet_protocols.transport.address import Address, Origin, read
from afilnet_protocols.transport.connection import Connection, UnderWay
from afilnet_protocols.transport.dial import Dialer
from afilnet_protocols.transport.gate import Evidence, Gate
from afilnet_protocols.transport.options import TransportOptions
from afilnet_protocols.transport.outgoing import Composer
from afilnet_protocols.transport.pool import Pool
from afilnet_protocols.waiting import Steps, run
from afilnet_protocols.wire import Reply, Request


class Transport:
    """Exchanges requests for replies. Safe for threads; one for each client.

    It follows no redirect, keeps no cookie, and looks at nothing in the environment. It repeats nothing: whether a call
    may go out again is for the flow to say.

    Args:
        options: how connections are made.
        gate: who may refuse a connection or a request at the last moment.

    Attributes:
        kept: the connections that it keeps, of which one may be idle; empty as long as it has made none.
    """

    def __init__(self, options: TransportOptions, gate: Gate | None = None) -> None:
        self.options = options
        self._gate = gate
        self._dialer = Dialer(options, gate)
        self._pool = Pool(seconds=options.keep_seconds, most=options.keep_most)
        self.kept = self._pool.idle
        self._composer = Composer(options.proxy)
        self._evidence: Evidence | None = None

    @property
    def evidence(self) -> Evidence | None:
        """What the latest connection proved; ``None`` before the first one."""
        return self._evidence

    def exchange(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        """Send a request and return its complete answer: :meth:`!exchanging`, waited for in this thread.

        Args:
            request: what to send.
            deadline: when to give up.
            reuse: whether the connection may have served others and may serve others.

        Raises:
            NotSentError: the request provably did not reach the service.
            OutcomeUnknownError: it may have; no complete valid answer came.
            SecurityPolicyError: the gate refused the connection or the request; nothing was sent.
            ConfigurationError: the address or the settings for TLS cannot work; nothing was sent.
            InvalidRequestError: HTTP cannot carry the request; nothing was sent.
        """
        return run(self.exchanging(request, deadline=deadline, reuse=reuse), deadline)

    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Steps[Reply]:
        """Send a request and return its complete answer, whatever its status.

        Args:
            request: what to send. ``Host``, ``Content-Length`` and the other headers of the connection are added.
            deadline: when to give up, whatever is under way then.
            reuse: whether the connection may have served others and may serve others: for what can be repeated.
                Otherwise it is new, and closed afterwards, so that no other answer can be taken for this one.

        Raises:
            NotSentError: the request provably did not reach the service.
            OutcomeUnknownError: it may have; no complete valid answer came.
            SecurityPolicyError: the gate refused the connection or the request; nothing was sent.
            ConfigurationError: the address or the settings for TLS cannot work; nothing was sent.
            InvalidRequestError: HTTP cannot carry the request; nothing was sent.
        """
        if self._pool.closed:
            raise ConfigurationError("this client is closed: make a new one with connect()")
        composed = self._composer.compose(request, fresh=not reuse)
        if not isinstance(composed, tuple):
            try:
                raise composed
            finally:
                del composed  # or its own frame keeps it
        origin, outgoing = composed
        if self._gate is not None:
            self._gate.before_send(outgoing.line)
        connection = None
        if reuse:
            connection = self._pool.take(origin)
        else:
            self._pool.release(origin)  # or a server that serves one at a time would wait for an idle one
        if connection is None:
            connection = yield from self._dial(origin, deadline)
        limits = self.options.limits
        try:
            if not deadline.leaving():
                raise NotSentError(f"the time was up before {origin.where} was asked ({more_time()})")
            most = limits.body if reuse else limits.short_body
            reply = yield from connection.exchange(outgoing, limits=limits, most=most, deadline=deadline)
        finally:
            self._pool.give(connection)
        if reply.status == 407:
            self._check_proxy(origin, reply)
        return reply

    def ask(self, request: Request, deadline: Deadline) -> UnderWay | None:
        """Send a request that can be repeated over a connection that was kept, as much of it as leaves at once.

        Args:
            request: what to send.
            deadline: when to give up.

        Returns:
            What is under way, for :meth:`answer_at_once`, :meth:`going_on` or :meth:`drop`; ``None`` if nothing was
            sent, and :meth:`exchanging` has to make a connection or to say what is wrong.

        Raises:
            SecurityPolicyError: the gate refused the request; nothing was sent.
        """
        composed = self._composer.compose(request, fresh=False)
        if not isinstance(composed, tuple):
            return None
        origin, outgoing = composed
        if self._gate is not None:
            self._gate.before_send(outgoing.line)
        connection = self._pool.take(origin)  # none of one that was closed
        if connection is None:
            return None
        try:
            given = deadline.leaving()
            if given:
                return connection.ask(outgoing, deadline, given)
        except BaseException:  # a signal handler's
            connection.close()
            raise
        self._pool.give(connection)
        return None

    def answer_at_once(self, begun: UnderWay, deadline: Deadline) -> Reply | None:
        """Return the answer if it is there, whole and of the plainest form; any other is for :meth:`going_on`.

        Args:
            begun: what is under way.
            deadline: when to give up.
        """
        connection = begun.connection
        reply = connection.answer_at_once(begun, self.options.limits, deadline)
        if reply is not None:
            self._pool.give(connection)
        return reply

    def going_on(self, begun: UnderWay, deadline: Deadline) -> Steps[Reply]:
        """Return the answer to what is under way, whatever it is; returns and raises what :meth:`exchanging` does.

        Args:
            begun: what is under way.
            deadline: when to give up.
        """
        limits, connection = self.options.limits, begun.connection
        try:
            reply = yield from connection.answered(begun, limits=limits, most=limits.body, deadline=deadline)
        finally:
            self._pool.give(connection)
        if reply.status == 407:
            self._check_proxy(connection.origin, reply)
        return reply

    def drop(self, begun: UnderWay) -> None:
        """Give up what is under way."""
        begun.connection.close()

    def probe(self, url: str, *, deadline: Deadline) -> Evidence:
        """Connect to an address, send nothing, and return what the connection proves.

        Args:
            url: the address.
            deadline: when to give up.

        Raises:
            NotSentError: no connection could be made, or its TLS is not to be trusted.
            SecurityPolicyError: the gate refused the connection.
            ConfigurationError: the address or the settings for TLS cannot work.
        """
        address = read(url)
        del url  # an address that is refused may be so because it holds a secret
        if not isinstance(address, Address):
            try:
                raise address
            finally:
                del address  # or its own frame keeps it
        connection = run(self._dial(address.origin, deadline), deadline)
        connection.close()
        return connection.evidence

    def close(self) -> None:
        """Close the idle connections, and refuse what comes from now on."""
        self._pool.close()

    def __repr__(self) -> str:
        return "<Transport closed>" if self._pool.closed else "<Transport>"

    def _check_proxy(self, origin: Origin, reply: Reply) -> None:
        """Take a 407 for the proxy's own where the proxy surely wrote it, and so passed nothing on.

        Inside a tunnel it cannot have. Outside it asks for credentials (RFC 9110 §11.7.1) and was given none; with
        ours it may have let the request pass, and hand out what another proxy behind it said.
        """
        proxy = self.options.proxy
        if proxy is None or origin.scheme != "http" or proxy.authorization is not None:
            return
        if "proxy-authenticate" in reply.headers:
            from afilnet_protocols.transport.proxy import wanted

            raise NotSentError(
                f"the proxy {proxy.origin.where} passed nothing on: {wanted(reply.headers['proxy-authenticate'])}",
                lasting=True,
            )

    def _dial(self, origin: Origin, deadline: Deadline) -> Steps[Connection]:
        connection = yield from self._dialer.dial(origin, deadline)
        self._evidence = connection.evidence
        return connection
