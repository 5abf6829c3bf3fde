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
    ConfigurationError,
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
from afilnet_protocols.inbox.manner import Conduct as InboxConduct
from afilnet_protocols.migration.recording import Recorder
from afilnet_protocols.outbox.conduct import Conduct as OutboxConduct
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.faults.fault_book import Armed
from afilnet_protocols.sandbox.state.accounts import Options
from afilnet_protocols.testing import VerdictReporter, no_waits
from tests.tables import table

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
        self.candidate = connect(self.settings)
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
        shadow = ShadowChat(self.chat, self.candidate)
        yield ShadowChat, {"primary": self.chat, "candidate": self.candidate}
        yield shadow.settle, NOTHING
        yield shadow.report, NOTHING
        yield CanaryChat, {"primary": self.chat, "candidate": self.candidate, "share": 0.5}
        yield CanaryChat(self.chat, self.candidate, share=0.5).report, NOTHING
        yield Recorder, {"chat": self.chat, "path": self.folder / "calls"}

    def close(self) -> None:
        self.inbox.close()
        self.outbox.close()
        self.chat.close()
        self.candidate.close()


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
            no = refused(method, base, name, given)
            if told == "bool" or (any(word in told for word in CALLED) and given is not None and name != "candidate"):
                assert no, f"{method.__qualname__}({name}={given!r})"


def test_whatever_is_given_ends_well_or_in_an_error_of_this_package(scene: Scene) -> None:
    for method, base in scene.rows():
        holds(method, base)


RETURNED = (None, "x", float("nan"), -1e300, object(), 10**400, True)
"""What a function may return that is neither a time, nor a chance, nor a client."""


def whose_word_is_used(scene: Scene, told: Callable[[], object]) -> Iterator[Callable[[], object]]:
    """Yield what is given a function, and asks it at once or before anything is sent."""
    chat, candidate, queue = scene.chat, scene.candidate, (scene.folder / "third.db", scene.settings)
    yield lambda: Breaker(clock=told)  # type: ignore[arg-type] # that is the point, here and below
    yield lambda: CanaryChat(chat, candidate, share=0.5, clock=told)  # type: ignore[arg-type]
    yield lambda: ShadowChat(chat, candidate, sample=0.5, chance=told).get_chat_channels()  # type: ignore[arg-type]
    yield lambda: OutboxConduct(clock=told)  # type: ignore[arg-type]
    yield lambda: OutboxConduct(chance=told)  # type: ignore[arg-type]
    yield lambda: InboxConduct(now=told)  # type: ignore[arg-type]
    yield lambda: InboxConduct(chance=told)  # type: ignore[arg-type]

    def sending() -> None:
        with Outbox(*queue, make_client=lambda _: told()) as outbox:  # type: ignore[arg-type,return-value]
            outbox.enqueue(**PERSON, message="hola")  # type: ignore[arg-type]
            outbox.run()

    def polling() -> None:
        with Inbox(*queue, make_client=lambda _: told()) as inbox:  # type: ignore[arg-type,return-value]
            inbox.handler(lambda incoming: None)
            inbox.run(wait=False)

    yield sending
    yield polling


def foreign_to(scene: Scene) -> list[tuple[int, object]]:
    """Return where a function's odd answer is taken, or comes out as an error that is not of this package."""
    wrong = []
    for answer in RETURNED:
        for place, use in enumerate(whose_word_is_used(scene, lambda answer=answer: answer)):
            try:
                use()
            except ConfigurationError as error:
                if not any(name in str(error) for name in ("clock", "chance", "now", "make_client")):
                    wrong.append((place, error))
            except Exception:
                wrong.append((place, answer))
            else:
                wrong.append((place, answer))
    return wrong


def test_what_a_function_returns_is_refused_where_it_can_be_none_of_what_it_is_for(scene: Scene) -> None:
    assert foreign_to(scene) == []


@table("guard", [
    ("afilnet_protocols.breaker.check_clock", 0), ("afilnet_protocols.migration.canary.check_clock", 1),
    ("afilnet_protocols.outbox.conduct.check_clock", 3), ("afilnet_protocols.outbox.conduct.check_chance", 4),
    ("afilnet_protocols.inbox.manner.check_clock", 5), ("afilnet_protocols.inbox.manner.check_chance", 6),
    ("afilnet_protocols.outbox.outbox.check_client", 7), ("afilnet_protocols.inbox.inbox.check_client", 8),
])  # fmt: skip
def test_sabotage_a_function_whose_answer_is_not_looked_at_is_noticed(scene: Scene, guard: tuple[str, int]) -> None:
    name, place = guard
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(name, lambda *_: None)
        assert {found for found, _ in foreign_to(scene)} == {place}


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
