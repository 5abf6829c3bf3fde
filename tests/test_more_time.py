"""Whoever had too little time is told what gives him more: the setting, or the ``deadline()`` in its place."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

import afilnet_protocols
from afilnet_protocols import AfilnetError, Settings, connect, connect_async, deadline
from afilnet_protocols.begun import Begun
from afilnet_protocols.call_time import carried
from afilnet_protocols.clock import monotonic
from afilnet_protocols.deadline import limited, more_time
from tests.tables import table

SETTING, BLOCK = "raise timeout", "give deadline() more seconds"


def in_a_thread(settings: Settings, around: Callable[[], AbstractContextManager[None]]) -> None:
    with connect(settings) as chat, around():
        chat.get_chat_channels()


def in_a_task(settings: Settings, around: Callable[[], AbstractContextManager[None]]) -> None:
    async def ask() -> None:
        async with connect_async(settings) as chat:
            with around():
                await chat.get_chat_channels()

    asyncio.run(ask())


@table("how", [in_a_thread, in_a_task])
@table(
    ("protocol", "timeout", "around", "told"),
    [
        ("http-post", 0.05, nullcontext, SETTING),
        ("http-post", 30, lambda: deadline(0.05), BLOCK),
        ("json", 30, lambda: deadline(0.05), BLOCK),
        ("json", 30, lambda: limited(0.05, "wait for longer"), "wait for longer"),
    ],
)
def test_a_call_that_had_too_little_time_is_told_of_what_ended_it(how, protocol, timeout, around, told) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        where = {"base_url": url, "json_url": url, "token_url": url, "minimum_security": "none", "timeout": timeout}
        who = {"user": "u", "password": "a-long-password", "client_id": "c", "client_secret": "a-long-secret"}
        with pytest.raises(AfilnetError) as raised:
            how(Settings(protocol=protocol, **where, **who), around)
    # A busy machine may take all the time to connect.
    said = str(raised.value).replace("raise connect_timeout or timeout", SETTING)
    assert [each for each in (SETTING, BLOCK, "wait for longer") if each in said] == [told]


@table(
    ("around", "alone", "beside"),
    [
        ([], "raise timeout", "raise connect_timeout or timeout"),
        ([lambda: limited(1.0)], "raise timeout", "raise connect_timeout or timeout"),
        ([lambda: deadline(1)], BLOCK, f"raise connect_timeout, or {BLOCK}"),
        # What a migration gives each side is a part of what the block around it gave.
        ([lambda: deadline(1), lambda: limited(0.5)], BLOCK, f"raise connect_timeout, or {BLOCK}"),
        ([lambda: deadline(1), lambda: carried(Begun(monotonic()))], BLOCK, f"raise connect_timeout, or {BLOCK}"),
        ([lambda: deadline(1), lambda: limited(0.5, "raise x")], "raise x", "raise connect_timeout, or raise x"),
    ],
)
def test_the_innermost_that_says_so_is_what_to_change(around, alone, beside) -> None:
    def told(left: list[Callable[[], AbstractContextManager[None]]]) -> tuple[str, str]:
        if not left:
            return more_time(), more_time("connect_timeout")
        with left[0]():
            return told(left[1:])

    assert told(around) == (alone, beside)
    assert more_time() == SETTING  # and nothing is left of it


def a_block_is_named() -> None:
    law = test_the_innermost_that_says_so_is_what_to_change.__wrapped__
    law([lambda: deadline(1)], BLOCK, f"raise connect_timeout, or {BLOCK}")


def test_sabotage_a_block_that_says_nothing_of_itself_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    a_block_is_named()
    monkeypatch.setattr(sys.modules[limited.__module__], "limited", lambda seconds, _: limited(seconds))
    with pytest.raises(AssertionError):
        a_block_is_named()


def test_no_message_says_it_by_itself() -> None:
    """It would be wrong inside of a block."""
    root = Path(afilnet_protocols.__file__).parent
    sources = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*.py")}
    said = re.compile(r"raise (?:\w+ or )?timeout")
    assert [name for name, text in sources.items() if said.search(text)] == ["deadline.py"]
