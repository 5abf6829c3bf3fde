"""Ctrl-C while `afilnet` is loaded, and while it ends: 130 and what was done, never Python's own traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from afilnet_protocols.cli import app
from afilnet_protocols.cli.ending.exits import ExitCode
from afilnet_protocols.process import held_interrupts
from tests.tables import table


@pytest.fixture(autouse=True)
def answered_here():
    """Have this process answer interruptions: what a shell starts behind `&` ignores them, and so do its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


AT = """
import os, signal, sys
sys.argv[0] = {name!r}

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{number})
            {times}

sys.meta_path.insert(0, Interrupts())
from afilnet_protocols.cli import main
main({words!r})
"""
TWICE = "os.kill(os.getpid(), signal.SIGINT)"

LOADED = [
    "afilnet_protocols.errors",  # the library
    "afilnet_protocols.cli",
    "afilnet_protocols.cli.app",
    "afilnet_protocols.cli.operations",  # the command, and what it needs late
    "afilnet_protocols.registry",
    "afilnet_protocols.security.policy",
]


def ended(module: str, *, name: str = "/usr/bin/afilnet", number: str = "SIGINT", times: str = "pass"):
    """Run a command that is sent a signal when it begins to import a module."""
    source = AT.format(name=name, module=module, number=number, times=times, words=["channels", "--json"])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AFILNET_")}
    environment |= {"AFILNET_USER": "u", "AFILNET_PASSWORD": "p", "AFILNET_MINIMUM_SECURITY": "none"}
    environment["AFILNET_BASE_URL"] = "http://127.0.0.1:9"
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False, env=environment)


@table("module", LOADED)
def test_an_interruption_while_the_command_is_loaded_is_told_as_any_other(module):
    run = ended(module)
    assert (run.returncode, run.stdout) == (ExitCode.INTERRUPTED, "")
    assert json.loads(run.stderr)["error"]["delivery"] == "not_sent"


def test_sabotage_a_command_that_does_not_hold_it_is_noticed():
    run = ended("afilnet_protocols.cli.app", name="/usr/bin/other")
    assert run.returncode == -signal.SIGINT
    assert "Traceback" in run.stderr


OTHERS = {
    "a program": "",
    "one of the same name": "sys.argv[0] = '/srv/afilnet'",
    "an interpreter in another program": "sys.argv.clear()",
    "one that has no words at all": "del sys.argv",
    "one that is given our name": "sys.argv[:], sys.orig_argv = ['-m', NAME], ['python', '-m', 'worker', NAME]",
}
KEPT = """
import signal, sys, threading
NAME = "afilnet_protocols"
{made}
told = []

def imports():
    import afilnet_protocols
    told.append(signal.getsignal(signal.SIGINT) is signal.default_int_handler)

thread = threading.Thread(target=imports)
{way}
print(*told)
"""


def answered(made: str, way: str, before: str = "") -> str:
    """Return whether Python answers interruptions itself in a program that imports the library."""
    source = f"{before}\n{KEPT.format(made=made, way=way)}"
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("way", ["imports()", "thread.start(); thread.join()"])
@table("who", OTHERS)
def test_whoever_else_imports_the_library_answers_interruptions_as_before(who, way):
    assert answered(OTHERS[who], way) == "True\n"


def test_sabotage_a_command_that_is_told_by_its_name_alone_is_noticed():
    deceived = "from afilnet_protocols.process import held_interrupts; held_interrupts.is_command = lambda: True"
    again = f"{deceived}; import sys; del sys.modules['afilnet_protocols']"
    assert answered(OTHERS["one of the same name"], "imports()", again) == "False\n"


def test_a_second_one_before_there_is_anything_to_tell_ends_it_at_once():
    run = ended("afilnet_protocols.errors", times=TWICE)
    assert (run.returncode, run.stdout, run.stderr) == (ExitCode.INTERRUPTED, "", "")


def test_what_the_system_ends_is_ended_by_the_signal_and_without_a_word():
    run = ended("afilnet_protocols.registry", number="SIGTERM")
    assert (run.returncode, run.stdout, run.stderr) == (-signal.SIGTERM, "", "")


@pytest.mark.parametrize("module", ["afilnet_protocols.errors", "afilnet_protocols.cli.app"])
def test_it_holds_for_the_module_as_for_the_command(module, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupts())\n"
    )
    here = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    words = [sys.executable, "-m", "afilnet_protocols", "--version"]
    run = subprocess.run(words, capture_output=True, text=True, check=False, env=here)
    assert (run.returncode, run.stdout) == (ExitCode.INTERRUPTED, "")
    assert "Traceback" not in run.stderr


# While the command works


@pytest.fixture
def held():
    """Hold interruptions as the command does, and let them come again afterwards."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    held_interrupts.hold()
    yield
    held_interrupts._noted = False
    signal.signal(signal.SIGINT, before)


def swallowed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether a command goes on that is interrupted where a module that it imports catches everything."""
    (folder / "swallows.py").write_text(
        "import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\nexcept BaseException:\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    sys.modules.pop("swallows", None)
    gone_on = False

    def main(self: object, *_: object) -> None:
        nonlocal gone_on
        import swallows

        del swallows
        gone_on = True

    monkeypatch.setattr(app.Commands, "main", main)
    code = app.run(["channels"])
    assert code == (ExitCode.DONE if gone_on else ExitCode.INTERRUPTED)
    return gone_on


def test_one_in_the_middle_of_an_import_comes_when_that_is_over(held, tmp_path, monkeypatch):
    assert not swallowed(tmp_path, monkeypatch)
    assert sys.getprofile() is None


def test_sabotage_one_that_comes_in_the_middle_of_an_import_is_noticed(held, tmp_path, monkeypatch):
    monkeypatch.setattr(held_interrupts, "_imports", lambda frame: False)
    assert swallowed(tmp_path, monkeypatch)


class Ends:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_one_that_comes_where_nothing_can_be_raised_comes_again(held, monkeypatch, capsys):
    def main(self: object, *_: object) -> None:
        del self
        Ends()

    monkeypatch.setattr(app.Commands, "main", main)
    hook = sys.unraisablehook
    assert app.run(["channels"]) == ExitCode.INTERRUPTED
    assert sys.unraisablehook is hook
    assert "Traceback" not in capsys.readouterr().err


def test_one_that_comes_while_the_end_is_told_changes_nothing(held, monkeypatch, capsys):
    def main(self: object, *_: object) -> None:
        del self
        raise KeyboardInterrupt

    from afilnet_protocols.cli.terminal import output

    said = output._say

    def told(label: str, text: str) -> None:
        if label == "interrupted":
            os.kill(os.getpid(), signal.SIGINT)
        said(label, text)

    monkeypatch.setattr(app.Commands, "main", main)
    monkeypatch.setattr(output, "_say", told)
    assert app.run(["channels"]) == ExitCode.INTERRUPTED
    assert "what to do: " in capsys.readouterr().err
