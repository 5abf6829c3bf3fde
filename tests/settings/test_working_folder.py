"""Who works in a folder that was removed gets errors of ours, and only where that folder is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from afilnet_protocols import ChatOperations, ConfigurationError, Inbox, Outbox, Settings, connect
from afilnet_protocols.cli.app import run
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.security.secret import Secret

_ACCOUNT = {"user": "user", "password": "a-password"}


@pytest.fixture
def removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in a folder that is no more."""
    gone = tmp_path / "gone"
    gone.mkdir()
    before = Path.cwd()
    os.chdir(gone)
    gone.rmdir()
    yield
    os.chdir(before)


def test_a_client_needs_no_folder(removed: None) -> None:
    with Sandbox() as sandbox, connect(sandbox.settings("http-post")) as chat:
        assert chat.get_chat_channels()
        with connect(base_url=sandbox.base_url, ca_file=sandbox.ca_file, user="user", password="password") as other:
            assert other.get_chat_channels()


@pytest.mark.parametrize(
    "made",
    [
        lambda: Outbox("o.db"),
        lambda: Inbox("i.db"),
        lambda: connect(protocol="soap", soap_wsdl="x.wsdl", **_ACCOUNT),
        lambda: connect(protocol="http-post", ca_file="x.pem", **_ACCOUNT),
    ],
)
def test_what_is_to_be_in_it_is_refused_in_words_of_ours(removed: None, made: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError):
        made()


@pytest.mark.parametrize(
    "words",
    [
        ["config"],
        ["doctor"],
        ["outbox", "status", "o.db"],
        ["send", "--from", "l.csv"],
        ["channels"],
        ["wsdl", "bundle", "x.wsdl", "-o", "y.wsdl"],
        ["conformance", "run", "entry:no_such_module:make", "--plain"],
    ],
)
def test_so_are_commands(removed: None, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFILNET_BASE_URL", "nowhere")
    assert run(words) == 2


def test_what_needs_no_folder_is_proved_in_it(removed: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conformance", "run", "entry:afilnet_protocols:connect", "--case", "SEND-03", "--plain"]) == 0


def test_a_place_that_leads_back_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ConfigurationError, match=r"leads back to itself|Too many levels of symbolic links"):
        Outbox(tmp_path / "loop")


def test_sabotage_a_client_that_asks_for_the_folder_is_noticed(removed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.settings.sources.working_folder", os.getcwd)
    with pytest.raises(FileNotFoundError):
        connect(protocol="http-post", **_ACCOUNT)


def test_a_relative_path_means_the_same_file_wherever_the_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    with Sandbox() as sandbox:
        given = sandbox.settings("json")
        assert given.ca_file is not None
        for way in ("keyword", "variable", "ready"):
            here = tmp_path / way
            here.mkdir()
            (here / "authority.pem").write_bytes(Path(given.ca_file).read_bytes())
            monkeypatch.chdir(here)
            if way == "variable":
                monkeypatch.setenv("AFILNET_TOKEN_CACHE", "tokens")
                monkeypatch.setenv("AFILNET_CA_FILE", "authority.pem")
            with made_relative(way, given) as chat:
                monkeypatch.chdir(away)
                assert chat.get_chat_channels()
            assert (here / "tokens").exists()
            assert list(away.iterdir()) == []


def made_relative(way: str, given: Settings) -> ChatOperations:
    if way == "ready":
        return connect(given.but(token_cache="tokens", ca_file="authority.pem"))
    named = {"json_url": given.json_url, "token_url": given.token_url, "client_id": given.client_id}
    secret = given.client_secret
    assert isinstance(secret, Secret)
    more = {"token_cache": "tokens", "ca_file": "authority.pem"} if way == "keyword" else {}
    return connect(protocol="json", client_secret=secret.reveal(), **named, **more)  # type: ignore[arg-type]


def test_a_client_that_looks_where_the_process_has_gone_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afilnet_protocols.oauth.source.kept_path", lambda path: path)
    with Sandbox() as sandbox:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "away").mkdir()
        with connect(sandbox.settings("json").but(token_cache="tokens")) as chat:
            monkeypatch.chdir(tmp_path / "away")
            chat.get_chat_channels()
    assert (tmp_path / "away" / "tokens").exists()
