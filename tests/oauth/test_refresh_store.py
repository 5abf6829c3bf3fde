"""Refresh tokens that the service replaces: each used once, the latest one there for the next process."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import re
import stat
import threading
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from afilnet_protocols import AuthenticationError, ConfigurationError, NotSentError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.outliving import RequestTime
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.oauth.refresh_store import RefreshStore
from afilnet_protocols.oauth.shared_file import FileLock, SharedFile, _Keeping
from afilnet_protocols.oauth.source import TokenSource
from afilnet_protocols.oauth.token import successor_in
from afilnet_protocols.waiting import Aside, complete
from afilnet_protocols.wire import Reply, Request
from tests.oauth.endpoint import Endpoint, HandClock, settings
from tests.stepwise import stepwise
from tests.time_limit import HANGS

FIRST = "first-refresh-token"


class Rotating:
    """A token endpoint that takes each refresh token once and gives the next; its state is a file, for processes."""

    def __init__(self, folder: Path) -> None:
        self.state, self.used = folder / "server-state", folder / "server-uses"
        if not self.state.exists():
            self.state.write_text(FIRST)
        self.lock = threading.Lock()

    @stepwise
    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        given = parse_qs(request.body.decode())["refresh_token"][0]
        with self.lock, self.used.open("a") as uses:
            uses.write(given + "\n")
            uses.flush()
            if given != self.state.read_text():
                return Reply(400, {}, b'{"error":"invalid_grant"}')
            number = len(self.used.read_text().split())
            self.state.write_text(f"refresh-token-{number}")
            answer = {"access_token": f"t{number}", "token_type": "Bearer", "expires_in": 60}
            return Reply(200, {}, json.dumps({**answer, "refresh_token": f"refresh-token-{number}"}).encode())

    def uses(self) -> list[str]:
        return self.used.read_text().split()


def client(endpoint: object, path: Path | None, refresh: str = FIRST, **more: object) -> TokenProvider:
    changes: dict[str, object] = {"grant": "refresh_token", "refresh_token": refresh, **more}
    if path is not None:
        changes["token_cache"] = str(path)
    return TokenProvider(settings(**changes), endpoint, clock=HandClock())  # type: ignore[arg-type] - an endpoint


def renewed(tokens: TokenProvider) -> str:
    used = tokens.get(Deadline(10))
    tokens.accepted(used)
    tokens.refused(used)
    return tokens.get(Deadline(10)).reveal()


def test_the_next_process_goes_on_with_the_latest_one(tmp_path: Path) -> None:
    server = Rotating(tmp_path)
    for _ in range(4):
        renewed(client(server, tmp_path / "tokens"))
    uses = server.uses()
    assert len(uses) == len(set(uses)) >= 5


def test_without_the_file_the_next_one_is_told_that_it_was_replaced(tmp_path: Path) -> None:
    server = Rotating(tmp_path)
    client(server, None).get(Deadline(5))
    with pytest.raises(AuthenticationError, match="replaced it by a newer one") as caught:
        client(server, None).get(Deadline(5))
    assert FIRST not in str(caught.value)


def in_a_process(folder: str, times: int) -> None:
    tokens = client(Rotating(Path(folder)), Path(folder) / "tokens")
    for _ in range(times):
        renewed(tokens)


def test_processes_at_once_never_use_one_twice(tmp_path: Path) -> None:
    assert len(uses_of_processes(tmp_path)) == len(set(uses_of_processes(tmp_path)))


def uses_of_processes(folder: Path) -> list[str]:
    server = Rotating(folder)
    if not server.used.exists():
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=in_a_process, args=(str(folder), 5)) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(HANGS)
            assert worker.exitcode == 0
    return server.uses()


def test_that_check_notices_a_store_that_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RefreshStore, "write", lambda *_: None)
    server = Rotating(tmp_path)
    renewing = client(server, tmp_path / "tokens")
    with pytest.raises(AuthenticationError):
        renewed(renewing)
    assert server.uses() == [FIRST, FIRST]


def test_a_newly_configured_one_begins_anew(tmp_path: Path) -> None:
    server = Rotating(tmp_path)
    client(server, tmp_path / "tokens").get(Deadline(5))
    server.state.write_text("from-the-administrator")
    client(server, tmp_path / "tokens", "from-the-administrator").get(Deadline(5))
    assert server.uses() == [FIRST, "from-the-administrator"]


def test_the_file_is_nobody_elses_and_holds_no_configured_secret(tmp_path: Path) -> None:
    server = Rotating(tmp_path)
    client(server, tmp_path / "tokens").get(Deadline(5))
    kept = tmp_path / "tokens.refresh"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "refresh-token-1" in kept.read_text()
    assert FIRST not in kept.read_text()
    assert "refresh-token" not in (tmp_path / "tokens").read_text()
    kept.chmod(0o644)
    (tmp_path / "tokens").unlink()
    with pytest.raises(ConfigurationError, match="chmod 600"):
        client(server, tmp_path / "tokens").get(Deadline(5))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_file_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path, content: bytes) -> None:
    server = Rotating(tmp_path)
    kept = tmp_path / "tokens.refresh"
    kept.write_bytes(content)
    kept.chmod(0o600)
    with pytest.raises(ConfigurationError, match=re.escape(str(kept))):
        client(server, tmp_path / "tokens").get(Deadline(5))
    assert not server.used.exists()


def test_nothing_is_asked_where_a_successor_could_not_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    endpoint = Endpoint()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="would be lost"):
        client(endpoint, tmp_path / "tokens").get(Deadline(5))
    assert endpoint.requests == []


class Lines:
    """A token endpoint for several accounts of one client, each with a line of tokens of which each is taken once.

    Args:
        begin: the tokens that the lines begin with.
        wrong: how many answers bring an access token that nobody can use.
        blank: what stands between the words of a refresh token.
    """

    def __init__(self, *begin: str, wrong: int = 0, blank: str = "-") -> None:
        self.current, self.used, self.wrong, self.blank = dict.fromkeys(begin, 0), list[str](), wrong, blank

    @stepwise
    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        given = parse_qs(request.body.decode())["refresh_token"][0]
        self.used.append(given)
        line, _, number = given.partition(f"{self.blank}number{self.blank}")
        if self.current.get(line) != int(number or 0):
            return Reply(400, {}, b'{"error":"invalid_grant"}')
        self.current[line] += 1
        successor = f"{line}{self.blank}number{self.blank}{self.current[line]}"
        kind, self.wrong = "mac" if self.wrong else "Bearer", max(0, self.wrong - 1)
        answer = {"access_token": f"of-{successor}".replace(" ", "-"), "token_type": kind, "expires_in": 60}
        return Reply(200, {}, json.dumps({**answer, "refresh_token": successor}).encode())


def two_accounts_alternate(folder: Path) -> None:
    server = Lines("ana", "bea")
    for _ in range(3):
        for name in ("ana", "bea"):
            assert renewed(client(server, folder / "tokens", name)).startswith(f"of-{name}-")
    assert len(server.used) == len(set(server.used)) >= 8


def test_accounts_that_share_a_file_go_on_with_their_own_latest_one(tmp_path: Path) -> None:
    two_accounts_alternate(tmp_path)


def test_that_check_notices_a_store_with_one_line_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RefreshStore, "_is_ours", lambda *_: True)
    with pytest.raises((AuthenticationError, AssertionError)):
        two_accounts_alternate(tmp_path)


def test_one_that_is_configured_for_two_scopes_has_one_line(tmp_path: Path) -> None:
    server = Lines("ana")
    for scope in ("chat", "files", "chat"):
        renewed(client(server, tmp_path / "tokens", "ana", scope=scope))
    assert len(server.used) == len(set(server.used)) >= 4


def test_what_was_kept_under_another_name_is_found(tmp_path: Path) -> None:
    server = Lines("ana")
    client(server, tmp_path / "tokens", "ana").get(Deadline(5))
    kept = tmp_path / "tokens.refresh"
    kept.write_text(json.dumps({"odd": 5, "of-a-client": next(iter(json.loads(kept.read_text()).values()))}))
    renewed(client(server, tmp_path / "tokens", "ana"))
    assert server.used == ["ana", "ana-number-1"]
    assert len(json.loads(kept.read_text())) == 2


def a_successor_outlives_its_access_token(path: Path | None) -> None:
    server = Lines("ana", wrong=2)
    tokens = client(server, path, "ana")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="token_type"):
            tokens.get(Deadline(5))
    assert tokens.get(Deadline(5)).reveal() == "of-ana-number-3"
    if path is not None:
        renewed(client(server, path, "ana"))
    assert len(server.used) == len(set(server.used))


@pytest.mark.parametrize("shared", [True, False])
def test_one_that_comes_with_an_unusable_access_token_is_not_lost(tmp_path: Path, shared: bool) -> None:
    a_successor_outlives_its_access_token(tmp_path / "tokens" if shared else None)


def test_that_check_notices_who_keeps_it_with_a_good_access_token_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "afilnet_protocols.oauth.fetch.successor_in",
        lambda reply: None if b"mac" in reply.body else successor_in(reply),
    )
    with pytest.raises(AuthenticationError):
        a_successor_outlives_its_access_token(None)


def test_one_with_blanks_is_kept_and_used(tmp_path: Path) -> None:
    server = Lines("ana", blank=" ")
    for _ in range(2):
        renewed(client(server, tmp_path / "tokens", "ana"))
    assert server.used == ["ana", *(f"ana number {number}" for number in range(1, len(server.used)))]


def a_disk_that_fills_up_in_between(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    server = Lines("ana")
    tokens = client(server, folder / "tokens", "ana")
    with monkeypatch.context() as full:
        full.setattr(SharedFile, "replace", lambda *_: False)
        with pytest.raises(ConfigurationError, match="make room") as caught:
            tokens.get(Deadline(5))
        assert "number" not in str(caught.value)
        with pytest.raises(ConfigurationError, match="make room"):
            tokens.get(Deadline(5))
    tokens.get(Deadline(5))
    renewed(client(server, folder / "tokens", "ana"))
    return server.used


def test_one_that_finds_no_room_is_kept_by_its_process_until_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = a_disk_that_fills_up_in_between(tmp_path, monkeypatch)
    assert used == ["ana", "ana-number-1", "ana-number-2"]


def test_that_check_notices_a_process_that_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = RefreshStore.current

    def forgetful(store: RefreshStore) -> object:
        store._unwritten = None
        return current(store)

    monkeypatch.setattr(RefreshStore, "current", forgetful)
    with pytest.raises(AuthenticationError):
        a_disk_that_fills_up_in_between(tmp_path, monkeypatch)


def test_another_process_that_went_on_meanwhile_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Lines("ana")
    tokens = client(server, tmp_path / "tokens", "ana")
    with monkeypatch.context() as full:
        full.setattr(SharedFile, "replace", lambda *_: False)
        with pytest.raises(ConfigurationError, match="make room"):
            tokens.get(Deadline(5))
    server.current["ana"] = 0  # the service takes the first one once more
    renewed(client(server, tmp_path / "tokens", "ana"))
    (tmp_path / "tokens").unlink()
    assert tokens.get(Deadline(5)).reveal() == "of-ana-number-3"
    assert server.used == ["ana", "ana", "ana-number-1", "ana-number-2"]


def given_up_while_it_is_written(folder: Path) -> Aside[None]:
    """Go with a token request to where the successor is written, and give it up there."""
    chosen = settings(grant="refresh_token", refresh_token="ana", token_cache=str(folder / "tokens"))
    steps = TokenSource(chosen, Lines("ana"), clock=HandClock()).fetch(RequestTime(5))
    for wait in steps:
        assert isinstance(wait, Aside)
        if isinstance(wait._work, _Keeping):
            break
        wait.carry_out()
    steps.close()
    return wait


def locked(folder: Path) -> bool:
    with FileLock(str(folder / "tokens.lock")) as lock:
        try:
            complete(lock.take(Deadline(0)))
        except NotSentError:
            return True
    return False


def test_who_gives_up_while_it_is_written_lets_nobody_in_before(tmp_path: Path) -> None:
    writing = given_up_while_it_is_written(tmp_path)
    assert locked(tmp_path)
    writing.carry_out()
    assert not locked(tmp_path)
    assert "ana-number-1" in (tmp_path / "tokens.refresh").read_text()


def test_work_that_no_thread_could_do_does_not_keep_the_lock(tmp_path: Path) -> None:
    writing = given_up_while_it_is_written(tmp_path)
    del writing
    assert not locked(tmp_path)


def test_that_check_notices_a_lock_that_ends_with_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileLock, "give_back", lambda lock: fcntl.flock(lock._handle, fcntl.LOCK_UN))
    writing = given_up_while_it_is_written(tmp_path)
    assert not locked(tmp_path)
    del writing
