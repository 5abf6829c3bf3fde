"""The five backends against a sandbox that speaks a dialect, held to the model that knows it."""

from __future__ import annotations

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.dialects import Dialect
from afilnet_protocols.sandbox import Sandbox

LINE = {"platform": "whatsapp", "platform_id": "100"}
FIRST, SECOND = ({**LINE, "destination": destination} for destination in ("34600000000", "007"))
ABSENT = {"platform": "telegram", "platform_id": "nosuch", "destination": "34600000000"}
TEXT = " \r\n+ & % ]]> <b>/\u2028\x85ñ😀 שלום "
FILE = {"file_type": "image", "file_url": "https://www.example.com/image.jpg", "thumb_url": None}

STEPS = [
    Step("get_chat_channels"),
    Step("get_chats", LINE),
    Step("get_messages", FIRST),
    Step("get_unread_messages", FIRST),
    Step("send_message", {**FIRST, "message": TEXT}),
    Step("get_messages", FIRST),
    Step("get_unread_messages", FIRST),
    Step("receive", {**FIRST, "message": "hola"}),
    Step("send_message", {**SECOND, "message": "x"}),
    Step("send_file", {**FIRST, **FILE, "message": TEXT}),
    Step("get_chats", LINE),
    Step("get_messages", FIRST),
    Step("get_messages", SECOND),
    Step("get_unread_messages", FIRST),
    Step("get_unread_messages", FIRST),
    Step("send_message", {**ABSENT, "message": "x"}),
    Step("get_messages", ABSENT),
]
"""Every operation, lists of none, one and several, and refusals."""


def play(dialect: Dialect) -> int:
    """Play the steps on all five backends, and return how many answers were compared.

    Raises:
        Disagreement: a backend returned or raised what the model does not.
    """
    with Sandbox(like=dialect) as sandbox, stage.staged(sandbox, stage.built_in(plain=True)) as five:
        five.run(STEPS)
        return five.compared
