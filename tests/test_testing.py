"""What tests of an application use: no pauses, a client, an environment, faults that do not keep a test waiting."""

from __future__ import annotations

import threading

import pytest

from afilnet_protocols import AfilnetError, ConfigurationError, NotSentError, Outbox, OutcomeUnknownError, connect
from afilnet_protocols.breaker import Breaker
from afilnet_protocols.calls import pauses
from afilnet_protocols.deadline import seconds_for_call
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.registry import resolve_settings
from afilnet_protocols.testing import VerdictReporter, no_waits
from afilnet_protocols.vocabulary import Protocol

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


def paused(seconds=1.0):
    """Return the pauses that are made."""
    made = []
    pauses.pause(seconds, made.append)
    return made


def test_pauses_are_left_out_inside_only_and_as_often_as_asked():
    assert paused() == [1.0]
    with no_waits():
        with no_waits():
            assert paused() == []
        assert paused() == []
    assert paused() == [1.0]


def test_an_error_inside_does_not_leave_them_out_for_ever():
    with pytest.raises(KeyError), no_waits():
        raise KeyError
    assert paused() == [1.0]


def test_it_holds_for_every_thread():
    seen = []
    with no_waits():
        thread = threading.Thread(target=lambda: seen.append(paused()))
        thread.start()
        thread.join()
    assert seen == [[]]


def test_a_call_is_tried_as_often_and_ends_the_same_without_pauses(afilnet_account, afilnet_fault, afilnet_no_waits):
    for _ in range(3):
        afilnet_fault("cut_before_answer", operation="get_chat_channels")
    told = []

    class Hook:
        def before(self, call):
            pass

        def after(self, call):
            told.append((call.verdict, call.attempts))

    with connect(afilnet_account.settings(), hooks=[Hook()]) as chat, pytest.raises(OutcomeUnknownError):
        chat.get_chat_channels()
    assert told == [("unknown", 3)]


def test_an_outbox_rests_not_at_all_without_pauses(tmp_path, afilnet_no_waits):
    class Unreached:
        protocol = "http-post"

        def send_message(self, **_):
            raise NotSentError("nobody is there")

        def close(self):
            pass

    conduct = Conduct(chance=lambda: 1.0)
    with Outbox(
        tmp_path / "o.db", make_client=lambda _: Unreached(), conduct=conduct, user="u", password="a password"
    ) as box:
        box.enqueue(**PERSON, message="hola")
        assert box.run().not_sent == 5


@pytest.mark.parametrize("afilnet_protocol", list(Protocol))
def test_an_application_that_connects_bare_meets_the_account_of_the_test(afilnet_environment, afilnet_protocol):
    with connect() as chat:
        chat.send_message(**PERSON, message="hola")
    assert [(call.protocol, call.operation) for call in afilnet_environment.journal()] == [
        (afilnet_protocol, "send_message")
    ]


@pytest.mark.parametrize("afilnet_protocol", list(Protocol))
def test_the_environment_gives_exactly_the_settings_of_the_account(afilnet_environment, afilnet_protocol):
    assert resolve_settings() == afilnet_environment.settings(afilnet_protocol)


def test_the_environment_hides_whatever_else_is_set(monkeypatch, request):
    monkeypatch.setenv("AFILNET_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("AFILNET_PROFILE", "production")
    request.getfixturevalue("afilnet_environment")
    assert resolve_settings().proxy is None


def test_the_client_and_the_account_belong_together(afilnet_chat, afilnet_account):
    afilnet_account.receive(**PERSON, message="Where is it?")
    assert [message.message for message in afilnet_chat.get_unread_messages(**PERSON)] == ["Where is it?"]
    assert afilnet_account.journal()[-1].operation == "get_unread_messages"


@pytest.fixture
def afilnet_patience():
    return 0.05


def test_a_fault_that_keeps_calls_waiting_does_not_keep_a_test_waiting(afilnet_chat, afilnet_fault):
    afilnet_chat.get_chat_channels()  # connects, for which a busy machine may want more than the patience
    assert seconds_for_call(30.0) == 30.0
    afilnet_fault("silence", operation="send_message")
    assert seconds_for_call(30.0) == 0.05
    afilnet_chat.breaker = Breaker(threshold=10**9)
    for _ in range(100):
        with pytest.raises(AfilnetError) as ended:
            afilnet_chat.send_message(**PERSON, message="hola")
        if not isinstance(ended.value, NotSentError):
            break
    assert isinstance(ended.value, OutcomeUnknownError)
    assert "(raise afilnet_patience)" in str(ended.value)


def test_the_next_test_is_not_hurried_any_more():
    assert seconds_for_call(30.0) == 30.0


def test_a_fault_that_answers_leaves_calls_their_time(afilnet_chat, afilnet_fault):
    afilnet_fault("cut_before_answer", operation="send_message")
    assert seconds_for_call(30.0) == 30.0
    with pytest.raises(OutcomeUnknownError):
        afilnet_chat.send_message(**PERSON, message="hola")


@pytest.mark.parametrize("address", ["http://127.0.0.1:99999/", "http://[", "http://127.0.0.1:\ud800", "http:///", "x"])
def test_an_address_that_is_no_page_of_a_sandbox_is_refused(address):
    with pytest.raises(ConfigurationError, match="page_url is the page of a sandbox"):
        VerdictReporter(address)
