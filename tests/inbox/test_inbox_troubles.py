"""What goes wrong is told when it begins and when it is over; what is counted is what happened."""

from __future__ import annotations

import asyncio
import json
import logging
import shlex
import sys

import pytest

from afilnet_protocols import (
    AsyncInbox,
    ConfigurationError,
    Inbox,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    RejectedRequestError,
)
from afilnet_protocols.inbox import HandlingFailed, State, Trouble
from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.inbox.settling import Settling
from afilnet_protocols.inbox.troubles import Troubles
from afilnet_protocols.testing import no_waits
from tests.cli.conftest import account, afilnet
from tests.inbox.service import Service, opened

__all__ = ["account", "afilnet"]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "inbox.db", {}


def opened_here(place, service, told, **given):
    return opened(Inbox, place, service, start="all", on_trouble=lambda trouble: told.append(str(trouble)), **given)


def an_outage_is_told_twice(place) -> None:
    service, told = Service(), []
    with opened_here(place, service, told) as inbox:
        inbox.handler(lambda incoming: None)
        for fate in ("done", "unreached", "lost", "unreached", "done", "done"):
            service.fates = [fate]
            failed = inbox.run(wait=False).failure is not None
            assert failed == (fate != "done")
            service.now += 200
    # Each run begins without a trouble, so each that fails tells it; that is what a run by the clock needs.
    assert told == ["polling: nobody is there", "polling: the answer was lost", "polling: nobody is there"]


def test_what_lasts_is_told_once_in_each_run(place) -> None:
    an_outage_is_told_twice(place)


def one_run_with_an_outage(place) -> list[str]:
    """Let one run meet an outage of several rounds; return what was told."""
    service, told = Service(), []
    service.fates = ["done", "unreached", "unreached", "lost", "unreached", "done", "done"]
    rounds = iter(range(40))

    def wait(seconds: float) -> None:
        service.now += max(seconds, 1.0)
        if next(rounds, None) is None or not service.fates:
            inbox.stop()

    conduct = Conduct(now=lambda: service.now, chance=lambda: 0.5, wait=wait)
    with opened_here(place, service, told, conduct=conduct) as inbox:
        inbox.handler(lambda incoming: None)
        assert inbox.run().failure is None
    return told


def test_an_outage_is_told_when_it_begins_and_when_it_is_over(place) -> None:
    assert one_run_with_an_outage(place) == ["polling: nobody is there", "polling: works again"]


def test_sabotage_troubles_that_are_told_each_round_are_noticed(place, monkeypatch) -> None:
    monkeypatch.setattr(Troubles, "begin", lambda self, what, reason, of="": self.tell(what, reason))
    with pytest.raises(AssertionError):
        test_an_outage_is_told_when_it_begins_and_when_it_is_over(place)


def test_by_default_it_is_logged(place, caplog) -> None:
    service = Service()
    with caplog.at_level(logging.INFO, "afilnet_protocols.inbox"), opened(Inbox, place, service) as inbox:
        inbox.handler(lambda incoming: None)
        service.fates = ["unreached"]
        inbox.run(wait=False)
    assert [record.getMessage() for record in caplog.records] == ["polling: nobody is there"]


@pytest.mark.parametrize(
    ("error", "told", "counts"),
    [
        (NotSentError("no way"), "sending: no way", {"unsent": True, "refused": 0, "unknown": 0}),
        (RejectedRequestError("NO", "no"), "sending: the service refused what was sent", {"refused": 1}),
        (OutcomeUnknownError("lost"), "sending: the outcome of a send is unknown", {"unknown": 1}),
    ],
)
def test_replies_that_are_not_sent_are_told_and_counted(place, monkeypatch, error, told, counts) -> None:
    service, heard = Service(), []
    service.write("341", "hola")

    def fails(**_: object) -> None:
        raise error

    monkeypatch.setattr(service, "send_message", fails)
    with opened_here(place, service, heard) as inbox:
        inbox.handler(lambda incoming: incoming.reply("hola"))
        report = inbox.run(wait=False)
    assert heard[0].startswith(told)
    assert {name: getattr(report, name) for name in counts} == counts
    assert report.sent == 0


# What a handler raises


def after_its_commit(incoming, how) -> None:
    if how == "transaction":
        with incoming.transaction() as database:
            database.execute("CREATE TABLE IF NOT EXISTS seen (text)")
            incoming.reply("once")
    else:
        incoming.reply("once")
        incoming.done()
    raise ValueError("too late")


@pytest.mark.parametrize("how", ["transaction", "done"])
def test_what_is_raised_after_the_commit_is_counted_and_undoes_nothing(place, how) -> None:
    service, told = Service(), []
    service.write("341", "hola")
    with opened_here(place, service, told) as inbox:
        inbox.handler(lambda incoming: after_its_commit(incoming, how))
        report = inbox.run(wait=False)
        assert (report.done, report.raised, report.put_back, report.dead, report.failing) == (1, 1, 0, 0, 0)
        assert report.sent == 1
        (done,) = inbox.messages("done")
    assert told == [f"handling: its handler raised ValueError, after its message was settled (message {done.key})"]


@pytest.mark.parametrize("how", ["transaction", "done"])
def test_so_it_is_in_tasks(place, how) -> None:
    service = Service()
    service.write("341", "hola")

    async def all_() -> None:
        async with opened(AsyncInbox, place, service, start="all") as inbox:

            @inbox.handler
            async def handle(incoming) -> None:
                after_its_commit(incoming, how)

            report = await inbox.run(wait=False)
            assert (report.done, report.raised, report.put_back) == (1, 1, 0)
            assert inbox.report() == report

    asyncio.run(all_())


def test_sabotage_an_error_after_the_commit_that_is_taken_for_somebody_else_s_is_noticed(place, monkeypatch) -> None:
    monkeypatch.setattr(Settling, "_is_settled", lambda *_: False)
    with pytest.raises(AssertionError):
        test_what_is_raised_after_the_commit_is_counted_and_undoes_nothing(place, "done")


def test_a_transaction_of_the_application_that_is_undone_puts_the_message_back(place) -> None:
    import sqlite3

    service, told = Service(), []
    service.write("341", "hola")
    with opened_here(place, service, told) as inbox, sqlite3.connect(place[0]) as database:

        @inbox.handler
        def handle(incoming) -> None:
            with incoming.transaction(database):
                incoming.reply("never")
            database.rollback()
            raise HandlingFailed("the till is closed")

        report = inbox.run(wait=False)
    assert (report.done, report.raised, report.put_back, report.failing, report.sent) == (0, 1, 1, 1, 0)
    assert told[0].startswith("handling: the till is closed (")


def test_messages_that_fail_are_told_once_and_those_given_up_each(place) -> None:
    service, told, broken = Service(), [], [True]
    for destination in ("341", "342", "343"):
        service.write(destination, "hola")
    with opened_here(place, service, told, attempts=2) as inbox:

        @inbox.handler
        def handle(incoming) -> None:
            if broken or incoming.conversation["destination"] == "343":
                raise HandlingFailed("no room")

        assert inbox.run(wait=False).failing == 3
        assert len(told) == 1
        broken.clear()
        service.now += 100
        told.clear()
        report = inbox.run(wait=False)
        assert (report.done, report.dead, report.failing) == (2, 1, 0)
        (dead,) = inbox.dead()
        assert dead.reason == "no room"
    assert told == [f"handling: no room; given up after 2 attempts (message {dead.key})"]


def test_what_asks_for_later_with_a_reason_is_told_until_it_is_handled(place) -> None:
    service, told = Service(), []
    service.write("341", "hola")
    with opened_here(place, service, told) as inbox:

        @inbox.handler
        def handle(incoming) -> None:
            if len(told) == 0:
                incoming.retry(reason="the shop is closed")

        assert inbox.run(wait=False).done == 1
    assert told == ["handling: the shop is closed", "handling: works again"]


# A loop that is left


def left(place) -> None:
    service, attempts = Service(), []
    service.write("341", "hola")
    nothing_to_do = service.conduct(lambda _: inbox.stop())
    with opened(Inbox, place, service, start="all", attempts=1, interruptions=3, conduct=nothing_to_do) as inbox:
        for _ in range(3):
            for incoming in inbox:
                attempts.append(incoming.attempt)
                break
        (dead,) = inbox.dead()
        assert (dead.raised, dead.interrupted) == (0, 3)
        assert inbox.retry(dead.key) == 1
        for incoming in inbox:
            incoming.done()
            break
        assert inbox.report().done == 1
        assert inbox.status().counts[State.DONE] == 1
    assert attempts == [1, 2, 3]


def test_a_loop_that_is_left_is_an_interruption_and_no_failed_attempt(place, caplog) -> None:
    left(place)
    assert "incoming.done() settles it" in caplog.text


def left_in_a_task(place) -> None:
    service, attempts = Service(), []
    service.write("341", "hola")

    async def all_() -> None:
        nothing_to_do = service.conduct(lambda _: inbox.stop())
        async with opened(AsyncInbox, place, service, start="all", attempts=1, conduct=nothing_to_do) as inbox:
            for _ in range(2):
                async for incoming in inbox:
                    attempts.append(incoming.attempt)
                    break
        async with opened(AsyncInbox, place, service, start="all", attempts=1) as inbox:
            (waiting,) = await inbox.messages()
            assert (waiting.raised, waiting.interrupted) == (0, 2)
            async for incoming in inbox:
                incoming.done()
                break
        async with opened(AsyncInbox, place, service) as inbox:
            assert (await inbox.status()).counts[State.DONE] == 1

    asyncio.run(all_())
    assert attempts == [1, 2]


def test_so_it_is_in_tasks_and_the_next_loop_begins_at_once(place) -> None:
    left_in_a_task(place)


def test_sabotage_a_loop_that_does_not_wait_for_the_one_before_is_noticed(place, monkeypatch) -> None:
    async def at_once(inbox: AsyncInbox) -> None:
        """Wait for nothing."""

    monkeypatch.setattr(AsyncInbox, "_closed_if_left", at_once)
    with pytest.raises(ConfigurationError, match="another task"):
        left_in_a_task(place)


def test_sabotage_a_loop_whose_end_counts_as_failed_is_noticed(place, monkeypatch) -> None:
    monkeypatch.setattr(Settling, "left", lambda self, incoming: self.failed(incoming, RuntimeError()))
    with pytest.raises(AssertionError):
        left(place)


# The command


def test_a_command_says_so_on_standard_error_and_by_its_code(afilnet, account, sandbox) -> None:
    line = f"{shlex.quote(sys.executable)} -c 'raise SystemExit(9)'"
    person = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
    sandbox.receive(**person, message="hola", account=account)
    run = ("inbox", "run", "app.db", "--exec", line, "--start", "all", "--once")
    ended = afilnet(*run, "--attempts", "2")
    assert ended.code == 1
    assert ended.err.startswith("note: handling: the command ended with 9 (")
    ended = afilnet(*run, "--base-url", "https://127.0.0.1:1")
    assert ended.code == 3
    assert ended.err.startswith("note: polling: ")
    assert len(ended.err.splitlines()) == 1
    (waiting,) = afilnet("inbox", "list", "app.db", "--json").document
    assert (waiting["state"], waiting["reason"]) == ("waiting", "the command ended with 9")
    assert afilnet("inbox", "list", "app.db", "--state", "rejected", "--json").document == []
    assert afilnet("inbox", "list", "app.db", "--state", "lost").code == 2


def test_an_outbox_s_command_says_so_too(afilnet, account, tmp_path) -> None:
    row = b"platform,platform_id,destination,message\nwhatsapp,100,34600000000,hola\n"
    assert afilnet("outbox", "put", "box.db", "--from", "-", stdin=row).code == 0
    run = ("outbox", "run", "box.db", "--limit", "2", "--base-url", "https://127.0.0.1:1")
    with no_waits():
        ended = afilnet(*run)
        assert ended.code == 3
        assert ended.err.startswith("note: sending: no connection to 127.0.0.1:1")
        assert len(ended.err.splitlines()) == 1
        assert json.loads(afilnet(*run, "--json").err)["trouble"]["what"] == "sending"
    assert afilnet("outbox", "run", "box.db").err == ""


def test_what_is_not_there_is_said_and_changes_nothing(afilnet, place) -> None:
    service = Service()
    service.write("341", "hola")
    with opened_here(place, service, []) as inbox:
        inbox.handler(lambda incoming: incoming.reject("not ours"))
        inbox.run(wait=False)
        (rejected,) = inbox.rejected()
        pending = inbox.outbox.enqueue(platform="whatsapp", platform_id="100", destination="1", message="hola")
        sent = inbox.outbox.enqueue(platform="whatsapp", platform_id="100", destination="2", message="hola")
        inbox.outbox.send(sent)
    path = str(place[0])
    (listed,) = afilnet("inbox", "list", path, "--state", "rejected", "--json").document
    assert (listed["key"], listed["reason"]) == (rejected.key, "not ours")
    for words, told in (
        (("inbox", "retry", path, rejected.key, "NOKEY"), "NOKEY"),
        (("outbox", "requeue", path, str(pending), "99"), "entry 99 is not there"),
        (("outbox", "requeue", path, str(sent)), f"entry {sent} is sent, not pending"),
        (("outbox", "requeue", path, "--state", "unknown", "--accept-duplicates", str(pending)), "not unknown"),
    ):
        ended = afilnet(*words)
        assert ended.code == 2
        assert told in ended.err
        assert json.loads(afilnet(*words, "--json").err)["error"]["exit_code"] == 2
    assert afilnet("inbox", "status", path, "--json").document["counts"]["rejected"] == 1
    assert afilnet("inbox", "retry", path, rejected.key).code == 0
    assert afilnet("inbox", "retry", path).code == 0  # there are no dead ones, and none was named
    assert afilnet("outbox", "requeue", path, str(pending)).code == 0


def test_a_listener_that_cannot_be_one_is_refused(place) -> None:
    with pytest.raises(InvalidRequestError):
        opened(Inbox, place, Service(), on_trouble=5)
    assert str(Trouble("polling", None)) == "polling: works again"
