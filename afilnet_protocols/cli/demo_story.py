"""What the demo performs: one small story, told once over each protocol, and what its answers have to be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.comparison.canonical import Plain, References, difference, of_error, of_result
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.registry import connect
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Addressee, FileType, Platform, Protocol

AGREES = "ok"
DIFFERS = "DIFFERS"

NOW = datetime(2026, 2, 28, 23, 59, 58)
"""What the sandbox's clock shows throughout, so that times can be compared too."""

CHANNELS = (
    Channel("100", Platform.WHATSAPP, "WhatsApp"),
    Channel("1", Platform.WEBCHAT, "Web & <chat>"),
    Channel("007", Platform.TELEGRAM, "Telegram ✈"),
)
DESTINATION = "34600000000"
TEXT = "¡Hola! 😀👨‍👩‍👧 1 + 1 = 2 & 100 %41 <b>bold</b> ]]>\r\n  שלום, مرحبا"
"""Everything that one of the five protocols could damage: emoji, CRLF, ``+ & %``, markup, right-to-left text."""
REPLY = "¿Qué tal? \"50 %\" + 'más' 🎉"
FILE = "https://www.example.com/image.jpg?size=1&name=a+b"
CAPTION = "Una foto 📷"


@dataclass(frozen=True)
class Cell:
    """One operation over one protocol: whether the answer is the expected one, and the first difference if not."""

    operation: str
    agrees: bool
    difference: str = ""


@dataclass(frozen=True)
class Row:
    """One protocol: the security level that its client had, an outcome for each operation, and the time of all."""

    protocol: str
    level: str
    seconds: float
    cells: list[Cell] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether all answers are the expected ones."""
        return all(cell.agrees for cell in self.cells)


def perform() -> list[Row]:
    """Tell the story over each protocol, in an account of its own, over TLS."""
    with Sandbox() as sandbox:
        sandbox.clock.freeze()
        sandbox.clock.set(NOW)
        return [_over(sandbox, protocol) for protocol in Protocol]


def _over(sandbox: Sandbox, protocol: Protocol) -> Row:
    account = sandbox.account(channels=CHANNELS)

    def reply() -> None:
        sandbox.receive(**_conversation(), message=REPLY, account=account)

    begun = time.perf_counter()
    with connect(sandbox.settings(protocol, account=account)) as chat:
        answers = _told(chat, reply)
        seconds = time.perf_counter() - begun
        report = getattr(chat, "security_report", None)
        level = str(report().level) if report else "unknown"
    expected = _canonical(EXPECTED)
    return Row(protocol, level, seconds, [_cell(name, expected[name], *answers[name]) for name in expected])


def _conversation() -> Addressee:
    return {"platform": Platform.WHATSAPP, "platform_id": "100", "destination": DESTINATION}


def _told(chat: ChatOperations, reply: Callable[[], None]) -> dict[str, tuple[Plain, str]]:
    """Tell the story: we write, the other party answers, we send a picture, and read everything back."""
    here = _conversation()
    story: dict[str, Callable[[], object]] = {
        "get_chat_channels": chat.get_chat_channels,
        "send_message": lambda: chat.send_message(**here, message=TEXT),
        "reply": reply,
        "send_file": lambda: chat.send_file(
            **here, file_type=FileType.IMAGE, file_url=FILE, thumb_url="https://www.example.com/t.jpg", message=CAPTION
        ),
        "get_messages": lambda: chat.get_messages(**here),
        "get_chats": lambda: chat.get_chats(platform=Platform.WHATSAPP, platform_id="100"),
        "get_unread_messages": lambda: chat.get_unread_messages(**here),
    }
    references = References()
    return {name: _outcome(call, references) for name, call in story.items()}


def _outcome(call: Callable[[], object], references: References) -> tuple[Plain, str]:
    """Return what a call did in canonical form: what it returned, or what it raised; and of that its own words."""
    try:
        return of_result(call(), references), ""
    except Exception as error:  # noqa: BLE001 - an error that is not ours is a finding, not the end of the demo
        return of_error(error), f"{type(error).__name__}: {error}"


def _message(number: int, text: str, *, sent: bool) -> Message:
    status = "sent" if sent else "received"
    return Message("100", Platform.WHATSAPP, text, DESTINATION, str(number), sent, status, NOW)


_MESSAGES = [_message(1, TEXT, sent=True), _message(2, REPLY, sent=False), _message(3, CAPTION, sent=True)]

EXPECTED: dict[str, object] = {
    "get_chat_channels": list(CHANNELS),
    "send_message": None,
    "send_file": None,
    "get_messages": _MESSAGES,
    "get_chats": [Chat("100", Platform.WHATSAPP, CAPTION, DESTINATION, "3", True, "sent", NOW)],
    "get_unread_messages": [_MESSAGES[1]],
}
"""What each operation has to return, written down rather than computed; message ids count by first appearance."""


def _canonical(expected: dict[str, object]) -> dict[str, Plain]:
    """Return the expected answers in canonical form, in the catalogue's order."""
    references = References()
    forms = {name: of_result(value, references) for name, value in expected.items()}
    return {operation.name: forms[operation.name] for operation in OPERATIONS}


def _cell(operation: str, expected: Plain, answer: Plain, raised: str) -> Cell:
    found = difference(expected, answer)
    if found is None:
        return Cell(operation, agrees=True)
    if raised:
        return Cell(operation, agrees=False, difference=raised)
    return Cell(operation, agrees=False, difference=f"{found.field}: expected {found.expected!r}, got {found.actual!r}")
