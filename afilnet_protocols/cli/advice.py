"""What to do about an error, in one sentence, for whoever sits at the terminal."""

from __future__ import annotations

from afilnet_protocols.catalogue import by_name
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    RateLimitedError,
    ServiceError,
)
from afilnet_protocols.vocabulary import Delivery

_MEANING = {
    Delivery.NOT_SENT: "nothing was sent",
    Delivery.REJECTED: "the service did not carry it out",
    Delivery.UNKNOWN: "it may have happened",
}


def meaning(error: AfilnetError) -> str:
    """Return what the verdict of an error means for whoever made the call."""
    if error.delivery is Delivery.UNKNOWN and _was_a_read(error):
        return "nothing is at stake, it was a read"
    return _MEANING[error.delivery]


def advise(error: AfilnetError) -> str:
    """Return what to do next."""
    if isinstance(error, RateLimitedError):
        wait = f"{error.retry_after:.0f} seconds" if error.retry_after else "a while"
        return f"wait {wait} and try again"
    if error.delivery is Delivery.UNKNOWN and _was_a_read(error):
        return "try again, for it was a read; if it goes on, 'afilnet doctor' finds out where it fails"
    if error.delivery is Delivery.UNKNOWN:
        return "look with 'afilnet messages' whether it happened before you send anything again"
    for kind, advice in _ADVICE:
        if isinstance(error, kind):
            return advice
    return "see the error's text"


def _was_a_read(error: AfilnetError) -> bool:
    """Whether the call changes nothing, so that it is the same whether it happened or not."""
    operation = by_name(error.operation or "")
    return operation is not None and operation.repeatable


_ADVICE: tuple[tuple[type[AfilnetError], str], ...] = (
    (ConfigurationError, "'afilnet config' shows every setting and where it came from"),
    (InvalidRequestError, "correct the named option; nothing has to be undone"),
    (NotSentError, "try again; if it goes on, 'afilnet doctor' finds out where it fails"),
    (AuthenticationError, "check user and password or client secret; 'afilnet config' shows where they came from"),
    (NotFoundError, "'afilnet channels' and 'afilnet chats' list what exists"),
    (ServiceError, "correct the request; the service's code says what it refused"),
)
