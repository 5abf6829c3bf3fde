"""A signal ends a command at once and without a word, and leaves nothing of it behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.time_limit import HANGS

SCRIPT = """
import os, signal, sys
from afilnet_protocols.cli import app
from afilnet_protocols.cli import demo_story as performance
from afilnet_protocols.sandbox import Sandbox, temporary

signal.signal(signal.SIGHUP, signal.SIG_DFL)
{spoilt}

def perform():
    with Sandbox():
        print("running", flush=True)
        signal.pause()

performance.perform = perform
sys.exit(app.run(["demo", "--json"]))
"""

NEVER_KILLED = "os.kill = lambda process, number: None"
"""As the first process of a container, which no signal ends that it does not answer."""

NOT_SWEPT = "import contextlib; app._swept = lambda words: contextlib.nullcontext()"


def ended_by(number: int, folder: Path, spoilt: str = "") -> tuple[int, str, list[str]]:
    """Return what a command left with that was sent a signal while a sandbox ran, what it said, and what is left."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(spoilt=spoilt)],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        assert list(folder.iterdir())
        process.send_signal(number)
        said = "".join(process.communicate(timeout=HANGS))
    return process.returncode, said, [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_and_its_temporary_folders(number: signal.Signals, tmp_path: Path) -> None:
    assert ended_by(number, tmp_path) == (-number, "", [])


@pytest.mark.parametrize("meanwhile", ["signal.raise_signal(signal.SIGTERM); os._exit(0)", "raise OSError"])
def test_what_comes_while_they_are_removed_keeps_no_command_from_its_end(tmp_path: Path, meanwhile: str) -> None:
    code, said, left = ended_by(signal.SIGTERM, tmp_path, f"def fails(): {meanwhile}\ntemporary.remove_all = fails")
    assert (code, said, len(left)) == (-signal.SIGTERM, "", 1)


def test_the_first_process_of_a_container_ends_with_what_a_shell_would_show(tmp_path: Path) -> None:
    assert ended_by(signal.SIGTERM, tmp_path, NEVER_KILLED) == (143, "", [])


def test_sabotage_a_command_that_is_not_swept_is_noticed(tmp_path: Path) -> None:
    code, said, left = ended_by(signal.SIGTERM, tmp_path, NOT_SWEPT)
    assert (code, said, len(left)) == (-signal.SIGTERM, "", 1)


FIRST = """
import os, signal
from afilnet_protocols.cli import app
from afilnet_protocols.cli.commands import Commands

os.getpid = lambda: 1
os.kill = lambda process, number: None  # as the system does for the first process
Commands.main = lambda *_: signal.raise_signal(signal.SIGTERM)
app.run([{command!r}])
"""


@pytest.mark.parametrize("command", ["channels", "demo"])
def test_as_the_first_process_any_command_is_ended(command: str) -> None:
    run = subprocess.run([sys.executable, "-c", FIRST.format(command=command)], capture_output=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (143, b"", b"")


IGNORED = """
import os, signal
from afilnet_protocols.cli import app
from afilnet_protocols.cli.commands import Commands

signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
Commands.main = lambda *_: signal.raise_signal(signal.SIGHUP)
print(app.run(["demo"]), signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
"""


def test_a_signal_that_is_ignored_stays_so_and_others_are_answered_as_before_when_the_command_is_over() -> None:
    run = subprocess.run([sys.executable, "-c", IGNORED], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "0 True\n", "")


IN_A_THREAD = """
import signal, threading
from afilnet_protocols.cli import app
from afilnet_protocols.cli.commands import Commands

Commands.main = lambda *_: print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
threading.Thread(target=lambda: print(app.run(["demo"]))).start()
"""


def test_a_program_that_runs_a_command_in_a_thread_is_ended_as_it_always_was() -> None:
    run = subprocess.run([sys.executable, "-c", IN_A_THREAD], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "True\n0\n", "")


FORKED = """
import os, sys
from afilnet_protocols.sandbox import temporary

folder = temporary.make("test")
child = os.fork()
if not child:
    temporary.remove_all()
    os._exit(0)
os.waitpid(child, 0)
print(folder.exists())
temporary.remove_all()
print(folder.exists())
"""


def test_a_child_of_a_fork_removes_nothing_of_its_parent() -> None:
    run = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True)
    assert run.stdout == "True\nFalse\n"
