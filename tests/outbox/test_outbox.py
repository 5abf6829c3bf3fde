"""An outbox: its states, its file, its order, and who may work on it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import threading

import pytest

from afilnet_protocols import (
    AuthenticationError,
    ConfigurationError,
    Finding,
    InvalidFileUrlError,
    InvalidRequestError,
    Outbox,
    PartialList,
    RateLimitedError,
    SkippedRecord,
    UnsupportedTextError,
)
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.sqlite.schema import SCHEMA_VERSION
from afilnet_protocols.outbox.sqlite.worker_lock import WorkerLock, is_gone, sweep
from afilnet_protocols.outbox.worker import PATIENCE, TRIES
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Killed, Service


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def opened(tmp_path, service):
    made = []

    def open_it(delivery="at_most_once", path=tmp_path / "outbox.db"):
        settings = Settings(user="u", password="p", delivery=delivery, settle=5.0)
        made.append(Outbox(path, settings, make_client=lambda _: service, conduct=service.conduct()))
        return made[-1]

    yield open_it
    for outbox in made:
        outbox.close()


def put(outbox, *texts, place="341", **more):
    return [outbox.enqueue(**PLACE, destination=place, message=text, **more) for text in texts]


def states(outbox):
    return [entry.state for entry in outbox.entries()]


# The states


@pytest.mark.parametrize(
    ("fate", "delivery", "state"),
    [
        ("done", "at_most_once", State.SENT),
        ("refused", "at_most_once", State.REJECTED),
        ("dropped", "at_most_once", State.UNKNOWN),
        ("lost", "at_most_once", State.UNKNOWN),
        ("lost", "reconcile", State.SENT),
        ("dropped", "reconcile", State.UNKNOWN),
        ("dropped", "at_least_once", State.SENT),
        ("unreached", "at_most_once", State.SENT),
    ],
)
def test_an_entry_ends_in_the_state_that_its_outcome_demands(opened, service, fate, delivery, state):
    outbox = opened(delivery)
    put(outbox, "hola")
    service.fates = [(fate, 0.0)]
    outbox.run()
    assert states(outbox) == [state]
    assert service.copies()[("341", "hola")] == (fate in ("done", "lost") or state is State.SENT)


def test_an_entry_is_on_disk_as_being_sent_before_the_first_byte_leaves(opened, service, tmp_path):
    outbox, seen = opened(), []
    put(outbox, "hola")

    def look(**_):
        with sqlite3.connect(tmp_path / "outbox.db") as other:
            seen.extend(other.execute("SELECT state, attempts FROM afilnet_outbox").fetchall())
        other.close()

    service.send_message = look
    outbox.run()
    assert seen == [("sending", 1)]
    assert outbox._store._db.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.parametrize("delivery", ["at_most_once", "reconcile", "at_least_once"])
@pytest.mark.parametrize("fate", ["killed", "killed before"])
def test_a_worker_that_ends_in_the_middle_leaves_what_the_next_one_may_know(
    opened, service, monkeypatch, fate, delivery
):
    outbox = opened(delivery)
    put(outbox, "hola")
    put(outbox, "adiós", place="342")
    service.fates = [(fate, 0.0)]
    with monkeypatch.context() as patched:
        # A process that is killed notes nothing more.
        patched.setattr("afilnet_protocols.outbox.worker.Worker._note", lambda *_: None)
        with pytest.raises(Killed):
            outbox.run()
    assert states(outbox) == [State.SENDING, State.PENDING]
    outbox.close()
    report = opened(delivery).run()
    assert report.recovered == 1
    arrived = service.copies()
    if delivery == "at_least_once":
        assert arrived[("341", "hola")] == (2 if fate == "killed" else 1)
        assert states(opened()) == [State.SENT, State.SENT]
    else:
        assert arrived[("341", "hola")] == (1 if fate == "killed" else 0)
        found = delivery == "reconcile" and fate == "killed"
        assert states(opened()) == [State.SENT if found else State.UNKNOWN, State.SENT]
    assert arrived[("342", "adiós")] == 1


def test_an_interruption_leaves_the_entry_in_doubt_and_the_others_untouched(opened, service):
    outbox = opened()
    put(outbox, "a", "b")

    def interrupted(**_):
        raise KeyboardInterrupt

    service.send_message = interrupted
    with pytest.raises(KeyboardInterrupt):
        outbox.run()
    assert states(outbox) == [State.UNKNOWN, State.PENDING]


@pytest.mark.parametrize(
    "error", [AuthenticationError("INCORRECT_USER_PASSWORD"), ConfigurationError("the client is closed")]
)
def test_wrong_settings_end_the_run_and_nothing_is_lost(opened, service, error):
    outbox = opened()
    put(outbox, "a", "b")

    def refuse(**_):
        raise error

    right, service.send_message = service.send_message, refuse
    with pytest.raises(type(error)):
        outbox.run()
    assert states(outbox) == [State.PENDING, State.PENDING]
    service.send_message = right
    assert outbox.run().sent == 2


def test_a_service_that_is_down_ends_the_run_and_what_is_left_stays(opened, service):
    outbox = opened()
    for number in range(20):
        put(outbox, "hola", place=f"34{number}")
    service.fates = [("unreached", 0.0)] * 1000
    report = outbox.run()
    assert (report.not_sent, report.remaining) == (PATIENCE, 20)
    assert report.stopped


def test_an_entry_that_never_gets_through_does_not_keep_a_run_from_ending(opened, service):
    outbox = opened()
    put(outbox, "hola")
    service.fates = [("unreached", 0.0)] * 1000
    assert outbox.run().not_sent == TRIES
    assert states(outbox) == [State.PENDING]


def test_the_service_s_wish_to_wait_is_obeyed(opened, service, monkeypatch):
    outbox, begun = opened(), service.now
    monkeypatch.setattr("time.time", lambda: service.now)
    put(outbox, "hola")
    answers = [RateLimitedError("HTTP_429", retry_after=90.0)]
    right = service.send_message

    def send(**given):
        if answers:
            raise answers.pop()
        right(**given)

    service.send_message = send
    assert outbox.run().sent == 1
    assert service.now - begun >= 90


def test_a_rate_and_a_limit_hold(opened, service):
    outbox, begun = opened(), service.now
    put(outbox, *"abcdefghijk")
    assert outbox.run(rate=2.0, limit=9).sent == 9
    assert service.now - begun == pytest.approx(4.0)
    assert outbox.status()[State.PENDING] == 2


def test_progress_is_told_of_every_entry(opened, service):
    outbox, told = opened(), []
    put(outbox, "a", "b")
    service.fates = [("dropped", 0.0)]
    outbox.run(on_progress=told.append)
    assert [entry.state for entry in told] == [State.UNKNOWN, State.SENT]
    assert "hola" not in repr(told)


# The order


def test_a_conversation_is_in_order_and_one_that_is_refused_or_in_doubt_holds_nobody_up(opened, service):
    outbox = opened()
    put(outbox, "a", "b", "c", "d")
    service.fates = [("unreached", 0.0), ("dropped", 0.0), ("refused", 0.0)]
    outbox.run()
    assert states(outbox) == [State.UNKNOWN, State.REJECTED, State.SENT, State.SENT]
    assert [text for text, _ in service.messages["341"]] == ["c", "d"]


def test_an_entry_that_rests_holds_up_its_own_conversation_only(opened, service):
    outbox = opened()
    put(outbox, "a", "b")
    put(outbox, "c", place="342")
    service.conduct()
    outbox._conduct = service.conduct().__class__(clock=lambda: service.now, wait=service.wait, chance=lambda: 1.0)
    service.fates = [("unreached", 0.0)]
    assert outbox.run(limit=2).sent == 1
    assert states(outbox) == [State.PENDING, State.PENDING, State.SENT]


# Reading back


def test_equal_entries_are_not_taken_for_one_another(opened, service):
    outbox = opened("reconcile")
    put(outbox, "hola", "hola", "hola")
    service.fates = [("dropped", 0.0), ("done", 0.0), ("lost", 0.0)]
    outbox.run()
    assert states(outbox)[:2] == [State.UNKNOWN, State.SENT]
    assert service.copies()[("341", "hola")] == 2
    assert sum(state is State.SENT for state in states(outbox)) <= 2


def test_a_message_that_was_not_counted_before_is_only_possibly_the_one(opened, service):
    outbox = opened()
    put(outbox, "hola", "adiós")
    service.write("341", "hola")
    service.fates = [("dropped", 0.0), ("dropped", 0.0)]
    outbox.run()
    assert outbox.reconcile() == {1: Finding.POSSIBLY_DELIVERED, 2: Finding.ABSENT}
    assert states(outbox) == [State.UNKNOWN, State.UNKNOWN]
    outbox.reconcile(resend_absent=True)
    assert states(outbox) == [State.UNKNOWN, State.PENDING]


def test_a_baseline_that_cannot_be_read_means_not_sent(opened, service):
    from afilnet_protocols import OutcomeUnknownError

    outbox = opened("reconcile")
    put(outbox, "hola")

    def unreadable(**_):
        raise OutcomeUnknownError("the answer was lost")

    service.get_messages = unreadable
    assert outbox.run().not_sent == TRIES
    assert states(outbox) == [State.PENDING]
    assert service.copies() == {}


def test_trying_again_what_may_have_arrived_needs_consent(opened, service):
    outbox = opened()
    put(outbox, "hola")
    service.fates = [("lost", 0.0)]
    outbox.run()
    with pytest.raises(InvalidRequestError, match="duplicates"):
        outbox.retry(state="unknown")
    with pytest.raises(InvalidRequestError, match="only pending and unknown"):
        outbox.retry(state="sent")
    assert outbox.retry(1, state="unknown", accept_duplicates=True) == 1
    outbox.run()
    assert service.copies()[("341", "hola")] == 2


# Putting in


def test_the_same_entry_under_the_same_key_is_there_once(opened):
    outbox = opened()
    first, again = put(outbox, "hola", "hola", key="a")
    assert first == again
    with pytest.raises(InvalidRequestError, match="another entry"):
        put(outbox, "adiós", key="a")
    assert len(outbox.entries()) == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"message": ""}, InvalidRequestError),
        ({"message": "\x00"}, UnsupportedTextError),
        ({"platform": "WhatsApp"}, InvalidRequestError),
        ({"destination": 34}, InvalidRequestError),
        ({"key": ""}, InvalidRequestError),
        ({"key": "a\nb"}, InvalidRequestError),
    ],
)
def test_what_no_call_could_send_is_refused_at_once(opened, arguments, error):
    with pytest.raises(error):
        opened().enqueue(**{**PLACE, "destination": "341", "message": "hola", **arguments})


def test_a_file_is_queued_under_the_rules_of_files(opened, service):
    outbox = opened()
    with pytest.raises(InvalidFileUrlError):
        outbox.enqueue_file(**PLACE, destination="341", file_type="image", file_url="http://10.0.0.1/a")
    outbox.enqueue_file(**PLACE, destination="341", file_type="image", file_url="https://www.example.com/a.jpg")
    sent = []
    service.send_file = lambda **given: sent.append(given)
    assert outbox.run().sent == 1
    assert sent == [{**PLACE, "destination": "341", "file_type": "image", "file_url": "https://www.example.com/a.jpg"}]


@pytest.mark.parametrize("commits", [True, False])
def test_an_entry_shares_the_transaction_of_the_application(opened, tmp_path, commits):
    outbox = opened()
    with sqlite3.connect(tmp_path / "outbox.db") as own:
        own.execute("CREATE TABLE orders (id)")
    own.execute("INSERT INTO orders VALUES (1)")
    put(outbox, "hola", connection=own)
    assert outbox.entries() == []
    own.commit() if commits else own.rollback()
    orders = own.execute("SELECT count(*) FROM orders").fetchone()[0]
    own.close()
    assert len(outbox.entries()) == orders == int(commits)


def test_a_connection_to_another_database_is_refused(opened, tmp_path):
    for place in (":memory:", str(tmp_path / "other.db")):
        other = sqlite3.connect(place)
        with pytest.raises(ConfigurationError, match="not the outbox"):
            put(opened(), "hola", connection=other)
        other.close()


def test_an_outbox_lives_in_the_application_s_database_and_leaves_the_rest_alone(opened, tmp_path):
    path = tmp_path / "app.db"
    with sqlite3.connect(path) as own:
        own.execute("CREATE TABLE orders (id)")
        own.execute("PRAGMA user_version = 7")
    path.chmod(0o600)
    put(opened(path=path), "hola")
    assert own.execute("PRAGMA user_version").fetchone() == (7,)
    assert own.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    own.close()


# The file


def test_the_file_and_what_stands_beside_it_are_the_owner_s_alone(opened, service, tmp_path):
    outbox, modes = opened(), []
    put(outbox, "hola")
    outbox.run(on_progress=lambda _: modes.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()))
    assert len(modes) == 4
    assert set(modes) == {0o600}
    assert not list(tmp_path.glob("*-worker-*"))


def _open_to_all(path):
    Outbox(path).close()
    path.chmod(0o644)


def _no_database(path):
    path.write_text("this is not a database, but long enough to be looked at as if it were one " * 20)
    path.chmod(0o600)


def _newer(path):
    Outbox(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE afilnet_outbox_schema SET version = {SCHEMA_VERSION + 1}")
    db.close()


def _folder(path):
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_open_to_all, "chmod 600"),
        (_no_database, "not an SQLite database"),
        (_newer, "use the version"),
        (_folder, "not a regular file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(tmp_path, damage, says):
    path = tmp_path / "outbox.db"
    damage(path)
    with pytest.raises(ConfigurationError, match=says) as caught:
        Outbox(path)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("path", ["", ":memory:", "file:x?mode=memory", "/nowhere/at/all/outbox.db"])
def test_a_place_that_is_no_file_is_refused(path):
    with pytest.raises(ConfigurationError):
        Outbox(path)


def test_a_file_that_is_locked_for_long_is_said_to_be(opened, tmp_path):
    outbox = opened()
    outbox._store._db.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ConfigurationError, match="locked") as caught:
        put(outbox, "hola")
    assert caught.value.__context__ is None
    other.close()


def test_a_full_disk_after_the_send_is_told_as_an_unknown_outcome_and_is_one(opened, service):
    outbox = opened()
    put(outbox, "hola")
    right = service.send_message

    def fill_up(**given):
        right(**given)
        outbox._store._db.execute("PRAGMA busy_timeout = 1")
        outbox._store._db.execute("PRAGMA query_only = ON")

    service.send_message = fill_up
    with pytest.raises(ConfigurationError, match="sent now, but that cannot be noted") as caught:
        outbox.run()
    assert caught.value.delivery == "unknown"
    outbox.close()
    assert opened().run().unknown == 1


def test_a_closed_outbox_says_so_and_closing_twice_is_nothing(opened, service):
    outbox = opened()
    outbox.run()
    outbox.close()
    outbox.close()
    assert service.closed
    with pytest.raises(ConfigurationError, match="closed"):
        outbox.status()


# Who works on it


def test_one_thread_at_a_time_runs_and_others_may_put_in(opened, service):
    outbox, found = opened(), []
    put(outbox, "a")

    def other():
        try:
            outbox.run()
        except ConfigurationError as error:
            found.append(str(error))
        put(outbox, "b", place="342")

    def busy(_):
        if not found:
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()

    assert outbox.run(on_progress=busy).sent == 2
    assert "another thread" in found[0]


def test_what_a_live_worker_has_in_hand_is_left_to_it(opened, service, tmp_path):
    outbox, seen = opened(), []
    put(outbox, "a", "b")
    second = opened()

    def meanwhile(**_):
        if not seen:
            seen.append(second.run())

    service.send_message = meanwhile
    assert outbox.run().sent == 2
    assert (seen[0].sent, seen[0].recovered, seen[0].remaining) == (0, 0, 2)


def test_a_presence_ends_with_its_process_and_not_before(tmp_path):
    place = tmp_path / "outbox.db"
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    other = context.Process(target=_be_present, args=(place, there))
    other.start()
    token = here.recv()
    sweep(place)
    assert not is_gone(place, token)
    other.kill()
    other.join()
    assert is_gone(place, token)
    assert list(tmp_path.iterdir()) == []
    other.close()


def _be_present(place, pipe):
    presence = WorkerLock(place)
    pipe.send(presence.token)
    threading.Event().wait(60)


def test_a_forked_child_does_not_keep_its_parent_alive(tmp_path):
    place = tmp_path / "outbox.db"
    presence = WorkerLock(place)
    presence.after_fork()
    assert is_gone(place, presence.token)


def test_a_parent_s_outbox_is_refused_in_a_child(opened, monkeypatch):
    outbox = opened()
    number = os.getpid()
    monkeypatch.setattr("os.getpid", lambda: number + 1)
    with pytest.raises(ConfigurationError, match="parent process"):
        outbox.status()
    monkeypatch.undo()


def test_a_worker_that_was_taken_for_gone_still_notes_the_truth(opened, service, tmp_path):
    outbox = opened()
    put(outbox, "hola")
    right = service.send_message

    def slow(**given):
        for path in tmp_path.glob("*-worker-*"):
            path.unlink()
        assert opened().run().recovered == 1
        assert states(outbox) == [State.UNKNOWN]
        right(**given)

    service.send_message = slow
    outbox.run()
    assert states(outbox) == [State.SENT]
    assert service.copies()[("341", "hola")] == 1


# Records that the service's client left out


def skip_one(service, record):
    """Let the service's client leave a record out of every conversation, as ``odd_records = "skip"`` permits."""
    whole = service.get_messages

    def get_messages(**place):
        service.messages.setdefault(place["destination"], [])
        return PartialList(whole(**place), [record])

    service.get_messages = get_messages


ODD = {"number": 2, "place": "result.list[1]", "why": "its field 'datetime' is null"}


@pytest.mark.parametrize(
    ("known", "finding"),
    [
        ({}, Finding.UNDECIDED),
        ({"message": "hola", "sent": True}, Finding.UNDECIDED),
        ({"message": "hola"}, Finding.UNDECIDED),
        ({"message": "hola", "sent": False}, Finding.ABSENT),
        ({"message": "another", "sent": True}, Finding.ABSENT),
    ],
)
def test_an_entry_is_not_absent_while_a_record_that_was_left_out_may_be_it(opened, service, known, finding):
    skip_one(service, SkippedRecord(**ODD, **known))
    service.fates = [("dropped", 0.0)]
    outbox = opened()
    put(outbox, "hola")
    outbox.run()
    assert outbox.reconcile(resend_absent=True) == {1: finding}
    assert states(outbox) == [State.PENDING if finding is Finding.ABSENT else State.UNKNOWN]


def test_an_entry_that_is_sent_again_over_a_record_left_out_would_be_found_out(opened, service, monkeypatch):
    monkeypatch.setattr(SkippedRecord, "may_be", lambda *_: False)
    with pytest.raises(AssertionError):
        test_an_entry_is_not_absent_while_a_record_that_was_left_out_may_be_it(opened, service, {}, Finding.UNDECIDED)
