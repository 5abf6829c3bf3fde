"""Handlers in any language: a command and a webhook are given each message, and their word is the mark."""

from __future__ import annotations

import asyncio
import http.server
import json
import re
import shlex
import sys
import threading

import pytest

from afilnet_protocols import AsyncInbox, ConfigurationError, Inbox, InvalidRequestError, Settings
from afilnet_protocols.cli import inbox as inbox_commands
from afilnet_protocols.inbox.bridges.webhook import Webhook, signature
from tests.cli.conftest import account, afilnet
from tests.outbox.test_outbox_file import DAMAGES
from tests.tables import table

__all__ = ["account", "afilnet"]

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}

SCRIPT = """
import json, os, sys
given = json.load(sys.stdin)
assert not [name for name in os.environ if name.startswith("AFILNET_")]
if given["message"] == "later":
    sys.exit(75)
if given["message"] == "bad":
    print("Traceback\\n\\nValueError: not 'bad'\\n", file=sys.stderr)
    sys.exit(3)
print(json.dumps("re: " + given["message"]))
print(json.dumps({"message": given["destination"] + " " + str(given["attempt"])}))
"""


@pytest.fixture
def answers(sandbox, account):
    def read():
        return [
            call.arguments["message"]
            for call in sandbox.journal(account)
            if call.operation == "send_message" and call.outcome == "SUCCESS"
        ]

    return read


def test_a_command_answers(afilnet, account, sandbox, answers, tmp_path):
    (tmp_path / "answer.py").write_text(SCRIPT, "utf-8")
    line = f"{shlex.quote(sys.executable)} answer.py"
    for text in ("hola", "later", "bad"):
        sandbox.receive(**{**PERSON, "destination": f"34{len(text)}"}, message=text, account=account)
    ended = afilnet("inbox", "run", "app.db", "--exec", line, "--start", "all", "--attempts", "1", "--once", "--json")
    assert ended.code == 1, ended.err
    assert (ended.document["noticed"], ended.document["done"], ended.document["dead"]) == (3, 1, 1)
    trouble = json.loads(ended.err.splitlines()[-1])["trouble"]
    assert trouble["what"] == "handling"
    assert trouble["reason"].startswith("the command ended with 3: ValueError: not 'bad'; given up after 1 attempt (")
    assert answers() == ["re: hola", "344 1"]
    status = afilnet("inbox", "status", "app.db", "--json")
    assert status.code == 1
    assert status.document["backlog"] == 1
    assert status.document["ailments"] == ["1 message is dead"]
    (dead,) = afilnet("inbox", "dead", "app.db", "--json").document
    assert (dead["message"], dead["raised"], dead["reason"]) == (
        "bad",
        1,
        "the command ended with 3: ValueError: not 'bad'",
    )
    assert "bad" in afilnet("inbox", "dead", "app.db").out
    assert 'afilnet_inbox_messages{state="dead"} 1' in afilnet("inbox", "metrics", "app.db").out
    assert afilnet("inbox", "retry", "app.db", dead["key"], "--json").document == {"due": 1}


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers, body))
        status, content, headers = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.got, server.answers = [], []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_secret_of_a_webhook_is_read_as_every_secret_in_a_file(tmp_path, monkeypatch):
    file = tmp_path / "secret"
    monkeypatch.setenv("AFILNET_WEBHOOK_SECRET_FILE", str(file))
    for content in ("s3cret", "s3cret\n", "\ufeffs3cret\r\n"):
        file.write_text(content, "utf-8", newline="")
        file.chmod(0o600)
        assert inbox_commands._secret() == "s3cret"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AFILNET_WEBHOOK_SECRET_FILE", "~/secret")
    assert inbox_commands._secret() == "s3cret"
    with monkeypatch.context() as both:
        both.setenv("AFILNET_WEBHOOK_SECRET", "another")
        with pytest.raises(InvalidRequestError, match="both set: unset one"):
            inbox_commands._secret()
    for spoil in (lambda: file.chmod(0o644), lambda: (file.chmod(0o600), file.write_text("")), file.unlink):
        spoil()
        with pytest.raises(ConfigurationError, match="AFILNET_WEBHOOK_SECRET_FILE"):
            inbox_commands._secret()


@table("secret", ["", " ", "\t ", "s3cret\n", "s3\0cret", "s3cret\udcff", b"s3cret", None], ids=ascii)
def test_what_no_receiver_can_have_is_no_secret_of_a_webhook(secret: object) -> None:
    with pytest.raises(InvalidRequestError, match="secret") as refused:
        Webhook("https://bot.example.com/messages", secret=secret)
    assert "s3" not in str(refused.value)


def test_nor_is_it_one_in_a_variable_or_a_file(afilnet, monkeypatch, tmp_path):
    run = ("inbox", "run", "app.db", "--webhook", "https://bot.example.com/messages", "--once", "--json")
    file = tmp_path / "secret"
    for content in (" ", "\n", "\n\n", "s3cret\n\n"):
        monkeypatch.setenv("AFILNET_WEBHOOK_SECRET", content)
        assert afilnet(*run).code == 2
        monkeypatch.delenv("AFILNET_WEBHOOK_SECRET")
        file.write_text(content)
        file.chmod(0o600)
        monkeypatch.setenv("AFILNET_WEBHOOK_SECRET_FILE", str(file))
        assert afilnet(*run).code == 2
        monkeypatch.delenv("AFILNET_WEBHOOK_SECRET_FILE")
    assert not (tmp_path / "app.db").exists()


def test_a_webhook_is_told_each_message_signed_and_under_one_key(
    afilnet, account, sandbox, answers, receiver, monkeypatch
):
    monkeypatch.setenv("AFILNET_WEBHOOK_SECRET", "s3cret")
    url = f"http://127.0.0.1:{receiver.server_port}/messages?a=b"
    sandbox.receive(**PERSON, message="hola", account=account)
    receiver.answers = [
        (500, b"no room", {"Content-Type": "text/plain; charset=utf-8"}),
        (503, b"", {"Retry-After": "0"}),
        (302, b"", {"Location": "http://127.0.0.1:1/"}),
        (200, json.dumps({"replies": ["uno", {"message": "dos"}]}).encode(), {}),
    ]
    run = ("inbox", "run", "app.db", "--webhook", url, "--start", "all", "--once", "--json")
    monkeypatch.setattr("afilnet_protocols.inbox.settling.FIRST_PAUSE", 0.0)
    ended = afilnet(*run)
    assert ended.code == 0, ended.err
    assert ended.document["done"] == 1
    assert "s3cret" not in ended.out + ended.err
    begun, over = [json.loads(line)["trouble"] for line in ended.err.splitlines()]
    assert begun["reason"].startswith("the receiver answered 500 Internal Server Error: no room")
    assert over == {"what": "handling", "reason": None}
    assert answers() == ["uno", "dos"]
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 1
    for headers, body in receiver.got:
        moment = int(headers["Afilnet-Signature"].partition(",")[0].removeprefix("t="))
        assert headers["Afilnet-Signature"] == signature("s3cret", moment, body)
    assert json.loads(receiver.got[0][1])["message"] == "hola"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--exec", "true", "--webhook", "https://bot.example.com/"),
        ("--exec", "'"),
        ("--webhook", "https://bot.example.com/"),
        ("--exec", "true", "--start", "yesterday"),
    ],
)
def test_what_cannot_be_meant_is_refused(afilnet, account, words, tmp_path):
    assert afilnet("inbox", "run", "app.db", *words, "--once").code == 2
    assert not (tmp_path / "app.db").exists()


def test_a_mistyped_name_makes_no_inbox(afilnet, account, tmp_path):
    for word in ("status", "dead", "retry", "metrics"):
        assert afilnet("inbox", word, "ap.db").code == 2
    assert not (tmp_path / "ap.db").exists()


RUN = ("run", "--exec", "true", "--once")


@pytest.mark.parametrize("words", [("status",), ("metrics",), ("dead",), ("list",), ("retry",), RUN])
def test_an_inbox_that_cannot_be_used_is_not_called_an_outbox(afilnet, account, words, tmp_path, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.extras.missing", lambda extra: ["psycopg"] if extra == "postgresql" else [])
    for number, (damage, says) in enumerate(DAMAGES):
        damage(tmp_path / f"{number}.db")
        ended = afilnet("inbox", words[0], f"{number}.db", *words[1:])
        assert ended.code == 2
        assert re.search(says, ended.err)
        assert "outbox" not in ended.err
    for place in ("mysql://host/app", ":memory:", "nowhere/app.db", "postgresql://host/app"):
        ended = afilnet("inbox", words[0], place, *words[1:])
        assert ended.code == 2
        assert "outbox" not in ended.err, ended.err


def test_an_inbox_that_is_closed_says_so(tmp_path):
    with Inbox(tmp_path / "app.db", user="u", password="p") as inbox:
        pass
    with pytest.raises(ConfigurationError, match="this inbox is closed"):
        inbox.status()
    with pytest.raises(ConfigurationError, match="this outbox is closed"):
        inbox.outbox.status()


@table("stopped", [False, True])
def test_a_run_of_an_inbox_that_is_closed_says_so_and_makes_no_client(tmp_path, stopped: bool) -> None:
    made: list[Settings] = []
    given = {"user": "u", "password": "p", "make_client": made.append}
    inbox = Inbox(tmp_path / "app.db", **given)
    twin = AsyncInbox(tmp_path / "app.db", **given)
    for each in (inbox, twin):
        each.handler(print)
        if stopped:
            each.stop()
    inbox.close()
    asyncio.run(twin.close())
    for run in (
        inbox.run,
        lambda: list(inbox),
        lambda: asyncio.run(twin.run()),
        lambda: asyncio.run(anext(aiter(twin))),
    ):
        with pytest.raises(ConfigurationError, match="this inbox is closed: open it again"):
            run()
    assert made == []


@pytest.mark.parametrize(
    "url", ["http://bot.example.com/", "ftp://bot.example.com/", "https://u:p@bot.example.com/", ""]
)
def test_an_address_that_shows_messages_to_others_is_refused(url):
    with pytest.raises(InvalidRequestError):
        Webhook(url, secret="s")


def test_a_signature_is_hmac_of_time_and_body():
    # printf '1.{}' | openssl dgst -sha256 -hmac key
    assert signature("key", 1, b"{}") == "t=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"
    assert signature("key", 1, b"{}") != signature("key", 2, b"{}")
    assert signature("key", 1, b"{}") != signature("kez", 1, b"{}")


def test_one_round_that_could_not_poll_says_so_by_its_code(afilnet, account):
    line = f"{shlex.quote(sys.executable)} -c pass"
    once = ("inbox", "run", "app.db", "--exec", line, "--once")
    assert afilnet(*once).code == 0
    ended = afilnet(*once, "--base-url", "https://127.0.0.1:1", "--json")
    assert ended.code == 3
    assert "no connection" in ended.document["failure"]
