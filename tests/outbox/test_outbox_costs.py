"""What an outbox costs does not grow with what waits in it.

Costs are counted in steps of SQLite's own machine, which no other work on the computer can change.
"""

from __future__ import annotations

import pytest

from afilnet_protocols import Finding, NotSentError, Outbox, OutcomeUnknownError
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.sqlite import reading, store
from afilnet_protocols.outbox.sqlite.file import PAGE
from afilnet_protocols.outbox.sqlite.store import SqliteStore
from afilnet_protocols.outbox.worker import recover
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Service

FEW, MANY = 50, 1_000


def texts(number, place=lambda count: "341"):
    return [
        NewEntry(operation="send_message", arguments={**PLACE, "destination": place(count), "message": f"text {count}"})
        for count in range(number)
    ]


class Counted:
    """A store whose steps are counted."""

    def __init__(self, path, entries):
        self.store = SqliteStore(path)
        self.store.enqueue_all(entries)
        self.steps = 0
        self.store._db.set_progress_handler(self._step, 1)

    def _step(self):
        self.steps += 1

    def of(self, action):
        """Return how many steps an action takes."""
        before = self.steps
        action()
        return self.steps - before


def sent(counted):
    entry = counted.store.claim("me", sending=True)
    counted.store.finish(entry.id, "me", State.SENT)


def with_its_head_paused(counted):
    head = counted.store.claim("me", sending=True)
    counted.store.finish(head.id, "me", State.PENDING, error=NotSentError("nobody is there"), pause=60)


def nothing_before(_):
    pass


def nothing_due(counted):
    assert counted.store.claim("me", sending=True) is None
    assert counted.store.next_due(()) > 0


def one_beside_it(counted):
    counted.store.enqueue_all(texts(1, lambda _: "342"))
    sent(counted)


def taken_over(counted):
    entry = counted.store.claim("gone", sending=True)
    assert counted.store.owners() == {"gone"}
    assert counted.store.recover("gone", State.UNKNOWN) == [entry.id]


def counted_up(counted):
    assert counted.store.counts()[State.PENDING] > 0


def one_read(counted):
    (entry,) = counted.store.entries(None, [7])
    assert counted.store.entries(State.PENDING, [7]) == [entry]
    assert counted.store.entries(State.UNKNOWN) == []


def one_tried_again(counted):
    assert counted.store.again([7], State.PENDING) == 1


CONVERSATION, EACH_ITS_OWN = (lambda count: "341"), (lambda count: f"34{count}")


@pytest.mark.parametrize(
    ("place", "before", "deed"),
    [
        (CONVERSATION, nothing_before, sent),
        (EACH_ITS_OWN, nothing_before, sent),
        (CONVERSATION, with_its_head_paused, nothing_due),
        (CONVERSATION, with_its_head_paused, one_beside_it),
        (EACH_ITS_OWN, with_its_head_paused, sent),
        (CONVERSATION, nothing_before, taken_over),
        (EACH_ITS_OWN, nothing_before, taken_over),
        (CONVERSATION, nothing_before, counted_up),
        (CONVERSATION, nothing_before, one_read),
        (CONVERSATION, nothing_before, one_tried_again),
    ],
)
def test_a_step_of_the_work_costs_the_same_however_much_waits(tmp_path, place, before, deed):
    assert growth(tmp_path, place, before, deed) <= 1.5


def growth(folder, place, before, deed):
    steps = []
    for waiting in (FEW, MANY):
        counted = Counted(folder / f"{waiting}.db", texts(waiting, place))
        before(counted)
        steps.append(counted.of(lambda counted=counted: deed(counted)))
        counted.store.close()
    return steps[1] / steps[0]


LINEAR = """
SELECT min(id) FROM afilnet_outbox AS e
WHERE state = 'pending' AND owner IS NULL AND (not_before <= :now OR not_before > :never)
AND NOT EXISTS (
    SELECT 1 FROM afilnet_outbox AS o WHERE o.destination = e.destination AND o.id < e.id AND o.state = 'pending'
) AND id NOT IN (SELECT value FROM json_each(:without))
"""


def test_a_claim_that_looks_at_all_that_waits_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_NEXT", LINEAR)
    assert growth(tmp_path, CONVERSATION, with_its_head_paused, nothing_due) > 10


# What a message writes

FRAME = 24 + PAGE
"""What a page takes in the write-ahead log (https://www.sqlite.org/fileformat.html §4.1)."""


def pages_of_a_message(path, before=nothing_before):
    """Return how many pages are written to note an entry as sent and take the next one of another conversation."""
    counted = Counted(path, texts(500, lambda count: f"34{count % 20}"))
    counted.store._db.execute("PRAGMA wal_autocheckpoint = 0")
    before(counted)
    number = counted.store.claim("me", sending=True).id
    log = path.with_name(f"{path.name}-wal")
    began = log.stat().st_size
    for _ in range(200):
        number = counted.store.proceed(number, "me", sending=True).id
    written = (log.stat().st_size - began) / FRAME / 200
    counted.store.close()
    return written


def with_wider_indexes(counted):
    for name, columns in (("states", "state"), ("claims", "claim")):
        counted.store._db.execute(f"CREATE INDEX {name} ON afilnet_outbox ({columns})")


def test_a_message_writes_few_pages(tmp_path):
    few = pages_of_a_message(tmp_path / "outbox.db")
    assert few <= 13
    assert pages_of_a_message(tmp_path / "wider.db", with_wider_indexes) >= few + 2


# Reading back


class Loser(Service):
    """Carries every send out and loses each answer."""

    reads = 0

    def send_message(self, **arguments):
        self.write(arguments["destination"], arguments["message"])
        raise OutcomeUnknownError("the answer was lost")

    def get_messages(self, **place):
        self.reads += 1
        return super().get_messages(**place)


def settled(path, number, *, alike, places):
    """Lose the answers of so many entries; return the findings, the reads and SQLite's steps of reading them back."""
    service = Loser()
    chosen = Settings(user="u", password="p", settle=5.0)
    with Outbox(path, chosen, make_client=lambda _: service, conduct=service.conduct()) as outbox:
        outbox.put(
            (
                "send_message",
                {**PLACE, "destination": f"34{count % places}", "message": "x" if alike else f"{count}"},
                None,
            )
            for count in range(number)
        )
        assert outbox.run().unknown == number
        steps = [0]
        outbox._store._db.set_progress_handler(lambda: steps.append(1), 1)
        service.reads = 0
        return outbox.reconcile(), service.reads, len(steps)


@pytest.mark.parametrize("places", [1, 7])
@pytest.mark.parametrize("alike", [True, False])
def test_reading_back_costs_in_proportion_and_reads_each_conversation_twice_at_most(tmp_path, alike, places):
    few, few_reads, few_steps = settled(tmp_path / "few.db", 14, alike=alike, places=places)
    many, many_reads, many_steps = settled(tmp_path / "many.db", 140, alike=alike, places=places)

    assert set(few.values()) == set(many.values()) == {Finding.POSSIBLY_DELIVERED}
    assert (few_reads, many_reads) == (2 * places, 2 * places)
    assert many_steps <= 14 * few_steps  # sorting is a little more than linear


def test_what_workers_hold_is_found_among_much_that_waits(tmp_path):
    # A worker that is gone is taken over in the middle of a long queue, and the next one gets the one behind.
    found = SqliteStore(tmp_path / "outbox.db")
    found.enqueue_all(texts(50))
    first = found.claim("1-gone", sending=True)

    assert recover(found, State.UNKNOWN) == [first.id]
    assert found.claim("me", sending=True).id == first.id + 1
    found.close()


def test_a_pause_that_cannot_be_meant_is_over(tmp_path):
    found = SqliteStore(tmp_path / "outbox.db")
    found.enqueue_all(texts(1))
    entry = found.claim("me", sending=True)
    found.finish(entry.id, "me", State.PENDING, error=NotSentError("no"), pause=10 * reading.NO_PAUSE)

    assert found.claim("me", sending=True).id == entry.id
    found.close()
