"""Finding out what became of a lost send, against a plain conversation in memory."""

from __future__ import annotations

import gc
import pickle
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import (
    ConfigurationError,
    Message,
    NotFoundError,
    OutcomeUnknownError,
    PartialList,
    SkippedRecord,
)
from afilnet_protocols.backends.sending import Reconciler, let_reconcile
from afilnet_protocols.calls.recovery import Conversation, ConversationLocks, SentText, outgoing
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import InvalidRequestError, NotSentError, ServiceError
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.vocabulary import Finding
from afilnet_protocols.waiting import complete
from tests.stepwise import stepwise
from tests.tables import table

SEND = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000", "message": "hola"}


def message(text, sent=True, destination="34600000000", platform_id="100", platform="whatsapp"):
    return Message(platform_id, platform, text, destination, "1", sent, "sent", datetime(2026, 11, 22))


class Chat:
    """A conversation whose service may finish a lost send only after a while."""

    over_get = False

    def __init__(self, texts=()):
        self.messages = [message(text) for text in texts]
        self.late = []
        self.waited = 0.0
        self.broken = None

    @stepwise
    def read_back(self, *_):
        if self.broken:
            raise self.broken
        if not self.messages:
            raise NotFoundError("CHAT_NOT_FOUND")
        return list(self.messages)

    @stepwise
    def wait(self, seconds):
        self.waited += seconds
        for delay, text in self.late:
            if delay <= self.waited:
                self.messages.append(message(text))
        self.late = [(delay, text) for delay, text in self.late if delay > self.waited]


def reconcile(chat, *, lost=True, arrives=True, delay=0.0, settle=5.0, arguments=SEND):
    info = CallInfo("send_message", "soap")

    @stepwise
    def send(_):
        if arrives and delay == 0:
            chat.messages.append(message(arguments["message"]))
        elif arrives:
            chat.late.append((delay, arguments["message"]))
        if lost:
            raise OutcomeUnknownError("the answer was lost")

    complete(Reconciler(settle=settle).send(chat, arguments, send, Deadline(1000.0), info))
    return info


@given(
    st.lists(st.sampled_from(["hola", "adiós"])), st.booleans(), st.booleans(), st.sampled_from([0.0, 1.0, 5.0, 6.0])
)
def test_a_lost_send_is_resolved_exactly_when_it_shows_within_the_settle_time(before, lost, arrives, delay):
    chat = Chat(before)
    shows = arrives and delay <= 5.0
    try:
        info = reconcile(chat, lost=lost, arrives=arrives, delay=delay)
    except OutcomeUnknownError:
        assert lost
        assert not shows
    else:
        assert not lost or shows
        assert info.reconciled is lost


def test_incoming_and_other_messages_are_no_evidence():
    chat = Chat(["adiós"])
    chat.messages.append(message("hola", sent=False))
    with pytest.raises(OutcomeUnknownError):
        reconcile(chat, arrives=False)


@pytest.mark.parametrize("broken", [OutcomeUnknownError("lost"), NotSentError("refused")])
def test_a_baseline_that_cannot_be_read_means_not_sent(broken):
    chat = Chat()
    chat.broken = broken
    with pytest.raises(NotSentError, match="beforehand"):
        reconcile(chat)
    assert chat.messages == []


def test_a_refusal_while_reading_the_baseline_is_the_refusal_of_the_send():
    chat = Chat()
    chat.broken = ServiceError("CHANNEL_NOT_FOUND").during("get_messages", "soap")
    with pytest.raises(ServiceError) as caught:
        reconcile(chat)
    assert caught.value.operation == "send_message"


def test_what_cannot_be_read_back_stays_unknown():
    chat = Chat()

    @stepwise
    def send(_):
        chat.broken = NotSentError("refused")
        raise OutcomeUnknownError("the answer was lost")

    with pytest.raises(OutcomeUnknownError, match="the answer was lost"):
        complete(Reconciler(settle=1.0).send(chat, SEND, send, Deadline(1000.0), CallInfo("send_message", "soap")))


@table(
    ("before", "after", "baseline", "finding"),
    [
        ([], ["hola"], 0, Finding.DELIVERED),
        (["hola"], ["hola"], 1, Finding.ABSENT),
        (["hola"], ["hola", "hola"], 1, Finding.DELIVERED),
        (["hola"], ["hola"], None, Finding.POSSIBLY_DELIVERED),
        ([], ["adiós"], None, Finding.ABSENT),
    ],
)
def test_the_error_itself_finds_out(before, after, baseline, finding):
    chat = Chat(after)
    error = OutcomeUnknownError("the answer was lost")
    let_reconcile(error, chat, SEND, baseline, 30.0)
    assert error.reconcile(settle=2.0) is finding
    assert chat.waited == (2.0 if finding is Finding.ABSENT else 0.0)


def refuses_to_wait(settle) -> None:
    error = OutcomeUnknownError("the answer was lost")
    chat = Chat([])
    let_reconcile(error, chat, SEND, 0, 30.0)
    with pytest.raises(InvalidRequestError, match="settle is a number of seconds"):
        error.reconcile(settle=settle)
    with pytest.raises(InvalidRequestError, match="settle is a number of seconds"):
        complete(error.reconciling(settle))


@table("settle", [float("nan"), float("inf"), -1, 10**400, "5", None, True], ids=lambda each: str(each)[:5])
def test_what_is_no_length_of_time_is_not_waited_for(settle):
    refuses_to_wait(settle)


def test_a_length_of_time_that_is_not_looked_at_would_be_found_out(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.backends.sending.check_seconds", lambda *_: None)
    with pytest.raises((pytest.fail.Exception, TypeError)):
        refuses_to_wait("5")


def test_a_file_that_is_not_found_proves_nothing():
    file = {"message": None, "file_url": "https://www.example.com/a.jpg"}
    back = Conversation(lambda: Chat(["adiós"]).read_back(), SentText.of(file))
    assert complete(back.settle(0, stepwise(lambda: None))) is Finding.UNDECIDED


def test_an_error_keeps_no_client_alive_and_survives_pickling():
    chat = Chat()
    error = OutcomeUnknownError("the answer was lost")
    let_reconcile(error, chat, SEND, 0, 30.0)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.delivery) == (OutcomeUnknownError, "the answer was lost", "unknown")
    del chat
    gc.collect()
    for forgetful in (error, copy, OutcomeUnknownError("a read")):
        with pytest.raises(ConfigurationError):
            forgetful.reconcile()


# What is looked for, and where


def test_that_a_text_is_not_there_means_something_unless_it_is_of_a_file_or_went_over_get():
    there = ("whatsapp", "100", "34600000000")
    assert SentText.of(SEND) == SentText(text="hola", conclusive=True, where=there)
    assert not SentText.of(SEND, over_get=True).conclusive
    assert SentText.of({"message": None, "file_url": "https://a.example/b"}) == SentText(
        text="https://a.example/b", conclusive=False
    )


def test_the_outgoing_messages_of_a_conversation_are_counted_and_one_that_is_not_there_has_none():
    found = outgoing(lambda: [message("hola"), message("hola"), message("hola", sent=False)])
    assert (found.count("hola"), found.count("other")) == (2, 0)

    def there_is_none():
        raise NotFoundError("CHAT_NOT_FOUND")

    assert outgoing(there_is_none).count("hola") == 0


def test_a_channel_that_is_not_there_is_no_empty_conversation():
    def there_is_none():
        raise NotFoundError("CHANNEL_NOT_FOUND")

    with pytest.raises(NotFoundError):
        outgoing(there_is_none)


def test_what_was_left_out_of_a_listing_may_be_the_message_and_says_neither_that_it_is_there_nor_that_it_is_not():
    listing = PartialList([message("hola")], [SkippedRecord(1, "result.list[0]", "odd")])
    conversation = Conversation(stepwise(lambda: listing), SentText.of(SEND))
    with pytest.raises(OutcomeUnknownError, match="may be the message"):
        complete(conversation.look(0))


@table(
    "shown",
    [
        ["HOLA"], [" hola "], ["adiós", "&iexcl;Hola!"], ["*Juan:*\nhola"], ["adiós", "<p>Hola!</p>"], ["ho…"],
        ["hola\n\nSent with a trial account"],
    ],
)  # fmt: skip
def test_what_may_be_the_message_in_other_letters_keeps_it_from_being_absent_and_is_no_delivery(shown):
    for baseline in (0, None):
        back = Conversation(lambda: Chat(shown).read_back(), SentText.of(SEND))
        assert complete(back.settle(baseline, stepwise(lambda: None))) is Finding.UNDECIDED


@table("shown", [["hola Juan"], ["adiós…"], ["…"], ["Juan: adiós"], ["caracola\nholas"]])
def test_another_message_says_nothing_of_this_one(shown):
    assert complete(Conversation(lambda: Chat(shown).read_back(), SentText.of(SEND)).look(0)) is Finding.ABSENT


@table(
    ("destination", "finding"),
    [
        ("34600000000", Finding.ABSENT),
        ("-1001234", Finding.ABSENT),
        ("Visitor-7f_A", Finding.ABSENT),
        ("someone@example.com", Finding.ABSENT),
        ("+34600000000", Finding.UNDECIDED),
        ("0034600000000", Finding.UNDECIDED),
        ("34 600 000 000", Finding.UNDECIDED),
        ("(346) 00-00/00", Finding.UNDECIDED),
        ("600.000.000", Finding.UNDECIDED),
        ("@someone", Finding.UNDECIDED),
    ],
)
def test_where_nothing_is_shown_of_a_recipient_whom_services_write_otherwise_nothing_is_absent(destination, finding):
    sent = SentText.of({**SEND, "destination": destination})
    assert complete(Conversation(lambda: Chat().read_back(), sent).look(0)) is finding
    other = [message("adiós", destination=re.sub("[^A-Za-z0-9]", "", destination))]
    assert complete(Conversation(stepwise(lambda: other), sent).look(0)) is Finding.ABSENT


ELSEWHERE = [
    {"destination": "34999999999"}, {"destination": "100"}, {"platform_id": "101"}, {"platform": "telegram"},
    {"destination": "346"},
]  # fmt: skip
HERE = [{}, {"destination": "+34 600 000 000"}, {"destination": "0034600000000"}, {"destination": "600000000"},
        {"platform": "WhatsApp"}, {"platform_id": "0100"}]  # fmt: skip


@table("place", ELSEWHERE)
def test_what_was_sent_to_somebody_else_is_neither_the_message_nor_shows_that_it_is_not_there(place):
    """A service that passes over the recipient shows the whole channel, and an answer may be another's."""
    for beside in ([], [message("adiós")]):
        for text, baseline in (("hola", 0), ("hola", None), ("adiós", 0)):
            there = [*beside, message(text, **place)]
            back = Conversation(stepwise(lambda there=there: there), SentText.of(SEND))
            assert complete(back.look(baseline)) is Finding.UNDECIDED
    there = [message("hola"), message("hola", **place)]
    assert complete(Conversation(stepwise(lambda: there), SentText.of(SEND)).look(0)) is Finding.DELIVERED
    heard = [message("hola", sent=False, **place)]
    # Of whoever wrote, another name may stand there; but no channel shows what another has received.
    finding = Finding.ABSENT if "destination" in place else Finding.UNDECIDED
    assert complete(Conversation(stepwise(lambda: heard), SentText.of(SEND)).look(0)) is finding


@table("place", HERE)
def test_a_recipient_may_be_written_otherwise_than_it_was_given(place):
    there = [message("hola", **place)]
    assert complete(Conversation(stepwise(lambda: there), SentText.of(SEND)).look(0)) is Finding.DELIVERED
    there = [message("adiós", **place)]
    assert complete(Conversation(stepwise(lambda: there), SentText.of(SEND)).look(0)) is Finding.ABSENT


def test_sabotage_a_conversation_that_is_taken_for_the_one_that_was_asked_for_would_be_found_out(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.calls.recovery._is_same", lambda *_: True)
    with pytest.raises(ExceptionGroup):
        test_what_was_sent_to_somebody_else_is_neither_the_message_nor_shows_that_it_is_not_there()


def test_sabotage_a_recipient_who_is_taken_as_given_would_be_found_out(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.calls.recovery._RESPELT", re.compile("(?!)"))
    with pytest.raises(ExceptionGroup):
        test_where_nothing_is_shown_of_a_recipient_whom_services_write_otherwise_nothing_is_absent()


def test_fewer_than_before_show_that_not_all_is_shown_and_so_no_absence():
    """A window over the latest messages, or a copy that lags behind: what is new may be among what it lacks."""
    for shown, baseline, finding in (
        (["hola"], 2, Finding.UNDECIDED),
        ([], 1, Finding.UNDECIDED),
        (["hola"], 1, Finding.ABSENT),
        (["hola", "hola"], 1, Finding.DELIVERED),
    ):
        back = Conversation(lambda shown=shown: Chat(shown).read_back(), SentText.of(SEND))
        assert complete(back.look(baseline)) is finding


def in_part(texts, baseline):
    listing = PartialList([message(text) for text in texts], more=True)
    conversation = Conversation(stepwise(lambda: listing), SentText.of(SEND))
    return complete(conversation.settle(baseline, stepwise(lambda: None)))


def test_what_is_not_in_a_list_that_has_more_may_be_there_all_the_same():
    assert in_part(["adiós"], 0) is Finding.UNDECIDED
    assert in_part(["adiós"], None) is Finding.UNDECIDED
    assert in_part(["hola"], 1) is Finding.UNDECIDED
    assert in_part(["hola"], 0) is Finding.DELIVERED
    assert in_part(["hola"], None) is Finding.POSSIBLY_DELIVERED


def test_sabotage_a_list_that_has_more_and_is_taken_for_the_whole_would_be_found_out(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.calls.recovery.has_more", lambda _: False)
    assert in_part(["adiós"], 0) is Finding.ABSENT


def lost_in_front_of(before, after, *, more=True):
    """Reconcile a send of "hola" whose answer is lost, with these lists before it, in part, and afterwards, whole."""
    chat = Chat()
    lists = [PartialList(map(message, before), more=more)]
    chat.read_back = stepwise(lambda *_: lists.pop() if lists else [*map(message, after)])
    error = OutcomeUnknownError("the answer was lost")

    @stepwise
    def send(_):
        raise error

    try:
        complete(Reconciler(settle=1.0).send(chat, SEND, send, Deadline(1000.0), CallInfo("send_message", "soap")))
    except OutcomeUnknownError:
        return error.reconcile(settle=1.0)
    return Finding.DELIVERED


@table(
    ("before", "after", "finding"),
    [
        (["adiós"], ["hola", "adiós"], Finding.POSSIBLY_DELIVERED),
        (["hola"], ["hola", "hola"], Finding.POSSIBLY_DELIVERED),
        (["hola"], ["hola", "adiós"], Finding.ABSENT),
        (["hola"], ["adiós"], Finding.UNDECIDED),
    ],
)
def test_what_a_list_that_had_more_showed_before_a_send_is_the_least_that_there_was(before, after, finding):
    assert lost_in_front_of(before, after) is finding
    is_more = after.count("hola") > before.count("hola")
    assert (lost_in_front_of(before, after, more=False) is Finding.DELIVERED) == is_more


def test_sabotage_a_list_that_had_more_before_a_send_and_is_taken_for_the_whole_would_be_found_out(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.calls.recovery.AT_LEAST", 0)
    monkeypatch.setattr("afilnet_protocols.calls.recovery.counted_before", lambda baseline: (baseline, True))
    with pytest.raises(ExceptionGroup):
        test_what_a_list_that_had_more_showed_before_a_send_is_the_least_that_there_was()


# One send to a conversation at a time


def ended(steps):
    """Go on with steps that wait, and return what they return."""
    with pytest.raises(StopIteration) as stopped:
        steps.send(None)
    return stopped.value.value


def test_one_sends_to_a_conversation_at_a_time_and_the_next_one_when_it_is_let():
    locks, now = ConversationLocks(), [0.0]
    held, other = locks.of("whatsapp", "100", "341"), locks.of("whatsapp", "100", "342")
    assert locks.of("whatsapp", "100", "341") is held
    assert complete(held.acquire(Deadline(10))) is True
    assert complete(other.acquire(Deadline(10))) is True
    late, waiting = held.acquire(Deadline(5, clock=lambda: now[0])), held.acquire(Deadline(10, clock=lambda: now[0]))
    next(late), next(waiting)
    now[0] = 6.0
    assert ended(late) is False
    held.release()
    assert ended(waiting) is True
    third = held.acquire(Deadline(10))
    next(third)
    held.release()
    assert ended(third) is True
    for _ in range(2):
        held.release()
    assert complete(held.acquire(Deadline(10))) is True
    next(held.acquire(Deadline(10)))
