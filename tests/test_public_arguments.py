"""Whatever is given to a public name ends well or in an error of this package: never in one of somebody else.

A parameter that says yes or no takes nothing else: ``resend_absent="no"`` would send again.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import afilnet_protocols
from afilnet_protocols import (
    AfilnetError,
    AsyncInbox,
    AsyncOutbox,
    Breaker,
    CanaryChat,
    ChatOperations,
    Inbox,
    Outbox,
    Secret,
    Settings,
    ShadowChat,
    connect,
    connect_async,
    deadline,
    delivery_of,
)
from afilnet_protocols.inbox import Polling
from afilnet_protocols.migration.recording import Recorder
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.faults.fault_book import Armed
from afilnet_protocols.sandbox.state.accounts import Options
from afilnet_protocols.testing import VerdictReporter, no_waits

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "341"}
FILE = {"file_type": "image", "file_url": "https://www.example.com/a.jpg"}
NOTHING: dict[str, object] = {}

JUNK = (None, 7, "no", b"no", object(), type, ["no"], "\ud800", "x" * 3000)
"""What somebody may give by mistake; some of it is right for some parameters."""

LONGEST_TOLD = 700
"""How long an error is at most, in characters: what was given is not repeated whole."""

CALLED = ("Callable", "Progress", "Listener", "Clock", "MakeChat")
"""What an annotation says of a function."""

ELSEWHERE = {
    *("AsyncChatOperations", "ChatOperations", "Incoming", "SkippedRecord", "PartialList"),
    *("Channel", "Chat", "Message", "Addressee", "Delivery", "FileType", "Finding", "Platform", "Protocol"),
}
"""Public names that are made by the package, or hold words only. Errors are made by it too."""


class Scene:
    """What is there to be called, each with arguments that would do."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(protocol="http-post", user="u", password="p", base_url="https://localhost:1")
        self.chat = connect(self.settings)
        self.outbox = Outbox(folder / "app.db", self.settings)
        self.inbox = Inbox(folder / "app.db", self.settings)
        self.inbox.handler(lambda incoming: None)
        self.folder = folder

    def rows(self) -> Iterator[tuple[Callable[..., object], dict[str, object]]]:
        yield connect, {"profile_or_settings": self.settings}
        yield connect_async, {"profile_or_settings": self.settings}
        yield from ((each, NOTHING) for each in (deadline, delivery_of, Breaker, Polling, Options))
        yield Secret, NOTHING
        yield VerdictReporter, NOTHING
        yield Settings, {"user": "u", "password": "p"}
        yield from self._operations()
        yield from self._queues()
        yield from self._migration()

    def _operations(self) -> Iterator[tuple[Callable[..., object], dict[str, object]]]:
        channel = {"platform": "whatsapp", "platform_id": "100"}
        yield self.chat.get_chats, channel
        yield self.chat.get_messages, PERSON
        yield self.chat.get_unread_messages, PERSON
        yield self.chat.send_message, {**PERSON, "message": "hola"}
        yield self.chat.send_file, {**PERSON, **FILE}

    def _queues(self) -> Iterator[tuple[Callable[..., object], dict[str, object]]]:
        for kind in (Outbox, AsyncOutbox, Inbox, AsyncInbox):
            yield kind, {"place": self.folder / "other.db", "profile_or_settings": self.settings}
        yield self.outbox.enqueue, {**PERSON, "message": "hola"}
        yield self.outbox.enqueue_file, {**PERSON, **FILE}
        yield self.outbox.run, NOTHING
        yield self.outbox.send, {"number": 1}
        yield self.outbox.retry, {"state": "pending"}
        for plain in (self.outbox.entries, self.outbox.entry, self.outbox.put, self.outbox.purge, self.outbox.rates):
            yield plain, NOTHING
        yield self.outbox.reconcile, NOTHING
        for each in (self.inbox.handler, self.inbox.messages, self.inbox.purge, self.inbox.retry):
            yield each, NOTHING
        yield self.inbox.run, {"wait": False}

    def _migration(self) -> Iterator[tuple[Callable[..., object], dict[str, object]]]:
        shadow = ShadowChat(self.chat, self.chat)
        yield ShadowChat, {"primary": self.chat, "candidate": self.chat}
        yield shadow.settle, NOTHING
        yield shadow.report, NOTHING
        yield CanaryChat, {"primary": self.chat, "candidate": self.chat, "share": 0.5}
        yield CanaryChat(self.chat, self.chat, share=0.5).report, NOTHING
        yield Recorder, {"chat": self.chat, "path": self.folder / "calls"}

    def close(self) -> None:
        self.inbox.close()
        self.outbox.close()
        self.chat.close()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.chdir(tmp_path)
    with no_waits():
        made = Scene(tmp_path)
        yield made
        made.close()


def refused(method: Callable[..., object], base: dict[str, object], name: str, given: object) -> bool:
    """Call with one argument that may not do; return whether it was refused, by an error of this package."""
    parameters = inspect.signature(method).parameters
    words = {**base, name: given}
    places = [words.pop(each) for each, of in parameters.items() if of.kind is of.POSITIONAL_ONLY and each in words]
    if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
        places.append(words.pop(name))
    try:
        returned = method(*places, **words)
        if hasattr(returned, "__enter__") and not isinstance(returned, ChatOperations | Outbox | Inbox | Armed):
            with returned:
                pass
        elif isinstance(returned, AsyncOutbox | AsyncInbox):
            asyncio.run(_opened(returned))
        elif isinstance(returned, ChatOperations | Outbox | Inbox | Recorder):
            returned.close()
    except AfilnetError as error:
        told = str(error)
    else:
        return False
    assert len(told) < LONGEST_TOLD, f"{name}: {told}"
    return True


async def _opened(queue: AsyncOutbox | AsyncInbox) -> None:
    async with queue:
        pass


def holds(method: Callable[..., object], base: dict[str, object]) -> None:
    for name, parameter in inspect.signature(method).parameters.items():
        told = str(parameter.annotation)
        for given in JUNK if parameter.kind is not parameter.VAR_KEYWORD else ():
            if method is Breaker and given is type:  # a class is told from a clock when it is read
                continue
            no = refused(method, base, name, given)
            if told == "bool" or (any(word in told for word in CALLED) and given is not None and name != "candidate"):
                assert no, f"{method.__qualname__}({name}={given!r})"


def test_whatever_is_given_ends_well_or_in_an_error_of_this_package(scene: Scene) -> None:
    for method, base in scene.rows():
        holds(method, base)


def changed(settings: Settings, name: str) -> Callable[[object], object]:
    def but(value: object) -> object:
        return settings.but(**{name: value})  # type: ignore[arg-type] # that is the point

    return but


def test_settings_too(scene: Scene) -> None:
    for field in scene.settings.declared:
        holds(changed(scene.settings, field.name), NOTHING)


def test_a_sandbox_too() -> None:
    with Sandbox() as sandbox:
        for method, base in (
            (sandbox.settings, NOTHING),
            (sandbox.account, NOTHING),
            (sandbox.receive, {**PERSON, "message": "hola"}),
            (sandbox.receive_many, {**PERSON, "messages": ["hola"]}),
            (sandbox.read_elsewhere, PERSON),
            (sandbox.answer, {"code": "CHANNEL_NOT_FOUND"}),
            (sandbox.fault, {"kind": "silence"}),
            (sandbox.journal, NOTHING),
            (sandbox.tokens_issued, NOTHING),
            (sandbox.speak_like, NOTHING),
            (sandbox.import_state, NOTHING),
            (sandbox.clock.advance, NOTHING),
            (sandbox.clock.set, NOTHING),
            (sandbox.clock.freeze, NOTHING),
        ):
            holds(method, base)


def test_every_public_name_is_asked(scene: Scene) -> None:
    asked = {getattr(method, "__self__", method) for method, _ in scene.rows()}
    names = {each.__name__ if callable(each) else type(each).__name__ for each in asked}
    there = {
        name
        for name in afilnet_protocols.__all__
        if callable(found := getattr(afilnet_protocols, name))
        and not (isinstance(found, type) and issubclass(found, BaseException))
    }
    assert there - names - ELSEWHERE == set()


@pytest.mark.parametrize("guard", ["check_flags", "check_function", "check_kind"])
def test_sabotage_an_inbox_without_a_guard_is_noticed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, guard: str
) -> None:
    monkeypatch.setattr(f"afilnet_protocols.inbox.inbox.{guard}", lambda *_, **__: None)
    with pytest.raises((AssertionError, AttributeError)):
        holds(Inbox, {"place": scene.folder / "other.db"})
