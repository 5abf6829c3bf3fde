"""Bulk sending and the outbox on the command line: what is printed, what is sent, and the exit codes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from afilnet_protocols import Outbox
from afilnet_protocols.cli import app
from afilnet_protocols.cli.ending.exits import ExitCode
from afilnet_protocols.cli.outbox import bulk
from afilnet_protocols.cli.outbox import status as outbox_status
from afilnet_protocols.cli.outbox import watch as outbox_watch
from afilnet_protocols.cli.outbox.watch import Look, looks
from afilnet_protocols.outbox.sqlite import reading as sqlite_reading
from afilnet_protocols.outbox.sqlite import row as sqlite_row
from tests.cli.conftest import account, afilnet
from tests.tables import table

__all__ = ["account", "afilnet"]

HERE = ("--platform", "whatsapp", "--platform-id", "100")


def sent(sandbox, user):
    return [call.arguments["message"] for call in sandbox.journal(user) if call.outcome == "SUCCESS"]


def test_every_row_is_sent_once_and_the_same_command_again_sends_nothing(afilnet, account, sandbox, tmp_path):
    (tmp_path / "list.csv").write_text('destination,message\n341,hola\n342,"a, b\nc"\n341,hola\n', "utf-8")
    words = ("send", "--from", "list.csv", *HERE, "--keep-repeats", "--json")
    first = afilnet(*words)
    assert first.code == 0
    assert first.document["run"]["sent"] == 3
    assert first.document["not_sent"] == []
    again = afilnet(*words)
    assert (again.code, again.document["known_before"], again.document["run"]["sent"]) == (0, 3, 0)
    assert sent(sandbox, account) == ["hola", "a, b\nc", "hola"]
    assert (tmp_path / "list.csv.outbox.db").stat().st_mode & 0o777 == 0o600


def test_nothing_is_sent_if_one_row_cannot_be(afilnet, account, sandbox, tmp_path):
    lines = [{"destination": "341", "message": "hola"}, {"destination": "341"}, {"destination": 3, "message": "x"}]
    (tmp_path / "list.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    ended = afilnet("send", "--from", "list.jsonl", *HERE)
    assert (ended.code, ended.out) == (2, "")
    assert "line 2: message is compulsory" in ended.err
    assert "line 3: destination must be a string" in ended.err
    assert sent(sandbox, account) == []
    assert not (tmp_path / "list.jsonl.outbox.db").exists()


def test_a_report_says_which_rows_were_not_sent_and_why(afilnet, account, sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("platform_id,destination,message\n100,341,a\n999,341,b\n", "utf-8")
    ended = afilnet("send", "--from", "list.csv", "--platform", "whatsapp", "--outbox", "o.db", "--rate", "500")
    assert ended.code == 4
    assert "CHANNEL_NOT_FOUND" in ended.out
    listed = afilnet("outbox", "list", "o.db", "--state", "rejected", "--json").document
    assert [(entry["id"], entry["error"]) for entry in listed] == [(2, "NotFoundError")]
    counts = afilnet("outbox", "status", "o.db", "--json").document
    assert sorted(counts.pop("ages")) == ["rejected", "sent"]
    assert {state for state, rate in counts.pop("per_second").items() if rate} == {"rejected", "sent"}
    assert counts == {"pending": 0, "sending": 0, "sent": 1, "rejected": 1, "unknown": 0}


def test_what_is_in_doubt_is_decided_by_a_person(afilnet, account, sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("destination,message\n341,hola\n", "utf-8")
    with sandbox.answer("SOMETHING_NEW", account=account):
        assert afilnet("send", "--from", "list.csv", *HERE, "--outbox", "o.db").code == 5
    refused = afilnet("outbox", "requeue", "o.db", "--state", "unknown")
    assert refused.code == 2
    assert "reconcile" in refused.err
    found = afilnet("outbox", "reconcile", "o.db", "--settle", "0.01", "--json")
    assert found.code == 5
    assert [(each["finding"], each["state"]) for each in found.document] == [("absent", "unknown")]
    assert afilnet("outbox", "reconcile", "o.db", "--settle", "0.01", "--resend-absent").code == 0
    assert afilnet("outbox", "run", "o.db", "--json").document["sent"] == 1
    assert sent(sandbox, account) == ["hola"]


@pytest.mark.parametrize(
    ("code", "says"),
    [("SOMETHING_NEW", "'afilnet outbox reconcile \"my o.db\"' reads"), ("CHANNEL_NOT_FOUND", "correct the rows")],
)
def test_advice_about_rows_that_were_not_sent_is_what_changes_their_state(
    afilnet, account, sandbox, tmp_path, code, says
):
    words = ("send", "--from", "list.csv", *HERE, "--outbox", "my o.db")
    (tmp_path / "list.csv").write_text("destination,message\n341,hola\n", "utf-8")
    with sandbox.answer(code, account=account):
        first = afilnet(*words).out
    for out in (first, afilnet(*words).out):
        (told,) = [line for line in out.splitlines() if line.startswith("what to do: ")]
        assert told.startswith(f"what to do: {says}")
    assert sent(sandbox, account) == []


def test_a_row_that_was_rejected_is_sent_by_the_same_command_when_it_is_changed(afilnet, account, sandbox, tmp_path):
    for platform_id, code in (("999", 4), ("100", 0)):
        (tmp_path / "list.csv").write_text(f"platform_id,destination,message\n{platform_id},341,hola\n", "utf-8")
        assert afilnet("send", "--from", "list.csv", "--platform", "whatsapp").code == code
    assert sent(sandbox, account) == ["hola"]


def test_retrying_what_is_unknown_needs_a_word(afilnet, account, sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("destination,message\n341,hola\n", "utf-8")
    with sandbox.answer("SOMETHING_NEW", account=account):
        afilnet("send", "--from", "list.csv", *HERE, "--outbox", "o.db")
    accepted = afilnet("outbox", "requeue", "o.db", "1", "--state", "unknown", "--accept-duplicates", "--json")
    assert accepted.document == {"due": 1}
    assert afilnet("outbox", "run", "o.db").code == 0


def test_a_wrong_password_loses_nothing(afilnet, account, sandbox, tmp_path, monkeypatch):
    (tmp_path / "list.csv").write_text("destination,message\n341,hola\n342,hola\n", "utf-8")
    right = next(made.password for made in sandbox.accounts() if made.user == account)
    monkeypatch.setenv("AFILNET_PASSWORD", "wrong")
    ended = afilnet("send", "--from", "list.csv", *HERE, "--json")
    assert (ended.code, ended.error["type"]) == (4, "AuthenticationError")
    monkeypatch.setenv("AFILNET_PASSWORD", right)
    assert afilnet("send", "--from", "list.csv", *HERE).code == 0
    assert sent(sandbox, account) == ["hola", "hola"]


def test_messages_that_are_not_in_the_file_are_not_sent_with_it(afilnet, account, sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("destination,message\n341,hola\n", "utf-8")
    planted = tmp_path / "planted.csv"
    planted.write_text("platform,platform_id,destination,message\nwhatsapp,100,349,theirs\n", "utf-8")
    assert afilnet("outbox", "put", "list.csv.outbox.db", "--from", "planted.csv").code == 0
    refused = afilnet("send", "--from", "list.csv", *HERE)
    assert (refused.code, sent(sandbox, account)) == (2, [])
    assert "1 message waits that the file lacks" in refused.err
    assert afilnet("send", "--from", "list.csv", *HERE, "--outbox", "list.csv.outbox.db").code == 0
    assert sent(sandbox, account) == ["theirs", "hola"]


def test_a_text_for_rows_may_come_from_standard_input(afilnet, account, sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("destination\n34600000001\n34600000002\n")
    words = ("send", "--from", "list.csv", *HERE, "--message", "-")
    assert afilnet(*words, stdin="\ufeffhola\nñ\n".encode()).code == 0
    assert [call.arguments["message"] for call in sandbox.journal(account)] == ["hola\nñ"] * 2
    again = afilnet("send", "--from", "-", *HERE, "--message", "-", "--outbox", "o.db", stdin=b"destination\n346\n")
    assert (again.code, "either the rows or a text" in again.err) == (2, True)
    assert len(sandbox.journal(account)) == 2


@pytest.mark.parametrize("how", ["a pipe", "a name of the system", "what the shell gives"])
def test_rows_from_what_is_no_file_that_lasts_need_an_outbox(afilnet, account, sandbox, tmp_path, how):
    reading, writing = os.pipe()
    os.mkfifo(tmp_path / "pipe")
    place = {"a pipe": "pipe", "a name of the system": "/dev/stdin", "what the shell gives": f"/dev/fd/{reading}"}[how]
    try:
        ended = afilnet("send", "--from", place, *HERE, stdin=b"destination,message\n34600000001,hola\n")
    finally:
        os.close(reading)
        os.close(writing)
    assert (ended.code, "--outbox" in ended.err) == (2, True)
    assert not sandbox.journal(account)


@table(("name", "lasts"), [
    ("list.csv", True), ("/dev/shm/list.csv", True),
    ("-", False), ("/dev/stdin", False), ("/dev/fd/63", False), ("/proc/self/fd/0", False),
])  # fmt: skip
def test_a_file_lasts_wherever_it_is_but_for_what_only_this_process_has_open(name, lasts):
    assert bulk._lasts(Path(name)) is lasts


def test_rows_from_standard_input_need_an_outbox(afilnet, account, sandbox):
    rows = b"destination;message\n341;hola\n"
    assert afilnet("send", "--from", "-", *HERE, stdin=rows).code == 2
    assert afilnet("send", "--from", "-", *HERE, "--outbox", "o.db", stdin=rows).code == 0
    assert sent(sandbox, account) == ["hola"]


@pytest.mark.parametrize(
    "words",
    [
        ("send", "--from", "none.csv"),
        ("send", *HERE, "--destination", "3", "--message", "x", "--rate", "3"),
        ("send", *HERE, "--destination", "3"),
        ("outbox", "status", "none.db"),
        ("outbox", "list", "list.db", "--state", "lost"),
        ("outbox", "run", "list.db", "--rate", "0"),
        ("outbox", "requeue", "list.db", "--state", "sent"),
        ("outbox",),
        ("outbox", "runn"),
    ],
)
def test_wrong_words_leave_with_2_and_no_new_file(afilnet, account, tmp_path, words):
    if "list.db" in words:
        from afilnet_protocols import Outbox

        Outbox(tmp_path / "list.db").close()
    assert afilnet(*words).code == 2
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_outbox_is_said_to_be_none(afilnet, account, tmp_path):
    (tmp_path / "text.db").write_text("not a database, but long enough to be looked at")
    (tmp_path / "text.db").chmod(0o600)
    ended = afilnet("outbox", "status", "text.db", "--json")
    assert (ended.code, ended.error["type"]) == (2, "ConfigurationError")
    assert "not an SQLite database" in ended.error["message"]


def test_an_outbox_holds_no_secret(afilnet, account, sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("destination,message\n341,hola\n", "utf-8")
    afilnet("send", "--from", "list.csv", *HERE, "--outbox", "o.db")
    password = next(made.password for made in sandbox.accounts() if made.user == account)
    dump = "\n".join(sqlite3.connect(tmp_path / "o.db").iterdump())
    assert "hola" in dump
    assert password not in dump


@table("place", ["postgresql://me:s3cr3t@host/db", "postgres://me:s3cr3t@/db", "postgresql://host/db?password=s3cr3t"])
@table("command", ["run", "status", "metrics", "list", "reconcile", "requeue", "watch", "health"])
def test_a_password_in_a_place_is_refused_with_advice(afilnet, account, command, place):
    ended = afilnet("outbox", command, place)
    assert ended.code == 2
    assert "PGPASSFILE" in ended.err
    assert "s3cr3t" not in ended.err + ended.out


def test_metrics_are_told_and_what_is_settled_is_purged(afilnet, account, tmp_path):
    (tmp_path / "list.csv").write_text("destination,message\n341,a\n342,b\n", "utf-8")
    assert afilnet("send", "--from", "list.csv", *HERE, "--outbox", "o.db").code == 0
    told = afilnet("outbox", "metrics", "o.db").out
    assert 'afilnet_outbox_entries{state="sent"} 2\n' in told
    assert 'afilnet_outbox_oldest_seconds{state="pending"} 0.000\n' in told
    assert afilnet("outbox", "purge", "o.db", "--older-than", "1", "--json").document == {"deleted": 0}
    assert afilnet("outbox", "purge", "o.db", "--older-than", "0", "--json").document == {"deleted": 2}


def test_a_run_that_waits_ends_at_a_signal_and_puts_nothing_in_doubt(afilnet, account, sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("platform,platform_id,destination,message\nwhatsapp,100,341,a\n", "utf-8")
    assert afilnet("outbox", "put", "o.db", "--from", "list.csv").code == 0
    alarm = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM))
    alarm.start()
    ended = afilnet("outbox", "run", "o.db", "--wait", "--json")
    alarm.join()
    assert (ended.code, ended.document["sent"], ended.document["unknown"]) == (0, 1, 0)


def put_rows(afilnet, tmp_path, count):
    rows = "".join(f"34{number % 5},m{number}\n" for number in range(count))
    (tmp_path / "list.csv").write_text(f"destination,message\n{rows}", "utf-8")
    (tmp_path / "rows.jsonl").write_text(
        "".join(
            json.dumps({"platform": "whatsapp", "platform_id": "100", "destination": f"34{n % 5}", "message": f"m{n}"})
            + "\n"
            for n in range(count)
        ),
        "utf-8",
    )
    assert afilnet("outbox", "put", "o.db", "--from", "rows.jsonl").code == 0


def test_several_workers_send_each_row_once_in_the_order_of_its_conversation(afilnet, account, sandbox, tmp_path):
    put_rows(afilnet, tmp_path, 20)
    ended = afilnet("outbox", "run", "o.db", "--workers", "3", "--json")
    assert (ended.code, ended.document["sent"], ended.document["remaining"]) == (0, 20, 0)
    texts = sent(sandbox, account)
    assert sorted(texts) == sorted(f"m{number}" for number in range(20))
    for conversation in range(5):
        of_it = [text for text in texts if int(text[1:]) % 5 == conversation]
        assert of_it == sorted(of_it, key=lambda text: int(text[1:]))


def test_a_limit_goes_with_one_worker(afilnet, account, tmp_path):
    put_rows(afilnet, tmp_path, 1)
    ended = afilnet("outbox", "run", "o.db", "--workers", "2", "--limit", "1")
    assert ended.code == 2
    assert "--limit goes with one worker" in ended.err


def test_what_one_worker_meets_ends_all(afilnet, account, sandbox, tmp_path, monkeypatch):
    put_rows(afilnet, tmp_path, 4)
    monkeypatch.setenv("AFILNET_PASSWORD", "wrong")
    ended = afilnet("outbox", "run", "o.db", "--workers", "2")
    assert ended.code == 4
    assert sent(sandbox, account) == []


class Scarce(threading.Thread):
    """A thread of which there is only one to be had."""

    left = 1

    def start(self):
        if not type(self).left:
            raise RuntimeError("can't start new thread")
        type(self).left -= 1
        super().start()


def runs_with_one_thread(afilnet, tmp_path, monkeypatch):
    put_rows(afilnet, tmp_path, 4)
    monkeypatch.setattr(Scarce, "left", 1)
    threads = SimpleNamespace(Thread=Scarce, Lock=threading.Lock)
    monkeypatch.setattr("afilnet_protocols.cli.outbox.workers.threading", threads)
    ended = afilnet("outbox", "run", "o.db", "--workers", "3", "--wait")
    assert ended.code == 2, ended.err
    return ended


def test_where_not_all_workers_can_be_started_the_others_end_well_and_nothing_is_lost(
    afilnet, account, sandbox, tmp_path, monkeypatch
):
    ended = runs_with_one_thread(afilnet, tmp_path, monkeypatch)
    assert "2 workers of 3 cannot be started" in ended.err
    assert "ask for fewer with --workers" in ended.err
    with Outbox(tmp_path / "o.db") as outbox:
        counts = outbox.status()
    assert counts["sent"] == len(sent(sandbox, account))
    assert counts["sent"] + counts["pending"] == 4
    afilnet("outbox", "run", "o.db")
    assert sorted(sent(sandbox, account)) == ["m0", "m1", "m2", "m3"]


def test_sabotage_workers_that_are_started_without_a_look_would_be_found_out(afilnet, account, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "afilnet_protocols.cli.outbox.workers._started", lambda threads: len([each.start() for each in threads]) - 3
    )
    with pytest.raises((RuntimeError, AssertionError)):
        runs_with_one_thread(afilnet, tmp_path, monkeypatch)


def test_health_is_told_by_the_exit_code(afilnet, account, tmp_path):
    put_rows(afilnet, tmp_path, 2)
    assert afilnet("outbox", "health", "o.db").code == 0
    with sqlite3.connect(tmp_path / "o.db") as db:
        db.execute("UPDATE afilnet_outbox SET scheduled = scheduled - 600, not_before = not_before - 600")
    late = afilnet("outbox", "health", "o.db", "--oldest", "0")
    assert late.code == 3
    assert "is a worker running?" in late.out
    assert afilnet("outbox", "health", "o.db", "--oldest", "0", "--json").document["healthy"] is False
    with sqlite3.connect(tmp_path / "o.db") as db:
        db.execute("UPDATE afilnet_outbox SET state = 'unknown' WHERE id = 1")
    assert afilnet("outbox", "health", "o.db").code == 5
    assert afilnet("outbox", "health", "o.db", "--doubtful", "1", "--oldest", "36000").code == 0


def test_an_entry_that_is_not_due_yet_makes_nobody_ill(afilnet, account, tmp_path):
    put_rows(afilnet, tmp_path, 1)
    with sqlite3.connect(tmp_path / "o.db") as db:
        db.execute("UPDATE afilnet_outbox SET scheduled = 4e9, not_before = 4e9")
    assert afilnet("outbox", "health", "o.db", "--oldest", "0").code == 0


def test_entries_for_a_certain_time_are_listed_with_it(afilnet, account, tmp_path):
    put_rows(afilnet, tmp_path, 1)
    with sqlite3.connect(tmp_path / "o.db") as db:
        db.execute("UPDATE afilnet_outbox SET scheduled = 4e9, not_before = 4e9, expires = 4.1e9")
    [entry] = afilnet("outbox", "list", "o.db", "--json").document
    assert entry["not_before"].startswith("2096-10-02T07:06:40")
    assert entry["expires"].startswith("2099-12-03T")
    assert afilnet("outbox", "list", "o.db").code == 0


def test_watching_shows_counts_and_what_came_in_a_second(afilnet, account, tmp_path):
    put_rows(afilnet, tmp_path, 2)
    shown = afilnet("outbox", "watch", "o.db", "--times", "2", "--every", "0.1").out
    assert shown.count("per second") == 2
    assert "+0.0" in shown
    lines = afilnet("outbox", "watch", "o.db", "--times", "2", "--every", "0.1", "--json").out.splitlines()
    assert [json.loads(line)["entries"]["pending"] for line in lines] == [2, 2]


def entries_read(afilnet, sandbox, monkeypatch) -> int:
    """Return how many of five entries are read to tell of the one whose outcome was found out."""
    with sandbox.fault("cut_before_answer", operation="send_message"):
        afilnet("outbox", "run", "o.db", "--limit", "1")
    read, real = [], sqlite_row.entry_of
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_reading, "entry_of", lambda row: read.append(row[0]) or real(row))
        assert len(afilnet("outbox", "reconcile", "o.db", "--settle", "0.01", "--json").document) == 1
    return len(set(read))


def test_what_was_found_out_is_told_without_reading_the_other_entries(afilnet, account, sandbox, tmp_path, monkeypatch):
    put_rows(afilnet, tmp_path, 5)
    assert entries_read(afilnet, sandbox, monkeypatch) == 1


def test_sabotage_reading_all_of_them_is_noticed(afilnet, account, sandbox, tmp_path, monkeypatch):
    put_rows(afilnet, tmp_path, 5)
    whole = lambda queue, number: next(each for each in queue.entries() if each.id == number)  # noqa: E731
    monkeypatch.setattr(Outbox, "entry", whole)
    assert entries_read(afilnet, sandbox, monkeypatch) == 5


def looks_unseen(monkeypatch, as_json: bool) -> int:
    """Return how often an outbox is looked at for somebody who reads none of it."""
    looked = []

    def twice(*given: object) -> Iterator[Look]:
        for look in looks(*given[:1], 0.0, 2):
            looked.append(look)
            yield look

    with Path("/dev/full").open("w") as nobody, monkeypatch.context() as patch:
        patch.setattr(outbox_watch, "looks", twice)
        patch.setattr(sys, "stdout", nobody)
        assert app.run(("outbox", "watch", "o.db", *["--json"] * as_json)) == ExitCode.UNTOLD
    return len(looked)


@pytest.mark.parametrize("as_json", [False, True])
def test_watching_ends_when_nobody_looks_any_more(afilnet, account, tmp_path, monkeypatch, as_json):
    put_rows(afilnet, tmp_path, 2)
    assert looks_unseen(monkeypatch, as_json) == 1


def test_sabotage_watching_that_goes_on_unseen_is_noticed(afilnet, account, tmp_path, monkeypatch):
    put_rows(afilnet, tmp_path, 2)
    monkeypatch.setattr(outbox_status, "is_lost", lambda: False)
    assert looks_unseen(monkeypatch, as_json=False) == 2


def test_a_copy_is_told_and_refused_like_other_places(afilnet, account, tmp_path, postgresql_server):
    put_rows(afilnet, tmp_path, 3)
    told = afilnet("outbox", "copy", "o.db", postgresql_server.url, "--schema", "copied_by_command", "--json")
    assert told.document == {"entries": 3}
    after = afilnet("outbox", "status", postgresql_server.url, "--schema", "copied_by_command", "--json")
    assert after.document["pending"] == 3
    moved = afilnet("outbox", "run", "o.db")
    assert moved.code == 2
    assert "have moved to postgresql://" in moved.err
    refused = afilnet("outbox", "copy", "o.db", "postgresql://me:s3cr3t@host/db")
    assert refused.code == 2
    assert "s3cr3t" not in refused.err


def test_rows_that_are_put_in_take_what_they_leave_out_from_options_as_rows_that_are_sent_do(afilnet, tmp_path):
    (tmp_path / "list.csv").write_text("destination\n34600000001\n34600000002\n")
    options = ("--platform", "whatsapp", "--platform-id", "100", "--message", "-")
    put = afilnet("outbox", "put", "o.db", "--from", "list.csv", *options, "--json", stdin=b"hola\n")
    assert put.document["new"] == 2
    with Outbox(tmp_path / "o.db") as outbox:
        assert [entry.arguments["message"] for entry in outbox.entries()] == ["hola", "hola"]
    assert afilnet("outbox", "put", "o.db", "--from", "-", "--message", "-", stdin=b"destination\n346\n").code == 2
    bare = afilnet("outbox", "put", "other.db", "--from", "list.csv")
    assert (bare.code, (tmp_path / "other.db").exists()) == (2, False)


def test_an_option_for_rows_that_is_empty_is_refused_as_an_unset_variable_of_a_shell_leaves_it(afilnet, tmp_path):
    (tmp_path / "list.csv").write_text("platform,platform_id,destination,message\nwhatsapp,100,34600000001,hola\n")
    for words in (("send",), ("outbox", "put", "o.db")):
        run = afilnet(*words, "--from", "list.csv", "--platform-id", "")
        assert run.code == 2
        assert "--platform-id" in run.err


def test_who_cannot_write_beside_a_file_of_rows_is_told_of_the_option_for_it(afilnet, tmp_path):
    name = "x" * 250  # a name that may be, but not with more behind it
    (tmp_path / name).write_text("platform,platform_id,destination,message\nwhatsapp,100,34600000001,hola\n")
    run = afilnet("send", "--from", name)
    assert run.code == 2
    assert "name another place with --outbox FILE" in run.err
    (tmp_path / "list.csv").write_text((tmp_path / name).read_text())
    (tmp_path / "list.csv.outbox.db").mkdir()
    assert "--outbox FILE" in afilnet("send", "--from", "list.csv").err
