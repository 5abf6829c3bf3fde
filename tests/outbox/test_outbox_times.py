"""When entries are sent: not before a time, not after another, in their conversation's order all the same."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from afilnet_protocols import InvalidRequestError, Outbox
from afilnet_protocols.outbox import State, worker
from afilnet_protocols.outbox.conduct import LONGEST_PAUSE
from afilnet_protocols.outbox.store import EXPIRED, HeldUp
from afilnet_protocols.outbox.worker import TRIES
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Service
from tests.time_limit import HANGS

SETTINGS = Settings(user="u", password="p", settle=5.0, timeout=8.0)

_schemas = itertools.count()


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def outbox(new_place, service):
    place, how = new_place()
    with Outbox(place, SETTINGS, make_client=lambda _: service, conduct=service.conduct(), **how) as opened:
        yield opened


def soon(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


def put(outbox, text, place="341", **more):
    return outbox.enqueue(**PLACE, destination=place, message=text, **more)


def states(outbox):
    return {entry.arguments["message"]: str(entry.state) for entry in outbox.entries()}


def take_all(outbox):
    """Take what is due, without ever waiting."""
    alive = outbox._store.worker()
    taken = []
    while entry := outbox._store.claim(alive.token, sending=True):
        taken.append(entry.arguments["message"])
        if entry.state is not State.REJECTED:
            outbox._store.finish(entry.id, alive.token, State.SENT)
    alive.close()
    return taken


def test_a_scheduled_entry_waits_and_what_was_put_in_behind_it_waits_too(outbox):
    put(outbox, "before")
    put(outbox, "scheduled", not_before=soon(3600))
    put(outbox, "behind")
    put(outbox, "elsewhere", place="342")
    assert take_all(outbox) == ["before", "elsewhere"]
    assert 3500 < outbox._store.next_due(()) <= 3600
    assert states(outbox)["behind"] == "pending"


@pytest.mark.parametrize("hours", [0.5, 2, 24 * 365])
def test_a_time_far_ahead_is_not_taken_for_a_clock_that_was_set_back(outbox, hours):
    put(outbox, "scheduled", not_before=soon(3600 * hours))
    assert take_all(outbox) == []


def test_a_scheduled_entry_is_sent_when_its_time_has_come(outbox):
    put(outbox, "scheduled", not_before=soon(-1))
    put(outbox, "behind")
    assert take_all(outbox) == ["scheduled", "behind"]


def test_trying_again_does_not_bring_a_scheduled_time_forward(outbox):
    put(outbox, "scheduled", not_before=soon(3600))
    assert outbox.retry(state="pending") == 1
    assert take_all(outbox) == []


def test_what_has_expired_is_rejected_with_the_reason_and_holds_nobody_up(outbox, service):
    put(outbox, "late", expires=soon(-1))
    put(outbox, "in time", expires=soon(3600))
    told = []
    report = outbox.run(on_progress=told.append)
    assert (report.sent, report.rejected) == (1, 1)
    assert states(outbox) == {"late": "rejected", "in time": "sent"}
    assert outbox.entries("rejected")[0].reason == EXPIRED
    assert [str(entry.state) for entry in told] == ["rejected", "sent"]
    assert service.copies() == {("341", "in time"): 1}


def test_the_times_are_told(outbox):
    early, late = soon(60).replace(microsecond=0), soon(120).replace(microsecond=0)
    put(outbox, "a", not_before=early, expires=late)
    entry = outbox.entries()[0]
    assert (entry.not_before, entry.expires) == (early, late)


FIRST, LAST = datetime.min, datetime.max
ZONES = (UTC, ZoneInfo("America/New_York"), timezone(timedelta(hours=14)), timezone(timedelta(hours=-12)))


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_the_ends_of_the_calendar_mean_at_once_and_never(outbox, zone):
    """An entry with a moment that the database cannot tell would neither be sent nor be read again."""
    put(outbox, "at once", place="1", not_before=FIRST.replace(tzinfo=zone))
    put(outbox, "before 1970", place="2", not_before=datetime(1960, 1, 1, tzinfo=zone))
    put(outbox, "in time", place="3", expires=LAST.replace(tzinfo=zone))
    put(outbox, "never", place="4", not_before=LAST.replace(tzinfo=zone))
    put(outbox, "too late", place="5", expires=FIRST.replace(tzinfo=zone))
    put(
        outbox, "long gone", place="6", not_before=FIRST.replace(tzinfo=zone), expires=datetime(1960, 1, 1, tzinfo=zone)
    )
    assert take_all(outbox) == ["at once", "before 1970", "in time", "too late", "long gone"]
    assert states(outbox)["never"] == "pending"
    assert [str(entry.state) for entry in outbox.entries("rejected")] == ["rejected"] * 2
    for entry in outbox.entries():
        assert entry.expires is None or entry.expires.tzinfo is UTC


def test_sabotage_moments_that_are_kept_as_they_are_given_are_noticed(monkeypatch, tmp_path, service):
    monkeypatch.setattr("afilnet_protocols.outbox.checks._kept", lambda moment: moment)
    conduct = service.conduct()
    with (
        Outbox(tmp_path / "app.db", SETTINGS, make_client=lambda _: service, conduct=conduct) as outbox,
        pytest.raises((AssertionError, ValueError)),
    ):
        test_the_ends_of_the_calendar_mean_at_once_and_never(outbox, UTC)


@pytest.mark.parametrize(
    "times",
    [
        {"not_before": datetime(2030, 1, 1)},
        {"expires": datetime(2030, 1, 1)},
        {"expires": "2030-01-01"},
        {"not_before": datetime(2030, 1, 2, tzinfo=UTC), "expires": datetime(2030, 1, 1, tzinfo=UTC)},
    ],
)
def test_times_that_cannot_be_meant_are_refused(outbox, times):
    with pytest.raises(InvalidRequestError):
        put(outbox, "a", **times)
    assert outbox.entries() == []


# One entry of many


def test_sending_one_entry_sends_what_is_before_it_in_its_conversation_and_nothing_else(outbox, service):
    put(outbox, "a")
    put(outbox, "elsewhere", place="342")
    number = put(outbox, "b")
    put(outbox, "c")
    assert outbox.send(number).state is State.SENT
    assert states(outbox) == {"a": "sent", "b": "sent", "c": "pending", "elsewhere": "pending"}
    assert outbox.send(number).state is State.SENT
    assert service.copies()[("341", "b")] == 1
    with pytest.raises(InvalidRequestError):
        outbox.send(99)


def test_sending_one_that_may_not_be_sent_yet_leaves_it(outbox):
    put(outbox, "scheduled", not_before=soon(3600))
    assert outbox.send(put(outbox, "behind")).state is State.PENDING


def told_meanwhile(new_place, service, held_up):
    """Tell a worker of the second entry of a conversation while another one is sending the first; return its state."""
    place, how = new_place()
    how = {**how, "make_client": lambda _: service}
    with (
        Outbox(place, SETTINGS, **how) as outbox,
        Outbox(place, SETTINGS, **how) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        first, second = put(outbox, "a"), put(outbox, "b")
        send, looked, told = service.send_message, threading.Event(), []

        def looks(number):
            found = held_up(other._store, number)
            if found:
                looked.set()
            return found

        def meanwhile(**given):
            if given["message"] == "a":
                told.append(pool.submit(other.send, second))
                while not looked.wait(0.01) and not told[0].done():
                    pass
            send(**given)

        other._store.held_up = looks
        service.send_message = meanwhile
        assert outbox.send(first).state is State.SENT
        return told[0].result().state


def test_what_another_worker_has_in_hand_is_waited_for(new_place, service):
    assert told_meanwhile(new_place, service, lambda store, number: type(store).held_up(store, number)) is State.SENT
    assert service.messages["341"] == [("a", True), ("b", True)]


def test_a_worker_that_left_it_would_leave_an_entry_that_it_was_told_of(new_place, service):
    assert told_meanwhile(new_place, service, lambda *_: None) is State.PENDING


def test_what_is_never_done_is_not_waited_for_for_ever(outbox, service):
    put(outbox, "a")
    number = put(outbox, "b")
    alive = outbox._store.worker()
    assert outbox._store.claim(alive.token, sending=True).arguments["message"] == "a"
    began = service.now
    assert outbox.send(number).state is State.PENDING
    assert SETTINGS.timeout <= service.now - began < SETTINGS.timeout + 1
    assert outbox.send(number, until=lambda: True).state is State.PENDING
    alive.close()


def passed_over(outbox, times):
    """Let the store's next claims find nothing, so many of them, as where another worker looks at what is due."""
    claim, left = outbox._store.claim, [times]

    def claims(*given, **how):
        left[0] -= 1
        return None if left[0] >= 0 else claim(*given, **how)

    outbox._store.claim = claims


@pytest.mark.parametrize("times", [1, 2, 3, 20])
def test_what_was_passed_over_while_another_worker_looked_at_it_is_tried_again(outbox, times):
    put(outbox, "a")
    number = put(outbox, "b")
    passed_over(outbox, times)
    assert outbox.send(number).state is State.SENT


def test_a_worker_that_takes_nothing_to_send_for_nothing_due_would_leave_an_entry(outbox):
    number = put(outbox, "a")
    passed_over(outbox, 1)
    looks = outbox._store.held_up
    outbox._store.held_up = lambda number: found if (found := looks(number)) is HeldUp.IN_HAND else None
    assert outbox.send(number).state is State.PENDING


def test_what_is_passed_over_for_ever_is_left_after_the_timeout(outbox, service):
    number = put(outbox, "a")
    passed_over(outbox, 10**6)
    began = service.now
    assert outbox.send(number).state is State.PENDING
    assert SETTINGS.timeout <= service.now - began < SETTINGS.timeout + 1


def test_what_another_session_is_claiming_is_waited_for(postgresql_server, service):
    import psycopg

    schema = f"locked_{next(_schemas)}"

    def wait(seconds):
        service.wait(seconds)
        other.rollback()

    conduct = replace(service.conduct(), wait=wait)
    with (
        Outbox(
            postgresql_server.url, SETTINGS, schema=schema, make_client=lambda _: service, conduct=conduct
        ) as outbox,
        psycopg.connect(postgresql_server.url) as other,
    ):
        number = put(outbox, "a")
        other.execute(f"SELECT {schema}.claim(pg_backend_pid(), 1, true, '{{}}', '', 0, NULL)")
        assert outbox.send(number).state is State.SENT


def test_what_does_not_get_through_is_tried_as_often_as_in_a_run_and_not_again(outbox, service):
    number = put(outbox, "a")
    service.fates = [("unreached", 0.0)] * 100
    assert outbox.send(number).state is State.PENDING
    assert len(service.fates) == 100 - TRIES


# Waiting for work


def test_a_run_that_waits_sends_what_comes_until_it_is_stopped(new_place, service):
    place, how = new_place()
    with (
        Outbox(place, SETTINGS, make_client=lambda _: service, **how) as outbox,
        Outbox(place, SETTINGS, make_client=lambda _: service, **how) as other,
    ):
        sent, reports = threading.Event(), []
        thread = threading.Thread(
            target=lambda: reports.append(outbox.run(wait=True, on_progress=lambda _: sent.set()))
        )
        thread.start()
        try:
            put(other, "a")
            assert sent.wait(HANGS)
        finally:
            outbox.stop()
            thread.join(HANGS)
        assert reports[0].sent == 1
        assert reports[0].stopped


def test_a_run_that_is_to_stop_finishes_what_it_has_in_hand(outbox):
    for text in "abc":
        put(outbox, text)
    report = outbox.run(on_progress=lambda _: outbox.stop())
    assert (report.sent, report.remaining) == (1, 2)
    assert states(outbox) == {"a": "sent", "b": "pending", "c": "pending"}


# Deleting what is settled


def test_what_was_settled_long_ago_is_deleted_and_what_is_open_stays(outbox, service):
    for text in "ab":
        put(outbox, text, key=text)
    outbox.run()
    put(outbox, "open", not_before=soon(3600))
    assert outbox.purge(older_than=3600) == 0
    assert outbox.purge(older_than=-0.0) == 2
    assert states(outbox) == {"open": "pending"}
    with pytest.raises(InvalidRequestError):
        outbox.purge(older_than=-1)


def test_what_counts_for_a_message_in_doubt_is_not_deleted(outbox, service):
    """What was settled within the same millisecond is zero seconds old, which is as old as was asked for."""
    service.fates = [("dropped", 0.0)]
    put(outbox, "hola")
    put(outbox, "hola")
    put(outbox, "adiós")
    outbox.run()
    assert outbox.purge(older_than=0) == 1
    assert [entry.state for entry in outbox.entries()] == [State.UNKNOWN, State.SENT]


# How quickly, and how often


def test_what_a_worker_that_is_gone_had_in_hand_is_seen_to_before_anything_is_sent(outbox):
    put(outbox, "in hand")
    put(outbox, "waiting", place="342")
    gone = outbox._store.worker()
    outbox._store.claim(gone.token, sending=True)
    gone.close()
    assert outbox.run(limit=0).recovered == 1
    assert states(outbox) == {"in hand": "unknown", "waiting": "pending"}


def test_a_worker_with_much_to_do_looks_out_for_what_others_had_in_hand_all_the_same(outbox, service):
    for number in range(6):
        put(outbox, f"{number}", place=f"34{number}")

    def one_is_gone(entry):
        if entry.arguments["message"] == "0" and entry.state is State.SENT:
            gone = outbox._store.worker()
            outbox._store.claim(gone.token, sending=True)
            gone.close()
            service.now += worker.LOOKING_OUT

    report = outbox.run(limit=3, on_progress=one_is_gone)
    assert (report.sent, report.recovered) == (3, 1)


def test_without_a_rate_nothing_is_waited_for(outbox, service):
    for number in range(5):
        put(outbox, f"{number}", place=f"34{number}")
    begun = service.now
    assert outbox.run().sent == 5
    assert service.now == begun


def test_a_worker_with_much_to_do_looks_out_no_more_often_than_it_says(outbox, monkeypatch):
    looked, look = [], worker.recover
    monkeypatch.setattr(worker, "recover", lambda *given: looked.append(1) or look(*given))
    for number in range(5):
        put(outbox, f"{number}", place=f"34{number}")
    assert outbox.run(on_progress=lambda _: None).sent == 5
    assert len(looked) == 2, "at the beginning, and when nothing was left"


def test_a_run_that_waits_leaves_a_service_that_is_down_alone_for_a_while(outbox, service):
    for number in range(worker.PATIENCE):
        put(outbox, f"{number}", place=f"34{number}")
    service.fates = [("unreached", 0.0)] * 100
    times = []

    def told(_):
        times.append(service.now)
        if len(times) > worker.PATIENCE:
            outbox.stop()

    outbox.run(wait=True, on_progress=told)
    assert len(times) == worker.PATIENCE + 1
    assert times[-1] - times[-2] >= LONGEST_PAUSE


def test_nobody_waits_longer_than_a_rate_asks_whoever_keeps_it(new_place, service):
    waits = []
    conduct = replace(service.conduct(), wait=lambda seconds: (waits.append(seconds), service.wait(seconds)))
    place, how = new_place()
    with Outbox(place, SETTINGS, make_client=lambda _: service, conduct=conduct, **how) as outbox:
        for number in range(3):
            put(outbox, f"{number}", place=f"34{number}")
        assert outbox.run(rate=100).sent == 3
    assert max(waits, default=0.0) < 0.5


def test_an_entry_is_tried_as_often_and_a_run_goes_on_as_long_as_the_documentation_says():
    assert (worker.TRIES, worker.PATIENCE) == (5, 8)
