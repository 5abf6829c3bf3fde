"""What was counted of a candidate is kept, added up and told, wherever its file is and whatever stands there."""

from __future__ import annotations

import asyncio
import os
import stat

import pytest

from afilnet_protocols import CanaryChat, ConfigurationError, ShadowChat, connect, connect_async
from afilnet_protocols.migration import configured
from afilnet_protocols.migration import state as state_module
from afilnet_protocols.migration.diff import Kind, Noticed
from afilnet_protocols.migration.state import StateFile, read_state
from afilnet_protocols.migration.tally import MOST_DIFFERENCES, MOST_RETURNS, MOST_TIMES, Counts, Seen, Tally
from afilnet_protocols.settings.sources import resolve
from tests.migration.test_canary import Fine
from tests.migration.test_configured import SHADOW, profiles, state_file
from tests.migration.test_truth import Service
from tests.tables import table

__all__ = ["profiles"]


def counted(*names: str) -> Tally:
    tally = Tally()
    tally.count(*names)
    return tally


# In memory


def test_a_tally_is_bounded_and_forgets_the_oldest():
    tally = Tally(journal=2)
    for number in range(1, MOST_TIMES + 11):
        tally.took(primary=number, candidate=2 * number)
        tally.returned(f"return {number}")
        tally.differ("get_chats", [Noticed(Kind.VALUE, f"field {number}", "a", "b")])
    total = tally.total
    assert (MOST_TIMES, MOST_RETURNS, MOST_DIFFERENCES) == (500, 20, 100)
    assert (total.primary_ms[0], total.primary_ms[-1], len(total.primary_ms)) == (11_000.0, 510_000.0, 500)
    assert (total.candidate_ms[0], total.candidate_ms[-1], len(total.candidate_ms)) == (22_000.0, 1_020_000.0, 500)
    assert ([each.partition(": ")[2] for each in total.returns][::19], len(total.returns)) == (
        ["return 491", "return 510"],
        20,
    )
    assert total.number("returns") == 510
    assert [each.field for each in total.differences] == [f"field {number}" for number in range(1, 101)]
    assert {each.count for each in total.differences} == {1}
    assert [each["field"] for each in tally.journal] == ["field 509", "field 510"]
    assert total.ratio == 2.0


def test_two_hundred_differences_are_remembered_one_by_one_unless_told_otherwise():
    tally = Tally()
    tally.differ("get_chats", [Noticed(Kind.VALUE, str(number), "a", "b") for number in range(201)])
    assert len(tally.journal) == 200


@table(
    ("primary", "candidate", "ratio"),
    [
        ([], [], None),
        ([1.0], [], None),
        ([], [1.0], None),
        ([2.0, 4.0, 600.0], [2.0], 0.5),
        ([0.0], [1e-6], 1.0),
    ],
)
def test_how_much_longer_a_candidate_takes_is_told_by_the_middle_of_both(primary, candidate, ratio):
    assert Counts(primary_ms=primary, candidate_ms=candidate).ratio == ratio


def test_times_are_kept_in_thousandths_of_a_millisecond():
    tally = Tally()
    tally.took(primary=0.0012345678)
    tally.took(candidate=0.0087654321)
    assert (tally.total.primary_ms, tally.total.candidate_ms) == ([1.235], [8.765])


def test_a_difference_that_is_seen_again_is_counted_with_its_last_time():
    counts = Counts()
    for at in ("2026-01-02", "2026-01-03", "2026-01-01"):
        counts.add(Counts(differences=[Seen("get_chats", "value", "x", "a", "b", 2, at, at)]))
    assert [(each.count, each.first, each.last) for each in counts.differences] == [(6, "2026-01-02", "2026-01-03")]


def test_what_is_given_back_is_there_beside_what_came_meanwhile():
    tally = counted("one")
    taken = tally.take()
    tally.count("two")
    tally.give_back(taken)
    assert tally.take().numbers == {"one": 1, "two": 1}


# Where a file is


def as_pipe(path):
    os.mkfifo(path)


def as_loop(path):
    path.symlink_to(path.name)


@table(("put", "why"), [(as_pipe, "is not a regular file"), (as_loop, "Too many levels"), (lambda p: p.mkdir(), "dir")])
def test_what_is_no_file_costs_no_waiting_and_stays_as_it_is(tmp_path_factory, put, why):
    path = tmp_path_factory.mktemp("place") / "s"
    put(path)
    before = path.lstat()
    with pytest.raises(ConfigurationError, match=why):
        read_state(path)
    tally = counted("compared")
    state_file(path).save(tally, now=True)
    assert path.lstat() == before
    assert tally.take().numbers == {"compared": 1}


def test_a_link_stays_one_and_those_who_go_by_several_share_what_is_behind_them(tmp_path):
    """Releases of a program are folders of their own, each with a link to what they share."""
    shared = tmp_path / "shared"
    for release in ("one", "two"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "s").symlink_to(shared)
        state_file(tmp_path / release / "s").save(counted("compared"), now=True)
        assert (tmp_path / release / "s").is_symlink()
    assert read_state(shared).counts.numbers == {"compared": 2}


def test_sabotage_a_build_that_puts_a_file_in_the_place_of_a_link_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(StateFile, "_place", lambda self: self.path)
    (tmp_path / "s").symlink_to(tmp_path / "shared")
    state_file(tmp_path / "s").save(counted("compared"), now=True)
    assert not (tmp_path / "s").is_symlink()


def test_a_file_is_its_owner_s_and_nothing_is_left_beside_it(tmp_path):
    state_file(tmp_path / "s").save(counted("compared"), now=True)
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s", "s.lock"]
    assert stat.S_IMODE((tmp_path / "s.lock").stat().st_mode) == 0o600


def test_what_cannot_be_put_in_place_leaves_nothing_beside_it(tmp_path, monkeypatch):
    tally = counted("compared")
    monkeypatch.setattr(state_module.Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    state_file(tmp_path / "s").save(tally, now=True)
    assert [path.name for path in tmp_path.iterdir()] == ["s.lock"]
    assert tally.take().numbers == {"compared": 1}


def test_it_is_told_when_it_began_and_when_it_was_written(tmp_path):
    path = tmp_path / "s"
    state_file(path).save(counted("compared"), now=True)
    first = read_state(path)
    assert first.began == first.updated != ""
    path.write_text(path.read_text().replace(first.began, "2026-01-01T00:00:00+00:00"))
    state_file(path).save(counted("compared"), now=True)
    second = read_state(path)
    assert second.began == "2026-01-01T00:00:00+00:00" < second.updated


def test_that_another_process_holds_a_file_is_told_only_when_nothing_comes_later(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(state_module.time, "sleep", lambda _: None)
    file, other, tally = state_file(tmp_path / "s"), state_file(tmp_path / "s"), counted("compared")
    with other._locked(0):
        file.save(tally, now=True)
        assert caplog.records == []
        file.save(tally, now=True, last=True)
        assert "another process holds it" in caplog.text
    file.save(tally, now=True)
    assert read_state(tmp_path / "s").counts.numbers == {"compared": 1}


def test_who_waits_for_another_process_looks_ever_more_seldom_and_not_for_longer_than_told(tmp_path, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr(state_module.time, "sleep", pauses.append)
    file, other = state_file(tmp_path / "s"), state_file(tmp_path / "s")
    with other._locked(0), file._locked(0.2) as held:
        assert not held
    assert pauses == [0.005, 0.01, 0.02, 0.04, 0.05, 0.05, 0.05]
    assert (state_module.EVERY, state_module.PATIENCE, state_module.LAST_PATIENCE) == (2.0, 0.075, 2.0)


def test_the_last_write_waits_longer_than_the_others(tmp_path, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr(state_module.time, "sleep", pauses.append)
    file, other = state_file(tmp_path / "s", every=0), state_file(tmp_path / "s")
    with other._locked(0):
        with file._locked(0) as held:
            assert (held, pauses) == (False, [])
        file.save(counted("compared"), now=True)
        assert round(sum(pauses), 3) == 0.075
        file.save(counted("compared"), now=True, last=True)
        assert round(sum(pauses), 3) >= 2.075


def test_a_new_file_that_somebody_took_away_hides_no_reason(tmp_path, monkeypatch, caplog):
    def full(path, _):
        path.unlink()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(state_module.Path, "replace", full)
    state_file(tmp_path / "s").save(counted("compared"), now=True)
    assert "No space left on device" in caplog.text


def test_nothing_new_writes_nothing(tmp_path):
    state_file(tmp_path / "s").save(Tally(), now=True)
    assert list(tmp_path.iterdir()) == []


@table("every", [-1, float("nan"), "2", True, 10**12])
def test_what_is_no_time_between_two_writes_is_refused(tmp_path_factory, every):
    with pytest.raises(ConfigurationError, match="every is a number of seconds"):
        state_file(tmp_path_factory.getbasetemp() / "s", every=every)


def test_a_file_that_is_too_long_is_none(tmp_path, monkeypatch):
    state_file(tmp_path / "s").save(counted("compared"), now=True)
    assert state_module._LIMIT == 4 * 1024 * 1024
    monkeypatch.setattr(state_module, "_LIMIT", 100)
    with pytest.raises(ConfigurationError, match="is no state file"):
        read_state(tmp_path / "s")


HEAD = '{"version": 2, "mode": "shadow", "profile": "old", "candidate": "new", "counts": '
DIFFERENCE = (
    '{"operation": "x", "kind": "value", "field": "y", "primary": "a", "candidate": "b", "first": "", "last": ""'
)


@table(
    "counts",
    [
        '{"numbers": {"equal": -1}}',
        f'{{"numbers": {{"equal": {10**15 + 1}}}}}',
        f'{{"numbers": {{"equal": {"9" * 5000}}}}}',
        f'{{"asked": {{"get_chats": {"9" * 400}}}}}',
        '{"judged": {"get_chats": 1.5}}',
        '{"judged": {"get_chats": true}}',
        '{"primary_ms": [-1]}',
        '{"primary_ms": [1000000000000.5]}',
        '{"candidate_ms": [1e308, 1e308]}',
        '{"primary_ms": [null]}',
        f'{{"differences": [{DIFFERENCE}, "count": -1}}]}}',
        f'{{"differences": [{DIFFERENCE}}}]}}',
        '{"returns": [1]}',
    ],
)
def test_counts_that_cannot_be_are_no_counts(tmp_path_factory, counts):
    path = tmp_path_factory.mktemp("place") / "s"
    path.write_text(f"{HEAD}{counts}}}")
    with pytest.raises(ConfigurationError, match="is no state file"):
        read_state(path)
    path.write_text(f'{HEAD}{{"numbers": {{"equal": {10**15}, "failed": 0}}, "primary_ms": [0, 1e12]}}}}')
    assert read_state(path).counts.number("equal") == 10**15


def test_a_file_that_cannot_be_written_is_named(tmp_path, caplog):
    state_file(tmp_path / "missing" / "s").save(counted("compared"), now=True)
    assert f"cannot be saved in its state file '{tmp_path}/missing/s': No such file" in caplog.text


# Whose it is


def test_profiles_that_share_a_table_add_to_one_count(profiles, tmp_path):
    profiles(SHADOW + 'state = "s"\n[profiles.variant]\nextends = "old"\ntimeout = 9\n')
    for name in ("old", "variant", "old"):
        with connect(name) as chat:
            assert isinstance(chat, ShadowChat)
            chat.get_chat_channels()
            assert chat.settle(10)
    state = read_state(tmp_path / "s")
    assert (state.profile, state.counts.number("compared")) == ("old", 3)


def test_sabotage_a_build_that_counts_for_each_profile_alone_is_found(tmp_path):
    for name in ("old", "variant", "old"):
        state_file(tmp_path / "s", profile=name).save(counted("compared"), now=True)
    assert read_state(tmp_path / "s").counts.number("compared") == 1


def test_what_builds_on_the_candidate_has_moved_already(profiles):
    profiles(SHADOW + '[profiles.faster]\nextends = "new"\ntimeout = 9\n')
    for name in ("new", "faster"):
        with connect(name) as chat:
            assert not isinstance(chat, ShadowChat)
    with connect("old") as chat:
        assert isinstance(chat, ShadowChat)


def test_a_table_that_is_empty_ends_what_is_inherited(profiles):
    profiles(SHADOW + '[profiles.variant]\nextends = "old"\n[profiles.variant.migration]\n')
    with connect("variant") as chat:
        assert not isinstance(chat, ShadowChat)
    resolved = resolve("variant", {})
    assert configured.migration_of(resolved) is None
    assert configured.migrating(resolved, {}, lambda settings: settings) == resolved.settings


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ('mode = "shadow"\ncandidate = "old"', "profile old, migration: candidate must name another profile"),
        ('mode = "shadow"\ncandidate = ""', "candidate must be a text that is not empty"),
        ('mode = "shadow"\ncandidate = ["new"]', "candidate must be a text"),
        ('candidate = "new"', 'profile old, migration: mode is missing: write mode = "shadow" or mode = "canary"'),
        ('mode = 1\ncandidate = "new"', 'mode must be "shadow" or "canary", not 1: known are shadow, canary'),
        ('mode = ""\ncandidate = "new"', 'mode must be "shadow" or "canary", not '),
        (f"mode = 0x{'f' * 4500}\ncandidate = 'new'", 'mode must be "shadow" or "canary", not a int'),
        (SHADOW + 'state = ""', "state must be a text that is not empty"),
        (SHADOW + f"{'x' * 9000} = 1", "unknown key 'xxx"),
        (SHADOW + 'salt = "x"', "belongs to mode 'canary'"),
        (f'mode = "shadow"\ncandidate = "{"x" * 9000}"', "unknown profile 'xxx"),
        (
            f'mode = "canary"\ncandidate = "new"\nshare = 0.1\nsalt = "{"x" * 65}"',
            "salt must be a text of at most 64 bytes",
        ),
        ('mode = "canary"\ncandidate = "new"\nshare = 50', "share must be a number from 0 to 1"),
        ('mode = "canary"\ncandidate = "new"\nshare = "50%"', "share must be a number from 0 to 1"),
        ('mode = "canary"\ncandidate = "new"\nshare = 1\ngrace = 1', "belongs to mode 'shadow'"),
        (SHADOW + "rest = -1", "rest must be a number of seconds, 0 or more"),
        (SHADOW + "timeout = 0", "timeout must be a number of seconds, more than 0"),
        (SHADOW + "left_out = '10%'", "left_out must be a number from 0 to 1"),
        (SHADOW + "enough = 0", "enough must be a whole number, at least 1"),
        (SHADOW + "journal = -1", "journal must be a whole number, at least 0"),
        (SHADOW + f"enough = 0x{'f' * 4500}", "enough must be a whole number"),
    ],
)
def test_a_table_that_cannot_be_is_refused_in_a_sentence(profiles, afilnet, given, hint):
    profiles(given)
    with pytest.raises(ConfigurationError) as refused:
        connect("old")
    assert hint in str(refused.value)
    assert len(str(refused.value)) < 500

    async def in_a_loop():
        async with connect_async("old") as chat:
            await chat.get_chat_channels()

    with pytest.raises(ConfigurationError) as told:
        asyncio.run(in_a_loop())
    assert str(told.value) == str(refused.value)
    problems = afilnet("config", "--profile", "old", "--json").document["problems"]
    assert any(hint in text for text in problems)


def test_a_candidate_that_cannot_be_made_says_why(caplog):
    def make():
        raise ConfigurationError("json_url is needed by json")

    with ShadowChat(Fine(), make) as chat:
        chat.get_chat_channels()
        assert chat.settle(10)
    assert "the migration's candidate cannot be made: json_url is needed by json" in caplog.text


@pytest.mark.parametrize("made", [None, "json", object()])
def test_a_function_that_makes_no_client_says_so(caplog, made):
    with ShadowChat(Fine(), lambda: made) as chat:
        chat.get_chat_channels()
        assert chat.settle(10)
        assert chat.counts.number("unavailable") == 1
    assert "the migration's candidate cannot be made: candidate makes a client, not " in caplog.text


def test_a_foreign_error_of_making_one_is_told_by_its_name_alone(caplog):
    def make():
        raise RuntimeError("hunter2")

    with ShadowChat(Fine(), make) as chat:
        chat.get_chat_channels()
        assert chat.settle(10)
    assert "the migration's candidate cannot be made: RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_canary_with_a_rest_says_nothing_of_staying_back(tmp_path, caplog):
    (tmp_path / "s").write_bytes(b"{")
    state = state_file(tmp_path / "s", mode="canary")
    with CanaryChat(Service("agree"), Service("agree"), share=1.0, rest=60, state=state) as chat:
        chat.get_chat_channels()
        assert chat.counts.number("answered") == 1
    assert "stay with the primary" not in caplog.text


# The commands


def test_status_says_why_there_is_nothing_to_show(profiles, afilnet, tmp_path, monkeypatch):
    profiles(SHADOW)
    assert "unknown profile 'odl': did you mean 'old'?" in afilnet("migrate", "status", "--profile", "odl").err
    assert "no profile is chosen: name one with --profile" in afilnet("migrate", "status").err
    assert "profile new has no table [profiles.new.migration]" in afilnet("migrate", "status", "--profile", "new").err
    assert 'profile old, migration: set state = "FILE"' in afilnet("migrate", "status", "--profile", "old").err
    assert len(afilnet("migrate", "status", "--profile", "x" * 9000).err) < 500
    (tmp_path / "afilnet.toml").write_text("[[[")
    assert "is not valid TOML" in afilnet("migrate", "status").err
    monkeypatch.setenv("AFILNET_CONFIG", "missing.toml")
    assert "AFILNET_CONFIG names no file that exists" in afilnet("migrate", "status").err


def test_a_side_that_is_compared_with_itself_is_refused(profiles, afilnet, monkeypatch):
    profiles('mode = "shadow"\ncandidate = "new"\n[profiles.alike]\nextends = "old"\n')
    for sides in (("old", "old"), ("sandbox:json", "sandbox:json")):
        ended = afilnet("compare", "--from", sides[0], "--to", sides[1])
        assert (ended.code, ended.out) == (2, "")
        assert f"{sides[0]} is on both sides: nothing would be compared" in ended.err
    assert "profile alike has the same settings as old" in afilnet("compare", "--from", "old", "--to", "alike").err
    monkeypatch.setenv("AFILNET_PROTOCOL", "basic")
    ended = afilnet("compare", "--from", "old", "--to", "new")
    assert ended.code == 2
    assert "does an AFILNET_ variable override both?" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "--from", "sandbox:LONG", "--to", "sandbox:json"),
        ("compare", "--from", "sandbox:json", "--to", "LONG"),
        ("compare", "--from", "LONG", "--to", "LONG"),
        ("compare", "--from", "sandbox:json", "--to", "sandbox:soap", "--report", "LONG"),
        ("compare", "--LONG"),
        ("conformance", "replay", "LONG", "--on", "sandbox:json"),
        ("conformance", "diff", "LONG", "LONG"),
        ("conformance", "run", "sandbox:json", "--case", "CHAN-01", "--report", "json=LONG"),
        ("sandbox", "--db", "LONG"),
    ],
)
def test_no_command_repeats_a_long_word_whole(afilnet, words):
    ended = afilnet(*(word.replace("LONG", "x" * 9000) for word in words))
    assert ended.code == 2
    assert len(ended.err) < 1000


def test_what_was_found_is_told_even_if_no_report_of_it_can_be_written(profiles, afilnet, tmp_path, monkeypatch):
    profiles("")
    (tmp_path / "file").write_text("")
    words = ("compare", "--from", "old", "--to", "new", "--report")
    assert "cannot write 'file/x'" in afilnet(*words, "md=file/x").err
    write = type(tmp_path).write_bytes

    def full(path, content):
        if path.name == "full":
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    ended = afilnet(*words, "md=full", "--report", "md=other")
    assert ended.code == 2
    assert "verdict: go" in ended.out
    assert "the report full cannot be written: No space left on device" in ended.err
    assert "nothing was sent" in ended.err
    assert (tmp_path / "other").read_text().startswith("# Go")


# What a table gives


def made_from(profiles, monkeypatch, table: str, **overrides: object) -> dict[str, object]:
    """Return what the client of a profile is made with."""
    given: dict[str, object] = {}

    def make(primary, candidate, **numbers):
        given.update(numbers)
        return Fine()

    for kind in ("CanaryChat", "ShadowChat"):
        monkeypatch.setattr(configured, kind, make)
    profiles(table)
    connect("old", **overrides).close()
    return given


def test_a_canary_has_the_time_of_its_profile_and_a_shadow_one_of_its_own(profiles, monkeypatch):
    canary = 'mode = "canary"\ncandidate = "new"\nshare = 0.5\n'
    assert made_from(profiles, monkeypatch, canary, timeout=7) == {"share": 0.5, "timeout": 7.0, "state": None}
    assert made_from(profiles, monkeypatch, canary + 'salt = "x"\n')["salt"] == "x"
    assert made_from(profiles, monkeypatch, SHADOW, timeout=7) == {"state": None}
    assert made_from(profiles, monkeypatch, SHADOW + "timeout = 3\n", timeout=7) == {"timeout": 3, "state": None}


@pytest.mark.parametrize(
    ("table", "enough", "left_out"),
    [("", 1000, 0.1), ("enough = 3\nleft_out = 0\n", 3, 0.0), ("left_out = 0.25\n", 1000, 0.25)],
)
def test_how_much_is_enough_is_as_the_page_says_unless_the_table_says_otherwise(profiles, table, enough, left_out):
    profiles(SHADOW + table)
    migration = configured.migration_of(resolve("old", {}))
    assert (migration.enough, migration.left_out, migration.state) == (enough, left_out, None)
    assert migration.state_file() is None
