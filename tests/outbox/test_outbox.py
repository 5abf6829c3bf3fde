"""An outbox, wherever it is kept: its states, its order, and who may work on it."""

from __future__ import annotations

import os
import threading

import pytest

from afilnet_protocols import (
    AuthenticationError,
    ConfigurationError,
    Finding,
    InvalidFileUrlError,
    InvalidRequestError,
    Outbox,
    OutcomeUnknownError,
    PartialList,
    SkippedRecord,
    UnsupportedTextError,
)
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.worker import PATIENCE, TRIES
from afilnet_protocols.process import fork
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Killed, Service


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def opened(new_place, service):
    made = []
    place, how = new_place()

    def open_it(delivery="at_most_once"):
        settings = Settings(user="u", password="p", delivery=delivery, settle=5.0)
        made.append(Outbox(place, settings, make_client=lambda _: service, conduct=service.conduct(), **how))
        return made[-1]

    yield open_it
    for outbox in made:
        outbox.close()


def put(outbox, *texts, place="341", **more):
    return [outbox.enqueue(**PLACE, destination=place, message=text, **more) for text in texts]


def states(outbox):
    return [entry.state for entry in outbox.entries()]


# The states


def test_an_entry_is_noted_as_being_sent_before_the_first_byte_leaves(opened, service):
    seen = []
    send = service.send_message
    service.send_message = lambda **given: (seen.extend(entry.state for entry in opened().entries()), send(**given))
    outbox = opened()
    put(outbox, "one")
    outbox.run()
    assert seen == [State.SENDING]


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


def test_a_rate_and_a_limit_hold(opened, service):
    outbox, begun = opened(), service.now
    if outbox._store.shares_rate:
        pytest.skip("the database's clock keeps the rate: see test_outbox_rate.py")
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


def finds_an_older_message(outbox, service):
    """One more is shown after a lost send than before, and it is an older one that was not listed then."""
    service.write("341", "hola")
    service.write("341", "adiós")
    service.shows = 1
    put(outbox, "hola")
    assert service.get_messages(**PLACE, destination="341").more

    def lose(**_):
        service.shows = None
        raise OutcomeUnknownError("the answer was lost")

    service.send_message = lose
    outbox.run()
    return outbox.reconcile()


def test_what_a_list_that_had_more_did_not_show_before_is_no_proof_of_a_delivery(opened, service):
    outbox = opened("reconcile")
    assert finds_an_older_message(outbox, service) == {1: Finding.POSSIBLY_DELIVERED}
    assert states(outbox) == [State.UNKNOWN]


def test_sabotage_a_baseline_that_forgets_that_there_was_more_would_be_found_out(opened, service, monkeypatch):
    def count(conversation):
        return (yield from conversation._counted())[1]

    monkeypatch.setattr("afilnet_protocols.calls.recovery.Conversation.count", count)
    finds_an_older_message(outbox := opened("reconcile"), service)
    assert states(outbox) == [State.SENT]


def test_a_baseline_that_cannot_be_read_means_not_sent(opened, service):
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
    ("after", "what"),
    [
        ({"message": "adiós"}, "message"),
        ({"destination": "342"}, "destination"),
        ({"platform_id": "7", "message": "adiós"}, "platform_id and message"),
    ],
)
def test_who_uses_a_key_again_learns_what_became_of_its_entry_and_in_what_the_new_one_differs(opened, after, what):
    outbox = opened()
    before = {**PLACE, "destination": "341", "message": "hola"}
    (number,) = put(outbox, "hola", key="a")
    outbox.run()
    with pytest.raises(InvalidRequestError) as caught:
        outbox.enqueue(**{**before, **after}, key="a")
    told = str(caught.value)
    assert f"of the key 'a', number {number}, which is sent and has another {what}: " in told
    assert "under another key this one would be sent as well" in told
    assert not any(value in told for value in ("hola", "adiós", "341", "342"))


def test_a_file_under_the_key_of_a_text_is_another_entry(opened):
    outbox = opened()
    put(outbox, "hola", key="a")
    with pytest.raises(
        InvalidRequestError, match="is pending and has another operation, message, file_type and file_url"
    ):
        outbox.enqueue_file(
            **PLACE, destination="341", file_type="image", file_url="https://www.example.com/a.jpg", key="a"
        )


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


# The file


@pytest.mark.parametrize("path", ["", ":memory:", "file:x?mode=memory", "/nowhere/at/all/outbox.db"])
def test_a_place_that_is_no_file_is_refused(path):
    with pytest.raises(ConfigurationError):
        Outbox(path)


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


def test_a_run_inside_a_run_is_refused_and_told_as_one(opened, service):
    outbox = opened()
    put(outbox, "a")

    with pytest.raises(ConfigurationError, match="around this call"):
        outbox.run(on_progress=lambda entry: outbox.run())


def test_a_parent_s_outbox_is_refused_in_a_child(opened, monkeypatch):
    outbox = opened()
    number = os.getpid()
    monkeypatch.setattr(fork, "_process", number + 1)  # or all that this process has would begin afresh
    monkeypatch.setattr("os.getpid", lambda: number + 1)
    with pytest.raises(ConfigurationError, match="parent process"):
        outbox.status()
    monkeypatch.undo()


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
