"""`WireBackend`: the six operations over any codec. A backend adds a codec and a way to authenticate."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from afilnet_protocols import catalogue
from afilnet_protocols.backends.sending import Reconciler, let_reconcile
from afilnet_protocols.breaker import CircuitBreaker, State
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.deadline import Deadline, seconds_for_call
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError, OutcomeUnknownError
from afilnet_protocols.flow import call, run
from afilnet_protocols.observation import CallHook, CallInfo, begin, finish
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.pauses import pause
from afilnet_protocols.records import Channel, Chat, Message, PartialList, skipped_in
from afilnet_protocols.retry import RetryRule
from afilnet_protocols.security import redaction
from afilnet_protocols.security.gate import PolicyGate
from afilnet_protocols.security.levels import Level, declared_by
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.security.unshown import unshown
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.turn import turn
from afilnet_protocols.vocabulary import FileType, Platform
from afilnet_protocols.wire import Arguments, Codec, Reply, Request
from afilnet_protocols.wire.arguments import to_wire

if TYPE_CHECKING:
    from afilnet_protocols.security.report import SecurityReport

R = TypeVar("R")


class WireBackend(ChatOperations):
    """A client that speaks one protocol. Made by :func:`~afilnet_protocols.connect`.

    Args:
        settings: checked settings.
        codec: writes and reads the protocol's requests and replies.
        transport: how bytes travel.
    """

    protocol: str = ""  # so that a traceback can show a client that could not be made

    def __init__(self, settings: Settings, codec: Codec, transport: Transport) -> None:
        redaction.install()
        self.protocol = str(settings.protocol)
        self._settings = settings
        self._codec = codec
        codec.skip_odd = settings.odd_records == "skip"
        self._transport = transport
        self._rule = RetryRule(at_least_once=settings.delivery == "at_least_once")
        self._breaker = CircuitBreaker()
        self.hooks: tuple[CallHook, ...] = ()
        self._zone = _zone(settings.service_timezone)
        self._closed = threading.Event()
        self._reconciler = Reconciler(settle=settings.settle) if settings.delivery == "reconcile" else None

    def get_chat_channels(self) -> list[Channel]:
        return self._call(catalogue.GET_CHAT_CHANNELS)

    def send_message(self, *, platform: Platform | str, platform_id: str, destination: str, message: str) -> None:
        self._send(
            catalogue.SEND_MESSAGE,
            platform=platform,
            platform_id=platform_id,
            destination=destination,
            message=message,
        )

    def send_file(
        self,
        *,
        platform: Platform | str,
        platform_id: str,
        destination: str,
        file_type: FileType | str,
        file_url: str,
        thumb_url: str | None = None,
        message: str | None = None,
    ) -> None:
        # Addresses of files are often signed; this frame and those below are part of the traceback of every error.
        file_url, thumb_url = unshown(file_url), unshown(thumb_url)
        self._send(
            catalogue.SEND_FILE,
            platform=platform,
            platform_id=platform_id,
            destination=destination,
            file_type=file_type,
            file_url=file_url,
            thumb_url=thumb_url,
            message=message,
        )

    def get_chats(self, *, platform: Platform | str, platform_id: str) -> list[Chat]:
        return self._call(catalogue.GET_CHATS, platform=platform, platform_id=platform_id)

    def get_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        return self._call(catalogue.GET_MESSAGES, platform=platform, platform_id=platform_id, destination=destination)

    def get_unread_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        return self._call(
            catalogue.GET_UNREAD_MESSAGES, platform=platform, platform_id=platform_id, destination=destination
        )

    def close(self) -> None:
        self._closed.set()
        self._transport.close()

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

    def _call(self, operation: Operation[R], **arguments: str | None) -> R:
        """Carry out one read, watched, and note on its error where it happened."""
        with self._watched(operation) as info:
            wire = to_wire(operation, arguments)
            return self._carry_out(operation, wire, Deadline(seconds_for_call(self._settings.timeout)), info)

    def _send(self, operation: Operation[None], **arguments: str | None) -> None:
        """Carry out one send, watched, under the configured delivery."""
        with self._watched(operation) as info:
            wire = to_wire(operation, arguments)
            whole = Deadline(seconds_for_call(self._settings.timeout))

            def once(limit: Deadline) -> None:
                self._carry_out(operation, wire, limit, info)

            if self._reconciler is not None:
                self._reconciler.send(self, arguments, once, whole, info)
                return
            try:
                once(whole)
            except OutcomeUnknownError as error:
                let_reconcile(error, self, arguments, None, self._settings.timeout)
                raise

    @contextlib.contextmanager
    def _watched(self, operation: Operation[object]) -> Iterator[CallInfo]:
        info = CallInfo(operation.name, self.protocol)
        begin(info, self.hooks)
        try:
            yield info
        except AfilnetError as error:
            finish(info, self.hooks, error)
            raise error.during(operation.name, self.protocol, info.call_id)  # noqa: B904 -- it is the same error
        finish(info, self.hooks, None)

    def _carry_out(self, operation: Operation[R], wire: Arguments, limit: Deadline, info: CallInfo) -> R:
        try:
            with turn.during(limit):
                return self._attempt(operation, wire, limit, info)
        except AfilnetError as error:
            # The frames below hold requests and answers, which may repeat a secret; a traceback with local variables
            # shall not print them.
            fault = error.with_traceback(None)
        raise fault

    def _attempt(self, operation: Operation[R], wire: Arguments, limit: Deadline, info: CallInfo) -> R:
        if self._closed.is_set():
            raise ConfigurationError("this client is closed: make a new one with connect()")
        if not operation.repeatable and self._breaker.state is State.HALF_OPEN:
            self._probe(limit)
        self._breaker.admit(probe=operation.repeatable)
        attempts = self._rule.begin(operation, limit)

        def exchange(request: Request) -> Reply:
            info.attempts = attempts.count
            return self._counted(operation, request, limit)

        def rest(seconds: float) -> None:
            # Closing the client ends it early; the next exchange then says that it is closed.
            with turn.aside(limit):
                self.wait(seconds)

        result = run(call(self._codec, operation, wire, attempts=attempts), exchange=exchange, sleep=rest)
        info.skipped = len(skipped_in(result))
        return _in_zone(result, self._zone)

    def _probe(self, deadline: Deadline) -> None:
        """Before a send, ask a failing service something harmless: if that fails, the send was not sent."""
        self._breaker.admit(probe=True)
        failed = False
        try:
            harmless = catalogue.GET_CHAT_CHANNELS
            self._counted(harmless, self._codec.encode(harmless, {}), deadline)
        except OutcomeUnknownError:
            failed = True
        if failed:
            raise NotSentError("not sent: the service still does not answer; check it with 'afilnet doctor'")

    def _counted(self, operation: Operation[object], request: Request, deadline: Deadline) -> Reply:
        """Exchange, and let the breaker know how it went."""
        try:
            reply = self._exchange(request, deadline, reuse=operation.repeatable)
        except AfilnetError as error:
            self._breaker.record(error)
            raise
        except BaseException:
            self._breaker.abandon()
            raise
        self._breaker.record(self._failure(operation, reply))
        return reply

    def _failure(self, operation: Operation[object], reply: Reply) -> AfilnetError | None:
        """Return what a reply of 5xx says. A fault is an answer too, and SOAP 1.1 (§6.2) sends it with HTTP 500."""
        if reply.status >= 500:
            try:
                self._codec.decode(operation, reply)
            except AfilnetError as error:
                return error
        return None

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
