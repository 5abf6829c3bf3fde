"""What cannot be meant is refused where a sandbox is given it, as an error of ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from afilnet_protocols import AfilnetError, Channel
from afilnet_protocols.sandbox import Options, Sandbox
from tests.tables import table

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
NO_NUMBER = (None, "1", b"1", [], object(), True, 1.5j, float("nan"), float("inf"), -1, 10**400)
NO_TEXT = (7, True, b"x", [], {}, object(), "\ud800")
MAKING = {
    "port": (*NO_NUMBER, 1.5, 65536),
    "plain_port": (*NO_NUMBER, 1.5, 65536),
    "page_port": (*NO_NUMBER, 1.5, 65536),
    "token_lifetime": (*NO_NUMBER, 0),
    "journal_size": (*NO_NUMBER, 0, 1.5),
    "db": (7, [], object(), "\x00", "\ud800", Path("no/such/folder/x")),
    "options": (7, "strict", {}),
    "components": (7, "service"),
    "token_server": (7, "strict"),
    "like": (7, b"x", [], "no-such-dialect"),
}


def made(**given):
    with Sandbox(**given):
        pass


@table(("name", "values"), MAKING.items())
def test_what_no_sandbox_can_be_made_of_is_refused(name, values):
    for value in values:
        with pytest.raises(AfilnetError):
            made(**{name: value})


ASKED = {
    "name": lambda sandbox, value: sandbox.account(value),
    "password": lambda sandbox, value: sandbox.account(password=value),
    "channels": lambda sandbox, value: sandbox.account(channels=[value]),
    "a channel's name": lambda sandbox, value: sandbox.account(channels=[Channel("1", "whatsapp", value)]),
    "a channel's identifier": lambda sandbox, value: sandbox.account(channels=[Channel(value, "whatsapp", "x")]),
    "account": lambda sandbox, value: sandbox.journal(value),
    "account to reset": lambda sandbox, value: sandbox.reset(value),
    "destination": lambda sandbox, value: sandbox.receive(**PERSON | {"destination": value}, message="x"),
    "message": lambda sandbox, value: sandbox.receive(**PERSON, message=value),
    "messages": lambda sandbox, value: sandbox.receive_many(**PERSON, messages=[value]),
    "who reads": lambda sandbox, value: sandbox.read_elsewhere(**PERSON | {"destination": value}),
    "a fault": lambda sandbox, value: sandbox.fault(value).__enter__(),
}


@table("ask", [pytest.param(ask, id=what) for what, ask in ASKED.items()])
def test_what_is_no_text_is_refused(sandbox, ask):
    before = len(sandbox.accounts())
    for value in NO_TEXT:
        with pytest.raises(AfilnetError):
            ask(sandbox, value)
    assert len(sandbox.accounts()) == before


def test_other_things_that_cannot_be_meant(sandbox):
    account = sandbox.account()
    for later in (*NO_NUMBER, -0.5):
        with pytest.raises(AfilnetError):
            sandbox.receive(**PERSON, message="x", appears_after=later, account=account)
        with pytest.raises(AfilnetError):
            Options(sends_appear_after=later)
    for several in ("hola", 7, None):  # one text is no list of its letters
        with pytest.raises(AfilnetError):
            sandbox.receive_many(**PERSON, messages=several, account=account)
    for exported in (7, "x", []):
        with pytest.raises(AfilnetError):
            sandbox.import_state(exported)
    assert sandbox.read_elsewhere(**PERSON, account=account) == 0


REFUSED = {
    "the seeded account stays": lambda sandbox: sandbox.drop(sandbox.accounts()[0]),
    "this account is in no sandbox": lambda sandbox: replace(sandbox.account(), home=None).journal(),
    "clock goes from 1970 to 9999": lambda sandbox: sandbox.clock.set(datetime(1969, 12, 31, tzinfo=UTC)),
    "from 1970 to 9999": lambda sandbox: sandbox.clock.advance(253_000_000_000),
    "can name no account, and no protocol but json": lambda sandbox: sandbox.fault("token_moved", protocol="soap"),
}


@table(("words", "ask"), REFUSED.items())
def test_what_a_sandbox_does_not_do_it_says(sandbox, words, ask):
    with pytest.raises(AfilnetError, match=words):
        ask(sandbox)


CHANGED = {
    "it has other tables": "CREATE TABLE more (x)",
    "it was written by another version": "PRAGMA user_version = 999",
    "it has no account 'user'": "UPDATE accounts SET user = 'another' WHERE user = 'user'",
}


@table(("words", "change"), CHANGED.items())
def test_a_state_that_is_none_changes_nothing(sandbox, words, change):
    before = sandbox.export_state()
    with closing(sqlite3.connect(":memory:")) as exported:
        exported.deserialize(before)
        exported.executescript(change)
        with pytest.raises(AfilnetError, match=words):
            sandbox.import_state(exported.serialize())
    assert sandbox.export_state() == before


def test_a_sandbox_that_takes_any_text_is_found(sandbox, monkeypatch):
    """Sabotage: texts are handed on as they are."""
    monkeypatch.setattr("afilnet_protocols.sandbox.contents.check_text", lambda name, given: given)
    with pytest.raises(BaseException, match="DID NOT RAISE") as found:
        test_what_is_no_text_is_refused.__wrapped__(sandbox, ASKED["password"])
    assert not isinstance(found.value, AfilnetError)
