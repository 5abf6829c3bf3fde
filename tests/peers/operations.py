"""The six operations with right data, checked against what every service of these tests has to tell."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from afilnet_protocols import ChatOperations, connect
from afilnet_protocols.errors import AfilnetError
from tests.peers.scene import Check
from tests.peers.stage import Ledger

CHANNEL = {"platform": "whatsapp", "platform_id": "100"}
PERSON = {**CHANNEL, "destination": "34600000000"}
FILE = {**PERSON, "file_type": "image", "file_url": "https://files.example/a.png"}
NAME, TEXT = "Café <& Co> 😀", "¿qué tal? <& 😀"
WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5)

Call = Callable[[ChatOperations], object]


def six(
    settings: Mapping[str, Any], ledger: Ledger, label: str, *, name: str = NAME, text: str = TEXT
) -> list[tuple[str, Check]]:
    """Return a check for each of the six operations with right data, by name.

    Args:
        settings: of the client.
        ledger: of the service.
        label: tells these checks from others of the same peer.
        name: of the channel, if this service cannot say the one that the others say.
        text: of the messages, likewise.
    """
    calls: dict[str, tuple[Call, object]] = {
        "get_chat_channels": (_channels, [("100", name)]),
        "get_chats": (lambda chat: _rows(chat.get_chats(**CHANNEL)), [("7", text, True, WHEN)]),
        "get_messages": (
            lambda chat: _rows(chat.get_messages(**PERSON)),
            [("7", text, True, WHEN), ("8", text, True, WHEN)],
        ),
        "get_unread_messages": (lambda chat: _rows(chat.get_unread_messages(**PERSON)), [("7", text, True, WHEN)]),
    }
    reads = [(f"{label} {read}", _read(settings, call, wanted)) for read, (call, wanted) in calls.items()]
    mark = f"plain-{label.replace(' ', '')}"
    sends: dict[str, Call] = {
        f"{mark}-message": lambda chat: chat.send_message(**PERSON, message=f"{mark}-message {TEXT}"),
        f"{mark}-file": lambda chat: chat.send_file(**FILE, message=f"{mark}-file {TEXT}"),
    }
    return reads + [(f"{label} {word}", _send(settings, call, ledger, word)) for word, call in sends.items()]


def same_text_again(ways: Mapping[str, Mapping[str, Any]], ledger: Ledger) -> list[tuple[str, Check]]:
    """Return a check for each way in: sent four times, the same text is as often carried out as it is done."""
    return [(f"the same text again by {way}", _again(given, ledger, f"again-{way}")) for way, given in ways.items()]


def _again(settings: Mapping[str, Any], ledger: Ledger, text: str) -> Check:
    word = text.replace(" ", "")

    def check() -> str | None:
        with connect(**settings) as chat:
            told = sum(_is_done(chat, word) for _ in range(4))
        done = ledger.carried_out()[word]
        return f"{told} times done, {done} times carried out" if told > done else None

    return check


def _is_done(chat: ChatOperations, message: str) -> bool:
    try:
        chat.send_message(**PERSON, message=message)
    except AfilnetError:
        return False
    return True


def _channels(chat: ChatOperations) -> object:
    return [(row.platform_id, row.name) for row in chat.get_chat_channels()]


def _rows(records: Any) -> list[tuple[object, ...]]:
    return [(row.message_id, row.message, row.sent, row.timestamp) for row in records]


def _read(settings: Mapping[str, Any], call: Call, wanted: object) -> Check:
    def check() -> str | None:
        with connect(**settings) as chat:
            found = call(chat)
        return None if found == wanted else f"{found!r} instead of {wanted!r}"

    return check


def _send(settings: Mapping[str, Any], call: Call, ledger: Ledger, word: str) -> Check:
    def check() -> str | None:
        with connect(**settings) as chat:
            call(chat)
        done = ledger.carried_out()[word]
        return None if done == 1 else f"carried out {done} times"

    return check
