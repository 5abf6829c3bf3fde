"""Standard input as it may be: closed, for writing alone, without an end, or without anything yet."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from afilnet_protocols.cli.terminal import standard_input as module
from afilnet_protocols.cli.terminal import streams
from afilnet_protocols.cli.terminal.standard_input import standard_input
from afilnet_protocols.errors import InvalidRequestError
from tests.tables import table


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Have a descriptor be standard input."""
    opened: list[io.TextIOWrapper] = []

    def give(descriptor: int) -> None:
        opened.append(io.TextIOWrapper(io.BufferedReader(io.FileIO(descriptor))))
        monkeypatch.setattr(sys, "stdin", opened[-1])

    yield give
    for each in opened:
        each.close()


def test_what_is_longer_than_may_be_or_has_no_end_is_refused(given: Callable[[int], None]) -> None:
    given(os.open("/dev/zero", os.O_RDONLY))
    with pytest.raises(InvalidRequestError, match="more than 5000 bytes"):
        standard_input(5000)


def test_all_that_may_be_is_read(given: Callable[[int], None], tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"x" * 5000)
    given(os.open(tmp_path / "text", os.O_RDONLY))
    assert standard_input(5000) == b"x" * 5000


def test_what_cannot_be_read_is_told_in_words_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "written").open("w") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(InvalidRequestError, match="standard input cannot be read: Bad file descriptor"):
            standard_input(10)


def test_one_that_was_closed_is_not_taken_for_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    streams.prepare()
    with sys.stdin, pytest.raises(InvalidRequestError, match="standard input is closed"):
        standard_input(10)


def what_comes_later_is_read(given: Callable[[int], None]) -> bool:
    """Whether what is written once somebody waits for it is read, where reading does not wait by itself."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    given(reading)
    awaited = threading.Event()
    wait = module.wait_for

    def told(descriptor: int, **how: bool) -> None:
        awaited.set()
        wait(descriptor, **how)

    def write() -> None:
        awaited.wait()
        os.write(writing, b"hola")
        os.close(writing)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "wait_for", told)
        thread = threading.Thread(target=write)
        thread.start()
        try:
            return standard_input(10) == b"hola"
        except Exception:
            return False
        finally:
            awaited.set()
            thread.join()


def test_what_is_not_there_yet_is_waited_for(given: Callable[[int], None]) -> None:
    assert what_comes_later_is_read(given)


def test_sabotage_a_reader_that_takes_not_yet_for_the_end_is_noticed(
    given: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_content", lambda stream, most: stream.buffer.read(most) or b"")
    assert not what_comes_later_is_read(given)


@table("held", [b"", b"\n", b"\r\n", b"\xef\xbb\xbf"])
@table("words", [("send",), ("send", "--from", "rows.csv"), ("outbox", "put", "o.db", "--from", "rows.csv")])
def test_one_that_is_empty_is_named_where_the_text_was_to_come_from_it(afilnet, tmp_path, words, held) -> None:
    """As behind a program that failed; "message is compulsory" would send people to look at the option."""
    (tmp_path / "rows.csv").write_text("destination\n34600000000\n")
    where = ("--platform", "webchat", "--platform-id", "1")
    to = () if "--from" in words else ("--destination", "34600000000")
    ended = afilnet(*words, *where, *to, "--message", "-", "--json", stdin=held)
    assert (ended.code, ended.error["message"]) == (
        2,
        "standard input is empty, and --message - takes the text from there",
    )


def test_a_text_that_may_be_left_out_may_be_empty(afilnet, account) -> None:
    where = ("--platform", "whatsapp", "--platform-id", "100", "--destination", "34600000000")
    file = ("--file-type", "image", "--file-url", "https://www.example.com/a.jpg")
    assert afilnet("send", *where, "--message", "-", stdin=b"hola").code == 0  # the conversation begins
    assert afilnet("send-file", *where, *file, "--message", "-", stdin=b"").code == 0
