"""What takes longer than two seconds says so on a terminal, and nowhere else."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading

import pytest

from afilnet_protocols.cli.commands import COMMANDS, load
from afilnet_protocols.cli.parser.grammar import Command, Group
from afilnet_protocols.cli.terminal import progress as terminal
from afilnet_protocols.cli.terminal import streams
from afilnet_protocols.cli.terminal.output import print_line
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.process.program import Program
from afilnet_protocols.settings import secret_reference
from tests.tables import table
from tests.time_limit import HANGS

HERE = ("--platform", "whatsapp", "--platform-id", "100")
ONE = (*HERE, "--destination", "34600000000")
PASSES = "\x1b[K"

SIGNS = {
    "channels": ((), "asking the service"),
    "send": ((*ONE, "--message", "x"), "asking the service"),
    "send-file": ((*ONE, "--file-type", "image", "--file-url", "https://www.example.com/a.jpg"), "asking the service"),
    "chats": (HERE, "asking the service"),
    "messages": (ONE, "asking the service"),
    "unread": (ONE, "asking the service"),
    "outbox put": (("o.db", "--from", "rows.csv"), "putting 1 row in"),
    "outbox status": (("o.db",), "looking into the place"),
    "outbox health": (("o.db",), "looking into the place"),
    "outbox metrics": (("o.db",), "looking into the place"),
    "outbox list": (("o.db",), "looking into the place"),
    "outbox requeue": (("o.db",), "looking into the place"),
    "outbox purge": (("o.db", "--older-than", "1"), "looking into the place"),
    "outbox migrate": (("o.db",), "bringing the tables up to date"),
    "outbox run": (("o.db",), "sending ["),
    "outbox reconcile": (("o.db",), "reading back ["),
    "outbox copy": (("o.db", "postgresql://localhost/app"), "copying: 5 entries so far"),
    "inbox run": (("i.db", "--exec", "true", "--once"), "waiting for messages"),
    "inbox status": (("i.db",), "looking into the place"),
    "inbox metrics": (("i.db",), "looking into the place"),
    "inbox list": (("i.db",), "looking into the place"),
    "inbox dead": (("i.db",), "looking into the place"),
    "inbox retry": (("i.db",), "looking into the place"),
    "doctor": ((), "settings "),
    "survey": ((), "asking ["),
    "wsdl bundle": (("WSDL", "--output", "one.wsdl"), "fetching the description"),
    "compare": (("--from", "sandbox:basic", "--to", "sandbox:soap", "--calls", "5"), "comparing: "),
    "conformance run": (("sandbox:basic", "--case", "CHAN-01", "--plain"), "asking ["),
    "conformance replay": (("played.json", "--on", "sandbox:basic"), "playing it again"),
    "demo": ((), "asking over five protocols"),
}
"""What is said of each command that asks somebody else or works through what may be long, and the words behind it."""

QUICK = {
    "config", "config lint", "completion", "migrate status", "schemas",
    "conformance list", "conformance explain", "conformance figure",
    "conformance diff", "conformance render", "conformance schema",
}  # fmt: skip
"""What reads and writes a few small files."""

ELSEWHERE = {
    "outbox watch": "shows itself all the time",
    "sandbox": "goes on; that it starts is said by test_what_a_sandbox_needs_to_start_is_said",
    "conformance mutants": "takes minutes: its line is that of a run",
}


def leaves(command: Command, path: str) -> dict[str, Command]:
    found = {} if isinstance(command, Group) and command.function is None else {path: command}
    if isinstance(command, Group):
        for name in command.names():
            inner = command.find(name)
            assert inner is not None
            found |= leaves(inner, f"{path} {name}")
    return found


def test_of_every_command_it_is_known_whether_it_says_that_it_is_at_work() -> None:
    every = {path for name in COMMANDS for path in leaves(load(name), name)}
    assert every == {*SIGNS, *QUICK, *ELSEWHERE}


@pytest.fixture
def terminal_of(afilnet, monkeypatch):
    """Run a command that does not wait before it shows that it is at work, on a terminal; return what that was told."""
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    monkeypatch.setattr(terminal, "_PAUSE", 0.0)
    monkeypatch.setenv("TERM", "xterm")

    def call(*words: str):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        return afilnet(*words)

    return call


@pytest.fixture
def things(afilnet, account, sandbox, tmp_path, monkeypatch):
    """An outbox with an entry in each of some states, an inbox, rows, a recorded sequence; no copy goes anywhere."""
    del account
    (tmp_path / "rows.csv").write_text("platform,platform_id,destination,message\nwhatsapp,100,341,a\n", "utf-8")
    (tmp_path / "played.json").write_text(
        json.dumps({
            "format": "afilnet-conformance-replay", "version": 1,
            "steps": [{"do": "get_chat_channels", "arguments": {}, "expected": {"returned": []}}],
        }),
        "utf-8",
    )  # fmt: skip
    assert afilnet("outbox", "put", "o.db", "--from", "rows.csv").code == 0
    assert afilnet("inbox", "run", "i.db", "--exec", "true", "--once").code == 0
    monkeypatch.setattr("afilnet_protocols.outbox.copy", lambda *_, on_progress, **__: on_progress(5) or 5)
    monkeypatch.setattr("afilnet_protocols.cli.survey.time", type("Time", (), {"sleep": lambda _: None}))
    return {"WSDL": f"{sandbox.base_url}/api/soap/?wsdl"}


@table("name", SIGNS)
def test_what_may_take_longer_than_two_seconds_says_so_on_a_terminal(name, terminal_of, things):
    words, sign = SIGNS[name]
    told = terminal_of(*name.split(), *(things.get(word, word) for word in words))
    assert f"\r{sign}" in told.err
    assert told.err.rindex(PASSES) > told.err.rindex(f"\r{sign}"), "it is still there when all is over"
    assert PASSES not in told.out


@table("name", ["channels", "outbox status", "outbox reconcile", "inbox list", "survey"])
def test_json_is_told_nothing_beside_it(name, terminal_of, things):
    words, _ = SIGNS[name]
    told = terminal_of(*name.split(), *(things.get(word, word) for word in words), "--json")
    assert json.loads(told.out) is not None
    assert told.err == ""


def test_a_terminal_that_cannot_write_over_a_line_is_told_nothing(terminal_of, account, monkeypatch):
    assert PASSES in terminal_of("channels").err
    for name in ("dumb", "unknown"):
        monkeypatch.setenv("TERM", name)
        assert terminal_of("channels").err == ""


def test_nobody_is_told_where_there_is_no_terminal(afilnet, account, monkeypatch):
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    assert afilnet("channels").err == ""


def test_what_a_sandbox_needs_to_start_is_said(terminal_of, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.sandbox.Sandbox", Unable)
    assert "\rstarting 0:00\x1b[K" in terminal_of("sandbox").err


class Unable:
    """A sandbox that cannot start."""

    def __init__(self, **_: object) -> None:
        pass

    def __enter__(self) -> None:
        raise ConfigurationError("it cannot start")

    def __exit__(self, *_: object) -> None:
        pass


class Screen(io.StringIO):
    """A terminal that is waited at until a text was written a number of times."""

    def __init__(self, text: str, times: int) -> None:
        super().__init__()
        self._text, self._times = text, times
        self.seen = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count(self._text) >= self._times:
            self.seen.set()
        return written


def is_said_while_nothing_comes(monkeypatch, seconds: float) -> bool:
    screen = Screen("\rwaiting 0:0", 3)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(terminal, "_TICK", 0.001)
    with terminal.progress(None, "waiting", patience=0.001):
        return screen.seen.wait(seconds)


def test_the_line_goes_on_while_nothing_new_is_told(monkeypatch):
    assert is_said_while_nothing_comes(monkeypatch, HANGS)


def test_sabotage_a_line_that_waits_for_the_next_step_is_noticed(monkeypatch):
    monkeypatch.setattr(terminal._Line, "_go_on", lambda self: None)
    assert not is_said_while_nothing_comes(monkeypatch, 0.05)


def left_on_the_screen(monkeypatch) -> list[str]:
    """Return what a terminal shows when something was printed beside a line that passes."""
    screen = Screen("", 0)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    with (
        terminal.progress(3, "a step of a name that is longer than most", patience=0) as tell,
        terminal.at_work("not yet"),
    ):
        tell("one")
        print_line("found")
    return shown_by(screen.getvalue())


def shown_by(written: str) -> list[str]:
    """Return the lines of a terminal: what comes after a return is written over the line, and may end it."""
    lines = []
    for line in written.split("\n"):
        drawn = ""
        for part in line.split("\r"):
            text, ends, rest = part.partition(PASSES)
            drawn = text + rest + ("" if ends else drawn[len(text) :])
        lines.append(drawn)
    return lines


@table("columns", ["60", "40", "12"])
def test_a_line_that_passes_is_never_folded(columns, monkeypatch):
    screen = Screen("", 0)
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stderr", screen)
    with terminal.progress(3, "a step of a name that is longer than most", patience=0):
        assert len(screen.getvalue()) == len("\r" + PASSES) + int(columns) - 1


def test_a_line_is_no_longer_than_the_terminal_whatever_a_variable_says_of_an_earlier_one(monkeypatch):
    screen = Screen("", 0)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(screen, "fileno", lambda: 2)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((30, 10)))
    with terminal.progress(3, "a step of a name that is longer than most", patience=0):
        assert len(screen.getvalue()) == len("\r" + PASSES) + 29


def test_what_stays_does_not_stand_behind_what_passes(monkeypatch):
    assert left_on_the_screen(monkeypatch) == ["found", ""]


def test_sabotage_a_line_that_does_not_make_way_is_noticed(monkeypatch):
    monkeypatch.setattr(streams, "_wipe", lambda: None)
    assert left_on_the_screen(monkeypatch) != ["found", ""]


def test_whoever_is_asked_has_the_terminal_alone(monkeypatch):
    screen = Screen("", 0)
    monkeypatch.setattr(sys, "stderr", screen)
    with terminal.progress(None, "waiting", patience=0) as tell:
        with terminal.set_aside():
            before = screen.getvalue()
            tell("not now")
        assert screen.getvalue() == before
        assert before.endswith(f"\r{PASSES}")


def is_left_to_a_program(monkeypatch, tmp_path) -> bool:
    """Return whether nothing is shown while the program of a secret may ask on the terminal."""
    screen, quiet = Screen("", 0), []
    monkeypatch.setattr(sys, "stderr", screen)

    class Asks(Program):
        def communicate(self, *given: object, **named: object) -> tuple[bytes, bytes]:
            before = screen.getvalue()
            tell("not now")
            quiet.append(screen.getvalue() == before and before.endswith(f"\r{PASSES}"))
            return b"a-secret\n", b""

    monkeypatch.setattr("afilnet_protocols.process.program.Program", Asks)
    monkeypatch.setattr(terminal, "_PAUSE", 0.0)
    with terminal.progress(None, "settings", patience=0) as tell:
        secret_reference.fetch_secret({"command": ["/bin/true"]}, named_by="p", environ={}, folder=tmp_path)
        tell("network")
    assert "\rnetwork" in screen.getvalue()
    return quiet == [True]


def test_the_program_of_a_secret_that_asks_has_the_terminal_alone(monkeypatch, tmp_path):
    assert is_left_to_a_program(monkeypatch, tmp_path)


def test_sabotage_a_line_that_goes_on_while_a_program_asks_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(secret_reference, "asking", contextlib.nullcontext)
    assert not is_left_to_a_program(monkeypatch, tmp_path)


def is_taken_between(monkeypatch) -> bool:
    """Return whether another thread can take the terminal between the look whose it is and the writing."""
    monkeypatch.setattr(sys, "stderr", Screen("", 0))
    drawn, taken = terminal._Line._text, []

    def take() -> None:
        taken.append(streams.writing.acquire(blocking=False))
        if taken[-1]:
            streams.writing.release()

    def text(self: terminal._Line, seconds: float) -> str:
        other = threading.Thread(target=take)
        other.start()
        other.join()
        return drawn(self, seconds)

    monkeypatch.setattr(terminal._Line, "_text", text)
    with terminal.progress(None, "waiting", patience=0):
        return taken != [False]


def test_nobody_is_given_the_terminal_while_a_line_is_written_to_it(monkeypatch):
    assert not is_taken_between(monkeypatch)


def test_sabotage_a_terminal_that_is_given_meanwhile_is_noticed(monkeypatch):
    monkeypatch.setattr(terminal, "writing", contextlib.nullcontext())
    assert is_taken_between(monkeypatch)
