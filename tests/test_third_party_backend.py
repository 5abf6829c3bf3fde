"""A backend in somebody else's package is found by its name; no package can take over a built-in name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError, SecurityPolicyError, Settings, connect
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.reference.differential import Disagreement
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.registry import find, resolve_settings
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.security import policy
from afilnet_protocols.security.levels import declared_by

SOURCE = '''
"""A made-up backend: it borrows a built-in one for the wire, and can be told to be wrong."""
import dataclasses
from afilnet_protocols import ChatOperations, Settings, connect

class MadeUp(ChatOperations):
    wrong = False

    def __init__(self, settings: Settings) -> None:
        self._chat = connect(dataclasses.replace(settings, protocol="http-post"))

    def get_chat_channels(self):
        return self._chat.get_chat_channels()[: 1 if self.wrong else None]

    def send_message(self, **arguments):
        self._chat.send_message(**arguments)

    def send_file(self, **arguments):
        self._chat.send_file(**arguments)

    def get_chats(self, **arguments):
        return self._chat.get_chats(**arguments)

    def get_messages(self, **arguments):
        return self._chat.get_messages(**arguments)

    def get_unread_messages(self, **arguments):
        return self._chat.get_unread_messages(**arguments)

    def close(self):
        self._chat.close()
'''
ENTRY_POINTS = """[afilnet_protocols.backends]
made-up = made_up_backend:MadeUp
soap = made_up_backend:MadeUp
broken = made_up_backend_that_is_not_there:Missing
"""
CHAT = {"platform": "whatsapp", "platform_id": "100", "destination": "7"}
STEPS = [
    Step("send_message", {**CHAT, "message": " \r\n+"}),
    Step("get_messages", CHAT),
    Step("get_chat_channels"),
]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install the made-up package as pip would: its module, and beside it the record with its entry points."""
    (tmp_path / "made_up_backend.py").write_text(SOURCE, encoding="utf-8")
    record = tmp_path / "made_up_backend-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up-backend\nVersion: 1.0\n", encoding="utf-8")
    (record / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("made_up_backend", None)


@pytest.mark.usefixtures("installed")
def test_it_is_found_by_name_and_does_the_work(sandbox: Sandbox) -> None:
    settings = sandbox.settings("made-up", account=sandbox.account(), plain=True)
    with connect(settings) as chat:
        assert type(chat).__name__ == "MadeUp"
        chat.send_message(**CHAT, message="hola")
        assert [message.message for message in chat.get_messages(**CHAT)] == ["hola"]


@pytest.mark.usefixtures("installed")
def test_it_is_held_to_the_same_contract_as_the_built_in_ones(sandbox: Sandbox) -> None:
    candidates = [*stage.built_in(plain=True)[1:3], stage.Candidate("mine", "made-up", plain=True)]
    with stage.staged(sandbox, candidates) as differential:
        differential.run(STEPS)
        type(differential.backends[-1].chat).wrong = True
        with pytest.raises(Disagreement) as caught:
            differential.run(STEPS)
    assert caught.value.odd == ("mine",)
    assert caught.value.operation == "get_chat_channels"


@pytest.mark.usefixtures("installed")
def test_a_built_in_name_wins_and_the_package_that_wants_it_is_not_even_imported(sandbox: Sandbox) -> None:
    with connect(sandbox.settings("soap")) as chat:
        assert type(chat).__module__ == "afilnet_protocols.backends.soap"
    assert "made_up_backend" not in sys.modules


@pytest.mark.usefixtures("installed")
def test_one_that_says_nothing_of_itself_is_taken_for_medium() -> None:
    settings = Settings(protocol="made-up", user="u", password="p")
    with connect(settings) as chat:
        assert type(chat).__name__ == "MadeUp"
    for change in ({"minimum_security": "medium_high"}, {"require": ["G8"]}, {"require": ["pin"]}):
        with pytest.raises(SecurityPolicyError):
            connect(settings, **change)  # type: ignore[arg-type] - settings by name
    with pytest.raises(SecurityPolicyError):
        connect(settings, base_url="http://127.0.0.1:9")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("level", ["none", "low", "medium", "medium_high", "high", "maximum"])
def test_one_that_declares_a_level_is_held_to_it_and_to_what_can_be_seen(
    level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import made_up_backend  # type: ignore[import-not-found] - made by the fixture

    monkeypatch.setattr(made_up_backend.MadeUp, "security_ceiling", level, raising=False)
    order = ["none", "low", "medium", "medium_high", "high"]
    for minimum in order:
        settings = Settings(protocol="made-up", user="u", password="p", minimum_security=minimum)
        if order.index(minimum) > order.index(level if level in order else "high"):
            with pytest.raises(SecurityPolicyError, match="does not declare"):
                connect(settings)
        else:
            find("made-up")
            policy.check_settings(settings, declared=declared_by(made_up_backend.MadeUp, "made-up"))
    with pytest.raises(SecurityPolicyError):
        connect(settings, json_url="http://127.0.0.1:9", minimum_security="low")


@pytest.mark.usefixtures("installed")
def test_one_that_declares_no_level_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import made_up_backend  # type: ignore[import-not-found] - made by the fixture

    monkeypatch.setattr(made_up_backend.MadeUp, "security_ceiling", "very high", raising=False)
    with pytest.raises(ConfigurationError, match="security_ceiling"):
        connect(Settings(protocol="made-up", user="u", password="p"))


@pytest.mark.usefixtures("installed")
def test_one_that_cannot_be_imported_says_so() -> None:
    with pytest.raises(ConfigurationError, match=r"broken.*cannot be imported"):
        find("broken")


@pytest.mark.usefixtures("installed")
def test_a_name_that_nobody_offers_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'made-up'"):
        find("made_up")
    with pytest.raises(ConfigurationError):
        connect(Settings(protocol="made_up", user="u", password="p"))


def test_without_the_package_its_name_is_unknown() -> None:
    with pytest.raises(ConfigurationError, match="made-up"):
        find("made-up")


def test_the_settings_of_a_client_are_those_it_was_given(sandbox: Sandbox) -> None:
    settings = sandbox.settings("http-post")
    assert resolve_settings(settings) == settings
