"""Whatever is asked of something that was closed is refused in words of ours, which say what to do instead."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from afilnet_protocols import (
    AsyncInbox,
    AsyncOutbox,
    CanaryChat,
    ConfigurationError,
    Inbox,
    Outbox,
    Settings,
    ShadowChat,
    connect,
    connect_async,
)
from afilnet_protocols.inbox.inbox import Inbox as Broken
from afilnet_protocols.migration.recording import Recorder
from tests.tables import table

SETTINGS = Settings(protocol="http-post", user="u", password="p", base_url="https://localhost:1")
CHANNEL = {"platform": "whatsapp", "platform_id": "100"}
PERSON = {**CHANNEL, "destination": "341"}
MESSAGE, FILE = {"message": "hola"}, {"file_type": "image", "file_url": "https://www.example.com/a.jpg"}

GIVEN: dict[str, dict[str, object]] = {
    "get_chat_channels": {},
    "get_chats": CHANNEL,
    "get_messages": PERSON,
    "get_unread_messages": PERSON,
    "send_message": {**PERSON, **MESSAGE},
    "send_file": {**PERSON, **FILE},
    "enqueue": {**PERSON, **MESSAGE},
    "enqueue_file": {**PERSON, **FILE},
    "put": {"entries": []},
    "entry": {"number": 1},
    "send": {"number": 1},
    "purge": {"older_than": 60.0},
    **{key: {} for key in ("run", "status", "ages", "rates", "entries", "overdue", "waits")},
    **{key: {} for key in ("dead", "rejected", "messages", "retry", "__iter__", "__aiter__")},
}
"""What may be asked of one or another of them, and a way to."""

OF_AN_OUTBOX: dict[str, dict[str, object]] = {"retry": {"state": "pending"}, "reconcile": {}}
"""What is given to an outbox, where others of the name are given something else."""


def closed(place: Path) -> dict[str, object]:
    """Return one of each, closed; of the inboxes one that was stopped, too."""
    inbox, twin, stopped = (kind(place, SETTINGS) for kind in (Inbox, AsyncInbox, Inbox))
    for each in (inbox, twin, stopped):
        each.handler(print)
    stopped.stop()
    made: dict[str, object] = {
        "client": connect(SETTINGS),
        "asynchronous client": connect_async(SETTINGS),
        "outbox": Outbox(place, SETTINGS),
        "asynchronous outbox": AsyncOutbox(place, SETTINGS),
        "inbox": inbox,
        "inbox that was stopped": stopped,
        "asynchronous inbox": twin,
        "shadow": ShadowChat(connect(SETTINGS), connect(SETTINGS)),
        "canary": CanaryChat(connect(SETTINGS), connect(SETTINGS), share=0.5),
        "recorder": Recorder(connect(SETTINGS), place.with_name("calls")),
    }
    for each in made.values():
        ended = each.close()  # type: ignore[attr-defined] # each has it
        if inspect.isawaitable(ended):
            asyncio.run(_awaited(ended))
    return made


async def _awaited(given: object) -> object:
    if inspect.isasyncgen(given):
        return [each async for each in given]
    return await given if inspect.isawaitable(given) else given  # type: ignore[no-any-return] # of anything


def answered(made: object) -> list[str]:
    """Return the methods that something closed answers otherwise than by saying what to do."""
    wrong = []
    given = GIVEN | OF_AN_OUTBOX if isinstance(made, Outbox | AsyncOutbox) else GIVEN
    for name, words in given.items():
        method: Callable[..., object] | None = getattr(made, name, None)
        if method is None:
            continue

        async def ask(method: Callable[..., object] = method, words: dict[str, object] = words) -> object:
            found = await _awaited(method(**words))
            return list(found) if inspect.isgenerator(found) else found

        try:
            asyncio.run(ask())
        except ConfigurationError as error:
            if "closed: " not in str(error):
                wrong.append(f"{name}: {error}")
        else:
            wrong.append(name)
    return wrong


def test_what_was_closed_shows_that_it_is(tmp_path: Path) -> None:
    assert {name: repr(made) for name, made in closed(tmp_path / "app.db").items() if "closed" not in repr(made)} == {}


def test_what_was_closed_answers_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    assert {name: found for name, made in closed(tmp_path / "app.db").items() if (found := answered(made))} == {}


@table("kind", [Outbox, AsyncOutbox, Inbox, AsyncInbox])
def test_whatever_is_asked_of_a_queue_is_asked_here(kind: type) -> None:
    others = {"close", "stop", "handler", "report", "after_fork", "of"}
    asked = {
        name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name)) and name not in others
    }
    assert asked - GIVEN.keys() - OF_AN_OUTBOX.keys() == set()


def test_sabotage_an_inbox_that_does_not_look_whether_it_is_closed_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Broken, "_client", lambda self: (connect(SETTINGS), "u"))
    assert answered(closed(tmp_path / "app.db")["inbox that was stopped"]) == ["run", "__iter__"]
