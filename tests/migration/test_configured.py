"""A profile's table chooses the client; code does not change."""

from __future__ import annotations

import asyncio
import inspect
import json
import math
import re
import stat
from pathlib import Path

import pytest

from afilnet_protocols import CanaryChat, ConfigurationError, ShadowChat, connect, connect_async
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.migration import configured
from afilnet_protocols.migration.state import StateFile, check_folder, read_state
from afilnet_protocols.migration.tally import Tally
from afilnet_protocols.seconds import LONGEST
from tests.migration.planted import HERE
from tests.migration.test_canary import Fine

PROFILES = """
[profiles.old]
protocol = "http-post"

[profiles.new]
extends = "old"
protocol = "json"

[profiles.old.migration]
"""
SHADOW = 'mode = "shadow"\ncandidate = "new"\n'


@pytest.fixture
def profiles(afilnet, sandbox, tmp_path, monkeypatch):
    account = sandbox.account()
    settings = sandbox.settings("json", account=account)
    for name in ("base_url", "ca_file", "json_url", "token_url", "client_id", "user"):
        monkeypatch.setenv(f"AFILNET_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("AFILNET_PASSWORD", account.password)
    monkeypatch.setenv("AFILNET_CLIENT_SECRET", account.client_secret)
    monkeypatch.setenv("AFILNET_CONFIG", str(tmp_path / "afilnet.toml"))
    monkeypatch.chdir(tmp_path)

    def write(table: str) -> object:
        (tmp_path / "afilnet.toml").write_text(PROFILES + table)
        return account

    return write


def test_a_profile_without_a_table_is_as_before(profiles):
    profiles("")
    with connect("old") as chat:
        assert not isinstance(chat, ShadowChat | CanaryChat)


def test_shadow(profiles, sandbox, tmp_path):
    account = profiles(SHADOW + 'state = "state.json"\ngrace = 10.0\n')
    hooked = []
    hook = type("Hook", (), {"before": lambda self, call: hooked.append(call.protocol), "after": lambda *_: None})()
    for number in (1, 2):
        with connect("old", hooks=[hook]) as chat:
            assert isinstance(chat, ShadowChat)
            chat.get_chat_channels()
            chat.send_message(**HERE, message="a private text")
            chat.get_messages(**HERE)
        state = read_state(tmp_path / "state.json")
        assert state.counts.number("equal") == 2 * number
    assert "http-post" in hooked
    text = (tmp_path / "state.json").read_text()
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600
    for secret in (account.password, account.client_secret, "private", HERE["destination"]):
        assert secret not in text
    sends = [arrived.protocol for arrived in sandbox.journal(account) if arrived.operation == "send_message"]
    assert sends == ["http-post", "http-post"]


def test_in_a_loop_it_is_the_same(profiles, sandbox, tmp_path):
    async def calls():
        async with connect_async("old") as chat:
            await chat.get_chat_channels()
            await chat.send_message(**HERE, message="from a loop")

    account = profiles(SHADOW + 'state = "state.json"\ngrace = 10.0\n')
    asyncio.run(calls())
    assert read_state(tmp_path / "state.json").counts.number("equal") == 1
    profiles('mode = "canary"\ncandidate = "new"\nshare = 1.0\n')
    asyncio.run(calls())
    sends = [arrived.protocol for arrived in sandbox.journal(account) if arrived.operation == "send_message"]
    assert sends == ["http-post", "json"]


def test_canary_and_its_return_outlasts_the_process(profiles, sandbox, tmp_path, monkeypatch):
    account = profiles(
        'mode = "canary"\ncandidate = "new"\nshare = 1.0\nwindow = 1\nthreshold = 0.0\nstate = "s.json"\n'
    )
    with connect("old") as chat:
        assert isinstance(chat, CanaryChat)
        chat.send_message(**HERE, message="one")
    monkeypatch.setenv("AFILNET_CLIENT_SECRET", "wrong")
    with connect("old") as chat:
        chat.get_chat_channels()
        assert not chat.active
    monkeypatch.setenv("AFILNET_CLIENT_SECRET", account.client_secret)
    with connect("old") as chat:
        assert not chat.active
        chat.send_message(**HERE, message="two")
    sends = [arrived.protocol for arrived in sandbox.journal(account) if arrived.operation == "send_message"]
    assert sends == ["json", "http-post"]


def test_the_candidate_itself_does_not_migrate(profiles):
    profiles(SHADOW)
    with connect("new") as chat:
        assert not isinstance(chat, ShadowChat)


def test_keyword_arguments_hold_for_both_sides(profiles, monkeypatch):
    account = profiles(SHADOW)
    monkeypatch.setenv("AFILNET_CLIENT_SECRET", "wrong")
    monkeypatch.setenv("AFILNET_PASSWORD", "wrong")
    secrets = {"password": account.password, "client_secret": account.client_secret}
    identity = {"user": account.user, "client_id": account.client_id}
    with connect("old", **secrets, **identity) as chat:
        chat.get_chat_channels()
        assert chat.settle(10)
        assert chat.counts.number("equal") == 1


def test_two_names_of_one_thing_are_no_migration(profiles, monkeypatch):
    profiles(SHADOW)
    monkeypatch.setenv("AFILNET_PROTOCOL", "http-post")
    with connect("old") as chat:
        chat.get_chat_channels()
        assert chat.settle(10)
        assert chat.counts.number("unavailable") == 1


def test_the_keys_that_are_documented_are_those_that_are_taken():
    """The two tables of a migration, of the documentation and of the code, row by row."""
    page = (Path(__file__).parents[2] / "docs" / "migrate.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.*`) \| (both|shadow|canary) \|", page, re.MULTILINE)
    told = {(mode, key) for keys, mode in rows for key in re.findall(r"`(\w+)`", keys)}
    both = {(mode, key) for named, key in told if named == "both" for mode in configured.MODES}
    assert both | {row for row in told if row[0] != "both"} == {
        (mode, key) for mode, keys in configured.KEYS.items() for key in keys
    }


def test_all_that_is_wrong_with_a_table_is_named_at_once(profiles):
    profiles('mode = "shadwo"\ncandidate = "old"\nsampel = 1\nenough = "10"')
    with pytest.raises(ConfigurationError) as refused:
        connect("old")
    assert str(refused.value) == (
        """profile old, migration: mode must be "shadow" or "canary", not 'shadwo': did you mean 'shadow'?; """
        "unknown key 'sampel': did you mean 'sample'?; enough must be a whole number, at least 1; "
        "candidate must name another profile, which may replace this one"
    )


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        ('mode = "shadwo"\ncandidate = "new"', "did you mean 'shadow'"),
        ('mode = 7\ncandidate = "new"', "known are shadow, canary"),
        ('mode = "shadow"', "candidate must name"),
        ('mode = "shadow"\ncandidate = "nwe"', "did you mean 'new'"),
        (SHADOW + "sampel = 0.1", "did you mean 'sample'"),
        (SHADOW + "share = 0.1", "belongs to mode 'canary'"),
        (SHADOW + "sample = 1.5", "sample must be a number from 0 to 1"),
        (SHADOW + "concurrency = 0", "concurrency must be a whole number"),
        (SHADOW + "unread = 1", "unread must be true or false"),
        (SHADOW + "state = 1", "state must be a text"),
        ('mode = "canary"\ncandidate = "new"', "a canary needs share"),
        ('mode = "canary"\ncandidate = "new"\nshare = true', "share must be a number from 0 to 1"),
    ],
)
def test_a_table_that_cannot_be_is_refused_at_once(profiles, table, hint):
    profiles(table)
    with pytest.raises(ConfigurationError, match=hint):
        connect("old")


ODD = (
    0,
    1,
    2,
    -1,
    0.0,
    0.5,
    1.5,
    -0.5,
    True,
    False,
    math.nan,
    math.inf,
    10**9,
    10**9 + 1,
    LONGEST,
    LONGEST + 1,
    10**400,
)
MADE = {
    configured.SHADOW: (ShadowChat, {}),
    configured.CANARY: (CanaryChat, {"share": 0.5}),
}


def told_apart() -> list[tuple[str, str, object]]:
    """Return what a table takes and a client refuses, or the other way round."""
    found = []
    for mode, (make, usual) in MADE.items():
        for key in inspect.signature(make).parameters.keys() & configured.KEYS[mode].keys() - {
            "candidate",
            "state",
            "salt",
        }:
            for value in ODD:
                if configured.KEYS[mode][key] == configured._FLAG and not isinstance(value, bool):
                    continue  # a table has words for it, and Python takes 0 and 1
                try:
                    make(Fine(), Fine(), **{**usual, key: value}).close()
                    may = True
                except ConfigurationError:
                    may = False
                if may is not configured._fits(configured.KEYS[mode][key], value):
                    found.append((mode, key, value))
    return found


def test_a_table_takes_what_the_client_that_it_makes_takes():
    assert told_apart() == []


def test_sabotage_a_table_that_refuses_what_means_something_is_noticed(monkeypatch):
    monkeypatch.setitem(configured.KEYS[configured.SHADOW], "grace", configured._SECONDS)
    monkeypatch.setitem(configured.KEYS[configured.SHADOW], "journal", configured._COUNT)
    assert {key for _, key, _ in told_apart()} == {"grace", "journal"}


def test_closing_that_is_to_wait_for_nothing_is_taken_from_a_table(profiles):
    profiles(SHADOW + "grace = 0\njournal = 0\nrest = 0\n")
    with connect("old") as chat:
        assert chat.journal == []


# The state file


def state_file(path, **given):
    return StateFile(path, **{"mode": "shadow", "profile": "old", "candidate": "new", **given})


def test_a_path_may_be_a_text_and_what_is_none_is_refused(tmp_path):
    tally = Tally()
    tally.judged("get_messages", "compared")
    state_file(str(tmp_path / "s")).save(tally, now=True)
    assert read_state(tmp_path / "s").counts.numbers == {"compared": 1}
    for wrong in (None, 7, "\0"):
        with pytest.raises(ConfigurationError, match="StateFile: path"):
            state_file(wrong)


def test_what_processes_count_is_added_up(tmp_path):
    for _ in range(3):
        tally = Tally()
        tally.asked("get_messages")
        tally.judged("get_messages", "compared")
        file = state_file(tmp_path / "s")
        file.save(tally, now=True)
        file.save(tally, now=True)
    state = read_state(tmp_path / "s")
    assert state.counts.numbers == {"sampled": 3, "compared": 3}
    assert state.counts.asked == state.counts.judged == {"get_messages": 3}


def test_writes_are_throttled_and_nothing_is_lost(tmp_path):
    now = [0.0]
    tally, file = Tally(), state_file(tmp_path / "s", every=5, clock=lambda: now[0])
    for second in (0.0, 1.0, 4.9):
        now[0] = second
        tally.count("compared")
        file.save(tally)
    assert read_state(tmp_path / "s").counts.number("compared") == 1
    now[0] = 5.0
    file.save(tally)
    assert read_state(tmp_path / "s").counts.number("compared") == 3


def test_a_file_that_cannot_be_written_costs_nothing(tmp_path, caplog):
    tally, file = Tally(), state_file(tmp_path / "missing" / "s")
    tally.count("compared")
    file.save(tally, now=True)
    file.save(tally, now=True)
    assert len(caplog.records) == 1
    (tmp_path / "missing").mkdir()
    file.save(tally, now=True)
    assert read_state(tmp_path / "missing" / "s").counts.number("compared") == 1


def test_another_migration_begins_anew(tmp_path):
    tally = Tally()
    tally.count("compared")
    state_file(tmp_path / "s").save(tally, now=True)
    assert state_file(tmp_path / "s", mode="canary").read() is None
    tally.count("candidate")
    state_file(tmp_path / "s", mode="canary").save(tally, now=True)
    assert read_state(tmp_path / "s").counts.numbers == {"candidate": 1}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"mode": 1}', b"\xff", b"{" * 1000])
def test_a_broken_file_is_told(tmp_path, content):
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(ConfigurationError, match="is no state file"):
        read_state(tmp_path / "s")


# The commands


def test_status_counts_and_recommends(profiles, afilnet, tmp_path, monkeypatch):
    profiles(SHADOW + 'state = "state.json"\nenough = 2\n')
    assert afilnet("migrate", "status", "--profile", "old").code == 0
    tally = Tally()
    tally.asked("get_messages")
    tally.judged("get_messages", "compared", "equal")
    state_file(tmp_path / "state.json").save(tally, now=True)
    document = afilnet("migrate", "status", "--profile", "old", "--json").document
    assert document["counts"] == {"sampled": 1, "compared": 1, "equal": 1}
    assert document["left_out"] == {
        "calls": 0,
        "of": 1,
        "share": 0.0,
        "allowed": 0.1,
        "operations": {"get_messages": 0},
    }
    assert document["recommendation"]["word"] == "keep"
    tally.asked("get_messages")
    tally.judged("get_messages", "compared", "equal")
    state_file(tmp_path / "state.json").save(tally, now=True)
    assert "recommendation: go" in afilnet("migrate", "status", "--profile", "old").out
    from afilnet_protocols.migration.diff import Kind, Noticed

    tally.differ("get_messages", [Noticed(Kind.ORDER, "returned", "2 records", "another order")])
    state_file(tmp_path / "state.json").save(tally, now=True)
    ended = afilnet("migrate", "status", "--profile", "old")
    assert ended.code == 1
    assert "get_messages differs in order at returned, 1 time:" in ended.out
    assert json.loads(afilnet("migrate", "status", "--profile", "old", "--json").out)["differences"][0]["count"] == 1


@pytest.mark.parametrize("command", [("migrate", "status"), ("config",)])
def test_a_place_where_nothing_can_be_counted_is_told(profiles, afilnet, tmp_path, command):
    profiles(SHADOW + 'state = "missing/state.json"\n')
    ended = afilnet(*command, "--profile", "old")
    assert ended.code == 2
    said = " ".join(f"{ended.out} {ended.err}".split())
    assert "nothing can be counted" in said
    assert "does not exist" in said
    connect("old").close()
    (tmp_path / "missing").mkdir()
    assert afilnet(*command, "--profile", "old").code == 0


def test_a_folder_that_may_not_be_written_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        check_folder(tmp_path / "s")
    with pytest.raises(ConfigurationError, match="does not exist"):
        check_folder(tmp_path / "missing" / "s")


@pytest.mark.parametrize("profile", ["new", None])
def test_status_needs_a_migration(profiles, afilnet, profile):
    profiles(SHADOW)
    words = ["--profile", profile] if profile else ["--profile", "old"]
    assert afilnet("migrate", "status", *words).code == 2


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('candidate = "new"', 'candidate = "nwe"', "candidate: unknown profile 'nwe': did you mean 'new'?"),
        ('protocol = "json"', 'protocol = "http-post"', "candidate: profile new has the same settings as old"),
        ('protocol = "json"', "timeout = 0", "candidate: timeout (profile new in "),
    ],
)
def test_a_candidate_that_cannot_be_one_is_told_to_who_looks(profiles, afilnet, tmp_path, before, after, said):
    profiles(SHADOW + f'state = "{tmp_path}/state.json"\n')
    path = tmp_path / "afilnet.toml"
    assert afilnet("config", "--profile", "old").code == 0
    path.write_text(path.read_text().replace(before, after))
    found = afilnet("config", "--profile", "old")
    assert found.code == 2
    assert f"profile old, migration: {said}" in found.out + found.err
    status = afilnet("migrate", "status", "--profile", "old")
    assert (status.code, said in status.err) == ((2, True) if "nwe" in after else (0, False)), "its counts stay"


def test_lint_names_settings_and_guarantees(profiles, afilnet, monkeypatch):
    profiles("")
    document = afilnet("config", "lint", "--profile", "old", "--to", "json", "--json").document
    assert [each["name"] for each in document["needed"]] == ["json_url", "token_url", "client_id", "client_secret"]
    assert not any(each["missing"] for each in document["needed"])
    assert document["unused"] == ["user", "password"]
    assert document["level"] == {"from": "medium", "to": "maximum"}
    assert "token_in_header" in [each["name"] for each in document["gained"]]
    monkeypatch.delenv("AFILNET_JSON_URL")
    ended = afilnet("config", "lint", "--profile", "old", "--to", "json")
    assert ended.code == 2
    assert "json_url       missing" in ended.out
    assert "gives up token_in_header" in afilnet("config", "lint", "--profile", "new", "--to", "basic").out


def test_compare_ends_with_its_verdict(profiles, afilnet, tmp_path):
    profiles("")
    ended = afilnet(
        "compare", "--from", "old", "--to", "new", "--json", "--report", "html=page.html", "--report", "json=c.json"
    )
    assert (ended.code, ended.document["verdict"]) == (0, "go")
    assert "<h1" in (tmp_path / "page.html").read_text()
    assert json.loads((tmp_path / "c.json").read_text())["verdict"] == "go"
    back = afilnet("compare", "--from", "new", "--to", "old")
    assert back.code == 1
    assert "the security level falls from high to medium" in back.out
    wrong = afilnet("compare", "--from", "old", "--to", "new", "--max-sends", "3")
    assert wrong.code == 2
    assert afilnet("compare", "--from", "old", "--to", "new", "--report", "pdf=x").code == 2


def test_a_recording_that_is_mostly_left_out_has_no_verdict(profiles, afilnet, tmp_path):
    profiles("")
    send = Step("send_message", {**HERE, "message": "hola"}).as_data()
    steps = [send, Step("get_chat_channels").as_data()]
    (tmp_path / "calls").write_text("".join(json.dumps(step) + "\n" for step in steps))
    words = ("compare", "--from", "old", "--to", "new", "--recording", "calls")
    ended = afilnet(*words)
    assert ended.code == 2
    assert "1 of 2 (50%) of the calls were left out, and at most 10% may be: 1 a send" in ended.out
    assert afilnet(*words, "--left-out", "0.5").code == 0
    allowed = ("--max-sends", "2", "--recipient", HERE["destination"])
    assert afilnet(*words, *allowed, "--json").document["left_out"]["calls"] == 0


def test_compare_that_cannot_run(profiles, afilnet, monkeypatch):
    profiles("")
    monkeypatch.setenv("AFILNET_PASSWORD", "wrong")
    ended = afilnet("compare", "--from", "old", "--to", "new")
    assert ended.code == 2
    assert "could not run" in ended.out
