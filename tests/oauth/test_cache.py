"""The token file: nobody else's business, never half written, and one request however many processes ask."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from afilnet_protocols import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth import shared_file
from afilnet_protocols.oauth.cache import TokenCache, cache_key
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.oauth.shared_file import SharedFile
from afilnet_protocols.oauth.source import TokenSource
from afilnet_protocols.oauth.token import AccessToken
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.waiting import Until, complete, run
from afilnet_protocols.wire import Reply
from tests.oauth.endpoint import SECRET, Endpoint, HandClock, settings, token
from tests.tables import table
from tests.time_limit import HANGS


def ask(path: Path, endpoint: Endpoint, clock: HandClock | None = None, **changes: object) -> str:
    chosen = settings(token_cache=str(path), **changes)
    return TokenProvider(chosen, endpoint, clock=clock or HandClock()).get(Deadline(5)).reveal()


def test_a_second_client_finds_the_token_of_the_first(tmp_path: Path) -> None:
    path, endpoint = tmp_path / "tokens", Endpoint()
    assert ask(path, endpoint) == "token-1"
    assert ask(path, endpoint) == "token-1"
    assert len(endpoint.requests) == 1


@table(
    "other",
    [
        {"client_id": "another"},
        {"scope": "chat"},
        {"token_url": "https://other.example.com/token"},
        {"token_url": None, "issuer": "https://auth.example.com"},
        {"grant": "password", "allow_legacy_grant": True, "user": "u", "password": "p"},
    ],
)
def test_another_client_scope_or_endpoint_has_another_token(other: dict[str, object]) -> None:
    assert cache_key(settings(**other)) != cache_key(settings())
    assert cache_key(settings(timeout=5.0, client_secret="changed")) == cache_key(settings())


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_the_files_are_readable_by_their_owner_alone_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        ask(tmp_path / "tokens", Endpoint())
    finally:
        os.umask(before)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert found == {"tokens": 0o600, "tokens.lock": 0o600}


def test_no_long_lived_secret_is_in_the_file(tmp_path: Path) -> None:
    answer = {"access_token": "t", "token_type": "Bearer", "expires_in": 60, "refresh_token": "the-refresh-token"}
    ask(tmp_path / "tokens", Endpoint(Reply(200, {}, json.dumps(answer).encode())))
    content = (tmp_path / "tokens").read_text()
    assert SECRET not in content
    assert "refresh" not in content
    assert "my client" not in content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620, 0o610])
@pytest.mark.parametrize("name", ["tokens", "tokens.lock"])
def test_a_file_that_others_may_open_is_refused_with_the_fix(tmp_path: Path, mode: int, name: str) -> None:
    (tmp_path / name).write_text("{}")
    (tmp_path / name).chmod(mode)
    with pytest.raises(ConfigurationError, match=f"mode {mode:04o}.*chmod 600"):
        ask(tmp_path / "tokens", Endpoint())


def test_a_file_that_no_mode_would_mend_is_told_as_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "foreign").touch(0o600)
    (tmp_path / "link").symlink_to(tmp_path / "foreign")
    ours = os.geteuid()
    for name, uid, said in (
        ("pipe", ours, "no ordinary file"),
        ("foreign", ours + 1, f"belongs to another user .uid {ours}."),
        ("link", ours, "symbolic link"),
    ):
        monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
        with pytest.raises(ConfigurationError, match=said) as caught:
            SharedFile(str(tmp_path / name)).read()
        assert "chmod" not in str(caught.value)


def test_a_link_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real").touch(0o600)
    (tmp_path / "tokens").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigurationError, match="token_cache"):
        ask(tmp_path / "tokens", Endpoint())
    with pytest.raises(ConfigurationError, match="token_cache"):
        ask(tmp_path / "nowhere" / "tokens", Endpoint())


def test_a_file_that_is_mounted_by_itself_is_refused_before_a_token_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tokens").touch(0o600)
    monkeypatch.setattr(shared_file, "is_mounted", lambda path: path == str(tmp_path / "tokens"))
    endpoint = Endpoint()
    with pytest.raises(ConfigurationError, match="mount the folder that it is in"):
        ask(tmp_path / "tokens", endpoint)
    assert endpoint.requests == []


KEY = cache_key(settings())
ENTRY = {"access_token": "kept", "expires_at": 2000.0, "lifetime": 3600, "scope": "chat", "weakness": ""}


@table(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xff",
        b"{}" + b" " * 2_000_000,
        b'{"a": ' * 90_000,
        json.dumps({KEY: None}).encode(),
        json.dumps({KEY: {}}).encode(),
        json.dumps({KEY: {**ENTRY, "access_token": "two words"}}).encode(),
        json.dumps({KEY: {**ENTRY, "access_token": "line\r\nX: y"}}).encode(),
        json.dumps({KEY: {**ENTRY, "access_token": 5}}).encode(),
        json.dumps({KEY: {**ENTRY, "expires_at": "soon"}}).encode(),
        json.dumps({KEY: {**ENTRY, "lifetime": None}}).encode(),
        json.dumps({KEY: {**ENTRY, "weakness": None}}).encode(),
        json.dumps({KEY: {name: value for name, value in ENTRY.items() if name != "weakness"}}).encode(),
        json.dumps({KEY: {**ENTRY, "expires_at": 999.0}}).encode(),
        json.dumps({KEY: {**ENTRY, "expires_at": 4601.0}}).encode(),
    ],
)
def test_what_cannot_be_understood_or_is_out_of_date_is_not_there(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens"
    path.write_bytes(content)
    path.chmod(0o600)
    assert TokenCache(str(path), clock=lambda: 5.0, wall=lambda: 1000.0).read(KEY) is None
    assert ask(path, Endpoint()) == "token-1"


def test_time_left_is_told_on_the_reading_processs_own_clock(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(json.dumps({KEY: ENTRY}))
    path.chmod(0o600)
    found = TokenCache(str(path), clock=lambda: 5.0, wall=lambda: 1000.0).read(KEY)
    assert found is not None
    assert (found.secret.reveal(), found.expires_at, found.lifetime, found.scope) == ("kept", 1005.0, 3600, {"chat"})


@table(("expires", "there"), [(1000.0, False), (1000.5, True), (4600.0, True), (4600.5, False)])
def test_a_token_is_there_until_its_end_and_never_has_more_time_than_it_ever_had(
    tmp_path: Path, expires: float, there: bool
) -> None:
    path = tmp_path / "tokens"
    path.write_text(json.dumps({KEY: {**ENTRY, "expires_at": expires}}))
    path.chmod(0o600)
    found = TokenCache(str(path), clock=lambda: 5.0, wall=lambda: 1000.0).read(KEY)
    assert (found is not None) == there


def test_what_ends_at_this_moment_is_dropped_with_the_expired_ones(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(json.dumps({"ending": {**ENTRY, "expires_at": 1000.0}}))
    path.chmod(0o600)
    cache = TokenCache(str(path), clock=lambda: 5.0, wall=lambda: 1000.0)
    cache.write(KEY, AccessToken(secret=Secret("x"), expires_at=65.0, lifetime=60))
    assert set(json.loads(path.read_text())) == {KEY}


LONG, SHORT = token("long", 7200), token("short", 60)
UNSTATED = Reply(200, {}, b'{"access_token":"unstated","token_type":"Bearer"}')


@table(
    ("first", "demands", "found"),
    [
        (LONG, {}, "long"),
        (LONG, {"minimum_security": "high"}, "short"),
        (LONG, {"require": ("token_lifetime<=7199",)}, "short"),
        (LONG, {"require": ("token_lifetime<=7200",)}, "long"),
        (UNSTATED, {}, "unstated"),
        (UNSTATED, {"minimum_security": "high"}, "short"),
        (UNSTATED, {"require": ("token_lifetime<=7200",)}, "short"),
    ],
)
def test_a_shared_token_is_used_by_whose_demands_it_meets(
    tmp_path: Path, first: Reply, demands: dict[str, object], found: str
) -> None:
    path = tmp_path / "tokens"
    path.unlink(missing_ok=True)
    clock = HandClock()
    ask(path, Endpoint(first), clock)
    assert ask(path, Endpoint(SHORT), clock, **demands) == found


def test_expired_tokens_are_dropped_when_another_is_written(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(json.dumps({"old": {**ENTRY, "expires_at": 1.0}, "odd": 5, "new": {**ENTRY, "expires_at": 9e12}}))
    path.chmod(0o600)
    ask(path, Endpoint())
    assert set(json.loads(path.read_text())) == {"new", KEY}


DOWN: list[Reply | Exception] = [
    NotSentError("down"),
    Reply(503, {}, b""),
    Reply(429, {"retry-after": "60"}, b""),
    Reply(401, {}, b'{"error":"invalid_client"}'),
    Reply(200, {}, b"<html>"),
]


def the_next_process_asks(folder: Path, age: float, *script: Reply | Exception) -> list[str]:
    """Have a process fetch a token of an hour, and another one ask twice when it is so many seconds old."""
    path, endpoint = folder / "tokens", Endpoint(token("of-the-first"), *script)
    path.unlink(missing_ok=True)
    chosen = settings(token_cache=str(path))
    TokenProvider(chosen, endpoint, clock=HandClock()).get(Deadline(5))
    aged(path, age)
    tokens = TokenProvider(chosen, endpoint, clock=HandClock())
    return [tokens.get(Deadline(5)).reveal() for _ in range(2)] + [str(len(endpoint.requests))]


def aged(path: Path, seconds: float) -> None:
    """Make the tokens in a file so much older."""
    kept = json.loads(path.read_text())
    path.write_text(
        json.dumps({key: {**each, "expires_at": each["expires_at"] - seconds} for key, each in kept.items()})
    )


def a_good_token_is_used_on_by_the_next_process(folder: Path, answer: Reply | Exception) -> None:
    assert the_next_process_asks(folder, 3300.0, answer) == ["of-the-first", "of-the-first", "2"]


@table("answer", DOWN)
def test_a_shared_token_that_is_due_is_used_on_while_the_endpoint_gives_no_other(
    tmp_path: Path, answer: Reply | Exception
) -> None:
    a_good_token_is_used_on_by_the_next_process(tmp_path, answer)


def test_one_that_is_due_is_renewed_and_one_in_its_last_moments_is_not_used(tmp_path: Path) -> None:
    assert the_next_process_asks(tmp_path, 3200.0) == ["of-the-first", "of-the-first", "1"]
    assert the_next_process_asks(tmp_path, 3300.0, token("new")) == ["new", "new", "2"]
    with pytest.raises(NotSentError):
        the_next_process_asks(tmp_path, 3595.0, NotSentError("down"))


def test_that_check_notices_a_source_that_has_none_to_spare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TokenSource, "spare", property(lambda _: None, lambda *_: None), raising=False)
    with pytest.raises(NotSentError):
        a_good_token_is_used_on_by_the_next_process(tmp_path, DOWN[0])


def test_whoever_waits_for_that_renewal_uses_it_on_too(tmp_path: Path) -> None:
    entered, release = threading.Event(), threading.Event()

    def down() -> Reply:
        entered.set()
        assert release.wait(HANGS)
        return Reply(503, {}, b"")

    path, endpoint = tmp_path / "tokens", Endpoint(token("of-the-first"), down)
    chosen = settings(token_cache=str(path))
    TokenProvider(chosen, endpoint, clock=HandClock()).get(Deadline(5))
    aged(path, 3300.0)
    tokens = TokenProvider(chosen, endpoint, clock=HandClock())
    with ThreadPoolExecutor(2) as pool:
        leading = pool.submit(tokens.get, Deadline(HANGS))
        assert entered.wait(HANGS)
        waiting = tokens.getting(Deadline(HANGS))
        assert isinstance(next(waiting), Until)
        release.set()
        following = pool.submit(run, waiting, Deadline(HANGS))
        assert [each.result(HANGS).reveal() for each in (leading, following)] == ["of-the-first"] * 2
    assert len(endpoint.requests) == 2


def test_the_renewal_of_a_shared_token_takes_half_of_the_time_at_most(tmp_path: Path) -> None:
    path, clock, endpoint = tmp_path / "tokens", HandClock(), Endpoint(token("one", 10), NotSentError("down"))
    chosen = settings(token_cache=str(path))
    TokenProvider(chosen, endpoint, clock=clock).get(Deadline(8, clock=clock))
    aged(path, 8.5)
    assert TokenProvider(chosen, endpoint, clock=clock).get(Deadline(8, clock=clock)).reveal() == "one"
    assert [deadline.seconds for deadline in endpoint.deadlines] == [8, 4]


def test_a_refused_token_that_stays_in_the_file_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    path, endpoint = tmp_path / "tokens", Endpoint()
    tokens = TokenProvider(settings(token_cache=str(path)), endpoint, clock=HandClock())
    found = [tokens.get(Deadline(5))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SharedFile, "replace", lambda *_: False)
        for _ in range(3):
            tokens.accepted(found[-1])
            tokens.refused(found[-1])
            found.append(tokens.get(Deadline(5)))
    assert [secret.reveal() for secret in found] == ["token-1", "token-2", "token-3", "token-4"]


def renew(tokens: TokenProvider, used: Secret) -> str:
    tokens.refused(used)
    return tokens.get(Deadline(5)).reveal()


def test_a_refused_token_is_replaced_in_the_file_too(tmp_path: Path) -> None:
    path, endpoint = tmp_path / "tokens", Endpoint()
    first = TokenProvider(settings(token_cache=str(path)), endpoint, clock=HandClock())
    second = TokenProvider(settings(token_cache=str(path)), endpoint, clock=HandClock())
    used = first.get(Deadline(5))
    assert second.get(Deadline(5)) == used
    assert renew(first, used) == "token-2"
    assert renew(second, used) == "token-2"
    assert len(endpoint.requests) == 2


def test_a_file_that_cannot_be_replaced_keeps_nobody_from_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "tokens"
    ask(path, Endpoint(token("kept", 60)))
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    assert ask(path, Endpoint(), client_id="another") == "token-1"
    assert path.read_bytes() == before
    assert {entry.name for entry in tmp_path.iterdir()} == {"tokens", "tokens.lock"}


UNUSABLE: list[tuple[int, type[AfilnetError], str]] = [
    (errno.ENOLCK, ConfigurationError, "no locks available"),
    (errno.EOPNOTSUPP, ConfigurationError, "not supported"),
    (errno.EIO, ConfigurationError, "input/output error"),
    (errno.ESTALE, ConfigurationError, "stale"),
    (errno.EROFS, ConfigurationError, "read-only"),
    (errno.ENOSPC, ConfigurationError, "no space"),
    (errno.EMFILE, NotSentError, "too many open files"),
    (errno.ENOMEM, NotSentError, "memory"),
]


@pytest.mark.parametrize("what", ["os.open", "builtins.open", "fcntl.flock"])
@table(("number", "kind", "says"), UNUSABLE)
def test_what_the_system_says_of_the_files_is_told_as_an_error_of_ours(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    number: int,
    kind: type[AfilnetError],
    says: str,
) -> None:
    path = tmp_path / f"tokens-{number}"
    ask(path, Endpoint(token("kept", 60)))

    def fail(*given: object, **named: object) -> object:
        if what == "fcntl.flock" and given[1] == fcntl.LOCK_UN:
            return None
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(what, fail)
        with pytest.raises(kind, match=says) as caught:
            ask(path, Endpoint())
    assert caught.value.delivery == "not_sent"
    assert caught.value.__context__ is None


def test_a_pipe_in_the_place_of_the_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tokens", 0o600)
    with pytest.raises(ConfigurationError, match="no ordinary file"):
        ask(tmp_path / "tokens", Endpoint())


def test_who_waits_for_another_process_waits_no_longer_than_its_deadline(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    with TokenCache(str(path), clock=HandClock()).lock() as lock:
        complete(lock.take(Deadline(5)))
        with pytest.raises(NotSentError, match="another process"):
            TokenProvider(settings(token_cache=str(path)), Endpoint()).get(Deadline(0.05))
    assert ask(path, Endpoint()) == "token-1"


def _process(path: str, start: object, results: object) -> None:
    endpoint = Endpoint(token(f"of-{os.getpid()}"))
    start.wait(HANGS)  # type: ignore[attr-defined] - a barrier
    name = TokenProvider(settings(token_cache=path), endpoint).get(Deadline(20)).reveal()
    results.put((name, len(endpoint.requests)))  # type: ignore[attr-defined] - a queue


def test_four_processes_make_one_request(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(4), context.Queue()
    workers = [context.Process(target=_process, args=(str(tmp_path / "tokens"), start, results)) for _ in range(4)]
    for worker in workers:
        worker.start()
    outcomes = [results.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join(HANGS)
        assert worker.exitcode == 0
    assert len({name for name, _ in outcomes}) == 1
    assert sum(requests for _, requests in outcomes) == 1
