"""`WireBackend`: the six operations over any codec. A backend adds a codec and a way to authenticate."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from afilnet_protocols import catalogue
from afilnet_protocols.backends.sending import Reconciler, let_reconcile
from afilnet_protocols.breaker import Breaker, State
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.deadline import Begun, Deadline, for_call
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError, OutcomeUnknownError
from afilnet_protocols.flow import call, run
from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.forwarding import Forwarding
from afilnet_protocols.observation import CallHook, CallInfo, Watch
from afilnet_protocols.pauses import pause
from afilnet_protocols.places import Places
from afilnet_protocols.records import Chat, Message, PartialList, skipped_in
from afilnet_protocols.retry import RetryRule
from afilnet_protocols.security.gate import PolicyGate
from afilnet_protocols.security.levels import Level, declared_by
from afilnet_protocols.security.log_filter import log_cover
from afilnet_protocols.security.outward import outward
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.turn import turn
from afilnet_protocols.wire import Arguments, Codec, Reply, Request
from afilnet_protocols.wire.arguments import to_wire

if TYPE_CHECKING:
    from afilnet_protocols.security.report import SecurityReport

R = TypeVar("R")


class WireBackend(Forwarding):
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
        self._zone = _zone(settings.service_timezone)
        self._reconciler = Reconciler(settle=settings.settle) if settings.delivery == "reconcile" else None
        self._places = Places(settings.max_connections)
        self.breaker = Breaker()
        self._closed = threading.Event()
        renew_in_child(self)

    def after_fork(self) -> None:
        """Begin with a flag that no thread of the parent is waiting for."""
        closed, self._closed = self._closed, threading.Event()
        if closed.is_set():
            self._closed.set()

    @property
    def max_connections(self) -> int | None:
        """How many calls may be under way at once; ``None`` for as many as come."""
        return self._places.most

    @property
    def timeout(self) -> float:
        """How long a call may take in all, in seconds, unless its caller says otherwise."""
        return self._settings.timeout

    @property
    def breaker(self) -> Breaker:
        """What refuses calls for a while when the service has failed too often; it may be shared by clients."""
        return self._breaker

    @breaker.setter
    def breaker(self, breaker: Breaker) -> None:
        breaker.shared_by(self._settings.timeout)
        self._breaker = breaker

    def close(self) -> None:
        self._closed.set()
        self._transport.close()
        log_cover.leave(self)

    def security_report(self) -> SecurityReport:
        """Say which security level this client has, which guarantees hold, and what the evidence for them is."""
        from afilnet_protocols.security.report import SecurityReport  # few processes ask

        declared = declared_by(self, self.protocol)
        return SecurityReport.of(self._settings, self._transport.evidence, declared=declared)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.protocol}>"

    def wait(self, seconds: float) -> None:
        """Wait, in seconds; closing the client ends it early."""
        pause(seconds, self._closed.wait)

    def _call(self, operation: Operation[R], arguments: Mapping[str, str | None]) -> R:
        """Carry out one call, watched, and note on its error where it happened."""
        whole = for_call(self._settings.timeout)
        with self._watch(operation, whole) as info:
            wire = to_wire(operation, arguments)
            if operation.record is not None:
                return self._carry_out(operation, wire, whole, info)

            def once(limit: Deadline) -> None:
                self._carry_out(operation, wire, limit, info)

            self._deliver(once, arguments, whole, info)
        return cast("R", None)  # as every send does

    def _deliver(
        self, once: Callable[[Deadline], None], arguments: Mapping[str, str | None], whole: Deadline, info: CallInfo
    ) -> None:
        """Carry out one send under the configured delivery."""
        if self._reconciler is not None:
            self._reconciler.send(self, arguments, once, whole, info)
            return
        try:
            once(whole)
        except OutcomeUnknownError as error:
            let_reconcile(error, self, arguments, None, self._settings.timeout)
            raise

    def _watch(self, operation: Operation[object], whole: Deadline) -> Watch:
        begun = whole.call or Begun(time.monotonic())
        return Watch(CallInfo(operation.name, self.protocol, begun.at), self.hooks, begun)

    def _carry_out(self, operation: Operation[R], wire: Arguments, limit: Deadline, info: CallInfo) -> R:
        try:
            with self._places.one(limit), turn.during(limit):
                return self._attempt(operation, wire, limit, info)
        except AfilnetError as error:
            # The frames below hold requests and answers, which may repeat a secret; a traceback with local variables
            # shall not print them.
            fault = outward(error)
        try:
            raise fault
        finally:
            del fault  # or its own frame keeps it

    def _attempt(self, operation: Operation[R], wire: Arguments, limit: Deadline, info: CallInfo) -> R:
        attempts = self._rule.begin(operation, limit)

        def exchange(request: Request) -> Reply:
            info.attempts = attempts.count
            self._check_open()
            if not operation.repeatable and self._breaker.state is State.HALF_OPEN:
                self._probe(limit)
            return self._permitted(operation, request, limit)

        def rest(seconds: float) -> None:
            # Closing the client ends it early; the next exchange then says that it is closed.
            with turn.aside(limit):
                self.wait(seconds)

        self._check_open()
        result = run(call(self._codec, operation, wire, attempts=attempts), exchange=exchange, sleep=rest)
        info.skipped = len(skipped_in(result))
        return _in_zone(result, self._zone)

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise ConfigurationError("this client is closed: make a new one with connect()")

    def _probe(self, limit: Deadline) -> None:
        """Before a send, ask a failing service something harmless: if that fails, the send was not sent."""
        failed = False
        try:
            harmless = catalogue.GET_CHAT_CHANNELS
            self._permitted(harmless, self._codec.encode(harmless, {}), limit.helping())
        except OutcomeUnknownError:
            failed = True
        if failed:
            raise NotSentError("not sent: the service still does not answer; check it with 'afilnet doctor'")

    def _permitted(self, operation: Operation[object], request: Request, limit: Deadline) -> Reply:
        """Exchange under a permit of the breaker, and let it know how the service did."""
        with self._breaker.admit(probe=operation.repeatable) as permit:
            given = limit.remaining()
            left = limit.call is not None and limit.call.left
            try:
                reply = self._exchange(request, limit, reuse=operation.repeatable)
            except NotSentError as error:
                if limit.call is not None:
                    limit.call.left = left  # what this attempt began to send never arrived
                if not error.local and self._blames(limit, given):
                    permit.failed(_told(error))
                raise
            except OutcomeUnknownError as error:
                if self._blames(limit, given):
                    permit.failed(_told(error))
                raise
            cause = self._failure(operation, reply)
            if cause:
                permit.failed(cause)
            else:
                permit.answered()
        return reply

    def _blames(self, limit: Deadline, given: float) -> bool:
        """Whether an exchange that was given so many seconds failed because of the service, not for want of time."""
        return not limit.passed or (not limit.given_up and self._breaker.is_fair(given))

    def _failure(self, operation: Operation[object], reply: Reply) -> str:
        """Say how the service failed, if a reply of 5xx means that; a Fault in it is an answer (SOAP 1.1 §6.2)."""
        if reply.status >= 500:
            try:
                self._codec.decode(operation, reply)
            except (NotSentError, OutcomeUnknownError) as error:
                return _told(error)
            except AfilnetError:
                return ""
        return ""

    def _exchange(self, request: Request, deadline: Deadline, *, reuse: bool) -> Reply:
        """Send a request and return its answer. Backends override this to authenticate."""
        return self._transport.exchange(request, deadline=deadline, reuse=reuse)


def transport_for(settings: Settings, *, security_ceiling: str | None = None) -> Transport:
    """Return a transport that holds a client's calls to the settings' security level.

    Args:
        settings: checked settings.
        security_ceiling: the level that an installed backend declares; built-in ones leave it out.
    """
    declared = None if security_ceiling is None else Level.of(security_ceiling)
    return Transport(TransportOptions.of(settings), gate=PolicyGate(settings, declared=declared))


def required(settings: Settings, name: str) -> str:
    """Return a setting that the protocol cannot work without.

    Raises:
        ConfigurationError: it is not set.
    """
    value = getattr(settings, name)
    if not value:
        raise ConfigurationError(f"{settings.protocol} needs the setting {name}")
    return str(value)


def secret(settings: Settings, name: str) -> Secret:
    """Return a secret that the protocol cannot work without.

    Raises:
        ConfigurationError: it is not set.
    """
    value = getattr(settings, name)
    if not isinstance(value, Secret) or not value:
        raise ConfigurationError(f"{settings.protocol} needs the setting {name}")
    return value


def _told(error: AfilnetError) -> str:
    return f"{type(error).__name__}: {error}"


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    import zoneinfo  # few settings name a zone

    return zoneinfo.ZoneInfo(name)


def _in_zone(result: R, zone: tzinfo | None) -> R:
    """Make naive timestamps aware, where a zone is configured."""
    if zone is None or not isinstance(result, list):
        return result
    records = [
        msgspec.structs.replace(record, timestamp=record.timestamp.replace(tzinfo=zone))
        if isinstance(record, Chat | Message) and record.timestamp.tzinfo is None
        else record
        for record in result
    ]
    return cast("R", PartialList(records, result.skipped) if isinstance(result, PartialList) else records)
