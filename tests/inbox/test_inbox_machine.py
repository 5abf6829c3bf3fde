"""Several processes of one inbox against a plain model: whatever happens between any two of their statements, each
message of the other party is handled once, in its conversation's order, with one reply.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from afilnet_protocols import Inbox
from afilnet_protocols.inbox import State
from afilnet_protocols.inbox.identity import Sorted, Trust
from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.inbox.polling import poller
from afilnet_protocols.inbox.polling.audits import Audits
from afilnet_protocols.inbox.polling.poller import Poller
from afilnet_protocols.inbox.sqlite.store import SqliteInboxStore
from afilnet_protocols.inbox.tables import handing_over
from afilnet_protocols.inbox.tables.tables import InboxTables
from tests.inbox.service import IDS, Killed, Service, opened
from tests.outbox import postgresql
from tests.sizes import examples

PROCESSES = st.integers(0, 2)
DESTINATIONS = st.sampled_from(["341", "342"])
FATES = st.sampled_from(["done", "done", "lost", "unreached", "killed"])
CRASHES = st.none() | st.integers(1, 12)
"""At which statement, beginning or end of a transaction a process ends; ``None`` for at none."""


class Process:
    """One process: an inbox that is run step by step, and may end at any of its statements."""

    def __init__(self, machine: InboxMachine) -> None:
        self.skew = 0.0
        conduct = Conduct(now=lambda: machine.service.now + self.skew, wait=machine.service.wait, chance=lambda: 0.5)
        self.inbox = machine.opened(conduct)
        self.engine = self.inbox.engine
        self.incoming = None
        self.cut_off = False
        self.left: int | None = None
        self._watch(self.engine.store)
        self.engine.begin()

    def _watch(self, store: InboxTables) -> None:
        transaction, opened_ = store._transaction, store._opened

        def watched(action):
            result = transaction(lambda db: action(_Watched(db, self)))
            self.step()
            return result

        @contextlib.contextmanager
        def watched_opening():
            with opened_() as (driver, db):
                yield driver, _Watched(db, self)
            self.step()

        store._transaction, store._opened = watched, watched_opening

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise Killed

    def cut(self) -> None:
        """Let the others take it for gone, while it goes on."""
        self.engine._alive.close()
        self.cut_off = True

    def end(self) -> None:
        """End without a word."""
        self.left = None
        self.engine._alive.close()
        self.engine._alive = None
        self.inbox.close()


class _Watched:
    """A database whose statements are steps."""

    def __init__(self, db, process: Process) -> None:
        self._db, self._process = db, process

    def execute(self, query, values=(), /):
        self._process.step()
        return self._db.execute(query, values)

    def executemany(self, query, values, /):
        self._process.step()
        return self._db.executemany(query, values)


class InboxMachine(RuleBasedStateMachine):
    """People write, processes poll and handle by turns, and end anywhere."""

    processing = "at_least_once"

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.place = self.new_place()
        self.processes: dict[int, Process] = {}
        self.written: dict[str, list[str]] = defaultdict(list)
        self.punctual: dict[str, list[str]] = defaultdict(list)
        self.begun: dict[str, list[str]] = defaultdict(list)
        """The keys that were begun in each conversation, in their order."""
        self.texts: dict[str, str] = {}
        self.begins: Counter[str] = Counter()
        self.excused: Counter[str] = Counter()
        """How often each may be begun again."""
        self.settled: set[str] = set()
        self.numbers = itertools.count(1)

    def new_place(self):
        return Path(self.folder.name) / "inbox.db", {}

    def opened(self, conduct: Conduct) -> Inbox:
        return opened(
            Inbox,
            self.place,
            self.service,
            conduct=conduct,
            start="all",
            read=self.read,
            processing=self.processing,
            attempts=99,
            interruptions=99,
        )

    @initialize(
        ids=st.sampled_from(sorted(IDS)),
        marks=st.booleans(),
        newest_first=st.booleans(),
        read=st.sampled_from(["messages", "unread"]),
    )
    def begin(self, ids: str, marks: bool, newest_first: bool, read: str) -> None:
        self.service, self.read = Service(marks=marks, ids=ids), read
        self.service.newest_first = newest_first
        for _ in range(2):  # listings have shown their order
            self.write("340", late=0.0)
            self.service.now += 1
        self.act(0, lambda process: process.engine.poll())

    # What happens

    @rule(destination=DESTINATIONS, late=st.sampled_from([0.0, 0.0, 0.0, 15.0, 400.0]))
    def write(self, destination: str, late: float) -> None:
        number = next(self.numbers)
        text = "yes" if number % 3 == 0 else f"text {number}"
        self.service.write(destination, text, late=late)
        self.written[destination].append(text)
        if not late and text != "yes":
            self.punctual[destination].append(text)

    @rule(seconds=st.sampled_from([0.3, 3.0, 40.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.service.now += seconds

    @rule(number=PROCESSES, seconds=st.sampled_from([-60.0, 0.0, 45.0]))
    def a_clock_is_set(self, number: int, seconds: float) -> None:
        if number in self.processes:
            self.processes[number].skew = seconds

    @rule(
        number=PROCESSES,
        fates=st.lists(FATES, max_size=4),
        crash=CRASHES,
        meanwhile=st.sampled_from(["", "", "write", "other", "cut off"]),
        destination=DESTINATIONS,
    )
    def poll(self, number: int, fates: list[str], crash: int | None, meanwhile: str, destination: str) -> None:
        def during() -> None:
            self.service.on_read = lambda: None
            if meanwhile == "write":
                self.write(destination, late=0.0)
            elif meanwhile:
                if meanwhile == "cut off" and number in self.processes:
                    self.cut_off(number)
                others, self.service.fates = self.service.fates, []
                self.act((number + 1) % 3, self.round)
                self.service.fates = others

        self.service.on_read, self.service.fates = during, list(fates)
        self.act(number, self.round, crash)
        self.service.on_read, self.service.fates = lambda: None, []

    @staticmethod
    def round(process: Process) -> None:
        process.engine._rounds.next_at = float("-inf")
        process.engine.poll()

    @rule(number=PROCESSES, crash=CRASHES)
    def take(self, number: int, crash: int | None) -> None:
        if number in self.processes and self.processes[number].incoming is not None:
            return
        incoming = self.act(number, lambda process: process.engine.claim(), crash)
        if incoming is not None:
            self.processes[number].incoming = incoming
            self.note_begun(incoming)
            if self.processes[number].cut_off:
                self.excused[incoming.key] += 1

    @rule(number=PROCESSES, crash=CRASHES, says=st.sampled_from(["done", "done", "done", "retry", "raise"]))
    def finish(self, number: int, crash: int | None, says: str) -> None:
        process = self.processes.get(number)
        if process is None or process.incoming is None:
            return
        incoming = process.incoming
        incoming.reply(f"re: {incoming.text}")
        if says == "raise":
            self.excused[incoming.key] += 1
            self.act(number, lambda process: process.engine.settling.failed(incoming, ValueError()), crash)
        else:
            if says == "retry" and self.processing == "at_least_once":
                incoming.retry(after=5)
                self.excused[incoming.key] += 1
            taken_over = process.engine.counts["taken over by others"]
            self.act(number, lambda process: process.engine.settling.settle(incoming), crash)
            settled = number in self.processes and process.engine.counts["taken over by others"] == taken_over
            if settled and incoming.settled.state is State.DONE:
                self.settled.add(incoming.key)
        process.incoming = None

    @rule(number=PROCESSES)
    def send(self, number: int) -> None:
        self.act(number, lambda process: process.engine.sending.send())

    @rule(number=PROCESSES)
    def end(self, number: int) -> None:
        if number in self.processes:
            self.die(number)

    @rule(number=PROCESSES)
    def cut_off(self, number: int) -> None:
        process = self.processes.get(number)
        if process is not None and not process.cut_off:
            process.cut()
            if process.incoming is not None:
                self.excused[process.incoming.key] += 1

    # How

    def act(self, number: int, action, crash: int | None = None):
        """Let a process do something; it may end in the middle."""
        if number not in self.processes:
            self.processes[number] = Process(self)
        process = self.processes[number]
        process.left = crash
        try:
            return action(process)
        except Killed:
            self.die(number)
            return None
        finally:
            process.left = None

    def die(self, number: int) -> None:
        process = self.processes.pop(number)
        process.end()
        if process.incoming is not None:
            self.excused[process.incoming.key] += 1

    def note_begun(self, incoming) -> None:
        key, destination = incoming.key, incoming.conversation["destination"]
        self.begins[key] += 1
        self.texts[key] = incoming.text
        assert key not in self.settled, f"{incoming.text} is begun after its end"
        assert self.begins[key] <= 1 + self.excused[key], f"{incoming.text} is begun again for no reason"
        if key not in self.begun[destination]:
            self.begun[destination].append(key)
        if self.processing == "at_most_once":
            assert self.begins[key] == 1

    # What must be

    @invariant()
    def nothing_is_doubled(self) -> None:
        for destination, keys in self.begun.items():
            more = Counter(self.texts[key] for key in keys) - Counter(self.written[destination])
            assert not more, f"handled as two: {more}"

    @invariant()
    def what_is_on_time_is_in_order(self) -> None:
        for destination, keys in self.begun.items():
            on_time = self.punctual[destination]
            texts = [self.texts[key] for key in keys if self.texts[key] in on_time]
            assert texts == [text for text in on_time if text in texts], f"overtaken: {texts}"

    @invariant()
    def a_conversation_has_one_in_hand(self) -> None:
        in_hand = [
            process.incoming.conversation["destination"]
            for process in self.processes.values()
            if process.incoming is not None and not process.cut_off
        ]
        assert len(in_hand) == len(set(in_hand))

    def teardown(self) -> None:
        try:
            if hasattr(self, "service"):
                self.come_to_rest()
        finally:
            for process in self.processes.values():
                process.inbox.close()
            self.folder.cleanup()

    def come_to_rest(self) -> None:
        """Let one process go on for as long as audits last, and compare."""
        for number in list(self.processes):
            self.die(number)
        self.service.now += 100  # past what clocks were wrong by
        with self.opened(self.service.conduct()) as inbox:

            @inbox.handler()
            def handle(incoming):
                self.note_begun(incoming)
                incoming.reply(f"re: {incoming.text}")

            for seconds in (*[5.0] * 8, *[100.0] * 14):
                inbox.run(wait=False)
                self.service.now += seconds
            for destination, texts in self.written.items():
                kept = [each for each in inbox.messages(*State) if each.message.destination == destination]
                assert Counter(each.message.message for each in kept) == Counter(texts)
                done = Counter(f"re: {each.message.message}" for each in kept if each.state is State.DONE)
                assert self.processing == "at_most_once" or done.total() == len(texts), inbox.dead()
                assert {each.state for each in kept} <= {State.DONE, State.DEAD}
                replies = Counter(
                    entry.arguments["message"]
                    for entry in inbox.outbox.entries()
                    if entry.arguments["destination"] == destination
                )
                assert replies == done
            self.nothing_is_doubled()
            self.what_is_on_time_is_in_order()


class AtMostOnceMachine(InboxMachine):
    """The same where a handler that was interrupted is not begun again."""

    processing = "at_most_once"


class PostgresqlMachine(postgresql.Schemas, InboxMachine):
    """The same on a server."""


class PostgresqlAtMostOnceMachine(postgresql.Schemas, AtMostOnceMachine):
    """The same on a server where a handler that was interrupted is not begun again."""


TestAtLeastOnce = InboxMachine.TestCase
TestAtLeastOnce.settings = hypothesis_settings(
    max_examples=examples(8, proof=60), stateful_step_count=25, deadline=None
)
TestAtMostOnce = AtMostOnceMachine.TestCase
TestAtMostOnce.settings = hypothesis_settings(max_examples=examples(4, proof=40), stateful_step_count=25, deadline=None)


@pytest.mark.usefixtures("schemas")
class TestAtLeastOnceOnPostgresql(PostgresqlMachine.TestCase):
    settings = hypothesis_settings(max_examples=examples(3, proof=20), stateful_step_count=20, deadline=None)


@pytest.mark.usefixtures("schemas")
class TestAtMostOnceOnPostgresql(PostgresqlAtMostOnceMachine.TestCase):
    settings = hypothesis_settings(max_examples=examples(2, proof=15), stateful_step_count=20, deadline=None)


def nobody_checks_the_turn(monkeypatch):
    monkeypatch.setattr(InboxTables, "check_turn", lambda *_: None)


def everybody_seems_gone(monkeypatch):
    monkeypatch.setattr(SqliteInboxStore, "is_gone", lambda *_: True)


def nothing_is_read_again(monkeypatch):
    monkeypatch.setattr(Audits, "plan", lambda _, kept, *__, **___: setattr(kept, "audit_at", None))


def who_is_gone_is_not_followed(monkeypatch):
    monkeypatch.setattr(InboxTables, "recover", lambda *_: 0)


def a_message_that_somebody_has_is_free(monkeypatch):
    due = handing_over._DUE.replace(" AND owner IS NULL", "").replace("INDEXED BY afilnet_inbox_due", "")
    monkeypatch.setattr(handing_over, "_DUE", due)


def who_polls_again_goes_by_what_it_remembers(monkeypatch):
    monkeypatch.setattr(Poller, "forget", lambda _: None)


def listings_begin_with_the_oldest(monkeypatch):
    monkeypatch.setattr(poller, "newest_first", lambda _: None)


def only_identifiers_tell_what_is_unread(monkeypatch):
    def sort(unread, known):
        ids = {message_id for _, message_id in known}
        return Sorted([message for message in unread if message.message_id not in ids], Trust.TRUSTED)

    monkeypatch.setattr(poller, "sort_unread", sort)


def a_poller_that_is_cut_off(machine):
    machine.write("341", late=0.0)
    machine.poll(0, [], None, "cut off", "341")


def a_turn_that_comes_back(machine):
    """Each polls when the other seems gone, and is not told in between."""
    machine.cut_off(0)
    machine.poll(1, [], None, "", "341")
    machine.cut_off(1)
    machine.write("341", late=0.0)
    for number in (0, 1):
        machine.poll(number, [], None, "", "341")


def a_second_process_while_the_first_has_a_message(machine):
    machine.write("341", late=0.0)
    for number in range(2):
        machine.poll(number, [], None, "", "341")
        machine.take(number, None)


def a_process_that_ends_with_a_message(machine):
    a_second_process_while_the_first_has_a_message(machine)
    machine.end(0)


def a_message_that_is_late(machine):
    machine.write("341", late=400.0)
    machine.write("341", late=0.0)
    machine.poll(0, [], None, "", "341")


def nothing(machine):
    pass


SABOTAGES = {
    nobody_checks_the_turn: a_poller_that_is_cut_off,
    who_polls_again_goes_by_what_it_remembers: a_turn_that_comes_back,
    everybody_seems_gone: a_second_process_while_the_first_has_a_message,
    a_message_that_somebody_has_is_free: a_second_process_while_the_first_has_a_message,
    who_is_gone_is_not_followed: a_process_that_ends_with_a_message,
    nothing_is_read_again: a_message_that_is_late,
    listings_begin_with_the_oldest: nothing,
    only_identifiers_tell_what_is_unread: nothing,
}
"""Wrong builds, and what has to happen to each until the machine notices."""


def play(happens):
    """Let something happen to a machine, as if it had been drawn."""
    machine = InboxMachine()
    try:
        machine.begin(ids="by_position", marks=False, newest_first=True, read="unread")
        happens(machine)
    finally:
        machine.teardown()


@pytest.mark.parametrize("spoil", SABOTAGES)
def test_a_wrong_build_is_found(spoil, monkeypatch):
    play(SABOTAGES[spoil])
    spoil(monkeypatch)
    with pytest.raises(AssertionError):
        play(SABOTAGES[spoil])
