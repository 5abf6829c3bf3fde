"""Output that cannot be written: what was done stays done, and the exit code says so."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from afilnet_protocols.cli import app
from afilnet_protocols.cli.ending.exits import ExitCode
from afilnet_protocols.cli.ending.interruption import nothing_done
from afilnet_protocols.cli.terminal import streams
from afilnet_protocols.plural import several

HERE = ("--platform", "whatsapp", "--platform-id", "100", "--destination", "34600000000")
FULL = Path("/dev/full")
DEEDS = {
    "a send": ("send", *HERE, "--message", "x"),
    "a send, told as JSON": ("send", *HERE, "--message", "x", "--json"),
    "a file": ("send-file", *HERE, "--file-type", "image", "--file-url", "https://www.example.com/a.jpg"),
    "a file of rows": ("send", "--from", "list.csv", "--platform", "whatsapp", "--platform-id", "100"),
    "a read": ("channels",),
    "help": ("send", "--help"),
    "the version": ("--version",),
    "the settings": ("config",),
}


ENDED_BY_A_LIMIT = """
import resource
from afilnet_protocols.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
main(["--version"])
"""
TROUBLES = ("full", "unread", "closed", "all closed", "errors full")


def ended(words, trouble):
    """Run a command whose output cannot be written in one of these ways."""
    given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with contextlib.ExitStack() as stack:
        if trouble == "full":
            given["stdout"] = stack.enter_context(FULL.open("w"))
        elif trouble == "errors full":
            given["stderr"] = stack.enter_context(FULL.open("w"))
        elif trouble == "unread":
            reading, writing = os.pipe()
            os.close(reading)
            stack.callback(os.close, writing)
            given["stdout"] = writing
        elif trouble == "closed":
            given["preexec_fn"] = lambda: os.close(1)
        else:
            given |= {"preexec_fn": lambda: [os.close(number) for number in (0, 1, 2)], "stderr": None}
        return subprocess.run([sys.executable, "-m", "afilnet_protocols", *words], text=True, check=False, **given)


def is_told_apart(afilnet, account, sandbox, tmp_path, deed, trouble):
    (tmp_path / "list.csv").write_text("destination,message\n34600000001,hola\n")
    afilnet("send", *HERE, "--message", "first")
    before = 1
    run = ended(DEEDS[deed], trouble)
    assert run.returncode == (ExitCode.DONE if trouble == "errors full" else ExitCode.UNTOLD)
    assert not run.stderr
    sends = [call.operation for call in sandbox.journal(account) if call.operation.startswith("send")]
    assert len(sends) == before + deed.startswith(("a send", "a file"))


ONE_EACH = [*((deed, "full") for deed in DEEDS), *(("a send", trouble) for trouble in TROUBLES if trouble != "full")]
"""Every deed and every trouble, without all of their combinations."""


@pytest.mark.parametrize(("deed", "trouble"), ONE_EACH)
def test_what_was_done_is_not_taken_for_what_was_not(afilnet, account, sandbox, tmp_path, deed, trouble):
    is_told_apart(afilnet, account, sandbox, tmp_path, deed, trouble)


@pytest.mark.proof(short="test_what_was_done_is_not_taken_for_what_was_not")
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("deed", DEEDS)
def test_nor_is_it_whatever_was_done_and_whatever_is_wrong(afilnet, account, sandbox, tmp_path, deed, trouble):
    is_told_apart(afilnet, account, sandbox, tmp_path, deed, trouble)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_error_keeps_its_code_whether_or_not_it_can_be_told(afilnet, account, trouble):
    run = ended(("messages", *HERE), trouble)
    assert run.returncode == ExitCode.REFUSED
    assert "Traceback" not in (run.stderr or "")


def test_a_build_that_forgets_what_it_could_not_write_is_found(afilnet, account, monkeypatch):
    """Sabotage: nothing is remembered, and a command with lost output ends as if all had been told."""
    for is_lost, code in ((lambda: False, ExitCode.DONE), (streams.is_lost, ExitCode.UNTOLD)):
        monkeypatch.setattr(app, "is_lost", is_lost)
        with FULL.open("w") as stream:
            monkeypatch.setattr(sys, "stdout", stream)
            assert app.run(("channels",)) == code


def in_parts() -> bool:
    """Whether all that is written arrives where the system takes a part at a time, and nothing is buffered."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text, found = "hola 👋\n" * 50_000, bytearray()

    def read() -> None:
        while piece := os.read(reading, 65536):
            found.extend(piece)

    reader = threading.Thread(target=read)
    with io.TextIOWrapper(io.FileIO(writing, "w"), encoding="utf-8", write_through=True) as stream:
        reader.start()
        streams.write(stream, text)
    reader.join()
    os.close(reading)
    return found == text.encode()


def test_what_the_system_takes_in_parts_is_written_whole() -> None:
    assert in_parts()


def test_sabotage_a_build_that_leaves_it_to_pythons_stream_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_descriptor", lambda stream: None)
    assert not in_parts()


def test_output_that_is_cut_short_is_not_taken_for_whole(tmp_path: Path) -> None:
    """A file that may not become longer stands for a disk that becomes full: the system takes a part, then no more."""
    with (tmp_path / "out").open("w") as file:
        run = subprocess.run(
            [sys.executable, "-c", ENDED_BY_A_LIMIT],
            stdout=file,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            check=False,
        )
    assert (run.returncode, run.stderr) == (ExitCode.UNTOLD, b"")
    assert (tmp_path / "out").read_text() == "afilnet-pr"


def test_a_mark_that_an_encoding_begins_with_is_written_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-16") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        streams.prepare()
        for _ in range(2):
            streams.write(stream, "hola\n")
    assert (tmp_path / "out").read_text("utf-16") == "hola\nhola\n"


# Ctrl-C


@pytest.mark.parametrize(("words", "says"), [
    (("channels",), "nothing was changed"),
    (("send", *HERE, "--message", "x"), "the message may have been sent"),
])  # fmt: skip
def test_an_interruption_says_what_was_done_and_how_to_go_on(afilnet, account, monkeypatch, words, says):
    from afilnet_protocols.backends.http_post import HttpPostBackend

    exchange = HttpPostBackend._exchange

    def interrupted(*given, **more):
        yield from exchange(*given, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(HttpPostBackend, "_exchange", interrupted)
    run = afilnet(*words)
    assert (run.code, run.out) == (ExitCode.INTERRUPTED, "")
    assert f"interrupted: {says}" in run.err
    assert "what to do: " in run.err
    assert says in afilnet(*words, "--json").error["message"]


def test_an_interrupted_file_of_rows_says_how_far_it_came(afilnet, account, sandbox, tmp_path, monkeypatch):
    from afilnet_protocols.outbox.worker import Worker

    rows = "".join(f"3460000000{number},hola\n" for number in range(5))
    (tmp_path / "list.csv").write_text("destination,message\n" + rows)
    send, count = Worker._one, iter(range(5))

    def one(self, *given):
        if next(count) == 2:
            raise KeyboardInterrupt
        return send(self, *given)

    monkeypatch.setattr(Worker, "_one", one)
    run = afilnet(*DEEDS["a file of rows"])
    assert run.code == ExitCode.INTERRUPTED
    assert "2 of 5 rows were sent" in run.err
    assert "next is line 4" in run.err
    assert "afilnet outbox run list.csv.outbox.db" in run.err
    monkeypatch.setattr(Worker, "_one", send)
    assert afilnet("outbox", "run", "list.csv.outbox.db").code in (ExitCode.DONE, ExitCode.UNKNOWN)
    assert 4 <= len(sandbox.journal(account)) <= 5


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupted_run_of_an_outbox_says_what_was_sent(afilnet, account, tmp_path, monkeypatch, workers):
    from afilnet_protocols.outbox.worker import Worker

    says_what_was_sent(afilnet, tmp_path, monkeypatch, Worker, workers)


def says_what_was_sent(afilnet, folder, monkeypatch, worker, workers="1"):
    header = "platform,platform_id,destination,message\n"
    rows = "".join(f"whatsapp,100,3460000000{number},hola\n" for number in range(5))
    (folder / "list.csv").write_text(header + rows)
    assert afilnet("outbox", "put", "o.db", "--from", "list.csv").code == ExitCode.DONE
    send, count = worker._one, iter(range(9))

    def one(self, *given):
        if next(count) == 3:
            raise KeyboardInterrupt
        return send(self, *given)

    monkeypatch.setattr(worker, "_one", one)
    run = afilnet("outbox", "run", "o.db", "--workers", workers, "--json")
    monkeypatch.setattr(worker, "_one", send)
    assert (run.code, run.out) == (ExitCode.INTERRUPTED, "")
    sent = afilnet("outbox", "status", "o.db", "--json").document["sent"]
    assert f"interrupted: {several(sent, 'message was', 'messages were')} sent, 0 refused" in run.error["message"]
    assert run.error["delivery"] == "unknown"
    assert "afilnet outbox run o.db" in run.error["what_to_do"]


def test_sabotage_an_interrupted_run_that_is_told_as_nothing_is_noticed(afilnet, account, tmp_path, monkeypatch):
    from afilnet_protocols.cli.outbox import commands as outbox
    from afilnet_protocols.outbox.worker import Worker

    monkeypatch.setattr(outbox, "_interrupted", lambda *_: nothing_done())
    with pytest.raises(AssertionError, match="were sent"):
        says_what_was_sent(afilnet, tmp_path, monkeypatch, Worker)
