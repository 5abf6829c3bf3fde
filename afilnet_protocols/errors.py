"""What is raised. Two questions decide the class: whose fault is it, and did it happen?

::

    AfilnetError
    ├── ConfigurationError            the settings cannot work; nothing was sent
    │   └── SecurityPolicyError       the protocol or endpoint is below the configured minimum
    ├── InvalidRequestError           refused before a byte left
    │   ├── MessageTooLongError
    │   ├── UnsupportedTextError
    │   └── InvalidFileUrlError
    ├── NotSentError                  provably did not reach the service
    ├── OutcomeUnknownError           it may have happened: the answer was lost, late, cut or unintelligible
    └── ServiceError(code)            the service said no
        ├── AuthenticationError
        ├── NotFoundError
        ├── RejectedRequestError
        ├── RateLimitedError
        └── UnknownServiceError       a code that no vendor page lists

Errors hold plain text only: never a foreign exception, a request, a response, or a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Self

from afilnet_protocols.vocabulary import Delivery, Finding

Looking = Callable[[float], Generator[object, None, Finding]]
"""How a backend finds out what became of a send, as steps; see ``afilnet_protocols.waiting``."""

__all__ = [
    "AfilnetError",
    "AuthenticationError",
    "ConfigurationError",
    "InvalidFileUrlError",
    "InvalidRequestError",
    "MessageTooLongError",
    "NotFoundError",
    "NotSentError",
    "OutcomeUnknownError",
    "RateLimitedError",
    "RejectedRequestError",
    "SecurityPolicyError",
    "ServiceError",
    "UnknownServiceError",
    "UnsupportedTextError",
]


class AfilnetError(Exception):
    """Anything that this library raises on purpose.

    Attributes:
        delivery: whether the service acted on the call (see :class:`~afilnet_protocols.Delivery`).
        operation: the Python name of the operation, such as ``send_message``; ``None`` outside a call.
        protocol: the name of the protocol, such as ``soap``; ``None`` outside a call.
        call_id: the identifier of the call in logs and hooks; ``None`` outside a call.
        code: the service's error code; ``None`` where the service did not answer with one.
        retry_after: after how many seconds another call may do better; ``None`` where nobody has said.
    """

    # What a handler of all errors asks for, every error has.
    code: str | None = None
    retry_after: float | None = None

    delivery: Delivery = Delivery.NOT_SENT
    operation: str | None = None
    protocol: str | None = None
    call_id: str | None = None

    def __init__(self, message: str, *, delivery: Delivery | None = None) -> None:
        super().__init__(message)
        if delivery is not None:
            self.delivery = delivery

    def during(self, operation: str, protocol: str, call_id: str | None = None) -> Self:
        """Note where this happened, unless that is known, and return the error itself. For backends.

        Args:
            operation: in which operation.
            protocol: over which protocol.
            call_id: in which call, as hooks and log lines name it.
        """
        self.operation = self.operation or operation
        self.protocol = self.protocol or protocol
        self.call_id = self.call_id or call_id
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword-only parameters need this to survive pickling (process pools, task queues).
        return (_restore, (type(self), self.args, dict(self.__dict__)))


def _restore(kind: type[AfilnetError], args: tuple[object, ...], state: dict[str, object]) -> AfilnetError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(AfilnetError):
    """The settings cannot work; nothing was sent. The text names the setting to change."""


class SecurityPolicyError(ConfigurationError):
    """The protocol, endpoint or connection is below the configured minimum; nothing was sent.

    Attributes:
        required: the level or guarantee that the settings demand.
        effective: the level that is in evidence.
        missing: the guarantees that are missing, by name.
        fix: what to change.
    """

    def __init__(self, message: str, *, required: str, effective: str, missing: tuple[str, ...] = (), fix: str) -> None:
        super().__init__(message)
        self.required = required
        self.effective = effective
        self.missing = missing
        self.fix = fix


class InvalidRequestError(AfilnetError):
    """The arguments of a call cannot be sent; refused before a byte left."""


class MessageTooLongError(InvalidRequestError):
    """The encoded request is longer than the protocol can carry.

    Attributes:
        limit: the protocol's limit, in characters of the encoded URL.
        actual: the length of the encoded request, in the same unit.
    """

    def __init__(self, message: str, *, limit: int, actual: int) -> None:
        super().__init__(message)
        self.limit = limit
        self.actual = actual


class UnsupportedTextError(InvalidRequestError):
    """A text holds a character that XML 1.0 cannot carry, or a lone surrogate; an identifier holds a control character
    or a line end: refused on every protocol alike.
    """


class InvalidFileUrlError(InvalidRequestError):
    """A file or thumbnail address is not a public ``https`` address."""


class NotSentError(AfilnetError):
    """The request provably did not reach the service: sending it again is safe.

    Attributes:
        retry_after: for how many seconds calls are refused untried, because the circuit breaker rests, or how long the
            token endpoint or the proxy asks to wait; ``None`` where nobody has said.
        lasting: another attempt of this call would be refused alike, because the circuit breaker rests, or the proxy
            wants other credentials or does not open a way there.
        local: whether only this process was in the way, with too little time, or without a thread or a socket of its
            own: it tells nothing about the service.
    """

    def __init__(
        self,
        message: str,
        *,
        delivery: Delivery | None = None,
        retry_after: float | None = None,
        lasting: bool = False,
        local: bool = False,
    ) -> None:
        super().__init__(message, delivery=delivery)
        self.retry_after = retry_after
        self.lasting = lasting
        self.local = local


class OutcomeUnknownError(AfilnetError):
    """The call may have happened: its answer was lost, late, cut or unintelligible. Never repeat a send blindly.

    Attributes:
        stale_connection: a kept connection ended before any byte of the answer: a read is well repeated at once.
        lasting: the next attempt would most likely be answered alike, so that not even a read is repeated.
    """

    delivery = Delivery.UNKNOWN
    stale_connection: bool = False
    lasting: bool = False
    _look: Callable[[float], Finding] | None = None
    _looking: Looking | None = None

    def reconcile(self, *, settle: float = 5.0) -> Finding:
        """Read the conversation back over the same client, to find out what became of the send.

        With ``delivery = "reconcile"`` the messages were counted before the send and the finding is as good as the
        conversation is quiet; otherwise a message that is found may be an older one with the same text.

        Args:
            settle: how long the service may still be working on the lost request, in seconds. It is waited for before
                absence is believed. The vendor documents no such time.

        Returns:
            What the conversation tells about the send.

        Raises:
            InvalidRequestError: ``settle`` is no length of time.
            ConfigurationError: this was no send, or the client is closed.
            AfilnetError: the conversation cannot be read now.
        """
        if self._look is None:
            raise ConfigurationError("there is nothing to reconcile: the call was no send, or its client is gone")
        return self._look(settle)

    def reconciling(self, settle: float) -> Generator[object, None, Finding] | None:
        """Return the steps of :meth:`reconcile`, for a driver; ``None`` if there are none that a driver could do.

        Args:
            settle: as for :meth:`reconcile`, in seconds.
        """
        return None if self._looking is None else self._looking(settle)

    def reconciled_by(self, look: Callable[[float], Finding], looking: Looking | None = None) -> None:
        """Say how :meth:`reconcile` finds out. For backends.

        Args:
            look: does it, given what is called ``settle`` there.
            looking: the same as steps that a driver carries out, where the backend is written so.
        """
        self._look = look
        self._looking = looking

    def __reduce__(self) -> tuple[Any, ...]:
        kind, (cls, args, state) = super().__reduce__()
        return kind, (cls, args, {name: value for name, value in state.items() if name not in ("_look", "_looking")})


class ServiceError(AfilnetError):
    """The service answered that it did not carry out the call.

    Attributes:
        code: the service's error code, such as ``CHANNEL_NOT_FOUND``; for an answer that has none, ``HTTP_`` and the
            HTTP status, such as ``HTTP_404``.
    """

    delivery = Delivery.REJECTED

    def __init__(self, code: str, message: str | None = None, *, delivery: Delivery | None = None) -> None:
        super().__init__(message or f"the service answered {code}", delivery=delivery)
        self.code: str = code


class AuthenticationError(ServiceError):
    """The service refused the user and password, the client secret, or the token."""


class NotFoundError(ServiceError):
    """The channel or the conversation does not exist (``CHANNEL_NOT_FOUND``, ``CHAT_NOT_FOUND``)."""


class RejectedRequestError(ServiceError):
    """The service found a parameter missing or incorrect (``MISSING_…``, ``INCORRECT_…``)."""


class RateLimitedError(ServiceError):
    """The service asks to slow down (HTTP 429).

    Attributes:
        retry_after: how long the service asks to wait, in seconds, or ``None`` if it does not say.
    """

    def __init__(self, code: str, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class UnknownServiceError(ServiceError):
    """The service answered an error code that no vendor page lists for chat.

    What such a code means for a send is not documented, so its delivery is ``unknown``.
    """

    delivery = Delivery.UNKNOWN
