"""One exchange, however the request leaves and whatever comes: the verdict, and what becomes of the connection."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.transport.failure import LATE, TransportFailure
from afilnet_protocols.waiting import READABLE, Descriptor, Readiness, Steps
from tests.tables import table
from tests.transport.played import ASKED, Played, connected, exchange, steps_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ndone"
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndone"
HALF = OK[:20]
NONSENSE = b"nonsense\r\n\r\n"
END = b""
RESET = TransportFailure("the connection was reset")
INTERRUPTED = TransportFailure("the operation was interrupted", refused=False)
NO_CERTIFICATE = TransportFailure("it asks for a client certificate", handshake=True)
UNASKED = TransportFailure("it answered before it was asked")


def answer(status: int) -> bytes:
    return b"HTTP/1.1 %d No\r\nContent-Length: 4\r\n\r\ndone" % status


Came = tuple[bytes | TransportFailure, ...]
NOT_SENT, UNKNOWN, STALE = "not sent", "unknown", "unknown, and the connection was stale"

WHOLE: Mapping[str, tuple[Came, bool]] = {
    "at once": ((OK,), True),
    "in two pieces": ((HALF, OK[20:]), True),
    "the last one": ((LAST,), False),
    "until its end": ((UNTIL_THE_END, END), False),
    "until it was reset": ((UNTIL_THE_END, RESET), False),
    "a refusal": ((answer(413),), True),
}
"""Answers that are whole, and whether the connection may carry another request after it."""

LOST: Mapping[str, tuple[Came, str, str, str]] = {
    "late": ((LATE,), UNKNOWN, UNKNOWN, "raise timeout"),
    "late in its middle": ((HALF, LATE), UNKNOWN, UNKNOWN, "raise timeout"),
    "late, and nobody knows where it ends": ((UNTIL_THE_END, LATE), UNKNOWN, UNKNOWN, "raise timeout"),
    "reset": ((RESET,), UNKNOWN, STALE, "was lost: the connection was reset"),
    "reset in its middle": ((HALF, RESET), UNKNOWN, UNKNOWN, "was lost: the connection was reset"),
    "ended": ((END,), UNKNOWN, STALE, "ended without one"),
    "ended in its middle": ((HALF, END), UNKNOWN, UNKNOWN, "cannot be believed"),
    "nonsense": ((NONSENSE,), UNKNOWN, UNKNOWN, "cannot be believed"),
    "interrupted": ((INTERRUPTED,), UNKNOWN, STALE, "was interrupted"),
    "interrupted, and nobody knows where it ends": ((UNTIL_THE_END, INTERRUPTED), UNKNOWN, UNKNOWN, "interrupted"),
    "a handshake refused": ((NO_CERTIFICATE,), NOT_SENT, STALE, "client certificate"),
    "a handshake refused in its middle": ((HALF, NO_CERTIFICATE), UNKNOWN, UNKNOWN, "client certificate"),
}
"""Answers that did not come: what is known on a new connection, what on a used one, and what the error says."""


def verdict(error: AfilnetError) -> str:
    if isinstance(error, NotSentError):
        return NOT_SENT
    assert isinstance(error, OutcomeUnknownError)
    return STALE if error.stale_connection else UNKNOWN


@table("used", [False, True])
@table("taken", [None, 0, 5])
@table("how", WHOLE)
def test_a_whole_answer_is_the_answer(how: str, taken: int | None, used: bool) -> None:
    came, goes_on = WHOLE[how]
    stream = Played(*came, taken=taken)
    connection = connected(stream)
    connection.used, connection.idle_since = used, -1.0
    reply = exchange(connection)
    assert (reply.body, reply.asked_whole, stream.sent, stream.brought) == (b"done", True, ASKED, [])
    assert (connection.used, connection.keepable) == (True, goes_on)
    assert stream.answers == (0 if used else 1)  # the first answer of a connection proves its handshake
    assert (connection.idle_since > -1.0) is goes_on


@pytest.mark.parametrize("expected", [False, True])  # whether the stream knows at once that it has to wait
def test_whatever_the_stream_has_to_wait_for_is_waited_for_each_time(expected: bool) -> None:
    waits = [Readiness(Descriptor(number), READABLE, Deadline(5)) for number in range(4)]
    stream = Played(waits[1], HALF, waits[2], waits[3], OK[20:])
    if expected:
        known = [waits[0], None]
        stream.due = lambda _: known.pop(0)  # type: ignore[method-assign,assignment,return-value]
    replies = []

    def driven() -> Steps[None]:
        replies.append((yield from steps_of(connected(stream))).body)

    assert list(driven()) == waits[not expected :]
    assert replies == [b"done"]


@table("used", [False, True])
@table("taken", [None, 5])
@table("how", LOST)
def test_no_whole_answer_to_a_request_that_left_leaves_the_outcome_unknown(
    how: str, taken: int | None, used: bool
) -> None:
    came, new, kept, says = LOST[how]
    stream = Played(*came, taken=taken)
    connection = connected(stream)
    connection.used = connection.keepable = used
    with pytest.raises(AfilnetError, match=says) as caught:
        exchange(connection)
    assert verdict(caught.value) == (kept if used else new)
    assert not connection.keepable
    assert (stream.brought, stream.answers) == ([], 0)


def test_before_tls_1_3_a_handshake_may_be_made_again_after_the_request() -> None:
    with pytest.raises(OutcomeUnknownError):
        exchange(connected(Played(NO_CERTIFICATE), version="TLSv1.2"))


@pytest.mark.parametrize("came", [OK, HALF, UNTIL_THE_END, NONSENSE])
def test_what_came_on_a_used_connection_before_the_request_had_arrived_is_left_over(came: bytes) -> None:
    connection = connected(Played(came, arrived=False))
    connection.used = True
    with pytest.raises(OutcomeUnknownError, match="before the request had arrived") as caught:
        exchange(connection)
    assert caught.value.stale_connection


def test_only_the_beginning_of_an_answer_is_asked_whether_it_may_be_left_over() -> None:
    new = connected(Played(OK, arrived=False))  # with nothing to be left over
    assert exchange(new).body == b"done"
    stream = Played(HALF, OK[20:])
    stream.all_arrived = iter([True]).__next__  # type: ignore[method-assign] # and never again
    kept = connected(stream)
    kept.used = True
    assert exchange(kept).body == b"done"


def test_nothing_is_sent_over_a_new_connection_that_brought_what_nobody_asked_for() -> None:
    stream = Played(early=UNASKED)
    with pytest.raises(NotSentError, match="before it was asked; nothing was sent"):
        exchange(connected(stream))
    assert stream.sent == b""


def test_a_used_connection_is_looked_at_before_it_is_handed_out_and_not_again() -> None:
    connection = connected(Played(OK, early=UNASKED))
    connection.used = True
    assert exchange(connection).body == b"done"


# A request of which the last byte was not taken.


@table("status", [200, 302, 400, 401, 413, 503])
@table("taken", [0, 5])
def test_a_whole_answer_to_a_request_that_did_not_leave_whole_is_read(taken: int, status: int) -> None:
    stream = Played(answer(status)[:30], answer(status)[30:], taken=taken, refusal=RESET)
    connection = connected(stream)
    reply = exchange(connection)
    assert (reply.status, reply.body, reply.asked_whole) == (status, b"done", False)
    assert not connection.keepable


CAME_EARLY: Mapping[str, tuple[Came, str]] = {
    "half of a refusal": ((answer(413)[:30], RESET), "did not take the whole request: the connection was reset"),
    "nothing": ((END,), "did not take the whole request: the connection was reset"),
    "nothing in time": ((LATE,), "did not take the whole request: the connection was reset"),
    "nonsense": ((NONSENSE,), "did not take the whole request: the connection was reset"),
    "a handshake refused": ((NO_CERTIFICATE,), "did not take the whole request: it asks for a client certificate"),
}


@table("taken", [0, 5])
@table("how", CAME_EARLY)
def test_nothing_else_answers_a_request_that_did_not_leave_whole(how: str, taken: int) -> None:
    came, says = CAME_EARLY[how]
    stream = Played(*came, taken=taken, refusal=RESET)
    with pytest.raises(NotSentError, match=says):
        exchange(connected(stream))
    assert stream.brought == []


@table("taken", [0, 5])
@table(
    ("refusal", "used", "expected", "says"),
    [
        (RESET, True, NotSentError, "did not take the whole request: the connection was reset"),  # it may be left over
        (LATE, False, NotSentError, "the time was up before"),
        (LATE, True, NotSentError, "raise timeout"),
        (INTERRUPTED, False, OutcomeUnknownError, "it may have arrived"),
        (INTERRUPTED, True, OutcomeUnknownError, "it may have arrived"),
    ],
)
def test_then_nothing_is_read_on_a_used_connection_or_when_the_time_is_up_or_when_it_may_have_left(
    refusal: TransportFailure, used: bool, expected: type[AfilnetError], says: str, taken: int
) -> None:
    stream = Played(answer(413), taken=taken, refusal=refusal)
    connection = connected(stream)
    connection.used = used
    with pytest.raises(expected, match=says):
        exchange(connection)
    assert stream.brought == [answer(413)]
    assert not connection.keepable


# The connection itself.


def test_a_connection_that_carried_nothing_is_not_kept() -> None:
    connection = connected(Played())
    assert not connection.used
    assert not connection.keepable


@pytest.mark.parametrize("came", [(), (OK,)])
def test_it_is_as_quiet_as_its_stream(came: Came) -> None:
    assert connected(Played(*came)).is_quiet() is (came == ())


def test_it_is_closed_with_its_stream() -> None:
    stream = Played()
    connected(stream).close()
    assert stream.closed
