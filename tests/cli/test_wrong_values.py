"""Every option of every command, given a value that it cannot have: refused by its name, before anything is done."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import pytest

from afilnet_protocols.cli.app import run
from afilnet_protocols.cli.commands import COMMANDS, load
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.parser.parameters import CONNECTION, Option
from afilnet_protocols.inbox import Inbox
from afilnet_protocols.outbox import Outbox
from afilnet_protocols.outbox.sqlite import file
from tests.tables import table

Path_ = tuple[str, ...]

_CHANNEL = ("--platform", "whatsapp", "--platform-id", "100")
_TO = (*_CHANNEL, "--destination", "34600000000")
NEEDED: dict[Path_, Sequence[str]] = {
    ("send",): (*_TO, "--message", "hola"),
    ("send-file",): (*_TO, "--file-type", "image", "--file-url", "https://www.example.com/a.jpg"),
    ("chats",): _CHANNEL,
    ("messages",): _TO,
    ("unread",): _TO,
    ("config", "lint"): ("--to", "json"),
    ("wsdl", "bundle"): ("https://127.0.0.1:9/w?wsdl", "-o", "joined.wsdl"),
    ("completion",): ("bash",),
    ("compare",): ("--from", "sandbox:soap", "--to", "sandbox:json"),
    ("conformance", "run"): ("sandbox",),
    ("conformance", "explain"): ("SEND-03",),
    ("conformance", "replay"): ("r.json",),
    ("conformance", "diff"): ("a.json", "b.json"),
    ("conformance", "render"): ("a.json", "--report", "html=a.html"),
    ("outbox", "put"): ("o.db", "--from", "rows.csv"),
    ("outbox", "copy"): ("o.db", "postgresql://127.0.0.1:9/x"),
    ("outbox", "purge"): ("o.db", "--older-than", "1"),
    ("inbox", "run"): ("i.db", "--exec", "true"),
}
"""What a command needs beside the option in question, if it needs anything; of an outbox or inbox, its file."""

EVERYWHERE = ("channels",)
"""The command whose options about the connection are tried, and stand for those of all: they are one declaration."""


def commands(name: str) -> Iterator[tuple[Path_, grammar.Command]]:
    todo: list[tuple[Path_, grammar.Command]] = [((name,), load(name))]
    while todo:
        path, command = todo.pop()
        if isinstance(command, grammar.Group):
            found = [(each, command.find(each)) for each in command.names()]
            todo += [((*path, each), below) for each, below in found if below is not None]
        if command.function is not None:
            yield path, command


def wrong_values(option: Option) -> list[str]:
    """Return what an option cannot be, by how it is declared."""
    kind = option.kind
    if isinstance(kind, kinds.Number) or option.metavar in ("SECONDS", "NUMBER"):
        return ["", "x", "-1", "nan", "inf", "1e999"] if option.name != "party_to" else [""]
    if isinstance(kind, kinds.File) or option.metavar == "FILE":
        return ["", "folder", "rows.csv/x"]
    if isinstance(kind, kinds.Choice):
        # Of platforms there may be others.
        return [""] if option.name == "platform" else ["", "nosuch"]
    if option.metavar.endswith("=FILE"):
        return ["", "nosuch", "html=", "html=folder", "html=rows.csv/x", "nosuch=a"]
    # A file need have neither a caption nor a small picture, and an empty one is none.
    return [] if option.name in ("message", "thumb_url") else [""]


def cases(name: str) -> Iterator[tuple[str, list[str]]]:
    for path, command in commands(name):
        for option in command.options:
            if option.flag or (option.heading == CONNECTION and path != EVERYWHERE):
                continue
            base = list(NEEDED.get(path, {"outbox": ("o.db",), "inbox": ("i.db",)}.get(path[0], ())))
            for word in option.opts:
                if word in base:
                    at = base.index(word)
                    del base[at : at + 2]
            for value in wrong_values(option):
                yield option.opts[-1], [*path, *base, f"{option.opts[-1]}={value}"]


class Reached(BaseException):
    """A connection was asked for, or a port, or the command went on for long: it did not refuse."""


def faults(name: str) -> Iterator[str]:
    """Yield the lines of a command that are not refused as they should be."""
    return (f"{' '.join(words)}: {fault}" for option, words in cases(name) for fault in _faults(option, words))


def _faults(option: str, words: Sequence[str]) -> Iterator[str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run(words)
        except Reached:
            yield "it is not refused"
            return
    said = err.getvalue() + out.getvalue()
    if code != 2:
        yield f"exit code {code}: {said[:100]}"
    elif option not in said and option.removeprefix("--").replace("-", "_") not in said:
        yield f"does not name the option: {said[:100]}"
    if "Traceback" in said:
        yield "a traceback"


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("AFILNET_USER", "somebody")
    monkeypatch.setenv("AFILNET_PASSWORD", "a-password-1")
    monkeypatch.setenv("AFILNET_BASE_URL", "https://127.0.0.1:9")
    monkeypatch.setenv("AFILNET_WEBHOOK_SECRET", "a-secret-of-a-webhook-that-is-long")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    Path("folder").mkdir()
    Path("rows.csv").write_text("platform,platform_id,destination,message\nwhatsapp,100,34600000000,hola\n")
    Outbox("o.db").close()
    Inbox("i.db").close()

    def reached(*_: object) -> None:
        raise Reached

    with (
        mock.patch.object(socket.socket, "connect", reached),
        mock.patch.object(socket.socket, "bind", reached),
        mock.patch("time.sleep", reached),
        mock.patch("threading.Event.wait", reached),
        mock.patch.object(signal, "pause", reached, create=True),
    ):
        yield


@table("name", COMMANDS)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_option(name: str, offline: None) -> None:
    assert list(faults(name)) == []


def test_a_tilde_in_an_option_is_the_users_own_folder(
    offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "folder"))
    Path("rows.csv").rename("folder/rows.csv")
    assert run(["outbox", "put", "o.db", "--from=~/rows.csv"]) == 0
    assert run(["outbox", "put", "o.db", "--from=~nobody-of-this-name/rows.csv"]) == 2
    assert "~nobody-of-this-name/rows.csv" in capsys.readouterr().err


LONG = "x" * 5000
"""More than a name of a file may have on any system."""


@table("words", [
    ("outbox", "status", LONG), ("outbox", "run", LONG), ("outbox", "migrate", LONG), ("outbox", "list", LONG),
    ("outbox", "put", LONG, "--from", "rows.csv"), ("outbox", "put", "o.db", "--from", LONG),
    ("outbox", "copy", LONG, "postgresql://127.0.0.1:9/x"),
    ("inbox", "status", LONG), ("compare", "--from", "sandbox:soap", "--to", "sandbox:json", "--recording", LONG),
    ("conformance", "run", "sandbox", "--known", LONG), ("conformance", "replay", LONG),
    ("conformance", "diff", LONG, LONG),
])  # fmt: skip
def test_a_name_that_no_file_can_have_is_refused_in_words_of_ours(
    words: Sequence[str], offline: None, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run([*words, "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["error"]["delivery"] == "not_sent"


def test_sabotage_a_build_that_asks_for_it_as_python_does_is_noticed(
    offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "is_there", Path.exists)
    with pytest.raises(OSError, match="too long"):
        run(["outbox", "status", LONG])


@pytest.mark.parametrize(
    ("name", "kind", "read"),
    [
        ("outbox", kinds.Number, lambda self, word: 1),
        ("survey", kinds.NewFile, lambda self, word: Path("survey.toml")),
        ("outbox", kinds.Choice, lambda self, word: "pending"),
        ("outbox", kinds.Kind, lambda self, word: word or "afilnet"),
    ],
)
def test_a_kind_that_takes_whatever_comes_would_be_found(
    name: str, kind: type[kinds.Kind], read: object, offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage."""
    monkeypatch.setattr(kind, "read", read)
    assert any(faults(name))


@pytest.mark.parametrize(
    "command", [["channels"], ["doctor"], ["outbox", "run", "a.db"], ["inbox", "run", "a.db", "--exec", "true"]]
)
def test_an_unknown_protocol_is_told_with_where_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"PROTOCOL": "htp-post", "USER": "u", "PASSWORD": "a-word"}.items():
        monkeypatch.setenv(f"AFILNET_{name}", value)
    run(command)
    told = "".join(capsys.readouterr())
    assert "'htp-post' (environment AFILNET_PROTOCOL) is unknown: did you mean 'http-post'?" in " ".join(told.split())
    run([*command, "--protocol", "sopa"])
    assert "'sopa' is unknown" in " ".join("".join(capsys.readouterr()).split())
