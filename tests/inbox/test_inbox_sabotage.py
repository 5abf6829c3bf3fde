"""What the laws of an inbox are worth: ways to build it wrongly, and each is found by one of them."""

from __future__ import annotations

import asyncio

import pytest

from afilnet_protocols import Inbox
from afilnet_protocols.inbox import aio
from afilnet_protocols.inbox.identity import Sorted, Trust
from afilnet_protocols.inbox.polling import poller
from afilnet_protocols.inbox.polling.audits import Audits
from afilnet_protocols.inbox.polling.start import Start
from afilnet_protocols.inbox.settling import Settling
from afilnet_protocols.inbox.store import ChannelState
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Run
from tests.figures.i1_inbox_crashes import one
from tests.inbox import crashes, test_async_inbox, test_inbox
from tests.inbox.conftest import ON_POSTGRESQL, ON_SQLITE
from tests.inbox.crashes import Forker
from tests.inbox.service import Killed


def new_is_what_has_a_new_id(listing, known, trust):
    ids = {message_id for _, message_id in known}
    new = []
    for message in listing:
        if message.message_id not in ids:
            ids.add(message.message_id)
            new.append(message)
    return Sorted(new, Trust.TRUSTED)


def unread_by_identifier(unread, known):
    ids = {message_id for _, message_id in known}
    return Sorted([message for message in unread if message.message_id not in ids], Trust.TRUSTED)


def forget_the_attempt(settling, incoming, error):
    settling.give_back(incoming)


def no_audits(monkeypatch):
    monkeypatch.setattr(Audits, "plan", lambda _, kept, *__, **___: setattr(kept, "audit_at", None))


def forget_the_order(monkeypatch):
    channel = InboxTables.channel

    def forgotten(*given):
        state = channel(*given)
        if state is not None:
            state.newest_first = False
        return state

    monkeypatch.setattr(InboxTables, "channel", forgotten)


SABOTAGES = {
    "the mark is written before the handler": (
        lambda monkeypatch: monkeypatch.setattr(Inbox, "_hand_over", crashes.hand_over_marked),
        lambda place: test_inbox.test_a_handler_that_was_killed_is_begun_again_and_answers_once(place),
    ),
    "no intent is noted": (
        lambda monkeypatch: monkeypatch.setattr(InboxTables, "intend", crashes.intend_nothing),
        lambda place: test_inbox.test_a_lost_answer_of_unread_messages_loses_nothing(place, True, "lost"),
    ),
    "identifiers are trusted blindly: reused": (
        lambda monkeypatch: monkeypatch.setattr(poller, "sort_whole", new_is_what_has_a_new_id),
        lambda place: test_inbox.nothing_is_lost_or_doubled(place, "reused", "messages"),
    ),
    "identifiers are trusted blindly: changing": (
        lambda monkeypatch: monkeypatch.setattr(poller, "sort_whole", new_is_what_has_a_new_id),
        lambda place: test_inbox.nothing_is_lost_or_doubled(place, "changing", "messages"),
    ),
    "only identifiers tell what is unread": (
        lambda monkeypatch: monkeypatch.setattr(poller, "sort_unread", unread_by_identifier),
        lambda place: test_inbox.test_identifiers_that_change_with_the_next_message_double_nothing(
            place, "by_position"
        ),
    ),
    "the order of listings is forgotten with the process": (
        forget_the_order,
        lambda place: test_inbox.test_a_message_that_comes_before_its_conversation_is_read_overtakes_nothing(
            place, "messages", True
        ),
    ),
    "nobody guards against the echo": (
        lambda monkeypatch: monkeypatch.setattr(poller, "others_answer", lambda *_: False),
        lambda place: test_inbox.test_a_bot_that_hears_itself_stops(place),
    ),
    "the reply is put in outside of the transaction": (
        lambda monkeypatch: monkeypatch.setattr(Inbox, "_hand_over", crashes.hand_over_replying_first),
        lambda place: test_inbox.test_a_handler_that_was_killed_is_begun_again_and_answers_once(place),
    ),
    "nothing is read again by itself": (
        no_audits,
        lambda place: test_inbox.test_a_late_message_is_found_by_an_audit(place),
    ),
    "what was there is no history": (
        lambda monkeypatch: monkeypatch.setattr(Start, "begun", lambda *_: (ChannelState(), [])),
        lambda place: test_inbox.test_what_was_there_before_is_history_unless_all_is_asked_for(place, "now"),
    ),
    "whatever is cancelled is the run": (
        lambda monkeypatch: monkeypatch.setattr(aio, "of_its_own", lambda error: error),
        lambda place: test_async_inbox.test_a_handler_whose_own_task_was_cancelled_has_failed_and_ends_no_run(place),
    ),
    "interruptions are not counted": (
        lambda monkeypatch: monkeypatch.setattr(Settling, "failed", forget_the_attempt),
        lambda place: test_inbox.test_a_message_that_ends_its_process_is_given_up_and_an_exception_counts_apart(place),
    ),
}


@pytest.fixture
def place(new_place):
    return new_place()


def found(name, place, monkeypatch):
    spoil, law = SABOTAGES[name]
    spoil(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception, Killed, asyncio.CancelledError)):
        law(place)


@ON_SQLITE
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_wrong_build_is_found(name, place, monkeypatch):
    found(name, place, monkeypatch)


@pytest.mark.proof(short="test_a_wrong_build_is_found")
@ON_POSTGRESQL
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_wrong_build_is_found_on_a_server(name, place, monkeypatch):
    found(name, place, monkeypatch)


@pytest.mark.proof(short="test_a_wrong_build_is_found")
@pytest.mark.parametrize("sabotage", sorted(crashes.SABOTAGES))
def test_the_ledger_of_kills_finds_a_wrong_build(sabotage, tmp_path):
    with Forker() as forker, Sandbox(journal_size=1) as sandbox:
        chance = Run(seed=1).chance(sabotage)
        ledger = one(forker, sandbox, tmp_path, chance, Protocol.HTTP_POST, marks=True, kills=80, sabotage=sabotage)
    assert len(ledger.killed) == 80
    assert sum(ledger.faults().values()), ledger.faults()
