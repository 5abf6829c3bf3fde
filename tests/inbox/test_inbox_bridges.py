"""What a handler in another program says, or cannot say: later, failed and why, within limits and without secrets."""

from __future__ import annotations

import email.utils
import io
import shlex
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest

from afilnet_protocols import Inbox, InvalidRequestError, Settings
from afilnet_protocols.inbox import HandlingFailed, failing
from afilnet_protocols.inbox.bridges import command, webhook
from afilnet_protocols.inbox.bridges.command import Command
from afilnet_protocols.inbox.bridges.document import reply
from afilnet_protocols.inbox.bridges.webhook import Webhook
from afilnet_protocols.inbox.incoming import Incoming, Received, State
from afilnet_protocols.records import Message
from afilnet_protocols.vocabulary import Platform
from tests.inbox.service import Service, opened
from tests.tables import table

NOW = 1_700_000_000.0
MESSAGE = Message(
    platform_id="100",
    platform=Platform.WHATSAPP,
    message="hola",
    destination="341",
    message_id="1",
    sent=False,
    status="",
    timestamp=datetime(2026, 11, 29),
)


def incoming() -> Incoming:
    """Return a message in hand that nobody commits."""
    received = Received(
        id=1, key="k", account="u", message=MESSAGE, state=State.HANDLING, raised=0, interrupted=1, reason=None,
        noticed_at=0.0,
    )  # fmt: skip
    return Incoming(received, age=0.0, commit=lambda *_: pytest.fail("nobody commits here"))


def python(code: str, **given: float) -> Command:
    return Command(f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}", **given)


@table(
    ("code", "reason"),
    [
        ("import sys; sys.exit('no such ticket')", "the command ended with 1: no such ticket"),
        ("import sys; print('one\\ntwo\\n\\n', file=sys.stderr); sys.exit(7)", "the command ended with 7: two"),
        ("raise SystemExit(3)", "the command ended with 3"),
        ("import os; os.kill(os.getpid(), 9)", "the command was ended by SIGKILL"),
        ("import sys; print('\\x1b[31mred\\a', file=sys.stderr); sys.exit(1)", "\\x1b[31mred\\x07"),
    ],
)
def test_what_a_command_said_last_is_the_reason(code: str, reason: str) -> None:
    with pytest.raises(HandlingFailed) as failed:
        python(code)(incoming())
    assert reason in failing.reason_of(failed.value)


def test_a_reason_has_its_limits_and_no_living_secret() -> None:
    settings = Settings(user="user", password="S3CRET-horse")
    code = "import sys; sys.exit('S3CRET-horse ' + 'x' * 5000)"
    with pytest.raises(HandlingFailed) as failed:
        python(code)(incoming())
    told = failing.reason_of(failed.value)
    assert len(told) <= failing.LONGEST_REASON
    assert "S3CRET" not in told
    assert settings.password is not None


def test_sabotage_a_reason_that_is_kept_as_it_came_shows_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failing, "shown", lambda text, **_: text)
    with pytest.raises(AssertionError):
        test_a_reason_has_its_limits_and_no_living_secret()


def test_what_a_command_complains_about_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    written = SimpleNamespace(buffer=io.BytesIO())
    monkeypatch.setattr(sys, "stderr", written)
    python("import sys; print('look at this', file=sys.stderr); print('\"hola\"')")(in_hand := incoming())
    assert written.buffer.getvalue() == b"look at this\n"
    assert [reply.arguments["message"] for reply in in_hand.replies] == ["hola"]


def test_a_command_that_takes_too_long_is_ended_with_what_it_started() -> None:
    # The grandchild holds the pipe of its standard error, which nobody waits for.
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    with pytest.raises(HandlingFailed, match="more than"):
        python(code, timeout=0.05)(incoming())


@pytest.mark.parametrize("line", ["no-such-command-at-all --now", "./answer.py", "/", "'' x"])
def test_a_command_that_cannot_be_run_is_refused_before_anything_is_read(line: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answer.py").write_text("print(1)", "utf-8")  # nobody may execute it
    with pytest.raises(InvalidRequestError, match="could be run"):
        Command(line)


def test_a_command_that_cannot_be_run_any_more_spoils_no_message(tmp_path) -> None:
    program = tmp_path / "answer"
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o700)
    handler = Command(str(program))
    program.unlink()
    handler(in_hand := incoming())
    assert (in_hand.settled.state, in_hand.settled.counted, in_hand.settled.after) == (State.WAITING, False, 60.0)
    assert in_hand.settled.reason == "the command cannot be run: No such file or directory"


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidRequestError, match="--exec-timeout"):
        Command(shlex.quote(sys.executable), timeout=seconds)


# Webhooks: a connection that answers as it is told to


class Answering:
    """Stands for a connection."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def connect(self) -> None:
        pass

    def request(self, *_: object) -> None:
        pass

    def getresponse(self) -> object:
        import http.client

        found = http.client.HTTPResponse(SimpleNamespace(makefile=lambda _: io.BytesIO(self.answer)))  # type: ignore[arg-type]
        found.begin()
        return found

    def close(self) -> None:
        pass


def receiver(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> Webhook:
    hook = Webhook("https://bot.example.com/", secret="s", clock=lambda: NOW)
    monkeypatch.setattr(hook, "_connection", lambda: Answering(answer))
    return hook


@pytest.mark.parametrize(
    "url",
    [
        "https://bot.example.com/\u00f1",
        "https://bot.example.com/a b",
        "https://bot.example.com/\ud800",
        "https://:secret@bot.example.com/",
        "https://bot.example.com:0/",
        "https://[",
    ],
)
def test_an_address_that_no_request_can_go_to_is_refused_before_anything_is_read(url: str) -> None:
    with pytest.raises(InvalidRequestError, match="a webhook is an address"):
        Webhook(url, secret="s")


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), None])
def test_a_webhook_s_time_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidRequestError, match="number of seconds"):
        Webhook("https://bot.example.com/", secret="s", timeout=seconds)


IN_TWO_MINUTES = email.utils.formatdate(NOW + 120, usegmt=True)


def an_hour_ahead(seconds: float) -> str:
    """Return a date by a clock that is an hour ahead."""
    return email.utils.formatdate(NOW + 3600 + seconds, usegmt=True)


@table("status", [429, 503])
@table(
    ("header", "after"),
    [
        ("", 60.0),
        ("Retry-After: 7\r\n", 7.0),
        ("Retry-After:  7 \r\n", 7.0),
        ("Retry-After: 99999\r\n", 3600.0),
        (f"Retry-After: {IN_TWO_MINUTES}\r\n", 120.0),
        (f"Retry-After: {an_hour_ahead(120)}\r\nDate: {an_hour_ahead(0)}\r\n", 120.0),
        ("Retry-After: soon\r\n", 60.0),
        ("Retry-After: -5\r\n", 60.0),
        ("Retry-After: ²\r\n", 60.0),
        ("Retry-After: 1.5\r\n", 1.5),
    ],
)
def test_a_receiver_that_cannot_now_has_it_later_however_it_says_so(status, header, after, monkeypatch) -> None:
    answer = f"HTTP/1.1 {status} Not now\r\n{header}Content-Length: 0\r\n\r\n".encode("latin-1")
    receiver(answer, monkeypatch)(in_hand := incoming())
    assert (in_hand.settled.state, in_hand.settled.counted, in_hand.settled.after) == (State.WAITING, False, after)
    assert in_hand.settled.reason == f"the receiver answered {status} Not now"


def test_sabotage_a_receiver_that_is_only_heard_in_seconds_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "seconds_asked", lambda asked, *_, **__: float(asked))
    with pytest.raises(ValueError, match="could not convert"):
        test_a_receiver_that_cannot_now_has_it_later_however_it_says_so.__wrapped__(503, "", 60.0, monkeypatch)


def test_nobody_listening_spoils_no_message() -> None:
    with socket.socket() as deaf:  # bound, so that nobody else listens there either
        deaf.bind(("127.0.0.1", 0))
        Webhook(f"http://127.0.0.1:{deaf.getsockname()[1]}/", secret="s")(in_hand := incoming())
    assert (in_hand.settled.state, in_hand.settled.counted) == (State.WAITING, False)
    assert in_hand.settled.reason == "the receiver cannot be reached: Connection refused"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("Content-Type: application/json\r\n", 'the receiver answered 500 Oh: {"error": "no"}'),
        ("Content-Type: text/html\r\n", "the receiver answered 500 Oh"),
        ("", "the receiver answered 500 Oh"),
    ],
)
def test_what_a_receiver_answered_is_the_reason(headers: str, reason: str, monkeypatch) -> None:
    body = b'{"error": "no"}'
    answer = f"HTTP/1.1 500 Oh\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body
    told = incoming()
    with pytest.raises(HandlingFailed) as failed:
        receiver(answer, monkeypatch)(told)
    assert failing.reason_of(failed.value) == reason


def test_a_reply_may_hold_whatever_json_may_and_ends_with_its_line() -> None:
    for text in ("one\u2028two", "one\x85two", "\u2029", "ñ"):
        told = incoming()
        python(f'import sys; sys.stdout.buffer.write(\'"{text}"\\r\\n\\n"b"\'.encode())')(told)
        assert [reply.arguments["message"] for reply in told.replies] == [text, "b"]


@table(
    ("code", "reason"),
    [
        ("import sys; sys.stdout.buffer.write(bytes([34, 255, 34]))", "UTF-8"),
        ("print('[' * 100_000)", "in JSON"),
    ],
)
def test_what_a_command_prints_that_is_no_reply_is_sent_to_nobody(code: str, reason: str) -> None:
    told = incoming()
    with pytest.raises(InvalidRequestError, match=reason):
        python(code)(told)
    assert not told.replies


@table(
    ("told", "reason"),
    [
        (7, "a reply is a string, or an object with message, file_type"),
        ({}, "a reply is a string, or an object with"),
        ({"message": "hola", "destination": "342"}, "a reply is a string, or an object with"),
        ({"message": 7}, "message of a reply is a string"),
        ({"file_type": "gif", "file_url": "https://example.com/a"}, "file_type of a reply is one of image, "),
    ],
)
def test_what_is_no_reply_says_what_one_is(told: object, reason: str) -> None:
    message = incoming()
    with pytest.raises(InvalidRequestError, match=reason):
        reply(message, told)
    assert not message.replies


def test_what_another_program_says_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "LARGEST", 10)
    monkeypatch.setattr(webhook, "LARGEST", 10)
    with pytest.raises(InvalidRequestError, match="replies of 10 bytes at most"):
        python("print('\"123456789\"')")(incoming())
    with pytest.raises(HandlingFailed, match="more than 10 bytes"):
        receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890", monkeypatch)(incoming())


def test_a_receivers_answer_that_nests_without_end_has_no_replies(monkeypatch) -> None:
    body = b"[" * 100_000
    told = incoming()
    receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body, monkeypatch)(told)
    assert not told.replies


@pytest.mark.parametrize("bridge", [command, webhook])
def test_replies_that_are_none_fail_with_the_reason(bridge, tmp_path, monkeypatch) -> None:
    hook: Callable[[Incoming], None] = python("print('not json')")
    if bridge is webhook:
        answer = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"replies":5}'
        hook = receiver(answer, monkeypatch)
    service = Service()
    service.write("341", "hola")
    with opened(Inbox, (tmp_path / "inbox.db", {}), service, start="all", attempts=1) as inbox:
        inbox.handler(hook)
        assert inbox.run(wait=False).dead == 1
        (dead,) = inbox.dead()
    assert "its handler raised InvalidRequestError: " in (dead.reason or "")
    assert "JSON" in (dead.reason or "")
