"""Answers swapped between two calls in flight: what is true of them, what a client notices, and what it cannot."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from afilnet_protocols import connect
from afilnet_protocols.errors import ServiceError
from afilnet_protocols.sandbox import FaultNotFiredError
from tests.figures.stage import DONE, OPERATIONS, PERSON, attempt, operate
from tests.tables import table
from tests.work import longer

LISTS = ("get_chats", "get_messages", "get_unread_messages")
SENDS = ("send_message", "send_file")
PAIRS = list(itertools.combinations_with_replacement(OPERATIONS, 2))


def two_accounts(sandbox):
    made = [sandbox.account(), sandbox.account()]
    for account in made:
        sandbox.receive(**PERSON, message=f"to {account.user}", account=account)
    return made


@pytest.fixture
def accounts(sandbox):
    made = two_accounts(sandbox)
    yield made
    for account in made:
        sandbox.drop(account)


def both(sandbox, accounts, protocol, *calls):
    """Make a call for each account at the same time, from clients of their own, and tell how they ended."""
    settings = [sandbox.settings(protocol, account=each, plain=True, timeout=10) for each in accounts]
    with connect(settings[0]) as one, connect(settings[1]) as two, ThreadPoolExecutor(2) as threads:
        return list(threads.map(lambda chat, call: attempt(lambda: call(chat)), (one, two), calls))


def carried_out(sandbox, account, operation):
    arrivals = sandbox.journal(account)
    return sum(each.operation == operation and each.outcome == "SUCCESS" for each in arrivals)


def notices(protocol, mine, others):
    """Whether a client can tell that it got the answer to another operation than its own."""
    if protocol == "soap":
        return mine != others
    # A send is not confirmed by an answer that says of something that it was not sent, as lists say of what came in.
    if mine in SENDS and others in LISTS:
        return True
    # Chats and messages have the same fields. A send needs nothing but its success; a list may be absent.
    return (mine in LISTS and others == "get_chat_channels") or (mine == "get_chat_channels" and others in LISTS)


@table("protocol", ["http-post", "soap", "json"])
@table("pair", PAIRS, ids="-".join)
def test_both_are_carried_out_and_what_can_be_noticed_is(sandbox, protocol, pair):
    accounts = two_accounts(sandbox)
    with sandbox.fault("swapped_answers") as fault:
        ended = both(sandbox, accounts, protocol, *(lambda chat, what=what: operate(chat, what) for what in pair))
    assert fault.hits == 2
    for account, mine, others, outcome in zip(accounts, pair, reversed(pair), ended, strict=True):
        noticed = notices(protocol, mine, others)
        # Of those, what may be repeated has been: listing unread messages may mark them as read.
        told = "unknown" if noticed and mine in (*SENDS, "get_unread_messages") else DONE
        assert outcome.verdict == told, (mine, outcome)
        assert carried_out(sandbox, account, mine) == (2 if noticed and told == DONE else 1)
        if mine in LISTS and outcome.verdict == DONE:
            whose = [message.message for message in outcome.value]
            other = next(each for each in accounts if each != account)
            expected = [] if others in SENDS else [f"to {other.user}"]
            assert whose == ([f"to {account.user}"] if noticed else expected)


def test_a_client_cannot_notice_that_its_success_was_another_sends(sandbox, accounts):
    """The limit: nothing in an answer names its call. Swapped by the service itself, a refusal is believed."""
    elsewhere = {**PERSON, "platform_id": "999"}
    with sandbox.fault("swapped_answers"):
        sent, refused = both(
            sandbox,
            accounts,
            "json",
            lambda chat: chat.send_message(**PERSON, message="hola"),
            lambda chat: chat.send_message(**elsewhere, message="hola"),
        )
    assert isinstance(sent.error, ServiceError)
    assert (carried_out(sandbox, accounts[0], "send_message"), refused.verdict) == (1, DONE)
    assert carried_out(sandbox, accounts[1], "send_message") == 0


def test_a_call_that_finds_no_other_keeps_its_answer_and_the_fault_has_not_fired(sandbox, accounts):
    fault = sandbox.fault("swapped_answers", seconds=0.05)
    with connect(sandbox.settings(account=accounts[0])) as chat:
        assert [message.message for message in chat.get_messages(**PERSON)] == [f"to {accounts[0].user}"]
    assert not fault.spent
    fault.disarm()
    with pytest.raises(FaultNotFiredError, match="1 call matched"):
        fault.check()
    assert (fault.met, fault.hits) == (1, 0)


def test_a_call_that_was_given_up_takes_no_part(sandbox, accounts):
    with sandbox.fault("swapped_answers", operation="get_messages") as fault:
        for seconds in longer(0.1):
            with connect(sandbox.settings(account=accounts[0], timeout=seconds)) as chat:
                verdict = attempt(lambda chat=chat: chat.get_messages(**PERSON)).verdict
            if verdict != "not_sent":
                break
        assert verdict == "unknown"
        assert fault.hits == 0
        ended = both(sandbox, accounts, "json", *[lambda chat: chat.get_messages(**PERSON)] * 2)
    assert [outcome.value[0].message for outcome in ended] == [f"to {each.user}" for each in reversed(accounts)]
    assert (fault.met, fault.hits) == (3, 2)


def test_it_fires_in_so_many_pairs(sandbox, accounts):
    with sandbox.fault("swapped_answers", times=2) as fault:
        for _ in range(2):
            both(sandbox, accounts, "http-post", *[lambda chat: chat.get_messages(**PERSON)] * 2)
        assert fault.spent
        third = both(sandbox, accounts, "http-post", *[lambda chat: chat.get_messages(**PERSON)] * 2)
    assert fault.hits == 4
    assert [outcome.value[0].message for outcome in third] == [f"to {each.user}" for each in accounts]
