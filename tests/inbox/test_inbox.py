"""What an inbox promises, by example: once, in order, with the replies, from the beginning that was chosen."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest

from afilnet_protocols import ConfigurationError, Inbox, InvalidRequestError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.inbox import State
from afilnet_protocols.inbox.incoming import Incoming
from afilnet_protocols.inbox.settling import Settling
from afilnet_protocols.retold import Retold
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.waiting import run, until
from tests.inbox.conftest import ON_POSTGRESQL, ON_SQLITE
from tests.inbox.service import IDS, Killed, Service, opened
from tests.time_limit import HANGS


@pytest.fixture
def place(new_place):
    return new_place()


def handling(inbox, seen, *, reply=True):
    @inbox.handler()
    def handle(incoming):
        seen.append((incoming.conversation["destination"], incoming.text))
        if reply:
            incoming.reply(f"re: {incoming.text}")

    return handle


def rounds(inbox, service, seconds=700.0):
    """Let an inbox run for a while, in rounds that end: frequent at first, then seldom."""
    begin, end = service.now, service.now + seconds
    while service.now < end:
        inbox.run(wait=False)
        service.now += 5.0 if service.now < begin + 40.0 else 100.0


def test_each_message_is_handled_once_and_answered_once(place):
    service, seen = Service(), []
    with opened(Inbox, place, service) as inbox:
        handling(inbox, seen)
        inbox.run(wait=False)
        service.write("341", "one")
        service.write("342", "two")
        service.write("341", "three")
        rounds(inbox, service)
        assert sorted(seen) == [("341", "one"), ("341", "three"), ("342", "two")]
        assert service.outgoing("341") == ["re: one", "re: three"]
        assert service.outgoing("342") == ["re: two"]
        assert inbox.status().counts[State.DONE] == 3
        assert inbox.status().backlog == 0
    with opened(Inbox, place, service) as again:
        handling(again, seen)
        rounds(again, service)
    assert len(seen) == 3


@pytest.mark.parametrize("start", ["now", "all"])
def test_what_was_there_before_is_history_unless_all_is_asked_for(place, start):
    service, seen = Service(), []
    service.write("341", "before")
    service.write("342", "before")
    service.now += 10
    with opened(Inbox, place, service, start=start) as inbox:
        handling(inbox, seen, reply=False)
        inbox.run(wait=False)
        service.now += 10
        service.write("341", "after")
        rounds(inbox, service)
    before = [("341", "before"), ("342", "before")] if start == "all" else []
    assert sorted(seen) == sorted([*before, ("341", "after")])


def test_a_conversation_that_the_first_answer_left_out_is_history_too(place):
    service, seen = Service(), []
    service.write("341", "old")
    service.write("342", "old")
    service.hidden = {"341"}
    service.now += 10
    service.write("342", "newer")
    with opened(Inbox, place, service) as inbox:
        handling(inbox, seen, reply=False)
        inbox.run(wait=False)
        service.hidden = set()
        rounds(inbox, service)
        assert seen == []
        service.write("341", "new")
        rounds(inbox, service)
    assert seen == [("341", "new")]


def test_a_handler_that_raises_holds_up_its_own_conversation_only(place):
    service, seen = Service(), []
    with opened(Inbox, place, service, start="all") as inbox:

        @inbox.handler()
        def handle(incoming):
            if incoming.text == "bad":
                raise ValueError(incoming.attempt)
            seen.append(incoming.text)

        service.write("341", "bad")
        service.write("341", "behind")
        service.write("342", "elsewhere")
        inbox.run(wait=False)
        assert seen == ["elsewhere"]
        rounds(inbox, service)
        assert seen == ["elsewhere", "behind"]
        (dead,) = inbox.dead()
        assert (dead.raised, dead.interrupted, dead.reason) == (3, 0, "its handler raised ValueError")
        assert inbox.retry() == 1
        rounds(inbox, service)
        assert len(inbox.dead()) == 1


def test_a_message_that_ends_its_process_is_given_up_and_an_exception_counts_apart(place):
    service, begun = Service(), []
    service.write("341", "deadly")
    service.write("341", "behind")
    for _ in range(6):
        with opened(Inbox, place, service, start="all") as inbox:

            @inbox.handler()
            def handle(incoming):
                begun.append((incoming.text, incoming.attempt))
                if incoming.text == "deadly":
                    raise Killed

            if len(begun) < 5:
                with pytest.raises(Killed):
                    inbox.run(wait=False)
            else:
                inbox.run(wait=False)
        service.now += 5
    assert begun == [*(("deadly", number) for number in range(1, 6)), ("behind", 1)]


def test_a_handler_that_was_killed_is_begun_again_and_answers_once(place):
    service, begun = Service(), []
    service.write("341", "hello")

    class Dead(BaseException):
        pass

    with mock.patch.object(Settling, "failed"):  # who is dead notes nothing
        for fate in ("dead", "alive"):
            with opened(Inbox, place, service, start="all") as inbox:

                @inbox.handler()
                def handle(incoming, fate=fate):
                    begun.append(incoming.attempt)
                    incoming.reply("hi")
                    if fate == "dead":
                        raise Dead

                if fate == "dead":
                    with pytest.raises(Dead):
                        inbox.run(wait=False)
                else:
                    rounds(inbox, service, 20)
    assert begun == [1, 2]
    assert service.outgoing("341") == ["hi"]


def test_at_most_once_begins_no_handler_twice(place):
    service, begun = Service(), []
    service.write("341", "bad")
    service.write("341", "good")
    with opened(Inbox, place, service, start="all", processing="at_most_once") as inbox:

        @inbox.handler()
        def handle(incoming):
            begun.append(incoming.text)
            with pytest.raises(InvalidRequestError):
                incoming.retry(5)
            if incoming.text == "bad":
                raise ValueError

        rounds(inbox, service)
        assert begun == ["bad", "good"]
        assert [dead.message.message for dead in inbox.dead()] == ["bad"]


def test_retry_waits_and_counts_no_attempt_and_reject_says_why(place):
    service, seen = Service(), []
    service.write("341", "later")
    service.write("342", "no")
    with opened(Inbox, place, service, start="all") as inbox:

        @inbox.handler()
        def handle(incoming):
            seen.append((incoming.text, incoming.attempt, service.now))
            if incoming.text == "no":
                incoming.reject("not ours")
            elif len([each for each in seen if each[0] == "later"]) < 6:
                incoming.reply("not sent")
                incoming.retry(after=50)

        rounds(inbox, service)
        times = [now for text, attempt, now in seen if text == "later" and attempt == 1]
        assert len(times) == 6
        assert all(later - earlier >= 50 for earlier, later in itertools.pairwise(times))
        assert service.outgoing("341") == []
        assert [(each.state, each.reason) for each in inbox.messages("rejected")] == [(State.REJECTED, "not ours")]


def test_a_message_that_no_handler_takes_is_kept_and_can_be_tried_again(place):
    service, seen = Service(), []
    service.write("341", "hello")
    with opened(Inbox, place, service, start="all") as inbox:

        @inbox.handler(platform="telegram")
        def other(incoming):
            raise AssertionError

        inbox.run(wait=False)
        (rejected,) = inbox.messages("rejected")
        handling(inbox, seen)
        assert inbox.retry(rejected.key) == 1
        inbox.run(wait=False)
    assert seen == [("341", "hello")]


@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("fate", ["lost", "unreached", "killed"])
def test_a_lost_answer_of_unread_messages_loses_nothing(place, marks, fate):
    service, seen = Service(marks=marks), []
    with opened(Inbox, place, service, read="unread", start="all") as inbox:
        handling(inbox, seen, reply=False)
        service.write("341", "first")
        rounds(inbox, service, 100)
        service.write("341", "second")
        service.fates = ["done", fate]
        if fate == "killed":
            with pytest.raises(Killed):
                rounds(inbox, service, 20)
        else:
            rounds(inbox, service, 20)
        assert service.calls["get_unread_messages"] == 1
    service.fates = []
    with opened(Inbox, place, service, read="unread") as inbox:
        handling(inbox, seen, reply=False)
        rounds(inbox, service, 100)
    assert [text for _, text in seen] == ["first", "second"]


def test_what_somebody_else_read_is_found_and_said(place):
    service, seen = Service(marks=True), []
    with opened(Inbox, place, service, read="unread", start="all") as inbox:
        handling(inbox, seen, reply=False)
        service.write("341", "first")
        rounds(inbox, service, 100)
        assert inbox.status().others is None
        service.write("341", "second")
        service.read_elsewhere("341")
        rounds(inbox, service, 20)
        assert [text for _, text in seen] == ["first", "second"]
        assert inbox.status().others is not None


def test_an_answer_of_somebody_else_is_said(place):
    service, seen = Service(), []
    service.write("341", "hello")
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, seen)
        rounds(inbox, service, 100)
        assert inbox.status().others is None
        service.write("341", "a person answers", sent=True)
        rounds(inbox, service, 20)
        assert inbox.status().others is not None


def test_a_late_message_is_found_by_an_audit(place):
    service, seen = Service(), []
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, seen, reply=False)
        service.write("341", "late", late=15)
        service.write("341", "early")
        rounds(inbox, service, 60)
        assert seen == [("341", "early"), ("341", "late")]


def nothing_is_lost_or_doubled(place, ids, read):
    service, seen = Service(ids=ids, marks=True), []
    with opened(Inbox, place, service, start="all", read=read) as inbox:
        handling(inbox, seen, reply=False)
        for number in range(25):
            service.write("341", f"text {number // 2}")  # two equal ones in one second
            service.write("342", f"text {number}")
            if number % 3 == 0:
                rounds(inbox, service, 20)
            assert len(seen) <= 2 * (number + 1)
        rounds(inbox, service)
    assert [text for place, text in seen if place == "341"] == [f"text {number // 2}" for number in range(25)]
    assert [text for place, text in seen if place == "342"] == [f"text {number}" for number in range(25)]


@ON_SQLITE
@pytest.mark.parametrize("ids", sorted(IDS))
@pytest.mark.parametrize("read", ["auto", "unread"])
def test_whatever_identifiers_are_nothing_is_lost_or_doubled(place, ids, read):
    nothing_is_lost_or_doubled(place, ids, read)


@ON_POSTGRESQL
@pytest.mark.parametrize(("ids", "read"), [("changing", "auto"), ("reused", "unread")])
def test_identifiers_that_are_of_no_use_lose_and_double_nothing_on_a_server(place, ids, read):
    nothing_is_lost_or_doubled(place, ids, read)


@pytest.mark.proof(
    "test_whatever_identifiers_are_nothing_is_lost_or_doubled",
    "test_identifiers_that_are_of_no_use_lose_and_double_nothing_on_a_server",
)
@ON_POSTGRESQL
@pytest.mark.parametrize("ids", sorted(IDS))
@pytest.mark.parametrize("read", ["auto", "unread"])
def test_whatever_identifiers_are_nothing_is_lost_or_doubled_on_a_server(place, ids, read):
    nothing_is_lost_or_doubled(place, ids, read)


@pytest.mark.parametrize("ids", sorted(IDS))
def test_identifiers_that_change_with_the_next_message_double_nothing(place, ids):
    service, seen = Service(ids=ids), []
    with opened(Inbox, place, service, start="all", read="unread") as inbox:
        handling(inbox, seen, reply=False)
        for text in ("one", "two"):
            service.write("341", text)
        rounds(inbox, service, 100)  # read twice, when nothing had come in between
        service.write("341", "of a person", sent=True)
        rounds(inbox, service, 100)
    assert [text for _, text in seen] == ["one", "two"]


@pytest.mark.parametrize("read", ["messages", "unread"])
def test_the_order_of_listings_does_not_matter(place, read):
    service, seen = Service(), []
    service.newest_first = True
    service.write("341", "history 1")
    service.write("341", "history 2")
    service.now += 5
    with opened(Inbox, place, service, read=read) as inbox:
        handling(inbox, seen)
        inbox.run(wait=False)
        for number in range(12):
            service.write("341", f"{number}")
            if number % 4 == 0:
                rounds(inbox, service, 40)
        rounds(inbox, service)
    assert [text for _, text in seen] == [str(number) for number in range(12)]


@pytest.mark.parametrize("read", ["messages", "unread"])
@pytest.mark.parametrize("newest_first", [True, False])
def test_a_message_that_comes_before_its_conversation_is_read_overtakes_nothing(place, read, newest_first):
    service, seen = Service(), []
    service.newest_first = newest_first
    service.write("341", "earlier")
    service.now += 5
    for text in ("one", "three"):
        with opened(Inbox, place, service, read=read, start="all") as inbox:  # each has learnt nothing yet
            handling(inbox, seen, reply=False)
            service.write("341" if text == "one" else "342", text)
            if text == "three":
                service.on_read = lambda: (setattr(service, "on_read", lambda: None), service.write("342", "four"))
            rounds(inbox, service, 20)
        service.now += 5
    assert seen == [("341", "earlier"), ("341", "one"), ("342", "three"), ("342", "four")]


def test_a_listing_with_odd_records_is_not_taken_for_the_whole(place):
    service, seen = Service(), []
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, seen, reply=False)
        service.odd = {"odd"}
        service.write("341", "odd")
        service.write("341", "sound")
        rounds(inbox, service, 2000)
        assert [text for _, text in seen] == ["sound"]
        service.odd = set()
        rounds(inbox, service, 2000)
    assert [text for _, text in seen] == ["sound", "odd"]


def test_a_bot_that_hears_itself_stops(place):
    service = Service()
    service.shows_as_received = True
    service.write("341", "hello")
    with opened(Inbox, place, service, start="all") as inbox:
        seen = []
        handling(inbox, seen)
        with pytest.raises(ConfigurationError, match="answer itself"):
            rounds(inbox, service)
        assert seen == [("341", "hello")]
        with pytest.raises(ConfigurationError, match="answer itself"):
            rounds(inbox, service)


def test_an_echo_of_the_other_party_stops_nothing(place):
    service, seen = Service(), []
    with opened(Inbox, place, service, start="all") as inbox:

        @inbox.handler()
        def repeat(incoming):
            seen.append(incoming.text)
            incoming.reply(incoming.text)

        for _ in range(3):
            service.write("341", "hello")
            rounds(inbox, service, 20)
    assert seen == ["hello"] * 3


def test_rows_replies_and_mark_are_one_transaction(place):
    service = Service()
    service.write("341", "order")
    with opened(Inbox, place, service, start="all", attempts=2) as inbox:

        @inbox.handler()
        def handle(incoming):
            with incoming.transaction() as database:
                database.execute("CREATE TABLE IF NOT EXISTS tickets (number integer)")
                database.execute("INSERT INTO tickets VALUES (7)")
                incoming.reply("Ticket 7")
                if incoming.attempt == 1:
                    raise ValueError
            with pytest.raises(InvalidRequestError):
                incoming.reply("too late")

        rounds(inbox, service)
        assert service.outgoing("341") == ["Ticket 7"]
        assert inbox.status().counts[State.DONE] == 1


def test_a_transaction_in_the_middle_of_another_takes_nothing_from_it(place):
    service = Service()
    service.write("341", "order")
    tickets = f"{place[1]['schema']}.tickets" if place[1] else "tickets"
    with opened(Inbox, place, service, start="all", attempts=1) as inbox:

        @inbox.handler()
        def handle(incoming):
            with incoming.transaction() as database:
                database.execute(f"CREATE TABLE {tickets} (number integer)")
                database.execute(f"INSERT INTO {tickets} VALUES (7)")
                with contextlib.suppress(ConfigurationError):
                    inbox.purge(older_than=0)
                database.execute(f"INSERT INTO {tickets} SELECT number + 1 FROM {tickets}")
                incoming.reply("Ticket 7")

        rounds(inbox, service)
        assert (inbox.status().counts[State.DONE], service.outgoing("341")) == (1, ["Ticket 7"])


def takes_each_order_once(place):
    """Handle one order twice by a handler whose rows have a unique key, and which catches what its driver raises."""
    service, seen = Service(), []
    orders = f"{place[1]['schema']}.orders" if place[1] else "orders"
    with opened(Inbox, place, service, start="all", attempts=1) as inbox:

        @inbox.handler()
        def handle(incoming):
            try:
                with incoming.transaction() as database:
                    database.execute(f"CREATE TABLE IF NOT EXISTS {orders} (number integer PRIMARY KEY)")
                    incoming.reply("taken")
                    database.execute(f"INSERT INTO {orders} VALUES (7)")
            except Exception as error:
                seen.extend(each.__name__ for each in type(error).__mro__ if each.__name__ == "IntegrityError")
                incoming.reject("taken already")

        for text in ("order 7", "order 7 again"):
            service.write("341", text)
            rounds(inbox, service)
        return seen, service.outgoing("341"), [each.reason for each in inbox.rejected()]


def test_what_a_statement_of_the_handler_raises_in_a_transaction_is_its_drivers_own(place):
    assert takes_each_order_once(place) == (["IntegrityError"], ["taken"], ["taken already"])


@ON_POSTGRESQL
def test_sabotage_an_inbox_that_takes_a_fault_of_the_handlers_rows_for_its_own_is_found(place, monkeypatch):
    store = "afilnet_protocols.inbox.postgresql.store"
    monkeypatch.setattr(f"{store}.PostgresqlInboxStore._told_of_errors", told_of_all)
    assert takes_each_order_once(place) != (["IntegrityError"], ["taken"], ["taken already"])


def test_sabotage_a_reply_that_outlives_its_transaction_is_found(place, monkeypatch):
    monkeypatch.setattr(Incoming, "transaction", transaction_that_keeps_what_was_said)
    assert takes_each_order_once(place) == (["IntegrityError"], ["taken", "taken"], ["taken already"])


@contextlib.contextmanager
def transaction_that_keeps_what_was_said(incoming):
    with incoming._commit(incoming, None) as database:
        yield database
    incoming.closed = True


def told_of_all(store, *, but=()):
    del store, but
    return Retold(Exception, lambda error: ConfigurationError(f"the inbox cannot be used: {error}"))


def as_dictionary(cursor, row):
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def handled_with_rows_of_his_own(path) -> tuple[list[object], list[str]]:
    """Handle two messages in transactions whose rows are dictionaries; return the handler's rows and the replies."""
    service, seen = Service(), []
    with opened(Inbox, (path, {}), service, start="all", attempts=1) as inbox:
        own = sqlite3.connect(path)
        own.row_factory = as_dictionary

        @inbox.handler()
        def handle(incoming):
            given = own if incoming.text == "his" else None
            with incoming.transaction(given) as database:
                database.row_factory = as_dictionary
                seen.append(database.execute("SELECT 7 AS number").fetchone())
                incoming.reply(f"of {incoming.text}")
            if given is not None:
                given.commit()
            seen.append(own.row_factory is as_dictionary)

        for text in ("ours", "his"):
            service.write("341", text)
            rounds(inbox, service)
        own.close()
        return seen, service.outgoing("341")


def test_a_handler_may_have_rows_of_his_own_in_a_transaction(tmp_path):
    assert handled_with_rows_of_his_own(tmp_path / "app.db") == ([{"number": 7}, True] * 2, ["of ours", "of his"])


def test_sabotage_an_inbox_that_takes_rows_as_they_come_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.inbox.sqlite.store.plainly", lambda _: contextlib.nullcontext())
    with pytest.raises(KeyError):
        handled_with_rows_of_his_own(tmp_path / "app.db")


def test_a_handler_runs_outside_of_any_transaction(place):
    service = Service()
    service.write("341", "order")
    with opened(Inbox, place, service, start="all") as inbox, opened(Inbox, place, service) as other:

        @inbox.handler()
        def handle(incoming):
            other.outbox.enqueue(**incoming.conversation, message="from another connection")

        inbox.run(wait=False)
        assert inbox.status().counts[State.DONE] == 1


def test_messages_come_one_by_one_and_a_loop_that_is_left_has_not_finished(place):
    service, seen = Service(), []
    for text in ("one", "two", "three"):
        service.write("341", text)
    with opened(Inbox, place, service, start="all") as inbox:
        for incoming in inbox:
            seen.append(incoming.text)
            incoming.reply(f"re: {incoming.text}")
            if len(seen) == 2:
                break
        service.now += 100
        for incoming in inbox:
            seen.append(incoming.text)
            incoming.done()
            if incoming.text == "three":
                inbox.stop()
    assert seen == ["one", "two", "two", "three"]


def test_what_cannot_be_meant_is_refused(place):
    service = Service()
    for wrong in ({"start": "today"}, {"read": "all"}, {"processing": "exactly_once"}, {"attempts": 0}):
        with pytest.raises(InvalidRequestError):
            opened(Inbox, place, service, **wrong)
    with opened(Inbox, place, service) as inbox:
        with pytest.raises(InvalidRequestError):
            inbox.run()
        with pytest.raises(InvalidRequestError):
            inbox.purge(older_than=-1)
        with pytest.raises(InvalidRequestError):
            inbox.messages("lost")


def test_contents_are_forgotten_and_messages_are_not(place):
    service, seen = Service(), []
    service.write("341", "secret")
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, seen)
        rounds(inbox, service)
        assert inbox.purge(older_than=0) == 1
        rounds(inbox, service)
        assert inbox.status().counts[State.DONE] == 1
    assert seen == [("341", "secret")]


def test_a_handler_that_nobody_would_await_is_refused(tmp_path) -> None:
    async def later(incoming: object) -> None:
        raise AssertionError(incoming)

    with Inbox(tmp_path / "inbox.db", user="u", password="p") as inbox:
        with pytest.raises(InvalidRequestError, match="AsyncInbox"):
            inbox.handler()(later)
        inbox.handler()(print)


@pytest.mark.parametrize("reason", [ValueError("no"), 5, b"no"], ids=repr)
def test_a_reason_that_is_no_text_is_refused_and_ends_no_run(tmp_path, reason: object) -> None:
    told = []
    with Sandbox() as sandbox, Inbox(tmp_path / "inbox.db", sandbox.settings("http-post"), start="all") as inbox:

        @inbox.handler()
        def reject(incoming) -> None:
            try:
                incoming.reject(reason)
            except InvalidRequestError as error:
                told.append(str(error))
                incoming.reject(str(reason))

        sandbox.receive(platform="whatsapp", platform_id="100", destination="34600000000", message="x")
        assert inbox.run(wait=False).rejected == 1
    assert "write str(reason)" in told[0]


@pytest.mark.parametrize("reason", ["\0", "half \ud800", "\udfff\0x"], ids=ascii)
def test_a_reason_that_no_database_keeps_is_kept_as_far_as_it_can_be(new_place, reason: str) -> None:
    service = Service()
    service.write("341", "x")
    with opened(Inbox, new_place(), service, start="all") as inbox:

        @inbox.handler()
        def reject(incoming) -> None:
            incoming.reject(reason)

        assert inbox.run(wait=False).rejected == 1
        assert inbox.rejected()[0].reason == reason.encode("utf-8", "replace").decode().replace("\0", "?")


def test_closing_lets_the_run_of_another_thread_end_after_the_message_in_hand(place):
    service, begun = Service(), threading.Event()
    service.write("341", "a")
    inbox = opened(Inbox, place, service, start="all")

    @inbox.handler
    def handle(incoming):
        begun.set()
        run(until(inbox.engine.stopped, Deadline(HANGS)), Deadline(HANGS))
        incoming.reply("b")

    with ThreadPoolExecutor(1) as thread:
        report = thread.submit(inbox.run)
        assert begun.wait(HANGS)
        inbox.close()
        assert report.done()
    assert report.result().done == 1
