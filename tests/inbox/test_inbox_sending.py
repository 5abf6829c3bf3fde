"""When an inbox sends what is in its outbox, what is counted of that, and what is told; what is said of a message."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from dataclasses import dataclass, field

import pytest

from afilnet_protocols import InvalidRequestError, Message, Platform
from afilnet_protocols.inbox import HandlingFailed, State, Trouble
from afilnet_protocols.inbox.failing import LONGEST_REASON, kept, reason_of
from afilnet_protocols.inbox.incoming import Incoming, Received, as_text, from_text
from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.inbox.sending import DOUBTFUL, PAUSE, REFUSED, Sending
from afilnet_protocols.inbox.troubles import Troubles, logged
from afilnet_protocols.outbox.entry import Report
from tests.inbox.service import BEGIN
from tests.tables import table


@dataclass
class Entry:
    reason: str | None


@dataclass
class Outbox:
    """An outbox whose runs end as they are told to."""

    waiting: bool = True
    report: dict[str, object] = field(default_factory=dict)
    reasons: tuple[str | None, ...] = ()
    runs: list[bool] = field(default_factory=list)

    def waits(self):
        return self.waiting

    def run(self, *, rest, until):
        self.runs.append(rest)
        return Report(**self.report)

    def entries(self, state):
        assert state == "pending"
        return [Entry(reason) for reason in self.reasons]


class Here:
    """The sending of one process, by a clock of its own, and what is told."""

    def __init__(self, *, sends=True, **given):
        self.now, self.told, self.counts, self.outbox = 0.0, [], Counter(), Outbox(**given)
        self.troubles = Troubles(lambda trouble: self.told.append((trouble.what, trouble.reason)))
        conduct = Conduct(now=lambda: self.now)
        self.sending = Sending(self.outbox, conduct, self.counts, self.troubles, sends=sends)

    def at(self, now, *, more=False):
        """Come by at a time; return whether it sends."""
        self.now, before = now, len(self.outbox.runs)
        self.sending.send(**({"more": True} if more else {}))
        return len(self.outbox.runs) > before


# When


def test_it_sends_at_the_first_opportunity_and_what_others_put_in_a_second_later():
    here = Here()
    assert [here.at(now, more=True) for now in (0.0, 0.99, PAUSE, 1.5, 2.0)] == [True, False, True, False, True]
    assert PAUSE == 1.0


def test_with_nothing_in_hand_it_sends_a_fifth_of_a_second_sooner():
    here = Here()
    here.at(0.0)
    assert [here.at(0.79), here.at(0.8)] == [False, True]


def test_replies_wait_a_fifth_of_a_second_for_those_of_the_next_message():
    here = Here()
    here.at(0.0)
    here.sending.have_replies()
    assert [here.at(now, more=True) for now in (0.0, 0.19, 0.2)] == [False, False, True]
    here.sending.have_replies()
    assert here.at(0.2)


def test_replies_put_nothing_off():
    here = Here()
    here.at(0.0)
    here.now = 0.95
    here.sending.have_replies()
    assert here.at(1.0, more=True)


def test_a_clock_that_is_set_back_keeps_nothing_from_being_sent():
    here = Here()
    assert [here.at(now, more=True) for now in (9000.0, 8999.9, 50.0, 50.0, 51.0)] == [True, True, True, False, True]


def test_a_run_rests_for_nobody():
    here = Here()
    here.at(0.0)
    assert here.outbox.runs == [False]


@table(("given"), [{"sends": False}, {"waiting": False}])
def test_nothing_is_sent_by_who_does_not_send_or_has_nothing_to(given):
    assert not Here(**given).at(0.0)


# What is counted and told


def test_what_became_of_entries_is_counted():
    here = Here(report={"sent": 1, "rejected": 2, "unknown": 3})
    here.at(0.0)
    here.at(5.0)
    assert here.counts == {"entries sent": 2, "entries rejected": 4, "entries unknown": 6}


@table(
    ("report", "told"),
    [
        ({"sent": 1}, []),
        ({"rejected": 1}, [("sending", REFUSED)]),
        ({"unknown": 1}, [("sending", DOUBTFUL)]),
        ({"rejected": 1, "unknown": 1}, [("sending", REFUSED), ("sending", DOUBTFUL)]),
    ],
)
def test_what_is_refused_or_in_doubt_is_told(report, told):
    here = Here(report=report)
    here.at(0.0)
    assert here.told == told
    assert here.troubles.count("sending") == 0


@table(
    ("reasons", "stopped", "told"),
    [
        ((None, "no way", "another"), "it is down", "no way"),
        ((None,), "it is down", "it is down"),
        ((), None, "it could not be sent"),
    ],
)
def test_what_could_not_be_sent_is_told_with_the_best_reason_there_is(reasons, stopped, told):
    here = Here(report={"not_sent": 1, "stopped": stopped}, reasons=reasons)
    here.at(0.0)
    here.at(5.0)
    assert here.told == [("sending", told)]


@table(
    ("then", "over"),
    [({"report": {"sent": 1}}, True), ({"waiting": False}, True), ({"report": {}}, False)],
)
def test_it_is_over_when_something_is_sent_or_nothing_waits(then, over):
    here = Here(report={"not_sent": 1, "stopped": "it is down"})
    here.at(0.0)
    here.outbox.report = {}
    for name, value in then.items():
        setattr(here.outbox, name, value)
    here.at(5.0)
    assert here.told == [("sending", "it is down"), *([("sending", None)] if over else [])]


def test_a_trouble_is_a_warning_and_its_end_is_none(caplog):
    with caplog.at_level(logging.INFO, "afilnet_protocols.inbox"):
        logged(Trouble("sending", "it is down"))
        logged(Trouble("sending", None))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "sending: it is down"),
        ("INFO", "sending: works again"),
    ]


# Reasons


def test_a_reason_is_one_line_of_at_most_three_hundred_characters_without_a_living_secret():
    assert LONGEST_REASON == 300
    assert len(kept("x" * 1000)) <= LONGEST_REASON
    assert kept("x" * 300) == "x" * 300
    assert kept("x" * 301) != "x" * 301
    assert "\n" not in kept("one\ntwo")


def test_what_a_handler_says_itself_is_kept_and_of_others_the_class():
    assert reason_of(HandlingFailed("the shop is closed")) == "the shop is closed"
    assert reason_of(HandlingFailed()) == "its handler raised HandlingFailed"
    assert reason_of(ValueError("a secret")) == "its handler raised ValueError"


# What a handler is given, and says

MESSAGE = Message(
    platform_id="100",
    platform=Platform.WHATSAPP,
    message="hola ñ",
    destination="341",
    message_id="1",
    sent=False,
    status="read",
    timestamp=BEGIN,
)


def in_hand(**given):
    received = Received(
        id=1,
        key="k",
        account="user",
        message=MESSAGE,
        state=State.HANDLING,
        raised=1,
        interrupted=2,
        reason=None,
        noticed_at=0.0,
    )
    return Incoming(received, age=1.0, commit=lambda incoming, connection: contextlib.nullcontext(None), **given)


def test_a_message_is_kept_as_people_read_it_and_comes_back_as_it_was():
    assert "hola ñ" in as_text(MESSAGE)
    assert from_text(as_text(MESSAGE)) == MESSAGE


def test_no_text_of_a_message_is_in_what_is_shown_of_it():
    incoming = in_hand()
    assert incoming.text == "hola ñ"
    assert incoming.attempt == 3
    for shown in (repr(incoming), repr(incoming.received)):
        assert "hola" not in shown


def test_replies_are_numbered_from_one_under_the_name_of_their_message():
    incoming = in_hand()
    incoming.reply("one")
    incoming.reply("two")
    assert [reply.key for reply in incoming.replies] == ["reply k 1", "reply k 2"]


@table("part", [{"file_type": "image"}, {"file_url": "https://www.example.com/image.jpg"}])
def test_half_a_file_is_no_message(part):
    with pytest.raises(InvalidRequestError):
        in_hand().reply("look", **part)


def test_again_is_at_once_unless_it_is_said_when():
    incoming = in_hand()
    incoming.retry()
    assert incoming.settled.after == 0.0
    assert not incoming.settled.counted


def test_what_is_settled_takes_nothing_more():
    incoming = in_hand()
    incoming.done()
    for says in (lambda: incoming.reply("late"), incoming.retry, incoming.reject, incoming.done):
        with pytest.raises(InvalidRequestError, match="settled already"):
            says()


@table("says", [lambda incoming: incoming.reject(5), lambda incoming: incoming.retry(reason=b"no")])
def test_a_reason_is_a_text(says):
    with pytest.raises(InvalidRequestError, match="a reason is a text"):
        says(in_hand())


def test_who_is_handed_a_message_once_may_not_have_it_again():
    in_hand().retry()
    with pytest.raises(InvalidRequestError, match="at_most_once"):
        in_hand(once=True).retry()
