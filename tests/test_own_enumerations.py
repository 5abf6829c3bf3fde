"""A member of an application's own enumeration of texts is its text, in whatever is sent, kept, looked for and told.

To ``str`` and to formatted texts such a member is another text, its name: what is sent as ``hola`` would be kept in an
outbox as ``Text.GREETING``, and looked for under that name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import pytest

from afilnet_protocols import Finding, InvalidRequestError, Message, NotSentError, Outbox, catalogue, connect
from afilnet_protocols.backends.sending import where
from afilnet_protocols.calls.recovery import Conversation, SentText
from afilnet_protocols.migration.recording import Recorder
from afilnet_protocols.migration.share import Share
from afilnet_protocols.testing import no_waits
from afilnet_protocols.waiting import complete
from afilnet_protocols.wire.arguments import to_wire
from tests.stepwise import stepwise


class Text(str, Enum):  # noqa: UP042 -- as applications have them that are older than StrEnum
    CHANNEL = "whatsapp"
    NUMBER = "100"
    CUSTOMER = "34600000000"
    GREETING = "hola"


OURS = {
    "platform": Text.CHANNEL,
    "platform_id": Text.NUMBER,
    "destination": Text.CUSTOMER,
    "message": Text.GREETING,
}
PLAIN = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000", "message": "hola"}


def written(_: Path) -> object:
    return to_wire(catalogue.SEND_MESSAGE, OURS), to_wire(catalogue.SEND_MESSAGE, PLAIN)


def put_in(folder: Path) -> object:
    with Outbox(folder / "app.db", user="u", password="p") as outbox:
        outbox.enqueue(**OURS)
        return outbox.entries()[0].arguments, PLAIN


def looked_for(_: Path) -> object:
    return (SentText.of(OURS), where(OURS)), (SentText.of(PLAIN), where(PLAIN))


def recorded(folder: Path) -> object:
    # The call goes no further than this machine; it is written down before it fails.
    behind = connect(user="u", password="p", base_url="https://localhost:1")
    with Recorder(behind, folder / "calls", texts="kept") as chat, no_waits(), pytest.raises(NotSentError):
        chat.send_message(**OURS)
    return json.loads((folder / "calls").read_text())["arguments"], PLAIN


def shared(_: Path) -> object:
    halves = [Share(0.5, salt=str(number)) for number in range(64)]
    return [half.has(OURS) for half in halves], [half.has(PLAIN) for half in halves]


@pytest.mark.parametrize("told", [written, put_in, looked_for, recorded, shared])
def test_a_member_of_an_enumeration_is_its_text(told: Callable[[Path], tuple[object, object]], tmp_path: Path) -> None:
    ours, plain = told(tmp_path)
    assert ours == plain


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("wire.arguments", written),
        ("outbox.checks", put_in),
        ("calls.recovery", looked_for),
        ("backends.sending", looked_for),
        ("migration.recording", recorded),
        ("migration.share", shared),
    ],
)
def test_sabotage_a_member_that_is_told_by_its_name_is_noticed(
    module: str, told: Callable[[Path], tuple[object, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"afilnet_protocols.{module}.plain_text", str)
    with pytest.raises((AssertionError, InvalidRequestError)):
        test_a_member_of_an_enumeration_is_its_text(told, tmp_path)


def test_a_message_that_arrived_is_found_whoever_gave_its_text() -> None:
    there = Message("100", "whatsapp", "hola", "34600000000", "1", True, "sent", None)
    conversation = Conversation(stepwise(lambda: [there]), SentText.of(OURS))
    with no_waits():
        assert complete(conversation.settle(0, stepwise(lambda: None))) is Finding.DELIVERED
