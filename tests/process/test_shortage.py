"""A process that lacks something for a while: what cannot be loaded is an error of ours, and says what is known."""

from __future__ import annotations

import asyncio
import errno
import gc
import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest

from afilnet_protocols import (
    AfilnetError,
    ConfigurationError,
    Inbox,
    NotSentError,
    Outbox,
    OutcomeUnknownError,
    connect,
    connect_async,
    observation,
)
from afilnet_protocols.backends import base
from afilnet_protocols.inbox import inbox as inbox_module
from afilnet_protocols.outbox import outbox as outbox_module
from afilnet_protocols.process import shortage
from tests.notes import Notes
from tests.tables import table

CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
LACKS = {
    "open files": lambda: OSError(errno.EMFILE, "Too many open files"),
    "open files of the system": lambda: OSError(errno.ENFILE, "Too many open files in system"),
    "memory": lambda: OSError(errno.ENOMEM, "Cannot allocate memory"),
    "a module": lambda: ImportError("sys.meta_path is None", name="json"),
    "an encoding": lambda: LookupError("unknown encoding: utf-16-le"),
}
OTHERS = [
    lambda: TimeoutError("a signal handler's"),
    lambda: OSError("a signal handler's"),
    lambda: OSError(errno.ENOENT, "no"),
    lambda: KeyError("k"),
    lambda: IndexError("i"),
    lambda: MemoryError(),
]


def in_thread(settings, notes: Notes, spoil: Callable[[object], None]) -> BaseException:
    with connect(settings, hooks=[notes]) as chat:
        spoil(chat)
        with pytest.raises(BaseException) as raised:
            chat.send_message(**CALL, message="hola")
        return raised.value


def in_task(settings, notes: Notes, spoil: Callable[[object], None]) -> BaseException:
    async def play() -> BaseException:
        async with connect_async(settings, hooks=[notes]) as chat:
            spoil(chat._client.made)
            with pytest.raises(BaseException) as raised:
                await chat.send_message(**CALL, message="hola")
            return raised.value

    return asyncio.run(play())


def ended(sandbox, driver, place: str, make: Callable[[], Exception], monkeypatch) -> tuple[BaseException, list[str]]:
    """End a send at a place of it by an exception; return what its caller gets, and what a hook was told."""

    def spoil(chat: object) -> None:
        def fail(*_: object, **__: object) -> object:
            raise make()

        monkeypatch.setattr(*((chat._codec, place) if place != "watch" else (chat, "undertake")), fail)  # type: ignore[attr-defined]

    notes = Notes()
    return driver(sandbox.settings("http-post", account=sandbox.account()), notes, spoil), notes.told


@pytest.mark.parametrize("driver", [in_thread, in_task])
@table(
    ("place", "kind", "verdict"),
    [
        ("encode", NotSentError, "not_sent"),
        ("watch", NotSentError, "not_sent"),
        ("decode", OutcomeUnknownError, "unknown"),
    ],
)
def test_a_call_for_want_of_something_ends_in_an_error_of_ours(
    sandbox, driver, place, kind, verdict, monkeypatch
) -> None:
    for what, make in LACKS.items():
        error, told = ended(sandbox, driver, place, make, monkeypatch)
        assert type(error) is kind, what
        assert (error.operation, error.protocol) == ("send_message", "http-post")
        assert (error.__cause__, error.__context__) == (None, None)
        assert getattr(error, "local", True)
        assert told == ["before", f"after {verdict} {kind.__name__}"]


def test_whose_answer_could_not_be_read_for_want_of_something_can_be_reconciled(sandbox, monkeypatch) -> None:
    with connect(sandbox.settings("http-post", account=sandbox.account())) as chat:
        with monkeypatch.context() as patch:
            patch.setattr(chat._codec, "decode", lambda *_: (_ for _ in ()).throw(LACKS["open files"]()))
            with pytest.raises(OutcomeUnknownError) as raised:
                chat.send_message(**CALL, message="hola")
        assert str(raised.value.reconcile(settle=0.0)) == "possibly_delivered"


@pytest.mark.parametrize("driver", [in_thread, in_task])
@pytest.mark.parametrize("place", ["encode", "decode", "watch"])
def test_what_says_nothing_of_the_kind_passes_as_it_is(sandbox, driver, place, monkeypatch) -> None:
    for make in OTHERS:
        error, _ = ended(sandbox, driver, place, make, monkeypatch)
        assert type(error) is type(make())


def test_nothing_is_kept_of_what_could_not_be_loaded(sandbox, monkeypatch) -> None:
    error, _ = ended(sandbox, in_thread, "watch", LACKS["a module"], monkeypatch)
    assert not [each for each in gc.get_objects() if type(each) is ImportError and each.name == "json"]
    assert "json cannot be loaded" in str(error)


@pytest.mark.parametrize("what", LACKS)
def test_what_cannot_be_made_for_want_of_something_is_a_configuration_error(what, tmp_path, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> object:
        raise LACKS[what]()

    monkeypatch.setattr("afilnet_protocols.registry.find", fail)
    with pytest.raises(ConfigurationError, match="this process lacks"):
        connect(protocol="http-post", user="u", password="a-long-password")
    with monkeypatch.context() as patch:
        patch.setattr(inbox_module, "open_inbox", fail)
        with pytest.raises(ConfigurationError, match="this process lacks"):
            Inbox(tmp_path / "i.db")
    monkeypatch.setattr(outbox_module, "open_store", fail)
    with pytest.raises(ConfigurationError, match="this process lacks"):
        Outbox(tmp_path / "o.db")


def test_a_process_without_a_file_to_open_makes_its_first_calls_later(sandbox) -> None:
    """The first call of a process loads what others have loaded already; here it can open nothing."""
    source = """
        import asyncio, os, resource, sys
        from afilnet_protocols import AfilnetError, Outbox, connect, connect_async
        given = {"protocol": "http-post", "user": "user", "password": "password", "base_url": sys.argv[1],
                 "minimum_security": "none"}
        call = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000", "message": "hola"}
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        loop, chat, other, held = asyncio.new_event_loop(), connect(**given), connect_async(**given), []
        try:
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        told = []
        for ask in (
            lambda: chat.send_message(**call), chat.get_chat_channels, lambda: Outbox(sys.argv[2]),
            lambda: loop.run_until_complete(other.send_message(**call)),
        ):
            try:
                ask()
            except AfilnetError as error:
                told.append(str(error.delivery))
        for each in held:
            os.close(each)
        chat.send_message(**call)
        loop.run_until_complete(other.send_message(**call))
        print(*told)
    """
    words = [sys.executable, "-c", textwrap.dedent(source), sandbox.plain_url, "never-made.db"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["not_sent"] * 4, "")


@pytest.mark.parametrize("place", ["encode", "decode", "watch"])
def test_sabotage_a_call_that_knows_no_want_is_found(sandbox, place, monkeypatch) -> None:
    monkeypatch.setattr(base, "for_want", lambda *_, **__: None)
    monkeypatch.setattr(observation, "shortage", lambda _: "")
    error, _ = ended(sandbox, in_thread, place, LACKS["open files"], monkeypatch)
    assert not isinstance(error, AfilnetError)


def test_sabotage_a_start_that_knows_no_want_is_found(monkeypatch) -> None:
    monkeypatch.setattr("afilnet_protocols.registry.find", lambda *_: (_ for _ in ()).throw(LACKS["open files"]()))
    monkeypatch.setattr(shortage, "shortage", lambda _: "")
    with pytest.raises(OSError, match="Too many"):
        connect(protocol="http-post", user="u", password="a-long-password")
