"""Pictures of the page for the documentation: ``python -m tests.sandbox.page.pictures docs/_static/sandbox``."""

from __future__ import annotations

import contextlib
import sys
from datetime import UTC, datetime
from pathlib import Path

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Protocol
from tests.browser import Browser
from tests.sandbox.page.conftest import CONVERSATION, PERSON, Visitor

LARGEST = 100_000
"""How large a picture may be, in bytes."""


def story(sandbox: Sandbox) -> None:
    """Let something happen that is worth a look."""
    sandbox.clock.freeze(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    sandbox.receive(**PERSON, message="Hola 👋 Where is my order?")
    sandbox.receive(platform="telegram", platform_id="200", destination="@ana", message="هل أنتم مفتوحون اليوم؟")
    sandbox.receive(platform="webchat", platform_id="1", destination="visitor-7", message="Do you deliver on Sundays?")
    for protocol, text in zip(
        Protocol, ("Good morning!", "One moment.", "Order 1+1 & 100 %", "It left", "…"), strict=True
    ):
        with connect(sandbox.settings(protocol)) as chat:
            chat.send_message(**PERSON, message=f"{text} ({protocol})")
    with connect(sandbox.settings("json")) as chat:
        chat.send_file(**PERSON, file_type="image", file_url="https://example.com/label.png", message="Your label")
    sandbox.answer("CHANNEL_NOT_FOUND", operation="get_chats")
    with connect(sandbox.settings("soap")) as chat, contextlib.suppress(AfilnetError):
        chat.get_chats(platform="whatsapp", platform_id="100")
    sandbox.receive(**PERSON, message="Thank you!")


def main(folder: Path) -> None:
    """Take five pictures."""
    with Sandbox() as sandbox, Browser(860, 560) as browser:
        story(sandbox)
        visitor = Visitor(browser, sandbox)
        soap = next(wire for wire in sandbox._wires.all() if wire.arrival and wire.arrival.protocol == "soap")
        views = {
            "conversations": CONVERSATION,
            "travelled": f"call/{soap.number}",
            "faults": "faults",
            "traffic": "traffic",
            "phone": CONVERSATION,
        }
        for name, path in views.items():
            browser.resize(*((390, 640) if name == "phone" else (860, 560)))
            browser.prefer(dark=name in ("phone", "traffic"))
            visitor.go(path)
            file = folder / f"{name}.png"
            browser.shoot(file)
            assert file.stat().st_size < LARGEST, file


if __name__ == "__main__":
    main(Path(sys.argv[1]))
