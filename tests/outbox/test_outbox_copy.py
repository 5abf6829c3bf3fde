"""From a file to a database: wherever it is interrupted, no entry is lost, and none can be sent from both places."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from afilnet_protocols import ConfigurationError, InvalidRequestError, Outbox, Settings
from afilnet_protocols.outbox import State, copy
from afilnet_protocols.outbox.postgresql.arriving import Arriving
from afilnet_protocols.outbox.sqlite.leaving import Leaving, leaving
from tests.outbox.service import PLACE, Killed, Service

SETTINGS = Settings(protocol="http-post", user="u", password="p")
TEXTS = [f"text {number}" for number in range(6)]

_schemas = itertools.count()


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def opened(service):
    def make(place, **how):
        return Outbox(place, SETTINGS, make_client=lambda _: service, conduct=service.conduct(), **how)

    return make


@pytest.fixture
def source(tmp_path, service, opened):
    """Return a file with what was sent, refused, in doubt, waiting, and waiting for a time."""
    path = tmp_path / "o.db"
    service.fates = [("done", 0.0), ("refused", 0.0), ("dropped", 0.0)]
    with opened(path) as outbox:
        for text in TEXTS[:3]:
            outbox.enqueue(**PLACE, destination="341", message=text)
        outbox.run()
        outbox.enqueue(**PLACE, destination="341", message=TEXTS[3], key="named")
        outbox.enqueue(**PLACE, destination="341", message=TEXTS[4])
        later = datetime.now(UTC) + timedelta(hours=1)
        outbox.enqueue(**PLACE, destination="342", message=TEXTS[5], not_before=later)
    return path


@pytest.fixture
def target(postgresql_server):
    return postgresql_server.url, {"schema": f"copy_{next(_schemas)}"}


def seen(outbox):
    return [
        {
            name: value.replace(microsecond=0) if isinstance(value, datetime) else value
            for name, value in asdict(entry).items()
            if name not in ("id", "changed_at")
        }
        for entry in outbox.entries()
    ]


def sendable(outbox):
    """Return what a worker takes from a place, without sending it."""
    alive = outbox._store.worker()
    try:
        taken = []
        while entry := outbox._store.claim(alive.token, sending=False, without=[each.id for each in taken]):
            taken.append(entry)
            if len(taken) > len(TEXTS):
                break
            outbox._store.finish(entry.id, alive.token, State.PENDING)
        return {entry.arguments["message"] for entry in taken}
    except ConfigurationError:
        return set()
    finally:
        alive.close()


def test_everything_comes_over_as_it_was_and_goes_on_there(source, target, opened, service):
    place, how = target
    with opened(source) as before:
        was = seen(before)
    assert copy(source, place, **how) == len(TEXTS)
    with opened(place, **how) as after:
        assert seen(after) == was
        after.run(rest=False)
        assert service.copies() == {("341", text): 1 for text in (TEXTS[0], TEXTS[3], TEXTS[4])}
        assert list(after.reconcile()) == [3]
    assert copy(source, place, **how) == len(TEXTS)  # again: it was done


def test_attempts_that_come_over_count_as_later_than_those_that_were_made_there(source, target, opened, service):
    place, how = target
    with opened(place, **how) as there:
        for _ in range(4):
            there.enqueue(**PLACE, destination="341", message=TEXTS[2])
        there.run(rest=False)
        copy(source, place, **how)
        assert [(each.entry.arguments["message"], each.claim, each.known) for each in there._store.lost()] == [
            (TEXTS[2], 4 + 3, 0)
        ]


def test_the_file_is_used_no_more_and_says_where_its_entries_are(source, target, opened):
    place, how = target
    with opened(source) as open_before:
        copy(source, place, **how)
        for use in (
            lambda: open_before.run(),
            lambda: open_before.enqueue(**PLACE, destination="341", message="more"),
            lambda: open_before.retry(state="pending"),
            lambda: open_before.purge(older_than=0),
        ):
            with pytest.raises(ConfigurationError, match="have moved to postgresql://"):
                use()
        assert len(open_before.entries()) == len(TEXTS)


def interrupted_copy(monkeypatch, source, target, step):
    place, how = target
    with monkeypatch.context() as patch:
        if step == "before it is noted":
            patch.setattr(Leaving, "hold", lambda *_: killed())
        elif step == "when it is held":
            patch.setattr(Arriving, "take_over", lambda *_: killed())
        elif step == "while rows are written":
            patch.setattr(Arriving, "_pour", half_poured(Arriving._pour))
        elif step == "when they have arrived":
            patch.setattr(Arriving, "take_over", then_killed(Arriving.take_over))
        with pytest.raises(Killed):
            copy(source, place, **how)


def killed():
    raise Killed


def then_killed(step):
    def done(*given):
        step(*given)
        raise Killed

    return done


def half_poured(pour):
    return lambda self, db, columns, rows, tell: (pour(self, db, columns, rows[:2], tell), killed())


STEPS = ["before it is noted", "when it is held", "while rows are written", "when they have arrived"]


def both(opened, source, target):
    place, how = target
    with opened(source) as here, opened(place, **how) as there:
        return sendable(here), sendable(there)


@pytest.mark.parametrize("step", STEPS)
def test_an_interrupted_copy_lets_nothing_be_sent_twice_and_is_gone_on_with(
    monkeypatch, source, target, opened, service, step
):
    interrupted_copy(monkeypatch, source, target, step)
    here, there = both(opened, source, target)
    assert not here & there
    assert not (here and there)
    place, how = target
    assert copy(source, place, **how) == len(TEXTS)
    with opened(place, **how) as after:
        assert [entry.arguments["message"] for entry in after.entries()] == TEXTS
        after.run(rest=False)
    assert service.copies() == {("341", text): 1 for text in (TEXTS[0], TEXTS[3], TEXTS[4])}


def test_a_copy_that_holds_nothing_would_be_found(monkeypatch, source, target, opened):
    monkeypatch.setattr(Leaving, "hold", lambda self, target: "a name")
    interrupted_copy(monkeypatch, source, target, "when they have arrived")
    here, there = both(opened, source, target)
    assert here & there


def test_a_worker_at_work_is_not_disturbed(source, target, opened):
    place, how = target
    with opened(source) as outbox:
        alive = outbox._store.worker()
        assert outbox._store.claim(alive.token, sending=True)
        with pytest.raises(ConfigurationError, match="stop the outbox's workers"):
            copy(source, place, **how)
        alive.close()
    assert copy(source, place, **how) == len(TEXTS)
    with opened(place, **how) as after:
        assert {entry.arguments["message"] for entry in after.entries("unknown")} == {TEXTS[2], TEXTS[3]}


def test_a_target_with_the_same_key_takes_nothing_and_the_file_can_be_used_as_before(source, target, opened):
    place, how = target
    with opened(place, **how) as there:
        there.enqueue(**PLACE, destination="341", message="other", key="named")
        with pytest.raises(InvalidRequestError, match="'named'"):
            copy(source, place, **how)
        assert len(there.entries()) == 1
    with opened(source) as outbox:
        assert outbox.enqueue(**PLACE, destination="341", message="more")


@pytest.fixture
def without_rights(target, opened):
    """Return the place as somebody has it who may look at it and change nothing."""
    place, how = target
    opened(place, **how).close()
    script = """
        CREATE ROLE {0} LOGIN; GRANT USAGE ON SCHEMA {0} TO {0}; GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {0};
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {0} TO {0}
    """
    with psycopg.connect(place, autocommit=True) as db:
        db.execute(sql.SQL(script).format(sql.Identifier(how["schema"])))
    return place.replace("afilnet@", f"{how['schema']}@"), how


def test_a_target_that_may_not_be_written_takes_nothing_and_the_file_can_be_used_as_before(
    source, target, without_rights, opened
):
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="permission denied"):
            copy(source, without_rights[0], **without_rights[1])
    with opened(source) as outbox:
        assert outbox.enqueue(**PLACE, destination="341", message="more")
    place, how = target
    assert copy(source, place, **how) == len(TEXTS) + 1


@pytest.mark.parametrize("before", ["an interrupted call", "a call at the same time"])
def test_a_file_that_another_call_may_have_copied_stays_held(monkeypatch, source, without_rights, opened, before):
    place, how = without_rights

    def interrupted():
        interrupted_copy(monkeypatch, source, without_rights, "when it is held")

    if before == "an interrupted call":
        interrupted()
    else:
        take_over = Arriving.take_over
        monkeypatch.setattr(Arriving, "take_over", lambda *given: (interrupted(), take_over(*given)))
    with pytest.raises(ConfigurationError, match="permission denied"):
        copy(source, place, **how)
    with opened(source) as outbox, pytest.raises(ConfigurationError, match="have moved to"):
        outbox.enqueue(**PLACE, destination="341", message="more")


def test_a_call_that_went_on_with_another_s_lets_go_of_no_third_one_s(source, opened):
    first, second, third = [leaving(source) for _ in range(3)]
    for each in (first, second):
        each.hold("a place")
    first.release(refused=True)
    third.hold("a place")
    second.release(refused=False)
    with opened(source) as outbox, pytest.raises(ConfigurationError, match="have moved to"):
        outbox.enqueue(**PLACE, destination="341", message="more")
    for each in (first, second, third):
        each.close()


def test_a_copy_that_was_begun_goes_to_no_other_place(monkeypatch, source, target):
    place, how = target
    interrupted_copy(monkeypatch, source, target, "when they have arrived")
    with pytest.raises(ConfigurationError, match="are on their way to"):
        copy(source, place, schema=f"{how['schema']}_other")


@pytest.mark.parametrize(
    "source", [5, None, b"o.db", "a\0b", "mysql://me:hunter2@host/db", "http://me:hunter2@host/db"]
)
def test_what_names_no_file_is_refused_without_a_secret(source, target):
    place, how = target
    with pytest.raises(ConfigurationError, match=r"a place is a path|is no place") as told:
        copy(source, place, **how)
    assert "hunter2" not in str(told.value)
    with pytest.raises(ConfigurationError):
        copy("o.db", source, **how)


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("o.db", "p.db", "to a database: postgresql://"),
        ("postgresql://host/db", "postgresql://host/db", "not the other way round"),
        ("no.db", None, "there is no outbox"),
    ],
    ids=["to a file", "from a server", "of nothing"],
)
def test_what_is_no_such_copy_is_refused_and_makes_no_file(tmp_path, monkeypatch, request, source, target, why):
    given = target or request.getfixturevalue("postgresql_server").url
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=why):
        copy(source, given, schema="copy_nothing")
    assert not [*tmp_path.iterdir()]
