"""What one round reads and what it leaves: by the calls that are made, and the times at which a conversation is read.

A round too many costs the budget, and one too few a message that comes late; neither shows in what is handed over.
"""

from __future__ import annotations

from unittest import mock

import pytest

from afilnet_protocols import (
    AuthenticationError,
    Channel,
    ConfigurationError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    Platform,
)
from afilnet_protocols.inbox import Polling, State
from afilnet_protocols.inbox.identity import Trust
from afilnet_protocols.inbox.polling import poller
from afilnet_protocols.inbox.polling.audits import Audits
from afilnet_protocols.inbox.polling.poller import Poller
from afilnet_protocols.inbox.polling.start import Start
from afilnet_protocols.inbox.sqlite.store import SqliteInboxStore
from afilnet_protocols.inbox.store import Conversation
from tests.inbox.service import Service

ME = "me"
WHOLE, UNREAD = "get_messages", "get_unread_messages"


class Rounds:
    """A poller that is the account's, and what is seen of its rounds."""

    def __init__(self, folder, service, *, start="all", read="messages", audits=(30.0, 600.0)):
        self.service = service
        self.store = SqliteInboxStore(folder / "inbox.db")
        self.store.take_turn("account", ME)
        polling = Polling(audits=audits)
        self.poller = Poller(
            self.store, service, account="account", token=ME, start=Start(start), read=read, polling=polling
        )

    def at(self, seconds):
        """Make a round at a time of the service; return which readings of a conversation it made."""
        self.service.now = 1000.0 + seconds
        before = self.service.calls.copy()
        self.poller.round(self.service.now)
        made = self.service.calls - before
        return [name for name in (WHOLE, UNREAD) for _ in range(made[name])]

    def read_at(self, times):
        """Return at which of several times a conversation is read."""
        return [each for each in times if self.at(each)]

    @property
    def kept(self):
        (kept,) = self.store.conversations("account", "whatsapp", "100")
        return kept

    @property
    def others(self):
        return self.store.status(self.service.now).others


@pytest.fixture
def rounds(tmp_path):
    made = []

    def make(service, **given):
        made.append(Rounds(tmp_path, service, **given))
        return made[-1]

    yield make
    for each in made:
        each.store.close()


def fails(service, operation, *errors):
    """Let the next calls of an operation fail; ``None`` is for one that does not."""
    right, waiting = getattr(service, operation), list(errors)

    def call(**given):
        error = waiting.pop(0) if waiting else None
        if error is not None:
            service.calls[operation] += 1
            raise error
        return right(**given)

    setattr(service, operation, call)


# What is counted


@pytest.mark.parametrize("read", ["messages", "unread"])
def test_the_calls_and_the_messages_are_counted(rounds, read):
    service = Service()
    here = rounds(service, read=read)
    at_first = (here.poller.calls, here.poller.noticed, here.poller.round_calls, here.poller.ask_later)
    assert at_first == (0, 0, 1, 0.0)
    for number, second in enumerate(range(0, 4000, 100)):
        service.write("341", f"{number}")
        service.write("341", f"our answer to {number}", sent=True)
        service.now = 1000.0 + second
        assert here.poller.round(service.now) == 1
        assert here.poller.calls == service.calls.total()
    assert here.poller.noticed == number + 1
    assert service.calls["get_chats"] == number + 1
    assert service.calls[UNREAD] > 30 or read == "messages"


def test_a_round_makes_at_least_as_many_calls_as_there_are_channels(rounds):
    service = Service()
    here = rounds(service)
    service.get_chat_channels = lambda: [Channel(str(each), Platform.WHATSAPP, "WhatsApp") for each in range(3)]
    here.at(0)
    assert here.poller.round_calls == 3


# The list of channels


def test_the_list_of_channels_is_believed_for_half_an_hour(rounds):
    here = rounds(Service())
    listed = []
    for second in (0, 1799.5, 1800, 1801, 3599.5, 3600):
        here.at(second)
        listed.append(here.service.calls["get_chat_channels"])
    assert listed == [1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize(
    ("error", "asked"), [(NotFoundError("CHANNEL_NOT_FOUND"), 2), (NotSentError("nobody is there"), 1)], ids=repr
)
def test_what_cannot_be_read_is_said_until_the_next_round_and_a_channel_that_is_not_there_is_looked_for(
    rounds, error, asked
):
    service = Service()
    here = rounds(service)
    fails(service, "get_chats", error)
    here.at(0)
    assert here.poller.failure is error
    here.at(1)
    assert here.poller.failure is None
    assert service.calls["get_chat_channels"] == asked


def test_a_list_of_channels_that_cannot_be_had_is_asked_for_again(rounds):
    service = Service()
    here = rounds(service)
    service.get_chat_channels = mock.Mock(side_effect=[NotSentError("no"), Service().get_chat_channels()])
    here.at(0)
    assert isinstance(here.poller.failure, NotSentError)
    here.at(1)
    assert here.poller.failure is None
    assert service.calls["get_chats"] == 1


def test_the_longest_of_the_times_that_the_service_asks_for_counts_and_only_for_this_round(rounds):
    service = Service()
    here = rounds(service)
    for destination in ("341", "342", "343"):
        service.write(destination, "hello")
    fails(service, WHOLE, *(NotSentError("busy", retry_after=each) for each in (3.0, 7.0, None)))
    assert here.at(0) == [WHOLE] * 3
    assert here.poller.ask_later == 7.0
    assert here.at(1) == [WHOLE] * 3
    assert here.poller.ask_later == 0.0
    fails(service, "get_chats", NotSentError("busy"))
    here.at(2)
    assert here.poller.ask_later == 0.0


@pytest.mark.parametrize("error", [AuthenticationError("INVALID_CREDENTIALS"), ConfigurationError("no")], ids=repr)
def test_what_somebody_has_to_mend_ends_the_round_and_all_is_read_anew_after_it(rounds, error):
    service = Service()
    here = rounds(service)
    here.at(0)
    fails(service, "get_chats", error)
    with pytest.raises(type(error)):
        here.at(1)
    here.at(2)
    assert service.calls["get_chat_channels"] == 2


def test_a_channel_of_no_conversation_is_known_and_what_comes_then_is_no_history(rounds):
    service = Service()
    here = rounds(service, start="now")
    fails(service, "get_chats", NotFoundError("CHAT_NOT_FOUND"))
    here.at(0)
    assert here.poller.failure is None
    service.write("341", "hello")
    assert here.at(1) == [WHOLE]
    assert here.poller.noticed == 1


def test_a_conversation_that_is_there_no_more_is_empty_and_no_failure(rounds):
    service = Service()
    here = rounds(service)
    service.write("341", "hello")
    fails(service, WHOLE, NotFoundError("CHAT_NOT_FOUND"), NotFoundError("CHANNEL_NOT_FOUND"))
    here.at(0)
    assert (here.poller.failure, here.poller.noticed) == (None, 0)
    here.at(30)
    assert isinstance(here.poller.failure, NotFoundError)
    assert here.poller.round(service.now + 1) == 1


# When a conversation is read


def around(*times):
    """Return times, each with the moment before it."""
    return sorted(moment for time in times for moment in (time - 0.5, time))


def test_a_conversation_is_read_once_more_at_each_of_its_audits_and_never_without_cause(rounds):
    service = Service()
    here = rounds(service, audits=(30.0, 600.0))
    service.write("341", "hello")
    assert here.read_at([0, *around(30, 630), 700, 5000, 9000]) == [0, 30, 630]
    service.write("341", "again")
    assert here.read_at([10_000, *around(10_030, 10_630), 20_000]) == [10_000, 10_030, 10_630]


def test_an_audit_is_made_at_once_where_a_clock_was_set_back_and_the_next_one_in_its_time(rounds):
    service = Service()
    here = rounds(service, audits=(30.0, 600.0))
    service.write("341", "hello")
    assert here.read_at([90_000, *around(90_030)]) == [90_000, 90_030]
    assert here.read_at([0, *around(600), 700]) == [0]
    service.write("341", "again")


def test_a_message_between_two_audits_begins_them_anew(rounds):
    service = Service()
    here = rounds(service, audits=(30.0, 600.0))
    service.write("341", "hello")
    assert here.read_at([0, *around(30)]) == [0, 30]
    service.write("341", "again")
    assert here.read_at([100, *around(130, 630, 730), 5000]) == [100, 130, 730]


def test_a_new_last_message_that_is_ours_begins_the_audits_too(rounds):
    service = Service()
    here = rounds(service, audits=(30.0, 600.0))
    service.write("341", "hello")
    assert here.read_at([0, 30, 630]) == [0, 30, 630]
    service.now += 100
    service.write("341", "our answer", sent=True)
    assert here.read_at([1000, *around(1030)]) == [1000, 1030]


@pytest.mark.parametrize(("audits", "soon"), [((30.0, 600.0), 2.0), ((1.0, 600.0), 1.0)])
def test_a_listing_that_lacks_what_was_shown_is_read_again_soon(rounds, audits, soon):
    service = Service()
    here = rounds(service, audits=audits)
    service.write("341", "hello")
    fails(service, WHOLE, NotFoundError("CHAT_NOT_FOUND"))
    assert here.read_at([0, *around(soon, soon + audits[0])]) == [0, soon, soon + audits[0]]
    assert here.poller.noticed == 1


def test_a_listing_that_goes_on_to_lack_it_is_not_read_every_two_seconds(rounds):
    service = Service()
    here = rounds(service, audits=(30.0, 600.0))
    service.write("341", "hello")
    fails(service, WHOLE, *[NotFoundError("CHAT_NOT_FOUND")] * 9)
    assert here.read_at([0, *around(2, 602), 5000, 9000]) == [0, 2, 602]


def test_what_was_left_out_of_a_listing_is_looked_for_as_long_as_it_is(rounds):
    service = Service()
    here = rounds(service, audits=(30.0, 600.0))
    service.odd = {"odd"}
    service.write("341", "odd")
    service.write("341", "hello")
    assert here.read_at([0, *around(30, 630, 1230, 1830)]) == [0, 30, 630, 1230, 1830]
    service.odd = set()
    assert here.read_at(around(2430, 2460, 3060, 3660)) == [2430, 2460, 3060]


def test_a_conversation_that_the_service_shows_no_more_is_read_at_its_audits_and_then_at_the_longest(rounds):
    service = Service()
    here = rounds(service, audits=(30.0, 600.0))
    service.write("341", "hello")
    here.at(0)
    service.hidden = {"341"}
    assert here.read_at(around(30, 630)) == [30, 630]
    assert here.read_at([700, *around(1300)]) == [1300]
    assert here.read_at([1301, *around(1901)]) == [1901]
    assert here.kept.last is not None


def test_a_reading_out_of_turn_is_none_of_the_audits(rounds):
    service = Service()
    here = rounds(service, read="unread")
    service.write("341", "hello")
    here.read_at([0, 30])
    service.write("341", "another")
    fails(service, UNREAD, OutcomeUnknownError("the answer was lost"))
    assert here.at(100) == [UNREAD]
    service.conversations["341"].pop()  # who wrote it took it back
    assert here.read_at([101, 102, *around(701)]) == [101, 701]


# What is read: the whole or what is unread


def proven(service, here):
    """Let the identifiers of a channel be trusted: the same at a second reading."""
    service.write("341", "hello")
    assert here.read_at([0, 30]) == [0, 30]
    assert here.store.channel("account", "whatsapp", "100").trust is Trust.TRUSTED
    assert here.read_at([630]) == [630]


@pytest.mark.parametrize(("count", "reading"), [(500, WHOLE), (501, UNREAD)])
def test_only_a_long_conversation_is_read_by_what_is_unread_unless_all_are(rounds, count, reading):
    service = Service(marks=True)
    here = rounds(service, read="auto")
    for number in range(count - 1):
        service.write("341", f"{number}")
    proven(service, here)
    service.write("341", "another")
    assert here.at(631) == [reading]
    service.write("341", "and another")
    assert here.at(632) == [UNREAD]
    assert here.kept.length == count + 2
    assert here.poller.noticed == count + 2


def test_an_audit_reads_the_whole_and_news_only_what_is_unread(rounds):
    service = Service()
    here = rounds(service, read="unread")
    proven(service, here)
    service.write("341", "another")
    assert here.at(700) == [UNREAD]
    assert here.at(730) == [WHOLE]
    service.write("341", "another")
    service.write("341", "answered", sent=True)
    assert here.at(800) == [UNREAD]
    assert here.others is None
    assert here.poller.noticed == 3


def lost(rounds):
    """Return a service that marks what was read, and an inbox whose next reading there loses its answer."""
    service = Service(marks=True)
    here = rounds(service, read="unread")
    proven(service, here)
    service.write("341", "another")
    fails(service, UNREAD, OutcomeUnknownError("the answer was lost"))
    return service, here


def test_after_a_reading_whose_end_nobody_knows_the_whole_is_read(rounds):
    _, here = lost(rounds)
    assert here.at(700) == [UNREAD]
    assert here.kept.intent
    assert here.at(701) == [WHOLE]
    assert not here.kept.intent
    assert here.poller.noticed == 2


def test_what_the_service_shows_no_more_after_such_a_reading_is_read_too(rounds):
    service, here = lost(rounds)
    here.at(700)
    service.hidden = {"341"}
    assert here.read_at([701, 702]) == [702]
    assert here.poller.noticed == 2


def test_history_is_behind_before_what_is_unread_is_enough(rounds):
    service = Service()
    service.write("341", "before")
    here = rounds(service, read="unread", start="now")
    here.at(0)
    for second in (10, 20):  # of which the second proves the identifiers
        service.now = 1000.0 + second
        service.write("341", f"{second}")
        here.at(second)
    service.write("341", "at last")
    assert here.at(40) == [UNREAD]
    assert here.poller.noticed == 3


@pytest.mark.parametrize("odd", [set(), {"odd"}], ids=["readable", "partly"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_messages_are_noted_in_the_order_in_which_they_were_written(rounds, newest_first, odd):
    service = Service()
    here = rounds(service)
    service.newest_first, service.odd = newest_first, odd
    texts = ["one", "odd", "two", "three"]
    for second, text in enumerate(texts):
        service.now = 1000.0 + second
        service.write("341", text)
    here.at(4)
    noted = [received.message.message for received in here.store.received([State.WAITING])]
    assert noted == [text for text in texts if text not in odd]
    assert (here.kept.last is None) is bool(odd)


# What is compared with the outbox


def received(text="hello"):
    return text, False


def ours(text="hello"):
    return text, True


@pytest.mark.parametrize(
    ("surely", "shown", "odd", "stops"),
    [
        (1, [received()], False, True),
        (2, [ours(), received()], False, True),
        (1, [ours(), received()], False, False),  # the other party says the same
        (0, [received()], False, False),
        (1, [received()], True, False),  # what we sent may be what was left out
    ],
)
def test_fewer_shown_as_sent_than_were_sent_and_a_new_one_as_received_is_an_echo(rounds, surely, shown, odd, stops):
    service = Service()
    here = rounds(service)
    here.store.sent = lambda place, text: (surely, surely) if text == "hello" else (0, 0)
    if odd:
        service.odd = {"odd"}
        service.write("341", "odd")
    for text, sent in shown:
        service.write("341", text, sent=sent)
    if stops:
        with pytest.raises(ConfigurationError, match="answer itself"):
            here.at(0)
    else:
        here.at(0)
        assert here.poller.noticed == 1


@pytest.mark.parametrize(("surely", "readings"), [(0, [UNREAD]), (1, [WHOLE, UNREAD])])
def test_what_is_unread_and_surely_ours_has_the_whole_read(rounds, surely, readings):
    service = Service()
    here = rounds(service, read="unread")
    proven(service, here)
    service.write("341", "ours", sent=True)
    here.at(700)
    here.store.sent = lambda place, text: (surely, 1) if text == "ours" else (0, 0)
    service.now += 1
    service.write("341", "ours")
    assert sorted(here.at(701)) == sorted(readings)


@pytest.mark.parametrize(
    ("perhaps", "known", "told"),
    [((0, 0), True, True), ((1, 1), True, False), ((0, 1), True, True), ((1, 0), True, True), ((0, 0), False, False)],
    ids=["somebody's", "perhaps ours", "the first somebody's", "the last somebody's", "history"],
)
def test_an_answer_that_is_surely_not_ours_is_somebody_else_s_unless_it_is_history(rounds, perhaps, known, told):
    service = Service()
    here = rounds(service)
    here.store.sent = lambda place, text: (0, perhaps[text == "too"])
    if known:
        service.write("341", "hello")
        here.at(0)
    service.write("341", "answered", sent=True)
    service.write("341", "too", sent=True)
    here.at(1)
    assert (here.others is not None) is told


def test_what_was_history_when_the_inbox_began_tells_of_nobody(rounds):
    service = Service()
    service.write("341", "answered", sent=True)
    service.write("341", "hello")
    here = rounds(service, start="now")
    here.at(0)
    service.now += 10
    service.write("341", "another")
    assert here.at(10) == [WHOLE]
    assert here.others is None
    service.write("341", "somebody answers", sent=True)
    here.at(11)
    assert here.others == 0.0


def test_what_is_new_and_not_unread_was_read_by_somebody(rounds):
    service = Service(marks=True)
    here = rounds(service, read="unread")
    proven(service, here)
    service.write("341", "another")
    assert here.at(700) == [UNREAD]
    assert here.others is None
    service.write("341", "a third")
    service.read_elsewhere("341")
    assert sorted(here.at(701)) == [WHOLE, UNREAD]
    assert here.others == 0.0
    assert here.poller.noticed == 3


# What these laws are worth


def test_a_conversation_that_was_left_out_is_not_read_while_the_clock_stands_and_is_when_it_is_set_back():
    audits, kept = Audits((30.0, 600.0)), Conversation(place=("whatsapp", "100", "34600000000"))
    audits.plan_of_hidden(kept, 1000.0)

    assert not audits.is_due(kept, 1000.0)
    assert audits.is_due(kept, 1600.0)
    assert audits.is_due(kept, 999.0)


WRONG = {
    "the list of channels is believed for good": (
        lambda monkeypatch: monkeypatch.setattr(poller, "CHANNELS_FOR", float("inf")),
        test_the_list_of_channels_is_believed_for_half_an_hour,
    ),
    "a conversation is read at each round": (
        lambda monkeypatch: monkeypatch.setattr(Poller, "_changed", lambda *_: True),
        test_a_conversation_is_read_once_more_at_each_of_its_audits_and_never_without_cause,
    ),
    "an audit reads what is unread": (
        lambda monkeypatch: monkeypatch.setattr(Poller, "_by_unread", lambda *_: True),
        test_an_audit_reads_the_whole_and_news_only_what_is_unread,
    ),
    "a reading that may have been carried out leaves no mark": (
        lambda monkeypatch: monkeypatch.setattr(SqliteInboxStore, "intend", lambda *_: None),
        test_after_a_reading_whose_end_nobody_knows_the_whole_is_read,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_sabotage_a_poller_that_is_built_wrongly_is_found(name, rounds, monkeypatch):
    spoil, law = WRONG[name]
    spoil(monkeypatch)
    with pytest.raises(AssertionError):
        law(rounds)
