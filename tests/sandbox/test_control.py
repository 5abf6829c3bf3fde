"""The control endpoint: everything that the Sandbox object can do, for programs on this machine only."""

from __future__ import annotations

import dataclasses
import json
import socket

import pytest

from afilnet_protocols.registry import connect
from afilnet_protocols.sandbox import Options
from afilnet_protocols.vocabulary import Provenance
from tests.sandbox.speak import PostForm, Refused, fields, http_call
from tests.tables import table


def control(sandbox, path, given=None, **headers):
    if given is None:
        return http_call(sandbox.plain_url, "GET", f"/_sandbox/{path}", headers=headers)
    headers = {"Content-Type": "application/json", **headers}
    return http_call(sandbox.plain_url, "POST", f"/_sandbox/{path}", body=json.dumps(given).encode(), headers=headers)


@pytest.fixture
def made(sandbox):
    account = control(sandbox, "accounts", {}).json()
    yield account
    sandbox.drop(account["user"])


def test_health_and_version(sandbox):
    assert control(sandbox, "health").json() == {"status": "ok"}
    assert control(sandbox, "version").json() == {"control": 1}


def test_an_account_made_here_works(sandbox, made):
    named = control(
        sandbox, "accounts", {"name": "tenant", "password": "secret", "options": {"reading_marks_read": True}}
    )
    defaults = dataclasses.asdict(Options())
    assert named.json()["options"] == {**defaults, "reading_marks_read": True}
    for user, password in (("tenant", "secret"), (made["user"], made["password"])):
        given = {"class": "chat", "method": "getchatchannels", "user": user, "password": password}
        assert len(PostForm(sandbox).send(given)) == 4
    assert {"user", "tenant"} <= {account["user"] for account in control(sandbox, "accounts").json()}
    assert control(sandbox, "accounts", {"name": "tenant"}).status == 400
    sandbox.drop("tenant")


def test_an_account_is_the_client_that_it_is_told_to_be(sandbox):
    told = {"client_id": " my client ", "client_secret": "a secret of 30 characters ....."}
    made = control(sandbox, "accounts", told).json()
    assert {name: made[name] for name in told} == told
    with connect(sandbox.settings("json", account=made["user"], plain=True)) as chat:
        assert chat.get_chat_channels()
    taken = control(sandbox, "accounts", told)
    assert (taken.status, "' my client '" in taken.body.decode()) == (400, True)
    assert control(sandbox, "accounts", {"client_id": ""}).status == 400
    sandbox.drop(made["user"])


def test_receive_journal_reset(sandbox, made):
    message = {
        "platform": "whatsapp",
        "platform_id": "100",
        "destination": "1",
        "message": "¡hola!",
        "account": made["user"],
    }
    assert control(sandbox, "receive", message).json() == {"message_id": "1"}
    given = {"class": "chat", "method": "getmessages", "user": made["user"], "password": made["password"]}
    given |= {"platform": "whatsapp", "platformid": "100", "destination": "1"}
    assert PostForm(sandbox).send(given)[0]["message"] == "¡hola!"
    (arrival,) = control(sandbox, f"journal?account={made['user']}").json()
    assert (arrival["operation"], arrival["protocol"], arrival["outcome"]) == ("get_messages", "http-post", "SUCCESS")
    assert made["password"] not in json.dumps(arrival)
    assert control(sandbox, "reset", {"account": made["user"]}).json() == {}
    assert control(sandbox, f"journal?account={made['user']}").json() == []
    with pytest.raises(Refused, match="CHAT_NOT_FOUND"):
        PostForm(sandbox).send(given)


def test_the_clock(sandbox):
    answer = control(sandbox, "clock", {"now": "2031-05-06T07:08:09Z", "frozen": True, "advance": 1.5})
    assert answer.json()["now"].startswith("2031-05-06T07:08:1")
    assert control(sandbox, "clock").json() == answer.json()
    control(sandbox, "clock", {"frozen": False})
    sandbox.clock.reset()


def test_answer_and_faults(sandbox, made):
    armed = control(sandbox, "answer", {"code": "CHAT_NOT_FOUND", "account": made["user"]}).json()
    assert (armed["kind"], armed["hits"]) == ("AnswerCode", 0)
    given = {"class": "chat", "method": "getchatchannels", "user": made["user"], "password": made["password"]}
    with pytest.raises(Refused, match="CHAT_NOT_FOUND"):
        PostForm(sandbox).send(given)
    (fault,) = (each for each in control(sandbox, "faults").json() if each["number"] == armed["number"])
    assert fault["hits"] == 1


def test_revoke(sandbox, made):
    assert control(sandbox, "revoke", {"account": made["user"]}).status == 200


def test_provenance_is_told_for_everything(sandbox):
    told = control(sandbox, "provenance").json()
    assert len(told) > 30
    assert {each[2] for each in told} == set(Provenance)


@table(
    ("path", "given"),
    [
        ("receive", {}),
        ("receive", {"platform": 1}),
        ("receive", {"platform": "whatsapp", "platform_id": "9", "destination": "1", "message": "x"}),
        ("accounts", {"name": ""}),
        ("accounts", {"colour": "red"}),
        ("accounts", {"channels": [{"platform_id": "1", "name": "no platform"}]}),
        ("accounts", {"channels": [{"platform": "whatsapp", "platform_id": "1", "name": "x", "colour": "red"}]}),
        ("accounts", {"options": {"empty_chats": "maybe"}}),
        ("reset", {"account": "nobody"}),
        ("clock", {"now": "yesterday"}),
        ("clock", {"advance": 1e300}),
        ("answer", {}),
        ("answer", {"code": "X", "operation": "fly"}),
        ("answer", {"code": "X", "protocol": "pigeon"}),
        ("receive", []),
    ],
)
def test_wrong_arguments_are_told(sandbox, path, given):
    answer = control(sandbox, path, given)
    assert answer.status == 400
    assert b"Traceback" not in answer.body


def test_unknown_paths_and_verbs(sandbox):
    assert control(sandbox, "nothing").status == 404
    assert control(sandbox, "receive").status == 405
    assert http_call(sandbox.plain_url, "POST", "/_sandbox/reset", body=b"{}").status == 415


@table("origin", ["https://evil.example", "null", "http://localhost:8080", "http://127.0.0.1"])
@table("path", ["health", "accounts", "journal"])
def test_a_web_page_is_refused_by_its_origin(sandbox, path, origin):
    assert control(sandbox, path, Origin=origin).status == 403
    assert control(sandbox, "reset", {}, Origin=origin).status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]", "[", ""]
)
def test_a_web_page_is_refused_by_its_host(sandbox, host):
    assert control(sandbox, "accounts", Host=host).status == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "[::1]:99"])
def test_this_machine_has_three_names(sandbox, host):
    assert control(sandbox, "health", Host=host).status == 200


def test_it_listens_on_loopback_only(sandbox):
    for url in (sandbox.base_url, sandbox.plain_url):
        port = int(url.rsplit(":", 1)[1])
        # The whole of 127/8 is this machine, and only 127.0.0.1 was bound.
        with socket.socket() as other:
            other.settimeout(2)
            assert other.connect_ex(("127.0.0.2", port)) != 0


def test_the_guard_is_what_refuses(sandbox, monkeypatch):
    from afilnet_protocols.sandbox.control import endpoint as module

    monkeypatch.setattr(module._Guard, "_admits", staticmethod(lambda request: True))
    assert control(sandbox, "accounts", Origin="https://evil.example").status == 200


def test_accounts_of_the_fixture_are_told(sandbox, account):
    told = {each["user"]: each for each in control(sandbox, "accounts").json()}
    assert told[account.user]["client_secret"] == account.client_secret
    assert fields(account, "x")["password"] == told[account.user]["password"]
