"""Who works in a folder that was removed gets errors of ours, and only where that folder is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError, Inbox, Outbox, connect
from afilnet_protocols.cli.app import run
from afilnet_protocols.sandbox import Sandbox

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
    "words", [["config"], ["doctor"], ["outbox", "status", "o.db"], ["send", "--from", "l.csv"], ["channels"]]
)
def test_so_are_commands(removed: None, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFILNET_BASE_URL", "nowhere")
    assert run(words) == 2


def test_a_place_that_leads_back_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ConfigurationError, match="leads back to itself"):
        Outbox(tmp_path / "loop")


def test_sabotage_a_client_that_asks_for_the_folder_is_noticed(removed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.settings.sources.working_folder", os.getcwd)
    with pytest.raises(FileNotFoundError):
        connect(protocol="http-post", **_ACCOUNT)
