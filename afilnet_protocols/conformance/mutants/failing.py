"""Mistakes in what happens when something goes wrong."""

from __future__ import annotations

from afilnet_protocols.conformance.mutants.mutant import READS, SENDS, Again, Arguments, Right, Shelf, Spoiled
from afilnet_protocols.conformance.targets.capabilities import ABSENCE, GET_LIMIT
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    RejectedRequestError,
    ServiceError,
    UnknownServiceError,
)
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Finding

SHELF = Shelf()


@SHELF.fails("M19", "http-post", ["DELIV-03"], OutcomeUnknownError, READS)
def lost_is_empty(error: OutcomeUnknownError, again: Again) -> object:
    """A read whose answer was lost gives an empty list."""
    return []


@SHELF.fails("M20", "basic", ["AUTH-01"], AuthenticationError)
def credentials_are_a_detail(error: AuthenticationError, again: Again) -> object:
    """Refused credentials are raised as an incorrect request."""
    raise RejectedRequestError(error.code).during(str(error.operation), "basic")


@SHELF.fails("M21", "http-post", ["DELIV-02"], OutcomeUnknownError, SENDS)
def sent_again(error: OutcomeUnknownError, again: Again) -> object:
    """A send whose answer was lost is sent again."""
    return again()


@SHELF.fails("M22", "json", ["DELIV-05", "DELIV-09"], ServiceError)
def refused_and_sent_again(error: ServiceError, again: Again) -> object:
    """Any refusal is taken for an expired token: the call is made again."""
    return again()


@SHELF.fails("M47", "http-get", ["ERR-02"], NotFoundError, READS)
def not_found_is_empty(error: NotFoundError, again: Again) -> object:
    """A conversation that does not exist gives an empty list."""
    if error.code == "CHAT_NOT_FOUND":
        return []
    raise error


@SHELF.fails("M48", "soap", ["ERR-01"], NotFoundError)
def unknown_channels_are_invalid(error: NotFoundError, again: Again) -> object:
    """A channel that does not exist is raised as if it had never been asked for."""
    if error.code == "CHANNEL_NOT_FOUND":
        raise InvalidRequestError("there is no such channel").during(str(error.operation), "soap")
    raise error


@SHELF.fails("M49", "soap", ["ERR-03", "ERR-09"], ServiceError)
def every_fault_alike(error: ServiceError, again: Again) -> object:
    """Every SOAP Fault is the same class of error."""
    raise ServiceError(error.code).during(str(error.operation), "soap")


@SHELF.fails("M50", "basic", ["ERR-04"], UnknownServiceError)
def unknown_is_rejected(error: UnknownServiceError, again: Again) -> object:
    """A code that nobody knows is raised as a refusal, as if it were known what it means."""
    raise RejectedRequestError(error.code).during(str(error.operation), "basic")


@SHELF.spoil("M51", "http-post", ["ERR-06"])
def an_error_is_the_end(right: Right, operation: str, arguments: Arguments) -> object:
    """After the service has refused once, the client is of no more use."""
    try:
        return right(operation, arguments)
    except ServiceError:
        right.chat.close()
        raise


@SHELF.fails("M52", "json", ["ERR-07"], NotFoundError)
def foreign_exceptions_hang_on(error: NotFoundError, again: Again) -> object:
    """An error drags the exception along that it was made from."""
    try:
        raise KeyError(error.code)
    except KeyError as cause:
        raise NotFoundError(error.code).during(str(error.operation), "json") from cause


@SHELF.spoil("M53", "http-get", ["ERR-08"])
def closing_does_nothing(right: Right, operation: str, arguments: Arguments) -> object:
    """A closed client goes on to work."""
    if "closed" not in right.memory:
        return right(operation, arguments)
    with connect(right.settings) as right.chat:
        return right(operation, arguments)


@SHELF.fails("M54", "soap", ["DELIV-01"], OutcomeUnknownError, SENDS)
def lost_is_success(error: OutcomeUnknownError, again: Again) -> object:
    """A send whose answer was lost counts as sent."""
    return None


@SHELF.fails("M55", "http-post", ["DELIV-04"], OutcomeUnknownError, ["get_unread_messages"])
def unread_asked_again(error: OutcomeUnknownError, again: Again) -> object:
    """Unread messages are asked for again when the answer was lost, and may then be gone."""
    return again()


@SHELF.fails("M63", "basic", ["DELIV-08"], OutcomeUnknownError)
def absent_unless_answered(error: OutcomeUnknownError, again: Again) -> object:
    """What was not answered is said to be absent, without a look into the conversation."""
    error.reconciled_by(lambda settle: Finding.ABSENT)
    raise error


@SHELF.make("M64", "http-get", ["DELIV-07"], capabilities=frozenset({GET_LIMIT, ABSENCE}))
def claims_to_know_over_get(settings: Settings) -> ChatOperations:
    """It declares that it believes in absence, over GET, where nobody can."""
    return connect(settings)


@SHELF.fails("M76", "basic", ["AUTH-06"], AuthenticationError, ["get_messages"])
def refused_is_empty(error: AuthenticationError, again: Again) -> object:
    """Where the credentials are refused, there are no messages."""
    return []


@SHELF.fails("M77", "json", ["ERR-10"], AfilnetError, SENDS)
def sends_have_no_name(error: AfilnetError, again: Again) -> object:
    """The error of a send does not say that it was one."""
    error.operation = None
    raise error


@SHELF.make("M78", "http-post", ["ERR-11"])
class _Hiding(Spoiled):
    """A ``with`` block swallows whatever is raised in it."""

    def __exit__(self, *raised: object) -> bool:  # type: ignore[override]  # the mistake
        self.close()
        return True


@SHELF.make("M79", "soap", ["ERR-08"])
class _ClosedOnce(Spoiled):
    """Closing twice is an error."""

    def close(self) -> None:
        if "closed" in self._right.memory:
            raise RuntimeError("it is closed already")
        super().close()


@SHELF.make("M80", "http-post", ["DELIV-11"])
def all_the_time_in_the_world(settings: Settings) -> ChatOperations:
    """The time that a call has is another one than was set."""
    return connect(settings.but(timeout=60.0))
