"""Words that are far too long, or have a password in them, are not repeated whole, wherever they stand in a command."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import pytest

from afilnet_protocols import Inbox, Outbox
from afilnet_protocols.cli.app import run
from afilnet_protocols.cli.commands import COMMANDS
from afilnet_protocols.cli.parser import words
from afilnet_protocols.cli.parser.parameters import CONNECTION
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.sqlite import worker_lock
from afilnet_protocols.suggestion import LONGEST_PATH
from tests.cli.test_wrong_values import EVERYWHERE, NEEDED, Reached, commands, offline

__all__ = ["offline"]

_PATH = "/".join("x" * 200 for _ in range(25))
"""Longer than a path may be on any system, though each part of it may be a name."""
LONG = ("x" * 5000, _PATH, "9" * 5000)
_PASSWORD = "correct/horse@battery"
_ADDRESS = f"postgresql://app:{_PASSWORD}@127.0.0.1:1/x"
"""What somebody writes who did not read that no place has a password in it, or who has words in the wrong order."""
WHOLE = re.compile(rf"[x/]{{{LONGEST_PATH + 1}}}|9{{{LONGEST_PATH + 1}}}|{_PASSWORD.partition('/')[2]}")

_CONNECT, _LISTEN = "afilnet_protocols.registry.connect", "afilnet_protocols.sandbox.sandbox.listen"
"""What a command gets to that takes its words."""

ASKED = [name for name in COMMANDS if name not in ("demo", "survey", "compare", "migrate")]
"""All but those that would start a sandbox for it, and those whose words name what is compared."""


def lines(name: str) -> Iterator[list[str]]:
    """Yield the lines of a command with a long word in every place."""
    for path, command in commands(name):
        base = list(NEEDED.get(path, {"outbox": ("o.db",), "inbox": ("i.db",)}.get(path[0], ())))
        for long in (*LONG, _ADDRESS):
            yield [*path, *base, long]
            yield [*path, *base, f"--{long}"]
            for place in (place for place, word in enumerate(base) if not word.startswith("-")):
                yield [*path, *base[:place], long, *base[place + 1 :]]
            for option in command.options:
                if option.flag or (option.heading == CONNECTION and path != EVERYWHERE):
                    continue
                rest = list(base)
                for word in set(option.opts) & set(rest):
                    at = rest.index(word)
                    del rest[at : at + 2]
                yield [*path, *rest, f"{option.opts[-1]}={long}"]


def faults(name: str) -> Iterator[str]:
    for line in lines(name):
        fault = _fault(line)
        if fault:
            yield f"{' '.join(word[:30] for word in line)}: {fault}"


def _fault(line: Sequence[str]) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            run(line)
        except Reached:
            return ""
        except OSError as error:
            return f"an error of Python's: {error.strerror}"
    told = said.getvalue()
    return f"repeated whole: {told[:100]}" if WHOLE.search(told) else ""


@pytest.mark.parametrize("name", ASKED)
def test_no_word_of_a_command_is_repeated_whole_if_it_is_long_or_holds_a_password(name: str, offline: None) -> None:
    with mock.patch(_CONNECT, side_effect=Reached), mock.patch(_LISTEN, side_effect=Reached):
        assert list(faults(name)) == []


@pytest.mark.parametrize("made", [Outbox, Inbox])
def test_a_place_whose_path_is_too_long_is_refused_in_words_of_ours(made: type[Outbox | Inbox], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="File name too long"):
        made(tmp_path / _PATH)


def test_a_schema_of_a_file_is_refused(offline: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["outbox", "status", "o.db", "--schema", "elsewhere"]) == 2
    assert "--schema is for a place in PostgreSQL" in capsys.readouterr().err


def test_sabotage_an_option_that_is_repeated_whole_is_noticed(offline: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.suggestion.cut", lambda text, *_: text)
    found = list(faults("schemas"))
    assert any("xxx: repeated whole" in fault for fault in found)
    assert any(f"{_ADDRESS[:30]}: repeated whole" in fault for fault in faults("doctor"))


def test_sabotage_a_path_that_is_opened_without_a_look_at_its_length_is_noticed(
    offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.version_info < (3, 13):  # where pathlib passes over what cannot be looked into
        monkeypatch.setattr(worker_lock, "contextlib", mock.Mock(suppress=lambda *_: contextlib.nullcontext()))
        assert "an error of Python's" in _fault(["outbox", "put", _PATH, "--from", "rows.csv"])
    monkeypatch.setattr(words, "read_as", lambda read, word, name: Path(word) if name == "--from" else read(word))
    assert "an error of Python's" in _fault(["send", "--from", LONG[0]])
