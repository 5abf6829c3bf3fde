"""What a sandbox may do to its readers: lists that lack something, identifiers that are none, other readers."""

from __future__ import annotations

import json
import urllib.request

import pytest

from afilnet_protocols import InvalidRequestError, connect
from afilnet_protocols.errors import ConfigurationError, OutcomeUnknownError, UnsupportedTextError
from afilnet_protocols.sandbox import Options, Sandbox
from afilnet_protocols.sandbox.state.listing import REUSED_AFTER
from afilnet_protocols.vocabulary import Finding, Protocol

CHANNEL = {"platform": "whatsapp", "platform_id": "100"}
PERSON = {**CHANNEL, "destination": "341"}
OTHER = {**CHANNEL, "destination": "342"}


@pytest.fixture(params=Protocol)
def chat(request, sandbox, account):
    with connect(sandbox.settings(request.param, account=account, plain=True)) as client:
        yield client


def ids(messages):
    return [each.message_id for each in messages]


def texts(messages):
    return [each.message for each in messages]


def test_identifiers_may_be_no_numbers(sandbox):
    account = sandbox.account(options=Options(message_ids="text"))
    account.receive_many(**PERSON, messages=["a", "b"])
    for protocol in Protocol:
        with connect(sandbox.settings(protocol, account=account, plain=True)) as chat:
            first, second, unread = (
                ids(read(**PERSON)) for read in (*[chat.get_messages] * 2, chat.get_unread_messages)
            )
            (last,) = ids(chat.get_chats(**CHANNEL))
        assert first == second == unread
        assert len(set(first)) == 2
        assert last == first[-1]
        assert not any(each.isdecimal() for each in first)
    sandbox.drop(account)


@pytest.mark.parametrize("how", ["account", "fault"])
@pytest.mark.parametrize("kind", ["reused", "changing"])
def test_identifiers_are_worth_what_is_said(sandbox, kind, how):
    account = sandbox.account(options=Options(message_ids=kind) if how == "account" else None)
    account.receive_many(**PERSON, messages=map(str, range(REUSED_AFTER + 2)))
    if how == "fault":
        sandbox.fault(f"{kind}_ids", account=account, times=None)
    for protocol in Protocol:
        with connect(sandbox.settings(protocol, account=account, plain=True)) as chat:
            first, second = ids(chat.get_messages(**PERSON)), ids(chat.get_messages(**PERSON))
            unread, (last,) = ids(chat.get_unread_messages(**PERSON)), ids(chat.get_chats(**CHANNEL))
        whole = len(first) == REUSED_AFTER + 2
        assert whole
        assert (len(set(first)) < len(first)) == (kind == "reused")
        assert (first == second == unread) == (kind != "changing")
        assert (last in first) == (kind != "changing")
    sandbox.drop(account)


def test_a_list_without_identifiers_is_refused_whole_and_says_so(sandbox, account, chat):
    account.receive(**PERSON, message="hello")
    with sandbox.fault("blank_ids", account=account, times=None):
        for read in (chat.get_messages, chat.get_unread_messages):
            with pytest.raises(OutcomeUnknownError, match="messageid"):
                read(**PERSON)
        chat.send_message(**PERSON, message="sends notice nothing")
    assert len(ids(chat.get_messages(**PERSON))) == 2


def test_a_late_message_has_its_place_and_its_time_and_appears_when_it_is_due(sandbox, account, chat):
    first = account.receive(**PERSON, message="late", appears_after=60)
    account.receive(**PERSON, message="early")
    account.receive(**OTHER, message="all that there is", appears_after=60)
    assert texts(chat.get_messages(**PERSON)) == texts(chat.get_unread_messages(**PERSON)) == ["early"]
    assert texts(chat.get_chats(**CHANNEL)) == ["early"]
    assert chat.get_messages(**OTHER) == []
    sandbox.clock.advance(61)
    found = chat.get_messages(**PERSON)
    assert texts(found) == ["late", "early"]
    assert found[0].message_id == first
    assert found[0].timestamp <= found[1].timestamp
    assert texts(chat.get_chats(**CHANNEL)) == ["early", "all that there is"]
    sandbox.clock.reset()


def test_a_send_that_appears_late_is_found_absent_until_the_clock_has_passed(sandbox):
    account = sandbox.account(options=Options(sends_appear_after=60))
    account.receive(**PERSON, message="hola")
    with connect(sandbox.settings(account=account, plain=True)) as chat:
        with sandbox.fault("cut_before_answer", account=account), pytest.raises(OutcomeUnknownError) as lost:
            chat.send_message(**PERSON, message="on its way")
        assert texts(chat.get_messages(**PERSON)) == texts(chat.get_chats(**CHANNEL)) == ["hola"]
        assert lost.value.reconcile(settle=0) is Finding.ABSENT
        sandbox.clock.advance(61)
        assert lost.value.reconcile(settle=0) is not Finding.ABSENT
        assert texts(chat.get_messages(**PERSON)) == ["hola", "on its way"]
    sandbox.clock.reset()
    sandbox.drop(account)


def test_reading_does_not_mark_what_it_does_not_show(sandbox):
    account = sandbox.account(options=Options(reading_marks_read=True))
    account.receive(**PERSON, message="late", appears_after=60)
    account.receive(**PERSON, message="early")
    with connect(sandbox.settings(account=account, plain=True)) as chat:
        assert texts(chat.get_unread_messages(**PERSON)) == ["early"]
        sandbox.clock.advance(61)
        assert texts(chat.get_unread_messages(**PERSON)) == ["late"]
        assert chat.get_unread_messages(**PERSON) == []
    sandbox.clock.reset()
    sandbox.drop(account)


def test_a_fault_keeps_the_newest_message_back_for_so_many_reads(sandbox, account, chat):
    account.receive_many(**PERSON, messages=["one", "two"])
    with sandbox.fault("late_message", account=account, times=3):
        assert texts(chat.get_messages(**PERSON)) == ["one"]
        assert texts(chat.get_unread_messages(**PERSON)) == ["one"]
        assert texts(chat.get_chats(**CHANNEL)) == ["one"]
        assert texts(chat.get_messages(**PERSON)) == ["one", "two"]


def test_a_fault_leaves_a_conversation_out(sandbox, account, chat):
    account.receive(**PERSON, message="first")
    account.receive(**OTHER, message="second")
    with sandbox.fault("missing_conversation", account=account, operation="get_chats"):
        assert texts(chat.get_messages(**PERSON)) == ["first"]
        assert texts(chat.get_chats(**CHANNEL)) == ["second"]
        assert texts(chat.get_chats(**CHANNEL)) == ["first", "second"]
    with sandbox.fault("missing_conversation", account=account, operation="get_chats", destination="342"):
        assert texts(chat.get_chats(**CHANNEL)) == ["first"]


def test_what_somebody_else_read_is_unread_no_more(sandbox, account, chat):
    account.receive_many(**PERSON, messages=["one", "two"])
    assert len(chat.get_unread_messages(**PERSON)) == 2
    assert account.read_elsewhere(**PERSON) == 2
    assert account.read_elsewhere(**PERSON) == account.read_elsewhere(**OTHER) == 0
    assert chat.get_unread_messages(**PERSON) == []
    account.receive(**PERSON, message="three")
    with sandbox.fault("read_elsewhere", account=account, operation="get_unread_messages"):
        assert chat.get_unread_messages(**PERSON) == []
    assert texts(chat.get_messages(**PERSON)) == ["one", "two", "three"]


def test_many_messages_are_of_one_second_and_all_or_none(sandbox, account):
    assert account.receive_many(**PERSON, messages=["yes"] * 3) == ["1", "2", "3"]
    assert account.receive_many(**PERSON, messages=[]) == []
    with pytest.raises(UnsupportedTextError):
        account.receive_many(**PERSON, messages=["good", "\0"])
    with connect(sandbox.settings(account=account, plain=True)) as chat:
        found = chat.get_messages(**PERSON)
    assert (len(found), len({each.timestamp for each in found})) == (3, 1)


def test_ten_thousand_messages_cost_a_poll_no_more_than_ten(sandbox, account):
    store = sandbox._store
    account.receive_many(**OTHER, messages=["few"])
    account.receive_many(**PERSON, messages=map(str, range(10_000)))
    account.read_elsewhere(**PERSON)
    account.receive(**PERSON, message="new")
    with connect(sandbox.settings(account=account, plain=True)) as chat:
        assert len(chat.get_messages(**PERSON)) == 10_001
        looks = {
            "chats": lambda: chat.get_chats(**CHANNEL),
            "unread": lambda: chat.get_unread_messages(**PERSON),
            "arrival": lambda: account.receive(**PERSON, message="newer"),
        }
        for name, look in looks.items():
            assert steps(store, look) < 1_000, name


def steps(store, look):
    """Return how many hundreds of instructions of its virtual machine SQLite needs for something."""
    count = [0]

    def counted():
        count[0] += 1

    store._db.set_progress_handler(counted, 10)
    try:
        look()
    finally:
        store._db.set_progress_handler(None, 0)
    return count[0]


def test_sabotage_without_its_index_a_look_at_what_is_unread_reads_everything():
    with Sandbox() as sandbox:
        sandbox._store._db.execute("DROP INDEX messages_unread")
        with pytest.raises(AssertionError):
            test_ten_thousand_messages_cost_a_poll_no_more_than_ten(sandbox, sandbox.account())


def test_the_control_endpoint_does_it_too(sandbox, account):
    def post(path, **given):
        request = urllib.request.Request(
            sandbox.control_url + path,
            data=json.dumps({**PERSON, "account": account.user, **given}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    assert post("receive_many", messages=["a", "b"]) == {"message_ids": ["1", "2"]}
    assert post("receive", message="late", appears_after=1e6) == {"message_id": "3"}
    with connect(sandbox.settings(account=account, plain=True)) as chat:
        assert texts(chat.get_messages(**PERSON)) == ["a", "b"]
    assert post("read_elsewhere") == {"read": 3}


def test_what_cannot_be_is_refused(sandbox, account):
    with pytest.raises(ConfigurationError, match="message_ids"):
        Options(message_ids="none")
    for name, given in (("receive_many", {"messages": []}), ("read_elsewhere", {})):
        with pytest.raises(InvalidRequestError, match="no channel"):
            getattr(account, name)(platform="whatsapp", platform_id="9", destination="1", **given)
