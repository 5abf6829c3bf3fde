"""`Permitted`: each exchange asks the breaker first, and lets it know how the service did."""

from __future__ import annotations

import abc
from collections.abc import Callable
from functools import partial

from afilnet_protocols import catalogue
from afilnet_protocols.breaker import Breaker, Permit, State
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.retold import Retold
from afilnet_protocols.settings import Settings
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Codec, Reply, Request


class Permitted(abc.ABC):
    """What exchanges under the permits of a breaker."""

    _settings: Settings
    _codec: Codec

    @property
    def breaker(self) -> Breaker:
        """What refuses calls for a while when the service has failed too often; it may be shared by clients."""
        return self._breaker

    @breaker.setter
    def breaker(self, breaker: Breaker) -> None:
        breaker.shared_by(self._settings.timeout)
        self._breaker = breaker

    def _probe(self, limit: Deadline) -> Steps[None]:
        """Before a send, ask a failing service something harmless: if that fails, the send was not sent."""
        told = "not sent: the service still does not answer; check it with 'afilnet doctor'"
        with Retold(OutcomeUnknownError, lambda _: NotSentError(told)):
            harmless = catalogue.GET_CHAT_CHANNELS
            yield from self._permitted(harmless, self._codec.encode(harmless, {}), limit.helping())

    def _permitted(self, operation: Operation[object], request: Request, limit: Deadline) -> Steps[Reply]:
        """Exchange under a permit of the breaker, and let it know how the service did."""
        if not operation.repeatable and self._breaker.state is State.HALF_OPEN:
            return self._probed(operation, request, limit)
        permit = self._breaker.admit(probe=operation.repeatable)
        left = limit.call is not None and limit.call.left
        exchange = partial(self._exchange, request, limit, reuse=operation.repeatable)
        return self._under(permit, operation, exchange, limit, given=limit.remaining(), left=left)

    def _probed(self, operation: Operation[object], request: Request, limit: Deadline) -> Steps[Reply]:
        yield from self._probe(limit)
        return (yield from self._permitted(operation, request, limit))

    def _under(
        self,
        permit: Permit,
        operation: Operation[object],
        exchange: Callable[[], Steps[Reply]],
        limit: Deadline,
        *,
        given: float,
        left: bool,
    ) -> Steps[Reply]:
        """Carry out an exchange that has a permit.

        Args:
            permit: of the breaker.
            operation: of the call.
            exchange: begins it.
            limit: the call's deadline.
            given: how many seconds were left when it began.
            left: whether a byte of the call may have left before.
        """
        try:
            try:
                reply = yield from exchange()
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
            cause = self._failure(operation, reply) if reply.status >= 500 else ""
            if cause:
                permit.failed(cause)
            else:
                permit.answered = True
        finally:
            permit.give_back()
        return reply

    def _blames(self, limit: Deadline, given: float) -> bool:
        """Whether an exchange that was given so many seconds failed because of the service, not for want of time."""
        return not limit.passed or (not limit.given_up and self._breaker.is_fair(given))

    def _failure(self, operation: Operation[object], reply: Reply) -> str:
        """Say how the service failed, if a reply of 5xx means that; a Fault in it is an answer (SOAP 1.1 §6.2)."""
        try:
            self._codec.decode(operation, reply)
        except (NotSentError, OutcomeUnknownError) as error:
            return _told(error)
        except AfilnetError:
            return ""
        return ""

    @abc.abstractmethod
    def _exchange(self, request: Request, deadline: Deadline, *, reuse: bool) -> Steps[Reply]:
        """Send a request and return its answer."""


def _told(error: AfilnetError) -> str:
    return f"{type(error).__name__}: {error}"
