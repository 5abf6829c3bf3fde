"""What a command leaves with is what its work came to, whatever code of others did to the process it runs in."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from afilnet_protocols import NotSentError
from afilnet_protocols.cli.ending.watched import watched
from tests.tables import table
from tests.time_limit import HANGS

SCRIPT = """
import os, signal, sys
from afilnet_protocols.cli.ending.watched import watched

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have them ignored
signal.signal(signal.SIGHUP, signal.SIG_DFL)

def work():
    {work}

def ended(how):
    print(how)
    return 5

raise SystemExit({carried_out})
"""
WATCHED = "watched(work, ended)"

ENDS: dict[str, tuple[str, int, str]] = {
    "comes to its end": ("return 3", 3, ""),
    "leaves as Python programs do": ("sys.exit(4)", 4, ""),
    "is wrong": ("1 / 0", 1, ""),
    "ends the process": ("os._exit(0)", 5, "with the exit code 0\n"),
    "ends the process with a code": ("os._exit(3)", 5, "with the exit code 3\n"),
    "becomes another program": ("os.execv('/bin/sh', ['sh', '-c', 'exit 0'])", 5, "with the exit code 0\n"),
    "has registered another end": ("import atexit; atexit.register(os._exit, 0); return 3", 3, ""),
    "has a thread that ends it later": (
        "import threading as t; t.Thread(target=lambda: (t.main_thread().join(), os._exit(0))).start(); return 3",
        3,
        "",
    ),
    "comes to its end, and its end fails": ("import atexit; atexit.register(os._exit, 7); return 0", 7, ""),
    "crashes": ("os.kill(os.getpid(), signal.SIGSEGV)", 5, "by SIGSEGV\n"),
}


def started(work: str, carried_out: str = WATCHED, stdin: int | None = None) -> subprocess.Popen[str]:
    code = SCRIPT.format(work=work, carried_out=carried_out)
    # In a session of its own, so that no terminal is there.
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@table("how", ENDS)
def test_a_command_leaves_with_what_its_work_came_to_or_says_that_it_came_to_nothing(how: str) -> None:
    work, code, said = ENDS[how]
    with started(work) as process:
        assert process.communicate(timeout=HANGS)[0] == said
        assert process.returncode == code


def test_sabotage_without_another_process_whoever_ends_the_process_decides() -> None:
    with started("os._exit(0)", "work()") as process:
        assert process.wait(HANGS) == 0


def test_what_work_leaves_running_is_not_waited_for() -> None:
    leaves = "os.fork() or (os.close(1), os.close(2), os.read(0, 1), os._exit(0)); return 3"
    with started(leaves, stdin=subprocess.PIPE) as process:
        assert process.wait(HANGS) == 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)])
def test_a_signal_to_the_command_ends_the_work_and_the_command(number: signal.Signals, code: int) -> None:
    with started("print('at work', flush=True); signal.pause()") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(number)
        # That nobody writes any more shows that the work has ended too.
        assert process.communicate(timeout=HANGS)[0] == ""
        assert process.returncode == code


IMPATIENT = "setattr(sys.modules['afilnet_protocols.cli.ending.watched'], '_PATIENCE', 0.01) or watched(work, ended)"


def test_work_that_lets_python_answer_no_signal_is_ended_all_the_same() -> None:
    deaf = (
        "signal.signal(signal.SIGTERM, lambda *_: None); print('at work', flush=True)\n    while True: signal.pause()"
    )
    with started(deaf, IMPATIENT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=HANGS)[0] == ""
        assert process.returncode == -signal.SIGTERM


def test_a_signal_that_is_ignored_ends_no_work() -> None:
    ignored = f"(signal.signal(signal.SIGHUP, signal.SIG_IGN), {IMPATIENT})[1]"
    with started("print('at work', flush=True); os.read(0, 1); return 3", ignored, subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        process.communicate("x", timeout=HANGS)
        assert process.returncode == 3


def test_an_interruption_of_the_command_reaches_the_work_which_says_what_it_means() -> None:
    work = "\n    ".join(
        (
            "try:",
            "    print('at work', flush=True)",
            "    while True: signal.sigtimedwait((), 0.01)",  # a signal that comes just before a wait does not end it
            "except KeyboardInterrupt:",
            "    return 130",
        )
    )
    with started(work) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=HANGS)[0] == ""
        assert process.returncode == 130


def test_where_no_process_can_be_started_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", none_left)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    done: list[int] = []
    with pytest.raises(NotSentError, match="Resource temporarily unavailable"):
        watched(lambda: done.append(1) or 0, lambda how: 5)
    assert done == []
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask


def test_a_backend_that_ends_the_process_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "ending.py").write_text("import os\ndef make(settings): os._exit(0)\n", "utf-8")
    words = ("-m", "afilnet_protocols", "conformance", "run", "entry:ending:make", "--case", "SEND-01", "--plain")
    run = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=HANGS)
    assert run.returncode == 5
    assert "ended the command before it was through, with the exit code 0" in run.stderr


PRINTING = """
import os, subprocess, sys
from afilnet_protocols import connect

def make(settings):
    print("by Python")
    os.write(1, b"as a library in C\\n")
    subprocess.run([sys.executable, "-S", "-c", "print('by another program')"], check=True)
    return connect(settings)

make.capabilities = ("unlimited-size", "secrets-out-of-urls", "absence-is-believed")
"""


def test_standard_output_holds_the_result_alone_whatever_a_backend_writes_there(tmp_path: Path) -> None:
    (tmp_path / "printing.py").write_text(PRINTING, "utf-8")
    words = ("conformance", "run", "entry:printing:make", "--case", "SEND-03", "--plain", "--json")
    command = [sys.executable, "-m", "afilnet_protocols", *words]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS)
    assert json.loads(run.stdout)["verdict"]["exit_code"] == run.returncode == 0
    for printed in ("by Python", "as a library in C", "by another program"):
        assert printed in run.stderr


def test_sabotage_without_it_the_result_is_no_json_document(tmp_path: Path) -> None:
    (tmp_path / "printing.py").write_text(PRINTING, "utf-8")
    kept = "import contextlib, sys\nfrom afilnet_protocols.cli.terminal import standard_output\n"
    kept += "standard_output.standard_output_kept = lambda: contextlib.redirect_stdout(sys.stderr)\n"
    kept += "from afilnet_protocols.__main__ import main\nmain()\n"
    words = ("conformance", "run", "entry:printing:make", "--case", "SEND-03", "--plain", "--json")
    run = subprocess.run(
        [sys.executable, "-c", kept, *words], cwd=tmp_path, capture_output=True, text=True, timeout=HANGS
    )
    assert run.stdout.startswith("as a library in C\n")
