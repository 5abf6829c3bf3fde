"""Each step of an outbox in PostgreSQL by itself: what it takes and notes, what it leaves, whom it lets pass.

Times are set in the rows that the server compares with its own clock, and lie hours from it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from afilnet_protocols import ConfigurationError, NotSentError, OutcomeUnknownError
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore
from afilnet_protocols.outbox.store import EXPIRED, Later, Pace
from tests.outbox.service import PLACE

HOUR = 3600.0

_schemas = itertools.count()


class Kept:
    """A store, one worker of it, and what is in its rows."""

    def __init__(self, url, schema):
        self.schema = schema
        self.store = PostgresqlStore(url, schema=schema)
        self.alive = self.store.worker()
        self.owner = self.alive.token

    def puts(self, *texts, destination="341", **times):
        return [
            self.store.enqueue(
                NewEntry(
                    operation="send_message",
                    arguments={**PLACE, "destination": destination, "message": text},
                    **{name: datetime.now(UTC) + timedelta(seconds=seconds) for name, seconds in times.items()},
                )
            )[0]
            for text in texts
        ]

    def claims(self, *, sending=True, **wanted):
        return self.store.claim(self.owner, sending=sending, **wanted)

    def takes(self, **wanted):
        """Return the numbers of all that is due, which is settled one after the other."""
        taken = []
        while (entry := self.claims(**wanted)) is not None:
            taken.append(entry.id)
            if entry.state is not State.REJECTED:
                self.finishes(entry.id)
        return taken

    def finishes(self, number, state=State.SENT, **more):
        return self.store.finish(number, self.owner, state, **more)

    def does(self, statement, *values):
        with self.store._session.whole() as db:
            cursor = db.execute(self.store._tables.query(statement), values)
            return cursor.fetchall() if cursor.description else []

    def sets(self, number, assignment):
        self.does(f"UPDATE {{outbox}} SET {assignment} WHERE id = %s", number)

    def has(self, number, columns="state, owner, attempts, doubtful, head"):
        return self.does(f"SELECT {columns} FROM {{outbox}} WHERE id = %s", number)[0]

    @property
    def heads(self):
        return [number for (number,) in self.does("SELECT id FROM {outbox} WHERE head ORDER BY id")]

    def cut(self, other):
        """Let this one's worker be taken for gone."""
        other.does("SELECT pg_terminate_backend(%s)", self.store._session.backend)
        self.is_gone_for(other)

    def is_gone_for(self, other):
        """Wait until the server has noticed that this one's session has ended."""
        for _ in range(6_000):
            if other.store._session.is_free(int(self.owner)):
                return
            time.sleep(0.01)
        raise AssertionError("the session of a worker that was cut off stays")

    def ends(self):
        self.alive.close()
        self.store.close()


@pytest.fixture
def opened(postgresql_server):
    made, name = [], f"steps_{next(_schemas)}"

    def begin():
        made.append(Kept(postgresql_server.url, name))
        return made[-1]

    yield begin
    for each in made:
        each.ends()


@pytest.fixture
def kept(opened):
    return opened()


@contextlib.contextmanager
def waits_for_nothing(kept):
    """Show that what is done in the block has to wait, by not letting it."""
    kept.does("SET lock_timeout = '20ms'")
    with pytest.raises(ConfigurationError, match="lock timeout"):
        yield
    kept.does("SET lock_timeout = 0")


@contextlib.contextmanager
def locked(other, *destinations):
    """Have conversations locked by another worker."""
    with other.store._session.whole() as db, db.transaction():
        for destination in destinations or ("341",):
            place = (*PLACE.values(), destination)
            db.execute(other.store._tables.query("SELECT {schema}.lock_conversation(%s, %s, %s)"), place)
        yield


# What is taken


def test_what_is_due_is_taken_in_the_order_in_which_it_was_put_in(kept):
    first = kept.puts("a", "b")
    second = kept.puts("c", "d", destination="342")
    third = kept.puts("e")
    assert kept.takes() == [*first, *second, *third]
    assert kept.claims() is None


def test_what_is_taken_to_be_sent_is_begun_and_each_attempt_is_a_later_one(kept):
    first, second = *kept.puts("a"), *kept.puts("b", destination="342")
    kept.sets(first, "baseline = 7, changed_at = 'epoch'")
    entry = kept.claims()
    assert (entry.id, entry.state, entry.attempts) == (first, State.SENDING, 1)
    assert kept.has(first) == ("sending", int(kept.owner), 1, 0, False)
    assert kept.has(first, "baseline, changed_at > now() - interval '1 hour'") == (None, True)
    kept.claims()
    assert kept.has(first, "claim")[0] < kept.has(second, "claim")[0]


def test_what_is_taken_and_not_begun_is_in_hand_and_no_attempt_until_it_is_begun(kept):
    (number,) = kept.puts("a")
    entry = kept.claims(sending=False)
    assert (entry.state, entry.attempts) == (State.PENDING, 0)
    assert kept.has(number) == ("pending", int(kept.owner), 0, 0, False)
    assert kept.has(number, "claim") == (None,)
    assert kept.claims() is None
    kept.sets(number, "changed_at = 'epoch'")
    kept.store.begin(number, kept.owner, 3)
    assert kept.has(number) == ("sending", int(kept.owner), 1, 0, False)
    assert kept.has(number, "baseline, claim IS NOT NULL, changed_at > now() - interval '1 hour'") == (3, True, True)
    kept.store.begin(number, kept.owner, 4)
    assert kept.has(number, "attempts, baseline") == (1, 4)


@pytest.mark.parametrize("becomes", ["another's", "sent"])
def test_what_is_no_more_in_hand_is_not_begun(kept, becomes):
    (number,) = kept.puts("a")
    kept.claims(sending=False)
    kept.sets(number, "owner = 7" if becomes == "another's" else "state = 'sent'")
    with pytest.raises(NotSentError):
        kept.store.begin(number, kept.owner, 0)
    assert kept.has(number, "attempts") == (0,)


def test_one_of_a_conversation_is_in_hand_at_a_time_and_others_are_not_held_up(kept):
    first, second = kept.puts("a", "b")
    (other,) = kept.puts("c", destination="342")
    assert kept.claims().id == first
    assert kept.claims().id == other
    assert kept.claims() is None
    kept.finishes(first)
    assert kept.claims().id == second


@pytest.mark.parametrize("part", ["platform", "platform_id", "destination"])
def test_a_conversation_is_that_of_one_channel_and_one_destination(kept, part):
    (first,) = kept.puts("a")
    kept.does("SELECT {schema}.sort_in(200)")
    (second,) = kept.puts("b")
    kept.sets(second, f"{part} = 'another'")
    assert [kept.claims().id, kept.claims().id] == [first, second]
    kept.finishes(first)
    assert kept.has(second, "state, head") == ("sending", False)


def test_what_has_a_time_is_taken_from_then_on_and_the_one_that_waits_longest_before_others(kept):
    later, soon, past, longer = (
        kept.puts(f"{number}", destination=f"{number}", not_before=seconds)[0]
        for number, seconds in enumerate((2 * HOUR, HOUR, -HOUR, -2 * HOUR))
    )
    assert kept.takes() == [longer, past]
    kept.does("UPDATE {outbox} SET not_before = clock_timestamp() WHERE id = ANY (%s)", [later, soon])
    kept.does("UPDATE {outbox} SET not_before = (SELECT max(not_before) FROM {outbox}) WHERE id = %s", later)
    kept.does("UPDATE {outbox} SET not_before = (SELECT max(not_before) FROM {outbox}) WHERE id = %s", soon)
    assert kept.takes() == [later, soon]


def test_what_has_waited_for_its_time_goes_before_what_was_put_in_after_it(kept):
    (first,) = kept.puts("a", destination="1")
    (rested,) = kept.puts("b", destination="2", not_before=-HOUR)
    (last,) = kept.puts("c", destination="3")
    assert kept.takes() == [first, rested, last]


def test_what_is_not_wanted_is_passed_over(kept):
    first, second = *kept.puts("a", destination="1"), *kept.puts("b", destination="2")
    (rested,) = kept.puts("c", destination="3", not_before=-HOUR)
    assert kept.claims(without=[first, rested]).id == second
    assert kept.claims(without=[first, rested]) is None
    assert kept.claims(without=[first]).id == rested
    assert kept.claims(without=[]).id == first


def test_up_to_an_entry_nothing_is_taken_but_its_conversation_in_order(kept):
    (elsewhere,) = kept.puts("z", destination="342")
    first, second, third = kept.puts("a", "b", "c")
    assert kept.claims(upto=second, without=[first]) is None
    assert kept.takes(upto=second) == [first, second]
    kept.sets(third, "not_before = clock_timestamp() + interval '1 hour'")
    assert kept.takes(upto=third) == []
    kept.sets(third, "not_before = clock_timestamp() - interval '1 hour'")
    assert kept.takes(upto=third) == [third]
    assert kept.takes() == [elsewhere]


def test_what_has_expired_is_told_and_rejected_and_counts_as_no_attempt(kept):
    late, soon = *kept.puts("a", expires=HOUR), *kept.puts("b", expires=HOUR)
    kept.sets(late, "expires = clock_timestamp()")
    entry = kept.claims()
    assert (entry.id, entry.state, entry.reason, entry.error, entry.attempts) == (
        late,
        State.REJECTED,
        EXPIRED,
        None,
        0,
    )
    assert kept.has(late, "claim") == (None,)
    assert kept.claims().id == soon


def test_what_another_one_looks_at_is_passed_over(kept, opened):
    (first,) = kept.puts("a", destination="1")
    (second,) = kept.puts("b", destination="2")
    (rested,) = kept.puts("c", destination="3", not_before=-HOUR)
    kept.does("SELECT {schema}.sort_in(200)")
    other = opened()
    with other.store._session.whole() as db, db.transaction():
        query = other.store._tables.query("SELECT FROM {outbox} WHERE id = ANY (%s) FOR UPDATE")
        db.execute(query, ([first, rested],))
        assert kept.claims().id == second
        assert kept.claims(upto=first) is None
        assert kept.claims() is None
    assert [kept.claims().id, kept.claims().id] == [first, rested]


def test_where_another_process_of_the_server_serves_nothing_is_taken(kept):
    (number,) = kept.puts("a")
    kept.store._session.backend += 1
    with pytest.raises(ConfigurationError, match="pool"):
        kept.claims()
    assert kept.has(number, "state, owner") == ("pending", None)


# The place in the queue


def expected_heads(kept):
    """Return the first pending entry of each conversation of which none is in hand, by rows of the whole table."""
    rows = kept.does("SELECT id, destination, state, owner FROM {outbox} ORDER BY id")
    busy = {place for _, place, state, owner in rows if owner is not None and state in ("pending", "sending")}
    first = {}
    for number, place, state, _ in rows:
        if state == "pending" and place not in busy:
            first.setdefault(place, number)
    return sorted(first.values())


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_the_first_of_each_conversation_is_its_head_unless_one_is_in_hand(kept, seed):
    chance = random.Random(seed)
    in_hand = []

    def puts():
        kept.puts("x", destination=chance.choice("123"))

    def claims():
        if (entry := kept.claims(sending=chance.random() < 0.7)) is not None:
            in_hand.append(entry.id)

    def finishes():
        if in_hand:
            number = in_hand.pop(chance.randrange(len(in_hand)))
            states = [State.SENT, State.REJECTED, State.UNKNOWN, State.PENDING]
            kept.finishes(number, chance.choice(states))

    def again():
        numbers = [number for (number,) in kept.does("SELECT id FROM {outbox} WHERE state = 'rejected'")]
        kept.store.again(numbers, State.REJECTED)

    def settles():
        for lost in kept.store.lost()[:1]:
            kept.store.settle(lost, chance.choice([State.SENT, State.PENDING]))

    for _ in range(40):
        chance.choice([puts, puts, claims, claims, finishes, finishes, again, settles])()
        kept.does("SELECT {schema}.sort_in(200)")
        assert kept.heads == expected_heads(kept)


def test_to_sort_in_looks_at_so_many_and_tells_how_many_there_were(kept):
    numbers = kept.puts("a", "b", "c")
    for most, count, heads in ((2, 2, numbers[:1]), (2, 1, numbers[:1]), (2, 0, numbers[:1])):
        assert kept.does("SELECT {schema}.sort_in(%s)", most) == [(count,)]
        assert kept.heads == heads
    (other,) = kept.puts("d", destination="342")
    assert kept.does("SELECT {schema}.sort_in(%s)", 2) == [(1,)]
    assert kept.heads == [numbers[0], other]


def test_what_is_settled_is_not_looked_at(kept):
    (number,) = kept.puts("a")
    kept.sets(number, "state = 'sent'")
    assert kept.does("SELECT {schema}.sort_in(200)") == [(0,)]
    assert kept.has(number, "head") == (None,)


def test_an_earlier_entry_that_comes_late_is_the_head_instead(kept):
    first, second = kept.puts("a", "b")
    kept.sets(first, "state = 'rejected', head = false")
    kept.does("SELECT {schema}.sort_in(200)")
    assert kept.heads == [second]
    assert kept.store.again([first], State.REJECTED) == 1
    kept.does("SELECT {schema}.sort_in(200)")
    assert kept.heads == [first]


@pytest.mark.parametrize(
    "noting",
    [
        lambda kept, gone: kept.finishes(1),
        lambda kept, gone: kept.store.proceed(1, kept.owner, sending=True),
        lambda kept, gone: kept.store.recover(gone.owner, State.UNKNOWN),
        lambda kept, gone: kept.store.settle(kept.store.lost()[0], State.SENT),
    ],
    ids=["finished", "went on", "recovered", "settled"],
)
def test_where_the_place_in_the_queue_is_marked_the_conversation_is_one_worker_s_at_a_time(kept, opened, noting):
    gone, other = opened(), opened()
    kept.puts("in hand", destination="1")
    (theirs,) = kept.puts("theirs", destination="2")
    (doubtful,) = kept.puts("in doubt", destination="3")
    kept.puts("behind", destination="1"), kept.puts("elsewhere", destination="4")
    assert (kept.claims().id, gone.claims().id, kept.claims().id) == (1, theirs, doubtful)
    kept.finishes(doubtful, State.UNKNOWN)
    gone.cut(kept)
    with locked(other, "1", "2", "3"), waits_for_nothing(kept):
        noting(kept, gone)
    kept.does("SET lock_timeout = '20ms'")
    with locked(other, "4"):
        noting(kept, gone)


def test_what_is_in_a_conversation_that_another_one_has_locked_is_sorted_in_the_next_time(kept, opened):
    other = opened()
    first, second = *kept.puts("a", destination="1"), *kept.puts("b", destination="2")
    with locked(other, "1"):
        assert kept.claims().id == second
        assert kept.claims() is None
    assert kept.claims().id == first


# The rate


def test_the_first_is_due_at_once_and_the_next_one_after_the_time_between_two(kept):
    kept.puts("a", destination="1"), kept.puts("b", destination="2")
    pace = Pace("account", HOUR)
    assert kept.claims(pace=pace).id == 1
    later = kept.claims(pace=pace)
    assert isinstance(later, Later)
    assert HOUR - 60.0 < later.seconds <= HOUR
    assert kept.claims(pace=Pace("another", HOUR)).id == 2


@pytest.fixture
def hurried(kept):
    """An outbox in whose schema the clock is a second later at each reading, and the next turn comes with the third."""
    kept.puts("a")
    kept.does("CREATE SEQUENCE {schema}.readings")
    kept.does(
        "CREATE FUNCTION {schema}.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
        f" $$ SELECT timestamptz 'epoch' + nextval('{kept.schema}.readings') * interval '1 second' $$"
    )
    kept.does("INSERT INTO {schema}.rates VALUES ('account', timestamptz 'epoch' + interval '2.5 seconds')")
    kept.does("SET search_path = {schema}, pg_catalog")
    return kept


def test_a_turn_that_has_not_come_is_waited_for_though_it_comes_while_that_is_said(hurried):
    later = hurried.claims(pace=Pace("account", HOUR))
    assert isinstance(later, Later)
    assert later.seconds == 0.5


def test_a_turn_that_came_while_the_function_of_an_earlier_build_said_so_is_there(hurried):
    ((made,),) = hurried.does(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'claim' AND pronamespace = %s::regnamespace",
        hurried.schema,
    )
    hurried.does(made.replace("turn - moment", "turn - clock_timestamp()").replace("{", "{{").replace("}", "}}"))
    later = hurried.claims(pace=Pace("account", HOUR))
    assert isinstance(later, Later)
    assert later.seconds == 0


def test_a_rate_may_be_several_in_a_second(kept):
    kept.puts("a", destination="1"), kept.puts("b", destination="2")
    kept.claims(pace=Pace("account", 0.9))
    kept.does("UPDATE {schema}.rates SET next_at = clock_timestamp() + interval '1 hour'")
    assert isinstance(kept.claims(pace=Pace("account", 0.9)), Later)


def test_the_turn_of_an_account_is_one_worker_s_at_a_time(kept, opened):
    kept.claims(pace=Pace("account", HOUR))
    other = opened()
    with other.store._session.whole() as db, db.transaction():
        db.execute(other.store._tables.query("SELECT FROM {schema}.rates FOR UPDATE"))
        with waits_for_nothing(kept):
            kept.claims(pace=Pace("account", HOUR))
        assert kept.claims(pace=Pace("another", HOUR)) is None


def test_no_rate_is_none_whatever_others_keep(kept):
    kept.puts("a", destination="1"), kept.puts("b", destination="2")
    kept.claims(pace=Pace("", HOUR))
    assert kept.claims().id == 2


def turn(kept, text):
    """Set when the account's next turn is; return how far from now it is after a claim, in seconds."""
    kept.does("DELETE FROM {schema}.rates")
    kept.does(f"INSERT INTO {{schema}}.rates VALUES ('account', clock_timestamp() + interval '{text}')")
    kept.claims(pace=Pace("account", HOUR))
    query = "SELECT extract(epoch FROM next_at - clock_timestamp()) FROM {schema}.rates WHERE account = 'account'"
    return float(kept.does(query)[0][0])


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("-30 minutes", HOUR / 2), ("-5 hours", 0.0), ("30 minutes", HOUR / 2)],
    ids=["a little late", "very late", "not yet"],
)
def test_what_was_late_is_made_up_for_by_one(kept, was, becomes):
    kept.puts("a")
    assert turn(kept, was) == pytest.approx(becomes, abs=60.0)


@pytest.mark.parametrize("why", ["nothing", "expired"])
def test_what_is_not_sent_uses_up_no_turn(kept, why):
    if why == "expired":
        kept.puts("a", expires=-HOUR)
    assert turn(kept, "-30 minutes") == pytest.approx(-HOUR / 2, abs=60.0)


def test_a_turn_is_that_of_one_account(kept):
    kept.puts("a")
    kept.does("INSERT INTO {schema}.rates VALUES ('another', 'epoch')")
    turn(kept, "-5 hours")
    kept.does("INSERT INTO {schema}.rates VALUES ('another', 'epoch')")
    kept.puts("b", destination="342")
    kept.claims(pace=Pace("account 2", HOUR))
    assert kept.does("SELECT next_at = 'epoch' FROM {schema}.rates WHERE account = 'another'") == [(True,)]


# What became of it


@pytest.mark.parametrize(
    ("state", "error", "kind", "doubtful"),
    [
        (State.SENT, None, None, 0),
        (State.REJECTED, NotSentError("refused"), "NotSentError", 0),
        (State.UNKNOWN, OutcomeUnknownError("lost"), "OutcomeUnknownError", 0),
        (State.PENDING, NotSentError("nobody is there"), "NotSentError", 0),
        (State.PENDING, OutcomeUnknownError("lost"), "OutcomeUnknownError", 1),
        (State.PENDING, None, None, 1),
    ],
    ids=["sent", "rejected", "unknown", "not sent", "in doubt", "without a word"],
)
def test_what_became_of_an_entry_is_noted_with_its_doubts(kept, state, error, kind, doubtful):
    first, second = kept.puts("a", "b")
    kept.claims()
    kept.sets(first, "changed_at = 'epoch'")
    entry = kept.finishes(first, state, error=error)
    waits = state is State.PENDING
    assert (entry.id, entry.state, entry.error, entry.reason) == (first, state, kind, error and str(error))
    assert kept.has(first) == (str(state), None if waits else int(kept.owner), 1, doubtful, waits)
    assert kept.has(first, "changed_at > now() - interval '1 hour'") == (True,)
    assert kept.heads == [first if waits else second]


def test_a_reason_may_be_given_without_an_error(kept):
    (number,) = kept.puts("a")
    kept.claims()
    assert kept.finishes(number, State.REJECTED, reason="no").reason == "no"


@pytest.mark.parametrize(
    ("pause", "scheduled", "rests"),
    [(0.0, None, None), (HOUR, None, HOUR), (HOUR, -HOUR, HOUR), (HOUR, 3 * HOUR, 3 * HOUR), (0.0, 3 * HOUR, 3 * HOUR)],
)
def test_what_is_put_back_rests_and_comes_not_before_its_time(kept, pause, scheduled, rests):
    (number,) = kept.puts("a")
    kept.claims()
    if scheduled is not None:
        kept.sets(number, f"scheduled = clock_timestamp() + make_interval(secs => {scheduled})")
    kept.finishes(number, State.PENDING, error=NotSentError("no"), pause=pause)
    (found,) = kept.has(number, "extract(epoch FROM not_before - clock_timestamp())")
    assert rests is found is None or float(found) == pytest.approx(rests, abs=60.0)


@pytest.mark.parametrize("held", ["state = 'sent'", "state = 'rejected'", "owner = 7", "owner = NULL"])
def test_what_is_known_or_another_s_stays_as_it_is(kept, held):
    (number,) = kept.puts("a")
    kept.claims()
    kept.sets(number, held)
    before = kept.has(number)
    entry = kept.finishes(number, State.PENDING)
    assert kept.has(number) == before
    assert str(entry.state) == before[0]


def test_what_was_taken_for_unknown_may_be_said_to_be_sent_by_who_had_it(kept):
    (number,) = kept.puts("a")
    kept.claims()
    kept.sets(number, "state = 'unknown'")
    assert kept.finishes(number).state is State.SENT


def test_to_note_one_and_take_the_next_is_one_step(kept):
    first, second = kept.puts("a", "b")
    kept.claims()
    found = kept.store.proceed(first, kept.owner, sending=True)
    assert (found.id, found.state) == (second, State.SENDING)
    assert kept.has(first, "state, error, reason, not_before, doubtful") == ("sent", None, None, None, 0)
    assert kept.store.proceed(second, kept.owner, sending=True) is None
    kept.puts("c", destination="1"), kept.puts("d", destination="2")
    pace = Pace("account", HOUR)
    third = kept.claims(pace=pace)
    assert isinstance(kept.store.proceed(third.id, kept.owner, sending=True, pace=pace), Later)
    assert kept.has(third.id, "state") == ("sent",)


# Workers that are gone


def test_who_is_gone_are_those_with_an_entry_in_hand_whose_session_has_ended(kept, opened):
    gone, idle, living, done = opened(), opened(), opened(), opened()
    for number in range(5):
        kept.puts(f"{number}", destination=f"{number}")
    kept.claims(), gone.claims(), gone.claims(), living.claims(sending=False)
    settled = done.claims()
    done.finishes(settled.id)
    for each in (gone, idle, done):
        each.cut(kept)
    assert kept.store.gone() == [gone.owner]
    assert living.store.gone() == [gone.owner]
    assert kept.store.gone() == [gone.owner]
    kept.alive.close()
    assert {*living.store.gone()} == {gone.owner, kept.owner}


@pytest.mark.parametrize(
    ("begun", "owned", "doubtful"), [(State.UNKNOWN, True, 0), (State.PENDING, False, 1)], ids=["told", "repeated"]
)
def test_what_one_that_is_gone_had_begun_is_in_doubt_and_what_it_had_not_is_nobody_s(
    kept, opened, begun, owned, doubtful
):
    gone = opened()
    begun_one, behind = kept.puts("a", "b", destination="1")
    (held,) = kept.puts("c", destination="2")
    gone.claims(), gone.claims(sending=False)
    assert kept.store.recover(gone.owner, begun) == []
    kept.sets(begun_one, "changed_at = 'epoch'")
    gone.cut(kept)
    assert kept.store.recover(gone.owner, begun) == [begun_one]
    assert kept.has(begun_one)[:4] == (str(begun), int(gone.owner) if owned else None, 1, doubtful)
    assert kept.has(begun_one, "error, changed_at > now() - interval '1 hour'") == ("OutcomeUnknownError", True)
    assert "ended" in kept.has(begun_one, "reason")[0]
    assert kept.has(held, "state, owner, attempts") == ("pending", None, 0)
    assert kept.heads == [begun_one if begun is State.PENDING else behind, held]
    assert kept.store.recover(gone.owner, begun) == []


def test_what_others_have_in_hand_is_not_recovered_with_it(kept, opened):
    gone = opened()
    for number in range(4):
        kept.puts(f"{number}", destination=f"{number}")
    mine, held, theirs = kept.claims(), kept.claims(sending=False), gone.claims()
    gone.cut(kept)
    assert kept.store.recover(gone.owner, State.UNKNOWN) == [theirs.id]
    assert kept.has(mine.id, "state, owner") == ("sending", int(kept.owner))
    assert kept.has(held.id, "state, owner") == ("pending", int(kept.owner))


# What was in doubt, and what is done again


def in_doubt(kept):
    (number,) = kept.puts("a")
    kept.claims()
    kept.finishes(number, State.UNKNOWN, error=OutcomeUnknownError("lost"))
    kept.sets(number, "changed_at = 'epoch', not_before = clock_timestamp() + interval '1 hour'")
    (lost,) = kept.store.lost()
    return number, lost


@pytest.mark.parametrize(("state", "doubtful"), [(State.SENT, 0), (State.PENDING, 1), (State.REJECTED, 0)])
def test_what_was_found_out_is_noted_once(kept, state, doubtful):
    number, lost = in_doubt(kept)
    assert kept.store.settle(lost, state) is True
    assert kept.has(number) == (str(state), None, 1, doubtful, state is State.PENDING)
    query = "reconciled, not_before, changed_at > now() - interval '1 hour'"
    assert kept.has(number, query) == (state is State.SENT, None, True)
    assert kept.store.settle(lost, State.REJECTED) is False
    assert kept.has(number, "state") == (str(state),)


def test_what_was_found_out_of_an_earlier_attempt_says_nothing_of_a_later_one(kept):
    number, lost = in_doubt(kept)
    kept.sets(number, "claim = claim + 1")
    assert kept.store.settle(lost, State.SENT) is False
    assert kept.has(number, "state") == ("unknown",)


def test_what_was_found_out_is_noted_of_that_entry_alone(kept):
    _, lost = in_doubt(kept)
    (other,) = kept.puts("b", destination="342")
    kept.sets(other, "state = 'unknown', claim = NULL")
    kept.store.settle(lost, State.SENT)
    assert kept.has(other, "state") == ("unknown",)
    (unnumbered,) = kept.store.lost()
    assert unnumbered.claim == 0
    assert kept.store.settle(unnumbered, State.SENT) is True


@pytest.mark.parametrize(("state", "doubtful"), [(State.UNKNOWN, 1), (State.REJECTED, 0)])
def test_what_is_tried_again_is_due_and_nobody_s_and_remembers_its_doubts(kept, state, doubtful):
    first, second = *kept.puts("a", destination="1"), *kept.puts("b", destination="2")
    for number in (first, second):
        kept.claims()
        kept.finishes(number, state)
    kept.sets(first, "changed_at = 'epoch', not_before = clock_timestamp() + interval '1 hour'")
    assert kept.store.again([first], State.PENDING) == 0
    assert kept.store.again([first, 99], state) == 1
    assert kept.has(first) == ("pending", None, 1, doubtful, None)
    assert kept.has(first, "not_before, changed_at > now() - interval '1 hour'") == (None, True)
    assert kept.has(second, "state") == (str(state),)


def test_what_waits_and_is_made_due_keeps_its_place_its_owner_and_its_time(kept):
    (number,) = kept.puts("a")
    kept.claims()
    kept.finishes(number, State.PENDING, error=NotSentError("no"), pause=HOUR)
    (scheduled,) = kept.puts("b", destination="2", not_before=HOUR)
    assert kept.store.again([number, scheduled], State.PENDING) == 2
    assert kept.has(number, "not_before, doubtful, head") == (None, 0, True)
    assert kept.has(scheduled, "not_before = scheduled") == (True,)
    assert kept.claims(sending=False).id == number
    kept.store.again([number], State.PENDING)
    assert kept.has(number, "owner, head") == (int(kept.owner), False)


def test_what_is_settled_is_deleted_once_it_is_old_and_no_equal_one_is_open(kept):
    sent, rejected, unknown, waiting = (
        kept.puts("same" if number == 9 else f"{number}", destination=f"{number}")[0] for number in range(4)
    )
    young, equal = *kept.puts("young", destination="5"), *kept.puts("equal", destination="6")
    (opened_again,) = kept.puts("equal", destination="6")
    (elsewhere,) = kept.puts("equal", destination="7")
    (otherwise,) = kept.puts("unlike", destination="6")
    for number, state in (
        (sent, "sent"),
        (rejected, "rejected"),
        (unknown, "unknown"),
        (waiting, "pending"),
        (young, "sent"),
        (equal, "sent"),
        (opened_again, "unknown"),
        (elsewhere, "sent"),
        (otherwise, "sent"),
    ):
        age = "30 minutes" if number == young else "2 hours"
        kept.sets(number, f"state = '{state}', changed_at = clock_timestamp() - interval '{age}'")
    assert kept.store.purge(HOUR) == 4
    left = [number for (number,) in kept.does("SELECT id FROM {outbox} ORDER BY id")]
    assert left == [unknown, waiting, young, equal, opened_again]
    kept.sets(opened_again, "state = 'sent'")
    assert kept.store.purge(HOUR) == 2


# Being lost and found


def test_what_was_taken_when_the_connection_was_lost_is_put_back_first(kept, opened):
    other = opened()
    first, second = *kept.puts("a", destination="1"), *kept.puts("b", destination="2")
    (theirs,) = kept.puts("c", destination="3")
    assert [kept.claims().id, kept.claims(sending=False).id, other.claims().id] == [first, second, theirs]
    kept.cut(other)
    assert kept.claims().id == first
    assert kept.has(second, "state, owner") == ("pending", None)
    assert kept.has(theirs, "state, owner") == ("sending", int(other.owner))
    assert kept.claims().id == second
    assert kept.claims() is None


# Being told, and who may


def test_a_worker_that_waits_is_told_when_something_is_put_in(kept, opened):
    other, waited = opened(), []
    kept.store.rest(0.0, waited.append)  # begins to listen
    other.puts("a")
    kept.store.rest(HOUR, waited.append)
    assert waited == []


def test_a_worker_that_cannot_be_told_waits(kept, monkeypatch):
    waited = []
    monkeypatch.setattr(kept.store._session, "hear", lambda channel, seconds: False)
    kept.store.rest(7.0, waited.append)
    assert waited == [7.0]


def test_workers_of_a_database_share_the_rate(kept):
    assert kept.store.shares_rate is True


def test_a_store_says_where_it_is(kept, postgresql_server):
    assert str(postgresql_server.port) in kept.store.place


def test_to_close_it_ends_its_session(kept, opened):
    other = opened()
    kept.store.close()
    kept.store.close()
    kept.is_gone_for(other)
    with pytest.raises(ConfigurationError, match="closed"):
        kept.store.counts()


def test_a_role_that_was_given_nothing_may_do_nothing_and_keeps_what_it_was_given(kept, postgresql_server):
    role, schema, functions = f"role_{os.getpid()}", kept.schema, "lock_conversation('a', 'b', 'c')"
    script = kept.store._tables._script("functions.sql")
    kept.does(f"CREATE ROLE {role} LOGIN")
    try:
        kept.does(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        address = postgresql_server.url.replace("afilnet@", f"{role}@")

        def may(statement):
            with psycopg.connect(address, autocommit=True) as db:
                try:
                    db.execute(statement.encode())
                except psycopg.errors.InsufficientPrivilege:
                    return False
            return True

        def everything():
            return [may(f"SELECT count(*) FROM {schema}.outbox"), may(f"SELECT {schema}.{functions}")]

        assert everything() == [False, False]
        # What it may do elsewhere in the database says nothing of here.
        kept.does(f"CREATE SCHEMA {role}")
        kept.does(f"CREATE FUNCTION {role}.own() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        kept.does(f"GRANT EXECUTE ON FUNCTION {role}.own() TO {role}")
        with kept.store._session.whole() as db:
            db.execute(script)
        assert everything() == [False, False]
        kept.does(f"GRANT EXECUTE ON FUNCTION {schema}.ring() TO {role}")
        with kept.store._session.whole() as db:
            db.execute(script)
        assert everything() == [False, True]
    finally:
        kept.does(f"DROP OWNED BY {role}")
        kept.does(f"DROP SCHEMA IF EXISTS {role} CASCADE")
        kept.does(f"DROP ROLE {role}")
