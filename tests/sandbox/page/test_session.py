"""A session that was saved in the page is played by the conformance suite on every protocol, and tells the truth."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime

import pytest

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.conformance import replay
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.targets import parse as targets
from afilnet_protocols.dialects.named import NAMED
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.page import recording
from tests.sandbox.page.conftest import PERSON
from tests.tables import table

MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


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


def asked(sandbox: Sandbox, action: str, **given: object) -> int:
    """Do something as the page does it; return the status."""
    headers = {"origin": sandbox.page_url.rstrip("/"), "x-afilnet-page-token": sandbox._page._token}
    request = urllib.request.Request(f"{sandbox.page_url}do/{action}", json.dumps(given).encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def recorded_text(sandbox: Sandbox) -> str:
    with urllib.request.urlopen(f"{sandbox.page_url}session?account=user&recorded=1") as answer:
        return answer.read().decode()


def test_a_recording_begins_with_what_was_there_and_ends_when_it_is_stopped() -> None:
    with Sandbox() as sandbox, connect(sandbox.settings("http-post")) as chat:
        sandbox.receive(**PERSON, message="before")
        chat.send_message(**PERSON, message="answered before")
        chat.get_messages(**PERSON)
        assert asked(sandbox, "record", account="user", on=False) == 400
        assert asked(sandbox, "record", account="user", on=True) == 200
        sandbox.receive(**PERSON, message="during")
        chat.get_messages(**PERSON)
        # a file needs a conversation, which was there before the recording began
        chat.send_file(**PERSON, file_type="image", file_url="https://example.com/a.png")
        assert asked(sandbox, "record", account="user", on=False) == 200
        chat.send_message(**PERSON, message="afterwards")
        text = recorded_text(sandbox)
    recorded = replay.loads(text)
    assert [step.do for step in recorded.steps] == ["receive", "send_message", "receive", "get_messages", "send_file"]
    with targets.opened(["sandbox"], plain=True) as five:
        results = {target.name: replay.play(recorded, target) for target in five}
    assert {name: result.reason for name, result in results.items() if result.outcome is not Outcome.PASS} == {}


def test_a_recording_goes_on_over_a_reset_from_nothing() -> None:
    with Sandbox() as sandbox, connect(sandbox.settings("json")) as chat:
        sandbox.receive(**PERSON, message="before")
        assert asked(sandbox, "record", account="user", on=True) == 200
        chat.get_messages(**PERSON)
        sandbox.reset()
        chat.send_message(**PERSON, message="anew")
        assert asked(sandbox, "record", account="user", on=False) == 200
        assert [step["do"] for step in json.loads(recorded_text(sandbox))["steps"]] == ["send_message"]


def test_what_is_too_long_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_EARLIER", 2)
    with Sandbox(journal_size=3) as sandbox, connect(sandbox.settings("http-post")) as chat:
        for _ in range(2):
            chat.send_message(**PERSON, message="there")
        assert asked(sandbox, "record", account="user", on=True) == 200
        chat.send_message(**PERSON, message="the journal is full")
        assert asked(sandbox, "record", account="user", on=False) == 400
        sandbox.reset()
        for _ in range(3):
            sandbox.receive(**PERSON, message="too many")
        assert asked(sandbox, "record", account="user", on=True) == 400


def test_a_dialect_is_switched_by_its_name_and_by_nothing_else() -> None:
    with Sandbox() as sandbox, connect(sandbox.settings("http-post")) as chat:
        sandbox.receive(**PERSON, message="kept")
        assert asked(sandbox, "dialect", like="bare-php") == 200
        assert sandbox.dialect == NAMED["bare-php"]
        assert [message.message for message in chat.get_messages(**PERSON)] == ["kept"]
        answer = sandbox._wires.all()[-1].answer
        assert answer is not None
        assert answer.content_type == NAMED["bare-php"].json_content_type
        with connect(sandbox.settings("soap")) as soap:
            assert [message.message for message in soap.get_messages(**PERSON)] == ["kept"]
        for like in ("/etc/passwd", "nothing", None, ["samples"]):
            assert asked(sandbox, "dialect", like=like) == 400
        assert sandbox.dialect == NAMED["bare-php"]


@table("name", list(NAMED))
@table("protocol", ["http-post", "soap", "json"])
def test_every_dialect_that_is_switched_to_is_as_one_started_with(name: str, protocol: str) -> None:
    def played(sandbox: Sandbox) -> list[object]:
        sandbox.clock.freeze(MOMENT)
        sandbox.receive(**PERSON, message="hello")
        with connect(sandbox.settings(protocol)) as chat:
            chat.send_message(**PERSON, message="back")
            found = [chat.get_messages(**PERSON), chat.get_unread_messages(**PERSON)]
            found.append(chat.get_unread_messages(**PERSON))
        answers = [wire.answer for wire in sandbox._wires.all() if wire.arrival]
        return [*found, [answer and (answer.status, answer.content_type, answer.body) for answer in answers]]

    with Sandbox(like=name) as started, Sandbox() as switched:
        switched.speak_like(name)
        assert played(switched) == played(started)


def test_a_switch_that_forgets_the_endpoints_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from afilnet_protocols.sandbox.server.app import App

    monkeypatch.setattr(App, "serve", lambda self, endpoints: None)
    with pytest.raises((AfilnetError, AssertionError)):
        test_every_dialect_that_is_switched_to_is_as_one_started_with.__wrapped__("nusoap", "soap")


def test_a_session_that_was_changed_is_found() -> None:
    changed = json.loads(saved())
    changed["steps"][1]["expected"]["returned"][0]["message"] += "!"
    with targets.opened(["sandbox"], plain=True) as five:
        assert replay.play(replay.loads(json.dumps(changed)), five[0]).outcome is Outcome.FAIL
