"""The state behind the endpoints: conversations, unread messages, accounts, journal, clock, restart."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import sys
import threading
from datetime import UTC, datetime

import pytest

from afilnet_protocols.errors import ConfigurationError, InvalidRequestError, UnsupportedTextError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox import FaultNotFiredError, Options, Sandbox
from afilnet_protocols.sandbox.state.clock import Clock
from tests.sandbox.speak import CONVERSATION, FILE, SPEAKERS, PostForm, Refused, fields
from tests.tables import table

pytestmark = pytest.mark.smoke

WHERE = {"platform": "whatsapp", "platform_id": "100"}


def arrive(sandbox, account, message, destination="34600000000"):
    return sandbox.receive(**WHERE, destination=destination, message=message, account=account)


def test_both_directions_in_one_conversation(speaker, sandbox, account):
    sandbox.clock.freeze(datetime(2024, 2, 29, 23, 59, 51))
    speaker.send(fields(account, "sendmessage", {**CONVERSATION, "message": "hola"}))
    sandbox.clock.advance(1)
    assert arrive(sandbox, account, "¿qué tal?") == "2"
    sandbox.clock.reset()
    items = speaker.send(fields(account, "getmessages", CONVERSATION))
    common = {"platformid": "100", "platform": "whatsapp", "destination": "34600000000"}
    expected = [
        {
            **common,
            "message": "hola",
            "messageid": "1",
            "sent": True,
            "status": "sent",
            "datetime": "2024-02-29 23:59:51",
        },
        {
            **common,
            "message": "¿qué tal?",
            "messageid": "2",
            "sent": False,
            "status": "received",
            "datetime": "2024-02-29 23:59:52",
        },
    ]
    assert items == expected
    assert list(items[0]) == [
        "platformid",
        "platform",
        "message",
        "destination",
        "messageid",
        "sent",
        "status",
        "datetime",
    ]
    (unread,) = speaker.send(fields(account, "getunreadmessages", CONVERSATION))
    assert "sent" not in unread
    assert (unread["issent"], unread["messageid"]) == (False, "2")


def test_chats_come_in_the_order_in_which_they_began(speaker, sandbox, account):
    for number in ("3", "1", "2", "3"):
        arrive(sandbox, account, f"to {number}", destination=number)
    given = {"platform": "whatsapp", "platformid": "100"}
    items = speaker.send(fields(account, "getchats", given))
    assert [(item["destination"], item["messageid"]) for item in items] == [("3", "4"), ("1", "2"), ("2", "3")]
    assert speaker.send(fields(account, "getchats", {"platform": "webchat", "platformid": "1"})) == []


def test_a_file_is_told_by_its_message_or_its_address(speaker, sandbox, account):
    arrive(sandbox, account, "begin")
    speaker.send(fields(account, "sendfile", FILE))
    speaker.send(fields(account, "sendfile", {**FILE, "message": "look", "thumburl": "https://www.example.com/t.jpg"}))
    speaker.send(fields(account, "sendfile", {**FILE, "message": "", "thumburl": ""}))
    items = speaker.send(fields(account, "getmessages", CONVERSATION))
    assert [item["message"] for item in items] == ["begin", FILE["fileurl"], "look", FILE["fileurl"]]


@pytest.mark.parametrize("marks", [False, True])
def test_reading_marks_as_read_or_not(speaker, sandbox, marks):
    account = sandbox.account(options=Options(reading_marks_read=marks))
    arrive(sandbox, account, "one")
    arrive(sandbox, account, "other", destination="2")
    ask = fields(account, "getunreadmessages", CONVERSATION)
    assert [item["message"] for item in speaker.send(ask)] == ["one"]
    assert len(speaker.send(ask)) == (0 if marks else 1)
    arrive(sandbox, account, "two")
    assert [item["message"] for item in speaker.send(ask)] == (["two"] if marks else ["one", "two"])
    assert len(speaker.send(fields(account, "getunreadmessages", {**CONVERSATION, "destination": "2"}))) == 1
    sandbox.drop(account)


def test_reading_messages_leaves_them_unread(speaker, sandbox, account):
    arrive(sandbox, account, "one")
    speaker.send(fields(account, "getmessages", CONVERSATION))
    speaker.send(fields(account, "getchats", CONVERSATION))
    assert len(speaker.send(fields(account, "getunreadmessages", CONVERSATION))) == 1


def test_accounts_never_meet(speaker, sandbox):
    accounts = [sandbox.account() for _ in range(3)]
    for number, account in enumerate(accounts):
        speaker.send(fields(account, "sendmessage", {**CONVERSATION, "message": f"of {number}"}))
    for number, account in enumerate(accounts):
        (item,) = speaker.send(fields(account, "getmessages", CONVERSATION))
        assert (item["message"], item["messageid"]) == (f"of {number}", "1")
    sandbox.reset(accounts[0])
    with pytest.raises(Refused, match="CHAT_NOT_FOUND"):
        speaker.send(fields(accounts[0], "getmessages", CONVERSATION))
    assert len(speaker.send(fields(accounts[1], "getmessages", CONVERSATION))) == 1
    for account in accounts:
        sandbox.drop(account)
    with pytest.raises(Refused, match="INCORRECT_USER_PASSWORD"):
        speaker.send({**fields(accounts[1], "getmessages", CONVERSATION)})


def test_one_account_does_not_open_with_anothers_password(speaker, sandbox, account):
    other = sandbox.account()
    with pytest.raises(Refused, match="INCORRECT_USER_PASSWORD"):
        speaker.send({**fields(account, "getchatchannels"), "password": other.password})


@table("protocol", [name for name in SPEAKERS if name != "json"])
@table("password", ["pä:ss wörd", "😀", "a+b&c=%", ":", "<&>"])
def test_passwords_of_any_text(sandbox, protocol, password):
    account = sandbox.account(password=password)
    assert len(SPEAKERS[protocol](sandbox).send(fields(account, "getchatchannels"))) == 4
    sandbox.drop(account)


def test_channels_are_the_accounts_own(speaker, sandbox):
    odd = [Channel(platform="telegram", platform_id="007", name="<b> & ñ")]
    account = sandbox.account(channels=odd)
    (item,) = speaker.send(fields(account, "getchatchannels"))
    assert item == {"platformid": "007", "platform": "telegram", "name": "<b> & ñ"}
    sandbox.drop(account)


def test_ids_as_numbers(sandbox):
    channels = [
        Channel(platform="telegram", platform_id="7", name="n"),
        Channel(platform="telegram", platform_id="007", name="n"),
    ]
    account = sandbox.account(channels=channels, options=Options(ids_as_numbers=True))
    items = PostForm(sandbox).send(fields(account, "getchatchannels"))
    assert [item["platformid"] for item in items] == [7, "007"]
    sandbox.drop(account)


def test_the_journal_masks_and_is_bounded():
    with Sandbox(journal_size=5) as sandbox:
        speaker = PostForm(sandbox)
        for number in range(8):
            speaker.send(fields(sandbox.accounts()[0], "sendmessage", {**CONVERSATION, "message": str(number)}))
        with pytest.raises(Refused):
            speaker.send({"class": "chat", "method": "getchatchannels", "user": "nobody", "password": "hunter2"})
        journal = sandbox.journal()
        assert [arrival.arguments["message"] for arrival in journal] == ["3", "4", "5", "6", "7"]
        everything = sandbox.journal(everything=True)
        assert [(each.user, each.outcome) for each in everything[4:]] == [
            ("user", "SUCCESS"),
            (None, "INCORRECT_USER_PASSWORD"),
        ]
        assert "hunter2" not in repr(everything)
        assert sandbox.password not in [each.arguments["password"] for each in everything]
        sandbox.reset(everything=True)
        assert sandbox.journal(everything=True) == []


def test_each_protocol_is_named_in_the_journal(sandbox, account):
    for speaker in SPEAKERS.values():
        speaker(sandbox).send(fields(account, "getchatchannels"))
    names = [str(arrival.protocol) for arrival in sandbox.journal(account)]
    assert names == ["http-get", *["http-post"] * 3, "basic", "basic", "json", "soap", "soap", "soap"]


def test_a_file_survives_a_restart_and_a_memory_does_not(tmp_path):
    file = tmp_path / "state.db"
    with Sandbox(db=file) as sandbox:
        account = sandbox.account("tenant", options=Options(reading_marks_read=True))
        arrive(sandbox, account, "kept")
        PostForm(sandbox).send(fields(account, "sendmessage", {**CONVERSATION, "message": "kept too"}))
    with Sandbox(db=file) as sandbox:
        assert sandbox.accounts()[1] == account
        items = PostForm(sandbox).send(fields(account, "getmessages", CONVERSATION))
        assert [item["message"] for item in items] == ["kept", "kept too"]
        assert arrive(sandbox, account, "next") == "3"
        with pytest.raises(ConfigurationError, match="already"):
            sandbox.account("tenant")
    with Sandbox() as sandbox:
        assert [account.user for account in sandbox.accounts()] == ["user"]


def test_a_file_that_is_no_state_is_refused(tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sandbox, " * 100)
    with pytest.raises(ConfigurationError, match="cannot keep its state"):
        Sandbox(db=file).start()


def test_a_database_of_somebody_elses_is_refused_and_left_as_it_is(tmp_path):
    file = tmp_path / "orders.db"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE orders (number INTEGER)")
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match=r"not a sandbox's: name another file"):
        Sandbox(db=file).start()
    assert file.read_bytes() == before


def is_one_sandbox_only(file, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.sandbox.state.database.PATIENCE", 0.01)
    with Sandbox(db=file) as sandbox:
        with pytest.raises(ConfigurationError, match=r"another sandbox.*has it open: end that one, or name another"):
            Sandbox(db=file).start()
        sandbox.account("tenant")
    with Sandbox(db=file) as sandbox:
        assert [account.user for account in sandbox.accounts()] == ["user", "tenant"]


def test_a_file_is_one_sandboxs_as_long_as_it_is_open(tmp_path, monkeypatch):
    is_one_sandbox_only(tmp_path / "state.db", monkeypatch)


def test_sabotage_a_file_that_two_sandboxes_have_at_once_would_be_found_out(tmp_path, monkeypatch):
    class Shared(sqlite3.Connection):
        def execute(self, statement, *values):
            return super().execute(statement.replace("EXCLUSIVE", "NORMAL"), *values)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **how: connect(*given, **how, factory=Shared))
    with pytest.raises(pytest.fail.Exception):
        is_one_sandbox_only(tmp_path / "state.db", monkeypatch)


def test_what_the_other_party_cannot_do(sandbox, account):
    with pytest.raises(InvalidRequestError, match="no channel"):
        sandbox.receive(platform="whatsapp", platform_id="999", destination="1", message="x", account=account)
    with pytest.raises(UnsupportedTextError):
        arrive(sandbox, account, "\x00")
    with pytest.raises(ConfigurationError, match="no account"):
        arrive(sandbox, "nobody", "x")


def test_many_threads_lose_nothing(sandbox, account):
    def work(number):
        speaker = PostForm(sandbox)
        for count in range(20):
            speaker.send(fields(account, "sendmessage", {**CONVERSATION, "message": f"{number}/{count}"}))
            arrive(sandbox, account, f"in {number}/{count}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    items = PostForm(sandbox).send(fields(account, "getmessages", CONVERSATION))
    assert [int(item["messageid"]) for item in items] == list(range(1, 321))
    assert len({item["message"] for item in items}) == 320


def test_threads_that_receive_and_one_that_resets_do_not_meet(sandbox):
    """Thread changes in the middle of everything: what one forgets, another may be adding to."""
    accounts, ended, met = [sandbox.account() for _ in range(3)], threading.Event(), []

    def again_and_again(step):
        while not ended.is_set():
            try:
                step()
            except RuntimeError as error:
                met.append(error)

    steps = [
        functools.partial(sandbox.reset, accounts[2]),
        *(functools.partial(arrive, sandbox, each, "x") for each in accounts[:2]),
    ]
    threads = [threading.Thread(target=again_and_again, args=(step,)) for step in steps]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        ended.wait(0.9)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert met == []


def test_faults_count_wait_and_end(speaker, sandbox, account):
    ask = fields(account, "getchatchannels")
    with sandbox.answer("CHAT_NOT_FOUND", account=account, after=1, times=2) as armed:
        outcomes = []
        for _ in range(5):
            try:
                outcomes.append(len(speaker.send(ask)))
            except Refused as refused:
                outcomes.append(refused.code)
    assert outcomes == [4, "CHAT_NOT_FOUND", "CHAT_NOT_FOUND", 4, 4]
    assert (armed.met, armed.hits) == (3, 2)
    assert armed not in sandbox.faults()


def test_a_fault_that_never_fired_fails(sandbox, account):
    before = sandbox.faults()  # of accounts that other tests had
    with pytest.raises(FaultNotFiredError, match="never fired"), sandbox.answer("X", account=account):
        pass
    with pytest.raises(RuntimeError, match="first"), sandbox.answer("X", account=account):
        raise RuntimeError("what went wrong first is what is told")
    assert sandbox.faults() == before


def test_a_fault_meets_only_what_it_is_for(sandbox, account):
    ask = fields(account, "getchatchannels")
    with pytest.raises(FaultNotFiredError), sandbox.answer("X", protocol="soap", account=account):
        PostForm(sandbox).send(ask)
    with pytest.raises(FaultNotFiredError), sandbox.answer("X", operation="get_chats", account=account):
        PostForm(sandbox).send(ask)
    with pytest.raises(FaultNotFiredError), sandbox.answer("X", account="user"):
        PostForm(sandbox).send(ask)
    with pytest.raises(ConfigurationError, match="no operation"):
        sandbox.answer("X", operation="getchats")


class TestClock:
    def test_it_runs_with_the_computers(self):
        assert abs((Clock().now() - datetime.now(UTC)).total_seconds()) < 1

    def test_it_is_set_advanced_frozen_and_resumed(self):
        clock, moment = Clock(), datetime(2030, 1, 1, tzinfo=UTC)
        clock.set(datetime(2030, 1, 1))
        assert 0 <= (clock.now() - moment).total_seconds() < 1
        clock.freeze(moment)
        clock.advance(90)
        assert clock.now() == datetime(2030, 1, 1, 0, 1, 30, tzinfo=UTC)
        clock.resume()
        assert 90 <= (clock.now() - moment).total_seconds() < 91
        clock.reset()
        assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 1

    @pytest.mark.parametrize("seconds", [float("inf"), float("nan"), -1e12, 1e12, 1e300])
    def test_it_stays_within_the_calendar(self, seconds):
        clock = Clock()
        with pytest.raises(InvalidRequestError, match="from 1970 to 9999"):
            clock.advance(seconds)
        assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 1
