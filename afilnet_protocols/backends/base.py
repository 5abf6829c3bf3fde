"""`WireBackend`: the six operations over any codec. A backend adds a codec and a way to authenticate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from afilnet_protocols import catalogue
from afilnet_protocols.backends.straight import Straight
from afilnet_protocols.backends.zone import in_zone, zone_of
from afilnet_protocols.begun import Begun
from afilnet_protocols.breaker import Breaker
from afilnet_protocols.call_time import for_call
from afilnet_protocols.calls.flow import call
from afilnet_protocols.calls.pauses import are_made
from afilnet_protocols.calls.retry import Attempts, RetryRule
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.clock import monotonic
from afilnet_protocols.deadline import Deadline, deadline
from afilnet_protocols.errors import AfilnetError, ConfigurationError, OutcomeUnknownError
from afilnet_protocols.forwarding import Forwarding
from afilnet_protocols.observation import CALL_HEADER, CallHook, CallInfo, Watch
from afilnet_protocols.process.fork import notice_fork, renew_in_child
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.process.shortage import LACKING, for_want
from afilnet_protocols.records import Message, PartialList
from afilnet_protocols.security.gate import PolicyGate
from afilnet_protocols.security.levels import Level, declared_by
from afilnet_protocols.security.log_cover import log_cover
from afilnet_protocols.security.outward import outward
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.vocabulary import Addressee
from afilnet_protocols.waiting import Signal, Steps, at_once, run, until
from afilnet_protocols.waiting.places import Places
from afilnet_protocols.wire import Arguments, Codec, Reply, Request
from afilnet_protocols.wire.arguments import to_wire

if TYPE_CHECKING:
    from afilnet_protocols.backends.sending import Reconciler
    from afilnet_protocols.security.report import SecurityReport

R = TypeVar("R")


class WireBackend(OfThisProcess, Forwarding, Straight):
    """A client that speaks one protocol. Made by :func:`~afilnet_protocols.connect`.

    Args:
        settings: checked settings.
        codec: writes and reads the protocol's requests and replies.
        transport: how bytes travel.
    """

    protocol: str = ""  # so that a traceback can show a client that could not be made

    def __init__(self, settings: Settings, codec: Codec, transport: Transport) -> None:
        log_cover.enter(self)
        self.protocol = str(settings.protocol)
        self._settings = settings
        self._codec = codec
        codec.skip_odd = settings.odd_records == "skip"
        self._transport = transport
        self.over_get = settings.over_get
        self._rule = RetryRule(at_least_once=settings.delivery == "at_least_once")
        self.hooks: tuple[CallHook, ...] = ()
        self._zone = zone_of(settings.service_timezone)
        self._reconciler = _reconciler(settings)
        self._places = Places(settings.max_connections)
        self.breaker = Breaker()
        self._closed = Signal()
        renew_in_child(self)

    def after_fork(self) -> None:
        """Begin with a flag that no thread or loop of the parent is waiting for."""
        closed, self._closed = self._closed, Signal()
        self._closed.happened = closed.happened

    @property
    def max_connections(self) -> int | None:
        """How many calls may be under way at once; ``None`` for as many as come."""
        return self._places.most

    @property
    def timeout(self) -> float:
        """How long a call may take in all, in seconds, unless its caller says otherwise."""
        return self._settings.timeout

    def refuse_waiting(self) -> None:
        """Refuse, from now on, the calls that have no place yet."""
        self._places.shut()

    def finishing(self) -> Steps[None]:
        """Wait for what goes on though no call waits for it, for seconds at most: nothing here."""
        return at_once(lambda: None)

    def close(self) -> None:
        notice_fork()
        self._closed.set()
        self._places.shut()
        self._transport.close()
        log_cover.leave(self)

    def security_report(self) -> SecurityReport:
        """Say which security level this client has, which guarantees hold, and what the evidence for them is."""
        from afilnet_protocols.security.report import SecurityReport  # few processes ask

        declared = declared_by(self, self.protocol)
        return SecurityReport.of(self._settings, self._transport.evidence, declared=declared)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.protocol}{' closed' if self._closed.happened else ''}>"

    def wait(self, seconds: float, limit: Deadline | None = None) -> Steps[None]:
        """Wait, in seconds; closing the client ends it early.

        Args:
            seconds: how long.
            limit: of the call that pauses.
        """
        if are_made():
            yield from until(self._closed, Deadline(seconds) if limit is None else limit.at_most(seconds))

    def read_back(self, conversation: Addressee, seconds: float) -> Steps[list[Message]]:
        """Read all messages of a conversation for a call that is under way: watched as a call of its own.

        Args:
            conversation: which.
            seconds: how long it may take.
        """
        with deadline(seconds):
            whole = for_call(seconds)
        where = {name: str(value) for name, value in conversation.items()}
        with self.watch(catalogue.GET_MESSAGES, whole) as info:
            return (yield from self.undertake(catalogue.GET_MESSAGES, where, whole, info))

    def _call(self, operation: Operation[R], arguments: Mapping[str, str | None]) -> R:
        """Carry out one call in this thread, watched, and note on its error where it happened."""
        notice_fork()
        whole = for_call(self._settings.timeout)
        watch = self.watch(operation, whole)
        try:
            with watch as info:
                return run(self.undertake(operation, arguments, whole, info), whole)
        except BaseException as error:
            watch.make_sure(error)
            raise

    def undertake(
        self, operation: Operation[R], arguments: Mapping[str, str | None], whole: Deadline, info: CallInfo
    ) -> Steps[R]:
        """Carry out one call; the driver watches it.

        Args:
            operation: which.
            arguments: its arguments, as the caller gave them.
            whole: its deadline.
            info: what :meth:`watch` gave.
        """
        wire = to_wire(operation, arguments)
        if operation.record is not None:
            return self._carry_out(operation, wire, whole, info)
        once = cast("Callable[[Deadline], Steps[None]]", partial(self._carry_out, operation, wire, info=info))
        return cast("Steps[R]", self._deliver(once, arguments, whole, info))  # a send returns nothing

    def _deliver(
        self,
        once: Callable[[Deadline], Steps[None]],
        arguments: Mapping[str, str | None],
        whole: Deadline,
        info: CallInfo,
    ) -> Steps[None]:
        """Carry out one send under the configured delivery."""
        # With the first send, not with the first client, and before anything leaves.
        from afilnet_protocols.backends.sending import let_reconcile

        if self._reconciler is not None:
            yield from self._reconciler.send(self, arguments, once, whole, info)
            return
        try:
            yield from once(whole)
        except OutcomeUnknownError as error:
            let_reconcile(error, self, arguments, None, self._settings.timeout)
            raise

    def watch(self, operation: Operation[object], whole: Deadline) -> Watch:
        """Return the context in which a call is carried out: hooks and the log are told of it, its error where it was.

        Args:
            operation: which.
            whole: its deadline.
        """
        begun = whole.call or Begun(monotonic())
        return Watch(CallInfo(operation.name, self.protocol, begun.at), self.hooks, begun)

    def _carry_out(self, operation: Operation[R], wire: Arguments, limit: Deadline, info: CallInfo) -> Steps[R]:
        if self.goes_straight and operation.repeatable and self._transport.kept and not info.named:
            steps = self._straight(operation, wire, limit, info)
        else:
            steps = self._attempt(operation, wire, limit, info)
        return steps if self._places.free is None else self._places.within(limit, steps)

    def _attempt(
        self,
        operation: Operation[R],
        wire: Arguments,
        limit: Deadline,
        info: CallInfo,
        first: Steps[Reply] | None = None,
    ) -> Steps[R]:
        attempts = Attempts(self._rule, operation, limit)
        way = _Way(self, operation, attempts, limit, info, first)
        try:
            result = yield from call(self._codec, operation, wire, attempts, exchange=way.exchange, pause=way.pause)
        except AfilnetError as error:
            # The frames below hold requests and answers, which may repeat a secret; a traceback with local variables
            # shall not print them.
            fault = outward(error)
        except LACKING as error:
            lacking = for_want(error, left=limit.call is not None and limit.call.left)
            if lacking is None:
                raise
            fault = lacking
        else:
            return self._seen(result, info)
        try:
            raise fault
        finally:
            del fault  # or its own frame keeps it

    def _seen(self, result: R, info: CallInfo) -> R:
        if isinstance(result, PartialList):
            info.skipped = len(result.skipped)
        return result if self._zone is None else in_zone(result, self._zone)

    def _exchange(self, request: Request, deadline: Deadline, *, reuse: bool) -> Steps[Reply]:
        """Send a request and return its answer. Backends override this to authenticate."""
        return self._transport.exchanging(request, deadline=deadline, reuse=reuse)


class _Way(msgspec.Struct, eq=False):
    """How the attempts of one call are made. Thousands of calls may wait at once, so it is one object and no closures.

    Attributes:
        client: makes them.
        operation: of the call.
        attempts: counts them.
        limit: the call's deadline.
        info: what is seen of the call.
        first: the exchange of its first attempt, if that is under way.
    """

    client: WireBackend
    operation: Operation[Any]
    attempts: Attempts
    limit: Deadline
    info: CallInfo
    first: Steps[Reply] | None = None

    def exchange(self, request: Request) -> Steps[Reply]:
        """Send a request and return its reply."""
        client, info, first = self.client, self.info, self.first
        if first is not None:
            self.first = None
            return first
        if client._closed.happened:
            raise ConfigurationError("this client is closed: make a new one with connect()")
        info.attempts = self.attempts.count
        if info.named:
            request = request.with_header(CALL_HEADER, info.call_id)
        return client._permitted(self.operation, request, self.limit)

    def pause(self, seconds: float) -> Steps[None]:
        """Wait. Closing the client ends it early; the next exchange then says that it is closed."""
        return self.client.wait(seconds, self.limit)


def _reconciler(settings: Settings) -> Reconciler | None:
    if settings.delivery != "reconcile":
        return None
    from afilnet_protocols.backends.sending import Reconciler

    return Reconciler(settle=settings.settle)


def transport_for(settings: Settings, *, security_ceiling: str | None = None) -> Transport:
    """Return a transport that holds a client's calls to the settings' security level.

    Args:
        settings: checked settings.
        security_ceiling: the level that an installed backend declares; built-in ones leave it out.

    Returns:
        A transport of its own, to be closed with its client.
    """
    declared = None if security_ceiling is None else Level.of(security_ceiling)
    return Transport(TransportOptions.of(settings), gate=PolicyGate(settings, declared=declared))


def required(settings: Settings, name: str) -> str:
    """Return a setting that the protocol cannot work without.

    Args:
        settings: checked settings.
        name: which.

    Raises:
        ConfigurationError: it is not set.
    """
    value = getattr(settings, name)
    if not value:
        raise ConfigurationError(f"{settings.protocol} needs the setting {name}")
    return str(value)


def secret(settings: Settings, name: str) -> Secret:
    """Return a secret that the protocol cannot work without.

    Args:
        settings: checked settings.
        name: which.

    Raises:
        ConfigurationError: it is not set.
    """
    value = getattr(settings, name)
    if not isinstance(value, Secret) or not value:
        raise ConfigurationError(f"{settings.protocol} needs the setting {name}")
    return value
