"""An outbox in an SQLite file: the file itself, who may read it, and the application's own database."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from unittest import mock

import pytest

from afilnet_protocols import (
    ConfigurationError,
    InvalidRequestError,
    NotSentError,
    Outbox,
    OutcomeUnknownError,
    RateLimitedError,
)
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.sqlite import file, inherited, one_name, putting, reading, transactions
from afilnet_protocols.outbox.sqlite.schema import SCHEMA_VERSION
from afilnet_protocols.outbox.store import HeldUp
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Service
from tests.time_limit import HANGS


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

    def close():
        while made:
            made.pop().close()

    open_it.close = close
    yield open_it
    close()


def put(outbox, *texts, place="341", **more):
    return [outbox.enqueue(**PLACE, destination=place, message=text, **more) for text in texts]


def states(outbox):
    return [entry.state for entry in outbox.entries()]


def _open_to_all(path):
    Outbox(path).close()
    path.chmod(0o644)


def _no_database(path):
    path.write_text("this is not a database, but long enough to be looked at as if it were one " * 20)
    path.chmod(0o600)


def _an_empty_line(path):
    path.write_bytes(b"\n")
    path.chmod(0o600)


def _a_list_of_people(path):
    path.write_text("destination,message\n34600000000,hola\n")
    path.chmod(0o644)


def _newer(path):
    Outbox(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE afilnet_outbox_schema SET version = {SCHEMA_VERSION + 1}")
    db.close()


def _folder(path):
    path.mkdir()


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


def dictionary(cursor, row):
    """As the documentation of sqlite3 has it."""
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


SET_UP = {
    "rows by name": ("row_factory", sqlite3.Row),
    "dictionaries": ("row_factory", dictionary),
    "first values": ("row_factory", lambda _, row: row[0]),
    "bytes": ("text_factory", bytes),
}


def shared_with_an_application(opened, path, what) -> None:
    """Put an entry in twice, and another one under its key, on a connection that an application has set up."""
    name, value = SET_UP[what]
    outbox, own = opened(), sqlite3.connect(path)
    setattr(own, name, value)
    try:
        (number,), (again,) = (put(outbox, "hola", key="k", connection=own) for _ in range(2))
        with pytest.raises(InvalidRequestError, match="another entry of the key"):
            put(outbox, "adiós", key="k", connection=own)
        own.commit()
        assert (number, again, getattr(own, name)) == (1, 1, value)
        assert [entry.key for entry in outbox.entries()] == ["k"]
    finally:
        own.close()


@pytest.mark.parametrize("what", SET_UP)
def test_an_application_s_connection_may_give_rows_and_texts_as_it_likes(opened, tmp_path, what):
    shared_with_an_application(opened, tmp_path / "outbox.db", what)


@pytest.mark.parametrize("what", [what for what in SET_UP if what != "rows by name"])
def test_sabotage_a_file_that_takes_a_connection_as_it_comes_is_found(opened, tmp_path, what, monkeypatch):
    monkeypatch.setattr(putting, "plainly", lambda _: contextlib.nullcontext())
    with pytest.raises((KeyError, TypeError, ConfigurationError)):
        shared_with_an_application(opened, tmp_path / "outbox.db", what)


@pytest.mark.parametrize("how", ["removed", "renamed", "replaced"])
def test_a_file_that_is_no_longer_at_its_place_takes_nothing_that_nobody_would_find(opened, service, tmp_path, how):
    outbox, path = opened(), tmp_path / "outbox.db"
    put(outbox, "hola")
    if how == "removed":
        path.unlink()
    else:
        path.rename(tmp_path / "kept.db")
    if how == "replaced":
        opened()
    for use in (lambda: put(outbox, "adiós"), outbox.run, outbox.status, lambda: outbox.purge(older_than=0.0)):
        with pytest.raises(ConfigurationError, match="removed or replaced"):
            use()
    assert not service.messages
    if how == "replaced":
        put(opened(), "goes on")


def looked_at_by_another(path):
    """Have another process open a file and close it, as it may at any time; return whether its log is still there."""
    look = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT * FROM afilnet_outbox'); db.close()"
    )
    subprocess.run([sys.executable, "-IS", "-c", look, str(path)], check=True, timeout=HANGS)
    return file.log_of(path).exists()


def test_who_opens_a_file_leaves_the_locks_to_those_who_have_it_open_in_the_same_process(opened, tmp_path):
    path = tmp_path / "outbox.db"
    first = opened()
    put(first, "hola")
    opened().close()  # an inbox opens its file three times by itself
    assert looked_at_by_another(path)
    put(first, "adiós")
    assert len(opened().entries()) == 2


def test_sabotage_what_is_read_beside_sqlite_gives_up_its_locks_and_the_log_that_goes_is_told(opened, tmp_path):
    path = tmp_path / "outbox.db"
    first = opened()
    put(first, "hola")
    path.read_bytes()
    assert not looked_at_by_another(path)
    with pytest.raises(ConfigurationError, match="its log, was removed"):
        put(first, "adiós")


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_log_that_is_no_longer_at_its_place_takes_nothing_that_nobody_would_find(opened, tmp_path, how):
    outbox, log = opened(), file.log_of(tmp_path / "outbox.db")
    put(outbox, "hola")
    log.unlink()
    if how == "replaced":
        log.touch()
    with pytest.raises(ConfigurationError, match="its log, was removed or replaced"):
        put(outbox, "adiós")


def test_a_database_may_begin_to_have_a_log_while_it_is_open(opened, tmp_path):
    path = tmp_path / "app.db"
    with contextlib.closing(sqlite3.connect(path)) as own:
        own.execute("CREATE TABLE orders (id)")
        path.chmod(0o600)
        outbox = opened(path=path)
        put(outbox, "hola")
        own.execute("PRAGMA journal_mode = WAL")
        put(outbox, "adiós")
        own.execute("SELECT 1 FROM orders")
        assert file.log_of(path).exists()
        assert len(outbox.entries()) == 2


def test_what_was_sent_when_the_file_went_is_told_as_unknown(opened, service, tmp_path):
    outbox = opened()
    put(outbox, "hola")
    service.send_message = lambda **_: (tmp_path / "outbox.db").unlink()
    with pytest.raises(ConfigurationError, match="removed or replaced") as raised:
        outbox.run()
    assert raised.value.delivery == "unknown"


def test_sabotage_a_file_that_is_not_looked_for_is_written_in_vain(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(transactions, "identity", lambda _: None)
    outbox = opened()
    (tmp_path / "outbox.db").unlink()
    assert put(outbox, "hola") == [1]
    assert opened().entries() == []


def sent_by_two_names(opened, service, tmp_path):
    """Have one worker send a message while another one, under another name, looks for what to send."""
    path = tmp_path / "outbox.db"
    with sqlite3.connect(path) as own:
        own.execute("CREATE TABLE orders (id)")  # without a log: one process can open one with a log by one name only
    own.close()
    path.chmod(0o600)
    put(opened(), "hola")
    opened.close()
    other, right = tmp_path / "elsewhere" / "outbox.db", service.send_message
    other.parent.mkdir()
    other.hardlink_to(path)
    one, two = opened("at_least_once"), opened("at_least_once", path=other)

    def meanwhile(**given):
        service.send_message = right
        right(**given)
        two.run()

    service.send_message = meanwhile
    one.run()


def test_nobody_works_under_a_name_beside_which_others_keep_nothing(opened, service, tmp_path):
    with pytest.raises(ConfigurationError, match="second name"):
        sent_by_two_names(opened, service, tmp_path)
    assert not service.messages


def test_sabotage_a_file_under_two_names_has_its_messages_sent_twice(opened, service, tmp_path, monkeypatch):
    monkeypatch.setattr(file, "other_name", lambda *_: "")
    sent_by_two_names(opened, service, tmp_path)
    assert service.copies()[("341", "hola")] == 2


def test_a_file_that_is_mounted_by_itself_is_refused(tmp_path, monkeypatch):
    Outbox(tmp_path / "outbox.db").close()
    monkeypatch.setattr(one_name, "is_mounted", lambda path: path == tmp_path / "outbox.db")
    with pytest.raises(ConfigurationError, match="mount the folder that it is in"):
        Outbox(tmp_path / "outbox.db")


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


def test_the_file_and_what_stands_beside_it_are_the_owner_s_alone(opened, service, tmp_path):
    outbox, modes = opened(), []
    put(outbox, "hola")
    outbox.run(on_progress=lambda _: modes.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()))
    assert len(modes) == 4
    assert set(modes) == {0o600}
    assert not list(tmp_path.glob("*-worker-*"))


def _known_by_two_names(path):
    Outbox(path).close()
    path.with_name("other.db").hardlink_to(path)


DAMAGES = (
    (_known_by_two_names, "second name .* remove that name"),
    (_open_to_all, "chmod 600"),
    (_no_database, "not an SQLite database"),
    (_a_list_of_people, "not an SQLite database"),
    (_an_empty_line, "not an SQLite database"),
    (_newer, "use the version"),
    (_folder, "not a regular file"),
)


@pytest.mark.parametrize(("damage", "says"), DAMAGES)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(tmp_path, damage, says):
    path = tmp_path / "outbox.db"
    damage(path)
    with pytest.raises(ConfigurationError, match=says) as caught:
        Outbox(path)
    assert caught.value.__context__ is None


def test_a_file_that_is_locked_for_long_is_said_to_be(opened, tmp_path):
    outbox = opened()
    outbox._store._db.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    # Mostly it is the application's own transaction, which it forgot to hand over.
    with pytest.raises(ConfigurationError, match=r"locked .* hand it over with connection=") as caught:
        put(outbox, "hola")
    assert caught.value.__context__ is None
    other.close()


def test_who_opens_a_locked_file_waits_no_longer_than_he_is_told(tmp_path, monkeypatch):
    path = tmp_path / "outbox.db"
    Outbox(path).close()
    patience, connect = [], sqlite3.connect
    monkeypatch.setattr(file, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **given: patience.append(given["timeout"]) or connect(*args, **given)
    )
    with contextlib.closing(connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConfigurationError, match="kept it locked"):
            Outbox(path)
    assert sum(patience) == file.BUSY_SECONDS


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


def test_a_file_tells_nobody_of_what_comes_so_each_worker_looks_each_second_and_keeps_a_rate_of_its_own(opened):
    outbox, waits = opened(), []
    for seconds in (0.25, 1.0, 1.5, 3600.0):
        outbox._store.rest(seconds, waits.append)
    assert waits == [0.25, 1.0, 1.0, 1.0]
    assert outbox.shares_rate is False


def test_what_is_to_be_put_in_shows_nothing_of_a_message():
    assert "hola" not in repr(NewEntry(operation="send_message", arguments={"message": "hola"}))


def test_what_fails_in_the_middle_is_undone_and_the_file_goes_on_being_used(opened):
    outbox = opened()
    put(outbox, "a", key="k")
    new, taken = ({**PLACE, "destination": "341", "message": text} for text in ("b", "c"))
    for _ in range(2):
        with pytest.raises(InvalidRequestError, match="another entry of the key"):
            outbox.put([("send_message", new, None), ("send_message", taken, "k")])
    put(outbox, "d")
    assert [entry.arguments["message"] for entry in outbox.entries()] == ["a", "d"]


def test_a_file_is_closed_when_its_outbox_is_even_if_somebody_holds_its_connection(opened):
    outbox = opened()
    db = outbox._store._db
    outbox.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        db.execute("SELECT 1")


def test_a_child_neither_closes_its_parent_s_connection_nor_lets_it_go(opened):
    store = opened()._store
    db, kept = store._db, len(transactions._kept)
    store._process += 1  # as a child sees it
    store.after_fork()
    store.close()
    store.after_fork()  # of a child of the child
    assert db.execute("SELECT 1").fetchone() == (1,)
    assert transactions._kept[kept:] == [db]
    transactions._kept.remove(db)
    inherited._inherited.clear()
    db.close()


HOLA = NewEntry(operation="send_message", arguments={**PLACE, "destination": "341", "message": "hola"})


def is_told_what_is_taken(store, pause):
    """What keeps an entry that rests so long: nothing that it would be waited for, unless it can be taken."""
    number, _ = store.enqueue(
        NewEntry(operation="send_message", arguments={**PLACE, "destination": "341", "message": "a"})
    )
    alive = store.worker()
    store.claim(alive.token, sending=True)
    store.finish(number, alive.token, State.PENDING, error=NotSentError("no"), pause=pause)
    told = store.held_up(number)
    taken = store.claim(alive.token, sending=True)
    assert (told, taken is not None) in ((None, False), (HeldUp.PASSED_OVER, True))
    alive.close()
    return taken is not None


@pytest.mark.smoke  # every version of Python that the package names is asked: each binds parameters more strictly
@pytest.mark.parametrize(("pause", "over"), [(0, True), (30, False), (120, False), (3600, False), (36_000, True)])
def test_an_entry_that_rests_is_waited_for_only_if_it_can_be_taken(opened, pause, over):
    assert is_told_what_is_taken(opened()._store, pause) is over


def test_a_pause_that_is_long_for_one_and_none_for_another_is_found(opened, monkeypatch):
    monkeypatch.setattr(reading, "NO_PAUSE", 60.0)
    with pytest.raises(AssertionError):
        is_told_what_is_taken(opened()._store, 120)


def test_a_file_is_named_by_its_path(opened, tmp_path):
    assert opened()._store.place == str(tmp_path / "outbox.db")


@pytest.fixture
def store(opened):
    return opened()._store


def test_one_step_notes_what_was_sent_and_takes_the_next(store):
    numbers = [store.enqueue(HOLA)[0] for _ in range(2)]
    assert store.claim("me", sending=True).id == numbers[0]
    assert store.proceed(numbers[0], "me", sending=True).id == numbers[1]
    assert store.proceed(numbers[1], "me", sending=True) is None
    assert [entry.state for entry in store.entries(None)] == [State.SENT, State.SENT]


def test_what_is_noted_too_late_changes_nothing_and_is_told_as_it_is(store):
    number, _ = store.enqueue(HOLA)
    store.claim("me", sending=True)
    sent = store.finish(number, "me", State.SENT)
    assert store.finish(number, "me", State.PENDING) == sent
    assert store.entries(None) == [sent]


def test_what_is_to_be_sent_again_without_a_pause_is_due_at_once(store):
    number, _ = store.enqueue(HOLA)
    store.claim("me", sending=True)
    store.finish(number, "me", State.PENDING)
    assert store.claim("me", sending=True).id == number


@pytest.mark.parametrize("found", [State.SENT, State.PENDING])
def test_what_is_found_out_about_one_is_noted_once_and_its_equal_may_still_be_either(store, found):
    for _ in range(2):
        number, _ = store.enqueue(HOLA)
        store.claim("me", sending=True)
        store.finish(number, "me", State.UNKNOWN)
    first, second = store.lost()
    assert (first.known, first.perhaps, second.known, second.perhaps) == (0, 1, 0, 1)
    assert store.settle(second, found) is True
    assert store.settle(second, found) is False
    (left,) = store.lost()
    assert (left.entry.id, left.known, left.perhaps) == (first.entry.id, 0, 1)


@pytest.mark.parametrize(
    ("error", "perhaps"), [(None, 1), (OutcomeUnknownError("the answer was lost"), 1), (NotSentError("no"), 0)]
)
def test_what_is_sent_again_though_it_may_have_arrived_may_be_the_one_that_is_looked_for(store, error, perhaps):
    for state, why in ((State.UNKNOWN, None), (State.PENDING, error)):
        number, _ = store.enqueue(HOLA)
        store.claim("me", sending=True)
        store.finish(number, "me", state, error=why)
    assert [each.perhaps for each in store.lost()] == [perhaps]


def test_what_is_due_this_moment_is_late_by_nothing_and_waited_for_by_nothing(store, monkeypatch):
    moment = datetime(2100, 1, 1, tzinfo=UTC)
    store.enqueue(NewEntry(operation=HOLA.operation, arguments=HOLA.arguments, not_before=moment))
    monkeypatch.setattr(reading, "datetime", SimpleNamespace(now=lambda _: moment))
    for later in (0, 5):
        monkeypatch.setattr(reading, "time", SimpleNamespace(time=lambda later=later: moment.timestamp() + later))
        assert store.next_due(()) == 0.0
    assert store.overdue() == 0.0


def test_each_state_that_is_there_has_an_age(store):
    states = (State.SENT, State.REJECTED, State.UNKNOWN, State.PENDING)
    for number, state in enumerate(states):
        store.enqueue(HOLA)
        taken = store.claim("me", sending=True)
        store.finish(taken.id, "me", state, pause=3600.0 if state is State.PENDING else 0.0)
        assert store.ages().keys() == set(states[: number + 1])


def test_a_doubt_from_before_attempts_had_numbers_is_settled_too(store):
    number, _ = store.enqueue(HOLA)
    store.claim("me", sending=True)
    store.finish(number, "me", State.UNKNOWN)
    store._transaction(lambda db: db.execute("UPDATE afilnet_outbox SET claim = NULL"))
    (doubt,) = store.lost()
    assert (doubt.claim, doubt.known) == (0, 0)
    assert store.settle(doubt, State.SENT) is True


@pytest.mark.parametrize(("flag", "says"), [(0, "Permission denied"), (os.ST_RDONLY, "Read-only file system")])
def test_a_file_of_a_disk_that_takes_nothing_is_said_to_be_of_one(opened, monkeypatch, flag, says):
    opened().close()
    refusal = sqlite3.OperationalError()
    refusal.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    monkeypatch.setattr(file, "_read_only", mock.Mock(side_effect=refusal))
    told = SimpleNamespace(f_flag=flag)
    monkeypatch.setattr(os, "statvfs", lambda _: told)
    with pytest.raises(ConfigurationError, match=f"cannot be made or opened: {says}"):
        opened()
