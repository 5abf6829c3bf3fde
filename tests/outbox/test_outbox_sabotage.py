"""What the ledger of killed workers is worth: two ways to build an outbox wrongly, and it finds both."""

from __future__ import annotations

from collections import Counter

import pytest

from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Protocol
from tests.figures.r5_outbox_crashes import crash_all, judged
from tests.outbox.conftest import ON_POSTGRESQL, ON_SQLITE

PLAN = [(Protocol.HTTP_POST, "receive.after", 1), (Protocol.SOAP, "answered", 2), (Protocol.BASIC, "note.commit", 3)]


def _plain(place, how):
    return str(place), how


def duplicates(new_place, sabotage=""):
    with Sandbox() as sandbox:
        crashes = crash_all(sandbox, lambda: _plain(*new_place()), PLAN, sabotage=sabotage)
        arrived = Counter(call.arguments["message"] for call in sandbox.journal() if call.outcome == "SUCCESS")
    assert all(crash.killed for crash in crashes)
    figure = judged(crashes, arrived, 0)
    assert figure.reached == (figure.counts["duplicates"] == 0), figure.as_text("R5", 0)
    return figure.counts["duplicates"]


def test_an_outbox_as_it_is_doubles_nothing(new_place):
    assert duplicates(new_place) == 0


@ON_SQLITE
def test_sending_before_it_is_on_disk_doubles_messages(new_place):
    assert duplicates(new_place, sabotage="uncommitted") == len(PLAN)


@ON_SQLITE
def test_noting_a_send_only_afterwards_doubles_messages(new_place):
    assert duplicates(new_place, sabotage="noted after sending") == len(PLAN)


@ON_SQLITE
def test_putting_what_a_dead_worker_was_sending_back_into_the_queue_doubles_messages(new_place, monkeypatch):
    monkeypatch.setattr(Conduct, "after_unknown", property(lambda _: State.PENDING))
    assert duplicates(new_place) == len(PLAN)


@pytest.mark.proof(
    "test_sending_before_it_is_on_disk_doubles_messages",
    "test_noting_a_send_only_afterwards_doubles_messages",
    "test_putting_what_a_dead_worker_was_sending_back_into_the_queue_doubles_messages",
)
@ON_POSTGRESQL
@pytest.mark.parametrize("wrong", ["uncommitted", "noted after sending", "put back"])
def test_each_wrong_build_doubles_messages_on_a_server_too(new_place, wrong, monkeypatch):
    if wrong == "put back":
        monkeypatch.setattr(Conduct, "after_unknown", property(lambda _: State.PENDING))
    assert duplicates(new_place, sabotage="" if wrong == "put back" else wrong) == len(PLAN)


@pytest.mark.parametrize("state", [State.SENT, State.REJECTED, State.PENDING])
def test_a_lost_message_is_counted(state):
    from tests.figures.r5_outbox_crashes import Crash

    crash = Crash("soap", "present", 1, ("crash 0 1",), True, {"crash 0 1": state})
    assert judged([crash], Counter(), 0).counts["lost"] == 1
