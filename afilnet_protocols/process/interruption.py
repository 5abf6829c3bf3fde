"""What a foreign exception means for the call that it passes through: a signal handler's, an exit, a cancellation.

Such an exception is nobody's error and reaches the caller as it is; the verdict about the call is noted on it.
"""

from __future__ import annotations

from afilnet_protocols.errors import AfilnetError, InvalidRequestError
from afilnet_protocols.vocabulary import Delivery

_DELIVERY = "afilnet_delivery"
_NOTE = "afilnet_protocols: "
_MEANS = {
    Delivery.NOT_SENT: "not_sent, nothing of it had left",
    Delivery.UNKNOWN: "unknown, it may have been carried out",
}


def delivery_of(error: BaseException) -> Delivery | None:
    """Say whether the service acted on the call that ended in this exception, whatever exception it is.

    What a signal handler raises in the middle of a call, ``KeyboardInterrupt``, ``SystemExit``, the cancellation of a
    task: it reaches the caller as it is, with the verdict noted on it (and told in its ``__notes__``). What was raised
    because of it, such as the ``TimeoutError`` of ``asyncio.timeout``, tells the verdict too. An exception group is
    ``unknown`` if anything in it is; else ask those that are in it, since ``TaskGroup`` leaves out what it cancelled.

    Args:
        error: an error of this library, or another that passed through one of its calls.

    Returns:
        ``not_sent`` if no byte of the request had left, ``unknown`` if one may have; what ``delivery`` says
        for an error of this library. ``None`` if it did not pass through a call, as the ``CancelledError`` that
        ``asyncio.gather(…, return_exceptions=True)`` makes anew: await the task itself.

    Raises:
        InvalidRequestError: it is no exception.
    """
    if not isinstance(error, BaseException):
        raise InvalidRequestError(f"delivery_of() is given an exception, not a {type(error).__name__}")
    return _told(error, set())


def _told(error: BaseException, seen: set[int]) -> Delivery | None:
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        found = each.delivery if isinstance(each, AfilnetError) else vars(each).get(_DELIVERY)
        if isinstance(found, Delivery):
            return found
        # That no call in a group was carried out is no verdict: `TaskGroup` leaves out those that it cancelled.
        members = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        if any(_told(member, seen) is Delivery.UNKNOWN for member in members):
            return Delivery.UNKNOWN
        each = each.__cause__ or each.__context__
    return None


def is_told(error: BaseException) -> bool:
    """Whether an exception says itself what it means for the call that it passed through."""
    return isinstance(error, AfilnetError) or _DELIVERY in vars(error)


def make_sure_of_delivery(error: BaseException, what: str) -> None:
    """Note on a foreign exception that nobody has noted anything on that the call may have been carried out.

    It may come between any two steps of a call, and of those before and after all watching nothing more is known.
    """
    if not is_told(error):
        note_delivery(error, Delivery.UNKNOWN, what)


def note_delivery(error: BaseException, delivery: Delivery, what: str) -> None:
    """Note on a foreign exception what it means for the call that it passes through; the outermost call counts.

    Args:
        error: the exception; it stays what it is.
        delivery: the verdict.
        what: which call, in words.
    """
    # Past whatever the exception's class does when it is changed: some are frozen.
    state = vars(error)
    state[_DELIVERY] = delivery
    notes = state.get("__notes__")
    others = [note for note in notes if not str(note).startswith(_NOTE)] if isinstance(notes, list) else []
    state["__notes__"] = [*others, f"{_NOTE}{what} was interrupted: {_MEANS[delivery]}"]
