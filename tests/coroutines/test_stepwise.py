"""Which clients a loop carries out step by step: those whose every call is such steps. The others have threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from afilnet_protocols import CanaryChat, Channel, ChatOperations, Protocol, ShadowChat, aio, connect
from afilnet_protocols.aio import AsyncChat
from afilnet_protocols.backends.http_post import HttpPostBackend
from afilnet_protocols.coroutines.stepwise import as_stepwise
from afilnet_protocols.forwarding import Arguments, InFront
from afilnet_protocols.migration.recording import Recorder
from afilnet_protocols.settings import Settings

NOWHERE = Settings(
    user="user",
    password="a password",
    base_url="https://localhost:1",
    protocol="http-get",
    minimum_security="low",
    timeout=0.1,
)
POST = NOWHERE.but(protocol="http-post")


class Subclass(HttpPostBackend):
    """Says nothing of how a call goes."""


class Undertaking(HttpPostBackend):
    """Says it as steps."""

    def undertake(self, operation, arguments, whole, info):
        return super().undertake(operation, arguments, whole, info)


class OfItsOwn(HttpPostBackend):
    """Does one call in a way of its own."""

    def get_chat_channels(self):
        return []


class OfItsOwnInAll(Subclass):
    """Does all of them so."""

    def _call(self, operation, arguments):
        return []


class Below(OfItsOwn):
    """Has it from further up."""


class Answering(InFront):
    """Stands in front of another client and never asks it."""

    def __init__(self, primary: ChatOperations) -> None:
        self._primary = primary

    def _call(self, operation: object, arguments: Arguments) -> list[Channel]:
        return []

    def close(self) -> None:
        self._primary.close()


class Delegating:
    """A wrapper of somebody's who writes out one operation and passes everything else on."""

    def __init__(self, inner: ChatOperations) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def get_chat_channels(self) -> list[Channel]:
        return []


ChatOperations.register(Delegating)


def patched() -> ChatOperations:
    chat = connect(POST)
    chat.get_chat_channels = list  # type: ignore[method-assign]  # as a test of somebody's may do
    return chat


STEPWISE: dict[str, Callable[[], ChatOperations]] = {
    "a subclass": lambda: Subclass(POST),
    "a subclass that says it as steps": lambda: Undertaking(POST),
}
IN_A_WAY_OF_ITS_OWN: dict[str, Callable[[], ChatOperations]] = {
    "a subclass, in one operation": lambda: OfItsOwn(POST),
    "a subclass, in all": lambda: OfItsOwnInAll(POST),
    "a subclass of such a one": lambda: Below(POST),
    "a wrapper": lambda: Answering(connect(NOWHERE)),
    "a wrapper of another base": lambda: Delegating(connect(NOWHERE)),
    "an object that was patched": patched,
}
WRAPPERS: dict[str, Callable[[Path], ChatOperations]] = {
    "shadow": lambda _: ShadowChat(connect(NOWHERE), connect(POST)),
    "canary": lambda _: CanaryChat(connect(NOWHERE), connect(POST), share=0.5),
    "recorder": lambda folder: Recorder(connect(NOWHERE), folder / "calls"),
}


def gone_around() -> list[str]:
    """Return the clients that have a way of their own which a call from a loop does not take."""

    async def ask(make: Callable[[], ChatOperations]) -> list[Channel]:
        async with AsyncChat(make, timeout=20) as chat:
            return await chat.get_chat_channels()

    def takes_it(make: Callable[[], ChatOperations]) -> bool:
        try:
            return asyncio.run(ask(make)) == []
        except Exception:
            return False  # nobody serves the address behind it

    return [name for name, make in IN_A_WAY_OF_ITS_OWN.items() if not takes_it(make)]


def test_a_call_from_a_loop_goes_the_way_of_its_client():
    assert gone_around() == []


def test_sabotage_steps_that_are_taken_wherever_they_are_found_are_noticed(monkeypatch):
    monkeypatch.setattr(aio, "as_stepwise", lambda chat: chat if hasattr(chat, "undertake") else None)
    assert gone_around() == list(IN_A_WAY_OF_ITS_OWN)


@pytest.mark.parametrize("name", STEPWISE)
def test_a_client_that_says_nothing_else_needs_no_thread(name):
    with STEPWISE[name]() as chat:
        assert as_stepwise(chat) is chat


@pytest.mark.parametrize("protocol", [Protocol.HTTP_GET, Protocol.HTTP_POST, Protocol.BASIC])
def test_nor_do_clients_of_this_package(protocol):
    with connect(NOWHERE.but(protocol=protocol)) as chat:
        assert as_stepwise(chat) is chat


@pytest.mark.parametrize("name", WRAPPERS)
def test_its_wrappers_do(name, tmp_path):
    with WRAPPERS[name](tmp_path) as chat:
        assert as_stepwise(chat) is None
