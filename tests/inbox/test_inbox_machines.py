"""Several machines' worth of processes on PostgreSQL, killed again and again: nothing is lost, doubled or overtaken."""

from __future__ import annotations

from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Run
from tests.figures.i1_inbox_crashes import one
from tests.figures.i3_inbox_machines import machines
from tests.inbox.crashes import Forker


def test_a_process_on_a_server_is_killed_and_another_goes_on(postgresql_server, tmp_path):
    place = (postgresql_server.url, {"schema": "inbox_killed"})
    with Forker() as forker, Sandbox(journal_size=1) as sandbox:
        chance = Run(seed=2).chance("one")
        ledger = one(forker, sandbox, tmp_path, chance, Protocol.HTTP_POST, marks=True, kills=2, place=place)
    assert len(ledger.killed) == 2
    assert not +ledger.faults(), ledger.faults()


def test_of_several_processes_one_is_killed_and_another_goes_on(postgresql_server):
    with Sandbox(journal_size=1) as sandbox:
        ledger = machines(postgresql_server, sandbox, Run(seed=2), ("keeps", 0), kills=1)
    assert len(ledger.killed) == 1
    assert not +ledger.faults(), ledger.faults()


def test_several_pollers_at_once_would_be_found(postgresql_server):
    for kills in (1, 10, 30):  # until two have met: on a busy machine they seldom do
        with Sandbox(journal_size=1) as sandbox:
            ledger = machines(postgresql_server, sandbox, Run(seed=2), ("keeps", 0), kills=kills, sabotage="all_poll")
        if ledger.faults()["handled as two"]:
            return
    raise AssertionError(ledger.faults())
