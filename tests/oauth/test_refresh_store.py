"""Refresh tokens that the service replaces: each used once, the latest one there for the next process."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import stat
import threading
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from afilnet_protocols import AuthenticationError, ConfigurationError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.oauth.refresh_store import RefreshStore
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


def client(endpoint: object, path: Path | None, refresh: str = FIRST) -> TokenProvider:
    changes: dict[str, object] = {"grant": "refresh_token", "refresh_token": refresh}
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
    monkeypatch.setattr(RefreshStore, "keep", lambda *_: None)
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
