"""Two workers of one outbox, interleaved and ended at any step: nothing is lost or doubled, and order holds."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from functools import partialmethod
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from afilnet_protocols import Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore
from afilnet_protocols.outbox.sqlite.store import SqliteStore
from tests.outbox.interleaved import Conversations, Turns, unsettled
from tests.outbox.service import PLACE
from tests.sizes import examples

FATES = st.sampled_from(["done", "done", "done", "lost", "dropped", "refused", "unreached"])
TURNS = st.tuples(st.sampled_from([0, 1]), st.integers(1, 8), st.sampled_from(["", "", "", "before", "behind"]))
"""Which worker moves, how many steps, and whether and where it ends at the last one."""

_schemas = itertools.count()


class InterleavedMachine(RuleBasedStateMachine):
    """Entries are put in while two workers move, step by step, and end."""

    server = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        if self.server is None:
            self.place, self.how = Path(self.folder.name) / "outbox.db", {}
        else:
            self.place, self.how = self.server.url, {"schema": f"turns_{next(_schemas)}"}
        self.outbox = Outbox(self.place, **self.how)
        self.service = Conversations()
        self.busy: set[str] = set()
        self.workers: list[Turns | None] = [None, None]
        self.ends = 0
        self.texts: list[str] = []

    @rule(places=st.lists(st.sampled_from(["341", "341", "342"]), min_size=1, max_size=3))
    def put(self, places: list[str]) -> None:
        for place in places:
            text = f"{len(self.texts):03}"
            self.outbox.enqueue(**PLACE, destination=place, message=text, key=text)
            self.texts.append(text)

    @rule(fates=st.lists(FATES, min_size=1, max_size=4))
    def happen(self, fates: list[str]) -> None:
        self.service.fates += fates

    @precondition(lambda self: self.texts)
    @rule(turns=st.lists(TURNS, min_size=2, max_size=8))
    def move(self, turns: list[tuple[int, int, str]]) -> None:
        for who, steps, end in turns:
            worker = self.workers[who]
            if worker is None or worker.over:
                worker = self.workers[who] = Turns(self.place, self.how, self.service, self.busy)
            for step in range(steps):
                if not worker.over:
                    last = step == steps - 1
                    worker.move(end if last else "")
                    self.ends += bool(end) and last
            self.check(worker)

    def check(self, worker: Turns) -> None:
        if worker.error is not None:
            raise worker.error

    @invariant()
    def nothing_is_lost_or_doubled_and_order_holds(self) -> None:
        states = {entry.arguments["message"]: entry.state for entry in self.outbox.entries()}
        counts = Counter(text for texts in self.service.arrived.values() for text in texts)
        assert set(states) == set(self.texts)
        assert not self.service.faults
        for text, state in states.items():
            assert counts[text] <= 1, f"{text} was sent {counts[text]} times"
            assert state is not State.SENT or counts[text], f"{text} is noted as sent and was not"
            assert state not in (State.PENDING, State.REJECTED) or not counts[text], f"{text} is {state} and was sent"
        for texts in self.service.arrived.values():
            assert texts == sorted(texts), "one overtook another"
        # Each end of a worker, and each answer that was not heard, leaves one entry in doubt at most.
        assert sum(state is State.UNKNOWN for state in states.values()) <= self.ends + self.service.unheard

    def teardown(self) -> None:
        try:
            self.service.fates = []
            for worker in self.workers:
                if worker is not None:
                    worker.to_its_end()
                    self.check(worker)
            last = Turns(self.place, self.how, self.service, self.busy)
            last.to_its_end()
            self.check(last)
            self.nothing_is_lost_or_doubled_and_order_holds()
            assert not unsettled({entry.arguments["message"]: entry.state for entry in self.outbox.entries()})
        finally:
            for worker in self.workers:
                if worker is not None:
                    worker.to_its_end("before")
            self.outbox.close()
            self.folder.cleanup()


class OnServer(InterleavedMachine):
    """The same on a server."""


@pytest.fixture
def machine(request):
    """Return the machine of a kind of store."""

    def of(kind):
        if kind == "sqlite":
            return InterleavedMachine
        OnServer.server = request.getfixturevalue("postgresql_server")
        return OnServer

    return of


def tried(machine, number, **more):
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=number, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck), **more
        ),
    )


@pytest.mark.hypothesis  # so that it is among the proofs, at its full size
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_workers_in_turn_lose_and_double_nothing(machine, kind):
    tried(machine(kind), examples(10, proof=120) if kind == "sqlite" else examples(5, proof=50))


def _unnoted(store, claim, owner, **how):
    return claim(store, owner, **{**how, "sending": False})


def unnoted(monkeypatch):
    for store in (SqliteStore, PostgresqlStore):
        monkeypatch.setattr(store, "claim", partialmethod(_unnoted, store.claim))


def put_back(monkeypatch):
    monkeypatch.setattr(Conduct, "after_unknown", property(lambda _: State.PENDING))


def taken_for_gone(monkeypatch):
    for store in (SqliteStore, PostgresqlStore):
        monkeypatch.setattr(store, "gone", _everybody)


def _everybody(store):
    if isinstance(store, SqliteStore):
        return list(store.owners())
    held = "SELECT DISTINCT owner FROM {outbox} WHERE owner IS NOT NULL AND state IN ('pending', 'sending')"
    return [str(owner) for (owner,) in store._rows(held)]


@pytest.mark.parametrize("wrong", [unnoted, put_back, taken_for_gone], ids=lambda each: each.__name__)
def test_a_wrong_build_is_found(machine, monkeypatch, wrong):
    wrong(monkeypatch)
    with pytest.raises(BaseException, match=r"was sent|somebody else|overtook|assert not"):
        tried(machine("sqlite"), 60, database=None, phases=[Phase.generate], derandomize=True)
