"""`ShadowChat`: differences are found aside, and nothing that the candidate does reaches the caller."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import threading

import pytest

from afilnet_protocols import ConfigurationError, NotFoundError, NotSentError, ShadowChat, connect
from afilnet_protocols.comparison.steps import RECEIVE
from afilnet_protocols.migration import repeating
from afilnet_protocols.migration.advice import Word
from afilnet_protocols.migration.agreement import settle
from afilnet_protocols.records import PartialList
from afilnet_protocols.sandbox import Options, Sandbox
from tests.migration.fakes import Changing, Hanging, Raising
from tests.migration.planted import HERE, KINDS, READS, STEPS, Planted
from tests.time_limit import HANGS

SOON = HANGS


@pytest.fixture(scope="module")
def planted():
    return Planted()


@pytest.fixture(scope="module")
def shadowed(planted):
    with Sandbox(components=planted.components) as running:
        from afilnet_protocols.conformance.compare.calls import CHANNELS

        account = running.account(channels=CHANNELS)
        running.clock.freeze()
        with connect(running.settings("http-post", account=account, plain=True)) as chat:
            for step in STEPS:
                if step.do == RECEIVE:
                    running.receive(**step.arguments, account=account)
                else:
                    getattr(chat, step.do)(**step.arguments)
            yield running, account, chat


@pytest.fixture
def primary(sandbox):
    account = sandbox.account()
    chat = Changing(connect(sandbox.settings("http-post", account=account, plain=True)))
    chat.account = account
    chat.send_message(**HERE, message="hola")
    chat.calls.clear()
    yield chat
    chat.close()


def read(chat):
    for step in READS:
        with contextlib.suppress(NotFoundError):
            getattr(chat, step.do)(**step.arguments)


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_difference_is_found(shadowed, planted, kind):
    running, account, chat = shadowed
    planted.kind, planted.hits = kind, 0
    try:
        with connect(running.settings("json", account=account, plain=True)) as candidate:
            shadow = ShadowChat(chat, candidate)
            read(shadow)
            assert shadow.settle(SOON)
    finally:
        planted.kind = None
    assert planted.hits
    assert shadow.counts.differences
    assert shadow.report(enough=1).word is Word.NO_GO
    assert [json.loads(line) for line in shadow.export().splitlines()] == shadow.journal != []


@pytest.mark.parametrize("protocol", ["http-get", "basic", "soap", "json"])
def test_nothing_is_found_where_nothing_differs(shadowed, protocol):
    running, account, chat = shadowed
    with connect(running.settings(protocol, account=account, plain=True)) as candidate:
        shadow = ShadowChat(chat, candidate)
        read(shadow)
        assert shadow.settle(SOON)
    nowhere = ("none", "nobody")
    refused = sum(any(value in nowhere for value in step.arguments.values()) for step in READS)
    assert shadow.counts.numbers == {"sampled": 7, "compared": 7, "equal": 7, "refused": refused}
    assert shadow.journal == []
    assert (shadow.report(enough=7).word, shadow.report(enough=8).word) == (Word.GO, Word.KEEP)


def test_what_changed_meanwhile_is_noise(primary, sandbox):
    def change(result):
        sandbox.receive(**HERE, message="in between", account=primary.account)
        return primary.chat.get_messages(**HERE)

    shadow = ShadowChat(primary, Changing(primary.chat, change))
    shadow.get_messages(**HERE)
    assert shadow.settle(SOON)
    assert shadow.counts.numbers == {"sampled": 1, "noise": 1}
    assert shadow.counts.coverage.left_out == 1


@pytest.mark.parametrize(("rounds", "counted"), [(3, "equal"), (1, "different")])
def test_what_changed_twice_meanwhile_is_no_difference_because_it_is_looked_at_again(
    primary, sandbox, monkeypatch, rounds, counted
):
    monkeypatch.setattr(repeating, "settle", functools.partial(settle, rounds=rounds))
    channel = {name: HERE[name] for name in ("platform", "platform_id")}
    primary.chat.send_message(**HERE, message="sent")

    def change(result):
        if len(candidate.calls) > 1:
            return result
        sandbox.receive(**HERE, message="received", account=primary.account)
        received = primary.chat.get_chats(**channel)
        primary.chat.send_message(**HERE, message="sent again")
        return received

    candidate = Changing(primary.chat, change)
    shadow = ShadowChat(primary, candidate)
    shadow.get_chats(**channel)
    assert shadow.settle(SOON)
    assert shadow.counts.numbers == {"sampled": 1, "compared": 1, counted: 1}


@pytest.mark.parametrize("unread", [False, True])
def test_sends_never_go_to_the_candidate_and_unread_only_when_told(primary, sandbox, unread):
    candidate = Changing(connect(sandbox.settings("json", account=primary.account, plain=True)))
    with ShadowChat(primary, candidate, unread=unread) as shadow:
        shadow.send_message(**HERE, message="one")
        shadow.send_file(**HERE, file_type="image", file_url="https://www.example.com/i.jpg")
        shadow.get_unread_messages(**HERE)
        shadow.get_messages(**HERE)
        assert shadow.settle(SOON)
        assert candidate.calls == (["get_unread_messages"] if unread else []) + ["get_messages"]
        assert shadow.counts.number("not_repeated") == (2 if unread else 3)


def test_unread_messages_stay_for_the_application(sandbox):
    account = sandbox.account(options=Options(reading_marks_read=True))
    sandbox.receive(**HERE, message="hola", account=account)
    both = [connect(sandbox.settings(protocol, account=account, plain=True)) for protocol in ("http-post", "json")]
    with ShadowChat(*both) as shadow:
        assert [message.message for message in shadow.get_unread_messages(**HERE)] == ["hola"]
        assert shadow.counts.numbers == {"not_repeated": 1}


class Out(BaseException):
    """Not even an Exception."""


@pytest.mark.parametrize(
    "make",
    [lambda: RuntimeError("no"), MemoryError, lambda: Out("out"), RecursionError, lambda: ConfigurationError("no")],
)
def test_whatever_a_candidate_raises_stays_aside(primary, make):
    expected = primary.get_messages(**HERE)
    shadow = ShadowChat(primary, Raising(make), grace=0.01)
    for _ in range(6):
        assert shadow.get_messages(**HERE) == expected
        assert shadow.settle(SOON)
    assert shadow.report(enough=1).word is Word.NO_GO
    assert shadow.counts.number("resting") >= 3
    shadow.close()


def test_a_candidate_that_cannot_be_made_stays_aside(primary):
    made = []

    def make():
        made.append(1)
        raise RuntimeError("no such thing")

    shadow = ShadowChat(primary, make)
    for _ in range(3):
        shadow.get_chat_channels()
    assert shadow.settle(SOON)
    assert len(made) == 1
    assert shadow.counts.number("unavailable") >= 1
    assert "could not be made" in str(shadow.report())


@pytest.mark.parametrize("where", ["calling", "making"])
def test_a_hanging_candidate_costs_no_waiting(primary, where):
    hanging = Hanging()

    def make():
        hanging.released.wait()
        raise RuntimeError

    shadow = ShadowChat(primary, hanging if where == "calling" else make, queued=3, grace=0.05)
    for _ in range(20):
        shadow.get_chat_channels()
    shadow.close()
    assert shadow.counts.number("dropped") >= 16
    assert shadow.counts.number("sampled") == 20
    with pytest.raises(ConfigurationError):
        shadow.get_chat_channels()
    hanging.released.set()


def test_a_candidate_without_answers_gets_a_rest_and_another_chance(primary):
    candidate = Raising(lambda: NotSentError("no"))
    for rest, calls in ((0.0, 10), (60.0, 1)):
        candidate.calls.clear()
        shadow = ShadowChat(primary, candidate, rest=rest)
        for _ in range(10):
            shadow.get_chat_channels()
            assert shadow.settle(SOON)
        assert len(candidate.calls) == calls


def test_the_caller_may_change_the_list_that_it_got(primary, sandbox):
    gate = threading.Event()

    def wait(result):
        gate.wait(SOON)
        return result

    candidate = Changing(connect(sandbox.settings("json", account=primary.account, plain=True)), wait)
    with ShadowChat(primary, candidate) as shadow:
        shadow.get_messages(**HERE).clear()
        gate.set()
        assert shadow.settle(SOON)
        assert shadow.counts.number("equal") == 1


@pytest.mark.parametrize("theirs", [True, False])
def test_a_list_that_says_that_it_lacks_something_is_like_no_whole_one(primary, sandbox, theirs):
    def part(result):
        return PartialList(result, more=True)

    primary.change = part
    made = connect(sandbox.settings("json", account=primary.account, plain=True))
    candidate = Changing(made, part) if theirs else made
    with ShadowChat(primary, candidate) as shadow:
        assert shadow.get_messages(**HERE).more
        assert shadow.settle(SOON)
        assert shadow.counts.number("equal" if theirs else "different") == 1
        assert [(seen.field, seen.primary, seen.candidate) for seen in shadow.counts.differences] == (
            [] if theirs else [("returned.more", "True", "False")]
        )


def test_a_sample_is_taken_and_the_queue_and_journal_are_bounded(primary, sandbox):
    chances = iter([0.05, 0.5] * 50)
    candidate = Changing(
        connect(sandbox.settings("json", account=primary.account, plain=True)), lambda result: result[1:]
    )
    with ShadowChat(primary, candidate, sample=0.1, journal=4, chance=lambda: next(chances)) as shadow:
        for _ in range(20):
            shadow.get_chat_channels()
        assert shadow.settle(SOON)
        assert shadow.counts.number("sampled") == shadow.counts.number("different") == 10
        assert len(shadow.journal) == 4
        assert shadow.counts.differences[0].count == 10


def test_what_the_application_asks_besides_goes_to_the_primary(sandbox):
    settings = sandbox.settings("http-post", plain=True)
    with ShadowChat(connect(settings), lambda: connect(settings)) as shadow:
        assert shadow.protocol == "http-post"
        assert str(shadow.security_report().level) == "none"
        with pytest.raises(AttributeError):
            shadow.no_such_thing  # noqa: B018


def test_a_forked_child_has_threads_of_its_own(primary):
    shadow = ShadowChat(primary, Changing(primary.chat))
    shadow.get_chat_channels()
    assert shadow.settle(SOON)
    child = os.fork()
    if child == 0:
        shadow.get_chat_channels()
        os._exit(0 if shadow.settle(SOON) and shadow.counts.number("equal") == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("wrong", [{"sample": 1.1}, {"concurrency": 0}, {"timeout": 0}, {"queued": 0}, {"grace": -1}])
def test_numbers_out_of_range_are_refused(primary, wrong):
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        ShadowChat(primary, Changing(primary.chat), **wrong)
