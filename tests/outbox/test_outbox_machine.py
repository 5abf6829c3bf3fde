"""An outbox against a plain model of what may be promised: whatever happens, nothing is lost or doubled."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from afilnet_protocols import Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.worker import Worker
from afilnet_protocols.settings import Settings
from tests.outbox import postgresql
from tests.outbox.service import PLACE, Killed, Service
from tests.sizes import examples

FATES = st.sampled_from(["done", "done", "lost", "dropped", "refused", "unreached", "killed", "killed before"])
DELAYS = st.sampled_from([0.0, 0.0, 1.0, 5.0])


class OutboxMachine(RuleBasedStateMachine):
    """Entries with texts of their own are put in, sent with all fortunes, and workers end in the middle."""

    delivery = "at_most_once"

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.place, self.how = self.new_place()
        self.service = Service()
        self.model: dict[str, State] = {}
        self.consented: set[str] = set()
        self.places: dict[str, str] = {}

    @initialize()
    def begin(self) -> None:
        self.open()

    def open(self) -> None:
        chosen = Settings(user="u", password="p", delivery=self.delivery, settle=5.0)
        self.outbox = Outbox(
            self.place, chosen, make_client=lambda _: self.service, conduct=self.service.conduct(), **self.how
        )

    def new_place(self) -> tuple[Path | str, dict[str, str]]:
        return Path(self.folder.name) / "outbox.db", {}

    @rule(place=st.sampled_from(["341", "342"]))
    def put(self, place: str) -> None:
        text = f"message {len(self.model)}"
        for _ in range(2):
            self.outbox.enqueue(**PLACE, destination=place, message=text, key=text)
        self.model[text] = State.PENDING
        self.places[text] = place

    @rule(fates=st.lists(st.tuples(FATES, DELAYS), max_size=6), limit=st.none() | st.integers(0, 3))
    def run(self, fates: list[tuple[str, float]], limit: int | None) -> None:
        self.service.fates = list(fates)
        note = Worker._note

        def dead_notes_nothing(worker, entry, owner, state, error):
            if error is not None or state is State.SENT:
                note(worker, entry, owner, state, error)

        try:
            with mock.patch.object(Worker, "_note", dead_notes_nothing):
                self.outbox.run(limit=limit)
        except Killed:
            self.outbox.close()
            self.open()
        self.service.fates = []

    @rule()
    def reopen(self) -> None:
        self.outbox.close()
        self.open()

    @rule()
    def reconcile(self) -> None:
        self.outbox.reconcile()

    @rule()
    def resend_what_is_absent(self) -> None:
        self.outbox.reconcile(resend_absent=True)

    @precondition(lambda self: self.outbox.status()[State.UNKNOWN])
    @rule()
    def consent_to_duplicates(self) -> None:
        self.consented |= {entry.arguments["message"] for entry in self.outbox.entries(State.UNKNOWN)}
        self.outbox.retry(state=State.UNKNOWN, accept_duplicates=True)

    @invariant()
    def nothing_is_doubled_or_lost(self) -> None:
        if not hasattr(self, "outbox"):
            return
        entries = {entry.arguments["message"]: entry for entry in self.outbox.entries()}
        assert set(entries) == set(self.model)
        arrived = [text for all_ in self.service.messages.values() for text, _ in all_]
        arrived += [text for _, _, text in self.service.late]
        for text, entry in entries.items():
            count = arrived.count(text)
            assert count <= 1 or text in self.consented, f"{text} was sent {count} times"
            if entry.state is State.SENT:
                assert count >= 1, f"{text} is noted as sent and was not"
            if entry.state in (State.PENDING, State.REJECTED) and text not in self.consented:
                assert count == 0, f"{text} is noted as {entry.state} and was sent"
            # What is final stays so.
            before = self.model[text]
            if before in (State.SENT, State.REJECTED):
                assert entry.state is before
            self.model[text] = entry.state

    def teardown(self) -> None:
        self.outbox.close()
        self.folder.cleanup()


class ReconcilingMachine(OutboxMachine):
    """The same where conversations are read back."""

    delivery = "reconcile"


class PostgresqlMachine(postgresql.Schemas, OutboxMachine):
    """The same on a server."""


class PostgresqlReconcilingMachine(postgresql.Schemas, ReconcilingMachine):
    """The same on a server where conversations are read back."""


TestAtMostOnce = OutboxMachine.TestCase
TestAtMostOnce.settings = hypothesis_settings(max_examples=examples(15, proof=60), stateful_step_count=15)
TestReconcile = ReconcilingMachine.TestCase
TestReconcile.settings = hypothesis_settings(max_examples=examples(15, proof=60), stateful_step_count=15)


@pytest.mark.usefixtures("schemas")
class TestAtMostOnceOnPostgresql(PostgresqlMachine.TestCase):
    settings = hypothesis_settings(max_examples=examples(8, proof=25), stateful_step_count=12, deadline=None)


@pytest.mark.usefixtures("schemas")
class TestReconcileOnPostgresql(PostgresqlReconcilingMachine.TestCase):
    settings = hypothesis_settings(max_examples=examples(8, proof=25), stateful_step_count=12, deadline=None)
