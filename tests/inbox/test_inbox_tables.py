"""What an inbox keeps, on each kind of place: what is noted is read as it was, and nothing else is changed with it."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest

from afilnet_protocols import ConfigurationError, Inbox, Message, NotSentError, OutcomeUnknownError, Platform
from afilnet_protocols.inbox.identity import Trace, Trust
from afilnet_protocols.inbox.incoming import DONE, Settled, State
from afilnet_protocols.inbox.places import open_inbox
from afilnet_protocols.inbox.store import ChannelState, Conversation, Limits, TakenOver, Turn
from afilnet_protocols.inbox.tables import schema
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA
from afilnet_protocols.outbox.sqlite.transactions import Transactions
from tests.inbox.conftest import ON_SQLITE
from tests.inbox.service import PERSON, Service, opened

ACCOUNT, CHANNEL = "user", ("whatsapp", "100")
LIMITS = Limits(raised=3, interrupted=2)


class Kept:
    """A store, the process that uses it, and what it would note."""

    def __init__(self, place):
        where, how = place
        self.place = place
        self.store = open_inbox(where, schema=how.get("schema", DEFAULT_SCHEMA))
        self.alive = self.store.present()
        self.token = self.alive.token
        self._numbers = itertools.count(1)

    def primes(self, channel=CHANNEL, *, account=ACCOUNT, there=()):
        self.store.take_turn(account, self.token)
        self.store.prime(account, self.token, channel, ChannelState(), there)

    def notes(self, *texts, destination="341", channel=CHANNEL, account=ACCOUNT, now=0.0, wanted=True):
        """Note new messages of a conversation."""
        found = [(message(text, destination), Trace(text, str(next(self._numbers))), wanted) for text in texts]
        kept = conversation(destination, channel)
        self.store.note(account, self.token, kept, ChannelState(), found, now)
        return kept

    def claims(self, now, account=ACCOUNT):
        return self.store.claim(account, self.token, LIMITS, now)

    def settles(self, received, settled=DONE, *, now=100.0, token=None, connection=None):
        with self.store.settle(received, token or self.token, lambda: (settled, ()), now, connection):
            pass

    def states(self):
        return {each.message.message: str(each.state) for each in self.store.received(list(State))}

    def ends(self):
        self.alive.close()
        self.store.close()


def message(text, destination="341"):
    at = datetime(2026, 11, 28, 12, 0, 0)
    return Message("100", Platform.WHATSAPP, text, destination, "7", False, "received", at)


def conversation(destination="341", channel=CHANNEL, **kept):
    return Conversation(place=(*channel, destination), **kept)


@pytest.fixture
def places():
    """Open places, and close them at the end."""
    made = []

    def begin(place):
        made.append(Kept(place))
        return made[-1]

    yield begin
    for each in made:
        each.ends()


@pytest.fixture
def kept(places, new_place):
    return places(new_place())


# Whose turn


def test_a_turn_is_taken_once_kept_and_left_and_is_only_of_one_account(kept, places):
    other = places(kept.place)
    assert kept.store.take_turn(ACCOUNT, kept.token) is Turn.TAKEN
    assert kept.store.take_turn(ACCOUNT, kept.token) is Turn.KEPT
    assert other.store.take_turn(ACCOUNT, other.token) is Turn.OTHERS
    assert other.store.take_turn("another", other.token) is Turn.TAKEN
    kept.store.leave_turn(ACCOUNT, kept.token, None)
    assert other.store.take_turn(ACCOUNT, other.token) is Turn.TAKEN


def test_a_turn_of_one_that_is_gone_is_taken(kept, places):
    gone = places(kept.place)
    gone.store.take_turn(ACCOUNT, gone.token)
    gone.ends()
    assert kept.store.take_turn(ACCOUNT, kept.token) is Turn.TAKEN


def test_who_leaves_a_turn_leaves_no_other_one(kept, places):
    other = places(kept.place)
    for account in (ACCOUNT, "another"):
        kept.store.take_turn(account, kept.token)
    other.store.leave_turn(ACCOUNT, other.token, None)
    assert kept.store.take_turn(ACCOUNT, kept.token) is Turn.KEPT
    kept.store.leave_turn("another", kept.token, None)
    assert kept.store.take_turn(ACCOUNT, kept.token) is Turn.KEPT
    assert kept.store.take_turn("another", kept.token) is Turn.TAKEN


def test_when_the_last_round_ended_is_told_by_its_poller_alone(kept, places):
    other = places(kept.place)
    kept.store.take_turn(ACCOUNT, kept.token)
    assert kept.store.status(100.0).polled is None
    other.store.leave_turn(ACCOUNT, other.token, 30.0)
    assert kept.store.status(100.0).polled is None
    kept.store.leave_turn(ACCOUNT, kept.token, 40.0)
    assert kept.store.status(100.0).polled == 60.0
    assert kept.store.status(39.0).polled == 0.0
    assert kept.store.take_turn(ACCOUNT, kept.token) is Turn.KEPT


@pytest.mark.parametrize(
    "note",
    [
        lambda kept: kept.primes(),
        lambda kept: kept.notes("hello"),
        lambda kept: kept.store.intend(ACCOUNT, kept.token, conversation()),
    ],
    ids=["a channel", "messages", "a reading"],
)
def test_who_has_lost_its_turn_notes_nothing(kept, places, note):
    other = places(kept.place)
    kept.store.take_turn(ACCOUNT, kept.token)
    kept.store.leave_turn(ACCOUNT, kept.token, None)
    other.store.take_turn(ACCOUNT, other.token)
    kept.primes = lambda: kept.store.prime(ACCOUNT, kept.token, CHANNEL, ChannelState(), [])
    with pytest.raises(TakenOver):
        note(kept)
    assert kept.store.channel(ACCOUNT, *CHANNEL) is None
    assert kept.store.conversations(ACCOUNT, *CHANNEL) == []


# Channels and conversations


@pytest.mark.parametrize(
    "state",
    [
        ChannelState(),
        ChannelState(trust=Trust.REFUSED, floor="2026-11-28T12:00:00", newest_first=True),
    ],
    ids=["new", "known"],
)
def test_a_channel_is_read_as_it_was_noted(kept, state):
    kept.store.take_turn(ACCOUNT, kept.token)
    assert kept.store.channel(ACCOUNT, *CHANNEL) is None
    kept.store.prime(ACCOUNT, kept.token, CHANNEL, state, [])
    assert kept.store.channel(ACCOUNT, *CHANNEL) == state
    assert kept.store.channel("another", *CHANNEL) is None
    assert kept.store.channel(ACCOUNT, "telegram", "100") is None


@pytest.mark.parametrize(
    "state",
    [
        ChannelState(trust=Trust.TRUSTED),
        ChannelState(newest_first=True),
        ChannelState(trust=Trust.REFUSED, newest_first=True),
    ],
    ids=["trust", "order", "both"],
)
def test_what_a_reading_shows_of_a_channel_is_noted_of_that_channel_alone(kept, state):
    kept.primes()
    kept.primes(("telegram", "100"))
    kept.store.note(ACCOUNT, kept.token, conversation(), state, [], 0.0)
    assert kept.store.channel(ACCOUNT, *CHANNEL) == state
    assert kept.store.channel(ACCOUNT, "telegram", "100") == ChannelState()


EMPTY = conversation()
FULL = conversation(
    tip=Trace("a", "1"),
    last=Trace("b", "2"),
    primed=Trace("c", "3"),
    primed_at="2026-11-28T12:00:00",
    length=7,
    intent=True,
    audit_at=1000.5,
    stage=2,
)


@pytest.mark.parametrize(
    ("before", "after"), [(EMPTY, FULL), (FULL, EMPTY), (FULL, FULL)], ids=["more", "less", "same"]
)
def test_a_conversation_is_read_as_it_was_noted_last(kept, before, after):
    kept.primes(there=[before])
    (read,) = kept.store.conversations(ACCOUNT, *CHANNEL)
    number, read.id = read.id, None
    assert read == before
    assert isinstance(number, int)
    kept.store.note(ACCOUNT, kept.token, after, ChannelState(), [], 0.0)
    assert after.id == number
    (read,) = kept.store.conversations(ACCOUNT, *CHANNEL)
    assert read == after
    before.id = after.id = None


def test_a_reading_that_is_about_to_begin_is_noted_with_its_conversation(kept):
    kept.primes()
    meant = conversation()
    kept.store.intend(ACCOUNT, kept.token, meant)
    assert meant.intent
    assert kept.store.conversations(ACCOUNT, *CHANNEL) == [meant]


def test_the_messages_that_are_known_are_those_of_their_conversation(kept):
    kept.primes()
    assert kept.store.known(conversation()) == []
    here = kept.notes("one", "two", wanted=False)
    there = kept.notes("three", destination="342")
    assert sorted(kept.store.known(here)) == [Trace("one", "1"), Trace("two", "2")]
    assert kept.store.known(there) == [Trace("three", "3")]


def test_when_others_were_seen_is_noted_of_their_account(kept):
    kept.primes()
    assert kept.store.status(100.0).others is None
    kept.store.saw_others("another", 30.0)
    assert kept.store.status(100.0).others is None
    kept.store.saw_others(ACCOUNT, 40.0)
    assert kept.store.status(100.0).others == 60.0
    assert kept.store.status(39.0).others == 0.0


# Handing over


def test_a_message_is_handed_over_as_it_was_noted(kept):
    kept.primes()
    kept.notes("hello", now=5.0)
    assert kept.claims(4.9) is None
    received = kept.claims(5.0)
    assert received.message == message("hello")
    assert (received.account, received.state, received.noticed_at) == (ACCOUNT, State.HANDLING, 5.0)
    assert (received.raised, received.interrupted, received.reason) == (0, 1, None)
    assert len(received.key) >= 24
    assert kept.claims(6.0) is None


def test_what_is_history_is_never_handed_over(kept):
    kept.primes()
    kept.notes("before", wanted=False)
    assert kept.claims(1000.0) is None
    assert kept.store.next_due(ACCOUNT) is None
    kept.notes("after")
    assert kept.claims(1000.0).message.message == "after"


def test_messages_of_a_conversation_are_handed_over_in_order_one_at_a_time(kept):
    kept.primes()
    kept.notes("one", "two", now=2.0)
    kept.notes("three", now=1.0)
    handed = []
    while (received := kept.claims(100.0)) is not None:
        assert kept.claims(100.0) is None
        kept.settles(received)
        handed.append(received.message.message)
    assert handed == ["one", "two", "three"]


def test_of_several_conversations_the_one_that_is_due_first_is_handed_over_first(kept):
    kept.primes()
    for number, due in enumerate((3.0, 1.0, 4.0, 2.0)):
        kept.notes(f"{due}", destination=f"34{number}", now=due)
    assert kept.store.next_due(ACCOUNT) == 1.0
    assert [kept.claims(100.0).message.message for _ in range(4)] == ["1.0", "2.0", "3.0", "4.0"]
    assert kept.store.next_due(ACCOUNT) is None


def test_what_was_noticed_or_begun_later_than_now_is_due_at_once(kept):
    kept.primes()
    kept.primes(account="other")
    kept.notes("noticed", "behind it", destination="1", now=1000.0)
    kept.notes("begun", destination="2", now=0.0)
    kept.notes("as far as clocks are apart", destination="3", now=160.0)
    kept.notes("elsewhere", destination="4", now=1000.0, account="other")
    kept.notes("history", destination="5", now=1000.0, wanted=False)
    kept.settles(kept.claims(999.0), Settled(State.WAITING, after=60.0), now=999.0)
    kept.notes("to wait", destination="6", now=0.0)
    kept.settles(kept.claims(99.0), Settled(State.WAITING, after=60.0), now=99.0)
    assert kept.claims(100.0) is None
    kept.store.hasten(ACCOUNT, 100.0)
    found = [kept.claims(100.0) for _ in range(3)]
    assert sorted(each.message.message for each in found if each) == ["begun", "noticed"]
    kept.settles(next(each for each in found if each and each.message.message == "noticed"))
    assert kept.claims(100.0).message.message == "behind it"
    assert kept.claims(160.0).message.message in ("to wait", "as far as clocks are apart")
    assert kept.claims(100.0, account="other") is None


def test_what_is_in_hand_stays_there_when_a_clock_is_set_back(kept):
    kept.primes()
    kept.notes("in hand", now=1000.0)
    received = kept.claims(1000.0)
    kept.store.hasten(ACCOUNT, 100.0)
    assert kept.claims(100.0) is None
    kept.settles(received)
    assert kept.states() == {"in hand": "done"}


def test_each_account_has_its_own_messages(kept):
    kept.primes()
    kept.primes(account="another")
    kept.notes("theirs", account="another")
    assert kept.claims(100.0) is None
    assert kept.store.next_due(ACCOUNT) is None
    assert kept.store.next_due("another") == 0.0
    assert kept.claims(100.0, "another").account == "another"


def test_how_many_were_handed_over_in_some_times_is_from_each_begin_to_before_its_end(kept):
    kept.primes()
    for number, at in enumerate((10.0, 20.0, 30.0)):
        kept.notes("hello", destination=f"34{number}")
        kept.claims(at)
    kept.notes("not yet")
    for spans, count in (
        ([(10.0, 20.0)], 1),
        ([(10.0, 20.1)], 2),
        ([(10.1, 20.0)], 0),
        ([(0.0, 15.0), (25.0, 90.0)], 2),
        ([], 0),
    ):
        assert kept.store.wrote(spans) == count


# Settling


@pytest.mark.parametrize(
    ("settled", "raised", "interrupted"),
    [
        (Settled(State.DONE), 0, 1),
        (Settled(State.REJECTED, "not for us"), 0, 1),
        (Settled(State.DEAD, "it raised", raised=True), 1, 0),
        (Settled(State.WAITING, "it raised", after=5.0, raised=True), 1, 0),
        (Settled(State.WAITING, after=7.0, counted=False), 0, 0),
        (Settled(State.WAITING, "left"), 0, 1),
    ],
    ids=["done", "rejected", "dead", "raised", "retried", "left"],
)
def test_a_message_is_what_was_said_of_it_and_waits_as_long_as_was_said(kept, settled, raised, interrupted):
    kept.primes()
    kept.notes("hello")
    received = kept.claims(1.0)
    kept.settles(received, settled, now=100.0)
    (read,) = kept.store.received(list(State))
    assert (read.state, read.reason) == (settled.state, settled.reason)
    assert (read.raised, read.interrupted) == (raised, interrupted)
    assert kept.store.state_of(received.id) is settled.state
    waits = settled.state is State.WAITING
    assert kept.store.next_due(ACCOUNT) == (100.0 + settled.after if waits else None)
    assert kept.store.purge(101.0) == (0 if waits else 1)


def test_to_settle_a_message_settles_no_other_that_is_in_hand(kept):
    kept.primes()
    kept.notes("one")
    kept.notes("two", destination="342")
    one, _ = kept.claims(1.0), kept.claims(1.0)
    kept.settles(one)
    assert kept.states() == {"one": "done", "two": "handling"}
    assert kept.store.holders() == {kept.token}


def test_what_was_taken_over_is_not_settled_and_nothing_of_it_is_written(kept, places):
    other = places(kept.place)
    kept.primes()
    kept.notes("hello")
    received = kept.claims(1.0)
    kept.store.recover(kept.token, LIMITS, 2.0)
    for _ in range(2):
        with pytest.raises(TakenOver):
            kept.settles(received)
        assert kept.states()["hello"] != "done"
        other.claims(3.0)


def test_who_was_taken_for_gone_does_not_let_go_of_the_next_message_that_it_has_in_hand(kept):
    kept.primes()
    kept.notes("one")
    kept.notes("two")
    late = kept.claims(1.0)
    kept.store.recover(kept.token, LIMITS, 2.0)
    kept.settles(kept.claims(3.0))
    two = kept.claims(4.0)
    with pytest.raises(TakenOver):
        kept.settles(late)
    assert kept.states() == {"one": "done", "two": "handling"}
    kept.settles(two)


def test_a_transaction_of_the_caller_settles_when_it_is_committed(kept):
    kept.primes()
    kept.notes("hello")
    received = kept.claims(1.0)
    with kept.store._opened() as (driver, _):
        kept.settles(received, connection=driver)
    assert kept.states() == {"hello": "done"}


def test_what_fails_before_the_end_of_a_transaction_settles_nothing(kept):
    kept.primes()
    kept.notes("hello")
    received = kept.claims(1.0)

    def fail(database):
        database.execute("CREATE TABLE mine (number INTEGER)")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):  # noqa: SIM117
        with kept.store.settle(received, kept.token, lambda: (DONE, ()), 2.0) as database:
            fail(database)
    assert kept.states() == {"hello": "handling"}
    with kept.store.settle(received, kept.token, lambda: (DONE, ()), 2.0) as database:
        database.execute("CREATE TABLE mine (number INTEGER)")  # which is not there yet
        database.execute("DROP TABLE mine")
    assert kept.states() == {"hello": "done"}


def test_a_message_that_is_not_there_has_no_state(kept):
    assert kept.store.state_of(7) is None


# Those who are gone


def test_what_one_that_is_gone_had_in_hand_waits_again_and_what_was_interrupted_too_often_is_dead(kept, places):
    gone = places(kept.place)
    kept.primes()
    for destination in ("341", "342"):
        kept.notes("first", "second", destination=destination)
    kept.notes("third", destination="343")
    again = gone.claims(1.0)
    gone.settles(again, Settled(State.WAITING), now=-1.0)  # which is one interruption
    taken = [gone.claims(1.0) for _ in range(2)]
    assert [each.interrupted for each in taken] == [2, 1]
    mine = kept.claims(1.0)
    assert kept.store.holders() == {kept.token, gone.token}
    assert kept.store.recover(gone.token, LIMITS, 50.0) == 2
    assert kept.store.recover(gone.token, LIMITS, 50.0) == 0
    assert kept.store.holders() == {kept.token}
    assert kept.store.state_of(mine.id) is State.HANDLING
    (dead,) = kept.store.received([State.DEAD])
    assert (dead.id, dead.reason) == (again.id, "its handler was interrupted 2 times")
    # Of the conversation of the dead one, the next is due as before; the other one is handed over anew.
    assert kept.store.next_due(ACCOUNT) == 0.0
    assert kept.claims(49.9).message.message == "second"
    assert kept.claims(49.9) is None
    assert kept.claims(50.0).id == taken[1].id


# What is looked at, and done, from outside


def test_messages_are_told_of_by_state_oldest_first(kept):
    kept.primes()
    for number in range(4):
        kept.notes(f"{number}", destination=f"34{number}", now=float(number))
    kept.settles(kept.claims(9.0))
    kept.claims(9.0)
    one, two, three, four = kept.store.received(list(State))
    assert [each.message.message for each in (one, two, three, four)] == ["0", "1", "2", "3"]
    assert kept.store.received([State.DONE]) == [one]
    assert kept.store.received([State.WAITING, State.HANDLING]) == [two, three, four]
    assert kept.store.received([]) == []


def test_any_number_of_messages_is_handed_over_again_at_once(kept):
    kept.primes()
    kept.notes("dead")
    kept.settles(kept.claims(1.0), Settled(State.DEAD))
    (dead,) = kept.store.received([State.DEAD])
    assert kept.store.again([*(f"other {number}" for number in range(70_000)), dead.key], 500.0) == 1


def test_only_the_dead_and_the_rejected_are_handed_over_again_and_as_if_for_the_first_time(kept):
    kept.primes()
    becomes = {
        "dead": Settled(State.DEAD, raised=True),
        "rejected": Settled(State.REJECTED),
        "done": Settled(State.DONE),
        "waiting": Settled(State.WAITING, after=900.0, raised=True),
    }
    for destination, text in enumerate(becomes):
        kept.notes(text, destination=f"34{destination}")
        kept.settles(kept.claims(1.0), becomes[text])
    kept.notes("spared")
    kept.settles(kept.claims(1.0), Settled(State.DEAD))
    keys = [each.key for each in kept.store.received(list(State)) if each.message.message != "spared"]
    assert kept.store.again(keys, 500.0) == 2
    assert kept.states() == {
        "dead": "waiting",
        "rejected": "waiting",
        "done": "done",
        "waiting": "waiting",
        "spared": "dead",
    }
    assert kept.claims(499.9) is None
    for _ in range(2):
        received = kept.claims(500.0)
        assert (received.raised, received.interrupted) == (0, 1)
    assert kept.claims(500.0) is None
    assert kept.store.again([], 500.0) == 0


def test_what_is_handed_over_again_is_no_longer_settled_and_stays_when_others_are_forgotten(kept):
    kept.primes()
    kept.notes("hello")
    kept.settles(kept.claims(1.0), Settled(State.DEAD), now=2.0)
    (dead,) = kept.store.received([State.DEAD])
    kept.store.again([dead.key], 3.0)
    kept.store._transaction(lambda db: db.execute("UPDATE afilnet_inbox_messages SET state = 'done'"))
    assert kept.store.purge(1000.0) == 0


def test_a_message_handed_over_again_waits_for_the_one_of_its_conversation_that_is_in_hand(kept):
    kept.primes()
    kept.notes("one", "two")
    kept.settles(kept.claims(1.0), Settled(State.DEAD))
    (dead,) = kept.store.received([State.DEAD])
    two = kept.claims(1.0)
    kept.store.again([dead.key], 2.0)
    assert kept.claims(9.0) is None
    kept.settles(two)
    assert kept.claims(9.0).message.message == "one"


def test_what_is_there_is_counted_and_the_oldest_that_is_not_settled_is_told(kept):
    kept.primes()
    empty = kept.store.status(0.0)
    assert empty.counts == dict.fromkeys(State, 0)
    assert (empty.oldest, empty.lag, empty.backlog) == (0.0, None, 0)
    kept.notes("history", wanted=False, now=1.0)
    for number, at in enumerate((10.0, 20.0, 30.0)):
        kept.notes(f"{number}", destination=f"34{number}", now=at)
    kept.settles(kept.claims(40.0))
    kept.claims(40.0)
    status = kept.store.status(50.0)
    assert status.counts == {**dict.fromkeys(State, 0), State.DONE: 1, State.HANDLING: 1, State.WAITING: 1}
    assert (status.oldest, status.backlog) == (30.0, 2)
    assert kept.store.status(19.0).oldest == 0.0


def test_of_several_accounts_the_round_longest_ago_and_the_others_seen_last_are_told(kept):
    for account, polled, others in ((ACCOUNT, 10.0, 40.0), ("another", 20.0, 30.0)):
        kept.store.take_turn(account, kept.token)
        kept.store.leave_turn(account, kept.token, polled)
        kept.store.saw_others(account, others)
    status = kept.store.status(100.0)
    assert (status.polled, status.others) == (90.0, 60.0)


def test_how_long_messages_waited_is_told_of_the_last_hundred_as_of_all_but_the_slowest(kept):
    def lag_if_begun(condition):
        kept.store._transaction(
            lambda db: db.execute(
                f"UPDATE afilnet_inbox_messages SET begun_at = 1000 + CAST(digest AS INTEGER) WHERE {condition}"
            )
        )
        return kept.store.status(0.0).lag

    kept.primes()
    kept.notes(*(f"{number}" for number in range(101)), now=500.0)
    assert lag_if_begun("digest = '0'") == 500.0
    assert lag_if_begun("CAST(digest AS INTEGER) < 20") == 519.0
    assert lag_if_begun("true") == 596.0


def test_what_was_settled_before_a_time_is_forgotten_and_its_traces_are_not(kept):
    kept.primes()
    for number, becomes in enumerate((State.DONE, State.REJECTED, State.DEAD, State.DONE)):
        kept.notes(f"{number}", destination=f"34{number}", now=float(number))
        kept.settles(kept.claims(9.0), Settled(becomes, "a reason"), now=10.0 + number)
    here = kept.notes("waiting", destination="349")
    assert kept.store.purge(13.0) == 3
    assert kept.store.purge(13.0) == 0
    assert set(kept.states()) == {"3", "waiting"}
    assert kept.store.status(0.0).counts[State.DEAD] == 1
    for each in kept.store.conversations(ACCOUNT, *CHANNEL):
        assert len(kept.store.known(each)) == 1
    assert kept.store.known(here)
    dead = kept.store._do(
        lambda db: db.execute("SELECT key, reason FROM afilnet_inbox_messages WHERE state = 'dead'").fetchone()
    )
    assert dead[1] is None
    assert kept.store.again([dead[0]], 20.0) == 0


@ON_SQLITE
def test_no_step_reads_a_table_through_for_what_may_be_much(kept):
    asked = []
    with kept.store._opened() as (driver, _):
        driver.set_trace_callback(asked.append)
    kept.primes()
    here = kept.notes("one", "two")
    kept.store.known(here)
    kept.store.conversations(ACCOUNT, *CHANNEL)
    received = kept.claims(1.0)
    kept.store.next_due(ACCOUNT)
    kept.store.wrote([(0.0, 1.0)])
    kept.store.holders()
    kept.store.recover("another", LIMITS, 1.0)
    kept.store.hasten(ACCOUNT, 1.0)
    kept.settles(received, Settled(State.DEAD))
    kept.store.again([received.key], 2.0)
    kept.store.received([State.WAITING])
    kept.store.status(2.0)
    with kept.store._opened() as (driver, _):
        driver.set_trace_callback(None)
        plans = {
            plan
            for statement in {each for each in asked if "afilnet_inbox_" in each}
            for *_, plan in driver.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        }
    assert {plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan} == {
        "SCAN afilnet_inbox_accounts"
    }
    # The messages of one conversation may be many too.
    assert any("USING INDEX afilnet_inbox_open" in plan for plan in plans)


# Beside the outbox


def test_what_the_outbox_sent_is_counted_surely_and_perhaps_by_text_and_conversation(new_place):
    service = Service()
    fates = {"lost": OutcomeUnknownError("lost"), "away": NotSentError("nobody is there")}
    sends = service.send_message

    def send_message(**given):
        if given["message"] in fates:
            raise fates[given["message"]]
        sends(**given)

    service.send_message = send_message
    with opened(Inbox, new_place(), service) as inbox:
        for text in ("sent", "sent", "lost", "away"):
            inbox.outbox.enqueue(**PERSON, message=text)
            inbox.outbox.run(rest=False)
        inbox.outbox.enqueue(**PERSON, message="waits")
        here = ("whatsapp", "100", "341")
        counted = {text: inbox._store.sent(here, text) for text in ("sent", "lost", "away", "waits", "other")}
        assert counted == {"sent": (2, 2), "lost": (0, 1), "away": (0, 1), "waits": (0, 0), "other": (0, 0)}
        assert inbox._store.sent(("whatsapp", "100", "342"), "sent") == (0, 0)


# The tables


def test_tables_that_are_there_are_used_as_they_are(kept, places):
    kept.primes()
    kept.notes("hello")
    assert places(kept.place).states() == {"hello": "waiting"}


def test_tables_of_another_version_are_refused_and_say_which(kept, places, monkeypatch):
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 2)
    with pytest.raises(ConfigurationError, match=r"schema 1, this one knows 2"):
        places(kept.place)
    monkeypatch.undo()
    places(kept.place)


@ON_SQLITE
def test_a_place_that_is_refused_is_not_kept_open(kept, places, monkeypatch):
    closed, close = [], Transactions.close
    monkeypatch.setattr(Transactions, "close", lambda self: closed.append(self.path) or close(self))
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 2)
    with pytest.raises(ConfigurationError):
        places(kept.place)
    assert closed == [kept.place[0]]


def test_tables_without_a_version_are_of_another_one(kept, places):
    kept.store._transaction(lambda db: db.execute("DELETE FROM afilnet_inbox_schema"))
    with pytest.raises(ConfigurationError, match=r"schema 0"):
        places(kept.place)


def test_a_store_may_be_closed_twice(kept):
    kept.store.close()
    kept.store.close()
