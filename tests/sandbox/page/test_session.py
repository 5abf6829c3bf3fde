"""A session that was saved in the page is played by the conformance suite on every protocol, and tells the truth."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request

import pytest

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.conformance.reference import replay
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.targets import parse as targets
from afilnet_protocols.sandbox import Sandbox
from tests.sandbox.page.conftest import PERSON


def saved() -> str:
    """Return a session with reads, sends, a refusal of its own and one that was armed."""
    with Sandbox() as sandbox:
        sandbox.receive(**PERSON, message="Where is\r\n my order? \u202e")
        with connect(sandbox.settings("http-post")) as chat:
            chat.get_unread_messages(**PERSON)
            chat.send_message(**PERSON, message="On its way.")
            with pytest.raises(AfilnetError):
                chat.get_messages(**{**PERSON, "destination": "nobody"})
            with sandbox.answer("CHANNEL_NOT_FOUND"), pytest.raises(AfilnetError):
                chat.get_chats(platform="whatsapp", platform_id="100")
            sandbox.receive(**PERSON, message="Thank you!")
            chat.send_file(**PERSON, file_type="image", file_url="https://example.com/a.png")
            chat.get_messages(**PERSON)
            chat.get_chats(platform="whatsapp", platform_id="100")
            chat.get_chat_channels()
        address = f"{sandbox.page_url}session?{urllib.parse.urlencode({'account': 'user'})}"
        with urllib.request.urlopen(address) as answer:
            return answer.read().decode()


def test_a_saved_session_is_played_on_every_protocol() -> None:
    recorded = replay.loads(saved())
    assert [step.do for step in recorded.steps].count("receive") == 2
    with targets.opened(["sandbox"], plain=True) as five:
        results = {target.name: replay.play(recorded, target) for target in five}
    assert {name: result.reason for name, result in results.items() if result.outcome is not Outcome.PASS} == {}


def test_a_session_that_was_changed_is_found() -> None:
    changed = json.loads(saved())
    changed["steps"][1]["expected"]["returned"][0]["message"] += "!"
    with targets.opened(["sandbox"], plain=True) as five:
        assert replay.play(replay.loads(json.dumps(changed)), five[0]).outcome is Outcome.FAIL
