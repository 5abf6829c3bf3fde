"""Mistakes in what happens when something goes wrong."""

from __future__ import annotations

from afilnet_protocols.conformance.mutants.mutant import Arguments, Right, Shelf, Spoiled
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

SENDS = ("send_message", "send_file")


@SHELF.spoil("M19", "http-post", ["DELIV-03"])
def lost_is_empty(right: Right, operation: str, arguments: Arguments) -> object:
    """A read whose answer was lost gives an empty list."""
    try:
        return right(operation, arguments)
    except OutcomeUnknownError:
        if operation in SENDS:
            raise
    return []


@SHELF.spoil("M20", "basic", ["AUTH-01"])
def credentials_are_a_detail(right: Right, operation: str, arguments: Arguments) -> object:
    """Refused credentials are raised as an incorrect request."""
    try:
        return right(operation, arguments)
    except AuthenticationError as error:
        code = error.code
    raise RejectedRequestError(code).during(operation, "basic")


@SHELF.spoil("M21", "http-post", ["DELIV-02"])
def sent_again(right: Right, operation: str, arguments: Arguments) -> object:
    """A send whose answer was lost is sent again."""
    try:
        return right(operation, arguments)
    except OutcomeUnknownError:
        if operation not in SENDS:
            raise
    return right(operation, arguments)


@SHELF.spoil("M22", "json", ["DELIV-05", "DELIV-09"])
def refused_and_sent_again(right: Right, operation: str, arguments: Arguments) -> object:
    """Any refusal is taken for an expired token: the call is made again."""
    try:
        return right(operation, arguments)
    except ServiceError:
        return right(operation, arguments)


@SHELF.spoil("M47", "http-get", ["ERR-02"])
def not_found_is_empty(right: Right, operation: str, arguments: Arguments) -> object:
    """A conversation that does not exist gives an empty list."""
    try:
        return right(operation, arguments)
    except NotFoundError as error:
        if operation in SENDS or error.code != "CHAT_NOT_FOUND":
            raise
    return []


@SHELF.spoil("M48", "soap", ["ERR-01"])
def unknown_channels_are_invalid(right: Right, operation: str, arguments: Arguments) -> object:
    """A channel that does not exist is raised as if it had never been asked for."""
    try:
        return right(operation, arguments)
    except NotFoundError as error:
        if error.code != "CHANNEL_NOT_FOUND":
            raise
    raise InvalidRequestError("there is no such channel").during(operation, "soap")


@SHELF.spoil("M49", "soap", ["ERR-03", "ERR-09"])
def every_fault_alike(right: Right, operation: str, arguments: Arguments) -> object:
    """Every SOAP Fault is the same class of error."""
    try:
        return right(operation, arguments)
    except ServiceError as error:
        code = error.code
    raise ServiceError(code).during(operation, "soap")


@SHELF.spoil("M50", "basic", ["ERR-04"])
def unknown_is_rejected(right: Right, operation: str, arguments: Arguments) -> object:
    """A code that nobody knows is raised as a refusal, as if it were known what it means."""
    try:
        return right(operation, arguments)
    except UnknownServiceError as error:
        code = error.code
    raise RejectedRequestError(code).during(operation, "basic")


@SHELF.spoil("M51", "http-post", ["ERR-06"])
def an_error_is_the_end(right: Right, operation: str, arguments: Arguments) -> object:
    """After the service has refused once, the client is of no more use."""
    try:
        return right(operation, arguments)
    except ServiceError:
        right.chat.close()
        raise


@SHELF.spoil("M52", "json", ["ERR-07"])
def foreign_exceptions_hang_on(right: Right, operation: str, arguments: Arguments) -> object:
    """An error drags the exception along that it was made from."""
    try:
        return right(operation, arguments)
    except NotFoundError as error:
        code = error.code
    try:
        raise KeyError(code)
    except KeyError as error:
        raise NotFoundError(code).during(operation, "json") from error


@SHELF.spoil("M53", "http-get", ["ERR-08"])
def closing_does_nothing(right: Right, operation: str, arguments: Arguments) -> object:
    """A closed client goes on to work."""
    if "closed" not in right.memory:
        return right(operation, arguments)
    with connect(right.settings) as right.chat:
        return right(operation, arguments)


@SHELF.spoil("M54", "soap", ["DELIV-01"])
def lost_is_success(right: Right, operation: str, arguments: Arguments) -> object:
    """A send whose answer was lost counts as sent."""
    try:
        return right(operation, arguments)
    except OutcomeUnknownError:
        if operation not in SENDS:
            raise
    return None


@SHELF.spoil("M55", "http-post", ["DELIV-04"])
def unread_asked_again(right: Right, operation: str, arguments: Arguments) -> object:
    """Unread messages are asked for again when the answer was lost, and may then be gone."""
    try:
        return right(operation, arguments)
    except OutcomeUnknownError:
        if operation != "get_unread_messages":
            raise
    return right(operation, arguments)


@SHELF.spoil("M63", "basic", ["DELIV-08"])
def absent_unless_answered(right: Right, operation: str, arguments: Arguments) -> object:
    """What was not answered is said to be absent, without a look into the conversation."""
    try:
        return right(operation, arguments)
    except OutcomeUnknownError as error:
        error.reconciled_by(lambda settle: Finding.ABSENT)
        raise


@SHELF.make("M64", "http-get", ["DELIV-07"], capabilities=frozenset({GET_LIMIT, ABSENCE}))
def claims_to_know_over_get(settings: Settings) -> ChatOperations:
    """It declares that it believes in absence, over GET, where nobody can."""
    return connect(settings)


@SHELF.spoil("M76", "basic", ["AUTH-06"])
def refused_is_empty(right: Right, operation: str, arguments: Arguments) -> object:
    """Where the credentials are refused, there are no messages."""
    try:
        return right(operation, arguments)
    except AuthenticationError:
        if operation != "get_messages":
            raise
    return []


@SHELF.spoil("M77", "json", ["ERR-10"])
def sends_have_no_name(right: Right, operation: str, arguments: Arguments) -> object:
    """The error of a send does not say that it was one."""
    try:
        return right(operation, arguments)
    except AfilnetError as error:
        if operation in SENDS:
            error.operation = None
        raise


class _Hiding(Spoiled):
    def __exit__(self, *raised: object) -> bool:  # type: ignore[override]  # the mistake
        self.close()
        return True


@SHELF.make("M78", "http-post", ["ERR-11"])
def blocks_hide_errors(settings: Settings) -> ChatOperations:
    """A ``with`` block swallows whatever is raised in it."""
    return _Hiding(settings, Right.__call__)


class _ClosedOnce(Spoiled):
    def close(self) -> None:
        if "closed" in self._right.memory:
            raise RuntimeError("it is closed already")
        super().close()


@SHELF.make("M79", "soap", ["ERR-08"])
def closed_once(settings: Settings) -> ChatOperations:
    """Closing twice is an error."""
    return _ClosedOnce(settings, Right.__call__)


@SHELF.make("M80", "http-post", ["DELIV-11"])
def all_the_time_in_the_world(settings: Settings) -> ChatOperations:
    """The time that a call has is another one than was set."""
    return connect(settings.but(timeout=60.0))
